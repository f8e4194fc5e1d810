"""Published against simulated figures for the same authorities, the same cells and the same year (rulings 28 to 30).

The published panel is handed in by the caller. A measure is compared over the authorities that publish it that year:
both sides are sums over that one set. Percentages are weighted by what they are percentages of. Nothing is filled in
from regions and no output is scaled.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scenarios.areas import find_area
from sim.cost_lines import PUBLISHED_LABELS
from sim.counting import divide
from sim.measures import MEASURES
from sim.results import Results

COLUMNS = [
    "measure",
    "unit",
    "role",
    "published",
    "simulated",
    "error_pct",
    "median_abs_error_pct",
    "authorities",
    "label",
]
AREA_COLUMNS = ["area", "measure", "unit", "role", "published", "simulated", "error_pct"]
# The published count that each percentage is a percentage of.
WEIGHTS = {
    "rereferral_pct": "referrals", "nfa_pct": "referrals", "not_in_need_pct": "referrals", "foster_pct": "cla_at31",
    "childrens_home_pct": "cla_at31", "over_20_miles_out_of_area_pct": "cla_at31", "supported_pct": "cla_at31", "with_parents_pct": "cla_at31",
    "vacancy_pct": "posts_fte", "agency_pct": "workers_fte", "cpp_subsequent_pct": "cpp_started",
}  # fmt: skip
SPEND = ("fostering", "residential", "leaving_care", "safeguarding", "family_support", "other")
SPEND_ROLES = {"family_support": "input"}  # as published; every other line is simulated, or carried on from 2023-24


def compare_published(results: Results, published: pd.DataFrame, year: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the comparison over all authorities (with its year in `year_ending`), and authority by authority.

    Parameters
    ----------
    results
        Results by authority that hold the year.
    published
        One row for each authority (index: its name), columns as the panel has them; missing where not published.
    year
        Year ending 31 March.

    Raises
    ------
    ValueError
        If the results do not hold the year.
    """
    if year not in results.years:
        raise ValueError(f"the results hold no year ending March {year}")
    published = published.reindex(list(results.areas))
    simulated = results.annual.sel(year_ending=year).mean("replicate")
    totals, by_area = [], []
    for name, measure in MEASURES.items():
        if measure.published is None or measure.published not in published:
            continue
        real = published[measure.published].to_numpy(float)
        if measure.ratio_of:
            row, rows = _percentage(name, real, published, simulated, results.areas)
        else:
            row, rows = _count(name, real, simulated.sel(measure=name).to_numpy(), results.areas)
        if row is not None:
            totals.append(row)
            by_area += rows
    spend, rows = _spend(results, year)
    return pd.DataFrame(totals + spend, columns=COLUMNS).assign(year_ending=year), pd.DataFrame(by_area + rows, columns=AREA_COLUMNS)


def _count(name: str, real: np.ndarray, ours: np.ndarray, areas: tuple[str, ...]) -> tuple[dict | None, list[dict]]:
    """Compare a count: sums over the authorities that published it, and each of them; None and no rows if nobody did."""
    there = ~np.isnan(real)
    if not there.any():
        return None, []
    measure = MEASURES[name]
    rows = _rows(areas, there, name, measure.unit, measure.role, real, ours)
    row = _row(name, measure.unit, measure.role, real[there].sum(), ours[there].sum(), rows, measure.label)
    return row, rows


def _percentage(name, real, published, simulated, areas):
    """Compare a percentage: both sides weighted by what it is a percentage of, over the same authorities."""
    measure = MEASURES[name]
    weight = published[WEIGHTS[name]].to_numpy(float) if WEIGHTS[name] in published else np.full(len(real), np.nan)
    there = ~np.isnan(real) & ~np.isnan(weight)
    if not there.any():
        return None, []
    top, bottom, times = measure.ratio_of
    upper, lower = (simulated.sel(measure=part).to_numpy() for part in (top, bottom))
    rows = _rows(areas, there, name, measure.unit, measure.role, real, times * divide(upper, lower))
    theirs = float(real[there] @ weight[there] / weight[there].sum())
    ours = float(times * upper[there].sum() / max(lower[there].sum(), 1e-12))
    return _row(name, measure.unit, measure.role, theirs, ours, rows, measure.label), rows


def _spend(results: Results, year: int) -> tuple[list[dict], list[dict]]:
    """Compare each published line of spend with the lines of cost that map to it, and show the remainder."""
    costs = results.costs.sel(year_ending=year).mean("replicate")
    profiles = [find_area(area) for area in results.areas]
    totals, by_area = [], []
    for line in SPEND:
        keys = [key for key, about in results.lines.items() if about["published"] == line and about["kind"] == "cost"]
        ours = costs.sel(line=keys).sum("line").to_numpy()
        real = np.array([published_spend(profile, line, year) for profile in profiles])
        name, unit, role = f"spend_{line}", "GBP gross", SPEND_ROLES.get(line, "outcome")
        there = ~np.isnan(real)
        if not there.any():
            continue
        rows = _rows(results.areas, there, name, unit, role, real, ours)
        by_area += rows
        totals.append(_row(name, unit, role, real[there].sum(), ours[there].sum(), rows, PUBLISHED_LABELS[line]))
    return totals, by_area


def published_spend(profile, line: str, year: int) -> float:
    """Return an authority's published outturn of a line: cash of the year, gross; missing unless its own.

    `other` is what the total holds beyond the five lines named.
    """
    if line == "other":
        parts = [published_spend(profile, part, year) for part in (*SPEND[:-1], "children_services")]
        return parts[-1] - sum(parts[:-1])
    try:
        record = profile.record(f"spend_{line}", year)
    except LookupError:
        return float("nan")
    return record.value if record.year_ending == year and record.basis == "own" else float("nan")


def _rows(areas, there, name, unit, role, real, ours) -> list[dict]:
    """Return one row for each authority that published the figure."""
    return [
        {
            "area": areas[i], "measure": name, "unit": unit, "role": role, "published": float(real[i]),
            "simulated": float(ours[i]), "error_pct": _error(float(real[i]), float(ours[i])),
        }
        for i in np.flatnonzero(there)
    ]  # fmt: skip


def _row(name, unit, role, real, ours, rows, label) -> dict:
    """Return the row of a measure over all its authorities."""
    errors = [abs(row["error_pct"]) for row in rows if np.isfinite(row["error_pct"])]
    return {
        "measure": name, "unit": unit, "role": role, "published": float(real), "simulated": float(ours),
        "error_pct": _error(float(real), float(ours)),
        "median_abs_error_pct": float(np.median(errors)) if errors else float("nan"), "authorities": len(rows),
        "label": label,
    }  # fmt: skip


def _error(real: float, ours: float) -> float:
    """Return (simulated - published) / published in per cent; missing where nothing is published to divide by."""
    return 100.0 * (ours - real) / real if real else float("nan")
