"""Running a caseload on: small cases by hand."""

from datetime import date

import numpy as np
import pytest
from caseload_sample import ADULT_DAYS, KINDS, ORIGIN, cumulated, in_care, model, prices, reform

from sim.caseload import (
    AGE_EDGES_DAYS,
    AGE_TOLD,
    CARE,
    CARE_EDGES_DAYS,
    ENTRY_AGE_EDGES_DAYS,
    EXITS,
    budget_year,
    month_ends,
    run_caseload,
)  # fmt: skip
from sim.kernels import caseload as kernels
from sim.kernels.caseload import UNIT
from sim.kernels.rng import threshold, uniform, uniform_pair

# As Python: compiled, these are only ever called from compiled code.
band_of, chosen, chosen_weighted, price_of = (
    getattr(function, "py_func", function) for function in (kernels.band_of, kernels.chosen, kernels.chosen_weighted, kernels.price_of)
)
NAMES = CARE.names
YEAR = date(2023, 3, 31)
ENDS = [(day - ORIGIN).days for day in month_ends(ORIGIN, YEAR)]


@pytest.mark.unit
def test_bands_choices_and_prices():
    edges = np.array([0.0, 10.0, 20.0])
    assert [band_of(days, edges) for days in (0.0, 9.999, 10.0, 19.0, 20.0, 1e9)] == [0, 0, 1, 1, 2, 2]
    shares = cumulated([0.2, 0.0, 0.8])
    assert [chosen(shares, u) for u in (0.0, 0.1999, 0.2, 0.99)] == [0, 0, 2, 2]
    weights = np.array([1.0, 5.0, 0.05])  # so shares of 0.2 and 0.04: five sixths and one sixth
    assert [chosen_weighted(shares, weights, np.ones(3), u) for u in (0.0, 0.83, 0.84, 0.999999)] == [0, 0, 2, 2]
    assert chosen_weighted(shares, np.array([0.0, 1.0, 1.0]), np.ones(3), 1e-9) == 2
    assert chosen_weighted(shares, np.ones(3), np.array([0.0, 1.0, 1.0]), 1e-9) == 2
    table = np.array([[100.0, 200.0, 300.0, 400.0]])  # at quantiles of 1/8, 3/8, 5/8, 7/8
    assert [price_of(table, 0, u) for u in (0.0, 1 / 8, 1 / 4, 5 / 8, 1.0)] == pytest.approx([100.0, 100.0, 150.0, 300.0, 400.0])


@pytest.mark.unit
def test_a_child_whom_nothing_happens_to_stays():
    run = run_caseload(model(YEAR, [{"age": 3000.0, "placement": 4, "price": 1400.0, "cohort": 1}]), YEAR, prices(), 2, 1)
    assert run.months == month_ends(ORIGIN, YEAR)
    assert run.years == (2023,)
    assert (in_care(run) == 1).all()
    assert (run.tallies.stock[:, :, 2, 4].sum(axis=1) == sum(end - (10 * 365.25 - 3000) <= 0 for end in ENDS)).all()  # 5 to 9 until the birthday
    np.testing.assert_allclose(run.tallies.days.sum(axis=(1, 2, 3)), 365.0)
    np.testing.assert_allclose(run.tallies.days[:, :, 4, 1].sum(axis=1), 365.0)
    np.testing.assert_allclose(run.tallies.cost.sum(axis=(1, 2, 3)), 365.0 / 7 * 1400.0)
    for name in ("starts", "leavers", "begun", "dear", "dear_cost", "unaccompanied"):
        assert not getattr(run.tallies, name).any(), name


@pytest.mark.unit
def test_18_is_exact_and_at_a_months_end_counts_in_the_month():
    run = run_caseload(model(YEAR, [{"age": ADULT_DAYS - 40.25}, {"age": ADULT_DAYS - 61.0}, {"age": ADULT_DAYS - 365.5}]), YEAR, prices(), 1, 1)
    assert in_care(run)[0].tolist() == [3, 1, *[1] * 10]  # 30 April, 31 May (61 days on), ...
    assert run.tallies.leavers.sum(axis=2)[0].tolist() == [0, 2, *[0] * 10]
    assert run.tallies.reasons[0].sum(axis=0).tolist() == [0] * len(EXITS) + [2]
    np.testing.assert_allclose(run.tallies.days.sum(), 40.25 + 61.0 + 365.0)


@pytest.mark.unit
def test_leaving_is_when_the_hazard_adds_up_to_the_childs_threshold():
    """A hazard of 0.001 a day in the first 14 days in care, then of 0.01: worked out by hand for each of some children."""
    rates = np.full((len(AGE_EDGES_DAYS), len(CARE_EDGES_DAYS)), 0.01)
    rates[:, 0] = 0.001
    children = [{"care": 4.0 + n, "place": 1.0} for n in range(12)]
    run = run_caseload(model(YEAR, children, {"leave": rates, "reason": 3}), YEAR, prices(), 1, 7)
    days = []
    for n in range(12):
        limit, early = threshold(7, 0, n, 0, NAMES.leaves, 0), max(14.0 - 4.0 - n, 0.0)
        days.append(min(365.0, limit / 0.001 if limit < 0.001 * early else early + (limit - 0.001 * early) / 0.01))
    np.testing.assert_allclose(run.tallies.days.sum(), sum(days))
    assert in_care(run)[0].tolist() == [sum(day > end for day in days) for end in ENDS[:-1]] + [sum(day >= 365.0 for day in days)]
    assert run.tallies.reasons[0, :, 3].sum() == sum(day < 365.0 for day in days)


@pytest.mark.unit
def test_moves_start_the_time_in_placement_and_a_price_again():
    rates = np.zeros((len(AGE_EDGES_DAYS), 6))
    rates[:, 1] = 0.02  # of moving, from 28 to 91 days in a placement
    table = np.tile(np.array([700.0, 700.0, 1400.0, 1400.0]), (KINDS, 1))
    run = run_caseload(model(YEAR, [{"place": 20.0}], {"move": rates, "to": 5}), YEAR, table, 3, 11)
    for replicate in range(3):
        at, entered, price, pounds, moves, here = 0.0, -20.0, 700.0, 0.0, 0, 0.0
        while at < 365.0:
            limit = threshold(11, replicate, 0, 0, NAMES.moves, moves)
            goes = max(entered + 28.0, at) + limit / 0.02
            until = min(goes, 365.0) if goes < entered + 91.0 else 365.0
            pounds += (until - at) * price / 7.0
            here += (until - at) * (moves > 0)
            if until == 365.0:
                break
            at = entered = until
            moves += 1
            price = price_of(table, 5, uniform_pair(11, replicate, 0, 0, NAMES.destination, moves)[1])
        assert run.tallies.begun[replicate].sum() == run.tallies.begun[replicate, :, 5].sum() == moves
        np.testing.assert_allclose(run.tallies.cost[replicate].sum(), pounds)
        np.testing.assert_allclose(run.tallies.days[replicate, :, 5].sum(), here)


@pytest.mark.unit
def test_a_price_not_stated_is_drawn_and_a_dear_one_told():
    table = np.tile(np.array([700.0, 900.0, 12_000.0, 14_000.0]), (KINDS, 1))
    run = run_caseload(model(YEAR, [{"price": -1.0}, {"price": 10_000.0}]), YEAR, table, 4, 3, dear_gbp=10_000.0)
    drawn = [price_of(table, 0, uniform(3, replicate, 0, 0, NAMES.price, 0)) for replicate in range(4)]
    np.testing.assert_allclose(run.tallies.cost.sum(axis=(1, 2, 3)), (np.array(drawn) + 10_000.0) * 365 / 7)
    assert run.tallies.dear[:, 0].tolist() == [1 + (price >= 10_000.0) for price in drawn]
    np.testing.assert_allclose(run.tallies.dear_cost.sum(axis=1), [365 / 7 * (10_000.0 + price * (price >= 10_000.0)) for price in drawn])


@pytest.mark.unit
def test_those_who_come_in_thin_one_stream_of_candidates():
    until, rate = date(2022, 5, 31), 0.2
    run = run_caseload(model(until, (), coming={"per_day": rate, "clump_ends": 0.5}), until, prices(), 3, 5)
    ends = [30.0, 61.0]
    for replicate in range(3):
        at, clump, starts = 0.0, 0, np.zeros((2, 5), int)
        while True:
            at += threshold(5, replicate, clump, 1, NAMES.gap, 0) / (rate * 2.0 * 0.5)
            clump += 1
            if at >= ends[-1]:
                break
            comes = uniform(5, replicate, clump, 1, NAMES.gap, 1) < 0.5
            for member in range(256):
                child = clump * int(UNIT) + member
                goes_on, aged = uniform_pair(5, replicate, child, 1, NAMES.member, 0)
                size = len(ENTRY_AGE_EDGES_DAYS) - 1
                position = int(aged * size)
                low, high = ENTRY_AGE_EDGES_DAYS[position : position + 2]
                days_old = low + (high - low) * uniform_pair(5, replicate, child, 1, NAMES.age, 0)[0]
                if comes:
                    starts[int(at >= ends[0]), AGE_TOLD[band_of(days_old, np.array(AGE_EDGES_DAYS))]] += 1
                if goes_on < 0.5:
                    break
        assert run.tallies.starts[replicate].tolist() == starts.tolist()
        assert starts.sum() > 3


@pytest.mark.unit
def test_cohorts_are_told_by_budget_year():
    until = date(2024, 3, 31)
    run = run_caseload(model(until, [{"cohort": 1}], coming={"per_day": 0.05}), until, prices(), 2, 1)
    days = run.tallies.days.sum(axis=2)  # replicate, month, cohort
    assert days.shape[2] == 4  # before last year, in it, this year, next
    assert not days[:, :, 0].any()
    assert (days[:, :, 1].sum(axis=1) == 731.0).all()  # 2023-24 has a 29 February
    assert not days[:, :12, 3].any()
    assert days[:, 12:, 3].any()


@pytest.mark.unit
def test_what_cannot_be_run_is_refused():
    with pytest.raises(ValueError, match="no month ends after 2022-03-31 and by 2022-04-29"):
        run_caseload(model(YEAR), date(2022, 4, 29), prices(), 1, 1)
    with pytest.raises(ValueError, match=r"entries are raised 2\.10 times"):
        run_caseload(model(YEAR), YEAR, prices(), 1, 1, reform(12, enter=2.1))


@pytest.mark.unit
@pytest.mark.parametrize(
    ("origin", "until", "first", "last", "count"),
    [
        (date(2022, 3, 31), date(2023, 3, 31), date(2022, 4, 30), date(2023, 3, 31), 12),
        (date(2022, 3, 15), date(2022, 4, 29), date(2022, 3, 31), date(2022, 3, 31), 1), (date(2024, 2, 28), date(2024, 2, 29), date(2024, 2, 29),
        date(2024, 2, 29), 1),
    ],
)  # fmt: skip
def test_months_end_after_the_origin(origin, until, first, last, count):
    months = month_ends(origin, until)
    assert (months[0], months[-1], len(months)) == (first, last, count)
    assert [budget_year(day) for day in (date(2022, 3, 31), date(2022, 4, 1), date(2022, 12, 31))] == [2022, 2023, 2023]
