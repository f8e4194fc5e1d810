"""Fit authorities to their records: England first, then each authority as a departure from it.

1. How rates move is learnt from all records (`dynamics.py`): what stays an authority's own, what drifts back to its peers and how fast.
2. England's shapes (who is referred on, ages, exits by age) and levels are found with the stock-and-flow equations, and how every series answers
   every figure (`steering.response`).
3. Each authority starts from England's figures. Its own path (its record with recording noise taken out, borrowing from peers where it says
   little, then England's path and its own drift) is followed by the equations: `steering.steer`.
4. Draws are futures from the same conditional distribution, turned into figures by the response. England's own path is one draw for all.

No simulated output is scaled, and nothing later than the vintage is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from calibration.draws import ENGLAND_CODE, normals
from calibration.dynamics import Dynamics, Posterior, condition, learn, root
from calibration.equations import Equations
from calibration.inputs import Inputs
from calibration.mix import Mix, reshaped
from calibration.panel import ENGLAND
from calibration.record import Records, with_imposed
from calibration.series import NAMES
from calibration.steering import Steered, bends_of, changes, response, steer, with_figures
from scenarios.areas import AreaProfile
from sim.counting import Counts
from sim.executors import run_tasks

ENGLAND_TURNS, ROUNDS = 3, 3
NEW_TO_AUTHORITY = 0.35  # where England's new families start from, a referred child; the equations find the rest
FARTHEST = 1.5  # an authority's first step away from England's figures, logarithm


@dataclass(frozen=True)
class NationalFit:
    """England's: the profile whose figures authorities start from, logarithms of its figures (Y, I), and how series answer figures."""

    profile: AreaProfile
    figures: np.ndarray
    how: np.ndarray


@dataclass(frozen=True)
class AuthorityFit:
    """One authority's.

    Attributes
    ----------
    steered
        Figures of past years and, as expected, of years to come.
    posterior
        Departures from England given the record.
    path
        Logarithms of rates followed (Y, I).
    futures
        Logarithms of rates as drawn (D, ahead, I).
    figures
        Logarithms of figures as drawn, over those expected (D, ahead, I).
    """

    steered: Steered
    posterior: Posterior
    path: np.ndarray
    futures: np.ndarray
    figures: np.ndarray


@dataclass(frozen=True)
class Fit:
    """All that was fitted at a vintage.

    Attributes
    ----------
    years, ahead
        Years of the record that are followed, and how many after them.
    authorities
        By name.
    """

    vintage: int
    years: tuple[int, ...]
    ahead: int
    dynamics: Dynamics
    records: Records
    national: NationalFit
    authorities: Mapping[str, AuthorityFit]


def fit(
    inputs: Inputs, draws: int, areas: tuple[str, ...] | None = None, workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Fit:  # fmt: skip
    """Fit authorities to what is known at a vintage.

    Parameters
    ----------
    inputs
        Of all authorities, whichever are fitted: how rates move is learnt from all.
    draws
        Number of draws (D).
    areas
        Which authorities; all of the records if not given.
    """
    records, equations = inputs.records, inputs.equations
    dynamics = learn(records.values, records.counting, records.years)
    ahead, years = inputs.ahead, len(equations.years) - inputs.ahead
    later = inputs.england[-1] + dynamics.national_path(ahead) - dynamics.level[-1]
    path_of_england = np.vstack([inputs.england[-years:], later])
    national = follow_england(equations, inputs.profiles[ENGLAND], path_of_england, inputs.mixes[ENGLAND], ahead)

    def one(area: str) -> AuthorityFit:
        """Fit one authority."""
        row = records.row(area)
        posterior = condition(dynamics, records.values[row], records.counting[row], ahead)
        path = expected_path(dynamics, posterior, records.imposed[row], ahead)[-len(equations.years) :]
        steered = follow_authority(equations, inputs.profiles[area], national, path, inputs.mixes[area], ahead)
        paths = futures(dynamics, posterior, inputs.profiles[area].code, draws, ahead)
        drawn = changes(national.how[years:, :, years:, :], paths, np.zeros(paths.shape[1:]), bends_of(national.how))
        return AuthorityFit(steered, posterior, path, path[years:] + paths, drawn)

    chosen = records.areas if areas is None else areas
    found = run_tasks(one, chosen, workers, progress)
    return Fit(inputs.vintage, records.years[-years:], ahead, dynamics, records, national, MappingProxyType(dict(zip(chosen, found, strict=True))))


def follow_england(equations: Equations, profile: AreaProfile, path: np.ndarray, mix: Mix, ahead: int) -> NationalFit:
    """Return England's fit: the response, about rates of the pathway, then shapes and levels by turns."""
    years = equations.years
    figures = np.zeros(path.shape)
    figures[:, 0] = path[:, 0] + np.log(NEW_TO_AUTHORITY)
    how = response(equations.rates, profile, years, figures)
    for _ in range(ENGLAND_TURNS):
        done = steer(equations.rates, profile, years, path, figures, how, rounds=2)
        figures = done.figures
        profile = reshaped(done.profile, Counts(*equations.tally(done.profile)), mix, 12 * ahead)
    done = steer(equations.rates, profile, years, path, figures, how, rounds=2)
    return NationalFit(done.profile, done.figures, how)


def follow_authority(equations: Equations, profile: AreaProfile, national: NationalFit, path: np.ndarray, mix: Mix, ahead: int) -> Steered:
    """Return figures with which the equations follow an authority's path, from England's on."""
    years = equations.years
    figures = national.figures
    first = with_figures(profile, years, figures)
    gap = path - equations.rates(first)
    figures = figures + np.clip(changes(national.how, gap, figures, bends_of(national.how)), -FARTHEST, FARTHEST)
    shaped = with_figures(profile, years, figures)
    shaped = reshaped(shaped, Counts(*equations.tally(shaped)), mix, 12 * ahead)
    return steer(equations.rates, shaped, years, path, figures, national.how, rounds=ROUNDS)


def expected_path(dynamics: Dynamics, posterior: Posterior, imposed: np.ndarray, ahead: int) -> np.ndarray:
    """Return the path an authority is to follow (Y + ahead, I): what happened, then what is expected; referrals as they were recorded.

    Parameters
    ----------
    imposed
        Logarithms of referrals per child as recorded (Y), nan where they are not.
    """
    level = np.vstack([dynamics.level, dynamics.national_path(ahead)])
    return with_imposed(level + posterior.mean, imposed)


def futures(dynamics: Dynamics, posterior: Posterior, code: int, draws: int, ahead: int) -> np.ndarray:
    """Return departures of years to come from what is expected, England's own path included (D, ahead, I)."""
    series = len(NAMES)
    later = slice(-ahead * series, None)
    own = normals(draws, code, "rates", (ahead * series,)) @ root(posterior.covariance[later, later]).T
    walk = normals(draws, ENGLAND_CODE, "rates", (ahead, series)) * dynamics.change_sd
    return own.reshape(draws, ahead, series) + np.cumsum(walk, axis=1)
