"""`carecurve calibrate`: from a panel file to a run of what it leaves, and how mistakes end."""

import json

import numpy as np
import pandas as pd
import pytest
from command_line import call

from calibration.panel import PANEL_FILE
from scenarios.fitted import read_draws
from scenarios.loading import load
from sim.results import open_results

pytestmark = pytest.mark.e2e

AREAS = ("Rutland", "Bolton", "Bury", "Leeds", "Kent")
NEWCOMER = "Newland"


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    """A panel of five authorities, one under a name and number that nobody ships, some cells missing, from 2021 on."""
    frame = pd.read_csv(PANEL_FILE, dtype={"la_code": str})
    frame = frame[(frame.level != "local_authority") | frame["name"].isin(AREAS)]
    frame = frame[frame.year_ending > 2020].copy()
    bury = frame["name"] == "Bury"
    frame.loc[bury, ["name", "ons_code", "la_code"]] = NEWCOMER, "E99000001", "new"
    frame.loc[(frame["name"] == "Rutland") & frame.year_ending.isin([2022, 2023]), ["s47", "cla_started"]] = np.nan
    path = tmp_path_factory.mktemp("panel") / "mine.csv"
    frame.to_csv(path, index=False)
    return path


def test_an_unfamiliar_panel_is_fitted_and_run(capsys, panel, tmp_path):
    """Some fifty runs of the stock-and-flow equations, and England in small simulated."""
    folder = tmp_path / "fit"
    options = ("--panel", panel, "--areas", f"Rutland, {NEWCOMER}", "--ahead", "2", "--draws", "5", "--workers", "2", "-o", folder)
    status, out, err = call(capsys, "calibrate", *options)
    assert status == 0, err
    assert "Fitted 2 authorities to figures up to March 2025; 5 draws of the years 2026 to 2027." in out
    assert f"Wrote {folder}" in out
    about = json.loads((folder / "manifest.json").read_text())
    assert (about["areas"], about["draws"], about["panel"]) == (["Rutland", NEWCOMER], 5, "mine.csv")
    table = pd.read_csv(folder / "fit.csv")
    assert set(table.area) == {"England", "Rutland", NEWCOMER}
    missing = table[(table.area == "Rutland") & (table.measure == "s47") & (table.year_ending == 2023)].iloc[0]
    assert missing.why_excluded == "not published, or nil"
    assert set(read_draws(folder / "fitted_draws.npz").areas) == {"Rutland", NEWCOMER}

    scenario = load(folder / "fitted.yaml")
    assert set(scenario.synthetic) == {NEWCOMER}
    both = tmp_path / "both.yaml"
    both.write_text(f"name: Early help on the fit\nextends: [{folder / 'fitted.yaml'}, early-help]\n")
    results = tmp_path / "results"
    status, out, err = call(capsys, "compare", folder / "fitted.yaml", both, "--area", NEWCOMER, "--runs", "2", "--until", "2027-03", "-o", results)
    assert status == 0, err
    assert open_results(results).metadata["paired"] is True
    status, _, err = call(capsys, "run", folder / "fitted.yaml", "--area", "Bolton", "--runs", "1", "-o", tmp_path / "none")
    assert status == 2
    assert "Bolton" in err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("options", "message"), [
    ((), "expected -o FOLDER, or --ship"),
    (("--ship", "--areas", "Leeds"), "expected it without --panel and --areas"),
    (("--areas", "Leads", "-o", "OUT"), "did you mean Leeds"),
    (("--until", "2031", "-o", "OUT"), "the panel ends with the year to March 2025"),
    (("--until", "2013", "-o", "OUT"), "needs 2 years of the panel"),
    (("--panel", "nowhere.csv", "-o", "OUT"), "nowhere.csv"),
])  # fmt: skip
def test_mistakes_end_with_a_message_and_write_nothing(capsys, tmp_path, options, message):
    arguments = [str(tmp_path / "fit") if option == "OUT" else option for option in options]
    status, _, err = call(capsys, "calibrate", *arguments)
    assert status == 2
    assert message in err
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_a_panel_without_a_figure_nobody_can_lend_is_refused(capsys, tmp_path):
    frame = pd.read_csv(PANEL_FILE, dtype={"la_code": str})
    frame[frame.year_ending >= 2024].to_csv(tmp_path / "late.csv", index=False)
    status, _, err = call(capsys, "calibrate", "--panel", tmp_path / "late.csv", "--areas", "Leeds", "-o", tmp_path / "fit")
    assert status == 2
    assert "cla_semi_independent_pct: nothing published for" in err
    assert not (tmp_path / "fit").exists()


def test_a_folder_of_something_else_is_left_alone(capsys, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    status, _, err = call(capsys, "calibrate", "-o", tmp_path)
    assert status == 2
    assert "holds files that are not results" in err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
