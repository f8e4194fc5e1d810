"""Section 7: how sure we are, what intervals hold and do not, and what would change our mind."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from outputs.report import words
from outputs.report.blocks import Block, Folded, Paragraph, Part, Points, Section, Table
from outputs.report.drivers import by_reform
from outputs.report.source import Source
from sim.results import Results
from sim.statistics import t_interval

LEAST_GBP = 500.0  # less is noise of sums
SENSITIVITIES = {
    "net_present_fiscal_value_authority_gbp": "As appraised",
    "net_present_fiscal_value_authority_at_flat_1_5_pct_gbp": "At a flat discount rate of 1.5 %",
    "net_present_fiscal_value_authority_optimism_bias_40_pct_gbp": "With costs 40 % higher and benefits 40 % lower",
    "net_present_fiscal_value_authority_cashable_gbp": "Counting only what is cash",
}


def section(source: Source) -> Section:
    """Return the section."""
    blocks: list[Block] = [Part("What the ranges hold, and what they do not", [Points(list(_holds(source)))]), *_tested(source)]
    for reform in source.reforms:
        changes = list(_would_change(source, reform))
        blocks.append(
            Part(f"What would change our mind: {source.name(reform)}", [*([Points(changes)] if changes else []), *_sensitivities(source, reform)])
        )
    if source.reforms:
        blocks += _switching(source)
    return Section("sureness", "How sure we are, and what would change our mind", blocks)


def _holds(source: Source) -> Iterator[str]:
    """Yield what intervals hold and do not."""
    about = source.base.metadata
    effects = about.get("effects", "drawn")
    if not source.by_chance:
        yield "The engine works out averages by equations: ranges hold no chance."
    else:
        yield "Chance: which families come, what happens to each child, and what each placement costs. Held."
    yield {
        "drawn": "What is not known of effects of reforms and of growth in prices: each run draws its own. Held.",
        "central": "What is not known of effects of reforms and prices is left out: all runs use their means. Not held.",
        "null": "Reforms are run as if they cost what they cost and change nothing. Their effects are not in these results.",
    }.get(str(effects), f"Effects: {effects}.")
    if about.get("fitted_draws"):
        yield f"What is not known of demand in years to come: {about['fitted_draws']} draws of it. Held."
    else:
        yield "What is not known of demand in years to come: not held. Add --on fitted to the comparison to draw it. True ranges are wider."
    yield "Whether the pathway and its loops are the right ones: not held. No range can hold that."
    yield "What nobody has decided yet (new law, new grants, reorganisation of authorities): not held."
    if source.runs > 1 and source.reforms and source.years:
        for reform in source.reforms:
            net = source.whole.cost_difference(reform.scenario).sel(year_ending=source.years).sum("year_ending").to_numpy()[0]
            low, high = t_interval(net, 0.95)
            yield (
                f"{source.name(reform)}: with {source.runs} paired runs, the mean change in net cost is known to within "
                f"{words.pounds(float(high - low) / 2.0)} either way (95 % interval of the mean{source.unbiased})."
            )


def _tested(source: Source) -> Iterator[Block]:
    """Yield how far the simulation is from published figures it was not fitted to."""
    table = source.table("published_vs_simulated.csv", "role", "error_pct", "median_abs_error_pct", "label", "unit")
    if table is None:
        yield Paragraph("These results were not compared with published figures: the run has no year that was published, or an authority is made up.")
        return
    outcomes = table[(table.role == "outcome") & table.error_pct.notna()]
    if outcomes.empty:
        return
    year = f"year ending March {table.year_ending.iloc[0]}" if "year_ending" in table else "last published year"
    fitted = "which the fit knows unless it was made to earlier years (then this is no test)," if source.on_fit else "which rates were not fitted to,"
    single = " Single authorities are farther out than all of them together." if len(source.each.baseline.areas) > 1 else ""
    worst = outcomes.loc[outcomes.error_pct.abs().idxmax()]
    middle = float(outcomes.error_pct.abs().median())
    yield Part(
        "How close the simulation is to what was published",
        [
            Paragraph(
                f"For the {year}, {fitted} {len(outcomes)} published outcomes are compared. Half are within "
                f"{middle:.1f} %. The worst is {str(worst.label)[:1].lower()}{str(worst.label)[1:]}: {_pct(worst.error_pct)}.{single}"
            ),
            Folded(
                "All comparisons with published figures",
                [
                    Table(
                        f"Published and simulated, {source.area}, {year}",
                        ("Measure", "Role", "Published", "Simulated", "Difference", "Middle authority’s difference"),
                        [
                            (
                                str(row.label),
                                str(row.role),
                                _value(row.published, row.unit),
                                _value(row.simulated, row.unit),
                                _pct(row.error_pct),
                                _pct(row.median_abs_error_pct, False),
                            )
                            for row in table.itertuples()
                        ],
                        frozenset({1}),
                    )
                ],
            ),
        ],
    )


def _value(value: float, unit: str) -> str:
    """Return a figure as it is shown; money in millions."""
    return f"£{words.millions(value)}m" if str(unit).startswith("GBP") else words.figure(value)


def _pct(value: float, signed: bool = True) -> str:
    """Return a difference in per cent."""
    if pd.isna(value):
        return words.NOT_KNOWN
    text = f"{abs(value):.1f} %"
    return ("" if not signed or text == "0.0 %" else "−" if value < 0.0 else "+") + text


def _would_change(source: Source, reform: Results) -> Iterator[str]:
    """Yield what would have to be true for another answer."""
    ratio = source.one("appraisal.csv", reform.scenario, measure="benefit_cost_ratio_authority")
    net = source.one("appraisal.csv", reform.scenario, measure="net_cost_authority_gbp")
    if ratio is not None and pd.notna(ratio["mean"]):
        if ratio["mean"] <= 0.0:
            yield _without_benefit(source, reform)
        elif ratio["mean"] < 1.0:
            yield (
                f"Benefits to {source.payer} would have to be {1.0 / ratio['mean']:.1f} times as large, at the same cost, for it to pay over "
                f"{source.span}."
            )
        else:
            yield (
                f"It stops paying for {source.payer} over {source.span} if benefits are {100.0 * (1.0 - 1.0 / ratio['mean']):.0f} % smaller "
                "than expected."
            )
    if net is not None and pd.notna(net.probability) and 0.0 < net.probability < 1.0:
        yield f"Whether it costs or saves over all years is not settled: it saves in {words.of_runs(float(net.probability), source.runs)}."
    value = source.one("appraisal.csv", reform.scenario, measure="switching_value_gbp_per_child_year")
    years = source.one("appraisal.csv", reform.scenario, measure="child_years_kept_out_of_care")
    if value is not None and pd.notna(value["mean"]) and value["mean"] > 0.0:
        yield (
            f"It keeps children out of care for {words.count(years['mean'])} years of childhood in all. Society would break even if "
            f"each such year were worth {words.pounds(value['mean'])} in the year it falls, beside what is saved ({source.prices}, discounted as the "
            "rest is). Whether children are better off is not simulated."
        )
    rows = source.rows("marks.csv", reform.scenario)
    if "finding" in rows and (rows.finding == "worse").any():
        yield "A safety proxy is worse. If that were not seen in practice, or came with lower need, the picture for children would be another."


def _without_benefit(source: Source, reform: Results) -> str:
    """Say of a reform whose other lines cost more in all whether a larger effect of the same kind could make it pay, from the bridge's items.

    With the largest saving s (below 0) and the change in net cost t (above 0), undiscounted, it breaks even with a saving 1 - t/s times as large.
    """
    told = "Other lines cost more, not less, on average"
    rows = source.rows("cost_bridge.csv", reform.scenario, measure="net_cost", year_ending="all")
    total = rows[rows["item"] == "total"]["mean"]
    if total.empty or total.iloc[0] <= 0.0:
        return f"{told}."
    items = rows[~rows["item"].isin(["total", "placements_chance"]) & (rows.section != "reform")]
    saving = items.loc[items["mean"].idxmin()] if len(items) else None
    if saving is None or saving["mean"] > -LEAST_GBP:
        return f"{told}, and no part of it costs less, chance apart, so no larger effect of the same kind would make it pay."
    times = 1.0 - float(total.iloc[0]) / float(saving["mean"])
    larger = f"{100.0 * (times - 1.0):.0f} % larger" if times < 2.0 else f"{times:.1f} times as large"
    won = f"{words.pounds(-saving['mean'])} over {source.span}, not discounted{source.unbiased}"
    return (
        f"{told}, though not every one of them does. The largest saving, “{saving.label}” ({won}), "
        f"would have to be {larger}, all else the same, for the reform to break even by March {source.years[-1]}."
    )


def _sensitivities(source: Source, reform: Results) -> Iterator[Block]:
    """Yield the net present value on other terms."""
    rows = []
    for measure, label in SENSITIVITIES.items():
        row = source.one("appraisal.csv", reform.scenario, measure=measure)
        if row is not None:
            rows.append(
                (label, words.millions(row["mean"], True), words.interval(row.p05, row.p95, words.millions), words.share(float(row.probability)))
            )
    if rows:
        yield Paragraph(f"“As appraised” is {source.on_terms}. The other rows change what they name and nothing else.")
        yield Table(
            f"Net present value of {source.name(reform)} to {source.payer}, £ million (below nothing is a loss)",
            ("Terms", "Mean", "90 % interval", "Runs without a loss"),
            rows,
        )


def _switching(source: Source) -> Iterator[Block]:
    """Yield values at which each reform breaks even, if the folder has them; else how to have them."""
    columns = ("label", "switching_value", "answer", "central", "range_low", "range_high", "by")
    tables = {reform.scenario: source.sensitivity("switching_values.csv", reform, *columns) for reform in source.reforms}
    lacking = "At which value of each uncertain number a reform would break even is worked out by:"
    yield from by_reform(source, tables, _breaks_even, lacking, "Commands for switching values")


def _breaks_even(source: Source, reform: Results, table: pd.DataFrame) -> Table:
    """Return the table of values at which a reform breaks even."""
    rows = [
        (
            str(row.label),
            f"{row.central:g}",
            f"{row.range_low:g} to {row.range_high:g}",
            "none" if pd.isna(row.switching_value) else f"{row.switching_value:.3g}",
            str(row.answer),
        )
        for row in table.itertuples()
    ]
    return Table(
        f"Values at which {source.name(reform)} breaks even by {table.by.iloc[0]}",
        ("Number", "Middle value", "Range", "Breaks even at", "Inside the range?"),
        rows,
        frozenset({2, 4}),
    )
