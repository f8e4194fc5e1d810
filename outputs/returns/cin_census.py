"""The children in need census of a log, a return a year as XML.

Elements are those of the Department's schemas from 2021: `GenderCurrent` until 2024 and `Sex` from 2025; `PreProceedingsandFGDM` from 2026. A
return holds the episodes of need open on any day of its year, with the assessments, enquiries and plans open on any day of it, as they were known on
31 March.

What the simulation does not know, the return says so that it can be told: the source of a referral is drawn, and 5A (the authority's own social care)
stands for every episode that did not begin with a referral: disabled children's support, a child who arrives alone, a birth or a return into an open
case. An assessment that a birth or a removal cut short is left out, as the engine does not count it. Family group decision meetings are not events of
the simulation; the letter before proceedings is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from xml.etree import ElementTree

import numpy as np

from outputs.returns.care import OPEN
from outputs.returns.code_shares import STREAM_NAMES, Person
from outputs.returns.households import BESIDE, NeedSpell
from outputs.returns.need import (
    ASSESSMENT,
    CONFERENCE,
    ENQUIRY,
    HELD,
    IN_CARE,
    NO_ASSESSMENT_OUTCOME,
    PLAN,
    PRE_PROCEEDINGS,
    PROCEEDINGS,
    NeedEpisode,
)
from outputs.returns.people import People, day, day_number
from outputs.returns.ssda903 import xml_bytes, year_bounds

SUPPORTED = ("child_in_need", "family_help", "newborn", "disabled_child_support")  # at home with a plan for a child in need
CLOSED_BY = {  # what ended an episode -> ReasonForClosure; all else RC7
    "adopted": "RC1", "child_arrangements_order": "RC3", "special_guardianship": "RC4", "moved_area": "RC5",
}  # fmt: skip
CLOSED_BY_CARE_CODE = {"E2": "RC2", "E7": "RC6"}  # by the reason care ended (REC)
SEX_FROM, PRE_PROCEEDINGS_FROM = 2025, 2026
CONFERENCE_WITHIN = 15  # working days of the enquiry's start (Working Together); bank holidays left out
FIRST_REVIEW_DAYS, REVIEW_DAYS = 91, 182
DEPARTMENT_TIME = "T09:00:00"


@dataclass(frozen=True)
class CensusYear:
    """What a return is of: the authority's number, its year's first and last day, people, and why care ended (who, period's end) by code."""

    authority: str
    year: int
    people: People
    care_ended: dict[tuple[Person, float], str]

    @cached_property
    def last(self) -> np.datetime64:
        """31 March."""
        return year_bounds(self.year)[1]

    @cached_property
    def days(self) -> tuple[int, int]:
        """1 April, and the 1 April after, as days of the log."""
        first, last = year_bounds(self.year)
        return day_number(first), day_number(last) + 1

    def known(self, time: float) -> str:
        """Return a date as text; empty if it is not over by 31 March."""
        return str(day(time)) if time < self.days[1] else ""

    def holds(self, start: float, end: float) -> bool:
        """Whether some of a time lies in the year."""
        first, after = self.days
        return start < after and end >= first


def cin_return(episodes: Sequence[NeedEpisode], census: CensusYear) -> bytes:
    """Return a year's return as XML; `episodes` are in order of child."""
    message = ElementTree.Element("Message")
    _header(message, census)
    children = ElementTree.SubElement(message, "Children")
    here = (episode for episode in episodes if census.holds(episode.start, episode.end))
    for who, own in groupby(here, key=lambda episode: episode.who):
        _child(children, who, list(own), census)
    return xml_bytes(message)


def _text(parent: ElementTree.Element, **fields: str) -> None:
    """Add elements with text, those without left out."""
    for name, text in fields.items():
        if text:
            ElementTree.SubElement(parent, name).text = text


def _header(message: ElementTree.Element, census: CensusYear) -> None:
    header = ElementTree.SubElement(message, "Header")
    details = ElementTree.SubElement(header, "CollectionDetails")
    _text(details, Collection="CIN", Year=str(census.year), ReferenceDate=str(census.last))
    source = ElementTree.SubElement(header, "Source")
    _text(source, SourceLevel="L", LEA=census.authority, SoftwareCode="CareCurve synthetic", Release="1", SerialNo="001")
    _text(source, DateTime=f"{census.last}{DEPARTMENT_TIME}")


def _child(children: ElementTree.Element, who: Person, episodes: list[NeedEpisode], census: CensusYear) -> None:
    """Add a child."""
    child, people, born = ElementTree.SubElement(children, "Child"), census.people, census.people.birthday(who)
    identifiers = ElementTree.SubElement(child, "ChildIdentifiers")
    unborn, sex = born > census.last, people.sex(who)
    _text(identifiers, LAchildID=people.number(who), UPNunknown=people.no_pupil_number(who, census.last))
    _text(identifiers, **{"ExpectedPersonBirthDate" if unborn else "PersonBirthDate": str(born)})
    if census.year >= SEX_FROM:
        _text(identifiers, Sex="U" if unborn else {"1": "M", "2": "F"}[sex])
    else:
        _text(identifiers, GenderCurrent="0" if unborn else sex)
    characteristics = ElementTree.SubElement(child, "ChildCharacteristics")
    _text(characteristics, Ethnicity=people.ethnicity(who))
    is_disabled = STREAM_NAMES[who.stream] == "disabled"
    _text(
        ElementTree.SubElement(characteristics, "Disabilities"),
        Disability=people.draws.pick(who, "DISABILITY", "disabled") if is_disabled else "NONE",
    )
    for episode in episodes:
        _details(child, episode, census)


def _details(child: ElementTree.Element, episode: NeedEpisode, census: CensusYear) -> None:
    """Add an episode of need."""
    details, people, who = ElementTree.SubElement(child, "CINdetails"), census.people, episode.who
    source = people.draws.pick(who._replace(slot=-1), "REFERRAL_SOURCE", "referral" if episode.referred else "joined", int(episode.start))
    nothing, closed = episode.no_further_action and bool(census.known(episode.end)), census.known(episode.end)
    _text(details, CINreferralDate=str(day(episode.start)), ReferralSource=source, PrimaryNeedCode=people.need(who))
    if not nothing:
        _text(details, CINclosureDate=closed, ReasonForClosure=_closure(episode, census) if closed else "")
    _text(details, DateOfInitialCPC=_conference_alone(episode, census))
    for spell in episode.of(ASSESSMENT):
        if spell.ended_by not in NO_ASSESSMENT_OUTCOME or spell.end == OPEN:
            _assessment(details, spell, census)
    for start, end in _plans(episode):
        if census.holds(start, end):
            plan = ElementTree.SubElement(details, "CINPlanDates")
            _text(plan, CINPlanStartDate=str(day(start)), CINPlanEndDate=census.known(end))
    for spell in episode.of(ENQUIRY):
        _enquiry(details, episode, spell, census)
    _text(details, ReferralNFA="true" if nothing else "false")
    for number, spell in enumerate(episode.of(PLAN), episode.earlier_plans):
        _protection_plan(details, spell, number, census)
    if census.year >= PRE_PROCEEDINGS_FROM:
        for spell in episode.of(PRE_PROCEEDINGS):
            _pre_proceedings(details, spell, census)


def _closure(episode: NeedEpisode, census: CensusYear) -> str:
    """Return the code of why an episode closed."""
    last = episode.last
    if last.stage == IN_CARE:
        code = census.care_ended.get((episode.who, last.end), "")
        return CLOSED_BY_CARE_CODE.get(code, CLOSED_BY.get(last.ended_by, "RC7"))
    if last.stage == ASSESSMENT:
        return {"closed": "RC8", "early_help": "RC9"}.get(last.ended_by, "RC7")
    return "RC7"


def _assessment(details: ElementTree.Element, spell: NeedSpell, census: CensusYear) -> None:
    if not census.holds(spell.start, spell.end):
        return
    part, done = ElementTree.SubElement(details, "Assessments"), census.known(spell.end)
    _text(part, AssessmentActualStartDate=str(day(spell.start)), AssessmentAuthorisationDate=done)
    if done:
        factors = ElementTree.SubElement(part, "FactorsIdentifiedAtAssessment")
        _text(factors, AssessmentFactors=census.people.draws.pick(spell.who, "ASSESSMENT_FACTOR", "assessment", int(spell.start)))


def _plans(episode: NeedEpisode) -> list[tuple[float, float]]:
    """Return the times at home with a plan for a child in need: supported, and not under a child protection plan."""
    found: list[list[float]] = []
    for spell in episode.of(*SUPPORTED):
        if found and spell.start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], spell.end)
        else:
            found.append([spell.start, spell.end])
    for plan in episode.of(PLAN):
        found = [part for start, end in found for part in ([start, min(end, plan.start)], [max(start, plan.end), end]) if part[0] < part[1]]
    return [(start, end) for start, end in found if end == OPEN or day(start) < day(end)]


def _enquiry(details: ElementTree.Element, episode: NeedEpisode, spell: NeedSpell, census: CensusYear) -> None:
    """Add an enquiry and the conference it led to, if it was held."""
    conference = next((one for one in episode.of(CONFERENCE) if one.start == spell.end), None)
    if not census.holds(spell.start, conference.end if conference else spell.end):
        return
    part, start = ElementTree.SubElement(details, "Section47"), day(spell.start)
    held = census.known(conference.end) if conference and conference.ended_by in HELD and conference.end < OPEN else ""
    over = census.known(conference.end if conference else spell.end)
    _text(part, S47ActualStartDate=str(start), InitialCPCtarget=str(np.busday_offset(start, CONFERENCE_WITHIN, roll="forward")))
    _text(part, DateOfInitialCPC=held, ICPCnotRequired="true" if over and not held else "false")


def _conference_alone(episode: NeedEpisode, census: CensusYear) -> str:
    """Return the date of a conference in the year on a child who was in no enquiry before it, having joined the family since."""
    enquiries = {spell.end for spell in episode.of(ENQUIRY)}
    for spell in episode.of(CONFERENCE):
        if spell.start not in enquiries and spell.ended_by in HELD and spell.end < OPEN and census.holds(spell.end, spell.end):
            return str(day(spell.end))
    return ""


def _protection_plan(details: ElementTree.Element, spell: NeedSpell, number: int, census: CensusYear) -> None:
    if not census.holds(spell.start, spell.end):
        return
    part, start, end = ElementTree.SubElement(details, "ChildProtectionPlans"), day(spell.start), census.known(spell.end)
    category = census.people.draws.pick(spell.who, "ABUSE", "plan", int(spell.start))
    _text(part, CPPstartDate=str(start), CPPendDate=end, InitialCategoryOfAbuse=category, LatestCategoryOfAbuse=category)
    _text(part, NumberOfPreviousCPP=str(number))
    until = np.datetime64(end) if end else census.last
    reviews = np.arange(start + FIRST_REVIEW_DAYS, until, REVIEW_DAYS)
    if len(reviews):
        parts = ElementTree.SubElement(part, "Reviews")
        for date in reviews:
            _text(parts, CPPreviewDate=str(date))


def _pre_proceedings(details: ElementTree.Element, spell: NeedSpell, census: CensusYear) -> None:
    if not census.holds(spell.start, spell.end):
        return
    part, ended = ElementTree.SubElement(details, "PreProceedingsandFGDM"), census.known(spell.end)
    _text(part, LBPSentDate=str(day(spell.start)), PPStartDate=str(day(spell.start)))
    if spell.ended_by == PROCEEDINGS:
        _text(part, CourtAppDate=ended)
    elif spell.ended_by != BESIDE:
        _text(part, StepDecisionDate=ended)
