"""A change in what placements cost as volume, mix and parts of price: arithmetic on weeks, pounds and parts of a price, before and after.

With *W* weeks and *L* pounds at list prices (without chance, market and commissioning), 0 before and 1 after: volume is *(W1 − W0) L0/W0*, what more
or fewer weeks cost at the price they had; mix is the rest of *L1 − L0*, dearer or cheaper kinds and needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from sim.counting import divide
from sim.measures import MEASURES
from sim.measures_money import PRICE_PARTS, PRICED_GROUPS

# Placement lines of cost whose weeks each group of placements holds.
GROUP_LINES = {
    "foster": ("kinship_foster", "in_house_foster", "agency_foster"),
    "childrens_home": ("authority_childrens_home", "childrens_home", "secure_home"),
    "supported": ("supported_accommodation",),
    "adoption": ("adoption_placement",),
    "other": ("unregistered", "other_placement"),
}
IN_PLACEMENTS = frozenset(line for lines in GROUP_LINES.values() for line in lines)
# Items of a change in what placements cost, as `items` gives them.
PLACEMENTS = {
    "volume": "Placements: more or fewer weeks",
    "mix": "Placements: dearer or cheaper kinds and needs",
    "chance": "Placements: dearer or cheaper as drawn",
    "market": "Placements: market prices",
    "commissioning": "Placements: what commissioning won",
    "interaction": "Placements: volume with mix and price",
}
PRICED = ("weeks", "gbp", *PRICE_PARTS)  # what is known of placements: child-weeks, pounds, and the parts of their price
Priced = Mapping[str, np.ndarray]


def priced(annual: np.ndarray, costs: np.ndarray, lines: Sequence[str], groups: Iterable[str] = PRICED_GROUPS) -> dict[str, np.ndarray]:
    """Return `PRICED` of groups of placements together (..., Y), from measures (..., M, Y), costs (..., L, Y) and the names of their lines."""
    names, groups = list(MEASURES), tuple(groups)

    def measured(of: str) -> np.ndarray:
        """Return a measure that each group has, added up."""
        return annual[..., [names.index(f"{group}_{of}") for group in groups], :].astype(np.float64).sum(axis=-2)

    gbp = costs[..., [lines.index(line) for group in groups for line in GROUP_LINES[group]], :].sum(axis=-2)
    return {"weeks": measured("weeks"), "gbp": gbp} | {part: measured(f"{part}_gbp") for part in PRICE_PARTS}


def bridge(before: Priced, after: Priced) -> dict[str, np.ndarray]:
    """Return the change in `weeks` and in `gbp`, and what the latter is made of: `volume`, `mix` and the parts of price, each at the weeks after."""
    listed, listed_after = (of["gbp"] - sum(of[part] for part in PRICE_PARTS) for of in (before, after))
    none = before["weeks"] == 0.0  # a kind of placement that only the reform has: all of it is volume, at its own price
    price = divide(np.where(none, listed_after, listed), np.where(none, after["weeks"], before["weeks"]))
    change = {name: after[name] - before[name] for name in PRICED}
    volume = change["weeks"] * price
    parts = {"volume": volume, "mix": listed_after - listed - volume} | {part: change[part] for part in PRICE_PARTS}
    return {"weeks": change["weeks"], "gbp": change["gbp"]} | parts


def items(before: Priced, after: Priced) -> dict[str, np.ndarray]:
    """Return the change in pounds as `volume`, `mix` and the parts of price, each at the weeks *before*, and `interaction`: they add up to it.

    Volume is that of `bridge`; each other part is W0 (x1 − x0), with x pounds a week: what it would change if there were as many weeks as before.
    Interaction is what mix and prices cost on the weeks more or fewer.
    """
    whole = bridge(before, after)
    kept = divide(before["weeks"], after["weeks"])  # where there is no week left after, prices have not changed
    found = {"volume": whole["volume"], "mix": whole["mix"] * kept}
    for part in PRICE_PARTS:
        found[part] = np.where(after["weeks"] == 0.0, 0.0, after[part] * kept - before[part])
    return found | {"interaction": whole["gbp"] - sum(found.values())}
