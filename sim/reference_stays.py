"""Stays in the reference engine: how one begins and ends, what it depends on, and when its next transition is due."""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from sim.kernels.handles import pack
from sim.kernels.rng import threshold, uniform
from sim.kernels.schedule import never_returns, threshold_of
from sim.reference_calendar import Alarm, Calendar
from sim.reference_codes import L
from sim.reference_people import INF, Child, Family, Track
from sim.reference_rules import begin_stay, soonest
from sim.reference_tally import DELAYED, Ledger

RELEASE, THE_REST = 1, 3  # classes of events (docs/engine.md)
NO_STORY = np.zeros(1, L.CHILD)


def rows(table: np.ndarray) -> list:
    """Return a record array as a list of named tuples."""
    kind = namedtuple("Row", table.dtype.names)
    return [kind(*row) for row in table.tolist()]


class Stays:
    """Stays of families and children on a calendar, under a model's shared rules."""

    def __init__(self, model: L.Model, month_factors: L.Clocks, ledger: Ledger, now: float) -> None:
        self.model, self.ledger = model, ledger
        self.calendar = Calendar(now)
        # What the shared rules read:
        self.month_factors = month_factors
        self.handles = pack(model, L.MODEL_FIELDS), pack(month_factors, L.CLOCK_FIELDS)
        self.hazards, self.clocks = (handle.address for handle in self.handles)
        self.stages, self.steps = rows(model.stages), rows(model.transitions)
        self.effects = rows(model.effects)
        self.at_birth = [  # which transition of a stage the next birth is, if one is
            next((j for j in range(stage.n) if self.steps[stage.first + j].at_birth), None) for stage in self.stages
        ]
        self.drivers = model.row_driver.tolist()
        self.horizon = float(model.horizon[0])
        self.seed, self.replicate = int(model.seed[0]), int(model.seed[1])
        self.names = dict(zip(L.DRAW_NAMES, model.names.tolist(), strict=True))
        self.parameters = model.parameters.tolist()
        self.no_child_at_home = int(model.key_stages[L.STAGE_KEYS.index("no_child_at_home")])
        self.slowings = [[0] * (1 + L.DRIVERS) for _ in model.codes]  # months so far in which pressure slowed each driver of an authority
        self.changed: dict[Track, None] = {}  # tracks whose next transition must be found again when this event is over

    @property
    def now(self) -> float:
        """Today."""
        return self.calendar.now

    def uniform(self, family: Family, unit: int, name: str, occurrence: int) -> float:
        """Return the uniform at this address."""
        return uniform(self.seed, self.replicate, family.id, family.address + unit, self.names[name], occurrence)

    def log(self, track: Track, event: int, stage_from: int, stage_to: int) -> None:
        """Write an event to the log."""
        self.ledger.write(self.calendar.now, track, track.family, event, stage_from, stage_to)

    # ------------------------------------------------------------ begin and end

    def begin(self, track: Track, stage: int, waiting: bool = False) -> None:
        """Begin a stay: count it and draw its thresholds."""
        family, child, now = track.family, track.child, self.calendar.now
        local = self.stages[stage].local
        entries = family.entries if child is None else child.story.entries
        entries[local] += 1
        track.counted = family.count_children(now) if child is None else 1
        track.stage, track.start, track.evaluated, track.stays = stage, now, now, track.stays + 1
        track.note()
        track.waiting, track.admitted = waiting, INF if waiting else now
        if track.slot is None:
            track.slot = np.zeros(1, L.SLOT)
        begin_stay(
            self.hazards, family.facts, track.slot, stage, now, waiting, track.admitted,
            family.address + (0 if child is None else child.slot + 1), entries[local],
        )  # fmt: skip
        self.ledger.enter(track)
        self.changed[track] = None

    def end(self, track: Track) -> int:
        """End a stay. Return the stage it was in."""
        stage = track.stage
        if self.stages[stage].is_plan:
            track.family.last_plan_end = track.family.facts["last_plan_end"] = self.calendar.now
            self.ledger.end_plan(track, track.counted, self.calendar.now)
        self.ledger.leave(track, self.calendar.now)
        track.stage, track.pick, track.fires, track.waiting = L.IDLE, L.NO_PICK, INF, False
        track.note()
        if track.alarm is not None:
            track.alarm.cancel()
        return stage

    def draw_again(self, track: Track, j: int) -> None:
        """Draw the threshold of a transition that fired without ending its stay."""
        family, child = track.family, track.child
        stage = self.stages[track.stage]
        entries = (family.entries if child is None else child.story.entries)[stage.local]
        repeats = (int(track.slot["repeats"][0, j]) + 1) % 64
        track.slot["repeats"][0, j] = repeats
        track.slot["residual"][0, j] = threshold(
            self.seed, self.replicate, family.id, family.address + (0 if child is None else child.slot + 1),
            self.steps[stage.first + j].name, entries * 64 + repeats,
        )  # fmt: skip

    # ------------------------------------------------------------ what depends on what

    def commit(self, track: Track) -> None:
        """Reduce a stay's residuals up to now, before what its hazards depend on changes; look again later."""
        if track.evaluated < self.calendar.now:
            soonest(*self.asked(track), self.calendar.now, True)
            track.evaluated = self.calendar.now
        self.changed[track] = None

    def before_change(self, family: Family, number: int) -> None:
        """Commit the family's (and, of the court, its children's) stays that depend on a track about to change."""
        bit = 1 << number
        for track in family.tracks:
            if track.stage >= 0 and track.number != number and self.stages[track.stage].depends & bit:
                self.commit(track)
        if number == L.COURT:
            for child in family.children:
                if child.where == L.IN_CARE:
                    self.before_child_change(child, L.COURT)

    def before_child_change(self, child: Child, number: int) -> None:
        """Commit a child's stays that depend on a track about to change (its own, or the family's court)."""
        bit = 1 << number
        for track in child.story.tracks:
            if track.stage >= 0 and track.number != number and self.stages[track.stage].depends & bit:
                self.commit(track)

    def before_household_change(self, family: Family) -> None:
        """Commit the family's stays that depend on who lives at home."""
        for track in family.tracks:
            if track.stage >= 0 and (track.number == L.NEED or self.stages[track.stage].uses_age):
                self.commit(track)

    # ------------------------------------------------------------ what is next

    def asked(self, track: Track) -> tuple:
        """Return what the shared rules are asked about a track."""
        family, child = track.family, track.child
        story = NO_STORY if child is None else child.story.facts
        return self.hazards, self.clocks, family.area, family.facts, story, track.slot, child is not None

    def find_next(self, track: Track) -> None:
        """Find which transition of a stay fires next, and when."""
        pick, fires = soonest(*self.asked(track), INF, False)
        if track.number == L.NEED:
            if self.stages[track.stage].adult_ends and track.family.adult_day < fires:
                pick, fires = L.ADULT_PICK, max(track.family.adult_day, self.calendar.now)
            birth = self.at_birth[track.stage]
            if birth is not None and track.family.next_birth(track.start) < fires:
                pick, fires = birth, track.family.next_birth(track.start)
        track.pick, track.fires, track.slowings = pick, fires, self.slowings[track.family.area][self.driver_of(track.stage, pick)]

    def driver_of(self, stage: int, pick: int) -> int:
        """Return what drives the transition that a stay fires next (a birthday: nothing)."""
        if pick in (L.ADULT_PICK, L.NO_PICK):
            return L.NO_DRIVER
        return self.drivers[self.steps[self.stages[stage].first + pick].row]

    def set_alarm(self, track: Track) -> None:
        """Set the alarm of a stay's process to its next transition; before the horizon, or not at all."""
        if track.alarm is None:
            track.alarm = Alarm(self.calendar)
            self.calendar.process(self.life_of(track))
        if track.fires >= self.horizon:
            track.alarm.cancel()
            return
        family, unit = track.family, 0 if track.child is None else track.child.slot + 1
        if track.pick == L.ADULT_PICK:
            key = (RELEASE, family.code, family.stream, family.id, unit, 0)
        else:
            step = self.steps[self.stages[track.stage].first + track.pick]
            key = (RELEASE if step.release else THE_REST, family.code, family.stream, family.id, unit, step.name)
        self.calendar.set(track.alarm, track.fires, key)

    def is_due(self, track: Track) -> bool:
        """Return whether a transition whose alarm rang is due, its months' factors being known; if not, set it again.

        Pressure can only delay, so a stay waits for the fastest possible time and asks again when it comes.
        """
        if track.slowings == self.slowings[track.family.area][self.driver_of(track.stage, track.pick)]:
            return True  # nothing that drives it was slowed since it was last asked
        self.find_next(track)
        if track.fires <= self.calendar.now:
            return True
        self.ledger.count(DELAYED)
        self.set_alarm(track)
        return False

    def settle(self) -> None:
        """After an event: find what is next for every stay it changed."""
        for track in self.changed:
            if track.stage >= 0:
                self.find_next(track)
                self.set_alarm(track)
        self.changed.clear()

    def stays_away(self, track: Track, margin: float) -> bool:
        """Return whether a family just closed stays away until its youngest is 18, even at `margin` x its hazard."""
        adult = track.family.adult_day
        if adult == INF:
            return True
        k = self.stages[track.stage].first
        static = self.model.static_table[self.steps[k].static].reshape(5, L.NEEDS, L.STREAMS, 2, 2)[
            track.family.quintile, 0, track.family.stream, 0, 0
        ]
        residual = threshold_of(float(track.slot["residual"][0, 0]))
        return never_returns(self.hazards, track.family.area, k, margin * float(static), track.start, adult, residual)
