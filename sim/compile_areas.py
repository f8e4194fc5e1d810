"""Compile authorities' profiles: who arrives and when, how many places and case-holders there are, and published ratios.

Every number comes from the area profile (scenarios/data/area_profiles.csv) or from the rates fitted to it
(scenarios/data/area_rates.csv, made by `python -m calibration.flow_balance`); a scenario's `areas` may replace either (`Scenario.area`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from scenarios.areas import AreaProfile
from scenarios.pathway_arrivals import STREAM_NAMES
from scenarios.pathway_schema import Pathway
from scenarios.schema import Published
from scenarios.timeline import month_index, years_ending
from sim.kernels import layout as L

RATIO_PREFIX, AGE_PREFIX, PLAN_PREFIX = "ratio_", "age_ratio_", "plan_ratio_"
HEADROOM = 0.8  # candidates in one layer, over the families arriving in the last published year
NO_LIMIT = 1e12
STAFF_BOUNDS = (0.98, 1.10)  # capacity after the last published year, over that year (assumed; what follows pressure is on top: compile_workforce.py)


class Figures:
    """An authority's figures, with defaults for those it may lack."""

    def __init__(self, profile: AreaProfile) -> None:
        self.profile = profile

    def has(self, quantity: str) -> bool:
        """Return whether there is such a figure."""
        return quantity in self.profile.records

    def get(self, quantity: str, year: int | None = None, default: float | None = None) -> float:
        """Return a figure for a year (the latest earlier one if that year has none)."""
        if default is not None and quantity not in self.profile.records:
            return default
        return self.profile.value(quantity, year)

    def by_month(self, quantity: str, years: Sequence[int], default: float | None = None) -> np.ndarray:
        """Return a figure for each month from the months' years; looked up once a year."""
        known = {year: self.get(quantity, year, default) for year in set(years)}
        return np.array([known[year] for year in years])


def ratios(figures: Figures, pathway: Pathway, year: int | None = None) -> dict[str, float]:
    """Return the authority's ratio to England for every group of transitions that has one, of a year ending 31 March (the latest if omitted)."""
    return {group: figures.get(RATIO_PREFIX + group, year) for group in pathway.groups if figures.has(RATIO_PREFIX + group)}


def plan_ratios(figures: Figures, plans: tuple[str, ...]) -> np.ndarray:
    """Return how much likelier than in England each placement is to be planned (n)."""
    return np.array([figures.get(PLAN_PREFIX + name, default=1.0) for name in plans])


def age_ratios(figures: Figures, group: str) -> np.ndarray:
    """Return the authority's multiplier by age band for a group (5)."""
    bands = ("under_1", "1_to_4", "5_to_9", "10_to_15", "16_plus")
    return np.array([figures.get(f"{AGE_PREFIX}{group}_{band}", default=1.0) for band in bands])


# Families new to an authority in each year of spin-up, over the first published year's. Those known, who may be referred again, build up for longer
# than anyone would wait, so more arrive at first. Derived: with constant arrivals, referrals of year y were s(y) of their final level (0.45, 0.56,
# 0.64 ... 0.99; Leeds and Essex, 12 runs each); solving sum_k boost(y - k) (s(k) - s(k - 1)) = 1 levels referrals at once, but with families too
# young for those known so long, and children in care then overshoot. Half of that boost, over 24 years, leaves no headline drifting
# (tests/test_spin_up.py).
SPIN_UP_ARRIVALS = (1.60, 1.34, 1.21, 1.15, 1.11, 1.08, 1.06, 1.04, 1.03, 1.02, 1.01, 1.01)


def arrivals(figures: Figures, pathway: Pathway, months: tuple[str, ...], published: Published) -> tuple[np.ndarray, np.ndarray]:
    """Return (candidates per day in one layer by stream, arrival rate over it by stream and month).

    Before the first published year the rates of that year hold, raised as `SPIN_UP_ARRIVALS` says for families; after the last, the last.
    """
    candidate, accept = np.zeros(L.STREAMS), np.zeros((L.STREAMS, len(months)))
    for i, stream in enumerate(STREAM_NAMES):
        if stream not in pathway.streams:
            continue
        quantity = pathway.streams[stream].quantity
        reference = figures.get(quantity, published.last, default=0.0)
        # Every year with a figure counts, whichever of them a model runs: the rate of candidates is the same in history and after it (ruling 2).
        later = figures.profile.series(quantity) if figures.has(quantity) else {}
        most = max([reference, figures.get(quantity, published.first, default=0.0), *(later[year] for year in later if year > published.first)])
        if most <= 0.0:
            continue
        families = stream == "family"
        most = max(most, SPIN_UP_ARRIVALS[0] * figures.get(quantity, published.first, default=0.0) if families else 0.0)
        candidate[i] = max(HEADROOM * reference, most / (L.LAYERS - 1)) / L.YEAR
        per_day = figures.by_month(quantity, held(years_ending(months), published.first), default=0.0) / L.YEAR
        if families:
            per_day = per_day * season(figures, months) * spin_up(months, published.first)
        accept[i] = per_day / candidate[i]
    if accept.max() > L.LAYERS:
        raise ValueError(f"{figures.profile.name}: arrivals exceed {L.LAYERS} layers of candidates")
    return candidate, accept


@lru_cache(maxsize=64)
def held(years: tuple[int, ...], published_from: int) -> tuple[int, ...]:
    """Return the year whose figures hold in each month: before the first published year, that year."""
    return tuple(max(year, published_from) for year in years)


def season(figures: Figures, months: tuple[str, ...]) -> np.ndarray:
    """Return referrals of each month over those of a mean month."""
    factors = [figures.get(f"referral_month_factor_{month:02d}") for month in range(1, 13)]
    return np.array([factors[int(month[5:]) - 1] for month in months])


def spin_up(months: tuple[str, ...], published_from: int) -> np.ndarray:
    """Return families arriving in each month over those of the first published year, until it begins."""
    years = np.array(years_ending(months))
    raised = np.ones(len(months))
    for since, boost in enumerate(SPIN_UP_ARRIVALS):
        raised[(years == years[0] + since) & (years < published_from)] = boost
    return raised


def quintile_cdf(figures: Figures, pathway: Pathway) -> np.ndarray:
    """Return the cumulative quintile mix of families: the population's, tilted by the gradient per decile (ruling 32)."""
    stated = pathway.families.quintile_gradient_per_decile
    gradient = stated.value**2 if stated else 1.0
    share = np.array([figures.get(f"population_share_quintile_{q}") * gradient ** (q - 3) for q in range(1, 6)])
    return np.cumsum(share / share.sum())


def supply(figures: Figures, pathway: Pathway, months: tuple[str, ...], published_from: int) -> np.ndarray:
    """Return usable places by place type and month (not yet rounded)."""
    table = np.zeros((len(pathway.places), len(months)))
    years = held(years_ending(months), published_from)
    for i, place in enumerate(pathway.places.values()):
        if figures.has(place.quantity):
            table[i] = figures.by_month(place.quantity, years)
    return table


def team_capacity(figures: Figures, months: tuple[str, ...], pressure: float, published: Published) -> np.ndarray:
    """Return the cases at which pressure is 1, by month.

    The reference caseload makes the last published year stand at the reference pressure (ruling 15). Before it,
    capacity kept up with the demand that was published (caseloads were higher when staff were fewer, 16.3 in 2020 against 15.4 in
    2024), so it is the largest of what the staff, what referrals of the year and what the work that a fit counted in the year imply
    (a fit's rates are those of what happened, slow teams and all); after it, it moves with the work that a fit expects, as it did
    before, and with the last published staff, within bounds: an authority short by a tenth for ten years would see its work grow
    without limit, which no authority lets happen. A year's workforce row is of the September after its March.
    """
    if not figures.has("work_in_hand"):
        return np.full(len(months), NO_LIMIT)

    years = held(years_ending(months), published.first)
    before = tuple(year - 1 for year in years)
    # Agency workers included: FTE / (1 - agency share).
    workers = figures.by_month("social_workers_fte", before) / (1.0 - figures.by_month("sw_agency_pct", before) / 100.0)
    now = figures.get("social_workers_fte", published.last - 1) / (1.0 - figures.get("sw_agency_pct", published.last - 1) / 100.0)
    demand = figures.by_month("referrals", years) / figures.get("referrals", published.last)
    counted = figures.by_month("work_in_hand", years) / figures.get("work_in_hand", published.last)
    kept_up = np.maximum(np.maximum(np.maximum(workers / now, demand), counted), 1.0)
    later = np.clip(workers / now, *STAFF_BOUNDS) * counted
    return figures.get("work_in_hand", published.last) / pressure * np.where(np.array(years) <= published.last, kept_up, later)


def switch_month(profile: AreaProfile, scenario) -> int:
    """Return the number of the month from which Families First stages replace others here."""
    policy = scenario.settings.policy.families_first
    return month_index(policy.authorities.get(profile.name, policy.switch_over)) if policy else 10**9
