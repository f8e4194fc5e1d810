"""Places without waiting (Erlang's loss), stages without a limit (M/G/infinity), and arrivals that differ by month."""

import math

import numpy as np
import pytest
from scipy import stats
from theory import (
    YEAR,
    Interval,
    by_year,
    check,
    entries,
    erlang_b,
    events,
    exits,
    figure,
    hazards_of,
    interval,
    per_day,
    scenario,
    way_out,
    within_chi_square,
)

from scenarios.timeline import days_in_month, month_range

pytestmark = pytest.mark.statistical


@pytest.mark.parametrize("name", ["loss", "loss-bathtub"])
def test_children_no_place_is_free_for_are_erlangs_loss_whatever_the_stay(name):
    log = events(name)
    placed = log[(log.event == "stage_entry") & log.stage_to.isin(["foster", "unregistered"])]
    lost = by_year(placed.time, (placed.stage_to == "unregistered").to_numpy())
    document = scenario(name).timeline[-1][1].stages["looked_after"].transitions["end"].rates_per_year
    _, stay = way_out({"end": (document.bands_days, document.per_year)})
    places, offered = int(figure(name, "foster_places")), per_day(name) * stay
    check(interval(lost), erlang_b(places, offered), erlang_b(places, offered * 1.05))


@pytest.fixture(scope="module")
def stock_log():
    return events("stock")


def mean_stay(stage: str) -> float:
    pathway = scenario("stock").pathway
    return pathway.mean_days(stage) if pathway.stages[stage].duration else way_out(hazards_of("stock", stage))[1]


@pytest.mark.parametrize("stage", ["exponential", "uniform", "bathtub"])
def test_stock_without_a_limit_is_poisson_with_mean_rate_times_stay(stock_log, stage):
    came, left = entries(stock_log, stage), exits(stock_log, stage)
    left = left[left.index.isin(came.index)]
    when = np.arange(YEAR, 39 * YEAR, 90.0)  # far enough apart to be independent
    stock = np.searchsorted(came.to_numpy(), when) - np.searchsorted(left.to_numpy(), when)
    theory = per_day("stock") * mean_stay(stage)
    half = stats.norm.ppf(0.9995) * math.sqrt(theory / len(when))  # a Poisson's variance is its mean
    check(Interval(stock.mean(), half), theory, theory * 1.05)
    assert within_chi_square(((stock - theory) ** 2).sum() / theory, len(when))
    assert not within_chi_square(((stock - theory) ** 2).sum() / (2 * theory), len(when))  # not twice as scattered


@pytest.mark.parametrize(("stage", "about"), [("exponential", 20.0), ("uniform", 20.0)])
def test_the_stays_are_what_the_files_call_them(stock_log, stage, about):
    came, left = entries(stock_log, stage), exits(stock_log, stage)
    stay = (left.reindex(came.index) - came)[came < 39 * YEAR].to_numpy()
    check(interval(stay), mean_stay(stage), mean_stay(stage) * 1.05)
    assert mean_stay(stage) == pytest.approx(about, rel=0.01)
    if stage == "uniform":
        assert stay.min() >= 10.0
        assert np.mean(stay < 20.0) == pytest.approx(0.5, abs=0.01)


def test_arrivals_by_month_are_poisson_at_the_rates_stated():
    log, months = events("months"), month_range("2025-04", "2065-03")
    edges = np.concatenate([[0.0], np.cumsum([days_in_month(month) for month in months])])
    seen = np.histogram(log.time[log.event == "arrival"], edges)[0]
    factor = np.array([figure("months", f"referral_month_factor_{month[5:]}") for month in months])
    expected = per_day("months") * factor * np.diff(edges)

    def spread(rate: np.ndarray) -> float:
        return ((seen - rate) ** 2 / rate).sum()

    assert within_chi_square(spread(expected), len(months))
    for wrong in (expected * 1.05, np.roll(expected, 1), per_day("months") * np.diff(edges)):
        assert not within_chi_square(spread(wrong), len(months))
    calendar = np.arange(len(months)) % 12
    for month in range(12):  # and month by month of the year
        theory = expected[calendar == month].sum()
        found = Interval(seen[calendar == month].sum(), stats.norm.ppf(0.9995) * math.sqrt(theory))
        assert found.holds(theory)


def test_gaps_between_arrivals_are_exponential():
    gaps = np.diff(events("stock").query("event == 'arrival'").time.to_numpy())[:50_000]
    rate = per_day("stock")
    assert stats.kstest(gaps, "expon", args=(0, 1 / rate)).pvalue > 1e-3
    assert stats.kstest(gaps, "expon", args=(0, 1.05 / rate)).pvalue < 1e-3
