"""The event log in the shapes that process-mining and animation tools read without renaming: `pm4py`'s, and (`outputs.animation_log`) `vidigi`'s.

Families are simulated: none is real. Scenarios have files of their own, because the same family is in each of them with the same case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from outputs.animation_log import animation_log
from outputs.event_words import Stages, activity, shipped_stages, stages_of
from outputs.stays import dates, named, told_once, with_tracks
from scenarios.timeline import add_months, first_day
from sim.model import day_of
from sim.results import Results

PM4PY, VIDIGI, NOTE = "event_log_pm4py", "event_log_vidigi", "event_log.txt"
CASES = ("family", "child")
STREAMS = ("family", "unaccompanied child", "unaccompanied child", "disabled child")  # what the number of a family says, after division by 4
CSV_ROWS_AT_MOST = 1_048_575  # a spreadsheet's rows, less the heading: a longer log is for programs, which read Parquet


def _schema(*columns: str) -> pa.Schema:
    """Return a schema of text, but for times."""
    kinds = {"time:timestamp": pa.timestamp("s"), "timestamp": pa.timestamp("s"), "time": pa.float64()}
    return pa.schema([(column, kinds.get(column, pa.string())) for column in columns])


SCHEMAS = {  # stated, so that an authority whose log has no child's event, say, has the same columns as the others
    PM4PY: _schema(
        "case:concept:name", "concept:name", "time:timestamp", "case:area", "case:stream", "case:scenario", "child", "track", "event", "stage_from",
        "stage_to",
    ),
    VIDIGI: _schema("entity_id", "event_type", "event", "time", "pathway", "timestamp", "area", "scenario"),
}
WORDS = """SIMULATED FAMILIES ONLY. No family or child in this folder exists, and none stands for a real one.

Event log of the first run (replicate 0) of each scenario, in the shapes other tools read as they are:
  {pm4py}_SCENARIO   for process mining (pm4py): a row an event, a case a family; `child` holds the child where the event is a child's own.
  {vidigi}_SCENARIO  for animation (vidigi): where each family in need and each child in care is; an entity an episode of need, or a period of care.
Both as Parquet; as CSV too, unless it has more rows than a spreadsheet ({most:,}).{left}

Cases have the same name in every scenario, so each scenario has files of its own: put two together and every family is there twice.
The log begins with {first} and ends with {last}. What happened before is not in it: a family known earlier begins with its first event since.
Times of day only keep events in order. Columns and examples: docs/event-log.md.

One run is one of many possible futures. Do not read a rate, a cost or a difference between scenarios from it (summary.csv and differences.csv hold
those), and do not use it to judge, score or identify any real family.
"""


def case_name(area: str, family: int, child: int = 0) -> str:
    """Return what a family is called (Leeds-18844), or a child of it (Leeds-18844-1): the same in every scenario of a seed."""
    return f"{area}-{family}-{child}" if child else f"{area}-{family}"


def process_log(events: pd.DataFrame, stages: Stages | None = None, case: str = "family") -> pd.DataFrame:
    """Return events of one scenario as `pm4py` reads them: case after case, each in order of time (`pm4py` 2.7 cuts cases that lie scattered).

    Columns: case:concept:name, concept:name (the activity), time:timestamp, case:area, case:stream, case:scenario, child (the child's
    name, missing for the family's own events), track, event, stage_from, stage_to. Every row is a moment, so it has no lifecycle:transition (without
    one XES takes an event as complete); none has an org:resource, since workers and places have no names in the simulation.

    Parameters
    ----------
    events
        Rows of `events.parquet`, of one scenario and replicate.
    stages
        Stages as the manifest describes them; by default the shipped pathway's.
    case
        `family`: a case is a family, with its children's events. `child`: a case is a child, with its own events alone (care, placement, legal
        status and after care): children who never were in care have none.

    Raises
    ------
    ValueError
        If there is no such case, or the events are of several scenarios or replicates.
    """
    if case not in CASES:
        raise ValueError(f"no case {case!r}, expected {' or '.join(CASES)}")
    _only_one(events)
    stages = stages or shipped_stages()
    rows = with_tracks(told_once(events) if case == "family" else events[events["child"] > 0], stages)
    rows = rows.sort_values(["area", "family"] if case == "family" else ["area", "family", "child"], kind="stable")
    triples = ["event", "stage_from", "stage_to"]
    rows = rows.assign(activity=named(rows, triples, lambda *what: activity(*what, stages)))
    rows = rows[rows["activity"].notna()]
    family = rows["area"].astype(str) + "-" + rows["family"].astype(str)
    child = (family + "-" + rows["child"].astype(str)).where(rows["child"] > 0, None)
    return pd.DataFrame(
        {
            "case:concept:name": family if case == "family" else child, "concept:name": rows["activity"], "time:timestamp": dates(rows["time"]),
            "case:area": rows["area"], "case:stream": np.array(STREAMS, object)[rows["family"].to_numpy() % 4],
            "case:scenario": rows["scenario"], "child": child, "track": rows["track"].replace("", None), "event": rows["event"],
            **{column: rows[column].replace("", None) for column in triples[1:]},
        }
    ).reset_index(drop=True)  # fmt: skip


def write_event_logs(scenarios: Iterable[Results], folder: str | Path) -> list[Path]:
    """Write the logs of the scenarios that kept one into a folder, in both shapes, with a note beside them; return the files.

    Authority by authority, so that memory grows with the largest of them, not with England.
    """
    folder, written, left = Path(folder), [], []
    kept = [one for one in scenarios if one.events is not None]
    for one in kept:
        stages = stages_of(one.metadata)
        begins, ends = span_of(one.metadata)
        for shape, tables in (
            (PM4PY, (process_log(own, stages) for own in _by_area(one.events))),
            (VIDIGI, (animation_log(own, stages, begins, ends) for own in _by_area(one.events))),
        ):
            files = _write(tables, SCHEMAS[shape], folder / f"{shape}_{one.scenario}")
            left += [file.with_suffix(".csv").name for file in files if len(files) == 1]
            written += files
    if kept:
        first, last = (f"{first_day(kept[0].metadata[end]):%B %Y}" for end in ("from", "until"))
        without = f"\nToo long for a CSV: {', '.join(left)}." if left else ""
        words = WORDS.format(pm4py=PM4PY, vidigi=VIDIGI, most=CSV_ROWS_AT_MOST, left=without, first=first, last=last)
        (folder / NOTE).write_text(words, encoding="utf-8")
        written.append(folder / NOTE)
    return written


def span_of(about: dict) -> tuple[float, float]:
    """Return the first day of a scenario's log, and the day after its last, from what its manifest says of it (`from`, `until`)."""
    return day_of(about["from"]), day_of(add_months(about["until"], 1))


def _by_area(events: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield each authority's events."""
    for area in events["area"].unique():
        yield events[events["area"] == area]


def _write(tables: Iterable[pd.DataFrame], schema: pa.Schema, stem: Path) -> list[Path]:
    """Write tables one below the other, as Parquet and, unless they are too long, as CSV; return the files."""
    parquet, text = Path(f"{stem}.parquet"), Path(f"{stem}.csv")
    rows = 0
    with pq.ParquetWriter(parquet, schema) as whole, pyarrow.csv.CSVWriter(text, schema) as lines:
        for table in tables:
            part = pa.Table.from_pandas(table, schema, preserve_index=False)
            whole.write_table(part)
            rows += len(table)
            if rows <= CSV_ROWS_AT_MOST:
                lines.write_table(part)
    if rows <= CSV_ROWS_AT_MOST:
        return [parquet, text]
    text.unlink()
    return [parquet]


def _only_one(events: pd.DataFrame) -> None:
    """Complain of a log of several scenarios or replicates: the same family would be one case with two stories."""
    for column in ("scenario", "replicate"):
        found = events[column].unique()
        if len(found) > 1:
            raise ValueError(
                f"the log holds {len(found)} {column}s ({', '.join(map(str, found))}), expected one: the same families are in each; "
                f"choose one, such as events[events.{column} == {found[0]!r}]"
            )
