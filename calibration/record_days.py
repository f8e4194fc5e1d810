"""Days as returns write them: ISO (2026-03-31, with or without a time) or British (31/03/2026); nothing else is guessed at."""

from __future__ import annotations

from datetime import date

import pandas as pd

DAY = "datetime64[s]"
ISO, BRITISH = r"^(\d{4}-\d{2}-\d{2})(?:[T ][\d:.]*Z?)?$", r"^(\d{1,2}/\d{1,2}/\d{4})(?: [\d:.]*)?$"


def days(texts: pd.Series) -> pd.Series:
    """Return the days that texts state; NaT for those that state none (empty, another form, no day of the calendar)."""
    numbers, spellings = pd.factorize(texts)  # a year's rows have some hundreds of days among them
    plain = pd.Series(spellings, dtype=object).astype(str).str.strip()
    iso = pd.to_datetime(plain.str.extract(ISO)[0], format="%Y-%m-%d", errors="coerce")
    british = pd.to_datetime(plain.str.extract(BRITISH)[0], format="%d/%m/%Y", errors="coerce")
    known = iso.astype(DAY).fillna(british.astype(DAY)).reindex(numbers)  # -1, of a cell without anything, is no spelling's number
    return pd.Series(known.to_numpy(), index=texts.index, dtype=DAY)


def stated(texts: pd.Series) -> pd.Series:
    """Whether anything is stated, a day or not."""
    return texts.astype(str).fillna("").str.strip() != ""


def year_end(year_ending: int) -> date:
    """Return the 31 March that ends a year of returns."""
    return date(year_ending, 3, 31)


def year_start(year_ending: int) -> date:
    """Return the 1 April that begins it."""
    return date(year_ending - 1, 4, 1)
