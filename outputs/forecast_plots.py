"""Pictures of a forecast from records: children in care as they were and as forecast, where they are placed, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from outputs.forecast_costs import LABELS
from outputs.forecast_tables import TOTAL
from outputs.money_axis import money_axis
from outputs.plots import COLOURS, HATCHES, MARKERS, STYLES

SHADES = ((0.14, "p025", "p975", "95 %"), (0.25, "p10", "p90", "80 %"), (0.40, "p25", "p75", "50 %"))
SMALLEST_SHARE = 0.03  # of this year's cost: smaller budget lines are drawn as one
SOURCE = "Source: the authority's own SSDA903 records; forecast by CareCurve. Prices: {prices}."


@dataclass(frozen=True)
class Shown:
    """What is drawn: the tables of a forecast, the past at month ends (days, children), other forecasts by name, a title, whose prices."""

    tables: Mapping[str, pd.DataFrame]
    past: pd.Series
    others: Mapping[str, pd.DataFrame]
    title: str
    prices: str


def forecast_figure(shown: Shown) -> Figure:
    """Return children in care, past and forecast with 50, 80 and 95 % intervals (left), and cost by budget year and line (right)."""
    figure = Figure(figsize=(12.5, 5.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1.0))
    _children(left, shown)
    _cost(right, shown.tables["outturn.csv"])
    figure.suptitle(shown.title, x=0.01, ha="left", fontsize=13)
    figure.supxlabel(SOURCE.format(prices=shown.prices), fontsize=7.5, x=0.01, ha="left")
    return figure


def total_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of all children in care, figures as numbers; none if they are hidden."""
    rows = table[(table["age_band"] == TOTAL) & (table["placement"] == TOTAL)]
    return rows.assign(**{name: pd.to_numeric(rows[name], errors="coerce") for name in rows.columns[3:]}).dropna()


def _children(axes: Axes, shown: Shown) -> None:
    """Draw children in care."""
    rows = total_rows(shown.tables["forecast.csv"])
    days = pd.to_datetime(rows["date"])
    for shade, low, high, words in SHADES:
        axes.fill_between(days, rows[low], rows[high], color=COLOURS[1], alpha=shade, linewidth=0, label=f"{words} of runs")
    axes.plot(days, rows["p50"], color=COLOURS[1], linewidth=1.8)
    axes.plot(pd.to_datetime(list(shown.past.index)), shown.past.to_numpy(), color=COLOURS[0], linewidth=1.6)
    for position, (name, table) in enumerate(shown.others.items()):
        other = total_rows(table)
        at = pd.to_datetime(other["date"])
        look = {"color": COLOURS[2 + position % 5], "linestyle": STYLES[1 + position % 6], "marker": MARKERS[position % 7], "markevery": 12}
        axes.plot(at, other["p50"], linewidth=1.6, **look)
        axes.annotate(name, (at.iloc[-1], other["p50"].iloc[-1]), xytext=(4, -2 - 11 * position), textcoords="offset points", fontsize=8.5)
    # Below the fan and above what was: on neither line.
    axes.annotate("forecast (median)", (days.iloc[-1], rows["p50"].iloc[-1]), xytext=(days.iloc[-1], 0.72 * rows["p025"].iloc[-1]), fontsize=8.5,
                  ha="right", arrowprops={"arrowstyle": "-", "linewidth": 0.7, "shrinkB": 2})  # fmt: skip
    if len(shown.past):
        first = (pd.to_datetime(shown.past.index[0]), shown.past.iloc[:12].max())
        axes.annotate("records", first, xytext=(2, 8), textcoords="offset points", fontsize=8.5)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_ylabel("children in care at the month's end")
    axes.legend(frameon=False, fontsize=8.5, loc="lower left")
    axes.set_title("Children in care", loc="left", fontsize=10.5)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _cost(axes: Axes, outturn: pd.DataFrame) -> None:
    """Draw cost of placements by whole budget year and line, with the total's 80 % interval, nominal."""
    rows = outturn[(outturn["prices"] == "nominal") & (outturn["months"] == 12)]
    rows = rows.assign(**{name: pd.to_numeric(rows[name], errors="coerce") for name in ("mean", "p10", "p90")})
    totals = rows[rows["budget_line"] == TOTAL].set_index("year_ending")
    if totals.empty:
        axes.text(0.5, 0.5, "no whole budget year in the forecast", ha="center", transform=axes.transAxes)
        axes.set_axis_off()
        return
    means = rows[rows["budget_line"] != TOTAL].dropna(subset="mean").pivot_table(index="year_ending", columns="budget_line", values="mean")
    shown = means.loc[:, (means.iloc[0] >= SMALLEST_SHARE * totals["mean"].iloc[0]).to_numpy()] if len(means) else pd.DataFrame(index=totals.index)
    stacked = shown.assign(others=totals["mean"] - shown.sum(axis=1))  # small lines, and hidden ones
    bottom, x = np.zeros(len(stacked)), np.arange(len(stacked))
    for position, name in enumerate(stacked.columns):
        label = LABELS.get(name, "Other placements together")
        axes.bar(
            x, stacked[name], 0.62, bottom=bottom, color=COLOURS[1 + position % 6], alpha=0.75, hatch=HATCHES[position % 7], edgecolor="white",
            label=label,
        )  # fmt: skip
        bottom += stacked[name].to_numpy()
    errors = np.abs(totals[["p10", "p90"]].to_numpy().T - totals["mean"].to_numpy())
    axes.errorbar(x, totals["mean"], errors, color=COLOURS[0], fmt="none", capsize=5, linewidth=1.4, label="80 % of runs")
    axes.set_xticks(x, [f"{year - 1}-{str(year)[2:]}" for year in stacked.index])
    money_axis(axes.yaxis, "a year, cash")
    axes.set_title("Cost of placements by budget year, cash", loc="left", fontsize=10.5)
    axes.legend(frameon=False, fontsize=7.8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    axes.spines[["top", "right"]].set_visible(False)
