"""What placements cost against the baseline, taken apart into volume, mix, chance, market and commissioning, run by run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outputs.tables import after_branch
from sim.counting import divide
from sim.measures_money import PRICE_PARTS, PRICED_GROUPS
from sim.results import Comparison, Results

BRIDGE = ("volume", "mix", *PRICE_PARTS)  # the parts of a change in what placements cost
# Placement lines of cost whose weeks each group of placements holds.
GROUP_LINES = {
    "foster": ("kinship_foster", "in_house_foster", "agency_foster"),
    "childrens_home": ("authority_childrens_home", "childrens_home", "secure_home"),
    "supported": ("supported_accommodation",),
    "adoption": ("adoption_placement",),
    "other": ("unregistered", "other_placement"),
}


def price_and_volume(comparison: Comparison) -> pd.DataFrame:
    """Return what placements cost against the baseline, split into volume, mix, chance, market and commissioning: means over runs.

    A row for each reform, area, group of placements (and all of them) and year, and for all years together. `gbp` is the sum of:

    - volume: the change in child-weeks at the baseline's mean price of those weeks, before market and commissioning;
    - mix: dearer or cheaper kinds of placement and needs, at the mean price of each;
    - chance: dearer or cheaper placements of the same kind and needs, as they were drawn;
    - market: the response of prices to use when placements were let;
    - commissioning: what was won when placements were let, below 0.

    Each part is taken run by run and year by year; nothing is left over.
    """
    base = comparison.baseline
    years = after_branch(base)
    rows = []
    for reform in comparison.reforms:
        for group in ("all", *PRICED_GROUPS):
            parts = placement_bridge(base, reform, years, PRICED_GROUPS if group == "all" else (group,))
            for a, area in enumerate(base.areas):
                about = {"scenario": reform.scenario, "area": area, "placements": group}
                found = {name: values[a].mean(axis=0) for name, values in parts.items()}
                rows += [about | {"year_ending": str(year)} | {n: float(v[y]) for n, v in found.items()} for y, year in enumerate(years)]
                rows.append(about | {"year_ending": "all"} | {name: float(v.sum()) for name, v in found.items()})
    return pd.DataFrame(rows, columns=["scenario", "area", "placements", "year_ending", "weeks", "gbp", *(f"{part}_gbp" for part in BRIDGE)])


def by_group(results: Results, years: list[int]) -> dict[str, dict[str, np.ndarray]]:
    """Return child-weeks, pounds, and the parts of a price of each group of placements, each by area, run and year (A, R, Y)."""

    def measured(name: str) -> np.ndarray:
        """Return a measure."""
        return results.annual.sel(measure=name, year_ending=years).to_numpy()

    return {
        group: {
            "weeks": measured(f"{group}_weeks"),
            "gbp": results.costs.sel(line=list(GROUP_LINES[group]), year_ending=years).sum("line").to_numpy(),
            **{part: measured(f"{group}_{part}_gbp") for part in PRICE_PARTS},
        }
        for group in PRICED_GROUPS
    }


def placement_bridge(baseline: Results, reform: Results, years: list[int], groups: tuple[str, ...] = PRICED_GROUPS) -> dict[str, np.ndarray]:
    """Return the change in `weeks` and `gbp` of some groups of placements, and its parts as `price_and_volume` names them, each (A, R, Y)."""
    before, after = by_group(baseline, years), by_group(reform, years)

    def total(of: dict, name: str) -> np.ndarray:
        """Return a quantity of the groups added up."""
        return sum(of[group][name] for group in groups)

    change = {name: total(after, name) - total(before, name) for name in ("weeks", "gbp", *PRICE_PARTS)}
    listed = {key: total(of, "gbp") - sum(total(of, part) for part in PRICE_PARTS) for key, of in (("before", before), ("after", after))}
    weeks, priced = total(before, "weeks"), listed["before"]
    none = weeks == 0.0  # a kind of placement that only the reform has: all of it is volume, at its own price
    price = divide(np.where(none, listed["after"], priced), np.where(none, total(after, "weeks"), weeks))
    volume = change["weeks"] * price
    parts = {"volume": volume, "mix": listed["after"] - listed["before"] - volume} | {part: change[part] for part in PRICE_PARTS}
    return {"weeks": change["weeks"], "gbp": change["gbp"]} | {f"{part}_gbp": parts[part] for part in BRIDGE}
