"""What a record says of figures: conditional distributions against closed forms, shares that are borrowed, pairs that are not told apart."""

import numpy as np
import pytest
from fit_sample import AREAS, FOLLOWED, IN_NEED, UNKNOWN, sample, sample_calibration

from calibration.dynamics import condition
from calibration.identification import MIDDLE, known_figures, last_year_gain
from calibration.series import EXITS, NAMES, QUANTITIES
from calibration.steering import solve

pytestmark = pytest.mark.unit


def test_the_gain_undoes_the_response():
    _, fitted, _ = sample()
    how = fitted.national.how
    change = np.tile(0.1 * np.sin(np.arange(len(NAMES))), (len(how), 1))  # the same in every year, which costs nothing
    rates = np.tensordot(how, change, 2)
    assert solve(how, rates, np.zeros(rates.shape))[FOLLOWED - 1] == pytest.approx(change[0], abs=1e-9)
    gain = last_year_gain(how, FOLLOWED - 1)
    assert not gain[:, EXITS].any()  # the first year's leaving care is a stock, and known
    rates[0, EXITS] = 0.0
    assert gain @ rates.ravel() == pytest.approx(solve(how, rates, np.zeros(rates.shape))[FOLLOWED - 1], abs=1e-12)


def test_intervals_match_draws_through_the_gain():
    """The covariance of figures is that of figures worked out for departures drawn from what the record says."""
    _, fitted, _ = sample()
    known = known_figures(fitted)["Borough C"]
    under = condition(fitted.dynamics, *fitted.records.of("Borough C"), fitted.ahead, chance=False)
    size = fitted.national.how.shape[0] * len(NAMES)
    values, vectors = np.linalg.eigh(under.covariance[-size:, -size:])
    rng = np.random.Generator(np.random.Philox(1))
    drawn = rng.standard_normal((20_000, size)) @ (vectors * np.sqrt(np.clip(values, 0.0, None))).T
    figures = drawn @ last_year_gain(fitted.national.how, FOLLOWED - 1).T
    assert figures.std(axis=0) == pytest.approx(known.sd, rel=4.0 / np.sqrt(2 * 20_000))
    low, high = known.interval()
    inside = (figures > low - known.middle) & (figures < high - known.middle)
    assert inside.mean(axis=0) == pytest.approx(np.full(len(NAMES), 0.9), abs=4.0 * np.sqrt(0.09 / 20_000))


def test_small_authorities_borrow_more_and_unknown_ones_all():
    known = known_figures(sample()[1])
    shares = np.array([known[area].own_share for area in AREAS[:-2]])
    size = np.arange(len(shares))
    assert np.corrcoef(size, shares.mean(axis=1))[0, 1] > 0.8
    assert known[UNKNOWN].own_share == pytest.approx(np.zeros(len(NAMES)), abs=1e-9)
    assert known[UNKNOWN].sd == pytest.approx(known[UNKNOWN].prior_sd)


def test_what_cannot_be_told_apart_is_named():
    table = sample_calibration().identification
    assert list(table.area[: len(QUANTITIES)]) == [MIDDLE] * len(QUANTITIES)
    single = table[table.with_figure == ""]
    assert len(single) == (len(AREAS) + 1) * len(QUANTITIES)
    assert single[single.area == UNKNOWN].says.str.startswith("nothing is learnt").all()
    pairs = table[(table.with_figure != "") & (table.area == MIDDLE)]
    assert list(zip(pairs.figure, pairs.with_figure, strict=True)) == [("new_family_referrals", QUANTITIES[IN_NEED])]
    assert (pairs.correlation < -0.8).all()
    assert pairs.says.str.contains("cin_at31 says what they make together").all()
