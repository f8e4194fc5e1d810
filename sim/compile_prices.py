"""Compile what a placement is let at: prices by needs with a heavy tail, which places are on a market, and what commissioning wins."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from scenarios.actions_of_places import PriceGain
from sim.compile_actions import in_force
from sim.cost_lines import assumption, assumptions
from sim.kernels.layout import NEEDS, WHOLE_PRICE

NEEDS_NAMES = ("standard", "enhanced", "complex", "very_complex")
PRICED_BY_NEEDS = ("foster", "childrens_home", "supported")
QUANTILES = 1024  # equal shares of placements; the dearest are one in a thousand


def price_rules(compiled: Any) -> np.ndarray:
    """Return how the price asked for each kind of place follows use (P, 4): response, share of the gap a month, floor, ceiling.

    Only a market's places answer use: what the authority owns costs what it costs, full or not.
    """
    prices, places = compiled.scenario.settings.prices, compiled.pathway.places.values()
    rule = (prices.monthly_adjustment.value, prices.clip.low, prices.clip.high)
    response = [prices.response_to_utilisation.value if prices.follow_use and place.owned_by == "market" else 0.0 for place in places]
    return np.array([(one, *rule) for one in response]).reshape(-1, 4)


def let_table(pathway: Any, placements: tuple[str, ...]) -> np.ndarray:
    """Return what placements are let at by placement, needs and quantile, in whole ten-thousandths of the authority's base price."""
    multipliers = needs_multipliers(pathway, placements)
    table = np.zeros((len(placements), NEEDS, QUANTILES), np.int32)
    for i, name in enumerate(placements):
        tail = quantile_means(spread_of(pathway, name), QUANTILES)
        for needs in range(NEEDS):  # rounded as they add up, so that the mean is that of the group to the last digit
            table[i, needs] = np.diff(np.floor(np.cumsum(tail) * multipliers[i, needs] * WHOLE_PRICE + 0.5), prepend=0.0)
    return table


def quantile_means(spread: float, count: int) -> np.ndarray:
    """Return the means of equal quantiles of a lognormal of mean 1, from the cheapest; `spread` is the standard deviation of the logarithm.

    The part of the mean that lies below the quantile z is the normal distribution at z - spread, so no tail is cut off.
    """
    if spread == 0.0:
        return np.ones(count)
    below = ndtr(ndtri(np.arange(count + 1) / count) - spread)
    return np.diff(below) * count


def spread_of(pathway: Any, placement: str) -> float:
    """Return the spread of a placement's prices within needs: its own, or its group's, or none."""
    for name in (placement, pathway.stages[placement].group):
        if f"price_spread_{name}" in assumptions():
            return assumption(f"price_spread_{name}")
    return 0.0


def needs_multipliers(pathway: Any, placements: tuple[str, ...]) -> np.ndarray:
    """Return the price of each placement by needs over its mean price (P, 4), averaging to 1 over planned needs.

    The mix is the pathway's: shares of needs times how much likelier each is to be planned for the placement. It is
    the same in every scenario, so that a dearer mix of children shows as mix and never as price.
    """
    shares = np.array(pathway.families.needs_shares)
    weights = pathway.planned_by_needs
    table = np.ones((len(placements), NEEDS))
    for i, name in enumerate(placements):
        group = pathway.stages[name].group
        if group not in PRICED_BY_NEEDS:
            continue  # other prices are already those of the children who are there
        raw = np.array([assumption(f"needs_price_{group}_{needs}") for needs in NEEDS_NAMES])
        mix = shares * np.array(weights.get(name, (1.0,) * NEEDS))
        table[i] = raw / (raw @ mix / mix.sum())
    return table


def price_gains(compiled: Any, drawn: dict) -> np.ndarray:
    """Return the share that commissioning wins off the price of a placement let in each month, by stage (S, M)."""
    names, months = list(compiled.stage_names), compiled.months
    left = np.ones((len(names), len(months)))
    for action in compiled.actions:
        if isinstance(action, PriceGain):
            won = drawn[action.name, "fraction"] * in_force(action.phase, months)
            left[[names.index(name) for name in action.stages]] *= 1.0 - won
    return 1.0 - left
