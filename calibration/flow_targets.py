"""What the flow balance aims at: each authority's published flows of the years up to 2024, and the places it can use.

Targets are read from the area profiles (which pool the years ending March 2022 to 2024 and borrow what is missing), so nothing published after
March 2024 enters them; referrals by year are an input and are read to the last year. Shares that have a trend (no further action, not in need,
enquiries, conferences) and exits by age are those of 2024, the last year known; where an authority published none, three years' at England's
level of 2024.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.flow_england import FIT_YEARS, agency_growth_2025, exit_rates_by_age, homes_growth_2025, latest, latest_over_mean
from calibration.flow_under_one import exits_per_start
from scenarios.areas import AreaProfile, england, load_areas
from scenarios.schema import Published

YEARS = range(Published().first, Published().last + 1)  # those of the shipped profiles
AGE_BANDS = ("under_1", "1_to_4", "5_to_9", "10_to_15", "16_plus")
# Children in care at which an authority's own turnover counts as much as England's: between authorities its log varies by 0.049; six years' flows of
# n children at 0.34 a year, each child in two of them, have a sampling variance of 2 / (6 x 0.34 n), which is the same at n = 20.
SMALL_AUTHORITY_PRIOR = 20.0

# Usable places from what is published (Ofsted 2024: 24 % of own foster places are not available; providers call homes 80-85 % full).
OWN_FOSTER_AVAILABLE = 0.76
# A fifth of registered home places is never usable. Some authority-run homes give short breaks alone, or serve neighbours (North Lincolnshire: 12
# places, six children in homes), so no more than half of the places an authority's children use are taken to be its own. Assumed.
HOMES_AVAILABLE, OWN_HOMES_AT_MOST = 0.80, 0.5
AGENCY_USE, HOMES_USE = 0.78, 0.88  # 19,800 children in agency care in 2024 over 76 % of 33,035 approved places; homes: of usable places
# Family support reaches mostly families the front door never sees; this part serves those it has seen. Cost and dwell as in early-help.
SHARE_FOR_KNOWN_FAMILIES, COST_PER_FAMILY_GBP, DWELL_YEARS = 0.12, 4200.0, 0.47
PLAN_PRIOR = 20.0  # children, assumed: the share of placements of a kind varies by about a fifth between authorities of 500 children
# Disabled children: about 8 % of those in need (32,000 in England, or 0.27 % of children), staying five to six years.
DISABLED_STARTS_PER_CHILD = 0.00042


@dataclass(frozen=True)
class Targets:
    """Published flows by authority (A), referrals by year (A, Y), and England's exits per child in care by age from 1 to 4 up (4).

    Leavers under one go by authority, over its starters under one.
    """

    names: tuple[str, ...]
    regions: tuple[str, ...]
    referrals: np.ndarray
    nfa_share: np.ndarray
    not_in_need_share: np.ndarray
    s47_per_referral: np.ndarray
    icpc_per_s47: np.ndarray
    plan_per_icpc: np.ndarray
    plan_years: np.ndarray
    started: np.ndarray
    exit_rate: np.ndarray
    in_care: np.ndarray
    exits_under_1: np.ndarray
    exit_by_age: np.ndarray

    @property
    def referrals_fit(self) -> np.ndarray:
        """Mean referrals of the fit years (A)."""
        return self.referrals[:, [year - YEARS.start for year in FIT_YEARS]].mean(axis=1)

    @property
    def plan_starts(self) -> np.ndarray:
        """Plans that the other ratios imply (A)."""
        return self.referrals_fit * self.s47_per_referral * self.icpc_per_s47 * self.plan_per_icpc


def read_targets() -> Targets:
    """Read every authority's targets."""
    areas = list(load_areas().values())

    def column(quantity: str) -> np.ndarray:
        """Return a quantity of every authority (A): the mean of the fit years, as the profiles hold it."""
        return np.array([area.value(quantity) for area in areas])

    def trending(quantity: str) -> np.ndarray:
        """Return a share of every authority at the level of the last fit year (A): its own, or its mean times England's trend."""
        own, level = latest(quantity), latest_over_mean(quantity)
        return np.array([own.get(area.name, level * area.value(quantity)) for area in areas])

    in_care = column("cla_non_uasc_stock")
    national = england().value("care_ceased_non_uasc") / england().value("cla_non_uasc_stock")
    weight = in_care / (in_care + SMALL_AUTHORITY_PRIOR)
    referrals = np.array([[area.value("referrals", year) for year in YEARS] for area in areas])
    # The first year's level runs through 18 years of spin-up, so it is the mean of the years to 2024: a change of recording between 2020 and 2022
    # (Bury 2,061 to 3,370, Wandsworth 3,771 to 2,113) would else leave a stock in care that drifts by 40 % once history ends.
    referrals[:, 0] = referrals[:, : FIT_YEARS[-1] + 1 - YEARS.start].mean(axis=1)
    started = np.stack([column(f"care_started_non_uasc_{band}") for band in AGE_BANDS], axis=1)
    # A simulated history is in balance, so what it can match is turnover: an authority's ends alone would carry three years' imbalance into its
    # stock for good (Redcar and Cleveland, Bury), where starts and ends together identify the rate at the stock that was there.
    own = 0.5 * (started.sum(axis=1) + column("care_ceased_non_uasc")) / np.maximum(in_care, 1.0)
    names, regions = tuple(area.name for area in areas), tuple(area.region for area in areas)
    return Targets(
        names=names,
        regions=regions,
        referrals=referrals,
        nfa_share=trending("nfa_share"),
        not_in_need_share=trending("not_in_need_share"),
        s47_per_referral=trending("s47_per_referral"),
        icpc_per_s47=trending("icpc_per_s47"),
        plan_per_icpc=np.minimum(column("plan_per_icpc"), 0.97),
        plan_years=column("plan_mean_duration_years"),
        started=started,
        exit_rate=weight * own + (1.0 - weight) * national,
        in_care=in_care,
        exits_under_1=exits_per_start(names, regions, started[:, 0]),
        exit_by_age=exit_rates_by_age(),
    )


def places_of(area: AreaProfile, vintage: int | None = None) -> dict[str, list[tuple[int, float]]]:
    """Return an authority's usable places by kind and year, and its disabled children's starts.

    An authority's own homes are part of the home places its children use; bought ones are the rest.
    Places that authorities share a market for are those in use in years up to 2024, moved to 2025 by the growth of registered places:
    where children lived in March 2025 is an outcome. At a vintage they are those in use up to its year.
    """
    children = area.value("population_0_17", vintage or 2025)
    kinds = (("agency_foster_children", AGENCY_USE), ("children_in_homes", HOMES_USE))
    agency, homes = (market_places(area, *kind, vintage or FIT_YEARS[-1]) for kind in kinds)
    if vintage is None:
        own = [england().value("foster_places_approved", year) for year in (2024, 2025)]
        agency.append((2025, agency[-1][1] * agency_growth_2025(*own)))
        homes.append((2025, homes[-1][1] * homes_growth_2025()))
    own_homes = [(year, min(HOMES_AVAILABLE * area.value("childrens_home_places_own", year), OWN_HOMES_AT_MOST * places)) for year, places in homes]
    return {
        "in_house_foster_places": [
            (year, OWN_FOSTER_AVAILABLE * value) for year, value in area.series("foster_places_approved").items()
        ],
        "agency_foster_places": agency,
        "authority_childrens_home_places": own_homes,
        "childrens_home_places": [(year, places - mine) for (year, places), (_, mine) in zip(homes, own_homes, strict=True)],
        "family_help_places": [
            (year, value * SHARE_FOR_KNOWN_FAMILIES / COST_PER_FAMILY_GBP * DWELL_YEARS)
            for year, value in area.series("spend_family_support").items()
        ],
        "disabled_children_started": [(vintage or FIT_YEARS[-1], DISABLED_STARTS_PER_CHILD * children)],
    }


def plan_ratios(area: AreaProfile, national_profile: AreaProfile | None = None, year: int = FIT_YEARS[-1]) -> dict[str, float]:
    """Return how much likelier each placement is to be planned than in England: an authority's share of its children there over England's.

    Planned as England plans while holding its own kinds of places, an authority with many children placed with parents (Salford) would find its
    homes full. Shares are of the years to 2024 and shrunk: `PLAN_PRIOR` children count as England's. Half of what is special about supported
    accommodation (in logarithms) is taken to be the age of those in care.
    """

    def children(profile: AreaProfile) -> dict[str, float]:
        """Return the share of children in care who are in each placement, by the placement that a plan names."""
        in_care = profile.value("cla_non_uasc_stock") + profile.value("uasc_at31", year)
        return {
            "kinship_foster_provisional": profile.value("kinship_foster_children", year) / in_care,
            "in_house_foster": sum(profile.value(f"{kind}_foster_children", year) for kind in ("in_house", "agency")) / in_care,
            "authority_childrens_home": profile.value("children_in_homes", year) / in_care,
            "supported_accommodation": profile.value("placement_share_semi_independent"),
            "with_parents": profile.value("placement_share_with_parents"),
        }

    own, national = children(area), children(national_profile or england())
    in_care = area.value("cla_non_uasc_stock")
    ratios = {name: (own[name] * in_care + PLAN_PRIOR) / (national[name] * in_care + PLAN_PRIOR) for name in own}
    return ratios | {"supported_accommodation": ratios["supported_accommodation"] ** 0.5}


def market_places(area: AreaProfile, children: str, use: float, until: int) -> list[tuple[int, float]]:
    """Return the places of a market that an authority uses, by year up to `until`: children there over the share of places in use."""
    return [(year, value / use) for year, value in area.series(children).items() if year <= until]
