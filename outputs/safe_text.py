"""Tables that a spreadsheet opens as text and numbers, and nothing else.

What comes from records may begin with a sign that a spreadsheet takes for a formula (`=`, `+`, `-`, `@`, or a tab or line break before one: OWASP,
CSV injection). In CSV such text is written after an apostrophe; in a workbook as a cell of text, which is never computed. Numbers stay numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pandas as pd
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from outputs.store import write_csv

FORMULA = re.compile(r"[\s\x00-\x1f]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")  # the last four are the full-width signs, which are computed too
LONGEST_CELL = 32_767  # characters of a cell of a workbook
LONGEST_TITLE = 31


def safe(value: object) -> object:
    """Return a value as CSV can hold it: text that would be a formula after an apostrophe, everything else unchanged."""
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value


def safe_frame(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts, headings among them, no spreadsheet computes; numbers and dates are untouched."""
    done = table.copy()
    for n, dtype in enumerate(table.dtypes):
        if not (pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_datetime64_any_dtype(dtype)):
            done.isetitem(n, table.iloc[:, n].astype(object).map(safe))
    done.columns = [safe(name) for name in table.columns]
    return done


def write_safe_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table of text and numbers as CSV, none of it a formula; the index is not written."""
    write_csv(safe_frame(table), path)


def write_safe_workbook(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write tables as the sheets of a workbook (XLSX), each text as a cell of text, none of it a formula; the index is not written.

    Raises
    ------
    ValueError
        If there is no table, or a name is no title of a sheet.
    """
    if not tables:
        raise ValueError("a workbook needs a table at least")
    book = openpyxl.Workbook(write_only=True)
    for title, table in tables.items():
        if not title or len(title) > LONGEST_TITLE or re.search(r"[\[\]:*?/\\]", title):
            raise ValueError(f"{title!r} is no title of a sheet: expected 1 to {LONGEST_TITLE} characters without []:*?/\\")
        sheet = book.create_sheet(title)
        sheet.append([_cell(sheet, str(name)) for name in table.columns])
        for row in table.itertuples(index=False, name=None):
            sheet.append([_cell(sheet, value) for value in row])
    book.save(path)


def _cell(sheet: object, value: object) -> WriteOnlyCell:
    """Return a value as a cell: missing as nothing, text as text."""
    if not isinstance(value, str):
        if pd.isna(value):
            return WriteOnlyCell(sheet, None)
        return WriteOnlyCell(sheet, value.item() if hasattr(value, "item") else value)
    text = ILLEGAL_CHARACTERS_RE.sub("", value)[:LONGEST_CELL]
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"  # not "f", which openpyxl guesses from a sign
    return cell
