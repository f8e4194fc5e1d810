"""The terms of an appraisal: how years are discounted, how far hope is discounted, and what is taken of costs that persist.

Sources: HM Treasury, The Green Book: social time preference rate of 3.5 % a year for 30 years, 3.0 % for years 31 to 75, 2.5 % after (published).
Its standard figures of optimism bias are for capital works; none is confirmed for social programmes, so 40 % is shown as a sensitivity (assumed).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scenarios.deflators import Deflators
from sim.cost_lines import assumption

STEPS = ((30, 0.0), (75, 0.005), (np.inf, 0.010))  # last year of each step, and how far the rate has fallen by then
FLAT_SENSITIVITY = 0.015  # beside the Green Book's rate, whose review of 2026 was not to be had
OPTIMISM_SENSITIVITY = 0.4
LARGEST_RATE = 0.2


class AppraisalError(ValueError):
    """Terms of an appraisal that cannot be meant."""


@dataclass(frozen=True)
class Terms:
    """How a comparison is appraised.

    Attributes
    ----------
    discount_rate
        Share a year, of the first 30 years; None: the baseline's `settings.discount_rate_per_year`.
    declining
        Whether the rate falls as published: by 0.5 points after year 30 and again after year 75, never below 0. If not, it is flat.
    optimism_bias_costs, optimism_bias_benefits
        Shares by which costs are raised and benefits cut; 0: switched off.
    fixed_costs_persist_months
        How long the cost of what an authority runs itself follows after need; None: `fixed_costs_persist_months` of cost_assumptions.csv.
    benefit_gbp_per_child_year
        What a child-year out of care is worth to society beside what payers save, pounds at the price base. 0: not valued, since no source gives it.
    deflators
        For nominal figures; None: the run's.

    Raises
    ------
    AppraisalError
        If a number cannot be meant.
    """

    discount_rate: float | None = None
    declining: bool = True
    optimism_bias_costs: float = 0.0
    optimism_bias_benefits: float = 0.0
    fixed_costs_persist_months: float | None = None
    benefit_gbp_per_child_year: float = 0.0
    deflators: Deflators | None = None

    def __post_init__(self) -> None:
        if self.discount_rate is not None and not 0.0 <= self.discount_rate <= LARGEST_RATE:
            raise AppraisalError(
                f"discount rate: is {self.discount_rate:g}, expected a share a year from 0 to {LARGEST_RATE:g}, such as 0.035 for 3.5 %"
            )
        for name, most in (("costs", 5.0), ("benefits", 1.0)):
            share = getattr(self, f"optimism_bias_{name}")
            if not 0.0 <= share <= most:
                raise AppraisalError(f"optimism bias of {name}: is {share:g}, expected a share from 0 to {most:g}, such as 0.4 for 40 %")
        if not 0.0 <= self.persist_months <= 60.0:
            raise AppraisalError(f"fixed_costs_persist_months: is {self.persist_months:g}, expected 0 to 60 months")
        if not 0.0 <= self.benefit_gbp_per_child_year < np.inf:
            raise AppraisalError(f"benefit_gbp_per_child_year: is {self.benefit_gbp_per_child_year:g}, expected pounds, 0 or more")

    @property
    def persist_months(self) -> float:
        """Months for which the cost of what an authority runs itself persists."""
        return assumption("fixed_costs_persist_months") if self.fixed_costs_persist_months is None else self.fixed_costs_persist_months

    def factors(self, years: int, rate: float) -> np.ndarray:
        """Return discount factors of so many years from the branch on (Y), at these terms' rate, or else at `rate`."""
        return discount_factors(years, rate if self.discount_rate is None else self.discount_rate, self.declining)

    def told(self) -> dict[str, Any]:
        """Return what a manifest says of the terms; a rate of None is each scenario's."""
        return {
            "discount_rate_per_year": self.discount_rate, "declining": self.declining, "optimism_bias_costs": self.optimism_bias_costs,
            "optimism_bias_benefits": self.optimism_bias_benefits, "fixed_costs_persist_months": self.persist_months,
            "benefit_gbp_per_child_year": self.benefit_gbp_per_child_year,
        }  # fmt: skip


def discount_rates(years: int, rate: float, declining: bool = True) -> np.ndarray:
    """Return the rate at which each year after the first is discounted to the year before it (Y - 1)."""
    after = np.arange(1, years)
    fall = np.select([after <= last for last, _ in STEPS], [drop for _, drop in STEPS]) if declining else 0.0
    return np.maximum(rate - fall, 0.0) + np.zeros(len(after))


def discount_factors(years: int, rate: float = 0.035, declining: bool = True) -> np.ndarray:
    """Return discount factors of so many years (Y); the first year after the branch is year 0 and is not discounted.

    Factors compound: year 31 is year 30's over 1.030, not 1.030 to the power of -31 (the Green Book's table of long-term factors).
    """
    return np.concatenate([[1.0], np.cumprod(1.0 / (1.0 + discount_rates(years, rate, declining)))])
