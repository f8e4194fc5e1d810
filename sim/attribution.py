"""What drove the difference between a reform and its baseline: its parts' Shapley values, what each does alone and last, and interaction.

A part is a lever the reform adds, changes or does without, or the numbers it changes itself (`scenarios.parts`). Scenarios that take some of the
parts are run on the same paired runs; the baseline and the reform are taken from a comparison already made. Everything is worked out run by run.

With up to `EXACT_UP_TO` parts every combination is run. With more, each run has two random orders of the parts and their reverses, and a part's value
is the mean of what it adds in them: in every run they add up to the total, and their mean over orders is the Shapley value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from scenarios.parts import Part, between, parts_of
from scenarios.scenario import Scenario
from scenarios.timeline import year_ending
from sim.attributed import ATTRIBUTED, attributed, counted, of_results
from sim.checks import Check, as_records, combine
from sim.cost_lines import lines_of
from sim.executors import Progress, run_tasks
from sim.experiment import Worker, units_of
from sim.plan import ExperimentError, Plan
from sim.results import Comparison, Results, brought
from sim.selection import Region
from sim.shapley import along, dividends, everybody, joining, members, orders, shapley

EXACT_UP_TO = 4  # parts: fourteen scenarios more; five would take thirty, eight 254
PAIRS = 2  # of orders in a run beyond that: the least from which the error of sampling orders can be told


@dataclass(frozen=True)
class Attribution:
    """What drove one reform's difference from the baseline.

    Arrays have the dimensions area, replicate, measure (`ATTRIBUTED`) and year_ending (from the branch on), and before them what is named.

    Attributes
    ----------
    scenario, label
        Key and name of the reform.
    parts
        What the reform changes, as `part` names it below.
    total
        Reform less baseline.
    shapley, alone, last
        Of each `part`: its Shapley value; what it does alone; what it adds to all others.
    dividends
        Of each `coalition` of two parts or more, its names joined by ` + `: what they do together beyond all fewer of them. They add up to
        `interaction`. None where orders were sampled.
    halves
        Half the difference of the two pairs of orders in `shapley`, of each `part`: the error of sampling orders. None where every combination was
        run.
    checks
        What must always hold, of the scenarios run for this.
    """

    scenario: str
    label: str
    parts: tuple[Part, ...]
    total: xr.DataArray
    shapley: xr.DataArray
    alone: xr.DataArray
    last: xr.DataArray
    dividends: xr.DataArray | None
    halves: xr.DataArray | None
    checks: list[dict[str, Any]]

    @property
    def interaction(self) -> xr.DataArray:
        """The total less the sum of what parts do alone."""
        return self.total - self.alone.sum("part")

    @property
    def rule(self) -> str:
        """How Shapley values were found, in words."""
        return "orders sampled" if self.halves is not None else "all combinations"

    def told(self) -> dict[str, Any]:
        """Return what the manifest says of it."""
        return {"parts": {part.name: part.change for part in self.parts}, "rule": self.rule, "checks": self.checks}


@dataclass(frozen=True)
class Attributions:
    """A comparison (its metadata say what was run for this), and what drove each of its reforms, in order."""

    comparison: Comparison
    reforms: tuple[Attribution, ...]

    def __getitem__(self, scenario: str) -> Attribution:
        """Return what drove a reform, by its key."""
        for one in self.reforms:
            if one.scenario == scenario:
                return one
        raise KeyError(f"no reform {scenario!r} here, expected one of {', '.join(one.scenario for one in self.reforms)}")


class Game:
    """A reform's parts, which combinations of them are run, and the scenarios these are.

    Raises
    ------
    PartsError
        If the reform and the baseline have different pasts.
    ExperimentError
        If they do not differ, so that there is nothing to attribute.
    """

    def __init__(self, baseline: Scenario, reform: Scenario, seed: int, exact_up_to: int = EXACT_UP_TO) -> None:
        self.baseline, self.reform, self.seed = baseline, reform, seed
        self.parts = parts_of(baseline, reform)
        if not self.parts:
            raise ExperimentError(f"{reform.key} changes nothing of {baseline.key}: there is nothing to attribute")
        self.names = [part.name for part in self.parts]
        self.whole = everybody(len(self.parts))
        self.exact = len(self.parts) <= exact_up_to
        self._cut: dict[int, Scenario] = {}

    def orders(self, replicate: int) -> list[list[int]]:
        """Return the orders of the parts sampled in a replicate."""
        return orders(self.names, self.seed, replicate, PAIRS)

    def needed(self, replicate: int) -> list[int]:
        """Return the combinations to run in a replicate, but for no part and all of them."""
        if self.exact:
            return list(range(1, self.whole))
        bits = [1 << i for i in range(len(self.parts))]
        found = {*bits, *(self.whole - bit for bit in bits), *(step for order in self.orders(replicate) for step in along(order))}
        return sorted(found - {0, self.whole})

    def scenario(self, coalition: int) -> Scenario:
        """Return the scenario that takes a combination of parts, made once."""
        if coalition not in self._cut:
            self._cut[coalition] = between(self.baseline, self.reform, [self.names[i] for i in members(coalition)])
        return self._cut[coalition]

    def runs(self, replicates: int) -> int:
        """Return how many runs more the attribution takes, of one authority or pooled region."""
        return sum(len(self.needed(replicate)) for replicate in range(replicates))


def games_of(plan: Plan, exact_up_to: int = EXACT_UP_TO) -> list[Game]:
    """Return the game of each reform of a plan; raises as `Game`, so that what cannot be attributed is known before anything is run."""
    if plan.effects == "null":
        raise ExperimentError("with effects null nothing is changed, so there is nothing to attribute; expected effects drawn or central")
    return [Game(plan.scenarios[0], reform, plan.seed, exact_up_to) for reform in plan.scenarios[1:]]


def attribute(plan: Plan, comparison: Comparison, progress: Progress | None = None, exact_up_to: int = EXACT_UP_TO) -> Attributions:
    """Return what drove each reform of a comparison, running the scenarios in between on its paired runs.

    Parameters
    ----------
    plan
        What the comparison was run from.
    comparison
        Its results: they are the ends of every attribution, and are not run again.
    progress
        Called with (tasks done, tasks in all), a task being one authority, or pooled region, and replicate.
    exact_up_to
        Run every combination of up to so many parts.

    Raises
    ------
    PartsError, ExperimentError
        As `Game`, or if the comparison is not of this plan.
    """
    _check_same(plan, comparison)
    games = games_of(plan, exact_up_to)
    plan = replace(plan, runs=comparison.baseline.replicates, rule=None, events=False)
    units, after = units_of(plan), [i for i, year in enumerate(plan.years) if year >= year_ending(plan.from_)]
    tasks = [(unit, replicate) for unit in units for replicate in range(plan.runs)]
    own = [brought(comparison.baseline, results) for results in comparison.reforms]
    found = run_tasks(_Combinations(plan, games, own), tasks, plan.workers, progress)
    reforms = []
    for g, (game, results) in enumerate(zip(games, comparison.reforms, strict=True)):
        ends = {0: of_results(comparison.baseline, own[g]), game.whole: of_results(results, own[g])}
        runs = [_worths(ends, [found[u * plan.runs + r] for u in range(len(units))], g, r, after) for r in range(plan.runs)]
        checks = as_records(combine(check for _, checks in found for check in checks[g]))
        reforms.append(assembled(game, results, runs, [plan.years[i] for i in after], checks))
    about = {one.scenario: one.told() | {"runs_more": game.runs(plan.runs)} for one, game in zip(reforms, games, strict=True)}
    return Attributions(replace(comparison, metadata={**comparison.metadata, "attribution": about}), tuple(reforms))


class _Combinations(Worker):
    """Runs the combinations that games need of (unit, replicate) tasks: by game, what is counted of them (A, C, Y) and checks."""

    def __init__(self, plan: Plan, games: list[Game], own: list[set[str]]) -> None:
        super().__init__(plan)
        self.games, self.own = games, own
        for game in games:  # here, not in threads: each once
            for replicate in range(plan.runs):
                for coalition in game.needed(replicate):
                    game.scenario(coalition)

    def __call__(self, task: tuple[Region, int]) -> tuple[list[dict[int, np.ndarray]], list[list[Check]]]:
        """Run one unit and replicate."""
        unit, replicate = task
        wanted = [(g, coalition) for g, game in enumerate(self.games) for coalition in game.needed(replicate)]
        scenarios = [self.games[g].scenario(coalition) for g, coalition in wanted]
        worths: list[dict[int, np.ndarray]] = [{} for _ in self.games]
        checks: list[list[Check]] = [[] for _ in self.games]
        for (g, coalition), scenario, outcome in zip(wanted, scenarios, self.outcomes(unit, replicate, scenarios), strict=True):
            worths[g][coalition] = counted(outcome.annual, outcome.costs, {line.key: line.payer for line in lines_of(scenario)}, self.own[g])
            checks[g] += outcome.checks
        return worths, checks


def _worths(ends: dict[int, np.ndarray], found: list[Any], g: int, replicate: int, after: list[int]) -> dict[int, np.ndarray]:
    """Return the quantities of every combination there is of a game in one replicate, all units' areas, years after the branch (A, Q, Y)."""
    inner = {coalition: np.concatenate([worths[g][coalition] for worths, _ in found]) for coalition in found[0][0][g]}
    both = {coalition: values[:, replicate] for coalition, values in ends.items()} | inner
    return {coalition: attributed(values, both[0])[..., after] for coalition, values in both.items()}


def assembled(game: Game, results: Results, runs: list[dict[int, np.ndarray]], years: list[int], checks: list[dict[str, Any]]) -> Attribution:
    """Return an attribution from the quantities of each run's combinations."""
    n, whole = len(game.parts), game.whole
    space = {"area": list(results.areas), "replicate": list(range(len(runs))), "measure": list(ATTRIBUTED), "year_ending": years}

    def labelled(values: Iterable[np.ndarray], **first: list[str]) -> xr.DataArray:
        """Return one array of each run (first, A, Q, Y) as a labelled array of all."""
        found = np.stack(list(values), axis=1 + len(first))
        return xr.DataArray(found, first | space, tuple(first | space))

    names = {"part": game.names}
    halves = coalitions = None
    if game.exact:
        every = [np.stack([run[coalition] for coalition in range(whole + 1)]) for run in runs]
        value = labelled((shapley(worth) for worth in every), **names)
        larger = [coalition for coalition in range(whole + 1) if coalition.bit_count() > 1]
        together = [" + ".join(game.names[i] for i in members(coalition)) for coalition in larger]
        coalitions = labelled((dividends(worth)[larger] for worth in every), coalition=together)
    else:
        pairs = list(_by_pair(game, runs))
        value = labelled((pair.mean(axis=0) for pair in pairs), **names)
        halves = labelled(((pair[0] - pair[1]) / 2.0 for pair in pairs), **names)
    return Attribution(
        results.scenario, results.label, game.parts, labelled(run[whole] - run[0] for run in runs), value,
        labelled((np.stack([run[1 << i] - run[0] for i in range(n)]) for run in runs), **names),
        labelled((np.stack([run[whole] - run[whole - (1 << i)] for i in range(n)]) for run in runs), **names),
        coalitions, halves, checks,
    )  # fmt: skip


def _by_pair(game: Game, runs: list[dict[int, np.ndarray]]) -> Iterator[np.ndarray]:
    """Yield, of each run, what each part adds on the mean of an order and its reverse, of each pair of orders (PAIRS, n, A, Q, Y)."""
    for replicate, run in enumerate(runs):
        added = np.stack([joining(run, order) for order in game.orders(replicate)])
        yield added.reshape(PAIRS, 2, *added.shape[1:]).mean(axis=1)


def _check_same(plan: Plan, comparison: Comparison) -> None:
    """Raise ExperimentError if a comparison is not of a plan."""
    about = comparison.baseline.metadata
    given = ([scenario.hash for scenario in plan.scenarios], plan.from_, plan.until, plan.seed, plan.engine, plan.effects)
    run = ([one.metadata["hash"] for one in comparison.scenarios], *(about[key] for key in ("from", "until", "seed", "engine", "effects")))
    if given != run or sorted(plan.selection.areas) != sorted(comparison.baseline.areas):
        raise ExperimentError("the comparison is not of this plan: other scenarios, authorities, months, seed, engine or effects")
