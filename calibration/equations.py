"""The stock-and-flow equations as calibration uses them: a profile in, rates by year out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.series import simulated_log_rates, simulated_log_work
from scenarios.areas import AreaProfile
from scenarios.loading import Scenario
from scenarios.timeline import add_months
from sim.expected import ExpectedState, simulate
from sim.kernels.layout import Tally
from sim.model import CompiledModel, history_start

ALONE = np.eye(1, dtype=np.int64)
# Years run again before the followed ones, for figures near those of a run through all of spin-up (docs/calibration.md). Assumed; what is left of a
# change in the first year's figures was measured as 1 % of rates where an authority's figures began from England's.
SETTLE_YEARS = 8


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

    def rates_and_work(self, profile: AreaProfile) -> np.ndarray:
        """Return logarithms of rates, and of work in hand in the last column (Y, I + 1)."""
        return _with_work(*self.tally(profile), self.years)


class Nearby:
    """The equations for profiles of one authority that are near each other: spin-up is run for a few of them only.

    Parameters
    ----------
    equations
        Of the followed years.
    settle_years
        How many years before the followed ones the other runs begin, from where the last run through all of spin-up stood then. With 0 they are exact
        for figures that differ after the first followed year only.
    whole
        Which runs go through all of spin-up, counted from 0; the first always does.
    """

    def __init__(self, equations: Equations, settle_years: int = SETTLE_YEARS, whole: tuple[int, ...] = ()) -> None:
        self.equations, self.whole = equations, {0, *whole}
        first = equations.scenario.history_settings.published.first
        self.begins = f"{first - 1 - settle_years}-04"
        self.runs = 0
        self.state: ExpectedState | None = None
        self.counts: tuple[Tally, CompiledModel] | None = None  # of the last run

    def __getstate__(self) -> dict:
        """Return what another process needs: not what the last run here counted."""
        return self.__dict__ | {"counts": None}

    def tally(self, profile: AreaProfile) -> tuple[Tally, CompiledModel]:
        """Return what the equations count from the month runs begin in, and the model."""
        compiled = self.equations.compiled(profile)
        if self.runs in self.whole:
            self.state = simulate(compiled, None, compiled.first, add_months(self.begins, -1))[1]
        self.runs += 1
        self.counts = simulate(compiled, self.state, self.begins, compiled.last)[0], compiled
        return self.counts

    def rates(self, profile: AreaProfile) -> np.ndarray:
        """Return logarithms of rates (Y, I)."""
        return simulated_log_rates(*self.tally(profile), self.equations.years)

    def rates_and_work(self, profile: AreaProfile) -> np.ndarray:
        """Return logarithms of rates, and of work in hand in the last column (Y, I + 1)."""
        return _with_work(*self.tally(profile), self.equations.years)


def _with_work(tally: Tally, compiled: CompiledModel, years: tuple[int, ...]) -> np.ndarray:
    """Return logarithms of rates, and of work in hand in the last column (Y, I + 1)."""
    return np.column_stack([simulated_log_rates(tally, compiled, years), simulated_log_work(tally, years)])
