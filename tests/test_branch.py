"""The copy that scenarios branch from is complete: a run cut at any month and gone on with is the run that was never cut.

Everything is compared to the last bit: event log, every count, and every array of the state at the end (ruling 38).
"""

import numpy as np
import pytest
from test_engines_agree import BRANCH, REGION, compiled, later, present

from sim import engine
from sim.history import pack, unpack
from sim.kernels import layout as L
from sim.kernels.schedule import threshold_of
from sim.state import compact
from sim.tallies import after

pytestmark = pytest.mark.e2e

SEED = 3
CUTS = (1, 7, 13, 30)
CASES = {  # short-handed, everything scarce (`test_engines_agree`); levers start within, places are pooled from the third year
    "one authority": (("Bolton",), "baseline"),
    "a lever mid-ramp": (("Bolton",), "early-help"),
    "shares reached": (("Kent",), "kinship"),
    "a pooled region": (REGION, "regional-care-cooperative"),
}
MONTHS = 36


def settled(state: L.State) -> L.State:
    """The state at rest. A threshold not asked for yet is kept as a uniform: written as what it will be."""
    state = compact(state)
    for slots in (state.family_slots, state.child_slots):
        residual = slots["residual"]
        asked = np.array([threshold_of(value) for value in residual[residual < 0.0].tolist()])
        residual[residual < 0.0] = asked
    beyond = np.arange(state.waiting.shape[2]) >= state.n_waiting[:, :, None]  # who once waited there
    return state._replace(waiting=np.where(beyond, -1, state.waiting))


def bits(array: np.ndarray) -> list[bytes]:
    """The bytes of an array, record fields one by one (what pads a record may be anything)."""
    return [np.ascontiguousarray(array[name]).tobytes() for name in array.dtype.names] if array.dtype.names else [array.tobytes()]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("case", CASES)
def test_branching_at_any_month_equals_running_through(case, cut):
    areas, name = CASES[case]
    first = BRANCH["regional-care-cooperative"] if len(areas) > 1 else BRANCH[name]
    model, start = compiled(areas, name, first), present(areas, first, SEED)
    middle, last = later(first, cut), later(first, MONTHS - 1)
    whole, end = engine.simulate(model, start, first, last, SEED, 0, log=True)
    half, kept = engine.simulate(model, start, first, later(middle, -1), SEED, 0, log=True)
    rest, rested = engine.simulate(model, unpack(pack((compact(kept),)), (L.State,))[0], middle, last, SEED, 0, log=True)

    assert len(whole.log) > 500
    assert np.array_equal(np.concatenate([half.log, rest.log]), whole.log)
    joined = after(half, rest)
    for field in L.TALLY_FIELDS:
        if field not in ("log", "n_log", "counters", "stay_days"):  # stays are measured from where a tally began
            assert np.array_equal(getattr(joined, field), getattr(whole, field)), field
    assert joined.counters[0] == whole.counters[0]
    for field, one, other in zip(L.State._fields, settled(end), settled(rested), strict=True):
        assert bits(one) == bits(other), field


@pytest.mark.parametrize("field", ["slowing", "accounts", "price", "supply", "filled", "use_days"])
def test_a_copy_that_forgot_something_would_be_noticed(field):
    """The control: what the test above compares depends on every one of these."""
    model, first = compiled(("Bolton",), "baseline", "2025-04"), "2025-04"
    start, last = present(("Bolton",), first, SEED), later(first, 23)
    forgetful = start._replace(**{field: np.where(getattr(start, field) == 0, 1, getattr(start, field) // 2).astype(getattr(start, field).dtype)})
    one, _ = engine.simulate(model, start, first, last, SEED, 0)
    other, _ = engine.simulate(model, forgetful, first, last, SEED, 0)
    assert any(not np.array_equal(getattr(one, name), getattr(other, name)) for name in L.TALLY_FIELDS if name != "log")
