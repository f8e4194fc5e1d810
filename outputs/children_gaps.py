"""Gaps between deprivation quintiles, and the spread of authorities, in rates of what happens to children (docs/children.md)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outputs.children import ALL_YEARS, label_of, unit_of, whole_span, yearly
from outputs.tables import after_branch
from sim.counting import divide
from sim.results import Comparison, Results
from sim.statistics import summarise

PER = 10_000.0  # children aged 0 to 17
QUINTILES = range(1, 6)
OF_QUINTILES = ("referrals", "s47", "cpp_started", "returned_enquiry", "care_starts", "cla_at31", "days_in_care")
LEAST_CHILDREN = 500.0
"""A gap is missing where a quintile at either end holds fewer children: a child more or less would be half of its rate of care (assumed)."""
GAP_COLUMNS = ["scenario", "area", "measure", "label", "unit", "year_ending", *(f"rate_quintile_{q}" for q in QUINTILES), "absolute_gap",
               "absolute_gap_change", "absolute_gap_change_p05", "absolute_gap_change_p95", "relative_gap", "relative_gap_change",
               "relative_gap_change_p05", "relative_gap_change_p95"]  # fmt: skip
RATES = ("referrals", "s47", "cpp_started", "returned_enquiry", "care_starts", "cla_at31_non_uasc", "away_from_parents_at31", "days_in_care")
STOCKS = ("cla_at31", "cla_at31_non_uasc", "away_from_parents_at31")
PER_CHILDREN = {True: f"per {PER:,.0f} children on 31 March", False: f"a year per {PER:,.0f} children"}
SHARES = ("s47_without_plan_pct", "rereferral_pct", "cpp_repeat_2y_pct", "returned_enquiry_pct", "emergency_pct", "placed_over_20_miles_pct",
          "placement_moves_per_year", "siblings_apart_pct")  # fmt: skip
SPREAD_COLUMNS = ["scenario", "measure", "label", "unit", "year_ending", "areas", "p10", "median", "p90", "p90_over_p10", "lowest", "highest",
                  "p90_less_p10_of_a_run", "change", "change_p05", "change_p95"]  # fmt: skip


def gaps(comparison: Comparison, by_year: bool = True) -> pd.DataFrame:
    """Return rates per 10,000 children by deprivation quintile, and the gap between the most and the least deprived: absolute and relative.

    A row for each scenario, area, measure and year from the branch (unless not `by_year`), and for all years. Rates are means over runs; the absolute
    gap is the rate of quintile 5 less that of 1, the relative one their quotient. Changes are against the baseline, run by run, with 90 % intervals;
    of the relative gap there is none unless every run has something to divide by. Children in a quintile are the authority's, by an assumed share
    (ruling 32).
    """
    years = after_branch(comparison.baseline)
    spans = [*([year] for year in years if by_year), years]
    base = {name: [_rates(comparison.baseline, name, span) for span in spans] for name in OF_QUINTILES}
    rows = []
    for one in comparison.scenarios:
        for name in OF_QUINTILES:
            for i, span in enumerate(spans):
                own, theirs = _rates(one, name, span), base[name][i]
                about = {"scenario": one.scenario, "measure": name, "label": label_of(name), "unit": PER_CHILDREN[name in STOCKS]}
                about["year_ending"] = ALL_YEARS if span is years else str(span[0])
                for a, area in enumerate(one.areas):
                    rows.append(about | {"area": area} | _gap(own[:, a], theirs[:, a], one is comparison.baseline))
    return pd.DataFrame(rows, columns=GAP_COLUMNS)


def _rates(results: Results, name: str, years: list[int]) -> np.ndarray:
    """Return the rate of a measure by quintile, area and run (5, A, R) over some years; missing where a quintile has too few children."""
    found = []
    for q in QUINTILES:
        children = yearly(results, f"population_0_17_quintile_{q}", years).sum(axis=2)
        rate = PER * divide(yearly(results, f"{name}_quintile_{q}", years).sum(axis=2), children)
        found.append(np.where(children / len(years) >= LEAST_CHILDREN, rate, np.nan))
    return np.array(found)


def _gap(rates: np.ndarray, baseline: np.ndarray, is_baseline: bool) -> dict:
    """Return the columns of one area's rates by quintile and run (5, R), beside the baseline's."""
    means, before = rates.mean(axis=1), baseline.mean(axis=1)
    found = {f"rate_quintile_{q}": float(means[q - 1]) for q in QUINTILES}
    found |= {"absolute_gap": float(means[4] - means[0]), "relative_gap": _quotient(means[4], means[0])}
    if is_baseline:
        return found
    changes = {"absolute_gap": (rates[4] - rates[0]) - (baseline[4] - baseline[0])}
    positive = (rates[0] > 0.0).all() and (baseline[0] > 0.0).all()
    changes["relative_gap"] = rates[4] / rates[0] - baseline[4] / baseline[0] if positive else np.full(rates.shape[1], np.nan)
    for gap, change in changes.items():
        summary = summarise(change)
        found |= {f"{gap}_change_p05": float(summary.p05), f"{gap}_change_p95": float(summary.p95)}
    found["absolute_gap_change"] = float(changes["absolute_gap"].mean())
    found["relative_gap_change"] = found["relative_gap"] - _quotient(before[4], before[0])
    return found


def _quotient(top: float, bottom: float) -> float:
    """Return a quotient of two means, missing if there is nothing to divide by."""
    return float(top / bottom) if bottom > 0.0 else float("nan")


# ---------------------------------------------------------------- authorities


def spread_over_areas(comparison: Comparison) -> pd.DataFrame:
    """Return how far authorities are apart: rates per 10,000 children and shares, tenth, middle and ninetieth percentile over authorities.

    A row for each scenario and measure: the last year, and all years from the branch. `p10` to `p90` are over authorities of each one's mean over
    runs, so chance is nearly out of them: what is left is need and practice. `p90_less_p10_of_a_run` is the mean over runs of the same within one,
    as published figures would show it, chance included; `change` is that against the baseline, run by run. Empty for a single authority.
    """
    base = comparison.baseline
    if len(base.areas) < 2:
        return pd.DataFrame(columns=SPREAD_COLUMNS)
    years = after_branch(base)
    rows = []
    for one in comparison.scenarios:
        for name in (*RATES, *SHARES):
            unit = PER_CHILDREN[name in STOCKS] if name in RATES else unit_of(name, one)
            for span in ([years[-1]], years):
                about = {"scenario": one.scenario, "measure": name, "label": label_of(name), "unit": unit, "areas": len(base.areas),
                         "year_ending": ALL_YEARS if span is years else str(span[0])}  # fmt: skip
                rows.append(about | _spread(_of_areas(one, name, span), _of_areas(base, name, span), base.areas, one is base))
    return pd.DataFrame(rows, columns=SPREAD_COLUMNS)


def _of_areas(results: Results, name: str, years: list[int]) -> np.ndarray:
    """Return a rate or share by area and run (A, R) over some years."""
    if name in SHARES:
        return whole_span(results, name, years)
    children = sum(yearly(results, f"population_0_17_quintile_{q}", years).sum(axis=2) for q in QUINTILES)
    return PER * divide(yearly(results, name, years).sum(axis=2), children)


def _spread(values: np.ndarray, baseline: np.ndarray, areas: tuple[str, ...], is_baseline: bool) -> dict:
    """Return the columns of one measure's values by area and run (A, R), beside the baseline's."""
    means = values.mean(axis=1)
    low, middle, high = (float(x) for x in np.quantile(means, (0.1, 0.5, 0.9)))
    within, before = (np.diff(np.quantile(one, (0.1, 0.9), axis=0), axis=0)[0] for one in (values, baseline))
    found = {
        "p10": low, "median": middle, "p90": high, "p90_over_p10": _quotient(high, low), "p90_less_p10_of_a_run": float(within.mean()),
        "lowest": areas[int(means.argmin())], "highest": areas[int(means.argmax())],
    }  # fmt: skip
    if not is_baseline:
        summary = summarise(within - before)
        found |= {"change": float(summary.mean), "change_p05": float(summary.p05), "change_p95": float(summary.p95)}
    return found
