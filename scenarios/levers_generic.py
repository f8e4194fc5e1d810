"""The generic lever: any named quantity is scaled, added to or set from a date, with its unit said."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, get_args

from pydantic import model_validator

from scenarios.actions import Action, AddArrivals, AddPosts, CostLine, ScaleArrivals, ScaleCost, ScaleRate, ScaleTeams, SetRate, TeamQuantity
from scenarios.actions_of_places import AddSupply, NationalBody, NationalCapacity, PlanWeight, PriceGain, ScaleSupply
from scenarios.distributions import Distribution
from scenarios.lever_base import Uncertain, UncertainAmount, UncertainPositive
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
    """

    form: str
    scale: Callable[[str, list[str], Distribution, MonthSeries], Action] | None = None
    add: Callable[[str, list[str], Distribution, MonthSeries], Action] | None = None
    add_unit: str = ""


QUANTITIES: dict[str, Quantity] = {
    "rate": Quantity("rate.GROUP or rate.STAGE.TRANSITION", lambda n, q, x, p: ScaleRate(n, (".".join(q),), x, p)),
    "arrivals": Quantity(
        "arrivals.STREAM", lambda n, q, x, p: ScaleArrivals(n, q[0], x, p), lambda n, q, x, p: AddArrivals(n, q[0], x, p), "arrivals per month"
    ),
    "plan": Quantity("plan.CONTEXT.PLACEMENT", lambda n, q, x, p: PlanWeight(n, q[0], q[-1], x, p)),
    "price": Quantity("price.PLACEMENT", None, lambda n, q, x, p: PriceGain(n, (q[0],), x.scaled(-1.0), p), "share of the price"),
    "places": Quantity("places.PLACE", lambda n, q, x, p: ScaleSupply(n, q[0], None, "places", x, p)),
    "entrants": Quantity("entrants.PLACE", lambda n, q, x, p: ScaleSupply(n, q[0], None, "entrants", x, p)),
    "exits": Quantity("exits.PLACE", lambda n, q, x, p: ScaleSupply(n, q[0], None, "exits", x, p)),
    "capacity": Quantity("capacity.courts or capacity.secure_homes", lambda n, q, x, p: NationalCapacity(n, q[0], x, p)),
    "teams": Quantity("teams.capacity, teams.leavers, teams.joiners or teams.agency_workers", lambda n, q, x, p: ScaleTeams(n, q[0], x, p)),
    "posts": Quantity("posts", None, lambda n, q, x, p: AddPosts(n, x, p), "share of posts"),
    "cost": Quantity("cost.LINE", lambda n, q, x, p: ScaleCost(n, q[0], x, p)),
}
CHOICES = {"capacity": get_args(NationalBody), "teams": get_args(TeamQuantity), "cost": get_args(CostLine)}
PARTS = {"rate": (1, 2), "plan": (2, 2), "posts": (0, 0)}


class ChangeQuantity(Programme):
    """Any named quantity, scaled, added to or set from a date: the lever for what has none of its own.

    Mechanism: exactly one of `scale` (a ratio), `add` (with its `unit`) and `set_per_year` (a hazard) acts on `quantity` as `change` phases it.
    Three children a month are arrivals, never a rate: what is added to a rate is refused.

    Parameters: `quantity`: `rate.care_entry`, `rate.closed.re_referral`, `arrivals.uasc`, `plan.move.in_house_foster`, `price.childrens_home`,
    `places.childrens_home`, `entrants.in_house_foster`, `exits.in_house_foster`, `capacity.courts`, `teams.capacity`, `posts`,
    `cost.social_workers`; `unit` of an addition: `arrivals per month` (in each authority), `share of the price`, `share of posts`, or, of places
    of an `owner`, which open after `months_to_open`, `places per authority`; `change`; `costs`.

    Evidence: that of whoever writes the file, which says it in `source`.
    """

    kind: ClassVar[str] = "change"
    quantity: Text
    scale: UncertainPositive | None = None
    add: Uncertain | None = None
    unit: Text | None = None
    set_per_year: UncertainAmount | None = None
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
        given = [name for name in ("scale", "add", "set_per_year") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"gives {' and '.join(given) or 'no change'}, expected one of scale, add, set_per_year")
        self._check(kind, given[0])
        return self

    def _check(self, kind: str, how: str) -> None:
        """Refuse a change the quantity cannot have."""
        if how == "set_per_year" and self.change != Phased():
            raise ValueError("change: is given with set_per_year, which holds from the start on; expected one of them")
        quantity, opens = QUANTITIES[kind], kind == "places" and self.owner is not None
        if how == "set_per_year" and kind != "rate":
            raise ValueError(f"set_per_year: is for rates, not for {kind}")
        if how == "set_per_year" and self.quantity.count(".") != 2:
            raise ValueError("set_per_year: is for one transition, expected rate.STAGE.TRANSITION")
        if how == "scale" and quantity.scale is None:
            raise ValueError(f"scale: {kind} cannot be scaled, expected add with the unit {quantity.add_unit!r}")
        if how == "add" and quantity.add is None and not opens:
            wanted = "scale or set_per_year (what arrives a month is arrivals.STREAM)" if kind == "rate" else "scale"
            raise ValueError(f"add: nothing can be added to {kind}, expected {wanted}")
        unit = "places per authority" if opens else quantity.add_unit
        if how == "add" and self.unit != unit:
            raise ValueError(f"unit: is {self.unit!r}, expected {unit!r}, so that nobody takes it for another")
        if how != "add" and self.unit is not None:
            raise ValueError("unit: belongs with add, and only with it")

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return the change, and the costs."""
        kind, *parts = self.quantity.split(".")
        quantity, phase, name = QUANTITIES[kind], self.change.phase(self.start), f"{self.name}.change"
        if self.set_per_year is not None:
            return (SetRate(name, ".".join(parts), self.set_per_year, self.start), *self.cost_actions())
        if self.scale is not None:
            return (quantity.scale(name, parts, self.scale, phase), *self.cost_actions())
        if kind == "places":
            return (AddSupply(name, parts[0], self.owner, phase.scaled(self.add.mean), self.months_to_open), *self.cost_actions())
        return (quantity.add(name, parts, self.add, phase), *self.cost_actions())
