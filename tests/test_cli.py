"""The command line: what each command prints and writes, and how a mistake ends."""

import json
import subprocess
import sys

import pandas as pd
import pytest
from command_line import call

from scenarios.areas import find_area
from scenarios.loading import load

pytestmark = pytest.mark.e2e
SHORT = ("--area", "Rutland", "--runs", "2", "--until", "2027-03")


def test_help_imports_nothing_heavy():
    heavy = ("numpy", "numba", "pandas", "scipy", "xarray", "pydantic")
    code = f"import sys, carecurve, carecurve.cli; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_help_lists_every_command(capsys):
    status, out, _ = call(capsys, "--help")
    assert status == 0
    for command in ("list", "validate", "explain", "init", "run", "compare", "calibrate", "backtest", "bench"):
        assert command in out


def test_list_shows_scenarios_areas_regions_and_groups(capsys):
    status, out, _ = call(capsys, "list")
    assert status == 0
    for name in (
        "early-help",
        "regional-care-cooperative",
        "kinship",
        "greater-manchester",
        "south-east",
        "Inner London",
        "Salford",
    ):
        assert name in out


def test_explain_prints_numbers_with_source_and_status(capsys):
    status, out, _ = call(capsys, "explain", "early-help")
    assert status == 0
    assert "cost_per_family_gbp" in out
    assert "(assumed)" in out
    assert "pathway.yaml:" in out
    assert "settings.budget.in_force = on" in out
    assert "cpp_at31  outcome" in out


def test_validate_prints_every_fault_with_its_place(capsys, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        "name: Bad\nextends: baseline\nlevers:\n  - famly_help: {}\nset:\n  stages.assesment.case_weight: 2\n"
    )
    status, out, err = call(capsys, "validate", bad, "baseline")
    assert status == 2
    assert f"{bad}:4:" in err
    assert "family_help" in err
    assert f"{bad}:6:" in err
    assert "Traceback" not in err
    assert "baseline" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--area", "Salfrod"), "Salford"),
        (("run", "--region", "Greater Manchestre"), "Greater Manchester"),
        (("run", "basline"), "baseline"),
        (("run", "--area", "Salford", "--england"), "one of --area"),
        (("run", "--from", "2025-13"), "2025-13"),
        (("run", "--until", "2024-01"), "before the branch"),
        (("run", "--until", "2025-09"), "no complete financial year"),
        (("run", "--engine", "warp"), "expected one of fast, reference, expected"),
        (("compare", "baseline"), "nothing to compare"),
        (("compare", "baseline", "early-help", "early-help"), "named twice"),
        (("compare", "baseline", "early-help", "--from", "2027-04"), "2027-04"),
        (("init", "England", "x.yaml"), "not an authority"),
        (("init", "Salford", "no/such/folder/x.yaml"), "cannot write"),
        (("run", "--runs", "0"), "runs"),
        (("run", "--colour", "blue"), "colour"),
    ],
)
def test_what_a_user_gets_wrong_ends_in_a_message_and_status_2(capsys, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, _, err = call(capsys, *arguments)
    assert status == 2
    assert message in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_folders_are_checked_before_the_run(capsys, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    status, _, err = call(capsys, "run", *SHORT, "-o", tmp_path)
    assert status == 2
    assert "not results" in err
    status, _, err = call(capsys, "run", *SHORT, "-o", tmp_path / "notes.txt" / "out")
    assert status == 2
    assert "cannot write" in err


def test_init_writes_an_areas_figures_once(capsys, tmp_path):
    file = tmp_path / "rutland.yaml"
    assert call(capsys, "init", "Rutland", file)[0] == 0
    assert "referrals" in load(file).areas["Rutland"]
    status, _, err = call(capsys, "init", "Rutland", file)
    assert status == 2
    assert "--overwrite" in err
    assert call(capsys, "init", "Rutland", file, "--overwrite")[0] == 0


def test_run_writes_a_finished_folder(capsys, tmp_path):
    out = tmp_path / "out"
    status, text, err = call(capsys, "run", "baseline", *SHORT, "-o", out, "--events")
    assert status == 0, err
    assert "Children in care" in text
    manifest = json.loads((out / "manifest.json").read_text())
    assert not [check for check in manifest["scenarios"][0]["checks"] if not check["holds"]]
    assert "checks held" in text
    assert len(manifest["scenarios"][0]["checks"]) == 10
    events = pd.read_parquet(out / "events.parquet")
    columns = ["scenario", "area", "replicate", "time", "family", "child", "event", "stage_from", "stage_to"]
    assert list(events.columns) == columns
    assert len(events) > 100
    status, _, err = call(capsys, "run", "baseline", *SHORT, "-o", out)
    assert (status, "--overwrite" in err) == (2, True)


def test_compare_gives_the_same_numbers_in_any_order_and_with_any_workers(capsys, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    assert call(capsys, "compare", "baseline", "early-help", "kinship", *SHORT, "-o", first, "--workers", 1)[0] == 0
    assert call(capsys, "compare", "baseline", "kinship", "early-help", *SHORT, "-o", second, "--workers", 2)[0] == 0
    keys = ["scenario", "area", "measure", "year_ending"]
    tables = [pd.read_csv(folder / "summary.csv").sort_values(keys, ignore_index=True) for folder in (first, second)]
    pd.testing.assert_frame_equal(*tables)


def test_an_areas_own_file_runs_and_gives_the_published_areas_numbers(capsys, tmp_path):
    file = tmp_path / "own.yaml"
    assert call(capsys, "init", "Rutland", file)[0] == 0
    assert call(capsys, "run", "baseline", *SHORT, "-o", tmp_path / "a")[0] == 0
    assert call(capsys, "run", file, *SHORT, "-o", tmp_path / "b")[0] == 0
    left, right = (pd.read_csv(tmp_path / name / "summary.csv") for name in ("a", "b"))
    pd.testing.assert_frame_equal(left.drop(columns="scenario"), right.drop(columns="scenario"))
    assert find_area("Rutland").name == "Rutland"
