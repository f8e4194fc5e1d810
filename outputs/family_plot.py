"""The picture of one family's story: tracks of the family, and each child's care and legal status, over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

import matplotlib.dates as mdates
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from outputs.event_words import NOT_OPEN, lowered
from outputs.family_words import Told, day_of_log, listed, written
from sim.model import EPOCH

WIDTH, LEFT, RIGHT, TOP, BOTTOM, BETWEEN, MARK = 12.0, 1.35, 0.2, 0.75, 0.95, 0.75, 0.17  # inches; the last of the words at the mark
BAR, ABOVE, CLOSE, APART = 0.25, 0.19, 0.04, 0.13  # inches: a bar, a line of labels above it, the space below it within and after a track
FONT, NARROW = 8.0, 0.0072  # points; inches of width a character and point
TRACKS = (("need", "Need"), ("support", "Help"), ("protection", "Protection"), ("court", "Court"))
SHORT = {
    "referral": "referral", "assessment": "assessment", "early_help": "early help", "child_in_need": "child in need", "newborn": "birth",
    "disabled_child_support": "long-term support", "section_47": "s47 enquiry", "initial_conference": "conference",
    "child_protection_plan": "child protection plan", "pre_proceedings": "pre-proceedings", "care_proceedings": "care proceedings",
    "kinship_foster_provisional": "kinship (temporary)", "kinship_foster": "kinship", "in_house_foster": "foster (own)",
    "agency_foster": "foster (agency)", "authority_childrens_home": "home (own)", "childrens_home": "children's home",
    "secure_home": "secure home", "awaiting_secure_home": "waits for secure home", "youth_detention": "youth detention",
    "supported_accommodation": "supported", "with_parents": "with parents", "adoption_placement": "placed for adoption",
    "unregistered": "unregistered", "other_placement": "other", "police_protection": "police protection", "section_20": "section 20",
    "interim_care_order": "interim care order", "care_order": "care order", "placement_order": "placement order", "remand": "remand",
    "reunified": "returned home", "special_guardianship": "special guardianship", "child_arrangements_order": "child arrangements",
    "relatives": "with relatives", "adopted": "adopted", "care_leaver": "care leaver", "staying_put": "staying put",
}  # fmt: skip
COLOURS = {
    "referral": "#deebf7", "assessment": "#c6dbef", "newborn": "#deebf7", "section_47": "#fdd0a2", "initial_conference": "#fdae6b",
    "child_protection_plan": "#e6550d", "pre_proceedings": "#bcbddc", "care_proceedings": "#756bb1", "kinship_foster_provisional": "#c7e9c0",
    "kinship_foster": "#a1d99b", "in_house_foster": "#74c476", "agency_foster": "#238b45", "authority_childrens_home": "#969696",
    "childrens_home": "#636363", "secure_home": "#252525", "youth_detention": "#252525", "supported_accommodation": "#bdbdbd",
    "with_parents": "#f7fcb9", "adoption_placement": "#fee391", "unregistered": "#000000", "awaiting_secure_home": "#000000",
}  # fmt: skip
OF_TRACK = {"need": "#6baed6", "support": "#9ecae1", "protection": "#fdae6b", "court": "#bcbddc", "placement": "#d9d9d9"}
NOTE = (
    "A simulated family: none is real, and one run is one of many possible futures. A child's bars: where it lives; below them the legal status;\n"
    "open bars: after care. A label that finds no room is left out; the words hold every change. Ages, and what was before the log, are not in it."
)


@dataclass
class Bar:
    """A stay as it is drawn: days, label, colour (none: an open bar), where the label goes (inside, beside, above, or nowhere)."""

    start: float
    end: float
    label: str
    colour: str | None
    where: str = ""
    from_: float = 0.0  # the day where a label above it begins


@dataclass
class Lane:
    """A row of the picture: a name, its bars in order, whether it is a child's legal status (below where the child lives), and the space below it."""

    name: str
    bars: list[Bar] = field(default_factory=list)
    legal: bool = False
    below: float = APART

    @property
    def above(self) -> float:
        """Inches that labels above the bars take."""
        return ABOVE if any(bar.where == "above" for bar in self.bars) else 0.0

    @property
    def inches(self) -> float:
        """Inches from the top of its labels to the next lane."""
        return self.above + BAR + self.below


def family_timeline(name: str, stories: Sequence[Sequence[Told]], when: float) -> Figure:
    """Return the timeline of a family, a panel for each story: scenarios in which the same happens are one.

    Parameters
    ----------
    name
        What the family is called.
    stories
        Scenarios by story.
    when
        The time from which stories differ, infinity if there is one story.
    """
    first, last = _window([told for same in stories for told in same])
    days_per_inch = (last - first) / (WIDTH - LEFT - RIGHT)
    rows = _rows([same[0] for same in stories])
    panels = [[_labelled(_lane(row, same[0], first, last), days_per_inch, last) for row in rows] for same in stories]
    heights = [sum(lane.inches for lane in lanes) for lanes in panels]
    mark = MARK if when < math.inf else 0.0
    height = TOP + mark + sum(heights) + (BETWEEN + mark) * (len(panels) - 1) + BOTTOM
    figure = Figure(figsize=(WIDTH, height))
    figure.text(0.1 / WIDTH, 1 - 0.12 / height, f"Simulated family {name}", fontsize=13, va="top")
    top = height - TOP - mark
    for same, lanes, inches in zip(stories, panels, heights, strict=True):
        axes = figure.add_axes((LEFT / WIDTH, (top - inches) / height, (WIDTH - LEFT - RIGHT) / WIDTH, inches / height))
        title = listed([told.label for told in same]) + f": {same[0].days_in_care:,.0f} days in care, all children together"
        axes.set_title(title, loc="left", x=-LEFT / (WIDTH - LEFT - RIGHT) + 0.01, fontsize=10, fontweight="bold", pad=7 + 72 * mark)
        _draw(axes, lanes, inches, first, last)
        if when < math.inf:
            _mark(axes, when, inches, first, last)
        top -= inches + BETWEEN + mark
    figure.text(0.1 / WIDTH, 0.1 / height, NOTE, fontsize=7.5, va="bottom", linespacing=1.4)
    return figure


def _window(told: Sequence[Told]) -> tuple[float, float]:
    """Return the days drawn: all in which something changes, with room around them, and none outside the log."""
    times = [float(time) for one in told for time in one.events["time"]]
    first = min([*times, *([one.begins for one in told if one.stays["began_before"].any()])])
    span = max(max(times) - first, 180.0)
    last = min(first + 1.16 * span, told[0].ends)
    return max(first - 0.02 * span, told[0].begins), max(last, first + 60.0)


def _rows(told: Sequence[Told]) -> list[tuple[str, int, str]]:
    """Return the rows of every panel (name, child, track), so that panels compare: tracks and children that any story has."""
    shown = {(child, track) for one in told for child, track in one.stays[["child", "track"]].itertuples(index=False, name=None)}
    found = [(label, 0, track) for track, label in TRACKS if (0, track) in shown]
    for child in sorted({child for child, _ in shown if child}):
        found += [(f"Child {child}", child, "placement"), ("", child, "legal")]
    return found


def _lane(row: tuple[str, int, str], told: Told, first: float, last: float) -> Lane:
    """Return a row's bars in one story."""
    name, child, track = row
    own = told.stays[told.stays["child"] == child]
    tracks = ["placement", "care"] if track == "placement" else [track]
    bars = []
    for stage, of, start, end in own.loc[own["track"].isin(tracks), ["stage", "track", "start", "end"]].itertuples(index=False, name=None):
        in_care = told.stages[stage]["in_care"]
        if end <= start or stage in NOT_OPEN or start >= last or (in_care and _is_known(own, start)):
            continue
        label = "in care" if in_care else SHORT.get(stage) or lowered(told.stages[stage]["label"])
        colour = None if of in ("care", "legal") and not in_care else COLOURS.get(stage, OF_TRACK.get(of, "#f0f0f0"))
        waited = _waited(told, stage, start) if child == 0 else start
        bars += [Bar(max(a, first), min(b, last), *what) for a, b, what in (
            (start, waited, ("waiting", None)), (waited, end, (label, colour))) if b > a and b > first and a < last]  # fmt: skip
    return Lane(name, sorted(bars, key=lambda bar: bar.start), track == "legal", CLOSE if track == "placement" else APART)


def _waited(told: Told, stage: str, start: float) -> float:
    """Return until when a family that entered a stage waited for its place; when it entered, if it did not wait."""
    found = told.waits[(told.waits["stage"] == stage) & (told.waits["start"] == start)]
    return float(found["end"].iloc[0]) if len(found) else start


def _is_known(own, start: float) -> bool:
    """Whether the log says where a child lives from the day care starts."""
    homes = own[own["track"] == "placement"]
    return bool((homes["start"] == start).any())


def _labelled(lane: Lane, days_per_inch: float, last: float) -> Lane:
    """Say where each bar's label goes: inside it, beside it before the next bar, else on the line above if nothing is there yet."""
    above: list[tuple[float, float]] = []
    for bar, following in zip_longest(lane.bars, lane.bars[1:]):
        needs = _needs(bar, days_per_inch)
        room = (following.start if following else last) - bar.end
        bar.where = "inside" if bar.end - bar.start >= needs else "beside" if room >= needs else ""
    for bar in sorted((bar for bar in lane.bars if not bar.where and not lane.legal), key=lambda bar: bar.start - bar.end):  # the longest first
        needs = _needs(bar, days_per_inch)
        bar.from_ = min(bar.start, last - needs)
        if all(bar.from_ + needs <= start or bar.from_ >= end for start, end in above):
            bar.where = "above"
            above.append((bar.from_, bar.from_ + needs))
    return lane


def _needs(bar: Bar, days_per_inch: float) -> float:
    """Return the days a bar's label takes up."""
    return (len(bar.label) * NARROW * FONT + 0.08) * days_per_inch


def _draw(axes: Axes, lanes: Sequence[Lane], inches: float, first: float, last: float) -> None:
    """Draw the lanes of a panel, from the top."""
    axes.set(xlim=(_date(first), _date(last)), ylim=(0, inches), yticks=[])
    at = inches
    for lane in lanes:
        foot = at - lane.above - BAR
        axes.plot([_date(first), _date(last)], [foot] * 2, color="#d9d9d9", linewidth=0.5, zorder=0)
        if lane.name:
            axes.annotate(lane.name, (0, foot + BAR / 2), xycoords=("axes fraction", "data"), xytext=(-8, 0), textcoords="offset points",
                          ha="right", va="center", fontsize=9)  # fmt: skip
        elif lane.legal:
            axes.annotate("legal status", (0, foot + BAR / 2), xycoords=("axes fraction", "data"), xytext=(-8, 0), textcoords="offset points",
                          ha="right", va="center", fontsize=7.5, color="#555555")  # fmt: skip
        for bar in lane.bars:
            _draw_bar(axes, bar, foot)
        at -= lane.inches
    axes.xaxis.set_major_locator(mdates.AutoDateLocator(minticks=4, maxticks=12))
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(axes.xaxis.get_major_locator(), show_offset=False))
    axes.tick_params(axis="x", labelsize=8.5)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)


def _draw_bar(axes: Axes, bar: Bar, foot: float, tall: float = BAR) -> None:
    """Draw a bar and its label."""
    left, right = _date(bar.start), _date(bar.end)
    face, edge = (bar.colour, "white") if bar.colour else ("white", "#777777")
    axes.add_patch(Rectangle((left, foot), right - left, tall, facecolor=face, edgecolor=edge, linewidth=0.8))
    if bar.where == "inside":
        axes.text((left + right) / 2, foot + tall / 2, bar.label, ha="center", va="center", fontsize=FONT, color=_ink(bar.colour))
    elif bar.where == "beside":
        axes.annotate(bar.label, (right, foot + tall / 2), xytext=(3, 0), textcoords="offset points", va="center", fontsize=FONT)
    elif bar.where == "above":
        axes.annotate(bar.label, (_date(bar.from_), foot + tall), xytext=(0, 1.5), textcoords="offset points", va="bottom", fontsize=FONT)


def _mark(axes: Axes, when: float, inches: float, first: float, last: float) -> None:
    """Mark the day from which stories differ."""
    at = _date(when)
    axes.axvline(at, color="black", linestyle=(0, (4, 3)), linewidth=1.0, zorder=2)
    late = at > _date(first + 0.7 * (last - first))
    axes.annotate(
        f"differs from {written(day_of_log(when))}", (at, inches), xytext=(-3 if late else 3, 1), textcoords="offset points", fontsize=8,
        style="italic", ha="right" if late else "left", va="bottom",
    )  # fmt: skip


def _ink(colour: str | None) -> str:
    """Return black or white, whichever is read on a colour (relative luminance, WCAG 2)."""
    if not colour:
        return "black"
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour))
    return "black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else "white"


def _date(time: float) -> float:
    """Return a time of the log as matplotlib numbers dates."""
    return mdates.date2num(EPOCH) + time
