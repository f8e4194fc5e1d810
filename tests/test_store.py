"""Finished results folders (whole or not there, never written over by accident), and the tables and appraisal in them."""

import json

import numpy as np
import pandas as pd
import pytest
from experiment_sample import comparison, results

from outputs import appraisal, store
from outputs.store import StoreError, check_folder, write
from outputs.tables import COLUMNS, closing, difference_frame, summary_frame, whole
from outputs.validation import compare_published
from sim.results import Comparison, open_results

pytestmark = pytest.mark.unit


def test_a_finished_folder_holds_what_it_should(tmp_path):
    both = comparison()
    folder = write(both, tmp_path / "new" / "out", more={"extra.csv": pd.DataFrame({"a": [1]})})
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "manifest.json", "summary.csv", "differences.csv", "stocks.parquet", "flows.parquet", "costs.parquet",
        "cost_curve.png", "extra.csv", "shares.csv",
    }  # fmt: skip
    assert [path.name for path in folder.parent.iterdir()] == ["out"]
    for name in ("summary.csv", "differences.csv"):
        table = pd.read_csv(folder / name)
        assert list(table.columns) == COLUMNS + ["variance_ratio"] * (name == "differences.csv")
        assert {"Bolton", "Salford", "Two boroughs"} == set(table.area)
        assert (table.p05 <= table.p95).all()
    assert [s["scenario"] for s in json.loads((folder / "manifest.json").read_text())["scenarios"]] == [
        "baseline",
        "early-help",
    ]
    assert open_results(folder).baseline.annual.equals(both.baseline.annual)


def test_a_run_of_one_scenario_has_no_differences(tmp_path):
    alone = Comparison(results(), (), comparison().metadata)
    assert not (write(alone, tmp_path / "out") / "differences.csv").exists()
    assert difference_frame(alone).empty


def test_results_are_never_overwritten_unless_told_to(tmp_path):
    folder = write(comparison(), tmp_path / "out")
    before = (folder / "summary.csv").read_text()
    with pytest.raises(StoreError, match="--overwrite"):
        write(comparison(cost_gbp=5e6), folder)
    assert (folder / "summary.csv").read_text() == before
    write(comparison(cost_gbp=5e6), folder, overwrite=True)
    assert (folder / "summary.csv").read_text() != before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_not_results_is_left_alone(tmp_path, overwrite):
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(StoreError, match="not results"):
        check_folder(tmp_path, overwrite)
    with pytest.raises(StoreError, match="is a file"):
        check_folder(tmp_path / "thesis.docx", overwrite)
    with pytest.raises(StoreError, match="cannot write"):
        check_folder(tmp_path / "thesis.docx" / "out", overwrite)
    (tmp_path / "empty").mkdir()
    assert check_folder(tmp_path / "empty", overwrite) == tmp_path / "empty"


def test_a_failure_half_way_leaves_nothing_or_the_old_results(tmp_path, monkeypatch):
    folder = write(comparison(), tmp_path / "out")
    before = sorted(path.name for path in folder.iterdir())

    def fails(comparison, path, more):
        path.mkdir()
        (path / "half.csv").write_text("x")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_fill", fails)
    with pytest.raises(StoreError, match="No space left"):
        write(comparison(), folder, overwrite=True)
    with pytest.raises(StoreError, match="No space left"):
        write(comparison(), tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert sorted(path.name for path in folder.iterdir()) == before


def test_quantiles_of_differences_are_over_paired_runs():
    both = comparison(noise=50.0)
    row = difference_frame(both).query("measure == 'cla_at31' and area == 'Bolton' and year_ending == 2027").iloc[0]
    assert (row["mean"], row.p05, row.p95) == pytest.approx((-2.0, -2.0, -2.0))
    wide = summary_frame(both).query("measure == 'cla_at31' and area == 'Bolton' and year_ending == 2027").iloc[0]
    assert (wide.p95 - wide.p05).max() > 10


def test_the_closing_table_adds_areas_up_and_pairs():
    both = comparison(noise=5.0)
    told = closing(whole(both))
    assert (told.area, told.year, told.runs) == ("Two boroughs", 2028, 5)
    care = told.rows["Children in care, 31 March 2028"]
    assert [row.scenario for row in care] == ["baseline", "early-help"]
    assert care[0].difference is None
    assert float(care[1].difference.mean) == pytest.approx(-4.0)
    assert care[1].confidence == pytest.approx((-4.0, -4.0))
    assert care[1].variance_ratio > 1e6
    assert set(told.break_even) == {"early-help"}
    with pytest.raises(ValueError, match="one area"):
        closing(both)


def test_appraisal_discounts_and_reports_those_that_never_break_even():
    both = comparison()
    table = appraisal.cumulative(both, 0.035).query("area == 'Bolton'")
    assert table.year_ending.tolist() == [2026, 2027, 2028]
    assert table.net_gbp_mean.iloc[0] == pytest.approx(table.present_value_gbp_mean.iloc[0])
    yearly = (
        both.cost_difference("early-help")
        .sel(area="Bolton", year_ending=[2026, 2027, 2028])
        .mean("replicate")
        .to_numpy()
    )
    assert table.present_value_gbp_mean.iloc[-1] == pytest.approx(yearly @ 1.035 ** -np.arange(3.0))
    even = appraisal.break_even_table(both).query("area == 'Bolton'")
    assert even.by.tolist() == ["2026", "2027", "2028", "not within the horizon"]
    assert even.probability.iloc[-2] + even.probability.iloc[-1] == pytest.approx(1.0)
    payers = appraisal.by_payer(both).set_index("payer").gbp_mean
    assert payers["all payers"] == pytest.approx(payers.drop("all payers").sum())
    split = appraisal.price_and_volume(both)
    assert np.allclose(split.gbp, split.volume_gbp + split.price_gbp)


def test_published_and_simulated_hold_the_same_authorities():
    one = results(noise=0.0)
    published = pd.DataFrame(
        {"referrals": [100.0, np.nan], "cla_at31": [np.nan, 80.0], "cla_foster_pct": [60.0, 60.0]},
        index=["Bolton", "Salford"],
    )
    total, by_area = compare_published(one, published, 2025)
    rows = total.set_index("measure")
    assert list(total.columns[:6]) == ["measure", "unit", "role", "published", "simulated", "error_pct"]
    assert rows.loc["referrals", ["role", "published", "simulated", "authorities"]].tolist() == [
        "input",
        100.0,
        100.0,
        1,
    ]
    assert rows.loc["cla_at31", "error_pct"] == pytest.approx(25.0)
    assert rows.loc["foster_pct", "authorities"] == 1
    assert rows.loc["foster_pct", "simulated"] == pytest.approx(100.0)
    assert set(by_area[by_area.measure == "referrals"].area) == {"Bolton"}
    assert {"spend_fostering", "spend_other"} <= set(rows.index)
    with pytest.raises(ValueError, match="2019"):
        compare_published(one, published, 2019)
