"""Profiles, sixth part: how far an authority's placements are, over England's, and how many of its children in homes are in its area."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from calibration.distance import YEAR, shares
from calibration.panel import ENGLAND, SOURCE
from calibration.profile_places import HOMES_SOURCE, HOMES_YEAR
from calibration.profile_table import Figure, ProfileTable, weakest

MEASURE = "cla_20_miles_out_of_area_pct"
FAR_OUT = 3  # of the bands: over 20 miles and out of the area
# Profiles' shares of placements, and the table of bands that stands for each; carers are told apart by `foster_children`.
STAGES = {
    "childrens_home": "childrens_home", "semi_independent": "supported_accommodation", "with_parents": "with_parents",
    "placed_for_adoption": "adoption_placement", "other": "other_placement", "other_residential": "other_placement",
}  # fmt: skip
CARERS = {"kinship": "kinship_foster", "in_house": "in_house_foster", "agency": "agency_foster"}
# distributions.csv, uasc_stock by placement, 2024
UASC_PLACEMENTS = {"agency_foster": 0.37, "supported_accommodation": 0.44, "other_placement": 0.19}
IN_AREA_SHARE = 0.33  # England's of 2024 (docs/pathway.md): stated where an authority's is not known. Assumed
STATED = "calibration/profile_distance.py, IN_AREA_SHARE"
SMALLEST_PCT, LARGEST_PCT = 0.5, 60.0  # published in whole per cents: 0 is anything below a half


def add_distance(table: ProfileTable) -> None:
    """Add every quantity of this part for every authority; England has its own table (scenarios/pathway.yaml).

    The table England's shares come from is of one year: at a vintage that does not know it, every authority is as England, as the pathway states it.
    """
    if table.years.vintage is not None and table.years.vintage < max(YEAR, HOMES_YEAR):
        for area in table.names:
            table.add(area, "far_out_of_area_odds", table.rate_years[-1], Figure(1.0, "england", "assumed"),
                      "odds of a placement over 20 miles away and out of the area over England's, shrunk towards 1", STATED)  # fmt: skip
            table.add(area, "in_area_share_childrens_home", table.rate_years[-1], Figure(IN_AREA_SHARE, "england", "assumed"),
                      "share of own children in homes who are in the area", STATED)  # fmt: skip
        return
    rows = {(area, quantity, year): (value, basis) for area, quantity, year, value, _, _, _, basis in table.rows}
    homes = _homes_in_area(rows, table.names, table.rate_years)
    mixes = {area: _mix(rows, area, table.rate_years[-1]) for area in table.names}
    odds = {area: _odds(table, area, mixes[area], homes[area]) for area in table.names}
    children = np.array([rows[area, "cla_non_uasc_stock", table.rate_years[-1]][0] for area in table.names])
    logs, share = np.log([odds[area] for area in table.names]), table.cell(ENGLAND, MEASURE, table.rate_years[-1]) / 100.0
    noise = 1.0 / np.maximum(children * share * (1.0 - share), 1.0)  # sampling variance of log odds
    large = children >= 100
    spread = max(1e-4, logs[large].var() - noise[large].mean())
    shrunk = np.exp(logs * spread / (spread + noise))
    for area, value in zip(table.names, shrunk, strict=True):
        basis = table.rate(area, MEASURE, table.rate_years[-1]).basis
        table.add(area, "far_out_of_area_odds", table.rate_years[-1], Figure(float(value), basis, "derived"),
                  "odds of a placement over 20 miles away and out of the area over England's, shrunk towards 1", f"{SOURCE} ({MEASURE})")  # fmt: skip
        basis = weakest(rows[area, "children_in_homes", table.rate_years[-1]][1], rows[area, "childrens_home_places_in_area", HOMES_YEAR][1])
        table.add(area, "in_area_share_childrens_home", table.rate_years[-1], Figure(homes[area], basis, "assumed"),
                  "share of own children in homes who are in the area", f"{HOMES_SOURCE}; {SOURCE}; calibration/profile_distance.py")  # fmt: skip


def _homes_in_area(rows: dict, names: list[str], years: tuple[int, ...]) -> dict[str, float]:
    """Return the share of each authority's children in homes who are in its area: k x beds / (k x beds + children).

    A child's home is in the area more often the more beds there are for the authority's own children; k is the same everywhere, such that the
    share of all is England's. As k is below the share of beds filled (66 %), nobody's children fill more beds of the area than are filled.
    """
    beds = np.array([rows[area, "childrens_home_places_in_area", HOMES_YEAR][0] for area in names])
    children = np.array([np.mean([rows[area, "children_in_homes", year][0] for year in years]) for area in names])
    near_in, _, far_in, _ = shares()["childrens_home"]

    def inside(k: float) -> np.ndarray:
        """Return the share in the area of each authority."""
        return k * beds / np.maximum(k * beds + children, 1e-9)

    k = brentq(lambda k: float((inside(k) * children).sum()) - (near_in + far_in) * float(children.sum()), 1e-3, 10.0)
    return dict(zip(names, (float(share) for share in inside(k)), strict=True))


def _mix(rows: dict, area: str, year: int) -> dict[str, float]:
    """Return an authority's children by stage, unaccompanied ones apart (their distance is not recorded), and all of them."""
    uasc = rows[area, "uasc_at31", year][0]
    everyone = rows[area, "cla_non_uasc_stock", year][0] + uasc
    mix = {stage: 0.0 for stage in shares()}
    for kind, stage in STAGES.items():
        mix[stage] += rows[area, f"placement_share_{kind}", year][0] * everyone
    carers = {stage: rows[area, f"{kind}_foster_children", year][0] for kind, stage in CARERS.items()}
    for stage, children in carers.items():
        mix[stage] += rows[area, "placement_share_foster", year][0] * everyone * children / max(sum(carers.values()), 1e-9)
    for stage, share in UASC_PLACEMENTS.items():
        mix[stage] = max(0.0, mix[stage] - share * uasc)
    return mix | {"everyone": everyone}


def far_out_share(mix: dict[str, float], in_homes: float, odds: float) -> float:
    """Return the share of all children over 20 miles away and out of the area, given the odds over England's and the share of homes in the area."""
    far = 0.0
    for stage, row in shares().items():
        at = row[FAR_OUT]
        if stage == "childrens_home":
            at *= (1.0 - in_homes) / (row[1] + row[3])
        far += mix.get(stage, 0.0) * at * odds / (1.0 - at + at * odds)
    return far / mix["everyone"]


def _odds(table: ProfileTable, area: str, mix: dict[str, float], in_homes: float) -> float:
    """Return the odds, over England's, at which the authority's placements give its published share.

    That of the last of the rate years: the share rises (14 % in 2016, 18 % in 2025), and a year's foretells the next (correlation 0.96).
    """
    target = table.rate(area, MEASURE, table.rate_years[-1]).value / 100.0
    target = min(max(target, SMALLEST_PCT / 100.0), LARGEST_PCT / 100.0)
    return float(brentq(lambda odds: far_out_share(mix, in_homes, odds) - target, 1e-3, 1e3))
