"""Figures. Every function takes results and returns a matplotlib figure; nothing is shown and nothing is global.

Scenarios differ by line style, marker and a label beside them as well as by colour (Okabe and Ito's palette, ordered by lightness), so figures
read in greyscale and by colour-blind readers. Money is drawn in pounds; `outputs.money_axis` writes it in thousands, millions or billions.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outputs.money_axis import Unit, money_axis, unit_of
from outputs.tables import after_branch, whole
from scenarios.timeline import year_name
from sim.cost_lines import PUBLISHED_LABELS
from sim.results import Comparison, Results
from sim.statistics import Summary, summarise

COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "////", "\\\\\\\\", "....", "xxxx", "||||", "----")
SOURCE = (
    "Source: CareCurve simulation from published figures (Department for Education, Ofsted, ONS; Open Government "
    "Licence v3.0). Abuse, death and children's experience are not simulated."
)
LABEL_GAP = 0.085  # height of a label of two lines, of the axes'
SMALLEST_RANGE = 0.001  # of the baseline's yearly cost: a difference of a few pounds is not drawn as large as one of millions


def cost_curve(comparison: Comparison) -> Figure:
    """Return the cost curve: net cost by year, and cumulative net cost against the baseline, with 90 % bands.

    Authorities are added up. With no reform the right panel holds cumulative net cost itself. A single year has no curve: it is drawn as a point
    and an interval for each scenario, and with no reform the right panel holds the year's cost by published line.
    """
    several = len(comparison.baseline.areas) > 1
    comparison = whole(comparison)
    base = comparison.baseline
    years = after_branch(base) or list(base.years)
    figure = Figure(figsize=(12.0, 5.6), layout="constrained")
    if len(years) == 1:
        _one_year(figure, comparison, years[0])
        drawn = "Points: mean of {} paired runs; bars"
    else:
        _by_year(figure, comparison, years)
        drawn = "Lines: mean of {} paired runs; bands"
    payers = "authorities" if several else "the authority"
    figure.suptitle(f"{base.areas[0]}: what children's services cost {payers}", x=0.01, ha="left", fontsize=13)
    figure.supxlabel(
        f"{SOURCE}\n{drawn.format(base.replicates)}: 5th to 95th percentile. Net of grants.",
        fontsize=7.5, x=0.01, ha="left",
    )  # fmt: skip
    return figure


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure as PNG; the file holds no date, so equal figures are equal files."""
    path = Path(path)
    figure.savefig(path, dpi=150, metadata={"Software": None})
    return path


# ---------------------------------------------------------------- curves over years


def _by_year(figure: Figure, comparison: Comparison, years: list[int]) -> None:
    """Draw curves: net cost by year, and beside it the cumulative difference, or one scenario's cumulative cost."""
    base = comparison.baseline
    left, right = figure.subplots(1, 2)
    left.set_title("Net cost by year", loc="left")
    _curves(left, years, [(one.label, summarise(one.net().sel(year_ending=years).to_numpy()[0])) for one in comparison.scenarios])
    money_axis(left.yaxis, "a year, " + _prices(base))
    if comparison.reforms:
        right.set_title("Cumulative net cost against the baseline", loc="left")
        against = [(one.label, summarise(_cumulative(comparison, one.scenario, years))) for one in comparison.reforms]
        right.axhline(0.0, color=COLOURS[0], linewidth=1.2)
        right.update_datalim([(years[0], sign * _smallest_range(base, years)) for sign in (-1.0, 1.0)])
        _curves(right, years, against, first=1, also=[(f"{base.label} = 0", 0.0, 0)])
    else:
        right.set_title("Cumulative net cost", loc="left")
        totals = np.cumsum(base.net().sel(year_ending=years).to_numpy()[0], axis=1)
        _curves(right, years, [(base.label, summarise(totals))])
    money_axis(right.yaxis, _prices(base) + ", undiscounted")


def _smallest_range(base: Results, years: list[int]) -> float:
    """Return how many pounds either way a difference's axis reaches at least."""
    return SMALLEST_RANGE * abs(float(base.net().sel(year_ending=years).mean()))


def _prices(results: Results) -> str:
    """Return the price base as axes name it."""
    return f"{results.metadata['price_base']} prices"


def _cumulative(comparison: Comparison, scenario: str, years: list[int]) -> np.ndarray:
    """Return the cumulative paired difference in net cost, pounds (R, Y)."""
    yearly = comparison.cost_difference(scenario).sel(year_ending=years).to_numpy()[0]
    return np.cumsum(yearly, axis=1)


def _curves(
    axes: Axes, years: list[int], curves: list[tuple[str, Summary]], first: int = 0, also: list[tuple[str, float, int]] | None = None
) -> None:
    """Draw curves with bands, each labelled at its end; `first` is the style of the first one, `also` holds more labels (text, height, style)."""
    ends = list(also or [])
    for i, (label, summary) in enumerate(curves):
        style = (first + i) % len(COLOURS)
        axes.fill_between(
            years, summary.p05, summary.p95, facecolor=COLOURS[style], alpha=0.10, hatch=HATCHES[style],
            edgecolor=COLOURS[style], linewidth=0.0,
        )  # fmt: skip
        for edge in (summary.p05, summary.p95):
            axes.plot(years, edge, color=COLOURS[style], linestyle=STYLES[style], linewidth=0.7, alpha=0.7)
        axes.plot(
            years, summary.mean, color=COLOURS[style], linestyle=STYLES[style], marker=MARKERS[style], markersize=5,
            linewidth=1.8, label=label,
        )  # fmt: skip
        ends.append((label, float(summary.mean[-1]), style))
    for (label, y, style), height in _spread(axes, ends):
        axes.annotate(
            _wrapped(label), (years[-1], y), xytext=(16, height), textcoords=("offset points", "data"), va="center", fontsize=8.5,
            color=COLOURS[style], annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": COLOURS[style], "linewidth": 0.7, "shrinkA": 0, "shrinkB": 4, "relpos": (0, 0.5)},
        )  # fmt: skip
    axes.set_xlabel("Financial year (ending 31 March)")
    axes.set_xticks(years, [year_name(year) for year in years], rotation=45, ha="right")
    axes.margins(x=0.02)
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _spread(axes: Axes, ends: list[tuple[str, float, int]]) -> list[tuple[tuple[str, float, int], float]]:
    """Return labels, each with a height moved so that none covers another nor leaves the axes, in order of height."""
    low, high = axes.get_ylim()
    gap = LABEL_GAP * (high - low)
    ordered = sorted(ends, key=lambda end: end[1])
    heights = [y for _, y, _ in ordered]
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + gap)
    ceiling = high
    for i in reversed(range(len(heights))):
        heights[i] = min(heights[i], ceiling)
        ceiling = heights[i] - gap
    return list(zip(ordered, heights, strict=True))


# ---------------------------------------------------------------- one year


def _one_year(figure: Figure, comparison: Comparison, year: int) -> None:
    """Draw points and intervals, a row each: net cost by scenario, and beside it the differences, or one scenario's lines."""
    base = comparison.baseline
    left, right = figure.subplots(1, 2)
    left.set_title(f"Net cost, {year_name(year)}", loc="left")
    net = [(one.label, summarise(one.net().sel(year_ending=year).to_numpy()[0]), i) for i, one in enumerate(comparison.scenarios)]
    rows = _points(left, net)
    if comparison.reforms:
        right.set_title(f"Difference from the baseline, {year_name(year)}", loc="left")
        right.axvline(0.0, color=COLOURS[0], linewidth=1.2)
        changes = [
            (one.label, summarise(comparison.cost_difference(one.scenario).sel(year_ending=year).to_numpy()[0]), i)
            for i, one in enumerate(comparison.reforms, 1)
        ]
        _points(right, changes, signed=True)
        widest = max(abs(float(end)) for _, change, _ in changes for end in (change.p05, change.p95, change.mean))
        reach = max(1.4 * widest, _smallest_range(base, [year]))
        right.set_xlim(-reach, reach)
    else:
        right.set_title(f"Net cost by line, {year_name(year)}", loc="left")
        rows = _points(right, [(label, cost, 0) for label, cost in _by_line(base, year)])
    for axes in (left, right):
        money_axis(axes.xaxis, _prices(base))
    figure.set_figheight(2.2 + 0.6 * rows)


def _by_line(results: Results, year: int) -> list[tuple[str, Summary]]:
    """Return the authority's net cost by published line, the dearest first."""
    costs = results.costs.sel(year_ending=year)
    keys: dict[str, list[str]] = {}
    for key in results.payers("authority"):
        keys.setdefault(PUBLISHED_LABELS[results.lines[key]["published"]], []).append(key)
    found = [(label, summarise(costs.sel(line=lines).sum("line").to_numpy()[0])) for label, lines in keys.items()]
    return sorted(found, key=lambda line: -float(line[1].mean))


def _points(axes: Axes, rows: list[tuple[str, Summary, int]], signed: bool = False) -> int:
    """Draw a labelled row for each (label, summary, style), the first on top: mean, a bar from p05 to p95, and both in words; return how many."""
    unit = unit_of(max(abs(float(end)) for _, s, _ in rows for end in (s.mean, s.p05, s.p95)))
    for row, (_, summary, i) in enumerate(rows):
        style, mean, low, high = i % len(COLOURS), float(summary.mean), float(summary.p05), float(summary.p95)
        axes.plot([low, high], [row, row], color=COLOURS[style], linewidth=2.0, marker="|", markersize=12)
        axes.plot([mean], [row], color=COLOURS[style], marker=MARKERS[style], markersize=8)
        axes.annotate(
            _in_words(unit, mean, low, high, signed), (mean, row), xytext=(0, 10), textcoords="offset points", ha="center",
            fontsize=8.5, color=COLOURS[style], bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip
    axes.set_yticks(range(len(rows)), [_wrapped(label) for label, _, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.75)
    axes.margins(x=0.25)
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return len(rows)


def _in_words(unit: Unit, mean: float, low: float, high: float, signed: bool) -> str:
    """Return a mean and its interval, left out where it is no wider than what is written."""
    if signed and low == high == mean == 0.0:
        return "no difference in any run"
    ends = [unit.text(end, signed, bare=True) for end in (low, high)]
    return unit.text(mean, signed) + (f" ({ends[0]} to {ends[1]})" if ends[0] != ends[1] else "")


def _wrapped(label: str) -> str:
    """Break a long label in two."""
    if len(label) <= 18:
        return label
    middle = min((i for i, c in enumerate(label) if c == " "), key=lambda i: abs(i - len(label) / 2), default=None)
    return label if middle is None else f"{label[:middle]}\n{label[middle + 1 :]}"
