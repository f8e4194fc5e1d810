"""The cost curve: net cost by year, and cumulative net cost against the baseline with the year it breaks even. Money is drawn in pounds."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outputs.money_axis import Unit, money_axis, unit_of
from outputs.picture import described
from outputs.pictures.look import BAND, COLOURS, MARKERS, bare, curves, drawn_from, finish, means_of, new_figure, prices, wrapped, year_axis
from outputs.tables import after_branch, whole
from scenarios.timeline import year_name
from sim.cost_lines import PUBLISHED_LABELS
from sim.results import Comparison, Results
from sim.statistics import BreakEven, Summary, break_even, summarise

SMALLEST_RANGE = 0.001  # of the baseline's yearly cost: a difference of a few pounds is not drawn as large as one of millions
SHARES = (0.05, 0.5, 0.95)  # of runs, those that never break even last


def cost_curve(comparison: Comparison) -> Figure:
    """Return the cost curve: net cost by year, and cumulative net cost against the baseline, with 90 % bands.

    Authorities are added up. Under the line of no difference a bar spans the years by which 5 % and 95 % of runs break even (ruling 44), its mark
    the year by which half do; an arrow says that some runs do not within the years drawn. With no reform the right panel holds cumulative net cost
    itself. A single year has no curve: it is drawn as a point and an interval for each scenario, and with no reform the right panel holds the
    year's cost by published line.
    """
    several = len(comparison.baseline.areas) > 1
    comparison = whole(comparison)
    base = comparison.baseline
    years = after_branch(base) or list(base.years)
    figure = new_figure(12.0, 5.6)
    if len(years) == 1:
        _one_year(figure, comparison, years[0])
        drawn = drawn_from(base, "bars: 5th to 95th percentile", "Points")
    else:
        _by_year(figure, comparison, years)
        drawn = drawn_from(base, "bands, and by year a reform's thin lines: 5th to 95th percentile" if comparison.reforms else BAND)
    payers = "authorities" if several else "the authority"
    title = f"{base.areas[0]}: what children's services cost {payers}"
    chance = base.replicates > 1 and comparison.reforms and len(years) > 1
    finish(figure, title, f"{drawn} Net of grants." + (" Bars on the line of no difference: when 5 % to 95 % of runs break even." if chance else ""))
    return described(figure, f"{title}. {_told(comparison, years)}")


# ---------------------------------------------------------------- curves over years


def _by_year(figure: Figure, comparison: Comparison, years: list[int]) -> None:
    """Draw curves: net cost by year, and beside it the cumulative difference, or one scenario's cumulative cost."""
    base = comparison.baseline
    left, right = figure.subplots(1, 2)
    left.set_title("Net cost by year", loc="left")
    net = [(one.label, summarise(one.net().sel(year_ending=years).to_numpy()[0])) for one in comparison.scenarios]
    curves(left, years, net, shaded=1)  # scenarios' bands nearly coincide: what a reform changes, and how surely, is on the right
    money_axis(left.yaxis, "a year, " + prices(base))
    if comparison.reforms:
        right.set_title("Cumulative net cost against the baseline", loc="left")
        against = [(one.label, summarise(_cumulative(comparison, one.scenario, years))) for one in comparison.reforms]
        right.axhline(0.0, color=COLOURS[0], linewidth=1.2)
        right.update_datalim([(years[0], sign * _smallest_range(base, years)) for sign in (-1.0, 1.0)])
        found = [even_of(comparison, one.scenario, years) for one in comparison.reforms]
        told = [(f"{label}\n{_even_in_label(even, years)}", summary) for (label, summary), even in zip(against, found, strict=True)]
        curves(right, years, told, first=1, also=[(f"{base.label} = 0", 0.0, 0)], longest=24)
        _mark_break_even(right, found, years)
    else:
        right.set_title("Cumulative net cost", loc="left")
        totals = np.cumsum(base.net().sel(year_ending=years).to_numpy()[0], axis=1)
        curves(right, years, [(base.label, summarise(totals))])
    money_axis(right.yaxis, prices(base) + ", undiscounted")
    for axes in (left, right):
        year_axis(axes, years)
        bare(axes)


def _smallest_range(base: Results, years: list[int]) -> float:
    """Return how many pounds either way a difference's axis reaches at least."""
    return SMALLEST_RANGE * abs(float(base.net().sel(year_ending=years).mean()))


def _cumulative(comparison: Comparison, scenario: str, years: list[int]) -> np.ndarray:
    """Return the cumulative paired difference in net cost, pounds (R, Y)."""
    return np.cumsum(_yearly(comparison, scenario, years), axis=1)


def _yearly(comparison: Comparison, scenario: str, years: list[int]) -> np.ndarray:
    """Return the paired difference in net cost, pounds (R, Y)."""
    return comparison.cost_difference(scenario).sel(year_ending=years).to_numpy()[0]


def even_of(comparison: Comparison, scenario: str, years: list[int]) -> BreakEven:
    """Return when a reform of a comparison of one area breaks even."""
    return break_even(_yearly(comparison, scenario, years), years)


def even_band(even: BreakEven) -> tuple[float, float, float]:
    """Return the years by which 5 %, half and 95 % of runs have broken even; infinite where they have not within the horizon."""
    ordered = np.sort(np.where(even.years > 0, even.years, np.inf))
    return tuple(float(ordered[min(int(np.ceil(share * len(ordered))), len(ordered)) - 1]) for share in SHARES)


def _even_in_label(even: BreakEven, years: list[int]) -> str:
    """Return in a few words when a reform breaks even."""
    if even.costless > 0.5:
        return f"no cost to get back in {even.costless:.0%} of runs"
    if even.probability == 0.0:
        return f"breaks even in no run by {year_name(years[-1])}"
    return f"breaks even by {year_name(even.median_year or years[-1])} in {even.by_year[even.median_year or years[-1]]:.0%} of runs"


def _mark_break_even(axes: Axes, found: list[BreakEven], years: list[int]) -> None:
    """Mark when each reform breaks even on the line of no difference, one below the other."""
    low, high = axes.get_ylim()
    for i, even in enumerate(found):
        first, middle, last = even_band(even)
        style = (i + 1) % len(COLOURS)
        if even.costless > 0.5 or first == np.inf:
            continue
        y = -0.022 * (high - low) * (i + 1)
        open_end = last == np.inf
        axes.plot([first, min(last, years[-1])], [y, y], color=COLOURS[style], linewidth=3.0, solid_capstyle="butt", zorder=4)
        axes.plot([first], [y], color=COLOURS[style], marker="|", markersize=9, markeredgewidth=2.0, zorder=4)
        axes.plot([min(last, years[-1])], [y], color=COLOURS[style], marker=">" if open_end else "|", markersize=8, markeredgewidth=2.0, zorder=4)
        if middle != np.inf:
            axes.plot([middle], [y], color="white", marker=MARKERS[style], markeredgecolor=COLOURS[style], markersize=8, zorder=5)


# ---------------------------------------------------------------- in words


def _told(comparison: Comparison, years: list[int]) -> str:
    """Return the cost curve in words: the first and last year's net cost, and of each reform what it adds up to and when it breaks even."""
    base, span = comparison.baseline, f"{year_name(years[0])} to {year_name(years[-1])}" if len(years) > 1 else year_name(years[0])
    net = {one.scenario: summarise(one.net().sel(year_ending=years).to_numpy()[0]) for one in comparison.scenarios}
    ends = dict.fromkeys((0, len(years) - 1))
    unit = unit_of(float(max(abs(summary.mean).max() for summary in net.values())))
    told = [f"Net cost a year in {prices(base)}. {means_of(base)[1]}:"]
    told += [f"{one.label}, " + ", ".join(f"{unit.text(float(net[one.scenario].mean[i]))} in {year_name(years[i])}" for i in ends) + ";"
             for one in comparison.scenarios]  # fmt: skip
    for one in comparison.reforms:
        total = summarise(_cumulative(comparison, one.scenario, years)[:, -1])
        small = unit_of(max(abs(float(end)) for end in (total.mean, total.p05, total.p95)))
        change = _in_words(small, float(total.mean), float(total.p05), float(total.p95), True)
        told.append(f"{one.label} changes it by {change} over {span}, and"
                    f" {_even_in_label(even_of(comparison, one.scenario, years), years)};")  # fmt: skip
    return " ".join(told).rstrip(";") + "."


# ---------------------------------------------------------------- one year


def _one_year(figure: Figure, comparison: Comparison, year: int) -> None:
    """Draw points and intervals, a row each: net cost by scenario, and beside it the differences, or one scenario's lines."""
    base = comparison.baseline
    left, right = figure.subplots(1, 2)
    left.set_title(f"Net cost, {year_name(year)}", loc="left")
    net = [(one.label, summarise(one.net().sel(year_ending=year).to_numpy()[0]), i) for i, one in enumerate(comparison.scenarios)]
    rows = _points(left, net)
    if comparison.reforms:
        right.set_title(f"Difference from the baseline, {year_name(year)}", loc="left")
        right.axvline(0.0, color=COLOURS[0], linewidth=1.2)
        changes = [
            (one.label, summarise(comparison.cost_difference(one.scenario).sel(year_ending=year).to_numpy()[0]), i)
            for i, one in enumerate(comparison.reforms, 1)
        ]
        _points(right, changes, signed=True)
        widest = max(abs(float(end)) for _, change, _ in changes for end in (change.p05, change.p95, change.mean))
        reach = max(1.4 * widest, _smallest_range(base, [year]))
        right.set_xlim(-reach, reach)
    else:
        right.set_title(f"Net cost by line, {year_name(year)}", loc="left")
        rows = _points(right, [(label, cost, 0) for label, cost in _by_line(base, year)])
    for axes in (left, right):
        money_axis(axes.xaxis, prices(base))
    figure.set_figheight(2.2 + 0.6 * rows)


def _by_line(results: Results, year: int) -> list[tuple[str, Summary]]:
    """Return the authority's net cost by published line, the dearest first."""
    costs = results.costs.sel(year_ending=year)
    keys: dict[str, list[str]] = {}
    for key in results.payers("authority"):
        keys.setdefault(PUBLISHED_LABELS[results.lines[key]["published"]], []).append(key)
    found = [(label, summarise(costs.sel(line=lines).sum("line").to_numpy()[0])) for label, lines in keys.items()]
    return sorted(found, key=lambda line: -float(line[1].mean))


def _points(axes: Axes, rows: list[tuple[str, Summary, int]], signed: bool = False) -> int:
    """Draw a labelled row for each (label, summary, style), the first on top: mean, a bar from p05 to p95, and both in words; return how many."""
    unit = unit_of(max(abs(float(end)) for _, s, _ in rows for end in (s.mean, s.p05, s.p95)))
    for row, (_, summary, i) in enumerate(rows):
        style, mean, low, high = i % len(COLOURS), float(summary.mean), float(summary.p05), float(summary.p95)
        axes.plot([low, high], [row, row], color=COLOURS[style], linewidth=2.0, marker="|", markersize=12)
        axes.plot([mean], [row], color=COLOURS[style], marker=MARKERS[style], markersize=8)
        axes.annotate(
            _in_words(unit, mean, low, high, signed), (mean, row), xytext=(0, 10), textcoords="offset points", ha="center",
            fontsize=8.5, color=COLOURS[style], bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip
    axes.set_yticks(range(len(rows)), [wrapped(label) for label, _, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.75)
    axes.margins(x=0.25)
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return len(rows)


def _in_words(unit: Unit, mean: float, low: float, high: float, signed: bool) -> str:
    """Return a mean and its interval, left out where it is no wider than what is written."""
    if signed and low == high == mean == 0.0:
        return "no difference in any run"
    ends = [unit.text(end, signed, bare=True) for end in (low, high)]
    return unit.text(mean, signed) + (f" ({ends[0]} to {ends[1]})" if ends[0] != ends[1] else "")
