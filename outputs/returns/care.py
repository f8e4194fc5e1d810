"""From an event log to children's histories in care, with times as the log has them: periods of care, placements, legal statuses."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from outputs.returns.code_shares import Person
from sim.kernels import layout as L
from sim.whole_log import WholeLog

OPEN = math.inf
LOOKED_AFTER = "looked_after"
STAYING_PUT = "staying_put"
# Stages of the pathway as readers of returns know them (calibration/care_records.py has the same words); all others have a name of their own there.
AS_RETURNED = {"kinship_foster_provisional": "kinship_foster", "unregistered": "other_placement", "awaiting_secure_home": "other_placement"}
APPROVAL = ("kinship_foster_provisional", "kinship_foster")  # of a carer the child lives with: no move


@dataclass(slots=True)
class Spell:
    """A time in one placement or one legal status; `end` is infinity while it is open. `number` counts the child's from 0, over all its life."""

    what: str
    start: float
    end: float
    number: int
    same_carer: bool = False


@dataclass(slots=True)
class Period:
    """A period of care; `exit` is the pathway's, empty while it is open. `stays_put`: at 18, with the foster carers."""

    who: Person
    start: float
    number: int
    end: float = OPEN
    exit: str = ""
    stays_put: bool = False
    placements: list[Spell] = field(default_factory=list)
    legal: list[Spell] = field(default_factory=list)


def returned(placement: str) -> str:
    """Return a placement in the words of returns."""
    return AS_RETURNED.get(placement, placement)


def periods_of_care(log: WholeLog) -> list[Period]:
    """Return every period of care in a log, by child and time."""
    tracks = {i: log.pathway.stages[name].track for i, name in enumerate(log.stages)}
    in_care = {i for i, name in enumerate(log.stages) if log.pathway.stages[name].in_care}
    rows = log.events[log.events["child"] > 0]
    found: dict[Person, list[Period]] = {}
    counts: dict[tuple[Person, str], int] = {}
    columns = [rows[name].tolist() for name in ("time", "stream", "family", "child", "event", "stage_from", "stage_to")]
    for time, stream, family, unit, event, before, stage in zip(*columns, strict=True):
        who = Person(stream, family, unit - 1)
        periods = found.setdefault(who, [])
        if event == L.EXIT and before in in_care:
            _close(periods[-1], time, log.stages[stage])
        elif stage in in_care:
            periods.append(Period(who, time, len(periods)))
        elif stage >= 0 and tracks[stage] in ("placement", "legal"):
            number = counts[who, tracks[stage]] = counts.get((who, tracks[stage]), -1) + 1
            _next(periods[-1].placements if tracks[stage] == "placement" else periods[-1].legal, log.stages[stage], time, number)
        elif stage >= 0 and log.stages[stage] == STAYING_PUT and periods and periods[-1].end == time:
            periods[-1].stays_put = True
    order = sorted(found, key=lambda who: (who.stream, who.family, who.slot))
    return [period for who in order for period in found[who]]


def _next(spells: list[Spell], what: str, time: float, number: int) -> None:
    """Begin a spell where the one before ends."""
    approved = bool(spells) and (spells[-1].what, what) == APPROVAL
    if spells:
        spells[-1].end = time
    spells.append(Spell(what, time, OPEN, number, approved))


def _close(period: Period, time: float, exit_: str) -> None:
    """End a period of care, and what was open in it."""
    period.end, period.exit = time, exit_
    for spells in (period.placements, period.legal):
        spells[-1].end = time


def births_of(log: WholeLog, who: set[Person]) -> dict[Person, float]:
    """Return the birth of each of some children."""
    families = sorted({(person.stream, person.family) for person in who})
    births = dict(zip(families, log.births(families), strict=True))
    return {person: births[person.stream, person.family][person.slot] for person in who}


def in_window(period: Period, begins: float, ends: float) -> bool:
    """Whether any of a period of care lies in some days."""
    return period.start < ends and period.end >= np.floor(begins)
