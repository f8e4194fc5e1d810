"""Who bears a reform's cost in a region and who gains: authorities add up to their region in every run, and keys divide without adding."""


import numpy as np
import pytest
from experiment_sample import AREAS, compiled_and_tally, results
from scenario_files import HEAD, faults_of

from outputs.price_volume import BRIDGE, price_and_volume
from outputs.shares import CHILDREN, MONEY, money, shares, winners_and_losers
from outputs.tables import after_branch, whole
from scenarios.actions import Cost
from scenarios.loading import load
from sim.costing import Costing
from sim.measures_money import PRICE_PARTS
from sim.placement_bridge import GROUP_LINES
from sim.results import Comparison

pytestmark = pytest.mark.unit
KEY = "regional-care-cooperative"


def region():
    """A cooperative of two authorities: one gains by price, the other only bears cost; both with chance of their own."""
    base, reform = results(), results(KEY)
    draw = np.random.default_rng(3)
    base.annual.values[...] *= draw.uniform(0.8, 1.2, base.annual.shape)
    reform.annual.values[...] = base.annual.values * draw.uniform(0.95, 1.05, base.annual.shape)
    shared = list(base.lines)
    reform.costs.loc[{"line": shared}] = base.costs.values * draw.uniform(0.99, 1.01, base.costs.shape)
    reform.costs.loc[{"line": [line for line in reform.lines if line not in base.lines]}] *= 0.01
    reform.costs.loc[{"line": "childrens_home", "area": AREAS[0]}] *= 0.2
    reform.costs.loc[{"line": "childrens_home", "area": AREAS[1]}] *= 1.3
    about = {"area_label": "Two boroughs", "grossing": {}, "note": "", "missing_members": []}
    return Comparison(base, (reform,), about)


def test_authorities_add_up_to_their_region_to_the_penny():
    both = region()
    table, years = shares(both), after_branch(both.baseline)
    together = whole(both)
    mean = table.pivot(index="item", columns="area", values="mean")
    for item in (*MONEY, *CHILDREN):
        assert mean.loc[item, "Two boroughs"] == pytest.approx(mean.loc[item, list(AREAS)].sum(), rel=1e-12)
    net = together.cost_difference(KEY).sel(year_ending=years).sum("year_ending")
    assert mean.loc["net", "Two boroughs"] == pytest.approx(float(net.mean()), rel=1e-12)
    low = table[(table.item == "net") & (table.area == "Two boroughs")].p05.item()
    assert low == pytest.approx(float(np.quantile(net, 0.05)))
    change = together.difference(KEY).sel(year_ending=years[-1])
    for item in CHILDREN:
        assert mean.loc[item, "Two boroughs"] == pytest.approx(float(change.sel(measure=item).mean()), rel=1e-12)


def test_parts_of_net_cost_add_up_in_every_run_and_price_and_volume_to_placements():
    both = region()
    years = after_branch(both.baseline)
    found = money(both.baseline, both.reforms[0], years)
    assert np.allclose(found["net"], found["reform_cost"] + found["placements"] + found["other"])
    assert np.allclose(found["net"], found["reform_cost"] - found["benefit"])
    assert np.allclose(found["placements"], sum(found[f"placements_{part}"] for part in BRIDGE))
    lines = [line for group in GROUP_LINES.values() for line in group]
    change = (both.reforms[0].costs - both.baseline.costs).sel(line=lines, year_ending=years).sum(["line", "year_ending"])
    assert np.allclose(found["placements"], change.transpose("area", "replicate"))


def test_weeks_alone_are_volume_and_prices_alone_are_not():
    base, reform = results(), results(KEY)
    years, parts = after_branch(base), [f"{group}_{part}_gbp" for group in GROUP_LINES for part in PRICE_PARTS]
    for one in (base, reform):
        one.annual.loc[{"measure": parts}] = 0.0  # every placement at its list price
    for group, lines in GROUP_LINES.items():
        reform.annual.loc[{"measure": f"{group}_weeks"}] = 1.1 * base.annual.sel(measure=f"{group}_weeks")
        for line in lines:
            reform.costs.loc[{"line": line}] = 1.1 * base.costs.sel(line=line).transpose(*reform.costs.dims[:2], "year_ending")
    more = money(base, reform, years)
    assert np.allclose(more["placements_volume"], more["placements"])
    assert more["placements"].min() > 0.0
    for group in GROUP_LINES:
        reform.annual.loc[{"measure": f"{group}_weeks"}] = base.annual.sel(measure=f"{group}_weeks")
    dearer = money(base, reform, years)
    assert np.abs(dearer["placements_volume"]).max() == 0.0
    assert np.allclose(dearer["placements_mix"], dearer["placements"])
    assert dearer["placements_mix"].min() > 0.0


def test_the_split_is_that_of_price_volume_csv():
    both = region()
    table = price_and_volume(both).query("placements == 'all' and year_ending == 'all'").set_index("area")
    own = shares(both).pivot(index="item", columns="area", values="mean")
    for part in BRIDGE:
        assert own.loc[f"placements_{part}", list(AREAS)].to_list() == pytest.approx(table.loc[list(AREAS), f"{part}_gbp"].to_list(), rel=1e-9)


def test_winners_and_losers_are_named_and_shares_are_of_those_who_go_the_same_way():
    table = shares(region())
    assert winners_and_losers(table, KEY) == ([AREAS[0]], [AREAS[1]])
    own = table.set_index(["item", "area"]).share_of_region
    assert own["net", AREAS[0]] == own["net", AREAS[1]] == 1.0  # one gains, one loses: each is all of its kind
    assert own["reform_cost"][list(AREAS)].sum() == pytest.approx(1.0)
    assert (own.xs("Two boroughs", level="area") == 1.0).all()


# ---------------------------------------------------------------- keys


def costs_by_key(tmp_path, key: str) -> dict[str, np.ndarray]:
    """What each authority pays each month of each of the cooperative's lines."""
    path = tmp_path / f"{key}.yaml"
    path.write_text(HEAD.replace("baseline", KEY) + f"set: {{levers.regional_care_cooperative.shared_by: {key}}}\n")
    compiled, tally, drawn = compiled_and_tally(path, areas=("Bolton", "Bury", "Manchester"), last="2029-03", branch="2026-04")
    costing = Costing(tally, compiled, drawn)
    own = [action for action in compiled.actions if isinstance(action, Cost) and action.name.startswith("regional_care_cooperative.")]
    return {action.line: costing.reform_cost(action) for action in own}


def test_a_key_divides_what_the_region_pays_and_changes_nothing_of_it(tmp_path):
    equal = costs_by_key(tmp_path, "authority")
    for key, quantities in (("children_in_care", ("cla_non_uasc_stock", "uasc_at31")), ("population", ("population_0_17",))):
        divided = costs_by_key(tmp_path, key)
        figures = compiled_and_tally(KEY, areas=("Bolton", "Bury", "Manchester"), branch="2026-04")[0].figures
        size = np.array([sum(one.get(quantity, 2025) for quantity in quantities) for one in figures])
        for line, pounds in divided.items():
            assert pounds.sum(axis=0) == pytest.approx(equal[line].sum(axis=0), rel=1e-12)
            paid = pounds.sum(axis=1)
            assert paid / paid.sum() == pytest.approx(size / size.sum())
            assert np.ptp(equal[line], axis=0).max() == 0.0


def test_a_key_needs_a_region_that_shares_places(tmp_path):
    path = tmp_path / "mine.yaml"
    shares_none = "levers.regional_care_cooperative.pooled_shares.agency_foster: 0, levers.regional_care_cooperative.pooled_shares.childrens_home: 0"
    path.write_text(HEAD.replace("baseline", KEY) + f"set: {{levers.regional_care_cooperative.shared_by: population, {shares_none}}}\n")
    assert any("no place is pooled" in fault.message for fault in faults_of(path))
    path.write_text(HEAD.replace("baseline", KEY) + "set: {levers.regional_care_cooperative.shared_by: heads}\n")
    assert any("shared_by" in fault.path for fault in faults_of(path))
    assert load(KEY).levers[-1].shared_by == "authority"
