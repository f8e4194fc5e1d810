"""The sheet of data in long form: lines, totals and headline counts by scenario, authority and year, for a pivot table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from outputs.children import HEADLINES
from outputs.tables import costs_by_name
from outputs.workbook.book import Book, Column, Page
from outputs.workbook.told import SPREAD, Told, summary
from scenarios.timeline import year_name
from sim.measures import MEASURES
from sim.measures_money import PRICED_GROUPS
from sim.results import Comparison, Results

MOST_ROWS = 30_000  # keeps the file small; what is left out is in summary.csv
COMMON = ("referrals", "cpp_at31", "cin_at31", "cla_at31", "cla_started", "cla_ceased", "childrens_home_at31", "unregistered_at31")
FIGURE, KIND, MEASURE = 2, 3, 4  # columns
VALUE = "value"
TOTALS = {
    "cost_gross": ("Gross cost to the authority", "authority"), "cost_net": ("Net cost to the authority", "authority"),
    "cost_exchequer": ("Cost to all payers together", "all payers"), "cost_net_cumulative": ("Net cost to the authority so far", "authority"),
}  # fmt: skip
FEW = (*TOTALS, "cla_at31", "childrens_home_at31", "cpp_at31")
COLUMNS = [
    Column("Scenario", width=34), Column("Area", width=22), Column("Figure", width=12), Column("Kind", width=11), Column("Measure", width=34),
    Column("Name", width=46), Column("Payer", width=11), Column("Financial year", width=11), Column("Unit", width=22),
    *(Column(name, "rate", 17) for name in SPREAD),
]  # fmt: skip


@dataclass(frozen=True)
class Named:
    """What a row says of its measure: its kind, words, payer and unit."""

    kind: str
    label: str
    payer: str
    unit: str


def data(book: Book, told: Told) -> Page:
    """Write the table: values of every scenario, and differences of reforms from the baseline."""
    rows, left_out = chosen(told)
    notes = told.notes(
        f"One row for each scenario, area, measure and year: a value, or (`Figure`) a reform's difference from {told.plans}, taken run by run.",
        "For a pivot table: filter `Figure` and `Kind`, then add up `Mean` alone; `total` rows are sums of lines.",
        *([left_out] if left_out else []),
    )  # fmt: skip
    page = book.page("Data", "Where are all the figures, for a pivot table?", notes)
    page.table(COLUMNS, rows, freeze=1, filtered=True)
    return page


def chosen(told: Told) -> tuple[list[tuple], str]:
    """Return the rows that fit, and what was left out in words.

    All authorities together have every row. Single ones have every line of cost, common counts, and differences in totals and a few counts; or, where
    that is too much, those few alone; or nothing.
    """
    rows = list(_rows(told.together, told))
    if not told.several:
        return rows, ""
    each = len(told.comparison.baseline.areas)
    few, values = set(FEW), {row[MEASURE] for row in rows if row[KIND] != "count" or row[MEASURE] in COMMON}
    size = sum(row[MEASURE] in (values if row[FIGURE] == VALUE else few) for row in rows)
    if len(rows) + size * each <= MOST_ROWS:
        of_each, words = list(_rows(told.comparison, told, values, few)), "Single authorities have fewer counts, and few differences"
    elif len(rows) + sum(row[MEASURE] in few for row in rows) * each <= MOST_ROWS:
        of_each, words = list(_rows(told.comparison, told, few, few)), "Of single authorities only totals and three counts are here"
    else:
        of_each, words = [], "Single authorities are left out: they are too many"
    return rows + of_each, f"{words}; summary.csv and differences.csv have the rest."


def _rows(comparison: Comparison, told: Told, values: set[str] | None = None, differences: set[str] | None = None) -> Iterator[tuple]:
    """Yield rows of a comparison's values and differences, of some measures if they are named."""
    measures = list(dict.fromkeys((*COMMON, *(one.measure for one in HEADLINES.values() if one.measure in MEASURES),
                                   *(f"{group}_weeks" for group in PRICED_GROUPS))))  # fmt: skip
    base, since = _by_name(comparison.baseline, measures), set(told.years)
    whose = told.whose if comparison is told.together else str
    for one in comparison.scenarios:
        own = base if one is comparison.baseline else _by_name(one, measures)
        named = _named(one, measures, whose)
        yield from _part(one, VALUE, own, named, values, set(one.years))
        if one is not comparison.baseline:
            named |= {name: about for name, about in _named(comparison.baseline, measures, whose).items() if name not in named}
            nothing = np.zeros_like(next(iter(base.values())))
            change = {name: own.get(name, nothing) - base.get(name, nothing) for name in named}
            yield from _part(one, "difference", change, named, differences, since)


def _by_name(one: Results, measures: list[str]) -> dict[str, np.ndarray]:
    """Return lines, totals and counts by name, each (A, R, Y)."""
    costs = costs_by_name(one)
    found = {str(name): costs.to_numpy()[:, :, n] for n, name in enumerate(costs.measure.to_numpy())}
    where = one.annual.get_index("measure")
    return found | {name: one.annual.to_numpy()[:, :, where.get_loc(name)] for name in measures}


def _named(one: Results, measures: list[str], whose: Callable[[str], str]) -> dict[str, Named]:
    """Return what is said of each measure of a scenario; `whose` words it for one authority, or for several together."""
    pounds = f"GBP, {one.metadata['price_base']} prices"
    lines = {f"cost_{key}": Named("cost line", whose(line["label"]), line["payer"], pounds) for key, line in one.lines.items()}
    totals = {name: Named("total", whose(label), payer, pounds) for name, (label, payer) in TOTALS.items()}
    return lines | totals | {name: Named("count", whose(MEASURES[name].label), "", MEASURES[name].unit) for name in measures}


def _part(
    one: Results, figure: str, values: dict[str, np.ndarray], named: dict[str, Named], only: set[str] | None, years: set[int]
) -> Iterator[tuple]:
    """Yield rows of a scenario's values, or differences."""
    for name, about in named.items():
        if only is not None and name not in only:
            continue
        found = summary(values[name], axis=1)  # (5, A, Y)
        for a, area in enumerate(one.areas):
            for y, year in enumerate(one.years):
                if year in years:
                    yield (one.label, area, figure, about.kind, name, about.label, about.payer, year_name(year), about.unit, *found[:, a, y].tolist())
