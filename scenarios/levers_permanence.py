"""Levers on children in care and after: reunification, step-down from homes, adoption, kinship assessment, care leavers."""

from typing import ClassVar

from scenarios.actions import Action
from scenarios.actions_of_places import PlanWeight
from scenarios.kinship_lever import PlanChange
from scenarios.lever_parts import Change, EffectOnReached, Programme, Reach, Targets, shifted
from scenarios.levers_protection import RETURNS_HOME
from scenarios.pathway_schema import Pathway
from scenarios.quantities import Text

MOVES_OUT_OF_HOMES = ("authority_childrens_home.move", "childrens_home.move")


class ReunificationSupport(Programme):
    """Support for children to return home, before and after.

    Mechanism: of children in care, `reach` return home oftener (`returns`). The children who return at the margin are riskier: those reached come
    back into care at `re_entry` times the hazard, which support may lower or the margin raise.

    Parameters: `reach` (share of children in an episode of care, fidelity), `returns`, `re_entry`, `targets`, `costs`.

    Evidence: weak. One in five re-enters within a year (Goldacre 2022); of those home under supervision 45.9 % within five years. Practice guides, no
    English estimate of support: returns x 1.0 to 1.25 with re-entry x 0.75 to 1.1.
    """

    kind: ClassVar[str] = "reunification_support"
    reach: Reach
    returns: EffectOnReached
    re_entry: EffectOnReached
    targets: Targets = RETURNS_HOME

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return more returns, what becomes of them, and the costs."""
        return (
            *self.reach.effects(self, "returns", self.targets, self.returns, "child"),
            *self.reach.effects(self, "re_entry", ("reunified.re_entry",), self.re_entry, "child"),
            *self.cost_actions(self.reach.series(self.start)),
        )


class StepDown(Programme):
    """Residential to family: children in homes who could live with specialist foster carers move to them.

    Mechanism: of children in an episode of care, those who are in a home and `reach`ed leave it sooner (`moves`), and whoever is planned anew is
    planned for fostering oftener (`fostering`). Some break down: those reached leave foster care for another placement oftener (`breakdown`), which
    may be a home again: two moves.

    Parameters: `reach` (of children in care, fidelity), `moves`, `breakdown`, `fostering` (ratio of the weight of a planned placement, its plans),
    `targets`, `costs` (the fee above a plain foster placement, a week or a move).

    Evidence: weak. For just over a third of children in homes fostering was the plan (Ofsted 2022, small sample): the upper limit. Specialist fees
    £800 to 1,600 a week; 20 to 45 % break down in a year.
    """

    kind: ClassVar[str] = "step_down"
    reach: Reach
    moves: EffectOnReached
    breakdown: EffectOnReached
    fostering: dict[Text, PlanChange]
    targets: Targets = MOVES_OUT_OF_HOMES

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return moves out of homes and plans for fostering, breakdown, and the costs."""
        broken = ("in_house_foster.move", "agency_foster.move")
        weights = tuple(
            PlanWeight(f"{self.name}.{plan}.{placement}", plan, placement, change.ratio, change.phase(self.start))
            for placement, change in self.fostering.items()
            for plan in change.plans
        )
        return (
            *self.reach.effects(self, "moves", self.targets, self.moves, "child"),
            *self.reach.effects(self, "breakdown", broken, self.breakdown, "child"),
            *weights,
            *self.cost_actions(self.reach.series(self.start)),
        )


class AdoptionTimeliness(Programme):
    """Adoption timeliness: matching after a placement order takes less time.

    Mechanism: children under a placement order are matched sooner (`matching`); hasty matches disrupt oftener (`disruption`).

    Parameters: ratios, each phased: `matching`, `disruption` (of adoption placements), `costs`.

    Evidence: entry to adoption took 24 months in 2019 and 29 in 2024; few children (about 3,000 a year), so one per cent of those in care at most.
    """

    kind: ClassVar[str] = "adoption_timeliness"
    matching: Change
    disruption: Change

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return faster matching, disruption, and the costs."""
        return (
            self.matching.rates(f"{self.name}.matching", ("placement_order.matched",), self.start),
            shifted(f"{self.name}.disruption", pathway, "adoption_placement", ("disrupted",), "adopted", self.disruption, self.start),
            *self.cost_actions(),
        )


class KinshipDeregulation(Programme):
    """Lighter assessment of kinship carers: a downside case for children, cheaper for authorities.

    Mechanism: fewer temporary approvals fail (`refused`), and kinship placements approved with less scrutiny end unplanned oftener (`disruption`).

    Parameters: ratios, each phased: `refused`, `disruption`; `costs` (assessors' time saved).

    Evidence: none of effect; reg 24 allows 16 weeks (+ 8) before full approval. Disruption x 1.0 to 1.6 is a judgement. Harm is not simulated.
    """

    kind: ClassVar[str] = "kinship_deregulation"
    refused: Change
    disruption: Change

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return more approvals, more placements that end, and what is saved."""
        return (
            shifted(f"{self.name}.refused", pathway, "kinship_foster_provisional", ("not_approved",), "approved", self.refused, self.start),
            self.disruption.rates(f"{self.name}.disruption", ("kinship_foster.move",), self.start),
            *self.cost_actions(),
        )


class CareLeavers(Programme):
    """Staying put and staying close: young people leave their carers, and support, later than at 18 and 21.

    Mechanism: those who stay put leave former carers more slowly (`leaving_carers`), and support ends later (`support_ending`). It costs here; other
    payers gain.

    Parameters: ratios, each phased: `leaving_carers`, `support_ending`; `costs` by payer.

    Evidence: associations only (staying put with education and employment); no causal estimate of savings. Nobody's entry to care changes.
    """

    kind: ClassVar[str] = "care_leavers"
    leaving_carers: Change
    support_ending: Change

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return longer stays with carers and in support, and the costs."""
        return (
            self.leaving_carers.rates(f"{self.name}.leaving_carers", ("staying_put.left_carers",), self.start),
            self.support_ending.rates(f"{self.name}.support_ending", ("care_leaver.support_ended",), self.start),
            *self.cost_actions(),
        )
