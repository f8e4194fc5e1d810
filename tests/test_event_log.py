"""The event log in words, as stays, and in the shapes of other tools: hand-made logs, each outcome worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from event_rows import BEGINS, HELPED, REFERRED, REMOVED, rows, together

from outputs.animation_log import UNKNOWN, animation_log
from outputs.event_log import case_name, process_log
from outputs.event_words import activity, shipped_stages
from outputs.stays import dates, stays, waits
from sim.model import day_of

pytestmark = pytest.mark.unit

ENDS = BEGINS + 365.0
KNOWN = (  # a family open as the log begins, with one child in care whose placement shows and one whose placement does not
    (10.0, 0, "stage_entry", "child_in_need", "closed"),
    (10.0, 0, "exit", "section_47", ""),
    (40.0, 1, "move", "in_house_foster", "agency_foster"),
    (60.0, 2, "exit", "looked_after", "aged_out"),
    (60.0, 2, "stage_entry", "aged_out", "care_leaver"),
)


@pytest.mark.parametrize(
    ("event", "before", "after", "words"),
    [
        ("arrival", "", "referral", "Referral"),
        ("stage_entry", "assessment", "child_in_need", "Child in need"),
        ("stage_entry", "", "section_47", "Section 47 enquiry"),
        ("exit", "section_47", "", "Section 47 enquiry ended without a conference"),
        ("exit", "child_protection_plan", "", "Child protection plan ended"),
        ("wait", "early_help", "early_help", "Waiting list joined: targeted early help"),
        ("reneged", "early_help", "early_help", "Waiting list left without a place: targeted early help"),
        ("stage_entry", "", "childrens_home", "Placed in a children's home"),
        ("move", "childrens_home", "with_parents", "Placed with parents"),
        ("move", "agency_foster", "agency_foster", "Moved to another placement: foster care (independent agency)"),
        ("move", "kinship_foster_provisional", "kinship_foster", "Kinship carer approved"),
        ("stage_entry", "reunified", "looked_after", "Started to be looked after"),
        ("exit", "looked_after", "aged_out", "Ceased to be looked after: turned 18"),
        ("exit", "looked_after", "special_guardianship", "Ceased to be looked after: special guardianship order"),
        ("stage_entry", "interim_care_order", "care_order", "Legal status: full care order"),
        ("exit", "closed", "", None),
        ("exit", "aged_out", "", None),
        ("exit", "adopted", "", "Turned 18 after leaving care"),
        ("exit", "family_help", "", "Support ended: no child under 18 at home"),
        ("arrival", "", "", "Unaccompanied child arrives"),
    ],
)
def test_events_have_the_words_of_the_field(event, before, after, words):
    assert activity(event, before, after, shipped_stages()) == words


def test_every_stage_of_the_pathway_has_a_name_and_none_has_anothers():
    names = [activity("stage_entry", "", stage, shipped_stages()) for stage in shipped_stages()]
    assert all(names)
    assert len(set(names)) == len(names)


def test_a_stage_of_ones_own_goes_by_its_label():
    mine = {**shipped_stages(), "mentoring": {"label": "Mentoring", "track": "support", "in_care": False, "passed_through": False}}
    assert activity("stage_entry", "", "mentoring", mine) == "Mentoring"
    assert activity("exit", "mentoring", "", mine) == "Mentoring ended"


def test_times_become_dates():
    found = dates(pd.Series([0.0, BEGINS, BEGINS + 0.5, day_of("2028-02") + 28 + 86_399.5 / 86_400]))
    assert found.tolist() == [pd.Timestamp(text) for text in ("1990-04-01", "2025-04-01", "2025-04-01 12:00", "2028-02-29 23:59:59")]


# ---------------------------------------------------------------- stays


def test_stays_begin_and_end_with_what_is_logged():
    found = stays(rows(*REFERRED, *REMOVED), shipped_stages(), BEGINS, ENDS)
    own = {(row.child, row.stage): (row.start - BEGINS, row.end - BEGINS, row.open) for row in found.itertuples()}
    assert own[0, "referral"] == (0.5, 1.5, False)
    assert own[0, "child_protection_plan"] == (36.0, 100.5, False)
    assert own[0, "closed"] == (330.0, 330.0, False)
    assert own[1, "looked_after"] == own[1, "childrens_home"] == own[1, "interim_care_order"] == (100.5, 300.0, False)
    assert own[1, "reunified"] == (300.0, 365.0, True)
    assert own[3, "placement_order"] == (300.0, 365.0, True)
    assert own[3, "kinship_foster"] == (200.0, 340.0, False)
    assert not found["began_before"].any()
    assert found.loc[found["stage"] == "initial_conference", "following"].item() == "child_protection_plan"


def test_what_was_open_before_the_log_shows_from_its_first_change():
    found = stays(rows(*KNOWN), shipped_stages(), BEGINS, ENDS)
    before = found[found["began_before"]]
    assert {(row.child, row.stage, row.end - BEGINS, row.open) for row in before.itertuples()} == {
        (0, "child_in_need", 10.0, False), (0, "section_47", 10.0, False), (1, "in_house_foster", 40.0, False),
        (1, "looked_after", 365.0, True), (2, "looked_after", 60.0, False),
    }  # fmt: skip
    assert (before["start"] == BEGINS).all()


def test_waits_end_in_a_place_or_without():
    left = ((5.0, 0, "stage_entry", "assessment", "early_help"), (5.0, 0, "wait", "early_help", "early_help"),
            (25.0, 0, "reneged", "early_help", "early_help"), (25.0, 0, "stage_entry", "early_help", "closed"))  # fmt: skip
    waiting = ((300.0, 0, "wait", "early_help", "early_help"),)
    log = together(rows(*REFERRED, *HELPED), rows(*left, family=12), rows(*waiting, family=16))
    found = {row.family: (row.start - BEGINS, row.end - BEGINS, row.outcome) for row in waits(log, ENDS).itertuples()}
    assert found == {8: (60.0, 90.0, "admission"), 12: (5.0, 25.0, "reneged"), 16: (300.0, 365.0, "")}


# ---------------------------------------------------------------- for process mining


def log():
    """Two families in one log, their events mixed, and one family of that number in another authority."""
    return together(rows(*REFERRED, *REMOVED), rows(*KNOWN, family=12), rows(*REFERRED, area="Bath and North East Somerset"))


def test_a_case_is_a_family_with_its_childrens_events_in_order():
    found = process_log(log())
    assert found.columns[:3].tolist() == ["case:concept:name", "concept:name", "time:timestamp"]
    cases = found["case:concept:name"]
    assert (cases != cases.shift()).sum() == cases.nunique() == 3  # none is scattered
    assert found.groupby("case:concept:name")["time:timestamp"].agg(lambda times: times.is_monotonic_increasing).all()
    own = found[cases == "Leeds-8"]
    assert len(own) == len(REFERRED) + len(REMOVED) - 1  # a closed case forgotten is not an activity
    assert own["concept:name"].tolist()[:4] == ["Referral", "Assessment", "Section 47 enquiry", "Initial child protection conference"]
    assert set(own["child"].dropna()) == {"Leeds-8-1", "Leeds-8-3"}
    assert own["time:timestamp"].iloc[0] == pd.Timestamp("2025-04-01 12:00")
    assert (own["case:stream"] == "family").all()
    assert not found[["case:concept:name", "concept:name", "time:timestamp"]].isna().any(axis=None)


def test_a_case_can_be_a_child():
    found = process_log(log(), case="child")
    own = found.loc[found["case:concept:name"] == "Leeds-8-3", "concept:name"].tolist()
    assert own == [
        "Started to be looked after", "Legal status: interim care order", "Placed in kinship foster care (temporarily approved)",
        "Kinship carer approved", "Legal status: placement order", "Placed for adoption",
    ]  # fmt: skip
    assert set(found["case:concept:name"]) == {"Leeds-8-1", "Leeds-8-3", "Leeds-12-1", "Leeds-12-2"}


def test_what_would_be_two_stories_in_one_case_is_refused():
    both = pd.concat([rows(*REFERRED), rows(*REFERRED, scenario="early-help")])
    with pytest.raises(ValueError, match=r"2 scenarios \(baseline, early-help\), expected one"):
        process_log(both)
    with pytest.raises(ValueError, match="no case 'person', expected family or child"):
        process_log(rows(*REFERRED), case="person")


def test_names_are_of_authority_family_and_child():
    assert (case_name("Leeds", 8), case_name("Leeds", 8, 3)) == ("Leeds-8", "Leeds-8-3")


def test_who_only_waits_has_not_had_help():
    gave_up = ((60.0, 0, "stage_entry", "", "intensive_family_help"), (60.0, 0, "wait", "intensive_family_help", "intensive_family_help"),
               (250.0, 0, "stage_entry", "family_help", "closed"), (250.0, 0, "exit", "intensive_family_help", ""),
               (250.0, 0, "reneged", "intensive_family_help", "intensive_family_help"))  # fmt: skip
    assert process_log(rows(*gave_up))["concept:name"].tolist() == [
        "Waiting list joined: intensive family help", "Case closed", "Waiting list left without a place: intensive family help",
    ]  # fmt: skip
    assert "Place found: intensive family help" in process_log(rows(*REFERRED, *HELPED))["concept:name"].tolist()
    assert steps(animation_log(rows(*REFERRED[:2], *gave_up), None, BEGINS, ENDS), "Leeds-8/1")[-2:] == [
        (60.0, "Waiting: intensive family help"), (250.0, "depart"),
    ]  # fmt: skip
    late = gave_up[2:]  # waiting already when the log begins
    assert steps(animation_log(rows(*late), None, BEGINS, ENDS), "Leeds-8/1") == [
        (0.0, "arrival"), (0.0, "Waiting: intensive family help"), (250.0, "depart"),
    ]  # fmt: skip


# ---------------------------------------------------------------- for animation


def steps(table, entity):
    """Where an entity is, and from which day."""
    own = table[table["entity_id"] == entity]
    return list(zip(own["time"], own["event"], strict=True))


def test_a_family_is_where_its_foremost_track_is():
    found = animation_log(rows(*REFERRED, *REMOVED), None, BEGINS, ENDS)
    assert steps(found, "Leeds-8/1") == [
        (0.5, "arrival"), (0.5, "Referral"), (1.5, "Assessment"), (20.25, "Section 47 enquiry"), (32.0, "Initial child protection conference"),
        (36.0, "Child protection plan"), (100.5, "Care proceedings"), (300.0, "Family Help"), (330.0, "depart"),
    ]  # fmt: skip
    assert steps(found, "Leeds-8-1/1") == [(100.5, "arrival"), (100.5, "Children's home"), (300.0, "depart")]
    assert [event for _, event in steps(found, "Leeds-8-3/1")][-1] == "Placed for adoption"  # still there at the end
    assert set(found["pathway"]) == {"family in need", "child in care"}


def test_who_waits_is_shown_waiting():
    found = animation_log(rows(*REFERRED, *HELPED, (251.0, 0, "stage_entry", "closed", "referral")), None, BEGINS, ENDS)
    # The plan goes before the wait and the help; once it ends, help goes before need.
    assert steps(found, "Leeds-8/1")[-3:] == [(36.0, "Child protection plan"), (150.0, "Intensive family help"), (250.0, "depart")]
    assert steps(found, "Leeds-8/2") == [(251.0, "arrival"), (251.0, "Referral")]
    early = animation_log(rows(*REFERRED[:2], (9.0, 0, "stage_entry", "assessment", "early_help"), (9.0, 0, "wait", "early_help", "early_help"),
                               (19.0, 0, "admission", "early_help", "early_help")), None, BEGINS, ENDS)  # fmt: skip
    assert steps(early, "Leeds-8/1")[3:] == [(9.0, "Waiting: targeted early help"), (19.0, "Targeted early help")]


def test_who_is_known_from_before_is_there_when_the_log_begins():
    found = animation_log(rows(*KNOWN), None, BEGINS, ENDS)
    assert steps(found, "Leeds-8/1") == [(0.0, "arrival"), (0.0, "Section 47 enquiry"), (10.0, "depart")]
    assert steps(found, "Leeds-8-1/1") == [(0.0, "arrival"), (0.0, "Foster care, the authority's own"), (40.0, "Foster care, independent agency")]
    assert steps(found, "Leeds-8-2/1") == [(0.0, "arrival"), (0.0, UNKNOWN), (60.0, "depart")]


def test_an_entity_comes_and_goes_once():
    found = animation_log(log(), None, BEGINS, ENDS)
    counts = pd.crosstab(found["entity_id"], found["event"])
    assert (counts["arrival"] == 1).all()
    assert (counts["depart"] <= 1).all()
    assert np.all(np.diff(found["time"]) >= 0)
    assert (found.groupby("entity_id")["event"].first() == "arrival").all()
    assert (found["event_type"] == np.where(found["event"].isin(["arrival", "depart"]), "arrival_departure", "queue")).all()
