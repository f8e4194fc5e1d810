"""The library of reforms: every lever explains itself and has a file, every file says what it is for, and refuses what it cannot mean."""

import re
from functools import cache

import pytest

from scenarios.actions import AddArrivals, AddPosts, Cost, ReachedEffect, ScaleArrivals, ScaleRate, ScaleTeams, SetArrivals, SetRate, ShiftOutcomes
from scenarios.actions_of_places import AddSupply, PriceGain, ScaleSupply
from scenarios.composing import SHIPPED, shipped_names
from scenarios.faults import ScenarioError
from scenarios.lever_parts import CostPart
from scenarios.levers import LEVERS
from scenarios.loading import load
from scenarios.timeline import add_months
from sim.compile_actions import draws
from sim.cost_lines import BASE_LINES
from sim.measures import MEASURES

pytestmark = pytest.mark.unit
REFORMS = tuple(name for name in shipped_names() if name not in ("baseline", "fitted", "need-answers"))
NOT_SHIPPED = {"national_capacity"}  # for files of one's own
DOCS = (SHIPPED.parent / "docs" / "reforms.md").read_text(encoding="utf-8")


@cache
def scenario(name: str):
    return load(name)


def own(name: str, kind: type) -> list:
    """Return the actions of a reform's own levers, of a kind."""
    found = scenario(name)
    return [action for action in found.actions if isinstance(action, kind) and action.name.split(".")[0] not in found.committed]


def lever(tmp_path, text: str):
    """Load a scenario of one lever, written as the lines below `- `."""
    path = tmp_path / "mine.yaml"
    body = "\n".join("      " + line for line in text.strip().splitlines()).replace("      ", "  - ", 1)
    path.write_text(f"name: Mine\nextends: do-nothing\nlevers:\n{body}\n")
    return load(path)


def faults(tmp_path, text: str) -> str:
    with pytest.raises(ScenarioError) as raised:
        lever(tmp_path, text)
    return str(raised.value)


# ---------------------------------------------------------------- what every lever and file has


@pytest.mark.parametrize("kind", LEVERS)
def test_a_lever_says_how_it_works_what_it_takes_and_how_well_that_is_known(kind):
    words = LEVERS[kind].__doc__
    assert [part for part in ("Mechanism", "Parameters", "Evidence") if f"{part}:" not in words] == []


def test_every_lever_has_a_file():
    used = {type(one).kind for name in ("baseline", *REFORMS) for one in scenario(name).levers}
    assert set(LEVERS) - used == NOT_SHIPPED


@pytest.mark.parametrize("name", REFORMS)
def test_a_reform_says_what_it_moves_and_what_it_leaves(name):
    expects = scenario(name).expects
    assert (expects is None) == (name == "do-nothing")  # no reform
    if expects:
        named = {*expects.moves, expects.leaves} - {"cost_net"}
        assert named <= set(MEASURES)
        assert expects.leaves not in expects.moves


@pytest.mark.parametrize("name", REFORMS)
def test_every_uncertain_number_of_a_reform_has_a_source_and_a_status(name):
    numbers = {item.name: item for one in scenario(name).levers for item in one.distributions()}
    assert [key for key, item in numbers.items() if not item.source or not item.status] == []


@pytest.mark.parametrize("name", REFORMS)
def test_a_reform_is_in_the_documents(name):
    assert f"`{name}`" in DOCS or (name.startswith("shock-") and "`shock-...`" in DOCS)


def test_no_two_lines_of_cost_share_a_name():
    costs = {action.line for name in REFORMS for action in scenario(name).actions if isinstance(action, Cost)}
    assert {line.key for line in BASE_LINES}.isdisjoint(costs)


# ---------------------------------------------------------------- what levers turn into


def test_a_delayed_effect_comes_back_in_proportion(tmp_path):
    entry, back = own("edge-of-care", ReachedEffect)
    assert (entry.until_months, back.from_months, back.until_months) == (12.0, 12.0, 36.0)
    assert back.rebound == pytest.approx(0.5 * 12 / 24)
    assert back.hazard_ratio is entry.hazard_ratio  # one number, so one draw
    assert entry.programme == back.programme


def test_outcomes_shift_so_that_shares_still_add_up():
    shifts = [(name, action) for name in REFORMS for action in scenario(name).actions if isinstance(action, ShiftOutcomes)]
    assert {name for name, _ in shifts} >= {"protection-teams", "parental-representation", "adoption-timeliness", "kinship-deregulation"}
    for name, action in shifts:
        stage = action.complement.split(".")[0]
        shares = {f"{stage}.{key}": outcome.share for key, outcome in scenario(name).pathway.stages[stage].outcomes.items()}
        for ratio in action.ratio.bounds:
            new = dict(shares)
            for target in action.targets:
                new[target] *= ratio
            new[action.complement] *= 1.0 + action.complement_weight * (1.0 - ratio)
            assert sum(new.values()) == pytest.approx(sum(shares.values())), name
            assert min(new.values()) >= 0.0


def test_a_fall_of_poverty_means_fewer_arrivals_where_it_falls():
    (arrivals,) = own("less-poverty", ScaleArrivals)
    fully = 1.0 + arrivals.phase.at("2035-03") * arrivals.strength_by_quintile[4] * (arrivals.ratio.mean - 1.0)
    assert arrivals.phase.at("2035-03") == -2.0
    assert arrivals.phase.at("2028-03") == pytest.approx(-1.0)
    assert fully == pytest.approx(1.0 - 2.0 * 1.3 * (arrivals.ratio.mean - 1.0))


def test_a_price_rise_is_a_gain_below_nothing():
    price, leakage = [action for action in scenario("profit-cap").actions if isinstance(action, PriceGain)]
    assert price.fraction.mean > 0.0 > leakage.fraction.mean
    assert price.phase.at("2028-03") == 0.0


@pytest.mark.parametrize(("quantity", "how", "kind"), [
    ("rate.care_entry", "scale: 1.1", ScaleRate),
    ("rate.closed.re_referral", "scale: 0.9", ScaleRate),
    ("rate.placement_order.matched", "set_per_year: 1.5", SetRate),
    ("arrivals.uasc", "add: 3\nunit: arrivals per month", AddArrivals),
    ("arrivals.family", "scale: 0.95", ScaleArrivals),
    ("arrivals.uasc", "set_per_month: 5", SetArrivals),
    ("exits.childrens_home", "scale: 1.2\nowner: private", ScaleSupply),
    ("price.childrens_home", "add: 0.05\nunit: share of the price", PriceGain),
    ("places.authority_childrens_home", "add: 4\nunit: places per authority\nowner: authority", AddSupply),
    ("teams.capacity", "scale: 1.02", ScaleTeams),
    ("posts", "add: 0.05\nunit: share of posts", AddPosts),
])  # fmt: skip
def test_the_generic_lever_scales_adds_and_sets(tmp_path, quantity, how, kind):
    (action,) = lever(tmp_path, f"change:\n  start: 2026-04\n  quantity: {quantity}\n" + "\n".join(f"  {line}" for line in how.splitlines())).actions
    assert isinstance(action, kind)


@pytest.mark.parametrize("name", ["baseline", *REFORMS])
def test_every_uncertain_number_is_drawn_by_some_action(name):
    drawn = {item.name for action in scenario(name).actions for item in action.distributions().values()}
    assert set(scenario(name).uncertain) - drawn == set()


@pytest.mark.parametrize(("quantity", "how"), [
    ("rate.care_entry", "scale: %s"),
    ("rate.placement_order.matched", "set_per_year: %s"),
    ("arrivals.uasc", "add: %s\nunit: arrivals per month"),
    ("arrivals.uasc", "set_per_month: %s"),
    ("plan.move.in_house_foster", "scale: %s"),
    ("price.childrens_home", "add: %s\nunit: share of the price"),
    ("places.authority_childrens_home", "add: %s\nunit: places per authority\nowner: authority"),
    ("exits.childrens_home", "scale: %s\nowner: private"),
    ("capacity.courts", "scale: %s"),
    ("teams.capacity", "scale: %s"),
    ("posts", "add: %s\nunit: share of posts"),
    ("cost.social_workers", "scale: %s"),
])  # fmt: skip
def test_whatever_the_generic_lever_changes_by_an_uncertain_number_is_drawn_anew_in_every_run(tmp_path, quantity, how):
    lines = "\n".join(f"  {line}" for line in (how % "{triangular: [0.1, 0.4, 1.0]}").splitlines())
    (action,) = lever(tmp_path, f"change:\n  start: 2026-04\n  quantity: {quantity}\n{lines}").actions
    (number,) = [item for item in action.distributions().values() if not item.is_fixed]
    assert number.name.startswith("change.")
    field = next(key for key, item in action.distributions().items() if item is number)
    values = [draws((action,), 1, run)[action.name, field] / number.factor for run in range(5)]
    assert len(set(values)) == 5
    assert all(0.1 <= value <= 1.0 for value in values)


@pytest.mark.parametrize("text", [
    "workforce:\n  start: 2026-04\n  posts: {share: 5}",
    "shock:\n  start: 2026-04\n  prices: {market: {placements: [childrens_home], rise: 5}}",
])  # fmt: skip
def test_a_share_that_is_added_is_not_in_per_cent(tmp_path, text):
    assert "is 5, expected a share that is added, from -1 to 1: 5 % more is 0.05" in faults(tmp_path, text)


def test_a_delay_puts_off_every_date_of_a_reform_and_none_of_committed_policy(tmp_path):
    path = tmp_path / "late.yaml"
    path.write_text("name: Late\nextends: [early-help, edge-of-care]\ndelay_months: 24\n")
    late, soon = load(path), {one.name: one for name in ("early-help", "edge-of-care") for one in scenario(name).levers}
    assert late.history_hash == scenario("early-help").history_hash
    for one in late.levers:
        same = soon[one.name]
        assert one.start == (same.start if one.name in late.committed else add_months(same.start, 24))
    (help_,) = [one for one in late.levers if one.kind == "family_help"]
    assert help_.spend_gbp_per_child_per_year == {"2028-04": 20.0, "2030-04": 45.0}
    (edge,) = [one for one in late.levers if one.kind == "edge_of_care"]
    assert edge.reach.share == {"2028-04": 0.25}


def test_a_reform_is_brought_forward_and_laid_on_a_baseline_of_ones_own(tmp_path):
    shipped = (SHIPPED / "baseline.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(shipped[: shipped.index("\nlevers:")].replace("value: 0.035,", "value: 0.02,"))
    (tmp_path / "on-mine.yaml").write_text("name: On mine\nextends: [mine.yaml, delayed-two-years]\ndelay_months: -12\n")
    found = load(str(tmp_path / "on-mine.yaml"))
    assert found.settings.discount_rate_per_year.value == 0.02  # mine, not the one that the reform was written on
    assert not set(found.committed)
    (tmp_path / "other-order.yaml").write_text("name: On mine\nextends: [delayed-two-years, mine.yaml]\ndelay_months: -12\n")
    assert load(str(tmp_path / "other-order.yaml")).settings == found.settings
    (tmp_path / "two.yaml").write_text((tmp_path / "mine.yaml").read_text())
    (tmp_path / "both.yaml").write_text("name: Both\nextends: [mine.yaml, two.yaml]\n")
    with pytest.raises(ScenarioError, match=r"two.yaml:.*is a baseline, and so is .*mine.yaml; expected one"):
        load(str(tmp_path / "both.yaml"))
    (tmp_path / "nothing.yaml").write_text("name: Nothing\nextends: [mine.yaml, do-nothing]\n")
    with pytest.raises(ScenarioError, match=r"do-nothing.yaml:.*it is of the shipped baseline, and this stands on .*mine.yaml"):
        load(str(tmp_path / "nothing.yaml"))
    asked = [one for one in scenario("care-review-2022").levers if one.name not in scenario("care-review-2022").committed]
    assert {one.name: one.start for one in found.levers} == {one.name: add_months(one.start, 12) for one in asked}


def test_a_delay_moves_the_months_that_a_file_below_set(tmp_path):
    reach = "levers.family_help_for_half_a_million.reach.share"
    (tmp_path / "lower.yaml").write_text(f"name: Lower\nextends: care-review-2022\nset:\n  {reach}.2028-04: 0.35\n")
    (tmp_path / "late.yaml").write_text("name: Late\nextends: lower.yaml\ndelay_months: 12\n")
    (found,) = [one for one in load(str(tmp_path / "late.yaml")).levers if one.name == "family_help_for_half_a_million"]
    assert found.reach.share == {"2027-04": 0.02, "2028-04": 0.30, "2029-04": 0.35}


@pytest.mark.parametrize("months", ["0", "-1000", "1.5", "yes", "1000"])
def test_a_delay_is_whole_months(tmp_path, months):
    path = tmp_path / "late.yaml"
    path.write_text(f"name: Late\nextends: early-help\ndelay_months: {months}\n")
    with pytest.raises(ScenarioError, match=r"late.yaml:3:15: delay_months: .* expected whole months"):
        load(path)


def test_a_file_may_be_without_a_lever_below_it_and_names_it_right(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("name: Mine\nextends: baseline\nwithout: [two_child_limit]\n")
    assert {one.name for one in load("baseline").levers} - {one.name for one in load(path).levers} == {"two_child_limit"}
    path.write_text("name: Mine\nextends: baseline\nwithout: [two_children]\n")
    with pytest.raises(ScenarioError, match=r"mine.yaml:3:11: without.0: there is no lever 'two_children' below.*did you mean 'two_child_limit'"):
        load(path)


def test_committed_policy_that_began_before_a_later_branch_acts_from_the_branch():
    later = load("baseline").branching("2027-04")
    assert {one.name: one.start for one in later.levers} == dict.fromkeys(later.committed, "2027-04")
    assert load("baseline").branching("2025-04").levers == load("baseline").levers
    with pytest.raises(ScenarioError, match=r"edge_of_care.start: the lever starts in 2026-04, before the branch month 2027-04"):
        load("edge-of-care").epochs("2027-04")


def test_doing_nothing_is_the_baseline_without_its_policy_and_with_its_past():
    nothing, baseline = load("do-nothing"), load("baseline")
    assert nothing.levers == ()
    assert nothing.history_hash == baseline.history_hash
    assert baseline.committed == {one.name for one in baseline.levers}


# ---------------------------------------------------------------- what is refused


def test_nothing_is_credited_twice(tmp_path):
    path = tmp_path / "mine.yaml"
    text = "".join(line for line in load("family-group-decisions").text.splitlines(keepends=True) if "beyond_baseline" not in line)
    path.write_text(text)
    with pytest.raises(ScenarioError, match=r"mine.yaml:\d+:5: levers.family_group_decisions: baseline.yaml holds family_group_duty already"):
        load(path)
    path.write_text(text.replace("extends: baseline", "extends: baseline\nwithout: [family_group_duty]"))
    assert [one.kind for one in load(path).levers].count("family_group_decisions") == 1


@pytest.mark.parametrize(("quantity", "how", "message"), [
    ("rate.care_entry", "add: 3\nunit: arrivals per month", "nothing can be added to rate"),
    ("arrivals.uasc", "add: 3", "expected 'arrivals per month'"),
    ("arrivals.uasc", "add: 3\nunit: per year", "expected 'arrivals per month'"),
    ("arrivals.uasc", "scale: 1.2\nadd: 3\nunit: arrivals per month", "gives scale and add"),
    ("arrivals.uasc", "set_per_year: 3", "set_per_year: is not for arrivals, expected set_per_month"),
    ("rate.care_entry", "set_per_month: 3", "set_per_month: is not for rate, expected set_per_year"),
    ("price.childrens_home", "set_per_month: 3", "price cannot be set: each authority has its own"),
    ("places.childrens_home", "set_per_year: 3", "places cannot be set: households and homes answer use"),
    ("posts", "set_per_year: 3", "posts cannot be set"),
    ("cost.social_workers", "set_per_year: 3", "expected scale (1.05 is 5 % more)"),
    ("price.childrens_home", "add: 5\nunit: share of the price", "add: is 5, expected a share that is added, from -1 to 1: 5 % more is 0.05"),
    ("posts", "add: {triangular: [0, 2, 5]}\nunit: share of posts", "add: can be 0 to 5, expected a share"),
    ("places.childrens_home", "add: 4\nunit: places per authority", "the key 'owner' is missing: places that are added are somebody's"),
    ("places.childrens_home", "add: -4\nunit: places per authority\nowner: private", "for fewer places scale them"),
    ("rate.care_entry", "scale: 1.1\nowner: private", "owner: is for places, entrants, exits, not for rate"),
    ("places.childrens_home", "scale: 1.1\nmonths_to_open: 6", "months_to_open: belongs with places that are added"),
    ("rates.care_entry", "scale: 1.1", "did you mean 'rate'"),
    ("rate.care_entri", "scale: 1.1", "did you mean 'care_entry'"),
    ("arrivals.usac", "scale: 1.1", "did you mean 'uasc'"),
    ("plan.move", "scale: 1.1", "expected plan.CONTEXT.PLACEMENT"),
    ("capacity.court", "scale: 1.1", "did you mean 'courts'"),
])  # fmt: skip
def test_the_generic_lever_refuses_what_it_cannot_mean(tmp_path, quantity, how, message):
    said = faults(tmp_path, f"change:\n  start: 2026-04\n  quantity: {quantity}\n" + "\n".join(f"  {line}" for line in how.splitlines()))
    assert message in said
    assert re.match(r".*mine\.yaml:\d+:\d+: ", said)


REACHED = """
edge_of_care:
  start: 2026-04
  reach: {share: {2026-04: 0.2}, fidelity: 1.0}
  entry: {hazard_ratio: 0.9%s}
  targets: [%s]
"""


@pytest.mark.parametrize(("more", "target", "message"), [
    (", ages: [10_to_16]", "child_in_need.accommodated", "10_to_15"),
    (", ages: [10_to_15]", "child_in_need.enquiry", "does not depend on age"),
    (", delayed_share: 0.5", "child_in_need.accommodated", "needs lasts_months"),
    ("", "child_in_need.accomodated", "did you mean"),
    (", strength_by_needs: [1.0, 1.0]", "child_in_need.accommodated", "strength_by_needs"),
])  # fmt: skip
def test_an_effect_on_those_reached_refuses_what_it_cannot_act_on(tmp_path, more, target, message):
    assert message in faults(tmp_path, REACHED % (more, target))


@pytest.mark.parametrize(("given", "message"), [
    ({}, "gives no amount"),
    ({"gbp_per_event": 5}, "events: belong with gbp_per_event"),
    ({"gbp_per_week": 5}, "stage: belongs with gbp_per_week"),
    ({"gbp_per_week": 5, "stage": "looked_after", "gbp_once_per_authority": 5}, "gives gbp_once_per_authority and gbp_per_week"),
    ({"gbp_once_per_authority": 5, "lasts_months": 3, "ramp_months": 6}, "less than ramp_months"),
    ({"gbp_once_per_authority": 5, "fades_over_months": 3}, "without lasts_months"),
])  # fmt: skip
def test_a_cost_says_exactly_what_it_is_per(given, message):
    with pytest.raises(ValueError, match=message):
        CostPart.model_validate({"label": "A line", **given})


def test_a_reach_before_the_branch_is_refused(tmp_path):
    said = faults(tmp_path, (REACHED % ("", "child_in_need.accommodated")).replace("share: {2026-04", "share: {2024-04"))
    assert "2024-04" in said


def test_a_shock_in_which_nothing_happens_is_refused(tmp_path):
    assert "nothing happens" in faults(tmp_path, "shock:\n  start: 2026-04")
