"""Children beside pounds: tables by hand, marks, gaps, spread, and by when a difference could be told."""

from dataclasses import replace

import numpy as np
import pytest
from experiment_sample import AREAS, comparison, results

from outputs.children import ALL_YEARS, HEADLINES, NOT_COUNTED, children_table, whole_span
from outputs.children_gaps import LEAST_CHILDREN, gaps, spread_over_areas
from outputs.children_marks import DETECTABLE, NOT_WITHIN, detectable_by, marks, verdicts
from outputs.children_report import SHOWN, TOLD, children_block, children_tables
from outputs.safety_proxies import LEAST_RUNS, PROXIES, least_errors
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
    assert (named | set(PROXIES) | set(SHOWN) | set(TOLD) | NOT_COUNTED["expected"]) <= set(MEASURES)
    assert all(headline.measure not in headline.beside and headline.beside for headline in HEADLINES.values())
    shown = {one for headline in HEADLINES.values() for one in (headline.measure, *headline.beside)}
    assert (set(SHOWN) | set(PROXIES) | set(PROXIES.values())) <= shown
    assert all(MEASURES[rate].ratio_of[0] == count for count, rate in PROXIES.items())


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
    found = marks(made({}, about={"engine": "expected"}))
    assert {row(found, measure=name).finding for name in ("siblings_apart", "siblings_apart_pct")} == {"not counted"}
    assert verdicts(found, "Bolton")[0].text.endswith("no safety proxy that this engine counts is worse beyond chance, as a count or as a rate")


# ---------------------------------------------------------------- marks


def noisy(mean, seed=2):
    return np.random.default_rng(seed).normal(mean, 1.0, (1, RUNS, 4))


def test_a_reform_that_costs_less_and_worsens_a_proxy_is_marked_and_never_called_better():
    table = marks(made({"returned_plan": noisy(2.0), "emergency_starts": noisy(-2.0)}, cost=-1e5))
    assert table.marked.all()
    assert set(table.proxy[table.finding == "worse"]) == {"returned_plan"}
    (verdict,) = verdicts(table, "Bolton")
    assert verdict.marked
    assert verdict.text == "MARKED: costs less, and is worse on: closed cases back within a year with a plan (as a count and as a rate)"
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
    assert table.marked.notna().all()
    assert "no safety proxy is worse beyond chance" in verdicts(table, "Bolton")[0].text


@pytest.mark.parametrize(("beyond", "worse"), [(0.95, False), (1.05, True), (-2.0, False)])
def test_worse_is_more_paired_standard_errors_than_chance_shows(beyond, worse):
    errors = beyond * least_errors(RUNS)
    draw = np.random.default_rng(3).normal(0.0, 1.0, (RUNS, 3))
    total = draw.sum(axis=1)
    change = 10.0 * (draw - total.mean() / 3 + errors * total.std(ddof=1) / np.sqrt(RUNS) / 3)  # tens: more than chance in whole moves
    found = row(marks(made({"placement_moves": np.concatenate([np.zeros((1, RUNS, 1)), change[None]], axis=2)})), measure="placement_moves")
    assert found.difference / found.standard_error == pytest.approx(errors)
    assert (found.finding == "worse") == worse


def test_net_cost_falls_only_if_it_does_in_most_runs():
    mostly_dearer = np.where(np.arange(RUNS) < 15, -5e6, 1e6)[None, :, None]
    table = marks(made(cost=mostly_dearer))
    assert table.net_gbp.iloc[0] < 0
    assert table.probability_net_falls.iloc[0] == pytest.approx(15 / RUNS)
    assert not table.net_cost_falls.any()


@pytest.mark.parametrize("runs", [1, 2, LEAST_RUNS - 1])
def test_from_few_runs_nothing_is_known_and_a_cheaper_reform_is_neither_marked_nor_free_of_a_mark(runs):
    table = marks(made({"returned_plan": 2.0}, cost=-1e5, runs=runs))
    assert set(table.finding) == {"not known"}
    assert table.marked.isna().all()
    (verdict,) = verdicts(table, "Bolton")
    assert verdict.text == f"costs less; whether children are less safe is not known from fewer than {LEAST_RUNS} runs"
    assert not marks(made(cost=1e5, runs=runs)).marked.any()


def test_fewer_closings_lower_a_count_while_its_rate_worsens():
    """Of about 100 closings a year 40 fewer, of about 100 returns 5 fewer: fewer come back, but more of each hundred closed."""
    both = made({"closed_without_plan": -40.0, "returned_plan": -5.0}, cost=-1e5)
    table = marks(both)
    count, rate = (row(table, proxy="returned_plan", basis=basis) for basis in ("count", "rate"))
    assert (count.finding, rate.finding) == ("no worse", "worse")
    span = {name: [one.annual.sel(measure=name, year_ending=YEARS).to_numpy().sum() for one in both.scenarios]
            for name in ("returned_plan", "closed_without_plan")}  # fmt: skip
    before, after = (100.0 * top / bottom for top, bottom in zip(*span.values(), strict=True))
    assert (rate.baseline, rate.reform, rate.difference) == pytest.approx((before, after, after - before))
    assert table.marked.all()
    assert verdicts(table, "Bolton")[0].text == "MARKED: costs less, and is worse on: " + "; ".join(
        f"closed cases back within a year with {what} (as a rate)" for what in ("an enquiry", "a plan", "a care start")
    )


def test_more_homes_with_kin_that_break_down_as_often_are_worse_as_a_count_alone():
    table = marks(made({"kin_after_care_days": 20.0, "re_entered_kin": noisy(20.0)}, cost=1e5))
    assert row(table, proxy="re_entered_kin", basis="rate").finding == "no worse"
    assert verdicts(table, "Bolton")[0].text == (
        "does not cost less, and is worse on: back in care from kin, under any order or none (as a count)"
    )


def test_events_that_are_grossed_up_are_no_more_events():
    """Of 12 areas' worth, 12 more in every run are one event each: 40 of 40, the error that of 40 events."""
    table = {factor: marks(made({"placement_moves": [0.0, 12.0, 0.0, 0.0]}), {"cla": factor}) for factor in (1.0, 12.0)}
    plain, grossed = (row(found, measure="placement_moves") for found in table.values())
    assert plain.standard_error == pytest.approx(np.sqrt(12.0 * RUNS) / RUNS)
    assert grossed.standard_error == pytest.approx(12.0 * np.sqrt(RUNS) / RUNS)


def test_an_engine_without_chance_has_no_chance_in_its_events():
    assert row(marks(made({"placement_moves": 0.01}, about={"engine": "expected"})), measure="placement_moves").finding == "worse"
    assert row(marks(made({"placement_moves": 0.01})), measure="placement_moves").finding == "no worse"


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
    assert len(lines) == len(SHOWN) <= 19
    assert lines["Care starts, each time, unaccompanied children apart"][1] == "-90.0 [-90.0, -90.0]"
    assert told.verdicts[0].marked
    assert "care starts by March 2026" in told.detectable[0]
    assert "children away from parents" in told.detectable[0]
    assert NOT_WITHIN in told.detectable[0]


def test_what_never_happens_is_not_printed():
    both = made()
    for one in both.scenarios:
        one.annual.loc[{"measure": "intensive_help_waiting_escalated"}] = 0.0
    printed = {cells[0].strip() for cells in children_block(both, children_tables(both), "Bolton").rows}
    assert set(MEASURES[name].label for name in SHOWN) - {name.split(", 31 March")[0] for name in printed} == {
        MEASURES["intensive_help_waiting_escalated"].label
    }


def test_beside_net_cost_stand_other_payers_and_the_worst_year():
    """The authority pays 1 £m more in 2026, 3 in 2027, 1 less in 2028: the worst year is 3, whatever the sum."""
    table = children_table(made(cost=np.array([0.0, 1e6, 3e6, -1e6])))
    worst = row(table, measure="cost_net_worst_year")
    assert (worst.difference, worst.p05, worst.year_ending) == (pytest.approx(3e6), pytest.approx(3e6), ALL_YEARS)
    assert np.isnan(worst.baseline)
    assert row(table, measure="cost_net", year_ending=ALL_YEARS).difference == pytest.approx(3e6)
    payers = {payer: row(table, measure=f"cost_net_{payer}", year_ending="2027") for payer in ("grant", "courts")}
    both = made()
    assert payers["courts"].baseline == pytest.approx(float(both.baseline.net("courts").sel(year_ending=2027).mean()))
    assert payers["grant"].difference == 0.0


def test_children_in_care_per_10_000_children():
    both = made({"cla_at31_non_uasc": -10.0})
    for one in both.scenarios:
        one.annual.loc[{"measure": "population_0_17"}] = 20_000.0
        one.annual.loc[{"measure": "cla_at31_non_uasc"}] = 100.0 - 10.0 * (one is not both.baseline)
    found = row(children_table(both), measure="cla_per_10000_non_uasc", year_ending=ALL_YEARS)
    assert (found.baseline, found.reform) == pytest.approx((50.0, 45.0))
