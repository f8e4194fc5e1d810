"""A scenario and its authorities, compiled into the flat read-only arrays that every engine reads."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache

import numpy as np

from scenarios.actions import SetRate
from scenarios.areas import AreaProfile
from scenarios.loading import Scenario
from scenarios.pathway_schema import Pathway
from scenarios.schema import Published
from scenarios.timeline import add_months, first_day, month_index, month_range, years_ending
from sim import (
    compile_actions,
    compile_areas,
    compile_arrivals,
    compile_budget,
    compile_courts,
    compile_distance,
    compile_draws,
    compile_placements,
    compile_prices,
    compile_rates,
    compile_supply,
    compile_workforce,
    price_growth,
)
from sim.compile_pathway import Names, Rows, names_of
from sim.kernels import layout as L
from sim.pathway_tables import of_pathway

EPOCH = date(1990, 4, 1)
SPIN_UP_YEARS = 24  # ruling 40: at the first published year's rates, tests/test_spin_up.py holds what drift is left
DRIVERS = {"team": L.SOCIAL_WORK, "court": L.COURT_WORK}


def day_of(month: str) -> float:
    """Return the day a month begins."""
    return float((first_day(month) - EPOCH).days)


def history_start(published: Published) -> str:
    """Return the month history begins in: the spin-up ends where the first published year begins."""
    return f"{published.first - 1 - SPIN_UP_YEARS}-04"


@lru_cache(maxsize=16)
def starts_of(months: tuple[str, ...]) -> tuple[float, ...]:
    """Return the day each month begins, and the day the last one ends."""
    return (*(day_of(month) for month in months), day_of(add_months(months[-1], 1)))


@dataclass(frozen=True)
class CompiledModel:
    """A scenario for one authority, or for a region whose places may be pooled.

    Attributes
    ----------
    scenario
        The scenario.
    profiles
        The authorities, in order of code: the first axis of every array.
    first, branch, last
        First month of history, month from which levers and `set` act, last month simulated (all YYYY-MM).
    reach
        1 where a child of one authority may live in a pooled place of the other (A, A).
    history
        Whether it is of history: without levers and overrides.
    central
        Whether uncertain numbers, of levers and of prices, are at their means in every replicate, and fitted draws left out.
    fixed
        Values of uncertain numbers, by name, that are the same in every replicate, drawn or central.
    fitted_draw
        The fitted draw every replicate uses; None: replicate r uses draw r mod D.
    """

    scenario: Scenario
    profiles: tuple[AreaProfile, ...]
    first: str
    branch: str
    last: str
    reach: np.ndarray
    history: bool = False
    central: bool = False
    fixed: Mapping[str, float] = field(default_factory=dict)
    fitted_draw: int | None = None
    _drawn: dict = field(default_factory=dict, compare=False, repr=False)

    @property
    def areas(self) -> tuple[str, ...]:
        """Names of the authorities."""
        return tuple(profile.name for profile in self.profiles)

    @property
    def codes(self) -> tuple[int, ...]:
        """Codes of the authorities."""
        return tuple(profile.code for profile in self.profiles)

    @cached_property
    def months(self) -> tuple[str, ...]:
        """Every month of the model, history included."""
        return month_range(self.first, self.last)

    @cached_property
    def pathway(self) -> Pathway:
        """The pathway of the run: history's, or with what `set` changes from the branch on. Rates alone have later versions (`epochs`)."""
        return self.scenario.pathway if self.history else self.scenario.epochs(self.branch)[0][1]

    @property
    def published(self) -> Published:
        """The published years: those of the baseline at the bottom of the scenario's chain."""
        return self.scenario.history_settings.published

    @cached_property
    def names(self) -> Names:
        """The order of stages, transitions, places and placements."""
        return names_of(self.pathway)

    stage_names = property(lambda self: self.names.stages)
    transition_names = property(lambda self: self.names.transitions)
    place_names = property(lambda self: self.names.places)
    placement_names = property(lambda self: self.names.placements)

    @cached_property
    def figures(self) -> tuple[compile_areas.Figures, ...]:
        """The authorities' figures."""
        return tuple(compile_areas.Figures(profile) for profile in self.profiles)

    @cached_property
    def actions(self) -> tuple:
        """What the scenario's levers do (nothing in history)."""
        return () if self.history else self.scenario.actions

    @cached_property
    def epochs(self) -> tuple[tuple[str, Pathway], ...]:
        """The pathway from each month at which it changes."""
        if self.history:
            return ((self.first, self.scenario.pathway),)
        later = self.scenario.epochs(self.branch)
        return ((self.first, self.scenario.pathway), *(later if self.pathway != self.scenario.pathway else later[1:]))

    @cached_property
    def static(self) -> Static:
        """The parts that no draw changes (but prices, which are replaced)."""
        return build_static(self)

    @cached_property
    def fingerprint(self) -> bytes:
        """SHA-256 of every array of the model at the first replicate of seed 0, addresses left out."""
        return digest_of(self.for_draw(0, 0))

    def month(self, text: str) -> int:
        """Return the model month of a month written YYYY-MM."""
        return month_index(text) - month_index(self.first)

    def with_fixed(self, fixed: Mapping[str, float], fitted_draw: int | None = None) -> CompiledModel:
        """Return the model with uncertain numbers fixed by name, and one fitted draw for all replicates; what no draw changes is not built again."""
        other = copy.copy(self)
        for name, value in (("fixed", dict(fixed)), ("fitted_draw", fitted_draw)):  # arrays are kept by the values drawn, so copies share them
            object.__setattr__(other, name, value)
        return other

    def draws(self, seed: int, replicate: int) -> dict[tuple[str, str], float]:
        """Return the levers' uncertain numbers as drawn for a replicate, or at their means, or as fixed: (action, field) -> value."""
        found = compile_actions.central(self.actions) if self.central else compile_actions.draws(self.actions, seed, replicate)
        return found | compile_actions.fixed(self.actions, self.fixed) if self.fixed else found

    def price_growth(self, seed: int, replicate: int) -> dict[str, float]:
        """Return exogenous real growth of prices a year from the branch on, by placement: drawn for a replicate, or at its mean, or as fixed."""
        prices = self.scenario.settings.prices
        found = price_growth.central(prices) if self.central or self.history else price_growth.drawn(prices, seed, replicate)
        return {name: self.fixed.get(prices.real_growth_per_year[name].name, value) for name, value in found.items()}

    def for_draw(self, seed: int, replicate: int) -> L.Model:
        """Return the model's arrays with a replicate's address, its draws of effects and of prices, and its fitted draw."""
        drawn, index = self.draws(seed, replicate), compile_draws.index_of(self, replicate)
        model = self._kept((tuple(drawn.values()), None), lambda: build(self, drawn))
        if index is not None:
            model = self._kept((tuple(drawn.values()), index), lambda: compile_draws.with_draw(self, model, index))
        prices = compile_budget.care_prices(self, self.price_growth(seed, replicate))
        return model._replace(seed=np.array([seed, replicate], np.int64), care_price=prices)

    def _kept(self, key: tuple, make: Callable[[], L.Model]) -> L.Model:
        """Return the arrays of a draw, made once while few others are asked for."""
        if key not in self._drawn:
            if len(self._drawn) > 4:
                self._drawn.clear()
            self._drawn[key] = make()
        return self._drawn[key]


def digest_of(model: L.Model) -> bytes:
    """Return the SHA-256 of every array of a model but its address; what pads records (it may hold anything) left out."""
    digest = hashlib.sha256()
    for name, array in zip(L.Model._fields, model, strict=True):
        if name != "seed":
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            for part in (array[field] for field in array.dtype.names) if array.dtype.names else (array,):
                digest.update(np.ascontiguousarray(part).tobytes())
    return digest.digest()


def compile_model(
    scenario: Scenario, areas: tuple[str, ...], until: str | None = None, branch: str | None = None, history: bool = False,
    reach: np.ndarray | None = None, central: bool = False,
) -> CompiledModel:  # fmt: skip
    """Compile a scenario for authorities.

    With `history`, levers and overrides are left out and the model ends where the branch begins. With `central`, uncertain numbers are at their
    means. `reach` (A, A, in the order of `areas`) says which authorities' pooled places a child may use; nobody's by default.
    """
    branch = branch or scenario.settings.from_
    scenario = scenario.branching(branch)
    if history:  # the past is made with the settings at the bottom of the scenario's chain
        scenario = replace(scenario, settings=scenario.history_settings)
    profiles = [scenario.area(name) for name in areas]
    order = sorted(range(len(profiles)), key=lambda i: profiles[i].code)
    matrix = np.eye(len(areas), dtype=np.int64) if reach is None else np.asarray(reach, np.int64)
    first = history_start(scenario.history_settings.published)
    last = month_range(first, branch)[-2] if history else (until or scenario.settings.until)
    return CompiledModel(scenario, tuple(profiles[i] for i in order), first, branch, last, matrix[np.ix_(order, order)], history, central)


@dataclass(frozen=True)
class Static:
    """The parts of a model that no draw of effects changes, built once."""

    transitions: np.ndarray
    tables: dict[str, np.ndarray]
    bounds: compile_actions.Bounds
    court: np.ndarray
    children: np.ndarray
    supply: np.ndarray
    hazards: compile_rates.Hazards
    rise: np.ndarray


def build_static(compiled: CompiledModel) -> Static:
    """Build everything that does not depend on a draw."""
    pathway, months, years = compiled.pathway, compiled.months, years_ending(compiled.months)
    first = compiled.published.first
    policy = compiled.scenario.settings.policy.families_first
    transitions, shared = of_pathway(pathway, tuple(policy.replaces.items()) if policy else ())
    transitions = transitions.copy()
    versions = compile_rates.versions_of(compiled, compile_draws.months_of(compiled))
    hazards = compile_rates.hazards_of(compiled, versions, transitions, set_rates(compiled.actions))
    rates = hazards.rates(hazards.multipliers(compile_rates.ratios_of(compiled, hazards.versions)))
    transitions["dead"] = ~np.logical_or.reduceat(rates.any(axis=(0, 1)), hazards.first)
    ages = _ages(compiled, transitions)
    starts = np.array(starts_of(months))
    tables = shared | dict(
        **compile_rates.hazard_tables(compiled, hazards, rates, day_of), age_table=ages,
        month_start=starts, month_of_day=np.repeat(np.arange(len(months), dtype=np.int16), np.diff(starts).astype(int)), horizon=starts[-1:].copy(),
        seed=np.zeros(2, np.int64), financial_year=np.array(years, np.int64), **_areas(compiled),
    )  # fmt: skip
    tables |= compile_distance.distances(compiled)
    tables |= {**compile_workforce.tables(compiled), **compile_courts.tables(compiled)}
    tables |= compile_supply.supply_rules(compiled)
    children = np.array([figures.by_month("population_0_17", years) for figures in compiled.figures])
    places = np.array([compile_areas.supply(figures, pathway, months, first) for figures in compiled.figures])
    tables |= {"care_cost": compile_budget.care_costs(compiled), "care_price": compile_budget.care_prices(compiled)}  # of the means: draws replace it
    tables |= {**compile_budget.family_support(compiled, places), "price_rules": compile_prices.price_rules(compiled)}
    pace = compile_courts.pace(compiled, compile_areas.held(years, first), tables["unpublished_from"][0])
    rise = compile_rates.rise(tables, transitions, compiled.month(compiled.branch))
    if compile_draws.index_of(compiled, 0) is not None:
        highest = compile_draws.highest_rates(compiled, hazards)
        drawn = tables | {"rates": highest, "next_version": hazards.next_version(highest)}
        rise = np.maximum(rise, compile_rates.rise(drawn, transitions, compiled.month(compiled.branch)))
    return Static(transitions, tables, compile_actions.bounds(transitions, tables), pace, children, places, hazards, rise)


def build(compiled: CompiledModel, drawn: dict) -> L.Model:
    """Build the arrays of a model for one draw of effects."""
    pathway, names, months, fixed = compiled.pathway, compiled.names, compiled.months, compiled.static
    transitions = fixed.transitions.copy()
    factors = compile_actions.rate_factors(compiled.actions, drawn, pathway, names, months)
    secure = compile_actions.national_capacity(compiled.actions, drawn, "secure_homes", months)
    for k, times in compile_placements.offers(pathway, names, secure).items():
        factors[k] = factors.get(k, 1.0) * times
    support = compile_budget.support(compiled, drawn)
    rows = _rows(compiled, transitions, factors, fixed.court, support["need_most"])
    levers = compile_actions.lever_tables(compiled.actions, drawn, pathway, names, months)
    helps = compile_actions.help_tables(compiled.actions, drawn, pathway, names)
    transitions["lever"], transitions["n_levers"] = levers["first"], levers["n"]
    transitions["help"], transitions["n_help"] = helps["first"], helps["n"]
    transitions["bands_only"] = transitions["n_levers"] == 0
    transitions["versions"] = compile_rates.changes(fixed.tables["next_version"])
    compile_actions.check_returns(compiled.scenario.key, names, transitions, rows["factor"], levers["records"], helps["records"], fixed.rise)
    places = np.where(compile_budget.bought_by_support(pathway)[:, None], support["support_planned"], 1.0) * fixed.supply
    for a, children in enumerate(fixed.children):
        compile_actions.add_places(compiled.actions, drawn, names, months, children, places[a])
    plans = tuple(pathway.planned_by_needs)
    tables = fixed.tables | compile_arrivals.accepted(compiled, drawn, fixed.tables["candidate_rate"], fixed.tables["accept"])
    tables |= support
    tables["team_capacity"] = compile_workforce.team_capacity(compiled, drawn, fixed.tables["team_capacity"])
    return L.Model(
        **tables, transitions=transitions, post_flows=compile_workforce.post_flows(compiled, drawn),
        row_driver=rows["driver"], row_factor=rows["factor"],
        **compile_actions.fastest(transitions, fixed.bounds, rows["factor"], levers["records"], helps["records"]),
        price_gain=compile_prices.price_gains(compiled, drawn),
        court_capacity=compile_actions.national_capacity(compiled.actions, drawn, "courts", months),
        national_chance=compile_placements.national_chance(pathway, names, secure),
        levers=levers["records"], help=helps["records"], reach_levers=levers["reach_levers"], reach=levers["reach"],
        places=np.floor(places + 1e-9).astype(np.int64), **compile_supply.supply_tables(compiled, drawn, places),
        plan_factor=compile_actions.plan_factors(
            compiled.actions, drawn, plans, months, np.array([compile_areas.plan_ratios(figures, plans) for figures in compiled.figures])
        ),
    )  # fmt: skip


def set_rates(actions: tuple) -> set[str]:
    """Return the transitions whose rates levers set: theirs is 1 a year, times a factor by month."""
    return {action.target for action in actions if isinstance(action, SetRate)}


def _ages(compiled: CompiledModel, transitions: np.ndarray) -> np.ndarray:
    """Return age multipliers (A, rows, 5): the pathway's times the authority's for the transition's group; set each transition's row."""
    pathway, rows = compiled.pathway, []
    for k, full in enumerate(compiled.names.transitions):
        stage_name, name = full.split(".")
        step = dict(pathway.stages[stage_name].steps())[name]
        if step.age_multipliers:
            group = step.area_ratio or ""
            transitions[k]["age"] = len(rows)
            rows.append([np.array(step.age_multipliers) * compile_areas.age_ratios(figures, group) for figures in compiled.figures])
    return np.array(rows).transpose(1, 0, 2).copy() if rows else np.ones((len(compiled.profiles), 1, 5))


def _rows(
    compiled: CompiledModel, transitions: np.ndarray, factors: dict[int, np.ndarray], court: np.ndarray, need: np.ndarray,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Return operational-time rows: what drives each (R) and exogenous factors (A, R, M); set each transition's row."""
    pathway, months, n = compiled.pathway, compiled.months, len(compiled.profiles)
    rows, drivers, by_need = Rows(), [], compile_budget.follows_need(compiled)
    for k, full in enumerate(compiled.names.transitions):
        stage_name, name = full.split(".")
        stage = pathway.stages[stage_name]
        driven = stage.step_driven_by(dict(stage.steps())[name])
        factor = np.ones((n, len(months))) if driven != "court" else court.copy()
        factor = factor * factors.get(k, 1.0)
        driver = L.FAMILY_SUPPORT if full in by_need else DRIVERS.get(driven, L.NO_DRIVER)
        if driver == L.FAMILY_SUPPORT:  # it can only be slowed, so it is given its highest pace
            factor = factor * need
        index = rows.add(np.concatenate([[float(driver)], factor.ravel()]))
        if index == len(drivers):
            drivers.append(driver)
        transitions[k]["row"] = index
    table = rows.table()[:, 1:].reshape(len(drivers), n, len(months)).transpose(1, 0, 2).copy()
    return {"driver": np.array(drivers, np.int64), "factor": table}


def _areas(compiled: CompiledModel) -> dict[str, np.ndarray]:
    """Return what differs between authorities: arrivals, quintiles, places, capacity."""
    pathway, names, months = compiled.pathway, compiled.names, compiled.months
    settings = compiled.scenario.settings
    n = len(compiled.profiles)
    candidate, accept = np.zeros((n, L.STREAMS)), np.zeros((n, L.STREAMS, 5, len(months)))
    capacity = np.zeros((n, len(months)))
    for a, figures in enumerate(compiled.figures):
        candidate[a], rate = compile_areas.arrivals(figures, pathway, months, compiled.published)
        accept[a] = rate[:, None, :]
        capacity[a] = compile_areas.team_capacity(figures, months, settings.pressure.reference.value, compiled.published)
    reference = [[figures.get(f"reference_use_{place}", default=0.85) for place in names.places] for figures in compiled.figures]
    start = month_index(compiled.first)
    switch = [compile_areas.switch_month(profile, compiled.scenario) for profile in compiled.profiles]
    return {
        "codes": np.array(compiled.codes, np.int64), "candidate_rate": candidate, "accept": accept,
        "quintile_cdf": np.array([compile_areas.quintile_cdf(figures, pathway) for figures in compiled.figures]),
        "team_capacity": capacity, "team_response": np.array([float(settings.pressure.slows_teams)]),
        "market": np.array([place.owned_by == "market" for place in pathway.places.values()], np.int64),
        "pool_share": compile_actions.pool_shares(compiled.actions, names, months), "within_reach": compiled.reach,
        "unpublished_from": np.array([month_index(compiled.published.ends) - month_index(compiled.first)]),
        "reference_use": np.array(reference),
        "switch_day": np.array([day_of(compiled.months[month - start]) if start <= month < start + len(months) else np.inf
                                for month in switch]),
    }  # fmt: skip
