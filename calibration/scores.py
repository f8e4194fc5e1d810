"""Scores of probabilistic forecasts against what was published: arrays in, arrays out.

A forecast is a sample: equally likely values on the last axis. Published values that are missing (nan) give scores that are missing and are left
out of means. CRPS is that of the sample's own distribution, so a forecast of few draws pays for its raggedness: about 1/D of its score at D draws.
Tests hold CRPS and interval score to the `scoringrules` library, which is not used here: its import compiles all it has (6 to 12 s), and cannot with
just-in-time compilation off.

Interval ends are the sample's quantiles at p (D + 1) (Weibull's rule), so that the interval of an honest forecast holds a new value from the same
distribution with exactly the stated probability, as far as D draws reach (95 % takes 39).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.stats import binom

from scenarios.names import name_hash
from sim.kernels.rng import fill_uniforms

INTERVALS = {50: (0.25, 0.75), 80: (0.10, 0.90), 95: (0.025, 0.975)}  # per cent -> probabilities of its ends
QUANTILES = {"p025": 0.025, "p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90, "p975": 0.975}
PIT_BINS = 10
RESAMPLES = 4000  # 90 % ends of a bootstrap are then within about 0.03 standard errors of those of endlessly many
BOOTSTRAP_SEED = 2021  # any number; stated so that results can be had again


def quantiles(samples: np.ndarray, probabilities) -> np.ndarray:
    """Return the sample quantiles (..., P) of samples (..., D) by Weibull's rule."""
    return np.moveaxis(np.quantile(samples, probabilities, axis=-1, method="weibull"), 0, -1)


def crps(samples: np.ndarray, published: np.ndarray) -> np.ndarray:
    """Return the continuous ranked probability score (...) of samples (..., D), in their unit; less is better.

    Mean distance from draws to what was published, less half the mean distance between two draws (Gneiting and Raftery 2007, equation 21), as a mean
    over sorted draws: twice their quantile losses at (i - 1/2) / D.
    """
    draws = np.sort(samples, axis=-1)
    against = published[..., np.newaxis]
    level = (np.arange(draws.shape[-1]) + 0.5) / draws.shape[-1]
    return 2.0 * ((draws - against) * ((against < draws) - level)).mean(-1)


def interval_score(samples: np.ndarray, published: np.ndarray, per_cent: int = 80) -> np.ndarray:
    """Return the interval score (...) of the central interval: its width, and 2 / (1 - level) times any miss, in the samples' unit."""
    low, high = np.moveaxis(quantiles(samples, INTERVALS[per_cent]), -1, 0)
    return interval_score_of(low, high, published, per_cent)


def interval_score_of(low: np.ndarray, high: np.ndarray, published: np.ndarray, per_cent: int = 80) -> np.ndarray:
    """Return the interval score (...) of an interval given by its ends (...)."""
    missed = np.maximum(low - published, 0.0) + np.maximum(published - high, 0.0)
    return high - low + 2.0 / (1.0 - per_cent / 100.0) * missed


def inside(samples: np.ndarray, published: np.ndarray, per_cent: int) -> np.ndarray:
    """Return 1 where the central interval holds the published value, ends included, 0 where not, nan where nothing is published."""
    low, high = np.moveaxis(quantiles(samples, INTERVALS[per_cent]), -1, 0)
    return inside_of(low, high, published)


def inside_of(low: np.ndarray, high: np.ndarray, published: np.ndarray) -> np.ndarray:
    """Return the same of an interval given by its ends (...); nan too where there is no interval."""
    held = ((low <= published) & (published <= high)).astype(float)
    return np.where(np.isnan(published) | np.isnan(low), np.nan, held)


def absolute_percentage_error(samples: np.ndarray, published: np.ndarray) -> np.ndarray:
    """Return the error (...) of the forecast's median, per cent of what was published; nan where that is nil or missing."""
    median = quantiles(samples, [0.5])[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(published > 0, 100.0 * np.abs(median - published) / published, np.nan)


def probability_integral_transform(samples: np.ndarray, published: np.ndarray) -> np.ndarray:
    """Return the published value's rank among D draws as a share (...): (below + half of the equal ones + 1/2) / (D + 1).

    Ties count half, so nothing is drawn. Of an honest forecast the values are uniform on (r + 1/2) / (D + 1), r = 0 ... D.
    """
    against = published[..., np.newaxis]
    below, equal = (samples < against).sum(-1), (samples == against).sum(-1)
    ranks = (below + 0.5 * equal + 0.5) / (samples.shape[-1] + 1.0)
    return np.where(np.isnan(published), np.nan, ranks)


def pit_band(n: int, draws: int, bins: int = PIT_BINS, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the counts (bins) between which each bar of the histogram of n independent honest forecasts of D draws lies, bar by bar.

    Forecasts of authorities in one year err together, so a real histogram strays further than this.
    """
    ranks = (np.arange(draws + 1) + 0.5) / (draws + 1.0)
    share = np.histogram(ranks, bins=bins, range=(0.0, 1.0))[0] / (draws + 1.0)
    tail = (1.0 - level) / 2.0
    return binom.ppf(tail, n, share), binom.ppf(1.0 - tail, n, share)


def bootstrap_means(values: np.ndarray, resamples: int = RESAMPLES) -> np.ndarray:
    """Return means (resamples, ...) of rows of values (n, ...), rows drawn with replacement by address; nan is left out.

    Values of one row stay together, so differences and ratios of columns are paired.
    """
    counts = _row_counts(len(values), resamples)
    flat = values.reshape(len(values), -1)
    there = ~np.isnan(flat)
    with np.errstate(invalid="ignore"):
        means = (counts @ np.where(there, flat, 0.0)) / (counts @ there.astype(float))
    return means.reshape(resamples, *values.shape[1:])


@lru_cache(maxsize=8)
def _row_counts(n: int, resamples: int) -> np.ndarray:
    """Return how often each of n rows is drawn in each resample (resamples, n)."""
    drawn = np.empty((resamples, n))
    fill_uniforms(drawn, BOOTSTRAP_SEED, 0, 0, name_hash("calibration.scores.bootstrap"))
    return np.stack([np.bincount(rows, minlength=n) for rows in (n * drawn).astype(int)]).astype(float)
