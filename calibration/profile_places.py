"""Profiles, third part: placement mix, foster places, children's homes and who fills them."""

from __future__ import annotations

import pandas as pd

from calibration.boundaries import PREDECESSORS, share_of_predecessor
from calibration.panel import DATA, ENGLAND, SOURCE, PanelError
from calibration.profile_table import Figure, ProfileTable, weakest

YEARS_OF_PLACES = 4  # up to the last year
# In 2024 supported accommodation not yet registered was counted as `other` (England: other 1,180 to 4,020). The two are
# pooled over 2023-24 and split as in 2023, the last year before the recoding.
SPLIT_YEAR, RECODED_YEAR = 2023, 2024
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
ASSUMED_HOMES = "calibration/profile_places.py, PLACES_PER_CHILD and OWN_SHARE_OF_PLACES of own children in homes"
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
HOMES_LATER = 2025  # the next year whose places are published, for England
LA_RUN_HOMES = (407.0, 404.0)  # 2023 in the file, 2024 published (national.csv, childrens_homes_la_run)
# Before 2023, where no homes by authority were known: registered places in an authority for each of its own children in homes, and the share of
# them that authorities run, England's of March 2023 (11,103 places of which 2,027, 8,020 children). Stated, assumed: no earlier count is held here.
PLACES_PER_CHILD, OWN_SHARE_OF_PLACES = 1.38, 0.18
KINSHIP_SHARE = 0.187  # of foster placements, England's of March 2019 (10,450 of 55,760): stated for years before. Assumed
# An authority always buys some agency placements; below this share the arithmetic says more about rounding.
SMALLEST_AGENCY_SHARE = 0.05


def add_places(table: ProfileTable) -> None:
    """Add every quantity of this part for every authority and England."""
    homes = home_places(table)
    for area in table.places:
        _mix(table, area)
        _fostering(table, area)
        for (quantity, year), (value, status) in homes[area].items():
            basis = "predecessor" if PREDECESSORS.get(area) == ("Cumbria",) else "own"
            table.add(area, quantity, year, Figure(value, basis, status), "registered places at 31 March",
                      HOMES_SOURCE if table.years.knows("childrens_homes_march_2023.csv") else ASSUMED_HOMES)  # fmt: skip


def _mix(table: ProfileTable, area: str) -> None:
    """Add shares of children in care by placement; borrowed shares only fill the room the published ones leave."""
    shares, bases, statuses = {}, {}, {}
    mix_years = table.years.mix_years
    if area == ENGLAND and _counts_known(table, mix_years):  # exact counts are published
        _england_mix(table)
        return
    for kind, measure in MIX.items():
        figures = [table.rate(area, measure, year) for year in mix_years]
        statuses[kind] = "assumed" if any(figure.status == "assumed" for figure in figures) else "derived"
        shares[kind] = sum(figure.value for figure in figures) / 100 / len(figures)
        bases[kind] = weakest(*(figure.basis for figure in figures))
    split_year = _split_year(table)
    supported, other = (table.rate(area, MIX[kind], split_year).value for kind in ("semi_independent", "other"))
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
        table.add(area, f"placement_share_{kind}", mix_years[-1], Figure(share / total, bases[kind], statuses[kind]),
                  f"share of children in care, mean of {_marches(mix_years)}", SOURCE)  # fmt: skip
    rest = max(0.0, 1.0 - sum(shares.values()) / total)
    table.add(area, "placement_share_placed_for_adoption", mix_years[-1], Figure(rest, "own", "derived"),
              "share of children in care, what the other shares leave", SOURCE)  # fmt: skip


def _england_mix(table: ProfileTable) -> None:
    """Add England's shares from published counts, supported and other split as in 2023."""
    mix_years, split_year = table.years.mix_years, _split_year(table)
    stock = sum(table.cell(ENGLAND, "cla_at31", year) for year in mix_years)
    totals = {kind: sum(table.national(name)[year] for year in mix_years) for kind, name in COUNTS.items()}
    both = totals["semi_independent"] + totals["other"]
    supported, other = (table.national(COUNTS[kind])[split_year] for kind in ("semi_independent", "other"))
    totals |= {"semi_independent": both * supported / (supported + other), "other": both * other / (supported + other)}
    totals["other_residential"] = stock - sum(totals.values())
    for kind, children in totals.items():
        unit = f"share of children in care, mean of {_marches(mix_years)}"
        figure = Figure(children / stock, "own", "derived")
        table.add(ENGLAND, f"placement_share_{kind}", mix_years[-1], figure, unit, "calibration/data/national.csv")


def _counts_known(table: ProfileTable, years: tuple[int, ...]) -> bool:
    """Tell whether England's counts by placement are known in all of some years."""
    return all(set(years) <= set(table.national(name).index) for name in COUNTS.values())


def _split_year(table: ProfileTable) -> int:
    """Return the year whose split of supported and other placements holds: the last of the mix, or the last before the recoding."""
    last = table.years.mix_years[-1]
    return SPLIT_YEAR if last >= RECODED_YEAR else last


def _marches(years: tuple[int, ...]) -> str:
    """Return years in words, as `March 2023 and 2024`."""
    return f"March {' and '.join(str(year) for year in years)}"


def children_in(table: ProfileTable, area: str, kind: str, year: int) -> Figure:
    """Return the authority's own children in a placement on 31 March (England: the published count)."""
    if area == ENGLAND and kind in COUNTS and year in table.national(COUNTS[kind]).index:
        return Figure(float(table.national(COUNTS[kind])[year]), "own", "published")
    share = table.rate(area, MIX[kind], year)
    stock = table.count(area, "cla_at31", year)
    return Figure(share.value / 100 * stock.value, weakest(share.basis, stock.basis), "derived")


def kinship_share_of_foster(table: ProfileTable, year: int) -> float:
    """Return England's share of foster placements that are with relatives or friends, latest published by `year`, or the stated one."""
    kinship, foster = table.national("kinship_foster_stock"), table.national("foster_stock")
    both = [known for known in kinship.index if known <= year and known in foster.index]
    return float(kinship[both[-1]] / foster[both[-1]]) if both else KINSHIP_SHARE


def foster_children(table: ProfileTable, area: str, year: int) -> dict[str, Figure]:
    """Return children in in-house, agency and kinship foster care on 31 March.

    Kinship is England's share of the authority's foster children; in-house are its filled places; agency is the rest,
    at least `SMALLEST_AGENCY_SHARE`; if filled places exceed what is left, in-house gives way.
    """
    foster = children_in(table, area, "foster", year)
    filled = _places(table, area, "foster_places_filled", year)
    kinship = foster.value * kinship_share_of_foster(table, year)
    agency = max(foster.value - kinship - filled.value, SMALLEST_AGENCY_SHARE * foster.value)
    in_house = max(0.0, foster.value - kinship - agency)
    basis = weakest(foster.basis, filled.basis)
    values = {"in_house": in_house, "agency": agency, "kinship": kinship}
    return {kind: Figure(value, basis, "derived") for kind, value in values.items()}


def _fostering(table: ProfileTable, area: str) -> None:
    """Add foster places, and children by kind of fostering, in homes and in other placements, at each 31 March."""
    source = f"{SOURCE}; kinship share of national.csv"
    for year in years_of_places(table):
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


def years_of_places(table: ProfileTable) -> range:
    """Return the years ending March whose places and placements are given."""
    return range(max(table.last_year - YEARS_OF_PLACES + 1, table.years.first_year), table.last_year + 1)


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
    raise PanelError(f"{measure}: nothing published for {area}, its region or England up to {year}")


def home_places(table: ProfileTable) -> dict[str, dict[tuple[str, int], tuple[float, str]]]:
    """Return places in children's homes by authority, March 2023, and scaled to England's total of March 2025.

    Mainstream homes only (no residential special schools, secure homes or training centres). Authority-run homes hardly
    changed in number (407 to 404), so growth to 14,259 places is put on the others, alike everywhere. A vintage before 2025 has March 2023 alone;
    one before 2023, places in proportion to the authority's own children in homes.
    """
    if not table.years.knows("childrens_homes_march_2023.csv"):
        return {area: _assumed_home_places(table, area) for area in table.places}
    homes = pd.read_csv(DATA / "childrens_homes_march_2023.csv").replace({"name": OFSTED_NAMES})
    homes = homes[homes["provision_type"].str.lower() == "children's home"]
    own = homes[homes["sector"] == "Local Authority"].groupby("name")["places"].sum()
    every = homes.groupby("name")["places"].sum()
    published = table.national("childrens_homes_mainstream_places_published")
    grown = HOMES_LATER in published.index
    own_growth = LA_RUN_HOMES[1] / LA_RUN_HOMES[0]
    other_growth = (float(published[HOMES_LATER]) - own.sum() * own_growth) / (every.sum() - own.sum()) if grown else 1.0

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
        }
        if grown:
            result[area] |= {
                ("childrens_home_places_in_area", HOMES_LATER): (later, "derived"),
                ("childrens_home_places_own", HOMES_LATER): (authority_run * own_growth, "derived"),
            }
    return result


def _assumed_home_places(table: ProfileTable, area: str) -> dict[tuple[str, int], tuple[float, str]]:
    """Return places in children's homes of the last year in proportion to the authority's own children in homes."""
    places = PLACES_PER_CHILD * children_in(table, area, "childrens_home", table.last_year).value
    return {
        ("childrens_home_places_in_area", table.last_year): (places, "assumed"),
        ("childrens_home_places_own", table.last_year): (places * OWN_SHARE_OF_PLACES, "assumed"),
    }
