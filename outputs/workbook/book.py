"""A workbook and its pages: how every sheet begins, its tables, cells and print set-up. Texts are cells of text, whatever they begin with.

Rows and columns are counted from 0, as XlsxWriter counts them.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from outputs.safe_text import LONGEST_CELL

CREATED = datetime(2000, 1, 1)  # fixed: results hold no date, and equal results are equal files
CONTENTS = "Contents"
WRITTEN_AS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
NUMBERS = {
    "text": "@", "wrapped": "@",
    "gbp": "#,##0;-#,##0;0", "signed_gbp": "+#,##0;-#,##0;0", "count": "#,##0.0;-#,##0.0;0.0", "signed": "+#,##0.0;-#,##0.0;0.0",
    "share": "0%", "share1": "0.0%;-0.0%;0.0%", "rate": "#,##0.00", "signed_rate": "+#,##0.00;-#,##0.00;0.00", "factor": "0.000",
    "year": "0", "month": "mmm yyyy", "whole": "#,##0", "any": "General",
}  # fmt: skip
WORDS = ("text", "wrapped")
HEIGHT = 15.0  # points of a line
GREY, INPUT = "#E7E6E6", "#FFF2CC"
A4 = 9
HEADING = {"bold": True, "text_wrap": True, "bg_color": GREY, "bottom": 1, "font_color": "#000000"}


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, a kind of number (`NUMBERS`), and its width in characters."""

    heading: str
    kind: str = "text"
    width: float = 13.0


@dataclass(frozen=True)
class Formula:
    """A formula, and what it comes to: shown by programs that compute nothing."""

    text: str
    value: Any


@dataclass(frozen=True)
class Typed:
    """A value that is another kind of number than its column."""

    value: float
    kind: str


@dataclass(frozen=True)
class Placed:
    """Where a table lies on its sheet: its heading row, and its first and last row of values; it begins in column A."""

    sheet: str
    head: int
    first: int
    last: int

    def column(self, index: int, first: int | None = None, last: int | None = None) -> list[Any]:
        """Return a column of values (or of some of its rows) as charts name a range."""
        low, high = self.first if first is None else first, self.last if last is None else last
        return [self.sheet, low, index, high, index]

    def cell(self, row: int, index: int) -> list[Any]:
        """Return a cell as charts name it; `row` is of the sheet."""
        return [self.sheet, row, index]


class Book:
    """A workbook being written."""

    def __init__(self, path: Path, title: str, subject: str) -> None:
        self.file = xlsxwriter.Workbook(str(path), WRITTEN_AS_TEXT)
        about = {
            "title": title,
            "subject": subject,
            "author": "CareCurve",
            "company": "",
            "comments": "Made by CareCurve; constant prices unless stated",
        }
        self.file.set_properties({key: clean(value) for key, value in about.items()} | {"created": CREATED})
        self.file.set_size(2600, 1600)
        self.pages: list[Page] = []
        self._formats: dict[tuple, Format] = {}
        self.tables = 0

    def format(self, kind: str = "any", **more: Any) -> Format:
        """Return the format of a kind of number with other properties, made once."""
        key = (kind, *sorted(more.items()))
        if key not in self._formats:
            self._formats[key] = self.file.add_format({"num_format": NUMBERS[kind], "valign": "top", "text_wrap": kind == "wrapped"} | more)
        return self._formats[key]

    def page(self, name: str, question: str, notes: Sequence[str]) -> Page:
        """Begin a sheet: its question, the way back to the contents, and notes."""
        made = Page(self, name, question, notes)
        self.pages.append(made)
        return made

    def close(self) -> None:
        """Write the file."""
        self.file.close()


class Page:
    """A sheet being written from top to bottom; `row` is the next free one."""

    def __init__(self, book: Book, name: str, question: str, notes: Sequence[str]) -> None:
        self.book, self.name, self.question = book, name, question
        self.sheet: Worksheet = book.file.add_worksheet(name)
        self.widths: dict[int, float] = {}
        self.breaks: list[int] = []
        self.row = 0
        self.sheet.hide_gridlines(2)
        self.sheet.set_landscape()
        self.sheet.set_paper(A4)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        self.sheet.set_footer("&L&A&CCareCurve&RPage &P of &N")
        self.text(question, bold=True, font_size=14)
        if name != CONTENTS:
            self.sheet.write_url(self.row, 0, f"internal:'{CONTENTS}'!A1", book.format(font_color="#0563C1", underline=1), "Back to contents")
            self.row += 1
        for note in notes:
            self.text(note)
        self.row += 1

    def text(self, words: str, **more: Any) -> None:
        """Write a line of words, which runs on over the cells beside it."""
        self.put(self.row, 0, words, "any", **more)
        self.row += 1

    def heading(self, words: str) -> None:
        """Write the heading of a part of the sheet."""
        self.text(words, bold=True, font_size=12)

    def put(self, row: int, column: int, value: Any, kind: str = "any", **more: Any) -> None:
        """Write a value: text as text, a missing one as nothing."""
        self._write(row, column, value, self.book.format(kind, **more))

    def _write(self, row: int, column: int, value: Any, form: Format) -> None:
        """Write a value in a format, or in its own."""
        if isinstance(value, Typed):
            value, form = value.value, self.book.format(value.kind)
        if isinstance(value, Formula):
            self.sheet.write_formula(row, column, value.text, form, value.value)
        elif isinstance(value, str) and value:
            self.sheet.write_string(row, column, clean(value), form)
        elif isinstance(value, datetime):
            self.sheet.write_datetime(row, column, value, form)
        elif value is None or value == "" or not math.isfinite(value):
            self.sheet.write_blank(row, column, None, form)
        else:
            self.sheet.write_number(row, column, float(value), form)

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[Any]], freeze: int | None = None, filtered: bool = False) -> Placed:
        """Write a native table and leave a line below it.

        With `freeze`, its headings and so many columns stay in sight. A `filtered` one, a long one, has filters, and headings on every printed page.
        """
        head, last = self.row, self.row + max(1, len(rows))
        headings = []
        for n, column in enumerate(columns):
            self.widen(n, column.width)
            aside = {"indent": 1, "align": "left"} if column.kind in WORDS and n else {}  # a number to its left would touch it
            form = self.book.format(column.kind, **aside)
            for r, row in enumerate(rows, head + 1):
                self._write(r, n, row[n], form)
            look = aside if column.kind in WORDS else {"align": "right"}
            headings.append({"header": clean(column.heading), "header_format": self.book.format(**HEADING, **look)})
        self.book.tables += 1
        options = {"columns": headings, "style": "Table Style Light 1", "name": f"table_{self.book.tables}", "autofilter": filtered}
        self.sheet.add_table(head, 0, last, len(columns) - 1, options)
        self._heights(columns, rows, head)
        if freeze is not None:
            self.sheet.freeze_panes(head + 1, freeze)
        if filtered:
            self.sheet.repeat_rows(head)
        self.row = last + 2
        return Placed(self.name, head, head + 1, last)

    def _heights(self, columns: Sequence[Column], rows: Sequence[Sequence[Any]], head: int) -> None:
        """Make the row of headings, and rows of columns that wrap, as high as their words need."""
        self.sheet.set_row(head, HEIGHT * max(_lines(column.heading, column.width) for column in columns) + 1.0)
        wrapped = [(n, column.width) for n, column in enumerate(columns) if column.kind == "wrapped"]
        for r, row in enumerate(rows if wrapped else (), head + 1):
            self.sheet.set_row(r, HEIGHT * max(_lines(str(row[n]), width) for n, width in wrapped))

    def new_page(self) -> None:
        """Begin a new printed page with the next row."""
        self.breaks.append(self.row)
        self.sheet.set_h_pagebreaks(self.breaks)

    def widen(self, column: int, width: float) -> None:
        """Make a column at least so wide."""
        self.widths[column] = max(self.widths.get(column, 0.0), width)
        self.sheet.set_column(column, column, self.widths[column])

    def chart(self, chart: Any, cell: str, description: str, size: tuple[int, int] = (760, 380)) -> None:
        """Put a chart where it hides no cell of a table; the description is read out in its place."""
        chart.set_size({"width": size[0], "height": size[1]})
        row, column = xl_cell_to_rowcol(cell)
        self.sheet.insert_chart(row, column, chart, {"object_position": 2, "description": clean(description), "decorative": False})


def _lines(words: str, width: float) -> int:
    """Return how many lines words take in a column."""
    return max(1, len(textwrap.wrap(words, max(1, int(width)))))


def clean(text: object) -> str:
    """Return text that a cell can hold."""
    return ILLEGAL_CHARACTERS_RE.sub("", str(text))[:LONGEST_CELL]


def at(row: int, column: int, fixed_row: bool = False, fixed_column: bool = False) -> str:
    """Return a cell as formulas name it."""
    return xl_rowcol_to_cell(row, column, fixed_row, fixed_column)


def span(row: int, column: int, last_row: int, last_column: int) -> str:
    """Return a range as formulas name it."""
    return f"{at(row, column)}:{at(last_row, last_column)}"
