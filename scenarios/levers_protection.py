"""Levers on protection and court: protection teams, family group decisions, representation, court time, weaker review."""

from typing import ClassVar

from scenarios.actions import Action
from scenarios.actions_of_places import NationalCapacity
from scenarios.family_network_plans import FamilyNetworkPlans
from scenarios.lever_base import Lever
from scenarios.lever_parts import Change, Programme, capacity, shifted
from scenarios.pathway_schema import Pathway
from scenarios.timeline import month_index

PACED = ("section_47.not_substantiated", "section_47.conference", "initial_conference.no_plan", "initial_conference.plan")
PLACEMENTS_MOVED = tuple(
    f"{placement}.move"
    for placement in (
        "kinship_foster", "in_house_foster", "agency_foster", "authority_childrens_home", "childrens_home", "supported_accommodation",
        "other_placement",
    )
)  # fmt: skip
RETURNS_HOME = ("looked_after.reunified", "looked_after.care_order_discharged")


class ProtectionTeams(Programme):
    """Multi-agency child protection teams: fewer enquiries that lead nowhere, faster where it matters, and the cost of cases missed.

    Mechanism: `enquiries` become rarer, and more of them lead to a conference (`conferences`), at their own `pace`; entry to care may fall or rise
    (`care_entry`). Cases that are missed come back: closed families are referred again oftener (`returns`) and more children are taken into police
    protection (`emergencies`). Health and schools give people and pay for them; what the police give is not costed, and that the scarcest partner
    binds is not simulated (`ramp_months` is as slow as the slowest).

    Parameters: ratios for everyone, each phased: `enquiries`, `conferences` (share of enquiries that lead to one), `pace` (of enquiries and
    conferences), `care_entry`, `returns`, `emergencies`; `teams_capacity` (workers moved from other teams); `costs` with their payers.

    Evidence: none of effect yet; the stepped-wedge trial of Family Safeguarding (51,000 children) is not published. Hertfordshire's halving of plans
    is uncontrolled and not used. Entry to care 1.0, 0.80 to 1.10.
    """

    kind: ClassVar[str] = "protection_teams"
    overlaps: ClassVar[tuple[str, ...]] = ("protection_teams",)
    enquiries: Change
    conferences: Change
    pace: Change
    care_entry: Change
    returns: Change
    emergencies: Change
    teams_capacity: Change | None = None

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return the changes for everyone, what it takes from teams, and the costs."""
        emergencies = tuple(name for name in pathway.step_names() if name.endswith(".police_protection"))
        return (
            self.enquiries.rates(f"{self.name}.enquiries", ("s47",), self.start),
            shifted(f"{self.name}.conferences", pathway, "section_47", ("conference",), "not_substantiated", self.conferences, self.start),
            self.pace.rates(f"{self.name}.pace", PACED, self.start),
            self.care_entry.rates(f"{self.name}.care_entry", ("care_entry",), self.start),
            self.returns.rates(f"{self.name}.returns", ("re_referral",), self.start),
            self.emergencies.rates(f"{self.name}.emergencies", emergencies, self.start),
            *capacity(self.name, self.teams_capacity, self.start),
            *self.cost_actions(),
        )


class FamilyGroupDecisions(Lever):
    """Family group conferences and family network plans before court, beyond what the duty of April 2026 brings.

    Mechanism: of families in pre-proceedings, those reached go to court more rarely; what they lose is resolved. Not on police protection,
    emergency orders, section 20, remand or unaccompanied children, where the duty does not act either.

    Parameters: `plans`, as of the kinship lever: `stage`, `outcomes`, `instead`, `risk_ratio`, `fidelity`, `reach` (on top of the duty's
    coverage), `ramp_months`, `opened_by`, `cost_gbp_per_family`.

    Evidence: strong for authorities that did not offer them (randomised, 1,511 families: looked after at 12 months 36.2 % against 44.8 %); where
    children lived did not differ; 0.88 at scale.
    """

    kind: ClassVar[str] = "family_group_decisions"
    overlaps: ClassVar[tuple[str, ...]] = ("family_group_decisions", "kinship")
    plans: FamilyNetworkPlans

    def first_month(self) -> str:
        """Return the month before which the lever changes nothing."""
        return min((self.start, *self.plans.reach), key=month_index)

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return the diversion from court, and its cost."""
        return self.plans.actions(self, pathway)


class ParentalRepresentation(Programme):
    """Advocacy and legal representation for parents in pre-proceedings and proceedings.

    Mechanism: more pre-proceedings are resolved without court (`issued`, below 1), more final hearings end with the child at home (`home`), and
    returns at the margin break down a little oftener (`re_entry`).

    Parameters: ratios, each phased: `issued`, `home`, `re_entry`; `costs`.

    Evidence: none in England of outcomes; American studies of interdisciplinary representation report shorter stays. Wide prior.
    """

    kind: ClassVar[str] = "parental_representation"
    issued: Change
    home: Change
    re_entry: Change

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return what happens instead of court and at the final hearing, and the costs."""
        issued = ("issued_with_removal", "issued_at_home")
        return (
            shifted(f"{self.name}.issued", pathway, "pre_proceedings", issued, "resolved", self.issued, self.start),
            shifted(f"{self.name}.home", pathway, "care_proceedings", ("home_with_supervision",), "care_order", self.home, self.start),
            self.re_entry.rates(f"{self.name}.re_entry", ("reunified.re_entry",), self.start),
            *self.cost_actions(),
        )


class CourtTimeliness(Programme):
    """Court timeliness: more sitting days, so that proceedings press less against courts and weeks shorten.

    Mechanism: `courts_capacity` multiplies what courts can hear. Shorter proceedings mostly swap interim for full orders; children in care fall only
    by those who leave at the final order sooner. Assessments of kin made in haste break down oftener (`breakdown`).

    Parameters: `courts_capacity`, `breakdown` (ratio of special guardianship that ends in care), `costs` (the courts').

    Evidence: weeks fell from 45 to 29 in two years once the law set a limit of 26 (2012 to 2014); no effect on how many children are in care was
    claimed; one per cent of them at most.
    """

    kind: ClassVar[str] = "court_timeliness"
    courts_capacity: Change
    breakdown: Change

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return the capacity of courts, breakdown, and the costs."""
        courts = NationalCapacity(f"{self.name}.courts", "courts", self.courts_capacity.ratio, self.courts_capacity.phase(self.start))
        return (courts, self.breakdown.rates(f"{self.name}.breakdown", ("special_guardianship.re_entry",), self.start), *self.cost_actions())


class WeakerReview(Programme):
    """Fewer independent reviewing officers and less advocacy: a downside case.

    Mechanism: plans drift, so that care orders are discharged more rarely (`discharge`); placements end unplanned oftener (`moves`); children who
    went home come back oftener (`re_entry`).

    Parameters: ratios, each phased: `discharge`, `moves`, `re_entry`; `costs` (what is saved).

    Evidence: none of effect; a judgement of what review is for, labelled so. Children's experience is not simulated.
    """

    kind: ClassVar[str] = "weaker_review"
    discharge: Change
    moves: Change
    re_entry: Change

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return drift, moves, re-entries, and what is saved."""
        return (
            self.discharge.rates(f"{self.name}.discharge", ("looked_after.care_order_discharged",), self.start),
            self.moves.rates(f"{self.name}.moves", PLACEMENTS_MOVED, self.start),
            self.re_entry.rates(f"{self.name}.re_entry", ("reunified.re_entry",), self.start),
            *self.cost_actions(),
        )
