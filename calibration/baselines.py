"""Simple forecasts that a model has to beat: persistence, a five-year trend, and reversion of rates to the mean.

Each is a function of a panel already cut at its origin, an indicator, areas and horizons, and returns 199 equally likely values (areas, horizons,
199): nothing is drawn, the values are quantiles at 1/200 ... 199/200. The middle is the method's point forecast; the spread is that of the same
method's own past errors, of forecasts from every year t for years t + h both up to the origin, over all authorities of the panel together, on the
scale log(count + 1/2) so that a count of nil has a place. Errors are centred on their median, so the median of a forecast is the point. Rules,
and the evidence for them: docs/backtest.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from calibration.boundaries import share_of_predecessor, with_predecessors
from calibration.panel import Panel

PROBABILITIES = np.arange(1, 200) / 200.0
OFFSET = 0.5  # children, added before logarithms
ERRORS_AT_LEAST = 20  # of one horizon, for its spread to be measured; assumed
TREND_YEARS, TREND_YEARS_AT_LEAST = 5, 3
TREND_FLOOR = 0.25  # of the last count; assumed: a line may not run to nil or below
WEIGHT_AT_MOST = 50.0  # children: authorities count by their size up to this where reversion is learnt; assumed
MID_2022_KNOWN = 2023  # year ending from which the population of mid-2022 counts as known


class BaselineError(ValueError):
    """A panel with too few years or authorities for a baseline; the message says which."""


@dataclass(frozen=True)
class History:
    """One indicator's published years.

    Attributes
    ----------
    indicator
        Its column.
    names
        Authorities; one whose number changed is in twice, for the years of each.
    regions
        Their regions.
    years
        Years ending 31 March (Y), every one from the first of the panel to its last.
    log_counts
        log(count + 1/2) (A, Y); nan where not published.
    log_children
        Logarithm of children aged 0-17 (A, Y); the latest earlier figure where one is missing.
    own
        Whether a cell is the authority's own (A, Y), not its share of what was there before it.
    """

    indicator: str
    names: tuple[str, ...]
    regions: np.ndarray
    years: np.ndarray
    log_counts: np.ndarray
    log_children: np.ndarray
    own: np.ndarray

    def rows(self, areas: tuple[str, ...]) -> np.ndarray:
        """Return the row of each area as it is in the last year; -1 where it published nothing then."""
        last = {self.names[i]: i for i in np.flatnonzero(~np.isnan(self.log_counts[:, -1]))}
        return np.array([last.get(area, -1) for area in areas], dtype=int)


# A point forecast: (history, position of the year it is made in, horizons in years) -> log(count + 1/2) (A, H).
Points = Callable[[History, int, tuple[int, ...]], np.ndarray]


def persistence(panel: Panel, indicator: str, areas: tuple[str, ...], horizons: tuple[int, ...]) -> np.ndarray:
    """Forecast what was last published."""
    history = read_history(panel, indicator)
    return _sample(history, _last, errors_by_horizon(history, _last), areas, horizons)


def five_year_trend(panel: Panel, indicator: str, areas: tuple[str, ...], horizons: tuple[int, ...]) -> np.ndarray:
    """Forecast the straight line through the counts of the last five years, or of the three or four there are; else as persistence.

    Where no error of a line is known yet (before the fourth year of a panel), the spread is that of persistence.
    """
    history = read_history(panel, indicator)
    errors = errors_by_horizon(history, _line, first=TREND_YEARS_AT_LEAST - 1)
    return _sample(history, _line, errors or errors_by_horizon(history, _last), areas, horizons)


def mean_reversion(panel: Panel, indicator: str, areas: tuple[str, ...], horizons: tuple[int, ...]) -> np.ndarray:
    """Forecast that each authority's rate per child closes a share of its gap to the mean rate of its region.

    The share is learnt by horizon from all pairs of years that far apart up to the origin, each year's movement of all authorities taken off;
    for horizons not seen yet it goes on at the same pace a year. Children are those of the last year, so the mean itself stays as it was.
    """
    history = read_history(panel, indicator)
    shares = reversion(history)

    def towards_region(known: History, t: int, ahead: tuple[int, ...]) -> np.ndarray:
        """Return the last count, moved by each horizon's share of the gap."""
        closed = np.array([_share_closed(shares, h) for h in ahead])
        gap = np.nan_to_num(_gap(known, t))  # without a rate (children not published): as it was
        return known.log_counts[:, [t]] + closed * gap[:, np.newaxis]

    return _sample(history, towards_region, errors_by_horizon(history, towards_region), areas, horizons)


BASELINES = {"persistence": persistence, "five_year_trend": five_year_trend, "mean_reversion": mean_reversion}


def read_history(panel: Panel, indicator: str) -> History:
    """Return an indicator's history up to the panel's last year.

    Raises
    ------
    BaselineError
        If the panel has no such column.
    """
    for column in (indicator, "population_0_17"):
        if column not in panel.measures:
            raise BaselineError(f"the panel has no column {column}, which the baselines need")
    frame, added = _authority_years(panel)
    keys = list(zip(frame["name"], frame["la_code"].fillna(""), strict=True))
    series = sorted(set(keys))
    years = np.arange(int(frame["year_ending"].min()), int(frame["year_ending"].max()) + 1)
    row = {key: i for i, key in enumerate(series)}
    at = np.array([row[key] for key in keys]), frame["year_ending"].to_numpy() - years[0]
    counts, children = np.full((2, len(series), len(years)), np.nan)
    own = np.ones((len(series), len(years)), dtype=bool)
    counts[at], children[at], own[at] = frame[indicator].to_numpy(float), frame["population_0_17"].to_numpy(float), ~added
    for j in range(1, len(years)):
        children[:, j] = np.where(np.isnan(children[:, j]), children[:, j - 1], children[:, j])
    region = dict(zip(keys, frame["region"].astype(str), strict=True))
    names, regions = tuple(name for name, _ in series), np.array([region[key] for key in series])
    return History(indicator, names, regions, years, np.log(counts + OFFSET), np.log(children), own)


def _authority_years(panel: Panel) -> tuple[pd.DataFrame, np.ndarray]:
    """Return authorities' rows, those of predecessors included, and which of them are (rows).

    A share of a predecessor is by the population of mid-2022, so before that was known only those who took all of their predecessors get such rows.
    """
    whole, marks = with_predecessors(panel)
    frame = whole.frame[whole.frame["level"] == "local_authority"]
    added = np.array([key in marks for key in zip(frame["name"], frame["year_ending"], strict=True)], dtype=bool)
    if panel.frame["year_ending"].max() < MID_2022_KNOWN:
        split = {name for name in frame["name"][added] if share_of_predecessor(name) < 1.0}
        keep = ~(added & frame["name"].isin(split).to_numpy())
        frame, added = frame[keep], added[keep]
    return frame, added


# ---------------------------------------------------------------- point forecasts


def _last(history: History, t: int, horizons: tuple[int, ...]) -> np.ndarray:
    """Return what was published in year t, for every horizon."""
    return np.repeat(history.log_counts[:, [t]], len(horizons), axis=1)


def _line(history: History, t: int, horizons: tuple[int, ...]) -> np.ndarray:
    """Return the least-squares line through the counts of up to five years to t."""
    first = max(0, t - TREND_YEARS + 1)
    counts = np.exp(history.log_counts[:, first : t + 1]) - OFFSET
    there = ~np.isnan(counts)
    n = np.maximum(there.sum(1), 1)
    when = np.arange(first, t + 1) - t
    mean_when, mean = (there * when).sum(1) / n, np.where(there, counts, 0.0).sum(1) / n
    off = there * (when - mean_when[:, np.newaxis])
    slope = (off * np.where(there, counts, 0.0)).sum(1) / np.maximum((off**2).sum(1), 1.0)
    last = counts[:, -1:]
    line = mean[:, np.newaxis] + slope[:, np.newaxis] * (np.array(horizons) - mean_when[:, np.newaxis])
    line = np.where((n >= TREND_YEARS_AT_LEAST)[:, np.newaxis], np.maximum(line, TREND_FLOOR * last), last)
    return np.log(np.where(np.isnan(last), np.nan, line) + OFFSET)


def _gap(history: History, t: int) -> np.ndarray:
    """Return by how much the mean log rate of the region is above the authority's own (A)."""
    rates = history.log_counts[:, t] - history.log_children[:, t]
    gap = np.full(len(rates), np.nan)
    for region in np.unique(history.regions):
        members = (history.regions == region) & ~np.isnan(rates)
        gap[members] = rates[members].mean() - rates[members] if members.any() else np.nan
    return gap


def reversion(history: History) -> dict[int, float]:
    """Return the share of the gap to the region that closed within h years, for every h with enough pairs of years."""
    shares = {}
    last = len(history.years) - 1
    for h in range(1, last + 1):
        product = square = pairs = 0.0
        for t in range(last - h + 1):
            gap, moved = _gap(history, t), history.log_counts[:, t + h] - history.log_counts[:, t]
            use = ~np.isnan(gap + moved) & history.own[:, t] & history.own[:, t + h]
            if not use.any():
                continue
            weight = np.minimum(np.exp(history.log_counts[use, t]), WEIGHT_AT_MOST)
            gap, moved = (x[use] - np.average(x[use], weights=weight) for x in (gap, moved))
            product, square, pairs = product + (weight * gap * moved).sum(), square + (weight * gap**2).sum(), pairs + use.sum()
        if pairs >= ERRORS_AT_LEAST and square > 0.0:
            shares[h] = float(np.clip(product / square, 0.0, 1.0))
    if not shares:
        raise BaselineError(_too_few(history))
    return shares


def _share_closed(shares: dict[int, float], h: int) -> float:
    """Return the share closed within h years; past the longest horizon seen, at the same pace a year."""
    longest = max(shares)
    return shares[h] if h in shares else 1.0 - (1.0 - shares[longest]) ** (h / longest)


# ---------------------------------------------------------------- spread


def errors_by_horizon(history: History, points: Points, first: int = 0) -> dict[int, np.ndarray]:
    """Return a method's errors, log scale and centred on their median, for every horizon with enough of them.

    Parameters
    ----------
    history
        Published years up to the origin.
    points
        The method.
    first
        Position of the first year forecasts are made in.
    """
    errors = {}
    last = len(history.years) - 1
    for h in range(1, last - first + 1):
        found = []
        for t in range(first, last - h + 1):
            error = history.log_counts[:, t + h] - points(history, t, (h,))[:, 0]
            found.append(error[~np.isnan(error) & history.own[:, t] & history.own[:, t + h]])
        pooled = np.concatenate(found)
        if len(pooled) >= ERRORS_AT_LEAST:
            errors[h] = pooled - np.median(pooled)
    return errors


def spread(errors: dict[int, np.ndarray], h: int) -> np.ndarray:
    """Return 199 equally likely errors h years ahead, log scale.

    For a horizon not seen yet: those of the longest one seen, widened by the line a + b h (neither below nil) through the mean square by horizon.
    """
    seen = np.array(sorted(errors), dtype=float)
    base = h if h in errors else int(seen[-1])
    drawn = np.quantile(errors[base], PROBABILITIES, method="weibull")
    if h in errors:
        return drawn
    square = np.array([np.mean(_without_extremes(errors[int(one)]) ** 2) for one in seen])
    terms = np.column_stack([np.ones_like(seen), seen]) if len(seen) > 1 else np.column_stack([np.zeros_like(seen), seen])
    (a, b), _ = nnls(terms, square)
    return drawn * np.sqrt((a + b * h) / (a + b * base)) if a + b > 0.0 else drawn


def _without_extremes(errors: np.ndarray) -> np.ndarray:
    """Return errors with the hundredth part at either end moved in, so that one authority does not decide."""
    return np.clip(errors, *np.quantile(errors, (0.005, 0.995)))


def _sample(history: History, points: Points, errors: dict[int, np.ndarray], areas: tuple[str, ...], horizons: tuple[int, ...]) -> np.ndarray:
    """Return 199 equally likely counts (areas, horizons, 199); nan for areas that published nothing in the last year."""
    if not errors:
        raise BaselineError(_too_few(history))
    rows = history.rows(areas)
    centre = points(history, len(history.years) - 1, horizons)[rows]
    centre[rows < 0] = np.nan
    logs = centre[:, :, np.newaxis] + np.stack([spread(errors, h) for h in horizons])
    return np.maximum(np.exp(logs) - OFFSET, 0.0)


def _too_few(history: History) -> str:
    """Say why there is nothing to learn from."""
    cells = int((~np.isnan(history.log_counts)).sum())
    held = f"{cells} published cells of {history.indicator} by authority, in {len(history.years)} years"
    return f"the panel up to {history.years[-1]} has {held}: too few for the spread of past errors (at least {ERRORS_AT_LEAST} pairs of years)"
