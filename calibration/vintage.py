"""What was known when: the rule by which a fit up to a year reads nothing that came after it.

A *vintage* T is December of the calendar year T: the year ending 31 March T has been published (children looked after and in need in October and
November, outturn of spend in December), and nothing counts that was measured after 31 March T, published or not. Both must hold, so a figure of
30 September T is not known (it comes out in the February after), and neither is an estimate of a population of before March T that came out years on.

`RULES` says it by column of the panel, `FILES` by file of one date. Two things the rule cannot undo: figures are read as they stand in the
panel now, with later revisions, and the pathway's national shapes come from 2022-24 (docs/targets.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

import pandas as pd

NOT_FIGURES = ("level", "region", "name", "ons_code", "la_code", "year_ending")


@dataclass(frozen=True)
class PublicationRule:
    """When the row of a year of some columns is known.

    Attributes
    ----------
    name : str
        Short name, for tables.
    columns : tuple of str
        Columns of the panel, with `*` and `?` as in file names.
    lag_years : int
        The row named Y is known at vintage Y + lag.
    measured, published : str
        What the row named Y measures, and when it comes out.
    """

    name: str
    columns: tuple[str, ...]
    lag_years: int
    measured: str
    published: str

    def holds_for(self, column: str) -> bool:
        """Tell whether the rule is about a column."""
        return any(fnmatchcase(column, pattern) for pattern in self.columns)


# The first that holds counts; the last holds for every column, those of an unfamiliar panel included.
RULES = (
    PublicationRule("workforce", ("social_workers_fte", "sw_*", "cases_held", "cases_per_social_worker"), 1,
                    "30 September Y, half a year after the March of its row", "February Y+1"),
    PublicationRule("low income", ("children_low_income_pct",), 1, "the year to March Y", "March Y+1"),
    PublicationRule("population", ("population_*",), 0, "mid-year Y-1", "June Y"),
    PublicationRule("spend and unit costs", ("spend_*", "*_cost_per_week_gbp"), 0, "the financial year to March Y", "December Y"),
    PublicationRule("foster places", ("foster_places_*",), 0, "31 March Y", "November Y"),
    PublicationRule("court applications", ("care_applications_*",), 0, "the year to March Y", "May Y"),
    PublicationRule("children in need and in care", ("*",), 0, "the year to 31 March Y, or that day", "October and November Y"),
)  # fmt: skip

# Files of one date: the first vintage at which each is known.
FILES = {
    "population_by_age_mid_2022.csv": (2023, "mid-2022, first published in November 2023"),
    "childrens_homes_march_2023.csv": (2023, "31 March 2023, published in July 2023"),
    "deprivation_2015.csv": (2015, "Index of Multiple Deprivation, published in September 2015"),
    "statistical_neighbours_2025.csv": (2025, "the neighbours in use in 2025"),
    "unit_costs.csv": (2025, "one price for each item, of years up to 2025"),
}


def rule_of(column: str) -> PublicationRule:
    """Return the rule that holds for a column of a panel."""
    return next(rule for rule in RULES if rule.holds_for(column))


def usable_until(column: str, vintage: int) -> int:
    """Return the last row of a column, a year ending 31 March, that is known at a vintage."""
    return vintage - rule_of(column).lag_years


def file_is_known(name: str, vintage: int | None) -> bool:
    """Tell whether a file of `FILES` is known at a vintage (None: all that is published)."""
    return vintage is None or FILES[name][0] <= vintage


def blank_later(frame: pd.DataFrame, vintage: int) -> pd.DataFrame:
    """Return a panel's rows up to a vintage, with cells that were not yet known emptied.

    Parameters
    ----------
    frame : DataFrame
        Rows with a column `year_ending`.
    vintage : int
        Year ending 31 March.
    """
    kept = frame[frame.year_ending <= vintage].reset_index(drop=True)
    for column in kept.columns.difference(NOT_FIGURES, sort=False):
        late = kept.year_ending > usable_until(column, vintage)
        if late.any():
            kept[column] = kept[column].mask(late)
    return kept


def vintage_table(vintage: int) -> pd.DataFrame:
    """Return one row for each rule: name, columns, last row known at the vintage, what it measures, when it came out."""
    rows = [(rule.name, ", ".join(rule.columns), vintage - rule.lag_years, rule.measured, rule.published) for rule in RULES]
    return pd.DataFrame(rows, columns=["rule", "columns", "usable_until", "measured", "published"])
