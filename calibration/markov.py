"""The forecast that existing tools make, for comparison: a Markov chain over age bin and category of placement with constant daily rates.

The method is that of cs-demand-model-regional (Social Finance, MIT licence; read and rewritten, not copied): stays are split at the bins' birthdays,
a daily rate is the mean over days of movements over the children there the day before (days with nobody there do not count), children coming in are a
mean per day, and each day ahead is one step of the chain. Its variance adds up what each step scatters, and is propagated neither through the chain
nor to what the rates themselves are uncertain by: docs/records.md shows how wide that makes its band.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from calibration.care_records import CareRecords
from calibration.exposure import as_days, day_number
from scenarios.ssda903_codes import codes

AGE_BINS_YEARS = (0, 1, 5, 10, 16)
AGE_BINS = ("under_1", "1_to_4", "5_to_9", "10_to_15", "16_to_17")
CATEGORIES = ("fostering", "residential", "supported", "other")
RESIDENTIAL = ("K2", "R1", "S1")
SUPPORTED = ("H5", "P2", "K3", "P3")
NOWHERE = len(AGE_BINS) * len(CATEGORIES)


def category_of(code: str) -> int:
    """Return the position in `CATEGORIES` of a placement code."""
    if code in RESIDENTIAL or code in SUPPORTED:
        return 1 if code in RESIDENTIAL else 2
    found = codes("PLACE").get(code)
    return 0 if found is not None and found.meaning.endswith("foster") else 3


def markov_forecast(records: CareRecords, since: date, origin: date, until: date) -> pd.DataFrame:
    """Forecast children in care by age bin and category at month ends, the day of origin first.

    Parameters
    ----------
    since, origin
        The days that rates are estimated between; the forecast starts at the end of the second.

    Returns
    -------
    Columns `date`, `age_band`, `placement` (a category), `mean`, `variance`; 20 states a date.
    """
    spells = _spells(records)
    first, last = (int(day_number(day)) for day in (since, origin))
    stock = _stock(spells, first - 1, last)
    rates, entering = _rates(spells, stock, first - 1, last)
    step = rates.T.copy()
    np.fill_diagonal(step, 1.0 - rates.sum(axis=1) + np.diag(rates))
    step = step[:NOWHERE]
    scatter = step * (1.0 - step)
    mean, variance = stock[-1].astype(float), np.zeros(NOWHERE)
    rows = [(origin, *_names(state), mean[state], 0.0) for state in range(NOWHERE)]
    for day in pd.date_range(origin, until)[1:]:
        mean, variance = step @ mean + entering, variance + scatter @ mean + entering
        if day.is_month_end:
            rows += [(day.date(), *_names(state), mean[state], variance[state]) for state in range(NOWHERE)]
    return pd.DataFrame(rows, columns=["date", "age_band", "placement", "mean", "variance"])


def _names(state: int) -> tuple[str, str]:
    """Return a state's age bin and category."""
    return AGE_BINS[state // len(CATEGORIES)], CATEGORIES[state % len(CATEGORIES)]


def _spells(records: CareRecords) -> pd.DataFrame:
    """Return stays split at the bins' birthdays: `child`, `start`, `end` (days; a far one while open), `state`, `next` (state), `enters`."""
    stays = records.stays
    births = records.children["birth"].to_numpy()[stays["child"]]
    far = np.int64(2**31)
    ends = np.where(stays["end"].isna(), far, np.nan_to_num(as_days(stays["end"]))).astype(np.int64)
    category = stays["code"].map({code: category_of(code) for code in stays["code"].unique()}).to_numpy()
    birthdays = [as_days(pd.Series(births) + pd.DateOffset(years=years)).astype(np.int64) for years in AGE_BINS_YEARS] + [np.full(len(stays), far)]
    parts = []
    for age in range(len(AGE_BINS)):
        start, end = np.maximum(as_days(stays["start"]).astype(np.int64), birthdays[age] if age else 0), np.minimum(ends, birthdays[age + 1])
        part = stays[["child"]].assign(start=start, end=end, state=age * len(CATEGORIES) + category)
        parts.append(part[start < end])
    spells = pd.concat(parts).sort_values(["child", "start"], kind="stable").reset_index(drop=True)
    follows = (spells["child"] == spells["child"].shift()) & (spells["start"] == spells["end"].shift())
    spells["enters"] = ~follows
    spells["next"] = spells["state"].shift(-1).where(follows.shift(-1, fill_value=False), NOWHERE).astype(int)
    return spells


def _stock(spells: pd.DataFrame, first: int, last: int) -> np.ndarray:
    """Return children by day, from one to another, and state: (days, states)."""
    days = last - first + 1
    change = np.zeros((days + 1, NOWHERE), dtype=np.int64)
    np.add.at(change, (np.clip(spells["start"] - first, 0, days), spells["state"]), 1)
    np.add.at(change, (np.clip(spells["end"] - first, 0, days), spells["state"]), -1)
    return np.cumsum(change[:-1], axis=0)


def _rates(spells: pd.DataFrame, stock: np.ndarray, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Return daily rates from state to state (states + 1 for leaving), and children a day coming into each."""
    moved = spells[(spells["end"] > first) & (spells["end"] <= last) & (spells["next"] != spells["state"])]
    before = stock[(moved["end"] - first - 1).to_numpy(), moved["state"].to_numpy()]
    rates = np.zeros((NOWHERE, NOWHERE + 1))
    np.add.at(rates, (moved["state"].to_numpy(), moved["next"].to_numpy()), 1.0 / before)
    occupied = (stock[:-1] > 0).sum(axis=0)
    entered = spells[spells["enters"] & (spells["start"] >= first) & (spells["start"] <= last)]
    entering = np.bincount(entered["state"], minlength=NOWHERE) / len(stock)
    return rates / np.maximum(occupied, 1)[:, None], entering
