"""Section 10: equality impact: gaps by deprivation, age, unaccompanied children; and what is not modelled, said so."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from outputs.report import words
from outputs.report.blocks import Block, Paragraph, Part, Points, Section, Table
from outputs.report.source import Source
from sim.measure import START_AGES
from sim.measures import MEASURES
from sim.results import Results

NOT_MODELLED = (
    "Ethnicity: not modelled, so no effect by ethnicity can be read from this report. Observed rates differ widely between ethnic "
    "groups; the Department for "
    "Education publishes them each year (Children looked after in England, and Characteristics of children in need). Put them beside this table.",
    "Disability: disabled children are counted as a stream of their own among children in need, with no lever on them. Effects on them "
    "are not modelled.",
    "Sex, religion, sexual orientation, gender reassignment, pregnancy and marriage: not modelled.",
    "Care experience and poverty are not protected characteristics in law. Deprivation is shown because need follows it more closely "
    "than anything else.",
)


def section(source: Source) -> Section:
    """Return the section."""
    blocks: list[Block] = [*_gaps(source), *_ages(source), Part("What is not modelled", [Points(NOT_MODELLED)])]
    return Section("equality", "Equality impact", blocks)


def _gaps(source: Source) -> Iterator[Block]:
    """Yield gaps between the most and the least deprived fifth, absolute and relative."""
    table = source.table("gaps.csv", "absolute_gap_change", "relative_gap_change")
    if table is None:
        yield Paragraph("Gaps by deprivation are in the folder of a comparison (gaps.csv); this one has none.")
        return
    own = table[(table.area == source.area) & (table.year_ending == "all") & table.absolute_gap.notna()]
    if own.empty:
        yield Paragraph("In these authorities a fifth has too few children for a gap to be told.")
        return
    base = own[own.scenario == source.base.scenario]
    rows = [
        (
            words.labelled(row.label, row.unit),
            words.figure(row.rate_quintile_1),
            words.figure(row.rate_quintile_5),
            words.figure(row.absolute_gap),
            words.figure(row.relative_gap),
        )
        for row in base.itertuples()
    ]
    yield Paragraph(
        "The absolute gap is the rate of the most deprived fifth of children less that of the least deprived. The relative gap is one over the "
        "other. A reform can narrow one and widen the other, so both are shown."
    )
    yield Table(
        f"Gaps on {source.plans}, {source.area}, {source.span}, mean over runs",
        ("Measure", "Least deprived fifth", "Most deprived fifth", "Absolute gap", "Relative gap"),
        rows,
    )
    for reform in source.reforms:
        mine = own[own.scenario == reform.scenario]
        rows = [
            (
                words.labelled(row.label, row.unit),
                words.figure(row.absolute_gap_change, True),
                words.interval(row.absolute_gap_change_p05, row.absolute_gap_change_p95),
                words.figure(row.relative_gap_change, True),
                words.interval(row.relative_gap_change_p05, row.relative_gap_change_p95),
                _way(row.absolute_gap_change_p05, row.absolute_gap_change_p95),
            )
            for row in mine.itertuples()
        ]
        yield Table(
            f"What {source.name(reform)} does to the gaps, {source.area}, {source.span}",
            ("Measure", "Absolute gap: change", "90 % interval", "Relative gap: change", "90 % interval", "Absolute gap"),
            rows,
            frozenset({5}),
        )


def _way(low: float, high: float) -> str:
    """Say whether a gap narrows."""
    if pd.isna(low) or pd.isna(high):
        return words.NOT_KNOWN
    return "narrows" if high < 0.0 else "widens" if low > 0.0 else "no clear change"


def _ages(source: Source) -> Iterator[Block]:
    """Yield care starts by age, and unaccompanied children."""
    names = [f"cla_started_{age}" for age in START_AGES] + ["uasc_at31"]
    last = str(source.years[-1])
    rows = []
    for name in names:
        base = source.one("summary.csv", source.base.scenario, measure=name, year_ending=last)
        if base is None or pd.isna(base["mean"]):
            continue
        changes = [_change(source, one, name, last) for one in source.reforms]
        stock = f", 31 March {last}" if MEASURES[name].over == "last" else ""
        rows.append((f"{MEASURES[name].label}{stock}", words.figure(base["mean"]), *changes))
    head = ("", source.name(source.base), *(f"{source.name(one)}: change" for one in source.reforms))
    yield Part(
        "By age, and unaccompanied children",
        [
            Table(
                f"Children starting to be looked after in the year to March {last} by age, and unaccompanied children in care, {source.area}",
                head,
                rows,
            ),
            Paragraph(
                "Arrivals of unaccompanied asylum-seeking children are an input, the same in every scenario. Prices, places and "
                "workload still reach them."
            ),
        ],
    )


def _change(source: Source, reform: Results, name: str, when: str) -> str:
    """Return a change with its interval."""
    row = source.one("differences.csv", reform.scenario, measure=name, year_ending=when)
    return words.NOT_KNOWN if row is None else f"{words.figure(row['mean'], True)} ({words.interval(row.p05, row.p95)})"
