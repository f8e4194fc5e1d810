"""Measures of children in care, as tables: starting, ceasing, exits, where they live, and what follows."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.measure import CEASED_AGES, START_AGES, Measure, flow, ratio, stock

NO_SHORT_BREAKS = {"excludes": "series of short breaks (V3, V4)"}
SUPPORTED_AFTER_CARE = ("care_leaver", "staying_put")
ONCE = NO_SHORT_BREAKS | {"once_a_year": True}
NOT_UASC = "of them not unaccompanied asylum seekers"
GROUPS = {
    "foster": ("Foster care", "cla_foster_pct"),
    "childrens_home": ("Children's and secure homes", "cla_childrens_home_pct"),
    "supported": ("Supported accommodation", "cla_semi_independent_pct"),
    "with_parents": ("Placed with parents", "cla_with_parents_pct"),
    "adoption": ("Placed for adoption", None),
    "other": ("Other placements", None),
}
# Age bands of the published columns that are not spelt "<band>_years".
PUBLISHED_AGES = {"under_1": "under_1_year", "16_plus": "16_years_and_over", "18_plus": "18_years_and_over"}



def by_age(prefix: str, words: str, ages: tuple[str, ...], of: Callable[[Any], np.ndarray], role: str) -> tuple[Measure, ...]:
    """Return a flow of children for each age band: `of` gives children by area, month, age and whether unaccompanied (A, T, ages, 2)."""
    return tuple(
        flow(
            f"{prefix}_{age}", f"{words}, age {age.replace('_', ' ')}", lambda c, i=i: of(c)[:, :, i].sum(2), **ONCE,
            **{role: f"{prefix}_age_{PUBLISHED_AGES.get(age, f'{age}_years')}"},
        )
        for i, age in enumerate(ages)
    )  # fmt: skip


STARTED = (
    flow("cla_started", "Children starting to be looked after", lambda c: c.started.sum((2, 3)), **ONCE, headline=True, outcome="cla_started"),
    flow("cla_started_non_uasc", NOT_UASC, lambda c: c.started[..., 0].sum(2), **ONCE),
    *by_age("cla_started", "Starting to be looked after", START_AGES, lambda c: c.started, "fitted"),
)
CEASED = (
    flow("cla_ceased", "Children ceasing to be looked after", lambda c: c.ceased.sum((2, 3)), **ONCE, headline=True, outcome="cla_ceased"),
    flow("cla_ceased_non_uasc", NOT_UASC, lambda c: c.ceased[..., 0].sum(2), **ONCE),
    *by_age("cla_ceased", "Ceasing to be looked after", CEASED_AGES, lambda c: c.ceased, "outcome"),
)
EXITS = (
    flow("adopted", "Adopted from care", lambda c: c.entered("adopted"), when="exit", outcome="cla_adopted"),
    flow("sgo", "Special guardianship orders from care", lambda c: c.entered("special_guardianship"), when="exit", outcome="cla_ceased_sgo"),
    flow("cao", "Child arrangements orders from care", lambda c: c.entered("child_arrangements_order"), when="exit"),
    flow("reunified", "Returned home", lambda c: c.entered("reunified"), when="exit"),
    flow("relatives", "Left care to relatives", lambda c: c.entered("relatives"), when="exit"),
    flow("independent_living", "Left care to independent living", lambda c: c.entered("independent_living"), when="exit"),
    flow("aged_out", "Left care at 18", lambda c: c.entered("aged_out"), when="exit"),
    flow("moved_area", "Moved to another authority", lambda c: c.entered("moved_area"), when="exit"),
    flow("other_exit", "Left care otherwise", lambda c: c.entered("other_exit"), when="exit"),
    flow("care_re_entries", "Returns to care after an exit", lambda c: c.re_entries, when="re-entry"),
)
REMAND = (
    flow("remand_started", "Starting to be looked after on remand", lambda c: c.entered_units("remand"), when="start"),
    stock("remand_at31", "Looked after on remand", lambda c: c.at_end("remand")),
    stock("youth_detention_at31", "In youth detention accommodation", lambda c: c.at_end("youth_detention")),
)
SECURE = (
    stock("secure_home_at31", "Secure children's homes", lambda c: c.at_end("secure_home")),
    stock("secure_waiting_at31", "Waiting for a secure children's home", lambda c: c.at_end("awaiting_secure_home")),
    flow("secure_waits", "Waits for a secure children's home begun", lambda c: c.entered_units("awaiting_secure_home"), "waits"),
    flow("secure_days_waited", "Days waited for a secure children's home", lambda c: c.unit_days("awaiting_secure_home"), "child-days"),
    ratio("secure_wait_days", "Days a wait for a secure children's home lasts", "secure_days_waited", "secure_waits", 1.0, "days"),
)
TIME_IN_CARE = (flow("days_in_care", "Days in care", lambda c: c.unit_days("looked_after"), "child-days", who="looked-after children"),)
IN_CARE = (
    stock("cla_at31", "Children in care", lambda c: c.looked_after.sum((2, 3)), **NO_SHORT_BREAKS, headline=True, outcome="cla_at31"),
    stock("cla_at31_non_uasc", "Children in care, unaccompanied asylum seekers apart", lambda c: c.looked_after[..., 0].sum(2)),
    stock("uasc_at31", "Unaccompanied asylum-seeking children in care", lambda c: c.looked_after[..., 1].sum(2), outcome="uasc_at31"),
)
PLACEMENT_GROUPS = tuple(
    measure
    for group, (label, column) in GROUPS.items()
    for measure in (
        stock(f"{group}_at31", label, lambda c, group=group: c.placement_group(group), headline=group == "childrens_home"),
        ratio(f"{group}_pct", f"{label}, of children in care", f"{group}_at31", "cla_at31", outcome=column),
        flow(f"{group}_weeks", f"{label}: weeks", lambda c, group=group: c.placement_weeks(group), "child-weeks"),
    )
)
PLACEMENT_TYPES = (
    stock("kinship_at31", "Kinship foster care", lambda c: c.at_end("kinship_foster", "kinship_foster_provisional")),
    stock("in_house_foster_at31", "Foster care, the authority's own", lambda c: c.at_end("in_house_foster")),
    stock("agency_foster_at31", "Foster care, independent agency", lambda c: c.at_end("agency_foster")),
    stock("unregistered_at31", "Unregistered placements (unlawful)", lambda c: c.unlawful, headline=True),
)
AFTER_CARE = (
    stock("sgo_at31", "Under special guardianship, from care", lambda c: c.at_end("special_guardianship")),
    stock("care_leavers_at31", "Care leavers supported, to 25", lambda c: c.at_end(*SUPPORTED_AFTER_CARE)),
    stock("staying_put_at31", "Care leavers staying put with former foster carers", lambda c: c.at_end("staying_put")),
    stock(
        "care_leavers_19_21",
        "Care leavers aged 19 to 21",
        lambda c: c.care_leavers_19_21,
        who="the share of care leavers who are 19 to 21 if support starts at 18 (tallies hold no ages)",
        outcome="care_leavers_19_21",
    ),
)
CARE = (*STARTED, *CEASED, *EXITS, *REMAND, *SECURE, *TIME_IN_CARE, *IN_CARE, *PLACEMENT_GROUPS, *PLACEMENT_TYPES, *AFTER_CARE)
