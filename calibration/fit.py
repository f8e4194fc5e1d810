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
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from calibration.draws import ENGLAND_CODE, normals
from calibration.dynamics import Dynamics, Posterior, condition, learn, root
from calibration.equations import Equations, Nearby
from calibration.inputs import Inputs
from calibration.mix import Mix, reshaped
from calibration.national_fit import NationalFit, kept_england
from calibration.panel import ENGLAND
from calibration.record import Records, with_imposed
from calibration.series import NAMES, in_care, simulated_log_work, with_stock
from calibration.small_england import SMALL
from calibration.steering import Steered, bends_of, changes, solve, steer, with_figures, with_records
from scenarios.areas import AreaProfile
from scenarios.synthetic import made_up
from sim.counting import Counts
from sim.executors import run_in_processes
from sim.kernels.layout import Tally
from sim.model import CompiledModel

ROUNDS = 3
TRIED = 40  # draws under which the simulation is held against the equations: chance in what is then allowed for is below 1 % (binding.py)
# Runs of the equations that go through spin-up besides the first (`equations.Nearby`): after figures moved far. Over six authorities of 2016 what is
# left is 0.6 % of a rate at most.
WHOLE = (2,)
FARTHEST = 1.5  # an authority's first step away from England's figures, logarithm


@dataclass(frozen=True)
class AuthorityFit:
    """One authority's.

    Attributes
    ----------
    steered
        Figures of past years and, as expected, of years to come; its misfit is of what the simulation is to make, `path`.
    posterior
        Departures from England given the record.
    path
        Logarithms of rates followed (Y, I), the first year's of leaving care being children in care.
    futures
        Logarithms of rates as drawn (D, ahead, I).
    figures
        Logarithms of figures as drawn, over those expected (D, ahead, I).
    work
        Logarithms of work in hand as drawn, over what is expected (D, ahead).
    in_care
        Children in care on 31 March as the simulation makes them, unaccompanied ones apart (Y).
    """

    steered: Steered
    posterior: Posterior
    path: np.ndarray
    futures: np.ndarray
    figures: np.ndarray
    work: np.ndarray
    in_care: np.ndarray


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
    path_of_england = with_stock(np.vstack([inputs.england[-years:], later]), inputs.england_in_care[-years])
    national = kept_england(equations, inputs.profiles[ENGLAND], path_of_england, inputs.mixes[ENGLAND], tried(dynamics, records, ahead), workers)

    def one(area: str) -> AuthorityFit:
        """Fit one authority."""
        row = records.row(area)
        posterior = condition(dynamics, records.values[row], records.counting[row], ahead)
        path = with_stock(expected_path(dynamics, posterior, records.imposed[row], ahead)[-len(equations.years) :], records.in_care[row, -years])
        steered, in_care = follow_authority(equations, inputs.profiles[area], national, path, inputs.mixes[area], ahead)
        paths = futures(dynamics, posterior, inputs.profiles[area].code, draws, ahead)
        how, flat = national.how[years:, :, years:, :], np.zeros(paths.shape[1:])
        drawn = changes(how, paths, flat, bends_of(national.how))
        work = np.einsum("yki,dki->dy", national.how_work[years:, years:], solve(how, paths, flat))
        return AuthorityFit(steered, posterior, path, path[years:] + paths, drawn, work, in_care)

    chosen = records.areas if areas is None else areas
    found = run_in_processes(one, chosen, workers, progress)
    return Fit(inputs.vintage, records.years[-years:], ahead, dynamics, records, national, MappingProxyType(dict(zip(chosen, found, strict=True))))


def follow_authority(
    equations: Equations, profile: AreaProfile, national: NationalFit, path: np.ndarray, mix: Mix, ahead: int
) -> tuple[Steered, np.ndarray]:  # fmt: skip
    """Return figures with which the equations follow an authority's path, from England's on, and children in care as they then make them (Y)."""
    years, near = equations.years, Nearby(equations, whole=WHOLE)
    path = path - national.binding
    gap = path - national.rates
    figures = national.figures + np.clip(changes(national.how, gap, national.figures, bends_of(national.how)), -FARTHEST, FARTHEST)
    shaped = with_figures(profile, years, figures)
    shaped = reshaped(shaped, Counts(*near.tally(shaped)), mix, 12 * ahead)
    found = steer(near.rates, shaped, years, path, figures, national.how, rounds=ROUNDS)
    stock = np.exp(national.binding_in_care) * in_care(*near.counts, years)
    return replace(found, profile=with_references(found.profile, *near.counts, years, ahead)), stock


def with_references(profile: AreaProfile, tally: Tally, compiled: CompiledModel, years: tuple[int, ...], ahead: int) -> AreaProfile:
    """Return a profile with what loops refer to: work in hand as counted by year, those to come too, and the use of places in the record's last."""
    ends = tally.places_end[0][-12 * (ahead + 1) : -12 * ahead or None].sum(axis=0)
    use = {f"reference_use_{place}": {years[-1] - ahead: ends[i, 1] / ends[i, 0]} for i, place in enumerate(compiled.place_names) if ends[i, 0] > 0}
    work = np.exp(simulated_log_work(tally, years))
    return with_records(profile, {"work_in_hand": dict(zip(years, map(float, work), strict=True)), **use})


def expected_path(dynamics: Dynamics, posterior: Posterior, imposed: np.ndarray, ahead: int) -> np.ndarray:
    """Return the path an authority is to follow (Y + ahead, I): what happened, then what is expected; referrals as they were recorded.

    Parameters
    ----------
    imposed
        Logarithms of referrals per child as recorded (Y), nan where they are not.
    """
    level = np.vstack([dynamics.level, dynamics.national_path(ahead)])
    return with_imposed(level + posterior.mean, imposed)


def tried(dynamics: Dynamics, records: Records, ahead: int) -> np.ndarray:
    """Return draws (`TRIED`, ahead, I) of an authority whose record is England's, under which the simulation is held against the equations."""
    posterior = condition(dynamics, dynamics.level, np.median(records.counting, axis=0), ahead)
    return futures(dynamics, posterior, made_up(SMALL).code, TRIED, ahead)


def futures(dynamics: Dynamics, posterior: Posterior, code: int, draws: int, ahead: int) -> np.ndarray:
    """Return departures of years to come from what is expected, England's own path included (D, ahead, I)."""
    series = len(NAMES)
    later = slice(-ahead * series, None)
    own = normals(draws, code, "rates", (ahead * series,)) @ root(posterior.covariance[later, later]).T
    walk = normals(draws, ENGLAND_CODE, "rates", (ahead, series)) * dynamics.change_sd
    return own.reshape(draws, ahead, series) + np.cumsum(walk, axis=1)
