"""One number at a time: how far each moves a reform's outcome (tornado), and where the reform would just break even (switching values).

The outcome is a paired difference, reform less baseline, of runs that are the same in every evaluation, so evaluations differ by the number alone and
by what chance makes of it. Both analyses take the outcome as a function of points, `evaluate(points) -> (points, runs)`; `sim.evaluating` is one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtrit

from sim.evaluating import Point
from sim.uncertain import Number

LOW, HIGH = 0.05, 0.95
LEVEL = 0.95  # of the Monte Carlo errors: half-widths by Student's t
FINE = 1 / 50  # of the interval searched: how closely a switching value is found; chance blurs it more
Evaluate = Callable[[Sequence[Point]], np.ndarray]


@dataclass(frozen=True)
class Estimate:
    """A mean over runs and the half-width of its 95 % interval (infinite with one run)."""

    mean: float
    error: float

    @classmethod
    def of(cls, runs: np.ndarray) -> Estimate:
        """Return the estimate from values by run (R)."""
        n = len(runs)
        return cls(float(np.mean(runs)), float(stdtrit(n - 1, 0.5 + LEVEL / 2) * np.std(runs, ddof=1) / math.sqrt(n)) if n > 1 else math.inf)


@dataclass(frozen=True)
class Bar:
    """What one number does: its values at the low and the high end (`ends`: 5 % and 95 % of draws), and the outcome there.

    `swing` is the outcome at the high end less that at the low, `below` and `above` the outcome at either end less the central one, all run by run.
    """

    number: Number
    ends: tuple[float, float]
    low: Estimate
    high: Estimate
    below: Estimate
    above: Estimate
    swing: Estimate


@dataclass(frozen=True)
class Tornado:
    """The outcome with all numbers central, and the bars, the widest first."""

    central: Estimate
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Switching:
    """Where a reform just breaks even in one number, others central.

    Attributes
    ----------
    number
        The number.
    value
        The value; None if the outcome does not change sign between the limits searched.
    error
        Half-width of its 95 % interval: that of the outcome there over the outcome's slope.
    inside
        Whether the value lies in the number's plausible range.
    searched
        The values between which it was looked for.
    outcomes
        The outcome at the ends of the plausible range.
    """

    number: Number
    value: float | None
    error: float
    inside: bool
    searched: tuple[float, float]
    outcomes: tuple[float, float]


def tornado(evaluate: Evaluate, numbers: Sequence[Number]) -> Tornado:
    """Return what each number does alone, at 5 % and 95 % of its draws, others at their means."""
    ends = [(number.coordinate(LOW), number.coordinate(HIGH)) for number in numbers]
    points = [Point(), *(number.point(end) for number, pair in zip(numbers, ends, strict=True) for end in pair)]
    central, *found = evaluate(points)
    bars = [
        Bar(
            number, (number.value(pair[0]), number.value(pair[1])), Estimate.of(low), Estimate.of(high),
            Estimate.of(low - central), Estimate.of(high - central), Estimate.of(high - low),
        )
        for number, pair, low, high in zip(numbers, ends, found[::2], found[1::2], strict=True)
    ]  # fmt: skip
    return Tornado(Estimate.of(central), tuple(sorted(bars, key=lambda bar: -abs(bar.swing.mean))))


def switching_value(evaluate: Evaluate, number: Number) -> Switching:
    """Return the value of a number at which the mean outcome is nil, others at their means.

    It is bracketed by the ends of the plausible range (and the central value), or else by the limits beyond it, and then found by Brent's method on
    the mean over the runs: a fixed function, since runs are the same at every value. Of several crossings in the range the one nearest the central
    value is told.
    """
    runs: dict[float, np.ndarray] = {}

    def mean(coordinate: float) -> float:
        """Return the mean outcome at a coordinate."""
        if coordinate not in runs:
            (runs[coordinate],) = evaluate([number.point(coordinate)])
        return float(np.mean(runs[coordinate]))

    (low, high), (least, most) = number.ends(), number.limits()
    inner = [low, high] if number.together or not low < number.central < high else [low, number.central, high]
    outcomes = mean(low), mean(high)
    searched = (low, high)
    brackets = _brackets(mean, inner)
    if not brackets:
        searched = (least, most)
        brackets = _brackets(mean, [least, low]) + _brackets(mean, [high, most])
    told = number.value(searched[0]), number.value(searched[1])
    if not brackets:
        return Switching(number, None, math.inf, False, told, outcomes)
    roots = [(_root(mean, a, b), a, b) for a, b in brackets]
    at, a, b = min(roots, key=lambda root: abs(number.value(root[0]) - number.central))
    slope = (number.value(b) - number.value(a)) / (mean(b) - mean(a)) if mean(a) != mean(b) else math.inf
    mean(at)
    return Switching(number, number.value(at), abs(slope) * Estimate.of(runs[at]).error, low <= at <= high, told, outcomes)


def _brackets(mean: Callable[[float], float], ends: list[float]) -> list[tuple[float, float]]:
    """Return neighbouring coordinates between which the mean changes sign."""
    return [(a, b) for a, b in pairwise(ends) if a < b and mean(a) * mean(b) <= 0.0]


def _root(mean: Callable[[float], float], a: float, b: float) -> float:
    """Return a coordinate between two at which the mean is nil."""
    if mean(a) == 0.0 or mean(b) == 0.0:
        return a if mean(a) == 0.0 else b
    return brentq(mean, a, b, xtol=FINE * (b - a), rtol=1e-12)
