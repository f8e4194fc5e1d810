"""What all levers share: uncertain numbers read from YAML, a name, a start, and who pays.

Levers turn a reform, in a planner's terms, into the generic actions the engines interpret. Each lever's docstring
states its mechanism, its parameters with units, and how strong the evidence is. Effects are of those reached: effect
= reach * fidelity * effect on those reached. Programmes reach the same families, so ratios of two levers multiply
only where the same family is reached by both; where a lever provides places, reach is what the places allow and may
not be given as well (ruling 6).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, model_validator

from scenarios.actions import Action, FundedBy, Payer
from scenarios.distributions import Distribution, read_distribution
from scenarios.pathway_schema import Pathway
from scenarios.quantities import Frozen, NonNegative, Text
from scenarios.schema import Month
from scenarios.timeline import MONTH, MonthError, add_months

FEWEST_WORDS = 4  # of a statement of what a lever adds


def sentence(text: str) -> str:
    """Refuse a statement of less than four words."""
    if len(text.split()) < FEWEST_WORDS:
        raise ValueError(f"is {text!r}, expected a sentence of {FEWEST_WORDS} words or more, such as `as many families again as the grant reaches`")
    return text


def _above(low: float, name: str) -> Any:
    """Return a check that no draw can be below `low`."""
    def check(value: Distribution) -> Distribution:
        """Refuse a distribution that can be below `low`."""
        if value.bounds[0] < low:
            raise ValueError(f"can be {value.bounds[0]:g}, expected {name}")
        return value

    return check


def _share(value: Distribution) -> Distribution:
    """Refuse a distribution that can leave 0 to 1."""
    if value.bounds[0] < 0 or value.bounds[1] > 1:
        raise ValueError(f"can be {value.bounds[0]:g} to {value.bounds[1]:g}, expected a share from 0 to 1")
    return value


def added_share(value: Distribution) -> Distribution:
    """Refuse a share that is added in per cent."""
    low, high = value.bounds
    if low < -1 or high > 1:
        shown = f"is {low:g}" if low == high else f"can be {low:g} to {high:g}"
        raise ValueError(f"{shown}, expected a share that is added, from -1 to 1: 5 % more is 0.05")
    return value


def _positive(value: Distribution) -> Distribution:
    """Refuse a distribution that can be 0 or less."""
    if value.bounds[0] <= 0:
        raise ValueError(f"can be {value.bounds[0]:g}, expected more than 0")
    return value


# pydantic must not look inside Distribution: it is read by `read_distribution` alone.
Uncertain = Annotated[Any, BeforeValidator(read_distribution)]
Sentence = Annotated[Text, AfterValidator(sentence)]
UncertainShare = Annotated[Any, BeforeValidator(lambda data: _share(read_distribution(data)))]
UncertainAddedShare = Annotated[Any, BeforeValidator(lambda data: added_share(read_distribution(data)))]
UncertainAmount = Annotated[Any, BeforeValidator(lambda data: _above(0, "0 or more")(read_distribution(data)))]
UncertainPositive = Annotated[Any, BeforeValidator(lambda data: _positive(read_distribution(data)))]
ByMonth = dict[Month, NonNegative]


def _named(value: Any, path: str) -> Iterator[Distribution]:
    """Give every distribution in a lever its path as its name, the address of its draw; yield them."""
    if isinstance(value, Distribution):
        object.__setattr__(value, "name", path)
        yield value
    elif isinstance(value, BaseModel):
        for field in type(value).model_fields:
            yield from _named(getattr(value, field), f"{path}.{field}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _named(item, f"{path}.{key}")


def moved(value: Any, months: int) -> Any:
    """Return a lever, or plain data of one, with every month in it so many months later; what is no month is left to be refused where it is read."""
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: moved(getattr(value, name), months) for name in type(value).model_fields})
    if isinstance(value, dict):
        return {moved(key, months): moved(item, months) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(moved(item, months) for item in value)
    try:
        return add_months(value, months) if isinstance(value, str) and MONTH.fullmatch(value) else value
    except MonthError:
        return value


class Lever(Frozen, ABC):
    """What every lever has: a name (to tell two of a kind apart), a start, and who pays for it.

    `overlaps` names the kinds of lever that do the same for the same children. Where the scenario below holds one of them, or committed policy that
    acts on the same in the same direction (`scenarios.overlaps`), `beyond_baseline` has to say in words what this one adds to it: nothing is
    credited twice.

    Attributes
    ----------
    name
        What the lever is called, a part of the address of its random draws: its kind, unless the file says otherwise, as it must for two of a kind.
    start
        First month in which it acts or costs.
    beyond_baseline
        What it adds to a lever below it, or to committed policy, that does the same.
    payer
        Who bears its costs.
    funded_by
        Whether what the authority spends on it comes out of its own budget or out of a grant.
    """

    kind: ClassVar[str]
    overlaps: ClassVar[tuple[str, ...]] = ()
    name: Text
    start: Month
    beyond_baseline: Sentence | None = None
    payer: Payer = "authority"
    funded_by: FundedBy = "authority"

    @model_validator(mode="after")
    def _addresses(self) -> "Lever":
        """Name every distribution by its path before it is drawn."""
        for _ in _named(self, self.name):
            pass
        return self

    @abstractmethod
    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return what the lever does on a pathway."""

    def distributions(self) -> Iterator[Distribution]:
        """Yield every uncertain number of the lever, each bearing its path as its name."""
        yield from _named(self, self.name)

    def first_month(self) -> str:
        """Return the month before which the lever changes nothing."""
        return self.start
