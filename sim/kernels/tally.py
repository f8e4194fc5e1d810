"""What a run counts: units and children by stage, starts and ends of care, queues, places, and the event log."""

import numpy as np

from sim.kernels.budget import DEAR_GBP_PER_WEEK, TAIL_GBP_PER_WEEK, book_month, price_a_week
from sim.kernels.compiling import keep_whole, kernel, prefetch
from sim.kernels.distance import ELSEWHERE
from sim.kernels.layout import IN_CARE_END, PAID, UNACCOMPANIED_ROW, H, S, Y

STAGE_EVENTS, CANDIDATES, PEAK_PRESSURE, FULL_PLACES, PUT_BACK = range(5)  # counters


@kernel
def row_of(s, y):
    """Return the tally row of the current month."""
    return np.int64(S.clock(s)[1]) - Y.first_month(y)[0]


@kernel
def quintile_row(family):
    """Return the row of a family in tables by quintile; children who arrive in care have one of their own."""
    return UNACCOMPANIED_ROW if 0 < family["stream"] < 3 else np.int64(family["quintile"])


@kernel
def count_days(s, y, a, row, stage, t):
    """Complete the days of a stage's stock, and the same times the sum of what its placements were let at, up to t."""
    days = t - S.since(s)[a, stage]
    Y.unit_days(y)[a, row, stage] += S.units(s)[a, stage] * days
    Y.paid_days(y)[a, row, stage] += S.let(s)[a, stage] * days
    S.since(s)[a, stage] = t


@kernel
def count_entry(s, y, a, stage, children, t):
    """Count a unit entering a stage."""
    row = row_of(s, y)
    count_days(s, y, a, row, stage, t)
    S.units(s)[a, stage] += 1
    S.cases(s)[a, stage] += children
    Y.entered(y)[a, row, stage] += 1
    Y.entered_children(y)[a, row, stage] += children


@kernel
def count_exit(s, y, a, stage, children, start, t):
    """Count a unit leaving a stage it entered at `start`; the stay since the tally began is added separately from unit_days."""
    row = row_of(s, y)
    count_days(s, y, a, row, stage, t)
    S.units(s)[a, stage] -= 1
    S.cases(s)[a, stage] -= children
    Y.left(y)[a, row, stage] += 1
    Y.left_children(y)[a, row, stage] += children
    Y.stay_days(y)[a, stage] += t - max(start, Y.began(y)[0])


@kernel
def count_joined(s, y, a, stage, change):
    """Count children who join (or, negative, leave) a stage their family is already in: born, returned, entered care."""
    row = row_of(s, y)
    if change > 0:
        Y.entered_children(y)[a, row, stage] += change
    else:
        Y.left_children(y)[a, row, stage] -= change


@kernel
def log_event(y, t, family, a, stream, child, event, stage_from, stage_to):
    """Append an event to the log, if one is kept, and count it."""
    Y.counters(y)[STAGE_EVENTS] += 1
    if Y.log(y).shape[0] > 0:
        n = Y.n_log(y)[0]
        row = Y.log(y)[n]
        row["time"], row["family"], row["area"], row["stream"] = t, family, a, stream
        row["child"], row["event"], row["stage_from"], row["stage_to"] = child, event, stage_from, stage_to
        Y.n_log(y)[0] = n + 1


@kernel
def count_placement_days(m, s, y, a, c, t):
    """Count the days of a child's placement in this month up to t, and the same times what it was let at."""
    keep_whole()
    child, slot = S.children(s)[a, c], S.child_slots(s)[a, c, 1]
    placement, needs = H.stages(m)[slot["stage"]]["placement"], S.families(s)[a, child["family"]]["needs"][child["slot"]]
    row, days = row_of(s, y), t - max(slot["start"], S.month_began(s)[0])
    Y.placement_days(y)[a, row, placement, needs] += days
    for part in range(3):
        Y.let_days(y)[a, row, placement, needs, part] += days * child["let"][part]


@kernel
def count_price(m, s, y, a, c):
    """Count what a child's placement costs a week, at this month's prices, among all and among the dear ones, and the child at each line."""
    keep_whole()
    weekly = price_a_week(m, a, S.child_slots(s)[a, c, 1]["stage"], np.int64(S.children(s)[a, c]["let"][PAID]), np.int64(S.clock(s)[1]))
    row = row_of(s, y)
    Y.dear_end(y)[a, row, 2] += weekly
    if weekly >= DEAR_GBP_PER_WEEK:
        Y.dear_end(y)[a, row, 0] += 1.0
        Y.dear_end(y)[a, row, 1] += weekly
    for i, line in enumerate(TAIL_GBP_PER_WEEK):
        if weekly >= line:
            Y.dear_end(y)[a, row, 3 + i] += 1.0


@kernel
def close_month(m, s, y, t):
    """Complete the month that ends at t: stocks, place use and child-days of every authority."""
    keep_whole()
    row = row_of(s, y)
    for a in range(S.units(s).shape[0]):
        for stage in range(S.units(s).shape[1]):
            count_days(s, y, a, row, stage, t)
            Y.units_end(y)[a, row, stage] = S.units(s)[a, stage]
            Y.children_end(y)[a, row, stage] = S.cases(s)[a, stage]
        for place in range(S.filled(s).shape[1]):
            S.use_days(s)[a, place, 0] += S.filled(s)[a, place] * (t - S.use_since(s)[a, place])
            S.use_days(s)[a, place, 1] += S.open_places(s)[a, place] * (t - S.use_since(s)[a, place])
            S.use_since(s)[a, place] = t
            Y.places_end(y)[a, row, place, 0] = S.open_places(s)[a, place]
            Y.places_end(y)[a, row, place, 1] = S.filled(s)[a, place]
            Y.queue(y)[a, row, place, 4] = S.n_waiting(s)[a, place]
        book_month(m, S.accounts(s)[a], S.units(s)[a], S.let(s)[a], a, np.int64(S.clock(s)[1]))
        for i in range(S.accounts(s).shape[1]):
            Y.accounts_end(y)[a, row, i] = S.accounts(s)[a, i]
        count_looked_after(m, s, y, a, row, t)


@kernel
def count_looked_after(m, s, y, a, row, t):
    """Count the children looked after at t by age and whether unaccompanied asylum-seeking, what their placements cost, and where they are."""
    keep_whole()
    Y.dear_end(y)[a, row, 0] = Y.dear_end(y)[a, row, 1] = Y.dear_end(y)[a, row, 2] = 0.0
    for band in range(5):
        Y.looked_after_end(y)[a, row, band, 0] = 0
        Y.looked_after_end(y)[a, row, band, 1] = 0
    for placement in range(Y.where_end(y).shape[2]):
        for column in range(Y.where_end(y).shape[3]):
            Y.where_end(y)[a, row, placement, column] = 0
    for quintile in range(Y.by_quintile(y).shape[2]):
        Y.by_quintile(y)[a, row, quintile, IN_CARE_END] = 0
    last = S.high(s)[a, 1] - 1
    for c in range(last + 1):
        prefetch(S.families(s)[a, S.children(s)[a, min(c + 8, last)]["family"]])
        child = S.children(s)[a, c]
        if child["used"] and child["stages"][1] >= 0:
            family = S.families(s)[a, child["family"]]
            age = (t - family["births"][child["slot"]]) / 365.25
            band = 0
            if age >= 16.0:
                band = 4
            elif age >= 10.0:
                band = 3
            elif age >= 5.0:
                band = 2
            elif age >= 1.0:
                band = 1
            quintile = quintile_row(family)
            Y.by_quintile(y)[a, row, quintile, IN_CARE_END] += 1
            Y.quintile_days(y)[a, row, quintile] += t - max(child["care_start"], S.month_began(s)[0])
            Y.looked_after_end(y)[a, row, band, 1 if 0 < family["stream"] < 3 else 0] += 1
            count_placement_days(m, s, y, a, c, t)
            count_price(m, s, y, a, c)
            count_where(m, s, y, a, row, c)


@kernel
def count_where(m, s, y, a, row, c):
    """Count a child in care by how far from home the placement is, and whether it is in another authority's place."""
    child = S.children(s)[a, c]
    placement = H.stages(m)[S.child_slots(s)[a, c, 1]["stage"]]["placement"]
    Y.where_end(y)[a, row, placement, child["band"]] += 1
    if child["place_area"] != a:
        Y.where_end(y)[a, row, placement, ELSEWHERE] += 1
