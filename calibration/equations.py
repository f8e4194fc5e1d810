"""The stock-and-flow equations as calibration uses them: a profile in, rates by year out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.series import simulated_log_rates
from scenarios.areas import AreaProfile
from scenarios.loading import Scenario
from sim.expected import simulate
from sim.kernels.layout import Tally
from sim.model import CompiledModel, history_start

ALONE = np.eye(1, dtype=np.int64)


@dataclass(frozen=True)
class Equations:
    """The equations of a scenario whose published years are those asked for.

    Attributes
    ----------
    scenario
        As `scenario_at(..., followed=True)` makes it.
    years
        Years ending 31 March, ascending, the last of its published years (Y).
    """

    scenario: Scenario
    years: tuple[int, ...]

    def compiled(self, profile: AreaProfile) -> CompiledModel:
        """Return a profile's model of all years, spin-up included."""
        published = self.scenario.history_settings.published
        return CompiledModel(self.scenario, (profile,), history_start(published), published.ends, f"{published.last}-03", ALONE, history=True)

    def tally(self, profile: AreaProfile) -> tuple[Tally, CompiledModel]:
        """Return what the equations count, and the model."""
        compiled = self.compiled(profile)
        return simulate(compiled, None, compiled.first, compiled.last)[0], compiled

    def rates(self, profile: AreaProfile) -> np.ndarray:
        """Return logarithms of rates (Y, I)."""
        return simulated_log_rates(*self.tally(profile), self.years)
