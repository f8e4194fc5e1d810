"""Fitted draws: run r uses draw r mod D from the branch on, histories do not know of them, and candidates stay where they were."""

from dataclasses import replace

import numpy as np
import pytest

from scenarios.areas import find_area
from scenarios.draws import FittedDraws
from scenarios.faults import ScenarioError
from scenarios.loading import load
from sim.kernels import layout as L
from sim.model import CompiledModel, compile_model, digest_of
from sim.plan import ExperimentError, plan
from sim.selection import select

pytestmark = pytest.mark.unit

AREA, OTHER = "Bolton", "Bury"
PATHS = {
    "s47": [[1.1, 1.2, 1.3], [0.9, 0.8, 0.7]],
    "icpc": [[1.0, 1.1, 1.1], [1.0, 1.0, 0.9]],
    "care_exit": [[1.05, 1.1, 1.1], [1.0, 1.0, 1.0]],
    "new_family_referrals": [[1.0, 1.5, 2.0], [0.9, 0.8, 0.7]],
    "uasc_started": [[2.0, 1.0, 1.0], [0.5, 0.5, 0.5]],
    "work_in_hand": [[1.1, 1.2, 1.3], [1.0, 0.9, 0.8]],
}


def drawn(paths=PATHS, first_year=2026, area=AREA) -> FittedDraws:
    return FittedDraws(first_year, {area: {quantity: np.array(array) for quantity, array in paths.items()}})


@pytest.fixture(scope="module")
def models():
    """A scenario without levers, whose own draws would differ by replicate: without fitted draws, and with two of them."""
    scenario = load("do-nothing")
    return compile_model(scenario, (AREA,)), compile_model(scenario.with_draws(drawn()), (AREA,))


def rates_in(compiled: CompiledModel, full: str, month: str, replicate: int, area: int = 0) -> np.ndarray:
    model, k = compiled.for_draw(1, replicate), compiled.transition_names.index(full)
    tr = model.transitions[k]
    return model.rates[model.month_version[compiled.month(month)], area, tr["band"] : tr["band"] + tr["n_bands"]]


# ---------------------------------------------------------------- what draws are


def test_draws_are_copies_that_nobody_can_write_to():
    array = np.ones((3, 2))
    draws = FittedDraws(2026, {AREA: {"s47": array}})
    array[...] = 9.0
    assert (len(draws), list(draws.years), draws.quantities) == (3, [2026, 2027], ("s47",))
    assert draws.at(AREA, 2, 2027) == {"s47": 1.0}
    with pytest.raises(ValueError, match="read-only"):
        draws.areas[AREA]["s47"][0, 0] = 2.0


def test_before_the_first_year_there_is_none_and_after_the_last_the_last_holds():
    draws = drawn()
    assert draws.at(AREA, 0, 2025) == {}
    assert draws.at(AREA, 0, 2027)["s47"] == 1.2
    assert draws.at(AREA, 1, 2040)["s47"] == 0.7
    assert draws.at(OTHER, 0, 2027) == {}
    assert draws.highest(AREA, 2028)["s47"] == 1.3


@pytest.mark.parametrize(("areas", "message"), [
    ({}, "no draw"),
    ({AREA: {}}, "no draw"),
    ({AREA: {"s47": np.ones(3)}}, r"Bolton, s47: has shape \(3,\)"),
    ({AREA: {"s47": np.ones((0, 3))}}, "has shape"),
    ({AREA: {"s47": np.array([[1.0, 0.0]])}}, "holds 0, expected multipliers above 0"),
    ({AREA: {"s47": np.array([[1.0, np.nan]])}}, "holds nan"),
    ({AREA: {"s47": np.ones((2, 3)), "plan": np.ones((2, 4))}}, "Bolton, plan: has 2 draws of 4 years, expected 2 of 3"),
])  # fmt: skip
def test_what_cannot_be_drawn_from_is_refused(areas, message):
    with pytest.raises(ValueError, match=message):
        FittedDraws(2026, areas)


def test_draws_of_what_there_is_not_and_of_published_years_are_refused():
    scenario = load("baseline")
    with pytest.raises(ValueError, match=r"unknown quantity 's48'.*did you mean 's47'"):
        scenario.with_draws(drawn({"s48": [[1.0]]}))
    with pytest.raises(ValueError, match="2025 is a published year, expected 2026 or later"):
        scenario.with_draws(drawn(first_year=2025))
    with pytest.raises(ValueError, match=r"unknown authority 'Boltn'.*did you mean 'Bolton'"):
        scenario.with_draws(drawn(area="Boltn"))
    assert scenario.with_published(2015, 2020).with_draws(drawn(first_year=2021)).draws.first_year == 2021


def test_draws_are_part_of_what_decides_results_and_not_of_the_past():
    scenario = load("baseline")
    one, other = (scenario.with_draws(drawn({"s47": [[value]]})) for value in (1.1, 1.2))
    assert len({each.hash for each in (scenario, one, other)}) == 3
    assert len({each.history_hash for each in (scenario, one, other)}) == 1
    assert one.with_draws(None).hash == scenario.hash


def test_scenarios_of_a_comparison_have_the_same_draws():
    scenarios = [load(key).with_draws(drawn()) for key in ("baseline", "early-help")]
    assert plan(scenarios, select(AREA)).scenarios[1].draws.digest == drawn().digest
    with pytest.raises(ExperimentError, match="different fitted draws"):
        plan([scenarios[0], load("early-help")], select(AREA))


# ---------------------------------------------------------------- what they do


def test_a_run_uses_its_draw_modulo_their_number_in_every_scenario(models):
    _, compiled = models
    reform = compile_model(load("early-help").with_draws(drawn()), (AREA,))
    for replicate in range(4):
        times = PATHS["s47"][replicate % 2]
        for month, value in {"2025-04": times[0], "2026-04": times[1], "2027-04": times[2], "2034-12": times[2]}.items():
            ratio = compiled.figures[0].get("ratio_s47") * value
            expected = np.array(compiled.pathway.stages["assessment"].transitions["enquiry"].rates_per_year.per_year) * ratio / L.YEAR
            assert rates_in(compiled, "assessment.enquiry", month, replicate) == pytest.approx(expected)
            found, same = (rates_in(each, "assessment.enquiry", month, replicate) for each in (reform, compiled))
            assert np.array_equal(found, same)
    one, other = compiled.for_draw(5, 1), compiled.for_draw(7, 3)
    assert not np.array_equal(one.care_price, other.care_price)  # growth of prices has a draw of its own
    assert digest_of(one) == digest_of(other._replace(care_price=one.care_price))
    assert list(compiled.for_draw(5, 3).seed) == [5, 3]


def test_what_no_draw_is_of_stays_and_so_does_everything_before_the_branch(models):
    plain, compiled = models
    before, after = plain.for_draw(1, 0), compiled.for_draw(1, 0)
    assert np.array_equal(after.rates[0], before.rates[0])
    assert after.month_version[compiled.month("2025-03")] == 0
    assert after.version_start[1] == after.month_start[compiled.month("2025-04")]
    changed = {compiled.transition_names[k].split(".")[0] for k in np.flatnonzero(after.transitions["versions"])}
    assert changed == {"assessment", "child_in_need", "family_help", "section_47", "looked_after"}
    months = slice(0, compiled.month("2025-04"))
    assert np.array_equal(after.accept[..., months], before.accept[..., months])


def test_shares_move_with_the_draw_and_their_complement_makes_room(models):
    plain, compiled = models
    hazard = [rates_in(plain, f"section_47.{name}", "2027-10", 0) for name in ("conference", "not_substantiated")]
    conference, other = (rates_in(compiled, f"section_47.{name}", "2027-10", 0) for name in ("conference", "not_substantiated"))
    assert conference == pytest.approx(1.1 * hazard[0])
    assert conference + other == pytest.approx(hazard[0] + hazard[1])


def test_arrivals_follow_the_draw_among_the_same_candidates(models):
    plain, compiled = models
    before = plain.for_draw(1, 0)
    for replicate in range(2):
        after = compiled.for_draw(1, replicate)
        assert np.array_equal(after.candidate_rate, before.candidate_rate)  # ruling 2
        for stream, quantity in ((0, "new_family_referrals"), (1, "uasc_started")):
            for month, column in {"2025-04": 0, "2026-03": 0, "2026-04": 1, "2030-01": 2}.items():
                m = compiled.month(month)
                expected = np.minimum(before.accept[0, stream, :, m] * PATHS[quantity][replicate][column], L.LAYERS)
                assert after.accept[0, stream, :, m] == pytest.approx(expected)
        assert np.array_equal(after.layers, np.ceil(after.accept.max(axis=(2, 3))))


def test_teams_keep_up_with_the_work_of_a_draw_and_not_with_a_reform_s(models):
    """Rates of a draw hold how teams coped: were their capacity that of the last published year, draws of more work would be slowed twice."""
    plain, compiled = models
    before = plain.for_draw(1, 0).team_capacity[0]
    for replicate in range(2):
        after = compiled.for_draw(1, replicate).team_capacity[0]
        for month, times in {"2025-03": 1.0, **dict(zip(("2025-04", "2027-03", "2030-01"), PATHS["work_in_hand"][replicate], strict=True))}.items():
            m = compiled.month(month)
            assert after[m] == pytest.approx(times * before[m]), month


def test_more_demand_opens_more_layers_and_none_beyond_the_fourth():
    scenario, found = load("baseline"), {}
    for times in (1.0, 2.0, 20.0):
        compiled = compile_model(scenario.with_draws(drawn({"uasc_started": [[times]]}, area="Leeds")), ("Leeds",))
        found[times] = compiled.for_draw(1, 0)
    assert found[1.0].layers[0, 1] < found[2.0].layers[0, 1] <= found[20.0].layers[0, 1] == L.LAYERS
    assert found[20.0].accept[0, 1].max() == L.LAYERS


def test_bounds_on_hazards_hold_under_every_draw(models):
    _, compiled = models
    for replicate in range(2):
        model = compiled.for_draw(1, replicate)
        for k in np.flatnonzero(model.transitions["versions"]):
            tr = model.transitions[k]
            highest = model.rates[:, 0, tr["band"] : tr["band"] + tr["n_bands"]].max()
            highest *= model.age_table[0, tr["age"]].max() if tr["age"] >= 0 else 1.0
            assert model.pace[0, k] >= highest * model.row_factor[0, tr["row"]].max()


def test_histories_and_runs_at_the_centre_know_of_no_draw():
    scenario = load("baseline")
    pasts = [compile_model(each, (AREA,), history=True).fingerprint for each in (scenario, scenario.with_draws(drawn()))]
    assert pasts[0] == pasts[1]
    centres = [compile_model(each, (AREA,), central=True).fingerprint for each in (scenario, scenario.with_draws(drawn()))]
    assert centres[0] == centres[1]


def test_draws_of_one_make_the_hazards_there_are_without(models):
    plain, _ = models
    ones = compile_model(load("do-nothing").with_draws(drawn({quantity: np.ones((2, 3)) for quantity in PATHS})), (AREA,)).for_draw(1, 1)
    before = plain.for_draw(1, 1)
    assert not ones.transitions["versions"].any()
    for name in ("accept", "layers", "team_capacity", "pace", "least_days", "places", "row_factor"):
        assert np.array_equal(getattr(ones, name), getattr(before, name)), name
    assert (ones.rates == before.rates[0]).all()


def test_a_later_branch_starts_the_draws_later():
    compiled = compile_model(load("baseline").with_draws(drawn()), (AREA,), branch="2026-10")
    model = compiled.for_draw(1, 0)
    assert [compiled.months[m] for m in np.searchsorted(model.month_start, model.version_start)] == [compiled.first, "2026-10", "2027-04"]
    assert rates_in(compiled, "assessment.enquiry", "2026-10", 0) == pytest.approx(1.2 * rates_in(compiled, "assessment.enquiry", "2026-09", 0))
    beyond = compile_model(load("baseline").with_draws(drawn()), (AREA,), branch="2030-04")
    assert rates_in(beyond, "assessment.enquiry", "2030-04", 0) == pytest.approx(1.3 * rates_in(beyond, "assessment.enquiry", "2030-03", 0))


def test_each_authority_of_a_region_has_its_own_paths():
    draws = FittedDraws(2026, {AREA: {"s47": np.array([[1.5, 1.5]])}, OTHER: {"s47": np.array([[1.0, 0.5]])}})
    compiled = compile_model(load("baseline").with_draws(draws), (AREA, OTHER))
    alone = [compile_model(load("baseline").with_draws(draws), (area,)) for area in (AREA, OTHER)]
    for a, single in enumerate(alone):
        for month in ("2025-03", "2025-04", "2026-04", "2033-01"):
            found = rates_in(compiled, "assessment.enquiry", month, 0, a)
            assert np.array_equal(found, rates_in(single, "assessment.enquiry", month, 0))
    k = compiled.transition_names.index("assessment.enquiry")
    assert compiled.for_draw(1, 0).next_version[:, :, k].T.tolist() == [[1, 3, 3], [2, 2, 3]]


def test_draws_that_bring_families_back_more_than_they_are_kept_for_are_refused_at_once():
    scenario = load("baseline")
    compile_model(scenario.with_draws(drawn({"re_referral": [[1.0], [1.9]]})), (AREA,)).for_draw(1, 0)
    with pytest.raises(ScenarioError, match=r"closed\.re_referral: .*2\.10, expected at most 2"):
        compile_model(scenario.with_draws(drawn({"re_referral": [[1.0], [2.1]]})), (AREA,)).for_draw(1, 0)


def test_profiles_that_stand_in_are_read_as_they_are_and_decide_the_past():
    scenario, profile = load("baseline"), find_area(AREA)
    records = dict(profile.records)
    records["uasc_started"] = tuple(replace(each, value=each.value + 100.0) for each in records["uasc_started"])
    other = scenario.with_published(2015, 2020).with_profiles([replace(profile, records=records)])
    assert other.area("bolton").value("uasc_started", 2024) == profile.value("uasc_started", 2024) + 100.0
    assert other.area(OTHER).series("uasc_started").keys() == {2019, 2020}
    assert len({other.history_hash, scenario.history_hash, scenario.with_published(2015, 2020).history_hash}) == 3
    assert other.hash != scenario.with_published(2015, 2020).hash
