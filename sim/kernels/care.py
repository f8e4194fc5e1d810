"""Children in care: entry (the fork of a family), placement, orders, exit, return, re-entry, and the household each leaves behind."""

import math

import numpy as np

from sim.kernels.handles import keep_whole, kernel
from sim.kernels.hazards import child_age
from sim.kernels.layout import (
    ADMITTED,
    ALL_TRACKS,
    AT_HOME,
    CARE,
    ENTER,
    EXIT,
    GIVE_BACK,
    IDLE,
    IN_CARE,
    LEFT,
    LEGAL,
    MOVE,
    NEED,
    NO,
    NO_PICK,
    NOBODY,
    ON_CARE,
    ON_ENTRY,
    ON_LEGAL,
    ON_MOVE,
    ON_PLACEMENT,
    ONE,
    PLACEMENT,
    PROTECTION,
    SLOTS,
    SUPPORT,
    TAKE,
    WAITING,
    WHOLE_FAMILY,
    YEAR,
    YES,
    H,
    M,
    S,
    Y,
)
from sim.kernels.places import admit_waiting, find_place, join, leave_place, must_wait, plan_placement, take_place
from sim.kernels.rng import uniform
from sim.kernels.slots import (
    end_track,
    gone_for_good,
    last_birthday,
    log_child,
    log_family,
    recount,
    reschedule_child,
    reschedule_family,
    start_stage,
    stop_stage,
    touch_child,
    touch_family,
    who,
)
from sim.kernels.tally import row_of

INF = math.inf


@kernel
def move_family(m, s, y, a, f, track, target, t):
    """Take a family's track from its stage (or from idle) to `target` (or to idle), with the places and the case this ends or begins."""
    keep_whole()
    h = m
    if target >= 0 and H.stages(h)[target]["later"] >= 0 and t >= M.switch_day(m)[a]:
        target = H.stages(h)[target]["later"]  # Families First: new cases go to the stage that replaces this one
    slot = S.family_slots(s)[a, f, track]
    old, waiting = slot["stage"], slot["waiting"]
    touch_family(m, s, a, f, track, t, YES, NO)
    if old >= 0:
        stop_stage(m, s, y, a, f, NOBODY, track, t)
        if H.stages(h)[old]["place"] >= 0:
            leave_place(m, s, y, a, f, track, old, H.stages(h)[old]["place"], waiting, t)
    if target >= 0:
        place = H.stages(h)[target]["place"]
        start_stage(m, s, y, a, f, NOBODY, track, target, t, WAITING if place >= 0 and must_wait(s, a, place) else ADMITTED)
        if H.stages(h)[target]["is_referral"]:
            note_referral(s, y, a, f, t)
    log_family(m, s, y, a, f, ENTER if target >= 0 else EXIT, old, target, t)
    if target >= 0 and H.stages(h)[target]["place"] >= 0:
        join(m, s, y, a, f, track, H.stages(h)[target]["place"], t)
    touch_family(m, s, a, f, track, t, NO, NO)
    if target >= 0:
        reschedule_family(m, s, a, f, track)
    if old >= 0 and H.stages(h)[old]["place"] >= 0 and not waiting:
        admit_waiting(m, s, y, a, H.stages(h)[old]["place"], track, t)
    if track == NEED and target >= 0 and H.stages(h)[target]["is_closed"]:
        close_beside(m, s, y, a, f, t)
        if gone_for_good(m, s, a, f):
            stop_stage(m, s, y, a, f, NOBODY, NEED, t)
            log_family(m, s, y, a, f, EXIT, target, IDLE, t)


@kernel
def note_referral(s, y, a, f, t):
    """Start a case, and count a referral within twelve months of the last."""
    family = S.families(s)[a, f]
    if t - family["last_referral"] < YEAR:
        Y.rereferred(y)[a, row_of(s, y)] += family["counted"][NEED]
    family["last_referral"] = t
    family["case_start"] = t


@kernel
def close_beside(m, s, y, a, f, t):
    """End the protection and support tracks of a family that has no open need."""
    keep_whole()
    for track in (PROTECTION, SUPPORT):
        if S.family_slots(s)[a, f, track]["stage"] >= 0:
            move_beside(m, s, y, a, f, track, t)


@kernel
def move_beside(m, s, y, a, f, track, t):
    """End a protection or support stage, giving its place (if any) to the next family."""
    keep_whole()
    slot = S.family_slots(s)[a, f, track]
    stage, waiting = slot["stage"], slot["waiting"]
    place = H.stages(m)[stage]["place"]
    end_track(m, s, y, a, f, track, t)
    if place >= 0:
        leave_place(m, s, y, a, f, track, stage, place, waiting, t)
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
    need = S.family_slots(s)[a, f, NEED]["stage"]
    if need >= 0 and H.stages(m)[need]["is_closed"] and last_birthday(family) == INF:
        stop_stage(m, s, y, a, f, NOBODY, NEED, t)
        log_family(m, s, y, a, f, EXIT, need, IDLE, t)
    if need < 0 or H.stages(m)[need]["is_closed"] or need == M.key_stages(m)[1]:
        return
    for i in range(SLOTS):
        if family["home"][i] == AT_HOME and family["births"][i] <= t < family["births"][i] + 18.0 * YEAR:
            return
    close_beside(m, s, y, a, f, t)
    move_family(m, s, y, a, f, NEED, M.key_stages(m)[1], t)


@kernel
def enter_care(m, s, y, a, f, i, legal, t):
    """Start an episode of care for child i of a family (not yet placed): care and legal tracks. Return the child's row."""
    keep_whole()
    family = S.families(s)[a, f]
    c = family["care_row"][i]
    if c < 0:
        n = S.sizes(s)[a, 1] - 1
        S.sizes(s)[a, 1] = n
        c = S.free_children(s)[a, n]
        S.high(s)[a, 1] = max(S.high(s)[a, 1], c + 1)
        child = S.children(s)[a, c]
        child["family"], child["slot"], child["used"] = f, i, 1
        child["episodes"] = child["moves"] = child["searches"] = child["year_started"] = child["year_ceased"] = 0
        child["days_after_14"] = 0.0
        child["entries"][:] = 0
        for track in range(3):
            slot = S.child_slots(s)[a, c, track]
            slot["stage"], slot["pick"], slot["heap"], slot["fires"] = IDLE, NO_PICK, -1, INF
        family["care_row"][i] = c
    child = S.children(s)[a, c]
    old = S.child_slots(s)[a, c, 0]["stage"]
    if old >= 0:
        stop_stage(m, s, y, a, f, c, CARE, t)
    family["home"][i] = IN_CARE
    child["care_start"] = t
    child["episodes"] += 1
    start_stage(m, s, y, a, f, c, CARE, M.key_stages(m)[2], t, ADMITTED)
    log_child(m, s, y, a, c, ENTER, old, M.key_stages(m)[2], t)
    start_stage(m, s, y, a, f, c, LEGAL, legal, t, ADMITTED)
    log_child(m, s, y, a, c, ENTER, IDLE, legal, t)
    row = row_of(s, y)
    band, _ = child_age(family["births"][i], t)
    uasc = 1 if 0 < family["stream"] < 3 else 0
    Y.started(y)[a, row, band, uasc] += 1
    year = M.financial_year(m)[int(S.clock(s)[1])]
    if child["year_started"] != year:
        child["year_started"] = year
        Y.started_once(y)[a, row, band, uasc] += 1
    return c


@kernel
def settle_child(m, s, a, c):
    """Schedule the three tracks of a child just placed in care."""
    keep_whole()
    for track in range(3):
        if S.child_slots(s)[a, c, track]["stage"] >= 0:
            reschedule_child(m, s, a, c, track)


@kernel
def move_in(m, s, y, a, c, planned, stage, b, t, event, old):
    """Start a placement in authority b's place (b is a unless the region pools)."""
    keep_whole()
    child = S.children(s)[a, c]
    child["planned"], child["place_area"] = planned, b
    start_stage(m, s, y, a, child["family"], c, PLACEMENT, stage, t, ADMITTED)
    row = row_of(s, y)
    Y.planned_actual(y)[a, row, H.stages(m)[planned]["placement"], H.stages(m)[stage]["placement"]] += 1
    place = M.place_of_stage(m)[stage]
    if place >= 0:
        take_place(s, b, place, t, TAKE)
        if b != a:
            Y.far(y)[a, row, place] += 1
    log_child(m, s, y, a, c, event, old, stage, t)


@kernel
def move_out(m, s, y, a, c, t):
    """End a placement and free its place. Return the stage it was in."""
    keep_whole()
    child = S.children(s)[a, c]
    family = S.families(s)[a, child["family"]]
    slot = S.child_slots(s)[a, c, 1]
    needs = family["needs"][child["slot"]]
    Y.placement_days(y)[a, row_of(s, y), H.stages(m)[slot["stage"]]["placement"], needs] += t - max(slot["start"], S.month_began(s)[0])
    stage = stop_stage(m, s, y, a, child["family"], c, PLACEMENT, t)
    place = M.place_of_stage(m)[stage]
    if place >= 0:
        take_place(s, child["place_area"], place, t, GIVE_BACK)
    return stage


@kernel
def place_siblings(m, s, y, a, rows, n, t):
    """Place siblings who enter together, eldest first: one place type for all who share a plan if it can be had, else each alone."""
    keep_whole()
    plans = np.empty(SLOTS, np.int64)
    u = 0.0
    for j in range(n):
        child = S.children(s)[a, rows[j]]
        family = S.families(s)[a, child["family"]]
        if j == 0:
            address = who(m, a, family["stream"], child["slot"] + 1)
            u = uniform(M.seed(m)[0], M.seed(m)[1], family["id"], address, M.names(m)[8], child["episodes"] * 64)
        plans[j] = plan_placement(m, s, a, rows[j], ON_ENTRY, u, t)
    together = 0
    for j in range(n):
        if plans[j] == plans[0]:
            together += 1
    stage, b = NOBODY, NOBODY
    if together > 1:
        stage, b = find_place(m, s, y, a, rows[0], plans[0], together, t)
        row = row_of(s, y)
        Y.apart(y)[a, row, 0] += 1
        if stage < 0 or stage != plans[0]:
            Y.apart(y)[a, row, 1] += 1
            stage = NOBODY
    for j in range(n):
        c, to, at = rows[j], stage, b
        if plans[j] != plans[0] or stage < 0:
            to, at = find_place(m, s, y, a, c, plans[j], ONE, t)
        move_in(m, s, y, a, c, plans[j], to, at, t, ENTER, IDLE)
        settle_child(m, s, a, c)


@kernel
def fork(m, s, y, a, f, legal, one_child, t):
    """Bring some or all children at home into care. One uniform a family decides all or some, one a sibling whether they enter."""
    keep_whole()
    family = S.families(s)[a, f]
    address = who(m, a, family["stream"], WHOLE_FAMILY)
    everyone = uniform(M.seed(m)[0], M.seed(m)[1], family["id"], address, M.names(m)[6], family["removals"]) < M.parameters(m)[4]
    rows = np.empty(SLOTS, np.int64)
    enters = np.zeros(SLOTS, np.int64)
    n, chosen, least = 0, -1, 2.0
    for i in range(SLOTS):
        free = family["care_row"][i] < 0  # a child back from care has a re-entry clock of its own (never counted twice)
        if free and family["home"][i] == AT_HOME and family["births"][i] <= t < family["births"][i] + 18.0 * YEAR:
            u = uniform(M.seed(m)[0], M.seed(m)[1], family["id"], who(m, a, family["stream"], i + 1), M.names(m)[7], family["removals"])
            if one_child:
                if chosen < 0:
                    chosen = i  # the eldest
            else:
                if u < least:
                    chosen, least = i, u
                if everyone or u < M.parameters(m)[5]:
                    enters[i] = 1
                    n += 1
    if chosen < 0:
        return
    if n == 0:
        enters[chosen] = 1
    household_before(m, s, a, f, t)
    family["removals"] += 1
    n = 0
    for i in range(SLOTS):
        if enters[i]:
            rows[n] = enter_care(m, s, y, a, f, i, legal, t)
            n += 1
    place_siblings(m, s, y, a, rows, n, t)
    household_after(m, s, y, a, f, t)


@kernel
def set_legal(m, s, y, a, c, legal, t):
    """Change a child's legal status."""
    keep_whole()
    f = S.children(s)[a, c]["family"]
    touch_child(m, s, a, c, LEGAL, t, YES)
    old = stop_stage(m, s, y, a, f, c, LEGAL, t)
    start_stage(m, s, y, a, f, c, LEGAL, legal, t, ADMITTED)
    log_child(m, s, y, a, c, ENTER, old, legal, t)
    touch_child(m, s, a, c, LEGAL, t, NO)
    reschedule_child(m, s, a, c, ON_LEGAL)


@kernel
def replan(m, s, y, a, c, t):
    """Move a child to a newly planned placement; the old place is free before the new one is sought."""
    keep_whole()
    child = S.children(s)[a, c]
    f = child["family"]
    family = S.families(s)[a, f]
    child["moves"] += 1
    address = who(m, a, family["stream"], child["slot"] + 1)
    u = uniform(M.seed(m)[0], M.seed(m)[1], family["id"], address, M.names(m)[8], child["episodes"] * 64 + child["moves"])
    touch_child(m, s, a, c, PLACEMENT, t, YES)
    old = move_out(m, s, y, a, c, t)
    planned = plan_placement(m, s, a, c, ON_MOVE, u, t)
    stage, b = find_place(m, s, y, a, c, planned, ONE, t)
    move_in(m, s, y, a, c, planned, stage, b, t, MOVE, old)
    touch_child(m, s, a, c, PLACEMENT, t, NO)
    reschedule_child(m, s, a, c, ON_PLACEMENT)


@kernel
def place_in(m, s, y, a, c, stage, t):
    """Move a child into a placement a plan or an approval names (adoption, an approved kinship carer)."""
    keep_whole()
    child = S.children(s)[a, c]
    child["moves"] += 1
    touch_child(m, s, a, c, PLACEMENT, t, YES)
    old = move_out(m, s, y, a, c, t)
    move_in(m, s, y, a, c, stage, stage, a, t, MOVE, old)
    touch_child(m, s, a, c, PLACEMENT, t, NO)
    reschedule_child(m, s, a, c, ON_PLACEMENT)


@kernel
def exit_care(m, s, y, a, c, target, t):
    """End a child's episode of care by an exit: home, to a guardian, adopted, at 18; a care leaver if the history makes one."""
    keep_whole()
    h = m
    child = S.children(s)[a, c]
    f, i = child["family"], child["slot"]
    family = S.families(s)[a, f]
    birth = family["births"][i]
    move_out(m, s, y, a, c, t)
    stop_stage(m, s, y, a, f, c, LEGAL, t)
    old = stop_stage(m, s, y, a, f, c, CARE, t)
    row = row_of(s, y)
    age = min(max(int((t - birth) / YEAR + 1e-9), 0), 18)
    band = 6 if age >= 18 else (5 if age == 17 else (4 if age == 16 else child_age(birth, t)[0]))
    uasc = 1 if 0 < family["stream"] < 3 else 0
    Y.ceased(y)[a, row, band, uasc] += 1
    year = M.financial_year(m)[int(S.clock(s)[1])]
    if child["year_ceased"] != year:
        child["year_ceased"] = year
        Y.ceased_once(y)[a, row, band, uasc] += 1
    child["days_after_14"] += max(0.0, t - max(child["care_start"], birth + 14.0 * YEAR))
    start_stage(m, s, y, a, f, c, CARE, target, t, ADMITTED)
    log_child(m, s, y, a, c, EXIT, old, target, t)
    home = H.stages(h)[target]["to_home"] and not 0 < family["stream"] < 3
    if home:
        household_before(m, s, a, f, t)
    family["home"][i] = AT_HOME if home else LEFT
    if H.stages(h)[target]["care_leaver"] and child["days_after_14"] >= M.parameters(m)[6] and age >= 16:
        stop_stage(m, s, y, a, f, c, CARE, t)
        start_stage(m, s, y, a, f, c, CARE, M.key_stages(m)[4], t, ADMITTED)
        log_child(m, s, y, a, c, ENTER, target, M.key_stages(m)[4], t)
        reschedule_child(m, s, a, c, ON_CARE)
    elif H.stages(h)[target]["terminal"]:
        end_child(m, s, y, a, c, t)
    else:
        reschedule_child(m, s, a, c, ON_CARE)
    if home:
        household_after(m, s, y, a, f, t)
        need = S.family_slots(s)[a, f, NEED]["stage"]
        if need < 0 or need == M.key_stages(m)[1] or H.stages(h)[need]["is_closed"]:
            move_family(m, s, y, a, f, NEED, M.key_stages(m)[0], t)


@kernel
def end_child(m, s, y, a, c, t):
    """A child's story in this simulation is over: free the row."""
    keep_whole()
    child = S.children(s)[a, c]
    stage = stop_stage(m, s, y, a, child["family"], c, CARE, t)
    log_child(m, s, y, a, c, EXIT, stage, IDLE, t)
    S.families(s)[a, child["family"]]["care_row"][child["slot"]] = -1
    child["used"] = 0
    S.free_children(s)[a, S.sizes(s)[a, 1]] = c
    S.sizes(s)[a, 1] += 1


@kernel
def re_enter(m, s, y, a, c, legal, t):
    """Bring a child back into care after an exit."""
    keep_whole()
    child = S.children(s)[a, c]
    f, i = child["family"], child["slot"]
    family = S.families(s)[a, f]
    was_home = family["home"][i] == AT_HOME
    if was_home:
        household_before(m, s, a, f, t)
    enter_care(m, s, y, a, f, i, legal, t)
    rows = np.empty(SLOTS, np.int64)
    rows[0] = c
    place_siblings(m, s, y, a, rows, ONE, t)
    if was_home:
        household_after(m, s, y, a, f, t)


@kernel
def final_hearing(m, s, y, a, f, op_exit, stage, other, under_years, t):
    """Act on each of a family's children on an interim care order: an order (`other` for those too old for it) or an exit."""
    keep_whole()
    family = S.families(s)[a, f]
    for i in range(SLOTS):
        c = family["care_row"][i]
        if family["home"][i] == IN_CARE and S.child_slots(s)[a, c, 2]["stage"] == M.key_stages(m)[3]:
            if op_exit:
                exit_care(m, s, y, a, c, stage, t)
            elif t < family["births"][i] + under_years * YEAR:
                set_legal(m, s, y, a, c, stage, t)
            else:
                set_legal(m, s, y, a, c, other, t)
