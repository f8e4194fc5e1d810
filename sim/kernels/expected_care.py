"""Where children are expected to live, and at what rates care ends, by column of age and needs."""

import math

import numpy as np

from sim.kernels.compiling import entry, sums
from sim.kernels.expected_flow import ageing_rate

LOST = 14  # what is known of children at home: the first so many, all 0 once none is


@entry
def plan_shares(weights, factor, stages, options, overflow, place_of, otherwise, last_resort, minimum, chance, national, own_plan, months, band, out):
    """Set the share planned for each placement who come to live in each (C, planned, options), for a context and status.

    Parameters
    ----------
    weights, factor
        Weights by age band, needs and planned placement (5, 4, n), and what the month multiplies them by (n).
    stages, options
        Stages of the planned placements (n) and of all that children may come to live in.
    overflow, place_of, otherwise, last_resort, minimum
        By stage: what is tried next, kind of place, where a place of the nation's is waited for, the last resort, least age in years.
    chance, national
        Probability that a vacancy fits at once, by kind of place and needs; and that the nation has a place, by stage and needs.
    own_plan
        Whether the legal status has a plan of its own (a place of the nation's is then had at once).
    months, band
        Age in months at which each column of age begins, and its band.
    """
    ages = months.shape[0]
    for needs in range(4):
        for i in range(ages):
            c = needs * ages + i
            total = 0.0
            for p in range(stages.shape[0]):
                total += weights[band[i], needs, p] * factor[p]
            for p in range(stages.shape[0]):
                for o in range(options.shape[0]):
                    out[c, p, o] = 0.0
                if total <= 0.0:
                    left = 1.0 if p == 0 else 0.0
                else:
                    left = weights[band[i], needs, p] * factor[p] / total
                stage, step = stages[p], -1
                while left > 0.0:
                    share = 0.0
                    if months[i] + 1e-6 >= 12.0 * minimum[stage]:
                        place = place_of[stage]
                        if otherwise[stage] >= 0:
                            found = 1.0 if own_plan else national[stage, needs]
                            wait = left * (1.0 - found)
                            for o in range(options.shape[0]):
                                if options[o] == otherwise[stage]:
                                    out[c, p, o] += wait
                            left -= wait
                            share = 1.0
                        elif place < 0:
                            share = 1.0
                        else:
                            share = chance[place, needs]
                    for o in range(options.shape[0]):
                        if options[o] == stage:
                            out[c, p, o] += left * share
                    left *= 1.0 - share
                    step += 1
                    stage = overflow[stages[p], step]
                    if stage < 0:
                        for o in range(options.shape[0]):
                            if options[o] == last_resort:
                                out[c, p, o] += left
                        left = 0.0


@sums
def mix_bands(shares, bands, planned, vectors, base):
    """Set the shares `planned` by column of age and needs (C, p, o) from those by needs and band (4 x bands, p, o), for bands of ages (ages, bands).

    Vectors from `base` on are set to the share of each column who come to live in each place (o).
    """
    ages, n = bands.shape
    planned[:] = 0.0
    for c in range(planned.shape[0]):
        for b in range(n):
            share, of = bands[c % ages, b], (c // ages) * n + b
            if share > 0.0:
                for p in range(planned.shape[1]):
                    for o in range(planned.shape[2]):
                        planned[c, p, o] += share * shares[of, p, o]
        for o in range(planned.shape[2]):
            total = 0.0
            for p in range(planned.shape[1]):
                total += planned[c, p, o]
            vectors[base + o, c] = total


@entry
def fits(p, vacancies):
    """Return the probability that some of the expected vacancies fits, each fitting with probability p."""
    if vacancies <= 0.0 or p <= 0.0:
        return 0.0
    if p >= 1.0:
        return 1.0 if vacancies >= 1.0 else vacancies
    return 1.0 - math.exp(vacancies * math.log(1.0 - p))


@entry
def set_chances(match, vacancies, chance):
    """Set the probability that some of the expected vacancies fits, by kind of place and needs (places, needs)."""
    for p in range(vacancies.shape[0]):
        for needs in range(chance.shape[1]):
            chance[p, needs] = fits(match[p, needs], vacancies[p])


@entry
def exit_vectors(first, entry_k, entry_phase, entry_times, rates, pace, vector_of, vectors, widths, base):
    """Set, for each group of rows with the same exits, the vector of their hazard and that of ageing out of the phase of care.

    Exits of group g are `first[g]` to `first[g + 1]`; each is of a transition, in a phase of its clock, times stages beside.
    """
    columns = vectors.shape[1]
    for g in range(first.shape[0] - 1):
        for c in range(columns):
            vectors[base + 2 * g, c] = 0.0
        for e in range(first[g], first[g + 1]):
            k = entry_k[e]
            x = rates[k, entry_phase[e]] * entry_times[e] * pace[k]
            for c in range(columns):
                vectors[base + 2 * g, c] += x * vectors[vector_of[k], c]
        for c in range(columns):
            vectors[base + 2 * g + 1, c] = ageing_rate(vectors[base + 2 * g, c], widths[g]) if widths[g] < 1e9 else 0.0


@entry
def add_groups(mass, group, out):
    """Add up rows of mass (R, C) by group (R; -1: none), into `out` (groups, C), which begins empty."""
    for g in range(out.shape[0]):
        for c in range(out.shape[1]):
            out[g, c] = 0.0
    for row in range(mass.shape[0]):
        g = group[row]
        if g >= 0:
            for c in range(mass.shape[1]):
                out[g, c] += mass[row, c]


@entry
def move_part(came, rows, to, begin, share):
    """Move a share of the mass (R, C) of `rows`, in columns from `begin` on, to rows `to`; return how much."""
    total = 0.0
    for i in range(rows.shape[0]):
        for c in range(begin, came.shape[1]):
            moved = share * came[rows[i], c]
            came[rows[i], c] -= moved
            came[to[i], c] += moved
            total += moved
    return total


@entry
def move_share(came, rows, to, begin, number):
    """Move `number` of the mass (R, C) of `rows`, in columns from `begin` on, to rows `to`, from all alike; return how much there was to move."""
    there = 0.0
    for row in rows:
        for c in range(begin, came.shape[1]):
            there += came[row, c]
    if there <= 1e-12:
        return 0.0
    return move_part(came, rows, to, begin, min(1.0, number / there))


@entry
def bring_home(came, known, rows, to, n, m, share, gaps):
    """Move a share (C) of the mass of `rows`, and of what is known of families of need `n`, to rows `to` and need `m`; return how much.

    The first child of theirs is home.
    """
    columns, returned, total = came.shape[1], gaps + 4, 0.0
    for i in range(rows.shape[0]):
        for c in range(columns):
            moved = came[rows[i], c] * share[c]
            came[rows[i], c] -= moved
            came[to[i], c] += moved
            known[m, returned, c] += moved
            total += moved
    for q in range(known.shape[1]):
        for c in range(columns):
            moved = known[n, q, c] * share[c]
            known[n, q, c] -= moved
            known[m, q, c] += moved
    return total


@entry
def join_known(known, stock, begin, children, share, is_closed, nobody, m, gaps):
    """Let `children` per family join families (needs, C; columns from `begin` on) with others at home; of closed cases a share goes on to need `m`.

    What is known of families goes with them; return the children of those who go on.
    """
    went, returned = 0.0, gaps + 4
    for n in range(known.shape[0]):
        there = 0.0
        for c in range(begin, known.shape[2]):
            there += stock[n, c]
        if nobody[n] or there == 0.0:
            continue
        for c in range(begin, known.shape[2]):
            known[n, returned, c] += children * stock[n, c]
        if not is_closed[n]:
            continue
        for q in range(known.shape[1]):
            for c in range(begin, known.shape[2]):
                moved = known[n, q, c] * share
                known[n, q, c] -= moved
                known[m, q, c] += moved
                if q <= gaps or q == returned:
                    went += moved
    return went


@sums
def carry_means(old, stock, source, target, flag, kind, at, sinks, entered, rounds, whole, means, out):
    """Carry what is known of families (needs, MOMENTS, C) along with their flows, mixing it where they meet.

    `old` is what was known times mass, `stock` (needs, C) mass at the month's end. Flow i, that into sink `at` (`sinks`: n, C), goes from need
    `source` to `target`, setting a flag (a block of columns); `kind` 1 is of families who lost all children, 2 of those who lost some, of whom
    `entered` (needs, MOMENTS, C) has what is then known. `means` (needs, MOMENTS, C) begins with last month's and ends with this month's; `out` is
    that times the stock; `whole` (needs, C) is room.
    """
    needs, moments, columns = old.shape
    block = columns // 4
    whole[:] = stock
    some = np.zeros(at.shape[0], np.bool_)
    for i in range(at.shape[0]):
        total = 0.0
        for c in range(columns):
            whole[source[i], c] += sinks[at[i], c]
            total += sinks[at[i], c]
        some[i] = total > 0.0
    for n in range(needs):
        for c in range(columns):
            whole[n, c] = 1.0 / whole[n, c] if whole[n, c] > 1e-12 else 0.0
    for _ in range(rounds):
        for n in range(needs):
            for q in range(moments):
                for c in range(columns):
                    out[n, q, c] = old[n, q, c]
        for i in range(at.shape[0]):
            n, m, s = source[i], target[i], at[i]
            if m < 0 or not some[i]:
                continue
            for q in range(moments):
                if kind[i] == 1 and q < LOST:
                    continue
                if flag[i] == 0 and kind[i] != 2:
                    for c in range(columns):
                        out[m, q, c] += sinks[s, c] * means[n, q, c]
                    continue
                for b in range(4):
                    shift = ((b | flag[i]) - b) * block
                    if kind[i] == 2:
                        for c in range(b * block, (b + 1) * block):
                            out[m, q, c + shift] += sinks[s, c] * entered[n, q, c]
                    else:
                        for c in range(b * block, (b + 1) * block):
                            out[m, q, c + shift] += sinks[s, c] * means[n, q, c]
        for n in range(needs):
            for q in range(moments):
                for c in range(columns):
                    means[n, q, c] = out[n, q, c] * whole[n, c]
    for n in range(needs):
        for q in range(moments):
            for c in range(columns):
                out[n, q, c] = means[n, q, c] * stock[n, c]
