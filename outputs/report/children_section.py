"""Section 4: children. Every headline stands with the measures that keep it honest; nothing is called better, and what is marked is said first."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from outputs.children import ALL_YEARS, HEADLINES
from outputs.children_marks import verdicts
from outputs.report import words
from outputs.report.blocks import Block, Folded, Paragraph, Part, Points, Section, Table
from outputs.report.source import Source
from sim.measures import MEASURES

OPEN = ("kept with family", "children in care", "investigations", "protection plans")  # others are folded
WHY = {
    "kept with family": "Fewer children in care is not the same as more children with their parents.",
    "children in care": "The number in care can fall while emergencies, or returns to care, rise.",
    "care starts": "Fewer starts can mean that children are safe at home, or that they are not seen.",
    "investigations": "Fewer enquiries are good only if need was lower: look at what comes back within a year.",
    "protection plans": "Plans can be fewer because they end early: look at second plans and at care after a plan.",
    "cases closed": "Closing sooner is good only if children do not come back at higher need.",
    "family help": "Help that families wait for is not help yet.",
    "returned home": "A return home that breaks down is one more move.",
    "with kin": "Placements with kin move cost to allowances, and some break down.",
    "adopted": "Few adoptions end, but those that do matter most.",
    "care leavers": "Care leavers are helped to 25, so they follow children in care by years.",
    "cost of placements": "Cheaper placements can be farther away, apart from siblings, or unlawful.",
    "net cost": "Who pays, and in which year, matters as much as the sum.",
}


def section(source: Source) -> Section:
    """Return the section."""
    if not source.reforms:
        return Section("children", "Children", list(_alone(source)))
    table = source.table("children.csv", "headline", "role", "standard_error")
    blocks: list[Block] = [*_verdicts(source)]
    if table is None:
        return Section(
            "children", "Children", [*blocks, Paragraph("The folder has no children.csv of this version. Run the comparison again to have it.")]
        )
    blocks.append(
        Paragraph("Each table has a headline in bold and, below it, what keeps it honest. Changes are means over paired runs with 90 % intervals.")
    )
    folded: list[Block] = []
    for headline in HEADLINES:
        found = list(_headline(source, table, headline))
        (blocks if headline in OPEN else folded).extend([Part(words.sentence(headline), found)] if found else [])
    blocks.append(Folded("Care starts, family help, returns home, kin, adoption, care leavers, placements and net cost", folded))
    blocks.append(Paragraph("Abuse, death and children’s experience of care are not simulated. None of these measures is harm itself."))
    return Section("children", "Children", blocks)


def _verdicts(source: Source) -> Iterator[Block]:
    """Yield the verdict on each reform."""
    table = source.table("marks.csv", "proxy", "basis", "finding")
    if table is None:
        yield Paragraph(
            "The folder has no marks.csv of this version, so whether a safety proxy is worse is not told. Run the comparison again to have it."
        )
        return
    names = {one.scenario: source.name(one) for one in source.reforms}
    found = [one for one in verdicts(table, source.area) if one.scenario in names]
    for one in found:
        if one.marked:
            yield Paragraph(f"{names[one.scenario]} costs less and is worse for safety. It may not be called better.", warning=True)
    yield Points([f"{names[one.scenario]}: {one.text.removeprefix('MARKED: ')}." for one in found])
    yield Paragraph(
        "Each of 16 measures that hint at harm is tested as a count and as a rate, so that chance alone would mark 1 in 20 reforms that change "
        "nothing (marks.csv)."
    )


def _headline(source: Source, table: pd.DataFrame, headline: str) -> Iterator[Block]:
    """Yield a headline's table: over all years, and in the last."""
    mine = table[(table.area == source.area) & (table.headline == headline)]
    rows, strong = [], set()
    for measure, own in mine.groupby("measure", sort=False):
        at_end = measure in MEASURES and MEASURES[measure].over != "sum" and MEASURES[measure].ratio_of is None
        when = str(source.years[-1]) if at_end and measure in MEASURES else ALL_YEARS
        cells = [own[(own.scenario == one.scenario) & (own.year_ending == when)].head(1) for one in source.reforms]
        if any(cell.empty or pd.isna(cell.difference.iloc[0]) for cell in cells):
            continue
        money = str(own.unit.iloc[0]).startswith("GBP")
        if (cells[0].role == "headline").all():
            strong.add(len(rows))
        unit = "£ million" if money else str(own.unit.iloc[0])
        label = words.labelled(source.several(own.label.iloc[0]) if money else own.label.iloc[0], unit, f"31 March {when}" if at_end else source.span)
        show = words.millions if money else words.figure
        base = cells[0].baseline.iloc[0]
        changes = (f"{show(cell.difference.iloc[0], True)} ({words.interval(cell.p05.iloc[0], cell.p95.iloc[0], show)})" for cell in cells)
        rows.append((label, "–" if pd.isna(base) else show(base), *changes))
    if rows:
        yield Paragraph(WHY[headline])
        head = ("Measure", source.name(source.base), *(f"{source.name(one)}: change" for one in source.reforms))
        paid = source.unbiased if headline in ("cost of placements", "net cost") else ""
        yield Table(f"{words.sentence(headline)}, {source.area}{paid}", head, rows, strong=frozenset(strong))


def _alone(source: Source) -> Iterator[Block]:
    """Yield the headlines of a run of one scenario, first and last year."""
    if not source.years:
        return
    rows = []
    for headline in HEADLINES.values():
        for measure in (headline.measure, *headline.beside):
            if measure not in MEASURES:
                continue
            cells = [
                source.one("summary.csv", source.base.scenario, measure=measure, year_ending=str(year))
                for year in (source.years[0], source.years[-1])
            ]
            if all(cell is not None and pd.notna(cell["mean"]) for cell in cells):
                rows.append((words.labelled(MEASURES[measure].label, MEASURES[measure].unit), *(words.figure(cell["mean"]) for cell in cells)))
    yield Table(
        f"Children, {source.area}: means over runs",
        ("Measure", f"Year ending March {source.years[0]}", f"Year ending March {source.years[-1]}"),
        list(dict.fromkeys(rows)),
    )
    yield Paragraph("Abuse, death and children’s experience of care are not simulated.")
