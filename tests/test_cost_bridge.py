"""The whole difference in cost by volume, mix, price and line: rows add up, and a change of one thing alone is that thing."""

import numpy as np
import pytest
from experiment_sample import AREAS, results
from test_shares import KEY, region

from outputs.cost_bridge import COLUMNS, PLACEMENTS, bridge, cost_bridge, placement_items
from outputs.price_volume import placement_bridge
from outputs.tables import after_branch
from sim.measures_money import PRICE_PARTS
from sim.placement_bridge import GROUP_LINES

pytestmark = pytest.mark.unit


def at_list_prices():
    """A baseline and a cooperative whose placements, weeks and prices are the same, every one at its list price."""
    base, reform = results(), results(KEY)
    for one in (base, reform):
        one.annual.loc[{"measure": [f"{group}_{part}_gbp" for group in GROUP_LINES for part in PRICE_PARTS]}] = 0.0
    for group in GROUP_LINES:
        reform.annual.loc[{"measure": f"{group}_weeks"}] = base.annual.sel(measure=f"{group}_weeks")
    return base, reform


def scale(base, reform, weeks: float, price: float) -> None:
    """Give the reform so many times the baseline's weeks, at so many times its list price."""
    for group, lines in GROUP_LINES.items():
        reform.annual.loc[{"measure": f"{group}_weeks"}] = weeks * base.annual.sel(measure=f"{group}_weeks")
        for line in lines:
            reform.costs.loc[{"line": line}] = weeks * price * base.costs.sel(line=line).transpose(*reform.costs.dims[:2], "year_ending")


def test_items_add_up_to_net_cost_and_to_cost_to_the_exchequer_in_every_run():
    both = region()
    years = after_branch(both.baseline)
    for payers, change in (
        (("authority",), both.cost_difference(KEY)), ((), both.reforms[0].exchequer() - both.baseline.exchequer()),
    ):  # fmt: skip
        items = bridge(both.baseline, both.reforms[0], years, payers)
        assert np.allclose(items["total"].gbp, change.sel(year_ending=years))
        assert np.allclose(sum(item.gbp for key, item in items.items() if key != "total"), items["total"].gbp)
    assert "courts" in bridge(both.baseline, both.reforms[0], years, ())
    assert "courts" not in bridge(both.baseline, both.reforms[0], years)


def test_the_table_adds_up_and_authorities_add_up_to_their_region():
    table = cost_bridge(region())
    assert list(table.columns) == COLUMNS
    means = table.pivot(index=["measure", "year_ending", "item"], columns="area", values="mean")
    assert means["Two boroughs"].to_numpy() == pytest.approx(means[list(AREAS)].sum(axis=1).to_numpy())
    rows = table[table.item != "total"].groupby(["measure", "area", "year_ending"])["mean"].sum()
    total = table[table.item == "total"].set_index(["measure", "area", "year_ending"])["mean"]
    assert rows.to_numpy() == pytest.approx(total.loc[rows.index].to_numpy())
    own = table[table.section == "reform"].item.unique()
    assert set(own) == {f"regional_care_cooperative_{part}" for part in ("set_up", "running", "double_running")}


def test_volume_is_that_of_price_volume_and_placements_are_what_placements_cost():
    both = region()
    years = after_branch(both.baseline)
    items, known = placement_items(both.baseline, both.reforms[0], years), placement_bridge(both.baseline, both.reforms[0], years)
    assert set(items) == set(PLACEMENTS)
    assert np.allclose(items["volume"], known["volume_gbp"])
    assert np.allclose(sum(items.values()), known["gbp"])


def test_weeks_alone_are_volume_prices_alone_are_mix_and_both_interact():
    base, reform = at_list_prices()
    years = after_branch(base)
    spent = sum(base.costs.sel(line=list(lines), year_ending=years).sum("line") for lines in GROUP_LINES.values()).to_numpy()
    for weeks, price in ((1.1, 1.0), (1.0, 1.2), (1.1, 1.2), (0.5, 0.8)):
        scale(base, reform, weeks, price)
        items = placement_items(base, reform, years)
        assert np.allclose(items["volume"], (weeks - 1.0) * spent)
        assert np.allclose(items["mix"], (price - 1.0) * spent)
        assert np.allclose(items["interaction"], (weeks - 1.0) * (price - 1.0) * spent)
        assert max(np.abs(items[part]).max() for part in PRICE_PARTS) < 1e-6


def test_a_market_price_that_is_the_same_a_week_is_no_change_of_price_however_many_weeks():
    base, reform = at_list_prices()
    years = after_branch(base)
    scale(base, reform, 1.5, 1.0)
    for group, lines in GROUP_LINES.items():  # of the baseline's cost a twentieth is the market's, and of the reform's
        for one in (base, reform):
            one.annual.loc[{"measure": f"{group}_market_gbp"}] = 0.05 * one.costs.sel(line=list(lines)).sum("line")
    items = placement_items(base, reform, years)
    assert np.abs(items["market"]).max() < 1e-6
    market = sum(base.annual.sel(measure=f"{group}_market_gbp", year_ending=years) for group in GROUP_LINES).to_numpy()
    assert np.allclose(items["interaction"], 0.5 * market)  # what weeks more pay of it


def test_placements_that_only_one_scenario_has_are_volume_and_interaction_and_nothing_is_divided_by_nothing():
    base, reform = at_list_prices()
    years = after_branch(base)
    for weeks, one in ((0.0, reform), (0.0, base)):
        for group, lines in GROUP_LINES.items():
            one.annual.loc[{"measure": f"{group}_weeks"}] = weeks
            one.costs.loc[{"line": list(lines)}] = 0.0
        items = placement_items(base, reform, years)
        assert all(np.isfinite(values).all() for values in items.values())
        assert np.allclose(sum(items.values()), placement_bridge(base, reform, years)["gbp"])
        assert np.abs(items["mix"]).max() < 1e-6
        base, reform = at_list_prices()
