"""Simulated futures conditioned on the stocks that were published when they begin.

Histories end near the published stocks but, by chance, not on them. A run that ends its history with more children in care than there were goes on
with more. How much of it lasts is in the runs themselves: each forecast is moved by its regression, over runs, on the stock at the origin, times what
that run's stock lacks (the ensemble Kalman update of Evensen 2003, one observation at a time, without perturbed observations). Nothing else of a
forecast is changed, and where nothing lasts nothing moves.
"""

from __future__ import annotations

import numpy as np


def conditioned(futures: np.ndarray, stock: np.ndarray, published: float, error_sd: float = 0.0) -> np.ndarray:
    """Return futures as they are expected of runs that begin with the published stock.

    Parameters
    ----------
    futures
        A measure's years to come (runs, H).
    stock
        The stock at the origin (runs).
    published
        What was published of it; nan leaves the futures alone.
    error_sd
        Standard deviation of what was published about what there was.
    """
    spread = stock.var(ddof=1) if len(stock) > 2 else 0.0
    if not np.isfinite(published) or spread <= 0.0:
        return futures
    slope = ((stock - stock.mean()) @ (futures - futures.mean(axis=0))) / ((len(stock) - 1) * spread)
    kept = np.clip(slope, 0.0, None) * spread / (spread + error_sd**2)  # more at the origin never means less later
    return np.maximum(futures + kept * (published - stock)[:, None], 0.0)
