"""Everything a fit needs, read from a panel as it was known at a vintage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from calibration import uasc_paths
from calibration.dynamics import filled
from calibration.equations import Equations
from calibration.flow_england import exit_rates_by_age, exits_under_ten
from calibration.flow_targets import places_of, plan_ratios
from calibration.mix import BANDS, Mix
from calibration.panel import ENGLAND, Panel, PanelError
from calibration.profiles import profiles_at
from calibration.record import Records, read_records, with_imposed
from calibration.scenario_at import scenario_at
from calibration.steering import with_records
from calibration.targets import PublishedTargets, read_targets
from scenarios.areas import AreaProfile

FEWEST_YEARS = 2  # a change from one year to the next is the least that says how rates move
FOLLOWED_YEARS = 6  # years of the record that equations follow, the last included; the first's rates hold before it, as in the shipped baseline


@dataclass(frozen=True)
class Inputs:
    """What is known at a vintage.

    Attributes
    ----------
    profiles
        Of every authority with a record, `England` among them, with places and plans.
    england
        England's record: logarithms of rates (Y, I), years without a figure filled from those beside them, referrals as recorded.
    england_in_care
        Logarithms of England's children in care per child, unaccompanied ones apart (Y).
    equations
        Of the last years of the record and those to come.
    uasc
        Starts of unaccompanied children in years to come over those of the last year: authority -> (D, ahead).
    """

    vintage: int
    ahead: int
    targets: PublishedTargets
    records: Records
    profiles: Mapping[str, AreaProfile]
    mixes: Mapping[str, Mix]
    england: np.ndarray
    england_in_care: np.ndarray
    equations: Equations
    uasc: Mapping[str, np.ndarray]


def read_inputs(panel: Panel, vintage: int, ahead: int, draws: int) -> Inputs:
    """Read what a fit needs.

    Parameters
    ----------
    panel
        Any panel; nothing later than the vintage is read.
    vintage
        Year ending 31 March, the last with a record.
    ahead
        Years after it that are wanted.
    draws
        Number of draws of unaccompanied children to come (D).

    Raises
    ------
    PanelError
        If the panel has fewer than two years up to the vintage, no England, or lacks a figure that nobody can lend.
    """
    known = panel.at_vintage(vintage)
    if len(set(known.frame.year_ending)) < FEWEST_YEARS or ENGLAND not in set(known.frame["name"]):
        raise PanelError(f"a fit until {vintage} needs {FEWEST_YEARS} years of the panel up to it, and rows of England")
    targets = read_targets(known, vintage)
    profiles = profiles_at(known, vintage)
    national = profiles[ENGLAND]
    records = read_records(targets, profiles)
    england = read_records(targets, profiles, (ENGLAND,))
    ready = {name: _ready(profiles[name], national, vintage) for name in (*records.areas, ENGLAND)}
    ready, uasc = _with_uasc(ready, records.areas, vintage, ahead, draws)
    mixes = {name: _mix(profile, vintage) for name, profile in ready.items()}
    years = (*records.years[-FOLLOWED_YEARS:], *range(vintage + 1, vintage + ahead + 1))
    equations = Equations(scenario_at(vintage, years[0], years[-1], followed=True), years)
    path = with_imposed(filled(england.values[0]), england.imposed[0])
    ready, mixes, uasc = MappingProxyType(ready), MappingProxyType(mixes), MappingProxyType(uasc)
    return Inputs(vintage, ahead, targets, records, ready, mixes, path, england.in_care[0], equations, uasc)


def _ready(profile: AreaProfile, national: AreaProfile, vintage: int) -> AreaProfile:
    """Return a profile with places its children can use and what it plans more often than England does."""
    figures = {quantity: dict(series) for quantity, series in places_of(profile, vintage).items()}
    figures |= {f"plan_ratio_{name}": {vintage: ratio} for name, ratio in plan_ratios(profile, national, vintage).items()}
    return with_records(profile, figures)


def _with_uasc(
    profiles: Mapping[str, AreaProfile], areas: tuple[str, ...], vintage: int, ahead: int, draws: int
) -> tuple[dict[str, AreaProfile], dict[str, np.ndarray]]:
    """Return profiles with unaccompanied children of years to come as expected, and draws of them over the last year's."""
    years = sorted({year for area in areas for year in profiles[area].series("uasc_started") if year <= vintage})
    starts = np.array([[profiles[area].value("uasc_started", year) for year in years] for area in areas])
    children = np.array([profiles[area].value("population_0_17", vintage) for area in areas])
    codes = np.array([profiles[area].code for area in areas])
    expected, drawn = uasc_paths.paths(starts, children, codes, draws, ahead)
    found, multipliers = dict(profiles), {}
    for row, area in enumerate(areas):
        now = max(starts[row, -1], uasc_paths.FEWEST)
        series = dict(profiles[area].series("uasc_started")) | {vintage: now}
        series |= {vintage + 1 + i: value for i, value in enumerate(expected[row])}
        found[area] = with_records(profiles[area], {"uasc_started": series})
        multipliers[area] = drawn[row] / now
    return found, multipliers


def _mix(profile: AreaProfile, vintage: int) -> Mix:
    """Return the shapes of an authority's flows, and of England also exits by age."""
    started = np.array([profile.value(f"care_started_non_uasc_{band}") for band in BANDS])
    exits = exits_by_age(vintage) if profile.name == ENGLAND else None
    started = np.maximum(started, 0.01 * started.sum())  # a small authority with no baby in three years still has babies to come
    return Mix(profile.value("nfa_share"), profile.value("not_in_need_share"), profile.value("plan_per_icpc"), started / started.sum(), exits)


def exits_by_age(vintage: int) -> np.ndarray:
    """Return England's exits before 18 per child in care by age band (5) as published at a vintage; nan where they are not, and under one."""
    try:
        return np.concatenate([[np.nan], exit_rates_by_age(vintage)])
    except ValueError:  # ages of unaccompanied children, or of exits at 16 and 17, were not published then: no child under 10 is unaccompanied
        return np.concatenate([[np.nan], exits_under_ten(vintage), [np.nan, np.nan]])
