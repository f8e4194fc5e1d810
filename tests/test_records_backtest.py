"""Backtest of records: which days are forecast from, simple methods by a second way, nothing of later years in a forecast, scores, suppression."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from records_sample import RETURNS
from scipy.stats import norm

from calibration.backtest import BacktestError
from calibration.care_days import month_end_stock
from calibration.care_records import AGE_BANDS, PLACEMENTS
from calibration.coverage import SERIES
from calibration.markov import markov_forecast
from calibration.records_backtest import (
    METHODS,
    MethodForecast,
    OriginForecasts,
    backtest_records,
    chain,
    horizons,
    of_samples,
    origins_of,
    persistence,
)
from calibration.records_scores import forecasts_table, hidden_series, scores_table
from calibration.ssda903 import read_ssda903
from outputs.records_backtest_folder import shown_rows
from sim.caseload import month_ends
from sim.suppression import MARK

FIRST, LAST = date(2016, 4, 1), date(2022, 3, 31)
AHEAD = (6, 12, 24)
TOTAL = SERIES.index("total")


@pytest.fixture(scope="module")
def records():
    return read_ssda903(RETURNS)


# ---------------------------------------------------------------- origins


@pytest.mark.unit
def test_each_march_with_three_years_before_and_one_after_is_an_origin():
    marches = [date(year, 3, 31) for year in (2019, 2020, 2021)]
    assert origins_of(FIRST, LAST, FIRST, 2) == tuple(marches)
    assert origins_of(FIRST, LAST, FIRST, 2, 2) == tuple(marches[1:])
    assert origins_of(FIRST, LAST, date(2019, 4, 1), 1) == (date(2020, 3, 31), date(2021, 3, 31))
    assert origins_of(FIRST, date(2022, 2, 27), FIRST, 1) == (date(2019, 3, 31), date(2020, 3, 31))  # an extract: no year after March 2021


@pytest.mark.unit
@pytest.mark.parametrize(
    ("last", "since", "hold_back", "message"),
    [
        (date(2019, 3, 31), FIRST, 1, "too few to hold any back"),
        (LAST, date(2021, 6, 1), 1, "1 of those after --since"),
        (LAST, FIRST, 4, "--hold-back 4: .* expected 1 to 3"),
    ],
)
def test_returns_too_short_to_hold_back_are_refused(last, since, hold_back, message):
    with pytest.raises(BacktestError, match=message):
        origins_of(FIRST, last, since, hold_back)


@pytest.mark.unit
def test_horizons_are_half_a_year_and_every_year():
    assert [horizons(years) for years in (1, 2, 4)] == [(6, 12), (6, 12, 24), (6, 12, 24, 36, 48)]


# ---------------------------------------------------------------- simple methods


@pytest.mark.unit
def test_persistence_stays_with_the_spread_of_its_own_past_changes(records):
    found = persistence(records, AHEAD)
    past = month_end_stock(records, FIRST, LAST)
    before = ((records.stays["start"] <= "2016-03-31") & ~(records.stays["end"] <= "2016-03-31")).sum()
    stock = np.array([before, *past], dtype=float)
    assert (found.mean[:, TOTAL] == past.iloc[-1]).all()
    changes = [np.log((stock[months:] + 0.5) / (stock[:-months] + 0.5)) for months in range(1, 7)]
    widest = max(np.quantile(np.concatenate([by, -by]), 0.975, method="weibull") for by in changes)  # a longer forecast is never the narrower
    low, high = found.intervals[95][0, TOTAL]
    assert high == pytest.approx((past.iloc[-1] + 0.5) * np.exp(widest) - 0.5)
    assert low == pytest.approx((past.iloc[-1] + 0.5) * np.exp(-widest) - 0.5)
    widths = found.intervals[95][..., 1] - found.intervals[95][..., 0]
    assert (np.diff(widths, axis=0) >= -1e-9).all()


@pytest.mark.unit
def test_the_chain_is_existing_tools_with_two_standard_deviations(records):
    months = month_ends(LAST, date(2024, 3, 31))
    found = chain(records, FIRST, months, AHEAD)
    table = markov_forecast(records, FIRST, LAST, months[-1])
    for h, ahead in enumerate(AHEAD):
        rows = table[table["date"] == months[ahead - 1]]
        mean, sd = rows["mean"].sum(), np.sqrt(rows["variance"].sum())
        assert found.mean[h, TOTAL] == pytest.approx(mean)
        assert found.intervals[95][h, TOTAL] == pytest.approx([mean - 2 * sd, mean + 2 * sd])
        assert found.intervals[80][h, TOTAL] == pytest.approx(norm(mean, sd).ppf([0.1, 0.9]), rel=1e-6)
        old = rows[rows["age_band"] == "16_to_17"]
        assert found.mean[h, SERIES.index("16_to_17")] == pytest.approx(old["mean"].sum())
    assert np.isnan(found.mean[:, 1 : 1 + len(PLACEMENTS)]).all()


# ---------------------------------------------------------------- nothing leaks


@pytest.mark.statistical
def test_what_happened_later_changes_no_forecast(records):
    """Everybody who came in after the origin is gone, and everybody who left stays for ever: the forecasts are the same to the last bit."""
    origin = date(2020, 3, 31)
    day = pd.Timestamp(origin)
    stays, legal = (rows[rows["start"] <= day].reset_index(drop=True) for rows in (records.stays, records.legal))
    later = stays["end"] > day
    stays.loc[later, "ended_by"] = ""
    stays["end"], legal["end"] = stays["end"].mask(later), legal["end"].mask(legal["end"] > day)
    changed = replace(records, stays=stays, legal=legal)
    as_it_was, poisoned = (backtest_records(one, (origin,), FIRST, 2, 40, 1)[0] for one in (records, changed))
    assert (as_it_was.happened != poisoned.happened).any()
    for method in METHODS:
        np.testing.assert_array_equal(as_it_was.methods[method].samples, poisoned.methods[method].samples)
        np.testing.assert_array_equal(as_it_was.methods[method].mean, poisoned.methods[method].mean)
    np.testing.assert_array_equal(as_it_was.total[1], poisoned.total[1])


@pytest.mark.statistical
def test_a_forecast_starts_from_the_days_own_caseload_and_ends_within_what_is_held_back(records):
    found = backtest_records(records, (date(2019, 3, 31), date(2021, 3, 31)), FIRST, 2, 40, 1)
    past = month_end_stock(records, FIRST, LAST)
    for one, ahead in zip(found, ((6, 12, 24), (6, 12)), strict=True):
        assert one.horizons_months == ahead
        assert one.opening.sum() == past[one.origin]
        assert one.happened.sum(axis=(1, 2)).tolist() == [past[day] for day in one.days]
        months, runs = one.total
        assert len(months) == ahead[-1]
        assert runs.shape == (40, ahead[-1])
        assert (runs[:, [month - 1 for month in ahead]] == one.methods["carecurve"].samples[:, TOTAL].T).all()


# ---------------------------------------------------------------- scores and suppression


def made_up(origin, opening, happened, spreads) -> OriginForecasts:
    """Forecasts a year ahead that stand where the caseload did, with so many children either side of it, by method."""
    opening, happened = np.asarray(opening), np.asarray(happened)
    series = np.concatenate([[opening.sum()], opening.sum(axis=0), opening.sum(axis=1)]).astype(float)
    draws = np.linspace(-1.0, 1.0, 39)
    methods: dict[str, MethodForecast] = {name: of_samples(series[None, :, None] + by * draws) for name, by in spreads.items()}
    day = date(origin.year + 1, 3, 31)
    return OriginForecasts(origin, (12,), (day,), opening, happened[None], methods, ((day,), np.zeros((1, 1))))


def caseload(**counts):
    stock = np.zeros((len(AGE_BANDS), len(PLACEMENTS)), dtype=np.int64)
    for key, count in counts.items():
        band, placement = key.split("__")
        stock[AGE_BANDS.index(band.removeprefix("of_")), PLACEMENTS.index(placement)] = count
    return stock


BEFORE = caseload(of_1_to_4__kinship_foster=40, of_5_to_9__kinship_foster=30, of_10_to_15__childrens_home=20, of_16_to_17__childrens_home=12)
AFTER = caseload(of_1_to_4__kinship_foster=38, of_5_to_9__kinship_foster=30, of_10_to_15__childrens_home=28, of_16_to_17__childrens_home=3)
SPREADS = {"carecurve": 10.0, "persistence": 1.0, "markov": 4.0}


@pytest.mark.unit
def test_scores_are_those_worked_by_hand():
    found = [made_up(date(2019, 3, 31), BEFORE, AFTER, SPREADS), made_up(date(2020, 3, 31), AFTER, BEFORE, SPREADS)]
    table = scores_table(forecasts_table(found, hide=False)).set_index(["series", "method"])
    ours = table.loc["total", "carecurve"]  # 102 expected and 99 happened, then the other way round
    assert (ours["forecasts"], ours["bias"]) == (2, 0.0)
    assert ours["mape"] == pytest.approx(100 * (3 / 99 + 3 / 102) / 2)
    draws = 102.0 + 10.0 * np.linspace(-1, 1, 39)
    by_definition = np.abs(draws - 99).mean() - np.abs(draws[:, None] - draws[None]).mean() / 2
    assert ours["crps"] == pytest.approx(by_definition)
    assert ours["width95"] == ours["interval_score95"] == pytest.approx(20.0)  # 39 draws: their ends are the 95 % interval's
    assert (ours["coverage95"], ours["coverage80"], ours["coverage50"]) == (1.0, 1.0, 1.0)
    flat = table.loc["total", "persistence"]
    assert flat["coverage95"] == 0.0
    assert flat["interval_score95"] == pytest.approx(2.0 + 40.0 * 2.0)  # two children beyond an interval two wide
    assert ours["gain_on_persistence_pct"] == pytest.approx(100 * (1 - ours["crps"] / flat["crps"]))
    assert np.isnan(flat["gain_on_persistence_pct"])
    ages = table.loc["all_age_bands", "carecurve"]
    assert ages["forecasts"] == 2 * 4  # nobody under 1: no such series
    assert ages["coverage95"] == 1.0
    assert table.loc["all_age_bands", "persistence"]["coverage95"] == pytest.approx(2 / 8)  # children of five to nine stayed as many


@pytest.mark.unit
def test_hidden_groups_are_neither_shown_nor_scored():
    found = [made_up(date(2019, 3, 31), BEFORE, AFTER, SPREADS), made_up(date(2020, 3, 31), AFTER, AFTER, SPREADS)]
    forecasts = forecasts_table(found)
    hidden = forecasts[forecasts["hidden"]]
    small = forecasts[(forecasts["happened"] >= 1) & (forecasts["happened"] <= 5)]
    assert len(small)
    assert small["hidden"].all()
    others = hidden[~hidden["happened"].between(1, 5)]
    assert set(others["series"]) & set(AGE_BANDS)  # what would give the three away by subtraction from the total
    shown = shown_rows(forecasts)
    assert "hidden" not in shown
    figures = shown.columns.difference(["origin", "date", "horizon_months", "series", "method"])
    assert (shown.loc[forecasts["hidden"], figures] == MARK).all(axis=None)
    assert not (shown.loc[~forecasts["hidden"], figures] == MARK).any(axis=None)
    scored = scores_table(forecasts).set_index(["series", "method"])
    assert ("16_to_17", "carecurve") not in scored.index
    kept = forecasts[~forecasts["hidden"] & (forecasts["method"] == "carecurve")]
    assert scored.loc["all_series", "carecurve"]["forecasts"] == len(kept)


@pytest.mark.unit
def test_a_group_small_on_the_day_of_origin_is_hidden_when_it_has_grown():
    forecasts = forecasts_table([made_up(date(2019, 3, 31), AFTER, BEFORE, SPREADS)])
    assert forecasts[forecasts["series"] == "16_to_17"]["hidden"].all()


@pytest.mark.unit
def test_an_authority_of_which_nothing_may_be_shown_has_no_scores():
    tiny = caseload(of_1_to_4__kinship_foster=2)
    forecasts = forecasts_table([made_up(date(2019, 3, 31), tiny, tiny, SPREADS)])
    assert forecasts["hidden"].all()
    assert scores_table(forecasts).empty


@pytest.mark.unit
def test_series_are_hidden_as_in_the_table_of_age_and_placement():
    hidden = dict(zip(SERIES, hidden_series(AFTER), strict=True))
    assert hidden["16_to_17"]
    assert not hidden["under_1"]  # nobody: shown
    assert not any(hidden_series(BEFORE))
