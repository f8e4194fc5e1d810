"""Whether a proxy is worse beyond chance: errors by hand, and chance alone, in made-up Poisson counts."""

import numpy as np
import pytest

from outputs.safety_proxies import (
    FALSE_MARKS,
    LEAST_RUNS,
    LEVEL,
    NO_RATE,
    NO_WORSE,
    NOT_COUNTED,
    NOT_KNOWN,
    TESTS,
    WORSE,
    event_size,
    least_errors,
    paired_count,
    paired_rate,
)

pytestmark = pytest.mark.unit


def test_the_level_of_a_test_is_sidaks_and_of_runs_the_sign_tests():
    assert 1.0 - (1.0 - LEVEL) ** TESTS == pytest.approx(FALSE_MARKS)
    assert 0.5**LEAST_RUNS <= LEVEL < 0.5 ** (LEAST_RUNS - 1)
    assert least_errors(10**6) == pytest.approx(2.948, abs=0.001)  # the normal's 99.84 %


def test_runs_that_differ_by_the_same_have_the_error_of_their_events():
    """Two runs, one event more in each: two events of two, once in four by chance. Standard error sqrt(2) / 2, so 1.4 of them."""
    found = paired_count(np.array([3.0, 5.0]), np.array([4.0, 6.0]))
    assert float(found.difference / found.standard_error) == pytest.approx(np.sqrt(2.0))
    assert found.findings() == NOT_KNOWN


@pytest.mark.parametrize(("events", "finding"), [(8, NO_WORSE), (16, WORSE)])
def test_so_many_events_on_one_side_are_beyond_chance(events, finding):
    """McNemar's test: 8 of 8 events on one side are sqrt(8) = 2.8 standard errors, less than the 3.2 of 30 runs; 16 of 16 are 4."""
    after = np.zeros(30)
    after[:events] = 1.0
    assert paired_count(np.zeros(30), after).findings() == finding


def test_where_runs_vary_more_than_their_events_the_error_is_theirs():
    draw = np.random.default_rng(1)
    before, after = draw.normal(100.0, 10.0, (2, 20))
    found = paired_count(before, after)
    assert found.standard_error == pytest.approx((after - before).std(ddof=1) / np.sqrt(20))


def test_a_rate_is_of_all_runs_and_its_error_that_of_independent_samples_of_it():
    """The delta method against what it stands for: the spread of the difference over many experiments of 40 runs."""
    draw = np.random.default_rng(2)
    bottoms = draw.poisson(60.0, (2, 3000, 40))
    tops = draw.binomial(bottoms, 0.2)
    found = paired_rate((tops[0], bottoms[0]), (tops[1], bottoms[1]), 100.0)
    assert found.baseline[0] == pytest.approx(100.0 * tops[0, 0].sum() / bottoms[0, 0].sum())
    assert np.sqrt((found.standard_error**2).mean()) == pytest.approx(found.difference.std(ddof=1), rel=0.05)  # 3 standard errors: 4 %


def test_a_rate_of_the_same_events_among_fewer_has_the_error_of_those_expected():
    """Ten runs, ten closings fewer in each, none of whom would have come back though one in ten does: 10 expected, none seen, about 3 errors."""
    bottom, top = np.full(10, 1000.0), np.full(10, 100.0)
    found = paired_rate((top, bottom), (top, bottom - 10.0), 100.0)
    assert float(found.difference / found.standard_error) == pytest.approx(np.sqrt(10.0), rel=0.02)
    assert found.findings() == NO_WORSE


def test_nothing_to_divide_by_and_nothing_counted_are_no_findings():
    some, none, missing = np.full(12, 5.0), np.zeros(12), np.full(12, np.nan)
    assert paired_rate((none, none), (some, some), 1.0).findings() == NO_RATE
    assert paired_rate((none, some), (none, some), 1.0).findings() == NO_WORSE
    assert paired_rate((missing, some), (missing, some), 1.0).findings() == NOT_COUNTED
    assert paired_count(missing, missing).findings() == NOT_COUNTED


def test_an_event_counts_for_its_grossing_and_in_a_rate_of_a_stock_for_every_year():
    assert event_size("placement_moves", {"cla": 3.0}, 10, of_rate=True) == 3.0
    assert event_size("placed_over_20_miles_at31", None, 10, of_rate=True) == 10.0
    assert event_size("placed_over_20_miles_at31", None, 10, of_rate=False) == 1.0


def reforms_that_change_nothing(draw, reforms, runs, events):
    """Counts and what they are of (2 arms, reforms, tests, runs): runs share most events, and each arm has some of its own."""
    share, own = 0.2, np.geomspace(*events, TESTS // 2)[:, None]
    shape = (reforms, TESTS // 2, runs)
    same = draw.poisson(5.0 * own / share, shape)
    came_back = draw.binomial(same, share)
    apart = draw.poisson(own / share, (2, *shape))
    return came_back + draw.binomial(apart, share), same + apart


@pytest.mark.parametrize("events", [(0.02, 1.0), (1.0, 50.0)], ids=["rare", "often"])
@pytest.mark.parametrize("runs", [LEAST_RUNS, 30])
def test_chance_alone_makes_no_more_than_one_reform_in_twenty_look_worse(runs, events):
    """Every proxy as a count and as a rate, none changed: in no more than 5 % of reforms any is worse (1,000 reforms, 3 standard errors)."""
    reforms = 1000
    tops, bottoms = reforms_that_change_nothing(np.random.default_rng(runs), reforms, runs, events)
    found = np.concatenate([
        paired_count(tops[0], tops[1]).findings(), paired_rate((tops[0], bottoms[0]), (tops[1], bottoms[1]), 100.0).findings(),
    ], axis=1)  # fmt: skip
    worse = (found == WORSE).any(axis=1).mean()
    assert worse < FALSE_MARKS + 3.0 * np.sqrt(FALSE_MARKS * (1.0 - FALSE_MARKS) / reforms)


def test_without_the_error_of_events_rare_ones_would_look_worse_too_often():
    """Why it is there. One event in five runs, half of what it is of: in some reforms the few runs that differ all differ by the same."""
    draw = np.random.default_rng(3)
    shape = (20_000, LEAST_RUNS)
    same = draw.poisson(0.2, shape)
    came_back = draw.binomial(same, 0.5)
    apart = draw.poisson(0.04, (2, *shape))
    tops, bottoms = came_back + draw.binomial(apart, 0.5), same + apart
    found = {event: paired_rate((tops[0], bottoms[0]), (tops[1], bottoms[1]), 100.0, event).findings() for event in (0.0, 1.0)}
    assert (found[0.0] == WORSE).mean() > 2.0 * LEVEL
    assert (found[1.0] == WORSE).mean() <= LEVEL


def test_a_real_worsening_is_found():
    """A quarter more come back of as many closed, 40 of 400 a run, 30 runs: nearly always worse, as a count and as a rate."""
    draw = np.random.default_rng(4)
    bottom = draw.poisson(400.0, (500, 30))
    tops = draw.binomial(bottom, 0.10), draw.binomial(bottom, 0.125)
    assert (paired_count(*tops).findings() == WORSE).mean() > 0.95
    assert (paired_rate((tops[0], bottom), (tops[1], bottom), 100.0).findings() == WORSE).mean() > 0.95
