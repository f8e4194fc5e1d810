"""The data-quality page of an import: what was read, what was left out and why, as a page to print and as rows for a spreadsheet.

Small numbers are suppressed (`sim.suppression`): records are of children. What is taken is plain tables, so that any import can have such a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import jinja2
import pandas as pd

from outputs.safe_text import safe_frame
from sim.suppression import LARGEST, MARK, SMALLEST, suppress, suppress_alone

HEADINGS = {  # section: heading, what its rows are of, what is said of each, what to say of none
    "read": ("What was read", "Table", "", "Nothing was read."),
    "left_out": ("What was left out", "Table", "Why", "Nothing was left out."),
    "unknown_codes": ("Codes that no guide knows", "Field", "Code", "Every code is known."),
    "changes": ("What was changed", "Table", "What was done", "Nothing was changed."),
}
TOTAL = "all of them"


def quality_page(tables: Mapping[str, pd.DataFrame], notes: Sequence[str], title: str, *, suppressed: bool = True) -> str:
    """Return a data-quality page: HTML that needs nothing else, nothing of it run by a browser.

    Parameters
    ----------
    tables
        By the names of `HEADINGS`; columns `of`, `what`, `rows` (whole numbers).
    notes
        What else a reader should know.
    title
        Of the page.
    suppressed
        Whether 1 to 5 are shown as `c`, with as many other counts as protect them.
    """
    sections = [(heading, of, what, none, _lines(tables[name], suppressed)) for name, (heading, of, what, none) in HEADINGS.items()]
    return _template().render(title=title, sections=sections, notes=list(notes), suppressed=suppressed, mark=MARK, smallest=SMALLEST, largest=LARGEST)


def quality_rows(tables: Mapping[str, pd.DataFrame], notes: Sequence[str], *, suppressed: bool = True) -> pd.DataFrame:
    """Return the same as rows of text for a CSV: `section`, `of`, `what`, `rows`; nothing in it is a formula (`outputs.safe_text`)."""
    rows = [(name, of, what, str(number)) for name in HEADINGS for of, what, number in _lines(tables[name], suppressed)]
    rows += [("notes", "", note, "") for note in notes]
    return safe_frame(pd.DataFrame(rows, columns=["section", "of", "what", "rows"], dtype=object))


def _lines(table: pd.DataFrame, suppressed: bool) -> list[tuple[str, str, int | str]]:
    """Return the lines of a section: each row, and after several rows of one thing their total."""
    if not (table["what"] != "").any():
        return list(zip(table["of"], table["what"], _shown(table["rows"], suppressed, totals=False), strict=True))
    lines: list[tuple[str, str, int | str]] = []
    for of, part in table.groupby("of", sort=False):
        shown = _shown(part["rows"], suppressed, totals=True)
        whats = [*part["what"], TOTAL] if len(part) > 1 else list(part["what"])
        lines += [(str(of), str(what), number) for what, number in zip(whats, shown, strict=False)]
    return lines


def _shown(rows: pd.Series, suppressed: bool, *, totals: bool) -> list[int | str]:
    """Return counts as they may be shown, followed by their total if that is shown too."""
    counts = rows.to_numpy(dtype="int64")
    if suppressed:
        return list(suppress(counts) if totals else suppress_alone(counts))
    return [*counts.tolist(), int(counts.sum())] if totals else counts.tolist()


@cache
def _template() -> jinja2.Template:
    """Return the page's template, what is put into it escaped."""
    loader = jinja2.PackageLoader("outputs", "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("quality_page.html")
