"""Arrivals in the reference engine: candidates of a fixed rate, met one by one and thinned."""

from __future__ import annotations

import math
from bisect import bisect_right

from sim.kernels.rng import uniform, uniform_pair
from sim.reference_care import Care
from sim.reference_codes import L
from sim.reference_people import Family
from sim.reference_tally import CANDIDATES_MET


def first_above(cumulative: list[float], u: float) -> int:
    """Return the first index whose cumulative share exceeds u (the last if none does)."""
    return min(bisect_right(cumulative, u), len(cumulative) - 1)


class Arrivals(Care):
    """How families come to be known."""

    def set_up_arrivals(self) -> None:
        """Look up who arrives."""
        model = self.model
        self.codes, self.candidate_rate = model.codes.tolist(), model.candidate_rate.tolist()
        self.quintile_cdf, self.children_cdf = model.quintile_cdf.tolist(), model.children_cdf.tolist()
        self.age_bands, self.age_cdf = model.age_bands.tolist(), model.age_cdf.tolist()
        self.needs_cdf, self.stream_ages = model.needs_cdf.tolist(), model.stream_ages.tolist()
        self.arrival_stage = model.arrival_stage.tolist()

    def who(self, a: int, stream: int, unit: int = 0) -> int:
        """Return the second word of a candidate's address."""
        return self.codes[a] * 65536 + stream * 256 + unit

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
        u, v = uniform_pair(self.seed, self.replicate, family.id, family.address + 1, self.names["stream.age"], 0)
        ages = self.stream_ages[family.stream]
        years = ages[first_above([share for share, _ in ages], u)][1] + v
        child = family.add_child(self.now - years * L.YEAR, 0)
        self.log(family.tracks[L.NEED], L.ARRIVAL, L.IDLE, L.IDLE)
        self.enter_care(child, legal)
        self.place_siblings([child])

    def make_children(self, family: Family) -> None:
        """Give a family its children, eldest first, and those still to be born, whatever will happen to it."""
        low, high, births_per_year, until_years = self.parameters[:4]
        key = (self.seed, self.replicate, family.id, family.address)
        u, v = uniform_pair(*key, self.names["family.children"], 0)
        alone = family.stream != 0  # the disabled children's stream counts the child alone
        number, band = 1 if alone else first_above(self.children_cdf, u) + 1, first_above(self.age_cdf, v)
        share = uniform(*key, self.names["family.age"], 0)
        age = self.age_bands[band] + share * (self.age_bands[band + 1] - self.age_bands[band])
        youngest = self.now - age * L.YEAR
        births = [youngest]
        for i in range(1, number):  # from the youngest back
            gap, _ = uniform_pair(*key, self.names["child.make"], i)
            births.append(births[-1] - (low + gap * (high - low)) * L.YEAR)
        births = sorted(birth for birth in births if birth > self.now - 18.0 * L.YEAR)  # older siblings have left
        birth = max(youngest, self.now)
        while births_per_year > 0.0 and len(births) < L.SLOTS and not alone:
            u = uniform(*key, self.names["family.birth"], len(births))
            birth += 0.75 * L.YEAR - math.log(u) / births_per_year * L.YEAR
            if birth > youngest + until_years * L.YEAR:
                break
            births.append(birth)
        for slot, birth in enumerate(births):
            u = uniform(self.seed, self.replicate, family.id, family.address + slot + 1, self.names["child.make"], 0)
            family.add_child(birth, L.AT_HOME, first_above(self.needs_cdf, u))
