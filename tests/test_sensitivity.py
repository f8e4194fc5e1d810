"""Tornado, switching values, Sobol' indices and layers against functions whose answers are known; no simulation."""

import math

import numpy as np
import pytest

from scenarios.distributions import Distribution
from sim.evaluating import Point
from sim.layers import CHANCE, EFFECTS, WORLD, components, parts
from sim.sensitivity import switching_value, tornado
from sim.sobol import chance_share, sobol, uniforms
from sim.uncertain import Number

RUNS = 8
NOISE = np.array([-3.0, 2.0, 1.0, 0.0, -1.0, 3.0, -2.0, 0.0])  # of mean 0


def number(name, low, high, unit="", **more):
    """A number drawn evenly between two ends."""
    item = Distribution("uniform", (low, high), name=name)
    return Number(name, name, unit, more.pop("layer", "effects"), more.pop("members", (item,)), more.pop("central", item.mean), (low, high))


def evaluator(function, noise=NOISE, **central):
    """The outcome as a function of values by name; the same noise at every point."""
    asked = []

    def evaluate(points):
        asked.extend(points)
        return np.array([function({**central, **dict(point.fixed), **dict(point.settings)}) + noise for point in points])

    return evaluate, asked


@pytest.mark.unit
def test_a_tornado_of_a_sum_is_each_numbers_part_and_common_noise_cancels():
    numbers = [number("a", 0.0, 1.0), number("b", -1.0, 1.0), number("c", 0.0, 10.0, layer="settings")]
    evaluate, asked = evaluator(lambda x: 2.0 * x["a"] - 5.0 * x["b"] + 0.1 * x["c"], a=0.5, b=0.0, c=5.0)
    found = tornado(evaluate, numbers)
    assert [bar.number.name for bar in found.bars] == ["b", "a", "c"]
    assert [bar.swing.mean for bar in found.bars] == pytest.approx([-5.0 * 1.8, 2.0 * 0.9, 0.1 * 9.0])
    assert all(bar.swing.error == pytest.approx(0.0, abs=1e-9) for bar in found.bars)
    assert found.central.mean == pytest.approx(1.5)
    t = 2.364624  # Student's t of seven degrees of freedom, 97.5 %
    assert found.central.error == pytest.approx(t * NOISE.std(ddof=1) / math.sqrt(8), rel=1e-5)
    assert found.bars[0].ends == pytest.approx((-0.9, 0.9))
    assert found.bars[0].low.mean == pytest.approx(1.5 + 4.5)
    assert asked[0] == Point()
    assert [dict(point.settings) for point in asked[5:]] == [{"c": pytest.approx(0.5)}, {"c": pytest.approx(9.5)}]


@pytest.mark.unit
def test_numbers_together_are_at_one_quantile_and_the_first_ones_value_is_told():
    two = Distribution("uniform", (0.0, 0.1), name="p.homes"), Distribution("triangular", (0.0, 0.0, 1.0), name="p.foster")
    both = Number("p", "prices", "share per year", "prices", two, 0.05, (0.0, 0.1))
    evaluate, asked = evaluator(lambda x: x["p.homes"] + x["p.foster"], **{"p.homes": 0.05, "p.foster": 1 / 3})
    found = tornado(evaluate, [both])
    assert dict(asked[1].fixed) == pytest.approx({"p.homes": 0.005, "p.foster": 1 - math.sqrt(0.95)})
    assert found.bars[0].ends == pytest.approx((0.005, 0.095))
    at = switching_value(evaluator(lambda x: x["p.homes"] - 0.08)[0], both)
    assert at.value == pytest.approx(0.08, abs=0.002)
    assert at.inside


@pytest.mark.unit
def test_a_switching_value_is_found_with_the_error_that_chance_leaves():
    """The outcome 100 (x - 0.7) + noise is nil at 0.7; its error is that of the mean over the slope of 100."""
    effect = number("hr", 0.5, 1.0)
    found = switching_value(evaluator(lambda x: 100.0 * (x["hr"] - 0.7))[0], effect)
    assert found.value == pytest.approx(0.7, abs=0.5 / 50)
    assert found.inside
    assert found.error == pytest.approx(2.364624 * NOISE.std(ddof=1) / math.sqrt(8) / 100.0, rel=1e-4)
    assert found.outcomes == pytest.approx((-20.0, 30.0))


@pytest.mark.unit
def test_beyond_the_range_a_value_is_found_and_called_outside_or_there_is_none():
    effect = number("hr", 0.68, 1.0)
    outside = switching_value(evaluator(lambda x: x["hr"] - 0.45)[0], effect)
    assert outside.value == pytest.approx(0.45, abs=0.007)
    assert not outside.inside
    never = switching_value(evaluator(lambda x: x["hr"] + 1.0)[0], effect)
    assert never.value is None
    assert never.searched == pytest.approx((0.36, 1.32))
    share = number("fidelity", 0.6, 1.0, unit="share of the effect")  # not above 1, whatever would help
    assert switching_value(evaluator(lambda x: 1.2 - x["fidelity"])[0], share).value is None
    cost = number("gbp", 100.0, 300.0)  # nor below nothing
    evaluate, asked = evaluator(lambda x: x["gbp"] + 50.0)
    assert switching_value(evaluate, cost).value is None
    assert min(dict(point.fixed)["gbp"] for point in asked) > 0.0


@pytest.mark.unit
def test_of_several_crossings_the_one_nearest_the_central_value_is_told():
    curve = number("x", 0.0, 10.0, central=8.0)
    found = switching_value(evaluator(lambda x: (x["x"] - 2.0) * (x["x"] - 9.0))[0], curve)
    assert found.value == pytest.approx(9.0, abs=0.04)


@pytest.mark.unit
def test_an_exact_zero_at_an_end_is_the_answer():
    assert switching_value(evaluator(lambda x: x["x"], noise=np.zeros(2))[0], number("x", 0.0, 1.0, central=0.5)).value == 0.0


# ---------------------------------------------------------------- Sobol'


@pytest.mark.unit
def test_points_are_balanced_and_of_their_seed():
    made = uniforms(3, 16, 5)
    assert made.shape == (2, 3, 16)
    for row in made.reshape(6, 16):
        assert sorted((16 * row).astype(int)) == list(range(16))  # one in each sixteenth
    assert np.array_equal(made, uniforms(3, 16, 5))
    assert not np.array_equal(made, uniforms(3, 16, 6))
    assert ((made > 0.0) & (made < 1.0)).all()


@pytest.mark.statistical
def test_indices_of_a_sum_are_the_parts_of_its_variance():
    """Uniforms of widths 1, 2, 3 add up: variances as 1, 4, 9, no interaction."""
    numbers = [number("a", 0.0, 1.0), number("b", 0.0, 2.0), number("c", 0.0, 3.0)]
    found = sobol(evaluator(lambda x: x["a"] + x["b"] + x["c"])[0], numbers, 512, 1)
    exact = np.array([1.0, 4.0, 9.0]) / 14.0
    assert found.first == pytest.approx(exact, abs=0.02)
    assert found.total == pytest.approx(exact, abs=0.02)
    assert found.variance == pytest.approx(14.0 / 12.0, rel=0.02)
    assert found.mean == pytest.approx(3.0, abs=0.02)
    assert found.chance_share == pytest.approx(0.0, abs=1e-12)
    assert (found.first_interval[:, 0] < exact).all()
    assert (exact < found.first_interval[:, 1]).all()
    assert found.total_chance == pytest.approx(np.zeros(3), abs=1e-9)  # noise that is the same at every point moves no index


@pytest.mark.statistical
def test_indices_of_ishigamis_function():
    """Exact by integration (Ishigami and Homma 1990): a = 7, b = 0.1."""
    numbers = [number(name, -math.pi, math.pi) for name in "xyz"]
    found = sobol(evaluator(lambda v: math.sin(v["x"]) + 7 * math.sin(v["y"]) ** 2 + 0.1 * v["z"] ** 4 * math.sin(v["x"]))[0], numbers, 2048, 3)
    a, b, pi = 7.0, 0.1, math.pi
    variance = a**2 / 8 + b * pi**4 / 5 + b**2 * pi**8 / 18 + 0.5
    first = np.array([0.5 * (1 + b * pi**4 / 5) ** 2, a**2 / 8, 0.0]) / variance
    both = b**2 * pi**8 * (1 / 18 - 1 / 50) / variance
    assert found.variance == pytest.approx(variance, rel=0.02)
    assert found.first == pytest.approx(first, abs=0.03)
    assert found.total == pytest.approx(first + np.array([both, 0.0, both]), abs=0.03)


@pytest.mark.statistical
def test_the_share_of_chance_is_what_replicates_disagree_about():
    """Points of variance 4, each with independent noise of variance 8 in each of 8 runs: 1 of 5 of the variance of means is noise."""
    draw = np.random.default_rng(1)
    values = 2.0 * draw.normal(size=(4000, 1)) + math.sqrt(8.0) * draw.normal(size=(4000, 8)) + NOISE
    assert chance_share(values) == pytest.approx(0.2, abs=0.02)
    assert math.isnan(chance_share(values[:, :1]))


# ---------------------------------------------------------------- layers


def layered(chance, world, effects, both=0.0):
    """Differences of crossed draws: standard deviations of each layer, and of world with effects."""
    blocks, draw = 4000, np.random.default_rng(2)
    c, w, e = (draw.normal(size=(blocks, 2)) for _ in range(3))
    product = draw.normal(size=(blocks, 1, 2, 2))
    return chance * c[:, :, None, None] + world * w[:, None, :, None] + effects * e[:, None, None, :] + both * product


@pytest.mark.statistical
def test_components_are_those_of_a_sum_of_known_variances_and_add_up():
    values = layered(1.0, 2.0, 3.0, both=2.0)
    means = {chosen: each.mean() for chosen, each in components(values).items()}
    exact = {frozenset({CHANCE}): 1.0, frozenset({WORLD}): 4.0, frozenset({EFFECTS}): 9.0, frozenset({WORLD, EFFECTS}): 4.0}
    for chosen, each in components(values).items():
        assert abs(means[chosen] - exact.get(chosen, 0.0)) < 4.0 * each.std() / math.sqrt(len(each)) + 1e-9
    found = parts(values)
    assert found["total"].variance == pytest.approx(sum(found[layer].variance for layer in (CHANCE, WORLD, EFFECTS)))
    assert found[WORLD].variance == pytest.approx(4.0 + 2.0, abs=4 * found[WORLD].error)
    assert found["interactions"].variance == pytest.approx(4.0, abs=4 * found["interactions"].error)
    assert found[EFFECTS].share == pytest.approx(11.0 / 18.0, abs=4 * found[EFFECTS].share_error)
    ordinary = values[:, 0, 0, 0]  # the variance of what an ordinary run has
    assert found["total"].variance == pytest.approx(ordinary.var(), rel=0.1)


@pytest.mark.unit
def test_a_block_by_hand():
    """Chance moves the difference by 2 and nothing else does: a variance of 2 between two draws, and no other."""
    values = np.zeros((1, 2, 2, 2))
    values[0, 1] = 2.0
    found = {chosen: float(each[0]) for chosen, each in components(values).items()}
    assert found.pop(frozenset({CHANCE})) == pytest.approx(2.0)
    assert list(found.values()) == pytest.approx([0.0] * 6)
    assert parts(values)[CHANCE].error == math.inf


@pytest.mark.unit
def test_nothing_that_varies_has_no_share():
    assert {part.share for part in parts(np.ones((3, 2, 2, 2))).values()} == {0.0}
