"""Measures of children in care: starting, ceasing, where they live, and what follows."""

from collections.abc import Callable
from typing import Any

from sim.measure import CEASED_AGES, START_AGES, Measure, flow, ratio, stock

GROUPS = {
    "foster": ("Foster care", "cla_foster_pct"),
    "childrens_home": ("Children's and secure homes", "cla_childrens_home_pct"),
    "supported": ("Supported accommodation", "cla_semi_independent_pct"),
    "with_parents": ("Placed with parents", "cla_with_parents_pct"),
    "adoption": ("Placed for adoption", None),
    "other": ("Other placements", None),
}


def care_flows() -> list[Measure]:
    """Return starts and ends of care: a child counts once a year in each."""
    once = {"once_a_year": True, "excludes": "series of short breaks (V3, V4)"}
    found = [
        flow(
            "cla_started",
            "Children starting to be looked after",
            lambda c: c.started.sum((2, 3)),
            role="outcome",
            headline=True,
            published="cla_started",
            **once,
        ),
        flow(
            "cla_started_non_uasc",
            "of them not unaccompanied asylum seekers",
            lambda c: c.started[..., 0].sum(2),
            **once,
        ),
    ]
    for i, age in enumerate(START_AGES):
        column = "cla_started_age_" + {"under_1": "under_1_year", "16_plus": "16_years_and_over"}.get(
            age, f"{age}_years"
        )
        found.append(
            flow(
                f"cla_started_{age}",
                f"Starting to be looked after, age {age.replace('_', ' ')}",
                _start_age(i),
                role="fitted",
                published=column,
                **once,
            )
        )
    found += [
        flow(
            "cla_ceased",
            "Children ceasing to be looked after",
            lambda c: c.ceased.sum((2, 3)),
            role="outcome",
            headline=True,
            published="cla_ceased",
            **once,
        ),
        flow(
            "cla_ceased_non_uasc", "of them not unaccompanied asylum seekers", lambda c: c.ceased[..., 0].sum(2), **once
        ),
    ]
    for i, age in enumerate(CEASED_AGES):
        column = "cla_ceased_age_" + {"under_1": "under_1_year", "18_plus": "18_years_and_over"}.get(
            age, f"{age}_years"
        )
        found.append(
            flow(
                f"cla_ceased_{age}",
                f"Ceasing to be looked after, age {age.replace('_', ' ')}",
                _ceased_age(i),
                role="outcome",
                published=column,
                **once,
            )
        )
    exits = (
        ("adopted", "Adopted from care", "cla_adopted"),
        ("special_guardianship", "Special guardianship orders from care", "cla_ceased_sgo"),
        ("child_arrangements_order", "Child arrangements orders from care", None),
        ("reunified", "Returned home", None),
        ("relatives", "Left care to relatives", None),
        ("independent_living", "Left care to independent living", None),
        ("aged_out", "Left care at 18", None),
        ("moved_area", "Moved to another authority", None),
        ("other_exit", "Left care otherwise", None),
    )
    for stage, label, column in exits:
        name = {"special_guardianship": "sgo", "child_arrangements_order": "cao"}.get(stage, stage)
        found.append(
            flow(name, label, _entered(stage), when="exit", role="outcome" if column else "", published=column)
        )
    found += [
        flow("care_re_entries", "Returns to care after an exit", lambda c: c.re_entries, when="re-entry"),
        flow(
            "days_in_care",
            "Days in care",
            lambda c: c.unit_days("looked_after"),
            unit="child-days",
            who="looked-after children",
        ),
    ]
    return found


def care_stocks() -> list[Measure]:
    """Return children in care at 31 March, where they live, and weeks."""
    found = [
        stock(
            "cla_at31",
            "Children in care",
            lambda c: c.looked_after.sum((2, 3)),
            role="outcome",
            headline=True,
            published="cla_at31",
            excludes="series of short breaks (V3, V4)",
        ),
        stock(
            "cla_at31_non_uasc",
            "Children in care, unaccompanied asylum seekers apart",
            lambda c: c.looked_after[..., 0].sum(2),
        ),
        stock(
            "uasc_at31",
            "Unaccompanied asylum-seeking children in care",
            lambda c: c.looked_after[..., 1].sum(2),
            role="outcome",
            published="uasc_at31",
        ),
    ]
    for group, (label, column) in GROUPS.items():
        found.append(stock(f"{group}_at31", label, _group(group), headline=group == "childrens_home"))
        found.append(
            ratio(
                f"{group}_pct",
                f"{label}, of children in care",
                f"{group}_at31",
                "cla_at31",
                role="outcome" if column else "",
                published=column,
            )
        )
        found.append(flow(f"{group}_weeks", f"{label}: weeks", _weeks(group), unit="child-weeks"))
    found += [
        stock(
            "kinship_at31", "Kinship foster care", lambda c: c.at_end("kinship_foster", "kinship_foster_provisional")
        ),
        stock("in_house_foster_at31", "Foster care, the authority's own", lambda c: c.at_end("in_house_foster")),
        stock("agency_foster_at31", "Foster care, independent agency", lambda c: c.at_end("agency_foster")),
        stock("unregistered_at31", "Unregistered placements (unlawful)", lambda c: c.unlawful, headline=True),
        stock("sgo_at31", "Under special guardianship, from care", lambda c: c.at_end("special_guardianship")),
        stock("care_leavers_at31", "Care leavers supported, to 25", lambda c: c.at_end("care_leaver")),
        stock(
            "care_leavers_19_21",
            "Care leavers aged 19 to 21",
            lambda c: c.care_leavers_19_21,
            role="outcome",
            published="care_leavers_19_21",
            who="the share of care leavers who are 19 to 21 if support starts at 18 (tallies hold no ages)",
        ),
    ]
    return found


def _start_age(i: int) -> Callable[[Any], Any]:
    return lambda c: c.started[:, :, i].sum(2)


def _ceased_age(i: int) -> Callable[[Any], Any]:
    return lambda c: c.ceased[:, :, i].sum(2)


def _entered(stage: str) -> Callable[[Any], Any]:
    return lambda c: c.entered(stage)


def _group(group: str) -> Callable[[Any], Any]:
    return lambda c: c.placement_group(group)


def _weeks(group: str) -> Callable[[Any], Any]:
    return lambda c: c.placement_weeks(group)
