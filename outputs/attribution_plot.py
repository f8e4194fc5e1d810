"""The picture of what drove a difference: waterfalls from the baseline to each reform, by part, by line of cost, and of children in care."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from outputs import attribution_matrix
from outputs.attribution import INTERACTION, TOTAL
from outputs.picture import described
from outputs.pictures.look import FALL, RISE, SOURCE
from outputs.pictures.waterfall import HATCH, WHOLE, WITHIN, Bar, by_line, draw, steps, told
from outputs.tables import after_branch
from scenarios.parts import Part
from scenarios.timeline import year_name
from sim.attribution import Attributions
from sim.results import Comparison

ROW_INCHES, HEAD_INCHES = 0.40, 1.0


@dataclass(frozen=True)
class Reform:
    """A reform's key, name and parts."""

    scenario: str
    label: str
    parts: tuple[Part, ...]


def waterfall(found: Attributions, table: pd.DataFrame, costs: pd.DataFrame) -> Figure:
    """Return the figure of what drove each reform, all authorities together (`attribution_waterfall`), with the parts as they were found."""
    return _waterfall(found.comparison, [Reform(one.scenario, one.label, one.parts) for one in found.reforms], table, costs)


def attribution_waterfall(comparison: Comparison, table: pd.DataFrame, costs: pd.DataFrame) -> Figure:
    """Return the figure of what drove each reform, all authorities together, from a results folder's tables.

    Three panels for each reform: net cost to the authority over all years by the reform's parts (Shapley values), children in care at the end by
    part, and net cost by volume, mix and price of placements and by line. Below them, of a reform of several parts, a table of both at once.

    Parameters
    ----------
    table, costs
        `outputs.attribution.attribution_frame` and `outputs.cost_bridge.cost_bridge` of the same comparison.
    """
    alone = table[table.effect == "shapley"]
    parts = {one.scenario: alone[alone.scenario == one.scenario].part.unique() for one in comparison.reforms}
    reforms = [Reform(one.scenario, one.label, tuple(map(Part, parts[one.scenario]))) for one in comparison.reforms if len(parts[one.scenario])]
    return _waterfall(comparison, reforms, table, costs)


def _waterfall(comparison: Comparison, reforms: list[Reform], table: pd.DataFrame, costs: pd.DataFrame) -> Figure:
    """Draw the panels of each reform below one another."""
    panels = [_panels(comparison, one, table, costs, len(reforms) > 1) for one in reforms]
    rows = [(*_rows(panel), *([len(one.parts) + 1] if len(one.parts) > 1 else [])) for panel, one in zip(panels, reforms, strict=True)]
    heights = [HEAD_INCHES + ROW_INCHES * n for own in rows for n in own]
    figure = Figure(figsize=(15.0, 1.3 + sum(heights)), layout="constrained")
    grid = figure.add_gridspec(len(heights), 2, height_ratios=heights)
    first = 0
    for one, (parts, lines, children), (upper, lower, *several) in zip(reforms, panels, rows, strict=True):
        draw(figure.add_subplot(grid[first, 0]), *parts, upper)
        draw(figure.add_subplot(grid[first + 1, 0]), *children, lower)
        draw(figure.add_subplot(grid[first : first + 2, 1]), *lines, len(lines[1]))
        if several:
            attribution_matrix.draw(figure.add_subplot(grid[first + 2, :]), one, table)
        first += 2 + len(several)
    runs = comparison.baseline.replicates
    kinds = ((RISE, "rises"), (FALL, "falls"), (WHOLE, "total"), (WITHIN, "interaction, already in the parts above"))
    handles = [Patch(facecolor=colour, hatch=HATCH[colour], edgecolor="white", label=words) for colour, words in kinds]
    handles.append(Line2D([], [], marker="D", markerfacecolor="white", markeredgecolor=WHOLE, linestyle="", label="where the part alone would end"))
    figure.legend(handles=handles, loc="outside upper right", ncols=5, fontsize=8.5, frameon=False)
    title = f"{table.area.iloc[-1]}: what drove the difference from the baseline"
    figure.suptitle(title, x=0.01, ha="left", fontsize=13)
    figure.supxlabel(
        f"{SOURCE}\nBars: mean of {runs} paired runs; lines and brackets: 5th to 95th percentile. A part's bar is its Shapley value: the mean of "
        "what it adds, over all orders in which parts can be added.", fontsize=7.5, x=0.01, ha="left",
    )  # fmt: skip
    said = [f"{heading}. {told(bars, 'GBP' if unit else 'children')}." for panel in panels for heading, bars, unit in panel]
    return described(figure, f"{title}. {' '.join(said)} Mean of {runs} paired runs, 90 % interval in brackets.")


def _rows(panel: list[tuple[str, list[Bar], str]]) -> tuple[int, int]:
    """Return how many rows the two panels at the left have: as many as their bars, and together no fewer than the one beside them."""
    by_part, by_line, children = (len(bars) for _, bars, _ in panel)
    left = max(0, by_line - by_part - children)
    return by_part + left // 2, children + left - left // 2


def _panels(comparison: Comparison, one: Reform, table: pd.DataFrame, costs: pd.DataFrame, several: bool) -> list[tuple[str, list[Bar], str]]:
    """Return title, bars and unit of a reform's three panels."""
    years = after_branch(comparison.baseline)
    prices = f"{comparison[one.scenario].metadata['price_base']} prices, undiscounted"
    span = f"{year_name(int(years[0]))} to {year_name(int(years[-1]))}"
    own = table[(table.scenario == one.scenario) & (table.area == table.area.iloc[-1])]
    lines = costs[(costs.scenario == one.scenario) & (costs.area == costs.area.iloc[-1]) & (costs.measure == "net_cost")]
    money = own[(own.measure == "net_cost") & (own.year_ending == "all")]
    children = own[(own.measure == "cla_at31") & (own.year_ending == str(years[-1]))]
    ends, which = (comparison.baseline.label, one.label), f"{one.label}: " if several else ""
    return [
        (f"{which}Net cost {span}, by what the reform does", _by_part(one, money, ends), prices),
        ("The same, by volume, mix, price and line", by_line(lines[lines.year_ending == "all"], ends), prices),
        (f"{which}Children in care, 31 March {years[-1]}", _by_part(one, children, ends), ""),
    ]


def _by_part(one: Reform, rows: pd.DataFrame, ends: tuple[str, str]) -> list[Bar]:
    """Return the waterfall of a measure by part."""
    values, alone = (rows[rows.effect == effect].set_index("part") for effect in ("shapley", "alone"))
    found = [(part.label, values.loc[part.name], float(alone.loc[part.name, "mean"])) for part in one.parts]
    bars = steps(found, ends, rows[rows.effect == TOTAL].iloc[0])
    row = rows[rows.part == INTERACTION].iloc[0]
    return [*bars, Bar("Of it: interaction", 0.0, row["mean"], row.p05, row.p95, WITHIN)] if len(one.parts) > 1 else bars
