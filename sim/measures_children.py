"""Measures of what happens to children beside the headlines, as tables: what keeps each headline honest (docs/children.md), and by deprivation.

What follows what is counted of the same child or family as events come, not as a ratio of two flows of one year; shares are of the same year's flows.
"""

from collections.abc import Callable
from typing import Any

from sim.counting_children import CARE_START, IN_CARE_END, WITH_KIN
from sim.kernels import layout as L
from sim.measure import EPISODES, Measure, flow, level, ratio, stock

REFERRED, ENQUIRY, PLAN = int(L.REFERRED), int(L.ENQUIRY), int(L.PLAN)
EACH_TIME = {"unit": EPISODES, "grossed_by": "referrals"}
RETURNED = EACH_TIME | {"who": "children at home in a case closed without a plan less than a year ago, the first such event since"}
OF_FAMILIES = {"unit": "families", "grossed_by": "referrals", "who": "families on a waiting list for help"}
FROM_HOME = {"unit": EPISODES, "who": "children who lived at home", "when": "care start"}
QUINTILES = range(1, 6)

INVESTIGATIONS = (
    flow("s47_without_conference", "Section 47 enquiries less conferences",
         lambda c: c.entered("section_47") - c.outcomes("initial_conference"), **EACH_TIME, who="two flows of the same year"),
    flow("s47_without_plan", "Section 47 enquiries less plans started (the Review's 135,000)",
         lambda c: c.entered("section_47") - c.entered("child_protection_plan"), **EACH_TIME, who="two flows of the same year"),
    ratio("s47_without_plan_pct", "Section 47 enquiries less plans started, of enquiries", "s47_without_plan", "s47"),
    flow("cpp_short", "Plans that ended within 91 days", lambda c: c.short_plans, **EACH_TIME, when="end"),
    ratio("cpp_short_pct", "Plans that ended within 91 days, of plans ended", "cpp_short", "cpp_ended"),
    flow("stepped_down", "Stepped down to early help", lambda c: c.stepped_down(), **EACH_TIME),
    flow("stepped_up", "Referred again from early help", lambda c: c.stepped_up(), **EACH_TIME),
)  # fmt: skip
RETURNS = (
    flow("closed_without_plan", "Closed without a protection plan", lambda c: c.returned(0), **EACH_TIME, when="closing"),
    flow("returned_enquiry", "Closed cases back within a year with an enquiry", lambda c: c.returned(ENQUIRY), **RETURNED),
    flow("returned_plan", "Closed cases back within a year with a plan", lambda c: c.returned(PLAN), **RETURNED),
    flow("returned_care", "Closed cases back within a year with a care start", lambda c: c.returned(CARE_START), **RETURNED),
    ratio("returned_enquiry_pct", "Back within a year with an enquiry, of closed without a plan", "returned_enquiry", "closed_without_plan"),
    ratio("returned_plan_pct", "Back within a year with a plan, of closed without a plan", "returned_plan", "closed_without_plan"),
    ratio("returned_care_pct", "Back within a year with a care start, of closed without a plan", "returned_care", "closed_without_plan"),
)
STEPS_UP = {REFERRED: "referred", ENQUIRY: "enquiry", PLAN: "plan", CARE_START: "care"}
SAID = {"referred": "referred again", "enquiry": "with an enquiry", "plan": "with a plan", "care": "with a care start"}


def escalations(kind: str, place: str, which: int, words: str) -> tuple[Measure, ...]:
    """Return the steps up of families who wait for a kind of help, each and together, and for each year of waiting."""
    each = tuple(
        flow(f"{kind}_waiting_{step}", f"Families {SAID[step]} while waiting for {words}", lambda c, i=i: c.escalated(which, i), **OF_FAMILIES)
        for i, step in STEPS_UP.items()
    )
    escalated, mean = f"{kind}_waiting_escalated", f"{kind}_waiting_mean"
    return (
        *each,
        flow(escalated, f"Escalations of families waiting for {words}", lambda c: c.escalated(which, *STEPS_UP), **OF_FAMILIES),
        level(mean, f"Families waiting for {words}, mean of months", lambda c: c.waiting(place), "families", grossed_by="referrals"),
        ratio(f"{kind}_escalated_per_year", f"Escalations a family-year of waiting for {words}", escalated, mean, 1.0, "a family-year"),
    )


WAITING = (
    *escalations("early_help", "family_help", int(L.NEED_LIST), "early help"),
    *escalations("intensive_help", "intensive_family_help", int(L.SUPPORT_LIST), "intensive family help"),
)
STARTS = (
    flow("care_starts", "Care starts, each time, unaccompanied children apart", lambda c: c.care_starts, EPISODES),
    flow("emergency_starts", "Care starts by police protection or emergency order", lambda c: c.entered_units("police_protection"), EPISODES),
    ratio("emergency_pct", "By police protection or emergency order, of care starts", "emergency_starts", "care_starts"),
    flow("care_starts_waiting", "Care starts while waiting for help", lambda c: c.started_after(int(L.WAITED)), **FROM_HOME),
    flow("care_starts_after_closing", "Care starts within a year of closing", lambda c: c.started_after(int(L.CLOSED_BEFORE)), **FROM_HOME),
    flow("care_starts_after_plan", "Care starts within six months of a plan's end", lambda c: c.started_after(int(L.PLANNED_BEFORE)), **FROM_HOME),
    ratio("care_starts_after_plan_pct", "Care starts within six months of a plan's end, of plans ended", "care_starts_after_plan", "cpp_ended"),
)
KIN_AFTER_CARE = ("special_guardianship", "child_arrangements_order", "relatives")
RE_ENTRY = (
    flow("re_entered_home", "Back in care after returning home", lambda c: c.re_entered("reunified"), when="re-entry"),
    flow("re_entered_sgo", "Back in care from special guardianship", lambda c: c.re_entered("special_guardianship"), when="re-entry"),
    flow("re_entered_cao", "Back in care from a child arrangements order", lambda c: c.re_entered("child_arrangements_order"), when="re-entry"),
    flow("re_entered_relatives", "Back in care from relatives", lambda c: c.re_entered("relatives"), when="re-entry"),
    flow("re_entered_adopted", "Back in care from adoption", lambda c: c.re_entered("adopted"), when="re-entry"),
    flow("re_entered_kin", "Back in care from kin, under any order or none",
         lambda c: c.re_entered(*KIN_AFTER_CARE), when="re-entry"),
    ratio("re_entered_home_pct", "Back in care after returning home, of returns home", "re_entered_home", "reunified"),
    # Homes with kin and adopters break down over many years, those with parents mostly in the first two: rates of what was lived there, not of exits.
    flow("kin_after_care_days", "Days with kin since care, under any order or none", lambda c: c.unit_days(*KIN_AFTER_CARE), "child-days"),
    flow("adopted_days", "Days of children adopted from care, to 18", lambda c: c.unit_days("adopted"), "child-days"),
    ratio("re_entered_kin_per_100_child_years", "Back in care from kin, a hundred child-years with them since care", "re_entered_kin",
          "kin_after_care_days", 100.0 * L.YEAR, "a hundred child-years"),
    ratio("re_entered_adopted_per_100_child_years", "Back in care from adoption, a hundred child-years adopted", "re_entered_adopted",
          "adopted_days", 100.0 * L.YEAR, "a hundred child-years"),
)  # fmt: skip
LIVING = (
    stock("away_from_parents_at31", "Living away from parents in any arrangement", lambda c: c.away_from_parents,
          who="in care but not with parents, or since care with guardians, relatives or adopters, under 18", excludes="unaccompanied children"),
    stock("with_kin_at31", "With kin in any arrangement, in care or since", lambda c: c.at_end(*WITH_KIN)),
    stock("cao_at31", "Under child arrangements orders, from care", lambda c: c.at_end("child_arrangements_order")),
    flow("placement_moves", "Moves from placement to placement", lambda c: c.moves, "moves"),
    ratio("placement_moves_per_year", "Moves for each year in care", "placement_moves", "days_in_care", L.YEAR, "a child-year"),
    ratio("siblings_apart_pct", "Sibling groups placed apart, of those placed", "siblings_apart", "sibling_groups_placed"),
    flow("unregistered_days", "Days in unregistered placements (unlawful)", lambda c: c.unlawful_days, "child-days"),
    ratio("unregistered_days_per_year", "Days in unregistered placements for each year in care", "unregistered_days", "days_in_care", L.YEAR,
          "days a child-year"),
    level("population_0_17", "Children 0 to 17", lambda c: c.population(), unit="children", grossed_by="population"),
    ratio("cla_per_10000_non_uasc", "Children in care per 10,000 children, unaccompanied asylum seekers apart", "cla_at31_non_uasc",
          "population_0_17", 10_000.0, "per 10,000 children"),
)  # fmt: skip

BY_QUINTILE: dict[str, tuple[str, Callable[[int], Callable[[Any], Any]], dict[str, Any]]] = {
    "referrals": ("Referrals", lambda q: lambda c: c.by_quintile(q, REFERRED), EACH_TIME),
    "s47": ("Section 47 enquiries", lambda q: lambda c: c.by_quintile(q, ENQUIRY), EACH_TIME),
    "cpp_started": ("Plans started", lambda q: lambda c: c.by_quintile(q, PLAN), EACH_TIME),
    "returned_enquiry": ("Closed cases back within a year with an enquiry", lambda q: lambda c: c.returned(ENQUIRY, q), EACH_TIME),
    "care_starts": ("Care starts", lambda q: lambda c: c.by_quintile(q, CARE_START), {"unit": EPISODES}),
    "days_in_care": ("Days in care", lambda q: lambda c: c.care_days_of(q), {"unit": "child-days"}),
}


def _quintile(name: str, label: str, make: Callable[..., Measure], of: Callable[[int], Callable[[Any], Any]], **more: Any) -> tuple[Measure, ...]:
    """Return a measure for each quintile, from 1, the least deprived, to 5."""
    return tuple(make(f"{name}_quintile_{q}", f"{label}, deprivation quintile {q} of 5", of(q), **more) for q in QUINTILES)


DEPRIVATION = (
    *(measure for name, (label, of, more) in BY_QUINTILE.items() for measure in _quintile(name, label, flow, of, **more)),
    *_quintile("cla_at31", "Children in care", stock, lambda q: lambda c: c.by_quintile(q, IN_CARE_END), excludes="unaccompanied children"),
    *_quintile("population_0_17", "Children 0 to 17", level, lambda q: lambda c: c.population(q), unit="children", grossed_by="population"),
)
CHILDREN_FIRST = (*INVESTIGATIONS, *RETURNS, *WAITING, *STARTS, *RE_ENTRY, *LIVING, *DEPRIVATION)
