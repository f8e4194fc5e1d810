"""Who the reference engine simulates: families, their children, stories of care, and the stay each track is in."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from sim.reference_calendar import Alarm
from sim.reference_codes import L

INF = math.inf
AGE_EDGES_YEARS = (1.0, 5.0, 10.0, 16.0)
STORY_FIELDS = (
    "planned", "place_area", "episodes", "moves", "searches", "year_started", "year_ceased", "care_start",
    "days_after_14", "let", "entries", "band",
)  # fmt: skip
WAITING_LISTS = {L.NEED_LIST: L.NEED, L.SUPPORT_LIST: L.SUPPORT}
FOLLOWED_STEPS = (L.ENQUIRY, L.PLAN, L.CARE_START)
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
    slowings: int = 0  # slowed months known when that was found
    slot: np.ndarray | None = None  # one row, for the shared rules: the times, and what is left of each threshold
    alarm: Alarm | None = None

    def note(self) -> None:
        """Note the stage among the facts that the shared rules read."""
        if self.child is None:
            self.family.stages[self.number] = self.stage
            self.family.facts["entries"][0, 0] = self.family.entries[0]
        else:
            self.child.story.stages[self.number - L.CARE] = self.stage


@dataclass(eq=False, slots=True)
class Care:
    """A child's story of care, from the first episode until nothing more can be heard of it."""

    care: Track
    placement: Track
    legal: Track
    entries: list[int] = field(default_factory=lambda: [0] * L.MAX_CHILD_STAGES)
    planned: int = L.IDLE
    place_area: int = 0
    band: int = 0
    care_start: float = 0.0
    days_after_14: float = 0.0
    let: list[int] = field(default_factory=lambda: [0, 0, 0])  # what the placement was let at: as drawn, at the market, paid
    episodes: int = 0
    moves: int = 0
    searches: int = 0
    year_started: int = 0
    year_ceased: int = 0
    facts: np.ndarray = field(default_factory=lambda: np.zeros(1, L.CHILD))  # one row: the story as the rules read it
    stages: np.ndarray | None = None  # its stages

    def __post_init__(self) -> None:
        """Give the story its facts: nobody is in a stage yet."""
        self.facts["slot"], self.stages = self.care.child.slot, self.facts["stages"][0]
        self.stages[:] = L.IDLE

    def note(self) -> None:
        """Note the episode among the facts that the shared rules read."""
        self.facts["episodes"], self.facts["care_start"] = self.episodes, self.care_start

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
    address: int = 0  # second word of the family's address; a child's is 1 + slot more
    children: list[Child] = field(default_factory=list)
    tracks: tuple[Track, ...] = ()
    entries: list[int] = field(default_factory=lambda: [0] * L.MAX_FAMILY_STAGES)
    removals: int = 0
    closed_day: int = L.NEVER_CLOSED  # whole day on which the case was last closed
    had_plan: bool = False  # whether the case then closed had a plan
    returned_for: set[int] = field(default_factory=set)  # steps already counted as its return
    last_referral: float = -INF
    last_plan_end: float = -INF
    over: bool = False  # nobody in it can be heard of again
    adult_day: float = INF  # 18th birthday of the youngest who lives, or will be born, at home; infinity if nobody does
    facts: np.ndarray = field(default_factory=lambda: np.zeros(1, L.FAMILY))  # one row: the family as the rules read it
    births: np.ndarray | None = None  # its births, who is at home, and their needs, as `children` has them
    home: np.ndarray | None = None
    needs: np.ndarray | None = None
    stages: np.ndarray | None = None  # and its stages, as `tracks` has them

    def __post_init__(self) -> None:
        """Give the family the second word of its address, its facts, and its four tracks."""
        self.facts["id"], self.facts["stream"], self.facts["quintile"] = self.id, self.stream, self.quintile
        self.facts["help_start"], self.facts["last_plan_end"] = INF, -INF
        self.births, self.home, self.needs, self.stages = (self.facts[name][0] for name in ("births", "home", "needs", "stages"))
        self.births[:], self.stages[:] = INF, L.IDLE
        self.facts["n_children"] = L.SLOTS  # rules look at that many
        self.address = self.code * 65536 + self.stream * 256
        self.tracks = tuple(Track(self, None, number) for number in range(L.FAMILY_TRACKS))

    @property
    def seeks_asylum(self) -> bool:
        """Whether this is an unaccompanied child."""
        return self.stream in (1, 2)

    @property
    def quintile_row(self) -> int:
        """The row of tables by quintile: unaccompanied children have one of their own."""
        return L.UNACCOMPANIED_ROW if self.seeks_asylum else self.quintile

    @property
    def waiting_lists(self) -> list[int]:
        """The waiting lists for help that the family is on."""
        return [which for which, number in WAITING_LISTS.items() if self.tracks[number].stage >= 0 and self.tracks[number].waiting]

    def add_child(self, birth: float, where: int, needs: int = 0) -> Child:
        """Add the next child in birth order."""
        child = Child(self, len(self.children), birth, where, needs)
        self.children.append(child)
        self.births[child.slot], self.needs[child.slot] = birth, needs
        self.move(child, where)
        return child

    def move(self, child: Child, where: int) -> None:
        """Note that a child now lives at home, in care or elsewhere."""
        child.where = where
        self.home[child.slot] = where
        births = [other.birth for other in self.children if other.where == L.AT_HOME]
        self.adult_day = max(births) + 18.0 * L.YEAR if births else INF

    def count_children(self, now: float) -> int:
        """Return how many at home count: under 18, and unborn once the pregnancy is known."""
        count = 0
        for child in self.children:
            known = child.birth <= now + L.KNOWN_PREGNANCY_DAYS
            if child.where == L.AT_HOME and known and now < child.birth + 18.0 * L.YEAR:
                count += 1
        return count

    def next_birth(self, after: float) -> float:
        """Return the first birth into the family after a day."""
        births = [child.birth for child in self.children if child.where == L.AT_HOME and child.birth > after]
        return min(births, default=INF)


def age_band(birth: float, now: float) -> int:
    """Return the age band: under 1, 1-4, 5-9, 10-15, 16 and over."""
    return sum(now >= birth + years * L.YEAR for years in AGE_EDGES_YEARS)


def read_families(state: L.State, a: int, code: int) -> list[Family]:
    """Return the families of an authority in a state's arrays, with their children and their stories."""
    rows, children = state.families[a], _columns(state.children[a])
    slots, child_slots = state.family_slots[a], state.child_slots[a]
    busy, busy_child = (slots["stage"] >= 0).tolist(), (child_slots["stage"] >= 0).tolist()
    column, families = _columns(rows), []
    for f in np.flatnonzero(rows["used"]).tolist():
        family = Family(a, code, column["stream"][f], column["id"][f], column["quintile"][f])
        births, home, needs = column["births"][f], column["home"][f], column["needs"][f]
        for i in range(column["n_children"][f]):
            child = family.add_child(births[i], home[i], needs[i])
            c = column["care_row"][f][i]
            if c >= 0:
                story = child.begin_story()
                for name in STORY_FIELDS:
                    setattr(story, name, children[name][c])
                story.note()
                for track, slot, is_busy in zip(story.tracks, child_slots[c], busy_child[c], strict=True):
                    _read_track(track, slot, 1, is_busy)
        for name in ("entries", "removals", "last_referral", "last_plan_end"):
            setattr(family, name, column[name][f])
        since, family.closed_day = column["since_closed"][f], column["closed_day"][f]
        family.had_plan = bool(since & L.HAD_PLAN)
        family.returned_for = {step for step in FOLLOWED_STEPS if since >> step & 1}
        for name in ("help_start", "case_start", "removals", "last_plan_end"):
            family.facts[name] = column[name][f]
        for track, slot, counted, is_busy in zip(family.tracks, slots[f], column["counted"][f], busy[f], strict=True):
            _read_track(track, slot, counted, is_busy)
        families.append(family)
    return families


def _columns(table: np.ndarray) -> dict[str, list]:
    """Return the columns of a record array as lists (copies: numpy's rows would be views of the state)."""
    return {name: table[name].tolist() for name in table.dtype.names}


def _read_track(track: Track, slot: np.void, counted: int, is_busy: bool) -> None:
    """Read a stay from its record, if the track is in one."""
    if is_busy:
        track.stage, track.counted, track.waiting = int(slot["stage"]), counted, bool(slot["waiting"])
        track.start, track.admitted = float(slot["start"]), float(slot["admitted"])
        track.evaluated, track.slot = float(slot["evaluated"]), np.array([slot])
        track.note()
