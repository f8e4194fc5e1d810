"""The sheet of the own-home business case: cells to fill in, and live formulas over them for ten years. Arithmetic: `own_home`."""

from __future__ import annotations

from typing import Any

import numpy as np

from outputs.workbook.book import GREY, INPUT, Book, Column, Formula, Page, at, span
from outputs.workbook.charts import Series, line_chart, money_format
from outputs.workbook.own_home import FILLED_IN_ENGLAND, WEEKS_A_MONTH, YEARS, Ask, CashFlow, cash_flow, other_running, starting_values
from outputs.workbook.told import NOT_SIMULATED, Told
from scenarios.timeline import year_name

NAME = "Own home"
ASIDE = {"indent": 1, "align": "left"}  # a number to its left would touch it
LAST = YEARS  # column of the last year: labels are in the first one
SHARES_OF = ("grant_share", "provider_share", "voids", "own_share", "spare_sold", "otherwise_fostered", "otherwise_unregistered", "value_left")
TEN_POINTS = f"0.1*{FILLED_IN_ENGLAND}*home_bought_price_gbp_per_week"  # of the price, a registered bed and week
# Rows of the yearly table: words, kind of number, formula of a year (`Y`: its number; `@row`: that row's cell; `<row`: that of the year before).
ROWS = {
    "number": ("Year", "year", None),
    "spent_months": ("Months of capital spending so far", "rate", "MIN(12*Y,home_months_to_register)"),
    "staffed_months": ("Months with running cost so far", "rate", "MAX(0,12*Y-MAX(0,home_months_to_register-home_months_staffed_before))"),
    "open_months": ("Months open so far", "rate", "MAX(0,12*Y-home_months_to_register)"),
    "full_months": ("The same as months of full use", "rate",
                    "IF(@open_months<home_months_to_fill,@open_months^2/MAX(1,2*home_months_to_fill),@open_months-home_months_to_fill/2)"),
    "usable": ("Usable bed-weeks", "count", "home_beds*{weeks}*(1-home_voids)*(@full_months-<full_months)"),
    "own_weeks": ("Weeks of own children", "count", "@usable*home_own_share"),
    "others_weeks": ("Weeks of other authorities' children", "count", "(@usable-@own_weeks)*home_spare_sold"),
    "run_weeks": ("Registered bed-weeks with running cost", "count", "home_beds*{weeks}*(@staffed_months-<staffed_months)"),
    "homes_factor": ("Prices of homes over the first year's", "factor", "(1+home_home_price_growth)^(Y-1)"),
    "foster_factor": ("Prices of foster care over the first year's", "factor", "(1+home_foster_price_growth)^(Y-1)"),
    "running_factor": ("Running cost over the first year's", "factor", "(1+home_running_growth)^(Y-1)"),
    "capital": ("Capital, less grant", "gbp",
                "-home_beds*home_capital_gbp_per_bed*(1-home_grant_share)*(@spent_months-<spent_months)/home_months_to_register"),
    "staff": ("Staff", "gbp", "-home_beds*home_staff_fte_per_bed*home_staff_gbp_per_fte/12*(@staffed_months-<staffed_months)*@running_factor"),
    "other_running": ("Other running cost", "gbp", "-home_other_running_gbp_per_bed_week*@run_weeks*@running_factor"),
    "bought_not_needed": ("Homes elsewhere no longer needed", "gbp",
                          "@own_weeks*(1-home_otherwise_fostered-home_otherwise_unregistered)*home_bought_price_gbp_per_week*@homes_factor"),
    "unregistered_not_needed": ("Unregistered placements no longer needed", "gbp",
                                "@own_weeks*home_otherwise_unregistered*home_unregistered_price_gbp_per_week*@homes_factor"),
    "foster_not_needed": ("Foster care no longer needed", "gbp", "@own_weeks*home_otherwise_fostered*home_foster_price_gbp_per_week*@foster_factor"),
    "income": ("Income from other authorities", "gbp", "@others_weeks*home_sold_price_gbp_per_week*@homes_factor"),
    "net": ("Net cash flow", "gbp", "SUM(@capital:@income)"),
    "cumulative": ("Cash flow so far", "gbp", "<cumulative+@net"),
    "recovered": ("Recovered, and stays so (1: yes)", "year", None),
    "factor": ("Discount factor", "factor", "(1+home_discount_rate)^-(Y-1)"),
    "present": ("Present value", "gbp", "@net*@factor"),
}  # fmt: skip
LINES = ("capital", "staff", "other_running", "bought_not_needed", "unregistered_not_needed", "foster_not_needed", "income")


def own_home(book: Book, told: Told) -> Page:
    """Write what is asked, the results, ten years in formulas, what it turns on, and a chart."""
    notes = [
        f"{told.area}. Change the shaded cells: all below follows. Pounds at constant {told.prices}; ten years from {year_name(told.years[0])}, "
        "the first of which is not discounted.",
        f"A case of one home beside the simulation, not a result of it: prices start from the means on {told.plans}, other values from what is "
        "sourced or assumed. No percentiles. Capital is counted as cash when it is spent, without interest.",
        "Capital is counted once: running a filled bed starts at the price elsewhere less the provider's capital and margin, an assumed share, on "
        "which the case turns. No figure gathered has authorities' homes cheaper to run (unit costs quoted in 2024: dearer). Put your own in.",
        f"A home in an area is not a home for its children: watch who fills it. {NOT_SIMULATED}",
        "Source of simulated prices: CareCurve from published figures (Open Government Licence v3.0). Status of every number is beside it.",
    ]
    page = book.page(NAME, "Does a children's home of one's own pay?", notes)
    asked = starting_values(told.base, told.years)
    values = {one.key: float(one.value) for one in asked}
    found = cash_flow(values)
    _inputs(book, page, asked)
    results_row = page.row
    page.row += 11
    rows = _years(page, told, values, found)
    _results(page, results_row, rows, values, found, told)
    _what_if(page, rows, values)
    _chart(book, page, told, rows, found)
    page.sheet.freeze_panes(0, 1)
    return page


def _inputs(book: Book, page: Page, asked: list[Ask]) -> None:
    """Write the cells to fill in, named, with what they may hold."""
    page.heading("What is asked (shaded cells may be changed)")
    columns = [("Number", 64.0), ("Value", 15.0), ("Unit", 17.0), ("Low", 13.0), ("High", 13.0), ("Status", 13.0), ("Source", 13.0)]
    for n, (heading, width) in enumerate(columns):
        aside = {"align": "right"} if n in (1, 3, 4) else ASIDE if n else {}
        page.put(page.row, n, heading, bold=True, bottom=1, bg_color=GREY, **aside)
        page.widen(n, width)
    for n in range(len(columns), LAST + 1):
        page.put(page.row, n, None, bottom=1, bg_color=GREY)
        page.widen(n, 13.0)
    page.row += 1
    for one in asked:
        page.put(page.row, 0, one.label)
        page.put(page.row, 1, _starts_as(one, asked), one.kind, bg_color=INPUT, border=1, font_color="#0000FF", locked=False)
        for n, value in enumerate((one.unit, one.low, one.high, one.status, one.source), 2):
            page.put(page.row, n, value, one.kind if n in (3, 4) else "any", **({} if n in (3, 4) else ASIDE))
        book.file.define_name(f"home_{one.key}", f"='{NAME}'!{at(page.row, 1, True, True)}")
        page.sheet.data_validation(page.row, 1, page.row, 1, _allowed(one))
        page.row += 1
    page.row += 1


def _starts_as(one: Ask, asked: list[Ask]) -> float | Formula:
    """Return what a cell holds at the start: a value, or for other running cost a formula, so that it follows the provider's share.

    It holds the price and the cost of staff as they were at the start: whoever changes theirs does not thereby change what is left.
    """
    if one.key != "other_running_gbp_per_bed_week":
        return one.value
    start = {each.key: each.value for each in asked}
    whole = other_running(start["bought_price_gbp_per_week"], 0.0, 0.0, 0.0)
    staff = start["staff_fte_per_bed"] * start["staff_gbp_per_fte"] / (12.0 * WEEKS_A_MONTH)
    return Formula(f"=MAX(0,{whole!r}*(1-home_provider_share)-{staff!r})", one.value)


def _allowed(one: Ask) -> dict[str, Any]:
    """Return what a cell may hold."""
    if one.unit == "whole months":
        least = 1 if one.key == "months_to_register" else 0
        return {"validate": "integer", "criteria": "between", "minimum": least, "maximum": 60, "error_message": f"Whole months, {least} to 60."}
    low, high = (-0.2, 0.5) if one.key.endswith(("growth", "rate")) else (0.0, 1.0 if one.key in SHARES_OF else 1e9)
    return {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high, "error_message": f"A number from {low:g} to {high:g}."}


def _years(page: Page, told: Told, asked: dict[str, float], found: CashFlow) -> dict[str, int]:
    """Write ten years in formulas, and return the row of each line."""
    page.heading("Ten years (spending below 0)")
    top = page.row + 1
    rows = {key: top + n for n, key in enumerate(ROWS)}
    shown = _shown(asked, found)
    cells = []
    for key, (words, kind, text) in ROWS.items():
        row: list[Any] = [words]
        for y in range(YEARS):
            value = float(shown[key][y])
            if key == "number":
                row.append(value)
            elif key == "recovered":
                after = "" if y == YEARS - 1 else f",{at(rows[key], y + 2)}=1"
                row.append(Formula(f"=IF(AND({at(rows['cumulative'], y + 1)}>=0{after}),1,0)", value))
            else:
                row.append(Formula("=" + _formula(text, rows, y), value))
        cells.append((kind, row))
    columns = [Column("Line", width=64), *(Column(year_name(told.years[0] + y), "any", 14) for y in range(YEARS))]
    placed = page.table(columns, [[None] * (YEARS + 1)] * len(cells))
    bold = {"net", "cumulative", "present"}
    for r, (key, (kind, row)) in enumerate(zip(ROWS, cells, strict=True), placed.first):
        for n, value in enumerate(row):
            page.put(r, n, value, kind if n else "any", **({"bold": True} if key in bold else {}))
    return rows


def _formula(text: str, rows: dict[str, int], y: int) -> str:
    """Return the formula of a year with cells in place of names; before the first year is nothing."""
    text = text.replace("{weeks}", "365.25/7/12").replace("Y", at(rows["number"], y + 1))
    for key in sorted(rows, key=len, reverse=True):
        text = text.replace(f"@{key}", at(rows[key], y + 1)).replace(f"<{key}", at(rows[key], y) if y else "0")
    return text


def _shown(asked: dict[str, float], found: CashFlow) -> dict[str, np.ndarray]:
    """Return what every row comes to, for programs that compute nothing."""
    number = np.arange(1, YEARS + 1)
    months, fill = 12 * number, asked["months_to_fill"]
    before = max(0.0, asked["months_to_register"] - asked["months_staffed_before"])
    opened = np.maximum(0.0, months - asked["months_to_register"])
    full = np.where(opened < fill, opened**2 / max(1.0, 2.0 * fill), opened - fill / 2.0)
    cumulative = np.cumsum(found.net)
    growth = {f"{name}_factor": (1.0 + asked[key]) ** (number - 1) for name, key in (
        ("homes", "home_price_growth"), ("foster", "foster_price_growth"), ("running", "running_growth"))}  # fmt: skip
    return growth | {name: getattr(found, name) for name in (*LINES, "own_weeks", "others_weeks", "net")} | {
        "run_weeks": asked["beds"] * WEEKS_A_MONTH * np.diff(np.maximum(0.0, months - before), prepend=0.0),
        "number": number, "spent_months": np.minimum(months, asked["months_to_register"]), "staffed_months": np.maximum(0.0, months - before),
        "open_months": opened, "full_months": full, "usable": asked["beds"] * WEEKS_A_MONTH * (1.0 - asked["voids"]) * np.diff(full, prepend=0.0),
        "cumulative": cumulative, "recovered": np.flip(np.logical_and.accumulate(np.flip(cumulative >= 0.0))), "factor": found.factors,
        "present": found.net * found.factors,
    }  # fmt: skip


# ---------------------------------------------------------------- what it comes to


def _line(rows: dict[str, int], key: str) -> str:
    """Return the ten years of a line as formulas name them."""
    return span(rows[key], 1, rows[key], LAST)


def _worth(rows: dict[str, int], *keys: str) -> str:
    """Return the present value of some lines as a formula."""
    return "(" + "+".join(f"SUMPRODUCT({_line(rows, key)},{_line(rows, 'factor')})" for key in keys) + ")"


def _parts(rows: dict[str, int]) -> dict[str, str]:
    """Return present values that results and what-ifs are made of, as formulas."""
    left = f"home_value_left*home_beds*home_capital_gbp_per_bed*{at(rows['factor'], LAST)}"
    saved, income = _worth(rows, "bought_not_needed", "unregistered_not_needed", "foster_not_needed"), _worth(rows, "income")
    usable, factor = _line(rows, "usable"), _line(rows, "factor")
    of_homes, of_foster = (f"SUMPRODUCT({usable},{_line(rows, key)},{factor})" for key in ("homes_factor", "foster_factor"))
    price = "((1-home_otherwise_fostered-home_otherwise_unregistered)*home_bought_price_gbp_per_week"
    price += "+home_otherwise_unregistered*home_unregistered_price_gbp_per_week)"
    # What all usable weeks are worth if own children fill them, and if all of them are offered to others.
    each_own = f"({of_homes}*{price}+{of_foster}*home_otherwise_fostered*home_foster_price_gbp_per_week)"
    each_other = f"({of_homes}*home_spare_sold*home_sold_price_gbp_per_week)"
    run = f"SUMPRODUCT({_line(rows, 'run_weeks')},{_line(rows, 'running_factor')},{factor})"
    return {"run": run, "point": TEN_POINTS, "left": f"({left})", "capital": _worth(rows, "capital"), "saved": saved, "income": income,
            "running": _worth(rows, "staff", "other_running"), "bought": _worth(rows, "bought_not_needed"), "each_own": each_own,
            "each_other": each_other}  # fmt: skip


def worked_out(asked: dict[str, float], found: CashFlow) -> dict[str, Any]:
    """Return what the results come to, by words: worked out from the cash flow, beside the sheet's formulas."""
    cumulative, factors = np.cumsum(found.net), found.factors
    own, spare = asked["own_share"], asked["spare_sold"]
    all_own, all_others = cash_flow(asked | {"own_share": 1.0}), cash_flow(asked | {"own_share": 0.0})
    costs = -float((found.spent * factors).sum()) - found.value_left * float(factors[-1])
    each_own, each_other = float((all_own.saved * factors).sum()), float((all_others.income * factors).sum())
    more = each_own - each_other
    needed: Any = "cannot be said" if more <= 0.0 else (costs - each_other) / more
    if not isinstance(needed, str) and not 0.0 <= needed <= 1.0:
        needed = "over 100 %" if needed > 1.0 else NONE_NEEDED
    weeks = float(found.own_weeks[4] + found.others_weeks[4])
    own_weeks = float(found.own_weeks[4])
    wrong = asked["otherwise_fostered"] + asked["otherwise_unregistered"] > 1.0
    return {
        FILLED: (1.0 - asked["voids"]) * (own + (1.0 - own) * spare), PEAK: -min(0.0, float(cumulative.min())), RECOVERED: found.recovered_in,
        TOTAL: float(cumulative[-1]), VALUE: found.net_present_value,
        COST: -float((found.staff + found.other_running)[4]) / weeks if weeks else 0.0,
        ELSEWHERE: float(found.saved[4]) / own_weeks if own_weeks else 0.0,
        NEEDED: needed, CHECK: WRONG if wrong else "as they must",
    }  # fmt: skip


FILLED, PEAK, RECOVERED = "Registered beds filled, once in full use", "Most cash out at any one time (net, added up)", "Cash recovered from"
TOTAL, VALUE = "Cash flow over ten years", "Net present value (above 0: a gain)"
COST, ELSEWHERE = "Running cost of a filled week in the fifth year, £", "What a week of own children would cost elsewhere in that year, £"
NEEDED, CHECK = (
    "Share of usable bed-weeks own children must fill for a value of 0",
    "Shares of where own children would else be add up to 100 % at most",
)
WRONG, NEVER, NONE_NEEDED = "OVER 100 %", "not in ten years", "none: it pays without them"


def _results(page: Page, row: int, rows: dict[str, int], asked: dict[str, float], found: CashFlow, told: Told) -> None:
    """Write what it comes to, as formulas over the years below."""
    values, parts = worked_out(asked, found), _parts(rows)
    costs = f"(-{parts['capital']}-{parts['running']}-{parts['left']})"
    needed = f"({costs}-{parts['each_other']})/({parts['each_own']}-{parts['each_other']})"
    recovered, own, others = _line(rows, "recovered"), at(rows["own_weeks"], 5), at(rows["others_weeks"], 5)
    values[RECOVERED] = year_name(told.years[0] + values[RECOVERED] - 1) if values[RECOVERED] else NEVER
    formulas = {
        FILLED: ("(1-home_voids)*(home_own_share+(1-home_own_share)*home_spare_sold)", "share"),
        PEAK: (f"-MIN(0,MIN({_line(rows, 'cumulative')}))", "gbp"),
        RECOVERED: (f'IF(SUM({recovered})=0,"{NEVER}",INDEX({span(rows["number"] - 1, 1, rows["number"] - 1, LAST)},MATCH(1,{recovered},0)))', "any"),
        TOTAL: (at(rows["cumulative"], LAST), "gbp"), VALUE: (_value(rows), "gbp"),
        COST: (f"IF({own}+{others}=0,0,-({at(rows['staff'], 5)}+{at(rows['other_running'], 5)})/({own}+{others}))", "whole"),
        ELSEWHERE: (f"IF({own}=0,0,SUM({span(rows['bought_not_needed'], 5, rows['foster_not_needed'], 5)})/{own})", "whole"),
        NEEDED: (f'IF({parts["each_own"]}-{parts["each_other"]}<=0,"cannot be said",'
                 f'IF({needed}>1,"over 100 %",IF({needed}<0,"{NONE_NEEDED}",{needed})))', "share"),
        CHECK: (f'IF(home_otherwise_fostered+home_otherwise_unregistered>1,"{WRONG}","as they must")', "any"),
    }  # fmt: skip
    page.put(row, 0, "What it comes to", bold=True, font_size=12)
    for n, (words, (text, kind)) in enumerate(formulas.items(), row + 1):
        page.put(n, 0, words, bold=words in (VALUE, RECOVERED))
        page.put(n, 1, Formula(f"={text}", values[words]), kind, bold=True, align="right")


def _value(rows: dict[str, int]) -> str:
    """Return the net present value as a formula."""
    return f"SUM({_line(rows, 'present')})+{_parts(rows)['left']}"


# What would change, by how much, the same as a change of the numbers asked, and the change of net present value as a formula of `_parts`.
WHAT_IF = {
    "Capital a quarter more": ({"capital_gbp_per_bed": 1.25}, {}, "0.25*({capital}+{left})"),
    "Capital a quarter less": ({"capital_gbp_per_bed": 0.75}, {}, "-0.25*({capital}+{left})"),
    "Running cost 10 % more": ({"staff_gbp_per_fte": 1.1, "other_running_gbp_per_bed_week": 1.1}, {}, "0.1*{running}"),
    "Running cost 10 % less": ({"staff_gbp_per_fte": 0.9, "other_running_gbp_per_bed_week": 0.9}, {}, "-0.1*{running}"),
    "Provider's capital and margin 10 points more of the price": (
        {}, {"provider_share": 0.1}, "MIN(home_other_running_gbp_per_bed_week,{point})*{run}"),
    "Provider's capital and margin 10 points less of the price": ({}, {"provider_share": -0.1}, "-{point}*{run}"),
    "Homes elsewhere 10 % dearer": ({"bought_price_gbp_per_week": 1.1}, {}, "0.1*{bought}"),
    "Homes elsewhere 10 % cheaper": ({"bought_price_gbp_per_week": 0.9}, {}, "-0.1*{bought}"),
    "Own children fill 10 points more of usable bed-weeks": ({}, {"own_share": 0.1}, "0.1*({each_own}-{each_other})"),
    "Own children fill 10 points less of usable bed-weeks": ({}, {"own_share": -0.1}, "-0.1*({each_own}-{each_other})"),
    "Voids 10 points more": ({}, {"voids": 0.1}, "-0.1/(1-home_voids)*({saved}+{income})"),
    "No spare bed is filled by other authorities": ({"spare_sold": 0.0}, {}, "-{income}"),
}  # fmt: skip


def changed(asked: dict[str, float], name: str) -> dict[str, float]:
    """Return what is asked as a row of `WHAT_IF` changes it; running cost follows the provider's share of the price."""
    times, plus, _ = WHAT_IF[name]
    found = {key: value * times.get(key, 1.0) + plus.get(key, 0.0) for key, value in asked.items()}
    off = plus.get("provider_share", 0.0) * FILLED_IN_ENGLAND * asked["bought_price_gbp_per_week"]
    return found | {"other_running_gbp_per_bed_week": max(0.0, found["other_running_gbp_per_bed_week"] - off)}


def _what_if(page: Page, rows: dict[str, int], asked: dict[str, float]) -> None:
    """Write net present value if one thing were otherwise, all else as in the shaded cells."""
    page.new_page()
    page.heading("What it turns on: net present value if one thing were otherwise (months and growth: change the shaded cells)")
    parts, now = _parts(rows), cash_flow(asked).net_present_value
    cells = []
    for name, (_, _, change) in WHAT_IF.items():
        value = cash_flow(changed(asked, name)).net_present_value
        text = change.format(**parts)
        cells.append((name, Formula(f"={_value(rows)}+{text}", value), Formula(f"={text}", value - now)))
    page.table([Column("What if", width=64), Column("Net present value", "gbp", 13), Column("Change", "signed_gbp", 13)], cells)


def _chart(book: Book, page: Page, told: Told, rows: dict[str, int], found: CashFlow) -> None:
    """Draw the cash flow so far."""
    head = [NAME, rows["number"] - 1, 1, rows["number"] - 1, LAST]
    series = [Series([NAME, rows[key], 0], head, [NAME, rows[key], 1, rows[key], LAST], n) for n, key in enumerate(("cumulative", "net"))]
    word, number = money_format(float(np.abs(np.cumsum(found.net)).max()))
    chart = line_chart(book, "Cash flow of the home, by year and so far", f"{word}, {told.prices}", number, series)
    page.chart(
        chart, at(page.row, 0), "Line chart of the home's cash flow by financial year and so far; the table of ten years has its figures.", (960, 340)
    )
