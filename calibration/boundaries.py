"""Authorities made by reorganisation, and their share of what their predecessors published.

Counts and spend of a predecessor are shared by the child population of mid-2022, or, at a vintage that does not know it,
by the successors' first population in the panel (merged authorities are added up); rates and percentages are carried
over unchanged (population-weighted when merged). Such rows fill only the years before the new authority's first own row
and are marked, so every figure taken from one is recorded as `predecessor`.
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


def share_of_predecessor(successor: str, children: dict[str, float] | None = None) -> float:
    """Return the successor's share of its predecessor's children (1 when it took all of them).

    Parameters
    ----------
    successor : str
        A key of `PREDECESSORS`.
    children : dict, optional
        Children by authority; those of mid-2022 if omitted. Successors without a figure share equally.
    """
    parts = PREDECESSORS[successor]
    siblings = [name for name, olds in PREDECESSORS.items() if olds == parts]
    children = children_mid_2022() if children is None else children
    known = [children.get(name, float("nan")) for name in siblings]
    return float(children[successor] / sum(known)) if np.isfinite(known).all() else 1.0 / len(siblings)


def first_children(panel: Panel) -> dict[str, float]:
    """Return children aged 0-17 of each successor in its first year with a figure in the panel."""
    known = {name: panel.series(name, "population_0_17") for name in PREDECESSORS if "population_0_17" in panel.measures}
    return {name: float(series.iloc[0]) for name, series in known.items() if len(series)}


def with_predecessors(panel: Panel, mid_2022: bool = True) -> tuple[Panel, frozenset[tuple[str, int]]]:
    """Add rows for the years before a new authority existed.

    Parameters
    ----------
    panel : Panel
        Published figures.
    mid_2022 : bool
        Whether children of mid-2022 may be read to share a predecessor's counts.

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
        share = share_of_predecessor(successor, None if mid_2022 else first_children(panel))
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
