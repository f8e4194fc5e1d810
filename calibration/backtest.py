"""Backtest: forecast from an origin year with what was known then, and score it against what was published since.

A `Backtest` cuts the panel at its origin, hands the cut panel to every method, and only then looks at later years. All methods are scored on the
same cells: an authority under the same number in both years, with the indicator published in both, and not one of `RECORDING_CHANGES`.
What is left out, and why, is a table of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pandas as pd
import xarray as xr

from calibration.baselines import BASELINES
from calibration.panel import Panel

INDICATORS = ("referrals", "s47", "cpp_started", "cpp_at31", "cin_at31", "cla_started", "cla_ceased", "cla_at31")
NON_UASC = "cla_at31_non_uasc"  # children in care who are not unaccompanied: not published as such, made here
OURS, PERSISTENCE = "carecurve", "persistence"
DIMENSIONS = ("area", "indicator", "horizon_years", "draw")
SIZE_YEARS, SIZE_AT_LEAST = 3, 10.0  # years up to the origin that size is the mean of; children, assumed
# (authority, indicator, year): cells that count something else than before, or repeat an earlier year, never scored. The fit leaves out more
# (calibration/target_traps.py); scoring only what is no figure of that year.
OF_CHILDREN_IN_NEED = ("referrals", "s47", "cpp_started", "cpp_at31", "cin_at31")
REPEATED = {("Hackney", 2021): 2020, ("Hackney", 2022): 2020, ("Hampshire", 2024): 2023}
RECORDING_CHANGES = {("Hampshire", "referrals", 2025): "recording change: 41,142 referrals, 30,502 in 2023"} | {
    (area, indicator, year): f"figures of {earlier} repeated" for (area, year), earlier in REPEATED.items() for indicator in OF_CHILDREN_IN_NEED
}


class BacktestError(ValueError):
    """Options that cannot be backtested; the message says why."""


class Forecaster(Protocol):
    """A method: what it says of later years, from a panel that ends at the origin."""

    def __call__(self, panel: Panel, origin: int, horizon: int, areas: tuple[str, ...]) -> xr.DataArray:
        """Return counts (area, indicator, horizon_years, draw), labelled; horizons 1 ... `horizon`; nan where there is no forecast."""


class Simulation(Protocol):
    """The simulation's forecast: a `Forecaster` with what simulating takes besides. Draw r is one run of every authority together."""

    def __call__(
        self, panel: Panel, origin: int, horizon: int, areas: tuple[str, ...], runs: int, workers: int | None,
        progress: Callable[[int, int], None] | None,
    ) -> xr.DataArray:  # fmt: skip
        """Return counts as `Forecaster` does, `runs` draws."""


def labelled(samples: np.ndarray, areas: tuple[str, ...], indicators: tuple[str, ...], horizon: int) -> xr.DataArray:
    """Return samples (A, I, H, D) with their labels."""
    coordinates = {"area": list(areas), "indicator": list(indicators), "horizon_years": list(range(1, horizon + 1))}
    return xr.DataArray(samples, dims=DIMENSIONS, coords=coordinates)


def baseline(name: str, indicators: tuple[str, ...] = INDICATORS) -> Forecaster:
    """Return one of `BASELINES` as a forecaster of these indicators."""

    def forecast(panel: Panel, origin: int, horizon: int, areas: tuple[str, ...]) -> xr.DataArray:
        """Forecast every indicator by itself."""
        found = [BASELINES[name](panel, one, areas, tuple(range(1, horizon + 1))) for one in indicators]
        return labelled(np.stack(found, axis=1), areas, indicators, horizon)

    return forecast


def with_non_uasc(panel: Panel) -> Panel:
    """Return the panel with children in care who are not unaccompanied, where both figures are published."""
    if not {"cla_at31", "uasc_at31"} <= set(panel.measures):
        return panel
    return Panel(panel.frame.assign(**{NON_UASC: panel.frame["cla_at31"] - panel.frame["uasc_at31"]}))


@dataclass(frozen=True)
class Joined:
    """Forecasts beside what was published.

    Attributes
    ----------
    backtest
        What was asked.
    areas
        Authorities forecast (A): those asked for, or all that have a row in the origin year.
    samples
        By method: counts (area, indicator, horizon_years, draw), indicators as asked.
    published
        What is scored (A, I, H); nan where nothing is.
    size
        Mean count of up to three years to the origin, ten at least (A, I): what relative scores are divided by. It was known at the origin, so
        dividing by it leaves a proper score proper.
    excluded
        Cells not scored: area, indicator, year_ending, why.
    """

    backtest: Backtest
    areas: tuple[str, ...]
    samples: Mapping[str, xr.DataArray]
    published: np.ndarray
    size: np.ndarray
    excluded: pd.DataFrame


@dataclass(frozen=True)
class Backtest:
    """A forecast of years that are known by now.

    Attributes
    ----------
    panel
        All published years.
    methods
        Name -> forecaster.
    origin
        The last year ending 31 March that methods see.
    horizon
        Years ahead, each of which is scored.
    areas
        Authorities by name; None for all.
    indicators
        Columns of the panel.
    recording_changes
        (authority, indicator, year) -> why such a cell is never scored.
    """

    panel: Panel
    methods: Mapping[str, Forecaster]
    origin: int
    horizon: int = 5
    areas: tuple[str, ...] | None = None
    indicators: tuple[str, ...] = INDICATORS
    recording_changes: Mapping[tuple[str, str, int], str] = field(default_factory=lambda: RECORDING_CHANGES)

    def __post_init__(self) -> None:
        years = sorted(set(self.panel.frame["year_ending"]))
        if self.horizon < 1:
            raise BacktestError(f"a horizon of {self.horizon} years; expected at least 1")
        if self.origin not in years or self.origin == years[0]:
            held = f"the panel holds years {years[0]} to {years[-1]}, and the first leaves nothing to learn from"
            raise BacktestError(f"no forecast from {self.origin}: {held}")
        if self.origin >= years[-1]:
            raise BacktestError(f"nothing later than {self.origin} is published in the panel, whose last year is {years[-1]}")
        missing = [one for one in self.indicators if one not in self.panel.measures]
        if missing:
            raise BacktestError(f"the panel has no column {', '.join(missing)}")

    @property
    def years(self) -> tuple[int, ...]:
        """Years forecast."""
        return tuple(range(self.origin + 1, self.origin + self.horizon + 1))

    def run(self) -> Joined:
        """Forecast by every method, then join with what was published.

        Raises
        ------
        BacktestError
            If an authority is not in the panel at the origin, or a method answers something else than it was asked.
        """
        known = self.panel.at_vintage(self.origin)
        areas = self._areas(known)
        samples = {name: self._checked(name, method(known, self.origin, self.horizon, areas), areas) for name, method in self.methods.items()}
        published, excluded = self._published(areas, samples)
        return Joined(self, areas, samples, published, self._size(known, areas), excluded)

    def _areas(self, known: Panel) -> tuple[str, ...]:
        """Return the authorities to forecast, sorted by name."""
        there = tuple(known.authorities["name"])
        if self.areas is None:
            return there
        unknown = [name for name in self.areas if name not in there]
        if unknown:
            raise BacktestError(f"no authority {', '.join(unknown)} in the panel's year {self.origin}")
        return tuple(sorted(set(self.areas)))

    def _checked(self, name: str, samples: xr.DataArray, areas: tuple[str, ...]) -> xr.DataArray:
        """Return a method's samples if they are of the areas, indicators and horizons asked."""
        horizons = list(range(1, self.horizon + 1))
        if samples.dims != DIMENSIONS or list(samples.area.to_numpy()) != list(areas) or list(samples.horizon_years.to_numpy()) != horizons:
            raise BacktestError(f"{name} returned samples of other dimensions, authorities or horizons than asked")
        missing = [one for one in self.indicators if one not in samples.indicator.to_numpy()]
        if missing:
            raise BacktestError(f"{name} forecasts no {', '.join(missing)}")
        return samples

    def _published(self, areas: tuple[str, ...], samples: Mapping[str, xr.DataArray]) -> tuple[np.ndarray, pd.DataFrame]:
        """Return what is scored (A, I, H), and what is not and why."""
        rows = {(row["name"], row["year_ending"]): row for row in self.panel.frame.to_dict("records")}
        forecast = np.ones((len(areas), len(self.indicators), self.horizon), dtype=bool)
        for one in samples.values():
            forecast &= np.isfinite(one.sel(indicator=list(self.indicators)).to_numpy()).all(-1)
        published, excluded = np.full(forecast.shape, np.nan), []
        for a, area in enumerate(areas):
            for i, indicator in enumerate(self.indicators):
                for h, year in enumerate(self.years):
                    why = self._why_not(rows, area, indicator, year, forecast[a, i, h])
                    if why is None:
                        published[a, i, h] = rows[area, year][indicator]
                    else:
                        excluded.append((area, indicator, year, why))
        return published, pd.DataFrame(excluded, columns=["area", "indicator", "year_ending", "why"])

    def _why_not(self, rows: dict, area: str, indicator: str, year: int, forecast: bool) -> str | None:
        """Return why a cell is not scored; None if it is."""
        then, now = rows[area, self.origin], rows.get((area, year))
        if now is None:
            return "no row for the authority in that year"
        if not _same(then["la_code"], now["la_code"]):
            return f"another authority under that name: number {then['la_code']} became {now['la_code']}"
        if (area, indicator, year) in self.recording_changes:
            return self.recording_changes[area, indicator, year]
        for which, row in ((self.origin, then), (year, now)):
            if np.isnan(row[indicator]):
                return f"not published or suppressed in {which}"
        return None if forecast else "a method has no forecast"

    def _size(self, known: Panel, areas: tuple[str, ...]) -> np.ndarray:
        """Return the size of each authority by indicator (A, I)."""
        recent = known.frame[known.frame["year_ending"] > self.origin - SIZE_YEARS]
        means = recent.groupby("name")[list(self.indicators)].mean().reindex(list(areas)).to_numpy(float)
        return np.maximum(np.nan_to_num(means), SIZE_AT_LEAST)


def _same(one: object, other: object) -> bool:
    """Tell whether two of the Department's numbers are the same, two missing ones included."""
    return (pd.isna(one) and pd.isna(other)) or bool(pd.notna(one) and pd.notna(other) and one == other)
