"""An authority's years to come as the fast engine simulates them, run by run, under its draws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from calibration.backtest import INDICATORS, NON_UASC
from scenarios.areas import AreaProfile
from scenarios.draws import FittedDraws
from scenarios.loading import Scenario
from scenarios.timeline import add_months
from sim.counting import annual
from sim.engine import simulate
from sim.kernels.layout import Tally
from sim.measures import MEASURES
from sim.model import CompiledModel, compile_model

FORECAST = (*INDICATORS, NON_UASC)
SPIN_UPS = 4  # for an authority; what they leave in its stocks is conditioned out (`conditioning.py`)
SEED = 20_250_401  # the forecasts' own


def simulated_futures(
    scenario: Scenario, profile: AreaProfile, draws: Mapping[str, np.ndarray], origin: int, horizon: int, runs: int, spin_ups: int = SPIN_UPS
) -> np.ndarray:
    """Return measures of each followed year and of each year after the origin, run by run (runs, Y + H, F), in the order of `FORECAST`.

    Parameters
    ----------
    scenario
        Follows Y published years, the last of them the origin.
    profile
        With figures of the published years and those expected after them.
    draws
        Quantity -> multipliers of what is expected (D, H); run r has draw r mod D.
    spin_ups
        Distinct pasts before the first published year, shared out over runs.
    """
    scenario = scenario.with_profiles([profile]).with_draws(FittedDraws(origin + 1, {profile.name: draws}))
    future = compile_model(scenario, (profile.name,))
    past = compile_model(scenario, (profile.name,), history=True)
    begins = f"{scenario.settings.published.first - 1}-04"
    states = [simulate(past, None, past.first, add_months(begins, -1), SEED, run)[1] for run in range(min(spin_ups, runs))]
    found = []
    for run in range(runs):
        before, now = simulate(past, states[run % len(states)], begins, past.last, SEED, run)
        after, _ = simulate(future, now, add_months(past.last, 1), f"{origin + horizon}-03", SEED, run)
        found.append(np.concatenate([_measures(before, past), _measures(after, future)]))
    return np.stack(found)


def _measures(tally: Tally, compiled: CompiledModel) -> np.ndarray:
    """Return the forecast measures of each complete year (Y, F)."""
    values, names = annual(tally, compiled)[0], list(MEASURES)
    return values[[names.index(name) for name in FORECAST]].T
