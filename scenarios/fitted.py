"""Fitted scenarios: figures and draws that calibration left in a folder, and that a scenario lays over authorities' profiles.

`fitted: FOLDER` in a scenario file, relative to that file, names a folder with

    fitted_rates.csv       figures by authority, quantity and year ending 31 March, each with unit, source and status
    fitted_draws.npz       draws of the years after the last of the record: `FittedDraws`
    fitted_profiles.csv, fitted_areas.csv   profiles the figures were fitted on, where the shipped ones will not do: another panel, an earlier year

`carecurve calibrate` writes such a folder. The format is known here alone, to read and to write.
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from scenarios.areas import ENGLAND, AreaProfile, Record, UnknownNameError, load_areas, make_profiles
from scenarios.draws import FIRST_YEAR, LAST_YEAR, FittedDraws
from scenarios.faults import Fault, ScenarioError

RATES, DRAWS, PROFILES, AREAS = "fitted_rates.csv", "fitted_draws.npz", "fitted_profiles.csv", "fitted_areas.csv"
COLUMNS = ("area", "quantity", "year_ending", "value", "unit", "source", "status", "basis")
AREA_COLUMNS = ("name", "code", "ons_code", "la_code", "region", "too_small")
STATUSES = ("published", "derived", "assumed")
ARRAYS = ("first_year", "areas", "quantities", "multipliers")
MOST_FAULTS = 20  # of one file: the rest are likely to be the same mistake

Records = Mapping[str, Mapping[str, tuple[Record, ...]]]  # authority -> quantity -> records by year


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a folder of calibration's holds.

    Attributes
    ----------
    folder
        Where it is, as messages name it.
    records
        Fitted figures of each authority. A quantity's series stands in for the profile's as a whole.
    profiles
        Profiles that the figures lie over, by name; the shipped ones if there are none.
    draws
        Paths of the years after the record.
    digest
        SHA-256 of the figures and profiles, which decide the past; `FittedDraws.digest` is that of the draws.
    """

    folder: str
    records: Records = field(repr=False)
    profiles: Mapping[str, AreaProfile] = field(repr=False)
    draws: FittedDraws = field(repr=False)
    digest: str

    @property
    def vintage(self) -> int:
        """The last year of the record, ending 31 March."""
        return self.draws.first_year - 1

    @property
    def newcomers(self) -> dict[str, AreaProfile]:
        """Authorities that are not among the shipped ones."""
        return {name: profile for name, profile in self.profiles.items() if name not in load_areas()}

    def over(self, profile: AreaProfile) -> AreaProfile:
        """Return a profile with its authority's fitted figures.

        Raises
        ------
        UnknownNameError
            If the authority has not been fitted: half an experiment on fitted rates would be none.
        """
        if profile.name not in self.records:
            raise UnknownNameError("authority fitted in " + self.folder, profile.name, self.records)
        return replace(profile, records=MappingProxyType({**profile.records, **self.records[profile.name]}))


def read_fitted(folder: Path, shown: str) -> Fitted:
    """Read a folder; one that has not changed is read once.

    Parameters
    ----------
    folder
        The folder.
    shown
        How messages name it.

    Raises
    ------
    ScenarioError
        With every fault found in its files.
    """
    missing = [name for name in (RATES, DRAWS) if not (folder / name).is_file()]
    if missing:
        raise ScenarioError([Fault(shown, 0, 0, "", f"has no {name}, expected a folder made by `carecurve calibrate`") for name in missing])
    stamps = [(path.stat().st_mtime_ns, path.stat().st_size) for name in (RATES, DRAWS, PROFILES, AREAS) if (path := folder / name).is_file()]
    return _read(folder.resolve(), shown, tuple(stamps))


@lru_cache(maxsize=4)
def _read(folder: Path, shown: str, stamps: tuple[tuple[int, int], ...]) -> Fitted:
    """Read a folder whose files have these times and sizes."""
    faults: list[Fault] = []
    records = _records(folder / RATES, f"{shown}/{RATES}", faults)
    profiles = _profiles(folder, shown, faults) if (folder / PROFILES).is_file() else {}
    if profiles and not faults:
        profiles = {name: profile for name, profile in profiles.items() if name in records}
    known = profiles or load_areas()
    strangers = [name for name in records if name not in known]
    faults += [Fault(f"{shown}/{RATES}", 0, 0, "", f"has figures of {name!r}, of which there is no profile") for name in strangers]
    try:
        draws = read_draws(folder / DRAWS)
    except (OSError, ValueError, KeyError) as error:
        faults.append(Fault(f"{shown}/{DRAWS}", 0, 0, "", f"cannot be used: {error}"))
        raise ScenarioError(faults) from None
    if faults:
        raise ScenarioError(faults)
    held = [path.read_bytes() for name in (RATES, PROFILES, AREAS) if (path := folder / name).is_file()]
    digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in held)).hexdigest()
    return Fitted(shown, MappingProxyType(records), MappingProxyType(profiles), draws, digest)


def _records(path: Path, shown: str, faults: list[Fault]) -> dict[str, dict[str, tuple[Record, ...]]]:
    """Return the records of a file of figures by authority and quantity, years ascending."""
    found: dict[str, dict[str, list[Record]]] = {}
    for line, row in _rows(path, shown, COLUMNS, faults):
        wrong = _fault_in(row)
        if wrong:
            faults.append(Fault(shown, line, 1, "", wrong))
            if len(faults) >= MOST_FAULTS:
                break
            continue
        record = Record(**row | {"year_ending": int(row["year_ending"]), "value": float(row["value"])})
        found.setdefault(record.area, {}).setdefault(record.quantity, []).append(record)
    return {area: {quantity: tuple(sorted(series, key=lambda each: each.year_ending)) for quantity, series in quantities.items()}
            for area, quantities in found.items()}  # fmt: skip


def _profiles(folder: Path, shown: str, faults: list[Fault]) -> dict[str, AreaProfile]:
    """Return the profiles of a folder by name, England left out."""
    records = _records(folder / PROFILES, f"{shown}/{PROFILES}", faults)
    if not (folder / AREAS).is_file():
        faults.append(Fault(shown, 0, 0, "", f"has {PROFILES} and no {AREAS}"))
    areas = [row for _, row in _rows(folder / AREAS, f"{shown}/{AREAS}", AREA_COLUMNS, faults)] if (folder / AREAS).is_file() else []
    lacking = [name for name in [ENGLAND, *(row["name"] for row in areas)] if name not in records]
    faults += [Fault(f"{shown}/{PROFILES}", 0, 0, "", f"has no figures of {name}") for name in lacking]
    if faults:
        return {}
    return {name: profile for name, profile in make_profiles(areas, records).items() if name != ENGLAND}


def _rows(path: Path, shown: str, columns: tuple[str, ...], faults: list[Fault]) -> Iterable[tuple[int, dict[str, str]]]:
    """Yield (line, row) of a CSV file with the columns it must have."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != columns:
                faults.append(Fault(shown, 1, 1, "", f"has the columns {', '.join(reader.fieldnames or ())}, expected {', '.join(columns)}"))
                return
            for row in reader:
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        faults.append(Fault(shown, 0, 0, "", f"cannot be read: {getattr(error, 'strerror', None) or error}"))


def _fault_in(row: dict[str, str]) -> str:
    """Return what is wrong with a row of figures; nothing if nothing is."""
    if None in row or None in row.values():
        return f"has more or fewer than {len(COLUMNS)} columns"
    try:
        value, year = float(row["value"]), int(row["year_ending"])
    except ValueError:
        return f"{row['quantity']}: is {row['value']!r} in the year {row['year_ending']!r}, expected numbers"
    if not math.isfinite(value) or value < 0.0:
        return f"{row['quantity']}: is {value}, expected 0 or more"
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return f"{row['quantity']}: {year} is not a year, expected one such as 2025 (ending 31 March)"
    return "" if row["status"] in STATUSES else f"{row['quantity']}: status is {row['status']!r}, expected one of {', '.join(STATUSES)}"


def read_draws(path: Path) -> FittedDraws:
    """Read draws.

    Raises
    ------
    OSError, ValueError, KeyError
        If the file is none of draws.
    """
    try:
        with np.load(path, allow_pickle=False) as held:
            first, areas, quantities, multipliers = (held[name] for name in ARRAYS)
    except Exception as error:  # a file that is no archive, or holds other things, fails in many ways
        raise ValueError(f"it is not a file of draws ({error})") from None
    if multipliers.ndim != 4 or multipliers.shape[:2] != (len(areas), len(quantities)):
        raise ValueError(f"multipliers have the shape {multipliers.shape}, expected authorities by quantities by draws by years")
    names = [str(name) for name in quantities]
    return FittedDraws(int(first), {str(area): dict(zip(names, paths, strict=True)) for area, paths in zip(areas, multipliers, strict=True)})


def write_draws(path: Path, draws: FittedDraws) -> None:
    """Write draws, the same quantities of every authority, as half-precision numbers: they are off by 0.05 % at most.

    Raises
    ------
    ValueError
        If authorities have draws of different quantities, or one is beyond what half precision holds.
    """
    quantities = draws.quantities
    if any(set(paths) != set(quantities) for paths in draws.areas.values()):
        raise ValueError("authorities have draws of different quantities, expected the same of all")
    table = np.array([[paths[quantity] for quantity in quantities] for paths in draws.areas.values()])
    if table.min() < 1e-3 or table.max() > 1e3:
        raise ValueError(f"draws go from {table.min():g} to {table.max():g}, expected multipliers between 0.001 and 1,000")
    np.savez_compressed(
        path, first_year=np.int64(draws.first_year), areas=np.array(list(draws.areas)), quantities=np.array(quantities),
        multipliers=table.astype(np.float16),
    )  # fmt: skip


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write figures with seven digits, in the order given."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((each.area, each.quantity, each.year_ending, f"{each.value:.7g}", each.unit, each.source, each.status, each.basis)
                         for each in records)  # fmt: skip


def write_profiles(folder: Path, profiles: Mapping[str, AreaProfile]) -> None:
    """Write profiles, England's among them, and the list of authorities; of figures that are the same all over England one copy."""
    national = profiles[ENGLAND].records
    write_records(folder / PROFILES, (
        replace(record, area=name) for name, profile in profiles.items() for quantity, series in sorted(profile.records.items())
        if name == ENGLAND or series != national.get(quantity) for record in series
    ))  # fmt: skip
    with (folder / AREAS).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(AREA_COLUMNS)
        writer.writerows((each.name, each.code, each.ons_code, each.la_code, each.region, str(each.too_small).lower())
                         for name, each in profiles.items() if name != ENGLAND)  # fmt: skip
