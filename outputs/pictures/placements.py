"""Where children in care live: the mix of placements over time, places by type and distance from home, and the dearest placements."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outputs.children import yearly
from outputs.picture import described
from outputs.pictures.look import (
    BAND,
    COLOURS,
    HATCHES,
    THIN,
    bare,
    between,
    curves,
    drawn_from,
    finish,
    label_ends,
    means_of,
    new_figure,
    number,
    number_axis,
    prices,
    rows_of_points,
    year_axis,
)
from outputs.tables import whole
from scenarios.timeline import year_name
from sim.measures_money import HIGH_COST
from sim.measures_places import APPROVED, KINDS
from sim.results import Comparison, Results
from sim.statistics import Summary, summarise

MIX = {
    "in_house_foster_at31": "Foster care, the authority's own", "agency_foster_at31": "Foster care, agency", "kinship_at31": "Kinship foster care",
    "childrens_home_at31": "Children's homes", "supported_at31": "Supported accommodation", "with_parents_at31": "With parents",
    "adoption_at31": "Placed for adoption", "other_at31": "Other placements",
}  # fmt: skip
FILLS = ("#0072B2", "#56B4E9", "#B3DDF2", "#D55E00", "#E69F00", "#009E73", "#CC79A7", "#999999")
STATES = {"filled": ("filled", COLOURS[1], ""), "vacant": ("vacant", "#B3DDF2", "...."), "not_available": ("not available", "#DDDDDD", "////")}
NEARNESS = {
    "sufficiency_gap_pct": "Another type than planned,\nof placements made",
    "placements_bought_pct": "Bought for want of an own\nplace, of placements made",
    "out_of_area_pct": "Out of the area,\nof children in care", "placed_over_20_miles_pct": "Over 20 miles from home,\nof children in care",
    "homes_over_20_miles_pct": "Over 20 miles from home,\nof children in homes",
}  # fmt: skip


def placement_mix(comparison: Comparison) -> Figure:
    """Return where children in care live on 31 March: the baseline over the years, and what each reform changes by the last."""
    comparison = whole(comparison)
    base, years = comparison.baseline, list(comparison.baseline.years)
    children = np.stack([yearly(base, name, years)[0].mean(axis=0) for name in MIX])  # (types, Y)
    figure = new_figure(12.5 if comparison.reforms else 9.5, max(5.8, 2.2 + 0.18 * len(MIX) * len(comparison.reforms)))
    left, *right = np.atleast_1d(figure.subplots(1, 2 if comparison.reforms else 1, width_ratios=(1.25, 1.0) if comparison.reforms else None))
    _stacked(left, years, children)
    left.set_title(base.label, loc="left", fontsize=10.5)
    number_axis(left.yaxis, "children in care")
    year_axis(left, years, at_31_march=True)
    changes = {one.scenario: _at(one, list(MIX), years[-1], base) for one in comparison.reforms}
    for axes in right:
        axes.set_title(f"Change by 31 March {years[-1]}", loc="left", fontsize=10.5)
        axes.axvline(0.0, color=COLOURS[0], linewidth=1.2)
        rows_of_points(axes, [label.replace(", ", ",\n") for label in MIX.values()], [(i, change) for i, change in enumerate(changes.values(), 1)],
                       lambda _, summary, row: number(float(summary.mean[row]), True))  # fmt: skip
        axes.margins(x=0.16)
        number_axis(axes.xaxis, "children, against the baseline")
    title = f"{base.areas[0]}: where children in care live"
    finish(
        figure,
        title,
        drawn_from(base, "bars at the right: 5th to 95th percentile", "Heights and points"),
        key=[(one.label, i) for i, one in enumerate(comparison.reforms, 1)],
    )
    total = children.sum(axis=0)
    told = [f"{title}. {base.label}: of {number(total[0])} children on 31 March {years[0]} and {number(total[-1])} on 31 March {years[-1]},"]
    told.append(
        "; ".join(f"{label} {_share(row[0], total[0])} then {_share(row[-1], total[-1])}" for label, row in zip(MIX.values(), children, strict=True))
        + "."
    )
    for one in comparison.reforms:
        moved = sorted(range(len(MIX)), key=lambda i: -abs(float(changes[one.scenario].mean[i])))[:3]
        said = "; ".join(f"{list(MIX.values())[i]} {between(changes[one.scenario], i, True)}" for i in moved)
        told.append(f"{one.label} changes most, in children on 31 March {years[-1]}: {said}.")
    return described(figure, " ".join(told))


def _share(part: float, total: float) -> str:
    return f"{100.0 * part / total:.0f} %" if total else "0 %"


def _at(results: Results, names: list[str], year: int, base: Results | None = None) -> Summary:
    """Return a summary over runs of some measures of one area in a year, less the baseline's if it is given."""
    values = np.stack([yearly(results, name, [year])[0][:, 0] for name in names], axis=1)
    if base is not None:
        values = values - np.stack([yearly(base, name, [year])[0][:, 0] for name in names], axis=1)
    return summarise(values)


def _stacked(axes: Axes, years: list[int], children: np.ndarray) -> None:
    """Draw layers, the first lowest, each named at the right and told apart by hatches and white edges too."""
    tops = np.cumsum(children, axis=0)
    ends = []
    for i, (label, top) in enumerate(zip(MIX.values(), tops, strict=True)):
        below = top - children[i]
        hatch = HATCHES[(i % 4)] if i % 2 else ""
        if len(years) == 1:
            axes.bar(years, children[i], 0.5, bottom=below, color=FILLS[i], hatch=hatch, edgecolor="white")
        else:
            axes.fill_between(years, below, top, facecolor=FILLS[i], hatch=hatch, edgecolor="white", linewidth=0.8)
        share = children[i, -1] / max(tops[-1, -1], 1e-9)
        ends.append((f"{label} {share:.0%}", float((below + top)[-1] / 2.0), -1))
    axes.set_xlim(years[0] - (0.6 if len(years) == 1 else 0.0), years[-1] + (0.6 if len(years) == 1 else 0.0))
    axes.set_ylim(0.0, 1.02 * max(tops[-1].max(), 1e-9))
    bare(axes)
    label_ends(axes, years[-1] + (0.25 if len(years) == 1 else 0.0), ends, longest=40)


# ---------------------------------------------------------------- sufficiency


def sufficiency(comparison: Comparison) -> Figure:
    """Return places by type in the last year of each scenario (filled, vacant, not available), and how far placements are from what was wanted."""
    comparison = whole(comparison)
    base, year = comparison.baseline, comparison.baseline.years[-1]
    scenarios = comparison.scenarios
    figure = new_figure(12.5, 2.6 + 0.42 * len(KINDS) * len(scenarios) + 0.5)
    left, right = figure.subplots(1, 2, width_ratios=(1.2, 1.0))
    held = [{state: _at(one, [f"{kind}_places_{state}" for kind in KINDS], year).mean for state in STATES} for one in scenarios]
    _places(left, scenarios, held)
    left.set_title(f"Places on 31 March {year}", loc="left", fontsize=10.5, pad=22)
    right.set_title(f"Type and distance, {year_name(year)}", loc="left", fontsize=10.5)
    near = [_at(one, list(NEARNESS), year) for one in scenarios]
    rows_of_points(right, list(NEARNESS.values()), list(enumerate(near)), lambda _, summary, row: f"{float(summary.mean[row]):.1f} %")
    right.set_xlim(left=0.0)
    right.margins(x=0.2)
    number_axis(right.xaxis, f"per cent of placements made in the year,\nor of children on 31 March {year}")
    title = f"{base.areas[0]}: are there enough places, of the right type and near enough?"
    said = ("Bars of places: in the order of the names above. " if len(scenarios) > 1 else "") + (
        "Not available: approved or registered, but kept free or out of use. Agencies' and bought homes' places: the share of the market that these "
        "authorities use."
    )
    finish(
        figure,
        title,
        drawn_from(base, "bars at the right: 5th to 95th percentile", "Bars and points"),
        said,
        key=[(one.label, i) for i, one in enumerate(scenarios)],
    )
    told = [f"{title} Places on 31 March {year}."]
    for one, own in zip(scenarios, held, strict=True):
        each = (f"{words}: {number(_all(own, i), digits=0)}, {number(own['filled'][i], digits=0)} filled, {number(own['vacant'][i], digits=0)} vacant"
                for i, words in enumerate(KINDS.values()))  # fmt: skip
        told.append(f"{one.label}: {'; '.join(each)}.")
    for one, summary in zip(scenarios, near, strict=True):
        said = "; ".join(f"{words.replace(chr(10), ' ').lower()} {float(summary.mean[i]):.1f} %" for i, words in enumerate(NEARNESS.values()))
        told.append(f"{one.label}: {said}.")
    return described(figure, " ".join(told))


def _all(held: dict[str, np.ndarray], i: int) -> float:
    return float(sum(values[i] for values in held.values()))


def _places(axes: Axes, scenarios: tuple[Results, ...], held: list[dict[str, np.ndarray]]) -> None:
    """Draw stacked bars, a group for each kind of place with a bar for each scenario."""
    high = 0.8 / len(scenarios)
    most = max(_all(own, i) for own in held for i in range(len(KINDS))) or 1.0
    for k, own in enumerate(held):
        for i in range(len(KINDS)):
            y, begun = i + (k - (len(scenarios) - 1) / 2.0) * high, 0.0
            for state, (_, colour, hatch) in STATES.items():
                value = float(own[state][i])
                axes.barh(y, value, high * 0.9, left=begun, color=colour, hatch=hatch, edgecolor="white", linewidth=0.5)
                if value > 0.09 * most:
                    ink = "white" if state == "filled" else "black"
                    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85} if ink == "black" else None
                    axes.text(begun + value / 2.0, y, number(value, digits=0), ha="center", va="center", fontsize=8, color=ink, bbox=box)
                begun += value
            axes.annotate(
                number(begun, digits=0),
                (begun, y),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
            )
    axes.set_yticks(range(len(KINDS)), [words.replace(", ", ",\n") for words in KINDS.values()], fontsize=9)
    axes.set_ylim(len(KINDS) - 0.5, -0.5)
    axes.set_xlim(0.0, 1.45 * most)
    axes.tick_params(axis="y", length=0)
    number_axis(axes.xaxis, "places " + " and ".join(sorted(set(APPROVED.values()))))
    bare(axes, "x")
    handles = [axes.bar(0, 0, color=colour, hatch=hatch, edgecolor="white", label=words) for words, colour, hatch in STATES.values()]
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.01), ncols=3, fontsize=8.5, frameon=False, borderaxespad=0.0)


# ---------------------------------------------------------------- the dearest


def high_cost_tail(comparison: Comparison) -> Figure:
    """Return how many children are in placements at £5,000, £10,000 and £20,000 a week or more, and the share of cost of those at £10,000.

    Counted in the simulation, at the prices of the price base. A line that results of an earlier version did not count is left out.
    """
    years = list(comparison.baseline.years)
    lines = [line for line in sorted(HIGH_COST) if not np.isnan(yearly(comparison.baseline, HIGH_COST[line], years)).any()]
    comparison = whole(comparison)
    base = comparison.baseline
    panels = [(HIGH_COST[line], f"At £{line:,.0f} a week or more", "children on 31 March") for line in lines]
    panels.append(("high_cost_pct", "Cost of those at £10,000 or more", "per cent of all placements' cost"))
    figure = new_figure(4.6 * min(len(panels), 2) + 1.6, 2.0 + 3.1 * ((len(panels) + 1) // 2))
    grid = figure.subplots((len(panels) + 1) // 2, 2, squeeze=False).ravel()
    told = []
    for axes, (name, words, unit) in zip(grid, panels, strict=False):
        drawn = [(one.label, summarise(yearly(one, name, years)[0])) for one in comparison.scenarios]
        curves(axes, years, drawn, from_nothing=True, shaded=1)
        axes.set_title(words, loc="left", fontsize=10.5)
        number_axis(axes.yaxis, unit)
        year_axis(axes, years, at_31_march=True)
        bare(axes)
        ends = "; ".join(f"{label} {between(summary, -1)}" for label, summary in drawn)
        told.append(f"{words}, {unit}: {between(drawn[0][1], 0)} in {years[0]}; in {years[-1]}: {ends}.")
    for axes in grid[len(panels) :]:
        axes.axis("off")
    title = f"{base.areas[0]}: the dearest placements"
    finish(
        figure,
        title,
        drawn_from(base, THIN if comparison.reforms else BAND),
        f"Prices of a placement by its needs are drawn with a heavy tail (derived), at {prices(base)}, and grow in real terms.",
    )
    return described(figure, f"{title}. {' '.join(told)} {means_of(base)[1]}.")
