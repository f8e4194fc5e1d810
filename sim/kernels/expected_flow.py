"""Flows of expected mass over a month: rows of cells (stages and phases), columns (ages and flags), edges from row to row.

A month is one implicit step: mass in a row at its end is (what was there + what came) / (1 + days x hazard), and each edge carries days x its
hazard x that mass. Mass is conserved whatever the step, and in a steady state stocks and flows are those of the equations in continuous time,
however short a stage is beside a month: its stock is inflow x mean stay, exactly. What comes back to a row already done in the month goes round
again in the next sweep.
"""

import math

import numpy as np

from sim.kernels.compiling import entry, kernel, part_of_sums, sums

RATE, AGEING, INSTANT = range(3)  # kinds of an edge
NO_GATE, BEFORE_SWITCH, AFTER_SWITCH = range(3)
SWEEPS = 12  # times at most that what comes back within a month goes round again, while more than a share LEFT_OVER of all mass has
LEFT_OVER = 1e-4  # and a row is gone to again for more than this share, divided by rows
NOTHING = 1e-5  # a smaller share of all mass, divided by rows, is left in a row for the next month
BRIEF_DAYS = 10.0  # phases no longer than this are over before what they meet is
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


@sums
def carry_month(first, instant, lead, rate, vectors, days, scale, even, group, came, mass, sinks, spent):
    """Carry a month's mass on in the order of the rows, again and again until what came back within the month is little; add up flows by sink.

    `mass` (R, C) is what is in each row, at the month's start and then at its end, `came` (R, C) what comes; it ends empty. `sinks` (n, C) is set to
    the flows, `spent` (groups, C) to the share of the month spent in each `group` of rows (-1: none) times mass. Integer columns of `lead` (E, 5), by
    edge: row to, two vectors that multiply it, flag set, sink. `scale` (C) is the share of the month that mass in a column spends there. Flags are
    blocks of columns. With x = days x hazard, of what was there 1 / (1 + x + x**2 / 2) still is at the end if what comes does so `even`ly over the
    month, and of what came (1 + x / 2) times that; else both are 1 / (1 + x).
    """
    rows, columns, whole = came.shape[0], came.shape[1], 0.0
    for row in range(rows):
        for c in range(columns):
            whole += came[row, c] + mass[row, c]
    for g in range(spent.shape[0]):
        for c in range(columns):
            spent[g, c] = 0.0
    y, z, leaves, touched, met = np.empty(columns), np.empty(columns), np.empty(columns), np.ones(rows, np.bool_), np.zeros(rows, np.bool_)
    for i in range(sinks.shape[0]):
        for c in range(columns):
            sinks[i, c] = 0.0
    for round_ in range(SWEEPS):
        least = (NOTHING if round_ == 0 else LEFT_OVER) * whole / rows
        for row in range(rows):
            if not touched[row]:
                continue
            total = 0.0
            for c in range(columns):
                total += came[row, c] + (0.0 if met[row] else mass[row, c])
            if total <= least:
                continue
            touched[row] = False
            if not instant[row]:
                set_leaves(first[row], first[row + 1], lead, rate, vectors, days, scale, leaves)
                stay(even, met[row], row, came, mass, leaves, y)
                if group[row] >= 0:
                    for c in range(columns):
                        spent[group[row], c] += y[c]
                for c in range(columns):
                    y[c] *= scale[c] * days
            else:
                for c in range(columns):
                    y[c] = came[row, c]
                    came[row, c] = mass[row, c] = 0.0
            met[row] = True
            lead_on(first[row], first[row + 1], lead, rate, vectors, y, z, came, sinks, touched)
        left = 0.0
        for row in range(rows):
            if touched[row] and met[row]:
                for c in range(columns):
                    left += came[row, c]
        if left <= LEFT_OVER * whole:
            break
    for row in range(rows):
        if touched[row]:
            for c in range(columns):
                mass[row, c] += came[row, c]
                came[row, c] = 0.0


@part_of_sums
def stay(even, met, row, came, mass, leaves, y):
    """Set what of a row is there at the month's end, and `y` (C) to the share of the month that all of it spends there, for `leaves` (C): x above."""
    for c in range(y.shape[0]):
        x, new, old = leaves[c], came[row, c], 0.0 if met else mass[row, c]
        kept = mass[row, c] if met else 0.0
        came[row, c] = 0.0
        if even:
            share = 1.0 / (1.0 + x + 0.5 * x * x)
            mass[row, c] = kept + (old + new * (1.0 + 0.5 * x)) * share
            y[c] = (old * (1.0 + 0.5 * x) + new * 0.5 * (1.0 + x)) * share
        else:
            y[c] = (old + new) / (1.0 + x)
            mass[row, c] = kept + y[c]


@part_of_sums
def lead_on(begin, end, lead, rate, vectors, y, z, came, sinks, touched):
    """Add what leaves a row by its edges, `begin` to `end`, to what came to others and to sinks; `y` (C) is its mass x days, `z` (C) room."""
    columns = y.shape[0]
    block = columns // 4
    for e in range(begin, end):
        x, to, v, w, flag, i = rate[e, 1], lead[e, 0], lead[e, 1], lead[e, 2], lead[e, 3], lead[e, 4]
        if x == 0.0 or (to < 0 and i < 0):
            continue
        if w > 0:
            for c in range(columns):
                z[c] = x * y[c] * vectors[v, c] * vectors[w, c]
        elif v > 0:
            for c in range(columns):
                z[c] = x * y[c] * vectors[v, c]
        else:
            for c in range(columns):
                z[c] = x * y[c]
        if i >= 0:
            for c in range(columns):
                sinks[i, c] += z[c]
        if to >= 0:
            touched[to] = True
            if flag == 0:
                for c in range(columns):
                    came[to, c] += z[c]
            else:
                for b in range(4):
                    shift = ((b | flag) - b) * block
                    for c in range(b * block, (b + 1) * block):
                        came[to, c + shift] += z[c]


@part_of_sums
def set_leaves(begin, end, lead, rate, vectors, days, scale, leaves):
    """Set days x hazard (C) of a row whose edges are `begin` to `end`."""
    columns, plain = leaves.shape[0], 0.0
    for c in range(columns):
        leaves[c] = 0.0
    for e in range(begin, end):
        x, v, w = rate[e, 1], lead[e, 1], lead[e, 2]
        if x == 0.0 or lead[e, 0] == NOWHERE:
            continue
        if w > 0:
            for c in range(columns):
                leaves[c] += x * vectors[v, c] * vectors[w, c]
        elif v > 0:
            for c in range(columns):
                leaves[c] += x * vectors[v, c]
        else:
            plain += x
    for c in range(columns):
        leaves[c] = days * scale[c] * (leaves[c] + plain)


@entry
def give_birth(came, need, to, open_still, rate, stock, known, target, nobody, column, alone, gap_moves, unborn, ages, event):
    """Let births happen to families (R, C), whose need is `need` (R): the share `rate` (needs, C) goes to row `to` (R), in a column of the newborn.

    `known` (needs, MOMENTS, C), what is known of their children times mass, goes along to need `target`: one more child who may enter care, older
    ones further from the youngest (`gap_moves`). Columns before `unborn` in a block of `ages` are of families whose youngest is not born yet: that
    is the birth, and a share `alone` of them has no other child. `nobody` (needs) is 1 where no child was at home. Of families whose youngest was
    unborn at the month's start a share `open_still` (R) is still in the row when it is born; the others are born to it as to any family. `event`
    (needs, C) is set to the births that go to `target`.
    """
    columns = came.shape[1]
    for n in range(known.shape[0]):
        for c in range(columns):
            event[n, c] = 0.0
    for row in range(came.shape[0]):
        n = need[row]
        for c in range(columns):
            f = came[row, c] * rate[n, c]
            if f > 0.0:
                came[row, c] -= f
                block, own = (c // ages) * ages, c % ages
                if nobody[n]:
                    came[to[row], block + unborn] += f
                    event[n, c] += f
                elif own < unborn:
                    still = f * open_still[row]
                    event[n, c] += still
                    came[to[row], block + unborn] += alone * still
                    came[to[row], block + unborn + 1] += (1.0 - alone) * still
                    came[row, block + unborn] += alone * (f - still)
                    came[row, block + unborn + 1] += (1.0 - alone) * (f - still)
                else:
                    came[to[row], block + column[own]] += f
                    event[n, c] += f
    know_birth(rate, stock, known, target, nobody, column, alone, gap_moves, unborn, ages, event)


@kernel
def know_birth(rate, stock, known, target, nobody, column, alone, gap_moves, unborn, ages, event):
    """Carry what is known of families' children along with births (arguments as in `give_birth`)."""
    needs, moments, columns = known.shape
    gaps = gap_moves.shape[2]
    half, single, some, back, fresh, settled, later = gaps + 1, gaps + 2, gaps + 3, gaps + 4, gaps + 5, gaps + 8, gaps + 9
    moved, new = np.empty((needs, moments, columns)), np.empty(moments)
    for n in range(needs):
        for q in range(moments):
            for c in range(columns):
                moved[n, q, c] = known[n, q, c] * rate[n, c]
                known[n, q, c] -= moved[n, q, c]
    for n in range(needs):
        for c in range(columns):
            f = stock[n, c] * rate[n, c]
            if f <= 0.0:
                continue
            own, block = c % ages, (c // ages) * ages
            for q in range(moments):
                new[q] = moved[n, q, c]
            if nobody[n]:
                for q in range(fresh):
                    new[q] = 0.0
            elif own >= unborn:
                for g in range(gaps):
                    new[1 + g] = new[0] * gap_moves[own, 0, g]
                    for h in range(gaps):
                        new[1 + g] += moved[n, 1 + h, c] * gap_moves[own, 1 + h, g]
            before = min(new[some], f)
            new[half] = 0.5 * (new[half] + f - before)
            new[single], new[some], new[0] = f - before, f, f
            if own >= unborn:
                new[later], new[settled] = f, 0.0
                new[fresh] = new[fresh + 1] = new[fresh + 2] = 0.0
            if nobody[n] or own >= unborn:
                to_column = block + (unborn if nobody[n] else column[own])
                for q in range(moments):
                    known[target[n], q, to_column] += new[q]
                continue
            share = event[n, c] / f
            for part in range(2):
                m, times = (target[n], share) if part == 0 else (n, 1.0 - share)
                for q in range(moments):
                    one = 0.0 if q > 0 and q < back else alone
                    known[m, q, block + unborn] += times * one * new[q]
                    known[m, q, block + unborn + 1] += times * (1.0 - one) * new[q]
                # who is alone has one child who may enter, the others more
                first, second = times * alone * f, times * (1.0 - alone) * f
                known[m, half, block + unborn] += 0.5 * first
                known[m, half, block + unborn + 1] += max(times * new[half] - 0.5 * first, 0.0) - times * new[half]
                known[m, single, block + unborn] += first
                known[m, single, block + unborn + 1] -= times * new[single]
                known[m, some, block + unborn] += first
                known[m, some, block + unborn + 1] += second - times * new[some]
