"""What a placement is let at: tails of mean 1, the market and commissioning on new lets only, kept until it ends; the two engines; the evidence."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tiny_arrays import filled

from calibration.placement_prices import COUNTED, dear, home_spread, mean_range, supported_spread
from scenarios.actions_of_places import PriceGain
from scenarios.loading import load
from sim import engine
from sim.checks import check_run
from sim.compile_prices import QUANTILES, let_table, needs_multipliers, price_gains, price_rules, quantile_means
from sim.cost_lines import assumption, lines_of
from sim.costing import annual_costs
from sim.counting import annual
from sim.history import past
from sim.kernels import budget
from sim.kernels import layout as L
from sim.measures import MEASURES
from sim.measures_money import HIGH_COST
from sim.model import compile_model
from sim.placement_bridge import GROUP_LINES

RCC = "regional-care-cooperative"


def leeds(key="baseline", **options):
    return compile_model(load(key), ("Leeds",), "2031-03", "2025-04", **options)


# ---------------------------------------------------------------- the table


@pytest.mark.unit
@pytest.mark.parametrize("spread", [0.2, 0.35, 0.6])
def test_quantiles_are_those_of_a_lognormal_of_mean_one(spread):
    means = quantile_means(spread, 100)
    assert means.mean() == pytest.approx(1.0, abs=1e-12)
    assert (np.diff(means) > 0).all()
    lognormal = stats.lognorm(spread, scale=np.exp(-spread * spread / 2))
    between = lognormal.expect(lambda x: x, lb=lognormal.ppf(0.37), ub=lognormal.ppf(0.38)) * 100
    assert means[37] == pytest.approx(between, rel=1e-4)
    assert means[-1] > lognormal.ppf(0.99)  # the last holds the whole tail
    assert (quantile_means(0.0, 10) == 1.0).all()


@pytest.mark.unit
def test_each_kind_and_needs_has_the_mean_of_its_group_and_homes_a_heavy_tail():
    pathway, names = load("baseline").pathway, tuple(leeds().placement_names)
    table, means = let_table(pathway, names), needs_multipliers(pathway, names)
    assert table.mean(axis=2) / L.WHOLE_PRICE == pytest.approx(means, abs=1e-6)
    home, adoption = table[names.index("childrens_home")], table[names.index("adoption_placement")]
    assert home[3, -1] > 2.5 * home[3].mean()
    assert (adoption == L.WHOLE_PRICE).all()


@pytest.mark.unit
def test_only_a_market_answers_use():
    compiled = leeds()
    response = dict(zip(compiled.place_names, price_rules(compiled)[:, 0], strict=True))
    assert response["childrens_home"] == response["agency_foster"] == 0.3
    assert response["in_house_foster"] == 0.0


@pytest.mark.unit
def test_commissioning_wins_on_placements_let_from_its_start():
    compiled = leeds(RCC, central=True)
    drawn = compiled.draws(1, 0)
    (gain,) = [action for action in compiled.actions if isinstance(action, PriceGain)]
    table, start = price_gains(compiled, drawn), compiled.month("2028-04")
    assert gain.phase.at("2028-03") == 0.0
    won = drawn[gain.name, "fraction"]
    for name in gain.stages:
        row = table[compiled.stage_names.index(name)]
        assert (row[:start] == 0.0).all()
        assert row[start:] == pytest.approx(won)
    assert table[compiled.stage_names.index("in_house_foster")].any() == 0
    assert not price_gains(leeds(), {}).any()


# ---------------------------------------------------------------- the rules of a price


@pytest.mark.unit
def test_a_week_costs_base_growth_and_what_it_was_let_at():
    stages = np.zeros(1, L.STAGE)
    _, handle = filled(L.MODEL_FIELDS, stages=stages, care_cost=[[1000.0]], care_price=[[1.0, 1.04]])
    assert budget.price_a_week(handle.address, 0, 0, 15_000, 0) == pytest.approx(7 * 1500.0)
    assert budget.price_a_week(handle.address, 0, 0, 15_000, 1) == pytest.approx(7 * 1560.0)


# ---------------------------------------------------------------- in a run


def run(compiled, state, last):
    return engine.simulate(compiled, state, "2025-04", last, 1, 0)


def prices_of(state, compiled):
    """Return (family, child) -> (start of the placement, stage, what it was let at) of everybody placed."""
    found = {}
    for c in range(state.high[0, 1]):
        slot, child = state.child_slots[0, c, 1], state.children[0, c]
        if slot["stage"] >= 0:
            family = state.families[0, child["family"]]
            key = int(family["id"]), int(family["stream"]), int(child["slot"])
            found[key] = float(slot["start"]), compiled.stage_names[slot["stage"]], tuple(int(x) for x in child["let"])
    return found


def needs_of(state, key):
    """Return the needs of a child by (family, stream, child)."""
    families = state.families[0]
    (row,) = np.flatnonzero((families["used"] == 1) & (families["id"] == key[0]) & (families["stream"] == key[1]))
    return int(families["needs"][row, key[2]])


@pytest.fixture(scope="module")
def present():
    return past(load("baseline"), "Leeds", "2025-04", 1, 0)[0]


def changed(compiled, change):
    """Return the model with a change of its arrays."""
    found = replace(compiled, _drawn={})
    found.for_draw(1, 0)
    for key, arrays in found._drawn.items():
        found._drawn[key] = arrays._replace(**change(arrays))
    return found


def market_at(index, compiled):
    """Return the change to a market that asks `index` times the price, whatever its use."""

    def change(arrays):
        rules = arrays.price_rules.copy()
        rules[[compiled.place_names.index(name) for name in ("childrens_home", "agency_foster")]] = 0.0, 1.0, index, index
        return {"price_rules": rules}

    return change


def no_budget(arrays):
    """Return the change that switches the budget's loop off."""
    rules = arrays.budget_rules.copy()
    rules[budget.IN_FORCE] = 0.0
    return {"budget_rules": rules}


@pytest.mark.e2e
@pytest.mark.parametrize("index", [0.9, 1.2])
def test_the_market_acts_on_who_moves_in_and_nobody_else(present, index):
    compiled = leeds()
    before = prices_of(present, compiled)
    _, end = run(changed(compiled, market_at(index, compiled)), present, "2025-09")
    market, begun = ("childrens_home", "agency_foster"), compiled.for_draw(1, 0).month_start[compiled.month("2025-04")]
    kept = new = 0
    for key, (start, stage, let) in prices_of(end, compiled).items():
        if start < begun:
            assert (start, stage, let) == before[key]
            kept += 1
        elif stage in market:
            assert let[L.AT_MARKET] == np.floor(let[L.AS_DRAWN] * index + 0.5)
            new += 1
        else:
            assert let[L.AT_MARKET] == let[L.AS_DRAWN]
    assert kept > 300
    assert new > 20


@pytest.mark.e2e
def test_a_gain_comes_as_placements_are_let_again_and_prices_drawn_are_the_same_in_both(present):
    """One authority alone pools with nobody, so with the budget's loop off no life changes: each placement differs by the gain and nothing else."""
    base, reform = changed(leeds(central=True), no_budget), changed(leeds(RCC, central=True), no_budget)
    (gain,) = [action for action in reform.actions if isinstance(action, PriceGain)]
    won = gain.fraction.mean
    (plain, theirs), (cheaper, ours) = run(base, present, "2031-03"), run(reform, present, "2031-03")
    months = [base.month(m) - base.month("2025-04") for m in ("2028-03", "2028-04", "2029-03", "2031-03")]
    homes = base.placement_names.index("childrens_home")
    ratio = cheaper.let_days[0, :, homes, :, L.PAID].sum(1) / plain.let_days[0, :, homes, :, L.PAID].sum(1)
    assert ratio[months[0]] == 1.0
    assert 1.0 > ratio[months[1]] > ratio[months[2]] > ratio[months[3]] > 1.0 - won - 1e-3
    assert ratio[months[2]] < 1.0 - 0.4 * won  # much of the stock has been let again within the year
    assert np.array_equal(plain.let_days[..., L.AT_MARKET], cheaper.let_days[..., L.AT_MARKET])
    began = base.for_draw(1, 0).month_start[base.month("2028-04")]
    theirs, ours = prices_of(theirs, base), prices_of(ours, base)
    for key, (start, stage, let) in theirs.items():
        expected = np.floor(let[L.PAID] * (1.0 - won) + 0.5) if start >= began and stage in gain.stages else let[L.PAID]
        assert ours[key][2][L.PAID] == expected


@pytest.mark.e2e
def test_drawn_prices_spread_as_the_table_says_and_sums_of_the_state_are_those_of_its_children(present):
    compiled = leeds()
    found = prices_of(present, compiled)
    means = dict(enumerate(needs_multipliers(compiled.pathway, compiled.placement_names)[compiled.placement_names.index("childrens_home")]))
    homes = np.array([let[L.AS_DRAWN] / means[needs_of(present, key)] for key, (_, stage, let) in found.items() if stage == "childrens_home"])
    assert len(homes) > 100
    spread = assumption("price_spread_childrens_home")  # within needs; the standard deviation of n has error spread / sqrt(2 n): 99.9 %
    assert np.log(homes / L.WHOLE_PRICE).std() == pytest.approx(spread, abs=3.3 * spread / np.sqrt(2 * len(homes)))
    for i, name in enumerate(compiled.stage_names):
        assert present.let[0, i] == sum(let[L.PAID] for _, stage, let in found.values() if stage == name)


@pytest.mark.e2e
def test_checks_find_a_price_that_is_not_what_the_stock_pays(present):
    compiled = leeds()
    tally, end = run(compiled, present, "2025-06")
    names = ("days_by_needs", "cost_is_weeks_times_price", "prices_let_add_up")

    def failed(tally, end):
        return {check.name for check in check_run(tally, end, compiled, present) if not check.passed} & set(names)

    assert not failed(tally, end)
    dearer = tally.let_days.copy()
    dearer[..., L.PAID] *= 1.001
    assert failed(tally._replace(let_days=dearer), end) == {"cost_is_weeks_times_price"}
    longer = tally.placement_days.copy()
    longer[0, 0, compiled.placement_names.index("childrens_home"), 0] += 1.0
    assert failed(tally._replace(placement_days=longer), end) == {"days_by_needs"}
    more = end.let.copy()
    more[0, compiled.stage_names.index("childrens_home")] += 1
    assert failed(tally, end._replace(let=more)) == {"prices_let_add_up"}


@pytest.mark.e2e
def test_measures_of_money_are_those_of_the_children(present):
    """Counted again from the state at the end: the dear, what placements cost a week; and what groups cost is what their lines cost."""
    compiled = leeds()
    tally, end = run(compiled, present, "2026-03")
    model, month = compiled.for_draw(1, 0), compiled.month("2026-03")
    weekly = np.array([
        7.0 * model.care_cost[0, i] * model.care_price[i, month] * let[L.PAID] / L.WHOLE_PRICE
        for _, stage, let in prices_of(end, compiled).values() for i in [compiled.stage_names.index(stage)]
    ])  # fmt: skip
    found = dict(zip(MEASURES, annual(tally, compiled)[0, :, 0], strict=True))
    dear_ones = weekly >= budget.DEAR_GBP_PER_WEEK
    assert found["high_cost_at31"] == dear_ones.sum() > 3
    for line in budget.TAIL_GBP_PER_WEEK:
        assert found[HIGH_COST[line]] == (weekly >= line).sum()
    assert found[HIGH_COST[budget.TAIL_GBP_PER_WEEK[0]]] > found["high_cost_at31"]
    assert found["placements_gbp_per_week"] == pytest.approx(weekly.sum())
    assert found["high_cost_pct"] == pytest.approx(100 * weekly[dear_ones].sum() / weekly.sum())
    lines = dict(zip([line.key for line in lines_of(compiled.scenario)], annual_costs(tally, compiled, compiled.draws(1, 0))[0, :, 0], strict=True))
    for group, keys in GROUP_LINES.items():
        assert found[f"{group}_gbp"] == pytest.approx(sum(lines[key] for key in keys))
    market = [compiled.stage_names.index(name) for name in ("childrens_home", "agency_foster")]
    assert found["market_lets"] == tally.entered[0, :, market].sum()
    assert 50 < found["relet_pct"] < 150
    assert found["home_gbp_per_week"] == pytest.approx(found["home_gbp"] / found["home_weeks"])


# ---------------------------------------------------------------- the evidence


@pytest.mark.unit
def test_spreads_are_what_published_counts_and_ranges_say():
    spread = assumption("price_spread_childrens_home")
    low, high = home_spread(2019), home_spread(2023)
    assert low < spread < high
    assert spread == pytest.approx((low + high) / 2, abs=0.01)
    for year, counted in COUNTED.items():
        assert sum(dear(year, spread)) == pytest.approx(counted, rel=0.2)
    assert sum(dear(2023, 0.2)) < 0.9 * COUNTED[2023]  # a narrower spread is ruled out
    assert supported_spread(100) == pytest.approx(assumption("price_spread_supported"), abs=0.03)


@pytest.mark.unit
def test_the_mean_range_of_prices_is_that_of_normal_logarithms():
    """Of 100 standard normals it is 5.015 (tables of the studentised range)."""
    assert mean_range(0.6, 100, np.ones(1), np.ones(1)) == pytest.approx(0.6 * 5.015, rel=1e-3)


@pytest.mark.unit
def test_quantiles_are_fine_enough_for_the_dear():
    """The share of homes above twice their mean, by the table and by the lognormal."""
    spread = assumption("price_spread_childrens_home")
    exact = stats.norm.cdf(-np.log(2.0) / spread - spread / 2)
    assert (quantile_means(spread, QUANTILES) >= 2.0).mean() == pytest.approx(exact, abs=1 / QUANTILES)


@pytest.mark.unit
def test_switched_off_what_is_asked_answers_no_use(tmp_path):
    (tmp_path / "off.yaml").write_text("name: Off\nextends: baseline\nset:\n  settings.prices.follow_use: false\n")
    on, off = (compile_model(load(name), ("Leeds",)).for_draw(0, 0).price_rules[:, 0] for name in ("baseline", str(tmp_path / "off.yaml")))
    assert on.max() == 0.3
    assert (off == 0.0).all()
