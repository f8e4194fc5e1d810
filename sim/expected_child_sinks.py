"""What the flows of children in care count towards: a list for each count of the sinks of the network that it takes in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.expected_children import Children
from sim.kernels import layout as L


@dataclass(frozen=True)
class ChildSinks:
    """What flows into each sink (n) count towards.

    Attributes
    ----------
    fires, enters
        Sinks, and the transition that fires or the stage entered (m, 2).
    lands
        Sinks, the placement lived in, and whether no plan led there (m, 3).
    again
        Sinks of those who come back into care.
    hubs
        Sinks of those placed as planned, by context and whether under an order.
    opened
        Sinks of those for whose family proceedings open, by stage.
    planned, placed
        Placements that are planned, and those lived in.
    """

    fires: np.ndarray
    enters: np.ndarray
    lands: np.ndarray
    again: np.ndarray
    hubs: dict[tuple[int, int], np.ndarray]
    opened: dict[int, np.ndarray]
    planned: np.ndarray
    placed: np.ndarray

    @classmethod
    def of(cls, net: Children) -> ChildSinks:
        """Make the lists of a network."""
        model = net.model
        placement = model.stages["placement"].astype(np.int64)
        fires, enters, lands, again, hubs, opened = [], [], [], [], {}, {}
        for (what, *key), s in net.sinks.items():
            if what == "placed":
                context, ordered, stage = key
                enters.append((s, stage))
                lands.append((s, placement[stage], 0))
                hubs.setdefault((context, ordered), []).append(s)
            elif what == "return":
                fires.append((s, key[0]))
                enters += [(s, next(stage for op, stage, _, _ in net.ops(key[0]) if op == L.RE_ENTRY)), (s, net.looked_after)]
                again.append(s)
            elif key[0] in net.court_ks:  # the hearing is the family's own, and counted with it
                enters.append((s, net.ops(key[0])[0][1 if key[1] == 1 else 2]))
            else:
                fires.append((s, key[0]))
                ops, target = net.ops(key[0]), int(model.transitions[key[0]]["target"])
                for op, stage, _, _ in ops:
                    if op == L.OPEN_STAGE:
                        opened.setdefault(stage, []).append(s)
                for stage in [target] * (target >= 0) + [stage for op, stage, _, _ in ops if op == L.PLACE_IN]:
                    enters.append((s, stage))
                    if placement[stage] >= 0:
                        lands.append((s, placement[stage], 1))
        return cls(
            np.array(fires, np.int64).reshape(-1, 2), np.array(enters, np.int64).reshape(-1, 2), np.array(lands, np.int64).reshape(-1, 3),
            np.array(again, np.int64), {hub: np.array(at, np.int64) for hub, at in hubs.items()},
            {stage: np.array(at, np.int64) for stage, at in opened.items()}, placement[model.plan_stages], placement[net.placed],
        )  # fmt: skip
