"""How much faster one checkout of the project is than another: both run the same short piece in turn, so both meet the same noise.

    python benchmarks/compare.py OLD_FOLDER NEW_FOLDER [--area NAME] [--rounds N]

Each folder holds a whole checkout. Differences of one per cent can be told in a few minutes.
"""

import argparse
import os
import subprocess
import sys

import numpy as np

WORKER = """
import sys
sys.path.insert(0, {benchmarks!r})
from ratio import pieces
for line, (event, run) in zip(sys.stdin, pieces({area!r}, 3)):
    print(event, run, flush=True)
"""


def worker(folder: str, area: str) -> subprocess.Popen:
    """Start a process that measures one piece for each line it is sent, with the code of a folder."""
    code = WORKER.format(benchmarks=os.path.dirname(os.path.abspath(__file__)), area=area)
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, env={**os.environ, "PYTHONPATH": os.path.abspath(folder)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def measure(process: subprocess.Popen) -> list[float]:
    """Return a worker's next (nanoseconds an event, milliseconds before the first month)."""
    process.stdin.write("\n")
    process.stdin.flush()
    return [float(word) for word in process.stdout.readline().split()]


def main() -> None:
    """Print the ratio of times, new over old."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs=2)
    parser.add_argument("--area", default="North Yorkshire")
    parser.add_argument("--rounds", type=int, default=60)
    given = parser.parse_args()
    workers = [worker(folder, given.area) for folder in given.folders]
    for process in workers:  # the first compiles
        measure(process)
    found = np.zeros((given.rounds, 2, 2))
    for i in range(given.rounds):
        for which in (0, 1) if i % 2 else (1, 0):
            found[i, which] = measure(workers[which])
    for process in workers:
        process.stdin.close()
        process.wait()
    ratio = found[:, 1, 0] / found[:, 0, 0]
    for which, folder in enumerate(given.folders):
        print(f"{folder}: {np.median(found[:, which, 0]):.0f} ns an event (least {found[:, which, 0].min():.0f})")
    print(f"new / old: median {np.median(ratio):.3f}, standard error {ratio.std() / np.sqrt(len(ratio)):.3f}")


if __name__ == "__main__":
    main()
