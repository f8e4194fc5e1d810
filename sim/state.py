"""Simulated state as one bundle of arrays: made empty, grown, copied to a branch, joined into a region."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sim.kernels import layout as L
from sim.kernels.compiling import CACHE_LINE
from sim.kernels.distance import BANDS
from sim.kernels.feedback import set_clocks
from sim.kernels.handles import pack
from sim.kernels.layout import MODEL_FIELDS, Model, State, Tally
from sim.kernels.queue import LISTS_A_DAY
from sim.kernels.supply import MONTHS_KEPT
from sim.model import CompiledModel

FAMILIES, CHILDREN = 4096, 1024  # rows to begin with; both double when they run out


def empty_state(model: Model) -> State:
    """Return the state of a system nobody has entered, at the model's first month."""
    n, places = len(model.codes), model.places.shape[1]
    stages, months = len(model.stages), len(model.financial_year)
    arrivals = np.zeros((n, L.STREAMS, L.LAYERS), L.ARRIVAL_STREAM)
    arrivals["fires"] = math.inf
    state = State(
        families=np.zeros((n, 0), L.FAMILY), family_slots=np.zeros((n, 0, 4), L.SLOT), children=np.zeros((n, 0), L.CHILD),
        child_slots=np.zeros((n, 0, 3), L.SLOT), arrivals=arrivals, free_families=np.zeros((n, 0), np.int64),
        free_children=np.zeros((n, 0), np.int64), **_at_rest(n), sizes=np.zeros((n, 4), np.int64), next_times=np.full(n, -math.inf),
        waiting=np.zeros((n, places, 0), np.int64), n_waiting=np.zeros((n, places), np.int64),
        posts=model.posts[:, 0].copy(),
        slowing=np.ones((n, L.DRIVERS, months)), last_slowed=np.full((n, L.DRIVERS), -1, np.int64), court_reference=np.zeros(n),
        open_places=np.zeros((n, places), np.int64), filled=np.zeros((n, places), np.int64),
        closing=np.zeros((n, places), np.int64), units=np.zeros((n, stages), np.int64),
        cases=np.zeros((n, stages), np.int64), since=np.full((n, stages), model.month_start[0]), price=np.ones((n, places)),
        let=np.zeros((n, stages), np.int64), far_odds=np.ones((n, places)),
        supply=model.supply_planned[:, :, 0].copy(), begun=np.ones((n, model.supply_planned.shape[1], MONTHS_KEPT)), use=np.full((n, places), -1.0),
        accounts=np.tile([0.0, 0.0, 0.0, 1.0, 1.0], (n, 1)), use_days=np.zeros((n, places, 2)), use_since=np.full((n, places), model.month_start[0]),
        high=np.zeros((n, 2), np.int64), month_began=np.zeros(1), clock=np.zeros(2),
    )  # fmt: skip
    return bind(model, grow(state, FAMILIES, CHILDREN))


def _items(families: int, children: int) -> int:
    """Return how many items the queue can hold."""
    return families * 4 + children * 3 + L.STREAMS * L.LAYERS


def _at_rest(n: int) -> dict[str, np.ndarray]:
    """Return queue and month factors without room: a state at rest holds none, a run builds its own (see `bind`)."""
    return {
        "factor": np.zeros((n, 0, 0)), "opclock": np.zeros((n, 0, 0)), "turns": np.zeros((n, 0, 0), np.int16),
        "open_items": np.zeros((n, 0), L.QUEUED), "lists": np.zeros((n, 0), np.int32), "family_nodes": np.zeros((n, 0), L.NODE),
        "child_nodes": np.zeros((n, 0), L.NODE), "arrival_nodes": np.zeros((n, L.STREAMS * L.LAYERS), L.NODE),
    }  # fmt: skip


def zeros(shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    """Return an array of zeros that begins with a line of the cache, so that no small record lies across two. Memory is taken as it is touched."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    room = np.zeros(size + CACHE_LINE, np.uint8)
    begin = -room.ctypes.data % CACHE_LINE
    return room[begin : begin + size].view(dtype).reshape(shape)


def with_room(parts: Sequence[np.ndarray], size: int, used: Sequence[int], axis: int = 0) -> np.ndarray:
    """Return each authority's array in one, with room for `size` entries along an axis; `used` are copied of each, the rest is zeros."""
    shape = list(parts[0].shape)
    shape[axis] = size
    whole = zeros((len(parts), *shape), parts[0].dtype)
    for new, part, count in zip(whole, parts, used, strict=True):
        if part.size and size:  # copied as bytes: numpy copies records field by field
            lines = math.prod(shape[:axis])
            to, of = (table.reshape(lines, -1).view(np.uint8) for table in (new, part))
            kept = of.shape[1] // part.shape[axis] * int(count)
            to[:, :kept] = of[:, :kept]
    return whole


def grow(state: State, families: int, children: int) -> State:
    """Return a copy of a state with room for more rows, all that is in it unchanged. Rows never used are zeros, whatever they held."""
    return _side_by_side([state], families, children)


def _side_by_side(states: Sequence[State], families: int, children: int) -> State:
    """Return one state of all the authorities of some, with room for so many families and children each."""
    high = np.concatenate([state.high for state in states])
    rows = {
        "families": (families, high[:, 0], 0), "family_slots": (families, high[:, 0], 0), "children": (children, high[:, 1], 0),
        "child_slots": (children, high[:, 1], 0), "family_nodes": (families * 4, high[:, 0] * 4, 0), "child_nodes": (children * 4, high[:, 1] * 4, 0),
        "waiting": (families, np.concatenate([state.n_waiting.max(axis=1, initial=0) for state in states]), 1),
        "open_items": (_items(families, children), np.concatenate([state.sizes[:, 2] for state in states]), 0),
    }  # fmt: skip
    whole = {}
    for name in State._fields:
        arrays = [getattr(state, name) for state in states]
        if name in ("free_families", "free_children"):
            continue
        if name in rows:
            whole[name] = with_room([part for array in arrays for part in array], *rows[name])
        else:
            whole[name] = arrays[0].copy() if name in ("clock", "month_began") else np.concatenate(arrays)
    for stack, column, size in (("free_families", 0, families), ("free_children", 1, children)):
        whole[stack] = np.zeros((len(high), size), np.int64)
        for a, part in enumerate(part for state in states for part in getattr(state, stack)):
            free, new = whole["sizes"][a, column], size - len(part)
            whole[stack][a, :new] = np.arange(size - 1, len(part) - 1, -1)
            whole[stack][a, new : new + free] = part[:free]
            whole["sizes"][a, column] = free + new
    return State(**whole)


def branch(state: State) -> State:
    """Return a copy of a state to go on from, at rest, with room for what comes."""
    rows = [max(array.shape[1], int(high * 1.1) + 256) for array, high in zip((state.families, state.children), state.high.max(axis=0), strict=True)]
    return grow(state._replace(**_at_rest(len(state.sizes))), *rows)


def bind(model: Model, state: State) -> State:
    """Return the state with month factors and operational time rebuilt for this model (its months, its rows), and an empty queue for its days."""
    n, rows, months = model.row_factor.shape
    slowing = np.ones((n, L.DRIVERS, months))
    known = min(months, state.slowing.shape[2])
    slowing[..., :known] = state.slowing[..., :known]
    factor, opclock, turns = np.ones((n, rows, months)), np.zeros((n, rows, months + 1)), np.zeros((n, rows, months), np.int16)
    fixed = pack(model, MODEL_FIELDS)
    set_clocks(fixed.address, factor, opclock, turns, slowing)
    families, children = state.families.shape[1], state.children.shape[1]
    days = model.month_start[-1] - model.month_start[0]
    sizes = state.sizes.copy()
    sizes[:, 2:] = 0
    queue = {
        "arrival_nodes": np.zeros((n, L.STREAMS * L.LAYERS), L.NODE),
        "open_items": np.zeros((n, _items(families, children)), L.QUEUED), "lists": np.zeros((n, int(days * LISTS_A_DAY) + 1), np.int32),
        "family_nodes": zeros((n, families * 4), L.NODE), "child_nodes": zeros((n, children * 4), L.NODE),
    }  # fmt: skip
    return state._replace(slowing=slowing, factor=factor, opclock=opclock, turns=turns, sizes=sizes, **queue)


def join(states: Sequence[State]) -> State:
    """Return one state of several authorities at rest (in the order given), for a region whose places are pooled."""
    states = [state._replace(**_at_rest(len(state.sizes))) for state in states]
    families, children = (max(array.shape[1] for array in column) for column in zip(*((s.families, s.children) for s in states), strict=True))
    joined = _side_by_side(states, families, children)
    joined.children["place_area"] = np.arange(len(states))[:, None]  # alone, every child lived in a place of authority 0: its own
    return joined


def compact(state: State) -> State:
    """Return the state at rest and without rows never used, as histories are kept."""
    families, children = max(int(state.high[:, 0].max()), 1), max(int(state.high[:, 1].max()), 1)
    free = {}
    for stack, size in (("free_families", families), ("free_children", children)):
        column = 0 if stack == "free_families" else 1
        rows = np.zeros((len(state.sizes), size), np.int64)
        for a, count in enumerate(state.sizes[:, column]):
            kept = getattr(state, stack)[a, :count]
            kept = kept[kept < size]
            rows[a, : len(kept)] = kept
        free[stack] = rows
    sizes = state.sizes.copy()
    for column, (stack, size) in enumerate((("free_families", families), ("free_children", children))):
        for a, count in enumerate(state.sizes[:, column]):
            sizes[a, column] = int((getattr(state, stack)[a, :count] < size).sum())
    return state._replace(
        families=state.families[:, :families].copy(), family_slots=state.family_slots[:, :families].copy(),
        children=state.children[:, :children].copy(), child_slots=state.child_slots[:, :children].copy(),
        **_at_rest(len(sizes)), waiting=state.waiting[:, :, :families].copy(), sizes=sizes, **free,
    )  # fmt: skip


def empty_tally(compiled: CompiledModel, model: Model, first: int, last: int, log: bool = False) -> Tally:
    """Return a tally of the months from `first` (included) to `last` (excluded), with room for an event log if asked."""
    n, months, stages = len(model.codes), last - first, len(model.stages)
    transitions, places = len(model.transitions), model.places.shape[1]
    placements = len(compiled.placement_names)
    by_stage, counts = (n, months, stages), np.int64
    shapes = {
        "unit_days": (by_stage, float), "stay_days": ((n, stages), float), "entered": (by_stage, counts), "left": (by_stage, counts),
        "entered_children": (by_stage, counts), "left_children": (by_stage, counts), "units_end": (by_stage, counts),
        "children_end": (by_stage, counts), "fired": ((n, months, transitions), counts),
        "fired_children": ((n, months, transitions), counts), "placement_days": ((n, months, placements, L.NEEDS), float),
        "let_days": ((n, months, placements, L.NEEDS, 3), float), "paid_days": (by_stage, float), "dear_end": ((n, months, 5), float),
        "started": ((n, months, 5, 2), counts), "started_once": ((n, months, 5, 2), counts),
        "ceased": ((n, months, L.CEASED_AGES, 2), counts), "ceased_once": ((n, months, L.CEASED_AGES, 2), counts),
        "looked_after_end": ((n, months, 5, 2), counts), "where_end": ((n, months, placements, BANDS + 1), counts),
        "rereferred": ((n, months), counts), "repeat_plans": ((n, months, 2), counts), "short_plans": ((n, months), counts),
        "by_quintile": ((n, months, L.QUINTILE_ROWS, 5), counts), "quintile_days": ((n, months, L.QUINTILE_ROWS), float),
        "returned": ((n, months, L.QUINTILE_ROWS, 4), counts), "escalated": ((n, months, 2, 4), counts), "starts_after": ((n, months, 3), counts),
        "queue": ((n, months, places, 5), float),
        "planned_actual": ((n, months, placements, placements), counts), "apart": ((n, months, 2), counts),
        "far": ((n, months, places), counts), "pressure": ((n, months), float), "work": ((n, months), float),
        "court_work": ((n, months), counts), "court_pressure": ((n, months), float), "posts": ((n, months, 3), float),
        "places_end": ((n, months, places, 2), counts), "price_end": ((n, months, places), float), "accounts_end": ((n, months, 5), float),
        "supply": ((n, months, model.supply_planned.shape[1], 4), float),
        "counters": ((8,), counts),
        "n_log": ((1,), counts), "first_month": ((1,), counts), "began": ((1,), float),
    }  # fmt: skip
    arrays = {name: np.zeros(shape, kind) for name, (shape, kind) in shapes.items()}
    arrays["log"] = np.zeros(100_000 if log else 0, L.EVENT)
    arrays["posts"][...] = model.posts[:, first:last]
    arrays["first_month"][0], arrays["began"][0] = first, model.month_start[first]
    return Tally(**arrays)
