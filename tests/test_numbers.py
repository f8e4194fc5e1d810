"""Distributions and durations: what they say against what scipy and arithmetic say."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import integrate, stats

from scenarios.distributions import Distribution, DistributionError, parse_distribution
from scenarios.durations import Duration
from scenarios.names import nearest, suggestion

pytestmark = pytest.mark.unit
ABOUT = {"source": "a test", "status": "assumed"}
SHARES = st.floats(0.001, 0.999)
CORNERS = st.lists(st.integers(-5000, 5000).map(lambda n: n / 100), min_size=3, max_size=3, unique=True).map(sorted)


@given(CORNERS, st.lists(SHARES, min_size=2, max_size=2).map(sorted), st.floats(0.1, 10))
def test_quantiles_rise_within_bounds_and_scale(corners, shares, factor):
    made = parse_distribution({"triangular": corners})
    low, high = (made.quantile(share) for share in shares)
    assert corners[0] - 1e-9 <= low <= high + 1e-9 <= corners[2] + 2e-9
    assert made.bounds == pytest.approx((corners[0], corners[2]))
    assert made.mean == pytest.approx(sum(corners) / 3, abs=1e-9)
    assert made.scaled(factor).quantile(shares[0]) == pytest.approx(factor * low, abs=1e-9)


@given(CORNERS, SHARES)
def test_the_inverse_of_a_triangular_distribution(corners, share):
    low, mode, high = corners
    value = parse_distribution({"triangular": corners}).quantile(share)
    if value < mode:
        below = (value - low) ** 2 / ((high - low) * (mode - low))
    else:
        below = 1 - (high - value) ** 2 / ((high - low) * (high - mode))
    assert below == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize(("interval", "tail"), [("interval_90", 0.05), ("interval_95", 0.025)])
@pytest.mark.parametrize(("kind", "centre"), [("normal", "mean"), ("lognormal", "median")])
def test_an_interval_holds_what_it_says(interval, tail, kind, centre):
    middle = 1.0 if kind == "normal" else math.sqrt(0.71 * 0.92)
    ends = [0.8, 1.2] if kind == "normal" else [0.71, 0.92]
    made = parse_distribution({kind: {centre: middle, interval: ends}})
    assert [made.quantile(tail), made.quantile(0.5), made.quantile(1 - tail)] == pytest.approx(
        [ends[0], middle, ends[1]]
    )
    assert all(math.isfinite(end) for end in made.bounds)


@given(CORNERS, st.floats(0.01, 3.0), SHARES)
def test_quantiles_and_means_are_those_of_scipy(corners, deviation, share):
    low, mode, high = corners
    known = {
        "triangular": ((low, mode, high), stats.triang((mode - low) / (high - low), loc=low, scale=high - low)),
        "uniform": ((low, high), stats.uniform(low, high - low)),
        "normal": ((mode, deviation), stats.norm(mode, deviation)),
        "lognormal": ((mode / 50.0, deviation), stats.lognorm(deviation, scale=math.exp(mode / 50.0))),
    }
    for kind, (numbers, law) in known.items():
        made = Distribution(kind, numbers)
        assert made.quantile(share) == pytest.approx(law.ppf(share), rel=1e-13, abs=1e-13)
        assert made.mean == pytest.approx(law.mean(), rel=1e-13, abs=1e-13)


def test_a_mean_is_the_mean_of_quantiles():
    for data in ({"triangular": [0.68, 0.85, 1.0]}, {"lognormal": {"median": 0.88, "interval_95": [0.81, 0.95]}}):
        made = parse_distribution(data)
        assert integrate.quad(made.quantile, 0, 1)[0] == pytest.approx(made.mean, rel=1e-4)


def test_a_number_is_a_distribution_without_spread():
    for made in (parse_distribution(0.85), parse_distribution({"value": 0.85, **ABOUT}), Distribution.fixed(0.85)):
        assert made.is_fixed
        assert {made.quantile(share) for share in (0, 0.3, 1)} == {0.85}
    assert parse_distribution({"triangular": [1, 1, 1]}).quantile(0.4) == 1
    assert str(parse_distribution({"triangular": [0.68, 0.85, 1.0]})) == "triangular(0.68, 0.85, 1)"


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ("0.85", "expected a number"),
        (True, "expected a number"),
        (float("nan"), "expected a number"),
        ({}, "gives no number"),
        ({"value": 1, "uniform": [0, 1]}, "gives value and uniform"),
        ({"triangluar": [0, 1, 2]}, "did you mean 'triangular'?"),
        ({"triangular": [0, 1]}, "expected [low, mode, high]"),
        ({"triangular": [0, 3, 2]}, "decreases"),
        ({"value": 5, "range": [0, 1]}, "outside its range"),
        ({"value": 5, "range": [9, 1]}, "from high to low"),
        ({"value": 5, "status": "guess"}, "expected published, derived, assumed"),
        ({"value": 5, "source": 3}, "expected text"),
        ({"normal": {"mean": 5, "interval_95": [6, 7]}}, "does not hold the mean 5"),
        ({"lognormal": {"median": 1, "interval_95": [-1, 7]}}, "above 0"),
        ({"normal": {"mean": 5}}, "expected {mean"),
    ],
)
def test_bad_distributions(data, part):
    with pytest.raises(DistributionError) as caught:
        parse_distribution(data)
    assert part in str(caught.value)


def test_a_share_outside_0_to_1_has_no_quantile():
    with pytest.raises(ValueError, match="expected 0 to 1"):
        parse_distribution({"uniform": [0, 1]}).quantile(1.2)


# ---------------------------------------------------------------- durations


def survivors(hazard, day: float) -> float:
    """Share still in the stage on a day, from a piecewise-constant hazard."""
    total = 0.0
    ends = (*hazard.bands_days[1:], math.inf)
    for start, end, rate in zip(hazard.bands_days, ends, hazard.per_day, strict=True):
        total += rate * max(0.0, min(day, end) - start)
    return math.exp(-total)


@given(st.lists(st.floats(0.5, 400), min_size=3, max_size=3, unique=True).map(sorted))
def test_quartiles_are_kept(quartiles):
    if min(quartiles[1] - quartiles[0], quartiles[2] - quartiles[1]) < 0.01:
        return
    hazard = Duration(quartiles_days=tuple(quartiles), **ABOUT).hazard()
    assert [survivors(hazard, day) for day in quartiles] == pytest.approx([0.75, 0.5, 0.25])
    assert hazard.tail_share == 0.5


def test_working_days_are_seven_fifths_of_a_day_and_a_tail_can_be_stated():
    duration = Duration(quartiles_working_days=(18, 33, 43), tail_median_working_days=15, **ABOUT)
    hazard = duration.hazard()
    assert duration.quartiles == pytest.approx((25.2, 46.2, 60.2))
    assert survivors(hazard, 60.2 + 21) == pytest.approx(0.125)
    assert hazard.tail_share == 0.25
    assert hazard.mean_days == pytest.approx(
        integrate.quad(lambda day: survivors(hazard, day), 0, 2000, limit=500)[0], rel=1e-6
    )


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(
        [("lognormal", "median_days", "sigma"), ("gamma", "mean_days", "shape"), ("weibull", "median_days", "shape")]
    ),
    st.floats(20, 200),
    st.floats(0.6, 2.0),
)
def test_named_distributions_are_matched_at_every_band_and_keep_their_mean(law, size, shape):
    name, centre, spread = law
    bands = (0.0, 7.0, 14.0, 28.0, 56.0)
    duration = Duration(**{name: {centre: size, spread: shape}}, bands_days=bands, **ABOUT)
    hazard, frozen = duration.hazard(), getattr(duration, name).frozen()
    for day in bands:
        assert survivors(hazard, day) == pytest.approx(float(frozen.sf(day)), rel=1e-6)
    assert hazard.tail_share == pytest.approx(float(frozen.sf(56)))
    within = integrate.quad(frozen.sf, 56, math.inf, limit=300)[0]
    assert hazard.tail_share / hazard.per_day[-1] == pytest.approx(within, rel=1e-3)


def test_an_exponential_is_exact():
    hazard = Duration(exponential={"mean_days": 50.0}, bands_days=(0.0, 30.0), **ABOUT).hazard()
    assert hazard.per_day == pytest.approx((1 / 50, 1 / 50))
    assert hazard.mean_days == pytest.approx(50)


@pytest.mark.parametrize(
    ("given_", "part"),
    [
        ({}, "gives nothing"),
        (
            {"quartiles_days": (1.0, 2.0, 3.0), "exponential": {"mean_days": 3.0}},
            "gives quartiles_days and exponential",
        ),
        ({"quartiles_days": (1.0, 3.0, 2.0)}, "2 follows 3"),
        ({"quartiles_days": (-1.0, 3.0, 4.0)}, "greater than 0"),
        ({"exponential": {"mean_days": 3.0}}, "needs bands_days"),
        ({"exponential": {"mean_days": 3.0}, "bands_days": (1.0, 2.0)}, "expected 0"),
        ({"quartiles_days": (1.0, 2.0, 3.0), "bands_days": (0.0,)}, "quartiles make their own bands"),
    ],
)
def test_bad_durations(given_, part):
    with pytest.raises(ValidationError) as caught:
        Duration(**given_, **ABOUT)
    assert part in str(caught.value)


def test_nearest_names():
    assert nearest("care_enty", ["care_entry", "care_exit"]) == "care_entry"
    assert nearest("zzz", ["care_entry"]) is None
    assert suggestion("x", []) == "expected none"
