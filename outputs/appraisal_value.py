"""What a reform is worth in Green Book terms: net present fiscal and social value apart, benefit-cost ratio, switching value, and how sure each is.

A net present value above 0 is a gain. Fiscal value is cash, of the authority and of the exchequer (all payers); social value is what all payers
together give up or keep (social security apart, which is a transfer), and benefits to children only if the terms value them: no source does so in a
way that could be used (docs/appraisal.md), so the *switching value* says how much a child-year out of care would have to be worth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from outputs.appraisal_benefits import cash_net_cost
from outputs.appraisal_flows import PERSPECTIVES, QUANTILES, Flows, flows, spread, spread_of_years
from outputs.appraisal_payback import peak_funding, worst_year
from outputs.appraisal_terms import FLAT_SENSITIVITY, OPTIMISM_SENSITIVITY, Terms
from sim.results import Comparison
from sim.statistics import break_even

COLUMNS = ["scenario", "area", "measure", "unit", "mean", *QUANTILES, "probability", "probability_of"]
NET_PRESENT = {
    "authority": "net_present_fiscal_value_authority", "exchequer": "net_present_fiscal_value_exchequer", "society": "net_present_social_value",
}  # fmt: skip
YEAR = "year ending 31 March"
NONE = {"mean": float("nan")} | dict.fromkeys(QUANTILES, float("nan"))


def appraisal(comparison: Comparison, terms: Terms | None = None) -> pd.DataFrame:
    """Return the summary of an appraisal, a row for each reform, area and measure (`COLUMNS`): present values, ratios, years, amounts to be found.

    `probability` is of what `probability_of` says, over runs. Years are quantiles over runs and have no mean. Figures are missing where they
    would mean nothing: a ratio of benefits to costs where the reform costs nothing of its own, a switching value where no fewer children are in care.
    """
    terms = terms or Terms()
    plain = replace(terms, optimism_bias_costs=0.0, optimism_bias_benefits=0.0)
    rows = []
    for raw in flows(comparison, plain):
        one = raw.with_optimism_bias(terms.optimism_bias_costs, terms.optimism_bias_benefits)
        about = {"scenario": one.scenario, "area": one.area}
        worth = (_present_values(one, terms), _sensitivities(raw, one, terms), _ratios(one, terms), _switching(one, terms))
        rows += [about | row for found in (_totals(one), *worth, _timing(one), _cashable(one, terms)) for row in found]
    return pd.DataFrame(rows, columns=COLUMNS)


def net_present_value(one: Flows, perspective: str, terms: Terms) -> np.ndarray:
    """Return the present value of benefits less costs from a perspective (R)."""
    weights = terms.factors(len(one.years), one.rate)
    valued = one.child_years * terms.benefit_gbp_per_child_year if perspective == "society" else 0.0
    return ((valued - one.net(PERSPECTIVES[perspective])) * weights).sum(axis=1)


def costs_and_benefits(one: Flows, perspective: str, terms: Terms) -> tuple[np.ndarray, np.ndarray]:
    """Return present values of costs (what the reform's own lines cost) and benefits (what all else falls by, and what is valued), each (R).

    Benefits less costs are the net present value; a benefit below 0 is a cost that the reform causes elsewhere.
    """
    weights = terms.factors(len(one.years), one.rate)
    costs = (one.costs(PERSPECTIVES[perspective]) * weights).sum(axis=1)
    return costs, net_present_value(one, perspective, terms) + costs


def ratio_of_means(over: np.ndarray, under: np.ndarray) -> dict[str, float]:
    """Return mean over mean, and quantiles of the ratio run by run; missing unless what is divided by is above 0 in the mean, and in every run."""
    if not under.mean() > 0.0:
        return NONE
    mean = {"mean": float(over.mean() / under.mean())}
    return NONE | mean if not (under > 0.0).all() else spread(over / under) | mean


def _row(measure: str, unit: str, values: dict[str, float], probability: float = float("nan"), of: str = "") -> dict[str, Any]:
    """Return a row."""
    return {"measure": measure, "unit": unit, **values, "probability": probability, "probability_of": of}


def _present(one: Flows) -> str:
    """Return the unit of a present value."""
    return f"GBP, {one.price_base} prices, present value"


def _totals(one: Flows) -> Iterator[dict]:
    """Yield undiscounted net cost over the horizon, at constant prices and in cash, and child-years out of care."""
    for perspective in ("authority", "exchequer"):
        net = one.net(PERSPECTIVES[perspective])
        below, of = float((net.sum(axis=1) < 0.0).mean()), "net cost below 0"
        yield _row(f"net_cost_{perspective}_gbp", f"GBP, {one.price_base} prices", spread(net.sum(axis=1)), below, of)
        yield _row(f"net_cost_{perspective}_nominal_gbp", "GBP, nominal", spread((net * one.nominal).sum(axis=1)))
    kept = one.child_years.sum(axis=1)
    yield _row("child_years_kept_out_of_care", "child-years", spread(kept), float((kept > 0.0).mean()), "fewer child-years in care")


def _present_values(one: Flows, terms: Terms) -> Iterator[dict]:
    """Yield net present values, from each perspective."""
    for perspective, name in NET_PRESENT.items():
        value = net_present_value(one, perspective, terms)
        yield _row(f"{name}_gbp", _present(one), spread(value), float((value >= 0.0).mean()), "0 or more")


def _sensitivities(raw: Flows, one: Flows, terms: Terms) -> Iterator[dict]:
    """Yield the same at the low flat rate, and with 40 % of optimism bias in place of the terms'."""
    flat = replace(terms, discount_rate=FLAT_SENSITIVITY, declining=False)
    hoped = raw.with_optimism_bias(OPTIMISM_SENSITIVITY, OPTIMISM_SENSITIVITY)
    for suffix, flow, its_terms in (("at_flat_1_5_pct", one, flat), ("optimism_bias_40_pct", hoped, terms)):
        for perspective, name in NET_PRESENT.items():
            value = net_present_value(flow, perspective, its_terms)
            yield _row(f"{name}_{suffix}_gbp", _present(one), spread(value), float((value >= 0.0).mean()), "0 or more")


def _ratios(one: Flows, terms: Terms) -> Iterator[dict]:
    """Yield present values of costs and of benefits and their ratio, from each perspective."""
    for perspective in PERSPECTIVES:
        costs, benefits = costs_and_benefits(one, perspective, terms)
        yield _row(f"present_value_of_costs_{perspective}_gbp", _present(one), spread(costs))
        yield _row(f"present_value_of_benefits_{perspective}_gbp", _present(one), spread(benefits))
        yield _row(f"benefit_cost_ratio_{perspective}", "GBP of benefit per GBP of the reform's cost", ratio_of_means(benefits, costs))


def _switching(one: Flows, terms: Terms) -> Iterator[dict]:
    """Yield what a child-year out of care would have to be worth for social value to be 0; below 0: it may even do harm and still pay."""
    weights = terms.factors(len(one.years), one.rate)
    unvalued = -net_present_value(one, "society", replace(terms, benefit_gbp_per_child_year=0.0))
    kept = (one.child_years * weights).sum(axis=1)
    mean = float(unvalued.mean() / kept.mean()) if kept.mean() > 0.0 else float("nan")
    yield _row("switching_value_gbp_per_child_year", f"GBP per child-year out of care, {one.price_base} prices", NONE | {"mean": mean})


def _timing(one: Flows) -> Iterator[dict]:
    """Yield break-even, the worst year, and the peak to be found, of the authority and of the exchequer."""
    unit = f"GBP, {one.price_base} prices"
    for perspective in ("authority", "exchequer"):
        net = one.net(PERSPECTIVES[perspective])
        yield _even(one, perspective, net)
        amount, year = worst_year(net, one.years)
        worst = spread_of_years(year)
        yield _row(f"worst_year_{perspective}", YEAR, worst, float((year == worst["p50"]).mean()), "the median year is the run's worst")
        yield _row(f"worst_year_net_cost_{perspective}_gbp", unit, spread(amount))
        yield from _peak(one, perspective, net)
        in_cash = peak_funding(net * one.nominal, one.years)[0]
        yield _row(f"peak_funding_{perspective}_nominal_gbp", "GBP, nominal", spread(in_cash))


def _cashable(one: Flows, terms: Terms) -> Iterator[dict]:
    """Yield present value, break-even and the peak to be found of the authority with only what is cash counted as a benefit."""
    net, whose = cash_net_cost(one, terms.persist_months), "authority_cashable"
    value = -(net * terms.factors(len(one.years), one.rate)).sum(axis=1)
    yield _row(f"net_present_fiscal_value_{whose}_gbp", _present(one), spread(value), float((value >= 0.0).mean()), "0 or more")
    yield _even(one, whose, net)
    yield from _peak(one, whose, net)


def _even(one: Flows, whose: str, net: np.ndarray) -> dict:
    """Return the row of break-even (net: R, Y)."""
    even = break_even(net, one.years)
    by = {name: _year_by(even.by_year, level) for name, level in QUANTILES.items()}
    return _row(f"break_even_year_{whose}", YEAR, NONE | by, even.probability, "broken even within the horizon")


def _peak(one: Flows, whose: str, net: np.ndarray) -> Iterator[dict]:
    """Yield the peak to be found, and its year (net: R, Y)."""
    peak, when = peak_funding(net, one.years)
    found, growing = float((peak > 0.0).mean()), float((when == one.years[-1]).mean())
    yield _row(f"peak_funding_{whose}_gbp", f"GBP, {one.price_base} prices", spread(peak), found, "anything must be found")
    yield _row(f"peak_funding_year_{whose}", YEAR, spread_of_years(when), growing, "still growing in the last year")


def _year_by(by_year: dict[int, float], share: float) -> float:
    """Return the year by which a share of all runs has broken even; missing if fewer do within the horizon."""
    reached = [year for year, found in by_year.items() if found >= share]
    return float(reached[0]) if reached else float("nan")
