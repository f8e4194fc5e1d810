"""The shape of an authority's flows: what share of referrals goes where, and how old the children are who enter and leave care.

Levels move from year to year and are steered (`steering.py`); shapes are taken as the mean of the last years known. Each figure is multiplied by
what is wanted of its flow over what the equations make of it, and again after the next steering.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.steering import with_records
from scenarios.areas import AreaProfile
from sim.counting import Counts

BANDS = ("under_1", "1_to_4", "5_to_9", "10_to_15", "16_plus")
SHAPE_YEARS = 3
LOW, HIGH = 0.1, 10.0  # no figure is further than this from the pathway's
CONFERENCE = "initial_conference"
# Exits under a rate's control are part of all exits by age (final hearings and adoptions are others), so they move by more than what is lacking.
EXITS_FOLLOW = 1.3


@dataclass(frozen=True)
class Mix:
    """What is wanted.

    Attributes
    ----------
    nfa, not_in_need
        Shares of referrals.
    plan
        Plans started per conference.
    started
        Children starting to be looked after by age band, unaccompanied ones apart: shares (5).
    exits
        Exits before 18 per child in care by age band (5), nan where the pathway's is kept; of England only, authorities' cells being small.
    """

    nfa: float
    not_in_need: float
    plan: float
    started: np.ndarray
    exits: np.ndarray | None = None


def reshaped(profile: AreaProfile, counts: Counts, mix: Mix, last: int) -> AreaProfile:
    """Return a profile whose figures are moved towards a mix.

    Parameters
    ----------
    counts
        What the equations made of the profile, up to the year before `last` ends or beyond.
    last
        Months of the counts after the last known year: 12 for each year to come.
    """
    referrals = _sum(counts.entered("referral"), last)
    wanted = {
        "ratio_nfa": (mix.nfa, _sum(counts.fired("referral.no_further_action"), last) / referrals),
        "ratio_not_in_need": (mix.not_in_need, _sum(counts.fired("assessment.not_in_need", "assessment.early_help"), last) / referrals),
        "ratio_plan": (mix.plan, _sum(counts.entered("child_protection_plan"), last) / _sum(counts.outcomes(CONFERENCE), last)),
    }
    started = np.array([_sum(counts.started[:, :, band, 0], last) for band in range(5)])
    for band, name in enumerate(BANDS):
        wanted[f"age_ratio_care_entry_{name}"] = (mix.started[band], started[band] / started.sum())
    figures = {quantity: _moved(profile, quantity, want / max(got, 1e-9)) for quantity, (want, got) in wanted.items() if want > 0.0}
    if mix.exits is not None:
        ceased = [_sum(counts.ceased[:, :, band, 0], last) for band in range(4)] + [_sum(counts.ceased[:, :, 4:6, 0].sum(axis=2), last)]
        stock = [_sum(counts.looked_after[:, :, band, 0], last) / 12.0 for band in range(5)]
        for band, name in enumerate(BANDS):
            if np.isfinite(mix.exits[band]):
                factor = (mix.exits[band] * stock[band] / max(ceased[band], 1e-9)) ** EXITS_FOLLOW
                figures[f"age_ratio_care_exit_{name}"] = _moved(profile, f"age_ratio_care_exit_{name}", factor)
    return with_records(profile, {quantity: {1990: value} for quantity, value in figures.items()})


def _moved(profile: AreaProfile, quantity: str, factor: float) -> float:
    """Return a figure of the profile (1 if it has none) times a factor, within bounds."""
    now = profile.value(quantity) if quantity in profile.records else 1.0
    return float(np.clip(now * factor, LOW, HIGH))


def _sum(months: np.ndarray, after: int) -> float:
    """Return the sum of a count over the years a shape is taken from, all areas together."""
    end = months.shape[1] - after
    return float(np.asarray(months, float)[:, end - 12 * SHAPE_YEARS : end].sum())
