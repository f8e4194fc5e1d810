"""Labelled results, folders read back, tasks in order whatever the workers, and which authorities a selection names."""

import threading

import numpy as np
import pytest
import xarray as xr
from experiment_sample import AREAS, comparison, results

from sim.executors import run_tasks
from sim.measures import MEASURES
from sim.results import Comparison, ResultsError, open_results
from sim.selection import coverage, grossing, select

pytestmark = pytest.mark.unit


def test_results_are_labelled_and_say_who_pays():
    one = results()
    assert one.areas == AREAS
    assert one.annual.dims == ("area", "replicate", "measure", "year_ending")
    assert "uasc_grant" not in one.payers("authority")
    assert one.payers("courts") == ["courts"]
    gross, income = one.gross(), one.costs.sel(line="uasc_grant_income", drop=True)
    xr.testing.assert_allclose(one.net(), gross + income)
    assert float(one.nominal().sel(year_ending=2027).sum() / one.costs.sel(year_ending=2027).sum()) == pytest.approx(
        1.02**2
    )


def test_a_total_adds_counts_and_forms_percentages_again():
    one = results(noise=0.0)
    one.annual.loc["Bolton", :, "foster_at31"], one.annual.loc["Bolton", :, "cla_at31"] = 60.0, 100.0
    one.annual.loc["Salford", :, "foster_at31"], one.annual.loc["Salford", :, "cla_at31"] = 270.0, 300.0
    total = one.total("Both")
    assert total.areas == ("Both",)
    assert float(total.annual.sel(measure="foster_at31").mean()) == 330
    assert float(total.annual.sel(measure="foster_pct").mean()) == pytest.approx(82.5)
    assert float(total.costs.sum()) == pytest.approx(float(one.costs.sum()))


def test_grossing_up_scales_each_measure_by_its_own_factor_and_never_a_percentage():
    one = results(noise=0.0)
    total, grossed = one.total("x"), one.total("x", {"referrals": 1.5, "cla": 1.2, "spend": 1.1})
    for name, factor in (("referrals", 1.5), ("cla_at31", 1.2), ("nfa_pct", 1.0), ("foster_pct", 1.0)):
        ratio = grossed.annual.sel(measure=name) / total.annual.sel(measure=name)
        assert np.allclose(ratio, factor), name
    assert float(grossed.net().sum() / total.net().sum()) == pytest.approx(1.1)


def test_differences_pair_runs():
    both = comparison()
    assert np.allclose(both.difference("early-help").sel(measure="cla_at31"), -2.0)
    assert both["early-help"] is both.reforms[0]
    with pytest.raises(KeyError, match="early-help"):
        both["kinship"]
    with pytest.raises(ValueError, match="not paired"):
        Comparison(results(), (results("early-help", runs=3),))


def test_saving_and_opening_gives_the_same_results(tmp_path):
    both = comparison()
    again = open_results(both.save(tmp_path / "out"))
    assert [one.scenario for one in again.scenarios] == ["baseline", "early-help"]
    for before, after in zip(both.scenarios, again.scenarios, strict=True):
        for name in ("annual", "monthly", "costs"):
            xr.testing.assert_equal(getattr(before, name), getattr(after, name))
        assert (before.label, before.areas, before.years) == (after.label, after.areas, after.years)
        assert after.net().equals(before.net())
    assert again.metadata["area_label"] == "Two boroughs"


def test_a_folder_without_results_cannot_be_opened(tmp_path):
    with pytest.raises(ResultsError, match="not a finished results folder"):
        open_results(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ResultsError):
        open_results(tmp_path)


def test_frames_are_long_and_hold_measures_and_costs():
    frame = comparison().to_frame()
    assert list(frame.columns) == ["scenario", "area", "replicate", "measure", "unit", "year_ending", "value"]
    assert {"cla_at31", "cost_childrens_home"} <= set(frame.measure)
    assert set(frame[frame.measure == "cla_at31"].unit) == {MEASURES["cla_at31"].unit}


def test_tasks_come_back_in_order_whatever_the_number_of_workers():
    seen = []
    for workers in (1, 3):
        assert run_tasks(lambda x: x * x, list(range(20)), workers, lambda done, of: seen.append((done, of))) == [
            x * x for x in range(20)
        ]
    assert seen[-1] == (20, 20)
    assert run_tasks(lambda x: x, []) == []


def test_a_failing_task_stops_the_rest():
    done, gate = [], threading.Event()

    def work(i):
        if i == 0:
            gate.set()
            raise RuntimeError("task 0")
        gate.wait(5)
        done.append(i)

    with pytest.raises(RuntimeError, match="task 0"):
        run_tasks(work, list(range(200)), 2)
    assert len(done) < 199


def test_selections_name_areas_regions_groups_and_england():
    assert select(area="salford").areas == ("Salford",)
    group = select(region="Greater Manchester")
    assert len(group.areas) == 10
    assert group.regions[0].reach.all()
    assert select(region="London").label == "London"
    england = select(whole=True)
    assert england.is_england
    assert len(england.areas) == len(set(england.areas)) > 100
    assert "grossed up" in england.total_label
    assert coverage(england.areas)["children_in_care"] < 1 < grossing()["cla"]
    assert grossing()["cla"] * coverage(england.areas)["children_in_care"] == pytest.approx(1.0)
