"""An authority's ratios by year: versions of its hazards, merged with those of the pathway, and no more of them than there are changes."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from scenarios.areas import AreaProfile, Record
from scenarios.faults import ScenarioError
from scenarios.loading import load
from scenarios.timeline import month_index
from sim.compile_pathway import outcome_shares
from sim.kernels import layout as L
from sim.model import CompiledModel, compile_model, digest_of

pytestmark = pytest.mark.unit

AREA = "Bolton"
YEARS = {2022: 0.8, 2023: 0.8, 2024: 1.1, 2027: 1.3}  # 2023 is no change


def with_ratios(compiled: CompiledModel, **ratios: dict[int, float]) -> CompiledModel:
    """A model whose (first) authority has these ratios by year."""
    profile, *others = compiled.profiles
    return replace(compiled, profiles=(given(profile, **ratios), *others), _drawn={})


def given(profile: AreaProfile, **ratios: dict[int, float]) -> AreaProfile:
    series = {
        f"ratio_{group}": tuple(Record(profile.name, f"ratio_{group}", year, value, "", "", "assumed", "own") for year, value in by_year.items())
        for group, by_year in ratios.items()
    }
    return replace(profile, records=MappingProxyType(dict(profile.records) | series))


@pytest.fixture(scope="module")
def plain():
    return compile_model(load("baseline"), (AREA,))


def rates_in(compiled: CompiledModel, full: str, month: str, area: int = 0) -> np.ndarray:
    """Hazards per day of a transition in a month."""
    model, k = compiled.for_draw(1, 0), compiled.transition_names.index(full)
    tr = model.transitions[k]
    return model.rates[model.month_version[compiled.month(month)], area, tr["band"] : tr["band"] + tr["n_bands"]]


def test_the_shipped_profiles_have_one_version(plain):
    model = plain.for_draw(1, 0)
    assert len(model.version_start) == 1
    assert not model.transitions["versions"].any()
    assert (model.next_version == 1).all()
    assert not model.month_version.any()


def test_versions_begin_in_april_of_each_year_whose_ratio_is_another(plain):
    compiled = with_ratios(plain, plan_end=YEARS)
    model = compiled.for_draw(1, 0)
    assert [compiled.months[month] for month in np.searchsorted(model.month_start, model.version_start)] == [plain.first, "2023-04", "2026-04"]
    pathway = compiled.pathway.stages["child_protection_plan"].transitions["plan_ended"].rates_per_year.per_year
    for month, ratio in {plain.first: 0.8, "2021-03": 0.8, "2023-03": 0.8, "2023-04": 1.1, "2026-03": 1.1, "2026-04": 1.3, "2034-12": 1.3}.items():
        assert rates_in(compiled, "child_protection_plan.plan_ended", month) == pytest.approx(np.array(pathway) * ratio / L.YEAR)
    changed = {compiled.transition_names[k] for k in np.flatnonzero(model.transitions["versions"])}
    assert changed == {"child_protection_plan.plan_ended"}
    k = compiled.transition_names.index("child_protection_plan.plan_ended")
    assert list(model.next_version[:, 0, k]) == [1, 2, 3]
    assert (np.delete(model.next_version, k, axis=2) == 3).all()


def test_ratios_that_stay_make_the_arrays_of_one_figure(plain):
    once, always = (with_ratios(plain, s47=years) for years in ({2024: 1.2}, dict.fromkeys(range(2013, 2026), 1.2)))
    assert digest_of(once.for_draw(1, 0)) == digest_of(always.for_draw(1, 0))


def test_when_a_share_moves_the_other_outcomes_take_what_is_left(plain):
    compiled = with_ratios(plain, icpc=YEARS)
    stage = compiled.pathway.stages["section_47"]
    for month, ratio in {"2022-10": 0.8, "2024-10": 1.1, "2030-10": 1.3}.items():
        conference, other = (rates_in(compiled, f"section_47.{name}", month) for name in ("conference", "not_substantiated"))
        hazard = np.array(stage.duration.hazard().per_day)
        assert (conference + other)[: len(hazard)] == pytest.approx(hazard)
        assert conference[: len(hazard)] == pytest.approx(hazard * stage.outcomes["conference"].share * ratio)
        assert outcome_shares(stage, {"icpc": ratio})["conference"] == pytest.approx(conference[0] / hazard[0])


@pytest.mark.parametrize("group", ["care_entry", "re_referral", "care_exit", "nfa", "not_in_need", "s47", "icpc", "plan", "plan_end", "cin_end"])
def test_every_group_has_ratios_by_year(plain, group):
    compiled = with_ratios(plain, **{group: YEARS})
    model = compiled.for_draw(1, 0)
    changed = {compiled.transition_names[k] for k in np.flatnonzero(model.transitions["versions"])}
    assert set(compiled.pathway.groups[group]) <= changed
    assert {name.split(".")[0] for name in changed} == {name.split(".")[0] for name in compiled.pathway.groups[group]}
    name = compiled.pathway.groups[group][0]
    early, late = (rates_in(compiled, name, month) for month in ("2020-05", "2024-03"))
    assert late == pytest.approx(early * 1.1 / 0.8)


def test_ends_of_need_are_a_group_of_which_no_shipped_profile_has_a_ratio(plain):
    assert plain.pathway.groups["cin_end"] == ("child_in_need.closed", "family_help.closed")
    assert not plain.figures[0].has("ratio_cin_end")
    assert digest_of(with_ratios(plain, cin_end={2020: 1.0}).for_draw(1, 0)) == digest_of(plain.for_draw(1, 0))
    faster = with_ratios(plain, cin_end={2020: 1.25})
    for name in plain.pathway.groups["cin_end"]:
        assert rates_in(faster, name, "2024-05") == pytest.approx(1.25 * rates_in(plain, name, "2024-05"))


def test_changes_of_the_pathway_and_of_ratios_are_merged(write):
    override = "set:\n  stages.child_protection_plan.transitions.plan_ended.rates_per_year.per_year: {2026-09: [1, 1, 1, 1, 1]}\n"
    compiled = with_ratios(compile_model(load(write("name: T\nextends: baseline\n" + override)), (AREA,)), plan_end=YEARS, s47=YEARS)
    model = compiled.for_draw(1, 0)
    starts = [compiled.months[month] for month in np.searchsorted(model.month_start, model.version_start)]
    assert starts == [compiled.first, "2023-04", "2026-04", "2026-09"]
    assert rates_in(compiled, "child_protection_plan.plan_ended", "2026-08")[0] == pytest.approx(0.62 * 1.3 / L.YEAR)
    assert rates_in(compiled, "child_protection_plan.plan_ended", "2026-09") == pytest.approx(np.full(5, 1.3 / L.YEAR))
    k = compiled.transition_names.index("assessment.enquiry")
    assert list(model.next_version[:, 0, k]) == [1, 2, 4, 4]  # the override is not its own: its pieces are those without it


def test_another_authoritys_years_do_not_cut_a_hazard_in_two():
    """A pooled run reduces each authority's residuals as a run of it alone does."""
    compiled = compile_model(load("baseline"), (AREA, "Bury"))
    first, second = compiled.profiles
    profiles = given(first, care_exit={2020: 1.0, 2021: 1.2}), given(second, care_exit={2020: 1.0, 2024: 0.9})
    model = replace(compiled, profiles=profiles, _drawn={}).for_draw(1, 0)
    k = compiled.transition_names.index("looked_after.reunified")
    assert len(model.version_start) == 3
    assert model.next_version[:, :, k].T.tolist() == [[1, 3, 3], [2, 2, 3]]


def test_a_history_ends_with_the_ratios_known_then(plain):
    past = with_ratios(compile_model(load("baseline"), (AREA,), history=True), plan_end=YEARS)
    model = past.for_draw(1, 0)
    assert [past.months[month] for month in np.searchsorted(model.month_start, model.version_start)] == [past.first, "2023-04"]


def test_bounds_on_hazards_hold_in_every_version(plain):
    compiled = with_ratios(plain, plan_end=YEARS, care_entry={2020: 3.0, 2025: 0.5})
    model = compiled.for_draw(1, 0)
    for name in ("child_protection_plan.plan_ended", "child_in_need.accommodated"):
        k = compiled.transition_names.index(name)
        tr = model.transitions[k]
        highest = model.rates[:, 0, tr["band"] : tr["band"] + tr["n_bands"]].max()
        if tr["age"] >= 0:
            highest *= model.age_table[0, tr["age"]].max()
        assert model.pace[0, k] >= highest * model.row_factor[0, tr["row"]].max()


def test_a_rise_of_re_referral_beyond_what_closed_families_are_kept_for_is_refused(plain):
    with_ratios(plain, re_referral={2020: 1.0, 2025: 3.0, 2026: 5.9}).for_draw(1, 0)  # most of it before the branch: the history knows
    with pytest.raises(ScenarioError, match=r"closed\.re_referral: .*2\.03, expected at most 2"):
        with_ratios(plain, re_referral={2020: 1.0, 2025: 3.0, 2026: 6.1}).for_draw(1, 0)


def test_a_figure_of_the_scenarios_own_begins_with_its_year(write):
    figure = "{by_year: {2024: 1.0, 2028: 0.5}, unit: ratio, source: mine, status: assumed}"
    scenario = load(write(f"name: T\nextends: baseline\nareas:\n  Bolton:\n    ratio_care_entry: {figure}\n"))
    compiled = compile_model(scenario, (AREA,))
    before, after = (rates_in(compiled, "child_in_need.accommodated", month) for month in ("2027-03", "2027-04"))
    assert after == pytest.approx(0.5 * before)
    assert month_index(compiled.first) < month_index("2027-03")
