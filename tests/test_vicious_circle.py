"""Need that answers family support: by hand, in both engines, against theory; and the vicious circle through the budget, on and off."""

import numpy as np
import pytest
from benchmark_script import script

import carecurve as cc
from scenarios.loading import load
from sim import engine, reference
from sim.compile_budget import follows_need
from sim.history import past
from sim.kernels import budget
from sim.kernels import layout as L
from sim.model import compile_model

AREA, CIRCLE = "Sefton", script("vicious_circle")
scenario = CIRCLE.scenario


CUT = """name: Cut at once
extends: baseline
set:
  settings.budget.in_force: false
  settings.budget.need_response.range: [0.0, 1.0]
  settings.budget.need_response.value: 1.0
levers:
  - family_support_budget:
      start: 2025-04
      support:
        ratio: {value: 0.5, range: [0.4, 0.6], unit: ratio, source: "made up for a test", status: assumed}
"""


@pytest.mark.unit
@pytest.mark.parametrize(
    ("planned", "level", "expected"),
    [
        (1.0, 1.0, 1.0),  # as planned
        (1.0, 0.5, 1.0 + 0.2 * 0.73 * 0.5),  # half of what is not ring-fenced is gone
        (0.5, 1.0, 1.0 + 0.2 * 0.5),  # planned at half, none saved
        (0.5, 0.5, 1.0 + 0.2 * (1 - 0.5 * (0.27 + 0.73 * 0.5))),
        (0.0, 1.0, 1.2),  # none at all: the response itself
        (20.0, 1.0, 0.1),  # however much: a tenth of need is left
    ],
)
def test_need_answers_the_share_of_family_support_that_is_gone(planned, level, expected):
    assert budget.need(planned, level, 0.27, 0.2) == pytest.approx(expected)


@pytest.mark.unit
def test_only_hazards_that_run_on_by_themselves_follow_need_and_none_in_the_baseline():
    compiled, plain = compile_model(load("austerity"), (AREA,)), compile_model(load("baseline"), (AREA,))
    assert follows_need(plain) == set()
    named = follows_need(compiled)
    assert {"closed.re_referral", "child_in_need.accommodated", "assessment.police_protection"} <= named
    steps = {f"{stage}.{name}": compiled.pathway.stages[stage].step_driven_by(step) for stage, name, step in compiled.pathway.steps()}
    assert {steps[name] for name in named} == {"family"}
    arrays, names = compiled.for_draw(0, 0), compiled.names.transitions
    followed = {names[k] for k in range(len(names)) if arrays.row_driver[arrays.transitions["row"][k]] == L.FAMILY_SUPPORT}
    assert followed == named
    first = int(arrays.unpublished_from[0])
    assert (arrays.need_most[:first] == 1.0).all()
    assert arrays.need_most[-1] == pytest.approx(1.0 + 0.11 * (1.0 - arrays.support_planned[-1] * (0.27 + 0.73 * 0.5)))
    assert (plain.for_draw(0, 0).need_most == 1.0).all()


@pytest.mark.e2e
def test_engines_agree_when_need_answers_and_accounts_hold_what_is_planned(tmp_path):
    tight = scenario(tmp_path, "tight", "austerity", need_response=1.0, saved_per_pound_of_overspend=0.5)
    state, _ = past(tight, AREA, "2025-04", 1, 0)
    compiled = compile_model(tight, (AREA,), "2028-06", "2025-04")
    fast, end = engine.simulate(compiled, state, "2025-04", "2028-06", 1, 0, True)
    slow, _ = reference.simulate(compiled, state, "2025-04", "2028-06", 1, 0, True)
    assert (fast.log == slow.log).all()
    assert (fast.accounts_end == slow.accounts_end).all()
    pace = end.slowing[0, L.FAMILY_SUPPORT - 1]
    assert len(np.unique(pace)) > 12  # it moves with the ramp and with the level
    assert (pace < 1.0).any()
    planned = compiled.for_draw(1, 0).support_planned[compiled.month("2028-06")]
    assert fast.accounts_end[0, -1, budget.PLANNED] == planned
    assert 0.70 < planned < 0.95  # 27 of 60 months of a cut of a fifth to two fifths
    assert fast.accounts_end[0, -1, budget.LEVEL] < 1.0


@pytest.mark.statistical
def test_half_of_family_support_gone_raises_hazards_by_half_of_the_response(tmp_path):
    """Theory: response 1, half of it gone, so hazards of entering care x 1.5 at once; in a year the families at risk hardly change.

    With more in care, fewer are left to enter it; with more coming back, more: a few per cent either way in the first year.
    """
    path = tmp_path / "cut.yaml"
    path.write_text(CUT)
    found = cc.compare(scenario(tmp_path, "plain", "baseline", in_force=False), str(path), area="Kent", runs=16, until="2026-03", effects="central")
    before, after = (each.annual.sel(measure="cla_started_non_uasc", year_ending=2026).sum("area").to_numpy() for each in found.scenarios)
    error = np.std(after - 1.5 * before, ddof=1) / before.mean() / np.sqrt(len(before))
    assert abs(after.mean() / before.mean() - 1.5) < 2.6 * error + 0.05


@pytest.fixture(scope="module")
def circles(tmp_path_factory) -> dict[str, tuple]:
    return CIRCLE.circles(tmp_path_factory.mktemp("circle"), AREA, until="2031-03")


def late(pair: tuple, measure: str) -> float:
    """Austerity less its baseline in the fifth and sixth year, the cut complete."""
    return CIRCLE.late(pair, measure, slice(2030, 2031))


@pytest.mark.statistical
def test_austerity_raises_later_care_and_its_cost_and_the_circle_turns_through_the_budget_alone(circles):
    for measure in ("cla_started", "cla_at31", "care"):
        assert late(circles["on"], measure) > 0
        # the circle is what is left when all else is held: dearer care, less family support, more care
        assert late(circles["on"], measure) > late(circles["cut"], measure) * (1 + 1e-4), measure
    assert late(circles["on"], "family_support_level_pct") < -1.0  # points more saved than without the cut
    assert late(circles["off"], "family_support_level_pct") == 0.0
    for which in ("off", "cut"):
        level = circles[which][1].annual.sel(measure="family_support_level_pct")
        assert float(abs(level - 100.0).max()) < 1e-9  # nothing is saved on: that route is closed


@pytest.mark.statistical
def test_a_baseline_held_to_the_path_it_had_is_the_same_baseline(circles):
    a, b = (circles[which][0].annual.sel(measure=["cla_at31", "cin_at31", "referrals"]) for which in ("on", "cut"))
    np.testing.assert_allclose(a.to_numpy(), b.to_numpy(), rtol=1e-9)


@pytest.mark.statistical
def test_by_chance_too_austerity_raises_care():
    found = cc.compare("need-answers", "austerity", area=AREA, runs=12, until="2035-03", effects="central")
    for measure in ("cla_started", "cla_at31"):
        runs = found.difference("austerity").sel(measure=measure, year_ending=CIRCLE.LATE).mean("year_ending").sum("area").to_numpy()
        assert runs.mean() > 2.0 * runs.std(ddof=1) / np.sqrt(len(runs))
