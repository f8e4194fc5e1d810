"""Folders of fitted figures made for tests."""

from pathlib import Path

import numpy as np

from scenarios.areas import Record
from scenarios.draws import FittedDraws
from scenarios.fitted import DRAWS, RATES, write_draws, write_records

AREA, OTHER = "Bolton", "Bury"
YEARS = (2020, 2023, 2025, 2026, 2030)
PATHS = {"s47": [[1.1, 1.25], [0.9, 0.75]], "new_family_referrals": [[1.0, 1.5], [0.875, 0.75]]}


def record(area: str, quantity: str, year: int, value: float) -> Record:
    return Record(area, quantity, year, value, "times the pathway's rate or share", "a test", "derived", "own")


def figures(area: str = AREA) -> list[Record]:
    return [record(area, "ratio_s47", year, 1.0 + (year - 2020) / 100.0) for year in YEARS] + [record(area, "ratio_cin_end", 2025, 1.5)]


def draws(area: str = AREA, first_year: int = 2026) -> FittedDraws:
    return FittedDraws(first_year, {area: {quantity: np.array(array) for quantity, array in PATHS.items()}})


def make(folder: Path, records: list[Record] | None = None, drawn: FittedDraws | None = None) -> Path:
    folder.mkdir()
    write_records(folder / RATES, figures() if records is None else records)
    write_draws(folder / DRAWS, drawn or draws())
    return folder
