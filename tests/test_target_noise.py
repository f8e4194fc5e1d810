"""Noise of published figures: recovered from made-up panels, and held to the pathway's families."""

import numpy as np
import pandas as pd
import pytest

from calibration.target_measures import TARGETS
from calibration.target_noise import (
    CARE_OVERDISPERSION,
    FAMILIES_OVERDISPERSION,
    FEWEST_PAIRS,
    counting_variance,
    estimate,
    revision_sd,
    robust_scale,
)
from scenarios.loading import load

AREAS, YEARS = 140, range(2002, 2020)


def made_up(level_sd: float, error_sd: float, jumps: float = 0.0, seed: int = 1) -> pd.DataFrame:
    """Figures whose level walks at random, with an error of each year and, for some, one jump that stays."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0.0, level_sd, (AREAS, len(YEARS)))
    if jumps:
        steps[rng.random((AREAS, len(YEARS))) < jumps] += 1.0
    logs = 8.0 + steps.cumsum(axis=1) + rng.normal(0.0, error_sd, steps.shape) + 0.03 * np.arange(len(YEARS))
    frame = pd.DataFrame(np.exp(logs), columns=list(YEARS), index=[f"area {i:03d}" for i in range(AREAS)])
    long = frame.rename_axis("area").reset_index().melt("area", var_name="year_ending", value_name="value")
    return long.assign(counting=0.0)


@pytest.mark.statistical
@pytest.mark.parametrize(("level_sd", "error_sd"), [(0.10, 0.08), (0.15, 0.03), (0.05, 0.0)])
def test_errors_that_revert_are_told_from_changes_that_stay(level_sd, error_sd):
    found = estimate(TARGETS["s47"], made_up(level_sd, error_sd), 0.0)
    assert found.reverting_variance == pytest.approx(error_sd**2, abs=3 * found.standard_error)
    assert found.level_sd_per_year == pytest.approx(level_sd, rel=0.15)


@pytest.mark.statistical
def test_jumps_that_stay_are_no_recording_noise():
    found = estimate(TARGETS["s47"], made_up(0.10, 0.05, jumps=0.03), 0.0)
    assert found.recording_sd == pytest.approx(0.05, abs=0.02)


@pytest.mark.statistical
def test_counting_is_taken_off():
    rows = made_up(0.05, 0.10)
    found = estimate(TARGETS["s47"], rows.assign(counting=0.006), 0.0)
    assert found.recording_sd**2 == pytest.approx(0.10**2 - 0.006, abs=3 * found.standard_error)
    stock = estimate(TARGETS["cpp_at31"], rows.assign(counting=0.006), 0.5)
    assert stock.counting_variance == pytest.approx(0.006 * 0.25)


@pytest.mark.unit
def test_few_pairs_say_so():
    rows = made_up(0.1, 0.1)
    found = estimate(TARGETS["s47"], rows[rows.year_ending <= 2003], 0.0)
    assert (found.status, found.pairs) == ("assumed", 0)
    assert FEWEST_PAIRS > 0


@pytest.mark.unit
def test_overdispersion_is_that_of_the_pathways_families():
    families = load("baseline").pathway.families
    shares = np.array(families.children.shares)
    size = np.arange(1, len(shares) + 1)
    mean, square = shares @ size, shares @ size**2
    assert square / mean == pytest.approx(FAMILIES_OVERDISPERSION, abs=0.01)
    every, each = families.siblings_entering_care.all_enter, families.siblings_entering_care.each_enters
    some = (1 - every) * (each * (1 - each) * mean + each**2 * square)
    assert (every * square + some) / ((every + (1 - every) * each) * mean) == pytest.approx(CARE_OVERDISPERSION, abs=0.01)


@pytest.mark.unit
def test_counting_is_of_children_in_sibling_groups():
    variance = counting_variance(TARGETS["s47"], np.array([100.0, 0.0]), np.array([np.nan, np.nan]))
    assert variance == pytest.approx([FAMILIES_OVERDISPERSION / 100, FAMILIES_OVERDISPERSION / 0.5])
    share = counting_variance(TARGETS["nfa_pct"], np.array([10.0]), np.array([1000.0]))
    assert share == pytest.approx(FAMILIES_OVERDISPERSION * 0.9 / 100)


@pytest.mark.unit
def test_percentages_are_as_exact_as_they_are_published():
    whole, tenth = revision_sd(TARGETS["foster_pct"], np.array([70.0, 8.0])), revision_sd(TARGETS["nfa_pct"], np.array([7.5, 6.3]))
    assert whole == pytest.approx(np.hypot(0.002, 1 / np.sqrt(12) / np.array([70.0, 8.0])))
    assert tenth == pytest.approx(np.hypot(0.005, 0.1 / np.sqrt(12) / np.array([7.5, 6.3])))


@pytest.mark.unit
def test_the_robust_scale_is_a_normals():
    assert robust_scale(np.random.default_rng(2).normal(0.0, 3.0, 200_000)) == pytest.approx(3.0, rel=0.01)
