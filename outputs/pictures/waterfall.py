"""Waterfalls: bars from the baseline to a reform, each beginning where the one before ends, with its interval and its value in words."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from outputs.attribution_words import amount
from outputs.money_axis import money_axis
from outputs.pictures.look import FALL, RISE, wrapped

WHOLE, WITHIN, TOTAL = "#000000", "#999999", "total"
HATCH = {RISE: "////", FALL: "", WHOLE: "", WITHIN: "...."}
SMALL = 0.02  # of the largest: smaller lines are drawn as one
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


def by_line(rows: pd.DataFrame, ends: tuple[str, str]) -> list[Bar]:
    """Return the waterfall of net cost by item (rows of `cost_bridge.csv` of one reform, area and span), between two labels.

    Lines outside placements and the reform's own are put together by section, small ones as one without an interval.
    """
    rows = rows.set_index("item")
    kept = [item for item in rows.index if item.startswith("placements_") or rows.section[item] == "reform"]
    found = [(rows.label[item], rows.loc[item], None) for item in kept]
    others = rows.drop([*kept, TOTAL])
    for section, group in others.groupby("section", sort=False):
        alone = group.iloc[0] if len(group) == 1 else pd.Series({"mean": group["mean"].sum(), "p05": float("nan"), "p95": float("nan")})
        found.append((SECTIONS.get(str(section), str(section)), alone, None))
    largest = max((abs(step["mean"]) for _, step, _ in found), default=0.0)
    small = [step for step in found if abs(step[1]["mean"]) < SMALL * largest]
    found = [step for step in found if abs(step[1]["mean"]) >= SMALL * largest]
    if small:
        rest = sum(step["mean"] for _, step, _ in small)
        found.append((f"{len(small)} smaller lines", pd.Series({"mean": rest, "p05": float("nan"), "p95": float("nan")}), None))
    return steps(found, ends, rows.loc[TOTAL])


def steps(found: list[tuple[str, pd.Series, float | None]], ends: tuple[str, str], total: pd.Series) -> list[Bar]:
    """Return bars from the baseline, each (label, its `mean`, `p05`, `p95`, what it does alone) beginning where the one before ends, to the total."""
    bars, here = [Bar(ends[0], 0.0, 0.0, 0.0, 0.0, WHOLE)], 0.0
    for label, row, alone in found:
        value = float(row["mean"])
        bars.append(Bar(label[:1].upper() + label[1:], here, value, float(row.p05), float(row.p95), RISE if value > 0 else FALL, alone))
        here += value
    return [*bars, Bar(ends[1], 0.0, float(total["mean"]), float(total.p05), float(total.p95), WHOLE)]


def draw(axes: Axes, title: str, bars: list[Bar], prices: str, rows: int) -> None:
    """Draw bars from the top down, each with its value in words at the right; room is left for as many rows as the longest panel beside.

    `prices` names the price base of pounds; children are drawn where it is empty.
    """
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
        axes.annotate(words(bar, unit, largest, row == 0), (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=8.5)
    axes.set_yticks(range(len(bars)), [wrapped(bar.label, 26) for bar in bars], fontsize=8.5)
    axes.set_ylim(rows - 0.5, -0.6)
    axes.use_sticky_edges = False
    axes.margins(x=0.06)
    axes.set_title(title, loc="left", fontsize=10.5)
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    if prices:
        money_axis(axes.xaxis, f"against the baseline, {prices}")
    else:
        axes.set_xlabel("children, against the baseline")


def words(bar: Bar, unit: str, largest: float, first: bool = False) -> str:
    """Return a bar's value with its interval."""
    if first:
        return "0"
    value = amount(bar.value, unit, largest)
    if bar.low != bar.low or bar.low == bar.high:
        return value
    return f"{value} ({amount(bar.low, unit, largest)} to {amount(bar.high, unit, largest)})"


def told(bars: list[Bar], unit: str) -> str:
    """Return a waterfall in words: its total, and its parts, the largest first."""
    largest = max(abs(bar.value) for bar in bars)
    parts = sorted((bar for bar in bars[1:-1] if bar.colour in (RISE, FALL)), key=lambda bar: -abs(bar.value))
    return f"{bars[-1].label} {words(bars[-1], unit, largest)} in all: " + "; ".join(f"{bar.label} {words(bar, unit, largest)}" for bar in parts)
