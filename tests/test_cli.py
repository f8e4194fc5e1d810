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
        (("compare", "baseline", "early-help", "--discount-rate", "3.5"), "such as 0.035"),
        (("compare", "baseline", "early-help", "--optimism-bias", "-1"), "optimism bias"),
        (("compare", "baseline", "early-help", "--deflators", "none.csv"), "none.csv: cannot be read"),
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
    assert len(manifest["scenarios"][0]["checks"]) == 12
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


def test_a_comparison_is_appraised_on_the_terms_that_are_given(capsys, tmp_path):
    prices = tmp_path / "prices.csv"
    rows = [f"{year - 1}-{year % 100:02d},{100 * 1.1 ** (year - 2025)},mine,assumed" for year in range(2018, 2028)]
    prices.write_text("\n".join(["year,index,source,status", *rows]))
    out = tmp_path / "out"
    terms = ("--deflators", prices, "--discount-rate", "0.02", "--optimism-bias", "0.4")
    status, text, err = call(capsys, "compare", "baseline", "early-help", *SHORT, *terms, "-o", out)
    assert status == 0, err
    for words in ("Break-even:", "Most that is out at any one time (net, added up)", "Net present value at 2 %", "optimism bias: costs + 40%"):
        assert words in text
    summary = pd.read_csv(out / "appraisal.csv").set_index("measure")
    assert {"mean", "p05", "p50", "p95", "probability"} < set(summary.columns)
    paid = pd.read_csv(out / "affordability.csv").set_index(["payer", "item", "year_ending"])["mean"].sort_index()
    net, cash = paid["authority", "net"], paid["authority", "net_nominal"]
    assert cash[2027] == pytest.approx(net[2027] * 1.1**2)
    assert summary.loc["net_present_fiscal_value_authority_gbp", "mean"] == pytest.approx(-(net[2026] + net[2027] / 1.02))
    benefits = pd.read_csv(out / "benefits.csv")
    assert set(benefits["class"]) == {"all", "budget_reduction", "avoided_growth", "non_cashable", "help_withdrawn", "elsewhere"}
    costs = pd.read_parquet(out / "costs.parquet").query("year_ending == 2027 and gbp != 0")
    assert (costs.gbp_nominal / costs.gbp).to_numpy() == pytest.approx(1.1**2)
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["appraisal"]["discount_rate_per_year"], manifest["appraisal"]["optimism_bias_costs"]) == (0.02, 0.4)
    assert manifest["scenarios"][0]["deflators"]["file"] == str(prices)


def test_an_areas_own_file_runs_and_gives_the_published_areas_numbers(capsys, tmp_path):
    file = tmp_path / "own.yaml"
    assert call(capsys, "init", "Rutland", file)[0] == 0
    assert call(capsys, "run", "baseline", *SHORT, "-o", tmp_path / "a")[0] == 0
    assert call(capsys, "run", file, *SHORT, "-o", tmp_path / "b")[0] == 0
    left, right = (pd.read_csv(tmp_path / name / "summary.csv") for name in ("a", "b"))
    pd.testing.assert_frame_equal(left.drop(columns="scenario"), right.drop(columns="scenario"))
    assert find_area("Rutland").name == "Rutland"
