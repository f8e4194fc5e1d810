"""Sections 3 and 5: the cost curve year by year, and where the money goes and when: payers, lines, classes of benefit, from when it can be banked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from outputs.appraisal_benefits import CLASSES, NOT_BANKABLE
from outputs.appraisal_payback import break_even_table
from outputs.children import PAYER_WORDS
from outputs.report import words
from outputs.report.blocks import Block, Folded, Paragraph, Part, Section, Table
from outputs.report.source import Source
from outputs.tables import PERCENTILES
from scenarios.timeline import year_name
from scenarios.wording import listed
from sim.results import Results

CASH = [name for name in CLASSES if name not in (*NOT_BANKABLE, "elsewhere")]  # classes that are cash to the authority
SHOWN_LINES = 8  # of each reform; the rest is folded
LEAST_GBP = 500.0
GROWING = "still growing in the last year"  # what the probability of a peak's year is of (`outputs.appraisal_value`)
LEAST_SHOWN_GBP = 5_000.0  # less is 0.00 of a million


def curve(source: Source) -> Section:
    """Return section 3."""
    blocks: list[Block] = []
    if not source.reforms:
        blocks.append(
            Paragraph(f"One scenario has no cost curve against another. Its own cost is in section 2 and in the picture, in {source.prices}.")
        )
    for reform in source.reforms:
        blocks.append(Part(source.name(reform), list(_curve_of(source, reform))))
    return Section("curve", "The cost curve", blocks)


def _curve_of(source: Source, reform: Results) -> Iterator[Block]:
    """Yield what a reform costs and saves each year, and how likely it has paid back by then."""
    items = {
        item: source.rows("affordability.csv", reform.scenario, payer="authority", item=item).set_index("year_ending")
        for item in ("reform_cost", "net", "net_cumulative")
    }
    if items["net"].empty:
        yield Paragraph("The folder has no affordability.csv. Run the comparison again to have this table.")
        return
    even = break_even_table(source.whole, source.terms)
    even = even[even.scenario == reform.scenario].set_index("by")["probability"]
    rows = []
    for year in map(str, source.years):
        cost, net, total = (items[item].loc[year] for item in items)
        saved = cost["mean"] - net["mean"]
        rows.append(
            (
                year_name(int(year)),
                words.millions(cost["mean"]),
                words.millions(saved, True),
                words.millions(net["mean"], True),
                words.interval(net.p05, net.p95, words.millions),
                words.millions(total["mean"], True),
                words.share(float(even[year])),
            )
        )
    yield Table(
        f"What {source.name(reform)} costs {source.payer} beside {source.plans}, £ million, {source.prices}{source.biased}",
        ("Year", "Own cost", "Saved elsewhere", "Net cost", "90 % interval", "Net cost so far", "Runs that have paid back"),
        rows,
    )
    never = float(even["not within the horizon"])
    yield Paragraph(
        f"A run has paid back once its net cost so far is nothing or less and stays so to {year_name(source.years[-1])}. In "
        f"{words.of_runs(never, source.runs)} it has not by then; what happens later is not simulated."
    )
    yield from _present_value(source, reform)


def _present_value(source: Source, reform: Results) -> Iterator[Block]:
    """Yield what it is worth today, and what must be found first."""
    names = {
        "net_present_fiscal_value_authority_gbp": source.payer,
        "net_present_fiscal_value_exchequer_gbp": "all public payers",
        "net_present_social_value_gbp": "society",
    }
    parts = []
    for measure, who in names.items():
        row = source.one("appraisal.csv", reform.scenario, measure=measure)
        if row is not None:
            parts.append(f"{words.pounds(row['mean'])} to {who} ({words.pounds(row.p05)} to {words.pounds(row.p95)})")
    if parts:
        valued = "" if source.terms.benefit_gbp_per_child_year else " Benefits to children are not valued in it."
        yield Paragraph(f"Net present value, {source.on_terms} (below nothing is a loss): {listed(parts)}.{valued}")
    peak = source.one("appraisal.csv", reform.scenario, measure="peak_funding_authority_gbp")
    when = source.one("appraisal.csv", reform.scenario, measure="peak_funding_year_authority")
    if peak is not None and peak["mean"] > LEAST_GBP and pd.notna(when.p50):
        growing = ""
        if str(when.probability_of) == GROWING and when.probability > 0.0:
            share = words.of_runs(float(when.probability), source.runs)
            growing = f" In {share} it is still growing in {year_name(source.years[-1])}, so more may be out later."
        yield Paragraph(
            f"The most that is out at any one time (net cost so far, not discounted): {words.pounds(peak['mean'])} on average, more than "
            f"{words.pounds(peak.p90)} in 1 run in 10, reached by {year_name(int(when.p50))} in the middle run.{growing}"
        )


def section(source: Source) -> Section:
    """Return section 5."""
    blocks: list[Block] = []
    for reform in source.reforms:
        blocks.append(Part(source.name(reform), [*_payers(source, reform), *_classes(source, reform), *_by_line(source, reform)]))
    blocks.append(Part("Contingency", list(_contingency(source))))
    return Section("money", "Where the money goes and when", blocks)


def _payers(source: Source, reform: Results) -> Iterator[Block]:
    """Yield net cost by payer over all years and in the first and last."""
    found = source.rows("affordability.csv", reform.scenario, item="net")
    if found.empty:
        return
    first, last = str(source.years[0]), str(source.years[-1])
    rows, strong = [], set()
    for payer, own in found.groupby("payer", sort=False):
        yearly = own.set_index("year_ending")["mean"]
        if payer not in ("authority", "all payers") and (yearly.abs() < LEAST_SHOWN_GBP).all():
            continue
        worst = yearly.idxmax()
        if payer == "all payers":
            strong.add(len(rows))
        most = f"{words.millions(yearly[worst], True)} ({year_name(int(worst))})" if yearly[worst] > LEAST_GBP else "none costs more"
        name = words.sentence(source.payer.removeprefix("the ") if payer == "authority" else PAYER_WORDS.get(str(payer), str(payer)))
        rows.append((name, words.millions(yearly.sum(), True), words.millions(yearly[first], True), words.millions(yearly[last], True), most))
    yield Table(
        f"Who pays for {source.name(reform)}: net cost beside {source.plans}, £ million, {source.prices}{source.biased}, mean over runs",
        ("Payer", f"All years, {source.span}", year_name(int(first)), year_name(int(last)), "Worst year"),
        rows,
        strong=frozenset(strong),
    )
    if len(rows) > 2:
        yield Paragraph(f"A grant is a cost to central government and income to {source.payer}, so it cancels out over all payers.")


def _classes(source: Source, reform: Results) -> Iterator[Block]:
    """Yield what of the benefit could leave a budget."""
    found = source.rows("benefits.csv", reform.scenario, line="all")
    if found.empty:
        return
    last, rows, strong = str(source.years[-1]), [], set()
    banked = can_be_banked(source, reform)
    for name, own in found.groupby("class", sort=False):
        by = own.set_index("year_ending")
        whole = by.loc["all"]
        if abs(whole["mean"]) < LEAST_GBP and abs(by.loc[last, "mean"]) < LEAST_GBP:
            continue
        if name == "all":
            strong.add(len(rows))
        label = "All of it" if name == "all" else words.sentence(source.several(CLASSES[name]))
        when = _banked_from(whole, banked or name == "elsewhere")
        when += f" ({words.of_runs(float(whole.probability), source.runs)})" if when != "–" else ""
        rows.append(
            (
                label,
                words.millions(whole["mean"], True),
                words.interval(whole.p05, whole.p95, words.millions),
                words.millions(by.loc[last, "mean"], True),
                when,
            )
        )
    if rows:
        yield Table(
            f"What becomes of the benefit of {source.name(reform)}, £ million, {source.prices}{source.biased} (below nothing: it costs more)",
            ("Class of benefit", f"All years, {source.span}", "90 % interval", year_name(int(last)), "Can be banked from"),
            rows,
            frozenset({4}),
            frozenset(strong),
        )
        if not banked:
            yield Paragraph(
                f"A dash: other lines cost {source.payer} as much as these save, or more (over all years, or in {year_name(int(last))}), so there is "
                "nothing to bank."
            )


def can_be_banked(source: Source, reform: Results) -> bool:
    """Return whether classes that are cash to the authority come to more than nothing together, over all years and in the last one."""
    found = source.rows("benefits.csv", reform.scenario, line="all")
    cash = found[found["class"].isin(CASH)].groupby("year_ending")["mean"].sum()
    return all(cash.get(year, 0.0) > LEAST_GBP for year in ("all", str(source.years[-1])))


def _banked_from(row: pd.Series, banked: bool) -> str:
    """Return the year from which a benefit can be banked; a dash where nothing can, or it is no benefit."""
    return year_name(int(row.bankable_from)) if banked and row["mean"] > 0.0 and pd.notna(row.bankable_from) else "–"


def _by_line(source: Source, reform: Results) -> Iterator[Block]:
    """Yield the lines on which the benefit arises, and what must be stopped to bank it."""
    found = source.rows("benefits.csv", reform.scenario)
    if found.empty:
        yield Paragraph("The folder has no benefits.csv. Run the comparison again to see what becomes of the benefit, and on which lines it arises.")
        return
    banked = can_be_banked(source, reform)
    found = found[(found.line != "all") & (found["mean"].abs() > LEAST_GBP)]
    if found.empty:
        yield Paragraph("No line of cost falls or rises because of it, beside its own.")
        return
    found = found.loc[found["mean"].abs().sort_values(ascending=False).index]
    rows = [
        (
            row["label"],
            source.several(CLASSES[row["class"]].split(":")[0]),
            words.millions(row["mean"], True),
            words.interval(row.p05, row.p95, words.millions),
            _banked_from(row, banked or row["class"] == "elsewhere"),
            words.sentence(row.stop) if isinstance(row.stop, str) else "–",
        )
        for _, row in found.iterrows()
    ]
    head = ("Line of cost", "Class", f"All years, {source.span}", "90 % interval", "Can be banked from", "What must be stopped to bank it")
    caption = f"Lines on which the benefit of {source.name(reform)} arises, £ million, {source.prices}{source.biased}"
    yield Table(caption + (", the largest first" if len(rows) > 1 else ""), head, rows[:SHOWN_LINES], frozenset({1, 4, 5}))
    if len(rows) > SHOWN_LINES:
        yield Folded(
            f"The other {len(rows) - SHOWN_LINES} lines", [Table(f"{caption}, the smaller ones", head, rows[SHOWN_LINES:], frozenset({1, 4, 5}))]
        )


def _contingency(source: Source) -> Iterator[Block]:
    """Yield how much more than the mean should be held to be safe in 8 or 9 of 10 runs: what a budget set at the expected cost lacks."""
    if source.runs < 10 or not source.years:
        yield Paragraph(f"Contingency is not told from {source.runs} run{'s' if source.runs > 1 else ''}: 10 at least are needed.")
        return
    year = source.years[-1]
    rows = []
    for one in (source.base, *source.reforms):
        net = one.net().sel(year_ending=year).to_numpy()[0]
        found = np.quantile(net, list(PERCENTILES.values()))
        mean = float(net.mean())
        rows.append(
            (
                source.name(one),
                words.millions(mean),
                *(words.millions(value) for value in found),
                words.millions(found[2] - mean, True),
                words.millions(found[3] - mean, True),
            )
        )
    yield Table(
        f"Net cost to {source.payer} in {year_name(year)}, {source.area}, £ million, {source.prices}{source.unbiased}: what share of runs stays "
        "within it",
        ("", "Mean", "1 in 10 (P10)", "Half (P50)", "8 in 10 (P80)", "9 in 10 (P90)", "Contingency at P80", "Contingency at P90"),
        rows,
    )
    yield Paragraph("Contingency is what must be held above the mean so that the budget holds in 8, or 9, of 10 runs.")
