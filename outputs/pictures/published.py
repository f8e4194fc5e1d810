"""Published figures beside simulated ones: tables the caller hands in, since what is published is kept apart from what draws it (ruling 28).

`PUBLISHED` has a row for each `area` (England among them), `measure` (as `sim.measures` names it, `population_0_17` too) and `year_ending` with its
`value`, over the authorities simulated and their statistical neighbours. `NEIGHBOURS` has `area`, `rank` and `neighbour`: the ten authorities most
like each, as the Department for Education lists them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scenarios.areas import ENGLAND
from sim.measures import MEASURES
from sim.results import Comparison

PUBLISHED, NEIGHBOURS = "published_history.csv", "statistical_neighbours.csv"
COLUMNS = {PUBLISHED: ["area", "measure", "year_ending", "value"], NEIGHBOURS: ["area", "rank", "neighbour"]}
PER = 10_000.0  # children aged 0 to 17


def history(comparison: Comparison, published: pd.DataFrame | None, measure: str) -> pd.Series:
    """Return what was published of a measure by year, of the same authorities together; England's own figures where they stand for England.

    A year lacks where any of the authorities published nothing (ruling 30), and a percentage is of one authority or of England alone. Empty if
    nothing is known.
    """
    if published is None or published.empty:
        return pd.Series(dtype=float)
    areas = [ENGLAND] if comparison.metadata.get("grossing") else list(comparison.baseline.areas)
    rows = published[(published.measure == measure) & published.area.isin(areas)].dropna(subset="value")
    if len(areas) > 1 and MEASURES[measure].ratio_of:
        return pd.Series(dtype=float)
    by_year = rows.groupby("year_ending").value
    return by_year.sum()[by_year.count() == len(areas)].sort_index()


def rates(published: pd.DataFrame | None, measure: str, year: int) -> dict[str, float]:
    """Return what each place published of a measure in a year per 10,000 children (a percentage as it is); places without it are left out."""
    if published is None or published.empty:
        return {}
    wide = published[published.year_ending == year].pivot_table(index="area", columns="measure", values="value")
    if measure not in wide:
        return {}
    if MEASURES[measure].ratio_of:
        return wide[measure].dropna().to_dict()
    if "population_0_17" not in wide:
        return {}
    return (PER * wide[measure] / wide.population_0_17).replace([np.inf, -np.inf], np.nan).dropna().to_dict()


def last_year(published: pd.DataFrame | None, measure: str) -> int | None:
    """Return the last year of which a measure was published; None if it was not."""
    if published is None or published.empty:
        return None
    years = published[(published.measure == measure) & published.value.notna()].year_ending
    return int(years.max()) if len(years) else None
