"""`carecurve forecast`: an authority's own records read, its rates estimated, its open caseload run on, and what comes of it tabulated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from calibration.annex_a import AnnexA, read_annex_a
from calibration.care_days import known_days, month_end_stock
from calibration.care_pattern import published_pattern
from calibration.care_records import CareRecords, DataQuality
from calibration.cin_census import read_cin_census
from calibration.identifiers import Pseudonyms
from calibration.levels import published_levels
from calibration.markov import markov_forecast
from calibration.need_records import NeedRecords
from calibration.opening import Opened, from_annex_a, opening_caseload, priced
from calibration.placement_costs import read_placement_costs
from calibration.quality_tables import quality_tables
from calibration.rate_draws import DRAWS, model_of
from calibration.rates import CareRates, estimate
from calibration.ssda903 import read_ssda903
from carecurve import api, forecast_lines
from carecurve.adjustment_file import read_adjustments
from carecurve.forecast_adjustments import adjusted
from carecurve.forecast_need import TITLE, NeedForecast, check_covered, forecast_need
from carecurve.forecast_question import Question, check, check_until, days
from carecurve.forecast_reforms import ReformEffect, effects_of
from outputs import forecast_costs as money
from outputs.forecast_differences import difference_table
from outputs.forecast_folder import Quality, write_forecast
from outputs.forecast_hiding import with_small_hidden
from outputs.forecast_plots import Shown
from outputs.forecast_tables import band_table, flow_table, stock_table
from scenarios.areas import ENGLAND, find_area
from scenarios.deflators import PRICE_BASE
from sim.caseload import PLACEMENTS, CaseloadModel, CaseloadRun, month_ends, opening_stock, run_caseload
from sim.caseload_prices import growth_of, price_quantiles
from sim.experiment import library_versions
from sim.model import CompiledModel, compile_model
from sim.suppression import LARGEST

__all__ = ["Forecast", "Question", "check", "children_ahead", "forecast", "write"]

DEAR_GBP_PER_WEEK = 10_000.0
BASELINE = "baseline"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Forecast:
    """A finished forecast.

    Attributes
    ----------
    question, origin
        What was asked, and the day it was forecast from.
    tables
        By file name.
    quality
        Of each import, by its title.
    shown
        What is drawn.
    about
        What the manifest says.
    run
        The runs of the baseline; none of `--compat markov`.
    """

    question: Question
    origin: date
    tables: Mapping[str, pd.DataFrame]
    quality: Mapping[str, DataQuality]
    shown: Shown | None
    about: Mapping[str, Any]
    run: CaseloadRun | None = None

    def lines(self) -> list[str]:
        """Return the few lines a planner would read aloud."""
        return forecast_lines.lines(self.tables, self.origin, self.question, self.about)


def forecast(question: Question, progress: Progress | None = None) -> Forecast:
    """Read, estimate, run and tabulate.

    Parameters
    ----------
    progress
        Called with (runs done, runs in all) of the whole model, if there are reforms.

    Raises
    ------
    RecordsError
        If records cannot be used.
    ChoiceError, UnknownNameError, ScenarioError
        If a day, an authority or a scenario cannot be.
    """
    check(question)
    pseudonyms = Pseudonyms()
    records = read_ssda903(question.ssda903, question.authority, pseudonyms)
    since, origin = days(question, records)
    if question.compat:
        return _as_existing_tools(question, records, since, origin)
    return _Forecasting(question, records, pseudonyms, since, origin).done(progress)


def children_ahead(returns: Path, origin: date, months: int, runs: int, seed: int) -> np.ndarray:
    """Return children in care at the ends of months after a day, forecast from the returns alone (runs, months, 5, K): what a benchmark scores."""
    records = read_ssda903(returns)
    rates = estimate(records, published_pattern(), records.first, origin)
    until = (pd.Timestamp(origin) + pd.offsets.MonthEnd(months)).date()
    model = model_of(rates, opening_caseload(records, origin), origin, months, seed, min(DRAWS, runs))
    return run_caseload(model, until, np.ones((len(PLACEMENTS), 2)), runs, seed, workers=1).tallies.stock


def write(found: Forecast, folder: Path, overwrite: bool = False) -> Path:
    """Write a forecast's folder and return it."""
    quality = {title: Quality(quality_tables(one), one.notes, found.question.hide) for title, one in found.quality.items()}
    return write_forecast(found.tables, found.shown, quality, found.about, folder, overwrite)


def _as_existing_tools(question: Question, records: CareRecords, since: date, origin: date) -> Forecast:
    """Return the forecast that existing tools would make."""
    chain = markov_forecast(records, since, origin, question.until)
    tables = {"forecast.csv": band_table(chain, question.hide)}
    return Forecast(question, origin, tables, {"SSDA903": records.quality}, None, _about(question, records, since, origin))


class _Forecasting:
    """What is worked out on the way to a forecast."""

    def __init__(self, question: Question, records: CareRecords, pseudonyms: Pseudonyms, since: date, last: date) -> None:
        self.question, self.records, self.since, self.last = question, records, since, last
        self.quality = {"SSDA903": records.quality}
        self.need = self._need_records(pseudonyms)
        self.annex: AnnexA | None = read_annex_a(question.annex_a, pseudonyms) if question.annex_a else None
        self.compiled = _compiled(question, records)
        levels = published_levels(self.compiled.profiles[0].name, records.first.year + 1)
        self.rates: CareRates = estimate(records, published_pattern(), since, last, levels)
        self.opened = self._opened()
        self.prices = price_quantiles(self.compiled)
        if question.costs:
            listed = read_placement_costs(question.costs, pseudonyms)
            self.quality["placement cost list"] = listed.quality
            self.opened, self.prices = priced(self.opened, listed, self.prices)
        check_until(question.until, self.opened.origin)
        self.months = month_ends(self.opened.origin, question.until)
        drawn = min(DRAWS, question.runs)
        self.model: CaseloadModel = model_of(self.rates, self.opened.children, self.opened.origin, len(self.months), question.seed, drawn)
        self.growth = growth_of(self.compiled, self.months, question.seed, question.runs, drawn)

    def done(self, progress: Progress | None) -> Forecast:
        """Return the forecast."""
        question = self.question
        run = self._run(None)
        costs = self._costs(run, self.growth)
        opening = opening_stock(self.opened.children)
        tables = {
            "forecast.csv": stock_table(run, opening, self.opened.origin, question.hide),
            "starts_and_leavers.csv": flow_table(run),
            "costs.csv": money.cost_table(costs),
            "outturn.csv": money.outturn_table(costs),
            "bridge.csv": money.bridge_table(costs),
            "full_year_effect.csv": money.full_year_effect_table(costs),
            "high_cost_tail.csv": money.tail_table(costs, DEAR_GBP_PER_WEEK, question.budget_gbp),
        }
        need = self._need()
        tables |= need.tables if need else {}
        others = {}
        for effect in self._effects(run, progress):
            with_it = self._run(effect.reform)
            name = f"forecast_{effect.key}.csv".replace("-", "_")
            tables[name] = others[effect.label] = stock_table(with_it, opening, self.opened.origin, question.hide)
            its_costs = self._costs(with_it, self.growth * effect.price[np.arange(question.runs) % len(effect.price)])
            table = difference_table(effect.key, costs, its_costs, effect.other_gbp)
            tables["differences.csv"] = pd.concat([tables.get("differences.csv"), table], ignore_index=True)
        if question.hide:
            listed = int((self.opened.children["price"] >= DEAR_GBP_PER_WEEK).sum())
            tables = with_small_hidden(tables, opening, listed)
        past = month_end_stock(self.records, self.since, self.last)
        too_few = question.hide and len(self.opened.children) <= LARGEST  # to draw anything
        shown = None if too_few else Shown(tables, past[past > LARGEST] if question.hide else past, others, self._title(), self._prices())
        about = _about(question, self.records, self.since, self.opened.origin) | {"prices_of": self.compiled.profiles[0].name}
        return Forecast(question, self.opened.origin, tables, self.quality, shown, about, run)

    def _prices(self) -> str:
        """Say whose prices these are."""
        published = f"{self.compiled.profiles[0].name}'s, from published outturn"
        return f"the cost list's, and where it has none {published}" if self.question.costs else published

    def _title(self) -> str:
        """Return what the picture is headed."""
        place = self.records.authority or self.question.area or "The authority"
        return f"{place}: forecast from {len(self.opened.children):,} children in care on {self.opened.origin:%-d %B %Y}"

    def _opened(self) -> Opened:
        """Return the children in care that the forecast starts from."""
        if not self.annex:
            return Opened(self.last, opening_caseload(self.records, self.last), known_days(self.records, self.last))
        self.quality["Annex A"] = self.annex.quality
        return from_annex_a(self.annex, str(self.question.annex_a), self.records)

    def _need_records(self, pseudonyms: Pseudonyms) -> NeedRecords | None:
        """Return the children in need census, if it is given."""
        if not self.question.cin:
            return None
        need = read_cin_census(self.question.cin, pseudonyms)
        self.quality[TITLE] = need.quality
        check_covered(need, self.since, self.last)
        return need

    def _effects(self, run: CaseloadRun, progress: Progress | None) -> list[ReformEffect]:
        """Return what is laid on top of the baseline, whose run this is: adjustments, and reforms."""
        question = self.question
        found = [adjusted(*read_adjustments(question.adjust), self.model, run, self.growth)] if question.adjust else []
        if question.reforms:
            found += effects_of(question.reforms, question.area, self.months, question.seed, question.workers, progress)
        return found

    def _need(self) -> NeedForecast | None:
        """Return the forecast of need, if the census is given."""
        if self.need is None:
            return None
        return forecast_need(self.question, self.need, self.records, self.annex, self.since, self.last, self.months)

    def _run(self, reform: Any) -> CaseloadRun:
        """Run the caseload on."""
        question = self.question
        options = {"workers": question.workers or 2, "dear_gbp": DEAR_GBP_PER_WEEK}
        return run_caseload(self.model, question.until, self.prices, question.runs, question.seed, reform, **options)

    def _costs(self, run: CaseloadRun, growth: np.ndarray) -> money.Costs:
        """Return the pounds of a run, of the year before it and of the days of its first year that are known."""
        inflation = self.compiled.scenario.settings.prices.general_inflation_per_year.value
        nominal = np.array([self.compiled.scenario.deflators.factor(PRICE_BASE, year, inflation) for year in run.years])
        middles = [date(run.years[0] - 2, 9, 30), date(run.years[0] - 1, 9, 30)]
        weekly = self.prices.mean(axis=1) * growth_of(self.compiled, middles, self.question.seed, 1, 1)[0]
        return money.Costs(run, growth, nominal, self.opened.known_days, self.opened.known_days / 7.0 * weekly[:, :, None])


def _compiled(question: Question, records: CareRecords) -> CompiledModel:
    """Return the baseline of the authority whose prices are used: the one asked for, else the returns' own, else England."""
    name = find_area(question.area).name if question.area else records.authority or ENGLAND
    return compile_model(api.load(BASELINE), (name,))


def _about(question: Question, records: CareRecords, since: date, origin: date) -> dict[str, Any]:
    """Return what the manifest says: versions, what was asked, days; never a path or anything of a child."""
    paths = ("ssda903", "cin", "annex_a", "costs", "adjust")
    told = {name: value for name, value in vars(question).items() if name not in (*paths, "workers")}
    used = {name: getattr(question, name) is not None for name in paths}
    adjustments = {"adjustments": read_adjustments(question.adjust)[0].model_dump(exclude_none=True)} if question.adjust else {}
    return {
        "command": "forecast", "versions": library_versions(), "asked": told, "records_used": used,
        "returns_cover": [records.first, records.last], "rates_since": since, "origin": origin, "small_numbers_hidden": question.hide, **adjustments,
    }  # fmt: skip
