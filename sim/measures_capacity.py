"""Measures of places, waiting, pressure and budget, as tables: name, words, what of `sim.counting.Counts`, and its unit."""

from sim.measure import flow, level, ratio, stock

OF_FAMILIES = {"unit": "families", "grossed_by": "referrals"}
OF_CASES = {"unit": "weighted cases", "grossed_by": "referrals"}

PLACEMENTS = (
    flow("placements_made", "Placements made", lambda c: c.placements_made, "placements"),
    flow("placements_not_as_planned", "Placements made other than as planned", lambda c: c.placements_not_as_planned, "placements"),
    ratio("sufficiency_gap_pct", "Placements other than as planned (sufficiency gap)", "placements_not_as_planned", "placements_made"),
    flow("sibling_groups_placed", "Sibling groups placed", lambda c: c.siblings[..., 0], "sibling groups"),
    flow("siblings_apart", "Sibling groups placed apart", lambda c: c.siblings[..., 1], "sibling groups"),
    flow("placed_in_other_authority", "Placed in another authority of the pool", lambda c: c.far, "placements"),
)
FAMILY_HELP = (
    flow("early_help_admissions", "Families admitted to early help", lambda c: c.admissions("family_help"), **OF_FAMILIES),
    stock("early_help_waiting", "Families waiting for early help", lambda c: c.waiting("family_help"), **OF_FAMILIES),
    flow("intensive_help_admissions", "Families admitted to intensive family help", lambda c: c.admissions("intensive_family_help"), **OF_FAMILIES),
    stock("intensive_help_waiting", "Families waiting for intensive family help", lambda c: c.waiting("intensive_family_help"), **OF_FAMILIES),
)
WORKFORCE = (
    level("work_in_hand", "Work in hand", lambda c: c.work, **OF_CASES),
    level("team_capacity", "Cases at which pressure is 1", lambda c: c.capacity, **OF_CASES),
    ratio("pressure", "Workforce pressure", "work_in_hand", "team_capacity", 1.0, "work over capacity", headline=True),
    flow("months_above_1", "Months with pressure above 1", lambda c: c.overloaded, "authority-months", grossed_by="population"),
)
BUDGET = (
    stock("care_overspend_gbp", "Cost of care over its budget", lambda c: c.overspend, "pounds"),
    stock("reserves_gbp", "Reserves (below nothing: overdrawn)", lambda c: c.reserves, "pounds"),
    flow("family_support_gbp", "Family support, the authority's own", lambda c: c.family_support, "pounds", grossed_by="population"),
    flow("family_support_planned_gbp", "Family support as planned", lambda c: c.family_support_planned, "pounds", grossed_by="population"),
    ratio("family_support_level_pct", "Family support, of what was planned", "family_support_gbp", "family_support_planned_gbp"),
)
CAPACITY = (*PLACEMENTS, *FAMILY_HELP, *WORKFORCE, *BUDGET)
