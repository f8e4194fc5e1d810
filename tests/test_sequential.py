"""Runs that stop by themselves: the same whatever the threads, and what the command line says of them."""

import json
import re
import threading
import time

import numpy as np
import pandas as pd
import pytest
from test_cli import call

import carecurve as cc
from scenarios.loading import load
from sim.compile_actions import central
from sim.executors import run_in_order
from sim.model import compile_model

SHORT = {"area": "Rutland", "until": "2027-03", "runs": "auto", "effects": "central", "precision": 10.0, "max_runs": 40}


@pytest.mark.unit
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_order_and_few_are_begun_ahead(workers):
    begun, lock = [], threading.Lock()

    def square(i):
        with lock:
            begun.append(i)
        time.sleep(0.002 * (i % 3))
        return i * i

    results = run_in_order(square, range(1000), workers)
    assert [next(results) for _ in range(20)] == [i * i for i in range(20)]
    results.close()
    assert len(begun) <= 20 + workers
    assert list(run_in_order(square, range(7), workers)) == [i * i for i in range(7)]


@pytest.mark.unit
def test_an_error_of_a_task_is_raised():
    def fail(i):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(run_in_order(fail, range(10), 3))


@pytest.mark.unit
def test_central_effects_are_means_and_the_same_in_every_replicate():
    model = compile_model(load("early-help"), ("Rutland",), "2027-03", "2025-04", central=True)
    drawn = model.draws(1, 0)
    assert drawn == model.draws(1, 7) == central(model.actions)
    assert drawn["family_help.care_entry", "hazard_ratio"] == pytest.approx((0.68 + 0.85 + 1.0) / 3)
    assert compile_model(load("early-help"), ("Rutland",), "2027-03", "2025-04").draws(1, 0) != drawn


@pytest.mark.e2e
def test_the_number_of_runs_and_every_result_are_the_same_whatever_the_threads():
    one, three = (cc.compare("baseline", "early-help", **SHORT, workers=workers) for workers in (1, 3))
    told = one.metadata["precision"]
    assert 10 < one.baseline.replicates == told["runs"] < 40
    assert told["reached"]
    assert told == three.metadata["precision"]
    for left, right in zip(one.scenarios, three.scenarios, strict=True):
        assert left.annual.equals(right.annual)
        assert left.costs.equals(right.costs)
    fixed = cc.compare("baseline", "early-help", **SHORT | {"runs": one.baseline.replicates, "precision": None, "max_runs": None})
    assert fixed["early-help"].costs.equals(one["early-help"].costs)  # runs 0 to n - 1, as if their number had been given
    paid = one.cost_difference("early-help").sel(year_ending=[2026, 2027]).sum(["area", "year_ending"])
    assert told["watched"][0]["mean"] == pytest.approx(float(paid.mean()))
    children = one.difference("early-help").sel(measure="cla_at31", year_ending=[2026, 2027]).sum("area").mean("year_ending")
    assert told["watched"][1]["mean"] == pytest.approx(float(children.mean()))


@pytest.mark.e2e
def test_the_command_line_prints_runs_half_widths_and_seconds(capsys, tmp_path):
    given = ("--area", "Rutland", "--until", "2027-03", "--runs", "auto", "--effects", "central", "--max-runs", 12, "--precision", 1)
    status, text, err = call(capsys, "compare", "baseline", "early-help", *given, "-o", tmp_path / "out")
    assert status == 0, err
    assert "10 to 12 paired runs of baseline, early-help" in err
    assert re.search(r"auto: 1[0-2] runs of 10 to 12; ± 1 % ", text)
    assert re.search(r"early-help: net cost 2025-26 to 2026-27: [+-][\d.]+ ± [\d.]+ £m, [\d.,]+ % of it", text)
    assert "chance only" in text
    assert re.search(r"1[0-2] runs in \d+ s on", text)
    assert re.search(r"x [\d.,]+$", text, re.MULTILINE)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["precision"]["rule"] == {"precision": 1.0, "minimum": 10, "maximum": 12, "level": 0.95, "k_limit": 5}
    assert manifest["effects"] == "central"
    table = pd.read_csv(tmp_path / "out" / "differences.csv").set_index(["measure", "year_ending"])
    ratio = table.variance_ratio.loc["cost_net_cumulative", 2027]
    frames = pd.read_parquet(tmp_path / "out" / "costs.parquet").query("year_ending >= 2026")
    paid = [line for line, about in manifest["scenarios"][1]["lines"].items() if about["payer"] == "authority"]
    runs = frames[frames.line.isin(paid)].pivot_table("gbp", "replicate", "scenario", "sum")
    apart = runs.baseline.var() + runs["early-help"].var()
    assert ratio == pytest.approx(apart / (runs["early-help"] - runs.baseline).var(), rel=1e-6)


@pytest.mark.e2e
def test_one_scenario_stops_on_the_precision_of_its_own_figures(capsys, tmp_path):
    given = ("--area", "Rutland", "--until", "2027-03", "--runs", "auto", "--max-runs", 10)
    status, text, err = call(capsys, "run", "baseline", *given, "-o", tmp_path / "out")
    assert status == 0, err
    assert re.search(r"baseline: net cost 2025-26 to 2026-27: [\d.]+ ± [\d.]+ £m", text)
    assert np.isfinite(json.loads((tmp_path / "out" / "manifest.json").read_text())["precision"]["watched"][0]["half_width"])


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--runs", "many"), "or auto"),
        (("--precision", 5), "for runs 'auto'"),
        (("--runs", "auto", "--precision", -1), "above 0"),
        (("--runs", "auto", "--max-runs", 3), "expected 10 or more"),
        (("--effects", "median"), "expected one of drawn, central"),
    ],
)
def test_what_cannot_be_asked_ends_in_a_message_and_status_2(capsys, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, _, err = call(capsys, "run", "baseline", "--area", "Rutland", *arguments)
    assert (status, message in err, "Traceback" in err) == (2, True, False)
    assert list(tmp_path.iterdir()) == []
