"""England's total of a backtest: authorities' forecasts added up draw by draw and grossed up, beside persistence and what others forecast.

A draw of the simulation is one run of every authority, so adding draws keeps what authorities share. The total is multiplied by England's row over
the sum of the same authorities, both of the origin (ruling 30); authorities that did not publish the indicator then are on neither side.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from calibration import scores
from calibration.backtest import NON_UASC, OURS, PERSISTENCE, Joined
from calibration.panel import DATA, ENGLAND
from calibration.skill import FORECAST_COLUMNS

PUBLISHED = "published"
COLUMNS = ["indicator", "method", *FORECAST_COLUMNS[2:], "error_pct", "coverage_at_origin"]
# Quantities of projections_by_others.csv that are forecasts of all children in care in England.
OTHERS = ("Children in care (Newton forecast)", "Children in care, no reform")


def national_table(joined: Joined, method: str = OURS) -> pd.DataFrame:
    """Return England's figures by indicator: the published years to the origin, a method's forecast, persistence, and others' forecasts.

    `coverage_at_origin` is the share of England's count that the authorities forecast held. Others' forecasts are for the year they named, made
    whenever their publication says: often later than the origin.
    """
    backtest = joined.backtest
    indicators = [*backtest.indicators, *([NON_UASC] if NON_UASC in joined.samples[method].indicator and NON_UASC not in backtest.indicators else [])]
    rows = []
    for indicator in indicators:
        published = backtest.panel.series(ENGLAND, indicator) if indicator in backtest.panel.measures else pd.Series(dtype=float)
        if backtest.origin not in published.index:
            continue
        rows += [_row(indicator, PUBLISHED, backtest.origin, year, published) for year in published.index if year <= backtest.origin]
        rows += _forecast(joined, method, indicator, published)
        last = published[backtest.origin]
        rows += [_row(indicator, PERSISTENCE, backtest.origin, year, published, mean=last) for year in backtest.years]
    if "cla_at31" in indicators:
        rows += _by_others(backtest.origin, backtest.panel.series(ENGLAND, "cla_at31"))
    return pd.DataFrame(rows, columns=COLUMNS)


def _forecast(joined: Joined, method: str, indicator: str, published: pd.Series) -> list[dict]:
    """Return a method's rows of one indicator; none if no authority published it at the origin."""
    backtest = joined.backtest
    frame = backtest.panel.frame
    known = frame[(frame["level"] == "local_authority") & (frame["year_ending"] == backtest.origin)].set_index("name")[indicator]
    counts = known.reindex(list(joined.areas)).to_numpy(float)
    samples = joined.samples[method].sel(indicator=indicator).to_numpy()
    there = ~np.isnan(counts) & np.isfinite(samples).all((1, 2))
    if not counts[there].sum() > 0:
        return []
    gross = published[backtest.origin] / counts[there].sum()
    totals = samples[there].sum(0) * gross
    ends = scores.quantiles(totals, list(scores.QUANTILES.values()))
    return [
        _row(indicator, method, backtest.origin, year, published, totals[h].mean(), dict(zip(scores.QUANTILES, ends[h], strict=True)), 1.0 / gross)
        for h, year in enumerate(backtest.years)
    ]


def _row(
    indicator: str, method: str, origin: int, year: int, published: pd.Series, mean: float = np.nan, ends: dict | None = None,
    coverage: float = np.nan,
) -> dict:  # fmt: skip
    """Return one row; the error is of the median, or of the only figure there is."""
    real = published.get(year, np.nan)
    middle = (ends or {}).get("p50", mean)
    error = 100.0 * (middle / real - 1.0) if real > 0 else np.nan
    told = {"indicator": indicator, "method": method, "origin": origin, "year_ending": year, "published": real, "mean": mean}
    return told | (ends or {}) | {"error_pct": error, "coverage_at_origin": coverage}


def _by_others(origin: int, published: pd.Series) -> list[dict]:
    """Return what others forecast for years after the origin."""
    table = pd.read_csv(DATA / "projections_by_others.csv", dtype=str)
    table = table[table["quantity"].isin(OTHERS) & table["year"].str.fullmatch(r"\d{4}")]
    return [
        _row("cla_at31", f"{row.source_publisher}, {row.source_year}", origin, int(row.year), published, mean=float(row.value))
        for row in table.itertuples()
        if int(row.year) > origin
    ]
