"""Long tables of means and intervals over runs, of labelled arrays; sums over authorities and years before anything is averaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from sim.statistics import summarise

SUMMARY = ["mean", "p05", "p50", "p95", "standard_error"]


def spread(values: np.ndarray, axis: int, index: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return a row for each cell of `index` (name -> entries, in the order of the other axes): mean, p05, p50, p95 and standard error over runs.

    Parameters
    ----------
    values
        Array whose axis `axis` is runs. The standard error of one run is missing.
    """
    summary = summarise(values, axis)
    columns = {key: np.asarray(getattr(summary, key)).ravel() for key in SUMMARY[:-1]}
    columns["standard_error"] = standard_error(values, axis).ravel()
    return pd.DataFrame(columns, index=pd.MultiIndex.from_product(index.values(), names=list(index))).reset_index()


def standard_error(values: np.ndarray, axis: int) -> np.ndarray:
    """Return the standard error of the mean over runs; missing with one run."""
    runs = values.shape[axis]
    if runs < 2:
        return np.full(np.delete(values.shape, axis), np.nan)
    return values.std(axis=axis, ddof=1) / np.sqrt(runs)


def with_sum(values: np.ndarray, axis: int, factor: float = 1.0) -> np.ndarray:
    """Return values with the sum over an axis, times a factor (grossing up), as its last entry."""
    return np.concatenate([values, factor * values.sum(axis=axis, keepdims=True)], axis=axis)


def with_all_years(values: np.ndarray, over: str) -> np.ndarray:
    """Return values whose last axis is years, with all years together as the last entry where years add up (`over` is `sum`)."""
    return with_sum(values, -1) if over == "sum" else values
