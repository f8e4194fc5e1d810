"""The baselines of the backtest: points by hand, spread from past errors only, reversion learnt, nothing later read."""

import numpy as np
import pandas as pd
import pytest
from backtest_sample import AREAS, YEARS, changed, panel

from calibration import baselines
from calibration.baselines import BASELINES, BaselineError, errors_by_horizon, mean_reversion, read_history, reversion, spread
from calibration.panel import Panel

pytestmark = pytest.mark.unit
HORIZONS = (1, 2, 3, 4, 5)
MEDIAN = 99  # of 199 equally likely values


def known(year, base=None):
    return (base or panel()).at_vintage(year)


def middle(method, base, areas=AREAS, horizons=HORIZONS, indicator="referrals"):
    return BASELINES[method](base, indicator, areas, horizons)[:, :, MEDIAN]


def test_persistence_stands_in_the_middle_at_what_was_last_published():
    base = known(2018)
    last = [base.value(area, "referrals", 2018) for area in AREAS]
    assert middle("persistence", base) == pytest.approx(np.repeat(np.array(last)[:, np.newaxis], 5, axis=1), rel=1e-9)


def test_a_straight_line_is_continued_and_kept_from_running_to_nil():
    line = {("Borough A", year, "referrals"): 1000.0 + 40.0 * (year - 2013) for year in YEARS}
    falling = {("Borough B", year, "referrals"): 1000.0 - 190.0 * (year - 2013) for year in range(2013, 2019)}
    found = middle("five_year_trend", known(2018, changed(panel(), line | falling)))
    assert found[0] == pytest.approx([1240.0, 1280.0, 1320.0, 1360.0, 1400.0])
    assert found[1] == pytest.approx([50.0 * baselines.TREND_FLOOR] * 5)


def test_a_line_takes_three_years_and_five_at_most():
    bent = {("Borough A", year, "referrals"): value for year, value in zip(range(2013, 2019), (9000, 500, 500, 500, 500, 500), strict=True)}
    short = {("Borough B", year, "referrals"): np.nan for year in range(2013, 2017)}
    base = known(2018, changed(panel(), bent | short))
    found = middle("five_year_trend", base)
    assert found[0] == pytest.approx([500.0] * 5)
    assert found[1] == pytest.approx([base.value("Borough B", "referrals", 2018)] * 5)


def test_spread_is_that_of_past_errors_of_as_many_years():
    history = read_history(known(2018), "s47")
    errors = errors_by_horizon(history, baselines._last)
    by_hand = np.concatenate([history.log_counts[:, t + 2] - history.log_counts[:, t] for t in range(4)])
    assert np.sort(errors[2]) == pytest.approx(np.sort(by_hand - np.median(by_hand)))
    assert sorted(errors) == [1, 2, 3, 4]  # five years apart: 12 pairs, too few
    share_inside = np.mean((errors[2] > spread(errors, 2)[19]) & (errors[2] < spread(errors, 2)[179]))
    assert share_inside == pytest.approx(0.8, abs=2 / len(errors[2]))


def test_unseen_horizons_widen_by_the_line_through_mean_squares():
    z = np.linspace(-1, 1, 1000)  # no error of nil
    scale = {h: np.sqrt(0.01 + 0.02 * h) for h in (1, 2, 3)}
    errors = {h: z * s for h, s in scale.items()}
    # Clipping the extremes is the same share of every horizon, so the ratio is exact.
    assert spread(errors, 5) == pytest.approx(spread(errors, 3) * np.sqrt(0.11 / 0.07))
    assert spread({1: z}, 4)[150] == pytest.approx(2.0 * spread({1: z}, 1)[150])  # one horizon: as the root of time


def test_reversion_is_learnt_and_kept_up():
    """Rates that close a fifth of their gap to the region's mean every year."""
    cells = {}
    for region in (0, 1):
        members = [i for i in range(len(AREAS)) if i % 2 == region]
        logs = np.log(4000.0) + np.linspace(-0.6, 0.6, len(members)) + 0.2 * region
        for year in YEARS:
            cells |= {(AREAS[i], year, "referrals"): np.exp(x) - 0.5 for i, x in zip(members, logs, strict=True)}
            logs = logs + 0.2 * (logs.mean() - logs)
    base = known(2018, changed(panel(), cells))
    shares = reversion(read_history(base, "referrals"))
    assert {h: round(s, 6) for h, s in shares.items()} == {h: round(1 - 0.8**h, 6) for h in shares}
    assert len(shares) < 5  # the fifth year is kept up at the same pace
    expected = [[cells[area, 2018 + h, "referrals"] for h in (1, 2, 3)] for area in AREAS]
    assert middle("mean_reversion", base, horizons=(1, 2, 3)) == pytest.approx(np.array(expected), rel=1e-6)


def test_an_authority_without_children_published_stays_as_it_was():
    base = known(2018, changed(panel(), {("Borough C", year, "population_0_17"): np.nan for year in YEARS}))
    assert mean_reversion(base, "s47", ("Borough C",), (1, 5))[0, :, MEDIAN] == pytest.approx(base.value("Borough C", "s47", 2018))


@pytest.mark.parametrize("method", BASELINES)
def test_no_forecast_without_a_figure_at_the_origin_and_none_below_nil(method):
    base = known(2018, changed(panel(), {("Borough D", 2018, "cla_at31"): np.nan, ("Borough E", 2018, "cla_at31"): 0.0}))
    found = BASELINES[method](base, "cla_at31", ("Borough D", "Borough E", "Atlantis"), HORIZONS)
    assert np.isnan(found[[0, 2]]).all()
    assert (found[1] >= 0.0).all()
    assert (np.diff(found[1], axis=-1) >= 0.0).all()


def test_an_authority_under_another_number_starts_anew():
    base = panel()
    frame = base.frame.copy()
    frame.loc[(frame["name"] == "Borough F") & (frame["year_ending"] >= 2018), "la_code"] = "899"
    history = read_history(Panel(frame).at_vintage(2018), "s47")
    assert list(history.names).count("Borough F") == 2
    row = history.rows(("Borough F",))[0]
    assert np.isfinite(history.log_counts[row]).sum() == 1


def test_merged_authorities_bring_their_past_to_the_line_but_not_to_the_errors():
    base = panel(areas=("Bournemouth", "Poole", *AREAS))
    frame = base.frame
    new = "Bournemouth, Christchurch and Poole"
    frame = frame[~(frame["name"].isin(["Bournemouth", "Poole"]) & (frame["year_ending"] >= 2018))]
    born = frame[(frame["name"] == "Borough A") & (frame["year_ending"] >= 2018)].assign(name=new, la_code="839", s47=2000.0)
    merged = Panel(pd.concat([frame, born], ignore_index=True)).at_vintage(2019)
    history = read_history(merged, "s47")
    row = history.rows((new,))[0]
    assert np.isfinite(history.log_counts[row]).all()
    before = np.exp(history.log_counts[row, 0]) - 0.5
    assert before == pytest.approx(base.value("Bournemouth", "s47", 2013) + base.value("Poole", "s47", 2013))
    assert list(history.own[row]) == [False] * 5 + [True] * 2


def test_a_panel_too_short_says_so():
    with pytest.raises(BaselineError, match="referrals"):
        middle("persistence", known(2013))
    with pytest.raises(BaselineError, match="no column icpc"):
        middle("persistence", known(2018), indicator="icpc")


def test_a_line_without_errors_of_its_own_takes_those_of_persistence():
    base = known(2015)
    line = BASELINES["five_year_trend"](base, "s47", AREAS, (1,))
    flat = BASELINES["persistence"](base, "s47", AREAS, (1,))
    assert np.log(line[:, 0] + 0.5) - np.log(line[:, 0, [MEDIAN]] + 0.5) == pytest.approx(
        np.log(flat[:, 0] + 0.5) - np.log(flat[:, 0, [MEDIAN]] + 0.5), abs=1e-9
    )
