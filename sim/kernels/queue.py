"""The event queue of one authority: items (slots and candidates) ordered as docs/engine.md says.

Most items are due years ahead, so only those of the part of a day that is open are kept in order, in a short row that ends with the next. Every
later part of a day keeps a list, linked through the items' nodes, that is put in order when its turn comes. An item knows which it is in, so a
slot is rescheduled at once and no stale entries exist. Opening a list also asks for the memory that handling its items will need. Equal times
alone look further than time.
"""

import math

import numpy as np

from sim.kernels.compiling import copy_in, keep_whole, kernel, prefetch
from sim.kernels.layout import ADULT_PICK, ARRIVAL_ITEM, CHILD_ITEM, LAYERS, H, M, S

LISTS_A_DAY = 8.0
# A node's `place`; below -1 it is the item before it in its list: -2 - item.
UNKNOWN, INF = -math.inf, math.inf
NOT_QUEUED, IN_OPEN, FIRST_OF_LIST = np.int64(0), np.int64(1), np.int64(-1)


@kernel
def slot_of(s, a, item):
    """Return the slot an item stands for (not a candidate's)."""
    if item >= CHILD_ITEM:
        return S.child_slots(s)[a, (item - CHILD_ITEM) >> 2, item & 3]
    return S.family_slots(s)[a, item >> 2, item & 3]


@kernel
def tie_key(m, s, a, item):
    """Return what orders items of equal time: (class, stream, id, unit, name)."""
    keep_whole()
    h = m
    if item >= ARRIVAL_ITEM:
        stream, layer = divmod(item - ARRIVAL_ITEM, LAYERS)
        return 3, np.int64(stream), S.arrivals(s)[a, stream, layer]["index"] * 8 + layer, 0, M.names(m)[0]
    slot = slot_of(s, a, item)
    if item >= CHILD_ITEM:
        child = S.children(s)[a, (item - CHILD_ITEM) >> 2]
        family, unit = S.families(s)[a, child["family"]], child["slot"] + 1
    else:
        family, unit = S.families(s)[a, item >> 2], 0
    if slot["pick"] == ADULT_PICK:
        return 1, np.int64(family["stream"]), family["id"], np.int64(unit), 0
    tr = H.transitions(h)[H.stages(h)[slot["stage"]]["first"] + slot["pick"]]
    return 1 if tr["release"] else 3, np.int64(family["stream"]), family["id"], np.int64(unit), tr["name"]


@kernel
def _first_of_equals(m, s, a, item, other):
    """Return whether an item precedes another of the same time."""
    keep_whole()
    return tie_key(m, s, a, item) < tie_key(m, s, a, other)


@kernel
def _node(s, a, item):
    """Return where an item notes its time and its place."""
    if item >= ARRIVAL_ITEM:
        return S.arrival_nodes(s)[a, item - ARRIVAL_ITEM]
    if item >= CHILD_ITEM:
        return S.child_nodes(s)[a, item - CHILD_ITEM]
    return S.family_nodes(s)[a, item]


@kernel
def _list_of(m, t):
    """Return the number of the part of a day that holds day t."""
    return np.int64((t - H.month_start(m)[0]) * LISTS_A_DAY)


# ---------------------------------------------------------------- what is open, the next item last


@kernel
def _insert(m, s, a, time, item):
    """Put an item where it belongs among those of the open part of a day."""
    keep_whole()
    row, i = S.open_items(s)[a], S.sizes(s)[a, 2]
    S.sizes(s)[a, 2] = i + 1
    S.next_times(s)[a] = UNKNOWN
    while i > 0:
        its_time, other = row[i - 1]["time"], row[i - 1]["item"]
        if its_time > time or (its_time == time and _first_of_equals(m, s, a, item, other)):
            break
        row[i]["time"], row[i]["item"] = its_time, other
        i -= 1
    row[i]["time"], row[i]["item"] = time, item


@kernel
def _withdraw(s, a, item):
    """Take an item out of the open part of a day."""
    row, n = S.open_items(s)[a], S.sizes(s)[a, 2] - 1
    S.sizes(s)[a, 2] = n
    S.next_times(s)[a] = UNKNOWN
    i = n
    while row[i]["item"] != item:
        i -= 1
    while i < n:
        row[i]["time"], row[i]["item"] = row[i + 1]["time"], row[i + 1]["item"]
        i += 1


# ---------------------------------------------------------------- the lists of later parts of a day


@kernel
def _link(s, a, number, item, node):
    """Put an item first in a list. What follows is noted as one more than the item, so that 0 is nothing."""
    after = np.int64(S.lists(s)[a, number])
    S.lists(s)[a, number] = item + 1
    node["after"], node["place"] = after, FIRST_OF_LIST
    if after > 0:
        _node(s, a, after - 1)["place"] = -2 - item


@kernel
def _unlink(m, s, a, node):
    """Take an item out of its list."""
    after, place = np.int64(node["after"]), np.int64(node["place"])
    if place == FIRST_OF_LIST:
        S.lists(s)[a, _list_of(m, node["time"])] = after
    else:
        _node(s, a, -2 - place)["after"] = after
    if after > 0:
        _node(s, a, after - 1)["place"] = place


@kernel
def _pour(m, s, a, number):
    """Put a list in order, and ask for the records that its items will need."""
    keep_whole()
    item = np.int64(S.lists(s)[a, number]) - 1
    S.lists(s)[a, number] = 0
    while item >= 0:
        node = _node(s, a, item)
        if item < CHILD_ITEM:
            prefetch(S.families(s)[a, item >> 2])
            prefetch(slot_of(s, a, item))
        elif item < ARRIVAL_ITEM:
            prefetch(S.children(s)[a, (item - CHILD_ITEM) >> 2])
            prefetch(slot_of(s, a, item))
        after = np.int64(node["after"]) - 1
        node["place"] = IN_OPEN
        _insert(m, s, a, node["time"], item)
        item = after


# ---------------------------------------------------------------- what others call


@kernel
def open_queue(m, s, a, t):
    """Begin with the part of a day before t open: whatever is put comes later, or at once."""
    S.sizes(s)[a, 3] = _list_of(m, t) - 1
    S.next_times(s)[a] = UNKNOWN


@kernel
def next_time(m, s, a):
    """Return when an authority's next item is due, infinity if it has none left; looked up once until what is open changes."""
    if S.next_times(s)[a] == UNKNOWN:
        S.next_times(s)[a] = next_item(s, a)["time"] if _any_left(m, s, a) else INF
    return S.next_times(s)[a]


@kernel
def _any_left(m, s, a):
    """Return whether an authority has an item left; if so `next_item` tells the first."""
    while S.sizes(s)[a, 2] == 0:
        if S.sizes(s)[a, 3] + 1 >= S.lists(s).shape[1]:
            return False
        S.sizes(s)[a, 3] += 1
        if S.lists(s)[a, S.sizes(s)[a, 3]] != 0:
            _pour(m, s, a, S.sizes(s)[a, 3])
    return True


@kernel
def next_item(s, a):
    """Return the first item and its time, as a record."""
    return S.open_items(s)[a, S.sizes(s)[a, 2] - 1]


@kernel
def put_in_queue(m, s, a, item, time):
    """Insert an item, move it, or take it out (a time past the horizon)."""
    keep_whole()
    node = _node(s, a, item)
    if node["place"] != NOT_QUEUED:
        _take_out(m, s, a, item)
    if time >= H.horizon(m)[0]:
        return
    node["time"] = time
    number = _list_of(m, time)
    if number <= S.sizes(s)[a, 3]:
        node["place"] = IN_OPEN
        _insert(m, s, a, time, item)
    else:
        _link(s, a, number, item, node)
        if S.sizes(s)[a, 2] == 0:  # nothing is open: this may be the only one left
            S.next_times(s)[a] = UNKNOWN


@kernel
def leave_queue(m, s, a, item):
    """Take an item out, if it is in."""
    copy_in()
    if _node(s, a, item)["place"] != NOT_QUEUED:
        _take_out(m, s, a, item)


@kernel
def _take_out(m, s, a, item):
    """Take an item out that is in."""
    keep_whole()
    node = _node(s, a, item)
    if node["place"] == IN_OPEN:
        _withdraw(s, a, item)
    else:
        _unlink(m, s, a, node)
    node["place"] = NOT_QUEUED


@kernel
def take_next(s, a):
    """Take the first item out, whose turn it is."""
    n = S.sizes(s)[a, 2] - 1
    _node(s, a, S.open_items(s)[a, n]["item"])["place"] = NOT_QUEUED
    S.sizes(s)[a, 2] = n
    S.next_times(s)[a] = UNKNOWN
