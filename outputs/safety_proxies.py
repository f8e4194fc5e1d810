"""Safety proxies, and whether a paired difference in one, as a count or as a rate, is worse beyond chance (docs/children.md).

Arrays have runs in their last axis (R), what they are of before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from outputs.children import standard_error
from sim.measures import MEASURES

PROXIES: Mapping[str, str] = {  # a count: its rate
    "rereferrals": "rereferral_pct",
    "returned_enquiry": "returned_enquiry_pct",
    "returned_plan": "returned_plan_pct",
    "returned_care": "returned_care_pct",
    "care_starts_after_plan": "care_starts_after_plan_pct",
    "emergency_starts": "emergency_pct",
    "cpp_repeat_2y": "cpp_repeat_2y_pct",
    "cpp_short": "cpp_short_pct",
    "early_help_waiting_escalated": "early_help_escalated_per_year",
    "re_entered_home": "re_entered_home_pct",
    "re_entered_kin": "re_entered_kin_per_100_child_years",
    "re_entered_adopted": "re_entered_adopted_per_100_child_years",
    "placement_moves": "placement_moves_per_year",
    "siblings_apart": "siblings_apart_pct",
    "placed_over_20_miles_at31": "placed_over_20_miles_pct",
    "unregistered_days": "unregistered_days_per_year",
}
"""More of each is worse. None is harm itself: abuse, death and children's experience are not simulated. Of families waiting for help only those count
who wait for what the baseline offers too: to wait for what a reform brings is no worse than not to be offered it. That is why care starts while
waiting, of any help, are none."""
COUNT, RATE = "count", "rate"
FALSE_MARKS = 0.05  # of reforms that change none of the proxies, the share in which chance makes one look worse, at most
TESTS = 2 * len(PROXIES)
LEVEL = 1.0 - (1.0 - FALSE_MARKS) ** (1.0 / TESTS)
"""Of each test, one-sided: Šidák (1967), Journal of the American Statistical Association 62: 626-633. 0.0016 of 32 tests."""
LEAST_RUNS = int(np.ceil(-np.log2(LEVEL)))
"""Of fewer runs chance alone has a proxy higher in every one too often (2 ** -runs, the sign test): 10 of 32 tests."""
ROUNDING = 1e-9  # of the baseline: a difference below it is none
WORSE, NO_WORSE, NOT_COUNTED, NOT_KNOWN, NO_RATE = "worse", "no worse", "not counted", "not known", "no rate"
UNTOLD = frozenset({NOT_COUNTED, NOT_KNOWN, NO_RATE})


@dataclass(frozen=True)
class Paired:
    """A paired difference: what it is of in the baseline and in the reform, itself, and its standard error (any shape; missing where not counted)."""

    baseline: np.ndarray
    reform: np.ndarray
    difference: np.ndarray
    standard_error: np.ndarray
    runs: int

    def findings(self) -> np.ndarray:
        """Return what each says: `worse` if it is more than `least_errors` standard errors above 0.

        `not known` of fewer than `LEAST_RUNS`; `not counted` where a count is missing; `no rate` where there is nothing to divide by.
        """
        beyond = np.maximum(least_errors(self.runs) * self.standard_error, ROUNDING * np.abs(self.baseline))
        found = np.where(self.difference > beyond, WORSE, NO_WORSE) if self.runs >= LEAST_RUNS else np.full(self.difference.shape, NOT_KNOWN)
        found = np.where(np.isinf(self.baseline) | np.isinf(self.reform), NO_RATE, found)
        return np.where(np.isnan(self.baseline), NOT_COUNTED, found)


def least_errors(runs: int) -> float:
    """Return how many standard errors above 0 a difference has to be: Student's t, one-sided, at `LEVEL`. 3.2 for 30 runs, 2.9 for very many."""
    return float(stdtrit(max(runs - 1, 1), 1.0 - LEVEL))


def paired_count(baseline: np.ndarray, reform: np.ndarray, event: float = 1.0) -> Paired:
    """Return the mean paired difference of a count (..., R), reform less baseline.

    Its standard error is that of the mean over runs, but never less than chance in the events by which paired runs differ: a difference of 3 is of
    three events at least, each of which chance could have put on either side (as in McNemar's test, Psychometrika 12, 1947), so their sum has at
    least the variance of their number. Without this, runs that happen to differ by the same whole number would have no error at all.

    Parameters
    ----------
    event
        What one event counts for (more than 1 where counts are grossed up); 0 for an engine without chance.
    """
    change, runs = reform - baseline, baseline.shape[-1]
    error = np.maximum(standard_error(change, axis=-1), np.sqrt(event * np.abs(change).sum(axis=-1)) / runs)
    return Paired(baseline.mean(axis=-1), reform.mean(axis=-1), change.mean(axis=-1), error, runs)


def paired_rate(baseline: tuple[np.ndarray, np.ndarray], reform: tuple[np.ndarray, np.ndarray], times: float, event: float = 1.0) -> Paired:
    """Return the difference of a rate, formed of both counts of all runs: `times` events over what they are of, each (..., R).

    Its standard error is that of a ratio of means (the delta method, Cochran 1977, Sampling Techniques, section 6.3), taken of both arms together run
    by run; and never less than chance in the events by which paired runs differ: their number (see `paired_count`), or that expected among what is
    divided by more, or less, whichever is larger. Infinite where there is nothing to divide by in an arm.
    """
    (top, bottom), (top_after, bottom_after) = baseline, reform
    runs = top.shape[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = _quotient(top, bottom), _quotient(top_after, bottom_after)
        rest = (top_after - after[..., None] * bottom_after) / _mean(bottom_after) - (top - before[..., None] * bottom) / _mean(bottom)
        pooled = (top + top_after).sum(axis=-1) / (bottom + bottom_after).sum(axis=-1)
        events = np.maximum(np.abs(top_after - top), pooled[..., None] * np.abs(bottom_after - bottom)).sum(axis=-1)
        least = np.sqrt(event * events) / ((bottom + bottom_after).sum(axis=-1) / 2.0)
        return Paired(times * before, times * after, times * (after - before), times * np.maximum(standard_error(rest, axis=-1), least), runs)


def event_size(name: str, grossing: Mapping[str, float] | None, years: int, of_rate: bool) -> float:
    """Return what one event counts for in a count: its grossing up, and for a stock in a rate, where years add up, each year."""
    measure = MEASURES[name]
    return (grossing or {}).get(measure.grossed_by, 1.0) * (years if of_rate and measure.over != "sum" else 1)


def _quotient(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Return a quotient of sums over runs: infinite where there is nothing to divide by, missing where the top is."""
    above, below = top.sum(axis=-1), bottom.sum(axis=-1)
    return np.where(np.isnan(above), np.nan, np.where(below == 0.0, np.inf, above / below))


def _mean(values: np.ndarray) -> np.ndarray:
    """Return the mean over runs, an axis of one kept for them."""
    return values.mean(axis=-1, keepdims=True)
