"""What a run cost: child-weeks times prices, posts times costs, programmes, allowances, grants, reforms.

Constant prices of the scenario's price base (2024-25); nominal series multiply a year by general inflation. Arrays: A
areas, T months of the tally, P placements, L lines, Y years ending 31 March.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from scenarios.actions import Cost, PriceGain
from scenarios.timeline import days_in_month, month_index, year_ending
from sim.compile_areas import Figures
from sim.cost_lines import PLACEMENT_LINES, assumption, lines_of
from sim.counting import Counts, complete_years, tally_months
from sim.kernels.layout import NEEDS, Tally
from sim.kernels.workforce import AGENCY, PERMANENT

PRICE_YEAR = 2025  # year ending March 2025: prices of the profiles are those of the outturn 2024-25
MIDDLE_OF_PRICE_YEAR = month_index("2024-09") + 0.5
FITTED_YEAR = 2024  # the fixed line of what is not modelled comes from the outturn before the year tested
WEEKS_PER_YEAR = 365.25 / 7
# How authorities divide a cost of their region: figures of the last published year that add up to the key (none: equal parts).
SHARING_KEYS = {"authority": (), "children_in_care": ("cla_non_uasc_stock", "uasc_at31"), "population": ("population_0_17",)}
NEEDS_NAMES = ("standard", "enhanced", "complex", "very_complex")


class Costing:
    """Costs of one run of a compiled model.

    Parameters
    ----------
    tally, compiled
        The run and its model.
    drawn
        The levers' uncertain numbers of this replicate: (action, field) -> value.
    """

    def __init__(self, tally: Tally, compiled: Any, drawn: dict[tuple[str, str], float]) -> None:
        self.tally, self.compiled, self.drawn = tally, compiled, drawn
        self.scenario, self.pathway = compiled.scenario, compiled.pathway
        self.figures: tuple[Figures, ...] = compiled.figures
        self.counts = Counts(tally, compiled)
        self.months = tally_months(tally, compiled)
        self.index = np.array([month_index(month) for month in self.months])
        self.years = np.array([year_ending(month) for month in self.months])
        self.actions = compiled.actions
        self.placements = tuple(compiled.placement_names)

    def by_month(self) -> dict[str, np.ndarray]:
        """Return pounds by line, each by area and month (A, T)."""
        found = {line.key: np.zeros((len(self.figures), len(self.months))) for line in lines_of(self.scenario)}
        placed = self.placement_costs()
        for i, name in enumerate(self.placements):
            if name in PLACEMENT_LINES:
                found[PLACEMENT_LINES[name]] += placed[:, :, i]
        found |= self._after_care() | self._workforce() | self._fixed()
        found["courts"] = self.counts.entered_units("care_proceedings") * assumption("court_gbp_per_proceedings")
        weeks = self.counts.looked_after[..., 1].sum(2) * self._days() / 7.0
        found["uasc_grant"] = weeks * assumption("uasc_grant_gbp_per_week")
        found["uasc_grant_income"] = -found["uasc_grant"]
        for action in self.actions:
            if isinstance(action, Cost):
                found[action.line] = found[action.line] + self.reform_cost(action)
        return found

    def weeks(self) -> np.ndarray:
        """Return child-weeks by placement and needs (A, T, P, 4)."""
        return self.tally.placement_days / 7.0

    def placement_costs(self) -> np.ndarray:
        """Return pounds by placement (A, T, P): child-weeks by needs times the price for those needs."""
        return np.einsum("atpn,pn->atp", self.weeks(), needs_multipliers(self.pathway, self.placements)) * self.prices()

    def prices(self) -> np.ndarray:
        """Return the mean price of a week by area, month and placement (A, T, P).

        Price = authority's base x exogenous real growth x the market's response to use x (1 - what commissioning has
        won).
        """
        base = np.array([[base_price(figures, name) for name in self.placements] for figures in self.figures])
        path = price_path(self.scenario, self.actions, self.drawn, self.index, self.placements)
        return base[:, None, :] * path[None] * self._response()

    def prices_by_needs(self) -> np.ndarray:
        """Return the price of a week by area, month, placement and needs (A, T, P, 4)."""
        return self.prices()[..., None] * needs_multipliers(self.pathway, self.placements)[None, None]

    def _response(self) -> np.ndarray:
        """Return the market's index of each placement's price (A, T, P); 1 where places have no limit."""
        index = np.ones((len(self.figures), len(self.months), len(self.placements)))
        for p, place in enumerate(self.pathway.places.values()):
            if place.stage in self.placements:
                index[:, :, self.placements.index(place.stage)] = self.tally.price_end[:, :, p]
        return index

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
        return {
            "order_allowances": allowances,
            "leaving_care": leavers * self._each("leaving_care_gbp_per_care_leaver_year"),
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
        rest = np.array([unmodelled(figures) for figures in self.figures])[:, None]
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


def price_path(scenario: Any, actions: Any, drawn: dict, index: np.ndarray, placements: tuple[str, ...]) -> np.ndarray:
    """Return prices over those of the price base (T, P): exogenous growth, less what commissioning has won; `index` numbers months (T)."""
    return _growth(scenario, index, placements) * (1.0 - _gains(actions, drawn, index, placements))


def _growth(scenario: Any, index: np.ndarray, placements: tuple[str, ...]) -> np.ndarray:
    """Return exogenous real growth of prices since the middle of the price year (T, P)."""
    rates = scenario.settings.prices.real_growth_per_year
    growth = np.array([rates[name].value if name in rates else 0.0 for name in placements])
    years = (index - MIDDLE_OF_PRICE_YEAR) / 12.0
    return (1.0 + growth[None, :]) ** years[:, None]


def _gains(actions: Any, drawn: dict, index: np.ndarray, placements: tuple[str, ...]) -> np.ndarray:
    """Return the share commissioning has won off each price as placements were let again (T, P)."""
    left = np.ones((len(index), len(placements)))
    for action in actions:
        if isinstance(action, PriceGain):
            fraction, relet = drawn[action.name, "fraction"], drawn[action.name, "relet_share_per_year"]
            since = np.maximum(index - month_index(action.start) + 1, 0) / 12.0
            won = fraction * (1.0 - np.exp(-relet * since))
            for name in action.stages:
                left[:, placements.index(name)] *= 1.0 - won
    return 1.0 - left


def base_price(figures: Figures, placement: str) -> float:
    """Return an authority's price of a week at the price base; provisional kinship care as approved."""
    name = "kinship_foster" if placement == "kinship_foster_provisional" else placement
    return figures.get(f"price_{name}", PRICE_YEAR, default=0.0)


def needs_multipliers(pathway: Any, placements: tuple[str, ...]) -> np.ndarray:
    """Return the price of each placement by needs over its mean price (P, 4), averaging to 1 over planned needs.

    The mix is the pathway's: shares of needs times how much likelier each is to be planned for the placement. It is
    the same in every scenario, so that a dearer mix of children shows as volume and never as price.
    """
    shares = np.array(pathway.families.needs_shares)
    weights = pathway.planned_by_needs
    table = np.ones((len(placements), NEEDS))
    for i, name in enumerate(placements):
        group = pathway.stages[name].group
        if group not in ("foster", "childrens_home", "supported"):
            continue  # other prices are already those of the children who are there
        raw = np.array([assumption(f"needs_price_{group}_{needs}") for needs in NEEDS_NAMES])
        mix = shares * np.array(weights.get(name, (1.0,) * NEEDS))
        table[i] = raw / (raw @ mix / mix.sum())
    return table


def unmodelled(figures: Figures) -> float:
    """Return what a year's published spend holds beyond the lines modelled: pounds a year, price base 2024-25.

    From the outturn of 2023-24 moved by one year's general inflation, so the year tested (2024-25) has no part in it.
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
    outturn = (spend("children_services") - modelled) * assumption("outturn_2023_24_to_2024_25")
    return max(0.0, outturn - (adoption + allowances) * WEEKS_PER_YEAR)


def annual_costs(tally: Tally, compiled: Any, drawn: dict[tuple[str, str], float]) -> np.ndarray:
    """Return pounds by area, line and complete year (A, L, Y), lines in the order of `lines_of`, at constant prices."""
    costing = Costing(tally, compiled, drawn)
    monthly = np.stack(list(costing.by_month().values()), axis=1)
    years = complete_years(costing.months)
    return np.stack([monthly[:, :, span].sum(axis=2) for span in years.values()], axis=2)


def nominal_factors(years: list[int], scenario: Any) -> np.ndarray:
    """Return what turns constant prices into cash of each year (Y)."""
    rate = scenario.settings.prices.general_inflation_per_year.value
    return (1.0 + rate) ** (np.asarray(years) - PRICE_YEAR)
