"""The picture of what drove a difference: waterfalls from the baseline to each reform, by part, by line of cost, and of children in care."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from outputs import attribution_matrix
from outputs.attribution import INTERACTION, TOTAL
from outputs.attribution_matrix import FALL, RISE, WHOLE
from outputs.attribution_words import amount
from outputs.money_axis import money_axis
from outputs.plots import SOURCE
from scenarios.timeline import year_name
from sim.attribution import Attribution, Attributions

WITHIN = "#999999"
HATCH = {RISE: "////", FALL: "", WHOLE: "", WITHIN: "...."}
SMALL = 0.02  # of the largest: smaller lines are drawn as one
ROW_INCHES, HEAD_INCHES = 0.40, 1.0
OUTLINE = [withStroke(linewidth=2.5, foreground="white")]  # an interval is seen on a dark bar
SECTIONS = {
    "workforce": "Social workers", "care leavers": "Care leavers", "programmes": "Family support", "placements": "Allowances under orders",
    "income": "Grant for unaccompanied children", "processes": "Courts", "policy": "Committed policy", "not modelled": "Lines not modelled",
}  # fmt: skip


@dataclass(frozen=True)
class Bar:
    """A bar of a waterfall: its label, where it starts, how long it is, its interval, its colour, and what the part does alone."""

    label: str
    start: float
    value: float
    low: float
    high: float
    colour: str
    alone: float | None = None


def waterfall(found: Attributions, table: pd.DataFrame, costs: pd.DataFrame) -> Figure:
    """Return the figure of what drove each reform, all authorities together.

    Three panels for each reform: net cost to the authority over all years by the reform's parts (Shapley values), children in care at the end by
    part, and net cost by volume, mix and price of placements and by line. Below them, of a reform of several parts, a table of both at once.

    Parameters
    ----------
    table, costs
        `outputs.attribution.attribution_frame` and `outputs.cost_bridge.cost_bridge` of the same comparison.
    """
    panels = [_panels(found, one, table, costs) for one in found.reforms]
    rows = [(*_rows(panel), *([len(one.parts) + 1] if len(one.parts) > 1 else [])) for panel, one in zip(panels, found.reforms, strict=True)]
    heights = [HEAD_INCHES + ROW_INCHES * n for own in rows for n in own]
    figure = Figure(figsize=(15.0, 1.3 + sum(heights)), layout="constrained")
    grid = figure.add_gridspec(len(heights), 2, height_ratios=heights)
    first = 0
    for one, (by_part, by_line, children), (upper, lower, *several) in zip(found.reforms, panels, rows, strict=True):
        _draw(figure.add_subplot(grid[first, 0]), *by_part, upper)
        _draw(figure.add_subplot(grid[first + 1, 0]), *children, lower)
        _draw(figure.add_subplot(grid[first : first + 2, 1]), *by_line, len(by_line[1]))
        if several:
            attribution_matrix.draw(figure.add_subplot(grid[first + 2, :]), one, table)
        first += 2 + len(several)
    runs = found.comparison.baseline.replicates
    kinds = ((RISE, "rises"), (FALL, "falls"), (WHOLE, "total"), (WITHIN, "interaction, already in the parts above"))
    handles = [Patch(facecolor=colour, hatch=HATCH[colour], edgecolor="white", label=words) for colour, words in kinds]
    handles.append(Line2D([], [], marker="D", markerfacecolor="white", markeredgecolor=WHOLE, linestyle="", label="where the part alone would end"))
    figure.legend(handles=handles, loc="outside upper right", ncols=5, fontsize=8.5, frameon=False)
    figure.suptitle(f"{table.area.iloc[-1]}: what drove the difference from the baseline", x=0.01, ha="left", fontsize=13)
    figure.supxlabel(
        f"{SOURCE}\nBars: mean of {runs} paired runs; lines and brackets: 5th to 95th percentile. A part's bar is its Shapley value: the mean of "
        "what it adds, over all orders in which parts can be added.", fontsize=7.5, x=0.01, ha="left",
    )  # fmt: skip
    return figure


def _rows(panel: list[tuple[str, list[Bar], str]]) -> tuple[int, int]:
    """Return how many rows the two panels at the left have: as many as their bars, and together no fewer than the one beside them."""
    by_part, by_line, children = (len(bars) for _, bars, _ in panel)
    left = max(0, by_line - by_part - children)
    return by_part + left // 2, children + left - left // 2


def _panels(found: Attributions, one: Attribution, table: pd.DataFrame, costs: pd.DataFrame) -> list[tuple[str, list[Bar], str]]:
    """Return title, bars and unit of a reform's three panels."""
    years = one.total.year_ending.to_numpy()
    prices = f"{found.comparison[one.scenario].metadata['price_base']} prices, undiscounted"
    span = f"{year_name(int(years[0]))} to {year_name(int(years[-1]))}"
    own = table[(table.scenario == one.scenario) & (table.area == table.area.iloc[-1])]
    lines = costs[(costs.scenario == one.scenario) & (costs.area == costs.area.iloc[-1]) & (costs.measure == "net_cost")]
    money = own[(own.measure == "net_cost") & (own.year_ending == "all")]
    children = own[(own.measure == "cla_at31") & (own.year_ending == str(years[-1]))]
    ends, which = (found.comparison.baseline.label, one.label), f"{one.label}: " if len(found.reforms) > 1 else ""
    return [
        (f"{which}Net cost {span}, by what the reform does", _by_part(one, money, ends), prices),
        ("The same, by volume, mix, price and line", _by_line(lines[lines.year_ending == "all"], ends), prices),
        (f"{which}Children in care, 31 March {years[-1]}", _by_part(one, children, ends), ""),
    ]


def _by_part(one: Attribution, rows: pd.DataFrame, ends: tuple[str, str]) -> list[Bar]:
    """Return the waterfall of a measure by part."""
    values, alone = (rows[rows.effect == effect].set_index("part") for effect in ("shapley", "alone"))
    steps = [(part.label, values.loc[part.name], float(alone.loc[part.name, "mean"])) for part in one.parts]
    bars = _steps(steps, ends, rows[rows.effect == TOTAL].iloc[0])
    row = rows[rows.part == INTERACTION].iloc[0]
    return [*bars, Bar("Of it: interaction", 0.0, row["mean"], row.p05, row.p95, WITHIN)] if len(one.parts) > 1 else bars


def _by_line(rows: pd.DataFrame, ends: tuple[str, str]) -> list[Bar]:
    """Return the waterfall of net cost by item; lines outside placements and the reform's own by section, small ones as one without an interval."""
    rows = rows.set_index("item")
    kept = [item for item in rows.index if item.startswith("placements_") or rows.section[item] == "reform"]
    steps = [(rows.label[item], rows.loc[item], None) for item in kept]
    others = rows.drop([*kept, TOTAL])
    for section, group in others.groupby("section", sort=False):
        alone = group.iloc[0] if len(group) == 1 else pd.Series({"mean": group["mean"].sum(), "p05": float("nan"), "p95": float("nan")})
        steps.append((SECTIONS.get(str(section), str(section)), alone, None))
    largest = max((abs(step["mean"]) for _, step, _ in steps), default=0.0)
    small = [step for step in steps if abs(step[1]["mean"]) < SMALL * largest]
    steps = [step for step in steps if abs(step[1]["mean"]) >= SMALL * largest]
    if small:
        rest = sum(step["mean"] for _, step, _ in small)
        steps.append((f"{len(small)} smaller lines", pd.Series({"mean": rest, "p05": float("nan"), "p95": float("nan")}), None))
    return _steps(steps, ends, rows.loc[TOTAL])


def _steps(steps: list[tuple[str, pd.Series, float | None]], ends: tuple[str, str], total: pd.Series) -> list[Bar]:
    """Return bars from the baseline, each beginning where the one before ends, to the total."""
    bars, here = [Bar(ends[0], 0.0, 0.0, 0.0, 0.0, WHOLE)], 0.0
    for label, row, alone in steps:
        value = float(row["mean"])
        bars.append(Bar(label[:1].upper() + label[1:], here, value, float(row.p05), float(row.p95), RISE if value > 0 else FALL, alone))
        here += value
    return [*bars, Bar(ends[1], 0.0, float(total["mean"]), float(total.p05), float(total.p95), WHOLE)]


def _draw(axes: Axes, title: str, bars: list[Bar], prices: str, rows: int) -> None:
    """Draw bars from the top down, each with its value in words at the right; room is left for as many rows as the longest panel beside."""
    unit = "GBP" if prices else "children"
    largest = max(abs(end) for bar in bars for end in (bar.value, bar.low, bar.high) if end == end)
    axes.axvline(0.0, color=WHOLE, linewidth=1.0)
    for row, bar in enumerate(bars):
        axes.barh(row, bar.value, left=bar.start, height=0.62, color=bar.colour, hatch=HATCH[bar.colour], edgecolor="white", linewidth=0.0)
        if bar.low == bar.low and bar.low != bar.high:
            ends = [bar.start + bar.low, bar.start + bar.high]
            axes.plot(ends, [row, row], color="#444444", linewidth=1.0, marker="|", markersize=7, path_effects=OUTLINE)
        if bar.alone is not None:
            axes.plot([bar.start + bar.alone], [row], marker="D", markersize=6, markerfacecolor="white", markeredgecolor=WHOLE, linestyle="")
        if row and bar.colour in (RISE, FALL):
            axes.plot([bar.start, bar.start], [row - 1.0, row], color="#777777", linewidth=0.7, zorder=0)
        axes.annotate(_words(bar, unit, largest, row == 0), (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=8.5)
    axes.set_yticks(range(len(bars)), [_short(bar.label) for bar in bars], fontsize=8.5)
    axes.set_ylim(rows - 0.5, -0.6)
    axes.margins(x=0.06)
    axes.set_title(title, loc="left", fontsize=10.5)
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    if prices:
        money_axis(axes.xaxis, f"against the baseline, {prices}")
    else:
        axes.set_xlabel("children, against the baseline")


def _words(bar: Bar, unit: str, largest: float, first: bool) -> str:
    """Return a bar's value with its interval."""
    if first:
        return "0"
    value = amount(bar.value, unit, largest)
    if bar.low != bar.low or bar.low == bar.high:
        return value
    return f"{value} ({amount(bar.low, unit, largest)} to {amount(bar.high, unit, largest)})"


def _short(label: str) -> str:
    """Break a label that is long at the space nearest its middle."""
    if len(label) <= 26:
        return label
    middle = min((i for i, c in enumerate(label) if c == " "), key=lambda i: abs(i - len(label) / 2), default=None)
    return label if middle is None else f"{label[:middle]}\n{label[middle + 1 :]}"
