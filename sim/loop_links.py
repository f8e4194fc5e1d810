"""What a quantity of the system does to another, asked of the engine's own functions: each returns the target with the source at `times` its value.

Instantaneous answers (pace, pressure, price of a day) are read at once; what works through months (posts, places, prices asked) with the source held
for `point.months`. Where rules are hazards, flows follow the stocks they act on: as many children as transitions fired for in the year, times what
the stock or the pace is multiplied by. Units cancel: only ratios of what is returned are used.
"""

from __future__ import annotations

import numpy as np

from sim.kernels import layout as L
from sim.kernels.budget import BUDGET, LEVEL, RESERVES, SPENT, month_of_care, open_month, places_afforded
from sim.kernels.compiling import entry
from sim.kernels.courts import MONTHS, REFERENCE, court_pace, court_pressure
from sim.kernels.distance import HIGH, LOW, RESPONSE, far_odds
from sim.kernels.feedback import pace_under, respond, work_in_hand
from sim.kernels.places import match_probability
from sim.kernels.supply import HELD, MONTHS_KEPT, OPENED, OPENING, SHIFT, SHIFTED, supply_month
from sim.kernels.supply import RESPONSE as OPENS_MORE
from sim.kernels.workforce import AGENCY, JOIN, LAG, LEAVE, PERMANENT, VACANT, move_posts, staff_month
from sim.loop_point import Point

FAMILY_LAST = L.SUPPORT  # tracks up to here are a family's


@entry
def _chance_of_a_fit(p, vacancies):
    """Return the probability that one of some vacancies fits (the kernel itself is called by kernels alone)."""
    return match_probability(p, vacancies)


# ---------------------------------------------------------------- whom a stage concerns


def of_families(point: Point) -> np.ndarray:
    """Return the stages of families short of proceedings (S)."""
    return point.rows(lambda stage: stage["track"] <= FAMILY_LAST) & (point.arrays.in_court == 0)


def in_court(point: Point) -> np.ndarray:
    """Return the stages that courts work on (S)."""
    return point.arrays.in_court == 1


def of_children(point: Point) -> np.ndarray:
    """Return the stages of children in care and after it (S)."""
    return point.rows(lambda stage: stage["track"] > FAMILY_LAST)


def in_care(point: Point) -> np.ndarray:
    """Return the stage, one, that is being looked after (S)."""
    return point.rows(lambda stage: stage["in_care"])


def _work(point: Point, which: np.ndarray, times: float) -> float:
    cases = point.children * np.where(which, times, 1.0)
    return work_in_hand(point.arrays.case_weights, cases)


def families_on_work(point: Point, times: float) -> float:
    """Work in hand, with more families in need."""
    return _work(point, of_families(point), times)


def proceedings_on_work(point: Point, times: float) -> float:
    """Work in hand, with more sets of proceedings open."""
    return _work(point, in_court(point), times)


def looked_after_on_work(point: Point, times: float) -> float:
    """Work in hand, with more children in care and after it."""
    return _work(point, of_children(point), times)


# ---------------------------------------------------------------- teams


def _capacity(point: Point, permanent: float = 1.0, agency: float = 1.0) -> float:
    """Return the cases at which pressure is 1 with some times the workers there are, who stay as many."""
    m = point.arrays
    published, rules = m.posts[0, point.month], m.workforce_rules.copy()
    rules[LAG] = np.inf
    posts = published * np.array([permanent, agency, 1.0])
    follows = point.month >= m.workforce_from[0]
    capacity = float(m.team_capacity[0, point.month])
    return float(staff_month(posts, published, np.zeros(2), rules, capacity, point.pressure * capacity, bool(follows)))


def work_on_pressure(point: Point, times: float) -> float:
    """Pressure on teams, with more work in hand."""
    return point.pressure * times


def capacity_on_pressure(point: Point, times: float) -> float:
    """Pressure on teams, with more capacity and the same work."""
    return point.pressure / times


def employed_on_capacity(point: Point, times: float) -> float:
    """Capacity of teams, with more social workers employed."""
    return _capacity(point, permanent=times)


def agency_on_capacity(point: Point, times: float) -> float:
    """Capacity of teams, with more agency workers."""
    return _capacity(point, agency=times)


def pressure_on_pace(point: Point, times: float) -> float:
    """Pace of what teams work on, under more pressure."""
    return float(pace_under(point.pressure * times, point.arrays.team_response[0]))


def pace_on_families(point: Point, times: float) -> float:
    """Children in need, with teams working at another pace: stays in stages last as long as their ways out take."""
    return _stock_under(point, of_families(point), L.SOCIAL_WORK, times)


def _stock_under(point: Point, which: np.ndarray, driver: int, times: float) -> float:
    """Return children in some stages when a driver's pace changes and as many come: stays scale with the ways out, weighted as they fired."""
    m, total = point.arrays, 0.0
    for stage in np.flatnonzero(which):
        record = m.stages[stage]
        ways = np.arange(record["first"], record["first"] + record["n"])
        ways = ways[m.transitions["target"][ways] != L.STAY]
        left = point.fired[ways]
        if left.sum() <= 0.0 or (driver == L.SOCIAL_WORK and record["case_weight"] <= 0.0):
            continue
        driven = m.row_driver[m.transitions["row"][ways]] == driver
        total += point.children[stage] * left.sum() / (left * np.where(driven, times, 1.0)).sum()
    return total


def _posts_after(point: Point, pressure: float, leaving: float = 1.0) -> np.ndarray:
    """Return posts (permanent, agency, vacant) after months of a pressure, some times as many leaving."""
    m = point.arrays
    posts, start, flows = m.posts[0, point.month].copy(), m.posts[0, point.month].copy(), m.post_flows[0].copy()
    flows[LEAVE] *= leaving
    if point.month >= m.workforce_from[0]:
        for _ in range(point.months):
            move_posts(posts, start, flows, m.workforce_rules, pressure)
    return posts


def pressure_on_leavers(point: Point, times: float) -> float:
    """Social workers leaving in a month, under more pressure."""
    m = point.arrays
    if point.month < m.workforce_from[0]:
        return float(m.posts[0, point.month, PERMANENT] * m.post_flows[0, LEAVE])
    posts, start = m.posts[0, point.month].copy(), m.posts[0, point.month].copy()
    joined = posts[VACANT] * m.post_flows[0, JOIN]
    move_posts(posts, start, m.post_flows[0], m.workforce_rules, point.pressure * times)
    return float(posts[VACANT] - start[VACANT] + joined)


def leavers_on_vacancies(point: Point, times: float) -> float:
    """Vacant posts, with more leaving."""
    return float(_posts_after(point, float(point.arrays.workforce_rules[0]), times)[VACANT])


def leavers_on_employed(point: Point, times: float) -> float:
    """Social workers employed, with more leaving."""
    return float(_posts_after(point, float(point.arrays.workforce_rules[0]), times)[PERMANENT])


def vacancies_on_agency(point: Point, times: float) -> float:
    """Agency workers, with more posts vacant."""
    m = point.arrays
    start = m.posts[0, point.month]
    posts = start.copy()
    if point.month >= m.workforce_from[0]:
        for _ in range(point.months):
            posts[VACANT], posts[PERMANENT] = start[VACANT] * times, start[PERMANENT]
            move_posts(posts, start, np.zeros(2), m.workforce_rules, point.pressure)
    return float(posts[AGENCY])


# ---------------------------------------------------------------- courts


def _opening(point: Point) -> np.ndarray:
    """Return children for whom transitions opened, or led to, a stage that courts work on (K)."""
    m, court = point.arrays, in_court(point)
    opens = np.zeros(len(m.transitions), bool)
    for k, step in enumerate(m.transitions):
        effects = m.effects[step["effect"] : step["effect"] + step["n_effects"]]
        opened = any(e["op"] == L.OPEN_STAGE and court[e["stage"]] for e in effects)
        opens[k] = opened or (step["target"] >= 0 and court[step["target"]] and not court[step["stage"]])
    return np.where(opens, point.fired, 0.0)


def _flow_from(point: Point, fired: np.ndarray, which: np.ndarray, times: float) -> float:
    """Return children a year of some transitions (K) when the stocks some of them start from are multiplied."""
    return float((fired * np.where(which[point.arrays.transitions["stage"]], times, 1.0)).sum())


def families_on_proceedings(point: Point, times: float) -> float:
    """Sets of proceedings open, with more families in need: as many more are begun."""
    return _flow_from(point, _opening(point), of_families(point), times)


def looked_after_on_proceedings(point: Point, times: float) -> float:
    """Sets of proceedings open, with more children in care without an order."""
    return _flow_from(point, _opening(point), of_children(point), times)


def proceedings_on_court_pressure(point: Point, times: float) -> float:
    """Pressure on courts, with more sets of proceedings open."""
    m = point.arrays
    capacity = float(m.court_capacity[point.month])
    sets = 100.0 * point.court_pressure * capacity / float(m.court_rules[REFERENCE] or 1.0)
    return float(court_pressure(point.handle.address, np.array([100.0 * MONTHS]), 0, point.month, sets * times))


def court_pressure_on_pace(point: Point, times: float) -> float:
    """Pace of courts, under more pressure."""
    return float(court_pace(point.handle.address, point.court_pressure * times))


def court_pace_on_proceedings(point: Point, times: float) -> float:
    """Sets of proceedings open, with courts working at another pace."""
    return _stock_under(point, in_court(point), L.COURT_WORK, times)


def proceedings_on_looked_after(point: Point, times: float) -> float:
    """Children looked after, with more cases open: those whose final hearing will end care wait for it in care."""
    m = point.arrays
    heard = np.array([in_court(point)[step["stage"]] and step["target"] == L.IDLE for step in m.transitions])
    ends = [m.effects[step["effect"]]["op"] == L.COURT_EXIT if step["n_effects"] else False for step in m.transitions]
    hearings = point.fired[heard].sum()
    share = point.fired[heard & np.array(ends)].sum() / hearings if hearings > 0.0 else 0.0
    waiting = share * float(point.children[m.key_stages[L.STAGE_KEYS.index("interim_care_order")]])
    return float(point.children[in_care(point)].sum()) + (times - 1.0) * waiting


# ---------------------------------------------------------------- care


def families_on_entries(point: Point, times: float) -> float:
    """Children entering care in a year, with more families in need."""
    m = point.arrays
    enters = [any(e["op"] == L.CARE_ENTRY for e in m.effects[s["effect"] : s["effect"] + s["n_effects"]]) for s in m.transitions]
    return _flow_from(point, np.where(enters, point.fired, 0.0), of_families(point), times)


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


def use_on_misfits(point: Point, times: float) -> float:
    """Children whom no vacancy fits, of those planned for a place with standard needs, with fewer vacant."""
    m, values = point.arrays, []
    for place, usable in enumerate(_usable(point)):
        vacant = usable * max(1.0 - m.reference_use[0, place] * times, 0.0)
        values.append(1.0 - _chance_of_a_fit(float(m.match_by_needs[place, 0]), vacant))
    return _over_kinds(point, values)


def misfits_on_cost(point: Point, times: float) -> float:
    """Cost of care, with more children down the overflow list: what the place they find costs over the one planned."""
    m, a = point.arrays, 0
    cost, extra = _cost(point), 0.0
    for stage, place in enumerate(m.place_of_stage):
        if place >= 0 and m.place_track[place] < 0 and m.overflow[stage, 0] >= 0:
            usable = point.children[stage] / m.reference_use[a, place]
            missed = 1.0 - _chance_of_a_fit(float(m.match_by_needs[place, 0]), usable * (1.0 - m.reference_use[a, place]))
            dearer = m.care_cost[a, m.overflow[stage, 0]] - m.care_cost[a, stage]
            extra += point.children[stage] * missed * dearer * _days(point)
    return cost + (times - 1.0) * extra


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
    """What an authority has of the market's and its own places over what it had, after months of more use: its share of the market shifts."""
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
    """What care costs over its budget, as a ratio."""
    return times


def budget_on_overspend(point: Point, times: float) -> float:
    """What care costs over its budget, as a ratio, with more budgeted."""
    return 1.0 / times


def _settled(point: Point, over: float) -> np.ndarray:
    """Return the accounts once a year is settled in which care cost some times its budget."""
    m = point.arrays
    april = [i for i in range(1, len(m.financial_year)) if m.financial_year[i] != m.financial_year[i - 1] and i > m.unpublished_from[0]]
    accounts = np.zeros(4)
    accounts[BUDGET] = 12.0 * _cost(point)
    accounts[SPENT], accounts[RESERVES], accounts[LEVEL] = over * accounts[BUDGET], 0.0, point.level
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


def places_on_waiting(point: Point, times: float) -> float:
    """Families waiting for help, for each place, with more places: as many fewer wait, where any do."""
    return max(point.waiting + 1.0 - times, 0.0) if point.waiting > 0.0 else 0.0


def waiting_on_families(point: Point, times: float) -> float:
    """Children in need, with more families waiting for help: their hazards of escalating run on as they wait."""
    m, need = point.arrays, of_families(point)
    helped = np.array([m.stages[i]["place"] >= 0 for i in range(len(m.stages))]) & need
    referral = point.rows(lambda stage: stage["is_referral"])
    exposed = np.array([
        helped[step["stage"]] and step["when"] == L.WHEN_ALWAYS and step["target"] >= 0 and need[step["target"]]
        and m.case_weights[step["target"]] > 0.0 for step in m.transitions
    ])  # fmt: skip
    more = float(point.fired[exposed].sum()) * (point.waiting * (times - 1.0)) / (1.0 + point.waiting)
    return float(point.entered[referral].sum()) + more
