"""Profiles, first part: children, deprivation, referrals, and the shares of the need and protection pathway."""

from __future__ import annotations

import calendar

import numpy as np

from calibration.deprivation import SOURCE as DEPRIVATION_SOURCE
from calibration.deprivation import quintile_shares
from calibration.long_tables import distributions_table
from calibration.panel import ENGLAND, SOURCE
from calibration.population import BIRTHS_SOURCE, COHORT_YEAR, LAST_PROJECTED_YEAR, Population, population_of
from calibration.population import SOURCE as POPULATION_SOURCE
from calibration.profile_table import Figure, ProfileTable

FIRST_YEAR = 2013
AGE_BANDS = {"under_1": (0, 0), "1_to_4": (1, 4), "5_to_9": (5, 9), "10_to_15": (10, 15), "16_to_17": (16, 17)}
MONTH_SOURCE = "calibration/data/distributions.csv, referrals_by_month"
PANDEMIC_YEARS = (2020, 2021)  # years ending March
HAMPSHIRE_2025 = f"{SOURCE}; a change of recording: 30,502 the year before (published note)"

# quantity, numerator (a percentage of the denominator, or a count), denominator
SHARES = [
    ("nfa_share", "nfa_pct", "referrals", "share of referrals"),
    ("not_in_need_share", "not_in_need_pct", "referrals", "share of referrals"),
    ("rereferral_share", "rereferral_pct", "referrals", "share of referrals within 12 months of another"),
    ("s47_per_referral", "s47", "referrals", "enquiries per referral"),
    ("icpc_per_s47", "icpc", "s47", "conferences per enquiry"),
    ("plan_per_icpc", "cpp_started", "icpc", "plans started per conference"),
    ("plan_mean_duration_years", "cpp_at31", "cpp_started", "years (stock over starts, Little's law)"),
]


def add_demand(table: ProfileTable) -> None:
    """Add every quantity of this part for every authority and England."""
    population = population_of(table)
    early = not table.years.knows("population_by_age_mid_2022.csv")
    children = {area: table.children(area, table.last_year).value for area in table.places} if early else None
    quintiles = quintile_shares(children)
    for area in table.places:
        _population(table, area, population)
        known = area if area in quintiles else ENGLAND  # the index is of authorities of 2015, and of those made of them
        basis = "england" if known != area else "predecessor" if any(a == area for a, _ in table.inherited) else "own"
        for number, share in enumerate(quintiles[known], start=1):
            figure = Figure(share, basis, "assumed")
            table.add(area, f"population_share_quintile_{number}", population.base_year, figure,
                      "share of children, 5 = most deprived", DEPRIVATION_SOURCE)  # fmt: skip
        _referrals(table, area)
        _shares(table, area)
    _months(table)


def first_year(table: ProfileTable) -> int:
    """Return the first year of inputs: 2013, or the first of a panel that begins later."""
    return max(FIRST_YEAR, table.years.first_year)


def _population(table: ProfileTable, area: str, population: Population) -> None:
    """Add published totals, the default projection (`calibration.population`), and the age bands of the year whose ages are known."""
    unit, status = "children aged 0-17", population.status[area]
    basis = "own" if status == "derived" else "england"
    source = POPULATION_SOURCE if population.base_year == COHORT_YEAR else BIRTHS_SOURCE
    for year in range(first_year(table), table.last_year + 1):
        table.add(area, "population_0_17", year, table.children(area, year), unit)
    scale = population.scale(area, table.last_year)
    for year in range(table.last_year + 1, LAST_PROJECTED_YEAR + 1):
        figure = Figure(scale * population.shape(area, year).sum(), basis, status)
        table.add(area, "population_0_17", year, figure, unit, f"{source}; cohorts aged on")
    by_age = population.base_ages[area]
    for band, (first, last) in AGE_BANDS.items():
        share = by_age[first : last + 1].sum() / by_age.sum()
        table.add(area, f"population_share_age_{band}", population.base_year, Figure(share, basis, status),
                  "share of children aged 0-17", source)  # fmt: skip


def _referrals(table: ProfileTable, area: str) -> None:
    """Add referrals of every year, each child counted each time."""
    for year in range(first_year(table), table.last_year + 1):
        source = HAMPSHIRE_2025 if (area, year) == ("Hampshire", 2025) else SOURCE
        figure = table.count(area, "referrals", year)
        table.add(area, "referrals", year, figure, "children referred (each time)", source)


def _shares(table: ProfileTable, area: str) -> None:
    """Add every share of `SHARES` and the median length of assessments, pooled over the rate years."""
    for quantity, numerator, denominator, unit in SHARES:

        def parts(place: str, year: int, top: str = numerator, bottom: str = denominator) -> tuple[float, float]:
            """Return (numerator, denominator) of a year, percentages turned into counts."""
            amount, base = table.cell(place, top, year), table.cell(place, bottom, year)
            return (amount * base / 100 if top.endswith("_pct") else amount), base

        table.add(area, quantity, table.rate_years[-1], table.pooled(area, parts), unit)

    def median(place: str, year: int) -> tuple[float, float]:
        """Return (median working days, weight 1): years count alike."""
        return table.cell(place, "assessment_median_wd", year), 1.0

    table.add(area, "assessment_median_working_days", table.rate_years[-1], table.pooled(area, median),
              "working days, start to authorisation")  # fmt: skip


def _months(table: ProfileTable) -> None:
    """Add England's month pattern of referrals: each calendar month's daily rate over the year's."""
    rows = distributions_table().query("indicator == 'referrals_by_month'")
    rows = rows[~rows.year_ending.isin(PANDEMIC_YEARS) & (rows.year_ending <= table.last_year)]
    counts = rows.assign(value=rows.value.astype(float)).groupby("category")["value"].sum()
    days = {month: 28.25 if month == 2 else calendar.monthrange(2023, month)[1] for month in range(1, 13)}
    year_rate = counts.sum() / sum(days.values())
    for month, length in days.items():
        factor = counts[calendar.month_name[month]] / length / year_rate
        table.add(ENGLAND, f"referral_month_factor_{month:02d}", table.rate_years[-1], Figure(factor, "own", "derived"),
                  "daily rate over the year's mean daily rate (01 = January)", MONTH_SOURCE)  # fmt: skip


def add_court_weeks(table: ProfileTable) -> None:
    """Add England's mean weeks of care proceedings; years without a published quarter are interpolated."""
    published = table.national("care_proceedings_mean_weeks")
    for year in range(int(published.index[0]), table.last_year + 1):
        known = year in published.index
        figure = Figure(float(np.interp(year, published.index, published)), "own", "published" if known else "derived")
        table.add(ENGLAND, "court_weeks", year, figure, "mean weeks from application to disposal",
                  "calibration/data/national.csv, care_proceedings_mean_weeks")  # fmt: skip
