"""The generic lever: any named quantity is scaled, added to or set from a date, with its unit said."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, get_args

from pydantic import model_validator

from scenarios.actions import (
    Action,
    AddArrivals,
    AddPosts,
    CostLine,
    ScaleArrivals,
    ScaleCost,
    ScaleRate,
    ScaleTeams,
    SetArrivals,
    SetRate,
    TeamQuantity,
)
from scenarios.actions_of_places import AddSupply, NationalBody, NationalCapacity, PlanWeight, PriceGain, ScaleSupply
from scenarios.distributions import Distribution
from scenarios.lever_base import Uncertain, UncertainAmount, UncertainPositive, added_share
from scenarios.lever_parts import Phased, Programme
from scenarios.names import suggestion
from scenarios.pathway_schema import Pathway
from scenarios.quantities import Text, WholeNumber
from scenarios.timeline import MonthSeries


@dataclass(frozen=True)
class Quantity:
    """A kind of quantity: how its name is read, and what may be done to it.

    Attributes
    ----------
    form
        How its name is written, its parts after the kind.
    scale, add
        What makes the action from the action's name, the parts of the quantity, the number and the phase; None if it cannot be.
    add_unit
        The unit that an addition has to say.
    set_by
        The key that sets it, whose name holds the unit; none if it cannot be set.
    instead
        Why it cannot be set, and what to write.
    """

    form: str
    scale: Callable[[str, list[str], Distribution, MonthSeries], Action] | None = None
    add: Callable[[str, list[str], Distribution, MonthSeries], Action] | None = None
    add_unit: str = ""
    set_by: str = ""
    instead: str = ""


RELATIVE = "each authority has its own, so it changes in proportion; expected scale (1.05 is 5 % more)"
FLOW = "it is a share of what an owner has; expected scale, or in `set:` places.PLACE.supply.owners.OWNER.exits_per_year"
QUANTITIES: dict[str, Quantity] = {
    "rate": Quantity("rate.GROUP or rate.STAGE.TRANSITION", lambda n, q, x, p: ScaleRate(n, (".".join(q),), x, p), set_by="set_per_year"),
    "arrivals": Quantity(
        "arrivals.STREAM", lambda n, q, x, p: ScaleArrivals(n, q[0], x, p), lambda n, q, x, p: AddArrivals(n, q[0], x, p), "arrivals per month",
        set_by="set_per_month",
    ),
    "plan": Quantity(
        "plan.CONTEXT.PLACEMENT", lambda n, q, x, p: PlanWeight(n, q[0], q[-1], x, p),
        instead="weights are numbers of the pathway; expected scale, or in `set:` the path of one under placement_plans",
    ),
    "price": Quantity(
        "price.PLACEMENT", None, lambda n, q, x, p: PriceGain(n, (q[0],), x.scaled(-1.0), p), "share of the price",
        instead="each authority has its own, which moves with use; expected add, or an authority's figure in `areas:`",
    ),
    "places": Quantity(
        "places.PLACE", lambda n, q, x, p: ScaleSupply(n, q[0], None, "places", x, p),
        instead="households and homes answer use, so no number of places holds; expected scale, or add with `owner`",
    ),
    "entrants": Quantity("entrants.PLACE", lambda n, q, x, p: ScaleSupply(n, q[0], None, "entrants", x, p), instead=FLOW),
    "exits": Quantity("exits.PLACE", lambda n, q, x, p: ScaleSupply(n, q[0], None, "exits", x, p), instead=FLOW),
    "capacity": Quantity("capacity.courts or capacity.secure_homes", lambda n, q, x, p: NationalCapacity(n, q[0], x, p), instead=RELATIVE),
    "teams": Quantity(
        "teams.capacity, teams.leavers, teams.joiners or teams.agency_workers", lambda n, q, x, p: ScaleTeams(n, q[0], x, p), instead=RELATIVE,
    ),
    "posts": Quantity(
        "posts", None, lambda n, q, x, p: AddPosts(n, x, p), "share of posts",
        instead="each authority has its own, which move with pressure; expected add",
    ),
    "cost": Quantity("cost.LINE", lambda n, q, x, p: ScaleCost(n, q[0], x, p), instead=RELATIVE),
}  # fmt: skip
CHOICES = {"capacity": get_args(NationalBody), "teams": get_args(TeamQuantity), "cost": get_args(CostLine)}
PARTS = {"rate": (1, 2), "plan": (2, 2), "posts": (0, 0)}
OWNED = ("places", "entrants", "exits")
WAYS = ("scale", "add", "set_per_year", "set_per_month")


class ChangeQuantity(Programme):
    """Any named quantity, scaled, added to or set from a date: the lever for what has none of its own.

    Mechanism: exactly one of `scale` (a ratio), `add` (with its `unit`), `set_per_year` (a transition's hazard) and `set_per_month` (arrivals, in
    each authority) acts on `quantity` as `change` phases it; a hazard that is set holds from the start on. Three children a month are arrivals,
    never a rate: what is added to a rate is refused. Prices, posts, places, capacity and lines of cost differ by authority, and cannot be set.

    Parameters: `quantity`: `rate.care_entry`, `rate.closed.re_referral`, `arrivals.uasc`, `plan.move.in_house_foster`, `price.childrens_home`,
    `places.childrens_home`, `entrants.in_house_foster`, `exits.in_house_foster` (each of one `owner`, or of all), `capacity.courts`,
    `teams.capacity`, `posts`, `cost.social_workers`; `unit` of an addition: `arrivals per month` (in each authority), `share of the price` and
    `share of posts` (0.05 is 5 % more), or, of places of an `owner`, which open after `months_to_open`, `places per authority`; `change`; `costs`.

    Evidence: that of whoever writes the file, which says it in `source`.
    """

    kind: ClassVar[str] = "change"
    quantity: Text
    scale: UncertainPositive | None = None
    add: Uncertain | None = None
    unit: Text | None = None
    set_per_year: UncertainAmount | None = None
    set_per_month: UncertainAmount | None = None
    owner: Text | None = None
    months_to_open: WholeNumber = 0
    change: Phased = Phased()

    @model_validator(mode="after")
    def _one_change(self) -> "ChangeQuantity":
        """Refuse an unknown quantity, none or several changes, one that the quantity cannot have, and an addition without its unit."""
        kind, *parts = self.quantity.split(".")
        if kind not in QUANTITIES:
            raise ValueError(f"quantity: unknown kind {kind!r}, {suggestion(kind, QUANTITIES)}")
        least, most = PARTS.get(kind, (1, 1))
        if not least <= len(parts) <= most or "" in parts:
            raise ValueError(f"quantity: is {self.quantity!r}, expected {QUANTITIES[kind].form}")
        if kind in CHOICES and parts[0] not in CHOICES[kind]:
            raise ValueError(f"quantity: unknown {parts[0]!r}, {suggestion(parts[0], CHOICES[kind])}")
        given = [name for name in WAYS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"gives {' and '.join(given) or 'no change'}, expected one of {', '.join(WAYS)}")
        if self.owner is not None and kind not in OWNED:
            raise ValueError(f"owner: is for {', '.join(OWNED)}, not for {kind}")
        if self.months_to_open and (kind, given[0]) != ("places", "add"):
            raise ValueError("months_to_open: belongs with places that are added, and only with them")
        if given[0].startswith("set"):
            self._check_set(kind, given[0])
        elif given[0] == "scale" and QUANTITIES[kind].scale is None:
            raise ValueError(f"scale: {kind} cannot be scaled, expected add with the unit {QUANTITIES[kind].add_unit!r}")
        elif given[0] == "add":
            self._check_added(kind)
        if given[0] != "add" and self.unit is not None:
            raise ValueError("unit: belongs with add, and only with it")
        return self

    def _check_set(self, kind: str, how: str) -> None:
        """Refuse to set what cannot be, or by another unit's key."""
        quantity = QUANTITIES[kind]
        if quantity.instead:
            raise ValueError(f"{how}: {kind} cannot be set: {quantity.instead}")
        if how != quantity.set_by:
            raise ValueError(f"{how}: is not for {kind}, expected {quantity.set_by}")
        if how == "set_per_year" and self.quantity.count(".") != 2:
            raise ValueError("set_per_year: is for one transition, expected rate.STAGE.TRANSITION")
        if how == "set_per_year" and self.change != Phased():
            raise ValueError("change: is given with set_per_year, which holds from the start on; expected one of them")

    def _check_added(self, kind: str) -> None:
        """Refuse an addition to what takes none, without its unit or its owner, in per cent, or of fewer places."""
        unit = "places per authority" if kind == "places" else QUANTITIES[kind].add_unit
        if not unit:
            wanted = "scale or set_per_year (what arrives a month is arrivals.STREAM)" if kind == "rate" else "scale"
            raise ValueError(f"add: nothing can be added to {kind}, expected {wanted}")
        if kind == "places" and self.owner is None:
            raise ValueError("the key 'owner' is missing: places that are added are somebody's, expected one such as `owner: authority`")
        if self.unit != unit:
            raise ValueError(f"unit: is {self.unit!r}, expected {unit!r}, so that nobody takes it for another")
        if kind == "places" and self.add.bounds[0] < 0:
            raise ValueError(f"add: can be {self.add.bounds[0]:g}, expected 0 or more; for fewer places scale them (0.9 is a tenth fewer)")
        if unit.startswith("share"):
            try:
                added_share(self.add)
            except ValueError as fault:
                raise ValueError(f"add: {fault}") from None

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return the change, and the costs."""
        return (self._action(), *self.cost_actions())

    def _action(self) -> Action:
        """Return the change."""
        kind, *parts = self.quantity.split(".")
        quantity, phase, name = QUANTITIES[kind], self.change.phase(self.start), f"{self.name}.change"
        if self.set_per_year is not None:
            return SetRate(name, ".".join(parts), self.set_per_year, self.start)
        if self.set_per_month is not None:
            return SetArrivals(name, parts[0], self.set_per_month, phase)
        if self.scale is not None:
            scaled = quantity.scale(name, parts, self.scale, phase)
            return replace(scaled, owner=self.owner) if kind in OWNED else scaled
        if kind == "places":
            return AddSupply(name, parts[0], self.owner, phase, self.months_to_open, self.add)
        return quantity.add(name, parts, self.add, phase)
