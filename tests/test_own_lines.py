"""Which lines of cost are a reform's own: those on which its levers spend, and the baseline's do not, or not alike."""

import numpy as np
import pytest
from experiment_sample import results

from outputs.cost_bridge import cost_bridge
from outputs.shares import money
from outputs.tables import after_branch
from scenarios import actions, actions_of_places
from scenarios.actions import Action, ScaleTeams
from scenarios.distributions import Distribution
from scenarios.loading import load
from scenarios.timeline import MonthSeries
from sim.attributed import ITEMS, attributed, of_results
from sim.cost_lines import BASE_LINES, lines_of, spent_on
from sim.results import Comparison, Results, brought, open_results

pytestmark = pytest.mark.unit
WORKERS = {"social_workers", "agency_social_workers", "agency_premium_change"}
SPENDING = {"Cost", "ScaleCost", "AddPosts", "ScaleTeams", "ScaleFamilySupport"}
EFFECTS = {
    "ReachedEffect", "HelpEffect", "SetRate", "ScaleRate", "ShiftOutcomes", "ScaleArrivals", "AddArrivals", "SetArrivals", "AddPlaces",
    "NationalCapacity",
    "ScaleSupply", "AddSupply", "PlanWeight", "Pool", "PriceGain",
}  # fmt: skip
PAY = """
  - workforce:
      name: more_pay
      start: 2026-04
      pay: {{ratio: {ratio}}}
"""


def of_file(folder, key: str, extends: str, levers: str = "", more: str = "") -> Results:
    """Return made-up results of a scenario of one's own."""
    path = folder / f"{key}.yaml"
    path.write_text(f"name: {key}\nextends: {extends}\n{more}" + (f"levers:{levers}" if levers else ""))
    lines = {line.key: {k: v for k, v in vars(line).items() if k != "key"} for line in lines_of(load(path))}
    one = results(extends if extends in ("baseline", "do-nothing") else "baseline")
    return Results(key, key, one.annual, one.monthly, one.costs, lines, one.metadata)


def test_every_kind_of_action_is_spending_or_an_effect():
    kinds = {kind for module in (actions, actions_of_places) for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, Action)}
    assert {kind.__name__ for kind in kinds - {Action}} == SPENDING | EFFECTS
    for name in ("workforce-first", "austerity", "kinship", "regional-care-cooperative", "shock-inadequate-judgement", "care-review-2022"):
        scenario = load(name)
        lines = {line.key for line in lines_of(scenario)}
        for action in scenario.actions:
            assert not spent_on(action) or type(action).__name__ in SPENDING, action.name
            assert set(spent_on(action)) <= lines


AGENCY = WORKERS - {"social_workers"}


@pytest.mark.parametrize(("what", "lines"), [("agency_workers", AGENCY), ("capacity", set()), ("leavers", set()), ("joiners", set())])
def test_of_teams_only_agency_workers_engaged_are_spending(what, lines):
    assert set(spent_on(ScaleTeams("x.y", what, Distribution.fixed(0.9), MonthSeries(())))) == lines


@pytest.mark.parametrize(
    ("base", "reform", "ordinary"),
    [
        ("baseline", "early-help", set()),
        ("baseline", "profit-cap", set()),  # prices and supply: an effect
        ("baseline", "workforce-first", WORKERS),
        ("baseline", "care-review-2022", WORKERS),
        ("care-review-2022", "delayed-two-years", WORKERS),  # the same levers, later
        ("need-answers", "austerity", {"family_support"}),
        ("baseline", "need-answers", set()),
        ("do-nothing", "baseline", set()),
    ],
)
def test_ordinary_lines_are_a_reforms_own_where_its_levers_spend_on_them(base, reform, ordinary):
    before, after = results(base), results(reform)
    found = brought(before, after)
    assert found & {line.key for line in BASE_LINES} == ordinary
    assert found >= set(before.lines) ^ set(after.lines)  # what only one of the two has
    assert brought(before, before) == brought(after, after) == set()


def test_what_a_baseline_of_ones_own_spends_is_the_reforms_own_only_where_it_changes(tmp_path):
    held = of_file(tmp_path, "held", "baseline", PAY.format(ratio=1.03))
    path = tmp_path / "held.yaml"
    fewer = "{start: 2026-04, beyond_baseline: a hundredth fewer still come in, quantity: rate.care_entry, scale: 0.99}"
    beside = of_file(tmp_path, "beside", str(path), f"\n  - change: {fewer}\n")
    more = of_file(tmp_path, "more", str(path), more="set: {levers.more_pay.pay.ratio: 1.05}\n")
    assert brought(held, beside) == set()
    assert brought(held, more) == {"social_workers"}
    assert brought(results(), held) == brought(held, results()) == {"social_workers"}


def test_committed_policy_that_a_reform_pays_otherwise_is_its_own(tmp_path):
    more = of_file(tmp_path, "more", "baseline", more="set: {levers.fostering_plan.costs.plan.gbp_per_child_0_17_per_year: 2.9}\n")
    assert brought(results(), more) == {"fostering_plan_plan"}


def test_results_read_back_have_the_same_own_lines(tmp_path):
    both = Comparison(results(), (results("workforce-first"),), {"area_label": "Two boroughs", "grossing": {}})
    again = open_results(both.save(tmp_path / "out"))
    assert brought(again.baseline, again.reforms[0]) == brought(both.baseline, both.reforms[0]) >= WORKERS


def test_bridge_attribution_and_shares_follow():
    """Employed workers cost 300,000 more a year and agency workers 100,000 less: 200,000 a year of the reform's own, nothing of other lines."""
    base, reform = results(noise=0.0), results("workforce-first", noise=0.0)
    shared = list(base.lines)
    reform.costs.loc[{"line": shared}] = base.costs
    reform.costs.loc[{"line": "workforce_support"}] = 0.0
    for line, pounds in (("social_workers", 3e5), ("agency_social_workers", -1e5)):
        reform.costs.loc[{"line": line}] += pounds
    table = cost_bridge(Comparison(base, (reform,), {"area_label": "Two boroughs", "grossing": {}}))
    rows = table[(table.measure == "net_cost") & (table.area == "Bolton") & (table.year_ending == "2027")].set_index("item")
    assert rows.section[["social_workers", "agency_social_workers"]].tolist() == ["reform", "reform"]
    assert rows["mean"][["social_workers", "agency_social_workers", "total"]].tolist() == pytest.approx([3e5, -1e5, 2e5])
    years, ours = after_branch(base), brought(base, reform)
    parts = money(base, reform, years)
    assert np.allclose(parts["reform_cost"], 2e5 * len(years))
    assert np.allclose(parts["benefit"], 0.0)
    items = attributed(of_results(reform, ours), of_results(base, ours))
    names = list(ITEMS)
    own = items[:, :, items.shape[2] - len(names) + names.index("reform_lines")]
    assert np.allclose(own, 2e5)
    assert np.allclose(items[:, :, items.shape[2] - len(names) + names.index("other_lines")], 0.0)


def test_a_line_that_only_the_baseline_has_is_saved_by_the_reform_that_leaves_it_out():
    base, reform = results("early-help", noise=0.0), results("baseline", noise=0.0)
    reform.costs.loc[{"line": list(reform.lines)}] = base.costs.sel(line=list(reform.lines))
    base.costs.loc[{"line": "family_help"}] = 7e5
    years = after_branch(base)
    parts = money(base, reform, years)
    assert np.allclose(parts["reform_cost"], -7e5 * len(years))
    assert np.allclose(parts["benefit"], 0.0)
