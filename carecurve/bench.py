"""Measure speed in one run: bare SimPy, both engines on one authority, a pooled region, two threads, and every authority.

Ratios hold across machines, figures do not. The bare SimPy yardstick is an M/M/1 queue at 90 % use, counted in kernel steps; an event is a row of the
event log (ruling 45). Compilation is never timed here; `benchmarks/start.py` does that.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIMPY_CUSTOMERS = 60_000
YEARS, REFERENCE_YEARS = 10, 5
BRANCH, REGION, POOLING = "2025-04", "greater-manchester", "regional-care-cooperative"
ROUNDS = 3  # of the yardstick and the fast engine in turn: the middle one counts
THREAD_TASKS = 12


def simpy_steps_per_second(customers: int = SIMPY_CUSTOMERS) -> float:
    """Return kernel steps per second of a bare SimPy M/M/1 queue."""
    import simpy

    environment = simpy.Environment()
    server = simpy.Resource(environment)
    draw = random.Random(1)
    steps = 0

    def customer():
        """Wait for the server, then be served for a mean of one unit of time."""
        with server.request() as request:
            yield request
            yield environment.timeout(draw.expovariate(1.0))

    def arrivals():
        """Send customers at a rate of 0.9."""
        for _ in range(customers):
            yield environment.timeout(draw.expovariate(0.9))
            environment.process(customer())

    environment.process(arrivals())
    began = time.perf_counter()
    while environment.peek() < float("inf"):
        environment.step()
        steps += 1
    return steps / (time.perf_counter() - began)


def average_authority() -> str:
    """Return the authority whose children in care are the median."""
    from scenarios.areas import load_areas

    ranked = sorted(
        (profile for profile in load_areas().values() if not profile.too_small),
        key=lambda profile: profile.value("cla_non_uasc_stock") + profile.value("uasc_at31"),
    )
    return ranked[len(ranked) // 2].name


def timed(run: Callable[[], int]) -> tuple[float, int]:
    """Return seconds, and what `run` returns (events)."""
    began = time.perf_counter()
    events = run()
    return time.perf_counter() - began, events


def years_from(simulate: Callable, compiled: Any, state: Any, years: int, replicate: int = 0) -> int:
    """Simulate some years from the branch on. Return events."""
    from scenarios.timeline import add_months

    return int(simulate(compiled, state, BRANCH, add_months(BRANCH, 12 * years - 1), 1, replicate)[0].counters[0])


def one_authority(area: str) -> dict[str, Any]:
    """Return speeds of bare SimPy and of both engines, one thread: history and ten years, from nobody to 2035; and of ten years and twenty alone."""
    from scenarios.loading import load
    from scenarios.timeline import add_months
    from sim import engine, reference
    from sim.model import compile_model

    scenario = load("baseline")
    past = compile_model(scenario, (area,), branch=BRANCH, history=True)
    compiled = compile_model(scenario, (area,), add_months(BRANCH, 24 * YEARS - 1), BRANCH)
    state = engine.simulate(past, None, past.first, past.last, 1, 0)[1]
    for simulate in (engine.simulate, reference.simulate):
        simulate(compiled, state, BRANCH, BRANCH, 1, 0)  # compiled, and memory touched
    ratios, fast, simpy = [], [], []
    for _ in range(ROUNDS):
        simpy.append(simpy_steps_per_second())
        seconds, events = timed(lambda: int(engine.simulate(past, None, past.first, past.last, 1, 0)[0].counters[0]))
        ten, more = timed(lambda: years_from(engine.simulate, compiled, state, YEARS))
        fast.append((events + more) / (seconds + ten))
        ratios.append(fast[-1] / simpy[-1])
    middle = sorted(range(ROUNDS), key=lambda i: ratios[i])[ROUNDS // 2]
    twenty, events_twenty = timed(lambda: years_from(engine.simulate, compiled, state, 2 * YEARS))
    slow, slow_events = timed(lambda: years_from(reference.simulate, compiled, state, REFERENCE_YEARS))
    return {
        "area": area, "simpy_steps_per_s": round(simpy[middle]), "fast_events_per_s": round(fast[middle]),
        "reference_events_per_s": round(slow_events / slow), "fast_over_simpy": round(ratios[middle], 2),
        "fast_over_simpy_least": round(min(ratios), 2), "fast_over_simpy_most": round(max(ratios), 2),
        "fast_over_reference": round(fast[middle] / (slow_events / slow), 1), "fast_events": events + more,
        "twenty_years_over_ten_per_event": round(twenty / events_twenty / (ten / more), 2),
    }  # fmt: skip


def two_threads(area: str) -> dict[str, Any]:
    """Return how many times as much two threads do as one: ten years of several replicates of one authority, from one state."""
    from scenarios.loading import load
    from sim import engine
    from sim.executors import run_tasks
    from sim.history import past
    from sim.model import compile_model

    scenario = load("baseline")
    compiled, (state, _) = compile_model(scenario, (area,), branch=BRANCH), past(scenario, area, BRANCH, 1, 0)
    seconds = {}
    for workers in (1, 2, 1, 2):
        took, _ = timed(
            lambda workers=workers: len(run_tasks(lambda r: years_from(engine.simulate, compiled, state, YEARS, r), range(THREAD_TASKS), workers))
        )
        seconds[workers] = min(took, seconds.get(workers, took))
    return {"two_threads_over_one": round(seconds[1] / seconds[2], 2)}


def pooled_region() -> dict[str, Any]:
    """Return the time of an event in a pooled region over that in its authorities alone, from the month places are pooled."""
    from scenarios.loading import load
    from sim import engine
    from sim.history import past
    from sim.model import compile_model
    from sim.selection import select
    from sim.state import join

    (region,) = select(None, REGION, False).regions
    baseline, pooling = load("baseline"), load(POOLING)
    alone = [compile_model(baseline, (area,), branch=BRANCH) for area in region.areas]
    states = [past(baseline, area, BRANCH, 1, 0)[0] for area in region.areas]
    whole = compile_model(pooling, region.areas, branch=BRANCH, reach=region.reach)
    engine.simulate(whole, join(states), BRANCH, BRANCH, 1, 0)
    one, events = timed(lambda: sum(years_from(engine.simulate, model, state, YEARS) for model, state in zip(alone, states, strict=True)))
    joined, pooled_events = timed(lambda: years_from(engine.simulate, whole, join(states), YEARS))
    ratio = joined / pooled_events / (one / events)
    return {"region": REGION, "authorities_pooled": len(region.areas), "pooled_over_alone_per_event": round(ratio, 2)}


def every_authority() -> dict[str, Any]:
    """Return seconds for every authority of the panel, ten years, one replicate, on all processors: with histories to simulate, and from kept ones.

    Histories are kept in a folder of their own, so that none is found the first time and none is left behind; kernels are compiled by now.
    """
    from scenarios.loading import load
    from sim.experiment import run_experiment
    from sim.plan import plan
    from sim.selection import select

    prepared = plan([load("baseline")], select(None, None, True), runs=1)
    found, usual = {}, os.environ.get("CARECURVE_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CARECURVE_CACHE"] = folder
        try:
            for name in ("every_authority_s", "every_authority_from_kept_histories_s"):
                seconds, _ = timed(lambda: len(run_experiment(prepared).baseline.annual))
                found[name] = round(seconds, 1)
        finally:
            os.environ.pop("CARECURVE_CACHE")
            if usual is not None:
                os.environ["CARECURVE_CACHE"] = usual
    return found


def bench(england: bool = False) -> dict[str, Any]:
    """Return every figure of the benchmark; with `england` every authority's too, which takes minutes."""
    area = average_authority()
    found = one_authority(area) | two_threads(area) | pooled_region()
    return found | every_authority() if england else found


def write_bench(figures: dict[str, Any], folder: str | Path) -> Path:
    """Write bench.json into a folder (made if missing)."""
    path = Path(folder) / "bench.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return path
