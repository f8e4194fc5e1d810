"""What a measure is: what is counted, of whom, when, by which rule, and how months and areas add up."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Over = Literal["sum", "mean", "last"]
Role = Literal["input", "fitted", "outcome", ""]
CHILDREN, EPISODES, PER_CENT = "children", "children (each time)", "per cent"
START_AGES = ("under_1", "1_to_4", "5_to_9", "10_to_15", "16_plus")
CEASED_AGES = ("under_1", "1_to_4", "5_to_9", "10_to_15", "16", "17", "18_plus")


@dataclass(frozen=True)
class Measure:
    """One measure.

    Attributes
    ----------
    name, label, unit
        Column name, words, and unit.
    who, when, once_a_year, excludes
        Who is counted; at which event or date; whether a child counts once a financial year; who is left out.
    over
        How months make a year: `sum` of a flow, `mean` of a level, `last` for a stock at 31 March.
    role
        Against published figures (ruling 29): `input` (imposed), `fitted`, `outcome`; empty where nothing is
        published.
    count
        Function of `Counts` giving the count by area and month (A, T); None for ratios.
    ratio_of
        For ratios: the two measures divided, and what the quotient is multiplied by.
    headline
        Whether monthly values are kept.
    published
        The panel's column, if there is one.
    grossed_by
        Which published total carries it from the panel's authorities to England: `referrals`, `cla`, `population`.
    published_lag
        Years by which the panel's row that holds for a year is named earlier.
    """

    name: str
    label: str
    unit: str
    who: str = ""
    when: str = ""
    once_a_year: bool = False
    excludes: str = ""
    over: Over = "sum"
    role: Role = ""
    count: Callable[[Any], Any] | None = None
    ratio_of: tuple[str, str, float] | None = None
    headline: bool = False
    published: str | None = None
    grossed_by: str = "cla"
    published_lag: int = 0


def flow(name: str, label: str, count: Callable[[Any], Any], unit: str = CHILDREN, **more: Any) -> Measure:
    """Return a measure whose months add up to a year.

    Parameters
    ----------
    more
        Other attributes of `Measure`. A published column is given by its role: `fitted="icpc"` stands for
        `role="fitted", published="icpc"`, so that neither is without the other; None is neither.
    """
    return Measure(name, label, unit, over="sum", count=count, **_with_role(more))


def stock(name: str, label: str, count: Callable[[Any], Any], unit: str = CHILDREN, **more: Any) -> Measure:
    """Return a measure of 31 March; `more` as in `flow`."""
    return Measure(name, label, unit, when="31 March", over="last", count=count, **_with_role(more))


def level(name: str, label: str, count: Callable[[Any], Any], unit: str, **more: Any) -> Measure:
    """Return a measure whose year is the mean of its months; `more` as in `flow`."""
    return Measure(name, label, unit, over="mean", count=count, **_with_role(more))


def ratio(name: str, label: str, top: str, bottom: str, times: float = 100.0, unit: str = PER_CENT, **more: Any) -> Measure:
    """Return `times` one measure over another; `more` as in `flow`."""
    return Measure(name, label, unit, ratio_of=(top, bottom, times), **_with_role(more))


def _with_role(more: dict[str, Any]) -> dict[str, Any]:
    """Return attributes of `Measure` with a published column's role, and the column, in place of `role=column`."""
    columns = {role: more.pop(role) for role in ("input", "fitted", "outcome") if role in more}
    for role, column in columns.items():
        if column:
            more |= {"role": role, "published": column}
    return more
