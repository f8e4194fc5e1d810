"""What a report is made of: paragraphs, points, tables, pictures, folded parts and sections. A small template shows each kind one way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Cell = str | float | int


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `lead` is set larger, `warning` with a bar and the word Warning before it."""

    text: str
    lead: bool = False
    warning: bool = False
    kind: str = field(default="paragraph", init=False)


@dataclass(frozen=True)
class Points:
    """A list of points; numbered where their order matters."""

    items: Sequence[str]
    numbered: bool = False
    kind: str = field(default="points", init=False)


@dataclass(frozen=True)
class Code:
    """Commands to copy."""

    text: str
    label: str
    kind: str = field(default="code", init=False)


@dataclass(frozen=True)
class Table:
    """A table: what it is (its caption), names of its columns, and rows whose first cell names the row.

    Attributes
    ----------
    rows
        Texts as they are shown, each as long as `head`.
    words
        Columns that hold words: set to the left. The first one always does.
    strong
        Rows (by place) that are totals or headlines.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: frozenset[int] = frozenset()
    strong: frozenset[int] = frozenset()
    kind: str = field(default="table", init=False)

    def __post_init__(self) -> None:
        wrong = [row for row in self.rows if len(row) != len(self.head)]
        if wrong:
            raise ValueError(f"{self.caption}: a row of {len(wrong[0])} cells under {len(self.head)} columns: {wrong[0]}")


@dataclass(frozen=True)
class Picture:
    """A picture: where its data are (a `data:` address), its size in pixels, what it shows in words, and its caption."""

    source: str
    width: int
    height: int
    words: str
    caption: str
    kind: str = field(default="picture", init=False)


@dataclass(frozen=True)
class Part:
    """Blocks under a smaller heading."""

    title: str
    blocks: Sequence[Block]
    kind: str = field(default="part", init=False)


@dataclass(frozen=True)
class Folded:
    """Blocks that a reader unfolds; printed if they are unfolded."""

    summary: str
    blocks: Sequence[Block]
    kind: str = field(default="folded", init=False)


Block = Paragraph | Points | Code | Table | Picture | Part | Folded


@dataclass(frozen=True)
class Section:
    """A section of the report: its anchor, title and blocks."""

    anchor: str
    title: str
    blocks: Sequence[Block]
