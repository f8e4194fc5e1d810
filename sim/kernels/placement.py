"""Where children in care live, and under which legal status: planned, found, together or apart, moved."""

import math

import numpy as np

from sim.kernels.compiling import keep_whole, kernel
from sim.kernels.distance import POOLED, band_of
from sim.kernels.layout import (
    ADMITTED,
    AS_DRAWN,
    AT_MARKET,
    DISTANCE_DRAW,
    ENTER,
    GIVE_BACK,
    IDLE,
    LEGAL,
    MOVE,
    NO,
    NOBODY,
    ON_ENTRY,
    ON_LEGAL,
    ON_MOVE,
    ON_PLACEMENT,
    ONE,
    PAID,
    PLACEMENT,
    PRICE_DRAW,
    SLOTS,
    TAKE,
    YES,
    H,
    M,
    S,
    Y,
)
from sim.kernels.places import find_place, plan_placement, take_place
from sim.kernels.rng import uniform
from sim.kernels.slots import (
    log_child,
    reschedule_child,
    start_stage,
    stop_stage,
    touch_child,
    who,
)
from sim.kernels.tally import count_placement_days, row_of

INF = math.inf


@kernel
def settle_child(m, s, a, c):
    """Schedule the three tracks of a child just placed in care."""
    keep_whole()
    for track in range(3):
        if S.child_slots(s)[a, c, track]["stage"] >= 0:
            reschedule_child(m, s, a, c, track)


@kernel
def let_placement(m, s, a, c, stage, b):
    """Set what a placement in authority b is let at: drawn for the child's needs, at the market's index, less what commissioning wins.

    The base price, and its growth while the placement lasts, are not in it.
    """
    keep_whole()
    child, month = S.children(s)[a, c], np.int64(S.clock(s)[1])
    family, table = S.families(s)[a, child["family"]], M.let_table(m)
    address = who(m, a, family["stream"], child["slot"] + 1)
    u = uniform(M.seed(m)[0], M.seed(m)[1], family["id"], address, M.names(m)[PRICE_DRAW], child["episodes"] + child["moves"])
    quantile = min(np.int64(u * table.shape[2]), table.shape[2] - 1)
    drawn = np.int64(table[H.stages(m)[stage]["placement"], family["needs"][child["slot"]], quantile])
    place = M.place_of_stage(m)[stage]
    index = S.price(s)[b, place] if place >= 0 else 1.0
    market = np.int64(math.floor(drawn * index + 0.5))
    paid = np.int64(math.floor(market * (1.0 - M.price_gain(m)[stage, month]) + 0.5))
    child["let"][AS_DRAWN], child["let"][AT_MARKET], child["let"][PAID] = drawn, market, paid
    S.let(s)[a, stage] += paid


@kernel
def band_drawn(m, s, a, c, stage, b):
    """Return the band of distance of a placement that begins in authority b's place; one draw for each placement of a child's."""
    keep_whole()
    child = S.children(s)[a, c]
    family = S.families(s)[a, child["family"]]
    address = who(m, a, family["stream"], child["slot"] + 1)
    u = uniform(M.seed(m)[0], M.seed(m)[1], family["id"], address, M.names(m)[DISTANCE_DRAW], child["episodes"] * 64 + child["moves"])
    place = M.place_of_stage(m)[stage]
    odds = S.far_odds(s)[a, place] if place >= 0 else 1.0
    if b != a:
        odds *= M.distance_rules(m)[POOLED]
    return band_of(M.bands(m)[a, 1 if 0 < family["stream"] < 3 else 0, stage], odds, b != a, u)


@kernel
def move_in(m, s, y, a, c, planned, stage, b, t, event, old):
    """Start a placement in authority b's place (b is a unless the region pools)."""
    keep_whole()
    child = S.children(s)[a, c]
    child["planned"], child["place_area"] = planned, b
    child["band"] = band_drawn(m, s, a, c, stage, b)
    start_stage(m, s, y, a, child["family"], c, PLACEMENT, stage, t, ADMITTED)
    let_placement(m, s, a, c, stage, b)
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
    count_placement_days(m, s, y, a, c, t)
    stage = stop_stage(m, s, y, a, child["family"], c, PLACEMENT, t)
    S.let(s)[a, stage] -= child["let"][PAID]
    place = M.place_of_stage(m)[stage]
    if place >= 0:
        take_place(s, child["place_area"], place, t, GIVE_BACK)
    return stage


@kernel
def place_siblings(m, s, y, a, rows, n, t):
    """Place siblings who enter together: who shares the eldest's plan in one place type if it can be had, then the others alone, eldest first."""
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
        if stage < 0 or H.stages(m)[stage]["type"] != H.stages(m)[plans[0]]["type"]:
            Y.apart(y)[a, row, 1] += 1
            stage = NOBODY
    for alone in range(2):  # those placed together first: the places found for them are theirs
        for j in range(n):
            c, to, at = rows[j], stage, b
            if (plans[j] != plans[0] or stage < 0) != (alone == 1):
                continue
            if alone == 1:
                to, at = find_place(m, s, y, a, c, plans[j], ONE, t)
            move_in(m, s, y, a, c, plans[j], to, at, t, ENTER, IDLE)
            settle_child(m, s, a, c)


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
