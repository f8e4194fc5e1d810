"""Profiles, third part: placement mix, foster places, children's homes and who fills them."""

from __future__ import annotations

import pandas as pd

from calibration.boundaries import PREDECESSORS, share_of_predecessor
from calibration.panel import DATA, ENGLAND, SOURCE
from calibration.profile_table import Figure, ProfileTable, national, weakest

YEARS = (2022, 2023, 2024, 2025)
MIX_YEARS = (2023, 2024)
# In 2024 supported accommodation not yet registered was counted as `other` (England: other 1,180 to 4,020). The two are
# pooled over 2023-24 and split as in 2023, the last year before the recoding.
SPLIT_YEAR = 2023
MIX = {
    "foster": "cla_foster_pct",
    "childrens_home": "cla_childrens_home_pct",
    "semi_independent": "cla_semi_independent_pct",
    "with_parents": "cla_with_parents_pct",
    "other": "cla_other_placement_pct",
    "other_residential": "cla_other_residential_pct",
}
# England's counts at 31 March, in national.csv.
COUNTS = {
    "foster": "foster_stock",
    "childrens_home": "childrens_homes_secure_stock",
    "semi_independent": "semi_independent_supported_stock",
    "with_parents": "placed_with_parents_stock",
    "other": "other_placements_stock",
    "placed_for_adoption": "placed_for_adoption_stock",
}
HOMES_SOURCE = "calibration/data/childrens_homes_march_2023.csv"
HOMES_YEAR = 2023
# The file spells some authorities as Ofsted does.
OFSTED_NAMES = {
    "Bournemouth, Christchurch & Poole": "Bournemouth, Christchurch and Poole",
    "Bristol": "Bristol, City of",
    "Durham": "County Durham",
    "Herefordshire": "Herefordshire, County of",
    "Kingston upon Hull": "Kingston upon Hull, City of",
    "Southend on Sea": "Southend-on-Sea",
    "St Helens": "St. Helens",
}
LA_RUN_HOMES = (407.0, 404.0)  # 2023 in the file, 2024 published (national.csv, childrens_homes_la_run)
# An authority always buys some agency placements; below this share the arithmetic says more about rounding.
SMALLEST_AGENCY_SHARE = 0.05


def add_places(table: ProfileTable) -> None:
    """Add every quantity of this part for every authority and England."""
    homes = _home_places(table)
    for area in table.places:
        _mix(table, area)
        _fostering(table, area)
        for (quantity, year), (value, status) in homes[area].items():
            basis = "predecessor" if PREDECESSORS.get(area) == ("Cumbria",) else "own"
            table.add(area, quantity, year, Figure(value, basis, status), "registered places at 31 March", HOMES_SOURCE)


def _mix(table: ProfileTable, area: str) -> None:
    """Add shares of children in care by placement; borrowed shares only fill the room the published ones leave."""
    shares, bases = {}, {}
    if area == ENGLAND:  # exact counts are published
        _england_mix(table)
        return
    for kind, measure in MIX.items():
        figures = [table.rate(area, measure, year) for year in MIX_YEARS]
        shares[kind] = sum(figure.value for figure in figures) / 100 / len(figures)
        bases[kind] = weakest(*(figure.basis for figure in figures))
    supported, other = (table.rate(area, MIX[kind], SPLIT_YEAR).value for kind in ("semi_independent", "other"))
    both = shares["semi_independent"] + shares["other"]
    kept = supported / (supported + other) if supported + other > 0 else 1.0
    shares |= {"semi_independent": both * kept, "other": both * (1 - kept)}
    excess = max(0.0, sum(shares.values()) - 1.0)
    borrowed = sum(shares[kind] for kind in shares if bases[kind] in ("region", "london", "england"))
    cut = min(1.0, excess / borrowed) if borrowed > 0 else 0.0
    for kind in shares:
        if bases[kind] in ("region", "london", "england"):
            shares[kind] *= 1 - cut
    total = max(1.0, sum(shares.values()))  # rounding of published whole per cents
    for kind, share in shares.items():
        table.add(area, f"placement_share_{kind}", MIX_YEARS[-1], Figure(share / total, bases[kind], "derived"),
                  "share of children in care, mean of March 2023 and 2024", SOURCE)  # fmt: skip
    rest = max(0.0, 1.0 - sum(shares.values()) / total)
    table.add(area, "placement_share_placed_for_adoption", MIX_YEARS[-1], Figure(rest, "own", "derived"),
              "share of children in care, what the other shares leave", SOURCE)  # fmt: skip


def _england_mix(table: ProfileTable) -> None:
    """Add England's shares from published counts, supported and other split as in 2023."""
    stock = sum(table.cell(ENGLAND, "cla_at31", year) for year in MIX_YEARS)
    totals = {kind: sum(national(name)[year] for year in MIX_YEARS) for kind, name in COUNTS.items()}
    both = totals["semi_independent"] + totals["other"]
    supported, other = (national(COUNTS[kind])[SPLIT_YEAR] for kind in ("semi_independent", "other"))
    totals |= {"semi_independent": both * supported / (supported + other), "other": both * other / (supported + other)}
    totals["other_residential"] = stock - sum(totals.values())
    for kind, children in totals.items():
        unit = "share of children in care, mean of March 2023 and 2024"
        figure = Figure(children / stock, "own", "derived")
        table.add(ENGLAND, f"placement_share_{kind}", MIX_YEARS[-1], figure, unit, "calibration/data/national.csv")


def children_in(table: ProfileTable, area: str, kind: str, year: int) -> Figure:
    """Return the authority's own children in a placement on 31 March (England: the published count)."""
    if area == ENGLAND and kind in COUNTS:
        return Figure(float(national(COUNTS[kind])[year]), "own", "published")
    share = table.rate(area, MIX[kind], year)
    stock = table.count(area, "cla_at31", year)
    return Figure(share.value / 100 * stock.value, weakest(share.basis, stock.basis), "derived")


def kinship_share_of_foster(year: int) -> float:
    """Return England's share of foster placements that are with relatives or friends, latest published by `year`."""
    kinship = national("kinship_foster_stock")
    last = int(kinship[kinship.index <= year].index[-1])
    return float(kinship[last] / national("foster_stock")[last])


def foster_children(table: ProfileTable, area: str, year: int) -> dict[str, Figure]:
    """Return children in in-house, agency and kinship foster care on 31 March.

    Kinship is England's share of the authority's foster children; in-house are its filled places; agency is the rest,
    at least `SMALLEST_AGENCY_SHARE`; if filled places exceed what is left, in-house gives way.
    """
    foster = children_in(table, area, "foster", year)
    filled = _places(table, area, "foster_places_filled", year)
    kinship = foster.value * kinship_share_of_foster(year)
    agency = max(foster.value - kinship - filled.value, SMALLEST_AGENCY_SHARE * foster.value)
    in_house = max(0.0, foster.value - kinship - agency)
    basis = weakest(foster.basis, filled.basis)
    values = {"in_house": in_house, "agency": agency, "kinship": kinship}
    return {kind: Figure(value, basis, "derived") for kind, value in values.items()}


def _fostering(table: ProfileTable, area: str) -> None:
    """Add foster places, and children by kind of fostering, in homes and in other placements, at each 31 March."""
    source = f"{SOURCE}; kinship share of national.csv"
    for year in YEARS:
        for measure in ("foster_places_approved", "foster_places_filled"):
            table.add(area, measure, year, _places(table, area, measure, year), "own mainstream places at 31 March")
        for kind, figure in foster_children(table, area, year).items():
            table.add(area, f"{kind}_foster_children", year, figure, "children at 31 March", source)
        supported = [children_in(table, area, kind, year) for kind in ("semi_independent", "other")]
        both = Figure(sum(s.value for s in supported), weakest(*(s.basis for s in supported)), "derived")
        table.add(area, "children_in_supported_or_other", year, both,
                  "own children in supported accommodation and other placements at 31 March", SOURCE)  # fmt: skip
        table.add(area, "children_in_homes", year, children_in(table, area, "childrens_home", year),
                  "own children in children's and secure homes at 31 March", SOURCE)  # fmt: skip


def _places(table: ProfileTable, area: str, measure: str, year: int) -> Figure:
    """Return foster places; where none are published, as many per foster child as the region has."""
    own = table.own(area, measure, year)
    if own is not None:
        return own
    foster = children_in(table, area, "foster", year)
    for place, basis in table.panel.lenders(area):
        cell = table.panel.cell(place, measure, year, own_only=True)
        if cell is not None:
            lender = children_in(table, place, "foster", cell.year_ending)
            return Figure(cell.value / lender.value * foster.value, basis, "derived")
    raise ValueError(f"no {measure} for {area}")


def _home_places(table: ProfileTable) -> dict[str, dict[tuple[str, int], tuple[float, str]]]:
    """Return places in children's homes by authority, March 2023, and scaled to England's total of March 2025.

    Mainstream homes only (no residential special schools, secure homes or training centres). Authority-run homes hardly
    changed in number (407 to 404), so growth to 14,259 places is put on the others, alike everywhere.
    """
    homes = pd.read_csv(DATA / "childrens_homes_march_2023.csv").replace({"name": OFSTED_NAMES})
    homes = homes[homes["provision_type"].str.lower() == "children's home"]
    own = homes[homes["sector"] == "Local Authority"].groupby("name")["places"].sum()
    every = homes.groupby("name")["places"].sum()
    target = float(national("childrens_homes_mainstream_places_published")[2025])
    own_growth = LA_RUN_HOMES[1] / LA_RUN_HOMES[0]
    other_growth = (target - own.sum() * own_growth) / (every.sum() - own.sum())

    def places(area: str) -> tuple[float, float]:
        """Return (all places, authority-run places) in an area; a successor has its share of its predecessor's."""
        if area == ENGLAND:
            return float(every.sum()), float(own.sum())
        name, share = area, 1.0
        if area not in every.index and area in PREDECESSORS:
            name, share = PREDECESSORS[area][0], share_of_predecessor(area)
        return float(every.get(name, 0.0)) * share, float(own.get(name, 0.0)) * share

    result = {}
    for area in table.places:
        total, authority_run = places(area)
        later = authority_run * own_growth + (total - authority_run) * other_growth
        split = area in PREDECESSORS and area not in every.index
        result[area] = {
            ("childrens_home_places_in_area", HOMES_YEAR): (total, "derived" if split else "published"),
            ("childrens_home_places_own", HOMES_YEAR): (authority_run, "derived" if split else "published"),
            ("childrens_home_places_in_area", 2025): (later, "derived"),
            ("childrens_home_places_own", 2025): (authority_run * own_growth, "derived"),
        }
    return result
