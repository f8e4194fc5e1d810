"""Links of the feedback loops of teams, posts and courts: what one quantity does to another.

Each function returns the target with the source at `times` its value, asked of the engine's own functions. Instantaneous answers (pace, pressure)
are read at once; what works through months with the source held for `point.months`. Where rules are hazards, flows follow the stocks they act on:
as many children as transitions fired for in the year, times what the stock or the pace is multiplied by. Units cancel: only ratios of what is
returned are used.
"""

from __future__ import annotations

import numpy as np

from sim.kernels import layout as L
from sim.kernels.courts import MONTHS, REFERENCE, court_pace, court_pressure
from sim.kernels.feedback import pace_under, work_in_hand
from sim.kernels.workforce import AGENCY, JOIN, LAG, LEAVE, PERMANENT, VACANT, move_posts, staff_month
from sim.loop_point import Point
from sim.loop_stages import flow_from, in_care, in_court, of_children, of_families


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

STILL = np.array([0.0, 0.0, 0.0, 1.0])  # a month in which nobody leaves or joins and no post is opened


def _capacity(point: Point, permanent: float = 1.0, agency: float = 1.0) -> float:
    """Return the cases at which pressure is 1 with some times the workers there are, who stay as many."""
    m = point.arrays
    published, rules = m.posts[0, point.month], m.workforce_rules.copy()
    rules[LAG] = np.inf
    posts = published * np.array([permanent, agency, 1.0])
    follows = point.month >= m.workforce_from[0]
    capacity = float(m.team_capacity[0, point.month])
    return float(staff_month(posts, published, STILL, rules, capacity, point.pressure * capacity, bool(follows)))


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
    posts, start, flows = m.posts[0, point.month].copy(), m.posts[0, point.month].copy(), m.post_flows[0, point.month].copy()
    flows[LEAVE] *= leaving
    if point.month >= m.workforce_from[0]:
        for _ in range(point.months):
            move_posts(posts, start, flows, m.workforce_rules, pressure)
    return posts


def pressure_on_leavers(point: Point, times: float) -> float:
    """Social workers leaving in a month, under more pressure."""
    m = point.arrays
    if point.month < m.workforce_from[0]:
        return float(m.posts[0, point.month, PERMANENT] * m.post_flows[0, point.month, LEAVE])
    posts, start = m.posts[0, point.month].copy(), m.posts[0, point.month].copy()
    joined = posts[VACANT] * m.post_flows[0, point.month, JOIN]
    move_posts(posts, start, m.post_flows[0, point.month], m.workforce_rules, point.pressure * times)
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
            move_posts(posts, start, STILL, m.workforce_rules, point.pressure)
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


def families_on_proceedings(point: Point, times: float) -> float:
    """Care proceedings open, with more families in need: as many more are begun."""
    return flow_from(point, _opening(point), of_families(point), times)


def looked_after_on_proceedings(point: Point, times: float) -> float:
    """Care proceedings open, with more children in care without an order."""
    return flow_from(point, _opening(point), of_children(point), times)


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
    """Care proceedings open, with courts working at another pace."""
    return _stock_under(point, in_court(point), L.COURT_WORK, times)


def proceedings_on_looked_after(point: Point, times: float) -> float:
    """Children looked after, with more cases open: those whose final hearing will end care wait for it in care."""
    m = point.arrays
    heard = np.array([in_court(point)[step["stage"]] and step["target"] == L.IDLE for step in m.transitions])
    ends = [m.effects[step["effect"]]["op"] == L.COURT_EXIT if step["n_effects"] else False for step in m.transitions]
    hearings = point.fired[heard].sum()
    share = point.fired[heard & np.array(ends)].sum() / hearings if hearings > 0.0 else 0.0
    interim = m.key_stages[L.STAGE_KEYS.index("interim_care_order")]
    waiting = share * float(point.children[interim]) if interim >= 0 else 0.0
    return float(point.children[in_care(point)].sum()) + (times - 1.0) * waiting
