"""Who the reference engine simulates: families, their children, stories of care, and the stay each track is in."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from sim.kernels import layout as L
from sim.reference_calendar import Alarm

INF = math.inf
NEED, PROTECTION, COURT, SUPPORT = L.NEED, L.PROTECTION, L.COURT, L.SUPPORT


@dataclass(eq=False, slots=True)
class Track:
    """One track of a family or child, and the stay it is in (stage IDLE: none)."""

    family: Family
    child: Child | None
    number: int
    stage: int = L.IDLE
    start: float = 0.0
    admitted: float = 0.0
    evaluated: float = 0.0  # day to which the residuals are reduced
    waiting: bool = False
    counted: int = 0  # children who count with this stay
    stays: int = 0  # stays so far: tells one from the next
    pick: int = L.NO_PICK
    fires: float = INF
    residual: np.ndarray = field(default_factory=lambda: np.zeros(L.MAX_TRANSITIONS))
    repeats: np.ndarray = field(default_factory=lambda: np.zeros(L.MAX_TRANSITIONS, np.int16))
    alarm: Alarm | None = None


@dataclass(eq=False, slots=True)
class Care:
    """A child's story of care, from the first episode until nothing more can be heard of it."""

    care: Track
    placement: Track
    legal: Track
    entries: list[int] = field(default_factory=lambda: [0] * L.MAX_CHILD_STAGES)
    planned: int = L.IDLE
    place_area: int = 0
    care_start: float = 0.0
    days_after_14: float = 0.0
    episodes: int = 0
    moves: int = 0
    searches: int = 0
    year_started: int = 0
    year_ceased: int = 0

    @property
    def tracks(self) -> tuple[Track, Track, Track]:
        """Care, placement, legal status."""
        return self.care, self.placement, self.legal


@dataclass(eq=False, slots=True)
class Child:
    """A child of a family, born or to be born. `where`: at home, in care, left (0: not there yet)."""

    family: Family
    slot: int
    birth: float
    where: int
    needs: int
    story: Care | None = None

    def begin_story(self) -> Care:
        """Give a child who enters care for the first time the three tracks of care."""
        self.story = Care(*(Track(self.family, self, number) for number in (L.CARE, L.PLACEMENT, L.LEGAL)))
        return self.story

    def is_minor_at_home(self, now: float) -> bool:
        """Return whether the child lives at home, born and under 18."""
        return self.where == L.AT_HOME and self.birth <= now < self.birth + 18.0 * L.YEAR


@dataclass(eq=False, slots=True)
class Family:
    """A family: its address (authority, stream, id), its children, and its four tracks."""

    area: int
    code: int
    stream: int
    id: int
    quintile: int
    children: list[Child] = field(default_factory=list)
    tracks: tuple[Track, ...] = ()
    entries: list[int] = field(default_factory=lambda: [0] * L.MAX_FAMILY_STAGES)
    removals: int = 0
    help_start: float = INF
    case_start: float = 0.0
    last_referral: float = -INF
    over: bool = False  # nobody in it can be heard of again
    births: np.ndarray = field(default_factory=lambda: np.full(L.SLOTS, INF))  # for the shared rules: as `children` has them
    home: np.ndarray = field(default_factory=lambda: np.zeros(L.SLOTS, np.int8))

    def __post_init__(self) -> None:
        """Give the family its four tracks."""
        self.tracks = tuple(Track(self, None, number) for number in range(L.FAMILY_TRACKS))

    def who(self, unit: int = 0) -> int:
        """Return the second word of an address: the family's own, or 1 + slot for a child's."""
        return self.code * 65536 + self.stream * 256 + unit

    @property
    def seeks_asylum(self) -> bool:
        """Whether this is an unaccompanied child."""
        return self.stream in (1, 2)

    def add_child(self, birth: float, where: int, needs: int = 0) -> Child:
        """Add the next child in birth order."""
        child = Child(self, len(self.children), birth, where, needs)
        self.children.append(child)
        self.births[child.slot], self.home[child.slot] = birth, where
        return child

    def move(self, child: Child, where: int) -> None:
        """Note that a child now lives at home, in care or elsewhere."""
        child.where = where
        self.home[child.slot] = where

    def count_children(self, now: float) -> int:
        """Return how many at home count: under 18, and unborn once the pregnancy is known."""
        return sum(
            child.where == L.AT_HOME and child.birth <= now + L.KNOWN_PREGNANCY_DAYS and now < child.birth + 18.0 * L.YEAR
            for child in self.children
        )

    def last_birthday(self) -> float:
        """Return the 18th birthday of the youngest who lives, or will be born, at home; infinity if nobody does."""
        births = [child.birth for child in self.children if child.where == L.AT_HOME]
        return max(births) + 18.0 * L.YEAR if births else INF

    def next_birth(self, after: float) -> float:
        """Return the first birth into the family after a day."""
        return min((child.birth for child in self.children if child.where == L.AT_HOME and child.birth > after), default=INF)


def age_band(birth: float, now: float) -> int:
    """Return the age band: under 1, 1-4, 5-9, 10-15, 16 and over."""
    return sum(now >= birth + years * L.YEAR for years in L.AGE_EDGES_YEARS)


def read_family(state: L.State, a: int, f: int, code: int) -> Family:
    """Return the family in a row of a state's arrays, with its children and their stories."""
    row = state.families[a, f]
    family = Family(a, code, int(row["stream"]), int(row["id"]), int(row["quintile"]))
    for slot in range(int(row["n_children"])):
        family.add_child(float(row["births"][slot]), int(row["home"][slot]), int(row["needs"][slot]))
    family.entries = [int(n) for n in row["entries"]]
    family.removals, family.help_start = int(row["removals"]), float(row["help_start"])
    family.case_start, family.last_referral = float(row["case_start"]), float(row["last_referral"])
    for track in family.tracks:
        _read_track(track, state.family_slots[a, f, track.number], int(row["counted"][track.number]))
    for child in family.children:
        c = int(row["care_row"][child.slot])
        if c >= 0:
            _read_story(child, state.children[a, c], state.child_slots[a, c])
    return family


def _read_track(track: Track, slot: np.void, counted: int) -> None:
    if slot["stage"] < 0:
        return
    track.stage, track.counted, track.waiting = int(slot["stage"]), counted, bool(slot["waiting"])
    track.start, track.admitted, track.evaluated = float(slot["start"]), float(slot["admitted"]), float(slot["evaluated"])
    track.residual[:], track.repeats[:] = slot["residual"], slot["repeats"]


def _read_story(child: Child, row: np.void, slots: np.ndarray) -> None:
    story = child.begin_story()
    for name in ("planned", "place_area", "episodes", "moves", "searches", "year_started", "year_ceased"):
        setattr(story, name, int(row[name]))
    story.care_start, story.days_after_14 = float(row["care_start"]), float(row["days_after_14"])
    story.entries = [int(n) for n in row["entries"]]
    for track, slot in zip(story.tracks, slots, strict=True):
        _read_track(track, slot, 1)
