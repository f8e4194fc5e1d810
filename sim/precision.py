"""How many runs are enough: replications are added until the mean is known as precisely as asked, and stays so a while.

The replications algorithm of Hoad, Robinson and Davies (2010), "Automated selection of the number of replications for a discrete-event
simulation", Journal of the Operational Research Society 61(11), 1632-1644, restated for paired differences: after run n the precision of a mean is

    d_n = 100 t(n - 1, 1 - alpha / 2) s_n / (sqrt(n) |mean_n|)   per cent,

s_n being the standard deviation of the differences of runs 1 to n. The algorithm looks ahead: one lucky run does not stop it, d must stay within
the aim for f(k, n) = k max(n, 100) / 100 runs more. Three things are ours:

* a mean about zero has no relative precision, so a half-width below a stated tolerance will do as well;
* every quantity watched must be precise, of every reform;
* runs looked ahead at are kept, and counted in the result: to drop them again would keep the run at which d first happened to be small.

What is decided depends on the values in the order of their runs alone, never on how many ran at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

FIRST_LOOK = 3  # runs before the first look, as in the paper


@dataclass(frozen=True)
class Rule:
    """When to stop.

    Attributes
    ----------
    precision
        Aim: half-width of the confidence interval of a mean, per cent of the mean.
    minimum, maximum
        Least and most runs.
    level
        Of the confidence interval (Student's t).
    k_limit
        Runs to look ahead while there are 100 at most; beyond, this many per cent of them.
    """

    precision: float = 5.0
    minimum: int = 10
    maximum: int = 200
    level: float = 0.95
    k_limit: int = 5

    def look_ahead(self, n: int) -> int:
        """Return how many runs more a mean must stay precise that first was after `n`: f(k, n)."""
        return self.k_limit * max(n, 100) // 100


@dataclass(frozen=True)
class Watched:
    """A quantity whose mean must be precise.

    Attributes
    ----------
    scenario, label, unit
        Whose, what, and in what.
    tolerance_pct
        A half-width of this many per cent of the baseline's mean will do, however small the difference.
    tolerance
        So will this one, in the unit.
    """

    scenario: str
    label: str
    unit: str
    tolerance_pct: float = 0.0
    tolerance: float = 0.0


@dataclass(frozen=True)
class Estimate:
    """What is known of a watched quantity: its mean, the half-width of its confidence interval, and what that is held against.

    `precision_pct` is the half-width over the mean (infinite at a mean of 0); `tolerated` the half-width that does without it.
    """

    mean: float
    half_width: float
    precision_pct: float
    tolerated: float

    def told(self) -> dict[str, Any]:
        """Return the estimate for the manifest; what is infinite is None there."""
        return {name: value if math.isfinite(value) else None for name, value in asdict(self).items()}

    def meets(self, rule: Rule) -> bool:
        """Tell whether the half-width is small enough, against the mean or by the tolerance."""
        return self.half_width <= max(rule.precision / 100.0 * abs(self.mean), self.tolerated)


class Watch:
    """Sees runs one by one, in order, and says when there are enough.

    Parameters
    ----------
    rule
        When to stop.
    watched
        The quantities (Q), in the order of the values given to `see`.

    Attributes
    ----------
    runs
        Runs seen.
    met_from
        Runs after which every mean was precise, and has been since; None if one is not.
    """

    def __init__(self, rule: Rule, watched: Sequence[Watched]) -> None:
        self.rule, self.watched = rule, tuple(watched)
        self.runs = 0
        self.mean = np.zeros(len(self.watched))
        self.squares = np.zeros(len(self.watched))  # sum of squared departures from the mean (Welford)
        self.level = np.zeros(len(self.watched))
        self.met_from: int | None = None

    @property
    def precise(self) -> bool:
        """Whether there are enough runs, and means have been precise for as many as the rule looks ahead."""
        enough = self.met_from is not None and self.runs >= self.met_from + self.rule.look_ahead(self.met_from)
        return enough and self.runs >= self.rule.minimum

    def see(self, values: Sequence[float], levels: Sequence[float]) -> bool:
        """Take the next run's values (Q) and the baseline's levels (Q) for tolerances; return whether to stop here."""
        self.runs += 1
        before = np.asarray(values, float) - self.mean
        self.mean = self.mean + before / self.runs
        self.squares = self.squares + before * (values - self.mean)
        self.level = self.level + (np.asarray(levels, float) - self.level) / self.runs
        met = self.runs >= FIRST_LOOK and all(estimate.meets(self.rule) for estimate in self.estimates())
        self.met_from = (self.met_from or self.runs) if met else None
        return self.precise or self.runs >= self.rule.maximum

    def estimates(self) -> list[Estimate]:
        """Return what the runs seen so far tell of each quantity (Q)."""
        n = self.runs
        half = np.full(len(self.watched), math.inf)
        if n > 1:
            half = stdtrit(n - 1, 0.5 + self.rule.level / 2.0) * np.sqrt(self.squares / (n - 1) / n)
        found = []
        for one, mean, width, level in zip(self.watched, self.mean.tolist(), half.tolist(), self.level.tolist(), strict=True):
            percent = 100.0 * width / abs(mean) if mean else math.inf
            found.append(Estimate(mean, width, percent, max(one.tolerance_pct / 100.0 * abs(level), one.tolerance)))
        return found

    def forecast(self) -> int:
        """Return how many runs the present standard deviations let expect in all: for a progress bar, nothing depends on it."""
        if self.runs < FIRST_LOOK:
            return self.rule.minimum
        needed = self.met_from or self.runs
        for estimate in self.estimates():
            allowed = max(self.rule.precision / 100.0 * abs(estimate.mean), estimate.tolerated)
            if estimate.half_width > allowed:
                short = (estimate.half_width / allowed) ** 2 if allowed > 0.0 else math.inf
                needed = max(needed, self.rule.maximum if math.isinf(short) else math.ceil(min(self.runs * short, self.rule.maximum)))
        return min(max(needed + self.rule.look_ahead(needed), self.rule.minimum, self.runs), self.rule.maximum)

    def told(self) -> dict[str, Any]:
        """Return what the manifest says: the rule, the runs, whether the precision was reached, and each quantity's estimate."""
        pairs = zip(self.watched, self.estimates(), strict=True)
        rows = [asdict(one) | estimate.told() | {"met": estimate.meets(self.rule)} for one, estimate in pairs]
        return {"rule": asdict(self.rule), "runs": self.runs, "met_from": self.met_from, "reached": self.precise, "watched": rows}
