"""Tables of a backtest: scores by method, our skill against persistence, forecasts, and where published values fell in them.

Scores are made twice: *relative*, divided by each authority's size before authorities are averaged (so Kent counts as much as Rutland; these
decide), and in *counts*. Differences between methods are over the same authorities, with 90 % intervals by bootstrap over authorities.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calibration import scores
from calibration.backtest import OURS, PERSISTENCE, Joined

SCORE_COLUMNS = ["indicator", "horizon_years", "method", "n", "mape", "crps", "coverage50", "coverage80", "coverage95", "interval_score80"]
FORECAST_COLUMNS = ["area", "indicator", "origin", "year_ending", "published", "mean", *scores.QUANTILES]
SKILL_COLUMNS = [
    "indicator", "horizon_years", "n", "crps", "crps_persistence", "difference", "difference_p05", "difference_p95", "verdict", "gain_pct",
    "gain_pct_p05", "gain_pct_p95", "coverage50", "coverage80", "coverage95", "gain_pct_counts", "verdict_counts",
]  # fmt: skip
ALL = "all"  # the row of all indicators together
LEVEL = (5.0, 95.0)
VERDICT_FROM = 5  # authorities; of fewer a bootstrap says nothing, and there is no verdict. Assumed
TOO_FEW = "too few authorities"


@dataclass(frozen=True)
class Scores:
    """Scores of one method by cell (A, I, H); nan where nothing is scored. Percentages are per cent, coverage 0 or 1, the rest counts."""

    mape: np.ndarray
    crps: np.ndarray
    interval_score80: np.ndarray
    coverage: Mapping[int, np.ndarray]
    pit: np.ndarray


def score(joined: Joined) -> dict[str, Scores]:
    """Return the scores of every method."""
    return {name: _score_one(joined, name) for name in joined.samples}


def _score_one(joined: Joined, method: str) -> Scores:
    """Return the scores of one method."""
    samples, published = arrays(joined, method), joined.published
    return Scores(
        scores.absolute_percentage_error(samples, published),
        scores.crps(samples, published),
        scores.interval_score(samples, published),
        {level: scores.inside(samples, published, level) for level in scores.INTERVALS},
        scores.probability_integral_transform(samples, published),
    )


def arrays(joined: Joined, method: str) -> np.ndarray:
    """Return a method's samples (A, I, H, D), indicators in the order asked."""
    return joined.samples[method].sel(indicator=list(joined.backtest.indicators)).to_numpy()


def scores_table(joined: Joined, scored: Mapping[str, Scores], relative: bool = True) -> pd.DataFrame:
    """Return means over authorities by indicator, horizon and method; CRPS and interval score relative to size, or in counts."""
    rows = []
    for i, h in np.ndindex(joined.published.shape[1:]):
        n = int((~np.isnan(joined.published[:, i, h])).sum())
        size = joined.size[:, i] if relative else 1.0
        for method, one in scored.items():
            covered = [_mean(one.coverage[level][:, i, h]) for level in scores.INTERVALS]
            row = [joined.backtest.indicators[i], h + 1, method, n, _mean(one.mape[:, i, h]), _mean(one.crps[:, i, h] / size)]
            rows.append([*row, *covered, _mean(one.interval_score80[:, i, h] / size)])
    return pd.DataFrame(rows, columns=SCORE_COLUMNS)


def _mean(values: np.ndarray) -> float:
    """Return the mean of what is there; nan of nothing."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else float("nan")


def forecasts_table(joined: Joined, method: str = OURS) -> pd.DataFrame:
    """Return a method's forecasts of the cells that are scored."""
    samples, backtest = arrays(joined, method), joined.backtest
    ends = scores.quantiles(samples, list(scores.QUANTILES.values()))
    rows = []
    for a, i, h in np.argwhere(~np.isnan(joined.published)):
        cell = [joined.areas[a], backtest.indicators[i], backtest.origin, backtest.years[h], joined.published[a, i, h]]
        rows.append([*cell, samples[a, i, h].mean(), *ends[a, i, h]])
    return pd.DataFrame(rows, columns=FORECAST_COLUMNS)


def pit_table(joined: Joined, scored: Mapping[str, Scores]) -> pd.DataFrame:
    """Return where each published value fell in each method's forecast, 0 to 1."""
    rows = [
        [joined.backtest.indicators[i], h + 1, method, joined.areas[a], one.pit[a, i, h]]
        for method, one in scored.items()
        for a, i, h in np.argwhere(~np.isnan(joined.published))
    ]
    return pd.DataFrame(rows, columns=["indicator", "horizon_years", "method", "area", "pit"])


def pit_histogram(joined: Joined, scored: Mapping[str, Scores]) -> pd.DataFrame:
    """Return the histogram of each method's values in tenths, with the 95 % band of honest and independent forecasts."""
    rows = []
    for i, h in np.ndindex(joined.published.shape[1:]):
        for method, one in scored.items():
            values = one.pit[:, i, h]
            counts, edges = np.histogram(values[~np.isnan(values)], bins=scores.PIT_BINS, range=(0.0, 1.0))
            low, high = scores.pit_band(int(counts.sum()), joined.samples[method].sizes["draw"])
            bars = zip(edges[:-1], edges[1:], counts, low, high, strict=True)
            rows += [[joined.backtest.indicators[i], h + 1, method, *bar] for bar in bars]
    return pd.DataFrame(rows, columns=["indicator", "horizon_years", "method", "bin_from", "bin_to", "authorities", "expected_p025", "expected_p975"])


# ---------------------------------------------------------------- skill against persistence


def skill_table(
    joined: Joined, scored: Mapping[str, Scores], ours: str = OURS, against: str = PERSISTENCE, resamples: int = scores.RESAMPLES
) -> pd.DataFrame:
    """Return our CRPS against persistence's, by horizon and indicator, with 90 % paired bootstrap intervals, and a row of all indicators.

    The verdict is `better` or `worse` if the interval of the difference (ours less persistence's) leaves out nil, `no difference` if it does not, and
    `too few authorities` of fewer than five. In the row of all indicators
    the gain is the mean of their gains and the coverage that of all their cells; its interval draws whole authorities.
    """
    rows = []
    for h in range(joined.backtest.horizon):
        relative = _against(joined, scored, (ours, against), h, joined.size, resamples)
        counts = _against(joined, scored, (ours, against), h, np.ones_like(joined.size), resamples)
        for i, indicator in enumerate(joined.backtest.indicators):
            n = int((~np.isnan(joined.published[:, i, h])).sum())
            if n:
                rows.append([indicator, h + 1, n, *relative.row(i), *_coverage(scored[ours], np.s_[:, i, h]), *counts.short(i)])
        n = int((~np.isnan(joined.published[:, :, h])).sum())
        if n:
            rows.append([ALL, h + 1, n, *relative.overall(), *_coverage(scored[ours], np.s_[:, :, h]), *counts.overall_short()])
    return pd.DataFrame(rows, columns=SKILL_COLUMNS)


def _coverage(one: Scores, cells) -> list[float]:
    """Return the shares of cells inside each interval."""
    return [_mean(one.coverage[level][cells].ravel()) for level in scores.INTERVALS]


@dataclass(frozen=True)
class _Against:
    """Mean CRPS of two methods (2, I), of how many authorities (I), and of their resamples (B, 2, I)."""

    means: np.ndarray
    n: np.ndarray
    drawn: np.ndarray

    def row(self, i: int) -> list:
        """Return CRPS of both, the difference with its interval and verdict, and the gain with its interval."""
        ours, theirs = self.means[:, i]
        low, high = self._ends(self.drawn[:, 0, i] - self.drawn[:, 1, i])
        gains = self._ends(gain(self.drawn[:, 0, i], self.drawn[:, 1, i]))
        return [ours, theirs, ours - theirs, low, high, _verdict(low, high, self.n[i]), gain(ours, theirs), *gains]

    def short(self, i: int) -> list:
        """Return the gain and the verdict."""
        row = self.row(i)
        return [row[6], row[5]]

    def overall(self) -> list:
        """Return as `row` does, of means over indicators; the verdict is of the mean gain."""
        low, high = self._ends(np.nanmean(gain(self.drawn[:, 0], self.drawn[:, 1]), axis=1))
        ours, theirs = np.nanmean(self.means, axis=1)
        differences = self._ends(np.nanmean(self.drawn[:, 0] - self.drawn[:, 1], axis=1))
        mean = float(np.nanmean(gain(*self.means)))
        return [ours, theirs, ours - theirs, *differences, _verdict(-high, -low, self.n.max()), mean, low, high]

    def overall_short(self) -> list:
        """Return the mean gain and its verdict."""
        row = self.overall()
        return [row[6], row[5]]

    @staticmethod
    def _ends(drawn: np.ndarray) -> tuple[float, float]:
        """Return the ends of the 90 % interval; nan-draws (a resample without any authority of an indicator) are left out."""
        low, high = np.nanpercentile(drawn, LEVEL)
        return float(low), float(high)


def _against(joined: Joined, scored: Mapping[str, Scores], pair: tuple[str, str], h: int, size: np.ndarray, resamples: int) -> _Against:
    """Return mean CRPS of a pair of methods, h + 1 years ahead, divided by size."""
    both = np.stack([scored[name].crps[:, :, h] / size for name in pair], axis=1)
    n = (~np.isnan(both)).sum(0)
    means = np.where(n > 0, np.nansum(both, axis=0) / np.maximum(n, 1), np.nan)
    return _Against(means, n[0], scores.bootstrap_means(both, resamples))


def gain(ours, theirs):
    """Return by how many per cent our score is less; nan where theirs is nil."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(theirs > 0.0, 100.0 * (1.0 - ours / theirs), np.nan)[()]


def _verdict(low: float, high: float, n: int) -> str:
    """Return what an interval of a difference in CRPS of n authorities says."""
    if n < VERDICT_FROM:
        return TOO_FEW
    return "better" if high < 0.0 else "worse" if low > 0.0 else "no difference"
