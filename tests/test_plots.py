import numpy as np
import pytest
from experiment_sample import comparison, results
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from outputs.plots import COLOURS, HATCHES, MARKERS, STYLES, cost_curve, save_figure
from sim.results import Comparison

pytestmark = pytest.mark.unit


def texts(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda item: hasattr(item, "get_text")))


def test_the_cost_curve_has_two_labelled_panels_with_units_price_base_and_source():
    figure = cost_curve(comparison())
    assert isinstance(figure, Figure)
    left, right = figure.axes
    for axes in (left, right):
        assert axes.get_xlabel()
        assert "£" in axes.get_ylabel()
        assert "2024-25 prices" in axes.get_ylabel()
    assert "against the baseline" in right.get_title(loc="left")
    shown = texts(figure)
    assert "Source:" in shown
    assert "5 paired runs" in shown
    assert "not simulated" in shown


def test_scenarios_differ_without_colour():
    left = cost_curve(comparison()).axes[0]
    lines = [line for line in left.lines if line.get_marker() not in ("None", "", None)]
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == 2
    labels = {text.get_text().replace("\n", " ") for text in left.texts}
    assert labels == {"Baseline (committed policy)", "Early-help investment"}
    assert len(set(map(str, STYLES))) == len(set(MARKERS)) == len(set(HATCHES)) == len(COLOURS)


def test_the_first_colours_differ_in_grey():
    grey = [np.dot(to_rgb(colour), (0.299, 0.587, 0.114)) for colour in COLOURS[:3]]
    assert np.diff(sorted(grey)).min() > 0.08


def test_curves_hold_the_cumulative_paired_difference():
    both = comparison()
    right = cost_curve(both).axes[1]
    drawn = next(line for line in right.lines if line.get_label() == "Early-help investment")
    yearly = both.cost_difference("early-help").sum("area").sel(year_ending=[2026, 2027, 2028]).mean("replicate")
    assert np.allclose(drawn.get_ydata(), np.cumsum(yearly) / 1e6)


def test_one_scenario_alone_is_drawn_too(tmp_path):
    alone = Comparison(results(), (), {"area_label": "Two boroughs"})
    path = save_figure(cost_curve(alone), tmp_path / "curve.png")
    assert path.read_bytes()[:4] == b"\x89PNG"
    again = save_figure(cost_curve(alone), tmp_path / "again.png")
    assert path.read_bytes() == again.read_bytes()
