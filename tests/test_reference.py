"""The reference engine's own parts on cases made by hand: calendar, waiting list, places, matching, pooling, people."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from sim.kernels import layout as L
from sim.reference_calendar import Alarm, Calendar
from sim.reference_people import Family, age_band
from sim.reference_places import Place, Placements, match_probability

pytestmark = pytest.mark.unit

FOSTER, HOME, UNREGISTERED, SUPPORTED = range(4)  # stages of a made-up model


def family(number: int, births=(-1000.0,), start: float = 0.0, protection: int = L.IDLE) -> Family:
    made = Family(0, 300, 0, number, 3)
    for birth in births:
        made.add_child(birth, L.AT_HOME)
    made.tracks[L.SUPPORT].start = start
    made.tracks[L.PROTECTION].stage = protection
    return made


def placements(places, match=1.0, share=1.0, reach=None, market=0):
    """Placements of a made-up model: foster homes (kind 0) and children's homes (kind 1) have limits."""
    n = len(places)
    stages = np.zeros(4, L.STAGE)
    stages["minimum_age"][SUPPORTED], stages["plan"], stages["otherwise"] = 16.0, -1, -1
    model = SimpleNamespace(
        plan_weights=np.ones((4, 5, 4, 2, 2)), plan_stages=np.array([FOSTER, HOME]), plan_factor=np.ones((1, 4, 2, 12)),
        overflow=np.array([[HOME, UNREGISTERED, -1], *[[-1, -1, -1]] * 3]), place_of_stage=np.array([0, 1, -1, -1]),
        match_by_needs=np.full((2, 4), match), sibling_factor=np.full(2, 0.5), pool_share=np.full((2, 12), share),
        within_reach=np.ones((n, n), int) if reach is None else np.array(reach), stages=stages, market=np.full(2, market),
        key_stages=np.full(len(L.STAGE_KEYS), UNREGISTERED), national_chance=np.zeros((4, 4, 12)),
    )  # fmt: skip
    return Placements(model, places)


def region(*vacancies: tuple[int, int]):
    return [[Place(a, kind, -1, usable=n) for kind, n in enumerate(kinds)] for a, kinds in enumerate(vacancies)]


def find(where: Placements, planned: int, siblings: int = 1, u: float = 0.5, birth: float = -1000.0):
    full, draws = [], []
    child = family(1, (birth,)).children[0]
    child.begin_story()

    def draw(_, occurrence):
        draws.append(occurrence)
        return u

    found = where.find(child, planned, siblings, 0, 0.0, draw, SimpleNamespace(count=full.append))
    return found, draws, len(full)


# ---------------------------------------------------------------- calendar


def test_alarms_ring_in_order_of_time_then_key_and_only_as_last_set():
    calendar, rang = Calendar(10.0), []

    def ring(name, alarm):
        yield alarm.wait()
        rang.append((calendar.now, name))

    alarms = {name: Alarm(calendar) for name in "abcd"}
    for name, alarm in alarms.items():
        calendar.process(ring(name, alarm))
    calendar.set(alarms["a"], 12.0, (3, 1))
    calendar.set(alarms["b"], 12.0, (1, 1))
    calendar.set(alarms["c"], 11.0, (3, 1))
    calendar.set(alarms["c"], 13.0, (3, 1))  # later after all: the first setting is stale
    calendar.set(alarms["d"], 12.5, (3, 1))
    alarms["d"].cancel()
    calendar.set(alarms["a"], 12.0, (3, 2))
    last = calendar.event()

    def end():
        alarm = Alarm(calendar)
        calendar.set(alarm, 20.0, (0,))
        yield alarm.wait()
        last.succeed()

    calendar.process(end())
    calendar.run(last)
    assert rang == [(12.0, "b"), (12.0, "a"), (13.0, "c")]


def test_alarm_rings_at_the_exact_float_it_was_set_to():
    calendar, times = Calendar(0.1), []

    def wait(alarm):
        yield alarm.wait()
        times.append(calendar.now)

    alarm, odd = Alarm(calendar), math.nextafter(4018.3, 5000.0)
    calendar.process(wait(alarm))
    calendar.set(alarm, odd, (3,))
    for _ in range(3):  # the process starts, the alarm rings, the process ends
        calendar.step()
    assert times == [odd]


# ---------------------------------------------------------------- waiting list


def test_who_waits_longest_is_admitted_first_and_ties_go_by_id():
    place = Place(0, 0, L.SUPPORT)
    place.waiting = [family(n, start=start).tracks[L.SUPPORT] for n, start in ((7, 5.0), (3, 2.0), (1, 2.0), (2, 9.0))]
    order = []
    while place.waiting:
        track = place.next_in_line([0, 0])
        place.waiting.remove(track)
        order.append(track.family.id)
    assert order == [1, 3, 7, 2]


def test_priority_comes_before_waiting_time():
    place = Place(0, 0, L.SUPPORT)
    place.waiting = [
        family(1, start=1.0).tracks[L.SUPPORT],
        family(2, start=5.0, protection=1).tracks[L.SUPPORT],
        family(3, start=2.0, protection=0).tracks[L.SUPPORT],
    ]
    assert place.next_in_line([0, 99]).family.id == 2


def test_whoever_asks_waits_while_others_wait_even_if_a_place_is_free():
    place = Place(0, 0, L.SUPPORT, usable=2, filled=1)
    assert not place.must_wait()
    place.waiting.append(family(1).tracks[L.SUPPORT])
    assert place.must_wait()


def test_closing_places_stay_open_while_filled_and_use_is_measured():
    place = Place(0, 0, -1, usable=4, filled=3, since=0.0)
    place.take(5.0)  # 3 of 4 for five days
    place.free(10.0)  # then 4 of 4 for five
    assert (place.filled_days, place.usable_days) == (35.0, 40.0)
    assert place.end_month(0.85, [0.0, 1.0, 0.5, 1.5], [0.0, 1.0, 1.0]) == 35.0 / 40.0
    place.open(2)
    assert (place.usable, place.vacancies, place.filled_days) == (3, 0, 0.0)


# ---------------------------------------------------------------- matching and overflow


def test_match_probability_is_that_of_at_least_one_vacancy():
    assert match_probability(0.1, 0) == 0.0
    assert match_probability(0.0, 5) == 0.0
    assert match_probability(1.0, 1) == 1.0
    assert match_probability(0.1, 3) == pytest.approx(1 - 0.9**3)


def test_planned_place_if_one_fits_else_down_the_overflow_list():
    assert find(placements(region((1, 1))), FOSTER) == ((FOSTER, 0), [0], 0)
    # Full: counted, and the next type has a draw of its own.
    assert find(placements(region((0, 1))), FOSTER) == ((HOME, 0), [0, 1], 1)
    assert find(placements(region((0, 0))), FOSTER) == ((UNREGISTERED, 0), [0, 1], 2)
    assert find(placements(region((1, 1)), match=0.4), FOSTER, u=0.5)[0] == (UNREGISTERED, 0)  # free, but none fits


def test_siblings_need_as_many_vacancies_and_fit_less_often():
    assert find(placements(region((1, 2))), FOSTER, siblings=2, u=0.3)[0] == (HOME, 0)
    assert find(placements(region((2, 0)), match=0.9), FOSTER, siblings=2, u=0.9)[0] == (UNREGISTERED, 0)
    assert find(placements(region((2, 0)), match=0.9), FOSTER, siblings=2, u=0.6)[0] == (FOSTER, 0)


def test_a_type_is_lawful_only_from_its_minimum_age():
    young, old = -15.9 * L.YEAR, -16.0 * L.YEAR
    where = placements(region((0, 0)))
    assert find(where, SUPPORTED, birth=old)[0] == (SUPPORTED, 0)
    assert find(where, SUPPORTED, birth=young)[0] == (UNREGISTERED, 0)


def test_pooling_offers_own_vacancies_first_then_those_of_the_neighbour_with_most():
    places = region((1, 0), (3, 0), (5, 0))
    assert find(placements(places, match=0.4), FOSTER, u=0.3)[0] == (FOSTER, 0)
    assert find(placements(places, match=0.4), FOSTER, u=0.6)[0] == (FOSTER, 2)
    assert find(placements(places, match=0.4, share=0.0), FOSTER, u=0.6)[0] == (UNREGISTERED, 0)
    alone = [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert find(placements(places, match=0.4, reach=alone), FOSTER, u=0.6)[0] == (FOSTER, 1)


def test_shared_vacancies_are_whole_and_enough_for_all_siblings():
    where = placements(region((0, 0), (5, 0)), share=0.5)
    assert where.shared_vacancies(0, 1, 0, 1, 0) == 2
    assert where.shared_vacancies(0, 1, 0, 3, 0) == 0
    assert where.shared_vacancies(1, 1, 0, 1, 0) == 0


def test_pooling_a_market_lifts_the_limit_of_a_share_and_adds_no_vacancy():
    places = region((2, 0), (6, 0))  # foster homes: the first authority has a quarter of the region's eight
    for place, filled in zip((places[0][0], places[1][0]), (2, 2), strict=True):
        place.filled = filled
    # Its share is full; of the region's four vacancies a quarter, one, is what its children choose among.
    assert find(placements(places, match=0.4, market=1), FOSTER, u=0.39)[0] == (FOSTER, 1)
    assert find(placements(places, match=0.4, market=1), FOSTER, u=0.41)[0] == (UNREGISTERED, 0)
    assert find(placements(places, match=0.4, market=1, share=0.0), FOSTER, u=0.39)[0] == (UNREGISTERED, 0)
    # With own vacancies as the region has them, pooling changes nothing: 1 of 2 here, 3 of 6 there.
    places[0][0].filled, places[1][0].filled = 1, 3
    for share in (0.0, 0.5, 1.0):
        seen = placements(places, market=1, share=share).market_vacancies(0, 0, 1, 0)
        assert seen == (1.0, 0)


# ---------------------------------------------------------------- people


def test_children_count_until_eighteen_and_from_a_known_pregnancy():
    now = 1000.0
    made = family(1, (now - 18.5 * L.YEAR, now - 2 * L.YEAR, now + 100.0, now + 400.0))
    assert made.count_children(now) == 2
    assert made.adult_day == now + 400.0 + 18.0 * L.YEAR
    assert made.next_birth(now) == now + 100.0
    made.move(made.children[1], L.IN_CARE)
    assert made.count_children(now) == 1
    assert list(made.home[:4]) == [L.AT_HOME, L.IN_CARE, L.AT_HOME, L.AT_HOME]
    for child in made.children:
        made.move(child, L.LEFT)
    assert made.adult_day == math.inf


def test_age_changes_on_the_birthday():
    years = (0.0, 0.999, 1.0, 4.999, 5.0, 10.0, 16.0, 17.9)
    assert [age_band(0.0, year * L.YEAR) for year in years] == [0, 0, 1, 1, 2, 3, 4, 4]
