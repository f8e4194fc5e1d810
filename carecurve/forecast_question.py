"""What `carecurve forecast` is asked, and what is refused before anything is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from calibration.care_records import CareRecords
from carecurve.adjustment_file import read_adjustments
from carecurve.console import ChoiceError
from sim.caseload import month_ends

MARKOV = "markov"
MOST_YEARS = 10  # ahead: more says more about assumptions than about the records
LEAST_DAYS = 28  # of records that rates are estimated from


@dataclass(frozen=True)
class Question:
    """What is to be forecast, from what.

    Attributes
    ----------
    ssda903, until
        Where the returns are, and the last day.
    cin, annex_a, costs
        Where the children in need census, Annex A and the placement cost list are, if they are.
    authority
        As the returns' column LA names it, if they hold several.
    area
        The authority whose prices are used and, under reforms, whose services are simulated; by default `authority` if an authority is called so,
        else England's prices.
    reforms
        Scenarios on top.
    adjust
        A file of adjustments (`carecurve.adjustment_file`).
    compat
        `markov`, or none.
    since, origin
        The days rates are estimated between; by default all that the returns cover.
    runs, seed, workers
        Replicates, the seed of their draws, and threads.
    budget_gbp
        This budget year's approved budget for placements, cash.
    hide
        Whether small numbers are hidden.
    """

    ssda903: Path
    until: date
    cin: Path | None = None
    annex_a: Path | None = None
    costs: Path | None = None
    authority: str = ""
    area: str | None = None
    reforms: tuple[str, ...] = ()
    adjust: Path | None = None
    compat: str | None = None
    since: date | None = None
    origin: date | None = None
    runs: int = 1000
    seed: int = 1
    workers: int | None = None
    budget_gbp: float | None = None
    hide: bool = True


def check(question: Question) -> None:
    """Refuse what cannot be answered, before anything is read.

    Raises
    ------
    ChoiceError
        With what was expected.
    UnknownNameError
        If there is no such area.
    ScenarioError
        If the file of adjustments has faults.
    """
    from scenarios.areas import find_area

    if question.compat not in (None, MARKOV):
        raise ChoiceError(f"--compat {question.compat}: expected {MARKOV}")
    if question.compat and (question.reforms or question.adjust or question.annex_a or question.costs or question.cin):
        raise ChoiceError("--compat markov forecasts from the SSDA903 alone; expected it without --reform, --adjust, --annex-a, --costs and --cin")
    if question.reforms and not question.area:
        raise ChoiceError("--reform needs --area: the authority whose services the whole model simulates")
    if question.annex_a and question.origin:
        raise ChoiceError("--annex-a brings its own day of origin; expected it without --origin")
    if question.budget_gbp is not None and question.budget_gbp <= 0:
        raise ChoiceError(f"--budget {question.budget_gbp:g}: expected pounds, more than 0")
    if question.area:
        find_area(question.area)
    if question.adjust:
        read_adjustments(question.adjust)


def days(question: Question, records: CareRecords) -> tuple[date, date]:
    """Return the days that rates are estimated between: since, and the origin.

    Raises
    ------
    ChoiceError
        If the returns do not cover them, or the forecast would end before a month has, or too late.
    """
    origin, since = question.origin or records.last, question.since or records.first
    covered = f"the returns cover {records.first} to {records.last}"
    if not records.first + timedelta(LEAST_DAYS) <= origin <= records.last:
        raise ChoiceError(f"--origin {origin}: {covered}; expected a day in them, {LEAST_DAYS} days or more after the first")
    if not records.first <= since <= origin - timedelta(LEAST_DAYS):
        raise ChoiceError(f"--since {since}: {covered}; expected a day in them, {LEAST_DAYS} days or more before the origin, {origin}")
    check_until(question.until, origin)
    return since, origin


def check_until(until: date, origin: date) -> None:
    """Raise ChoiceError if a forecast from one day would end before a month has, or too late."""
    if not month_ends(origin, until):
        raise ChoiceError(f"--until {until}: no month ends after {origin} and by then; expected a later day")
    if until > origin + timedelta(days=366 * MOST_YEARS):
        raise ChoiceError(f"--until {until}: more than {MOST_YEARS} years after {origin}; expected a day within them")
