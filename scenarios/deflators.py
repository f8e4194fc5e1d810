"""GDP deflators: what brings a price of one financial year to that of another, from a table that users may replace.

`scenarios/data/gdp_deflators.csv` holds one row for each financial year: `year` (2024-25), `index` (any base), `source` and `status`. The shipped
one is assumed (its sources say how); put the Treasury's table in its place with `--deflators FILE`. Years that the table does not hold move by the
scenario's general inflation.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from scenarios.names import suggestion
from scenarios.timeline import year_name

DATA = Path(__file__).parent / "data" / "gdp_deflators.csv"
COLUMNS = ("year", "index", "source", "status")
STATUSES = ("published", "derived", "assumed")
OLDEST_PRICE, PRICE_BASE = 2018, 2025  # years ending March: of the oldest price that is brought forward, and of the shipped prices


class DeflatorError(ValueError):
    """A table of deflators that cannot be used; the message lists every fault with file and line."""


@dataclass(frozen=True)
class Deflators:
    """An index of general prices by financial year.

    Attributes
    ----------
    index
        Year ending 31 March -> index, years without a gap.
    file
        Where it is from.
    sources
        Year ending -> (source, status).
    """

    index: Mapping[int, float]
    file: str
    sources: Mapping[int, tuple[str, str]] = field(default_factory=dict, repr=False)

    def factor(self, from_year: int, to_year: int, growth_per_year: float = 0.0) -> float:
        """Return what a price of one financial year is multiplied by to be one of another (both named by the year they end in).

        Parameters
        ----------
        growth_per_year
            General inflation, a share a year, of years that the table does not hold.
        """
        return self._at(to_year, growth_per_year) / self._at(from_year, growth_per_year)

    def _at(self, year: int, growth_per_year: float) -> float:
        """Return the index of a year."""
        nearest = min(max(year, min(self.index)), max(self.index))
        return self.index[nearest] * (1.0 + growth_per_year) ** (year - nearest)

    def told(self) -> dict[str, Any]:
        """Return what a manifest says of the table."""
        return {"file": self.file, "index": {year_name(year): value for year, value in self.index.items()}}

    @classmethod
    def from_told(cls, told: Mapping[str, Any]) -> Deflators:
        """Return the table a manifest tells of."""
        return cls({int(year[:4]) + 1: float(value) for year, value in told["index"].items()}, str(told["file"]))


@cache
def shipped_deflators() -> Deflators:
    """Return the shipped table."""
    return _read(DATA, f"scenarios/data/{DATA.name}")


def read_deflators(path: str | Path | Deflators) -> Deflators:
    """Return a table of deflators from a CSV file with the columns year, index, source and status (a table already read as it is).

    Raises
    ------
    DeflatorError
        If it cannot be used: with every fault, each at its line.
    """
    return path if isinstance(path, Deflators) else _read(Path(path), str(path))


def _read(path: Path, shown: str) -> Deflators:
    """Read and check a file."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise DeflatorError(f"{shown}: cannot be read ({getattr(fault, 'strerror', None) or fault}); expected a CSV file") from None
    header = [name.strip() for name in rows[0]] if rows else []
    faults = [f"{shown}:1: the column {name!r} is missing, expected {', '.join(COLUMNS)}" for name in COLUMNS if name not in header]
    faults += [f"{shown}:1: unknown column {name!r}, {suggestion(name, COLUMNS)}" for name in header if name not in COLUMNS]
    if faults:
        raise DeflatorError("\n".join(faults))
    index: dict[int, float] = {}
    sources: dict[int, tuple[str, str]] = {}
    for line, cells in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        wrong = _row_faults(row, len(cells) == len(header), index)
        faults += [f"{shown}:{line}: {fault}" for fault in wrong]
        if not wrong:
            year = int(row["year"][:4]) + 1
            index[year], sources[year] = float(row["index"]), (row["source"], row["status"])
    faults += [] if faults else _span_faults(index, shown)
    if faults:
        raise DeflatorError("\n".join(faults))
    return Deflators(dict(sorted(index.items())), shown, sources)


def _row_faults(row: Mapping[str, str], whole: bool, before: Mapping[int, float]) -> list[str]:
    """Return what is wrong with a row."""
    if not whole:
        return [f"has not as many cells as the header, expected {len(COLUMNS)}"]
    faults = []
    year = row["year"]
    if not (len(year) == 7 and year[:4].isdigit() and year[4] == "-" and year[5:] == f"{(int(year[:4]) + 1) % 100:02d}"):
        faults.append(f"year: is {year!r}, expected a financial year such as 2024-25")
    elif int(year[:4]) + 1 in before:
        faults.append(f"year: {year} is there twice, expected each year once")
    try:
        usable = 0.0 < float(row["index"]) < float("inf")
    except ValueError:
        usable = False
    if not usable:
        faults.append(f"index: is {row['index']!r}, expected a number above 0")
    if not row["source"]:
        faults.append("source: is empty, expected where the index is from")
    if row["status"] not in STATUSES:
        faults.append(f"status: is {row['status']!r}, expected one of {', '.join(STATUSES)}")
    return faults


def _span_faults(index: Mapping[int, float], shown: str) -> list[str]:
    """Return the years that are missing: from the oldest price brought forward, or the first of the table, to its last."""
    needed = range(min([OLDEST_PRICE, *index]), max([PRICE_BASE, *index]) + 1)
    missing: Sequence[str] = [year_name(year) for year in needed if year not in index]
    if not missing:
        return []
    return [f"{shown}: no index of {', '.join(missing)}; expected every year from {year_name(needed[0])} to {year_name(needed[-1])}"]
