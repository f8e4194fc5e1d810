"""Shapley values: against hand-worked and published games, their axioms on any game, and orders sampled without bias."""

from collections import Counter
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from sim.shapley import along, dividends, everybody, joining, members, orders, shapley

pytestmark = pytest.mark.unit
WORTHS = st.floats(-1e3, 1e3, allow_nan=False, width=32)


def games(players: int):
    """Any game of n players: the worth of each coalition, of nobody too."""
    return st.lists(WORTHS, min_size=1 << players, max_size=1 << players).map(np.array)


def airport(costs: list[float]) -> np.ndarray:
    """The worth of every coalition is the cost of the dearest of its players."""
    return np.array([max((costs[i] for i in members(s)), default=0.0) for s in range(1 << len(costs))])


def airport_by_formula(costs: list[float]) -> list[float]:
    """Littlechild and Owen (1973): each step of the runway is shared equally by all who need it (costs ascending)."""
    steps = np.diff([0.0, *costs]) / np.arange(len(costs), 0, -1)
    return list(np.cumsum(steps))


def test_two_players_by_hand():
    worth = np.array([10.0, 12.0, 9.0, 10.5])  # nobody, a, b, both: a alone +2, b alone -1, both +0.5, so interaction -0.5
    assert shapley(worth).tolist() == [1.75, -1.25]  # a: mean of +2 and 10.5 - 9; b: mean of -1 and 10.5 - 12
    assert dividends(worth).tolist() == [0.0, 2.0, -1.0, -0.5]


def test_the_airport_game_has_its_published_values():
    costs = [1.0, 3.0, 3.0, 7.0, 12.0]
    assert shapley(airport(costs)) == pytest.approx(airport_by_formula(costs))


def test_three_players_by_all_their_orders():
    worth = np.array([0.0, 4.0, 1.0, 9.0, -2.0, 3.0, 0.0, 5.0])
    by_orders = np.mean([joining(dict(enumerate(worth)), order) for order in permutations(range(3))], axis=0)
    assert shapley(worth) == pytest.approx(by_orders)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5).flatmap(games))
def test_values_add_up_and_are_an_equal_part_of_each_dividend(worth):
    found, brought = shapley(worth), dividends(worth)
    assert found.sum() == pytest.approx(worth[-1] - worth[0], abs=1e-6)
    assert brought.sum() == pytest.approx(worth[-1] - worth[0], abs=1e-6)
    for i, value in enumerate(found):
        own = sum(brought[s] / s.bit_count() for s in range(1, len(worth)) if s >> i & 1)
        assert value == pytest.approx(own, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(games(4), st.permutations(range(4)))
def test_the_order_in_which_players_are_listed_changes_nothing(worth, order):
    listed = np.array([worth[sum(1 << order[i] for i in members(s))] for s in range(16)])
    assert shapley(listed) == pytest.approx(shapley(worth)[list(order)], abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(games(3), WORTHS)
def test_a_player_who_only_adds_its_own_gets_that_and_changes_no_other(worth, own):
    larger = np.concatenate([worth, worth + own])  # player 3: a null player if own is 0
    assert shapley(larger) == pytest.approx([*shapley(worth), own], abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.lists(WORTHS, min_size=4, max_size=4), st.lists(WORTHS, min_size=2, max_size=2))
def test_players_who_can_stand_for_each_other_get_the_same(by_size, with_third):
    # Players 0 and 1 are alike: only how many of them there are counts, and whether player 2 is there.
    worth = np.array([by_size[(s & 3).bit_count()] + (with_third[(s & 3).bit_count() % 2] if s & 4 else 0.0) for s in range(8)])
    found = shapley(worth)
    assert found[0] == pytest.approx(found[1], abs=1e-6)


def test_worths_may_be_arrays_and_must_be_of_every_coalition():
    worth = np.random.default_rng(1).normal(size=(8, 2, 3))
    found = shapley(worth)
    assert found.shape == (3, 2, 3)
    assert found[:, 1, 2] == pytest.approx(shapley(worth[:, 1, 2]))
    with pytest.raises(ValueError, match="power of two"):
        shapley(worth[:7])


# ---------------------------------------------------------------- orders


def test_an_order_is_from_nobody_to_everybody_and_comes_with_its_reverse():
    first, second, third, fourth = orders(["a", "b", "c", "d", "e"], 1, 0, 2)
    assert second == first[::-1]
    assert fourth == third[::-1]
    steps = along(first)
    assert (steps[0], steps[-1], len(steps)) == (0, everybody(5), 6)
    assert all((after ^ before).bit_count() == 1 for before, after in pairwise(steps))


def test_an_order_belongs_to_names_seed_and_replicate_not_to_how_players_are_listed():
    names = ["a", "b", "c", "d", "e"]
    listed = [names[i] for i in (3, 1, 4, 0, 2)]
    for replicate in range(5):
        one, other = orders(names, 1, replicate, 2), orders(listed, 1, replicate, 2)
        assert [[names[i] for i in order] for order in one] == [[listed[i] for i in order] for order in other]
    assert [orders(names, 1, r, 1) for r in range(6)] != [orders(names, 2, r, 1) for r in range(6)]


def test_every_order_is_as_likely():
    runs = 1200
    counts = Counter(tuple(orders(["family_help", "kinship", "homes"], 1, r, 1)[0]) for r in range(runs))
    expected = runs / 6.0
    statistic = sum((counts[order] - expected) ** 2 / expected for order in permutations(range(3)))
    assert statistic < chi2.ppf(0.999, 5)


def test_sampled_orders_are_unbiased_on_a_game_with_known_values_and_add_up_in_every_run():
    costs = [1.0, 2.0, 4.0, 7.0, 11.0, 20.0]
    worth = dict(enumerate(airport(costs)))
    names = ["p", "q", "r", "s", "t", "u"]
    each = np.array([np.mean([joining(worth, order) for order in orders(names, 1, r, 2)], axis=0) for r in range(300)])
    assert each.sum(axis=1) == pytest.approx(np.full(300, 20.0))
    off = (each.mean(axis=0) - airport_by_formula(costs)) / (each.std(axis=0, ddof=1) / np.sqrt(300))
    assert np.abs(off).max() < 3.5  # six values: chance of one beyond, about 0.3 %
    assert each.std(axis=0).min() > 0.0


def test_an_order_and_its_reverse_are_exact_where_players_interact_only_two_at_a_time():
    draw = np.random.default_rng(5)
    own, pairs = draw.normal(size=5), np.triu(draw.normal(size=(5, 5)), 1)
    worth = {s: sum(own[i] for i in members(s)) + sum(pairs[i, j] for i in members(s) for j in members(s)) for s in range(32)}
    exact = shapley([worth[s] for s in range(32)])
    for replicate in range(4):
        pair = orders(list("abcde"), 3, replicate, 1)
        assert np.mean([joining(worth, order) for order in pair], axis=0) == pytest.approx(exact)
