"""A reform's differences from its baseline by run, line of cost and year: what every table of an appraisal is made of.

Differences are taken run by run, before anything is averaged. Pounds at constant prices; a rise is above 0. Arrays: R runs, L lines, Y years.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, get_args

import numpy as np

from outputs.appraisal_terms import Terms
from outputs.tables import after_branch
from scenarios.actions import Payer
from sim.results import Comparison, Results, brought

PAYERS: tuple[str, ...] = get_args(Payer)
ALL_PAYERS = "all payers"
# Whose costs and benefits count. Society's leave out social security, which moves money between people and uses up nothing (the Green Book's rule).
PERSPECTIVES = {
    "authority": ("authority",),
    "exchequer": PAYERS,
    "society": tuple(payer for payer in PAYERS if payer != "benefits"),
}
QUANTILES = {"p05": 0.05, "p10": 0.10, "p50": 0.50, "p90": 0.90, "p95": 0.95}
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class Flows:
    """What one reform changes in one area.

    Attributes
    ----------
    scenario, area, price_base, years
        Whose, where, at which prices, and the years ending 31 March from the branch on.
    lines
        Line of cost -> what it is (label, payer, kind ...), whether it is the reform's `own`, and whether the baseline has it too (`in_baseline`),
        in the order of the arrays.
    change
        Pounds more, or less, than in the baseline (R, L, Y).
    baseline
        The baseline's pounds (R, L, Y).
    child_years
        Child-years in care fewer than in the baseline (R, Y).
    nominal
        What turns constant prices into cash (Y).
    rate
        The scenario's own discount rate, a share a year.
    """

    scenario: str
    area: str
    price_base: str
    years: tuple[int, ...]
    lines: Mapping[str, Mapping[str, Any]]
    change: np.ndarray
    baseline: np.ndarray
    child_years: np.ndarray
    nominal: np.ndarray
    rate: float

    @cached_property
    def own(self) -> np.ndarray:
        """Which lines are the reform's own: on which its levers spend and the baseline's do not, or not alike (L)."""
        return np.array([bool(line["own"]) for line in self.lines.values()])

    def lines_of(self, payers: tuple[str, ...], kinds: tuple[str, ...] = ("cost", "income", "transfer")) -> np.ndarray:
        """Return which lines these payers bear, of some kinds (L)."""
        return np.array([line["payer"] in payers and line["kind"] in kinds for line in self.lines.values()])

    def total(self, lines: np.ndarray) -> np.ndarray:
        """Return the change in some lines (L) added up (R, Y)."""
        return self.change[:, lines].sum(axis=1)

    def net(self, payers: tuple[str, ...]) -> np.ndarray:
        """Return net cost to some payers against the baseline (R, Y)."""
        return self.total(self.lines_of(payers))

    def costs(self, payers: tuple[str, ...]) -> np.ndarray:
        """Return what the reform's own lines cost some payers (R, Y)."""
        return self.total(self.lines_of(payers) & self.own)

    def benefits(self, payers: tuple[str, ...]) -> np.ndarray:
        """Return what all other lines fall by (R, Y); below 0 where they rise."""
        return -self.total(self.lines_of(payers) & ~self.own)

    def with_optimism_bias(self, costs: float, benefits: float) -> Flows:
        """Return the same with rises of cost raised by a share and falls cut by another.

        Decided by the mean over runs, for each payer and year, of lines together: those the reform brings, those of the baseline on which it spends
        otherwise, and all others. Chance moves pounds between lines and runs, and would otherwise count as cost. A fall of what the baseline spends
        is planned, not hoped for, and stays; so do income and grants.
        """
        if costs == benefits == 0.0:
            return self
        scale = np.ones(self.change.shape[1:])
        planned = self.own & np.array([bool(line["in_baseline"]) for line in self.lines.values()])
        for payer in PAYERS:
            for kind, fallen in ((self.own & ~planned, 1.0 - benefits), (planned, 1.0), (~self.own, 1.0 - benefits)):
                lines = self.lines_of((payer,), ("cost",)) & kind
                scale[lines] = np.where(self.total(lines).mean(axis=0) > 0.0, 1.0 + costs, fallen)
        kept_out = np.where(self.child_years.mean(axis=0) > 0.0, 1.0 - benefits, 1.0 + costs)
        return replace(self, change=self.change * scale, child_years=self.child_years * kept_out)


def flows(comparison: Comparison, terms: Terms | None = None) -> Iterator[Flows]:
    """Yield what each reform changes in each area, with the terms' optimism bias."""
    terms = terms or Terms()
    base = comparison.baseline
    years = after_branch(base)
    for reform in comparison.reforms:
        ours = brought(base, reform)
        both = {**base.lines, **reform.lines}
        lines = {key: {**line, "own": key in ours, "in_baseline": key in base.lines} for key, line in both.items()}
        before, after = (_costs(one, list(lines), years) for one in (base, reform))
        days = comparison.difference(reform.scenario).sel(measure="days_in_care", year_ending=years).to_numpy()
        for a, area in enumerate(base.areas):
            found = Flows(
                reform.scenario, area, str(base.metadata["price_base"]), tuple(years), lines, after[a] - before[a], before[a],
                -days[a] / DAYS_PER_YEAR, base.nominal_factors(years, terms.deflators), float(base.metadata["discount_rate_per_year"]),
            )  # fmt: skip
            yield found.with_optimism_bias(terms.optimism_bias_costs, terms.optimism_bias_benefits)


def _costs(results: Results, lines: list[str], years: list[int]) -> np.ndarray:
    """Return pounds of some lines, 0 of those it lacks, in some years (A, R, L, Y)."""
    costs = results.costs.sel(year_ending=years).reindex(line=lines, fill_value=0.0)
    return costs.transpose("area", "replicate", "line", "year_ending").to_numpy()


def spread(values: np.ndarray) -> dict[str, float]:
    """Return mean and quantiles over runs (R)."""
    levels = np.quantile(values, list(QUANTILES.values()))
    return {"mean": float(np.mean(values))} | {name: float(level) for name, level in zip(QUANTILES, levels, strict=True)}


def spread_of_years(years: np.ndarray) -> dict[str, float]:
    """Return quantiles over runs of years that are one of those given, never between two; 0 is no year, and is left out. There is no mean year."""
    found = years[years > 0]
    levels = np.quantile(found, list(QUANTILES.values()), method="inverted_cdf") if len(found) else np.full(len(QUANTILES), np.nan)
    return {"mean": float("nan")} | {name: float(level) for name, level in zip(QUANTILES, levels, strict=True)}
