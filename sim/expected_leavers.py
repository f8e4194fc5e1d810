"""Eighteenth birthdays, and what follows care: care leavers, on their own or with former carers."""

from __future__ import annotations

import numpy as np

from sim.expected_authority import LEAVER_MONTHS, at_age
from sim.expected_children import CHILD_AGES, UASC_STREAMS
from sim.expected_phases import step_at
from sim.expected_run import Mass

LEFT_AT = (18.0, 17.5, 16.5)  # mean age at which care was left, by group of care leavers


class Leavers:
    """The part of `Counted` that follows young people out of care."""

    def turn_18(self, mass: Mass) -> None:
        """Let children turn 18: those in care leave it, for a care leaver's life if they were in it for long enough; those after care are adults."""
        f, model, y, a, row = self.f, self.model, self.y, self.a, self.row
        for i, net in enumerate(f.structure.children):
            if not net.rows:
                continue
            arrays = f.structure.child_arrays[i]
            table = mass.children[i].reshape(-1, 4, CHILD_AGES)
            adults = table[:, :, -1] * (1.0 / (12.0 - f.j))
            table[:, :, -1] -= adults
            care = arrays["group"] >= 0
            out = adults[care].sum(axis=1)
            left = float(out.sum())
            if left <= 0.0 or f.adult_k < 0:
                continue
            eligible = out * arrays["eligible"][arrays["group"][care]]
            put = float(model.parameters[7]) if f.put >= 0 else 0.0
            share = put * float((eligible * model.stages["stays_put"][arrays["stages"][care, 1]]).sum())
            mass.leavers[0, 0, 0] += eligible.sum() - share
            mass.leavers[0, 1, 0] += share
            uasc = 1 if i in UASC_STREAMS else 0
            y.ceased[a, row, 6, uasc] += left
            y.ceased_once[a, row, 6, uasc] += left
            self.fired[f.adult_k] += left
            self.fired_children[f.adult_k] += left
            self.entered[int(model.transitions[f.adult_k]["target"])] += left
            if f.leaver >= 0:
                self.entered[f.leaver] += eligible.sum() - share
            if f.put >= 0:
                self.entered[f.put] += share

    def adults(self, out: np.ndarray) -> None:
        """Move children on by a year at the year's end (families whose youngest turned 18, `out` by row, are gone)."""
        if self.f.j == 11:
            for children in self.mass.children:
                table = children.reshape(-1, 4, CHILD_AGES)
                table[:, :, 1:] = table[:, :, :-1].copy()
                table[:, :, 0] = 0.0

    def step_leavers(self, mass: Mass, days: float) -> None:
        """Let care leavers' support end, and those with former carers leave them."""
        f, model = self.f, self.model
        if f.leaver < 0:
            return
        ages = np.arange(LEAVER_MONTHS)
        until = 12.0 * (at_age(model, f.leaver)[1] - np.array(LEFT_AT))
        stay_until = 12.0 * (at_age(model, f.put)[1] - np.array(LEFT_AT)) if f.put >= 0 else np.zeros(3)
        end = self.hazard_by_month(f.leaver, LEAVER_MONTHS) * days
        leave = self.hazard_by_month(f.put, LEAVER_MONTHS) * days if f.put >= 0 else np.zeros(LEAVER_MONTHS)
        for j in range(3):
            moved = mass.leavers[j, 1] * (1.0 - np.exp(-leave))
            moved[ages >= stay_until[j]] = mass.leavers[j, 1][ages >= stay_until[j]]
            mass.leavers[j, 1] -= moved
            mass.leavers[j, 0] += moved
            self.entered[f.leaver] += moved.sum()
            mass.leavers[j, 0] *= np.exp(-end)
            mass.leavers[j, 0][ages >= until[j]] = 0.0
        mass.leavers[:, :, 1:] = mass.leavers[:, :, :-1].copy()
        mass.leavers[:, :, 0] = 0.0

    def hazard_by_month(self, stage: int, months: int) -> np.ndarray:
        """Return a stage's hazard per day of ending, by months since its clock began."""
        found = np.zeros(months)
        version = self.f.version
        for k in range(int(self.model.stages[stage]["first"]), int(self.model.stages[stage]["first"]) + int(self.model.stages[stage]["n"])):
            if not self.model.transitions[k]["at_age"] > 0.0 and not self.model.transitions[k]["dead"]:
                found += step_at(self.model, version, k, (np.arange(months) + 0.5) * 30.4375, self.a)
        return found
