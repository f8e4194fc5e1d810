"""Waiting and caseload: how hard teams are pressed, who waits for help and how long, and posts without anybody in them."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from outputs.children import label_of, yearly
from outputs.picture import described
from outputs.pictures.look import BAND, COLOURS, THIN, bare, curves, drawn_from, finish, means_of, new_figure, number, number_axis, year_axis
from outputs.tables import whole
from sim.measures import MEASURES
from sim.results import Comparison
from sim.statistics import Summary, summarise

PANELS = {
    "pressure": "Work in hand over capacity", "early_help_waiting": "Families waiting for early help",
    "early_help_wait_days": "Mean wait for early help, days", "intensive_help_waiting": "Families waiting for intensive family help",
    "vacancy_pct": "Social workers' posts vacant, per cent", "court_weeks": "Weeks that care proceedings last",
}  # fmt: skip
DIGITS = {"pressure": 2}


def waiting_and_caseload(comparison: Comparison) -> Figure:
    """Return pressure on teams, waiting lists and vacancies by year, a panel each; a panel in which nothing ever is, is left out."""
    comparison = whole(comparison)
    base, years = comparison.baseline, list(comparison.baseline.years)
    drawn: dict[str, list[tuple[str, Summary]]] = {}
    for name in PANELS:
        values = [yearly(one, name, years)[0] for one in comparison.scenarios]
        if any(np.nanmax(np.abs(own), initial=0.0) > 0.0 and own.mean() >= 0.05 for own in values):
            drawn[name] = [(one.label, summarise(own)) for one, own in zip(comparison.scenarios, values, strict=True)]
    rows = (len(drawn) + 1) // 2
    figure = new_figure(11.0, 1.6 + 2.9 * rows)
    grid = figure.subplots(rows, 2, squeeze=False).ravel()
    told = []
    for axes, (name, lines) in zip(grid, drawn.items(), strict=False):
        stock = MEASURES[name].over == "last" and MEASURES[name].count is not None
        if name == "pressure":
            axes.axhline(1.0, color=COLOURS[0], linewidth=0.9, linestyle=":")
            axes.annotate("1: as much work as capacity", (years[0], 1.0), xytext=(2, 3), textcoords="offset points", fontsize=8)
            axes.update_datalim([(years[0], 1.1)])
        curves(axes, years, lines, from_nothing=True, shaded=1)
        axes.set_title(PANELS[name], loc="left", fontsize=10.5)
        number_axis(axes.yaxis, MEASURES[name].unit)
        year_axis(axes, years, stock)
        bare(axes)
        digits = DIGITS.get(name, 1)
        last = "; ".join(f"{label} {number(float(summary.mean[-1]), digits=digits)}{_most(summary, years, digits)}" for label, summary in lines)
        told.append(
            f"{label_of(name)} ({MEASURES[name].unit}): {number(float(lines[0][1].mean[0]), digits=digits)} in {years[0]}; in {years[-1]}: {last}."
        )
    for axes in grid[len(drawn) :]:
        axes.axis("off")
    title = f"{base.areas[0]}: waiting and caseload"
    drawn_of = drawn_from(base, THIN if comparison.reforms else BAND)
    finish(figure, title, f"{drawn_of} Work in hand: cases weighted by the time they take; above 1, all that a team works on slows.")
    return described(figure, f"{title}. {' '.join(told)} Years end on 31 March. {means_of(base)[0]}.")


def _most(summary: Summary, years: list[int], digits: int) -> str:
    """Return the greatest mean and its year in words, if it stands out: above the first and the last by a twentieth."""
    most = int(np.argmax(summary.mean))
    if summary.mean[most] <= 1.05 * max(summary.mean[0], summary.mean[-1]):
        return ""
    return f" (at most {number(float(summary.mean[most]), digits=digits)}, in {years[most]})"
