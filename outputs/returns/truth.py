"""What is true of a log, beside the returns made of it: stocks, flows, and what rates are made of. Straight from the log, never from returns."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from outputs.returns.care import OPEN, Period, Spell, returned
from outputs.returns.people import EPOCH_DAY, People, add_years, day
from sim.kernels.layout import YEAR

AGE_BANDS = ("under_1", "1_to_4", "5_to_9", "10_to_15", "16_to_17")
AGE_EDGES_YEARS = (1, 5, 10, 16)
TIME_EDGES_DAYS = (14, 56, 182, 365, 730, 1095, 1826)  # bands of time in care: those of the pathway's own `reunified`
TIME_BANDS = (*(f"{a}_to_{b - 1}_days" for a, b in pairwise((0, *TIME_EDGES_DAYS))), f"{TIME_EDGES_DAYS[-1]}_days_or_more")
ENTRY, MOVE = "entry", "placement_move"
ANY = ""


def age_band_on(born: np.datetime64, date: np.datetime64) -> str:
    """Return the age band of a child on a date, by birthdays."""
    return AGE_BANDS[sum(date >= add_years(born, years) for years in AGE_EDGES_YEARS)]


def stays_of(period: Period) -> list[Spell]:
    """Return a period's placements in the words of returns; a carer's approval ends none."""
    stays: list[Spell] = []
    for spell in period.placements:
        if spell.same_carer:
            stays[-1].end = spell.end
        else:
            stays.append(Spell(returned(spell.what), spell.start, spell.end, spell.number))
    return stays


def monthly_stock(periods: Sequence[Period], people: People, month_ends: Sequence[float]) -> pd.DataFrame:
    """Return children in care as each month ends: date (its last day), age_band, placement, children.

    Parameters
    ----------
    month_ends
        The day of the log after each month.
    """
    counts: Counter[tuple] = Counter()
    for period in periods:
        born = people.birthday(period.who)
        for stay in stays_of(period):
            for end in month_ends[bisect_right(month_ends, stay.start) :]:
                if stay.end < end:
                    break
                last = EPOCH_DAY + np.timedelta64(int(end) - 1, "D")
                counts[last, age_band_on(born, last), stay.what] += 1
    return _frame(counts, ("date", "age_band", "placement"), "children")


def monthly_flows(periods: Sequence[Period], people: People, begins: float, ends: float) -> pd.DataFrame:
    """Return starts and ends of care: month, flow (started, ceased), kind (of starts the legal status, of ends the exit), age_band, children.

    `started_and_ceased_same_day` is a flow of its own, of children who are among both and in no return.
    """
    counts: Counter[tuple] = Counter()
    for period in periods:
        born, first = people.birthday(period.who), day(period.start)
        if begins <= period.start < ends:
            counts[_month(first), "started", period.legal[0].what, age_band_on(born, first)] += 1
            if period.end < OPEN and day(period.end) == first:
                counts[_month(first), "started_and_ceased_same_day", period.exit, age_band_on(born, first)] += 1
        if begins <= period.end < ends:
            last = day(period.end)
            counts[_month(last), "ceased", period.exit, "18" if period.exit == "aged_out" else age_band_on(born, last)] += 1
    return _frame(counts, ("month", "flow", "kind", "age_band"), "children")


def _month(date: np.datetime64) -> str:
    return str(date.astype("datetime64[M]"))


# ---------------------------------------------------------------- rates


def rates(periods: Sequence[Period], people: People, begins: float, ends: float) -> pd.DataFrame:
    """Return what rates are made of: event, age_band, time_in_care, placement, occurrences, exposure_years.

    An occurrence is an event in the months asked for: `entry`, `placement_move`, or an exit by its name in the pathway; its age, time in care and
    placement are those just before it (of an entry, just after). The exposure of a move or an exit is child-years in care in the same cell, the same
    for every event in it; that of an entry is the years of the returns. Ages and times are the engine's (years of 365.25 days).
    """
    exposed: Counter[tuple] = Counter()
    happened: Counter[tuple] = Counter()
    for period in periods:
        birth = people.births[period.who]
        stays = stays_of(period)
        for i, stay in enumerate(stays):
            for cell, years in _pieces(birth, period.start, max(stay.start, begins), min(stay.end, ends)):
                exposed[*cell, stay.what] += years
            if i == 0 and begins <= stay.start < ends:
                happened[ENTRY, _age(birth, stay.start), ANY, stay.what] += 1
            if begins <= stay.end < ends:
                event = MOVE if i + 1 < len(stays) else period.exit
                happened[event, _age_before(birth, stay.end), _time_before(stay.end - period.start), stay.what] += 1
    years = (ends - begins) / YEAR
    rows = [(*cell, happened[cell], years) for cell in happened if cell[0] == ENTRY]
    for event in sorted({cell[0] for cell in happened} - {ENTRY}):
        rows += [(event, *cell, happened[event, *cell], length) for cell, length in exposed.items()]
        rows += [(*cell, count, 0.0) for cell, count in happened.items() if cell[0] == event and cell[1:] not in exposed]
    table = pd.DataFrame(rows, columns=["event", "age_band", "time_in_care", "placement", "occurrences", "exposure_years"])
    return _in_order(table)


def _pieces(birth: float, began: float, start: float, end: float) -> Iterator[tuple[tuple[str, str], float]]:
    """Yield ((age band, band of time in care), years) of the days from start to end."""
    if start >= end:
        return
    edges = [birth + years * YEAR for years in AGE_EDGES_YEARS] + [began + days for days in TIME_EDGES_DAYS]
    cuts = [start, *sorted(edge for edge in edges if start < edge < end), end]
    for a, b in pairwise(cuts):
        if b > a:
            yield (_age(birth, a), _time(a - began)), (b - a) / YEAR


def _age(birth: float, time: float) -> str:
    return AGE_BANDS[sum(time >= birth + years * YEAR for years in AGE_EDGES_YEARS)]


def _age_before(birth: float, time: float) -> str:
    return AGE_BANDS[sum(time > birth + years * YEAR for years in AGE_EDGES_YEARS)]


def _time(days: float) -> str:
    return TIME_BANDS[sum(days >= edge for edge in TIME_EDGES_DAYS)]


def _time_before(days: float) -> str:
    return TIME_BANDS[sum(days > edge for edge in TIME_EDGES_DAYS)]


# ---------------------------------------------------------------- tables


def _frame(counts: Counter, columns: tuple[str, ...], value: str) -> pd.DataFrame:
    """Return counts as a table in order."""
    return _in_order(pd.DataFrame([(*key, count) for key, count in counts.items()], columns=[*columns, value]))


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table sorted by all but its numbers, bands from the lowest."""
    order = {"age_band": (*AGE_BANDS, "18"), "time_in_care": (ANY, *TIME_BANDS)}
    by = [column for column in table.columns if column not in ("children", "occurrences", "exposure_years")]
    key = lambda column: column.map(order[column.name].index) if column.name in order else column  # noqa: E731
    return table.sort_values(by, key=key, kind="stable", ignore_index=True)
