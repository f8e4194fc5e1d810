"""Measures of places, waiting, pressure and budget, as tables: name, words, what of `sim.counting.Counts`, and its unit."""

from sim.kernels.workforce import AGENCY, PERMANENT, VACANT
from sim.measure import Measure, flow, level, ratio, stock
from sim.measures_places import PLACES, PLANNED

OF_FAMILIES = {"unit": "families", "grossed_by": "referrals"}
OF_CASES = {"unit": "weighted cases", "grossed_by": "referrals"}
OF_POSTS = {"unit": "full-time equivalents", "grossed_by": "population", "who": "children and family social workers, those without cases included"}
CENSUS = {"published_lag": 1}  # the panel's row of a year is 30 September after its March: this September lies in the year before's

PLACEMENTS = (
    *PLANNED,
    flow("sibling_groups_placed", "Sibling groups placed", lambda c: c.siblings[..., 0], "sibling groups"),
    flow("siblings_apart", "Sibling groups placed apart", lambda c: c.siblings[..., 1], "sibling groups"),
    flow("placed_in_other_authority", "Placed in another authority of the pool", lambda c: c.far, "placements"),
)


def help_measures(name: str, place: str, words: str) -> tuple[Measure, ...]:
    """Return the measures of a kind of help with a waiting list: who is admitted, who waits, and how long."""
    return (
        flow(f"{name}_admissions", f"Families admitted to {words}", lambda c: c.admissions(place), **OF_FAMILIES),
        stock(f"{name}_waiting", f"Families waiting for {words}", lambda c: c.waiting(place), **OF_FAMILIES),
        flow(f"{name}_days_waited", f"Days waited by families admitted to {words}", lambda c: c.days_waited(place), "family-days"),
        ratio(f"{name}_wait_days", f"Mean wait for {words} (0 if none)", f"{name}_days_waited", f"{name}_admissions", 1.0, "days"),
    )


FAMILY_HELP = (*help_measures("early_help", "family_help", "early help"),
               *help_measures("intensive_help", "intensive_family_help", "intensive family help"))  # fmt: skip
WORKFORCE = (
    level("work_in_hand", "Work in hand", lambda c: c.work, **OF_CASES),
    level("team_capacity", "Cases at which pressure is 1", lambda c: c.capacity, **OF_CASES),
    ratio("pressure", "Workforce pressure", "work_in_hand", "team_capacity", 1.0, "work over capacity", headline=True),
    flow("months_above_1", "Months with pressure above 1", lambda c: c.overloaded, "authority-months", grossed_by="population"),
)
POSTS = (
    stock("social_workers_fte", "Social workers in post, employed", lambda c: c.posts(PERMANENT), **OF_POSTS, **CENSUS, input="social_workers_fte"),
    stock("agency_workers_fte", "Agency social workers", lambda c: c.posts(AGENCY), **OF_POSTS),
    stock("vacant_posts_fte", "Social workers' posts vacant", lambda c: c.posts(VACANT), **OF_POSTS),
    stock("posts_fte", "Social workers' posts, filled and vacant", lambda c: c.posts(PERMANENT, VACANT), **OF_POSTS),
    stock("workers_fte", "Social workers, employed and agency", lambda c: c.posts(PERMANENT, AGENCY), **OF_POSTS),
    ratio("vacancy_pct", "Social workers' posts vacant, of posts", "vacant_posts_fte", "posts_fte", **CENSUS, input="sw_vacancy_pct"),
    ratio("agency_pct", "Agency workers, of social workers", "agency_workers_fte", "workers_fte", **CENSUS, input="sw_agency_pct"),
)
BUDGET = (
    stock("care_overspend_gbp", "Cost of care over its budget", lambda c: c.overspend, "pounds"),
    stock("reserves_gbp", "Reserves (below nothing: overdrawn)", lambda c: c.reserves, "pounds"),
    flow("family_support_gbp", "Family support, the authority's own", lambda c: c.family_support, "pounds", grossed_by="population"),
    flow("family_support_planned_gbp", "Family support as planned", lambda c: c.family_support_planned, "pounds", grossed_by="population"),
    ratio("family_support_level_pct", "Family support, of what was planned", "family_support_gbp", "family_support_planned_gbp"),
)
CAPACITY = (*PLACEMENTS, *PLACES, *FAMILY_HELP, *WORKFORCE, *POSTS, *BUDGET)
