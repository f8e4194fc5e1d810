"""Who is in a family and who enters care, as expected numbers by column of age: at first referral, at births, at removals.

Columns of families are the ages of `sim.expected_families`, of children those of `sim.expected_children`. Nothing is drawn: where the fast engine
draws gaps between siblings, points spread evenly over what they can be stand for them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sim.expected_children import CHILD_AGES, CHILD_MONTHS
from sim.expected_families import AGES, BORN_MONTHS, UNBORN_MONTHS, B, N, U
from sim.kernels import layout as L

# What is known of the children of a family, on average, by stage of need and column (all but the last three are of children at home).
YOUNGEST, SIBLINGS, HALF, ALONE, SOMEONE, RETURNED, FRESH, SETTLED, LATER = 0, 1, 6, 7, 8, 9, 10, 13, 14
MOMENTS = 15
"""YOUNGEST: the youngest is one who may enter care (or is unborn); SIBLINGS: five bands of age of the others who may; HALF: expected 0.5 to the
power of how many may enter, if any; ALONE, SOMEONE: whether just one may, and any; RETURNED: children back from care; FRESH: three parts of the nine
months before a birth can be; SETTLED: births may be, none was; LATER: families with a later birth."""
BAND_MONTHS = np.array([0.0, 12.0, 60.0, 120.0, 192.0, 216.0])
GAP_POINTS = 256
FRESH_MONTHS = 3.0  # each of three parts of the 0.75 years in which nobody has a further birth


def band_of(months: float) -> int:
    """Return the age band of an age in months."""
    return int(min(max(np.searchsorted(BAND_MONTHS, months + 1e-9, side="right") - 1, 0), 4))


@lru_cache(maxsize=1)
def column_months() -> np.ndarray:
    """Return (AGES, 2): the ages in months between which the youngest child of a column is, half a month into the month."""
    found = np.zeros((AGES, 2))
    found[:U, 0] = np.array(UNBORN_MONTHS) + 0.5
    found[:U, 1] = found[:U, 0] + 1.0
    found[U : U + N] = (0.0, 1.0)
    found[U + N :, 0], found[U + N :, 1] = np.array(BORN_MONTHS[:-1]) + 0.5, np.array(BORN_MONTHS[1:]) + 0.5
    return found


@lru_cache(maxsize=1)
def shares_older() -> np.ndarray:
    """Return the share of each column (AGES) that moves on in a month; those newly born move to the first column of the born."""
    share = np.ones(AGES)
    share[U + N :] = 1.0 / np.diff(BORN_MONTHS)
    return share


@lru_cache(maxsize=1)
def child_shares_older() -> np.ndarray:
    """Return the share of each column of a child's age that moves on in a month."""
    return 1.0 / np.diff(CHILD_MONTHS)


@lru_cache(maxsize=8)
def gaps(low: float, high: float) -> np.ndarray:
    """Return sums of one to seven gaps between siblings in months (GAP_POINTS, 7), over points spread evenly."""
    roots = np.sqrt(np.array([2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0]))
    points = (0.5 + np.outer(np.arange(1, GAP_POINTS + 1), roots)) % 1.0
    return np.cumsum((low + points * (high - low)) * 12.0, axis=1)


def older_siblings(model: L.Model) -> np.ndarray:
    """Return what is known of families of each column at first referral (MOMENTS, AGES): the youngest's older siblings, by number and gaps."""
    shares = np.diff(np.concatenate([[0.0], model.children_cdf]))
    low, high = float(model.parameters[0]), float(model.parameters[1])
    sums, known = gaps(low, high), np.zeros((MOMENTS, AGES))
    for c, (start, end) in enumerate(column_months()):
        youngest = 0.5 * (start + end)
        born = c >= U
        for n, share in enumerate(shares, start=1):
            ages = youngest + sums[:, : n - 1]
            there = (ages < 216.0) & (ages >= 0.0)
            for b in range(5):
                known[SIBLINGS + b, c] += share * ((ages >= BAND_MONTHS[b]) & (ages < BAND_MONTHS[b + 1]) & there).sum(axis=1).mean()
            count = there.sum(axis=1) + born
            known[HALF, c] += share * (0.5**count * (count > 0)).mean()
            known[ALONE, c] += share * (count == 1).mean()
            known[SOMEONE, c] += share * (count > 0).mean()
    known[YOUNGEST] = 1.0
    return known


def arrival_columns(model: L.Model) -> np.ndarray:
    """Return the share of new families in each column (AGES): as of the month's start, half a month before they come."""
    shares, share = np.diff(np.concatenate([[0.0], model.age_cdf])), np.zeros(AGES)
    alone = float(model.children_cdf[0])
    for low, high, part in zip(model.age_bands[:-1] * 12.0, model.age_bands[1:] * 12.0, shares, strict=True):
        points = low + (np.arange(400) + 0.5) / 400 * (high - low)
        for age in points:
            if age < 0.0:
                share[max(int(np.floor(age - 0.5)) + 6, 0)] += part / 400
            elif age < 0.5:
                share[U] += alone * part / 400
                share[U + 1] += (1.0 - alone) * part / 400
            else:
                share[U + N + min(int(np.searchsorted(BORN_MONTHS, age - 0.5, side="right")) - 1, B - 1)] += part / 400
    return share


def band_weights(model: L.Model) -> np.ndarray:
    """Return the weight of each age band in each column (AGES, 5): of an unborn youngest's family that of the next older child's, if there is one."""
    weight = np.zeros((AGES, 5))
    known, alone = older_siblings(model), float(model.children_cdf[0])
    for c in range(U):
        siblings = known[SIBLINGS : SIBLINGS + 5, c]
        weight[c] = (1.0 - alone) * siblings / max(siblings.sum(), 1e-12)
        weight[c, 0] += alone
    weight[U, 0] = weight[U + 1, 1] = weight[U + 2, 2] = 1.0
    for i in range(B):
        weight[U + N + i, band_of(BORN_MONTHS[i])] = 1.0
    return weight


def spread(low: float, high: float) -> np.ndarray:
    """Return the share of ages between two, evenly spread in months, in each column of a child's age (CHILD_AGES)."""
    low, high = max(low, 0.0), min(high, 216.0)
    if high <= low:
        high = min(low + 1.0, 216.0)
        low = high - 1.0
    edges = np.clip(np.array(CHILD_MONTHS), low, high)
    return np.diff(edges) / (high - low)


@lru_cache(maxsize=1)
def child_columns() -> tuple[np.ndarray, np.ndarray]:
    """Return shares by column of a child's age: of the youngest of a family of each column (AGES, CHILD_AGES), and of siblings by band (AGES, 5, ...)."""
    youngest, siblings = np.zeros((AGES, CHILD_AGES)), np.zeros((AGES, 5, CHILD_AGES))
    for c, (low, high) in enumerate(column_months()):
        if c >= U:
            youngest[c] = spread(low, high)
        for b in range(5):
            siblings[c, b] = spread(max(BAND_MONTHS[b], 0.5 * (low + high) + 12.0), BAND_MONTHS[b + 1])
    return youngest, siblings


def entering(known: np.ndarray, everyone: float, each: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (youngest, siblings by band): expected children who enter care at a removal, by column, of families of whom `known` holds (MOMENTS, C).

    All enter with probability `everyone`; else each does with probability `each`, and one does if none would.
    """
    share = everyone + (1.0 - everyone) * each
    young, siblings = known[YOUNGEST].copy(), known[SIBLINGS : SIBLINGS + 5]
    ages = young.size // 4
    young.reshape(4, ages)[:, :U] = 0.0
    total = np.maximum(young + siblings.sum(axis=0), 1e-12)
    each_of = share + (1.0 - everyone) * known[HALF] / total
    return young * np.minimum(each_of, 1.0), siblings * np.minimum(each_of, 1.0)


def eldest(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (youngest, siblings by band): which child is the eldest at home who may enter, by column."""
    siblings, left = known[SIBLINGS : SIBLINGS + 5], known[SOMEONE].copy()
    found = np.zeros_like(siblings)
    for b in range(4, -1, -1):
        found[b] = np.minimum(siblings[b], left)
        left = left - found[b]
    young = np.where(np.arange(left.size) % (left.size // 4) >= U, left, 0.0)
    return young, found


def splits(known: np.ndarray, everyone: float) -> np.ndarray:
    """Return the shares of removals in which all enter, some do, and nobody is there to enter (3, C), then the same where only the eldest does."""
    all_of = everyone * known[SOMEONE] + (1.0 - everyone) * (known[HALF] + 0.5 * known[ALONE])
    all_of = np.clip(all_of, 0.0, known[SOMEONE])
    found = np.empty((6, known.shape[1]))
    found[0], found[1], found[2] = all_of, known[SOMEONE] - all_of, 1.0 - known[SOMEONE]
    found[3], found[4], found[5] = known[ALONE], known[SOMEONE] - known[ALONE], 1.0 - known[SOMEONE]
    return found
