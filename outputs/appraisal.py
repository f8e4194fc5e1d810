"""Appraisal of reforms: cumulative and discounted net cost, break-even, payers, price and volume.

Every function takes a comparison and returns a table. Differences are taken run by run, before anything is averaged.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from outputs.tables import after_branch
from sim.results import Comparison
from sim.statistics import break_even, summarise

PAYERS = ("authority", "grant", "health", "schools", "courts", "benefits")
GROUPS = ("foster", "childrens_home", "supported", "adoption", "other")
# Placement lines of cost whose weeks each group of placements holds.
GROUP_LINES = {
    "foster": ("kinship_foster", "in_house_foster", "agency_foster"),
    "childrens_home": ("childrens_home", "secure_home"),
    "supported": ("supported_accommodation",),
    "adoption": ("adoption_placement",),
    "other": ("unregistered", "other_placement"),
}


def cumulative(comparison: Comparison, rate: float | None = None) -> pd.DataFrame:
    """Return cumulative net cost to the authority against the baseline, plain and discounted, by area and year.

    Parameters
    ----------
    rate
        Discount rate a year; by default the scenario's. The first year after the branch is not discounted.
    """
    base = comparison.baseline
    years = after_branch(base)
    rate = float(base.metadata["discount_rate_per_year"]) if rate is None else rate
    weights = (1.0 + rate) ** -np.arange(len(years), dtype=float)
    rows = []
    for reform in comparison.reforms:
        yearly = comparison.cost_difference(reform.scenario).sel(year_ending=years)
        for area in base.areas:
            values = yearly.sel(area=area).to_numpy()
            plain, present = summarise(np.cumsum(values, 1)), summarise(np.cumsum(values * weights, 1))
            for y, year in enumerate(years):
                row = {"scenario": reform.scenario, "area": area, "year_ending": year}
                for name, summary in (("net_gbp", plain), ("present_value_gbp", present)):
                    for key in ("mean", "p05", "p50", "p95"):
                        row[f"{name}_{key}"] = float(getattr(summary, key)[y])
                rows.append(row)
    return pd.DataFrame(rows)


def break_even_table(comparison: Comparison) -> pd.DataFrame:
    """Return, by reform and area, the share of runs that have broken even by each year, and that never do."""
    base = comparison.baseline
    years = after_branch(base)
    rows = []
    for reform in comparison.reforms:
        yearly = comparison.cost_difference(reform.scenario).sel(year_ending=years)
        for area in base.areas:
            even = break_even(yearly.sel(area=area).to_numpy(), years)
            rows += [
                {"scenario": reform.scenario, "area": area, "by": str(year), "probability": share}
                for year, share in even.by_year.items()
            ]
            rows.append(
                {
                    "scenario": reform.scenario, "area": area, "by": "not within the horizon",
                    "probability": 1.0 - even.probability,
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=["scenario", "area", "by", "probability"])


def by_payer(comparison: Comparison) -> pd.DataFrame:
    """Return net cost against the baseline over the whole horizon by payer: what one gains may be another's cost."""
    years = after_branch(comparison.baseline)
    rows = []
    for reform in comparison.reforms:
        for payer in (*PAYERS, "all payers"):
            payers = PAYERS if payer == "all payers" else (payer,)
            change = (
                comparison.cost_difference(reform.scenario, *payers).sel(year_ending=years).sum(["year_ending", "area"])
            )
            summary = summarise(change.to_numpy())
            rows.append(
                {"scenario": reform.scenario, "payer": payer}
                | {f"gbp_{key}": float(getattr(summary, key)) for key in ("mean", "p05", "p50", "p95")}
            )
    return pd.DataFrame(rows)


def price_and_volume(comparison: Comparison) -> pd.DataFrame:
    """Return what placements cost against the baseline, split into volume and price, by group of placements.

    Volume is the change in child-weeks at the baseline's price; price the rest (the reform's weeks at the change in
    mean price, which holds the mix of needs and of kinds within the group). Means over runs.
    """
    base = comparison.baseline
    years = after_branch(base)
    rows = []
    for reform in comparison.reforms:
        for group in GROUPS:
            weeks = {}
            pounds = {}
            for key, one in (("base", base), ("reform", reform)):
                weeks[key] = (
                    one.annual.sel(measure=f"{group}_weeks", year_ending=years).sum(["area", "year_ending"]).to_numpy()
                )
                pounds[key] = (
                    one.costs.sel(line=list(GROUP_LINES[group]), year_ending=years)
                    .sum(["area", "line", "year_ending"])
                    .to_numpy()
                )
            price = np.divide(pounds["base"], weeks["base"], out=np.zeros_like(pounds["base"]), where=weeks["base"] > 0)
            volume = (weeks["reform"] - weeks["base"]) * price
            total = pounds["reform"] - pounds["base"]
            rows.append(
                {
                    "scenario": reform.scenario, "placements": group, "gbp": float(total.mean()),
                    "volume_gbp": float(volume.mean()), "price_gbp": float((total - volume).mean()),
                    "weeks": float((weeks["reform"] - weeks["base"]).mean()),
                    "price_per_week_gbp": float(price.mean()),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)
