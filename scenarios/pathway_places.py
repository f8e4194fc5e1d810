"""Kinds of place with a limit: whose they are, how vacancies match, and how households and homes leave and are replaced."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from scenarios.faults import Complaint
from scenarios.names import suggestion
from scenarios.quantities import Frozen, NonNegative, Share, Sourced, Text, Value, WholeNumber, check_shares

LONGEST_MONTHS = 36  # to approve a household or open a home
Sector = Literal["authority", "private", "voluntary"]


class MatchProbability(Sourced):
    """The probability that one vacancy fits a given child."""

    by_needs: Annotated[tuple[Share, ...], Field(min_length=4, max_length=4)]
    sibling_factor: Share


class MonthsToOpen(Sourced):
    """How long a household takes to be approved, or a home to be registered: evenly from the soonest to the latest."""

    soonest: WholeNumber
    latest: WholeNumber

    @model_validator(mode="after")
    def _order(self) -> "MonthsToOpen":
        """Refuse a latest month before the soonest, or beyond what is kept."""
        if not self.soonest <= self.latest <= LONGEST_MONTHS:
            raise ValueError(f"latest: is {self.latest}, expected {self.soonest} (the soonest) to {LONGEST_MONTHS} months")
        return self


class Entrants(Sourced):
    """Least and greatest number of places that open, over those that would keep balance."""

    low: NonNegative
    high: NonNegative

    @model_validator(mode="after")
    def _holds_1(self) -> "Entrants":
        """Refuse bounds that rule out balance."""
        if not self.low <= 1 <= self.high:
            raise ValueError("low: with high it does not hold 1, expected low at most 1 and high at least 1")
        return self


class Owner(Frozen):
    """The places that one sector owns of a kind.

    Attributes
    ----------
    share
        Its share of the kind's places in the last published year.
    exits_per_year
        Share of its places that leave for good in a year, and are replaced at the reference use.
    response_to_use
        Rise of those that begin, as a share, when utilisation is 1 instead of 0 (times the departure from the reference).
    entrants
        Least and greatest number that open, over those that leave in balance.
    """

    share: Value
    exits_per_year: Value
    response_to_use: Value
    entrants: Entrants

    @model_validator(mode="after")
    def _within(self) -> "Owner":
        """Refuse what places cannot do."""
        if not 0 <= self.share.value <= 1:
            raise ValueError(f"share: is {self.share.value:g}, expected a share from 0 to 1")
        if not 0 <= self.exits_per_year.value <= 1:
            raise ValueError(f"exits_per_year: is {self.exits_per_year.value:g}, expected a share a year from 0 to 1")
        if self.response_to_use.value < 0:
            raise ValueError(f"response_to_use: is {self.response_to_use.value:g}, expected 0 or more")
        return self


class Supply(Frozen):
    """How places of a kind leave and are replaced after the last published year.

    Attributes
    ----------
    unit, places_per_unit
        What is approved or registered (a household, a home), and how many places it has.
    usable_share
        Share of approved or registered places that can be used.
    months_to_open
        From beginning to opening.
    moves_per_year
        Other kind of place: share of places that move to it in a year, of the side that has fewer.
    share_follows_use_per_year
        Of a market's places: by how much an authority's share of them grows in a year for each unit by which its use is above the reference (as a
        share of the reference), or shrinks below it: others get less, or more.
    owners
        Sector: its part.
    """

    unit: Literal["household", "home"]
    places_per_unit: Value
    usable_share: Value
    months_to_open: MonthsToOpen
    moves_per_year: dict[Text, Value] = Field(default_factory=dict)
    share_follows_use_per_year: Value | None = None
    owners: dict[Sector, Owner] = Field(min_length=1)

    @field_validator("owners")
    @classmethod
    def _whole(cls, owners: dict[str, Owner]) -> dict[str, Owner]:
        """Refuse shares that do not add up."""
        check_shares(tuple(owner.share.value for owner in owners.values()), "shares")
        return owners

    @model_validator(mode="after")
    def _within(self) -> "Supply":
        """Refuse no places, or more that move than there are."""
        if self.places_per_unit.value <= 0:
            raise ValueError(f"places_per_unit: is {self.places_per_unit.value:g}, expected more than 0")
        if not 0 < self.usable_share.value <= 1:
            raise ValueError(f"usable_share: is {self.usable_share.value:g}, expected a share above 0 and at most 1")
        for other, rate in self.moves_per_year.items():
            if not 0 <= rate.value <= 1:
                raise ValueError(f"moves_per_year: {other} is {rate.value:g}, expected a share a year from 0 to 1")
        if self.share_follows_use_per_year and not 0 <= self.share_follows_use_per_year.value <= 4:
            raise ValueError(f"share_follows_use_per_year: is {self.share_follows_use_per_year.value:g}, expected 0 to 4 a year")
        return self


class Place(Frozen):
    """A kind of place with a limit: whose it is, how vacancies match, the stages tried when none does, and its supply.

    Without `supply` places stay as published last, but for what levers add and budgets close.
    """

    stage: Text
    quantity: Text
    owned_by: Literal["authority", "market"]
    match_probability: MatchProbability | None = None
    overflow: tuple[Text, ...] = ()
    supply: Supply | None = None

    @property
    def owners(self) -> dict[str, Owner]:
        """Return the parts of its supply, by sector."""
        return dict(self.supply.owners) if self.supply else {}


def check_supply(places: dict[str, Place], waited_for: set[str]) -> Iterator[Complaint]:
    """Complain about supply whose names or owners do not meet; `waited_for` are the kinds that families wait for."""
    for name, place in places.items():
        if place.supply is None:
            continue
        path = ("places", name, "supply")
        if name in waited_for:
            yield Complaint(path, "families wait for this place, which the budget opens and closes; expected no supply of households or homes")
        if place.owned_by == "authority" and set(place.owners) != {"authority"}:
            message = f"its places are the authority's, but its owners are {', '.join(place.owners)}; expected authority alone"
            yield Complaint((*path, "owners"), message)
        if place.owned_by == "market" and "authority" in place.owners:
            yield Complaint((*path, "owners", "authority"), "an authority's own places are not on the market; expected private or voluntary")
        if place.owned_by == "authority" and place.supply.share_follows_use_per_year:
            yield Complaint((*path, "share_follows_use_per_year"), "an authority's own places have no share of a market, expected none", at_key=True)
        supplied = [other for other, item in places.items() if item.supply and other != name]
        for other in place.supply.moves_per_year:
            if other not in supplied:
                message = f"unknown kind of place {other!r} with a supply, {suggestion(other, supplied)}"
                yield Complaint((*path, "moves_per_year", other), message, at_key=True)
