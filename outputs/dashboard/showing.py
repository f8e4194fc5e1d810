"""What the page shows of results: tables that a screen reader can walk through, and pictures with their words."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from outputs.children_report import children_block, children_tables
from outputs.dashboard.preview import Previewed
from outputs.money_axis import money_axis
from outputs.naming import in_a_sentence, scenario_name
from outputs.picture import alternative_text, described
from outputs.pictures.cost_curve import cost_curve
from outputs.pictures.fans import children_in_care
from outputs.pictures.look import COLOURS, MARKERS, STYLES, bare, number_axis, year_axis
from outputs.pictures.published import PUBLISHED
from outputs.report.blocks import Table
from outputs.report.words import between, chance, figure, interval, millions, more, pounds, pounds_between
from outputs.tables import Closing, ClosingRow, closing, whole
from scenarios.timeline import year_name
from sim.results import Comparison

DOTS_PER_INCH = 110
NOT_SIMULATED = "Abuse, death and children's experience are not simulated."
STYLE = """<style>
.cc-table { overflow-x: auto; margin: 0 0 1rem; }
.cc-table:focus-visible { outline: 3px solid #0b0c0c; }
.cc-table table { border-collapse: collapse; font-size: .9375rem; line-height: 1.35; width: 100%; color: #0b0c0c; }
.cc-table td { font-variant-numeric: tabular-nums; }
.cc-table caption { text-align: left; font-weight: 700; padding: 0 0 .4rem; color: #0b0c0c; }
.cc-table th, .cc-table td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #b1b4b6; vertical-align: top; }
.cc-table .number { text-align: right; }
.cc-table thead th { min-width: 4.5rem; }
.cc-table tbody th { font-weight: 400; min-width: 9rem; }
[data-testid="stCaptionContainer"] { color: #505a5f; opacity: 1; }
</style>"""


@dataclass(frozen=True)
class Picture:
    """A picture as the page shows it: PNG, what it shows in words, and its caption."""

    png: bytes
    words: str
    caption: str


@dataclass(frozen=True)
class Shown:
    """All that is shown of a comparison, made once."""

    title: str
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]
    tables: tuple[Table, ...]
    pictures: tuple[Picture, ...]


def shown(comparison: Comparison, published: Mapping[str, pd.DataFrame]) -> Shown:
    """Return what is shown of a comparison: a few sentences, warnings, tables and pictures."""
    told = closing(whole(comparison))
    names = {one.scenario: scenario_name(one) for one in comparison.scenarios}
    failed = sum(not check["holds"] for one in comparison.scenarios for check in one.metadata.get("checks", ()))
    warnings = [f"{failed} of the checks made during the run failed. Do not use these results before it is known why."] if failed else []
    verdicts = _marks(comparison, told.area, names) if comparison.reforms else []
    warnings += [words for words, marked in verdicts if marked]
    drawn = {"What services cost, and net cost so far": cost_curve(comparison),
             "Children in care": children_in_care(comparison, published.get(PUBLISHED))}  # fmt: skip
    return Shown(
        f"{told.area}: {told.runs} paired run{'s' if told.runs != 1 else ''}",
        (*_sentences(told, names), *(words for words, marked in verdicts if not marked)), tuple(warnings), tuple(_tables(told, names)),
        tuple(picture(figure, caption) for caption, figure in drawn.items()),
    )  # fmt: skip


def _sentences(told: Closing, names: Mapping[str, str]) -> list[str]:
    """Return what a planner would read aloud of each reform."""
    found = []
    headings = list(told.rows)
    plans = in_a_sentence(names[told.baseline])
    for place, (key, even) in enumerate(told.break_even.items(), 1):
        fewer, cost = (told.rows[heading][place].difference for heading in (headings[0], headings[-1]))
        change = float(cost.mean) * 1e6
        costs = "costs about the same" if pounds(change) == "nothing" else f"costs {pounds(abs(change))} {'more' if change > 0 else 'less'}"
        word, _, share = chance(float(even.probability), told.runs).partition(": ")
        back = f"Costs are recovered by then in {share} ({word})." if share else f"Costs are recovered by then {word}."
        spent = pounds_between(float(cost.p05) * 1e6, float(cost.p95) * 1e6)
        children = f"{more(float(fewer.mean))} children" if abs(float(fewer.mean)) >= 0.95 else "about as many children"
        found.append(
            f"{names[key]}, against {plans}: {costs} over the years run (90 % of runs: {spent}), with {children} in care on 31 March {told.year} "
            f"(90 % of runs: {between(float(fewer.p05), float(fewer.p95))}). {back}"
        )
    return found


def _marks(comparison: Comparison, area: str, names: Mapping[str, str]) -> list[tuple[str, bool]]:
    """Return what the safety proxies say of each reform, and whether it is marked: it costs less and one of them is worse."""
    block = children_block(comparison, children_tables(comparison), area)
    return [(f"{names[verdict.scenario]}: {verdict.text}.", verdict.marked) for verdict in block.verdicts]


def _tables(told: Closing, names: Mapping[str, str]) -> list[Table]:
    """Return the table of values, and that of differences from the baseline."""
    headings = list(told.rows)
    scenarios = [row.scenario for row in told.rows[headings[0]]]
    note = f"mean, and 90 % of {told.runs} paired runs; costs net of grants, {told.price_base} prices"
    values = [[heading, *(_value(row) for row in told.rows[heading])] for heading in headings]
    made = [Table(f"{told.area}: {note}", ["", *(names[key] for key in scenarios)], values)]
    if len(scenarios) > 1:
        changes = [[heading, *(_change(row) for row in told.rows[heading][1:])] for heading in headings]
        made.append(Table(f"Change against {names[told.baseline]}: {note}", ["", *(names[key] for key in scenarios[1:])], changes))
    return made


def _value(row: ClosingRow) -> str:
    """Return a mean with its interval."""
    return _both(row.value, signed=False)


def _change(row: ClosingRow) -> str:
    """Return a mean difference with its interval."""
    return _both(row.difference, signed=True)


def _both(summary, signed: bool) -> str:
    """Return `mean (low to high)`, one decimal more than whole where numbers are small."""
    mean, low, high = (float(end) for end in (summary.mean, summary.p05, summary.p95))
    return figure(mean, signed) if low == high else f"{figure(mean, signed)} ({figure(low, signed)} to {figure(high, signed)})"


def picture(drawn: Figure, caption: str) -> Picture:
    """Return a figure as the page shows it."""
    held = io.BytesIO()
    drawn.savefig(held, format="png", dpi=DOTS_PER_INCH)
    return Picture(held.getvalue(), alternative_text(drawn), caption)


def table_html(table: Table) -> str:
    """Return a table that has a caption and named rows and columns, and scrolls in itself where the window is narrow."""
    head = "".join(f'<th scope="col" class="number">{escape(name)}</th>' if name else "<td></td>" for name in table.head)
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f'<td class="number">{escape(cell)}</td>' for cell in row[1:]) + "</tr>"
        for row in table.rows
    )
    caption = escape(table.caption)
    return (
        f'<div class="cc-table" tabindex="0" role="region" aria-label="{caption}"><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


# ---------------------------------------------------------------- the preview


def preview_table(found: Sequence[Previewed]) -> Table:
    """Return the preview by year: net cost and children in care, each reform less current plans."""
    years = found[0].years
    head = ["", *(year_name(year) for year in years), "All years"]
    rows = []
    for one in found:
        rows.append([f"{one.label}: net cost, £ million", *(_previewed(one.net, i, 1e6) for i in range(len(years))), _previewed(one.total, (), 1e6)])
        rows.append([f"{one.label}: children in care on 31 March", *(_previewed(one.children, i) for i in range(len(years))), "–"])
    return Table(f"Preview: change against {found[0].against}, {found[0].price_base} prices", head, rows)


def _previewed(spread, i, scale: float = 1.0) -> str:
    """Return a cell: the mean, and least to greatest where there are several runs."""
    mean, low, high = (float(np.asarray(end)[i]) / scale for end in (spread.mean, spread.least, spread.greatest))
    return figure(mean, True) if low == high else f"{figure(mean, True)} ({interval(low, high)})"


def preview_words(found: Sequence[Previewed]) -> list[str]:
    """Return what the preview is made of, for each way it was made."""
    said = []
    if any(not one.runs for one in found):
        said.append("By equations: the mean of very many runs, without chance. Effects of reforms and prices are at their means.")
    for why in sorted({one.why_runs for one in found if one.runs}):
        labels = ", ".join(one.label for one in found if one.why_runs == why)
        runs = next(one.runs for one in found if one.why_runs == why)
        said.append(
            f"{labels}: {runs} paired simulation runs, since {why}. With so few runs much of a small change is chance; "
            "the brackets hold the least and the greatest."
        )
    return said


def preview_figure(found: Sequence[Previewed]) -> Figure:
    """Return net cost and children in care of each reform less current plans, by year."""
    drawn = Figure(figsize=(10.0, 3.6 + 0.25 * len(found)), layout="constrained")
    left, right = drawn.subplots(1, 2)
    years = found[0].years
    for style, one in enumerate(found, 1):
        look = {"color": COLOURS[style], "marker": MARKERS[style], "linestyle": STYLES[style], "markersize": 4.5, "label": one.label}
        for axes, spread in ((left, one.net), (right, one.children)):
            axes.plot(years, spread.mean, **look)
            if one.runs:
                axes.fill_between(years, spread.least, spread.greatest, color=COLOURS[style], alpha=0.15, linewidth=0)
    for axes, at_31_march in ((left, False), (right, True)):
        axes.axhline(0.0, color=COLOURS[0], linewidth=1.0)
        year_axis(axes, years, at_31_march)
        bare(axes)
    left.set_title(f"Net cost, change against {found[0].against}", loc="left", fontsize=10)
    right.set_title("Children in care, change", loc="left", fontsize=10)
    money_axis(left.yaxis, f"a year, {found[0].price_base} prices")
    number_axis(right.yaxis, "Children")
    drawn.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=1, frameon=False, fontsize=9)
    said = " ".join(
        f"{one.label}: net cost {millions(float(one.net.mean[-1]), True)} £ million in {year_name(years[-1])}, "
        f"{more(float(one.children.mean[-1]))} children in care on 31 March {years[-1]}." for one in found
    )  # fmt: skip
    return described(drawn, f"Preview of change against {found[0].against}, by year; all numbers are in the table. {said}")
