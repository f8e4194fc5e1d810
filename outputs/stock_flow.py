"""The system as stocks and flows: a diagram of a year in the conventions of system dynamics, made from the pathway and a run's counts.

Rectangles are stocks (children on 31 March), pipes with valves flows (children a year), clouds what lies outside. Each track of the pathway has a
lane; what opens a stage of another track takes nobody out of the stage it comes from, so it enters from a cloud and is named in words.
"""

from __future__ import annotations

import textwrap
from dataclasses import replace

import matplotlib.patheffects as effects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, FancyBboxPatch, Polygon, Rectangle

from outputs.flow_layout import BOX_WIDTH, NARROW, Box, Lane, LaneLayout, Pipe, number
from outputs.flow_system import OPENS, OTHER_IN, OTHER_OUT, Flow, Stock, System, system_of
from outputs.picture import described
from outputs.pictures.look import COLOURS, SOURCE
from scenarios.timeline import year_name
from sim.results import Results

LEAST_SHARE = 0.04  # of its track's greatest flow: smaller flows are left out, and counted in the note
PAGE_WIDTH, MARGIN, LANE_GAP, TITLE, FOOT, HEADING = 15.2, 0.15, 0.20, 0.66, 0.50, 0.22
LABEL_WIDTH = 22  # letters in a box
LEAST_BESIDE = 3  # stocks: a narrower grid goes below
TITLES = {
    "need": "Need (families, counted in children)", "protection": "Protection", "court": "Court", "support": "Support",
    "care": "Care, and after it", "placement": "Placement: where the children looked after live",
}  # fmt: skip
BLACK, BLUE, VERMILION = COLOURS[0], COLOURS[1], COLOURS[2]
GREY, PALE, FILL = "#666666", "#F4F5F7", "#E3EEF6"


def stocks_and_flows(results: Results, year_ending: int | None = None, area: str | None = None, least_share: float = LEAST_SHARE) -> Figure:
    """Return the stock-and-flow diagram of a year: authorities added up, means over runs.

    Parameters
    ----------
    results
        Results of any engine that hold counts of their pathway.
    year_ending
        The year ending 31 March; by default the last.
    area
        What several authorities are called together.
    least_share
        Flows below this share of their track's greatest are left out and counted in a note.

    Raises
    ------
    ValueError
        If the results hold no counts of the pathway, or not of this year.
    """
    system = system_of(results, year_ending, area)
    lanes, left_out = lanes_of(system, least_share)
    rows = _rows(lanes)
    height = TITLE + FOOT + sum(max(lane.height for _, lane in row) + HEADING + LANE_GAP for row in rows)
    figure = Figure(figsize=(PAGE_WIDTH, height))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0.0, PAGE_WIDTH)
    axes.set_ylim(height, 0.0)
    axes.axis("off")
    y = TITLE
    for row in rows:
        tall = max(lane.height for _, lane in row)
        spare = PAGE_WIDTH - 2 * MARGIN - sum(lane.width for _, lane in row)
        x = MARGIN
        for track, lane in row:
            wide = lane.width + spare / len(row)
            _draw_lane(axes, track, lane, x, y, wide - (0.06 if lane is not row[-1][1] else 0.0), tall)
            x += wide
        y += tall + HEADING + LANE_GAP
    _words(axes, system, left_out, least_share, height)
    return described(figure, alternative_text(results, year_ending, area))


def alternative_text(results: Results, year_ending: int | None = None, area: str | None = None) -> str:
    """Return the diagram in words: its largest stocks and flows."""
    system = system_of(results, year_ending, area)
    labels = system.labels
    stocks = sorted(system.stocks, key=lambda stock: -stock.children)[:8]
    flows = sorted((flow for flow in system.flows if flow.source and flow.target), key=lambda flow: -flow.children)[:8]
    return (
        f"Stocks and flows of {system.area}, {system.scenario}, year ending March {system.year_ending}. Stocks on 31 March: "
        + "; ".join(f"{stock.label} {number(stock.children)}" for stock in stocks)
        + ". Flows a year: "
        + "; ".join(f"{labels[flow.source]} to {labels[flow.target]} {number(flow.children)}" for flow in flows)
        + "."
    )


# ---------------------------------------------------------------- what is drawn


def lanes_of(system: System, least_share: float = LEAST_SHARE) -> tuple[list[tuple[str, Lane]], list[Flow]]:
    """Return the tracks that hold anybody, laid out, and the flows left out of them."""
    lanes, left_out = [], []
    for track in dict.fromkeys(stock.track for stock in system.stocks):
        stocks = system.track(track)
        if track == "placement":
            stocks, flows = _placements(system, least_share / 2.0)
        else:
            names = {stock.name for stock in stocks}
            own = [flow for flow in system.flows if flow.source in names or flow.target in names]
            least = least_share * max((flow.children for flow in own), default=0.0)
            openings = [flow for flow in own if flow.kind == OPENS]  # drawn as one pipe for each stage they open
            opened = {flow.target: sum(one.children for one in openings if one.target == flow.target) for flow in openings}
            flows = [flow for flow in own if (opened[flow.target] if flow.kind == OPENS else flow.children) >= least]
            left_out += [flow for flow in own if flow not in flows]
            used = {name for flow in flows for name in (flow.source, flow.target)}
            stocks = tuple(stock for stock in stocks if stock.name in used)
        if stocks and any(flow.children > 0.0 for flow in flows):
            lanes.append((track, LaneLayout(stocks, flows, system.labels, left_out, _across(lanes)).lane))
    return lanes, left_out


def _across(lanes: list[tuple[str, Lane]]) -> int:
    """Return how many stocks that nothing joins go beside each other: as many as fit beside the lane before, or on a row of their own."""
    room = PAGE_WIDTH - 2 * MARGIN - 0.3
    beside = int((room - 0.3 - lanes[-1][1].width) // (BOX_WIDTH + NARROW)) if lanes else 0
    return beside if beside >= LEAST_BESIDE else int(room // (BOX_WIDTH + NARROW))


def _placements(system: System, least_share: float) -> tuple[tuple[Stock, ...], list[Flow]]:
    """Return kinds of placement, the small ones as one, and for each what began and ended in the year; children are in one at a time."""
    stocks = system.track("placement")
    total = sum(stock.children for stock in stocks)
    small = [stock for stock in stocks if stock.children < least_share * total]
    begun = {stock.name: sum(flow.children for flow in system.flows if flow.target == stock.name) for stock in stocks}
    ended = {stock.name: sum(flow.children for flow in system.flows if flow.source == stock.name) for stock in stocks}
    kept = [stock for stock in stocks if stock not in small]
    if small:
        befores = [stock.before for stock in small]
        before = None if None in befores else sum(befores)
        kept.append(Stock("", f"Other placements ({len(small)} kinds)", "placement", before, sum(stock.children for stock in small)))
        for table in (begun, ended):
            table[""] = sum(table[stock.name] for stock in small)
    flows = [Flow(None, stock.name, begun[stock.name], OTHER_IN, ("begun",)) for stock in kept]
    return tuple(kept), flows + [Flow(stock.name, None, ended[stock.name], OTHER_OUT, ("ended",)) for stock in kept]


def _rows(lanes: list[tuple[str, Lane]]) -> list[list[tuple[str, Lane]]]:
    """Put lanes beside each other where they fit, in order."""
    rows: list[list[tuple[str, Lane]]] = []
    for track, lane in lanes:
        room = PAGE_WIDTH - 2 * MARGIN - sum(one.width + 0.3 for _, one in rows[-1]) if rows else 0.0
        if rows and lane.width <= room:
            rows[-1].append((track, lane))
        else:
            rows.append([(track, lane)])
    return rows


# ---------------------------------------------------------------- drawing


def _draw_lane(axes: Axes, track: str, lane: Lane, x: float, y: float, width: float, height: float) -> None:
    """Draw a lane in its frame, in the middle of it."""
    axes.add_patch(Rectangle((x, y), width, height + HEADING + 0.14, facecolor=PALE, edgecolor="none", zorder=0))
    axes.text(x + 0.08, y + 0.06, TITLES.get(track, track), fontsize=9, weight="bold", color=GREY, va="top", zorder=6)
    dx, dy = x + (width - lane.width) / 2.0, y + HEADING + (height - lane.height) / 2.0 + 0.04
    greatest = max(pipe.flow.children for pipe in lane.pipes)
    for pipe in lane.pipes:
        _draw_pipe(axes, _moved(pipe, dx, dy), greatest)
    for box in lane.boxes:
        _draw_box(axes, replace(box, x=box.x + dx, y=box.y + dy))


def _moved(pipe: Pipe, dx: float, dy: float) -> Pipe:
    """Return a pipe somewhere else."""
    def there(point: tuple[float, float]) -> tuple[float, float]:
        """Return a point moved."""
        return (point[0] + dx, point[1] + dy)

    return replace(pipe, points=tuple(map(there, pipe.points)), valve=there(pipe.valve), words_at=there(pipe.words_at))


def _draw_box(axes: Axes, box: Box) -> None:
    """Draw a stock: its label, its children, and by how many it changed."""
    axes.add_patch(Rectangle((box.x, box.y), box.width, box.height, facecolor=FILL, edgecolor=BLACK, linewidth=1.1, zorder=4))
    label = textwrap.wrap(box.stock.label.split(" (")[0] if len(box.stock.label) > 2 * LABEL_WIDTH else box.stock.label, LABEL_WIDTH)
    label = label[: 3 if box.height > 0.54 else 2]
    lines = [*((word, "normal", BLACK) for word in label), (number(box.stock.children) + _change(box.stock), "bold", BLUE)]
    step = 0.128
    for i, (words, weight, colour) in enumerate(lines):
        y = box.y + box.height / 2.0 + step * (i - (len(lines) - 1) / 2.0)
        axes.text(box.x + box.width / 2.0, y, words, fontsize=7.8, weight=weight, color=colour, ha="center", va="center", zorder=5)


def _change(stock: Stock) -> str:
    """Return by how many children a stock changed in the year, in brackets; nothing if that is not known."""
    if stock.before is None:
        return ""
    change = round(stock.children) - round(stock.before)
    return f" ({change:+,})".replace("-", "\N{MINUS SIGN}") if change else " (±0)"


def _draw_pipe(axes: Axes, pipe: Pipe, greatest: float) -> None:
    """Draw a flow: a double line with a valve and an arrowhead, a cloud at an end that is no stock, and its words."""
    thick = 2.6 + 3.4 * (pipe.flow.children / greatest) ** 0.5
    colour = GREY if pipe.flow.kind in (OTHER_IN, OTHER_OUT) else BLACK
    xs, ys = zip(*_shortened(pipe.points), strict=True)
    axes.plot(xs, ys, color=colour, linewidth=thick, solid_capstyle="butt", solid_joinstyle="miter", zorder=2)
    axes.plot(xs, ys, color="white", linewidth=thick - 1.7, solid_capstyle="butt", solid_joinstyle="miter", zorder=2.1)
    _arrowhead(axes, pipe.points, colour)
    if pipe.cloud_at_start:
        _cloud(axes, *pipe.points[0])
    if pipe.cloud_at_end:
        (x, y), down = pipe.points[-1], pipe.beside
        _cloud(axes, x + (0.0 if down else 0.10), y + (0.06 if down else 0.0))
    _valve(axes, *pipe.valve, upright=pipe.beside)
    axes.text(
        *pipe.words_at, pipe.words, fontsize=7.8, ha="left" if pipe.beside else "center", va="center" if pipe.beside else "bottom",
        linespacing=0.98, zorder=6, color=BLACK, path_effects=[effects.withStroke(linewidth=2.2, foreground=PALE)],
    )  # fmt: skip


def _shortened(points: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """Return a way whose end leaves room for the arrowhead."""
    (x0, y0), (x1, y1) = points[-2:]
    length = max(abs(x1 - x0) + abs(y1 - y0), 1e-9)
    return [*points[:-1], (x1 - 0.07 * (x1 - x0) / length, y1 - 0.07 * (y1 - y0) / length)]


def _arrowhead(axes: Axes, points: tuple[tuple[float, float], ...], colour: str) -> None:
    (x0, y0), (x1, y1) = points[-2:]
    length = max(abs(x1 - x0) + abs(y1 - y0), 1e-9)
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    base = (x1 - 0.09 * ux, y1 - 0.09 * uy)
    axes.add_patch(
        Polygon([(x1, y1), (base[0] - 0.055 * uy, base[1] + 0.055 * ux), (base[0] + 0.055 * uy, base[1] - 0.055 * ux)], facecolor=colour, zorder=3)
    )


def _valve(axes: Axes, x: float, y: float, upright: bool) -> None:
    """Draw a bow tie across a pipe."""
    long, wide = 0.065, 0.055
    corners = [(-long, -wide), (long, wide), (long, -wide), (-long, wide)]
    turned = [(x + b, y + a) if upright else (x + a, y + b) for a, b in corners]
    axes.add_patch(Polygon(turned, facecolor=VERMILION, edgecolor=BLACK, linewidth=0.5, zorder=3))


def _cloud(axes: Axes, x: float, y: float) -> None:
    """Draw a cloud: where children come from or go to beyond what is drawn."""
    for dx, dy, w, h in ((-0.06, 0.01, 0.12, 0.10), (0.06, 0.01, 0.12, 0.10), (0.0, -0.03, 0.14, 0.12), (0.0, 0.03, 0.14, 0.09)):
        axes.add_patch(Ellipse((x + dx, y + dy), w, h, facecolor="white", edgecolor=GREY, linewidth=0.9, zorder=2.5))
    axes.add_patch(FancyBboxPatch((x - 0.05, y - 0.02), 0.10, 0.04, boxstyle="round,pad=0.01", facecolor="white", edgecolor="none", zorder=2.6))


def _words(axes: Axes, system: System, left_out: list[Flow], least_share: float, height: float) -> None:
    """Write the title, how to read the diagram, what is left out, and the source."""
    runs = f"mean of {system.runs} runs" if system.runs > 1 else "one run"
    axes.text(MARGIN, 0.12, f"{system.area}: children's services as stocks and flows, {year_name(system.year_ending)}", fontsize=15, va="top")
    how = f"Boxes: children on 31 March {system.year_ending} (change in the year). Pipes with valves: children a year. Clouds: outside the track."
    axes.text(MARGIN, 0.42, f"{system.scenario}; {runs}. {how}", fontsize=9, va="top", color=GREY)
    notes = []
    if left_out:
        children = number(sum(flow.children for flow in left_out))
        notes.append(f"{len(left_out)} flows below {least_share:.0%} of their track's greatest are left out ({children} children a year).")
    if len({stock.track for stock in system.stocks}) > 1:
        notes.append("A family's children are counted in each track it is in; what opens a stage of another track leaves its own stage as it is.")
    if any(flow.kind in (OTHER_IN, OTHER_OUT) and flow not in left_out for flow in system.flows):
        notes.append("“Otherwise”: children who are born, turn 18, enter care or return while their family stays, and families not followed further.")
    if any(stock.name == "closed" for stock in system.stocks):
        notes.append("“Closed” holds those who may be referred again.")
    note = " ".join(notes) + f"\n{SOURCE}"
    axes.text(MARGIN, height - 0.08, "\n".join(line for part in note.split("\n") for line in textwrap.wrap(part, 225)), fontsize=7.4, va="bottom",
              color=GREY)  # fmt: skip
