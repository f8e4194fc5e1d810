"""Which authorities an experiment runs, how they pool, and what share of England they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scenarios.areas import (
    ENGLAND,
    AreaProfile,
    UnknownNameError,
    england,
    find_area,
    find_group,
    find_region,
    load_areas,
    load_groups,
    regions,
)

LATEST = 2025


@dataclass(frozen=True)
class Region:
    """Authorities that would pool as one.

    Attributes
    ----------
    areas
        Their names, in order of the Department's number.
    reach
        1 where a child of one may use a pooled place of the other (A, A), in that order.
    basis
        Where the reach comes from.
    """

    areas: tuple[str, ...]
    reach: np.ndarray
    basis: str


@dataclass(frozen=True)
class Selection:
    """The authorities of an experiment.

    Attributes
    ----------
    label
        What the authorities together are called.
    regions
        The authorities by the region they would pool in.
    missing
        Members of the group that have no profile.
    is_england
        Whether the total stands for England: it is then grossed up, and says so.
    """

    label: str
    regions: tuple[Region, ...]
    missing: tuple[str, ...] = ()
    is_england: bool = False

    @property
    def areas(self) -> tuple[str, ...]:
        """Names of all authorities, region by region."""
        return tuple(name for region in self.regions for name in region.areas)

    @property
    def total_label(self) -> str:
        """What the sum of the authorities is called; a grossed-up England says so."""
        return f"{self.label} (grossed up from the panel's authorities)" if self.is_england else self.label


def select(
    area: str | None = None, region: str | None = None, whole: bool = False, synthetic: Sequence[AreaProfile] = ()
) -> Selection:
    """Return the selection of one area, one region or named group, or all of England.

    `synthetic` are authorities a scenario makes up, which can be named as areas; all of them run if nothing else is named.

    Raises
    ------
    UnknownNameError
        If there is no such area, region or group; the nearest names are offered.
    """
    if whole or (area and area.casefold() == ENGLAND.casefold()):
        return Selection(ENGLAND, tuple(_official(name) for name in regions()), is_england=True)
    if area:
        made_up = [profile for profile in synthetic if profile.name.casefold() == area.casefold()]
        return _one(made_up[0] if made_up else find_area(area))
    if synthetic and not region:
        return _one(synthetic[0]) if len(synthetic) == 1 else Selection("Synthetic authorities", (_whole(synthetic),))
    return _region_or_group(region or "")


def _one(profile: AreaProfile) -> Selection:
    """Return the selection of one authority."""
    return Selection(profile.name, (Region((profile.name,), np.eye(1, dtype=np.int64), "one authority"),))


def _region_or_group(name: str) -> Selection:
    """Return the selection of a named group, or else of a region, or of both halves of London."""
    groups = load_groups()
    if any(name.casefold() in (group.key.casefold(), group.name.casefold()) for group in groups.values()):
        group = find_group(name)
        order = [profile.name for profile in _by_code(find_area(member) for member in group.members)]
        reach = np.array([[group.within_reach(one, other) for other in order] for one in order], np.int64)
        basis = f"scenarios/data/groups/{group.key}.yaml"
        return Selection(group.name, (Region(tuple(order), reach, basis),), group.missing)
    try:
        members = find_region(name)
    except UnknownNameError:
        known = [*regions(), "London", *groups, *(group.name for group in groups.values())]
        raise UnknownNameError("region or group", name, known) from None
    label = "London" if name.casefold() == "london" else members[0].region
    return Selection(label, (_whole(members),))


def _official(name: str) -> Region:
    """Return a region of the Department's, all of it within reach."""
    return _whole(find_region(name))


def _whole(members: tuple[AreaProfile, ...]) -> Region:
    """Return a region all of whose authorities are within reach of each other (assumed: no distances are known)."""
    order = [profile.name for profile in _by_code(members)]
    return Region(tuple(order), np.ones((len(order), len(order)), np.int64), "the whole region (assumed)")


def _by_code(profiles) -> list[AreaProfile]:
    """Return authorities in order of the Department's number."""
    return sorted(profiles, key=lambda profile: profile.code)


def grossing() -> dict[str, float]:
    """Return England over the sum of the panel's authorities, latest year, for each kind of total (ruling 30)."""
    nation, areas = england(), load_areas().values()

    def factor(*quantities: str) -> float:
        """Return England over the sum of authorities, of quantities added up."""
        whole = sum(nation.value(quantity, LATEST) for quantity in quantities)
        return whole / sum(profile.value(quantity, LATEST) for profile in areas for quantity in quantities)

    return {
        "referrals": factor("referrals"),
        "cla": factor("cla_non_uasc_stock", "uasc_at31"),
        "population": factor("population_0_17"),
        "spend": factor("spend_children_services"),
    }


def coverage(areas: tuple[str, ...]) -> dict[str, float]:
    """Return what share of England's children in care, referrals, children and spend these authorities hold (synthetic ones none)."""
    nation, published = england(), load_areas()

    def share(*quantities: str) -> float:
        """Return the share of England's quantities, added up, that these authorities hold."""
        own = sum(find_area(name).value(quantity, LATEST) for name in areas if name in published for quantity in quantities)
        return own / sum(nation.value(quantity, LATEST) for quantity in quantities)

    return {
        "children_in_care": share("cla_non_uasc_stock", "uasc_at31"),
        "referrals": share("referrals"),
        "children": share("population_0_17"),
        "spend": share("spend_children_services"),
    }
