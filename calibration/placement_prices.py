"""How widely prices of placements spread: the sources of `price_spread_*` in scenarios/data/cost_assumptions.csv.

    python -m calibration.placement_prices

A placement's price is the mean for the child's needs times a lognormal of mean 1. Two counts of England's placements at £10,000 a week or more
(Local Government Association: 120 in 2018-19, 1,510 in 2022-23) are held against what a spread implies of homes and unregistered placements, in
the cash of the year. A survey of a year counts placements at any time in it: those that ended in it and those there at its end. The range of one
authority's supported accommodation gives the other spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ndtr

from calibration.panel import DATA
from scenarios.deflators import shipped_deflators
from scenarios.loading import load
from sim.compile_prices import needs_multipliers
from sim.cost_lines import assumption

DEAR_GBP = 10_000.0
COUNTED = {2019: 120.0, 2023: 1510.0}  # unit_costs.csv: placements at DEAR_GBP or more in the year ending March
HOMES = "Secure homes and children's homes"
AT_END = {  # distributions.csv: rows of children on 31 March in homes, secure ones included, and of others whom the residential line pays for
    2019: (("5a Secure unit placement inside the council boundary", "5b Secure unit placement outside the council boundary",
            "5c Total children's homes subject to children's homes regulations"),
           ("5d Semi-independent living accommodation not subject to children's homes regulations", "4. Total other placements in the community",
            "6. Total other residential settings", "7. Total residential schools", "8. Total other placements")),
    2023: ((HOMES,), ("Independent and semi-independent living arrangements/supported accommodation", "Other residential settings",
                      "Residential schools", "Other placements")),
}  # fmt: skip
ENDED_YEAR = {2019: 2020, 2023: 2023}  # year of the placements ended: 2020 is the first published
OTHERS_OVER_HOME = 621.0 / 6106.0  # unit_costs.csv, prices of a week in 2023-24: others at the price of supported accommodation
# Unregistered placements: first counted on 1 September 2024, 764; taken as so many 18 months before, and as none in 2018-19.
UNREGISTERED_AT_END = {2019: 0.0, 2023: 764.0}
UNREGISTERED_ENDS_PER_YEAR = 1.9  # pathway.yaml
UNREGISTERED_GBP = 10_500.0  # a week, 2024-25 (Children's Commissioner, January 2026)
UNREGISTERED_GROWTH = 1.04**2 * shipped_deflators().factor(2023, 2025)  # from 2022-23 to 2024-25: baseline.yaml, over general inflation
SUPPORTED_RANGE = (260.0, 6776.0)  # unit_costs.csv: cheapest and dearest week of one authority
CHILDREN_IN_RANGE = (50, 100, 200)  # whom such a range may be of: not published


@dataclass(frozen=True)
class Placements:
    """Placements of one kind in a year: how many there were at any time in it, their mean price in its cash, and their needs."""

    number: float
    price_gbp: float
    shares: np.ndarray
    multipliers: np.ndarray

    def dear(self, spread: float) -> float:
        """Return how many cost DEAR_GBP a week or more, if their prices within needs spread so much."""
        beyond = ndtr(-np.log(DEAR_GBP / (self.price_gbp * self.multipliers)) / spread - spread / 2.0)
        return self.number * float(self.shares @ beyond)


def needs_of(placement: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the shares of needs planned for a placement, and their mean prices over that of all."""
    pathway = load("baseline").pathway
    mix = np.array(pathway.families.needs_shares) * np.array(pathway.planned_by_needs.get(placement, (1.0,) * 4))
    return mix / mix.sum(), needs_multipliers(pathway, (placement,))[0]


def homes(year: int) -> Placements:
    """Return placements in homes in a year; their price is the residential line less what supported and other placements cost."""
    table = pd.read_csv(DATA / "distributions.csv", low_memory=False)

    def figure(indicators: tuple[str, ...], category: str, of: int) -> float:
        """Return a figure of England."""
        rows = table[table.indicator.isin(indicators) & (table.category == category) & (table.year_ending == of)]
        return float(rows.value.iloc[-1])

    stock = ("placement_31_march", "placement_31_march_detail")
    children, others = (sum(figure(stock, row, year) for row in rows) for rows in AT_END[year])
    ended = figure(("placement_duration",), f"{HOMES} | All placements", ENDED_YEAR[year])
    panel = pd.read_csv(DATA / "la_panel.csv", low_memory=False)
    line = panel[(panel.level == "national") & (panel.year_ending == year)].residential_cost_per_week_gbp.iloc[0]
    price = line * children / (children + OTHERS_OVER_HOME * others)
    return Placements(children + ended, float(price), *needs_of("childrens_home"))


def unregistered(year: int) -> Placements:
    """Return unregistered placements in a year."""
    number = UNREGISTERED_AT_END[year] * (1.0 + UNREGISTERED_ENDS_PER_YEAR)
    return Placements(number, UNREGISTERED_GBP / UNREGISTERED_GROWTH, np.ones(1), np.ones(1))


def dear(year: int, spread: float) -> tuple[float, float]:
    """Return how many placements in homes, and unregistered ones, cost DEAR_GBP or more in a year, if homes' prices spread so much."""
    return homes(year).dear(spread), unregistered(year).dear(assumption("price_spread_unregistered"))


def home_spread(year: int) -> float:
    """Return the spread of homes' prices within needs at which as many placements are dear in a year as were counted."""
    return float(brentq(lambda spread: sum(dear(year, spread)) - COUNTED[year], 0.05, 1.0))


def mean_range(spread: float, children: int, shares: np.ndarray, multipliers: np.ndarray) -> float:
    """Return the mean distance between the logarithms of the dearest and the cheapest of so many prices: the integral of 1 - F^n - (1 - F)^n."""
    step = spread / 100.0
    x = np.arange(np.log(multipliers.min()) - 8.0 * spread, np.log(multipliers.max()) + 8.0 * spread, step)
    below = ndtr((x[:, None] - np.log(multipliers)) / spread) @ shares
    return float((1.0 - below**children - (1.0 - below) ** children).sum() * step)


def supported_spread(children: int) -> float:
    """Return the spread of supported accommodation's prices within needs whose mean range, over so many children, is the one published."""
    wanted = np.log(SUPPORTED_RANGE[1] / SUPPORTED_RANGE[0])
    needs = needs_of("supported_accommodation")
    return float(brentq(lambda spread: mean_range(spread, children, *needs) - wanted, 0.05, 1.5))


def findings() -> dict[str, float]:
    """Return every figure that `price_spread_*` rests on, by what it is."""
    spread = assumption("price_spread_childrens_home")
    found: dict[str, float] = {}
    for year, counted in COUNTED.items():
        of_homes, unlawful = dear(year, spread)
        span = f"{year - 1}-{year % 100}"
        found |= {
            f"home placements, {span}": homes(year).number,
            f"mean price of a home, {span}, GBP a week": homes(year).price_gbp,
            f"spread of homes at which {counted:,.0f} placements are dear, {span}": home_spread(year),
            f"dear home placements at a spread of {spread:g}, {span}": of_homes,
            f"dear unregistered placements, {span}": unlawful,
        }
    for children in CHILDREN_IN_RANGE:
        found[f"spread of supported accommodation if its range is of {children} children"] = supported_spread(children)
    return found


if __name__ == "__main__":
    for name, number in findings().items():
        print(f"{name}: {number:,.3f}" if number < 10 else f"{name}: {number:,.0f}")
