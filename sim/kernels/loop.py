"""The event loop: month by month, event by event, over one authority or a pooled region."""

import math

import numpy as np

from sim.kernels.arrivals import arrive, open_layers
from sim.kernels.budget import LEVEL, need_pace, open_month, places_afforded
from sim.kernels.care import end_child, enter_care, exit_care, final_hearing, fork, move_after_care, re_enter
from sim.kernels.compiling import copy_in, entry, keep_whole, kernel, prefetch
from sim.kernels.courts import court_pace, court_pressure, open_proceedings
from sim.kernels.distance import HIGH, LOW, RESPONSE, far_odds
from sim.kernels.feedback import pace_under, respond, slow_driver, work_in_hand
from sim.kernels.hazards import month_at
from sim.kernels.household import close_beside, move_family
from sim.kernels.layout import (
    ADULT_PICK,
    ARRIVAL_ITEM,
    CARE,
    CARE_ENTRY,
    CHILD_ITEM,
    COURT,
    COURT_EXIT,
    COURT_ORDER,
    COURT_WORK,
    EXIT,
    EXIT_CARE,
    FAMILY_SUPPORT,
    FIRST,
    IDLE,
    LAYERS,
    LEGAL,
    NEED,
    NO,
    NO_DRIVER,
    NO_PICK,
    NOBODY,
    ONE,
    OPEN_STAGE,
    PLACE_IN,
    RE_ENTRY,
    REPLAN,
    SLOTS,
    SOCIAL_WORK,
    STATUS_DONE,
    STATUS_GROW,
    STAY,
    WHOLE_FAMILY,
    YES,
    H,
    M,
    S,
    Y,
)
from sim.kernels.placement import place_in, place_siblings, replan, set_legal
from sim.kernels.places import admit_waiting
from sim.kernels.queue import next_item, next_time, open_queue, slot_of, take_next, tie_key
from sim.kernels.rng import threshold
from sim.kernels.slots import (
    commit_child,
    commit_family,
    log_family,
    reschedule_child,
    reschedule_family,
    stop_stage,
    who,
)
from sim.kernels.supply import held_of, places_open, supply_month
from sim.kernels.tally import PEAK_PRESSURE, PUT_BACK, close_month, row_of
from sim.kernels.workforce import staff_month

INF = math.inf
AHEAD = 6  # rows whose memory is asked for early


@kernel
def slow(m, s, a, driver, month, pace):
    """Slow what a driver drives this month, and note it."""
    keep_whole()
    slow_driver(m, S.factor(s), S.opclock(s), S.turns(s), S.slowing(s), a, driver, month, pace)
    if pace < 1.0:
        S.last_slowed(s)[a, driver - 1] = month


@kernel
def begin_month(m, s, y, month, t):
    """Update every authority's environment at the start of a month, then admit from its queues."""
    keep_whole()
    S.clock(s)[1] = month
    S.month_began(s)[0] = t
    row = month - Y.first_month(y)[0]
    for a in range(S.units(s).shape[0]):
        open_month(m, S.accounts(s)[a], a, month)
        slow(m, s, a, FAMILY_SUPPORT, month, need_pace(m, S.accounts(s)[a], month))
        work = work_in_hand(M.case_weights(m), S.cases(s)[a])
        posts, published = S.posts(s)[a], M.posts(m)[a, month]
        follows = month >= M.workforce_from(m)[0]
        pressure = work / staff_month(
            posts, published, M.post_flows(m)[a, month], M.workforce_rules(m), M.team_capacity(m)[a, month], work, follows
        )
        for kind in range(posts.shape[0]):
            Y.posts(y)[a, row, kind] = posts[kind]
        slow(m, s, a, SOCIAL_WORK, month, pace_under(pressure, M.team_response(m)[0]))
        in_court = open_proceedings(m, S.units(s)[a])
        court = court_pressure(m, S.court_reference(s), a, month, in_court)
        slow(m, s, a, COURT_WORK, month, court_pace(m, court))
        Y.court_work(y)[a, row], Y.court_pressure(y)[a, row] = in_court, court
        Y.pressure(y)[a, row], Y.work(y)[a, row] = pressure, work
        Y.counters(y)[PEAK_PRESSURE] = max(Y.counters(y)[PEAK_PRESSURE], np.int64(pressure * 1000000.0))
        for place in range(S.filled(s).shape[1]):
            days = S.use_days(s)[a, place, 1]
            S.use(s)[a, place] = -1.0
            if days > 0.0:
                rules, use, reference = M.price_rules(m)[place], S.use_days(s)[a, place, 0] / days, M.reference_use(m)[a, place]
                S.use(s)[a, place] = use
                S.price(s)[a, place] = respond(S.price(s)[a, place], use, reference, rules[0], rules[1], rules[2], rules[3])
                far = M.distance_rules(m)
                S.far_odds(s)[a, place] = far_odds(use, reference, far[RESPONSE], far[LOW], far[HIGH])
            S.use_days(s)[a, place, 0] = S.use_days(s)[a, place, 1] = 0.0
        supply_month(m, S.supply(s)[a], S.begun(s)[a], Y.supply(y)[a, row], S.use(s)[a], a, month)
        for place in range(S.filled(s).shape[1]):
            if M.owners(m)[place, 1] > 0:
                planned = held_of(m, S.supply(s)[a], place)
            else:
                planned = places_afforded(M.places(m)[a, place, month], M.saveable(m)[a, place, month], S.accounts(s)[a, LEVEL])
            usable = np.int64(places_open(planned))
            S.closing(s)[a, place] = max(S.filled(s)[a, place] - usable, 0)
            S.open_places(s)[a, place] = usable + S.closing(s)[a, place]
            Y.price_end(y)[a, row, place] = S.price(s)[a, place]
    for a in range(S.units(s).shape[0]):
        for place in range(S.filled(s).shape[1]):
            if M.place_track(m)[place] >= 0:
                admit_waiting(m, s, y, a, place, M.place_track(m)[place], t)


@kernel
def apply_effects(m, s, y, a, f, c, tr, t):
    """Do what a transition does beside moving its own track."""
    keep_whole()
    for e in range(tr["effect"], tr["effect"] + tr["n_effects"]):
        effect = M.effects(m)[e]
        op, stage = effect["op"], effect["stage"]
        if op == OPEN_STAGE:
            track = np.int64(H.stages(m)[stage]["track"])
            if S.families(s)[a, f]["stages"][track] < stage:  # idle, or in an earlier stage of the track
                move_family(m, s, y, a, f, track, stage, t)
        elif op == CARE_ENTRY:
            fork(m, s, y, a, f, stage, effect["other"] > 0, t)
        elif op == COURT_ORDER:
            final_hearing(m, s, y, a, f, NO, stage, effect["other"], effect["x"], t)
        elif op == COURT_EXIT:
            final_hearing(m, s, y, a, f, YES, stage, stage, 0.0, t)
        elif op == RE_ENTRY:
            re_enter(m, s, y, a, c, stage, t)
        elif op == EXIT_CARE:
            exit_care(m, s, y, a, c, stage, t)
        elif op == REPLAN:
            replan(m, s, y, a, c, t)
        elif op == PLACE_IN:
            place_in(m, s, y, a, c, stage, t)


@kernel
def fire_family(m, s, y, a, f, track, t):
    """Let a family's slot do what it was scheduled to do."""
    copy_in()
    h = m
    slot = S.family_slots(s)[a, f, track]
    stage, pick, start = slot["stage"], slot["pick"], slot["start"]
    if pick == ADULT_PICK:
        close_beside(m, s, y, a, f, t)
        move_family(m, s, y, a, f, track, IDLE, t)
        return
    k = H.stages(h)[stage]["first"] + pick
    tr = H.transitions(h)[k]
    row = row_of(s, y)
    Y.fired(y)[a, row, k] += 1
    Y.fired_children(y)[a, row, k] += S.families(s)[a, f]["counted"][track]
    if tr["target"] != STAY:
        move_family(m, s, y, a, f, track, np.int64(tr["target"]), t)
        apply_effects(m, s, y, a, f, NOBODY, tr, t)
        return
    commit_family(m, s, a, f, track, t)
    family = S.families(s)[a, f]
    entries = np.int64(family["entries"][H.stages(m)[stage]["local"]])
    redraw(m, slot, pick, tr["name"], family["id"], who(m, a, family["stream"], WHOLE_FAMILY), entries)
    slot["pick"] = NO_PICK
    apply_effects(m, s, y, a, f, NOBODY, tr, t)
    if slot["stage"] == stage and slot["start"] == start and slot["pick"] == NO_PICK:  # else already scheduled, by what it opened
        reschedule_family(m, s, a, f, track)


@kernel
def redraw(m, slot, pick, name, entity, address, entries):
    """Draw a transition's threshold again after it fired without leaving its stage."""
    repeats = (np.int64(slot["repeats"][pick]) + 1) % 64
    slot["repeats"][pick] = repeats
    occurrence = entries * 64 + repeats
    slot["residual"][pick] = threshold(M.seed(m)[0], M.seed(m)[1], entity, address, name, occurrence)


@kernel
def fire_child(m, s, y, a, c, track, t):
    """Let a child's slot do what it was scheduled to do (track 0 care, 1 placement, 2 legal)."""
    keep_whole()
    h = m
    child, slot = S.children(s)[a, c], S.child_slots(s)[a, c, track]
    f = child["family"]
    stage, pick, start = slot["stage"], slot["pick"], slot["start"]
    k = H.stages(h)[stage]["first"] + pick
    tr = H.transitions(h)[k]
    row = row_of(s, y)
    Y.fired(y)[a, row, k] += 1
    Y.fired_children(y)[a, row, k] += 1
    target = np.int64(tr["target"])
    if target == STAY and tr["n_effects"] > 0 and M.effects(m)[tr["effect"]]["op"] != REPLAN:
        commit_child(m, s, a, c, track, t)
        family = S.families(s)[a, f]
        entries = np.int64(child["entries"][H.stages(m)[stage]["local"]])
        redraw(m, slot, pick, tr["name"], family["id"], who(m, a, family["stream"], child["slot"] + 1), entries)
    elif target >= 0 and track == LEGAL - CARE:
        set_legal(m, s, y, a, c, target, t)
    elif target >= 0 and track == 1:
        place_in(m, s, y, a, c, target, t)
    elif track == 0 and H.stages(h)[stage]["in_care"]:
        exit_care(m, s, y, a, c, target, t)
    elif track == 0 and target == IDLE:
        end_child(m, s, y, a, c, t)
    elif track == 0 and not H.stages(h)[target]["in_care"]:
        move_after_care(m, s, y, a, c, target, t)
    apply_effects(m, s, y, a, f, c, tr, t)
    if target == STAY and child["used"] and slot["stage"] == stage and slot["start"] == start:
        reschedule_child(m, s, a, c, track)


@kernel
def free_family(m, s, y, a, f, t):
    """Free a family's row once nobody in it can be heard of again."""
    copy_in()
    family = S.families(s)[a, f]
    need, adult = np.int64(family["stages"][NEED]), family["adult_day"]
    if not family["used"] or family["stages"][COURT] >= 0 or (need >= 0 and t < adult < INF):
        return
    for i in range(family["n_children"]):
        if family["care_row"][i] >= 0:
            return
    close_beside(m, s, y, a, f, t)
    if need >= 0:
        stop_stage(m, s, y, a, f, NOBODY, NEED, t)
        log_family(m, s, y, a, f, EXIT, need, IDLE, t)
    family["used"] = 0
    S.free_families(s)[a, S.sizes(s)[a, 0]] = f
    S.sizes(s)[a, 0] += 1


@kernel
def still_due(m, s, a, item, t):
    """Return whether a scheduled event is still due now that its months' factors are known; if not, put it back."""
    copy_in()
    if item >= ARRIVAL_ITEM:
        return True
    h, slot = m, slot_of(s, a, item)
    if slot["pick"] == ADULT_PICK:
        return True
    tr = H.transitions(h)[H.stages(h)[slot["stage"]]["first"] + slot["pick"]]
    driver = H.row_driver(h)[tr["row"]]
    if driver == NO_DRIVER or S.last_slowed(s)[a, driver - 1] < month_at(h, slot["evaluated"]):
        return True
    if item >= CHILD_ITEM:
        reschedule_child(m, s, a, (item - CHILD_ITEM) >> 2, item & 3)
    else:
        reschedule_family(m, s, a, item >> 2, item & 3)
    return slot["fires"] <= t


@kernel
def next_area(m, s):
    """Return the authority whose next event comes first (order of docs/engine.md), or -1 if none has any."""
    copy_in()
    if S.sizes(s).shape[0] == 1:
        return FIRST if next_time(m, s, FIRST) < INF else NOBODY
    best, time = NOBODY, INF
    for a in range(S.sizes(s).shape[0]):
        t = next_time(m, s, a)
        if t < time or (t == time and best >= 0 and area_before(m, s, a, best)):
            best, time = a, t
    return best


@kernel
def area_before(m, s, a, b):
    """Return whether authority a's next event precedes b's at the same time: class, then authority code."""
    first, second = tie_key(m, s, a, next_item(s, a)["item"]), tie_key(m, s, b, next_item(s, b)["item"])
    return first[0] < second[0] or (first[0] == second[0] and M.codes(m)[a] < M.codes(m)[b])


@kernel
def handle(m, s, y, a, item, t):
    """Process one event."""
    copy_in()
    take_next(s, a)
    if item >= ARRIVAL_ITEM:
        stream, layer = divmod(item - ARRIVAL_ITEM, LAYERS)
        f = arrive(m, s, y, a, stream, layer, t)
        if f >= 0:
            legal = M.arrival_stage(m)[stream, 1]
            c = enter_care(m, s, y, a, f, FIRST, legal, t)
            rows = np.empty(SLOTS, np.int64)
            rows[0] = c
            place_siblings(m, s, y, a, rows, ONE, t)
        return
    if item >= CHILD_ITEM:
        c, track = (item - CHILD_ITEM) >> 2, item & 3
        f = S.children(s)[a, c]["family"]
        fire_child(m, s, y, a, c, track, t)
    else:
        f, track = item >> 2, item & 3
        fire_family(m, s, y, a, f, track, t)
    free_family(m, s, y, a, f, t)


@entry
def run_until(m, s, y, last_month):
    """Simulate until the start of `last_month`. Return STATUS_DONE, or STATUS_GROW when arrays must grow first (then call again)."""
    h = m
    while True:
        month = np.int64(S.clock(s)[1])
        if month >= last_month:
            return STATUS_DONE
        a = next_area(m, s)
        t = S.next_times(s)[a] if a >= 0 else INF
        month_end = H.month_start(h)[month + 1]
        if t >= month_end:
            close_month(m, s, y, month_end)
            S.clock(s)[0] = month_end
            if month + 1 >= last_month:
                S.clock(s)[1] = month + 1
                return STATUS_DONE
            begin_month(m, s, y, month + 1, month_end)
            continue
        if S.sizes(s)[a, 0] < 2 or S.sizes(s)[a, 1] < SLOTS + 2:
            return STATUS_GROW
        if Y.log(y).shape[0] > 0 and Y.n_log(y)[0] + 2000 > Y.log(y).shape[0]:
            return STATUS_GROW
        S.clock(s)[0] = t
        item = next_item(s, a)["item"]
        if still_due(m, s, a, item, t):
            handle(m, s, y, a, item, t)
        else:
            Y.counters(y)[PUT_BACK] += 1


@entry
def begin_run(m, s, y, month):
    """Start a run, or a branch, at a month: environment, then every slot scheduled anew under this model."""
    S.clock(s)[0] = H.month_start(m)[month]
    S.clock(s)[1] = month
    for a in range(S.units(s).shape[0]):
        open_queue(m, s, a, S.clock(s)[0])
        open_layers(m, s, a, S.clock(s)[0])
        for f in range(S.high(s)[a, 0]):
            ahead = min(f + AHEAD, S.high(s)[a, 0] - 1)
            prefetch(S.families(s)[a, ahead])
            prefetch(S.family_slots(s)[a, ahead, NEED])
            if S.families(s)[a, f]["used"]:
                for track in range(4):
                    if S.family_slots(s)[a, f, track]["stage"] >= 0:
                        reschedule_family(m, s, a, f, track)
        for c in range(S.high(s)[a, 1]):
            if S.children(s)[a, c]["used"]:
                for track in range(3):
                    if S.child_slots(s)[a, c, track]["stage"] >= 0:
                        reschedule_child(m, s, a, c, track)
    begin_month(m, s, y, month, H.month_start(m)[month])
