"""What placements were let at and where they are, carried along with the expected number of children who come and leave."""

from __future__ import annotations

import numpy as np

from sim.expected_run import Mass
from sim.kernels import layout as L
from sim.kernels.distance import BANDS
from sim.kernels.expected_lets import PAID, carry_lets, count_dear


class Placements:
    """The part of `Counted` that counts placements."""

    def prepare_placements(self) -> None:
        """Set what is fixed of placements: the stage and kind of place of each, those that have a stage."""
        model, n = self.model, len(self.model.let_table)
        self.placement_of = model.stages["placement"].astype(np.int64)
        self.stage_of = np.full(n, -1, np.int64)
        for stage, placement in enumerate(self.placement_of):
            if placement >= 0:
                self.stage_of[placement] = stage
        self.with_stage = np.flatnonzero(self.stage_of >= 0)
        self.lived_in = self.stage_of[self.with_stage]
        self.place_of = np.where(self.stage_of >= 0, model.place_of_stage[self.stage_of], -1)

    def count_lets(self, mass: Mass, placed: np.ndarray, uasc_placed: np.ndarray) -> None:
        """Carry what placements were let at, and where they are, along with who came and who left."""
        y, a, row, model, f = self.y, self.a, self.row, self.model, self.f
        index = np.where(self.place_of >= 0, self.around.price[self.place_of], 1.0)
        odds = np.where(self.place_of >= 0, self.around.far[self.place_of], 1.0)
        gain = 1.0 - model.price_gain[self.stage_of, self.month]
        carry_lets(self.stage_of, self.arrived_in, mass.placed, placed, uasc_placed, f.let_mean, index, gain, odds, model.bands[a], mass.let,
                   mass.where)  # fmt: skip
        days = 0.5 * (mass.placed + placed) * self.days
        y.placement_days[a, row] = days
        y.let_days[a, row] = mass.let * np.where(placed > 1e-12, days / np.maximum(placed, 1e-12), 0.0)[..., None]
        y.where_end[a, row, :, :BANDS] = mass.where
        y.paid_days[a, row, self.lived_in] = y.let_days[a, row, self.with_stage, :, PAID].sum(axis=1)
        weekly = 7.0 * model.care_cost[a, self.stage_of] * model.care_price[self.stage_of, self.month] / L.WHOLE_PRICE
        count_dear(self.stage_of, placed, mass.let, model.let_table, f.let_mean, weekly, y.dear_end[a, row])
        mass.placed = placed

    def let_sum(self) -> np.ndarray:
        """Return the sum of what placements are let at, by stage."""
        found = np.zeros(len(self.model.stages))
        found[self.lived_in] = self.mass.let[self.with_stage, :, PAID].sum(axis=1)
        return found
