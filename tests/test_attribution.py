"""What drove a difference: tables that add up in every row, orders that change nothing, orders sampled, and sentences that say why."""

import numpy as np
import pandas as pd
import pytest
from attribution_sample import OWN, THREE, TOGETHER, TWO, attributions
from experiment_sample import AREAS
from test_shares import region

from outputs.attribution import COLUMNS, attribution_frame
from outputs.attribution_matrix import cells
from outputs.attribution_words import reason, sentences
from outputs.cost_bridge import bridge, cost_bridge
from scenarios.loading import load
from scenarios.parts import NUMBERS
from sim.attributed import ITEMS, QUANTITIES, attributed, of_results
from sim.attribution import Game
from sim.plan import ExperimentError
from sim.results import brought

pytestmark = pytest.mark.unit
KEYS = ["scenario", "area", "measure", "year_ending"]


def means(frame: pd.DataFrame, effect: str) -> pd.Series:
    return frame[frame.effect == effect].groupby(KEYS)["mean"].sum()


@pytest.mark.parametrize("exact_up_to", [4, 1])
def test_shapley_values_and_effects_alone_with_interaction_add_up_to_every_total(write, exact_up_to):
    found, _ = attributions(write(THREE), exact_up_to=exact_up_to)
    frame = attribution_frame(found)
    total = means(frame, "total")
    assert list(frame.columns) == COLUMNS
    assert set(frame.area) == {*AREAS, "Two boroughs"}
    assert len(total) == 3 * (12 * 4 + 3)  # areas; three years and all of them, of a stock three years
    assert means(frame, "shapley").to_numpy() == pytest.approx(total.to_numpy(), rel=1e-9)
    alone = means(frame, "alone") + frame[frame.part == "interaction"].set_index(KEYS)["mean"]
    assert alone.to_numpy() == pytest.approx(total.to_numpy(), rel=1e-9)
    one = found.reforms[0]
    assert np.abs(one.shapley.sum("part") - one.total).max() < 1e-6  # not only on the mean: in every run


def test_a_made_up_game_has_the_values_worked_out_by_hand(write):
    found, _ = attributions(write(THREE), noise=0.0)
    frame = attribution_frame(found).set_index(["area", "measure", "year_ending", "part", "effect"])["mean"]
    years = 1.0 + 2.0 + 3.0
    for i, part in enumerate(("family_help", "kinship", NUMBERS)):
        assert frame["Bolton", "net_cost", "all", part, "alone"] == pytest.approx(years * OWN[i])
        assert frame["Bolton", "net_cost", "all", part, "last"] == pytest.approx(years * (OWN[i] + 2 * TOGETHER))
        assert frame["Bolton", "net_cost", "all", part, "shapley"] == pytest.approx(years * (OWN[i] + TOGETHER))
        assert frame["Two boroughs", "net_cost", "all", part, "shapley"] == pytest.approx(2 * years * (OWN[i] + TOGETHER))
    assert frame["Bolton", "net_cost", "2028", "interaction", "interaction"] == pytest.approx(3.0 * 3 * TOGETHER)
    assert frame["Bolton", "net_cost", "2028", f"kinship + {NUMBERS}", "interaction"] == pytest.approx(3.0 * TOGETHER)
    assert frame["Bolton", "net_cost", "2028", f"family_help + kinship + {NUMBERS}", "interaction"] == pytest.approx(0.0, abs=1e-6)
    assert frame["Bolton", "cla_at31", "2028", "total", "total"] == pytest.approx(3e-6 * (sum(OWN) + 3 * TOGETHER))
    assert ("Bolton", "cla_at31", "all", "total", "total") not in frame.index  # a stock does not add up over years


def test_intervals_and_errors_are_of_what_each_run_gives(write):
    found, of_run = attributions(write(TWO))
    frame = attribution_frame(found).set_index(["area", "measure", "year_ending", "part", "effect"])
    row = frame.loc["Two boroughs", "net_cost", "all", "kinship", "shapley"]
    each = np.array([((run[2] - run[0]) + (run[3] - run[1]))[:, 0].sum() / 2.0 for run in of_run])
    assert row["mean"] == pytest.approx(each.mean())
    assert (row.p05, row.p95) == pytest.approx(tuple(np.quantile(each, [0.05, 0.95])))
    assert row.standard_error == pytest.approx(each.std(ddof=1) / np.sqrt(len(each)))
    assert row.ordering_standard_error == 0.0
    total = frame.loc["Two boroughs", "net_cost", "all", "total", "total"]
    assert row.share_of_total == pytest.approx(row["mean"] / total["mean"])
    assert np.isnan(attribution_frame(attributions(write(TWO), runs=1)[0]).standard_error).all()


def test_all_of_england_is_grossed_up_by_what_each_measure_is_grossed_up_by(write):
    factors = {"spend": 1.1, "cla": 1.3, "referrals": 1.0, "population": 1.0}
    plain, grossed = (attribution_frame(attributions(write(TWO), grossing=g)[0]) for g in (None, factors))
    last = grossed.area == "Two boroughs"
    for measure, factor in (("net_cost", 1.1), ("cla_at31", 1.3), ("days_in_care", 1.3)):
        rows = last & (grossed.measure == measure)
        assert grossed[rows]["mean"].to_numpy() == pytest.approx(factor * plain[rows]["mean"].to_numpy())
    assert grossed[~last]["mean"].equals(plain[~last]["mean"])


def test_the_order_of_levers_in_files_changes_no_value(write):
    one = attributions(write(TWO, "one.yaml"), noise=0.0)[0].reforms[0]
    turned = Game(load("baseline"), load(write("name: Two\nextends: [kinship, early-help]\n", "two.yaml")), seed=1)
    straight = Game(load("baseline"), load(write(TWO, "one.yaml")), seed=1)
    assert turned.names == straight.names[::-1] == list(one.shapley.part.to_numpy())[::-1]
    assert [turned.scenario(s).hash for s in (1, 2)] == [straight.scenario(s).hash for s in (2, 1)]


# ---------------------------------------------------------------- orders sampled


def test_sampling_runs_each_alone_each_last_and_the_steps_of_four_orders(write):
    game = Game(load("baseline"), load(write(THREE)), seed=1, exact_up_to=2)
    assert not game.exact
    assert set(game.needed(0)) == {1, 2, 4, 6, 5, 3}
    assert Game(load("baseline"), load(write(THREE)), seed=1).needed(7) == [1, 2, 3, 4, 5, 6]
    assert game.runs(10) == 60


def test_sampled_values_are_within_the_error_reported_of_the_exact_ones(write):
    # Chance of each combination makes three parts interact: four orders of six miss some of it.
    exact = attribution_frame(attributions(write(THREE), runs=60, noise=1.0)[0])
    sampled = attribution_frame(attributions(write(THREE), runs=60, noise=1.0, exact_up_to=1)[0])
    one, other = (f[(f.effect == "shapley") & (f.area == "Bolton")].set_index([*KEYS, "part"]) for f in (exact, sampled))
    error = other.ordering_standard_error
    off = (one["mean"] - other["mean"]) / error
    assert (error > 0).all()
    assert np.sqrt((off**2).mean()) < 2.0
    assert np.abs(off).max() < 5.0
    assert (exact[exact.effect == "shapley"].ordering_standard_error == 0.0).all()


def test_a_reform_that_changes_nothing_is_refused(write):
    with pytest.raises(ExperimentError, match="nothing to attribute"):
        Game(load("baseline"), load(write("name: Same\nextends: baseline\n", "same.yaml")), seed=1)


# ---------------------------------------------------------------- sentences


def test_sentences_say_what_drove_it_how_much_is_interaction_and_why(write):
    found, _ = attributions(write(THREE), noise=0.0)
    lines = sentences(found, attribution_frame(found), cost_bridge(found.comparison))
    told = "\n".join(lines)
    assert "net cost of mine: +£6.0m = " in told  # 2 areas x 6 x (3 - 2 + 1 - 3 x 0.5), in millions
    assert "family help +£30.0m" in told
    assert "kinship −£30.0m" in told
    assert "changed numbers (set, settings) +£6.0m" in told
    assert "come to +£24.0m in all" in told
    assert "the interaction, is −£18.0m: 300% of the total" in told
    assert "opposite sign" in told
    assert "Most of it is" in told
    assert "Children in care, 31 March 2028: +3.0" in told


def test_small_interaction_needs_no_reason(write):
    for together, explained in ((-0.1e6, False), (-0.3e6, True)):  # of a total of 0.9 and 0.7
        found, _ = attributions(write(TWO), noise=0.0, together=together)
        lines = sentences(found, attribution_frame(found), cost_bridge(found.comparison))
        assert any("above 20%" in line for line in lines) == explained


def test_reasons_are_the_first_that_holds():
    alone = pd.Series([5.0, 5.0])
    assert "chance" in reason(-3.0, 2.0, 7.0, alone)
    assert "opposite sign" in reason(-1.0, 0.1, 1.0, pd.Series([5.0, -3.0]))
    assert "same children" in reason(-3.0, 0.1, 7.0, alone)
    assert "adds to what the others do" in reason(3.0, 0.1, 13.0, alone)
    assert "chance" in reason(-3.0, float("nan"), 7.0, alone)  # a single run tells nothing


def test_quantities_are_those_of_results_and_items_add_up_to_net_cost():
    both = region()
    base, reform = both.baseline, both.reforms[0]
    ours = brought(base, reform)
    before, after = (attributed(of_results(one, ours), of_results(base, ours)) for one in (base, reform))
    assert np.allclose(before[:, :, 0], base.net())
    assert np.allclose(before[:, :, 1], base.exchequer())
    for k, name in enumerate(list(QUANTITIES)[2:], 2):
        assert np.allclose(before[:, :, k], base.annual.sel(measure=name))
    assert np.all(before[:, :, len(QUANTITIES) :] == 0.0)
    known = bridge(base, reform, list(base.years))
    for k, name in enumerate(ITEMS, len(QUANTITIES)):
        if name in known:
            assert np.allclose(after[:, :, k], known[name].gbp)
    own = sum(item.gbp for item in known.values() if item.section == "reform")
    assert np.allclose(after[:, :, len(QUANTITIES)], own)
    assert np.abs(own).max() > 0.0
    assert np.allclose(after[:, :, len(QUANTITIES) :].sum(axis=2), reform.net() - base.net())


def test_what_each_part_does_is_split_by_item_and_the_table_adds_up_both_ways(write):
    found, _ = attributions(write(THREE), noise=0.0)
    table = attribution_frame(found)
    grid = cells(found.reforms[0], table)
    assert list(grid.index) == ["family_help", "kinship", NUMBERS, "total"]
    assert grid.drop(columns="net_cost").sum(axis=1).to_numpy() == pytest.approx(grid.net_cost.to_numpy(), rel=1e-9)
    assert grid.drop("total").sum().to_numpy() == pytest.approx(grid.loc["total"].to_numpy(), rel=1e-9)
    assert grid.loc["kinship", "reform_lines"] == pytest.approx(0.6 * -30e6)
    told = "\n".join(sentences(found, table, cost_bridge(found.comparison)))
    assert "Of family help: its own lines +£" in told
