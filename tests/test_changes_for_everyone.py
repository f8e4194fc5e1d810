"""What levers do to arrivals, teams, posts and lines of cost, as the engines read it."""

import dataclasses

import numpy as np
import pytest

from scenarios.actions import AddArrivals, AddPosts, ScaleArrivals, ScaleCost, ScaleTeams, SetArrivals
from scenarios.actions_of_places import AddSupply, ScaleSupply
from scenarios.distributions import Distribution
from scenarios.faults import ScenarioError
from scenarios.loading import load
from scenarios.pathway_arrivals import STREAM_NAMES
from scenarios.timeline import MonthSeries, days_in_month
from sim.compile_arrivals import accepted
from sim.compile_workforce import post_flows, team_capacity
from sim.costing import Costing
from sim.kernels import layout as L
from sim.kernels import workforce as W
from sim.model import compile_model

pytestmark = pytest.mark.unit
FROM = "2026-04"
FAMILY, UASC = STREAM_NAMES.index("family"), STREAM_NAMES.index("uasc")


def fixed(number: float) -> Distribution:
    return Distribution.fixed(number)


def with_actions(*actions, area: str = "Torbay"):
    """Return a compiled model whose scenario has these actions, and their drawn numbers."""
    scenario = dataclasses.replace(load("baseline"), actions=actions)
    compiled = compile_model(scenario, (area,), until="2028-03")
    return compiled, compiled.draws(1, 0)


def arrivals(*actions, area: str = "Torbay") -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Return acceptance with and without actions, the rate of candidates, and months."""
    compiled, drawn = with_actions(*actions, area=area)
    rate, before = (compiled.static.tables[name] for name in ("candidate_rate", "accept"))
    return accepted(compiled, drawn, rate, before)["accept"][0], before[0], rate[0], list(compiled.months)


# ---------------------------------------------------------------- arrivals


def test_arrivals_are_scaled_by_quintile_as_the_phase_says():
    lever = ScaleArrivals("test", "family", fixed(1.2), MonthSeries.window(FROM, 4), (0.0, 0.5, 1.0, 1.5, 2.0))
    after, before, _, months = arrivals(lever)
    at = months.index(FROM)
    ratio = after[FAMILY] / before[FAMILY]
    np.testing.assert_allclose(ratio[:, at - 1], 1.0)
    np.testing.assert_allclose(ratio[:, at], 1.0 + 0.2 * 0.25 * np.array([0.0, 0.5, 1.0, 1.5, 2.0]))
    np.testing.assert_allclose(ratio[:, at + 3], 1.0 + 0.2 * np.array([0.0, 0.5, 1.0, 1.5, 2.0]))
    np.testing.assert_array_equal(after[UASC], before[UASC])


def test_three_a_month_are_three_a_month_in_every_month():
    lever = AddArrivals("test", "uasc", fixed(3.0), MonthSeries.window(FROM, 0, "2027-04"))
    after, before, rate, months = arrivals(lever, area="Kent")
    more = np.array([(after[UASC, q] - before[UASC, q]) * rate[UASC] * np.array([days_in_month(month) for month in months]) for q in range(5)])
    inside = np.array([FROM <= month < "2027-04" for month in months])
    np.testing.assert_allclose(more[:, inside], 3.0)
    np.testing.assert_allclose(more[:, ~inside], 0.0, atol=1e-12)


def test_arrivals_are_set_to_so_many_a_month_whatever_came_before():
    lever = SetArrivals("test", "uasc", fixed(5.0), MonthSeries.window(FROM, 2, "2027-04"))
    after, before, rate, months = arrivals(lever, area="Kent")
    a_month = [np.mean(table[UASC], axis=0) * rate[UASC] * np.array([days_in_month(month) for month in months]) for table in (after, before)]
    at, until = months.index(FROM), months.index("2027-04")
    np.testing.assert_allclose(a_month[0][at + 1 : until], 5.0)
    assert a_month[0][at] == pytest.approx((5.0 + a_month[1][at]) / 2.0)
    np.testing.assert_array_equal(after[UASC, :, until:], before[UASC, :, until:])
    np.testing.assert_array_equal(after[FAMILY], before[FAMILY])
    nothing, _, _, _ = arrivals(lever.without_effect(), area="Kent")
    np.testing.assert_array_equal(nothing, before)


def test_no_fewer_than_none_arrive():
    after, _, _, months = arrivals(AddArrivals("test", "uasc", fixed(-1000.0), MonthSeries.window(FROM)))
    assert (after[UASC, :, months.index(FROM) :] == 0.0).all()


def test_more_arrivals_than_candidates_are_refused_by_name():
    with pytest.raises(ScenarioError, match="times the arrivals of family that Torbay has candidates for"):
        arrivals(ScaleArrivals("test", "family", fixed(9.0), MonthSeries.window(FROM)))


def test_arrivals_cannot_be_added_where_there_are_no_candidates():
    compiled, drawn = with_actions(AddArrivals("test", "uasc", fixed(3.0), MonthSeries.window(FROM)))
    rate = compiled.static.tables["candidate_rate"].copy()
    rate[0, UASC] = 0.0
    with pytest.raises(ScenarioError, match="Torbay has no arrivals of the stream uasc"):
        accepted(compiled, drawn, rate, compiled.static.tables["accept"])


# ---------------------------------------------------------------- teams and posts


def test_posts_open_as_a_share_of_those_there_are_and_no_more():
    compiled, drawn = with_actions(AddPosts("test", fixed(0.05), MonthSeries.window(FROM, 10, "2027-08")))
    opened = post_flows(compiled, drawn)[0, :, W.OPENED]
    months = list(compiled.months)
    there = compiled.static.tables["posts"][0, -1, [W.PERMANENT, W.VACANT]].sum()
    at = months.index(FROM)
    np.testing.assert_allclose(opened[at : at + 10], 0.005 * there, rtol=1e-9)
    assert opened[months.index("2027-08")] == pytest.approx(-0.05 * there)
    assert opened.sum() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("what", "column"), [("leavers", W.LEAVE), ("joiners", W.JOIN), ("agency_workers", W.ENGAGED)])
def test_teams_are_scaled_in_one_respect_alone(what, column):
    (compiled, drawn), (plain, none) = with_actions(ScaleTeams("test", what, fixed(0.8), MonthSeries.window(FROM))), with_actions()
    after, before = post_flows(compiled, drawn)[0], post_flows(plain, none)[0]
    at = list(compiled.months).index(FROM)
    np.testing.assert_allclose(after[at:, column], 0.8 * before[at:, column])
    rest = [i for i in range(4) if i != column]
    np.testing.assert_array_equal(after[:, rest], before[:, rest])
    np.testing.assert_array_equal(after[:at], before[:at])


def test_time_given_back_is_capacity():
    compiled, drawn = with_actions(ScaleTeams("test", "capacity", fixed(1.05), MonthSeries.window(FROM)))
    before = compiled.static.tables["team_capacity"]
    ratio = team_capacity(compiled, drawn, before)[0] / before[0]
    at = list(compiled.months).index(FROM)
    assert (ratio[at - 1], ratio[at]) == (1.0, pytest.approx(1.05))


def test_posts_cut_are_vacant_ones_first_and_never_below_nothing():
    rules, start = np.array([0.9, 0.0, 1.0, 1.0, 0.0, 1.0, 0.33]), np.array([100.0, 0.0, 10.0])
    posts = start.copy()
    W.move_posts(posts, start, np.array([0.0, 0.0, -4.0, 1.0]), rules, 0.9)
    assert list(posts) == [100.0, 0.0, 6.0]
    W.move_posts(posts, start, np.array([0.0, 0.0, -9.0, 1.0]), rules, 0.9)
    assert list(posts) == [97.0, 0.0, 0.0]
    W.move_posts(posts, start, np.array([0.0, 0.0, -200.0, 1.0]), rules, 0.9)
    assert list(posts) == [0.0, 0.0, 0.0]


# ---------------------------------------------------------------- places and money


def test_places_whose_number_is_uncertain_are_those_of_the_run_drawn():
    lever = AddSupply("test", "authority_childrens_home", "authority", MonthSeries.window(FROM, 2), 12, Distribution("triangular", (0.0, 4.0, 10.0)))
    (compiled, _), (plain, _) = with_actions(lever), with_actions()
    supply = compiled.pathway.places["authority_childrens_home"].supply
    at, found = list(compiled.months).index("2027-04"), set()
    for run in range(4):
        more = (compiled.for_draw(1, run).supply_planned - plain.for_draw(1, run).supply_planned)[0].sum(axis=0)
        number = compiled.draws(1, run)["test", "times"]
        assert more[at - 1] == 0.0
        np.testing.assert_allclose(more[at : at + 3], number * supply.usable_share.value * np.array([0.5, 1.0, 1.0]))
        found.add(number)
    assert len(found) == 4


def test_a_provider_that_fails_takes_its_places_at_once():
    lever = ScaleSupply("test", "childrens_home", "private", "places", fixed(0.9), MonthSeries.window(FROM))
    (compiled, _), (plain, _) = with_actions(lever), with_actions()
    after, before = (each.for_draw(1, 0).supply_planned[0] for each in (compiled, plain))
    at, changed = list(compiled.months).index(FROM), np.flatnonzero((after != before).any(axis=1))
    assert len(changed) == 1
    np.testing.assert_allclose(after[changed[0], at:], 0.9 * before[changed[0], at:])
    np.testing.assert_array_equal(after[:, :at], before[:, :at])


def test_pay_scales_its_line_of_cost_and_no_other(tally_of_nothing):
    (compiled, drawn), (plain, none) = with_actions(ScaleCost("test", "social_workers", fixed(1.03), MonthSeries.window(FROM))), with_actions()
    after, before = Costing(tally_of_nothing(compiled), compiled, drawn).by_month(), Costing(tally_of_nothing(plain), plain, none).by_month()
    ratio = after["social_workers"][0] / before["social_workers"][0]
    assert ratio[0] == 1.0
    assert ratio[-1] == pytest.approx(1.03)
    for line, values in before.items():
        if line != "social_workers":
            np.testing.assert_array_equal(after[line], values)


@pytest.fixture
def tally_of_nothing():
    """A tally of two years in which nothing happened, with the posts there are."""
    from sim.expected_counting import float_tally

    def made(compiled):
        begin, end = compiled.month("2025-04"), compiled.month("2027-03") + 1
        tally = float_tally(compiled, compiled.for_draw(1, 0), begin, end)
        tally.posts[:] = compiled.static.tables["posts"][:, begin:end]
        return tally

    return made


def test_candidates_are_the_same_whatever_levers_do():
    lever = ScaleArrivals("test", "family", fixed(1.3), MonthSeries.window(FROM))
    (compiled, _), (plain, _) = with_actions(lever), with_actions()
    more, as_it_is = compiled.for_draw(1, 0), plain.for_draw(1, 0)
    np.testing.assert_array_equal(more.candidate_rate, as_it_is.candidate_rate)
    assert more.layers[0, FAMILY] >= as_it_is.layers[0, FAMILY]
    assert more.layers.max() <= L.LAYERS
