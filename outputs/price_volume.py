"""What placements cost against the baseline, taken apart into volume, mix, chance, market and commissioning, run by run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outputs.tables import after_branch
from sim.measures_money import PRICE_PARTS, PRICED_GROUPS
from sim.placement_bridge import bridge, priced
from sim.results import Comparison, Results

BRIDGE = ("volume", "mix", *PRICE_PARTS)  # the parts of a change in what placements cost


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


def priced_of(results: Results, years: list[int], groups: tuple[str, ...] = PRICED_GROUPS) -> dict[str, np.ndarray]:
    """Return child-weeks, pounds and the parts of a price of groups of placements together, each by area, run and year (A, R, Y)."""
    found = priced(results.annual.to_numpy(), results.costs.to_numpy(), list(results.lines), groups)
    kept = np.isin(results.years, years)
    return {name: values[..., kept] for name, values in found.items()}


def placement_bridge(baseline: Results, reform: Results, years: list[int], groups: tuple[str, ...] = PRICED_GROUPS) -> dict[str, np.ndarray]:
    """Return the change in `weeks` and `gbp` of some groups of placements, and its parts as `price_and_volume` names them, each (A, R, Y)."""
    found = bridge(priced_of(baseline, years, groups), priced_of(reform, years, groups))
    return {"weeks": found["weeks"], "gbp": found["gbp"]} | {f"{part}_gbp": found[part] for part in BRIDGE}
