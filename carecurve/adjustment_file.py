"""The file of `carecurve forecast --adjust`: dated changes of a forecast from records, each in a stated unit.

A number without a unit is refused, and so are two units of one change: existing tools have read one child a month as a rate for each child a day.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from scenarios.documents import Document, read_document
from scenarios.faults import ScenarioError
from scenarios.quantities import Frozen, Number, Text, WholeNumber
from scenarios.timeline import MonthError, MonthSeries, add_months, month_index, months_between
from scenarios.validation import validate
from sim.caseload import AGE_BANDS, PLACEMENTS

MOST_RATIO = 10.0  # of a hazard, a weight or a price: more is likelier a percentage than a ratio
RATIO, CHILDREN_PER_MONTH, GBP_PER_WEEK = "ratio", "children_per_month", "gbp_per_week"
EXAMPLES = {RATIO: "{ratio: 1.1}", CHILDREN_PER_MONTH: "{children_per_month: -2}", GBP_PER_WEEK: "{gbp_per_week: -200}"}
Ratio = Annotated[float, Field(strict=True, ge=0, le=MOST_RATIO, allow_inf_nan=False)]


def _some(items: object) -> object:
    """Return a list, or whatever is none; raise ValueError if it is empty (a limit of length would also complain of lists with faults in them)."""
    if items == []:
        raise ValueError("is empty; expected one or more")
    return items


AgeBands = Annotated[tuple[Literal[AGE_BANDS], ...], BeforeValidator(_some)]
Placements = Annotated[tuple[Literal[PLACEMENTS], ...], BeforeValidator(_some)]


def _month(text: object) -> str:
    """Return a month written YYYY-MM; raise ValueError for anything else."""
    try:
        month_index(text)
    except MonthError as error:
        raise ValueError(str(error)) from None
    return str(text)


Month = Annotated[str, BeforeValidator(_month)]


class _Change(Frozen):
    """How much something changes: one unit of those it may have."""

    @model_validator(mode="before")
    @classmethod
    def _in_one_unit(cls, data: Any) -> Any:
        """Refuse a number without a unit, a unit there is none of, and two of them."""
        units = list(cls.model_fields)
        expected = " or ".join(EXAMPLES[unit] for unit in units)
        if not isinstance(data, dict):
            raise ValueError(f"has no unit; expected {expected}")
        for name in data:
            if name not in units:
                raise ValueError(f"{name}: is no unit of this change; expected {expected}")
        if len(data) > 1:
            raise ValueError(f"is given as {' and as '.join(data)}; expected one of them: {expected}")
        if not data:
            raise ValueError(f"is empty; expected {expected}")
        return data


class RatioChange(_Change):
    """What a hazard or a weight is multiplied by."""

    ratio: Ratio


class EntriesChange(_Change):
    """What children coming into care are multiplied by, or how many come in more (fewer if negative) in a month, all stated ages together."""

    ratio: Ratio | None = None
    children_per_month: Number | None = None


class PriceChange(_Change):
    """What prices are multiplied by, or how many pounds a week they are higher (lower if negative), at constant prices."""

    ratio: Ratio | None = None
    gbp_per_week: Number | None = None


class Dated(Frozen):
    """When a change is in force.

    Attributes
    ----------
    start
        The first month; that of the forecast if not given.
    ramp_months
        It rises to full strength in so many equal steps, the first in `start`; at once if 0.
    end
        The last month; to the end of the forecast if not given.
    """

    start: Month | None = None
    ramp_months: WholeNumber = 0
    end: Month | None = None

    @model_validator(mode="after")
    def _ends_after_it_rises(self) -> Self:
        """Refuse an end before the change is in full force."""
        if self.start is not None and self.end is not None and months_between(self.start, self.end) + 1 < max(self.ramp_months, 1):
            full = add_months(self.start, max(self.ramp_months, 1) - 1)
            raise ValueError(f"end: {self.end} is before what starts in {self.start} is in full force; expected {full} or later")
        return self

    def phase(self, first: str, months: int) -> tuple[float, ...]:
        """Return the share of the change in force in each of so many months from `first` (a month) on."""
        window = MonthSeries.window(self.start or first, self.ramp_months)
        ended = month_index(self.end) + 1 if self.end else None
        at = range(month_index(first), month_index(first) + months)
        return tuple(0.0 if ended is not None and month >= ended else window.at(month) for month in at)


class Entries(Dated):
    """Children who start to be looked after, of some ages (all if not given)."""

    change: EntriesChange
    age_bands: AgeBands = AGE_BANDS


class Leaving(Dated):
    """The hazard of leaving care before 18, of some ages in some placements (all if not given)."""

    change: RatioChange
    age_bands: AgeBands = AGE_BANDS
    placements: Placements = PLACEMENTS


class Moving(Dated):
    """The hazard of moving to another placement, out of some placements (all if not given)."""

    change: RatioChange
    placements: Placements = PLACEMENTS


class PlacementChoice(Dated):
    """The weight of some placements among those a child may be given."""

    change: RatioChange
    placements: Placements


class Price(Dated):
    """The price of some placements (all if not given), those that run already included."""

    change: PriceChange
    placements: Placements = PLACEMENTS


class Adjustment(Frozen):
    """One change, of one of these."""

    entries: Entries | None = None
    leaving: Leaving | None = None
    moving: Moving | None = None
    placement_choice: PlacementChoice | None = None
    price: Price | None = None

    @model_validator(mode="after")
    def _of_one_thing(self) -> Self:
        """Refuse an adjustment of nothing, or of several things, whose order would not be clear."""
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            what = f"changes {' and '.join(given)}" if given else "changes nothing"
            raise ValueError(f"{what}; expected one of {', '.join(type(self).model_fields)} in each item of the list")
        return self

    @property
    def what(self) -> str:
        """What is changed: a name of the fields."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def of(self) -> Dated:
        """How it is changed, and when."""
        return getattr(self, self.what)


class Adjustments(Frozen):
    """A file of adjustments."""

    name: Text
    description: Text | None = None
    adjustments: Annotated[tuple[Adjustment, ...], BeforeValidator(_some)]


def read_adjustments(path: Path) -> tuple[Adjustments, Document]:
    """Return a file's adjustments, and the file, for faults that only a forecast shows.

    Raises
    ------
    ScenarioError
        With every fault as file:line:column: path: what is wrong, what was expected.
    """
    document = read_document(path)
    found, faults = validate(Adjustments, document)
    if found is None or document.faults:
        raise ScenarioError([*document.faults, *faults])
    return found, document
