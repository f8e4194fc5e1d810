"""A caseload as arrays: children in care on a day, hazards by draw, and how a caseload is run on (`sim.kernels.caseload`).

This is what an authority's own records are forecast with: every child in care on the day of origin, with age, time in care, time in placement, legal
status, and hazards estimated from the same records. Places, queues and workforce are not in the records: they are held as the records found them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from scenarios.names import name_hash
from sim.kernels.caseload import Bands, Entries, Hazards, Names, Opening, Reform, Tallies, run_on

DAYS_A_YEAR = 365.25
AGE_EDGES_YEARS = (0, 1, 5, 10, 16, 17)  # hazards differ between 16 and 17; results are told by the five bands of published tables
AGE_EDGES_DAYS = tuple(years * DAYS_A_YEAR for years in AGE_EDGES_YEARS)
CARE_EDGES_DAYS = (0.0, 14.0, 56.0, 182.0, 365.25, 730.5, 1095.75, 1826.25)  # of time in this period of care, as the pathway's
PLACE_EDGES_DAYS = (0.0, 28.0, 91.0, 182.0, 365.25, 730.5)  # of time in this placement, as the pathway's
ENTRY_AGE_EDGES_DAYS = (0.0, 14.0, 56.0, 182.0, *(years * DAYS_A_YEAR for years in range(1, 19)))  # bins of age at the start of care
AGE_BANDS = ("under_1", "1_to_4", "5_to_9", "10_to_15", "16_to_17")  # as published tables tell ages
AGE_BANDS_YEARS = (0, 1, 5, 10, 16, 18)
AGE_TOLD = (0, 1, 2, 3, 4, 4)  # which of them each band of age belongs to
PLACEMENTS = (
    "kinship_foster", "in_house_foster", "agency_foster", "authority_childrens_home", "childrens_home", "secure_home", "youth_detention",
    "supported_accommodation", "with_parents", "adoption_placement", "other_placement",
)  # fmt: skip
LEGAL_STATUSES = ("section_20", "police_protection", "interim_care_order", "care_order", "placement_order", "remand")
EXITS = (
    "reunified", "relatives", "special_guardianship", "child_arrangements_order", "adopted", "independent_living", "moved_area", "other_exit",
)  # leaving at 18 is not chosen but certain
STREAMS = ("family", "unaccompanied")
CANDIDATES_PER_CHILD = 2.0  # the common stream holds twice the children expected: a reform may raise entries to that
BATCH = 25  # replicates a thread takes at a time


@dataclass(frozen=True)
class Frame:
    """What a caseload is of, and the bands that its hazards are constant in.

    Attributes
    ----------
    name
        The stem of the addresses of its draws.
    age_edges_days, age_bands, age_told
        Edges of the bands of age that hazards have, the bands that results are told by, and which of these each of those belongs to.
    care_edges_days
        Edges of time since a child came into the caseload.
    place_edges_days
        Edges of time in one placement, for each placement: the first bands of one may be of no length, so that another's differ.
    entry_age_edges_days
        Edges of the bins of age at entry; who reaches the last one has left.
    placements, legal_statuses, exits, streams
        Their names. The number of a child's stream is what hazards call `unaccompanied`.
    """

    name: str
    age_edges_days: tuple[float, ...]
    age_bands: tuple[str, ...]
    age_told: tuple[int, ...]
    care_edges_days: tuple[float, ...]
    place_edges_days: tuple[tuple[float, ...], ...]
    entry_age_edges_days: tuple[float, ...]
    placements: tuple[str, ...]
    legal_statuses: tuple[str, ...]
    exits: tuple[str, ...]
    streams: tuple[str, ...]

    @property
    def names(self) -> Names:
        """Hashes of the names of its draws."""
        return Names(*(name_hash(f"{self.name}.{name}") for name in Names._fields))


CARE = Frame(
    "caseload", AGE_EDGES_DAYS, AGE_BANDS, AGE_TOLD, CARE_EDGES_DAYS, (PLACE_EDGES_DAYS,) * len(PLACEMENTS), ENTRY_AGE_EDGES_DAYS, PLACEMENTS,
    LEGAL_STATUSES, EXITS, STREAMS,
)  # fmt: skip


@dataclass(frozen=True)
class CaseloadModel:
    """All that a caseload is run on with.

    Attributes
    ----------
    origin
        Day whose end is time 0.
    opening, hazards, entries
        As `sim.kernels.caseload` has them.
    draws
        How many sets of hazards there are; replicate r takes set r modulo this.
    frame
        What it is of: children in care, or in need (`sim.need_caseload`).
    """

    origin: date
    opening: Opening
    hazards: Hazards
    entries: Entries
    draws: int
    frame: Frame = CARE


@dataclass(frozen=True)
class CaseloadRun:
    """What replicates of a caseload counted.

    Attributes
    ----------
    months
        Ends of months (M,), as days.
    years
        Budget years (ending in March) that the months lie in, in order (Y,).
    tallies
        As `sim.kernels.caseload.Tallies`.
    frame
        The model's.
    """

    months: tuple[date, ...]
    years: tuple[int, ...]
    tallies: Tallies
    frame: Frame = CARE


def month_ends(origin: date, until: date) -> tuple[date, ...]:
    """Return the ends of months after a day, up to another."""
    return tuple(day.date() for day in pd.date_range(origin, until, freq="ME") if day.date() > origin)


def budget_year(day: date) -> int:
    """Return the year in whose March the budget year of a day ends."""
    return day.year + (day.month > 3)


def no_reform(months: int, frame: Frame = CARE) -> Reform:
    """Return ratios of 1, in one world."""
    ages, kinds = len(frame.age_bands), len(frame.placements)
    return Reform(np.ones((1, months, ages, kinds)), np.ones((1, months, kinds)), np.ones((1, months, ages)), np.ones((1, months, kinds)))


def run_caseload(
    model: CaseloadModel, until: date, prices: np.ndarray, runs: int, seed: int, reform: Reform | None = None, workers: int = 2,
    dear_gbp: float = 10_000.0,
) -> CaseloadRun:  # fmt: skip
    """Run replicates of a caseload to a month's end.

    Parameters
    ----------
    prices
        (K, Q) quantiles, (i + 1/2)/Q for i from 0, of the price in pounds a week of a new placement of each kind.
    reform
        Ratios by world and month; by default 1.

    Raises
    ------
    ValueError
        If a reform raises entries beyond what the stream of candidates holds, or there is no month to run.
    """
    months = month_ends(model.origin, until)
    if not months:
        raise ValueError(f"no month ends after {model.origin} and by {until}")
    frame = model.frame
    reform = reform or no_reform(len(months), frame)
    if reform.enter.max() > CANDIDATES_PER_CHILD:
        raise ValueError(f"entries are raised {reform.enter.max():.2f} times, expected {CANDIDATES_PER_CHILD:g} times at most")
    year = np.array([budget_year(day) for day in months])
    years = tuple(range(int(year[0]), int(year[-1]) + 1))
    bands = Bands(
        np.array(frame.age_edges_days), np.array(frame.care_edges_days), np.array(frame.place_edges_days),
        np.array([0.0, *((day - model.origin).days for day in months)]), np.array(frame.age_told), year - years[0],
        np.ascontiguousarray(prices), dear_gbp,
    )  # fmt: skip
    firsts, names = range(0, runs, BATCH), frame.names

    def batch(first: int) -> Tallies:
        """Run some replicates."""
        tallies = _empty(frame, min(BATCH, runs - first), len(months), len(years))
        run_on(first, seed, model.draws, model.opening, model.entries, model.hazards, reform, bands, tallies, names)
        return tallies

    with ThreadPoolExecutor(workers) as pool:
        parts = list(pool.map(batch, firsts))
    return CaseloadRun(months, years, Tallies(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True))), frame)


def opening_stock(children: pd.DataFrame, frame: Frame = CARE) -> np.ndarray:
    """Return children of a caseload on the day of origin by age band and placement (bands, K)."""
    stock = np.zeros((len(frame.age_bands), len(frame.placements)), dtype=np.int64)
    age = np.array(frame.age_told)[np.maximum(np.searchsorted(frame.age_edges_days, -children["birth"].to_numpy(), side="right") - 1, 0)]
    np.add.at(stock, (age, children["placement"].to_numpy()), 1)
    return stock


def _empty(frame: Frame, runs: int, months: int, years: int) -> Tallies:
    """Return tallies of nothing."""
    ages, kinds, whens = len(frame.age_bands), len(frame.placements), years + 2
    by_child = {"stock": (ages, kinds), "unaccompanied": (), "dear": ()}
    counts = {**by_child, "starts": (ages,), "leavers": (ages,), "reasons": (len(frame.exits) + 1,), "begun": (kinds,)}
    sums = {"days": (kinds, whens), "cost": (kinds, whens), "dear_cost": ()}
    arrays = {name: np.zeros((runs, months, *shape), np.int32) for name, shape in counts.items()}
    return Tallies(**arrays, **{name: np.zeros((runs, months, *shape)) for name, shape in sums.items()})
