"""What levers are put together from: how a change comes into force, whom a programme reaches and what it does to them, what it costs.

Each part is read from YAML beside the lever's own settings, and turns into actions under the lever's name.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scenarios.actions import EVERYONE, Action, AgeBand, Cost, CostBasis, Payer, ReachedEffect, ScaleRate, ScaleTeams, ShiftOutcomes, Whom
from scenarios.distributions import Distribution
from scenarios.lever_base import ByMonth, Lever, UncertainAmount, UncertainPositive, UncertainShare
from scenarios.pathway_schema import Pathway
from scenarios.quantities import BY_NEEDS, Frozen, Positive, Share, Text, WholeNumber
from scenarios.timeline import MonthSeries, add_months, month_index

Targets = Annotated[tuple[Text, ...], Field(min_length=1)]


class Phased(Frozen):
    """How a change comes into force, and whether it ends.

    Attributes
    ----------
    after_months
        Months from the lever's start until it begins.
    ramp_months
        It rises to full strength over so many months.
    lasts_months
        It is in force for so many months in all, the ramp included, and then ends; for good if not given.
    fades_over_months
        After those it falls to nothing over so many more; at once if 0.
    """

    after_months: WholeNumber = 0
    ramp_months: WholeNumber = 0
    lasts_months: Annotated[int, Field(strict=True, ge=1)] | None = None
    fades_over_months: WholeNumber = 0

    @model_validator(mode="after")
    def _rises_before_it_ends(self) -> Self:
        """Refuse a change that ends before it is in full force, and one that fades without an end."""
        if self.lasts_months is not None and self.lasts_months < self.ramp_months:
            raise ValueError(f"lasts_months: {self.lasts_months} is less than ramp_months {self.ramp_months}")
        if self.lasts_months is None and self.fades_over_months:
            raise ValueError("fades_over_months: is given without lasts_months, so nothing ends")
        return self

    def phase(self, start: str) -> MonthSeries:
        """Return the share of it in force by month."""
        first = add_months(start, self.after_months)
        until = None if self.lasts_months is None else add_months(first, self.lasts_months)
        return MonthSeries.window(first, self.ramp_months, until, self.fades_over_months)


class Change(Phased):
    """What hazards, weights or numbers are multiplied by, for everyone."""

    ratio: UncertainPositive

    def rates(self, name: str, targets: tuple[str, ...], start: str) -> ScaleRate:
        """Return the change of the hazards of transitions or groups."""
        return ScaleRate(name, targets, self.ratio, self.phase(start))


def shifted(
    name: str, pathway: Pathway, stage: str, outcomes: tuple[str, ...], instead: str, change: Change, start: str,
) -> ShiftOutcomes:  # fmt: skip
    """Return a change of some outcomes of a stage of stated duration, which the outcome `instead` takes up or gives."""
    shares = {key: outcome.share for key, outcome in pathway.stages[stage].outcomes.items()} if stage in pathway.stages else {}
    kept = shares.get(instead, 0.0)
    weight = sum(shares.get(outcome, 0.0) for outcome in outcomes) / kept if kept else 0.0
    targets = tuple(f"{stage}.{outcome}" for outcome in outcomes)
    return ShiftOutcomes(name, targets, change.ratio, change.phase(start), f"{stage}.{instead}", weight)


def capacity(lever: str, change: Change | None, start: str) -> tuple[ScaleTeams, ...]:
    """Return a change of the work that teams can hold, workers lent to a reform or time given back; none if there is none."""
    return (ScaleTeams(f"{lever}.teams_capacity", "capacity", change.ratio, change.phase(start)),) if change else ()


class EffectOnReached(Frozen):
    """The effect on hazards of those reached, at full fidelity.

    Attributes
    ----------
    hazard_ratio
        Below 1: it happens more rarely to them.
    ages
        Age bands it acts on: of the child, or of the youngest child at home; all if not given.
    strength_by_needs
        How much of it acts at standard, enhanced, complex and very complex needs (of the child, or of the neediest at home): below 1 where cases
        are hard to change, so that the easiest, and cheapest, are averted first.
    lasts_months
        Months of the episode in which it acts, from the referral (of a child, from coming into care); all of it if not given.
    delayed_share
        The share of what it averts that is put off and not prevented: it happens in the `comes_back_over_months` after those.
    """

    hazard_ratio: UncertainPositive
    ages: tuple[AgeBand, ...] = ()
    strength_by_needs: BY_NEEDS = EVERYONE.strength_by_needs
    lasts_months: Positive | None = None
    delayed_share: Share = 0.0
    comes_back_over_months: Positive | None = None

    @model_validator(mode="after")
    def _delay_has_a_time(self) -> Self:
        """Refuse a delay without saying from when and for how long it comes back."""
        if self.delayed_share and (self.lasts_months is None or self.comes_back_over_months is None):
            raise ValueError("delayed_share: needs lasts_months and comes_back_over_months, which say when what was put off happens")
        return self


class Reach(Frozen):
    """Whom a programme reaches, of families (or children) in an episode, and how much of its effect is delivered.

    Attributes
    ----------
    share
        Share reached, by month; it only rises, each rise over `ramp_months`. Of families it is of those referred; of children, of those in care.
    fidelity
        Share of the effect delivered, 0 to 1.
    """

    share: Annotated[ByMonth, Field(min_length=1)]
    ramp_months: WholeNumber = 0
    fidelity: UncertainShare

    @model_validator(mode="after")
    def _rises(self) -> Self:
        """Refuse a reach that falls or exceeds 1."""
        ordered = [self.share[month] for month in sorted(self.share, key=month_index)]
        if any(later < earlier for earlier, later in pairwise(ordered)):
            raise ValueError("share: falls, expected a share that only rises (families once reached stay reached)")
        if ordered[-1] > 1:
            raise ValueError(f"share: is {ordered[-1]:g}, expected a share from 0 to 1")
        return self

    def series(self, start: str) -> MonthSeries:
        """Return the share reached by month."""
        return MonthSeries.of(self.share, start, self.ramp_months)

    def effects(
        self, lever: Lever, part: str, targets: tuple[str, ...], effect: EffectOnReached, unit: Literal["family", "child"] = "family",
        after_removal: bool = False,
    ) -> Iterator[ReachedEffect]:  # fmt: skip
        """Yield an effect on those reached, and what of it comes back."""
        whom = Whom(effect.ages, effect.strength_by_needs, after_removal)
        name, reach, programme = f"{lever.name}.{part}", self.series(lever.start), f"{lever.name}.{unit}"
        lasts = effect.lasts_months if effect.lasts_months is not None else float("inf")
        yield ReachedEffect(name, targets, effect.hazard_ratio, self.fidelity, reach, unit, whom=whom, until_months=lasts, programme=programme)
        if effect.delayed_share:
            back = effect.comes_back_over_months
            yield ReachedEffect(
                f"{name}.delayed", targets, effect.hazard_ratio, self.fidelity, reach, unit, whom=whom, from_months=lasts,
                until_months=lasts + back, programme=programme, rebound=effect.delayed_share * lasts / back,
            )  # fmt: skip


class CostPart(Phased):
    """A line of what a lever costs. Exactly one amount is given; its name says what it is per.

    Attributes
    ----------
    label
        Words for the line.
    gbp_per_year_per_authority, gbp_once_per_authority, gbp_per_child_0_17_per_year
        Pounds an authority and year, an authority once (in the month it begins), or a child aged 0-17 and year.
    gbp_per_week
        Pounds a week for each child (or family) in `stage`.
    gbp_per_event
        Pounds for each time one of `events` happens.
    of_those_reached
        Only the share that the programme reaches costs this.
    saves
        It is saved, not spent.
    payer
        Who bears it; the lever's payer if not given.
    """

    label: Text
    gbp_per_year_per_authority: UncertainAmount | None = None
    gbp_once_per_authority: UncertainAmount | None = None
    gbp_per_child_0_17_per_year: UncertainAmount | None = None
    gbp_per_week: UncertainAmount | None = None
    gbp_per_event: UncertainAmount | None = None
    stage: Text | None = None
    events: tuple[Text, ...] = ()
    of_those_reached: bool = False
    saves: bool = False
    payer: Payer | None = None

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        """Refuse none or several amounts, and one without what it is per."""
        given = [name for name in BASES if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"gives {' and '.join(given) or 'no amount'}, expected one of {', '.join(BASES)}")
        if (given == ["gbp_per_week"]) != (self.stage is not None):
            raise ValueError("stage: belongs with gbp_per_week, and only with it")
        if (given == ["gbp_per_event"]) != bool(self.events):
            raise ValueError("events: belong with gbp_per_event, and only with it")
        return self

    def cost(self, lever: Lever, part: str, reach: MonthSeries | None = None) -> Cost:
        """Return the cost; `reach` is the share of the basis that a programme reaches."""
        (given,) = (name for name in BASES if getattr(self, name) is not None)
        amount: Distribution = getattr(self, given)
        start = add_months(lever.start, self.after_months)
        series = reach if self.of_those_reached and reach is not None else self.phase(lever.start)
        return Cost(
            f"{lever.name}.{part}_cost", f"{lever.name}_{part}", self.label, self.payer or lever.payer, lever.funded_by, BASES[given],
            amount.scaled(-1.0) if self.saves else amount, series, start, stage=self.stage, targets=self.events,
        )  # fmt: skip


BASES: dict[str, CostBasis] = {
    "gbp_per_year_per_authority": "gbp_per_year_per_authority",
    "gbp_once_per_authority": "gbp_once_per_authority",
    "gbp_per_child_0_17_per_year": "gbp_per_child_0_17_per_year",
    "gbp_per_week": "gbp_per_week_in_stage",
    "gbp_per_event": "gbp_per_event",
}
Costs = dict[Text, CostPart]


class Programme(Lever):
    """A lever with lines of cost, each under a name of its own in `costs`."""

    costs: Costs = Field(default_factory=dict)

    def first_month(self) -> str:
        """Return the month before which the lever changes nothing."""
        reach: Reach | None = getattr(self, "reach", None)
        return min((self.start, *(reach.share if reach else ())), key=month_index)

    def cost_actions(self, reach: MonthSeries | None = None) -> tuple[Action, ...]:
        """Return the lines of cost."""
        return tuple(part.cost(self, name, reach) for name, part in self.costs.items())
