"""The sheet of the cost curve: net cost by year, and what reforms cost more or less, by year and so far."""

from __future__ import annotations

import numpy as np

from outputs.workbook.book import Book, Column, Page, Placed, at
from outputs.workbook.charts import Series, line_chart, money_format, near
from outputs.workbook.told import SPREAD, Told, by_year, summary
from scenarios.timeline import year_name

GBP = [Column(name, "gbp", 15) for name in SPREAD]
SIGNED = [Column(name, "signed_gbp", 15) for name in SPREAD]
YEAR = Column("Financial year", "text", 15)


def cost_curve(book: Book, told: Told) -> Page:
    """Write net cost by year, and what reforms cost more or less than the baseline, by year and so far."""
    notes = told.notes(told.pounds, f"Net cost is cost to {told.payer} less grants and other income; undiscounted. Financial years end on 31 March.")
    page = book.page("Cost curve", "What does it cost each year, and how much so far?", notes)
    blocks = [(one.label, by_year(one.net(), told.years)) for one in told.together.scenarios]
    page.heading("Net cost by year")
    placed = page.table([Column("Scenario", width=34), YEAR, *GBP], _rows(blocks, told.years), freeze=0)
    found = np.concatenate([summary(values)[[0, 1, 4]] for _, values in blocks])
    word, number = money_format(float(found.max()))
    limits, said = near(float(found.min()), float(found.max()))
    chart = line_chart(
        book, "Net cost by year (dotted: P10, P90)", f"{word} a year, {told.prices}{said}", number, _curves(placed, told, 0), limits=limits
    )
    page.chart(
        chart,
        at(placed.head, 8),
        f"Line chart of net cost by financial year for {', '.join(label for label, _ in blocks)}; the table has its figures.",
    )
    if not told.together.reforms:
        return page
    yearly = [(one.label, by_year(told.together.cost_difference(one.scenario), told.years)) for one in told.together.reforms]
    page.row = max(page.row, placed.head + 21)
    page.new_page()
    for words, what, blocks in (
        (f"Net cost against {told.plans} by year", "Difference", yearly),
        (
            f"Net cost against {told.plans}, all years so far",
            "Cumulative difference",
            [(label, np.cumsum(values, axis=1)) for label, values in yearly],
        ),
    ):
        page.heading(f"{words} (above 0: costs more)")
        placed = page.table([Column("Scenario", width=34), YEAR, *SIGNED], _rows(blocks, told.years))
        word, number = money_format(max(float(np.abs(values).max()) for _, values in blocks))
        chart = line_chart(book, f"{words} (dotted: P10, P90)", f"{word}, {told.prices}", number, _curves(placed, told, 1))
        page.chart(
            chart, at(placed.head, 8), f"Line chart of the {what.lower()} in net cost by financial year of each reform; the table has its figures."
        )
        page.row = max(page.row, placed.head + 21)
    return page


def _rows(blocks: list[tuple[str, np.ndarray]], years: list[int]) -> list[tuple]:
    """Return a row for each scenario and year of values by run and year (R, Y)."""
    return [
        (label, year_name(year), *summary(values)[:, y]) for label, values in blocks for y, year in enumerate(years)
    ]  # fmt: skip


def _curves(placed: Placed, told: Told, look: int) -> list[Series]:
    """Return the mean, P10 and P90 of each scenario of a table whose rows are scenario by scenario; `look` is the first one's place."""
    size, found = len(told.years), []
    for n, start in enumerate(range(placed.first, placed.last + 1, size)):
        ends = (start, start + size - 1)
        for index in (2, 3, 6):
            values, categories = placed.column(index, *ends), placed.column(1, *ends)
            found.append(Series(placed.cell(start, 0), categories, values, n + look, thin=index != 2))
    return found
