"""What is attributed to a reform's parts: money, children in care, and what net cost is made of; worked out from measures and lines of cost.

Items of net cost are differences from the baseline, and not linear in weeks and prices; Shapley values of an item are linear in the item. So they
add up over parts to the item, and over items to what a part does to net cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.measures import MEASURES
from sim.placement_bridge import PLACEMENTS, PRICED, items, priced
from sim.results import Results


@dataclass(frozen=True)
class Attributed:
    """A quantity whose difference is attributed; `over` says how years make the horizon: their `sum`, or the `last`."""

    name: str
    label: str
    unit: str
    over: str
    grossed_by: str


QUANTITIES: dict[str, Attributed] = {
    one.name: one
    for one in (
        Attributed("net_cost", "Net cost to the authority", "GBP", "sum", "spend"),
        Attributed("exchequer_cost", "Cost to the exchequer", "GBP", "sum", "spend"),
        *(
            Attributed(name, MEASURES[name].label, MEASURES[name].unit, MEASURES[name].over, MEASURES[name].grossed_by)
            for name in ("cla_at31", "cla_started", "days_in_care")
        ),
    )
}
OWN, OTHER = "reform_lines", "other_lines"
# What net cost is made of: placements as `sim.placement_bridge` splits them, and lines of cost beside them. They add up to it.
ITEMS: dict[str, Attributed] = {
    name: Attributed(name, label, "GBP", "sum", "spend")
    for name, label in (
        (OWN, "The reform's own lines"),
        *((f"placements_{part}", label) for part, label in PLACEMENTS.items()),
        (OTHER, "Other lines"),
    )
}
ATTRIBUTED = QUANTITIES | ITEMS


def counted(annual: np.ndarray, costs: np.ndarray, payers: Mapping[str, str], own: set[str]) -> np.ndarray:
    """Return what attribution is worked out from (..., C, Y): `QUANTITIES`, the reform's own lines, and `PRICED` of all placements.

    Parameters
    ----------
    annual, costs, payers
        Measures (..., M, Y), lines of cost (..., L, Y), and who pays each of these lines.
    own
        The reform's own lines (`sim.results.brought`).
    """
    paid = {line: i for i, (line, payer) in enumerate(payers.items()) if payer == "authority"}
    placed = priced(annual, costs, list(payers))
    measures = [annual[..., list(MEASURES).index(name), :] for name in list(QUANTITIES)[2:]]
    ours = costs[..., [i for line, i in paid.items() if line in own], :].sum(axis=-2)
    return np.stack([costs[..., list(paid.values()), :].sum(axis=-2), costs.sum(axis=-2), *measures, ours, *placed.values()], axis=-2).astype(float)


def of_results(results: Results, own: set[str]) -> np.ndarray:
    """Return what attribution is worked out from, of results already there (A, R, C, Y)."""
    return counted(results.annual.to_numpy(), results.costs.to_numpy(), {key: line["payer"] for key, line in results.lines.items()}, own)


def attributed(of: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Return `ATTRIBUTED` of a combination (..., Q, Y) from what is counted of it and of the baseline (..., C, Y); items are differences."""
    n = len(QUANTITIES)
    before, after = (dict(zip(PRICED, np.moveaxis(one, -2, 0)[n + 1 :], strict=True)) for one in (baseline, of))
    change = of - baseline
    own, split = change[..., n, :], items(before, after)
    other = change[..., 0, :] - own - (after["gbp"] - before["gbp"])
    return np.concatenate([of[..., :n, :], np.stack([own, *split.values(), other], axis=-2)], axis=-2)
