"""Section 2: the approved budget, doing nothing or current plans, and each reform, year by year; and the bridge from one to the other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from outputs.report import words
from outputs.report.blocks import Block, Folded, Paragraph, Part, Points, Section, Table
from outputs.report.bridge import BOTH, LABELS, MIX, OTHER, PRICE, REFORM, STARTS, STAYS, TOTAL, VOLUME, Bridge, bridge
from outputs.report.source import Source
from scenarios.timeline import year_name
from sim.results import Results

ORDER = (REFORM, VOLUME, STARTS, STAYS, MIX, PRICE, BOTH, OTHER, TOTAL)


def section(source: Source) -> Section:
    """Return the section."""
    blocks: list[Block] = [Paragraph(_introduction(source)), _lines(source)]
    if source.budget:
        blocks += _against_budget(source)
    else:
        blocks.append(
            Paragraph(
                "No approved budget was given. To show it as a line: carecurve report DIR --budget FILE (a CSV file with the columns "
                "year_ending and gbp), or one figure a year."
            )
        )
    for reform in source.reforms:
        blocks.append(Part(f"From {source.plans} to {source.name(reform)}", list(_bridged(source, reform))))
    if not source.reforms:
        blocks.append(Paragraph("There is no bridge: this folder holds one scenario, and a bridge is between two."))
    return Section("lines", "Three lines, and the bridge between them", blocks)


def _introduction(source: Source) -> str:
    """Say what the lines are."""
    base = source.name(source.base)
    told = f"Each line is what children’s services cost {source.payer} a year, net of grants, in {source.prices}."
    if source.nothing is None and source.name(source.base) == "Current plans":
        told += (
            f" {base} hold committed policy, so they are not the cost of doing nothing. To show that line too, add the scenario do-nothing to the "
            "comparison."
        )
    return told


def shown(source: Source) -> list[Results]:
    """Return the scenarios in the order they are shown: do nothing, current plans, reforms."""
    return [*([source.nothing] if source.nothing else []), source.base, *source.reforms]


def _lines(source: Source) -> Table:
    """Return the table of yearly net cost, constant prices."""
    rows = []
    for year in source.years:
        found = [source.one("summary.csv", one.scenario, measure="cost_net", year_ending=str(year)) for one in shown(source)]
        rows.append((year_name(year), *(_with_interval(row, source.runs) for row in found)))
    return Table(
        f"Net cost a year to {source.payer}, {source.area}, £ million, {source.prices}{source.unbiased}: mean and 90 % interval",
        ("Year", *(source.name(one) for one in shown(source))),
        rows,
    )


def _with_interval(row, runs: int) -> str:
    """Return a mean in millions with its interval; of one run there is none."""
    return words.millions(row["mean"]) + (f" ({words.millions(row.p05)} to {words.millions(row.p95)})" if runs > 1 else "")


def _against_budget(source: Source) -> Iterator[Block]:
    """Yield the gap between each line and the approved budget, in the cash of each year."""
    years = [year for year in source.years if year in source.budget]
    if not years:
        yield Paragraph("The approved budget names no year of this run.", warning=True)
        return
    head, rows = ["Year", "Approved budget"], []
    for one in shown(source):
        head += [source.name(one), "over (+) or under (−) budget"]
    for year in years:
        cells = [year_name(year), words.millions(source.budget[year])]
        for one in shown(source):
            cash = cash_net(one, year)
            gap = cash - source.budget[year]
            share = words.of_runs(float((gap > 0.0).mean()), source.runs)
            cells += [words.millions(float(cash.mean())), f"{words.millions(float(gap.mean()), True)} (over in {share})"]
        rows.append(tuple(cells))
    base, first = source.base, years[0]
    gap = float(cash_net(base, first).mean()) - source.budget[first]
    way = "more" if gap > 0 else "less"
    yield Part(
        "Against the approved budget",
        [
            Paragraph(
                f"Budgets are approved in cash, so here all lines are in the cash of each year (the run’s deflators, then "
                f"{100 * float(base.metadata['general_inflation_per_year']):g} % a year). In {year_name(first)} {source.plans} cost "
                f"{words.pounds(abs(gap))} {way} than the approved budget."
            ),
            Table(f"Approved budget and each line, {source.area}, £ million, cash{source.unbiased}", head, rows),
            Paragraph(
                f"The lines hold {source.payers} whole spend on children’s services, with a fixed line for what is not simulated. If the approved "
                "budget covers less than that, the gap means nothing: give the budget of the same services."
            ),
        ],
    )


def cash_net(one: Results, year: int) -> np.ndarray:
    """Return net cost to the authority in the cash of a year by run (R)."""
    return one.net().sel(year_ending=year).to_numpy()[0] * one.nominal_factors([year])[0]


def _bridged(source: Source, reform: Results) -> Iterator[Block]:
    """Yield the bridge of a reform over all years and in the last, and what the results do not allow."""
    last = source.years[-1]
    whole, final = bridge(source, reform), bridge(source, reform, last)
    if whole is None or final is None:
        yield Paragraph("The folder has no cost_bridge.csv, so there is no bridge. Run the comparison again to have one.")
        return
    keys = [key for key in ORDER if key in whole.mean]
    rows = [(LABELS[key], words.millions(whole.mean[key], True), _interval_of(whole, key), words.millions(final.mean[key], True)) for key in keys]
    strong = frozenset({keys.index(TOTAL)})
    yield Table(
        f"From {source.plans} to {source.name(reform)}: net cost to {source.payer}, £ million, {source.prices}{source.unbiased}",
        ("", f"All years, {source.span}", "90 % interval", year_name(last)),
        rows,
        strong=strong,
    )
    yield Paragraph("The lines add up to the change in net cost; those that begin “of it” add up to volume.")
    if STARTS not in whole.mean:
        yield Paragraph("Volume is not taken apart into starts and stays: this engine does not count every care start.")
    if final.full_year_effect:
        yield Paragraph(_full_year(source, final, last))
    yield Folded(
        "How each part of the bridge is worked out",
        [
            Points(
                [
                    "Volume is the change in weeks in placements at the mean price on the first line. Fewer starts: what children who "
                    "do not start would have cost, had "
                    "they left care at the rate others do. Stays: the rest of volume.",
                    "Mix is a change in kinds of placement and needs, each at its own mean price. Price is dearer or cheaper "
                    "placements of the same kind: as they "
                    "happened to be, by the market’s response to use, and by what commissioning won.",
                    "All is taken run by run and year by year, then averaged. Formulas are in docs/report.md.",
                    "Stays are not told apart into delay and avoidance: results hold counts by year, not lives.",
                ]
            )
        ],
    )


def _interval_of(found: Bridge, key: str) -> str:
    """Return the interval of a part, where the table has one."""
    if key not in found.interval:
        return "–"
    low, high = found.interval[key]
    if high - low < 500.0 <= abs(low):
        return "does not vary"
    return words.interval(low, high, words.millions)


def _full_year(source: Source, final: Bridge, last: int) -> str:
    """Say what the year after the last would hold more."""
    mean, low, high = final.full_year_effect
    if abs(mean) < 500.0:
        return (
            f"The full-year effect of what changed during {year_name(last)} is nothing: children in care end the year as far apart as they "
            "were in it."
        )
    way = "less" if mean < 0 else "more"
    may = "may" if low <= 0.0 <= high else "would"
    return (
        f"Full-year effect: the year after {year_name(last)} {may} cost {words.pounds(abs(mean))} {way} again, from the children who are, or are "
        f"not, in care on 31 March {last} ({words.pounds_between(low, high)} in 9 of 10 runs). It is not in the table: it falls after the last year."
    )
