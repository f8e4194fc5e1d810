"""What a reform changes, taken or left part by part: scenarios in between are valid, paired, and draw the same numbers."""

from itertools import chain, combinations

import pytest
from attribution_sample import ELSEWHERE, TWO

from scenarios.loading import load
from scenarios.parts import NUMBERS, PartsError, between, parts_of
from scenarios.register import register
from sim.compile_actions import draws

pytestmark = pytest.mark.unit
ASSESSMENT = "  stages.assessment.duration.median_working_days: {2027-09: 30}\n"
HOMES = "  settings.prices.real_growth_per_year.childrens_home: 0.073\n"
HELP = "  levers.family_help.effects.care_entry.hazard_ratio: 0.97\n"


def names(baseline, reform):
    return [(part.name, part.change) for part in parts_of(load(baseline), load(reform))]


def every(parts):
    listed = [part.name for part in parts]
    return list(chain.from_iterable(combinations(listed, n) for n in range(len(listed) + 1)))


def test_parts_are_levers_in_order_then_changed_numbers(write):
    assert names("baseline", write(TWO)) == [("family_help", "added"), ("kinship", "added")]
    both = write(TWO + "set:\n" + ASSESSMENT)
    assert names("baseline", both) == [("family_help", "added"), ("kinship", "added"), (NUMBERS, "changed")]
    assert names("baseline", "baseline") == []


def test_levers_changed_and_left_out_are_parts_too(write):
    assert names("early-help", "kinship") == [("kinship", "added"), ("family_help", "removed")]
    assert names("early-help", write("name: Weak\nextends: early-help\nset:\n" + HELP)) == [("family_help", "changed")]
    labels = [part.label for part in parts_of(load("early-help"), load("kinship"))]
    assert labels == ["kinship", "without family help"]


def test_a_set_of_a_levers_number_belongs_to_the_lever_and_settings_of_the_run_to_nothing(write):
    path = write(TWO + "settings: {replicates: 60}\nset:\n" + HELP)
    assert names("baseline", path) == [("family_help", "added"), ("kinship", "added")]
    reform = load(path)
    without, with_it = (between(load("baseline"), reform, [name]) for name in ("kinship", "family_help"))
    assert without.overrides == ()
    assert with_it.overrides == reform.overrides
    ratio = next(a.hazard_ratio for a in with_it.actions if a.name == "family_help.care_entry")
    assert ratio.mean == 0.97


def test_ends_are_the_scenarios_themselves_and_all_between_have_their_own_hash_and_share_the_past(write):
    baseline, reform = load("baseline"), load(write(TWO + "set:\n" + ASSESSMENT + HOMES))
    found = {taken: between(baseline, reform, taken) for taken in every(parts_of(baseline, reform))}
    assert found[()] is baseline
    assert found["family_help", "kinship", NUMBERS] is reform
    assert len(found) == len({one.hash for one in found.values()}) == len({one.key for one in found.values()}) == 8
    assert {one.history_hash for one in found.values()} == {baseline.history_hash}
    for taken, one in found.items():
        assert [lever.name for lever in one.levers if lever.name not in one.committed] == [name for name in taken if name != NUMBERS]
        assert one.epochs("2026-04")  # dated after the branch, and every pathway valid
        assert register(one)


def test_the_order_in_which_parts_are_taken_changes_nothing(write):
    baseline, reform = load("baseline"), load(write(TWO + "set:\n" + HOMES))
    one, other = between(baseline, reform, ["kinship", NUMBERS]), between(baseline, reform, [NUMBERS, "kinship"])
    assert (one.hash, one.key) == (other.hash, other.key)
    again = between(load("baseline"), load(write(TWO + "set:\n" + HOMES)), ["kinship", NUMBERS])
    assert again.hash == one.hash


def test_one_lever_taken_is_the_scenario_of_that_lever(write):
    baseline, reform = load("baseline"), load(write(TWO))
    for key, lever in (("early-help", "family_help"), ("kinship", "kinship")):
        taken, shipped = between(baseline, reform, [lever]), load(key)
        assert taken.actions == shipped.actions
        assert taken.hash == shipped.hash  # what decides results is the same, so results are
        assert draws(taken.actions, 3, 5) == draws(shipped.actions, 3, 5)
        assert draws(taken.actions, 3, 5).items() <= draws(reform.actions, 3, 5).items()


def test_changed_numbers_are_taken_or_left(write):
    baseline, reform = load("baseline"), load(write(TWO + "set:\n" + ASSESSMENT + HOMES))
    without, only = (between(baseline, reform, taken) for taken in (["family_help", "kinship"], [NUMBERS]))
    growth = [one.settings.prices.real_growth_per_year["childrens_home"].mean for one in (baseline, without, only, reform)]
    assert growth == [growth[0], growth[0], 0.073, 0.073]
    assert growth[0] != 0.073
    assert [len(one.epochs("2026-04")) for one in (without, only)] == [1, 2]


def test_what_cannot_be_told_apart_is_refused(write):
    other = write(ELSEWHERE, "elsewhere.yaml")
    with pytest.raises(PartsError, match="different pasts"):
        parts_of(load("baseline"), load(other))
    with pytest.raises(PartsError, match="no part 'homes', expected some of family_help"):
        between(load("baseline"), load("early-help"), ["homes"])
    renamed = write(load("early-help").text.replace("  - family_help:\n", f"  - family_help:\n      name: {NUMBERS}\n"), "named.yaml")
    with pytest.raises(PartsError, match="another name"):
        parts_of(load("baseline"), load(renamed))
