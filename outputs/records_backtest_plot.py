"""The picture of a backtest of records: all children in care as recorded, the fan forecast from each origin, and how far off each method was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from outputs.plots import COLOURS, MARKERS, STYLES

SHADES = ((0.16, "p025", "p975"), (0.34, "p25", "p75"))
FIGURES = ("p025", "p25", "p50", "p75", "p975")
ROOM = 0.08  # of the height, over and under what is drawn
SOURCE = "Source: the authority's own SSDA903 records; each forecast by CareCurve from what was known on its first day."


@dataclass(frozen=True)
class ShownBacktest:
    """What is drawn.

    Attributes
    ----------
    past
        Children in care at month ends, by day.
    fans
        By day of origin: quantiles (`FIGURES`) of the forecast by day, the origin first.
    errors
        By method, in words: mean absolute error of all children in care, per cent, by months ahead.
    forecasts
        How many forecasts those are means of, by months ahead.
    title
        Over both.
    """

    past: pd.Series
    fans: Mapping[date, pd.DataFrame]
    errors: Mapping[str, pd.Series]
    forecasts: pd.Series
    title: str


def backtest_figure(shown: ShownBacktest) -> Figure:
    """Return each origin's fan over what was recorded (left), and each method's error by months ahead (right)."""
    figure = Figure(figsize=(13.0, 5.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(2.1, 1.0))
    _fans(left, shown)
    _errors(right, shown.errors, shown.forecasts)
    figure.suptitle(shown.title, x=0.01, ha="left", fontsize=13)
    figure.supxlabel(SOURCE, fontsize=7.5, x=0.01, ha="left")
    return figure


def _fans(axes: Axes, shown: ShownBacktest) -> None:
    """Draw each origin's fan and what was recorded; the axis begins near the least of them, as its title says."""
    for position, (origin, fan) in enumerate(shown.fans.items()):
        colour, days = COLOURS[1 + position % 6], pd.to_datetime(list(fan.index))
        for shade, low, high in SHADES:
            axes.fill_between(days, fan[low], fan[high], color=colour, alpha=shade, linewidth=0)
        axes.plot(days, fan["p50"], color=colour, linewidth=1.8, linestyle="--")
        axes.plot(days[:1], fan["p50"][:1], color=colour, marker=MARKERS[position % 7], markersize=8)
        above = position % 2 == 0  # neighbours overlap: their labels take turns over and under the fans
        end = fan["p975" if above else "p025"].iloc[-1]
        axes.annotate(
            f"from {origin:%B %Y}", (days[-1], end), xytext=(0, 5 if above else -5), textcoords="offset points", fontsize=9, color=colour,
            ha="right", va="bottom" if above else "top",
        )  # fmt: skip
    days = pd.to_datetime(list(shown.past.index))
    axes.plot(days, shown.past.to_numpy(), color=COLOURS[0], linewidth=1.8)
    axes.annotate("records", (days[0], shown.past.iloc[:12].max()), xytext=(2, 5), textcoords="offset points", fontsize=9.5)
    drawn = np.concatenate([shown.past.dropna().to_numpy(), *(fan.to_numpy().ravel() for fan in shown.fans.values())])
    room = ROOM * (drawn.max() - drawn.min())
    axes.set_ylim(max(0.0, drawn.min() - room), drawn.max() + room)
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_ylabel("children in care at the month's end (not from 0)")
    _tidy(axes, "Forecasts (median dashed, 50 and 95 % of runs) and what happened")


def _errors(axes: Axes, errors: Mapping[str, pd.Series], forecasts: pd.Series) -> None:
    """Draw each method's mean error by months ahead."""
    ends = _apart([(name, one.iloc[-1]) for name, one in errors.items()], 0.06 * max(one.max() for one in errors.values()))
    for position, (name, one) in enumerate(errors.items()):
        look = {"color": COLOURS[1 + position], "linestyle": STYLES[position], "marker": MARKERS[position]}
        axes.plot(one.index, one.to_numpy(), linewidth=2.2 if position == 0 else 1.5, **look)
        axes.annotate(name, (one.index[-1], ends[name]), xytext=(8, 0), textcoords="offset points", fontsize=9, color=look["color"], va="center")
    months = list(forecasts.index)
    axes.set_xticks(months, [f"{month}\n({count:.0f})" for month, count in forecasts.items()])
    axes.set_xlim(0, months[-1] * 1.65)
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel("months ahead (forecasts)")
    axes.set_ylabel("mean error, per cent of children in care")
    _tidy(axes, "How far off each method was")


def _apart(ends: Sequence[tuple[str, float]], gap: float) -> dict[str, float]:
    """Return heights of labels, each moved up so that none covers another."""
    heights: dict[str, float] = {}
    last = -np.inf
    for name, height in sorted(ends, key=lambda end: end[1]):
        last = heights[name] = max(height, last + gap)
    return heights


def _tidy(axes: Axes, title: str) -> None:
    """Give a panel its title and take off what is not needed."""
    axes.set_title(title, loc="left", fontsize=10.5)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
