"""The event queue against a sorted list: inserts, moves, removals and ties, by the kernels and by heapq."""

import heapq
import math

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_arrays import filled, tries

from sim.kernels import layout as L
from sim.kernels.queue import LISTS_A_DAY, next_item, next_time, put_in_queue

pytestmark = pytest.mark.unit

FAMILIES, CHILDREN = 6, 4
HORIZON = 1000.0
# Items as the engine numbers them: four tracks a family, three a child, one a layer of each stream.
ITEMS = (
    [int(f * 4 + track) for f in range(FAMILIES) for track in range(4)]
    + [int(L.CHILD_ITEM + c * 4 + track) for c in range(CHILDREN) for track in range(3)]
    + [int(L.ARRIVAL_ITEM + stream * L.LAYERS + layer) for stream in range(L.STREAMS) for layer in range(L.LAYERS)]
)


@numba.njit
def drive(m, s, items, times):
    """Put each item at its time, in order; then take out the first until none is left. Return items and times."""
    for i in range(len(items)):
        item = items[i]
        put_in_queue(m, s, 0, item, times[i])
        if i % 7 == 6:
            next_time(m, s, 0)
    order, when = np.empty(len(items), np.int64), np.empty(len(items))
    n = 0
    while next_time(m, s, 0) < math.inf:
        order[n], when[n] = next_item(s, 0)["item"], next_item(s, 0)["time"]
        put_in_queue(m, s, 0, order[n], math.inf)
        n += 1
    return order[:n], when[:n]


def world(seed: int):
    """A model with a release and two other transitions, and slots that are about to fire them."""
    draw = np.random.default_rng(seed)
    stages, transitions = np.zeros(1, L.STAGE), np.zeros(3, L.TRANSITION)
    stages["n"] = 3
    transitions["release"], transitions["name"] = (1, 0, 0), (50, 70, 60)
    names = np.full(len(L.DRAW_NAMES), 40)
    model = filled(L.MODEL_FIELDS, stages=stages, transitions=transitions, names=names, horizon=[HORIZON])
    families, children = np.zeros((1, FAMILIES), L.FAMILY), np.zeros((1, CHILDREN), L.CHILD)
    families["id"], families["stream"] = draw.permutation(FAMILIES), draw.integers(0, L.STREAMS, FAMILIES)
    children["family"], children["slot"] = draw.integers(0, 2, CHILDREN), np.arange(CHILDREN)
    family_slots, child_slots = np.zeros((1, FAMILIES, 4), L.SLOT), np.zeros((1, CHILDREN, 3), L.SLOT)
    family_slots["pick"] = draw.choice([0, 1, 2, int(L.ADULT_PICK)], (1, FAMILIES, 4))
    child_slots["pick"] = draw.integers(0, 3, (1, CHILDREN, 3))
    arrivals = np.zeros((1, L.STREAMS, L.LAYERS), L.ARRIVAL_STREAM)
    arrivals["index"] = draw.integers(0, 3, (1, L.STREAMS, L.LAYERS))
    state = filled(
        L.STATE_FIELDS, families=families, children=children, family_slots=family_slots, child_slots=child_slots,
        arrivals=arrivals, open_items=np.zeros((1, len(ITEMS)), L.QUEUED), sizes=[[0, 0, 0, -1]], next_times=[-math.inf],
        lists=np.zeros((1, int(HORIZON * LISTS_A_DAY))), family_nodes=np.zeros((1, FAMILIES * 4), L.NODE),
        child_nodes=np.zeros((1, CHILDREN * 4), L.NODE), arrival_nodes=np.zeros((1, L.STREAMS * L.LAYERS), L.NODE),
    )  # fmt: skip
    return model, state


def key(model, state, item: int) -> tuple:
    """The order of docs/engine.md at equal times: class, stream, id, unit, transition."""
    if item >= L.ARRIVAL_ITEM:
        stream, layer = divmod(item - int(L.ARRIVAL_ITEM), L.LAYERS)
        return 3, stream, int(state.arrivals[0, stream, layer]["index"]) * 8 + layer, 0, 40
    if item >= L.CHILD_ITEM:
        row, track = divmod(item - int(L.CHILD_ITEM), 4)
        slot, child = state.child_slots[0, row, track], state.children[0, row]
        family, unit = state.families[0, child["family"]], int(child["slot"]) + 1
    else:
        slot, family, unit = state.family_slots[0, item >> 2, item & 3], state.families[0, item >> 2], 0
    if slot["pick"] == L.ADULT_PICK:
        return 1, int(family["stream"]), int(family["id"]), unit, 0
    transition = model.transitions[slot["pick"]]
    return (1 if transition["release"] else 3), int(family["stream"]), int(family["id"]), unit, int(transition["name"])


def by_heapq(model, state, items, times) -> list[tuple]:
    """What must come out: the last time given to each item, if before the horizon, in order of (time, key)."""
    last = {}
    for item, time in zip(items, times, strict=True):
        last[item] = time
    queue = [(time, key(model, state, item)) for item, time in last.items() if time < HORIZON]
    heapq.heapify(queue)
    return [heapq.heappop(queue) for _ in range(len(queue))]


TIME = st.one_of(
    st.integers(0, 5).map(float),  # many ties
    st.floats(0.0, 1.5 * HORIZON, allow_nan=False),  # some past the horizon: not queued, or taken out
    st.just(math.inf),
)


@given(seed=st.integers(0, 50), puts=st.lists(st.tuples(st.sampled_from(ITEMS), TIME), min_size=1, max_size=200))
@settings(max_examples=tries(150), deadline=None)
def test_comes_out_as_from_heapq(seed, puts):
    (model, fixed), (state, now) = world(seed)
    items, times = [item for item, _ in puts], [time for _, time in puts]
    expected = by_heapq(model, state, items, times)
    order, when = drive(fixed.address, now.address, np.array(items, np.int64), np.array(times))
    assert [(time, key(model, state, int(item))) for item, time in zip(order, when, strict=True)] == expected
    assert state.sizes[0, 2] == 0
    assert not state.lists.any()
    for nodes in (state.family_nodes, state.child_nodes, state.arrival_nodes):
        assert (nodes["place"] == 0).all()


def test_every_item_at_the_same_instant():
    (model, fixed), (state, now) = world(1)
    items = np.random.default_rng(2).permutation(ITEMS)
    expected = by_heapq(model, state, [int(item) for item in items], [3.0] * len(items))
    order, _ = drive(fixed.address, now.address, items.astype(np.int64), np.full(len(items), 3.0))
    assert [(3.0, key(model, state, int(item))) for item in order] == expected
