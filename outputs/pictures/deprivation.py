"""The deprivation gradient: what happens to children of the least and the most deprived fifth of neighbourhoods, and in between."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from outputs.picture import described
from outputs.pictures.look import COLOURS, MARKERS, STYLES, bare, drawn_from, finish, new_figure, number, number_axis
from sim.results import Comparison

SHOWN = ("referrals", "cpp_started", "care_starts", "cla_at31")
FIFTHS = ("1: least\ndeprived", "2", "3", "4", "5: most\ndeprived")


def deprivation_gradient(comparison: Comparison, table: pd.DataFrame) -> Figure:
    """Return rates per 10,000 children by deprivation quintile, over all years from the branch, a panel each for what is counted.

    Parameters
    ----------
    table
        `outputs.children_gaps.gaps` (`gaps.csv`): its last area is drawn. A quintile with too few children is left out.

    Raises
    ------
    ValueError
        If no quintile has children enough.
    """
    area = table.area.iloc[-1]
    rates = [f"rate_quintile_{q}" for q in range(1, 6)]
    rows = table[(table.area == area) & (table.year_ending.astype(str) == "all")]
    names = [name for name in SHOWN if rows[rows.measure == name][rates].notna().any(axis=None)]
    if not names:
        raise ValueError("no deprivation quintile has children enough for a rate")
    figure = new_figure(10.5, 2.0 + 2.9 * ((len(names) + 1) // 2))
    grid = figure.subplots((len(names) + 1) // 2, 2, squeeze=False).ravel()
    told = []
    for axes, name in zip(grid, names, strict=False):
        own = rows[rows.measure == name].set_index("scenario")
        for i, one in enumerate(comparison.scenarios):
            look = i % len(COLOURS)
            values = own.loc[one.scenario, rates].to_numpy(float)
            axes.plot(range(5), values, color=COLOURS[look], linestyle=STYLES[look], marker=MARKERS[look], markersize=6, linewidth=1.6,
                      markerfacecolor="white" if i else COLOURS[look], markeredgewidth=1.5)  # fmt: skip
        first = own.loc[comparison.baseline.scenario]
        for q, end in ((0, first[rates[0]]), (4, first[rates[4]])):
            if end == end:
                axes.annotate(
                    number(end),
                    (q, end),
                    xytext=(8 if q == 0 else -8, 8),
                    textcoords="offset points",
                    fontsize=9,
                    ha="left" if q == 0 else "right",
                    va="bottom",
                )
        times = first.relative_gap
        axes.set_title(first.label.split(",")[0] + (f": {times:.1f} times" if times == times else ""), loc="left", fontsize=10.5)
        axes.set_xticks(range(5), FIFTHS, fontsize=9)
        axes.margins(y=0.16)
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("fifth of neighbourhoods by deprivation")
        number_axis(axes.yaxis, str(first.unit).replace("on 31 March", "\non 31 March").replace("a year per", "a year\nper"))
        bare(axes)
        told.append(_told(first.label, first.unit, own, comparison, rates))
    for axes in grid[len(names) :]:
        axes.axis("off")
    title = f"{area}: how far deprivation divides children"
    finish(figure, title, f"{drawn_from(comparison.baseline, 'no interval is drawn', 'Points')} Numbers and “times”: the baseline's most over its "
           "least deprived fifth. The gradient is put into the model from national research; it is the same everywhere but for each area's mix of "
           "neighbourhoods (assumed).",
           key=[(one.label, i) for i, one in enumerate(comparison.scenarios)])  # fmt: skip
    return described(figure, f"{title}. Rates by deprivation quintile, from the least to the most deprived fifth. {' '.join(told)}")


def _told(label: str, unit: str, own: pd.DataFrame, comparison: Comparison, rates: list[str]) -> str:
    """Return one panel in words."""
    said = []
    for one in comparison.scenarios:
        row = own.loc[one.scenario]
        values = [float(row[rate]) for rate in rates]
        known = [number(value) if value == value else "too few children" for value in (values[0], values[-1])]
        said.append(f"{one.label} from {known[0]} to {known[1]}" + (f", {row.relative_gap:.1f} times" if np.isfinite(row.relative_gap) else ""))
    return f"{label}, {unit}: {'; '.join(said)}."
