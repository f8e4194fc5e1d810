"""The long table of area profiles while it is being built, and the rules for borrowing what is not published."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from calibration.boundaries import with_predecessors
from calibration.england_rows import with_england_filled
from calibration.long_tables import national_table
from calibration.panel import ENGLAND, SOURCE, Panel, PanelError
from calibration.profile_years import SHIPPED, ProfileYears

# Of the shipped profiles and the rates fitted to them; a table made at a vintage has its own (`ProfileTable.years`).
RATE_YEARS = SHIPPED.rate_years
LAST_YEAR = SHIPPED.last_year
# Fewer children than this cannot carry rates of their own (City of London, Isles of Scilly): they borrow all but these.
TOO_SMALL = 2_000
OWN_HOWEVER_SMALL = ("population_0_17", "referrals")
COLUMNS = ("area", "quantity", "year_ending", "value", "unit", "source", "status", "basis")
ORDER = ("own", "own-earlier-year", "predecessor", "region", "london", "england", "national-default")


@dataclass(frozen=True)
class Figure:
    """A number with its pedigree: `status` published, derived or assumed; `basis` as in `ORDER`."""

    value: float
    basis: str
    status: str = "published"


def weakest(*bases: str) -> str:
    """Return the most borrowed of several bases."""
    return max(bases, key=ORDER.index)


@dataclass
class ProfileTable:
    """Everything a builder step needs: the panel, the years, the places, and the rows made so far.

    With a vintage, the panel is cut to what was known then, and so is every series of `national`. Where England's row lacks what a builder needs,
    at a vintage or in an unfamiliar panel, `with_england_filled` says what stands in.
    """

    panel: Panel
    rows: list[tuple] = field(default_factory=list)
    years: ProfileYears = SHIPPED

    def __post_init__(self):
        self._national: dict[tuple[str, str | None], pd.Series] = {}
        if self.years.vintage is not None:
            self.panel = self.panel.at_vintage(self.years.vintage)
        self.years = self.years.from_year(int(self.panel.frame.year_ending.min()))
        self.published = self.panel
        self.authorities = self.panel.authorities
        self.panel, self.inherited = with_predecessors(self.panel, self.years.knows("population_by_age_mid_2022.csv"))
        self.panel, self.assumed = with_england_filled(self.panel, self.years.vintage)
        self._read_assumed = False
        self.names = self.authorities["name"].tolist()
        self.places = [*self.names, ENGLAND]
        counted = "population_0_17" in self.panel.measures
        small = {name: self.panel.value(name, "population_0_17", self.last_year) if counted else float("nan") for name in self.names}
        self.too_small = frozenset(name for name, children in small.items() if children < TOO_SMALL)
        self.region_of = dict(zip(self.authorities["name"], self.authorities["region"], strict=True))

    @property
    def last_year(self) -> int:
        """The last year of inputs, and the year of prices."""
        return self.years.last_year

    @property
    def rate_years(self) -> tuple[int, ...]:
        """The years over which rates are pooled."""
        return self.years.rate_years

    def national(self, indicator: str, topic: str | None = None) -> pd.Series:
        """Return an England series of `national.csv` as far as it was known, indexed by year ending."""
        key = (indicator, topic)
        if key not in self._national:
            series = national(indicator, topic)
            self._national[key] = series if self.years.vintage is None else series[series.index <= self.years.vintage]
        return self._national[key]

    def _status(self, place: str, measure: str, year: int) -> str:
        """Return `published`, or `assumed` where England's cell is one that stands in."""
        return "assumed" if place == ENGLAND and (measure, year) in self.assumed else "published"

    def add(self, area: str, quantity: str, year: int, figure: Figure, unit: str, source: str = SOURCE) -> None:
        """Append one row; a value that is not finite is a fault of the builder."""
        if not np.isfinite(figure.value):
            raise ValueError(f"{area}, {quantity}, {year}: {figure.value} is not a number")
        self.rows.append(
            (area, quantity, year, float(f"{figure.value:.7g}"), unit, source, figure.status, figure.basis)
        )

    def own(self, area: str, measure: str, year: int) -> Figure | None:
        """Return the authority's own cell, or its latest earlier one; None for what a tiny authority must borrow."""
        if area in self.too_small and measure not in OWN_HOWEVER_SMALL:
            return None
        cell = self.panel.cell(area, measure, year, own_only=True)
        if cell is None:
            return None
        if (area, cell.year_ending) in self.inherited:
            return Figure(cell.value, "predecessor", "derived")
        return Figure(cell.value, cell.basis, self._status(area, measure, cell.year_ending))

    def rate(self, area: str, measure: str, year: int) -> Figure:
        """Return a rate, price or percentage, borrowed as a rate if need be."""
        own = self.own(area, measure, year)
        if own is not None:
            return own
        for place, basis in self.panel.lenders(area):
            cell = self.panel.cell(place, measure, year, own_only=True)
            if cell is not None:
                return Figure(cell.value, basis, self._status(place, measure, cell.year_ending))
        raise PanelError(f"{measure}: nothing published for {area}, its region or England up to {year}")

    def count(self, area: str, measure: str, year: int) -> Figure:
        """Return a count or sum of money; borrowed per child aged 0-17 from the region or England."""
        own = self.own(area, measure, year)
        if own is not None:
            return own
        children = self.children(area, year)
        for place, basis in self.panel.lenders(area):
            cell = self.panel.cell(place, measure, year, own_only=True)
            if cell is not None:
                lender_children = self.panel.cell(place, "population_0_17", cell.year_ending, own_only=True)
                assumed = self._status(place, measure, cell.year_ending) == "assumed"
                return Figure(cell.value / lender_children.value * children.value, basis, "assumed" if assumed else "derived")
        raise PanelError(f"{measure}: nothing published for {area}, its region or England up to {year}")

    def children(self, area: str, year: int) -> Figure:
        """Return children aged 0-17; before an authority's first figure, moved back as its region's children did."""
        own = self.own(area, "population_0_17", year)
        if own is not None:
            return own
        known = self.panel.series(area, "population_0_17")
        if known.empty:
            return self._children_by_need(area, year)
        region = self.panel.series(self.region_of[area], "population_0_17")
        first = known.index[0]
        return Figure(known[first] * region[year] / region[first], "region", "derived")

    def _children_by_need(self, area: str, year: int) -> Figure:
        """Return children of an authority whose population is nowhere in the panel: its share of children in need, of England's children."""
        in_need = [self.panel.cell(place, "cin_at31", year, own_only=True) for place in (area, ENGLAND)]
        everyone = self.panel.cell(ENGLAND, "population_0_17", year, own_only=True)
        if everyone is None or None in in_need:
            raise PanelError(f"population_0_17: nothing published for {area} up to {year}, and no children in need to go by")
        return Figure(everyone.value * in_need[0].value / in_need[1].value, "england", "assumed")

    def pooled(self, area: str, parts: Callable[[str, int], tuple[float, float]]) -> Figure:
        """Return sum of numerators over sum of denominators in the rate years, borrowed if no year is complete.

        Parameters
        ----------
        parts : callable
            (place, year) -> (numerator, denominator); nan where not published.
        """
        for place, basis in [(area, "own"), *self.panel.lenders(area)]:
            self._read_assumed = False
            pairs = {year: parts(place, year) for year in self.rate_years}
            pairs = {year: pair for year, pair in pairs.items() if np.isfinite(pair).all()}
            numerator, denominator = (sum(pair[i] for pair in pairs.values()) for i in (0, 1))
            if denominator > 0:
                if any((place, year) in self.inherited for year in pairs):
                    basis = "predecessor"
                return Figure(numerator / denominator, basis, "assumed" if self._read_assumed else "derived")
        raise PanelError(f"nothing to pool for {area}, its region or England in {self.rate_years}")

    def cell(self, place: str, measure: str, year: int) -> float:
        """Return the published cell or nan (always nan for what a tiny authority must borrow)."""
        if place in self.too_small and measure not in OWN_HOWEVER_SMALL:
            return float("nan")
        self._read_assumed |= self._status(place, measure, year) == "assumed"
        return self.panel.value(place, measure, year)

    def write(self, path: Path) -> None:
        """Write the table, sorted, so that a rebuild changes only what changed."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(sorted(self.rows, key=lambda row: (row[0] != ENGLAND, *row[:3])))

    def frame(self) -> pd.DataFrame:
        """Return the table as a frame."""
        return pd.DataFrame(self.rows, columns=list(COLUMNS))


def national(indicator: str, topic: str | None = None) -> pd.Series:
    """Return an England series of `national.csv`, indexed by year ending."""
    frame = national_table()
    rows = frame[(frame.indicator == indicator) & ((frame.topic == topic) if topic else True)]
    if rows.empty:
        raise KeyError(f"no indicator {indicator!r} in national.csv")
    return rows.drop_duplicates("year_ending", keep="last").set_index("year_ending")["value"].astype(float).sort_index()


def shrink(raw: float, centre: float, size: float, half: float, widest: float) -> float:
    """Pull a noisy ratio towards its region's, on the log scale.

    Parameters
    ----------
    raw, centre : float
        The authority's own ratio, and its region's.
    size : float
        How many children the raw ratio rests on.
    half : float
        The size at which own and region count equally.
    widest : float
        The raw ratio is first brought within `centre / widest` and `centre * widest`: beyond that lies miscoding.
    """
    bounded = float(np.clip(raw, centre / widest, centre * widest))
    weight = size / (size + half)
    return float(np.exp(weight * np.log(bounded) + (1 - weight) * np.log(centre)))
