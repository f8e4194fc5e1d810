"""Event logs of a simulated comparison: the run's own counts, the same families in each scenario, whole files, and pictures that can be read."""

from collections import defaultdict

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from event_rows import REFERRED, REMOVED, rows
from experiment_sample import results

import carecurve as cc
from outputs import event_log
from outputs.event_log import SCHEMAS, case_name, write_event_logs
from outputs.family_story import FamilyError, families_worth_reading, family_story
from outputs.stays import dates
from outputs.store import EVENTS, write
from scenarios.timeline import year_ending

pytestmark = pytest.mark.e2e

AREA, SCENARIOS = "Torbay", ("baseline", "early-help")


@pytest.fixture(scope="module")
def both():
    return cc.compare(*SCENARIOS, area=AREA, until="2027-03", runs=2, events=True, workers=1)


@pytest.fixture(scope="module")
def folder(both, tmp_path_factory):
    return write(both, tmp_path_factory.mktemp("events") / "run")


@pytest.fixture(scope="module")
def logs(folder):
    return {name: pd.read_parquet(folder / f"event_log_pm4py_{name}.parquet") for name in SCENARIOS}


def years(times):
    return times.map(lambda time: year_ending(f"{time:%Y-%m}"))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_log_holds_what_the_run_counted(both, logs, scenario):
    log, counted = logs[scenario], both[scenario].annual.sel(area=AREA, replicate=0)
    log = log.assign(year=years(log["time:timestamp"]))
    activity = log["concept:name"]
    for measure, which in {"cla_started": activity == "Started to be looked after", "cla_ceased": activity.str.startswith("Ceased to be")}.items():
        once_a_year = log[which].groupby("year")["child"].nunique()  # as the Department counts
        assert once_a_year.to_dict() == counted.sel(measure=measure, year_ending=[2026, 2027]).to_series().to_dict()
    for measure, words in {
        "adopted": "Ceased to be looked after: adopted", "reunified": "Ceased to be looked after: returned home",
        "aged_out": "Ceased to be looked after: turned 18", "sgo": "Ceased to be looked after: special guardianship order",
        "care_proceedings_started": "Care proceedings issued", "care_proceedings_ended": "Care proceedings ended: final hearing",
        "remand_started": "Legal status: remand",
    }.items():  # fmt: skip
        found = log[activity == words].groupby("year").size().reindex([2026, 2027], fill_value=0)
        assert found.tolist() == counted.sel(measure=measure, year_ending=[2026, 2027]).to_numpy().tolist(), measure


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_animation_comes_and_goes_with_care(folder, logs, scenario):
    shown, log = pd.read_parquet(folder / f"event_log_vidigi_{scenario}.parquet"), logs[scenario]
    children = shown[shown["pathway"] == "child in care"]
    assert ((children["event"] == "arrival") & (children["time"] > 0)).sum() == (log["concept:name"] == "Started to be looked after").sum()
    assert (children["event"] == "depart").sum() == log["concept:name"].str.startswith("Ceased to be").sum()
    assert (shown[shown["event"] == "arrival"].groupby("entity_id").size() == 1).all()
    assert (shown[shown["event"] == "depart"].groupby("entity_id").size() == 1).all()
    assert set(shown["entity_id"]) == set(shown.loc[shown["event"] == "arrival", "entity_id"])


def test_the_animation_has_the_families_that_are_open(folder, logs):
    """Where families are one day, found again event by event."""
    shown, log, day = pd.read_parquet(folder / "event_log_vidigi_early-help.parquet"), logs["early-help"], 400.0
    tracks = dict(zip(log["stage_to"], log["track"], strict=True)) | dict(zip(log["stage_from"], log["track"], strict=True))
    events = pd.read_parquet(folder / EVENTS).query("scenario == 'early-help' and child == 0")
    begins, now = events["time"].min() // 1, defaultdict(dict)
    for row in events[~events["event"].isin(["wait", "admission", "reneged"])].itertuples():
        track = tracks.get(row.stage_to or row.stage_from)
        if track not in ("need", "protection", "court", "support"):
            continue
        if row.time <= begins + day:
            now[row.family][track] = row.stage_to
        else:  # it was so that day already, unless the family comes with this event
            now[row.family].setdefault(track, row.stage_from if row.event != "arrival" else "")
    is_open = [any(stage not in ("", "closed", "no_child_at_home") for stage in own.values()) for own in now.values()]
    entities = shown[shown["pathway"] == "family in need"].pivot_table(index="entity_id", columns="event", values="time", aggfunc="first")
    assert ((entities["arrival"] <= day) & ~(entities["depart"] <= day)).sum() == sum(is_open) > 500


def test_the_same_families_are_in_each_scenario(logs):
    first, other = (logs[name] for name in SCENARIOS)
    arrived = [log[log["event"] == "arrival"].set_index("case:concept:name")["time:timestamp"].sort_index() for log in (first, other)]
    pd.testing.assert_series_equal(*arrived)  # early help changes what becomes of families, not who comes
    assert len(arrived[0]) > 1000
    assert not first["time:timestamp"].equals(other["time:timestamp"])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_cases_lie_whole_and_in_order(folder, logs, scenario):
    log = logs[scenario]
    cases = log["case:concept:name"]
    assert (cases != cases.shift()).sum() == cases.nunique()
    assert log.groupby("case:concept:name")["time:timestamp"].agg(lambda times: times.is_monotonic_increasing).all()
    events = pd.read_parquet(folder / EVENTS).query("scenario == @scenario")
    assert log["time:timestamp"].min() >= pd.Timestamp("2025-04-01")
    assert log["time:timestamp"].max() == dates(events["time"]).max() < pd.Timestamp("2027-04-01")


def test_csv_and_parquet_hold_the_same(folder):
    for shape, schema in SCHEMAS.items():
        times = [name for name in schema.names if str(schema.field(name).type).startswith("timestamp")]
        text = pd.read_csv(folder / f"{shape}_baseline.csv", parse_dates=times)
        whole = pd.read_parquet(folder / f"{shape}_baseline.parquet")
        pd.testing.assert_frame_equal(text, whole, check_dtype=False, check_exact=False, rtol=1e-12)
    note = (folder / "event_log.txt").read_text(encoding="utf-8")
    assert note.startswith("SIMULATED FAMILIES ONLY.")
    assert "begins with April 2025 and ends with March 2027" in note


def test_without_a_log_no_file_is_written(tmp_path):
    assert write_event_logs([results()], tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_long_log_has_no_csv_and_the_note_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(event_log, "CSV_ROWS_AT_MOST", len(REFERRED) + 3)
    kept = results()
    kept.metadata["until"] = "2026-03"
    object.__setattr__(kept, "events", pd.concat([rows(*REFERRED), rows(*REMOVED, area="Bradford")], ignore_index=True))
    written = {path.name for path in write_event_logs([kept], tmp_path)}
    assert written == {"event_log_pm4py_baseline.parquet", "event_log_vidigi_baseline.parquet", "event_log.txt"}
    assert "Too long for a CSV: event_log_pm4py_baseline.csv, event_log_vidigi_baseline.csv." in (tmp_path / "event_log.txt").read_text()
    found = pq.read_table(tmp_path / "event_log_pm4py_baseline.parquet")
    assert found.schema.names == SCHEMAS[event_log.PM4PY].names
    assert set(found["case:area"].to_pylist()) == {"Leeds", "Bradford"}  # an authority without a child's event, and one with


def test_stories_of_a_folder_can_be_looked_at(folder):
    events = pd.read_parquet(folder / EVENTS)
    worth = families_worth_reading(events)
    assert len(worth) >= 5
    most = events.groupby("family").size().idxmax()
    for name in [*worth["family"].iloc[-2:], case_name(AREA, most)]:
        figure, sentences = family_story(folder, name)
        assert sentences[0] == f"Family {name} is simulated: no such family exists. Its children are numbered by birth."
        figure.draw_without_rendering()
        edge = figure.bbox
        for axes in figure.axes:
            boxes = [text.get_window_extent() for text in [*axes.texts, axes._left_title] if text.get_text()]
            assert all(box.x0 >= edge.x0 and box.x1 <= edge.x1 and box.y0 >= edge.y0 and box.y1 <= edge.y1 for box in boxes)
            assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :] if _overlap(a, b)], name


def _overlap(a, b) -> bool:
    """Whether two texts lie on one another, by more than a pixel either way."""
    return min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1


def test_a_story_is_the_same_from_the_folder_and_from_its_log(folder):
    name = families_worth_reading(pd.read_parquet(folder / EVENTS))["family"].iloc[-1]
    _, found = family_story(folder, name)
    labels = {one.scenario: one.label for one in cc.open(folder).scenarios}
    _, same = family_story(pd.read_parquet(folder / EVENTS).replace({"scenario": labels}), name)
    assert found == same


def test_a_folder_without_a_log_says_how_to_get_one(folder, tmp_path):
    (tmp_path / "manifest.json").write_bytes((folder / "manifest.json").read_bytes())
    with pytest.raises(FamilyError, match=r"holds no event log; expected the folder of a run with --events"):
        family_story(tmp_path, 1)
    with pytest.raises(FamilyError, match="holds no results"):
        family_story(tmp_path / "nowhere", 1)
    (tmp_path / EVENTS).write_bytes(b"not a table")
    with pytest.raises(FamilyError, match="no event log that can be read"):
        family_story(tmp_path, 1)
    with pytest.raises(FamilyError, match=rf"no family {AREA}-3 in the event log; those with most events are {AREA}-\d+ \(\d+ events\), {AREA}"):
        family_story(folder, f"{AREA}-3")
    assert np.isfinite(families_worth_reading(pd.read_parquet(folder / EVENTS))["events"]).all()
