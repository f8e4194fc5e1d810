"""Pictures of a backtest: how each indicator's forecasts did, and England's fan against what was published and what others forecast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from outputs.backtest_folder import BacktestTables
from outputs.plots import COLOURS, MARKERS, STYLES
from sim.measures import MEASURES

LABELS = {measure.published: measure.label for measure in MEASURES.values() if measure.published} | {
    "cla_at31_non_uasc": "Children in care, unaccompanied ones apart"
}
SOURCE = "Published figures: Department for Education (Open Government Licence v3.0). Forecasts use nothing published for years after {}."
INTERVALS = ((50, 0.42, "p25", "p75"), (80, 0.27, "p10", "p90"), (95, 0.14, "p025", "p975"))  # per cent, shade, columns of the ends
NAMES = {"five_year_trend": "five-year trend", "mean_reversion": "mean reversion", "carecurve": "CareCurve"}


def label(indicator: str) -> str:
    """Return an indicator in words."""
    return LABELS.get(indicator, indicator)


def indicator_figure(tables: BacktestTables, indicator: str, about: Mapping[str, Any]) -> Figure:
    """Return one indicator's picture: published against forecast, error by horizon against the baselines, shares inside intervals, ranks."""
    figure = Figure(figsize=(12.0, 9.0), layout="constrained")
    (left, right), (below, corner) = figure.subplots(2, 2)
    ours, last = about["ours"], about["horizon_years"]
    scores = tables.scores[(tables.scores["indicator"] == indicator) & (tables.scores["n"] > 0)]
    forecasts = tables.forecasts[tables.forecasts["indicator"] == indicator]
    year = forecasts["year_ending"].max()
    _by_authority(left, forecasts[forecasts["year_ending"] == year], year)
    _error(right, scores, ours)
    _coverage(below, scores[scores["method"] == ours])
    shown = tables.pit_histogram
    seen = min(last, year - about["origin"])
    _ranks(corner, shown[(shown["indicator"] == indicator) & (shown["method"] == ours) & (shown["horizon_years"] == seen)])
    figure.suptitle(f"{label(indicator)}: forecast in March {about['origin']}", x=0.01, ha="left", fontsize=13)
    figure.supxlabel(SOURCE.format(about["origin"]), fontsize=7.5, x=0.01, ha="left")
    return figure


def _tidy(axes: Axes, title: str) -> None:
    """Give a panel its title and take off what is not needed."""
    axes.set_title(title, loc="left", fontsize=10.5)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _by_authority(axes: Axes, forecasts: pd.DataFrame, year: int) -> None:
    """Draw each authority's median and 80 % interval over what was published, on logarithmic axes; filled points were inside."""
    x, median = np.maximum(forecasts["published"], 1.0), np.maximum(forecasts["p50"], 1.0)
    ends = np.maximum(forecasts[["p10", "p90"]].to_numpy(), 1.0)
    inside = ((forecasts["p10"] <= forecasts["published"]) & (forecasts["published"] <= forecasts["p90"])).to_numpy()
    for held, colour, marker, words in ((True, COLOURS[1], "o", "inside 80 %"), (False, COLOURS[2], "s", "outside")):
        rows = inside == held
        axes.vlines(x[rows], ends[rows, 0], ends[rows, 1], color=colour, linewidth=0.8, alpha=0.5)
        filled = colour if held else "white"
        axes.plot(x[rows], median[rows], marker, color=colour, markerfacecolor=filled, markersize=4, label=f"{words}: {rows.sum()}")
    reach = [min(x.min(), ends.min()), max(x.max(), ends.max())]
    axes.plot(reach, reach, color=COLOURS[0], linewidth=1.0)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(f"published, year to March {year}")
    axes.set_ylabel("forecast")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.legend(frameon=False, fontsize=8.5, loc="upper left")
    _tidy(axes, "Forecast median and 80 % interval by authority")


def _error(axes: Axes, scores: pd.DataFrame, ours: str) -> None:
    """Draw relative CRPS by horizon, a line for each method, ours first and thick."""
    methods = [ours, *[name for name in dict.fromkeys(scores["method"]) if name != ours]]
    for k, method in enumerate(methods):
        rows = scores[scores["method"] == method]
        axes.plot(
            rows["horizon_years"], 100.0 * rows["crps"], color=COLOURS[k + 1], linestyle=STYLES[k % len(STYLES)], marker=MARKERS[k % len(MARKERS)],
            linewidth=2.4 if k == 0 else 1.4, markersize=5, label=NAMES.get(method, method),
        )  # fmt: skip
    axes.set_ylim(bottom=0.0)
    axes.set_xticks(sorted(set(scores["horizon_years"])))
    axes.set_xlabel("years ahead")
    axes.set_ylabel("CRPS, per cent of an authority's size")
    axes.legend(frameon=False, fontsize=8.5, loc="upper left")
    _tidy(axes, "Error of the whole forecast (less is better)")


def _coverage(axes: Axes, scores: pd.DataFrame) -> None:
    """Draw the share of authorities inside each interval by horizon, over what it should be."""
    for k, (per_cent, *_) in enumerate(INTERVALS, 1):
        axes.axhline(per_cent, color=COLOURS[k], linewidth=1.0, linestyle=STYLES[k], alpha=0.7)
        held = 100.0 * scores[f"coverage{per_cent}"]
        axes.plot(scores["horizon_years"], held, color=COLOURS[k], marker=MARKERS[k], markersize=6, linewidth=1.6, label=f"{per_cent} % interval")
    axes.set_ylim(0.0, 103.0)
    axes.set_xticks(sorted(set(scores["horizon_years"])))
    axes.set_xlabel("years ahead")
    axes.set_ylabel("authorities inside, per cent")
    axes.legend(frameon=False, fontsize=8.5, loc="lower left", ncols=3)
    _tidy(axes, "Share inside the intervals (thin lines: as stated)")


def _ranks(axes: Axes, bars: pd.DataFrame) -> None:
    """Draw the histogram of where published values fell, over the band of honest forecasts."""
    middles = (bars["bin_from"] + bars["bin_to"]) / 2.0
    axes.bar(middles, bars["authorities"], width=0.09, color=COLOURS[5], edgecolor=COLOURS[1])
    edges = np.append(bars["bin_from"], bars["bin_to"].iloc[-1:])
    for name in ("expected_p025", "expected_p975"):
        axes.stairs(bars[name], edges, color=COLOURS[0], linestyle="--", linewidth=1.0, baseline=None)
    axes.set_xlim(0.0, 1.0)
    axes.set_xlabel("share of the forecast below what was published (PIT)\ndashed: 95 % band if honest and independent")
    axes.set_ylabel("authorities")
    words = f", {bars['horizon_years'].iloc[0]} years ahead" if len(bars) else ""
    _tidy(axes, f"Where published values fell{words}")


# ---------------------------------------------------------------- England


def national_figure(national: pd.DataFrame, ours: str) -> Figure:
    """Return England's fans, a panel for each indicator."""
    indicators = list(dict.fromkeys(national["indicator"]))
    columns = min(3, len(indicators))
    rows = -(-len(indicators) // columns)
    figure = Figure(figsize=(4.6 * columns, 3.4 * rows + 0.8), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, indicator in zip(panels, indicators, strict=False):
        _fan(axes, national[national["indicator"] == indicator], ours)
        _tidy(axes, label(indicator))
    for axes in panels[len(indicators) :]:
        axes.set_axis_off()
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names), frameon=False, fontsize=8.5)
    origin = national["origin"].iloc[0]
    title = f"England, forecast in March {origin}: authorities' forecasts added up and grossed to England's figure of {origin}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    return figure


def _fan(axes: Axes, rows: pd.DataFrame, ours: str) -> None:
    """Draw one indicator: published, the fan with its median, persistence, and others' forecasts of years shown."""
    fan, flat = rows[rows["method"] == ours], rows[rows["method"] == "persistence"]
    start = rows[(rows["method"] == "published") & (rows["year_ending"] == rows["origin"])]
    begin = pd.DataFrame({column: start["published"] for column in ("mean", "p025", "p10", "p25", "p50", "p75", "p90", "p975")})
    fan = pd.concat([begin.assign(year_ending=start["year_ending"]), fan], ignore_index=True)
    for per_cent, shade, low, high in reversed(INTERVALS):
        axes.fill_between(fan["year_ending"], fan[low], fan[high], color=COLOURS[1], alpha=shade, linewidth=0.0, label=f"{per_cent} %")
    axes.plot(fan["year_ending"], fan["p50"], color=COLOURS[1], linestyle="--", linewidth=1.8, label=f"{NAMES.get(ours, ours)}, median")
    axes.plot(flat["year_ending"], flat["mean"], color=COLOURS[3], linestyle=":", linewidth=1.6, label="persistence")
    real = rows[rows["method"].isin(["published", ours])].drop_duplicates("year_ending").dropna(subset="published")
    axes.plot(real["year_ending"], real["published"], color=COLOURS[0], marker="o", markersize=3.5, linewidth=1.4, label="published")
    others = rows[~rows["method"].isin(["published", "persistence", ours]) & (rows["year_ending"] <= fan["year_ending"].max() + 1)]
    for _, row in others.iterrows():
        axes.plot(row["year_ending"], row["mean"], marker="X", color=COLOURS[2], markersize=8, linestyle="none")
        axes.annotate(
            row["method"], (row["year_ending"], row["mean"]), xytext=(-6, 4), textcoords="offset points", ha="right", fontsize=7.5,
            color=COLOURS[2],
        )  # fmt: skip
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.tick_params(labelsize=8)
