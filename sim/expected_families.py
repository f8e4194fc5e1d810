"""The network of families: joint stages of need, protection, court and support, by age of the youngest child and by what happened before."""

from __future__ import annotations

from sim.expected_network import ONES, Joint, Move, Network, beside, column_of, reachable
from sim.expected_phases import ONE, alive, phases_of
from sim.kernels import layout as L
from sim.kernels.expected_flow import AFTER_SWITCH, BEFORE_SWITCH, NO_GATE, NOWHERE

# Columns: the youngest child at the month's start. Unborn, by months to birth; born this month, by the age of the youngest before; born this
# (financial) year; then by completed years of age at the year's start. A year's children grow older together, so ages are exact to the year's end.
U, N, YEARS = 6, 3, 18
FIRST_YEAR = U + N  # born this year; the next column is of those under 1 at the year's start
AGES = U + N + 1 + YEARS
BLOCKS = 4  # flags: earlier plan 1, earlier removal 2
PLANNED, REMOVED = 1, 2
WAITING_FOR = 1000  # added to a stage whose place is waited for
PLAIN, ALL_ENTER, SOME_ENTER, NOBODY_ENTERS = range(4)  # parts of a transition, for its sinks
FIRST_PLACE_GATE = 3  # two gates a place from here: with a place, without


class Families(Network):
    """The network of an authority's families under a model (its structure: rates come month by month)."""

    def __init__(self, model: L.Model) -> None:
        super().__init__()
        self.model = model
        self.no_child, self.reopened = int(model.key_stages[1]), int(model.key_stages[0])
        self.stages = [s for s in range(len(model.stages)) if model.stages[s]["track"] < L.FAMILY_TRACKS]
        for s in self.stages:
            self.phases[s] = phases_of(model, self.live(s))
            self.phases[s + WAITING_FOR] = ONE
        self.vectors: dict[tuple[int, int], int] = {}
        self.splits = {s: 0 for s in self.stages if model.stages[s]["track"] == L.NEED}
        for k in (k for s in self.stages for k in self.live(s)):
            key = (int(model.transitions[k]["age"]), int(model.transitions[k]["static"]))
            if key != (-1, 0):
                self.vectors.setdefault(key, len(self.vectors) + 1)
        for i, s in enumerate(self.splits):
            self.splits[s] = len(self.vectors) + 1 + 6 * i
        self.n_vectors = len(self.vectors) + 1 + 6 * len(self.splits)
        starts = [self.place((int(stage), -1, -1, -1), NO_GATE)[0][0] for stage in model.arrival_stage[:, 0] if stage >= 0]
        if starts:
            if self.no_child >= 0:
                starts.append((self.no_child, -1, -1, -1))
            if self.reopened >= 0:
                starts.append((self.reopened, -1, -1, -1))
        found = reachable(starts, self.all_moves)
        order = self.order(found)
        self.add_rows(sorted(found, key=lambda joint: (order[joint[0] % WAITING_FOR if joint[0] >= 0 else -1], joint[1:])))
        for joint in self.joints:
            self.add_ageing(joint)
            self.add_moves(joint)

    def live(self, stage: int) -> list[int]:
        """Return the transitions of a stage that have a hazard."""
        first, n = int(self.model.stages[stage]["first"]), int(self.model.stages[stage]["n"])
        return [k for k in range(first, first + n) if alive(self.model.transitions[k])]

    def birth_of(self, stage: int) -> int:
        """Return the transition of a stage that a birth fires, or -1."""
        at = int(self.model.stages[stage]["birth"])
        return int(self.model.stages[stage]["first"]) + at if at >= 0 else -1

    def order(self, joints: list[Joint]) -> dict[int, int]:
        """Return the order of stages of need: those a case rests in between cases first, then as cases go on."""
        resting = [s for s in self.stages if self.model.stages[s]["is_closed"] or s == self.no_child]
        found = list(dict.fromkeys(joint[0] % WAITING_FOR for joint in joints if joint[0] >= 0))
        listed = [s for s in found if s in resting] + [s for s in sorted(found) if s not in resting]
        return {stage: i for i, stage in enumerate([-1, *listed])}

    def place(self, joint: Joint, gate: int) -> list[tuple[Joint, int]]:
        """Return where an entity that enters a joint stage is, and the gates: a stage that needs a place may have to be waited for."""
        for track, stage in enumerate(joint):
            if 0 <= stage < WAITING_FOR and self.model.stages[stage]["place"] >= 0:
                p = int(self.model.stages[stage]["place"])
                waiting = (*joint[:track], stage + WAITING_FOR, *joint[track + 1 :])
                return [(joint, FIRST_PLACE_GATE + 2 * p), (waiting, FIRST_PLACE_GATE + 2 * p + 1)]
        return [(joint, gate)]

    def enter(self, joint: Joint, track: int, stage: int) -> list[tuple[Joint | None, int]]:
        """Return (joint stage, gate) after a track moves to a stage, or to idle."""
        model = self.model
        if track == L.NEED and stage < 0:
            return [(None, NO_GATE)]
        targets = [(stage, NO_GATE)]
        if stage >= 0 and model.stages[stage]["later"] >= 0:
            targets = [(stage, BEFORE_SWITCH), (int(model.stages[stage]["later"]), AFTER_SWITCH)]
        found = []
        for target, gate in targets:
            to = (*joint[:track], target, *joint[track + 1 :])
            if track == L.NEED and model.stages[target]["is_closed"]:
                to = (target, -1, to[L.COURT], -1)
            found += self.place(to, gate) if target >= 0 and model.stages[target]["place"] >= 0 else [(to, gate)]
        return found

    def beside(self, k: int, joint: Joint, track: int) -> float:
        """Return what the stages beside multiply a transition's hazard by."""
        stages = [stage % WAITING_FOR if stage >= 0 else stage for stage in joint]
        return beside(self.model, k, [column_of(self.model, stage, other) for other, stage in enumerate(stages)])

    def fires(self, joint: Joint, track: int) -> list[tuple[int, float]]:
        """Return the transitions of a track's stage that have a hazard in a joint stage, and what stages beside multiply it by."""
        stage = joint[track]
        found = []
        for k in self.live(stage % WAITING_FOR):
            when = self.model.transitions[k]["when"]
            if (when == L.WHEN_ADMITTED and stage >= WAITING_FOR) or (when == L.WHEN_WAITING and stage < WAITING_FOR):
                continue
            times = self.beside(k, joint, track)
            if times > 0.0:
                found.append((k, times))
        return found

    def moves(self, joint: Joint, track: int, k: int) -> list[Move]:
        """Return where a transition of a track leads, with its effects, from a joint stage."""
        tr, model = self.model.transitions[k], self.model
        target = int(tr["target"])
        leads = [(joint, NO_GATE)] if target == L.STAY else self.enter(joint, track, target)
        flag = PLANNED if target != L.STAY and model.stages[joint[track] % WAITING_FOR]["is_plan"] else 0
        entry, one = False, 0
        for effect in model.effects[int(tr["effect"]) : int(tr["effect"]) + int(tr["n_effects"])]:
            op, stage = int(effect["op"]), int(effect["stage"])
            if op == L.OPEN_STAGE:
                leads = [lead for to, gate in leads for lead in self.opened(to, gate, stage)]
            if op == L.CARE_ENTRY:
                entry, one = True, int(effect["other"])
        if not entry:
            return [Move(to, flag=flag, gate=gate) for to, gate in leads]
        found = []
        for to, gate in leads:
            split = self.splits[joint[L.NEED] % WAITING_FOR] + 3 * one
            gone = (self.no_child, -1, to[L.COURT], -1)
            ended = PLANNED if to[L.PROTECTION] >= 0 and model.stages[to[L.PROTECTION]]["is_plan"] else 0
            found += [
                Move(gone, split, flag | ended | REMOVED, gate, ALL_ENTER),
                Move(to, split + 1, flag | REMOVED, gate, SOME_ENTER),
                Move(to, split + 2, flag, gate, NOBODY_ENTERS),
            ]
        return found

    def opened(self, to: Joint | None, gate: int, stage: int) -> list[tuple[Joint | None, int]]:
        """Return where a joint stage leads once a stage beside is opened: nothing changes if its track is as far already."""
        track = int(self.model.stages[stage]["track"])
        if to is None or (to[track] % WAITING_FOR >= stage and to[track] >= 0):
            return [(to, gate)]
        found = self.enter(to, track, stage)
        return [(joint, gate if other == NO_GATE else other) for joint, other in found]

    def all_moves(self, joint: Joint) -> list[Joint | None]:
        """Return every joint stage that can follow one: by a transition, by admission to a place, by a birth, by proceedings of a child in care."""
        found = []
        for track, stage in enumerate(joint):
            if stage < 0:
                continue
            found += [move.to for k, _ in self.fires(joint, track) for move in self.moves(joint, track, k)]
            if stage >= WAITING_FOR:
                found.append((*joint[:track], stage - WAITING_FOR, *joint[track + 1 :]))
        found.append(self.born(joint))
        for effect in self.model.effects:
            if effect["op"] == L.OPEN_STAGE and self.model.stages[effect["stage"]]["track"] == L.COURT:
                found.append(self.opened(joint, NO_GATE, int(effect["stage"]))[0][0])
        return found

    def born(self, joint: Joint) -> Joint:
        """Return the joint stage after a birth."""
        k = self.birth_of(joint[L.NEED] % WAITING_FOR)
        return joint if k < 0 else (int(self.model.transitions[k]["target"]), *joint[1:])

    def ageing_sink(self, stage: int, phase: int) -> int:
        """Return the sink of going on to the next phase: counted where units are by phase."""
        if not self.model.stages[stage % WAITING_FOR]["is_closed"]:
            return -1
        return self.sink(((stage, phase), -1, PLAIN, 0, ()))

    def unit(self, stage: int, phase: int) -> tuple[int, int]:
        """Return the stage of need, and for one that cases rest in the phase, by which what is known of families' children is kept.

        Who closed long ago has had more births since than who closed lately and whose youngest is as old.
        """
        stage %= WAITING_FOR
        return (stage, phase if self.model.stages[stage]["is_closed"] else 0)

    @property
    def units(self) -> list[tuple[int, int]]:
        """Every such unit, in order."""
        return [(s, p) for s in self.splits for p in (range(len(self.phases[s])) if self.model.stages[s]["is_closed"] else (0,))]

    def add_moves(self, joint: Joint) -> None:
        """Add the edges of every transition from every row of a joint stage."""
        rows = [(phase, row) for (known, phase), row in self.rows_of(joint)]
        for track, stage in enumerate(joint):
            if stage < 0:
                continue
            for k, times in self.fires(joint, track):
                tr = self.model.transitions[k]
                vector = self.vectors.get((int(tr["age"]), int(tr["static"])), ONES)
                for move in self.moves(joint, track, k):
                    changes = self.changes(joint, move.to)
                    for phase, row in rows:
                        sink = self.sink((self.unit(joint[L.NEED], phase[0]), k, move.part, move.flag, changes))
                        to = self.after(joint, phase, move.to)
                        if to == row and not move.flag and tr["target"] == L.STAY:
                            to = NOWHERE  # it fires and changes nothing
                        clock = min(phase[track], len(self.phases_of(stage)) - 1)
                        self.add_edge(row, to, times, transition=k, phase=clock, vector=vector, split=move.split, flag=move.flag,
                                      gate=move.gate, sink=sink, track=track, leaves=tr["target"] != L.STAY,
                                      meets=to >= -1 and move.part in (PLAIN, ALL_ENTER))  # fmt: skip

    def changes(self, joint: Joint, to: Joint | None) -> tuple[tuple[int, int, int], ...]:
        """Return what a move changes: (track, stage before, stage after), places waited for taken as their stage."""
        after = to or (-1,) * len(joint)
        pairs = [(track, old % WAITING_FOR if old >= 0 else -1, new % WAITING_FOR if new >= 0 else -1)
                 for track, (old, new) in enumerate(zip(joint, after, strict=True))]  # fmt: skip
        return tuple(pair for pair in pairs if pair[1] != pair[2])

    def rows_of(self, joint: Joint):
        """Return the rows of a joint stage with their keys."""
        import itertools

        phases = itertools.product(*(range(len(self.phases_of(stage))) for stage in joint))
        return [((joint, phase), self.rows[joint, phase]) for phase in phases]


