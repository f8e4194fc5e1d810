"""`carecurve sensitivity` end to end on a small authority; crossed draws against an ordinary comparison; what cannot be asked."""

import json

import numpy as np
import pandas as pd
import pytest
from command_line import call
from PIL import Image

import carecurve as cc
from scenarios.loading import load
from sim.evaluating import NET_COST, Evaluator, Point
from sim.layers import crossed
from sim.plan import ExperimentError, plan
from sim.selection import select
from sim.uncertain import numbers_of

SMALL = ("--area", "Rutland", "--until", "2028-03", "--runs", 3)
SAVED = "settings.budget.saved_per_pound_of_overspend"
RATIO = "family_help.effects.care_entry.hazard_ratio"


@pytest.mark.e2e
def test_the_command_writes_tables_a_picture_and_answers(capsys, tmp_path):
    methods = [word for method in ("tornado", "sobol", "layers") for word in ("--method", method)]
    given = (*SMALL, *methods, "--points", 4, "--also", SAVED, "--by", "2027-03", "--measure", "children_in_care")
    status, text, err = call(capsys, "sensitivity", "baseline", "early-help", *given, "-o", tmp_path / "out")
    assert status == 0, err
    names = {"tornado.csv", "tornado.png", "switching_values.csv", "sobol.csv", "uncertainty.csv", "manifest.json"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    bars, values, shares, parts = (pd.read_csv(tmp_path / "out" / f"{name}.csv") for name in ("tornado", "switching_values", "sobol", "uncertainty"))
    numbers = {"family_help.fidelity", RATIO, "family_help.effects.s47.hazard_ratio", "family_help.teams_capacity.ratio"}
    numbers |= {"prices.real_growth_per_year", SAVED.removeprefix("settings.")}
    assert set(bars.name) == set(values.name) == numbers
    assert set(bars.scenario) == set(values.scenario) == {"early-help"}
    assert (bars.swing.abs().diff().dropna() <= 1e-9).all()
    assert (bars.outcome == "children in care, 31 March 2027").all()
    words = Image.open(tmp_path / "out" / "tornado.png").text["Description"]
    assert "children in care, 31 March 2027" in words
    assert all(label in words for label in bars.label)
    assert set(values.answer) <= {"inside the range", "outside the range", "none"}
    assert (values.by == "2027-03").all()
    assert set(shares.name) == numbers | {"sum"}
    assert set(parts.quantity) == {"net cost 2025-26 to 2026-27", "children in care, 31 March 2027"}
    for _, rows in parts.groupby("quantity"):
        variance = rows.set_index("part").variance
        assert variance[["chance", "world", "effects"]].sum() == pytest.approx(variance["total"])
    about = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert about["methods"] == ["tornado", "sobol", "layers"]
    assert about["simulated_runs"] > 3 * 2 * (4 * 6)
    assert "To break even by March 2027" in text
    assert "within its range" in text
    assert "all numbers central" in text


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory):
    path = tmp_path_factory.mktemp("on") / "helped.yaml"
    path.write_text("name: Early help on a fit\nextends: [fitted, early-help]\n")
    return [load("fitted"), load(str(path))]


@pytest.mark.e2e
def test_crossed_draws_of_one_run_are_that_run_of_a_comparison_to_the_bit(scenarios):
    """Demand, prices, effects and chance of run r, put together again, are run r; of two runs mixed, neither."""
    plain = cc.compare(*scenarios, area="Rutland", until="2028-03", runs=2)
    cost = plain.cost_difference(plain.reforms[0].scenario).sum("area").sel(year_ending=[2026, 2027, 2028]).to_numpy()
    care = plain.difference(plain.reforms[0].scenario).sel(measure="cla_at31", year_ending=[2026, 2027, 2028]).sum("area").to_numpy()
    evaluator = Evaluator(plan(scenarios, select("Rutland", None, False), until="2028-03", runs=2), ("cla_at31",))
    (block,) = crossed(evaluator, 1)
    for run in (0, 1):
        assert block[run, run, run, 0] == pytest.approx(cost[run], abs=1e-6)
        assert np.array_equal(block[run, run, run, 1], care[run])
    assert len({round(float(value), 2) for value in block[..., 0, -1].ravel()}) == 8
    assert evaluator.runs == 8 + 8  # committed policy has effects in the baseline, too


@pytest.mark.e2e
def test_an_evaluator_runs_nothing_twice_and_its_centre_is_the_comparison_with_central_effects():
    both = [load("baseline"), load("early-help")]
    evaluator = Evaluator(plan(both, select("Rutland", None, False), until="2027-03", effects="central"))
    found = evaluator.over([Point(), Point.of({RATIO: 0.7}), Point.of(settings={SAVED.removeprefix("settings."): 0.5})], 2)
    assert evaluator.runs == 2 * (1 + 1 + 2 + 1)  # baseline and reform; the reform's effect; both at another setting
    plain = cc.compare(*both, area="Rutland", until="2027-03", runs=2, effects="central")
    assert found[0, :, 0] == pytest.approx(plain.cost_difference("early-help").sel(year_ending=[2026, 2027]).sum("area").to_numpy(), abs=1e-6)
    again = evaluator.over([Point.of({RATIO: 0.7})], 2)
    assert np.array_equal(again[0], found[1])
    assert evaluator.runs == 10


@pytest.mark.unit
def test_numbers_of_a_comparison_and_those_named_beside_them():
    both = [load("baseline"), load("early-help")]
    found = {number.name: number for number in numbers_of(both, [SAVED, "family_help.cost_per_family_gbp"])}
    prices = found["prices.real_growth_per_year"]
    assert (prices.layer, len(prices.members), prices.members[0].name) == ("prices", 12, "prices.real_growth_per_year.childrens_home")
    saved, cost = found[SAVED.removeprefix("settings.")], found["family_help.cost_per_family_gbp"]
    assert (saved.layer, saved.central, saved.range, saved.limits()) == ("settings", 0.25, (0.0, 0.5), (0.0, 0.5))
    assert (cost.layer, cost.central, cost.range) == ("effects", 4200.0, (2300.0, 5493.0))
    assert cost.coordinate(0.05) == pytest.approx(2300 + 0.05 * 3193)
    assert found[RATIO].label == "care entry hazard ratio (family help)"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("settings.budget.none", "no setting"), ("settings.prices.follow_use", "no setting"),
        ("family_help.cost_per_family_gpb", "did you mean 'family_help.cost_per_family_gbp'"),
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_varied_is_refused(name, message):
    with pytest.raises(ExperimentError, match=message):
        numbers_of([load("baseline"), load("early-help")], [name])


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--method", "torndo"), "expected one of tornado, sobol, layers"),
        (("--measure", "pressure"), "is a ratio"),
        (("--measure", "happiness"), "is not measured"),
        (("--by", "2031-06"), "expected the March of a year"),
        (("--method", "sobol", "--points", 5), "a power of 2"),
        (("--engine", "expected"), "no runs to tell errors from"),
        (("--also", "settings.budget.flor"), "no setting"),
    ],
)
def test_what_cannot_be_asked_ends_in_a_message_and_status_2(capsys, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, _, err = call(capsys, "sensitivity", "baseline", "early-help", "--area", "Rutland", *arguments)
    assert (status, message in err, "Traceback" in err) == (2, True, False), err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.unit
def test_an_evaluator_wants_a_baseline_and_one_reform():
    with pytest.raises(ExperimentError, match="expected a baseline and one reform"):
        Evaluator(plan([load("baseline")], select("Rutland", None, False)))
    assert NET_COST == "net_cost"
