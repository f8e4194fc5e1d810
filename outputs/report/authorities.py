"""Section 8: each authority by itself, beside what is published of it and of its statistical neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import pandas as pd

from outputs.pictures.published import NEIGHBOURS, PUBLISHED, last_year, rates
from outputs.report import words
from outputs.report.blocks import Block, Folded, Paragraph, Part, Section, Table
from outputs.report.source import Source
from scenarios.wording import listed
from sim.results import Results

OPEN = 20  # authorities of a table that is not folded
SHOWN = {  # measure: words; of counts, per 10,000 children
    "cla_at31": "Children in care per 10,000",
    "cpp_at31": "On a protection plan per 10,000",
    "referrals": "Referrals per 10,000",
    "foster_pct": "In foster care, %",
}


@dataclass(frozen=True)
class Beside:
    """What is published last of every place: `year` and rates by measure and place; and who is most like whom."""

    years: Mapping[str, int]
    rates: Mapping[str, Mapping[str, float]]
    of: Mapping[str, list[str]]

    def median(self, measure: str, area: str) -> float:
        """Return the median of an authority's neighbours that published, as the picture has it; missing if none did."""
        found = [self.rates[measure][name] for name in self.of.get(area, []) if name in self.rates[measure]]
        return float(median(found)) if found else float("nan")

    def counted(self, areas: Sequence[str]) -> str:
        """Return in words how many neighbours these authorities have that are known: `8`, or `7 to 9` where they differ."""
        found = sorted(len(self.of.get(area, [])) for area in areas)
        return str(found[0]) if found[0] == found[-1] else f"{found[0]} to {found[-1]}"


def beside(source: Source) -> Beside | None:
    """Return published rates and neighbours; None if there are none."""
    published, near = source.published.get(PUBLISHED), source.published.get(NEIGHBOURS)
    if published is None or near is None or near.empty:
        return None
    years = {measure: last_year(published, measure) for measure in SHOWN}
    found = {measure: rates(published, measure, year) if year else {} for measure, year in years.items()}
    of = {str(area): list(own.sort_values("rank").neighbour) for area, own in near.groupby("area")}
    return Beside({measure: year for measure, year in years.items() if year}, found, of)


def section(source: Source) -> Section:
    """Return the section."""
    known = beside(source)
    blocks: list[Block] = list(_published(source, known))
    for reform in source.reforms:
        blocks.append(Part(source.name(reform), list(_each(source, reform, known))))
    if not source.reforms:
        blocks += _alone(source, known)
    return Section("authorities", "Authority by authority", blocks)


def _published(source: Source, known: Beside | None) -> Iterator[Block]:
    """Yield what is published of each authority beside the mean of its neighbours."""
    if known is None:
        yield Paragraph(
            "An authority here is made up, or the folder was opened without published figures, so there are no statistical neighbours to show."
        )
        return
    names = [name for name in source.each.baseline.areas if name in known.of]
    rows = [
        (name, *(_shown(value) for measure in SHOWN for value in (known.rates[measure].get(name), known.median(measure, name)))) for name in names
    ]
    head = ["Authority", *(text for label in SHOWN.values() for text in (label, "its neighbours"))]
    when = listed([str(year) for year in sorted(set(known.years.values()))])
    yield Paragraph(
        f"Each authority is shown beside the median of its statistical neighbours, authorities with families most like its own. The Department for "
        f"Education lists ten; those that are in the published figures here, {known.counted(names)} of them, are used. Year ending March {when}."
    )
    table = Table("Published figures, authorities and the median of their statistical neighbours", head, rows)
    yield table if len(rows) <= OPEN else Folded(f"All {len(rows)} authorities", [table])
    yield Folded(
        "Which authorities are the neighbours",
        [
            Table(
                "Statistical neighbours, the nearest first (Department for Education, Local Authority Interactive Tool)",
                ("Authority", "Neighbours"),
                [(name, ", ".join(known.of[name])) for name in names],
                frozenset({1}),
            )
        ],
    )


def _shown(value: float | None) -> str:
    """Return a published figure."""
    return "–" if value is None or pd.isna(value) else words.figure(float(value))


def _each(source: Source, reform: Results, known: Beside | None) -> Iterator[Block]:
    """Yield what a reform does in each authority, and what the same rate would be beside neighbours."""
    areas = source.each.baseline.areas
    last = str(source.years[-1])
    table = source.table("differences.csv", "scenario", "area", "measure")
    if table is None:
        yield Paragraph("The folder has no differences.csv. Run the comparison again to have it.")
        return
    own = table[(table.scenario == reform.scenario) & (table.year_ending == last)]
    care = own[own.measure == "cla_at31"].set_index("area")
    worth = source.table("appraisal.csv")
    worth = worth[(worth.scenario == reform.scenario) & (worth.measure == "net_cost_authority_gbp")].set_index("area") if worth is not None else None
    detect = source.table("detectable.csv", "basis", "detectable_by")
    rates = _rates(source, reform)
    rows = []
    for area in areas:
        cells = [area, f"{words.figure(care['mean'][area], True)} ({words.interval(care.p05[area], care.p95[area])})"]
        cells += [words.figure(rates[0][area]), words.figure(rates[1][area])]
        cells.append(_shown(known.median("cla_at31", area) if known else None))
        if worth is not None:
            row = worth.loc[area]
            cells += [
                f"{words.millions(row['mean'], True)} ({words.interval(row.p05, row.p95, words.millions)})",
                words.share(float(row.probability)),
            ]
        cells.append(_told(detect, reform, area))
        rows.append(tuple(cells))
    head = [
        "Authority",
        f"Children in care, 31 March {last}: change",
        f"In care per 10,000, {source.plans}",
        "with the reform",
        "neighbours, last published",
    ]
    head += [f"Net cost, {source.span}, £ million{source.biased}: change", "Runs in which it saves"] if worth is not None else []
    head.append("Could it tell from its own numbers?")
    made = Table(f"{source.name(reform)}, authority by authority: means and 90 % intervals", head, rows, frozenset({len(head) - 1}))
    yield made if len(rows) <= OPEN else Folded(f"All {len(rows)} authorities", [made])
    if len(areas) > 1:
        yield from _who_gains(source, reform)
    yield Paragraph(
        "One authority’s number in care moves 6 to 8 % a year by chance, so most effects cannot be seen in one authority: the last column says "
        "by when children in care would show it (80 % power)."
    )


def _rates(source: Source, reform: Results) -> tuple[dict[str, float], dict[str, float]]:
    """Return children in care per 10,000 children of each authority in the last year, on current plans and with the reform."""
    found = []
    for one in (source.each.baseline, source.each[reform.scenario]):
        last = one.annual.sel(year_ending=source.years[-1]).mean("replicate")
        children = sum(last.sel(measure=f"population_0_17_quintile_{q}") for q in range(1, 6)).to_numpy()
        rate = 10_000.0 * last.sel(measure="cla_at31").to_numpy() / children
        found.append(dict(zip(one.areas, map(float, rate), strict=True)))
    return found[0], found[1]


def _told(table: pd.DataFrame | None, reform: Results, area: str) -> str:
    """Return by when an authority could tell the change in children in care from chance."""
    if table is None:
        return words.NOT_KNOWN
    own = table[(table.scenario == reform.scenario) & (table.area == area) & (table.measure == "cla_at31_non_uasc") & (table.basis == "year")]
    by = "" if own.empty or pd.isna(own.detectable_by.iloc[0]) else str(own.detectable_by.iloc[0])
    return words.NOT_KNOWN if not by else f"by March {by.removesuffix('.0')}" if by[:1].isdigit() else "no"


def _who_gains(source: Source, reform: Results) -> Iterator[Block]:
    """Yield where net cost falls and rises."""
    table = source.table("shares.csv", "item", "runs_below_baseline")
    if table is None:
        return
    own = table[(table.scenario == reform.scenario) & (table.item == "net") & table.area.isin(source.each.baseline.areas)].sort_values("mean")
    falls, rises = list(own[own["mean"] < -500.0].area), list(own[own["mean"] > 500.0].area[::-1])
    yield Paragraph(f"On average net cost falls in {listed(falls) or 'none'}, and rises in {listed(rises) or 'none'} (most first{source.unbiased}).")


def _alone(source: Source, known: Beside | None) -> Iterator[Block]:
    """Yield children in care of each authority of a run of one scenario."""
    first, last = source.years[0], source.years[-1]
    care = source.each.baseline.annual.sel(measure="cla_at31").mean("replicate")
    rows = [
        (
            area,
            *(words.figure(float(care.sel(area=area, year_ending=year))) for year in (first, last)),
            _shown(known.median("cla_at31", area) if known else None),
        )
        for area in source.each.baseline.areas
    ]
    yield Table("Children in care on 31 March, mean over runs", ("Authority", str(first), str(last), "Neighbours per 10,000, last published"), rows)
