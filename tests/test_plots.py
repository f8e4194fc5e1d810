"""The picture of a comparison: what it shows, that it reads without colour, and how money is written."""

import re
from dataclasses import replace

import numpy as np
import pytest
from experiment_sample import comparison, results
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from outputs.money_axis import MINUS, MoneyFormatter, unit_of
from outputs.pictures.look import apart, wrapped
from outputs.plots import COLOURS, HATCHES, MARKERS, STYLES, cost_curve, save_figure
from sim.results import Comparison

pytestmark = pytest.mark.e2e  # files and pictures are made


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
    assert np.allclose(drawn.get_ydata(), np.cumsum(yearly))


def test_a_difference_of_nothing_is_not_drawn_as_one():
    base = results()
    reform = replace(results("early-help"), costs=base.costs, lines=base.lines)
    low, high = cost_curve(Comparison(base, (reform,), {"area_label": "Two boroughs"})).axes[1].get_ylim()
    assert high > 0.0005 * float(base.net().sum("area").mean())
    assert low < 0.0 < high


def test_a_single_year_is_points_with_intervals_in_words():
    left, right = (figure := cost_curve(comparison(years=(2025, 2026)))).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["Baseline\n(committed policy)", "Early-help\ninvestment"]
    assert [label.get_text() for label in right.get_yticklabels()] == ["Early-help\ninvestment"]
    assert "2025-26" in left.get_title(loc="left")
    assert all("£" in axes.get_xlabel() and "2024-25 prices" in axes.get_xlabel() for axes in (left, right))
    assert all(re.fullmatch(r"£[\d.,]+m( \([\d.,]+ to [\d.,]+\))?", text.get_text()) for text in left.texts)
    assert [text.get_text()[0] for text in right.texts] in (["+"], [MINUS])
    assert "Points: mean of 5 paired runs; bars: 5th to 95th percentile" in texts(figure)


def test_a_single_year_of_one_scenario_shows_what_it_is_spent_on():
    alone = Comparison(results(years=(2025, 2026)), (), {"area_label": "Two boroughs"})
    left, right = cost_curve(alone).axes
    lines = [label.get_text().replace("\n", " ") for label in right.get_yticklabels()]
    assert {"Fostering", "Residential and supported"} <= set(lines)
    points = [line.get_xdata()[0] for line in right.lines if len(line.get_xdata()) == 1]
    assert points == sorted(points, reverse=True)
    assert sum(points) == pytest.approx(next(line for line in left.lines if len(line.get_xdata()) == 1).get_xdata()[0])


def test_labels_at_the_ends_are_kept_apart_and_inside():
    axes = Figure().subplots()
    axes.set_ylim(0.0, 1.0)
    placed = apart(axes, [("a", 0.97, 0), ("b\nb", 0.98, 1), ("c", 0.99, 2), ("d", 0.1, 3)], 0.08)
    heights = [height for _, height in placed]
    assert [label for (label, _, _), _ in placed] == ["d", "a", "b\nb", "c"]
    assert heights == pytest.approx([0.1, 1.0 - 0.28, 1.0 - 0.16, 1.0 - 0.04])  # centres: half a line of each between them
    crowded = apart(axes, [(f"{i}\n{i}", 0.5, i) for i in range(10)], 0.08)  # twenty lines where twelve fit
    assert [height for _, height in crowded] == pytest.approx([0.05 + 0.1 * i for i in range(10)])


def test_a_long_name_takes_three_lines_at_most():
    name = "A reform whose name goes on and on, as names do that a committee of several authorities has written together"
    assert wrapped("Early-help investment") == "Early-help\ninvestment"
    lines = wrapped(name, 18).split("\n")
    assert (len(lines), lines[-1][-1]) == (3, "…")
    assert max(map(len, lines)) <= 20


@pytest.mark.parametrize(
    ("largest", "name"), [(14.2e9, "£ billion"), (1.15e9, "£ million"), (2e6, "£ million"), (4e5, "£ thousand"), (900.0, "£"), (0.0, "£")]
)
def test_money_is_written_in_a_unit_that_suits_it(largest, name):
    assert unit_of(largest).name == unit_of(-largest).name == name


def test_amounts_have_separators_and_signs():
    million, pound = unit_of(5e6), unit_of(1.0)
    assert million.text(1_120.4e6) == "£1,120m"
    assert million.text(-2.94e6, signed=True) == f"{MINUS}£2.9m"
    assert million.text(2.94e6, signed=True, bare=True) == "+2.9"
    assert million.text(-3.0) == "£0.0m"
    assert pound.text(1234.0) == "£1,234"


@pytest.mark.parametrize(
    ("ticks", "labels"),
    [
        ([950e6, 1000e6, 1050e6], ["950", "1,000", "1,050"]),
        ([-2.5e6, 0.0, 2.5e6], [f"{MINUS}2.5", "0.0", "2.5"]),
        ([1.25e6, 1.5e6], ["1.25", "1.50"]),
    ],
)
def test_ticks_have_as_many_decimals_as_tell_them_apart(ticks, labels):
    assert MoneyFormatter(unit_of(5e6)).format_ticks(ticks) == labels


def test_one_scenario_alone_is_drawn_too(tmp_path):
    alone = Comparison(results(), (), {"area_label": "Two boroughs"})
    path = save_figure(cost_curve(alone), tmp_path / "curve.png")
    assert path.read_bytes()[:4] == b"\x89PNG"
    again = save_figure(cost_curve(alone), tmp_path / "again.png")
    assert path.read_bytes() == again.read_bytes()
