"""Compile what levers do into tables: effects on those reached or helped, factors of hazards by month, places, pooling, plans.

Uncertain numbers are drawn once for each replicate, from addresses of their own (ruling 5); `draws` gives them to whoever costs a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scenarios.actions import AGE_BANDS, Action, HelpEffect, ReachedEffect, ScaleRate, SetRate, ShiftOutcomes, Whom
from scenarios.actions_of_places import AddPlaces, NationalCapacity, PlanWeight, Pool
from scenarios.faults import Fault, ScenarioError
from scenarios.names import name_hash
from scenarios.pathway_schema import PLAN_CONTEXTS, Pathway
from scenarios.timeline import MonthSeries, month_index
from sim.compile_pathway import Names
from sim.kernels import layout as L
from sim.kernels.rng import uniform

DAYS_PER_MONTH = L.YEAR / 12.0
NEVER_DAYS = 1e300  # finite: times a threshold of 0 it is 0, not undefined


def draws(actions: tuple[Action, ...], seed: int, replicate: int) -> dict[tuple[str, str], float]:
    """Return every uncertain number of the actions as drawn for a replicate: (action, field) -> value."""
    result = {}
    for action in actions:
        for field, distribution in action.distributions().items():
            name = distribution.name or f"{action.name}.{field}"  # one parameter drawn once, however many actions use it
            u = uniform(seed, replicate, 0, 0, name_hash(f"parameter.{name}"), 0)
            result[action.name, field] = distribution.quantile(u)
    return result


def central(actions: tuple[Action, ...]) -> dict[tuple[str, str], float]:
    """Return every uncertain number of the actions at its mean: (action, field) -> value.

    The mean, not the median: what a reform does is close to linear in its effects, so a run at the means is close to the mean over draws.
    """
    return {(action.name, field): distribution.mean for action in actions for field, distribution in action.distributions().items()}


def fixed(actions: tuple[Action, ...], values: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """Return the uncertain numbers of the actions whose value is given by name, in the lever's own terms: (action, field) -> value."""
    return {
        (action.name, field): distribution.factor * values[distribution.name]
        for action in actions for field, distribution in action.distributions().items() if distribution.name in values
    }  # fmt: skip


def resolve(targets: tuple[str, ...], pathway: Pathway, names: Names) -> list[int]:
    """Return the rows of the transitions that targets (transitions or groups) name."""
    groups = pathway.groups
    found = [name for target in targets for name in groups.get(target, (target,))]
    return [names.transitions.index(name) for name in dict.fromkeys(found)]


def in_force(series: MonthSeries, months: list[str]) -> np.ndarray:
    """Return the values of a series by month (M), not to be written to."""
    return _in_force(series, tuple(months))


@lru_cache(maxsize=1024)
def _in_force(series: MonthSeries, months: tuple[str, ...]) -> np.ndarray:
    """Return the same; kept, since it is alike in every authority and run."""
    values = np.array([series.at(month) for month in months])
    values.setflags(write=False)
    return values


def changed(ratio: float, phase: MonthSeries, months: list[str]) -> np.ndarray:
    """Return what a ratio multiplies by in each month, as far as it is in force (M)."""
    return 1.0 + in_force(phase, months) * (ratio - 1.0)


def ratio_by_needs(whom: Whom, effect: float) -> np.ndarray:
    """Return an effect's hazard ratio by needs (4)."""
    return np.maximum(1.0 - np.array(whom.strength_by_needs) * (1.0 - effect), 0.0)  # a strength above 1 averts at most all


def acting(from_months: float, until_months: float, whom: Whom, effect: float) -> tuple:
    """Return the fields that LEVER and HELP entries share: window in days, hazard ratio by needs, ages as bits, whether after a removal only."""
    bits = sum(1 << AGE_BANDS.index(age) for age in (whom.ages or AGE_BANDS))
    return from_months * DAYS_PER_MONTH, until_months * DAYS_PER_MONTH, ratio_by_needs(whom, effect), bits, int(whom.after_removal)


def by_transition(entries: list[list[tuple]], dtype: np.dtype) -> dict[str, np.ndarray]:
    """Return entries one transition after another, as records, with the first and the number of each transition's."""
    flat = [entry for group in entries for entry in group]
    records = np.zeros(max(len(flat), 1), dtype)
    for i, entry in enumerate(flat):
        records[i] = entry
    first = np.cumsum([0, *(len(group) for group in entries)])[:-1]
    return {"records": records, "first": first, "n": np.array([len(group) for group in entries])}


def lever_tables(actions, drawn, pathway: Pathway, names: Names, months: list[str]) -> dict[str, np.ndarray]:
    """Return LEVER entries by transition (`records`, with `first` and `n`), REACH records and the reach series of ReachedEffects."""
    reached = [action for action in actions if isinstance(action, ReachedEffect)]
    entries: list[list[tuple]] = [[] for _ in names.transitions]
    records, series = np.zeros(max(len(reached), 1), L.REACH), np.zeros((max(len(reached), 1), len(months)))
    for i, action in enumerate(reached):
        effect = 1.0 - drawn[action.name, "fidelity"] * (1.0 - drawn[action.name, "hazard_ratio"])
        effect = 1.0 + action.rebound * (1.0 - effect) if action.rebound else effect
        shared = acting(action.from_months, action.until_months, action.whom, effect)
        for k in resolve(action.targets, pathway, names):
            entries[k].append((i, *shared))
        if action.complement:
            taken_up = 1.0 + action.complement_weight * (1.0 - ratio_by_needs(action.whom, effect))
            for k in resolve((action.complement,), pathway, names):
                entries[k].append((i, *shared[:2], taken_up, *shared[3:]))
        series[i] = in_force(action.reach, months)
        running = np.flatnonzero(series[i] > 0.0)
        who = name_hash(f"reach.{action.programme or action.name}")
        records[i] = (who, running[0] if len(running) else 0, running[-1] + 1 if len(running) else 0)
    return by_transition(entries, L.LEVER) | {"reach_levers": records, "reach": series}


def help_tables(actions, drawn, pathway: Pathway, names: Names) -> dict[str, np.ndarray]:
    """Return HELP entries by transition (`records`, with `first` and `n`) of HelpEffects."""
    entries: list[list[tuple]] = [[] for _ in names.transitions]
    for action in actions:
        if isinstance(action, HelpEffect):
            effect = 1.0 - drawn[action.name, "fidelity"] * action.strength * (1.0 - drawn[action.name, "hazard_ratio"])
            for k in resolve(action.targets, pathway, names):
                entries[k].append((0.0, *acting(action.from_months, action.until_months, action.whom, effect)))
    return by_transition(entries, L.HELP)


def rate_factors(actions, drawn, pathway: Pathway, names: Names, months: list[str]) -> dict[int, np.ndarray]:
    """Return the factor by month of each transition that levers change for everyone (one that SetRate sets has a rate of 1 a year without it)."""
    factors: dict[int, np.ndarray] = {}
    numbers = np.array([month_index(month) for month in months])
    for action in actions:
        if isinstance(action, SetRate):
            (k,) = resolve((action.target,), pathway, names)
            factors[k] = np.where(numbers >= month_index(action.start), drawn[action.name, "per_year"], 0.0)
    for action in actions:
        if isinstance(action, ScaleRate | ShiftOutcomes):
            ratio = drawn[action.name, "ratio"]
            scaled = {k: changed(ratio, action.phase, months) for k in resolve(action.targets, pathway, names)}
            if isinstance(action, ShiftOutcomes):
                (k,) = resolve((action.complement,), pathway, names)
                scaled[k] = changed(1.0 + action.complement_weight * (1.0 - ratio), action.phase, months)
            for k, scale in scaled.items():
                factors[k] = factors.get(k, 1.0) * scale
    return factors


def add_places(actions, drawn, names: Names, months: list[str], children: np.ndarray, table: np.ndarray) -> None:
    """Add what AddPlaces gives to a table of places (P, M); `children` is the population 0-17 by month."""
    for action in actions:
        if isinstance(action, AddPlaces):
            cost = drawn.get((action.name, "cost_per_family_gbp"))
            table[names.places.index(action.place)] += [
                action.places(month, children[j], cost) for j, month in enumerate(months)
            ]


def pool_shares(actions: tuple[Action, ...], names: Names, months: list[str]) -> np.ndarray:
    """Return the share of each kind of vacancy that a region shares (P, M)."""
    table = np.zeros((len(names.places), len(months)))
    for action in actions:
        if isinstance(action, Pool):
            from_start = np.array([month_index(month) >= month_index(action.start) for month in months])
            for place, share in action.shares:
                table[names.places.index(place)] = np.where(from_start, share, table[names.places.index(place)])
    return table


def plan_factors(actions, drawn, plan_names: tuple[str, ...], months: list[str], ratios: np.ndarray) -> np.ndarray:
    """Return the multiplier of each planned placement's weight (A, contexts, n, M).

    The authority's ratio (A, n), which unaccompanied children's plans are left without, times what levers do.
    """
    table = np.ones((len(ratios), len(PLAN_CONTEXTS), len(plan_names), len(months)))
    table[:, [PLAN_CONTEXTS.index("entry"), PLAN_CONTEXTS.index("move")]] *= ratios[:, None, :, None]
    for action in actions:
        if isinstance(action, PlanWeight) and action.placement in plan_names:
            scale = changed(drawn[action.name, "ratio"], action.phase, months)
            table[:, PLAN_CONTEXTS.index(action.plan), plan_names.index(action.placement)] *= scale
    return table


def national_capacity(actions: tuple[Action, ...], drawn: dict, of: str, months: list[str]) -> np.ndarray:
    """Return what levers make of a capacity no authority owns, over that without them (M)."""
    table = np.ones(len(months))
    for action in actions:
        if isinstance(action, NationalCapacity) and action.of == of:
            table *= changed(drawn[action.name, "ratio"], action.phase, months)
    return table


def check_returns(scenario: str, names: Names, transitions, factors, levers, helps, rise: np.ndarray) -> None:
    """Raise ScenarioError if levers multiply re-referral by more than closed families are kept for (KEEP_MARGIN).

    `rise` (K) is what later versions of the hazards multiply them by beside.
    """
    closed = [k for k, name in enumerate(names.transitions) if name.startswith("closed.")]
    for k in closed:
        tr = transitions[k]
        most = factors[:, tr["row"]].max() * rise[k]
        for table, first, n in ((levers, tr["lever"], tr["n_levers"]), (helps, tr["help"], tr["n_help"])):
            most *= np.prod(np.maximum(table[first : first + n]["hazard_ratio"], 1.0))
        if most > L.KEEP_MARGIN:
            message = f"levers, overrides and ratios multiply re-referral of closed families by up to {most:.2f}, expected at most {L.KEEP_MARGIN:g}"
            raise ScenarioError([Fault(scenario, 0, 0, names.transitions[k], message)])


@dataclass(frozen=True)
class Bounds:
    """What bounds a hazard, before draws: by its highest band and age (A, K), and by its highest multipliers (K)."""

    rate: np.ndarray
    multiplier: np.ndarray


def bounds(transitions: np.ndarray, tables: dict[str, np.ndarray]) -> Bounds:
    """Return the bounds on each transition's hazard per day that no draw changes; 0 where it never fires by hazard."""
    multiplier, tracks = np.ones(len(transitions)), tables["stages"]["track"]
    for k, tr in enumerate(transitions):
        if tr["dead"] or tr["at_birth"] or tr["at_age"] > 0.0:
            continue
        multiplier[k] = tables["static_table"][tr["static"]].max()
        if tr["beside"] >= 0:  # an entity is in one stage of each track, or idle
            row = tables["beside_table"][tr["beside"]]
            for track in range(L.TRACKS):
                multiplier[k] *= max(row[track - L.TRACKS], row[: -L.TRACKS][tracks == track].max(initial=0.0))
    return Bounds(highest_rate(transitions, tables, transitions["band"].astype(np.int64)), multiplier)


def highest_rate(transitions: np.ndarray, tables: dict[str, np.ndarray], first: np.ndarray) -> np.ndarray:
    """Return each transition's hazard per day in its highest band and version, at the age with the highest (A, K); `first` bands are in order."""
    by_age = np.column_stack([np.ones(len(tables["age_table"])), tables["age_table"].max(axis=2)])[:, transitions["age"] + 1]
    rate = np.maximum.reduceat(tables["rates"].max(axis=0), first, axis=1) * by_age
    rate[:, (transitions["dead"] != 0) | (transitions["at_birth"] != 0) | (transitions["at_age"] > 0.0)] = 0.0
    return rate


def fastest(transitions, fixed: Bounds, factors, levers, helps) -> dict[str, np.ndarray]:
    """Return bounds on each transition's hazard per day: `bounds` times its highest month factor and the effects of levers that raise it.

    `pace` (A, K) leaves out the multipliers that a stay fixes (static ones, and those of the stages beside). `least_days` (A, K + 12) takes the
    highest of them, and is the reciprocal: the least days in which a threshold of 1 is used up (1e300: never); a stage's are read twelve at once.
    """
    raised = np.ones(len(transitions))
    for table, first, n in ((levers, "lever", "n_levers"), (helps, "help", "n_help")):
        for k in np.flatnonzero(transitions[n] > 0):
            start, count = transitions[k][first], transitions[k][n]
            raised[k] *= np.prod(np.maximum(table[start : start + count]["hazard_ratio"], 1.0))
    pace = fixed.rate * factors.max(axis=2)[:, transitions["row"]] * raised * (1.0 + 1e-9)
    bound = pace * fixed.multiplier * (1.0 + 1e-9)
    least = np.full((bound.shape[0], bound.shape[1] + L.MAX_TRANSITIONS), NEVER_DAYS)
    np.divide(1.0, bound, out=least[:, : bound.shape[1]], where=bound > 0.0)
    return {"least_days": least, "pace": pace}
