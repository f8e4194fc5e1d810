"""Days in care before a forecast begins: what a budget year has already cost, and the year it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from calibration.care_records import CareRecords
from calibration.exposure import as_days, day_number, spans_of
from sim.caseload import AGE_BANDS, AGE_EDGES_DAYS, AGE_TOLD, PLACEMENTS, budget_year

COHORTS = 3  # care began before the last whole budget year, in it, after it


def known_days(records: CareRecords, origin: date) -> np.ndarray:
    """Return child-days by placement and cohort before the first month of a forecast.

    Returns
    -------
    (2, K, 3): of the last whole budget year before the first month's, and of that year's days up to the origin; by when care began: before the whole
    year or at an unknown time, in it, after it.
    """
    year = budget_year(origin + timedelta(1))
    april, before = date(year - 1, 4, 1), date(year - 2, 4, 1)
    spans = spans_of(records)
    began = np.where(spans["start_known"], spans["care_start"], -np.inf)
    cohort = (began >= day_number(before)).astype(int) + (began >= day_number(april))
    periods = ((before, april), (april, origin + timedelta(1)))
    return np.stack([np.stack([_days(spans[cohort == number], *days) for number in range(COHORTS)], axis=-1) for days in periods])


def _days(spans: pd.DataFrame, start: date, end: date) -> np.ndarray:
    """Return child-days by placement from the start of a day to the start of another."""
    low, high = day_number(start), day_number(end)
    if high <= low:
        return np.zeros(len(PLACEMENTS))
    held = np.minimum(spans["end"].fillna(np.inf), high) - np.maximum(spans["start"], low)
    return np.bincount(spans["placement"], weights=np.maximum(held, 0.0), minlength=len(PLACEMENTS))


def month_end_stock(records: CareRecords, since: date, origin: date) -> pd.Series:
    """Return children in care at the ends of months between two days, by day."""
    spans = records.stays[["start", "end"]]
    days = list(pd.date_range(since, origin, freq="ME")) or [pd.Timestamp(origin)]
    counts = [int(((spans["start"] <= day) & ~(spans["end"] <= day)).sum()) for day in days]
    return pd.Series(counts, index=[day.date() for day in days], name="children")


def stock_on_days(records: CareRecords, days: Sequence[date]) -> np.ndarray:
    """Return children in care at the end of some days (T), by age band and placement (T, 5, K), ages as a simulated caseload's are told."""
    stays, kind = records.stays, {name: position for position, name in enumerate(PLACEMENTS)}
    start, end = as_days(stays["start"]), as_days(stays["end"])
    birth = as_days(records.children["birth"])[stays["child"]]
    placement = stays["placement"].map(kind).to_numpy()
    stock = np.zeros((len(days), len(AGE_BANDS), len(PLACEMENTS)), dtype=np.int64)
    for row, day in enumerate(map(day_number, days)):
        here = (start <= day) & ~(end <= day)
        age = np.searchsorted(AGE_EDGES_DAYS, day - birth[here], side="right") - 1
        np.add.at(stock[row], (np.array(AGE_TOLD)[age], placement[here]), 1)
    return stock
