"""Appraisal of reforms in the Green Book's terms. Rules, formulas and what they rest on: docs/appraisal.md.

    from outputs import appraisal
    found = appraisal.appraise(comparison, discount_rate=0.035, optimism_bias=0.4)
    found.summary, found.affordability, found.benefits

Every function takes a comparison and returns a table; differences are taken run by run, before anything is averaged. `Terms` hold what may be
chosen. The parts: `appraisal_terms` (discounting), `appraisal_flows` (differences by run, line and year), `appraisal_payback`, `appraisal_value`,
`appraisal_benefits`, `price_volume`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from outputs.appraisal_benefits import benefits
from outputs.appraisal_flows import PAYERS
from outputs.appraisal_payback import affordability, break_even_table, by_payer, cumulative
from outputs.appraisal_terms import AppraisalError, Terms
from outputs.appraisal_value import appraisal
from outputs.price_volume import price_and_volume
from scenarios.deflators import Deflators, read_deflators
from sim.results import Comparison

__all__ = [
    "PAYERS", "Appraisal", "AppraisalError", "Terms", "affordability", "appraisal", "appraise", "benefits", "break_even_table", "by_payer",
    "cumulative", "price_and_volume", "terms_of",
]  # fmt: skip


@dataclass(frozen=True)
class Appraisal:
    """The tables of an appraisal: `summary` (appraisal.csv), `affordability` and `benefits`, and the terms they are at."""

    terms: Terms
    summary: pd.DataFrame
    affordability: pd.DataFrame
    benefits: pd.DataFrame


def terms_of(
    discount_rate: float | None = None, declining: bool = True, optimism_bias: float | tuple[float, float] = 0.0,
    fixed_costs_persist_months: float | None = None, benefit_gbp_per_child_year: float = 0.0, deflators: str | Path | Deflators | None = None,
) -> Terms:  # fmt: skip
    """Return terms of an appraisal.

    Parameters
    ----------
    optimism_bias
        One share of costs and benefits, or (costs, benefits).
    deflators
        A file or a table, for nominal figures; the run's if not given.
    discount_rate, declining, fixed_costs_persist_months, benefit_gbp_per_child_year
        See `Terms`.

    Raises
    ------
    AppraisalError, DeflatorError
        If a number cannot be meant, or a table cannot be used.
    """
    costs, cut = optimism_bias if isinstance(optimism_bias, tuple) else (optimism_bias, optimism_bias)
    table = None if deflators is None else read_deflators(deflators)
    return Terms(discount_rate, declining, costs, cut, fixed_costs_persist_months, benefit_gbp_per_child_year, table)


def appraise(comparison: Comparison, terms: Terms | None = None, **options) -> Appraisal:
    """Return the tables of an appraisal of each reform in each area.

    Parameters
    ----------
    comparison
        A baseline and reforms on the same runs; add authorities up first (`outputs.tables.whole`) for a region's.
    terms
        The terms, or else the options of `terms_of`.

    Raises
    ------
    AppraisalError, DeflatorError
        As `terms_of`.
    """
    terms = terms or terms_of(**options)
    return Appraisal(terms, appraisal(comparison, terms), affordability(comparison, terms), benefits(comparison, terms))
