"""Published against fitted: intervals of a year come from the other years alone, and every target-year is counted, named or excused."""

import numpy as np
import pytest
from fit_sample import AREAS, EXCLUDED, FOLLOWED, UNKNOWN, children_of, sample, sample_calibration

from calibration.fit_check import (
    COLUMNS,
    EVERY,
    NOT_FITTED,
    NOT_PUBLISHED,
    england_left_out,
    half_widths,
    half_widths_of_england,
    inside_table,
    outside_table,
)
from calibration.identification import MIDDLE, NORMAL_90
from calibration.series import EXITS, IN_CARE, NAMES

pytestmark = pytest.mark.statistical


@pytest.fixture(scope="module")
def table():
    return sample_calibration().fit


def test_every_place_measure_and_year_has_a_row(table):
    assert tuple(table.columns) == COLUMNS
    assert len(table) == (len(AREAS) + 1) * 5 * (len(NAMES) + 1)
    assert not table.duplicated(["area", "measure", "year_ending"]).any()
    assert set(table.year_ending) == set(range(2021, 2026))


def test_intervals_are_those_of_the_record_without_the_year(table):
    """A year's figure ten times as large leaves its own interval where it was, but for England's level, and lies outside it."""
    from calibration.dynamics import left_out

    _, fitted, _ = sample()
    values, counting = (array.copy() for array in fitted.records.of("Borough C"))
    year = fitted.records.years.index(2024)
    before = left_out(fitted.dynamics, values, counting, year)
    values[year, 2] += np.log(10.0)
    after = left_out(fitted.dynamics, values, counting, year)
    assert np.array_equal(before[0], after[0])
    assert np.array_equal(before[1], after[1])
    row = table[(table.area == "Borough C") & (table.measure == NAMES[2]) & (table.year_ending == 2024)].iloc[0]
    over = children_of("Borough C", 2024)
    assert [row.p05, row.p50, row.p95] == pytest.approx([np.exp(before[0][2] + z * before[1][2]) * over for z in (-NORMAL_90, 0.0, NORMAL_90)])


def test_fitted_counts_are_what_the_equations_make(table):
    inputs, fitted, _ = sample()
    for area in ("Borough B", "England"):
        profile = fitted.national.profile if area == "England" else fitted.authorities[area].steered.profile
        logs = inputs.equations.rates(profile)[FOLLOWED - 1]
        rows = table[(table.area == area) & (table.year_ending == 2025)].set_index("measure")
        in_care = [rows.published[IN_CARE], table[(table.area == area) & (table.measure == IN_CARE) & (table.year_ending == 2024)].published.iloc[0]]
        for i, name in enumerate(NAMES):
            over = np.mean(in_care) if i == EXITS else children_of(area, 2025)
            assert rows.fitted[name] == pytest.approx(np.exp(logs[i]) * over, rel=1e-9)


def test_what_is_left_out_says_why(table):
    row = table[(table.area == EXCLUDED) & (table.measure == "referrals") & (table.year_ending == 2024)].iloc[0]
    assert (row.why_excluded, row.inside) == ("excluded: recording change", None)
    assert row.published > 0.0
    assert row.p05 < row.p50 < row.p95
    nothing = table[(table.area == UNKNOWN) & (table.measure != IN_CARE)]
    assert set(nothing.why_excluded) == {NOT_PUBLISHED}
    assert nothing.published.isna().all()
    stock = table[table.measure == IN_CARE]
    assert set(stock.why_excluded) == {NOT_FITTED}
    assert stock[["p05", "p95"]].isna().all(axis=None)
    assert stock[stock.area != "England"].fitted.to_numpy() == pytest.approx(1.01 * stock[stock.area != "England"].published.to_numpy(float))


def test_shares_inside_count_the_rows(table):
    shares = inside_table(table).set_index(["who", "measure"])
    scored = table[table.why_excluded == ""]
    everywhere = scored[scored.area != "England"]
    assert shares.loc[("all authorities", EVERY), "n"] == len(everywhere) == 19 * 5 * 7 - 1
    assert shares.loc[("all authorities", EVERY), "inside_pct"] == pytest.approx(100.0 * everywhere.inside.astype(bool).mean())
    each = everywhere[everywhere.measure == "s47"].assign(held=lambda rows: rows.inside.astype(float)).groupby("area").held.mean()
    assert shares.loc[(MIDDLE, "s47"), ["n", "inside_pct"]].tolist() == [19, pytest.approx(100.0 * each.median())]
    assert shares.loc[("England", EVERY), "n"] == 35


def test_those_outside_are_named_the_furthest_first(table):
    outside = outside_table(table)
    scored = table[table.why_excluded == ""]
    assert len(outside) == (~scored.inside.astype(bool)).sum() > 0
    away = outside.half_widths_from_middle
    assert (away.abs() > 1.0).all()
    assert away.abs().is_monotonic_decreasing
    assert ((outside.published > outside.p95) == (away > 0.0)).all()


def test_none_outside_is_an_empty_table(table):
    assert len(outside_table(table[table.inside.map(lambda held: held is not False)])) == 0


def test_england_between_its_neighbours():
    """A random walk with changes of standard deviation 0.1, seen without noise, then with it, and with a gap."""
    values = np.array([[1.0], [9.0], [2.0], [np.nan], [5.0]])
    silent = np.zeros(values.shape)
    middle, sd = england_left_out(values, silent, silent, np.array([0.1]))
    assert middle[:, 0] == pytest.approx([9.0, 1.5, 9.0 * 2 / 3 + 5.0 / 3, 3.5, 2.0])
    assert sd[:, 0] ** 2 == pytest.approx([0.01, 0.01 / 2, 0.01 * 2 / 3, 0.01 / 2, 0.02])
    noise = np.array([[0.001], [0.002], [0.004], [0.0], [0.009]])
    _, noisy = england_left_out(values, noise, noise, np.array([0.1]))
    assert noisy[1, 0] ** 2 == pytest.approx(0.005 + 2 * (0.001 + 0.004) / 4 + 2 * 0.002)
    assert noisy[4, 0] ** 2 == pytest.approx(0.02 + 2 * 0.004 + 2 * 0.009)


def test_england_with_one_year_says_nothing_of_it():
    values = np.array([[np.nan], [3.0]])
    middle, sd = england_left_out(values, np.zeros((2, 1)), np.zeros((2, 1)), np.array([0.2]))
    assert middle[0, 0] == 3.0
    assert np.isnan([middle[1, 0], sd[1, 0]]).all()


def test_an_authority_outside_is_told_apart_from_one_inside():
    """The same table with one published count moved past its interval has one more outside."""
    table = sample_calibration().fit
    where = table.index[(table.area == "Borough D") & (table.inside.map(lambda held: held is True))][0]
    moved = table.copy()
    moved.loc[where, ["published", "inside"]] = 1.01 * moved.loc[where, "p95"], False
    assert len(outside_table(moved)) == len(outside_table(table)) + 1
    assert inside_table(moved).inside_pct.sum() < inside_table(table).inside_pct.sum()


def test_half_widths_hold_nine_in_ten_of_the_others_figures():
    """Departures half as large as stated need intervals half as wide, by series; an authority's own do not matter, nor do years not known."""
    departures = np.random.Generator(np.random.Philox(6)).standard_normal((400, 5, 2)) * [0.5, 2.0]
    departures[:40, 3] = np.nan
    found = half_widths(departures)
    assert found.mean(axis=0) == pytest.approx([0.5 * NORMAL_90, 2.0 * NORMAL_90], rel=0.06)
    departures[7] *= 100.0
    assert np.array_equal(half_widths(departures)[7], found[7])
    assert (half_widths(departures[:30]) == NORMAL_90).all()  # 145 others, too few to tell


def test_england_s_half_width_is_that_of_its_other_years():
    departures = np.full((13, 7), 0.5)
    departures[4] = 9.0
    found = half_widths_of_england(departures)
    assert found[4] == pytest.approx(0.5)
    assert (half_widths_of_england(departures[:5]) == NORMAL_90).all()
