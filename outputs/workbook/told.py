"""What every sheet of a workbook is made from: a comparison with its authorities apart and together, the tables of its folder, and their words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from outputs.naming import in_a_sentence, named, scenario_name
from outputs.tables import PERCENTILES, after_branch, whole
from scenarios.timeline import year_name
from sim.results import Comparison, Results

SPREAD = ("Mean", *PERCENTILES)
HOW_SURE = (
    "P10, P50, P80 and P90 are percentiles over {runs}: in 80 % of runs the figure is at or below P80. Each is of the sum in each run, so "
    "percentiles do not add up; means do."
)
SOURCE = (
    "Source: CareCurve simulation from published figures (Department for Education, Ofsted, ONS; Open Government Licence v3.0). Status: simulated."
)
NOT_SIMULATED = "Abuse, death and children's experience are not simulated."


@dataclass(frozen=True)
class Told:
    """A comparison as a workbook tells it; `tables` are those of its folder by file name."""

    given: Comparison
    tables: Mapping[str, pd.DataFrame]

    @cached_property
    def comparison(self) -> Comparison:
        """The comparison, authorities apart; scenarios are labelled as people are told they are called."""
        return named(self.given)

    @cached_property
    def together(self) -> Comparison:
        """The comparison with its authorities added up, grossed up where they stand for England."""
        return whole(self.comparison)

    @property
    def base(self) -> Results:
        """The baseline, authorities together."""
        return self.together.baseline

    @property
    def area(self) -> str:
        """The name of all authorities together."""
        return self.base.areas[0]

    @property
    def several(self) -> bool:
        """Whether there is more than one authority."""
        return len(self.comparison.baseline.areas) > 1

    @property
    def years(self) -> list[int]:
        """Years ending 31 March in which scenarios can differ."""
        return after_branch(self.base)

    @property
    def span(self) -> str:
        """Those years in words."""
        first, last = year_name(self.years[0]), year_name(self.years[-1])
        return first if first == last else f"{first} to {last}"

    @property
    def prices(self) -> str:
        """The price base in words."""
        return f"{self.base.metadata['price_base']} prices"

    @property
    def payer(self) -> str:
        """Who `the authority` is."""
        return "the authorities" if self.several else "the authority"

    def whose(self, words: str) -> str:
        """Return words about `the authority` as they are of these authorities."""
        if not self.several:
            return words
        return words.replace("the authority's", "the authorities'").replace("the authority", "the authorities")

    @property
    def plans(self) -> str:
        """What reforms are compared with, inside a sentence."""
        return in_a_sentence(scenario_name(self.base))

    @property
    def runs(self) -> str:
        """The number of runs in words."""
        return f"{self.base.replicates} paired runs" if self.base.replicates > 1 else "one run, which shows no spread"

    def notes(self, unit: str, *more: str) -> list[str]:
        """Return the notes that a sheet of figures begins with."""
        return [f"{self.area}. {unit}", *more, HOW_SURE.format(runs=self.runs), f"{SOURCE} {NOT_SIMULATED}"]

    @property
    def pounds(self) -> str:
        """The unit of money in words."""
        return f"Pounds at constant {self.prices}, not rounded; cells show whole pounds."

    def table(self, name: str, *columns: str) -> pd.DataFrame | None:
        """Return the rows of all authorities together of a table of the folder; None without the table, these columns, or such rows."""
        found = self.tables.get(name)
        if found is None or not {"area", *columns} <= set(found.columns):
            return None
        found = found[found.area.astype(str) == self.area]
        return found if len(found) else None


def summary(values: np.ndarray, axis: int = 0) -> np.ndarray:
    """Return mean and percentiles over runs (those of `SPREAD`, in a new first axis) of values with runs along an axis."""
    return np.concatenate([values.mean(axis=axis)[None], np.quantile(values, list(PERCENTILES.values()), axis=axis)])


def by_year(values, years: list[int]) -> np.ndarray:
    """Return a labelled array of one area (area, replicate, year_ending) by run and year (R, Y)."""
    return values.sel(year_ending=years).transpose("area", "replicate", "year_ending").to_numpy()[0]
