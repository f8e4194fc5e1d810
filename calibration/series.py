"""The series that calibration fits: what is published, as the logarithm of a rate, and the figure of an authority's profile that moves it.

A rate is per child of 0 to 17, so that a population may grow without anybody's practice changing; leaving care is per child in care. Each series has
one figure, and each figure moves its own series most: referrals follow the families who arrive, stocks the rate at which stays end. What a series
does to the others is left to the simulation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.areas import AreaProfile
from sim.counting import annual
from sim.kernels.layout import Tally
from sim.measures import MEASURES
from sim.model import CompiledModel


@dataclass(frozen=True)
class Series:
    """One fitted series.

    Attributes
    ----------
    name
        The measure it is the rate of, as results name it.
    quantity
        The figure of the profile that moves it.
    words
        What the figure is, in words.
    """

    name: str
    quantity: str
    words: str


SERIES = (
    Series("referrals", "new_family_referrals", "families referred for the first time"),
    Series("s47", "ratio_s47", "section 47 enquiries opened on families in assessment and in need"),
    Series("cpp_started", "ratio_icpc", "enquiries that lead to a child protection conference"),
    Series("cpp_at31", "ratio_plan_end", "child protection plans that end"),
    Series("cin_at31", "ratio_cin_end", "children in need whose cases close"),
    Series("cla_started_non_uasc", "ratio_care_entry", "children who enter care"),
    Series("cla_ceased_non_uasc", "ratio_care_exit", "children who leave care before 18"),
)
NAMES = tuple(one.name for one in SERIES)
QUANTITIES = tuple(one.quantity for one in SERIES)
STARTS, EXITS = NAMES.index("cla_started_non_uasc"), NAMES.index("cla_ceased_non_uasc")
IN_CARE = "cla_at31_non_uasc"  # children in care who are not unaccompanied


def log_rates(counts: dict[str, np.ndarray], children: np.ndarray, in_care: np.ndarray) -> np.ndarray:
    """Return logarithms of rates (..., Y, I) from counts by year.

    Parameters
    ----------
    counts
        Each series' count (..., Y).
    children
        Children of 0 to 17 (..., Y).
    in_care
        Children in care on 31 March, unaccompanied ones apart (..., Y). Leaving care is over the mean of a year's two ends, the first year's over its
        own.
    """
    columns = np.stack([np.asarray(counts[name], float) for name in NAMES], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(columns / denominators(children, in_care))
    return np.where(np.isfinite(logs), logs, np.nan)


def denominators(children: np.ndarray, in_care: np.ndarray) -> np.ndarray:
    """Return what each series is a rate of (..., Y, I): children, and for leaving care the mean of children in care at a year's two ends."""
    before = np.concatenate([in_care[..., :1], in_care[..., :-1]], axis=-1)
    before = np.where(np.isfinite(before), before, in_care)
    return np.stack([(before + in_care) / 2.0 if i == EXITS else children for i in range(len(NAMES))], axis=-1)


def simulated_log_rates(tally: Tally, compiled: CompiledModel, years: tuple[int, ...]) -> np.ndarray:
    """Return the same of one simulated authority, in the last of the tally's years (Y, I).

    The first year's leaving care is not its rate but children in care at its end, per child: figures of the first year hold all through spin-up, and
    what they are to make is a stock from which later years can go on.
    """
    values, names = annual(tally, compiled)[0], list(MEASURES)
    found = {name: values[names.index(name)][-len(years) :] for name in (*NAMES, IN_CARE)}
    children = children_of(compiled.profiles[0], years)
    return with_stock(log_rates(found, children, found[IN_CARE]), np.log(found[IN_CARE][0] / children[0]))


def with_stock(logs: np.ndarray, in_care: float | np.ndarray) -> np.ndarray:
    """Return logarithms of rates (..., Y, I) that begin with those of children in care per child (...) where they have leaving care."""
    found = logs.copy()
    found[..., 0, EXITS] = in_care
    return found


def simulated_log_work(tally: Tally, years: tuple[int, ...]) -> np.ndarray:
    """Return logarithms of one simulated authority's mean work in hand, in the last of the tally's years (Y)."""
    return np.log(tally.work[0].reshape(-1, 12).mean(axis=1)[-len(years) :])


def in_care(tally: Tally, compiled: CompiledModel, years: tuple[int, ...]) -> np.ndarray:
    """Return one simulated authority's children in care on 31 March, unaccompanied ones apart, in the last of the tally's years (Y)."""
    return annual(tally, compiled)[0][list(MEASURES).index(IN_CARE)][-len(years) :]


def children_of(profile: AreaProfile, years: tuple[int, ...]) -> np.ndarray:
    """Return an authority's children of 0 to 17 in each year (Y)."""
    return np.array([profile.value("population_0_17", year) for year in years])
