"""Read a panel of published figures and look cells up, borrowing where a cell is not published.

A *panel* is one row per place and year ending 31 March, one column per measure (`calibration/data/la_panel.csv` is the
one shipped). No particular set of authorities or measures is assumed.

Borrowing order of a missing cell, recorded with every answer (rulings 30 and 33):

1. `own`: the authority, that year;
2. `own-earlier-year`: the authority's latest earlier year;
3. `region`: the region's row, that year or its latest earlier year; for an Inner or Outer London authority first that
   half of London (still `region`), then `london`: the London row;
4. `england`: England's row, likewise.

Nothing later than the year asked for is ever read, and a panel opened at a vintage (`calibration.vintage`) holds only what was known
then. A region's or England's *count* says nothing about one authority: ask for counts with `own_only=True`, and borrow rates instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from calibration.vintage import blank_later

DATA = Path(__file__).parent / "data"
PANEL_FILE = DATA / "la_panel.csv"
KEY_COLUMNS = ("level", "region", "name", "ons_code", "la_code", "year_ending")
LEVELS = ("local_authority", "region", "national")
ENGLAND = "England"
LONDON_HALVES = ("Inner London", "Outer London")
SOURCE = "calibration/data/la_panel.csv"


class PanelError(ValueError):
    """A panel file that cannot be used; the message lists every fault found."""


@dataclass(frozen=True)
class Cell:
    """One published figure and how it was found.

    Attributes
    ----------
    value : float
        The figure, in the unit of its column.
    year_ending : int
        The year it was published for, never later than the year asked for.
    basis : str
        `own`, `own-earlier-year`, `region`, `london` or `england`.
    """

    value: float
    year_ending: int
    basis: str


class Panel:
    """Published figures by place and year ending 31 March.

    Parameters
    ----------
    frame : DataFrame
        One row per place and year, as `read_panel` returns it.
    """

    def __init__(self, frame: pd.DataFrame):
        self.frame = frame
        self._rows = frame.set_index(["name", "year_ending"]).sort_index()

    @property
    def measures(self) -> list[str]:
        """Columns that hold figures."""
        return [c for c in self.frame.columns if c not in KEY_COLUMNS]

    @cached_property
    def _columns(self) -> dict[str, dict[tuple[str, int], float]]:
        """Published cells only, by column, for quick reading."""
        return {m: self._rows[m].dropna().astype(float).to_dict() for m in self.measures}

    @cached_property
    def _years_of(self) -> dict[str, list[int]]:
        """Years each place has a row for, ascending."""
        return self.frame.sort_values("year_ending").groupby("name")["year_ending"].agg(list).to_dict()

    @cached_property
    def authorities(self) -> pd.DataFrame:
        """Authorities of the panel's latest year: name, ons_code, la_code, region, sorted by name."""
        latest = self.frame.year_ending.max()
        rows = self.frame[(self.frame.level == "local_authority") & (self.frame.year_ending == latest)]
        return rows[["name", "ons_code", "la_code", "region"]].sort_values("name").reset_index(drop=True)

    @cached_property
    def _region_of(self) -> dict[str, str]:
        """The region of each authority."""
        rows = self.frame[self.frame.level == "local_authority"]
        return dict(zip(rows["name"], rows["region"], strict=True))

    def at_vintage(self, year: int) -> Panel:
        """Return the panel with only what was known at a vintage (`calibration.vintage`): later rows gone, cells not yet known emptied."""
        return Panel(blank_later(self.frame, year))

    def value(self, name: str, measure: str, year: int) -> float:
        """Return the cell itself; nan when it is not published."""
        if measure not in self._rows.columns:
            raise PanelError(f"no column {measure!r} in the panel")
        series = self._columns[measure]
        return series.get((name, year), float("nan"))

    def cell(self, name: str, measure: str, year: int, *, own_only: bool = False) -> Cell | None:
        """Return the cell, or what stands in for it; None when nothing does.

        Parameters
        ----------
        name : str
            An authority, a region or `England`.
        measure : str
            A column of the panel.
        year : int
            Year ending 31 March; nothing later is read.
        own_only : bool
            Do not borrow from region or England (for counts).
        """
        own = self._latest(name, measure, year)
        if own is not None:
            return Cell(*own, "own" if own[1] == year else "own-earlier-year")
        for place, basis in () if own_only else self.lenders(name):
            found = self._latest(place, measure, year)
            if found is not None:
                return Cell(*found, basis)
        return None

    def lenders(self, name: str) -> list[tuple[str, str]]:
        """Return (place, basis) in the order a missing cell of `name` is borrowed."""
        region = self._region_of.get(name)
        places = [(region, "region")] if region else []
        if name in LONDON_HALVES or region in LONDON_HALVES:
            places.append(("London", "london"))
        if name != ENGLAND:
            places.append((ENGLAND, "england"))
        return places

    def series(self, name: str, measure: str) -> pd.Series:
        """Return the published years of one measure, indexed by year ending."""
        cells = {year: self.value(name, measure, year) for year in self._years_of.get(name, [])}
        return pd.Series(cells, dtype=float).dropna()

    def _latest(self, name: str, measure: str, year: int) -> tuple[float, int] | None:
        """Return (value, year) of the latest published cell up to a year; None if there is none."""
        for known in reversed(self._years_of.get(name, [])):
            if known <= year and not np.isnan(value := self.value(name, measure, known)):
                return value, known
        return None

    def authority_sum(self, measure: str, year: int) -> float:
        """Sum a count over the authorities whose cell is published."""
        rows = self.frame[(self.frame.level == "local_authority") & (self.frame.year_ending == year)]
        return float(rows[measure].sum())

    def coverage(self, measure: str, year: int) -> float:
        """Return the share of England's count held by the panel's authorities with that cell published."""
        return self.authority_sum(measure, year) / self.value(ENGLAND, measure, year)


def read_panel(path: str | Path = PANEL_FILE, vintage: int | None = None) -> Panel:
    """Read a panel file.

    Parameters
    ----------
    path : str or Path
        A CSV file with the columns `level, region, name, ons_code, la_code, year_ending` and measures.
    vintage : int, optional
        Read only what was known at this vintage, a year ending 31 March (`calibration.vintage`).

    Raises
    ------
    PanelError
        If the file cannot be read as a panel; every fault is listed.
    """
    path = Path(path)
    frame = read_figures(path, ("la_code", "ons_code"))
    missing = [column for column in KEY_COLUMNS if column not in frame.columns]
    if missing:
        raise PanelError(f"{path}: missing column{'s' * (len(missing) > 1)} {', '.join(missing)}")
    faults = list(_faults(frame))
    if faults:
        raise PanelError("\n".join(f"{path}: {fault}" for fault in faults))
    frame["year_ending"] = frame["year_ending"].astype(int)
    if vintage is not None:
        frame = blank_later(frame, vintage)
    return Panel(frame)


def read_figures(path: Path, texts: tuple[str, ...]) -> pd.DataFrame:
    """Read a CSV file of figures, columns named in `texts` as text.

    Raises
    ------
    PanelError
        If there is no such file, or it is not CSV.
    """
    try:
        return pd.read_csv(path, dtype=dict.fromkeys(texts, "string"))
    except FileNotFoundError:
        raise PanelError(f"{path}: no such file") from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as fault:
        raise PanelError(f"{path}: not a CSV file of figures ({fault})") from None


def _faults(frame: pd.DataFrame):
    """Yield what is wrong with a panel, with line numbers of the file (the header is line 1)."""
    if frame.empty:
        yield "no rows"
        return
    for line in frame.index[~frame["level"].isin(LEVELS)] + 2:
        yield f"line {line}: level {frame['level'][line - 2]!r}, expected one of {', '.join(LEVELS)}"
    years = pd.to_numeric(frame["year_ending"], errors="coerce")
    for line in frame.index[~(years.between(1990, 2100) & (years % 1 == 0))] + 2:
        yield f"line {line}: year_ending {frame['year_ending'][line - 2]}, expected a year such as 2025"
    for line in frame.index[frame.duplicated(["name", "year_ending"])] + 2:
        row = frame.loc[line - 2]
        yield f"line {line}: a second row for {row['name']} in {row['year_ending']}"
    for column in frame.columns.difference(KEY_COLUMNS, sort=False):
        if not pd.api.types.is_numeric_dtype(frame[column]):
            numbers = pd.to_numeric(frame[column], errors="coerce")
            line = frame.index[numbers.isna() & frame[column].notna()][0] + 2
            yield f"line {line}: {column} is {frame[column][line - 2]!r}, expected a number or nothing"
        elif (frame[column] < 0).any() or np.isinf(frame[column]).any():
            line = frame.index[(frame[column] < 0) | np.isinf(frame[column])][0] + 2
            yield f"line {line}: {column} is {frame[column][line - 2]}, expected a finite number of at least 0"
