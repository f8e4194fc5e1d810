"""Count what happens to children beside money: returns, escalations, moves, who lives where, and all of it by deprivation quintile."""

from typing import Any

import numpy as np

from scenarios.timeline import year_ending
from sim.kernels import layout as L
from sim.kernels.layout import Tally

CARE_START, IN_CARE_END = int(L.CARE_START), int(L.IN_CARE_END)
WITH_KIN = ("kinship_foster", "kinship_foster_provisional", "special_guardianship", "child_arrangements_order", "relatives")
AWAY_AFTER_CARE = ("special_guardianship", "child_arrangements_order", "relatives", "adopted")


class ChildCounts:
    """What a tally holds of children's histories, by area and month (A, T)."""

    tally: Tally
    compiled: Any
    first: int
    months: int

    def by_quintile(self, quintile: int, step: int) -> np.ndarray:
        """Children referred, in enquiries, starting plans, starting care, or in care at month end, of quintile 1 (least deprived) to 5."""
        return self.tally.by_quintile[:, :, quintile - 1, step]

    def care_days_of(self, quintile: int) -> np.ndarray:
        """Days in care of children of a quintile; unaccompanied children have none."""
        return self.tally.quintile_days[:, :, quintile - 1]

    def returned(self, column: int, quintile: int | None = None) -> np.ndarray:
        """Children of cases closed without a plan (column 0), and of those back within a year with an enquiry, a plan or a care start."""
        table = self.tally.returned[..., column]
        return table.sum(axis=2) if quintile is None else table[:, :, quintile - 1]

    def escalated(self, waiting_list: int, *steps: int) -> np.ndarray:
        """Families on a waiting list for help who were referred again, or met an enquiry, a plan or a care start."""
        return self.tally.escalated[:, :, waiting_list][:, :, list(steps)].sum(axis=2)

    def started_after(self, what: int) -> np.ndarray:
        """Children from home starting care whose family waited for help, had closed within a year, or ended a plan within half a year."""
        return self.tally.starts_after[:, :, what]

    @property
    def short_plans(self) -> np.ndarray:
        """Children whose plan ended within 91 days."""
        return self.tally.short_plans

    @property
    def care_starts(self) -> np.ndarray:
        """Starts of care, each time, unaccompanied children apart."""
        return self.tally.started[..., 0].sum(axis=2)

    @property
    def moves(self) -> np.ndarray:
        """Moves from placement to placement; a temporary kinship carer's approval moves nobody."""
        return self.placements_made - self.tally.started.sum(axis=(2, 3)) - self.fired("kinship_foster_provisional.approved")

    @property
    def away_from_parents(self) -> np.ndarray:
        """Children at month end who live away from their parents in any arrangement, in care or after it, unaccompanied ones apart."""
        in_care = self.looked_after[..., 0].sum(axis=2) - self.at_end("with_parents")
        return in_care + self.at_end(*AWAY_AFTER_CARE)

    @property
    def unlawful_days(self) -> np.ndarray:
        """Child-days in placements that are offences."""
        return self.unit_days(*(name for name, stage in self.pathway.stages.items() if stage.unlawful))

    def re_entered(self, *exits: str) -> np.ndarray:
        """Children back in care after an exit."""
        return self.fired(*(f"{stage}.{name}" for stage, name, step in self.pathway.steps() if step.re_entry and stage in exits))

    def stepped_down(self) -> np.ndarray:
        """Children whose family stepped down to early help from a child-in-need or Family Help case."""
        return self.fired("child_in_need.step_down", "family_help.step_down")

    def stepped_up(self) -> np.ndarray:
        """Children whose family was referred again from early help."""
        return self.fired("early_help.escalated", "early_help.stepped_up")

    def population(self, quintile: int | None = None) -> np.ndarray:
        """Children aged 0 to 17, of a quintile by its assumed share (ruling 32): the authority's of the month's year (the latest known)."""
        years = [year_ending(month) for month in self.compiled.months[self.first : self.first + self.months]]
        found = [figures.by_month("population_0_17", years, default=0.0) for figures in self.compiled.figures]
        if quintile is not None:
            share = f"population_share_quintile_{quintile}"
            found = [children * figures.get(share, default=0.0) for children, figures in zip(found, self.compiled.figures, strict=True)]
        return np.array(found)
