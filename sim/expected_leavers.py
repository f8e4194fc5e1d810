"""Eighteenth birthdays, and what follows care: care leavers, on their own or with former carers."""

from __future__ import annotations

import numpy as np

from sim.expected_authority import LEAVER_MONTHS, at_age
from sim.expected_children import CHILD_AGES, UASC_STREAMS
from sim.expected_phases import step_at
from sim.expected_run import Mass
from sim.kernels.expected_ages import turn_18
from sim.kernels.expected_counts import step_leavers

LEFT_AT = (18.0, 17.5, 16.5)  # mean age at which care was left, by group of care leavers


class Leavers:
    """The part of `Counted` that follows young people out of care."""

    def prepare_leavers(self) -> None:
        """Set what is fixed of care leavers: which placements may go on, and the months until support and former carers' care end."""
        f, model = self.f, self.model
        self.stays_put = model.stages["stays_put"].astype(float)
        self.until = 12.0 * (at_age(model, f.leaver)[1] - np.array(LEFT_AT))
        self.stay_until = 12.0 * (at_age(model, f.put)[1] - np.array(LEFT_AT)) if f.put >= 0 else np.zeros(3)
        self.leaver_version = -1

    def turn_18(self, mass: Mass) -> None:
        """Let children turn 18: those in care leave it, for a care leaver's life if they were in it for long enough; those after care are adults."""
        f, model, y, a, row = self.f, self.model, self.y, self.a, self.row
        put = float(model.parameters[7]) if f.put >= 0 else 0.0
        for i, net in enumerate(f.structure.children):
            if not net.rows:
                continue
            arrays = f.structure.child_arrays[i]
            left, eligible, share = turn_18(mass.children[i], 1.0 / (12.0 - f.j), arrays["exit_of"], arrays["exits"].eligible, self.stays_put,
                                            arrays["stages"][:, 1])  # fmt: skip
            if left <= 0.0 or f.adult_k < 0:
                continue
            share *= put
            mass.leavers[0, 0, 0] += eligible - share
            mass.leavers[0, 1, 0] += share
            uasc = 1 if i in UASC_STREAMS else 0
            y.ceased[a, row, 6, uasc] += left
            y.ceased_once[a, row, 6, uasc] += left
            self.fired[f.adult_k] += left
            self.fired_children[f.adult_k] += left
            self.entered[int(model.transitions[f.adult_k]["target"])] += left
            if f.leaver >= 0:
                self.entered[f.leaver] += eligible - share
            if f.put >= 0:
                self.entered[f.put] += share

    def grow_up(self) -> None:
        """Move children on by a year at the year's end."""
        if self.f.j == 11:
            for children in self.mass.children:
                table = children.reshape(-1, 4, CHILD_AGES)
                table[:, :, 1:] = table[:, :, :-1].copy()
                table[:, :, 0] = 0.0

    def step_leavers(self, mass: Mass, days: float) -> None:
        """Let care leavers' support end, and those with former carers leave them."""
        f = self.f
        if f.leaver < 0:
            return
        if self.leaver_version != f.version:
            self.leaver_version = f.version
            self.support_ends = self.hazard_by_month(f.leaver, LEAVER_MONTHS)
            self.leave_carers = self.hazard_by_month(f.put, LEAVER_MONTHS) if f.put >= 0 else np.zeros(LEAVER_MONTHS)
        leave, end = 1.0 - np.exp(-self.leave_carers * days), np.exp(-self.support_ends * days)
        self.entered[f.leaver] += step_leavers(mass.leavers, leave, end, self.stay_until, self.until)

    def hazard_by_month(self, stage: int, months: int) -> np.ndarray:
        """Return a stage's hazard per day of ending, by months since its clock began."""
        found = np.zeros(months)
        version = self.f.version
        for k in range(int(self.model.stages[stage]["first"]), int(self.model.stages[stage]["first"]) + int(self.model.stages[stage]["n"])):
            if not self.model.transitions[k]["at_age"] > 0.0 and not self.model.transitions[k]["dead"]:
                found += step_at(self.model, version, k, (np.arange(months) + 0.5) * 30.4375, self.a)
        return found
