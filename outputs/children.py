"""Children beside pounds: each headline with the measures that keep it honest, a reform against the baseline, run by run (docs/children.md).

Values over all years: flows add up, stocks and levels are means of the years, shares are formed again from both of their counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from outputs.appraisal_flows import PAYERS
from outputs.appraisal_payback import worst_year
from outputs.tables import after_branch
from sim.measures import MEASURES
from sim.results import Comparison, Results
from sim.statistics import summarise

ALL_YEARS = "all"
COLUMNS = ["scenario", "area", "headline", "role", "measure", "label", "unit", "year_ending", "baseline", "reform", "difference", "p05", "p50", "p95",
           "standard_error"]  # fmt: skip
OTHER_PAYERS = {f"cost_net_{payer}": payer for payer in PAYERS if payer != "authority"}
PAYER_WORDS = {
    "grant": "central government, in grants", "health": "the health service", "schools": "schools", "courts": "courts", "benefits": "social security",
}  # fmt: skip
WORST_YEAR = "cost_net_worst_year"
COST_LABELS = {
    "cost_net": "Net cost to the authority", "cost_gross": "Gross cost to the authority", "cost_exchequer": "Cost to all payers together",
    "cost_order_allowances": "Allowances under special guardianship and child arrangements orders",
    WORST_YEAR: "Net cost to the authority in each run's worst year",
    **{name: f"Net cost to {PAYER_WORDS[payer]}" for name, payer in OTHER_PAYERS.items()},
}  # fmt: skip

NOT_COUNTED = {  # by engine: 0 in its results, which would read as none (docs/expected.md); what is missing in them needs no mention
    "expected": frozenset({"rereferrals", "rereferral_pct", "cpp_repeat_2y", "cpp_repeat_2y_pct", "sibling_groups_placed", "siblings_apart",
                           "siblings_apart_pct"})
}  # fmt: skip
WHILE_WAITING = ("waiting", "waiting_escalated", "escalated_per_year", "waiting_referred", "waiting_enquiry", "waiting_plan", "waiting_care")


@dataclass(frozen=True)
class Headline:
    """A measure people quote, and what must stand beside it: what it could hide."""

    measure: str
    beside: tuple[str, ...]


HEADLINES: Mapping[str, Headline] = {
    "kept with family": Headline(
        "away_from_parents_at31", ("cla_at31_non_uasc", "with_parents_at31", "returned_care", "emergency_starts", "re_entered_home")
    ),
    "children in care": Headline(
        "cla_at31_non_uasc",
        ("cla_per_10000_non_uasc", "away_from_parents_at31", "days_in_care", "emergency_starts", "emergency_pct", "care_re_entries"),
    ),
    "care starts": Headline(
        "care_starts", ("care_starts_after_closing", "care_starts_after_plan", "care_starts_waiting", "emergency_starts", "returned_care")
    ),
    "investigations": Headline(
        "s47",
        ("s47_without_conference", "s47_without_plan", "s47_without_plan_pct", "rereferrals", "returned_enquiry", "returned_plan", "returned_care"),
    ),
    "protection plans": Headline(
        "cpp_started",
        ("cpp_at31", "cpp_repeat_2y", "cpp_repeat_2y_pct", "cpp_short", "cpp_short_pct", "stepped_down", "stepped_up", "care_starts_after_plan",
         "care_starts_after_plan_pct"),
    ),
    "cases closed": Headline(
        "closed_without_plan", ("rereferrals", "rereferral_pct", "returned_enquiry_pct", "returned_plan_pct", "returned_care_pct")
    ),
    "family help": Headline(
        "early_help_admissions",
        ("intensive_help_admissions", *(f"{kind}_{what}" for kind in ("early_help", "intensive_help") for what in WHILE_WAITING)),
    ),
    "returned home": Headline("reunified", ("re_entered_home", "re_entered_home_pct")),
    "with kin": Headline(
        "with_kin_at31",
        ("kinship_at31", "sgo_at31", "cao_at31", "sgo", "cao", "re_entered_kin", "re_entered_kin_per_100_child_years", "re_entered_sgo",
         "cost_order_allowances"),
    ),
    "adopted": Headline("adopted", ("re_entered_adopted", "re_entered_adopted_per_100_child_years")),
    "care leavers": Headline("care_leavers_at31", ("staying_put_at31", "aged_out", "independent_living")),
    "cost of placements": Headline(
        "placements_gbp_per_week",
        ("placed_over_20_miles_at31", "placed_over_20_miles_pct", "out_of_area_at31", "siblings_apart", "siblings_apart_pct", "placement_moves",
         "placement_moves_per_year", "unregistered_at31", "unregistered_days", "unregistered_days_per_year"),
    ),
    "net cost": Headline("cost_net", ("cost_gross", "cost_exchequer", *OTHER_PAYERS)),
}  # fmt: skip


def children_table(comparison: Comparison) -> pd.DataFrame:
    """Return every headline, and what stands beside it, of each reform and the baseline: yearly and over all years from the branch.

    A row for each reform, area, headline, measure and year. `difference` is the mean of the paired differences, p05 to p95 their 90 % interval over
    runs, `standard_error` that of their mean (missing with one run). Counts that an engine does not make are missing (docs/expected.md). Beside net
    cost stands what it is in the worst year of each run, which is of differences alone.
    """
    years = after_branch(comparison.baseline)
    rows = []
    for reform in comparison.reforms:
        for title, headline in HEADLINES.items():
            for role, name in (("headline", headline.measure), *(("beside it", one) for one in headline.beside)):
                about = {"scenario": reform.scenario, "headline": title, "role": role, "measure": name, "label": label_of(name)}
                about["unit"] = unit_of(name, reform)
                ours, theirs = (np.concatenate([yearly(one, name, years), whole_span(one, name, years)[..., None]], axis=2)
                                for one in (reform, comparison.baseline))  # fmt: skip
                for a, area in enumerate(comparison.baseline.areas):
                    rows += [about | {"area": area} | row for row in _rows(theirs[a], ours[a], [*map(str, years), ALL_YEARS])]
        rows += _worst_years(comparison.baseline, reform, years)
    return pd.DataFrame(rows, columns=COLUMNS)


def label_of(name: str) -> str:
    """Return a measure's words."""
    return MEASURES[name].label if name in MEASURES else COST_LABELS[name]


def unit_of(name: str, results: Results) -> str:
    """Return a measure's unit."""
    return MEASURES[name].unit if name in MEASURES else f"GBP, {results.metadata['price_base']} prices"


def yearly(results: Results, name: str, years: list[int]) -> np.ndarray:
    """Return a measure, or a cost, by area, run and year (A, R, Y)."""
    if name in NOT_COUNTED.get(str(results.metadata.get("engine")), ()):
        return np.full((len(results.areas), results.replicates, len(years)), np.nan)
    totals = {"cost_net": results.net, "cost_gross": results.gross, "cost_exchequer": results.exchequer}
    totals |= {key: partial(results.net, payer) for key, payer in OTHER_PAYERS.items()}
    held = results.years
    span = [held.index(year) for year in years]
    if name in MEASURES:  # by position: labels would be looked up thousands of times
        return results.annual.to_numpy()[:, :, results.annual.get_index("measure").get_loc(name)][:, :, span]
    if name in totals:
        found = totals[name]()
    else:  # a line of cost, if the scenario has it
        found = results.costs.sel(line=[line for line in results.lines if f"cost_{line}" == name]).sum("line")
    return found.sel(year_ending=years).transpose("area", "replicate", "year_ending").to_numpy()


def whole_span(results: Results, name: str, years: list[int]) -> np.ndarray:
    """Return a measure over some years together by area and run (A, R): flows and pounds added up, stocks the mean, shares of both sums."""
    measure = MEASURES.get(name)
    if measure is None or (measure.ratio_of is None and measure.over == "sum"):
        return yearly(results, name, years).sum(axis=2)
    if measure.ratio_of is None:
        return yearly(results, name, years).mean(axis=2)
    top, bottom, times = measure.ratio_of
    above, below = (yearly(results, one, years).sum(axis=2) for one in (top, bottom))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below == 0.0, 0.0, times * above / below)


def standard_error(values: np.ndarray, axis: int = 0) -> np.ndarray:
    """Return the standard error of a mean over runs; missing with fewer than two."""
    n = values.shape[axis]
    if n < 2:
        return np.full(np.delete(values.shape, axis), np.nan)
    return values.std(axis=axis, ddof=1) / np.sqrt(n)


def _worst_years(baseline: Results, reform: Results, years: list[int]) -> list[dict]:
    """Return a row for each area of the highest yearly net cost of each run against the baseline."""
    change = yearly(reform, "cost_net", years) - yearly(baseline, "cost_net", years)
    about = {"scenario": reform.scenario, "headline": "net cost", "role": "beside it", "measure": WORST_YEAR, "label": label_of(WORST_YEAR)}
    about["unit"] = unit_of(WORST_YEAR, reform)
    missing = {"baseline": float("nan"), "reform": float("nan")}
    worst = (worst_year(own, tuple(years))[0] for own in change)
    found = (_rows(np.zeros((len(own), 1)), own[:, None], [ALL_YEARS])[0] for own in worst)
    return [about | {"area": area} | row | missing for area, row in zip(baseline.areas, found, strict=True)]


def _rows(baseline: np.ndarray, reform: np.ndarray, years: list[str]) -> list[dict]:
    """Return a row for each year of one area's values by run and year (R, Y)."""
    change = reform - baseline
    summary, error = summarise(change), standard_error(change)
    return [
        {
            "year_ending": year, "baseline": float(baseline[:, y].mean()), "reform": float(reform[:, y].mean()), "standard_error": float(error[y]),
            "difference": float(summary.mean[y]), "p05": float(summary.p05[y]), "p50": float(summary.p50[y]), "p95": float(summary.p95[y]),
        }
        for y, year in enumerate(years)
    ]  # fmt: skip
