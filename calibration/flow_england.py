"""What the flow balance aims at beside three years' flows of each authority: exits from care by age, trends, supply of places.

Everything is read from `calibration/data`; nothing published after March 2024 is used but the number of registered places, an input.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from calibration.panel import DATA, ENGLAND, Panel, read_panel
from calibration.profile_table import RATE_YEARS as FIT_YEARS
from calibration.profile_table import national

# Where unaccompanied children leave before 18. The one intake authority's exits grew by 1,430 between 2021 and 2024, as its pass-through did:
# 375 at 10 to 15 and 1,132 at 16 or 17 (la_panel.csv, cla_ceased by age). Beside transfers, some leave otherwise: the pathway's own rates, assumed.
PASSING_UNDER_16 = 0.25
UASC_OTHER_EXITS_PER_YEAR = 0.055
TRENDING = {
    "nfa_share": ("nfa_pct", None),
    "not_in_need_share": ("not_in_need_pct", None),
    "s47_per_referral": ("s47", "referrals"),
    "icpc_per_s47": ("icpc", "s47"),
}


def exit_rates_by_age(year: int = FIT_YEARS[-1]) -> np.ndarray:
    """Return exits before 18 per child in care by age band from 1 to 4 up, unaccompanied children left out (4), in a year.

    Rates by age drift for years on end, and the last year predicts the next better than three years' mean does: mean absolute error of its
    logarithm over the years ending March 2014 to 2024 and the bands under 16, 0.070 against 0.105; over 2020 to 2024, 0.053 against 0.064.
    """
    ceased = np.array([_cell("age_ceased", name, year) for name in ("1 to 4 years", "5 to 9 years", "10 to 15 years")])
    ceased = np.append(ceased, _cell("age_ceased", "16 years", year) + _cell("age_ceased", "17 years", year))
    bands = ("1 to 4 years", "5 to 9 years", "10 to 15 years", "16 years and over")
    stock = np.array([_cell("age_31_march", name, year) for name in bands])
    uasc = np.array([_cell("uasc_stock", f"Age group | {name}", year) for name in ("Under 16 years", "16 years and over")])
    passing = _cell("exit_reason", "Care taken by another local authority", year)
    gone = passing * np.array([PASSING_UNDER_16, 1.0 - PASSING_UNDER_16]) + UASC_OTHER_EXITS_PER_YEAR * uasc
    ceased[2:] -= gone
    stock[2:] -= uasc
    return ceased / stock


def exits_under_ten(year: int) -> np.ndarray:
    """Return exits per child in care at 1 to 4 and at 5 to 9 in a year (2); published for longer than what older bands need."""
    return np.array([_cell("age_ceased", name, year) / _cell("age_31_march", name, year) for name in ("1 to 4 years", "5 to 9 years")])


def latest(quantity: str) -> dict[str, float]:
    """Return each authority's own figure of the last fit year, where it published one.

    Recording practice persists: over authorities, last year's share predicts this year's better than three years' mean does. Median absolute error
    for 2024 from 2023 against 2021-23: no further action 34 and 43 %, not in need 15 and 17 %, enquiries 9 and 13 %, conferences 11 and 12 %;
    for plans per conference the mean does as well (4.0 and 3.7 %), so that is left pooled.
    """
    top, bottom = TRENDING[quantity]
    frame = _panel().frame
    rows = frame[(frame.level == "local_authority") & (frame.year_ending == FIT_YEARS[-1])].set_index("name")
    values = rows[top] / 100.0 if bottom is None else rows[top] / rows[bottom]
    return values.dropna().to_dict()


def latest_over_mean(quantity: str) -> float:
    """Return England's figure of the last fit year over the mean of the fit years, for shares and ratios that have a trend."""
    top, bottom = TRENDING[quantity]
    values = _panel().series(ENGLAND, top)
    if bottom is not None:
        values = values / _panel().series(ENGLAND, bottom)
    return float(values[FIT_YEARS[-1]] / values[list(FIT_YEARS)].mean())


def homes_growth_2025() -> float:
    """Return registered places in children's homes at March 2025 over March 2024 (published growth, +11 %)."""
    return 1.0 + national("childrens_homes_places_growth_pct")[2025] / 100.0


def agency_growth_2025(own_2024: float, own_2025: float) -> float:
    """Return approved agency foster places at March 2025 over March 2024: all mainstream places less authorities' own."""
    every = national("fostering_places_approved_mainstream")
    return float((every[2025] - own_2025) / (every[2024] - own_2024))


@cache
def _panel() -> Panel:
    """Return the panel as it stood when the last fit year was published."""
    return read_panel(vintage=FIT_YEARS[-1])


@cache
def _distributions() -> pd.DataFrame:
    """Return national figures by category: columns indicator, category, geography, year_ending, value."""
    return pd.read_csv(DATA / "distributions.csv")


def _cell(indicator: str, category: str, year: int) -> float:
    """Return England's figure of a category in a year.

    Raises
    ------
    ValueError
        If it is not published.
    """
    rows = _distributions().query("indicator == @indicator and category == @category and geography == 'England' and year_ending == @year")
    if rows.empty:
        raise ValueError(f"{indicator}, {category}: nothing published for {year}")
    return float(rows["value"].iloc[-1])
