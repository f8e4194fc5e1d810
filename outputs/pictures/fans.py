"""Fan charts: any measure over the years with its uncertainty, what was published before, and what each reform changes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outputs.children import label_of, yearly
from outputs.children import unit_of as measure_unit
from outputs.money_axis import money_axis
from outputs.picture import described
from outputs.pictures.look import (
    COLOURS,
    GREY,
    HATCHES,
    MARKERS,
    PUBLISHED_SOURCE,
    STYLES,
    End,
    bare,
    between,
    drawn_from,
    finish,
    label_ends,
    means_of,
    new_figure,
    number,
    number_axis,
    prices,
    year_axis,
)
from outputs.pictures.published import history
from outputs.tables import after_branch, whole
from sim.measures import MEASURES
from sim.results import Comparison, Results
from sim.statistics import summarise

SHADES = ((0.05, 0.95, 0.12), (0.10, 0.90, 0.14), (0.25, 0.75, 0.22))  # from, to, how dark
BANDS = "bands: 50, 80 and 90 % of runs; thin lines: 90 % of a reform's"


def children_in_care(comparison: Comparison, published: pd.DataFrame | None = None) -> Figure:
    """Return children in care on 31 March: as published, then as simulated in each scenario, and what each reform changes.

    Parameters
    ----------
    published
        As `outputs.pictures.published` describes; without it nothing published is drawn.
    """
    return fan_chart(comparison, "cla_at31", published)


def fan_chart(comparison: Comparison, measure: str, published: pd.DataFrame | None = None) -> Figure:
    """Return a measure (or a cost: `cost_net` and others of `outputs.children.yearly`) by year, authorities together.

    Left: the baseline as a fan of 50, 80 and 90 % of runs, reforms as lines with their 90 %, and what was published. Right, with reforms: each one's
    difference from the baseline, run by run, as a fan. A single year is drawn as points and intervals.

    Raises
    ------
    ValueError
        If the results hold no figures of the measure.
    """
    before = history(comparison, published, measure) if measure in MEASURES else pd.Series(dtype=float)
    years = list(comparison.baseline.years)
    if np.isnan(yearly(comparison.baseline, measure, years)).any() and measure in MEASURES and MEASURES[measure].count is not None:
        raise ValueError(f"these results hold no figures of {measure}")
    comparison = whole(comparison)
    base = comparison.baseline
    values = {one.scenario: yearly(one, measure, years)[0] for one in comparison.scenarios}
    changed = after_branch(base) or years
    figure = new_figure(12.0 if comparison.reforms else 9.0, 5.4)
    left, *right = np.atleast_1d(figure.subplots(1, 2 if comparison.reforms else 1, width_ratios=(1.45, 1.0) if comparison.reforms else None))
    _levels(left, comparison, years, values, before)
    _axis(left, measure, base)
    if right:
        _changes(right[0], comparison, years, changed, values)
        _axis(right[0], measure, base, "difference from the baseline: ")
    stock = _at_31_march(measure)
    for axes, shown in ((left, [*before.index, *years]), *((axes, changed) for axes in right)):
        span = range(int(min(shown)), int(max(shown)) + 1)
        year_axis(axes, span, stock)
        axes.set_xlim(span[0] - 0.4, span[-1] + 0.4)
    title = f"{base.areas[0]}: {label_of(measure)[:1].lower()}{label_of(measure)[1:]}"
    notes = [drawn_from(base, BANDS), "The left axis need not begin at 0.", PUBLISHED_SOURCE if len(before) else ""]
    finish(figure, title, " ".join(note for note in notes if note))
    return described(figure, _told(comparison, measure, title, years, changed, values, before))


def _at_31_march(measure: str) -> bool:
    return measure in MEASURES and MEASURES[measure].over == "last" and MEASURES[measure].count is not None


def _axis(axes: Axes, measure: str, base: Results, about: str = "") -> None:
    """Label a height axis with what is measured and its unit."""
    if measure_unit(measure, base).startswith("GBP") or MEASURES[measure].unit == "pounds":
        money_axis(axes.yaxis, f"{about}{prices(base)}")
    else:
        unit = MEASURES[measure].unit
        number_axis(axes.yaxis, f"{about}{unit}")
    bare(axes)


def _levels(axes: Axes, comparison: Comparison, years: list[int], values: dict[str, np.ndarray], before: pd.Series) -> None:
    """Draw what was published, and every scenario's level."""
    ends: list[End] = []
    if len(before):
        axes.plot(before.index, before.to_numpy(), color=GREY, linewidth=1.2, marker="o", markersize=5, markerfacecolor="white", markeredgewidth=1.4)
        axes.annotate(
            "published", (before.idxmax(), float(before.max())), xytext=(-8, 3), textcoords="offset points", fontsize=9, color=GREY, ha="right"
        )
    for i, one in enumerate(comparison.scenarios):
        own, look = values[one.scenario], i % len(COLOURS)
        if i == 0:
            _fan(axes, years, own, look)
        else:
            for edge in np.nanquantile(own, (0.05, 0.95), axis=0):
                axes.plot(years, edge, color=COLOURS[look], linestyle=STYLES[look], linewidth=0.9, alpha=0.8)
        axes.plot(years, own.mean(axis=0), color=COLOURS[look], linestyle=STYLES[look], marker=MARKERS[look], markersize=4.5, linewidth=1.7)
        ends.append((one.label, float(own.mean(axis=0)[-1]), look))
    axes.set_title("As simulated" + (", after what was published" if len(before) else ""), loc="left", fontsize=10.5)
    label_ends(axes, years[-1], ends)


def _fan(axes: Axes, years: list[int], values: np.ndarray, look: int, hatched: bool = False) -> None:
    """Draw a fan: nested bands of runs; a single year's as bars."""
    for low, high, shade in SHADES:
        lower, upper = np.quantile(values, (low, high), axis=0)
        hatch = HATCHES[look] if hatched and low == SHADES[0][0] else ""
        if len(years) == 1:
            axes.plot([years[0]] * 2, [lower[0], upper[0]], color=COLOURS[look], alpha=2 * shade, linewidth=7.0, solid_capstyle="butt")
        else:
            axes.fill_between(years, lower, upper, facecolor=COLOURS[look], alpha=shade, hatch=hatch, linewidth=0.0, edgecolor=COLOURS[look])


def _changes(axes: Axes, comparison: Comparison, years: list[int], changed: list[int], values: dict[str, np.ndarray]) -> None:
    """Draw each reform's difference from the baseline."""
    base, kept = comparison.baseline, [years.index(year) for year in changed]
    axes.set_title("What each reform changes", loc="left", fontsize=10.5)
    found = [values[one.scenario][:, kept] - values[base.scenario][:, kept] for one in comparison.reforms]
    if len(changed) == 1:
        axes.axhline(0.0, color=COLOURS[0], linewidth=1.2)
        for i, own in enumerate(found, 1):
            x = changed[0] + 0.12 * (i - (len(found) + 1) / 2.0)
            low, high = np.quantile(own[:, 0], (0.05, 0.95))
            look = i % len(COLOURS)
            axes.plot([x, x], [low, high], color=COLOURS[look], linewidth=1.6, marker="_")
            axes.plot([x], [own[:, 0].mean()], color=COLOURS[look], marker=MARKERS[look], markersize=7)
    else:
        axes.axhline(0.0, color=COLOURS[0], linewidth=1.2)
        for i, own in enumerate(found, 1):
            look = i % len(COLOURS)
            _fan(axes, changed, own, look, hatched=True)
            axes.plot(changed, own.mean(axis=0), color=COLOURS[look], linestyle=STYLES[look], marker=MARKERS[look], markersize=4.5, linewidth=1.7)
    ends = [(one.label, float(own.mean(axis=0)[-1]), i % len(COLOURS)) for i, (one, own) in enumerate(zip(comparison.reforms, found, strict=True), 1)]
    label_ends(axes, changed[-1], [*ends, (f"{base.label} = 0", 0.0, 0)])


def _told(comparison: Comparison, measure: str, title: str, years, changed, values, before: pd.Series) -> str:
    """Return the chart in words."""
    base, last = comparison.baseline, years.index(changed[-1])
    digits = 0 if np.nanmax(np.abs(values[base.scenario])) >= 99.5 else 1
    when = "on 31 March" if _at_31_march(measure) else "in the year to March"
    told = [f"{title}."]
    if len(before):
        first, then = before.index[0], before.index[-1]
        told.append(f"Published: {number(before[first], digits=digits)} {when} {first}, {number(before[then], digits=digits)} {when} {then}.")
    for i, one in enumerate(comparison.scenarios):
        level = summarise(values[one.scenario])
        told.append(f"{one.label}: {between(level, last, digits=digits)} {when} {changed[-1]}")
        if i:
            change = summarise(values[one.scenario] - values[base.scenario])
            told[-1] += f", against the baseline {between(change, last, True, digits)}"
        told[-1] += "."
    return (
        " ".join(told)
        + f" {means_of(base)[1]}; unit: {measure_unit(measure, base)}."
    )
