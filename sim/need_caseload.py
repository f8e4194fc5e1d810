"""Children in need as a caseload: what `sim.caseload` runs on for care, with stages of need in place of placements."""

from __future__ import annotations

from sim.caseload import DAYS_A_YEAR, Frame

# A child is in one stage: on a plan if there is one, else looked after, else an adult from 18, else in need without either.
STAGES = ("child_in_need", "child_protection_plan", "looked_after", "aged_18_and_over")
CHILD_IN_NEED, PLAN, LOOKED_AFTER, ADULT = range(len(STAGES))
# Closures in the words of the census (`scenarios.cin_census_codes.CLOSURES`).
EXITS = (
    "closed", "not_in_need", "early_help", "special_guardianship", "adopted", "child_arrangements_order", "moved_area", "adult_services", "died",
)  # fmt: skip
AGE_BANDS = ("unborn", "under_1", "1_to_4", "5_to_9", "10_to_15", "16_to_17", "18_and_over")
ADULT_YEARS = 18
LAST_YEARS = 26  # nobody older is in records of need
# Episodes end in heaps at 18, and those of care leavers at 25: a band of their own around each, a day or two before it (years have 365.25 days) on.
AT_18, AFTER_18, AT_25 = ADULT_YEARS * DAYS_A_YEAR - 2, ADULT_YEARS * DAYS_A_YEAR + 14, 25 * DAYS_A_YEAR - 2
AGE_EDGES_DAYS = (-DAYS_A_YEAR, *(years * DAYS_A_YEAR for years in (0, 1, 5, 10, 16, 17)), AT_18, AFTER_18, 21 * DAYS_A_YEAR, AT_25)
AGE_TOLD = (0, 1, 2, 3, 4, 5, 5, 6, 6, 6, 6)
# Of time since the referral: assessments are due within 45 working days (63 days), reviews are yearly at the least.
EPISODE_EDGES_DAYS = (0.0, 7.0, 28.0, 56.0, 77.0, 112.0, 182.0, 365.25, 730.5, 1461.0)
# Of time in a stage: a plan follows some weeks after a referral or much later; plans are reviewed within 3 months and then every 6, where they end.
STAGE_EDGES_DAYS = (
    (0.0, 14.0, 42.0, 91.0, 182.0, 365.25), (0.0, 70.0, 105.0, 245.0, 290.0, 456.0, 640.0), (0.0, 56.0, 182.0, 365.25, 730.5), (0.0,),
)  # fmt: skip
ENTRY_AGE_EDGES_DAYS = (
    -DAYS_A_YEAR, -140.0, -70.0, 0.0, 28.0, 91.0, 182.0, *(years * DAYS_A_YEAR for years in range(1, ADULT_YEARS + 1)), LAST_YEARS * DAYS_A_YEAR,
)  # fmt: skip


def one_after_another(edges: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    """Return edges such that every stage has bands of its own: those before have no length in it, and those after are never reached."""
    total = sum(map(len, edges))
    rows, before = [], 0
    for own in edges:
        rows.append((*[0.0] * before, *own, *[float("inf")] * (total - before - len(own))))
        before += len(own)
    return tuple(rows)


NEED = Frame(
    "need", AGE_EDGES_DAYS, AGE_BANDS, AGE_TOLD, EPISODE_EDGES_DAYS, one_after_another(STAGE_EDGES_DAYS), ENTRY_AGE_EDGES_DAYS, STAGES, ("none",),
    EXITS, ("not_disabled", "disabled"),
)  # fmt: skip
