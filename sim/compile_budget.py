"""Compile what the budget's loop reads: what a day in care costs, how its price moves, what family support buys, and what need follows from it."""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.actions import ScaleFamilySupport
from scenarios.pathway_schema import Pathway
from scenarios.timeline import month_index
from sim.compile_actions import changed
from sim.cost_lines import PLACEMENT_LINES, assumption
from sim.costing import leaving_care_rate
from sim.counting import share_of_care_leavers
from sim.kernels.budget import need
from sim.kernels.layout import YEAR
from sim.measures_care import SUPPORTED_AFTER_CARE
from sim.placement_costs import base_price
from sim.price_growth import Growth, price_index

DAYS_PER_WEEK = 7.0
FOLLOW_NEED = ("care_entry", "re_referral")  # groups whose hazards, where nothing else drives them, answer what is left of family support


def care_costs(compiled: Any) -> np.ndarray:
    """Return pounds a day of a child in each placement, and of a care leaver, at the price base (A, S)."""
    names = compiled.stage_names
    table = np.zeros((len(compiled.figures), len(names)))
    for a, figures in enumerate(compiled.figures):
        for placement in PLACEMENT_LINES:
            if placement in names:
                table[a, names.index(placement)] = base_price(figures, placement) / DAYS_PER_WEEK
        support = share_of_care_leavers(compiled.pathway) * leaving_care_rate(figures) / YEAR
        for stage in SUPPORTED_AFTER_CARE:
            if stage in names:
                table[a, names.index(stage)] = support
        if "staying_put" in names:
            table[a, names.index("staying_put")] += assumption("staying_put_gbp_per_week") / DAYS_PER_WEEK
    return table


def care_prices(compiled: Any, growth: Growth | None = None) -> np.ndarray:
    """Return each stage's price over the price base by month (S, M): exogenous growth, drawn or at its means; the rest is in what was let at."""
    index = np.array([month_index(month) for month in compiled.months])
    placements = tuple(compiled.placement_names)
    table = np.ones((len(compiled.stage_names), len(index)))
    table[[compiled.stage_names.index(name) for name in placements]] = price_index(compiled, index, placements, growth).T
    return table


def family_support(compiled: Any, supply: np.ndarray) -> dict[str, np.ndarray]:
    """Return pounds a year of family support that may be saved on (A), the places they buy (A, P, M), and the rules.

    What grants pay for nothing else is not the authority's to save. `supply` (A, P, M) holds places without what levers add: a lever's places
    are its own, and are not saved on.
    """
    rules, bought = compiled.scenario.settings.budget, bought_by_support(compiled.pathway)
    values, free = (0.0,) * 7, 1.0
    if rules:
        free = 1.0 - rules.ring_fenced_share.value
        values = (
            rules.planned_real_growth_per_year.value, rules.saved_per_pound_of_overspend.value, rules.floor.value,
            rules.reserves_share_of_outturn.value, float(rules.in_force), rules.ring_fenced_share.value, rules.need_response.value,
        )  # fmt: skip
    return {
        "family_support": np.array([free * figures.get("spend_family_support", default=0.0) for figures in compiled.figures]),
        "saveable": free * supply * bought[None, :, None], "budget_rules": np.array(values),
    }  # fmt: skip


def bought_by_support(pathway: Pathway) -> np.ndarray:
    """Return which kinds of place family support buys: those that families wait for (P)."""
    return np.array([bool(pathway.stages[place.stage].needs) for place in pathway.places.values()])


def support(compiled: Any, drawn: dict) -> dict[str, np.ndarray]:
    """Return family support as levers plan it over that without them, the pace of need at the least there can be (M), and places saved on (A, P, M).

    Need answers from the branch on, and in no month that is published: the past is the same whatever a scenario says of need. Without a response its
    pace is 1.
    """
    planned, rules = np.ones(len(compiled.months)), compiled.scenario.settings.budget
    for action in compiled.actions:
        if isinstance(action, ScaleFamilySupport):
            planned *= changed(drawn[action.name, "ratio"], action.phase, compiled.months)
    most, tables = np.ones(len(planned)), compiled.static.tables
    if rules and not compiled.history:
        least = rules.floor.value if rules.in_force else 1.0
        first = max(int(tables["unpublished_from"][0]), compiled.month(compiled.branch))
        most[first:] = [need(each, least, rules.ring_fenced_share.value, rules.need_response.value) for each in planned[first:]]
    return {"support_planned": planned, "need_most": most, "saveable": tables["saveable"] * planned}


def follows_need(compiled: Any) -> set[str]:
    """Return the transitions whose hazards answer family support; none without a response."""
    rules, pathway = compiled.scenario.settings.budget, compiled.pathway
    if not rules or rules.need_response.value == 0.0:
        return set()
    named = {name for group in FOLLOW_NEED for name in pathway.groups.get(group, ())}
    return {f"{stage}.{name}" for stage, name, step in pathway.steps() if pathway.stages[stage].step_driven_by(step) == "family"} & named
