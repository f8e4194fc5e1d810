"""Children beside pounds: tables by hand, marks, gaps, spread, and by when a difference could be told."""

from dataclasses import replace

import numpy as np
import pytest
from experiment_sample import AREAS, comparison, results

from outputs.children import ALL_YEARS, HEADLINES, NOT_COUNTED, children_table, whole_span
from outputs.children_gaps import LEAST_CHILDREN, gaps, spread_over_areas
from outputs.children_marks import DETECTABLE, FALSE_MARKS, NOT_WITHIN, SAFETY_PROXIES, detectable_by, least_errors, marks, verdicts
from outputs.children_report import SHOWN, TOLD, children_block, children_tables
from outputs.tables import whole
from sim.counting import with_ratios
from sim.measures import MEASURES
from sim.results import Comparison

pytestmark = pytest.mark.unit

YEARS, RUNS = [2026, 2027, 2028], 40  # after the branch


def made(changes=None, cost=0.0, areas=("Bolton",), runs=RUNS, about=None):
    """A comparison in which the reform differs in some measures: {name: by area, run and year (of 2025 to 2028), or what that is broadcast from}."""
    base = results(level=100.0, noise=5.0, areas=areas, runs=runs)
    annual, costs = base.annual.copy(deep=True), base.costs.copy(deep=True)
    for name, change in (changes or {}).items():
        annual.loc[{"measure": name}] = annual.sel(measure=name).to_numpy() + change
    annual.values = with_ratios(annual.to_numpy(), axis=2)
    costs.loc[{"line": "social_workers"}] = costs.sel(line="social_workers") + cost
    own = {"area_label": "Both", "grossing": {}, "note": "", "missing_members": []}
    if about:
        base = replace(base, metadata={**base.metadata, **about})
    return Comparison(base, (replace(base, scenario="reform", annual=annual, costs=costs),), own)


def row(table, **what):
    for name, value in what.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


# ---------------------------------------------------------------- headlines


def test_every_measure_named_is_one():
    named = {one for headline in HEADLINES.values() for one in (headline.measure, *headline.beside) if not one.startswith("cost_")}
    assert (named | set(SAFETY_PROXIES) | set(SHOWN) | set(TOLD) | NOT_COUNTED["expected"]) <= set(MEASURES)
    assert all(headline.measure not in headline.beside and headline.beside for headline in HEADLINES.values())
    shown = {one for headline in HEADLINES.values() for one in (headline.measure, *headline.beside)}
    assert (set(SHOWN) | set(SAFETY_PROXIES) - {"returned_enquiry"}) <= shown | {"days_in_care"}


def test_differences_are_paired_and_flows_add_up_over_the_years_while_stocks_are_means():
    draw = np.random.default_rng(1).normal(-3.0, 2.0, (1, RUNS, 4))
    table = children_table(made({"care_starts": draw, "cla_at31_non_uasc": draw}))
    starts = row(table, headline="care starts", measure="care_starts", year_ending="2027")
    assert starts.role == "headline"
    assert starts.difference == pytest.approx(draw[0, :, 2].mean())
    assert (starts.p05, starts.p95) == pytest.approx(tuple(np.quantile(draw[0, :, 2], [0.05, 0.95])))
    assert starts.standard_error == pytest.approx(draw[0, :, 2].std(ddof=1) / np.sqrt(RUNS))
    assert row(table, headline="care starts", measure="care_starts", year_ending=ALL_YEARS).difference == pytest.approx(draw[0, :, 1:].sum(1).mean())
    stock = row(table, headline="children in care", measure="cla_at31_non_uasc", year_ending=ALL_YEARS)
    assert stock.difference == pytest.approx(draw[0, :, 1:].mean())
    assert row(table, measure="emergency_starts", headline="care starts", year_ending="2026").difference == 0.0


def test_shares_over_all_years_are_those_of_both_sums():
    one = results(noise=0.0, areas=("Bolton",), runs=1)
    one.annual.loc[{"measure": "returned_plan"}] = [9.0, 1.0, 2.0, 3.0]
    one.annual.loc[{"measure": "closed_without_plan"}] = [9.0, 100.0, 100.0, 400.0]
    assert whole_span(one, "returned_plan_pct", YEARS) == pytest.approx(100.0 * 6.0 / 600.0)


def test_what_the_equations_do_not_count_is_missing_and_not_nought():
    both = made(about={"engine": "expected"})
    table = children_table(both)
    assert row(table, measure="siblings_apart", year_ending=ALL_YEARS)[["baseline", "reform", "difference"]].isna().all()
    assert row(table, measure="emergency_starts", headline="care starts", year_ending=ALL_YEARS).baseline > 0
    assert row(marks(made({}, about={"engine": "expected"})), measure="siblings_apart").finding == "not counted"


# ---------------------------------------------------------------- marks


def noisy(mean, seed=2):
    return np.random.default_rng(seed).normal(mean, 1.0, (1, RUNS, 4))


def test_a_reform_that_costs_less_and_worsens_a_proxy_is_marked_and_never_called_better():
    table = marks(made({"returned_plan": noisy(2.0), "emergency_starts": noisy(-2.0)}, cost=-1e5))
    assert table.marked.all()
    assert set(table.measure[table.finding == "worse"]) == {"returned_plan"}
    (verdict,) = verdicts(table, "Bolton")
    assert verdict.marked
    assert verdict.text.startswith("MARKED: costs less, and is worse on: closed cases back within a year with a plan")
    assert "better" not in verdict.text


@pytest.mark.parametrize("cost", [1e5, 0.0])
def test_what_does_not_cost_less_is_not_marked_but_its_proxies_are_told(cost):
    table = marks(made({"returned_plan": noisy(2.0)}, cost=cost))
    assert not table.marked.any()
    (verdict,) = verdicts(table, "Bolton")
    assert verdict.worse
    assert verdict.text.startswith("does not cost less, and is worse on")


def test_a_cheaper_reform_with_no_proxy_worse_has_no_mark():
    table = marks(made({"returned_plan": noisy(-2.0)}, cost=-1e5))
    assert not table.marked.any()
    assert "no safety proxy is worse beyond chance" in verdicts(table, "Bolton")[0].text


def test_chance_alone_marks_one_reform_in_twenty_that_changes_no_proxy():
    """Fourteen independent proxies of 30 runs, none changed: the largest t exceeds the threshold in 5 % (4,000 reforms, 3 standard errors)."""
    runs, reforms = 30, 4000
    draw = np.random.default_rng(11).normal(0.0, 1.0, (reforms, len(SAFETY_PROXIES), runs))
    largest = (draw.mean(axis=2) / (draw.std(axis=2, ddof=1) / np.sqrt(runs))).max(axis=1)
    assert abs((largest > least_errors(runs)).mean() - FALSE_MARKS) < 3.0 * np.sqrt(FALSE_MARKS * (1.0 - FALSE_MARKS) / reforms)


@pytest.mark.parametrize(("beyond", "worse"), [(0.95, False), (1.05, True), (-2.0, False)])
def test_worse_is_more_paired_standard_errors_than_chance_shows(beyond, worse):
    errors = beyond * least_errors(RUNS)
    draw = np.random.default_rng(3).normal(0.0, 1.0, (RUNS, 3))
    total = draw.sum(axis=1)
    change = draw - total.mean() / 3 + errors * total.std(ddof=1) / np.sqrt(RUNS) / 3
    found = row(marks(made({"placement_moves": np.concatenate([np.zeros((1, RUNS, 1)), change[None]], axis=2)})), measure="placement_moves")
    assert found.difference / found.standard_error == pytest.approx(errors)
    assert (found.finding == "worse") == worse


def test_net_cost_falls_only_if_it_does_in_most_runs():
    mostly_dearer = np.where(np.arange(RUNS) < 15, -5e6, 1e6)[None, :, None]
    table = marks(made(cost=mostly_dearer))
    assert table.net_gbp.iloc[0] < 0
    assert table.probability_net_falls.iloc[0] == pytest.approx(15 / RUNS)
    assert not table.net_cost_falls.any()


def test_from_one_run_nothing_is_known():
    table = marks(made({"returned_plan": 2.0}, cost=-1e5, runs=1))
    assert set(table.finding) == {"not known"}
    assert "not known" in verdicts(table, "Bolton")[0].text


# ---------------------------------------------------------------- told from chance


def test_the_least_difference_is_that_of_the_textbook():
    """Two-sided 5 %, power 80 %: 2.80 standard errors of a difference of two futures, sqrt(2) standard deviations of one."""
    assert DETECTABLE == pytest.approx((1.959964 + 0.841621) * 2.0**0.5, abs=1e-5)


def test_the_power_is_what_it_says():
    draw = np.random.default_rng(4)
    futures = draw.normal(0.0, 1.0, (2, 200_000))
    found = np.abs(futures[1] + DETECTABLE - futures[0]) > 1.959964 * np.sqrt(2.0)
    assert found.mean() == pytest.approx(0.80, abs=0.005)


def test_a_difference_is_told_in_the_first_year_it_exceeds_chance():
    both = made()
    deviation = both.baseline.annual.sel(measure="care_starts", area="Bolton", year_ending=YEARS).to_numpy().std(axis=0, ddof=1)
    change = np.array([0.0, 0.9 * DETECTABLE * deviation[0], 1.1 * DETECTABLE * deviation[1], 1.1 * DETECTABLE * deviation[2]])
    table = detectable_by(made({"care_starts": -change}))
    year = row(table, measure="care_starts", basis="year")
    assert year.detectable_by == "2027"
    assert year.least_detectable == pytest.approx(DETECTABLE * deviation[2])
    assert row(table, measure="emergency_starts", basis="year").detectable_by == NOT_WITHIN
    together = row(table, measure="care_starts", basis="all years since the branch")
    summed = np.cumsum(both.baseline.annual.sel(measure="care_starts", area="Bolton", year_ending=YEARS).to_numpy(), axis=1).std(axis=0, ddof=1)
    told = np.cumsum(change[1:]) >= DETECTABLE * summed
    assert together.detectable_by == (str(YEARS[int(told.argmax())]) if told.any() else NOT_WITHIN)
    assert not (table.basis[table.measure == "cla_at31_non_uasc"] != "year").any()


@pytest.mark.parametrize("options", [{"runs": 1}, {"about": {"engine": "expected"}}], ids=["one run", "an engine without chance"])
def test_without_chance_nothing_can_be_told(options):
    both = made({"care_starts": -50.0}, **options)
    assert set(detectable_by(both).detectable_by) == {""}
    assert "not known from these runs" in children_block(both, children_tables(both), "Bolton").detectable[0]


# ---------------------------------------------------------------- gaps and spread


def by_quintile(changes=None, poorest=40.0, least=10.0, children=5000.0, runs=RUNS):
    both = made(runs=runs)
    for one in both.scenarios:
        for q in range(1, 6):
            one.annual.loc[{"measure": f"population_0_17_quintile_{q}"}] = children
            one.annual.loc[{"measure": f"care_starts_quintile_{q}"}] = least + (poorest - least) * (q - 1) / 4
    for q, change in (changes or {}).items():
        both.reforms[0].annual.loc[{"measure": f"care_starts_quintile_{q}"}] += change
    return both


def test_gaps_are_rates_of_the_most_deprived_over_those_of_the_least():
    both = by_quintile({5: -10.0, 1: 2.0})
    table = gaps(both)
    before, after = (row(table, scenario=name, measure="care_starts", year_ending=ALL_YEARS) for name in ("baseline", "reform"))
    assert (before.rate_quintile_1, before.rate_quintile_5) == pytest.approx((20.0, 80.0))  # of 5,000 children
    assert (before.absolute_gap, before.relative_gap) == pytest.approx((60.0, 4.0))
    assert (after.absolute_gap, after.relative_gap) == pytest.approx((60.0 - 24.0, 60.0 / 24.0))
    assert (after.absolute_gap_change, after.absolute_gap_change_p05, after.absolute_gap_change_p95) == pytest.approx((-24.0,) * 3)
    assert after.relative_gap_change == pytest.approx(2.5 - 4.0)
    assert np.isnan(before.absolute_gap_change)


def test_a_fall_in_proportion_narrows_the_absolute_gap_alone():
    both = by_quintile({q: -0.1 * (10.0 + 30.0 * (q - 1) / 4) for q in range(1, 6)})
    found = row(gaps(both), scenario="reform", measure="care_starts", year_ending="2028")
    assert found.absolute_gap_change == pytest.approx(-6.0)
    assert found.relative_gap_change == pytest.approx(0.0, abs=1e-12)


def test_a_gap_is_missing_where_there_are_too_few_children():
    found = row(gaps(by_quintile(children=LEAST_CHILDREN - 1.0)), scenario="reform", measure="care_starts", year_ending=ALL_YEARS)
    assert np.isnan(found.absolute_gap)
    assert np.isnan(found.relative_gap)


def test_the_spread_is_over_authorities_of_their_means():
    areas = tuple(f"Area {i}" for i in range(11))
    both = made(areas=areas, runs=6)
    for s, one in enumerate(both.scenarios):
        for q in range(1, 6):
            one.annual.loc[{"measure": f"population_0_17_quintile_{q}"}] = 2000.0
        rates = np.arange(11.0) * (1.0 - 0.5 * s)
        one.annual.loc[{"measure": "care_starts"}] = (10.0 + rates)[:, None, None] + np.zeros((11, 6, 4))
    table = spread_over_areas(both)
    before, after = (row(table, scenario=name, measure="care_starts", year_ending="2028") for name in ("baseline", "reform"))
    assert (before.p10, before["median"], before.p90) == pytest.approx((11.0, 15.0, 19.0))
    assert before.p90_over_p10 == pytest.approx(19.0 / 11.0)
    assert (before.lowest, before.highest, before.areas) == ("Area 0", "Area 10", 11)
    assert after.change == pytest.approx(-4.0)
    assert spread_over_areas(made()).empty


# ---------------------------------------------------------------- the folder and the closing block


def test_tables_are_of_the_areas_and_of_them_together():
    both = comparison(noise=3.0)
    tables = children_tables(both)
    assert set(tables) == {"children.csv", "gaps.csv", "marks.csv", "detectable.csv", "spread.csv"}
    assert set(tables["children.csv"].area) == {"Two boroughs"}
    assert set(tables["marks.csv"].area) == set(tables["gaps.csv"].area) == {*AREAS, "Two boroughs"}
    assert set(tables["detectable.csv"].area) == set(AREAS)
    assert "spread.csv" not in children_tables(made(runs=3))
    assert children_tables(Comparison(both.baseline, (), both.metadata)) == {}


def test_the_block_says_children_the_mark_and_by_when():
    both = made({"returned_plan": noisy(2.0), "care_starts": -30.0, "away_from_parents_at31": -1.0}, cost=-1e5)
    told = children_block(both, children_tables(both), whole(both).baseline.areas[0])
    assert told.rows[0] == ("", "baseline", "reform")
    lines = {cells[0].strip(): cells[1:] for cells in told.rows[1:]}
    assert len(lines) == len(SHOWN)
    assert lines["Care starts, each time, unaccompanied children apart"][1] == "-90.0 [-90.0, -90.0]"
    assert told.verdicts[0].marked
    assert "care starts by March 2026" in told.detectable[0]
    assert "children away from parents" in told.detectable[0]
    assert NOT_WITHIN in told.detectable[0]
