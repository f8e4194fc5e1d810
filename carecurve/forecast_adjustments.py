"""Adjustments of a forecast from records (`--adjust`), as what they do to an authority's caseload: ratios by month, as a reform's."""

from __future__ import annotations

import numpy as np

from carecurve.adjustment_file import Adjustment, Adjustments
from carecurve.forecast_reforms import ReformEffect
from scenarios.documents import Document
from scenarios.faults import Fault, ScenarioError
from scenarios.timeline import month_of
from sim.caseload import AGE_BANDS, CANDIDATES_PER_CHILD, PLACEMENTS, CaseloadModel, CaseloadRun, no_reform
from sim.caseload_entries import expected_entries

KEY = "adjusted"
DAYS_A_WEEK = 7.0


def adjusted(
    adjustments: Adjustments, document: Document, model: CaseloadModel, base: CaseloadRun, growth: np.ndarray
) -> ReformEffect:
    """Return what adjustments change.

    Ratios of one thing multiply. Children a month are added to what ratios leave of the entries the draws expect, at the stated ages alike, and
    never take them below 0.

    Parameters
    ----------
    base
        The forecast without them, whose prices pounds a week are added to.
    growth
        Its prices over those of the price base (R, M, K).

    Raises
    ------
    ScenarioError
        If one acts in none of the months, or entries would be more than `CANDIDATES_PER_CHILD` times those expected, or a price below 0.
    """
    making = _Making(adjustments, document, model, base, growth)
    for at, adjustment in enumerate(adjustments.adjustments):
        making.add(at, adjustment)
    return making.effect()


class _Making:
    """What adjustments add up to, by month of one world."""

    def __init__(self, adjustments: Adjustments, document: Document, model: CaseloadModel, base: CaseloadRun, growth: np.ndarray) -> None:
        self.name, self.document, self.months, self.years = adjustments.name, document, base.months, len(base.years)
        self.expected = expected_entries(model, base.months)
        self.prices = _paid_gbp_per_week(base, growth)
        self.reform = no_reform(len(base.months))
        self.price = np.ones((len(base.months), len(PLACEMENTS)))
        self.children = np.zeros((len(base.months), len(AGE_BANDS)))  # more children, as shares of those expected
        self.pounds = np.zeros_like(self.price)  # more pounds a week
        self.of: dict[str, list[int]] = {}
        self.faults: list[Fault] = []

    def add(self, at: int, adjustment: Adjustment) -> None:
        """Add one adjustment, the `at`-th of the file."""
        what, of = adjustment.what, adjustment.of
        phase = np.array(of.phase(month_of(self.months[0]), len(self.months)))
        self.of.setdefault(what, []).append(at)
        if not phase.any():
            last = f"{month_of(self.months[0])} to {month_of(self.months[-1])}"
            self._fault(at, what, f"acts in none of the forecast's months; expected a start and an end that leave some of {last}")
            return
        ages = [AGE_BANDS.index(name) for name in getattr(of, "age_bands", ())]
        kinds = [PLACEMENTS.index(name) for name in getattr(of, "placements", ())]
        if of.change.ratio is not None:
            self._ratio(what, 1.0 + phase * (of.change.ratio - 1.0), ages, kinds)
        elif what == "entries":
            expected = self.expected[:, ages].sum(axis=1)
            if (expected[phase > 0] <= 0).any():
                self._fault(at, what, "no child of these ages is expected to come into care, so that children_per_month has nothing to go by")
                return
            self.children[:, ages] += (phase * of.change.children_per_month / expected)[:, None]
        else:
            self.pounds[:, kinds] += (phase * of.change.gbp_per_week)[:, None]

    def _ratio(self, what: str, ratio: np.ndarray, ages: list[int], kinds: list[int]) -> None:
        """Multiply what is changed by ratios by month."""
        if what == "entries":
            self.reform.enter[0][:, ages] *= ratio[:, None]
        elif what == "leaving":
            self.reform.leave[0][np.ix_(range(len(ratio)), ages, kinds)] *= ratio[:, None, None]
        elif what == "moving":
            self.reform.move[0][:, kinds] *= ratio[:, None]
        elif what == "placement_choice":
            self.reform.placement_weight[0][:, kinds] *= ratio[:, None]
        else:
            self.price[:, kinds] *= ratio[:, None]

    def effect(self) -> ReformEffect:
        """Return all of them as an effect; raise ScenarioError if they cannot be."""
        enter = np.maximum(self.reform.enter[0] + self.children, 0.0)
        if enter.max() > CANDIDATES_PER_CHILD:
            month, age = np.unravel_index(int(enter.argmax()), enter.shape)
            self._fault_of_all("entries", (
                f"children coming into care aged {AGE_BANDS[age]} in {month_of(self.months[month])} would be {enter[month, age]:.2f} times the "
                f"{self.expected[month, age]:.2f} expected; expected {CANDIDATES_PER_CHILD:g} times at most"
            ))  # fmt: skip
        with np.errstate(divide="ignore", invalid="ignore"):
            price = self.price + np.where(self.prices > 0, self.pounds / self.prices, 0.0)
        if price.min() < 0:
            month, kind = np.unravel_index(int(price.argmin()), price.shape)
            self._fault_of_all("price", (
                f"the price of {PLACEMENTS[kind]} in {month_of(self.months[month])}, £{self.prices[month, kind]:,.0f} a week, would be below 0"
            ))  # fmt: skip
        if self.faults:
            raise ScenarioError(self.faults)
        return ReformEffect(KEY, self.name, self.reform._replace(enter=enter[None]), price[None], np.zeros((1, self.years)))

    def _fault(self, at: int, what: str, message: str) -> None:
        """Note a fault of one adjustment."""
        self.faults.append(self.document.fault(("adjustments", at, what), message, at_key=True))

    def _fault_of_all(self, what: str, message: str) -> None:
        """Note a fault of all adjustments of one thing at the last of them."""
        self._fault(self.of[what][-1], what, message)


def _paid_gbp_per_week(base: CaseloadRun, growth: np.ndarray) -> np.ndarray:
    """Return mean pounds a week by month and placement (M, K), constant prices; 0 where no child is placed."""
    days = base.tallies.days.sum(axis=(0, 3))
    pounds = (base.tallies.cost.sum(axis=3) * growth).sum(axis=0)
    return np.divide(pounds, days, out=np.zeros_like(days), where=days > 0) * DAYS_A_WEEK
