"""Write a forecast's folder: tables, picture, data-quality page, manifest; whole or not there. Nothing of a single child is in any of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from outputs.forecast_plots import Shown, forecast_figure
from outputs.plots import save_figure
from outputs.quality_page import quality_page, quality_rows
from outputs.safe_text import write_safe_csv
from outputs.store import write_whole
from sim.results import MANIFEST


@dataclass(frozen=True)
class Quality:
    """What an import read and could not use: its tables (`outputs.quality_page`), notes, and whether small numbers are hidden."""

    tables: Mapping[str, pd.DataFrame]
    notes: Sequence[str]
    hide: bool


def write_forecast(
    tables: Mapping[str, pd.DataFrame], shown: Shown | None, quality: Mapping[str, Quality], about: Mapping[str, Any], folder: str | Path,
    overwrite: bool = False,
) -> Path:  # fmt: skip
    """Write the folder and return it.

    Parameters
    ----------
    tables
        By file name.
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
        for name, table in tables.items():
            write_safe_csv(table, partial / name)
        if shown is not None:
            save_figure(forecast_figure(shown), partial / "forecast.png")
        write_quality(quality, partial)
        (partial / MANIFEST).write_text(json.dumps(dict(about), indent=1, default=str) + "\n", encoding="utf-8")

    return write_whole(folder, fill, overwrite)


def write_quality(quality: Mapping[str, Quality], folder: Path) -> None:
    """Write the data-quality page of each import, by its title, and its rows, into a folder that is there."""
    for title, one in quality.items():
        name = "data_quality_" + title.casefold().replace(" ", "_")
        page = quality_page(one.tables, one.notes, f"Data quality: {title}", suppressed=one.hide)
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
        quality_rows(one.tables, one.notes, suppressed=one.hide).to_csv(folder / f"{name}.csv", index=False)
