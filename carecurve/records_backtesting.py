"""`carecurve backtest --ssda903`: an authority's own last years held back, forecast from what was known before, and scored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from calibration.backtest import OURS, PERSISTENCE
from calibration.care_days import month_end_stock
from calibration.care_records import CareRecords
from calibration.quality_tables import quality_tables
from calibration.records_backtest import CHAIN, METHODS, OriginForecasts, backtest_records, origins_of
from calibration.records_scores import TOTAL, forecasts_table, scores_table
from calibration.scores import QUANTILES, quantiles
from calibration.skill import VERDICT_FROM
from calibration.ssda903 import read_ssda903
from carecurve.console import ChoiceError
from outputs.forecast_folder import Quality
from outputs.records_backtest_folder import write_records_backtest
from outputs.records_backtest_plot import ShownBacktest
from scenarios.wording import listed
from sim.experiment import library_versions
from sim.suppression import small

NAMES = {OURS: "CareCurve", PERSISTENCE: "persistence", CHAIN: "existing tools' chain"}
AHEAD = {6: "Six months ahead", 12: "A year ahead", 24: "Two years ahead"}
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Question:
    """What is to be held back, of what.

    Attributes
    ----------
    ssda903, authority
        Where the returns are, and the authority as their column LA names it, if they hold several.
    hold_back_years
        Years after each origin that are held back and forecast.
    origins
        How many origins, the last ones; by default as many as there are.
    since
        The day rates are estimated from; by default the returns' first.
    runs, seed, workers
        Replicates, the seed of their draws, and threads.
    hide
        Whether small numbers are hidden.
    """

    ssda903: Path
    authority: str = ""
    hold_back_years: int = 2
    origins: int | None = None
    since: date | None = None
    runs: int = 1000
    seed: int = 1
    workers: int | None = None
    hide: bool = True


@dataclass(frozen=True)
class RecordsBacktest:
    """A finished backtest of records.

    Attributes
    ----------
    question, records, since
        What was asked, the records, and the day rates were estimated from.
    found
        Forecasts and what happened, by origin.
    forecasts, scores
        Tables (`calibration.records_scores`).
    """

    question: Question
    records: CareRecords
    since: date
    found: list[OriginForecasts]
    forecasts: pd.DataFrame
    scores: pd.DataFrame

    def lines(self) -> list[str]:
        """Return the few lines a planner would read aloud."""
        origins = [one.origin for one in self.found]
        lines = [f"Children in care, forecast from {listed([f'{day:%-d %B %Y}' for day in origins])} with what was known then:"]
        for months in sorted(self.scores["horizon_months"].unique()):
            lines += _of_horizon(self.scores[self.scores["horizon_months"] == months].set_index(["series", "method"]), months)
        if len(origins) < VERDICT_FROM:
            are = "forecast is" if len(origins) == 1 else "forecasts, of years that overlap, are"
            lines.append(f"{len(origins)} {are} too few to rank methods by.")
        if self.question.hide:
            lines.append("Groups of 1 to 5 children, and what would give them away, are shown as c and not scored (but with --unsuppressed).")
        return lines


def backtest(question: Question, progress: Progress | None = None) -> RecordsBacktest:
    """Read, hold back, forecast and score.

    Parameters
    ----------
    progress
        Called with (origins done, origins in all).

    Raises
    ------
    RecordsError
        If records cannot be used.
    ChoiceError, BacktestError
        If a day is outside the returns, or they are too short to hold so much back.
    """
    records = read_ssda903(question.ssda903, question.authority)
    since = question.since or records.first
    if not records.first <= since < records.last:
        raise ChoiceError(f"--since {since}: the returns cover {records.first} to {records.last}; expected a day in them")
    origins = origins_of(records.first, records.last, since, question.hold_back_years, question.origins)
    found = backtest_records(records, origins, since, question.hold_back_years, question.runs, question.seed, question.workers or 2, progress)
    forecasts = forecasts_table(found, question.hide)
    return RecordsBacktest(question, records, since, found, forecasts, scores_table(forecasts))


def write(done: RecordsBacktest, folder: Path, overwrite: bool = False) -> Path:
    """Write a backtest's folder and return it."""
    quality = done.records.quality
    pages = {"SSDA903": Quality(quality_tables(quality), quality.notes, done.question.hide)}
    return write_records_backtest(done.forecasts, done.scores, _shown(done), pages, _about(done), folder, overwrite)


def _shown(done: RecordsBacktest) -> ShownBacktest | None:
    """Return what is drawn: totals of what is not hidden; nothing if all of it is."""
    total = done.forecasts[(done.forecasts["series"] == TOTAL) & ~done.forecasts["hidden"]]
    fans = {one.origin: _fan(one) for one in done.found if one.origin in set(total["origin"])}
    scores = done.scores[done.scores["series"] == TOTAL]
    if not fans:
        return None
    errors = {NAMES[name]: scores[scores["method"] == name].set_index("horizon_months")["mape"] for name in METHODS}
    counts = scores[scores["method"] == OURS].set_index("horizon_months")["forecasts"]
    past = month_end_stock(done.records, done.records.first, done.records.last).astype(float)
    past = past.mask(small(past)) if done.question.hide else past
    place = done.question.authority or "The authority"
    title = f"{place}: {len(done.found)} forecast{'s' * (len(done.found) > 1)} of years that were held back"
    return ShownBacktest(past, fans, errors, counts, title)


def _fan(one: OriginForecasts) -> pd.DataFrame:
    """Return quantiles of our forecast of the total by day, the origin first."""
    months, runs = one.total
    ahead = pd.DataFrame(quantiles(runs.T, list(QUANTILES.values())), index=list(months), columns=list(QUANTILES))
    return pd.concat([pd.DataFrame(one.opening.sum(), index=[one.origin], columns=list(QUANTILES)), ahead]).astype(float)


def _about(done: RecordsBacktest) -> dict[str, Any]:
    """Return what the manifest says: versions, what was asked, days; never a path or anything of a child."""
    asked = {name: value for name, value in vars(done.question).items() if name not in ("ssda903", "workers")}
    return {
        "command": "backtest", "versions": library_versions(), "asked": asked, "records_used": {"ssda903": True},
        "returns_cover": [done.records.first, done.records.last], "rates_since": done.since, "origins": [one.origin for one in done.found],
        "horizons_months": sorted({months for one in done.found for months in one.horizons_months}), "methods": list(METHODS), "ours": OURS,
        "small_numbers_hidden": done.question.hide,
    }  # fmt: skip


# ---------------------------------------------------------------- in words


def _of_horizon(scores: pd.DataFrame, months: int) -> list[str]:
    """Say how forecasts so far ahead did; nothing if their totals are hidden."""
    if (TOTAL, OURS) not in scores.index:
        return []
    mape, every = scores.loc[TOTAL, "mape"], scores.loc["all_series", OURS]
    others = listed([f"{NAMES[name]} by {mape[name]:.1f} %" for name in METHODS[1:]])
    held = f"95 % intervals held {round(every['coverage95'] * every['forecasts'])} of {every['forecasts']:.0f}"
    gain = _gain(every)
    words = AHEAD.get(months, f"{months // 12} years ahead")
    return [f"  {words} the forecast was off by {mape[OURS]:.1f} % on average, {others}; {held} (total, ages, placements){gain}."]


def _gain(every: Mapping[str, Any]) -> str:
    """Say how our error compares with persistence's, of whole forecasts of all series."""
    better = every[f"gain_on_{PERSISTENCE}_pct"]
    return f"; error of whole forecasts {abs(better):.0f} % {'less' if better >= 0 else 'more'} than persistence's" if pd.notna(better) else ""
