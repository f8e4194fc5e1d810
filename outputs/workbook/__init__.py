"""A results folder as a workbook (`results.xlsx`): one sheet a question, native tables and charts, no macros.

    from outputs.workbook import read_tables, write_workbook
    write_workbook(open_results(folder), read_tables(folder), folder / "results.xlsx")

It is made from what a finished folder holds and nothing else, so that it can be made again later, byte for byte. Every percentile is of a sum taken
in each run; totals on sheets are formulas over means, which add up.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from outputs.workbook import answer, assumptions, authorities, bridge, children, contents, cost_curve, data, own_home_sheet, payers, placements
from outputs.workbook.book import Book
from outputs.workbook.told import Told
from sim.results import Comparison

__all__ = ["WORKBOOK", "read_tables", "write_workbook"]

WORKBOOK = "results.xlsx"
TABLES = ("marks.csv", "benefits.csv", "spread.csv")  # what sheets show that results do not hold
SHEETS = (
    answer.answer, cost_curve.cost_curve, payers.gross_and_net, payers.contingency, placements.by_line, placements.by_month,
    bridge.bridge, bridge.benefits, children.children, authorities.authorities, own_home_sheet.own_home, assumptions.assumptions, data.data,
)  # fmt: skip
OF_REFORMS = (bridge.bridge, bridge.benefits)


def read_tables(folder: str | Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a finished folder that its workbook shows, by file name; those it does not have are left out."""
    paths = {name: Path(folder) / name for name in TABLES}
    return {name: pd.read_csv(path) for name, path in paths.items() if path.exists()}


def write_workbook(comparison: Comparison, tables: Mapping[str, pd.DataFrame], path: str | Path) -> Path:
    """Write the workbook of a comparison, or of one scenario's results, and return its path; an older one goes only once the new one is there.

    Parameters
    ----------
    comparison
        Results of a run or a comparison, authorities apart.
    tables
        Tables of its folder by file name (`read_tables`); sheets and columns of those that are missing are left out.
    path
        The file, `results.xlsx` of the folder as a rule.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    told = Told(comparison, tables)
    try:
        book = Book(partial, f"CareCurve: {told.area}", f"Children's services, {told.span}, {told.prices}")
        first = contents.begin_contents(book, told)
        for sheet in SHEETS:
            if told.together.reforms or sheet not in OF_REFORMS:
                sheet(book, told)
        contents.fill_contents(first, told)
        book.close()
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path
