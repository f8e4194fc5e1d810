"""Read Ofsted's Annex A workbook: the open caseload on the day of the extract, as histories of need and the children in care.

Lists 3 to 7 become spells of need, list 8 the children in care; of the other lists rows are counted. An extract holds what is open, and what began
or ended in the last six months, so it gives an opening caseload and no rates: what ended earlier is not in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from calibration.annex_a_headings import COLUMNS, LISTS, NEEDED, list_number, matched
from calibration.care_records import DataQuality
from calibration.identifiers import Pseudonyms
from calibration.need_records import NeedRecords, assembled, count_unknown
from calibration.record_days import DAY, days, stated
from calibration.record_errors import RecordsError
from calibration.record_files import record_files
from calibration.record_tables import ROW, RecordTable, tables_of
from scenarios.cin_census_codes import CLOSURES
from scenarios.ssda903_codes import codes, placement_of

LOOKS_BACK = timedelta(days=183)  # of lists 1 to 5, and of what ended in 6 to 8
ALONE = 31  # days between the latest day of an extract and the one before it, beyond which it is taken for a mistake
EMPTY = frozenset({"", "#N/A", "#REF!", "#VALUE!", "#NAME?", "N/A", "NULL", "NONE"})
STAGES = {3: "referral", 4: "assessment", 5: "section_47", 6: "child_in_need", 7: "child_protection_plan"}
HAPPENED = ("start", "end", "conference", "legal_start", "placement_start", "seen")
ENDED = {4: "completed", 7: "plan_ended"}
WORDS = (  # of placement types written without a code, the first that is in the text
    ("secure", "secure_home"), ("young offender", "youth_detention"), ("adopt", "adoption_placement"), ("parent", "with_parents"),
    ("supported", "supported_accommodation"), ("independent", "supported_accommodation"), ("hostel", "supported_accommodation"),
    ("relative", "kinship_foster"), ("friend", "kinship_foster"), ("kinship", "kinship_foster"), ("connected", "kinship_foster"),
    ("foster", "in_house_foster"), ("children's home", "childrens_home"), ("childrens home", "childrens_home"),
    ("residential care home", "childrens_home"),
)  # fmt: skip
CARE_COLUMNS = ["pseudonym", "birth", "sex", "disabled", "unaccompanied", "started", "legal_status", "legal_started", "placement", "code", "provider",
                "placement_started"]  # fmt: skip


@dataclass(frozen=True)
class AnnexA:
    """An authority's open caseload on a day.

    Attributes
    ----------
    need
        Spells of lists 3 to 7; covers the six months to the extract.
    children_in_care
        One row a child in care on the day of the extract, in an order of content: `pseudonym` (as of `need`, and of other returns read with the same
        `Pseudonyms`), `birth`, `sex`, `disabled`, `unaccompanied`, `started` (day), `legal_status` (the pathway's; empty if not known),
        `legal_started`, `placement` (of `PLACEMENTS`), `code`, `provider` (of the SSDA903, where stated), `placement_started`.
    extracted
        The day of the extract.
    found, missing
        Numbers of the lists that are there, and that are not.
    quality
        What was read and what could not be used, of all lists.
    """

    need: NeedRecords
    children_in_care: pd.DataFrame
    extracted: date
    found: tuple[int, ...]
    missing: tuple[int, ...]
    quality: DataQuality


def read_annex_a(path: str | Path, pseudonyms: Pseudonyms, extracted: date | None = None) -> AnnexA:
    """Read an Annex A workbook, or a folder or zip with one file a list.

    `extracted` is the day of the extract; without it, the latest day that anything in lists 3 to 8 happened.

    Raises
    ------
    RecordsError
        If there are no lists, one is there twice or without a column that is needed, or the day of the extract cannot be told.
    """
    quality, tables, notes = DataQuality(), {}, []
    for table in _tables(path):
        number = list_number(table.sheet or Path(table.file).stem)
        if not number:
            quality.notes.append(f"{table.file}: a sheet that is no list of Annex A is not read")
        elif number in tables:
            raise RecordsError(table.file, f"has list {number} a second time; expected each list once")
        else:
            tables[number] = table
            quality.read[_title(number)] += len(table.frame)
            quality.left_out.update({(_title(number), reason): rows for reason, rows in table.left_out.items()})
            notes += [f"{table.file}{'' if note.startswith('its book') else f', list {number}'}: {note}" for note in table.notes]
    if not tables:
        raise RecordsError(str(path), "has no list of Annex A; expected sheets or files named List 1 to List 11")
    quality.notes += dict.fromkeys(notes)  # what is of the whole book once
    missing = tuple(number for number in LISTS if number not in tables)
    if missing:
        quality.notes.append("lists not found: " + ", ".join(f"{number} ({LISTS[number]})" for number in missing))
    read = {number: _columns(number, table, pseudonyms, quality) for number, table in sorted(tables.items()) if number in COLUMNS}
    if not read:
        raise RecordsError(str(path), "has none of lists 3 to 8, which the caseload is read from")
    day = extracted or _extract_day(str(path), read, quality)
    children = _children(read, quality)
    spells = _spells(read, day, quality)
    need = assembled(children[children["pseudonym"].isin(spells["pseudonym"])], spells, day - LOOKS_BACK, day, quality)
    return AnnexA(need, _in_care(read, children, day, quality), day, tuple(sorted(tables)), missing, quality)


def _title(number: int) -> str:
    """Return what a list is called in a data-quality page."""
    return f"list {number}, {LISTS[number]}"


def _tables(path: str | Path) -> Iterator[RecordTable]:
    """Yield the sheets and files of an extract."""
    for file in record_files(path):
        if file.kind == "xml":
            raise RecordsError(file.name, "is XML; expected the workbook of Annex A, or one CSV a list")
        yield from tables_of(file)


def _columns(number: int, table: RecordTable, pseudonyms: Pseudonyms, quality: DataQuality) -> pd.DataFrame:
    """Return the columns of a list that are read, by our names, with `pseudonym`; rows without an identifier are left out and counted."""
    headings = matched(number, [str(heading) for heading in table.frame.columns if heading != ROW])
    lacking = [name for name in NEEDED[number] if name not in headings]
    if lacking:
        expected = ", ".join(repr(COLUMNS[number][name][0]) for name in lacking)
        raise RecordsError(table.file, f"list {number} has no column headed {expected}", 1)
    absent = [COLUMNS[number][name][0] for name in COLUMNS[number] if name not in headings]
    if absent:
        quality.notes.append(f"list {number} has no column of: {', '.join(absent)}")
    cells = {name: _plain(table.frame[headings[name]]) if name in headings else "" for name in COLUMNS[number]}
    columns = pd.DataFrame(cells, index=table.frame.index)
    columns["pseudonym"] = pseudonyms.of(columns.pop("child"))
    without = int((columns["pseudonym"] == "").sum())
    if without:
        quality.left_out[_title(number), "no identifier"] += without
    return columns[columns["pseudonym"] != ""].reset_index(drop=True)


def _plain(cells: pd.Series) -> pd.Series:
    """Return cells as text without blanks around it, spreadsheets' errors and words for nothing as empty; whole numbers without a fraction."""
    text = cells.astype(str).fillna("").str.strip().str.replace(r"^(\d+)\.0$", r"\1", regex=True)
    return text.mask(text.str.upper().isin(EMPTY), "").astype(object)


def _extract_day(name: str, read: dict[int, pd.DataFrame], quality: DataQuality) -> date:
    """Return the latest day that anything happened.

    Raises
    ------
    RecordsError
        If there is none, or it stands alone: then it is more likely a mistake than the day of the extract.
    """
    happened = [days(table[column]) for table in read.values() for column in HAPPENED if column in table]
    known = pd.concat(happened).dropna().drop_duplicates().sort_values()
    if known.empty:
        raise RecordsError(name, "has no day in lists 3 to 8, so the day of the extract is not known; say which it is")
    if len(known) > 1 and (known.iloc[-1] - known.iloc[-2]).days > ALONE:
        raise RecordsError(name, f"has a latest day over {ALONE} days after any other: a mistake, or few rows; say which day the extract was made")
    quality.notes.append("the day of the extract is taken as the latest day that anything in it happened")
    return known.iloc[-1].date()


def _children(read: dict[int, pd.DataFrame], quality: DataQuality) -> pd.DataFrame:
    """Return one row a child of any list, what the list of the highest number says first."""
    rows = pd.concat([table.assign(number=number) for number, table in sorted(read.items())], ignore_index=True)
    rows["born"] = days(rows["birth"])
    bad = int((stated(rows["birth"]) & rows["born"].isna()).sum())
    if bad:
        quality.changes["lists 3 to 8", "a birth date that is not a day: taken as not stated"] += bad
    differ = int((rows.groupby("pseudonym")["born"].nunique() >= 2).sum())
    if differ:
        quality.changes["lists 3 to 8", "children whose birth dates differ between lists: the last list's is used"] += differ
    rows["sex"] = rows["sex"].map(_sex).replace("", None)
    rows["disabled"] = (rows["disabled"] if "disabled" in rows else pd.Series("", index=rows.index)).fillna("").map(_yes)
    by_child = rows.groupby("pseudonym", sort=False)
    children = by_child[["born", "sex"]].last().assign(disabled=by_child["disabled"].max())
    return children.assign(birth=children["born"].astype(DAY), sex=children["sex"].fillna(""), unborn=False).reset_index()[
        ["pseudonym", "birth", "unborn", "sex", "disabled"]
    ]


def _sex(text: str) -> str:
    """Return the sex that a text such as `a) Male`, `2 - Female` or `F` means; empty for any other."""
    words = set(re.findall(r"[a-z0-9]+", text.lower()))
    return "female" if words & {"female", "f", "2"} else "male" if words & {"male", "m", "1"} else ""


def _yes(text: str) -> bool:
    """Whether a text such as `a) Yes`, `Y`, `true` or `1` says yes."""
    words = set(re.findall(r"[a-z0-9]+", str(text).lower()))
    return bool(words & {"yes", "y", "true", "1"}) and not words & {"no", "n"}


def _spells(read: dict[int, pd.DataFrame], day: date, quality: DataQuality) -> pd.DataFrame:
    """Return the spells of lists 3 to 7, by stage and start once each."""
    found = [_of_list(number, read[number], quality) for number in STAGES if number in read]
    if 5 in read:
        found.append(_conferences(read[5]))
    nothing = pd.DataFrame(columns=["pseudonym", "stage", "start", "end", "outcome", "code", "earlier", "bad_end"])
    spells = pd.concat(found or [nothing], ignore_index=True)
    twice = spells["start"].notna() & spells.duplicated(["pseudonym", "stage", "start"], keep="last")
    for stage, rows in spells.loc[twice & (spells["stage"] != "initial_conference"), "stage"].value_counts().items():
        quality.left_out[stage, "the same start twice: the last row is used"] += int(rows)
    return spells[~twice].assign(limit=pd.Timestamp(day)).astype({"limit": DAY})


def _of_list(number: int, table: pd.DataFrame, quality: DataQuality) -> pd.DataFrame:
    """Return the spells of a list."""
    nothing = pd.Series("", index=table.index, dtype=object)
    ended = table["conference"] if number == 5 else table.get("end", nothing)
    end, outcome, code = days(ended), nothing.copy(), nothing.copy()
    if number == 3:
        outcome = outcome.mask(table["nothing_further"].map(_yes), "no_further_action")
    elif number == 5:
        outcome = outcome.mask(table["unneeded"].map(_yes), "conference_not_required").mask(end.notna(), "conference")
    elif number == 6:
        code = table["code"].str.upper().str.extract(r"\b(RC\d)\b")[0].fillna("").astype(object)
        unknown = stated(table["code"]) & ~code.isin(CLOSURES)
        count_unknown(quality, "Reason for Closure", table.loc[unknown, "code"])
        outcome = code.map(CLOSURES).fillna("closed").astype(object).where(end.notna(), "")
    else:
        outcome = outcome.mask(end.notna(), ENDED[number])
    earlier = pd.to_numeric(table["earlier"], errors="coerce") if number == 7 else pd.Series(float("nan"), index=table.index)
    return pd.DataFrame({
        "pseudonym": table["pseudonym"], "stage": STAGES[number], "start": days(table["start"]), "end": end, "outcome": outcome,
        "code": code, "earlier": earlier.where(earlier.between(0, 99)).round(), "bad_end": stated(ended) & end.isna(),
    })  # fmt: skip


def _conferences(table: pd.DataFrame) -> pd.DataFrame:
    """Return the conferences of list 5."""
    held = table[stated(table["conference"]) & days(table["conference"]).notna()]
    outcome = held["plan"].map(lambda text: "" if not text else "plan" if _yes(text) else "no_plan").astype(object)
    return pd.DataFrame({
        "pseudonym": held["pseudonym"], "stage": "initial_conference", "start": days(held["conference"]),
        "end": pd.Series(pd.NaT, index=held.index, dtype=DAY), "outcome": outcome, "code": "", "earlier": float("nan"), "bad_end": False,
    })  # fmt: skip


def _in_care(read: dict[int, pd.DataFrame], children: pd.DataFrame, day: date, quality: DataQuality) -> pd.DataFrame:
    """Return the children in care on the day of the extract, by content; others of list 8 are counted by reason."""
    if 8 not in read:
        return pd.DataFrame(columns=CARE_COLUMNS)
    table, at = read[8], pd.Timestamp(day)
    known = children.set_index("pseudonym").reindex(table["pseudonym"]).reset_index(drop=True)
    started, ceased = days(table["start"]), days(table["end"])
    reasons = {
        "no birth date of the child": known["birth"].isna(),
        "no day that care started": started.isna(),
        "care starts after the day of the extract": started > at,
        "care starts before birth": started < known["birth"],
        "its end of care is not a day": stated(table["end"]) & ceased.isna(),
        "care ends before it starts": ceased < started,
        "left care by the day of the extract": ceased <= at,
        "18 or over": known["birth"] + pd.DateOffset(years=18) <= at,
        "the same child twice: the last row is used": table["pseudonym"].duplicated(keep="last"),
    }
    left = pd.Series(True, index=table.index)
    for reason, holds in reasons.items():
        if rows := int((left & holds).sum()):
            quality.left_out[_title(8), reason] += rows
        left &= ~holds
    placed = _placed(table, left, quality)
    rows = placed.assign(pseudonym=table["pseudonym"], birth=known["birth"], sex=known["sex"], disabled=known["disabled"].fillna(False).astype(bool),
                         unaccompanied=table["unaccompanied"].map(_yes), started=started.astype(DAY),
                         legal_started=days(table["legal_start"]), placement_started=days(table["placement_start"]))[left]  # fmt: skip
    return rows.sort_values([name for name in CARE_COLUMNS if name != "pseudonym"], kind="stable", ignore_index=True)[CARE_COLUMNS]


def _placed(table: pd.DataFrame, used: pd.Series, quality: DataQuality) -> pd.DataFrame:
    """Return placement, code, provider and legal status of each row of list 8; texts without a known code are matched by their words, or counted."""
    code = _code(table["placement"], "PLACE")
    provider = _code(table["provider"], "PLACE_PROVIDER")
    legal = _code(table["legal"], "LS")
    placement = [placement_of(one, by) if one else _by_words(text, by) for one, by, text in zip(code, provider, table["placement"], strict=True)]
    placed = pd.DataFrame({"placement": placement, "code": code, "provider": provider, "legal": legal}, index=table.index)
    for column, field in (("placement", "Placement Type"), ("provider", "Placement Provider"), ("legal", "Child's Legal Status")):
        unknown = used & stated(table[column]) & (placed[column] == "")
        count_unknown(quality, field, table.loc[unknown, column])
    placed["placement"] = placed["placement"].replace("", "other_placement")
    placed["legal_status"] = placed["legal"].map({known: meant.meaning for known, meant in codes("LS").items()}).fillna("")
    return placed


def _code(texts: pd.Series, field: str) -> pd.Series:
    """Return the code of the SSDA903 that each text begins with or holds (`f) U6: Foster placement`); empty if it holds none that is known."""
    known = sorted(codes(field), key=len, reverse=True)
    return texts.astype(str).str.upper().str.extract(rf"\b({'|'.join(known)})\b")[0].fillna("").astype(object)


def _by_words(text: str, provider: str) -> str:
    """Return the placement that a text without a code means by its words; empty if none is known."""
    said = text.lower().replace("’", "'")
    placement = next((placement for word, placement in WORDS if word in said), "")
    if placement == "in_house_foster":
        return placement if provider in ("", "PR1") and "agency" not in said and "ifa" not in said.split() else "agency_foster"
    return "authority_childrens_home" if placement == "childrens_home" and provider == "PR1" else placement
