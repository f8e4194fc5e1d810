"""The table of measures: what is counted, of whom, when, and by which rule of the Department for Education.

Every count comes from a run's tally through `sim.counting.Counts`. Percentages are ratios of two counts, formed after areas and
months have been added up, so a region's share is that of its children, not a mean of its authorities' shares.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Over = Literal["sum", "mean", "last"]
Role = Literal["input", "fitted", "outcome", ""]
CHILDREN, EPISODES, PER_CENT = "children", "children (each time)", "per cent"
START_AGES = ("under_1", "1_to_4", "5_to_9", "10_to_15", "16_plus")
CEASED_AGES = ("under_1", "1_to_4", "5_to_9", "10_to_15", "16", "17", "18_plus")


@dataclass(frozen=True)
class Measure:
    """One measure.

    Attributes
    ----------
    name, label, unit
        Column name, words, and unit.
    who, when, once_a_year, excludes
        Who is counted; at which event or date; whether a child counts once a financial year; who is left out.
    over
        How months make a year: `sum` of a flow, `mean` of a level, `last` for a stock at 31 March.
    role
        Against published figures (ruling 29): `input` (imposed), `fitted`, `outcome`; empty where nothing is published.
    count
        Function of `Counts` giving the count by area and month (A, T); None for ratios.
    ratio_of
        For ratios: the two measures divided, and what the quotient is multiplied by.
    headline
        Whether monthly values are kept.
    published
        The panel's column, if there is one.
    grossed_by
        Which published total carries it from the panel's authorities to England: `referrals`, `cla`, `population`.
    """

    name: str
    label: str
    unit: str
    who: str = ""
    when: str = ""
    once_a_year: bool = False
    excludes: str = ""
    over: Over = "sum"
    role: Role = ""
    count: Callable[[Any], Any] | None = None
    ratio_of: tuple[str, str, float] | None = None
    headline: bool = False
    published: str | None = None
    grossed_by: str = "cla"


def _flow(name: str, label: str, count: Callable[[Any], Any], **more: Any) -> Measure:
    return Measure(name, label, more.pop("unit", CHILDREN), over="sum", count=count, **more)


def _stock(name: str, label: str, count: Callable[[Any], Any], **more: Any) -> Measure:
    return Measure(
        name, label, more.pop("unit", CHILDREN), when=more.pop("when", "31 March"), over="last", count=count, **more
    )


def _ratio(name: str, label: str, top: str, bottom: str, times: float = 100.0, **more: Any) -> Measure:
    return Measure(name, label, more.pop("unit", PER_CENT), ratio_of=(top, bottom, times), **more)


def _need() -> list[Measure]:
    """Need and protection: children, counted each time unless said otherwise."""
    each = {"unit": EPISODES, "grossed_by": "referrals"}
    part = "children at home, unborn included once the pregnancy is known"
    return [
        _flow(
            "referrals",
            "Referrals",
            lambda c: c.entered("referral"),
            who=part,
            when="referral",
            role="input",
            headline=True,
            published="referrals",
            **each,
        ),
        _flow(
            "rereferrals",
            "Referrals within 12 months of the last",
            lambda c: c.rereferred,
            who=part,
            when="referral",
            **each,
        ),
        _flow(
            "no_further_action",
            "Referrals with no further action",
            lambda c: c.fired("referral.no_further_action"),
            when="decision",
            **each,
        ),
        _flow(
            "assessed_not_in_need",
            "Referrals assessed as not in need",
            lambda c: c.fired("assessment.not_in_need", "assessment.early_help"),
            when="assessment completed",
            **each,
        ),
        _ratio(
            "rereferral_pct",
            "Re-referrals within 12 months, of referrals",
            "rereferrals",
            "referrals",
            role="outcome",
            published="rereferral_pct",
        ),
        _ratio(
            "nfa_pct",
            "No further action, of referrals",
            "no_further_action",
            "referrals",
            role="fitted",
            published="nfa_pct",
        ),
        _ratio(
            "not_in_need_pct",
            "Assessed as not in need, of referrals",
            "assessed_not_in_need",
            "referrals",
            role="fitted",
            published="not_in_need_pct",
        ),
        _flow(
            "assessments",
            "Assessments completed",
            lambda c: c.outcomes("assessment"),
            when="completion",
            role="outcome",
            published="assessments",
            **each,
        ),
        _flow(
            "s47",
            "Section 47 enquiries started",
            lambda c: c.entered("section_47"),
            when="start",
            role="fitted",
            headline=True,
            published="s47",
            **each,
        ),
        _flow(
            "icpc",
            "Initial child protection conferences",
            lambda c: c.outcomes("initial_conference"),
            when="conference held",
            role="fitted",
            published="icpc",
            **each,
        ),
        _flow(
            "cpp_started",
            "Child protection plans started",
            lambda c: c.entered("child_protection_plan"),
            when="start",
            role="fitted",
            published="cpp_started",
            **each,
        ),
        _flow(
            "cpp_ended",
            "Child protection plans ended",
            lambda c: c.left("child_protection_plan"),
            when="end",
            role="outcome",
            published="cpp_ended",
            **each,
        ),
        _stock(
            "cpp_at31",
            "Children on a child protection plan",
            lambda c: c.at_end("child_protection_plan"),
            role="outcome",
            headline=True,
            published="cpp_at31",
            grossed_by="referrals",
        ),
        _stock(
            "cin_at31",
            "Children in need",
            lambda c: c.in_need,
            who="union of open need (referral, assessment, child in need or Family Help, disabled children), looked-after children and care leavers",
            excludes="families in early help only",
            role="outcome",
            headline=True,
            published="cin_at31",
            grossed_by="referrals",
        ),
        _stock(
            "disabled_children_at31",
            "Disabled children with long-term support",
            lambda c: c.at_end("disabled_child_support"),
            grossed_by="referrals",
        ),
        _flow(
            "care_proceedings_started",
            "Care proceedings issued",
            lambda c: c.entered_units("care_proceedings"),
            unit="sets of proceedings",
            when="issue",
        ),
    ]


def _care_flows() -> list[Measure]:
    """Care: DfE counts a child once a year in starts and in ceasing (the last of the year's would be the published one; the tally counts the first)."""
    once = {"once_a_year": True, "excludes": "series of short breaks (V3, V4)"}
    found = [
        _flow(
            "cla_started",
            "Children starting to be looked after",
            lambda c: c.started.sum((2, 3)),
            role="outcome",
            headline=True,
            published="cla_started",
            **once,
        ),
        _flow(
            "cla_started_non_uasc",
            "of them not unaccompanied asylum seekers",
            lambda c: c.started[..., 0].sum(2),
            **once,
        ),
    ]
    for i, age in enumerate(START_AGES):
        column = "cla_started_age_" + {"under_1": "under_1_year", "16_plus": "16_years_and_over"}.get(
            age, f"{age}_years"
        )
        found.append(
            _flow(
                f"cla_started_{age}",
                f"Starting to be looked after, age {age.replace('_', ' ')}",
                _start_age(i),
                role="fitted",
                published=column,
                **once,
            )
        )
    found += [
        _flow(
            "cla_ceased",
            "Children ceasing to be looked after",
            lambda c: c.ceased.sum((2, 3)),
            role="outcome",
            headline=True,
            published="cla_ceased",
            **once,
        ),
        _flow(
            "cla_ceased_non_uasc", "of them not unaccompanied asylum seekers", lambda c: c.ceased[..., 0].sum(2), **once
        ),
    ]
    for i, age in enumerate(CEASED_AGES):
        column = "cla_ceased_age_" + {"under_1": "under_1_year", "18_plus": "18_years_and_over"}.get(
            age, f"{age}_years"
        )
        found.append(
            _flow(
                f"cla_ceased_{age}",
                f"Ceasing to be looked after, age {age.replace('_', ' ')}",
                _ceased_age(i),
                role="outcome",
                published=column,
                **once,
            )
        )
    exits = (
        ("adopted", "Adopted from care", "cla_adopted"),
        ("special_guardianship", "Special guardianship orders from care", "cla_ceased_sgo"),
        ("child_arrangements_order", "Child arrangements orders from care", None),
        ("reunified", "Returned home", None),
        ("relatives", "Left care to relatives", None),
        ("independent_living", "Left care to independent living", None),
        ("aged_out", "Left care at 18", None),
        ("moved_area", "Moved to another authority", None),
        ("other_exit", "Left care otherwise", None),
    )
    for stage, label, column in exits:
        name = {"special_guardianship": "sgo", "child_arrangements_order": "cao"}.get(stage, stage)
        found.append(
            _flow(name, label, _entered(stage), when="exit", role="outcome" if column else "", published=column)
        )
    found += [
        _flow("care_re_entries", "Returns to care after an exit", lambda c: c.re_entries, when="re-entry"),
        _flow(
            "days_in_care",
            "Days in care",
            lambda c: c.unit_days("looked_after"),
            unit="child-days",
            who="looked-after children",
        ),
    ]
    return found


def _start_age(i: int) -> Callable[[Any], Any]:
    return lambda c: c.started[:, :, i].sum(2)


def _ceased_age(i: int) -> Callable[[Any], Any]:
    return lambda c: c.ceased[:, :, i].sum(2)


def _entered(stage: str) -> Callable[[Any], Any]:
    return lambda c: c.entered(stage)


def _group(group: str) -> Callable[[Any], Any]:
    return lambda c: c.placement_group(group)


def _weeks(group: str) -> Callable[[Any], Any]:
    return lambda c: c.placement_weeks(group)


GROUPS = {
    "foster": ("Foster care", "cla_foster_pct"),
    "childrens_home": ("Children's and secure homes", "cla_childrens_home_pct"),
    "supported": ("Supported accommodation", "cla_semi_independent_pct"),
    "with_parents": ("Placed with parents", "cla_with_parents_pct"),
    "adoption": ("Placed for adoption", None),
    "other": ("Other placements", None),
}


def _care_stocks() -> list[Measure]:
    """Children in care at 31 March, where they live, and how long."""
    found = [
        _stock(
            "cla_at31",
            "Children in care",
            lambda c: c.looked_after.sum((2, 3)),
            role="outcome",
            headline=True,
            published="cla_at31",
            excludes="series of short breaks (V3, V4)",
        ),
        _stock(
            "cla_at31_non_uasc",
            "Children in care, unaccompanied asylum seekers apart",
            lambda c: c.looked_after[..., 0].sum(2),
        ),
        _stock(
            "uasc_at31",
            "Unaccompanied asylum-seeking children in care",
            lambda c: c.looked_after[..., 1].sum(2),
            role="outcome",
            published="uasc_at31",
        ),
    ]
    for group, (label, column) in GROUPS.items():
        found.append(_stock(f"{group}_at31", label, _group(group), headline=group == "childrens_home"))
        found.append(
            _ratio(
                f"{group}_pct",
                f"{label}, of children in care",
                f"{group}_at31",
                "cla_at31",
                role="outcome" if column else "",
                published=column,
            )
        )
        found.append(_flow(f"{group}_weeks", f"{label}: weeks", _weeks(group), unit="child-weeks"))
    found += [
        _stock(
            "kinship_at31", "Kinship foster care", lambda c: c.at_end("kinship_foster", "kinship_foster_provisional")
        ),
        _stock("in_house_foster_at31", "Foster care, the authority's own", lambda c: c.at_end("in_house_foster")),
        _stock("agency_foster_at31", "Foster care, independent agency", lambda c: c.at_end("agency_foster")),
        _stock("unregistered_at31", "Unregistered placements (unlawful)", lambda c: c.unlawful, headline=True),
        _stock("sgo_at31", "Under special guardianship, from care", lambda c: c.at_end("special_guardianship")),
        _stock("care_leavers_at31", "Care leavers supported, to 25", lambda c: c.at_end("care_leaver")),
        _stock(
            "care_leavers_19_21",
            "Care leavers aged 19 to 21",
            lambda c: c.care_leavers_19_21,
            role="outcome",
            published="care_leavers_19_21",
            who="share of the care-leaver stage aged 19 to 21 when support starts at 18 at an even rate (the tally holds no ages of care leavers)",
        ),
    ]
    return found


def _capacity() -> list[Measure]:
    """Places, waiting, pressure."""
    return [
        _flow("placements_made", "Placements made", lambda c: c.placements_made, unit="placements"),
        _flow(
            "placements_not_as_planned",
            "Placements made other than as planned",
            lambda c: c.placements_not_as_planned,
            unit="placements",
        ),
        _ratio(
            "sufficiency_gap_pct",
            "Placements other than as planned (sufficiency gap)",
            "placements_not_as_planned",
            "placements_made",
        ),
        _flow("sibling_groups_placed", "Sibling groups placed", lambda c: c.siblings[..., 0], unit="sibling groups"),
        _flow("siblings_apart", "Sibling groups placed apart", lambda c: c.siblings[..., 1], unit="sibling groups"),
        _flow(
            "placed_in_other_authority", "Placed in another authority of the pool", lambda c: c.far, unit="placements"
        ),
        _flow(
            "early_help_admissions",
            "Families admitted to early help",
            lambda c: c.admissions("family_help"),
            unit="families",
            grossed_by="referrals",
        ),
        _stock(
            "early_help_waiting",
            "Families waiting for early help",
            lambda c: c.waiting("family_help"),
            unit="families",
            grossed_by="referrals",
        ),
        _flow(
            "intensive_help_admissions",
            "Families admitted to intensive family help",
            lambda c: c.admissions("intensive_family_help"),
            unit="families",
            grossed_by="referrals",
        ),
        _stock(
            "intensive_help_waiting",
            "Families waiting for intensive family help",
            lambda c: c.waiting("intensive_family_help"),
            unit="families",
            grossed_by="referrals",
        ),
        Measure(
            "work_in_hand",
            "Work in hand",
            "weighted cases",
            over="mean",
            count=lambda c: c.work,
            grossed_by="referrals",
        ),
        Measure(
            "team_capacity",
            "Cases at which pressure is 1",
            "weighted cases",
            over="mean",
            count=lambda c: c.capacity,
            grossed_by="referrals",
        ),
        _ratio(
            "pressure",
            "Workforce pressure",
            "work_in_hand",
            "team_capacity",
            1.0,
            unit="work over capacity",
            headline=True,
        ),
        _flow(
            "months_above_1",
            "Months with pressure above 1",
            lambda c: c.overloaded,
            unit="authority-months",
            grossed_by="population",
        ),
    ]


MEASURES: dict[str, Measure] = {m.name: m for m in (*_need(), *_care_flows(), *_care_stocks(), *_capacity())}
COUNTED = tuple(name for name, m in MEASURES.items() if m.count is not None)
RATIOS = tuple(name for name, m in MEASURES.items() if m.ratio_of is not None)
HEADLINES = tuple(name for name, m in MEASURES.items() if m.headline)
