"""What an event of the log is called: one activity for each row, in the field's words, from the stage left and the stage entered.

Stages are described as the manifest describes them (`sim.pathway_counts.described`): label, track, in_care, passed_through. Stages of a pathway of
one's own that are not named here go by their label.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from scenarios.loading import load
from scenarios.pathway_schema import FAMILY_TRACKS
from sim.kernels.layout import EVENT_NAMES
from sim.pathway_counts import described

Stages = Mapping[str, Mapping[str, Any]]
ARRIVAL, ENTRY, MOVE, WAIT, ADMISSION, EXIT, RENEGED = EVENT_NAMES
QUEUES = (WAIT, ADMISSION, RENEGED)  # events that change no stage
NOT_OPEN = ("closed", "no_child_at_home")  # stages of need in which nobody works with the family
APPROVAL = ("kinship_foster_provisional", "kinship_foster")  # of a carer the child lives with already: no move
PLACES = {  # where a child lives, after "in" or "to"
    "kinship_foster_provisional": "kinship foster care (temporarily approved)",
    "kinship_foster": "kinship foster care",
    "in_house_foster": "foster care (the authority's own)",
    "agency_foster": "foster care (independent agency)",
    "authority_childrens_home": "a children's home (the authority's own)",
    "childrens_home": "a children's home",
    "secure_home": "a secure children's home",
    "awaiting_secure_home": "a stopgap, waiting for a secure children's home",
    "youth_detention": "youth detention accommodation",
    "supported_accommodation": "supported accommodation",
    "unregistered": "an unregistered placement",
    "other_placement": "other accommodation (family centre, hospital, custody or other)",
}
PLACED_OTHERWISE = {"with_parents": "Placed with parents", "adoption_placement": "Placed for adoption"}
CEASED = {"aged_out": "turned 18", "other_exit": "other reasons"}
ENTERED = {
    "closed": "Case closed",
    "newborn": "Birth in a family in need",
    "disabled_child_support": "Long-term support of a disabled child",
    "care_proceedings": "Care proceedings issued",
    "care_leaver": "Support as a care leaver",
    "staying_put": "Staying put with former foster carers",
}
ENDED = {
    "section_47": "Section 47 enquiry ended without a conference",
    "initial_conference": "Initial child protection conference ended without a plan",
    "pre_proceedings": "Pre-proceedings ended without proceedings",
    "care_proceedings": "Care proceedings ended: final hearing",
    "care_leaver": "Support as a care leaver ended",
}
NAMES = ("Family Help",)
UNACCOMPANIED_ARRIVAL = "Unaccompanied child arrives"
STARTED_CARE = "Started to be looked after"
NO_CHILD = "Support ended: no child under 18 at home"
ADULT = "Turned 18 after leaving care"


@cache
def shipped_stages() -> Stages:
    """Return the stages of the pathway that is shipped, described."""
    return described(load("baseline").pathway)["stages"]


def stages_of(about: Mapping[str, Any]) -> Stages:
    """Return the stages of a scenario as the manifest tells of it (or `Results.metadata`); the shipped pathway's where it has none."""
    return (about.get("pathway") or {}).get("stages") or shipped_stages()


def lowered(label: str) -> str:
    """Return a label as it stands within a sentence; names and abbreviations keep their capitals."""
    return label if label in NAMES or label[1:2].isupper() else label[:1].lower() + label[1:]


def place(stage: str, stages: Stages) -> str:
    """Return a placement as a noun: a children's home."""
    return PLACES.get(stage) or lowered(stages[stage]["label"])


def track_of(before: str, after: str, stages: Stages) -> str:
    """Return the track of an event; empty where it has no stage."""
    return stages[after or before]["track"] if after or before else ""


def activity(event: str, before: str, after: str, stages: Stages) -> str | None:
    """Return what an event is called; None for what only keeps the books (a closed case forgotten, a story over as it leaves care).

    Parameters
    ----------
    event, before, after
        `event`, `stage_from` and `stage_to` of a row of the log; empty for none.
    """
    if not (before or after):
        return UNACCOMPANIED_ARRIVAL if event == ARRIVAL else None
    track = track_of(before, after, stages)
    if track in FAMILY_TRACKS:
        return _of_family(event, before, after, track, stages)
    if track == "placement":
        return _placed(event, before, after, stages)
    if track == "legal":
        return f"Legal status: {lowered(stages[after]['label'])}" if after else None
    return _of_care(event, before, after, stages)


def _of_family(event: str, before: str, after: str, track: str, stages: Stages) -> str | None:
    """Return what an event of a family is called."""
    label = stages[after or before]["label"]
    if event == WAIT:
        return f"Waiting list joined: {lowered(label)}"
    if event == ADMISSION:
        return f"Place found: {lowered(label)}"
    if event == RENEGED:
        return f"Waiting list left without a place: {lowered(stages[before]['label'])}"
    if after:
        return ENTERED.get(after, label)
    if track == "need":
        return None if before in NOT_OPEN else NO_CHILD
    return ENDED.get(before, f"{label} ended")


def _placed(event: str, before: str, after: str, stages: Stages) -> str:
    """Return what a placement, or a move to one, is called."""
    if (before, after) == APPROVAL:
        return "Kinship carer approved"
    if before == after:
        return f"Moved to another placement: {place(after, stages)}"
    if after in PLACED_OTHERWISE:
        return PLACED_OTHERWISE[after]
    return f"{'Moved to' if event == MOVE else 'Placed in'} {place(after, stages)}"


def _of_care(event: str, before: str, after: str, stages: Stages) -> str | None:
    """Return what an event of being looked after, or of what follows, is called."""
    if after and stages[after]["in_care"]:
        return STARTED_CARE
    if before and stages[before]["in_care"]:
        return f"Ceased to be looked after: {CEASED.get(after) or lowered(stages[after]['label'])}"
    if (before, after) == ("staying_put", "care_leaver"):
        return "Left former foster carers"
    if after:
        return ENTERED.get(after, stages[after]["label"])
    if stages[before]["passed_through"]:
        return None
    return ENDED.get(before, ADULT)
