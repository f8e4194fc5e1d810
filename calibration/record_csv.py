"""CSV as tables of text, whatever wrote it, with what could not be read counted by reason."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from calibration.record_errors import RecordsError
from calibration.record_files import RecordFile
from calibration.record_frames import MOST_COLUMNS, RecordTable, checked_headings, table_of

ENCODINGS = ("utf-8-sig", "cp1252")
BOM = b"\xef\xbb\xbf"
CONTROLS = bytes({*range(1, 9), 11, *range(14, 32), 127} - {26})  # of no text; 26 ends files of old systems
BLOCK_BYTES = 16 * 1024**2
LONGEST_HEADING = 1024**2  # bytes: a thousand columns of a thousand letters
BREAK = re.compile(rb"\r\n|\n|\r")
MOST_BREAKS = 100  # line breaks inside a cell; a page of free text has fifty
OTHER_LENGTH = "other number of cells than the heading"
UNCLOSED = "a quote opens here and is not closed in its cell, so rows after it would be lost; expected quotes in pairs around a cell"
DISGUISES = {
    b"PK\x03\x04": "a zip or a workbook", b"PK\x05\x06": "a zip", b"%PDF": "a PDF", b"\xd0\xcf\x11\xe0": "an old workbook (.xls)",
    b"\x1f\x8b": "a gzip", b"7z\xbc\xaf": "a 7-zip", b"Rar!": "a rar", b"BZh": "a bzip2", b"\xfd7zXZ": "an xz", b"PAR1": "Parquet",
    b"<": "XML or HTML", b"{\\rtf": "rich text", b"SQLite format 3": "a database", b"\x7fELF": "a program", b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}  # fmt: skip


def read_csv(file: RecordFile) -> RecordTable:
    """Read a CSV of text.

    Rows with more or fewer cells than the heading are left out and counted.

    Raises
    ------
    RecordsError
        If it is not text, has no heading, two of one name, a quote that is not closed, a cell that is no cell, or more columns than any return.
    """
    text, notes = _decoded(file)
    headings, delimiter, start = _headings(file, text)
    if delimiter != b",":
        notes = (*notes, "its cells are parted by " + {b";": "semicolons", b"\t": "tabs"}[delimiter])
    wrong: list[int] = []
    several_lines = False

    def other_length(row: arrow_csv.InvalidRow) -> str:
        """Note a row with more or fewer cells than the heading, and leave it out."""
        nonlocal several_lines
        wrong.append(row.number)
        several_lines |= "\n" in row.text or "\r" in row.text
        return "skip"

    body = pa.py_buffer(text).slice(start) if start < len(text) else pa.py_buffer(b"\n")  # pyarrow takes nothing at all for a fault
    kind = pa.dictionary(pa.int32(), pa.string())
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(body),
            arrow_csv.ReadOptions(use_threads=False, column_names=headings, block_size=BLOCK_BYTES),
            arrow_csv.ParseOptions(delimiter=delimiter.decode(), newlines_in_values=True, invalid_row_handler=other_length, ignore_empty_lines=False),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(headings, kind), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        raise RecordsError(
            file.name, "is not a CSV that can be read: a quote is not closed, or a row is longer than any return's", _quote_line(text, delimiter, 2)
        ) from None
    spans = several_lines or _spans_lines(table) or text.count(b'"') % 2
    if several_lines or (spans and _swallows(text, delimiter, len(headings))):
        raise RecordsError(file.name, UNCLOSED, _quote_line(text, delimiter, len(headings)))
    rows = np.setdiff1d(np.arange(2, table.num_rows + len(wrong) + 2), np.array(wrong, dtype=np.int64) + 1, assume_unique=True)
    columns = {name: _column(table.column(name)) for name in headings}
    return table_of(file.name, "", columns, rows, {OTHER_LENGTH: len(wrong)} if wrong else {}, notes)


def _decoded(file: RecordFile) -> tuple[bytes, tuple[str, ...]]:
    """Return a file as UTF-8, and what to say of how it was written."""
    content = file.content
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RecordsError(file.name, "is UTF-16; expected UTF-8 (in Excel: Save as, CSV UTF-8)")
    begins = content[:512].removeprefix(BOM).lstrip(b" \r\n\t")
    for magic, what in DISGUISES.items():
        if begins.startswith(magic):
            raise RecordsError(file.name, f"is {what} with the ending .csv; expected CSV UTF-8, or the ending it has by right")
    if b"\0" in content:
        raise RecordsError(file.name, "holds NUL bytes, so it is not text (or is UTF-16); expected CSV UTF-8")
    content = content.rstrip(b"\x1a")
    if len(content.translate(None, CONTROLS + b"\x1a")) != len(content):
        raise RecordsError(file.name, "holds control characters, so it is not text; expected CSV UTF-8")
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == ENCODINGS[0]:
            return content.removeprefix(BOM), ()
        return text.encode(), (f"is not UTF-8; read as {encoding} (Windows)",)
    raise RecordsError(file.name, f"is text in no encoding known here ({' or '.join(ENCODINGS)}); expected CSV UTF-8")


def _headings(file: RecordFile, text: bytes) -> tuple[list[str], bytes, int]:
    """Return the headings of a CSV as they are named here, what parts its cells, and where its first row begins."""
    top = text[:LONGEST_HEADING]
    first = re.split(rb"[\r\n]", top, maxsplit=1)[0]
    delimiter = next((mark for mark in (b",", b"\t", b";") if mark in first), b",")
    if first.count(delimiter) >= MOST_COLUMNS:
        raise RecordsError(file.name, f"has {first.count(delimiter) + 1:,} columns or more, expected {MOST_COLUMNS} at most", 1)
    reader = csv.reader(io.StringIO(top.decode(errors="ignore"), newline=""), delimiter=delimiter.decode(), strict=True)
    try:
        cells = next(reader, [])
    except csv.Error:
        raise RecordsError(file.name, "does not begin with a heading that can be read (a quote is not closed, or it has no end)", 1) from None
    if not cells:
        raise RecordsError(file.name, "is empty or begins with an empty line, expected a heading and rows", 1)
    ends = [match.end() for _, match in zip(range(reader.line_num), BREAK.finditer(top), strict=False)]
    if len(ends) < reader.line_num and len(text) > len(top):
        raise RecordsError(file.name, f"begins with a line of more than {LONGEST_HEADING:,} bytes, expected a heading", 1)
    return checked_headings(file.name, cells), delimiter, ends[-1] if len(ends) == reader.line_num else len(text)


def _column(column: pa.ChunkedArray) -> pd.Categorical:
    """Return a column as categories, blanks around its text taken off."""
    if not column.num_chunks:
        return pd.Categorical.from_codes([], pd.Index([], dtype="str"))
    whole = column.unify_dictionaries()
    numbers = np.concatenate([chunk.indices.to_numpy() for chunk in whole.chunks])
    spellings = whole.chunk(0).dictionary
    trimmed = pc.utf8_trim_whitespace(spellings)
    if trimmed.equals(spellings):
        return pd.Categorical.from_codes(numbers, pd.Index(spellings.to_pandas(), dtype="str"))
    merged, distinct = pd.factorize(trimmed.to_numpy(zero_copy_only=False))  # what differed by its blanks alone is one
    return pd.Categorical.from_codes(merged[numbers], pd.Index(distinct, dtype="str"))


def _spans_lines(table: pa.Table) -> bool:
    """Whether a cell holds a line break."""
    return any(pc.any(pc.match_substring_regex(chunk.dictionary, "[\r\n]")).as_py() for column in table.columns for chunk in column.chunks)


def _lines(text: bytes) -> int:
    """Return how many lines end in a text."""
    return len(BREAK.findall(text))


def _quoted(text: bytes, delimiter: bytes) -> Iterator[re.Match[bytes]]:
    """Yield quoted cells: what is in quotes, the quote that closes it (none at the end of the file), and a byte after it that should not be there."""
    pattern = rb'(?:\A|[\r\n' + delimiter + rb'])"([^"]*(?:""[^"]*)*)("|\Z)([^\r\n' + delimiter + rb"])?"
    yield from re.finditer(pattern, text)


def _swallows(text: bytes, delimiter: bytes, width: int) -> re.Match[bytes] | None:
    """Return the first quoted cell that seems to hold rows: its quote was not meant to open it, or the one that closes it was to open a later one.

    So it is if the file ends inside it, if text follows the quote that closes it, or if it parts into as many cells as rows have.
    """
    for cell in _quoted(text, delimiter):
        inside, closing, after = cell.groups()
        if not closing:
            return cell
        breaks = _lines(inside)
        whole_rows = width > 3 and inside.count(delimiter) in {breaks * (width - 1), _lines(inside.strip()) * (width - 1)}
        if breaks and (after or breaks > MOST_BREAKS or whole_rows):
            return cell
    return None


def _quote_line(text: bytes, delimiter: bytes, width: int) -> int:
    """Return the line on which a quote opens that swallows rows, else the first that spans lines; 0 if none does."""
    found = _swallows(text, delimiter, width) or next((cell for cell in _quoted(text, delimiter) if _lines(cell[1])), None)
    return _lines(text[: found.start(1)]) + 1 if found else 0
