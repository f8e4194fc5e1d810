"""Forecasts of an authority by simulation: its fitted past, its draws of the future, and the stocks published when the future begins.

A run is a spin-up (shared by a few runs: chance of twenty years ago is forgotten), the published years with their fitted rates, and the years to
come under one draw of rates. What is forecast is what will be *published*: recording noise is drawn on top, `PUBLISHED_AGAIN` times for each
run. Draw d of every authority is of run d // PUBLISHED_AGAIN of England: what England draws, all authorities share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from calibration.backtest import NON_UASC, labelled
from calibration.conditioning import conditioned, kept_share
from calibration.draws import normals
from calibration.dynamics import Dynamics, root
from calibration.fit import fit
from calibration.fitted_figures import ready
from calibration.inputs import Inputs, read_inputs
from calibration.panel import Panel
from calibration.scenario_at import scenario_at
from calibration.series import EXITS, NAMES
from calibration.simulated import FORECAST, simulated_futures
from scenarios.areas import AreaProfile
from sim.executors import run_in_processes

PUBLISHED_AGAIN = 4  # draws of recording for each run: they cost nothing, and a sample of few draws pays for its raggedness (`scores.crps`)
# The stock at the origin whose chance a forecast still holds, and the series whose recording noise its published figure has.
STOCKS = {"cpp_at31": "cpp_at31", "cin_at31": "cin_at31", "cla_at31": "cla_at31", NON_UASC: NON_UASC, "cla_ceased": "cla_at31"}
RECORDED = {**{name: i for i, name in enumerate(NAMES)}, "cla_started": NAMES.index("cla_started_non_uasc"), "cla_ceased": EXITS}


@dataclass(frozen=True)
class Subject:
    """An authority to forecast.

    Attributes
    ----------
    profile
        With figures of the published years and those expected after them.
    draws
        Its paths: quantity -> multipliers of what is expected (D, H).
    published
        What was published of each of `FORECAST` at the origin; nan where nothing was.
    """

    profile: AreaProfile
    draws: dict[str, np.ndarray]
    published: dict[str, float]


def forecast(
    panel: Panel, origin: int, horizon: int, areas: tuple[str, ...], runs: int, workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> xr.DataArray:  # fmt: skip
    """Fit authorities to what a panel says up to an origin, simulate what follows, and return what will be published.

    Parameters
    ----------
    panel
        Nothing later than the origin is read.
    runs
        Runs of each authority (D); run r has draw r.
    progress
        Called with (steps done, steps in all), fits first.

    Returns
    -------
    DataArray
        Counts (area, indicator, horizon_years, draw) of `FORECAST`, `PUBLISHED_AGAIN` draws of every run; nan for authorities without a record.
    """
    inputs = read_inputs(panel, origin, horizon, runs)
    known = tuple(area for area in areas if area in inputs.records.areas)
    told = progress or (lambda done, of: None)
    fitted = fit(inputs, runs, known, workers, lambda done, of: told(done, 2 * of))
    scenario = scenario_at(origin, inputs.equations.years[0], origin + horizon, loops=False)

    made = [ready(inputs, fitted, area) for area in known]
    subjects = [Subject(one.profile, one.draws, published_at(inputs, area)) for area, one in zip(known, made, strict=True)]
    dynamics = fitted.dynamics

    def simulated(subject: Subject) -> np.ndarray:
        """Simulate one authority (runs, 1 + H, F)."""
        return simulated_futures(scenario, subject.profile, subject.draws, origin, horizon, runs)[:, -horizon - 1 :]

    nothing = np.full((len(FORECAST), horizon, runs * PUBLISHED_AGAIN), np.nan)
    if not known:
        return labelled(np.stack([nothing for _ in areas]), areas, FORECAST, horizon)
    every = np.stack(run_in_processes(simulated, subjects, workers, lambda done, of: told(of + done, 2 * of)))
    kept = kept_shares(every)
    every[..., FORECAST.index("cla_ceased")] /= inputs.records.balance  # from what is followed to what is published
    found = {area: published_futures(dynamics, subject, one, kept) for area, subject, one in zip(known, subjects, every, strict=True)}
    found = {area: one.transpose(2, 1, 0) for area, one in found.items()}
    return labelled(np.stack([found.get(area, nothing) for area in areas]), areas, FORECAST, horizon)


def published_at(inputs: Inputs, area: str) -> dict[str, float]:
    """Return what was published of an authority at the vintage; nan where nothing was, or where it is not comparable."""
    frame = inputs.targets.frame
    rows = frame[(frame.area == area) & (frame.year_ending == inputs.vintage) & (frame.use != "exclude")]
    values = dict(zip(rows.measure, rows.value, strict=True))
    return {name: float(values.get(name, np.nan)) for name in FORECAST}


def kept_shares(simulated: np.ndarray) -> dict[str, np.ndarray]:
    """Return how much of a stock's excess at the origin is left in each measure of `STOCKS` (H), from all runs (A, runs, 1 + H, F)."""
    return {name: kept_share(simulated[:, :, 1:, FORECAST.index(name)], simulated[:, :, 0, FORECAST.index(of)]) for name, of in STOCKS.items()}


def published_futures(dynamics: Dynamics, subject: Subject, simulated: np.ndarray, kept: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return what will be published (runs x PUBLISHED_AGAIN, H, F): simulated, from the stocks published at the origin, with recording noise."""
    futures = simulated[:, 1:].copy()
    error = np.sqrt(np.diag(dynamics.recording))
    for name, of in STOCKS.items():
        i, published = FORECAST.index(name), subject.published[of]
        noise = error[RECORDED[of]] * published if of in RECORDED else 0.0
        futures[:, :, i] = conditioned(futures[:, :, i], simulated[:, 0, FORECAST.index(of)], published, kept[name], noise)
    futures = np.repeat(futures, PUBLISHED_AGAIN, axis=0)
    draws, horizon, _ = futures.shape
    recorded = normals(draws, subject.profile.code, "recording", (horizon, len(NAMES))) @ root(dynamics.recording).T
    for name, series in RECORDED.items():
        if name in FORECAST:
            futures[:, :, FORECAST.index(name)] *= np.exp(recorded[:, :, series])
    return futures
