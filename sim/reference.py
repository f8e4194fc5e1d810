"""The reference engine: the same model as `sim.engine`, as SimPy processes that read like the pathway.

Slow, and easy to believe. Every track of a family or child is a process: it waits for its next transition, lets it
happen, and waits again. The engine shares the rules of hazards, draws and the monthly environment with the fast one
(sim/kernels) and nothing else: calendar, queues, places, households and counts are its own. Both write the same event
log (docs/engine.md).
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
import simpy

from sim.kernels.budget import LEVEL, book_month, need_pace, open_month, places_afforded, price_a_week
from sim.kernels.courts import court_pace, court_pressure, open_proceedings
from sim.kernels.feedback import pace_under, slow_driver, work_in_hand
from sim.kernels.supply import held_of, supply_month
from sim.kernels.workforce import staff_month
from sim.model import CompiledModel
from sim.reference_arrivals import Arrivals
from sim.reference_calendar import Alarm
from sim.reference_codes import L
from sim.reference_people import Child, Family, Track, read_families
from sim.reference_stays import THE_REST
from sim.reference_tally import PEAK, Ledger
from sim.state import bind, empty_state, empty_tally

MONTH_START = (0,)  # class of the monthly environment: before everything else at that time


def simulate(
    compiled: CompiledModel, start: L.State | None, first: str, last: str, seed: int, replicate: int, log: bool = False,
) -> tuple[L.Tally, World]:  # fmt: skip
    """Simulate the months from `first` to `last` (both included): what was counted, and the world at the end.

    Parameters and tally are those of `sim.engine.simulate`; `start` is a state of arrays, left unchanged, or None for
    nobody.
    """
    model = compiled.for_draw(seed, replicate)
    begin, end = compiled.month(first), compiled.month(last) + 1
    return run_reference(model, start, empty_tally(compiled, model, begin, end, log), begin, end)


def run_reference(model: L.Model, state: L.State | None, tally: L.Tally, begin: int, end: int) -> tuple[L.Tally, World]:
    """Simulate a model's months from `begin` up to `end` from a state (None: nobody) and count into a tally."""
    with seldom_collecting_garbage():
        world = World(model, state, tally, begin)
        world.run(end)
    return world.ledger.finish(), world


class World(Arrivals):
    """Everybody, every place and the monthly environment of one authority, or of a pooled region."""

    def __init__(self, model: L.Model, state: L.State | None, tally: L.Tally, begin: int) -> None:
        state = bind(model, empty_state(model) if state is None else state)
        super().__init__(model, L.Clocks(state.factor, state.opclock, state.turns), Ledger(model, tally), float(model.month_start[begin]))
        self.slowing, self.month, self.case_weights = state.slowing, begin, model.case_weights.tolist()
        self.posts = state.posts.copy()
        self.accounts, self.court_reference = state.accounts.copy(), state.court_reference.copy()
        self.supply, self.begun = state.supply.copy(), state.begun.copy()
        self.set_up_places(state)
        self.set_up_care()
        self.set_up_arrivals()
        for a in range(len(self.codes)):
            for family in read_families(state, a, self.codes[a]):
                self.take_in(family)
        for a in range(len(self.codes)):
            for stream in range(L.STREAMS):
                for layer in range(model.layers[a, stream]):
                    coming = state.arrivals[a, stream, layer]
                    index, due = int(coming["index"]), float(coming["fires"])
                    if index == 0:
                        index, due = 1, self.next_candidate(a, stream, layer, 1, float(model.month_start[0]))
                    while due < self.now:  # a layer no earlier month needed
                        index, due = index + 1, self.next_candidate(a, stream, layer, index + 1, due)
                    self.calendar.process(candidates(self, a, stream, layer, index, due))

    def take_in(self, family: Family) -> None:
        """Take in a family of the state the run starts from: its stays, and the places it waits for."""
        tracks = [*family.tracks, *(track for child in family.children if child.story for track in child.story.tracks)]
        for track in tracks:
            if track.stage >= 0:
                self.ledger.open[family.area][track.stage][track] = None
                self.changed[track] = None
                if track.waiting:
                    self.place_of(family, track.stage).waiting.append(track)

    def run(self, end: int) -> None:
        """Simulate up to the start of month `end`."""
        finished = self.calendar.event()
        self.settle()
        self.calendar.process(months(self, end, finished))
        self.calendar.run(finished)

    def life_of(self, track: Track) -> Iterator[simpy.Event]:
        """Return the process that lives a track."""
        if track.child is None:
            return family_track(self, track.family, track)
        return {L.CARE: care, L.PLACEMENT: placement, L.LEGAL: legal_status}[track.number](self, track.child, track)

    # ------------------------------------------------------------ the month

    def begin_month(self, month: int) -> None:
        """Let last month's work slow the teams and its use move prices; open the month's places to those who wait."""
        model, tally = self.model, self.ledger.tally
        self.month = month
        self.ledger.begin_month(month, self.now)
        for a, places in enumerate(self.places):
            accounts = self.accounts[a]
            open_month(self.hazards, accounts, a, month)
            self.slow(a, L.FAMILY_SUPPORT, month, need_pace(self.hazards, accounts, month))
            work = work_in_hand(model.case_weights, self.ledger.cases(a, self.case_weights))
            pressure = work / self.capacity(a, month, work)
            self.slow(a, L.SOCIAL_WORK, month, pace_under(pressure, model.team_response[0]))
            in_court = open_proceedings(self.hazards, self.ledger.units(a))
            court = court_pressure(self.hazards, self.court_reference, a, month, in_court)
            self.slow(a, L.COURT_WORK, month, court_pace(self.hazards, court))
            tally.court_work[a, self.ledger.row], tally.court_pressure[a, self.ledger.row] = in_court, court
            tally.work[a, self.ledger.row], tally.pressure[a, self.ledger.row] = work, pressure
            tally.posts[a, self.ledger.row] = self.posts[a]
            tally.counters[PEAK] = max(tally.counters[PEAK], int(pressure * 1000000.0))
            far = model.distance_rules.tolist()
            use = [place.end_month(float(model.reference_use[a, place.kind]), model.price_rules[place.kind].tolist(), far) for place in places]
            supply_month(self.hazards, self.supply[a], self.begun[a], tally.supply[a, self.ledger.row], np.array(use), a, month)
            for place in places:
                if model.owners[place.kind, 1]:
                    place.open(held_of(self.hazards, self.supply[a], place.kind))
                else:
                    place.open(places_afforded(model.places[a, place.kind, month], model.saveable[a, place.kind, month], accounts[LEVEL]))
                tally.price_end[a, self.ledger.row, place.kind] = place.price
        for places in self.places:
            for place in places:
                self.admit(place)

    def slow(self, a: int, driver: int, month: int, pace: float) -> None:
        """Slow what a driver drives this month; who waits for it asks again when the time comes."""
        slow_driver(self.hazards, *self.month_factors, self.slowing, a, driver, month, pace)
        self.slowings[a][driver] += pace < 1.0

    def capacity(self, a: int, month: int, work: float) -> float:
        """Let posts be left, filled and covered. Return the cases at which the authority's pressure is 1 this month."""
        model = self.model
        return staff_month(
            self.posts[a], model.posts[a, month], model.post_flows[a, month], model.workforce_rules, model.team_capacity[a, month], work,
            month >= model.workforce_from[0],
        )  # fmt: skip

    def close_month(self) -> None:
        """Book what the month's care cost, and write the month to the tally."""
        for a in range(len(self.places)):
            book_month(self.hazards, self.accounts[a], self.ledger.units(a), self.ledger.let(a), a, self.month)
            self.ledger.weigh_prices(a, partial(price_a_week, self.hazards), self.month)
        self.ledger.close_month(self.places, self.accounts, self.now)

    # ------------------------------------------------------------ transitions

    def happen(self, track: Track) -> tuple:
        """Count the transition whose time has come. Return it."""
        k = self.stages[track.stage].first + track.pick
        self.ledger.fire(track, k)
        return self.steps[k]

    def apply_effects(self, family: Family, child: Child | None, step: tuple) -> None:
        """Do what a transition does beside moving its own track."""
        for op, stage, other, x in self.effects[step.effect : step.effect + step.n_effects]:
            if op == L.OPEN_STAGE:
                track = family.tracks[self.stages[stage].track]
                if track.stage < stage:  # idle, or in an earlier stage of the track
                    self.move(track, stage)
            elif op == L.CARE_ENTRY:
                self.fork(family, stage, other > 0)
            elif op == L.COURT_ORDER:
                self.final_hearing(family, lambda heard, to=(stage, other, x): self.make_order(heard, *to))
            elif op == L.COURT_EXIT:
                self.final_hearing(family, lambda heard, to=stage: self.leave_care(heard, to))
            elif op == L.RE_ENTRY:
                self.re_enter(child, stage)
            elif op == L.EXIT_CARE:
                self.leave_care(child, stage)
            elif op == L.REPLAN:
                self.replan(child)
            elif op == L.PLACE_IN:
                self.place_in(child, stage)

    def stay_on(self, track: Track, step: tuple, child: Child | None) -> None:
        """Let a transition act that leaves its own stay as it is, and start its threshold again."""
        self.commit(track)
        self.draw_again(track, track.pick)
        self.apply_effects(track.family, child, step)


@contextmanager
def seldom_collecting_garbage() -> Iterator[None]:
    """Look for garbage seldom: Python's habit of looking through everybody alive would double the time of a run."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


# ---------------------------------------------------------------- processes


def months(world: World, end: int, finished: simpy.Event) -> Iterator[simpy.Event]:
    """Change the environment as each month begins; count the month when it ends."""
    alarm = Alarm(world.calendar)
    for month in range(world.month, end):
        world.begin_month(month)
        world.settle()
        world.calendar.set(alarm, float(world.model.month_start[month + 1]), MONTH_START)
        yield alarm.wait()
        world.close_month()
    finished.succeed()


def candidates(world: World, a: int, stream: int, layer: int, index: int, due: float) -> Iterator[simpy.Event]:
    """Let candidates of one layer come one after another; each is a family, or is not, in this scenario."""
    alarm = Alarm(world.calendar)
    while due < world.horizon:
        key = (THE_REST, world.codes[a], stream, index * L.LAYERS + layer, 0, world.names["arrival.gap"])
        world.calendar.set(alarm, due, key)
        yield alarm.wait()
        index, met = index + 1, index
        due = world.next_candidate(a, stream, layer, index, world.now)
        world.meet(a, stream, layer, met)
        world.settle()


def family_track(world: World, family: Family, track: Track) -> Iterator[simpy.Event]:
    """Live a family's need, protection, court or support: from stage to stage, until the last childhood ends."""
    while True:
        yield track.alarm.wait()
        if not world.is_due(track):
            continue
        if track.pick == L.ADULT_PICK:  # the youngest at home is 18
            world.close_beside(family)
            world.move(track, L.IDLE)
        else:
            step = world.happen(track)
            if step.target == L.STAY:
                world.stay_on(track, step, None)
            else:
                world.move(track, step.target)
                world.apply_effects(family, None, step)
        world.forget_if_over(family)
        world.settle()


def care(world: World, child: Child, track: Track) -> Iterator[simpy.Event]:
    """Live a child's care and what follows: home, a guardian, adoption, a care leaver's support; perhaps care again."""
    while True:
        yield track.alarm.wait()
        if not world.is_due(track):
            continue
        in_care = world.stages[track.stage].in_care
        step = world.happen(track)
        if in_care:
            world.leave_care(child, step.target)
        elif step.target == L.IDLE:
            world.end_story(child)
        elif not world.stages[step.target].in_care:
            world.move_after_care(child, step.target)
        world.apply_effects(child.family, child, step)  # such as coming back into care
        world.forget_if_over(child.family)
        world.settle()


def placement(world: World, child: Child, track: Track) -> Iterator[simpy.Event]:
    """Live where a child in care lives: until a move, an approval, an adoption, or the end of care."""
    while True:
        yield track.alarm.wait()
        if not world.is_due(track):
            continue
        step = world.happen(track)
        if step.target >= 0:
            world.place_in(child, step.target)
        world.apply_effects(child.family, child, step)
        world.forget_if_over(child.family)
        world.settle()


def legal_status(world: World, child: Child, track: Track) -> Iterator[simpy.Event]:
    """Live the law under which a child is in care: agreement, an interim order, a final one."""
    while True:
        yield track.alarm.wait()
        if not world.is_due(track):
            continue
        step = world.happen(track)
        if step.target == L.STAY:
            world.stay_on(track, step, child)
        else:
            if step.target >= 0:
                world.set_legal_status(child, step.target)
            world.apply_effects(child.family, child, step)
        world.forget_if_over(child.family)
        world.settle()
