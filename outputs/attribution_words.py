"""What drove a difference, in the few sentences a planner would read aloud."""

from __future__ import annotations

import pandas as pd

from outputs.attribution import INTERACTION, TOTAL
from outputs.money_axis import MINUS, unit_of
from scenarios.parts import Part
from sim.attributed import ITEMS, QUANTITIES
from sim.attribution import Attribution, Attributions
from sim.statistics import PENNY

MUCH = 0.20  # of the total: interaction above it is explained
NAMED = 4  # parts of the cost that are named
PARTS_OF_COST = {
    "reform_lines": "its own lines", "other_lines": "lines outside placements",
    "placements_volume": "weeks in placements", "placements_mix": "kinds of placement", "placements_chance": "placements' prices as drawn",
    "placements_market": "market prices", "placements_commissioning": "commissioning", "placements_interaction": "volume with mix and price",
}  # fmt: skip


def sentences(found: Attributions, table: pd.DataFrame, costs: pd.DataFrame) -> list[str]:
    """Return what drove each reform, of all authorities together: by part, interaction (and why, if it is large), by line, and children in care.

    Parameters
    ----------
    table, costs
        `attribution_frame` and `cost_bridge` of the same comparison.
    """
    lines = []
    for one in found.reforms:
        own = table[(table.scenario == one.scenario) & (table.area == table.area.iloc[-1])]
        money = own[(own.measure == "net_cost") & (own.year_ending == "all")]
        lines.append(f"What drove net cost of {one.scenario}: {_added_up(money, one.parts, 'GBP')} (Shapley values, {one.rule}; attribution.csv).")
        if len(one.parts) > 1:
            lines += [f"  {line}" for line in _interaction(one, money)]
            lines += [f"  {line}" for line in _made_of(one, own)]
        lines.append(f"  By line: {_by_line(costs[costs.scenario == one.scenario])} (cost_bridge.csv).")
        last = own[own.measure == "cla_at31"].year_ending.iloc[-1]
        children = own[(own.measure == "cla_at31") & (own.year_ending == last)]
        lines.append(f"  {QUANTITIES['cla_at31'].label}, 31 March {last}: {_added_up(children, one.parts, 'children')}.")
    return lines


def amount(value: float, unit: str, largest: float = 0.0) -> str:
    """Return a signed amount in words: pounds in the unit that suits the largest amount beside it, children with one decimal."""
    if unit == "GBP":
        return unit_of(max(abs(largest), abs(value))).text(value, signed=True)
    digits = f"{abs(value):,.1f}"
    return ("" if not digits.strip("0.,") else MINUS if value < 0 else "+") + digits


def _added_up(rows: pd.DataFrame, parts: tuple[Part, ...], unit: str) -> str:
    """Return `total = part value [p05, p95], ...`, the largest part first."""
    total = rows[rows.effect == TOTAL].iloc[0]
    values = rows[rows.effect == "shapley"].set_index("part")
    largest = float(values[["mean", "p05", "p95"]].abs().max().max())

    def shown(row: pd.Series) -> str:
        """Return a mean and its interval."""
        return f"{amount(row['mean'], unit, largest)} [{amount(row.p05, unit, largest)}, {amount(row.p95, unit, largest)}]"

    ordered = sorted(parts, key=lambda part: -abs(values.loc[part.name, "mean"]))
    return f"{amount(total['mean'], unit, largest)} = {'; '.join(f'{part.label} {shown(values.loc[part.name])}' for part in ordered)}"


def _made_of(one: Attribution, own: pd.DataFrame) -> list[str]:
    """Return, of each part, the largest of what it does to net cost by volume, mix, price and lines, and all else together."""
    rows = own[(own.effect == "shapley") & (own.year_ending == "all") & own.measure.isin(ITEMS)]
    found = []
    for part in one.parts:
        means = rows[rows.part == part.name].set_index("measure")["mean"].rename(index=PARTS_OF_COST)
        if means.abs().max() > PENNY:
            found.append(f"Of {part.label}: {_largest_first(means)}.")
    return found


def _interaction(one: Attribution, money: pd.DataFrame) -> list[str]:
    """Return how large interaction is, and if it is large why it can be."""
    row, total = money[money.part == INTERACTION].iloc[0], money[money.effect == TOTAL].iloc[0]["mean"]
    alone = money[money.effect == "alone"].set_index("part")["mean"]
    largest = max(abs(total), alone.abs().max())
    value, share = row["mean"], abs(row["mean"] / total) if total else float("inf")
    close = f" ± {amount(2.0 * row.standard_error, 'GBP', largest)[1:] or '0'}" if row.standard_error > 0 else ""
    of_total = f"{share:.0%} of the total" if share <= 10 else "many times the total"
    does = f"what they do together beyond that, the interaction, is {amount(value, 'GBP', largest)}{close}: {of_total}"
    found = [f"Each alone, the parts come to {amount(alone.sum(), 'GBP', largest)} in all; {does}."]
    if share > MUCH:
        found.append(f"That is above {MUCH:.0%}: {reason(value, row.standard_error, total, alone)}.{_largest(one, money)}")
    return found


def reason(interaction: float, standard_error: float, total: float, alone: pd.Series) -> str:
    """Return why interaction can be a large share of the total; the first reason that holds.

    Parameters
    ----------
    interaction, standard_error
        Mean over runs, and its standard error (missing with one run).
    total, alone
        Means of the total and of what each part does alone.
    """
    size = float(alone.abs().sum())
    if not abs(interaction) > 2.0 * standard_error:
        return "it cannot be told from chance in so few runs (± is two standard errors): more runs would say"
    if abs(total) < size / 2.0:
        share = abs(interaction) / size
        return f"the total is what is left of effects of opposite sign; it is {share:.0%} of their size, {amount(size, 'GBP').lstrip('+')}"
    if interaction * alone.sum() < 0.0:
        return "parts reach the same children and fill the same places: what one has done another cannot do again"
    return "parts share places, teams and children, and each adds to what the others do"


def _largest(one: Attribution, money: pd.DataFrame) -> str:
    """Name the parts that make most of the interaction, where combinations of three parts or more were run."""
    rows = money[(money.effect == INTERACTION) & (money.part != INTERACTION)]
    if one.dividends is None or rows.empty:
        return ""
    row = rows.loc[rows["mean"].abs().idxmax()]
    labels = {part.name: part.label for part in one.parts}
    names = " with ".join(labels[name] for name in row.part.split(" + "))
    return f" Most of it is {names}: {amount(row['mean'], 'GBP')}."


def _by_line(costs: pd.DataFrame) -> str:
    """Return the largest parts of the difference in net cost, and all else together: they add up to the total."""
    rows = costs[(costs.measure == "net_cost") & (costs.year_ending == "all") & (costs.area == costs.area.iloc[-1])].set_index("item")
    own, others = rows[rows.section == "reform"]["mean"], rows[rows.section != "reform"]["mean"].drop(TOTAL)
    means = pd.concat([pd.Series({"the reform's own lines": own.sum()}), others])
    return _largest_first(means.rename(index={item: PARTS_OF_COST.get(item, rows.label.get(item, item)) for item in means.index}))


def _largest_first(means: pd.Series) -> str:
    """Return the largest of some amounts, by name, and all else together: they add up to the whole."""
    ordered = means[means.abs().sort_values(ascending=False).index]
    largest = float(ordered.abs().max())
    told = [f"{name} {amount(value, 'GBP', largest)}" for name, value in ordered[:NAMED].items()]
    return ", ".join([*told, f"all else {amount(float(ordered[NAMED:].sum()), 'GBP', largest)}"])
