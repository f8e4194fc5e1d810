"""What a scenario file may say: its name, what it extends, settings, levers and overrides.

The pathway itself is in `pathway_schema`, levers in `levers`.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, field_validator, model_validator

from scenarios.distributions import Distribution, read_distribution
from scenarios.quantities import Flag, Frozen, Positive, Sourced, Status, Text, Value
from scenarios.timeline import month_index


def check_month(value: Any) -> Any:
    """Accept a month written YYYY-MM; raise ValueError otherwise."""
    month_index(value)
    return value


def _growth(data: Any) -> Distribution:
    """Read a growth a year: a number, or a distribution with its source and status."""
    growth = read_distribution(data)
    for key in ("source", "status"):
        if isinstance(data, dict) and getattr(growth, key) is None:
            raise ValueError(f"the key {key!r} is missing")
    if not -0.5 < growth.bounds[0] <= growth.bounds[1] < 0.5:
        raise ValueError(f"can be {growth.bounds[0]:g} to {growth.bounds[1]:g} a year, expected a share such as 0.04")
    return growth


Month = Annotated[str, BeforeValidator(check_month)]
PriceBase = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
# pydantic must not look inside Distribution: it is read by `_growth` alone, and written as a file has it.
Growth = Annotated[Any, BeforeValidator(_growth), PlainSerializer(Distribution.as_data)]
PRICES_DRAW = "prices.real_growth_per_year"  # the name of growth's draw, and the beginning of each placement's name
Year = Annotated[int, Field(strict=True, ge=2005, le=2100)]  # ending 31 March; 24 years of spin-up come before the first


class FamiliesFirst(Frozen):
    """The Families First switch-over: from this month new assessments lead to the stage that replaces another.

    Attributes
    ----------
    switch_over
        The month, for every authority not named under `authorities`.
    replaces
        Old stage: new stage. Families already in the old stage stay in it until they leave.
    authorities
        Authority: its own month.
    """

    switch_over: Month
    replaces: dict[Text, Text]
    authorities: dict[Text, Month] = Field(default_factory=dict)
    source: Text
    status: Status


class Policy(Frozen):
    """Committed policy, with its dates."""

    families_first: FamiliesFirst | None = None


class Published(Frozen):
    """The window of published years: history simulates them with their own figures, spin-up before them with those of the first.

    It belongs to the past, so a scenario has that of the baseline at the bottom of its chain.

    Attributes
    ----------
    first, last
        The first and the last year, ending 31 March. What is counted after the last is not published: courts, supply and budgets
        follow what happens from April of it on. Figures that the shipped profiles have of later years are not read.
    last_census
        Year whose 30 September the last workforce census known is of; `last` if left out. One made as of March `last` knows `last` - 1.
    """

    first: Year = 2020
    last: Year = 2025
    last_census: Year | None = None

    @model_validator(mode="after")
    def _order(self) -> "Published":
        """Refuse a window that is empty, and a census that nobody has seen or that is of long ago."""
        if self.first > self.last:
            raise ValueError(f"first: {self.first} is after last {self.last}")
        if self.last_census is not None and not self.first - 1 <= self.last_census <= self.last:
            raise ValueError(f"last_census: is {self.last_census}, expected a year from {self.first - 1} to {self.last}")
        return self

    @property
    def census(self) -> int:
        """Year of the last workforce census known."""
        return self.last if self.last_census is None else self.last_census

    @property
    def ends(self) -> str:
        """The first month that is not published: April of the last year."""
        return f"{self.last}-04"

    @property
    def posts_end(self) -> str:
        """The first month whose posts follow pressure: after the last census, and not before the window ends."""
        return max(f"{self.census}-10", self.ends)


class Pressure(Frozen):
    """Workforce pressure: work in hand over capacity.

    Attributes
    ----------
    slows_teams
        The switch: if false, teams work at their pace whatever is in hand; pressure is still counted, and posts still follow it.
    reference
        What it is in the last published year.
    """

    slows_teams: Flag = True
    reference: Value

    @field_validator("reference")
    @classmethod
    def _positive(cls, reference: Value) -> Value:
        if reference.value <= 0:
            raise ValueError("reference: is not above 0, expected a ratio such as 0.90")
        return reference


class Workforce(Frozen):
    """How social workers' posts follow pressure after the last census published.

    Attributes
    ----------
    follows_pressure
        The switch: if false, posts and capacity stay as published last.
    turnover_response
        Rise of the share who leave, for each unit of pressure above the reference.
    turnover_multiplier
        Least and greatest share who leave, as multiples of the authority's own.
    fastest_months
        The shortest time a post that is left stays vacant: the fewest vacancies an authority has are that many months' leavers.
    agency_cover
        Agency workers who come for each post that falls vacant.
    agency_lag_months
        The time in which their number closes most of its gap.
    agency_cap
        The largest share of all workers they become (authorities that had more keep them).
    """

    follows_pressure: Flag = True
    turnover_response: Value
    turnover_multiplier: "Clip"
    fastest_months: Value
    agency_cover: Value
    agency_lag_months: Value
    agency_cap: Value

    @model_validator(mode="after")
    def _within(self) -> "Workforce":
        """Refuse what posts cannot do."""
        if self.turnover_response.value < 0:
            raise ValueError("turnover_response: is negative, expected 0 or more")
        if self.turnover_multiplier.low > 1 or self.turnover_multiplier.high < 1:
            raise ValueError("turnover_multiplier: does not hold 1, expected low at most 1 and high at least 1")
        if not 1 <= self.fastest_months.value <= 24:
            raise ValueError("fastest_months: expected 1 to 24 months")
        if not 0 <= self.agency_cover.value <= 1:
            raise ValueError("agency_cover: expected a share between 0 and 1")
        if not 1 <= self.agency_lag_months.value <= 24:
            raise ValueError("agency_lag_months: expected 1 to 24 months")
        if not 0 <= self.agency_cap.value < 0.9:
            raise ValueError("agency_cap: expected a share of workers from 0 to below 0.9")
        return self


class Courts(Frozen):
    """How long care proceedings take after the last published year.

    Attributes
    ----------
    follows_work
        The switch: if false, proceedings take as long as published last.
    reference
        Pressure in the year published last: how much longer proceedings took than they do where courts are not short of time.
    response
        How much of a rise in pressure slows hearings: 1 all of it (capacity is fixed), 0 none (capacity follows the work).
    """

    follows_work: Flag = True
    reference: Value
    response: Value

    @model_validator(mode="after")
    def _within(self) -> "Courts":
        """Refuse what courts cannot do."""
        if self.reference.value < 1:
            raise ValueError(f"reference: is {self.reference.value:g}, expected 1 or more: courts below it would not be slowed at all")
        if not 0 <= self.response.value <= 1:
            raise ValueError(f"response: is {self.response.value:g}, expected a share from 0 to 1")
        return self


class Prices(Frozen):
    """How placement prices move.

    Attributes
    ----------
    real_growth_per_year
        Placement: exogenous growth of its price over general inflation, per year, net of the response to utilisation. A number or a distribution,
        drawn once for each run; the past has its mean.
    rise_together
        Whether all placements' growth is drawn at one quantile (in a run in which one price rises fast, all do), or each placement's at its own.
    follow_use
        The switch: if false, what is asked for a market's places answers no use.
    response_to_utilisation
        Rise of the price of a market's places, as a share, when utilisation is 1 instead of 0 (times the departure from
        the reference). Places that authorities own have none.
    monthly_adjustment
        Share of the gap to that price closed each month, of the price asked of whoever moves in.
    clip
        Least and greatest price, as multiples of the exogenous one.
    general_inflation_per_year
        Of years that the table of deflators (`scenarios.deflators`) does not hold; for nominal series only.
    """

    real_growth_per_year: dict[Text, Growth]
    rise_together: Flag = True
    follow_use: Flag = True
    response_to_utilisation: Value
    monthly_adjustment: Value
    clip: "Clip"
    general_inflation_per_year: Value

    @model_validator(mode="after")
    def _within(self) -> "Prices":
        """Refuse adjustments and responses beyond what they can be; name every growth by where it stands."""
        if not 0 < self.monthly_adjustment.value <= 1:
            raise ValueError("monthly_adjustment: expected a share above 0 and at most 1")
        if self.response_to_utilisation.value < 0:
            raise ValueError("response_to_utilisation: is negative, expected 0 or more")
        for name, growth in self.real_growth_per_year.items():
            object.__setattr__(growth, "name", f"{PRICES_DRAW}.{name}")
        return self


class Clip(Sourced):
    """Lowest and highest multiple."""

    low: Positive
    high: Positive

    @model_validator(mode="after")
    def _order(self) -> "Clip":
        if self.low > self.high:
            raise ValueError(f"low: {self.low:g} is above high {self.high:g}")
        return self


class Supply(Frozen):
    """How households and homes answer the use of their places; which and how much, each place of the pathway says.

    Attributes
    ----------
    follows_use
        The loop's switch: if false, as many open as leave, whatever the use.
    """

    follows_use: Flag = True


class Budget(Frozen):
    """How an authority answers care that costs more, or less, than was budgeted.

    Attributes
    ----------
    planned_real_growth_per_year
        By how much a year's budget for care is above the outturn of the year before, over general inflation.
    saved_per_pound_of_overspend
        By how much next year's family support falls for each pound of overspend, and rises for each of underspend.
    ring_fenced_share
        Share of family support paid by grants for nothing else: it cannot be saved on.
    floor
        Least level of the rest, as a share of what was planned.
    reserves_share_of_outturn
        Reserves when the last published year closes, as a share of what care cost in it.
    need_response
        By what share hazards of entering care and of being referred again would be higher without any family support, than with it as planned
        (straight between); 0: need does not answer.
    in_force
        The loop's switch: without it family support is always as planned.
    """

    in_force: Annotated[bool, Field(strict=True)] = True
    planned_real_growth_per_year: Value
    saved_per_pound_of_overspend: Value
    ring_fenced_share: Value
    floor: Value
    reserves_share_of_outturn: Value
    need_response: Value = Value(value=0.0, source="not given: need does not answer", status="assumed")

    @model_validator(mode="after")
    def _within(self) -> "Budget":
        """Refuse what is not a share."""
        if not -0.5 < self.planned_real_growth_per_year.value < 0.5:
            raise ValueError("planned_real_growth_per_year: expected a share a year, such as 0.01")
        for name in ("saved_per_pound_of_overspend", "ring_fenced_share", "floor", "reserves_share_of_outturn", "need_response"):
            if not 0 <= getattr(self, name).value <= 1:
                raise ValueError(f"{name}: is {getattr(self, name).value:g}, expected a share from 0 to 1")
        return self


class Settings(Frozen):
    """What a run takes from the scenario unless told otherwise, and assumptions that are not of the pathway.

    Attributes
    ----------
    from_
        The branch month (`from` in YAML): history ends and scenarios part here.
    until
        The last month.
    published
        The years that history simulates with their own figures.
    replicates
        Paired runs for each scenario.
    price_base
        Financial year of constant prices.
    courts
        How proceedings follow courts' capacity; left out, they take as long as published last.
    budget
        The budget's loop; left out, family support is always as planned.
    """

    from_: Month = Field(alias="from")
    until: Month
    published: Published = Published()
    replicates: Annotated[int, Field(strict=True, ge=1, le=10_000)]
    price_base: PriceBase
    policy: Policy = Policy()
    pressure: Pressure
    workforce: Workforce | None = None
    courts: Courts | None = None
    prices: Prices
    supply: Supply = Supply()
    budget: Budget | None = None
    discount_rate_per_year: Value

    @model_validator(mode="after")
    def _order(self) -> "Settings":
        """Refuse a horizon that does not follow the branch, or lies more than 40 years off, and a branch before there are published years."""
        if month_index(self.from_) < month_index(f"{self.published.first}-04"):
            raise ValueError(f"from: {self.from_} is before the first published year has ended, expected {self.published.first}-04 or later")
        if month_index(self.until) <= month_index(self.from_):
            raise ValueError(f"until: {self.until} is not after from {self.from_}")
        if month_index(self.until) - month_index(self.from_) > 40 * 12:
            raise ValueError(f"until: {self.until} is more than 40 years after from {self.from_}")
        return self


class Expects(Frozen):
    """What a scenario is for, by which anybody can tell whether it does it (docs/reforms.md).

    Attributes
    ----------
    moves
        Measures it changes, and which way: the headline of the reform.
    leaves
        A measure that it does not change.
    """

    moves: Annotated[dict[Text, Literal["more", "fewer"]], Field(min_length=1)]
    leaves: Text


# `overlap`: how the levers of a file that puts several together act on the same children, in words.
SCENARIO_KEYS = (
    "name", "description", "extends", "without", "delay_months", "expects", "overlap", "pathway", "fitted", "settings", "levers", "set", "areas",
)  # fmt: skip
