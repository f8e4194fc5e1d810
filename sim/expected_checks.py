"""What must hold of the expected engine's counts: real numbers, so to a tolerance."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.checks import Check
from sim.kernels.distance import BANDS
from sim.kernels.layout import Tally

SHARE = 1e-6  # of the total a gap belongs to


def check_expected(tally: Tally, compiled: Any, start: Any = None) -> list[Check]:
    """Return every check of a run: mass is conserved by stage, nothing is negative, children in care are each in a placement."""
    before = np.zeros_like(tally.units_end[:, 0]) if start is None else start.units()
    gap = before + tally.entered.sum(1) - tally.left.sum(1) - tally.units_end[:, -1]
    kept = np.array([not compiled.pathway.stages[name].exit for name in compiled.stage_names])
    size = max(float(np.abs(tally.units_end).sum(axis=2).max(initial=0.0)), 1.0)
    placements = [compiled.stage_names.index(name) for name in compiled.placement_names]
    care = [i for i, name in enumerate(compiled.stage_names) if compiled.pathway.stages[name].in_care]
    placed = tally.units_end[:, :, placements].sum(2)
    gaps = (placed - tally.units_end[:, :, care].sum(2), placed - tally.looked_after_end.sum(axis=(2, 3)),
            placed - tally.where_end[..., :BANDS].sum(axis=(2, 3)))  # fmt: skip
    lowest = min(table.min(initial=0.0) for table in (tally.units_end, tally.children_end, tally.places_end, tally.queue, tally.entered))
    return [
        Check("units_conserved", "families and children by stage: at the start + entered - left = at the end",
              float(np.abs(gap[:, kept]).max(initial=0.0)) / size, SHARE),
        Check("stocks_not_negative", "no stage, flow, queue or place holds less than nobody", max(0.0, -float(lowest)), 1e-6),
        Check("placements_cover_care", "children in care = children in placements = children by band of distance, at every month's end",
              max(float(np.abs(gap).max(initial=0.0)) for gap in gaps) / size, SHARE),
    ]  # fmt: skip
