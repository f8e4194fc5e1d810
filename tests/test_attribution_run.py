"""Attribution of simulated runs: paired with the comparison it is of, for an authority and a pooled region, from the command line to the picture."""

import json

import numpy as np
import pandas as pd
import pytest
from attribution_sample import ELSEWHERE, THREE, TWO, attributions
from command_line import call

import carecurve as cc
from carecurve.api import attribute_plan
from outputs.attribution import attribution_frame
from outputs.attribution_plot import waterfall
from outputs.attribution_words import amount
from outputs.cost_bridge import bridge, cost_bridge
from outputs.picture import alternative_text
from outputs.pictures.listing import pictures_of
from outputs.pictures.look import FALL, RISE
from outputs.pictures.waterfall import HATCH, WHOLE, WITHIN
from scenarios.loading import load
from sim.attributed import ITEMS
from sim.experiment import run_experiment
from sim.plan import ExperimentError, plan
from sim.selection import Region, Selection

pytestmark = pytest.mark.e2e
WHERE = {"area": "Rutland", "runs": 2, "until": "2029-03"}
COOPERATIVE = "name: Both\nextends: [early-help, regional-care-cooperative]\n"


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    path = tmp_path_factory.mktemp("two") / "two.yaml"
    path.write_text(TWO)
    return cc.attribute("baseline", path, **WHERE)


def test_a_lever_alone_is_the_comparison_of_that_lever_and_nothing_is_paired_anew(two):
    one = two["two"]
    shipped = cc.compare("baseline", "early-help", "kinship", **WHERE)
    years = one.total.year_ending.to_numpy()
    assert two.comparison.baseline.annual.equals(shipped.baseline.annual)
    for part, key in (("family_help", "early-help"), ("kinship", "kinship")):
        own = one.alone.sel(part=part)
        assert np.allclose(own.sel(measure="net_cost"), shipped.cost_difference(key).sel(year_ending=years))
        for measure in ("cla_at31", "cla_started", "days_in_care"):
            assert own.sel(measure=measure).equals(shipped.difference(key).sel(measure=measure, year_ending=years).assign_coords(part=part))
    assert float(np.abs(one.alone.sel(measure="net_cost", year_ending=years[-1])).min()) > 0.0


def test_shapley_values_add_up_in_every_run_and_do_not_depend_on_the_order_of_levers(two, write):
    one = two["two"]
    assert np.abs(one.shapley.sum("part") - one.total).max() < 1e-6
    for made_of in (one.shapley, one.alone, one.last):  # items of net cost add up to it, of each part and run
        assert np.allclose(made_of.sel(measure=list(ITEMS)).sum("measure"), made_of.sel(measure="net_cost"), atol=1e-3)
    known = bridge(two.comparison.baseline, two.comparison.reforms[0], list(one.total.year_ending.to_numpy()))
    for item in set(ITEMS) & set(known):
        assert np.allclose(one.total.sel(measure=item).transpose("area", "replicate", "year_ending"), known[item].gbp, atol=1e-3)
    turned = cc.attribute("baseline", write("name: Two\nextends: [kinship, early-help]\n", "turned.yaml"), **WHERE)["turned"]
    assert np.allclose(turned.shapley.sel(part=["family_help", "kinship"]), one.shapley)
    assert all(check["holds"] for check in one.checks)


def test_sampled_orders_of_two_levers_are_their_shapley_values(two, write):
    sampled = cc.attribute("baseline", write(TWO, "two.yaml"), exact_up_to=1, **WHERE)["two"]
    assert sampled.halves is not None
    assert np.allclose(sampled.shapley, two["two"].shapley)  # an order and its reverse are all the orders there are


def test_a_pooled_region_is_attributed_authority_by_authority(write):
    areas = ("Rutland", "Torbay")
    selection = Selection("Two", (Region(areas, np.ones((2, 2), np.int64), "both"),))
    prepared = plan([load("baseline"), load(write(COOPERATIVE))], selection, runs=2, until="2029-03")
    found = attribute_plan(prepared, run_experiment(prepared))
    one = found.reforms[0]
    assert list(one.total.area.to_numpy()) == list(areas)
    assert np.abs(one.shapley.sum("part") - one.total).max() < 1e-6
    alone = plan([load("baseline"), load("regional-care-cooperative")], selection, runs=2, until="2029-03")
    change = run_experiment(alone).cost_difference("regional-care-cooperative").sel(year_ending=one.total.year_ending)
    assert np.allclose(one.alone.sel(part="regional_care_cooperative", measure="net_cost"), change)
    assert set(attribution_frame(found).area) == {*areas, "Two"}
    with pytest.raises(ExperimentError, match="not of this plan"):
        attribute_plan(alone, found.comparison)


def test_the_command_writes_tables_and_a_picture_and_says_what_drove_it(capsys, tmp_path, write):
    path, out = write(TWO, "two.yaml"), tmp_path / "out"
    status, text, err = call(
        capsys, "compare", "baseline", path, "--area", "Rutland", "--runs", 2, "--until", "2029-03", "--attribute", "-o", out
    )
    assert status == 0, err
    assert "every combination of its 2 parts, 2 scenarios more" in err
    assert "What drove net cost of two:" in text
    assert "the interaction, is" in text
    table, costs = (pd.read_csv(out / name, dtype={"year_ending": str}) for name in ("attribution.csv", "cost_bridge.csv"))
    differences = pd.read_csv(out / "differences.csv")
    net = differences[(differences.measure == "cost_net") & (differences.year_ending >= 2026)]["mean"].sum()
    rows = table[(table.measure == "net_cost") & (table.year_ending == "all")]
    assert rows[rows.effect == "shapley"]["mean"].sum() == pytest.approx(net, rel=1e-8)
    items = costs[(costs.measure == "net_cost") & (costs.year_ending == "all") & (costs.item != "total")]
    assert items["mean"].sum() == pytest.approx(net, rel=1e-8)
    assert (out / "attribution.png").stat().st_size > 20_000
    told = json.loads((out / "manifest.json").read_text())["attribution"]["two"]
    assert told["parts"] == {"family_help": "added", "kinship": "added"}
    assert (told["rule"], told["runs_more"]) == ("all combinations", 4)
    assert cc.open(out).metadata["attribution"]["two"]["rule"] == "all combinations"


def test_what_cannot_be_attributed_ends_in_a_message_and_nothing_written(capsys, tmp_path, monkeypatch, write):
    monkeypatch.chdir(tmp_path)
    same = write("name: Same\nextends: baseline\n", "same.yaml")
    status, _, err = call(capsys, "compare", "baseline", same, "--area", "Rutland", "--attribute", "-o", "out")
    assert status == 2
    assert "same changes nothing of baseline" in err
    elsewhere = write(ELSEWHERE, "e.yaml")
    status, _, err = call(capsys, "compare", "baseline", elsewhere, "--area", "Rutland", "--attribute", "-o", "out")
    assert status == 2
    assert "different pasts" in err
    assert not (tmp_path / "out").exists()


def test_a_folder_s_tables_give_the_same_waterfall(write, tmp_path):
    found, _ = attributions(write(THREE))
    table, costs = attribution_frame(found), cost_bridge(found.comparison)
    read = {}
    for name, own in (("attribution.csv", table), ("cost_bridge.csv", costs)):
        own.to_csv(tmp_path / name, index=False)
        read[name] = pd.read_csv(tmp_path / name)
    words = alternative_text(pictures_of(found.comparison, read)["attribution"])
    assert words == alternative_text(waterfall(found, table, costs))
    whole = table.query("area == 'Two boroughs' and measure == 'net_cost' and year_ending == 'all' and effect == 'total'")["mean"].item()
    assert f"{amount(whole, 'GBP', whole)}" in words


def test_the_waterfall_ends_at_the_total_and_reads_without_colour(write):
    found, _ = attributions(write(THREE))
    table, costs = attribution_frame(found), cost_bridge(found.comparison)
    figure = waterfall(found, table, costs)
    by_part, children, by_line, matrix = figure.axes
    assert len(matrix.texts) == 4 * 9  # three parts and the whole, eight items and net cost
    assert "£" in by_part.get_xlabel()
    assert "2024-25 prices" in by_line.get_xlabel()
    assert "children" in children.get_xlabel()
    whole = table.query("area == 'Two boroughs' and measure == 'net_cost' and year_ending == 'all' and effect == 'total'")["mean"].item()
    bars = [patch for patch in by_part.patches if patch.get_height() > 0.5]
    assert len(bars) == 6  # baseline, three parts, the total, interaction
    ends = [bar.get_x() + bar.get_width() for bar in bars]
    assert ends[3] == pytest.approx(whole)
    assert bars[4].get_width() == pytest.approx(whole)
    assert [bar.get_x() for bar in bars[1:4]] == pytest.approx([0.0, *ends[1:3]])
    assert len({HATCH[colour] for colour in (RISE, FALL)}) == 2
    assert HATCH[WITHIN] != HATCH[WHOLE]
    shown = " ".join(text.get_text() for axes in figure.axes for text in axes.texts)
    assert "(" in shown
    assert "not simulated" in figure.get_supxlabel()
