"""One family's story, as a picture and in words, from the event log of a results folder: what a reform changed for the same family.

The family is simulated, as all are: its events are one run's, and one of many that could have been.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from matplotlib.figure import Figure

from outputs.event_log import case_name, span_of
from outputs.event_words import ARRIVAL, Stages, shipped_stages, stages_of
from outputs.family_plot import family_timeline
from outputs.family_words import Told, gathered, in_words
from outputs.picture import described
from outputs.stays import stays, told_once
from outputs.store import EVENTS
from sim.results import MANIFEST

NAME = re.compile(r"(?:(?P<area>[^\W\d].*?)[-\s]+)?(?P<family>\d{1,18})(?:-[1-8])?")  # Leeds-18844, Leeds 18844, 18844, or a child's: Leeds-18844-2
SHOWN = 5  # families named to who asks for one that is not there


class FamilyError(LookupError):
    """A family that is not in an event log, or a folder without a log; the message says what is there."""


def family_story(source: str | Path | pd.DataFrame, family: int | str, stages: Stages | None = None) -> tuple[Figure, list[str]]:
    """Return a family's timeline as a picture whose alternative text points to the words, and as dated sentences that say all of it.

    Scenarios in which the same happens to the family share a panel and the words; others come one under the other, on the same dates.

    Parameters
    ----------
    source
        A results folder with an event log, or the log itself: rows of `events.parquet`.
    family
        Its name (Leeds-18844), or its number if only one authority has a family of that number.
    stages
        Of a log that comes without its folder: stages as the manifest describes them; by default the shipped pathway's.

    Raises
    ------
    FamilyError
        If there is no log, or no such family in it: the message names some that are.
    """
    if isinstance(source, pd.DataFrame):
        told = _from_events(source, family, stages or shipped_stages())
    else:
        told = _from_folder(Path(source), family)
    name = _name_of(told)
    stories, when, apart = gathered(told)
    figure = described(family_timeline(name, stories, when), f"Timeline of {name}: what is told in words beside it, in order of dates.")
    return figure, in_words(name, stories, when, apart)


def families_worth_reading(events: pd.DataFrame) -> pd.DataFrame:
    """Return a few families whose stories are typical, one of each kind there is: columns family (its name), why, events (rows of the log).

    Of each kind, the family with the median number of events among those whose story begins in the log. With several scenarios the kinds are the
    first one's, and two more are those in which care differs between scenarios.
    """
    first = events["scenario"].iloc[0]
    flags = _flags(events[events["scenario"] == first])
    never, plan, care = ~flags["protection"] & ~flags["care"], flags["plan"], flags["care"]
    kinds = {
        "assessed, then closed": never & flags["assessed"],
        "child protection plan, and no care": plan & ~care,
        "care, and home again": care & flags["home"],
        "care proceedings, and adopted or with a guardian": care & flags["court"] & flags["new_family"],
        "several children in care": care & (flags["children"] > 1),
    }
    for other in [name for name in events["scenario"].unique() if name != first]:
        theirs = _flags(events[events["scenario"] == other])["care"].reindex(flags.index, fill_value=False)
        kinds[f"care in {first}, none in {other}"] = care & ~theirs
        kinds[f"care in {other}, none in {first}"] = ~care & theirs
    found, taken = [], set()
    for why, which in kinds.items():
        some = flags[which & flags["whole"] & ~flags.index.isin(taken)].sort_values("events", kind="stable")
        if len(some):
            row = some.iloc[(len(some) - 1) // 2]
            taken.add(row.name)
            found.append((case_name(*row.name), why, int(row["events"])))
    return pd.DataFrame(found, columns=["family", "why", "events"])


def _flags(events: pd.DataFrame) -> pd.DataFrame:
    """Return what each family (authority, number) went through, and how many events it has."""
    to, own = events["stage_to"], events["child"] > 0
    marks = pd.DataFrame(
        {
            "whole": (events["event"] == ARRIVAL) & (to != ""), "assessed": to == "assessment",
            "protection": to == "section_47", "plan": to == "child_protection_plan", "court": to == "care_proceedings",
            "care": own & (to == "looked_after"), "home": to == "reunified", "new_family": to.isin(("adopted", "special_guardianship")),
        }
    )  # fmt: skip
    groups = [events["area"], events["family"]]
    found = marks.groupby(groups).any()
    found["events"] = events.groupby(groups).size()
    children = events[own & (to == "looked_after")].groupby(["area", "family"])["child"].nunique()
    return found.assign(children=children.reindex(found.index, fill_value=0))


def _from_folder(folder: Path, family: int | str) -> list[Told]:
    """Return what happened to a family in each scenario of a folder; only its own rows of the log are read."""
    area, number = _asked(family)
    try:
        scenarios = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["scenarios"]
        rows = pq.read_table(folder / EVENTS, filters=[("family", "==", number)]).to_pandas()
    except FileNotFoundError as fault:
        lacks = "no event log" if Path(str(fault.filename or EVENTS)).name == EVENTS else "no results"
        raise FamilyError(f"{folder} holds {lacks}; expected the folder of a run with --events") from None
    except (OSError, ValueError, KeyError, pa.ArrowException) as fault:
        raise FamilyError(f"{folder} holds no event log that can be read ({fault})") from None
    area = _area_of(rows, area, number, family, lambda: pd.read_parquet(folder / EVENTS, columns=["scenario", "area", "family"]))
    rows, told = rows[rows["area"] == area], []
    for about in scenarios:
        stages = stages_of(about)
        told.append(_told(rows, about["scenario"], about["label"], stages, *span_of(about)))
    return with_what_stays(told)


def _from_events(events: pd.DataFrame, family: int | str, stages: Stages) -> list[Told]:
    """Return what happened to a family in each scenario of a log; the log's days are those of its first and last event."""
    area, number = _asked(family)
    rows = events[events["family"] == number]
    area = _area_of(rows, area, number, family, lambda: events)
    begins, ends = math.floor(events["time"].min()), math.floor(events["time"].max()) + 1
    rows = rows[rows["area"] == area]
    return with_what_stays([_told(rows, scenario, scenario, stages, begins, ends) for scenario in events["scenario"].unique()])


def _told(rows: pd.DataFrame, scenario: str, label: str, stages: Stages, begins: float, ends: float) -> Told:
    """Return what happened to a family in one scenario."""
    own = rows[rows["scenario"] == scenario].reset_index(drop=True)
    return Told(scenario, label, told_once(own), stays(own, stages, begins, ends), stages, begins, ends)


def with_what_stays(told: list[Told]) -> list[Told]:
    """Return scenarios with what was so as the log began and never changes in theirs, where another scenario's log shows it.

    All branch from one state: a child in care in one of them was in care in all.
    """
    begun = pd.concat([one.stays[one.stays["began_before"]] for one in told]).drop_duplicates(["child", "track"])
    found = []
    for one in told:
        families = set(one.stays.loc[one.stays["child"] == 0, "track"])
        children = set(one.stays.loc[one.stays["child"] > 0, "child"])
        stayed = begun[np.where(begun["child"] == 0, ~begun["track"].isin(families), ~begun["child"].isin(children))]
        if len(stayed):
            both = pd.concat([one.stays, stayed.assign(start=one.begins, end=one.ends, following="", open=True)])
            one = replace(one, stays=both.sort_values(["child", "track", "start"], kind="stable", ignore_index=True))
        found.append(one)
    return found


def _name_of(told: Iterable[Told]) -> str:
    """Return what a family is called; not every scenario need have events of it."""
    return next(case_name(*one.events[["area", "family"]].iloc[0]) for one in told if len(one.events))


def _asked(family: int | str) -> tuple[str | None, int]:
    """Return the authority (None if not said) and the number of the family asked for."""
    match = NAME.fullmatch(str(family).strip())
    if not match:
        raise FamilyError(f"{str(family)!r} is no family's name, expected one such as Leeds-18844")
    return match["area"], int(match["family"])


def _area_of(rows: pd.DataFrame, area: str | None, number: int, asked: int | str, everyone) -> str:
    """Return the authority whose family is meant, as the log spells it."""
    areas = list(rows["area"].unique())
    meant = [name for name in areas if area is None or name.casefold() == area.casefold()]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise FamilyError(f"{len(meant)} authorities have a family {number}: say which, {', '.join(case_name(name, number) for name in meant)}")
    found = everyone()
    most = found[found["scenario"] == found["scenario"].iloc[0]].groupby(["area", "family"]).size() if len(found) else pd.Series(dtype=np.int64)
    most = most.sort_values(ascending=False, kind="stable").head(SHOWN)
    named = ", ".join(f"{case_name(*key)} ({count} events)" for key, count in most.items())
    raise FamilyError(f"no family {asked} in the event log; those with most events are {named}")
