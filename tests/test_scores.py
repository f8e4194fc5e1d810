"""Scores of forecasts against worked examples, closed forms and exact coverage."""

import numpy as np
import pytest
from scipy.stats import norm

from calibration import scores

pytestmark = pytest.mark.unit

# Five draws 1 ... 5; published 2.
FIVE, TWO = np.array([[1.0, 2.0, 3.0, 4.0, 5.0]]), np.array([2.0])


def normal_draws(mean=0.0, sd=1.0, n=1999):
    return norm.ppf(np.arange(1, n + 1) / (n + 1.0), mean, sd)


def test_crps_of_five_draws_by_hand():
    # Mean distance to 2: (1 + 0 + 1 + 2 + 3) / 5 = 1.4; half the mean distance between draws: 40 / 25 / 2 = 0.8.
    assert scores.crps(FIVE, TWO) == pytest.approx([0.6])


@pytest.mark.parametrize(("mean", "sd", "published"), [(0.0, 1.0, 0.0), (10.0, 2.0, 13.0), (5.0, 0.5, 2.0)])
def test_crps_of_a_normal_sample_is_the_closed_form(mean, sd, published):
    z = (published - mean) / sd
    exact = sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    # Beyond its last draws, 3.29 sd out, a sample of 1,999 has no tail; the score may be off by a few times what lies there.
    tail = 2 * sd * norm.pdf(3.29) / 3.29
    assert scores.crps(normal_draws(mean, sd)[np.newaxis], np.array([published])) == pytest.approx([exact], abs=3 * tail)


def test_crps_of_a_single_value_is_the_absolute_error():
    assert scores.crps(np.full((1, 7), 30.0), np.array([42.0])) == pytest.approx([12.0])


def test_crps_and_interval_score_scale_with_their_unit():
    draws, published = normal_draws(50.0, 8.0)[np.newaxis], np.array([61.0])
    for score in (scores.crps, scores.interval_score):
        assert score(7 * draws, 7 * published) == pytest.approx(7 * score(draws, published))


def test_interval_score_by_hand():
    draws = np.arange(1.0, 100.0)[np.newaxis]  # 1 ... 99: the 80 % interval is exactly 10 to 90
    assert scores.interval_score(draws, np.array([50.0])) == pytest.approx([80.0])
    assert scores.interval_score(draws, np.array([7.0])) == pytest.approx([80.0 + 2 / 0.2 * 3.0])
    assert scores.interval_score(draws, np.array([94.0])) == pytest.approx([80.0 + 2 / 0.2 * 4.0])


def test_absolute_percentage_error_is_of_the_median_and_leaves_nil_out():
    draws = np.array([[10.0, 20.0, 90.0], [1.0, 2.0, 3.0]])
    error = scores.absolute_percentage_error(draws, np.array([25.0, 0.0]))
    assert error[0] == pytest.approx(20.0)
    assert np.isnan(error[1])


@pytest.mark.parametrize(("draws", "per_cent"), [(39, 50), (39, 80), (39, 95), (99, 50), (99, 80), (199, 50), (199, 80), (199, 95)])
def test_an_honest_forecast_covers_exactly_what_it_says(draws, per_cent):
    # A new value of the same distribution falls between neighbouring draws k and k + 1 with probability 1 / (draws + 1), for every k from 0.
    values = np.arange(draws + 1) + 0.5
    samples = np.broadcast_to(np.arange(1.0, draws + 1.0), (draws + 1, draws))
    assert scores.inside(samples, values, per_cent).mean() == pytest.approx(per_cent / 100.0)


def test_ends_of_an_interval_are_inside():
    draws = np.arange(1.0, 100.0)[np.newaxis]
    assert scores.inside(draws, np.array([10.0]), 80) == [1.0]
    assert scores.inside(draws, np.array([9.99]), 80) == [0.0]


def test_nothing_published_scores_nothing():
    draws, nothing = np.broadcast_to(FIVE, (2, 5)), np.array([np.nan, 2.0])
    for score in (scores.crps, scores.interval_score, scores.absolute_percentage_error, scores.probability_integral_transform):
        found = score(draws, nothing)
        assert np.isnan(found[0])
        assert np.isfinite(found[1])
    assert np.isnan(scores.inside(draws, nothing, 80)[0])


def test_ranks_count_ties_half():
    assert scores.probability_integral_transform(FIVE, np.array([0.0])) == pytest.approx([0.5 / 6])
    assert scores.probability_integral_transform(FIVE, np.array([2.0])) == pytest.approx([2.0 / 6])
    assert scores.probability_integral_transform(FIVE, np.array([9.0])) == pytest.approx([5.5 / 6])


def test_the_band_of_ranks_holds_the_binomial_middle_and_allows_for_few_draws():
    low, high = scores.pit_band(130, 199)
    assert (low == 7).all()  # Binomial(130, 0.1): 2.5 % and 97.5 % points
    assert (high == 20).all()
    uneven = scores.pit_band(1000, 24)  # 25 ranks in tenths: two or three to a bar
    assert len(set(uneven[1])) == 2


def test_resampled_means_are_of_rows_drawn_together():
    values = np.column_stack([np.arange(40.0), np.arange(40.0) + 3.0])
    drawn = scores.bootstrap_means(values, 300)
    assert drawn.shape == (300, 2)
    assert drawn[:, 1] - drawn[:, 0] == pytest.approx(3.0)
    # Mean and standard error of a mean of 40: 19.5 and 11.54 / sqrt(40) = 1.825; of 300 resamples within 4 of their own standard errors.
    assert drawn[:, 0].mean() == pytest.approx(19.5, abs=4 * 1.825 / np.sqrt(300))
    assert drawn[:, 0].std() == pytest.approx(1.825, abs=4 * 1.825 / np.sqrt(600))
    assert (drawn == scores.bootstrap_means(values, 300)).all()


def test_resampled_means_leave_out_what_is_missing():
    values = np.array([[1.0], [np.nan], [1.0], [1.0], [np.nan], [1.0], [1.0], [1.0]])
    assert scores.bootstrap_means(values, 50) == pytest.approx(1.0)
