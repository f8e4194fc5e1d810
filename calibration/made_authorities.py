"""Made-up authorities: every child in care of one, lived day by day from known hazards, before and after the day that a forecast begins.

Forecasts from records are tested on them (`coverage.py`, benchmarks/coverage_of_forecasts.py). Children enter by a Poisson process (of sibling groups
if the kind says so), live by `sim/kernels/made_lives.py`, and leave on their 18th birthday at the latest. Years before the first return are enough
for everybody who entered before them to have grown up, so the first return already is in the state that the hazards and entries make.

Everything is drawn by address: key (seed, replicate), counter (child, number of the authority · 2^16, hash of a name, occurrence). The future that
comes true is part of the authority; other futures from the same origin are `continued`'s.

Times are days since 1970, a whole number being the start of a day. What returns and counts see of them is the day: a child is in care at the end of a
day if the stay began that day or before and ended on a later one, and who enters and leaves between two midnights is in neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np

from calibration.care_records import AGE_BANDS, AGE_BANDS_YEARS, PLACEMENTS
from calibration.made_kinds import YEAR_DAYS, Hazards, Kind, kinds
from scenarios.names import name_hash
from sim.kernels.made_lives import NO_ROOM, count_all, live_all
from sim.kernels.rng import fill_uniforms

SEED = 20_260_406  # the made-up authorities' own
ORIGIN = date(2024, 3, 31)
RETURNS = 6  # years of them up to the origin
BEFORE_YEARS = 20  # lived before the first return
AHEAD_MONTHS = 36
CHILDREN_IN_CARE = 940.0
MOST_STAYS = 512  # of a life
OLDEST_DAYS = 18 * 365  # on entry, days: four or five before the 18th birthday
CALENDAR = (-14_610, 51_136)  # days since 1970, from 1930 to 2109


@dataclass(frozen=True, eq=False)
class Made:
    """A made-up authority: its children (N) who were in care on some day of a return or after, and their stays (S), by child and start.

    Attributes
    ----------
    kind, number
        What makes it, and which it is.
    entries_per_year
        At the origin, expected.
    origin, returns
        The last day of the last return (a 31 March), and how many years of returns there are.
    birth, birthdays, care_start, family
        Of each child: day of birth; birthdays on which a band of age ends (N, 5); when care began; siblings share a number.
    child, start, end, placement, how
        Of each stay: whose, from, to (infinity if open when all ends), of `PLACEMENTS`, and how it ended (`made_lives`).
    """

    kind: Kind
    number: int
    entries_per_year: float
    origin: date
    returns: int
    birth: np.ndarray
    birthdays: np.ndarray
    care_start: np.ndarray
    family: np.ndarray
    child: np.ndarray
    start: np.ndarray
    end: np.ndarray
    placement: np.ndarray
    how: np.ndarray

    @property
    def name(self) -> str:
        """What the authority is called."""
        return f"{self.kind.name} {self.number}"

    @property
    def hazards(self) -> Hazards:
        """What its children live by."""
        return self.kind.hazards

    @property
    def first_day(self) -> int:
        """The 1 April with which the first return begins, in days."""
        return day_number(date(self.origin.year - self.returns, 4, 1))


@dataclass(frozen=True)
class Truth:
    """What happened from the origin on.

    Attributes
    ----------
    stock
        Children in care at the origin and at the end of each month after (months + 1, A, P).
    entries, exits
        Children who entered and left in each month (months).
    """

    stock: np.ndarray
    entries: np.ndarray
    exits: np.ndarray


def made(
    kind: str | Kind, number: int, children_in_care: float = CHILDREN_IN_CARE, origin: date = ORIGIN, returns: int = RETURNS, seed: int = SEED,
) -> Made:  # fmt: skip
    """Make an authority.

    Parameters
    ----------
    kind
        `stationary`, `duration_dependent`, `trend`, or a kind of one's own.
    number
        Which, from 0 below 65,536; another number is another authority.
    children_in_care
        How many are expected at the origin.
    origin
        A 31 March.

    Raises
    ------
    ValueError
        If the origin is no 31 March, or a life does not fit: hazards of moving are many times any real one's.
    """
    if (origin.month, origin.day) != (3, 31):
        raise ValueError(f"the origin is {origin}, expected a 31 March, on which the last return ends")
    kind = kinds()[kind] if isinstance(kind, str) else kind
    entries = children_in_care / kind.stock_per_entry_a_year().sum()
    end, last = day_number(origin) + 1, int(month_ends(origin, AHEAD_MONTHS)[-1]) + 1
    first = day_number(date(origin.year - returns - BEFORE_YEARS, 4, 1))
    entrants = _entrants(kind, entries, (first, last), end, 1, "made authorities", number, seed)
    child, start, stay_end, placement, how = _stays(kind.hazards, entrants, float(last), seed, number)
    seen = np.zeros(len(entrants.care_start), dtype=bool)
    seen[child[stay_end >= day_number(date(origin.year - returns, 4, 1))]] = True
    keep, rows = seen[child], np.cumsum(seen) - 1
    return Made(
        kind, number, entries, origin, returns, entrants.birth[seen], entrants.birthdays[seen], entrants.care_start[seen], entrants.family[seen],
        rows[child[keep]], start[keep], stay_end[keep], placement[keep], how[keep],
    )  # fmt: skip


def truth(of: Made, horizon_months: int = AHEAD_MONTHS) -> Truth:
    """Return what came true in some months after an authority's origin, `AHEAD_MONTHS` at most."""
    ends = np.concatenate([[day_number(of.origin)], month_ends(of.origin, horizon_months)])
    last = np.flatnonzero(np.diff(of.child, append=-1))  # stay of each child
    entered, left = np.floor(of.care_start), np.floor(of.end[last])
    nights = left > entered
    counted = [np.histogram(days[nights], np.concatenate([ends, ends[-1:] + 1]) + 1.0)[0][:horizon_months] for days in (entered, left)]
    return Truth(whereabouts(of, ends), *counted)


def whereabouts(of: Made, days: np.ndarray) -> np.ndarray:
    """Return children in care at the end of some days (T), by age band and placement (T, A, P)."""
    stock = np.zeros((len(days), len(AGE_BANDS), len(PLACEMENTS)), dtype=np.int64)
    for row, day in enumerate(days):
        here = (of.start < day + 1) & (of.end >= day + 1)
        age = (of.birthdays[of.child[here]] <= day).sum(axis=1)
        np.add.at(stock[row], (age, of.placement[here]), 1)
    return stock


def continued(of: Made, horizon_months: int, draws: int, seed: int) -> np.ndarray:
    """Return children in care at the end of each month after the origin (draws, months, A, P), in futures drawn from the state at the origin.

    Draws are from the predictive distribution that nobody can better: hazards, entries and every child's two clocks are known.

    Raises
    ------
    ValueError
        If a life does not fit (see `made`).
    """
    end, instants = day_number(of.origin) + 1, month_ends(of.origin, horizon_months) + 1.0
    stock = np.zeros((draws, horizon_months, len(AGE_BANDS), len(PLACEMENTS)), dtype=np.int64)
    entrants = _entrants(of.kind, of.entries_per_year, (end, int(instants[-1])), end, draws, "made authorities continued", of.number, seed)
    here = np.flatnonzero((of.start < end) & (of.end >= end))
    row, draw = np.tile(here, draws), np.repeat(np.arange(draws), len(here))
    child = of.child[row]
    open_now = (of.birthdays[child], of.care_start[child], of.placement[row], of.start[row], np.full(len(row), float(end)), draw, child)
    begun = entrants.care_start
    fresh = (entrants.birthdays, begun, entrants.placement, begun, begun, entrants.replicate, entrants.number)
    for children, name in ((open_now, "in care"), (fresh, "entered")):
        drawn_as = name_hash(f"made authorities continued {name}")
        if not count_all(of.hazards.tables, *children, seed, of.number << 16, drawn_as, instants, MOST_STAYS, stock):
            raise ValueError(_TOO_MANY)
    return stock


def day_number(day: date) -> int:
    """Return a day as days since 1970."""
    return (day - date(1970, 1, 1)).days


def month_ends(origin: date, months: int) -> np.ndarray:
    """Return the last days of the months after the origin's (months), as days since 1970."""
    following = np.datetime64(origin, "M") + np.arange(2, months + 2)
    return following.astype("datetime64[D]").astype(np.int64) - 1


_TOO_MANY = f"a child moves over {MOST_STAYS} times: hazards of moving are per year"


@dataclass(frozen=True)
class _Entrants:
    """Children who enter (N), by replicate and time: `number` counts them within a replicate."""

    replicate: np.ndarray
    number: np.ndarray
    family: np.ndarray
    care_start: np.ndarray
    birth: np.ndarray
    birthdays: np.ndarray
    placement: np.ndarray


def _entrants(
    kind: Kind, entries_per_year: float, between: tuple[int, int], origin: int, replicates: int, name: str, number: int, seed: int,
) -> _Entrants:  # fmt: skip
    """Draw who enters between two days, in so many replicates: a Poisson process whose rate changes from day to day."""
    hazards, sizes = kind.hazards, np.asarray(kind.group_sizes)
    days = np.arange(between[0], between[1] + 1)
    groups_per_day = entries_per_year / YEAR_DAYS / (sizes @ np.arange(1, len(sizes) + 1))
    expected = np.concatenate([[0.0], np.cumsum(groups_per_day * kind.entries_relative((days[:-1] + 0.5 - origin) / YEAR_DAYS))])
    columns = int(expected[-1] + 8.0 * np.sqrt(expected[-1]) + 32.0)  # enough but for one replicate in 10^15

    def drawn(what: str, occurrences: int) -> np.ndarray:
        """Return uniforms (replicates, occurrences)."""
        uniforms = np.empty((replicates, occurrences))
        fill_uniforms(uniforms, seed, 0, number << 16, name_hash(f"{name} {what}"))
        return uniforms

    passed = np.cumsum(-np.log(drawn("gap", columns)), axis=1)
    size = 1 + np.searchsorted(np.cumsum(sizes)[:-1], drawn("siblings", columns), side="right")
    slot = np.arange(len(sizes))
    replicate, group, sibling = np.nonzero((passed < expected[-1])[:, :, None] & (slot < size[:, :, None]))
    start = np.interp(passed[replicate, group], expected, days)
    child = group * len(sizes) + sibling
    at_age, within, at_placement = (drawn(what, columns * len(sizes))[replicate, child] for what in ("age band", "age", "placement"))
    band = np.searchsorted(np.cumsum(hazards.entry_age)[:-1], at_age, side="right")
    edges = np.array(AGE_BANDS_YEARS, dtype=float)
    birth, birthdays = _born(start, edges[band] + within * np.diff(edges)[band])
    band = (birthdays <= start[:, None]).sum(axis=1)  # by the calendar: a day's difference at most
    up_to = np.cumsum(hazards.entry_placement, axis=1)
    placement = (up_to[band] <= at_placement[:, None] * up_to[band, -1:]).sum(axis=1)
    return _Entrants(replicate, child, group, start, birth, birthdays, placement)


def _born(start: np.ndarray, age: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return days of birth of children who enter at an age in years (N), under 18 by the calendar, and the birthdays that end bands of age (N, 5).

    Nobody is born on 29 February, so that no rule for such birthdays matters.
    """
    leap_day, birthdays = _calendar()
    birth = np.floor(start - np.minimum(age * YEAR_DAYS, OLDEST_DAYS)).astype(np.int64)
    birth -= leap_day[birth - CALENDAR[0]]
    return birth, birthdays[birth - CALENDAR[0]]


@cache
def _calendar() -> tuple[np.ndarray, np.ndarray]:
    """Return of each day of `CALENDAR` whether it is a 29 February, and the birthdays that end bands of age of who is born on it (days, 5)."""
    dates = np.arange(*CALENDAR).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    since_first = (dates - months.astype("datetime64[D]")).astype(np.int64)
    later = [(months + 12 * years).astype("datetime64[D]").astype(np.int64) + since_first for years in AGE_BANDS_YEARS[1:]]
    return (months.astype(np.int64) % 12 == 1) & (since_first == 28), np.stack(later, axis=1).astype(float)


def _stays(hazards: Hazards, entrants: _Entrants, until: float, seed: int, number: int) -> tuple[np.ndarray, ...]:
    """Return the stays of all who entered: child, start, end, placement, how they ended."""
    n, name = len(entrants.care_start), name_hash("made authorities lives")
    room = 4 * n + MOST_STAYS
    while True:
        out = (np.empty(room, np.int64), np.empty(room), np.empty(room), np.empty(room, np.int64), np.empty(room, np.int64))
        total = live_all(hazards.tables, entrants.birthdays, entrants.care_start, entrants.placement, until, seed, number << 16, name, *out)
        if total != NO_ROOM:
            return tuple(array[:total] for array in out)
        room *= 2
        if room > MOST_STAYS * (n + 1):
            raise ValueError(_TOO_MANY)

