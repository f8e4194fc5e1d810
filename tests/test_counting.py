"""Measures by the Department for Education's rules: years, stocks, flows, percentages, and who is counted."""

import numpy as np
import pytest
from experiment_sample import compiled_and_tally

from scenarios.timeline import month_range
from sim.counting import annual, complete_years, monthly, share_of_care_leavers, tally_months
from sim.measures import COUNTED, HEADLINES, MEASURES, RATIOS
from sim.tallies import after, beside, only

pytestmark = pytest.mark.unit


def value(values, name, area=0, year=0):
    return values[area, list(MEASURES).index(name), year]


@pytest.fixture
def model():
    return compiled_and_tally()


def rows(compiled, *names):
    return [compiled.stage_names.index(name) for name in names]


def test_every_measure_says_what_it_counts():
    assert len(HEADLINES) == 10
    assert set(COUNTED) | set(RATIOS) == set(MEASURES)
    assert all(m.label and m.unit and m.over in ("sum", "mean", "last") for m in MEASURES.values())
    assert all(m.role in ("input", "fitted", "outcome") for m in MEASURES.values() if m.published)
    assert all(top in COUNTED and bottom in COUNTED for top, bottom, _ in (MEASURES[n].ratio_of for n in RATIOS))


def test_years_run_from_april_to_march_and_only_whole_ones_count():
    years = complete_years(month_range("2024-01", "2026-02"))
    assert years == {2025: slice(3, 15)}
    assert list(complete_years(month_range("2024-04", "2026-03"))) == [2025, 2026]


def test_flows_add_up_and_stocks_are_those_of_31_march(model):
    compiled, tally, _ = model
    (referral,) = rows(compiled, "referral")
    (plan,) = rows(compiled, "child_protection_plan")
    tally.entered_children[0, :, referral] = 10
    tally.children_end[0, :, plan] = np.arange(36)
    found = annual(tally, compiled)
    assert value(found, "referrals") == 120
    assert [value(found, "cpp_at31", year=y) for y in range(3)] == [11, 23, 35]
    assert value(found, "referrals", area=1) == 0


def test_percentages_are_ratios_of_the_years_counts(model):
    compiled, tally, _ = model
    (referral,) = rows(compiled, "referral")
    k = compiled.transition_names.index("referral.no_further_action")
    tally.entered_children[0, :12, referral] = [10] * 6 + [30] * 6
    tally.fired_children[0, :12, k] = [1] * 6 + [0] * 6
    assert value(annual(tally, compiled), "nfa_pct") == pytest.approx(100 * 6 / 240)


def test_children_in_need_are_a_union_without_children_counted_twice(model):
    compiled, tally, _ = model
    stages = compiled.scenario.pathway.stages
    tally.children_end[0, 11, :] = 1
    open_stages = [name for name in compiled.stage_names if stages[name].in_need]
    assert {"assessment", "child_in_need", "looked_after", "care_leaver"} <= set(open_stages)
    assert not {"early_help", "child_protection_plan", "closed", "in_house_foster"} & set(open_stages)
    assert value(annual(tally, compiled), "cin_at31") == len(open_stages)


def test_care_starts_count_a_child_once_a_year_and_ages_add_up(model):
    compiled, tally, _ = model
    tally.started[0, :12] = 5
    tally.started_once[0, :12, :, 0], tally.started_once[0, :12, :, 1] = 3, 1
    found = annual(tally, compiled)
    ages = ("under_1", "1_to_4", "5_to_9", "10_to_15", "16_plus")
    assert value(found, "cla_started") == 12 * 5 * 4
    assert sum(value(found, f"cla_started_{age}") for age in ages) == value(found, "cla_started")
    assert value(found, "cla_started_non_uasc") == 12 * 5 * 3


def test_placement_groups_cover_every_placement(model):
    compiled, tally, _ = model
    tally.children_end[0, 11, rows(compiled, *compiled.placement_names)] = 1
    found = annual(tally, compiled)
    groups = ("foster", "childrens_home", "supported", "with_parents", "adoption", "other")
    assert sum(value(found, f"{group}_at31") for group in groups) == len(compiled.placement_names)


def test_admissions_are_entries_that_did_not_wait_and_those_from_the_list(model):
    compiled, tally, _ = model
    place = compiled.place_names.index("family_help")
    tally.entered[0, 0, rows(compiled, "early_help")] = 20
    tally.queue[0, 0, place] = [8, 5, 1, 60.0, 2]
    tally.queue[0, 11, place, 4] = 9
    found = annual(tally, compiled)
    assert value(found, "early_help_admissions") == 20 - 8 + 5
    assert value(found, "early_help_waiting") == 9
    assert value(found, "early_help_wait_days") == 60.0 / (20 - 8 + 5)


def test_pressure_is_work_over_capacity_and_overload_is_counted_by_month(model):
    compiled, tally, _ = model
    tally.work[0], tally.pressure[0] = 900.0, 0.9
    tally.work[0, 3], tally.pressure[0, 3] = 1200.0, 1.2
    found = annual(tally, compiled)
    assert value(found, "pressure") == pytest.approx((11 * 900 + 1200) / (12 * 1000))
    assert value(found, "months_above_1") == 1
    assert monthly(tally, compiled)[0, HEADLINES.index("pressure"), 3] == pytest.approx(1.2)


def test_the_share_of_care_leavers_aged_19_to_21_follows_the_pathway(model):
    assert 0.5 < share_of_care_leavers(model[0].scenario.pathway) < 0.65


def test_tallies_join_in_time_and_across_areas(model):
    compiled, tally, _ = model
    tally.pressure[...] = np.arange(36)
    _, later, _ = compiled_and_tally(first="2027-04", last="2027-06")
    whole = after(tally, later)
    assert tally_months(whole, compile_until("2027-06"))[-1] == "2027-06"
    assert beside([tally, tally]).pressure.shape == (4, 36)
    cut = only(tally, compiled, month_range("2025-04", "2026-03"))
    assert cut.pressure[0].tolist() == list(range(12, 24))
    with pytest.raises(ValueError, match="does not begin"):
        after(later, tally)


def compile_until(last):
    return compiled_and_tally(last=last)[0]
