"""The event log as `vidigi` animates it: where every family in need, and every child in care, is from day to day.

An entity of `vidigi` is in one place at a time and comes and goes once. So an entity is a family's *episode of need* (from the day need, protection,
support or a court case opens until none is open) or a child's *period of care*. A family on several tracks is shown in the foremost of them:
court, then protection, then support, then need.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from outputs.event_words import ADMISSION, ARRIVAL, NOT_OPEN, RENEGED, WAIT, Stages, lowered, shipped_stages
from outputs.stays import dates, named, stays, with_tracks, without_help_never_had

ORDER = ("court", "protection", "support", "need")  # which stage of a family is shown
FAMILY, CHILD = "family in need", "child in care"
UNKNOWN = "Placement before the log began"
WAITING = "Waiting: "
NOWHERE = ""


def animation_log(events: pd.DataFrame, stages: Stages | None, begins: float, ends: float) -> pd.DataFrame:
    """Return events of one scenario as `vidigi` reads them, in order of time.

    Columns: entity_id (Leeds-18844/1: the family's first episode in the log; Leeds-18844-2/1: its second child's first period of care), event_type
    (`arrival_departure` or `queue`), event (`arrival`, a stage's label, `depart`), time (days since the log began), pathway (`family in need` or
    `child in care`), timestamp, area, scenario. No row is a `resource_use`: a place has no number in the simulation, as `resource_id` would need.

    Parameters
    ----------
    events, stages, begins, ends
        As `outputs.stays.stays`; stages None for the shipped pathway's.
    """
    stages = stages or shipped_stages()
    found = pd.concat([_families(events, stages, begins), _children(events, stages, begins, ends)], ignore_index=True)
    names = found["area"].astype(str) + "-" + found["family"].astype(str)
    names = names.where(found["child"] == 0, names + "-" + found["child"].astype(str)) + "/" + found["episode"].astype(str)
    table = pd.DataFrame(
        {
            "entity_id": names, "event_type": np.where(found["step"] == 1, "queue", "arrival_departure"), "event": found["event"],
            "time": found["time"] - begins, "pathway": np.where(found["child"] == 0, FAMILY, CHILD),
            "timestamp": dates(found["time"]),
            "area": found["area"], "scenario": events["scenario"].iloc[0] if len(events) else "", "step": found["step"],
        }
    )  # fmt: skip
    return table.sort_values(["time", "entity_id", "step"], kind="stable", ignore_index=True).drop(columns="step")


def _families(events: pd.DataFrame, stages: Stages, begins: float) -> pd.DataFrame:
    """Return the steps of families' episodes of need: area, family, child (0), episode, time, event, step (0 arrival, 1 stage, 2 departure)."""
    rows = with_tracks(without_help_never_had(events[events["child"] == 0]), stages)
    rows = rows[rows["track"] != ""].reset_index(drop=True)
    labels = {name: stage["label"] for name, stage in stages.items()} | dict.fromkeys((NOWHERE, *NOT_OPEN), NOWHERE)
    kind = ["event", "stage_from", "stage_to"]
    before_it = named(rows, kind, lambda event, before, _: WAITING + lowered(labels[before]) if event in (ADMISSION, RENEGED) else labels[before])
    after = named(rows, kind, lambda *what: _after(*what, labels))
    unit = [rows["area"], rows["family"]]
    arrives = rows["event"] == ARRIVAL
    shown, at_first = (pd.Series(NOWHERE, rows.index, dtype=object) for _ in range(2))
    for track in reversed(ORDER):
        own = rows["track"] == track
        first = own & (own.groupby(unit).cumsum() == 1)
        # Known from before the log, unless the family arrives with this event: where it was shows from its first change of each track.
        earlier = before_it.where(first & ~arrives).groupby(unit).transform("first").fillna(NOWHERE)
        now = after.where(own).groupby(unit).ffill().fillna(earlier)
        shown = now.where(now != NOWHERE, shown)
        at_first = earlier.where(earlier != NOWHERE, at_first)
    changes = rows[["area", "family", "time"]].assign(event=shown)
    opening = changes.assign(event=at_first, time=begins).drop_duplicates(["area", "family"])
    changes = pd.concat([opening, changes]).sort_values(["area", "family", "time"], kind="stable", ignore_index=True)
    changes = changes.drop_duplicates(["area", "family", "time"], keep="last")  # of several changes at one instant, the state they end in
    return _steps(changes.assign(child=0))


def _after(event: str, before: str, after: str, labels: dict[str, str]) -> str:
    """Return where a family is in a track after an event."""
    if event == WAIT:
        return WAITING + lowered(labels[before])
    if event == RENEGED:
        return NOWHERE
    return labels[before if event == ADMISSION else after]


def _children(events: pd.DataFrame, stages: Stages, begins: float, ends: float) -> pd.DataFrame:
    """Return the steps of children's periods of care."""
    found = stays(events[events["child"] > 0], stages, begins, ends)
    in_care = [name for name, stage in stages.items() if stage["in_care"]]
    care = found[(found["track"] == "care") & found["stage"].isin(in_care)]
    homes = found[found["track"] == "placement"]
    columns = ["area", "family", "child", "time", "event"]
    entered = care.assign(time=care["start"], event=UNKNOWN)[columns]
    lived = homes.assign(time=homes["start"], event=homes["stage"].map({name: stage["label"] for name, stage in stages.items()}))[columns]
    left = care[~care["open"]]
    left = left.assign(time=left["end"], event=NOWHERE)[columns]
    changes = pd.concat([left, entered, lived]).sort_values(["area", "family", "child", "time"], kind="stable", ignore_index=True)
    return _steps(changes.drop_duplicates(["area", "family", "child", "time"], keep="last"))


def _steps(changes: pd.DataFrame) -> pd.DataFrame:
    """Return arrivals, stages and departures from where each unit is after each change (empty: nowhere)."""
    unit = ["area", "family", "child"]
    last = changes.groupby(unit)["event"].shift(fill_value=NOWHERE)
    here, was = changes["event"] != NOWHERE, last != NOWHERE
    changes = changes.assign(arrives=here & ~was, departs=~here & was, moves=here & (last != changes["event"]))
    changes["episode"] = changes.groupby(unit)["arrives"].cumsum()
    parts = [
        changes[changes["arrives"]].assign(event="arrival", step=0), changes[changes["moves"]].assign(step=1),
        changes[changes["departs"]].assign(event="depart", step=2),
    ]  # fmt: skip
    return pd.concat(parts)[[*unit, "episode", "time", "event", "step"]]
