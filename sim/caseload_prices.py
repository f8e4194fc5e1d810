"""What a caseload's placements cost: an authority's prices and their heavy tails as quantiles, and how prices grow, drawn run by run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from scenarios.timeline import month_index
from sim.caseload import PLACEMENTS
from sim.compile_prices import QUANTILES, let_table
from sim.kernels.layout import WHOLE_PRICE
from sim.placement_costs import base_price
from sim.price_growth import drawn, price_index


def price_quantiles(compiled: Any) -> np.ndarray:
    """Return prices in pounds a week of a new placement, by placement and quantile (K, Q), of the price base.

    Needs are not in a return: a placement's prices are those of all needs together, each by its share of the children planned for it.
    """
    pathway, figures = compiled.pathway, compiled.figures[0]
    let = let_table(pathway, PLACEMENTS) / WHOLE_PRICE
    shares = np.array(pathway.families.needs_shares)
    table = np.empty((len(PLACEMENTS), QUANTILES))
    for position, name in enumerate(PLACEMENTS):
        mix = shares * np.array(pathway.planned_by_needs.get(name, (1.0,) * len(shares)))
        table[position] = _pooled(let[position], mix / mix.sum()) * base_price(figures, name)
    return table


def _pooled(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the means of equal quantiles of several distributions (needs, Q) mixed by weights."""
    flat, mass = values.ravel(), np.repeat(weights, values.shape[1]) / values.shape[1]
    order = np.argsort(flat, kind="stable")
    reached, below = np.cumsum(mass[order]), np.cumsum(mass[order] * flat[order])
    edges = np.arange(values.shape[1] + 1) / values.shape[1]
    return np.diff(np.interp(edges, np.append(0.0, reached), np.append(0.0, below))) * values.shape[1]


def growth_of(compiled: Any, months: Sequence[date], seed: int, runs: int, draws: int) -> np.ndarray:
    """Return prices over those of the price base by run, month and placement (R, M, K); run r grows as draw r modulo `draws` does."""
    index = np.array([month_index(f"{day:%Y-%m}") for day in months]) + 0.5
    prices = compiled.scenario.settings.prices
    drawn_once = np.array([price_index(compiled, index, PLACEMENTS, drawn(prices, seed, draw)) for draw in range(min(draws, runs))])
    return drawn_once[np.arange(runs) % len(drawn_once)]
