"""Levers: what they turn into, what they refuse, and dated series."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.actions import Cost, HelpEffect, ReachedEffect, ScaleRate, ScaleTeams, SetRate, Whom
from scenarios.actions_of_places import AddPlaces, PlanWeight, Pool, PriceGain
from scenarios.area_file import area_scenario
from scenarios.areas import find_area
from scenarios.faults import ScenarioError
from scenarios.loading import load
from scenarios.timeline import (
    MonthSeries,
    add_months,
    calendar_days,
    days_in_month,
    first_day,
    month_index,
    month_range,
    month_text,
    months_between,
    year_ending,
)
from sim.compile_actions import ratio_by_needs

pytestmark = pytest.mark.unit


def actions(name: str, kind: type) -> list:
    """Return the actions of a reform's own levers, of a kind; committed policy is in every scenario."""
    scenario = load(name)
    return [action for action in scenario.actions if isinstance(action, kind) and action.name.split(".")[0] not in scenario.committed]


def written(tmp_path, text: str):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return path


# ---------------------------------------------------------------- family help


def test_places_are_spend_over_cost_times_dwell_and_open_over_the_ramp():
    (places,) = actions("early-help", AddPlaces)
    dwell = load("early-help").pathway.mean_days("intensive_family_help") / 365.25
    assert places.mean_dwell_years == pytest.approx(dwell)
    assert places.places("2026-03", 100_000) == 0
    assert places.places("2026-04", 100_000) == pytest.approx(20 * 100_000 / 4200 * dwell / 18)
    assert places.places("2027-09", 100_000) == pytest.approx(20 * 100_000 / 4200 * dwell)
    assert places.places("2028-04", 100_000) == pytest.approx((20 + 25 / 18) * 100_000 / 4200 * dwell)
    assert places.places("2034-01", 100_000) == pytest.approx(45 * 100_000 / 4200 * dwell)


def test_the_money_is_spent_from_the_start():
    (cost,) = actions("early-help", Cost)
    assert [cost.series.at(month) for month in ("2026-03", "2026-04", "2028-03", "2028-04")] == [0, 20, 20, 45]
    assert (cost.basis, cost.amount.mean, cost.payer) == ("gbp_per_child_0_17_per_year", 1.0, "authority")


def test_the_effect_builds_fades_and_shares_one_draw():
    effects = [effect for effect in actions("early-help", HelpEffect) if effect.targets == ("care_entry",)]
    windows = [(effect.from_months, effect.until_months, effect.strength) for effect in effects]
    assert windows == [(0, 6, 0.5), (6, 24, 1.0), (24, 30, 0.75), (30, 36, 0.25)]
    assert {effect.hazard_ratio.name for effect in effects} == {"family_help.effects.care_entry.hazard_ratio"}
    assert {effect.fidelity.name for effect in effects} == {"family_help.fidelity"}


def test_more_enquiries_come_first():
    (bump,) = [effect for effect in actions("early-help", HelpEffect) if effect.targets == ("s47",)]
    assert (bump.from_months, bump.until_months) == (0, 18)
    assert bump.hazard_ratio.bounds[0] >= 1


def test_the_easiest_are_averted_first_and_on_average_as_many_as_the_ratio_says():
    entries = [action for action in actions("early-help", HelpEffect) if action.targets == ("care_entry",)]
    (strength,) = {action.whom.strength_by_needs for action in entries}
    assert list(strength) == sorted(strength, reverse=True)
    shares = np.cumsum(load("early-help").pathway.families.needs.shares)
    of_one, of_two = (float(np.diff(shares**children, prepend=0.0) @ strength) for children in (1, 2))  # by the neediest child at home
    assert of_two < 1.0 < of_one  # families with children at home have 1.6 on average
    assert of_one - of_two < 0.1
    assert {one.entry.strength_by_needs for name in ("families-first", "care-review-2022") for one in load(name).levers
            if one.kind == "families_first" and one.name not in load(name).committed} == {strength}  # fmt: skip


def test_a_strength_above_one_averts_at_most_all():
    assert ratio_by_needs(Whom(strength_by_needs=(1.15, 1.0, 0.6, 0.0)), 0.05) == pytest.approx([0.0, 0.05, 0.43, 1.0])


def test_help_takes_workers_from_teams_until_its_posts_are_filled():
    (teams,) = actions("early-help", ScaleTeams)
    assert teams.ratio.bounds == (0.97, 1.0)
    assert [teams.phase.at(month) for month in ("2026-03", "2026-04", "2029-09", "2029-10")] == [0.0, 1.0, 1.0, 0.0]


def test_families_are_offered_places_before_and_after_the_switch_over():
    offered = {action.target: action.per_year.mean for action in actions("early-help", SetRate)}
    name = "offered_intensive_family_help"
    assert offered == {f"child_in_need.{name}": 0.8, f"family_help.{name}": 0.8}


def test_reach_together_with_places_is_refused(tmp_path):
    path = written(tmp_path, "name: A\nextends: early-help\nset: {levers.family_help.reach: 0.3}\n")
    with pytest.raises(ScenarioError, match="no such path"):
        load(path)
    text = """name: A
extends: baseline
levers:
  - family_help:
      start: 2026-04
      reach: {2026-04: 0.3}
      ramp_months: 12
      spend_gbp_per_child_per_year: {2026-04: -3}
      cost_per_family_gbp: 4200
      offers_per_year: {child_in_need.offered_intensive_family_help: 0.5}
      fidelity: 1
      effects: {care_entry: {hazard_ratio: 0.85, from_months: 12, until_months: 6}}
"""
    with pytest.raises(ScenarioError) as caught:
        load(written(tmp_path, text))
    messages = str(caught.value)
    assert ":6:14: levers.family_help.reach: is given together with places" in messages
    assert ":8:47: levers.family_help.spend_gbp_per_child_per_year.2026-04: is -3: negative" in messages
    assert ":12:81: levers.family_help.effects.care_entry.until_months: 6 is not after from_months 12" in messages


def test_two_levers_of_a_kind_need_names(tmp_path):
    lever = """
  - family_help:
      start: 2026-04
      ramp_months: 12
      spend_gbp_per_child_per_year: {2026-04: 3}
      cost_per_family_gbp: 4200
      offers_per_year: {child_in_need.offered_intensive_family_help: 0.5}
      fidelity: 1
      effects: {}"""
    head = "name: A\nextends: do-nothing\nlevers:"
    with pytest.raises(ScenarioError, match="expected `name:` to tell two of a kind apart"):
        load(written(tmp_path, head + lever + lever + "\n"))
    named = lever.replace("start:", "name: second\n      start:")
    assert [item.name for item in load(written(tmp_path, head + lever + named + "\n")).levers] == [
        "family_help",
        "second",
    ]


# ---------------------------------------------------------------- regional care cooperative


def test_nothing_is_gained_before_the_third_year_but_costs_start_at_once():
    (pool,), (gain,) = actions("regional-care-cooperative", Pool), actions("regional-care-cooperative", PriceGain)
    assert pool.start == "2028-04"
    assert (gain.phase.at("2028-03"), gain.phase.at("2028-04")) == (0.0, 1.0)
    costs = {cost.basis: cost for cost in actions("regional-care-cooperative", Cost) if cost.end is None}
    assert {cost.start for cost in costs.values()} == {"2026-04"}
    (double,) = [cost for cost in actions("regional-care-cooperative", Cost) if cost.end]
    assert double.end == "2027-10"


def test_prices_may_rise_and_carers_stay_with_their_authority():
    (gain,) = actions("regional-care-cooperative", PriceGain)
    assert gain.fraction.bounds == pytest.approx((-0.02, 0.08))
    (pool,) = actions("regional-care-cooperative", Pool)
    assert dict(pool.shares) == {"agency_foster": 1.0, "childrens_home": 1.0}


# ---------------------------------------------------------------- kinship


def test_network_plans_move_outcomes_without_changing_time_in_stage():
    (effect,) = actions("kinship", ReachedEffect)
    outcomes = load("kinship").pathway.stages["pre_proceedings"].outcomes
    ratio = 0.81
    lost = [name.split(".")[1] for name in effect.targets]
    shares = {name: outcomes[name].share * ratio for name in lost}
    shares["resolved"] = outcomes["resolved"].share * (1 + effect.complement_weight * (1 - ratio))
    assert effect.complement == "pre_proceedings.resolved"
    assert sum(shares.values()) == pytest.approx(1)
    assert sum(shares[name] for name in lost) == pytest.approx(ratio * (1 - outcomes["resolved"].share))


def test_reach_of_network_plans_never_falls(tmp_path):
    (effect,) = actions("kinship", ReachedEffect)
    values = effect.reach.values("2025-04", "2035-03")
    assert list(values) == sorted(values)
    assert (values[0], values[-1]) == (0, 0.25)
    path = written(
        tmp_path, "name: A\nextends: kinship\nset:\n  levers.kinship.family_network_plans.reach: {2026-04: 0.3}\n"
    )
    with pytest.raises(ScenarioError, match="a lever takes its own dates"):
        load(path)


def test_allowances_are_paid_to_everyone_entitled():
    costs = {cost.name: cost for cost in actions("kinship", Cost)}
    uplift = costs["kinship.allowance_uplift"]
    assert uplift.stage == "special_guardianship"
    assert uplift.amount.mean == pytest.approx((20 + 40 + 54) / 3 * 0.75 * 1.53)
    new = costs["kinship.allowance_new"].amount
    assert new.mean == pytest.approx(0.5 * 0.25 * 1.53 * 194)
    claims = costs["kinship.informal_claims"].amount
    assert claims.bounds[0] == 0
    assert claims.bounds[1] == pytest.approx(0.03 * 0.0107 * 194 * 365.25 / 7)


def test_kin_weigh_more_in_both_plans_by_one_draw():
    weights = actions("kinship", PlanWeight)
    assert {(weight.plan, weight.placement) for weight in weights} == {
        ("entry", "kinship_foster_provisional"),
        ("move", "kinship_foster_provisional"),
    }
    assert len({weight.ratio.name for weight in weights}) == 1
    assert {rate.targets for rate in actions("kinship", ScaleRate)} == {
        ("looked_after.special_guardianship",),
        ("special_guardianship.re_entry",),
    }


@pytest.mark.parametrize("name", ["early-help", "regional-care-cooperative", "kinship"])
def test_action_names_tell_actions_apart(name):
    scenario = load(name)
    names = [(type(action), action.name, getattr(action, "from_months", None)) for action in scenario.actions]
    assert len(set(names)) == len(names)
    assert all(lever.first_month() >= scenario.settings.from_ for lever in scenario.levers)


# ---------------------------------------------------------------- an area's own figures


def test_an_area_file_gives_the_published_figures_and_takes_others(tmp_path):
    profile = find_area("Bolton")
    text = area_scenario(profile)
    same = load(written(tmp_path, text)).area("Bolton")
    for quantity in profile.quantities:
        assert same.series(quantity) == profile.series(quantity)
    changed = load(
        written(
            tmp_path,
            "name: A\nextends: baseline\nareas:\n  Bolton:\n    referrals: "
            "{by_year: {2025: 5000}, unit: referrals a year, source: our system, status: published}\n",
        )
    )
    assert changed.area("Bolton").value("referrals", 2025) == 5000
    assert changed.area("Bolton").record("referrals", 2025).source == "our system"
    assert changed.area("Bolton").value("referrals", 2024) == profile.value("referrals", 2024)
    assert changed.history_hash != load("baseline").history_hash


def test_bad_area_figures(tmp_path):
    text = """name: A
extends: baseline
areas:
  Boltn: {}
  Bolton:
    referals: {value: 3, unit: a year, source: us, status: published}
    referrals: {value: many, unit: a year, source: us, status: guessed}
"""
    path = written(tmp_path, text)
    with pytest.raises(ScenarioError) as caught:
        load(path)
    messages = str(caught.value)
    assert f"{path}:4:3: areas.Boltn: no area called 'Boltn'; did you mean Bolton" in messages
    assert f"{path}:6:5: areas.Bolton.referals: unknown quantity 'referals'" in messages
    assert "did you mean 'referrals'?" in messages
    assert f"{path}:7:24: areas.Bolton.referrals.value: is the text 'many', expected a number" in messages
    assert f"{path}:7:64: areas.Bolton.referrals.status: is the text 'guessed', expected one of" in messages


# ---------------------------------------------------------------- months and series

MONTHS = st.integers(1990 * 12, 2101 * 12 - 1)


@given(MONTHS, st.integers(-200, 200))
def test_months_are_whole_numbers_in_disguise(index, step):
    text = month_text(index)
    assert month_index(text) == index
    if 1990 * 12 <= index + step < 2101 * 12:
        assert months_between(text, add_months(text, step)) == step
    assert first_day(text).day == 1
    assert 28 <= days_in_month(text) <= 31


def test_financial_years_end_in_march():
    assert [year_ending(month) for month in ("2025-03", "2025-04", "2026-03")] == [2025, 2026, 2026]
    assert month_range("2025-11", "2026-02") == ("2025-11", "2025-12", "2026-01", "2026-02")
    assert calendar_days(45) == 63


@given(
    st.dictionaries(st.integers(24300, 24400), st.floats(0, 100), min_size=1, max_size=5),
    st.integers(0, 30),
)
def test_a_series_stays_between_its_values_and_ends_at_the_last(points, ramp):
    series = MonthSeries(tuple(sorted(points.items())), ramp)
    values = [series.at(index) for index in range(24290, 24460)]
    assert values[0] == 0
    assert values[-1] == pytest.approx(series.points[-1][1])
    assert min(values) >= -1e-9
    assert max(values) <= max(points.values()) + 1e-9
    levels = [level for _, level in series.points]
    if levels == sorted(levels):
        assert all(later >= earlier - 1e-9 for earlier, later in pairwise(values))
