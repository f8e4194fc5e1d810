"""Authorities that a scenario makes up: a toy with a few figures, or one like an authority that exists.

In the `areas` block, `synthetic: true` says that no authority of that name exists. It then has the figures the file gives it and,
for the rest, those of the authority it is `like`. Without that it is a toy: 0 of everything counted or paid, arrivals even over the
year, children even over deprivation quintiles. Beside published quantities it may have those that its pathway names.
"""

from types import MappingProxyType
from typing import Any

from scenarios.area_file import FIRST_PUBLISHED, LIKE, SYNTHETIC
from scenarios.areas import ENGLAND, AreaProfile, Record, UnknownNameError, england, find_area, load_areas
from scenarios.documents import Document
from scenarios.faults import Fault, PathKey
from scenarios.names import name_hash
from scenarios.pathway_schema import Pathway

FIRST_CODE, CODES = 1000, 30_000  # above the Department's numbers, below 2^15
# What a toy has that is not 0: figures of which only the change from year to year, or the share, means anything.
NEUTRAL = {
    **{f"referral_month_factor_{month:02d}": 1.0 for month in range(1, 13)},
    **{f"population_share_quintile_{quintile}": 0.2 for quintile in range(1, 6)},
    "court_weeks": 40.0, "social_workers_fte": 1.0, "referrals": 1.0,
}  # fmt: skip


def synthetic_profiles(document: Document) -> tuple[dict[str, AreaProfile], list[Fault]]:
    """Return the profiles of the authorities that the `areas` block of a composed document makes up, by name, and what is wrong."""
    found: dict[str, AreaProfile] = {}
    faults: list[Fault] = []
    for name, block in document.data["areas"].items():
        if not isinstance(block, dict) or SYNTHETIC not in block:
            continue
        path: PathKey = ("areas", name)
        if block[SYNTHETIC] is not True:
            faults.append(document.fault((*path, SYNTHETIC), f"is {block[SYNTHETIC]!r}, expected true (or take it out: the authority exists)"))
        if _exists(name):
            faults.append(document.fault(path, f"{name!r} exists, expected another name for a synthetic authority", at_key=True))
            continue
        like, wrong = _like(document, path, block)
        faults += wrong
        found[name] = made_up(name, like)
        twin = next((other for other in found if other != name and found[other].code == found[name].code), None)
        if twin:
            faults.append(document.fault(path, f"has the random address of {twin!r}, expected another name", at_key=True))
    return found, faults


def made_up(name: str, like: AreaProfile | None = None) -> AreaProfile:
    """Return the profile of a synthetic authority before its own figures; its code comes from its name."""

    def toy(quantity: str, unit: str) -> Record:
        """Return what a toy has of a quantity."""
        value = NEUTRAL.get(quantity, 0.0)
        return Record(name, quantity, FIRST_PUBLISHED, value, unit, "synthetic authority", "assumed", SYNTHETIC)

    national = england().records.items()
    records = dict(like.records) if like else {quantity: (toy(quantity, series[-1].unit),) for quantity, series in national}
    return AreaProfile(name, FIRST_CODE + name_hash(name) % CODES, "", "", SYNTHETIC, False, MappingProxyType(records))


def quantities_of(pathway: Pathway) -> set[str]:
    """Return the quantities a pathway speaks of: arrivals, places, teams, ratios of its groups, prices of its placements."""
    named = {stream.quantity for stream in pathway.streams.values()} | {place.quantity for place in pathway.places.values()}
    named |= {f"ratio_{group}" for group in pathway.groups} | {f"reference_use_{place}" for place in pathway.places}
    return named | {f"price_{placement}" for placement in pathway.stages_of("placement")} | {"work_in_hand"}


def _exists(name: str) -> bool:
    """Return whether there is an authority of that name."""
    try:
        return bool(find_area(name))
    except UnknownNameError:
        return False


def _like(document: Document, path: PathKey, block: dict[str, Any]) -> tuple[AreaProfile | None, list[Fault]]:
    """Return the authority a synthetic one is like, if it says so."""
    if LIKE not in block:
        return None, []
    try:
        profile = find_area(str(block[LIKE]))
    except UnknownNameError as error:
        return None, [document.fault((*path, LIKE), str(error))]
    if profile.name == ENGLAND:
        return None, [document.fault((*path, LIKE), f"is England, expected one of its {len(load_areas())} authorities")]
    return profile, []
