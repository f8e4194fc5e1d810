"""Tables people read: yearly summaries, paired differences, and the few lines at the end of a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from scenarios.areas import england, find_area, load_areas
from scenarios.timeline import year_ending, year_name
from sim.measures import MEASURES
from sim.results import Comparison, Results
from sim.statistics import BreakEven, Summary, break_even, paired_difference, summarise, t_interval, variance_reduction

COLUMNS = ["scenario", "area", "measure", "unit", "year_ending", "mean", "p05", "p50", "p95"]
SUMMARIES = ("summary.csv", "differences.csv")  # long tables of all that results hold
PERCENTILES = {"P10": 0.10, "P50": 0.50, "P80": 0.80, "P90": 0.90}  # over runs, as budgets are held to
COST_TOTALS = ("cost_gross", "cost_net", "cost_exchequer", "cost_net_cumulative")


@dataclass(frozen=True)
class ClosingRow:
    """One line of the closing table: a measure in a year, by scenario.

    `value` and `difference` are summaries over runs (90 % interval p05 to p95); `confidence` is the t interval of the
    mean difference; `variance_ratio` says how many times more runs the same precision takes unpaired. None for the baseline.
    """

    scenario: str
    label: str
    value: Summary
    difference: Summary | None
    confidence: tuple[float, float] | None
    variance_ratio: float | None


@dataclass(frozen=True)
class Closing:
    """The closing table: its area, the baseline's key, last year, rows by heading, and when each reform breaks even."""

    area: str
    baseline: str
    year: int
    runs: int
    rows: dict[str, list[ClosingRow]]
    break_even: dict[str, BreakEven]
    price_base: str


@dataclass(frozen=True)
class Beds:
    """Children's homes of several authorities in the baseline's last year, means over runs.

    `own` and `exported`: their children in homes in their own area, and out of it; `beds` registered in their areas, of which other authorities'
    children fill `imported`; `shares`: of England's registered beds and of its children in homes, as published last, that are theirs.
    """

    year: int
    own: float
    exported: float
    beds: float
    imported: float
    shares: tuple[float, float]


def beds_of_areas(comparison: Comparison) -> Beds | None:
    """Return beds and children of the authorities together; None for a single authority or one that is made up.

    Over all of England what is imported would be what is exported, but for how many beds are filled; some authorities lack a profile.
    """
    base = comparison.baseline
    if len(base.areas) < 2 or not set(base.areas) <= set(load_areas()):
        return None
    year = base.years[-1]
    now = base.annual.sel(year_ending=year).mean("replicate").sum("area")
    names = ("homes_in_area_at31", "homes_exported_at31", "beds_in_area_at31", "beds_imported_at31")
    shares = tuple(
        sum(find_area(area).value(quantity) for area in base.areas) / england().value(quantity)
        for quantity in ("childrens_home_places_in_area", "children_in_homes")
    )
    return Beds(year, *(float(now.sel(measure=name)) for name in names), shares)


def branch_year(results: Results) -> int:
    """Return the first year ending March in which scenarios can differ."""
    return year_ending(str(results.metadata["from"]))


def after_branch(results: Results) -> list[int]:
    """Return the years from the branch on."""
    return [year for year in results.years if year >= branch_year(results)]


def whole(comparison: Comparison) -> Comparison:
    """Return the comparison with its authorities added up, grossed up where they stand for England."""
    factors = comparison.metadata.get("grossing") or {}
    if len(comparison.baseline.areas) == 1 and not factors:
        return comparison
    return comparison.total(str(comparison.metadata.get("area_label", "All authorities")), factors)


def costs_by_name(results: Results) -> xr.DataArray:
    """Return cost lines and totals as measures (area, replicate, measure, year_ending), constant prices."""
    lines = results.costs.rename(line="measure")
    lines = lines.assign_coords(measure=[f"cost_{name}" for name in results.costs.line.to_numpy()])
    net = results.net()
    since = net.where(net.year_ending >= branch_year(results), 0.0)
    totals = (results.gross(), net, results.exchequer(), since.cumsum("year_ending"))
    named = [total.expand_dims(measure=[name]) for name, total in zip(COST_TOTALS, totals, strict=True)]
    return xr.concat([lines, *named], "measure").transpose("area", "replicate", "measure", "year_ending")


def summary_frame(comparison: Comparison) -> pd.DataFrame:
    """Return mean and quantiles of every measure, cost line and total, by scenario, area and year."""
    frames = []
    for one in comparison.scenarios:
        unit = f"GBP, {one.metadata['price_base']} prices"
        frames += [
            _summaries(one.scenario, one.annual, {n: m.unit for n, m in MEASURES.items()}),
            _summaries(one.scenario, costs_by_name(one), unit),
        ]
    return pd.concat(frames, ignore_index=True)


def difference_frame(comparison: Comparison) -> pd.DataFrame:
    """Return the same of each reform less the baseline, taken run by run, and what pairing did.

    `variance_ratio` is the variance of the difference of unpaired runs over that of the paired ones; missing with one run.
    """
    frames = [pd.DataFrame(columns=[*COLUMNS, "variance_ratio"])]
    for reform in comparison.reforms:
        unit = f"GBP, {reform.metadata['price_base']} prices"
        ours, theirs = costs_by_name(reform), costs_by_name(comparison.baseline)
        ours, theirs = xr.align(ours, theirs, join="outer", fill_value=0.0)
        units = {name: measure.unit for name, measure in MEASURES.items()}
        frames += [
            _summaries(reform.scenario, comparison.difference(reform.scenario), units).assign(
                variance_ratio=_ratios(comparison.baseline.annual, reform.annual)
            ),
            _summaries(reform.scenario, ours - theirs, unit).assign(variance_ratio=_ratios(theirs, ours)),
        ]
    return pd.concat([frame for frame in frames if len(frame)] or frames, ignore_index=True)


def _ratios(baseline: xr.DataArray, reform: xr.DataArray) -> np.ndarray:
    """Return the variance ratio of each area, measure and year, in the order of `_summaries`."""
    shape = [n for dimension, n in reform.sizes.items() if dimension != "replicate"]
    if reform.sizes["replicate"] < 2:
        return np.full(np.prod(shape), np.nan)
    return variance_reduction(baseline.to_numpy(), reform.to_numpy(), axis=1).ravel()


def closing(comparison: Comparison) -> Closing:
    """Return the closing table of a comparison whose results hold one area (add areas up first with `total`).

    Raises
    ------
    ValueError
        If the comparison holds several areas, or no complete year after the branch.
    """
    base = comparison.baseline
    if len(base.areas) != 1:
        raise ValueError(f"a closing table is of one area, not of {len(base.areas)}: add them up with total()")
    years = after_branch(base)
    if not years:
        raise ValueError("no complete financial year (April to March) after the branch")
    last = years[-1]
    span = f"{year_name(years[0])} to {year_name(last)}"

    def measure(name: str):
        """Return a function of results that gives a measure's last year by run (R)."""
        return lambda one: one.annual.sel(measure=name, year_ending=last).to_numpy()[0]

    headings = {
        f"Children in care, 31 March {last}": measure("cla_at31"),
        f"Children on protection plans, 31 March {last}": measure("cpp_at31"),
        f"Placed over 20 miles from home, 31 March {last}": measure("placed_over_20_miles_at31"),
        f"In unregistered placements, 31 March {last}": measure("unregistered_at31"),
        f"Net cost a year, {year_name(last)}, £m": lambda one: one.net().sel(year_ending=last).to_numpy()[0] / 1e6,
        f"Net cost, {span}, £m": lambda one: one.net().sel(year_ending=years).sum("year_ending").to_numpy()[0] / 1e6,
    }
    rows = {heading: _closing_rows(comparison, values) for heading, values in headings.items()}
    even = {
        reform.scenario: break_even(
            comparison.cost_difference(reform.scenario).sel(year_ending=years).to_numpy()[0], years
        )
        for reform in comparison.reforms
    }
    return Closing(base.areas[0], base.scenario, last, base.replicates, rows, even, str(base.metadata["price_base"]))


def _closing_rows(comparison: Comparison, values) -> list[ClosingRow]:
    """Return the rows of one heading: `values` gives its numbers by run (R) of a scenario's results."""
    base = values(comparison.baseline)
    rows = [ClosingRow(comparison.baseline.scenario, comparison.baseline.label, summarise(base), None, None, None)]
    for reform in comparison.reforms:
        own = values(reform)
        change = paired_difference(base, own)
        low, high = t_interval(change)
        ratio = float(variance_reduction(base, own)) if len(base) > 1 else float("nan")
        rows.append(
            ClosingRow(
                reform.scenario, reform.label, summarise(own), summarise(change), (float(low), float(high)), ratio
            )
        )
    return rows


def _summaries(scenario: str, values: xr.DataArray, unit: dict[str, str] | str) -> pd.DataFrame:
    """Return one row for each area, measure and year."""
    summary = summarise(values.to_numpy(), axis=1)
    areas, names, years = (values[key].to_numpy() for key in ("area", "measure", "year_ending"))
    index = pd.MultiIndex.from_product([areas, names, years], names=["area", "measure", "year_ending"])
    columns = {key: np.asarray(getattr(summary, key)).ravel() for key in ("mean", "p05", "p50", "p95")}
    frame = pd.DataFrame(columns, index=index).reset_index()
    frame["scenario"] = scenario
    frame["unit"] = unit if isinstance(unit, str) else frame.measure.map(unit)
    return frame[COLUMNS]
