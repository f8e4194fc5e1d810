"""One family's story in words: a sentence for each day on which something happens, and what scenarios change of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import pandas as pd

from outputs.event_words import (
    ADMISSION,
    ADULT,
    APPROVAL,
    NOT_OPEN,
    RENEGED,
    STARTED_CARE,
    WAIT,
    Stages,
    activity,
    lowered,
    place,
    track_of,
)
from outputs.stays import waits
from scenarios.pathway_schema import FAMILY_TRACKS
from scenarios.wording import listed
from sim.model import EPOCH

SAME_DAYS = 31.0  # a judgement: what is at most a month earlier or later is the same event
BEGINS = {
    "referral": "the family is referred",
    "assessment": "an assessment begins",
    "child_in_need": "support as children in need begins",
    "newborn": "a child is born while the family's need is open",
    "closed": "the case is closed",
    "no_child_at_home": "no child is left at home",
    "disabled_child_support": "long-term support of a disabled child begins",
    "section_47": "a section 47 enquiry begins",
    "initial_conference": "an initial child protection conference is called",
    "child_protection_plan": "a child protection plan begins",
    "pre_proceedings": "pre-proceedings begin (Public Law Outline)",
    "care_proceedings": "care proceedings are issued",
}
ENDS = {
    "section_47": "the section 47 enquiry ends without a conference",
    "initial_conference": "the conference ends without a plan",
    "child_protection_plan": "the child protection plan ends",
    "pre_proceedings": "pre-proceedings end without proceedings",
    "care_proceedings": "care proceedings end with the final hearing",
}
AFTER_CARE = {  # stage entered after care: what one child does, what several do
    "care_leaver": ("has support as a care leaver from now on", "have support as care leavers from now on"),
    "staying_put": ("stays put with former foster carers", "stay put with former foster carers"),
}


@dataclass(frozen=True)
class Told:
    """What happened to a family in one scenario: its events (`outputs.stays.told_once`) and stays, and the days the log begins and ends."""

    scenario: str
    label: str
    events: pd.DataFrame
    stays: pd.DataFrame
    stages: Stages
    begins: float
    ends: float

    @cached_property
    def waits(self) -> pd.DataFrame:
        """Times for which it waited for a place (`outputs.stays.waits`)."""
        return waits(self.events, self.ends)

    @property
    def days_in_care(self) -> float:
        """Days in care of all its children, within the log."""
        care = self.stays[self.stays["stage"].map(lambda name: self.stages[name]["in_care"])]
        return float((care["end"] - care["start"]).sum())


def day_of_log(time: float) -> date:
    """Return the date of a time of the log."""
    return EPOCH + timedelta(days=int(time // 1))


def written(day: date) -> str:
    """Return a date as people write it: 3 May 2027."""
    return f"{day.day} {day:%B %Y}"


def dated_sentences(told: Told) -> dict[date, str]:
    """Return a sentence for each day on which something happens to the family in a scenario, in order."""
    days: dict[date, list[str]] = {}
    for time, rows in told.events.groupby("time", sort=True):
        days.setdefault(day_of_log(time), []).extend(_clauses(rows, told.stages))
    return {day: _sentence(f"{written(day)}: ", clauses) for day, clauses in days.items() if clauses}


def at_first(told: Told) -> str | None:
    """Return what was so already when the log begins, as far as it shows; None if nothing was."""
    return _state(told, told.stays[told.stays["began_before"]], f"When the log begins, on {written(day_of_log(told.begins))}, ")


def at_last(told: Told) -> str:
    """Return what is so when the log ends."""
    start = f"When the log ends, on {written(day_of_log(told.ends - 1))}, "
    return _state(told, told.stays[told.stays["open"]], start) or f"{start}nothing is open for the family, as far as the log shows."


def differences(one: Told, other: Told) -> tuple[float, float]:
    """Return when two scenarios begin to differ for a family (infinity if they do not), and the most days by which equal events lie apart before.

    An event is the same if the other scenario has it too, for the same child and as many times before, within `SAME_DAYS`: a busier team is a few
    days slower, which is no other story.
    """
    times = [_numbered(told) for told in (one, other)]
    apart = {key: abs(times[0][key] - times[1][key]) for key in times[0].keys() & times[1].keys()}
    unlike = [key for key in times[0].keys() | times[1].keys() if not apart.get(key, math.inf) <= SAME_DAYS]
    when = min((found[key] for key in unlike for found in times if key in found), default=math.inf)
    return when, max((days for key, days in apart.items() if times[0][key] < when), default=0.0)


def _numbered(told: Told) -> dict[tuple, float]:
    """Return the time of each event by what it is and how many like it came before; what only keeps the books is left out."""
    seen: dict[tuple, int] = {}
    found = {}
    for time, *what in told.events[["time", "child", "event", "stage_from", "stage_to"]].itertuples(index=False, name=None):
        if activity(*what[1:], told.stages) is not None:
            seen[tuple(what)] = seen.get(tuple(what), 0) + 1
            found[*what, seen[tuple(what)]] = time
    return found


def _part(told: Told, shared: set[tuple], when: float, before: bool) -> Told:
    """Return a scenario with the events that all share before they differ, or with the others: each event is told once, on whichever day it falls."""
    keys = {(time, *key[:-1]): key for key, time in _numbered(told).items()}
    rows = told.events[["time", "child", "event", "stage_from", "stage_to"]].itertuples(index=False, name=None)
    kept = [(keys[row] in shared if row in keys else row[0] < when) == before for row in rows]
    return replace(told, events=told.events[pd.Series(kept, told.events.index, dtype=bool)])


def gathered(told: Sequence[Told]) -> tuple[list[list[Told]], float, float]:
    """Return scenarios by story (those in which the same happens together), when stories begin to differ, and the days equal events lie apart."""
    stories: list[list[Told]] = []
    when, apart = math.inf, 0.0
    for one in told:
        for same in stories:
            begins, days = differences(same[0], one)
            apart = max(apart, days)
            if begins == math.inf:
                same.append(one)
                break
            when = min(when, begins)
        else:
            stories.append([one])
    return stories, when, apart


def in_words(name: str, stories: Sequence[Sequence[Told]], when: float, apart: float) -> list[str]:
    """Return a family's story as sentences: what all scenarios share, then, scenario by scenario, what follows the first difference.

    Parameters
    ----------
    name
        What the family is called.
    stories, when, apart
        As `gathered` returns them.
    """
    first, several = stories[0][0], sum(len(same) for same in stories) > 1
    days = dated_sentences(first)
    found = [f"Family {name} is simulated: no such family exists. Its children are numbered by birth."]
    if several and when == math.inf:
        found.append(f"The story is the same under {listed([told.label for told in stories[0]])}: what they change does not reach this family.")
    if several and apart >= 1.0:
        found.append(f"The same event can come up to {math.ceil(apart)} days earlier or later in another scenario; these are {first.label}'s dates.")
    found += [begun for begun in [at_first(first)] if begun]
    if when == math.inf:
        return [*found, *days.values(), at_last(first)]
    shared = {key for key, time in _numbered(first).items() if time < when}
    found += dated_sentences(_part(first, shared, when, True)).values()
    found.append(f"From {written(day_of_log(when))} the scenarios differ.")
    for same in stories:
        label = listed([told.label for told in same])
        rest = list(dated_sentences(_part(same[0], shared, when, False)).values()) or ["nothing more happens."]
        found += [f"Under {label}, {words}" for words in [*rest, lowered(at_last(same[0]))]]
    totals = [f"{listed([told.label for told in same])} {same[0].days_in_care:,.0f}" for same in stories]
    found.append(f"Days in care within the log, all children together: {'; '.join(totals)}.")
    return [*found, "One family is no evidence of what a reform does to others: averages over runs are."]


def _sentence(start: str, clauses: list[str]) -> str:
    return f"{start}{'; '.join(clauses)}."


def _clauses(rows: pd.DataFrame, stages: Stages) -> list[str]:
    """Return what happens at one instant; children to whom the same happens are named together."""
    found: dict[str | tuple[str, str], list[int]] = {}
    triples = list(rows[["child", "event", "stage_from", "stage_to"]].itertuples(index=False, name=None))
    legal = {child: after for child, _, _, after in triples if after and stages[after]["track"] == "legal"}
    started = {child for child, event, before, after in triples if activity(event, before, after, stages) == STARTED_CARE}
    for child, event, before, after in triples:
        what = activity(event, before, after, stages)
        if what is None:
            continue
        if track_of(before, after, stages) in FAMILY_TRACKS:
            found[_of_family(event, before, after, stages)] = []
        elif not (child in started and after and stages[after]["track"] == "legal"):  # said with the start of care
            does = _of_child(what, before, after, stages, legal.get(child, "") if child in started else "")
            found.setdefault(does, []).append(max(child, 1))  # an unaccompanied child arrives as a family of one
    return [does if isinstance(does, str) else _they(does, sorted(who)) for does, who in found.items()]


def _they(does: tuple[str, str], who: list[int]) -> str:
    """Return what some children do."""
    return f"child {who[0]} {does[0]}" if len(who) == 1 else f"children {listed([str(n) for n in who])} {does[1]}"


def _of_family(event: str, before: str, after: str, stages: Stages) -> str:
    """Return what happens to a family."""
    label = stages[after or before]["label"]
    if event == WAIT:
        return f"the family joins the waiting list for {lowered(label)}"
    if event == ADMISSION:
        return f"a place is found for the family: {lowered(label)}"
    if event == RENEGED:
        return f"the family leaves the waiting list for {lowered(label)} without a place"
    if after:
        return BEGINS.get(after, f"{lowered(label)} begins")
    if stages[before]["track"] == "need":
        return "support ends, as no child under 18 is at home"
    return ENDS.get(before, f"{lowered(label)} ends")


def _of_child(what: str, before: str, after: str, stages: Stages, legal: str) -> tuple[str, str]:
    """Return what happens to a child, and how the same is said of several."""
    if what == STARTED_CARE:
        under = f" (legal status: {lowered(stages[legal]['label'])})" if legal else ""
        return f"starts to be looked after{under}", f"start to be looked after{under}"
    if (before, after) == APPROVAL:
        return "lives on with the kinship carer, who is now approved", "live on with their kinship carers, who are now approved"
    if what.startswith(("Placed", "Moved")) and stages[after]["track"] == "placement":
        return f"is {lowered(what)}", f"are {lowered(what)}"
    if what.startswith("Ceased"):
        return what.replace("Ceased", "ceases", 1), what.replace("Ceased", "cease", 1)
    if after and stages[after]["track"] == "legal":
        status = f"a new legal status: {lowered(stages[after]['label'])}"
        return f"has {status}", f"have {status}"
    if what == ADULT:
        return "turns 18", "turn 18"
    if not (before or after):
        return "arrives unaccompanied", "arrive unaccompanied"
    if (before, after) == ("staying_put", "care_leaver"):
        return "leaves the former foster carers", "leave their former foster carers"
    if after:
        label = lowered(stages[after]["label"])
        return AFTER_CARE.get(after, (f"goes on to: {label}", f"go on to: {label}"))
    ended = lowered(stages[before]["label"])
    return f"is no longer supported as a {ended}", f"are no longer supported as {ended}s"


def _state(told: Told, stays: pd.DataFrame, start: str) -> str | None:
    """Return what a family and its children are in at once; None if nothing."""
    stages, found = told.stages, []
    own = stays[(stays["child"] == 0) & ~stays["stage"].isin(NOT_OPEN)]
    if len(own):
        found.append(f"the family is open: {listed([lowered(stages[name]['label']) for name in own['stage']])}")
    elif (stays["child"] == 0).any():
        found.append("the case is closed" if (stays["stage"] == "closed").any() else "no child is at home")
    for child, rows in stays[stays["child"] > 0].groupby("child", sort=True):
        by_track = dict(zip(rows["track"], rows["stage"], strict=True))
        care = by_track.get("care", "")
        if not care:
            continue
        if not stages[care]["in_care"]:
            found.append(f"child {child} has left care: {lowered(stages[care]['label'])}")
            continue
        more = [place(by_track["placement"], stages)] if "placement" in by_track else []
        more += [lowered(stages[by_track["legal"]]["label"])] if "legal" in by_track else []
        found.append(f"child {child} is looked after" + (f": {', '.join(more)}" if more else ""))
    return _sentence(start, found) if found else None
