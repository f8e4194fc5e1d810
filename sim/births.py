"""Who is in a family and when each was, or will be, born: a pure function of the family's address and the day it arrived.

The event log holds no births: they are part of an address, not of what happens, so whoever reads a log asks here. The reference engine does too; the
fast one has the same rules as kernels (sim/kernels/arrivals.py), and the tests hold them together.
"""

from __future__ import annotations

import math
from bisect import bisect_right

from sim.kernels.rng import uniform, uniform_pair
from sim.reference_codes import L


def first_above(cumulative: list[float], u: float) -> int:
    """Return the first index whose cumulative share exceeds u (the last if none does)."""
    return min(bisect_right(cumulative, u), len(cumulative) - 1)


def address_of(code: int, stream: int, unit: int = 0) -> int:
    """Return the second word of an address: of a family of an authority, or (unit 1 + birth order) of a child of it."""
    return code * 65536 + stream * 256 + unit


class Births:
    """Births and needs of families under a model's shares and rates."""

    def __init__(self, model: L.Model) -> None:
        self.seed, self.replicate = int(model.seed[0]), int(model.seed[1])
        self.names = dict(zip(L.DRAW_NAMES, model.names.tolist(), strict=True))
        self.parameters = model.parameters.tolist()
        self.children_cdf, self.age_bands, self.age_cdf = model.children_cdf.tolist(), model.age_bands.tolist(), model.age_cdf.tolist()
        self.needs_cdf, self.stream_ages = model.needs_cdf.tolist(), model.stream_ages.tolist()
        self.arrives_in_care = (model.arrival_stage[:, 0] < 0).tolist()

    def of_family(self, stream: int, number: int, code: int, arrived: float) -> list[tuple[float, int]]:
        """Return the birth (day) and needs of each child, eldest first, those still to be born included.

        Parameters
        ----------
        stream, number
            The family's stream and its number in it.
        code
            Its authority's code.
        arrived
            The day it arrived.
        """
        if self.arrives_in_care[stream]:
            return [(self._of_child_alone(stream, number, code, arrived), 0)]
        found = []
        for slot, birth in enumerate(self._births(stream, number, code, arrived)):
            u = uniform(self.seed, self.replicate, number, address_of(code, stream, slot + 1), self.names["child.make"], 0)
            found.append((birth, first_above(self.needs_cdf, u)))
        return found

    def _of_child_alone(self, stream: int, number: int, code: int, arrived: float) -> float:
        """Return the birth of a child who arrives alone, straight into care."""
        u, v = uniform_pair(self.seed, self.replicate, number, address_of(code, stream, 1), self.names["stream.age"], 0)
        ages = self.stream_ages[stream]
        years = ages[first_above([share for share, _ in ages], u)][1] + v
        return arrived - years * L.YEAR

    def _births(self, stream: int, number: int, code: int, arrived: float) -> list[float]:
        """Return births in order: from the youngest back, then those to come, whatever will happen to the family."""
        low, high, births_per_year, until_years = self.parameters[:4]
        key = (self.seed, self.replicate, number, address_of(code, stream))
        u, v = uniform_pair(*key, self.names["family.children"], 0)
        alone = stream != 0  # the disabled children's stream counts the child alone
        count, band = 1 if alone else first_above(self.children_cdf, u) + 1, first_above(self.age_cdf, v)
        share = uniform(*key, self.names["family.age"], 0)
        age = self.age_bands[band] + share * (self.age_bands[band + 1] - self.age_bands[band])
        youngest = arrived - age * L.YEAR
        births = [youngest]
        for i in range(1, count):  # from the youngest back
            gap, _ = uniform_pair(*key, self.names["child.make"], i)
            births.append(births[-1] - (low + gap * (high - low)) * L.YEAR)
        births = sorted(birth for birth in births if birth > arrived - 18.0 * L.YEAR)  # older siblings have left
        birth = max(youngest, arrived)
        while births_per_year > 0.0 and len(births) < L.SLOTS and not alone:
            u = uniform(*key, self.names["family.birth"], len(births))
            birth += 0.75 * L.YEAR - math.log(u) / births_per_year * L.YEAR
            if birth > youngest + until_years * L.YEAR:
                break
            births.append(birth)
        return births
