"""Section 11: the assumptions register: a reform's own numbers, prices and their growth, and, folded, every number of the baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from outputs.report.blocks import Block, Folded, Paragraph, Part, Section, Table
from outputs.report.source import Source
from scenarios.register import Row
from scenarios.wording import listed
from sim.cost_lines import assumptions
from sim.results import Results

HEAD = ("Number", "Value", "Unit", "Range", "Status", "Source")
WORDS = frozenset({1, 2, 3, 4, 5})
PRICES = ("settings.prices", "settings.budget", "settings.discount", "settings.general_inflation", "settings.costs")


def section(source: Source) -> Section:
    """Return the section."""
    rows = source.register(source.base)
    if isinstance(rows, str):
        return Section(
            "assumptions",
            "Assumptions",
            [
                Paragraph(
                    f"The register cannot be read: the scenario kept in this folder is not one of this version of CareCurve ({rows}). "
                    "Its text is in manifest.json.",
                    warning=True,
                )
            ],
        )
    blocks: list[Block] = [Paragraph(_how_many(rows))]
    for reform in source.reforms:
        blocks.append(Part(f"{source.name(reform)}: its own numbers", list(_own(source, rows, reform))))
    prices = [row for row in rows if row.path.startswith(PRICES)]
    rest = [row for row in rows if row not in prices]
    if prices:
        blocks.append(Part("Prices and budgets", [Table("Prices, their growth, and the budget", HEAD, list(map(_cells, prices)), WORDS)]))
    costs = [(name, row["value"], row["unit"], f"{row['low']} to {row['high']}", row["status"], row["source"]) for name, row in assumptions().items()]
    blocks.append(
        Folded(
            f"Costs beside the authorities’ own prices: {len(costs)} numbers",
            [
                Paragraph("As shipped with the version of CareCurve that wrote this report."),
                Table("Costs beside the authorities’ own prices", HEAD, costs, WORDS),
            ],
        )
    )
    blocks.append(
        Folded(
            f"Every other number of {source.plans}: {len(rest)} numbers",
            [Table(f"The pathway, its settings and committed policy in {source.plans}", HEAD, list(map(_cells, rest)), WORDS)],
        )
    )
    return Section("assumptions", "Assumptions and their sources", blocks)


def _how_many(rows: Sequence[Row]) -> str:
    """Say how many numbers there are of each status."""
    found = Counter(row.status for row in rows)
    parts = [f"{number:,} {status}" for status, number in found.most_common()]
    return (
        f"Every number has a status. Published: as a source gives it. Derived: worked out from what is published. Assumed: a judgement. The first "
        f"scenario holds {len(rows):,} of them: {listed(parts)}. Each authority’s own figures are published and are not listed here."
    )


def _own(source: Source, known: Sequence[Row], reform: Results) -> Iterator[Block]:
    """Yield the numbers of a reform that the baseline, whose are `known`, does not have, or has otherwise."""
    found = source.register(reform)
    if isinstance(found, str):
        yield Paragraph(f"Its numbers cannot be read: {found}", warning=True)
        return
    theirs = set(known)
    rows = [row for row in found if row not in theirs]
    if description := str(reform.metadata.get("description", "")):
        yield Paragraph(description)
    if rows:
        yield Table(f"Numbers of {source.name(reform)} that {source.plans} do not have", HEAD, list(map(_cells, rows)), WORDS)
    else:
        yield Paragraph(f"It has no numbers that {source.plans} do not have.")


def _cells(row: Row) -> tuple[str, ...]:
    """Return a row of the register, with its place in the file."""
    path = row.path.replace(".", " › ").replace("_", " ")
    return path, row.value, row.unit or "–", row.range or "–", row.status, f"{row.source} ({row.file}, line {row.line})"
