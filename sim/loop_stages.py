"""Whom stages concern, as the links of feedback loops need it: masks over the stages of a model, and flows from some of them."""

from __future__ import annotations

import numpy as np

from sim.kernels import layout as L
from sim.loop_point import Point

FAMILY_LAST = L.SUPPORT  # tracks up to here are a family's



def of_families(point: Point) -> np.ndarray:
    """Return the stages of families short of proceedings (S)."""
    return point.rows(lambda stage: stage["track"] <= FAMILY_LAST) & (point.arrays.in_court == 0)


def in_court(point: Point) -> np.ndarray:
    """Return the stages that courts work on (S)."""
    return point.arrays.in_court == 1


def of_children(point: Point) -> np.ndarray:
    """Return the stages of children in care and after it (S)."""
    return point.rows(lambda stage: stage["track"] > FAMILY_LAST)


def in_care(point: Point) -> np.ndarray:
    """Return the stage, one, that is being looked after (S)."""
    return point.rows(lambda stage: stage["in_care"])


def flow_from(point: Point, fired: np.ndarray, which: np.ndarray, times: float) -> float:
    """Return children a year of some transitions (K) when the stocks some of them start from are multiplied."""
    return float((fired * np.where(which[point.arrays.transitions["stage"]], times, 1.0)).sum())
