"""Compile authorities' posts: those published, how fast they are left and filled, and the rules by which they follow pressure.

Numbers come from the area profile (the workforce census of 30 September); the rules from the scenario's settings (`settings.workforce`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.actions import AddPosts, ScaleTeams
from scenarios.schema import Workforce
from scenarios.timeline import month_index, years_ending
from sim.compile_actions import changed, in_force
from sim.compile_areas import Figures, held
from sim.kernels import workforce as W

MOST_AGENCY = 0.9  # of all workers: beyond it lies miscoding
NEVER = 1 << 30  # a month after every month
MONTHS, QUANTITIES = 12.0, ("social_workers_fte", "sw_agency_pct", "sw_vacancy_pct", "sw_turnover_pct")


def agency_workers(fte: float, percent: float) -> float:
    """Return agency workers, full-time equivalents: `percent` is of all workers, agency and permanent."""
    share = min(percent / 100.0, MOST_AGENCY)
    return fte * share / (1.0 - share)


def posts_of(figures: Figures, year: int, fastest_months: float) -> np.ndarray:
    """Return permanent, agency and vacant posts on 30 September of a year (3), zeros for an authority without figures.

    A post that is left is vacant until it is filled, which takes time: an authority that reports fewer vacancies than its leavers of
    `fastest_months` has that many.
    """
    if not all(figures.has(quantity) for quantity in QUANTITIES):
        return np.zeros(3)
    fte, agency, vacancy, turnover = (figures.get(quantity, year) for quantity in QUANTITIES)
    vacant = fte * vacancy / (100.0 - vacancy)
    return np.array([fte, agency_workers(fte, agency), max(vacant, fte * turnover / 100.0 / MONTHS * fastest_months)])


def flows_of(figures: Figures, posts: np.ndarray, year: int) -> np.ndarray:
    """Return the shares a month of permanent posts left and of vacant posts filled (2).

    Leavers are the published turnover's. The rate of filling is the one that balances them at the vacancies there are, so that at the reference
    pressure posts stay where they were published last.
    """
    if posts[W.PERMANENT] <= 0.0 or not figures.has("work_in_hand"):
        return np.zeros(2)
    leave = figures.get("sw_turnover_pct", year) / 100.0 / MONTHS
    return np.array([leave, posts[W.PERMANENT] * leave / posts[W.VACANT] if posts[W.VACANT] > 0.0 else 0.0])


def rules_of(workforce: Workforce, reference: float) -> np.ndarray:
    """Return the rules in the kernels' order: reference pressure, response, its bounds, cover, lag and cap of agency workers (7)."""
    clip = workforce.turnover_multiplier
    return np.array([
        reference, workforce.turnover_response.value, clip.low, clip.high, workforce.agency_cover.value,
        max(workforce.agency_lag_months.value, 1.0), workforce.agency_cap.value,
    ])  # fmt: skip


def tables(compiled: Any) -> dict[str, np.ndarray]:
    """Return the model's tables of posts that no draw changes. Without rules, or with `follows_pressure: false`, posts never follow pressure.

    A financial year has the posts of the September in it, as capacity and costs have.
    """
    settings, months, figures, published = compiled.scenario.settings, compiled.months, compiled.figures, compiled.published
    workforce = settings.workforce
    fastest = workforce.fastest_months.value if workforce else 0.0
    years = [year - 1 for year in held(years_ending(months), published.first)]
    known = [{year: posts_of(each, year, fastest) for year in set(years)} for each in figures]
    follows = workforce is not None and workforce.follows_pressure
    return {
        "posts": np.array([[by_year[year] for year in years] for by_year in known]),
        "workforce_rules": rules_of(workforce, settings.pressure.reference.value) if follows else np.ones(7),
        "workforce_from": np.array([month_index(published.posts_end) - month_index(months[0]) if follows else NEVER]),
    }


def post_flows(compiled: Any, drawn: dict) -> np.ndarray:
    """Return how posts move in each month (A, M, 4): shares left and filled, posts opened, and what agency workers engaged are multiplied by."""
    workforce, published, months = compiled.scenario.settings.workforce, compiled.published, compiled.months
    fastest = workforce.fastest_months.value if workforce else 0.0
    found = np.zeros((len(compiled.figures), len(months), 4))
    found[:, :, W.ENGAGED] = 1.0
    posts = [posts_of(each, published.census, fastest) for each in compiled.figures]
    for a, figures in enumerate(compiled.figures):
        found[a, :, [W.LEAVE, W.JOIN]] = flows_of(figures, posts[a], published.census)[:, None]
    there = np.array([each[W.PERMANENT] + each[W.VACANT] for each in posts])
    columns = {"leavers": W.LEAVE, "joiners": W.JOIN, "agency_workers": W.ENGAGED}
    for action in compiled.actions:
        if isinstance(action, ScaleTeams) and action.what in columns:
            found[:, :, columns[action.what]] *= changed(drawn[action.name, "ratio"], action.phase, months)
        elif isinstance(action, AddPosts):
            so_far = drawn[action.name, "share"] * in_force(action.phase, months)
            found[:, :, W.OPENED] += there[:, None] * np.diff(so_far, prepend=0.0)
    return found


def team_capacity(compiled: Any, drawn: dict, capacity: np.ndarray) -> np.ndarray:
    """Return the cases at which pressure is 1 (A, M), what levers give back of workers' time counted."""
    for action in compiled.actions:
        if isinstance(action, ScaleTeams) and action.what == "capacity":
            capacity = capacity * changed(drawn[action.name, "ratio"], action.phase, compiled.months)
    return capacity
