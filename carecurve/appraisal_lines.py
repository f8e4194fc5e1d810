"""The paragraph of a comparison's appraisal that a planner would read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from outputs.appraisal_value import NET_PRESENT
from scenarios.timeline import year_name
from sim.statistics import break_even_in_words


def appraisal_lines(summary: Any, benefits: Any, told: Any, terms: dict[str, Any]) -> Iterator[str]:
    """Yield the lines for each reform.

    Parameters
    ----------
    summary, benefits
        The tables of `outputs.appraisal`.
    told
        The closing table (`outputs.tables.Closing`): its area, its baseline, and its reforms by when they break even.
    terms
        What the manifest says of the terms (`Terms.told`).
    """
    for scenario in told.break_even:
        rows = summary[(summary.scenario == scenario) & (summary.area == told.area)].set_index("measure")
        mine = benefits[(benefits.scenario == scenario) & (benefits.area == told.area) & (benefits.line == "all")]
        yield f"{scenario}, for the authority, against {told.baseline}, {told.price_base} prices{_hedged(terms)}:"
        yield f"  Break-even: {_even(rows, 'authority')}. {_worst(rows)}"
        yield f"  {_peak(rows)}"
        yield f"  {_present_value(rows, terms)}"
        yield f"  {_cash(rows, terms)}"
        yield f"  {_switching(rows)}"
        yield f"  {_leaving(mine, told.year)}"


def _hedged(terms: dict[str, Any]) -> str:
    """Say that optimism bias is on, if it is."""
    costs, benefits = terms.get("optimism_bias_costs", 0.0), terms.get("optimism_bias_benefits", 0.0)
    return f" (optimism bias: costs + {costs:.0%}, benefits - {benefits:.0%})" if costs or benefits else ""


def _even(rows: Any, whose: str) -> str:
    """Say when it breaks even, on the terms of the appraisal."""
    year, peak = rows.loc[f"break_even_year_{whose}"], rows.loc[f"peak_funding_{whose}_gbp"]
    return break_even_in_words(None if year.p50 != year.p50 else int(year.p50), year.probability, 1.0 - peak.probability)


def _worst(rows: Any) -> str:
    """Say which year costs most."""
    year, cost = rows.loc["worst_year_authority"], rows.loc["worst_year_net_cost_authority_gbp"]
    if not cost["mean"] > 0.0:
        return "No year costs anything, in the mean over runs."
    when = year_name(int(year.p50))
    if year.p05 != year.p95:
        when += f" (between {year_name(int(year.p05))} and {year_name(int(year.p95))})"
    return f"Worst year: {when}, net cost {money(cost['mean'])} [{money(cost.p05)}, {money(cost.p95)}]."


def _peak(rows: Any) -> str:
    """Say how much is out at most: the highest point of net cost added up."""
    out = _out(rows, "authority")
    return f"Most that is out at any one time (net, added up): {out}." if out else "Nothing is out at any time (net, added up)."


def _out(rows: Any, whose: str) -> str:
    """Return the most that is out and by when; empty if nothing ever is."""
    peak, year = rows.loc[f"peak_funding_{whose}_gbp"], rows.loc[f"peak_funding_year_{whose}"]
    if not peak["mean"] > 0.0:
        return ""
    runs = "the median run" if peak.probability == 1.0 else f"the median of the {peak.probability:.0%} of runs with anything out"
    text = f"{money(peak['mean'])} (P10 {money(peak.p10)}, P90 {money(peak.p90)}), in {runs} by {year_name(int(year.p50))}"
    return text + (f"; in {year.probability:.0%} of runs still growing in the last year" if year.probability > 0.0 else "")


def _cash(rows: Any, terms: dict[str, Any]) -> str:
    """Say when it pays, and what it is worth to the authority, if only what is cash counts."""
    whose, months = "authority_cashable", terms.get("fixed_costs_persist_months")
    value = rows.loc[f"net_present_fiscal_value_{whose}_gbp"]
    how_long = "" if months is None else f" for {months:g} months"
    text = f"Counting only cash (own carers, homes and posts go on costing{how_long}): break-even {_even(rows, whose)}; "
    text += f"most out at any one time {_out(rows, whose) or 'nothing'}; "
    return f"{text}net present value to the authority {money(value['mean'])} [{money(value.p05)}, {money(value.p95)}]."


def _present_value(rows: Any, terms: dict[str, Any]) -> str:
    """Say what it is worth today."""
    parts = []
    for who, name in NET_PRESENT.items():
        row = rows.loc[f"{name}_gbp"]
        parts.append(f"to {'' if who == 'society' else 'the '}{who} {money(row['mean'])} [{money(row.p05)}, {money(row.p95)}]")
    rate = terms.get("discount_rate_per_year")
    at = "" if rate is None else f" at {100 * rate:g} %"
    return f"Net present value{at} (below 0: a loss): {', '.join(parts)}; benefits to children are not valued."


def _switching(rows: Any) -> str:
    """Say what a child-year out of care would have to be worth."""
    value, kept = rows.loc["switching_value_gbp_per_child_year", "mean"], rows.loc["child_years_kept_out_of_care"]
    digits = int(abs(kept["mean"]) < 20.0)
    mean, low, high = (f"{round(kept[key], digits) + 0.0:,.{digits}f}" for key in ("mean", "p05", "p95"))  # + 0.0: never "-0"
    years = f"{mean} child-years out of care [{low}, {high}]"
    if value != value:
        return f"It does not keep children out of care in the mean over runs ({years}), so no value of that makes it pay."
    if value <= 0.0:
        return f"{years}; society gains without a value put on them."
    return f"{years}; society breaks even if each is worth {money(value)} beside what is saved. Whether children are better off is not simulated."


LEAVING = {
    "budget_reduction": "could leave the authority's budget", "avoided_growth": "is growth avoided", "non_cashable": "is not cash yet",
    "elsewhere": "is others'",
}  # fmt: skip
LEAST_GBP = 500.0  # less is nothing in thousands


def _leaving(mine: Any, year: int) -> str:
    """Say how much of the last year's benefit could leave a budget; help to families that is no longer bought is told apart."""
    last = mine[mine.year_ending == str(year)].set_index("class")["mean"]
    helped = _help(last["help_withdrawn"])
    rest = last["all"] - last["help_withdrawn"]
    if rest < LEAST_GBP:
        more = f"cost {money(-rest)} more" if rest <= -LEAST_GBP else "cost as much"
        return f"Other lines {more} in {year_name(year)}: there is nothing to bank.{helped}"
    parts = [f"{money(last[name])} {text}" for name, text in LEAVING.items()]
    below = " Below 0: added, not saved." if (last[list(LEAVING)] < -LEAST_GBP).any() else ""
    return f"Of {money(rest)} of benefit in {year_name(year)}: {', '.join(parts)} (benefits.csv).{below}{helped}"


def _help(withdrawn: float) -> str:
    """Say what the budget buys less, or more, of help to families."""
    if abs(withdrawn) < LEAST_GBP:
        return ""
    if withdrawn > 0.0:
        return f" Beside it, {money(withdrawn)} is spent less on help to families, which is no longer bought: not a saving."
    return f" Beside it, {money(-withdrawn)} more of help to families is bought."


def money(pounds: float) -> str:
    """Return pounds in thousands or millions, as they would be read aloud."""
    sign, size = "-" if pounds < 0 else "", abs(pounds)
    if size < 999_500.0:
        return f"{sign if size >= 500 else ''}£{size / 1e3:,.0f}k"
    return f"{sign}£{size / 1e6:,.1f}m" if size < 999.5e6 else f"{sign}£{size / 1e9:,.2f}bn"
