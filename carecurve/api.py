"""The Python interface: load, run and compare scenarios, save and open results; joins what packages keep apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from carecurve.console import ChoiceError
from outputs import store
from outputs.appraisal import Terms, affordability, appraisal, benefits, price_and_volume
from outputs.tables import whole
from scenarios.areas import load_areas
from scenarios.deflators import Deflators, read_deflators
from scenarios.loading import Scenario
from scenarios.loading import load as load_scenario
from sim.attribution import EXACT_UP_TO, Attributions, games_of
from sim.attribution import attribute as attribute_plan
from sim.experiment import run_experiment
from sim.plan import plan
from sim.results import Comparison, Results
from sim.selection import Selection, select

if TYPE_CHECKING:
    from carecurve.forecasting import Forecast

DEFAULT_REGION = "greater-manchester"
DEFAULT_SCENARIOS = ("baseline", "early-help", "regional-care-cooperative")
TESTED_YEAR = 2025  # rates come from years up to 2024; this one is compared with what was published
ScenarioLike = Scenario | str | Path


def load(name_or_path: ScenarioLike, on: str | Path | None = None) -> Scenario:
    """Return a checked scenario: a shipped one by name, any by path; with `on`, laid on that one (`fitted`, say), as `extends: [ON, NAME]` would.

    Raises
    ------
    ScenarioError
        With every fault found.
    """
    return name_or_path if isinstance(name_or_path, Scenario) else load_scenario(name_or_path, on)


def run(scenario: ScenarioLike = "baseline", **options: Any) -> Results:
    """Run one scenario; options are those of `compare`."""
    found = compare(scenario, **options)
    return replace(found.baseline, metadata={**found.metadata, **found.baseline.metadata})


def compare(
    baseline: ScenarioLike = DEFAULT_SCENARIOS[0], *reforms: ScenarioLike, area: str | None = None,
    region: str | None = None, england: bool = False, from_: str | None = None, until: str | None = None,
    runs: int | str | None = None, seed: int = 1, engine: str = "fast", workers: int | None = None, events: bool = False,
    effects: str = "drawn", precision: float | None = None, max_runs: int | None = None, deflators: str | Path | Deflators | None = None,
    on: str | Path | None = None, progress: Callable[[int, int], None] | None = None,
) -> Comparison:  # fmt: skip
    """Run a baseline and reforms on the same families, and return their paired results.

    Parameters
    ----------
    baseline, reforms
        Scenarios, names or files.
    area, region, england
        One authority; a region or named group; all authorities of the panel. If none is given, the authorities that the
        baseline makes up, or else Greater Manchester.
    from_, until
        First month in which scenarios may differ, and last month, `YYYY-MM`; the baseline's settings if not given.
    runs, seed
        Paired replicates, and the seed of all draws; `auto`: as many as precision takes.
    precision, max_runs
        With `runs="auto"`: half-width of the 95 % interval of the headline differences, per cent of them (5), and the most runs (200).
    effects
        `drawn` for each replicate, `central`: at their means, so that only chance is left, or `null`: reforms cost what they cost and change nothing.
    engine, workers, events
        `fast`, `reference` or `expected` (docs/expected.md); threads; whether to keep the event log of replicate 0.
    deflators
        A table (`scenarios.deflators`), or a file, in place of the shipped one: for older prices and nominal series.
    on
        A scenario that all are laid on: `fitted` has each authority's rates as fitted, and draws of the demand to come.
    progress
        Called with (runs done, runs in all).

    Raises
    ------
    ScenarioError, UnknownNameError, ExperimentError, DeflatorError
        If a scenario, a place, a table or an option cannot be used.
    """
    scenarios = deflated([load(one, on) for one in (baseline, *reforms)], deflators)
    prepared = plan(
        scenarios, choose(area, region, england, scenarios[0]), from_=from_, until=until, runs=runs, seed=seed, engine=engine,
        workers=workers, events=events, effects=effects, precision=precision, max_runs=max_runs,
    )  # fmt: skip
    return run_experiment(prepared, progress)


def forecast(ssda903: str | Path, until: str | date, **options: Any) -> Forecast:
    """Forecast children in care and the cost of placements from an authority's own records (docs/records.md).

    Parameters
    ----------
    until
        The last day, or its text (2028-03-31).
    options
        Of `carecurve.forecast_question.Question`: `authority`, `area`, `reforms`, `costs`, `runs`, `seed`, ...

    Returns
    -------
    Forecast
        `tables` by file name (`forecast.csv` and the rest), `lines()` to read aloud; `carecurve.forecasting.write` writes its folder.

    Raises
    ------
    RecordsError
        If records cannot be used.
    ChoiceError, UnknownNameError, ScenarioError
        If a day, an authority or a scenario cannot be.
    """
    from carecurve import forecasting

    day = date.fromisoformat(until) if isinstance(until, str) else until
    return forecasting.forecast(forecasting.Question(Path(ssda903), day, **options))


def deflated(scenarios: Sequence[Scenario], deflators: str | Path | Deflators | None) -> list[Scenario]:
    """Return scenarios with a table of deflators in place of the shipped one; as they are if none is given.

    Raises
    ------
    DeflatorError
        If it cannot be used.
    """
    if deflators is None:
        return list(scenarios)
    table = read_deflators(deflators)
    return [scenario.with_deflators(table) for scenario in scenarios]


def attribute(
    baseline: ScenarioLike, *reforms: ScenarioLike, area: str | None = None, region: str | None = None, england: bool = False,
    exact_up_to: int = EXACT_UP_TO, on: str | Path | None = None, progress: Callable[[int, int], None] | None = None, **options: Any,
) -> Attributions:  # fmt: skip
    """Run a baseline and reforms, and what lies between them, and return what drove each reform's difference (docs/attribution.md).

    Parameters
    ----------
    exact_up_to
        Run every combination of a reform's parts up to so many of them (4), and sample orders beyond.
    on
        As of `compare`.
    progress
        Called with (tasks done, tasks in all), first of the comparison, then of the scenarios between.
    options
        Those of `compare`.

    Returns
    -------
    Attributions
        `comparison` as `compare` returns it, and an `Attribution` of each reform; `outputs.attribution.attribution_frame` makes its table.

    Raises
    ------
    PartsError, ExperimentError
        If a reform has another past than the baseline, or changes nothing of it; and as `compare`.
    """
    scenarios = [load(one, on) for one in (baseline, *reforms)]
    prepared = plan(scenarios, choose(area, region, england, scenarios[0]), **options)
    games_of(prepared, exact_up_to)  # what cannot be attributed is known before anything is run
    return attribute_plan(prepared, run_experiment(prepared, progress), progress, exact_up_to)


def add_attribution(tables: dict[str, Any], found: Attributions) -> Callable[[Path], Path]:
    """Add `attribution.csv` to the tables of a results folder, and return what draws `attribution.png` into the folder."""
    from outputs.attribution import attribution_frame
    from outputs.attribution_plot import waterfall
    from outputs.plots import save_figure

    table = tables["attribution.csv"] = attribution_frame(found)
    return lambda folder: save_figure(waterfall(found, table, tables["cost_bridge.csv"]), folder / "attribution.png")


def choose(
    area: str | None = None, region: str | None = None, england: bool = False, baseline: Scenario | None = None
) -> Selection:
    """Return the selection that is named, or the authorities the baseline makes up, or the default region.

    Raises
    ------
    ChoiceError
        If more than one is named.
    """
    check_choice(area, region, england)
    synthetic = tuple(baseline.synthetic.values()) if baseline else ()
    return select(area, region if area or region or england or synthetic else DEFAULT_REGION, england, synthetic)


def check_choice(area: str | None = None, region: str | None = None, england: bool = False) -> None:
    """Raise ChoiceError if more than one of area, region and England is named."""
    if sum((area is not None, region is not None, england)) > 1:
        raise ChoiceError("give one of --area, --region and --england")


def published(areas: tuple[str, ...], year: int) -> Any:
    """Return the panel's row of each authority in a year (index: name), missing where not published.

    Posts are those of the September in the year, with what their percentages are of: `posts_fte` and `workers_fte`.
    """
    from calibration.panel import read_panel
    from sim.measures import MEASURES

    frame = read_panel().frame
    frame = frame[frame.level == "local_authority"].set_index(["year_ending", "name"])
    rows = frame.loc[year].reindex(list(areas))
    for measure in MEASURES.values():
        if measure.published_lag:
            rows[measure.published] = frame[measure.published].loc[year - measure.published_lag].reindex(list(areas))
    rows["posts_fte"] = rows.social_workers_fte / (1.0 - rows.sw_vacancy_pct / 100.0)
    rows["workers_fte"] = rows.social_workers_fte / (1.0 - rows.sw_agency_pct / 100.0)
    return rows


def validation_tables(comparison: Comparison) -> dict[str, Any]:
    """Return published against simulated figures by file name; none if the results lack the year tested or an authority is synthetic."""
    if TESTED_YEAR not in comparison.baseline.years or not set(comparison.baseline.areas) <= set(load_areas()):
        return {}
    from outputs.validation import compare_published

    rows = published(comparison.baseline.areas, TESTED_YEAR)
    total, by_area = compare_published(comparison.baseline, rows, TESTED_YEAR)
    return {"published_vs_simulated.csv": total, "published_vs_simulated_by_area.csv": by_area}


def further_tables(comparison: Comparison, terms: Terms | None = None) -> dict[str, Any]:
    """Return the tables a results folder holds beside its summaries, by file name.

    Published against simulated figures; with reforms, what happens to children, what placements cost against the baseline by volume, mix and price,
    all of the difference in cost by these and every other line, and the appraisal, at some terms or the default ones.
    """
    tables = validation_tables(comparison)
    if comparison.reforms:
        from outputs.children_report import children_tables
        from outputs.cost_bridge import cost_bridge

        together = whole(comparison)
        parts = [comparison] if together is comparison else [comparison, together]
        made = {
            "price_volume.csv": price_and_volume, "appraisal.csv": lambda part: appraisal(part, terms),
            "affordability.csv": lambda part: affordability(part, terms), "benefits.csv": lambda part: benefits(part, terms),
        }  # fmt: skip
        tables |= children_tables(comparison)
        tables |= {name: pd.concat([table(part) for part in parts], ignore_index=True) for name, table in made.items()}
        tables["cost_bridge.csv"] = cost_bridge(comparison)
    return tables


def on_terms(comparison: Comparison, terms: Terms) -> Comparison:
    """Return the comparison with a manifest that says on what terms it is appraised, if it has reforms."""
    return replace(comparison, metadata={**comparison.metadata, "appraisal": terms.told()}) if comparison.reforms else comparison


def save(comparison: Comparison, folder: str | Path, overwrite: bool = False, terms: Terms | None = None) -> Path:
    """Write a finished results folder: published against simulated figures, price and volume, and the appraisal on some terms, included."""
    terms = terms or Terms()
    return store.write(on_terms(comparison, terms), folder, overwrite, further_tables(comparison, terms))


def diagrams(comparison: Comparison, scenarios: Sequence[ScenarioLike], folder: str | Path) -> list[Path]:
    """Write the diagrams of stocks and flows and of feedback loops, of the last year, into a folder, and return the files.

    Those of the first scenario go into the folder itself, those of each reform into a folder of its own there.

    Parameters
    ----------
    comparison
        Results of any engine; those of one scenario alone are a comparison without reforms.
    scenarios
        The scenarios they are of, in the same order.
    folder
        A folder that exists.

    Raises
    ------
    ValueError
        If the results hold no counts of the pathway, or the scenarios are not as many.
    """
    from outputs.diagrams import write_all

    label = comparison.metadata.get("area_label")
    return write_all(comparison.scenarios, [load(one) for one in scenarios], Path(folder), label)


def open(folder: str | Path) -> Comparison:
    """Return the results in a folder.

    Raises
    ------
    ResultsError
        If it is not a finished results folder.
    """
    return store.open_results(folder)
