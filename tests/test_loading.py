"""Scenario files: what loads, what `set` and `extends` mean, and how every kind of bad input is reported."""

import copy
import re
import textwrap
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.documents import parse_document
from scenarios.faults import ScenarioError
from scenarios.loading import available_scenarios, load
from scenarios.names import name_hash
from scenarios.overrides import apply as apply_overrides
from scenarios.overrides import find_path, read_overrides
from scenarios.pathway_checks import check_pathway
from scenarios.pathway_schema import Pathway
from scenarios.register import register

pytestmark = pytest.mark.unit
SHIPPED = Path(__file__).parent.parent / "scenarios"
HEAD = "name: A test\nextends: baseline\n"


@pytest.fixture
def write(tmp_path):
    def writer(text: str | bytes, name: str = "mine.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return path

    return writer


def faults_of(path) -> list:
    with pytest.raises(ScenarioError) as caught:
        load(path)
    return caught.value.faults


def at(path, text: str, occurrence: int = 1) -> tuple[int, int]:
    """Return the line and column, from 1, where some text stands in a file."""
    source = Path(path).read_text()
    place = -1
    for _ in range(occurrence):
        place = source.index(text, place + 1)
    return source.count("\n", 0, place) + 1, place - source.rfind("\n", 0, place)


def expect(path, position: tuple[int, int], dotted: str, *parts: str) -> None:
    """Exactly one fault stands there, of that path, and its message holds the parts."""
    found = [fault for fault in faults_of(path) if (fault.line, fault.column, fault.path) == (*position, dotted)]
    assert found, "\n".join(str(fault) for fault in faults_of(path))
    for part in parts:
        assert part in found[0].message
    assert str(found[0]).startswith(f"{path}:{position[0]}:{position[1]}: {dotted}: ")


# ---------------------------------------------------------------- what loads


@pytest.mark.parametrize("name", ["baseline", "early-help", "regional-care-cooperative", "kinship"])
def test_shipped_scenarios_load_and_share_one_past(name):
    scenario = load(name)
    assert scenario.key == name
    assert scenario.history_hash == load("baseline").history_hash
    assert (scenario.hash == load("baseline").hash) == (name == "baseline")
    assert scenario.timeline[0] == ("2025-04", scenario.pathway)


def test_available_scenarios_are_those_shipped():
    assert set(available_scenarios()) == {path.stem for path in SHIPPED.glob("*.yaml")} - {"pathway"}


def test_a_comment_changes_no_hash_and_a_number_does(write):
    plain = load(write(HEAD))
    assert load(write(HEAD + "# a remark\n")).hash == plain.hash
    changed = load(write(HEAD + "set: {stages.assessment.case_weight: 1.5}\n"))
    assert changed.hash != plain.hash
    assert changed.history_hash == plain.history_hash


def test_extends_composes_several_in_order_and_a_shared_base_once(write):
    scenario = load(write("name: Both\nextends: [early-help, kinship]\n"))
    assert scenario.chain[:3] == ("baseline.yaml", "early-help.yaml", "kinship.yaml")
    assert [lever.name for lever in scenario.levers] == ["family_help", "kinship"]


def test_extends_a_file_beside_it(write):
    write(HEAD + "set: {stages.assessment.case_weight: 1.5}\n", "first.yaml")
    scenario = load(write("name: Second\nextends: first.yaml\n", "second.yaml"))
    assert scenario.timeline[0][1].stages["assessment"].case_weight == 1.5
    assert scenario.pathway.stages["assessment"].case_weight == 1.0


def test_dated_overrides_make_epochs_and_undated_ones_act_from_the_branch(write):
    scenario = load(
        write(
            HEAD + "set:\n"
            "  stages.assessment.case_weight: {2026-09: 0.9, 2028-01: 0.7}\n"
            "  stages.referral.case_weight: 0.2\n"
        )
    )
    weights = [
        (month, path.stages["assessment"].case_weight, path.stages["referral"].case_weight)
        for month, path in scenario.timeline
    ]
    assert weights == [("2025-04", 1.0, 0.2), ("2026-09", 0.9, 0.2), ("2028-01", 0.7, 0.2)]


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
    assert scenario.settings.prices.real_growth_per_year["childrens_home"].value == 0.073
    assert scenario.history_settings.prices.real_growth_per_year["childrens_home"].value == 0.04
    assert "family_help.effects.care_entry.hazard_ratio" not in scenario.uncertain


def test_epochs_refuse_dates_before_another_branch(write):
    scenario = load(write(HEAD + "set: {stages.assessment.case_weight: {2026-09: 0.9}}\n"))
    with pytest.raises(ScenarioError, match="before the branch month 2027-04"):
        scenario.epochs("2027-04")


def test_anchors_and_merges_work_and_own_keys_win():
    document = parse_document("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n", "f.yaml")
    assert document.data == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}}
    assert document.mark(("b", "y")).key_line == 4
    assert document.mark(("b", "x")).key_line == 1


def test_the_register_gives_every_number_a_file_a_line_and_tails():
    rows = register(load("early-help"))
    by_path = {row.path: row for row in rows}
    cost = by_path["levers.family_help.cost_per_family_gbp.value"]
    assert (cost.value, cost.range, cost.status, cost.file) == ("4200", "2300 to 5493", "assumed", "early-help.yaml")
    assert cost.line == at(SHIPPED / "early-help.yaml", "value: 4200")[0]
    assert by_path["stages.assessment.duration.tail_share"].value == "0.25"
    assert all(row.line > 0 and row.source and row.status in ("published", "derived", "assumed") for row in rows)


# ---------------------------------------------------------------- bad files


@pytest.mark.parametrize(
    ("content", "line", "column", "part"),
    [
        (b"", 1, 1, "empty"),
        (b"# nothing\n", 1, 1, "empty"),
        (b"- a\n- b\n", 1, 1, "holds a list, expected a mapping"),
        (b"just text\n", 1, 1, "expected a mapping"),
        (b"name: caf\xe9\n", 1, 10, "is not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 1, 1, "is not UTF-8"),
        (b"name: a\x00b\n", 1, 8, "is not YAML text"),
        (b"name: [1, 2\n", 2, 1, "is not YAML"),
        (b"name: *nobody\n", 1, 7, "is not YAML"),
        pytest.param(b"a: " + b"[" * 2000, 1, 1, "", id="nested too deeply"),
        pytest.param(b"name: " + b"x" * 1_100_000, 1, 1, "larger than", id="too large"),
    ],
)
def test_files_that_are_no_scenario(write, content, line, column, part):
    path = write(content)
    fault = faults_of(path)[0]
    assert part in fault.message
    if part:
        assert str(fault).startswith(f"{path}:{line}:{column}: ")


def test_a_missing_file_and_a_folder(tmp_path):
    assert "cannot be read: No such file" in str(faults_of(tmp_path / "none.yaml")[0])
    assert "is a folder" in str(faults_of(tmp_path)[0])


def test_an_unknown_scenario_offers_the_nearest():
    assert "did you mean 'early-help'?" in str(faults_of("early-hepl")[0])


def test_an_alias_bomb_is_harmless(write):
    levels = "\n".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 12))
    path = write("l0: &l0 [x]\n" + levels + "\n")
    assert any("through its aliases" in fault.message for fault in faults_of(path))


def test_an_alias_to_itself_is_a_fault(write):
    path = write(HEAD + "set: &a\n  stages: *a\n")
    assert any("part of" in fault.message for fault in faults_of(path))


def test_yaml_tags_make_no_objects(write):
    path = write(HEAD + "description: !!python/object/apply:os.system [true]\n")
    assert faults_of(path)


def test_a_duplicate_key(write):
    path = write(HEAD + "settings:\n  replicates: 10\n  replicates: 20\n")
    expect(path, (5, 3), "settings.replicates", "given twice (first on line 4)")


def test_unknown_keys_at_the_top(write):
    path = write(HEAD + "leavers: []\n")
    expect(path, (3, 1), "leavers", "unknown key 'leavers'", "did you mean 'levers'?")


def test_neither_extends_nor_pathway(write):
    assert "the key 'extends' is missing" in str(faults_of(write("name: Alone\n"))[0])


def test_extends_something_unknown(write):
    path = write("name: A\nextends: basline\n")
    expect(path, (2, 10), "extends", "there is no scenario 'basline'", "did you mean 'baseline'?")


def test_cyclic_extends(write):
    write("name: B\nextends: a.yaml\n", "b.yaml")
    path = write("name: A\nextends: b.yaml\n", "a.yaml")
    fault = faults_of(path)[0]
    assert (Path(fault.file).name, fault.line, fault.column, fault.path) == ("b.yaml", 2, 10, "extends")
    assert "extends itself" in fault.message


# ---------------------------------------------------------------- bad overrides


@pytest.mark.parametrize(
    ("entry", "column", "dotted", "parts"),
    [
        (
            "stages.asessment.case_weight: 1",
            3,
            "set.stages.asessment.case_weight",
            ["did you mean 'stages.assessment.case_weight'?"],
        ),
        (
            "stages.assessment.case_wieght: 1",
            3,
            "set.stages.assessment.case_wieght",
            ["did you mean 'stages.assessment.case_weight'?"],
        ),
        (
            "stages.assessment.case_weight: {2026-13: 1}",
            35,
            "set.stages.assessment.case_weight.2026-13",
            ["there is no month 13"],
        ),
        ("stages.assessment.case_weight: {soon: 1}", 35, "set.stages.assessment.case_weight.soon", ["YYYY-MM"]),
        (
            "stages.assessment.case_weight: {2026-02-30: 1}",
            35,
            "set.stages.assessment.case_weight.2026-02-30",
            ["YYYY-MM"],
        ),
        (
            "stages.assessment.case_weight: {2024-01: 1}",
            44,
            "set.stages.assessment.case_weight",
            ["before the branch month 2025-04"],
        ),
        (
            "stages.assessment.case_weight: heavy",
            34,
            "set.stages.assessment.case_weight",
            ["'heavy', expected a number"],
        ),
        ("stages.assessment.label: Other", 28, "set.stages.assessment.label", ["not structure"]),
        (
            "settings.replicates: {2026-01: 5}",
            25,
            "set.settings.replicates.2026-01",
            ["settings hold for the whole run"],
        ),
        ("stages.assessment.case_weight: -1", 34, "stages.assessment.case_weight", ["negative, expected at least 0"]),
        ("stages.referral.outcomes.assess.share: 0.5", 42, "stages.referral.outcomes", ["sum to 0.564, expected 1"]),
    ],
)
def test_bad_overrides(write, entry, column, dotted, parts):
    expect(write(HEAD + "set:\n  " + entry + "\n"), (4, column), dotted, *parts)


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
    assert (
        f"{path}:12:20: levers.family_help.ramp_months: is the text '12 months', expected a whole number without a unit"
        in messages
    )
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


# ---------------------------------------------------------------- bad pathways


def own_pathway(write, old: str, new: str, count: int = 1):
    """A baseline on a copy of the pathway with some text replaced; returns both paths."""
    source = (SHIPPED / "pathway.yaml").read_text()
    assert old in source
    pathway = write(source.replace(old, new, count), "own-pathway.yaml")
    scenario = write((SHIPPED / "baseline.yaml").read_text().replace("pathway: pathway", "pathway: own-pathway.yaml"))
    return scenario, pathway


REFERRAL_WORKING_DAYS = "quartiles_working_days: [0.5, 1, 1.5]"


@pytest.mark.parametrize(
    ("old", "new", "mark", "dotted", "parts"),
    [
        (
            REFERRAL_WORKING_DAYS,
            "quartiles_weeks: [0.5, 1, 1.5]",
            "quartiles_weeks",
            "stages.referral.duration.quartiles_weeks",
            ["did you mean 'quartiles_"],
        ),
        (
            REFERRAL_WORKING_DAYS,
            'quartiles_working_days: ["1 day", 2, 3]',
            '"1 day"',
            "stages.referral.duration.quartiles_working_days.0",
            ["without a unit"],
        ),
        (
            REFERRAL_WORKING_DAYS,
            "quartiles_working_days: [2, 1, 3]",
            "[2, 1, 3]",
            "stages.referral.duration.quartiles_working_days",
            ["1 follows 2, expected increasing"],
        ),
        (
            "to: assessment, share: 0.936",
            "to: asessment, share: 0.936",
            "asessment",
            "stages.referral.outcomes.assess.to",
            ["did you mean 'assessment'?"],
        ),
        (
            "to: assessment, share: 0.936",
            "to: assessment, share: 1.936",
            "1.936",
            "stages.referral.outcomes.assess.share",
            ["at most 1"],
        ),
        (
            "bands_days: [0, 7, 30]",
            "bands_days: [0, 30, 7]",
            "[0, 30, 7]",
            "stages.assessment.transitions.enquiry.rates_per_year.bands_days",
            ["7 follows 30"],
        ),
        (
            "bands_days: [0, 7, 30]",
            "bands_days: [0, 7]",
            "[",
            "stages.assessment.transitions.enquiry.rates_per_year.per_year",
            ["rates for 2 bands"],
        ),
        (
            "per_year: [9.5, ",
            "per_year: [-9.5, ",
            "-9.5",
            "stages.assessment.transitions.enquiry.rates_per_year.per_year.0",
            ["negative, expected at least 0"],
        ),
        (
            "per_year: [9.5, ",
            "per_year: [.inf, ",
            ".inf",
            "stages.assessment.transitions.enquiry.rates_per_year.per_year.0",
            ["finite"],
        ),
        (
            "at_age_years: 18\n",
            "at_age_years: 118\n",
            "118",
            "stages.looked_after.transitions.aged_out.at_age_years",
            ["at most 25"],
        ),
        (
            "shares: [0.60, 0.25",
            "shares: [0.50, 0.25",
            "[0.50, 0.25",
            "families.children.shares",
            ["sum to 0.9, expected 1"],
        ),
        (
            "track: protection",
            "track: protecton",
            "protecton",
            "stages.section_47.track",
            ["did you mean 'protection'?"],
        ),
        (
            "while: {section_47: 2.0",
            "while: {section_74: 2.0",
            "section_74",
            "stages.assessment.transitions.accommodated.while.section_74",
            ["did you mean 'section_47'?"],
        ),
        (
            "team: social_work",
            "team: social_werk",
            "social_werk",
            "stages.referral.team",
            ["did you mean 'social_work'?"],
        ),
    ],
)
def test_bad_pathways(write, old, new, mark, dotted, parts):
    scenario, pathway = own_pathway(write, old, new)
    found = [fault for fault in faults_of(scenario) if fault.path == dotted]
    assert found, "\n".join(str(fault) for fault in faults_of(scenario))
    fault = found[0]
    assert fault.file == str(pathway)
    assert all(part in fault.message for part in parts)
    if mark != "[":
        occurrences = (m.start() for m in re.finditer(re.escape(mark), pathway.read_text()))
        assert (fault.line, fault.column) in [position(pathway, place) for place in occurrences]


def position(path: Path, place: int) -> tuple[int, int]:
    source = path.read_text()
    return source.count("\n", 0, place) + 1, place - source.rfind("\n", 0, place)


def shipped_pathway() -> dict:
    return copy.deepcopy(parse_document((SHIPPED / "pathway.yaml").read_text(), "pathway.yaml").data)


def complaints(data: dict) -> list:
    return check_pathway(Pathway.model_validate(data), ["family_help"])


def test_the_shipped_pathway_is_sound():
    assert complaints(shipped_pathway()) == []


def test_a_stage_no_one_can_reach():
    data = shipped_pathway()
    data["stages"]["limbo"] = copy.deepcopy(data["stages"]["child_in_need"])
    found = complaints(data)
    assert [item.path for item in found] == [("stages", "limbo")]
    assert "no one can reach" in found[0].message


def test_a_stage_no_one_can_leave():
    data = shipped_pathway()
    data["stages"]["child_protection_plan"]["transitions"] = {}
    assert [item.path for item in complaints(data)] == [("stages", "child_protection_plan")]
    assert "no one can leave" in complaints(data)[0].message


def test_two_transitions_with_one_random_address(monkeypatch):
    monkeypatch.setattr("scenarios.pathway_checks.name_hash", lambda text: len(text))
    assert any("has the random address" in item.message for item in complaints(shipped_pathway()))


def test_name_hash_is_crc32_of_utf8():
    assert name_hash("referral.assess") == zlib.crc32(b"referral.assess")
    assert 0 <= name_hash("é") < 2**32


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
        f"  {'.'.join(path)}: " + (f"{{2026-04: {value}}}" if when else f"{value}")
        for path, value, when in zip(chosen, values, dated, strict=True)
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


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_no_bytes_make_a_traceback(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(content)
    with pytest.raises(ScenarioError):
        load(path)
