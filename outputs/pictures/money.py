"""Price and volume of placements, and the bridge of all of a reform's difference in net cost."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outputs.money_axis import money_axis, unit_of
from outputs.picture import described
from outputs.pictures import waterfall
from outputs.pictures.look import (
    COLOURS,
    HATCHES,
    MARKERS,
    STYLES,
    bare,
    drawn_from,
    finish,
    label_ends,
    new_figure,
    number,
    number_axis,
    prices,
    year_axis,
)
from outputs.price_volume import BRIDGE, priced_of
from outputs.tables import whole
from scenarios.timeline import year_name
from sim.results import Comparison, Results

PARTS = {
    "volume": "Volume: weeks in placements", "mix": "Mix: kinds of placement\nand children's needs",
    "chance": "Chance: as drawn, of the\nsame kind and needs",
    "market": "Market: prices follow use", "commissioning": "Commissioning: what was won",
}  # fmt: skip
LAYERS = ("cost", "price a week", "weeks")


def price_and_volume(comparison: Comparison, table: pd.DataFrame) -> Figure:
    """Return placements' cost as weeks times price: each of the baseline's over the years, and what each reform changes by volume, mix and price.

    Parameters
    ----------
    table
        `outputs.price_volume.price_and_volume` (`price_volume.csv`): its last area is drawn.
    """
    comparison = whole(comparison)
    base = comparison.baseline
    rows = (
        table[(table.area == table.area.iloc[-1]) & (table.placements == "all") & (table.year_ending.astype(str) == "all")] if len(table) else table
    )
    figure = new_figure(12.5, 5.2)
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.25))
    told = _weeks_and_price(left, base)
    _parts(right, comparison, rows)
    title = f"{base.areas[0]}: what placements cost, by price and volume"
    how = "Cost = weeks in placements × price a week; parts of a difference are taken run by run, and add up."
    finish(figure, title, f"{drawn_from(base, 'no interval is drawn', 'Lines and bars')} {how}")
    words = []
    for reform in comparison.reforms:
        own = rows[rows.scenario == reform.scenario].iloc[0]
        unit = unit_of(max(abs(float(own[f"{part}_gbp"])) for part in (*BRIDGE,)))
        words.append(f"{reform.label} changes what placements cost by {unit.text(float(own.gbp), True)}: "
                     + "; ".join(f"{part} {unit.text(float(own[f'{part}_gbp']), True)}" for part in BRIDGE) + ".")  # fmt: skip
    return described(figure, f"{title}. {told} {' '.join(words)}")


def _weeks_and_price(axes: Axes, base: Results) -> str:
    """Draw cost, weeks and price a week of the baseline, the first year as 100, and return them in words."""
    years = list(base.years)
    found = priced_of(base, years)
    pounds, weeks = found["gbp"][0].mean(axis=0), found["weeks"][0].mean(axis=0)
    values = dict(zip(LAYERS, (pounds, pounds / np.maximum(weeks, 1e-9), weeks), strict=True))
    axes.axhline(100.0, color=COLOURS[0], linewidth=0.8, linestyle=":")
    ends = []
    for i, (name, value) in enumerate(values.items()):
        index = 100.0 * value / (value[0] or 1.0)
        axes.plot(years, index, color=COLOURS[i], linestyle=STYLES[i], marker=MARKERS[i], markersize=5, linewidth=1.8)
        ends.append((f"{name} {number(index[-1], digits=0)}", float(index[-1]), i))
    axes.set_title(f"{base.label}", loc="left", fontsize=10.5)
    number_axis(axes.yaxis, f"{year_name(years[0])} = 100, {prices(base)}")
    year_axis(axes, years)
    bare(axes)
    axes.margins(x=0.04)
    label_ends(axes, years[-1], ends)
    unit, each = unit_of(float(pounds.max())), values["price a week"]
    ends = [
        f"{unit.text(float(pounds[i]))} ({number(weeks[i], digits=0)} weeks at £{number(each[i], digits=0)}) in {year_name(years[i])}"
        for i in (0, -1)
    ]
    return f"{base.label}, {prices(base)}: {' and '.join(ends)}."


def _parts(axes: Axes, comparison: Comparison, rows: pd.DataFrame) -> None:
    """Draw the parts of each reform's difference, a row for each part and below them their sum."""
    names = [*BRIDGE, "gbp"]
    if not comparison.reforms:
        axes.axis("off")
        return
    high = 0.8 / len(comparison.reforms)
    values = {one.scenario: rows[rows.scenario == one.scenario].iloc[0] for one in comparison.reforms}
    unit = unit_of(max(abs(float(own[name if name == "gbp" else f"{name}_gbp"])) for own in values.values() for name in names))
    axes.axvline(0.0, color=COLOURS[0], linewidth=1.2)
    for k, one in enumerate(comparison.reforms):
        look = (k + 1) % len(COLOURS)
        for row, name in enumerate(names):
            value = float(values[one.scenario][name if name == "gbp" else f"{name}_gbp"])
            y = row + (k - (len(comparison.reforms) - 1) / 2.0) * high
            axes.barh(y, value, 0.9 * high, color=COLOURS[look], hatch=HATCHES[look], edgecolor="white", linewidth=0.3)
            side = 1 if value >= 0.0 else -1
            said = unit.text(value, True) + (f" {one.label}" if name == "gbp" else "")
            at, side = (max(value, 0.0), 1) if name == "gbp" else (value, side)
            axes.annotate(said, (at, y), xytext=(4 * side, 0), textcoords="offset points", va="center", fontsize=8.5, color=COLOURS[look],
                          ha="left" if side > 0 else "right")  # fmt: skip
    axes.axhline(len(BRIDGE) - 0.5, color=COLOURS[0], linewidth=0.7)
    axes.set_yticks(range(len(names)), [*PARTS.values(), "Together"], fontsize=9)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.28)
    axes.set_title("What each reform changes, all years together", loc="left", fontsize=10.5)
    money_axis(axes.xaxis, f"against the baseline, {prices(comparison.baseline)}")
    bare(axes, "x")


def cost_bridge(comparison: Comparison, table: pd.DataFrame) -> Figure:
    """Return a waterfall for each reform from the baseline's net cost to its own: its own lines, placements' volume, mix and price, every other line.

    Parameters
    ----------
    table
        `outputs.cost_bridge.cost_bridge` (`cost_bridge.csv`): its last area is drawn.
    """
    area = table.area.iloc[-1]
    rows = table[(table.area == area) & (table.measure == "net_cost") & (table.year_ending.astype(str) == "all")]
    base = comparison.baseline
    spans = sorted({int(year) for year in table.year_ending.astype(str) if year != "all"})
    bars = {one.scenario: waterfall.by_line(rows[rows.scenario == one.scenario], (base.label, one.label)) for one in comparison.reforms}
    counts = [len(own) for own in bars.values()]
    figure = new_figure(11.5, 1.2 + sum(0.9 + 0.40 * n for n in counts))
    grid = figure.subplots(len(bars), 1, squeeze=False, height_ratios=[0.9 + 0.40 * n for n in counts]).ravel()
    span = f"{year_name(spans[0])} to {year_name(spans[-1])}" if len(spans) > 1 else year_name(spans[0])
    told = []
    for axes, one in zip(grid, comparison.reforms, strict=True):
        waterfall.draw(axes, f"{one.label}: net cost {span}", bars[one.scenario], f"{prices(one)}, undiscounted", len(bars[one.scenario]))
        told.append(waterfall.told(bars[one.scenario], "GBP") + ".")
    title = f"{area}: where the difference in net cost comes from"
    finish(
        figure, title, f"{drawn_from(base, 'lines and brackets: 5th to 95th percentile', 'Bars')} Hatched bars add to cost, plain ones take from it."
    )
    return described(figure, f"{title}, {span}, {prices(base)}, against the baseline. {' '.join(told)} 90 % interval in brackets.")
