"""Children through the pathway as a Parquet table: `pathway.parquet`, a row for each scenario, area, count and year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

FILE = "pathway.parquet"
COLUMNS = ["scenario", "area", "kind", "name", "year_ending", "children"]
DIMENSIONS = ("area", "count", "year_ending")


def write_pathway(scenarios: Iterable[Any], folder: Path) -> None:
    """Write the table of those `Results` that have counts of their pathway; no file if none has."""
    tables = [_table(one.scenario, one.pathway) for one in scenarios if one.pathway is not None]
    if tables:
        table = pd.concat(tables, ignore_index=True)
        for column in ("scenario", "area", "kind", "name"):
            table[column] = table[column].astype("category")
        table.to_parquet(folder / FILE, index=False)


def _table(scenario: str, counts: xr.DataArray) -> pd.DataFrame:
    """Return counts (area, count, year_ending) as rows."""
    table = counts.rename("children").to_dataframe().reset_index()
    parts = table["count"].str.split(":", n=1, expand=True)
    return table.assign(scenario=scenario, kind=parts[0], name=parts[1])[COLUMNS]


def read_pathway(folder: Path, scenarios: Mapping[str, Mapping[str, Sequence]]) -> dict[str, xr.DataArray | None]:
    """Return each scenario's counts (area, count, year_ending) from a folder; None where there are none.

    Parameters
    ----------
    scenarios
        Scenario: its labels by dimension; those of `area` give the order.

    Raises
    ------
    OSError, ValueError, KeyError
        If the table is not one, or lacks a column.
    """
    path = folder / FILE
    if not path.exists():
        return dict.fromkeys(scenarios)
    table = pd.read_parquet(path)
    table["count"] = table["kind"].astype(str) + ":" + table["name"].astype(str)
    found: dict[str, xr.DataArray | None] = dict.fromkeys(scenarios)
    for key, labels in scenarios.items():
        own = table[table.scenario == key]
        if len(own):
            order = list(dict.fromkeys(own["count"]))
            series = own.astype({"area": str}).set_index(list(DIMENSIONS)).children
            found[key] = series.to_xarray().reindex(area=list(labels["area"]), count=order).transpose(*DIMENSIONS)
    return found
