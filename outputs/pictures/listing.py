"""Every picture that given results can have, in the order they are read in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
from matplotlib.figure import Figure

from outputs.attribution_plot import attribution_waterfall
from outputs.pictures.authorities import benefit_by_authority, spread_over_authorities
from outputs.pictures.cost_curve import cost_curve
from outputs.pictures.deprivation import deprivation_gradient
from outputs.pictures.fans import children_in_care
from outputs.pictures.money import cost_bridge, price_and_volume
from outputs.pictures.pathway_flow import pathway_flow
from outputs.pictures.placements import high_cost_tail, placement_mix, sufficiency
from outputs.pictures.published import NEIGHBOURS, PUBLISHED
from outputs.pictures.workload import waiting_and_caseload
from sim.results import Comparison


def makers_of(comparison: Comparison, tables: Mapping[str, pd.DataFrame]) -> dict[str, Callable[[], Figure]]:
    """Return what makes each picture that the results and these tables can have, by name, in the order they are read in; nothing is drawn yet.

    Parameters
    ----------
    tables
        Tables of a results folder by file name (`cost_bridge.csv`, `price_volume.csv`, `gaps.csv`, `shares.csv`, `attribution.csv`), and those of
        `outputs.pictures.published`. A picture whose table is missing, or empty, is left out.
    """

    def table(name: str) -> pd.DataFrame | None:
        """Return a table; None if it is missing or empty."""
        found = tables.get(name)
        return None if found is None or found.empty else found

    several = len(comparison.baseline.areas) > 1
    published, neighbours = table(PUBLISHED), table(NEIGHBOURS)
    made: dict[str, Callable[[], Figure] | None] = {
        "cost_curve": lambda: cost_curve(comparison),
        "cost_bridge": _of(cost_bridge, comparison, table("cost_bridge.csv")) if comparison.reforms else None,
        "children_in_care": lambda: children_in_care(comparison, published),
        "placement_mix": lambda: placement_mix(comparison),
        "pathway_flow": (lambda: pathway_flow(comparison)) if comparison.baseline.pathway is not None else None,
        "waiting_and_caseload": lambda: waiting_and_caseload(comparison),
        "price_and_volume": _of(price_and_volume, comparison, table("price_volume.csv")) if comparison.reforms else None,
        "high_cost_tail": lambda: high_cost_tail(comparison),
        "sufficiency": lambda: sufficiency(comparison),
        "deprivation_gradient": _of(deprivation_gradient, comparison, _with_a_gradient(table("gaps.csv"))),
        "attribution": _attribution(comparison, table("attribution.csv"), table("cost_bridge.csv")),
        "benefit_by_authority": _of(benefit_by_authority, comparison, table("shares.csv")) if comparison.reforms and several else None,
        "spread_over_authorities": lambda: spread_over_authorities(comparison, published, neighbours),
    }  # fmt: skip
    return {name: make for name, make in made.items() if make is not None}


def pictures_of(comparison: Comparison, tables: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """Return every picture that the results and these tables can have, by name, in the order they are read in, as `makers_of` lists them."""
    return {name: make() for name, make in makers_of(comparison, tables).items()}


def _of(draw: Callable[[Comparison, pd.DataFrame], Figure], comparison: Comparison, table: pd.DataFrame | None) -> Callable[[], Figure] | None:
    """Return what draws a table; None without one."""
    return None if table is None else lambda: draw(comparison, table)


def _with_a_gradient(gaps: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return the table of gaps if some quintile of its last area has a rate."""
    if gaps is None:
        return None
    rates = [column for column in gaps.columns if column.startswith("rate_quintile_")]
    last = gaps[(gaps.area == gaps.area.iloc[-1]) & (gaps.year_ending.astype(str) == "all")]
    return gaps if last[rates].notna().any(axis=None) else None


def _attribution(comparison: Comparison, table: pd.DataFrame | None, costs: pd.DataFrame | None) -> Callable[[], Figure] | None:
    """Return what draws what drove a difference; None without its tables."""
    return None if table is None or costs is None else lambda: attribution_waterfall(comparison, table, costs)
