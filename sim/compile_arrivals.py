"""Compile what levers do to arrivals: more or fewer of a stream's candidates are accepted, by deprivation quintile and month."""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.actions import AddArrivals, ScaleArrivals, SetArrivals
from scenarios.faults import Fault, ScenarioError
from scenarios.pathway_arrivals import STREAM_NAMES
from scenarios.timeline import days_in_month
from sim.compile_actions import in_force
from sim.kernels import layout as L


def accepted(compiled: Any, drawn: dict, candidate_rate: np.ndarray, accept: np.ndarray) -> dict[str, np.ndarray]:
    """Return rates of arrival over those of candidates (A, STREAMS, 5, M), and how many layers accept any (A, STREAMS).

    `candidate_rate` (A, STREAMS) and `accept` are those without levers. What is added or set falls on quintiles as arrivals do.

    Raises
    ------
    ScenarioError
        If an authority has no candidates of a stream that is added to or set, or not as many as a lever asks for.
    """
    months, table = compiled.months, accept
    for action in compiled.actions:
        if isinstance(action, ScaleArrivals):
            strength = np.array(action.strength_by_quintile)
            more = strength[:, None] * in_force(action.phase, months) * (drawn[action.name, "ratio"] - 1.0)
            i = STREAM_NAMES.index(action.stream)
            table = table.copy()
            table[:, i] *= np.maximum(1.0 + more, 0.0)
        elif isinstance(action, AddArrivals | SetArrivals):
            table = table.copy()
            _number(compiled, action, drawn[action.name, "per_month"], candidate_rate, table)
    if table is not accept:
        _check(compiled, table)
    return {"accept": table, "layers": np.ceil(table.max(axis=(2, 3))).astype(np.int64)}


def _number(compiled: Any, action: AddArrivals | SetArrivals, per_month: float, candidate_rate: np.ndarray, table: np.ndarray) -> None:
    """Add so many arrivals a month to a stream of every authority, or set it to so many."""
    i, phase = STREAM_NAMES.index(action.stream), in_force(action.phase, compiled.months)
    days = np.array([days_in_month(month) for month in compiled.months], float)
    per_day = per_month * phase / days
    for a, name in enumerate(compiled.areas):
        if candidate_rate[a, i] == 0.0:
            how = "set" if isinstance(action, SetArrivals) else "added"
            message = f"{name} has no arrivals of the stream {action.stream}, so none can be {how}; expected an authority that has some"
            raise ScenarioError([Fault(compiled.scenario.key, 0, 0, action.name, message)])
        if isinstance(action, SetArrivals):
            table[a, i] *= 1.0 - phase
        table[a, i] = np.maximum(table[a, i] + per_day / candidate_rate[a, i], 0.0)


def _check(compiled: Any, table: np.ndarray) -> None:
    """Refuse more arrivals than there are candidates: addresses of families would not hold."""
    most = table.max(axis=(2, 3))
    for a, i in np.argwhere(most > L.LAYERS):
        message = (
            f"levers bring up to {most[a, i] / L.LAYERS:.2f} times the arrivals of {STREAM_NAMES[i]} that {compiled.areas[a]} has candidates for; "
            "expected a smaller ratio or number"
        )
        raise ScenarioError([Fault(compiled.scenario.key, 0, 0, "levers", message)])
