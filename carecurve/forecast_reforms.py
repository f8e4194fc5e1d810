"""Reforms on top of a forecast from records: what the whole model says a reform changes in an authority, applied to the authority's own caseload.

Records know children in care; most reforms act before the door of care, on places, or on workers. So each reform is simulated in the whole model,
paired
with the baseline, for the authority's area, and what it does to care goes over as ratios by budget year: entries by age band, hazards of leaving and
of
moving, where children are placed, prices. What it costs beside placements goes over in pounds. Each run of the whole model is a *world*: its draw of
what is not known of the reform scales the ratios of all years.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from carecurve import api
from outputs.forecast_costs import LINES
from sim.caseload import AGE_BANDS, PLACEMENTS, budget_year
from sim.kernels.caseload import Reform
from sim.results import Results

WORLDS = 24
SIGNIFICANT = 2.0  # standard errors, over worlds, below which worlds are taken not to differ but by chance
STARTS = ("cla_started_under_1", "cla_started_1_to_4", "cla_started_5_to_9", "cla_started_10_to_15", "cla_started_16_plus")
STOCKS = {
    "kinship_foster": "kinship_at31", "in_house_foster": "in_house_foster_at31", "agency_foster": "agency_foster_at31",
    "authority_childrens_home": "childrens_home_at31", "childrens_home": "childrens_home_at31", "secure_home": "secure_home_at31",
    "youth_detention": "youth_detention_at31", "supported_accommodation": "supported_at31", "with_parents": "with_parents_at31",
    "adoption_placement": "adoption_at31", "other_placement": "other_at31",
}  # fmt: skip
PRICES = {
    "kinship_foster": "foster", "in_house_foster": "foster", "agency_foster": "foster", "authority_childrens_home": "home", "childrens_home": "home",
    "supported_accommodation": "supported",
}  # fmt: skip


@dataclass(frozen=True)
class ReformEffect:
    """What a reform changes in an authority, for the months of a forecast.

    Attributes
    ----------
    key, label
        The scenario's.
    reform
        Ratios by world and month.
    price
        Prices over the baseline's, by world, month and placement (W, M, K).
    other_gbp
        What it costs the authority beside placements, over the baseline, by world and budget year (W, Y), constant prices; savings below 0.
    """

    key: str
    label: str
    reform: Reform
    price: np.ndarray
    other_gbp: np.ndarray


def effects_of(
    reforms: Sequence[str], area: str, months: Sequence[date], seed: int, workers: int | None, progress: Callable[[int, int], None] | None = None
) -> list[ReformEffect]:
    """Simulate reforms and the baseline in the whole model for an area, and return what each changes.

    Raises
    ------
    ScenarioError, UnknownNameError, ExperimentError
        If a scenario or the area cannot be used.
    """
    last = budget_year(months[-1])
    comparison = api.compare(
        "baseline", *reforms, area=area, until=f"{last}-03", runs=WORLDS, seed=seed, effects="drawn", workers=workers, progress=progress
    )
    return [_effect(comparison.baseline, one, months) for one in comparison.reforms]


def _effect(base: Results, reform: Results, months: Sequence[date]) -> ReformEffect:
    """Return what a reform changes, from paired results of one area."""
    before, after = _Annual(base), _Annual(reform)
    year = np.array([budget_year(day) for day in months])
    at = np.clip(year - base.years[0], 0, len(base.years) - 1)
    known = (year >= base.years[0])[None, :]

    def by_month(by_year: np.ndarray) -> np.ndarray:
        """Return ratios by year (W, Y) by month; 1 before the whole model's first year."""
        return np.where(known, by_year[:, at], 1.0)

    enter = np.stack([by_month(ratios(before.of(name), after.of(name))) for name in STARTS], axis=-1)
    leave = by_month(ratios(before.leaving(), after.leaving()))
    move = by_month(ratios(before.moving(), after.moving()))
    weight = np.stack([by_month(ratios(before.share(STOCKS[name]), after.share(STOCKS[name]))) for name in PLACEMENTS], axis=-1)
    price = np.stack([by_month(_price(before, after, name)) for name in PLACEMENTS], axis=-1)
    shape = (len(leave), len(months), len(AGE_BANDS), len(PLACEMENTS))
    ratios_by_month = Reform(
        np.ascontiguousarray(np.broadcast_to(leave[:, :, None, None], shape)),
        np.ascontiguousarray(np.broadcast_to(move[:, :, None], (*shape[:2], shape[3]))), np.clip(enter, 0.0, 2.0), weight,
    )  # fmt: skip
    others = [line for line in reform.payers("authority") if line not in LINES]
    spent = (reform.costs.sel(line=others).sum("line") - _lines(base, others)).isel(area=0).to_numpy()
    years = range(int(year[0]), int(year[-1]) + 1)
    other = np.stack([spent[:, y - base.years[0]] if y >= base.years[0] else np.zeros(len(spent)) for y in years], axis=1)
    return ReformEffect(reform.scenario, reform.label, ratios_by_month, price, other)


def _lines(results: Results, lines: list[str]):
    """Return the sum of those of some lines that results have."""
    return results.costs.sel(line=[line for line in lines if line in results.costs.line.to_numpy()]).sum("line")


class _Annual:
    """Counts of one area by run and year (W, Y)."""

    def __init__(self, results: Results) -> None:
        self.annual = results.annual.isel(area=0)

    def of(self, name: str) -> np.ndarray:
        """Return a measure."""
        return self.annual.sel(measure=name).to_numpy()

    def leaving(self) -> np.ndarray:
        """Return those who left before 18 for each day in care."""
        return (self.of("cla_ceased") - self.of("aged_out")) / np.maximum(self.of("days_in_care"), 1.0)

    def moving(self) -> np.ndarray:
        """Return moves for each day in care."""
        return self.of("placement_moves") / np.maximum(self.of("days_in_care"), 1.0)

    def share(self, name: str) -> np.ndarray:
        """Return a placement's share of children in care."""
        return self.of(name) / np.maximum(self.of("cla_at31"), 1.0)


def _price(before: _Annual, after: _Annual, placement: str) -> np.ndarray:
    """Return a placement's price over the baseline's; 1 for those reforms do not price."""
    group = PRICES.get(placement)
    if group is None:
        return np.ones_like(before.of("cla_at31"))
    gbp, weeks = f"{group}_gbp", f"{group}_weeks"
    return ratios(before.of(gbp) / np.maximum(before.of(weeks), 1.0), after.of(gbp) / np.maximum(after.of(weeks), 1.0))


def ratios(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return what a reform multiplies a rate by, by world and year, from paired runs (W, Y).

    The ratio of each year is that of the means over worlds, drawn towards 1 by as little as its evidence is: with t standard errors of the difference
    over all years, t^2 / (1 + t^2) of its distance from 1 is kept (the estimate less its own variance, over itself), so that one child in a secure
    home more or less in a small authority is no ratio of 0 or 2. Worlds scale the distance, all years alike, by their own difference over the mean
    difference, where that is more than chance; else they do not differ.
    """
    mean_before = before.mean(axis=0)
    mean = np.divide(after.mean(axis=0), mean_before, out=np.ones_like(mean_before), where=mean_before > 0)
    difference = (after - before).sum(axis=1) / max(before.mean(axis=0).sum(), 1e-12)
    if len(difference) < 2 or not difference.any():
        return np.broadcast_to(mean, before.shape).copy()
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    squared = (difference.mean() / error) ** 2 if error > 0 else np.inf
    mean = 1.0 + (mean - 1.0) * (squared / (1.0 + squared) if np.isfinite(squared) else 1.0)
    if squared <= SIGNIFICANT**2:
        return np.broadcast_to(mean, before.shape).copy()
    scale = np.clip(difference / difference.mean(), -1.0, 3.0)
    return np.clip(1.0 + (mean - 1.0)[None, :] * scale[:, None], 0.0, None)
