"""What a fit leaves behind for scenarios: every authority's figures by year, and draws of the years to come.

Figures of the record's years are those with which the equations follow what happened; those of later years are expected, and a draw is a path of
multipliers of them (`scenarios.draws`). Runs with effects at their centre follow what is expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from calibration.fit import Fit
from calibration.flow_balance import unit_of
from calibration.inputs import Inputs
from calibration.series import NAMES, QUANTITIES
from calibration.steering import multipliers
from scenarios.areas import AreaProfile, Record
from scenarios.draws import FittedDraws

PREFIXES = ("ratio_", "age_ratio_", "plan_ratio_", "reference_use_")
NAMED = ("new_family_referrals", "uasc_started", "disabled_children_started", "work_in_hand")


@dataclass(frozen=True)
class Ready:
    """An authority as scenarios take it.

    Attributes
    ----------
    profile
        With figures of the record's years and those expected after it.
    draws
        Quantity -> multipliers of what is expected (D, ahead).
    """

    profile: AreaProfile
    draws: dict[str, np.ndarray]


def is_fitted(quantity: str) -> bool:
    """Tell whether calibration decides a figure; the others are the profile's."""
    return quantity.startswith(PREFIXES) or quantity.endswith("_places") or quantity in NAMED


def ready(inputs: Inputs, fitted: Fit, area: str) -> Ready:
    """Return an authority ready to be simulated."""
    found = fitted.authorities[area]
    profile = found.steered.profile
    draws = multipliers(found.figures)
    later = range(fitted.vintage + 1, fitted.vintage + fitted.ahead + 1)
    expected = np.array([profile.value("uasc_started", year) for year in later])
    draws["uasc_started"] = inputs.uasc[area] * profile.value("uasc_started", fitted.vintage) / expected
    draws["work_in_hand"] = np.exp(found.work)
    return Ready(profile, draws)


def draws_of(fitted: Fit, found: Mapping[str, Ready]) -> FittedDraws:
    """Return the draws of all authorities."""
    return FittedDraws(fitted.vintage + 1, {area: one.draws for area, one in found.items()})


def records_of(fitted: Fit, found: Mapping[str, Ready]) -> list[Record]:
    """Return every fitted figure, authorities and quantities in order of their names."""
    return [record for area in sorted(found) for record in _of_authority(fitted, found[area].profile)]


def _of_authority(fitted: Fit, profile: AreaProfile) -> Iterable[Record]:
    """Yield one authority's figures."""
    seen = np.isfinite(fitted.records.values[fitted.records.row(profile.name)]).any(axis=0)
    borrowed = {QUANTITIES[i] for i in range(len(NAMES)) if not seen[i]}
    for quantity in sorted(profile.records):
        if not is_fitted(quantity):
            continue
        unit = "weighted cases, mean of the year" if quantity == "work_in_hand" else unit_of(quantity)
        basis = "england" if quantity in borrowed else "own"
        for record in _since(profile.records[quantity], fitted.years[0], fitted.vintage):
            source = f"calibration/fit.py, {'expected from ' if record.year_ending > fitted.vintage else ''}figures to March {fitted.vintage}"
            yield Record(profile.name, quantity, record.year_ending, record.value, unit, source, "derived", basis)


def _since(series: tuple[Record, ...], first: int, vintage: int) -> Iterable[Record]:
    """Return the records that hold from the first followed year on; a single one, which holds in every year, is of the last year of the record."""
    if len(series) == 1:
        return [replace(series[0], year_ending=vintage)]
    before = [record for record in series if record.year_ending <= first]
    return [*before[-1:], *(record for record in series if record.year_ending > first)]
