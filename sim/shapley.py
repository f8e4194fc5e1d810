"""Shapley values of a game of n players given by the worth of every coalition, or of coalitions along sampled orders.

A coalition is a bit mask: player i is in it if bit i is set; 0 is nobody, 2^n - 1 everybody. Worths are arrays of any shape, one for each coalition.

Source: Shapley, "A value for n-person games", Contributions to the Theory of Games II (1953), 307-317. Dividends: Harsanyi, "A simplified bargaining
model for the n-person cooperative game", International Economic Review 4 (1963), 194-220. Sampling orders: Castro, Gómez and Tejada, "Polynomial
calculation of the Shapley value based on sampling", Computers & Operations Research 36 (2009), 1726-1730.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import factorial

import numpy as np

from scenarios.names import name_hash
from sim.kernels.rng import uniform


def everybody(players: int) -> int:
    """Return the coalition of all players."""
    return (1 << players) - 1


def members(coalition: int) -> list[int]:
    """Return the players of a coalition, in order."""
    return [i for i in range(coalition.bit_length()) if coalition >> i & 1]


def shapley(worth: Sequence[np.ndarray]) -> np.ndarray:
    """Return each player's Shapley value (n, ...) from the worth of every coalition (2^n, ...).

    phi_i = sum over coalitions S without i of |S|! (n - |S| - 1)! / n! * (v(S with i) - v(S)).
    """
    worth = np.asarray(worth, float)
    players = len(worth).bit_length() - 1
    if len(worth) != 1 << players:
        raise ValueError(f"{len(worth)} coalitions, expected a power of two: every coalition of n players")
    values = np.zeros((players, *worth.shape[1:]))
    for i in range(players):
        for coalition in range(len(worth)):
            if not coalition >> i & 1:
                size = coalition.bit_count()
                weight = factorial(size) * factorial(players - size - 1) / factorial(players)
                values[i] += weight * (worth[coalition | 1 << i] - worth[coalition])
    return values


def dividends(worth: Sequence[np.ndarray]) -> np.ndarray:
    """Return what each coalition brings beyond all smaller ones inside it (2^n, ...): of nobody 0, of one player what it does alone.

    They add up to v(everybody) - v(nobody); those of two players or more are interaction. A player's Shapley value is its equal part of each.
    """
    found = np.array(worth, float)
    found -= found[0]
    for coalition in range(1, len(found)):
        inside = (coalition - 1) & coalition
        while inside:
            found[coalition] -= found[inside]
            inside = (inside - 1) & coalition
    return found


def orders(names: Sequence[str], seed: int, replicate: int, pairs: int) -> list[list[int]]:
    """Return orders of players for one replicate: pairs of a random order, each order equally likely, and its reverse.

    Orders have an address (seed, replicate, player's name, number of the pair), so they depend neither on how players are listed nor on anything else
    that is run. With its reverse, an order is exact for any game in which no more than two players interact at a time.
    """
    found = []
    for pair in range(pairs):
        drawn = [uniform(seed, replicate, 0, 0, name_hash(f"attribution.order.{name}"), pair) for name in names]
        order = sorted(range(len(names)), key=drawn.__getitem__)
        found += [order, order[::-1]]
    return found


def along(order: Sequence[int]) -> list[int]:
    """Return the coalitions that players make as they join in an order, from nobody to everybody (n + 1)."""
    found = [0]
    for player in order:
        found.append(found[-1] | 1 << player)
    return found


def joining(worth: Mapping[int, np.ndarray], order: Sequence[int]) -> np.ndarray:
    """Return what each player adds to those before it in an order (n, ...): these add up to v(everybody) - v(nobody)."""
    steps = along(order)
    added = {player: worth[after] - worth[before] for player, before, after in zip(order, steps, steps[1:], strict=False)}
    return np.stack([added[player] for player in range(len(order))])
