"""A backtest end to end: read the panel, forecast by every method, score, and what the folder and the last lines hold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from calibration import scores
from calibration.backtest import OURS, PERSISTENCE, Backtest, BacktestError, Forecaster, Joined, baseline, with_non_uasc
from calibration.baselines import BASELINES
from calibration.national import PUBLISHED, national_table
from calibration.panel import PANEL_FILE, read_panel
from calibration.skill import ALL, TOO_FEW, forecasts_table, pit_histogram, pit_table, score, scores_table, skill_table
from outputs.backtest_folder import BacktestTables
from outputs.backtest_plots import label
from scenarios.names import nearest
from sim.experiment import library_versions


@dataclass(frozen=True)
class Backtested:
    """A finished backtest.

    Attributes
    ----------
    joined
        Forecasts of every method and what was published.
    tables
        What is written and drawn.
    about
        The manifest: versions, the panel's hash, options.
    """

    joined: Joined
    tables: BacktestTables
    about: Mapping[str, Any]

    def lines(self) -> list[str]:
        """Return the few lines a planner would read aloud."""
        skill = self.tables.skill
        if skill.empty:
            return ["Nothing that was forecast has been published for the same authorities yet: there is nothing to score."]
        horizon = int(skill["horizon_years"].max())
        year = self.joined.backtest.origin + horizon
        shown, errors = skill[skill["horizon_years"] == horizon], _errors(self.tables.scores, horizon)
        each, together = shown[shown["indicator"] != ALL], shown[shown["indicator"] == ALL].iloc[0]
        lines = [f"Forecast in March {self.joined.backtest.origin} for the year to March {year}, {len(self.joined.areas)} authorities:"]
        lines += [_of_indicator(row, errors) for row in each.itertuples()]
        lines.append(_overall(each, together))
        return lines + _england(self.tables.national, year)


def backtest(
    simulate: Forecaster, *, panel: str | Path | None = None, areas: tuple[str, ...] | str | None = None, fit_until: int = 2020, horizon: int = 5,
    about: Mapping[str, Any] | None = None,
) -> Backtested:  # fmt: skip
    """Forecast from a year by the simulation and by every baseline, and score them.

    Parameters
    ----------
    simulate
        The simulation's forecast.
    panel
        A file of published figures; the shipped one if not given.
    areas
        Authorities, or one text of their names with commas between; all of the panel if not given.
    fit_until, horizon
        The last year ending 31 March that is known, and how many years are forecast.
    about
        What else the manifest shall say, such as options of the simulation.

    Raises
    ------
    PanelError, BacktestError, BaselineError
        If the panel or an option cannot be used.
    """
    file = Path(panel or PANEL_FILE)
    methods = {name: baseline(name) for name in BASELINES} | {OURS: simulate}  # what cannot be is found out before the long part
    published = with_non_uasc(read_panel(file))
    if isinstance(areas, str):
        areas = find_areas(areas, published.frame.loc[published.frame["level"] == "local_authority", "name"].unique())
    joined = Backtest(published, methods, fit_until, horizon, areas).run()
    scored = score(joined)
    tables = BacktestTables(
        scores_table(joined, scored), scores_table(joined, scored, relative=False), forecasts_table(joined), skill_table(joined, scored),
        pit_table(joined, scored), pit_histogram(joined, scored), joined.excluded, national_table(joined) if areas is None else None,
    )  # fmt: skip
    return Backtested(joined, tables, _manifest(joined, file) | dict(about or {}))


def simulation(runs: int, workers: int | None, progress: Callable[[int, int], None] | None) -> Forecaster:
    """Return the simulation's forecast with these options."""
    from calibration.forecast import forecast

    return partial(forecast, runs=runs, workers=workers, progress=progress)


def find_areas(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the authorities of a list such as `Leeds, Bristol, City of, Kent`; names may hold commas, and case does not matter.

    Raises
    ------
    BacktestError
        If one is not among the names; it says which is nearest.
    """
    known = {name.casefold(): name for name in names}
    parts = [part.strip() for part in text.split(",") if part.strip()]
    found: list[str] = []
    while parts:
        for n in range(len(parts), 0, -1):
            name = known.get(", ".join(parts[:n]).casefold())
            if name:
                found.append(name)
                del parts[:n]
                break
        else:
            near = nearest(parts[0], known.values())
            raise BacktestError(f"no authority {parts[0]!r} in the panel{f'; did you mean {near}?' if near else ''}")
    if not found:
        raise BacktestError("no authority named; expected names with commas between, or none for all")
    return tuple(dict.fromkeys(found))


def _manifest(joined: Joined, file: Path) -> dict[str, Any]:
    """Return what the folder says of itself."""
    asked = joined.backtest
    return {
        "kind": "backtest", "ours": OURS, "origin": asked.origin, "horizon_years": asked.horizon, "indicators": list(asked.indicators),
        "panel": file.name, "panel_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "areas": list(joined.areas), "all_areas": asked.areas is None, "cells_excluded": len(joined.excluded),
        "draws": {name: samples.sizes["draw"] for name, samples in joined.samples.items()},
        "bootstrap": {"resamples": scores.RESAMPLES, "seed": scores.BOOTSTRAP_SEED},
        "versions": library_versions(),
    }  # fmt: skip


# ---------------------------------------------------------------- in words


def _errors(table: pd.DataFrame, horizon: int) -> dict[tuple[str, str], float]:
    """Return the mean absolute percentage error by (indicator, method)."""
    rows = table[table["horizon_years"] == horizon]
    return {(row.indicator, row.method): row.mape for row in rows.itertuples()}


def _of_indicator(row: Any, errors: Mapping[tuple[str, str], float]) -> str:
    """Return a sentence on one indicator."""
    ours, theirs = errors[row.indicator, OURS], errors[row.indicator, PERSISTENCE]
    verdict = {"no difference": "no clear difference"}.get(row.verdict, row.verdict)
    held = f"{100 * row.coverage80:.0f} % of {row.n} authorit{'y was' if row.n == 1 else 'ies were'} inside the 80 % interval"
    return f"  {label(row.indicator)}: off by {ours:.0f} % on average ({theirs:.0f} % by saying 'as it was'; {verdict}); {held}."


def _overall(each: pd.DataFrame, together: pd.Series) -> str:
    """Return the verdicts, the mean gain and the pooled coverage in a sentence."""
    count = each["verdict"].value_counts()
    gain, low, high = (together[name] for name in ("gain_pct", "gain_pct_p05", "gain_pct_p95"))
    verdicts = f"better on {count.get('better', 0)} of {len(each)} indicators and worse on {count.get('worse', 0)}"
    gains = f"a mean gain of {gain:.1f} %"
    told = f"{TOO_FEW} for a verdict, {gains}" if together["verdict"] == TOO_FEW else f"{verdicts}, {gains} (90 % interval {low:.1f} to {high:.1f})"
    return f"Against 'as it was', by the error of the whole forecast: {told}. 80 % intervals held {100 * together['coverage80']:.0f} %."


def _england(national: pd.DataFrame | None, year: int) -> list[str]:
    """Return a line on children in care in England; none if only some authorities were forecast."""
    if national is None:
        return []
    rows = national[(national["indicator"] == "cla_at31") & (national["year_ending"] == year)].set_index("method")
    if OURS not in rows.index:
        return []
    ours, flat = rows.loc[OURS], rows.loc[PERSISTENCE, "mean"]
    interval = f"{ours['p50']:,.0f} (95 % interval {ours['p025']:,.0f} to {ours['p975']:,.0f})"
    others = [f"{method} said {row['mean']:,.0f}" for method, row in rows.iterrows() if method not in (OURS, PERSISTENCE, PUBLISHED)]
    told = "; ".join([f"published {ours['published']:,.0f}", f"'as it was' {flat:,.0f}", *others])
    return [f"England, children in care in March {year}: {interval}; {told}."]
