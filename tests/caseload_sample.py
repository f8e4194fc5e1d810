"""Caseloads whose every hazard and share a test states."""

from datetime import date

import numpy as np

from sim.caseload import (
    AGE_BANDS,
    AGE_EDGES_DAYS,
    CARE_EDGES_DAYS,
    DAYS_A_YEAR,
    ENTRY_AGE_EDGES_DAYS,
    EXITS,
    LEGAL_STATUSES,
    PLACE_EDGES_DAYS,
    PLACEMENTS,
    STREAMS,
    CaseloadModel,
    month_ends,
)
from sim.kernels.caseload import Entries, Hazards, Opening, Reform

ORIGIN = date(2022, 3, 31)
AGES, CARES, PLACES, KINDS, STATUSES = (len(x) for x in (AGE_EDGES_DAYS, CARE_EDGES_DAYS, PLACE_EDGES_DAYS, PLACEMENTS, LEGAL_STATUSES))
ADULT_DAYS = 18 * DAYS_A_YEAR


def cumulated(shares) -> np.ndarray:
    return np.cumsum(np.asarray(shares, float), axis=-1)


def always(position: int, size: int) -> np.ndarray:
    """Shares of which one is all, cumulated."""
    return cumulated(np.eye(size)[position])


def hazards(months: int, leave=0.0, move=0.0, change=0.0, to: int = 1, reason: int = 0) -> Hazards:
    """Hazards a day: leaving by (age, care) or less, moving by (age, place), changing; one placement moved to, one reason for leaving."""
    leave, move = np.broadcast_to(leave, (AGES, CARES)), np.broadcast_to(move, (AGES, PLACES))
    return Hazards(
        leave[None].copy(), np.ones((1, AGES, KINDS)), np.ones((1, STATUSES, CARES)), np.ones((1, 2)), np.ones((1, months)), move[None].copy(),
        np.ones((1, AGES, KINDS)), np.ones((1, STATUSES)), np.ones((1, 2)), np.ones((1, months)),
        np.broadcast_to(change, (STATUSES, CARES))[None].copy(),
        np.broadcast_to(always(to, KINDS), (1, KINDS, AGES, KINDS)).copy(), np.ones((STATUSES, KINDS)),
        np.broadcast_to(always(3, STATUSES), (1, STATUSES, AGES, STATUSES)).copy(),
        np.broadcast_to(always(reason, len(EXITS)), (1, AGES, KINDS, len(EXITS))).copy(),
    )  # fmt: skip


def opening(*children: dict) -> Opening:
    """Children in care at the origin: `age` and time in `care` and `place` in days, `placement`, `price` (below 0: drawn), `cohort`."""
    whole = [{"age": 3000.0, "care": 100.0, "place": 50.0, "placement": 0, "legal": 0, "alone": 0, "price": 700.0, "cohort": 0} | c for c in children]

    def column(name: str, kind=float) -> np.ndarray:
        return np.array([child[name] for child in whole], dtype=kind)

    age = column("age")
    return Opening(-age, -column("care"), -column("place"), ADULT_DAYS - age, column("placement", np.int64), column("legal", np.int64),
                   column("alone", np.int64), column("price"), column("cohort", np.int64))  # fmt: skip


def entries(months: int, per_day=0.0, age_bin: int | None = None, clump_ends: float = 1.0, placement: int = 0) -> Entries:
    """Children a day of the first stream, of one bin of age (or of all alike), in clumps that end at each child with a probability."""
    bins = len(ENTRY_AGE_EDGES_DAYS) - 1
    rate = np.zeros((1, len(STREAMS), months))
    rate[0, 0] = per_day
    ages = cumulated(np.full(bins, 1 / bins)) if age_bin is None else always(age_bin, bins)
    return Entries(
        rate, np.full(len(STREAMS), 2.0), np.full(len(STREAMS), clump_ends), np.broadcast_to(ages, (1, len(STREAMS), bins)).copy(),
        np.array(ENTRY_AGE_EDGES_DAYS), np.broadcast_to(always(placement, KINDS), (1, len(STREAMS), AGES, KINDS)).copy(),
        np.broadcast_to(always(0, STATUSES), (1, len(STREAMS), AGES, STATUSES)).copy(),
    )  # fmt: skip


def model(until: date, children=(), rates: dict | None = None, coming: dict | None = None) -> CaseloadModel:
    months = len(month_ends(ORIGIN, until))
    return CaseloadModel(ORIGIN, opening(*children), hazards(months, **(rates or {})), entries(months, **(coming or {})), 1)


def prices(gbp_per_week: float = 700.0) -> np.ndarray:
    """One price of every placement."""
    return np.full((KINDS, 4), gbp_per_week)


def reform(months: int, enter=1.0, leave=1.0, move=1.0) -> Reform:
    """Ratios of one world, the same for all."""
    ages = len(AGE_BANDS)
    return Reform(np.full((1, months, ages, KINDS), float(leave)), np.full((1, months, KINDS), float(move)),
                  np.full((1, months, ages), float(enter)), np.ones((1, months, KINDS)))  # fmt: skip


def in_care(run) -> np.ndarray:
    """Children in care by replicate and month end."""
    return run.tallies.stock.sum(axis=(2, 3))
