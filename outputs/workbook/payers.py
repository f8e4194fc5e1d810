"""The sheets of gross and net cost by payer and line, and of contingency."""

from __future__ import annotations

import numpy as np

from outputs.children import PAYER_WORDS
from outputs.workbook.book import Book, Column, Formula, Page, Placed, at, span
from outputs.workbook.charts import Series, column_chart, money_format
from outputs.workbook.told import PERCENTILES, SPREAD, Told, by_year, summary
from scenarios.timeline import year_name
from sim.cost_lines import PUBLISHED_LABELS
from sim.results import Results

LINE, PAYER, KIND, PUBLISHED = range(4)
FIRST_YEAR = 4  # column of the first year
BOLD = {"bold": True, "top": 1}


def gross_and_net(book: Book, told: Told) -> Page:
    """Write every line of cost by year, and below it gross, net, other payers and all payers as formulas, and their percentiles."""
    years = list(told.base.years)
    since = [years.index(year) for year in told.years]
    notes = told.notes(
        told.pounds,
        f"Lines are means over runs; totals are formulas over the lines. Income of {told.payer} is below 0, and above 0 for whoever gives "
        "it, so that it cancels out for all payers.",
        f"`All years` are {told.span}, in which scenarios can differ.{' The sheet Data has single authorities.' if told.several else ''}",
    )  # fmt: skip
    page = book.page("Gross and net", "Who pays what, gross and net, by line and year?", notes)
    columns = [Column("Line", width=64), Column("Payer", width=10), Column("Kind", width=9), Column("Published line", width=27)]
    columns += [*(Column(year_name(year), "gbp", 14) for year in years), Column("All years", "gbp", 16)]
    for n, one in enumerate(told.together.scenarios):
        if n:
            page.new_page()
        page.heading(one.label)
        means = one.costs.mean("replicate").transpose("area", "line", "year_ending").to_numpy()[0]
        rows = []
        for row, (line, values) in enumerate(zip(one.lines.values(), means, strict=True), page.row + 1):
            added = Formula(f"=SUM({span(row, FIRST_YEAR + since[0], row, FIRST_YEAR + since[-1])})", float(values[since].sum()))
            published = PUBLISHED_LABELS.get(line["published"], line["published"])
            rows.append((told.whose(line["label"]), line["payer"], line["kind"], published, *values, added))
        placed = page.table(columns, rows, freeze=1 if n == 0 else None)
        page.row -= 1
        _totals(page, told, placed, one, means, since)
        _percentiles(page, told, one, since)
        page.row += 1
    return page


def _totals(page: Page, told: Told, placed: Placed, one: Results, means: np.ndarray, since: list[int]) -> None:
    """Write totals below a table of lines as formulas over it (means: L, Y)."""
    payers, kinds = (np.array([line[key] for line in one.lines.values()]) for key in ("payer", "kind"))
    everyone = np.full(len(payers), True)
    totals = [
        (f"Gross cost to {told.payer}", (payers == "authority") & (kinds == "cost"), ("authority", "cost")),
        (f"Income of {told.payer}", (payers == "authority") & (kinds == "income"), ("authority", "income")),
        (f"Net cost to {told.payer}", payers == "authority", ("authority",)),
        *((f"Net cost to {PAYER_WORDS[payer]}", payers == payer, (payer,)) for payer in PAYER_WORDS if (payers == payer).any()),
        ("Cost to all payers together", everyone, ()),
    ]
    for words, chosen, asked in totals:
        values = means[chosen].sum(axis=0)
        _row(page, words, [_total(placed, FIRST_YEAR + y, asked, float(value)) for y, value in enumerate(values)], float(values[since].sum()), since)
    net, factors = means[payers == "authority"].sum(axis=0), one.nominal_factors(one.years)
    at_net = page.row - 2 - sum((payers == payer).any() for payer in PAYER_WORDS)
    for y, factor in enumerate(factors):
        page.put(page.row, FIRST_YEAR + y, float(factor), "factor")
    page.put(page.row, LINE, "Cash of the year for a pound at constant prices (deflators, then general inflation)")
    page.row += 1
    cash = [Formula(f"={at(at_net, FIRST_YEAR + y)}*{at(page.row - 1, FIRST_YEAR + y)}", float(net[y] * factors[y])) for y in range(len(net))]
    _row(page, f"Net cost to {told.payer}, in cash of the year", cash, float((net * factors)[since].sum()), since)


def _total(placed: Placed, column: int, asked: tuple[str, ...], value: float) -> Formula:
    """Return the sum of a year's lines of a payer, of a kind."""
    summed = span(placed.first, column, placed.last, column)
    conditions = "".join(f',{span(placed.first, PAYER + n, placed.last, PAYER + n)},"{word}"' for n, word in enumerate(asked))
    return Formula(f"=SUMIFS({summed}{conditions})" if asked else f"=SUM({summed})", value)


def _row(page: Page, words: str, cells: list[Formula], all_years: float, since: list[int]) -> None:
    """Write a row of totals by year, and their sum over the years in which scenarios can differ."""
    page.put(page.row, LINE, words, **BOLD)
    for column in (PAYER, KIND, PUBLISHED):
        page.put(page.row, column, None, **BOLD)
    for n, cell in enumerate(cells):
        page.put(page.row, FIRST_YEAR + n, cell, "gbp", **BOLD)
    added = f"=SUM({span(page.row, FIRST_YEAR + since[0], page.row, FIRST_YEAR + since[-1])})"
    page.put(page.row, FIRST_YEAR + len(cells), Formula(added, all_years), "gbp", **BOLD)
    page.row += 1


def _percentiles(page: Page, told: Told, one: Results, since: list[int]) -> None:
    """Write percentiles over runs of gross and net cost, by year and of all years in each run."""
    for words, values in (
        (f"Gross cost to {told.payer}", one.gross()),
        (f"Net cost to {told.payer}", one.net()),
        ("Cost to all payers together", one.exchequer()),
    ):
        yearly = by_year(values, list(one.years))
        found = summary(np.column_stack([yearly, yearly[:, since].sum(axis=1)]))[1:]
        for name, row in zip(PERCENTILES, found, strict=True):
            page.put(page.row, LINE, f"{words}: {name}")
            for n, value in enumerate(row):
                page.put(page.row, FIRST_YEAR + n, float(value), "gbp")
            page.row += 1


# ---------------------------------------------------------------- contingency


def contingency(book: Book, told: Told) -> Page:
    """Write percentiles of net cost by year, what P80 and P90 are above the mean, and the same of all years together."""
    fitted = int(told.base.metadata.get("fitted_draws") or 0)
    layers = "chance, growth of prices and effects of reforms" + (
        " and what is not known of demand" if fitted else ", not what is not known of demand"
    )
    notes = told.notes(
        told.pounds, f"Contingency is P80 (or P90) of net cost above the mean: what a budget set at the expected cost lacks. It holds {layers}.",
        "Runs differ in their pasts too, so the first years spread more than they would for an authority that knows its present caseload.",
        "`All years together` is the percentile of each run's sum: good and bad years partly cancel, so it is usually less than the years' added up.",
    )  # fmt: skip
    page = book.page("Contingency", "How much to hold above the mean, so that it suffices in 80 or 90 % of runs?", notes)
    columns = [Column("Scenario", width=34), Column("Financial year", width=18), *(Column(name, "gbp", 15) for name in SPREAD)]
    columns += [
        Column("P80 above the mean", "gbp", 15),
        Column("P80: share of the mean", "share1", 11),
        Column("P90 above the mean", "gbp", 15),
        Column("P90: share of the mean", "share1", 11),
    ]
    rows, row = [], page.row + 1
    for one in told.together.scenarios:
        yearly = by_year(one.net(), told.years)
        found = summary(np.column_stack([yearly, yearly.sum(axis=1)]))
        for n, name in enumerate([*(year_name(year) for year in told.years), "All years together"]):
            mean, _, _, p80, p90 = (float(value) for value in found[:, n])
            beyond = [Formula(f"={at(row, column)}-{at(row, 2)}", high - mean) for column, high in ((5, p80), (6, p90))]
            shares = [Formula(f"=IF({at(row, 2)}=0,0,{at(row, column)}/{at(row, 2)})", (high - mean) / mean if mean else 0.0)
                      for column, high in ((7, p80), (9, p90))]  # fmt: skip
            rows.append((one.label, name, *(float(value) for value in found[:, n]), beyond[0], shares[0], beyond[1], shares[1]))
            row += 1
    placed = page.table(columns, rows, freeze=0)
    size = len(told.years) + 1
    series = [
        Series(placed.cell(start, 0), placed.column(1, start, start + size - 2), placed.column(7, start, start + size - 2), n)
        for n, start in enumerate(range(placed.first, placed.last + 1, size))
    ]
    most = max(abs(float(cells[7].value)) for cells in rows if cells[1] != "All years together")
    word, number = money_format(most)
    chart = column_chart(book, "Contingency at P80: net cost above the mean, by year", f"{word} a year, {told.prices}", number, series)
    labels = ", ".join(one.label for one in told.together.scenarios)
    page.new_page()
    page.chart(
        chart,
        at(page.row, 0),
        f"Column chart of what P80 of net cost is above the mean by financial year for {labels}; the table has its figures.",
        (1000, 380),
    )
    return page
