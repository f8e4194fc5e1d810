"""Levers that act on the same: what is said of committed policy, that nobody is reached twice over, and how compositions overlap."""

import pytest
from command_line import call
from scenario_files import HEAD, at, expect, faults_of

from scenarios.composing import find_file, shipped_names
from scenarios.documents import read_document
from scenarios.loading import load
from scenarios.overlaps import acted_on, notes

pytestmark = pytest.mark.unit

CHANGE = "  - change: {name: %s, start: 2026-04, quantity: %s}\n"
COOPERATIVE = """  - regional_care_cooperative:
      start: 2026-04
      set_up_months: 24
      double_running_months: 18
      pooled_shares: {agency_foster: 1.0}
      bought: [agency_foster]
      price_gain: 0.02
      set_up_gbp_per_authority: 1
      running_gbp_per_authority_per_year: 1
      double_running_gbp_per_authority_per_year: 1
%s"""
HOMES = "      authority_homes: {places_per_authority: 4, from: 2026-10, months_to_register: 18, capital_gbp_per_place: 200000}\n"
FAMILIES_FIRST = """  - families_first:
      name: %s
      start: 2026-04%s
      reach: {share: {2026-04: %s}, fidelity: 1.0}
      entry: {hazard_ratio: 0.9}
      enquiries: {ratio: 1.0}
"""
BEYOND = "\n      beyond_baseline: families beyond those reached before"


def messages(path) -> str:
    return "\n".join(str(fault) for fault in faults_of(path))


# ---------------------------------------------------------------- what committed policy holds


@pytest.mark.parametrize(("quantity", "held"), [
    ("rate.care_entry, scale: 0.8", "families_first"),
    ("rate.family_help.accommodated, scale: 0.8", "families_first"),  # one of the group's transitions
    ("rate.family_help.accommodated, set_per_year: 0.01", "families_first"),  # whichever way that is
    ("rate.pre_proceedings.issued_at_home, scale: 0.9", "family_group_duty"),
    ("rate.pre_proceedings.resolved, scale: 1.1", "family_group_duty"),  # what takes up the difference
    ("arrivals.family, scale: 0.95", "two_child_limit"),
    ("'arrivals.family', add: -3, unit: arrivals per month", "two_child_limit"),
    ("places.in_house_foster, scale: 1.1", "fostering_plan"),
    ("exits.in_house_foster, scale: 0.9", "fostering_plan"),
    ("entrants.in_house_foster, scale: 1.1", "fostering_plan"),
    ("places.authority_childrens_home, add: 4, unit: places per authority, owner: authority", "homes_capital"),
])  # fmt: skip
def test_a_change_in_the_direction_of_committed_policy_says_what_it_adds(write, quantity, held):
    path = write(HEAD + "levers:\n" + CHANGE % ("mine", quantity))
    expect(path, (4, 5), "levers.mine", f"baseline.yaml holds {held} already", "which also", "expected `beyond_baseline:`", f"`without: [{held}]`")
    load(write(HEAD + f"without: [{held}]\nlevers:\n" + CHANGE % ("mine", quantity)))
    load(write(HEAD + "levers:\n" + CHANGE % ("mine", f"{quantity}, beyond_baseline: what a test adds to it")))


@pytest.mark.parametrize("quantity", [
    "rate.care_entry, scale: 1.2",  # the other way
    "rate.care_entry, scale: 1.0",
    "rate.care_entry, scale: {triangular: [0.9, 1.0, 1.1]}",
    "arrivals.family, scale: 1.05",
    "exits.in_house_foster, scale: 1.1",
    "rate.closed.re_referral, scale: 0.9",  # what no policy acts on
    "places.childrens_home, scale: 0.9",
    "price.childrens_home, add: -0.05, unit: share of the price",
])  # fmt: skip
def test_a_change_the_other_way_or_of_something_else_need_not(write, quantity):
    assert "mine" in {lever.name for lever in load(write(HEAD + "levers:\n" + CHANGE % ("mine", quantity))).levers}


def test_a_cooperative_that_opens_homes_says_what_they_add_and_one_without_homes_need_not(write):
    load(write(HEAD + "levers:\n" + COOPERATIVE % ""))
    found = messages(write(HEAD + "levers:\n" + COOPERATIVE % HOMES))
    assert "levers.regional_care_cooperative: baseline.yaml holds homes_capital already" in found
    assert "raises places of authority_childrens_home" in found


def test_every_lever_held_is_named_and_the_group_by_its_name(write):
    shock = "  - shock:\n      start: 2026-04\n      arrivals: {family: {ratio: 0.9}}\n      rates: {care_entry: {ratio: 0.9}}\n"
    path = write(HEAD + "levers:\n" + shock)
    found = messages(path)
    assert "holds families_first already (from 2026-04), which also lowers the hazard of care_entry;" in found
    assert "holds two_child_limit already (from 2026-04), which also lowers arrivals of family;" in found
    assert "`without: [families_first, two_child_limit]`" in found


def test_what_comes_back_of_a_delay_is_no_effect_of_its_own():
    found = load("edge-of-care")
    (lever,) = [one for one in found.levers if one.kind == "edge_of_care"]
    hazards = [ways for (what, _), ways in acted_on(lever, found.pathway).items() if what == "the hazard of"]
    assert hazards == [{-1}] * 3


@pytest.mark.parametrize("words", ["x", "yes", "beyond the baseline"])
def test_a_word_or_two_say_nothing(write, words):
    path = write(HEAD + "levers:\n" + CHANGE % ("mine", f"rate.care_entry, scale: 0.8, beyond_baseline: {words}"))
    line, column = at(path, "beyond_baseline:")
    expect(path, (line, column + len("beyond_baseline: ")), "levers.mine.beyond_baseline", "expected a sentence of 4 words or more")


# ---------------------------------------------------------------- whom programmes reach together


def test_a_second_programme_reaches_no_more_than_are_left(write):
    path = write(HEAD + "levers:\n" + FAMILIES_FIRST % ("second", BEYOND, "1.0"))
    expect(path, at(path, "reach:"), "levers.second.reach", "second reaches 1 beyond families_first (0.15)", "makes 1.15", "expected 1 or less")
    load(write(HEAD + "levers:\n" + FAMILIES_FIRST % ("second", BEYOND, "0.85")))
    load(write(HEAD + "without: [families_first]\nlevers:\n" + FAMILIES_FIRST % ("second", "", "1.0")))


def test_all_programmes_of_a_kind_are_counted_in_one_file_too(write):
    text = "levers:\n" + "".join(FAMILIES_FIRST % (name, BEYOND, "0.45") for name in ("second", "third"))
    path = write(HEAD + text)
    assert "third reaches 0.45 beyond families_first (0.15) and second (0.45), which makes 1.05" in messages(path)


def test_programmes_of_different_kinds_reach_families_by_draws_of_their_own(write):
    reached = "\n      reach: {share: {2026-04: 1.0}, fidelity: 1.0}\n      entry: {hazard_ratio: 0.9}\n"
    found = load(write(HEAD + "levers:\n  - edge_of_care:\n      start: 2026-04" + BEYOND + reached))
    assert {lever.name for lever in found.levers} >= {"edge_of_care", "families_first"}


# ---------------------------------------------------------------- compositions


def composes(name: str) -> bool:
    """Whether a shipped file extends two reforms or more, or has levers of its own that act on what those of a reform below act on."""
    document, found = read_document(find_file(name)), load(name)
    extends = document.data.get("extends", [])
    if isinstance(extends, list) and len(extends) > 1:
        return True
    own = {lever.name for lever in found.levers if found.document.mark(("levers", lever.name)).file == document.file}
    reforms = [lever for lever in found.levers if lever.name not in found.committed]
    return any(
        acted_on(one, found.pathway).keys() & acted_on(other, found.pathway).keys()
        for one in reforms for other in reforms if one.name in own and other.name not in own
    )  # fmt: skip


def test_every_shipped_composition_says_how_its_levers_overlap():
    made = [name for name in shipped_names() if composes(name)]
    assert {"care-review-2022", "families-first", "kinship-first"} <= set(made)
    assert [name for name in made if not load(name).overlap] == []


def test_levers_that_meet_are_told_by_what_they_do(write):
    found = load(write("name: Three\nextends: [early-help, edge-of-care, fostering]\n"))
    (said,) = found.meetings
    assert said.startswith("family_help and edge_of_care act on the same: teams' capacity; the hazard of assessment.accommodated, ")
    assert said.endswith("Their ratios multiply.")
    assert not notes([lever for lever in found.levers if lever.name in ("fostering", "edge_of_care")], found.pathway)


def test_what_a_composition_says_goes_with_whoever_extends_it():
    late = load("delayed-two-years")
    assert list(late.overlap) == ["kinship-first.yaml", "care-review-2022.yaml"]
    assert "whose ratios multiply" in late.overlap["care-review-2022.yaml"]


@pytest.mark.parametrize("words", ["[1, 2]", "they do", "''"])
def test_an_overlap_is_a_sentence(write, words):
    path = write(f"name: Two\nextends: [early-help, kinship]\noverlap: {words}\n")
    expect(path, (3, 10), "overlap", "expected")


def test_validate_says_that_levers_meet_and_explain_prints_what_the_file_says(write, capsys):
    two = write("name: Two\nextends: [early-help, edge-of-care]\n", "two.yaml")
    status, out, _ = call(capsys, "validate", two, "early-help", "kinship-first")
    assert status == 0
    assert "family_help and edge_of_care act on the same" in " ".join(out.split())
    assert out.count("levers meet") == 1
    said = write("name: Two\nextends: [early-help, edge-of-care]\noverlap: a teenager in a family helped has both ratios\n", "said.yaml")
    status, out, _ = call(capsys, "validate", said)
    assert "levers meet" not in out
    status, out, _ = call(capsys, "explain", said)
    assert status == 0
    assert "How its levers act on the same children" in out
    assert "a teenager in a family helped has both ratios" in out
    assert "family_help and edge_of_care act on the same" in " ".join(out.split())
