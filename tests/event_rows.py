"""Hand-made event logs for tests, as `events.parquet` has them: rows of (day since the log began, child, event, stage_from, stage_to)."""

import pandas as pd

from sim.model import day_of

BEGINS = day_of("2025-04")
COLUMNS = ["scenario", "area", "replicate", "time", "family", "child", "event", "stage_from", "stage_to"]


def rows(*events, family=8, scenario="baseline", area="Leeds"):
    """Return the rows of a family's events, in the order given."""
    found = [(scenario, area, 0, BEGINS + day, family, child, event, before, after) for day, child, event, before, after in events]
    return pd.DataFrame(found, columns=COLUMNS)


def together(*parts):
    """Return logs as one, in order of time within each scenario and authority."""
    return pd.concat(parts).sort_values(["scenario", "area", "time"], kind="stable", ignore_index=True)


# Referred, on a plan that ends as two children enter care; one is placed for adoption, the other comes home.
REFERRED = (
    (0.5, 0, "arrival", "", "referral"),
    (1.5, 0, "stage_entry", "referral", "assessment"),
    (20.25, 0, "stage_entry", "", "section_47"),
    (32.0, 0, "stage_entry", "section_47", "initial_conference"),
    (36.0, 0, "stage_entry", "initial_conference", "child_protection_plan"),
    (50.0, 0, "stage_entry", "assessment", "family_help"),
)
REMOVED = (
    (100.5, 0, "stage_entry", "", "care_proceedings"),
    (100.5, 1, "stage_entry", "", "looked_after"),
    (100.5, 1, "stage_entry", "", "interim_care_order"),
    (100.5, 3, "stage_entry", "", "looked_after"),
    (100.5, 3, "stage_entry", "", "interim_care_order"),
    (100.5, 1, "stage_entry", "", "childrens_home"),
    (100.5, 3, "stage_entry", "", "kinship_foster_provisional"),
    (100.5, 0, "exit", "child_protection_plan", ""),
    (100.5, 0, "stage_entry", "family_help", "no_child_at_home"),
    (200.0, 3, "move", "kinship_foster_provisional", "kinship_foster"),
    (300.0, 0, "exit", "care_proceedings", ""),
    (300.0, 1, "exit", "looked_after", "reunified"),
    (300.0, 3, "stage_entry", "interim_care_order", "placement_order"),
    (300.0, 0, "stage_entry", "no_child_at_home", "family_help"),
    (330.0, 0, "stage_entry", "family_help", "closed"),
    (330.0, 0, "exit", "closed", ""),
    (340.0, 3, "move", "kinship_foster", "adoption_placement"),
)
# The same family kept at home by help for which it waits first.
HELPED = (
    (60.0, 0, "stage_entry", "", "intensive_family_help"),
    (60.0, 0, "wait", "intensive_family_help", "intensive_family_help"),
    (90.0, 0, "admission", "intensive_family_help", "intensive_family_help"),
    (150.0, 0, "exit", "child_protection_plan", ""),
    (250.0, 0, "stage_entry", "family_help", "closed"),
    (250.0, 0, "exit", "intensive_family_help", ""),
)
