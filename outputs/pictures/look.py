"""The look that pictures share: colours, line styles, labels beside what they name, axes of years, notes and sources.

Scenarios differ by line style, marker and a label beside them as well as by colour (Okabe and Ito's palette, ordered by lightness), so figures
read in greyscale and by colour-blind readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from outputs.money_axis import MINUS
from scenarios.timeline import year_name
from sim.results import Results
from sim.statistics import Summary

COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "////", "\\\\\\\\", "....", "xxxx", "||||", "----")
RISE, FALL, GREY = COLOURS[2], COLOURS[1], "#666666"
SIMULATED = "CareCurve simulation from published figures (Department for Education, Ofsted, ONS; Open Government Licence v3.0)."
SOURCE = f"Source: {SIMULATED} Abuse, death and children's experience are not simulated."
PUBLISHED_SOURCE = "Published: Department for Education statistics, Open Government Licence v3.0."
LABEL = 8.5  # points: the size of labels at curves' ends
LINE_INCHES = 1.25 * LABEL / 72.0  # height of a line of a label
MOST_LINES = 3  # of a name
LETTERS_PER_INCH = 17.5  # of a note
TITLE, SMALL, NOTE = 13.0, 9.0, 7.5  # points
End = tuple[str, float, int]  # a label at the end of a curve: text, height, style


def new_figure(width: float = 9.0, height: float = 5.4) -> Figure:
    """Return an empty figure of a size in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def finish(figure: Figure, title: str, *notes: str, key: Sequence[tuple[str, int]] = ()) -> Figure:
    """Give a figure its title, notes and source, and return it.

    `key` names scenarios (label, style) by their markers under the title, where rows leave no room for labels beside each point.
    """
    lines = key_lines(figure, key)
    figure.suptitle(title + "\n" * lines, x=0.01, ha="left", fontsize=TITLE)
    if key:
        handles = [
            Line2D([], [], color=COLOURS[look], marker=MARKERS[look], linestyle=STYLES[look], label=label)
            for label, look in ((label, style % len(COLOURS)) for label, style in key)
        ]
        top = 1.0 - (1.35 * TITLE / 72.0 + 0.04) / figure.get_figheight()
        figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.012, top), ncols=-(-len(key) // lines), fontsize=SMALL, frameon=False,
                      borderaxespad=0.0, borderpad=0.1, handlelength=2.8)  # fmt: skip
    letters = int(figure.get_figwidth() * LETTERS_PER_INCH)
    wrapped_notes = [fill(note, letters) for note in (*notes, SOURCE) if note]
    figure.supxlabel("\n".join(wrapped_notes), fontsize=NOTE, x=0.01, ha="left")
    return figure


def key_lines(figure: Figure, key: Sequence[tuple[str, int]]) -> int:
    """Return how many lines a key takes under a figure's title."""
    if not key:
        return 0
    longest = max(len(label) for label, _ in key)
    columns = max(1, int(figure.get_figwidth() / (0.085 * longest + 0.75)))
    return -(-len(key) // columns)


def bare(axes: Axes, grid: str = "y") -> None:
    """Take off the frame, and draw a light grid along one axis."""
    axes.grid(axis=grid, alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def year_axis(axes: Axes, years: Sequence[int], at_31_march: bool = False) -> None:
    """Mark years: financial years that end then or, of what is counted on 31 March, the date's year; at most a dozen are named."""
    step = 1 + (len(years) - 1) // 12
    shown = list(years)[(len(years) - 1) % step :: step]
    axes.set_xticks(shown, [str(year) if at_31_march else year_name(year) for year in shown], rotation=45, ha="right", fontsize=SMALL)
    axes.set_xlabel("31 March" if at_31_march else "Financial year (ending 31 March)")
    axes.tick_params(axis="y", labelsize=SMALL)


def prices(results: Results) -> str:
    """Return the price base as axes name it."""
    return f"{results.metadata['price_base']} prices"


BAND = "bands: 5th to 95th percentile"
THIN = "band, and a reform's thin lines: 5th to 95th percentile"  # of `curves` with the baseline's band shaded alone


def drawn_from(results: Results, band: str = BAND, what: str = "Lines") -> str:
    """Return what is drawn of how many runs, as a note."""
    if results.metadata.get("engine") == "expected":
        return f"{what}: by equations, the mean of very many runs; nothing is said of chance."
    if results.replicates == 1:
        return f"{what}: one run, so nothing is said of chance."
    return f"{what}: mean of {results.replicates} paired runs; {band}."


def means_of(results: Results) -> tuple[str, str]:
    """Return what the numbers of a picture's alternative text are, as a sentence begins: without intervals, and with them."""
    if results.metadata.get("engine") == "expected":
        return ("By equations, the mean of very many runs",) * 2
    if results.replicates == 1:
        return ("One run",) * 2
    mean = f"Mean of {results.replicates} runs"
    return mean, f"{mean}, 90 % interval in brackets"


def number(value: float, signed: bool = False, digits: int | None = None) -> str:
    """Return a number with separators and a proper minus: whole from 10 on, else with one digit that tells."""
    if digits is None:
        digits = 0 if abs(value) >= 9.95 or float(value).is_integer() else 1
    text = f"{abs(value):,.{digits}f}"
    return ("" if not text.strip("0.,") else MINUS if value < 0 else "+" if signed else "") + text


def between(summary: Summary, i: int | tuple = (), signed: bool = False, digits: int | None = None) -> str:
    """Return a mean and its 90 % interval, left out where there is none."""
    mean, low, high = (number(float(np.asarray(end)[i]), signed, digits) for end in (summary.mean, summary.p05, summary.p95))
    return mean if low == high else f"{mean} ({low} to {high})"


def number_axis(axis, label: str) -> None:
    """Label an axis of numbers, written with separators."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", MINUS)))
    axis.set_label_text(label)


def wrapped(label: str, longest: int = 18) -> str:
    """Break a long label in two at the space nearest its middle; one that is longer still in three, cut off if it has to be."""
    if len(label) <= longest:
        return label
    if len(label) > 2.5 * longest:
        return fill(label, max(longest, 18), max_lines=MOST_LINES, placeholder=" …")
    middle = min((i for i, c in enumerate(label) if c == " "), key=lambda i: abs(i - len(label) / 2), default=None)
    return label if middle is None else f"{label[:middle]}\n{label[middle + 1 :]}"


def curves(axes: Axes, x: Sequence[int], drawn: list[tuple[str, Summary]], first: int = 0, also: list[End] | None = None,
           longest: int = 18, from_nothing: bool = False, shaded: int | None = None) -> None:  # fmt: skip
    """Draw curves with bands, each labelled at its end; `first` is the style of the first one, `also` holds more labels.

    `shaded` is how many, the first ones, have their band filled (None: all); others have its edges alone, where bands would cover one another.
    `from_nothing` lets the height axis begin at 0. Whatever else sets its reach must be drawn before: labels are kept apart on it.
    """
    ends = list(also or [])
    for i, (label, summary) in enumerate(drawn):
        style = (first + i) % len(COLOURS)
        if shaded is None or i < shaded:
            axes.fill_between(
                x, summary.p05, summary.p95, facecolor=COLOURS[style], alpha=0.10, hatch=HATCHES[style], edgecolor=COLOURS[style], linewidth=0.0
            )
        for edge in (summary.p05, summary.p95):
            axes.plot(x, edge, color=COLOURS[style], linestyle=STYLES[style], linewidth=0.7, alpha=0.7)
        axes.plot(
            x,
            summary.mean,
            color=COLOURS[style],
            linestyle=STYLES[style],
            marker=MARKERS[style],
            markersize=5,
            linewidth=1.8,
            label=label.split("\n")[0],
        )
        ends.append((label, float(summary.mean[-1]), style))
    axes.margins(x=0.02)
    if from_nothing:
        axes.set_ylim(bottom=0.0)
    label_ends(axes, x[-1], ends, longest)


def label_ends(axes: Axes, x: float, ends: list[End], longest: int = 18) -> None:
    """Write labels at the right of curves' ends, kept apart, each joined to its end."""
    broken = [("\n".join(wrapped(line, longest) for line in label.split("\n")), y, style) for label, y, style in ends]
    for (label, y, style), height in apart(axes, broken, LINE_INCHES / _height_inches(axes)):
        colour = COLOURS[style] if style >= 0 else GREY
        axes.annotate(
            label, (x, y), xytext=(16, height), textcoords=("offset points", "data"), va="center", fontsize=LABEL, color=colour,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0, "patchA": None, "relpos": (0, 0.5)},
        )  # fmt: skip


def _height_inches(axes: Axes) -> float:
    """Return about how high axes will be, before a figure is laid out: its share of what titles, notes and year labels leave."""
    rows = axes.get_subplotspec().get_gridspec().nrows
    return max((axes.figure.get_figheight() - 1.2) / rows - 0.75, 0.5)


def apart(axes: Axes, ends: list[End], line: float) -> list[tuple[End, float]]:
    """Return labels, each with a height moved so that none covers another nor leaves the axes, in order of height.

    `line` is the height of a line of text, as a share of the axes'. Labels that are too many for the axes are as far apart as there is room.
    """
    low, high = axes.get_ylim()
    ordered = sorted(ends, key=lambda end: end[1])
    lines = [label.count("\n") + 1 for label, _, _ in ordered]
    each = min(line, 1.0 / max(sum(lines), 1)) * (high - low)
    heights = [y for _, y, _ in ordered]
    floor = low
    for i, own in enumerate(lines):
        heights[i] = max(heights[i], floor + 0.5 * own * each)
        floor = heights[i] + 0.5 * own * each
    ceiling = high
    for i in reversed(range(len(heights))):
        heights[i] = min(heights[i], ceiling - 0.5 * lines[i] * each)
        ceiling = heights[i] - 0.5 * lines[i] * each
    return list(zip(ordered, heights, strict=True))


def rows_of_points(axes: Axes, rows: Sequence[str], series: Sequence[tuple[int, Summary]], words=None, fontsize: float = SMALL) -> None:
    """Draw a row for each label, the first on top, and in it for each (style, summary over rows) a point with its interval.

    `words(style, summary, row)` gives the text beside a point; none if it is not given.
    """
    space = 0.8 / max(len(series), 1)
    for k, (style, summary) in enumerate(series):
        look = style % len(COLOURS)
        for row in range(len(rows)):
            mean, low, high = (float(end[row]) for end in (summary.mean, summary.p05, summary.p95))
            if mean != mean:
                continue
            y = row + (k - (len(series) - 1) / 2.0) * space
            axes.plot([low, high], [y, y], color=COLOURS[look], linewidth=1.6, marker="|", markersize=7)
            axes.plot([mean], [y], color=COLOURS[look], marker=MARKERS[look], markersize=6, linestyle="")
            if words:
                axes.annotate(
                    words(style, summary, row), (max(high, mean), y), xytext=(7, 0), textcoords="offset points", va="center", fontsize=8.5,
                    color=COLOURS[look], bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
                )  # fmt: skip
    axes.set_yticks(range(len(rows)), rows, fontsize=fontsize)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    bare(axes, "x")
