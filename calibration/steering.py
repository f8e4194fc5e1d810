"""Rates that make an authority's simulation follow its record: Newton's method on the stock-and-flow equations.

What a figure of one year does to every series of that year and of later ones is measured once, on one authority (logarithms, by pulses):
`response`. With it the figures that a path of series takes are a linear system, solved again until the equations follow the path. The figures of
the first year hold all through spin-up, so they have a response of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from calibration.series import QUANTITIES
from scenarios.areas import AreaProfile, Record
from sim.executors import run_in_processes

PULSE = 0.1  # logarithm: large against rounding, small against the bend of the equations
# A path is followed as closely as it is worth: a misfit of CLOSE costs as much as a figure that changes by CHANGE from one year to the next. Without
# it a stock that answers its figure slowly would make that figure swing from year to year. Assumed; the misfit that is left is reported.
CLOSE = 0.01
CHANGE = 0.25
ENDS = tuple(QUANTITIES.index(quantity) for quantity in ("ratio_plan_end", "ratio_cin_end"))  # figures that move a stock by how long stays last
SHORTEST = 0.1  # stays no shorter than this share of what they were
MOST = 0.7  # furthest a figure's logarithm moves in a round
# Ratios to the pathway, and families a child; beyond these lies a record that no rate explains.
LOWEST = np.log([1e-4 if quantity == "new_family_referrals" else 0.05 for quantity in QUANTITIES])
HIGHEST = np.log([0.5 if quantity == "new_family_referrals" else 20.0 for quantity in QUANTITIES])
Simulate = Callable[[AreaProfile], np.ndarray]  # logarithms of rates by year and series (Y, I) of a profile


@dataclass(frozen=True)
class Steered:
    """Figures that make the equations follow a path, and how nearly they do.

    Attributes
    ----------
    figures
        Logarithms by year and quantity (Y, I).
    misfit
        Logarithm of simulated over wanted (Y, I).
    profile
        The authority with these figures.
    """

    figures: np.ndarray
    misfit: np.ndarray
    profile: AreaProfile


def response(
    simulate: Simulate, profile: AreaProfile, years: tuple[int, ...], figures: np.ndarray, later: Simulate | None = None, workers: int | None = 1,
) -> np.ndarray:  # fmt: skip
    """Return how logarithms of series follow logarithms of figures (Y, N, Y, I): 0 where the figure is of a later year.

    Parameters
    ----------
    simulate
        The equations: logarithms of N series by year (Y, N).
    figures
        Logarithms about which the response is taken (Y, I).
    later
        The equations for figures that differ after the first year only, if they are faster so; called with `figures` first.
    workers
        Processes.
    """
    n, series = figures.shape
    later = later or simulate
    base = later(with_figures(profile, years, figures))

    def pulse(which: tuple[int, int]) -> np.ndarray:
        """Return how series answer one figure of one year (Y, N)."""
        year, j = which
        moved = figures.copy()
        moved[year, j] += PULSE
        return ((later if year else simulate)(with_figures(profile, years, moved)) - base) / PULSE

    pulses = [(year, j) for year in (0, 1) for j in range(series)]
    found = np.zeros((n, base.shape[1], n, series))
    for (year, j), answer in zip(pulses, run_in_processes(pulse, pulses, workers), strict=True):
        if year == 0:
            found[:, :, 0, j] = answer
        for moved in range(1, n) if year else ():
            found[moved:, :, moved, j] = answer[1 : n - moved + 1]
    return found


def steer(
    simulate: Simulate, profile: AreaProfile, years: tuple[int, ...], wanted: np.ndarray, figures: np.ndarray, how: np.ndarray, rounds: int = 4
) -> Steered:
    """Return figures with which the equations follow a path.

    Parameters
    ----------
    simulate
        The equations.
    wanted
        Logarithms of series to follow (Y, I).
    figures
        Where to start from (Y, I).
    how
        The response (Y, I, Y, I).
    rounds
        Newton steps; each runs the equations once, and once more at the end.
    """
    figures = figures.copy()
    for _ in range(rounds):
        gap = wanted - simulate(with_figures(profile, years, figures))
        figures = np.clip(figures + np.clip(changes(how, gap, figures, bends_of(how)), -MOST, MOST), LOWEST, HIGHEST)
    made = with_figures(profile, years, figures)
    return Steered(figures, simulate(made) - wanted, made)


def bends_of(how: np.ndarray) -> np.ndarray:
    """Return what part of a stock follows how long stays last, of each of `ENDS`: the response to ends that were always so."""
    return np.clip([-how[0, j, 0, j] for j in ENDS], 0.1, 0.9)


def changes(how: np.ndarray, gap: np.ndarray, figures: np.ndarray, bends: np.ndarray) -> np.ndarray:
    """Return the changes of figures (..., Y, I) that close gaps of series (..., Y, I): those of the straight response, bent where stocks bend.

    A stock is a part that no figure of stays moves, and a part in proportion to the stay: log(1 - b + b exp(-z)) for a figure z of ends, of which
    the response knows the slope -b (`bends_of`). What the straight response asks of such a figure is turned into what the bent one needs.
    """
    straight = solve(how, gap, figures)
    for j, b in zip(ENDS, bends, strict=True):
        straight[..., j] = -np.log(np.maximum(1.0 + (np.exp(-b * straight[..., j]) - 1.0) / b, SHORTEST))
    return straight


def solve(how: np.ndarray, gap: np.ndarray, figures: np.ndarray) -> np.ndarray:
    """Return the changes of figures (..., Y, I) that close gaps of series (..., Y, I) with figures that change little from year to year.

    Least squares over both; `figures` are those before the change (Y, I).
    """
    years, series = figures.shape
    size = years * series
    matrix = how.reshape(size, size)
    steps = np.kron(np.diff(np.eye(years), axis=0), np.eye(series)) * (CLOSE / CHANGE)
    left = matrix.T @ matrix + steps.T @ steps
    right = matrix.T @ gap.reshape(-1, size).T - (steps.T @ steps @ figures.ravel())[:, None]
    return np.linalg.solve(left, right).T.reshape(gap.shape)


def with_figures(profile: AreaProfile, years: tuple[int, ...], figures: np.ndarray) -> AreaProfile:
    """Return a profile that has figures (logarithms, (Y, I)); new families are a rate per child, the others ratios to the pathway."""
    children = np.array([profile.value("population_0_17", year) for year in years])
    series = {
        quantity: dict(zip(years, np.exp(figures[:, i]) * (children if quantity == "new_family_referrals" else 1.0), strict=True))
        for i, quantity in enumerate(QUANTITIES)
    }
    return with_records(profile, series)


def multipliers(drawn: np.ndarray) -> dict[str, np.ndarray]:
    """Return figures as drawn over those expected (logarithms, (D, ahead, I)) as scenarios take draws: quantity -> multipliers (D, ahead)."""
    return {quantity.removeprefix("ratio_"): np.exp(drawn[:, :, i]) for i, quantity in enumerate(QUANTITIES)}


def with_records(profile: AreaProfile, series: Mapping[str, Mapping[int, float]], status: str = "derived") -> AreaProfile:
    """Return a profile in which quantities have these values by year, and no others."""
    records = dict(profile.records)
    for quantity, values in series.items():
        records[quantity] = tuple(
            Record(profile.name, quantity, year, float(value), "", "calibration/steering.py", status, "own") for year, value in sorted(values.items())
        )
    return replace(profile, records=MappingProxyType(records))
