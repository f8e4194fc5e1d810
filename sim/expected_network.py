"""Networks of expected mass: joint stages of an entity's tracks, each in phases, and the edges between them, from the compiled pathway.

A *joint stage* says which stage each track is in (or that it is idle); a *row* also says in which phase of its clock each is. Which joint stages
there are is found by following transitions and effects from where entities begin, so any pathway makes its own network and nothing here knows a stage
by name.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from sim.expected_phases import ONE, Phases
from sim.kernels import layout as L
from sim.kernels.expected_flow import AGEING, INSTANT, NO_GATE, NOWHERE, OUT, RATE, Room, Ways

Joint = tuple[int, ...]  # the stage of each track, IDLE if none
TO, KIND, TRANSITION, PHASE, VECTOR, SPLIT, FLAG, SINK, GATE, TRACK, LEAVES, MEETS = range(12)
COLUMNS = 12
ONES = 0  # the vector of ones
LINE = 64  # bytes of a cache line


@dataclass(frozen=True)
class Move:
    """Where a transition leads from a joint stage.

    Attributes
    ----------
    to
        Joint stage; None if the entity leaves the network.
    split
        Vector of the share of the transition that does this.
    flag
        Bits of flags set.
    gate
        Which gate it passes: none, or before or after the day on which later stages hold, or with or without a place.
    part
        Which of a transition's sinks counts it.
    hub
        Context of a placement plan, if where the entity goes is for the plan to say: then `to` has no placement.
    """

    to: Joint | None
    split: int = ONES
    flag: int = 0
    gate: int = NO_GATE
    part: int = 0
    hub: int = -1


@dataclass
class Network:
    """Rows, edges and sinks of one kind of entity."""

    rows: dict[tuple, int] = field(default_factory=dict)
    joints: list[Joint] = field(default_factory=list)
    phases: dict[int, Phases] = field(default_factory=dict)
    sinks: dict[tuple, int] = field(default_factory=dict)
    edges: list[list] = field(default_factory=list)
    instant: list[bool] = field(default_factory=list)

    def phases_of(self, stage: int) -> Phases:
        """Return the phases of a stage's clock; of an idle track the only one."""
        return ONE if stage < 0 else self.phases[stage]

    def add_rows(self, joints: Iterable[Joint]) -> None:
        """Add the rows of joint stages: every combination of their tracks' phases."""
        for joint in joints:
            self.joints.append(joint)
            for phase in itertools.product(*(range(len(self.phases_of(stage))) for stage in joint)):
                self.rows[joint, phase] = len(self.rows)
                self.edges.append([])
                self.instant.append(False)

    def add_instant(self, key: tuple) -> int:
        """Add a row that holds nothing: what comes goes on at once."""
        self.rows[key] = len(self.rows)
        self.edges.append([])
        self.instant.append(True)
        return self.rows[key]

    def sink(self, key: tuple) -> int:
        """Return where flows of a kind are added up."""
        return self.sinks.setdefault(key, len(self.sinks))

    def add_edge(self, row: int, to: int, times: float, **columns: int) -> None:
        """Add an edge; `columns` by the names above, in small letters."""
        numbers = [to, RATE, 0, 0, ONES, ONES, 0, -1, NO_GATE, 0, 0, 0]
        for name, value in columns.items():
            numbers[globals()[name.upper()]] = int(value)
        self.edges[row].append((numbers, times))

    def add_ageing(self, joint: Joint) -> None:
        """Add the edges by which clocks go on from phase to phase."""
        for phase in itertools.product(*(range(len(self.phases_of(stage))) for stage in joint)):
            row = self.rows[joint, phase]
            for track, stage in enumerate(joint):
                phases = self.phases_of(stage)
                if phase[track] + 1 < len(phases):
                    later = (*phase[:track], phase[track] + 1, *phase[track + 1 :])
                    sink = self.ageing_sink(stage, phase[track])
                    self.add_edge(row, self.rows[joint, later], phases.widths[phase[track]], kind=AGEING, track=track, sink=sink)

    def ageing_sink(self, stage: int, phase: int) -> int:
        """Return the sink of going on to the next phase, if that is counted: it is not."""
        return -1

    def after(self, joint: Joint, phase: tuple, to: Joint | None, restarted: tuple[int, ...] = ()) -> int:
        """Return the row reached from a row: tracks that change stage begin their clock anew, the others keep theirs."""
        if to is None:
            return OUT
        kept = tuple(
            at if stage == old and track not in restarted else 0
            for track, (at, old, stage) in enumerate(zip(phase, joint, to, strict=True))
        )
        return self.rows[to, kept]

    def compiled(self) -> dict[str, np.ndarray]:
        """Return the arrays the kernels read: first edge of each row, edges, what multiplies them, rows that hold nothing."""
        first = np.cumsum([0, *(len(edges) for edges in self.edges)])
        flat = [edge for edges in self.edges for edge in edges]
        numbers = np.array([edge[0] for edge in flat], np.int64).reshape(-1, COLUMNS)
        rates = np.zeros((len(flat), 2))
        rates[:, 0] = [edge[1] for edge in flat]
        instant = np.array(self.instant, np.bool_)
        _, alike = np.unique(np.column_stack([numbers[:, [KIND, TRANSITION, PHASE, GATE, TRACK, LEAVES, MEETS]], rates]), axis=0, return_inverse=True)
        return {
            "first": first.astype(np.int64), "edge": numbers, "sinks": max(len(self.sinks), 1), "rate": rates, "instant": instant,
            "ways": ways_of(first, instant, numbers[:, [TO, VECTOR, SPLIT, FLAG, SINK]], alike),
        }  # fmt: skip


def ways_of(first: np.ndarray, instant: np.ndarray, lead: np.ndarray, alike: np.ndarray) -> Ways:
    """Return edges as a month's flows go through them, their rates not set yet.

    `first` (R + 1) is the first edge of each row; `lead` (E, 5) has, by edge, the row to, two vectors that multiply it, the flag set and the sink.
    Edges of a row with the same number in `alike` (E) have the same rate whatever the month.
    """
    edges = range(len(lead))
    row_of = np.repeat(np.arange(len(first) - 1), np.diff(first)).tolist()
    pairs, ways, outs, sums = {(ONES, ONES): 0}, {}, {}, {}
    way_of, out_of = np.full(len(lead), -1, np.int32), np.full(len(lead), -1, np.int32)
    terms: dict[tuple[int, int], list[int]] = {}  # edges by sink and pair
    for e, row, (to, vector, split, flag, sink) in zip(edges, row_of, lead.tolist(), strict=True):
        pair = pairs.setdefault((vector, split), len(pairs))
        if to >= 0:
            way_of[e] = ways.setdefault((row, to, pair, flag), len(ways))
        if to != NOWHERE and not instant[row]:
            out_of[e] = outs.setdefault((row, pair), len(outs))
        if sink >= 0:
            terms.setdefault((sink, pair), []).append(e)
    drains = []
    for (sink, pair), found in terms.items():
        key = tuple(sorted((row_of[e], int(alike[e])) for e in found))
        drains.append((sums.setdefault(key, (len(sums), found))[0], pair, sink))
    listed = [e for _, found in sums.values() for e in found]

    def firsts(keys: Iterable[tuple]) -> np.ndarray:
        """Return where each row's entries begin (R + 1), of keys in the order of rows."""
        return np.searchsorted([key[0] for key in keys], np.arange(len(first))).astype(np.int64)

    return Ways(
        np.array(list(pairs), np.int32), firsts(ways), np.array([key[1:] for key in ways], np.int32).reshape(-1, 3), np.zeros(len(ways)),
        firsts(outs), np.array([key[1] for key in outs], np.int32), np.zeros(len(outs)),
        np.cumsum([0, *(len(found) for _, found in sums.values())]), np.array([row_of[e] for e in listed], np.int32), np.zeros(len(listed)),
        np.array(sorted(drains), np.int32).reshape(-1, 3), way_of, out_of, np.array(listed, np.int32), instant,
    )  # fmt: skip


def rows_of_cells(rows: int, columns: int) -> np.ndarray:
    """Return empty cells (rows, columns) that begin where a cache line does, so that rows take as few lines as can be."""
    room = np.zeros(rows * columns + LINE // 8)
    begin = (-room.ctypes.data % LINE) // 8
    return room[begin : begin + rows * columns].reshape(rows, columns)


def room_for(ways: Ways, columns: int) -> Room:
    """Return room for a month's flows of a network with so many columns."""
    shape = (len(ways.instant), columns)
    return Room(
        rows_of_cells(*shape), rows_of_cells(*shape), rows_of_cells(*shape), np.empty(shape[0]), np.empty(shape[0]), np.empty(shape[0], np.int8),
        np.empty(shape[0], np.bool_), rows_of_cells(len(ways.pairs), columns),
    )  # fmt: skip


def reachable(starts: Iterable[Joint], moves: Callable[[Joint], Iterable[Joint | None]]) -> list[Joint]:
    """Return every joint stage that can be reached, in the order found."""
    found = list(dict.fromkeys(starts))
    seen = set(found)
    for joint in found:
        for to in moves(joint):
            if to is not None and to not in seen:
                seen.add(to)
                found.append(to)
    return found


def beside(model: L.Model, k: int, columns: Iterable[int]) -> float:
    """Return the product of what the stages beside (columns of `beside_table`) multiply transition k's hazard by."""
    row = int(model.transitions[k]["beside"])
    return 1.0 if row < 0 else float(np.prod([model.beside_table[row, column] for column in columns]))


def column_of(model: L.Model, stage: int, track: int) -> int:
    """Return the column of `beside_table` of a stage, or of the track being idle."""
    return len(model.stages) + track if stage < 0 else stage


__all__ = ["AGEING", "INSTANT", "ONES", "Joint", "Move", "Network", "beside", "column_of", "reachable"]
