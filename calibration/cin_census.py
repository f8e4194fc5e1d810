"""Read the children in need census: XML returns of one or many years, by the schemas of 2021 to 2027, as histories of need.

A return holds what was open in its year (1 April to 31 March), so that most episodes come more than once; the latest return that holds one says how
it went. What a later return no longer holds, although it was open, ends with the year of the last that did, as `not_returned_again`.

Element names are those of the Department's schemas (CINdetails, CINPlanDates from 2022, Sex for GenderCurrent from 2025, PreProceedingsandFGDM from
the census of 2027). That block dates a family group decision meeting nowhere: its offer is made in the letter before proceedings, whose day it takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

import pandas as pd

from calibration.care_records import DataQuality
from calibration.identifiers import Pseudonyms
from calibration.need_records import EVENTS, NOT_RETURNED_AGAIN, NeedRecords, assembled, count_unknown
from calibration.record_days import DAY, days, stated, year_end, year_start
from calibration.record_errors import RecordsError
from calibration.record_files import RecordFile, record_files
from calibration.record_xml import elements
from scenarios.cin_census_codes import CLOSURES, DISABILITIES, NO, NO_DISABILITY, PRE_PROCEEDINGS_OUTCOMES, SEXES, YES

FIRST_YEAR, LAST_YEAR = 2009, 2100  # the census began with 2008-09
PLAN_WITHIN = pd.Timedelta(days=7)  # of the conference that made it: the same day by the guide; a week for days of recording (assumed)
CHILD_TEXTS = ["pseudonym", "birth", "expected", "sex", "disabled"]
SPELL_TEXTS = ["pseudonym", "stage", "start", "end", "outcome", "code", "earlier"]


@dataclass(frozen=True)
class _Header:
    """Which return a file is: its year, when it was made, of whom."""

    year: int
    made: str
    authority: str


@dataclass
class _Found:
    """What files say, as text, with the number of the file each row is from, and what no guide knows."""

    children: list[tuple] = field(default_factory=list)
    spells: list[tuple] = field(default_factory=list)
    unknown: list[tuple[str, str]] = field(default_factory=list)


def read_cin_census(path: str | Path, pseudonyms: Pseudonyms) -> NeedRecords:
    """Read the census returns at a path: a folder, a zip or one XML file.

    Raises
    ------
    RecordsError
        If a file is no census return, is of another authority than the others, or there is nothing to use in any of them.
    """
    quality, found, headers = DataQuality(), _Found(), []
    for file in record_files(path):
        headers.append(_header(file, headers))
        for child in elements(file, "Child"):
            _read_child(child, len(headers) - 1, pseudonyms, found, quality)
    for name, code in found.unknown:
        count_unknown(quality, name, pd.Series([code]))
    returns = _returns(headers, quality)
    children = _children(_frame(found.children, CHILD_TEXTS, returns, quality), quality)
    spells = _latest(_frame(found.spells, SPELL_TEXTS, returns, quality), int(returns["year"].max()), quality)
    years = sorted(set(returns["year"]))
    missing = sorted(set(range(years[0], years[-1])) - set(years))
    if missing:
        quality.notes.append(f"no return of {', '.join(map(str, missing))}: what began and ended in between is not known")
    records = assembled(children, _conferences(spells), year_start(years[0]), year_end(years[-1]), quality)
    if records.spells.empty:
        raise RecordsError(str(path), f"holds no episode of need that can be used; left out: {dict(quality.left_out)}")
    return records


def _header(file: RecordFile, others: list[_Header]) -> _Header:
    """Return which return a file is.

    Raises
    ------
    RecordsError
        If it is none of the census, says no year, or is another authority's.
    """
    if file.kind != "xml":
        raise RecordsError(file.name, "is not XML, which returns of the census are; leave out what is not one")
    header = next(elements(file, "Header"), None)
    if header is None or _text(header, "CollectionDetails/Collection").upper() != "CIN":
        raise RecordsError(file.name, "is no return of the children in need census, whose Header names the Collection CIN")
    day = days(pd.Series([_text(header, "CollectionDetails/ReferenceDate")]))[0]
    year = _text(header, "CollectionDetails/Year")
    ending = day.year + (day.month > 3) if pd.notna(day) else int(year) if year.isdecimal() and len(year) == 4 else 0
    if not FIRST_YEAR <= ending <= LAST_YEAR:
        raise RecordsError(file.name, "says no year that the census was held in", field="ReferenceDate")
    authority = _text(header, "Source/LEA")
    if others and authority != others[0].authority:
        raise RecordsError(file.name, "is of another authority than the returns before it; read one authority at a time", field="LEA")
    return _Header(ending, _text(header, "Source/DateTime"), authority)


def _read_child(child: Element, file: int, pseudonyms: Pseudonyms, found: _Found, quality: DataQuality) -> None:
    """Add what a return says of a child."""
    quality.read["children"] += 1
    identifiers, characteristics = child.find("ChildIdentifiers"), child.find("ChildCharacteristics")
    pseudonym = pseudonyms.one(_text(identifiers, "LAchildID"))
    if not pseudonym:
        quality.left_out["children", "no identifier"] += 1
        return
    sex = (_text(identifiers, "Sex") or _text(identifiers, "GenderCurrent")).upper()
    if sex and sex not in SEXES:
        found.unknown.append(("Sex", sex))
    disabilities = [code.upper() for code in _texts(characteristics, "Disabilities/Disability")]
    found.unknown += [("Disability", code) for code in disabilities if code not in DISABILITIES and code != NO_DISABILITY]
    birth, expected = _text(identifiers, "PersonBirthDate"), _text(identifiers, "ExpectedPersonBirthDate")
    found.children.append((file, pseudonym, birth, expected, SEXES.get(sex, ""), bool(DISABILITIES.intersection(disabilities))))
    for details in child.findall("CINdetails"):
        for row in _details(details, found):
            quality.read[row[0]] += 1
            found.spells.append((file, pseudonym, *row))


def _details(details: Element, found: _Found) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Yield the spells of an episode: stage, start, end, outcome, code, earlier."""
    referred = _text(details, "CINreferralDate")
    nothing_further = _yes(details, "ReferralNFA", found)
    yield "referral", referred, "", "no_further_action" if nothing_further else "", "", ""
    if not nothing_further:
        code, end = _text(details, "ReasonForClosure").upper(), _text(details, "CINclosureDate")
        if code and code not in CLOSURES:
            found.unknown.append(("ReasonForClosure", code))
        yield "child_in_need", referred, end, CLOSURES.get(code, "closed") if end else "", code if code in CLOSURES else "", ""
    yield from _protection(details, found)
    for assessment in details.findall("Assessments"):
        end = _text(assessment, "AssessmentAuthorisationDate")
        yield "assessment", _text(assessment, "AssessmentActualStartDate"), end, "completed" if end else "", "", ""
    for plan in details.findall("CINPlanDates"):
        end = _text(plan, "CINPlanEndDate")
        yield "child_in_need_plan", _text(plan, "CINPlanStartDate"), end, "plan_ended" if end else "", "", ""
    for block in details.findall("PreProceedingsandFGDM"):
        yield from _pre_proceedings(block, found)


def _protection(details: Element, found: _Found) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Yield the enquiries, conferences and plans of an episode."""
    if _text(details, "DateOfInitialCPC"):
        yield "initial_conference", _text(details, "DateOfInitialCPC"), "", "", "", ""
    for enquiry in details.findall("Section47"):
        conference = _text(enquiry, "DateOfInitialCPC")
        unneeded = _yes(enquiry, "ICPCnotRequired", found)
        outcome = "conference" if conference else "conference_not_required" if unneeded else ""
        yield "section_47", _text(enquiry, "S47ActualStartDate"), conference, outcome, "", ""
        if conference:
            yield "initial_conference", conference, "", "", "", ""
    for plan in details.findall("ChildProtectionPlans"):
        end, earlier = _text(plan, "CPPendDate"), _text(plan, "NumberOfPreviousCPP")
        earlier = earlier if earlier.isdecimal() and len(earlier) <= 2 else ""
        yield "child_protection_plan", _text(plan, "CPPstartDate"), end, "plan_ended" if end else "", "", earlier


def _pre_proceedings(block: Element, found: _Found) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Yield a time in pre-proceedings, and the offer of a family group decision meeting made in its letter."""
    applied, decided, code = _text(block, "CourtAppDate"), _text(block, "StepDecisionDate"), _text(block, "PPOutcome").upper()
    if code and code not in PRE_PROCEEDINGS_OUTCOMES:
        found.unknown.append(("PPOutcome", code))
    start = _text(block, "PPStartDate")
    outcome = "care_proceedings" if applied else "decided" if decided else ""
    yield "pre_proceedings", start, decided or applied, outcome, code if code in PRE_PROCEEDINGS_OUTCOMES else "", ""
    if _yes(block, "FGDMMeetingOffer", found):
        held = _text(block, "FGDMMeetingFac").lower()
        outcome = "meeting_held" if held in YES else "meeting_not_held" if held in NO else "offered"
        yield "family_group_decision", _text(block, "LBPSentDate") or start, "", outcome, "", ""


def _text(element: Element | None, path: str) -> str:
    """Return the text at a path below an element, blanks around it taken off; empty if there is none."""
    return ((element.findtext(path) if element is not None else "") or "").strip()


def _texts(element: Element | None, path: str) -> list[str]:
    """Return the texts at a path."""
    return [text for part in (element.findall(path) if element is not None else []) if (text := (part.text or "").strip())]


def _yes(element: Element, name: str, found: _Found) -> bool:
    """Whether an element says yes; anything but yes, no and nothing is an unknown code."""
    answer = _text(element, name).lower()
    if answer and answer not in YES | NO:
        found.unknown.append((name, answer))
    return answer in YES


def _returns(headers: list[_Header], quality: DataQuality) -> pd.DataFrame:
    """Return the files in order of return (`rank`, `year`), those that a later return of the same year replaces marked `replaced`."""
    table = pd.DataFrame(headers).rename_axis("file").reset_index()
    table = table.sort_values(["year", "made", "file"], ignore_index=True)
    table["rank"] = range(len(table))
    table["replaced"] = table["year"].duplicated(keep="last")
    again = sorted(set(table.loc[table["replaced"], "year"]))
    if again:
        quality.notes.append(f"{', '.join(map(str, again))} was returned more than once: the return made last is used")
    return table.set_index("file")


def _frame(rows: list[tuple], columns: list[str], returns: pd.DataFrame, quality: DataQuality) -> pd.DataFrame:
    """Return what was found as a table with the rank and year of its return, in order of return, rows of replaced returns left out."""
    table = pd.DataFrame(rows, columns=["file", *columns]).join(returns[["rank", "year", "replaced"]], on="file")
    replaced = table["replaced"].astype(bool)
    of = table["stage"] if "stage" in table else pd.Series("children", index=table.index)
    for name, number in of[replaced].value_counts().items():
        quality.left_out[name, "in a return that a later one of the same year replaces"] += int(number)
    return table[~replaced].sort_values("rank", kind="stable", ignore_index=True)


def _children(table: pd.DataFrame, quality: DataQuality) -> pd.DataFrame:
    """Return one row a child: what the latest return that knows says of it."""
    twice = int(table.duplicated(["rank", "pseudonym"]).sum())
    if twice:
        quality.changes["children", "in one return more than once: joined"] += twice
    table = table.assign(born=days(table["birth"]), due=days(table["expected"]))
    bad = int((stated(table["birth"]) & table["born"].isna()).sum())
    if bad:
        quality.changes["children", "a birth date that is not a day: taken as not stated"] += bad
    births = table.groupby("pseudonym")["born"].nunique()
    if (births > 1).any():
        quality.changes["children", "birth dates that differ between returns: the latest is used"] += int((births > 1).sum())
    table["sex"] = table["sex"].replace("", None)
    last = table.groupby("pseudonym", sort=False)[["born", "due", "sex"]].last()
    last["disabled"] = table.groupby("pseudonym", sort=False)["disabled"].max()
    last["unborn"] = last["born"].isna() & last["due"].notna()
    return last.assign(birth=last["born"].fillna(last["due"]).astype(DAY), sex=last["sex"].fillna("")).reset_index()[
        ["pseudonym", "birth", "unborn", "sex", "disabled"]
    ]


def _latest(table: pd.DataFrame, last_year: int, quality: DataQuality) -> pd.DataFrame:
    """Return each spell once, as the latest return has it; what is open in one that is not the last ends with that return's year."""
    begun, ended = days(table["start"]), days(table["end"])
    earlier = pd.to_numeric(table["earlier"], errors="coerce")
    table = table.assign(bad_end=stated(table["end"]) & ended.isna(), start=begun, end=ended, earlier=earlier)
    key = ["pseudonym", "stage", "start"]
    dated = table["start"].notna()
    same = dated & table.duplicated(["rank", *key], keep="last")
    for stage, rows in table.loc[same & (table["stage"] != "initial_conference"), "stage"].value_counts().items():
        quality.left_out[stage, "the same start twice in one return: the last is used"] += int(rows)
    table = table[~same]
    again = table["start"].notna() & table.duplicated(key, keep="last")
    for stage, rows in table.loc[again, "stage"].value_counts().items():
        quality.changes[stage, "in several returns: the latest is used"] += int(rows)
    table = table[~again].copy()
    table["limit"] = pd.to_datetime(table["year"].map(year_end)).astype(DAY)
    usable = table["start"].notna() & (table["start"] <= table["limit"]) & ~table["bad_end"]
    is_open = (table["end"].isna() & (table["outcome"] == "")) | (table["end"] > table["limit"])
    gone = usable & is_open & ~table["stage"].isin(EVENTS) & (table["year"] < last_year)
    table.loc[gone, "end"], table.loc[gone, "outcome"] = table["limit"][gone], NOT_RETURNED_AGAIN
    for stage, rows in table.loc[gone, "stage"].value_counts().items():
        quality.changes[stage, "open in a return and missing in the next: taken as ended with its year"] += int(rows)
    if gone.any():
        quality.notes.append("episodes that were open in a return and are missing in the next are cut off at its 31 March, not known to have ended")
    return table


def _conferences(spells: pd.DataFrame) -> pd.DataFrame:
    """Return spells with what each conference led to: a plan that starts within a week of it, or none."""
    plans = spells.loc[(spells["stage"] == "child_protection_plan") & spells["start"].notna(), ["pseudonym", "start"]].sort_values("start")
    held = (spells["stage"] == "initial_conference") & spells["start"].notna()
    asked = spells.loc[held, ["pseudonym", "start"]].rename_axis("row").reset_index().sort_values("start")
    met = pd.merge_asof(
        asked, plans.assign(plan=True), on="start", by="pseudonym", direction="forward", tolerance=PLAN_WITHIN
    ).set_index("row")["plan"]
    spells.loc[held, "outcome"] = met.notna().map({True: "plan", False: "no_plan"}).astype(object)
    return spells
