"""The whole difference in cost by volume, mix and price of placements, their interaction, and every line outside placements: rows that add up.

Differences from the baseline are taken run by run and year by year; nothing is left over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outputs.price_volume import priced_of
from outputs.spread import spread, with_all_years, with_sum
from outputs.tables import after_branch
from sim.placement_bridge import IN_PLACEMENTS, PLACEMENTS
from sim.placement_bridge import items as priced_items
from sim.results import Comparison, Results, brought

PERSPECTIVES = {"net_cost": ("authority",), "exchequer_cost": ()}  # who pays; nobody named: all payers
COLUMNS = ["scenario", "area", "measure", "unit", "year_ending", "section", "item", "label", "mean", "p05", "p50", "p95", "standard_error"]


@dataclass(frozen=True)
class Item:
    """One part of a difference in cost: its section of the pathway, words, and pounds by area, run and year (A, R, Y)."""

    section: str
    label: str
    gbp: np.ndarray


def cost_bridge(comparison: Comparison) -> pd.DataFrame:
    """Return each reform's difference in net cost to the authority, and in cost to the exchequer, by item: means and intervals over runs.

    A row for each area (and all of them, grossed up where they stand for England), year, all years, and item; `total` is their sum. Items of
    placements are those of `placement_items`; every other line of cost that differs in some run is an item of its own.
    """
    base = comparison.baseline
    years = after_branch(base)
    factor = (comparison.metadata.get("grossing") or {}).get("spend", 1.0)
    name = str(comparison.metadata.get("area_label", "All authorities"))
    frames = [pd.DataFrame(columns=COLUMNS)]
    for reform in comparison.reforms:
        for measure, payers in PERSPECTIVES.items():
            items = bridge(base, reform, years, payers)
            if len(base.areas) > 1 or factor != 1.0:
                items |= {key: Item(one.section, one.label, with_sum(one.gbp, 0, factor)) for key, one in items.items()}
            areas = [*base.areas, name][: items["total"].gbp.shape[0]]
            values = np.stack([with_all_years(one.gbp, "sum") for one in items.values()])
            frame = spread(values, 2, {"item": list(items), "area": areas, "year_ending": [*map(str, years), "all"]})
            about = {"scenario": reform.scenario, "measure": measure, "unit": f"GBP, {reform.metadata['price_base']} prices"}
            told = {key: frame.item.map({item: getattr(one, key) for item, one in items.items()}) for key in ("section", "label")}
            frames.append(frame.assign(**about, **told)[COLUMNS])
    return pd.concat([frame for frame in frames if len(frame)] or frames, ignore_index=True)


def bridge(baseline: Results, reform: Results, years: list[int], payers: tuple[str, ...] = ("authority",)) -> dict[str, Item]:
    """Return the items of a difference in cost by key, in the order they are read in: the reform's own lines, placements, other lines, `total`.

    The reform's own lines (`sim.results.brought`) are of the section `reform`, whatever part of the pathway they pay for.
    """
    lines = dict(baseline.lines) | dict(reform.lines)
    ours = brought(baseline, reform)
    paid = [key for key, line in lines.items() if (not payers or line["payer"] in payers) and key not in IN_PLACEMENTS]
    changes = {key: _line(reform, key, years) - _line(baseline, key, years) for key in paid}
    found = {
        key: Item("reform" if key in ours else str(lines[key]["section"]), str(lines[key]["label"]), change)
        for key, change in sorted(changes.items(), key=lambda item: item[0] not in ours)
        if np.any(change != 0.0)
    }
    own = {key: item for key, item in found.items() if key in ours}
    placements = {f"placements_{part}": Item("placements", PLACEMENTS[part], gbp) for part, gbp in placement_items(baseline, reform, years).items()}
    items = own | placements | {key: item for key, item in found.items() if key not in own}
    return items | {"total": Item("", "Total", sum(item.gbp for item in items.values()))}


def placement_items(baseline: Results, reform: Results, years: list[int]) -> dict[str, np.ndarray]:
    """Return the change in what placements cost by volume, mix and parts of price, each at the baseline's weeks, and interaction, each (A, R, Y)."""
    return priced_items(priced_of(baseline, years), priced_of(reform, years))


def _line(results: Results, key: str, years: list[int]) -> np.ndarray:
    """Return a line of cost (A, R, Y); nothing if the scenario has no such line."""
    if key not in results.lines:
        return np.zeros((len(results.areas), results.replicates, len(years)))
    return results.costs.sel(line=key, year_ending=years).to_numpy()
