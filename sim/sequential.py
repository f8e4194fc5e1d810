"""Run replicates until the rule of `sim.precision` says that they are enough: `--runs auto`.

Replicates run side by side, and some beyond the last one kept: their results are dropped. The rule sees replicates 0, 1, 2, ... in order, each as
soon as all before it are there, so the number kept is the same whatever the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from scenarios.timeline import year_ending, year_name
from sim.cost_lines import lines_of
from sim.executors import run_in_order
from sim.history import KEPT_MODELS
from sim.measures import MEASURES
from sim.plan import Plan
from sim.precision import Watch, Watched

STOCKS = ("cla_at31", "cpp_at31")
COST_TOLERANCE_PCT = 0.05  # of the baseline's net cost: where a reform's net cost is about nil
STOCK_TOLERANCE_PCT, CHILDREN_TOLERANCE = 0.1, 0.5  # of the baseline's children; half a child
BLOCK = 5  # replicates of one unit in a row where its models cannot be kept until the next


def watched(plan: Plan) -> list[Watched]:
    """Return the headline quantities: of each reform against the baseline, or of the one scenario there is.

    Net cost to the authority over all years from the branch on (pounds, constant prices), then children in care and on protection plans, each the
    mean of those years' 31 March.
    """
    years = _years(plan)
    span = f"{year_name(years[0])} to {year_name(years[-1])}"
    marches = f"mean of 31 March {years[0]} to {years[-1]}"
    found = []
    for scenario in plan.scenarios[1:] or plan.scenarios:
        found.append(Watched(scenario.key, f"net cost {span}", "GBP", COST_TOLERANCE_PCT))
        for name in STOCKS:
            label = f"{MEASURES[name].label[0].lower()}{MEASURES[name].label[1:]}, {marches}"
            found.append(Watched(scenario.key, label, "children", STOCK_TOLERANCE_PCT, CHILDREN_TOLERANCE))
    return found


def headlines(plan: Plan, outcomes: list[list[Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Return one replicate's values and baseline levels (Q), in the order of `watched`, from its outcomes by unit and scenario."""
    after = [i for i, year in enumerate(plan.years) if year >= _years(plan)[0]]
    stocks = [list(MEASURES).index(name) for name in STOCKS]
    rows = []
    for s, scenario in enumerate(plan.scenarios):
        paid = [i for i, line in enumerate(lines_of(scenario)) if line.payer == "authority"]
        cost = sum(one[s].costs[:, paid][:, :, after].sum() for one in outcomes)
        children = [sum(one[s].annual[:, k][:, after].sum() for one in outcomes) / len(after) for k in stocks]
        rows.append([cost, *children])
    levels = np.array(rows, float)
    if len(levels) == 1:
        return levels[0], levels[0]
    return (levels[1:] - levels[0]).ravel(), np.tile(levels[0], len(levels) - 1)


def run_until_precise(
    plan: Plan, units: list[Any], worker: Callable[[tuple[Any, int]], list[Any]], progress: Callable[[int, int], None] | None = None
) -> tuple[list[list[Any]], Watch]:
    """Run replicates of every unit until the plan's rule stops. Return outcomes unit by unit, replicate by replicate, and what the rule saw.

    Parameters
    ----------
    units
        What runs by itself: authorities, or pooled regions.
    worker
        Returns the outcomes, by scenario, of (unit, replicate).
    progress
        Called with (tasks done, tasks expected in all).
    """
    watch = Watch(plan.rule, watched(plan))
    block = BLOCK if len(units) * (len(plan.scenarios) + 1) > KEPT_MODELS else 1
    tasks = list(_in_blocks(len(units), plan.rule.maximum, block))
    found: dict[tuple[int, int], list[Any]] = {}
    results = run_in_order(lambda task: worker((units[task[0]], task[1])), tasks, plan.workers)
    try:
        for task, outcome in zip(tasks, results, strict=True):
            found[task] = outcome
            stopped = False
            while not stopped and all((u, watch.runs) in found for u in range(len(units))):
                stopped = watch.see(*headlines(plan, [found[u, watch.runs] for u in range(len(units))]))
            if progress:
                progress(len(found), max(watch.forecast() * len(units), len(found)))
            if stopped:
                break
    finally:
        results.close()
    return [found[u, r] for u in range(len(units)) for r in range(watch.runs)], watch


def _years(plan: Plan) -> list[int]:
    """Return the years from the branch on."""
    return [year for year in plan.years if year >= year_ending(plan.from_)]


def _in_blocks(units: int, most: int, block: int) -> Iterator[tuple[int, int]]:
    """Yield (unit, replicate): blocks of replicates, each of one unit after the other."""
    for first in range(0, most, block):
        for unit in range(units):
            for replicate in range(first, min(first + block, most)):
                yield unit, replicate
