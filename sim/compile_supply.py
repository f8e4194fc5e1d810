"""Compile the supply of places: which owners a kind has, how their places leave and are replaced, and what levers do to that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scenarios.actions_of_places import AddSupply, ScaleSupply
from scenarios.pathway_schema import Pathway
from scenarios.timeline import month_index
from sim.compile_actions import changed
from sim.kernels.supply import CLOSING, OPENING

MONTHS = 12.0


@dataclass(frozen=True)
class OwnedPlaces:
    """Places of one kind that one sector owns: a row of the tables of supply."""

    kind: str
    sector: str


def owned_places(pathway: Pathway) -> tuple[OwnedPlaces, ...]:
    """Return the rows of the tables of supply; the owners of a kind follow one another."""
    return tuple(OwnedPlaces(kind, sector) for kind, place in pathway.places.items() for sector in place.owners)


def supply_rules(compiled: Any) -> dict[str, np.ndarray]:
    """Return which owners each kind of place has, and how their places leave and are replaced (what no draw changes)."""
    pathway, kinds = compiled.pathway, compiled.place_names
    rows = owned_places(pathway)
    follows = compiled.scenario.settings.supply.follows_use
    owners, moves = np.zeros((len(kinds), 2), np.int64), np.zeros((len(kinds), len(kinds)))
    rules = np.zeros((len(rows), 7))
    for c, row in enumerate(rows):
        supply = pathway.places[row.kind].supply
        owner, opening = supply.owners[row.sector], supply.months_to_open
        response = owner.response_to_use.value if follows else 0.0
        rules[c] = (
            owner.exits_per_year.value / MONTHS, response, owner.entrants.low, owner.entrants.high, opening.soonest, opening.latest,
            supply.share_follows_use_per_year.value / MONTHS if follows and supply.share_follows_use_per_year else 0.0,
        )  # fmt: skip
    for p, (kind, place) in enumerate(pathway.places.items()):
        owners[p] = next((c for c, row in enumerate(rows) if row.kind == kind), 0), len(place.owners)
        for other, rate in (place.supply.moves_per_year if place.supply else {}).items():
            moves[p, kinds.index(other)] = rate.value / MONTHS
    return {
        "owners": owners, "owner_kind": np.array([kinds.index(row.kind) for row in rows], np.int64),
        "supply_rules": rules, "move_rates": moves,
    }  # fmt: skip


def supply_tables(compiled: Any, drawn: dict, places: np.ndarray) -> dict[str, np.ndarray]:
    """Return the usable places planned for each owner (A, C, M), and how many times as many open, leave and move (C, M, 2), (P, M).

    `places` (A, P, M) are those published, and those levers add to a kind whoever owns them.
    """
    pathway, kinds, index = compiled.pathway, compiled.place_names, np.array([month_index(month) for month in compiled.months])
    rows = owned_places(pathway)
    planned = np.zeros((len(places), len(rows), len(index)))
    scale, moves = np.ones((len(rows), len(index), 2)), np.ones((len(kinds), len(index)))
    for c, row in enumerate(rows):
        planned[:, c] = places[:, kinds.index(row.kind)] * pathway.places[row.kind].supply.owners[row.sector].share.value
    for action in compiled.actions:
        if isinstance(action, AddSupply):
            usable = pathway.places[action.place].supply.usable_share.value
            times = usable * drawn[action.name, "times"]
            opened = [times * action.places.at(int(month) - action.months_to_open) for month in index]
            planned[:, rows.index(OwnedPlaces(action.place, action.owner))] += opened
        elif isinstance(action, ScaleSupply):
            ratio = changed(drawn[action.name, "ratio"], action.phase, compiled.months)
            if action.what == "moves":
                moves[kinds.index(action.place)] *= ratio
                continue
            opening = pathway.places[action.place].supply.months_to_open
            lags = range(opening.soonest, opening.latest + 1)
            for c in (c for c, row in enumerate(rows) if row.kind == action.place and action.owner in (None, row.sector)):
                if action.what == "places":
                    planned[:, c] *= ratio
                elif action.what == "entrants":  # those who open now began some months ago
                    scale[c, :, OPENING] *= np.mean([np.concatenate([np.full(lag, ratio[0]), ratio[: len(ratio) - lag]]) for lag in lags], axis=0)
                else:
                    scale[c, :, CLOSING] *= ratio
    return {"supply_planned": planned, "supply_scale": scale, "move_scale": moves}
