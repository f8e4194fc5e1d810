"""What the page needs and cannot import: what joins published figures, tables and reports to results lives above it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sim.results import Comparison


@dataclass(frozen=True)
class Services:
    """Functions given to the page.

    Attributes
    ----------
    save
        Writes a finished results folder that is not there yet.
    report
        Returns the report of a results folder: HTML.
    published
        Returns what was published of a comparison's authorities (`outputs.pictures.published`).
    open_folder
        Returns the comparison in a results folder; what cannot be opened is a user's error.
    is_user_error
        Whether an exception says what a user got wrong.
    first_folder
        A finished folder to show at first; empty for none.
    """

    save: Callable[[Comparison, Path], Any]
    report: Callable[[Path], str]
    published: Callable[[Comparison], Mapping[str, pd.DataFrame]]
    open_folder: Callable[[Path], Comparison]
    is_user_error: Callable[[BaseException], bool]
    first_folder: str = ""
