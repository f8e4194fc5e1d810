"""Rows of SSDA903 episodes: one a placement and legal status, on the days of a calendar.

A return knows days: of several changes on one day it has the last (where the child is at midnight), and a period of care that begins and ends on
one day is none, since a child is looked after from 24 hours on (Children Act 1989 s22; guide to the SSDA903 collection). A child is in care on a
31 March by these rows exactly when the log has the child in care as that day ends.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from outputs.returns.care import OPEN, Period, Spell
from outputs.returns.code_shares import Draws, Person
from outputs.returns.people import People, add_years, day

FOSTER = ("in_house_foster", "agency_foster")
KINSHIP = ("kinship_foster_provisional", "kinship_foster")
NO_PROVIDER = ("Z1", "Z11", "Z12", "Z13", "Z14")  # placements whose provider is not returned
SCHOOL_FROM_YEARS = 5


class Episode(NamedTuple):
    """A row of the return; `ends` is None while it is open. `period` is of the child, from 0; `placement` and `exit` are the pathway's words."""

    who: Person
    starts: np.datetime64
    reason_new: str
    legal_status: str
    place: str
    provider: str
    ends: np.datetime64 | None
    reason_ended: str
    reason_place_change: str


class _State(NamedTuple):
    """What holds as a day ends: a carer (the number of the placement with which living there began), codes, and the placement."""

    carer: int
    place: str
    provider: str
    legal_status: str
    placement: Spell


def episodes_of(period: Period, people: People) -> list[Episode]:
    """Return the rows of a period of care, none if it begins and ends on one day."""
    first, last = day(period.start), day(period.end) if period.end < OPEN else None
    if last is not None and last <= first:
        return []
    states = _states(period, people)
    begins = [date for date in sorted(states) if last is None or date < last]
    rows: list[tuple[np.datetime64, str, _State]] = []
    for date in begins:
        reason = _reason(rows[-1][2], states[date]) if rows else "S"
        if reason:
            rows.append((date, reason, states[date]))
    found = []
    for i, (date, reason, state) in enumerate(rows):
        if i + 1 < len(rows):
            ends, (ended, change) = rows[i + 1][0], _followed(period, state, rows[i + 1][1], people.draws)
        else:
            ends, ended, change = last, _exit(period, state, people.draws) if last is not None else "", ""
        found.append(Episode(period.who, date, reason, state.legal_status, state.place, state.provider, ends, ended, change))
    return found


def _states(period: Period, people: People) -> dict[np.datetime64, _State]:
    """Return what holds as each day ends on which something changed."""
    placed, legal = _placed(period, people), {}
    for spell in period.legal:
        legal[day(spell.start)] = people.draws.pick(period.who, "LS", spell.what, spell.number)
    found, status, place = {}, "", None
    for date in sorted({*placed, *legal}):
        status, place = legal.get(date, status), placed.get(date, place)
        found[date] = _State(*place[:3], status, place[3])
    return found


def _placed(period: Period, people: People) -> dict[np.datetime64, tuple[int, str, str, Spell]]:
    """Return carer, code, provider and placement as each day ends on which the placement changed."""
    found, carer, code, provider = {}, -1, "", ""
    before: Spell | None = None
    for spell in period.placements:
        same = spell.same_carer or _adopted_by_carer(period, spell, before, people.draws)
        if not same:
            carer = spell.number
        code = _place(period, spell, same, people)
        if not spell.same_carer:  # an approved carer's provider is as before
            provider = "" if code in NO_PROVIDER else people.draws.pick(period.who, "PLACE_PROVIDER", spell.what, spell.number)
        found[day(spell.start)] = (carer, code, provider, spell)
        before = spell
    return found


def _adopted_by_carer(period: Period, spell: Spell, before: Spell | None, draws: Draws) -> bool:
    """Whether a child is placed for adoption with those who foster the child already."""
    if spell.what != "adoption_placement" or before is None or before.what not in (*FOSTER, *KINSHIP):
        return False
    return draws.pick(period.who, "CARER", spell.what, spell.number) == "with_current_carer"


def _place(period: Period, spell: Spell, same_carer: bool, people: People) -> str:
    """Return the code of a placement, by the guide of the year it begins in."""
    meaning = spell.what
    if meaning == "adoption_placement":
        order = next((status.what for status in reversed(period.legal) if status.start <= spell.start), "") == "placement_order"
        meaning += (":with_current_carer" if same_carer else ":other_carer") + (":order" if order else ":consent")
    elif meaning == "other_placement":
        meaning += ":under_5" if day(spell.start) < add_years(people.birthday(period.who), SCHOOL_FROM_YEARS) else ":from_5"
    return people.draws.pick(period.who, "PLACE", meaning, spell.number, year_of(day(spell.start)))


def _reason(before: _State, now: _State) -> str:
    """Return the reason for a new episode (RNE); empty if the return sees no change."""
    legal = now.legal_status != before.legal_status
    if now.carer != before.carer:
        return "B" if legal else "P"
    if now.place != before.place:
        return "U" if legal else "T"
    return "L" if legal else ""


def _followed(period: Period, state: _State, next_reason: str, draws: Draws) -> tuple[str, str]:
    """Return why an episode ended that another follows, and why the placement changed if it did."""
    if next_reason == "L":
        return "X1", ""
    how = "placement" if next_reason in ("P", "B") else "same_carer"
    return "X1", draws.pick(period.who, "REASON_PLACE_CHANGE", how, state.placement.number)


def _exit(period: Period, state: _State, draws: Draws) -> str:
    """Return why care ended (REC)."""
    lived_in, remanded = state.placement.what, period.legal[-1].what == "remand"
    meaning = period.exit
    if meaning == "special_guardianship":
        meaning += ":kinship" if lived_in in KINSHIP else ":foster" if lived_in in FOSTER else ":elsewhere"
    elif meaning == "aged_out":
        meaning += ":staying_put" if period.stays_put else ":remand" if remanded else ":moved_on"
    elif meaning == "other_exit":
        meaning += ":remand" if remanded else ":unaccompanied" if period.who.unaccompanied else ":elsewhere"
    return draws.pick(period.who, "REC", meaning, period.number)


def exit_code(period: Period, people: People) -> str:
    """Return why a period of care ended (REC), as its last episode says; empty if it is open or in no return."""
    rows = episodes_of(period, people)
    return rows[-1].reason_ended if rows else ""


def year_of(date: np.datetime64) -> int:
    """Return the year ending 31 March that a day lies in."""
    month = int(date.astype("datetime64[M]").astype(int))
    year, of_year = divmod(month, 12)
    return 1970 + year + (of_year >= 3)
