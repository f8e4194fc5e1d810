"""Figures. Every function takes results and returns a matplotlib figure; nothing is shown and nothing is global.

Scenarios differ by line style, marker and a label at the line's end as well as by colour (Okabe and Ito's palette,
ordered by lightness), so figures read in greyscale and by colour-blind readers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outputs.tables import after_branch, whole
from sim.results import Comparison
from sim.statistics import Summary, summarise

COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "////", "\\\\\\\\", "....", "xxxx", "||||", "----")
SOURCE = (
    "Source: CareCurve simulation from published figures (Department for Education, Ofsted, ONS; Open Government "
    "Licence v3.0). Abuse, death and children's experience are not simulated."
)


def cost_curve(comparison: Comparison) -> Figure:
    """Return the cost curve: net cost by year, and cumulative net cost against the baseline, with 90 % bands.

    Authorities are added up. With no reform the right panel holds cumulative net cost itself.
    """
    comparison = whole(comparison)
    base = comparison.baseline
    years = after_branch(base) or list(base.years)
    figure = Figure(figsize=(12.0, 5.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    yearly = [
        (one.label, summarise(one.net().sel(year_ending=years).to_numpy()[0] / 1e6)) for one in comparison.scenarios
    ]
    _curves(left, years, yearly, first=0)
    left.set_title("Net cost by year", loc="left")
    left.set_ylabel(f"£ million a year, {base.metadata['price_base']} prices")
    if comparison.reforms:
        against = [(one.label, summarise(_cumulative(comparison, one.scenario, years))) for one in comparison.reforms]
        _curves(right, years, against, first=1)
        right.axhline(0.0, color=COLOURS[0], linewidth=1.2)
        right.annotate(
            f"{base.label} = 0",
            (years[-1], 0.0),
            xytext=(-2, -4),
            textcoords="offset points",
            fontsize=8,
            va="top",
            ha="right",
        )
        right.set_title("Cumulative net cost against the baseline", loc="left")
    else:
        totals = np.cumsum(base.net().sel(year_ending=years).to_numpy()[0], axis=1) / 1e6
        _curves(right, years, [(base.label, summarise(totals))], first=0)
        right.set_title("Cumulative net cost", loc="left")
    right.set_ylabel(f"£ million, {base.metadata['price_base']} prices, undiscounted")
    figure.suptitle(f"{base.areas[0]}: what children's services cost the authority", x=0.01, ha="left", fontsize=13)
    figure.supxlabel(
        f"{SOURCE}\nLines: mean of {base.replicates} paired runs; bands: 5th to 95th percentile. Net of grants.",
        fontsize=7.5, x=0.01, ha="left",
    )  # fmt: skip
    return figure


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure as PNG; the file holds no date, so equal figures are equal files."""
    path = Path(path)
    figure.savefig(path, dpi=150, metadata={"Software": None})
    return path


def _cumulative(comparison: Comparison, scenario: str, years: list[int]) -> np.ndarray:
    """Return the cumulative paired difference in net cost, £ million (R, Y)."""
    yearly = comparison.cost_difference(scenario).sel(year_ending=years).to_numpy()[0]
    return np.cumsum(yearly, axis=1) / 1e6


def _curves(axes: Axes, years: list[int], curves: list[tuple[str, Summary]], first: int) -> None:
    """Draw curves with bands, each labelled at its end; `first` is the style of the first one."""
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
    for label, y, style in _spread(
        axes, [(label, float(s.mean[-1]), first + i) for i, (label, s) in enumerate(curves)]
    ):
        axes.annotate(
            _wrapped(label), (years[-1], y), xytext=(8, 0), textcoords="offset points", va="center", fontsize=8.5,
            color=COLOURS[style % len(COLOURS)], annotation_clip=False,
        )  # fmt: skip
    axes.legend(loc="best", fontsize=8, frameon=False, handlelength=4)
    axes.set_xlabel("Financial year (ending 31 March)")
    axes.set_xticks(years, [f"{year - 1}-{year % 100:02d}" for year in years], rotation=45, ha="right")
    axes.margins(x=0.02)
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _spread(axes: Axes, ends: list[tuple[str, float, int]]) -> list[tuple[str, float, int]]:
    """Return labels with heights moved apart so that none covers another, in order of height."""
    low, high = axes.get_ylim()
    gap = 0.085 * (high - low)
    placed: list[tuple[str, float, int]] = []
    for label, y, style in sorted(ends, key=lambda end: end[1]):
        y = max(y, placed[-1][1] + gap) if placed else y
        placed.append((label, y, style))
    return placed


def _wrapped(label: str) -> str:
    """Break a long label in two."""
    if len(label) <= 18:
        return label
    middle = min((i for i, c in enumerate(label) if c == " "), key=lambda i: abs(i - len(label) / 2), default=None)
    return label if middle is None else f"{label[:middle]}\n{label[middle + 1 :]}"
