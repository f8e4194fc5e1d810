"""Slots: an entity's stage on one track. Enter, leave, commit, schedule; what stands beside it; what is counted."""

import math

import numpy as np

from sim.kernels.compiling import keep_whole, kernel
from sim.kernels.follow_up import count_plan_end, count_step
from sim.kernels.layout import (
    ADULT_PICK,
    AT_HOME,
    CARE,
    CHILD_ITEM,
    COURT,
    EXIT,
    FAMILY_TRACKS,
    FIRST,
    IDLE,
    IN_CARE,
    KEEP_MARGIN,
    KNOWN_PREGNANCY_DAYS,
    NEED,
    NO,
    NO_PICK,
    NOBODY,
    WHOLE_FAMILY,
    YEAR,
    YES,
    H,
    M,
    S,
)
from sim.kernels.queue import leave_queue, put_in_queue
from sim.kernels.schedule import commit, draw, kind_of, never_returns, schedule, threshold_of
from sim.kernels.tally import count_entry, count_exit, count_joined, log_event

INF = math.inf


@kernel
def who(m, a, stream, unit):
    """Return the second word of an address: authority, stream and unit (0 the family, 1 + slot a child)."""
    return M.codes(m)[a] * 65536 + np.int64(stream) * 256 + unit


@kernel
def home_changed(family):
    """Note again the 18th birthday of the youngest child at home or to be born there (infinite: none), and count afresh when next asked."""
    keep_whole()
    latest = -INF
    for slot in range(family["n_children"]):
        if family["home"][slot] == AT_HOME:
            latest = max(latest, family["births"][slot])
    family["adult_day"] = INF if latest == -INF else latest + 18.0 * YEAR
    family["counts_until"] = -INF


@kernel
def _count_children(family, t):
    """Count the children at home who count with the family, and note until when the count holds at least."""
    keep_whole()
    n, until = 0, INF
    for slot in range(family["n_children"]):
        if family["home"][slot] == AT_HOME:
            birth = family["births"][slot]
            if birth > t + KNOWN_PREGNANCY_DAYS:
                until = min(until, birth - KNOWN_PREGNANCY_DAYS - 1e-6)  # a little early: the sum above may round otherwise
            elif t < birth + 18.0 * YEAR:
                n += 1
                until = min(until, birth + 18.0 * YEAR)
    family["counts"], family["counts_until"] = n, until


@kernel
def counted_children(family, t):
    """Return how many children at home count with the family: under 18, and unborn once the pregnancy is known. Time only goes on."""
    if t >= family["counts_until"]:
        _count_children(family, t)
    return np.int64(family["counts"])


@kernel
def next_birth(family, t):
    """Return the first birth into the family after t, or infinity."""
    soonest = INF
    for slot in range(family["n_children"]):
        if family["home"][slot] == AT_HOME and family["births"][slot] > t:
            soonest = min(soonest, family["births"][slot])
    return soonest


@kernel
def reschedule_family(m, s, a, f, track):
    """Compute again when a family's slot fires, and put it in its place in the queue."""
    keep_whole()
    family, slot = S.families(s)[a, f], S.family_slots(s)[a, f, track]
    pick, fires = schedule(m, s, a, family, S.children(s)[a, 0], slot, NO, INF, NO)
    if track == NEED:
        st, adult = H.stages(m)[slot["stage"]], family["adult_day"]
        if st["adult_ends"] and adult < fires:  # already past if a younger child has left adults alone at home: then at once
            pick, fires = ADULT_PICK, max(adult, S.clock(s)[0])
        if st["birth"] >= 0 and adult >= slot["start"] + 18.0 * YEAR:  # else the last birth was before the stay
            birth = next_birth(family, slot["start"])
            if birth < fires:
                pick, fires = np.int64(st["birth"]), birth
    slot["pick"], slot["fires"] = pick, fires
    put_in_queue(m, s, a, f * 4 + track, fires)


@kernel
def reschedule_child(m, s, a, c, track):
    """Compute again when a child's slot fires, and put it in its place in the queue (track 0 care, 1 placement, 2 legal)."""
    keep_whole()
    child, slot = S.children(s)[a, c], S.child_slots(s)[a, c, track]
    pick, fires = schedule(m, s, a, S.families(s)[a, child["family"]], child, slot, YES, INF, NO)
    slot["pick"], slot["fires"] = pick, fires
    put_in_queue(m, s, a, CHILD_ITEM + c * 4 + track, fires)


@kernel
def commit_family(m, s, a, f, track, t):
    """Reduce the residuals of a family's slot up to now."""
    keep_whole()
    slot = S.family_slots(s)[a, f, track]
    if slot["evaluated"] < t:
        commit(m, s, a, S.families(s)[a, f], S.children(s)[a, 0], slot, NO, t)
        slot["evaluated"] = t


@kernel
def commit_child(m, s, a, c, track, t):
    """Reduce the residuals of a child's slot up to now."""
    keep_whole()
    child, slot = S.children(s)[a, c], S.child_slots(s)[a, c, track]
    if slot["evaluated"] < t:
        commit(m, s, a, S.families(s)[a, child["family"]], child, slot, YES, t)
        slot["evaluated"] = t


@kernel
def touch_family(m, s, a, f, track, t, before, household):
    """Commit (before a change of `track`, or of the household) or reschedule (after it) every slot that depends on it."""
    keep_whole()
    family = S.families(s)[a, f]
    for other in range(4):
        stage = family["stages"][other]
        if other == track or stage < 0:
            continue
        st = H.stages(m)[stage]
        if (track >= 0 and (st["depends"] >> track) & 1) or (household and (st["uses_age"] or other == NEED)):
            if before:
                commit_family(m, s, a, f, other, t)
            else:
                reschedule_family(m, s, a, f, other)
    if track == COURT:
        for i in range(family["n_children"]):
            if family["home"][i] == IN_CARE:
                touch_child(m, s, a, np.int64(family["care_row"][i]), COURT, t, before)


@kernel
def stands_alone(family, track):
    """Return whether nothing can depend on a family's track: no other is open, and no child's (of court) may be."""
    alone = track != COURT
    for other in range(FAMILY_TRACKS):
        alone = alone and (other == track or family["stages"][other] < 0)
    return alone


@kernel
def touch_child(m, s, a, c, track, t, before):
    """Commit or reschedule a child's slots that depend on a track (the child's own, or the family's court)."""
    keep_whole()
    for other in range(3):
        stage = S.children(s)[a, c]["stages"][other]
        if other + CARE == track or stage < 0:
            continue
        if (H.stages(m)[stage]["depends"] >> track) & 1:
            if before:
                commit_child(m, s, a, c, other, t)
            else:
                reschedule_child(m, s, a, c, other)


@kernel
def recount(m, s, y, a, f, t):
    """Count the children of a family again in each of its stages (after its household or a stage changed)."""
    keep_whole()
    family = S.families(s)[a, f]
    n = counted_children(family, t)
    for track in range(4):
        stage = np.int64(family["stages"][track])
        change = n - np.int64(family["counted"][track])
        if stage >= 0 and change != 0:
            S.cases(s)[a, stage] += change
            family["counted"][track] = n
            count_joined(s, y, a, stage, change)
            if change > 0 and H.stages(m)[stage]["followed"] >= 0:
                count_step(s, y, a, family, np.int64(H.stages(m)[stage]["followed"]), change)
            elif H.stages(m)[stage]["is_plan"]:
                count_plan_end(s, y, a, S.family_slots(s)[a, f, track], -change, t)


@kernel
def start_stage(m, s, y, a, f, c, track, stage, t, waiting):
    """Set an entity's slot to a stage from t: count it, draw its thresholds (the caller schedules it). c < 0: the family's."""
    keep_whole()
    h = m
    st = H.stages(h)[stage]
    family = S.families(s)[a, f]
    if c < 0:
        slot = S.family_slots(s)[a, f, track]
        n = counted_children(family, t)
        family["counted"][track] = n
        family["stages"][track] = stage
        family["entries"][st["local"]] += 1
        entries, unit = np.int64(family["entries"][st["local"]]), WHOLE_FAMILY
        if st["followed"] >= 0:
            count_step(s, y, a, family, np.int64(st["followed"]), n)
    else:
        slot = S.child_slots(s)[a, c, track - CARE]
        child = S.children(s)[a, c]
        n = 1
        child["stages"][track - CARE] = stage
        child["entries"][st["local"]] += 1
        entries, unit = np.int64(child["entries"][st["local"]]), child["slot"] + 1
    slot["stage"] = stage
    slot["start"] = slot["evaluated"] = t
    slot["waiting"] = waiting
    slot["admitted"] = INF if waiting else t
    draw(h, stage, slot, family["id"], who(m, a, family["stream"], unit), entries)
    count_entry(s, y, a, stage, n, t)


@kernel
def stop_stage(m, s, y, a, f, c, track, t):
    """End an entity's stage: count it and take the slot out of the queue. Return the stage that ended."""
    keep_whole()
    if c < 0:
        slot, n, item = S.family_slots(s)[a, f, track], np.int64(S.families(s)[a, f]["counted"][track]), f * 4 + track
        S.families(s)[a, f]["stages"][track] = IDLE
        if H.stages(m)[slot["stage"]]["is_plan"]:
            S.families(s)[a, f]["last_plan_end"] = t
            count_plan_end(s, y, a, slot, n, t)
    else:
        slot, n, item = S.child_slots(s)[a, c, track - CARE], 1, CHILD_ITEM + c * 4 + track - CARE
        S.children(s)[a, c]["stages"][track - CARE] = IDLE
    stage = slot["stage"]
    count_exit(s, y, a, stage, n, slot["start"], t)
    leave_queue(m, s, a, item)
    slot["stage"], slot["pick"], slot["fires"], slot["waiting"] = IDLE, NO_PICK, INF, 0
    return stage


@kernel
def gone_for_good(m, s, a, f):
    """Return whether a family just closed would never come back before its youngest is 18, even at KEEP_MARGIN times the hazard."""
    keep_whole()
    family, slot = S.families(s)[a, f], S.family_slots(s)[a, f, NEED]
    st = H.stages(m)[slot["stage"]]
    adult = family["adult_day"]
    if adult == INF:
        return True
    k = st["first"]
    multiplier = KEEP_MARGIN * H.static_table(m)[H.transitions(m)[k]["static"], kind_of(family, FIRST, FIRST, FIRST)]
    slot["residual"][0] = threshold_of(slot["residual"][0])
    return never_returns(m, a, k, multiplier, slot["start"], adult, slot["residual"][0])


@kernel
def log_family(m, s, y, a, f, event, stage_from, stage_to, t):
    """Log an event of a family."""
    family = S.families(s)[a, f]
    log_event(y, t, family["id"], a, family["stream"], WHOLE_FAMILY, event, stage_from, stage_to)


@kernel
def log_child(m, s, y, a, c, event, stage_from, stage_to, t):
    """Log an event of a child."""
    child = S.children(s)[a, c]
    family = S.families(s)[a, child["family"]]
    log_event(y, t, family["id"], a, family["stream"], child["slot"] + 1, event, stage_from, stage_to)


@kernel
def end_track(m, s, y, a, f, track, t):
    """Make a family's track idle (from outside: the case closed, or no child is left at home)."""
    keep_whole()
    touch_family(m, s, a, f, track, t, YES, NO)
    stage = stop_stage(m, s, y, a, f, NOBODY, track, t)
    touch_family(m, s, a, f, track, t, NO, NO)
    log_family(m, s, y, a, f, EXIT, stage, IDLE, t)
