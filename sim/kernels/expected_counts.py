"""Counting expected mass: stocks by stage, what fired, who entered and who left, each in one pass over the mass or the flows it counts."""

import numpy as np

from sim.kernels.compiling import entry, sums


@sums
def children_each(known, stock, still, gaps, each):
    """Set the children at home who count, by family (needs, C), from what is `known` of families (needs, MOMENTS, C) times mass.

    They are the youngest, siblings by gap as far as they are `still` children (gaps, C), and those back from care. `stock` (needs, C) is the mass.
    """
    for n in range(each.shape[0]):
        for c in range(each.shape[1]):
            each[n, c] = known[n, 0, c] + known[n, gaps + 4, c]
        for g in range(gaps):
            for c in range(each.shape[1]):
                each[n, c] += known[n, 1 + g, c] * still[g, c]
        for c in range(each.shape[1]):
            each[n, c] = each[n, c] / stock[n, c] if stock[n, c] > 1e-12 else 0.0


@sums
def measure_families(mass, need, stages, each, totals, units, cases):
    """Set the mass of each row (R) of families (R, C); add to units, and to their children (`each` of a need: needs, C), by stage of every track."""
    for row in range(mass.shape[0]):
        n, total, children = need[row], 0.0, 0.0
        for c in range(mass.shape[1]):
            total += mass[row, c]
            children += mass[row, c] * each[n, c]
        totals[row] = total
        for track in range(stages.shape[1]):
            if stages[row, track] >= 0:
                units[stages[row, track]] += total
                cases[stages[row, track]] += children


@sums
def measure_children(mass, stages, placement, units, placed, columns):
    """Add children (R, C) to units by stage of every track; set those in placements by placement and needs (P, 4), and by column (C)."""
    ages = mass.shape[1] // 4
    placed[:] = 0.0
    columns[:] = 0.0
    for row in range(mass.shape[0]):
        total = 0.0
        for c in range(mass.shape[1]):
            total += mass[row, c]
        if total <= 0.0:
            continue
        for track in range(stages.shape[1]):
            if stages[row, track] >= 0:
                units[stages[row, track]] += total
        if placement[row] >= 0:
            for c in range(mass.shape[1]):
                columns[c] += mass[row, c]
            for needs in range(4):
                some = 0.0
                for c in range(needs * ages, (needs + 1) * ages):
                    some += mass[row, c]
                placed[placement[row], needs] += some


@sums
def count_families(sinks, each, need, k, enters, place, is_plan, fired, fired_children, entered, entered_children, asked):
    """Count a month's flows of families by sink (n, C); return how many plans were of families who had had one.

    `need`, `k` (n): unit of need a flow comes from, and the transition that fires (-1: none). `enters` (m, 2): sink and stage entered. `place`,
    `is_plan` by stage. Children are `each` (needs, C) of a family.
    """
    n, columns, again = need.shape[0], sinks.shape[1], 0.0
    block = columns // 4
    flow, children = np.empty(n), np.empty(n)
    for s in range(n):
        total, weighted = 0.0, 0.0
        for c in range(columns):
            total += sinks[s, c]
            weighted += sinks[s, c] * each[need[s], c]
        flow[s], children[s] = total, weighted
        if k[s] >= 0:
            fired[k[s]] += total
            fired_children[k[s]] += weighted
    for i in range(enters.shape[0]):
        s, stage = enters[i, 0], enters[i, 1]
        entered[stage] += flow[s]
        entered_children[stage] += children[s]
        if place[stage] >= 0:
            asked[place[stage]] += flow[s]
        if is_plan[stage] > 0:
            for b in range(1, 4, 2):  # blocks of families with an earlier plan
                for c in range(b * block, (b + 1) * block):
                    again += sinks[s, c] * each[need[s], c]
    return again


@sums
def count_child_flows(sinks, fires, enters, lands, again, fired, entered, arrived, planned, back):
    """Count a month's flows within care by sink (n, C).

    `fires`, `enters` (m, 2): sink, and transition or stage; `lands` (m, 3): sink, placement, and whether no plan led there; `again`: sinks of those
    who come back into care, added to `back` (C). `arrived` (P, 4): by placement and needs; `planned` (P, P): by placement planned
    and lived in, the same where no plan led there.
    """
    n, ages = sinks.shape[0], sinks.shape[1] // 4
    flow = np.zeros((n, 4))
    for s in range(n):
        for needs in range(4):
            total = 0.0
            for c in range(needs * ages, (needs + 1) * ages):
                total += sinks[s, c]
            flow[s, needs] = total
    for i in range(fires.shape[0]):
        fired[fires[i, 1]] += flow[fires[i, 0]].sum()
    for i in range(enters.shape[0]):
        entered[enters[i, 1]] += flow[enters[i, 0]].sum()
    for i in range(lands.shape[0]):
        s, p = lands[i, 0], lands[i, 1]
        for needs in range(4):
            arrived[p, needs] += flow[s, needs]
        if lands[i, 2] > 0:
            planned[p, p] += flow[s].sum()
    for s in again:
        for c in range(sinks.shape[1]):
            back[c] += sinks[s, c]


@sums
def count_planned(sinks, which, shares, planned, placed, out):
    """Add the flows into some sinks, by placement planned and lived in, to `out` (P, P), for `shares` (C, p, o) of `planned` (p) and `placed` (o)."""
    flow = np.zeros(sinks.shape[1])
    for s in which:
        for c in range(sinks.shape[1]):
            flow[c] += sinks[s, c]
    for c in range(sinks.shape[1]):
        if flow[c] > 0.0:
            for p in range(planned.shape[0]):
                for o in range(placed.shape[0]):
                    out[planned[p], placed[o]] += flow[c] * shares[c, p, o]


@sums
def count_exits(exits, rates, pace, days, vectors, spent, flow, able, fired):
    """Set a month's exits from care by what follows (n, C), in all and `able` (n, C) of a care leaver's support; count what fired.

    `exits` (`sim.expected_authority.Exits`) lists the ways out of each group of rows; `spent` (groups, C) is the share of the month spent in each,
    times mass.
    """
    flow[:] = 0.0
    able[:] = 0.0
    for e in range(exits.k.shape[0]):
        k, g, t = exits.k[e], exits.group[e], exits.target[e]
        v, x, total = exits.vector_of[k], rates[k, exits.phase[e]] * exits.times[e] * pace[k] * days, 0.0
        if x == 0.0:
            continue
        for c in range(spent.shape[1]):
            one = x * vectors[v, c] * spent[g, c]
            flow[t, c] += one
            able[t, c] += one * exits.eligible[g]
            total += one
        fired[k] += total * exits.own[e]


@sums
def leave_care(flow, able, after, bands, mass, ceased, entered, back, leavers):
    """Let children who leave care (n, C) go on to what follows, and count them by age at which care ceased (7: `bands` of ages).

    `after` (n, 4): stage, row of the network (-1: none), whether it is a care leaver's life (`leavers`, 7, has those `able` of it, by age), and
    whether it is home (`back`, ages).
    """
    ages = bands.shape[0]
    for t in range(flow.shape[0]):
        stage, row = after[t, 0], after[t, 1]
        for c in range(flow.shape[1]):
            age, one = c % ages, flow[t, c]
            if one == 0.0:
                continue
            entered[stage] += one
            for band in range(bands.shape[1]):
                ceased[band] += one * bands[age, band]
                if after[t, 2] > 0:
                    leavers[band] += able[t, c] * bands[age, band]
            if row >= 0:
                mass[row, c] += one
            if after[t, 3] > 0:
                back[age] += one


@entry
def step_leavers(leavers, leave, end, stay_until, until):
    """Move care leavers (groups, 2, months) on by a month: those with former carers leave them, support ends; return how many left carers.

    `leave`, `end` (months): shares who leave carers, and whose support goes on, by months since; by `stay_until`, `until` (groups) all do.
    """
    months, left = leavers.shape[2], 0.0
    for j in range(leavers.shape[0]):
        for month in range(months - 1, -1, -1):
            there = leavers[j, 1, month]
            moved = there if month >= stay_until[j] else there * leave[month]
            alone = (leavers[j, 0, month] + moved) * end[month] if month < until[j] else 0.0
            left += moved
            if month + 1 < months:
                leavers[j, 0, month + 1], leavers[j, 1, month + 1] = alone, there - moved
        leavers[j, 0, 0] = leavers[j, 1, 0] = 0.0
    return left
