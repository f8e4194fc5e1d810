"""The tornado's picture: what each uncertain number does to a reform's outcome, the widest on top."""

from __future__ import annotations

from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outputs.attribution_words import amount
from outputs.money_axis import MINUS, money_axis
from outputs.picture import described
from outputs.pictures.look import COLOURS, HATCHES, SOURCE
from outputs.sensitivity import Analysis
from sim.sensitivity import Bar

LOW_COLOUR, HIGH_COLOUR = COLOURS[5], COLOURS[6]  # far apart in lightness is not enough: the high end is hatched too
HEIGHT = 0.55


def tornado_figure(found: Analysis) -> Figure:
    """Return the tornado: a row for each number, bars from the central outcome to those at 5 % and 95 % of its draws, its values at their ends."""
    tornado, outcome = found.tornado, found.outcome
    figure = Figure(figsize=(11.0, 2.6 + 0.62 * len(tornado.bars)), layout="constrained")
    axes = figure.subplots()
    axes.axvline(tornado.central.mean, color=COLOURS[0], linewidth=1.2)
    for row, bar in enumerate(tornado.bars):
        _bar(axes, row, bar, tornado.central.mean)
    axes.set_yticks(range(len(tornado.bars)), [_label(bar) for bar in tornado.bars], fontsize=8.5)
    axes.set_ylim(len(tornado.bars) - 0.4, -1.0)
    axes.margins(x=0.16)
    low, high = axes.get_xlim()
    if low < 0.0 < high:
        axes.axvline(0.0, color=COLOURS[0], linewidth=0.9, linestyle=":")
        axes.annotate("no difference", (0.0, -0.95), xytext=(3, 0), textcoords="offset points", fontsize=7.5, va="top", clip_on=True)
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    if outcome.unit == "GBP":
        unit = money_axis(axes.xaxis, f"{outcome.price_base} prices: {outcome.label}, reform less baseline")
        central, error = unit.text(tornado.central.mean, signed=True), unit.text(tornado.central.error)
    else:
        axes.set_xlabel(f"{outcome.unit}: {outcome.label}, reform less baseline")
        central, error = f"{tornado.central.mean:+,.1f}".replace("-", MINUS), f"{tornado.central.error:,.1f}"
    axes.set_title(f"All central: {central} ± {error}", loc="left", fontsize=9.5)
    figure.suptitle(found.title, x=0.01, ha="left", fontsize=13)
    figure.supxlabel(
        f"{SOURCE}\nBars: one number at 5 % (plain) and at 95 % (hatched) of its draws, others at their means; mean of {found.about['runs']} paired "
        "runs, the same for all bars.\nThin lines: 95 % Monte Carlo interval of the move from the central outcome.",
        fontsize=7.5, x=0.01, ha="left",
    )  # fmt: skip
    return described(figure, _told(found, central, error))


def _told(found: Analysis, central: str, error: str) -> str:
    """Return the tornado in words: the central outcome, and how far each number moves it, the widest first."""
    tornado, outcome = found.tornado, found.outcome
    widest = max((abs(float(move.mean)) for bar in tornado.bars for move in (bar.below, bar.above)), default=0.0)
    moves = "; ".join(
        f"{bar.number.label}: {amount(bar.below.mean, outcome.unit, widest)} at {value_text(bar.ends[0], bar.number.unit)}, "
        f"{amount(bar.above.mean, outcome.unit, widest)} at {value_text(bar.ends[1], bar.number.unit)}"
        for bar in tornado.bars
    )
    return f"{found.title}. {outcome.label}, reform less baseline, all numbers at their means: {central} ± {error}. Moved by one alone, {moves}."


def _bar(axes: Axes, row: int, bar: Bar, central: float) -> None:
    """Draw one number's two bars, with their errors and its values."""
    ends = ((bar.below, bar.ends[0], LOW_COLOUR, HATCHES[0]), (bar.above, bar.ends[1], HIGH_COLOUR, HATCHES[1]))
    same_side = bar.below.mean * bar.above.mean > 0.0
    for i, (move, value, colour, hatch) in enumerate(ends):
        # Where both ends lie on one side of the centre, each has half the row, so that neither hides the other.
        at, height = (row + (i - 0.5) * HEIGHT / 2, HEIGHT / 2) if same_side else (row, HEIGHT)
        axes.barh(at, move.mean, height, left=central, color=colour, hatch=hatch, edgecolor=COLOURS[0], linewidth=0.6)
        if move.error < float("inf"):
            axes.errorbar(central + move.mean, at, xerr=move.error, color=COLOURS[0], linewidth=0.8, capsize=2.5)
        reach = central + move.mean + (move.error if move.error < float("inf") else 0.0) * (1.0 if move.mean >= 0.0 else -1.0)
        side = 1 if move.mean > 0.0 or (move.mean == 0.0 and i == 1) else -1
        align = "left" if side > 0 else "right"
        axes.annotate(
            value_text(value, bar.number.unit), (reach, at), xytext=(4 * side, 0), textcoords="offset points", ha=align, va="center", fontsize=8,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )  # fmt: skip


def _label(bar: Bar) -> str:
    """Return a number's words and unit on a few lines."""
    return fill(f"{bar.number.label}, {bar.number.unit}" if bar.number.unit else bar.number.label, 38)


def value_text(value: float, unit: str = "") -> str:
    """Return a value with three digits that tell, and separators; a share in per cent."""
    if unit.startswith("share"):
        return f"{100.0 * value:.3g} %".replace("-", MINUS)
    return (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}").replace("-", MINUS)
