"""Authorities made by reorganisation, and their share of what their predecessors published.

Counts and spend of a predecessor are shared by the child population of mid-2022 (merged authorities are added up);
rates and percentages are carried over unchanged (population-weighted when merged). Such rows fill only the years before
the new authority's first own row and are marked, so every figure taken from one is recorded as `predecessor`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from calibration.panel import DATA, KEY_COLUMNS, Panel

# Reorganisations within the panel's years: successor -> what it was, or was part of.
PREDECESSORS: dict[str, tuple[str, ...]] = {
    "Bournemouth, Christchurch and Poole": ("Bournemouth", "Poole"),  # April 2019; Christchurch came from Dorset
    "North Northamptonshire": ("Northamptonshire",),  # April 2021
    "West Northamptonshire": ("Northamptonshire",),
    "Cumberland": ("Cumbria",),  # April 2023
    "Westmorland and Furness": ("Cumbria",),
}


def is_rate(measure: str) -> bool:
    """Tell a rate, price or percentage (not shared out) from a count or sum of money (shared out)."""
    return measure.endswith(("_pct", "_wd", "_10k")) or "_per_" in measure


def children_mid_2022() -> dict[str, float]:
    """Return children aged 0-17 by authority name, mid-2022."""
    people = pd.read_csv(DATA / "population_by_age_mid_2022.csv")
    return people.groupby("name")["persons"].sum().to_dict()


def share_of_predecessor(successor: str) -> float:
    """Return the successor's share of its predecessor's children (1 when it took all of them)."""
    parts = PREDECESSORS[successor]
    siblings = [name for name, olds in PREDECESSORS.items() if olds == parts]
    children = children_mid_2022()
    return children[successor] / sum(children[name] for name in siblings)


def with_predecessors(panel: Panel) -> tuple[Panel, frozenset[tuple[str, int]]]:
    """Add rows for the years before a new authority existed.

    Returns
    -------
    Panel
        The panel with those rows added.
    frozenset of (name, year_ending)
        The rows that were added.
    """
    frame = panel.frame
    added = []
    for successor, parts in PREDECESSORS.items():
        own = frame[frame["name"] == successor]
        old = frame[frame["name"].isin(parts)]
        if own.empty or old.empty:
            continue
        share = share_of_predecessor(successor)
        for year, rows in old[old.year_ending < own.year_ending.min()].groupby("year_ending"):
            row = {key: own.iloc[0][key] for key in KEY_COLUMNS} | {"year_ending": year}
            row |= {m: _combine(rows, m, share) for m in panel.measures}
            added.append(row)
    if not added:
        return panel, frozenset()
    extra = pd.DataFrame(added)
    marks = frozenset(zip(extra["name"], extra["year_ending"], strict=True))
    return Panel(pd.concat([frame, extra], ignore_index=True)), marks


def _combine(rows: pd.DataFrame, measure: str, share: float) -> float:
    """Return a measure of predecessors of one year: a rate weighted by children, a count summed times `share`; nan if any is missing."""
    values = rows[measure].astype(float)
    if values.isna().any():
        return float("nan")
    if is_rate(measure):
        weights = rows["population_0_17"].astype(float)
        return float(np.average(values, weights=weights)) if weights.notna().all() else float(values.mean())
    return float(values.sum() * share)
