"""One authority's expected mass over months: families, children in care, those who have left it, and the places they need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sim.expected_child_sinks import ChildSinks
from sim.expected_children import CHILD_AGES, UASC_STREAMS, Children
from sim.expected_families import (
    AGES,
    ALL_ENTER,
    BLOCKS,
    NOBODY_ENTERS,
    REMOVED,
    SOME_ENTER,
    WAITING_FOR,
    Families,
)
from sim.expected_phases import alive, rates_in
from sim.kernels import layout as L

FAMILY_COLUMNS, CHILD_COLUMNS = BLOCKS * AGES, L.NEEDS * CHILD_AGES
LEAVER_MONTHS = 120  # months since care ended


def need_list(families: Families) -> list[int]:
    """Return the stage of need of each unit by which what is known of families is kept, in order; one that cases rest in comes once a phase."""
    return [stage for stage, _ in families.units]


class Exits(NamedTuple):
    """The ways out of care of each group of rows of a network (n), in the order of groups.

    Attributes
    ----------
    k, phase, times
        Transition, phase of its clock, and what stages beside multiply its hazard by (n).
    group, target
        Group of rows, and which of the stages that follow care is next (n).
    own
        1 if it is counted: a family's final hearing is counted with the family (n).
    vector_of
        Vector that multiplies each transition's hazard (K).
    eligible
        Share of each group who have been in care for long enough to be care leavers (groups).
    """

    k: np.ndarray
    phase: np.ndarray
    times: np.ndarray
    group: np.ndarray
    target: np.ndarray
    own: np.ndarray
    vector_of: np.ndarray
    eligible: np.ndarray


@dataclass
class Structure:
    """What follows from the pathway and not from rates: networks, and which row is in which stage."""

    families: Families
    children: list[Children]
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    child_arrays: list[dict[str, np.ndarray]] = field(default_factory=list)
    links: dict[tuple, tuple] = field(default_factory=dict)

    @classmethod
    def of(cls, model: L.Model) -> Structure:
        """Build the structure of a model."""
        made = cls(Families(model), [Children(model, stream) for stream in range(3)])
        made.arrays = made.families.compiled() | _family_rows(made.families)
        made.child_arrays = [network.compiled() | _child_rows(network) for network in made.children]
        return made

    def admissions(self, model: L.Model) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """Return, by kind of place waited for, the rows of families who wait for it, and the row of each once admitted."""
        if "admissions" not in self.links:
            found: dict[int, list[tuple[int, int]]] = {int(p): [] for p in np.flatnonzero(model.place_track >= 0)}
            for (joint, phase), row in self.families.rows.items():
                for track, stage in enumerate(joint):
                    if stage >= WAITING_FOR:
                        to = (*joint[:track], stage - WAITING_FOR, *joint[track + 1 :])
                        found[int(model.stages[stage - WAITING_FOR]["place"])].append((row, self.families.rows[to, phase]))
            self.links["admissions"] = {p: tuple(np.array(pairs, np.int64).reshape(-1, 2).T) for p, pairs in found.items()}
        return self.links["admissions"]

    def child_sinks(self, i: int) -> ChildSinks:
        """Return what the sinks of a stream's flows count towards."""
        if ("sinks", i) not in self.links:
            self.links["sinks", i] = ChildSinks.of(self.children[i])
        return self.links["sinks", i]

    def need_links(self, stage: int, to: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of a stage of need, and the row of each with need moved to another stage, its clock begun anew."""
        key = ("need", stage, to)
        if key not in self.links:
            net = self.families
            pairs = [(row, net.rows[(to, *joint[1:]), (0, *phase[1:])]) for (joint, phase), row in net.rows.items() if joint[0] == stage]
            self.links[key] = tuple(np.array(pairs, np.int64).reshape(-1, 2).T)
        return self.links[key]

    def court_links(self, stage: int) -> tuple:
        """Return, for families with no child at home and for others, the rows not as far as a stage of court, and the row of each once it is open."""
        key = ("court", stage)
        if key not in self.links:
            net, found = self.families, ([], [])
            for (joint, phase), row in net.rows.items():
                if joint[L.COURT] < stage:
                    to, _ = net.opened(joint, 0, stage)[0]
                    found[joint[0] != net.no_child].append((row, net.after(joint, phase, to)))
            self.links[key] = tuple(tuple(np.array(pairs, np.int64).reshape(-1, 2).T) for pairs in found)
        return self.links[key]


def _family_rows(net: Families) -> dict[str, np.ndarray]:
    """Return tables of rows: need, stage of each track, row after a birth; and of sinks: what they count towards."""
    needs, units = need_list(net), net.units
    rows = len(net.rows)
    need, stages, birth = np.zeros(rows, np.int64), np.full((rows, 4), -1, np.int64), np.full(rows, -1, np.int64)
    for (joint, phase), row in net.rows.items():
        plain = joint[0] % WAITING_FOR
        need[row] = units.index(net.unit(plain, phase[0]))
        stages[row] = [stage % WAITING_FOR if stage >= 0 else -1 for stage in joint]
        to = net.born(joint)
        birth[row] = net.rows[to, (phase[0] if to == joint else 0, *phase[1:])]
    sinks = [(units.index(unit), *rest) for unit, *rest in net.sinks]
    target = []
    for n, k, _, _, changes in sinks:
        to = [new for track, _, new in changes if track == L.NEED]
        target.append(n + 1 if k < 0 else (needs.index(to[0]) if to[0] >= 0 else -1) if to else n)
    moving = [i for i, (n, _, _, flag, _) in enumerate(sinks) if target[i] != n or flag]
    return {
        "need": need, "exit_of": np.full(rows, -1, np.int64), "stages": stages, "birth": birth,
        "sink_need": np.array([s[0] for s in sinks], np.int64), "sink_k": np.array([s[1] for s in sinks], np.int64),
        "sink_part": np.array([s[2] for s in sinks], np.int64), "moving": np.array(moving, np.int64),
        "moving_source": np.array([sinks[i][0] for i in moving], np.int64),
        "moving_target": np.array([target[i] for i in moving], np.int64), "moving_flag": np.array([sinks[i][3] for i in moving], np.int64),
        "moving_kind": np.array([{ALL_ENTER: 1, SOME_ENTER: 2}.get(sinks[i][2], 0) for i in moving], np.int64),
        "enters": np.array([(i, new) for i, s in enumerate(sinks) for _, _, new in s[4] if new >= 0], np.int64).reshape(-1, 2),
    }  # fmt: skip


def _child_rows(net: Children) -> dict[str, np.ndarray]:
    """Return tables of rows: stages of care, placement and legal status, group of exits, and the exits of each group."""
    rows = len(net.rows)
    stages, group = np.full((rows, 3), -1, np.int64), np.full(rows, -1, np.int64)
    for key, row in net.rows.items():
        if key[0] == "hub":
            continue
        joint, phase = key
        stages[row] = joint
        if joint[1] >= 0:
            group[row] = net.group_of(joint, phase)
    entries = [(g, *entry) for g, listed in enumerate(net.exit_lists) for entry in listed]
    first = np.searchsorted([entry[0] for entry in entries], np.arange(len(net.exit_lists) + 1))
    vector = np.zeros(len(net.model.transitions), np.int64)
    for k in range(len(vector)):
        vector[k] = net.vector(k)
    home = [row for key, row in net.rows.items() if key[0] != "hub" and key[0][1] < 0 and net.model.stages[key[0][0]]["to_home"]]
    eligible = np.ones(len(net.exit_lists))
    days = float(net.model.parameters[6])
    phases = net.phases[net.looked_after] if net.looked_after >= 0 else None
    for key, g in net.exits.items():
        low, width = phases.starts[key[0]], phases.widths[key[0]]
        eligible[g] = np.clip((low + width - days) / width, 0.0, 1.0) if np.isfinite(width) else 1.0
    exit_stages, exit_target = np.unique(np.array([e[4] for e in entries], np.int64), return_inverse=True)
    placement = np.where(stages[:, 1] >= 0, net.model.stages["placement"][stages[:, 1]], -1).astype(np.int64)
    exits = Exits(
        np.array([e[1] for e in entries], np.int64), np.array([e[2] for e in entries], np.int64), np.array([e[3] for e in entries], float),
        np.array([e[0] for e in entries], np.int64), exit_target.astype(np.int64), np.array([e[1] not in net.court_ks for e in entries], float),
        vector, eligible,
    )  # fmt: skip
    return {
        "placement": placement, "stages": stages, "exit_of": group, "home": np.array(home, np.int64), "exits": exits,
        "exit_first": first.astype(np.int64), "after": np.array([_after(net, int(stage)) for stage in exit_stages], np.int64).reshape(-1, 4),
        "widths": net.care_widths if net.exits else np.zeros(0),
    }  # fmt: skip


def _after(net: Children, stage: int) -> tuple[int, int, bool, bool]:
    """Return what follows an exit from care: stage, row (-1: none), whether it is a care leaver's life, whether it is home."""
    record = net.model.stages[stage]
    if record["care_leaver"] or record["terminal"]:
        return stage, -1, bool(record["care_leaver"]), False
    return stage, net.rows.get(((stage, -1, -1), (0, 0, 0)), -1), False, bool(record["to_home"]) and net.stream not in UASC_STREAMS


def phase_rates(structure: Structure, model: L.Model, version: int, a: int) -> list[np.ndarray]:
    """Return hazards per day by transition and phase (K, 12): of families, then of each stream of children."""
    found = []
    for net in (structure.families, *structure.children):
        table = np.zeros((len(model.transitions), 12))
        for stage, phases in net.phases.items():
            if stage >= WAITING_FOR:
                continue
            ks = net.live(stage)
            if ks:
                table[ks, : len(phases)] = rates_in(model, version, a, ks, phases)
        found.append(table)
    return found


def family_vectors(net: Families, model: L.Model, a: int, weight: np.ndarray, vectors: np.ndarray) -> None:
    """Set what hazards are multiplied by, by column: age of the youngest (`weight` of each band), earlier removal, earlier plan."""
    for (age, static), i in net.vectors.items():
        by_age = weight @ model.age_table[a, age] if age >= 0 else np.ones(AGES)
        table = model.static_table[static].reshape(5, 4, L.STREAMS, 2, 2)[:, 0, 0].mean(axis=0)  # removals, plans
        for block in range(BLOCKS):
            vectors[i, block * AGES : (block + 1) * AGES] = by_age * table[block >> 1, block & 1]


def child_vectors(net: Children, model: L.Model, a: int, weight: np.ndarray, months: np.ndarray, vectors: np.ndarray) -> None:
    """Set what hazards are multiplied by, by column: age (`weight` of each band) and needs; under and over the age of an order (by `months`)."""
    for (age, static), i in net.legal_vectors.items():
        by_age = weight @ model.age_table[a, age] if age >= 0 else np.ones(CHILD_AGES)
        by_needs = model.static_table[static].reshape(5, 4, L.STREAMS, 2, 2)[:, :, net.stream, 0, 0].mean(axis=0)
        vectors[i] = np.outer(by_needs, by_age).ravel()
    for k, i in net.young.items():
        limit = net.ops(k)[0][3] * 12.0
        under = np.clip((limit - months[:, 0]) / np.maximum(months[:, 1] - months[:, 0], 1e-9), 0.0, 1.0)
        vectors[i], vectors[i + 1] = np.tile(under, 4), np.tile(1.0 - under, 4)


def at_age(model: L.Model, stage: int) -> tuple[int, float]:
    """Return the transition of a stage at an age, and the age in years; (-1, infinity) if there is none."""
    if stage < 0:
        return -1, np.inf
    for k in range(int(model.stages[stage]["first"]), int(model.stages[stage]["first"]) + int(model.stages[stage]["n"])):
        if model.transitions[k]["at_age"] > 0.0:
            return k, float(model.transitions[k]["at_age"])
    return -1, np.inf


__all__ = ["NOBODY_ENTERS", "REMOVED", "alive"]
