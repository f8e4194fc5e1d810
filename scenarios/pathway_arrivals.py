"""Who arrives on the pathway: streams, and the make-up of families at their first referral."""

from pydantic import Field, model_validator

from scenarios.quantities import (
    AgeFromConception,
    AgeYears,
    Frozen,
    NonNegative,
    Positive,
    Share,
    Sourced,
    Text,
    Value,
    check_increasing,
    check_shares,
)

STREAM_NAMES = ("family", "uasc", "uasc_pass_through", "disabled")  # as the engine knows them


class ArrivesInCare(Frozen):
    """A child who arrives straight in care, under a legal status."""

    legal_status: Text


class Ages(Sourced):
    """Ages at arrival, in years, and the share at each."""

    values: tuple[AgeYears, ...]
    shares: tuple[Share, ...]

    @model_validator(mode="after")
    def _shares(self) -> "Ages":
        if len(self.values) != len(self.shares):
            raise ValueError(f"shares: {len(self.shares)} for {len(self.values)} ages, expected one each")
        check_shares(self.shares)
        return self


class Stream(Frozen):
    """A kind of arrival: where it starts, and the area-profile quantity that counts it per year."""

    quantity: Text
    arrives_at: Text | None = None
    arrives_in_care: ArrivesInCare | None = None
    ages_years: Ages | None = None

    @model_validator(mode="after")
    def _one_start(self) -> "Stream":
        if (self.arrives_at is None) == (self.arrives_in_care is None):
            raise ValueError("needs one of arrives_at and arrives_in_care")
        return self


class Shares(Sourced):
    """Shares that sum to 1."""

    shares: tuple[Share, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sum(self) -> "Shares":
        check_shares(self.shares)
        return self


class ChildrenShares(Shares):
    """Shares of families with 1, 2, … children at first referral (8 slots)."""

    shares: tuple[Share, ...] = Field(min_length=1, max_length=8)


class NeedsShares(Shares):
    """Shares of children with standard, enhanced, complex and very complex needs."""

    shares: tuple[Share, ...] = Field(min_length=4, max_length=4)


class AgeShares(Sourced):
    """Shares of ages between band edges, in years; before birth is negative."""

    bands: tuple[AgeFromConception, ...] = Field(min_length=2)
    shares: tuple[Share, ...]

    @model_validator(mode="after")
    def _bands(self) -> "AgeShares":
        check_increasing(self.bands, "bands")
        if len(self.shares) != len(self.bands) - 1:
            raise ValueError(
                f"shares: {len(self.shares)} for {len(self.bands)} band edges, expected one fewer than edges"
            )
        check_shares(self.shares)
        return self


class Spacing(Sourced):
    """A uniform spread, in years."""

    low: NonNegative
    high: Positive

    @model_validator(mode="after")
    def _order(self) -> "Spacing":
        if self.low > self.high:
            raise ValueError(f"low: {self.low:g} is above high {self.high:g}")
        return self


class LaterBirths(Sourced):
    """Births into known families: per family and year, while the youngest child is younger than stated."""

    per_year: NonNegative
    until_youngest_years: AgeYears


class SiblingsEntering(Sourced):
    """Whether all siblings enter care together, and if not, whether each of the others does."""

    all_enter: Share
    each_enters: Share


class Families(Frozen):
    """Who a family is when it is first referred.

    What a pathway can do without may be left out: children and their ages if nobody arrives at home, gaps and siblings
    if families have one child, births (none), needs (standard), the gradient by deprivation (none).
    """

    children: ChildrenShares | None = None
    youngest_age_years: AgeShares | None = None
    sibling_gap_years: Spacing | None = None
    later_births: LaterBirths | None = None
    siblings_entering_care: SiblingsEntering | None = None
    needs: NeedsShares | None = None
    quintile_gradient_per_decile: Value | None = None

    @property
    def needs_shares(self) -> tuple[float, ...]:
        """Shares of children by needs; all standard if none are stated."""
        return self.needs.shares if self.needs else (1.0, 0.0, 0.0, 0.0)

    @property
    def have_siblings(self) -> bool:
        """Whether a family can have more than one child."""
        return bool((self.children and len(self.children.shares) > 1) or (self.later_births and self.later_births.per_year > 0))
