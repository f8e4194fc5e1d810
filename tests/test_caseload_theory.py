"""Running a caseload on: survival, stock and pounds against theory, and what must hold in every run."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from caseload_sample import ADULT_DAYS, KINDS, ORIGIN, entries, hazards, in_care, model, opening, prices, reform
from scipy.integrate import quad

import sim.caseload
from sim.caseload import (
    AGE_BANDS,
    AGE_EDGES_DAYS,
    CARE,
    CARE_EDGES_DAYS,
    ENTRY_AGE_EDGES_DAYS,
    PLACEMENTS,
    CaseloadModel,
    month_ends,
    run_caseload,
)  # fmt: skip

NAMES = CARE.names
YEAR = date(2023, 3, 31)
ENDS = [(day - ORIGIN).days for day in month_ends(ORIGIN, YEAR)]


# Against theory -----------------------------------------------------------------------------------------------------------------------------------

RUNS, MANY = 200, 200


def cumulative_hazard(age: float, care: float, days: float, rates: np.ndarray) -> float:
    """The integral of a hazard by age and time in care, over bands' edges."""
    cuts = [0.0, days, *(edge - age for edge in AGE_EDGES_DAYS), *(edge - care for edge in CARE_EDGES_DAYS)]
    cuts = sorted({cut for cut in cuts if 0.0 <= cut <= days})
    total = 0.0
    for low, high in pairwise(cuts):
        middle = (low + high) / 2
        total += (high - low) * rates[np.searchsorted(AGE_EDGES_DAYS, age + middle, side="right") - 1,
                                      np.searchsorted(CARE_EDGES_DAYS, care + middle, side="right") - 1]  # fmt: skip
    return total


def varied_rates() -> np.ndarray:
    """Hazards a day that differ in every cell of age and time in care."""
    ages, cares = np.arange(len(AGE_EDGES_DAYS)), np.arange(len(CARE_EDGES_DAYS))
    return 0.0004 * (1 + ages[:, None]) * (1.0 + 3.0 / (1 + cares[None, :])) * (1 + 0.2 * ((ages[:, None] + cares[None, :]) % 3))


@pytest.mark.statistical
@pytest.mark.parametrize(("age", "care"), [(200.0, 3.0), (5 * 365.25 - 100, 300.0), (16 * 365.25 - 50, 1700.0), (10 * 365.25 - 10, 60.0)])
def test_survival_is_that_of_the_hazard_by_age_and_time_in_care(age, care):
    until = date(2025, 3, 31) if age < 5500 else date(2023, 12, 31)
    rates = varied_rates()
    run = run_caseload(model(until, [{"age": age, "care": care}] * MANY, {"leave": rates, "move": 0.003}), until, prices(), RUNS, 2)
    children = RUNS * MANY
    alive = in_care(run).sum(axis=0) / children
    days = [(day - ORIGIN).days for day in run.months]
    expected = np.exp([-cumulative_hazard(age, care, end, rates) for end in days])
    assert np.abs((alive - expected) / np.sqrt(expected * (1 - expected) / children)).max() < 4.2  # some 100 ends of months in all


@pytest.mark.statistical
def test_a_month_of_a_higher_hazard_acts_in_that_month():
    months = len(ENDS)
    changed = hazards(months, 0.001)
    changed.leave_month[0, 5] = 10.0
    ratios = reform(months)
    ratios.leave[0, 8] = 5.0
    run = run_caseload(CaseloadModel(ORIGIN, opening(*[{}] * MANY), changed, entries(months), 1), YEAR, prices(), RUNS, 4, ratios)
    alive = in_care(run).sum(axis=0) / (RUNS * MANY)
    times = np.ones(months)
    times[5], times[8] = 10.0, 5.0
    expected = np.exp(-0.001 * np.cumsum(np.diff([0, *ENDS]) * times))
    assert np.abs((alive - expected) / np.sqrt(expected * (1 - expected) / (RUNS * MANY))).max() < 4.0


@pytest.mark.statistical
def test_the_stock_of_those_who_come_in_is_an_infinite_servers():
    """M/G/infinity: children come as a Poisson process and stay independently, so the stock at t is Poisson of the mean lambda int_0^t S(u) du."""
    until, rate, position = date(2024, 3, 31), 0.4, 8  # of age 5
    rates = varied_rates()
    low, high = ENTRY_AGE_EDGES_DAYS[position : position + 2]
    run = run_caseload(model(until, (), {"leave": rates}, {"per_day": rate, "age_bin": position}), until, prices(), 2000, 9)
    middle = (low + high) / 2  # the hazard is the same at all ages of the bin and the two years after it
    assert len({int(np.searchsorted(AGE_EDGES_DAYS, days, side="right")) for days in (low, high + 731)}) == 1
    days = [(day - ORIGIN).days for day in run.months]
    edges = [edge for edge in CARE_EDGES_DAYS if edge < days[-1]]
    means = np.array([rate * quad(lambda u: np.exp(-cumulative_hazard(middle, 0.0, u, rates)), 0, end, points=edges, limit=200)[0] for end in days])
    stock = in_care(run)
    assert np.abs((stock.mean(axis=0) - means) / np.sqrt(means / 2000)).max() < 4.0
    ratio = stock.var(axis=0, ddof=1) / stock.mean(axis=0)
    assert np.abs(ratio - 1.0).max() < 4.5 * np.sqrt(2 / 2000)


@pytest.mark.statistical
def test_siblings_come_in_clumps_of_the_spread_asked_for():
    ends = 0.4  # geometric clumps: variance over mean of children a month is (2 - p) / p
    run = run_caseload(model(YEAR, (), coming={"per_day": 0.5, "clump_ends": ends}), YEAR, prices(), 3000, 3)
    starts = run.tallies.starts.sum(axis=2).astype(float)
    days = np.diff([0, *ENDS])
    means, spread = 0.5 * days, (2 - ends) / ends
    assert np.abs((starts.mean(axis=0) - means) / np.sqrt(means * spread / 3000)).max() < 4.0
    assert (starts.var(axis=0, ddof=1) / starts.mean(axis=0)).mean() == pytest.approx(spread, rel=0.05)


@pytest.mark.statistical
def test_placements_come_at_the_hazard_of_moving():
    run = run_caseload(model(YEAR, [{}] * MANY, {"move": 0.004}), YEAR, prices(), RUNS, 6)
    moves = run.tallies.begun.sum(axis=(0, 2))
    expected = RUNS * MANY * 0.004 * np.diff([0, *ENDS])
    assert np.abs((moves - expected) / np.sqrt(expected)).max() < 4.0


# What must hold in every run ----------------------------------------------------------------------------------------------------------------------

LONG = date(2026, 3, 31)


def busy(until: date = LONG) -> CaseloadModel:
    children = [
        {"age": 150.0 + 62.0 * n, "care": 30.0 * n, "place": 10.0, "placement": n % KINDS, "price": -1.0, "cohort": n % 2, "alone": int(n > 90)}
        for n in range(100)
    ]
    return model(until, children, {"leave": varied_rates() / 2, "move": 0.003, "change": 0.001}, {"per_day": 0.15, "clump_ends": 0.6})


@pytest.fixture(scope="module")
def run():
    return run_caseload(busy(), LONG, prices(), 100, 8)


def equal(one, other) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one.tallies, other.tallies, strict=True))


@pytest.mark.statistical
def test_children_are_conserved(run):
    tallies = run.tallies
    flow = np.cumsum(tallies.starts.sum(axis=2) - tallies.leavers.sum(axis=2), axis=1)
    assert (100 + flow == in_care(run)).all()
    assert (tallies.reasons.sum(axis=2) == tallies.leavers.sum(axis=2)).all()
    assert (tallies.stock >= 0).all()
    assert (tallies.unaccompanied <= in_care(run)).all()
    assert tallies.reasons[..., -1].sum() > 0


@pytest.mark.statistical
def test_nobody_is_in_care_at_18():
    """All of 17 at the origin, and nothing but birthdays: none is left after a year; and those who come in leave by then too."""
    children = [{"age": 17 * 365.25 + n, "care": 500.0} for n in range(0, 365, 5)]
    run = run_caseload(model(date(2024, 3, 31), children, coming={"per_day": 0.3, "age_bin": 20}), date(2024, 3, 31), prices(), 50, 1)
    assert ENTRY_AGE_EDGES_DAYS[20] == 17 * 365.25
    for month, day in enumerate(run.months):
        days = (day - ORIGIN).days
        still = sum(17 * 365.25 + n + days < ADULT_DAYS for n in range(0, 365, 5))
        came = np.cumsum(run.tallies.starts.sum(axis=2), axis=1)[:, month]
        assert (in_care(run)[:, month] >= still).all()
        assert (in_care(run)[:, month] <= still + came).all()
    assert not run.tallies.stock[:, :, : AGE_BANDS.index("16_to_17")].any()
    aged_out = run.tallies.reasons.sum(axis=(1, 2))
    assert (aged_out == run.tallies.reasons[..., -1].sum(axis=1)).all()
    early = np.cumsum(run.tallies.starts.sum(axis=2), axis=1)[:, 11]  # who came in within the first year had all left by the second's end
    assert (aged_out >= len(children) + early).all()


@pytest.mark.statistical
def test_days_are_the_integral_of_the_stock(run):
    """Of a month: its days times the stock, give or take the part of the month that each who started or left was there."""
    stock = np.concatenate([np.full((100, 1), 100), in_care(run)], axis=1)
    length = np.diff([0, *((day - ORIGIN).days for day in run.months)])
    days = run.tallies.days.sum(axis=(2, 3))
    events = (run.tallies.starts + run.tallies.leavers).sum(axis=2)
    assert (np.abs(days - length * (stock[:, 1:] + stock[:, :-1]) / 2) <= length * events / 2 + 1e-6).all()
    error = (days - length * (stock[:, 1:] + stock[:, :-1]) / 2).mean(axis=0)
    assert np.abs(error).max() < 4.5 * np.sqrt((length**2 * events.mean(axis=0) / 12 / 100).max())  # each event at a uniform time of the month


@pytest.mark.statistical
def test_pounds_are_days_times_price():
    table = np.tile(np.arange(1, KINDS + 1, dtype=float)[:, None] * 100.0, (1, 4))
    run = run_caseload(busy(), LONG, table, 20, 8, dear_gbp=900.0)
    weekly = np.arange(1, KINDS + 1) * 100.0
    np.testing.assert_allclose(run.tallies.cost, run.tallies.days * weekly[None, None, :, None] / 7.0, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(run.tallies.dear_cost, run.tallies.cost[:, :, 8:].sum(axis=(2, 3)), rtol=1e-9, atol=1e-6)
    assert (run.tallies.dear == run.tallies.stock[..., 8:].sum(axis=(2, 3))).all()
    assert run.tallies.stock.shape[3] == len(PLACEMENTS)


@pytest.mark.statistical
def test_the_same_bits_whatever_the_workers_and_batches(run, monkeypatch):
    assert equal(run, run_caseload(busy(), LONG, prices(), 100, 8, workers=1))
    monkeypatch.setattr(sim.caseload, "BATCH", 7)
    assert equal(run, run_caseload(busy(), LONG, prices(), 100, 8, workers=3))
    assert not equal(run, run_caseload(busy(), LONG, prices(), 100, 9))


@pytest.mark.statistical
def test_a_longer_forecast_begins_as_a_shorter_one(run):
    until = date(2024, 3, 31)
    short = run_caseload(busy(until), until, prices(), 100, 8)
    for name in ("stock", "starts", "leavers", "reasons", "begun"):
        assert np.array_equal(getattr(short.tallies, name), getattr(run.tallies, name)[:, :24]), name


@pytest.mark.statistical
def test_a_reform_that_changes_nothing_gives_the_same_bits(run):
    months = len(run.months)
    assert equal(run, run_caseload(busy(), LONG, prices(), 100, 8, reform(months)))
    two_worlds = type(reform(months))(*(np.concatenate([array, array]) for array in reform(months)))
    assert equal(run, run_caseload(busy(), LONG, prices(), 100, 8, two_worlds))


@pytest.mark.statistical
def test_fewer_entries_avert_some_of_the_very_same_children(run):
    fewer = run_caseload(busy(), LONG, prices(), 100, 8, reform(len(run.months), enter=0.8))
    more = run_caseload(busy(), LONG, prices(), 100, 8, reform(len(run.months), enter=1.25))
    for name in ("stock", "starts", "leavers", "reasons", "begun"):  # cell by cell: children are subsets, and all else is theirs alone
        low, base, high = (getattr(one.tallies, name) for one in (fewer, run, more))
        assert (low <= base).all(), name
        assert (base <= high).all(), name
    for name in ("days", "cost"):
        assert (getattr(fewer.tallies, name) <= getattr(run.tallies, name) + 1e-6).all(), name
    starts = run.tallies.starts.sum()
    clumps = starts * 0.6
    assert fewer.tallies.starts.sum() / starts == pytest.approx(0.8, abs=4 * np.sqrt(0.8 * 0.2 / clumps))
    assert more.tallies.starts.sum() / starts == pytest.approx(1.25, abs=4 * np.sqrt(0.25 / clumps))
    none = run_caseload(busy(), LONG, prices(), 100, 8, reform(len(run.months), enter=0.0))
    assert not none.tallies.starts.any()


@pytest.mark.statistical
def test_a_reform_touches_nobody_before_it_starts(run):
    ratios = reform(len(run.months))
    for array in (ratios.enter, ratios.leave, ratios.move):
        array[:, 20:] = 0.5
    later = run_caseload(busy(), LONG, prices(), 100, 8, ratios)
    for name in run.tallies._fields:
        assert np.array_equal(getattr(later.tallies, name)[:, :20], getattr(run.tallies, name)[:, :20]), name
    assert not equal(run, later)
