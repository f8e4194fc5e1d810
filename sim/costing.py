"""What a run cost: child-weeks times prices, posts times costs, programmes, allowances, grants, reforms.

Constant prices of the price base (2024-25), older prices brought to it by the scenario's deflators. Arrays: A areas, T
months of the tally, P placements, L lines, Y years ending 31 March.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from scenarios.actions import Cost, ScaleCost
from scenarios.deflators import Deflators, shipped_deflators
from scenarios.timeline import days_in_month, month_index, year_ending
from sim.compile_actions import changed
from sim.compile_areas import Figures
from sim.cost_lines import PLACEMENT_LINES, assumption, lines_of
from sim.counting import Counts, complete_years, tally_months
from sim.kernels.layout import Tally
from sim.kernels.workforce import AGENCY, PERMANENT
from sim.placement_costs import PRICE_YEAR, PlacementCosts
from sim.price_growth import Growth

FITTED_YEAR = 2024  # the fixed line of what is not modelled comes from the outturn before the year tested
COURT_PRICE_YEAR = 2018  # year ending March of `court_gbp_per_proceedings`
WEEKS_PER_YEAR = 365.25 / 7
# How authorities divide a cost of their region: figures of the last published year that add up to the key (none: equal parts).
SHARING_KEYS = {"authority": (), "children_in_care": ("cla_non_uasc_stock", "uasc_at31"), "population": ("population_0_17",)}


class Costing:
    """Costs of one run of a compiled model.

    Parameters
    ----------
    tally, compiled
        The run and its model.
    drawn
        The levers' uncertain numbers of this replicate: (action, field) -> value.
    growth
        Its growth of prices a year, by placement; by default at the means.
    """

    def __init__(self, tally: Tally, compiled: Any, drawn: dict[tuple[str, str], float], growth: Growth | None = None) -> None:
        self.tally, self.compiled, self.drawn, self.growth = tally, compiled, drawn, growth
        self.scenario, self.pathway = compiled.scenario, compiled.pathway
        self.figures: tuple[Figures, ...] = compiled.figures
        self.counts = Counts(tally, compiled)
        self.months = tally_months(tally, compiled)
        self.index = np.array([month_index(month) for month in self.months])
        self.years = np.array([year_ending(month) for month in self.months])
        self.actions = compiled.actions

    def by_month(self) -> dict[str, np.ndarray]:
        """Return pounds by line, each by area and month (A, T)."""
        found = {line.key: np.zeros((len(self.figures), len(self.months))) for line in lines_of(self.scenario)}
        placed = PlacementCosts(self.tally, self.compiled, self.growth).pounds()
        for i, name in enumerate(self.compiled.placement_names):
            if name in PLACEMENT_LINES:
                found[PLACEMENT_LINES[name]] += placed[:, :, i]
        found |= self._after_care() | self._workforce() | self._fixed()
        court = assumption("court_gbp_per_proceedings") * self.scenario.deflators.factor(COURT_PRICE_YEAR, PRICE_YEAR)
        found["courts"] = self.counts.entered_units("care_proceedings") * court
        weeks = self.counts.looked_after[..., 1].sum(2) * self._days() / 7.0
        found["uasc_grant"] = weeks * assumption("uasc_grant_gbp_per_week")
        found["uasc_grant_income"] = -found["uasc_grant"]
        for action in self.actions:
            if isinstance(action, ScaleCost):
                found[action.line] = found[action.line] * changed(self._drawn(action, "ratio"), action.phase, self.months)
        for action in self.actions:
            if isinstance(action, Cost):
                found[action.line] = found[action.line] + self.reform_cost(action)
        return found

    def _after_care(self) -> dict[str, np.ndarray]:
        """Return allowances under orders, and care leavers."""
        allowances = sum(
            self.counts.unit_days(stage)
            / 7.0
            * self._each(f"{short}_allowance")
            * self._each(f"{short}_allowance_share")
            for stage, short in (("special_guardianship", "sgo"), ("child_arrangements_order", "cao"))
        )
        leavers = self.counts.care_leavers_19_21 * self._days() / 365.25
        each = [leaving_care_rate(figures) for figures in self.figures]
        return {
            "order_allowances": allowances,
            "leaving_care": leavers * np.array(each)[:, None],
            "staying_put": self.counts.unit_days("staying_put") / 7.0 * assumption("staying_put_gbp_per_week"),
        }

    def _workforce(self) -> dict[str, np.ndarray]:
        """Return employed and agency social workers.

        Posts in post are the September of the financial year; an agency worker costs the premium more. What the published lines hold
        of both is in them already; workers more or fewer than published last cost, or save, `share_of_worker_cost_that_moves`
        of a worker's cost (the rest is overheads), and the premium on agency workers more or fewer is a line of its own.
        """
        parts = self._days() / 365.25
        posts = self._by_year("social_workers_fte", lag=1)
        share = np.minimum(self._by_year("sw_agency_pct", lag=1) / 100.0, 0.9)
        cost = self._by_year("social_worker_cost")
        agency = posts * share / (1.0 - share) * (1.0 + self._each("agency_worker_premium"))
        first, premium = int(self.tally.first_month[0]), self._each("agency_worker_premium")
        since = self.tally.posts - self.compiled.static.tables["posts"][:, first : first + len(self.months)]
        moving = cost * assumption("share_of_worker_cost_that_moves") * parts
        return {
            "social_workers": posts * cost * parts + since[:, :, PERMANENT] * moving,
            "agency_social_workers": agency * cost * parts + since[:, :, AGENCY] * moving,
            "agency_premium_change": since[:, :, AGENCY] * premium * moving,
        }

    def _fixed(self) -> dict[str, np.ndarray]:
        """Return family support (as published, then the latest year's at the level the budget leaves) and what is not modelled."""
        parts = self._days() / 365.25
        rest = np.array([unmodelled(figures, self.scenario.deflators) for figures in self.figures])[:, None]
        return {"family_support": self.counts.family_support, "unmodelled": rest * parts}

    def reform_cost(self, action: Cost) -> np.ndarray:
        """Return what a lever's cost comes to by area and month (A, T)."""
        ended = month_index(action.end) if action.end else np.inf
        running = (self.index >= month_index(action.start)) & (self.index < ended)
        each = (
            self._drawn(action, "amount") * np.array([action.series.at(int(month)) for month in self.index]) * running
        )
        return self._volumes(action)[action.basis]() * each[None, :]

    def _volumes(self, action: Cost) -> dict[str, Callable[[], np.ndarray]]:
        """Return, for each basis of a cost, the function giving what it is multiplied by, by area and month (A, T)."""
        whole = self._parts(action) * np.ones((1, len(self.months)))
        first = self.index == month_index(action.start)
        return {
            "gbp_per_year_per_authority": lambda: whole / 12.0,
            "gbp_per_child_0_17_per_year": lambda: self._by_year("population_0_17") / 12.0,
            "gbp_per_admission": lambda: self.counts.admissions(action.place),
            "gbp_per_week_in_stage": lambda: self.counts.unit_days(action.stage) / 7.0,
            "gbp_per_event": lambda: self.counts.fired_units(*action.targets),
            "gbp_once_per_authority": lambda: whole * first[None, :],
        }

    def _parts(self, action: Cost) -> np.ndarray:
        """Return what each authority bears of a cost per authority (A, 1): 1 each, or more or less by the key; as many in all as there are."""
        quantities = SHARING_KEYS[action.shared_by]
        if not quantities:
            return np.ones((len(self.figures), 1))
        key = np.array([sum(figures.get(quantity, PRICE_YEAR) for quantity in quantities) for figures in self.figures])
        return (key * len(key) / key.sum())[:, None]

    def _drawn(self, action: Any, field: str) -> float:
        """Return this run's draw of an uncertain number of an action."""
        return self.drawn[action.name, field]

    def _each(self, quantity: str) -> np.ndarray:
        """Return an area's latest figure (A, 1)."""
        return np.array([figures.get(quantity) for figures in self.figures])[:, None]

    def _by_year(self, quantity: str, lag: int = 0) -> np.ndarray:
        """Return an area's figure of each month's year, or of `lag` years before (A, T)."""
        known = {
            year: [figures.get(quantity, year - lag) for figures in self.figures] for year in sorted(set(self.years))
        }
        return np.array([known[year] for year in self.years]).T

    def _days(self) -> np.ndarray:
        """Return the length of each month in days (1, T)."""
        return np.array([days_in_month(month) for month in self.months], float)[None, :]


def leaving_care_rate(figures: Figures) -> float:
    """Return pounds a year of a care leaver aged 19 to 21 beside staying put, which the published line holds and a line of its own pays for."""
    staying = assumption("staying_put_per_care_leaver") * WEEKS_PER_YEAR * assumption("staying_put_gbp_per_week")
    return max(0.0, figures.get("leaving_care_gbp_per_care_leaver_year", default=0.0) - staying)


def unmodelled(figures: Figures, deflators: Deflators | None = None) -> float:
    """Return what a year's published spend holds beyond the lines modelled: pounds a year, price base 2024-25.

    From the outturn of 2023-24 brought to the price base by the deflators (the shipped ones if none are given), so the year tested (2024-25) has
    no part in it.
    Adoption and allowances, which the model counts, are taken out at what the profile implies of them.
    """

    def spend(line: str) -> float:
        """Return the outturn of a line in 2023-24, pounds; 0 where there is none."""
        return figures.get(f"spend_{line}", FITTED_YEAR, default=0.0)

    modelled = sum(
        spend(line) for line in ("fostering", "residential", "leaving_care", "safeguarding", "family_support")
    )
    care = figures.get("cla_non_uasc_stock", FITTED_YEAR)
    adoption = figures.get("price_adoption_placement") * figures.get("placement_share_placed_for_adoption") * care
    allowances = sum(
        figures.get("care_ceased_non_uasc") * figures.get(f"exit_share_{short}") * assumption("years_under_order")
        * figures.get(f"{short}_allowance") * figures.get(f"{short}_allowance_share")
        for short in ("sgo", "cao")
    )  # fmt: skip
    outturn = (spend("children_services") - modelled) * (deflators or shipped_deflators()).factor(FITTED_YEAR, PRICE_YEAR)
    return max(0.0, outturn - (adoption + allowances) * WEEKS_PER_YEAR)


def annual_costs(tally: Tally, compiled: Any, drawn: dict[tuple[str, str], float], growth: Growth | None = None) -> np.ndarray:
    """Return pounds by area, line and complete year (A, L, Y), lines in the order of `lines_of`, at constant prices; arguments as of `Costing`."""
    costing = Costing(tally, compiled, drawn, growth)
    monthly = np.stack(list(costing.by_month().values()), axis=1)
    years = complete_years(costing.months)
    return np.stack([monthly[:, :, span].sum(axis=2) for span in years.values()], axis=2)
