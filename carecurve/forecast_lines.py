"""What a planner would read aloud of a forecast."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from carecurve.forecast_adjustments import KEY
from carecurve.forecast_need import STOCK
from carecurve.forecast_question import Question
from outputs.forecast_plots import total_rows
from outputs.forecast_tables import TOTAL
from outputs.money_axis import unit_of
from scenarios.areas import ENGLAND
from sim.need_caseload import PLAN, STAGES


def lines(tables: Mapping[str, pd.DataFrame], origin: date, question: Question, about: Mapping[str, Any]) -> list[str]:
    """Return the closing lines; `about` is what the manifest says."""
    rows = total_rows(tables["forecast.csv"])
    found = [f"{rows.iloc[0]['mean']:,.0f} children in care on {origin:%-d %B %Y}."] if len(rows) else []
    if len(rows) > 1:
        last = rows.iloc[-1]
        found.append(
            f"On {last['date']:%-d %B %Y}: {last['mean']:,.0f} expected, 95 % of runs {last['p025']:,.0f} to {last['p975']:,.0f}, "
            f"half of them {last['p25']:,.0f} to {last['p75']:,.0f}."
        )
    if STOCK in tables:
        found += _need(tables[STOCK])
    if "outturn.csv" in tables and len(rows):
        found += _money(tables, question)
    if about.get("prices_of") == ENGLAND:
        found.append("Prices are England's on average; --area names the authority whose they are.")
    if "differences.csv" in tables and len(rows):
        found += _differences(tables["differences.csv"])
    if question.compat:
        found.append("As existing tools forecast (--compat markov): intervals are theirs, and too wide; see docs/records.md.")
    elif question.hide:
        found.append("Groups of 1 to 5 children are shown as c, and what would give them away; --unsuppressed shows them, for use inside only.")
    return found


def _need(table: pd.DataFrame) -> list[str]:
    """Say how many children will be in need, and on plans."""
    rows = table[(table["age_band"] == TOTAL) & table["stage"].isin([TOTAL, STAGES[PLAN]])]
    rows = rows.assign(**{name: pd.to_numeric(rows[name], errors="coerce") for name in rows.columns[3:]}).dropna()
    all_of, plans = (rows[rows["stage"] == stage] for stage in (TOTAL, STAGES[PLAN]))
    if all_of.empty:
        return []
    last = all_of.iloc[-1]
    said = f"Children in need, {all_of.iloc[0]['mean']:,.0f} now: {last['mean']:,.0f} expected on {last['date']:%-d %B %Y} ({_interval(last)})"
    if len(plans):
        said += f"; on a child protection plan, {plans.iloc[0]['mean']:,.0f} now: {plans.iloc[-1]['mean']:,.0f} ({_interval(plans.iloc[-1])})"
    return [f"{said}."]


def _interval(row: pd.Series) -> str:
    """Say between what most runs lie."""
    return f"95 % of runs {row['p025']:,.0f} to {row['p975']:,.0f}"


def _money(tables: Mapping[str, pd.DataFrame], question: Question) -> list[str]:
    """Say what placements cost."""
    rows = tables["outturn.csv"]
    rows = rows[(rows["prices"] == "nominal") & (rows["budget_line"] == TOTAL) & (rows["months"] == 12)]
    found = []
    for row in rows.head(2).itertuples():
        unit = unit_of(row.p90)
        year = f"{row.year_ending - 1}-{row.year_ending % 100:02d}"
        found.append(
            f"Placements in {year}: {unit.text(row.mean)} expected, one year in five over {unit.text(row.p80)}, "
            f"one in ten over {unit.text(row.p90)} (cash)."
        )
    tail = tables["high_cost_tail.csv"]
    if question.budget_gbp is not None and len(tail):
        this = tail[tail["year_ending"] == tail["year_ending"].min()].set_index("measure")["value"]
        found.append(
            f"Over the budget of {unit_of(question.budget_gbp).text(question.budget_gbp)} in {this['chance_over_budget']:.0%} of runs, in "
            f"{this['chance_dearest_placements_break_budget']:.0%} only because of placements at £10,000 a week or more."
        )
    return found


def _differences(table: pd.DataFrame) -> list[str]:
    """Say what reforms change in the last whole year."""
    found = []
    for name, rows in table.groupby("scenario", sort=False):
        last = rows[rows["year_ending"] == rows["year_ending"].max()].set_index("measure")
        care, net = last.loc["children_in_care"], last.loc["net_gbp"]
        unit = unit_of(max(abs(net["p05"]), abs(net["p95"])))
        found.append(
            f"With {'the adjustments' if name == KEY else name}, March {int(care['year_ending'])}: {_whole(care['mean'])} children in care "
            f"(90 % of runs {_whole(care['p05'])} to {_whole(care['p95'])}); net cost that year {unit.text(net['mean'], signed=True)} "
            f"({unit.text(net['p05'], signed=True)} to {unit.text(net['p95'], signed=True)}, constant prices)."
        )
    return found


def _whole(children: float) -> str:
    """Return a difference in whole children with its sign; none is 0, not -0."""
    return f"{round(children):+,}" if round(children) else "0"
