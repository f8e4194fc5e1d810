"""SSDA903 returns of made-up authorities, as they would have been handed in by the origin: what came after is not in them.

A return of a year has every episode open on some day from 1 April to 31 March; what ended later is open in it, and handed in again the year after.
Beside placements, legal status changes once in two thirds of histories (interim to full care order), which makes episodes that change nothing else.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from calibration.care_records import PLACEMENTS
from calibration.made_authorities import SEED, Made, day_number
from scenarios.names import name_hash
from sim.kernels.rng import fill_uniforms

HEADER = ("CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB", "LA", "YEAR")
EPISODES = (
    "CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC", "REASON_PLACE_CHANGE", "HOME_POST", "PL_POST", "URN", "LA", "YEAR",
)  # fmt: skip
UNACCOMPANIED = ("CHILD", "SEX", "DOB", "DUC", "LA", "YEAR")  # the single-file layout's third file: nobody
LAYOUTS = ("single_files", "year_folders")
CODES = {  # PLACE and PLACE_PROVIDER
    "kinship_foster": ("U3", "PR1"), "in_house_foster": ("U6", "PR1"), "agency_foster": ("U6", "PR4"), "childrens_home": ("K2", "PR4"),
    "supported_accommodation": ("H5", "PR4"), "with_parents": ("P1", "PR0"), "other_placement": ("S1", "PR4"),
}  # fmt: skip
INTERIM_SHARE, INTERIM_DAYS = 2 / 3, 210  # assumed
LEFT_FOR, LEFT_SHARES = ("E4A", "E45", "E11", "E8"), (0.45, 0.20, 0.15, 0.20)  # before 18; assumed
AT_18_WITH_CARERS, AT_18_ELSEWHERE = "E17", "E5"
NEVER = np.iinfo(np.int64).max


class Returns(NamedTuple):
    """Tables of all years' returns, in the single-file layout: dates as days, missing where a return has none."""

    header: pd.DataFrame
    episodes: pd.DataFrame


def returns(of: Made) -> Returns:
    """Return what an authority handed in by its origin (`HEADER`, `EPISODES`): a child's rows in a year only if it was in care in that year."""
    whole = _episodes(of)
    by_year = []
    for year in range(of.origin.year - of.returns + 1, of.origin.year + 1):
        first, last = day_number(date(year - 1, 4, 1)), day_number(date(year, 3, 31))
        rows = whole[(whole["start"] <= last) & (whole["end"] >= first)].assign(YEAR=year)
        still = rows["end"] > last
        rows.loc[still, ["REC", "REASON_PLACE_CHANGE"]] = ""
        by_year.append(rows.assign(DEC=_dates(rows["end"].where(~still, NEVER))))
    episodes = pd.concat(by_year, ignore_index=True).assign(LA=of.name)
    present = episodes.drop_duplicates(["YEAR", "child"])
    child = present["child"].to_numpy()
    header = pd.DataFrame({"CHILD": present["CHILD"].to_numpy(), "DOB": _dates(of.birth[child]), "LA": of.name, "YEAR": present["YEAR"].to_numpy()})
    header = header.assign(SEX=np.where(_drawn(of, "sex")[child] < 0.5, "1", "2"), ETHNIC="WBRI", UPN="", MOTHER="", MC_DOB="")
    return Returns(header[list(HEADER)], episodes[list(EPISODES)])


def write_returns(of: Made, folder: Path, layout: str = "single_files") -> Path:
    """Write an authority's returns into a folder, made if it is not there, and return it.

    Parameters
    ----------
    layout
        `single_files`: `header.csv`, `episodes.csv` and an empty `uasc.csv` with LA and YEAR, ISO dates; `year_folders`: `header.csv` and
        `episodes.csv` in a folder a year, dd/mm/yyyy.

    Raises
    ------
    ValueError
        If there is no such layout.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"no layout is called {layout!r}, expected one of {', '.join(LAYOUTS)}")
    tables, folder = returns(of), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if layout == "single_files":
        for name, table in (*tables._asdict().items(), ("uasc", pd.DataFrame(columns=list(UNACCOMPANIED)))):
            table.to_csv(folder / f"{name}.csv", index=False, date_format="%Y-%m-%d")
        return folder
    for name, table in tables._asdict().items():
        for year, rows in table.groupby("YEAR"):
            (folder / str(year)).mkdir(exist_ok=True)
            rows.drop(columns=["LA", "YEAR"]).to_csv(folder / str(year) / f"{name}.csv", index=False, date_format="%d/%m/%Y")
    return folder


def _episodes(of: Made) -> pd.DataFrame:
    """Return every episode that lasted a night, by child and start: `child`, `start`, `end` (days, `NEVER` if open) and the return's columns."""
    start, end = np.floor(of.start).astype(np.int64), np.full(len(of.end), NEVER)
    ended = np.isfinite(of.end)
    end[ended] = np.floor(of.end[ended]).astype(np.int64)
    nights = end > start
    stays = pd.DataFrame({"child": of.child, "start": start, "end": end, "placement": of.placement})[nights]
    rows = _with_legal_status(of, stays)
    child, placement = rows["child"].to_numpy(), np.array(PLACEMENTS, dtype=object)[rows["placement"]]
    first = np.diff(child, prepend=-1) != 0
    last = np.diff(child, append=-1) != 0
    places = pd.Series(placement).map(CODES)
    change = np.append(rows["RNE"].to_numpy()[1:] != "L", False) & ~last
    reason = np.where(last, _left_for(of, child, placement, rows["end"].to_numpy()), "X1")
    return rows.assign(
        CHILD=(100_000 + child).astype(str), DECOM=_dates(rows["start"]), RNE=np.where(first, "S", rows["RNE"]), CIN="N1",
        PLACE=places.str[0].to_numpy(), PLACE_PROVIDER=places.str[1].to_numpy(), REC=reason, REASON_PLACE_CHANGE=np.where(change, "CARPL", ""),
        HOME_POST=[f"AB{1 + family % 89} {family // 89 % 10}CD" for family in of.family[child]], PL_POST="AB1 3CD",
        URN=np.where(placement == "childrens_home", "1234567", ""),
    )  # fmt: skip


def _with_legal_status(of: Made, stays: pd.DataFrame) -> pd.DataFrame:
    """Return stays with legal status (LS) and why each episode began (RNE, of those that follow another), split where the status alone changed."""
    interim = _drawn(of, "interim care order") < INTERIM_SHARE
    changes = np.where(interim, np.floor(of.care_start).astype(np.int64) + INTERIM_DAYS, NEVER)[stays["child"]]
    ordered = interim[stays["child"]]
    split = (changes > stays["start"]) & (changes < stays["end"])
    before = stays.assign(RNE="P", LS=np.where(ordered, np.where(stays["start"] >= changes, "C2", "C1"), "V2"))
    before.loc[before["start"] == changes, "RNE"] = "B"
    after = before[split].assign(start=changes[split], RNE="L", LS="C2")
    before["end"] = before["end"].where(~split, changes)
    return pd.concat([before, after]).sort_values(["child", "start"], ignore_index=True)


def _left_for(of: Made, child: np.ndarray, placement: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return why care ended (E), were each of these episodes the last: another code at 18 than before."""
    before = np.array(LEFT_FOR, dtype=object)[np.searchsorted(np.cumsum(LEFT_SHARES)[:-1], _drawn(of, "left for")[child], side="right")]
    with_carers = np.isin(placement, ["kinship_foster", "in_house_foster", "agency_foster"])
    return np.where(end >= of.birthdays[child, -1], np.where(with_carers, AT_18_WITH_CARERS, AT_18_ELSEWHERE), before)


def _drawn(of: Made, what: str) -> np.ndarray:
    """Return a uniform for each child (N)."""
    uniforms = np.empty((1, len(of.birth)))
    fill_uniforms(uniforms, SEED, 0, of.number << 16, name_hash(f"made returns {what}"))
    return uniforms[0]


def _dates(days) -> np.ndarray:
    """Return days since 1970 as dates (nanoseconds, as tables have them), `NEVER` as missing."""
    days = np.asarray(days)
    return np.where(days == NEVER, np.datetime64("NaT"), np.where(days == NEVER, 0, days).astype("datetime64[D]")).astype("datetime64[ns]")
