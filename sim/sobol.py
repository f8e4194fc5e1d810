"""Sobol' indices of a paired difference over effects and prices: what share of its variance is due to each number, alone and in all.

First-order and total indices by the estimators of Saltelli et al. (2010), *Computer Physics Communications* 181, 259-270, as
`scipy.stats.sobol_indices` has them. Points are a Sobol' sequence of two matrices side by side, each dimension moved by a digital shift (L'Ecuyer and
Lemieux 2002): bits drawn by address, so the same seed gives the same points. Intervals are by bootstrap over points, 90 % of the resamples, drawn by
address too (scipy's own bootstrap cannot be seeded). Chance is held: every point is run on the same replicates, and the function analysed is the mean
over them. What is left of chance:

* a jackknife over replicates gives each index's standard error from having few of them;
* the part of the variance that a point's replicates disagree about is told as `chance_share`: it appears in total indices as interaction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc, sobol_indices

from scenarios.names import name_hash
from sim.evaluating import Point
from sim.kernels.rng import fill_uniforms
from sim.plan import ExperimentError
from sim.uncertain import Number, point_of

RESAMPLES = 500
LEVEL = 0.90
BITS = 32
Evaluate = Callable[[Sequence[Point]], np.ndarray]


@dataclass(frozen=True)
class Indices:
    """First-order and total indices of D numbers.

    Attributes
    ----------
    first, total
        Indices (D).
    first_interval, total_interval
        Ends of their 90 % bootstrap intervals over points (D, 2).
    first_chance, total_chance
        Standard errors from the number of replicates (D); nan with one.
    mean, variance
        Of the function over points.
    chance_share
        The part of that variance that chance leaves; nan with one replicate.
    points, runs
        Points in each matrix, and replicates at each.
    """

    first: np.ndarray
    total: np.ndarray
    first_interval: np.ndarray
    total_interval: np.ndarray
    first_chance: np.ndarray
    total_chance: np.ndarray
    mean: float
    variance: float
    chance_share: float
    points: int
    runs: int


def uniforms(dimensions: int, points: int, seed: int) -> np.ndarray:
    """Return two matrices of points in (0, 1), (2, D, N): a Sobol' sequence with a digital shift drawn by address from the seed."""
    raw = qmc.Sobol(2 * dimensions, scramble=False, bits=BITS).random(points)
    shift = np.empty((1, 2 * dimensions))
    fill_uniforms(shift, seed, 0, 0, name_hash("sensitivity.sobol.shift"))
    whole = 2.0**BITS
    shifted = (raw * whole).astype(np.uint64) ^ (shift * whole).astype(np.uint64)
    return ((shifted + 0.5) / whole).T.reshape(2, dimensions, points)


def sobol(evaluate: Evaluate, numbers: Sequence[Number], points: int, seed: int) -> Indices:
    """Return the indices of numbers; `evaluate` returns differences by point and run, for `points` x (D + 2) points.

    Raises
    ------
    ExperimentError
        If there are fewer than two numbers, or `points` is not a power of 2 of at least 4.
    """
    if len(numbers) < 2:
        raise ExperimentError(f"{len(numbers)} uncertain numbers, expected two or more to share the variance out")
    if points < 4 or points & (points - 1):
        raise ExperimentError(f"points: is {points}, expected a power of 2 from 4, such as 32: the sequence is balanced only then")
    a, b = uniforms(len(numbers), points, seed)
    mixed = [np.where(np.arange(len(numbers))[:, None] == d, b, a) for d in range(len(numbers))]
    asked = [point_of([(n, n.coordinate(float(u))) for n, u in zip(numbers, row, strict=True)]) for table in (a, b, *mixed) for row in table.T]
    values = np.asarray(evaluate(asked), float)
    return indices(values.reshape(len(numbers) + 2, points, -1), seed)


def indices(values: np.ndarray, seed: int) -> Indices:
    """Return the indices from values by matrix (A, B, and A with each number of B's), point and run (D + 2, N, R)."""
    dimensions, points, runs = values.shape[0] - 2, *values.shape[1:]
    every = np.arange(points)
    first, total = _indices(values.mean(axis=2), every)
    rows = np.empty((RESAMPLES, points))
    fill_uniforms(rows, seed, 0, 0, name_hash("sensitivity.sobol.bootstrap"))
    drawn = np.array([_indices(values.mean(axis=2), (points * row).astype(int)) for row in rows])
    tails = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    chance = np.full((2, dimensions), np.nan)
    if runs > 1:
        without = np.array([_indices(np.delete(values, r, axis=2).mean(axis=2), every) for r in range(runs)])
        chance = np.sqrt((runs - 1) / runs * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    apart = values[:2].mean(axis=2).ravel()
    return Indices(
        first, total, tails[:, 0].T, tails[:, 1].T, chance[0], chance[1], float(apart.mean()), float(apart.var(ddof=1)), chance_share(values[:2]),
        points, runs,
    )  # fmt: skip


def chance_share(values: np.ndarray) -> float:
    """Return the part of the variance of the mean over runs (last axis) that runs disagree about, of independent points (others); nan with one run.

    By the two-way layout of points and runs: the mean square of what neither explains, over the runs, and over the variance of the points' means.
    """
    table = values.reshape(-1, values.shape[-1])
    points, runs = table.shape
    variance = table.mean(axis=1).var(ddof=1)
    if runs < 2 or variance == 0.0:
        return math.nan if runs < 2 else 0.0
    rest = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0, keepdims=True) + table.mean()
    return float((rest**2).sum() / ((points - 1) * (runs - 1)) / runs / variance)


def _indices(means: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return first-order and total indices from means by matrix and point (D + 2, N), of some of the points."""
    taken = means[:, rows]
    found = sobol_indices(func={"f_A": taken[:1], "f_B": taken[1:2], "f_AB": taken[2:, None]}, n=len(rows))
    return found.first_order, found.total_order
