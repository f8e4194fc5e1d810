"""Whether a change of the engine changes results: hashes of the event log and of everything counted, for twenty years of one authority.

    python benchmarks/fingerprint.py [--area NAME]

Compare what it prints before and after. The history is simulated again too: every edit of a kernel gives it a new name in the cache.
"""

import argparse
import hashlib

import numpy as np

from carecurve.bench import BRANCH, average_authority
from scenarios.loading import load
from scenarios.timeline import add_months
from sim.engine import simulate
from sim.history import past
from sim.model import compile_model


def main() -> None:
    """Print events, and the hashes of log and tally."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--area", default=None)
    area, scenario = parser.parse_args().area or average_authority(), load("baseline")
    state, _ = past(scenario, area, BRANCH, 1, 0)
    last = add_months(BRANCH, 12 * 20 - 1)
    tally, _ = simulate(compile_model(scenario, (area,), last, BRANCH), state, BRANCH, last, 1, 0, log=True)
    log, counted = hashlib.sha256(), hashlib.sha256()
    for name in tally.log.dtype.names:  # field by field: records have gaps
        log.update(np.ascontiguousarray(tally.log[name]).tobytes())
    for name, array in tally._asdict().items():
        if name not in ("log", "counters"):
            counted.update(np.ascontiguousarray(array).tobytes())
    print(f"{area}: {tally.counters[0]} events, log {log.hexdigest()[:16]}, counted {counted.hexdigest()[:16]}")


if __name__ == "__main__":
    main()
