"""Loops found in the model: every link's sign against hand reasoning, its elasticity where there is a formula, what a switch takes away, polarity."""

import math

import numpy as np
import pytest

from outputs.loop_diagram import PLACES, feedback_loops, loops_in_words, names_of
from scenarios.loading import load
from sim.kernels.layout import STAGE_KEYS
from sim.loop_point import PRESSED, point_of
from sim.loops import LINKS, QUANTITIES, Link, Loop, Measured, acting, elasticity, find_loops, links_table, loops_table, measure_links
from sim.model import compile_model

pytestmark = pytest.mark.unit
AREA = "Sefton"
PLUS, MINUS = 1, -1
BY_HAND = {  # more of the first: more (+) or less (-) of the second
    ("families", "work"): PLUS, ("proceedings", "work"): PLUS, ("looked_after", "work"): PLUS, ("work", "pressure"): PLUS,
    ("capacity", "pressure"): MINUS, ("pressure", "pace"): MINUS, ("pace", "families"): MINUS, ("pressure", "leavers"): PLUS,
    ("leavers", "vacancies"): PLUS, ("leavers", "employed"): MINUS, ("vacancies", "agency"): PLUS, ("employed", "capacity"): PLUS,
    ("agency", "capacity"): PLUS, ("families", "proceedings"): PLUS, ("looked_after", "proceedings"): PLUS, ("proceedings", "court_pressure"): PLUS,
    ("court_pressure", "court_pace"): MINUS, ("court_pace", "proceedings"): MINUS, ("proceedings", "looked_after"): PLUS,
    ("families", "entries"): PLUS, ("entries", "looked_after"): PLUS, ("looked_after", "use"): PLUS, ("places", "use"): MINUS,
    ("use", "opened"): PLUS, ("opened", "places"): PLUS, ("use", "share"): PLUS, ("share", "places"): PLUS, ("use", "price"): PLUS,
    ("use", "misfits"): PLUS, ("use", "far"): PLUS, ("looked_after", "cost"): PLUS, ("price", "cost"): PLUS, ("misfits", "cost"): PLUS,
    ("cost", "overspend"): PLUS, ("cost", "budget"): PLUS, ("budget", "overspend"): MINUS, ("overspend", "support"): MINUS,
    ("support", "entries"): MINUS, ("support", "help_places"): PLUS, ("help_places", "waiting"): MINUS, ("waiting", "families"): PLUS,
}  # fmt: skip
SWITCHES = {
    "pressure.slows_teams": "settings.pressure.slows_teams: false",
    "workforce.follows_pressure": "settings.workforce.follows_pressure: false",
    "courts.follows_work": "settings.courts.follows_work: false",
    "supply.follows_use": "settings.supply.follows_use: false",
    "prices.follow_use": "settings.prices.follow_use: false",
    "budget.in_force": "settings.budget.in_force: false",
    "budget.need_response": "settings.budget.need_response.value: 0.0",
    "placement_plans.distance.far_response_to_use": "placement_plans.distance.far_response_to_use.value: 0.0",
    "courts.response": "settings.courts.response.value: 0.0",
}


def point(scenario="austerity", **state):
    """Return a point of a scenario in one authority, with as many children in each stage, and as many transitions fired."""
    compiled = compile_model(load(scenario), (AREA,), "2035-03", "2025-04", central=True)
    counts = {f"at_31_march:{name}": 100.0 for name in compiled.stage_names} | {f"entered:{name}": 3000.0 for name in compiled.stage_names}
    counts |= {f"fired:{name}": 10.0 for name in compiled.transition_names}
    return point_of(compiled, counts, **({"pressure": 0.9, "court_pressure": 1.4} | state))


@pytest.fixture(scope="module")
def measured():
    return measure_links([point()])


def signs(measured):
    return {(one.link.source, one.link.target): one.sign for one in measured}


def value(measured, source, target):
    return next(one.elasticity for one in measured if (one.link.source, one.link.target) == (source, target))


def test_every_link_has_the_sign_that_reasoning_gives(measured):
    assert signs(measured) == BY_HAND


def test_below_their_limits_teams_and_waiting_lists_do_not_answer(measured):
    silent = {(one.link.source, one.link.target) for one in measured if not one.acts_at_present}
    assert silent == {("pressure", "pace"), ("help_places", "waiting"), ("waiting", "families")}


def test_elasticities_are_those_of_the_formulas(measured):
    settings = load("baseline").settings
    response, reference = settings.workforce.turnover_response.value, settings.pressure.reference.value
    expected = response * PRESSED / (1.0 + response * (PRESSED - reference))
    assert value(measured, "pressure", "leavers") == pytest.approx(expected, rel=1e-3)
    assert value(measured, "pressure", "pace") == pytest.approx(-1.0)
    assert value(measured, "court_pressure", "court_pace") == pytest.approx(-settings.courts.response.value)
    assert value(measured, "use", "far") == pytest.approx(0.5, rel=1e-3)
    assert value(measured, "places", "use") == pytest.approx(-1.0)
    assert value(measured, "cost", "budget") == pytest.approx(1.0)
    assert value(measured, "employed", "capacity") + value(measured, "agency", "capacity") == pytest.approx(1.0, abs=1e-3)
    work = [value(measured, stock, "work") for stock in ("families", "proceedings", "looked_after")]
    assert sum(work) == pytest.approx(1.0, abs=1e-3)


def test_support_answers_overspend_as_the_budget_says():
    at = point("baseline", level=0.8)
    link = next(one for one in LINKS if (one.source, one.target) == ("overspend", "support"))
    low, high = link.measure(at, 0.99), link.measure(at, 1.01)
    budget = load("baseline").settings.budget
    m = at.arrays
    yearly = 12.0 * next(one for one in LINKS if (one.source, one.target) == ("looked_after", "cost")).measure(at, 1.0)
    assert high - low == pytest.approx(-0.02 * budget.saved_per_pound_of_overspend.value * yearly / m.family_support[0], rel=1e-6)


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_loop_switched_off_disappears_and_no_other(tmp_path, switch, measured):
    path = tmp_path / "off.yaml"
    path.write_text(f"name: Off\nextends: austerity\nset:\n  {SWITCHES[switch]}\n")
    off = measure_links([point(str(path))])
    gone = {pair for pair, sign in signs(off).items() if sign == 0}
    assert gone == {(link.source, link.target) for link in LINKS if link.switch == switch}
    assert gone
    assert {pair: sign for pair, sign in signs(off).items() if sign} == {pair: sign for pair, sign in BY_HAND.items() if pair not in gone}
    assert not any(set(zip(loop.quantities, (*loop.quantities[1:], loop.quantities[0]), strict=True)) & gone for loop in find_loops(off))
    assert len(find_loops(off)) < len(find_loops(measured)) or switch.startswith("placement_plans")  # distance is an outcome


def test_a_response_turned_round_turns_its_sign():
    at = point()
    rules = at.arrays.price_rules.copy()
    rules[:, 0] *= -1.0
    other = measure_links([at.with_arrays(price_rules=rules)])
    assert {pair for pair, sign in signs(other).items() if sign != BY_HAND[pair]} == {("use", "price")}
    assert signs(other)["use", "price"] == MINUS


def fake(source, target, strength, at_present=None):
    return Measured(Link(source, target, lambda at, times: times, ""), strength, strength, strength, strength if at_present is None else at_present)


def test_polarity_is_the_product_of_signs_and_gain_that_of_elasticities():
    links = [fake("work", "pressure", 2.0), fake("pressure", "pace", -0.5), fake("pace", "work", -0.8), fake("pressure", "work", -0.25)]
    loops = find_loops([*links, fake("cost", "budget", 1.0), fake("budget", "cost", 0.0)])
    assert {(loop.quantities, loop.polarity): loop.gain for loop in loops} == pytest.approx({
        (("work", "pressure", "pace"), "R"): 0.8, (("work", "pressure"), "B"): -0.5,
    })  # fmt: skip
    assert [name for name, _ in names_of(loops)] == ["R1", "B1"]


def test_the_loops_of_the_model_are_those_of_the_page_on_loops(measured):
    found = {loop.quantities: loop.polarity for loop in find_loops(measured)}
    assert found["families", "work", "pressure", "pace"] == "R"
    assert found["pressure", "leavers", "employed", "capacity"] == "R"
    assert found["pressure", "leavers", "vacancies", "agency", "capacity"] == "B"
    assert found["proceedings", "court_pressure", "court_pace"] == "R"
    assert found["use", "opened", "places"] == found["use", "share", "places"] == "B"
    late_help = ("families", "entries", "looked_after", "cost", "overspend", "support", "help_places", "waiting")
    assert found[late_help] == "R"
    assert found["entries", "looked_after", "cost", "overspend", "support"] == "R"  # the vicious circle of austerity
    through_price = ("families", "entries", "looked_after", "use", "price", "cost", "overspend", "support", "help_places", "waiting")
    assert found[through_price] == "R"
    assert not any("far" in quantities for quantities in found)  # nothing follows from distance
    gains = {loop.quantities: loop.gain for loop in find_loops(measured)}
    leaving = gains["pressure", "leavers", "employed", "capacity"] + gains["pressure", "leavers", "vacancies", "agency", "capacity"]
    assert 0.0 < leaving < 0.1  # vicious, but agency workers take most of it back


def test_constants_push_nothing_round():
    links = [fake("capacity", "pressure", -1.0), fake("families", "work", 1.0), fake("work", "pressure", 1.0), fake("support", "help_places", 0.0)]
    assert {one.link.source for one in acting(links)} == {"families", "work"}


def test_no_answer_and_nothing_to_answer_have_no_elasticity():
    at = point()
    assert elasticity(Link("a", "b", lambda at, times: 5.0, ""), at) == 0.0
    assert elasticity(Link("a", "b", lambda at, times: 0.0, ""), at) == 0.0
    assert elasticity(Link("a", "b", lambda at, times: times**-1.5, ""), at) == pytest.approx(-1.5)


def test_a_pathway_of_a_team_alone_has_its_loop_and_no_other(theory_team):
    loops = find_loops(measure_links([theory_team]))
    assert [(loop.quantities, loop.polarity) for loop in loops] == [(("families", "work", "pressure", "pace"), "R")]
    assert loops[0].gain == pytest.approx(1.0, abs=1e-3)
    assert theory_team.arrays.key_stages[STAGE_KEYS.index("interim_care_order")] < 0


@pytest.fixture
def theory_team():
    from pathlib import Path

    scenario = load(str(Path(__file__).parent / "theory" / "team.yaml"))
    area = next(iter(scenario.synthetic))
    compiled = compile_model(scenario, (area,), central=True)
    return point_of(compiled, {"at_31_march:worked_on": 10.0, "entered:worked_on": 5.0, "fired:worked_on.done": 5.0}, pressure=0.9)


def test_the_diagram_shows_every_quantity_that_acts_and_every_sign(measured):
    loops = find_loops(measured)
    figure = feedback_loops(measured, loops, "Sefton")
    words = [text.get_text() for text in figure.axes[0].texts]
    drawn = acting(measured)
    flat = {word.replace("\n", " ") for word in words}
    assert {QUANTITIES[name] for one in drawn for name in (one.link.source, one.link.target)} <= flat
    assert words.count("+") == sum(one.sign > 0 for one in drawn)
    assert words.count("\N{MINUS SIGN}") == sum(one.sign < 0 for one in drawn)
    assert {"R1", "B1"} <= set(words)
    assert "Pressure on teams" in loops_in_words(measured, loops)
    assert set(PLACES) == set(QUANTITIES)
    assert math.dist(PLACES["families"], PLACES["work"]) > 0.5


def test_tables_say_sign_elasticity_and_why(measured):
    table = links_table(measured)
    assert list(table.columns[:4]) == ["from", "to", "sign", "elasticity"]
    assert set(table.sign) == {"+", "-"}
    assert table.why.str.len().min() > 5
    assert np.isfinite(table.elasticity).all()
    loops = loops_table([Loop(("use", "price"), 0.5, 0.0)])
    assert loops.iloc[0].to_dict() == {
        "polarity": "R", "gain": 0.5, "gain_at_present": 0.0,
        "loop": "Use of places for children → Price asked for a place → Use of places for children",
    }  # fmt: skip
