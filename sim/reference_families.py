"""Families in the reference engine: moving along a track, waiting for help, closing a case, and who is left at home."""

from __future__ import annotations

import math

from sim.reference_codes import L
from sim.reference_people import COURT, INF, NEED, PROTECTION, SUPPORT, Family, Track
from sim.reference_places import Place, Placements
from sim.reference_stays import Stays
from sim.reference_tally import AFTER_PLAN_DAYS, FULL, RETURN_DAYS


class Families(Stays):
    """What happens to families."""

    def set_up_places(self, state: L.State) -> None:
        """Make each authority's places as the state has them."""
        model = self.model
        self.places = [
            [
                Place(
                    a, kind, int(model.place_track[kind]), int(state.open_places[a, kind]), int(state.filled[a, kind]),
                    int(state.closing[a, kind]),
                    price=float(state.price[a, kind]), far_odds=float(state.far_odds[a, kind]),
                    since=float(state.use_since[a, kind]),
                    filled_days=float(state.use_days[a, kind, 0]), usable_days=float(state.use_days[a, kind, 1]),
                )
                for kind in range(model.places.shape[1])
            ]
            for a in range(len(model.codes))
        ]  # fmt: skip
        self.placements = Placements(model, self.places)
        self.priority = model.priority.tolist()
        self.later_from = model.switch_day.tolist()

    def move(self, track: Track, target: int) -> None:
        """Take a family's track from its stage (or idle) to another (or idle), with the places this concerns."""
        family = track.family
        if target >= 0 and self.stages[target].later >= 0 and self.now >= self.later_from[family.area]:
            target = self.stages[target].later  # Families First: new cases go to the stage that replaces this one
        left, asked = self.place_of(family, track.stage), self.place_of(family, target)
        was_waiting = track.waiting
        self.before_change(family, track.number)
        old = self.end(track) if track.stage >= 0 else L.IDLE
        if left:
            self.give_up(track, old, left, was_waiting)
        if target >= 0:
            self.begin(track, target, waiting=bool(asked and asked.must_wait()))
            if self.stages[target].followed >= 0:
                self.note_step(track, was_waiting)
        self.log(track, L.ENTER if target >= 0 else L.EXIT, old, target)
        if asked:
            self.take_or_wait(track, asked)
        if left and not was_waiting:
            self.admit(left)
        if track.number == NEED and target >= 0 and self.stages[target].is_closed:
            self.note_closing(family)
            self.close_beside(family)
            if self.stays_away(track, L.KEEP_MARGIN):
                self.end(track)
                self.log(track, L.EXIT, target, L.IDLE)

    def note_step(self, track: Track, was_waiting: bool) -> None:
        """Note a referral, an enquiry or a plan that has just begun, and whether the family waited for help, or had closed."""
        family, step = track.family, self.stages[track.stage].followed
        self.ledger.escalated(family, {*family.waiting_lists, *([L.NEED_LIST] if was_waiting else [])}, step)
        if step == L.REFERRED:
            self.note_referral(family)
            return
        if step == L.PLAN:
            self.note_plan(family)
        self.ledger.came_back(family, step, track.counted, self.now)

    def on_plan(self, family: Family) -> bool:
        """Return whether the family has a protection plan now."""
        stage = family.tracks[PROTECTION].stage
        return stage >= 0 and bool(self.stages[stage].is_plan)

    def note_closing(self, family: Family) -> None:
        """Note that a case closes today, and whether it had a plan since its referral."""
        family.closed_day, family.returned_for = math.floor(self.now), set()
        family.had_plan = self.on_plan(family) or family.last_plan_end >= float(family.facts["case_start"][0])
        if not family.had_plan:
            self.ledger.tally.returned[family.area, self.ledger.row, family.quintile_row, L.CLOSED_UNPLANNED] += family.tracks[NEED].counted

    def note_care(self, family: Family, children: int) -> None:
        """Note what a family whose children are about to enter care was in just before."""
        before = {
            L.WAITED: bool(family.waiting_lists),
            L.CLOSED_BEFORE: self.now - family.closed_day < RETURN_DAYS,
            L.PLANNED_BEFORE: not self.on_plan(family) and self.now - family.last_plan_end < AFTER_PLAN_DAYS,
        }
        self.ledger.escalated(family, set(family.waiting_lists), L.CARE_START)
        for what, was in before.items():
            self.ledger.tally.starts_after[family.area, self.ledger.row, what] += children * was
        self.ledger.came_back(family, L.CARE_START, children, self.now)

    def note_referral(self, family: Family) -> None:
        """Start a case, and count a referral within twelve months of the last."""
        if self.now - family.last_referral < L.YEAR:
            self.ledger.tally.rereferred[family.area, self.ledger.row] += family.tracks[NEED].counted
        family.last_referral = family.facts["case_start"] = self.now

    def note_plan(self, family: Family) -> None:
        """Count the children at home who start a plan and were with the family when an earlier one ended: ever, and within two years."""
        ended = family.last_plan_end
        again = [child for child in family.children if child.birth <= ended + L.KNOWN_PREGNANCY_DAYS]
        again = [child for child in again if child.where == L.AT_HOME and self.now < child.birth + 18.0 * L.YEAR]
        counts = self.ledger.tally.repeat_plans[family.area, self.ledger.row]
        counts[0] += len(again)
        counts[1] += len(again) if self.now - ended < 2.0 * L.YEAR else 0

    def close_beside(self, family: Family) -> None:
        """End protection and support of a family that has no open need; a place this frees goes to the next in line."""
        for number in (PROTECTION, SUPPORT):
            track = family.tracks[number]
            if track.stage < 0:
                continue
            place, was_waiting = self.place_of(family, track.stage), track.waiting
            self.before_change(family, number)
            stage = self.end(track)
            self.log(track, L.EXIT, stage, L.IDLE)
            if place:
                self.give_up(track, stage, place, was_waiting)
                if not was_waiting:
                    self.admit(place)

    # ------------------------------------------------------------ places with a waiting list

    def place_of(self, family: Family, stage: int) -> Place | None:
        """Return the place a stage needs in the family's authority."""
        kind = self.stages[stage].place if stage >= 0 else -1
        return self.places[family.area][kind] if kind >= 0 else None

    def take_or_wait(self, track: Track, place: Place) -> None:
        """Take a place, or join those who wait, having just entered the stage that needs it."""
        if not track.waiting:
            place.take(self.now)
            self.begin_help(track)
            return
        self.ledger.count(FULL)
        self.queue(place)[0] += 1
        place.waiting.append(track)
        self.log(track, L.WAIT, track.stage, track.stage)

    def give_up(self, track: Track, stage: int, place: Place, was_waiting: bool) -> None:
        """Leave a place, or those who wait for it."""
        if not was_waiting:
            place.free(self.now)
            return
        place.waiting.remove(track)
        self.queue(place)[2] += 1
        self.log(track, L.RENEGE, stage, stage)

    def admit(self, place: Place) -> None:
        """Admit families while places are free."""
        while place.waiting and place.vacancies > 0:
            track = place.next_in_line(self.priority[place.kind])
            place.waiting.remove(track)
            self.queue(place)[1] += 1
            self.queue(place)[3] += self.now - track.start
            self.commit(track)  # what ran while waiting
            track.waiting, track.admitted = False, self.now
            track.slot["waiting"], track.slot["admitted"] = False, self.now
            place.take(self.now)
            self.begin_help(track)
            self.log(track, L.ADMIT, track.stage, track.stage)

    def begin_help(self, track: Track) -> None:
        """Start the clock of help's effects on the family's other tracks, and on children's re-entry."""
        if track.number == SUPPORT:
            helped = [track.family.tracks[number] for number in (NEED, PROTECTION, COURT)]
            helped += [child.story.care for child in track.family.children if child.story is not None]
            for other in helped:
                if other.stage >= 0:
                    self.commit(other)
            track.family.facts["help_start"] = self.now

    def queue(self, place: Place):
        """Return this month's counts of a place's waiting list: joined, admitted, reneged, days waited, length."""
        return self.ledger.tally.queue[place.area, self.ledger.row, place.kind]

    # ------------------------------------------------------------ who lives at home

    def after_household_change(self, family: Family) -> None:
        """Count again after a child left or came home; with no child at home the family waits, and plans for it end."""
        children = family.count_children(self.now)
        for track in family.tracks:
            if track.stage >= 0 and track.counted != children:
                if self.stages[track.stage].is_plan and children < track.counted:
                    self.ledger.end_plan(track, track.counted - children, self.now)
                self.ledger.recount(track, children)
        need = family.tracks[NEED]
        if need.stage < 0 or need.stage == self.no_child_at_home:
            return
        if self.stages[need.stage].is_closed:
            if family.adult_day == INF:
                self.log(need, L.EXIT, self.end(need), L.IDLE)
        elif not any(child.is_minor_at_home(self.now) for child in family.children):
            self.close_beside(family)
            self.move(need, self.no_child_at_home)

    def forget_if_over(self, family: Family) -> None:
        """End a family's story once nothing can be heard of it: no court, nobody in or after care, no minor at home."""
        if family.over or family.tracks[COURT].stage >= 0:
            return
        for child in family.children:
            if child.story is not None:
                return
        need = family.tracks[NEED]
        if need.stage >= 0 and self.now < family.adult_day < INF:
            return
        self.close_beside(family)
        if need.stage >= 0:
            self.log(need, L.EXIT, self.end(need), L.IDLE)
        family.over = True
