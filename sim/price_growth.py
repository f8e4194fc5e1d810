"""Exogenous real growth of placement prices: drawn once for each run from the branch on, its mean before.

What is not known of prices to come is drawn; the past is as it was. Growth is drawn by address (ruling 5), the same for run r in every scenario.
All placements are drawn at one quantile (`settings.prices.rise_together`): in a run in which one price rises fast, all do, since wages and needs
drive all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scenarios.distributions import Distribution
from scenarios.names import name_hash
from scenarios.schema import PRICES_DRAW, Prices
from scenarios.timeline import month_index
from sim.kernels.rng import uniform

MIDDLE_OF_PRICE_YEAR = month_index("2024-09") + 0.5  # of 2024-25, whose outturn the prices of the profiles are those of
Growth = Mapping[str, float]  # placement: share a year


def central(prices: Prices) -> dict[str, float]:
    """Return growth a year by placement at its mean."""
    return {name: growth.mean for name, growth in prices.real_growth_per_year.items()}


def drawn(prices: Prices, seed: int, replicate: int) -> dict[str, float]:
    """Return growth a year by placement as drawn for a replicate."""

    def share(growth: Distribution) -> float:
        """Return the quantile at which a growth is drawn."""
        address = PRICES_DRAW if prices.rise_together else growth.name
        return uniform(seed, replicate, 0, 0, name_hash(f"parameter.{address}"), 0)

    return {name: growth.quantile(share(growth)) for name, growth in prices.real_growth_per_year.items()}


def price_index(compiled: Any, index: np.ndarray, placements: tuple[str, ...], growth: Growth | None = None) -> np.ndarray:
    """Return prices over those of the middle of the price year (T, P).

    Up to the branch month they have moved at the mean growth of the baseline at the bottom of the scenario's chain, from then on at `growth`.

    Parameters
    ----------
    compiled
        The model.
    index
        Numbers of months, as `month_index` has them (T).
    growth
        Growth a year by placement from the branch on (none: it stays as it is); by default at the scenario's means.
    """
    settings = compiled.scenario.settings
    growth = central(settings.prices) if growth is None else growth
    before, since = _of(placements, central(compiled.scenario.history_settings.prices)), _of(placements, growth)
    branch = month_index(compiled.branch)
    years, years_at_branch = (index - MIDDLE_OF_PRICE_YEAR) / 12.0, (branch - MIDDLE_OF_PRICE_YEAR) / 12.0
    later = (since[None, :] ** years[:, None]) * (before / since) ** years_at_branch
    return np.where(index[:, None] < branch, before[None, :] ** years[:, None], later)


def _of(placements: tuple[str, ...], growth: Growth) -> np.ndarray:
    """Return what a year multiplies each placement's price by (P)."""
    return np.array([1.0 + growth.get(name, 0.0) for name in placements])
