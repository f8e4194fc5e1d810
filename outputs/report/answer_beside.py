"""What stands with the answer: what a fall in care could hide, how to read the report, and what a run of one scenario says by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from outputs.naming import CURRENT_PLANS
from outputs.report import words
from outputs.report.blocks import Block, Paragraph, Part, Points, Table
from outputs.report.source import Source
from scenarios.timeline import year_name
from sim.measures import MEASURES

BESIDE = {  # what stands beside the headline: measure -> over all years, or on the last 31 March
    "cla_at31": False,
    "away_from_parents_at31": False,
    "days_in_care": True,
    "emergency_starts": True,
    "returned_plan": True,
    "returned_care": True,
    "care_re_entries": True,
    "placed_over_20_miles_at31": False,
    "unregistered_at31": False,
}


def beside(source: Source) -> Iterator[Block]:
    """Yield what must be read beside the answer: what a fall in care could hide."""
    names = [source.name(one) for one in source.reforms]
    rows = []
    for measure, over_years in BESIDE.items():
        when = "all" if over_years else str(source.years[-1])
        found = [source.rows("children.csv", one.scenario, measure=measure, year_ending=when).head(1) for one in source.reforms]
        if measure == "cla_at31":
            rows.append(_care_row(source))
            continue
        if any(one.empty or pd.isna(one.difference.iloc[0]) for one in found):
            continue
        label = MEASURES[measure].label + (f", {source.span}" if over_years else f", 31 March {source.years[-1]}")
        rows.append((label, words.figure(found[0].baseline.iloc[0]), *(_change(one.iloc[0]) for one in found)))
    rows += _money_rows(source)
    if rows:
        head = ("", source.name(source.base), *(f"{name}: change" for name in names))
        yield Part(
            "Read beside it",
            [
                Paragraph("A fall in one number can hide a rise in another. These stand beside the answer; section 4 has all of them."),
                Table(
                    f"Children and cost, {source.area}: mean on {source.plans}, and mean change with 90 % interval{source.unbiased}", head, rows
                ),
            ],
        )


def _care_row(source: Source) -> tuple[str, ...]:
    """Return the row of children in care, from the table of differences."""
    last = str(source.years[-1])
    base = source.one("summary.csv", source.base.scenario, measure="cla_at31", year_ending=last)
    found = [source.one("differences.csv", one.scenario, measure="cla_at31", year_ending=last) for one in source.reforms]
    changes = (words.NOT_KNOWN if one is None else f"{words.figure(one['mean'], True)} ({words.interval(one.p05, one.p95)})" for one in found)
    return f"Children in care, 31 March {last}", words.figure(base["mean"]), *changes


def _money_rows(source: Source) -> Iterator[tuple[str, ...]]:
    """Yield net cost to the authority in the last year and in all years."""
    last = str(source.years[-1])
    for when, label in (
        (last, f"Net cost to {source.payer}, {year_name(source.years[-1])}, £ million"),
        ("all", f"Net cost to {source.payer}, {source.span}, £ million"),
    ):
        found = [source.rows("children.csv", one.scenario, measure="cost_net", year_ending=when).head(1) for one in source.reforms]
        if not any(one.empty for one in found):
            changes = (
                f"{words.millions(one.difference.iloc[0], True)} ({words.interval(one.p05.iloc[0], one.p95.iloc[0], words.millions)})"
                for one in found
            )
            yield label, words.millions(found[0].baseline.iloc[0]), *changes


def _change(row: pd.Series) -> str:
    """Return a change with its interval."""
    return f"{words.figure(row.difference, True)} ({words.interval(row.p05, row.p95)})"


def alone(source: Source) -> list[Block]:
    """Return the answer of a run of one scenario: what it expects, and no comparison."""
    last, name = source.years[-1], source.name(source.base)
    care, net = (source.one("summary.csv", source.base.scenario, measure=one, year_ending=str(last)) for one in ("cla_at31", "cost_net"))
    first = source.one("summary.csv", source.base.scenario, measure="cla_at31", year_ending=str(source.base.years[0]))
    spread = "" if source.runs == 1 else f" ({words.count(care.p05, 3)} to {words.count(care.p95, 3)} in 9 of 10 runs)"
    cost = "" if source.runs == 1 else f" ({words.pounds(net.p05, 3)} to {words.pounds(net.p95, 3)})"
    return [
        Paragraph(
            f"{name}: {words.count(care['mean'], 3)} children in care in {source.area} on 31 March {last}{spread}, "
            f"where there were {words.count(first['mean'], 3)} on 31 March {source.base.years[0]} in the simulation.",
            lead=True,
        ),
        Paragraph(
            f"Services would cost {source.payer} {words.pounds(net['mean'], 3)} in {year_name(last)}{cost}, net of grants, {source.prices}.",
            lead=True,
        ),
        Paragraph("This folder holds one scenario, so it says nothing about a reform. Harm to children is not simulated.", lead=True),
    ]


def how_to_read(source: Source) -> Iterator[Block]:
    """Yield what the words mean."""
    ranges = "A range holds 9 of 10 runs: 1 in 20 is lower and 1 in 20 is higher." if source.runs > 1 else "Of one run there are no ranges."
    points = [
        *([f"{source.coverage}. Every figure of it is grossed."] if source.coverage else []),
        f"Every number is of {source.area}, {source.runs} {'paired ' if source.reforms else ''}run{'s' if source.runs != 1 else ''}. {ranges}",
        "Numbers are rounded as people say them. Tables hold more digits; the folder’s CSV files hold all.",
        f"Money is in {source.prices} (what things cost in that year), unless it says cash. It is net of grants received.",
        "A year such as 2030-31 runs from April to March.",
    ]
    if source.reforms:
        points.append(f"Present values are {source.on_terms}.")
    if source.unbiased:
        points.append(
            "When it pays, who pays and what can be banked (sections 1, 3, 5 and 7) hold the optimism bias. Tables that say so are without it: what "
            "each scenario costs, the bridge, and what drives it."
        )
    if source.name(source.base) == CURRENT_PLANS:
        points.append("Current plans are committed policy: law, and grants already decided. They are not the same as doing nothing.")
    if source.runs < words.LEAST_RUNS_FOR_WORDS:
        points.append(f"There are fewer than {words.LEAST_RUNS_FOR_WORDS} runs, so chances are told in runs and not in words.")
        yield Part("How to read this report", [Points(points)])
        return
    if words.word_of(0.0, source.runs) != words.CHANCES[0][1]:
        bound = words.per_cent(words.RULE_OF_THREE / source.runs)
        points.append(
            f"Of {source.runs} runs no chance is called remote or almost certain: what happened in none of them may still have a chance of {bound}."
        )
    yield Part(
        "How to read this report",
        [
            Points(points),
            Table("What words of chance mean in this report", ("Word", "Share of runs"), words.chance_table(), frozenset({1})),
        ],
    )
