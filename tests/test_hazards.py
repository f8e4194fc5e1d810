"""When transitions fire: the kernels against a slow integration of the hazard that docs/engine.md states."""

import bisect
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_arrays import filled, tries

from sim.kernels import feedback
from sim.kernels import layout as L
from sim.kernels.hazards import advance, help_effect, lever_effect, operational_time, time_of
from sim.kernels.rng import threshold, uniform
from sim.kernels.schedule import draw, never_returns, schedule, threshold_of

# Without JIT, products of 32-bit words wrap in 64 bits as compiled ones do, and numpy says so.
pytestmark = [pytest.mark.unit, pytest.mark.filterwarnings("ignore:overflow encountered in scalar multiply")]

FIRST_DAY, MONTHS = 3650.0, 72
STARTS = FIRST_DAY + np.concatenate([[0], np.cumsum([(30, 31, 31, 28)[i % 4] for i in range(MONTHS)])])
ROWS = 3  # 0: every month at factor 1; 1: a factor that changes; 2: nothing happens in some months
NAME = 0xABCDEF
YEAR = float(L.YEAR)


class World:
    """A random model with one authority and one stage of a few transitions, drawn from a seed."""

    def __init__(self, seed: int, transitions: int = 1) -> None:
        draw_ = self.draw = np.random.default_rng(seed)
        self.versions, width, steps = int(draw_.integers(1, 5)), 4, np.zeros(transitions, L.TRANSITION)
        starts = np.sort(draw_.choice(STARTS[6:-6], self.versions, replace=False))
        starts[0] = STARTS[0]
        shape = (self.versions, transitions, width)
        edges = np.cumsum(draw_.uniform(1.0, 300.0, shape), axis=2)
        edges[..., 0] = 0.0
        rates = draw_.uniform(0.2, 6.0, shape) / YEAR * (draw_.random(shape) > 0.2)
        ends = np.full((self.versions, transitions, 1), math.inf)
        edges, rates = np.append(edges, ends, 2), np.append(rates, np.zeros_like(ends), 2)
        for v in range(1, self.versions):  # of some transitions a version changes the rates alone, or nothing
            same = draw_.random((2, transitions)) < 0.4
            edges[v, same[0]] = edges[v - 1, same[0]]
            rates[v, same.all(axis=0)] = rates[v - 1, same.all(axis=0)]
        following = np.full((self.versions, 1, transitions), self.versions)
        for v in range(self.versions - 2, -1, -1):
            other = ((edges[v] != edges[v + 1]) | (rates[v] != rates[v + 1])).any(axis=1)
            following[v, 0] = np.where(other, v + 1, following[v + 1, 0])
        factor = np.ones((1, ROWS, MONTHS))
        factor[0, 1:] = draw_.uniform(0.2, 1.5, (2, MONTHS))
        factor[0, 2] *= draw_.random(MONTHS) > 0.3
        windows, levers, reach = np.zeros(2, L.HELP), np.zeros(2, L.LEVER), np.zeros((2, MONTHS))
        windows["from_days"], windows["until_days"] = draw_.uniform(0, 200, 2), draw_.uniform(100, 900, 2)
        windows["hazard_ratio"], windows["start"] = draw_.uniform(0.3, 1.4, (2, L.NEEDS)), draw_.choice(STARTS[:-1], 2)
        records = np.zeros(2, L.REACH)
        for i in range(2):
            first, end = np.sort(draw_.choice(MONTHS, 2, replace=False))
            records[i] = (1000 + i, first, end)
            reach[i, first:end] = np.minimum(np.linspace(0.1, draw_.uniform(0.2, 1.2), end - first), 1.0)
        levers["lever"], levers["hazard_ratio"] = (0, 1), draw_.uniform(0.3, 1.4, (2, L.NEEDS))
        levers["from_days"], levers["until_days"] = draw_.choice([0.0, 100.0, 400.0], 2), draw_.choice([700.0, math.inf], 2)
        for effects in (windows, levers):
            effects["ages"], effects["removed"] = draw_.choice([0b11111, 0b01101, 0b10010], 2), draw_.random(2) < 0.3
        for k in range(transitions):
            steps[k]["band"], steps[k]["n_bands"], steps[k]["name"] = k * (width + 1), width, NAME - k
            steps[k]["row"], steps[k]["age"] = draw_.integers(0, ROWS), draw_.integers(-1, 1)
            steps[k]["help"], steps[k]["n_help"] = (0, 2) if draw_.random() < 0.5 else (0, 0)
            steps[k]["lever"], steps[k]["n_levers"] = (0, 2) if draw_.random() < 0.5 else (0, 0)
            steps[k]["beside"] = -1
            steps[k]["bands_only"], steps[k]["versions"] = steps[k]["n_levers"] == 0, following[0, 0, k] < self.versions
        stages = np.zeros(1, L.STAGE)
        stages["n"] = transitions
        self.model, self.h = filled(
            L.HAZARD_FIELDS, stages=stages, transitions=steps, draw_names=np.append(steps["name"], [0] * 3), version_start=starts,
            month_version=np.searchsorted(starts, STARTS[:-1], side="right") - 1, next_version=following,
            edges=edges.reshape(self.versions, -1), rates=rates.reshape(self.versions, 1, -1),
            least_days=np.full((1, transitions + L.MAX_TRANSITIONS), 1e-9), pace=np.full((1, transitions), 1e9),
            codes=[300], seed=[1, 2], age_table=draw_.uniform(0.2, 2.0, (1, 1, 5)),
            static_table=np.ones((1, 5 * L.NEEDS * L.STREAMS * 4)), month_start=STARTS,
            month_of_day=np.repeat(np.arange(MONTHS), np.diff(STARTS).astype(int)), row_driver=[0, L.SOCIAL_WORK, L.COURT_WORK],
            row_factor=factor, levers=levers, help=windows, reach_levers=records, reach=reach, horizon=[STARTS[-1]],
        )  # fmt: skip
        clock = np.full((1, ROWS, MONTHS + 1), STARTS[0])
        clock[..., 1:] += np.cumsum(factor * np.diff(STARTS), axis=2)
        turns = np.zeros((1, ROWS, MONTHS), np.int16)
        for row in range(ROWS):
            feedback.set_turns(factor, turns, 0, row, MONTHS - 1)
        self.clocks, self.c = filled(L.CLOCK_FIELDS, factor=factor, opclock=clock, turns=turns)
        self.family = np.zeros(1, L.FAMILY)[0]
        self.family["id"] = draw_.integers(0, 1000)
        self.family["births"] = self.family["help_start"] = math.inf
        self.family["births"][:3] = np.sort(draw_.uniform(FIRST_DAY - 10 * YEAR, STARTS[-1], 3))  # some long born, some to come
        self.family["home"][:3], self.family["n_children"] = L.AT_HOME, 3
        if draw_.random() < 0.7:
            self.family["help_start"] = draw_.uniform(*STARTS[[0, -1]])
        self.child = np.zeros(1, L.CHILD)[0]
        self.birth = draw_.uniform(FIRST_DAY - 12 * YEAR, FIRST_DAY)
        self.is_child, self.multiplier = np.bool_(draw_.random() < 0.5), draw_.uniform(0.5, 3.0)
        self.unit = int(draw_.integers(1, 4)) if self.is_child else 0
        self.family["needs"][:3], self.family["removals"] = draw_.integers(0, L.NEEDS, 3), draw_.random() < 0.5
        self.who, self.episode = 300 * 65536 + self.unit, int(draw_.integers(1, 5))
        self.began = draw_.uniform(FIRST_DAY - 200.0, STARTS[MONTHS // 2])

    def advance(self, k: int, origin: float, t: float, until: float, residual: float) -> tuple[float, float]:
        return advance(
            self.h.address, self.c.address, 0, k, 1, 2, self.family, self.who, self.episode, self.began, self.is_child, self.birth,
            0, -math.inf, origin, self.multiplier, t, until, residual,
        )  # fmt: skip

    def hazard(self, k: int, origin: float, t: float) -> float:
        """The hazard at t as docs/engine.md states it."""
        model, step = self.model, self.model.transitions[k]
        month = bisect.bisect_right(STARTS, t) - 1
        version = bisect.bisect_right(list(model.version_start), t) - 1
        edges = model.edges[version, step["band"] : step["band"] + step["n_bands"]]
        value = model.rates[version, 0, step["band"] + bisect.bisect_right(list(edges), t - origin) - 1] * self.multiplier
        band = None
        if step["age"] >= 0:
            as_of, births = (t, [self.birth]) if self.is_child else (STARTS[month], self.family["births"])
            born = [birth for birth in births if birth <= as_of]
            band = bisect.bisect_right([1.0, 5.0, 10.0, 16.0], (as_of - max(born)) / YEAR if born else 0.0)
            value *= model.age_table[0, 0, band]
        if step["n_help"]:
            since = t - self.family["help_start"]
            for window in model.help:
                if window["from_days"] <= since < window["until_days"] and t >= window["start"] and self.concerned(window, band):
                    value *= window["hazard_ratio"][self.needs]
        if step["n_levers"]:
            for lever, record, reach in zip(model.levers, model.reach_levers, model.reach, strict=True):
                u = uniform(1, 2, self.family["id"], self.who, record["name"], self.episode)
                within = lever["from_days"] <= t - self.began < lever["until_days"]
                if record["first"] <= month < record["end"] and u < reach[month] and within and self.concerned(lever, band):
                    value *= lever["hazard_ratio"][self.needs]
        return value * self.clocks.factor[0, step["row"], month]

    @property
    def needs(self) -> int:
        """The needs of the child, or the highest of the family's."""
        needs = list(self.family["needs"][:3])
        return int(needs[self.unit - 1] if self.unit else max(needs))

    def concerned(self, effect: np.void, band: int | None) -> bool:
        """Whether an effect acts on the age (no age: of no matter to the hazard), and on a family without removals."""
        return bool((band is None or effect["ages"] >> band & 1) and (self.family["removals"] or not effect["removed"]))

    def integrate(self, k: int, origin: float, t: float, until: float, residual: float) -> tuple[float, float]:
        """Walk from every point at which anything can change to the next."""
        until = min(until, STARTS[-1])
        points = {t, until, *STARTS, *self.model.version_start, *(origin + self.model.edges.ravel())}
        points |= {self.birth + years * YEAR for years in (1, 5, 10, 16)}
        if self.family["help_start"] < math.inf:
            points |= {self.family["help_start"] + window[name] for window in self.model.help for name in ("from_days", "until_days")}
        points |= {self.began + lever[name] for lever in self.model.levers for name in ("from_days", "until_days")}
        points = sorted(point for point in points if t <= point <= until)
        for start, stop in itertools.pairwise(points):
            value = self.hazard(k, origin, (start + stop) / 2)
            if value > 0.0 and value * (stop - start) >= residual:
                return start + residual / value, 0.0
            residual -= value * (stop - start)
        return math.inf, residual


SEED, SHARE = st.integers(0, 10**6), st.floats(0.0, 1.0)


def times(origin: float, start: float) -> tuple[float, float]:
    """A clock's start in the first two thirds of the model, and a moment at or after it, neither on a month's edge."""
    begun = FIRST_DAY + 0.37 + 1400.0 * origin
    return begun, begun + 300.0 * start


@given(seed=SEED, origin=SHARE, start=SHARE, length=SHARE, residual=st.floats(1e-6, 8.0))
@settings(max_examples=tries(400), deadline=None)
def test_fires_when_the_slow_integration_does(seed, origin, start, length, residual):
    world = World(seed)
    begun, t = times(origin, start)
    until = math.inf if length > 0.9 else t + 900.0 * length
    due, left = world.advance(0, begun, t, until, residual)
    expected, remains = world.integrate(0, begun, t, until, residual)
    if math.isinf(expected) and abs(remains) < 1e-12:
        return  # fires, or just not, at the very end
    assert due == pytest.approx(expected, abs=1e-9)
    assert left == pytest.approx(remains, abs=1e-12)


@given(seed=SEED, origin=SHARE, cuts=st.lists(st.floats(0.0, 1500.0), max_size=6), residual=st.floats(1e-3, 8.0))
@settings(max_examples=tries(200), deadline=None)
def test_committing_on_the_way_does_not_change_when_it_fires(seed, origin, cuts, residual):
    world = World(seed)
    begun, t = times(origin, 0.0)
    expected, _ = world.advance(0, begun, t, math.inf, residual)
    due = math.inf
    for cut in [*sorted(begun + cut for cut in cuts), math.inf]:
        due, residual = world.advance(0, begun, t, cut, residual)
        if due < math.inf:
            break
        t = max(t, cut)
    assert due == pytest.approx(expected, abs=1e-9)


@given(seed=SEED, start=SHARE, residuals=st.lists(st.floats(0.01, 4.0), min_size=4, max_size=4))
@settings(max_examples=tries(150), deadline=None)
def test_the_earliest_of_competing_transitions_fires(seed, start, residuals):
    world = World(seed, transitions=4)
    t = times(start, 0.0)[0]
    slot = np.zeros(1, L.SLOT)[0]
    slot["start"] = slot["admitted"] = slot["evaluated"] = t
    slot["residual"][:4], slot["residual"][4:] = residuals, math.inf
    world.multiplier = 1.0
    world.family["entries"][0] = world.child["episodes"] = world.episode
    world.family["case_start"] = world.child["care_start"] = world.began
    if world.is_child:
        world.family["births"][world.unit - 1], world.child["slot"] = world.birth, world.unit - 1
    pick, due = schedule(
        world.h.address, world.c.address, 0, world.family, world.child, slot, world.is_child, math.inf, np.bool_(False),
    )  # fmt: skip
    each = [world.integrate(k, t, t, math.inf, residual)[0] for k, residual in enumerate(residuals)]
    assert due == pytest.approx(min(each), abs=1e-9)
    assert pick == (int(np.argmin(each)) if min(each) < math.inf else L.NO_PICK)


@given(seed=SEED, start=SHARE, length=SHARE, residual=st.floats(0.01, 8.0))
@settings(max_examples=tries(300), deadline=None)
def test_the_short_way_along_bands_and_versions_has_the_bits_of_the_long_one(seed, start, length, residual):
    world = World(seed)
    step = world.model.transitions[0]
    step["row"], step["n_levers"], step["bands_only"] = 0, 0, 1
    t = times(start, 0.0)[0]
    slot = np.zeros(1, L.SLOT)[0]
    slot["start"] = slot["admitted"] = slot["evaluated"] = t
    slot["residual"][0], slot["residual"][1:] = residual, math.inf
    world.multiplier = 1.0
    world.family["help_start"], world.child["episodes"] = math.inf, 1
    until = t + 2000.0 * length
    if world.is_child:
        world.family["births"][world.unit - 1], world.child["slot"] = world.birth, world.unit - 1
    arguments = (world.h.address, world.c.address, 0, world.family, world.child, slot, world.is_child, until)
    due, left = world.advance(0, t, t, until, residual)
    assert schedule(*arguments, np.bool_(False)) == ((0, due) if due < math.inf else (L.NO_PICK, math.inf))
    schedule(*arguments, np.bool_(True))
    assert slot["residual"][0] == max(left, 1e-12)


@given(seed=SEED, start=SHARE, length=SHARE, residual=st.floats(0.01, 8.0), margin=st.floats(0.5, 3.0))
@settings(max_examples=tries(200), deadline=None)
def test_a_family_never_returns_if_its_threshold_outlasts_every_version(seed, start, length, residual, margin):
    world = World(seed)
    step = world.model.transitions[0]
    step["row"], step["age"], step["n_help"], step["n_levers"] = 0, -1, 0, 0
    t = times(start, 0.0)[0]
    until, world.multiplier = min(t + 2000.0 * length, STARTS[-1] - 0.5), margin
    due, left = world.integrate(0, t, t, until, residual)
    if abs(left) > 1e-9 or due < until - 1e-9:
        assert never_returns(world.h.address, 0, 0, margin, t, until, residual) == (due == math.inf)


# ---------------------------------------------------------------- operational time


@given(seed=SEED, at=st.floats(0.0, 0.999))
@settings(max_examples=tries(200), deadline=None)
def test_operational_time_is_exposure_so_far_and_can_be_turned_back(seed, at):
    world = World(seed)
    t = FIRST_DAY + at * (STARTS[-1] - FIRST_DAY)
    for row in range(2):
        exposure = np.clip(t - STARTS[:-1], 0.0, np.diff(STARTS)) @ world.clocks.factor[0, row]
        clock = operational_time(world.h.address, world.c.address, 0, row, t)
        assert clock - STARTS[0] == pytest.approx(exposure, abs=1e-9)
        assert time_of(world.h.address, world.c.address, 0, row, FIRST_DAY, clock) == pytest.approx(t, abs=1e-9)


def test_operational_time_stands_still_after_the_model_ends():
    world = World(3)
    end = operational_time(world.h.address, world.c.address, 0, 1, STARTS[-1])
    assert operational_time(world.h.address, world.c.address, 0, 1, STARTS[-1] + 400.0) == end


@given(
    seed=SEED, residual=st.floats(0.05, 4.0), pressure=st.floats(0.5, 3.0), month=st.integers(1, MONTHS - 2),
    driver=st.sampled_from([L.SOCIAL_WORK, L.COURT_WORK]), response=st.sampled_from([1.0, 0.5]),
)  # fmt: skip
@settings(max_examples=tries(150), deadline=None)
def test_pressure_delays_what_its_driver_drives_and_nothing_else(seed, residual, pressure, month, driver, response):
    world, other = World(seed), L.SOCIAL_WORK + L.COURT_WORK - driver
    world.model.transitions["row"] = driver if seed % 2 == 0 else (other, L.NO_DRIVER)[seed // 2 % 2]  # row 1 is a team's, row 2 a court's
    t = FIRST_DAY + 0.5
    before, _ = world.advance(0, t, t, math.inf, residual)
    factor, clock = world.clocks.factor, world.clocks.opclock
    old, slowing = factor.copy(), np.ones((1, L.DRIVERS, MONTHS))
    pace = feedback.pace_under(pressure, response)
    assert pace == pytest.approx(min(1.0, pressure**-response), rel=1e-14)
    feedback.slow_driver(world.h.address, factor, clock, world.clocks.turns, slowing, 0, driver, month, pace)
    after, _ = world.advance(0, t, t, math.inf, residual)
    assert slowing[0, driver - 1, month] == pace
    assert slowing.sum() == pytest.approx(slowing.size - 1 + pace)
    old[0, driver, month] *= pace
    np.testing.assert_array_equal(factor, old)
    assert after >= before - 1e-9
    if seed % 2 or before < STARTS[month]:
        assert after == pytest.approx(before, abs=1e-9)
    expected, remains = world.integrate(0, t, t, math.inf, residual)
    if math.isfinite(expected) or remains > 1e-12:
        assert after == pytest.approx(expected, abs=1e-9)


# ---------------------------------------------------------------- pieces, help and levers


def plain_world() -> World:
    """Two bands, 0.01 a day and 0.002 a day from the 50th; factor 1, no ages, help or levers."""
    world = World(11)
    step = world.model.transitions[0]
    step["row"], step["age"], step["n_help"], step["n_levers"], step["n_bands"] = 0, -1, 0, 0, 2
    world.model.next_version[...], step["versions"] = len(world.model.version_start), 0
    world.model.edges[:, :3], world.model.rates[:, 0, :2] = (0.0, 50.0, math.inf), (0.01, 0.002)
    world.multiplier = 1.0
    return world


def test_a_piece_is_one_subtraction_whatever_months_it_spans():
    world, t = plain_world(), FIRST_DAY + 10.3
    until = t + 200.7
    due, left = world.advance(0, t, t, until, 2.0)
    assert due == math.inf
    assert left == (2.0 - 0.01 * ((t + 50.0) - t)) - 0.002 * (until - (t + 50.0))  # to the last bit


def test_fires_at_once_when_nothing_is_left_and_never_at_hazard_nought():
    world, t = plain_world(), FIRST_DAY + 10.3
    assert world.advance(0, t, t, math.inf, 0.0) == (t, 0.0)
    world.model.rates[...] = 0.0
    assert world.advance(0, t, t, math.inf, 1e-300) == (math.inf, 1e-300)


def test_help_acts_from_its_own_start_within_its_window_and_not_before_the_reform():
    windows = np.zeros(1, L.HELP)
    windows["from_days"], windows["until_days"], windows["hazard_ratio"], windows["ages"] = 30.0, 100.0, 0.5, 0b11111
    model, h = filled(L.HAZARD_FIELDS, help=windows)
    family = np.zeros(1, L.FAMILY)[0]
    family["help_start"] = 1000.0
    found = {t: help_effect(h.address, 0, 1, family, 0, -1, t) for t in (1000.0, 1029.0, 1030.0, 1099.0, 1100.0)}
    assert found == {1000.0: (1.0, 1030.0), 1029.0: (1.0, 1030.0), 1030.0: (0.5, 1100.0), 1099.0: (0.5, 1100.0),
                     1100.0: (1.0, math.inf)}  # fmt: skip
    model.help["start"] = 1060.0
    assert help_effect(h.address, 0, 1, family, 0, -1, 1040.0) == (1.0, 1060.0)
    assert help_effect(h.address, 0, 1, family, 0, -1, 1060.0) == (0.5, 1100.0)
    model.help["start"] = 1200.0  # begins after the window has closed
    assert help_effect(h.address, 0, 1, family, 0, -1, 1040.0) == (1.0, math.inf)


def test_a_lever_reaches_whoever_draws_below_its_reach_from_the_month_it_does():
    world = World(5)
    record = world.model.reach_levers[0]
    record["first"], record["end"] = 10, 40
    world.model.reach[0] = 0.0
    world.model.reach[0, 10:40] = np.linspace(0.02, 1.0, 30)
    levers = world.model.levers
    levers["hazard_ratio"], levers["from_days"], levers["until_days"], levers["ages"], levers["removed"] = 0.7, 0.0, math.inf, 0b11111, 0
    family = world.family
    for entity in range(40):
        u = uniform(1, 2, entity, world.who, record["name"], 0)
        month = 10 + int(np.argmax(world.model.reach[0, 10:40] > u))

        def effect(t, entity=entity):
            family["id"] = entity
            return lever_effect(world.h.address, 0, 1, family, world.who, 0, 1, 2, FIRST_DAY, -1, t)

        assert effect(STARTS[month] - 0.5) == (1.0, STARTS[month])
        assert effect(STARTS[month]) == (0.7, STARTS[40])
        assert effect(STARTS[40]) == (1.0, math.inf)


def test_thresholds_are_drawn_at_the_address_of_the_transition_and_entry():
    world, slot = World(2, transitions=3), np.zeros(1, L.SLOT)[0]
    slot["repeats"] = 9
    draw(world.h.address, 0, slot, 77, world.who, 4)
    names = world.model.transitions["name"]
    expected = [threshold(1, 2, 77, world.who, int(name), 4 * 64) for name in names]
    assert [threshold_of(residual) for residual in slot["residual"][:3]] == expected
    assert threshold_of(expected[0]) == expected[0]  # once drawn, or reduced, a residual is what it says
    assert (slot["residual"][3:] == math.inf).all()  # the stage has no more
    assert list(slot["repeats"][:3]) == [0, 0, 0]
