"""Pressure inside the engines: too few staff slow what teams work on, more free it, and the switch leaves everybody's pace alone."""

import dataclasses

import pytest
from changed_model import Changed, from_month
from test_engines_agree import assert_same, both, compiled, later, present

from sim import engine
from sim.kernels import layout as L
from sim.kernels.tally import PEAK_PRESSURE
from sim.model import CompiledModel

pytestmark = pytest.mark.e2e
AREA, FIRST, MONTHS, SEED = ("Bolton",), "2025-04", 36, 1  # works above 1 all along


def staffed(model: CompiledModel, times: float, month: str) -> Changed:
    """A model with more or fewer case-holders from a month on."""
    return Changed(model, lambda arrays: {"team_capacity": from_month(arrays.team_capacity, model.month(month), times)})


def unhurried(model: CompiledModel) -> CompiledModel:
    """The model of a scenario whose teams keep their pace."""
    pressure = model.scenario.settings.pressure.model_copy(update={"slows_teams": False})
    settings = model.scenario.settings.model_copy(update={"pressure": pressure})
    return dataclasses.replace(model, scenario=dataclasses.replace(model.scenario, settings=settings), _drawn={})


def run(model, seed=SEED) -> tuple[L.Tally, L.State]:
    return engine.simulate(model, present(AREA, FIRST, seed), FIRST, later(FIRST, MONTHS - 1), seed, 0, True)


def test_fewer_staff_leave_more_work_in_hand_and_more_staff_less():
    model = compiled(AREA, "baseline", FIRST)
    for seed in (1, 2, 3):
        (fewer, _), (base, _), (more, _) = (run(staffed(model, times, "2025-10"), seed) for times in (0.9, 1.0, 1.1))
        assert fewer.work[0, 12:].mean() > base.work[0, 12:].mean() > more.work[0, 12:].mean()
        assert (fewer.work[0, :7] == base.work[0, :7]).all()


def test_switched_off_teams_keep_their_pace_though_pressure_is_counted():
    model = compiled(AREA, "baseline", FIRST)
    (slowed, kept), (even, free) = run(model), run(unhurried(model))
    branch = model.month(FIRST)
    assert even.counters[PEAK_PRESSURE] > 1_000_000
    assert (free.slowing[0, L.SOCIAL_WORK - 1, branch:] == 1.0).all()
    assert (kept.slowing[0, L.SOCIAL_WORK - 1, branch:] < 1.0).any()
    assert (free.slowing[0, L.SOCIAL_WORK - 1, :branch] == kept.slowing[0, L.SOCIAL_WORK - 1, :branch]).all()  # the past is what it was
    assert even.work[0, 12:].mean() < slowed.work[0, 12:].mean()


def test_engines_agree_while_teams_keep_their_pace():
    model = unhurried(compiled(AREA, "baseline", FIRST))
    assert_same(*both(model, present(AREA, FIRST, SEED), FIRST, later(FIRST, 11), SEED))
