"""A family from stage to stage: its places, its case, the tracks beside, and the home that children leave and join."""

import math

import numpy as np

from sim.kernels.compiling import entry, keep_whole, kernel
from sim.kernels.follow_up import count_escalation, count_return, note_closing
from sim.kernels.layout import (
    ADMITTED,
    ALL_TRACKS,
    AT_HOME,
    ENTER,
    EXIT,
    IDLE,
    KNOWN_PREGNANCY_DAYS,
    NEED,
    NO,
    NOBODY,
    PLAN,
    PROTECTION,
    REFERRED,
    SLOTS,
    SUPPORT,
    WAITING,
    YEAR,
    YES,
    H,
    M,
    S,
    Y,
)
from sim.kernels.places import admit_waiting, join, leave_place, must_wait
from sim.kernels.slots import (
    end_track,
    gone_for_good,
    log_family,
    recount,
    reschedule_family,
    stands_alone,
    start_stage,
    stop_stage,
    touch_family,
)
from sim.kernels.tally import row_of

INF = math.inf


@kernel
def move_family(m, s, y, a, f, track, target, t):
    """Take a family's track from its stage (or from idle) to `target` (or to idle), with the places and the case this ends or begins."""
    keep_whole()
    h = m
    if target >= 0 and H.stages(h)[target]["later"] >= 0 and t >= M.switch_day(m)[a]:
        target = np.int64(H.stages(h)[target]["later"])  # Families First: new cases go to the stage that replaces this one
    slot = S.family_slots(s)[a, f, track]
    old, waiting, alone = slot["stage"], np.int64(slot["waiting"]), stands_alone(S.families(s)[a, f], track)
    if not alone:
        touch_family(m, s, a, f, track, t, YES, NO)
    if old >= 0:
        stop_stage(m, s, y, a, f, NOBODY, track, t)
        if H.stages(h)[old]["place"] >= 0:
            leave_place(m, s, y, a, f, old, np.int64(H.stages(h)[old]["place"]), waiting, t)
    if target >= 0:
        place = np.int64(H.stages(h)[target]["place"])
        start_stage(m, s, y, a, f, NOBODY, track, target, t, WAITING if place >= 0 and must_wait(s, a, place) else ADMITTED)
        if H.stages(h)[target]["followed"] >= 0:
            note_step(m, s, y, a, f, np.int64(H.stages(h)[target]["followed"]), waiting, t)
    log_family(m, s, y, a, f, ENTER if target >= 0 else EXIT, old, target, t)
    if target >= 0 and H.stages(h)[target]["place"] >= 0:
        join(m, s, y, a, f, track, np.int64(H.stages(h)[target]["place"]), t)
    if not alone:
        touch_family(m, s, a, f, track, t, NO, NO)
    closes = track == NEED and target >= 0 and H.stages(h)[target]["is_closed"]
    if target >= 0 and not closes:
        reschedule_family(m, s, a, f, track)
    if old >= 0 and H.stages(h)[old]["place"] >= 0 and not waiting:
        admit_waiting(m, s, y, a, np.int64(H.stages(h)[old]["place"]), track, t)
    if closes:
        note_closing(m, s, y, a, f, t)
        close_beside(m, s, y, a, f, t)
        if gone_for_good(m, s, a, f):
            stop_stage(m, s, y, a, f, NOBODY, NEED, t)
            log_family(m, s, y, a, f, EXIT, target, IDLE, t)
        else:
            reschedule_family(m, s, a, f, NEED)


@entry
def note_step(m, s, y, a, f, step, waited, t):
    """Note a family's referral, enquiry or plan that has just begun; `waited` if what it left for it was a wait for help."""
    keep_whole()
    family = S.families(s)[a, f]
    count_escalation(m, s, y, a, f, step, waited > 0)
    if step == REFERRED:
        note_referral(s, y, a, f, t)
        return
    if step == PLAN:
        note_plan(s, y, a, f, t)
    count_return(s, y, a, family, step, np.int64(family["counted"][PROTECTION]), t)


@kernel
def note_referral(s, y, a, f, t):
    """Start a case, and count a referral within twelve months of the last."""
    family = S.families(s)[a, f]
    if t - family["last_referral"] < YEAR:
        Y.rereferred(y)[a, row_of(s, y)] += family["counted"][NEED]
    family["last_referral"] = t
    family["case_start"] = t


@entry
def note_plan(s, y, a, f, t):
    """Count the children at home who start a plan and were with the family when an earlier one ended: ever, and less than two years ago."""
    keep_whole()
    family = S.families(s)[a, f]
    ended = family["last_plan_end"]
    if ended == -INF:
        return
    n = 0
    for i in range(family["n_children"]):
        birth = family["births"][i]
        if family["home"][i] == AT_HOME and birth <= ended + KNOWN_PREGNANCY_DAYS and t < birth + 18.0 * YEAR:
            n += 1
    Y.repeat_plans(y)[a, row_of(s, y), 0] += n
    if t - ended < 2.0 * YEAR:
        Y.repeat_plans(y)[a, row_of(s, y), 1] += n


@kernel
def close_beside(m, s, y, a, f, t):
    """End the protection and support tracks of a family that has no open need."""
    keep_whole()
    for track in (PROTECTION, SUPPORT):
        if S.families(s)[a, f]["stages"][track] >= 0:
            move_beside(m, s, y, a, f, track, t)


@kernel
def move_beside(m, s, y, a, f, track, t):
    """End a protection or support stage, giving its place (if any) to the next family."""
    keep_whole()
    slot = S.family_slots(s)[a, f, track]
    stage, waiting = slot["stage"], np.int64(slot["waiting"])
    place = np.int64(H.stages(m)[stage]["place"])
    end_track(m, s, y, a, f, track, t)
    if place >= 0:
        leave_place(m, s, y, a, f, stage, place, waiting, t)
        if not waiting:
            admit_waiting(m, s, y, a, place, track, t)


@kernel
def household_before(m, s, a, f, t):
    """Commit a family's hazards before a child leaves or joins the home."""
    keep_whole()
    touch_family(m, s, a, f, ALL_TRACKS, t, YES, YES)


@kernel
def household_after(m, s, y, a, f, t):
    """Recount and reschedule a family after a child left or joined; with no child at home it waits, and plans for it end."""
    keep_whole()
    family = S.families(s)[a, f]
    recount(m, s, y, a, f, t)
    touch_family(m, s, a, f, ALL_TRACKS, t, NO, YES)
    need = np.int64(family["stages"][NEED])
    if need >= 0 and H.stages(m)[need]["is_closed"] and family["adult_day"] == INF:
        stop_stage(m, s, y, a, f, NOBODY, NEED, t)
        log_family(m, s, y, a, f, EXIT, need, IDLE, t)
    if need < 0 or H.stages(m)[need]["is_closed"] or need == M.key_stages(m)[1]:
        return
    for i in range(SLOTS):
        if family["home"][i] == AT_HOME and family["births"][i] <= t < family["births"][i] + 18.0 * YEAR:
            return
    close_beside(m, s, y, a, f, t)
    move_family(m, s, y, a, f, NEED, M.key_stages(m)[1], t)
