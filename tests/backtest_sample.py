"""A made-up panel with known movements, and a simple forecaster, for tests of the backtest."""

import numpy as np
import pandas as pd

from calibration.backtest import INDICATORS, labelled
from calibration.panel import KEY_COLUMNS, Panel

YEARS = tuple(range(2013, 2022))
AREAS = tuple(f"Borough {letter}" for letter in "ABCDEFGHIJKL")
LEVELS = dict(zip(INDICATORS, (4000, 900, 300, 250, 2000, 150, 145, 420), strict=True))


def wave(*address):
    """A number in -1 ... 1, fixed by its address and without pattern."""
    return np.sin(12.9898 * sum((k + 1) * 7.233 * (a + 1) for k, a in enumerate(address))) * 43758.5453 % 2.0 - 1.0


def panel(spread=0.3, drift=0.05, years=YEARS, areas=AREAS):
    """Counts by authority that wander from level to level, and England as their sum over 0.8."""
    rows = []
    for a, name in enumerate(areas):
        logs = {one: np.log(level) + spread * wave(a, i) for i, (one, level) in enumerate(LEVELS.items())}
        for y, year in enumerate(years):
            if y:
                logs = {one: x + drift * wave(a, i, y) for i, (one, x) in enumerate(logs.items())}
            counts = {one: float(round(np.exp(x))) for one, x in logs.items()}
            keys = {"level": "local_authority", "region": "North" if a % 2 else "South", "name": name}
            keys |= {"ons_code": f"E{a:03d}", "la_code": str(800 + a), "year_ending": year}
            rows.append(keys | {"population_0_17": 50_000.0, "uasc_at31": 20.0} | counts)
    frame = pd.DataFrame(rows)
    totals = frame.groupby("year_ending")[[*LEVELS, "population_0_17", "uasc_at31"]].sum().reset_index() / 0.8
    totals["year_ending"] = years
    keys = {"level": "national", "region": "England", "name": "England", "ons_code": "E92", "la_code": None}
    return Panel(pd.concat([frame, totals.assign(**keys)], ignore_index=True))


def changed(base, cells):
    """The panel with (name, year, column) cells set to new values; a None value of a column takes the row away."""
    frame = base.frame.copy()
    for (name, year, column), value in cells.items():
        row = (frame["name"] == name) & (frame["year_ending"] == year)
        if value is None:
            frame = frame[~row]
        else:
            frame.loc[row, column] = value
    return Panel(frame.reset_index(drop=True))


def poisoned(base, origin):
    """The panel with every figure after the origin times 100."""
    frame = base.frame.copy()
    measures = [column for column in frame.columns if column not in KEY_COLUMNS]
    frame[measures] = frame[measures].astype(float)
    frame.loc[frame["year_ending"] > origin, measures] *= 100.0
    return Panel(frame)


def halfway(panel, origin, horizon, areas):
    """A forecaster: last count and its region's mean in equal parts, spread of 20 %, 99 draws."""
    frame = panel.frame[(panel.frame["year_ending"] == origin) & (panel.frame["level"] == "local_authority")].set_index("name")
    counts = frame[list(INDICATORS)]
    middle = (counts + counts.groupby(frame["region"]).transform("mean")) / 2.0
    width = np.linspace(0.8, 1.2, 99)
    samples = middle.loc[list(areas)].to_numpy()[:, :, np.newaxis, np.newaxis] * width
    return labelled(np.repeat(samples, horizon, axis=2), areas, INDICATORS, horizon)
