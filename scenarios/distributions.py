"""Numbers we are not sure of: a fixed value or a distribution, with its source and status.

Written in YAML as `0.85`, `{value: 0.85, range: [0.7, 1.0], source: …, status: …}`, `{triangular: [low, mode, high],
…}`,
`{uniform: [low, high], …}`, `{normal: {mean: …, interval_90: [low, high]}}` or `{lognormal: {median: …, interval_95:
[low, high]}}`. Draws are made by inverse cumulative distribution, so one uniform gives one value.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from scipy.special import ndtr, ndtri

KINDS = ("value", "triangular", "uniform", "normal", "lognormal")
ABOUT = ("source", "status", "range", "unit")
INTERVALS = {"interval_90": 0.90, "interval_95": 0.95}
STATUSES = ("published", "derived", "assumed")
# A normal tail reaches to infinity; draws keep within this many standard deviations.
MOST_DEVIATIONS = 6.0


class DistributionError(ValueError):
    """A distribution that cannot be read, with the key at fault (None: the whole of it)."""

    def __init__(self, message: str, key: str | None = None) -> None:
        super().__init__(message)
        self.key = key


@lru_cache(maxsize=65536)
def _quantile(kind: str, numbers: tuple[float, ...], u: float) -> float:
    """Return a quantile, as `scipy.stats` computes it (its import takes a second); kept, since each authority of a run asks for the same draw."""
    if kind == "triangular":
        low, mode, high = numbers
        bend = (mode - low) / (high - low)
        share = math.sqrt(bend * u) if u < bend else 1.0 - math.sqrt((1.0 - bend) * (1.0 - u))
        return share * (high - low) + low
    if kind == "uniform":
        return u * (numbers[1] - numbers[0]) + numbers[0]
    mean, deviation = numbers
    if kind == "normal":
        return float(ndtri(u)) * deviation + mean
    return float(np.exp(deviation * ndtri(u))) * math.exp(mean)


def _mean(kind: str, numbers: tuple[float, ...]) -> float:
    """Return the mean of the draws."""
    if kind == "triangular":
        low, mode, high = numbers
        return low + (high - low) * (((mode - low) / (high - low) + 1.0) / 3.0)
    if kind == "uniform":
        return 0.5 * (numbers[1] - numbers[0]) + numbers[0]
    mean, deviation = numbers
    return mean if kind == "normal" else math.sqrt(float(np.exp(deviation * deviation))) * math.exp(mean)


@dataclass(frozen=True)
class Distribution:
    """A fixed number or a distribution.

    Attributes
    ----------
    kind
        `value` (fixed), `triangular` (low, mode, high), `uniform` (low, high), `normal` (mean, standard deviation) or
        `lognormal` (mean and standard deviation of the logarithm).
    numbers
        The parameters named above.
    factor
        What every draw is multiplied by.
    source, status, range, unit
        Where the number comes from; `published`, `derived` or `assumed`; plausible low and high; unit.
    name
        Where it stands in the scenario, such as `family_help.fidelity`: the address of its draw.
    """

    kind: Literal["value", "triangular", "uniform", "normal", "lognormal"]
    numbers: tuple[float, ...]
    factor: float = 1.0
    source: str | None = None
    status: Literal["published", "derived", "assumed"] | None = None
    range: tuple[float, float] | None = None
    unit: str | None = None
    name: str = ""

    @classmethod
    def fixed(cls, value: float, **about: Any) -> "Distribution":
        """Return a number without uncertainty."""
        return cls("value", (float(value),), **about)

    @property
    def is_fixed(self) -> bool:
        """Whether every draw is the same."""
        return self.kind == "value" or (self.kind in ("triangular", "uniform") and self.numbers[0] == self.numbers[-1])

    def quantile(self, u: float) -> float:
        """Return the value below which a share `u` (0 to 1) of draws lie."""
        if not 0.0 <= u <= 1.0:
            raise ValueError(f"a share is {u}, expected 0 to 1")
        if self.is_fixed:
            return self.factor * self.numbers[0]
        if self.kind in ("normal", "lognormal"):
            u = min(max(u, float(ndtr(-MOST_DEVIATIONS))), float(ndtr(MOST_DEVIATIONS)))
        return self.factor * _quantile(self.kind, self.numbers, u)

    @property
    def mean(self) -> float:
        """The mean of the draws."""
        return self.factor * (self.numbers[0] if self.is_fixed else _mean(self.kind, self.numbers))

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest draw."""
        if self.kind in ("triangular", "uniform"):  # as they are given
            ends = self.factor * self.numbers[0], self.factor * self.numbers[-1]
        else:
            ends = self.quantile(0.0), self.quantile(1.0)
        return min(ends), max(ends)

    def scaled(self, factor: float) -> "Distribution":
        """Return the distribution of a draw times `factor`."""
        return replace(self, factor=self.factor * factor)

    def as_data(self) -> dict[str, Any]:
        """Return the distribution as a file writes it: what `parse_distribution` reads, `factor` and `name` left out.

        A normal or lognormal is written by its middle and its 95 % interval.
        """
        numbers: Any = self.numbers[0] if self.kind == "value" else list(self.numbers)
        if self.kind in ("normal", "lognormal"):
            (middle, deviation), half = self.numbers, float(ndtri(0.5 + INTERVALS["interval_95"] / 2))
            ends = [middle - half * deviation, middle, middle + half * deviation]
            low, middle, high = [math.exp(end) for end in ends] if self.kind == "lognormal" else ends
            numbers = {"mean" if self.kind == "normal" else "median": middle, "interval_95": [low, high]}
        limits = list(self.range) if self.range else None
        about = {"unit": self.unit, "range": limits, "source": self.source, "status": self.status}
        return {self.kind: numbers} | {key: value for key, value in about.items() if value is not None}

    def __str__(self) -> str:
        shown = ", ".join(f"{number * (self.factor if self.kind != 'lognormal' else 1):g}" for number in self.numbers)
        return shown if self.kind == "value" else f"{self.kind}({shown})"


def parse_distribution(data: Any) -> Distribution:
    """Read a distribution from plain data in one of the forms above.

    Raises
    ------
    DistributionError
        If it has none of the forms, or its numbers make no distribution.
    """
    if isinstance(data, Distribution):
        return data
    if not isinstance(data, dict):
        return Distribution.fixed(_number(data, None))
    for key in data:
        if key not in KINDS + ABOUT:
            from scenarios.names import suggestion

            raise DistributionError(f"unknown key {key!r}, {suggestion(key, KINDS + ABOUT)}", key)
    kinds = [kind for kind in KINDS if kind in data]
    if len(kinds) != 1:
        raise DistributionError(f"gives {' and '.join(kinds) or 'no number'}, expected one of {', '.join(KINDS)}")
    about = _about(data)
    kind = kinds[0]
    if kind == "value":
        value = _number(data["value"], "value")
        if about["range"] and not about["range"][0] <= value <= about["range"][1]:
            raise DistributionError(f"{value:g} lies outside its range {list(about['range'])}", "value")
        return Distribution("value", (value,), **about)
    if kind in ("normal", "lognormal"):
        return Distribution(kind, _from_interval(kind, data[kind]), **about)
    return Distribution(kind, _corners(kind, data[kind]), **about)


def read_distribution(data: Any) -> Distribution:
    """Read a distribution as `parse_distribution` does, for checked models: a fault begins with the key it is at.

    Raises
    ------
    ValueError
        If it cannot be read.
    """
    try:
        return parse_distribution(data)
    except DistributionError as error:
        raise ValueError(f"{error.key}: {error}" if error.key else str(error)) from None


def _number(value: Any, key: str | None) -> float:
    """Return a finite number.

    Raises
    ------
    DistributionError
        If it is anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise DistributionError(f"is {value!r}, expected a number", key)
    return float(value)


def _about(data: dict[str, Any]) -> dict[str, Any]:
    """Read source, status, range and unit."""
    status, limits = data.get("status"), data.get("range")
    if status is not None and status not in STATUSES:
        raise DistributionError(f"the status is {status!r}, expected {', '.join(STATUSES)}", "status")
    for key in ("source", "unit"):
        if data.get(key) is not None and not isinstance(data[key], str):
            raise DistributionError(f"is {data[key]!r}, expected text", key)
    if limits is not None:
        if not isinstance(limits, list) or len(limits) != 2:
            raise DistributionError("the range needs two numbers, [low, high]", "range")
        limits = (_number(limits[0], "range"), _number(limits[1], "range"))
        if limits[0] > limits[1]:
            raise DistributionError("the range runs from high to low, expected [low, high]", "range")
    return {"source": data.get("source"), "status": status, "range": limits, "unit": data.get("unit")}


def _corners(kind: str, numbers: Any) -> tuple[float, ...]:
    """Read the corners of a triangular or uniform distribution, which may not decrease."""
    names = "[low, mode, high]" if kind == "triangular" else "[low, high]"
    if not isinstance(numbers, list) or len(numbers) != names.count(",") + 1:
        raise DistributionError(f"is {numbers!r}, expected {names}", kind)
    corners = tuple(_number(number, kind) for number in numbers)
    if list(corners) != sorted(corners):
        raise DistributionError(f"{list(numbers)} decreases, expected {names} in order", kind)
    return corners


def _from_interval(kind: str, data: Any) -> tuple[float, float]:
    """Return mean and standard deviation (of the logarithm, for a lognormal) from the middle and an interval."""
    centre = "mean" if kind == "normal" else "median"
    interval = [key for key in INTERVALS if isinstance(data, dict) and key in data]
    if not isinstance(data, dict) or set(data) != {centre, *interval} or len(interval) != 1:
        raise DistributionError(f"expected {{{centre}: …, interval_95: [low, high]}} (or interval_90)", kind)
    ends = data[interval[0]]
    if not isinstance(ends, list) or len(ends) != 2:
        raise DistributionError("an interval needs two numbers, [low, high]", kind)
    low, middle, high = _number(ends[0], kind), _number(data[centre], kind), _number(ends[1], kind)
    if not low < middle < high:
        raise DistributionError(f"the interval [{low:g}, {high:g}] does not hold the {centre} {middle:g}", kind)
    if kind == "lognormal":
        if low <= 0:
            raise DistributionError("a lognormal is above 0, and so is its interval", kind)
        low, middle, high = math.log(low), math.log(middle), math.log(high)
    width = 2 * float(ndtri(0.5 + INTERVALS[interval[0]] / 2))
    return middle, (high - low) / width
