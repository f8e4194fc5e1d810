"""The generic vocabulary in which levers speak to the engines: what changes, for whom, and from when.

`sim` interprets these few kinds of action and knows no lever. A *target* is a `stage.transition`, or the name of a
group (the `area_ratio` value its transitions share, such as `care_entry`). Months are written YYYY-MM. Wherever a
number is a `Distribution` it is drawn once for each run (ruling 5), by inverse cumulative distribution; two actions
of the same `name` share their draw.
"""

import math
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal, Self

from scenarios.distributions import Distribution
from scenarios.timeline import MonthSeries

Payer = Literal["authority", "grant", "health", "schools", "courts", "benefits"]
FundedBy = Literal["authority", "grant"]
SharedBy = Literal["authority", "children_in_care", "population"]
AgeBand = Literal["under_1", "1_to_4", "5_to_9", "10_to_15", "16_plus"]
AGE_BANDS: tuple[AgeBand, ...] = ("under_1", "1_to_4", "5_to_9", "10_to_15", "16_plus")
TeamQuantity = Literal["capacity", "leavers", "joiners", "agency_workers"]
CostLine = Literal["social_workers", "agency_social_workers", "order_allowances", "leaving_care", "staying_put"]
CostBasis = Literal[
    "gbp_per_year_per_authority",
    "gbp_per_child_0_17_per_year",
    "gbp_per_admission",
    "gbp_per_week_in_stage",
    "gbp_per_event",
    "gbp_once_per_authority",
]


@dataclass(frozen=True)
class Action:
    """One thing a lever does.

    Attributes
    ----------
    name
        A stable name, `lever.part`: families' uniforms (reach) are addressed by it.
    """

    NOTHING: ClassVar[dict[str, Any]] = {}  # fields, and their values, with which the action has no effect

    name: str

    def without_effect(self) -> Self:
        """Return the action with no effect; what is bought, offered or paid stays."""
        numbers = {key: Distribution.fixed(value) if isinstance(value, float) else value for key, value in self.NOTHING.items()}
        return replace(self, **numbers)

    def distributions(self) -> dict[str, Distribution]:
        """Return the uncertain numbers of the action, by field."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in found.items() if isinstance(value, Distribution)}


@dataclass(frozen=True)
class Whom:
    """Whom an effect acts on, among those reached or helped.

    Attributes
    ----------
    ages
        Age bands of the child, or of a family's youngest child at home; all if empty. The targets have `age_multipliers`.
    strength_by_needs
        How much of the effect acts on a child with standard, enhanced, complex and very complex needs; of a family's hazards, by the
        neediest child at home. 1 for all: nobody is easier to help than another.
    after_removal
        Only families from whom a child was removed before.
    """

    ages: tuple[AgeBand, ...] = ()
    strength_by_needs: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    after_removal: bool = False


EVERYONE = Whom()


@dataclass(frozen=True)
class ReachedEffect(Action):
    """Hazards of the families a programme reaches.

    A family is reached if its addressed uniform (family, name, episode) is below `reach`; its hazards of `targets`
    are then multiplied by HR = 1 - fidelity * (1 - hazard_ratio).

    Attributes
    ----------
    targets
        Transitions or groups.
    hazard_ratio
        The effect on those reached, at full fidelity.
    fidelity
        How much of the effect is delivered, 0 to 1.
    reach
        Share reached, by month; it never falls.
    unit
        `family` or `child`: whose uniform decides.
    complement, complement_weight
        For outcomes of a stated duration, where `hazard_ratio` is a risk ratio: the outcome that takes up what the
        targets lose. Its hazard is multiplied by 1 + complement_weight * (1 - HR), so that time in the stage does not
        change.
    whom
        Who among those reached.
    from_months, until_months
        When in the episode it acts: months since the family's referral, or since the child came into care.
    programme
        What the uniform is addressed by (`name` if empty): effects of one programme reach the same families.
    rebound
        If above 0, this is what comes back of an effect that only delays: hazards are multiplied by 1 + rebound * (1 - HR) instead.
    """

    NOTHING: ClassVar[dict[str, Any]] = {"hazard_ratio": 1.0}

    targets: tuple[str, ...]
    hazard_ratio: Distribution
    fidelity: Distribution
    reach: MonthSeries
    unit: Literal["family", "child"] = "family"
    complement: str | None = None
    complement_weight: float = 0.0
    whom: Whom = EVERYONE
    from_months: float = 0.0
    until_months: float = math.inf
    programme: str = ""
    rebound: float = 0.0


@dataclass(frozen=True)
class HelpEffect(Action):
    """Hazards of families admitted to a place, in a window of months since admission.

    HR = 1 - fidelity * strength * (1 - hazard_ratio) from `from_months` (included) to `until_months` (excluded) after
    admission, whether or not the family still holds the place. Windows of one name share a
    draw and do not overlap.
    """

    NOTHING: ClassVar[dict[str, Any]] = {"hazard_ratio": 1.0}

    place: str
    targets: tuple[str, ...]
    hazard_ratio: Distribution
    fidelity: Distribution
    from_months: float
    until_months: float
    strength: float = 1.0
    whom: Whom = EVERYONE


@dataclass(frozen=True)
class SetRate(Action):
    """The hazard of one transition is `per_year` in every band from `start` on (its multipliers stay)."""

    target: str
    per_year: Distribution
    start: str


@dataclass(frozen=True)
class ScaleRate(Action):
    """Hazards of `targets` are multiplied, for everyone, by 1 + phase * (ratio - 1): by month, the share of the change in force (0 to 1)."""

    NOTHING: ClassVar[dict[str, Any]] = {"ratio": 1.0}

    targets: tuple[str, ...]
    ratio: Distribution
    phase: MonthSeries


@dataclass(frozen=True)
class ShiftOutcomes(Action):
    """Of a stage of stated duration, some outcomes become rarer (ratio below 1) or commoner, and another takes up the difference.

    Time in the stage does not change: `complement`'s hazard is multiplied by 1 + phase * complement_weight * (1 - ratio), the weight being the
    targets' share over the complement's.
    """

    NOTHING: ClassVar[dict[str, Any]] = {"ratio": 1.0}

    targets: tuple[str, ...]
    ratio: Distribution
    phase: MonthSeries
    complement: str
    complement_weight: float


@dataclass(frozen=True)
class ScaleArrivals(Action):
    """Arrivals of a stream are multiplied by 1 + phase * strength * (ratio - 1), `strength` by deprivation quintile (least deprived first).

    The families who come are those who would have come and some more, or fewer of them: candidates are thinned (ruling 2).
    """

    NOTHING: ClassVar[dict[str, Any]] = {"ratio": 1.0}

    stream: str
    ratio: Distribution
    phase: MonthSeries
    strength_by_quintile: tuple[float, float, float, float, float] = (1.0, 1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True)
class ScaleFamilySupport(Action):
    """The authority's own family support as planned is multiplied by 1 + phase * (ratio - 1): its money, and the places of help it buys.

    Need answers as far as `settings.budget.need_response` says. Places that other levers add are their own.
    """

    ratio: Distribution
    phase: MonthSeries


@dataclass(frozen=True)
class AddArrivals(Action):
    """So many more a month arrive in each authority: families of a family's stream, children of a stream that arrives in care."""

    NOTHING: ClassVar[dict[str, Any]] = {"per_month": 0.0}

    stream: str
    per_month: Distribution
    phase: MonthSeries


@dataclass(frozen=True)
class SetArrivals(Action):
    """So many a month arrive in each authority, whatever came before: as far as `phase` says, and the rest as without it.

    What other levers do to the stream acts before it or after it, in the order of the files.
    """

    NOTHING: ClassVar[dict[str, Any]] = {"phase": MonthSeries(())}

    stream: str
    per_month: Distribution
    phase: MonthSeries


@dataclass(frozen=True)
class ScaleTeams(Action):
    """Teams' capacity, or how posts move, is multiplied by 1 + phase * (ratio - 1).

    Attributes
    ----------
    what
        `capacity`: the cases that the same workers hold at a pressure of 1 (time given back from other work); `leavers` of permanent posts;
        `joiners` of vacant ones; `agency_workers` whom an authority engages.
    """

    NOTHING: ClassVar[dict[str, Any]] = {"ratio": 1.0}

    what: TeamQuantity
    ratio: Distribution
    phase: MonthSeries


@dataclass(frozen=True)
class AddPosts(Action):
    """Social workers' posts opened (below 0: cut) so far, by month, as a share of an authority's posts at the last census. They open vacant."""

    share: Distribution
    phase: MonthSeries


@dataclass(frozen=True)
class ScaleCost(Action):
    """A line of cost that every scenario has is multiplied by 1 + phase * (ratio - 1): pay, a premium, an allowance."""

    line: CostLine
    ratio: Distribution
    phase: MonthSeries


@dataclass(frozen=True)
class Cost(Action):
    """A cost (or, below 0, an income) of the reform.

    Attributes
    ----------
    line, label
        Column name and words for the line of cost.
    payer
        Who bears it.
    funded_by
        Whether it enters the authority's budget loop (`authority`) or not (`grant`).
    basis
        What `amount` is per: an authority and year; a child aged 0-17 and year; an admission to `place`; a week in
        `stage`, per child or family there; an event (any of `targets`); or an authority, once, in the month of
        `start`.
    amount
        Pounds, at the scenario's price base, times `series` (by month: share of the basis it applies to, or pounds if
        `amount` is 1).
    start, end
        First month, and the month from which it is no longer paid (None: to the horizon).
    shared_by
        For what is per authority: how the authorities of a region divide it among themselves, in equal parts or in proportion to their children
        in care, or aged 0-17, of the last published year. What the region pays in all is the same.
    """

    line: str
    label: str
    payer: Payer
    funded_by: FundedBy
    basis: CostBasis
    amount: Distribution
    series: MonthSeries
    start: str
    end: str | None = None
    place: str | None = None
    stage: str | None = None
    targets: tuple[str, ...] = ()
    shared_by: SharedBy = "authority"


def targets_of(action: Action) -> tuple[str, ...]:
    """Return the transitions or groups an action names."""
    single = (action.target,) if isinstance(action, SetRate) else ()
    complement = getattr(action, "complement", None)
    return (*getattr(action, "targets", ()), *single, *((complement,) if complement else ()))
