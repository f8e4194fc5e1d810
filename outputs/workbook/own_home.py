"""An authority's own children's home: what the business case asks, its starting values, and its arithmetic worked out month by month.

The sheet (`own_home_sheet`) works it out by year in formulas; `cash_flow` does so another way, and gives what programs show that compute nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from outputs.naming import in_a_sentence, scenario_name
from outputs.price_volume import priced_of
from scenarios.areas import england
from sim.results import Results

ASKED = Path(__file__).parent / "own_home.csv"
YEARS = 10
FILLED_IN_ENGLAND = 0.66  # of registered beds: 9,480 children in homes, 14,259 places, 2025 (derived; docs/pathway.md)
WEEKS_A_MONTH = 365.25 / 7.0 / 12.0
HOMES, FOSTER = ("home_weeks", "home_gbp"), "foster"  # measures, and a group of placements


@dataclass(frozen=True)
class Ask:
    """One number that the business case asks for: its key, words, unit, starting value, plausible range, status, source, and kind of number."""

    key: str
    label: str
    unit: str
    value: float
    low: float
    high: float
    status: str
    source: str
    kind: str = "whole"


@dataclass(frozen=True)
class CashFlow:
    """What the home costs and brings in by year (Y): spending is below 0."""

    capital: np.ndarray
    staff: np.ndarray
    other_running: np.ndarray
    bought_not_needed: np.ndarray
    unregistered_not_needed: np.ndarray
    foster_not_needed: np.ndarray
    income: np.ndarray
    own_weeks: np.ndarray
    others_weeks: np.ndarray
    factors: np.ndarray
    value_left: float

    @property
    def net(self) -> np.ndarray:
        """Net cash flow (Y)."""
        return self.spent + self.saved + self.income

    @property
    def spent(self) -> np.ndarray:
        """Capital and running cost, below 0 (Y)."""
        return self.capital + self.staff + self.other_running

    @property
    def saved(self) -> np.ndarray:
        """What placements elsewhere no longer cost (Y)."""
        return self.bought_not_needed + self.unregistered_not_needed + self.foster_not_needed

    @property
    def net_present_value(self) -> float:
        """Present value of the cash flow, and of what the building is worth at the end."""
        return float((self.net * self.factors).sum() + self.value_left * self.factors[-1])

    @property
    def recovered_in(self) -> int:
        """Place, from 1, of the first year from which cumulative cash flow stays at 0 or above; 0 if there is none (ruling 44)."""
        settled = np.cumsum(self.net) >= 0.0
        stays = np.flip(np.logical_and.accumulate(np.flip(settled)))
        return int(stays.argmax()) + 1 if stays.any() else 0


def cash_flow(asked: dict[str, float]) -> CashFlow:
    """Return the cash flow of ten years, month by month.

    Parameters
    ----------
    asked
        A value for the key of each `Ask`. Months are whole.

    Notes
    -----
    Staff are paid from so many months before the home is registered. Once it is, it fills evenly; each month counts as full as it is at its middle,
    which is exact for an even rise that begins and ends with a month. Prices and running cost grow over inflation from the first year, once a year.
    """
    months = np.arange(12 * YEARS)
    year = months // 12
    registered = asked["months_to_register"]
    running = (months >= registered - min(asked["months_staffed_before"], registered)).astype(float)
    since = months + 0.5 - registered
    full = np.clip(since / asked["months_to_fill"], 0.0, 1.0) if asked["months_to_fill"] else (since > 0.0).astype(float)
    usable = asked["beds"] * WEEKS_A_MONTH * (1.0 - asked["voids"]) * full
    own = usable * asked["own_share"]
    others = (usable - own) * asked["spare_sold"]
    homes, foster, cost = ((1.0 + asked[f"{name}_growth"]) ** year for name in ("home_price", "foster_price", "running"))
    fostered, unregistered = asked["otherwise_fostered"], asked["otherwise_unregistered"]
    flows = {
        "capital": -asked["beds"] * asked["capital_gbp_per_bed"] * (1.0 - asked["grant_share"]) * (months < registered) / registered,
        "staff": -asked["beds"] * asked["staff_fte_per_bed"] * asked["staff_gbp_per_fte"] / 12.0 * running * cost,
        "other_running": -asked["beds"] * asked["other_running_gbp_per_bed_week"] * WEEKS_A_MONTH * running * cost,
        "bought_not_needed": own * (1.0 - fostered - unregistered) * asked["bought_price_gbp_per_week"] * homes,
        "unregistered_not_needed": own * unregistered * asked["unregistered_price_gbp_per_week"] * homes,
        "foster_not_needed": own * fostered * asked["foster_price_gbp_per_week"] * foster,
        "income": others * asked["sold_price_gbp_per_week"] * homes,
        "own_weeks": own, "others_weeks": others,
    }  # fmt: skip
    yearly = {name: values.reshape(YEARS, 12).sum(axis=1) for name, values in flows.items()}
    factors = (1.0 + asked["discount_rate"]) ** -np.arange(YEARS)
    return CashFlow(**yearly, factors=factors, value_left=asked["value_left"] * asked["beds"] * asked["capital_gbp_per_bed"])


def starting_values(base: Results, years: list[int]) -> list[Ask]:
    """Return what is asked, starting from the baseline's own prices (one area's results) and from numbers that are sourced or assumed.

    The latter stand in own_home.csv, where those that come from results are left empty. The price of a home is that of bought homes and of the
    authority's own, which the model prices alike; secure homes are apart.
    """
    home_weeks, home_gbp = (base.annual.sel(measure=name, year_ending=years).mean("replicate").to_numpy()[0] for name in HOMES)
    homes, homes_growth = _price(home_gbp, home_weeks, england().value("price_childrens_home"))
    fostered = {name: values[0].mean(axis=0) for name, values in priced_of(base, years, (FOSTER,)).items()}
    foster, foster_growth = _price(fostered["gbp"], fostered["weeks"], england().value("price_in_house_foster"))
    stated = pd.read_csv(ASKED, keep_default_na=False).to_dict("records")
    given = {row["key"]: row["value"] for row in stated}
    rest = other_running(homes, *(float(given[key]) for key in ("provider_share", "staff_fte_per_bed", "staff_gbp_per_fte")))
    plans = in_a_sentence(scenario_name(base))
    year = f"mean over runs on {plans} in the year to March {years[0]}, cost over weeks"
    growth = f"mean price on {plans}, year to March {years[0]} to {years[-1]}, over inflation"
    found = {
        "sold_price_gbp_per_week": {"value": homes, "low": 0.8 * homes, "high": 1.1 * homes},
        "bought_price_gbp_per_week": {"value": homes, "low": 0.8 * homes, "high": 1.3 * homes, "source": year},
        "foster_price_gbp_per_week": {
            "value": foster, "low": 0.6 * foster, "high": 2.0 * foster,
            "source": f"{year}; agencies alone cost more (England: £{england().value('price_agency_foster'):,.0f})",
        },
        "unregistered_price_gbp_per_week": {"value": england().value("price_unregistered")},
        "other_running_gbp_per_bed_week": {"value": rest, "high": round(2.0 * rest, -1)},
        "home_price_growth": {"value": homes_growth, "source": growth},
        "foster_price_growth": {"value": foster_growth, "source": growth},
        "running_growth": {"value": homes_growth},
        "discount_rate": {"value": float(base.metadata["discount_rate_per_year"])},
    }
    rows = [row | found.get(row["key"], {}) for row in stated]
    return [Ask(**(row | {name: float(row[name]) for name in ("value", "low", "high")})) for row in rows]


def other_running(price: float, provider_share: float, staff_fte_per_bed: float, staff_gbp_per_fte: float) -> float:
    """Return what running a registered bed for a week costs beside staff, pounds: what a bought place costs less capital and margin, and less staff.

    A market price holds the provider's capital and margin. The home's own capital is spent beside running cost, so that share comes off the price:
    counted in both, capital would be paid for twice. A price is for a filled bed, and this cost for a registered one.
    """
    staff = staff_fte_per_bed * staff_gbp_per_fte / (12.0 * WEEKS_A_MONTH)
    return max(0.0, price * (1.0 - provider_share) * FILLED_IN_ENGLAND - staff)


def _price(gbp: np.ndarray, weeks: np.ndarray, otherwise: float) -> tuple[float, float]:
    """Return the price of a week in the first of some years, in whole pounds, and its growth a year to three decimals (means over runs: Y each).

    If no week was spent there: another price, and no growth.
    """
    if not (weeks > 0.0).all() or not (gbp > 0.0).all():
        return round(otherwise), 0.0
    prices = gbp / weeks
    growth = (prices[-1] / prices[0]) ** (1.0 / (len(prices) - 1)) - 1.0 if len(prices) > 1 else 0.0
    return float(round(prices[0])), round(float(growth), 3)
