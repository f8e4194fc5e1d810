"""Where the feedback loops are measured: an authority's arrays, and the state of its system in a year.

A loop answers differently where its driver stands: teams below their capacity are not slowed by more work, nobody waits where help has places to
spare. So links are measured twice: at the authority as it is in a year of the results, and *pressed*, where each of these limits binds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from sim.kernels import layout as L
from sim.kernels.budget import FLOOR, RING_FENCED
from sim.kernels.courts import REFERENCE
from sim.kernels.handles import pack
from sim.model import CompiledModel
from sim.pathway_counts import ARRIVED, AT_31_MARCH, ENTERED, FIRED, UNACCOMPANIED
from sim.results import Results

PRESSED = 1.1  # work over capacity where loops that wait for it are measured
PRESSED_WAITING = 0.1  # families waiting for each place of help, likewise
HORIZON_MONTHS = 36  # how long a driver is held: three years, so that a home begun has opened (12 to 24 months)


@dataclass(frozen=True)
class Point:
    """One authority's rules and the state they are asked at.

    Attributes
    ----------
    arrays
        The model's arrays for the authority alone, levers' numbers at their means.
    stages, transitions
        Their names, in the arrays' order.
    month
        The model month whose rules hold: nothing is published any more, and posts may follow pressure.
    children, entered, fired
        Children on 31 March by stage (S), entering a stage in the year (S), and for whom transitions fired (K).
    alone
        Of those who enter care, unaccompanied children.
    pressure, court_pressure, level
        Of teams, of courts (work over capacity), and family support over what was planned.
    waiting
        Families waiting, for each place of help there is.
    """

    arrays: L.Model
    stages: tuple[str, ...]
    transitions: tuple[str, ...]
    month: int
    children: np.ndarray
    entered: np.ndarray
    fired: np.ndarray
    alone: float = 0.0
    pressure: float = PRESSED
    court_pressure: float = 1.0
    level: float = 1.0
    waiting: float = 0.0
    horizon: int = HORIZON_MONTHS

    @cached_property
    def handle(self) -> Any:
        """The handle of the arrays, for kernels."""
        return pack(self.arrays, L.MODEL_FIELDS)

    @cached_property
    def months(self) -> int:
        """Months a driver is held: the horizon, or as many as the model has left."""
        return max(1, min(self.horizon, self.arrays.row_factor.shape[2] - 1 - self.month))

    def with_arrays(self, **arrays: np.ndarray) -> Point:
        """Return the point under other arrays."""
        return replace(self, arrays=self.arrays._replace(**arrays))

    def pressed(self) -> Point:
        """Return the point where every limit binds: teams a tenth above capacity, courts at their reference, families waiting, support half cut."""
        floor = float(self.arrays.budget_rules[FLOOR])
        return replace(
            self, pressure=max(self.pressure, PRESSED), court_pressure=max(self.court_pressure, float(self.arrays.court_rules[REFERENCE])),
            waiting=max(self.waiting, PRESSED_WAITING), level=(1.0 + floor) / 2.0,
        )  # fmt: skip

    def rows(self, select: Any) -> np.ndarray:
        """Return which stages (S) satisfy a condition on their record."""
        return np.array([bool(select(record)) for record in self.arrays.stages])


def point_of(compiled: CompiledModel, counts: Mapping[str, float], month: str | None = None, **state: float) -> Point:
    """Return the point of a model of one authority.

    Parameters
    ----------
    compiled
        The model, of one authority; months after the one asked for are those a driver is held.
    counts
        Children by `kind:name`, as `sim.pathway_counts` names them, of one year.
    month
        The month (YYYY-MM) whose rules hold; the first after what is published and after the branch if it is earlier, or left out.
    state
        `pressure`, `court_pressure`, `level`, `waiting`, where known.
    """
    arrays = compiled.for_draw(0, 0)
    last = arrays.row_factor.shape[2] - 2
    asked = compiled.month(month or compiled.branch)
    at = int(max(arrays.unpublished_from[0] + 1, compiled.month(compiled.branch), asked))
    if arrays.workforce_from[0] <= last:
        at = max(at, int(arrays.workforce_from[0]))

    def each(kind: str, names: tuple[str, ...]) -> np.ndarray:
        """Return counts of a kind, in the arrays' order."""
        return np.array([float(counts.get(f"{kind}:{name}", 0.0)) for name in names])

    return Point(
        arrays, tuple(compiled.stage_names), tuple(compiled.transition_names), min(at, last),
        each(AT_31_MARCH, compiled.stage_names), each(ENTERED, compiled.stage_names), each(FIRED, compiled.transition_names),
        float(counts.get(f"{ARRIVED}:{UNACCOMPANIED}", 0.0)), **state,
    )  # fmt: skip


def point_in(compiled: CompiledModel, results: Results, area: str, year_ending: int) -> Point:
    """Return the point of an authority as results have it in a year, means over runs.

    Raises
    ------
    ValueError
        If the results hold no counts of the pathway.
    """
    if results.pathway is None:
        raise ValueError("these results hold no counts of the pathway; run the scenario again")
    counted = results.pathway.sel(area=area, year_ending=year_ending)
    counts = dict(zip(map(str, counted["count"].to_numpy()), counted.to_numpy().tolist(), strict=True))
    measured = results.annual.sel(area=area, year_ending=year_ending).mean("replicate")

    def measure(name: str) -> float:
        """Return a measure's mean over runs."""
        return float(measured.sel(measure=name))

    places = compiled.for_draw(0, 0).places[0][compiled.for_draw(0, 0).place_track >= 0]
    return point_of(
        compiled, counts, f"{year_ending}-03", pressure=measure("pressure"), court_pressure=measure("court_pressure"),
        level=_level(measure("family_support_level_pct") / 100.0, float(compiled.for_draw(0, 0).budget_rules[RING_FENCED])),
        waiting=measure("early_help_waiting") / max(1.0, float(places[:, -1].sum())),
    )  # fmt: skip


def _level(left: float, ring_fenced: float) -> float:
    """Return the level of family support that may be saved on, from what is left of all of it; 1 where there is none to save on."""
    return 1.0 - (1.0 - left) / (1.0 - ring_fenced) if left > 0.0 and ring_fenced < 1.0 else 1.0
