"""How long a stage lasts: quartiles or a named distribution, and the hazard they imply (rulings 13 and 14)."""

import math
from dataclasses import dataclass
from typing import Any

from pydantic import Field, model_validator

from scenarios.quantities import Frozen, NonNegative, Positive, Sourced, check_increasing
from scenarios.timeline import calendar_days

SURVIVORS_AT_QUARTILES = (1.0, 0.75, 0.5, 0.25)
NAMED = ("exponential", "lognormal", "gamma", "weibull")


def _stats() -> Any:
    """Return scipy's distributions: a second of imports, which a pathway of quartiles and rates does not need."""
    from scipy import stats

    return stats


class Exponential(Frozen):
    """Exponential time in stage."""

    mean_days: Positive

    def frozen(self) -> Any:
        """Return the scipy distribution, in days."""
        return _stats().expon(scale=self.mean_days)


class Lognormal(Frozen):
    """Lognormal time in stage: its median, and the standard deviation of its logarithm."""

    median_days: Positive
    sigma: Positive

    def frozen(self) -> Any:
        """Return the scipy distribution, in days."""
        return _stats().lognorm(self.sigma, scale=self.median_days)


class Gamma(Frozen):
    """Gamma time in stage: its mean and shape."""

    mean_days: Positive
    shape: Positive

    def frozen(self) -> Any:
        """Return the scipy distribution, in days."""
        return _stats().gamma(self.shape, scale=self.mean_days / self.shape)


class Weibull(Frozen):
    """Weibull time in stage: its median and shape."""

    median_days: Positive
    shape: Positive

    def frozen(self) -> Any:
        """Return the scipy distribution, in days."""
        return _stats().weibull_min(self.shape, scale=self.median_days / math.log(2) ** (1 / self.shape))


@dataclass(frozen=True)
class Hazard:
    """A piecewise-constant hazard of leaving a stage.

    Attributes
    ----------
    bands_days
        Where each band starts, in days since entry; the last has no end.
    per_day
        The hazard in each band.
    tail_share
        The share still in the stage when the last band starts: the part whose shape is replaced by an exponential tail.
    """

    bands_days: tuple[float, ...]
    per_day: tuple[float, ...]
    tail_share: float

    @property
    def mean_days(self) -> float:
        """The mean time in stage that the hazard implies."""
        survivors, total = 1.0, 0.0
        for start, end, rate in zip(self.bands_days, (*self.bands_days[1:], math.inf), self.per_day, strict=True):
            left = survivors * math.exp(-rate * (end - start)) if rate else survivors
            total += (survivors - left) / rate if rate else survivors * (end - start)
            survivors = left
        return total


class Duration(Sourced):
    """Time in a stage, in one of three ways.

    `quartiles_days` or `quartiles_working_days` (lower quartile, median, upper quartile), with an optional
    `tail_median_days` or `tail_median_working_days` (half of those beyond the upper quartile leave within it;
    default: the hazard between median and upper quartile goes on); or a named distribution, with the `bands_days` it
    is discretised on.
    """

    quartiles_days: tuple[Positive, Positive, Positive] | None = None
    quartiles_working_days: tuple[Positive, Positive, Positive] | None = None
    tail_median_days: Positive | None = None
    tail_median_working_days: Positive | None = None
    exponential: Exponential | None = None
    lognormal: Lognormal | None = None
    gamma: Gamma | None = None
    weibull: Weibull | None = None
    bands_days: tuple[NonNegative, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_way(self) -> "Duration":
        """Refuse anything but one way of giving a duration, with bands for a named distribution and a tail for quartiles."""
        ways = [way for way in ("quartiles_days", "quartiles_working_days", *NAMED) if getattr(self, way) is not None]
        if len(ways) != 1:
            said = " and ".join(ways) or "nothing"
            raise ValueError(
                f"gives {said}, expected one of quartiles_days, quartiles_working_days, {', '.join(NAMED)}"
            )
        named = ways[0] in NAMED
        if named != (self.bands_days is not None):
            expected = "needs bands_days to be discretised on" if named else "quartiles make their own bands"
            raise ValueError(f"bands_days: {expected}")
        if self.bands_days is not None:
            check_bands(self.bands_days)
        if self.tail_median_days is not None and (named or self.tail_median_working_days is not None):
            raise ValueError("tail_median_days: goes with quartiles, and only one of the two units")
        if self.tail_median_working_days is not None and named:
            raise ValueError("tail_median_working_days: goes with quartiles")
        if not named:
            check_increasing(getattr(self, ways[0]), ways[0])
        return self

    @property
    def quartiles(self) -> tuple[float, ...] | None:
        """The quartiles in calendar days, or None for a named distribution."""
        if self.quartiles_working_days is not None:
            return tuple(calendar_days(days) for days in self.quartiles_working_days)
        return self.quartiles_days

    @property
    def median_days(self) -> float:
        """The median in calendar days."""
        return self.quartiles[1] if self.quartiles else float(self._named().median())

    def hazard(self) -> Hazard:
        """Return the hazard of leaving, all outcomes together (outcome k has its share of it)."""
        return self._from_quartiles() if self.quartiles else self._from_named()

    def _from_quartiles(self) -> Hazard:
        """Return constant hazards between quartiles.

        Each is ln(survivors at its start / survivors at its end) / days. Past the last quartile it goes on, or is ln 2 / the tail's median.
        """
        edges = (0.0, *self.quartiles)
        rates = [
            math.log(SURVIVORS_AT_QUARTILES[i] / SURVIVORS_AT_QUARTILES[i + 1]) / (edges[i + 1] - edges[i])
            for i in range(3)
        ]
        tail = self.tail_median_days
        if self.tail_median_working_days is not None:
            tail = calendar_days(self.tail_median_working_days)
        if tail is None:
            return Hazard(edges[:3], tuple(rates), SURVIVORS_AT_QUARTILES[2])
        return Hazard(edges, (*rates, math.log(2) / tail), SURVIVORS_AT_QUARTILES[3])

    def _named(self) -> Any:
        """Return the named distribution as scipy has it, in days."""
        return next(getattr(self, name) for name in NAMED if getattr(self, name) is not None).frozen()

    def _from_named(self) -> Hazard:
        """Match the survivors at every band's start; the last band keeps the mean time that is left."""
        law, edges = self._named(), self.bands_days
        survivors = [float(law.sf(edge)) for edge in edges]
        if survivors[-1] < 1e-12:
            raise ValueError(f"bands_days: nobody is left by day {edges[-1]:g}, expected a last band some still reach")
        rates = [math.log(survivors[i] / survivors[i + 1]) / (edges[i + 1] - edges[i]) for i in range(len(edges) - 1)]
        from scipy import integrate

        left, _ = integrate.quad(law.sf, edges[-1], math.inf, limit=200)
        return Hazard(tuple(edges), (*rates, survivors[-1] / left), survivors[-1])


def check_bands(bands_days: tuple[float, ...]) -> None:
    """Raise ValueError unless bands start at 0 and increase."""
    if bands_days[0] != 0:
        raise ValueError(f"bands_days: the first is {bands_days[0]:g}, expected 0 (days since the clock started)")
    check_increasing(bands_days, "bands_days")
