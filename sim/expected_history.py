"""The past of the expected engine: an authority's months up to the branch, worked out once a process."""

from __future__ import annotations

import threading
from collections import OrderedDict

from scenarios.loading import Scenario
from scenarios.timeline import add_months
from sim.expected import ExpectedState, simulate
from sim.history import history_model
from sim.kernels.layout import Tally

KEPT = 200  # pasts kept at once: more than the authorities of England
_pasts: OrderedDict[tuple, tuple[ExpectedState, Tally]] = OrderedDict()
_lock = threading.Lock()


def expected_past(scenario: Scenario, area: str, counted_from: str, until: str) -> tuple[ExpectedState, Tally, bool]:
    """Return the state at the start of month `until`, the tally of the months from `counted_from` to it, and whether both were there already."""
    key = (scenario.history_hash, area, counted_from, until)
    with _lock:
        if key in _pasts:
            return (*_pasts[key], True)
    compiled = history_model(scenario, area, until)
    _, before = simulate(compiled, None, compiled.first, add_months(counted_from, -1))
    tally, state = simulate(compiled, before, counted_from, compiled.last)
    with _lock:
        _pasts[key] = (state, tally)
        while len(_pasts) > KEPT:
            _pasts.popitem(last=False)
    return state, tally, False
