"""What the simulation makes of figures over what the equations make of them, measured on England in small and allowed for in all authorities.

Figures are found with the equations, forecasts are made by the fast engine: it has chance, counts a child once a year, and bends where the equations'
response is straight, so what it makes of a path is a few per cent off the path. That is measured by simulating England in small under draws like an
authority's, and the path that equations follow is lowered by it (indirect inference: Gouriéroux, Monfort and Renault 1993, Journal of Applied
Econometrics 8; the equations are the auxiliary model). No simulated number is changed.
"""

from __future__ import annotations

import numpy as np

from calibration.scenario_at import scenario_at
from calibration.series import EXITS, NAMES, children_of, log_rates
from calibration.simulated import FORECAST, simulated_futures
from calibration.small_england import SMALL, england_in_small
from calibration.steering import multipliers
from scenarios.areas import AreaProfile

CHILDREN = 300_000.0  # of England in small: as many as the largest authorities have
# As published without unaccompanied children, of whom it has none.
COLUMNS = {**{name: FORECAST.index(name) for name in NAMES[:-2]}, NAMES[-2]: FORECAST.index("cla_started"), NAMES[-1]: FORECAST.index("cla_ceased")}


def binding(england: AreaProfile, years: tuple[int, ...], figures: np.ndarray, rates: np.ndarray, in_care: np.ndarray,
            paths: np.ndarray, drawn: np.ndarray) -> np.ndarray:  # fmt: skip
    """Return logarithms of what the simulation makes over what was aimed at, by year and series (Y, I).

    In followed years it is that of their last; the first year's leaving care, in whose place is a stock, has the stock's.

    Parameters
    ----------
    england
        Its fitted profile.
    figures, rates, in_care
        Its logarithms of figures (Y, I), of the rates the equations make of them, and children in care (Y).
    paths, drawn
        Draws of the years to come, one at least: logarithms of rates over those expected (R, ahead, I), and of the figures for them.
    """
    ahead = paths.shape[1]
    vintage, now = years[-1] - ahead, len(years) - ahead - 1
    small = england_in_small(SMALL, england, CHILDREN, vintage, years, figures)
    scenario = scenario_at(vintage, years[0], years[-1], loops=False)
    simulated = simulated_futures(scenario, small, multipliers(drawn), vintage, ahead, len(paths))
    children, stock = children_of(small, years[now:]), simulated[:, :, FORECAST.index("cla_at31")]
    counts = {name: simulated[:, :, column] for name, column in COLUMNS.items()}
    logs = log_rates(counts, np.broadcast_to(children, stock.shape), stock)
    aimed = rates[now:] + np.concatenate([np.zeros((len(paths), 1, len(NAMES))), paths], axis=1)
    off = (logs - aimed).mean(axis=0)
    off[0, EXITS] = off[1, EXITS]  # the first simulated year has no stock before it
    found = np.concatenate([np.repeat(off[:1], now, axis=0), off])
    share = children[0] / england.value("population_0_17", vintage)
    found[0, EXITS] = np.log(stock[:, 0].mean() / (in_care[now] * share))
    return found
