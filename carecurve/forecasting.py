"""`carecurve forecast`: an authority's own records read, its rates estimated, its open caseload run on, and what the folder and the last lines hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from calibration.care_days import known_days
from calibration.care_pattern import published_pattern
from calibration.care_records import CareRecords
from calibration.identifiers import Pseudonyms
from calibration.rate_draws import DRAWS, model_of
from calibration.rates import CareRates, estimate, opening_caseload
from calibration.ssda903 import read_ssda903
from carecurve import api
from carecurve.console import ChoiceError
from outputs import forecast_costs as money
from outputs.forecast_tables import flow_table, stock_table
from scenarios.areas import ENGLAND, UnknownNameError, find_area
from scenarios.deflators import PRICE_BASE
from sim.caseload import AGE_BANDS, AGE_TOLD, PLACEMENTS, CaseloadModel, CaseloadRun, month_ends, run_caseload
from sim.caseload_prices import growth_of, price_quantiles
from sim.model import CompiledModel, compile_model

DEAR_GBP_PER_WEEK = 10_000.0
MOST_YEARS = 10  # ahead: more says more about assumptions than about the records
BASELINE = "baseline"


@dataclass(frozen=True)
class Question:
    """What is to be forecast, from what.

    Attributes
    ----------
    ssda903, until
        Where the returns are, and the last day.
    authority
        As the returns' column LA names it, if they hold several.
    area
        The authority whose prices are used (and, under reforms, whose services); by default the returns' own, if it is known, else England.
    since, origin
        The days rates are estimated between; by default all that the returns cover.
    runs, seed, workers
        Replicates, the seed of their draws, and threads.
    budget_gbp
        This budget year's approved budget for placements, nominal.
    hide
        Whether small numbers are hidden.
    """

    ssda903: Path
    until: date
    authority: str = ""
    area: str | None = None
    since: date | None = None
    origin: date | None = None
    runs: int = 1000
    seed: int = 1
    workers: int = 2
    budget_gbp: float | None = None
    hide: bool = True


@dataclass(frozen=True)
class Forecast:
    """A finished forecast: what was read and estimated, the runs, the tables, and the manifest's own words."""

    records: CareRecords
    rates: CareRates
    run: CaseloadRun
    opening: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    about: Mapping[str, Any] = field(default_factory=dict)


def forecast(question: Question, progress: Callable[[int, int], None] | None = None) -> Forecast:
    """Read, estimate, run and tabulate.

    Raises
    ------
    RecordsError
        If records cannot be used.
    ChoiceError, UnknownNameError
        If a day or an authority cannot be.
    """
    records = read_ssda903(question.ssda903, question.authority, Pseudonyms())
    origin, since = _days(question, records)
    rates = estimate(records, published_pattern(), since, origin)
    opening = opening_caseload(records, origin)
    compiled = _compiled(question, origin)
    prices = price_quantiles(compiled)
    months = month_ends(origin, question.until)
    model = model_of(rates, opening, origin, len(months), question.seed, min(DRAWS, question.runs))
    run = run_caseload(model, question.until, prices, question.runs, question.seed, workers=question.workers, dear_gbp=DEAR_GBP_PER_WEEK)
    costs = _costs(question, records, compiled, prices, run, origin)
    tables = {
        "forecast.csv": stock_table(run, opening_stock(opening), origin, question.hide),
        "starts_and_leavers.csv": flow_table(run),
        "costs.csv": money.cost_table(costs),
        "outturn.csv": money.outturn_table(costs),
        "bridge.csv": money.bridge_table(costs),
        "full_year_effect.csv": money.full_year_effect_table(costs),
        "high_cost_tail.csv": money.tail_table(costs, DEAR_GBP_PER_WEEK, question.budget_gbp),
    }
    return Forecast(records, rates, run, opening, tables)


def _days(question: Question, records: CareRecords) -> tuple[date, date]:
    """Return the day of origin and the day rates are estimated from.

    Raises
    ------
    ChoiceError
        If the returns do not cover them, or the forecast would end before a month has, or too late.
    """
    origin, since = question.origin or records.last, question.since or records.first
    covered = f"the returns cover {records.first} to {records.last}"
    if not records.first < origin <= records.last:
        raise ChoiceError(f"--origin {origin}: {covered}; expected a day in them")
    if not records.first <= since < origin:
        raise ChoiceError(f"--since {since}: {covered}; expected a day in them before the origin, {origin}")
    if not month_ends(origin, question.until):
        raise ChoiceError(f"--until {question.until}: no month ends after {origin} and by then; expected a later day")
    if question.until > date(origin.year + MOST_YEARS, origin.month, min(origin.day, 28)) + timedelta(3):
        raise ChoiceError(f"--until {question.until}: more than {MOST_YEARS} years after {origin}; expected a day within them")
    return origin, since


def _compiled(question: Question, origin: date) -> CompiledModel:
    """Return the baseline of the authority whose prices are used."""
    baseline = api.load(BASELINE)
    names = [name for name in (question.area, question.authority) if name]
    for name in names:
        try:
            return compile_model(baseline, (find_area(name).name,))
        except UnknownNameError:
            if name == question.area:
                raise
    return compile_model(baseline, (ENGLAND,))


def opening_stock(opening: pd.DataFrame) -> np.ndarray:
    """Return children in care on the day of origin by age band and placement (5, K)."""
    from sim.caseload import AGE_EDGES_DAYS

    stock = np.zeros((len(AGE_BANDS), len(PLACEMENTS)), dtype=np.int64)
    age = np.array(AGE_TOLD)[np.searchsorted(AGE_EDGES_DAYS, -opening["birth"], side="right") - 1]
    np.add.at(stock, (age, opening["placement"].to_numpy()), 1)
    return stock


def _costs(question: Question, records: CareRecords, compiled: CompiledModel, prices: np.ndarray, run: CaseloadRun, origin: date) -> money.Costs:
    """Return the pounds of a run, and of the year before it and the days of its first year that are known."""
    days, entered = known_days(records, origin)
    settings = compiled.scenario.settings
    inflation = settings.prices.general_inflation_per_year.value
    nominal = np.array([compiled.scenario.deflators.factor(PRICE_BASE, year, inflation) for year in run.years])
    middles = [date(run.years[0] - 2, 9, 30), date(run.years[0] - 1, 9, 30)]
    known = days / 7.0 * prices.mean(axis=1) * growth_of(compiled, middles, question.seed, 1)[0]
    return money.Costs(run, growth_of(compiled, run.months, question.seed, question.runs), nominal, days, known, entered)
