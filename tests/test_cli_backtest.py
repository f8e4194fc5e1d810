"""The command `backtest`: what it prints and writes, and how a mistake ends. A simple forecaster stands in for the simulation."""

import json

import pandas as pd
import pytest
from backtest_sample import halfway, panel
from command_line import call

from calibration.backtest import INDICATORS
from carecurve import backtesting

pytestmark = pytest.mark.e2e


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(backtesting, "simulation", lambda runs, workers, progress: halfway)
    path = tmp_path / "mine.csv"
    panel().frame.to_csv(path, index=False)
    return path


def test_backtest_writes_a_finished_folder_and_says_how_it_went(capsys, file, tmp_path):
    out = tmp_path / "out"
    status, text, err = call(capsys, "backtest", "--panel", file, "--fit-until", 2018, "--horizon", 3, "-o", out, "--runs", 99)
    assert status == 0, err
    assert "Children in care: off by" in text
    assert f"Results in {out}" in text
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["origin"], manifest["horizon_years"], manifest["runs"]) == (2018, 3, 99)
    scores = pd.read_csv(out / "scores.csv")
    assert set(scores["method"]) == {"carecurve", "persistence", "five_year_trend", "mean_reversion"}
    assert set(scores["indicator"]) == set(INDICATORS)
    assert {path.name for path in tmp_path.iterdir()} == {"mine.csv", "out"}
    assert call(capsys, "backtest", "--panel", file, "--fit-until", 2018, "-o", out)[0] == 2  # results are there already


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fit-until", "2021"), "nothing later than 2021"),
        (("--fit-until", "1999"), "years 2013 to 2021"),
        (("--areas", "Borough A,Atlantis"), "Atlantis"),
        (("--horizon", "0"), "horizon of 0"),
        (("--runs", "0"), "runs"),
        (("--panel", "none.csv"), "no such file"),
    ],
)
def test_what_a_user_gets_wrong_ends_in_a_message_and_status_2(capsys, file, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    panel_given = () if "--panel" in arguments else ("--panel", file)
    status, _, err = call(capsys, "backtest", *panel_given, *arguments)
    assert status == 2
    assert message in err
    assert "Traceback" not in err
    assert {path.name for path in tmp_path.iterdir()} == {"mine.csv"}
