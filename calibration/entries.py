"""Children coming into care: how many, in what clumps (siblings come together), at what ages, to which placement and on what legal status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from calibration.care_pattern import CarePattern
from calibration.exposure import SLIVER_YEARS, day_number, recency
from calibration.hazard_model import Drift, Fitted, Term, fit_hazard
from sim.caseload import CARE, DAYS_A_YEAR, Frame

LEVEL_SD = 1.0  # of the log of children a year, about the authority's own count: the level is the records' own
AGE_WEIGHT = 20.0  # children the pattern's ages count as (assumed; range 10 to 50)
FIRST_WEIGHT = 10.0
WEEK = 7.0


@dataclass(frozen=True)
class EntryRates:
    """What was estimated of children coming in, by stream of a frame (S).

    Attributes
    ----------
    levels
        Children a year (`Fitted`); None for a stream nobody came in by.
    spread
        (S,) variance over mean of children who come in in a week: siblings come together.
    ages
        (S, bins) Dirichlet parameters of age, in bins of the frame's `entry_age_edges_days`.
    placements, legal_statuses
        (S, AGES, KINDS), (S, AGES, STATUSES) Dirichlet parameters of the first placement and legal status.
    """

    levels: tuple[Fitted | None, ...]
    spread: np.ndarray
    ages: np.ndarray
    placements: np.ndarray
    legal_statuses: np.ndarray


def fit_entries(spans: pd.DataFrame, pattern: CarePattern, since: date, origin: date, drifts: tuple[tuple[Drift, ...], ...]) -> EntryRates:
    """Estimate how children came into care between two days, drawn to a pattern: `entries_of`."""
    weights = {"entry_age": AGE_WEIGHT, "first_placement": FIRST_WEIGHT, "first_legal_status": FIRST_WEIGHT}
    prior = {name: weight * pattern.shares[name] for name, weight in weights.items()}
    return entries_of(spans, prior, since, origin, CARE, drifts)


def entries_of(
    spans: pd.DataFrame, prior: dict[str, np.ndarray], since: date, origin: date, frame: Frame, drifts: tuple[tuple[Drift, ...], ...]
) -> EntryRates:
    """Estimate how children came in between two days, from spans as `calibration.exposure.spans_of` returns them.

    Parameters
    ----------
    prior
        Dirichlet parameters before the records speak, as `first_counts` names them.
    drifts
        Models of how many come in over the years, by stream.
    """
    low, high = _ends(since, origin)
    first = _first_spans(spans, since, origin)
    levels, spread = [], np.ones(len(frame.streams))
    for stream in range(len(frame.streams)):
        days = first.loc[first["unaccompanied"] == stream, "start"].to_numpy()
        spread[stream] = _spread(days, low, high)
        levels.append(_level(days, low, high, spread[stream], drifts[stream]) if len(days) else None)
    counts = first_counts(spans, since, origin, frame)
    found = (prior[name] + counts[name] for name in ("entry_age", "first_placement", "first_legal_status"))
    return EntryRates(tuple(levels), spread, *found)


def first_counts(spans: pd.DataFrame, since: date, origin: date, frame: Frame) -> dict[str, np.ndarray]:
    """Return how many came in between two days at each age, to which placement and on which legal status: shapes of `EntryRates`.

    First placements count by `recency`.
    """
    first = _first_spans(spans, since, origin)
    stream, days = first["unaccompanied"].to_numpy(), (first["start"] - first["birth"]).to_numpy()
    bins, bands = len(frame.entry_age_edges_days) - 1, len(frame.age_edges_days)
    at = np.clip(np.searchsorted(frame.entry_age_edges_days, days, side="right") - 1, 0, bins - 1)
    age = np.clip(np.searchsorted(frame.age_edges_days, days, side="right") - 1, 0, bands - 1)
    streams, kinds, known = len(frame.streams), len(frame.placements), len(frame.legal_statuses)
    ages, placements, statuses = np.zeros((streams, bins)), np.zeros((streams, bands, kinds)), np.zeros((streams, bands, known))
    np.add.at(ages, (stream, at), 1.0)
    np.add.at(placements, (stream, age, first["placement"].to_numpy()), recency(_ends(since, origin)[1] - first["start"]))
    np.add.at(statuses, (stream, age, first["legal_status"].to_numpy()), 1.0)
    return {"entry_age": ages, "first_placement": placements, "first_legal_status": statuses}


def _first_spans(spans: pd.DataFrame, since: date, origin: date) -> pd.DataFrame:
    """Return the first span of each period of care that began between two days."""
    low, high = _ends(since, origin)
    here = (spans["start"] == spans["care_start"]) & spans["start_known"] & (spans["start"] > low) & (spans["start"] <= high)
    return spans[here].drop_duplicates("period")


def _ends(since: date, origin: date) -> tuple[float, float]:
    """Return the ends of the day before the first, and of the last, as numbers since 1970: the window holds both days whole."""
    return day_number(since) - 1.0, day_number(origin)


def _spread(days: np.ndarray, low: float, high: float) -> float:
    """Return the variance over mean of weekly counts, at least 1."""
    weeks = int((high - low) // WEEK)
    counts = np.bincount(((high - days[days > high - weeks * WEEK]) // WEEK).astype(int), minlength=weeks)[:weeks] if weeks > 1 else np.array([])
    return max(1.0, float(counts.var(ddof=1) / counts.mean())) if len(counts) > 1 and counts.mean() > 0 else 1.0


def _level(days: np.ndarray, low: float, high: float, spread: float, drifts: tuple[Drift, ...]) -> Fitted:
    """Fit children a year, over the years back from the origin."""
    years = max(1, int(np.ceil((high - low) / DAYS_A_YEAR - SLIVER_YEARS)))
    year = np.clip(np.ceil((high - days) / DAYS_A_YEAR), 1, years).astype(int)
    exposure = np.ones(years)
    exposure[-1] = (high - low) / DAYS_A_YEAR - (years - 1)  # the earliest: shorter, or longer by a sliver
    counts = np.bincount(year, minlength=years + 1)[1:]
    cells = pd.DataFrame({"year": range(1, years + 1), "starts": counts, "exposure_years": exposure})
    average = np.log(max(counts.sum(), 0.5) / exposure.sum())
    return fit_hazard(cells.assign(all=0), "starts", (Term("level", ("all",), (1,), LEVEL_SD, average),), drifts, spread)


