"""Pictures of a comparison or a results folder, with published figures and statistical neighbours beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sim.results import Comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEIGHBOURS_FILE = "statistical_neighbours_2025.csv"


def published_tables(comparison: Comparison) -> dict[str, pd.DataFrame]:
    """Return what was published of the comparison's authorities, their statistical neighbours and England, and who the neighbours are.

    By the names and columns of `outputs.pictures.published`; empty where an authority is made up. Posts are those of the September in the year.
    """
    from calibration.panel import DATA, ENGLAND, read_panel
    from outputs.pictures.published import COLUMNS, NEIGHBOURS, PUBLISHED
    from scenarios.areas import load_areas
    from sim.measures import MEASURES

    areas = list(comparison.baseline.areas)
    if not set(areas) <= set(load_areas()):
        return {}
    listed = pd.read_csv(DATA / NEIGHBOURS_FILE)
    panel = read_panel()
    names = dict(zip(panel.authorities.la_code.astype(int), panel.authorities.name, strict=True))
    codes = {name: code for code, name in names.items()}
    near = listed[listed.la_code.isin([codes[area] for area in areas if area in codes])]
    near = near.assign(area=near.la_code.map(names), neighbour=near.neighbour_la_code.map(names)).dropna(subset="neighbour")
    wanted = {*areas, *near.neighbour, ENGLAND}
    frame = panel.frame[panel.frame.name.isin(wanted) & panel.frame.level.isin(("local_authority", "national"))]
    columns = {name: (m.published, m.published_lag) for name, m in MEASURES.items() if m.published in frame} | {
        "population_0_17": ("population_0_17", 0)
    }
    rows = [
        frame[["name", "year_ending", column]].set_axis(["area", "year_ending", "value"], axis=1).dropna().assign(
            measure=measure, year_ending=lambda f, lag=lag: f.year_ending + lag)
        for measure, (column, lag) in columns.items()
    ]  # fmt: skip
    return {PUBLISHED: pd.concat(rows, ignore_index=True)[COLUMNS[PUBLISHED]], NEIGHBOURS: near[COLUMNS[NEIGHBOURS]].reset_index(drop=True)}


def tables_of(folder: str | Path) -> dict[str, pd.DataFrame]:
    """Return the tables that a results folder holds as CSV, by file name; its long summaries, which pictures take from the results, apart."""
    from outputs.tables import SUMMARIES

    return {path.name: pd.read_csv(path) for path in sorted(Path(folder).glob("*.csv")) if path.name not in SUMMARIES}


def pictures(found: Comparison | str | Path, tables: Mapping[str, pd.DataFrame] | None = None) -> dict[str, Figure]:
    """Return every picture that a comparison or a results folder can have, by name, in the order they are read in.

    Parameters
    ----------
    found
        A comparison, or a results folder.
    tables
        Its tables by file name; those of the folder, or made from the comparison, if not given. What was published is added.

    Raises
    ------
    ResultsError
        If the folder is not a finished results folder.
    """
    from carecurve.api import further_tables
    from outputs.pictures.listing import pictures_of
    from outputs.shares import shares
    from outputs.store import open_results

    comparison = found if isinstance(found, Comparison) else open_results(found)
    if tables is None and isinstance(found, Comparison):
        tables = further_tables(found)
        if found.reforms and len(found.baseline.areas) > 1 and not found.metadata.get("grossing"):
            tables["shares.csv"] = shares(found)
    elif tables is None:
        tables = tables_of(found)
    return pictures_of(comparison, {**published_tables(comparison), **tables})


def write_pictures(figures: Mapping[str, Figure], folder: str | Path) -> list[Path]:
    """Write figures as PNG files named after them into a folder (made if missing), and return the files."""
    from outputs.plots import save_figure

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return [save_figure(figure, folder / f"{name}.png") for name, figure in figures.items()]
