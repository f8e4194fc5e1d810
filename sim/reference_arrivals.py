"""Arrivals in the reference engine: candidates of a fixed rate, met one by one and thinned."""

from __future__ import annotations

import math

from sim.births import Births, address_of, first_above
from sim.kernels.rng import uniform, uniform_pair
from sim.reference_care import Care
from sim.reference_codes import L
from sim.reference_people import Family
from sim.reference_tally import CANDIDATES_MET


class Arrivals(Care):
    """How families come to be known."""

    def set_up_arrivals(self) -> None:
        """Look up who arrives."""
        model = self.model
        self.codes, self.candidate_rate = model.codes.tolist(), model.candidate_rate.tolist()
        self.quintile_cdf, self.arrival_stage, self.births = model.quintile_cdf.tolist(), model.arrival_stage.tolist(), Births(model)

    def who(self, a: int, stream: int, unit: int = 0) -> int:
        """Return the second word of a candidate's address."""
        return address_of(self.codes[a], stream, unit)

    def next_candidate(self, a: int, stream: int, layer: int, index: int, after: float) -> float:
        """Return when candidate `index` of a layer comes, the one before having come at `after`."""
        rate = self.candidate_rate[a][stream]
        entity = index * L.LAYERS + layer
        u = uniform(self.seed, self.replicate, entity, self.who(a, stream), self.names["arrival.gap"], layer)
        return after - math.log(u) / rate if rate > 0.0 else math.inf

    def meet(self, a: int, stream: int, layer: int, index: int) -> None:
        """Meet a candidate: it is a family in this scenario if its layer is open to its quintile this month."""
        self.ledger.count(CANDIDATES_MET)
        number = index * L.LAYERS + layer
        u, v = uniform_pair(self.seed, self.replicate, number, self.who(a, stream), self.names["family.accept"], layer)
        quintile = first_above(self.quintile_cdf[a], v)
        if u > self.model.accept[a, stream, quintile, self.month] - layer:
            return
        family = Family(a, self.codes[a], stream, number, quintile)
        need, in_care = self.arrival_stage[stream]
        if need >= 0:
            self.make_children(family)
            family.last_referral = family.facts["case_start"] = self.now
            self.begin(family.tracks[L.NEED], need)
            self.log(family.tracks[L.NEED], L.ARRIVAL, L.IDLE, need)
        else:
            self.arrive_in_care(family, in_care)

    def arrive_in_care(self, family: Family, legal: int) -> None:
        """Bring a child who arrives alone straight into care."""
        [(birth, needs)] = self.births.of_family(family.stream, family.id, family.code, self.now)
        child = family.add_child(birth, 0, needs)
        self.log(family.tracks[L.NEED], L.ARRIVAL, L.IDLE, L.IDLE)
        self.enter_care(child, legal)
        self.place_siblings([child])

    def make_children(self, family: Family) -> None:
        """Give a family its children, eldest first, and those still to be born, whatever will happen to it."""
        for birth, needs in self.births.of_family(family.stream, family.id, family.code, self.now):
            family.add_child(birth, L.AT_HOME, needs)
