"""Levers on families before care: hubs, edge of care, recurrent removal, risk outside the home, poverty."""

from typing import Annotated, ClassVar

from pydantic import Field

from scenarios.actions import Action, ScaleArrivals, ScaleFamilySupport
from scenarios.lever_base import UncertainPositive
from scenarios.lever_parts import Change, EffectOnReached, Phased, Programme, Reach, Targets, capacity
from scenarios.pathway_schema import Pathway
from scenarios.quantities import BY_QUINTILE, Number

NEED_STAGES = ("assessment", "child_in_need", "family_help")
BY_AGREEMENT = tuple(f"{stage}.accommodated" for stage in NEED_STAGES)
AT_BIRTH = ("newborn.removed_at_birth", "newborn.accommodated_at_birth")


class FamilyHubs(Programme):
    """Family hubs and Best Start: open-access services from birth, paid for now, felt (if at all) by teenagers.

    Mechanism: after `referrals.after_months` fewer families are referred. Until then hubs only cost.

    Parameters: `referrals` (ratio of families referred for the first time, phased), `costs`.

    Evidence: strong on time, weak on social care. Sure Start centres (IFS 2024): no change overall in social-care contacts at ages 7 to 16, less
    time in care, 10 to 15 years later; benefits £2.05 per £1, most of them outside social care. A care effect within ten years is not claimed.
    """

    kind: ClassVar[str] = "family_hubs"
    referrals: Change

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return fewer first referrals, late, and the costs."""
        arrivals = ScaleArrivals(f"{self.name}.referrals", "family", self.referrals.ratio, self.referrals.phase(self.start))
        return (arrivals, *self.cost_actions())


class FamilySupportBudget(Programme):
    """An authority's own family support, planned lower or higher than it was: a cut, or its reversal.

    Mechanism: the line of spend and the places of help it buys change as `support` phases it. Families then wait for help; and hazards of care and of
    coming back answer what is left of family support as far as `settings.budget.need_response` says, which is not at all in the baseline. With the
    budget's loop in force, care that costs more than budgeted is partly saved on what family support is left: the vicious circle.

    Parameters: `support` (ratio of family support as planned, phased), `costs`.

    Evidence: contested. Over English authorities 1 % less spending went with 0.07 to 0.157 % more children in need from 2010/11 to 2014/15, and with
    none after; £10 less a child on over-12s with 1.9 more entries at 16 and 17 per 100,000 (0.7 to 2.9), on under-5s with none.
    """

    kind: ClassVar[str] = "family_support_budget"
    support: Change

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return the change of what is planned, and the costs."""
        return (ScaleFamilySupport(f"{self.name}.support", self.support.ratio, self.support.phase(self.start)), *self.cost_actions())


class EdgeOfCare(Programme):
    """Edge-of-care teams: intensive work with teenagers about to come into care, most by agreement (section 20).

    Mechanism: of families referred, `reach` are worked with; their hazard of care by agreement is multiplied for `entry.lasts_months`, and a share
    of what is averted comes back later, since much of the effect is delay. Workers come from the authority's own teams at first
    (`teams_capacity`).

    Parameters: `reach` (share of families in an episode, fidelity), `entry` (hazard ratio, ages, how long, how much is only put off), `targets`
    (transitions into care), `teams_capacity`, `costs`.

    Evidence: mixed. Multisystemic therapy, randomised in England: no effect (OR 1.25, 0.77-2.05). Intensive family preservation, meta-analysis of
    mostly US studies: RR 0.5-0.6 for children, not significant for families, none for abuse and neglect. No Wrong Door: -18 % in care over five
    years, uncontrolled.
    """

    kind: ClassVar[str] = "edge_of_care"
    overlaps: ClassVar[tuple[str, ...]] = ("edge_of_care",)
    reach: Reach
    entry: EffectOnReached
    targets: Targets = BY_AGREEMENT
    teams_capacity: Change | None = None

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return the effect on those reached, what it takes from teams, and the costs."""
        staff = capacity(self.name, self.teams_capacity, self.start)
        return (*self.reach.effects(self, "entry", self.targets, self.entry), *staff, *self.cost_actions(self.reach.series(self.start)))


class RecurrentRemoval(Programme):
    """Work with parents who have had children removed (Pause and the like), so that fewer babies are removed next.

    Mechanism: among families from whom a child was removed, `reach` have a lower hazard that a newborn is removed. Births themselves are the same
    in every scenario (ruling 27), so births that are put off count as removals that do not happen; `removal.hazard_ratio` is net of those
    that happen later.

    Parameters: `reach` (share of such families in an episode, fidelity), `removal`, `targets`, `costs`.

    Evidence: moderate, by areas. Pause: 14.4 fewer infants in care a year in an authority with it (five authorities, three years). Half of that is
    taken, and 20 to 60 % of it comes back as later births.
    """

    kind: ClassVar[str] = "recurrent_removal"
    reach: Reach
    removal: EffectOnReached
    targets: Targets = AT_BIRTH

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return the effect on those reached, and the costs."""
        effects = self.reach.effects(self, "removal", self.targets, self.removal, after_removal=True)
        return (*effects, *self.cost_actions(self.reach.series(self.start)))


class RiskOutsideHome(Programme):
    """Support for children at risk outside the home (exploitation, violence): a path of its own beside child protection.

    Mechanism: more is looked into (`enquiries`), and for those reached entry to care may become rarer or not.

    Parameters: `reach`, `entry` (hazard ratio for those reached, ages, how long), `targets`, `enquiries` (ratio, for everyone), `costs`.

    Evidence: none of effect. Social Workers in Schools, a randomised test of working where young people are, changed neither enquiries (RR 1.055,
    0.955-1.166) nor care. The prior is wide and centred on nothing.
    """

    kind: ClassVar[str] = "risk_outside_home"
    reach: Reach
    entry: EffectOnReached
    targets: Targets = BY_AGREEMENT
    enquiries: Change

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return more enquiries, the effect on those reached, and the costs."""
        more = self.enquiries.rates(f"{self.name}.enquiries", ("s47",), self.start)
        return (more, *self.reach.effects(self, "entry", self.targets, self.entry), *self.cost_actions(self.reach.series(self.start)))


class Poverty(Programme):
    """Child poverty falls (a policy) or rises (a recession): fewer, or more, families come, most of all in deprived neighbourhoods.

    Mechanism: first referrals are multiplied by 1 + points x (ratio - 1), by deprivation quintile; everything after referral follows.

    Parameters: `poverty_points` (percentage points of children; below 0: poverty falls), when (`change`), `arrivals_ratio_per_point` (of one point
    more), `strength_by_quintile` (least deprived first; about 1 on average), `costs`.

    Evidence: moderate, ecological. One point more, 5 (2 to 8) more entries to care per 100,000 children under 16 a year (Bennett et al. 2022, 147
    authorities, 2015-20). What is in the baseline already (the two-child limit abolished in April 2026) may not be claimed again.
    """

    kind: ClassVar[str] = "poverty"
    overlaps: ClassVar[tuple[str, ...]] = ("poverty",)
    poverty_points: Annotated[Number, Field(ge=-20, le=20)]
    change: Phased
    arrivals_ratio_per_point: UncertainPositive
    strength_by_quintile: BY_QUINTILE = (1.0, 1.0, 1.0, 1.0, 1.0)

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return fewer or more first referrals, and the costs."""
        points = self.change.phase(self.start).scaled(self.poverty_points)
        name = f"{self.name}.arrivals"
        return (ScaleArrivals(name, "family", self.arrivals_ratio_per_point, points, self.strength_by_quintile), *self.cost_actions())
