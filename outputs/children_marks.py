"""Whether a reform that costs less is worse for children, and by when one authority could tell its effect from chance (docs/children.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from outputs.children import HEADLINES, label_of, standard_error, unit_of, whole_span, yearly
from outputs.tables import after_branch
from sim.measures import MEASURES
from sim.results import Comparison

SAFETY_PROXIES = (
    "returned_enquiry", "returned_plan", "returned_care", "care_starts_after_plan", "emergency_starts", "cpp_repeat_2y",
    "early_help_waiting_escalated", "re_entered_home", "re_entered_kin", "re_entered_adopted", "placement_moves", "siblings_apart",
    "placed_over_20_miles_at31", "unregistered_days",
)  # fmt: skip
"""More of each is worse. None is harm itself: abuse, death and children's experience are not simulated. Of families waiting for help only those count
who wait for what the baseline offers too: to wait for what a reform brings is no worse than not to be offered it."""
FALSE_MARKS = 0.05  # of reforms that change none of the proxies, the share in which chance makes one look worse
ROUNDING = 1e-9  # of the baseline: a difference below it is none
LEVEL, POWER = 0.05, 0.80
DETECTABLE = float(ndtri(1.0 - LEVEL / 2.0) + ndtri(POWER)) * np.sqrt(2.0)
"""Least difference that can be told, in standard deviations of one future: (z of 1 - level / 2 + z of power) x sqrt(2), 3.96.

Bloom (1995), Minimum detectable effects, Evaluation Review 19(5): 547-556: 2.80 standard errors of the estimate. The estimate is the
difference of two independent futures, of variance twice that of one.
"""
NOT_WITHIN = "not within the horizon"
MARK_COLUMNS = ["scenario", "area", "net_gbp", "probability_net_falls", "net_cost_falls", "measure", "label", "unit", "difference", "standard_error",
                "finding", "marked"]  # fmt: skip
DETECTABLE_COLUMNS = ["scenario", "area", "measure", "label", "unit", "basis", "detectable_by", "year_ending", "difference", "least_detectable",
                      "standard_deviation"]  # fmt: skip
WORSE, NO_WORSE, NOT_COUNTED, NOT_KNOWN = "worse", "no worse", "not counted", "not known"


@dataclass(frozen=True)
class Verdict:
    """What the marks say of a reform in an area: whether net cost falls, which proxies are worse, and whether any could not be told."""

    scenario: str
    area: str
    net_cost_falls: bool
    worse: tuple[str, ...]
    untold: tuple[str, ...]

    @property
    def marked(self) -> bool:
        """Whether it costs less and a safety proxy is worse."""
        return self.net_cost_falls and bool(self.worse)

    @property
    def text(self) -> str:
        """The finding in words. Nothing is ever called better."""
        cost = "costs less" if self.net_cost_falls else "does not cost less"
        if self.worse:
            found = f"{cost}, and is worse on: {'; '.join(word.lower() for word in self.worse)}"
        elif len(self.untold) == len(SAFETY_PROXIES):
            found = f"{cost}; whether children are less safe is not known from so few runs"
        else:
            found = f"{cost}; no safety proxy is worse beyond chance"
        return ("MARKED: " if self.marked else "") + found


def marks(comparison: Comparison) -> pd.DataFrame:
    """Return, by reform and area, each safety proxy over all years from the branch, and whether the reform is marked.

    Net cost falls if the mean of the authority's paired differences over those years is below 0 and more than half of runs are. A proxy is
    `worse` if its mean paired difference is more than `least_errors` standard errors above 0, else `no worse`; `not known` from one run; `not
    counted` by the engine. A reform is `marked` in an area if net cost falls there and any proxy is worse.
    """
    years = after_branch(comparison.baseline)
    rows = []
    for reform in comparison.reforms:
        net = whole_span(reform, "cost_net", years) - whole_span(comparison.baseline, "cost_net", years)
        proxies = {name: (whole_span(comparison.baseline, name, years), whole_span(reform, name, years)) for name in SAFETY_PROXIES}
        for a, area in enumerate(comparison.baseline.areas):
            mean, below = float(net[a].mean()), float((net[a] < 0.0).mean())
            falls = mean < -0.005 and below > 0.5
            about = {"scenario": reform.scenario, "area": area, "net_gbp": mean, "probability_net_falls": below, "net_cost_falls": falls}
            found = [about | {"measure": name, "label": label_of(name), "unit": unit_of(name, reform)} | _finding(before[a], after[a])
                     for name, (before, after) in proxies.items()]  # fmt: skip
            marked = falls and any(row["finding"] == WORSE for row in found)
            rows += [row | {"marked": marked} for row in found]
    return pd.DataFrame(rows, columns=MARK_COLUMNS)


def least_errors(runs: int) -> float:
    """Return how many paired standard errors above 0 a proxy has to be to be worse: Student's t, one-sided, at Šidák's level.

    Šidák (1967), Journal of the American Statistical Association 62: 626-633: of so many proxies that have not changed none exceeds it, in 1 -
    `FALSE_MARKS` of reforms. 2.89 for 30 runs, 2.68 for very many.
    """
    return float(stdtrit(max(runs - 1, 1), (1.0 - FALSE_MARKS) ** (1.0 / len(SAFETY_PROXIES))))


def _finding(baseline: np.ndarray, reform: np.ndarray) -> dict:
    """Return the paired difference of a proxy by run (R), its standard error, and what it says."""
    change = reform - baseline
    mean, error = float(change.mean()), float(standard_error(change))
    if np.isnan(mean):
        finding = NOT_COUNTED
    elif np.isnan(error):
        finding = NOT_KNOWN
    else:
        finding = WORSE if mean > max(least_errors(len(change)) * error, ROUNDING * abs(float(baseline.mean()))) else NO_WORSE
    return {"difference": mean, "standard_error": error, "finding": finding}


def verdicts(table: pd.DataFrame, area: str) -> list[Verdict]:
    """Return the verdict on each reform in an area from the table of `marks`."""
    found = []
    for scenario, rows in table[table.area == area].groupby("scenario", sort=False):
        worse, untold = (tuple(rows.label[rows.finding.isin(which)]) for which in ((WORSE,), (NOT_COUNTED, NOT_KNOWN)))
        found.append(Verdict(str(scenario), area, bool(rows.net_cost_falls.iloc[0]), worse, untold))
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
    names = list(dict.fromkeys((*(one.measure for one in HEADLINES.values()), *SAFETY_PROXIES)))
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
