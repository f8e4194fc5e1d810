"""A year's flow through the pathway as a Sankey diagram: who comes, where they go, and how they leave; the widths are children.

Need, protection and care are drawn apart, each at a scale of its own that is stated: a family is in several at once, and what opens an enquiry takes
nobody out of the assessment it comes from. What goes back to an earlier stage leaves the picture at the right and comes in again at the left.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from outputs.flow_system import ARRIVES, ENDS, ENTERS_CARE, MOVES, OPENS, Flow, System, system_of
from outputs.picture import described
from outputs.pictures.look import COLOURS, finish, new_figure, number, wrapped
from outputs.tables import whole
from scenarios.timeline import year_name
from sim.results import Comparison, Results

STRIPS = {"need": "Need", "protection": "Protection", "care": "Care"}
LEAST_SHARE = 0.015  # of a strip's widest flow: smaller ones are left out, and counted in the note
TALL, GAP, BAR = 1.0, 0.055, 0.016  # of a strip: its widest column, the room between stages, and a stage's width
ROOM = 34  # letters of a label between two columns
COME, GO, FROM = "from", "to", " <- "  # how the keys of ends begin, and what ends one of several alike
CAME = {"family": "Referred, not known before", "disabled": "Disabled children", "unaccompanied": "Unaccompanied children"}


@dataclass
class Node:
    """A stage, or where children come from or go to: its label, column, and children in and out; `y` is its lower edge."""

    label: str
    column: int = 0
    into: float = 0.0
    out: float = 0.0
    y: float = 0.0
    links: list[Link] = field(default_factory=list)

    @property
    def height(self) -> float:
        """As tall as the larger of what comes and what leaves, in children."""
        return max(self.into, self.out)


@dataclass
class Link:
    """Children who go from a node to another."""

    source: str
    target: str
    children: float


def pathway_flow(results: Results | Comparison, year_ending: int | None = None) -> Figure:
    """Return the Sankey diagram of a year of one scenario (of a comparison, the baseline), authorities together, means over runs.

    Parameters
    ----------
    year_ending
        The year ending 31 March; by default the last.

    Raises
    ------
    ValueError
        If the results hold no counts of the pathway, or not of this year.
    """
    results = whole(results).baseline if isinstance(results, Comparison) else results
    system = system_of(results, year_ending)
    strips, left_out = {}, []
    for track, title in STRIPS.items():
        links = _links(system, track, _in_care(results), left_out)
        if links:
            strips[title] = _laid_out(links, [stock.label for stock in system.track(track)])
    heights = [0.55 + 0.26 * max(Counter(node.column for node in nodes.values()).values()) + 0.9 for nodes, _ in strips.values()]
    figure = new_figure(12.0, 1.2 + sum(heights))
    grid = figure.subplots(len(strips), 1, squeeze=False, height_ratios=heights).ravel()
    told = []
    for axes, (title, (nodes, links)) in zip(grid, strips.items(), strict=True):
        widest = _drawn(axes, nodes, links)
        axes.set_title(f"{title} (full height: {number(widest, digits=0)} children)", loc="left", fontsize=10.5)
        flows = sorted(links, key=lambda link: -link.children)[:7]
        said = "; ".join(
            f"{_plain(nodes[link.source].label)} to {_plain(nodes[link.target].label)} {number(link.children, digits=0)}" for link in flows
        )
        told.append(f"{title}: {said}.")
    title = f"{system.area}: children through the pathway, {year_name(system.year_ending)}"
    runs = f"Mean of {system.runs} runs." if system.runs > 1 else "One run."
    gone = f"{len(left_out)} smaller flows are left out ({number(sum(left_out), digits=0)} children)." if left_out else ""
    how = ("Widths are children, each time. A stage is as tall as the larger of what came and what left; children who are born, turn 18 or move "
           f"while their family stays are not drawn. {gone}")  # fmt: skip
    finish(figure, title, f"{system.scenario}. {runs} {how}")
    return described(
        figure, f"{title}, {system.scenario}. Largest flows, children. {' '.join(told)} Mean of {system.runs} run{'s' * (system.runs > 1)}."
    )


def _plain(label: str) -> str:
    """Return a label within a sentence."""
    return label.replace("\n", " ")


def _in_care(results: Results) -> str | None:
    """Return the stage of being looked after."""
    return next((name for name, stage in results.metadata["pathway"]["stages"].items() if stage["in_care"]), None)


# ---------------------------------------------------------------- what flows


def _links(system: System, track: str, in_care: str | None, left_out: list[float]) -> list[Link]:
    """Return a track's flows as links between labels, those that go back as two ends; what is left out is added to a list."""
    names = [stock.name for stock in system.track(track)]
    flows = [
        flow for flow in system.flows if flow.kind in (MOVES, OPENS, ARRIVES, ENTERS_CARE, ENDS) and (flow.source in names or flow.target in names)
    ]
    if track == "care":
        flows = [flow for flow in flows if in_care in (flow.source, flow.target)]
    found: dict[tuple[str, str], Link] = {}
    for flow in flows:
        for source, target in _ends(flow, system, names):
            link = found.setdefault((source, target), Link(source, target, 0.0))
            link.children += flow.children
    widest = max((link.children for link in found.values()), default=0.0)
    drawn = {ends: link for ends, link in found.items() if link.children >= LEAST_SHARE * widest}
    left_out += [flow.children for flow in flows if not any(ends in drawn for ends in _ends(flow, system, names))]
    return list(drawn.values())


def _ends(flow: Flow, system: System, names: list[str]) -> list[tuple[str, str]]:
    """Return the two ends of a flow as labels; of one that goes back, the ends of both its halves."""
    labels = system.labels
    if flow.kind == OPENS:
        return [(f"{COME} {labels[flow.names[0]]}", labels[flow.target])]
    if flow.kind == ENTERS_CARE:
        return [(f"{COME} home", labels[flow.target])]
    if flow.source is None:
        said = CAME.get(flow.names[0], flow.names[0].replace("_", " ")) if flow.names else "arrive"
        return [(f"{COME} {said}", labels[flow.target])]
    if flow.target is None:
        alike = flow.names and all(name.startswith(flow.names[0]) for name in flow.names)
        return [(labels[flow.source], f"{GO} {flow.names[0].replace('_', ' ')}" if alike else f"{GO} other ways out")]
    if names.index(flow.target) < names.index(flow.source):
        back = [(f"{COME} {labels[flow.source]}", labels[flow.target])]
        return (
            back
            if names.index(flow.source) == len(names) - 1 or _rests(flow, system)
            else [*back, (labels[flow.source], f"{GO} {labels[flow.target]}")]
        )
    return [(labels[flow.source], labels[flow.target])]


def _rests(flow: Flow, system: System) -> bool:
    """Tell whether children wait in a stage for years, so that what goes back from it is not part of the year's flow through it."""
    stock = next(stock for stock in system.stocks if stock.name == flow.source)
    return stock.children > 2.0 * flow.children


def _laid_out(links: list[Link], order: list[str]) -> tuple[dict[str, Node], list[Link]]:
    """Return nodes by key with columns and heights, and the links; a node is as far right as the longest way to it."""
    nodes: dict[str, Node] = {}
    count = Counter(link.target for link in links)
    for link in links:  # where several stages lead to one that leads nowhere, each has an end of its own: no band crosses another stage
        if not any(other.source == link.target for other in links) and count[link.target] > 1:
            link.target = f"{GO} {link.target}{FROM}{link.source}"
    for link in links:
        for key in (link.source, link.target):
            nodes.setdefault(key, Node(_label(key)))
        nodes[link.source].out += link.children
        nodes[link.target].into += link.children
    for _ in range(len(nodes)):
        for link in links:
            nodes[link.target].column = max(nodes[link.target].column, nodes[link.source].column + 1)
    for link in links:  # where children come from stands right before the stage they come to
        if nodes[link.source].into == 0.0:
            nodes[link.source].column = nodes[link.target].column - 1
    columns: dict[int, list[str]] = {}
    for key in sorted(nodes, key=lambda key: (order.index(key) if key in order else len(order), key)):
        columns.setdefault(nodes[key].column, []).append(key)
    _stack(nodes, columns, links)
    return nodes, links


def _label(key: str) -> str:
    """Return the words of a node."""
    for start in (f"{COME} ", f"{GO} "):
        if key.startswith(start):
            said = key[len(start) :]
            said = said.split(FROM)[0]
            return said[:1].upper() + said[1:] if start == f"{GO} " or said in CAME.values() else f"From {said}"
    return key.split(" (")[0]


def _stack(nodes: dict[str, Node], columns: dict[int, list[str]], links: list[Link]) -> None:
    """Give nodes their heights in their columns: beside what they are joined to, kept apart; the widest column fills the strip."""
    widest = max(sum(nodes[key].height for key in keys) for keys in columns.values())
    scale, placed = TALL / widest, set()
    for column in sorted(columns):
        keys = columns[column]
        beside = {key: _middle(key, nodes, links, placed, scale) for key in keys}
        keys.sort(key=lambda key: -beside[key])
        top = TALL
        for key in keys:
            node = nodes[key]
            high = node.height * scale
            node.y = min(top - high, beside[key] - high / 2.0)
            top = node.y - GAP
        lowest = min((nodes[key].y for key in keys), default=0.0)
        if lowest < 0.0:  # push up what hangs out below
            floor = 0.0
            for key in reversed(keys):
                nodes[key].y = max(nodes[key].y, floor)
                floor = nodes[key].y + nodes[key].height * scale + GAP
        placed |= set(keys)
    for node in nodes.values():
        node.into, node.out = node.into * scale, node.out * scale
    for link in links:
        nodes[link.source].links.append(link)


def _middle(key: str, nodes: dict[str, Node], links: list[Link], placed: set[str], scale: float) -> float:
    """Return the mean height of what a node comes from, of those that are placed already; in the middle if nothing does."""
    sources = [(nodes[link.source], link.children) for link in links if link.target == key and link.source in placed]
    total = sum(children for _, children in sources)
    if total <= 0.0:
        return TALL / 2.0 if key.startswith(COME) else 0.7 * TALL
    return sum((node.y + scale * node.height / 2.0) * children for node, children in sources) / total


# ---------------------------------------------------------------- drawing


def _drawn(axes: Axes, nodes: dict[str, Node], links: list[Link]) -> float:
    """Draw nodes and links, and return how many children a bar of full height is."""
    scale = next(nodes[link.source].out / sum(one.children for one in nodes[link.source].links) for link in links)
    last = max(node.column for node in nodes.values())
    leaving = {key: node.y + node.height for key, node in nodes.items()}
    coming = dict(leaving)
    for link in sorted(links, key=lambda link: (-nodes[link.target].y, -nodes[link.source].y)):
        high = link.children * scale
        leaving[link.source] -= high
        link_from = leaving[link.source]
        _band(axes, nodes[link.source].column + BAR, link_from, nodes[link.target].column, link, high, coming, nodes)
    for key, node in nodes.items():
        stage = not key.startswith((f"{COME} ", f"{GO} "))
        axes.add_patch(Rectangle((node.column, node.y), BAR, node.height, facecolor=COLOURS[0] if stage else "#888888", zorder=3))
        count = f"{node.label}  {number(node.height / scale, digits=0)}"
        count = wrapped(count, ROOM) if node.column < last else count  # the next column's labels begin where its bar stands
        axes.text(node.column + 1.6 * BAR, node.y + node.height / 2.0, count, fontsize=9, va="center", ha="left", zorder=4,
                  bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8})  # fmt: skip
    axes.set_xlim(-0.02, last + 0.62)
    low = min(0.0, *(node.y for node in nodes.values()))
    axes.set_ylim(low - 0.03, max(TALL, *(node.y + node.height for node in nodes.values())) + 0.03)
    axes.axis("off")
    return TALL / scale


def _band(axes: Axes, x0: float, y0: float, x1: float, link: Link, high: float, coming: dict[str, float], nodes: dict[str, Node]) -> None:
    """Draw one link as a band that keeps its width."""
    coming[link.target] -= high
    y1, middle = coming[link.target], (x0 + x1) / 2.0
    corners = [(x0, y0), (middle, y0), (middle, y1), (x1, y1), (x1, y1 + high), (middle, y1 + high), (middle, y0 + high), (x0, y0 + high), (x0, y0)]
    codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4, Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4, Path.CLOSEPOLY]
    out = link.target.startswith(f"{GO} ")
    axes.add_patch(
        PathPatch(Path(corners, codes), facecolor=COLOURS[6] if out else COLOURS[5], alpha=0.55, edgecolor="white", linewidth=0.6, zorder=1)
    )
