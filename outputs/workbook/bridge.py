"""The sheets of what makes a reform's difference in cost, and of what of its benefit could leave a budget."""

from __future__ import annotations

import numpy as np

from outputs.appraisal_benefits import CLASSES
from outputs.cost_bridge import PERSPECTIVES
from outputs.cost_bridge import bridge as bridge_items
from outputs.workbook.book import Book, Column, Formula, Page, at, span
from outputs.workbook.charts import Series, column_chart, money_format
from outputs.workbook.told import PERCENTILES, Told, summary
from scenarios.timeline import year_name

WHOSE = {"net_cost": "net cost to the authority", "exchequer_cost": "cost to all payers together"}


def bridge(book: Book, told: Told) -> Page:
    """Write each reform's difference in cost by item: volume, mix and price of placements, and every other line; items add up to the total."""
    years = told.years
    factor = (told.comparison.metadata.get("grossing") or {}).get("spend", 1.0)
    notes = told.notes(
        told.pounds, "Reform less baseline, taken run by run and year by year; above 0: costs more. Yearly figures are means; totals are formulas.",
        "Volume: more or fewer weeks at the baseline's price. Mix: dearer or cheaper kinds and needs. Chance: dearer or cheaper as drawn. "
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
            page.heading(f"{reform.label}: {WHOSE[measure]} against the baseline")
            rows, at_row = [], page.row + 1
            for item in items.values():
                values = factor * item.gbp.sum(axis=0)  # (R, Y)
                rows.append((item.label, item.section, *_cells(values, at_row)))
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
    table = table[table.line == "all"]
    notes = told.notes(
        told.pounds,
        "Benefit is what lines other than the reform's own fall by, against the baseline; below 0: they cost more. Means over "
        "runs, on the terms of the appraisal. Each pound is in one class.",
        "`Bankable from` is the first financial year from which the mean is above 0 and stays so; `probability` is the share of runs in which "
        "there is anything from then on.",
    )  # fmt: skip
    page = book.page("Benefits", "How much of the benefit could leave a budget, and when?", notes)
    columns = [Column("Scenario", width=34), Column("Class", width=44), *(Column(year_name(year), "signed_gbp", 14) for year in told.years)]
    columns += [Column("All years", "signed_gbp", 15), Column("Bankable from", width=13), Column("Probability", "share", 11)]
    rows = []
    for reform in told.together.reforms:
        own = table[table.scenario == reform.scenario]
        for name, words in {**CLASSES, "all": "All benefit"}.items():
            found = own[own["class"] == name].set_index(own.year_ending[own["class"] == name].astype(str))
            if not len(found):
                continue
            whole = found.loc["all"]
            since = "" if whole.bankable_from != whole.bankable_from else year_name(int(float(whole.bankable_from)))
            yearly = (float(found.loc[str(year), "mean"]) for year in told.years)
            rows.append((reform.label, words[:1].upper() + words[1:], *yearly, float(whole["mean"]), since,
                         float(whole.probability)))  # fmt: skip
    page.table(columns, rows, freeze=2)
    return page
