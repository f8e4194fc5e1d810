"""How soon things start: `--help`, a run with everything kept, and compiling from nothing. Whole processes, by the clock.

    python benchmarks/start.py [--rounds N]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time

RUN = ["run", "--area", "Rutland", "--runs", "1", "--from", "2025-04", "--until", "2026-03", "--overwrite"]


def seconds(arguments: list[str], cache: str, folder: str) -> tuple[float, float]:
    """Return seconds to the first line printed, and to the end."""
    environment = os.environ | {"CARECURVE_CACHE": cache, "PYTHONUNBUFFERED": "1"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "carecurve.cli", *arguments], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    process.stdout.readline()
    first = time.perf_counter() - began
    process.stdout.read()
    if process.wait() != 0:
        raise SystemExit(f"{' '.join(arguments)} failed")
    return first, time.perf_counter() - began


def main() -> None:
    """Print the least and the median of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cache = f"{folder}/cache"
        first, whole = seconds([*RUN, "-o", "out"], cache, folder)
        print(f"a first run of one small authority and year, compilation and history included: {whole:.1f} s, its first line after {first:.2f} s")
        for name, arguments in (("--help", ["--help"]), ("the same run again, all kept", [*RUN, "-o", "out"])):
            times = sorted(seconds(arguments, cache, folder)[1] for _ in range(given.rounds))
            print(f"{name}: least {times[0]:.2f} s, median {times[len(times) // 2]:.2f} s")


if __name__ == "__main__":
    main()
