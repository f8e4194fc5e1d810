"""What the simulation makes of figures over what the equations make of them, measured on England in small and allowed for in all authorities.

Figures are found with the equations, forecasts are made by the fast engine: it has chance, counts a child once a year, and bends where the equations'
response is straight, so what it makes of a path is a few per cent off the path. That is measured by simulating England in small under draws like an
authority's, and the path that equations follow is lowered by it (indirect inference: Gouriéroux, Monfort and Renault 1993, Journal of Applied
Econometrics 8; the equations are the auxiliary model). No simulated number is changed.
"""

from __future__ import annotations

import numpy as np

from calibration.scenario_at import scenario_at
from calibration.series import EXITS, NAMES, STARTS, children_of, log_rates, with_stock
from calibration.simulated import FORECAST, simulated_futures
from calibration.small_england import SMALL, england_in_small
from calibration.steering import multipliers
from scenarios.areas import AreaProfile

CHILDREN = 300_000.0  # of England in small: as many as the largest authorities have
SPIN_UPS = 16  # pasts of it: of some 1,650 children in care chance is about 2.5 % in one past (one over the square root), 0.6 % in these
# As published without unaccompanied children, of whom it has none.
COLUMNS = {name: FORECAST.index(name.removesuffix("_non_uasc")) for name in NAMES}


def binding(england: AreaProfile, years: tuple[int, ...], figures: np.ndarray, rates: np.ndarray, in_care: np.ndarray,
            paths: np.ndarray, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return logarithms of what the simulation makes over what was aimed at, by year and series (Y, I), and of its children in care over theirs (Y).

    The first year's leaving care is not its rate but children in care at its end, per child (`series.simulated_log_rates`).

    Parameters
    ----------
    england
        Its fitted profile.
    figures, rates, in_care
        Its logarithms of figures (Y, I), of the rates the equations make of them, and children in care as they make them (Y).
    paths, drawn
        Draws of the years to come, one at least: logarithms of rates over those expected (R, ahead, I), and of the figures for them.
    """
    ahead = paths.shape[1]
    vintage, now = years[-1] - ahead, len(years) - ahead - 1
    small = england_in_small(SMALL, england, CHILDREN, vintage, years, figures)
    scenario = scenario_at(vintage, years[0], years[-1], loops=False)
    simulated = simulated_futures(scenario, small, multipliers(drawn), vintage, ahead, len(paths), SPIN_UPS)
    children, stock = children_of(small, years), simulated[:, :, FORECAST.index("cla_at31")]
    counts = {name: simulated[:, :, column] for name, column in COLUMNS.items()}
    counts[NAMES[EXITS]] = _ends_allowed(counts[NAMES[STARTS]], stock)
    logs = with_stock(log_rates(counts, np.broadcast_to(children, stock.shape), stock), np.log(stock[:, 0] / children[0]))
    logs[:, now + 1 :] -= paths
    share = children / children_of(england, years)
    return logs.mean(axis=0) - rates, np.log(stock / (in_care * share)).mean(axis=0)


def _ends_allowed(starts: np.ndarray, stock: np.ndarray) -> np.ndarray:
    """Return the ends of care that starts and stocks (..., Y) allow, as `record.england_balance` reads those published; the first year's are unknown.

    Were ends counted instead, a child who starts twice in a year would raise starts and not ends, and the stock with them.
    """
    ends = np.full(stock.shape, np.nan)
    ends[..., 1:] = starts[..., 1:] - np.diff(stock)
    return ends
