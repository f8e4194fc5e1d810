"""Tables of a forecast from records: children in care, who comes in and leaves, month by month, with their uncertainty."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd
from scipy.special import ndtri

from sim.caseload import AGE_BANDS, EXITS, PLACEMENTS, CaseloadRun
from sim.suppression import MARK, hidden_cells

DECIMALS = 3  # of numbers of children
QUANTILES = {"p025": 0.025, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p975": 0.975}
TOTAL = "total"


def stock_table(run: CaseloadRun, opening: np.ndarray, origin: object, hide: bool = True, of: str = "placement") -> pd.DataFrame:
    """Return children in a caseload by month, age band and placement, and their totals, which hold nobody who is not in it.

    Parameters
    ----------
    opening
        Children in it on the day of origin (bands, K), which are the first rows.
    hide
        Whether groups that held 1 to 5 children on that day, and those that would give them away, are shown as `c` on all dates.
    of
        What placements are called.

    Returns
    -------
    Columns `date`, `age_band`, `placement` (or as `of` has it), `mean`, and those of `QUANTILES`.
    """
    ahead = _with_totals(run.tallies.stock)
    first = _with_totals(opening)
    hidden = hidden_groups(opening) if hide else np.zeros(first.shape, dtype=bool)
    figures = {"mean": np.concatenate([first[None], ahead.mean(axis=0)])}
    for name, values in zip(QUANTILES, np.quantile(ahead, list(QUANTILES.values()), axis=0), strict=True):
        figures[name] = np.concatenate([first[None], values])
    groups = [*run.frame.age_bands, TOTAL], [*run.frame.placements, TOTAL]
    labels = pd.MultiIndex.from_product([[origin, *run.months], *groups], names=["date", "age_band", of])
    table = pd.DataFrame({name: values.ravel().round(DECIMALS) for name, values in figures.items()}, index=labels).reset_index()
    return hidden_as_marks(table, np.broadcast_to(hidden, figures["mean"].shape).ravel(), list(figures)) if hidden.any() else table


def band_table(chain: pd.DataFrame, hide: bool = True) -> pd.DataFrame:
    """Return the forecast of a chain with its variance (`calibration.markov`) as `stock_table` does, intervals those of a normal distribution.

    The first date is that of origin; groups it has 1 to 5 children in, and those that would give them away, are hidden on all dates if `hide`.
    """
    ages, groups = list(dict.fromkeys(chain["age_band"])), list(dict.fromkeys(chain["placement"]))
    days = list(dict.fromkeys(chain["date"]))
    mean, variance = (_with_totals(chain[name].to_numpy().reshape(len(days), len(ages), len(groups))) for name in ("mean", "variance"))
    hidden = hidden_cells(np.rint(mean[0]).astype(np.int64)) if hide else np.zeros(mean.shape[1:], dtype=bool)
    labels = pd.MultiIndex.from_product([days, [*ages, TOTAL], [*groups, TOTAL]], names=["date", "age_band", "placement"])
    bands = {name: np.maximum(mean + ndtri(share) * np.sqrt(variance), 0.0) for name, share in QUANTILES.items()}
    table = pd.DataFrame({name: values.ravel().round(DECIMALS) for name, values in {"mean": mean, **bands}.items()}, index=labels).reset_index()
    return hidden_as_marks(table, np.broadcast_to(hidden, mean.shape).ravel(), ["mean", *QUANTILES]) if hidden.any() else table


def hidden_groups(opening: np.ndarray) -> np.ndarray:
    """Return which groups of children in care on the day of origin (bands, K), and which of their totals, are hidden (bands + 1, K + 1)."""
    whole = np.ascontiguousarray(opening, dtype=np.int64)
    return _hidden(whole.tobytes(), whole.shape).copy()


@cache
def _hidden(content: bytes, shape: tuple[int, ...]) -> np.ndarray:
    """Return `hidden_groups` of an array's bytes: a forecast asks for one opening several times."""
    return hidden_cells(_with_totals(np.frombuffer(content, dtype=np.int64).reshape(shape)))


def hidden_as_marks(table: pd.DataFrame, rows: np.ndarray, columns: list[str]) -> pd.DataFrame:
    """Return a table with figures of some rows as `c`."""
    shown = table.astype(dict.fromkeys(columns, object))
    shown.loc[rows, columns] = MARK
    return shown


def _with_totals(counts: np.ndarray) -> np.ndarray:
    """Return counts by age band and placement (last two axes) with their totals."""
    by_age = np.concatenate([counts, counts.sum(axis=-1, keepdims=True)], axis=-1)
    return np.concatenate([by_age, by_age.sum(axis=-2, keepdims=True)], axis=-2)


def flow_table(run: CaseloadRun) -> pd.DataFrame:
    """Return children who start to be looked after and leave by age band, leavers by reason, and placements begun, by month.

    These are of children to come: nothing in them counts a record. Columns `date`, `flow`, `group`, `mean`, and those of `QUANTILES`.
    """
    tallies = run.tallies
    return flows_table(run, {
        "starts": (AGE_BANDS, tallies.starts), "leavers": (AGE_BANDS, tallies.leavers), "leavers_by_reason": ((*EXITS, "aged_out"), tallies.reasons),
        "placements_begun": (PLACEMENTS, tallies.begun),
    })  # fmt: skip


def flows_table(run: CaseloadRun, flows: Mapping[str, tuple[tuple[str, ...], np.ndarray]]) -> pd.DataFrame:
    """Return flows by month and group, with their totals: each of its groups and counts (R, M, groups), as `flow_table` has them."""
    return pd.concat([_flow(run, name, [*groups, TOTAL], counts) for name, (groups, counts) in flows.items()], ignore_index=True)


def _flow(run: CaseloadRun, name: str, groups: list[str], counts: np.ndarray) -> pd.DataFrame:
    """Return one flow's rows."""
    values = np.concatenate([counts, counts.sum(axis=-1, keepdims=True)], axis=-1)
    labels = pd.MultiIndex.from_product([run.months, [name], groups], names=["date", "flow", "group"])
    return pd.DataFrame({key: column.ravel().round(DECIMALS) for key, column in spread_over_runs(values).items()}, index=labels).reset_index()


def spread_over_runs(values: np.ndarray, quantiles: Mapping[str, float] = QUANTILES) -> dict[str, np.ndarray]:
    """Return mean and quantiles over the first axis."""
    return {"mean": values.mean(axis=0), **dict(zip(quantiles, np.quantile(values, list(quantiles.values()), axis=0), strict=True))}
