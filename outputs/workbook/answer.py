"""The sheet that answers first: what each reform costs, when it pays back, what happens to children, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from outputs.appraisal_flows import Flows, flows
from outputs.appraisal_payback import peak_funding, worst_year
from outputs.appraisal_terms import Terms
from outputs.appraisal_value import net_present_value
from outputs.children_marks import verdicts
from outputs.money_axis import MINUS
from outputs.report import words as said
from outputs.workbook.book import Book, Column, Page, Typed, at
from outputs.workbook.charts import Series, line_chart
from outputs.workbook.told import SPREAD, Told, by_year, summary
from scenarios.timeline import year_name
from sim.results import Results
from sim.statistics import PENNY, break_even

ONE_CHILD = 1.0  # a smaller mean change is told as none
LEVELS = {
    "cla_at31": "Children in care, 31 March {}", "cpp_at31": "Children on protection plans, 31 March {}",
    "childrens_home_at31": "Children in children's and secure homes, 31 March {}",
    "unregistered_at31": "Children in unregistered placements, 31 March {}",
}  # fmt: skip


def answer(book: Book, told: Told) -> Page:
    """Write the answer in sentences, then its figures, then when the cost is recovered."""
    reforms = told.together.reforms
    notes = told.notes(f"Pounds at constant {told.prices}; children are counted, not families.")
    question = (
        "What does each reform cost, does it pay back, and what happens to children?"
        if reforms
        else "What does it cost, and how many children are in care?"
    )
    page = book.page("Answer", question, notes)
    for reform in reforms:
        page.heading(reform.label)
        for sentence in _sentences(told, reform):
            page.text(sentence)
        page.row += 1
    if reforms:
        page.heading(f"Reforms against {told.plans} (below 0: less, or fewer)")
        terms = terms_of(told)
        rows = [row for one, reform in zip(flows(told.together, terms), reforms, strict=True) for row in _figures(told, reform, one, terms)]
        columns = [
            Column("Scenario", width=34),
            Column("Figure", width=62),
            Column("Unit", width=31),
            *(Column(name, "signed_gbp", 15) for name in SPREAD),
        ]
        page.table([*columns, Column("Share of runs", "share", 14), Column("in which", width=34)], rows)
        page.text(_terms_words(told, terms))
        page.row += 1
    page.heading("Each scenario by itself")
    page.table(_level_columns(), list(_levels(told)))
    if reforms:
        _recovered(book, page, told)
    return page


def terms_of(told: Told) -> Terms:
    """Return the terms of the appraisal that the manifest tells of; the default ones if it tells of none."""
    kept = told.comparison.metadata.get("appraisal") or {}
    if not kept:
        return Terms()
    return Terms(
        discount_rate=kept["discount_rate_per_year"],
        declining=kept["declining"],
        optimism_bias_costs=kept["optimism_bias_costs"],
        optimism_bias_benefits=kept["optimism_bias_benefits"],
        fixed_costs_persist_months=kept["fixed_costs_persist_months"],
        benefit_gbp_per_child_year=kept["benefit_gbp_per_child_year"],
    )


def _terms_words(told: Told, terms: Terms) -> str:
    """Say on which terms present values are."""
    rate = float(told.base.metadata["discount_rate_per_year"]) if terms.discount_rate is None else terms.discount_rate
    words = f"Present values: discounted at {100 * rate:g} % a year, the first year not; above 0 is a gain. Benefits to children are not valued."
    return " ".join(filter(None, (words, bias_words(terms))))


def bias_words(terms: Terms) -> str:
    """Say what carries optimism bias and what does not; nothing if it is off."""
    if not (terms.optimism_bias_costs or terms.optimism_bias_benefits):
        return ""
    return (
        f"Optimism bias (costs + {100 * terms.optimism_bias_costs:g} %, benefits {MINUS} {100 * terms.optimism_bias_benefits:g} %) is in present "
        "values and in the sheet Benefits; it is in no other figure of this workbook."
    )


def _sentences(told: Told, reform: Results) -> Iterator[str]:
    """Yield the answer on a reform in plain words."""
    yearly = by_year(told.together.cost_difference(reform.scenario), told.years)
    total, last = yearly.sum(axis=1), told.years[-1]
    yield f"Cost to {told.payer} over {told.span}: {_pounds(total, told)}; less in {_share(total < -PENNY)}."
    even = break_even(yearly, told.years)
    yield f"Its cost is recovered by March {last} in {_share(even.years > 0)} (net cost, added up, at or below 0 and staying there)."
    yield f"Children in care on 31 March {last}: {_people(told, reform)}."
    marks = told.table("marks.csv", "proxy", "basis", "finding")
    for verdict in verdicts(marks, told.area) if marks is not None else ():
        if verdict.scenario == reform.scenario:
            yield f"Safety: {verdict.text}."


def _pounds(values: np.ndarray, told: Told) -> str:
    """Say how much more or less, in the mean and between P10 and P90; where runs point both ways, that."""
    mean, low, _, _, high = (float(value) for value in summary(values))
    spread = f"({said.pounds_between(low, high)}, P10 to P90)"
    if said.pounds(mean) == "nothing":
        return f"about as much as on {told.plans} {spread}"
    much = f"{said.pounds(abs(mean))} {'more' if mean > 0.0 else 'less'}"
    return f"{f'may be more or less, on average {much}' if low < 0.0 < high else much} than on {told.plans} {spread}"


def _people(told: Told, reform: Results) -> str:
    """Say how many more or fewer children in care, in the mean and between P10 and P90; where runs point both ways, that."""
    change = _change(told, reform, "cla_at31")
    mean, low, _, _, high = (float(value) for value in summary(change))
    spread = f"({said.between(low, high)}, P10 to P90)"
    if abs(mean) < ONE_CHILD:
        return f"about as many as on {told.plans} {spread}"
    if low < 0.0 < high:
        return f"may be more or fewer, on average {said.more(mean)} than on {told.plans} {spread}; fewer in {_share(change < 0.0)}"
    return f"{said.more(mean)} than on {told.plans} {spread}"


def _share(chosen: np.ndarray) -> str:
    """Say in which share of runs something is so."""
    share = float(np.mean(chosen))
    return "no run" if share == 0.0 else "every run" if share == 1.0 else f"{said.per_cent(share)} of runs"


def _change(told: Told, reform: Results, measure: str) -> np.ndarray:
    """Return the difference in a measure in the last year by run (R)."""
    return told.together.difference(reform.scenario).sel(measure=measure, year_ending=told.years[-1]).to_numpy()[0]


def _figures(told: Told, reform: Results, one: Flows, terms: Terms) -> Iterator[tuple[Any, ...]]:
    """Yield the figures of a reform against the baseline."""
    pounds, present = f"£, {told.prices}", f"£, {told.prices}, present value"
    last = told.years[-1]
    yearly = by_year(told.together.cost_difference(reform.scenario), told.years)
    everyone = by_year(reform.exchequer() - told.base.exchequer(), told.years)
    own, low = yearly.sum(axis=1), "it costs less"
    yield _row(reform, f"Net cost to {told.payer}, {told.span}", pounds, own, own < -PENNY, low)
    yield _row(reform, f"Net cost to {told.payer}, {year_name(last)}", pounds, yearly[:, -1], yearly[:, -1] < -PENNY, low)
    yield _row(reform, f"Cost to all payers together, {told.span}", pounds, everyone.sum(axis=1), everyone.sum(axis=1) < -PENNY, low)
    worst, _ = worst_year(yearly, tuple(told.years))
    yield _row(reform, f"Net cost to {told.payer} in each run's worst year", pounds, worst, worst > PENNY, "some year costs more")
    peak, when = peak_funding(yearly, tuple(told.years))
    yield _row(reform, "Most that is out at any one time (net, added up)", pounds, peak, when == last, "it still grows in the last year")
    for whose, words in (("authority", f"Net present value to {told.payer}"), ("society", "Net present social value")):
        value = net_present_value(one, whose, terms)
        yield _row(reform, words, present, value, value >= 0.0, "it is 0 or more")
    for name, words in LEVELS.items():
        change = _change(told, reform, name)
        yield _row(reform, words.format(last), "children", change, change < 0.0, "there are fewer")


def _row(reform: Results, words: str, unit: str, values: np.ndarray, chosen: np.ndarray, of: str) -> tuple[Any, ...]:
    found = (float(value) for value in summary(values))
    cells = [Typed(value, "signed") for value in found] if unit == "children" else found  # a third of a child is not `-0` children
    return (reform.label, words, unit, *cells, float(np.mean(chosen)), of)


def _level_columns() -> list[Column]:
    """Return the columns of the scenarios' own figures, as those of the figures against the baseline."""
    return [Column("Scenario", width=34), Column("Figure", width=62), Column("Unit", width=31), *(Column(name, "whole", 15) for name in SPREAD)]


def _levels(told: Told) -> Iterator[tuple[Any, ...]]:
    """Yield what each scenario costs and how many children there are."""
    last = told.years[-1]
    for one in told.together.scenarios:
        net = by_year(one.net(), told.years)
        yield (one.label, f"Net cost to {told.payer}, {told.span}", f"£, {told.prices}", *summary(net.sum(axis=1)))
        yield (one.label, f"Net cost to {told.payer}, {year_name(last)}", f"£, {told.prices}", *summary(net[:, -1]))
        for name, words in LEVELS.items():
            yield (one.label, words.format(last), "children", *summary(one.annual.sel(measure=name, year_ending=last).to_numpy()[0]))


def _recovered(book: Book, page: Page, told: Told) -> None:
    """Write in which share of runs each reform's cost has been recovered by each year."""
    page.new_page()
    page.heading("Share of runs in which the cost has been recovered by the end of the year, and stays so")
    rows = []
    for reform in told.together.reforms:
        even = break_even(by_year(told.together.cost_difference(reform.scenario), told.years), told.years)
        rows += [(reform.label, year_name(year), "share of runs", share) for year, share in even.by_year.items()]
    placed = page.table([Column("Scenario", width=34), Column("Financial year"), Column("Unit"), Column("Share", "share")], rows)
    size = len(told.years)
    starts = range(placed.first, placed.last + 1, size)
    series = [
        Series(placed.cell(row, 0), placed.column(1, row, row + size - 1), placed.column(3, row, row + size - 1), n)
        for n, row in enumerate(starts, 1)
    ]
    chart = line_chart(book, "Share of runs in which the cost has been recovered", "share of runs", "0%", series, limits=(0.0, 1.0))
    page.chart(
        chart,
        at(placed.head, 4),
        "Line chart of the share of runs in which each reform's cost has been recovered by each financial year; the table has it.",
    )
    page.row = max(page.row, placed.head + 21)
