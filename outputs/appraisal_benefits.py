"""What of a reform's benefit could leave a budget: every pound in exactly one class, when it can be banked, and what must be stopped to bank it.

Benefit is what lines other than the reform's own fall by. The rules, by line of cost and run by run (docs/appraisal.md):

1. *Elsewhere*: lines of other payers than the authority.
2. *Help withdrawn*: family support, which the budget's loop saves on when care costs more than budgeted, and gives back when it costs less. What
   is spent less on it is help that families do not get: nothing to bank.
3. *Non-cashable*: what the authority runs itself (own carers, homes, posts) costs what was needed `fixed_costs_persist_months` earlier; the rest of
   the fall is not cash yet. What is bought by the week ends with the placement.
4. *Budget reduction* and *avoided growth*: of the cash, what takes the line below the baseline's level of the branch year leaves a budget; what only
   takes it less far above that level is growth avoided.

The rules are the same upwards, so a line that rises is a benefit below 0 in its class: chance moves pounds between lines, and cancels in the sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from outputs.appraisal_flows import Flows, flows
from outputs.appraisal_terms import Terms
from sim.results import Comparison
from sim.statistics import PENNY, summarise

CLASSES = {
    "budget_reduction": "leaves the authority's budget of the branch year",
    "avoided_growth": "growth that the authority need not fund",
    "non_cashable": "the cost persists: not cash yet",
    "help_withdrawn": "help to families no longer bought: not a saving",
    "elsewhere": "accrues to other payers",
}
NOT_BANKABLE = ("non_cashable", "help_withdrawn")
HELP = "family_support"  # the line of help to families
ALL = "all"
KEYS = ("mean", "p05", "p50", "p95")
COLUMNS = [
    "scenario", "area", "class", "line", "label", "year_ending", "unit", *KEYS, "bankable_from", "probability", "how", "stop",
]  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """How a fall in a line becomes cash.

    Attributes
    ----------
    how
        `ends`: with the placement, payment or contract; `decision`: the cost persists, and then someone must decide what is stopped.
    stop
        What must be stopped, or not begun, to bank it.
    """

    how: Literal["ends", "decision"]
    stop: str


RULES = {
    "kinship_foster": Rule("ends", "payments to the kin carer, with the placement"),
    "in_house_foster": Rule("decision", "decide which carers are not replaced as they leave, or take children whom agencies would"),
    "agency_foster": Rule("ends", "the placement ends, or is not let"),
    "authority_childrens_home": Rule("decision", "decide which home is closed or not opened; part of a home saves little"),
    "childrens_home": Rule("ends", "the placement ends, or is not let"),
    "secure_home": Rule("ends", "the placement ends, or is not let"),
    "supported_accommodation": Rule("ends", "the placement ends, or is not let"),
    "unregistered": Rule("ends", "the placement ends, or is not let"),
    "other_placement": Rule("ends", "the placement ends, or is not let"),
    "adoption_placement": Rule("decision", "decide which posts of the adoption service are not filled"),
    "order_allowances": Rule("ends", "the allowance, with the order"),
    "leaving_care": Rule("decision", "decide which posts of personal advisers are not filled"),
    "staying_put": Rule("ends", "the payment to the former carer"),
    "social_workers": Rule("decision", "decide which posts are not filled"),
    "agency_social_workers": Rule("ends", "the agency worker's contract is not renewed"),
    "agency_premium_change": Rule("ends", "the agency worker's contract is not renewed"),
    "family_support": Rule("ends", "help to families that the budget no longer buys: less help, not a saving"),
    "unmodelled": Rule("decision", "not modelled"),
    "uasc_grant_income": Rule("ends", "grant received"),
}
OTHERWISE = Rule("decision", "decide what of this line is stopped")


def classified(one: Flows, months: float) -> dict[str, np.ndarray]:
    """Return the benefit of every line by class, each (R, L, Y); the classes add up to the benefit. The reform's own lines have none.

    Parameters
    ----------
    months
        How long what an authority runs itself costs what was needed before.
    """
    benefit = np.where(one.own[None, :, None], 0.0, -one.change)
    ours = one.lines_of(("authority",))[None, :, None]
    helped = np.array([key == HELP for key in one.lines])[None, :, None]
    bought = ours & ~helped
    fixed = np.array([RULES.get(key, OTHERWISE).how == "decision" for key in one.lines])[None, :, None]
    cash = np.where(fixed, earlier(benefit, months / 12.0), benefit)
    level = one.baseline[..., :1]  # the baseline in the branch year
    growth = np.maximum(one.baseline - level, 0.0) - np.maximum(one.baseline - cash - level, 0.0)
    return {
        "budget_reduction": np.where(bought, cash - growth, 0.0), "avoided_growth": np.where(bought, growth, 0.0),
        "non_cashable": np.where(bought, benefit - cash, 0.0), "help_withdrawn": np.where(helped, benefit, 0.0),
        "elsewhere": np.where(ours, 0.0, benefit),
    }  # fmt: skip


def cash_net_cost(one: Flows, months: float) -> np.ndarray:
    """Return net cost to the authority with only what is cash counted as a benefit (R, Y): what is not cash yet is still paid."""
    return one.net(("authority",)) + classified(one, months)["non_cashable"].sum(axis=1)


def earlier(yearly: np.ndarray, years: float) -> np.ndarray:
    """Return what a series (..., Y) was so many years earlier, part years in proportion; nothing before its first year."""
    whole, part = int(years), years - int(years)

    def shifted(by: int) -> np.ndarray:
        """Return the series so many whole years later."""
        out = np.zeros_like(yearly)
        out[..., by:] = yearly[..., : max(0, yearly.shape[-1] - by)]
        return out

    return (1.0 - part) * shifted(whole) + part * shifted(whole + 1)


def benefits(comparison: Comparison, terms: Terms | None = None) -> pd.DataFrame:
    """Return benefit by class: of all lines by year and in all years, and of each line in all years (`COLUMNS`).

    Rows of the class `all` are the total. `bankable_from` is the first year ending March from which the mean over runs is above 0 and stays so (none:
    missing; what is not cash, and help withdrawn, cannot be banked, and are not in that of the total), and `probability` the share of runs in which
    what there is from then on is above 0. Undiscounted, constant prices.
    """
    terms = terms or Terms()
    rows = []
    for one in flows(comparison, terms):
        parts = classified(one, terms.persist_months)
        to_bank = sum(values for name, values in parts.items() if name not in NOT_BANKABLE)
        for name, values in ({ALL: sum(parts.values())} | parts).items():
            about = {"scenario": one.scenario, "area": one.area, "class": name}
            rows += [about | row for row in _of_all_lines(one, values, to_bank if name == ALL else values)]
            rows += [about | row for row in _by_line(one, values)] if name != ALL else []
    table = pd.DataFrame(rows, columns=COLUMNS)
    table.loc[table["class"].isin(NOT_BANKABLE), ["bankable_from", "probability"]] = np.nan
    return table


def bankable(values: np.ndarray, years: tuple[int, ...]) -> tuple[int | None, float]:
    """Return from which year the mean over runs (values: R, Y) is above 0 and stays so, and in which share of runs the sum from then on is.

    None, and no share, if it is not above 0 in the last year.
    """
    above = values.mean(axis=0) > PENNY
    if not above[-1]:
        return None, float("nan")
    first = int(len(above) - np.argmin(above[::-1])) if not above.all() else 0
    return years[first], float((values[:, first:].sum(axis=1) > PENNY).mean())


def _of_all_lines(one: Flows, values: np.ndarray, to_bank: np.ndarray) -> Iterator[dict[str, Any]]:
    """Yield rows of all lines together, by year and in all years (values, and what of them can be banked: R, L, Y)."""
    yearly = values.sum(axis=1)
    about = {"line": ALL, "label": "All lines", "unit": f"GBP, {one.price_base} prices", "how": "", "stop": ""}
    found = _summaries(np.column_stack([yearly, yearly.sum(axis=1)]))
    for year, summary in zip(one.years, found[:-1], strict=True):
        yield about | {"year_ending": str(year), **summary, "bankable_from": None, "probability": float("nan")}
    yield about | {"year_ending": ALL, **found[-1]} | _banked(one, to_bank.sum(axis=1))


def _by_line(one: Flows, values: np.ndarray) -> Iterator[dict[str, Any]]:
    """Yield a row in all years for each line there is anything of (values: R, L, Y)."""
    found = _summaries(values.sum(axis=2))
    for index, (key, line) in enumerate(one.lines.items()):
        if np.abs(values[:, index]).max() <= PENNY:
            continue
        rule = RULES.get(key, OTHERWISE)
        words = {"how": rule.how, "stop": rule.stop} if line["payer"] == "authority" else {"how": "", "stop": f"for {line['payer']} to decide"}
        about = {"line": key, "label": line["label"], "year_ending": ALL, "unit": f"GBP, {one.price_base} prices", **words}
        yield about | found[index] | _banked(one, values[:, index])


def _banked(one: Flows, yearly: np.ndarray) -> dict[str, Any]:
    """Return the columns that say from when it can be banked (yearly: R, Y)."""
    first, probability = bankable(yearly, one.years)
    return {"bankable_from": first, "probability": probability}


def _summaries(values: np.ndarray) -> list[dict[str, float]]:
    """Return mean and quantiles over runs of each column (R, N); less than a penny is nothing."""
    summary = summarise(values)
    columns = {key: np.where(np.abs(getattr(summary, key)) > PENNY, getattr(summary, key), 0.0) for key in KEYS}
    return [{key: float(column[n]) for key, column in columns.items()} for n in range(values.shape[1])]
