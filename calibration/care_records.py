"""Histories in care as every reader of records leaves them: children, their stays, and what an import could not use.

A *stay* is one child in one placement: episodes that changed only legal status are joined, re-submitted rows are one. A child's legal status is a
history of its own. Nothing here holds an identifier: a child is its row number.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from sim.caseload import AGE_BANDS, AGE_BANDS_YEARS, EXITS, LEGAL_STATUSES, PLACEMENTS

__all__ = ["AGE_BANDS", "AGE_BANDS_YEARS", "EXITS", "LEGAL_STATUSES", "PLACEMENTS", "CareRecords", "DataQuality"]


@dataclass
class DataQuality:
    """What an import read, and what it could not use.

    Attributes
    ----------
    read
        Rows read, by table (`header`, `episodes`, ...).
    left_out
        Rows not used, by (table, reason).
    unknown_codes
        Rows by (field, code), of codes that no guide knows; what does not look like a code is counted as `not a code` (or `longer`), so that nothing
        typed by mistake into a column of codes is repeated.
    changes
        What was done to rows that were used, by (table, what).
    notes
        What else a reader should know, by file.
    """

    read: Counter[str] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    unknown_codes: Counter[tuple[str, str]] = field(default_factory=Counter)
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class CareRecords:
    """Histories in care of one authority.

    Attributes
    ----------
    children
        One row a child, in an order of content (birth, first start, ...), never of identifiers: `pseudonym` (keyed hash, of this import alone),
        `birth` (day), `sex` (text), `unaccompanied` (bool), `family` (siblings share a number, from 0; a child without known siblings has its own).
    stays
        One row a placement, by child and start: `child` (row of children), `period` (number of the period of care, from 0 over all children),
        `start`, `end` (days; NaT while open), `placement` (of `PLACEMENTS`), `code`, `provider` (as the return has them), `ended_by`
        (the pathway's exit, `moved`, or empty while open), `start_known` (bool: whether the period's first row is the start of care).
    legal
        One row a legal status: `child`, `period`, `start`, `end`, `legal_status`.
    first, last
        Days that the returns cover: from 1 April of the first of those that follow one another without a gap, to the last one's 31 March, or the
        last date of an extract within the year.
    quality
        What was read and what could not be used.
    authority
        Whose the returns are, as published figures name it; empty if they do not say, or say what is no authority there.
    """

    children: pd.DataFrame
    stays: pd.DataFrame
    legal: pd.DataFrame
    first: date
    last: date
    quality: DataQuality
    authority: str = ""
