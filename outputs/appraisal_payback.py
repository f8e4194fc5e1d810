"""When a reform pays back, what it takes until then, and who pays: cumulative cost, break-even, the worst year, the peak to be found, affordability.

Every function takes a comparison and returns a table. Pounds undiscounted at constant prices, unless a column says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from outputs.appraisal_flows import ALL_PAYERS, PAYERS, Flows, flows
from outputs.appraisal_terms import Terms
from sim.results import Comparison
from sim.statistics import PENNY, Summary, break_even, summarise

KEYS = ("mean", "p05", "p50", "p95")
ITEMS = {
    "reform_cost": "cost of the reform's own lines",
    "gross": "gross cost, the reform's own and all other lines",
    "income": "income more than in the baseline",
    "net": "gross cost less income",
    "net_nominal": "the same in the cash of the year",
    "net_cumulative": "net cost up to the end of the year",
}


def cumulative(comparison: Comparison, terms: Terms | None = None) -> pd.DataFrame:
    """Return cumulative net cost to the authority against the baseline, plain and discounted, by area and year.

    The rate is the terms', or else the baseline's, declining after 30 years. The first year after the branch is not discounted.
    """
    terms = terms or Terms()
    rows = []
    for one in flows(comparison, terms):
        yearly = one.net(("authority",))
        weights = terms.factors(len(one.years), one.rate)
        plain, present = summarise(np.cumsum(yearly, 1)), summarise(np.cumsum(yearly * weights, 1))
        for y, year in enumerate(one.years):
            row = {"scenario": one.scenario, "area": one.area, "year_ending": year}
            for name, summary in (("net_gbp", plain), ("present_value_gbp", present)):
                row |= {f"{name}_{key}": float(getattr(summary, key)[y]) for key in KEYS}
            rows.append(row)
    return pd.DataFrame(rows)


def break_even_table(comparison: Comparison, terms: Terms | None = None) -> pd.DataFrame:
    """Return, by reform and area, the share of runs that have broken even by each year, and that never do (ruling 44)."""
    rows = []
    for one in flows(comparison, terms):
        even = break_even(one.net(("authority",)), one.years)
        shares = {str(year): share for year, share in even.by_year.items()} | {"not within the horizon": 1.0 - even.probability}
        rows += [{"scenario": one.scenario, "area": one.area, "by": by, "probability": share} for by, share in shares.items()]
    return pd.DataFrame(rows, columns=["scenario", "area", "by", "probability"])


def by_payer(comparison: Comparison, terms: Terms | None = None) -> pd.DataFrame:
    """Return net cost against the baseline over the whole horizon and all areas by payer: what one gains may be another's cost."""
    totals: dict[tuple[str, str], np.ndarray] = {}
    for one in flows(comparison, terms):
        for payer, payers in {**{payer: (payer,) for payer in PAYERS}, ALL_PAYERS: PAYERS}.items():
            key = (one.scenario, payer)
            totals[key] = totals.get(key, 0.0) + one.net(payers).sum(axis=1)
    rows = []
    for (scenario, payer), change in totals.items():
        summary: Summary = summarise(change)
        rows.append({"scenario": scenario, "payer": payer} | {f"gbp_{key}": float(getattr(summary, key)) for key in KEYS})
    return pd.DataFrame(rows)


def affordability(comparison: Comparison, terms: Terms | None = None) -> pd.DataFrame:
    """Return what each payer must find in each year, against the baseline: a row for each item of `ITEMS`.

    Columns: scenario, area, payer, year_ending, item, unit, mean, p05, p50, p95. Payers whom a reform does not touch are left out, the authority
    never. Of all payers together, grants cancel out: gross is net.
    """
    rows = []
    for one in flows(comparison, terms):
        for payer in (*PAYERS, ALL_PAYERS):
            items = affordability_items(one, PAYERS if payer == ALL_PAYERS else (payer,))
            if payer not in ("authority", ALL_PAYERS) and not any(values.any() for values in items.values()):
                continue
            for item, values in items.items():
                rows += _yearly(one, {"scenario": one.scenario, "area": one.area, "payer": payer}, item, values)
    return pd.DataFrame(rows, columns=["scenario", "area", "payer", "year_ending", "item", "unit", *KEYS])


def affordability_items(one: Flows, payers: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return gross, income and net of some payers (R, Y); what a giver transfers is gross to it, and cancels where the receiver counts too."""
    income = -one.total(one.lines_of(payers, ("income",)))
    gross = one.total(one.lines_of(payers, ("cost",)))
    given = one.total(one.lines_of(payers, ("transfer",)))
    if "authority" in payers and "grant" in payers:
        income = income - given
    else:
        gross = gross + given
    net = gross - income
    return {
        "reform_cost": one.costs(payers), "gross": gross, "income": income, "net": net, "net_nominal": net * one.nominal,
        "net_cumulative": np.cumsum(net, axis=1),
    }  # fmt: skip


def _yearly(one: Flows, about: dict, item: str, values: np.ndarray) -> Iterator[dict]:
    """Yield a row for each year (values: R, Y)."""
    summary = summarise(values)
    unit = "GBP, nominal" if item == "net_nominal" else f"GBP, {one.price_base} prices"
    for y, year in enumerate(one.years):
        yield about | {"year_ending": year, "item": item, "unit": unit} | {key: float(getattr(summary, key)[y]) for key in KEYS}


def worst_year(net: np.ndarray, years: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the highest yearly net cost of each run, and its year (R each; net: R, Y); year 0 where no year costs anything."""
    worst = net.max(axis=1)
    return worst, np.where(worst > PENNY, np.asarray(years)[net.argmax(axis=1)], 0)


def peak_funding(net: np.ndarray, years: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the most that is out at any one time, net and added up, and by the end of which year it is (R each; net: R, Y).

    The highest point of the cumulative net cost of each run; 0 pounds and year 0 where it is never above 0.
    """
    line = np.cumsum(net, axis=1)
    peak = line.max(axis=1)
    found = peak > PENNY
    return np.where(found, peak, 0.0), np.where(found, np.asarray(years)[line.argmax(axis=1)], 0)


