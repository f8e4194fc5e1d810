"""Places in the reference engine: those of an authority, who waits for them, and vacancies that fit a child or not."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from sim.kernels.distance import far_odds
from sim.kernels.feedback import respond
from sim.kernels.supply import places_open
from sim.reference_codes import L
from sim.reference_people import Child, Track, age_band
from sim.reference_tally import FULL


@dataclass(eq=False)
class Place:
    """An authority's places of one kind: how many are usable and filled, who waits, their use and price this month."""

    area: int
    kind: int
    track: int  # family track whose stay waits for it; -1 for placements of children
    usable: int = 0
    filled: int = 0
    closing: int = 0  # filled ones that close when they are left
    waiting: list[Track] = field(default_factory=list)
    price: float = 1.0
    far_odds: float = 1.0
    since: float = 0.0
    filled_days: float = 0.0
    usable_days: float = 0.0

    @property
    def vacancies(self) -> int:
        """Places nobody is in."""
        return self.usable - self.filled

    def must_wait(self) -> bool:
        """Return whether whoever asks now has to wait: others wait already, or all is full."""
        return bool(self.waiting) or self.filled >= self.usable

    def measure(self, now: float) -> None:
        """Complete the place-days, filled and usable, up to now."""
        self.filled_days += self.filled * (now - self.since)
        self.usable_days += self.usable * (now - self.since)
        self.since = now

    def take(self, now: float) -> None:
        """Fill a place."""
        self.measure(now)
        self.filled += 1

    def free(self, now: float) -> None:
        """Free a place; one that is closing closes."""
        self.measure(now)
        self.filled -= 1
        if self.closing:
            self.closing -= 1
            self.usable -= 1

    def next_in_line(self, priority: list[int]) -> Track:
        """Return who is admitted next: highest priority (by protection stage), then longest waiting, then lowest id."""

        def order(track: Track) -> tuple:
            """Return the key by which families wait."""
            protection = track.family.tracks[L.PROTECTION].stage
            return -(priority[protection] if protection >= 0 else 0), track.start, track.family.id

        return min(self.waiting, key=order)

    def end_month(self, reference: float, price_rules: list[float], distance_rules: list[float]) -> float:
        """Let the price, and the odds of far placements, answer last month's use, and return that (-1 if there was nothing to use)."""
        use = -1.0
        if self.usable_days > 0.0:
            use = self.filled_days / self.usable_days
            self.price = respond(self.price, use, reference, *price_rules)
            self.far_odds = far_odds(use, reference, *distance_rules[:3])
        self.filled_days = self.usable_days = 0.0
        return use

    def open(self, places: float) -> None:
        """Open the month's places; filled ones beyond them stay until they are left."""
        usable = int(places_open(places))
        self.closing = max(self.filled - usable, 0)
        self.usable = usable + self.closing


def match_probability(p: float, vacancies: float) -> float:
    """Return the probability that at least one vacancy fits, each with probability p."""
    if vacancies <= 0 or p <= 0.0:
        return 0.0
    return 1.0 if p >= 1.0 else 1.0 - math.exp(vacancies * math.log(1.0 - p))


class Placements:
    """Where children can live: what is planned for them, and what can be had."""

    def __init__(self, model: L.Model, places: list[list[Place]]) -> None:
        self.places = places
        self.plan_weights, self.plan_stages = model.plan_weights.tolist(), model.plan_stages.tolist()
        self.plan_factor, self.overflow = model.plan_factor.tolist(), model.overflow.tolist()
        self.place_of_stage, self.match = model.place_of_stage.tolist(), model.match_by_needs.tolist()
        self.sibling_factor, self.pool_share = model.sibling_factor.tolist(), model.pool_share.tolist()
        self.last_resort = int(model.key_stages[L.STAGE_KEYS.index("unregistered")])
        self.market, self.within_reach = model.market.tolist(), model.within_reach.tolist()
        self.minimum_age = model.stages["minimum_age"].tolist()
        self.permits_parents = model.stages["permits_parents"].tolist()
        self.plan_of, self.otherwise, self.national_chance = model.stages["plan"].tolist(), model.stages["otherwise"].tolist(), model.national_chance

    def plan(self, child: Child, moving: bool, u: float, month: int, now: float) -> int:
        """Return the placement planned: where u falls among the weights for the child's age, needs and order."""
        legal = child.story.legal.stage
        context = 2 if child.family.seeks_asylum else int(moving)
        if self.on_remand(child):
            context = self.plan_of[legal]
        ordered = int(legal >= 0 and bool(self.permits_parents[legal]))
        weights = self.plan_weights[context][age_band(child.birth, now)][child.needs][ordered]
        weights = [weight * factor[month] for weight, factor in zip(weights, self.plan_factor[child.family.area][context], strict=True)]
        total = 0.0
        for weight in weights:
            total += weight
        reached, last = 0.0, 0
        for i, weight in enumerate(weights):
            if weight > 0.0:
                reached, last = reached + weight, i
                if u * total < reached:
                    break
        return self.plan_stages[last]

    def on_remand(self, child: Child) -> bool:
        """Return whether the child's legal status has a placement plan of its own."""
        legal = child.story.legal.stage
        return legal >= 0 and self.plan_of[legal] >= 0

    def of_the_nation(self, child: Child, stage: int, siblings: int, u: float, month: int) -> int:
        """Return where a child planned for a place of the nation's lives: that, or where it waits for one (siblings: each alone)."""
        if siblings > 1:
            return self.otherwise[stage]
        if self.on_remand(child) or u < self.national_chance[stage, child.needs, month]:
            return stage
        return self.otherwise[stage]

    def find(self, child: Child, planned: int, siblings: int, month: int, now: float, draw, ledger) -> tuple[int, int]:
        """Return (stage, authority) where siblings can live: as planned, else down its overflow list.

        A type is lawful from its minimum age. One draw asks whether an own vacancy fits, then one the region shares.
        """
        family, story = child.family, child.story
        search, story.searches = story.searches, story.searches + 1
        for step, stage in enumerate([planned, *self.overflow[planned]]):
            if stage < 0:
                break
            if now < child.birth + self.minimum_age[stage] * L.YEAR:
                continue
            kind = self.place_of_stage[stage]
            if self.otherwise[stage] >= 0:
                return self.of_the_nation(child, stage, siblings, draw(child, search * 16 + step), month), family.area
            if kind < 0:
                return stage, family.area
            u = draw(child, search * 16 + step)
            fits = self.match[kind][child.needs]
            for _ in range(siblings - 1):
                fits *= self.sibling_factor[kind]
            own = self.places[family.area][kind].vacancies
            if self.market[kind]:
                seen, where = self.market_vacancies(family.area, kind, siblings, month)
                if where is not None and u < match_probability(fits, seen):
                    return stage, where
                if own < siblings:
                    ledger.count(FULL)
                continue
            chance = match_probability(fits, own) if own >= siblings else 0.0
            if u < chance:
                return stage, family.area
            shared = {b: self.shared_vacancies(family.area, b, kind, siblings, month) for b in range(len(self.places))}
            most = max(shared, key=shared.get)  # the first of those with most
            if shared[most] > 0 and u < chance + (1.0 - chance) * match_probability(fits, sum(shared.values())):
                return stage, most
            if own < siblings:
                ledger.count(FULL)
        return self.last_resort, family.area

    def market_vacancies(self, a: int, kind: int, siblings: int, month: int) -> tuple[float, int | None]:
        """Return (vacancies of a market that a child of authority a can choose among, the authority whose share has room).

        Pooling lifts the limit of the authority's share and adds no vacancy: a child sees its part of the region's.
        """
        own, share = self.places[a][kind], self.pool_share[kind][month]
        others = [b for b in range(len(self.places)) if b != a and self.within_reach[a][b]] if share > 0.0 else []
        free = own.vacancies + sum(self.places[b][kind].vacancies for b in others)
        places = own.usable + sum(self.places[b][kind].usable for b in others)
        seen = own.vacancies * (1.0 - share) + (share * free * own.usable / places if places else 0.0)
        if own.vacancies >= siblings:
            return seen, a
        shared = {b: self.shared_vacancies(a, b, kind, siblings, month) for b in others}
        most = max(shared, key=shared.get, default=None)  # the first of those with most
        return seen, most if most is not None and shared[most] > 0 else None

    def shared_vacancies(self, a: int, b: int, kind: int, siblings: int, month: int) -> int:
        """Return how many of authority b's vacancies are open to siblings of authority a."""
        if a == b or not self.within_reach[a][b]:
            return 0
        vacancies = math.floor(self.places[b][kind].vacancies * self.pool_share[kind][month])
        return vacancies if vacancies >= siblings else 0
