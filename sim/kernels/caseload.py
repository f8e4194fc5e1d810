"""Run a caseload on: every child in care on a day, and those who come into care after it, one replicate at a time.

A child has three clocks, for leaving care, for moving and for a change of legal status: each a unit-exponential threshold at its own address, reached
as its hazard adds up over age, time in care, time in placement and calendar months, in all of which hazards are piecewise constant. Leaving at 18 is
no clock: it is a date. Those who come in thin one common stream of candidates, so that the same children come in under every reform but for those it
averts.

Times are days from the origin; 0 is the end of the day of origin.
"""

from collections import namedtuple

import numpy as np

from sim.kernels.compiling import entry, kernel
from sim.kernels.rng import threshold, uniform, uniform_pair

# Children in care at the origin, (children,) each: days from the origin (negative before it) of birth, start of care, start of placement and 18th
# birthday;
# price in pounds a week (below 0: drawn); cohort, the budget year care began in (0: before the last whole one, 1: in it, 2: in the year of month 0,
# ...).
Opening = namedtuple("Opening", "birth care_start place_start adult placement legal_status unaccompanied price cohort")

# By draw (D): leaving by age and care band (D, A, C), by age and placement (D, A, K), by legal status and care band (D, L, C), unaccompanied or
# not (D, 2), by month (D, M); moving by age and place band (D, A, P), by age and placement, by legal status, ...; changing legal status by status
# and care band (D, L, C). Shares add up along their last axis to 1 (cumulated). How much likelier each placement is to be moved to on each legal
# status (L, K).
Hazards = namedtuple(
    "Hazards",
    "leave_age_care leave_age_placement leave_legal_care leave_unaccompanied leave_month "
    "move_age_place move_age_placement move_legal move_unaccompanied move_month "
    "legal_change next_placement placement_lift next_legal exit_reason",
)

# By draw: children a day by stream and month (D, S, M), candidates per child expected (S,), share of clumps that end at each child (S,), cumulated
# shares of ages (D, S, bins) and the edges of the bins in days, cumulated shares of first placement (D, S, A, K) and first legal status (D, S, A, L).
Entries = namedtuple("Entries", "per_day candidates clump_ends age_shares age_edges placement_shares legal_shares")

# Ratios of a reform by world (W, of which replicate r lives in r modulo W) and month: leaving (W, M, A5, K), moving (W, M, K), entries (W, M, A5);
# weights of placements when one is chosen (W, M, K).
Reform = namedtuple("Reform", "leave move enter placement_weight")

# Edges in days of age (A,), of time in care (C,), of time in placement by placement (K, P), the first of which may be alike; ends of months (M + 1,)
# from 0; the told band each band of age belongs to; the budget year of each month (M,); quantiles of the price in pounds a week of a new placement
# (K, Q); what is dear, in pounds a week; ones (K,).
Bands = namedtuple("Bands", "age care place month_ends age_told year prices dear no_lift")

# By replicate: children at month ends (R, M, 5, K), unaccompanied among them (R, M), starts and leavers (R, M, 5), leavers by reason (R, M, X),
# placements
# begun (R, M, K), days and pounds by cohort (R, M, K, years + 2), children whose placement costs at least `dear` pounds a week and their pounds (R,
# M).
Tallies = namedtuple("Tallies", "stock unaccompanied starts leavers reasons begun dear days cost dear_cost")

# Hashes of the names of draws.
Names = namedtuple("Names", "leaves moves legal destination new_legal reason price gap member age first")

UNIT = 1 << 8  # children a clump may hold
# What comes next to a child.
ENDS_MONTH, GROWS, STAYS_IN_CARE, SETTLES, TURNS_18, LEAVES, MOVES, CHANGES = range(8)


@kernel
def band_of(days, edges):
    """Return the band a length of time lies in: the last whose edge it has reached."""
    found = 0
    for band in range(1, edges.shape[0]):
        if days >= edges[band]:
            found = band
    return found


@kernel
def chosen(shares, u):
    """Return the first position whose cumulated share exceeds u."""
    for position in range(shares.shape[0] - 1):
        if u < shares[position]:
            return position
    return shares.shape[0] - 1


@kernel
def chosen_weighted(shares, weights, lifts, u):
    """Return a position by cumulated shares, each multiplied by a weight and a lift."""
    total, before = 0.0, 0.0
    for position in range(shares.shape[0]):
        total += (shares[position] - before) * weights[position] * lifts[position]
        before = shares[position]
    reached, before, last = 0.0, 0.0, 0
    for position in range(shares.shape[0]):
        part = (shares[position] - before) * weights[position] * lifts[position]
        before = shares[position]
        if part > 0.0:
            reached += part
            last = position
            if u * total < reached:
                return position
    return last


@kernel
def price_of(prices, placement, u):
    """Return the price in pounds a week at a quantile, between those tabled."""
    at = u * prices.shape[1] - 0.5
    low = min(max(int(np.floor(at)), 0), prices.shape[1] - 1)
    high = min(low + 1, prices.shape[1] - 1)
    part = min(max(at - low, 0.0), 1.0)
    return prices[placement, low] * (1.0 - part) + prices[placement, high] * part


@kernel
def next_edge(edges, band):
    """Return the length of time at which the next band begins; infinity after the last."""
    return edges[band + 1] if band + 1 < edges.shape[0] else np.inf


@kernel
def base_hazards(hazards, age, care, place, placement, legal, unaccompanied):
    """Return the hazards a day of leaving, moving and changing legal status in a cell, before what months and reforms multiply them by."""
    leaving = hazards.leave_age_care[age, care] * hazards.leave_age_placement[age, placement]
    leaving *= hazards.leave_legal_care[legal, care] * hazards.leave_unaccompanied[unaccompanied]
    moving = hazards.move_age_place[age, place] * hazards.move_age_placement[age, placement]
    moving *= hazards.move_legal[legal] * hazards.move_unaccompanied[unaccompanied]
    return leaving, moving, hazards.legal_change[legal, care]


@kernel
def first_edge(adult, older, longer, settled):
    """Return when a child first turns 18 or passes into another band, and which of these it is."""
    edge, edge_is = adult, TURNS_18
    if older < edge:
        edge, edge_is = older, GROWS
    if longer < edge:
        edge, edge_is = longer, STAYS_IN_CARE
    if settled < edge:
        edge, edge_is = settled, SETTLES
    return edge, edge_is


@kernel
def what_next(now, month_end, edge, edge_is, to_leave, leave, to_move, move, to_change, change):
    """Return what comes next to a child and when: an edge, the month's end, or a clock that reaches its threshold before."""
    what, at = ENDS_MONTH, month_end
    if edge <= at:
        what, at = edge_is, max(edge, now)
    if to_leave < (at - now) * leave:
        what, at = LEAVES, now + to_leave / leave
    if to_move < (at - now) * move:
        what, at = MOVES, now + to_move / move
    if to_change < (at - now) * change:
        what, at = CHANGES, now + to_change / change
    return what, at


@kernel
def spend(tallies, month, placement, cohort, days, price, dear):
    """Tally days in a placement and what they cost."""
    tallies.days[month, placement, cohort] += days
    tallies.cost[month, placement, cohort] += days * price / 7.0
    if price >= dear:
        tallies.dear_cost[month] += days * price / 7.0


@kernel
def live(seed, replicate, child, who, now, birth, care_start, place_start, adult, placement, legal, unaccompanied, price, cohort,
         hazards, reform, bands, tallies, names):  # fmt: skip
    """Take one child from `now` until care ends or the last month does, and tally every day of it."""
    month, months = band_of(now, bands.month_ends), bands.month_ends.shape[0] - 1
    moves = changes = 0
    to_leave = threshold(seed, replicate, child, who, names.leaves, 0)
    to_move = threshold(seed, replicate, child, who, names.moves, 0)
    to_change = threshold(seed, replicate, child, who, names.legal, 0)
    if price < 0.0:
        price = price_of(bands.prices, placement, uniform(seed, replicate, child, who, names.price, 0))
    age, care, place = band_of(now - birth, bands.age), band_of(now - care_start, bands.care), band_of(now - place_start, bands.place[placement])
    older, longer = birth + next_edge(bands.age, age), care_start + next_edge(bands.care, care)
    settled = place_start + next_edge(bands.place[placement], place)
    stale = True
    while month < months:
        if stale:
            leaving, moving, change = base_hazards(hazards, age, care, place, placement, legal, unaccompanied)
            edge, edge_is = first_edge(adult, older, longer, settled)
            told, stale = bands.age_told[age], False
        leave = leaving * hazards.leave_month[month] * reform.leave[month, told, placement]
        move = moving * hazards.move_month[month] * reform.move[month, placement]
        what, at = what_next(now, bands.month_ends[month + 1], edge, edge_is, to_leave, leave, to_move, move, to_change, change)
        days = at - now
        spend(tallies, month, placement, cohort, days, price, bands.dear)
        to_leave, to_move, to_change, now = to_leave - days * leave, to_move - days * move, to_change - days * change, at
        stale = what != ENDS_MONTH
        if what == ENDS_MONTH:
            tallies.stock[month, told, placement] += 1
            tallies.unaccompanied[month] += unaccompanied
            tallies.dear[month] += price >= bands.dear
            month += 1
        elif what == LEAVES or what == TURNS_18:
            left(seed, replicate, child, who, what, hazards.exit_reason[age, placement], month, told, tallies, names)
            return
        elif what == GROWS:
            age, older = age + 1, birth + next_edge(bands.age, age + 1)
        elif what == STAYS_IN_CARE:
            care, longer = care + 1, care_start + next_edge(bands.care, care + 1)
        elif what == SETTLES:
            place, settled = place + 1, place_start + next_edge(bands.place[placement], place + 1)
        elif what == MOVES:
            moves += 1
            first, second = uniform_pair(seed, replicate, child, who, names.destination, moves)
            placement = chosen_weighted(hazards.next_placement[placement, age], reform.placement_weight[month], hazards.placement_lift[legal], first)
            place_start, place = now, band_of(0.0, bands.place[placement])
            settled, price = now + next_edge(bands.place[placement], place), price_of(bands.prices, placement, second)
            to_move = threshold(seed, replicate, child, who, names.moves, moves)
            tallies.begun[month, placement] += 1
        else:
            changes += 1
            legal = chosen(hazards.next_legal[legal, age], uniform(seed, replicate, child, who, names.new_legal, changes))
            to_change = threshold(seed, replicate, child, who, names.legal, changes)


@kernel
def left(seed, replicate, child, who, what, reasons, month, told, tallies, names):
    """Tally one who leaves care: at 18, or for a reason that is drawn."""
    tallies.leavers[month, told] += 1
    reason = reasons.shape[0]
    if what == LEAVES:
        reason = chosen(reasons, uniform(seed, replicate, child, who, names.reason, 0))
    tallies.reasons[month, reason] += 1


@kernel
def come_in(seed, replicate, stream, entries, hazards, reform, bands, tallies, names):
    """Bring in a stream's children, in clumps (siblings, who come together), over all months."""
    months = bands.month_ends.shape[0] - 1
    now, month, clump = 0.0, 0, 0
    wait = threshold(seed, replicate, 0, stream + 1, names.gap, 0)
    while month < months:
        rate = entries.per_day[stream, month] * entries.candidates[stream] * entries.clump_ends[stream]  # clumps a day
        left = bands.month_ends[month + 1] - now
        if rate * left < wait:
            wait -= rate * left
            now = bands.month_ends[month + 1]
            month += 1
            continue
        now += wait / rate
        clump += 1
        wait = threshold(seed, replicate, clump, stream + 1, names.gap, 0)
        thinned = uniform(seed, replicate, clump, stream + 1, names.gap, 1)
        for member in range(UNIT):
            child = clump * UNIT + member
            goes_on, aged = uniform_pair(seed, replicate, child, stream + 1, names.member, 0)
            in_bin, priced = uniform_pair(seed, replicate, child, stream + 1, names.age, 0)
            at = chosen(entries.age_shares[stream], aged)
            days_old = entries.age_edges[at] + in_bin * (entries.age_edges[at + 1] - entries.age_edges[at])
            age = band_of(days_old, bands.age)
            if thinned * entries.candidates[stream] < reform.enter[month, bands.age_told[age]]:
                placed, status = uniform_pair(seed, replicate, child, stream + 1, names.first, 0)
                placement = chosen_weighted(entries.placement_shares[stream, age], reform.placement_weight[month], bands.no_lift, placed)
                legal = chosen(entries.legal_shares[stream, age], status)
                tallies.starts[month, bands.age_told[age]] += 1
                tallies.begun[month, placement] += 1
                price = price_of(bands.prices, placement, priced)
                adult = now - days_old + entries.age_edges[entries.age_edges.shape[0] - 1]
                live(seed, replicate, child, stream + 1, now, now - days_old, now, now, adult, placement, legal, stream, price,
                     bands.year[month] + 2, hazards, reform, bands, tallies, names)  # fmt: skip
            if goes_on < entries.clump_ends[stream]:
                break


@kernel
def of_draw(hazards, entries, draw):
    """Return one draw's hazards and entries."""
    theirs = Hazards(
        hazards.leave_age_care[draw], hazards.leave_age_placement[draw], hazards.leave_legal_care[draw],
        hazards.leave_unaccompanied[draw], hazards.leave_month[draw], hazards.move_age_place[draw], hazards.move_age_placement[draw],
        hazards.move_legal[draw], hazards.move_unaccompanied[draw], hazards.move_month[draw], hazards.legal_change[draw],
        hazards.next_placement[draw], hazards.placement_lift, hazards.next_legal[draw], hazards.exit_reason[draw],
    )  # fmt: skip
    return theirs, Entries(
        entries.per_day[draw], entries.candidates, entries.clump_ends, entries.age_shares[draw], entries.age_edges, entries.placement_shares[draw],
        entries.legal_shares[draw],
    )  # fmt: skip


@kernel
def of_slot(tallies, slot):
    """Return the tallies of one replicate."""
    return Tallies(
        tallies.stock[slot], tallies.unaccompanied[slot], tallies.starts[slot], tallies.leavers[slot], tallies.reasons[slot], tallies.begun[slot],
        tallies.dear[slot], tallies.days[slot], tallies.cost[slot], tallies.dear_cost[slot],
    )  # fmt: skip


@entry
def run_on(first, seed, draws, opening, entries, hazards, reform, bands, tallies, names):
    """Run replicates `first`, `first + 1`, ... into the slots of `tallies`; replicate r takes draw r modulo `draws`."""
    for slot in range(tallies.stock.shape[0]):
        replicate = first + slot
        of_hazards, of_entries = of_draw(hazards, entries, replicate % draws)
        world = replicate % reform.enter.shape[0]
        of_reform = Reform(reform.leave[world], reform.move[world], reform.enter[world], reform.placement_weight[world])
        counts = of_slot(tallies, slot)
        for child in range(opening.birth.shape[0]):
            live(seed, replicate, child, 0, 0.0, opening.birth[child], opening.care_start[child], opening.place_start[child],
                 opening.adult[child], opening.placement[child], opening.legal_status[child], opening.unaccompanied[child],
                 opening.price[child], opening.cohort[child], of_hazards, of_reform, bands, counts, names)  # fmt: skip
        for stream in range(entries.candidates.shape[0]):
            come_in(seed, replicate, stream, of_entries, of_hazards, of_reform, bands, counts, names)
