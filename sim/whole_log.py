"""The event log of one authority from the day nobody was there: history and scenario in one, so that every child's story is whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scenarios.loading import Scenario
from scenarios.pathway_schema import Pathway
from scenarios.timeline import add_months, month_index
from sim.births import Births
from sim.engine import simulate
from sim.history import history_model
from sim.kernels import layout as L
from sim.model import CompiledModel, compile_model, day_of
from sim.plan import ExperimentError

CHILDHOOD_YEARS = 18


@dataclass(frozen=True)
class WholeLog:
    """Everything that happened in an authority, in order.

    Attributes
    ----------
    models
        The model of history, and of the scenario from the branch on.
    events
        Events as the engine logs them (`sim.kernels.layout.EVENT`), from nobody to the end.
    tally
        What the engine counted from the branch on.
    seed
        Of every draw; the replicate is 0.
    """

    models: tuple[CompiledModel, CompiledModel]
    events: np.ndarray
    tally: L.Tally
    seed: int

    @property
    def model(self) -> CompiledModel:
        """The scenario's model."""
        return self.models[1]

    @property
    def pathway(self) -> Pathway:
        """The scenario's pathway."""
        return self.model.pathway

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of stages, as events number them."""
        return self.model.stage_names

    @property
    def code(self) -> int:
        """The authority's code, part of every address."""
        return self.model.codes[0]

    @property
    def begins(self) -> float:
        """The first day of the branch month."""
        return day_of(self.model.branch)

    @property
    def ends(self) -> float:
        """The day after the last month."""
        return day_of(add_months(self.model.last, 1))

    def births(self, families: Sequence[tuple[int, int]]) -> list[list[float]]:
        """Return the births (days) of the children of families (stream, number), eldest first, those still to come included.

        A family is made up under the model of the day it arrived.
        """
        arrivals = self.events[self.events["event"] == L.ARRIVAL]
        arrived = dict(zip(zip(arrivals["stream"].tolist(), arrivals["family"].tolist(), strict=True), arrivals["time"].tolist(), strict=True))
        past, later = (Births(model.for_draw(self.seed, 0)) for model in self.models)
        found = []
        for stream, number in families:
            day = arrived[stream, number]
            made = (past if day < self.begins else later).of_family(stream, number, self.code, day)
            found.append([birth for birth, _ in made])
        return found


def whole_log(scenario: Scenario, area: str, from_: str, until: str, seed: int) -> WholeLog:
    """Simulate an authority's history and a scenario that branches in month `from_`, to month `until`, and keep every event.

    Raises
    ------
    ExperimentError
        If `until` is before `from_`, or history is shorter than a childhood when the scenario branches.
    """
    if month_index(until) < month_index(from_):
        raise ExperimentError(f"the last month {until} is before the first, {from_}")
    first = compile_model(scenario, (area,), branch=add_months(from_, 1), history=True).first
    earliest = add_months(first, CHILDHOOD_YEARS * 12)
    if month_index(from_) < month_index(earliest):
        raise ExperimentError(
            f"{from_} is too early: history begins with nobody in {first}, and a childhood later, from {earliest} on, every child's care is in it"
        )
    past = history_model(scenario, area, from_)
    later = compile_model(scenario, (area,), until=until, branch=from_)
    scenario.branching(from_).epochs(from_)  # complains about what is dated before the branch
    if past.stage_names != later.stage_names:
        raise ExperimentError(f"{scenario.key} has other stages than its history; expected a scenario that changes rates, places or levers")
    before, state = simulate(past, None, past.first, past.last, seed, 0, log=True)
    after, _ = simulate(later, state, from_, until, seed, 0, log=True)
    return WholeLog((past, later), np.concatenate([before.log, after.log]), after, seed)
