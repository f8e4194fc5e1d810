"""Where children in care live: in their authority's area or not, how far from home; beds of an area and whose children are in them.

Functions of `sim.counting.Counts`; each returns an array by area and month (A, T).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.areas import england
from scenarios.timeline import years_ending
from sim.kernels.distance import ELSEWHERE, FAR_IN, FAR_OUT, NEAR_IN, NEAR_OUT

HOMES, SECURE = "childrens_home", "secure_home"  # the group, and which of it has no registered bed among those counted
BEDS, IN_HOMES = "childrens_home_places_in_area", "children_in_homes"  # quantities of profiles
OUT_OF_AREA, IN_AREA, OVER_20_MILES = (NEAR_OUT, FAR_OUT), (NEAR_IN, FAR_IN), (FAR_IN, FAR_OUT)


def placed(counts: Any, *columns: int, group: str | None = None) -> np.ndarray:
    """Return children at month end in some bands of distance (or `ELSEWHERE`, in another authority's place), of all placements or a group's."""
    stages = counts.pathway.stages
    rows = [i for i, name in enumerate(counts.compiled.placement_names) if group is None or stages[name].group == group]
    return _of(counts, rows, columns)


def in_homes(counts: Any, *columns: int) -> np.ndarray:
    """Return children at month end in children's homes, secure ones left out, in some bands or elsewhere."""
    names = home_stages(counts)
    return _of(counts, [i for i, name in enumerate(counts.compiled.placement_names) if name in names], columns)


def _of(counts: Any, rows: list[int], columns: tuple[int, ...]) -> np.ndarray:
    return counts.tally.where_end[:, :, rows][..., list(columns)].sum(axis=(2, 3))


def home_stages(counts: Any) -> list[str]:
    """Return the stages that are children's homes, secure ones left out."""
    return [name for name, stage in counts.pathway.stages.items() if stage.group == HOMES and name != SECURE]


def beds(counts: Any) -> np.ndarray:
    """Return registered beds in children's homes in the area, whoever owns them and whoever's children they are for.

    As published (2023, 2025; in between in step); later they open and close as the places that the authority's own children use do.
    """
    years = _years(counts)
    return np.array([_by_year(figures.profile, BEDS, years) for figures in counts.compiled.figures]) * _supply_index(counts)


def filled_beds(counts: Any) -> np.ndarray:
    """Return beds in the area that are filled, at the market's occupancy: England's children in homes over its registered beds."""
    years, nation = _years(counts), england()
    return beds(counts) * _by_year(nation, IN_HOMES, years) / _by_year(nation, BEDS, years)


def imported(counts: Any) -> np.ndarray:
    """Return beds in the area that other authorities' children are in: those filled less own children's, never below 0."""
    return np.maximum(filled_beds(counts) - in_homes(counts, *IN_AREA), 0.0)


def imported_within_region(counts: Any) -> np.ndarray:
    """Return children of other authorities of the region who live in a place of this one's, in homes that are pooled."""
    here = in_homes(counts, *IN_AREA, *OUT_OF_AREA) - in_homes(counts, ELSEWHERE)
    return counts.tally.places_end[:, :, _home_places(counts), 1].sum(axis=2) - here


def _home_places(counts: Any) -> list[int]:
    """Return the kinds of place that are children's homes."""
    return [p for p, place in enumerate(counts.pathway.places.values()) if place.stage in home_stages(counts)]


def _supply_index(counts: Any) -> np.ndarray:
    """Return usable places in homes over those published or last published, as whole numbers (1 where there are none)."""
    rows, months = _home_places(counts), slice(counts.first, counts.first + counts.months)
    planned = np.floor(counts.compiled.static.supply[:, rows, months] + 1e-9).sum(axis=1)
    usable = counts.tally.places_end[:, :, rows, 0].sum(axis=2)
    return np.divide(usable, planned, out=np.ones(planned.shape), where=planned > 0.0)


def _years(counts: Any) -> list[int]:
    """Return the year ending 31 March of each month."""
    return list(years_ending(counts.compiled.months)[counts.first : counts.first + counts.months])


def _by_year(profile: Any, quantity: str, years: list[int]) -> np.ndarray:
    """Return a quantity of a profile in each year, in step between those published; 0 if there is none."""
    if quantity not in profile.records:
        return np.zeros(len(years))
    series = profile.series(quantity)
    return np.interp(years, list(series), list(series.values()))
