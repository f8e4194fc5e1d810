"""Changes of recording: jumps of an authority's referrals that nothing behind them echoes and that stay.

A jump of the logarithm from one year to the next, beyond England's (the median authority's), counts as a change of recording when it is

* large: over `LARGEST_ORDINARY` and over `SPREADS` times the usual spread of such changes;
* without echo: enquiries (s47) move less than `ECHO` of it in its direction, and so do care starts;
* lasting: the year after, where known, keeps more than half of it, and it is not itself the way back from the year before. A figure that goes
  and comes back is noise of a year, and counted as such.

The last year known has no year after: it is flagged on the first two alone. Only years known at the vintage are read. Rows before a break are
still published figures; how to use them is for the reader (`PublishedTargets.comparable_from`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from calibration.panel import Panel
from calibration.target_noise import robust_scale

LARGEST_ORDINARY = 0.35  # 42 % up, 30 % down; assumed
SPREADS = 2.5
ECHO = 1.0 / 3.0
WITNESSES = ("s47", "cla_started")
BREAK_COLUMNS = ("area", "measure", "year_ending", "jump")
FEWEST_CHILDREN = 20  # a smaller count of a year jumps by itself
FEWEST_AUTHORITIES = 10  # a median of fewer says little of England


def recording_breaks(panel: Panel, measure: str = "referrals") -> pd.DataFrame:
    """Return the breaks of a measure: area, measure, year_ending (the first of the new recording), jump of the logarithm."""
    moved = _moved(panel, measure)
    witnesses = [_moved(panel, name) for name in WITNESSES if name in panel.measures]
    every = moved.to_numpy()[np.isfinite(moved.to_numpy())]
    if len(moved) < FEWEST_AUTHORITIES or every.size < FEWEST_AUTHORITIES or not witnesses:
        return pd.DataFrame(columns=list(BREAK_COLUMNS))
    bar = max(LARGEST_ORDINARY, SPREADS * robust_scale(every))
    found = []
    for area, row in moved.iterrows():
        for year, jump in row[row.abs() > bar].items():
            echoes = [witness.loc[area].get(year, np.nan) if area in witness.index else np.nan for witness in witnesses]
            after = row.get(year + 1, np.nan)
            kept = np.isnan(after) or (abs(jump + after) > 0.5 * abs(jump) and np.sign(jump + after) == np.sign(jump))
            heard = [echo * np.sign(jump) > ECHO * abs(jump) for echo in echoes if np.isfinite(echo)]
            before = row.get(year - 1, 0.0)
            back = np.isfinite(before) and abs(jump + before) < 0.5 * abs(jump)
            if kept and not back and heard and not any(heard):
                found.append((area, measure, int(year), float(jump)))
    return pd.DataFrame(found, columns=list(BREAK_COLUMNS))


def _moved(panel: Panel, measure: str) -> pd.DataFrame:
    """Return changes of the logarithm from the year before, less the median authority's, by area and year."""
    rows = panel.frame[(panel.frame.level == "local_authority") & ~(panel.frame[measure] < FEWEST_CHILDREN)]
    wide = rows.pivot_table(index="name", columns="year_ending", values=measure).astype(float)
    wide = wide.reindex(columns=range(int(wide.columns.min()), int(wide.columns.max()) + 1))
    moved = np.log(wide.where(wide > 0)).diff(axis=1)
    return moved - moved.median(axis=0)
