"""Flows of expected mass over a month: rows of cells (stages and phases), columns (ages and flags), edges from row to row.

A month is one implicit step: mass in a row at its end is (what was there + what came) / (1 + days x hazard), and each edge carries days x its
hazard x that mass. Mass is conserved whatever the step, and in a steady state stocks and flows are those of the equations in continuous time,
however short a stage is beside a month: its stock is inflow x mean stay, exactly. What comes back to a row already done in the month goes round
again in the next sweep.
"""

import math
from typing import NamedTuple

import numpy as np

from sim.kernels.compiling import entry, part_of_sums, sums

RATE, AGEING, INSTANT = range(3)  # kinds of an edge
NO_GATE, BEFORE_SWITCH, AFTER_SWITCH = range(3)
SWEEPS = 12  # times at most that what comes back within a month goes round again, while more than a share LEFT_OVER of all mass has
LEFT_OVER = 1e-4  # and a row is gone to again for more than this share, divided by rows
NOTHING = 1e-5  # a smaller share of all mass, divided by rows, is left in a row for the next month
BRIEF_DAYS = 10.0  # phases no longer than this are over before what they meet is
NOBODY, LITTLE, NEW = range(3)  # what has come to a row: nothing, too little to go there for, something not looked at yet
OUT, NOWHERE = -1, -2  # rows an edge leads to: mass leaves the network; what fires is counted and changes nothing


@entry
def ageing_rate(hazard, width):
    """Return the rate at which mass ages out of a phase of a width: share that comes through and mean time are those of a constant hazard."""
    x = hazard * width
    if x < 1e-6:
        return 1.0 / width
    if x > 600.0:
        return 0.0
    return hazard / (math.exp(x) - 1.0)


@entry
def edge_rates(row_first, edge, rates, pace, gates, out):
    """Set each edge's rate per day, for hazards per day by transition and phase (K, P), pace of each transition (K) and gates.

    Integer columns of `edge` (E, 12): row to, kind, transition, phase, multiplier by column, second such multiplier, flag set, sink, gate,
    track, whether its own stage ends, whether it counts among what its clock meets; `out` (E, 2) has what multiplies the rate (stages beside), or a
    phase's width if it is ageing, and the rate.

    What fires within a phase of width w and leaves its clock running must do so first in as many cases as in a band: with hazards H in all, h of
    which end the stay, in a share p = (H - h) / H (1 - exp(-H w)). Against ageing at rate a that takes hazards (a + h) p / (1 - p).
    """
    for row in range(row_first.shape[0] - 1):
        for e in range(row_first[row], row_first[row + 1]):
            kind = edge[e, 1]
            if kind == RATE:
                out[e, 1] = rates[edge[e, 2], edge[e, 3]] * out[e, 0] * pace[edge[e, 2]] * gates[edge[e, 8]]
            elif kind == INSTANT:
                out[e, 1] = gates[edge[e, 8]]
        for e in range(row_first[row], row_first[row + 1]):
            if edge[e, 1] == AGEING:
                ends, meets, width = 0.0, 0.0, out[e, 0]
                for other in range(row_first[row], row_first[row + 1]):
                    if edge[other, 1] == RATE and edge[other, 9] == edge[e, 9]:
                        if edge[other, 10] > 0 and edge[other, 11] > 0:
                            ends += out[other, 1]
                        if edge[other, 11] > 0:
                            meets += out[other, 1]
                out[e, 1] = ageing_rate(ends, width)
                if meets > ends and width <= BRIEF_DAYS:
                    fires = (meets - ends) / meets * -math.expm1(-meets * width)
                    times = (out[e, 1] + ends) * fires / (1.0 - fires) / (meets - ends)
                    for other in range(row_first[row], row_first[row + 1]):
                        if edge[other, 1] == RATE and edge[other, 9] == edge[e, 9] and edge[other, 10] == 0:
                            out[other, 1] *= times


@entry
def still_there(row_first, edge, rate, days, out):
    """Set the share of each row (R) whose own stage has not ended some days on: edges as in `edge_rates`."""
    for row in range(out.shape[0]):
        leaving = 0.0
        for e in range(row_first[row], row_first[row + 1]):
            if edge[e, 10] > 0 and edge[e, 11] > 0:
                leaving += rate[e, 1]
        out[row] = 1.0 / (1.0 + days * leaving)


class Ways(NamedTuple):
    """Where mass goes from each row of a network: edges as the kernels go through them (`sim.expected_network.ways_of`).

    Attributes
    ----------
    pairs
        Pairs of vectors that multiply edges (P, 2), the first those of ones: `products` (P, C) below are theirs.
    first, lead, rate
        First way of each row (R + 1), and of each way the row to, the pair and the flag set (W, 3), and the rate per day (W). Edges alike in these
        are one way.
    out_first, out_pair, out_rate
        The same for what ends a row's stay, by pair alone (R + 1; O; O).
    sum_first, sum_row, sum_rate
        Sums of flows from rows, before pairs multiply them: first row of each sum (sums + 1), rows, rates (n; n).
    drains
        Which sum, times which pair, goes to which sink (D, 3), in the order of sums.
    way_of, out_of, sum_edge
        The way and the end of a stay that each edge is part of (E; E; -1: none), and the edge of each term of the sums (n).
    instant
        Rows that hold nothing (R).
    """

    pairs: np.ndarray
    first: np.ndarray
    lead: np.ndarray
    rate: np.ndarray
    out_first: np.ndarray
    out_pair: np.ndarray
    out_rate: np.ndarray
    sum_first: np.ndarray
    sum_row: np.ndarray
    sum_rate: np.ndarray
    drains: np.ndarray
    way_of: np.ndarray
    out_of: np.ndarray
    sum_edge: np.ndarray
    instant: np.ndarray


class Room(NamedTuple):
    """Room for a month's flows, kept from month to month: nothing in it is read before it is set.

    `leaves` (R, C) is x of `carry_month`, `stays` (R, C) the days that what comes spends in a row; `flow` (R, C) is all that came, at the month's end
    mass x days spent there; `waiting`, `arrived` (R): what was there at the start, and what came and waits; `touched`, `met` (R): whether something
    came, and whether the row has been gone to; `products` (P, C) of pairs of vectors.
    """

    leaves: np.ndarray
    stays: np.ndarray
    flow: np.ndarray
    waiting: np.ndarray
    arrived: np.ndarray
    touched: np.ndarray
    met: np.ndarray
    products: np.ndarray


@entry
def set_ways(ways, edge_rate):
    """Set the rates of ways, of ends of stays and of terms of sums from those of edges (E, 2)."""
    ways.rate[:] = 0.0
    ways.out_rate[:] = 0.0
    for e in range(edge_rate.shape[0]):
        if ways.way_of[e] >= 0:
            ways.rate[ways.way_of[e]] += edge_rate[e, 1]
        if ways.out_of[e] >= 0:
            ways.out_rate[ways.out_of[e]] += edge_rate[e, 1]
    for i in range(ways.sum_edge.shape[0]):
        ways.sum_rate[i] = edge_rate[ways.sum_edge[i], 1]


@sums
def carry_month(ways, vectors, days, scale, even, group, came, mass, sinks, spent, room):
    """Carry a month's mass on in the order of the rows, again and again until what came back within the month is little; add up flows by sink.

    `mass` (R, C) is what is in each row, at the month's start and then at its end, `came` (R, C) what comes; it ends empty. `sinks` (n, C) is set to
    the flows, `spent` (groups, C) to the share of the month spent in each `group` of rows (-1: none) times mass. `vectors` (V, C) multiply rates.
    `scale` (C) is the share of the month that mass in a column spends there. Flags are blocks of columns. With x = days x hazard, of what was there
    1 / (1 + x + x**2 / 2) still is at the end if what comes does so `even`ly over the month, and of what came (1 + x / 2) times that; else both are
    1 / (1 + x).
    """
    rows, columns = came.shape
    touched, met, products = room.touched, room.met, room.products
    whole = begin_month(ways, vectors, came, mass, spent, room)
    y, times = np.empty(columns), np.empty(columns)
    for c in range(columns):
        times[c] = scale[c] * days
    for round_ in range(SWEEPS):
        least = (NOTHING if round_ == 0 else LEFT_OVER) * whole / max(rows, 1)
        for row in range(rows):
            if touched[row] != NEW:
                continue
            room.arrived[row] = arrived = total_of(row, came)
            if arrived + (0.0 if met[row] else room.waiting[row]) <= least:
                touched[row] = LITTLE if arrived > 0.0 else NOBODY
                continue
            touched[row] = NOBODY
            if ways.instant[row]:
                pass_on(row, came, mass, y, met[row], room.flow)
            elif met[row]:
                stay_on(row, came, y, room)
            else:
                set_stay(row, ways, products, times, even, came, mass, y, room)
            met[row] = True
            lead_on(row, ways, products, y, came, touched)
        left = 0.0
        for row in range(rows):
            if touched[row] == NEW:
                room.arrived[row] = total_of(row, came)
            if touched[row] != NOBODY and met[row]:
                left += room.arrived[row]
        if left <= LEFT_OVER * whole:
            break
    for row in range(rows):
        if met[row] and not ways.instant[row]:
            end_stay(row, group[row], times, even, mass, spent, room)
        if touched[row] != NOBODY:
            for c in range(columns):
                mass[row, c] += came[row, c]
                came[row, c] = 0.0
    drain(ways, products, room.flow, met, y, sinks)


@part_of_sums
def begin_month(ways, vectors, came, mass, spent, room):
    """Set what a month begins with: rows untouched, nothing spent, products of vectors. Return all mass that is there or comes."""
    whole = 0.0
    rows, columns = came.shape
    for row in range(rows):
        room.touched[row], room.met[row], there = NEW, False, 0.0
        for c in range(columns):
            there += mass[row, c]
        for c in range(columns):
            whole += came[row, c]
        room.waiting[row] = there
        whole += there
    for g in range(spent.shape[0]):
        for c in range(columns):
            spent[g, c] = 0.0
    for p in range(ways.pairs.shape[0]):
        v, w = ways.pairs[p, 0], ways.pairs[p, 1]
        for c in range(columns):
            room.products[p, c] = vectors[v, c] * vectors[w, c]
    return whole


@part_of_sums
def total_of(row, came):
    """Return the sum of a row."""
    total = 0.0
    for c in range(came.shape[1]):
        total += came[row, c]
    return total


@part_of_sums
def pass_on(row, came, mass, y, met, flow):
    """Take what came to a row that holds nothing, and what was left in it by the sweeps' cut-off a month ago, as what goes on (`y`, C)."""
    for c in range(y.shape[0]):
        y[c] = came[row, c] + mass[row, c]
        came[row, c] = mass[row, c] = 0.0
    if met:
        for c in range(y.shape[0]):
            flow[row, c] += y[c]
    else:
        for c in range(y.shape[0]):
            flow[row, c] = y[c]


@part_of_sums
def set_stay(row, ways, products, times, even, came, mass, y, room):
    """Begin with a row: set its x and `y` (C), days in the month x mass of what was there and came; note what came.

    `times` (C) is what hazards are multiplied by.
    """
    columns, plain = y.shape[0], 0.0
    for c in range(columns):
        y[c] = 0.0
    for o in range(ways.out_first[row], ways.out_first[row + 1]):
        x, p = ways.out_rate[o], ways.out_pair[o]
        if p == 0:
            plain += x
        elif x > 0.0:
            for c in range(columns):
                y[c] += x * products[p, c]
    for c in range(columns):
        x, new = times[c] * (y[c] + plain), came[row, c]
        share = times[c] / (1.0 + x + 0.5 * x * x) if even else times[c] / (1.0 + x)
        stay = 0.5 * (1.0 + x) * share if even else share
        room.leaves[row, c], room.stays[row, c], room.flow[row, c] = x, stay, new
        y[c] = mass[row, c] * ((1.0 + 0.5 * x) * share if even else share) + new * stay
        came[row, c] = 0.0


@part_of_sums
def stay_on(row, came, y, room):
    """Go to a row again: set `y` (C), days in the month x mass of what came since; add that to all that came."""
    for c in range(y.shape[0]):
        new = came[row, c]
        y[c] = new * room.stays[row, c]
        room.flow[row, c] += new
        came[row, c] = 0.0


@part_of_sums
def end_stay(row, group, times, even, mass, spent, room):
    """Set what is in a row at the month's end, and days x mass spent there (in place of all that came); add up the share of the month spent."""
    columns = times.shape[0]
    for c in range(columns):
        x, old, new = room.leaves[row, c], mass[row, c], room.flow[row, c]
        if even:
            share = 1.0 / (1.0 + x + 0.5 * x * x)
            fresh = (1.0 + 0.5 * x) * share
            mass[row, c] = old * share + new * fresh
            room.flow[row, c] = old * fresh + new * 0.5 * (1.0 + x) * share
        else:
            room.flow[row, c] = (old + new) / (1.0 + x)
            mass[row, c] = room.flow[row, c]
    if group >= 0:
        for c in range(columns):
            spent[group, c] += room.flow[row, c]
    for c in range(columns):
        room.flow[row, c] *= times[c]


@part_of_sums
def lead_on(row, ways, products, y, came, touched):
    """Add what leaves a row to what came to others; `y` (C) is its mass x days."""
    columns = y.shape[0]
    block = columns // 4
    for e in range(ways.first[row], ways.first[row + 1]):
        x, to, p, flag = ways.rate[e], ways.lead[e, 0], ways.lead[e, 1], ways.lead[e, 2]
        if x == 0.0:
            continue
        touched[to] = NEW
        if flag == 0:
            if p == 0:
                for c in range(columns):
                    came[to, c] += x * y[c]
            else:
                for c in range(columns):
                    came[to, c] += x * y[c] * products[p, c]
        elif flag == 2:  # as below, in one go: whatever is in the first half goes to the second
            for c in range(2 * block):
                came[to, c + 2 * block] += x * (y[c] * products[p, c] + y[c + 2 * block] * products[p, c + 2 * block])
        else:
            for b in range(4):
                shift = ((b | flag) - b) * block
                for c in range(b * block, (b + 1) * block):
                    came[to, c + shift] += x * y[c] * products[p, c]


@part_of_sums
def drain(ways, products, flow, met, y, sinks):
    """Set flows by sink from mass x days spent in each row that has been gone to (`y`, C, is room)."""
    columns, last = y.shape[0], -1
    for i in range(sinks.shape[0]):
        for c in range(columns):
            sinks[i, c] = 0.0
    for d in range(ways.drains.shape[0]):
        s, p, i = ways.drains[d, 0], ways.drains[d, 1], ways.drains[d, 2]
        if s != last:
            last = s
            for c in range(columns):
                y[c] = 0.0
            for t in range(ways.sum_first[s], ways.sum_first[s + 1]):
                x, row = ways.sum_rate[t], ways.sum_row[t]
                if met[row] and x > 0.0:
                    for c in range(columns):
                        y[c] += x * flow[row, c]
        for c in range(columns):
            sinks[i, c] += y[c] * products[p, c]
