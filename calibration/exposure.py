"""Occurrence and exposure: how often what happened, over how many years of children at risk, cell by cell (Lexis diagram).

Every stay is cut wherever the child's age, time in care, time in placement, legal status or the year before the origin passes into another band (so
at birthdays too); open ones are cut at the origin, where they are censored. What happens on a cut belongs to the cell it ends.

References: Keiding, N. (1990), "Statistical inference in the Lexis diagram", Phil. Trans. R. Soc. A 332; Aalen, Borgan and Gjessing (2008), "Survival
and Event History Analysis", ch. 5 (occurrence/exposure rates).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from calibration.care_records import CareRecords
from sim.caseload import CARE, DAYS_A_YEAR, LEGAL_STATUSES, PLACEMENTS, Frame

SHORTEST_DAYS = 0.5  # a stay that ended on the day it began counts half a day at risk
SLIVER_YEARS = 0.02  # a rest of the window so short is no year of its own: three years of days may be 1,096
SUPPLY_HALF_LIFE_YEARS = 2.0  # of what is known of where children are placed: which places there are changes (assumed; range 1 to 5)
UNKNOWN = -1  # the band of time in care of a child whose care began before the returns
CELLS = ["age", "care", "place", "placement", "legal_status", "unaccompanied", "year"]
EVENTS = ("leaves", "moves", "changes_legal_status")


def occurrence_exposure(records: CareRecords, since: date, origin: date) -> pd.DataFrame:
    """Return events and exposure of children in care by cell, from the start of one day to the end of another: `cells_of`."""
    return cells_of(spans_of(records), since, origin, CARE)


def cells_of(spans: pd.DataFrame, since: date, origin: date, frame: Frame) -> pd.DataFrame:
    """Return events and exposure by cell, from the start of one day to the end of another, of spans as `spans_of` returns them.

    Returns
    -------
    One row a cell: `age`, `care` (-1: not known), `place` (bands of the frame: of age, of time in this period of care, in this one placement),
    `placement` and `legal_status` (positions), `unaccompanied` (0 or 1), `year` (1 for the last before the origin, 2 for the one before it, ...),
    `leaves` (but for 18th birthdays, which are certain), `moves`, `changes_legal_status`, `exposure_years`.
    """
    start, end = day_number(since) - 1.0, day_number(origin)
    spans = spans[(spans["start"] < end) & (spans["end"].fillna(np.inf) > start)].reset_index(drop=True)
    years = max(1, int(np.ceil((end - start) / DAYS_A_YEAR - SLIVER_YEARS)))
    censored = spans["end"].isna() | (spans["end"] > end)
    ends = np.where(censored, end, spans["end"])
    ends = np.where(ends <= spans["start"], spans["start"] + SHORTEST_DAYS, ends)
    parts = _parts(spans, np.maximum(spans["start"].to_numpy(), start), ends, end, years, frame)
    rows = spans.iloc[parts["span"]].reset_index(drop=True)
    middle = (parts["start"] + parts["end"]) / 2
    last = parts["end"] == ends[parts["span"]]
    cells = pd.DataFrame({
        "age": _band(middle - rows["birth"], frame.age_edges_days), "care": _care_band(middle, rows, frame.care_edges_days),
        "place": _place_band(middle - rows["place_start"], rows["placement"], frame), "placement": rows["placement"],
        "legal_status": rows["legal_status"], "unaccompanied": rows["unaccompanied"],
        "year": np.clip(np.ceil((end - middle) / DAYS_A_YEAR), 1, years).astype(int),
        "exposure_years": (parts["end"] - parts["start"]) / DAYS_A_YEAR,
    })  # fmt: skip
    ended = last & ~censored.to_numpy()[parts["span"]]
    for event in EVENTS:
        cells[event] = (ended & rows[event].to_numpy()).astype(float)
    return cells.groupby(CELLS, as_index=False)[[*EVENTS, "exposure_years"]].sum()


def spans_of(records: CareRecords) -> pd.DataFrame:
    """Return one row a child in one placement on one legal status: days as numbers since 1970, and what ends each."""
    stays, legal = records.stays, records.legal
    points = pd.concat([
        stays[["child", "period", "start", "placement"]].assign(place_start=stays["start"], stay=np.arange(len(stays))),
        legal[["child", "period", "start", "legal_status"]],
    ]).sort_values(["period", "start"], kind="stable")  # fmt: skip
    carried = ["placement", "place_start", "stay", "legal_status"]
    points[carried] = points.groupby("period")[carried].ffill()
    points = points.drop_duplicates(["period", "start"], keep="last").dropna(subset=["stay"]).reset_index(drop=True)
    points["placement"] = points["placement"].map({name: position for position, name in enumerate(PLACEMENTS)}).astype(int)
    points["legal_status"] = points["legal_status"].map({name: position for position, name in enumerate(LEGAL_STATUSES)}).astype(int)
    stay = points["stay"].astype(int)
    following = points["start"].shift(-1).where(points["period"] == points["period"].shift(-1))
    points["end"] = following.fillna(pd.Series(stays["end"].to_numpy()[stay], index=points.index))
    last_of_stay = (stay != stay.shift(-1)).to_numpy()
    ended_by = stays["ended_by"].to_numpy()[stay]
    points["moves"] = last_of_stay & (ended_by == "moved")
    points["leaves"] = last_of_stay & ~np.isin(ended_by, ["", "moved", "aged_out"])
    points["changes_legal_status"] = following.notna().to_numpy() & (points["legal_status"] != points["legal_status"].shift(-1)).to_numpy()
    points["exit"] = np.where(last_of_stay & (ended_by != "moved"), ended_by, "")
    points["next_placement"] = points["placement"].shift(-1).where(points["moves"], -1).astype(int)
    points["next_legal_status"] = points["legal_status"].shift(-1).where(points["changes_legal_status"], -1).astype(int)
    children = records.children
    points["birth"] = children["birth"].to_numpy()[points["child"]]
    points["unaccompanied"] = children["unaccompanied"].to_numpy()[points["child"]].astype(int)
    points["start_known"] = stays["start_known"].to_numpy()[stay]
    points["care_start"] = points.groupby("period")["start"].transform("min")
    for column in ("start", "end", "place_start", "care_start", "birth"):
        points[column] = as_days(points[column])
    return points.drop(columns="stay")


def recency(days_before: np.ndarray) -> np.ndarray:
    """Return what a choice of placement counts as, made so many days before the origin: places open and close, so older choices say less."""
    return 0.5 ** (np.asarray(days_before, dtype=float) / (SUPPLY_HALF_LIFE_YEARS * DAYS_A_YEAR))


def as_days(days: pd.Series) -> np.ndarray:
    """Return days as numbers since 1 January 1970; nan for none."""
    values = days.to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(values), np.nan, values.astype(np.int64).astype(float))


def day_number(day: date) -> float:
    """Return a day as its number since 1 January 1970, which stands for its end: who starts or leaves on a day has done so by then."""
    return float(np.datetime64(day).astype("datetime64[D]").astype(np.int64))


def _band(days: np.ndarray, edges: tuple[float, ...]) -> np.ndarray:
    """Return the band a length of time lies in: the last whose edge it has reached."""
    return np.searchsorted(np.asarray(edges), np.asarray(days), side="right") - 1


def _care_band(middle: np.ndarray, rows: pd.DataFrame, edges: tuple[float, ...]) -> np.ndarray:
    """Return the band of time in care; -1 where care began at an unknown time before the first row, unless the last band is reached anyhow."""
    band = _band(middle - rows["care_start"], edges)
    return np.where(rows["start_known"] | (band == len(edges) - 1), band, UNKNOWN)


def _place_band(days: pd.Series, placement: pd.Series, frame: Frame) -> np.ndarray:
    """Return the band of time in a placement, by the placement's edges."""
    return (days.to_numpy()[:, None] >= np.array(frame.place_edges_days)[placement.to_numpy()]).sum(axis=1) - 1


def _parts(spans: pd.DataFrame, starts: np.ndarray, ends: np.ndarray, origin: float, years: int, frame: Frame) -> dict[str, np.ndarray]:
    """Return the parts of spans between cuts: `span` (row), `start`, `end`."""
    parts = {"span": np.arange(len(spans)), "start": starts, "end": ends}
    for column, edges in (("birth", frame.age_edges_days), ("care_start", frame.care_edges_days)):
        for edge in edges[1:]:
            parts = _cut(parts, spans[column].to_numpy() + edge)
    for edges in np.array(frame.place_edges_days)[spans["placement"].to_numpy(), 1:].T:
        parts = _cut(parts, spans["place_start"].to_numpy() + edges)
    for year in range(1, years):
        parts = _cut(parts, np.full(len(spans), origin - year * DAYS_A_YEAR))
    return parts


def _cut(parts: dict[str, np.ndarray], at: np.ndarray) -> dict[str, np.ndarray]:
    """Return parts, those that a span's day lies within in two."""
    day = at[parts["span"]]
    within = (parts["start"] < day) & (day < parts["end"])
    second = {"span": parts["span"][within], "start": day[within], "end": parts["end"][within]}
    parts = {**parts, "end": np.where(within, day, parts["end"])}
    return {name: np.concatenate([values, second[name]]) for name, values in parts.items()}
