"""A table of records as text, however it was stored: what every reader of files leaves, and the checks that all of them share.

Everything is text until the reader of a return says what a column is. No cell is ever in a message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from calibration.record_errors import RecordsError

LONGEST_CELL = 10_000  # characters: codes, dates and postcodes have ten; a free text of a page has four thousand
MOST_COLUMNS = 500  # the widest list of Annex A has 37
ROW = "row"
SIGNED = "^[=+@-]"
LIKE_A_FORMULA = re.compile(r"[=+@-](?!\s*[\d.,]+$)\S")  # what a spreadsheet would compute, typed there; not a signed number or a dash


@dataclass(frozen=True)
class RecordTable:
    """A table of a file.

    Attributes
    ----------
    file, sheet
        Where it is from; the sheet of a workbook, the table of a return in XML, else empty.
    frame
        Text by heading (upper case, without blanks around it; categories, since most of it repeats), and `row`: its line in the file (of a CSV with
        line breaks inside fields, its record; of XML, the number of its child). A cell without anything is empty text.
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


def checked_headings(name: str, cells: list[str], row: int = 1, of: str = "") -> list[str]:
    """Return headings in upper case without blanks around them.

    Raises
    ------
    RecordsError
        If there are too many, none at all, or two alike. A heading without a name is numbered.
    """
    of = f"{of} " if of else ""
    if len(cells) > MOST_COLUMNS:
        raise RecordsError(name, f"{of}has {len(cells):,} columns, expected {MOST_COLUMNS} at most", row)
    found = [" ".join(cell.split()).upper() for cell in cells]
    if not any(found):
        raise RecordsError(name, f"{of}has no heading, expected one in the first row", row)
    named = [heading or f"COLUMN {n}" for n, heading in enumerate(found, 1)]
    twice = sorted({heading for heading in named if named.count(heading) > 1})
    if twice:
        raise RecordsError(name, f"{of}has {len(twice)} headings twice or more, expected each once", row)
    return named


def table_of(
    file: str,
    sheet: str,
    columns: dict[str, pd.Categorical],
    rows: np.ndarray,
    left_out: dict[str, int] | None = None,
    notes: tuple[str, ...] = (),
) -> RecordTable:
    """Return a table of columns of text (blanks taken off already), its rows without anything left out.

    Raises
    ------
    RecordsError
        If a cell is longer than any cell of a return.
    """
    empty = np.ones(len(rows), dtype=bool)
    formulas = 0
    for number, column in enumerate(columns.values(), 1):
        spellings = pa.array(column.categories, pa.large_string())
        longest = pc.max(pc.utf8_length(spellings)).as_py() or 0
        if longest > LONGEST_CELL:
            where = f"column {number}"  # not its heading: of a file without one, that is a cell
            raise RecordsError(file, f"has a cell of {longest:,} characters, expected {LONGEST_CELL:,} at most", field=where)
        empty &= column.codes == pc.index(spellings, "").as_py()
        signed = pc.indices_nonzero(pc.match_substring_regex(spellings, SIGNED)).to_pylist()
        alike = [n for n in signed if LIKE_A_FORMULA.match(spellings[n].as_py())]
        formulas += int(np.isin(column.codes, alike).sum()) if alike else 0
    frame = pd.DataFrame(columns)
    frame[ROW] = rows
    if empty.any():
        frame = frame[~empty].reset_index(drop=True)
    if formulas:
        notes = (*notes, f"{formulas:,} cells begin with =, +, - or @: taken as text, never computed")
    return RecordTable(file, sheet, frame, left_out or {}, notes)


def text_column(cells: list[str]) -> pd.Categorical:
    """Return cells as categories of text, blanks around them taken off."""
    codes, spellings = pd.factorize(np.array([cell.strip() for cell in cells], dtype=object))
    return pd.Categorical.from_codes(codes, pd.Index(spellings, dtype="str"))
