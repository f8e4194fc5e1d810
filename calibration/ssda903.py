"""Read an authority's SSDA903 returns: every layout they come in, to histories in care (`CareRecords`).

The return is the Department for Education's yearly collection on looked-after children (guide to the SSDA903 collection). Two layouts are read as
they are: a folder or file a year with dd/mm/yyyy, and one file of all years with ISO dates and columns LA and YEAR; CSV, workbook or XML, in a folder
or a zip. What each table is, is told by its columns, not by its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from calibration.care_records import CareRecords, DataQuality
from calibration.episodes import CODED, histories
from calibration.identifiers import Pseudonyms
from calibration.record_days import days, stated, year_end, year_start
from calibration.record_files import RecordsError
from calibration.record_tables import RecordTable, read_tables
from scenarios.areas import UnknownNameError, find_area
from scenarios.ssda903_codes import codes
from sim.suppression import LARGEST, SMALLEST, small

EPISODES = frozenset({"CHILD", "DECOM", "RNE", "LS", "PLACE", "DEC", "REC"})
UNACCOMPANIED = frozenset({"CHILD", "DUC"})
HEADER = frozenset({"CHILD", "SEX", "DOB"})
OTHER_TABLES = ("REVIEW", "MIS_START", "MISTYPE", "SDQ_SCORE", "IN_TOUCH", "DATE_INT", "DATE_PLACED", "DATE_PERM", "SW_ID", "CONVICTED", "LS_DATE")
YEAR_IN_NAME = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
LATE_DAYS = 45  # a return whose last date lies further than this before its year's end may be an extract within the year
BY_CHANCE = 0.001  # and is taken for one if so many dates would all lie so early in the year by chance no oftener than this
YEARS = (1990, 2100)  # that a return can be of
LIKE_A_CODE = re.compile(r"[A-Z]|(PR|[A-Z])\d{1,2}[AB]?")  # as the guides' are: a name, a postcode or an identifier is not repeated
MISDATED = 0.02  # share of a table's rows that may start after the year its name says, by mistake
BLANK, UNKNOWN = -1, -2


@dataclass
class _Numbers:
    """Numbers for identifiers of one kind: those of one pseudonym (whatever blanks and case) have one. Each spelling is hashed once an import."""

    by_name: dict[str, int] = field(default_factory=dict)
    by_spelling: dict[str, int] = field(default_factory=dict)

    def of(self, spellings: list[str], pseudonyms: Pseudonyms) -> np.ndarray:
        """Return the numbers of spellings; -1 for an empty one."""
        for text in spellings:
            if text not in self.by_spelling:
                name = pseudonyms.one(text)
                self.by_spelling[text] = self.by_name.setdefault(name, len(self.by_name)) if name else BLANK
        return np.array([self.by_spelling[text] for text in spellings], dtype=np.int32)


@dataclass
class _Read:
    """What has been read so far, with identifiers already replaced by numbers."""

    pseudonyms: Pseudonyms
    quality: DataQuality
    authority: str
    children: _Numbers = field(default_factory=_Numbers)
    families: _Numbers = field(default_factory=_Numbers)
    homes: _Numbers = field(default_factory=_Numbers)
    authorities: set[str] = field(default_factory=set)
    episodes: list[pd.DataFrame] = field(default_factory=list)
    headers: list[pd.DataFrame] = field(default_factory=list)
    unaccompanied: set[int] = field(default_factory=set)


def read_ssda903(path: str | Path, authority: str = "", pseudonyms: Pseudonyms | None = None) -> CareRecords:
    """Read the returns at a path: a folder, a zip, or a file.

    Parameters
    ----------
    authority
        As a column LA names it; needed when the returns hold several.
    pseudonyms
        The import's, so that children are the same ones in other records; by default its own.

    Raises
    ------
    RecordsError
        If nothing there can be used: no table of episodes or of headers, several authorities and none named, no row that is whole.
    """
    read = _Read(pseudonyms or Pseudonyms(), DataQuality(), authority.strip())
    for table in read_tables(path):
        _take(read, table)
    _check(read, str(path))
    episodes = pd.concat(read.episodes, ignore_index=True)
    headers = pd.concat(read.headers, ignore_index=True)
    names = np.array(list(read.children.by_name), dtype=object)
    years = np.unique(episodes.loc[episodes["year"] > 0, "year"])
    if not len(years):
        raise RecordsError(str(path), "holds no episode whose start can be read")
    first, last = year_start(_unbroken(years, read.quality)), _last_day(episodes, read.quality)
    children, stays, legal = histories(episodes, headers, read.unaccompanied, names, last, read.quality)
    if stays.empty:
        raise RecordsError(str(path), "holds no episode that can be used; the reasons: " + _reasons(read.quality))
    whose = read.authority or next(iter(read.authorities), "")
    return CareRecords(children, stays, legal, first, last, read.quality, _published_name(whose))


def _take(read: _Read, table: RecordTable) -> None:
    """Add a table to what has been read, if it is one that is used."""
    quality = read.quality
    kind = _kind(table.columns)
    name = f"{table.file} {table.sheet}".strip()
    quality.notes += [f"{name}: {note}" for note in table.notes]
    if not kind:
        few = small(np.array(len(table.frame)))  # of a table of adoptions, rows are children
        rows = f"{SMALLEST} to {LARGEST}" if few else f"{len(table.frame):,}"
        quality.notes.append(f"{name}: not used ({rows} rows): {_what(table.columns)}")
        return
    quality.read[kind] += len(table.frame) + sum(table.left_out.values())
    for reason, count in table.left_out.items():
        quality.left_out[kind, reason] += count
    frame = _of_authority(read, table.frame, kind)
    if frame.empty:
        return
    compact = pd.DataFrame({"child": _numbered(frame, "CHILD", read.children, read.pseudonyms)})
    if kind == "unaccompanied":
        nameless = int((compact["child"] == BLANK).sum())
        if nameless:
            quality.left_out[kind, "no identifier of a child"] += nameless
        read.unaccompanied |= set(compact["child"].tolist()) - {BLANK}
        return
    dates = ("DECOM", "DEC") if kind == "episodes" else ("DOB",)
    for column in dates:
        compact[column], unreadable = _dates(frame[column])
        compact[f"{column}_unreadable"] = unreadable
    compact["year"] = _years(frame, name, compact[dates[0]], kind, quality)
    if kind == "episodes":
        for column in CODED:
            compact[column] = _coded(frame, column, quality)
        compact["home"] = _numbered(frame, "HOME_POST", read.homes, read.pseudonyms)
        read.episodes.append(compact)
        return
    compact["sex"] = _text(frame, "SEX")
    compact["family"] = _numbered(frame, "FAMILY", read.families, read.pseudonyms)
    read.headers.append(compact)


def _kind(columns: frozenset[str]) -> str:
    """Return which table of the return columns are of; empty if none that is used."""
    if columns >= EPISODES:
        return "episodes"
    if columns >= UNACCOMPANIED:
        return "unaccompanied"
    return "header" if columns >= HEADER and not any(column in columns for column in OTHER_TABLES) else ""


def _what(columns: frozenset[str]) -> str:
    """Say what a table that is not used is."""
    if any(column in columns for column in OTHER_TABLES) and "CHILD" in columns:
        return "a table of the return that says nothing of placements"
    near = min((EPISODES - columns, HEADER - columns), key=len)
    return f"not a table of episodes or headers: columns {', '.join(sorted(near))} are missing" if "CHILD" in columns else "no column CHILD"


def _of_authority(read: _Read, frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the rows of the authority asked for."""
    if "LA" not in frame.columns:
        return frame
    names = _kinds(frame["LA"])
    read.authorities |= {name.casefold() for name in names.cat.categories if name}
    if not read.authority:
        return frame
    theirs = names.str.casefold() == read.authority.casefold()
    if not theirs.all():
        read.quality.left_out[kind, "of another authority"] += int((~theirs).sum())
    return frame[theirs.to_numpy()]


def _numbered(frame: pd.DataFrame, column: str, numbers: _Numbers, pseudonyms: Pseudonyms) -> np.ndarray:
    """Return numbers for the texts of a column, the same text the same number in every table; -1 for none."""
    if column not in frame.columns:
        return np.full(len(frame), BLANK, dtype=np.int32)
    kinds = _kinds(frame[column])
    return numbers.of(kinds.cat.categories.tolist(), pseudonyms)[kinds.cat.codes.to_numpy()]


def _kinds(texts: pd.Series) -> pd.Series:
    """Return texts as categories, of which every one occurs."""
    return texts.astype("category").cat.remove_unused_categories()


def _dates(texts: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return days (datetime64[s]; NaT where there is none), and where there is text that is no day."""
    kinds = _kinds(texts)
    spellings = pd.Series(kinds.cat.categories.astype(str), dtype=object)
    found = days(spellings)
    unreadable = found.isna() & stated(spellings)
    rows = kinds.cat.codes.to_numpy()
    return found.to_numpy()[rows], unreadable.to_numpy()[rows]


def _years(frame: pd.DataFrame, name: str, starts: pd.Series, kind: str, quality: DataQuality) -> np.ndarray:
    """Return the year (ending 31 March) of the return each row is from: a column YEAR, the file's name, or the last start in the table."""
    latest = starts.max()
    year = latest.year + (latest.month > 3) if pd.notna(latest) else 0
    if "YEAR" in frame.columns:
        stated_year = pd.to_numeric(frame["YEAR"].astype(str), errors="coerce")
        unclear = ~stated_year.between(*YEARS)
        if unclear.any():
            quality.changes[kind, "its column YEAR states no year: taken for that of the table's last start"] += int(unclear.sum())
        return stated_year.where(~unclear, year).astype(np.int16).to_numpy()
    named = YEAR_IN_NAME.findall(name)
    if named and (starts > pd.Timestamp(int(named[-1]), 3, 31)).mean() <= MISDATED:
        year = int(named[-1])
    elif named:
        quality.notes.append(f"{name}: its rows start after 31 March {named[-1]}: taken for the return of the year that ends in {year}")
    return np.full(len(frame), year, dtype=np.int16)


def _coded(frame: pd.DataFrame, column: str, quality: DataQuality) -> np.ndarray:
    """Return a column of codes as positions in the guide's list; -1 for none, -2 for a code no guide knows, which is counted."""
    if column not in frame.columns:
        return np.full(len(frame), BLANK, dtype=np.int8)
    known = {code: position for position, code in enumerate(codes(column))}
    kinds = _kinds(frame[column])
    texts = [str(text).strip().upper() for text in kinds.cat.categories]
    positions = np.array([known.get(text, UNKNOWN) if text else BLANK for text in texts], dtype=np.int8)
    rows = kinds.cat.codes.to_numpy()
    counts = np.bincount(rows, minlength=len(texts))
    for text, position, count in zip(texts, positions, counts, strict=True):
        if position == UNKNOWN and count:
            quality.unknown_codes[column, text if LIKE_A_CODE.fullmatch(text) else "not a code"] += int(count)
    return positions[rows]


def _text(frame: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column as text."""
    return frame[column].astype(str).to_numpy() if column in frame.columns else np.full(len(frame), "", dtype=object)


def _check(read: _Read, path: str) -> None:
    """Refuse returns that lack a table, or hold several authorities of which none was named."""
    if read.authority and read.authorities and read.authority.casefold() not in read.authorities:
        raise RecordsError(path, f"holds no rows of {read.authority!r}, but {_told(read.authorities)}", field="LA")
    if len(read.authorities) > 1 and not read.authority:
        raise RecordsError(path, f"holds {_told(read.authorities)}; expected one, or a choice of one", field="LA")
    for tables, name, columns in ((read.episodes, "episodes", EPISODES), (read.headers, "headers", HEADER)):
        if not tables:
            raise RecordsError(path, f"holds no table of {name}: expected one with columns {', '.join(sorted(columns))}")


def _told(authorities: set[str]) -> str:
    """Say how many authorities returns hold, and which, of those that are authorities: in a column LA anything may stand by mistake."""
    known = [name for name in map(_published_name, sorted(authorities)) if name]
    return f"rows of {len(authorities):,} {'authority' if len(authorities) == 1 else 'authorities'}" + (f" ({', '.join(known)})" if known else "")


def _published_name(name: str) -> str:
    """Return an authority's name as published figures have it; empty if it is none of theirs."""
    try:
        return find_area(name).name if name else ""
    except UnknownNameError:
        return ""


def _unbroken(years: np.ndarray, quality: DataQuality) -> int:
    """Return the first of the years up to the last that returns hold one after another; what is before a gap covers nothing whole."""
    begins = int(years[np.flatnonzero(np.append(True, np.diff(years) > 1))[-1]])
    if begins > years[0]:
        lacking = sorted(set(range(int(years[0]), begins)) - set(years.tolist()))
        ending = f"{lacking[0]}" if len(lacking) == 1 else f"{lacking[0]} to {lacking[-1]}"
        quality.notes.append(f"there is no return of years ending in {ending}: the returns cover what is from 1 April {begins - 1} on")
    return begins


def _last_day(episodes: pd.DataFrame, quality: DataQuality) -> date:
    """Return the last day the returns know of: their last 31 March, or, of an extract within the year, its last date."""
    year = int(episodes["year"].max())
    start, end = year_start(year), year_end(year)
    dates = pd.unique(episodes.loc[episodes["year"] == year, ["DECOM", "DEC"]].to_numpy().ravel())
    dates = dates[(dates >= np.datetime64(start)) & (dates <= np.datetime64(end))]
    if not len(dates):
        return end
    seen = pd.Timestamp(dates.max()).date()
    early = ((seen - start).days + 1) / ((end - start).days + 1)
    if (end - seen).days <= LATE_DAYS or early ** len(dates) > BY_CHANCE:
        return end
    quality.notes.append(f"the last return's dates end on {seen}, {(end - seen).days} days before its year does: taken for an extract of that day")
    return seen


def _reasons(quality: DataQuality) -> str:
    """Say why rows were left out."""
    return "; ".join(f"{table}, {reason}: {count:,}" for (table, reason), count in quality.left_out.most_common()) or "there are none"


