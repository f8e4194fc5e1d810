"""Write a backtest's folder: tables as CSV, a picture per indicator, England's picture, manifest; whole or not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from outputs.store import write_csv, write_whole
from sim.results import MANIFEST


@dataclass(frozen=True)
class BacktestTables:
    """What is written and drawn; every table becomes `<name>.csv`.

    Attributes
    ----------
    scores
        A row per indicator, horizon and method; CRPS and interval score divided by each authority's size.
    scores_counts
        The same in counts.
    forecasts
        Our forecasts of every cell that is scored.
    skill
        Ours against persistence, by indicator and horizon, and over all indicators.
    pit
        Where each published value fell in each method's forecast.
    pit_histogram
        Those in tenths, with the 95 % band of honest and independent forecasts.
    excluded
        Cells that are not scored, and why.
    national
        England's figures; None if only some authorities were forecast.
    """

    scores: pd.DataFrame
    scores_counts: pd.DataFrame
    forecasts: pd.DataFrame
    skill: pd.DataFrame
    pit: pd.DataFrame
    pit_histogram: pd.DataFrame
    excluded: pd.DataFrame
    national: pd.DataFrame | None = None

    def named(self) -> dict[str, pd.DataFrame]:
        """Return the tables there are, by name."""
        return {name: table for name, table in vars(self).items() if table is not None}


def write_backtest(tables: BacktestTables, about: Mapping[str, Any], folder: str | Path, overwrite: bool = False) -> Path:
    """Write the folder and return it.

    Parameters
    ----------
    tables
        What is written.
    about
        What the manifest holds: at least `ours` (the name of our method), `origin` and `horizon_years`.
    folder, overwrite
        Where, and whether results that are there already may be replaced.

    Raises
    ------
    StoreError
        If it cannot be written, holds results already (unless `overwrite`), or something else.
    """
    return write_whole(folder, lambda partial: _fill(tables, about, partial), overwrite)


def _fill(tables: BacktestTables, about: Mapping[str, Any], folder: Path) -> None:
    """Write every file."""
    from outputs.backtest_plots import indicator_figure, national_figure
    from outputs.plots import save_figure

    folder.mkdir()
    for name, table in tables.named().items():
        write_csv(table, folder / f"{name}.csv")
    for indicator in dict.fromkeys(tables.forecasts["indicator"]):
        save_figure(indicator_figure(tables, indicator, about), folder / f"{indicator}.png")
    if tables.national is not None and not tables.national.empty:
        save_figure(national_figure(tables.national, about["ours"]), folder / "national.png")
    (folder / MANIFEST).write_text(json.dumps(dict(about), indent=1, default=str) + "\n", encoding="utf-8")
