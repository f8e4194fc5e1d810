"""What must always hold, checked cheaply in every run and recorded in the manifest (design, section 7).

Each check returns how far the run is from what must hold; a run passes if none is above its tolerance. Failures never
stop a run: they are reported with it, because a result that breaks an invariant should be seen, not lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.costing import Costing
from sim.kernels import layout as L
from sim.kernels.layout import State, Tally

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


def check_run(tally: Tally, end: State, compiled: Any, drawn: dict, start: State | None = None) -> list[Check]:
    """Return every check of one run.

    Parameters
    ----------
    tally, end
        What was counted, and the state at the end.
    compiled, drawn
        The model and the run's draw of effects.
    start
        The state branched from; None if the run began with nobody.
    """
    before = np.zeros_like(end.units) if start is None else start.units
    return [
        Check("units_conserved", "families and children by stage: at the start + entered - left = at the end",
              _largest(before + tally.entered.sum(1) - tally.left.sum(1) - end.units), 0.0),
        Check("stocks_not_negative", "no stage, queue or place holds less than nobody", _negative(tally), 0.0),
        Check("places_not_overfilled", "filled places never exceed usable ones",
              _largest(np.maximum(tally.places_end[..., 1] - tally.places_end[..., 0], 0)), 0.0),
        Check("little", "unit-days by stage = days of stays that ended + days so far of those still open",
              _little(tally, end, compiled), DAYS),
        Check("placements_cover_care", "children in care = children in placements, at every month's end",
              _placed(tally, compiled), 0.0),
        Check("cost_is_weeks_times_price", "each placement line = child-weeks by needs x price",
              _costs(tally, compiled, drawn), POUNDS),
        Check("no_adults_in_care", "days by which anyone in care at the end is past 18", _adults(end, compiled), 1e-6),
        Check("time_goes_forward", "days by which a logged event precedes the one before", _backwards(tally.log), 0.0),
    ]  # fmt: skip


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
    return float(np.abs(values).max()) if values.size else 0.0


def _negative(tally: Tally) -> float:
    lowest = min(
        table.min() for table in (tally.units_end, tally.children_end, tally.places_end, tally.queue) if table.size
    )
    return max(0.0, -float(lowest))


def _little(tally: Tally, end: State, compiled: Any) -> float:
    """Compare two accumulations of the same days, made by different code paths, relative to the days in all."""
    now = float(end.clock[0])
    began = float(tally.began[0])
    open_days = np.zeros(tally.stay_days.shape)
    for slots in (end.family_slots, end.child_slots):
        for a in range(slots.shape[0]):
            held = slots[a]["stage"] >= 0
            stages = slots[a]["stage"][held]
            np.add.at(open_days[a], stages, now - np.maximum(slots[a]["start"][held], began))
    days = tally.unit_days.sum(axis=1)
    return float(np.abs(days - tally.stay_days - open_days).max() / max(days.sum(), 1.0))


def _placed(tally: Tally, compiled: Any) -> float:
    placements = [compiled.stage_names.index(name) for name in compiled.placement_names]
    care = [i for i, name in enumerate(compiled.stage_names) if compiled.scenario.pathway.stages[name].in_care]
    placed = tally.units_end[:, :, placements].sum(2)
    return max(
        _largest(placed - tally.units_end[:, :, care].sum(2)),
        _largest(placed - tally.looked_after_end.sum(axis=(2, 3))),
    )


def _costs(tally: Tally, compiled: Any, drawn: dict) -> float:
    """Compare child-days by needs with child-days by stage, and the placement lines with weeks x mean price."""
    costing = Costing(tally, compiled, drawn)
    rows = [compiled.stage_names.index(name) for name in compiled.placement_names]
    weeks = tally.unit_days[:, :, rows] / 7.0
    volume = np.abs(costing.weeks().sum(axis=3) - weeks).max() / max(weeks.sum(), 1.0)
    lines = costing.placement_costs()
    again = sum(tally.placement_days[..., n] / 7.0 * costing.prices_by_needs()[..., n] for n in range(L.NEEDS))
    return float(max(volume, np.abs(lines - again).max() / max(lines.sum(), 1.0)))


def _adults(end: State, compiled: Any) -> float:
    """Return days past the eighteenth birthday of the eldest child still in care."""
    now, worst = float(end.clock[0]), 0.0
    for a in range(end.children.shape[0]):
        inside = (end.children[a]["used"] > 0) & (end.child_slots[a, :, 1]["stage"] >= 0)
        children = end.children[a][inside]
        births = end.families[a]["births"][children["family"], children["slot"]]
        if len(births):
            worst = max(worst, float((now - births).max()) - 18.0 * L.YEAR)
    return worst


def _backwards(log: np.ndarray) -> float:
    return float(np.maximum(-np.diff(log["time"]), 0.0).max()) if len(log) > 1 else 0.0
