"""Children in care: entry (the fork of a family), exit, return, re-entry and the final hearing."""

import math

import numpy as np

from sim.kernels.compiling import keep_whole, kernel
from sim.kernels.follow_up import note_care
from sim.kernels.hazards import child_age
from sim.kernels.household import household_after, household_before, move_family
from sim.kernels.layout import (
    ADMITTED,
    AT_HOME,
    CARE,
    CARE_START,
    ENTER,
    EXIT,
    IDLE,
    IN_CARE,
    LEFT,
    LEGAL,
    NEED,
    NO_PICK,
    ON_CARE,
    ONE,
    SLOTS,
    STAYING_PUT_DRAW,
    WHOLE_FAMILY,
    YEAR,
    H,
    M,
    S,
    Y,
)
from sim.kernels.placement import move_out, place_siblings, set_legal
from sim.kernels.rng import uniform
from sim.kernels.slots import (
    home_changed,
    log_child,
    reschedule_child,
    start_stage,
    stop_stage,
    who,
)
from sim.kernels.tally import quintile_row, row_of

INF = math.inf


@kernel
def enter_care(m, s, y, a, f, i, legal, t):
    """Start an episode of care for child i of a family (not yet placed): care and legal tracks. Return the child's row."""
    keep_whole()
    family = S.families(s)[a, f]
    c = np.int64(family["care_row"][i])
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
            slot["stage"], slot["pick"], slot["fires"] = IDLE, NO_PICK, INF
            child["stages"][track] = IDLE
        family["care_row"][i] = c
    child = S.children(s)[a, c]
    old = S.child_slots(s)[a, c, 0]["stage"]
    if old >= 0:
        stop_stage(m, s, y, a, f, c, CARE, t)
    family["home"][i] = IN_CARE
    home_changed(family)
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
    Y.by_quintile(y)[a, row, quintile_row(family), CARE_START] += 1
    year = M.financial_year(m)[np.int64(S.clock(s)[1])]
    if child["year_started"] != year:
        child["year_started"] = year
        Y.started_once(y)[a, row, band, uasc] += 1
    return c


@kernel
def fork(m, s, y, a, f, legal, one_child, t):
    """Bring some or all children at home into care. One uniform a family decides all or some, one a sibling whether they enter."""
    keep_whole()
    family = S.families(s)[a, f]
    address = who(m, a, family["stream"], WHOLE_FAMILY)
    everyone = uniform(M.seed(m)[0], M.seed(m)[1], family["id"], address, M.names(m)[6], np.int64(family["removals"])) < M.parameters(m)[4]
    rows = np.empty(SLOTS, np.int64)
    enters = np.zeros(SLOTS, np.int64)
    n, chosen, least = 0, -1, 2.0
    for i in range(SLOTS):
        free = family["care_row"][i] < 0  # a child back from care has a re-entry clock of its own (never counted twice)
        if free and family["home"][i] == AT_HOME and family["births"][i] <= t < family["births"][i] + 18.0 * YEAR:
            u = uniform(M.seed(m)[0], M.seed(m)[1], family["id"], who(m, a, family["stream"], i + 1), M.names(m)[7], np.int64(family["removals"]))
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
        n = enters[chosen] = 1
    note_care(m, s, y, a, f, n, t)
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
def exit_care(m, s, y, a, c, target, t):
    """End a child's episode of care by an exit: home, to a guardian, adopted, at 18; a care leaver if the history makes one."""
    keep_whole()
    h = m
    child = S.children(s)[a, c]
    f, i = child["family"], child["slot"]
    family = S.families(s)[a, f]
    birth = family["births"][i]
    lived_in = move_out(m, s, y, a, c, t)
    stop_stage(m, s, y, a, f, c, LEGAL, t)
    old = stop_stage(m, s, y, a, f, c, CARE, t)
    row = row_of(s, y)
    age = min(max(np.int64((t - birth) / YEAR + 1e-9), 0), 18)
    band = 6 if age >= 18 else (5 if age == 17 else (4 if age == 16 else child_age(birth, t)[0]))
    uasc = 1 if 0 < family["stream"] < 3 else 0
    Y.ceased(y)[a, row, band, uasc] += 1
    year = M.financial_year(m)[np.int64(S.clock(s)[1])]
    if child["year_ceased"] != year:
        child["year_ceased"] = year
        Y.ceased_once(y)[a, row, band, uasc] += 1
    Y.quintile_days(y)[a, row, quintile_row(family)] += t - max(child["care_start"], S.month_began(s)[0])
    child["days_after_14"] += max(0.0, t - max(child["care_start"], birth + 14.0 * YEAR))
    child["care_start"] = t  # from here on clocks since the exit run from it
    start_stage(m, s, y, a, f, c, CARE, target, t, ADMITTED)
    log_child(m, s, y, a, c, EXIT, old, target, t)
    home = H.stages(h)[target]["to_home"] and not 0 < family["stream"] < 3
    if home:
        household_before(m, s, a, f, t)
    family["home"][i] = AT_HOME if home else LEFT
    home_changed(family)
    if H.stages(h)[target]["care_leaver"] and child["days_after_14"] >= M.parameters(m)[6] and age >= 16:
        support = M.key_stages(m)[6] if stays_put(m, a, family, child, lived_in, age) else M.key_stages(m)[4]
        move_after_care(m, s, y, a, c, support, t)
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
def stays_put(m, a, family, child, lived_in, age):
    """Return whether a care leaver of 18 stays with former foster carers: one uniform for each time care ends."""
    if age < 18 or not H.stages(m)[lived_in]["stays_put"]:
        return False
    address = who(m, a, family["stream"], child["slot"] + 1)
    return uniform(M.seed(m)[0], M.seed(m)[1], family["id"], address, M.names(m)[STAYING_PUT_DRAW], child["episodes"]) < M.parameters(m)[7]


@kernel
def move_after_care(m, s, y, a, c, stage, t):
    """Take a young person who has left care to another stage of what follows, the clock since the exit running on."""
    keep_whole()
    f = S.children(s)[a, c]["family"]
    old = stop_stage(m, s, y, a, f, c, CARE, t)
    start_stage(m, s, y, a, f, c, CARE, stage, t, ADMITTED)
    log_child(m, s, y, a, c, ENTER, old, stage, t)
    reschedule_child(m, s, a, c, ON_CARE)


@kernel
def end_child(m, s, y, a, c, t):
    """Free the row of a child whose story in this simulation is over."""
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
        note_care(m, s, y, a, f, ONE, t)
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
        c = np.int64(family["care_row"][i])
        if family["home"][i] == IN_CARE and S.child_slots(s)[a, c, 2]["stage"] == M.key_stages(m)[3]:
            if op_exit:
                exit_care(m, s, y, a, c, stage, t)
            elif t < family["births"][i] + under_years * YEAR:
                set_legal(m, s, y, a, c, stage, t)
            else:
                set_legal(m, s, y, a, c, other, t)
