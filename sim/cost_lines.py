"""The lines of cost: what each is, who pays, and which published line of spend it belongs to.

One basis for each pound. Placements, leaving care and adoption are child-weeks times a price; social workers are
posts times a cost that carries the safeguarding line's overheads, so assessments, enquiries and conferences are *not*
costed again; what the published totals hold and the model does not is one fixed line. An income is negative for the
authority and positive for whoever gives it.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import scenarios
from scenarios.actions import Action, AddPosts, Cost, FundedBy, Payer, ScaleCost, ScaleFamilySupport, ScaleTeams

Kind = Literal["cost", "income", "transfer"]
Published = Literal["fostering", "residential", "leaving_care", "safeguarding", "family_support", "other", ""]
ASSUMPTIONS = Path(scenarios.__file__).parent / "data" / "cost_assumptions.csv"
PUBLISHED_LABELS = {
    "fostering": "Fostering",
    "residential": "Residential and supported",
    "leaving_care": "Leaving care",
    "safeguarding": "Social work and safeguarding",
    "family_support": "Family support",
    "other": "Not modelled (fixed)",
    "": "Not in the published lines",
}


@dataclass(frozen=True)
class Line:
    """A line of cost.

    Attributes
    ----------
    key, label
        Column name and words.
    published
        The published line it is part of; empty for what authorities' outturn does not hold.
    payer
        Who bears it: `authority`, `grant`, `health`, `schools`, `courts`, `benefits`.
    kind
        `cost`; `income` of the authority (below 0); `transfer`, the same income seen from its giver.
    section
        Part of the pathway it pays for, as plots stack them.
    funded_by
        For a reform's costs: whether the authority's own budget or a grant pays (ruling 21).
    spending
        What levers spend on it (`spent_on`), each as `lever.part` and a digest of its numbers and dates. A line on which a reform and its baseline
        do not spend alike is the reform's own (`sim.results.brought`).
    """

    key: str
    label: str
    published: Published
    payer: Payer
    kind: Kind = "cost"
    section: str = "placements"
    funded_by: FundedBy = "authority"
    spending: tuple[str, ...] = ()


PLACEMENT_LINES = {
    "kinship_foster_provisional": "kinship_foster",
    "kinship_foster": "kinship_foster",
    "in_house_foster": "in_house_foster",
    "agency_foster": "agency_foster",
    "authority_childrens_home": "authority_childrens_home",
    "childrens_home": "childrens_home",
    "secure_home": "secure_home",
    "awaiting_secure_home": "unregistered",
    "youth_detention": "other_placement",
    "supported_accommodation": "supported_accommodation",
    "adoption_placement": "adoption_placement",
    "unregistered": "unregistered",
    "other_placement": "other_placement",
}
BASE_LINES = (
    Line("kinship_foster", "Kinship foster care", "fostering", "authority"),
    Line("in_house_foster", "Foster care, the authority's own", "fostering", "authority"),
    Line("agency_foster", "Foster care, independent agency", "fostering", "authority"),
    Line("authority_childrens_home", "Children's homes, the authority's own", "residential", "authority"),
    Line("childrens_home", "Children's homes", "residential", "authority"),
    Line("secure_home", "Secure children's homes", "residential", "authority"),
    Line("supported_accommodation", "Supported accommodation", "residential", "authority"),
    Line("unregistered", "Unregistered placements", "residential", "authority"),
    Line("other_placement", "Other placements", "residential", "authority"),
    Line("adoption_placement", "Adoption service", "other", "authority"),
    Line("order_allowances", "Allowances under guardianship and child arrangements orders", "other", "authority"),
    Line("leaving_care", "Care leavers", "leaving_care", "authority", section="care leavers"),
    Line("staying_put", "Staying put with former foster carers", "leaving_care", "authority", section="care leavers"),
    Line("social_workers", "Social workers, employed", "safeguarding", "authority", section="workforce"),
    Line("agency_social_workers", "Social workers, agency", "safeguarding", "authority", section="workforce"),
    Line("agency_premium_change", "Agency premium on workers more, or fewer, than published last", "safeguarding", "authority", section="workforce"),
    Line("family_support", "Family support", "family_support", "authority", section="programmes"),
    Line("unmodelled", "Lines not modelled (fixed)", "other", "authority", section="not modelled"),
    Line("courts", "Courts: care proceedings", "", "courts", section="processes"),
    Line("uasc_grant_income", "Grant for unaccompanied children", "", "authority", "income", "income"),
    Line("uasc_grant", "Grant for unaccompanied children (giver)", "", "grant", "transfer", "income"),
)  # fmt: skip


AGENCY_LINES = ("agency_social_workers", "agency_premium_change")


def spent_on(action: Action) -> tuple[str, ...]:
    """Return the lines on which an action *is* spending: somebody decides to spend more or less there.

    A cost; pay, a premium or an allowance; posts, which agency workers cover while they are vacant, so that all three lines of social workers pay
    for them; how many agency workers are engaged; family support as planned. Every other action has an effect (on hazards, on who comes, on how
    soon posts are left and filled, on places) or moves a price, and what lines cost for it is a consequence: a benefit, or one below 0.
    """
    match action:
        case Cost() | ScaleCost():
            return (action.line,)
        case AddPosts():
            return ("social_workers", *AGENCY_LINES)
        case ScaleTeams(what="agency_workers"):
            return AGENCY_LINES
        case ScaleFamilySupport():
            return ("family_support",)
    return ()


def lines_of(scenario: Any) -> tuple[Line, ...]:
    """Return the lines of a scenario: those every scenario has, then what its levers cost, each with what levers spend on it.

    A grant-funded programme appears under its payer; costs are the reform's, never counted in another line.
    """
    found = {line.key: line for line in BASE_LINES}
    for action in scenario.actions:
        if isinstance(action, Cost):
            section = "policy" if action.name.split(".")[0] in scenario.committed else "reform"
            payer = "grant" if action.funded_by == "grant" and action.payer == "authority" else action.payer
            found.setdefault(action.line, Line(action.line, action.label, "", payer, section=section, funded_by=action.funded_by))
    spending: dict[str, list[str]] = {key: [] for key in found}
    for action in scenario.actions:
        for key in spent_on(action):
            spending[key].append(_told(action))
    return tuple(replace(line, spending=tuple(sorted(spending[key]))) for key, line in found.items())


@lru_cache(maxsize=4096)
def _told(action: Action) -> str:
    """Return an action's name and a digest of all that it holds; kept, since every run asks for the lines of its scenario."""
    return f"{action.name} {hashlib.sha256(repr(action).encode()).hexdigest()[:12]}"


@cache
def assumption(name: str) -> float:
    """Return a number of `scenarios/data/cost_assumptions.csv`.

    Raises
    ------
    KeyError
        If there is none of that name.
    """
    return float(assumptions()[name]["value"])


@cache
def assumptions() -> dict[str, dict[str, str]]:
    """Return every cost assumption with range, unit, source and status, by name."""
    with ASSUMPTIONS.open(newline="", encoding="utf-8") as file:
        return {row["name"]: row for row in csv.DictReader(file)}
