"""The sheets of placements: children by month, and cost, weeks and price by budget line and year."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from outputs.workbook.book import Book, Column, Formula, Page, at, span
from outputs.workbook.charts import Series, line_chart
from outputs.workbook.told import SPREAD, Told, summary
from scenarios.timeline import year_name
from sim.measures import MEASURES
from sim.measures_care import GROUPS
from sim.measures_money import PRICED_GROUPS
from sim.placement_bridge import GROUP_LINES
from sim.results import Results

MONTHLY = {"cla_at31": "Children in care", "childrens_home_at31": "In children's and secure homes", "unregistered_at31": "In unregistered placements"}
YEARS_ONLY = (
    "Costs are kept by financial year, not by month: by month the sheet Placements by month has children, and no cost is spread over months here."
)


def by_month(book: Book, told: Told) -> Page:
    """Write children in care, in homes and in unregistered placements at the end of every month."""
    notes = told.notes(
        "Children, at the end of each month. Months before scenarios can differ are the same past.",
        "Costs are kept by financial year (sheet Placements by line), not by month; so are other placements (sheet Data). Charts: to the right.",
    )
    page = book.page("Placements by month", "How many children are in care, and in the dearest placements, month by month?", notes)
    columns = [Column("Scenario", width=34), Column("Month", "month", 11)]
    columns += [Column(f"{words}: {name}", "count", 12) for words in MONTHLY.values() for name in SPREAD]
    months = [str(month) for month in told.base.monthly.month.to_numpy()]
    dates = [datetime(int(month[:4]), int(month[5:7]), 1) for month in months]
    rows = []
    for one in told.together.scenarios:
        found = np.concatenate([summary(one.monthly.sel(measure=name).transpose("area", "replicate", "month").to_numpy()[0]) for name in MONTHLY])
        rows += [(one.label, date, *found[:, n]) for n, date in enumerate(dates)]
    placed = page.table(columns, rows, freeze=2, filtered=True)
    width = len(SPREAD)
    for k, (name, words) in enumerate(MONTHLY.items()):
        series = []
        for n, start in enumerate(range(placed.first, placed.last + 1, len(months))):
            ends = (start, start + len(months) - 1)
            series.append(Series(placed.cell(start, 0), placed.column(1, *ends), placed.column(2 + k * width, *ends), n))
        chart = line_chart(book, f"{words}, end of month, mean over runs", MEASURES[name].unit, "#,##0", series, dates=True)
        page.chart(
            chart,
            at(placed.head + 1 + 20 * k, 2 + len(SPREAD) * len(MONTHLY) + 1),
            f"Line chart of {words.lower()} by month and scenario; the table has its figures.",
        )
    return page


def by_line(book: Book, told: Told) -> Page:
    """Write what placements cost by budget line and year, and by group the weeks, the cost and the mean price of a week."""
    years = list(told.base.years)
    notes = told.notes(told.pounds, "Means over runs. Totals and prices are formulas: the price of a week is mean cost over mean weeks.", YEARS_ONLY)
    page = book.page("Placements by line", "What do placements cost by budget line, and is it weeks or price?", notes)
    headings = [*(Column(year_name(year), "gbp", 14) for year in years)]
    for n, one in enumerate(told.together.scenarios):
        lines = [line for group in PRICED_GROUPS for line in GROUP_LINES[group]]
        means = one.costs.sel(line=lines).mean("replicate").transpose("area", "line", "year_ending").to_numpy()[0]
        if n and n % 2 == 0:
            page.new_page()
        page.heading(f"{one.label}: cost by budget line")
        rows = [(told.whose(one.lines[line]["label"]), _group(line), *means[i]) for i, line in enumerate(lines)]
        placed = page.table([Column("Budget line", width=44), Column("Group", width=28), *headings], rows, freeze=1 if n == 0 else None)
        page.row -= 1
        page.put(page.row, 0, "All placements", bold=True, top=1)
        page.put(page.row, 1, None, bold=True, top=1)
        for y, value in enumerate(means.sum(axis=0)):
            page.put(page.row, 2 + y, Formula(f"=SUM({span(placed.first, 2 + y, placed.last, 2 + y)})", float(value)), "gbp", bold=True, top=1)
        page.row += 2
        _weeks(page, one, years, placed.first, placed.last, means, lines)
    return page


def _group(line: str) -> str:
    """Return the words of the group of placements a line belongs to."""
    return next(GROUPS[group][0] for group, lines in GROUP_LINES.items() if line in lines)


def _weeks(page: Page, one: Results, years: list[int], first: int, last: int, means: np.ndarray, lines: list[str]) -> None:
    """Write child-weeks by group, and the mean price of a week from the cost lines above (rows `first` to `last`; means: L, Y)."""
    names = [f"{group}_weeks" for group in PRICED_GROUPS]
    weeks = one.annual.sel(measure=names).mean("replicate").transpose("area", "measure", "year_ending").to_numpy()[0]
    page.heading(f"{one.label}: weeks in placements, and the mean price of a week")
    labels = [GROUPS[group][0] for group in PRICED_GROUPS]
    top = page.row + 1
    rows = [(label, "child-weeks", *weeks[g]) for g, label in enumerate(labels)]
    for g, label in enumerate(labels):
        cost = sum(means[lines.index(line)] for line in GROUP_LINES[PRICED_GROUPS[g]])
        cells = []
        for y in range(len(years)):
            column = 2 + y
            paid = f"SUMIFS({span(first, column, last, column)},{span(first, 1, last, 1)},{at(top + len(labels) + g, 0)})"
            value = float(cost[y] / weeks[g, y]) if weeks[g, y] else 0.0
            cells.append(Formula(f"=IF({at(top + g, column)}=0,0,{paid}/{at(top + g, column)})", value))
        rows.append((label, "pounds a child-week", *cells))
    page.table([Column("Group", width=44), Column("Unit", width=28), *(Column(year_name(year), "whole", 14) for year in years)], rows)
