"""Means, quantiles and paired comparisons over replicates, and the year a reform breaks even.

Arrays have the replicate axis first or where `axis` says. Run r of every scenario shares its draw and its random
numbers (ruling 5), so differences are taken within a run, before anything is averaged.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from scenarios.timeline import year_name

QUANTILES = (0.05, 0.50, 0.95)  # p05 to p95 is the 90 % interval of every table
LEVEL = 0.90
PENNY = 0.005  # pounds are summed from thousands of rounded products: less is nothing


@dataclass(frozen=True)
class Summary:
    """Mean, 5 %, 50 % and 95 % quantiles over replicates; arrays without the replicate axis."""

    mean: np.ndarray
    p05: np.ndarray
    p50: np.ndarray
    p95: np.ndarray


@dataclass(frozen=True)
class BreakEven:
    """When cumulative net cost is recovered, over paired runs.

    Attributes
    ----------
    years
        Year ending of break-even of each run; 0 where it is not within the horizon.
    probability
        Share of runs that break even within the horizon.
    median_year
        The year by which half of all runs, those that never do included, have broken even; None if fewer than half do.
    by_year
        Year ending: share of runs that have broken even by then.
    costless
        Share of runs whose cumulative net cost is above 0 in no year: there is nothing to get back.
    """

    years: np.ndarray
    probability: float
    median_year: int | None
    by_year: dict[int, float]
    costless: float

    @property
    def text(self) -> str:
        """The result in words."""
        return break_even_in_words(self.median_year, self.probability, self.costless)


def break_even_in_words(median_year: int | None, probability: float, costless: float) -> str:
    """Return break-even in words; runs that do not break even are a category of their own, never averaged in.

    Where most runs never have a cost to get back, that is said too.
    """
    when = "not within the horizon" if median_year is None else year_name(median_year)
    nothing = f"; it costs nothing more up to any year in {costless:.0%} of runs" if costless > 0.5 else ""
    return f"{when} (probability {probability:.0%}){nothing}"


def summarise(values: np.ndarray, axis: int = 0) -> Summary:
    """Return mean and quantiles over the replicate axis; a value missing in every replicate stays missing."""
    values = np.moveaxis(np.asarray(values, float), axis, 0)
    low, middle, high = np.quantile(values, QUANTILES, axis=0)
    return Summary(values.mean(axis=0), low, middle, high)


def paired_difference(baseline: np.ndarray, reform: np.ndarray) -> np.ndarray:
    """Return reform less baseline, run by run.

    Raises
    ------
    ValueError
        If the two do not hold the same runs and cells.
    """
    baseline, reform = np.asarray(baseline, float), np.asarray(reform, float)
    if baseline.shape != reform.shape:
        raise ValueError(f"not paired: shapes {baseline.shape} and {reform.shape} differ")
    return reform - baseline


def t_interval(values: np.ndarray, level: float = LEVEL, axis: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the confidence interval of the mean (Student's t); unbounded with fewer than two runs."""
    values = np.moveaxis(np.asarray(values, float), axis, 0)
    n = values.shape[0]
    mean = values.mean(axis=0)
    if n < 2:
        return np.full_like(mean, -np.inf), np.full_like(mean, np.inf)
    half = stdtrit(n - 1, 0.5 + level / 2) * values.std(axis=0, ddof=1) / np.sqrt(n)
    return mean - half, mean + half


def variance_reduction(baseline: np.ndarray, reform: np.ndarray, axis: int = 0) -> np.ndarray:
    """Return the variance of an unpaired difference over that of the paired one: so many times more runs would be needed unpaired.

    Unpaired, the two arms have runs of their own (another history, another future, another draw of effects), so the variance of their
    difference is that of the baseline plus that of the reform. Infinite where the difference never varies although the arms do, 1 where
    nothing varies.
    """
    apart = np.var(baseline, axis=axis, ddof=1) + np.var(reform, axis=axis, ddof=1)
    paired = np.var(paired_difference(baseline, reform), axis=axis, ddof=1)
    # Differences equal to rounding do not vary: a ratio to that rounding would mean nothing.
    paired = np.where(paired > 1e-18 * apart, paired, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = apart / paired
    return np.where(paired > 0, ratio, np.where(apart > 0, np.inf, 1.0))


def break_even(net_cost: np.ndarray, years: list[int] | np.ndarray) -> BreakEven:
    """Return when cumulative net cost turns to 0 or less and stays there to the horizon (ruling 44).

    A run breaks even in no year before anything differs: one without a cost to get back is even from the first year in which something does, and
    one in which nothing ever does from the first year.

    Parameters
    ----------
    net_cost
        Net cost of the reform less the baseline's by run and year (R, Y), undiscounted, constant prices.
    years
        The financial years, named by the year they end in, ascending (Y).
    """
    cumulative = np.cumsum(np.asarray(net_cost, float), axis=1)
    settled, same = cumulative <= PENNY, np.abs(cumulative) <= PENNY
    from_here = np.flip(np.logical_and.accumulate(np.flip(settled, axis=1), axis=1), axis=1)
    reached = from_here.any(axis=1)
    begun = np.where(same.all(axis=1), 0, same.argmin(axis=1))  # the first year in which anything differs
    first = np.where(reached, np.asarray(years)[np.maximum(from_here.argmax(axis=1), begun)], 0)
    by_year = {int(year): float(np.mean(reached & (first <= year))) for year in years}
    half = [year for year, share in by_year.items() if share >= 0.5]
    return BreakEven(first, float(reached.mean()), half[0] if half else None, by_year, float(settled.all(axis=1).mean()))
