"""Dated months, working days and ramps.

Months are written `2025-04` everywhere people read or write them; inside, a month is a whole number, `year * 12 +
month - 1`, so that arithmetic on months is arithmetic on integers. Financial and statistical years are named by the
year they end in (31 March).
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

EARLIEST_YEAR, LATEST_YEAR = 1980, 2100
MONTH = re.compile(r"(\d{4})-(\d{2})")


class MonthError(ValueError):
    """Text that is not a month."""


def month_index(text: object) -> int:
    """Return the number of a month written `YYYY-MM`.

    Raises
    ------
    MonthError
        If it is not written so, if there is no such month, or if it lies outside 1980 to 2100.
    """
    return _number(text if isinstance(text, str) else repr(text))


@lru_cache(maxsize=4096)
def _number(text: str) -> int:
    """Return `month_index(text)`: models ask for the same few hundred months hundreds of thousands of times."""
    match = MONTH.fullmatch(text)
    if not match:
        raise MonthError(f"{text!r} is not a month, expected one written as YYYY-MM, such as 2026-04")
    year, month = int(match[1]), int(match[2])
    if not 1 <= month <= 12:
        raise MonthError(f"{text!r} is not a month: there is no month {match[2]}, expected 01 to 12")
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise MonthError(f"{text!r} is out of range, expected a month from {EARLIEST_YEAR}-01 to {LATEST_YEAR}-12")
    return year * 12 + month - 1


def month_text(index: int) -> str:
    """Return a month's number as `YYYY-MM`."""
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def add_months(month: str, months: int) -> str:
    """Return the month so many months later (earlier if negative)."""
    return month_text(month_index(month) + months)


def months_between(first: str, last: str) -> int:
    """Return how many months `last` is after `first` (0 if they are the same)."""
    return month_index(last) - month_index(first)


def month_range(first: str, last: str) -> tuple[str, ...]:
    """Return the months from `first` to `last`, both included."""
    return tuple(month_text(index) for index in range(month_index(first), month_index(last) + 1))


def first_day(month: str) -> date:
    """Return the first day of a month."""
    index = month_index(month)
    return date(index // 12, index % 12 + 1, 1)


def days_in_month(month: str) -> int:
    """Return the number of days of a month."""
    index = month_index(month)
    return monthrange(index // 12, index % 12 + 1)[1]


def month_of(day: date) -> str:
    """Return the month a day lies in."""
    return f"{day.year:04d}-{day.month:02d}"


def year_ending(month: str) -> int:
    """Return the financial (and statistical) year a month lies in, named by the March it ends in."""
    index = month_index(month)
    return index // 12 + (1 if index % 12 >= 3 else 0)


@lru_cache(maxsize=64)
def years_ending(months: tuple[str, ...]) -> tuple[int, ...]:
    """Return `year_ending` of each month: models ask it of the same months again and again."""
    return tuple(year_ending(month) for month in months)


def year_name(year: int) -> str:
    """Return a financial year's name from the year it ends in: 2026 is `2025-26`."""
    return f"{year - 1}-{year % 100:02d}"


def calendar_days(working_days: float) -> float:
    """Return working days as calendar days: 7 for every 5.

    Bank holidays are left out: with eight a year, 45 working days are 63 to 66 calendar days and this gives 63; the
    bands of a duration are days since entry whatever the date of entry, so a calendar of holidays could not enter
    them.
    """
    return working_days * 7 / 5


@dataclass(frozen=True)
class MonthSeries:
    """A value for every month: the latest point's, each increase phased in over a ramp.

    Attributes
    ----------
    points
        (month number, value) in order of time.
    ramp_months
        How long an increase takes, in equal steps: an increase by 12 with a ramp of 12 adds 1 in each of twelve months,
        the first of them the month it is dated; it starts from what an unfinished ramp has reached. A decrease acts at
        once. 0 means at once.
    before
        The value before the first point.
    """

    points: tuple[tuple[int, float], ...]
    ramp_months: int = 0
    before: float = 0.0

    @classmethod
    def of(
        cls, points: dict[str, float] | float, start: str, ramp_months: int = 0, before: float = 0.0
    ) -> "MonthSeries":
        """Return a series from `{month: value}`, or from one value that holds from `start`."""
        if not isinstance(points, dict):
            return cls(((month_index(start), float(points)),), ramp_months, before)
        ordered = sorted((month_index(month), float(value)) for month, value in points.items())
        return cls(tuple(ordered), ramp_months, before)

    @classmethod
    def window(cls, start: str, ramp_months: int = 0, until: str | None = None, fade_months: int = 0) -> "MonthSeries":
        """Return how much of a change is in force: up to 1 over a ramp from `start`, from `until` on down to 0, at once or over `fade_months`.

        Raises
        ------
        ValueError
            If it ends before the ramp is through.
        """
        first = month_index(start)
        rising = [(first + i, (i + 1) / ramp_months) for i in range(ramp_months)] or [(first, 1.0)]  # by point, so that it may be scaled below 0
        if until is None:
            return cls(tuple(rising))
        last = month_index(until)
        if last < first + max(ramp_months, 1):
            full = month_text(first + max(ramp_months, 1))
            raise ValueError(f"until: {until} is before what starts in {start} is in full force, expected {full} or later")
        fading = [(last + i, 1.0 - (i + 1) / fade_months) for i in range(fade_months)] if fade_months else [(last, 0.0)]
        return cls((*rising, *fading))

    def at(self, month: int | str) -> float:
        """Return the value in a month (a month's number, or `YYYY-MM`)."""
        index = month if isinstance(month, int) else month_index(month)
        value = self.before
        for position, (point, level) in enumerate(self.points):
            if index < point:
                break
            later = self.points[position + 1][0] if position + 1 < len(self.points) else index + 1
            until = min(index, later - 1)  # the month this point still rules
            value += (level - value) * self._phase(until - point, level > value)
        return value

    def _phase(self, months: int, rising: bool) -> float:
        """Return the share of a change in force so many months after its date."""
        return min(1.0, (months + 1) / self.ramp_months) if rising and self.ramp_months else 1.0

    def values(self, first: str, last: str) -> tuple[float, ...]:
        """Return the values of the months from `first` to `last`, both included."""
        return tuple(self.at(index) for index in range(month_index(first), month_index(last) + 1))

    def scaled(self, factor: float) -> "MonthSeries":
        """Return the series times a factor."""
        points = tuple((month, value * factor) for month, value in self.points)
        return MonthSeries(points, self.ramp_months, self.before * factor)
