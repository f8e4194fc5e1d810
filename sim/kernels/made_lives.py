"""Made-up children in care, one life at a time: hazards by age, time in care and time in placement. Only the addresses are the engines' own.

It is what forecasts from records are tested against, so it follows the definition and nothing else: the sum of hazards is constant until the child's
next birthday of a band, or the next edge of either clock; a unit-exponential threshold is used up piece by piece; when it is reached a second uniform
says which of the hazards fired. Times are days; the tables are hazards a day:

`leave` (age bands, bands of time in care, placements), `move` (age bands, bands of time in placement, placements, placements to), `moving` its sum
over the last axis, `care_edges` and `placement_edges` where bands begin (the first at 0). `birthdays` are those on which a band of age ends; on the
last of them the child leaves. Thresholds are at (seed, replicate, entity, who, name), numbered as they are drawn.
"""

import math

import numpy as np

from sim.kernels.compiling import entry, kernel
from sim.kernels.rng import uniform_pair

INF = math.inf
OPEN, MOVED, LEFT, AGED_OUT = range(4)  # how a stay ended by the time asked about
NO_ROOM = -1


@kernel
def _band(edges, value):
    """Return the last band that begins at or before a value."""
    band = 0
    while band + 1 < edges.shape[0] and value >= edges[band + 1]:
        band += 1
    return band


@kernel
def _edge_after(edges, band):
    """Return where a band ends."""
    return edges[band + 1] if band + 1 < edges.shape[0] else INF


@kernel
def _picked(move, leaving, total, u):
    """Return where a child goes, from hazards of moving to each placement (P), of leaving, and their sum: a placement, or -1 out of care."""
    left = u * total - leaving
    if left < 0.0:
        return -1
    last = 0
    for to in range(move.shape[0]):
        if move[to] > 0.0:
            last = to
            left -= move[to]
            if left < 0.0:
                return to
    return last  # by rounding alone


@kernel
def _live(tables, birthdays, care_start, placement, since, now, until, address, starts, ends, places, how):
    """Write a child's stays from `now` on, the one open then first, and return how many; `NO_ROOM` if they do not fit.

    A stay that is open at `until` ends at infinity.
    """
    leave, move, moving, care_edges, placement_edges = tables
    seed, replicate, entity, who, name = address
    n, occurrence = 0, 0
    age = 0
    while age < birthdays.shape[0] - 1 and now >= birthdays[age]:
        age += 1
    care, held = _band(care_edges, now - care_start), _band(placement_edges, now - since)
    u, pick = uniform_pair(seed, replicate, entity, who, name, occurrence)
    threshold, t = -math.log(u), now
    while True:
        if n == starts.shape[0]:
            return NO_ROOM
        rate = leave[age, care, placement] + moving[age, held, placement]
        birthday, edge, turn = birthdays[age], care_start + _edge_after(care_edges, care), since + _edge_after(placement_edges, held)
        stop = min(min(birthday, edge), min(turn, until))
        if rate * (stop - t) < threshold:  # nothing fires before the hazard changes
            threshold -= rate * (stop - t)
            t = stop
            if t >= until:
                starts[n], ends[n], places[n], how[n] = since, INF, placement, OPEN
                return n + 1
            if t >= birthday:
                if age == birthdays.shape[0] - 1:
                    starts[n], ends[n], places[n], how[n] = since, birthday, placement, AGED_OUT
                    return n + 1
                age += 1
            if t >= edge:
                care += 1
            if t >= turn:
                held += 1
            continue
        t = min(t + threshold / rate, stop)
        to = _picked(move[age, held, placement], leave[age, care, placement], rate, pick)
        starts[n], ends[n], places[n], how[n] = since, t, placement, LEFT if to < 0 else MOVED
        n += 1
        if to < 0:
            return n
        placement, since, held = to, t, 0
        occurrence += 1
        u, pick = uniform_pair(seed, replicate, entity, who, name, occurrence)
        threshold = -math.log(u)


@entry
def live_all(tables, birthdays, care_start, placement, until, seed, who, name, of, starts, ends, places, how):
    """Write the stays of every child from entry to care on, by child, and return how many there are; `NO_ROOM` if they do not fit.

    Parameters
    ----------
    birthdays, care_start, placement
        Of each child (N, 5), (N), (N); a child's row is its address.
    of, starts, ends, places, how
        Written: whose stay it is, when it began and ended, where, and how it ended.
    """
    total = 0
    for i in range(care_start.shape[0]):
        n = _live(
            tables, birthdays[i], care_start[i], placement[i], care_start[i], care_start[i], until, (seed, 0, i, who, name),
            starts[total:], ends[total:], places[total:], how[total:],
        )  # fmt: skip
        if n == NO_ROOM:
            return NO_ROOM
        of[total : total + n] = i
        total += n
    return total


@entry
def count_all(tables, birthdays, care_start, placement, since, now, replicate, entity, seed, who, name, instants, stays, stock):
    """Add children's whereabouts at some instants to `stock` (replicates, instants, age bands, placements), and return whether all stays fitted.

    Parameters
    ----------
    birthdays, care_start, placement, since, now
        Of each child (N, 5), (N), ...: `now` is when its life is taken up.
    replicate, entity
        Of each child (N): the row of `stock` and, with `seed`, `who` and `name`, the address.
    instants
        Increasing (T).
    stays
        How many stays a life has at most.
    """
    starts, ends, places, how = np.empty(stays), np.empty(stays), np.empty(stays, np.int64), np.empty(stays, np.int64)
    until, fitted = instants[instants.shape[0] - 1] + 1.0, True
    for i in range(care_start.shape[0]):
        address = (seed, int(replicate[i]), int(entity[i]), who, name)  # whole numbers without JIT too
        n = _live(tables, birthdays[i], care_start[i], placement[i], since[i], now[i], until, address, starts, ends, places, how)
        if n == NO_ROOM:
            fitted = False
            continue
        stay, age = 0, 0
        for j in range(instants.shape[0]):
            at = instants[j]
            if at <= now[i]:
                continue
            while stay < n and ends[stay] < at:
                stay += 1
            if stay == n:
                break
            while at > birthdays[i, age]:
                age += 1
            stock[replicate[i], j, age, places[stay]] += 1
    return fitted
