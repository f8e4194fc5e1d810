"""What `set`, `settings` and `levers` of a scenario file do, and how bad ones are reported."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenario_files import HEAD, SHIPPED, at, expect, faults_of

from scenarios.documents import parse_document
from scenarios.faults import ScenarioError
from scenarios.loading import load
from scenarios.overrides import apply as apply_overrides
from scenarios.overrides import find_path, read_overrides
from sim.model import compile_model

pytestmark = pytest.mark.unit


def test_dated_overrides_make_epochs_and_undated_ones_act_from_the_branch(write):
    tail = "stages.assessment.duration.tail_median_working_days"
    scenario = load(write(HEAD + f"set:\n  {tail}: {{2026-09: 12, 2028-01: 9}}\n  stages.referral.case_weight: 0.2\n"))
    found = [
        (month, path.stages["assessment"].duration.tail_median_working_days, path.stages["referral"].case_weight)
        for month, path in scenario.timeline
    ]
    assert found == [("2025-04", 15, 0.2), ("2026-09", 12, 0.2), ("2028-01", 9, 0.2)]


def test_what_has_no_later_versions_cannot_be_dated_later(write):
    with pytest.raises(ScenarioError) as caught:
        load(write(HEAD + "set:\n  places.childrens_home.supply.months_to_open.latest: {2027-04: 30}\n"))
    (fault,) = caught.value.faults
    assert "only durations, shares of outcomes and rates change later" in fault.message
    load(write(HEAD + "set:\n  places.childrens_home.supply.months_to_open.latest: {2025-04: 30}\n"))


def test_what_is_set_of_places_acts_from_the_branch_and_not_in_history(write):
    scenario = load(write(HEAD + "set:\n  places.childrens_home.match_probability.sibling_factor: 0.9\n"))
    homes = list(scenario.pathway.places).index("childrens_home")
    factor = {
        history: compile_model(scenario, ("Rutland",), history=history).for_draw(1, 0).sibling_factor[homes] for history in (True, False)
    }
    assert factor == {True: 0.5, False: 0.9}


def test_a_median_scales_all_quartiles(write):
    scenario = load(write(HEAD + "set:\n  stages.assessment.duration.median_working_days: {2026-09: 30}\n"))
    before = scenario.pathway.stages["assessment"].duration.quartiles_working_days
    after = scenario.timeline[1][1].stages["assessment"].duration.quartiles_working_days
    assert after[1] == pytest.approx(30)
    assert [b / a for a, b in zip(before, after, strict=True)] == pytest.approx([30 / before[1]] * 3)


def test_settings_and_levers_can_be_set_without_a_date(write):
    scenario = load(
        write(
            """
            name: Harsher
            extends: early-help
            settings: {replicates: 40}
            set:
              levers.family_help.effects.care_entry.hazard_ratio: 1.0
              settings.prices.real_growth_per_year.childrens_home: 0.073
            """
        )
    )
    assert scenario.settings.replicates == 40
    assert scenario.settings.prices.real_growth_per_year["childrens_home"].mean == 0.073
    assert scenario.history_settings.prices.real_growth_per_year["childrens_home"].mean == pytest.approx(0.04)
    assert "family_help.effects.care_entry.hazard_ratio" not in scenario.uncertain


def test_epochs_refuse_dates_before_another_branch(write):
    scenario = load(write(HEAD + "set: {stages.assessment.duration.tail_median_working_days: {2026-09: 12}}\n"))
    with pytest.raises(ScenarioError, match="before the branch month 2027-04"):
        scenario.epochs("2027-04")


# ---------------------------------------------------------------- bad overrides


@pytest.mark.parametrize(
    ("entry", "column", "dotted", "parts"),
    [
        ("stages.asessment.case_weight: 1", 3, "set.stages.asessment.case_weight", ["did you mean 'stages.assessment.case_weight'?"]),
        ("stages.assessment.case_wieght: 1", 3, "set.stages.assessment.case_wieght", ["did you mean 'stages.assessment.case_weight'?"]),
        ("stages.assessment.case_weight: {2026-13: 1}", 35, "set.stages.assessment.case_weight.2026-13", ["there is no month 13"]),
        ("stages.assessment.case_weight: {soon: 1}", 35, "set.stages.assessment.case_weight.soon", ["YYYY-MM"]),
        ("stages.assessment.case_weight: {2026-02-30: 1}", 35, "set.stages.assessment.case_weight.2026-02-30", ["YYYY-MM"]),
        ("stages.assessment.case_weight: {2024-01: 1}", 44, "set.stages.assessment.case_weight", ["before the branch month 2025-04"]),
        ("stages.assessment.case_weight: heavy", 34, "set.stages.assessment.case_weight", ["'heavy', expected a number"]),
        ("stages.assessment.label: Other", 28, "set.stages.assessment.label", ["not structure"]),
        ("settings.replicates: {2026-01: 5}", 25, "set.settings.replicates.2026-01", ["settings hold for the whole run"]),
        ("stages.assessment.case_weight: -1", 34, "stages.assessment.case_weight", ["negative, expected at least 0"]),
        ("levers: 3", 11, "set.levers", ["levers holds no number but", "expected the path of one of its numbers"]),
        ("settings: 3", 13, "set.settings", ["settings holds no number but from"]),
        ("settings.budget: 3", 20, "set.settings.budget", ["expected the path of one of its numbers"]),
        ("stages.referral.outcomes.assess.share: 0.5", 42, "stages.referral.outcomes", ["sum to 0.564, expected 1"]),
    ],
)
def test_bad_overrides(write, entry, column, dotted, parts):
    expect(write(HEAD + "set:\n  " + entry + "\n"), (4, column), dotted, *parts)


RCC, HELP, SWITCH = "levers.regional_care_cooperative.pooled_shares", "levers.family_help", "settings.policy.families_first.authorities"


@pytest.mark.parametrize(("path", "value", "parts"), [
    (RCC, "{agency_foster: 0.5}", ["pooled_shares is a group of numbers", f"such as `{RCC}.agency_foster: 0.5`"]),
    (RCC, "{in_house_foster: 0.5}", ["pooled_shares holds agency_foster, childrens_home, and `set` does not add in_house_foster"]),
    (SWITCH, "{Torbay: 2027-04}", ["authorities is empty", "`settings: {policy: {families_first: {authorities: {Torbay: 2027-04}}}}`"]),
    (f"{HELP}.spend_gbp_per_child_per_year", "{2026-04: 30}", ["a lever takes its own dates", f"`{HELP}.spend_gbp_per_child_per_year.2026-04: 30`"]),
    (f"{HELP}.spend_gbp_per_child_per_year", "{2027-04: 30}", ["holds 2026-04, 2028-04, and `set` does not add 2027-04"]),
    (f"{HELP}.fidelity", "{uniform: [0.5, 0.9]}", ["is a distribution", f"`{HELP}.fidelity.triangular: ...` with its numbers"]),
    (f"{HELP}.cost_per_family_gbp", "{value: 4000}", ["is a distribution", "expected one number"]),
    ("stages.assessment.outcomes", "{in_need: 0.4}", ["outcomes is a group of numbers", "`stages.assessment.outcomes.in_need: 0.4`"]),
])  # fmt: skip
def test_a_group_is_set_number_by_number_and_the_message_says_how(write, path, value, parts):
    file = write(f"name: A\nextends: [early-help, regional-care-cooperative]\nset:\n  {path}: {value}\n")
    expect(file, at(file, value), f"set.{path}", *parts)
    assert "is not a month" not in str(faults_of(file))


def test_what_the_message_says_works(write):
    load(write("name: A\nextends: baseline\nsettings: {policy: {families_first: {authorities: {Torbay: 2027-04}}}}\n"))
    found = load(write(f"name: A\nextends: early-help\nset:\n  {HELP}.fidelity.triangular: [0.5, 0.6, 0.9]\n"))
    assert found.uncertain["family_help.fidelity"].numbers == (0.5, 0.6, 0.9)


# ---------------------------------------------------------------- bad settings and levers


def test_faults_come_all_at_once(write):
    path = write(
        """
        name: Many
        extends: baseline
        settings:
          until: 2020-13
          replicates: many
          policy: {families_first: {authorities: {Boltn: 2026-01}}}
        levers:
          - family_hlp: {}
          - family_help:
              start: 2026-04
              ramp_months: 12 months
              spend_gbp_per_child_per_month: {2026-04: 20}
              cost_per_family_gbp: -5
              offers_per_year: {child_in_ned.offered_intensive_family_help: 0.5}
              fidelity: {triangular: [0.9, 0.5, 1.0]}
              effects: {}
        set: {stages.closd.transitions.re_referral.rates_per_year.per_year: [1]}
        """
    )
    messages = "\n".join(str(fault) for fault in faults_of(path))
    assert f"{path}:5:10: settings.until: '2020-13' is not a month: there is no month 13" in messages
    assert f"{path}:6:15: settings.replicates: is the text 'many', expected a whole number" in messages
    assert f"{path}:9:5: levers.0.family_hlp: unknown lever 'family_hlp'" in messages
    assert "did you mean 'family_help'?" in messages
    assert f"{path}:12:20: levers.family_help.ramp_months: is the text '12 months', expected a whole number without a unit" in messages
    assert "did you mean 'spend_gbp_per_child_per_year'?" in messages
    assert f"{path}:14:28: levers.family_help.cost_per_family_gbp: can be -5, expected more than 0" in messages
    assert f"{path}:16:30: levers.family_help.fidelity.triangular: [0.9, 0.5, 1.0] decreases" in messages
    assert "did you mean 'stages.closed.transitions.re_referral.rates_per_year.per_year'?" in messages


def test_an_unknown_authority(write):
    path = write(HEAD + "settings:\n  policy:\n    families_first:\n      authorities: {Boltn: 2026-01}\n")
    expect(path, (6, 21), "settings.policy.families_first.authorities.Boltn", "did you mean Bolton")


def test_an_until_before_from(write):
    path = write(HEAD + "settings: {until: 2024-03}\n")
    expect(path, (3, 19), "settings.until", "2024-03 is not after from 2025-04")


def test_a_lever_acts_only_on_what_exists(write):
    text = (SHIPPED / "early-help.yaml").read_text().replace("care_entry:", "care_enty:")
    path = write(text)
    expect(path, at(path, "care_enty"), "levers.family_help.effects.care_enty", "did you mean 'care_entry'?")


# ---------------------------------------------------------------- properties

KEYS = st.sampled_from(["alpha", "beta", "gamma", "delta"])
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3))
TREES = st.recursive(NUMBERS, lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=4), max_leaves=12)


def leaves(tree, path=()):
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, (*path, key))
    else:
        yield path


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, TREES, min_size=1), st.data())
def test_overrides_do_what_a_dictionary_does(tree, data):
    """Overrides read from YAML and applied in order give what assignment to nested dictionaries gives."""
    root = {"stages": tree}
    chosen = data.draw(st.lists(st.sampled_from(list(leaves(root))), min_size=1, max_size=4, unique=True))
    values = data.draw(st.lists(NUMBERS, min_size=len(chosen), max_size=len(chosen)))
    dated = data.draw(st.lists(st.booleans(), min_size=len(chosen), max_size=len(chosen)))
    lines = [
        f"  {'.'.join(path)}: " + (f"{{2026-04: {value}}}" if when else f"{value}") for path, value, when in zip(chosen, values, dated, strict=True)
    ]
    found, faults = read_overrides(parse_document("set:\n" + "\n".join(lines) + "\n", "f.yaml"), root)
    assert not faults
    model = copy.deepcopy(root)
    for path, value in zip(chosen, values, strict=True):
        here = model
        for part in path[:-1]:
            here = here[part]
        here[path[-1]] = value
    before = copy.deepcopy(root)
    assert apply_overrides(root, found) == model
    assert root == before
    assert [item.month for item in found] == ["2026-04" if when else None for when in dated]


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, TREES, min_size=1), st.lists(KEYS, min_size=1, max_size=5))
def test_a_path_is_found_exactly_if_a_dictionary_has_it(tree, parts):
    here = tree
    exists = True
    for part in parts:
        exists = exists and isinstance(here, dict) and part in here
        here = here[part] if exists else None
    path, message = find_path(tree, ".".join(parts))
    assert (message is None) == exists
    assert path == (tuple(parts) if exists else ())
