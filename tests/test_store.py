"""Finished results folders (whole or not there, never written over by accident), and the tables and appraisal in them."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from experiment_sample import comparison, results

from carecurve import console
from outputs import appraisal, store
from outputs.store import StoreError, check_folder, write
from outputs.tables import COLUMNS, closing, difference_frame, summary_frame, whole
from outputs.validation import compare_published
from sim.results import Comparison, open_results

pytestmark = pytest.mark.e2e  # files and pictures are made


def test_a_finished_folder_holds_what_it_should(tmp_path):
    both = comparison()
    folder = write(both, tmp_path / "new" / "out", more={"extra.csv": pd.DataFrame({"a": [1]})})
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "manifest.json", "summary.csv", "differences.csv", "stocks.parquet", "flows.parquet", "costs.parquet",
        "cost_curve.png", "results.xlsx", "extra.csv", "shares.csv",
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


def test_shares_are_of_a_regions_authorities_not_of_one_nor_of_england(tmp_path):
    both = comparison()
    assert not (write(whole(both), tmp_path / "one") / "shares.csv").exists()
    england = replace(both, metadata={**both.metadata, "grossing": {"cla": 1.2}})
    assert not (write(england, tmp_path / "england") / "shares.csv").exists()


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
    table = appraisal.cumulative(both, appraisal.Terms(discount_rate=0.035)).query("area == 'Bolton'")
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


def costed(one, values, lines):
    """Return results with given measures and cost lines in the one area and year 2026, the same in every run."""
    annual, costs = one.annual * 0.0, one.costs * 0.0
    for name, value in values.items():
        annual.loc[{"measure": name, "year_ending": 2026}] = value
    for name, value in lines.items():
        costs.loc[{"line": name, "year_ending": 2026}] = value
    return replace(one, annual=annual, costs=costs)


def test_price_and_volume_as_by_hand():
    """Before: 100 weeks in foster care at 1,000, 10 in homes at 6,000. After: 90 at 1,100, and 20 drawn 10 % dear, let 5 % up, less 1,000 in all.

    All 110 weeks average 160,000 / 110; volume is none, since weeks stay 110. Mix is 10 weeks at 5,000 more, and 100 dearer in 90 weeks of foster
    care (its list price rose: needs). Homes: list 120,000, chance 12,000, market 6,600, commissioning -1,000.
    """
    weeks, pounds = {"foster_weeks": 100, "childrens_home_weeks": 10}, {"in_house_foster": 100_000, "childrens_home": 60_000}
    before = costed(results(areas=("Bolton",)), weeks, pounds)
    after = costed(
        results("early-help", areas=("Bolton",)),
        {"foster_weeks": 90, "childrens_home_weeks": 20, "childrens_home_chance_gbp": 12_000, "childrens_home_market_gbp": 6_600,
         "childrens_home_commissioning_gbp": -1_000},
        {"in_house_foster": 99_000, "childrens_home": 137_600},
    )  # fmt: skip
    table = appraisal.price_and_volume(Comparison(before, (after,)))
    parts = [f"{part}_gbp" for part in ("volume", "mix", "chance", "market", "commissioning")]
    assert table[parts].sum(axis=1).to_numpy() == pytest.approx(table.gbp.to_numpy(), abs=1e-6)
    rows = table[table.year_ending == "all"].set_index("placements")
    assert rows.loc["all", ["weeks", "gbp", *parts]].tolist() == pytest.approx([0, 76_600, 0, 59_000, 12_000, 6_600, -1_000])
    assert rows.loc["foster", ["weeks", "gbp", *parts]].tolist() == pytest.approx([-10, -1_000, -10_000, 9_000, 0, 0, 0])
    assert rows.loc["childrens_home", ["weeks", "gbp", *parts]].tolist() == pytest.approx([10, 77_600, 60_000, 0, 12_000, 6_600, -1_000])
    year = table[table.year_ending == "2026"].set_index("placements")
    assert year.loc["all", "gbp"] == pytest.approx(76_600)
    assert not table[table.year_ending.isin(["2027", "2028"])][parts].to_numpy().any()


def test_a_kind_of_placement_that_only_the_reform_has_is_volume():
    before = costed(results(areas=("Bolton",)), {}, {})
    after = costed(results("early-help", areas=("Bolton",)), {"supported_weeks": 10}, {"supported_accommodation": 7_000})
    table = appraisal.price_and_volume(Comparison(before, (after,))).query("year_ending == 'all'").set_index("placements")
    assert table.loc["supported", ["gbp", "volume_gbp", "mix_gbp"]].tolist() == pytest.approx([7_000, 7_000, 0])


@pytest.mark.parametrize(("market_gbp", "printed"), [(2e6, True), (0.0, False)])
def test_the_closing_lines_tell_price_from_volume_where_a_price_moved(capsys, market_gbp, printed):
    about = {"area_label": "Bolton", "grossing": {}}
    before = costed(results(areas=("Bolton",)), {"foster_weeks": 100}, {"in_house_foster": 1e6})
    moved = {"foster_weeks": 110, "foster_market_gbp": market_gbp}
    after = costed(results("early-help", areas=("Bolton",)), moved, {"in_house_foster": 1.1e6 + market_gbp})
    both = Comparison(before, (after,), about)
    console._prices(both, appraisal.price_and_volume(both), closing(both))
    text = capsys.readouterr().out
    line = "£m: +2.1 = volume +0.1, mix +0.0, chance +0.0, market +2.0, commissioning +0.0 (price_volume.csv)"
    assert (line in text.replace("\n", " ")) == printed
    assert bool(text) == printed


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
