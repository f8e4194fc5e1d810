"""The `expected` engine: monthly stock-and-flow equations of the same compiled arrays and the same feedback (docs/expected.md).

    tally, end = simulate(compiled, None, compiled.first, compiled.last)

runs every month of a compiled model, from nobody at its first month to its last, and fills a tally of real numbers: what the fast engine counts,
on average over many runs, as far as places are not scarce. `end` is a state to go on from (`simulate(other, end, first, last)`).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np

from sim.expected_authority import Structure
from sim.expected_counting import Counted, float_tally
from sim.expected_run import Flows, Mass
from sim.expected_surroundings import Surroundings
from sim.kernels import layout as L
from sim.kernels.layout import Tally

KEPT_STRUCTURES = 16
_structures: OrderedDict[tuple, Structure] = OrderedDict()


class ExpectedState:
    """Where a run stands at a month's start: mass and surroundings of each authority, and how far children of the year are counted twice."""

    def __init__(self, masses: list[Mass], surroundings: list[Surroundings]) -> None:
        self.masses, self.surroundings = masses, surroundings

    def units(self) -> np.ndarray:
        """Return families and children by authority and stage (A, S)."""
        return np.array([around.units for around in self.surroundings])


def simulate(
    compiled: Any, start: ExpectedState | None, first: str, last: str, seed: int = 0, replicate: int = 0, log: bool = False,
) -> tuple[Tally, ExpectedState]:  # fmt: skip
    """Return the expected tally of the months from `first` to `last` (both included), and the state at the end.

    Parameters
    ----------
    compiled
        The model. Its authorities are each alone: pooled places are not pooled here.
    start
        The state to branch from, left unchanged; None begins with nobody, at the model's first month.
    first, last
        Months, YYYY-MM.
    seed, replicate
        Which draw of the levers' effects (chance itself has no part).
    log
        There is no event log: it stays empty.
    """
    model = compiled.for_draw(seed, replicate)
    begin, end = compiled.month(first), compiled.month(last) + 1
    tally = float_tally(compiled, model, begin, end)
    structure = structure_of(model)
    masses, around = [], []
    for a in range(len(model.codes)):
        mass = Mass(structure) if start is None else moved_to(structure, start.masses[a])
        surroundings = Surroundings(model, a, None if start is None else start.surroundings[a])
        run_authority(model, structure, a, mass, surroundings, tally, begin, end)
        masses.append(mass)
        around.append(surroundings)
    return tally, ExpectedState(masses, around)


def run_authority(model: L.Model, structure: Structure, a: int, mass: Mass, around: Surroundings, tally: Tally, begin: int, end: int) -> None:
    """Run an authority's months, and count them."""
    flows = Flows(structure, model, a)
    counted = Counted(flows, tally, mass)
    counted.around = around
    counted.units, counted.cases = around.units.copy(), around.cases.copy()  # as the last month ended, before birthdays
    for month in range(begin, end):
        days = float(model.month_start[month + 1] - model.month_start[month])
        row = month - begin
        flows.set_month(month)
        pace, gates = around.begin_month(month, row, tally, counted)
        flows.set_rates(month, pace, gates)
        flows.set_plans(month, around.vacancies())
        counted.begin(month, row, days)
        month_of_families(flows, mass, counted, month, days, around)
        around.end_month(month, row, tally, counted, days)
        grow_up(flows, mass, counted)


def month_of_families(flows: Flows, mass: Mass, counted: Counted, month: int, days: float, around: Surroundings) -> None:
    """Do a month: births and arrivals, families' flows, children into care and out of it, care leavers; count all of it."""
    came = mass.families
    around.admit(came, flows, counted)
    flows.births(mass, came, counted)
    flows.arrive(mass, came, month, days, counted)
    counted.come_home(mass, came)
    stock = flows.by_need(came)
    means = flows.set_splits(mass, stock)
    sinks = flows.flow_families(mass, days)
    means = flows.know_flows(mass, sinks, means)
    counted.families(sinks, means)
    entries = flows.enter_care(sinks, means)
    counted.children(mass, entries, sinks, days, month)


def grow_up(flows: Flows, mass: Mass, counted: Counted) -> None:
    """Move everybody's age on by a month; who turns 18 leaves."""
    flows.age_families(mass, counted)
    counted.grow_up()


def structure_of(model: L.Model) -> Structure:
    """Return the structure of a model, built once for all with the same pathway and the same shape of hazards."""
    stages, transitions = model.stages.copy(), model.transitions.copy()
    for name in ("lever", "help", "row"):
        transitions[name] = 0
    shape = model.rates[0, 0] / np.maximum(np.maximum.accumulate(model.rates[0, 0]), 1e-300)
    parts = (model.edges, shape > 0, model.beside_table, model.static_table, model.effects, model.arrival_stage, model.overflow, model.plan_stages,
             model.plan_weights > 0, model.candidate_rate > 0)  # fmt: skip
    fields = [stages[name].tobytes() for name in stages.dtype.names] + [transitions[name].tobytes() for name in transitions.dtype.names]
    key = (*fields, *(np.ascontiguousarray(part).tobytes() for part in parts))
    if key not in _structures:
        _structures[key] = Structure.of(model)
        while len(_structures) > KEPT_STRUCTURES:
            _structures.popitem(last=False)
    _structures.move_to_end(key)
    return _structures[key]


def moved_to(structure: Structure, old: Mass) -> Mass:
    """Return a copy of mass in a structure: rows by what they are; phases a stage no longer has go to its last."""
    new = Mass(structure)
    if structure is old.structure:
        new.families[:] = old.families
        for i, children in enumerate(old.children):
            new.children[i][:] = children
        new.known[:] = old.known
    else:
        move_rows(old.structure.families, structure.families, old.families, new.families)
        for i, children in enumerate(old.children):
            move_rows(old.structure.children[i], structure.children[i], children, new.children[i])
        new.known[:] = old.known
    new.leavers, new.together, new.back = old.leavers.copy(), old.together.copy(), old.back.copy()
    new.proceedings, new.late_births = dict(old.proceedings), list(old.late_births)
    new.group_size = old.group_size
    new.let, new.where, new.placed = old.let.copy(), old.where.copy(), old.placed.copy()
    return new


def move_rows(old: Any, new: Any, mass: np.ndarray, out: np.ndarray) -> None:
    """Copy rows by their joint stage and phases."""
    for key, row in old.rows.items():
        if not mass[row].any():
            continue
        if key in new.rows:
            out[new.rows[key]] += mass[row]
        elif key[0] != "hub":
            joint, phase = key
            known = tuple(min(p, len(new.phases_of(stage)) - 1) for p, stage in zip(phase, joint, strict=True))
            out[new.rows[joint, known]] += mass[row]
