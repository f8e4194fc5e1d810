"""The window of published years is a setting: history begins and ends with it, and nothing after it is read."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from calibration.steering import with_records
from scenarios.areas import CENSUS, find_area, last_published
from scenarios.faults import ScenarioError
from scenarios.loading import load
from scenarios.schema import Published
from sim.kernels.layout import LAYERS
from sim.model import SPIN_UP_YEARS, compile_model, digest_of

pytestmark = pytest.mark.unit

AREA = "Bolton"


@pytest.fixture(scope="module")
def earlier():
    """The baseline as of March 2020, with the years from 2013."""
    return load("baseline").with_published(2013, 2020, 2019)


def test_the_shipped_window_is_that_of_the_shipped_profiles():
    window = load("baseline").settings.published
    assert window == Published()
    assert window.last == last_published()
    assert (window.ends, window.census, window.posts_end) == ("2025-04", 2025, "2025-10")


def test_history_begins_a_spin_up_before_the_first_year_and_scenarios_branch_where_the_last_ends(earlier):
    past = compile_model(earlier, (AREA,), history=True)
    assert (past.first, past.last) == (f"{2012 - SPIN_UP_YEARS}-04", "2020-03")
    assert compile_model(earlier, (AREA,)).branch == "2020-04"
    assert earlier.history_hash != load("baseline").history_hash


def test_what_is_not_published_begins_where_the_window_ends(earlier):
    arrays = {name: compile_model(each, (AREA,)) for name, each in (("now", load("baseline")), ("then", earlier))}
    months = {name: compiled.months[compiled.for_draw(1, 0).unpublished_from[0]] for name, compiled in arrays.items()}
    assert months == {"now": "2025-04", "then": "2020-04"}
    posts = {name: compiled.months[compiled.for_draw(1, 0).workforce_from[0]] for name, compiled in arrays.items()}
    assert posts == {"now": "2025-10", "then": "2020-04"}


def test_capacity_stands_at_the_reference_pressure_in_the_last_published_year(earlier):
    compiled = compile_model(earlier, (AREA,))
    (figures,), pressure = compiled.figures, earlier.settings.pressure.reference.value
    capacity = compiled.for_draw(1, 0).team_capacity[0]
    last = slice(compiled.month("2019-04"), compiled.month("2020-04"))
    assert capacity[last] == pytest.approx(figures.get("work_in_hand") / pressure)
    assert len(np.unique(capacity[compiled.month("2012-04") : compiled.month("2020-04")])) > 4  # year by year before it


def test_capacity_kept_up_with_the_work_that_a_fit_counted(earlier):
    """An authority whose work was twice as much in 2015 as in 2020 had teams for it: its rates of then are those of what happened."""
    counted = with_records(earlier.area(AREA), {"work_in_hand": {2013: 1000.0, 2015: 2000.0, 2016: 500.0, 2020: 1000.0}})
    compiled = compile_model(earlier.with_profiles([counted]), (AREA,))
    capacity, pressure = compiled.for_draw(1, 0).team_capacity[0], earlier.settings.pressure.reference.value
    assert capacity[compiled.month("2014-10")] == pytest.approx(2000.0 / pressure)
    assert capacity[compiled.month("2015-10")] >= 1000.0 / pressure  # never below what stands for the last year
    assert capacity[compiled.month("2019-10")] == pytest.approx(1000.0 / pressure)


def test_capacity_to_come_moves_with_the_work_that_a_fit_expects(earlier):
    figures = {"work_in_hand": {2020: 1000.0, 2022: 1100.0}}
    capacity = [
        compile_model(earlier.with_profiles([with_records(earlier.area(AREA), {"work_in_hand": series})]), (AREA,)).for_draw(1, 0).team_capacity[0]
        for series in (figures["work_in_hand"], {2020: 1000.0})
    ]
    month = compile_model(earlier, (AREA,)).month
    assert capacity[0][month("2020-10")] == capacity[1][month("2020-10")]
    assert capacity[0][month("2022-01")] == pytest.approx(1.1 * capacity[1][month("2022-01")])


def test_court_weeks_of_the_pathway_are_those_it_states_where_their_year_is_not_published_yet(earlier):
    compiled = compile_model(earlier, (AREA,))
    arrays, k = compiled.for_draw(1, 0), compiled.transition_names.index("care_proceedings.care_order")
    factor = arrays.row_factor[0, arrays.transitions["row"][k]]
    weeks = find_area(AREA).series("court_weeks")
    assert factor[compiled.month("2014-10")] == pytest.approx(42.0 / weeks[2015])
    assert factor[compiled.month("2019-10")] == pytest.approx(42.0 / weeks[2020])


def test_figures_of_later_years_are_not_read(earlier):
    """Every later figure that has an earlier one beside it may be anything: no array knows."""
    known = earlier.area(AREA)
    for quantity, series in find_area(AREA).records.items():
        limit = 2019 if quantity in CENSUS else 2020
        if series[0].year_ending <= limit:
            assert {each.year_ending for each in known.records[quantity]} == {each.year_ending for each in series if each.year_ending <= limit}
        else:
            assert known.records[quantity] == series[:1]
    before = digest_of(compile_model(earlier, (AREA,)).for_draw(1, 0))
    poisoned = {name: tuple(replace(each, value=each.value * (1.0 if each.year_ending <= 2020 or each == series[0] else 7.0)) for each in series)
                for name, series in find_area(AREA).records.items()}  # fmt: skip
    profile = replace(find_area(AREA), records=MappingProxyType(poisoned)).known_by(2020, 2019)
    assert digest_of(replace(compile_model(earlier, (AREA,)), profiles=(profile,), _drawn={}).for_draw(1, 0)) == before


def test_figures_a_scenario_gives_of_later_years_are_read(write):
    figure = "{by_year: {2030: 99}, unit: children, source: mine, status: assumed}"
    path = write(f"name: T\nextends: baseline\nareas:\n  Bolton:\n    uasc_started: {figure}\n")
    assert load(path).with_published(2013, 2020, 2019).area("Bolton").value("uasc_started", 2031) == 99.0


@pytest.mark.parametrize(("first", "last", "census", "message"), [
    (2021, 2020, None, "after last"), (2013, 2020, 2021, "last_census"), (2013, 2020, 2011, "last_census"), (2000, 2020, None, "2005"),
])  # fmt: skip
def test_windows_that_cannot_be_are_refused(first, last, census, message):
    with pytest.raises(ValueError, match=message):
        load("baseline").with_published(first, last, census)


def test_a_reform_cannot_change_the_published_years(write):
    with pytest.raises(ScenarioError, match=r"settings\.published: changes the past.*2020 to 2025"):
        load(write("name: T\nextends: baseline\nsettings:\n  published: {first: 2015}\n"))


def test_a_branch_before_any_published_year_is_refused(write):
    with pytest.raises(ScenarioError, match=r"settings\.from: is|from: 2019-10 is before the first published year"):
        load(write("name: T\nextends: baseline\nsettings:\n  from: 2019-10\n"))


def test_candidates_come_as_often_in_history_as_after_it_however_many_families_are_expected(earlier):
    """A fit's profile has figures of years to come, five times as many families in one: no layer is short, and no candidate moves (ruling 2)."""
    profile = earlier.area(AREA)
    known = profile.records["new_family_referrals"]
    later = replace(known[-1], year_ending=2022, value=5.0 * max(record.value for record in known))
    expecting = replace(profile, records=MappingProxyType(dict(profile.records) | {"new_family_referrals": (*known, later)}))
    scenario = earlier.with_profiles([expecting])
    past, future = (compile_model(scenario, (AREA,), history=history).for_draw(0, 0) for history in (True, False))
    assert np.array_equal(past.candidate_rate, future.candidate_rate)
    assert future.accept.max() > past.accept.max()
    assert future.layers.max() <= LAYERS
