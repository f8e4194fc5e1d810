"""The pathway file: how a bad one is reported, and what is checked of stages and transitions together."""

import copy
import re
import zlib

import pytest
from scenario_files import SHIPPED, faults_of, position

from scenarios.documents import parse_document
from scenarios.names import name_hash
from scenarios.pathway_checks import check_pathway
from scenarios.pathway_schema import Pathway

pytestmark = pytest.mark.unit


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
        ("to: assessment, share: 0.936", "to: assessment, share: 1.936", "1.936", "stages.referral.outcomes.assess.share", ["at most 1"]),
        (
            "bands_days: [0, 7, 30]",
            "bands_days: [0, 30, 7]",
            "[0, 30, 7]",
            "stages.assessment.transitions.enquiry.rates_per_year.bands_days",
            ["7 follows 30"],
        ),
        ("bands_days: [0, 7, 30]", "bands_days: [0, 7]", "[", "stages.assessment.transitions.enquiry.rates_per_year.per_year", ["rates for 2 bands"]),
        (
            "per_year: [9.5, ",
            "per_year: [-9.5, ",
            "-9.5",
            "stages.assessment.transitions.enquiry.rates_per_year.per_year.0",
            ["negative, expected at least 0"],
        ),
        ("per_year: [9.5, ", "per_year: [.inf, ", ".inf", "stages.assessment.transitions.enquiry.rates_per_year.per_year.0", ["finite"]),
        ("at_age_years: 18\n", "at_age_years: 118\n", "118", "stages.looked_after.transitions.aged_out.at_age_years", ["at most 25"]),
        ("shares: [0.60, 0.25", "shares: [0.50, 0.25", "[0.50, 0.25", "families.children.shares", ["sum to 0.9, expected 1"]),
        ("track: protection", "track: protecton", "protecton", "stages.section_47.track", ["did you mean 'protection'?"]),
        (
            "while: {section_47: 2.0",
            "while: {section_74: 2.0",
            "section_74",
            "stages.assessment.transitions.accommodated.while.section_74",
            ["did you mean 'section_47'?"],
        ),
        ("team: social_work", "team: social_werk", "social_werk", "stages.referral.team", ["did you mean 'social_work'?"]),
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


# ---------------------------------------------------------------- stages and transitions together


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
