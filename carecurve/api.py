"""The Python interface: load, run and compare scenarios, save and open results; joins what packages keep apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from carecurve.console import ChoiceError
from outputs import store
from scenarios.areas import load_areas
from scenarios.loading import Scenario
from scenarios.loading import load as load_scenario
from sim.experiment import run_experiment
from sim.plan import plan
from sim.results import Comparison, Results
from sim.selection import Selection, select

DEFAULT_REGION = "greater-manchester"
DEFAULT_SCENARIOS = ("baseline", "early-help", "regional-care-cooperative")
TESTED_YEAR = 2025  # rates come from years up to 2024; this one is compared with what was published
ScenarioLike = Scenario | str | Path


def load(name_or_path: ScenarioLike) -> Scenario:
    """Return a checked scenario: a shipped one by name, any by path.

    Raises
    ------
    ScenarioError
        With every fault found.
    """
    return name_or_path if isinstance(name_or_path, Scenario) else load_scenario(name_or_path)


def run(scenario: ScenarioLike = "baseline", **options: Any) -> Results:
    """Run one scenario; options are those of `compare`."""
    found = compare(scenario, **options)
    return replace(found.baseline, metadata={**found.metadata, **found.baseline.metadata})


def compare(
    baseline: ScenarioLike = DEFAULT_SCENARIOS[0], *reforms: ScenarioLike, area: str | None = None,
    region: str | None = None, england: bool = False, from_: str | None = None, until: str | None = None,
    runs: int | str | None = None, seed: int = 1, engine: str = "fast", workers: int | None = None, events: bool = False,
    effects: str = "drawn", precision: float | None = None, max_runs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
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
        `drawn` for each replicate, or `central`: at their means, so that only chance is left.
    engine, workers, events
        `fast`, `reference` or `expected` (docs/expected.md); threads; whether to keep the event log of replicate 0.
    progress
        Called with (runs done, runs in all).

    Raises
    ------
    ScenarioError, UnknownNameError, ExperimentError
        If a scenario, a place or an option cannot be used.
    """
    scenarios = [load(one) for one in (baseline, *reforms)]
    prepared = plan(
        scenarios, choose(area, region, england, scenarios[0]), from_=from_, until=until, runs=runs, seed=seed, engine=engine,
        workers=workers, events=events, effects=effects, precision=precision, max_runs=max_runs,
    )  # fmt: skip
    return run_experiment(prepared, progress)


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


def further_tables(comparison: Comparison) -> dict[str, Any]:
    """Return the tables a results folder holds beside its summaries, by file name.

    Published against simulated figures; with reforms, what happens to children, and what placements cost against the
    baseline by volume, mix and price.
    """
    tables = validation_tables(comparison)
    if comparison.reforms:
        from outputs.appraisal import price_and_volume
        from outputs.children_report import children_tables
        from outputs.tables import whole

        together = whole(comparison)
        parts = [comparison] if together is comparison else [comparison, together]
        tables |= children_tables(comparison)
        tables["price_volume.csv"] = pd.concat([price_and_volume(part) for part in parts], ignore_index=True)
    return tables


def save(comparison: Comparison, folder: str | Path, overwrite: bool = False) -> Path:
    """Write a finished results folder, published against simulated figures and price and volume included."""
    return store.write(comparison, folder, overwrite, further_tables(comparison))


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
