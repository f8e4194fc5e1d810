"""Tables of records as text, row by row as the file has them: CSV and XLSX, whatever wrote them, with what could not be read counted by reason.

Everything is text until the reader of a return says what a column is. A row's number is its line in the file, the heading's line being 1 (of a CSV
with line breaks inside fields, its record). No cell is ever in a message.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from calibration.record_files import RecordFile, RecordsError

LONGEST_CELL = 10_000  # characters: codes, dates and postcodes have ten; a free text of a page has four thousand
MOST_COLUMNS = 500
ENCODINGS = ("utf-8-sig", "cp1252")
ROW = "row"


@dataclass(frozen=True)
class RecordTable:
    """A table of a file.

    Attributes
    ----------
    file, sheet
        Where it is from; the sheet of a workbook, else empty.
    frame
        Text by heading (upper case, without blanks around it), and `row`; a cell without anything is empty text.
    left_out
        Rows that could not be read, by reason.
    notes
        What else a data-quality page should say of it.
    """

    file: str
    sheet: str
    frame: pd.DataFrame
    left_out: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """Its headings."""
        return frozenset(self.frame.columns) - {ROW}


def read_csv(file: RecordFile) -> RecordTable:
    """Read a CSV of text.

    Rows with more or fewer cells than the heading are left out and counted.

    Raises
    ------
    RecordsError
        If it is not text, has no heading, or has two of one name, a cell that is no cell, or more columns than any return.
    """
    text, notes = _decoded(file)
    wrong: list[int] = []

    def other_length(row: arrow_csv.InvalidRow) -> str:
        wrong.append(row.number)
        return "skip"

    headings = _headings(file, text)
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(text),
            arrow_csv.ReadOptions(use_threads=False, column_names=headings, block_size=64 * 1024**2),
            arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=other_length, ignore_empty_lines=False),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(headings, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        raise RecordsError(file.name, "is not a CSV that can be read: a quote is not closed, or a row is longer than any return's") from None
    return _text(file, "", table, wrong, notes)


def _decoded(file: RecordFile) -> tuple[bytes, tuple[str, ...]]:
    """Return a file as UTF-8, and what to say of how it was written."""
    content = file.content
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RecordsError(file.name, "is UTF-16; expected UTF-8 (in Excel: Save as, CSV UTF-8)")
    if b"\0" in content:
        raise RecordsError(file.name, "holds NUL bytes, so it is not text; expected CSV UTF-8")
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        plain = encoding == ENCODINGS[0]
        notes = () if plain else (f"is not UTF-8; read as {encoding} (Windows)",)
        return (content[3:] if content.startswith(b"\xef\xbb\xbf") else content) if plain else text.encode(), notes
    raise RecordsError(file.name, f"is text in no encoding known here ({' or '.join(ENCODINGS)}); expected CSV UTF-8")


def _headings(file: RecordFile, text: bytes) -> list[str]:
    """Return the headings of a CSV, as they are named here: upper case, without blanks around them."""
    line = text.split(b"\n", 1)[0].rstrip(b"\r")
    if len(line) > LONGEST_CELL:
        raise RecordsError(file.name, f"begins with a line of {len(line):,} characters, expected a heading", 1)
    try:
        parsed = arrow_csv.read_csv(io.BytesIO(line + b"\n"), arrow_csv.ReadOptions(autogenerate_column_names=True))
    except pa.ArrowInvalid:
        raise RecordsError(file.name, "is empty, expected a heading and rows", 1) from None
    cells = ["" if cell is None else str(cell) for cell in (column[0].as_py() for column in parsed.columns)]
    return checked_headings(file.name, cells)


def checked_headings(name: str, cells: list[str]) -> list[str]:
    """Return headings in upper case without blanks around them.

    Raises
    ------
    RecordsError
        If there are too many, none at all, or two alike. A heading without a name is numbered.
    """
    if len(cells) > MOST_COLUMNS:
        raise RecordsError(name, f"has {len(cells):,} columns, expected {MOST_COLUMNS} at most", 1)
    found = [cell.strip().upper() for cell in cells]
    if not any(found):
        raise RecordsError(name, "has no heading, expected one in the first row", 1)
    named = [heading or f"COLUMN {n}" for n, heading in enumerate(found, 1)]
    twice = sorted({heading for heading in named if named.count(heading) > 1})
    if twice:
        raise RecordsError(name, f"has {len(twice)} headings twice or more, expected each once", 1)
    return named


def _text(file: RecordFile, sheet: str, table: pa.Table, wrong: list[int], notes: tuple[str, ...]) -> RecordTable:
    """Return a table of text with blanks taken off, the heading and rows without anything left out."""
    lengths = [pc.max(pc.utf8_length(column)).as_py() or 0 for column in table.columns]
    longest = max(lengths, default=0)
    if longest > LONGEST_CELL:
        heading = table.column_names[lengths.index(longest)]
        raise RecordsError(file.name, f"has a cell of {longest:,} characters, expected {LONGEST_CELL:,} at most", field=heading)
    columns = {name: pc.utf8_trim_whitespace(column) for name, column in zip(table.column_names, table.columns, strict=True)}
    frame = pa.table(columns).to_pandas(strings_to_categorical=True)
    lines = pd.RangeIndex(1, len(frame) + len(wrong) + 1).difference(pd.Index(wrong))
    frame[ROW] = lines.to_numpy()
    frame = frame[frame[ROW] > 1]
    empty = (frame.drop(columns=ROW) == "").all(axis=1)
    left_out = {"other number of cells than the heading": len(wrong)} if wrong else {}
    return RecordTable(file.name, sheet, frame[~empty].reset_index(drop=True), left_out, notes)
