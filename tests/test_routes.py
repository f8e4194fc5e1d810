"""Remand, secure homes, staying put and repeat plans: by hand, in both engines, and in the direction that they should act."""

import dataclasses
import math
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from test_engines_agree import assert_same, both, compiled, later, present
from tiny_arrays import filled

from scenarios.actions_of_places import NationalCapacity
from scenarios.distributions import Distribution
from scenarios.loading import load
from scenarios.timeline import MonthSeries
from sim import engine
from sim.compile_placements import national_chance, national_ratio, offers
from sim.cost_lines import assumption
from sim.costing import WEEKS_PER_YEAR, leaving_care_rate
from sim.kernels import layout as L
from sim.kernels.household import note_plan
from sim.kernels.layout import YEAR
from sim.model import CompiledModel, compile_model

AREA, FIRST, YEARS, SEED = ("Bolton",), "2025-04", 3, 1
OFTEN = """
  stages.child_in_need.transitions.remanded.rates_per_year.per_year: [0.3]
  stages.care_order.transitions.remanded.rates_per_year.per_year: [0.05]
  placement_plans.move.weights.secure_home: [0.0, 0.0, 0.0, 1.0, 1.0]
  placement_plans.remand.weights.secure_home: [0.0, 0.0, 0.0, 0.3, 0.3]
"""


@cache
def often(more: str = "") -> CompiledModel:
    """Bolton, small, with many remanded and many planned for a secure home, and whatever else is set (`path: value` lines)."""
    small = compiled(AREA, "baseline", FIRST)
    scenario = written("name: Often\nextends: baseline\nset:" + OFTEN + "".join(f"  {line}\n" for line in more.split(";") if line))
    return dataclasses.replace(small, scenario=scenario, last=later(FIRST, 12 * YEARS - 1), _drawn={})


def written(text: str):
    """A scenario from text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "often.yaml"
        path.write_text(text)
        return load(str(path))


def run(model: CompiledModel, seed: int = SEED):
    return engine.simulate(model, present(AREA, FIRST, seed), FIRST, model.last, seed, 0, log=True)


def column(model: CompiledModel, name: str) -> int:
    return model.stage_names.index(name)


def occupants(model: CompiledModel, state: L.State, stage: str) -> np.ndarray:
    """Rows of the children of the authority in a stage at the end."""
    children = state.children[0]
    return np.flatnonzero((children["used"] > 0) & (children["stages"] == column(model, stage)).any(axis=1))


# ---------------------------------------------------------------- remand


@pytest.mark.e2e
def test_engines_agree_where_many_are_remanded_and_wait_for_secure_homes():
    model = often()
    fast, slow = both(model, present(AREA, FIRST, SEED), FIRST, model.last, SEED)
    assert_same(fast, slow)
    assert (fast.repeat_plans == slow.repeat_plans).all()
    met = ("remand", "secure_home", "awaiting_secure_home", "youth_detention", "staying_put")
    entered = {name: int(fast.entered[0, :, column(model, name)].sum()) for name in met}
    assert min(entered.values()) >= 3, entered
    assert fast.repeat_plans[0, :, 0].sum() >= fast.repeat_plans[0, :, 1].sum() > 0


@pytest.mark.e2e
def test_remand_has_a_plan_of_its_own_ends_by_its_own_outcomes_and_nobody_on_it_waits():
    model = often()
    tally, state = run(model)
    remanded = occupants(model, state, "remand")
    lives = state.children[0]["stages"][remanded, L.ON_PLACEMENT]
    allowed = {column(model, name) for name in model.pathway.placement_plans.remand.weights} | {
        column(model, name) for name in ("kinship_foster", "agency_foster", "childrens_home", "unregistered")
    }
    assert len(remanded) > 3
    assert set(lives) <= allowed - {column(model, "awaiting_secure_home")}
    fired = {name.split(".")[1]: tally.fired[0, :, k].sum() for k, name in enumerate(model.transition_names) if name.startswith("remand.")}
    assert all(fired.values()), fired
    left = tally.left[0, :, column(model, "remand")].sum()
    assert 0.7 * left <= sum(fired.values()) <= left  # the rest turn 18, or leave for independent living or another authority


@pytest.mark.e2e
def test_a_child_in_care_who_is_remanded_keeps_care_and_the_order():
    model = often()
    _, state = run(model)
    detained = occupants(model, state, "youth_detention")
    legal = state.children[0]["stages"][detained, L.ON_LEGAL]
    assert {column(model, "care_order"), column(model, "remand")} <= set(legal)
    assert (state.children[0]["stages"][detained, L.ON_CARE] == column(model, "looked_after")).all()


# ---------------------------------------------------------------- secure homes


@pytest.mark.unit
def test_chance_and_offers_follow_the_number_of_places():
    model = compile_model(load("baseline"), AREA, "2026-03", FIRST)
    pathway, names = model.pathway, model.names
    stated = np.array(pathway.stages["secure_home"].national.found_at_once)
    scale = np.array([1.0, 2.0, 0.5])
    table = national_chance(pathway, names, scale)[names.stages.index("secure_home")]
    assert national_ratio(pathway) == {"secure_home": 1.0}
    assert table[:, 0] == pytest.approx(stated)
    assert table[:, 1] == pytest.approx(1 - (1 - stated) ** 2)
    assert (table[:, 2] < stated).all()
    assert {names.transitions[k]: times.tolist() for k, times in offers(pathway, names, scale).items()} == {
        "awaiting_secure_home.offered": [1.0, 2.0, 0.5]
    }


@pytest.mark.unit
def test_a_lever_and_an_override_both_change_the_number_of_places():
    lever = NationalCapacity("secure.ratio", "secure_homes", Distribution.fixed(1.5), MonthSeries.window("2025-10"))
    base = compile_model(load("baseline"), AREA, "2026-03", FIRST)
    more = often("stages.secure_home.national.places: 460")
    stage, k = base.names.stages.index("secure_home"), base.names.transitions.index("awaiting_secure_home.offered")
    p = base.for_draw(1, 0).national_chance[stage, 0, 0]
    assert more.for_draw(1, 0).national_chance[stage, 0, -1] == pytest.approx(1 - (1 - p) ** 2)
    reform = dataclasses.replace(base, _drawn={})
    reform.__dict__["actions"] = (lever,)
    arrays, month = reform.for_draw(1, 0), base.month("2025-10")
    assert arrays.national_chance[stage, 0, month - 1] == pytest.approx(p)
    assert arrays.national_chance[stage, 0, month] == pytest.approx(1 - (1 - p) ** 1.5)
    factor = arrays.row_factor[0, arrays.transitions["row"][k]]
    assert factor[month] == pytest.approx(1.5 * factor[month - 1])


@pytest.mark.e2e
def test_more_secure_places_mean_fewer_waiting_and_fewer_places_more():
    days = {}
    for places in (60, 230, 900):
        model = often(f"stages.secure_home.national.places: {places}")
        tallies = [run(model, seed)[0] for seed in (1, 2, 3)]
        days[places] = [sum(t.unit_days[0, :, column(model, name)].sum() for t in tallies) for name in ("awaiting_secure_home", "secure_home")]
    assert days[60][0] > 1.2 * days[230][0] > 1.2 * 1.2 * days[900][0]
    assert days[60][1] < days[230][1] < days[900][1]


# ---------------------------------------------------------------- staying put


@pytest.mark.e2e
def test_staying_put_ends_at_21_and_makes_no_care_leaver_more_or_less():
    found = {}
    for share in (0.0, 1.0):
        model = often(f"stages.staying_put.staying_put.share: {share}")
        tally, state = run(model)
        here = occupants(model, state, "staying_put")
        births = state.families[0]["births"][state.children[0]["family"][here], state.children[0]["slot"][here]]
        assert (state.clock[0] - births < 21.0 * YEAR + 1e-6).all()
        stages = [column(model, name) for name in ("care_leaver", "staying_put")]
        found[share] = tally.entered[0][:, stages].sum(axis=0), tally.units_end[0, -1, stages].sum(), len(here)
    assert found[0.0][0][1] == 0
    assert found[1.0][0][1] > 5
    assert found[1.0][2] > 0
    assert abs(found[1.0][1] - found[0.0][1]) <= 2  # 0.4 % a year less support ends at 18 to 21


@pytest.mark.unit
def test_what_staying_put_costs_is_taken_out_of_the_line_it_was_in():
    figures = compile_model(load("baseline"), ("Leeds",), "2026-03", FIRST).figures[0]
    whole = figures.get("leaving_care_gbp_per_care_leaver_year")
    staying = assumption("staying_put_per_care_leaver") * assumption("staying_put_gbp_per_week") * WEEKS_PER_YEAR
    assert 0 < staying < 0.2 * whole
    assert leaving_care_rate(figures) + staying == pytest.approx(whole)


# ---------------------------------------------------------------- repeat plans


@pytest.mark.unit
@pytest.mark.parametrize(
    ("ended", "expected"),
    [(-math.inf, (0, 0)), (1000.0 - 1.9 * YEAR, (1, 1)), (1000.0 - 2.1 * YEAR, (1, 0)), (1000.0 - 30.0, (2, 2))],
)
def test_children_with_an_earlier_plan_are_those_whom_the_family_had_when_it_ended(ended, expected):
    """One of nine years, one born 100 days ago, one of 17 who has left home, one not born yet."""
    families = np.zeros((1, 1), L.FAMILY)
    family = families[0, 0]
    family["n_children"], family["last_plan_end"] = 4, ended
    family["births"][:4] = [1000.0 - 17 * YEAR, 1000.0 - 9 * YEAR, 1000.0 - 100.0, 1000.0 + 400.0]
    family["home"][:4] = [L.LEFT, L.AT_HOME, L.AT_HOME, L.AT_HOME]
    state, s = filled(L.STATE_FIELDS, families=families, clock=[1000.0, 0.0])
    tally, y = filled(L.TALLY_FIELDS, repeat_plans=np.zeros((1, 1, 2)))
    note_plan(s.address, y.address, 0, 0, 1000.0)
    assert tuple(tally.repeat_plans[0, 0]) == expected
    assert state.families[0, 0]["last_plan_end"] == ended
