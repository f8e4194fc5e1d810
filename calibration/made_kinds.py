"""Kinds of made-up authorities: hazards of leaving care and of moving, entries, and the children in care they imply by integration.

Four kinds, of which forecasts from records must hold their intervals:

* `stationary`: hazards depend on age band and placement alone, entries do not change. What a Markov chain of age bands and placements assumes.
* `duration_dependent`: the hazard of leaving falls steeply with time in care, so children leave in their first year or at 18, and the hazard of
  moving with time in placement, both by age. Until the first return entries were half as many again, so who is in care is not who would be had
  they always been what they are now.
* `step`: the same, but entries fell three years before the origin, within the returns.
* `trend`: the stationary kind's hazards; entries have grown and go on growing by 7 % a year.

Status of numbers: entries by age and hazards of leaving by age in `stationary` are published (Department for Education, Children looked after in
England, 2025: starts by age; leavers by age over children in care, the 18th birthday apart); all else is assumed, of the order that is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from calibration.care_records import AGE_BANDS, AGE_BANDS_YEARS, PLACEMENTS

USED = ("kinship_foster", "in_house_foster", "agency_foster", "childrens_home", "supported_accommodation", "with_parents", "other_placement")
YEAR_DAYS = 365.25
STEP_DAYS = 7  # of the integration; edges of clocks are whole steps
COHORTS = 8  # ages of entry in each band of age
CARE_EDGES_DAYS, PLACEMENT_EDGES_DAYS = (0, 91, 182, 364, 728, 1820), (0, 28, 91, 364, 728)

STARTS_2025 = (5140.0, 4430.0, 4920.0, 8660.0, 9110.0)  # published, by age band
LEAVE_PER_YEAR = (0.48, 0.60, 0.25, 0.16, 0.18)  # published, 2025, by age band
LEAVE_BY_PLACEMENT = (1.1, 1.0, 0.8, 0.9, 1.0, 1.6, 1.5)  # of `USED`, times what is left by age
LEAVE_BY_TIME_IN_CARE = (  # a year, by age band and band of `CARE_EDGES_DAYS`
    (1.5, 1.2, 0.9, 0.9, 0.9, 0.9), (2.0, 1.4, 1.0, 0.5, 0.2, 0.1), (2.2, 1.4, 0.8, 0.3, 0.08, 0.04),
    (2.6, 1.3, 0.6, 0.2, 0.06, 0.03), (1.6, 0.9, 0.5, 0.2, 0.1, 0.06),
)  # fmt: skip
MOVE_PER_YEAR = (0.55, 0.45, 0.40, 0.60, 0.70)  # by age band, to placements of the same kind too
MOVE_BY_PLACEMENT = (0.6, 1.0, 0.9, 1.0, 0.6, 0.7, 2.5)
MOVE_BY_TIME_IN_PLACEMENT = (  # times the same, by age band and band of `PLACEMENT_EDGES_DAYS`
    (4.0, 2.2, 0.9, 0.5, 0.3), (4.0, 2.2, 0.9, 0.4, 0.2), (4.5, 2.4, 0.9, 0.4, 0.2), (5.0, 3.0, 1.1, 0.6, 0.4), (4.0, 2.5, 1.1, 0.8, 0.6),
)  # fmt: skip
ENTER_AT = (  # shares of `USED` on entry, by age band
    (0.20, 0.48, 0.25, 0.00, 0.00, 0.05, 0.02), (0.22, 0.44, 0.26, 0.01, 0.00, 0.05, 0.02), (0.20, 0.40, 0.30, 0.04, 0.00, 0.04, 0.02),
    (0.14, 0.32, 0.31, 0.16, 0.00, 0.03, 0.04), (0.06, 0.14, 0.17, 0.14, 0.44, 0.02, 0.03),
)  # fmt: skip
MOVE_TO = (  # shares of `USED` of moves, by age band
    (0.22, 0.40, 0.26, 0.00, 0.00, 0.10, 0.02), (0.20, 0.40, 0.28, 0.01, 0.00, 0.09, 0.02), (0.14, 0.38, 0.34, 0.06, 0.00, 0.05, 0.03),
    (0.08, 0.27, 0.34, 0.24, 0.00, 0.03, 0.04), (0.04, 0.11, 0.16, 0.20, 0.42, 0.04, 0.03),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Hazards:
    """Hazards a year, over A age bands, C bands of time in care, D bands of time in placement and the P `PLACEMENTS`.

    Attributes
    ----------
    entry_age, entry_placement
        Shares of entries by age band (A), ages within a band all alike, and of each age band's by placement (A, P).
    leave_per_year, move_per_year
        Of leaving before 18 (A, C, P), and of moving (A, D, P, P to).
    care_edges_days, placement_edges_days
        Where bands of the two clocks begin.
    """

    entry_age: np.ndarray
    entry_placement: np.ndarray
    leave_per_year: np.ndarray
    move_per_year: np.ndarray
    care_edges_days: tuple[int, ...]
    placement_edges_days: tuple[int, ...]

    @cached_property
    def tables(self) -> tuple[np.ndarray, ...]:
        """Hazards a day, as `sim/kernels/made_lives.py` has them."""
        move = self.move_per_year / YEAR_DAYS
        edges = (np.array(self.care_edges_days, dtype=float), np.array(self.placement_edges_days, dtype=float))
        return self.leave_per_year / YEAR_DAYS, move, move.sum(axis=-1), *edges

    @cached_property
    def occupancy(self) -> np.ndarray:
        """Where a child who enters is, in the middle of each week since (weeks, A, P): the chance of being in care, of that age, in that placement.

        Little's law makes children in care of it.
        """
        return _occupancy(self)


@dataclass(frozen=True, eq=False)
class Kind:
    """How a made-up authority behaves.

    Attributes
    ----------
    growth_per_year
        Of entries, as a logarithm, in history and after.
    earlier_entries, earlier_until_years
        Entries are so many times what they are after, until so many years before the origin.
    group_sizes
        Shares of groups of one, two, ... children that enter together (siblings); one child by default.
    """

    name: str
    hazards: Hazards
    growth_per_year: float = 0.0
    earlier_entries: float = 1.0
    earlier_until_years: float = 3.0
    group_sizes: tuple[float, ...] = (1.0,)

    def entries_relative(self, years: np.ndarray) -> np.ndarray:
        """Return entries over those at the origin, at times in years from it."""
        return np.exp(self.growth_per_year * years) * np.where(years < -self.earlier_until_years, self.earlier_entries, 1.0)

    def stock_per_entry_a_year(self) -> np.ndarray:
        """Return the expected children in care at the origin (A, P) for one entry a year at the origin."""
        occupied = self.hazards.occupancy
        ages = (np.arange(len(occupied)) + 0.5) * STEP_DAYS / YEAR_DAYS
        return np.tensordot(self.entries_relative(-ages), occupied, 1) * STEP_DAYS / YEAR_DAYS


@cache
def _memoryless() -> Hazards:
    leave = np.outer(LEAVE_PER_YEAR, LEAVE_BY_PLACEMENT)[:, None, :]
    move = np.einsum("a,p,aq->apq", MOVE_PER_YEAR, MOVE_BY_PLACEMENT, MOVE_TO)[:, None]
    return _placed(leave, move, (0,), (0,))


@cache
def _by_duration() -> Hazards:
    leave = np.einsum("ac,p->acp", LEAVE_BY_TIME_IN_CARE, LEAVE_BY_PLACEMENT)
    move = np.einsum("a,ad,p,aq->adpq", MOVE_PER_YEAR, MOVE_BY_TIME_IN_PLACEMENT, MOVE_BY_PLACEMENT, MOVE_TO)
    return _placed(leave, move, CARE_EDGES_DAYS, PLACEMENT_EDGES_DAYS)


def _placed(leave: np.ndarray, move: np.ndarray, care_edges: tuple[int, ...], placement_edges: tuple[int, ...]) -> Hazards:
    """Return hazards over all placements from those over `USED`."""
    at, all_of = [PLACEMENTS.index(name) for name in USED], len(PLACEMENTS)
    enter, leaving = np.zeros((len(AGE_BANDS), all_of)), np.zeros((*leave.shape[:2], all_of))
    moving = np.zeros((*move.shape[:2], all_of, all_of))
    enter[:, at], leaving[:, :, at] = ENTER_AT, leave
    moving[:, :, np.array(at)[:, None], at] = move
    return Hazards(np.array(STARTS_2025) / sum(STARTS_2025), enter, leaving, moving, care_edges, placement_edges)


def kinds() -> dict[str, Kind]:
    """Return the kinds, by name."""
    return {
        kind.name: kind
        for kind in (
            Kind("stationary", _memoryless()),
            Kind("duration_dependent", _by_duration(), earlier_entries=1.5, earlier_until_years=6.0),
            Kind("step", _by_duration(), earlier_entries=1.5),
            Kind("trend", _memoryless(), growth_per_year=np.log(1.07)),
        )
    }


def _occupancy(hazards: Hazards) -> np.ndarray:
    """Return `Hazards.occupancy`: cohorts of `COHORTS` ages of entry a band are carried forward week by week.

    Hazards hold within a week; who moves does so in the middle of it, and begins the new placement's clock at its end.
    """
    leave, move, moving, care_edges, placement_edges = hazards.tables
    edges, bands = np.array(AGE_BANDS_YEARS, dtype=float), len(AGE_BANDS)
    within = (np.arange(COHORTS) + 0.5) / COHORTS
    entered = (edges[:-1, None] + within * np.diff(edges)[:, None]).ravel()  # ages of entry, years
    band = np.repeat(np.arange(bands), COHORTS)
    weeks = int(np.ceil(edges[-1] * YEAR_DAYS / STEP_DAYS))
    held = np.searchsorted(placement_edges, np.arange(int(placement_edges[-1]) // STEP_DAYS + 1) * STEP_DAYS, side="right") - 1
    state = np.zeros((len(entered), len(held), move.shape[-1]))  # cohorts, weeks in placement (the last: as many or more), placements
    state[:, 0] = hazards.entry_age[band, None] / COHORTS * hazards.entry_placement[band]
    occupied = np.zeros((weeks, bands, move.shape[-1]))
    for week in range(weeks):
        left = (edges[-1] - entered) * YEAR_DAYS / STEP_DAYS - week  # weeks until 18
        in_care, part = np.flatnonzero(left > 0.0), np.clip(left[left > 0.0], 0.0, 1.0)[:, None]
        middle = entered[in_care] + (week + part[:, 0] / 2.0) * STEP_DAYS / YEAR_DAYS
        now = np.searchsorted(edges, middle, side="right") - 1
        care = np.searchsorted(care_edges, week * STEP_DAYS, side="right") - 1
        rate = leave[now, care][:, None] + moving[now][:, held]
        before = state[in_care]
        after = before * np.exp(-STEP_DAYS * rate)
        gone = np.divide(before - after, rate, out=np.zeros_like(before), where=rate > 0.0)  # days at risk
        np.add.at(occupied[week], now, part * gone.sum(axis=1) / STEP_DAYS)
        moved = np.zeros((len(in_care), move.shape[-1]))
        for j in range(move.shape[1]):
            moved += np.einsum("np,npq->nq", gone[:, held == j].sum(axis=1), move[now, j])
        np.add.at(occupied[week], now, part * moved / 2.0)  # the rest of the week, in the new placement
        moved *= np.exp(-STEP_DAYS / 2.0 * leave[now, care])
        shifted = np.zeros_like(after)
        shifted[:, 1:] = after[:, :-1]
        shifted[:, -1] += after[:, -1]
        shifted[:, 0] += moved
        state[in_care] = shifted
    return occupied
