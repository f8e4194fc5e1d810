"""The sheet of assumptions: every number of the scenarios with unit, range, status and source, as the manifest keeps them."""

from __future__ import annotations

from outputs.workbook.book import Book, Column, Page
from outputs.workbook.told import Told

ALL = "all scenarios"
NONE_KEPT = (
    "This folder was made before numbers were kept in it. Its manifest.json holds the scenarios' text; `carecurve explain FILE` prints their numbers."
)


def assumptions(book: Book, told: Told) -> Page:
    """Write the register of all scenarios, each number once, with the scenarios it is in."""
    notes = [
        f"{told.area}. Numbers that the scenarios hold, as `carecurve explain` prints them; years and lists as the files have them.",
        "Status: `published` (a figure in the source named), `derived` (arithmetic on such figures), `assumed` (a judgement, to be challenged).",
        "Range: the least and greatest plausible value; `× a to b` multiplies a whole list. Files are the package's or of whoever ran it.",
    ]
    rows = registered(told)
    page = book.page("Assumptions", "Which numbers does it rest on, from where, and how sure are they?", notes if rows else [*notes, NONE_KEPT])
    columns = [Column("Number", "wrapped", 58), Column("Value", "wrapped", 26), Column("Unit", "wrapped", 26)]
    columns += [Column("Range", width=16), Column("Status", width=11)]
    columns += [Column("Source", "wrapped", 90), Column("File", "wrapped", 26), Column("Line", "year", 7), Column("Scenarios", "wrapped", 30)]
    page.table(columns, rows, freeze=1, filtered=True)
    return page


def registered(told: Told) -> list[tuple]:
    """Return the numbers of all scenarios, each once, in the order of the first scenario that has it."""
    found: dict[tuple, list[str]] = {}
    for one in told.comparison.scenarios:
        for row in one.metadata.get("register") or ():
            path, value, unit, limits, source, status, file, line = row
            found.setdefault((path, value, unit, limits, status, source, file, int(line)), []).append(one.label)
    everyone = len(told.comparison.scenarios)
    return [(*row, ALL if len(labels) == everyone else "; ".join(labels)) for row, labels in found.items()]
