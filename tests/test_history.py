"""Histories kept in the cache: found again, the same to the last bit, and made again when they cannot be read."""

from dataclasses import replace

import numpy as np
import pytest

from scenarios.draws import FittedDraws
from scenarios.loading import load
from sim import history
from sim.history import counted_past, fingerprint, history_model, pack, past, unpack
from sim.kernels import layout as L
from sim.model import compile_model, digest_of

pytestmark = pytest.mark.e2e

AREA, UNTIL = "Rutland", "2021-04"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARECURVE_CACHE", str(tmp_path))
    return tmp_path


def same(one: tuple, other: tuple) -> bool:
    return all(a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(one, other, strict=True))


def test_a_history_is_found_again_and_is_what_it_was():
    scenario = load("baseline")
    first, was_cached = past(scenario, AREA, UNTIL, 5, 0)
    assert not was_cached
    history._models.clear()  # as a new process would: its model is compiled again, in memory that held something else
    again, was_cached = past(scenario, AREA, UNTIL, 5, 0)
    assert was_cached
    assert same(first, again)
    other, was_cached = past(scenario, AREA, UNTIL, 5, 1)
    assert not was_cached
    assert not same(first, other)


def test_what_was_counted_before_the_branch_is_kept_with_it():
    scenario, month = load("baseline"), "2020-10"
    state, tally, was_kept = counted_past(scenario, AREA, month, UNTIL, 5, 0)
    assert not was_kept
    again = counted_past(scenario, AREA, month, UNTIL, 5, 0)
    assert again[2]
    assert same(again[0], state)
    assert same(again[1], tally)
    plain, _ = past(scenario, AREA, UNTIL, 5, 0)
    assert (plain.units == state.units).all()
    assert plain.accounts.tobytes() == state.accounts.tobytes()
    assert (tally.units_end[0, -1] == state.units[0]).all()
    assert tally.units_end.shape[1] == 6


def test_the_past_is_made_with_the_settings_at_the_bottom_of_the_chain():
    """Whichever scenario of a chain is run first: they share a past, so a setting of its own must not be in it."""
    scenario = load("baseline")
    own = scenario.settings.model_copy(update={"workforce": None, "budget": scenario.settings.budget.model_copy(update={"in_force": False})})
    other = replace(scenario, settings=own)
    assert other.history_hash == scenario.history_hash
    pasts = [compile_model(each, (AREA,), branch="2026-04", history=True).fingerprint for each in (scenario, other)]
    assert pasts[0] == pasts[1]
    assert len({compile_model(each, (AREA,), branch="2026-04").fingerprint for each in (scenario, other)}) == 2


def test_scenarios_with_fitted_draws_share_the_history_of_those_without():
    scenario = load("baseline")
    first, _ = past(scenario, AREA, UNTIL, 5, 3)
    drawn = scenario.with_draws(FittedDraws(2026, {AREA: {"s47": np.full((2, 5), 1.3), "new_family_referrals": np.full((2, 5), 1.5)}}))
    again, was_cached = past(drawn, AREA, UNTIL, 5, 3)
    assert was_cached
    assert same(first, again)


def test_a_damaged_history_is_simulated_again(cache):
    scenario = load("baseline")
    first, _ = past(scenario, AREA, UNTIL, 6, 0)
    (kept,) = cache.rglob("*.lz4")
    whole = kept.read_bytes()
    for damaged in (b"", whole[:100], whole[: len(whole) // 2], b"\0" * len(whole)):
        kept.write_bytes(damaged)
        state, was_cached = past(scenario, AREA, UNTIL, 6, 0)
        assert not was_cached
        assert same(first, state)
    assert same(first, unpack(pack((first,)), (L.State,))[0])


def test_the_name_hashes_what_decides_a_history_and_not_what_pads_its_records():
    scenario = load("baseline")
    compiled = history_model(scenario, AREA, UNTIL)
    model = compiled.for_draw(0, 0)
    steps = model.transitions.copy()
    raw, offsets = steps.view(np.uint8).reshape(len(steps), -1), np.zeros(steps.dtype.itemsize, bool)
    for kind, offset in (field[:2] for field in steps.dtype.fields.values()):
        offsets[offset : offset + kind.itemsize] = True
    raw[:, ~offsets] = 173
    assert digest_of(model._replace(transitions=steps)) == digest_of(model)
    for change in ({"rates": model.rates * 1.001}, {"places": model.places + 1}):
        assert digest_of(model._replace(**change)) != digest_of(model)
    assert len({fingerprint(compiled, seed, replicate) for seed in (1, 2) for replicate in (0, 1)}) == 4
