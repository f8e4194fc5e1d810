"""Family group decision-making and family network plans in pre-proceedings: a part of the kinship lever, and a lever of its own."""

from itertools import pairwise

from pydantic import Field, model_validator

from scenarios.actions import Action, Cost, ReachedEffect
from scenarios.lever_base import ByMonth, Lever, UncertainAmount, UncertainPositive, UncertainShare
from scenarios.pathway_schema import Pathway
from scenarios.quantities import Frozen, Text, WholeNumber
from scenarios.timeline import MonthSeries, month_index


class FamilyNetworkPlans(Frozen):
    """Family group decision-making in pre-proceedings, beyond what the duty of April 2026 already brings.

    `risk_ratio` is of `outcomes` (shares of the stage's outcomes) among families reached; what they lose goes to
    `instead`.
    `reach` is the share of families in the stage reached on top of the baseline, by month.
    """

    stage: Text
    outcomes: tuple[Text, ...] = Field(min_length=1)
    instead: Text
    risk_ratio: UncertainPositive
    fidelity: UncertainShare
    reach: ByMonth = Field(min_length=1)
    ramp_months: WholeNumber
    opened_by: tuple[Text, ...] = Field(min_length=1)
    cost_gbp_per_family: UncertainAmount

    @model_validator(mode="after")
    def _reach_rises(self) -> "FamilyNetworkPlans":
        """Refuse a reach that falls or exceeds 1."""
        ordered = [self.reach[month] for month in sorted(self.reach, key=month_index)]
        if any(later < earlier for earlier, later in pairwise(ordered)):
            raise ValueError("reach: falls, expected a share that only rises (families once reached stay reached)")
        if ordered[-1] > 1:
            raise ValueError(f"reach: is {ordered[-1]:g}, expected a share from 0 to 1")
        return self

    def actions(self, lever: Lever, pathway: Pathway) -> tuple[Action, ...]:
        """Return the diversion from court of those reached, whose share the other outcomes take up, and its cost, under a lever's name."""
        reach = MonthSeries.of(self.reach, lever.start, self.ramp_months)
        stage = pathway.stages.get(self.stage)
        shares = {name: outcome.share for name, outcome in stage.outcomes.items()} if stage else {}
        lost, kept = sum(shares.get(name, 0.0) for name in self.outcomes), shares.get(self.instead, 0.0)
        effect = ReachedEffect(
            f"{lever.name}.network_plans",
            tuple(f"{self.stage}.{name}" for name in self.outcomes),
            self.risk_ratio,
            self.fidelity,
            reach,
            complement=f"{self.stage}.{self.instead}",
            complement_weight=lost / kept if kept else 0.0,
        )
        cost = Cost(
            name=f"{lever.name}.network_plans_cost",
            line=f"{lever.name}_network_plans",
            label="Family network plans",
            payer=lever.payer,
            funded_by=lever.funded_by,
            basis="gbp_per_event",
            amount=self.cost_gbp_per_family,
            series=reach,
            start=lever.start,
            targets=self.opened_by,
        )
        return effect, cost
