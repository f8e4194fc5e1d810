"""The fast engine: drives the event loop's kernels over one authority, or over a pooled region."""

from __future__ import annotations

import numpy as np

from sim.kernels.handles import pack
from sim.kernels.layout import MODEL_FIELDS, STATE_FIELDS, STATUS_DONE, TALLY_FIELDS, State, Tally
from sim.kernels.loop import begin_run, run_until
from sim.model import CompiledModel
from sim.state import bind, branch, empty_state, empty_tally, grow

ROOM_FOR_EVENTS = 4000


def simulate(
    compiled: CompiledModel, start: State | None, first: str, last: str, seed: int, replicate: int, log: bool = False,
) -> tuple[Tally, State]:  # fmt: skip
    """Simulate the months from `first` to `last` (both included) and return what was counted and the state at the end.

    Parameters
    ----------
    compiled
        The model; its authorities are those of `start`, in the same order.
    start
        The state to branch from, left unchanged; None begins with nobody, at the model's first month.
    first, last
        Months, YYYY-MM; `start` must stand at the beginning of `first`.
    seed, replicate
        The key of every draw.
    log
        Whether to keep the event log.
    """
    model = compiled.for_draw(seed, replicate)
    fixed = pack(model, MODEL_FIELDS)
    begin, end = compiled.month(first), compiled.month(last) + 1
    tally = empty_tally(compiled, model, begin, end, log)
    if start is None:
        state = empty_state(model)
    else:
        state = bind(model, branch(start))
    now, counted = pack(state, STATE_FIELDS), pack(tally, TALLY_FIELDS)
    begin_run(fixed.address, now.address, counted.address, begin)
    while run_until(fixed.address, now.address, counted.address, end) != STATUS_DONE:
        state, tally = _more_room(state, tally)
        now, counted = pack(state, STATE_FIELDS), pack(tally, TALLY_FIELDS)
    return trim_log(tally), state


def _more_room(state: State, tally: Tally) -> tuple[State, Tally]:
    """Return state and tally with more rows where they ran short."""
    families, children = state.families.shape[1], state.children.shape[1]
    more = grow(
        state,
        families * 2 if (state.sizes[:, 0] < 2).any() else families,
        children * 2 if (state.sizes[:, 1] < 10).any() else children,
    )
    if len(tally.log) and tally.n_log[0] + ROOM_FOR_EVENTS > len(tally.log):
        log = np.zeros(len(tally.log) * 2, tally.log.dtype)
        log[: len(tally.log)] = tally.log
        tally = tally._replace(log=log)
    return more, tally


def trim_log(tally: Tally) -> Tally:
    """Return the tally with its event log cut to the events in it."""
    return tally._replace(log=tally.log[: tally.n_log[0]].copy())


