"""A caseload made by hand: hazards and entries that are the same in every cell, so that what comes of it can be worked out."""

from datetime import date

import numpy as np

from sim.caseload import CARE, CaseloadModel, Frame
from sim.kernels.caseload import Entries, Hazards, Opening

ORIGIN = date(2025, 3, 31)


def shares(*shape: int) -> np.ndarray:
    """Return even shares along the last axis, cumulated."""
    return np.broadcast_to(np.arange(1, shape[-1] + 1) / shape[-1], shape).copy()


def caseload(children: int, leaves_a_year: float, moves_a_year: float, entries_a_day: float, months: int, frame: Frame = CARE) -> CaseloadModel:
    """Return children of 5, of the third placement, who all leave and move at one rate, and others who come in at even ages and placements."""
    ages, cares, kinds, places = (len(edges) for edges in (frame.age_edges_days, frame.care_edges_days, frame.placements, frame.place_edges_days[0]))
    statuses, streams, exits, bins = (len(n) for n in (frame.legal_statuses, frame.streams, frame.exits, frame.entry_age_edges_days[1:]))
    hazards = Hazards(
        leave_age_care=np.full((1, ages, cares), leaves_a_year / 365.25), leave_age_placement=np.ones((1, ages, kinds)),
        leave_legal_care=np.ones((1, statuses, cares)), leave_unaccompanied=np.ones((1, 2)), leave_month=np.ones((1, months)),
        move_age_place=np.full((1, ages, places), moves_a_year / 365.25), move_age_placement=np.ones((1, ages, kinds)),
        move_legal=np.ones((1, statuses)), move_unaccompanied=np.ones((1, 2)), placement_lift=np.ones((statuses, kinds)),
        move_month=np.ones((1, months)), legal_change=np.zeros((1, statuses, cares)),
        next_placement=shares(1, kinds, ages, kinds), next_legal=shares(1, statuses, ages, statuses), exit_reason=shares(1, ages, kinds, exits),
    )  # fmt: skip
    per_day = np.zeros((1, streams, months))
    per_day[:, 0] = entries_a_day
    entries = Entries(
        per_day, np.full(streams, 2.0), np.ones(streams), shares(1, streams, bins), np.array(frame.entry_age_edges_days),
        shares(1, streams, ages, kinds), shares(1, streams, ages, statuses),
    )  # fmt: skip
    days = {"birth": -5.5 * 365.25, "care_start": -400.0, "place_start": -400.0, "adult": 12.5 * 365.25}
    whole = {"placement": 2, "legal_status": 0, "unaccompanied": 0, "cohort": 0}
    opening = Opening(
        **{name: np.full(children, value) for name, value in days.items()},
        **{name: np.full(children, value, dtype=np.int64) for name, value in whole.items()}, price=np.full(children, -1.0),
    )  # fmt: skip
    return CaseloadModel(ORIGIN, opening, hazards, entries, 1, frame)
