"""Who bears a reform's cost in a region, and who gains: every authority's part of cost, placements, net cost and what happens to children.

Differences from the baseline are taken run by run; authorities add up to their region in every run.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from outputs.price_volume import BRIDGE, placement_bridge
from outputs.tables import after_branch
from sim.results import Comparison, Results, brought
from sim.statistics import summarise

MONEY = {
    "reform_cost": "Set-up and running cost of the reform, borne by the authority",
    "placements": "Change in what placements cost",
    "placements_volume": "of it: weeks in placements, at the baseline's mean price",
    "placements_mix": "of it: dearer or cheaper kinds of placement and needs",
    "placements_chance": "of it: dearer or cheaper placements of the same kind and needs, as drawn",
    "placements_market": "of it: the market's response to use",
    "placements_commissioning": "of it: what commissioning won (below nothing: won)",
    "other": "Change in all else the authority pays, less income",
    "benefit": "Benefit: what placements and all else cost less than in the baseline",
    "net": "Net cost: cost of the reform less benefit",
}
CHILDREN = {
    "pooled_at31": "Children placed in another authority of the region",
    "out_of_area_at31": "Children placed out of their authority's area",
    "placed_over_20_miles_at31": "Children placed over 20 miles from home",
    "unregistered_at31": "Children in unregistered placements",
}
COLUMNS = ["scenario", "area", "item", "label", "unit", "mean", "p05", "p50", "p95", "share_of_region", "runs_below_baseline"]


def shares(comparison: Comparison) -> pd.DataFrame:
    """Return each authority's differences from the baseline and its share of the region's, and the region's own.

    Money is of all years after the branch, at constant prices; children are those of the last 31 March. `share_of_region` is an authority's mean
    over the sum of all authorities' means of its sign: of the region's total where all go the same way, else of what rises, or of what falls.
    `runs_below_baseline` is the share of runs in which it is below the baseline's.
    """
    years = after_branch(comparison.baseline)
    name = str(comparison.metadata.get("area_label", "All authorities"))
    rows = []
    for reform in comparison.reforms:
        unit = f"GBP, {years[0]} to {years[-1]}, {reform.metadata['price_base']} prices"
        items = [(item, MONEY[item], unit, values) for item, values in money(comparison.baseline, reform, years).items()]
        change = comparison.difference(reform.scenario).sel(year_ending=years[-1])
        items += [(item, label, f"children, 31 March {years[-1]}", change.sel(measure=item).to_numpy()) for item, label in CHILDREN.items()]
        for item, label, unit_of, values in items:
            about = {"scenario": reform.scenario, "item": item, "label": label, "unit": unit_of}
            rows += [about | row for row in _rows(values, (*comparison.baseline.areas, name))]
    return pd.DataFrame(rows, columns=COLUMNS)


def money(baseline: Results, reform: Results, years: list[int]) -> dict[str, np.ndarray]:
    """Return differences in what each authority pays over some years, by item and run (A, R)."""
    bridge = {name: values.sum(axis=2) for name, values in placement_bridge(baseline, reform, years).items()}
    placed = bridge["gbp"]
    ours = brought(baseline, reform)
    own, before = (_paid(one, [key for key in one.payers("authority") if key in ours], years) for one in (reform, baseline))
    own = own - before
    net = _paid(reform, reform.payers("authority"), years) - _paid(baseline, baseline.payers("authority"), years)
    return {
        "reform_cost": own, "placements": placed, **{f"placements_{part}": bridge[f"{part}_gbp"] for part in BRIDGE},
        "other": net - own - placed, "benefit": own - net, "net": net,
    }  # fmt: skip


def winners_and_losers(table: pd.DataFrame, scenario: str) -> tuple[list[str], list[str]]:
    """Return the authorities whose net cost falls, most first, and those whose net cost rises, most first (means over runs)."""
    own = table[(table.scenario == scenario) & (table.item == "net")].iloc[:-1]
    ordered = own.sort_values("mean")
    return list(ordered[ordered["mean"] < 0].area), list(ordered[ordered["mean"] > 0].area[::-1])


def _paid(results: Results, lines: list[str], years: list[int]) -> np.ndarray:
    """Return pounds of some lines over some years (A, R)."""
    return results.costs.sel(line=lines, year_ending=years).sum(["line", "year_ending"]).transpose("area", "replicate").to_numpy()


def _rows(values: np.ndarray, areas: tuple[str, ...]) -> Iterator[dict]:
    """Yield a row for each authority (values: A, R), and, last, one for them all together."""
    together = np.concatenate([values, values.sum(axis=0, keepdims=True)])
    means = values.mean(axis=1)
    summary = summarise(together, axis=1)
    for i, area in enumerate(areas):
        mean = float(together[i].mean())
        alike = float(means[np.sign(means) == np.sign(mean)].sum())
        share = 1.0 if i == len(means) else mean / alike if alike else float("nan")
        yield {"area": area, "share_of_region": share, "runs_below_baseline": float((together[i] < 0.0).mean())} | {
            key: float(getattr(summary, key)[i]) for key in ("mean", "p05", "p50", "p95")
        }
