"""Sheets of workbooks as tables of text."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pandas as pd

from calibration.record_files import RecordFile, RecordsError
from calibration.record_tables import ROW, RecordTable, checked_headings


def read_workbook(file: RecordFile) -> Iterator[RecordTable]:
    """Yield the sheets of a workbook."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(file.content), read_only=True, data_only=True)
    except Exception as fault:
        raise RecordsError(file.name, f"is not a workbook that can be read ({type(fault).__name__})") from None
    for sheet in book.worksheets:
        rows = [["" if cell is None else str(cell).strip() for cell in row] for row in sheet.iter_rows(values_only=True)]
        if not rows:
            continue
        headings = checked_headings(file.name, rows[0])
        frame = pd.DataFrame(rows[1:], columns=headings, dtype=str)
        frame[ROW] = range(2, len(frame) + 2)
        yield RecordTable(file.name, sheet.title, frame[~(frame.drop(columns=ROW) == "").all(axis=1)].reset_index(drop=True))
