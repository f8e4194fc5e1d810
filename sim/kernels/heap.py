"""The event queue of one authority: an indexed binary heap of items (slots and arrival streams), ordered as docs/engine.md says.

An item's record knows its place in the heap, so a slot is rescheduled in place and no stale entries exist. Times lie beside the
items; only equal times look further (class, stream, id, unit, name).
"""


from sim.kernels.handles import keep_whole, kernel
from sim.kernels.layout import ADULT_PICK, ARRIVAL_ITEM, CHILD_ITEM, LAYERS, H, M, S


@kernel
def tie_key(m, s, a, item):
    """Return what orders items of equal time: (class, stream, id, unit, name)."""
    keep_whole()
    h = m
    if item >= ARRIVAL_ITEM:
        stream, layer = divmod(item - ARRIVAL_ITEM, LAYERS)
        return 3, stream, S.arrivals(s)[a, stream, layer]["index"] * 8 + layer, 0, M.names(m)[0]
    if item >= CHILD_ITEM:
        row, track = divmod(item - CHILD_ITEM, 3)
        slot = S.child_slots(s)[a, row, track]
        child = S.children(s)[a, row]
        family, unit = S.families(s)[a, child["family"]], child["slot"] + 1
    else:
        row, track = divmod(item, 4)
        slot = S.family_slots(s)[a, row, track]
        family, unit = S.families(s)[a, row], 0
    if slot["pick"] == ADULT_PICK:
        return 1, int(family["stream"]), family["id"], int(unit), 0
    tr = H.transitions(h)[H.stages(h)[slot["stage"]]["first"] + slot["pick"]]
    return 1 if tr["release"] else 3, int(family["stream"]), family["id"], int(unit), tr["name"]


@kernel
def _before(m, s, a, time, item, other_time, other):
    if time != other_time:
        return time < other_time
    return tie_key(m, s, a, item) < tie_key(m, s, a, other)


@kernel
def _put(s, a, position, time, item):
    S.heap_time(s)[a, position] = time
    S.heap(s)[a, position] = item
    if item >= ARRIVAL_ITEM:
        stream, layer = divmod(item - ARRIVAL_ITEM, LAYERS)
        S.arrivals(s)[a, stream, layer]["heap"] = position
    elif item >= CHILD_ITEM:
        row, track = divmod(item - CHILD_ITEM, 3)
        S.child_slots(s)[a, row, track]["heap"] = position
    else:
        S.family_slots(s)[a, item >> 2, item & 3]["heap"] = position


@kernel
def _settle(m, s, a, position, time, item):
    """Move an item from `position` to where it belongs, up or down."""
    keep_whole()
    heap, times, n = S.heap(s), S.heap_time(s), S.sizes(s)[a, 2]
    while position > 0:
        parent = (position - 1) >> 1
        if not _before(m, s, a, time, item, times[a, parent], heap[a, parent]):
            break
        _put(s, a, position, times[a, parent], heap[a, parent])
        position = parent
    while True:
        child = 2 * position + 1
        if child >= n:
            break
        if child + 1 < n and _before(m, s, a, times[a, child + 1], heap[a, child + 1], times[a, child], heap[a, child]):
            child += 1
        if not _before(m, s, a, times[a, child], heap[a, child], time, item):
            break
        _put(s, a, position, times[a, child], heap[a, child])
        position = child
    _put(s, a, position, time, item)


@kernel
def place_in_heap(m, s, a, item, position, time):
    """Insert (position < 0), move or remove (infinite time) an item; return nothing, the item's record keeps its position."""
    keep_whole()
    if time < H.horizon(m)[0]:
        if position < 0:
            position = S.sizes(s)[a, 2]
            S.sizes(s)[a, 2] = position + 1
        _settle(m, s, a, position, time, item)
    elif position >= 0:
        remove_from_heap(m, s, a, item, position)


@kernel
def remove_from_heap(m, s, a, item, position):
    """Take an item out and mark its record as not queued."""
    keep_whole()
    n = S.sizes(s)[a, 2] - 1
    S.sizes(s)[a, 2] = n
    _put(s, a, position, 0.0, item)
    if item >= ARRIVAL_ITEM:
        stream, layer = divmod(item - ARRIVAL_ITEM, LAYERS)
        S.arrivals(s)[a, stream, layer]["heap"] = -1
    elif item >= CHILD_ITEM:
        row, track = divmod(item - CHILD_ITEM, 3)
        S.child_slots(s)[a, row, track]["heap"] = -1
    else:
        S.family_slots(s)[a, item >> 2, item & 3]["heap"] = -1
    if position < n:
        _settle(m, s, a, position, S.heap_time(s)[a, n], S.heap(s)[a, n])
