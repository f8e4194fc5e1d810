"""Backtest of forecasts from records: made on earlier days from what was known then (`calibration.as_known`), beside two simple ones.

* `carecurve`: rates estimated from what was known, and the caseload of that day run on by them (as `carecurve forecast` does);
* `persistence`: the caseload stays as it is, with the spread of its own past changes over as many months, on the scale log(count + 1/2); each change
  counts both ways, so that the middle stays where it is and a trend widens it. Changes overlap: they begin at the end of every month known. A length
  with fewer than 20 of them takes those of the longest one that has, widened (`calibration.baselines.spread`); none is narrower than a shorter one;
* `markov`: the chain of existing tools, its rates from the same days, with its own band of two standard deviations for 95 % (`calibration.markov`).
  It knows age bands and four categories of its own, so it forecasts no placement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy.special import ndtri

from calibration.as_known import as_known
from calibration.backtest import OURS, PERSISTENCE, BacktestError
from calibration.baselines import ERRORS_AT_LEAST, OFFSET, PROBABILITIES, spread
from calibration.care_days import stock_on_days
from calibration.care_pattern import published_pattern
from calibration.care_records import AGE_BANDS, PLACEMENTS, CareRecords
from calibration.coverage import HORIZONS_MONTHS, PER_CENT, by_series
from calibration.markov import CATEGORIES, markov_forecast
from calibration.opening import opening_caseload
from calibration.rate_draws import DRAWS, model_of
from calibration.rates import estimate
from calibration.scores import INTERVALS, quantiles
from sim.caseload import month_ends, run_caseload

CHAIN = "markov"
METHODS = (OURS, PERSISTENCE, CHAIN)
KNOWN_YEARS = 3  # of returns before an origin, at least
SINCE_YEARS = 1  # of them that rates are estimated from, at least
CHAIN_SDS = 2.0  # of its 95 % band, as the tool in use draws it
NO_PRICES = np.ones((len(PLACEMENTS), 2))  # a backtest of children prices nothing


@dataclass(frozen=True)
class MethodForecast:
    """What a method forecast from an origin.

    Attributes
    ----------
    mean
        (H, S) by horizon and series (`calibration.coverage.SERIES`); nan in a series the method does not know.
    samples
        Equally likely values (H, S, D).
    intervals
        Ends (H, S, 2) by per cent (`calibration.scores.INTERVALS`).
    """

    mean: np.ndarray
    samples: np.ndarray
    intervals: Mapping[int, np.ndarray]


@dataclass(frozen=True)
class OriginForecasts:
    """What was forecast from the end of a day, and what happened.

    Attributes
    ----------
    origin
        The day.
    horizons_months, days
        How far ahead (H), and the days that is.
    opening, happened
        Children in care on the origin (5, K), and on those days (H, 5, K).
    methods
        By name (`METHODS`).
    total
        Our forecast of all children in care at the end of each month, which is drawn: months (M), and runs (R, M).
    """

    origin: date
    horizons_months: tuple[int, ...]
    days: tuple[date, ...]
    opening: np.ndarray
    happened: np.ndarray
    methods: Mapping[str, MethodForecast]
    total: tuple[tuple[date, ...], np.ndarray]


def origins_of(first: date, last: date, since: date, hold_back_years: int, count: int | None = None) -> tuple[date, ...]:
    """Return the days to forecast from: each 31 March with three years of returns before it and one after, the last `count` of them.

    Raises
    ------
    BacktestError
        If there is none, or none leaves as many years after it as are to be held back.
    """
    marches = [date(year, 3, 31) for year in range(first.year, last.year + 1)]
    known = [day for day in marches if _years(first, KNOWN_YEARS) <= day and _years(since, SINCE_YEARS) <= day]
    found = [day for day in known if month_ends(day, last)[11:12]]
    covered = f"the returns cover {first} to {last}"
    if not found:
        needed = f"{KNOWN_YEARS} years of them before a 31 March, {SINCE_YEARS} of those after --since, and a year after it"
        raise BacktestError(f"{covered}: too few to hold any back; expected {needed}")
    longest = len(month_ends(found[0], last)) // 12
    if hold_back_years > longest:
        needed = f"{KNOWN_YEARS} years come before the first forecast; expected 1 to {longest}"
        raise BacktestError(f"--hold-back {hold_back_years}: {covered}, and {needed}")
    return tuple(found[-count:] if count else found)


def _years(first: date, years: int) -> date:
    """Return the day before so many years after a day."""
    return (pd.Timestamp(first) + pd.DateOffset(years=years, days=-1)).date()


def horizons(hold_back_years: int) -> tuple[int, ...]:
    """Return how many months ahead forecasts are scored: 6, 12, 24, and every year further."""
    return tuple(months for months in HORIZONS_MONTHS if months <= 12 * hold_back_years) + tuple(12 * year for year in range(3, hold_back_years + 1))


def backtest_records(
    records: CareRecords, origins: tuple[date, ...], since: date, hold_back_years: int, runs: int, seed: int, workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> list[OriginForecasts]:  # fmt: skip
    """Forecast from every origin by every method, and look up what happened.

    Parameters
    ----------
    since
        The day from which rates are estimated.
    progress
        Called with (origins done, origins in all).
    """
    found = []
    for done, origin in enumerate(origins, 1):
        months = month_ends(origin, min(records.last, date(origin.year + hold_back_years, 3, 31)))
        ahead = tuple(month for month in horizons(hold_back_years) if month <= len(months))
        known = as_known(records, origin)
        stock = simulated(known, since, months, runs, seed, workers)
        methods = {OURS: of_samples(np.moveaxis(by_series(stock, ahead), 0, -1).astype(float)), PERSISTENCE: persistence(known, ahead)}
        methods[CHAIN] = chain(known, since, months, ahead)
        days = tuple(months[month - 1] for month in ahead)
        counts = stock_on_days(records, (origin, *days))
        found.append(OriginForecasts(origin, ahead, days, counts[0], counts[1:], methods, (months, stock.sum(axis=(-2, -1)))))
        if progress:
            progress(done, len(origins))
    return found


def simulated(known: CareRecords, since: date, months: tuple[date, ...], runs: int, seed: int, workers: int = 2) -> np.ndarray:
    """Return children in care at month ends (runs, M, 5, K): the caseload of the last day known, run on by rates estimated since a day."""
    rates = estimate(known, published_pattern(), since, known.last)
    model = model_of(rates, opening_caseload(known, known.last), known.last, len(months), seed, min(DRAWS, runs))
    return run_caseload(model, months[-1], NO_PRICES, runs, seed, workers=workers).tallies.stock


def of_samples(samples: np.ndarray) -> MethodForecast:
    """Return a forecast of equally likely values (H, S, D)."""
    return MethodForecast(samples.mean(axis=-1), samples, {level: quantiles(samples, ends) for level, ends in INTERVALS.items()})


def persistence(known: CareRecords, ahead: tuple[int, ...]) -> MethodForecast:
    """Forecast that the caseload stays as it is, give or take its past changes; the mean is what it is."""
    days = [day.date() for day in pd.date_range(pd.Timestamp(known.first) - pd.Timedelta(days=1), known.last, freq="ME")]
    past = np.log(series_of(stock_on_days(known, days)) + OFFSET)
    now = series_of(stock_on_days(known, [known.last]))[0].astype(float)
    samples = np.empty((len(ahead), len(now), len(PROBABILITIES)))
    for s, level in enumerate(np.log(now + OFFSET)):
        lengths = range(1, len(past) - ERRORS_AT_LEAST + 1)
        changes = {months: past[months:, s] - past[:-months, s] for months in lengths}
        both = {months: np.concatenate([change, -change]) for months, change in changes.items()}
        wide = np.maximum.accumulate([np.abs(spread(both, months)) for months in range(1, max(ahead) + 1)])
        samples[:, s] = level + np.sign(PROBABILITIES - 0.5) * wide[np.array(ahead) - 1]
    found = of_samples(np.maximum(np.exp(samples) - OFFSET, 0.0))
    return MethodForecast(np.broadcast_to(now, found.mean.shape), found.samples, found.intervals)


def series_of(stock: np.ndarray) -> np.ndarray:
    """Return the series (T, S) of children in care on some days (T, 5, K)."""
    return by_series(stock, range(1, len(stock) + 1))


def chain(known: CareRecords, since: date, months: tuple[date, ...], ahead: tuple[int, ...]) -> MethodForecast:
    """Return what existing tools' chain forecasts: its values those of normal distributions, its 95 % band two standard deviations."""
    table = markov_forecast(known, since, known.last, months[-1])
    shape = (-1, len(AGE_BANDS), len(CATEGORIES))
    mean, variance = (_without_placements(by_series(table[name].to_numpy().reshape(shape)[1:], ahead)) for name in ("mean", "variance"))
    sd = np.sqrt(variance)
    found = of_samples(np.maximum(mean[..., None] + sd[..., None] * ndtri(PROBABILITIES), 0.0))
    band = np.maximum(np.stack([mean - CHAIN_SDS * sd, mean + CHAIN_SDS * sd], axis=-1), 0.0)
    return MethodForecast(mean, found.samples, {**found.intervals, PER_CENT: band})


def _without_placements(of_chain: np.ndarray) -> np.ndarray:
    """Return the series (H, S) of a chain's (total, categories, age bands): nan in placements, which it does not know."""
    total, ages = of_chain[:, :1], of_chain[:, -len(AGE_BANDS) :]
    return np.concatenate([total, np.full((len(total), len(PLACEMENTS)), np.nan), ages], axis=1)
