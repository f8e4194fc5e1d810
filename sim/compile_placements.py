"""Compile where children are meant to live, which places have a limit, and what is tried when one is full."""

from __future__ import annotations

import numpy as np

from scenarios.pathway_schema import PLAN_CONTEXTS, Pathway
from sim.compile_pathway import Names


def placements(pathway: Pathway, names: Names) -> dict[str, np.ndarray]:
    """Return where children are meant to live, what has a limit, and what is tried when it is full."""
    multipliers = pathway.planned_by_needs
    columns = tuple(multipliers)
    weights = np.zeros((len(PLAN_CONTEXTS), 5, 4, 2, len(columns)))
    for context, plan in enumerate(PLAN_CONTEXTS):
        for i, column in enumerate(columns):
            by_age = np.array(pathway.placement_plans.weights_of(plan).get(column, (0.0,) * 5))
            by_needs = np.array(multipliers[column])
            weights[context, :, :, :, i] = (by_age[:, None] * by_needs[None, :])[:, :, None]
            if pathway.stages[column].requires_legal_status:
                weights[context, :, :, 0, i] = 0.0
    overflow = np.full((len(names.stages), 8), -1, np.int64)
    place_of_stage = np.full(len(names.stages), -1, np.int64)
    match, sibling = np.zeros((len(names.places), 4)), np.ones(len(names.places))
    priority, track = np.zeros((len(names.places), len(names.stages)), np.int64), np.full(len(names.places), -1, np.int64)
    for p, place in enumerate(pathway.places.values()):
        stage = names.stages.index(place.stage)
        needs = pathway.stages[place.stage].needs
        if needs:
            track[p] = ("need", "protection", "court", "support").index(pathway.stages[place.stage].track)
            for name, rank in needs.priority.items():
                priority[p, names.stages.index(name)] = 100 - rank
            continue
        place_of_stage[stage] = p
        match[p], sibling[p] = place.match_probability.by_needs, place.match_probability.sibling_factor
        overflow[stage, : len(place.overflow)] = [names.stages.index(name) for name in place.overflow]
    return {
        "plan_weights": weights, "plan_stages": np.array([names.stages.index(column) for column in columns], np.int64),
        "overflow": overflow, "place_of_stage": place_of_stage, "match_by_needs": match, "sibling_factor": sibling,
        "priority": priority, "place_track": track,
    }  # fmt: skip


def national_ratio(pathway: Pathway) -> dict[str, float]:
    """Return, for each stage whose places are the nation's, how many there are over those its numbers were stated at."""
    return {name: stage.national.places / stage.national.stated_at_places for name, stage in pathway.stages.items() if stage.national}


def offers(pathway: Pathway, names: Names, scale: np.ndarray) -> dict[int, np.ndarray]:
    """Return by how much each offer of a place of the nation's comes oftener (rows of transitions: M), its places being `scale` times as many."""
    ratio = national_ratio(pathway)
    return {
        names.transitions.index(f"{stage.national.otherwise}.{step}"): ratio[name] * scale
        for name, stage in pathway.stages.items() if stage.national
        for step, offer in pathway.stages[stage.national.otherwise].steps() if offer.to == name
    }  # fmt: skip


def national_chance(pathway: Pathway, names: Names, scale: np.ndarray) -> np.ndarray:
    """Return the probability that a place of the nation's is found at once (S, 4, M): 1 - (1 - p) ** c with c times the places p was stated at."""
    table = np.zeros((len(names.stages), 4, len(scale)))
    for name, ratio in national_ratio(pathway).items():
        chance = np.array(pathway.stages[name].national.found_at_once)[:, None]
        table[names.stages.index(name)] = 1.0 - (1.0 - chance) ** (ratio * scale)[None, :]
    return table
