"""What a reform changes in a forecast from records, paired run by run with the forecast without it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outputs.forecast_costs import Costs
from outputs.forecast_tables import spread_over_runs

PAIRED = {"p05": 0.05, "p50": 0.5, "p95": 0.95}


def difference_table(name: str, base: Costs, reform: Costs, other_gbp: np.ndarray) -> pd.DataFrame:
    """Return differences by whole budget year.

    Parameters
    ----------
    other_gbp
        What the reform costs beside placements, by world and budget year (W, Y), constant prices; run r lives in world r modulo W.

    Returns
    -------
    Columns `scenario`, `measure`, `unit`, `year_ending`, `mean`, and those of `PAIRED`.
    """
    year = base.year_of_month
    last = [int(np.flatnonzero(year == position)[-1]) for position in range(len(base.run.years))]
    stock = _counts(reform, "stock")[:, last] - _counts(base, "stock")[:, last]
    placements = reform.by_year().sum(axis=-1) - base.by_year().sum(axis=-1)
    other = other_gbp[np.arange(len(placements)) % len(other_gbp)]
    changes = {
        "children_in_care": ("children at the year's end", stock),
        "starts": ("children", _by_year(_counts(reform, "starts") - _counts(base, "starts"), year)),
        "leavers": ("children", _by_year(_counts(reform, "leavers") - _counts(base, "leavers"), year)),
        "placements_gbp": ("GBP, constant prices", placements),
        "other_gbp": ("GBP, constant prices", other),
        "net_gbp": ("GBP, constant prices", placements + other),
    }
    rows = [
        {"scenario": name, "measure": measure, "unit": unit, "year_ending": ends, **{key: float(v) for key, v in spread_over_runs(values[:, y],
        PAIRED).items()}} for measure, (unit, values) in changes.items()
        for y, ends in enumerate(base.run.years)
    ]
    return pd.DataFrame(rows)


def _counts(costs: Costs, what: str) -> np.ndarray:
    """Return children of a tally by run and month (R, M)."""
    tally = getattr(costs.run.tallies, what)
    return tally.reshape(*tally.shape[:2], -1).sum(axis=-1).astype(float)


def _by_year(months: np.ndarray, year: np.ndarray) -> np.ndarray:
    """Return sums by budget year (R, Y) of what is by month (R, M)."""
    return np.stack([months[:, year == position].sum(axis=1) for position in range(year.max() + 1)], axis=1)
