"""Authority by authority: how far they are apart beside their statistical neighbours, and who bears a reform's cost and who gains."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outputs.children import label_of, yearly
from outputs.children_gaps import QUINTILES
from outputs.money_axis import Unit, money_axis, unit_of
from outputs.picture import described
from outputs.pictures.look import (
    COLOURS,
    FALL,
    GREY,
    HATCHES,
    MARKERS,
    PUBLISHED_SOURCE,
    RISE,
    bare,
    between,
    drawn_from,
    finish,
    new_figure,
    number,
    number_axis,
    prices,
)
from outputs.pictures.published import PER, last_year, rates
from outputs.tables import after_branch
from scenarios.timeline import year_name
from sim.counting import divide
from sim.measures import MEASURES
from sim.results import Comparison, Results
from sim.statistics import Summary, summarise

MOST_ROWS = 32
ROW_INCHES = 0.42


def spread_over_authorities(
    comparison: Comparison, published: pd.DataFrame | None = None, neighbours: pd.DataFrame | None = None, measure: str = "cla_at31"
) -> Figure:
    """Return each authority's rate per 10,000 children (a percentage as it is) in the last year, beside what it and its neighbours published last.

    Parameters
    ----------
    published, neighbours
        As `outputs.pictures.published` describes; without them nothing published is drawn. Neighbours are ten other authorities that the Department
        for Education lists as most like this one; the bar is from the lowest to the highest of those that published, its notch their median.
    measure
        A count, or a percentage, of `sim.measures`. Of many authorities the highest and the lowest are drawn.
    """
    base, year = comparison.baseline, comparison.baseline.years[-1]
    found = [summarise(_rates(one, measure, year), axis=1) for one in comparison.scenarios]
    order = np.argsort(-found[0].mean)
    left_out = max(0, len(order) - MOST_ROWS)
    if left_out:
        order = np.concatenate([order[: MOST_ROWS // 2], order[-(MOST_ROWS // 2) :]])
    rows = [base.areas[i] for i in order]
    then = last_year(published, measure)
    known = rates(published, measure, then) if then else {}
    near = {area: [known[name] for name in _neighbours(neighbours, area) if name in known] for area in rows}
    figure = new_figure(10.0, 2.1 + ROW_INCHES * len(rows))
    axes = figure.subplots()
    for row, (i, area) in enumerate(zip(order, rows, strict=True)):
        _row(axes, row, [_one(summary, i) for summary in found], known.get(area), near[area])
    axes.set_yticks(range(len(rows)), rows, fontsize=9)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(left=0.0)
    axes.tick_params(axis="y", length=0)
    unit = MEASURES[measure].unit if MEASURES[measure].ratio_of else f"{MEASURES[measure].unit} per {PER:,.0f} children"
    number_axis(axes.xaxis, f"{label_of(measure).lower()}: {unit}, year to 31 March {year}")
    bare(axes, "x")
    label = str(comparison.metadata.get("area_label") or (rows[0] if len(rows) == 1 else "Authorities"))
    title = f"{label}: {label_of(measure).lower()}, authority by authority"
    beside = (
        f"Cross: the authority as published in {then}; grey bar: its statistical neighbours as published then (notch: median). "
        f"{PUBLISHED_SOURCE} Neighbours: its Local Authority Interactive Tool."
        if known
        else ""
    )
    gone = f"{left_out} authorities between the highest and the lowest are left out." if left_out else ""
    finish(
        figure,
        title,
        drawn_from(base, "lines: 5th to 95th percentile", "Points"),
        beside,
        gone,
        key=[(one.label, i) for i, one in enumerate(comparison.scenarios)],
    )
    told = _told(comparison, found, order, {"unit": unit, "then": then, "known": known, "near": near})
    return described(figure, f"{title}. {told}")


def _told(comparison: Comparison, found: list[Summary], order: np.ndarray, about: dict) -> str:
    """Return the picture in words: the highest and the lowest, then each authority drawn; `about` is the unit and what was published when."""
    base, known, near = comparison.baseline, about["known"], about["near"]
    rows = [base.areas[i] for i in order]
    told = [f"{base.label}, {about['unit']}, {base.years[-1]}: from {rows[0]} {between(_one(found[0], order[0]))}"]
    told[0] += f" to {rows[-1]} {between(_one(found[0], order[-1]))}." if len(rows) > 1 else "."
    for i, area in zip(order, rows, strict=True):
        said = [
            f"{area}: {', '.join(f'{one.label} {number(float(summary.mean[i]))}' for one, summary in zip(comparison.scenarios, found, strict=True))}"
        ]
        said += [f"published {number(known[area])} in {about['then']}"] if area in known else []
        said += [f"neighbours' median {number(float(np.median(near[area])))}"] if near[area] else []
        told.append(", ".join(said) + ".")
    return " ".join(told)


def _one(summary: Summary, i: int) -> Summary:
    return Summary(*(np.asarray(getattr(summary, end)[i]) for end in ("mean", "p05", "p50", "p95")))


def _neighbours(neighbours: pd.DataFrame | None, area: str) -> list[str]:
    """Return an authority's neighbours; nobody's if they are not known."""
    return [] if neighbours is None or neighbours.empty else list(neighbours[neighbours.area == area].neighbour)


def _rates(results: Results, measure: str, year: int) -> np.ndarray:
    """Return a rate, or a percentage, by area and run (A, R)."""
    values = yearly(results, measure, [year])[..., 0]
    if MEASURES[measure].ratio_of:
        return values
    return PER * divide(values, sum(yearly(results, f"population_0_17_quintile_{q}", [year])[..., 0] for q in QUINTILES))


def _row(axes: Axes, row: int, found: list[Summary], own: float | None, near: list[float]) -> None:
    """Draw one authority."""
    if near:
        axes.barh(row, max(near) - min(near), 0.62, left=min(near), color="#DDDDDD", zorder=1)
        axes.plot([np.median(near)] * 2, [row - 0.31, row + 0.31], color=GREY, linewidth=1.6, zorder=2)
    for k, summary in enumerate(found):
        y, look = row + (k - (len(found) - 1) / 2.0) * 0.62 / max(len(found), 1), k % len(COLOURS)
        axes.plot([summary.p05, summary.p95], [y, y], color=COLOURS[look], linewidth=1.2, zorder=3)
        axes.plot([summary.mean], [y], color=COLOURS[look], marker=MARKERS[look], markersize=4.5, linestyle="", zorder=4)
    if own is not None:
        axes.plot([own], [row], color=COLOURS[0], marker="x", markersize=9, markeredgewidth=1.8, linestyle="", zorder=5)


# ---------------------------------------------------------------- who gains


def benefit_by_authority(comparison: Comparison, table: pd.DataFrame) -> Figure:
    """Return, for each reform, every authority's part of its cost and its benefit over all years, and net cost with its interval.

    Parameters
    ----------
    table
        `outputs.shares.shares` (`shares.csv`), whose last area is all of them together.
    """
    reforms = comparison.reforms
    areas = list(dict.fromkeys(table.area))[:-1]
    height = ROW_INCHES * len(areas)
    figure = new_figure(6.4 * len(reforms) + 1.2, 2.4 + height)
    grid = figure.subplots(1, len(reforms), squeeze=False, sharey=True)[0]
    together = [_of(table, one.scenario, areas) for one in reforms]
    order = np.argsort(together[-1]["net"]["mean"].to_numpy())
    told = []
    for axes, one, found in zip(grid, reforms, together, strict=True):
        unit = unit_of(max(float(found[item][["mean", "p05", "p95"]].abs().max().max()) for item in found))
        _bars(axes, {item: rows.iloc[order] for item, rows in found.items()}, unit)
        axes.set_title(one.label, loc="left", fontsize=10.5)
        money_axis(axes.xaxis, f"against the baseline, {prices(one)}")
        net = found["net"]
        whole = table[(table.scenario == one.scenario) & (table.item == "net")].iloc[-1]
        said = "; ".join(
            f"{areas[i]} {unit.text(float(net['mean'].iloc[i]), True)}, below the baseline in {net.runs_below_baseline.iloc[i]:.0%} of runs"
            for i in order
        )
        told.append(f"{one.label}, net cost against the baseline: together {unit.text(float(whole['mean']), True)}; {said}.")
    grid[0].set_yticks(range(len(areas)), [areas[i] for i in order], fontsize=9)
    grid[0].set_ylim(len(areas) - 0.5, -0.5)
    years = after_branch(comparison.baseline)
    span = f"{year_name(years[0])} to {year_name(years[-1])}" if len(years) > 1 else year_name(years[0])
    title = f"{comparison.metadata.get('area_label', 'All authorities')}: who bears the cost and who gains, {span}"
    finish(figure, title, drawn_from(comparison.baseline, "lines: 5th to 95th percentile of net cost", "Bars and diamonds"),
           "Hatched: the reform's own cost. Plain: benefit, what all else costs less (to the right: more) than in the baseline. Diamond and number: "
           "net cost, and the share of runs in which it is below the baseline's.")  # fmt: skip
    return described(figure, f"{title}. {' '.join(told)}")


def _of(table: pd.DataFrame, scenario: str, areas: list[str]) -> dict[str, pd.DataFrame]:
    """Return the rows of a reform's cost, benefit and net cost by authority."""
    own = table[(table.scenario == scenario) & table.area.isin(areas)]
    return {item: own[own.item == item].drop_duplicates("area").set_index("area").loc[areas] for item in ("reform_cost", "benefit", "net")}


def _bars(axes: Axes, found: dict[str, pd.DataFrame], unit: Unit) -> None:
    """Draw one reform's authorities."""
    axes.axvline(0.0, color=COLOURS[0], linewidth=1.2)
    rows = np.arange(len(found["net"]))
    axes.barh(rows - 0.19, found["reform_cost"]["mean"], 0.34, color=RISE, hatch=HATCHES[1], edgecolor="white", linewidth=0.0)
    axes.barh(rows + 0.19, -found["benefit"]["mean"], 0.34, color=FALL, edgecolor="white", linewidth=0.0)
    net = found["net"]
    for row, (mean, low, high, below) in enumerate(zip(net["mean"], net.p05, net.p95, net.runs_below_baseline, strict=True)):
        axes.plot([low, high], [row, row], color=COLOURS[0], linewidth=1.2, marker="|", markersize=6, zorder=4)
        axes.plot([mean], [row], color="white", marker="D", markeredgecolor=COLOURS[0], markersize=6, linestyle="", zorder=5)
        axes.annotate(f"{unit.text(float(mean), True)} ({below:.0%})", (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=8.5)
    axes.use_sticky_edges = False
    axes.margins(x=0.05)
    axes.tick_params(axis="y", length=0)
    bare(axes, "x")
