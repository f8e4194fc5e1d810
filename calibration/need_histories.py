"""Histories of need in the terms of `sim.need_caseload`: episodes, what stage a child is in on each day of one, how it ends.

An episode is unbroken time in need by the census (`child_in_need`, or a plan outside one): closed and begun again on one day, it goes on. Within
one a child is on a plan if there is one, else looked after if the SSDA903 says so (children are found in it by pseudonym), else an adult from the
18th birthday, else in need without either.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from calibration.care_records import CareRecords
from calibration.episodes import eighteenth_birthday
from calibration.exposure import as_days, day_number
from calibration.need_records import NOT_RETURNED_AGAIN, NeedRecords
from sim.need_caseload import ADULT, CHILD_IN_NEED, EXITS, LOOKED_AFTER, PLAN

SAME_DAY = 0.5  # days: a spell that ended on the day it began is taken to have begun in the middle of the day before, so that no day's end holds it
CARE_COLUMNS = ["pseudonym", "start", "end"]
MARKS = ("need", "plan", "care", "grown")


def care_periods(records: CareRecords) -> pd.DataFrame:
    """Return one row a period of care: `pseudonym`, `start`, `end` (NaT while open)."""
    stays = records.stays
    by_period = stays.groupby("period")
    periods = by_period.agg(child=("child", "first"), start=("start", "min"), end=("end", "max"), known=("end", "count"), all=("end", "size"))
    pseudonym = records.children["pseudonym"].to_numpy()[periods["child"]]
    return periods.assign(pseudonym=pseudonym, end=periods["end"].where(periods["known"] == periods["all"])).reset_index()[CARE_COLUMNS]


def need_spans(need: NeedRecords, care: pd.DataFrame) -> pd.DataFrame:
    """Return one row a child in one stage of an episode, as `calibration.exposure.spans_of` does of care: days as numbers since 1970.

    `period` is the episode, `care_start` its start, `placement` the stage (position of `sim.need_caseload.STAGES`), `unaccompanied` whether the child
    is disabled. Where the records stop before an end is known (`not_returned_again`), the last span of an episode ends in nothing.

    Parameters
    ----------
    care
        Periods of care (`care_periods`).
    """
    spells = _spells(need)
    states = _states(spells, _care(need, care), _adult(need, spells))
    same = (states["child"] == states["child"].shift(-1)).to_numpy()
    active, after = states["active"].to_numpy(), states["active"].shift(-1, fill_value=False).to_numpy()
    states["end"] = states["at"].shift(-1).where(same)
    states["moves"], states["leaves"] = active & same & after, active & same & ~after
    states["next_placement"] = states["stage"].shift(-1).where(states["moves"], -1).astype(int)
    begins = active & ~(states["active"].shift(1, fill_value=False).to_numpy() & (states["child"] == states["child"].shift(1)).to_numpy())
    states["period"] = np.cumsum(begins) - 1
    spans = states[active].rename(columns={"at": "start", "stage": "placement"}).reset_index(drop=True)
    spans["care_start"] = spans.groupby("period")["start"].transform("min")
    spans["exit"] = _exits(spans, spells)
    spans["leaves"] &= spans["exit"] != NOT_RETURNED_AGAIN
    children = need.children
    return spans.assign(
        place_start=spans["start"], legal_status=0, next_legal_status=-1, changes_legal_status=False, start_known=True,
        birth=as_days(children["birth"])[spans["child"]], unaccompanied=children["disabled"].to_numpy()[spans["child"]].astype(int),
    )  # fmt: skip


def open_spans(spans: pd.DataFrame, day: date) -> pd.DataFrame:
    """Return the spans that are open at the end of a day, one a child."""
    at = day_number(day)
    return spans[(spans["start"] <= at) & ~(spans["end"] <= at)].reset_index(drop=True)


def share_linked(need: NeedRecords, care: pd.DataFrame) -> float:
    """Return the share of children in care, in the days the records of need cover, who are found in these; nan if nobody was."""
    first, last = pd.Timestamp(need.first), pd.Timestamp(need.last)
    there = care.loc[(care["start"] <= last) & ~(care["end"] < first), "pseudonym"].drop_duplicates()
    return float(there.isin(need.children["pseudonym"]).mean()) if len(there) else float("nan")


def _spells(need: NeedRecords) -> pd.DataFrame:
    """Return spells of need and plans: `child`, `start`, `end` (infinite while open), `plan` (bool), `outcome`."""
    spells = need.spells[need.spells["stage"].isin(["child_in_need", "child_protection_plan"])]
    start, end = as_days(spells["start"]), as_days(spells["end"])
    end = np.where(np.isnan(end), np.where(spells["outcome"] == "", np.inf, start), end)
    plan = (spells["stage"] == "child_protection_plan").to_numpy()
    table = pd.DataFrame({"child": spells["child"].to_numpy(), "start": np.where(end <= start, end - SAME_DAY, start), "end": end, "plan": plan})
    return table.assign(outcome=spells["outcome"].to_numpy())


def _care(need: NeedRecords, care: pd.DataFrame) -> pd.DataFrame:
    """Return periods of care of children who are in records of need: `child`, `start`, `end` (infinite while open)."""
    number = pd.Series(range(len(need.children)), index=need.children["pseudonym"], dtype="int64")
    known = care[care["pseudonym"].isin(number.index)]
    end = as_days(known["end"])
    return pd.DataFrame({
        "child": number.reindex(known["pseudonym"]).to_numpy(), "start": as_days(known["start"]), "end": np.where(np.isnan(end), np.inf, end),
    })  # fmt: skip


def _adult(need: NeedRecords, spells: pd.DataFrame) -> pd.DataFrame:
    """Return the 18th birthdays of children with spells."""
    child = np.unique(spells["child"].to_numpy())
    birthday = eighteenth_birthday(need.children["birth"].to_numpy()[child])
    return pd.DataFrame({"child": child, "start": as_days(pd.Series(birthday)), "end": np.inf})


def _states(spells: pd.DataFrame, care: pd.DataFrame, adult: pd.DataFrame) -> pd.DataFrame:
    """Return what holds from each day on which it changes, by child and day: `child`, `at`, `active` (in need), `stage`."""
    parts = []
    for name, table in (("need", spells), ("plan", spells[spells["plan"]]), ("care", care), ("grown", adult)):
        parts += [pd.DataFrame({"child": table["child"], "at": table[edge], name: by}) for edge, by in (("start", 1), ("end", -1))]
    marks = pd.concat(parts, ignore_index=True).fillna(0)
    marks = marks[np.isfinite(marks["at"])].groupby(["child", "at"], as_index=False)[list(MARKS)].sum()
    held = marks.groupby("child")[list(MARKS)].cumsum()
    stage = np.select([held["plan"] > 0, held["care"] > 0, held["grown"] > 0], [PLAN, LOOKED_AFTER, ADULT], CHILD_IN_NEED)
    states = pd.DataFrame({"child": marks["child"], "at": marks["at"], "active": held["need"] > 0, "stage": stage})
    states["stage"] = states["stage"].where(states["active"], CHILD_IN_NEED)  # so that what happens out of need changes nothing
    goes_on = (states == states.shift(1))[["child", "active", "stage"]].all(axis=1)
    return states[~goes_on].reset_index(drop=True)


def _exits(spans: pd.DataFrame, spells: pd.DataFrame) -> np.ndarray:
    """Return how each span that ends its episode does, in words of `EXITS`, or `NOT_RETURNED_AGAIN`; empty for others."""
    ended = spells[np.isfinite(spells["end"])].sort_values("plan", kind="stable")
    ended = ended.drop_duplicates(["child", "end"])  # an episode's word goes before a plan's
    said = spans[["child", "end"]].merge(ended[["child", "end", "outcome"]], on=["child", "end"], how="left")["outcome"].fillna("")
    known = said.where(said.isin([*EXITS, NOT_RETURNED_AGAIN]), "closed")
    return np.where(spans["leaves"], known, "").astype(object)
