"""The feedback loops of the monthly environment, found in the model itself.

A link says which quantity acts on which, and names the function of `sim.links_of_work` and `sim.links_of_care` that asks the engine's own rules how
much: its elasticity is the per cent by which the target changes when the source is one per cent more. A rule that is switched off answers nothing,
so its link is not in force; a lever that turns a response round turns its sign. Loops are the cycles of the links in force; the product of their
signs is their polarity.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd

from sim import links_of_care as care
from sim import links_of_work as work
from sim.loop_point import Point

STEP = 0.01  # by which a source is raised and lowered
NOTHING = 1e-7  # an elasticity below this is none: sums in floating point leave less
REINFORCING, BALANCING = "R", "B"

QUANTITIES = {
    "families": "Children in need and on plans",
    "work": "Work in hand",
    "pressure": "Pressure on teams",
    "pace": "Pace of teams' work",
    "leavers": "Social workers leaving",
    "employed": "Social workers employed",
    "vacancies": "Vacant posts",
    "agency": "Agency workers",
    "capacity": "Capacity of teams",
    "proceedings": "Care proceedings open",
    "court_pressure": "Pressure on courts",
    "court_pace": "Pace of courts",
    "entries": "Children entering care",
    "looked_after": "Children looked after",
    "use": "Use of places for children",
    "price": "Price asked for a place",
    "misfits": "No vacancy fits",
    "far": "Odds of a place over 20 miles",
    "opened": "Places opened",
    "share": "Share of the market",
    "places": "Places usable",
    "cost": "Cost of care",
    "budget": "Next year's budget for care",
    "overspend": "Cost of care over budget",
    "support": "Family support",
    "help_places": "Places of early help",
    "waiting": "Families waiting for help",
}

STOCKS = {"families", "proceedings", "looked_after"}  # of children, which the pathway fills by itself


@dataclass(frozen=True)
class Link:
    """One quantity's effect on another: how it is measured, why it is there, and the number or switch that turns it off (if one does)."""

    source: str
    target: str
    measure: Callable[[Point, float], float]
    why: str
    switch: str = ""


LINKS = (
    Link("families", "work", work.families_on_work, "stages' case weights"),
    Link("proceedings", "work", work.proceedings_on_work, "stages' case weights"),
    Link("looked_after", "work", work.looked_after_on_work, "stages' case weights"),
    Link("work", "pressure", work.work_on_pressure, "pressure is work in hand over capacity"),
    Link("capacity", "pressure", work.capacity_on_pressure, "pressure is work in hand over capacity"),
    Link("pressure", "pace", work.pressure_on_pace, "above 1, teams share their attention", "pressure.slows_teams"),
    Link("pace", "families", work.pace_on_families, "slower work, longer stays in stages that teams drive"),
    Link("pressure", "leavers", work.pressure_on_leavers, "turnover rises with pressure", "workforce.follows_pressure"),
    Link("leavers", "vacancies", work.leavers_on_vacancies, "a post that is left is vacant until it is filled", "workforce.follows_pressure"),
    Link("leavers", "employed", work.leavers_on_employed, "posts there are stay as many", "workforce.follows_pressure"),
    Link("vacancies", "agency", work.vacancies_on_agency, "agency workers cover some of what falls vacant", "workforce.follows_pressure"),
    Link("employed", "capacity", work.employed_on_capacity, "capacity is in proportion to workers", "workforce.follows_pressure"),
    Link("agency", "capacity", work.agency_on_capacity, "capacity is in proportion to workers", "workforce.follows_pressure"),
    Link("families", "proceedings", work.families_on_proceedings, "hazards of families' stages open proceedings"),
    Link("looked_after", "proceedings", work.looked_after_on_proceedings, "children in care without an order come to court"),
    Link("proceedings", "court_pressure", work.proceedings_on_court_pressure, "sets open over capacity", "courts.follows_work"),
    Link("court_pressure", "court_pace", work.court_pressure_on_pace, "above 1, courts are slower", "courts.response"),
    Link("court_pace", "proceedings", work.court_pace_on_proceedings, "slower courts, longer proceedings"),
    Link("proceedings", "looked_after", work.proceedings_on_looked_after, "final hearings that end care are waited for in care"),
    Link("families", "entries", care.families_on_entries, "hazards of families' stages lead into care"),
    Link("entries", "looked_after", care.entries_on_looked_after, "the stock follows its inflow"),
    Link("looked_after", "use", care.looked_after_on_use, "places filled over usable"),
    Link("places", "use", care.places_on_use, "places filled over usable"),
    Link("use", "opened", care.use_on_opened, "providers open more, months later", "supply.follows_use"),
    Link("opened", "places", care.opened_on_places, "what opens is usable"),
    Link("use", "share", care.use_on_share, "who asks for more of what comes free gets more", "supply.follows_use"),
    Link("share", "places", care.share_on_places, "an authority's places are its share"),
    Link("use", "price", care.use_on_price, "a market's price answers use", "prices.follow_use"),
    Link("use", "misfits", care.use_on_misfits, "fewer vacancies fit fewer children"),
    Link("use", "far", care.use_on_far, "scarce places are farther", "placement_plans.distance.far_response_to_use"),
    Link("looked_after", "cost", care.looked_after_on_cost, "children times days times price"),
    Link("price", "cost", care.price_on_cost, "children times days times price"),
    Link("misfits", "cost", care.misfits_on_cost, "the next place on the overflow list costs more, or less"),
    Link("cost", "overspend", care.cost_on_overspend, "cost over budget"),
    Link("cost", "budget", care.cost_on_budget, "a budget is last year's cost and planned growth", "budget.in_force"),
    Link("budget", "overspend", care.budget_on_overspend, "cost over budget"),
    Link("overspend", "support", care.overspend_on_support, "overspend is partly saved on family support", "budget.in_force"),
    Link("support", "entries", care.support_on_entries, "need answers what is left of family support", "budget.need_response"),
    Link("support", "help_places", care.support_on_places, "what is saved closes places that it bought"),
    Link("help_places", "waiting", care.places_on_waiting, "who finds no place waits"),
    Link("waiting", "families", care.waiting_on_families, "while families wait, hazards of escalating run on"),
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """A link as measured: its elasticity where every limit binds, and at present; their least and most over authorities."""

    link: Link
    elasticity: float
    least: float
    most: float
    at_present: float

    @property
    def sign(self) -> int:
        """+1, -1, or 0 if it is not in force."""
        return 0 if abs(self.elasticity) <= NOTHING else int(math.copysign(1, self.elasticity))

    @property
    def in_force(self) -> bool:
        """Whether it answers at all, where every limit binds."""
        return self.sign != 0

    @property
    def acts_at_present(self) -> bool:
        """Whether it answers in the state the results have."""
        return abs(self.at_present) > NOTHING


@dataclass(frozen=True)
class Loop:
    """A cycle of links in force: its quantities, its polarity (R or B), and the product of its elasticities, pressed and at present."""

    quantities: tuple[str, ...]
    gain: float
    at_present: float

    @property
    def polarity(self) -> str:
        """R if it reinforces a change, B if it works against it."""
        return REINFORCING if self.gain > 0.0 else BALANCING

    @property
    def words(self) -> str:
        """The loop as a chain of quantities."""
        return " → ".join(QUANTITIES[name] for name in (*self.quantities, self.quantities[0]))


def elasticity(link: Link, point: Point) -> float:
    """Return the per cent by which a link's target changes for one per cent of its source, from a step up and one down.

    0 where the target is nothing, or does not answer.
    """
    low, high = link.measure(point, 1.0 - STEP), link.measure(point, 1.0 + STEP)
    if min(low, high) <= 0.0:
        return 0.0
    return (math.log(high) - math.log(low)) / (math.log1p(STEP) - math.log1p(-STEP))


def measure_links(points: Sequence[Point], links: Iterable[Link] = LINKS) -> tuple[Measured, ...]:
    """Return every link as measured, the mean over authorities.

    Parameters
    ----------
    points
        One for each authority, as it is; where every limit binds is made from it.
    """
    pressed = [point.pressed() for point in points]
    found = []
    for link in links:
        values = [elasticity(link, point) for point in pressed]
        now = [elasticity(link, point) for point in points]
        found.append(Measured(link, float(np.mean(values)), min(values), max(values), float(np.mean(now))))
    return tuple(found)


def acting(measured: Iterable[Measured]) -> tuple[Measured, ...]:
    """Return the links in force of which something acts on the source, or it is a stock of children: what is constant pushes nothing round."""
    left = [one for one in measured if one.in_force]
    while True:
        moved = STOCKS | {one.link.target for one in left}
        kept = [one for one in left if one.link.source in moved]
        if len(kept) == len(left):
            return tuple(kept)
        left = kept


def find_loops(measured: Iterable[Measured]) -> tuple[Loop, ...]:
    """Return the loops of the links in force, the strongest first."""
    graph = nx.DiGraph()
    for one in measured:
        if one.in_force:
            graph.add_edge(one.link.source, one.link.target, value=one.elasticity, now=one.at_present)
    loops = []
    for cycle in nx.simple_cycles(graph):
        first = min(range(len(cycle)), key=lambda i: list(QUANTITIES).index(cycle[i]) if cycle[i] in QUANTITIES else len(QUANTITIES))
        names = (*cycle[first:], *cycle[:first])
        steps = [graph.edges[names[i], names[(i + 1) % len(names)]] for i in range(len(names))]
        loops.append(Loop(tuple(names), math.prod(step["value"] for step in steps), math.prod(step["now"] for step in steps) + 0.0))
    return tuple(sorted(loops, key=lambda loop: (-round(abs(loop.gain), 9), loop.gain < 0.0, loop.quantities)))


def links_table(measured: Iterable[Measured]) -> pd.DataFrame:
    """Return the links as a table: from, to, sign, elasticity (mean, least and most over authorities, and at present), in force, why, switch."""
    return pd.DataFrame(
        [
            {
                "from": QUANTITIES[one.link.source], "to": QUANTITIES[one.link.target], "sign": {1: "+", -1: "-", 0: ""}[one.sign],
                "elasticity": one.elasticity, "least": one.least, "most": one.most, "elasticity_at_present": one.at_present,
                "in_force": one.in_force, "acts_at_present": one.acts_at_present, "why": one.link.why, "switch": one.link.switch,
            }
            for one in measured
        ]
    )  # fmt: skip


def loops_table(loops: Iterable[Loop]) -> pd.DataFrame:
    """Return the loops as a table: polarity, gain (the product of elasticities where every limit binds, and at present), quantities."""
    return pd.DataFrame(
        [{"polarity": loop.polarity, "gain": loop.gain, "gain_at_present": loop.at_present, "loop": loop.words} for loop in loops],
        columns=["polarity", "gain", "gain_at_present", "loop"],
    )
