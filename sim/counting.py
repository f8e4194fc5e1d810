"""Count what a run did, by the Department for Education's rules (the table is `sim.measures.MEASURES`).

A tally holds months; a measure makes years of them. Years end on 31 March and only complete ones (April to March) are
counted. Arrays: A areas, T months of the tally, M measures, Y years, in the order of `MEASURES` and `complete_years`.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from scenarios.timeline import days_in_month, year_ending
from sim.counting_children import ChildCounts
from sim.counting_places import PlaceCounts
from sim.kernels import layout as L
from sim.kernels.budget import BUDGET, LEVEL, PLANNED, RESERVES, SPENT
from sim.kernels.layout import Tally
from sim.measures import COUNTED, HEADLINES, MEASURES, RATIOS
from sim.measures_care import SUPPORTED_AFTER_CARE
from sim.placement_costs import PlacementCosts
from sim.price_growth import Growth

CARE_LEAVER_FROM, CARE_LEAVER_TO = 19.0, 22.0  # published as "aged 19 to 21"
SUPPORT_STARTS, SUPPORT_ENDS = 18.0, 25.0


class Counts(PlaceCounts, ChildCounts):
    """What a tally holds, by name instead of by number; every count is an array by area and month (A, T)."""

    def __init__(self, tally: Tally, compiled: Any, growth: Growth | None = None) -> None:
        self.tally, self.compiled, self.growth = tally, compiled, growth
        self._stage = {name: i for i, name in enumerate(compiled.stage_names)}
        self._transition = {name: k for k, name in enumerate(compiled.transition_names)}
        self._place = {name: p for p, name in enumerate(compiled.place_names)}
        self.pathway = compiled.pathway
        self.first = int(tally.first_month[0])
        self.months = tally.units_end.shape[1]

    def stage_rows(self, names: Iterable[str]) -> list[int]:
        """Return the rows of those of the stages that this pathway has."""
        return [self._stage[name] for name in names if name in self._stage]

    def entered(self, *stages: str) -> np.ndarray:
        """Children counted on entry, children who join a family already there included."""
        return self._sum(self.tally.entered_children, self.stage_rows(stages))

    def entered_units(self, *stages: str) -> np.ndarray:
        """Families (or children, for a child's stage) entering."""
        return self._sum(self.tally.entered, self.stage_rows(stages))

    def left(self, *stages: str) -> np.ndarray:
        """Children counted on leaving."""
        return self._sum(self.tally.left_children, self.stage_rows(stages))

    def at_end(self, *stages: str) -> np.ndarray:
        """Children at the end of the month."""
        return self._sum(self.tally.children_end, self.stage_rows(stages))

    def unit_days(self, *stages: str) -> np.ndarray:
        """Family-days or child-days."""
        return self._sum(self.tally.unit_days, self.stage_rows(stages))

    def transition_rows(self, names: Iterable[str]) -> list[int]:
        """Return the rows of transitions named by themselves or by the group (`area_ratio`) they share."""
        groups = self.pathway.groups
        full = [one for name in names for one in groups.get(name, (name,))]
        return [self._transition[name] for name in full if name in self._transition]

    def fired(self, *transitions: str) -> np.ndarray:
        """Children counted when transitions fired."""
        return self._sum(self.tally.fired_children, self.transition_rows(transitions))

    def fired_units(self, *transitions: str) -> np.ndarray:
        """Families (or children) for whom transitions fired."""
        return self._sum(self.tally.fired, self.transition_rows(transitions))

    def outcomes(self, stage: str) -> np.ndarray:
        """Children whose stay in a stage of stated duration came to one of its outcomes."""
        names = self.pathway.stages[stage].outcomes if stage in self.pathway.stages else ()
        return self.fired(*(f"{stage}.{name}" for name in names))

    def units_at_end(self, *stages: str) -> np.ndarray:
        """Families (or children, for a child's stage) at the end of the month."""
        return self._sum(self.tally.units_end, self.stage_rows(stages))

    def left_units(self, *stages: str) -> np.ndarray:
        """Families (or children, for a child's stage) leaving."""
        return self._sum(self.tally.left, self.stage_rows(stages))

    def repeat_plans(self, within: int) -> np.ndarray:
        """Children starting a plan who had an earlier one: 0 ever, 1 ended less than two years before."""
        return self.tally.repeat_plans[..., within]

    @property
    def court_capacity(self) -> np.ndarray:
        """Sets of proceedings at which courts' pressure would be 1; 0 while their weeks are those published."""
        return divide(self.tally.court_work, self.tally.court_pressure)

    @property
    def court_work(self) -> np.ndarray:
        """Sets of proceedings open at the start of months in which courts follow them."""
        return self.tally.court_work * (self.tally.court_pressure > 0.0)

    @property
    def rereferred(self) -> np.ndarray:
        """Children referred within twelve months of the family's last referral."""
        return self.tally.rereferred

    @cached_property
    def in_need(self) -> np.ndarray:
        """Children in need at month end: open family stages, looked after, care leavers (ruling 31); no child twice."""
        return self.at_end(*(name for name, stage in self.pathway.stages.items() if stage.in_need))

    @property
    def started(self) -> np.ndarray:
        """Children starting to be looked after, once a year, by age and whether UASC (A, T, 5, 2)."""
        return self.tally.started_once

    @property
    def ceased(self) -> np.ndarray:
        """Children ceasing to be looked after, once a year (A, T, 7, 2)."""
        return self.tally.ceased_once

    @property
    def looked_after(self) -> np.ndarray:
        """Children looked after at month end (A, T, 5, 2)."""
        return self.tally.looked_after_end

    @cached_property
    def re_entries(self) -> np.ndarray:
        """Children coming back into care by a re-entry transition."""
        names = [f"{stage}.{name}" for stage, name, step in self.pathway.steps() if step.re_entry]
        return self.fired(*names)

    def placement_group(self, group: str) -> np.ndarray:
        """Children at month end in the placements of a published group."""
        return self.at_end(*self._group(group))

    def placement_weeks(self, group: str) -> np.ndarray:
        """Child-weeks in the placements of a published group."""
        return self.unit_days(*self._group(group)) / 7.0

    def _group(self, group: str) -> list[str]:
        """Return the stages of a published group of placements."""
        return [name for name, stage in self.pathway.stages.items() if stage.group == group]

    @cached_property
    def _costs(self) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Pounds of placements, and in parts (A, T, P)."""
        costs = PlacementCosts(self.tally, self.compiled, self.growth)
        return costs.pounds(), costs.parts()

    def stage_gbp(self, *placements: str, part: str = "") -> np.ndarray:
        """Pounds that placements cost, or a part of them (`PlacementCosts.parts`)."""
        pounds, parts = self._costs
        names = self.compiled.placement_names
        return (parts[part] if part else pounds)[:, :, [names.index(name) for name in placements if name in names]].sum(axis=2)

    def placement_gbp(self, group: str, part: str = "") -> np.ndarray:
        """Pounds that the placements of a published group cost, or a part of them."""
        return self.stage_gbp(*self._group(group), part=part)

    @property
    def dear(self) -> np.ndarray:
        """At month end: children at `DEAR_GBP_PER_WEEK` or more, pounds a week of theirs and of all; children at `TAIL_GBP_PER_WEEK` (A, T, 5)."""
        return self.tally.dear_end

    @cached_property
    def _market(self) -> list[str]:
        """Placements whose places are a market's."""
        return [place.stage for place in self.pathway.places.values() if place.owned_by == "market"]

    @property
    def market_lets(self) -> np.ndarray:
        """Placements begun in a market's places."""
        return self.entered_units(*self._market)

    @property
    def market_children(self) -> np.ndarray:
        """Children in a market's places, on average over the month."""
        days = [days_in_month(month) for month in tally_months(self.tally, self.compiled)]
        return self.unit_days(*self._market) / np.array(days, float)[None, :]

    @cached_property
    def unlawful(self) -> np.ndarray:
        """Children in placements that are offences."""
        return self.at_end(*(name for name, stage in self.pathway.stages.items() if stage.unlawful))

    @cached_property
    def care_leavers_19_21(self) -> np.ndarray:
        """Care leavers aged 19 to 21, by the share of `share_of_care_leavers`."""
        return self.at_end(*SUPPORTED_AFTER_CARE) * share_of_care_leavers(self.pathway)

    @property
    def placements_made(self) -> np.ndarray:
        """Placements made, planned or not."""
        return self.tally.planned_actual.sum(axis=(2, 3))

    @cached_property
    def _same_type(self) -> np.ndarray:
        """1 where two placements are of one type, whoever owns them (S, S)."""
        types = [self.pathway.stages[name].type or name for name in self.compiled.placement_names]
        return np.array([[int(one == other) for other in types] for one in types])

    @property
    def placements_not_as_planned(self) -> np.ndarray:
        """Placements made of another type than planned, whoever owns the place."""
        return self.placements_made - (self.tally.planned_actual * self._same_type).sum(axis=(2, 3))

    @property
    def placements_bought(self) -> np.ndarray:
        """Placements made of the planned type, but of another owner: bought, since own places are planned and tried first."""
        as_planned = np.trace(self.tally.planned_actual, axis1=2, axis2=3)
        return (self.tally.planned_actual * self._same_type).sum(axis=(2, 3)) - as_planned

    @property
    def siblings(self) -> np.ndarray:
        """Sibling groups placed, and placed apart (A, T, 2)."""
        return self.tally.apart

    @property
    def far(self) -> np.ndarray:
        """Children placed in another authority of the pool."""
        return self.tally.far.sum(axis=2)

    def admissions(self, place: str) -> np.ndarray:
        """Families given a place: at once, or from the waiting list."""
        if place not in self._place:
            return np.zeros((self.tally.units_end.shape[0], self.months))
        joined, admitted = (self.tally.queue[:, :, self._place[place], i] for i in (0, 1))
        stages = [name for name, s in self.pathway.stages.items() if s.needs and s.needs.place == place]
        return self.entered_units(*stages) - joined + admitted

    def days_waited(self, place: str) -> np.ndarray:
        """Days that families given a place had waited for it."""
        if place not in self._place:
            return np.zeros((self.tally.units_end.shape[0], self.months))
        return self.tally.queue[:, :, self._place[place], 3]

    def waiting(self, place: str) -> np.ndarray:
        """Families on the waiting list at month end."""
        if place not in self._place:
            return np.zeros((self.tally.units_end.shape[0], self.months))
        return self.tally.queue[:, :, self._place[place], 4]

    @cached_property
    def _saved_share(self) -> np.ndarray:
        """Share of planned family support saved: of what is not ring-fenced, what is below the level of 1 (A, T)."""
        rules = self.compiled.scenario.settings.budget
        return (1.0 - rules.ring_fenced_share.value if rules else 1.0) * (1.0 - self.tally.accounts_end[..., LEVEL])

    @cached_property
    def _support_per_year(self) -> np.ndarray:
        """Pounds a year of the authority's own family support as planned, levers' plans for it included, in each month's year (A, T)."""
        years = [year_ending(month) for month in tally_months(self.tally, self.compiled)]
        outturn = np.array([[figures.get("spend_family_support", year, default=0.0) for year in years] for figures in self.compiled.figures])
        return outturn * self.tally.accounts_end[..., PLANNED]

    @property
    def family_support_planned(self) -> np.ndarray:
        """Pounds of the authority's own family support, as planned."""
        days = [days_in_month(month) for month in tally_months(self.tally, self.compiled)]
        return self._support_per_year * np.array(days, float)[None, :] / L.YEAR

    @property
    def family_support(self) -> np.ndarray:
        """Pounds of the authority's own family support, at the level the budget leaves."""
        return self.family_support_planned * (1.0 - self._saved_share)

    @property
    def overspend(self) -> np.ndarray:
        """Pounds by which care has cost more, so far this financial year, than was budgeted for all of it; 0 where nothing was."""
        spent, budgeted = self.tally.accounts_end[..., SPENT], self.tally.accounts_end[..., BUDGET]
        return np.where(budgeted > 0.0, spent - budgeted, 0.0)

    @property
    def reserves(self) -> np.ndarray:
        """Pounds in reserve if the financial year ended with the month: what is saved on family support put in, overspend taken out."""
        return self.tally.accounts_end[..., RESERVES] + self._support_per_year * self._saved_share - self.overspend

    @property
    def work(self) -> np.ndarray:
        """Weighted cases at the start of the month."""
        return self.tally.work

    @property
    def capacity(self) -> np.ndarray:
        """Weighted cases at which pressure would be 1."""
        return divide(self.tally.work, self.tally.pressure)

    def posts(self, *kinds: int) -> np.ndarray:
        """Permanent, agency or vacant posts in the month, full-time equivalents, by their columns in the tally."""
        return self.tally.posts[:, :, list(kinds)].sum(axis=2)

    @property
    def overloaded(self) -> np.ndarray:
        """1 in months with pressure above 1."""
        return (self.tally.pressure > 1.0).astype(float)

    def _sum(self, table: np.ndarray, rows: list[int]) -> np.ndarray:
        """Return the sum of rows of a table by area, month and row (A, T)."""
        return table[:, :, rows].sum(axis=2)


def share_of_care_leavers(pathway: Any) -> float:
    """Return the share of care leavers who are 19 to 21, if support starts at 18 at an even rate.

    Hazards of support ending are those of the pathway's `care_leaver` stage; 1.0 if there is none.
    """
    stage = pathway.stages.get("care_leaver")
    rates = [step.rates_per_year for step in stage.transitions.values() if step.rates_per_year] if stage else []
    if not rates:
        return 1.0
    years = np.arange(0.0, SUPPORT_ENDS - SUPPORT_STARTS, 0.01) + 0.005
    hazard = np.zeros_like(years)
    for rate in rates:
        band = np.searchsorted(np.array(rate.bands_days) / L.YEAR, years, side="right") - 1
        hazard += np.array(rate.per_year)[band]
    survive = np.exp(-np.cumsum(hazard) * 0.01)
    within = (years >= CARE_LEAVER_FROM - SUPPORT_STARTS) & (years < CARE_LEAVER_TO - SUPPORT_STARTS)
    return float(survive[within].sum() / survive.sum())


def tally_months(tally: Tally, compiled: Any) -> list[str]:
    """Return the months a tally covers, as `YYYY-MM`."""
    first = int(tally.first_month[0])
    return list(compiled.months[first : first + tally.units_end.shape[1]])


def complete_years(months: Sequence[str]) -> dict[int, slice]:
    """Return year ending: where its twelve months lie, for years from April to March that are wholly covered."""
    spans: dict[int, list[int]] = {}
    for i, month in enumerate(months):
        spans.setdefault(year_ending(month), []).append(i)
    return {year: slice(rows[0], rows[-1] + 1) for year, rows in spans.items() if len(rows) == 12}


def annual(tally: Tally, compiled: Any, growth: Growth | None = None) -> np.ndarray:
    """Return every measure by area, measure and complete year (A, M, Y); `growth` is the run's draw of prices, by default their means."""
    counts = Counts(tally, compiled, growth)
    years = complete_years(tally_months(tally, compiled))
    values = np.full((len(compiled.areas), len(MEASURES), len(years)), np.nan)
    for i, (name, measure) in enumerate(MEASURES.items()):
        if name in COUNTED:
            monthly_values = np.asarray(measure.count(counts), float)
            for y, span in enumerate(years.values()):
                values[:, i, y] = of_year(monthly_values[:, span], measure.over)
    return with_ratios(values, axis=1)


def monthly(tally: Tally, compiled: Any) -> np.ndarray:
    """Return the headline measures by area, measure and month (A, H, T)."""
    counts = Counts(tally, compiled)

    def series(name: str) -> np.ndarray:
        """Return a measure by area and month (A, T)."""
        measure = MEASURES[name]
        if measure.ratio_of:
            top, bottom, times = measure.ratio_of
            return times * divide(series(top), series(bottom))
        return np.asarray(measure.count(counts), float)

    return np.stack([series(name) for name in HEADLINES], axis=1)


def with_ratios(values: np.ndarray, axis: int) -> np.ndarray:
    """Return values with every ratio formed from its two counts; `axis` holds measures as `MEASURES` orders them."""
    names = list(MEASURES)
    values = np.moveaxis(values.copy(), axis, 0)
    for name in RATIOS:
        top, bottom, times = MEASURES[name].ratio_of
        values[names.index(name)] = times * divide(values[names.index(top)], values[names.index(bottom)])
    return np.moveaxis(values, 0, axis)


def divide(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Divide, giving 0 where there is nothing to divide by."""
    top, bottom = np.asarray(top, float), np.asarray(bottom, float)
    return np.divide(top, bottom, out=np.zeros(np.broadcast(top, bottom).shape), where=bottom != 0)


def of_year(values: np.ndarray, over: str) -> np.ndarray:
    """Return one year's value of twelve months (A, 12), by `Measure.over`: the last, their mean or their sum."""
    if over == "last":
        return values[:, -1]
    return values.mean(axis=1) if over == "mean" else values.sum(axis=1)
