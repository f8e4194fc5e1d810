"""Write the folder of a backtest of records: forecasts, scores, picture, data-quality page, manifest; whole or not there.

Nothing of a single child is in any of them, and what counts 1 to 5 of them is shown as `c`, with what would give it away.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from outputs.forecast_folder import Quality, write_quality
from outputs.forecast_tables import hidden_as_marks
from outputs.plots import save_figure
from outputs.records_backtest_plot import ShownBacktest, backtest_figure
from outputs.safe_text import write_safe_csv
from outputs.store import write_whole
from sim.results import MANIFEST

LABELS = ("origin", "date", "horizon_months", "series", "method")


def write_records_backtest(
    forecasts: pd.DataFrame, scores: pd.DataFrame, shown: ShownBacktest | None, quality: Mapping[str, Quality], about: Mapping[str, Any],
    folder: str | Path, overwrite: bool = False,
) -> Path:  # fmt: skip
    """Write the folder and return it.

    Parameters
    ----------
    forecasts
        A row an origin, horizon, series and method: `LABELS`, figures, and `hidden`, whether they are not to be shown.
    scores
        Of what is not hidden.
    shown
        What the picture shows; none without it.
    quality
        Of each import, by its title.
    about
        What the manifest says.

    Raises
    ------
    StoreError
        If it cannot be written, or holds results already (unless `overwrite`), or something else.
    """

    def fill(partial: Path) -> None:
        """Write every file."""
        partial.mkdir()
        write_safe_csv(shown_rows(forecasts), partial / "forecasts.csv")
        write_safe_csv(scores, partial / "scores.csv")
        if shown is not None:
            save_figure(backtest_figure(shown), partial / "backtest.png")
        write_quality(quality, partial)
        (partial / MANIFEST).write_text(json.dumps(dict(about), indent=1, default=str) + "\n", encoding="utf-8")

    return write_whole(folder, fill, overwrite)


def shown_rows(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Return forecasts as they may be shown: figures of hidden rows as `c`, and no column that says so."""
    figures = [name for name in forecasts.columns if name not in (*LABELS, "hidden")]
    table = forecasts.drop(columns="hidden")
    return hidden_as_marks(table, forecasts["hidden"].to_numpy(), figures) if forecasts["hidden"].any() else table
