"""England's long tables, read once: `national.csv` (series) and `distributions.csv` (by age, month, reason, placement)."""

from __future__ import annotations

from functools import cache

import pandas as pd

from calibration.panel import DATA


@cache
def national_table() -> pd.DataFrame:
    """Return `national.csv`: topic, indicator, year_ending, value and where each is from."""
    return pd.read_csv(DATA / "national.csv")


@cache
def distributions_table() -> pd.DataFrame:
    """Return `distributions.csv`: indicator, dimension, category, geography, year_ending, value and where each is from."""
    return pd.read_csv(DATA / "distributions.csv")
