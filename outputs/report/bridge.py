"""From current plans to a reform in pounds: volume (fewer starts, and stays), mix, price, and the full-year effect; what it adds up to is checked.

Let, of one year and one run, D be days in care, S children in care on 31 March (unaccompanied children apart in S and in starts, since a reform does
not change them), n care starts and h the baseline's rate of leaving care: those who left over the mean of S at both ends of the year, where those who
left are n + S before - S after.

- *Fewer starts*: child-years that children who do not start would have spent in care, had they left at the baseline's rate. X is how many of them
  would be in care on 31 March: X = X before x exp(-h) + dn x (1 - exp(-h)) / h, and their child-years are X before x (1 - exp(-h)) / h + dn x
  (1 - (1 - exp(-h)) / h) / h, as starts are spread evenly over the year. Pounds: times what a child-year in care costs in the baseline (all
  placements over D).
- *Stays*: what is left of volume: children leave sooner or later than at the baseline's rate, those who do not start among them.
- *Volume*, *mix* and *price* (as drawn, market, commissioning) are those of `cost_bridge.csv` (`sim.placement_bridge`).
- *Full-year effect*: (change in S on the last 31 March - change in the year's mean of children in care) x the baseline's cost of a child-year: what
  the year after would hold more than the last year does if nothing else changed. It is in no sum of the bridge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outputs import cost_bridge
from outputs.children import yearly
from outputs.price_volume import priced_of
from outputs.report.source import Source
from sim.results import Results, ResultsError

DAYS_PER_YEAR = 365.25
REFORM, STARTS, STAYS, MIX, PRICE, BOTH, OTHER, TOTAL = "reform", "starts", "stays", "mix", "price", "interaction", "other", "total"
VOLUME = "volume"
LABELS = {
    REFORM: "The reform’s own cost",
    VOLUME: "Volume: weeks in placements",
    STARTS: "of it, fewer or more care starts",
    STAYS: "of it, shorter or longer stays",
    MIX: "Mix: cheaper or dearer kinds of placement",
    PRICE: "Price: of the same placements",
    BOTH: "Volume and price together",
    OTHER: "All other lines (care leavers, workforce, allowances, family support)",
    TOTAL: "Change in net cost",
}
PARTS_OF_PRICE = ("placements_chance", "placements_market", "placements_commissioning")
PENNIES = 1.0  # pounds: tables hold ten significant digits


@dataclass(frozen=True)
class Bridge:
    """A bridge of one reform over all years, or in the last: pounds by part (keys of `LABELS`), with a 90 % interval where the tables give one.

    Attributes
    ----------
    mean
        Means over runs. `starts` and `stays` are missing where care starts are not counted.
    interval
        By part: (p05, p95) over runs; none of a part whose mean over the runs in the folder is not the table's (an older version made it).
    full_year_effect
        Mean and 90 % interval, pounds; None in the bridge of all years, or where it is not counted.
    """

    mean: dict[str, float]
    interval: dict[str, tuple[float, float]]
    full_year_effect: tuple[float, float, float] | None


def bridge(source: Source, reform: Results, year: int | None = None) -> Bridge | None:
    """Return the bridge in net cost to the authority of all years, or of one; None if the folder has no `cost_bridge.csv`.

    Raises
    ------
    ResultsError
        If the parts do not add up to the change in net cost: the folder's table is not whole.
    """
    rows = source.rows("cost_bridge.csv", reform.scenario, measure="net_cost", year_ending="all" if year is None else str(year))
    if rows.empty:
        return None
    rows = rows.set_index("item")
    means = rows["mean"]
    parts = {
        REFORM: float(means[rows.section == "reform"].sum()),
        VOLUME: float(means["placements_volume"]),
        MIX: float(means["placements_mix"]),
        PRICE: float(means[list(PARTS_OF_PRICE)].sum()),
        BOTH: float(means["placements_interaction"]),
    }
    parts[OTHER] = float(means[~rows.index.str.startswith("placements_") & (rows.section != "reform") & (rows.index != TOTAL)].sum())
    parts[TOTAL] = float(means[TOTAL])
    left = sum(value for key, value in parts.items() if key != TOTAL) - parts[TOTAL]
    if abs(left) > PENNIES + 1e-8 * sum(map(abs, parts.values())):
        raise ResultsError(f"{reform.scenario}: the parts of cost_bridge.csv add up to {left:,.2f} pounds beside their total; expected none")
    at = slice(None) if year is None else [source.years.index(year)]
    runs = {part: gbp[:, at].sum(axis=1) for part, gbp in by_run(source, reform).items()}
    starts = from_starts(source.base, reform, source.years)
    if starts is not None:
        runs[STARTS] = starts[:, at].sum(axis=1)
        runs[STAYS] = runs[VOLUME] - runs[STARTS]
        parts[STARTS] = float(runs[STARTS].mean())
        parts[STAYS] = parts[VOLUME] - parts[STARTS]
    same = {part: abs(float(gbp.mean()) - parts[part]) <= PENNIES + 1e-8 * abs(parts[part]) for part, gbp in runs.items()}
    found = {part: tuple(map(float, np.quantile(gbp, (0.05, 0.95)))) for part, gbp in runs.items() if same[part]}
    return Bridge(parts, found, None if year is None else full_year_effect(source.base, reform, source.years, year))


def by_run(source: Source, reform: Results) -> dict[str, np.ndarray]:
    """Return the parts of the bridge by run and year (R, Y), pounds: items of each authority, added up and grossed, as the table has them."""
    factor = (source.each.metadata.get("grossing") or {}).get("spend", 1.0)
    items = cost_bridge.bridge(source.each.baseline, source.each[reform.scenario], source.years)
    gbp = {key: factor * item.gbp.sum(axis=0) for key, item in items.items()}
    of = {"placements_volume": VOLUME, "placements_mix": MIX, "placements_interaction": BOTH, TOTAL: TOTAL} | dict.fromkeys(PARTS_OF_PRICE, PRICE)
    found = {part: np.zeros_like(gbp[TOTAL]) for part in (REFORM, VOLUME, MIX, PRICE, BOTH, OTHER, TOTAL)}
    for key, values in gbp.items():
        found[of.get(key, REFORM if items[key].section == "reform" else OTHER)] += values
    return found


def from_starts(baseline: Results, reform: Results, years: list[int]) -> np.ndarray | None:
    """Return what fewer or more care starts alone do to the cost of placements (R, Y), as the module says; None where they are not counted."""
    changed = _of(reform, "care_starts", years) - _of(baseline, "care_starts", years)
    cost, rate = cost_of_a_child_year(baseline, years), leaving_rate(baseline, years)
    if np.isnan(changed).any() or np.isnan(rate).any():
        return None
    would_be, child_years = np.zeros(len(changed)), np.zeros_like(changed)
    for y in range(len(years)):
        h = np.maximum(rate[:, y], 1e-9)
        stay = -np.expm1(-h) / h  # the mean share of a year that one who is in care at its start stays
        child_years[:, y] = would_be * stay + changed[:, y] * (1.0 - stay) / h
        would_be = would_be * np.exp(-h) + changed[:, y] * stay
    return child_years * cost


def leaving_rate(results: Results, years: list[int]) -> np.ndarray:
    """Return the rate at which children leave care a year (R, Y), unaccompanied children apart; missing in a first year without one before it."""
    starts, at_end = _of(results, "care_starts", years), _of(results, "cla_at31_non_uasc", years)
    first = years[0] - 1
    before = _of(results, "cla_at31_non_uasc", [first]) if first in results.years else at_end[:, :1]
    at_start = np.concatenate([before, at_end[:, :-1]], axis=1)
    left = starts + at_start - at_end
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(at_start + at_end > 0.0, np.maximum(left, 0.0) / ((at_start + at_end) / 2.0), 0.0)


def cost_of_a_child_year(baseline: Results, years: list[int]) -> np.ndarray:
    """Return what all placements cost over child-years in care (R, Y), pounds; 0 where nobody is in care."""
    paid, days = priced_of(baseline, years)["gbp"][0], _of(baseline, "days_in_care", years)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(days > 0.0, paid / (days / DAYS_PER_YEAR), 0.0)


def full_year_effect(baseline: Results, reform: Results, years: list[int], year: int) -> tuple[float, float, float] | None:
    """Return what the year after would hold more than a year does (mean, p05, p95 over runs), as the module says; None where it is not counted."""
    at_end = _of(reform, "cla_at31", [year]) - _of(baseline, "cla_at31", [year])
    in_year = (_of(reform, "days_in_care", [year]) - _of(baseline, "days_in_care", [year])) / DAYS_PER_YEAR
    effect = ((at_end - in_year) * cost_of_a_child_year(baseline, years)[:, [years.index(year)]])[:, 0]
    if np.isnan(effect).any():
        return None
    low, high = np.quantile(effect, (0.05, 0.95))
    return float(effect.mean()), float(low), float(high)


def _of(results: Results, measure: str, years: list[int]) -> np.ndarray:
    """Return a measure of the only area by run and year (R, Y)."""
    return yearly(results, measure, years)[0]
