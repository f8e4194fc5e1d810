"""From the event log to stays: how long a family, or a child, was in each stage of each track.

The log holds changes, from the first day of the scenario on. What was open that day is known from the first change after it (`stage_from`): such a
stay begins with the log and is marked `began_before`. What never changes in the log is not in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from outputs.event_words import ENTRY, EXIT, QUEUES, RENEGED, WAIT, Stages, track_of
from sim.model import EPOCH

KEY = ["area", "family", "child", "track"]
EPOCH_SECOND = np.datetime64(EPOCH.isoformat(), "s")
COLUMNS = [*KEY, "stage", "start", "end", "following", "began_before", "open"]


def dates(times: pd.Series) -> pd.Series:
    """Return times of the log (days since 1 April 1990) as dates and times, whole seconds."""
    seconds = np.floor(times.to_numpy(float) * 86_400.0).astype("int64")
    return pd.Series(EPOCH_SECOND + seconds.astype("timedelta64[s]"), index=times.index)


def named(events: pd.DataFrame, columns: list[str], name: Callable[..., Any]) -> pd.Series:
    """Return `name` of the columns of each row, called once for each combination there is: logs have many rows and few kinds of event."""
    kinds = events[columns].drop_duplicates()
    found = np.empty(len(kinds), object)
    found[:] = [name(*kind) for kind in kinds.itertuples(index=False, name=None)]
    return pd.Series(found[events.groupby(columns, sort=False).ngroup().to_numpy()], events.index, dtype=object)


def with_tracks(events: pd.DataFrame, stages: Stages) -> pd.DataFrame:
    """Return events of one scenario with the `track` of each (empty for an arrival without a stage)."""
    return events.assign(track=named(events, ["stage_from", "stage_to"], lambda before, after: track_of(before, after, stages)))


def told_once(events: pd.DataFrame) -> pd.DataFrame:
    """Return events without those that a queue tells of better: entering a stage in which the family only waits, and ending help it never had."""
    return _without(without_help_never_had(events), ENTRY, "stage_to", WAIT)


def without_help_never_had(events: pd.DataFrame) -> pd.DataFrame:
    """Return events without the end of a stage in which the family only waited for a place: leaving the list (`reneged`) tells of it."""
    return _without(events, EXIT, "stage_from", RENEGED)


def _without(events: pd.DataFrame, event: str, stage: str, told_by: str) -> pd.DataFrame:
    """Return events without a family's of one kind at an instant at which it has one of another kind in the same stage."""
    unit = ["area", "family", "time"]
    queued = events[events["event"] == told_by]
    told = ((events["event"] == event) & (events["child"] == 0) & events[stage].isin(queued["stage_from"].unique())).to_numpy(copy=True)
    told[told] = pd.MultiIndex.from_frame(events.loc[told, [*unit, stage]]).isin(pd.MultiIndex.from_frame(queued[[*unit, "stage_from"]]))
    return events[~told]


def stays(events: pd.DataFrame, stages: Stages, begins: float, ends: float) -> pd.DataFrame:
    """Return the stays of one scenario's families (child 0) and children, in order of authority, family, child, track and time.

    Columns: area, family, child, track, stage, start and end (days of the log), `following` (the next stage of the track, empty for none),
    `began_before` (before the log), `open` (still at its end). A stay can have no length: what is passed through at one instant.

    Parameters
    ----------
    events
        Rows of `events.parquet`, of one scenario and replicate, in their order.
    stages
        Stages as the manifest describes them.
    begins, ends
        The first day of the log, and the day after its last (days of the log).
    """
    changes = with_tracks(events, stages)
    changes = changes[(changes["track"] != "") & ~changes["event"].isin(QUEUES)]
    changes = changes[[*KEY, "time", "event", "stage_from", "stage_to"]].assign(order=np.arange(len(changes), dtype=float))
    in_care = [name for name, stage in stages.items() if stage["in_care"]]
    left = changes[(changes["event"] == EXIT) & changes["stage_from"].isin(in_care)]
    ended = [left.assign(track=track, stage_from="", stage_to="", order=left["order"] + 0.1) for track in ("placement", "legal")]
    changes = pd.concat([changes, *ended, _still_in_care(changes, in_care, begins)], ignore_index=True)
    changes = changes.sort_values([*KEY, "order"], kind="stable", ignore_index=True)
    new = (changes[KEY] != changes[KEY].shift()).any(axis=1)
    last = new.shift(-1, fill_value=True)
    begun = changes.assign(
        stage=changes["stage_to"], start=changes["time"], began_before=changes["order"] < 0, open=last,
        end=changes["time"].shift(-1).where(~last, ends), following=changes["stage_to"].shift(-1).where(~last, ""),
    )  # fmt: skip
    first = changes[new & (changes["order"] >= 0)]
    before = first.assign(stage=first["stage_from"], start=begins, end=first["time"], following=first["stage_to"], began_before=True, open=False)
    found = pd.concat([before, begun])
    found = found[found["stage"] != ""].sort_values([*KEY, "start", "order", "began_before"], ascending=[True] * 6 + [False], kind="stable")
    return found[COLUMNS].reset_index(drop=True)


def _still_in_care(changes: pd.DataFrame, in_care: list[str], begins: float) -> pd.DataFrame:
    """Return a change that begins care with the log, for children whose placement or legal status changes in it but whose care does not."""
    unit = ["area", "family", "child"]
    about = changes.loc[changes["track"].isin(("placement", "legal")), unit].drop_duplicates()
    known = changes.loc[changes["track"] == "care", unit].drop_duplicates()
    missing = about.merge(known, how="left", indicator=True)
    missing = missing.loc[missing["_merge"] == "left_only", unit]
    return missing.assign(track="care", time=begins, event="", stage_from="", stage_to=in_care[0] if in_care else "", order=-1.0)


def waits(events: pd.DataFrame, ends: float) -> pd.DataFrame:
    """Return the times families waited for a place: area, family, stage, start, end, `outcome` (admission, reneged, or empty while they wait).

    A family that waited as the log began shows from its next change, without a start: it is not among these.
    """
    queues = events[events["event"].isin(QUEUES)].sort_values(["area", "family", "stage_from"], kind="stable", ignore_index=True)
    same = (queues[["area", "family", "stage_from"]] == queues[["area", "family", "stage_from"]].shift(-1)).all(axis=1)
    found = queues.assign(
        stage=queues["stage_from"], start=queues["time"], end=queues["time"].shift(-1).where(same, ends),
        outcome=queues["event"].shift(-1).where(same, ""),
    )  # fmt: skip
    return found.loc[found["event"] == WAIT, ["area", "family", "stage", "start", "end", "outcome"]].reset_index(drop=True)
