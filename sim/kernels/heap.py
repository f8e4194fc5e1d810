"""The event queue of one authority: an indexed four-way heap of items (slots and candidates), ordered as docs/engine.md says.

An item's place in the heap is known, so a slot is rescheduled in place and no stale entries exist. Places lie in arrays of their own: a family's
record is far away in memory, and the heap moves many items for each that is handled. Equal times alone look further than time.
"""


import numpy as np

from sim.kernels.compiling import keep_whole, kernel
from sim.kernels.layout import ADULT_PICK, ARRIVAL_ITEM, CHILD_ITEM, LAYERS, NO_PICK, NOBODY, H, M, S


@kernel
def tie_key(m, s, a, item):
    """Return what orders items of equal time: (class, stream, id, unit, name)."""
    keep_whole()
    h = m
    if item >= ARRIVAL_ITEM:
        stream, layer = divmod(item - ARRIVAL_ITEM, LAYERS)
        return 3, int(stream), S.arrivals(s)[a, stream, layer]["index"] * 8 + layer, 0, M.names(m)[0]
    if item >= CHILD_ITEM:
        row = (item - CHILD_ITEM) >> 2
        slot = S.child_slots(s)[a, row, item & 3]
        child = S.children(s)[a, row]
        family, unit = S.families(s)[a, child["family"]], child["slot"] + 1
    else:
        row = item >> 2
        slot = S.family_slots(s)[a, row, item & 3]
        family, unit = S.families(s)[a, row], 0
    if slot["pick"] == NO_PICK:  # being handled: it stays on top until it is scheduled again or taken out
        return -1, 0, np.int64(0), 0, np.int64(0)
    if slot["pick"] == ADULT_PICK:
        return 1, int(family["stream"]), family["id"], int(unit), 0
    tr = H.transitions(h)[H.stages(h)[slot["stage"]]["first"] + slot["pick"]]
    return 1 if tr["release"] else 3, int(family["stream"]), family["id"], int(unit), tr["name"]


@kernel
def _first_of_equals(m, s, a, item, other):
    """Return whether an item precedes another of the same time."""
    keep_whole()
    return tie_key(m, s, a, item) < tie_key(m, s, a, other)


@kernel
def _note(s, a, item, position):
    if item >= ARRIVAL_ITEM:
        S.arrival_queued(s)[a, item - ARRIVAL_ITEM] = position
    elif item >= CHILD_ITEM:
        S.child_queued(s)[a, item - CHILD_ITEM] = position
    else:
        S.family_queued(s)[a, item] = position


@kernel
def _position(s, a, item):
    if item >= ARRIVAL_ITEM:
        return int(S.arrival_queued(s)[a, item - ARRIVAL_ITEM])
    if item >= CHILD_ITEM:
        return int(S.child_queued(s)[a, item - CHILD_ITEM])
    return int(S.family_queued(s)[a, item])


@kernel
def _put(s, a, position, time, item):
    S.heap(s)[a, position]["time"] = time
    S.heap(s)[a, position]["item"] = item
    _note(s, a, item, position)


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
def place_in_heap(m, s, a, item, time):
    """Insert an item, move it, or take it out (a time past the horizon)."""
    keep_whole()
    if item == S.sizes(s)[a, 3]:
        S.sizes(s)[a, 3] = NOBODY
    if time >= H.horizon(m)[0]:
        remove_from_heap(m, s, a, item)
        return
    position = _position(s, a, item)
    if position < 0:
        position = S.sizes(s)[a, 2]
        S.sizes(s)[a, 2] = position + 1
    _settle(m, s, a, position, time, item)


@kernel
def leave_heap(m, s, a, item):
    """Take out the item of a slot whose stage ended, but for the one being handled: most often it is scheduled again at once."""
    if item != S.sizes(s)[a, 3]:
        remove_from_heap(m, s, a, item)


@kernel
def remove_from_heap(m, s, a, item):
    """Take an item out, if it is in."""
    keep_whole()
    position = _position(s, a, item)
    if position < 0:
        return
    n = S.sizes(s)[a, 2] - 1
    S.sizes(s)[a, 2] = n
    _note(s, a, item, -1)
    if position < n:
        _settle(m, s, a, position, S.heap(s)[a, n]["time"], S.heap(s)[a, n]["item"])
