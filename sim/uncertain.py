"""The uncertain numbers of a comparison that a sensitivity analysis varies: effects of levers, prices, and numbers named beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.distributions import Distribution
from scenarios.loading import Scenario
from scenarios.names import suggestion
from scenarios.quantities import Value
from scenarios.register import unit_of
from scenarios.schema import PRICES_DRAW
from sim.evaluating import Point, names_in, with_settings
from sim.plan import ExperimentError

EFFECTS, PRICES, SETTINGS = "effects", "prices", "settings"
LEAD_PRICE = "childrens_home"  # its growth is told for all prices where they rise together: homes are most of what care costs
ALMOST_NOTHING = 1e-3  # of the least plausible value: how near nothing a number above 0 is tried


@dataclass(frozen=True)
class Number:
    """An uncertain number, or several that move together at one quantile.

    It is moved by a *coordinate*: its value; or, of several together, their quantile (0 to 1).

    Attributes
    ----------
    name
        Its path: of a lever's number, of prices, or of a setting.
    label, unit
        Words.
    layer
        `effects`, `prices` or `settings`.
    members
        Distributions by name. Of several, the first one's value is told.
    central
        Its value in runs with central effects.
    range
        What is plausible: as the file states, or the ends of a bounded distribution, or the middle 98 % of another.
    """

    name: str
    label: str
    unit: str
    layer: str
    members: tuple[Distribution, ...]
    central: float
    range: tuple[float, float]

    @property
    def together(self) -> bool:
        """Whether it is several numbers."""
        return len(self.members) > 1

    def coordinate(self, share: float) -> float:
        """Return the coordinate below which a share of draws lie."""
        return share if self.together else self.members[0].quantile(share)

    def value(self, coordinate: float) -> float:
        """Return the value that is told of a coordinate."""
        return self.members[0].quantile(coordinate) if self.together else coordinate

    def values(self, coordinate: float) -> dict[str, float]:
        """Return values by name at a coordinate."""
        return {each.name: each.quantile(coordinate) for each in self.members} if self.together else {self.name: coordinate}

    def point(self, coordinate: float) -> Point:
        """Return the point with this number there, and others left alone."""
        return point_of([(self, coordinate)])

    def ends(self) -> tuple[float, float]:
        """Return the coordinates of the ends of its plausible range."""
        return (0.0, 1.0) if self.together else self.range

    def limits(self) -> tuple[float, float]:
        """Return the coordinates between which a switching value is looked for: the range and as much again on either side, as far as it can go.

        What cannot be negative stays above 0, a share at most 1. Several together stay in their range: beyond it no quantile joins them. So do
        settings, whose file refuses other values.
        """
        low, high = self.ends()
        if self.together or self.layer == SETTINGS:
            return low, high
        below, above = low - (high - low), high + (high - low)
        if low >= 0.0:
            below = max(below, ALMOST_NOTHING * low)
        return below, min(above, 1.0) if self.unit.startswith("share") and 0.0 <= low <= high <= 1.0 else above


def point_of(moved: Sequence[tuple[Number, float]]) -> Point:
    """Return the point at which numbers are at coordinates."""
    fixed, settings = {}, {}
    for number, coordinate in moved:
        (settings if number.layer == SETTINGS else fixed).update(number.values(coordinate))
    return Point.of(fixed, settings)


def numbers_of(scenarios: Sequence[Scenario], also: Sequence[str] = ()) -> list[Number]:
    """Return the uncertain numbers of a comparison, effects first, then prices, then those named. Committed policy that all hold is left out.

    Parameters
    ----------
    scenarios
        The baseline and the reform.
    also
        Numbers without a distribution, but with a range, to vary over it evenly: `settings.…`, or a lever's number by name.

    Raises
    ------
    ExperimentError
        If one that is named is not there, has no range, or is refused somewhere in it.
    """
    shared = frozenset.intersection(*(scenario.committed for scenario in scenarios))
    found = [_effect(item) for scenario in scenarios for item in scenario.uncertain.values() if item.name.split(".")[0] not in shared]
    found += [number for number in _prices(scenarios) if number.members]
    found += [_setting(scenarios, name) if name.startswith("settings.") else _ranged(scenarios, name) for name in also]
    return list({number.name: number for number in found}.values())


def _effect(item: Distribution) -> Number:
    """Return a lever's number."""
    return Number(item.name, words(item.name), item.unit or unit_of(tuple(item.name.split("."))), EFFECTS, (item,), item.mean, _plausible(item))


def _plausible(item: Distribution) -> tuple[float, float]:
    """Return a distribution's plausible range."""
    tail = 0.01 if item.kind in ("normal", "lognormal") else 0.0
    return item.range or (item.quantile(tail), item.quantile(1.0 - tail))


def _prices(scenarios: Sequence[Scenario]) -> Iterator[Number]:
    """Yield the growth of prices: one number if they rise together, else one for each placement."""
    items = sorted(
        {name: item for scenario in scenarios for name, item in scenario.uncertain_prices.items()}.values(),
        key=lambda item: (not item.name.endswith(f".{LEAD_PRICE}"), item.name),
    )
    if all(scenario.settings.prices.rise_together for scenario in scenarios) and len(items) > 1:
        lead = items[0]
        yield Number(PRICES_DRAW, f"real growth of all placement prices (told: {_last(lead.name)})", lead.unit or "share per year", PRICES,
                     tuple(items), lead.mean, _plausible(lead))  # fmt: skip
        return
    for item in items:
        label = f"real growth of prices: {_last(item.name)}"
        yield Number(item.name, label, item.unit or "share per year", PRICES, (item,), item.mean, _plausible(item))


def _ranged(scenarios: Sequence[Scenario], name: str) -> Number:
    """Return a lever's number that is fixed, to be varied over its range."""
    items = {item.name: item for scenario in scenarios for lever in scenario.levers for item in lever.distributions() if item.range and item.is_fixed}
    acting = {each for scenario in scenarios for each in names_in(scenario)}
    options = sorted(set(items) & acting)
    if name not in options:
        raise ExperimentError(f"no number {name!r} with a range to vary, {suggestion(name, options)}, or a setting such as settings.budget.floor")
    item = items[name]
    even = Distribution("uniform", item.range, name=name)
    return Number(name, words(name), item.unit or unit_of(tuple(name.split("."))), EFFECTS, (even,), item.mean, item.range)


def _setting(scenarios: Sequence[Scenario], name: str) -> Number:
    """Return a setting, to be varied over its range."""
    entries = [_entry(scenario.settings, name) for scenario in scenarios]
    if any(not isinstance(entry, Value) or entry.range is None for entry in entries):
        raise ExperimentError(f"no setting {name!r} that is a number with a range, expected one such as settings.budget.saved_per_pound_of_overspend")
    path, value = name.removeprefix("settings."), entries[-1]
    try:
        for end in value.range:
            with_settings(scenarios[0], {path: end})
    except ValueError as fault:
        raise ExperimentError(f"{name}: its range {list(value.range)} cannot be run: {fault}") from None
    return Number(path, words(path), value.unit or unit_of(tuple(path.split("."))), SETTINGS, (Distribution("uniform", value.range, name=path),),
                  value.value, value.range)  # fmt: skip


def _entry(settings: Any, name: str) -> Any:
    """Return what stands at a dotted path of the settings, None if nothing does."""
    here = settings
    for part in name.split(".")[1:]:
        here = getattr(here, part, None)
    return here


def words(name: str) -> str:
    """Return a path as words, the lever or group it is of last: `care entry hazard ratio (family help)`."""
    of, *rest = [part.replace("_", " ") for part in name.split(".") if part != "effects"]
    return f"{' '.join(rest)} ({of})" if rest else of


def _last(name: str) -> str:
    return name.split(".")[-1].replace("_", " ").replace("childrens", "children's")
