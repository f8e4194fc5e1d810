"""Children by single year of age, authority and year ending 31 March: a dated input with a documented default, and files that replace it.

The population of the year ending March Y is that of mid-(Y-1), as the Department for Education uses it. Totals aged 0 to 17 are the panel's in years
published (and known); ages within them are

* **from 2023 on** (and without a vintage): the authority's own of mid-2022 (`population_by_age_mid_2022.csv`), each cohort moved up or down a year
  at a time. Going back, those since grown up are as many as births of their years say, relative to the oldest cohort counted;
* **at a vintage before 2023**, when no ages of authorities held here were known: England's standard structure, the same shares everywhere, from UK
  births of calendar years before the vintage (`births_uk.csv`): age a in mid-M is the mean of births of M-a-1 and M-a. Assumed: it knows no migration
  and no difference between authorities. Against England's counted ages of mid-2022 its shares are within 2.5 %, and 4.6 % at 17.

After the last published total, cohorts are aged on with births held at the level of those aged 0, scaled as in that last year; nobody moves.

A projection file (`read_projection`) replaces the years after the last published one for the authorities in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from calibration.boundaries import PREDECESSORS
from calibration.panel import DATA, ENGLAND, Panel, PanelError, read_figures
from calibration.profile_table import ProfileTable
from calibration.profile_years import SHIPPED, ProfileYears

AGES = 18
COHORT_YEAR = 2023  # mid-2022
ENGLAND_CODE = "E92000001"
SOURCE = "calibration/data/population_by_age_mid_2022.csv"
BIRTHS_SOURCE = "calibration/data/births_uk.csv"
LAST_PROJECTED_YEAR = 2036
YEAR_COLUMNS = {"year_ending": 0, "mid_year": 1}  # what to add to reach the year ending March in which that mid-year lies


@cache
def ages_mid_2022() -> pd.DataFrame:
    """Return persons in mid-2022 by ONS code (rows) and single year of age (columns)."""
    people = pd.read_csv(DATA / "population_by_age_mid_2022.csv")
    return people.pivot_table(index="ons_code", columns="age", values="persons")


@cache
def _codes_by_name() -> dict[str, str]:
    """Return the ONS code of each name in the file of mid-2022."""
    people = pd.read_csv(DATA / "population_by_age_mid_2022.csv")
    return dict(zip(people["name"], people["ons_code"], strict=True))


def counted_ages(area: str, code: str) -> np.ndarray | None:
    """Return an authority's children by age in mid-2022: by its code, else by its name, else its successors' together; None if it has none."""
    counted, names = ages_mid_2022(), _codes_by_name()
    successors = [name for name, parts in PREDECESSORS.items() if area in parts and len(parts) == 1]
    for codes in ([code], [names.get(area)], [names.get(name) for name in successors]):
        if codes and all(one in counted.index for one in codes):
            return counted.loc[codes].sum().to_numpy(dtype=float)
    return None


def england_ages() -> np.ndarray:
    """Return England's children by age in mid-2022."""
    return ages_mid_2022().loc[ENGLAND_CODE].to_numpy(dtype=float)


@cache
def births() -> pd.Series:
    """Return live births in the United Kingdom by calendar year."""
    return pd.read_csv(DATA / "births_uk.csv").set_index("year")["births"].astype(float)


def standard_ages(year: int, last_birth_year: int) -> np.ndarray:
    """Return the shares of children by single year of age that births imply, ndarray(float, shape 18), summing to 1.

    Parameters
    ----------
    year : int
        Year ending 31 March; the population is of the mid-year before.
    last_birth_year : int
        No calendar year after this one is read; later ones are held at it, and years before the first known at the first.
    """
    known = births()
    known = known[known.index <= last_birth_year]
    of = {age: [int(np.clip(year - 1 - age - before, known.index[0], known.index[-1])) for before in (1, 0)] for age in range(AGES)}
    children = np.array([np.mean([known[one] for one in of[age]]) for age in range(AGES)])
    return children / children.sum()


def aged_on(by_age: np.ndarray, years: int) -> np.ndarray:
    """Return children by single year of age, `years` later, births held at the level of those aged 0.

    Parameters
    ----------
    by_age : ndarray(float, shape 18)
        Children aged 0 to 17.
    years : int
        Years later.
    """
    steps = min(years, len(by_age))
    return np.concatenate([np.full(steps, by_age[0]), by_age[: len(by_age) - steps]])


def aged_back(by_age: np.ndarray, year: int, years: int) -> np.ndarray:
    """Return children by single year of age, `years` earlier than `year`; those since grown up follow births, relative to the oldest counted."""
    steps = min(years, len(by_age))
    shape = standard_ages(year - years, COHORT_YEAR - 1)
    kept = by_age[steps:]
    known = len(kept) - 1
    level = kept[known] / shape[known] if known >= 0 else by_age.sum()
    return np.concatenate([kept, level * shape[known + 1 :]])


@dataclass(frozen=True)
class Population:
    """Children by single year of age.

    Attributes
    ----------
    last_published : int
        The last year whose totals are published (and known).
    status : mapping
        Area -> `derived` (own ages of mid-2022) or `assumed` (England's standard structure).
    """

    last_published: int
    base_year: int
    base_ages: dict[str, np.ndarray]
    totals: dict[tuple[str, int], float]
    status: dict[str, str]
    projected: dict[tuple[str, int], np.ndarray]

    def ages(self, area: str, year: int) -> np.ndarray:
        """Return children aged 0 to 17 of an area in a year ending 31 March, ndarray(float, shape 18)."""
        if year > self.last_published and (area, year) in self.projected:
            return self.projected[area, year]
        return self.shape(area, year) * self.scale(area, year)

    def total(self, area: str, year: int) -> float:
        """Return children aged 0 to 17 of an area in a year ending 31 March."""
        return float(self.ages(area, year).sum())

    def shape(self, area: str, year: int) -> np.ndarray:
        """Return the cohorts of the base year, moved to another; not yet scaled to its total."""
        by_age, years = self.base_ages[area], year - self.base_year
        return aged_on(by_age, years) if years >= 0 else aged_back(by_age, self.base_year, -years)

    def scale(self, area: str, year: int) -> float:
        """Return what makes the cohorts of a year add up to the published total, or to the last one published before it."""
        known = min(year, self.last_published)
        return self.totals[area, known] / self.shape(area, known).sum()

    def frame(self, first: int, last: int) -> pd.DataFrame:
        """Return columns area, year_ending, age, persons for a span of years."""
        rows = [(area, year, age, persons) for area in self.base_ages for year in range(first, last + 1)
                for age, persons in enumerate(self.ages(area, year))]  # fmt: skip
        return pd.DataFrame(rows, columns=["area", "year_ending", "age", "persons"])


def read_population(panel: Panel, vintage: int | None = None, projection: str | Path | None = None) -> Population:
    """Return children by age, authority and year from a panel, as known at a vintage.

    Parameters
    ----------
    panel : Panel
        Published totals (`population_0_17`).
    vintage : int, optional
        Nothing is read that was not known then; everything published if omitted.
    projection : str or Path, optional
        A file of `read_projection`.
    """
    table = ProfileTable(panel, years=SHIPPED if vintage is None else ProfileYears.at(vintage))
    return population_of(table, projection)


def population_of(table: ProfileTable, projection: str | Path | None = None) -> Population:
    """Return children by age of every authority of a table and England."""
    years, last = table.years, table.last_year
    codes = dict(zip(table.authorities["name"], table.authorities["ons_code"], strict=True)) | {ENGLAND: ENGLAND_CODE}
    first = int(table.panel.frame.year_ending.min())
    totals = {(area, year): table.children(area, year).value for area in table.places for year in range(first, last + 1)}
    projected = {} if projection is None else read_projection(projection, codes)
    if not years.knows("population_by_age_mid_2022.csv"):
        standard = standard_ages(last, last - 1)
        return Population(last, last, dict.fromkeys(table.places, standard), totals, dict.fromkeys(table.places, "assumed"), projected)
    found = {area: counted_ages(area, codes[area]) for area in table.places}
    ages = {area: england_ages() if by_age is None else by_age for area, by_age in found.items()}
    status = {area: "assumed" if by_age is None else "derived" for area, by_age in found.items()}
    return Population(last, COHORT_YEAR, ages, totals, status, projected)


def read_projection(path: str | Path, codes: dict[str, str]) -> dict[tuple[str, int], np.ndarray]:
    """Read a projection of children by single year of age.

    Parameters
    ----------
    path : str or Path
        A CSV file with `ons_code` or `name`, `age` (0 to 17; others are passed over), `persons`, and either `mid_year` (the population of 30 June
        of that year, as the Office for National Statistics projects it) or `year_ending` (the statistical year ending 31 March in which that
        mid-year lies: one more).
    codes : dict
        ONS code by area of the panel; other areas of the file are passed over.

    Returns
    -------
    dict
        (area, year ending 31 March) -> ndarray(float, shape 18).

    Raises
    ------
    PanelError
        If the file cannot be used; every fault is listed.
    """
    path = Path(path)
    frame = read_figures(path, ("ons_code", "name"))
    place = next((column for column in ("ons_code", "name") if column in frame.columns), None)
    when = [column for column in YEAR_COLUMNS if column in frame.columns]
    faults = [f"missing column {column}" for column in ("age", "persons") if column not in frame.columns]
    faults += [] if place else ["missing column ons_code or name"]
    faults += [] if len(when) == 1 else ["needs one of the columns mid_year and year_ending"]
    if faults:
        raise PanelError("\n".join(f"{path}: {fault}" for fault in faults))
    area_of = {code: area for area, code in codes.items()} if place == "ons_code" else {area: area for area in codes}
    frame = frame[frame[place].isin(list(area_of)) & frame["age"].isin(range(AGES))]
    numbers = pd.to_numeric(frame["persons"], errors="coerce")
    faults = [f"line {line + 2}: persons {frame.loc[line, 'persons']!r}, expected a number of at least 0"
              for line in frame.index[~(numbers >= 0)]]  # fmt: skip
    found = {}
    for (code, year), rows in frame.assign(persons=numbers).groupby([place, when[0]]):
        if sorted(rows["age"]) != list(range(AGES)):
            faults.append(f"{code}, {when[0]} {year}: ages 0 to 17 are needed, once each")
            continue
        found[area_of[code], int(year) + YEAR_COLUMNS[when[0]]] = rows.sort_values("age")["persons"].to_numpy(dtype=float)
    if not found and not faults:
        faults = ["no authority of the panel is in it"]
    if faults:
        raise PanelError("\n".join(f"{path}: {fault}" for fault in faults[:20]))
    return found
