"""Starts of unaccompanied asylum-seeking children (UASC) by authority, which nobody publishes, from their stocks.

For each year and authority, *ordinary* starts = change in stock + mean stock x England's leaving rate. A few
authorities where children arrive (`ENTRY_AUTHORITIES`) receive far more of them than they keep: those leave within
weeks by the National Transfer Scheme and are counted again as a start where they settle. These *pass-through* starts
are what is left of such an authority's starts aged 10 and over after its ordinary UASC starts and the other starts its
under-tens imply, where that remainder is at least 50 children. England's leaving rate excludes pass-through, and
ordinary starts are scaled so that ordinary + pass-through of the panel = the published national figure x the panel's
share of the stock (pass-through, all of which is in the panel, counted in full).

Before 2021 no ages are published: the under-tens of 2021 stand in. At a vintage before 2021 nothing tells pass-through from other starts, and
there is none. England's UASC starts are published from 2019: before, they follow from the stock and a stated leaving rate.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from calibration.panel import ENGLAND
from calibration.profile_table import ProfileTable

FIRST_YEAR = 2019  # of the shipped profiles
FIRST_AGES = 2021  # starts by age of an authority are published from this year
# Where England's starts are not known: leaving over mean stock, that of years ending March 2019 and 2020 (0.67 and 0.70). Assumed for others.
LEAVING_RATE = 0.68
SMALLEST_PASSTHROUGH = 50.0  # children a year; smaller remainders are noise of the estimate
# Ports and intake units: Dover, Heathrow, Lunar House. Elsewhere many starts in adolescence are of resident children.
ENTRY_AUTHORITIES = ("Kent", "Hillingdon", "Croydon")
UNDER_TEN = ("under_1_year", "1_to_4_years", "5_to_9_years")
# Age at start of UASC, England (87 % are 16 or over); published for the stock, assumed for starts.
AGE_SPLIT = {"10_to_15": 0.13, "16_plus": 0.87}


def uasc_flows(table: ProfileTable) -> pd.DataFrame:
    """Return ordinary and pass-through starts, and ceased, of every authority and England.

    Returns
    -------
    DataFrame
        Columns area, year_ending, started (ordinary), passthrough, ceased (both kinds), stock (31 March), basis.
    """
    first = FIRST_YEAR if table.years.vintage is None else min(FIRST_YEAR, *table.rate_years)
    return pd.concat([_one_year(table, year) for year in range(max(first, table.years.first_year), table.last_year + 1)], ignore_index=True)


def _one_year(table: ProfileTable, year: int) -> pd.DataFrame:
    """Return the rows of `uasc_flows` of one year, England last."""
    figures = [table.count(name, "uasc_at31", year) for name in table.names]
    stock = np.array([figure.value for figure in figures])
    before = np.array([_stock_before(table, name, year, now) for name, now in zip(table.names, stock, strict=True)])
    starts = np.array([table.count(name, "cla_started", year).value for name in table.names])
    room = _starts_of_ten_and_over(table, year, starts)

    england_stock = table.national("uasc_stock_31_march")
    change = england_stock[year] - england_stock[year - 1]
    mean_stock = (england_stock[year] + england_stock[year - 1]) / 2
    england_starts = _england_starts(table).get(year, max(0.0, change + LEAVING_RATE * mean_stock))
    coverage = (stock + before).sum() / 2 / mean_stock

    entry = np.isin(table.names, ENTRY_AUTHORITIES)
    passthrough = np.zeros(len(stock))
    for _ in range(50):  # leaving rate and pass-through define each other; converges geometrically
        leaving_rate = (england_starts - change - passthrough.sum()) / mean_stock
        ordinary = np.maximum(0.0, stock - before + leaving_rate * (stock + before) / 2)
        ordinary *= (england_starts - passthrough.sum()) * coverage / ordinary.sum()
        rest = np.nan_to_num(room - ordinary)
        passthrough = np.where(entry & (rest >= SMALLEST_PASSTHROUGH), rest, 0.0)
    frame = pd.DataFrame({
        "area": table.names,
        "year_ending": year,
        "started": ordinary,
        "passthrough": passthrough,
        "ceased": np.maximum(0.0, ordinary + passthrough - (stock - before)),
        "stock": stock,
        "basis": [figure.basis for figure in figures],
    })
    england = [ENGLAND, year, england_starts - passthrough.sum(), passthrough.sum(), england_starts - change,
               england_stock[year], "own"]  # fmt: skip
    frame.loc[len(frame)] = england
    return frame


def _england_starts(table: ProfileTable) -> pd.Series:
    """Return England's UASC starts by year ending, as far as they are known."""
    return table.national("uasc_started")


def _stock_before(table: ProfileTable, name: str, year: int, now: float) -> float:
    """Return the stock a year earlier; the present one where it was not published (no change assumed)."""
    value = table.cell(name, "uasc_at31", year - 1)
    return value if np.isfinite(value) else now


def _starts_of_ten_and_over(table: ProfileTable, year: int, starts: np.ndarray) -> np.ndarray:
    """Return starts aged 10 and over beyond those that each authority's under-tens imply; nan where not published."""
    age_year = max(year, FIRST_AGES)
    unknown = table.years.vintage is not None and age_year > table.years.vintage
    if unknown or year not in _england_starts(table).index:
        return np.full(len(starts), np.nan)
    england_young = _under_ten(table, ENGLAND, age_year)
    england_total = table.national("cla_started", "care")[age_year]
    england_older = england_total - england_young - _england_starts(table)[age_year]
    young = np.array([_under_ten(table, name, age_year) for name in table.names])
    scale = 1.0
    if year < age_year:  # before 2021: the level of that year, the age pattern of 2021
        england_others = table.national("cla_started", "care") - _england_starts(table)
        scale = england_others[year] / england_others[age_year]
    return starts - scale * young * (1 + england_older / england_young)


def _under_ten(table: ProfileTable, place: str, year: int) -> float:
    """Return starts of children under ten; nan where a band is not published."""
    return sum(table.cell(place, f"cla_started_age_{band}", year) for band in UNDER_TEN)
