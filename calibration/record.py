"""Authorities' records as arrays: logarithms of the fitted series' rates by authority and year, and the variance of counting in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calibration.dynamics import filled
from calibration.panel import ENGLAND
from calibration.series import EXITS, IN_CARE, NAMES, STARTS, log_rates
from calibration.targets import PublishedTargets
from calibration.uasc import LEAVING_RATE
from scenarios.areas import AreaProfile

MOST_UASC = 0.6  # of an authority's children in care, those estimated; Kent's share was half in 2016
BALANCE = (0.9, 1.1)  # no panel is taken to be further out of balance
FIRST_YEAR = 2013  # no earlier year is read, whatever a panel holds: what is counted as a child in need settled then
WITHOUT_UASC = {"cla_started_non_uasc": "cla_started", "cla_ceased_non_uasc": "cla_ceased", IN_CARE: "cla_at31"}


@dataclass(frozen=True)
class Records:
    """What was published of authorities (A), by year ending 31 March (Y) and series (I).

    Attributes
    ----------
    values
        Logarithms of rates (A, Y, I), nan where not known or not comparable.
    counting
        Variance of the same by chance, and by what a trap adds (A, Y, I).
    imposed
        Logarithms of referrals per child as recorded, pandemic included (A, Y).
    balance
        Children leaving care that England's starts and stocks allow, over those published: leaving care in `values` is published times this.
    in_care
        Logarithms of children in care on 31 March per child, unaccompanied ones apart (A, Y); where not known, those of years beside or the median.
    """

    areas: tuple[str, ...]
    years: tuple[int, ...]
    values: np.ndarray
    counting: np.ndarray
    imposed: np.ndarray
    in_care: np.ndarray
    balance: float

    def row(self, area: str) -> int:
        """Return the row of an authority."""
        return self.areas.index(area)

    def of(self, area: str) -> tuple[np.ndarray, np.ndarray]:
        """Return an authority's logarithms of rates and the variance of counting in them (Y, I)."""
        row = self.row(area)
        return self.values[row], self.counting[row]


def read_records(targets: PublishedTargets, profiles: Mapping[str, AreaProfile], areas: tuple[str, ...] | None = None) -> Records:
    """Return the records of places, or of every authority that has figures and a profile.

    Parameters
    ----------
    targets
        Published figures at a vintage.
    profiles
        Profiles at the same, for children of 0 to 17.
    """
    frame = targets.frame
    areas = areas or tuple(area for area in targets.areas if area != ENGLAND and area in profiles)
    years = tuple(range(max(FIRST_YEAR, int(frame.year_ending.min())), targets.vintage + 1))

    def cells(rows, measure: str, column: str) -> np.ndarray:
        """Return a column of a measure (A, Y)."""
        return _cells(rows, measure, column, areas, years)

    def variance(measure: str) -> np.ndarray:
        """Return the variance of counting and of traps; where it is not stated that of another year, or of others."""
        own = cells(frame, measure, "log_sd_counting") ** 2 + np.nan_to_num(cells(frame, measure, "log_sd_trap")) ** 2
        if measure in WITHOUT_UASC:
            own = np.where(np.isfinite(own), own, cells(frame, WITHOUT_UASC[measure], "log_sd_counting") ** 2)
        known = np.isfinite(own)
        mean = np.where(known, own, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        return np.where(known, own, np.where(known.any(axis=1), mean, np.median(own[known]) if known.any() else 0.0)[:, None])

    children = np.array([[profiles[area].value("population_0_17", year) for year in years] for area in areas])
    found = read_counts(targets, areas, years)
    with np.errstate(divide="ignore", invalid="ignore"):
        imposed = np.log(cells(frame, "referrals", "value") / children)
        in_care = np.log(np.where(found[IN_CARE] > 0.0, found[IN_CARE], np.nan) / children)
    in_care = filled(in_care.T).T  # by year; an authority that never published any has the median authority's
    in_care = np.where(np.isfinite(in_care), in_care, np.nanmedian(in_care))
    counting, balance = np.stack([variance(name) for name in NAMES], axis=-1), england_balance(frame, years)
    values = log_rates(found, children, found[IN_CARE])
    values[..., EXITS] += np.log(balance)
    return Records(areas, years, values, counting, imposed, in_care, balance)


def england_balance(frame: pd.DataFrame, years: tuple[int, ...]) -> float:
    """Return what England's starts in care less the change of its stock are of its published ends of care, over all years; 1 where not published.

    Published starts and ends leave the stock 400 to 700 children a year lower than it was (2014 to 2025: 2 % of ends; why is not published). Rates
    that made both would let a simulated stock fall by 1 % a year. Counted by the same rules the fast engine's are 0.4 % out (a child who starts twice
    in a year is counted once), so ends that are forecast are that much too many.
    """
    started, ceased, stock = (_cells(frame, name, "value", (ENGLAND,), years)[0] for name in ("cla_started", "cla_ceased", "cla_at31"))
    allowed = started[1:] - np.diff(stock)
    known = np.isfinite(allowed) & np.isfinite(ceased[1:])
    if not known.any():
        return 1.0
    return float(np.clip(allowed[known].sum() / ceased[1:][known].sum(), *BALANCE))


def read_counts(targets: PublishedTargets, areas: tuple[str, ...], years: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Return comparable counts of each series and of children in care (A, Y), nan where there is none; unaccompanied children taken off."""
    usable = targets.frame[targets.frame.use != "exclude"]
    found = {}
    for name in (*NAMES, IN_CARE):
        found[name] = _cells(usable, name, "value", areas, years)
        if name in WITHOUT_UASC:
            every = _cells(usable, WITHOUT_UASC[name], "value", areas, years)
            england = _cells(usable, WITHOUT_UASC[name], "value", (ENGLAND,), years)[0]
            found[name] = _without_uasc(found[name], every, _england_share(usable, name, england, years), england[-1])
    return found


def _england_share(usable: pd.DataFrame, name: str, every: np.ndarray, years: tuple[int, ...]) -> np.ndarray:
    """Return the share of unaccompanied children in one of England's figures (Y); nan if England's stocks of them are published in no year.

    Where starts and ends are not published apart, theirs follow from their stock as in `uasc.py`: `LEAVING_RATE` of it leave in a year.
    """
    own, stock, in_care = (_cells(usable, each, "value", (ENGLAND,), years)[0] for each in (name, IN_CARE, WITHOUT_UASC[IN_CARE]))
    shares, alone = 1.0 - own / every, in_care - stock
    if name != IN_CARE:
        change = np.concatenate([[np.nan], np.diff(alone)])
        left = LEAVING_RATE * np.concatenate([[np.nan], (alone[1:] + alone[:-1]) / 2.0])
        flow = np.maximum(left + change, 0.0) if name == NAMES[STARTS] else left
        shares = np.where(np.isfinite(shares), shares, flow / every)
    return np.clip(filled(shares[:, None])[:, 0], 0.0, 1.0)


def _cells(rows: pd.DataFrame, measure: str, column: str, areas: tuple[str, ...], years: tuple[int, ...]) -> np.ndarray:
    """Return a column of a measure (A, Y)."""
    wide = rows[rows.measure == measure].pivot_table(index="area", columns="year_ending", values=column)
    return wide.reindex(index=list(areas), columns=list(years)).to_numpy(float)


def _without_uasc(own: np.ndarray, every: np.ndarray, nation: np.ndarray, england: float) -> np.ndarray:
    """Return counts without unaccompanied children (A, Y): an authority's own, else all of them less a share that is estimated.

    Before and between years in which an authority publishes both, its share is that of the nearest such year as England's (`nation`) has moved since.
    Authorities that never do have few: together what is left of England's in the last year (of `england` children in all).
    """
    shares = 1.0 - np.where(own > 0.0, own, np.nan) / every
    if not np.isfinite(nation).all():
        nation = np.full(len(nation), float(np.nanmean(shares)) if np.isfinite(shares).any() else 0.0)
    last = np.isfinite(shares[:, -1])
    theirs, all_of_them = (every[last, -1] - own[last, -1]).sum(), every[last, -1].sum()
    rest = max(england * nation[-1] - theirs, 0.0) / (england - all_of_them) if england > all_of_them else nation[-1]
    found, at = np.full(own.shape, np.nan), np.arange(own.shape[1])
    for row, known in enumerate(np.isfinite(shares)):
        years = np.flatnonzero(known) if known.any() else at[-1:]
        near = years[np.abs(at[:, None] - years[None, :]).argmin(axis=1)]
        base = shares[row, near] if known.any() else rest
        times = np.divide(nation, nation[near], out=np.ones(len(at)), where=nation[near] > 0.0)
        found[row] = every[row] * (1.0 - np.clip(base * times, 0.0, MOST_UASC))
    return np.where(np.isfinite(own), own, found)


def with_imposed(path: np.ndarray, imposed: np.ndarray) -> np.ndarray:
    """Return a path (Y, I) whose referrals are those recorded in the years that have any: they are an input, a pandemic's among them."""
    found = path.copy()
    found[: len(imposed), 0] = np.where(np.isfinite(imposed), imposed, path[: len(imposed), 0])
    return found
