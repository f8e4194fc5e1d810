"""Leading indicators: what of a reform is seen by month 12, and whether it could be told from chance.

Month 12 is the twelfth month from that in which the reform's own levers first act. Measures counted by month (the headline ten) are of those twelve
months, or of their end; others, and money, are of the first financial year that ends in month 12 or later. A measure can tell the reform from chance
if its mean difference is `DETECTABLE` standard deviations of the baseline over runs: what 80 % power at 5 % takes (`outputs.children_marks`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outputs.children import NOT_COUNTED, yearly
from outputs.children_marks import DETECTABLE
from outputs.report.answer import WORTH_SEEING, month_in_words
from outputs.report.source import Source
from scenarios.timeline import add_months, year_ending
from sim.measures import HEADLINES, MEASURES
from sim.results import Results

MOVE_FIRST = (
    "intensive_help_admissions",
    "early_help_admissions",
    "referrals",
    "s47",
    "icpc",
    "cpp_started",
    "care_starts",
    "reunified",
    "sgo",
    "adopted",
    "placement_moves",
    "siblings_apart",
    "placed_over_20_miles_at31",
    "out_of_area_at31",
    "pooled_at31",
    "childrens_home_at31",
    "foster_at31",
    "supported_at31",
    "in_house_foster_at31",
    "kinship_at31",
    "in_house_foster_households_approved",
    "agency_foster_households_approved",
    "childrens_home_homes_opened",
    "authority_childrens_home_homes_opened",
    "social_workers_fte",
    "agency_workers_fte",
    "care_proceedings_weeks",
    "placements_gbp_per_week",
    "cla_at31",
)
MONTHS = 12


@dataclass(frozen=True)
class Indicator:
    """A measure by month 12: its words, when, values on current plans and with the reform by run (R), and how many authorities could tell it.

    Attributes
    ----------
    told_in
        Authorities whose own difference is at least what chance would hide.
    """

    measure: str
    label: str
    when: str
    baseline: np.ndarray
    reform: np.ndarray
    told_in: int

    @property
    def change(self) -> np.ndarray:
        """The paired difference by run (R)."""
        return self.reform - self.baseline

    @property
    def clear(self) -> bool:
        """Whether the 90 % interval of the difference is on one side of 0."""
        low, high = np.quantile(self.change, (0.05, 0.95))
        return bool(low > 0.0 or high < 0.0)

    @property
    def tells(self) -> bool:
        """Whether the areas together could tell the difference from chance."""
        return told(self.baseline, self.change)

    @property
    def strength(self) -> float:
        """The mean difference over the standard deviation of the baseline: what measures are put in order by."""
        return abs(float(self.change.mean())) / max(float(self.baseline.std()), 1e-6)


def told(baseline: np.ndarray, change: np.ndarray) -> bool:
    """Return whether a mean difference is at least what chance in the baseline would hide (R each)."""
    if len(baseline) < 2:
        return False
    mean = abs(float(change.mean()))
    return mean >= DETECTABLE * float(baseline.std(ddof=1)) and mean > 1e-9 * abs(float(baseline.mean())) and mean > 1e-9


def first_month(source: Source, reform: Results) -> str | None:
    """Return the month in which a reform first acts: its levers', or else April of the first year in which it costs anything."""
    found = source.first_month(reform)
    if found is not None:
        return found
    net = np.abs(source.whole.cost_difference(reform.scenario).sel(year_ending=source.years).to_numpy()[0]).sum(axis=0)
    moved = [year for year, value in zip(source.years, net, strict=True) if value > 500.0]
    return f"{moved[0] - 1}-04" if moved else None


def indicators(source: Source, reform: Results, start: str) -> list[Indicator]:
    """Return measures by month 12, those that tell first, then by strength."""
    year = year_ending(add_months(start, MONTHS - 1))
    missing = NOT_COUNTED.get(str(source.base.metadata.get("engine")), frozenset())
    found = []
    for name in MOVE_FIRST:
        if name in missing:
            continue
        own, together, when = ((), (), "")
        if name in HEADLINES:
            own, together = (
                (_by_month(one, name, start) for one in (source.each.baseline, source.each[reform.scenario])),
                (_by_month(one, name, start) for one in (source.base, reform)),
            )
            when = f"month 12 ({month_in_words(add_months(start, MONTHS - 1))})"
        else:
            own = (yearly(one, name, [year])[..., 0] for one in (source.each.baseline, source.each[reform.scenario]))
            together = (yearly(one, name, [year])[..., 0] for one in (source.base, reform))
            when = f"31 March {year}" if MEASURES[name].over == "last" else f"year to March {year}"
        (before, after), (base, ours) = tuple(own), tuple(together)
        if np.isnan(base).any() or np.isnan(ours).any():
            continue
        in_areas = sum(told(before[a], after[a] - before[a]) for a in range(len(before)))
        one = Indicator(name, MEASURES[name].label, when, base[0], ours[0], in_areas)
        if abs(float(one.change.mean())) >= max(0.5, WORTH_SEEING * abs(float(one.baseline.mean()))):
            found.append(one)
    return sorted(found, key=lambda one: (not one.tells, not one.clear, -one.strength))


def _by_month(results: Results, name: str, start: str) -> np.ndarray:
    """Return a headline measure over the first twelve months, or at their end (A, R); missing if they are not all there."""
    months = [add_months(start, i) for i in range(MONTHS)]
    held = results.monthly.sel(measure=name)
    if not set(months) <= set(held.month.to_numpy().tolist()):
        return np.full((len(results.areas), results.replicates), np.nan)
    values = held.sel(month=months).to_numpy()
    return values.sum(axis=-1) if MEASURES[name].over == "sum" else values[..., -1]
