"""Whether a reform that costs less is worse for children, and by when one authority could tell its effect from chance (docs/children.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from outputs.children import HEADLINES, label_of, unit_of, whole_span, yearly
from outputs.safety_proxies import (
    COUNT,
    LEAST_RUNS,
    NOT_COUNTED,
    PROXIES,
    RATE,
    ROUNDING,
    UNTOLD,
    WORSE,
    Paired,
    event_size,
    paired_count,
    paired_rate,
)
from outputs.tables import after_branch
from sim.measures import MEASURES
from sim.results import Comparison, Results

LEVEL, POWER = 0.05, 0.80
DETECTABLE = float(ndtri(1.0 - LEVEL / 2.0) + ndtri(POWER)) * np.sqrt(2.0)
"""Least difference that can be told, in standard deviations of one future: (z of 1 - level / 2 + z of power) x sqrt(2), 3.96.

Bloom (1995), Minimum detectable effects, Evaluation Review 19(5): 547-556: 2.80 standard errors of the estimate. The estimate is the
difference of two independent futures, of variance twice that of one.
"""
NOT_WITHIN = "not within the horizon"
MARK_COLUMNS = ["scenario", "area", "net_gbp", "probability_net_falls", "net_cost_falls", "proxy", "basis", "measure", "label", "unit", "baseline",
                "reform", "difference", "standard_error", "finding", "marked"]  # fmt: skip
DETECTABLE_COLUMNS = ["scenario", "area", "measure", "label", "unit", "basis", "detectable_by", "year_ending", "difference", "least_detectable",
                      "standard_deviation"]  # fmt: skip
AS = {(COUNT,): "as a count", (RATE,): "as a rate", (COUNT, RATE): "as a count and as a rate"}


@dataclass(frozen=True)
class Verdict:
    """What the marks say of a reform in an area.

    Attributes
    ----------
    net_cost_falls
        Whether the authority's net cost falls.
    worse
        The proxies that are worse, and as what.
    known, all_counted
        Whether any proxy could be told, and whether the engine counts all of them.
    """

    scenario: str
    area: str
    net_cost_falls: bool
    worse: tuple[str, ...]
    known: bool
    all_counted: bool

    @property
    def marked(self) -> bool:
        """Whether it costs less and a safety proxy is worse."""
        return self.net_cost_falls and bool(self.worse)

    @property
    def text(self) -> str:
        """The finding in words. Nothing is ever called better."""
        cost = "costs less" if self.net_cost_falls else "does not cost less"
        if self.worse:
            found = f"{cost}, and is worse on: {'; '.join(self.worse)}"
        elif not self.known:
            found = f"{cost}; whether children are less safe is not known from fewer than {LEAST_RUNS} runs"
        else:
            which = "safety proxy" if self.all_counted else "safety proxy that this engine counts"
            found = f"{cost}; no {which} is worse beyond chance, as a count or as a rate"
        return ("MARKED: " if self.marked else "") + found


def marks(comparison: Comparison, grossing: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Return, by reform and area, each safety proxy over all years from the branch, as a count and as a rate, and whether the reform is marked.

    Net cost falls if the mean of the authority's paired differences over those years is below 0 and more than half of runs are. Findings are those of
    `outputs.safety_proxies.Paired`. A reform is `marked` in an area if net cost falls there and any proxy is worse, as a count or as a rate; missing
    if net cost falls and no proxy can be told.

    Parameters
    ----------
    grossing
        What counts have been multiplied by (`Results.total`), so that an event is known for one.
    """
    years = after_branch(comparison.baseline)
    rows = []
    for reform in comparison.reforms:
        net = whole_span(reform, "cost_net", years) - whole_span(comparison.baseline, "cost_net", years)
        tests = [(about, found, found.findings()) for about, found in _tests(comparison.baseline, reform, years, grossing)]
        for a, area in enumerate(comparison.baseline.areas):
            mean, below = float(net[a].mean()), float((net[a] < 0.0).mean())
            falls = mean < -0.005 and below > 0.5
            findings = {str(finding[a]) for _, _, finding in tests}
            marked = None if falls and findings <= UNTOLD else falls and WORSE in findings
            about_area = {"scenario": reform.scenario, "area": area, "net_gbp": mean, "probability_net_falls": below, "net_cost_falls": falls}
            for about, found, finding in tests:
                values = {key: _finite(getattr(found, key)[a]) for key in ("baseline", "reform", "difference", "standard_error")}
                rows.append(about_area | about | values | {"finding": str(finding[a]), "marked": marked})
    return pd.DataFrame(rows, columns=MARK_COLUMNS)


def _tests(baseline: Results, reform: Results, years: list[int], grossing: Mapping[str, float] | None) -> Iterator[tuple[dict, Paired]]:
    """Yield each proxy as a count and as a rate: what it is, and its paired difference by area."""
    chance = float(baseline.metadata.get("engine") != "expected")
    for proxy, rate in PROXIES.items():
        counts = [whole_span(one, proxy, years) for one in (baseline, reform)]
        yield _about(proxy, COUNT, proxy, reform), paired_count(*counts, chance * event_size(proxy, grossing, len(years), of_rate=False))
        top, bottom, times = MEASURES[rate].ratio_of
        sums = [tuple(yearly(one, name, years).sum(axis=2) for name in (top, bottom)) for one in (baseline, reform)]
        yield _about(proxy, RATE, rate, reform), paired_rate(*sums, times, chance * event_size(top, grossing, len(years), of_rate=True))


def _about(proxy: str, basis: str, measure: str, reform: Results) -> dict:
    """Return the columns that say what is tested."""
    return {"proxy": proxy, "basis": basis, "measure": measure, "label": label_of(measure), "unit": unit_of(measure, reform)}


def _finite(value: np.ndarray) -> float:
    """Return a value, missing where there is none to give."""
    return float(value) if np.isfinite(value) else float("nan")


def verdicts(table: pd.DataFrame, area: str) -> list[Verdict]:
    """Return the verdict on each reform in an area from the table of `marks`."""
    found = []
    for scenario, rows in table[table.area == area].groupby("scenario", sort=False):
        bases = rows[rows.finding == WORSE].groupby("proxy", sort=False).basis
        worse = tuple(f"{label_of(str(proxy)).lower()} ({AS[tuple(sorted(own))]})" for proxy, own in bases)
        known, all_counted = not rows.finding.isin(UNTOLD).all(), not (rows.finding == NOT_COUNTED).any()
        found.append(Verdict(str(scenario), area, bool(rows.net_cost_falls.iloc[0]), worse, known, all_counted))
    return found


# ---------------------------------------------------------------- by when it could be told


def detectable_by(comparison: Comparison) -> pd.DataFrame:
    """Return, by reform, authority and measure, the first year in which the expected difference is more than one authority's chance would hide.

    The expected difference is the mean of the paired ones. Chance is the standard deviation of the measure over the baseline's runs: what one
    authority would see of itself, without a twin to compare with. The difference is told if it is at least `DETECTABLE` standard deviations, which
    gives 80 % power at a two-sided 5 %. Runs differ in their pasts too, and in draws of what is not known of the world where a fit has them, so an
    authority that knows its present may tell a little sooner. `basis`: a year by itself, or, of flows, all years since the branch added up. The
    last columns are of the last year. Nothing is known from one run, or from an engine without chance: `detectable_by` is then empty.
    """
    years = after_branch(comparison.baseline)
    names = list(dict.fromkeys((*(one.measure for one in HEADLINES.values()), *PROXIES)))
    chance = comparison.baseline.metadata.get("engine") != "expected"
    rows = []
    for reform in comparison.reforms:
        for name in names:
            about = {"scenario": reform.scenario, "measure": name, "label": label_of(name), "unit": unit_of(name, reform)}
            before, after = yearly(comparison.baseline, name, years), yearly(reform, name, years)
            for a, area in enumerate(comparison.baseline.areas):
                rows += [about | {"area": area} | row for row in _told(name, before[a], after[a], years, chance)]
    return pd.DataFrame(rows, columns=DETECTABLE_COLUMNS)


def _told(name: str, baseline: np.ndarray, reform: np.ndarray, years: list[int], chance: bool) -> Iterator[dict]:
    """Yield by when one authority's difference (R, Y) can be told, by year and, of a flow, added up."""
    measure = MEASURES.get(name)
    bases = {"year": (baseline, reform)}
    if measure is None or (measure.ratio_of is None and measure.over == "sum"):
        bases["all years since the branch"] = (np.cumsum(baseline, axis=1), np.cumsum(reform, axis=1))
    for basis, (before, after) in bases.items():
        difference = (after - before).mean(axis=0)
        deviation = before.std(axis=0, ddof=1) if chance and len(before) > 1 else np.full(len(years), np.nan)
        least = DETECTABLE * deviation
        told = (np.abs(difference) >= least) & (np.abs(difference) > ROUNDING * np.abs(before.mean(axis=0)))
        by = str(years[int(told.argmax())]) if told.any() else NOT_WITHIN
        yield {
            "basis": basis, "detectable_by": "" if np.isnan(least).all() else by, "year_ending": years[-1], "difference": float(difference[-1]),
            "least_detectable": float(least[-1]), "standard_deviation": float(deviation[-1]),
        }  # fmt: skip
