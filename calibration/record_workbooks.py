"""Workbooks (XLSX) as tables of text, one a sheet.

A workbook is a zip of XML, so it is checked as an archive, and each part for document types, before openpyxl (which reads through defusedxml, row by
row) sees it. Nothing is computed: of a formula its last value is read. A reader that lays a sheet out as a block of memory would not do: one cell in
the last row and column of a sheet of 5 KB asks it for 500 GB.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time

import numpy as np
import openpyxl

from calibration.record_archives import FAULTS, entries, opened, unpacked
from calibration.record_errors import RecordsError
from calibration.record_files import RecordFile
from calibration.record_frames import MOST_COLUMNS, RecordTable, checked_headings, table_of, text_column
from calibration.record_xml import refuse_document_type

MOST_PART_BYTES = 512 * 1024**2  # of sheets and their texts, unpacked
MOST_OTHER_BYTES = 16 * 1024**2  # of any other part, all of which are held in memory at once
MOST_CELLS = 20_000_000  # of a workbook: a million episodes are thirteen million
ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA", "#SPILL!", "#CALC!"})
ROWS_PART = re.compile(r"xl/(worksheets/[^/]+|sharedStrings)\.xml", re.IGNORECASE)
NAMED_SHEET = re.compile(rb"<(?:\w+:)?sheet\s")
FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")


def read_workbook(file: RecordFile) -> Iterator[RecordTable]:
    """Yield the sheets of a workbook: dates as yyyy-mm-dd, whole numbers without a point, all other cells as they are written.

    A sheet's heading is its first row with two cells or more; what stands above is a title. Sheets without such a row are not tables.

    Raises
    ------
    RecordsError
        If it is not a workbook, one locked or not safe to open, or a sheet has two headings alike, or more columns or cells than any return.
    """
    formulas, sheets = _check_parts(file)
    notes = (f"its book holds {formulas:,} formulas: their last computed values are read, one never computed as empty",) if formulas else ()
    with _faults_told(file), _unwarned():
        book = openpyxl.load_workbook(io.BytesIO(file.content), read_only=True, data_only=True, keep_links=False)
    if len(book.sheetnames) < sheets:
        raise RecordsError(file.name, f"names {sheets} sheets and holds {len(book.sheetnames)}; save it again as .xlsx")
    left = MOST_CELLS
    for number, sheet in enumerate(book.worksheets, 1):
        sheet.reset_dimensions()  # a sheet's own word for its size is not to be trusted
        rows = _told(file, sheet.iter_rows(values_only=True))
        with _unwarned():
            table = _sheet(file.name, sheet.title, f"sheet {number}", rows, notes, left)
        if table is not None:
            left -= len(table.frame) * len(table.columns)
            yield table


@contextmanager
def _unwarned() -> Iterator[None]:
    """Let openpyxl warn nobody: it would say what a cell holds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _faults_told(file: RecordFile) -> Iterator[None]:
    """Tell what openpyxl raises of a workbook that is not as it expects (which is nearly anything) as ours."""
    try:
        yield
    except (*FAULTS, KeyError, TypeError, AttributeError, IndexError, SyntaxError) as fault:
        raise RecordsError(file.name, f"is not a workbook that can be read ({type(fault).__name__}); save it again as .xlsx") from None


def _told(file: RecordFile, rows: Iterator[tuple]) -> Iterator[tuple]:
    """Yield rows, the faults of reading them told as ours."""
    with _faults_told(file):
        yield from rows


def _check_parts(file: RecordFile) -> tuple[int, int]:
    """Refuse a workbook that is not safe to open; return how many formulas its sheets hold, and how many sheets it names."""
    if file.content.startswith(b"\xd0\xcf\x11\xe0"):
        raise RecordsError(file.name, "is locked with a password, or an old .xls; expected .xlsx without a password")
    if not file.content.startswith(b"PK"):
        raise RecordsError(file.name, "is not a workbook, whatever its ending; expected .xlsx")
    formulas = sheets = 0
    with opened(io.BytesIO(file.content), file.name) as archive:
        found = entries(archive, file.name, len(file.content), MOST_PART_BYTES, MOST_PART_BYTES)
        names = [entry.filename for entry in found]
        if len(set(names)) < len(names):
            raise RecordsError(file.name, "holds two parts of one name, so it is not one that a spreadsheet wrote; save it again as .xlsx")
        if "[Content_Types].xml" not in names:
            raise RecordsError(file.name, "is a zip but not a workbook; expected .xlsx, or the ending .zip")
        for entry in found:
            content = _checked(file, archive, entry)
            if ROWS_PART.fullmatch(entry.filename):
                formulas += len(FORMULA.findall(content))
            elif entry.filename.lower() == "xl/workbook.xml":
                sheets = len(NAMED_SHEET.findall(content))
    return formulas, sheets


def _checked(file: RecordFile, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return a part of a workbook; refuses one that is too large or declares a document type."""
    if not entry.filename.lower().endswith((".xml", ".rels", ".vml")):
        return b""  # pictures and settings of printers, which are not read
    most = MOST_PART_BYTES if ROWS_PART.fullmatch(entry.filename) else MOST_OTHER_BYTES
    content = unpacked(archive, entry, file.name, most)
    refuse_document_type(RecordFile(f"{file.name}/{entry.filename}", "xml", content))
    return content


def _sheet(name: str, title: str, of: str, rows: Iterator[tuple], notes: tuple[str, ...], most: int) -> RecordTable | None:
    """Return a sheet of `most` cells at most as a table; None if it is not one."""
    headings: list[str] = []
    columns: list[list[str]] = []
    numbers: list[int] = []
    texts: dict[tuple[type, object], str] = {}
    read = beside = errors = above = 0
    for number, row in enumerate(rows, 1):
        if not headings:
            if sum(cell not in (None, "") for cell in row) < 2:
                above += any(cell not in (None, "") for cell in row)
                continue
            last = max(n for n, cell in enumerate(row, 1) if cell not in (None, ""))
            headings = checked_headings(name, [_text(cell) for cell in row[:last]], number, of)
            columns = [[] for _ in headings]
            continue
        if all(cell is None for cell in row[:MOST_COLUMNS]):
            continue
        read += len(headings)
        if read > most:
            raise RecordsError(name, f"holds more than {MOST_CELLS:,} cells, expected {MOST_CELLS:,} at most")
        numbers.append(number)
        for n, column in enumerate(columns):
            cell = row[n] if n < len(row) else None
            key = (cell.__class__, cell)
            text = texts.get(key)
            if text is None:
                text = texts[key] = _text(cell)
            errors += text in ERRORS
            column.append("" if text in ERRORS else text)
        beside += any(cell is not None for cell in row[len(headings) : MOST_COLUMNS])
    if not headings:
        return None
    notes = (
        *notes,
        *((f"{above:,} rows above its heading taken for a title",) if above else ()),
        *((f"{beside:,} rows have cells beside its columns, which are not read",) if beside else ()),
        *((f"{errors:,} cells hold the error of a formula, read as empty",) if errors else ()),
    )
    return table_of(name, title, dict(zip(headings, map(text_column, columns), strict=True)), np.array(numbers, dtype=int), {}, notes)


def _text(cell: object) -> str:
    """Return a cell's value as text."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
