"""The kinds of number a scenario is made of, each checked for type and range, and where they come from."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, StrictBool, StrictStr, model_validator

Status = Literal["published", "derived", "assumed"]

# No text that looks like a number, no truth value, no infinity.
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
NonNegative = Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Strict(), Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Strict(), Field(ge=0, le=1, allow_inf_nan=False)]
AgeYears = Annotated[float, Strict(), Field(ge=0, le=25, allow_inf_nan=False)]
AgeFromConception = Annotated[float, Strict(), Field(ge=-0.75, le=25, allow_inf_nan=False)]
WholeNumber = Annotated[int, Strict(), Field(ge=0)]
Text = Annotated[StrictStr, Field(min_length=1)]
Flag = StrictBool

CHILD_AGE_BANDS = ("under 1", "1-4", "5-9", "10-15", "16-17")
NEEDS = ("standard", "enhanced", "complex", "very complex")
BY_AGE = Annotated[tuple[NonNegative, ...], Field(min_length=5, max_length=5)]
BY_QUINTILE = Annotated[tuple[NonNegative, ...], Field(min_length=5, max_length=5)]
BY_NEEDS = Annotated[tuple[NonNegative, ...], Field(min_length=4, max_length=4)]
SHARE_TOLERANCE = 1e-6


class Frozen(BaseModel):
    """A checked piece of a scenario that cannot change; unknown keys are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


class Sourced(Frozen):
    """A number, or a set of numbers, with where it comes from and how far it may plausibly lie.

    Attributes
    ----------
    source
        Where it was read or how it was derived.
    status
        `published` (read in the source), `derived` (arithmetic on published figures) or `assumed` (a judgement).
    range
        Plausible low and high. Of hazards (`rates_per_year`) it is a multiplier of all of them where it holds 1,
        otherwise the range of their one rate; of everything else, the range of the number itself.
    """

    source: Text
    status: Status
    range: tuple[Number, Number] | None = None

    @model_validator(mode="after")
    def _range_in_order(self) -> "Sourced":
        if self.range and self.range[0] > self.range[1]:
            raise ValueError("range: runs from high to low, expected [low, high]")
        return self


class Value(Sourced):
    """One number with its source. `unit` says what it counts where its name does not."""

    value: Number
    unit: Text | None = None

    @model_validator(mode="after")
    def _within_range(self) -> "Value":
        if self.range and not self.range[0] <= self.value <= self.range[1]:
            raise ValueError(f"value: {self.value:g} lies outside its range {list(self.range)}")
        return self


def check_shares(shares: tuple[float, ...], name: str = "shares") -> None:
    """Raise ValueError unless shares sum to 1."""
    total = sum(shares)
    if abs(total - 1) > SHARE_TOLERANCE:
        raise ValueError(f"{name}: sum to {total:.6g}, expected 1")


def check_increasing(numbers: tuple[float, ...], name: str) -> None:
    """Raise ValueError unless numbers strictly increase."""
    for earlier, later in pairwise(numbers):
        if later <= earlier:
            raise ValueError(f"{name}: {later:g} follows {earlier:g}, expected increasing numbers")
