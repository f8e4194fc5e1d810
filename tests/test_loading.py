"""Scenario files: what loads, what `extends` means, and how files that are no scenario are reported."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenario_files import HEAD, SHIPPED, at, expect, faults_of

from scenarios.documents import parse_document
from scenarios.faults import ScenarioError
from scenarios.loading import available_scenarios, load
from scenarios.register import register

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("name", ["baseline", "early-help", "regional-care-cooperative", "kinship"])
def test_shipped_scenarios_load_and_share_one_past(name):
    scenario = load(name)
    assert scenario.key == name
    assert (scenario.history_hash == load("baseline").history_hash) == (scenario.fitted is None)  # fitted figures are another past
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
    assert [lever.name for lever in scenario.levers if lever.name not in scenario.committed] == ["family_help", "kinship"]


def test_extends_a_file_beside_it(write):
    write(HEAD + "set: {stages.assessment.case_weight: 1.5}\n", "first.yaml")
    scenario = load(write("name: Second\nextends: first.yaml\n", "second.yaml"))
    assert scenario.timeline[0][1].stages["assessment"].case_weight == 1.5
    assert scenario.pathway.stages["assessment"].case_weight == 1.0


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
    assert (by_path["families.sibling_gap_years.low"].unit, by_path["settings.prices.clip.low"].unit) == ("years", "multiple")
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
        pytest.param(b"a: " + b"[" * 1100, 1, 1, "", id="nested too deeply"),
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


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_no_bytes_make_a_traceback(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(content)
    with pytest.raises(ScenarioError):
        load(path)
