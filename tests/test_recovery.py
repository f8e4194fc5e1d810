"""Parameter recovery: the parts of it one by one, and the whole of it but for the simulation on panels made by chance alone."""

from dataclasses import replace
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest

from calibration.dynamics import Dynamics
from calibration.made_panels import COLUMNS, MOST_CHILDREN, Made, Truth, made_area, panel_of, recorded, sizes, true_figures
from calibration.national_fit import NationalFit
from calibration.panel import ENGLAND
from calibration.recovery import Interval, coverage, histogram, recovered
from calibration.series import QUANTITIES
from calibration.steering import with_records
from scenarios.areas import AreaProfile, Record
from scenarios.synthetic import made_up

YEARS, AHEAD, IN_CARE_RATE = tuple(range(2013, 2023)), 2, 0.006
RATES = np.log([0.05, 0.017, 0.006, 0.004, 0.033, 0.0025, 0.4])
SDS = np.array([[0.25, 0.3, 0.3, 0.3, 0.25, 0.3, 0.2], [0.2, 0.25, 0.2, 0.2, 0.12, 0.15, 0.1]])
RECORDING = np.diag(np.array([0.05, 0.04, 0.1, 0.1, 0.07, 0.03, 0.06]) ** 2)
OVERDISPERSION = np.array([2.15, 2.15, 2.15, 2.15, 2.15, 2.02, 1.0])  # target_noise.py
CORRELATION = 0.7 * np.eye(7) + 0.3


def truth() -> Truth:
    """Return a truth whose response is known: a figure moves its own series at once, by as much; years to come are YEARS' last AHEAD."""
    components = np.array([CORRELATION * np.outer(sd, sd) for sd in SDS])
    level = np.tile(RATES, (len(YEARS) - AHEAD, 1))
    dynamics = Dynamics(YEARS[:-AHEAD], (0.98, 0.6), components, RECORDING, level, np.zeros(7), np.full(7, 0.02))
    rates = np.tile(RATES, (len(YEARS), 1))
    figures = np.tile(np.log([0.01, *np.ones(6)]), (len(YEARS), 1))
    how = np.eye(rates.size).reshape(*rates.shape, *rates.shape)
    profile = with_records(made_up("Small England"), {"population_0_17": dict.fromkeys(YEARS, 100_000.0), "foster_places": {2013: 50.0}})
    national = NationalFit(profile, figures, how, how[:, 0], rates, np.full(len(YEARS), 500.0), np.zeros(rates.shape), np.zeros(len(YEARS)))
    return Truth(dynamics, national, SimpleNamespace(years=YEARS), AHEAD)


def drawn(whole: Truth, number: int, authorities: int, seed: int) -> Made:
    """Return a panel in which chance is normal and of the variance calibration takes it to have, without simulation."""
    normal = np.random.default_rng(seed).normal
    profiles = tuple(made_area(whole, f"Drawn {number}.{row}", size) for row, size in enumerate(sizes(authorities)))
    figures = np.stack([true_figures(whole, profile, number) for profile in profiles])
    children = np.array([profile.value("population_0_17", YEARS[0]) for profile in profiles])[:, None, None]
    in_care = np.round(children[..., 0] * IN_CARE_RATE * np.ones((1, len(YEARS))))
    base = np.repeat(np.repeat(children, len(YEARS), 1), 7, 2)
    base[..., 6] = in_care
    counts = base * np.exp(RATES + figures - whole.national.figures)
    counts *= np.exp(normal(size=counts.shape) * np.sqrt(OVERDISPERSION / counts))
    published = np.stack([recorded(whole, profile.code, np.column_stack([rows, stock]))
                          for profile, rows, stock in zip(profiles, counts, in_care, strict=True)])  # fmt: skip
    return Made(panel_of(profiles, published[:, : len(whole.known)], whole.known), profiles, figures, published)


@pytest.mark.statistical
def test_intervals_hold_what_made_a_panel():
    """Of 5 panels of 40 authorities each: 90 % intervals hold 85 to 95 in a hundred of figures and of what is published later."""
    whole = truth()
    found = [recovered(whole, drawn(whole, number, 40, seed=number), workers=1) for number in range(5)]
    for name in ("figures", "published"):
        held = coverage([one[name] for one in found], 0.9)
        assert held.intervals == 5 * 40 * 7
        assert held.standard_error < 0.02
        assert 0.85 - 2.0 * held.standard_error < held.share < 0.95 + 2.0 * held.standard_error, name


@pytest.mark.statistical
def test_an_authority_s_figures_are_england_s_and_its_own():
    whole = truth()
    one, other = made_area(whole, "One", 50_000.0), made_area(whole, "Other", 50_000.0)
    own = np.array([true_figures(whole, replace(one, code=2000 + code), 0) for code in range(400)])[:, 1]
    expected = np.sqrt((SDS**2).sum(axis=0))
    # The price of change (steering.py) takes next to nothing off where figures move their own series by as much.
    assert own.std(axis=0) == pytest.approx(expected, rel=3.0 / (2.0 * 400) ** 0.5 + 0.01)
    assert not np.allclose(true_figures(whole, one, 0)[-1], true_figures(whole, one, 1)[-1])  # England walks elsewhere in another panel
    assert not np.allclose(true_figures(whole, one, 0), true_figures(whole, other, 0))
    assert np.array_equal(true_figures(whole, one, 1), true_figures(whole, one, 1))


@pytest.mark.unit
def test_an_authority_is_england_in_small():
    small = made_area(truth(), "Small", 20_000.0)
    assert small.value("population_0_17", 2018) == pytest.approx(20_000.0)
    assert small.value("foster_places") == pytest.approx(10.0)
    assert small.value("new_family_referrals", 2015) == pytest.approx(200.0)  # England's figure of this truth is one in a hundred children
    assert small.value("uasc_started") == 0.0
    assert {small.value(quantity, 2016) for quantity in QUANTITIES[1:]} == {1.0}


@pytest.mark.unit
def test_sizes_are_those_of_authorities():
    found = sizes(2000)
    assert np.median(found) == pytest.approx(60_000.0, rel=0.06)
    assert found.min() >= 20_000.0
    assert found.max() <= MOST_CHILDREN
    assert np.array_equal(found[:10], sizes(10))


@pytest.mark.unit
def test_what_is_published_is_whole_children_and_children_in_care_as_they_are():
    whole, happened = truth(), np.full((len(YEARS), 8), 1e6)
    found = recorded(whole, 77, happened)
    assert np.array_equal(found, np.round(found))
    assert (found[:, 7] == 1e6).all()
    every = np.array([np.log(recorded(whole, code, happened)[:, :7] / 1e6) for code in range(200)]).reshape(-1, 7)
    assert every.std(axis=0) == pytest.approx(np.sqrt(np.diag(RECORDING)), rel=4.0 / (2.0 * len(every)) ** 0.5)


@pytest.mark.unit
def test_england_is_the_sum_of_a_panel():
    profiles = tuple(profile(name) for name in ("One", "Other"))
    counts = np.arange(2.0 * 3 * 8).reshape(2, 3, 8)
    frame = panel_of(profiles, counts, (2018, 2019, 2020)).frame
    england = frame[frame["name"] == ENGLAND]
    assert england[list(COLUMNS)].to_numpy() == pytest.approx(counts.sum(axis=0))
    assert set(england.population_0_17) == {2000.0}


@pytest.mark.unit
def test_coverage_counts_and_knows_that_panels_differ():
    right = Interval(np.zeros((50, 2)), np.ones((50, 2)), np.full((50, 2), 1.6))
    wrong = Interval(np.zeros((50, 2)), np.ones((50, 2)), np.column_stack([np.full(50, 1.7), np.full(50, 0.0)]))
    found = coverage([right, wrong], 0.9)
    assert (found.intervals, found.share) == (200, 0.75)
    assert found.standard_error == pytest.approx(0.25)  # 1 and a half: half their difference
    assert coverage([right, wrong], 0.9, series=1).share == 1.0
    assert np.isnan(coverage([right], 0.9).standard_error)


@pytest.mark.unit
def test_truths_of_a_right_calibration_lie_anywhere_in_their_distributions():
    drawn_truth = np.random.default_rng(4).normal(size=(4000, 7))
    right = Interval(np.zeros(drawn_truth.shape), np.ones(drawn_truth.shape), drawn_truth)
    assert histogram([right]) == pytest.approx(np.full(10, 0.1), abs=4.0 * (0.09 / drawn_truth.size) ** 0.5)
    narrow = Interval(np.zeros(drawn_truth.shape), np.full(drawn_truth.shape, 0.5), drawn_truth)
    assert histogram([narrow])[[0, 9]].min() > 0.2


def profile(name: str) -> AreaProfile:
    children = (Record(name, "population_0_17", 2018, 1000.0, "", "", "published", "own"),)
    return AreaProfile(name, len(name), name, name, "Nowhere", False, MappingProxyType({"population_0_17": children}))
