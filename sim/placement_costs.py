"""What placements cost: child-weeks, each at what its placement was let at, times the authority's base price and its growth.

Arrays: A areas, T months of the tally, P placements. Prices are constant ones of the price base (2024-25).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.timeline import month_index
from sim.compile_areas import Figures
from sim.compile_prices import needs_multipliers
from sim.cost_lines import assumption
from sim.kernels.layout import AS_DRAWN, AT_MARKET, PAID, WHOLE_PRICE, Tally
from sim.price_growth import Growth, price_index

PRICE_YEAR = 2025  # year ending March 2025: prices of the profiles are those of the outturn 2024-25
PRICED_AS = {  # placements without a price of their own
    "kinship_foster_provisional": "kinship_foster",
    "authority_childrens_home": "childrens_home",
    "awaiting_secure_home": "unregistered",
    "youth_detention": "other_placement",
}


class PlacementCosts:
    """Child-weeks and pounds of placements in one run, whose draw of prices is `growth` (by default their means)."""

    def __init__(self, tally: Tally, compiled: Any, growth: Growth | None = None) -> None:
        self.tally, self.compiled, self.growth = tally, compiled, growth
        self.placements = tuple(compiled.placement_names)
        first = month_index(compiled.first) + int(tally.first_month[0])
        self.index = first + np.arange(tally.units_end.shape[1])

    def weeks(self) -> np.ndarray:
        """Return child-weeks by placement and needs (A, T, P, 4)."""
        return self.tally.placement_days / 7.0

    def pounds(self) -> np.ndarray:
        """Return what placements cost (A, T, P)."""
        return self._let_weeks(PAID) * self.base_prices()

    def parts(self) -> dict[str, np.ndarray]:
        """Return what placements cost in parts that add up to `pounds`, each (A, T, P).

        `list`: children's weeks at the mean price for their needs; `chance`: how much dearer or cheaper their placements
        were drawn; `market`: its response to use when they were let; `commissioning`: what it won then, below 0.
        """
        listed = np.einsum("atpn,pn->atp", self.weeks(), needs_multipliers(self.compiled.pathway, self.placements))
        drawn, market, paid = (self._let_weeks(part) for part in (AS_DRAWN, AT_MARKET, PAID))
        weeks = {"list": listed, "chance": drawn - listed, "market": market - drawn, "commissioning": paid - market}
        return {name: of_part * self.base_prices() for name, of_part in weeks.items()}

    def base_prices(self) -> np.ndarray:
        """Return the price of a week let at 1 (A, T, P): the authority's, times exogenous real growth."""
        base = np.array([[base_price(figures, name) for name in self.placements] for figures in self.compiled.figures])
        return base[:, None, :] * price_index(self.compiled, self.index, self.placements, self.growth)[None]

    def _let_weeks(self, part: int) -> np.ndarray:
        """Return child-weeks times what placements were let at (A, T, P)."""
        return self.tally.let_days[..., part].sum(axis=3) / (7.0 * WHOLE_PRICE)


def base_price(figures: Figures, placement: str) -> float:
    """Return an authority's price of a week at the price base; placements without one of their own as others, own homes over bought ones."""
    ratio = assumption("own_home_price_over_bought") if placement == "authority_childrens_home" else 1.0
    return ratio * figures.get(f"price_{PRICED_AS.get(placement, placement)}", PRICE_YEAR, default=0.0)
