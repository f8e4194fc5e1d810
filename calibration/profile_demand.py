"""Profiles, first part: children, deprivation, referrals, and the shares of the need and protection pathway."""

from __future__ import annotations

import calendar

import numpy as np
import pandas as pd

from calibration.deprivation import SOURCE as DEPRIVATION_SOURCE
from calibration.deprivation import quintile_shares
from calibration.panel import DATA, ENGLAND, SOURCE
from calibration.profile_table import LAST_YEAR, RATE_YEARS, Figure, ProfileTable, national

FIRST_YEAR = 2013
LAST_PROJECTED_YEAR = 2036
# Population of the year ending March Y is the mid-(Y-1) estimate, as the Department for Education uses it.
COHORT_YEAR = 2023
AGE_BANDS = {"under_1": (0, 0), "1_to_4": (1, 4), "5_to_9": (5, 9), "10_to_15": (10, 15), "16_to_17": (16, 17)}
POPULATION_SOURCE = "calibration/data/population_by_age_mid_2022.csv"
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
    ages = _ages_mid_2022()
    quintiles = quintile_shares()
    codes = dict(zip(table.authorities["name"], table.authorities["ons_code"], strict=True))
    for area in table.places:
        _population(table, area, ages.loc[codes.get(area, "E92000001")].to_numpy(dtype=float))
        for number, share in enumerate(quintiles[area], start=1):
            basis = "predecessor" if any(a == area for a, _ in table.inherited) else "own"
            figure = Figure(share, basis, "assumed")
            table.add(area, f"population_share_quintile_{number}", COHORT_YEAR, figure,
                      "share of children, 5 = most deprived", DEPRIVATION_SOURCE)  # fmt: skip
        _referrals(table, area)
        _shares(table, area)
    _months(table)


def _ages_mid_2022() -> pd.DataFrame:
    """Return persons in mid-2022 by ONS code (rows) and single year of age (columns)."""
    people = pd.read_csv(DATA / "population_by_age_mid_2022.csv")
    return people.pivot_table(index="ons_code", columns="age", values="persons")


def _population(table: ProfileTable, area: str, by_age: np.ndarray) -> None:
    """Add published totals, the default projection, and the age bands.

    The projection moves each single-year cohort of mid-2022 up a year at a time and adds births at the level of those
    aged 0 in mid-2022; it is scaled to pass through the latest published total. Migration by age is not in it.
    """
    unit = "children aged 0-17"
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        table.add(area, "population_0_17", year, table.children(area, year), unit)
    latest = table.children(area, LAST_YEAR).value
    scale = latest / aged_on(by_age, LAST_YEAR - COHORT_YEAR).sum()
    for year in range(LAST_YEAR + 1, LAST_PROJECTED_YEAR + 1):
        figure = Figure(scale * aged_on(by_age, year - COHORT_YEAR).sum(), "own", "derived")
        table.add(area, "population_0_17", year, figure, unit, f"{POPULATION_SOURCE}; cohorts aged on")
    for band, (first, last) in AGE_BANDS.items():
        share = by_age[first : last + 1].sum() / by_age.sum()
        table.add(area, f"population_share_age_{band}", COHORT_YEAR, Figure(share, "own", "derived"),
                  "share of children aged 0-17", POPULATION_SOURCE)  # fmt: skip


def aged_on(by_age: np.ndarray, years: int) -> np.ndarray:
    """Return children by single year of age, `years` later, births held at the level of those aged 0.

    Parameters
    ----------
    by_age : ndarray(float, shape 18)
        Children aged 0 to 17.
    years : int
        Years later.
    """
    steps = min(years, len(by_age))
    return np.concatenate([np.full(steps, by_age[0]), by_age[: len(by_age) - steps]])


def _referrals(table: ProfileTable, area: str) -> None:
    """Add referrals of every year, each child counted each time."""
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
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

        table.add(area, quantity, RATE_YEARS[-1], table.pooled(area, parts), unit)

    def median(place: str, year: int) -> tuple[float, float]:
        """Return (median working days, weight 1): years count alike."""
        return table.cell(place, "assessment_median_wd", year), 1.0

    table.add(area, "assessment_median_working_days", RATE_YEARS[-1], table.pooled(area, median),
              "working days, start to authorisation")  # fmt: skip


def _months(table: ProfileTable) -> None:
    """Add England's month pattern of referrals: each calendar month's daily rate over the year's."""
    rows = pd.read_csv(DATA / "distributions.csv").query("indicator == 'referrals_by_month'")
    rows = rows[~rows.year_ending.isin(PANDEMIC_YEARS)]
    counts = rows.assign(value=rows.value.astype(float)).groupby("category")["value"].sum()
    days = {month: 28.25 if month == 2 else calendar.monthrange(2023, month)[1] for month in range(1, 13)}
    year_rate = counts.sum() / sum(days.values())
    for month, length in days.items():
        factor = counts[calendar.month_name[month]] / length / year_rate
        table.add(ENGLAND, f"referral_month_factor_{month:02d}", RATE_YEARS[-1], Figure(factor, "own", "derived"),
                  "daily rate over the year's mean daily rate (01 = January)", MONTH_SOURCE)  # fmt: skip


def add_court_weeks(table: ProfileTable) -> None:
    """Add England's mean weeks of care proceedings; years without a published quarter are interpolated."""
    published = national("care_proceedings_mean_weeks")
    for year in range(int(published.index[0]), LAST_YEAR + 1):
        known = year in published.index
        figure = Figure(float(np.interp(year, published.index, published)), "own", "published" if known else "derived")
        table.add(ENGLAND, "court_weeks", year, figure, "mean weeks from application to disposal",
                  "calibration/data/national.csv, care_proceedings_mean_weeks")  # fmt: skip
