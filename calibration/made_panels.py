"""Panels made by simulation from parameters that are known, for calibration to find again (`recovery.py`).

A made-up panel is what a real one is taken to be. Authorities of many sizes have departures from England drawn from known `Dynamics`; England's
response turns them into figures (arrivals and rates by year); each authority is simulated once with them, chance and all; what the Department would
count is multiplied by recording noise, rounded to whole children and laid out as a panel, years to come kept apart.

Authorities are England in small: their shapes (ages, shares of outcomes) are England's, they have no unaccompanied children, and no trap holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calibration.draws import ENGLAND_CODE, normals
from calibration.dynamics import Dynamics, learn, root
from calibration.equations import Equations
from calibration.fit import tried
from calibration.inputs import read_inputs
from calibration.national_fit import NationalFit, follow_england
from calibration.panel import ENGLAND, Panel
from calibration.scenario_at import scenario_at
from calibration.series import EXITS, NAMES, STARTS, with_stock
from calibration.small_england import NONE_OF, england_in_small
from calibration.steering import HIGHEST, LOWEST, solve, with_figures, with_records
from scenarios.areas import AreaProfile
from sim.counting import annual
from sim.engine import simulate
from sim.executors import run_tasks
from sim.measures import MEASURES

SEED = 20_260_331  # the made-up authorities' own
COLUMNS = ("referrals", "s47", "cpp_started", "cpp_at31", "cin_at31", "cla_started", "cla_ceased", "cla_at31")
RECORDED = COLUMNS[: len(NAMES)]  # in the order of the series; children in care have no recording noise
# Children of 0 to 17 of England's authorities: middling 60,000, a spread of 0.65 of the logarithm (panel, 2020), the smallest few raised.
MIDDLING_CHILDREN, SPREAD, FEWEST_CHILDREN, MOST_CHILDREN = 60_000.0, 0.65, 20_000.0, 300_000.0


@dataclass(frozen=True)
class Truth:
    """What panels are made from.

    Attributes
    ----------
    dynamics
        How departures move, what recording adds, how England changes in years to come.
    national
        England's profile and figures (Y + ahead, I), without unaccompanied children, how series answer figures, and the rates they make.
    equations
        Its scenario and years, those to come included.
    ahead
        Years of them that a panel does not show.
    """

    dynamics: Dynamics
    national: NationalFit
    equations: Equations
    ahead: int

    @property
    def known(self) -> tuple[int, ...]:
        """Years of a panel (Y)."""
        return self.equations.years[: len(self.equations.years) - self.ahead]


@dataclass(frozen=True)
class Made:
    """A panel made from known parameters.

    Attributes
    ----------
    panel
        Published figures of the years known, England the sum.
    profiles
        Authorities as calibration meets them, with England's figures.
    figures
        Logarithms of figures that each had (A, Y + ahead, I).
    published
        What is published of each by year (A, Y + ahead, 8), in the order of `COLUMNS`.
    """

    panel: Panel
    profiles: tuple[AreaProfile, ...]
    figures: np.ndarray
    published: np.ndarray


def truth_of(panel: Panel, vintage: int, ahead: int) -> Truth:
    """Return what panels are made from: England as fitted to a panel at a vintage, and how rates move as learnt from it.

    Parameters
    ----------
    ahead
        Years after the vintage, one at least.
    """
    inputs = read_inputs(panel, vintage, ahead, 1)
    dynamics = learn(inputs.records.values, inputs.records.counting, inputs.records.years)
    known = inputs.records.years
    equations = Equations(scenario_at(vintage, known[0], vintage + ahead, followed=True), (*known, *range(vintage + 1, vintage + ahead + 1)))
    england = with_records(inputs.profiles[ENGLAND], {quantity: {known[0]: 0.0} for quantity in NONE_OF}, "assumed")
    later = inputs.england[-1] + dynamics.national_path(ahead) - dynamics.level[-1]
    path = with_stock(np.vstack([inputs.england, later]), inputs.england_in_care[0])
    national = follow_england(equations, england, path, inputs.mixes[ENGLAND], tried(dynamics, inputs.records, ahead))
    return Truth(dynamics, national, equations, ahead)


def made(truth: Truth, number: int, authorities: int, workers: int | None = None) -> Made:
    """Make a panel.

    Parameters
    ----------
    number
        Which; another number is another panel.
    authorities
        How many it has (A).
    """
    profiles = tuple(made_area(truth, f"Recovery {number}.{row}", size) for row, size in enumerate(sizes(authorities)))
    figures = np.stack([true_figures(truth, profile, number) for profile in profiles])

    def counts(row: int) -> np.ndarray:
        """Simulate one authority and count by the Department's rules (Y + ahead, 8)."""
        profile = with_figures(profiles[row], truth.equations.years, figures[row])
        compiled = truth.equations.compiled(profile)
        values = annual(simulate(compiled, None, compiled.first, compiled.last, SEED, number)[0], compiled)[0]
        return values[[list(MEASURES).index(name) for name in COLUMNS]][:, -len(truth.equations.years) :].T

    happened = np.stack(run_tasks(counts, range(authorities), workers))
    published = np.stack([recorded(truth, profile.code, rows) for profile, rows in zip(profiles, happened, strict=True)])
    return Made(panel_of(profiles, published[:, : len(truth.known)], truth.known), profiles, figures, published)


def sizes(authorities: int) -> np.ndarray:
    """Return children of 0 to 17 of each authority, as spread as England's authorities are."""
    drawn = normals(1, ENGLAND_CODE, "recovery sizes", (authorities,))[0]
    return np.clip(MIDDLING_CHILDREN * np.exp(SPREAD * drawn), FEWEST_CHILDREN, MOST_CHILDREN)


def made_area(truth: Truth, name: str, children: float) -> AreaProfile:
    """Return an authority that is England in small, with England's figures."""
    return england_in_small(name, truth.national.profile, children, truth.known[-1], truth.equations.years, truth.national.figures)


def true_figures(truth: Truth, profile: AreaProfile, number: int) -> np.ndarray:
    """Return the logarithms of an authority's figures (Y + ahead, I): England's, its own departures, and England's walk in years to come."""
    shape = truth.national.rates.shape
    normal = normals(1, profile.code, "recovery departures", (shape[0] * shape[1],))[0]
    departures = (root(truth.dynamics.covariance(shape[0])) @ normal).reshape(shape)
    if truth.ahead:
        walk = normals(number + 1, ENGLAND_CODE, "recovery England", (truth.ahead, shape[1]))[number] * truth.dynamics.change_sd
        departures[-truth.ahead :] += np.cumsum(walk, axis=0)
    departures[0, EXITS] = departures[0, STARTS] - departures[0, EXITS]  # the first year's is a stock: who starts more, and leaves less, has more
    return by_response(truth, truth.national.rates + departures)


def by_response(truth: Truth, path: np.ndarray) -> np.ndarray:
    """Return logarithms of figures that make a path (Y + ahead, I) by England's response: right near England's figures only."""
    national = truth.national.figures
    return np.clip(national + solve(truth.national.how, path - truth.national.rates, np.zeros(path.shape)), LOWEST, HIGHEST)


def recorded(truth: Truth, code: int, happened: np.ndarray) -> np.ndarray:
    """Return what is published (Y, 8): what happened (Y, 8) with recording noise, in whole children."""
    noise = np.zeros(happened.shape)
    noise[:, : len(RECORDED)] = normals(1, code, "recovery recording", (len(happened), len(RECORDED)))[0] @ root(truth.dynamics.recording).T
    return np.round(happened * np.exp(noise))


def panel_of(profiles: Sequence[AreaProfile], published: np.ndarray, years: tuple[int, ...]) -> Panel:
    """Return a panel of authorities, and of England as their sum, from what is published of them (A, Y, 8)."""
    children = np.array([[profile.value("population_0_17", year) for year in years] for profile in profiles])
    places = [(profile.name, "local_authority", "Nowhere") for profile in profiles] + [(ENGLAND, "national", "")]
    rows = []
    for row, (name, level, region) in enumerate(places):
        counts = published[row] if level != "national" else published.sum(axis=0)
        people = children[row] if level != "national" else children.sum(axis=0)
        key = {"level": level, "region": region, "name": name, "ons_code": name, "la_code": name}
        for i, year in enumerate(years):
            rows.append(key | {"year_ending": year, "population_0_17": people[i]} | dict(zip(COLUMNS, counts[i], strict=True)))
    return Panel(pd.DataFrame(rows))
