"""The sheet of authorities: what each bears and gains, and how far rates are apart over them."""

from __future__ import annotations

import numpy as np

from outputs.shares import money
from outputs.workbook.book import Book, Column, Formula, Page, at, span
from outputs.workbook.charts import Series, column_chart, money_format
from outputs.workbook.told import PERCENTILES, Told, summary
from scenarios.timeline import year_name
from sim.results import Results

MOST_IN_A_CHART = 40
ITEMS = {"reform_cost": "Cost of the reform", "placements": "Change in placements", "other": "Change in all else", "net": "Net cost"}


def authorities(book: Book, told: Told) -> Page | None:
    """Write each authority's part of every reform's difference, and the spread of rates over them; None for a single authority."""
    if not told.several:
        return None
    notes = told.notes(
        f"{told.pounds} Differences from {told.plans} over {told.span}; above 0: costs more.",
        "Means add up to all authorities (a formula); percentiles do not. `Costs less` is the share of runs in which net cost is lower.",
    )
    page = book.page("Authorities", "Which authorities bear the cost, and which gain?", notes)
    for n, reform in enumerate(told.comparison.reforms):
        if n and n % 2 == 0:
            page.new_page()
        page.heading(f"{reform.label}, against {told.plans}")
        _shares(book, page, told, reform, n)
    if not told.comparison.reforms:
        _levels(page, told)
    _spread(page, told)
    return page


def _shares(book: Book, page: Page, told: Told, reform: Results, n: int) -> None:
    """Write a row for each authority, the sum, and a chart of net cost."""
    base, last = told.comparison.baseline, told.years[-1]
    found = money(base, reform, told.years)
    children = told.comparison.difference(reform.scenario).sel(measure="cla_at31", year_ending=last).to_numpy()
    columns = [Column("Authority", width=34), *(Column(f"{words}: mean", "signed_gbp", 16) for words in ITEMS.values())]
    columns += [*(Column(f"Net cost: {name}", "signed_gbp", 15) for name in PERCENTILES), Column("Costs less", "share", 10)]
    columns += [
        Column(f"Children in care, 31 March {last}: mean", "signed", 15),
        *(Column(f"Children in care: {name}", "signed", 12) for name in PERCENTILES),
    ]
    rows = [
        (area, *(float(found[item][a].mean()) for item in ITEMS), *summary(found["net"][a])[1:], float((found["net"][a] < 0.0).mean()),
         *summary(children[a]))
        for a, area in enumerate(base.areas)
    ]  # fmt: skip
    placed = page.table(columns, rows, freeze=1 if n == 0 else None)
    page.row -= 1
    look = {"bold": True, "top": 1}
    page.put(page.row, 0, "All these authorities", **look)
    for c, item in enumerate(ITEMS, 1):
        added = Formula(f"=SUM({span(placed.first, c, placed.last, c)})", float(found[item].mean(axis=1).sum()))
        page.put(page.row, c, added, "signed_gbp", **look)
    net = found["net"].sum(axis=0)
    for c, value in enumerate(summary(net)[1:], 5):
        page.put(page.row, c, float(value), "signed_gbp", **look)
    page.put(page.row, 9, float((net < 0.0).mean()), "share", **look)
    page.put(page.row, 10, Formula(f"=SUM({span(placed.first, 10, placed.last, 10)})", float(children.mean(axis=1).sum())), "signed", **look)
    for c, value in enumerate(summary(children.sum(axis=0))[1:], 11):
        page.put(page.row, c, float(value), "signed", **look)
    page.row += 2
    if len(rows) <= MOST_IN_A_CHART:
        word, number = money_format(float(np.abs(found["net"].mean(axis=1)).max()))
        title = f"Net cost of {reform.label} against {told.plans}, {told.span}"
        chart = column_chart(book, title, f"{word}, {told.prices}", number, [Series("Net cost", placed.column(0), placed.column(4), n + 1)])
        page.chart(
            chart,
            at(page.row, 0),
            f"Column chart of the mean net cost of {reform.label} against {told.plans} by authority; the table has it.",
            (960, 340),
        )
        page.row += 19


def _levels(page: Page, told: Told) -> None:
    """Write net cost and children in care of each authority of one scenario."""
    base, last = told.comparison.baseline, told.years[-1]
    net = base.net().sel(year_ending=last).to_numpy()
    children = base.annual.sel(measure="cla_at31", year_ending=last).to_numpy()
    columns = [
        Column("Authority", width=34),
        Column(f"Net cost, {year_name(last)}: mean", "gbp", 16),
        *(Column(f"Net cost: {n}", "gbp", 15) for n in PERCENTILES),
    ]
    columns += [
        Column(f"Children in care, 31 March {last}: mean", "count", 15),
        *(Column(f"Children in care: {n}", "count", 12) for n in PERCENTILES),
    ]
    page.table(columns, [(area, *summary(net[a]), *summary(children[a])) for a, area in enumerate(base.areas)], freeze=1)


def _spread(page: Page, told: Told) -> None:
    """Write how far rates and shares are apart over the authorities, from the folder's table."""
    table = told.tables.get("spread.csv")
    if table is None or not len(table):
        return
    labels = {one.scenario: one.label for one in told.together.scenarios}
    table = table[table.year_ending.astype(str) == "all"]
    page.new_page()
    page.heading("How far authorities are apart, all years: the tenth, middle and ninetieth of a hundred authorities, means over runs")
    columns = [Column("Measure", width=62), Column("Unit", width=34), Column("Scenario", width=34)]
    columns += [Column(name, "rate", 14) for name in ("Tenth (of 100)", "Middle", "Ninetieth (of 100)", "Ninetieth over tenth")]
    columns += [Column("Lowest", width=15), Column("Highest", width=15)]
    rows = [
        (
            row.label,
            row.unit,
            labels.get(row.scenario, row.scenario),
            row.p10,
            row.median,
            row.p90,
            row.p90_over_p10,
            str(row.lowest),
            str(row.highest),
        )
        for row in table.itertuples()
    ]
    page.table(columns, rows)
