"""How the levels of entries and of leaving care move over the years: models with prior weights, which an authority's own published figures may move.

What authorities published from 2013 to 2025 (`calibration/data/la_panel.csv`) moved by more than counting explains: children starting in a year, in
logarithms, by a standard deviation of 0.15 from one year to the next and 0.20 to the one after; those leaving per child in care by 0.07 and 0.12.
Some authorities moved much, some hardly. So the models are levels that stay, drift, or walk a little or much, the first the likeliest; the
authority's published years before its records begin weigh them, then its records do.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from calibration.hazard_model import Drift, Term, fit_hazard
from calibration.panel import read_panel

SPREAD = 1.6  # variance over mean of yearly counts, siblings coming and leaving together: children a public-law case (Cafcass, 1.56 to 1.61)
LEVEL_SD = 1.0
FEWEST_YEARS = 4


class Levels(NamedTuple):
    """Models of the level of leaving care, of entries, and of unaccompanied children's, with weights."""

    leaving: tuple[Drift, ...]
    entries: tuple[Drift, ...]
    unaccompanied: tuple[Drift, ...]


# Of an authority without published figures. Weights and sizes are assumed (ranges: of staying 0.5 to 0.95; of sizes half to twice): weighed by their
# published figures of 2013 to 2019, authorities have on average 0.71 for a level of leaving that stays and 0.51 for one of entries.
ASSUMED = Levels(
    leaving=(Drift(0.0, 0.0, 0.90), Drift(0.03, 0.0, 0.04), Drift(0.0, 0.05, 0.03), Drift(0.03, 0.12, 0.03)),
    entries=(Drift(0.0, 0.0, 0.80), Drift(0.05, 0.0, 0.07), Drift(0.0, 0.08, 0.04), Drift(0.03, 0.20, 0.09)),
    unaccompanied=(Drift(0.0, 0.0, 0.30), Drift(0.0, 0.20, 0.40), Drift(0.0, 0.40, 0.30)),  # they swing: docs/recovery-from-records.md
)


def published_levels(area: str, before_year: int) -> Levels:
    """Return the models weighed by an authority's published figures of years ending before one; as assumed if it has fewer than four.

    Parameters
    ----------
    area
        As the panel names it.
    before_year
        The year ending March that the authority's own records begin with.
    """
    frame = read_panel().frame
    rows = frame[(frame["level"] == "local_authority") & (frame["name"] == area) & (frame["year_ending"] < before_year)].sort_values("year_ending")
    stock = rows["cla_at31"].rolling(2).mean()
    leaving = _weighed(rows["cla_ceased"], stock, ASSUMED.leaving)
    return Levels(leaving, _weighed(rows["cla_started"], stock * 0.0 + 1.0, ASSUMED.entries), ASSUMED.unaccompanied)


def _weighed(counts: pd.Series, exposure: pd.Series, models: tuple[Drift, ...]) -> tuple[Drift, ...]:
    """Return models with the weights that yearly counts over exposure give them."""
    known = (counts > 0) & (exposure > 0)
    if known.sum() < FEWEST_YEARS:
        return models
    events, at_risk = counts[known].to_numpy(float), exposure[known].to_numpy(float)
    cells = pd.DataFrame({"all": 0, "year": np.arange(len(events), 0, -1), "events": events, "exposure_years": at_risk})
    level = Term("level", ("all",), (1,), LEVEL_SD, np.log(events.sum() / at_risk.sum()))
    weights = fit_hazard(cells, "events", (level,), models, SPREAD).weights
    return tuple(model._replace(weight=float(max(weight, 1e-6))) for model, weight in zip(models, weights, strict=True))
