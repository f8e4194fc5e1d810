"""What passes between families and their children in care: children who come home, and proceedings opened for children in care.

The networks of families and of children do not know whose child is whose. Who comes home joins families with an earlier removal, in proportion to
where those are: with no child at home as often as children in care are of families all of whose children entered (docs/expected.md).
"""

from __future__ import annotations

import numpy as np

from sim import expected_people as P
from sim.expected_children import CHILD_AGES
from sim.expected_families import AGES, FIRST_YEAR, REMOVED
from sim.expected_run import Mass
from sim.kernels.expected_care import bring_home, join_known, move_part, move_share

HOME_BLOCKS = slice(REMOVED * AGES, 4 * AGES)  # columns of families with an earlier removal
SHARED = 0.5  # of proceedings that could be opened for a child whose siblings are in care too, those that are open already (assumed)


class Links:
    """The part of `Counted` that carries mass between families and children in care."""

    def come_home(self, mass: Mass, came: np.ndarray) -> None:
        """Let last month's children who left care for home join their families, and proceedings opened for children in care open."""
        net = self.f.net
        home = float(mass.back.sum())
        size = max(mass.group_size, 1.0)
        whole = mass.together[0] / mass.together[1] if mass.together[1] > 1e-9 else 0.0
        if home > 1e-12 and net.reopened >= 0 and net.no_child >= 0:
            ages = np.zeros(AGES)
            ages[FIRST_YEAR:] = mass.back / home
            alone = home * whole / size
            self.from_nobody(mass, came, alone, ages)
            self.join(mass, came, home - alone)
        for stage, number in mass.proceedings.items():
            self.open_court(came, stage, number / (1.0 + (size - 1.0) * SHARED), whole)
        mass.back = np.zeros(CHILD_AGES)
        mass.proceedings = {}
        there = float(mass.known[:, P.RETURNED].sum())
        if there > 1e-9:
            mass.known[:, P.RETURNED] *= self.at_home(mass) / there

    def at_home(self, mass: Mass) -> float:
        """Return how many children are home again from care (and not yet back in it, or 18)."""
        return float(mass.children[0][self.f.structure.child_arrays[0]["home"]].sum())

    def reopened(self) -> int:
        """Return the stage of need that a return home opens, later stages taken into account."""
        stage = self.f.net.reopened
        later = int(self.model.stages[stage]["later"])
        return later if later >= 0 and self.f.gates[2] > 0.5 else stage

    def from_nobody(self, mass: Mass, came: np.ndarray, families: float, ages: np.ndarray) -> None:
        """Bring families without a child at home back to need: the first child of theirs is home."""
        f, net = self.f, self.f.net
        stage = self.reopened()
        n, m = f.needs.index(net.no_child), f.needs.index(stage)
        rows, to = f.structure.need_links(net.no_child, stage)
        held = came[rows].reshape(-1, 4, AGES).sum(axis=(0, 1))
        share = np.tile(np.minimum(families * ages / np.maximum(held, 1e-12), 0.9), 4)
        total = bring_home(came, mass.known, rows, to, n, m, share, len(P.GAPS))
        self.entered[stage] += total
        self.entered_children[stage] += total

    def join(self, mass: Mass, came: np.ndarray, children: float) -> None:
        """Let children join families with an earlier removal who have others at home; those whose case is closed come back to need."""
        f, stage = self.f, self.reopened()
        m = f.needs.index(stage)
        stock = f.by_need(came)
        by_need = stock[:, HOME_BLOCKS].sum(axis=1)
        closed, open_ = by_need[f.closed].sum(), by_need[~f.closed & ~f.nobody].sum()
        if closed + open_ <= 1e-9:
            return
        families = children * closed / (closed + open_)
        share = min(1.0, families / closed) if closed > 1e-9 else 0.0
        for s in dict.fromkeys(s for s, is_closed in zip(f.needs, f.closed, strict=True) if is_closed):
            at, to = f.structure.need_links(s, stage)
            self.entered[stage] += move_part(came, at, to, HOME_BLOCKS.start, share)
        self.entered_children[stage] += join_known(mass.known, stock, HOME_BLOCKS.start, children / (closed + open_), share, f.closed, f.nobody, m,
                                                   len(P.GAPS))  # fmt: skip

    def open_court(self, came: np.ndarray, stage: int, families: float, whole: float) -> None:
        """Open proceedings for families of children in care who are not in court: with no child at home, or with others there."""
        links = self.f.structure.court_links(stage)
        for (rows, to), number in zip(links, (families * whole, families * (1.0 - whole)), strict=True):
            self.entered[stage] += move_share(came, rows, to, HOME_BLOCKS.start, number)
