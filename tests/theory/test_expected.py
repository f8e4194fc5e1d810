"""The expected engine: mass conserved, steady states of tiny pathways by algebra, the mean of fast runs when nothing is scarce."""

import numpy as np
import pytest
from changed_model import Changed
from theory import TOWN, YEAR, erlang_b, hazards_of, scenario, way_out

from scenarios.loading import load
from sim.engine import simulate as fast
from sim.expected import simulate
from sim.expected_checks import check_expected
from sim.expected_network import reachable, room_for, ways_of
from sim.expected_phases import finer, mean_days, times_in
from sim.kernels.expected_ages import pass_month
from sim.kernels.expected_care import fits
from sim.kernels.expected_counts import measure_children, step_leavers
from sim.kernels.expected_flow import RATE, Ways, ageing_rate, carry_month, edge_rates, set_ways
from sim.model import compile_model

YEARS = slice(24, 30)  # the published years of a model that begins 24 years before


def tiny(name: str):
    """Return the compiled model of a tiny pathway, and the second half of its expected months."""
    compiled = compile_model(scenario(name), (TOWN,))
    tally, _ = simulate(compiled, None, compiled.first, "2030-03")
    half = tally.units_end.shape[1] // 2
    return compiled, tally, half


def ways_from(first: list[int], lead: np.ndarray, rate: np.ndarray, instant: list[bool] | None = None) -> Ways:
    """Return the ways of edges whose rates are set, from rows that hold what comes to them, but for those that pass it on at once."""
    ways = ways_of(np.array(first), np.array(instant or [False] * (len(first) - 1)), lead, np.arange(len(lead)))
    set_ways(ways, rate)
    return ways


# ---------------------------------------------------------------- parts


@pytest.mark.unit
@pytest.mark.parametrize(("hazard", "width"), [(0.0, 30.0), (1e-9, 7.0), (0.01, 90.0), (0.5, 4.0)])
def test_a_phase_has_the_share_that_comes_through_its_band_and_its_mean_time(hazard, width):
    ageing = ageing_rate(hazard, width)
    through, time = ageing / (ageing + hazard), 1.0 / (ageing + hazard)
    assert through == pytest.approx(np.exp(-hazard * width), rel=1e-6)
    assert time == pytest.approx(-np.expm1(-hazard * width) / hazard if hazard > 1e-8 else width, rel=1e-6)


@pytest.mark.unit
def test_mean_days_of_a_clock_in_bands():
    assert mean_days([0.0], np.array([0.25])) == pytest.approx(4.0)
    assert times_in([0.0, 10.0], np.array([0.0, 0.5])) == pytest.approx([10.0, 2.0])


@pytest.mark.unit
def test_short_phases_in_which_much_is_met_are_cut_and_others_are_not():
    assert finer([0.0, 24.0], [0.0, 24.0], np.array([0.01, 0.01])) == [0.0, 8.0, 16.0, 24.0]
    assert finer([0.0, 24.0], [0.0, 24.0], np.array([0.001, 0.5])) == [0.0, 24.0]


@pytest.mark.unit
def test_what_is_met_in_a_brief_phase_is_met_first_as_often_as_in_its_band():
    ends, meets, width = 0.02, 0.05, 6.0
    rates = np.array([[ends], [meets]])
    edge = np.zeros((3, 12), np.int64)
    edge[0, [0, 10, 11]] = (1, 1, 1)
    edge[1, [0, 2, 11]] = (2, 1, 1)
    edge[2, [0, 1]] = (3, RATE + 1)
    out = np.array([[1.0, 0.0], [1.0, 0.0], [width, 0.0]])
    edge_rates(np.array([0, 3]), edge, rates, np.ones(2), np.ones(1), out)
    whole = out[:, 1].sum()
    assert out[1, 1] / whole == pytest.approx(meets / (ends + meets) * -np.expm1(-(ends + meets) * width))


@pytest.mark.unit
@pytest.mark.parametrize("even", [False, True])
def test_a_month_conserves_mass_and_a_stage_holds_inflow_times_stay_however_short_the_stay(even):
    lead = np.array([[1, 0, 0, 0, 0], [-1, 0, 0, 0, 1]], np.int32)  # row to, two vectors, flag, sink
    rate = np.array([[1.0, 2.0], [1.0, 0.01]])  # half a day, then a hundred days
    ways = ways_from([0, 1, 2], lead, rate)
    came, mass, sinks, spent = np.zeros((2, 4)), np.zeros((2, 4)), np.zeros((2, 4)), np.zeros((1, 4))
    for _ in range(400):
        before = mass.sum()
        came[0] += 30.0
        carry_month(ways, np.ones((1, 4)), 30.0, np.ones(4), even, np.array([-1, 0]), came, mass, sinks, spent, room_for(ways, 4))
        assert before + 120.0 - sinks[1].sum() == pytest.approx(mass.sum())
        assert sinks[1] == pytest.approx(0.01 * 30.0 * spent[0])
        assert not came.any()
    assert mass[0] == pytest.approx(0.5)
    assert mass[1] == pytest.approx(100.0)


@pytest.mark.unit
def test_what_is_left_by_the_last_sweep_in_a_row_that_holds_nothing_goes_on_in_the_next_month():
    """A row passed through at once, and brief stays that lead back to it: after the last sweep some of the mass waits in it."""
    lead, rate = np.array([[1, 0, 0, 0, 0], [0, 0, 0, 0, 1], [-1, 0, 0, 0, 2]], np.int32), np.array([[1.0, 1.0], [1.0, 9.0], [1.0, 1.0]])
    ways = ways_from([0, 1, 3], lead, rate, [True, False])
    came, mass, sinks, spent = np.zeros((2, 4)), np.zeros((2, 4)), np.zeros((3, 4)), np.zeros((0, 4))
    came[0], waits = 100.0, []
    for _ in range(12):
        before = came.sum() + mass.sum()
        carry_month(ways, np.ones((1, 4)), 30.0, np.ones(4), False, np.array([-1, -1]), came, mass, sinks, spent, room_for(ways, 4))
        assert before - sinks[2].sum() == pytest.approx(mass.sum(), rel=1e-12)
        waits.append(mass[0].sum())
    assert waits[0] > 10.0
    assert mass.sum() < 1.0


@pytest.mark.unit
def test_who_comes_evenly_over_a_month_is_there_at_its_end_as_in_continuous_time():
    """From nobody, at 3 a day who stay 100 days: the solution of the equation, to second order in the step; an implicit step is far off."""
    lead, rate = np.array([[-1, 0, 0, 0, 0]], np.int32), np.array([[1.0, 0.01]])
    ways, found = ways_from([0, 1], lead, rate), {}
    for even in (False, True):
        came, mass, sinks, spent = np.zeros((1, 4)), np.zeros((1, 4)), np.zeros((1, 4)), np.zeros((0, 4))
        for _ in range(3):
            came[0] += 90.0
            carry_month(ways, np.ones((1, 4)), 30.0, np.ones(4), even, np.array([-1]), came, mass, sinks, spent, room_for(ways, 4))
        found[even] = abs(mass[0, 0] / (300.0 * -np.expm1(-0.9)) - 1.0)
    assert found[True] < 0.01
    assert found[False] > 0.05


@pytest.mark.unit
def test_edges_alike_are_one_way_and_every_sink_has_its_own_flow():
    lead = np.array([[1, 0, 0, 0, 0], [1, 0, 0, 0, 1], [-2, 0, 0, 0, 2], [-1, 1, 0, 0, 2]], np.int32)  # the third fires and changes nothing
    rate = np.array([[1.0, 0.01], [1.0, 0.02], [1.0, 0.04], [1.0, 0.03]])
    ways = ways_from([0, 3, 4], lead, rate)
    assert ways.lead.tolist() == [[1, 0, 0]]
    assert ways.rate == pytest.approx([0.03])
    came, mass, sinks, spent = np.zeros((2, 4)), np.zeros((2, 4)), np.zeros((3, 4)), np.zeros((0, 4))
    came[0] = 100.0
    vectors = np.array([[1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 1.0, 2.0]])
    carry_month(ways, vectors, 30.0, np.ones(4), False, np.array([-1, -1]), came, mass, sinks, spent, room_for(ways, 4))
    there = 100.0 / 1.9
    later = (100.0 - there) / (1.0 + 0.9 * vectors[1])
    assert mass == pytest.approx(np.array([[there] * 4, later]))
    assert sinks == pytest.approx(np.array([[0.3 * there] * 4, [0.6 * there] * 4, 1.2 * there + 0.9 * vectors[1] * later]))


@pytest.mark.unit
@pytest.mark.parametrize("month", [4, 11])
def test_columns_of_families_pass_on_by_a_month_and_only_adults_are_lost(month):
    mass = np.arange(2 * 4 * 7, dtype=float).reshape(2, 28)  # blocks of two unborn columns, one newborn, born this year, three years
    before = mass.reshape(2, 4, 7).copy()
    pass_month(mass, month, np.array([1, 1]), 2, 1, 0.25)
    after = mass.reshape(2, 4, 7)
    young = before[:, :, 3] + before[:, :, 2]
    young[1] += before[:, :, 1].sum(axis=0)  # whoever is born is in the second row
    years = np.concatenate([young[..., None], before[..., 4:6], 0.75 * before[..., 6:]], axis=2)
    if month == 11:
        years = np.concatenate([np.zeros((2, 4, 1)), years[..., :-1]], axis=2)
    assert after[..., 0] == pytest.approx(0.0)
    assert after[..., 1] == pytest.approx(before[..., 0])
    assert after[..., 2] == pytest.approx(0.0)
    assert after[..., 3:] == pytest.approx(years)


@pytest.mark.unit
def test_care_leavers_leave_former_carers_and_support_by_their_months():
    leavers = np.zeros((1, 2, 4))
    leavers[0, 1] = 8.0
    left = step_leavers(leavers, np.array([0.5, 0.25, 0.0, 0.0]), np.full(4, 0.5), np.array([3.0]), np.array([2.0]))
    assert left == pytest.approx(4.0 + 2.0 + 0.0 + 8.0)
    assert leavers[0, 1] == pytest.approx([0.0, 4.0, 6.0, 8.0])
    assert leavers[0, 0] == pytest.approx([0.0, 2.0, 1.0, 0.0])


@pytest.mark.unit
def test_children_are_counted_by_stage_placement_and_needs():
    mass = np.arange(16, dtype=float).reshape(2, 8)  # four needs, two ages
    units, placed, columns = np.zeros(3), np.zeros((2, 4)), np.zeros(8)
    measure_children(mass, np.array([[0, 1], [2, -1]]), np.array([1, -1]), units, placed, columns)
    assert units == pytest.approx([28.0, 28.0, 92.0])
    assert placed == pytest.approx(np.array([[0.0] * 4, [1.0, 5.0, 9.0, 13.0]]))
    assert columns == pytest.approx(mass[0])


@pytest.mark.unit
def test_the_chance_that_a_vacancy_fits_rises_with_vacancies_and_is_never_above_one():
    assert fits(0.2, 0.0) == 0.0
    assert fits(0.2, 3.0) == pytest.approx(1.0 - 0.8**3)
    assert fits(1.0, 0.4) == pytest.approx(0.4)
    assert fits(1.0, 7.0) == 1.0


@pytest.mark.unit
def test_joint_stages_are_found_once_each_in_the_order_met():
    leads = {(0,): [(1,), (2,)], (1,): [(0,), None], (2,): [(1,)]}
    assert reachable([(0,)], lambda joint: leads[joint]) == [(0,), (1,), (2,)]


# ---------------------------------------------------------------- tiny pathways


@pytest.mark.statistical
def test_a_chain_has_the_visits_and_stays_of_matrix_algebra():
    compiled, tally, half = tiny("chain")
    stages = ("first", "second", "third")
    moves, stay = np.zeros((3, 3)), np.zeros(3)
    for i, stage in enumerate(stages):
        chance, stay[i] = way_out(hazards_of("chain", stage))
        for name, p in chance.items():
            to = scenario("chain").pathway.stages[stage].transitions[name].to
            if to != "idle":
                moves[i, stages.index(to)] += p
    visits = np.linalg.inv(np.eye(3) - moves)[0]
    rows = [compiled.stage_names.index(stage) for stage in stages]
    days = compiled.for_draw(0, 0).month_start[tally.units_end.shape[1]] - compiled.for_draw(0, 0).month_start[half]
    entered, stock = tally.entered[0, half:, rows].sum(1) / days, tally.unit_days[0, half:, rows].sum(1) / days
    arrivals = scenario("chain").area(TOWN).value("arrivals") / YEAR
    assert entered == pytest.approx(arrivals * visits, rel=2e-3)
    assert stock == pytest.approx(arrivals * visits * stay, rel=5e-3)


@pytest.mark.statistical
def test_stocks_are_arrivals_times_stay_whatever_the_stay():
    compiled, tally, half = tiny("stock")
    days = compiled.for_draw(0, 0).month_start[tally.units_end.shape[1]] - compiled.for_draw(0, 0).month_start[half]
    for i, stage in enumerate(compiled.stage_names):
        if tally.entered[0, half:, i].sum() == 0.0:
            continue
        found = compiled.pathway.stages[stage]
        hazard = found.duration.hazard() if found.duration else None
        stay = mean_days(list(hazard.bands_days), np.array(hazard.per_day)) if hazard else way_out(hazards_of("stock", stage))[1]
        flow = tally.entered[0, half:, i].sum() / days
        assert tally.unit_days[0, half:, i].sum() / days == pytest.approx(flow * stay, rel=5e-3), stage


@pytest.mark.statistical
def test_a_queue_that_is_not_full_holds_no_one_who_waits():
    """The fluid limit: what chance alone makes wait is not there (M/M/1 at half load would have one in the system, not half of one)."""
    compiled, tally, half = tiny("mm1")
    helped = compiled.stage_names.index("helped")
    assert tally.units_end[0, half:, helped] == pytest.approx(0.5, rel=5e-3)
    assert tally.queue[0, half:, 0, 4].max() < 1e-6


@pytest.mark.statistical
@pytest.mark.parametrize("name", ["loss", "chain", "team", "priority"])
def test_mass_is_conserved_and_every_check_holds(name):
    compiled, tally, _ = tiny(name)
    assert [check.name for check in check_expected(tally, compiled) if not check.passed] == []


@pytest.mark.statistical
def test_children_no_place_is_free_for_live_elsewhere_and_none_is_lost():
    compiled, tally, half = tiny("loss")
    days = compiled.for_draw(0, 0).month_start[tally.units_end.shape[1]] - compiled.for_draw(0, 0).month_start[half]
    row = {name: i for i, name in enumerate(compiled.stage_names)}
    held = tally.unit_days[0, half:].sum(0) / days
    assert held[row["foster"]] + held[row["unregistered"]] == pytest.approx(held[row["looked_after"]])
    assert held[row["looked_after"]] == pytest.approx(scenario("loss").area(TOWN).value("arrivals") / YEAR * 2.0, rel=5e-3)
    places = int(scenario("loss").area(TOWN).value("foster_places"))
    lost = erlang_b(places, held[row["looked_after"]])
    assert held[row["unregistered"]] > lost * held[row["looked_after"]]  # a month is too long a step for places that turn over in days


# ---------------------------------------------------------------- against the fast engine


def nothing_scarce(arrays):
    """Return the arrays of a model in which no loop is closed and places abound."""
    court, prices, budget, supply = (getattr(arrays, name).copy() for name in ("court_rules", "price_rules", "budget_rules", "supply_rules"))
    court[2] = prices[:, 0] = budget[4] = 0.0
    supply[:, [1, 6]] = 0.0
    return {
        "team_response": np.zeros(1), "workforce_from": np.array([10**6]), "court_rules": court, "price_rules": prices, "budget_rules": budget,
        "supply_rules": supply, "supply_planned": arrays.supply_planned + 20_000.0, "places": arrays.places + 20_000,
    }  # fmt: skip


@pytest.fixture(scope="module")
def bolton():
    """The expected tally of an authority in which nothing is scarce, and those of ten fast runs."""
    compiled = Changed(compile_model(load("baseline"), ("Bolton",)), nothing_scarce)
    last = "2025-03"
    runs = [fast(compiled, None, compiled.first, last, 5, r)[0] for r in range(10)]
    return compiled, simulate(compiled, None, compiled.first, last)[0], runs


FLOWS = {"entered": ("referral", "assessment", "section_47", "child_protection_plan", "child_in_need", "looked_after", "aged_out"),
         "units_end": ("assessment", "child_in_need", "child_protection_plan", "looked_after", "care_leaver", "care_order")}  # fmt: skip


@pytest.mark.statistical
@pytest.mark.parametrize(("field", "stage"), [(field, stage) for field, stages in FLOWS.items() for stage in stages])
def test_it_agrees_with_the_mean_of_fast_runs_when_nothing_is_scarce(bolton, field, stage):
    """Within three standard errors (runs are independent), and the bias that docs/expected.md states: 2.5 %."""
    compiled, tally, runs = bolton
    i = compiled.stage_names.index(stage)

    def years(one) -> float:
        return float(getattr(one, field)[0, :, i].reshape(-1, 12).mean(axis=1)[YEARS].mean())

    found = np.array([years(one) for one in runs])
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert abs(years(tally) - found.mean()) <= 3.0 * error + 0.025 * found.mean()


@pytest.mark.statistical
def test_a_run_branched_is_the_run_gone_on_with(bolton):
    compiled, whole, _ = bolton
    _, state = simulate(compiled, None, compiled.first, "2000-03")
    on, _ = simulate(compiled, state, "2000-04", "2002-03")
    first = compiled.month("2000-04")
    assert on.units_end[0] == pytest.approx(whole.units_end[0, first : first + 24], rel=1e-9)
    assert on.entered[0] == pytest.approx(whole.entered[0, first : first + 24], rel=1e-9, abs=1e-9)


@pytest.mark.statistical
def test_every_check_of_the_baseline_holds(bolton):
    compiled, tally, _ = bolton
    assert [(check.name, check.worst) for check in check_expected(tally, compiled) if not check.passed] == []
