"""From an event log to what each child's family was in: the log has stages of families, the census of children in need has children.

A child counts with the family, as the engine counts (`sim/kernels/slots.py`), while at home, under 18, and unborn once the pregnancy is known. Who
counts is settled as a stage begins and again when a child leaves or joins the home: births and 18th birthdays within a stage show with the next. So
the number of children who enter a stage in a month is the engine's own count. (Of a child of 18 who drops out as another joins, the engine counts
neither: `netted`.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from outputs.returns.care import OPEN
from outputs.returns.code_shares import STREAM_NAMES, Person
from sim.kernels import layout as L
from sim.whole_log import WholeLog

FAMILY_TRACKS = ("need", "protection", "court", "support")
HOUSEHOLD = "household"  # what ends the spell of a child who leaves home
BESIDE = "closed_beside"  # what ends a stage of another track when need closes, or no child is left at home
WAITS = (L.WAIT, L.ADMIT, L.RENEGE)


@dataclass(slots=True)
class NeedSpell:
    """A child's time with the family in a stage; `ended_by` is the next stage of the track, empty for idle or while open, or one of the words above.

    `joined`: the child came home, or was born, when the family was in the stage already.
    """

    who: Person
    stage: str
    start: float
    joined: bool
    end: float = OPEN
    ended_by: str = ""


@dataclass
class Households:
    """Spells of children, in order of family and time; `births` of all their families; children `netted` by (time, stage)."""

    spells: list[NeedSpell] = field(default_factory=list)
    births: dict[tuple[int, int], list[float]] = field(default_factory=dict)
    netted: Counter = field(default_factory=Counter)


@dataclass
class _Family:
    """A family as its events are read: who is at home, and in each track the stage and the open spells of those who count."""

    stream: int
    number: int
    births: list[float]
    at_home: list[bool]
    stage: dict[str, int] = field(default_factory=dict)
    members: dict[str, dict[int, NeedSpell]] = field(default_factory=lambda: {track: {} for track in FAMILY_TRACKS})
    moved: bool = False  # someone left or joined the home since the last count

    def counted(self, time: float) -> set[int]:
        """Return who counts with the family."""
        return {
            slot
            for slot, birth in enumerate(self.births)
            if self.at_home[slot] and birth <= time + L.KNOWN_PREGNANCY_DAYS and time < birth + 18.0 * L.YEAR
        }


class _Reader:
    """Reads a log's events family by family."""

    def __init__(self, log: WholeLog, found: Households) -> None:
        self.log, self.found, self.names = log, found, log.stages
        stages = [log.pathway.stages[name] for name in log.stages]
        self.track = [stage.track for stage in stages]
        self.in_care, self.in_need = [stage.in_care for stage in stages], [stage.in_need for stage in stages]
        self.goes_home = [stage.exit is not None and stage.exit.child == "at_home" for stage in stages]
        self.kept = [(stage.in_need and stage.unit == "family") or stage.track in ("protection", "court") for stage in stages]

    def read(self, family: _Family, events: list[tuple]) -> None:
        """Read a family's events: (time, child, event, stage_from, stage_to)."""
        last = 0.0
        for i, (time, unit, event, before, stage) in enumerate(events):
            if family.moved and (unit == 0 or time != last):
                self.recount(family, last)
            last = time
            if unit == 0:
                self.change(family, time, event, before, stage, events[i + 1 :])
            elif stage >= 0 and self.in_care[stage]:
                family.moved |= family.at_home[unit - 1]
                family.at_home[unit - 1] = False
            elif (
                event == L.EXIT and before >= 0 and self.in_care[before] and self.goes_home[stage] and STREAM_NAMES[family.stream] != "unaccompanied"
            ):
                family.at_home[unit - 1] = family.moved = True
        if family.moved:
            self.recount(family, last)

    def change(self, family: _Family, time: float, event: int, before: int, stage: int, rest: list[tuple]) -> None:
        """Take a track of the family from stage to stage, or to idle."""
        if event in WAITS or (before < 0 and stage < 0):
            return
        track = self.track[stage if stage >= 0 else before]
        ended = self.names[stage] if stage >= 0 else (BESIDE if self.is_beside(track, time, rest) else "")
        for spell in family.members[track].values():
            spell.end, spell.ended_by = time, ended
        family.members[track] = {}
        family.stage[track] = stage
        if stage >= 0:
            self.begin(family, track, stage, family.counted(time), time, joined=False)

    def is_beside(self, track: str, time: float, rest: list[tuple]) -> bool:
        """Whether a track became idle because need closed, or nobody is left at home: need changes at the same instant."""
        if track == "need":
            return False
        for when, unit, _, before, stage in rest:
            if when != time:
                return False
            if unit == 0 and self.track[stage if stage >= 0 else before] == "need":
                return True
        return False

    def recount(self, family: _Family, time: float) -> None:
        """Count again, in every track, who is with the family."""
        family.moved, now = False, family.counted(time)
        for track, stage in family.stage.items():
            if stage < 0:
                continue
            members = family.members[track]
            gone = [slot for slot in members if slot not in now]
            new = now - set(members)
            if gone and new and self.kept[stage]:
                self.found.netted[time, self.names[stage]] += min(len(gone), len(new))
            for slot in gone:
                spell = members.pop(slot)
                spell.end, spell.ended_by = time, HOUSEHOLD
            self.begin(family, track, stage, new, time, joined=True)

    def begin(self, family: _Family, track: str, stage: int, who: Iterable[int], time: float, joined: bool) -> None:
        """Begin spells of some children."""
        for slot in sorted(who):
            spell = NeedSpell(Person(family.stream, family.number, slot), self.names[stage], time, joined)
            family.members[track][slot] = spell
            if self.kept[stage]:
                self.found.spells.append(spell)


def households(log: WholeLog) -> Households:
    """Return what children's families were in, of every family with an event since the branch, or still open then."""
    found = Households()
    reader = _Reader(log, found)
    groups = list(_families(log, reader))
    births = log.births([(stream, number) for stream, number, _ in groups])
    for (stream, number, events), born in zip(groups, births, strict=True):
        found.births[stream, number] = born
        reader.read(_Family(stream, number, born, [STREAM_NAMES[stream] != "unaccompanied"] * len(born)), events)
    return found


def _families(log: WholeLog, reader: _Reader) -> Iterator[tuple[int, int, list[tuple]]]:
    """Yield stream, number and events of each family that may be in need since the branch."""
    events = log.events
    key = events["family"] * L.STREAMS + events["stream"]
    order = np.argsort(key, kind="stable")
    rows, keys = events[order], key[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    last = np.r_[starts[1:], len(rows)]
    columns = [rows[name].tolist() for name in ("time", "child", "event", "stage_from", "stage_to")]
    for start, end in zip(starts.tolist(), last.tolist(), strict=True):
        if columns[0][end - 1] < log.begins and not _open(rows[start:end], reader):
            continue
        yield int(rows["stream"][start]), int(rows["family"][start]), list(zip(*(column[start:end] for column in columns), strict=True))


def _open(rows: np.ndarray, reader: _Reader) -> bool:
    """Whether a family whose events are all past, or a child of it, is still in a stage that counts."""
    latest: dict[tuple[int, str], int] = {}
    for child, event, before, stage in rows[["child", "event", "stage_from", "stage_to"]].tolist():
        if event not in WAITS and (stage >= 0 or before >= 0):
            latest[child, reader.track[stage if stage >= 0 else before]] = stage
    return any(reader.kept[stage] or reader.in_need[stage] for stage in latest.values() if stage >= 0)
