"""Simulated futures conditioned on the stocks that were published when they begin.

Histories end near the published stocks but, by chance, not on them. A run that ends its history with more children in care than there were goes on
with more. How much of it lasts is in the runs themselves: each forecast is moved by its regression, over runs, on the stock at the origin, times what
that run's stock lacks (the ensemble Kalman update of Evensen 2003, one observation at a time, without perturbed observations). Nothing else of a
forecast is changed, and where nothing lasts nothing moves.
"""

from __future__ import annotations

import numpy as np


def kept_share(futures: np.ndarray, stocks: np.ndarray) -> np.ndarray:
    """Return how much of a relative excess in a stock is left in a measure in years to come (H), over authorities.

    Parameters
    ----------
    futures
        A measure's years to come (A, runs, H).
    stocks
        The stock when they begin (A, runs).

    Few runs of one authority say little; of all authorities they say it well. Between nothing and all of it, and none if no stock differs.
    """
    means, mean = futures.mean(axis=1, keepdims=True), stocks.mean(axis=1, keepdims=True)
    later = np.divide(futures, means, out=np.ones(futures.shape), where=means > 0.0) - 1.0
    now = np.divide(stocks, mean, out=np.ones(stocks.shape), where=mean > 0.0) - 1.0
    now_weighed = mean * now  # the larger an authority, the less its runs differ by chance, and the more each of them says
    together, spread = np.einsum("ar,arh->h", now_weighed, later), (now_weighed * now).sum()
    return np.clip(together / spread, 0.0, 1.0) if spread > 0.0 else np.zeros(futures.shape[2])


def conditioned(futures: np.ndarray, stock: np.ndarray, published: float, kept: np.ndarray, error_sd: float = 0.0) -> np.ndarray:
    """Return futures as they are expected of runs that begin with the published stock.

    Parameters
    ----------
    futures
        A measure's years to come (runs, H).
    stock
        The stock at the origin (runs).
    published
        What was published of it; nan leaves the futures alone.
    kept
        `kept_share` (H).
    error_sd
        Standard deviation of what was published about what there was.
    """
    mean = stock.mean()
    if not np.isfinite(published) or mean <= 0.0:
        return futures
    sure = stock.var() / (stock.var() + error_sd**2) if error_sd > 0.0 else 1.0
    missing = sure * (published - stock) / mean
    return np.maximum(futures + missing[:, None] * kept * futures.mean(axis=0), 0.0)
