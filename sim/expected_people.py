"""Who is in a family and who enters care, as expected numbers by column of age: at first referral, at births, at removals.

Columns of families are the ages of `sim.expected_families`, of children those of `sim.expected_children`. Nothing is drawn: where the fast engine
draws gaps between siblings, points spread evenly over what they can be stand for them. `j` is the month of the financial year, from 0 in April.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sim.expected_children import CHILD_AGES
from sim.expected_families import AGES, FIRST_YEAR, YEARS, N, U
from sim.kernels import layout as L

# What is known of the children of a family, on average, by stage of need and column (all but the last five are of children at home).
GAPS = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.5, 8.5, 11.0, 14.0])  # years between the youngest and another child
YOUNGEST, SIBLINGS = 0, 1
HALF, ALONE, SOMEONE, RETURNED, FRESH, SETTLED, LATER, MOMENTS = (1 + len(GAPS) + i for i in (0, 1, 2, 3, 4, 7, 8, 9))
LAST_SIBLING = HALF
"""YOUNGEST: the youngest is one who may enter care (or is unborn); SIBLINGS: how many others may, by years older; HALF: expected 0.5 to the
power of how many may enter, if any; ALONE, SOMEONE: whether just one may, and any; RETURNED: children back from care; FRESH: three parts of the nine
months before a birth can be; SETTLED: births may be, none was; LATER: families with a later birth."""
BAND_MONTHS = np.array([0.0, 12.0, 60.0, 120.0, 192.0, 216.0])
GAP_POINTS = 128
FRESH_MONTHS = 3.0  # each of three parts of the 0.75 years in which nobody has a further birth
NO_BIRTH_MONTHS = 9.0


def band_of(months: float) -> int:
    """Return the age band of an age in months."""
    return int(min(max(np.searchsorted(BAND_MONTHS, months + 1e-9, side="right") - 1, 0), 4))


def months_of(j: float) -> np.ndarray:
    """Return (AGES, 2): ages in months between which the youngest of a column is, j months into the year."""
    found = np.zeros((AGES, 2))
    found[:U, 0] = np.arange(-U, 0)
    found[:U, 1] = found[:U, 0] + 1.0
    found[FIRST_YEAR, 1] = max(j, 0.5)
    found[FIRST_YEAR + 1 :, 0] = 12.0 * np.arange(YEARS) + j
    found[FIRST_YEAR + 1 :, 1] = found[FIRST_YEAR + 1 :, 0] + 12.0
    return found


def child_months(j: float) -> np.ndarray:
    """Return (CHILD_AGES, 2): the same of children."""
    return months_of(j)[FIRST_YEAR:]


def in_bands(months: np.ndarray) -> np.ndarray:
    """Return the share of each band in ages spread evenly between two (n, 5)."""
    low, high = months[:, :1], np.maximum(months[:, 1:], months[:, :1] + 1e-9)
    edges = np.clip(np.append(BAND_MONTHS[:-1], 1e9)[None, :], low, high)
    return np.diff(edges, axis=1) / (high - low)


def gaps(low: float, high: float) -> np.ndarray:
    """Return sums of one to seven gaps between siblings in years (GAP_POINTS, 7), over points spread evenly."""
    roots = np.sqrt(np.array([2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0]))
    points = (0.5 + np.outer(np.arange(1, GAP_POINTS + 1), roots)) % 1.0
    return np.cumsum(low + points * (high - low), axis=1)


def gap_class(years: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the class of each gap (n), and the share of it in the next class so that the mean is the gap; beyond the last it is the last."""
    years = np.clip(years, GAPS[0], GAPS[-1])
    at = np.clip(np.searchsorted(GAPS, years, side="right") - 1, 0, len(GAPS) - 2)
    return at, (years - GAPS[at]) / (GAPS[at + 1] - GAPS[at])


def gap_weights(years: np.ndarray) -> np.ndarray:
    """Return weights of the classes of gaps (n, classes) whose mean is each gap."""
    at, share = gap_class(years)
    found = np.zeros((len(years), len(GAPS)))
    found[np.arange(len(years)), at], found[np.arange(len(years)), at + 1] = 1.0 - share, share
    return found


def older_siblings(model: L.Model, j: int) -> np.ndarray:
    """Return what is known of families of each column at first referral (MOMENTS, AGES): the youngest's older siblings, by number and gaps."""
    shares = np.diff(np.concatenate([[0.0], model.children_cdf]))
    sums, known = gaps(float(model.parameters[0]), float(model.parameters[1])), np.zeros((MOMENTS, AGES))
    known[YOUNGEST] = 1.0
    middles = months_of(j + 0.5).mean(axis=1) / 12.0
    for c in range(AGES):
        for n, share in enumerate(shares, start=1):
            ages = middles[c] + sums[:, : n - 1]
            there = (ages < 18.0) & (ages >= 0.0)
            if there.any():
                known[SIBLINGS:LAST_SIBLING, c] += share * gap_weights(sums[:, : n - 1][there]).sum(axis=0) / GAP_POINTS
            count = there.sum(axis=1) + (c >= U)
            known[HALF, c] += share * (0.5**count * (count > 0)).mean()
            known[ALONE, c] += share * (count == 1).mean()
            known[SOMEONE, c] += share * (count > 0).mean()
    return known


def arrival_columns(model: L.Model, j: int) -> np.ndarray:
    """Return the share of new families in each column (AGES) in month j of the year: as of the month's start, half a month before they come."""
    shares, share = np.diff(np.concatenate([[0.0], model.age_cdf])), np.zeros(AGES)
    for low, high, part in zip(model.age_bands[:-1] * 12.0, model.age_bands[1:] * 12.0, shares, strict=True):
        for age in low + (np.arange(400) + 0.5) / 400 * (high - low):
            if age < 0.0:
                share[max(int(np.floor(age - 0.5)) + U, 0)] += part / 400
            else:
                at = int(np.floor((age - j - 0.5) / 12.0))
                share[min(FIRST_YEAR + 1 + at, AGES - 1) if at >= 0 else FIRST_YEAR] += part / 400
    return share


def band_weights(model: L.Model, j: int, known: np.ndarray) -> np.ndarray:
    """Return the weight of each age band in each column (AGES, 5): of an unborn youngest's family that of the next older child's, if there is one."""
    weight, alone = in_bands(months_of(j)), float(model.children_cdf[0])
    sums = gaps(float(model.parameters[0]), float(model.parameters[1]))[:, 0] * 12.0
    for c in range(U):
        months = sums + c - U + 0.5
        weight[c] = (1.0 - alone) * np.bincount([band_of(m) for m in months], minlength=5) / len(months)
        weight[c, 0] += alone
    weight[U : U + N] = np.eye(5)[:N]
    return weight


def birth_rates(model: L.Model, j: int, open_window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, by column, the share of a month's families with a birth: of those who had none later, and of those who had.

    `open_window` is the share of families whose births have not ended, by months since their last birth.
    """
    per_month, until = float(model.parameters[2]) / 12.0, 12.0 * float(model.parameters[3])
    settled, later = np.zeros(AGES), np.zeros(AGES)
    for c, (low, high) in enumerate(months_of(j)):
        if c < FIRST_YEAR or high <= low:
            continue
        points = low + (np.arange(48) + 0.5) / 48 * (high - low)
        settled[c] = per_month * (points < until).mean()
        later[c] = per_month * (np.interp(points, np.arange(len(open_window)), open_window) * (points > NO_BIRTH_MONTHS)).mean()
    return settled, later


def open_window(model: L.Model) -> np.ndarray:
    """Return the share of families with a later birth who may have more, by whole months since that birth.

    Births may be from nine months after first referral, and after any birth, until the first youngest would be of a stated age. When in that time
    births fall follows from the ages of the youngest at first referral.
    """
    until, rate = round(12.0 * float(model.parameters[3])), float(model.parameters[2]) / 12.0
    if until <= 0:
        return np.zeros(2)
    shares = np.diff(np.concatenate([[0.0], model.age_cdf]))
    came = np.zeros(until)
    for low, high, part in zip(model.age_bands[:-1] * 12.0, model.age_bands[1:] * 12.0, shares, strict=True):
        points = low + (np.arange(400) + 0.5) / 400 * (high - low)
        points = points[points < until]
        np.add.at(came, np.maximum(points, 0.0).astype(int), part / 400)
    wait, births = int(NO_BIRTH_MONTHS), np.zeros(until)
    started = came.copy()
    may = 0.0
    for month in range(until):
        may += started[month - wait] if month >= wait else 0.0
        births[month] = may * rate
        may -= births[month]
        started[month] += births[month]
    left = np.array([births[: max(until - months, 0)].sum() for months in range(until + 1)])
    return left / max(births.sum(), 1e-12)


def spread(low: float, high: float, j: float) -> np.ndarray:
    """Return the share of ages between two, evenly spread in months, in each column of a child's age, j months into the year."""
    edges = np.concatenate([[-1.0], 12.0 * np.arange(YEARS) + j, [216.0 + 12.0]])
    return np.diff(np.clip(edges, low, high)) / (high - low)


@lru_cache(maxsize=1)
def sibling_columns() -> np.ndarray:
    """Return the column of age of siblings (AGES, classes of gaps, CHILD_AGES) of families whose youngest is in each column; none past 18."""
    found = np.zeros((AGES, len(GAPS), CHILD_AGES + 1))
    for c in range(AGES):
        youngest = c - FIRST_YEAR - 1 if c >= FIRST_YEAR else -1  # completed years at the year's start; -1: born this year or later
        for g, gap in enumerate(GAPS):
            at = youngest + gap
            low = int(np.floor(at))
            for cohort, weight in ((low, 1.0 - (at - low)), (low + 1, at - low)):
                found[c, g, min(cohort + 1, CHILD_AGES)] += weight
    return found[..., :CHILD_AGES]


def still_children(j: float) -> np.ndarray:
    """Return the share of siblings by column of the youngest and gap who are under 18 (classes, AGES), j months into the year."""
    columns = sibling_columns().copy()
    columns[..., -1] *= np.clip((12.0 - j) / 12.0, 0.0, 1.0)
    return columns.sum(axis=2).T
