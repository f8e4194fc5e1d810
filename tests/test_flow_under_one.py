"""Leaving care before the first birthday: what regions and authorities publish, read without the bias of withheld cells."""

from types import SimpleNamespace

import numpy as np
import pytest

from calibration.flow_under_one import (
    DIFFERENCE,
    EXITS_FOLLOW,
    FEWEST_PUBLISHED,
    cells_of,
    exits_per_start,
    exits_under_one,
    latest_over_mean,
    log_likelihood,
    prior,
    regional_exits_per_start,
    spread,
)

unit, statistical = pytest.mark.unit, pytest.mark.statistical


@unit
def test_regions_and_level_are_as_published():
    # la_panel.csv, years ending March 2022 to 2024: leavers and starters under one.
    assert regional_exits_per_start("West Midlands") == pytest.approx((110 + 140 + 120) / (690 + 700 + 590))
    assert regional_exits_per_start("South West") == pytest.approx((190 + 190 + 180) / (480 + 470 + 480))
    assert latest_over_mean() == pytest.approx((1670 / 5220) / ((1630 + 1670 + 1670) / (5420 + 5460 + 5220)))


@unit
def test_withheld_cells_and_years_after_2024_are_left_out():
    assert cells_of("Oxfordshire") == [16, 22, 11]  # 2025 is withheld there
    assert cells_of("York") == []


@unit
def test_an_authority_without_cells_stands_at_its_region():
    own = exits_per_start(("York",), ("Yorkshire and The Humber",), np.array([14.0]))
    expected = regional_exits_per_start("Yorkshire and The Humber") * latest_over_mean()
    assert own[0] == pytest.approx(expected, rel=0.02)  # the mean of a lognormal is a little over its median


@unit
def test_a_region_moves_by_its_own_balance_and_authorities_keep_their_shape():
    targets = SimpleNamespace(regions=("A", "A", "B", "B"), exits_under_1=np.array([0.2, 0.3, 0.4, 0.4]), started=np.full((4, 5), 10.0))
    seen = SimpleNamespace(flows={
        "started_under_1": np.full((4, 6), 10.0),
        "ceased_under_1": np.array([2.0, 3.0, 2.0, 2.0])[:, None] * np.ones(6),
    })  # fmt: skip
    moved = exits_under_one(np.ones(4), np.ones(4), seen, targets, 1.0)
    assert moved[:2].mean() == pytest.approx(1.0)
    assert moved[2:] == pytest.approx([2.0, 2.0])  # half of what is published there
    assert moved[1] / moved[0] == pytest.approx(1.5**EXITS_FOLLOW)
    other = exits_under_one(np.ones(4), np.array([2.0, 1.0, 1.0, 1.0]), seen, targets, 1.0)
    assert other[1] / other[0] == pytest.approx(2.0 * 1.5**EXITS_FOLLOW)


@statistical
def test_cells_known_only_when_large_are_not_read_as_high():
    """Sixty regions' worth of authorities with the same mean: published cells average over it, what is read from them does not."""
    random, mean, sd = np.random.default_rng(5), 8.0, 0.2
    truth = mean * np.exp(random.normal(0.0, sd, 600))
    cells = random.poisson(truth[:, None], (600, 3)).astype(float)
    published = [[cell for cell in row if cell >= FEWEST_PUBLISHED] for row in cells]
    evidence = np.array([log_likelihood(row, mean) for row in published])
    found = spread(evidence)
    assert found == pytest.approx(sd, abs=0.06)
    posterior = np.exp(evidence) * prior(found)
    read = mean * (posterior @ np.exp(DIFFERENCE)) / posterior.sum(axis=1)
    assert np.mean([cell for row in published for cell in row]) / truth.mean() > 1.08
    assert read.mean() / truth.mean() == pytest.approx(1.0, abs=0.03)
    assert np.mean((read - truth) ** 2) < 0.75 * np.var(truth)
