"""What the baselines of the backtest reach, by indicator: the figures of docs/backtest.md.

    python benchmarks/backtest_baselines.py [--origins 2015 2016] [--horizon 5]

Choices about methods were made on origins up to 2016; looking at later ones before a model is settled spends them.
"""

import argparse

from calibration.backtest import Backtest, baseline
from calibration.baselines import BASELINES
from calibration.panel import read_panel
from calibration.skill import score, scores_table


def main():
    """Print what the baselines reach from each origin."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--origins", type=int, nargs="+", default=[2015, 2016])
    asked.add_argument("--horizon", type=int, default=5)
    options = asked.parse_args()
    panel = read_panel()
    for origin in options.origins:
        joined = Backtest(panel, {name: baseline(name) for name in BASELINES}, origin, options.horizon).run()
        table = scores_table(joined, score(joined))
        last = table[table["horizon_years"] == options.horizon]
        print(f"\nfrom {origin} to {origin + options.horizon}")
        print(last.round({"mape": 1, "crps": 3, "coverage50": 2, "coverage80": 2, "coverage95": 2, "interval_score80": 2}).to_string(index=False))
        print(table.groupby(["horizon_years", "method"])[["mape", "crps", "coverage50", "coverage80", "coverage95"]].mean().round(3).to_string())


if __name__ == "__main__":
    main()
