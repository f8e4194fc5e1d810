"""Native charts: lines told apart by dash and marker as well as colour, so that they read in greyscale; money in thousands, millions or billions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from outputs.money_axis import unit_of
from outputs.plots import COLOURS
from outputs.workbook.book import Book, clean

DASHES = ("solid", "dash", "dash_dot", "round_dot", "long_dash", "long_dash_dot", "square_dot")
MARKERS = ("circle", "square", "triangle", "diamond", "x", "star", "plus")
PATTERNS = (None, "wide_upward_diagonal", "percent_25", "wide_downward_diagonal", "dark_horizontal", "percent_50", "dark_vertical")
FONT = {"size": 9, "bold": False}


@dataclass(frozen=True)
class Series:
    """A line or a row of columns: where its name, categories and values are, and the scenario's place, which decides its look.

    `thin` lines are percentiles: no marker, and not in the legend.
    """

    name: Any
    categories: list[Any]
    values: list[Any]
    look: int
    thin: bool = False


def money_format(largest: float) -> tuple[str, str]:
    """Return the words and the number format of an axis of pounds up to `largest`."""
    unit = unit_of(largest)
    commas = {1e9: ",,,", 1e6: ",,", 1e3: ",", 1.0: ""}[unit.pounds]
    decimals = "" if unit.pounds == 1.0 or abs(largest) / unit.pounds >= 10 else ".0"
    return unit.name, f"#,##0{decimals}{commas}"


def near(low: float, high: float) -> tuple[tuple[float, float] | None, str]:
    """Return ends of an axis for values from `low` to `high`, and what to say of it: it does not begin at 0 where that would flatten them."""
    if low <= 0.0 or low < 0.6 * high:
        return None, ""
    step = 10.0 ** math.floor(math.log10(high - low or high))
    return (math.floor(low / step - 0.5) * step, math.ceil(high / step + 0.5) * step), "; the axis does not begin at 0"


def line_chart(
    book: Book, title: str, y_axis: str, number: str, series: Sequence[Series], dates: bool = False, limits: tuple[float, float] | None = None
) -> Any:
    """Return a chart of lines; `limits` are the ends of its axis of values."""
    chart = book.file.add_chart({"type": "line"})
    hidden = []
    for n, one in enumerate(series):
        colour, look = COLOURS[one.look % len(COLOURS)], one.look % len(DASHES)
        line = {"color": colour, "width": 0.75 if one.thin else 2.0, "dash_type": "round_dot" if one.thin else DASHES[look]}
        marker = {"type": "none"} if one.thin or dates else {"type": MARKERS[look], "size": 6, "fill": {"color": colour}, "border": {"color": colour}}
        chart.add_series({"name": one.name, "categories": one.categories, "values": one.values, "line": line, "marker": marker})
        hidden += [n] if one.thin else []
    by_month = {"date_axis": True, "num_format": "mmm yyyy", "major_unit": 12, "major_unit_type": "months"}
    _axes(chart, title, y_axis, number, by_month if dates else {}, limits)
    chart.set_legend({"position": "bottom", "font": FONT, "delete_series": hidden})
    return chart


def column_chart(book: Book, title: str, y_axis: str, number: str, series: Sequence[Series], kind: str = "column") -> Any:
    """Return a chart of columns side by side, or of bars; patterns tell scenarios apart."""
    chart = book.file.add_chart({"type": kind})
    for one in series:
        colour, pattern = COLOURS[one.look % len(COLOURS)], PATTERNS[one.look % len(PATTERNS)]
        look: dict[str, Any] = {"border": {"color": colour}}
        look |= {"fill": {"color": colour}} if pattern is None else {"pattern": {"pattern": pattern, "fg_color": colour, "bg_color": "#FFFFFF"}}
        chart.add_series({"name": one.name, "categories": one.categories, "values": one.values, "gap": 60} | look)
    _axes(chart, title, y_axis, number, {"reverse": True} if kind == "bar" else {}, across=kind == "bar")
    chart.set_legend({"position": "bottom", "font": FONT} if len(series) > 1 else {"none": True})
    return chart


def _words(text: str) -> str:
    """Return words of a chart that XlsxWriter takes for no cell: it does so after a sign of equality, and after `!` before a letter and a digit."""
    return clean(text).lstrip("=").replace("!", " ")


def _axes(
    chart: Any, title: str, values: str, number: str, categories: dict[str, Any], limits: tuple[float, float] | None = None, across: bool = False
) -> None:
    """Set a chart's title and axes; labels of categories stay at the edge where values fall below 0. In a chart of bars values go `across`."""
    chart.set_title({"name": _words(title), "name_font": {"size": 11, "bold": True}, "overlay": False})
    grid = {"visible": True, "line": {"color": "#D9D9D9", "width": 0.5}}
    of_values = {"name": _words(values), "name_font": FONT, "num_font": {"size": 9}, "num_format": number, "major_gridlines": grid}
    if limits:
        of_values |= {"min": limits[0], "max": limits[1]}
    of_categories = {"num_font": {"size": 9}, "label_position": "low", "major_gridlines": {"visible": False}} | categories
    chart.set_x_axis(of_values if across else of_categories)
    chart.set_y_axis(of_categories if across else of_values)
