"""Section 6: what drives the result. Levers, if the comparison was attributed; parts of the cost; and what moves most between runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from outputs.report import words
from outputs.report.blocks import Block, Code, Paragraph, Part, Section, Table
from outputs.report.commands import sensitivity
from outputs.report.source import Source
from scenarios.timeline import year_name
from sim.results import Results

SHOWN = 10
LEAST_GBP = 500.0


def section(source: Source) -> Section:
    """Return the section."""
    if not source.reforms:
        return Section("drivers", "What drives it", list(_alone(source)))
    blocks: list[Block] = []
    for reform in source.reforms:
        blocks.append(Part(source.name(reform), [*_levers(source, reform), *_parts(source, reform)]))
    if source.table("attribution.csv") is None:
        blocks.append(
            Paragraph(
                "The folder does not say which lever of a reform does what. To have that, add --attribute to the comparison: it runs the "
                "scenarios in between."
            )
        )
    blocks += _tornados(source)
    return Section("drivers", "What drives it", blocks)


def _levers(source: Source, reform: Results) -> Iterator[Block]:
    """Yield what each lever does to net cost, and interaction, from attribution.csv."""
    rows = source.rows("attribution.csv", reform.scenario, measure="net_cost", year_ending="all")
    rows = rows[rows.effect.isin(["shapley", "total"])] if len(rows) else rows
    if len(rows) < 3:  # one lever is the total
        return
    told = [
        (str(row.part) if row.effect == "shapley" else "Together", words.millions(row.mean, True), words.interval(row.p05, row.p95, words.millions))
        for row in rows.itertuples()
    ]
    yield Table(
        f"What each lever of {source.name(reform)} adds to net cost over {source.span}, £ million{source.unbiased} (Shapley values, which add up)",
        ("Lever", "Net cost", "90 % interval"),
        told,
        strong=frozenset({len(told) - 1}),
    )


def _parts(source: Source, reform: Results) -> Iterator[Block]:
    """Yield every part of the change in cost, the one that differs most between runs first."""
    rows = source.rows("cost_bridge.csv", reform.scenario, measure="net_cost", year_ending="all")
    if rows.empty:
        yield Paragraph("The folder has no cost_bridge.csv. Run the comparison again to have it.")
        return
    rows = rows[(rows.item != "total") & ((rows["mean"].abs() > LEAST_GBP) | (rows.p95 - rows.p05 > LEAST_GBP))]
    rows = rows.assign(width=rows.p95 - rows.p05).sort_values("width", ascending=False)
    told = [
        (str(row.label), words.millions(row.mean, True), words.interval(row.p05, row.p95, words.millions), words.millions(row.width))
        for row in rows.head(SHOWN).itertuples()
    ]
    left = f" The other {len(rows) - SHOWN} parts are in cost_bridge.csv." if len(rows) > SHOWN else ""
    yield Paragraph(f"The parts below are in the order of how much they differ between runs: the first is what the result turns on most.{left}")
    yield Table(
        f"Parts of the change in net cost of {source.name(reform)} over {source.span}, £ million, {source.prices}{source.unbiased}",
        ("Part", "Mean", "90 % interval", "Width"),
        told,
    )


def _tornados(source: Source) -> Iterator[Block]:
    """Yield which uncertain number moves the result of each reform most, if the folder has a sensitivity analysis of it; else how to have one."""
    columns = ("label", "value_low", "value_high", "low", "high", "swing", "outcome", "outcome_unit")
    tables = {reform.scenario: source.sensitivity("tornado.csv", reform, *columns) for reform in source.reforms}
    lacking = "Which uncertain number moves the result most is a separate analysis, of one reform at a time:"
    yield from by_reform(source, tables, _tornado, lacking, "Commands for sensitivity analyses")


def by_reform(
    source: Source, tables: Mapping[str, pd.DataFrame | None], shown: Callable[[Source, Results, pd.DataFrame], Block], lacking: str, label: str
) -> Iterator[Block]:
    """Yield what is shown of each reform's table of a sensitivity analysis; of those without one, what is lacking and the commands that make it."""
    for reform in source.reforms:
        if (table := tables[reform.scenario]) is not None:
            yield shown(source, reform, table)
    if missing := [reform for reform in source.reforms if tables[reform.scenario] is None]:
        yield Paragraph(lacking)
        yield Code("\n".join(sensitivity(source, reform) for reform in missing), label)


def _tornado(source: Source, reform: Results, table: pd.DataFrame) -> Table:
    """Return the table of numbers that move a reform's result most."""
    money = str(table.outcome_unit.iloc[0]) == "GBP"
    show = words.millions if money else words.figure
    rows = [
        (str(row.label), f"{row.value_low:g}", f"{row.value_high:g}", show(row.low, True), show(row.high, True), show(abs(row.swing)))
        for row in table.head(SHOWN).itertuples()
    ]
    unit = "£ million" if money else str(table.outcome_unit.iloc[0])
    return Table(
        f"Which number moves the result of {source.name(reform)} most: {table.outcome.iloc[0]}, {unit}",
        ("Number", "Low value", "High value", "Result at the low", "Result at the high", "Swing"),
        rows,
    )


def _alone(source: Source) -> Iterator[Block]:
    """Yield the largest lines of cost of a run of one scenario."""
    if not source.years:
        return
    first, last = str(source.years[0]), str(source.years[-1])
    lines = [key for key, about in source.base.lines.items() if about["payer"] == "authority"]
    found = source.rows("summary.csv", source.base.scenario)
    found = found[found.measure.isin([f"cost_{key}" for key in lines])].set_index(["measure", "year_ending"])["mean"]
    rows = sorted(
        ((str(source.base.lines[key]["label"]), found[f"cost_{key}", first], found[f"cost_{key}", last]) for key in lines),
        key=lambda row: -abs(row[2] - row[1]),
    )
    told = [(label, words.millions(before), words.millions(after), words.millions(after - before, True)) for label, before, after in rows[:SHOWN]]
    yield Table(
        f"Lines of cost that change most, £ million, {source.prices}, means over runs",
        ("Line", year_name(int(first)), year_name(int(last)), "Change"),
        told,
    )
