"""Tables of a backtest of records: every forecast beside what happened, and how each method did by horizon and series.

A count of 1 to 5 children, and what protects it, is not to be shown (`sim.suppression`): neither are the forecasts of its group, nor its scores. A
group is hidden if it is so on the day of origin or on the day forecast; means of scores are then over what is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from calibration import scores
from calibration.backtest import PERSISTENCE
from calibration.care_records import AGE_BANDS, PLACEMENTS
from calibration.coverage import PER_CENT, SERIES
from calibration.records_backtest import CHAIN, METHODS, MethodForecast, OriginForecasts, series_of
from calibration.skill import gain
from sim.suppression import MARK, suppress

TOTAL = SERIES[0]
SCORES = [
    "horizon_months", "series", "method", "forecasts", "mape", "bias", "crps", f"interval_score{PER_CENT}", f"width{PER_CENT}", "coverage50",
    "coverage80", "coverage95", f"gain_on_{PERSISTENCE}_pct", f"gain_on_{CHAIN}_pct",
]  # fmt: skip
POOLED = {"all_age_bands": AGE_BANDS, "all_placements": PLACEMENTS, "all_series": SERIES}
OUTER = {50: ("p25", "p75"), 80: ("p10", "p90"), 95: ("p025", "p975")}  # columns of intervals' ends


def forecasts_table(found: Sequence[OriginForecasts], hide: bool = True) -> pd.DataFrame:
    """Return a row an origin, horizon, series and method; series nobody was ever in are left out, as are those a method does not know.

    Returns
    -------
    `origin`, `date`, `horizon_months`, `series`, `method`; `happened`, `mean`, quantiles (a chain's outermost are the ends of its own band),
    `crps`, `interval_score95` (children), `absolute_percentage_error` (of the median), and `hidden`: whether the row's figures are not to be shown.
    """
    hidden = _hidden_by_day(found) if hide else {}
    tables = [_of_method(one, method, hidden) for one in found for method in METHODS]
    table = pd.concat(tables, ignore_index=True).dropna(subset="mean")
    seen = sum(series_of(one.happened).sum(axis=0) + series_of(one.opening[None])[0] for one in found)
    return table[table["series"].isin([name for name, count in zip(SERIES, seen, strict=True) if count])].reset_index(drop=True)


def _hidden_by_day(found: Sequence[OriginForecasts]) -> dict[date, np.ndarray]:
    """Return which series are hidden on each day of origin and each day forecast."""
    counts = {day: stock for one in found for day, stock in zip((one.origin, *one.days), (one.opening, *one.happened), strict=True)}
    return {day: hidden_series(stock) for day, stock in counts.items()}


def _of_method(one: OriginForecasts, name: str, hidden_on: Mapping[date, np.ndarray]) -> pd.DataFrame:
    """Return the rows of one origin and method."""
    method, happened = one.methods[name], series_of(one.happened).astype(float)
    cells = pd.MultiIndex.from_product([range(len(one.days)), SERIES], names=["horizon", "series"]).to_frame(index=False)
    at = cells["horizon"].to_numpy()
    labels = {"origin": one.origin, "date": np.array(one.days)[at], "horizon_months": np.array(one.horizons_months)[at], "series": cells["series"]}
    figures = {"happened": happened, "mean": method.mean, **_quantiles(method), "crps": scores.crps(method.samples, happened)}
    figures[f"interval_score{PER_CENT}"] = scores.interval_score_of(*np.moveaxis(method.intervals[PER_CENT], -1, 0), happened, PER_CENT)
    figures["absolute_percentage_error"] = scores.absolute_percentage_error(method.samples, happened)
    nothing = np.zeros(len(SERIES), dtype=bool)
    hidden = np.stack([hidden_on.get(day, nothing) for day in one.days]) | hidden_on.get(one.origin, nothing)
    return pd.DataFrame({**labels, "method": name, **{key: values.ravel() for key, values in figures.items()}, "hidden": hidden.ravel()})


def _quantiles(method: MethodForecast) -> dict[str, np.ndarray]:
    """Return the quantiles (H, S) by name: those at the ends of intervals are the method's own."""
    ends = {name: method.intervals[level][..., side] for level, names in OUTER.items() for side, name in enumerate(names)}
    return {name: ends.get(name, scores.quantiles(method.samples, [share])[..., 0]) for name, share in scores.QUANTILES.items()}


def hidden_series(counts: np.ndarray) -> np.ndarray:
    """Return which series (S) of children in care by age band and placement (5, K) are hidden: as in the table of both, with its totals."""
    hidden = suppress(counts) == MARK
    return np.concatenate([hidden[-1:, -1], hidden[-1, :-1], hidden[:-1, -1]])


def scores_table(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Return how each method did over origins, by horizon and series, of what is not hidden; and over all series together.

    Returns
    -------
    `horizon_months`, `series` (or `all_age_bands`, `all_placements`, `all_series`), `method`, `forecasts` (how many), `mape` (per cent),
    `bias` (expected less happened), `crps`, `interval_score95`, `width95` (children), `coverage50`, `80`, `95` (shares),
    and by how many per cent its CRPS is less than each other's of the same forecasts: `gain_on_persistence_pct`, `gain_on_markov_pct`.
    """
    shown, rows = forecasts[~forecasts["hidden"]], []
    groups = {name: (name,) for name in SERIES} | POOLED
    for months in sorted(forecasts["horizon_months"].unique()):
        for name, members in groups.items():
            part = shown[(shown["horizon_months"] == months) & shown["series"].isin(members)]
            crps = part.pivot_table(index=["origin", "series"], columns="method", values="crps")
            rows += [{"horizon_months": months, "series": name, **_scored(part, crps, method)} for method in METHODS if method in crps]
    return pd.DataFrame(rows, columns=SCORES)


def _scored(part: pd.DataFrame, crps: pd.DataFrame, method: str) -> dict[str, object]:
    """Return one method's means over some forecasts, and its gains on the others, from the CRPS of each by origin and series."""
    one = part[part["method"] == method]
    row = {"method": method, "forecasts": len(one), "mape": one["absolute_percentage_error"].mean(), "bias": (one["mean"] - one["happened"]).mean()}
    row |= {name: one[name].mean() for name in ("crps", f"interval_score{PER_CENT}")}
    row[f"width{PER_CENT}"] = np.mean(one[OUTER[PER_CENT][1]] - one[OUTER[PER_CENT][0]])
    for level, (low, high) in OUTER.items():
        row[f"coverage{level}"] = scores.inside_of(one[low], one[high], one["happened"].to_numpy()).mean()
    for other in (PERSISTENCE, CHAIN):
        both = crps[[method, other]].dropna() if other in crps and other != method else crps.iloc[:0]
        row[f"gain_on_{other}_pct"] = gain(both[method].mean(), both[other].mean()) if len(both) else np.nan
    return row
