"""Levers on places and their price: fostering, profit cap, care standards, secure places."""

from typing import ClassVar

from pydantic import Field

from scenarios.actions import Action
from scenarios.actions_of_places import NationalCapacity, PlanWeight, PriceGain, ScaleSupply, SupplyQuantity
from scenarios.lever_base import UncertainAddedShare
from scenarios.lever_parts import Change, Phased, Programme, Targets
from scenarios.levers_protection import PLACEMENTS_MOVED
from scenarios.pathway_schema import Pathway
from scenarios.quantities import Text

MARKET = ("agency_foster", "childrens_home")


class PriceChange(Phased):
    """What placements let from then on cost more (below 0: less), for as long as they last.

    Attributes
    ----------
    rise
        Share of the price: 0.03 is 3 % dearer.
    placements
        Whose.
    """

    rise: UncertainAddedShare
    placements: Targets

    def gain(self, name: str, start: str) -> PriceGain:
        """Return it as the engines take it: a gain is a fall."""
        return PriceGain(name, self.placements, self.rise.scaled(-1.0), self.phase(start))


class SupplyChange(Change):
    """Times as many households or homes begin, leave, move to another kind, or are there.

    Attributes
    ----------
    place, owner
        The kind of place, and the sector that owns it (all of them if not given).
    """

    place: Text
    owner: Text | None = None

    def scaled(self, name: str, what: SupplyQuantity, start: str) -> ScaleSupply:
        """Return the change of supply."""
        return ScaleSupply(name, self.place, self.owner, what, self.ratio, self.phase(start))


class Fostering(Programme):
    """Foster recruitment and retention: regional hubs, Mockingbird, approvals, fewer who leave.

    Mechanism: more households begin (`recruitment`; they open after approval, 6 to 9 months) and fewer leave (`retention`); carers who change from an
    agency to the authority (`transfers`) are zero-sum. More own places mean fewer agency placements and fewer children in homes for want of carers.
    Paying more pays those who would have stayed too (a cost by the week).

    Parameters: `recruitment`, `retention`, `transfers` (ratios, phased, of in-house fostering by default), `costs`.

    Evidence: weak. £36m of programmes in 2023-25 slowed the fall (mainstream households -1 % in the year after); Mockingbird's evaluation was
    underpowered and is retired. One to three thousand places in three years nationally, against a target of ten thousand.
    """

    kind: ClassVar[str] = "fostering"
    overlaps: ClassVar[tuple[str, ...]] = ("fostering",)
    recruitment: SupplyChange
    retention: SupplyChange
    transfers: SupplyChange | None = None

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return supply and the costs."""
        moves = (self.transfers.scaled(f"{self.name}.transfers", "moves", self.start),) if self.transfers else ()
        return (
            self.recruitment.scaled(f"{self.name}.recruitment", "entrants", self.start),
            self.retention.scaled(f"{self.name}.retention", "exits", self.start),
            *moves,
            *self.cost_actions(),
        )


class ProfitCap(Programme):
    """A cap or levy on the profit of private homes and fostering agencies, with what supply answers.

    Mechanism: placements let once regulations are in force cost less (`price`); private providers leave, or fewer begin (`leaving`, `beginning`;
    in life complex places first, here places are not told apart by needs); what is capped here leaks into what is not (`leakage`: supported
    accommodation, and charges).

    Parameters: `price`, `leakage` (rises of price, phased), `leaving`, `beginning` (lists of changes of supply by place and owner), `costs`.

    Evidence: none of effect. Largest providers' margin 22.6 % (homes) and 19 % (fostering agencies), 2016-20 (CMA): the most there is to take.
    Section 17 of the Act of 2026: by later regulations, not before 2028. Average price -1 to -5 %, places 0 to -10 %.
    """

    kind: ClassVar[str] = "profit_cap"
    price: PriceChange
    leakage: PriceChange
    leaving: tuple[SupplyChange, ...] = Field(min_length=1)
    beginning: tuple[SupplyChange, ...] = Field(min_length=1)

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return prices, supply and the costs."""
        leaving = (change.scaled(f"{self.name}.leaving_{change.place}", "exits", self.start) for change in self.leaving)
        beginning = (change.scaled(f"{self.name}.beginning_{change.place}", "entrants", self.start) for change in self.beginning)
        return (
            self.price.gain(f"{self.name}.price", self.start), self.leakage.gain(f"{self.name}.leakage", self.start), *leaving, *beginning,
            *self.cost_actions(),
        )  # fmt: skip


class CareStandards(Programme):
    """National care standards for every setting: better matched and staffed, dearer, and some providers leave.

    Mechanism: placements cost more (`price`), end unplanned more rarely (`moves`), and some homes close (`leaving`).

    Parameters: `price`, `moves` (ratio, phased), `leaving` (by place and owner), `costs`.

    Evidence: none of effect; registration of supported accommodation (October 2023) cost providers fees and staff and closed some.
    """

    kind: ClassVar[str] = "care_standards"
    price: PriceChange
    moves: Change
    leaving: tuple[SupplyChange, ...] = Field(min_length=1)

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return price, moves, supply and the costs."""
        leaving = (change.scaled(f"{self.name}.leaving_{change.place}", "exits", self.start) for change in self.leaving)
        return (
            self.price.gain(f"{self.name}.price", self.start), self.moves.rates(f"{self.name}.moves", PLACEMENTS_MOVED, self.start), *leaving,
            *self.cost_actions(),
        )  # fmt: skip


class SecurePlaces(Programme):
    """Small local secure places, as youth custody closes to children.

    Mechanism: the nation's secure places are `places` times as many, so more who need one find it and fewer wait in unregistered homes; of remanded
    children fewer are planned for youth detention (`detention`).

    Parameters: `places` (ratio, phased), `detention` (ratio of the weight in the remand plan), `costs`.

    Evidence: 230 approved places in 2023; about 50 wait for each week's vacancy. No effect on children who would not have been locked up is claimed.
    """

    kind: ClassVar[str] = "secure_places"
    places: Change
    detention: Change

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return places, plans of remanded children, and the costs."""
        return (
            NationalCapacity(f"{self.name}.places", "secure_homes", self.places.ratio, self.places.phase(self.start)),
            PlanWeight(f"{self.name}.detention", "remand", "youth_detention", self.detention.ratio, self.detention.phase(self.start)),
            *self.cost_actions(),
        )
