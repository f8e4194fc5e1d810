"""Links of the feedback loops of care: entries, places, market, money, help. What one quantity does to another.

Each function returns the target with the source at `times` its value, asked of the engine's own functions. Instantaneous answers (use, the price of
a day) are read at once; what works through months with the source held for `point.months`. Where rules are hazards, flows follow the stocks they
act on: as many children as transitions fired for in the year, times what the stock or the pace is multiplied by. Units cancel: only ratios of what
is returned are used.
"""

from __future__ import annotations

import numpy as np

from sim.kernels import layout as L
from sim.kernels.budget import (
    BUDGET,
    LEVEL,
    NEED_RESPONSE,
    PLANNED,
    RESERVES,
    RING_FENCED,
    SPENT,
    month_of_care,
    need,
    open_month,
    places_afforded,
)
from sim.kernels.compiling import entry
from sim.kernels.distance import HIGH, LOW, RESPONSE, far_odds
from sim.kernels.feedback import respond
from sim.kernels.places import match_probability
from sim.kernels.supply import HELD, MONTHS_KEPT, OPENED, OPENING, SHIFT, SHIFTED, supply_month
from sim.kernels.supply import RESPONSE as OPENS_MORE
from sim.loop_point import Point
from sim.loop_stages import flow_from, in_care, of_families


@entry
def _chance_of_a_fit(p, vacancies):
    """Return the probability that one of some vacancies fits (the kernel itself is called by kernels alone)."""
    return match_probability(p, vacancies)


# ---------------------------------------------------------------- care


def families_on_entries(point: Point, times: float) -> float:
    """Children entering care in a year, with more families in need."""
    return flow_from(point, np.where(entering_care(point), point.fired, 0.0), of_families(point), times)


def entering_care(point: Point) -> list[bool]:
    """Return which transitions take a family's children into care (K)."""
    m = point.arrays
    return [any(e["op"] == L.CARE_ENTRY for e in m.effects[s["effect"] : s["effect"] + s["n_effects"]]) for s in m.transitions]


def entries_on_looked_after(point: Point, times: float) -> float:
    """Children looked after, with more entering from families: stays are as long, so the stock follows its inflow."""
    m = point.arrays
    again = sum(fired for fired, step in zip(point.fired, m.transitions, strict=True) if step["target"] >= 0 and in_care(point)[step["target"]])
    total = float(point.entered[in_care(point)].sum())
    return total + (times - 1.0) * max(total - again - point.alone, 0.0)


def _held(point: Point) -> np.ndarray:
    """Return children in each kind of place that vacancies of fit or do not (P), 0 in others: help for families."""
    m = point.arrays
    held = np.zeros(len(m.market))
    for stage, place in enumerate(m.place_of_stage):
        if place >= 0 and m.place_track[place] < 0:
            held[place] += point.children[stage]
    return held


def looked_after_on_use(point: Point, times: float) -> float:
    """Use of places for children (filled over usable), with more children in care."""
    return float((_held(point) * times).sum() / _usable(point).sum()) if _held(point).any() else 0.0


def places_on_use(point: Point, times: float) -> float:
    """Use of places for children, with more of them usable."""
    return float(_held(point).sum() / (_usable(point) * times).sum()) if _held(point).any() else 0.0


def _usable(point: Point) -> np.ndarray:
    """Return places at which the children there would be the reference use (P)."""
    return _held(point) / np.maximum(point.arrays.reference_use[0], 1e-9)


def _over_kinds(point: Point, values: list[float]) -> float:
    """Return the mean over kinds of place for children, weighted by the children there."""
    held = _held(point)
    return float((held * np.array(values)).sum() / held.sum()) if held.sum() > 0.0 else 0.0


def use_on_price(point: Point, times: float) -> float:
    """Price asked for places, with more of them used for some months; those an authority owns cost what they cost."""
    m, values = point.arrays, []
    for place, rules in enumerate(m.price_rules):
        price, reference = 1.0, m.reference_use[0, place]
        for _ in range(point.months):
            price = respond(price, reference * times, reference, rules[0], rules[1], rules[2], rules[3])
        values.append(price)
    return _over_kinds(point, values)


def use_on_far(point: Point, times: float) -> float:
    """Odds that a placement is over 20 miles from home, with more places used."""
    m, rules = point.arrays, point.arrays.distance_rules
    return _over_kinds(point, [far_odds(use * times, use, rules[RESPONSE], rules[LOW], rules[HIGH]) for use in m.reference_use[0]])


def _planned(point: Point) -> list[tuple[int, int, float]]:
    """Return the placements planned for that have places of their own: stage, kind of place, and children in a placement of the type."""
    m = point.arrays
    stages = [int(stage) for i, stage in enumerate(m.plan_stages) if m.place_of_stage[stage] >= 0 and m.plan_weights[..., i].any()]
    return [(stage, int(m.place_of_stage[stage]), float(point.children[m.stages["type"] == m.stages["type"][stage]].sum())) for stage in stages]


def _misfit(point: Point, place: int, times: float = 1.0) -> float:
    """Return the chance that no vacancy fits a child of standard needs, with some times as many places used."""
    m = point.arrays
    vacant = _usable(point)[place] * max(1.0 - m.reference_use[0, place] * times, 0.0)
    return 1.0 - float(_chance_of_a_fit(float(m.match_by_needs[place, 0]), float(vacant)))


def use_on_misfits(point: Point, times: float) -> float:
    """Children whom no vacancy of the placement planned fits, with fewer vacant."""
    return sum(children * _misfit(point, place, times) for _, place, children in _planned(point))


def misfits_on_cost(point: Point, times: float) -> float:
    """Cost of care, with more children down the overflow list: what the first placement there costs over the one planned."""
    m, extra = point.arrays, 0.0
    for stage, place, children in _planned(point):
        if m.overflow[stage, 0] >= 0:
            dearer = m.care_cost[0, m.overflow[stage, 0]] - m.care_cost[0, stage]
            extra += children * _misfit(point, place) * dearer * _days(point)
    return _cost(point) + (times - 1.0) * extra


# ---------------------------------------------------------------- supply


def _supply(point: Point, times: float, column: int, keep: int | None = None, opening: float = 1.0) -> float:
    """Return places usable, or opened or shifted in all, after months of a use; `keep` is the only response that answers."""
    m = point.arrays
    rules, scale = m.supply_rules.copy(), m.supply_scale.copy()
    for response in (OPENS_MORE, SHIFT):
        if keep is not None and response != keep:
            rules[:, response] = 0.0
    scale[..., OPENING] *= opening
    other = point.with_arrays(supply_rules=rules, supply_scale=scale)
    held = m.supply_planned[0, :, point.month].copy()
    begun, counted = np.ones((len(held), MONTHS_KEPT)), np.zeros((len(held), 4))
    use = m.reference_use[0] * times
    total = 0.0
    for month in range(point.month, point.month + point.months):
        supply_month(other.handle.address, held, begun, counted, use, 0, month)
        total += counted[:, column].sum()
    return float(held.sum() if column == HELD else total)


def use_on_opened(point: Point, times: float) -> float:
    """Places that providers open in some months, with more of theirs used."""
    return _supply(point, times, OPENED, keep=OPENS_MORE)


def opened_on_places(point: Point, times: float) -> float:
    """Usable places, with more opened."""
    return _supply(point, 1.0, HELD, opening=times)


def use_on_share(point: Point, times: float) -> float:
    """Places an authority has over those it had, after months of more use: its share of the market shifts."""
    held = float(point.arrays.supply_planned[0, :, point.month].sum())
    return 1.0 + _supply(point, times, SHIFTED, keep=SHIFT) / held if held > 0.0 else 0.0


def share_on_places(point: Point, times: float) -> float:
    """Usable places, with more of them an authority's share."""
    return times


# ---------------------------------------------------------------- money


def _days(point: Point) -> float:
    months = point.arrays.month_start
    return float(months[point.month + 1] - months[point.month])


def _cost(point: Point, children: float = 1.0, price: float = 1.0) -> float:
    """Return pounds that care costs in a month, with some times the children, and some times the price of a market's places."""
    m = point.arrays
    units = np.round(point.children * children * 1000.0).astype(np.int64)  # thousandths of a child: the kernel counts whole ones
    market = np.array([place >= 0 and m.market[place] == 1 for place in m.place_of_stage])
    let = np.round(units * L.WHOLE_PRICE * np.where(market, price, 1.0)).astype(np.int64)
    return float(month_of_care(point.handle.address, units, let, 0, point.month)) / 1000.0


def looked_after_on_cost(point: Point, times: float) -> float:
    """Cost of care, with more children in care and after it."""
    return _cost(point, children=times)


def price_on_cost(point: Point, times: float) -> float:
    """Cost of care, with a market's places dearer."""
    return _cost(point, price=times)


def cost_on_overspend(point: Point, times: float) -> float:
    """Cost of care over its budget, as a ratio."""
    return times


def budget_on_overspend(point: Point, times: float) -> float:
    """Cost of care over its budget, as a ratio, with more budgeted."""
    return 1.0 / times


def _settled(point: Point, over: float) -> np.ndarray:
    """Return the accounts once a year is settled in which care cost some times its budget."""
    m = point.arrays
    april = [i for i in range(1, len(m.financial_year)) if m.financial_year[i] != m.financial_year[i - 1] and i > m.unpublished_from[0]]
    accounts = np.zeros(5)
    accounts[BUDGET] = 12.0 * _cost(point)
    accounts[SPENT], accounts[RESERVES], accounts[LEVEL], accounts[PLANNED] = over * accounts[BUDGET], 0.0, point.level, 1.0
    if april:
        open_month(point.handle.address, accounts, 0, april[0])
    return accounts


def overspend_on_support(point: Point, times: float) -> float:
    """Family support next year, over what was planned, with more overspent."""
    return float(_settled(point, times)[LEVEL])


def cost_on_budget(point: Point, times: float) -> float:
    """Next year's budget for care, with more spent this year."""
    return float(_settled(point, times)[BUDGET])


def support_on_places(point: Point, times: float) -> float:
    """Places of help, with more family support."""
    m = point.arrays
    return float(sum(
        places_afforded(float(m.places[0, p, point.month]), float(m.saveable[0, p, point.month]), point.level * times)
        for p in range(len(m.place_track)) if m.place_track[p] >= 0
    ))  # fmt: skip


def support_on_entries(point: Point, times: float) -> float:
    """Children entering care in a year, with more family support: hazards that follow need answer it."""
    m = point.arrays
    rules, planned = m.budget_rules, float(m.support_planned[point.month])
    before, after = (need(planned, level, rules[RING_FENCED], rules[NEED_RESPONSE]) for level in (point.level, point.level * times))
    follows = m.row_driver[m.transitions["row"]] == L.FAMILY_SUPPORT
    entries = np.where(entering_care(point), point.fired, 0.0)
    return float(np.where(follows, entries * after / before, entries).sum())


def places_on_waiting(point: Point, times: float) -> float:
    """Families waiting for help, for each place, with more places: as many fewer wait, where any do."""
    return max(point.waiting + 1.0 - times, 0.0) if point.waiting > 0.0 else 0.0


def waiting_on_families(point: Point, times: float) -> float:
    """Children in need, with more families waiting for help: their hazards of escalating run on as they wait."""
    m, need = point.arrays, of_families(point)
    helped = np.array([m.stages[i]["place"] >= 0 for i in range(len(m.stages))]) & need
    referral = point.rows(lambda stage: stage["followed"] == L.REFERRED)
    exposed = np.array([
        helped[step["stage"]] and step["when"] == L.WHEN_ALWAYS and step["target"] >= 0 and need[step["target"]]
        and m.case_weights[step["target"]] > 0.0 for step in m.transitions
    ])  # fmt: skip
    more = float(point.fired[exposed].sum()) * (point.waiting * (times - 1.0)) / (1.0 + point.waiting)
    return float(point.entered[referral].sum()) + more
