"""The diagrams of a finished folder: a year's stocks and flows, and the feedback loops with the table they were drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from outputs.loop_diagram import feedback_loops, loops_in_words
from outputs.stock_flow import alternative_text, stocks_and_flows
from scenarios.loading import Scenario
from scenarios.timeline import add_months, year_name
from sim.loop_point import HORIZON_MONTHS, Point, point_in
from sim.loops import Loop, Measured, find_loops, links_table, loops_table, measure_links
from sim.model import compile_model
from sim.results import Results

STOCKS_AND_FLOWS, FEEDBACK_LOOPS = "stocks_and_flows.png", "feedback_loops.png"
LINKS, LOOPS = "loops.csv", "loop_gains.csv"
DOTS_PER_INCH = 140


def points_of(results: Results, scenario: Scenario, year_ending: int | None = None) -> tuple[Point, ...]:
    """Return the state of each authority in a year (by default the last) under the scenario that was run.

    Raises
    ------
    ValueError
        If the results hold no counts of the pathway.
    """
    year = results.years[-1] if year_ending is None else year_ending
    until = add_months(f"{year}-03", HORIZON_MONTHS + 2)
    models = (compile_model(scenario, (area,), until, results.metadata.get("from"), central=True) for area in results.areas)
    return tuple(point_in(model, results, area, year) for model, area in zip(models, results.areas, strict=True))


def loops_of(results: Results, scenario: Scenario, year_ending: int | None = None) -> tuple[tuple[Measured, ...], tuple[Loop, ...]]:
    """Return the links of the feedback loops, measured in a year of the results, and the loops they make."""
    measured = measure_links(points_of(results, scenario, year_ending))
    return measured, find_loops(measured)


def write_diagrams(
    results: Results, scenario: Scenario, folder: str | Path, year_ending: int | None = None, area: str | None = None
) -> list[Path]:
    """Write the diagrams of one scenario's results into a folder, and return the files.

    They are `stocks_and_flows.png`, `feedback_loops.png`, `loops.csv` (every link: from, to, sign, elasticity, in force, why) and
    `loop_gains.csv` (every loop: polarity, gain). Pictures hold their alternative text as `Description`.

    Parameters
    ----------
    results, scenario
        Results of any engine, and the scenario they are of.
    year_ending
        The year ending 31 March; by default the last.
    area
        What several authorities are called together.

    Raises
    ------
    ValueError
        If the results hold no counts of the pathway, or not of this year.
    """
    folder = Path(folder)
    year = results.years[-1] if year_ending is None else year_ending
    named = area or str(results.metadata.get("area_label") or (results.areas[0] if len(results.areas) == 1 else f"{len(results.areas)} authorities"))
    written = [_picture(stocks_and_flows(results, year, named), folder / STOCKS_AND_FLOWS, alternative_text(results, year, named))]
    measured, loops = loops_of(results, scenario, year)
    several = f" (mean of {len(results.areas)} authorities)" if len(results.areas) > 1 else ""
    title = f"{named}, {results.label}, {year_name(year)}{several}"
    written.append(_picture(feedback_loops(measured, loops, title), folder / FEEDBACK_LOOPS, loops_in_words(measured, loops)))
    for name, table in ((LINKS, links_table(measured)), (LOOPS, loops_table(loops))):
        table.to_csv(folder / name, index=False, float_format="%.6g")
        written.append(folder / name)
    return written


def write_all(results: Sequence[Results], scenarios: Sequence[Scenario], folder: Path, area: str | None = None) -> list[Path]:
    """Write the diagrams of several scenarios: of the first into the folder itself, of others into a folder of their own in it."""
    written = []
    for i, (one, scenario) in enumerate(zip(results, scenarios, strict=True)):
        own = folder if i == 0 else folder / one.scenario
        own.mkdir(exist_ok=True)
        written += write_diagrams(one, scenario, own, area=area)
    return written


def _picture(figure: Figure, path: Path, words: str) -> Path:
    """Write a figure with its alternative text; the file holds no date, so equal figures are equal files."""
    figure.savefig(path, dpi=DOTS_PER_INCH, metadata={"Software": None, "Description": words})
    return path
