"""The feedback loops as a causal loop diagram, made from links that were measured on the model's own functions (`sim.loops`).

Quantities are words, links arrows with a sign: + if more of the one makes more of the other, − if it makes less. A link not in force is not drawn;
one that does not act at present (teams below their capacity, nobody waiting) is dashed. R marks a loop that reinforces a change, B one that
balances it. Only where quantities stand on the page is fixed here; one without a place of its own gets one in a row at the foot.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from outputs.plots import COLOURS, SOURCE
from sim.loops import QUANTITIES, REINFORCING, Loop, Measured, acting

PLACES = {
    "families": (4.55, 5.15), "work": (2.55, 6.15), "pressure": (2.15, 7.45), "pace": (4.50, 6.95), "leavers": (0.75, 8.05),
    "employed": (2.20, 8.55), "vacancies": (0.85, 9.25), "agency": (2.75, 9.45), "capacity": (4.05, 8.40), "proceedings": (6.75, 6.75),
    "court_pressure": (7.35, 8.55), "court_pace": (5.75, 8.20), "entries": (6.15, 4.45), "looked_after": (7.95, 4.75), "use": (9.55, 5.70),
    "opened": (10.95, 6.95), "places": (10.20, 8.55), "share": (8.90, 7.60), "price": (10.25, 3.35), "misfits": (9.05, 3.75),
    "far": (10.90, 4.75), "cost": (8.25, 2.35), "budget": (7.15, 0.75), "overspend": (5.65, 1.75), "support": (3.85, 1.25),
    "help_places": (1.95, 1.75), "waiting": (2.05, 3.55),
}  # fmt: skip
CURVES = {("looked_after", "work"): 0.14, ("proceedings", "work"): 0.10, ("places", "use"): -0.08, ("use", "share"): 0.2, ("opened", "places"): 0.16,
          ("use", "opened"): 0.12, ("employed", "capacity"): -0.1,
          ("looked_after", "proceedings"): 0.28, ("proceedings", "looked_after"): 0.28, ("use", "misfits"): -0.1}  # fmt: skip
CURVE = -0.16
WIDTH, HEIGHT, PANEL = 15.2, 10.75, 11.75  # inches; where the list of loops begins
LETTERS, LINE, BOX = 16, 0.165, 1.22
MOST_LISTED = 9
BLACK, BLUE, VERMILION = COLOURS[0], COLOURS[1], COLOURS[2]
GREY = "#666666"
MINUS = "\N{MINUS SIGN}"


def feedback_loops(measured: Sequence[Measured], loops: Sequence[Loop], title: str) -> Figure:
    """Return the diagram of measured links and the loops they make.

    Parameters
    ----------
    measured, loops
        What `sim.loops.measure_links` and `find_loops` returned.
    title
        Whose loops they are, and when: the area, the scenario, the year.
    """
    figure = Figure(figsize=(WIDTH, HEIGHT))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0.0, WIDTH)
    axes.set_ylim(0.0, HEIGHT)
    axes.axis("off")
    drawn = acting(measured)
    where = places_of(drawn)
    boxes = {name: _quantity(axes, name, at) for name, at in where.items()}
    signs = [_arrow(axes, one, where, boxes) for one in drawn]
    named = names_of(loops)
    _marks(axes, named, where, signs)
    _panel(axes, named, len(loops))
    axes.text(0.15, HEIGHT - 0.15, f"Feedback loops: {title}", fontsize=15, va="top")
    axes.text(0.15, 0.12, "\n".join(_notes(measured)), fontsize=7.4, color=GREY, va="bottom")
    return figure


def loops_in_words(measured: Sequence[Measured], loops: Sequence[Loop]) -> str:
    """Return the diagram in words, for those who cannot see it: the strongest loops with their polarity."""
    words = "; ".join(f"{name}: {loop.words}" for name, loop in names_of(loops))
    return f"Causal loop diagram of {sum(one.in_force for one in measured)} links in force and {len(loops)} loops. {words}."


def places_of(drawn: Sequence[Measured]) -> dict[str, tuple[float, float]]:
    """Return where each quantity of some links stands, x and y in inches; those without a place of their own in a row at the foot."""
    used = dict.fromkeys(name for one in drawn for name in (one.link.source, one.link.target))
    spare = [name for name in used if name not in PLACES]
    return {name: PLACES[name] if name in PLACES else (1.0 + 1.5 * spare.index(name), 0.35) for name in used}


def names_of(loops: Sequence[Loop]) -> list[tuple[str, Loop]]:
    """Return the strongest loops with their names: R1, B1, R2 ... in order of strength."""
    seen = {"R": 0, "B": 0}
    named = []
    for loop in loops[:MOST_LISTED]:
        seen[loop.polarity] += 1
        named.append((f"{loop.polarity}{seen[loop.polarity]}", loop))
    return named


# ---------------------------------------------------------------- drawing


def _quantity(axes: Axes, name: str, at: tuple[float, float]) -> Rectangle:
    """Write a quantity, and return the room it takes."""
    lines = textwrap.wrap(QUANTITIES.get(name, name), LETTERS)
    wide, tall = min(BOX, 0.092 * max(map(len, lines)) + 0.10), LINE * len(lines) + 0.08
    box = Rectangle((at[0] - wide / 2.0, at[1] - tall / 2.0), wide, tall, facecolor="white", edgecolor="none", zorder=3)
    axes.add_patch(box)
    axes.text(*at, "\n".join(lines), ha="center", va="center", fontsize=9.2, linespacing=1.0, zorder=4, weight="bold")
    return box


def _arrow(axes: Axes, one: Measured, where: dict[str, tuple[float, float]], boxes: dict[str, Rectangle]) -> tuple[float, float]:
    """Draw a link: blue if +, vermilion if −, the thicker the more elastic, dashed if it does not act at present; return where its sign is."""
    link, colour = one.link, BLUE if one.sign > 0 else VERMILION
    curve = CURVES.get((link.source, link.target), CURVE)
    start, end = where[link.source], where[link.target]
    axes.add_patch(
        FancyArrowPatch(
            start, end, connectionstyle=f"arc3,rad={curve}", arrowstyle="-|>", mutation_scale=11, color=colour, shrinkA=1.0, shrinkB=1.5,
            linewidth=0.8 + 1.3 * min(1.5, abs(one.elasticity)) ** 0.5, linestyle="-" if one.acts_at_present else (0, (4, 2.5)),
            patchA=boxes[link.source], patchB=boxes[link.target], zorder=2,
        )
    )  # fmt: skip
    x, y = _beside_head(start, end, curve, boxes[link.target])
    axes.text(x, y, "+" if one.sign > 0 else MINUS, fontsize=13, weight="bold", color=colour, ha="center", va="center", zorder=5)
    return x, y


def _beside_head(start: tuple[float, float], end: tuple[float, float], curve: float, box: Rectangle) -> tuple[float, float]:
    """Return a point beside an arrow where it comes to its target's box, on the outer side of its curve."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    control = ((start[0] + end[0]) / 2.0 + curve * dy, (start[1] + end[1]) / 2.0 - curve * dx)
    left, bottom = box.get_x() - 0.19, box.get_y() - 0.19
    right, top = left + box.get_width() + 0.38, bottom + box.get_height() + 0.38
    for step in range(100, 0, -1):
        t = step / 100.0
        x, y = ((1 - t) ** 2 * p + 2 * t * (1 - t) * c + t**2 * q for p, c, q in zip(start, control, end, strict=True))
        if not (left <= x <= right and bottom <= y <= top):
            break
    length = math.hypot(dx, dy) or 1.0
    side = 0.13 if curve >= 0 else -0.13
    return x + side * dy / length, y - side * dx / length


def _marks(
    axes: Axes, named: list[tuple[str, Loop]], where: dict[str, tuple[float, float]], signs: list[tuple[float, float]]
) -> None:
    """Mark each loop in the middle of its quantities, or as near it as there is room."""
    taken = list(where.values())
    for name, loop in named:
        points = [where[quantity] for quantity in loop.quantities]
        middle = (sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points))
        at = _free(middle, taken, signs)
        signs = [*signs, at]
        colour = BLACK if loop.polarity == REINFORCING else GREY
        axes.add_patch(Circle(at, 0.20, facecolor="white", edgecolor=colour, linewidth=1.6, zorder=6))
        axes.text(*at, name, fontsize=9, weight="bold", ha="center", va="center", color=colour, zorder=7)


def _free(middle: tuple[float, float], words: list[tuple[float, float]], marks: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the point nearest to another that is far enough from all words, signs and marks."""
    rings = [(0.0, 0.0)] + [
        (radius * math.cos(turn * math.pi / 8.0), radius * math.sin(turn * math.pi / 8.0))
        for radius in (0.2, 0.35, 0.5, 0.7, 0.9, 1.2, 1.5) for turn in range(16)
    ]  # fmt: skip
    for dx, dy in rings:
        x, y = middle[0] + dx, middle[1] + dy
        clear = all(math.hypot(x - p, y - q) > 0.42 for p, q in marks)
        if clear and all(abs(x - p) > 0.85 or abs(y - q) > 0.45 for p, q in words):
            return x, y
    return middle


def _panel(axes: Axes, named: list[tuple[str, Loop]], found: int) -> None:
    """List the strongest loops in words beside the diagram, with their gains."""
    y = HEIGHT - 0.75
    axes.text(PANEL, y, "The strongest loops" if named else "No loops", fontsize=11, weight="bold", va="top")
    y -= 0.30
    for name, loop in named:
        kind = "reinforces" if loop.polarity == REINFORCING else "balances"
        head = f"{name} {kind}, gain {_signed(loop.gain)} (at present {_signed(loop.at_present)})"
        axes.text(PANEL, y, head, fontsize=8.6, weight="bold", va="top")
        lines = textwrap.wrap(loop.words, 58)
        axes.text(PANEL, y - 0.17, "\n".join(lines), fontsize=7.6, va="top", linespacing=1.12)
        y -= 0.28 + 0.14 * len(lines)
    if found > len(named):
        axes.text(PANEL, y, f"and {found - len(named)} weaker ones (loop_gains.csv)", fontsize=8.2, color=GREY, va="top")


def _signed(value: float) -> str:
    """Return a gain as written, with its sign; 0 where it is less than a thousandth."""
    return "0" if abs(value) < 5e-4 else f"{value:+.3f}".replace("-", MINUS) if abs(value) < 0.1 else f"{value:+.2f}".replace("-", MINUS)


def _notes(measured: Sequence[Measured]) -> list[str]:
    """Return how to read the diagram, what is switched off, and the source."""
    off = [f"{QUANTITIES[one.link.source]} → {QUANTITIES[one.link.target]}" for one in measured if not one.in_force]
    notes = (
        "Arrows: + more makes more, − more makes less, measured on the model's own rules by moving the first quantity 1 % each way "
        "(pressure and use held three years); the thicker, the more elastic. Dashed: no answer in this year's state, only where its limit binds "
        "(teams a tenth above capacity, families waiting). Gain: the product of a loop's elasticities; above +1 a change would feed itself.",
        f"Not in force here, not drawn: {'; '.join(off)}." if off else "",
        SOURCE,
    )
    return [line for note in notes if note for line in textwrap.wrap(note, 235)]
