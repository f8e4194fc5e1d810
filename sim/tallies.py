"""Put tallies together: months after months, authorities beside authorities, or only some months of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.kernels.layout import Tally

BY_MONTH = (
    "unit_days", "entered", "left", "entered_children", "left_children", "units_end", "children_end", "fired",
    "fired_children", "placement_days", "let_days", "paid_days", "dear_end", "started", "started_once", "ceased", "ceased_once", "looked_after_end",
    "where_end",
    "rereferred", "queue", "planned_actual", "apart", "far", "pressure", "work", "posts", "places_end", "price_end",
    "accounts_end", "repeat_plans", "court_work", "court_pressure", "supply",
    "short_plans", "by_quintile", "quintile_days", "returned", "escalated", "starts_after",
)  # fmt: skip
BY_AREA = (*BY_MONTH, "stay_days")


def after(first: Tally, second: Tally) -> Tally:
    """Return the tally of the months of one, then those of the other, which must follow."""
    months = first.units_end.shape[1]
    if int(second.first_month[0]) != int(first.first_month[0]) + months:
        raise ValueError("the second tally does not begin where the first ends")
    joined = {name: np.concatenate([getattr(first, name), getattr(second, name)], axis=1) for name in BY_MONTH}
    return first._replace(**joined, counters=first.counters + second.counters)


def beside(tallies: Sequence[Tally]) -> Tally:
    """Return the tally of several authorities over the same months, in the order given."""
    joined = {name: np.concatenate([getattr(tally, name) for tally in tallies]) for name in BY_AREA}
    return tallies[0]._replace(**joined, counters=sum(tally.counters for tally in tallies))


def only(tally: Tally, compiled: Any, months: Sequence[str]) -> Tally:
    """Return the tally of some consecutive months that it holds."""
    start = compiled.month(months[0]) - int(tally.first_month[0])
    span = slice(start, start + len(months))
    if start < 0 or start + len(months) > tally.units_end.shape[1]:
        raise ValueError(f"the tally does not hold {months[0]} to {months[-1]}")
    cut = {name: getattr(tally, name)[:, span] for name in BY_MONTH}
    return tally._replace(**cut, first_month=tally.first_month + start)
