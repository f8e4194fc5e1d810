"""What follows what: returns of closed cases, steps up by families who wait for help, what went before a care start, and all of it by quintile.

Counters at events that are handled anyway; nothing here moves an event.
"""

import math

import numpy as np

from sim.kernels.compiling import entry, keep_whole, kernel
from sim.kernels.layout import (
    CARE_START,
    CLOSED_BEFORE,
    CLOSED_UNPLANNED,
    HAD_PLAN,
    NEED,
    NEED_LIST,
    NO,
    ONE,
    PLANNED_BEFORE,
    PROTECTION,
    SUPPORT,
    SUPPORT_LIST,
    WAITED,
    YEAR,
    H,
    S,
    Y,
)
from sim.kernels.tally import quintile_row, row_of

SHORT_PLAN_DAYS = 91.0  # the Department's "three months or less"
RETURN_DAYS = YEAR  # as its re-referrals: within twelve months
AFTER_PLAN_DAYS = YEAR / 2.0


@kernel
def count_step(s, y, a, family, step, children):
    """Count children referred, in an enquiry or starting a plan by quintile."""
    keep_whole()
    Y.by_quintile(y)[a, row_of(s, y), quintile_row(family), step] += children


@kernel
def count_plan_end(s, y, a, slot, children, t):
    """Count children whose plan ends soon: with the family's, or because they leave home for care or turn 18."""
    keep_whole()
    if t - slot["start"] < SHORT_PLAN_DAYS:
        Y.short_plans(y)[a, row_of(s, y)] += children


@kernel
def is_waiting(m, s, a, f, track):
    """Return whether a family waits for a place of help on a track: need, or support beside it."""
    stage = S.families(s)[a, f]["stages"][track]
    return stage >= 0 and H.stages(m)[stage]["place"] >= 0 and S.family_slots(s)[a, f, track]["waiting"] > 0


@kernel
def count_escalation(m, s, y, a, f, step, waited):
    """Count a step up of a family on each waiting list it is on, or (`waited`) left for it. Return whether it was on any."""
    keep_whole()
    row = row_of(s, y)
    in_need, beside = waited or is_waiting(m, s, a, f, NEED), is_waiting(m, s, a, f, SUPPORT)
    if in_need:
        Y.escalated(y)[a, row, NEED_LIST, step] += 1
    if beside:
        Y.escalated(y)[a, row, SUPPORT_LIST, step] += 1
    return in_need or beside


@entry
def note_closing(m, s, y, a, f, t):
    """Note the day a case closes, and whether it had a plan; count its children if it had none."""
    keep_whole()
    family = S.families(s)[a, f]
    stage = family["stages"][PROTECTION]
    planned = family["last_plan_end"] >= family["case_start"] or (stage >= 0 and H.stages(m)[stage]["is_plan"])
    family["closed_day"] = math.floor(t)
    family["since_closed"] = HAD_PLAN if planned else 0
    if not planned:
        Y.returned(y)[a, row_of(s, y), quintile_row(family), CLOSED_UNPLANNED] += np.int64(family["counted"][NEED])


@kernel
def count_return(s, y, a, family, step, children, t):
    """Count children of a case closed without a plan within a year before: once for each step, the first time."""
    keep_whole()
    marks = np.int64(family["since_closed"])
    if t - family["closed_day"] >= RETURN_DAYS or marks & HAD_PLAN or marks >> step & ONE:
        return
    family["since_closed"] = marks | (ONE << step)
    Y.returned(y)[a, row_of(s, y), quintile_row(family), step] += children


@entry
def note_care(m, s, y, a, f, children, t):
    """Count children who are about to enter care from home by what their family was in just before."""
    keep_whole()
    family, row = S.families(s)[a, f], row_of(s, y)
    if count_escalation(m, s, y, a, f, CARE_START, NO):
        Y.starts_after(y)[a, row, WAITED] += children
    if t - family["closed_day"] < RETURN_DAYS:
        Y.starts_after(y)[a, row, CLOSED_BEFORE] += children
    stage = family["stages"][PROTECTION]
    if t - family["last_plan_end"] < AFTER_PLAN_DAYS and not (stage >= 0 and H.stages(m)[stage]["is_plan"]):
        Y.starts_after(y)[a, row, PLANNED_BEFORE] += children
    count_return(s, y, a, family, CARE_START, children, t)
