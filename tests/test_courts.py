"""Courts: weeks follow open proceedings over capacity after the last published year, both ways; published before; a switch; a lever."""

import dataclasses

import numpy as np
import pytest
from changed_model import Changed, from_month, more_families
from test_engines_agree import assert_same, both, compiled, later, present
from tiny_arrays import filled

from scenarios.loading import load
from sim import engine
from sim.compile_actions import national_capacity
from sim.kernels import layout as L
from sim.kernels.courts import FOLLOWS_WORK, REFERENCE, RESPONSE, court_pressure, open_proceedings
from sim.model import CompiledModel, compile_model

AREA, FIRST, MONTHS, LAST = ("Bolton",), "2025-04", 60, 24


def world(follows: float = 1.0, capacity: float = 1.0):
    """One authority, three stages of which the second is in court; month 24 is the first whose weeks are not published."""
    _, handle = filled(
        L.MODEL_FIELDS, in_court=[0, 1, 0], court_rules=[1.4, 0.5, follows], unpublished_from=[LAST], court_capacity=np.full(40, capacity)
    )  # fmt: skip
    return handle


@pytest.mark.unit
def test_only_proceedings_are_courts_work():
    assert open_proceedings(world().address, np.array([50, 12, 7])) == 12


@pytest.mark.unit
def test_last_published_year_sets_the_capacity_and_is_not_slowed():
    handle, reference = world(), np.zeros(1)
    for month in range(LAST):
        assert court_pressure(handle.address, reference, 0, month, 40) == 0.0
    assert reference[0] == 40 * 11  # the ends of April to February; the end of March is the first instant after
    assert court_pressure(handle.address, reference, 0, LAST, 40) == pytest.approx(1.4)
    assert court_pressure(handle.address, reference, 0, LAST + 1, 60) == pytest.approx(1.4 * 1.5)
    assert court_pressure(handle.address, reference, 0, LAST + 2, 20) == pytest.approx(0.7)
    assert reference[0] == 40 * 12


@pytest.mark.unit
def test_more_capacity_means_less_pressure_and_the_switch_means_none():
    reference = np.array([480.0])
    assert court_pressure(world(capacity=1.4).address, reference, 0, LAST + 1, 40) == pytest.approx(1.0)
    assert court_pressure(world(follows=0.0).address, reference, 0, LAST + 1, 4000) == 0.0


@pytest.mark.unit
def test_weeks_are_those_published_at_the_reference_pressure_and_in_history():
    on = load("baseline")
    settings = on.settings.model_copy(update={"courts": on.settings.courts.model_copy(update={"follows_work": False})})
    off = dataclasses.replace(on, settings=settings)
    with_loop, without = (compile_model(each, AREA, "2026-03", FIRST) for each in (on, off))
    pace, published = with_loop.static.court[0], without.static.court[0]
    month, rules = with_loop.month(FIRST), with_loop.static.tables["court_rules"]
    assert (pace[:month] == published[:month]).all()
    assert pace[month:] == pytest.approx(published[month:] * rules[REFERENCE] ** rules[RESPONSE])
    assert published[with_loop.month("2024-03")] == 1.0  # the pathway's own year
    assert without.static.tables["court_rules"][FOLLOWS_WORK] == 0.0
    assert with_loop.static.tables["in_court"].sum() == 1


@pytest.mark.unit
def test_the_lever_scales_capacity_from_its_start(tmp_path):
    path = tmp_path / "faster.yaml"
    path.write_text(
        "name: Faster\nextends: baseline\nlevers:\n"
        "  - national_capacity: {name: sitting_days, of: courts, start: 2026-04, ratio: 1.2, ramp_months: 2}\n"
    )
    scenario = load(str(path))
    drawn = {("sitting_days.ratio", "ratio"): 1.2}
    months = ["2026-03", "2026-04", "2026-05", "2026-06"]
    assert national_capacity(scenario.actions, drawn, "courts", months) == pytest.approx([1.0, 1.1, 1.2, 1.2])
    assert (national_capacity(scenario.actions, drawn, "secure_homes", months) == 1.0).all()


# ---------------------------------------------------------------- in the engines


def with_rules(model: CompiledModel, **rules: object) -> CompiledModel:
    """The model of a scenario whose rules of the courts are others; numbers stand for their entries' values."""
    own = model.scenario.settings.courts
    changed = {name: getattr(own, name).model_copy(update={"value": x}) if isinstance(x, float) else x for name, x in rules.items()}
    settings = model.scenario.settings.model_copy(update={"courts": own.model_copy(update=changed)})
    return dataclasses.replace(model, scenario=dataclasses.replace(model.scenario, settings=settings), _drawn={})


def sitting(model: CompiledModel, times: float, month: str) -> Changed:
    """A model whose courts have more or less capacity from a month on."""
    return Changed(model, lambda arrays: {"court_capacity": from_month(arrays.court_capacity, model.month(month), times)})


def weeks(tally: L.Tally, model, months: slice) -> float:
    """Mean weeks of proceedings: days open over those that ended."""
    stage = model.stage_names.index("care_proceedings")
    return tally.unit_days[:, months, stage].sum() / tally.left[:, months, stage].sum() / 7.0


def run(model, seed=1, months=MONTHS, log=False) -> L.Tally:
    return engine.simulate(model, present(AREA, FIRST, seed), FIRST, later(FIRST, months - 1), seed, 0, log)[0]


def long_model() -> CompiledModel:
    model = compiled(AREA, "baseline", FIRST)
    return dataclasses.replace(model, last=later(FIRST, MONTHS - 1), _drawn={})


@pytest.mark.e2e
@pytest.mark.parametrize(("reference", "response"), [(1.4, 0.5), (1.5, 1.0)])
def test_engines_agree_while_courts_are_pressed(reference, response):
    model = with_rules(compiled(AREA, "baseline", FIRST), reference=reference, response=response)
    fast, slow = both(model, present(AREA, FIRST, 2), FIRST, later(FIRST, 23), 2)
    assert_same(fast, slow)
    assert fast.court_pressure.tobytes() == slow.court_pressure.tobytes()
    assert (fast.court_work == slow.court_work).all()
    assert fast.court_pressure.max() > 1.2 * reference
    assert fast.court_pressure.min() < reference


@pytest.mark.e2e
def test_more_capacity_shortens_proceedings_less_and_more_families_lengthen_them():
    model, months = long_model(), slice(12, MONTHS)
    found = {}
    start = later(FIRST, 1)
    changed = {"base": model, "more": sitting(model, 1.3, start), "less": sitting(model, 0.75, start), "families": more_families(model, 1.3, start)}
    for name, other in changed.items():
        tallies = [run(other, seed) for seed in (1, 2, 3, 4)]
        found[name] = np.mean([weeks(tally, model, months) for tally in tallies])
    assert found["more"] < 0.97 * found["base"]
    assert found["less"] > 1.03 * found["base"]
    assert found["families"] > 1.02 * found["base"]


@pytest.mark.e2e
def test_switched_off_capacity_changes_nothing_and_weeks_are_those_published():
    """To the last bit; and switched on it makes a difference to families."""
    model = with_rules(long_model(), follows_work=False)
    off, tight = run(model, log=True), run(sitting(model, 0.5, later(FIRST, 1)), log=True)
    assert np.array_equal(off.log, tight.log)
    assert (off.court_pressure == 0.0).all()
    assert not np.array_equal(off.log, run(long_model(), log=True).log)


@pytest.mark.e2e
def test_a_run_cut_while_courts_are_pressed_goes_on_as_if_it_had_not_been():
    model, cut = compiled(AREA, "baseline", FIRST), 11
    whole = run(model, months=24)
    half, state = engine.simulate(model, present(AREA, FIRST, 1), FIRST, later(FIRST, cut - 1), 1, 0)
    rest, _ = engine.simulate(model, state, later(FIRST, cut), later(FIRST, 23), 1, 0)
    assert np.concatenate([half.court_pressure, rest.court_pressure], axis=1).tobytes() == whole.court_pressure.tobytes()
    assert np.concatenate([half.left, rest.left], axis=1).tobytes() == whole.left.tobytes()
