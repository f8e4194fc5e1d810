"""The sheet of children beside pounds: every headline with what keeps it honest, and children in care year by year."""

from __future__ import annotations

import numpy as np

from outputs.children import HEADLINES, label_of, unit_of, whole_span, yearly
from outputs.workbook.book import Book, Column, Page, Typed, at
from outputs.workbook.charts import Series, line_chart, near
from outputs.workbook.told import SPREAD, Told, summary
from scenarios.timeline import year_name

IN_CARE = "cla_at31"
WHOLE = {
    "children",
    "children (each time)",
    "families",
    "child-days",
    "child-weeks",
    "moves",
    "sibling groups",
}  # told to a tenth; all else to a hundredth


def children(book: Book, told: Told) -> Page:
    """Write children in care by year, then every headline and what stands beside it, over all years."""
    notes = told.notes(
        f"Counts of children over {told.span} unless a unit says otherwise: flows added up, 31 March counts and levels the mean of the years, shares "
        "formed again from both sums.", "Fewer children in care is not by itself better: read each headline with the rows beside it.",
    )  # fmt: skip
    page = book.page("Children", "What happens to children, beside the pounds?", notes)
    page.heading("Children in care at 31 March")
    rows = []
    for one in told.together.scenarios:
        found = summary(yearly(one, IN_CARE, told.years)[0])
        rows += [(one.label, "children", year_name(year), "Children in care at 31 March", *found[:, y]) for y, year in enumerate(told.years)]
    columns = [Column("Scenario", width=34), Column("Unit", width=26), Column("Financial year", width=22), Column("Measure", width=60)]
    columns += [*(Column(name, "count", 13) for name in SPREAD)]
    placed = page.table(columns, rows)
    size, series = len(told.years), []
    for n, start in enumerate(range(placed.first, placed.last + 1, size)):
        for index in (4, 5, 8):
            values, when = placed.column(index, start, start + size - 1), placed.column(2, start, start + size - 1)
            series.append(Series(placed.cell(start, 0), when, values, n, thin=index != 4))
    shown = np.array([row[4:] for row in rows])
    limits, said = near(float(shown.min()), float(shown.max()))
    chart = line_chart(book, "Children in care at 31 March (dotted: P10, P90)", f"children{said}", "#,##0", series, limits=limits)
    page.chart(chart, at(placed.head, 10), "Line chart of children in care at 31 March by financial year and scenario; the table has its figures.")
    page.row = max(page.row, placed.head + 21)
    if told.together.reforms:
        _differences(page, told)
    else:
        _values(page, told)
    return page


def _measures() -> list[tuple[str, str, str]]:
    """Return every headline, its role and its measure, in order."""
    return [
        (title, role, name) for title, one in HEADLINES.items()
        for role, name in (("headline", one.measure), *(("beside it", other) for other in one.beside))
    ]  # fmt: skip


def _differences(page: Page, told: Told) -> None:
    """Write each reform against the baseline, and what its safety proxies say."""
    page.heading(f"Reforms against {told.plans}, all years (below 0: fewer or less)")
    marks = told.table("marks.csv", "proxy", "basis", "finding")
    findings = {} if marks is None else {(row.scenario, row.measure): f"{row.finding}, as a {row.basis}" for row in marks.itertuples()}
    rows = []
    for reform in told.together.reforms:
        for title, role, name in _measures():
            ours, theirs = (whole_span(one, name, told.years)[0] for one in (reform, told.base))
            about = (reform.label, unit_of(name, reform), title, told.whose(label_of(name)), role)
            change = summary(ours - theirs)
            kinds = ("count", "signed") if about[1] in WHOLE else ("rate", "signed_rate")
            values = [Typed(float(value), kinds[0]) for value in (theirs.mean(), ours.mean())] + [Typed(float(value), kinds[1]) for value in change]
            rows.append((*about, *values, findings.get((reform.scenario, name), "")))
    columns = [
        Column("Scenario", width=34),
        Column("Unit", width=26),
        Column("Headline", width=22),
        Column("Measure", width=60),
        Column("Role", width=11),
    ]
    columns += [Column(told.base.label, "count", 14), Column("Reform", "count", 14)]
    columns += [Column(f"Difference: {name}", "signed", 14) for name in SPREAD]
    page.table([*columns, Column("Safety proxy", width=24)], rows, filtered=True)


def _values(page: Page, told: Told) -> None:
    """Write one scenario's own figures."""
    page.heading("Headlines and what stands beside them, all years")
    rows = []
    for title, role, name in _measures():
        values = whole_span(told.base, name, told.years)[0]
        unit = unit_of(name, told.base)
        found = [Typed(float(value), "count" if unit in WHOLE else "rate") for value in summary(values)]
        rows.append((told.base.label, unit, title, told.whose(label_of(name)), role, *found))
    columns = [
        Column("Scenario", width=34),
        Column("Unit", width=26),
        Column("Headline", width=22),
        Column("Measure", width=60),
        Column("Role", width=11),
    ]
    page.table([*columns, *(Column(name, "count", 14) for name in SPREAD)], rows, filtered=True)
