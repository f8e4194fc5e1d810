"""Supply of places: households and homes of each owner, which leave and are replaced by others that take time to open. Both engines use this.

What it reads is last month's use of each kind of place; what it writes are an authority's usable places of each owner, as reals (ruling 20).
"""

import math

from sim.kernels.compiling import entry, keep_whole, kernel
from sim.kernels.layout import M

EXITS, RESPONSE, LEAST, MOST, SOONEST, LATEST, SHIFT = range(7)  # columns of supply_rules
OPENING, CLOSING = range(2)  # columns of supply_scale
HELD, OPENED, CLOSED, SHIFTED = range(4)  # columns of what is counted
MONTHS_KEPT = 37  # a household or home opens three years after it began at the latest


@entry
def supply_month(m, held, begun, counted, use, a, month):
    """Open and close places of every owner (C) in a month, and count what is held, opened, closed and shifted (C, 4).

    Up to the last published year an owner holds its share of what is published: places that leave are counted, those opened are what balances.
    From then on a stated share leaves each month; others began some months ago, as many as leave in balance, or more or fewer as use then stood
    above or below its reference (`begun`: times balance, by month). So at the reference use supply stays as published. Of a market an authority has a
    share, which shifts to those who use more of theirs. What levers open is in `supply_planned`, so it is replaced as the rest is.
    """
    keep_whole()
    published = month < M.unpublished_from(m)[0]
    for c in range(held.shape[0]):
        rules, planned, shifted = M.supply_rules(m)[c], M.supply_planned(m)[a, c], 0.0
        begun[c, month % MONTHS_KEPT] = 1.0
        if published:
            left = rules[EXITS] * held[c]
            change = planned[month] - held[c]
            counted[c, OPENED] = max(left + change, 0.0)
            counted[c, CLOSED] = max(left, -change)
            counted[c, SHIFTED] = 0.0
            held[c] = planned[month]
            continue
        kind = M.owner_kind(m)[c]
        reference = M.reference_use(m)[a, kind]
        if use[kind] >= 0.0:
            begun[c, month % MONTHS_KEPT] += rules[RESPONSE] * (use[kind] - reference)
            if reference > 0.0:
                shifted = rules[SHIFT] * (use[kind] / reference - 1.0) * held[c]
        change = planned[month] - planned[month - 1] if month > 0 else 0.0
        held[c] += change
        opened = rules[EXITS] * planned[month] * balance(begun, c, rules, month) * M.supply_scale(m)[c, month, OPENING]
        closed = rules[EXITS] * held[c] * M.supply_scale(m)[c, month, CLOSING]
        counted[c, OPENED], counted[c, CLOSED] = opened + max(change, 0.0), closed + max(-change, 0.0)
        counted[c, HELD], counted[c, SHIFTED] = opened - closed + shifted, shifted
    if not published:
        move_between(m, held, counted, month)
    for c in range(held.shape[0]):
        if not published:
            held[c] = max(held[c] + counted[c, HELD], 0.0)
        counted[c, HELD] = held[c]


@kernel
def balance(begun, c, rules, month):
    """Return how many of an owner's places open this month, over those that would keep balance: as began, on average, when these did."""
    total, first, last = 0.0, int(rules[SOONEST]), int(rules[LATEST])
    for back in range(first, last + 1):
        total += begun[c, (month - back) % MONTHS_KEPT]
    return min(max(total / (last + 1 - first), rules[LEAST]), rules[MOST])


@kernel
def move_between(m, held, counted, month):
    """Move places from kind to kind: households that change sides. None is gained or lost, and with equal rates as many go as come.

    The number is a share of the side that has fewer; owners of a side lose and gain by what they hold.
    """
    rates = M.move_rates(m)
    for kind in range(rates.shape[0]):
        for other in range(rates.shape[0]):
            if rates[kind, other] > 0.0:
                here, there = held_of(m, held, kind), held_of(m, held, other)
                moved = rates[kind, other] * M.move_scale(m)[kind, month] * min(here, there)
                if moved > 0.0:
                    shift(m, held, counted, kind, -moved / here)
                    shift(m, held, counted, other, moved / there)


@kernel
def shift(m, held, counted, kind, share):
    """Count a share of every owner's places of a kind as gained, or (negative) lost, this month."""
    first, n = M.owners(m)[kind, 0], M.owners(m)[kind, 1]
    for c in range(first, first + n):
        counted[c, HELD] += share * held[c]
        if share > 0.0:
            counted[c, OPENED] += share * held[c]
        else:
            counted[c, CLOSED] -= share * held[c]


@entry
def held_of(m, held, kind):
    """Return the usable places of a kind over all its owners (a real)."""
    total, first = 0.0, M.owners(m)[kind, 0]
    for c in range(first, first + M.owners(m)[kind, 1]):
        total += held[c]
    return total


@entry
def places_open(places):
    """Return whole usable places; filled ones beyond them close as they are left."""
    return math.floor(places + 1e-9)
