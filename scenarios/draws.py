"""Fitted draws: what calibration does not know of the years ahead, as paths of each authority's ratios and arrivals.

Run r uses draw r mod D, of every authority and in every scenario of a comparison (ruling 5). Draws begin where scenarios branch: the past has none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from scenarios.names import suggestion

FIRST_YEAR, LAST_YEAR = 1990, 2100
WORK = "work_in_hand"  # the quantity with which the capacity of teams goes


@dataclass(frozen=True, eq=False)
class FittedDraws:
    """Paths of multipliers by authority, quantity and year.

    Attributes
    ----------
    first_year
        Year ending 31 March of the first column; the last column holds in every year after it too.
    areas
        authority -> quantity -> multipliers (D, Y), above 0. A quantity is a group of transitions (`s47`, `care_exit`, …), whose ratio of the year
        is multiplied, or what a stream arrives by (`new_family_referrals`, `uasc_started`, …), whose figure of the year is, or `work_in_hand`, with
        which the capacity of teams is. What is not named stays as the profile has it, so its multiplier is 1.

    Raises
    ------
    ValueError
        If there is no draw, if arrays differ in shape, or if one holds anything that is not above 0 and finite.
    """

    first_year: int
    areas: Mapping[str, Mapping[str, np.ndarray]] = field(repr=False)

    def __post_init__(self) -> None:
        """Check all arrays, and keep copies that nobody can write to."""
        if isinstance(self.first_year, bool) or not isinstance(self.first_year, int) or not FIRST_YEAR <= self.first_year <= LAST_YEAR:
            raise ValueError(f"first_year: is {self.first_year!r}, expected a year such as 2026 (ending 31 March)")
        kept = {area: MappingProxyType({quantity: _checked(area, quantity, array) for quantity, array in paths.items()})
                for area, paths in self.areas.items()}  # fmt: skip
        shapes = {array.shape: f"{area}, {quantity}" for area, paths in kept.items() for quantity, array in paths.items()}
        if not shapes:
            raise ValueError("areas: no draw in any authority, expected at least one quantity of one")
        if len(shapes) > 1:
            (one, where), (other, there) = list(shapes.items())[:2]
            raise ValueError(f"{there}: has {other[0]} draws of {other[1]} years, expected {one[0]} of {one[1]} as in {where}")
        object.__setattr__(self, "areas", MappingProxyType(kept))

    def __len__(self) -> int:
        """Return the number of draws (D)."""
        return self._shape[0]

    @property
    def years(self) -> range:
        """Years ending 31 March of the columns (Y)."""
        return range(self.first_year, self.first_year + self._shape[1])

    @cached_property
    def _shape(self) -> tuple[int, int]:
        return next(array.shape for paths in self.areas.values() for array in paths.values())

    @cached_property
    def quantities(self) -> tuple[str, ...]:
        """Every quantity that some authority has draws of."""
        return tuple(sorted({quantity for paths in self.areas.values() for quantity in paths}))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all draws."""
        digest = hashlib.sha256(f"{self.first_year} {self._shape}".encode())
        for area in sorted(self.areas):
            for quantity, array in sorted(self.areas[area].items()):
                digest.update(f"{area}\0{quantity}\0".encode())
                digest.update(array.tobytes())
        return digest.hexdigest()

    def check(self, quantities: Iterable[str], last_published: int) -> None:
        """Raise ValueError if a quantity is none that can be drawn, or if draws begin before what is published ends."""
        known = set(quantities)
        for quantity in self.quantities:
            if quantity not in known:
                raise ValueError(f"unknown quantity {quantity!r}, {suggestion(quantity, known)}")
        if self.first_year <= last_published:
            raise ValueError(f"first_year: {self.first_year} is a published year, expected {last_published + 1} or later")

    def at(self, area: str, index: int, year: int) -> dict[str, float]:
        """Return an authority's multipliers in one draw and year ending 31 March: none before the first year, the last ones after the last."""
        if year < self.first_year:
            return {}
        column = min(year, self.years[-1]) - self.first_year
        return {quantity: float(array[index, column]) for quantity, array in self.areas.get(area, {}).items()}

    def highest(self, area: str, year: int) -> dict[str, float]:
        """Return the highest multiplier of any draw, of each of an authority's quantities, in a year ending 31 March."""
        if year < self.first_year:
            return {}
        column = min(year, self.years[-1]) - self.first_year
        return {quantity: float(array[:, column].max()) for quantity, array in self.areas.get(area, {}).items()}


def _checked(area: str, quantity: str, array: np.ndarray) -> np.ndarray:
    """Return a copy of one array that cannot be written to."""
    found = np.array(array, dtype=np.float64, order="C")
    if found.ndim != 2 or 0 in found.shape:
        raise ValueError(f"{area}, {quantity}: has shape {found.shape}, expected draws by years (D, Y)")
    if not np.isfinite(found).all() or (found <= 0.0).any():
        raise ValueError(f"{area}, {quantity}: holds {found[~(np.isfinite(found) & (found > 0.0))][0]:g}, expected multipliers above 0")
    found.flags.writeable = False
    return found
