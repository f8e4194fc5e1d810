"""Pictures of a fit: every authority's last published year against what its other years say, and England's years with the interval of each."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from outputs.plots import COLOURS
from sim.measures import MEASURES

ENGLAND = "England"
SOURCE = "Published figures: Department for Education (Open Government Licence v3.0). {}"
WITH_INTERVALS = "Intervals hold 90 %: what a record without the year says of it."
NO_INTERVALS = "No rate is fitted to this measure: it follows from those who start and leave, so it has no interval of its own."
WITHOUT = "unaccompanied children apart"


def fit_figure(fit: pd.DataFrame, measure: str) -> Figure:
    """Return one measure's picture.

    Parameters
    ----------
    fit
        Columns area, measure, year_ending, published, fitted, p05, p50, p95, inside, why_excluded.
    measure
        Which of its measures.
    """
    rows = fit[fit["measure"] == measure].astype({"published": float})
    figure = Figure(figsize=(12.0, 5.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    areas, nation = rows[rows["area"] != ENGLAND], rows[rows["area"] == ENGLAND]
    year = int(rows["year_ending"].max())
    _by_authority(left, areas[(areas["year_ending"] == year) & areas["published"].gt(0.0)], year)
    _by_year(right, nation)
    figure.suptitle(f"{label(measure)}: fitted and published", x=0.01, ha="left", fontsize=13)
    told = WITH_INTERVALS if rows["p05"].notna().any() else NO_INTERVALS
    figure.supxlabel(SOURCE.format(told), fontsize=7.5, x=0.01, ha="left")
    return figure


def label(measure: str) -> str:
    """Return a measure in words."""
    every = measure.removesuffix("_non_uasc")
    name = MEASURES[every].label if every in MEASURES else measure
    return name if every == measure else f"{name}, {WITHOUT}"


def _by_authority(axes: Axes, rows: pd.DataFrame, year: int) -> None:
    """Draw what other years say of each authority's last one over what was published, on logarithmic axes; a measure without intervals as fitted."""
    scored = rows[(rows["why_excluded"] == "") & rows["p05"].notna()]
    if scored.empty:
        shown = rows[rows["fitted"].gt(0.0)]
        axes.plot(shown["published"], shown["fitted"], "o", color=COLOURS[1], markersize=4, label=f"fitted: {len(shown)} authorities")
        reach = shown[["published", "fitted"]].to_numpy(float)
    else:
        inside = scored["inside"].astype(bool).to_numpy()
        for held, colour, marker, words in ((True, COLOURS[1], "o", "inside 90 %"), (False, COLOURS[2], "s", "outside")):
            part = scored[inside == held]
            axes.vlines(part["published"], part["p05"], part["p95"], color=colour, linewidth=0.9, alpha=0.5)
            filled = colour if held else "white"
            axes.plot(part["published"], part["p50"], marker, color=colour, markerfacecolor=filled, markersize=4, label=f"{words}: {len(part)}")
        reach = scored[["published", "p05", "p95"]].to_numpy(float)
    _tidy(axes, f"Authorities, year to March {year}: what their other years say" if len(scored) else f"Authorities, March {year}: fitted")
    if not reach.size:
        return
    axes.plot([reach.min(), reach.max()], [reach.min(), reach.max()], color=COLOURS[0], linewidth=1.0)
    for axis, set_scale in ((axes.xaxis, axes.set_xscale), (axes.yaxis, axes.set_yscale)):
        set_scale("log")
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("published")
    axes.set_ylabel("from the other years" if len(scored) else "fitted")
    axes.legend(frameon=False, fontsize=8.5, loc="upper left")


def _by_year(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw England's published years, what the equations make of them, and the interval each year has from those beside it."""
    rows = rows.sort_values("year_ending")
    years = rows["year_ending"].to_numpy()
    if rows["p05"].notna().any():
        axes.vlines(years, rows["p05"], rows["p95"], color=COLOURS[1], linewidth=7.0, alpha=0.25, label="90 %, from the years beside it")
    axes.plot(years, rows["fitted"], color=COLOURS[1], linestyle="--", marker="_", markersize=12, linewidth=1.6, label="fitted")
    good = rows["inside"].map(lambda held: held is not False).to_numpy(bool) & rows["published"].notna().to_numpy()
    used = (rows["why_excluded"] == "").to_numpy() | rows["p05"].isna().all()
    axes.plot(years[good & used], rows["published"][good & used], "o", color=COLOURS[0], markersize=5.5, label="published")
    missed, left_out = ~good & rows["published"].notna().to_numpy(), ~used & rows["published"].notna().to_numpy()
    if missed.any():
        axes.plot(years[missed], rows["published"][missed], "s", color=COLOURS[2], markerfacecolor="white", markersize=6, label="published, outside")
    if left_out.any():
        axes.plot(years[left_out], rows["published"][left_out], "X", color=COLOURS[0], alpha=0.5, markersize=6, label="published, not comparable")
    top = np.nanmax(rows[["published", "fitted", "p95"]].to_numpy(float))
    axes.set_ylim(0.0, 1.15 * top)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_xlabel("year ending 31 March")
    axes.legend(frameon=False, fontsize=8.5, loc="lower left")
    _tidy(axes, ENGLAND)


def _tidy(axes: Axes, title: str) -> None:
    """Give a panel its title and take off what is not needed."""
    axes.set_title(title, loc="left", fontsize=10.5)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
