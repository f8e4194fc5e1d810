"""The event queue of one authority: items (slots and candidates) ordered as docs/engine.md says.

Most items are due years ahead, so only those of the part of a day that is open lie in a heap (four-way and indexed). Every later part of a day keeps a list,
linked through the items' nodes, that is poured into the heap once the heap is empty. An item knows its place, so a slot is rescheduled in place
and no stale entries exist. Pouring also asks for the memory that handling the items will need. Equal times alone look further than time.
"""

import numpy as np

from sim.kernels.compiling import keep_whole, kernel, prefetch
from sim.kernels.layout import ADULT_PICK, ARRIVAL_ITEM, CHILD_ITEM, LAYERS, NOBODY, H, M, S

LISTS_A_DAY = 8.0  # every later three hours keep a list
NOT_QUEUED, FIRST_OF_LIST = np.int32(0), np.int32(-1)  # a node's `place`; above 0 one more than a place in the heap, below -1 an item's before it


@kernel
def tie_key(m, s, a, item):
    """Return what orders items of equal time: (class, stream, id, unit, name)."""
    keep_whole()
    h = m
    if item >= ARRIVAL_ITEM:
        stream, layer = divmod(item - ARRIVAL_ITEM, LAYERS)
        return 3, np.int64(stream), S.arrivals(s)[a, stream, layer]["index"] * 8 + layer, 0, M.names(m)[0]
    if item >= CHILD_ITEM:
        row = (item - CHILD_ITEM) >> 2
        slot = S.child_slots(s)[a, row, item & 3]
        child = S.children(s)[a, row]
        family, unit = S.families(s)[a, child["family"]], child["slot"] + 1
    else:
        row = item >> 2
        slot = S.family_slots(s)[a, row, item & 3]
        family, unit = S.families(s)[a, row], 0
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


# ---------------------------------------------------------------- the heap of the open part of a day


@kernel
def _put(s, a, position, time, item):
    S.heap(s)[a, position]["time"] = time
    S.heap(s)[a, position]["item"] = item
    _node(s, a, item)["place"] = position + 1


@kernel
def _soonest_below(m, s, a, heap, position, n):
    """Return the first of the (up to four) items below a position, or -1. Times are compared without branches, which could not be foreseen."""
    child = 4 * position + 1
    if child >= n:
        return NOBODY
    if child + 3 < n:
        t0, t1, t2, t3 = heap[child]["time"], heap[child + 1]["time"], heap[child + 2]["time"], heap[child + 3]["time"]
        left, right = min(t0, t1), min(t2, t3)
        if t0 != t1 and t2 != t3 and left != right:
            first, second = np.int64(t1 < t0), np.int64(t3 < t2)
            return child + (2 + second if right < left else first)
    best = child
    for other in range(child + 1, min(child + 4, n)):
        time, its_time = heap[other]["time"], heap[best]["time"]
        if time < its_time or (time == its_time and _first_of_equals(m, s, a, heap[other]["item"], heap[best]["item"])):
            best = other
    return np.int64(best)


@kernel
def _settle(m, s, a, position, time, item):
    """Move an item from `position` to where it belongs, up or down."""
    keep_whole()
    heap, n = S.heap(s)[a], S.sizes(s)[a, 2]
    while position > 0:
        parent = (position - 1) >> 2
        above, its_time = heap[parent]["item"], heap[parent]["time"]
        if time > its_time or (time == its_time and not _first_of_equals(m, s, a, item, above)):
            break
        _put(s, a, position, its_time, above)
        position = parent
    while True:
        child = _soonest_below(m, s, a, heap, position, n)
        if child < 0:
            break
        below, its_time = heap[child]["item"], heap[child]["time"]
        if time < its_time or (time == its_time and _first_of_equals(m, s, a, item, below)):
            break
        _put(s, a, position, its_time, below)
        position = child
    _put(s, a, position, time, item)


@kernel
def _take_from_heap(m, s, a, position):
    """Take the item at a position out, filling the gap with the last."""
    n = S.sizes(s)[a, 2] - 1
    S.sizes(s)[a, 2] = n
    if position < n:
        _settle(m, s, a, position, S.heap(s)[a, n]["time"], S.heap(s)[a, n]["item"])


@kernel
def _push(m, s, a, time, item):
    n = S.sizes(s)[a, 2]
    S.sizes(s)[a, 2] = n + 1
    _settle(m, s, a, n, time, item)


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
    """Move a list into the heap, and ask for the records that its items will need."""
    keep_whole()
    item = np.int64(S.lists(s)[a, number]) - 1
    S.lists(s)[a, number] = 0
    while item >= 0:
        node = _node(s, a, item)
        if item < CHILD_ITEM:
            prefetch(S.families(s)[a, item >> 2])
            prefetch(S.family_slots(s)[a, item >> 2, item & 3])
        elif item < ARRIVAL_ITEM:
            row = (item - CHILD_ITEM) >> 2
            prefetch(S.children(s)[a, row])
            prefetch(S.child_slots(s)[a, row, item & 3])
        after = np.int64(node["after"]) - 1
        _push(m, s, a, node["time"], item)
        item = after


# ---------------------------------------------------------------- what others call


@kernel
def open_queue(m, s, a, t):
    """Begin with the part of a day before t open: whatever is put comes later, or at once."""
    S.sizes(s)[a, 3] = _list_of(m, t) - 1


@kernel
def any_left(m, s, a):
    """Return whether an authority has an item left; if so the first is on top of the heap."""
    while S.sizes(s)[a, 2] == 0:
        if S.sizes(s)[a, 3] + 1 >= S.lists(s).shape[1]:
            return False
        S.sizes(s)[a, 3] += 1
        if S.lists(s)[a, S.sizes(s)[a, 3]] != 0:
            _pour(m, s, a, S.sizes(s)[a, 3])
    return True


@kernel
def place_in_heap(m, s, a, item, time):
    """Insert an item, move it, or take it out (a time past the horizon)."""
    keep_whole()
    node = _node(s, a, item)
    place = np.int64(node["place"])
    if time >= H.horizon(m)[0]:
        if place != NOT_QUEUED:
            remove_from_heap(m, s, a, item)
        return
    number = _list_of(m, time)
    now = number <= S.sizes(s)[a, 3]
    if place > 0 and now:
        _settle(m, s, a, place - 1, time, item)
        return
    if place != NOT_QUEUED:
        remove_from_heap(m, s, a, item)
    node["time"] = time
    if now:
        _push(m, s, a, time, item)
    else:
        _link(s, a, number, item, node)


@kernel
def remove_from_heap(m, s, a, item):
    """Take an item out, if it is in."""
    keep_whole()
    node = _node(s, a, item)
    place = np.int64(node["place"])
    if place > 0:
        _take_from_heap(m, s, a, place - 1)
    elif place < 0:
        _unlink(m, s, a, node)
    node["place"] = NOT_QUEUED
