"""Run scenarios over authorities and replicates, paired: the same history, the same draws, the same random addresses.

For each authority and replicate, history leads to one present state; every scenario branches from a copy of it. A
scenario that pools a region's places runs the region's authorities as one; every other scenario runs each alone.
Neither the order of scenarios, nor the number of workers, nor which others are run, changes a number.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from scenarios.loading import Scenario
from sim.checks import as_records, check_run, combine
from sim.compile_pathway import names_of
from sim.cost_lines import lines_of
from sim.costing import annual_costs
from sim.counting import annual, monthly
from sim.executors import default_workers, run_tasks
from sim.expected_checks import check_expected
from sim.expected_history import expected_past
from sim.history import KEPT_MODELS, counted_past
from sim.kept_register import kept_register
from sim.kernels import KERNEL_HASH
from sim.kernels.layout import EVENT_NAMES, Tally
from sim.measures import HEADLINES, MEASURES
from sim.model import CompiledModel, compile_model
from sim.pathway_counts import count_names, described, pathway_counts
from sim.plan import ENGINES, Plan, pools
from sim.precision import Watch
from sim.results import Comparison, Results
from sim.selection import Region, coverage, grossing
from sim.sequential import run_until_precise
from sim.state import join
from sim.tallies import after, beside, only

ALONE = np.eye(1, dtype=np.int64)
Progress = Callable[[int, int], None]


def run_experiment(plan: Plan, progress: Progress | None = None) -> Comparison:
    """Run a plan and return its results; with one scenario the comparison has no reforms.

    Parameters
    ----------
    progress
        Called with (runs done, runs in all), a run being one authority, or pooled region, and replicate.
    """
    began = time.perf_counter()
    units = units_of(plan)
    worker, watch = Worker(plan), None
    if plan.rule:
        outcomes, watch = run_until_precise(plan, units, worker, progress)
        plan = replace(plan, runs=watch.runs)
    else:
        tasks = [(unit, replicate) for unit in units for replicate in range(plan.runs)]
        outcomes = run_tasks(worker, tasks, plan.workers, progress)
    return _assemble(plan, units, outcomes, worker, watch, time.perf_counter() - began)


def units_of(plan: Plan) -> list[Region]:
    """Return what runs by itself: authorities, or regions where a scenario pools their places."""
    together = any(pools(scenario) for scenario in plan.scenarios)
    return [
        part
        for region in plan.selection.regions
        for part in ([region] if together else [_alone(region, i) for i in range(len(region.areas))])
    ]


def _alone(region: Region, i: int) -> Region:
    return Region((region.areas[i],), ALONE, "one authority")


@dataclass
class Outcome:
    """One scenario's counts of one unit and replicate: (A, M, Y), (A, H, T), (A, L, Y), (A, Q, Y), checks, events."""

    annual: np.ndarray
    monthly: np.ndarray
    costs: np.ndarray
    pathway: np.ndarray
    checks: list
    events: pd.DataFrame | None
    counters: np.ndarray


class Worker:
    """Runs (unit, replicate) tasks; models compiled for a unit are kept per thread until it goes on to the next."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.local = threading.local()
        self.lock = threading.Lock()
        self.seconds = {"history": 0.0, "scenarios": 0.0}
        self.cached = self.simulated = 0

    def __call__(self, task: tuple[Region, int]) -> list[Outcome]:
        """Run the plan's scenarios of one unit and replicate."""
        return self.outcomes(*task, self.plan.scenarios)

    def outcomes(self, unit: Region, replicate: int, scenarios: Iterable[Scenario]) -> list[Outcome]:
        """Run scenarios of one unit and replicate from the present state they share."""
        pasts: dict[str, tuple[list[Tally], list[Any]]] = {}
        outcomes = []
        for scenario in scenarios:
            started = time.perf_counter()
            if scenario.history_hash not in pasts:
                pasts[scenario.history_hash] = self.past(scenario, unit, replicate)
            now = time.perf_counter()
            outcomes.append(self._branch(scenario, unit, replicate, *pasts[scenario.history_hash]))
            self._add(history=now - started, scenarios=time.perf_counter() - now)
        return outcomes

    def past(self, scenario: Scenario, unit: Region, replicate: int) -> tuple[list[Tally], list[Any]]:
        """Return the tally of the months counted before the branch, and the state at the branch, of each authority."""
        plan, tallies, states = self.plan, [], []
        for area in unit.areas:
            if plan.engine == "expected":
                state, tally, was_cached = expected_past(scenario, area, plan.counted_from, plan.from_)
            else:
                state, tally, was_cached = counted_past(scenario, area, plan.counted_from, plan.from_, plan.seed, replicate)
            tallies.append(tally)
            states.append(state)
            with self.lock:
                self.cached += was_cached
                self.simulated += not was_cached
        return tallies, states

    def _branch(self, scenario, unit: Region, replicate: int, tallies: list[Tally], states: list[Any]) -> Outcome:
        """Run one scenario from the branch on: the unit as one if it pools, else each authority alone. Count all of it at once."""
        whole, plan = self.model(scenario, unit.areas, unit.reach), self.plan
        alone = () if pools(scenario) and len(unit.areas) > 1 else [self.model(scenario, (area,), ALONE) for area in unit.areas]
        counted, found = self.simulate(scenario, whole, alone, replicate, tallies, states)
        drawn, growth = whole.draws(plan.seed, replicate), whole.price_growth(plan.seed, replicate)
        logs = [events for _, _, events in found if events is not None]
        return Outcome(
            annual(counted, whole, growth), monthly(counted, whole), annual_costs(counted, whole, drawn, growth),
            pathway_counts(counted, whole),
            combine(check for _, checks, _ in found for check in checks), pd.concat(logs, ignore_index=True) if logs else None,
            sum(tally.counters for tally, _, _ in found),
        )  # fmt: skip

    def simulate(
        self, scenario, whole: CompiledModel, alone: Sequence[CompiledModel], replicate: int, tallies: list[Tally], states: list[Any],
    ) -> tuple[Tally, list[tuple]]:  # fmt: skip
        """Simulate a unit from the branch on: what is counted in the plan's months, and each run (`_run`).

        `alone` holds a model for each authority; without any the unit runs as one, with the model of the `whole`.
        """
        if alone:
            found = [self._run(scenario, model, state, replicate) for model, state in zip(alone, states, strict=True)]
        else:
            found = [self._run(scenario, whole, join(states), replicate)]
        return only(after(beside(tallies), beside([tally for tally, _, _ in found])), whole, self.plan.months), found

    def _run(self, scenario, model: CompiledModel, start: Any, replicate: int) -> tuple[Tally, list, pd.DataFrame | None]:
        """Simulate a model from the branch on: what was counted, its checks, and its events if asked for."""
        plan = self.plan
        log = plan.events and replicate == 0
        tally, end = ENGINES[plan.engine](model, start, plan.from_, plan.until, plan.seed, replicate, log)
        checks = check_expected(tally, model, start) if plan.engine == "expected" else check_run(tally, end, model, start)
        return tally, checks, _events(scenario, model, tally, replicate) if log else None

    def model(self, scenario, areas: tuple[str, ...], reach: np.ndarray) -> CompiledModel:
        """Return a model compiled for some authorities, kept while this thread works on them."""
        key = (scenario.key, areas)
        kept = self.local.__dict__.setdefault("models", {})
        if key not in kept:
            if len(kept) > KEPT_MODELS:
                kept.clear()
            made = compile_model(scenario, areas, self.plan.until, self.plan.from_, False, reach, self.plan.effects != "drawn")
            kept[key] = made.with_fixed(self.plan.fixed) if self.plan.fixed else made
        return kept[key]

    def _add(self, **seconds: float) -> None:
        with self.lock:
            for name, value in seconds.items():
                self.seconds[name] += value


def _events(scenario: Scenario, model: CompiledModel, tally: Tally, replicate: int) -> pd.DataFrame:
    """Return the event log as a table.

    `time` is days since 1 April 1990; `family` its number times four plus the number of its stream; `child` 0 for the
    family itself, and 1 + birth order for a child.
    """
    log = tally.log
    stages = np.array([*model.stage_names, ""], object)  # the last for idle
    return pd.DataFrame(
        {
            "scenario": scenario.key, "area": np.array(model.areas, object)[log["area"]], "replicate": replicate,
            "time": log["time"], "family": log["family"] * 4 + log["stream"], "child": log["child"],
            "event": np.array(EVENT_NAMES, object)[log["event"]],
            "stage_from": stages[np.maximum(log["stage_from"], -1)],
            "stage_to": stages[np.maximum(log["stage_to"], -1)],
        }
    )  # fmt: skip


def _assemble(
    plan: Plan, units: list[Region], outcomes: list[list[Outcome]], worker: Worker, watch: Watch | None, seconds: float
) -> Comparison:
    """Put the outcomes of every task into labelled arrays."""
    areas = [name for unit in units for name in unit.areas]
    found = []
    for s, scenario in enumerate(plan.scenarios):
        own = [outcome[s] for outcome in outcomes]
        cubes = {name: _cube(own, units, plan.runs, name) for name in ("annual", "monthly", "costs", "pathway")}
        pathway = scenario.epochs(plan.from_)[0][1]
        lines = {line.key: {k: v for k, v in vars(line).items() if k != "key"} for line in lines_of(scenario)}
        space = {"area": areas, "replicate": list(range(plan.runs))}
        events = [outcome.events for outcome in own if outcome.events is not None]
        found.append(
            Results(
                scenario.key,
                scenario.name,
                _labelled(cubes["annual"], space | {"measure": list(MEASURES), "year_ending": plan.years}),
                _labelled(cubes["monthly"], space | {"measure": list(HEADLINES), "month": list(plan.months)}),
                _labelled(cubes["costs"], space | {"line": list(lines), "year_ending": plan.years}),
                lines,
                _about(plan, scenario, areas) | {
                    "pathway": described(pathway, scenario.settings.policy.families_first),
                    "checks": as_records(combine(check for outcome in own for check in outcome.checks)),
                    "events_simulated": int(sum(outcome.counters[0] for outcome in own)),
                },
                pd.concat(events, ignore_index=True) if events else None,
                _labelled(
                    cubes["pathway"].mean(axis=1, dtype=np.float64),
                    {"area": areas, "count": list(count_names(names_of(pathway))), "year_ending": plan.years},
                ),
            )
        )  # fmt: skip
    return Comparison(found[0], tuple(found[1:]), _experiment_about(plan, worker, watch, seconds))


def _labelled(values: np.ndarray, coords: dict[str, list]) -> xr.DataArray:
    return xr.DataArray(values, coords, tuple(coords))


def _cube(outcomes: list[Outcome], units: list[Region], runs: int, name: str) -> np.ndarray:
    """Return (area, replicate, ...) from outcomes that run unit by unit, replicate by replicate; what is copied is let go of."""
    parts = []
    for u in range(len(units)):
        own = outcomes[u * runs : (u + 1) * runs]
        parts.append(np.stack([getattr(outcome, name) for outcome in own], axis=1))
        for outcome in own:
            setattr(outcome, name, None)  # England's twenty runs of three scenarios are hundreds of megabytes, once
    return np.concatenate(parts, axis=0)


def _about(plan: Plan, scenario: Scenario, areas: list[str]) -> dict[str, Any]:
    """Return what the manifest says of a scenario."""
    settings = scenario.settings
    return {
        "description": scenario.description, "hash": scenario.hash, "history_hash": scenario.history_hash,
        "texts": scenario.texts, "register": kept_register(scenario),
        "from": plan.from_, "until": plan.until, "seed": plan.seed, "runs": plan.runs, "engine": plan.engine, "effects": plan.effects,
        "fixed": dict(plan.fixed),
        "fitted_draws": len(scenario.draws) if scenario.draws else 0,
        "price_base": settings.price_base,
        "general_inflation_per_year": settings.prices.general_inflation_per_year.value, "deflators": scenario.deflators.told(),
        "discount_rate_per_year": settings.discount_rate_per_year.value, "pooled": pools(scenario), "areas": areas,
    }  # fmt: skip


def _experiment_about(plan: Plan, worker: Worker, watch: Watch | None, seconds: float) -> dict[str, Any]:
    """Return what the manifest says of the whole experiment."""
    hashes = {scenario.history_hash for scenario in plan.scenarios}
    selection = plan.selection
    return {
        "area_label": selection.total_label, "coverage_of_england": coverage(selection.areas),
        "grossing": grossing() if selection.is_england else {}, "missing_members": list(selection.missing),
        "reach": {", ".join(region.areas): region.basis for region in selection.regions},
        "paired": len(hashes) == 1, "note": "" if len(hashes) == 1 else "different pasts: unpaired history",
        "effects": plan.effects, "precision": watch.told() if watch else None,
        "versions": library_versions(), "kernels": KERNEL_HASH,
        "timing": {
            "seconds": round(seconds, 2), "workers": plan.workers or default_workers(),
            "thread_seconds": {name: round(value, 2) for name, value in worker.seconds.items()},
            "histories_cached": worker.cached, "histories_simulated": worker.simulated,
        },
    }  # fmt: skip


def library_versions() -> dict[str, str]:
    """Return the versions of what decides numbers."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in ("carecurve", "numpy", "numba", "simpy", "scipy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed as a package"
    return found
