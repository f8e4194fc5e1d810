"""Stocks and flows of a year: they add up, whatever the pathway; what is drawn does not overlap and says what is left out."""

import copy
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from flow_sample import counted
from matplotlib.backends.backend_agg import FigureCanvasAgg

from outputs.flow_layout import columns_of
from outputs.flow_system import ARRIVES, ENDS, MOVES, OPENS, Flow, Stock, system_of
from outputs.stock_flow import BLUE, alternative_text, lanes_of, stocks_and_flows
from scenarios.loading import load
from sim.compile_pathway import names_of
from sim.pathway_counts import described
from sim.results import Comparison, open_results

pytestmark = pytest.mark.e2e  # files and pictures are made
THEORY = Path(__file__).parent / "theory"
PATHWAYS = ("baseline", str(THEORY / "chain.yaml"), str(THEORY / "loss.yaml"), str(THEORY / "priority.yaml"), str(THEORY / "team.yaml"))


@pytest.mark.parametrize("scenario", PATHWAYS)
def test_the_flows_of_every_stock_add_up_to_its_change(scenario):
    system = system_of(counted(scenario), 2027)
    assert system.stocks
    for stock in system.stocks:
        came = sum(flow.children for flow in system.flows if flow.target == stock.name)
        left = sum(flow.children for flow in system.flows if flow.source == stock.name)
        assert came - left == pytest.approx(stock.children - stock.before, abs=1e-3), stock.name


def test_the_first_year_has_no_change_and_a_year_not_there_is_refused():
    results = counted()
    assert {stock.before for stock in system_of(results, 2025).stocks} == {None}
    with pytest.raises(ValueError, match="2031 is not among"):
        system_of(results, 2031)
    with pytest.raises(ValueError, match="no counts of the pathway"):
        system_of(replace(results, pathway=None))


def test_flows_are_the_pathways_transitions_and_openings():
    results = counted()
    system = system_of(results, 2027)
    fired = results.pathway.sum("area").sel(year_ending=2027)
    moves = {(flow.source, flow.target): flow for flow in system.flows if flow.kind == MOVES}
    assert moves["referral", "assessment"].children == float(fired.sel(count="fired:referral.assess"))
    closed = ["fired:assessment.not_in_need", "fired:assessment.advice_and_closure"]
    assert moves["assessment", "closed"].children == float(fired.sel(count=closed).sum())
    assert ("looked_after", "adopted") in moves  # by a transition of the placement
    into_need = [moves["assessment", name].children for name in ("child_in_need", "family_help")]
    assert sum(into_need) == pytest.approx(float(fired.sel(count="fired:assessment.in_need")))  # divided as entries are
    kinds = {(flow.target, flow.kind) for flow in system.flows}
    assert ("looked_after", ARRIVES) in kinds
    enquiries = {flow.names[0] for flow in system.flows if flow.kind == OPENS and flow.target == "section_47"}
    assert enquiries <= {"assessment", "child_in_need", "family_help"}
    assert any(flow.kind == ENDS and flow.source == "initial_conference" for flow in system.flows)


def test_columns_follow_the_order_of_the_pathway():
    stocks = tuple(Stock(name, name, "need", None, 1.0) for name in "abcd")
    flows = [Flow("a", "b", 5.0, MOVES), Flow("b", "c", 5.0, MOVES), Flow("a", "c", 5.0, MOVES), Flow("c", "a", 5.0, MOVES)]
    small = [Flow("a", "d", 1.0, MOVES), Flow("b", "d", 2.0, MOVES)]
    columns = [[stock.name for stock in column] for column in columns_of(stocks, flows, small)]
    assert columns == [["a"], ["b"], ["c", "d"]]


def boxes_of(figure):
    return [patch for patch in figure.axes[0].patches if patch.get_zorder() == 4]


@pytest.mark.parametrize(("scenario", "seed"), [*((scenario, 1) for scenario in PATHWAYS), ("baseline", 2)])
def test_nothing_overlaps_and_all_lies_on_the_page(scenario, seed):
    figure = stocks_and_flows(counted(scenario, seed), 2027)
    assert overlaps(figure) == []
    width, height = figure.get_size_inches()
    boxes = boxes_of(figure)
    assert boxes
    for box in boxes:
        assert 0.0 <= box.get_x()
        assert box.get_x() + box.get_width() <= width
        assert 0.0 <= box.get_y()
        assert box.get_y() + box.get_height() <= height
    for one, other in combinations(boxes, 2):
        apart_x = one.get_x() + one.get_width() <= other.get_x() or other.get_x() + other.get_width() <= one.get_x()
        apart_y = one.get_y() + one.get_height() <= other.get_y() or other.get_y() + other.get_height() <= one.get_y()
        assert apart_x or apart_y


def overlaps(figure):
    """Return pairs of words that cover each other."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    texts = [(text.get_text(), text.get_window_extent(renderer)) for text in figure.axes[0].texts]
    return [
        (a, b) for (a, one), (b, other) in combinations(texts, 2)
        if min(one.x1, other.x1) - max(one.x0, other.x0) > 1.5 and min(one.y1, other.y1) - max(one.y0, other.y0) > 1.5
    ]  # fmt: skip


def test_a_pathway_with_another_stage_draws_it():
    pathway = load("baseline").pathway
    stage = copy.deepcopy(pathway.stages["early_help"]).model_copy(update={"label": "Family hub"})
    stages = dict(pathway.stages)
    stages["family_hub"] = stage
    assess = stages["assessment"].model_copy(update={"outcomes": {
        name: outcome.model_copy(update={"to": "family_hub"}) if name == "early_help" else outcome
        for name, outcome in stages["assessment"].outcomes.items()
    }})  # fmt: skip
    more = pathway.model_copy(update={"stages": stages | {"assessment": assess}})
    more.__dict__.pop("groups", None)
    results = counted(about=described(more), names=names_of(more))
    figure = stocks_and_flows(results, 2027)
    assert "Family hub" in [text.get_text() for text in figure.axes[0].texts]
    assert ("assessment", "family_hub") in {(flow.source, flow.target) for flow in system_of(results, 2027).flows}


def test_small_flows_are_left_out_and_counted():
    system = system_of(counted(), 2027)
    lanes, small = lanes_of(system, 0.10)
    drawn = [pipe for _, lane in lanes for pipe in lane.pipes]
    assert small
    assert drawn
    _, none = lanes_of(system, 0.0)
    assert none == []
    shown = " ".join(text.get_text() for text in stocks_and_flows(counted(), 2027, least_share=0.10).axes[0].texts)
    assert f"{len(small)} flows below 10%" in shown
    assert "Source:" in shown


def test_every_stock_shows_its_label_and_children():
    results = counted()
    figure = stocks_and_flows(results, 2027, "Two boroughs")
    numbers = [text.get_text() for text in figure.axes[0].texts if text.get_color() == BLUE]
    assert len(numbers) == len(boxes_of(figure))
    referral = next(stock for stock in system_of(results, 2027).stocks if stock.name == "referral")
    assert any(number.startswith(f"{referral.children:,.0f} (") for number in numbers)
    assert "Two boroughs" in figure.axes[0].texts[-3].get_text() + figure.axes[0].texts[-2].get_text() + figure.axes[0].texts[-1].get_text()
    assert "Two boroughs" in alternative_text(results, 2027, "Two boroughs")


def test_counts_of_the_pathway_are_kept_in_a_folder_and_add_up_over_areas(tmp_path):
    results = counted()
    folder = Comparison(results, (), {"area_label": "Two boroughs"}).save(tmp_path)
    again = open_results(folder).baseline
    assert again.pathway.equals(results.pathway)
    total = again.total("both")
    assert np.allclose(total.pathway.to_numpy()[0], results.pathway.sum("area"))
    grossed = again.total("more", {"referrals": 2.0, "cla": 3.0}).pathway.sel(area="more")
    assert float(grossed.sel(count="at_31_march:referral", year_ending=2026)) == 2.0 * float(
        total.pathway.sel(area="both", count="at_31_march:referral", year_ending=2026)
    )
    assert float(grossed.sel(count="entered:looked_after", year_ending=2026)) == 3.0 * float(
        total.pathway.sel(area="both", count="entered:looked_after", year_ending=2026)
    )
