"""What placements were let at and where they are, carried along with the expected number of children who come and leave."""

from __future__ import annotations

import numpy as np

from sim.expected_children import CHILD_AGES
from sim.expected_run import Mass
from sim.kernels import layout as L
from sim.kernels.budget import DEAR_GBP_PER_WEEK
from sim.kernels.distance import BANDS


class Placements:
    """The part of `Counted` that counts placements."""

    def count_lets(self, mass: Mass, placed: np.ndarray, uasc_placed: np.ndarray) -> None:
        """Carry what placements were let at, and where they are, along with who came and who left."""
        y, a, row, model, f = self.y, self.a, self.row, self.model, self.f
        came = self.arrived_in.reshape(len(placed), 4, CHILD_AGES).sum(axis=2)
        whole = mass.placed + came
        keep = np.where(whole > 1e-12, placed / np.maximum(whole, 1e-12), 0.0)
        for p, stage in self.stage_of_placement.items():
            place = int(model.place_of_stage[stage])
            index = self.around.price[place] if place >= 0 else 1.0
            gain = 1.0 - float(model.price_gain[stage, self.month])
            new = came[p][:, None] * f.let_mean[p][:, None] * np.array([1.0, index, index * gain])
            mass.let[p] = (mass.let[p] + new) * keep[p][:, None]
            odds = self.around.far[place] if place >= 0 else 1.0
            share = band_shares(model.bands[a, 0, stage], odds)
            if uasc_placed[p] > 0.0 and placed[p].sum() > 0.0:
                part = uasc_placed[p] / placed[p].sum()
                share = (1.0 - part) * share + part * band_shares(model.bands[a, 1, stage], odds)
            total = whole[p].sum()
            mass.where[p] = (mass.where[p] + came[p].sum() * share) * (placed[p].sum() / total if total > 1e-12 else 0.0)
        days = 0.5 * (mass.placed + placed) * self.days
        y.placement_days[a, row] = days
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(placed[..., None] > 1e-12, mass.let / np.maximum(placed[..., None], 1e-12), 0.0)
        y.let_days[a, row] = days[..., None] * mean
        y.where_end[a, row, :, :BANDS] = mass.where
        for p, stage in self.stage_of_placement.items():
            y.paid_days[a, row, stage] = y.let_days[a, row, p, :, 2].sum()
        self.count_dear(mean, placed)
        mass.placed = placed

    def count_dear(self, mean: np.ndarray, placed: np.ndarray) -> None:
        """Count children whose placements cost much: the spread of new prices, moved to the mean of those there are."""
        y, a, row, model, f = self.y, self.a, self.row, self.model, self.f
        for p, stage in self.stage_of_placement.items():
            if not placed[p].any():
                continue
            base = 7.0 * model.care_cost[a, stage] * model.care_price[stage, self.month] / L.WHOLE_PRICE
            with np.errstate(divide="ignore", invalid="ignore"):
                times = np.where(f.let_mean[p] > 0.0, mean[p, :, 2] / f.let_mean[p], 0.0)
            weekly = base * model.let_table[p] * times[:, None]
            dear = weekly >= DEAR_GBP_PER_WEEK
            y.dear_end[a, row, 0] += (placed[p] * dear.mean(axis=1)).sum()
            y.dear_end[a, row, 1] += (placed[p] * (weekly * dear).mean(axis=1)).sum()
            y.dear_end[a, row, 2] += (placed[p] * weekly.mean(axis=1)).sum()

    def let_sum(self) -> np.ndarray:
        """Return the sum of what placements are let at, by stage."""
        found = np.zeros(len(self.model.stages))
        for p, stage in self.stage_of_placement.items():
            found[stage] = self.mass.let[p, :, 2].sum()
        return found


def band_shares(shares: np.ndarray, odds: float) -> np.ndarray:
    """Return the share of placements in each band of distance (`band_of` in sim/kernels/distance.py), the far ones' odds multiplied."""
    weight = shares * np.array([1.0, 1.0, odds, odds])
    return weight / weight.sum() if weight.sum() > 0.0 else np.array([1.0, 0.0, 0.0, 0.0])
