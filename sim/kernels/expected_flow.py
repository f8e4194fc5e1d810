"""Flows of expected mass over a month: rows of cells (stages and phases), columns (ages and flags), edges from row to row.

A month is one implicit step: mass in a row at its end is (what was there + what came) / (1 + days x hazard), and each edge carries days x its hazard x
that mass. Mass is conserved whatever the step, and in a steady state stocks and flows are those of the equations in continuous time, however short
a stage is beside a month: its stock is inflow x mean stay, exactly. What comes back to a row already done in the month goes round again (`sweeps`).
"""

import math

import numpy as np

from sim.kernels.compiling import entry

RATE, AGEING, INSTANT = range(3)  # kinds of an edge
NO_GATE, BEFORE_SWITCH, AFTER_SWITCH = range(3)
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
    """Set each edge's rate per day, for hazards per day by transition and phase (K, P), pace of each transition (K) and gates (3).

    Integer columns of `edge` (E, 11): row to, kind, transition, phase, multiplier by column, second such multiplier, flag set, sink, gate,
    track, whether its own stage ends; `out` (E, 2) has what multiplies the rate (stages beside), or a phase's width if it is ageing, and the rate.
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
                hazard = 0.0
                for other in range(row_first[row], row_first[row + 1]):
                    if edge[other, 1] == RATE and edge[other, 9] == edge[e, 9] and edge[other, 10] > 0:
                        hazard += out[other, 1]
                out[e, 1] = ageing_rate(hazard, out[e, 0])


@entry
def sweep(row_first, instant, edge, rate, vectors, days, scale, first, came, mass, loss, sinks):
    """Carry what came to each row on, once, in the order of the rows.

    `came` (R, C) is what came and not yet been carried on, `mass` (R, C) what stays to the month's end, `loss` (R, C) days x hazard, set in the
    first sweep of the month; `scale` (C) is the share of the month that mass in a column spends there. Flags are blocks of columns.
    """
    columns = came.shape[1]
    block = columns // 4
    y = np.empty(columns)
    for row in range(row_first.shape[0] - 1):
        if first:
            for c in range(columns):
                loss[row, c] = 0.0
            if not instant[row]:
                for e in range(row_first[row], row_first[row + 1]):
                    x, v, w = rate[e, 1] * days, edge[e, 4], edge[e, 5]
                    if x == 0.0 or edge[e, 0] == NOWHERE:
                        continue
                    if w > 0:
                        for c in range(columns):
                            loss[row, c] += x * vectors[v, c] * vectors[w, c] * scale[c]
                    elif v > 0:
                        for c in range(columns):
                            loss[row, c] += x * vectors[v, c] * scale[c]
                    else:
                        for c in range(columns):
                            loss[row, c] += x * scale[c]
        total = 0.0
        for c in range(0, columns):
            total = max(total, came[row, c])
        if total < 1e-12:
            continue
        for c in range(columns):
            y[c] = came[row, c] / (1.0 + loss[row, c])
            came[row, c] = 0.0
        if not instant[row]:
            for c in range(columns):
                mass[row, c] += y[c]
        for e in range(row_first[row], row_first[row + 1]):
            x, v, w, to, flag, sink = rate[e, 1], edge[e, 4], edge[e, 5], edge[e, 0], edge[e, 6], edge[e, 7]
            if x == 0.0:
                continue
            if not instant[row]:
                x *= days
            for b in range(4):
                start, end = b * block, (b | flag) * block - b * block
                for c in range(start, start + block):
                    f = x * y[c] * vectors[v, c] * vectors[w, c]
                    if not instant[row]:
                        f *= scale[c]
                    if to >= 0:
                        came[to, c + end] += f
                    if sink >= 0:
                        sinks[sink, c] += f


@entry
def grow_older(mass, share, block, out):
    """Move the stated share of each column (C) to the next of its block; what leaves the last is added to `out` (R)."""
    columns = mass.shape[1]
    for row in range(mass.shape[0]):
        for b in range(columns // block):
            last = (b + 1) * block - 1
            out[row] += mass[row, last] * share[last]
            for c in range(last, b * block, -1):
                mass[row, c] += mass[row, c - 1] * share[c - 1] - mass[row, c] * share[c]
            mass[row, b * block] *= 1.0 - share[b * block]
