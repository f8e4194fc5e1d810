"""The paragraph of a comparison's appraisal that a planner would read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from outputs.appraisal_benefits import CLASSES
from outputs.appraisal_value import NET_PRESENT
from scenarios.timeline import year_name


def appraisal_lines(summary: Any, benefits: Any, told: Any, terms: dict[str, Any]) -> Iterator[str]:
    """Yield the lines for each reform.

    Parameters
    ----------
    summary, benefits
        The tables of `outputs.appraisal`.
    told
        The closing table (`outputs.tables.Closing`): its area and its break-even.
    terms
        What the manifest says of the terms (`Terms.told`).
    """
    for scenario, even in told.break_even.items():
        rows = summary[(summary.scenario == scenario) & (summary.area == told.area)].set_index("measure")
        mine = benefits[(benefits.scenario == scenario) & (benefits.area == told.area) & (benefits.line == "all")]
        yield f"{scenario}, for the authority, against the baseline, {told.price_base} prices{_hedged(terms)}:"
        yield f"  Break-even: {even.text}. {_worst(rows)}"
        yield f"  {_peak(rows)}"
        yield f"  {_present_value(rows, terms)}"
        yield f"  {_switching(rows)}"
        yield f"  {_leaving(mine, told.year)}"


def _hedged(terms: dict[str, Any]) -> str:
    """Say that optimism bias is on, if it is."""
    costs, benefits = terms.get("optimism_bias_costs", 0.0), terms.get("optimism_bias_benefits", 0.0)
    return f" (optimism bias: costs + {costs:.0%}, benefits - {benefits:.0%})" if costs or benefits else ""


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
    """Say how much must be found before anything comes back."""
    peak, year = rows.loc["peak_funding_authority_gbp"], rows.loc["peak_funding_year_authority"]
    if not peak["mean"] > 0.0:
        return "Nothing has to be found before it pays."
    text = f"To be found before anything comes back: {money(peak['mean'])} (P10 {money(peak.p10)}, P90 {money(peak.p90)})"
    text += f", in the median run by {year_name(int(year.p50))}"
    return text + (f"; in {year.probability:.0%} of runs still growing in the last year." if year.probability > 0.0 else ".")


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
    mean, low, high = (f"{kept[key]:,.{int(abs(kept['mean']) < 20.0)}f}" for key in ("mean", "p05", "p95"))
    years = f"{mean} child-years out of care [{low}, {high}]"
    if value != value:
        return f"It does not keep children out of care in the mean over runs ({years}), so no value of that makes it pay."
    if value <= 0.0:
        return f"{years}; society gains without a value put on them."
    return f"{years}; society breaks even if each is worth {money(value)} beside what is saved. Whether children are better off is not simulated."


def _leaving(mine: Any, year: int) -> str:
    """Say how much of the last year's benefit could leave a budget."""
    last = mine[mine.year_ending == str(year)].set_index("class")["mean"]
    if last["all"] < 500.0:
        more = f"cost {money(-last['all'])} more" if last["all"] <= -500.0 else "cost as much"
        return f"Other lines {more} in {year_name(year)}: there is nothing to bank."
    words = ("could leave the authority's budget", "is growth avoided", "is not cash yet", "is others'")
    parts = [f"{money(last[name])} {text}" for name, text in zip(CLASSES, words, strict=True)]
    below = " Below 0: added, not saved." if (last < -500.0).any() else ""
    return f"Of {money(last['all'])} of benefit in {year_name(year)}: {', '.join(parts)} (benefits.csv).{below}"


def money(pounds: float) -> str:
    """Return pounds in thousands or millions, as they would be read aloud."""
    sign, size = "-" if pounds < 0 else "", abs(pounds)
    if size < 999_500.0:
        return f"{sign if size >= 500 else ''}£{size / 1e3:,.0f}k"
    return f"{sign}£{size / 1e6:,.1f}m" if size < 999.5e6 else f"{sign}£{size / 1e9:,.2f}bn"
