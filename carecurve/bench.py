"""Measure speed in one run, on one thread: bare SimPy, the reference engine and the fast engine.

Ratios hold across machines, figures do not. The bare SimPy yardstick is an M/M/1 queue at 90 % use, counted in kernel
steps; the engines run the baseline for the average authority (median children in care) and count events (ruling 45).
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

SIMPY_CUSTOMERS = 60_000
FAST_YEARS, REFERENCE_YEARS = 20, 5  # long enough that reading the state and scheduling everyone is a small part
BRANCH = "2025-04"


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


def engine_events_per_second(engine: str, state: Any, compiled: Any, years: int) -> tuple[float, int]:
    """Return events per second, and events, of an engine from a state over some years; compilation is not timed."""
    from scenarios.timeline import add_months
    from sim.plan import ENGINES

    simulate = ENGINES[engine]
    simulate(compiled, state, BRANCH, BRANCH, 1, 0)  # the reference engine's shared rules are compiled as well
    began = time.perf_counter()
    tally, _ = simulate(compiled, state, BRANCH, add_months(BRANCH, 12 * years - 1), 1, 0)
    return int(tally.counters[0]) / (time.perf_counter() - began), int(tally.counters[0])


def bench() -> dict[str, Any]:
    """Return every figure of the benchmark."""
    from scenarios.loading import load
    from scenarios.timeline import add_months
    from sim.history import past
    from sim.model import compile_model

    area, scenario = average_authority(), load("baseline")
    state, _ = past(scenario, area, BRANCH, 1, 0)
    compiled = compile_model(scenario, (area,), add_months(BRANCH, 12 * FAST_YEARS - 1), BRANCH)
    simpy_speed = simpy_steps_per_second()
    fast, fast_events = engine_events_per_second("fast", state, compiled, FAST_YEARS)
    reference, reference_events = engine_events_per_second("reference", state, compiled, REFERENCE_YEARS)
    return {
        "simpy_steps_per_s": round(simpy_speed), "reference_events_per_s": round(reference),
        "fast_events_per_s": round(fast),
        "fast_over_simpy": round(fast / simpy_speed, 2), "fast_over_reference": round(fast / reference, 1),
        "area": area, "threads": 1, "fast_events": fast_events, "reference_events": reference_events,
        "fast_years": FAST_YEARS, "reference_years": REFERENCE_YEARS,
    }  # fmt: skip


def write_bench(figures: dict[str, Any], folder: str | Path) -> Path:
    """Write bench.json into a folder (made if missing)."""
    path = Path(folder) / "bench.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return path
