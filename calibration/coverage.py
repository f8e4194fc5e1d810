"""Coverage and interval scores of forecasts of children in care over many made-up authorities, by horizon and series, beside other bands.

Series are the total, each placement and each age band. Of counts as small as a dozen no interval of whole numbers can be held exactly 95 times in a
hundred; those of honest forecasts, whose ends are quantiles, hold more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from calibration.care_records import AGE_BANDS, PLACEMENTS
from calibration.scores import INTERVALS, bootstrap_means, inside_of, interval_score_of, quantiles

HORIZONS_MONTHS = (6, 12, 24)
PER_CENT = 95
NORMAL_95 = 1.96
SERIES = ("total", *PLACEMENTS, *AGE_BANDS)  # S


@dataclass(frozen=True)
class Band:
    """An interval of each series (..., H, S): its ends, and what was expected."""

    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray


def by_series(stock: np.ndarray, horizons_months: Sequence[int] = HORIZONS_MONTHS) -> np.ndarray:
    """Return series at some horizons (..., H, S) of children in care at the end of each month after the origin (..., months, A, P)."""
    at = stock[..., np.asarray(horizons_months) - 1, :, :]
    return np.concatenate([at.sum(axis=(-2, -1))[..., None], at.sum(axis=-2), at.sum(axis=-1)], axis=-1)


def band_of(draws: np.ndarray, horizons_months: Sequence[int] = HORIZONS_MONTHS) -> Band:
    """Return the 95 % band of equally likely futures (draws, months, A, P): their quantiles, series by series."""
    of_series = by_series(draws, horizons_months)
    low, high = np.moveaxis(quantiles(np.moveaxis(of_series, 0, -1), INTERVALS[PER_CENT]), -1, 0)
    return Band(low, high, of_series.mean(axis=0))


def wide_band(mean: np.ndarray, sd: np.ndarray, times: float) -> Band:
    """Return so many times the 95 % band of a normal distribution, about its mean."""
    half = times * NORMAL_95 * sd
    return Band(mean - half, mean + half, mean)


def stacked(bands: Sequence[Band]) -> Band:
    """Return bands of several authorities as one (N, H, S)."""
    return Band(*(np.stack([getattr(band, end) for band in bands]) for end in ("low", "high", "mean")))


def coverage_table(bands: Mapping[str, Band], happened: np.ndarray, against: str, horizons_months: Sequence[int] = HORIZONS_MONTHS) -> pd.DataFrame:
    """Return how often bands held what happened, and their interval scores: a row a horizon, series and band.

    Parameters
    ----------
    bands
        By name, (N, H, S) each over N authorities; nan where a band has no such series.
    happened
        (N, H, S). A series in which nothing ever happened is left out.
    against
        The band whose mean score others' are divided by.

    Returns
    -------
    pandas.DataFrame
        `horizon_months`, `series`, `band`, `intervals`, `coverage` with its exact binomial 95 % interval (`coverage_low`, `coverage_high`),
        mean `width`, `interval_score` and error `bias` (expected less happened), and `ratio` of the mean score to that of `against` with a
        95 % interval by drawing authorities again (`ratio_low`, `ratio_high`).
    """
    scores = {name: interval_score_of(band.low, band.high, happened, PER_CENT) for name, band in bands.items()}
    rows = []
    for h, months in enumerate(horizons_months):
        for s, series in enumerate(SERIES):
            if not happened[:, h, s].any():
                continue
            for name, band in bands.items():
                low, high, mean, truth = band.low[:, h, s], band.high[:, h, s], band.mean[:, h, s], happened[:, h, s]
                held = inside_of(low, high, truth)
                if np.isnan(held).all():
                    continue
                row = {"horizon_months": months, "series": series, "band": name, **_share(held), "width": np.mean(high - low)}
                row |= {"interval_score": scores[name][:, h, s].mean(), "bias": np.mean(mean - truth)}
                rows.append(row | _ratio(scores[name][:, h, s], scores[against][:, h, s]))
    return pd.DataFrame(rows)


def _share(held: np.ndarray) -> dict[str, float]:
    """Return how many of some intervals (N) held, with the exact binomial interval of the share."""
    found = binomtest(int(held.sum()), len(held)).proportion_ci(0.95)
    return {"intervals": len(held), "coverage": held.mean(), "coverage_low": found.low, "coverage_high": found.high}


def _ratio(score: np.ndarray, against: np.ndarray) -> dict[str, float]:
    """Return the ratio of two mean scores of the same authorities (N), and its 95 % interval."""
    again = bootstrap_means(np.stack([score, against], axis=1))
    low, high = quantiles(again[:, 0] / again[:, 1], INTERVALS[PER_CENT])
    return {"ratio": score.mean() / against.mean(), "ratio_low": low, "ratio_high": high}
