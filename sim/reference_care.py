"""Children in care in the reference engine: entry, placement, orders, exit, return and re-entry."""

from __future__ import annotations

import math

from sim.kernels.distance import POOLED, band_of
from sim.reference_codes import L
from sim.reference_families import Families
from sim.reference_people import NEED, Child, Family


class Care(Families):
    """What happens to children in care and after."""

    def set_up_care(self) -> None:
        """Look up the stages that rules name."""
        keys = dict(zip(L.STAGE_KEYS, self.model.key_stages.tolist(), strict=True))
        self.child_in_need, self.looked_after = keys["child_in_need"], keys["looked_after"]
        self.interim_care_order, self.care_leaver, self.staying_put = keys["interim_care_order"], keys["care_leaver"], keys["staying_put"]

    # ------------------------------------------------------------ into care

    def fork(self, family: Family, legal: int, one_child: bool) -> None:
        """Bring children at home into care: one uniform a family decides all or some, one a sibling who enters."""
        all_enter, each_enters = self.parameters[4], self.parameters[5]
        everyone = self.uniform(family, 0, "care_entry.all", family.removals) < all_enter
        # A child back from care has a re-entry clock of its own and is never counted twice.
        free = [child for child in family.children if child.story is None and child.is_minor_at_home(self.now)]
        if not free:
            return
        if one_child:
            entering = free[:1]
        else:
            u = {child: self.uniform(family, child.slot + 1, "care_entry.each", family.removals) for child in free}
            entering = [child for child in free if everyone or u[child] < each_enters] or [min(free, key=u.get)]
        self.note_care(family, len(entering))
        self.before_household_change(family)
        family.removals += 1
        family.facts["removals"] = family.removals
        for child in entering:
            self.enter_care(child, legal)
        self.place_siblings(entering)
        self.after_household_change(family)

    def enter_care(self, child: Child, legal: int) -> None:
        """Start an episode of care (the child is not yet placed)."""
        story = child.story or child.begin_story()
        before = self.end(story.care) if story.care.stage >= 0 else L.IDLE
        child.family.move(child, L.IN_CARE)
        story.care_start = self.now
        story.episodes += 1
        story.note()
        self.begin(story.care, self.looked_after)
        self.log(story.care, L.ENTER, before, self.looked_after)
        self.begin(story.legal, legal)
        self.log(story.legal, L.ENTER, L.IDLE, legal)
        self.ledger.start_care(child, self.now)

    def re_enter(self, child: Child, legal: int) -> None:
        """Bring a child back into care after an exit."""
        was_home = child.where == L.AT_HOME
        if was_home:
            self.note_care(child.family, 1)
            self.before_household_change(child.family)
        self.enter_care(child, legal)
        self.place_siblings([child])
        if was_home:
            self.after_household_change(child.family)

    # ------------------------------------------------------------ placement

    def place_siblings(self, children: list[Child]) -> None:
        """Place siblings: those sharing the eldest's plan together if it can be had, then the others each alone, eldest first."""
        eldest, area = children[0], children[0].family.area
        u = self.uniform(eldest.family, eldest.slot + 1, "placement.plan", eldest.story.episodes * 64)
        plans = [self.placements.plan(child, False, u, self.month, self.now) for child in children]
        alike = plans.count(plans[0])
        together = None
        if alike > 1:
            found = self.find_place(eldest, plans[0], alike)
            self.ledger.tally.apart[area, self.ledger.row, 0] += 1
            if self.stages[found[0]].type == self.stages[plans[0]].type:
                together = found
            else:
                self.ledger.tally.apart[area, self.ledger.row, 1] += 1
        shares = [together if planned == plans[0] else None for planned in plans]
        placed = sorted(zip(children, plans, shares, strict=True), key=lambda one: one[2] is None)  # first those for whom places are found
        for child, planned, shared in placed:
            stage, where = shared or self.find_place(child, planned, 1)
            self.move_in(child, planned, stage, where, L.ENTER, L.IDLE)

    def find_place(self, child: Child, planned: int, siblings: int) -> tuple[int, int]:
        """Return (stage, authority) where a child, or siblings of whom it is the eldest, can live."""
        return self.placements.find(child, planned, siblings, self.month, self.now, self.match_draw, self.ledger)

    def match_draw(self, child: Child, occurrence: int) -> float:
        """Return the uniform that decides whether a vacancy fits."""
        return self.uniform(child.family, child.slot + 1, "placement.match", occurrence)

    def move_in(self, child: Child, planned: int, stage: int, where: int, event: int, before: int) -> None:
        """Start a placement, in a place of authority `where` if it takes one."""
        area, story = child.family.area, child.story
        story.planned, story.place_area = planned, where
        story.band = self.band_of(child, stage, where)
        self.begin(story.placement, stage)
        story.let = self.let_at(child, stage, where)
        tally, row = self.ledger.tally, self.ledger.row
        tally.planned_actual[area, row, self.stages[planned].placement, self.stages[stage].placement] += 1
        kind = self.placements.place_of_stage[stage]
        if kind >= 0:
            self.places[where][kind].take(self.now)
            if where != area:
                tally.far[area, row, kind] += 1
        self.log(story.placement, event, before, stage)

    def let_at(self, child: Child, stage: int, where: int) -> list[int]:
        """Return what a placement is let at, in ten-thousandths of the base price: as drawn, at the market's index, and less the gain."""
        story = child.story
        quantiles = self.model.let_table[self.stages[stage].placement, child.needs]
        u = self.uniform(child.family, child.slot + 1, "placement.price", story.episodes + story.moves)
        drawn = int(quantiles[min(int(u * len(quantiles)), len(quantiles) - 1)])
        kind = self.placements.place_of_stage[stage]
        market = math.floor(drawn * (self.places[where][kind].price if kind >= 0 else 1.0) + 0.5)
        return [drawn, market, math.floor(market * (1.0 - float(self.model.price_gain[stage, self.month])) + 0.5)]

    def band_of(self, child: Child, stage: int, where: int) -> int:
        """Return how near to home a placement is, and whether in the area: one draw for each placement of a child's."""
        family, story = child.family, child.story
        u = self.uniform(family, child.slot + 1, "placement.distance", story.episodes * 64 + story.moves)
        kind = self.placements.place_of_stage[stage]
        odds = self.places[family.area][kind].far_odds if kind >= 0 else 1.0
        elsewhere = where != family.area
        if elsewhere:
            odds *= self.model.distance_rules[POOLED]
        return int(band_of(self.model.bands[family.area, int(family.seeks_asylum), stage], odds, elsewhere, u))

    def move_out(self, child: Child) -> int:
        """End a placement and free its place. Return the stage it was in."""
        story = child.story
        self.ledger.placement_days(story.placement, self.now)
        stage = self.end(story.placement)
        kind = self.placements.place_of_stage[stage]
        if kind >= 0:
            self.places[story.place_area][kind].free(self.now)
        return stage

    def replan(self, child: Child) -> None:
        """Move a child to a newly planned placement; the old place is free before the new one is sought."""
        story = child.story
        story.moves += 1
        u = self.uniform(child.family, child.slot + 1, "placement.plan", story.episodes * 64 + story.moves)
        self.before_child_change(child, L.PLACEMENT)
        before = self.move_out(child)
        planned = self.placements.plan(child, True, u, self.month, self.now)
        stage, where = self.find_place(child, planned, 1)
        self.move_in(child, planned, stage, where, L.MOVE, before)

    def place_in(self, child: Child, stage: int) -> None:
        """Move a child into a placement that a plan or an approval names (adoption, an approved kinship carer)."""
        child.story.moves += 1
        self.before_child_change(child, L.PLACEMENT)
        before = self.move_out(child)
        self.move_in(child, stage, stage, child.family.area, L.MOVE, before)

    # ------------------------------------------------------------ orders, exits

    def set_legal_status(self, child: Child, legal: int) -> None:
        """Change a child's legal status."""
        self.before_child_change(child, L.LEGAL)
        before = self.end(child.story.legal)
        self.begin(child.story.legal, legal)
        self.log(child.story.legal, L.ENTER, before, legal)

    def final_hearing(self, family: Family, decide) -> None:
        """Let the court decide on each of a family's children then on an interim care order."""
        for child in family.children:
            if child.where == L.IN_CARE and child.story.legal.stage == self.interim_care_order:
                decide(child)

    def make_order(self, child: Child, order: int, otherwise: int, under_years: float) -> None:
        """Make an order, or another for those too old for it."""
        self.set_legal_status(child, order if self.now < child.birth + under_years * L.YEAR else otherwise)

    def leave_care(self, child: Child, target: int) -> None:
        """End an episode of care: home, to a guardian, adopted, at 18; then a care leaver, if the history makes one."""
        family, story, exit_ = child.family, child.story, self.stages[target]
        lived_in = self.move_out(child)
        self.end(story.legal)
        before = self.end(story.care)
        age = min(max(int((self.now - child.birth) / L.YEAR + 1e-9), 0), 18)
        self.ledger.cease_care(child, age, self.now)
        self.ledger.care_days(child, self.now)
        story.days_after_14 += max(0.0, self.now - max(story.care_start, child.birth + 14.0 * L.YEAR))
        story.care_start = self.now  # from here on clocks since the exit run from it
        story.note()
        self.begin(story.care, target)
        self.log(story.care, L.EXIT, before, target)
        goes_home = bool(exit_.to_home) and not family.seeks_asylum
        if goes_home:
            self.before_household_change(family)
        family.move(child, L.AT_HOME if goes_home else L.LEFT)
        if exit_.care_leaver and age >= 16 and story.days_after_14 >= self.parameters[6]:
            self.move_after_care(child, self.staying_put if self.stays_put(child, lived_in, age) else self.care_leaver)
        elif exit_.terminal:
            self.end_story(child)
        if goes_home:
            self.after_household_change(family)
            need = family.tracks[NEED]
            if need.stage < 0 or need.stage == self.no_child_at_home or self.stages[need.stage].is_closed:
                self.move(need, self.child_in_need)

    def stays_put(self, child: Child, lived_in: int, age: int) -> bool:
        """Return whether a care leaver of 18 stays with former foster carers: one uniform for each time care ends."""
        if age < 18 or not self.stages[lived_in].stays_put:
            return False
        return self.uniform(child.family, child.slot + 1, "care.staying_put", child.story.episodes) < self.parameters[7]

    def move_after_care(self, child: Child, stage: int) -> None:
        """Take a young person who has left care to another stage of what follows, the clock since the exit running on."""
        track = child.story.care
        before = self.end(track)
        self.begin(track, stage)
        self.log(track, L.ENTER, before, stage)

    def end_story(self, child: Child) -> None:
        """Nothing more can be heard of a child who was in care."""
        track = child.story.care
        self.log(track, L.EXIT, self.end(track), L.IDLE)
        child.story = None
