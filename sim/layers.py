"""How much of what is not known of a difference is chance, how much the world (demand and prices), how much what reforms do.

Draws are made in pairs: two of each layer, a and b, of chance (replicates), world (fitted draws and growth of prices) and effects. A block runs all
eight combinations; every draw is of its own address, so layers can be crossed. That is a 2 x 2 x 2 layout of random effects, repeated over
independent blocks. With y the difference, the mean square of a set of layers U is (sum of +- y)^2 / 8, the signs being the product of those of U's
layers, and

    E MS(U) = sum over T containing U of 2^(3 - |T|) var(T),    so    var(U) = sum over T containing U of (-1)^(|T| - |U|) MS(T) / 2^(3 - |U|)

(Searle, Casella and McCulloch 1992, *Variance Components*, chapter 4: balanced data, crossed random effects, by equating mean squares). Estimates are
unbiased, so they may fall below 0; their error is that of a mean over blocks. The seven components add up to the variance of a difference in ordinary
runs. A layer's part is its own component and an equal part of each interaction it takes part in: its Shapley value (Owen 2014, *SIAM/ASA Journal on
Uncertainty Quantification* 2, 245-251).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from scenarios.loading import Scenario
from scenarios.names import name_hash
from sim import price_growth
from sim.evaluating import Evaluator, Point
from sim.kernels.rng import uniform
from sim.plan import Plan

CHANCE, WORLD, EFFECTS = LAYERS = ("chance", "world", "effects")
SETS = tuple(frozenset(chosen) for size in (1, 2, 3) for chosen in combinations(LAYERS, size))
SIDE = np.array([1.0, -1.0])


@dataclass(frozen=True)
class Part:
    """A part of a variance, its standard error over blocks, and its share of the whole (with its own error by jackknife over blocks)."""

    variance: float
    error: float
    share: float
    share_error: float


def components(values: np.ndarray) -> dict[frozenset[str], np.ndarray]:
    """Return the variance component of every set of layers, an estimate for each block (B), from differences (B, 2, 2, 2): chance, world, effects."""
    squares = {}
    for chosen in SETS:
        signs = np.ones((2, 2, 2))
        for axis, layer in enumerate(LAYERS):
            if layer in chosen:
                signs = signs * SIDE.reshape([2 if i == axis else 1 for i in range(3)])
        squares[chosen] = (values * signs).sum(axis=(1, 2, 3)) ** 2 / 8.0
    return {
        chosen: sum((-1.0) ** (len(other) - len(chosen)) * squares[other] for other in SETS if other >= chosen) / 2.0 ** (3 - len(chosen))
        for chosen in SETS
    }


def parts(values: np.ndarray) -> dict[str, Part]:
    """Return each layer's part of the variance, then `total` and `interactions` (which the parts hold already), from differences (B, 2, 2, 2)."""
    found = components(values)
    rows = {layer: sum(found[chosen] / len(chosen) for chosen in SETS if layer in chosen) for layer in LAYERS}
    rows["total"] = sum(found.values())
    rows["interactions"] = sum(found[chosen] for chosen in SETS if len(chosen) > 1)
    return {name: _part(each, rows["total"]) for name, each in rows.items()}


def _part(each: np.ndarray, total: np.ndarray) -> Part:
    """Return the mean over blocks of a part, and of its share."""
    n = len(each)
    share = each.mean() / total.mean() if total.mean() != 0.0 else 0.0
    if n < 2:
        return Part(float(each.mean()), np.inf, float(share), np.inf)
    rest = total.sum() - total
    without = np.divide(each.sum() - each, rest, out=np.zeros(n), where=rest != 0.0)
    jackknife = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    return Part(float(each.mean()), float(each.std(ddof=1) / np.sqrt(n)), float(share), float(jackknife))


def crossed(evaluator: Evaluator, blocks: int) -> np.ndarray:
    """Return differences of crossed draws (B, 2, 2, 2, quantities, years), axes as `components` has them.

    Block b crosses draws 2b and 2b + 1 of each layer: those that runs 2b and 2b + 1 of an ordinary comparison have.
    """
    tasks = [
        (point(evaluator.plan, 2 * block + world, 2 * block + effects), 2 * block + chance)
        for block in range(blocks) for chance in range(2) for world in range(2) for effects in range(2)
    ]  # fmt: skip
    found = evaluator(tasks)
    return found.reshape(blocks, 2, 2, 2, *found.shape[1:])


def point(plan: Plan, world: int, effects: int) -> Point:
    """Return the point at which prices and fitted draws are those of one run, and effects those of another."""
    fixed: dict[str, float] = {}
    for scenario in plan.scenarios:
        fixed |= _effects(scenario, plan.seed, effects) | _prices(scenario, plan.seed, world)
    return Point.of(fixed, fitted_draw=world if any(scenario.draws for scenario in plan.scenarios) else None)


def _effects(scenario: Scenario, seed: int, replicate: int) -> dict[str, float]:
    """Return the levers' uncertain numbers as drawn for a replicate, by name."""
    return {name: item.quantile(uniform(seed, replicate, 0, 0, name_hash(f"parameter.{name}"), 0)) for name, item in scenario.uncertain.items()}


def _prices(scenario: Scenario, seed: int, replicate: int) -> dict[str, float]:
    """Return the uncertain growth of prices as drawn for a replicate, by name."""
    prices = scenario.settings.prices
    drawn = price_growth.drawn(prices, seed, replicate)
    return {item.name: drawn[placement] for placement, item in prices.real_growth_per_year.items() if not item.is_fixed}
