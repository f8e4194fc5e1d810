"""What a forecast's placements cost: by month and budget line, by budget year with contingency, and what moves one year's cost from the last's.

Constant prices are of the price base; nominal ones of each budget year, by the table of deflators. Costs of a run go with its children: the same
draw of hazards, of prices and of chance throughout, so totals have the uncertainty of all of them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outputs.forecast_tables import QUANTILES, TOTAL, spread_over_runs
from sim.caseload import PLACEMENTS, CaseloadRun, budget_year
from sim.cost_lines import BASE_LINES, PLACEMENT_LINES

TAIL_OF_FEW = ("cost_of_placements_at", "the_same_p90", "children_in_them")  # what tells of children in the dearest placements
OUTTURN = {"p10": 0.1, "p50": 0.5, "p80": 0.8, "p90": 0.9}  # contingency is told at P80 and P90
LINES = tuple(dict.fromkeys(PLACEMENT_LINES[name] for name in PLACEMENTS if name in PLACEMENT_LINES))  # children with their parents cost no placement
LABELS = {line.key: line.label for line in BASE_LINES}


@dataclass(frozen=True)
class Costs:
    """Pounds of a forecast.

    Attributes
    ----------
    run
        The children they are of.
    growth
        Prices over those of the price base (R, M, K).
    nominal
        General prices of each of the run's budget years over those of the price base (Y,).
    known_days, known_pounds
        Child-days and, in prices of the price base, pounds by placement: of the last whole budget year before the first month (row 0), and of the
        year of the first month before it (row 1), by when care began: before the whole year, in it, after it; (2, K, 3).
    """

    run: CaseloadRun
    growth: np.ndarray
    nominal: np.ndarray
    known_days: np.ndarray
    known_pounds: np.ndarray

    @property
    def year_of_month(self) -> np.ndarray:
        """Position of each month's budget year (M,)."""
        return np.array([self.run.years.index(budget_year(day)) for day in self.run.months])

    def by_line(self) -> np.ndarray:
        """Return pounds by run, month and budget line (R, M, lines), constant prices."""
        pounds = self.run.tallies.cost.sum(axis=3) * self.growth
        return np.stack([pounds[..., _of_line(line)].sum(axis=-1) for line in LINES], axis=-1)

    def by_year(self) -> np.ndarray:
        """Return pounds by run, budget year and line (R, Y, lines), constant prices; the first year with what is known of it."""
        months = self.by_line()
        years = np.stack([months[:, self.year_of_month == year].sum(axis=1) for year in range(len(self.run.years))], axis=1)
        years[:, 0] += np.array([self.known_pounds[1, _of_line(line)].sum() for line in LINES])
        return years


def _of_line(line: str) -> list[int]:
    """Return the positions of the placements of a budget line."""
    return [position for position, name in enumerate(PLACEMENTS) if PLACEMENT_LINES.get(name) == line]


def _labelled(values: np.ndarray, first: Sequence, names: list[str], quantiles: dict[str, float]) -> pd.DataFrame:
    """Return rows by first axis and budget line, with a total."""
    together = np.concatenate([values, values.sum(axis=-1, keepdims=True)], axis=-1)
    labels = pd.MultiIndex.from_product([first, [*LINES, TOTAL]], names=names)
    table = pd.DataFrame({key: column.ravel() for key, column in spread_over_runs(together, quantiles).items()}, index=labels).reset_index()
    table.insert(2, "label", table["budget_line"].map(LABELS).fillna("All placements"))
    return table


def cost_table(costs: Costs) -> pd.DataFrame:
    """Return pounds by month and budget line, nominal: columns `date`, `budget_line`, `label`, `mean`, and those of `QUANTILES`."""
    nominal = costs.by_line() * costs.nominal[costs.year_of_month][None, :, None]
    return _labelled(nominal, costs.run.months, ["date", "budget_line"], QUANTILES)


def outturn_table(costs: Costs) -> pd.DataFrame:
    """Return pounds by budget year and line, at constant and nominal prices, with P80 and P90 for contingency.

    A year whose last months are not in the forecast is marked by how many of its months are.
    """
    years = costs.by_year()
    tables = [_labelled(years, costs.run.years, ["year_ending", "budget_line"], OUTTURN).assign(prices="constant")]
    tables.append(_labelled(years * costs.nominal[None, :, None], costs.run.years, ["year_ending", "budget_line"], OUTTURN).assign(prices="nominal"))
    table = pd.concat(tables, ignore_index=True)
    months = {year: 12 - _missing(last, year) for year, last in _lasts(costs)}
    return table.assign(months=table["year_ending"].map(months))


def _lasts(costs: Costs) -> list[tuple[int, object]]:
    """Return each budget year with the last of the forecast's months that lies in it."""
    return [(year, max(day for day in costs.run.months if budget_year(day) == year)) for year in costs.run.years]


def _missing(last: object, year: int) -> int:
    """Return how many months of a budget year come after a month's end."""
    return (year - last.year) * 12 + 3 - last.month


def bridge_table(costs: Costs) -> pd.DataFrame:
    """Return what moves the cost of each whole budget year from the year before: parts that add up, means over runs, constant prices of the base.

    Volume is told by whose: children in care before last year began, who stay or leave; last year's entrants, now there all year (the full-year
    effect); this year's entrants. Then mix (what share of days is in which placement) and price. Columns `year_ending`, `part`, `gbp`.
    """
    tallies = costs.run.tallies
    year = costs.year_of_month
    rows = []
    days = np.stack([tallies.days[:, year == y].sum(axis=1).mean(axis=0) for y in range(len(costs.run.years))])  # (Y, K, cohorts)
    grown = tallies.cost * costs.growth[..., None]
    pounds = np.stack([grown[:, year == y].sum(axis=(1, 3)).mean(axis=0) for y in range(len(costs.run.years))])  # (Y, K)
    cohorts = costs.known_days.shape[2]
    days[0, :, :cohorts] += costs.known_days[1]
    pounds[0] += costs.known_pounds[1].sum(axis=-1)
    before_days = np.zeros((len(PLACEMENTS), days.shape[2]))
    before_days[:, :cohorts] = costs.known_days[0]
    before_pounds = costs.known_pounds[0].sum(axis=-1)
    for position, ends in enumerate(costs.run.years):
        if _missing(_lasts(costs)[position][1], ends) > 0:
            continue
        parts = _parts(before_days, before_pounds, days[position], pounds[position], position)
        rows += [{"year_ending": ends, "part": part, "gbp": value} for part, value in parts.items()]
        before_days, before_pounds = days[position], pounds[position]
    return pd.DataFrame(rows, columns=["year_ending", "part", "gbp"])


def _parts(before_days: np.ndarray, before: np.ndarray, days: np.ndarray, pounds: np.ndarray, position: int) -> dict[str, float]:
    """Return the parts of one year's change of cost."""
    was, now = before_days.sum(axis=1), days.sum(axis=1)
    average = before.sum() / max(was.sum(), 1e-9)
    price_before = np.divide(before, was, out=np.full(len(was), average), where=was > 0)
    cohorts = (days.sum(axis=0) - before_days.sum(axis=0)) * average
    entrants, full_year = cohorts[position + 2], cohorts[position + 1]
    mix = now @ price_before - now.sum() * average
    return {
        "cost of the year before": before.sum(),
        "children in care before last year's entrants": cohorts.sum() - entrants - full_year,
        "full-year effect of last year's entrants": full_year,
        "this year's entrants": entrants,
        "mix of placements": mix,
        "price": pounds.sum() - now @ price_before,
        "cost of the year": pounds.sum(),
    }


def full_year_effect_table(costs: Costs) -> pd.DataFrame:
    """Return what each budget year's entrants cost in it and in the next, constant prices.

    Columns `entered_in_year_ending`, `measure`, `mean`, and those of `OUTTURN`.
    """
    tallies, year = costs.run.tallies, costs.year_of_month
    grown = tallies.cost * costs.growth[..., None]
    rows = []
    for position, ends in enumerate(costs.run.years[:-1]):
        if _missing(_lasts(costs)[position + 1][1], costs.run.years[position + 1]) > 0:
            continue
        theirs = grown[..., position + 2].sum(axis=2)  # (R, M)
        first, second = (theirs[:, year == position + after].sum(axis=1) for after in (0, 1))
        first = first + (costs.known_pounds[1, :, 2].sum() if position == 0 else 0.0)  # of those who came in before the first month
        for measure, values in (("cost_in_year_of_entry_gbp", first), ("cost_in_next_year_gbp", second), ("full_year_effect_gbp", second - first)):
            spread = {key: float(value) for key, value in spread_over_runs(values, OUTTURN).items()}
            rows.append({"entered_in_year_ending": ends, "measure": measure, **spread})
    return pd.DataFrame(rows, columns=["entered_in_year_ending", "measure", "mean", *OUTTURN])


def tail_table(costs: Costs, dear_gbp_per_week: float, budget_gbp: float | None) -> pd.DataFrame:
    """Return, by whole budget year, how much lies in the dearest placements and how likely they break a budget; nominal prices.

    The budget of the first year is `budget_gbp`, by default its expected outturn; later years' move with expected outturn. The tail breaks it in a
    run whose outturn is over, and would not be with the tail at what is expected of it. Columns `year_ending`, `measure`, `value`, `unit`.
    """
    years, year = costs.by_year().sum(axis=-1) * costs.nominal, costs.year_of_month
    tail = costs.run.tallies.dear_cost * costs.growth.mean(axis=2)
    rows = []
    for position, ends in enumerate(costs.run.years):
        if _missing(_lasts(costs)[position][1], ends) > 0:
            continue
        dear = tail[:, year == position].sum(axis=1) * costs.nominal[position]
        outturn, expected = years[:, position], years[:, position].mean()
        budget = expected if budget_gbp is None else budget_gbp * expected / years[:, 0].mean()
        over = outturn > budget
        by_tail = over & (outturn - dear + dear.mean() <= budget)
        placed = costs.run.tallies.dear[:, year == position].mean(axis=1)
        facts = [
            ("expected_outturn", expected, "GBP"), ("budget", budget, "GBP"), ("contingency_to_p80", np.quantile(outturn, 0.8) - budget, "GBP"),
            ("contingency_to_p90", np.quantile(outturn, 0.9) - budget, "GBP"), ("chance_over_budget", over.mean(), "share of runs"),
            ("chance_dearest_placements_break_budget", by_tail.mean(), "share of runs"),
            (f"cost_of_placements_at_{dear_gbp_per_week:.0f}_gbp_a_week_or_more", dear.mean(), "GBP"),
            ("the_same_p90", np.quantile(dear, 0.9), "GBP"), ("children_in_them_at_month_ends", placed.mean(), "children"),
        ]  # fmt: skip
        rows += [{"year_ending": ends, "measure": measure, "value": float(value), "unit": unit} for measure, value, unit in facts]
    return pd.DataFrame(rows, columns=["year_ending", "measure", "value", "unit"])
