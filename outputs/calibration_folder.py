"""Write a calibration's folder: what scenarios load, tables as CSV, parameters as YAML, a picture per measure, manifest; whole or not there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from outputs.store import write_csv, write_whole
from sim.results import MANIFEST

HEAD = """\
# What calibration found, for people; scenarios read fitted_rates.csv and fitted_draws.npz. Columns and words: docs/calibration.md.
# Of an authority: `value` follows what happened in the last year, its chance included; p05 and p95 are a 90 % interval of what lies under it;
# own_record_pct is how much of it its own figures decide, the rest is borrowed from other authorities; then what is expected of the last year ahead.
"""


@dataclass(frozen=True)
class CalibrationTables:
    """What is written and drawn.

    Attributes
    ----------
    fit
        Published and fitted by area, measure and year, with intervals.
    inside
        Shares of target-years inside their interval.
    outside
        Those outside, one by one.
    identification
        What the data cannot tell.
    parameters
        The document for people.
    """

    fit: pd.DataFrame
    inside: pd.DataFrame
    outside: pd.DataFrame
    identification: pd.DataFrame
    parameters: Mapping[str, Any]


def write_calibration(
    tables: CalibrationTables, scenario: Callable[[Path], None], about: Mapping[str, Any], folder: str | Path, overwrite: bool = False
) -> Path:
    """Write the folder and return it.

    Parameters
    ----------
    tables
        What is written.
    scenario
        Writes the scenario and the files it loads into a folder.
    about
        What the manifest holds.
    folder, overwrite
        Where, and whether results that are there already may be replaced.

    Raises
    ------
    StoreError
        If it cannot be written, holds results already (unless `overwrite`), or something else.
    """
    return write_whole(folder, lambda partial: _fill(tables, scenario, about, partial), overwrite)


def _fill(tables: CalibrationTables, scenario: Callable[[Path], None], about: Mapping[str, Any], folder: Path) -> None:
    """Write every file."""
    from outputs.calibration_plots import fit_figure
    from outputs.plots import save_figure

    folder.mkdir()
    scenario(folder)
    for name in ("fit", "inside", "outside", "identification"):
        write_csv(getattr(tables, name), folder / f"{name}.csv")
    write_parameters(tables.parameters, folder / "parameters.yaml")
    for measure in dict.fromkeys(tables.fit["measure"]):
        save_figure(fit_figure(tables.fit, measure), folder / f"fit_{measure}.png")
    (folder / MANIFEST).write_text(json.dumps(dict(about), indent=1, default=str) + "\n", encoding="utf-8")


def write_parameters(parameters: Mapping[str, Any], path: Path) -> None:
    """Write the document, the innermost mappings on one line each."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width, yaml.allow_unicode, yaml.sort_base_mapping_type_on_output = None, 400, True, False
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        yaml.dump(dict(parameters), file)
