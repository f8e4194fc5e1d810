"""Summaries over replicates, pairing, and break-even."""

import numpy as np
import pytest
from scipy import stats

from sim.statistics import break_even, paired_difference, summarise, t_interval, variance_reduction

pytestmark = pytest.mark.unit
YEARS = [2026, 2027, 2028, 2029]


def test_summary_gives_mean_and_ninety_per_cent_interval():
    summary = summarise(np.arange(101.0)[:, None])
    assert (summary.mean[0], summary.p05[0], summary.p50[0], summary.p95[0]) == (50.0, 5.0, 50.0, 95.0)


def test_differences_are_taken_run_by_run():
    baseline = np.array([10.0, 200.0, 3000.0])
    assert paired_difference(baseline, np.array([11.0, 202.0, 3003.0])).tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="not paired"):
        paired_difference(baseline, baseline[:2])


def test_t_interval_is_students():
    values = np.array([1.0, 2.0, 4.0, 8.0])
    expected = stats.t.interval(0.9, 3, loc=values.mean(), scale=stats.sem(values))
    assert np.allclose(t_interval(values), expected)
    assert t_interval(values[:1])[1] == np.inf


def test_pairing_removes_what_both_arms_share():
    draw = np.random.default_rng(3)
    shared, own = draw.normal(0, 10, 4000), draw.normal(0, 1, 4000)
    ratio = variance_reduction(shared, shared + own)
    assert ratio == pytest.approx(201, rel=0.1)
    assert variance_reduction(shared, shared) == np.inf
    assert variance_reduction(np.ones(5), np.ones(5)) == 1.0


@pytest.mark.parametrize(
    ("yearly", "year"),
    [
        ([5, -3, -3, -1], 2028),  # recovered in the third year and kept
        ([5, -6, 4, -1], 0),  # recovered, then lost again: ends at +2
        ([5, -6, 4, -4], 2029),  # recovered, lost, recovered for good
        ([-1, -1, -1, -1], 2026),
        ([5, 1, 1, 1], 0),
        ([0, 0, 3, -3], 2029),
        ([0, 0, -1, -1], 2028),  # not before anything differs
        ([0, 2, -2, 0], 2028),
        ([0, 0.004, -3, 1], 2028),  # less than a penny is nothing
        ([-4, 3, 1, 0], 2026),  # what is paid later was saved before
        ([0, 0, 0, 0], 2026),
    ],
)
def test_break_even_is_the_first_year_from_which_it_stays_recovered(yearly, year):
    assert break_even(np.array([yearly]), YEARS).years.tolist() == [year]


def test_runs_that_never_break_even_are_their_own_category():
    even = break_even(np.array([[5, -6, 0, 0], [5, 1, 1, 1], [5, 1, 1, 1]]), YEARS)
    assert even.probability == pytest.approx(1 / 3)
    assert even.median_year is None
    assert even.text == "not within the horizon (probability 33%)"
    assert even.by_year == {2026: 0, 2027: pytest.approx(1 / 3), 2028: pytest.approx(1 / 3), 2029: pytest.approx(1 / 3)}
    most = break_even(np.array([[5, -6, 0, 0], [5, -1, -4, 0], [5, 1, 1, 1]]), YEARS)
    assert most.median_year == 2028
    assert most.text == "2027-28 (probability 67%)"


def test_a_run_without_a_cost_to_get_back_is_told_in_words_where_most_are_so():
    even = break_even(np.array([[0, -1, -1, -1], [0, -3, 2, 0], [0, 5, -6, 0], [0, 5, 0, 0], [0, 0, -1, 1]]), YEARS)
    assert even.years.tolist() == [2027, 2027, 2028, 0, 2028]
    assert even.costless == 0.6
    assert even.text == "2027-28 (probability 80%); it costs nothing more up to any year in 60% of runs"
    half = break_even(np.array([[0, -1, -1, -1], [0, 5, -6, 0]]), YEARS)
    assert (half.costless, half.text) == (0.5, "2026-27 (probability 100%)")
