"""The workforce loop inside the engines: what demand does to posts, what the switch leaves as it was, what a branch carries on."""

import dataclasses

import numpy as np
import pytest
from changed_model import more_families
from test_engines_agree import assert_same, both, compiled, later, present

from sim import engine
from sim.kernels import layout as L
from sim.kernels.tally import PEAK_PRESSURE
from sim.kernels.workforce import AGENCY, VACANT
from sim.model import CompiledModel

pytestmark = pytest.mark.e2e
AREA, ROOMY, FIRST, MONTHS, SEED = ("Bolton",), ("Torbay",), "2025-04", 36, 1  # Bolton works above 1 all along


def with_rules(model: CompiledModel, **rules: object) -> CompiledModel:
    """The model of a scenario whose rules of the workforce are others; numbers stand for their entries' values."""
    own = model.scenario.settings.workforce
    changed = {name: getattr(own, name).model_copy(update={"value": x}) if isinstance(x, float) else x for name, x in rules.items()}
    settings = model.scenario.settings.model_copy(update={"workforce": own.model_copy(update=changed)})
    return dataclasses.replace(model, scenario=dataclasses.replace(model.scenario, settings=settings), _drawn={})


def run(model, seed=SEED, months=MONTHS, log=False) -> L.Tally:
    return engine.simulate(model, present(model.areas, FIRST, seed), FIRST, later(FIRST, months - 1), seed, 0, log)[0]


def test_engines_agree_while_posts_follow_pressure_above_1():
    model = with_rules(compiled(AREA, "baseline", FIRST), turnover_response=3.0)
    fast, slow = both(model, present(AREA, FIRST, SEED), FIRST, later(FIRST, MONTHS - 1), SEED)
    assert_same(fast, slow)
    assert slow.posts.tobytes() == fast.posts.tobytes()
    assert fast.counters[PEAK_PRESSURE] > 1_000_000
    assert fast.posts[0, -1, VACANT] > 1.05 * fast.posts[0, 0, VACANT]
    capacity = fast.work / fast.pressure
    assert capacity[0, -1] < 0.995 * capacity[0, 6]


def test_a_tenth_more_demand_leaves_more_posts_vacant_and_more_agency_workers():
    model = compiled(ROOMY, "baseline", FIRST)
    for seed in (1, 2, 3):
        base, more = run(model, seed), run(more_families(model, 1.1, "2026-04"), seed)
        start = model.month("2026-04") - model.month(FIRST)
        assert (more.posts[0, : start + 1] == base.posts[0, : start + 1]).all()
        assert more.work[0, start + 6 :].mean() > base.work[0, start + 6 :].mean()
        assert more.posts[0, -1, VACANT] > base.posts[0, -1, VACANT]
        assert more.posts[0, -1, AGENCY] > base.posts[0, -1, AGENCY]


def test_switched_off_posts_and_capacity_are_those_published():
    """To the last bit, with pressure above 1; and switched on it makes a difference to families."""
    on, off = compiled(AREA, "baseline", FIRST), with_rules(compiled(AREA, "baseline", FIRST), follows_pressure=False)
    arrays, first = off.for_draw(SEED, 0), off.month(FIRST)
    without, with_loop = run(off, log=True), run(on, log=True)
    months = slice(first, first + MONTHS)
    assert without.posts.tobytes() == arrays.posts[:, months].tobytes()
    assert (without.pressure == without.work / arrays.team_capacity[:, months]).all()
    assert without.counters[PEAK_PRESSURE] > 1_000_000
    assert not np.array_equal(without.log, with_loop.log)


def test_a_run_cut_while_posts_move_goes_on_as_if_it_had_not_been():
    model, cut = compiled(AREA, "baseline", FIRST), 15
    whole = run(model)
    start = present(AREA, FIRST, SEED)
    half, state = engine.simulate(model, start, FIRST, later(FIRST, cut - 1), SEED, 0)
    rest, _ = engine.simulate(model, state, later(FIRST, cut), later(FIRST, MONTHS - 1), SEED, 0)
    assert np.concatenate([half.posts, rest.posts], axis=1).tobytes() == whole.posts.tobytes()
    assert (np.diff(whole.posts[0, 6:, VACANT]) != 0).all()
