"""Evaluate a paired difference, reform less baseline, where uncertain numbers and settings have stated values: what sensitivity analyses ask for.

    differences = Evaluator(plan, ("cla_at31",))([(Point(), 0), (Point.of({"family_help.fidelity": 0.7}), 0)])

An evaluation is one run of the reform and one of the baseline, on the same history and the same random addresses. The baseline is run once for all
points that differ in nothing it knows of (effects of the reform), and nothing is run twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from scenarios.loading import Scenario
from scenarios.timeline import year_ending
from sim.cost_lines import lines_of
from sim.costing import annual_costs
from sim.counting import Counts, complete_years, of_year, tally_months
from sim.executors import run_tasks
from sim.experiment import ALONE, Worker, units_of
from sim.measures import MEASURES
from sim.plan import ExperimentError, Plan, pools

NET_COST = "net_cost"
CHUNK = 8  # points of one replicate to a task: its history is read once for them
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Point:
    """Where a difference is evaluated.

    Attributes
    ----------
    fixed
        Values of uncertain numbers of levers and of prices, by name; others are as the plan has them, drawn or central.
    settings
        Values of settings, by dotted path below `settings`, from the branch on, in the baseline and in the reform.
    fitted_draw
        The fitted draw; None: that of the replicate, or none with central effects.
    """

    fixed: tuple[tuple[str, float], ...] = ()
    settings: tuple[tuple[str, float], ...] = ()
    fitted_draw: int | None = None

    @classmethod
    def of(cls, fixed: Mapping[str, float] | None = None, settings: Mapping[str, float] | None = None, fitted_draw: int | None = None) -> Point:
        """Return a point from values by name."""
        return cls(*(tuple(sorted((each or {}).items())) for each in (fixed, settings)), fitted_draw)

    def known_to(self, names: set[str]) -> Point:
        """Return the point without numbers that a scenario has not."""
        return replace(self, fixed=tuple(item for item in self.fixed if item[0] in names))


class Evaluator:
    """Evaluates differences of a plan's second scenario against its first; what has been run is kept.

    Parameters
    ----------
    plan
        Two scenarios, authorities, months, seed, engine and threads. Its number of runs is not used.
    measures
        Measures that add up over authorities, beside net cost.
    progress
        Called with (runs done, runs known to be needed).

    Raises
    ------
    ExperimentError
        If there are not two scenarios, or a measure cannot be used.
    """

    def __init__(self, plan: Plan, measures: Sequence[str] = (), progress: Progress | None = None) -> None:
        if len(plan.scenarios) != 2:
            raise ExperimentError(f"{len(plan.scenarios)} scenarios, expected a baseline and one reform")
        if len({scenario.history_hash for scenario in plan.scenarios}) > 1:
            raise ExperimentError("the two scenarios have different pasts, so their runs are not paired; expected a reform of the baseline")
        for name in measures:
            check_measure(name)
        self.plan, self.measures, self.progress = plan, tuple(measures), progress
        self.units = units_of(plan)
        self.worker = Worker(plan)
        self.names = [names_in(scenario) for scenario in plan.scenarios]
        self.kept: dict[tuple, np.ndarray] = {}
        self.runs = 0
        self.expected = 0
        self._varied: dict[tuple, Scenario] = {}

    @cached_property
    def years(self) -> list[int]:
        """The complete financial years from the branch on: the last axis of what is returned."""
        return [year for year in self.plan.years if year >= year_ending(self.plan.from_)]

    def __call__(self, tasks: Iterable[tuple[Point, int]]) -> np.ndarray:
        """Return differences by task (point, replicate), quantity (net cost in pounds to the authority, then measures) and year (T, 1 + Q, Y)."""
        tasks = list(tasks)
        keys = [[self._key(s, point, replicate) for s in range(2)] for point, replicate in tasks]
        missing = list(dict.fromkeys(key for pair in keys for key in pair if (0, *key) not in self.kept))
        by_replicate: dict[int, list[tuple]] = {}
        for key in missing:
            by_replicate.setdefault(key[1], []).append(key)
        chunks = [
            (u, replicate, group[i : i + CHUNK])
            for replicate, group in by_replicate.items() for u in range(len(self.units)) for i in range(0, len(group), CHUNK)
        ]  # fmt: skip
        total = max(self.expected, self.runs + len(missing) * len(self.units))
        run_tasks(lambda chunk: self._run(*chunk, total), chunks, self.plan.workers)
        of = {key: sum(self.kept[u, *key] for u in range(len(self.units))) for key in {key for pair in keys for key in pair}}
        return np.array([of[reform] - of[base] for base, reform in keys])

    def over(self, points: Sequence[Point], replicates: int) -> np.ndarray:
        """Return differences by point, replicate, quantity and year (P, R, 1 + Q, Y): every point on the same replicates."""
        found = self([(point, replicate) for point in points for replicate in range(replicates)])
        return found.reshape(len(points), replicates, *found.shape[1:])

    def _key(self, s: int, point: Point, replicate: int) -> tuple:
        """Return what a scenario's run is kept under: (scenario, replicate, what it knows of the point)."""
        return s, replicate, point.known_to(self.names[s])

    def _run(self, u: int, replicate: int, keys: list[tuple], total: int) -> None:
        """Run scenarios of one unit and replicate, and keep what they came to."""
        unit, past = self.units[u], None
        for key in keys:
            s, _, point = key
            scenario = self._scenario(s, point)
            past = past or self.worker.past(scenario, unit, replicate)
            whole = self._model(scenario, unit.areas, unit.reach, point)
            alone = () if pools(scenario) and len(unit.areas) > 1 else [self._model(scenario, (area,), ALONE, point) for area in unit.areas]
            counted, _ = self.worker.simulate(scenario, whole, alone, replicate, *past)
            self.kept[u, *key] = self._quantities(counted, whole, replicate)
            with self.worker.lock:
                self.runs += 1
                if self.progress:
                    self.progress(self.runs, max(total, self.runs))

    def _model(self, scenario: Scenario, areas: tuple[str, ...], reach: np.ndarray, point: Point) -> Any:
        """Return the model of a scenario at a point; what points have in common is built once."""
        model = self.worker.model(scenario, areas, reach)
        model.static  # noqa: B018 - built before the model is copied, so that copies share it
        return model.with_fixed({**self.plan.fixed, **dict(point.fixed)}, point.fitted_draw)

    def _scenario(self, s: int, point: Point) -> Scenario:
        """Return a scenario with a point's settings."""
        if not point.settings:
            return self.plan.scenarios[s]
        with self.worker.lock:
            if (s, point.settings) not in self._varied:
                self._varied[s, point.settings] = with_settings(self.plan.scenarios[s], dict(point.settings))
            return self._varied[s, point.settings]

    def _quantities(self, tally: Any, model: Any, replicate: int) -> np.ndarray:
        """Return net cost to the authority and the measures by year, authorities added up (1 + Q, Y)."""
        drawn, growth = model.draws(self.plan.seed, replicate), model.price_growth(self.plan.seed, replicate)
        paid = [i for i, line in enumerate(lines_of(model.scenario)) if line.payer == "authority"]
        spans = complete_years(tally_months(tally, model))
        rows = [annual_costs(tally, model, drawn, growth)[:, paid].sum(axis=(0, 1))]
        counts = Counts(tally, model, growth)
        for name in self.measures:
            monthly = np.asarray(MEASURES[name].count(counts), float)
            rows.append(np.array([of_year(monthly[:, span], MEASURES[name].over).sum() for span in spans.values()]))
        return np.array(rows)[:, [list(spans).index(year) for year in self.years]]


def check_measure(name: str) -> None:
    """Raise ExperimentError unless a measure can be added up over authorities."""
    from scenarios.names import suggestion

    counted = [key for key, measure in MEASURES.items() if measure.count is not None]
    if name not in counted:
        what = "is a ratio, which does not add up over authorities" if name in MEASURES else "is not measured"
        raise ExperimentError(f"the measure {name!r} {what}, {suggestion(name, counted)}")


def names_in(scenario: Scenario) -> set[str]:
    """Return the names of the numbers that act in a scenario when they are fixed: of prices, and of what its levers do."""
    prices = {growth.name for growth in scenario.settings.prices.real_growth_per_year.values()}
    return prices | {each.name for action in scenario.actions for each in action.distributions().values()} - {""}


def with_settings(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    """Return a scenario with other values of settings from the branch on, by dotted path below `settings`; its key says which."""
    settings = scenario.settings
    for path, value in values.items():
        settings = _with(settings, path.split("."), value)
    key = scenario.key + "".join(f" {path}={value!r}" for path, value in values.items())
    return replace(scenario, key=key, settings=type(settings).model_validate(settings.model_dump(by_alias=True)))


def _with(entry: Any, path: list[str], value: float) -> Any:
    """Return an entry of the settings with the value at a path below it (unchecked)."""
    if not path:
        return entry.model_copy(update={"value": value})
    return entry.model_copy(update={path[0]: _with(getattr(entry, path[0]), path[1:], value)})
