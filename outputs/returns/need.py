"""Each child's episodes of need, as the census of children in need has them: from a referral, or from joining what is open, to closure.

A child is in need while the family's need is open and the child counts with it, while looked after, and as a care leaver (guide to the children in
need census; ruling 31). What follows on at the same instant is one episode; a referral always begins one. An unborn child may be in an enquiry, once
the pregnancy is known, before it counts with the family's need: that begins an episode too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outputs.returns.care import OPEN, Period
from outputs.returns.code_shares import Person
from outputs.returns.households import Households, NeedSpell
from outputs.returns.people import ADULT_DAYS
from sim.kernels import layout as L
from sim.whole_log import WholeLog

REFERRAL, ASSESSMENT, ENQUIRY, CONFERENCE, PLAN = "referral", "assessment", "section_47", "initial_conference", "child_protection_plan"
PRE_PROCEEDINGS, PROCEEDINGS = "pre_proceedings", "care_proceedings"
IN_CARE, CARE_LEAVER = "in_care", "care_leaver"
HELD = ("", PLAN)  # how a conference ends that was held
NO_ASSESSMENT_OUTCOME = ("household", "no_child_at_home", "newborn", "closed_beside", "")


@dataclass(slots=True)
class NeedEpisode:
    """An episode of need: its spells in order, those of protection and pre-proceedings among them; plans the child had before."""

    who: Person
    start: float
    end: float
    spells: list[NeedSpell]
    earlier_plans: int

    @property
    def referred(self) -> bool:
        """Whether it began with a referral."""
        return self.spells[0].stage == REFERRAL

    @property
    def no_further_action(self) -> bool:
        """Whether the referral led to nothing."""
        return len(self.spells) == 1 and self.referred and self.ended_by == "closed"

    @property
    def last(self) -> NeedSpell:
        """The spell that lasted longest."""
        return max(reversed(self.spells), key=lambda spell: spell.end)

    @property
    def ended_by(self) -> str:
        """What the last of its spells ended in; empty while it is open."""
        return self.last.ended_by if self.end < OPEN else ""

    def of(self, *stages: str) -> list[NeedSpell]:
        """Return its spells in some stages."""
        return [spell for spell in self.spells if spell.stage in stages]


def episodes_of_need(log: WholeLog, households: Households, periods: Sequence[Period]) -> list[NeedEpisode]:
    """Return the episodes of need of every child of some households, by child and time."""
    spells: dict[Person, list[NeedSpell]] = {}
    for spell in households.spells:
        if spell.stage != PROCEEDINGS:  # they may concern a child at home whose own need is closed
            spells.setdefault(spell.who, []).append(spell)
    for period in periods:
        if (period.who.stream, period.who.family) in households.births:
            spells.setdefault(period.who, []).append(NeedSpell(period.who, IN_CARE, period.start, False, period.end, period.exit))
    for leaver in _leavers(log):
        if (leaver.who.stream, leaver.who.family) in households.births:
            spells.setdefault(leaver.who, []).append(leaver)
    found = []
    for who in sorted(spells):
        adult = households.births[who.stream, who.family][who.slot] + ADULT_DAYS
        found += _joined(who, [_to_18(spell, adult, log.ends) for spell in sorted(spells[who], key=lambda spell: spell.start)])
    return found


def _to_18(spell: NeedSpell, adult: float, ends: float) -> NeedSpell:
    """Return a spell at home or in care as it ends with childhood."""
    if spell.stage == CARE_LEAVER or spell.end <= adult or adult >= ends:
        return spell
    return NeedSpell(spell.who, spell.stage, spell.start, spell.joined, adult, "adult")


def _leavers(log: WholeLog) -> list[NeedSpell]:
    """Return the times of young people as care leavers, staying put among them."""
    support = {i for i, name in enumerate(log.stages) if name in ("care_leaver", "staying_put")}
    rows = log.events[(log.events["child"] > 0) & (log.events["event"] != L.ARRIVAL)]
    found: dict[Person, list[NeedSpell]] = {}
    for time, stream, family, unit, before, stage in zip(
        *(rows[name].tolist() for name in ("time", "stream", "family", "child", "stage_from", "stage_to")), strict=True
    ):
        who = Person(stream, family, unit - 1)
        if before in support:
            found[who][-1].end, found[who][-1].ended_by = time, "adult"
        if stage in support:
            found.setdefault(who, []).append(NeedSpell(who, CARE_LEAVER, time, False))
    return [spell for spells in found.values() for spell in spells]


def _joined(who: Person, spells: list[NeedSpell]) -> list[NeedEpisode]:
    """Join spells that meet or overlap."""
    episodes: list[NeedEpisode] = []
    plans = 0
    for spell in spells:
        last = episodes[-1] if episodes else None
        if last and spell.start <= last.end and (spell.stage != REFERRAL or spell.start < last.end):
            last.spells.append(spell)
            last.end = max(last.end, spell.end)
        else:
            episodes.append(NeedEpisode(who, spell.start, spell.end, [spell], plans))
        plans += spell.stage == PLAN
    return episodes
