"""The sheets of what makes a reform's difference in cost, and of what of its benefit could leave a budget."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outputs.appraisal_benefits import ALL, CLASSES
from outputs.cost_bridge import PERSPECTIVES
from outputs.cost_bridge import bridge as bridge_items
from outputs.report.words import pounds, sentence
from outputs.workbook.answer import bias_words, terms_of
from outputs.workbook.book import Book, Column, Formula, Page, at, span
from outputs.workbook.charts import Series, column_chart, money_format
from outputs.workbook.told import PERCENTILES, Told, summary
from scenarios.timeline import year_name
from sim.statistics import PENNY

WHOSE = {"net_cost": "net cost to {payer}", "exchequer_cost": "cost to all payers together"}

CASH = ("budget_reduction", "avoided_growth")  # classes of benefit that are cash of the authority
LEAST_GBP = 500.0


def bridge(book: Book, told: Told) -> Page:
    """Write each reform's difference in cost by item: volume, mix and price of placements, and every other line; items add up to the total."""
    years = told.years
    factor = (told.comparison.metadata.get("grossing") or {}).get("spend", 1.0)
    notes = told.notes(
        told.pounds, f"Reform less {told.plans}, taken run by run and year by year; above 0: costs more. Yearly figures are means; totals are "
        "formulas.",
        "Volume: more or fewer weeks at the price they had. Mix: dearer or cheaper kinds and needs. Chance: dearer or cheaper as drawn. "
        "Market: prices answering use. Commissioning: what was won. Interaction: what mix and prices cost on weeks more or fewer.",
    )  # fmt: skip
    page = book.page("Bridge", "What makes the difference in cost: volume, mix, price, or something else?", notes)
    columns = [Column("Item", width=64), Column("Section", width=14), *(Column(year_name(year), "signed_gbp", 14) for year in years)]
    columns += [Column("All years", "signed_gbp", 15), *(Column(f"All years: {name}", "signed_gbp", 15) for name in PERCENTILES)]
    for n, reform in enumerate(told.comparison.reforms):
        if n:
            page.new_page()
        for measure, payers in PERSPECTIVES.items():
            items = bridge_items(told.comparison.baseline, reform, years, payers)
            total = items.pop("total")
            page.heading(f"{reform.label}: {WHOSE[measure].format(payer=told.payer)} against {told.plans}")
            rows, at_row = [], page.row + 1
            for item in items.values():
                values = factor * item.gbp.sum(axis=0)  # (R, Y)
                rows.append((told.whose(item.label), item.section, *_cells(values, at_row)))
                at_row += 1
            placed = page.table(columns, rows, freeze=1 if (n, measure) == (0, "net_cost") else None)
            page.row -= 1
            _total(page, placed.first, placed.last, factor * total.gbp.sum(axis=0))
            if measure == "net_cost":
                most = max(abs(float(cells[2 + len(years)].value)) for cells in rows)
                word, number = money_format(most)
                series = [Series("All years", placed.column(0), placed.column(2 + len(years)), 1)]
                title = f"What makes the difference in net cost of {reform.label}, {told.span}"
                chart = column_chart(book, title, f"{word}, {told.prices}", number, series, kind="bar")
                height = 90 + 26 * len(rows)
                words = f"Bar chart of the items of the difference in net cost of {reform.label} over all years; the table has its figures."
                page.chart(chart, at(page.row, 0), words, (960, height))
                page.row += height // 20 + 2
    return page


def _cells(values: np.ndarray, row: int) -> list:
    """Return means by year, their sum as a formula, and percentiles over runs of all years (values: R, Y)."""
    years = values.shape[1]
    whole = values.sum(axis=1)
    added = Formula(f"=SUM({span(row, 2, row, 1 + years)})", float(whole.mean()))
    return [*(float(value) for value in values.mean(axis=0)), added, *(float(value) for value in summary(whole)[1:])]


def _total(page: Page, first: int, last: int, values: np.ndarray) -> None:
    """Write the total of a table's items (values: R, Y)."""
    look = {"bold": True, "top": 1}
    page.put(page.row, 0, "Total", **look)
    page.put(page.row, 1, None, **look)
    years, whole = values.shape[1], values.sum(axis=1)
    means = [*values.mean(axis=0), whole.mean()]
    for n, value in enumerate(means):
        page.put(page.row, 2 + n, Formula(f"=SUM({span(first, 2 + n, last, 2 + n)})", float(value)), "signed_gbp", **look)
    for n, value in enumerate(summary(whole)[1:]):
        page.put(page.row, 3 + years + n, float(value), "signed_gbp", **look)
    page.row += 2


def benefits(book: Book, told: Told) -> Page | None:
    """Write what of a reform's benefit could leave a budget, by class and year, and from when; None without the table of benefits."""
    table = told.table("benefits.csv")
    if table is None:
        return None
    by_line, table = table[table.line != ALL], table[table.line == ALL]
    notes = told.notes(
        told.pounds,
        f"Benefit is what lines other than the reform's own fall by, against {told.plans}; below 0: they cost more. Means over "
        "runs, on the terms of the appraisal. Each pound is in one class.",
        "`Can be banked from` is the first financial year from which the mean is above 0 and stays so, and `Probability` the share of runs in which "
        "there is anything from then on. Both are given only where the classes that are cash add up to more than 0 from then on.",
        *filter(None, [bias_words(terms_of(told))]),
    )  # fmt: skip
    page = book.page("Benefits", "How much of the benefit could leave a budget, and when?", notes)
    columns = [Column("Scenario", width=34), Column("Class", width=44), *(Column(year_name(year), "signed_gbp", 14) for year in told.years)]
    columns += [Column("All years", "signed_gbp", 15), Column("Can be banked from", width=13), Column("Probability", "share", 11)]
    rows, said = [], []
    for reform in told.together.reforms:
        own = table[table.scenario == reform.scenario]
        yearly = {name: _yearly(part, told.years) for name, part in own.groupby("class")}
        cash = sum((yearly[name] for name in CASH if name in yearly), np.zeros(len(told.years)))
        for name, words in {**CLASSES, ALL: "All benefit"}.items():
            if name not in yearly:
                continue
            whole = own[(own["class"] == name) & (own.year_ending.astype(str) == ALL)].iloc[0]
            since = banked_from(name, whole.bankable_from, cash, told.years)
            when = ("\N{EN DASH}", None) if since is None else (year_name(since), float(whole.probability))
            rows.append((reform.label, sentence(told.whose(words)), *yearly[name], float(whole["mean"]), *when))
            if since is None and name in CASH and whole.bankable_from == whole.bankable_from:
                why = _not_banked(told, reform.label, rows[-1][1], int(float(whole.bankable_from)), cash)
                said.append(why + _grows(told, by_line, reform.scenario))
    page.table(columns, rows, freeze=2)
    for note in said:
        page.text(note)
    return page


def banked_from(name: str, stated: float, cash: np.ndarray, years: list[int]) -> int | None:
    """Return the year ending from which a class can be banked; None if it cannot.

    Parameters
    ----------
    name, stated
        The class, and the first year from which its own mean is above 0 (missing: none).
    cash
        What all classes of `CASH` come to by year, means over runs (Y). Where that is not above 0 from the stated year on, what falls in one class is
        spent in another: nothing can leave the budget.
    """
    if stated != stated:
        return None
    since = int(float(stated))
    return since if name not in CASH or cash[years.index(since) :].sum() > PENNY else None


def _yearly(part: pd.DataFrame, years: list[int]) -> np.ndarray:
    """Return the means of a class by year (Y)."""
    return part.set_index(part.year_ending.astype(str)).loc[[str(year) for year in years], "mean"].to_numpy(dtype=float)


def _not_banked(told: Told, label: str, words: str, since: int, cash: np.ndarray) -> str:
    """Say why a class whose own mean is above 0 cannot be banked."""
    total = pounds(cash[told.years.index(since) :].sum())
    return (
        f"{label}: the class “{words}” is above 0 from {year_name(since)} on, but all that is cash adds up to {total} from then on, because other "
        "lines grow by as much or more. So nothing can be banked."
    )


def _grows(told: Told, by_line: pd.DataFrame, scenario: str) -> str:
    """Say which line grows most, over all years, if one does."""
    own = by_line[(by_line.scenario == scenario) & by_line["class"].isin(CASH)].groupby("label")["mean"].sum()
    if not len(own) or own.min() > -LEAST_GBP:
        return ""
    return f" What grows most is “{told.whose(str(own.idxmin()))}”: by {pounds(-own.min())} over {told.span}."
