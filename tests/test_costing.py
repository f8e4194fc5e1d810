"""From what a run counted to pounds by line: volumes, prices, what reforms cost, who pays, and what is not modelled."""

import numpy as np
import pytest
from experiment_sample import compiled_and_tally, drawn_means

from scenarios.actions import Cost
from sim.compile_prices import needs_multipliers
from sim.cost_lines import PLACEMENT_LINES, assumptions, lines_of
from sim.costing import Costing, annual_costs, unmodelled
from sim.placement_costs import PlacementCosts, base_price

pytestmark = pytest.mark.unit


def costed(key="baseline", fill=None, **options):
    compiled, tally, drawn = compiled_and_tally(key, **options)
    if fill:
        fill(compiled, tally)
    return compiled, Costing(tally, compiled, drawn), annual_costs(tally, compiled, drawn)


def line(compiled, costs, key, area=0):
    return costs[area, [one.key for one in lines_of(compiled.scenario)].index(key)]


def test_every_placement_with_a_price_has_a_line_and_every_assumption_a_source():
    compiled, _, _ = compiled_and_tally()
    priced = {name for name in compiled.placement_names if base_price(compiled.figures[0], name) > 0}
    assert priced == set(PLACEMENT_LINES)
    assert all(row["source"] and row["unit"] and row["status"] for row in assumptions().values())
    assert all(float(row["low"]) <= float(row["value"]) <= float(row["high"]) for row in assumptions().values())


def test_a_line_is_child_weeks_times_what_their_placements_were_let_at():
    def fill(compiled, tally):
        live_in_a_home(compiled, tally, days=70.0, let=(11_000, 12_100, 11_900))

    compiled, costing, costs = costed(fill=fill)
    i = compiled.placement_names.index("childrens_home")
    base = PlacementCosts(costing.tally, compiled).base_prices()[0, 5, i]
    assert line(compiled, costs, "childrens_home")[0] == pytest.approx(10.0 * 1.19 * base)
    assert line(compiled, costs, "childrens_home")[1:].tolist() == [0, 0]


def live_in_a_home(compiled, tally, days, let, needs=1, month=5):
    """Let a child of enhanced needs live in a children's home, at what it was let at in ten-thousandths: as drawn, at the market, paid."""
    i = compiled.placement_names.index("childrens_home")
    tally.placement_days[0, month, i, needs] = days
    tally.let_days[0, month, i, needs] = np.array(let) * days


def test_needs_multipliers_average_to_the_mean_price():
    compiled, _, _ = compiled_and_tally()
    pathway, names = compiled.scenario.pathway, tuple(compiled.placement_names)
    table = needs_multipliers(pathway, names)
    shares = np.array(pathway.families.needs.shares)
    for name, row in zip(names, table, strict=True):
        mix = shares * np.array(pathway.placement_plans.needs_multipliers.weights.get(name, (1, 1, 1, 1)))
        assert row @ mix / mix.sum() == pytest.approx(1.0)
    home = table[names.index("childrens_home")]
    assert (np.diff(home) > 0).all()
    assert home[3] > 1.5


def test_prices_grow_from_the_middle_of_the_price_year():
    compiled, costing, _ = costed()
    price = PlacementCosts(costing.tally, compiled).base_prices()[0, :, compiled.placement_names.index("childrens_home")]
    assert price[5:7].mean() == pytest.approx(base_price(compiled.figures[0], "childrens_home"), rel=1e-3)
    assert price[17] / price[5] == pytest.approx(1.04)


def test_a_price_comes_apart_into_list_chance_market_and_commissioning():
    """Ten weeks of a child whose mean price is 0.9046 of the base, drawn at 1.1, let at a market 10 % dear, less a sixtieth."""

    def fill(compiled, tally):
        live_in_a_home(compiled, tally, days=70.0, let=(11_000, 12_100, 11_900))

    compiled, costing, _ = costed(fill=fill)
    costs, i = PlacementCosts(costing.tally, compiled), compiled.placement_names.index("childrens_home")
    base = costs.base_prices()[0, 5, i]
    listed = needs_multipliers(compiled.pathway, tuple(compiled.placement_names))[i, 1]
    found = {name: part[0, 5, i] / base for name, part in costs.parts().items()}
    assert found == pytest.approx({"list": 10 * listed, "chance": 10 * (1.1 - listed), "market": 1.1, "commissioning": -0.2})
    assert sum(part for part in costs.parts().values()) == pytest.approx(costs.pounds())


def test_a_cooperative_costs_first_once_yearly_and_while_both_run():
    compiled, _, costs = costed("regional-care-cooperative", last="2030-03")
    drawn = drawn_means(compiled.actions)
    amounts = {a.line: drawn[a.name, "amount"] for a in compiled.actions if isinstance(a, Cost)}
    prefix = "regional_care_cooperative_"
    assert line(compiled, costs, prefix + "set_up").tolist() == [0, 0, amounts[prefix + "set_up"], 0, 0, 0]
    running = line(compiled, costs, prefix + "running")
    assert running[2:] == pytest.approx([amounts[prefix + "running"]] * 4)
    double = line(compiled, costs, prefix + "double_running")
    assert double == pytest.approx(np.array([0, 0, 1, 0.5, 0, 0]) * amounts[prefix + "double_running"])


def test_family_help_spends_its_money_from_the_day():
    compiled, _, costs = costed("early-help")
    children = compiled.figures[0].get("population_0_17", 2027)
    assert line(compiled, costs, "family_help").tolist() == pytest.approx([0, 0, 20 * children])


def test_costs_by_event_and_week_follow_their_volumes():
    def fill(compiled, tally):
        tally.unit_days[0, :, compiled.stage_names.index("special_guardianship")] = 70.0
        tally.fired[0, :, :] = 2

    compiled, costing, _ = costed("kinship", fill=fill, last="2028-03")
    by_basis = {a.basis: a for a in compiled.actions if isinstance(a, Cost)}
    assert {"gbp_per_event", "gbp_per_week_in_stage"} <= set(by_basis)
    for basis, volume in (("gbp_per_event", None), ("gbp_per_week_in_stage", 10.0)):
        action = by_basis[basis]
        found = costing.reform_cost(action)[0, -1]
        share = action.series.at(compiled.months[-1])
        each = costing.drawn[action.name, "amount"] * share
        volume = volume or 2.0 * len(costing.counts.transition_rows(action.targets))
        assert found == pytest.approx(volume * each)
        assert costing.reform_cost(action)[0, 0] == 0.0


def test_a_grant_is_income_for_one_and_cost_for_another():
    def fill(compiled, tally):
        tally.looked_after_end[0, :, 4, 1] = 10

    compiled, _, costs = costed(fill=fill)
    income, giver = (line(compiled, costs, key) for key in ("uasc_grant_income", "uasc_grant"))
    assert (income < 0).all()
    assert (income + giver == 0).all()


def test_social_workers_cost_posts_of_the_year_with_an_agency_premium():
    compiled, _, costs = costed()
    figures = compiled.figures[0]
    posts, cost = figures.get("social_workers_fte", 2024), figures.get("social_worker_cost", 2025)
    assert line(compiled, costs, "social_workers")[0] == pytest.approx(posts * cost, rel=1e-3)
    share = figures.get("sw_agency_pct", 2024) / 100
    agency = posts * share / (1 - share) * (1 + figures.get("agency_worker_premium")) * cost
    assert line(compiled, costs, "agency_social_workers")[0] == pytest.approx(agency, rel=1e-3)


def test_what_is_not_modelled_is_fixed_and_not_fitted_to_the_year_tested():
    compiled, _, costs = costed()
    rest = line(compiled, costs, "unmodelled")
    assert rest[0] > 0
    assert rest[1] == pytest.approx(rest[2], rel=1e-3)
    asked = []

    class Watched:
        def get(self, quantity, year=None, default=None):
            asked.append((quantity, year))
            return compiled.figures[0].get(quantity, year, default)

    unmodelled(Watched())
    assert {year for quantity, year in asked if quantity.startswith("spend_")} == {2024}


def test_no_cost_is_counted_twice():
    for key in ("baseline", "early-help", "kinship", "regional-care-cooperative"):
        keys = [one.key for one in lines_of(compiled_and_tally(key)[0].scenario)]
        assert len(keys) == len(set(keys))
    _, costing, costs = costed("kinship", last="2028-03")
    assert sum(costing.by_month()[key].sum() for key in costing.by_month()) == pytest.approx(costs.sum())
