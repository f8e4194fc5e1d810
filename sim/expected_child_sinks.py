"""What the flows of children in care count towards: a table for each count, its columns the sinks of the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.expected_children import Children
from sim.kernels import layout as L


@dataclass(frozen=True)
class ChildSinks:
    """How often a flow into each sink (n) counts.

    Attributes
    ----------
    fired, entered, arrived
        By transition (K, n), stage entered (S, n) and placement lived in (let tables, n).
    moved
        Moves to a placement that no plan is made for, by placement (let tables, n).
    again
        Those who come back into care (n).
    hubs
        Those placed as planned, by context and whether under an order.
    opened
        Proceedings that open for the family, by stage.
    where
        Rows and columns of the plans (as `np.ix_`): placement planned, placement lived in.
    """

    fired: np.ndarray
    entered: np.ndarray
    arrived: np.ndarray
    moved: np.ndarray
    again: np.ndarray
    hubs: dict[tuple[int, int], np.ndarray]
    opened: dict[int, np.ndarray]
    where: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, net: Children) -> ChildSinks:
        """Make the tables of a network."""
        model, n, places = net.model, max(len(net.sinks), 1), len(net.model.let_table)
        placement = model.stages["placement"].astype(np.int64)
        made = cls(
            np.zeros((len(model.transitions), n)), np.zeros((len(model.stages), n)), np.zeros((places, n)), np.zeros((places, n)), np.zeros(n),
            {}, {}, np.ix_(placement[model.plan_stages], placement[net.placed]),
        )  # fmt: skip
        for (what, *key), s in net.sinks.items():
            if what == "placed":
                context, ordered, stage = key
                made.entered[stage, s] += 1.0
                made.arrived[placement[stage], s] += 1.0
                made.hubs.setdefault((context, ordered), np.zeros(n))[s] = 1.0
            elif what == "return":
                made.fired[key[0], s] += 1.0
                made.entered[next(stage for op, stage, _, _ in net.ops(key[0]) if op == L.RE_ENTRY), s] += 1.0
                made.entered[net.looked_after, s] += 1.0
                made.again[s] = 1.0
            else:
                made.within(net, key[0], key[1], s, placement)
        return made

    def within(self, net: Children, k: int, part: int, s: int, placement: np.ndarray) -> None:
        """Note what a transition within care counts towards."""
        if k in net.court_ks:  # the hearing is the family's own, and counted with it
            self.entered[net.ops(k)[0][1 if part == 1 else 2], s] += 1.0
            return
        self.fired[k, s] += 1.0
        target = int(net.model.transitions[k]["target"])
        lands = [target] if target >= 0 else []
        for op, stage, _, _ in net.ops(k):
            if op == L.PLACE_IN:
                lands.append(stage)
            if op == L.OPEN_STAGE:
                self.opened.setdefault(stage, np.zeros(self.fired.shape[1]))[s] += 1.0
        for stage in lands:
            self.entered[stage, s] += 1.0
            if placement[stage] >= 0:
                self.arrived[placement[stage], s] += 1.0
                self.moved[placement[stage], s] += 1.0
