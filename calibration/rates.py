"""Rates from an authority's own histories in care: what its caseload is run on with.

Leaving care, moving and changing legal status are piecewise-constant hazards (`calibration.hazard_model`) of occurrence and exposure
(`calibration.exposure`), with open cases censored; age and time in care act jointly. Each coefficient is drawn towards the pattern that the fit to
published figures shows (`calibration.care_pattern`), so that a small authority is not overfitted and a large one speaks for itself. Shares (where a
child moves, what it enters at) are Dirichlet, drawn to the pattern's in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from calibration.care_pattern import CarePattern
from calibration.care_records import CareRecords
from calibration.entries import EntryRates, fit_entries
from calibration.exposure import UNKNOWN, cells_of, day_number, recency, spans_of
from calibration.hazard_model import Drift, Fitted, Term, fit_hazard
from calibration.levels import ASSUMED, Levels
from sim.caseload import AGE_EDGES_DAYS, CARE, CARE_EDGES_DAYS, LEGAL_STATUSES, PLACE_EDGES_DAYS, PLACEMENTS, Frame

AGES, CARES, PLACES, KINDS, STATUSES = len(AGE_EDGES_DAYS), len(CARE_EDGES_DAYS), len(PLACE_EDGES_DAYS), len(PLACEMENTS), len(LEGAL_STATUSES)
# Standard deviations of log ratios between authorities: how far each may lie from the pattern before its own records speak. Assumed (range half to
# twice).
LEVEL_SD, MAIN_SD, JOINT_SD = 0.5, 0.4, 0.25
STATUS_CARE_SD = 0.5  # who leaves in the first weeks goes by legal status: the value that simulated returns of five authorities favoured
# How the level of moving may have moved, with prior weights: assumed, as those of leaving (calibration/levels.py); changes of legal status stay.
STEADY = (Drift(0.0, 0.0, 0.9), Drift(0.03, 0.06, 0.1))
LIFT_WEIGHT = 2.0  # moves that the pattern's lifts count as (assumed; range 1 to 5)
SHARE_WEIGHT = 10.0  # children whose choice the pattern's shares count as, in each row of shares (assumed; range 5 to 30)


@dataclass(frozen=True)
class CareRates:
    """What was estimated from records.

    Attributes
    ----------
    leaving, moving, changing
        Hazards a year (`Fitted`).
    next_placement, next_legal_status, exit_reason
        Dirichlet parameters: (KINDS, AGES, KINDS), (STATUSES, AGES, STATUSES), (AGES, KINDS, EXITS).
    placement_lift
        How many times likelier each placement is to be moved to on each legal status than on all (STATUSES, KINDS).
    entries
        Children coming into care.
    since, origin
        The days the rates were estimated between.
    cells
        Occurrence and exposure, as `cells_of` returns them.
    """

    leaving: Fitted
    moving: Fitted
    changing: Fitted
    next_placement: np.ndarray
    next_legal_status: np.ndarray
    exit_reason: np.ndarray
    placement_lift: np.ndarray
    entries: EntryRates
    since: date
    origin: date
    cells: pd.DataFrame


def estimate(records: CareRecords, pattern: CarePattern, since: date, origin: date, levels: Levels = ASSUMED) -> CareRates:
    """Estimate rates from what happened between two days.

    Parameters
    ----------
    pattern
        What rates are drawn towards.
    levels
        How levels may have moved over the years, with prior weights.
    """
    spans = spans_of(records)
    cells = cells_of(spans, since, origin, CARE)
    means, timed = pattern.means, cells[cells["care"] != UNKNOWN]
    leaving = fit_hazard(timed, "leaves", leaving_terms(means["leaves"]), levels.leaving, leaving_spread(records, since, origin))
    moving = fit_hazard(cells, "moves", moving_terms(means["moves"]), STEADY)
    changing = fit_hazard(timed, "changes_legal_status", changing_terms(means["changes_legal_status"]), STEADY[:1])
    shares = shares_of(spans, since, origin, CARE)
    found = {name: SHARE_WEIGHT * pattern.shares[name] + shares[name] for name in shares}
    entries = fit_entries(spans, pattern, since, origin, (levels.entries, levels.unaccompanied))
    # Adoption follows a placement order, a placement with parents a care order: moves over those expected, drawn to the pattern's.
    happened, expected = moves_by_status(spans, since, origin, found["next_placement"])
    lift = (happened + LIFT_WEIGHT * pattern.placement_lift) / (expected + LIFT_WEIGHT)
    return CareRates(
        leaving, moving, changing, found["next_placement"], found["next_legal_status"], found["exit_reason"], lift, entries, since, origin, cells
    )


def leaving_spread(records: CareRecords, since: date, origin: date) -> float:
    """Return the variance over mean of those who leave care, siblings together: the mean over them of how many left with each."""
    stays = records.stays
    left = stays[~stays["ended_by"].isin(["", "moved", "aged_out"]) & (stays["end"] >= pd.Timestamp(since)) & (stays["end"] <= pd.Timestamp(origin))]
    together = left.groupby([records.children["family"].to_numpy()[left["child"]], "end"]).size()
    return float((together**2).sum() / together.sum()) if len(together) else 1.0


def leaving_terms(mean: dict[str, np.ndarray]) -> tuple[Term, ...]:
    """Return the terms of the hazard of leaving care, other than by turning 18."""
    return (
        Term("level", (), (), LEVEL_SD, mean["level"]),
        Term("age", ("age",), (AGES,), MAIN_SD, mean["age"]),
        Term("care", ("care",), (CARES,), MAIN_SD, mean["care"]),
        Term("age_care", ("age", "care"), (AGES, CARES), JOINT_SD, mean["age_care"]),
        Term("placement", ("placement",), (KINDS,), MAIN_SD, mean["placement"]),
        Term("age_placement", ("age", "placement"), (AGES, KINDS), JOINT_SD, mean["age_placement"]),
        Term("legal_status", ("legal_status",), (STATUSES,), MAIN_SD, mean["legal_status"]),
        Term("legal_status_care", ("legal_status", "care"), (STATUSES, CARES), STATUS_CARE_SD, mean["legal_status_care"]),
        Term("unaccompanied", ("unaccompanied",), (2,), MAIN_SD, mean["unaccompanied"]),
    )


def moving_terms(mean: dict[str, np.ndarray]) -> tuple[Term, ...]:
    """Return the terms of the hazard of moving to another placement."""
    return (
        Term("level", (), (), LEVEL_SD, mean["level"]),
        Term("age", ("age",), (AGES,), MAIN_SD, mean["age"]),
        Term("place", ("place",), (PLACES,), MAIN_SD, mean["place"]),
        Term("age_place", ("age", "place"), (AGES, PLACES), JOINT_SD, mean["age_place"]),
        Term("placement", ("placement",), (KINDS,), MAIN_SD, mean["placement"]),
        Term("age_placement", ("age", "placement"), (AGES, KINDS), JOINT_SD, mean["age_placement"]),
        Term("legal_status", ("legal_status",), (STATUSES,), MAIN_SD, mean["legal_status"]),
        Term("unaccompanied", ("unaccompanied",), (2,), MAIN_SD, mean["unaccompanied"]),
    )


def changing_terms(mean: dict[str, np.ndarray]) -> tuple[Term, ...]:
    """Return the terms of the hazard of a change of legal status."""
    return (
        Term("level", (), (), LEVEL_SD, mean["level"]),
        Term("legal_status", ("legal_status",), (STATUSES,), MAIN_SD, mean["legal_status"]),
        Term("care", ("care",), (CARES,), MAIN_SD, mean["care"]),
        Term("legal_status_care", ("legal_status", "care"), (STATUSES, CARES), JOINT_SD, mean["legal_status_care"]),
    )


def no_means(event: str) -> dict[str, np.ndarray]:
    """Return a pattern of an event's hazard that says nothing: once in e years, whatever the age, time, placement or legal status."""
    shapes = {
        "leaves": {
            "age": (AGES,), "care": (CARES,), "age_care": (AGES, CARES), "placement": (KINDS,), "age_placement": (AGES, KINDS),
            "legal_status_care": (STATUSES, CARES),
        },
        "moves": {"age": (AGES,), "place": (PLACES,), "age_place": (AGES, PLACES), "placement": (KINDS,), "age_placement": (AGES, KINDS)},
        "changes_legal_status": {"care": (CARES,), "legal_status_care": (STATUSES, CARES)},
    }[event] | {"legal_status": (STATUSES,), "unaccompanied": (2,)}  # fmt: skip
    return {"level": np.array(-1.0), **{term: np.zeros(shape) for term, shape in shapes.items()}}


def shares_of(spans: pd.DataFrame, since: date, origin: date, frame: Frame) -> dict[str, np.ndarray]:
    """Return how often each choice was made between two days, of spans as `spans_of` returns them: counts with the shapes of `CareRates`.

    Choices of placement count by `recency`.
    """
    ages, kinds, statuses, exits = len(frame.age_edges_days), len(frame.placements), len(frame.legal_statuses), len(frame.exits)
    low, high = day_number(since), day_number(origin)
    spans = spans[(spans["end"] >= low) & (spans["end"] <= high)]
    age = np.searchsorted(frame.age_edges_days, spans["end"] - spans["birth"], side="right") - 1
    age, placement, status = np.clip(age, 0, ages - 1), spans["placement"].to_numpy(), spans["legal_status"].to_numpy()
    counts = {"next_placement": np.zeros((kinds, ages, kinds)), "next_legal_status": np.zeros((statuses, ages, statuses))}
    counts["exit_reason"] = np.zeros((ages, kinds, exits))
    moved = spans["moves"].to_numpy()
    to = spans["next_placement"][moved].to_numpy()
    np.add.at(counts["next_placement"], (placement[moved], age[moved], to), recency(high - spans["end"][moved]))
    changed = spans["changes_legal_status"].to_numpy()
    np.add.at(counts["next_legal_status"], (status[changed], age[changed], spans["next_legal_status"][changed].to_numpy()), 1.0)
    left = spans["leaves"].to_numpy()
    reasons = spans["exit"][left].map({name: position for position, name in enumerate(frame.exits)}).to_numpy(np.int64)
    np.add.at(counts["exit_reason"], (age[left], placement[left], reasons), 1.0)
    return counts


def moves_by_status(spans: pd.DataFrame, since: date, origin: date, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return moves to each placement on each legal status between two days, and how many shares by placement and age alone expect (L, K).

    Moves count by `recency`, as in the shares: else a change of places would show as one of legal statuses.

    Parameters
    ----------
    shares
        Of the next placement by placement and age band (K, A, K), as counts.
    """
    low, high = day_number(since), day_number(origin)
    moved = spans[spans["moves"] & (spans["end"] >= low) & (spans["end"] <= high)]
    age = np.clip(np.searchsorted(AGE_EDGES_DAYS, moved["end"] - moved["birth"], side="right") - 1, 0, AGES - 1)
    chances = shares / shares.sum(axis=-1, keepdims=True)
    weight, status = recency(high - moved["end"]), moved["legal_status"].to_numpy()
    found, expected = np.zeros((STATUSES, KINDS)), np.zeros((STATUSES, KINDS))
    np.add.at(found, (status, moved["next_placement"].to_numpy()), weight)
    np.add.at(expected, status, weight[:, None] * chances[moved["placement"].to_numpy(), age])
    return found, expected
