"""Ratios that carry a reform from the whole model to an authority's own caseload: by hand."""

import numpy as np
import pytest

from carecurve.forecast_reforms import ratios

pytestmark = pytest.mark.unit


def test_a_certain_change_goes_over_whole():
    """Ten a year, five under the reform from its second year, in every run: halved from then on."""
    before = np.full((4, 3), 10.0)
    after = before - [0.0, 5.0, 5.0]
    np.testing.assert_allclose(ratios(before, after), np.broadcast_to([1.0, 0.5, 0.5], (4, 3)))


def test_one_child_in_one_run_is_hardly_a_change():
    """One child in four runs, gone in the one that has her: t = 1, so half of the way from 1 to 0 is kept."""
    before = np.array([[1.0, 1.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    after = before - [[1.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    np.testing.assert_allclose(ratios(before, after), np.broadcast_to([0.5, 1.0], (4, 2)))


def test_runs_that_differ_by_more_than_chance_scale_the_change():
    """Differences of -2, -2, -2 and -6 of 10: mean -3, standard error 1, t = 3: 0.9 of the way; the last run twice as far, the others two thirds."""
    before = np.full((4, 1), 10.0)
    after = before - [[2.0], [2.0], [2.0], [6.0]]
    np.testing.assert_allclose(ratios(before, after)[:, 0], 1.0 - 0.3 * 0.9 * np.array([2 / 3, 2 / 3, 2 / 3, 2.0]))


def test_what_never_happens_has_a_ratio_of_one_and_one_run_is_taken_as_it_is():
    np.testing.assert_array_equal(ratios(np.zeros((3, 2)), np.zeros((3, 2))), 1.0)
    np.testing.assert_allclose(ratios(np.array([[10.0, 10.0]]), np.array([[10.0, 8.0]])), [[1.0, 0.8]])
