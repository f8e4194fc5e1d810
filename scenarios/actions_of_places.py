"""The part of levers' vocabulary that speaks of places: how many there are, who shares them, where children are planned for, and what they cost."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from scenarios.actions import Action
from scenarios.distributions import Distribution
from scenarios.timeline import MonthSeries

NationalBody = Literal["courts", "secure_homes"]
SupplyQuantity = Literal["entrants", "exits", "moves", "places"]
ONCE = Distribution.fixed(1.0)


@dataclass(frozen=True)
class AddPlaces(Action):
    """Places on top of those an authority has.

    Attributes
    ----------
    place
        The kind of place, as the pathway names it.
    basis
        `spend_gbp_per_child_per_year`: places = series * children aged 0-17 / `cost_per_family_gbp` *
        `mean_dwell_years` (ruling 22).
        `places_per_area`: the series itself, for each authority.
    series
        By month; any ramp is inside it.
    cost_per_family_gbp
        For the first basis: pounds per family helped.
    mean_dwell_years
        For the first basis: how long a family holds a place on average.
    """

    place: str
    basis: Literal["spend_gbp_per_child_per_year", "places_per_area"]
    series: MonthSeries
    cost_per_family_gbp: Distribution | None = None
    mean_dwell_years: float | None = None

    def places(self, month: int | str, children_0_17: float, cost_per_family_gbp: float | None = None) -> float:
        """Return an authority's places (not rounded) in a month, at the drawn cost per family (default: the mean)."""
        if self.basis == "places_per_area":
            return self.series.at(month)
        cost = cost_per_family_gbp if cost_per_family_gbp is not None else self.cost_per_family_gbp.mean
        return self.series.at(month) * children_0_17 / cost * self.mean_dwell_years


@dataclass(frozen=True)
class NationalCapacity(Action):
    """Capacity that no authority owns (of `courts`, of `secure_homes`) is multiplied by 1 + phase * (ratio - 1)."""

    NOTHING: ClassVar[dict[str, Any]] = {"ratio": 1.0}

    of: NationalBody
    ratio: Distribution
    phase: MonthSeries


@dataclass(frozen=True)
class ScaleSupply(Action):
    """More or fewer households or homes of a kind of place begin, leave, or move to another kind.

    Attributes
    ----------
    place, owner
        The kind, and the sector whose places they are (None: every owner).
    what
        `entrants` (those who begin; they open months later), `exits` (those who leave for good), `moves` (all owners'), or `places`: those there
        are, at once (a provider fails, or hands over what it has).
    ratio
        Times as many, at full strength.
    phase
        By month: the share of that in force, 0 to 1; any ramp is inside it.
    """

    NOTHING: ClassVar[dict[str, Any]] = {"ratio": 1.0}

    place: str
    owner: str | None
    what: SupplyQuantity
    ratio: Distribution
    phase: MonthSeries


@dataclass(frozen=True)
class AddSupply(Action):
    """Households' or homes' places that a sector begins in each authority: open after a time, and replaced as they leave.

    Attributes
    ----------
    place, owner
        The kind, and the sector whose they are.
    places
        Approved or registered places begun so far, by month, for each authority; the kind's usable share of them can be used.
    months_to_open
        From beginning to opening.
    times
        What all months' places are multiplied by: where their number is uncertain, `places` is the share of it begun.
    """

    NOTHING: ClassVar[dict[str, Any]] = {"places": MonthSeries(())}

    place: str
    owner: str
    places: MonthSeries
    months_to_open: int
    times: Distribution = ONCE


@dataclass(frozen=True)
class PlanWeight(Action):
    """The weight of a placement in a plan (`entry`, `move`, `uasc`, `remand`) is multiplied by 1 + phase * (ratio - 1)."""

    NOTHING: ClassVar[dict[str, Any]] = {"ratio": 1.0}

    plan: str
    placement: str
    ratio: Distribution
    phase: MonthSeries


@dataclass(frozen=True)
class Pool(Action):
    """From `start` the authorities of a region share this part of each kind of place; the rest stays with its owner."""

    NOTHING: ClassVar[dict[str, Any]] = {"shares": ()}

    start: str
    shares: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class PriceGain(Action):
    """Placements let in a month cost phase * `fraction` less (below 0: more) for as long as they last; those there before keep their price."""

    NOTHING: ClassVar[dict[str, Any]] = {"fraction": 0.0}

    stages: tuple[str, ...]
    fraction: Distribution
    phase: MonthSeries
