"""Diagrams of a real run: in the folder with the results, drawn again from the folder, and nothing in them overlaps or fails to add up."""

from itertools import pairwise

import pandas as pd
import pytest
from PIL import Image
from test_cli import SHORT, call
from test_stock_flow import boxes_of, overlaps

import carecurve as cc
from carecurve import cli
from outputs.flow_system import system_of
from outputs.stock_flow import stocks_and_flows
from sim.loops import LINKS, QUANTITIES

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("diagrams") / "out"
    with pytest.raises(SystemExit) as stop:
        cli.main(["run", "baseline", *SHORT, "--diagrams", "--quiet", "-o", str(folder)])
    assert not stop.value.code
    return folder


def test_a_folder_asked_for_diagrams_holds_them_with_their_words(folder):
    for name, words in (("stocks_and_flows.png", "Stocks on 31 March"), ("feedback_loops.png", "Pressure on teams")):
        with Image.open(folder / name) as picture:
            assert words in picture.info["Description"]
            assert picture.width > picture.height
    links = pd.read_csv(folder / "loops.csv")
    assert len(links) == len(LINKS)
    assert {"from", "to", "sign", "elasticity", "in_force", "why"} <= set(links.columns)
    chains = pd.read_csv(folder / "loop_gains.csv")
    assert set(chains.polarity) == {"R", "B"}
    signs = {(row["from"], row["to"]): row["elasticity"] for _, row in links.iterrows()}
    for _, loop in chains.iterrows():
        gain = 1.0
        for step in pairwise(loop["loop"].split(" → ")):
            gain *= signs[step]
        assert gain == pytest.approx(loop["gain"], rel=1e-3)
        assert (gain > 0.0) == (loop["polarity"] == "R")
    assert set(links["from"]) <= set(QUANTITIES.values())


def test_the_stocks_of_a_run_follow_its_flows_and_its_measures(folder):
    results = cc.open(folder).baseline
    for year in results.years[1:]:
        system = system_of(results, year)
        for stock in system.stocks:
            came = sum(flow.children for flow in system.flows if flow.target == stock.name)
            left = sum(flow.children for flow in system.flows if flow.source == stock.name)
            assert came - left == pytest.approx(stock.children - stock.before, abs=1e-2), (stock.name, year)
        measured = results.annual.sel(year_ending=year).sum("area").mean("replicate")
        in_care = next(stock for stock in system.stocks if stock.name == "looked_after")
        assert in_care.children == pytest.approx(float(measured.sel(measure="cla_at31")))
        assert sum(stock.children for stock in system.track("placement")) == pytest.approx(in_care.children)
        referred = sum(flow.children for flow in system.flows if flow.target == "referral")
        assert referred - sum(f.children for f in system.flows if f.target == "referral" and f.kind == "other in") == pytest.approx(
            float(measured.sel(measure="referrals")), abs=5.0
        )


def test_what_was_run_is_drawn_without_overlaps(folder):
    results = cc.open(folder).baseline
    for year in results.years:
        figure = stocks_and_flows(results, year)
        assert overlaps(figure) == []
        assert boxes_of(figure)


def test_a_comparison_draws_each_scenario_and_a_run_that_did_not_ask_draws_nothing(capsys, tmp_path):
    status, _, _ = call(capsys, "compare", "baseline", "kinship", *SHORT, "--quiet", "-o", tmp_path / "both")
    assert status == 0
    assert not (tmp_path / "both" / "stocks_and_flows.png").exists()
    written = cc.diagrams(cc.open(tmp_path / "both"), ["baseline", "kinship"], tmp_path / "both")
    assert {str(path.relative_to(tmp_path / "both")) for path in written} == {
        f"{sub}{name}" for sub in ("", "kinship/") for name in ("stocks_and_flows.png", "feedback_loops.png", "loops.csv", "loop_gains.csv")
    }  # fmt: skip
