"""Parameter recovery: how often calibration's 90 % intervals hold the parameters that made a panel (docs/recovery.md).

England is fitted once, panels are made from what was learnt of the shipped one, and each is calibrated as if it were real.

    python benchmarks/recovery.py [--panels 20] [--authorities 25] [--steered 2] [--vintage 2020] [--ahead 5] [--again 40]

`--steered` authorities of each panel have their figures found by the equations, a minute of a processor each; 0: all of them, by England's response
alone. `--again 0` leaves out shares left.
"""

import argparse
import time

import numpy as np

from calibration.made_panels import Truth, made, truth_of
from calibration.panel import read_panel
from calibration.recovery import Interval, coverage, histogram, recovered, shares_left
from calibration.series import NAMES, QUANTITIES

LEVELS = (0.5, 0.8, 0.9, 0.95)
ROWS = {"figures": QUANTITIES, "published": NAMES, "share left": NAMES}


def run(truth: Truth, panels: int, authorities: int, again: int, steered: int) -> dict[str, list[Interval]]:
    """Return intervals of each panel, by what they are of."""
    found: dict[str, list[Interval]] = {}
    for number in range(panels):
        one = made(truth, number, authorities)
        intervals = recovered(truth, one, steered or None)
        if again:
            intervals["share left"] = shares_left(truth, one, number, again)
        for name, interval in intervals.items():
            found.setdefault(name, []).append(interval)
    return found


def report(found: dict[str, list[Interval]]) -> None:
    """Print how often intervals held the truth, by what they are of and by series, and where in its distribution the truth lay."""
    for name, intervals in found.items():
        print(f"\n{name}: share of intervals that hold the truth, standard error by panels; width of a standard deviation")
        for series, label in (*enumerate(ROWS[name]), (None, "all")):
            shares = " ".join(f"{100 * level:.0f} %: {one.share:.3f} ({one.standard_error:.3f})"
                              for level in LEVELS for one in [coverage(intervals, level, series)])  # fmt: skip
            width = np.mean([np.median(one.sd if series is None else one.sd[..., series]) for one in intervals])
            print(f"  {label:24s} {coverage(intervals, 0.9, series).intervals:5d}  {shares}  {width:.3f}")
        print("  truth in its distribution, by tenths:", " ".join(f"{share:.3f}" for share in histogram(intervals)))


def main() -> None:
    """Make panels, calibrate them, print the tables."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("panels", 20), ("authorities", 25), ("steered", 2), ("vintage", 2020), ("ahead", 5), ("again", 40)):
        asked.add_argument(f"--{name}", type=int, default=default)
    options = asked.parse_args()
    began = time.perf_counter()
    truth = truth_of(read_panel(), options.vintage, options.ahead)
    print(f"England fitted: {time.perf_counter() - began:.0f} s")
    found = run(truth, options.panels, options.authorities, options.again, options.steered)
    report(found)
    print(f"\n{options.panels} panels of {options.authorities} authorities: {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
