"""What a model says of people, by month of the year: ages, siblings, births."""

from __future__ import annotations

import numpy as np

from sim import expected_people as P
from sim.expected_families import AGES, FIRST_YEAR, N, U
from sim.kernels import layout as L


class Fixed:
    """What a model says of people, by month of the year: ages, siblings, births. It does not change from month to month."""

    def __init__(self, model: L.Model) -> None:
        self.known = [P.older_siblings(model, j) for j in range(12)]
        self.arrivals = [P.arrival_columns(model, j) for j in range(12)]
        self.bands = [P.band_weights(model, j, self.known[j]) for j in range(12)]
        self.child_bands = [P.in_bands(P.child_months(j + 0.5)) for j in range(12)]
        self.child_months = [P.child_months(j + 0.5) for j in range(12)]
        self.end_bands = [P.in_bands(P.child_months(j + 1.0)) for j in range(12)]
        self.ceased_bands = [ceased_bands(self.child_months[j], self.child_bands[j]) for j in range(12)]
        window = P.open_window(model)
        rates = [P.birth_rates(model, j, window) for j in range(12)]
        self.settled, self.later = [np.tile(r[0], 4) for r in rates], [np.tile(r[1], 4) for r in rates]
        self.still = [np.tile(P.still_children(j + 0.5), 4) for j in range(12)]
        self.siblings = shares_of(P.sibling_columns())
        self.gap_at, self.gap_share = gap_moves()
        self.born_to = np.array([[U + min(P.band_of(m[0] * 0.5 + m[1] * 0.5), N - 1) for m in P.months_of(j)] for j in range(12)], np.int64)


def shares_of(columns: np.ndarray) -> np.ndarray:
    """Return columns of age of siblings (AGES, classes, CHILD_AGES) as shares of those who are children; the last column where none is."""
    there = columns.sum(axis=2, keepdims=True)
    last = np.zeros(columns.shape[2])
    last[-1] = 1.0
    return np.where(there > 0.0, columns / np.maximum(there, 1e-300), last)


def gap_moves() -> tuple[np.ndarray, np.ndarray]:
    """Return where siblings' gaps go when the youngest of each column gets a younger sibling: class, and share in the next (AGES, 1 + classes).

    The first is the youngest's own gap.
    """
    older = [max(c - FIRST_YEAR - 0.5, 0.0) + 0.5 if c > FIRST_YEAR else (1.0 if c == FIRST_YEAR else 0.0) for c in range(AGES)]
    return P.gap_class(np.array([0.0, *P.GAPS]) + np.array(older)[:, None])


def ceased_bands(months: np.ndarray, bands: np.ndarray) -> np.ndarray:
    """Return the share of each column of age (between `months`, in `bands`) in each age at which care ceases (CHILD_AGES, 7)."""
    found = np.zeros((len(months), L.CEASED_AGES))
    found[:, :5] = bands
    old = found[:, 4].copy()
    low, high = months[:, 0], np.maximum(months[:, 1], months[:, 0] + 1e-9)
    seventeen = np.clip(high - 204.0, 0.0, None) / (high - np.maximum(low, 192.0)).clip(1e-9)
    seventeen = np.where(low >= 204.0, 1.0, np.clip(seventeen, 0.0, 1.0))
    found[:, 4], found[:, 5] = old * (1.0 - seventeen), old * seventeen
    return found


def first_month_of(model: L.Model) -> int:
    """Return the month of the financial year, from 0 in April, in which a model begins."""
    year = model.financial_year
    changes = np.flatnonzero(np.diff(year))
    return int((12 - (changes[0] + 1)) % 12) if len(changes) else 0


_fixed: dict[bytes, Fixed] = {}


def fixed_of(model: L.Model) -> Fixed:
    """Return what is fixed of a model's people, worked out once for all models that say the same of them."""
    key = b"".join(np.ascontiguousarray(part).tobytes() for part in (model.children_cdf, model.age_cdf, model.age_bands, model.parameters))
    if key not in _fixed:
        if len(_fixed) > 16:
            _fixed.clear()
        _fixed[key] = Fixed(model)
    return _fixed[key]
