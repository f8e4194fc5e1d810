"""What must always hold, checked cheaply in every run and recorded in the manifest.

Each check returns how far the run is from what must hold; a run passes if none is above its tolerance. Failures never
stop a run: they are reported with it, because a result that breaks an invariant should be seen, not lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenarios.timeline import days_in_month
from sim.compile_pathway import FOLLOWED
from sim.counting import tally_months
from sim.kernels import layout as L
from sim.kernels.distance import BANDS
from sim.kernels.layout import State, Tally
from sim.placement_costs import PlacementCosts

DAYS, POUNDS, SHARE = 1e-6, 1e-9, 1e-9  # tolerances relative to the total they belong to


@dataclass(frozen=True)
class Check:
    """One invariant: `worst` is the largest departure found over runs, `allowed` the tolerance."""

    name: str
    meaning: str
    worst: float
    allowed: float
    runs: int = 1

    @property
    def passed(self) -> bool:
        """Whether it held."""
        return bool(self.worst <= self.allowed)


def check_run(tally: Tally, end: Any, compiled: Any, start: State | None = None) -> list[Check]:
    """Return every check of one run.

    Parameters
    ----------
    tally, end
        What was counted, and the end of the run: arrays from the fast engine, a world of objects from the reference.
    compiled
        The model.
    start
        The state branched from; None if the run began with nobody.
    """
    before = np.zeros_like(tally.units_end[:, 0]) if start is None else start.units
    stays = open_stays(end)
    now = float(tally.began[0]) + sum(days_in_month(month) for month in tally_months(tally, compiled))
    return [
        Check("units_conserved", "families and children by stage: at the start + entered - left = at the end",
              _largest(before + tally.entered.sum(1) - tally.left.sum(1) - stays.by_stage(tally.stay_days.shape)), 0.0),
        Check("stocks_not_negative", "no stage, queue or place holds less than nobody", _negative(tally), 0.0),
        Check("places_not_overfilled", "filled places never exceed usable ones",
              _largest(np.maximum(tally.places_end[..., 1] - tally.places_end[..., 0], 0)), 0.0),
        Check("little", "unit-days by stage = days of stays that ended + days so far of those still open",
              _little(tally, stays, now), DAYS),
        Check("placements_cover_care", "children in care = children in placements = children by band of distance, at every month's end",
              _placed(tally, compiled), 0.0),
        Check("quintiles_add_up", "referrals, enquiries, plans, care starts and children in care by quintile (and unaccompanied) = in all",
              _by_quintile(tally, compiled), 0.0),
        Check("days_by_quintile", "days in care by quintile, measured episode by episode = the stock's", _days_by_quintile(tally, compiled), DAYS),
        Check("days_by_needs", "child-days by placement and needs = child-days by stage", _days_by_needs(tally, compiled), DAYS),
        Check("cost_is_weeks_times_price", "placement cost = the stock's sum of prices over time = each child's weeks x price, and its parts add up",
              _costs(tally, compiled), POUNDS),
        Check("prices_let_add_up", "what placements were let at, kept as children come and go = the sum over the children there at the end",
              _let(end), 0.0),
        Check("no_adults_in_care", "days by which anyone in care at the end is past 18", _adults(stays, now), 1e-6),
        Check("time_goes_forward", "days by which a logged event precedes the one before", _backwards(tally.log), 0.0),
    ]  # fmt: skip


@dataclass(frozen=True)
class Stays:
    """Stays not ended: authority, stage, day each began, and the child's birth if it is a placement (else missing)."""

    area: np.ndarray
    stage: np.ndarray
    start: np.ndarray
    birth: np.ndarray

    def by_stage(self, shape: tuple[int, int], days: np.ndarray | None = None) -> np.ndarray:
        """Return how many there are, or what `days` add up to, by authority and stage."""
        total = np.zeros(shape)
        np.add.at(total, (self.area, self.stage), 1.0 if days is None else days)
        return total


def open_stays(end: Any) -> Stays:
    """Return the stays open at the end of a run of either engine."""
    rows: list[np.ndarray] = []
    if hasattr(end, "ledger"):
        found = [
            (a, track.stage, track.start, track.child.birth if track.number == L.PLACEMENT else np.nan)
            for a, stages in enumerate(end.ledger.open)
            for stays in stages
            for track in stays
        ]
        rows = [np.array(found, float).reshape(-1, 4)]
    else:
        for a, (families, used) in enumerate(end.high):
            children, slots = end.children[a, :used], end.child_slots[a, :used]
            births = np.full(slots.shape, np.nan)
            births[:, L.PLACEMENT - L.CARE] = end.families[a]["births"][children["family"], children["slot"]]
            rows.append(_open(a, slots.ravel(), births.ravel()))
            for track in range(L.FAMILY_TRACKS):
                slots = end.family_slots[a, :families, track]
                rows.append(_open(a, slots, np.full(families, np.nan)))
    table = np.concatenate(rows)
    return Stays(table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2], table[:, 3])


def _open(a: int, slots: np.ndarray, births: np.ndarray) -> np.ndarray:
    """Return (authority, stage, start, birth) of the slots that are in a stage."""
    held = np.flatnonzero(slots["stage"] >= 0)
    return np.column_stack([np.full(len(held), a), slots["stage"][held], slots["start"][held], births[held]])


def combine(checks: Iterable[Check]) -> list[Check]:
    """Return one check of each name: the worst over runs, and how many runs."""
    found: dict[str, Check] = {}
    for check in checks:
        kept = found.get(check.name)
        worst = check.worst if kept is None else max(check.worst, kept.worst)
        runs = check.runs + (kept.runs if kept else 0)
        found[check.name] = Check(check.name, check.meaning, worst, check.allowed, runs)
    return list(found.values())


def as_records(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """Return checks as the manifest holds them."""
    return [
        {
            "check": c.name,
            "holds": c.passed,
            "worst": c.worst,
            "allowed": c.allowed,
            "runs": c.runs,
            "meaning": c.meaning,
        }
        for c in checks
    ]


def _largest(values: np.ndarray) -> float:
    """Return the largest absolute value; 0 of nothing."""
    return float(np.abs(values).max()) if values.size else 0.0


def _negative(tally: Tally) -> float:
    """Return how far below 0 the lowest stock, place or queue is."""
    lowest = min(
        table.min() for table in (tally.units_end, tally.children_end, tally.places_end, tally.queue) if table.size
    )
    return max(0.0, -float(lowest))


def _little(tally: Tally, stays: Stays, now: float) -> float:
    """Compare two accumulations of the same days, made by different code paths, relative to the days in all."""
    so_far = stays.by_stage(tally.stay_days.shape, now - np.maximum(stays.start, float(tally.began[0])))
    days = tally.unit_days.sum(axis=1)
    return float(np.abs(days - tally.stay_days - so_far).max() / max(days.sum(), 1.0))


def _placed(tally: Tally, compiled: Any) -> float:
    """Return the largest gap between children in placements, in care, looked after, and placed near or far."""
    placements = [compiled.stage_names.index(name) for name in compiled.placement_names]
    care = [i for i, name in enumerate(compiled.stage_names) if compiled.pathway.stages[name].in_care]
    placed = tally.units_end[:, :, placements].sum(2)
    return max(
        _largest(placed - tally.units_end[:, :, care].sum(2)),
        _largest(placed - tally.looked_after_end.sum(axis=(2, 3))),
        _largest(placed - tally.where_end[..., :BANDS].sum(axis=(2, 3))),
    )


def _by_quintile(tally: Tally, compiled: Any) -> float:
    """Return the largest gap between what is counted by quintile and what is counted in all."""
    counted = tally.by_quintile.sum(axis=2)
    rows = [(step, compiled.stage_names.index(name)) for name, step in FOLLOWED.items() if name in compiled.stage_names]
    return max(
        *(_largest(counted[..., step] - tally.entered_children[:, :, row]) for step, row in rows),
        _largest(counted[..., L.CARE_START] - tally.started.sum(axis=(2, 3))),
        _largest(counted[..., L.IN_CARE_END] - tally.looked_after_end.sum(axis=(2, 3))),
    )


def _days_by_quintile(tally: Tally, compiled: Any) -> float:
    """Return the largest gap between days in care by quintile and of all, relative to them."""
    care = [i for i, name in enumerate(compiled.stage_names) if compiled.pathway.stages[name].in_care]
    days = tally.unit_days[:, :, care].sum(2)
    return _largest(tally.quintile_days.sum(axis=2) - days) / max(float(days.sum()), 1.0)


def _days_by_needs(tally: Tally, compiled: Any) -> float:
    """Compare child-days by needs with child-days by stage, relative to the days in all."""
    rows = [compiled.stage_names.index(name) for name in compiled.placement_names]
    days = tally.unit_days[:, :, rows]
    return float(np.abs(tally.placement_days.sum(axis=3) - days).max(initial=0.0) / max(days.sum(), 1.0))


def _costs(tally: Tally, compiled: Any) -> float:
    """Compare two accumulations of the same pounds, of stocks and of stays, and each line with the sum of its parts, relative to all."""
    costs = PlacementCosts(tally, compiled)
    rows = [compiled.stage_names.index(name) for name in compiled.placement_names]
    lines = costs.pounds()
    by_stock = tally.paid_days[:, :, rows] / (7.0 * L.WHOLE_PRICE) * costs.base_prices()
    parts = sum(costs.parts().values())
    return float(max(np.abs(lines - by_stock).max(initial=0.0), np.abs(lines - parts).max(initial=0.0)) / max(lines.sum(), 1.0))


def _let(end: Any) -> float:
    """Compare the sums of what placements were let at, kept as children come and go, with the sums over who is there at the end."""
    if hasattr(end, "ledger"):
        return 0.0  # the reference adds them up afresh each time
    again = np.zeros_like(end.let)
    for a, used in enumerate(end.high[:, 1]):
        stage = end.child_slots["stage"][a, :used, L.PLACEMENT - L.CARE]
        held = stage >= 0
        np.add.at(again[a], stage[held], end.children["let"][a, :used, L.PAID][held])
    return _largest(end.let - again)


def _adults(stays: Stays, now: float) -> float:
    """Return days past the eighteenth birthday of the eldest child still in a placement."""
    births = stays.birth[~np.isnan(stays.birth)]
    return max(0.0, float(now - births.min()) - 18.0 * L.YEAR) if len(births) else 0.0


def _backwards(log: np.ndarray) -> float:
    """Return by how many days, at most, an event precedes the one before it."""
    return float(np.maximum(-np.diff(log["time"]), 0.0).max()) if len(log) > 1 else 0.0
