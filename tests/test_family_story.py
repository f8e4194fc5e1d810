"""One family's story: words worked out by hand from hand-made logs, what scenarios share, who is worth reading, and mistakes told plainly."""

from datetime import date

import pandas as pd
import pytest
from event_rows import BEGINS, HELPED, REFERRED, REMOVED, rows, together

from outputs.event_words import shipped_stages
from outputs.family_plot import Bar, Lane, _labelled, family_timeline
from outputs.family_story import FamilyError, families_worth_reading, family_story, with_what_stays
from outputs.family_words import SAME_DAYS, Told, at_first, dated_sentences, differences, gathered, in_words
from outputs.stays import stays, told_once

pytestmark = pytest.mark.unit

ENDS = BEGINS + 365.0


def told(events, label="Baseline"):
    events = events.reset_index(drop=True)
    return Told(label.lower(), label, told_once(events), stays(events, shipped_stages(), BEGINS, ENDS), shipped_stages(), BEGINS, ENDS)


def later(events, days, after=0.0):
    """The same events, those after a day so many days later."""
    return tuple((day + days * (day > after), *rest) for day, *rest in events)


def test_a_story_in_words():
    one = told(rows(*REFERRED, *REMOVED))
    found = in_words("Leeds-8", *gathered([one]))
    assert found == [
        "Family Leeds-8 is simulated: no such family exists. Its children are numbered by birth.",
        "1 April 2025: the family is referred.",
        "2 April 2025: an assessment begins.",
        "21 April 2025: a section 47 enquiry begins.",
        "3 May 2025: an initial child protection conference is called.",
        "7 May 2025: a child protection plan begins.",
        "21 May 2025: Family Help begins.",
        "10 July 2025: care proceedings are issued; children 1 and 3 start to be looked after (legal status: interim care order); "
        "child 1 is placed in a children's home; child 3 is placed in kinship foster care (temporarily approved); "
        "the child protection plan ends; no child is left at home.",
        "18 October 2025: child 3 lives on with the kinship carer, who is now approved.",
        "26 January 2026: care proceedings end with the final hearing; child 1 ceases to be looked after: returned home; "
        "child 3 has a new legal status: placement order; Family Help begins.",
        "25 February 2026: the case is closed.",
        "7 March 2026: child 3 is placed for adoption.",
        "When the log ends, on 31 March 2026, child 1 has left care: returned home; child 3 is looked after: placed for adoption, placement order.",
    ]
    assert one.days_in_care == pytest.approx((300.0 - 100.5) + (365.0 - 100.5))


def test_what_was_open_when_the_log_begins_is_said():
    known = rows((10.0, 0, "exit", "child_protection_plan", ""), (10.0, 0, "stage_entry", "child_in_need", "closed"),
                 (40.0, 1, "move", "in_house_foster", "agency_foster"))  # fmt: skip
    assert at_first(told(known)) == (
        "When the log begins, on 1 April 2025, the family is open: child in need and child protection plan; "
        "child 1 is looked after: foster care (the authority's own)."
    )


@pytest.mark.parametrize(("shift", "same"), [(SAME_DAYS, True), (SAME_DAYS + 1.0, False)])
def test_a_few_days_are_no_other_story(shift, same):
    one, other = told(rows(*REFERRED, *REMOVED)), told(rows(*REFERRED, *later(REMOVED, shift)), "Reform")
    when, apart = differences(one, other)
    assert (when == float("inf")) is same
    assert when == (float("inf") if same else BEGINS + 100.5)
    assert apart == (shift if same else 0.0)


@pytest.mark.parametrize("days", [(95.0, 105.0), (105.0, 95.0)])
def test_an_event_that_lies_on_both_sides_of_the_difference_is_told_once_in_each_scenario(days):
    """Days 95 and 105 are one event, a few days apart; what differs, day 100, lies between."""
    enquiry = [(day, 0, "stage_entry", "", "section_47") for day in days]
    baseline = told(rows(*REFERRED[:1], (100.0, 0, "stage_entry", "", "child_protection_plan"), enquiry[0]))
    reform = told(rows(*REFERRED[:1], enquiry[1]), "Reform")
    found = in_words("Leeds-8", *gathered([baseline, reform]))
    times = {label: sum("section 47 enquiry begins" in words and (words.startswith(f"Under {label}") or words[0].isdigit()) for words in found)
             for label in ("Baseline", "Reform")}  # fmt: skip
    assert times == {"Baseline": 1, "Reform": 1}


def test_who_stays_in_care_without_an_event_is_known_from_another_scenario():
    moves = rows((40.0, 1, "move", "in_house_foster", "agency_foster"))
    one, other = with_what_stays([told(moves), told(moves.iloc[:0], "Reform")])
    assert (one.days_in_care, other.days_in_care) == (365.0, 365.0)
    found = in_words("Leeds-8", *gathered([one, other]))
    assert "Days in care within the log, all children together: Baseline 365; Reform 365." in found
    assert any(words.startswith("Under Reform, when the log ends") and "child 1 is looked after" in words for words in found)


def test_scenarios_with_one_story_are_told_together():
    same, other = told(rows(*REFERRED, *later(REMOVED, 3.0)), "Reform"), told(rows(*REFERRED, *HELPED), "Help")
    stories, when, apart = gathered([told(rows(*REFERRED, *REMOVED)), same, other])
    assert [[one.label for one in story] for story in stories] == [["Baseline", "Reform"], ["Help"]]
    assert (when, apart) == (BEGINS + 60.0, 3.0)
    found = in_words("Leeds-8", stories, when, apart)
    assert "The same event can come up to 3 days earlier or later in another scenario; these are Baseline's dates." in found
    at = found.index("From 31 May 2025 the scenarios differ.")
    assert found[at - 1] == "21 May 2025: Family Help begins."
    assert found[at + 1].startswith("Under Baseline and Reform, 10 July 2025: care proceedings are issued;")
    assert "Under Help, 31 May 2025: the family joins the waiting list for intensive family help." in found
    assert "Under Help, 30 June 2025: a place is found for the family: intensive family help." in found
    assert found[-2] == "Days in care within the log, all children together: Baseline and Reform 464; Help 0."


def test_a_family_no_scenario_touches_is_said_to_be_so():
    both = together(rows(*REFERRED), rows(*REFERRED, scenario="early-help"))
    _, found = family_story(both, "Leeds-8")
    assert found[1] == "The story is the same under baseline and early-help: what they change does not reach this family."
    assert sum("the family is referred" in words for words in found) == 1


def test_an_unaccompanied_child_has_a_story():
    came = ((3.0, 0, "arrival", "", ""), (3.0, 1, "stage_entry", "", "looked_after"), (3.0, 1, "stage_entry", "", "section_20"),
            (3.0, 1, "stage_entry", "", "supported_accommodation"), (90.0, 1, "exit", "looked_after", "aged_out"),
            (90.0, 1, "stage_entry", "aged_out", "care_leaver"))  # fmt: skip
    found = dated_sentences(told(rows(*came, family=9)))
    assert found == {
        date(2025, 4, 4): "4 April 2025: child 1 arrives unaccompanied; child 1 starts to be looked after (legal status: section 20 (voluntary "
        "agreement)); child 1 is placed in supported accommodation.",
        date(2025, 6, 30): "30 June 2025: child 1 ceases to be looked after: turned 18; child 1 has support as a care leaver from now on.",
    }


# ---------------------------------------------------------------- who is there


def several():
    """Seven families of growing numbers of events, in two authorities, the largest number in both."""
    parts = [rows(*REFERRED[: 1 + n], family=4 * n) for n in range(6)]
    return together(*parts, rows(*REFERRED, *REMOVED, family=40), rows(*REFERRED, family=40, area="Bradford"))


def test_who_is_not_there_is_told_who_is():
    with pytest.raises(FamilyError) as told_so:
        family_story(several(), "Leeds-999")
    assert str(told_so.value) == (
        "no family Leeds-999 in the event log; those with most events are Leeds-40 (23 events), Bradford-40 (6 events), Leeds-20 (6 events), "
        "Leeds-16 (5 events), Leeds-12 (4 events)"
    )


def test_a_number_of_two_families_asks_which():
    with pytest.raises(FamilyError, match="2 authorities have a family 40: say which, Bradford-40, Leeds-40"):
        family_story(several(), 40)
    assert family_story(several(), "bradford 40")[1][0].startswith("Family Bradford-40 ")
    assert family_story(several(), "Leeds-40-3")[1][0].startswith("Family Leeds-40 ")  # a child's name is its family's too
    assert family_story(several(), 20)[1][0].startswith("Family Leeds-20 ")


def test_a_number_longer_than_any_is_refused():
    with pytest.raises(FamilyError, match="is no family's name"):
        family_story(several(), "Leeds-99999999999999999999")


def test_what_is_no_name_is_refused():
    with pytest.raises(FamilyError, match="'the Smiths' is no family's name, expected one such as Leeds-18844"):
        family_story(several(), "the Smiths")


def test_families_worth_reading_are_of_several_kinds_and_whole():
    base = [rows(*REFERRED[:2], (9.0 + n, 0, "stage_entry", "assessment", "closed"), *later(REFERRED[1:2], 20.0) * n, family=4 * n) for n in range(3)]
    cut = rows(*REMOVED, family=80)  # known from before the log: its story does not begin in it
    first = together(*base, rows(*REFERRED, *REMOVED, family=40), rows(*REFERRED, family=44), cut)
    reform = first[first["family"] != 40].assign(scenario="early-help")
    found = families_worth_reading(pd.concat([first, reform, rows(*REFERRED, *HELPED, family=40, scenario="early-help")], ignore_index=True))
    assert list(found.itertuples(index=False, name=None)) == [
        ("Leeds-4", "assessed, then closed", 4),
        ("Leeds-44", "child protection plan, and no care", 6),
        ("Leeds-40", "care, and home again", 23),
    ]
    only = families_worth_reading(pd.concat([first[first["family"] == 40].replace("reunified", "relatives"), reform], ignore_index=True))
    assert only["why"].tolist() == ["several children in care"]


# ---------------------------------------------------------------- the picture


def test_labels_go_where_they_have_room():
    def wheres(*bars, legal=False):
        return [bar.where for bar in _labelled(Lane("", [Bar(*bar, "#ffffff") for bar in bars], legal), 10.0, 400.0).bars]

    assert wheres((0.0, 100.0, "plan")) == ["inside"]
    assert wheres((0.0, 1.0, "plan"), (100.0, 200.0, "plan")) == ["beside", "inside"]
    assert wheres((0.0, 1.0, "plan"), (1.0, 2.0, "plan"), (2.0, 100.0, "plan")) == ["above", "", "inside"]
    assert wheres((0.0, 1.0, "referral"), (1.0, 3.0, "assessment"), (3.0, 100.0, "plan")) == ["", "above", "inside"]  # the longer stay is named
    assert wheres((0.0, 1.0, "plan"), (1.0, 100.0, "plan"), legal=True) == ["", "inside"]


def texts(figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_the_picture_has_a_panel_for_each_story_with_the_same_rows():
    stories, when, _ = gathered([told(rows(*REFERRED, *REMOVED)), told(rows(*REFERRED, *HELPED), "Help")])
    figure = family_timeline("Leeds-8", stories, when)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Baseline: 464 days in care, all children together", "Help: 0 days in care, all children together",
    ]  # fmt: skip
    for axes in figure.axes:
        shown = [text.get_text() for text in axes.texts]
        assert [name for name in shown if name in ("Need", "Help", "Protection", "Court", "Child 1", "Child 3")] == [
            "Need", "Help", "Protection", "Court", "Child 1", "Child 3",
        ]  # fmt: skip
        assert "differs from 31 May 2025" in shown
    assert "returned home" in texts(figure)
    assert "waiting" in [text.get_text() for text in figure.axes[1].texts]
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
