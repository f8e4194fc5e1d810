"""Where the stocks and flows of a track go on the page: columns by order of the pathway, pipes in channels of their own.

Nothing is placed by a stage's name. A stock's column is the longest way to it by flows that go forward in the pathway's order; between columns lie
channels for pipes. Flows to the next column run across the channel, all others round the top. Lengths are inches, y downwards.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

from outputs.flow_system import ARRIVES, ENDS, ENTERS_CARE, MOVES, OPENS, OTHER_IN, OTHER_OUT, Flow, Stock

BOX_WIDTH, BOX_HEIGHT, CHANNEL, SIDE, PITCH, BAND, GAP = 1.50, 0.43, 1.10, 1.10, 0.255, 0.25, 0.08
TWO_LINES = 0.38  # between pipes with two lines of words
NARROW = 0.12  # channel between stocks that nothing joins
TRACKS_FROM, TRACKS_TO = 0.06, 0.40  # the part of a channel where pipes run up and down; the rest is for valves and numbers
PIPE_AT, LINE = 0.17, 0.132  # of a pipe above or below a box: distance from its left edge; height of a line of words
WORDS_WIDTH, WIDE_WORDS, OVER_WORDS = 21, 36, 27  # letters beside such a pipe, where nothing is stacked, and above a column
MOST_NAMES, LEAST_NAMED = 3, 0.01  # of what opens a stage: how many are named, and the least share of them
STREAMS = {"family": "new families", "disabled": "disabled children", "uasc": "unaccompanied", "uasc_pass_through": "unaccompanied, passing through"}


@dataclass(frozen=True)
class Box:
    """A stock's rectangle: left, top, width, height."""

    stock: Stock
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Pipe:
    """A flow's way: corners from source to target, where its valve is, its words and where they go; clouds at ends that are no stock."""

    flow: Flow
    points: tuple[tuple[float, float], ...]
    valve: tuple[float, float]
    words: str
    words_at: tuple[float, float]
    beside: bool
    cloud_at_start: bool = False
    cloud_at_end: bool = False


@dataclass
class Lane:
    """A track laid out: its boxes and pipes, and the room it takes."""

    boxes: list[Box] = field(default_factory=list)
    pipes: list[Pipe] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


def number(children: float) -> str:
    """Return a number of children as written: whole, with separators."""
    return f"{children:,.0f}"


def plain(name: str) -> str:
    """Return a name of the pathway file as words."""
    return (f"re-{name[3:]}" if name.startswith("re_") else name).replace("_", " ")


def columns_of(stocks: tuple[Stock, ...], flows: list[Flow], small: list[Flow]) -> list[list[Stock]]:
    """Return the stocks of a track by column: the longest way to each by moves that go forward in the pathway's order.

    A stock that no such flow drawn leads to comes after the source of the greatest of the small ones, which are not drawn.
    """
    order = {stock.name: i for i, stock in enumerate(stocks)}
    rank = dict.fromkeys(order, 0)
    for stock in stocks:
        before = [
            flow for flow in (*flows, *small)
            if flow.kind == MOVES and flow.target == stock.name and order.get(flow.source, 1 << 30) < order[stock.name]
        ]  # fmt: skip
        drawn = [flow for flow in before if flow in flows] or sorted(before, key=lambda flow: flow.children)[-1:]
        rank[stock.name] = max((rank[flow.source] + 1 for flow in drawn), default=0)
    used = sorted(set(rank.values()))
    return [[stock for stock in stocks if rank[stock.name] == one] for one in used]


class LaneLayout:
    """Lays out one track; `lane` holds the result."""

    def __init__(
        self, stocks: tuple[Stock, ...], flows: list[Flow], labels: dict[str, str], small: list[Flow] | None = None, across: int = 99
    ) -> None:
        self.labels, self.flows, self.lane = labels, flows, Lane()
        apart = not any(flow.kind == MOVES for flow in flows)  # nothing goes from one to another: side by side
        grid = [list(stocks[c::across]) for c in range(min(across, len(stocks)))]
        self.columns = grid if apart else columns_of(stocks, flows, small or [])
        self.channel = NARROW if apart else CHANNEL
        self.column = {stock.name: c for c, stocks in enumerate(self.columns) for stock in stocks}
        self.letters = WORDS_WIDTH if apart or max(map(len, self.columns)) > 1 else WIDE_WORDS
        self.sideways = not apart and len(self.columns[-1]) > 2  # what ends in the last column goes on to the right
        self.moves = [flow for flow in flows if flow.source in self.column and flow.target in self.column]
        self.over = [flow for flow in self.moves if self.column[flow.target] - self.column[flow.source] not in (0, 1)]
        self.left = SIDE if any(self._from_left(flow) for flow in flows) or any(self.column[flow.target] == 0 for flow in self.moves) else 0.1
        self.right = SIDE if self.sideways else 0.40 if any(self.column[flow.source] == len(self.columns) - 1 for flow in self.over) else 0.1
        self._place_boxes()
        self._route()

    # ------------------------------------------------------------ boxes

    def _place_boxes(self) -> None:
        """Stack each column's boxes, room above and below them for what comes from and goes to elsewhere."""
        top = BAND * len(self.over) + (0.12 if self.over else 0.0)
        tall = [self._cells(stocks) for stocks in self.columns]
        gap = GAP if self.moves else NARROW
        heights = [sum(sum(cell) for cell in cells) + gap * (len(cells) - 1) for cells in tall]
        self.boxes: dict[str, Box] = {}
        for c, (stocks, cells) in enumerate(zip(self.columns, tall, strict=True)):
            y = top + ((max(heights) - heights[c]) / 2.0 if self.moves else 0.0)
            for stock, (above, high, below) in zip(stocks, cells, strict=True):
                x = self.left + c * (BOX_WIDTH + self.channel)
                self.boxes[stock.name] = Box(stock, x, y + above, BOX_WIDTH, high)
                y += above + high + below + gap
        self.lane.boxes = list(self.boxes.values())
        self.lane.width = self.left + len(self.columns) * (BOX_WIDTH + self.channel) - self.channel + self.right
        self.lane.height = top + max(heights)

    def _cells(self, stocks: list[Stock]) -> list[tuple[float, float, float]]:
        """Return (room above, height, room below) of the boxes of a column."""
        return [(self._room(self._above(s.name)), self._height(s.name), self._room(self._below(s.name))) for s in stocks]

    def _height(self, name: str) -> float:
        """Return how tall a box is: enough for its ports on either side."""
        left, right = self._ports(name, "left"), self._ports(name, "right")
        pitch = TWO_LINES if any(self._from_left(flow) for flow in left) else PITCH
        return max(BOX_HEIGHT, pitch * len(left) + 0.06, PITCH * len(right) + 0.06)

    def _room(self, flows: list[Flow]) -> float:
        """Return the room above or below a box for flows whose words are beside their pipe."""
        return max(0.36, LINE * self.words_of(flows).count("\n") + LINE + 0.14) if flows else 0.0

    # ------------------------------------------------------------ which side

    def _from_left(self, flow: Flow) -> bool:
        return flow.source is None and flow.kind in (ARRIVES, ENTERS_CARE) and self.column.get(flow.target) == 0

    def _above(self, name: str) -> list[Flow]:
        """Return what comes to a box from elsewhere, drawn above it: one pipe for all."""
        return [flow for flow in self.flows if flow.source is None and flow.target == name and not self._from_left(flow)]

    def _ends(self, name: str) -> list[Flow]:
        return [flow for flow in self.flows if flow.source == name and flow.target is None]

    def _below(self, name: str) -> list[Flow]:
        """Return what leaves a box for elsewhere, drawn below it: one pipe for all."""
        return [] if self._right_out(name) else self._ends(name)

    def _right_out(self, name: str) -> list[Flow]:
        return self._ends(name) if self.sideways and self.column[name] == len(self.columns) - 1 else []

    def _ports(self, name: str, side: str) -> list[Flow]:
        """Return the flows at a side of a box, from the top."""
        def level(other: str | None) -> float:
            """Return where in its column the other end is, so that pipes cross little."""
            if other is None:
                return 9.0
            stocks = self.columns[self.column[other]]
            return next(i for i, stock in enumerate(stocks) if stock.name == other) / len(stocks)

        if side == "right":
            out = [flow for flow in self.moves if flow.source == name and self.column[flow.target] != self.column[name]]
            ends = self._right_out(name)[:1]
            return sorted(out, key=lambda flow: (flow not in self.over, level(flow.target))) + ends
        into = [flow for flow in self.moves if flow.target == name]
        beside = [flow for flow in self.moves if flow.source == name and self.column[flow.target] == self.column[name]]
        return sorted(into, key=lambda flow: (flow not in self.over, level(flow.source))) + beside + [
            flow for flow in self.flows if flow.target == name and self._from_left(flow)
        ]  # fmt: skip

    def _port(self, name: str, side: str, flow: Flow) -> tuple[float, float]:
        """Return where a flow meets a side of a box."""
        box, ports = self.boxes[name], self._ports(name, side)
        step = box.height / len(ports)
        return (box.x + (box.width if side == "right" else 0.0), box.y + step * (ports.index(flow) + 0.5))

    # ------------------------------------------------------------ words

    def words_of(self, flows: list[Flow]) -> str:
        """Return the words of flows that share a pipe: how many children, and whence or by what."""
        ordered = sorted(flows, key=lambda flow: -flow.children)
        openers = [flow for flow in ordered if flow.kind == OPENS]
        large = [flow for flow in openers if flow.children >= LEAST_NAMED * sum(one.children for one in openers)]
        named = large if len(large) <= MOST_NAMES else large[: MOST_NAMES - 1]
        said = [f"{number(flow.children)} from {self.labels.get(flow.names[0], plain(flow.names[0])).split(' (')[0]}" for flow in named]
        if len(named) < len(large):
            said.append(f"{number(sum(flow.children for flow in openers[len(named):]))} from others")
        ends = [plain(name[:1].lower() + name[1:]) for flow in ordered if flow.kind == ENDS for name in flow.names]
        if ends:
            said.append(", ".join(ends[:MOST_NAMES]) + (" …" if len(ends) > MOST_NAMES else ""))
        for flow in ordered:
            if flow.kind in (ARRIVES, ENTERS_CARE):
                said.append(" ".join(STREAMS.get(name, plain(name)) for name in flow.names) or flow.kind)
            elif flow.kind in (OTHER_IN, OTHER_OUT):
                said.append(" ".join(flow.names) or ("join otherwise" if flow.kind == OTHER_IN else "leave otherwise"))
        total = number(sum(flow.children for flow in flows))
        if len(flows) == 1 and not openers:
            return "\n".join(textwrap.wrap(f"{total} {said[0]}", self.letters))
        lines = [total] if len(flows) > 1 else []
        return "\n".join(lines + [line for words in said for line in textwrap.wrap(words, self.letters)])

    # ------------------------------------------------------------ pipes

    def _route(self) -> None:
        """Give every flow its way."""
        self.taken: dict[int, int] = {}
        self.crowd = {c: max(1, sum(c in self._channels(flow) for flow in self.moves)) for c in range(-1, len(self.columns))}
        for i, flow in enumerate(self.over):
            self._over_the_top(flow, BAND * (i + 0.72))
        for flow in self.moves:
            if flow not in self.over:
                self._across(flow)
        for name in self.column:
            for flow in (one for one in self.flows if one.target == name and self._from_left(one)):
                x, y = self._port(name, "left", flow)
                self._pipe(flow, [(0.12, y), (x, y)], (x - 0.50, y), "\n".join(self.words_of([flow]).split(" ", 1)), start=True)
            if self._right_out(name):
                ends = self._right_out(name)
                x, y = self._port(name, "right", ends[0])
                words = number(sum(flow.children for flow in ends))
                self._pipe(ends[0], [(x, y), (x + SIDE - 0.30, y)], (x + 0.36, y), words, end=True)
            self._up_and_down(name)

    def _channels(self, flow: Flow) -> tuple[int, ...]:
        """Return the channels (by the column before them) in which a flow runs up or down."""
        source, target = self.column[flow.source], self.column[flow.target]
        if target == source:
            return (target - 1,)
        return (source,) if target == source + 1 else (source, target - 1)

    def _lane_x(self, channel: int) -> float:
        """Return the next free place in a channel to run up or down."""
        taken = self.taken[channel] = self.taken.get(channel, -1) + 1
        width = self.channel if 0 <= channel < len(self.columns) - 1 else (self.left if channel < 0 else self.right)
        start = self.left + channel * (BOX_WIDTH + self.channel) + BOX_WIDTH if channel >= 0 else 0.0
        share = (taken + 0.5) / self.crowd[channel]
        wide = (0.25, 0.75) if channel == len(self.columns) - 1 else (TRACKS_FROM, TRACKS_TO)
        return start + width * (wide[0] + (wide[1] - wide[0]) * share)

    def _across(self, flow: Flow) -> None:
        """Run a flow to the next column, or within one, its number where it goes in."""
        same = self.column[flow.source] == self.column[flow.target]
        start, end = self._port(flow.source, "left" if same else "right", flow), self._port(flow.target, "left", flow)
        x = self._lane_x(self._channels(flow)[0])
        straight = not same and abs(start[1] - end[1]) < 0.02
        end = (end[0], start[1]) if straight else end
        points = [start, end] if straight else [start, (x, start[1]), (x, end[1]), end]
        channel_end = end[0] - (1.0 - TRACKS_TO) * (self.channel if self._channels(flow)[0] >= 0 else self.left) / 2.0
        self._pipe(flow, points, (channel_end, end[1]), number(flow.children))

    def _over_the_top(self, flow: Flow, y: float) -> None:
        """Run a flow round the top, its words above a column it passes."""
        start, end = self._port(flow.source, "right", flow), self._port(flow.target, "left", flow)
        out, into = self._channels(flow)
        x0, x1 = self._lane_x(out), self._lane_x(into)
        between = (min(self.column[flow.source] + 1, self.column[flow.target]), max(self.column[flow.target] - 1, self.column[flow.source]))
        middle = (between[0] + between[1]) // 2
        x = self.left + middle * (BOX_WIDTH + self.channel) + BOX_WIDTH / 2.0
        words = textwrap.shorten(f"{number(flow.children)} {', '.join(plain(name) for name in flow.names)}", OVER_WORDS, placeholder=" …")
        self._pipe(flow, [start, (x0, start[1]), (x0, y), (x1, y), (x1, end[1]), end], (x, y), words)

    def _up_and_down(self, name: str) -> None:
        """Draw what comes from and goes to elsewhere above and below a box."""
        box, above, below = self.boxes[name], self._above(name), self._below(name)
        x = box.x + PIPE_AT
        if above:
            top = box.y - self._room(above) + 0.08
            self._beside(above, [(x, top), (x, box.y)], (top + box.y) / 2.0, start=True)
        if below:
            bottom = box.y + box.height + self._room(below) - 0.08
            self._beside(below, [(x, box.y + box.height), (x, bottom)], (box.y + box.height + bottom) / 2.0, end=True)

    def _beside(self, flows: list[Flow], points: list[tuple[float, float]], y: float, start: bool = False, end: bool = False) -> None:
        """Add an upright pipe whose words are to its right."""
        x = points[0][0]
        self.lane.pipes.append(Pipe(flows[0], tuple(points), (x, y), self.words_of(flows), (x + 0.15, y), True, start, end))

    def _pipe(
        self, flow: Flow, points: list[tuple[float, float]], valve: tuple[float, float], words: str, start: bool = False, end: bool = False
    ) -> None:
        """Add a pipe whose words are above its valve."""
        self.lane.pipes.append(Pipe(flow, tuple(points), valve, words, (valve[0], valve[1] - 0.085), False, start, end))
