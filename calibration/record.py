"""Authorities' records as arrays: logarithms of the fitted series' rates by authority and year, and the variance of counting in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calibration.panel import ENGLAND
from calibration.series import IN_CARE, NAMES, log_rates
from calibration.targets import PublishedTargets
from scenarios.areas import AreaProfile

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
    """

    areas: tuple[str, ...]
    years: tuple[int, ...]
    values: np.ndarray
    counting: np.ndarray
    imposed: np.ndarray

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
    return Records(areas, years, log_rates(found, children, found[IN_CARE]), np.stack([variance(name) for name in NAMES], axis=-1), imposed)


def read_counts(targets: PublishedTargets, areas: tuple[str, ...], years: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Return comparable counts of each series and of children in care (A, Y), nan where there is none.

    Unaccompanied children are taken off at England's share where an authority's are not known.
    """
    usable = targets.frame[targets.frame.use != "exclude"]
    found = {}
    for name in (*NAMES, IN_CARE):
        own = _cells(usable, name, "value", areas, years)
        found[name] = _without_uasc(own, _cells(usable, WITHOUT_UASC[name], "value", areas, years)) if name in WITHOUT_UASC else own
    return found


def _cells(rows: pd.DataFrame, measure: str, column: str, areas: tuple[str, ...], years: tuple[int, ...]) -> np.ndarray:
    """Return a column of a measure (A, Y)."""
    wide = rows[rows.measure == measure].pivot_table(index="area", columns="year_ending", values=column)
    return wide.reindex(index=list(areas), columns=list(years)).to_numpy(float)


def _without_uasc(own: np.ndarray, every: np.ndarray) -> np.ndarray:
    """Return counts without unaccompanied children (A, Y): an authority's own, else all of them times the share of those who publish both."""
    both = np.isfinite(own) & np.isfinite(every)
    total = np.where(both, every, 0.0).sum(axis=0)
    share = np.divide(np.where(both, own, 0.0).sum(axis=0), total, out=np.full(own.shape[1], np.nan), where=total > 0.0)
    known = np.flatnonzero(np.isfinite(share))
    filled = np.interp(np.arange(len(share)), known, share[known]) if len(known) else np.ones(len(share))
    return np.where(np.isfinite(own), own, every * filled)


def with_imposed(path: np.ndarray, imposed: np.ndarray) -> np.ndarray:
    """Return a path (Y, I) whose referrals are those recorded in the years that have any: they are an input, a pandemic's among them."""
    found = path.copy()
    found[: len(imposed), 0] = np.where(np.isfinite(imposed), imposed, path[: len(imposed), 0])
    return found
