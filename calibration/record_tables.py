"""Every table of records at a path: a folder, a zip or a file of CSV, workbooks and SSDA903 returns in XML.

What a file is, is told from its ending and its content, never from its name: a CSV by its headings (by the reader of a return), an XML by its root.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from calibration.record_csv import read_csv
from calibration.record_errors import RecordsError
from calibration.record_files import RecordFile, record_files
from calibration.record_frames import ROW, RecordTable, checked_headings
from calibration.record_workbooks import read_workbook
from calibration.record_xml import root_of
from calibration.ssda903_xml import SSDA903_ROOT, read_ssda903_xml

__all__ = ["ROW", "RecordTable", "checked_headings", "kind_of", "read_csv", "read_tables", "tables_of"]

CIN_ROOT = "Message"  # of the census of children in need, and of other census returns of the department


def kind_of(file: RecordFile) -> str:
    """Return what a file is read as: `csv`, `xlsx`, `ssda903_xml`, or `message_xml` (CIN census).

    Raises
    ------
    RecordsError
        If it is XML of another kind, or not safe to read.
    """
    if file.kind != "xml":
        return file.kind
    root = root_of(file)
    if root.upper() == SSDA903_ROOT:
        return "ssda903_xml"
    if root.upper() == CIN_ROOT.upper():
        return "message_xml"
    raise RecordsError(file.name, f"is XML of another kind, expected the root {SSDA903_ROOT} (SSDA903) or {CIN_ROOT} (CIN census)")


def tables_of(file: RecordFile) -> Iterator[RecordTable]:
    """Yield the tables of a file; of a census as XML, which has a reader of its own, an empty one whose note says so.

    Raises
    ------
    RecordsError
        As `kind_of`, `read_csv`, `read_workbook` and `read_ssda903_xml`.
    """
    kind = kind_of(file)
    if kind == "csv":
        yield read_csv(file)
    elif kind == "xlsx":
        yield from read_workbook(file)
    elif kind == "ssda903_xml":
        yield from read_ssda903_xml(file)
    else:
        yield RecordTable(file.name, "", pd.DataFrame({ROW: []}), {}, ("is a census as XML (CIN), read on its own",))


def read_tables(path: str | Path) -> Iterator[RecordTable]:
    """Yield every table of every file at a path (as `record_files` opens it), file by file in the order of their names.

    Raises
    ------
    RecordsError
        As `record_files` and `tables_of`.
    """
    for file in record_files(path):
        yield from tables_of(file)
