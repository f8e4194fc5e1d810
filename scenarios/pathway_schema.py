"""What a pathway file may say: streams, families, teams, stages and their transitions, placement plans and places.

Keys are those of `pathway.yaml`. This module checks each entry by itself; `pathway_checks` checks that names meet.
"""

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scenarios.durations import Duration, check_bands
from scenarios.pathway_arrivals import Families, Stream
from scenarios.pathway_distance import Distance
from scenarios.pathway_places import Place
from scenarios.quantities import (
    BY_AGE,
    BY_NEEDS,
    BY_QUINTILE,
    AgeYears,
    Flag,
    Frozen,
    NonNegative,
    Share,
    Sourced,
    Status,
    Text,
    WholeNumber,
    check_shares,
)

FAMILY_TRACKS = ("need", "protection", "court", "support")
CHILD_TRACKS = ("care", "placement", "legal")
Track = Literal["need", "protection", "court", "support", "care", "placement", "legal"]
DrivenBy = Literal["team", "place", "court", "family", "none"]
Clock = Literal["stage", "care_episode", "case_episode", "since_exit"]
STAY, IDLE = "stay", "idle"
PLAN_CONTEXTS = ("entry", "move", "uasc", "remand")


class Team(Frozen):
    """A team whose pressure slows what it works on; `capacity` names the area's quantity (full-time equivalents)."""

    capacity: Text
    description: Text | None = None


# ---------------------------------------------------------------- steps out of a stage


class Rates(Sourced):
    """A hazard per year of exposure for each band of days since the transition's clock started."""

    bands_days: tuple[NonNegative, ...] = Field(min_length=1)
    per_year: tuple[NonNegative, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _bands(self) -> "Rates":
        if len(self.bands_days) != len(self.per_year):
            raise ValueError(
                f"per_year: {len(self.per_year)} rates for {len(self.bands_days)} bands, expected one each"
            )
        check_bands(self.bands_days)
        return self


class LegalEntry(Frozen):
    """Entry to care under a legal status; `one_child`: the child concerned alone, not the siblings."""

    legal_status: Text
    one_child: Flag = False


class CourtOrder(Frozen):
    """The order at the final hearing for children then on interim orders; `otherwise` for those not young enough."""

    legal_status: Text
    under_years: AgeYears | None = None
    otherwise: Text | None = None

    @model_validator(mode="after")
    def _both(self) -> "CourtOrder":
        if (self.under_years is None) != (self.otherwise is None):
            raise ValueError("under_years and otherwise go together")
        return self


class Step(Frozen):
    """One way out of a stage, or an event inside it: where it leads, what it opens, and what multiplies its hazard."""

    to: Text
    opens: Text | None = None
    care_entry: LegalEntry | None = None
    re_entry: LegalEntry | None = None
    court_order: CourtOrder | None = None
    court_exit: Text | None = None
    exit_care: Text | None = None
    replan: Flag = False
    places_in: Text | None = None
    barred_by: tuple[Track, ...] = ()
    barred_in: tuple[Text, ...] = ()
    while_: dict[Text, NonNegative] = Field(default_factory=dict, alias="while")
    while_waiting: Flag = False
    area_ratio: Text | None = None
    age_multipliers: BY_AGE | None = None
    quintile_multipliers: BY_QUINTILE | None = None
    needs_multipliers: BY_NEEDS | None = None
    earlier_episode_multipliers: tuple[NonNegative, ...] | None = Field(default=None, min_length=1)
    earlier_plan_multipliers: tuple[NonNegative, NonNegative] | None = None  # no plan before, one or more
    stream_multipliers: dict[Text, NonNegative] = Field(default_factory=dict)
    clock: Clock = "stage"
    driven_by: DrivenBy | None = None

    @property
    def leaves(self) -> bool:
        """Whether it ends the stay in its stage (a new placement plan, or an exit from care, does so too)."""
        return self.to != STAY or self.replan or self.exit_care is not None or self.places_in is not None


class Outcome(Step, Sourced):
    """A way out of a stage with a stated duration, and the share of stays that end so."""

    share: Share


class Transition(Step):
    """A way out of a stage with a stated hazard, at a stated age, or at the family's next birth."""

    rates_per_year: Rates | None = None
    at_age_years: AgeYears | None = None
    at_next_birth: Flag = False
    source: Text | None = None
    status: Status | None = None

    @model_validator(mode="after")
    def _one_clock(self) -> "Transition":
        if (self.rates_per_year is not None) + (self.at_age_years is not None) + self.at_next_birth != 1:
            raise ValueError("needs one of rates_per_year, at_age_years and at_next_birth")
        if self.rates_per_year is None and (self.source is None or self.status is None):
            raise ValueError("source: needs its source and status")
        return self

    @property
    def possible(self) -> bool:
        """Whether it can ever happen."""
        return self.rates_per_year is None or any(rate > 0 for rate in self.rates_per_year.per_year)


# ---------------------------------------------------------------- stages


class PlaceNeeded(Frozen):
    """The kind of place a stage waits for; families in the stages named under `priority` go first (1 before 2)."""

    place: Text
    priority: dict[Text, Annotated[WholeNumber, Field(ge=1)]] = Field(default_factory=dict)


class Exit(Frozen):
    """What an exit from care means: where the child is then, and whether care-leaver support may follow."""

    child: Literal["at_home", "left"]
    care_leaver: Flag = False


class Eligibility(Sourced):
    """The statutory rule on history for care-leaver support."""

    days_after_14: WholeNumber


class NationalPlaces(Sourced):
    """Places no authority owns: whether one is found at once, by needs, and where a child waits otherwise.

    Attributes
    ----------
    places
        How many there are, the number scenarios change.
    stated_at_places
        How many there were when `found_at_once` and the waiting stage's offers were stated. With c times as many, a place is found at once with
        probability 1 - (1 - p) ** c, and offers come c times as often.
    otherwise
        The placement a child waits in; its transition to this stage is the offer.
    """

    places: Annotated[NonNegative, Field(gt=0)]
    stated_at_places: Annotated[NonNegative, Field(gt=0)]
    found_at_once: Annotated[tuple[Share, ...], Field(min_length=4, max_length=4)]
    otherwise: Text


class StayingPut(Sourced):
    """The share of care leavers who stay with former foster carers from 18, of those who lived in one of these placements."""

    share: Share
    lived_in: tuple[Text, ...] = Field(min_length=1)


class Stage(Frozen):
    """A stage of a family's or a child's track.

    A legal status may name the placement plan that holds under it. Placements of one `type` differ in their owner alone: a child planned for one who
    lives in another of the type lives as planned.
    """

    track: Track
    unit: Literal["family", "child"]
    label: Text
    in_need: Flag = False
    in_care: Flag = False
    unlawful: Flag = False
    team: Text | None = None
    case_weight: NonNegative = 0.0
    needs: PlaceNeeded | None = None
    group: Text | None = None
    type: Text | None = None
    capacity: Text | None = None
    minimum_age_years: AgeYears | None = None
    requires_legal_status: tuple[Text, ...] = ()
    exit: Exit | None = None
    eligibility: Eligibility | None = None
    national: NationalPlaces | None = None
    staying_put: StayingPut | None = None
    placement_plan: Literal["remand"] | None = None
    duration: Duration | None = None
    driven_by: DrivenBy = "none"
    outcomes: dict[Text, Outcome] = Field(default_factory=dict)
    transitions: dict[Text, Transition] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> "Stage":
        """Refuse parts of a stage that do not go together."""
        family = self.track in FAMILY_TRACKS
        if (self.unit == "family") != family:
            raise ValueError(
                f"unit: the track {self.track} is a {'family' if family else 'child'}'s, not a {self.unit}'s"
            )
        if (self.duration is None) != (not self.outcomes):
            raise ValueError("duration: a duration and the outcomes it ends in go together")
        both = self.outcomes.keys() & self.transitions.keys()
        if both:
            raise ValueError(f"transitions: {', '.join(sorted(both))} is an outcome too, expected names used once")
        if self.outcomes:
            check_shares(tuple(outcome.share for outcome in self.outcomes.values()), "outcomes: shares")
        if self.team is None and self.case_weight > 0:
            raise ValueError("case_weight: needs a team to weigh on")
        return self

    def steps(self) -> Iterator[tuple[str, Step]]:
        """Yield the name and the step of every outcome and transition, in the order of the file."""
        yield from self.outcomes.items()
        yield from self.transitions.items()

    def step_driven_by(self, step: Step) -> str:
        """Return what drives a step: its own `driven_by`, else the stage's."""
        return step.driven_by or self.driven_by


# ---------------------------------------------------------------- placements


class AgeWeights(Sourced):
    """Weight of each placement by age band (under 1, 1-4, 5-9, 10-15, 16-17)."""

    weights: dict[Text, BY_AGE]


class NeedsWeights(Sourced):
    """What multiplies the weight of each placement by needs (standard, enhanced, complex, very complex)."""

    weights: dict[Text, BY_NEEDS]


class PlacementPlans(Frozen):
    """Where a child is meant to live: on entry, on a move, for unaccompanied children, and on remand; renormalised after needs.

    Plans for a move, for unaccompanied children and on remand are those on entry if left out; so are needs, which then change nothing, and
    distance: every placement is then in the area.
    """

    entry: AgeWeights
    move: AgeWeights | None = None
    uasc: AgeWeights | None = None
    remand: AgeWeights | None = None
    needs_multipliers: NeedsWeights | None = None
    distance: Distance | None = None

    def weights_of(self, context: str) -> dict[str, tuple[float, ...]]:
        """Return the weights by age of a context (`PLAN_CONTEXTS`)."""
        return (getattr(self, context) or self.entry).weights

    @property
    def by_needs(self) -> dict[str, tuple[float, ...]]:
        """Return what needs multiply the weight of every placement of a plan by, in the order of the tables."""
        stated = self.needs_multipliers.weights if self.needs_multipliers else {}
        planned = [name for context in PLAN_CONTEXTS for name in self.weights_of(context)]
        return {name: stated.get(name, (1.0,) * 4) for name in (*stated, *planned)}


class Pathway(Frozen):
    """The whole pathway, as checked data."""

    name: Text
    streams: dict[Text, Stream] = Field(min_length=1)
    families: Families = Families()
    teams: dict[Text, Team] = Field(default_factory=dict)
    stages: dict[Text, Stage]
    placement_plans: PlacementPlans | None = None
    places: dict[Text, Place] = Field(default_factory=dict)

    @property
    def planned_by_needs(self) -> dict[str, tuple[float, ...]]:
        """Return `PlacementPlans.by_needs`; empty if nobody is placed."""
        return self.placement_plans.by_needs if self.placement_plans else {}

    def steps(self) -> Iterator[tuple[str, str, Step]]:
        """Yield (stage, name, step) of every outcome and transition, in the order of the file."""
        for stage_name, stage in self.stages.items():
            for name, step in stage.steps():
                yield stage_name, name, step

    def step_names(self) -> tuple[str, ...]:
        """Return every `stage.transition`: the stable names that random draws use."""
        return tuple(f"{stage}.{name}" for stage, name, _ in self.steps())

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Return the `stage.transition` names under each `area_ratio`."""
        result: dict[str, list[str]] = {}
        for stage, name, step in self.steps():
            if step.area_ratio:
                result.setdefault(step.area_ratio, []).append(f"{stage}.{name}")
        return {group: tuple(names) for group, names in result.items()}

    def stages_of(self, track: str) -> tuple[str, ...]:
        """Return the names of a track's stages."""
        return tuple(name for name, stage in self.stages.items() if stage.track == track)

    def mean_days(self, stage: str) -> float:
        """Return the mean time a stage's duration implies (transitions left out); infinite without a duration."""
        duration = self.stages[stage].duration
        return duration.hazard().mean_days if duration else math.inf
