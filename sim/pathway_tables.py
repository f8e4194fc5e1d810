"""The tables of a model that the pathway alone decides, built once for all authorities."""

from __future__ import annotations

import numpy as np

from scenarios.pathway_schema import Pathway
from sim import compile_people, compile_placements, compile_prices
from sim.compile_pathway import names_of, stage_table, transition_table
from sim.kernels import layout as L

_of_pathway: dict[tuple, tuple[Pathway, np.ndarray, dict[str, np.ndarray]]] = {}


def of_pathway(pathway: Pathway, replaces: tuple[tuple[str, str], ...]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return what the pathway alone decides, built once for all authorities: transitions (to be copied) and tables by name (read-only)."""
    key = (id(pathway), replaces)
    kept = _of_pathway.get(key)
    if kept is None:
        names = names_of(pathway)
        stages = stage_table(pathway, names, dict(replaces))
        transitions, effects, static, beside = transition_table(pathway, names)
        tables = {
            "stages": stages, "draw_names": np.append(transitions["name"], [0, 0, 0]), "effects": effects,
            "static_table": static.table().reshape(len(static.rows), -1),
            "beside_table": beside.table() if beside.rows else np.ones((1, len(names.stages) + L.TRACKS)),
            "case_weights": stages["case_weight"].copy(), **compile_people.people(pathway, names), **compile_placements.placements(pathway, names),
            "let_table": compile_prices.let_table(pathway, names.placements),
        }  # fmt: skip
        if len(_of_pathway) > 40:
            _of_pathway.clear()
        kept = _of_pathway[key] = (pathway, transitions, tables)  # the pathway is kept so that its id stays its own
    return kept[1], kept[2]
