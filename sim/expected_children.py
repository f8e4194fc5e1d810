"""The network of children in care and after it: care, placement and legal status, by age and needs, for one kind of stream."""

from __future__ import annotations

import itertools

import numpy as np

from sim.expected_network import INSTANT, ONES, Joint, Network, beside, column_of, reachable
from sim.expected_phases import ONE, alive, phases_of
from sim.kernels import layout as L
from sim.kernels.expected_flow import OUT

CHILD_AGES = 19  # born this (financial) year, then completed years of age at the year's start; columns are needs x ages
ALIKE_CARE = 1.3  # bands of other clocks of children whose hazards differ by less than this factor are one phase (assumed, likewise)
ALIKE_PLACEMENTS = 1.9  # bands of a placement's clock whose hazards differ by less than this factor are one phase (assumed; docs/expected.md)
CARE, PLACEMENT, LEGAL = range(3)
UASC_STREAMS = (1, 2)


class Children(Network):
    """The network of the children of some streams.

    Attributes
    ----------
    exits
        For each group of rows with the same exits: what ends care there, (transition, phase of its clock, multiplier of stages beside, stage after).
    hubs
        Rows at which a placement is planned: (phase of care, legal status, its phase, context) -> row.
    """

    def __init__(self, model: L.Model, stream: int) -> None:
        super().__init__()
        self.model, self.stream = model, stream
        self.found_live: dict[int, list[int]] = {}  # what `live`, `ops` and `fires` found: they are asked for again at every row
        self.found_ops: dict[int, list[tuple[int, int, int, float]]] = {}
        self.found_firing: dict[Joint, list[tuple[int, int, float]]] = {}
        self.looked_after, self.interim = int(model.key_stages[2]), int(model.key_stages[3])
        self.stages = [s for s in range(len(model.stages)) if model.stages[s]["track"] >= L.CARE]
        self.court_ks = [k for k in range(len(model.transitions)) if self.op(k) in (L.COURT_ORDER, L.COURT_EXIT) and alive(model.transitions[k])]
        self.court = int(model.transitions[self.court_ks[0]]["stage"]) if self.court_ks else -1
        for s in self.stages:
            alike = ALIKE_PLACEMENTS if model.stages[s]["track"] == L.PLACEMENT else ALIKE_CARE
            self.phases[s] = phases_of(model, self.live(s), alike=alike) if self.live(s) else ONE
        self.exits: dict[tuple, int] = {}
        self.exit_lists: list[list[tuple[int, int, float, int]]] = []
        self.legal_vectors: dict[tuple[int, int], int] = {}
        self.hubs: dict[tuple, int] = {}
        self.n_options = len(model.plan_stages)
        entries = self.entry_statuses()
        self.placed = self.lived_in()
        found = reachable(
            [(self.looked_after, placement, legal) for legal in entries for placement in self.placed if self.allowed(placement, legal)],
            self.all_moves,
        ) if entries else []
        after = sorted({joint for joint in found if joint[1] < 0})
        inside = [joint for joint in found if joint[1] >= 0]
        self.order = self.legal_order(entries)
        self.build(after, inside)

    # ---------------------------------------------------------------- what the model says

    def op(self, k: int) -> int:
        """Return the first effect of a transition, 0 if it has none."""
        tr = self.model.transitions[k]
        return int(self.model.effects[tr["effect"]]["op"]) if tr["n_effects"] else 0

    def ops(self, k: int) -> list[tuple[int, int, int, float]]:
        """Return the effects of a transition: (what, stage, other stage, number)."""
        if k not in self.found_ops:
            tr = self.model.transitions[k]
            self.found_ops[k] = [(int(e["op"]), int(e["stage"]), int(e["other"]), float(e["x"]))
                                 for e in self.model.effects[int(tr["effect"]) : int(tr["effect"]) + int(tr["n_effects"])]]  # fmt: skip
        return self.found_ops[k]

    def live(self, stage: int) -> list[int]:
        """Return the transitions of a stage with a hazard for this stream; on an interim order also the final hearing of its proceedings."""
        if stage not in self.found_live:
            first, n = int(self.model.stages[stage]["first"]), int(self.model.stages[stage]["n"])
            found = [k for k in range(first, first + n) if alive(self.model.transitions[k]) and self.of_stream(k).any()]
            self.found_live[stage] = found + (self.court_ks if stage == self.interim else [])
        return self.found_live[stage]

    def of_stream(self, k: int) -> np.ndarray:
        """Return what a transition's hazard is multiplied by for each needs (4) in this stream, averaged over quintiles."""
        table = self.model.static_table[self.model.transitions[k]["static"]].reshape(5, 4, L.STREAMS, 2, 2)
        return table[:, :, self.stream, 0, 0].mean(axis=0)

    def entry_statuses(self) -> list[int]:
        """Return the legal statuses in which children of the stream may enter care."""
        model = self.model
        if self.stream in UASC_STREAMS:
            legal = int(model.arrival_stage[self.stream, 1])
            return [legal] if legal >= 0 and model.candidate_rate[:, self.stream].any() else []
        found = [int(effect["stage"]) for effect in model.effects if effect["op"] == L.CARE_ENTRY]
        return list(dict.fromkeys(found))

    def lived_in(self) -> list[int]:
        """Return the placements children are planned for, or find instead."""
        found = [int(stage) for stage in self.model.plan_stages]
        for stage in found:
            more = [int(other) for other in self.model.overflow[stage] if other >= 0] + [int(self.model.key_stages[5])]
            if self.model.stages[stage]["otherwise"] >= 0:
                more.append(int(self.model.stages[stage]["otherwise"]))
            found += [other for other in dict.fromkeys(more) if other >= 0 and other not in found]
        return found

    def allowed(self, placement: int, legal: int) -> bool:
        """Return whether any plan under a legal status can lead to a placement (with parents only under an order)."""
        ordered = int(self.model.stages[legal]["permits_parents"])
        if placement not in self.model.plan_stages:
            return True
        option = list(self.model.plan_stages).index(placement)
        return bool(self.model.plan_weights[[*self.contexts(legal)], :, :, ordered, option].any()) or self.overflows_to(placement)

    def overflows_to(self, placement: int) -> bool:
        """Return whether a placement is on another's list of what is tried when it is full."""
        return bool((self.model.overflow[self.model.plan_stages] == placement).any())

    def contexts(self, legal: int) -> tuple[int, int]:
        """Return the contexts of a plan under a legal status: on entry, on a move."""
        own = int(self.model.stages[legal]["plan"])
        if own >= 0:
            return own, own
        if self.stream in UASC_STREAMS:
            return int(L.UASC_PLAN), int(L.UASC_PLAN)
        return int(L.ON_ENTRY), int(L.ON_MOVE)

    def beside(self, k: int, joint: Joint) -> float:
        """Return what the stages beside multiply a child's transition by; a family's proceedings run while the child is on an interim order."""
        court = self.court if joint[LEGAL] == self.interim else -1
        columns = [column_of(self.model, stage, L.CARE + track) for track, stage in enumerate(joint)]
        return beside(self.model, k, [*columns, column_of(self.model, court, L.COURT)])

    # ---------------------------------------------------------------- where transitions lead

    def leaves_to(self, k: int, track: int) -> int:
        """Return the stage after care that a transition leads to, or -1 if the child stays in care."""
        target = int(self.model.transitions[k]["target"])
        if track == CARE and target >= 0 and not self.model.stages[target]["in_care"]:
            return target
        for op, stage, _, _ in self.ops(k):
            if op in (L.EXIT_CARE, L.COURT_EXIT):
                return stage
        return -1

    def fires(self, joint: Joint) -> list[tuple[int, int, float]]:
        """Return (transition, track, multiplier of stages beside) of what may fire in a joint stage."""
        if joint not in self.found_firing:
            found = self.found_firing[joint] = []
            for track, stage in enumerate(joint):
                for k in self.live(stage) if stage >= 0 else ():
                    times = 1.0 if k in self.court_ks else self.beside(k, joint)
                    if times > 0.0:
                        found.append((k, track, times))
        return self.found_firing[joint]

    def stays(self, joint: Joint, k: int, track: int) -> list[tuple[Joint, int, bool]]:
        """Return (joint stage, part, whether planned anew) that a transition leads to within care; parts 1 and 2 are under and over an age."""
        target, ops = int(self.model.transitions[k]["target"]), self.ops(k)
        to, replanned = list(joint), False
        if k in self.court_ks:
            return [((*joint[:LEGAL], ops[0][1]), 1, False), ((*joint[:LEGAL], ops[0][2]), 2, False)]
        if target >= 0 and track != CARE:
            to[track] = target
        for op, stage, _, _ in ops:
            if op == L.PLACE_IN:
                to[PLACEMENT] = stage
            replanned |= op == L.REPLAN
        return [(tuple(to), 0, replanned)]

    def all_moves(self, joint: Joint) -> list[Joint]:
        """Return every joint stage that can follow one."""
        if joint[PLACEMENT] < 0:
            return [(self.looked_after, placement, stage) for k in self.live(joint[CARE]) for op, stage, _, _ in self.ops(k) if op == L.RE_ENTRY
                    for placement in self.placed if self.allowed(placement, stage)]  # fmt: skip
        found = []
        for k, track, _ in self.fires(joint):
            after = self.leaves_to(k, track)
            if after >= 0:
                if not self.model.stages[after]["terminal"] and not self.model.stages[after]["care_leaver"]:
                    found.append((after, -1, -1))
                continue
            for to, _, replanned in self.stays(joint, k, track):
                found += [(to[0], place, to[2]) for place in self.placed if self.allowed(place, to[2])] if replanned else [to]
        return found

    # ---------------------------------------------------------------- rows and edges

    def follows(self, legal: int) -> list[int]:
        """Return the other legal statuses that may follow one."""
        joint = (self.looked_after, -1, legal)
        found = [to[LEGAL] for k in self.live(legal) if self.leaves_to(k, LEGAL) < 0 for to, _, _ in self.stays(joint, k, LEGAL)]
        return [stage for stage in dict.fromkeys(found) if stage != legal]

    def legal_order(self, entries: list[int]) -> dict[int, int]:
        """Return the order of legal statuses: those of entry first, shortest first, then as statuses follow, the last being those nothing follows."""
        listed = list(dict.fromkeys(entries))
        for legal in listed:
            listed += [stage for stage in self.follows(legal) if stage not in listed]

        def rank(legal: int) -> tuple:
            """Return what statuses are ordered by."""
            return not self.follows(legal), legal not in entries, legal == self.interim, len(self.phases[legal]), listed.index(legal)

        return {legal: i for i, legal in enumerate(sorted(listed, key=rank))}

    def build(self, after: list[Joint], inside: list[Joint]) -> None:
        """Add rows and edges: those after care first, then status by status and phase by phase, places planned before those lived in."""
        self.add_rows(after)
        statuses = sorted({joint[LEGAL] for joint in inside}, key=lambda legal: self.order.get(legal, 99))
        for legal in statuses:
            own = sorted(joint for joint in inside if joint[LEGAL] == legal)
            self.joints += own
            for legal_phase in range(len(self.phases[legal])):
                for care_phase in range(len(self.phases[self.looked_after])):
                    for context in dict.fromkeys(self.contexts(legal)):
                        self.hubs[care_phase, legal, legal_phase, context] = self.add_instant(("hub", care_phase, legal, legal_phase, context))
                    for joint in own:
                        for phase in range(len(self.phases[joint[PLACEMENT]])):
                            self.rows[joint, (care_phase, phase, legal_phase)] = len(self.rows)
                            self.edges.append([])
                            self.instant.append(False)
        self.number_vectors(inside)
        for (care_phase, legal, legal_phase, context), row in self.hubs.items():
            for i, placement in enumerate(self.placed):
                if (self.looked_after, placement, legal) in self.joints:
                    to = self.rows[(self.looked_after, placement, legal), (care_phase, 0, legal_phase)]
                    vector = self.plan_vector(context, int(self.model.stages[legal]["permits_parents"]), i)
                    key = ("placed", context, int(self.model.stages[legal]["permits_parents"]), placement)
                    self.add_edge(row, to, 1.0, kind=INSTANT, vector=vector, sink=self.sink(key))
        for joint in after:
            self.add_ageing(joint)
            self.add_returns(joint)
        for joint in inside:
            self.add_moves(joint)

    def number_vectors(self, inside: list[Joint]) -> None:
        """Give vectors their numbers: ages and needs of transitions, young and old for orders, plans by context, then two for each group of exits."""
        in_care = {k for joint in inside for k, _, _ in self.fires(joint)}
        used = sorted(in_care | {k for joint in self.joints if joint[1] < 0 for k in self.live(joint[0])})
        for k in used:
            tr = self.model.transitions[k]
            key = (int(tr["age"]), int(tr["static"]))
            if key != (-1, 0):
                self.legal_vectors.setdefault(key, len(self.legal_vectors) + 1)
        n = len(self.legal_vectors) + 1
        self.young = {k: n + 2 * i for i, k in enumerate(self.court_ks)}
        n += 2 * len(self.court_ks)
        self.plan_base, contexts = n, self.model.plan_weights.shape[0]
        n += contexts * 2 * len(self.placed)
        self.exit_base = n

    def plan_vector(self, context: int, ordered: int, option: int) -> int:
        """Return the vector of the share planned in a context who come to live in a placement."""
        return self.plan_base + (context * 2 + ordered) * len(self.placed) + option

    def vector(self, k: int) -> int:
        """Return the vector of a transition's multipliers of age and needs."""
        tr = self.model.transitions[k]
        return self.legal_vectors.get((int(tr["age"]), int(tr["static"])), ONES)

    def add_returns(self, joint: Joint) -> None:
        """Add the edges by which children come back into care."""
        for k in self.live(joint[CARE]):
            for op, legal, _, _ in self.ops(k):
                if op == L.RE_ENTRY:
                    hub = self.hubs[0, legal, 0, self.contexts(legal)[0]]
                    for phase in range(len(self.phases[joint[CARE]])):
                        self.add_edge(self.rows[joint, (phase, 0, 0)], hub, self.beside(k, joint), transition=k, phase=phase, vector=self.vector(k),
                                      sink=self.sink(("return", k, phase)), track=CARE, leaves=1, meets=1)  # fmt: skip

    def group_of(self, joint: Joint, phase: tuple[int, int, int]) -> int:
        """Return the group of a row: rows whose care ends in the same ways."""
        found = []
        for k, track, times in self.fires(joint):
            stage = self.leaves_to(k, track)
            if stage >= 0:
                found.append((k, phase[track], round(times, 12), stage))
        key = (phase[CARE], tuple(found))
        if key not in self.exits:
            self.exits[key] = len(self.exits)
            self.exit_lists.append(found)
        return self.exits[key]

    def add_moves(self, joint: Joint) -> None:
        """Add the edges from every row of a joint stage in care."""
        legal = joint[LEGAL]
        firing = [(k, track, times) for k, track, times in self.fires(joint) if self.leaves_to(k, track) < 0]
        for phase in itertools.product(*(range(len(self.phases[stage])) for stage in joint)):
            row = self.rows[joint, phase]
            group = self.group_of(joint, phase)
            self.add_edge(row, OUT, 1.0, kind=INSTANT, vector=self.exit_base + 2 * group)
            for track in range(3):
                phases = self.phases[joint[track]]
                if phase[track] + 1 < len(phases):
                    to = self.rows[joint, (*phase[:track], phase[track] + 1, *phase[track + 1 :])]
                    if track == CARE:
                        self.add_edge(row, to, 1.0, kind=INSTANT, vector=self.exit_base + 2 * group + 1)
                    else:
                        self.add_edge(row, to, phases.widths[phase[track]], kind=1, track=track)
            for k, track, times in firing:
                for to, part, replanned in self.stays(joint, k, track):
                    status_phase = phase[LEGAL] if to[LEGAL] == legal else 0
                    if replanned:
                        lead = self.hubs[phase[CARE], to[LEGAL], status_phase, self.contexts(to[LEGAL])[1]]
                    else:
                        lead = self.after(joint, phase, to)
                    split = self.young[k] + part - 1 if part else ONES
                    self.add_edge(row, lead, times, transition=k, phase=phase[track], vector=self.vector(k), split=split,
                                  sink=self.sink(("fires", k, part)), track=track,
                                  leaves=self.leaves_track(k, track, joint, to, replanned), meets=part < 2)  # fmt: skip

    def leaves_track(self, k: int, track: int, joint: Joint, to: Joint, replanned: bool) -> bool:
        """Return whether a transition ends the stay whose clock it runs on."""
        return to[track] != joint[track] or (replanned and track == PLACEMENT)

    @property
    def n_vectors(self) -> int:
        """How many vectors the network has."""
        return self.exit_base + 2 * len(self.exits)

    @property
    def care_widths(self) -> np.ndarray:
        """Return the width of the phase of care of each group of exits."""
        return np.array([self.phases[self.looked_after].widths[key[0]] for key in self.exits])
