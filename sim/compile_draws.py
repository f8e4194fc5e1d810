"""Compile fitted draws: what calibration does not know of an authority's ratios and arrivals, in the months from the branch on.

Only what a draw changes is made anew: hazards and their bounds, arrivals, and the capacity of teams, which keeps up with a draw's work as it did with
what was published. The rates of candidates stay (ruling 2): more demand opens more layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from scenarios.draws import WORK
from scenarios.pathway_arrivals import STREAM_NAMES
from scenarios.timeline import month_index, month_text, year_ending
from sim import compile_actions, compile_rates
from sim.kernels import layout as L

Multipliers = Callable[[str, int], dict[str, float]]  # of an authority in a year, by quantity


def index_of(compiled: Any, replicate: int) -> int | None:
    """Return the draw a replicate uses (ruling 5); None where none acts: in history, without draws, or at the centre."""
    draws = compiled.scenario.draws
    if draws is None or compiled.history or compiled.central:
        return None
    return (replicate if compiled.fitted_draw is None else compiled.fitted_draw) % len(draws)


def months_of(compiled: Any) -> list[str]:
    """Return the months in which draws may change a hazard: April of each of their years, or the branch if that is later."""
    draws = compiled.scenario.draws
    if draws is None or compiled.history or compiled.central:
        return []
    branch, first = month_index(compiled.branch), year_ending(compiled.branch)
    return [month_text(max((max(year, first) - 1) * 12 + 3, branch)) for year in draws.years]


def _ratios(compiled: Any, versions: tuple[compile_rates.Version, ...], paths: Multipliers) -> list[list[dict[str, float]]]:
    """Return the authorities' ratios by group, of each version (V, A), those from the branch on times a draw's."""
    found, branch = compile_rates.ratios_of(compiled, versions), month_index(compiled.branch)
    for v, version in enumerate(versions):
        if month_index(version.month) >= branch:
            found[v] = [
                own | {group: own.get(group, 1.0) * times for group, times in paths(area, version.year).items() if group in compiled.pathway.groups}
                for area, own in zip(compiled.areas, found[v], strict=True)
            ]
    return found


def highest_rates(compiled: Any, hazards: compile_rates.Hazards) -> np.ndarray:
    """Return hazards per day (V, A, B) with each quantity at the highest of all its draws: what hazards of one rate alone can rise to."""
    return hazards.rates(hazards.multipliers(_ratios(compiled, hazards.versions, compiled.scenario.draws.highest)))


def with_draw(compiled: Any, model: L.Model, index: int) -> L.Model:
    """Return a model with one draw's hazards and arrivals."""
    draws, fixed = compiled.scenario.draws, compiled.static

    def paths(area: str, year: int) -> dict[str, float]:
        """Return an authority's multipliers in this draw."""
        return draws.at(area, index, year)

    hazards = fixed.hazards
    rates = hazards.rates(hazards.multipliers(_ratios(compiled, hazards.versions, paths)))
    tables = {"rates": rates, "next_version": hazards.next_version(rates)}
    transitions = model.transitions.copy()
    transitions["versions"] = compile_rates.changes(tables["next_version"])
    bounds = replace(fixed.bounds, rate=compile_actions.highest_rate(transitions, fixed.tables | tables, hazards.first))
    return model._replace(
        **tables, **arrivals(compiled, model, paths), team_capacity=team_capacity(compiled, model, paths), transitions=transitions,
        **compile_actions.fastest(transitions, bounds, model.row_factor, model.levers, model.help),
    )  # fmt: skip


def arrivals(compiled: Any, model: L.Model, paths: Multipliers) -> dict[str, np.ndarray]:
    """Return rates of arrival over those of candidates (A, STREAMS, 5, M), and how many layers accept any; beyond four layers they are cut off."""
    accept = model.accept.copy()
    streams = {stream.quantity: STREAM_NAMES.index(name) for name, stream in compiled.pathway.streams.items()}
    for a, months, multipliers in by_year(compiled, model, paths):
        for quantity, times in multipliers.items():
            if quantity in streams:
                accept[a, streams[quantity], :, months] *= times
    accept = np.minimum(accept, float(L.LAYERS))
    return {"accept": accept, "layers": np.ceil(accept.max(axis=(2, 3))).astype(np.int64)}


def team_capacity(compiled: Any, model: L.Model, paths: Multipliers) -> np.ndarray:
    """Return the cases at which pressure is 1 (A, M)."""
    capacity = model.team_capacity.copy()
    for a, months, multipliers in by_year(compiled, model, paths):
        capacity[a, months] *= multipliers.get(WORK, 1.0)
    return capacity


def by_year(compiled: Any, model: L.Model, paths: Multipliers) -> Iterator[tuple[int, slice, dict[str, float]]]:
    """Yield each authority's multipliers in each year from the branch on: (authority, months, by quantity)."""
    first = max(compiled.month(compiled.branch), 0)
    for a, area in enumerate(compiled.areas):
        for year in np.unique(model.financial_year[first:]):
            months = first + np.flatnonzero(model.financial_year[first:] == year)
            yield a, slice(months[0], months[-1] + 1), paths(area, int(year))
