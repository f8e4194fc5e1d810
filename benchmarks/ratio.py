"""How many times faster than a bare SimPy queue the fast engine is, an event against a kernel step.

On a busy machine speed changes from second to second, so short pieces of both are run in turn and the median ratio counts. What a run costs
before its first month (copying the state, scheduling everyone) is measured by runs of one month, and left out.

    python benchmarks/ratio.py [--area NAME] [--rounds N] [--years N]
"""

import argparse
import time

import numpy as np

from carecurve.bench import BRANCH, average_authority, simpy_steps_per_second
from scenarios.loading import load
from scenarios.timeline import add_months
from sim.engine import simulate
from sim.history import past
from sim.model import compile_model

CUSTOMERS = 1500


def pieces(area: str, years: int):
    """Yield (nanoseconds an event, milliseconds before the first month) of the fast engine, without end."""
    scenario = load("baseline")
    state, _ = past(scenario, area, BRANCH, 1, 0)
    last = add_months(BRANCH, 12 * years - 1)
    compiled = compile_model(scenario, (area,), last, BRANCH)
    simulate(compiled, state, BRANCH, BRANCH, 1, 0)
    while True:
        times, events = [], []
        for end in (BRANCH, last):
            began = time.perf_counter()
            tally, _ = simulate(compiled, state, BRANCH, end, 1, 0)
            times.append(time.perf_counter() - began)
            events.append(int(tally.counters[0]))
        yield (times[1] - times[0]) / (events[1] - events[0]) * 1e9, times[0] * 1e3


def main() -> None:
    """Print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--area", default=None)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--years", type=int, default=3)
    given = parser.parse_args()
    engine = pieces(given.area or average_authority(), given.years)
    simpy, fast, before = [], [], []
    for _ in range(given.rounds):
        first = simpy_steps_per_second(CUSTOMERS)
        event, run = next(engine)
        second = simpy_steps_per_second(CUSTOMERS)
        simpy.append((1e9 / first + 1e9 / second) / 2)
        fast.append(event)
        before.append(run)
    simpy, fast = np.array(simpy), np.array(fast)
    print(f"SimPy step {np.median(simpy):.0f} ns (least {simpy.min():.0f}), event {np.median(fast):.0f} ns (least {fast.min():.0f})")
    print(f"ratio: median {np.median(simpy / fast):.2f}, of the least {simpy.min() / fast.min():.2f}")
    print(f"a run of one month: {np.median(before):.1f} ms")


if __name__ == "__main__":
    main()
