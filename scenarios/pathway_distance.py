"""Where placements are, as a pathway file says it: how near to home, in the authority's area or out of it."""

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from scenarios.quantities import Frozen, Positive, Share, Sourced, Text, Value, check_shares

BANDS = ("in area, within 20 miles", "out of area, within 20 miles", "in area, over 20 miles", "out of area, over 20 miles")
BY_BAND = Annotated[tuple[Share, ...], Field(min_length=4, max_length=4)]
BY_LOCALITY = Annotated[tuple[Share, ...], Field(min_length=2, max_length=2)]


class BandShares(Sourced):
    """Share of each placement that begins in each band (see `BANDS`)."""

    shares: dict[Text, BY_BAND]

    @model_validator(mode="after")
    def _sums(self) -> "BandShares":
        for stage, row in self.shares.items():
            check_shares(row, f"shares: {stage}")
        return self


class LocalityShares(Sourced):
    """Share of each placement in the area and out of it, for children whose distance from home is not known."""

    shares: dict[Text, BY_LOCALITY]

    @model_validator(mode="after")
    def _sums(self) -> "LocalityShares":
        for stage, row in self.shares.items():
            check_shares(row, f"shares: {stage}")
        return self


class OddsLimits(Sourced):
    """Least and greatest multiple of the odds that use of places makes."""

    low: Positive
    high: Positive

    @model_validator(mode="after")
    def _hold_one(self) -> "OddsLimits":
        if self.low > 1 or self.high < 1:
            raise ValueError("low: with high it does not hold 1, expected low at most 1 and high at least 1")
        return self


class Distance(Frozen):
    """Where placements are.

    Attributes
    ----------
    families
        Shares by band, every placement named.
    unaccompanied
        In and out of the area, for unaccompanied children; those of families, both distances together, where a placement is not named.
    far_response_to_use
        Rise of the odds of over 20 miles as last month's use of a kind of place doubles its reference; 0: none.
    far_odds_limits
        Bounds of that multiple.
    pooled_far_odds
        What multiplies those odds where a region's pooling places a child with a neighbour.
    """

    families: BandShares
    unaccompanied: LocalityShares | None = None
    far_response_to_use: Value
    far_odds_limits: OddsLimits
    pooled_far_odds: Value

    @field_validator("far_response_to_use", "pooled_far_odds")
    @classmethod
    def _not_negative(cls, number: Value) -> Value:
        if number.value < 0:
            raise ValueError("value: is negative, expected 0 or more")
        return number

    def of_unaccompanied(self, stage: str) -> tuple[float, float]:
        """Return a placement's shares in and out of the area for unaccompanied children."""
        if self.unaccompanied and stage in self.unaccompanied.shares:
            return self.unaccompanied.shares[stage]
        near_in, near_out, far_in, far_out = self.families.shares[stage]
        return near_in + far_in, near_out + far_out
