"""Rates of need from an authority's own children in need census, and the caseload of need they are run on with.

The same regression as of care (`calibration.rates`), of episodes that close and of moves between stages (`calibration.need_histories`). Nothing
published says how long children of an age stay in need in an authority, so nothing is drawn to a pattern: levels begin at the authority's own, and
coefficients may lie `WIDER` times as far from nothing as those of care from their pattern.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from calibration.entries import entries_of, first_counts
from calibration.episodes import birthday
from calibration.exposure import as_days, cells_of, day_number
from calibration.hazard_model import Drift, Fitted, Term, fit_hazard
from calibration.levels import Levels
from calibration.need_histories import open_spans
from calibration.rate_draws import DRAWS, model_of
from calibration.rates import STEADY, CareRates, changing_terms, leaving_terms, moving_terms, shares_of
from sim.caseload import CaseloadModel
from sim.need_caseload import ADULT, AT_18, LAST_YEARS, NEED

WIDER = 4.0  # assumed (range 2 to 8)
# Models of how levels move over years, with weights. What authorities published from 2019 to 2025 (`calibration/data/la_panel.csv`): children in need
# at 31 March, in logarithms, moved by a standard deviation of 0.13 (0.10 of the middle two thirds) in a year and 0.17 (0.14) in three. The wider walk
# gives children in need about that spread; derived, weights assumed (range half to twice). Those of care are not used: published numbers of need move
# so much more than counting explains that the widest of them would always be taken.
LEVELS = Levels(
    leaving=(Drift(0.0, 0.0, 0.5), Drift(0.03, 0.0, 0.1), Drift(0.0, 0.05, 0.4)),
    entries=(Drift(0.0, 0.0, 0.35), Drift(0.05, 0.0, 0.1), Drift(0.0, 0.10, 0.25), Drift(0.0, 0.18, 0.3)),
    unaccompanied=(),  # no stream of theirs in need
)
POOLED_WEIGHT = 0.5  # children whose choice that of all ages counts as, in each row of shares (assumed; range 0.2 to 2)
SEED_APART = 0x6E656564  # so that draws of rates of need are not those of care: ASCII of `need`
AGES, EPISODES, KINDS, PLACES = len(NEED.age_edges_days), len(NEED.care_edges_days), len(NEED.placements), len(NEED.place_edges_days[0])


@dataclass(frozen=True)
class NeedRates:
    """What was estimated of need: as `CareRates`, with stages for placements and closures for leaving care."""

    rates: CareRates
    spans: pd.DataFrame


def estimate_need(spans: pd.DataFrame, since: date, origin: date) -> NeedRates:
    """Estimate rates of need from what happened between two days (`calibration.need_histories.need_spans`)."""
    cells = cells_of(spans, since, origin, NEED)
    means = {
        "leaves": {"age": (AGES,), "care": (EPISODES,), "age_care": (AGES, EPISODES), "placement": (KINDS,), "age_placement": (AGES, KINDS),
                   "legal_status_care": (1, EPISODES)},
        "moves": {"age": (AGES,), "place": (PLACES,), "age_place": (AGES, PLACES), "placement": (KINDS,), "age_placement": (AGES, KINDS)},
        "changes_legal_status": {"care": (EPISODES,), "legal_status_care": (1, EPISODES)},
    }
    leaving = _fit(cells, "leaves", leaving_terms, means["leaves"], LEVELS.leaving)
    moving = _fit(cells, "moves", moving_terms, means["moves"], STEADY)
    changing = _fit(cells, "changes_legal_status", changing_terms, means["changes_legal_status"], STEADY[:1])
    chosen, first = shares_of(spans, since, origin, NEED), first_counts(spans, since, origin, NEED)
    prior = {name: _pooled(found) for name, found in (chosen | first).items()}
    for name in ("next_placement", "first_placement"):
        prior[name][:, : NEED.age_edges_days.index(AT_18), ADULT] = 0.0
    counts = {name: found + prior[name] for name, found in chosen.items()}
    entries = entries_of(spans, prior, since, origin, NEED, (LEVELS.entries,) * len(NEED.streams))
    found = (counts[name] for name in ("next_placement", "next_legal_status", "exit_reason"))
    return NeedRates(CareRates(leaving, moving, changing, *found, np.ones((1, KINDS)), entries, since, origin, cells), spans)


def _fit(cells: pd.DataFrame, event: str, terms_of, shapes: dict[str, tuple[int, ...]], drifts) -> Fitted:
    """Fit a hazard with the terms of care, of the bands of need, about the authority's own level."""
    level = np.log(max(cells[event].sum(), 0.5) / cells["exposure_years"].sum())
    means = {name: np.zeros(shape) for name, shape in shapes.items()} | {"legal_status": np.zeros(1), "unaccompanied": np.zeros(2)}
    terms: tuple[Term, ...] = terms_of({"level": np.array(level), **means})
    return fit_hazard(cells, event, tuple(term._replace(sizes=np.shape(term.mean), sd=WIDER * term.sd) for term in terms), drifts)


def _pooled(counts: np.ndarray) -> np.ndarray:
    """Return what each row of shares counts before its own: `POOLED_WEIGHT` children, as those of all ages chose (of rows like it, then of all)."""
    everywhere = counts.reshape(-1, counts.shape[-1]).sum(axis=0) + 1e-6
    alike = counts.sum(axis=-2, keepdims=True) if counts.ndim > 2 else np.zeros(counts.shape[-1])
    near = alike + 0.01 * everywhere / everywhere.sum()
    return POOLED_WEIGHT * np.broadcast_to(near / near.sum(axis=-1, keepdims=True), counts.shape).copy()


def opening_need(spans: pd.DataFrame, origin: date) -> pd.DataFrame:
    """Return the children in need at the end of a day, with the columns of `calibration.opening.Opened.children`."""
    day = day_number(origin)
    here = open_spans(spans, origin)
    frame = here[["child", "placement", "legal_status", "unaccompanied"]].assign(price=0.0, cohort=0)
    for column in ("birth", "care_start", "place_start"):
        frame[column] = here[column] - day
    birth = here["birth"].to_numpy().astype("int64").astype("datetime64[D]")
    frame["adult"] = as_days(pd.Series(birthday(birth, LAST_YEARS))) - day  # after which nobody is in records of need
    return frame[frame["adult"] > 0].reset_index(drop=True)


def need_model(found: NeedRates, opening: pd.DataFrame, origin: date, months: int, seed: int, draws: int = DRAWS) -> CaseloadModel:
    """Return a model of a caseload of need, from rates and the children in need at the origin (`opening_need`)."""
    model = model_of(found.rates, opening, origin, months, seed ^ SEED_APART, draws)
    hazards = model.hazards._replace(legal_change=np.zeros_like(model.hazards.legal_change))  # need has no legal status
    once = np.ones(len(NEED.streams))  # candidates a child expected: no reform raises entries to need
    entries = model.entries._replace(age_edges=np.array(NEED.entry_age_edges_days), candidates=once)
    return replace(model, hazards=hazards, entries=entries, frame=NEED)
