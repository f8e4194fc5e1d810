"""The kinship lever: family network plans, placements with kin, special guardianship and allowances."""

from typing import ClassVar

from pydantic import Field, model_validator

from scenarios.actions import Action, Cost
from scenarios.actions_of_places import PlanWeight
from scenarios.distributions import Distribution
from scenarios.family_network_plans import FamilyNetworkPlans
from scenarios.lever_base import Lever, UncertainAmount, UncertainShare
from scenarios.lever_parts import Change
from scenarios.pathway_schema import Pathway
from scenarios.quantities import Frozen, Text, WholeNumber
from scenarios.schema import Month
from scenarios.timeline import MonthSeries, month_index

WEEKS_PER_YEAR = 365.25 / 7


class Allowances(Frozen):
    """Parity of kinship allowances with fostering allowances, deadweight on existing carers included.

    `stage` holds the children under the order. The share `already_paid` gets `uplift_gbp_per_week` more; of the rest
    the share `take_up` gets the whole `allowance_gbp_per_week`. For each child under an order who left care there are
    `not_from_care_ratio` more who never were in care. Of children in informal kinship care
    (`informal_children_per_child_0_17`) the share `informal_claims_share` claims the whole allowance.
    """

    stage: Text
    uplift_gbp_per_week: UncertainAmount
    allowance_gbp_per_week: UncertainAmount
    already_paid: UncertainShare
    take_up: UncertainShare
    not_from_care_ratio: UncertainAmount
    informal_children_per_child_0_17: UncertainShare
    informal_claims_share: UncertainShare
    ramp_months: WholeNumber

    @model_validator(mode="after")
    def _one_draw_each(self) -> "Allowances":
        """Refuse a second distribution in a product of which one factor is drawn."""
        for key in (
            "allowance_gbp_per_week",
            "already_paid",
            "not_from_care_ratio",
            "informal_children_per_child_0_17",
        ):
            if not getattr(self, key).is_fixed:
                raise ValueError(
                    f"{key}: is a distribution, expected one number (with a `range`): it multiplies a draw"
                )
        return self


class PlanChange(Change):
    """A ratio on the weight of a placement in the placement plans named (`entry`, `move`, `uasc`)."""

    plans: tuple[Text, ...] = Field(min_length=1)


class Kinship(Lever):
    """Kinship care: family network plans before court, more placements with kin, allowances on a par with fostering.

    Mechanism: family network plans divert a share of pre-proceedings from court; kin weigh more in placement plans;
    the hazard of special guardianship rises; marginal orders break down somewhat more often; allowances rise for
    everyone entitled, not only those who changed.

    Parameters: see `FamilyNetworkPlans`, `Allowances`, `Change`; `rates` is by target (`stage.transition`),
    `plan_weights` by placement.

    Evidence: family group conferences, strong but for referral where none was offered (randomised, 2,548 children:
    looked after at 12 months 36.2 % against 44.8 %; living arrangements did not differ); allowances, weak (no English
    effect; carers' survey).
    """

    kind: ClassVar[str] = "kinship"
    overlaps: ClassVar[tuple[str, ...]] = ("kinship", "family_group_decisions")
    family_network_plans: FamilyNetworkPlans
    rates: dict[Text, Change]
    plan_weights: dict[Text, PlanChange]
    allowances: Allowances
    allowances_start: Month | None = None

    def first_month(self) -> str:
        """Return the month before which the lever changes nothing."""
        months = [
            self.start,
            *self.family_network_plans.reach,
            *([self.allowances_start] if self.allowances_start else []),
        ]
        return min(months, key=month_index)

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return network plans, rates, placement plans and costs."""
        found: list[Action] = [*self.family_network_plans.actions(self, pathway)]
        for target, change in self.rates.items():
            found.append(change.rates(f"{self.name}.{target}", (target,), self.start))
        for placement, change in self.plan_weights.items():
            for plan in change.plans:
                name = f"{self.name}.{plan}.{placement}"
                found.append(PlanWeight(name, plan, placement, change.ratio, change.phase(self.start)))
        return (*found, *self._allowances())

    def _allowances(self) -> tuple[Cost, ...]:
        """Return allowance costs: each a drawn amount times fixed shares."""
        given = self.allowances
        start = self.allowances_start or self.start
        phase = MonthSeries.of(1.0, start, given.ramp_months)
        children = 1.0 + given.not_from_care_ratio.mean
        paid = given.already_paid.mean
        uplift = given.uplift_gbp_per_week.scaled(paid * children)
        taken_up = given.take_up.scaled((1 - paid) * children * given.allowance_gbp_per_week.mean)
        per_claim = given.informal_children_per_child_0_17.mean * given.allowance_gbp_per_week.mean * WEEKS_PER_YEAR
        informal = given.informal_claims_share.scaled(per_claim)

        def cost(part: str, label: str, basis: str, amount: Distribution, stage: str | None) -> Cost:
            """Return one line of cost, phased in over the ramp."""
            name, line = f"{self.name}.{part}", f"{self.name}_{part}"
            return Cost(name, line, label, self.payer, self.funded_by, basis, amount, phase, start, stage=stage)

        weekly = "gbp_per_week_in_stage"
        return (
            cost("allowance_uplift", "Kinship allowance parity, paid already", weekly, uplift, given.stage),
            cost("allowance_new", "Kinship allowance, not paid before", weekly, taken_up, given.stage),
            cost("informal_claims", "Informal kinship carers' claims", "gbp_per_child_0_17_per_year", informal, None),
        )
