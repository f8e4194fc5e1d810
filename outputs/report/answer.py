"""Section 1: the answer in three sentences for each reform, with its uncertainty; every number is worked out, none is written here.

First sentence: what it costs, what it does to children in care in the last year, and what moves first. Second: when it pays, and what could leave a
budget. Third: what the result turns on, and what happened to safety proxies.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from outputs.children_marks import verdicts
from outputs.report import words
from outputs.report.answer_beside import alone, beside, how_to_read
from outputs.report.blocks import Block, Paragraph, Part, Section
from outputs.report.source import Source
from scenarios.timeline import first_day, year_ending, year_name
from scenarios.wording import listed
from sim.measures import MEASURES
from sim.results import Results

STAYS_AS_IT_IS = 0.0005  # of the baseline: a mean change below it, within an interval of ten times that, is none worth a number
WORTH_SEEING = 0.005  # of what is expected anyway: a smaller change is clear in paired runs, and nobody would see it
FIRST_TO_MOVE = {  # measure: words for several of them
    "cpp_started": "child protection plans started",
    "s47": "section 47 enquiries",
    "referrals": "referrals",
    "care_starts": "care starts",
    "reunified": "children returned home",
    "placement_moves": "moves between placements",
    "placed_over_20_miles_at31": "children placed over 20 miles from home",
    "childrens_home_at31": "children in children’s homes",
    "foster_at31": "children in foster care",
    "unregistered_at31": "children in unregistered placements",
    "siblings_apart": "sibling groups placed apart",
    "agency_workers_fte": "agency social workers",
    "care_leavers_at31": "care leavers supported",
}
NAMED = 3
LIKELY = ("likely", "highly likely", "almost certain")  # words of the legend that go with "to"
TURNS_ON = {  # item of the cost bridge: what it is
    "placements_volume": "how many weeks children spend in placements",
    "placements_mix": "which kinds of placement children need",
    "placements_chance": "what each placement happens to cost",
    "placements_market": "how prices answer to use of the market",
    "placements_commissioning": "what commissioning wins on price",
    "placements_interaction": "how volume and price move together",
}


def section(source: Source) -> Section:
    """Return the section."""
    blocks: list[Block] = []
    if not source.reforms:
        blocks += alone(source)
    for reform in source.reforms:
        own: list[Block] = [Paragraph(text, lead=True) for text in sentences(source, reform)]
        warning = marked(source, reform)
        blocks.append(Part(source.name(reform), [*([Paragraph(warning, warning=True)] if warning else []), *own]))
    if source.reforms:
        blocks += beside(source)
    return Section("answer", "The answer", [*blocks, *how_to_read(source)])


def sentences(source: Source, reform: Results) -> Iterator[str]:
    """Yield the three sentences of a reform."""
    yield f"{_costs(source, reform)} {_children(source, reform)}, {_moves_first(source, reform)}"
    yield _pays(source, reform)
    yield f"{_turns_on(source, reform)} {_safety(source, reform)}"


def marked(source: Source, reform: Results) -> str | None:
    """Return the warning of a reform that costs less while a safety proxy worsens."""
    found = _verdict(source, reform)
    if found is None or not found.marked:
        return None
    return f"This reform costs less, and a measure of children’s safety gets worse beyond chance ({_worse(found.worse)}). Do not call it better."


def _costs(source: Source, reform: Results) -> str:
    """Say what a reform spends and from when."""
    name = source.name(reform)
    paid = source.rows("affordability.csv", reform.scenario, payer="all payers", item="reform_cost")
    if paid.empty:
        return f"What {name} itself costs is not told (the folder has no affordability.csv: run the comparison again). It"
    paid = paid[paid["mean"].abs() > 500.0].assign(year=lambda rows: rows.year_ending.astype(int)).sort_values("year")
    if paid.empty:
        return f"{name} has no running cost of its own: it"
    first, last = int(paid.year.iloc[0]), int(paid.year.iloc[-1])
    month = source.first_month(reform)
    since = f"from {month_in_words(month)}" if month and year_ending(month) == first else f"from {year_name(first)}"
    mean = float(paid["mean"].sum()) / (last - first + 1)
    verb = "Spending" if mean > 0.0 else "Spending less, by"
    each = f"{words.pounds(abs(mean))} a year {'more ' if mean > 0.0 else ''}on “{name}” {since}"
    return f"{verb} {each} ({_average(paid, first, last)}, {source.prices})"


def _average(paid: pd.DataFrame, first: int, last: int) -> str:
    """Say what the yearly figure is a mean of, and how far it moves."""
    if first == last:
        return f"in {year_name(first)} alone"
    low, high = float(paid["mean"].min()), float(paid["mean"].max())
    spread = f", {words.pounds(low)} to {words.pounds(high)}" if words.pounds(low) != words.pounds(high) else ""
    return f"the average to {year_name(last)}{spread}"


def _children(source: Source, reform: Results) -> str:
    """Say what it means for children in care on the last 31 March."""
    last = source.years[-1]
    change = (reform.annual - source.base.annual).sel(measure="cla_at31", year_ending=last).to_numpy()[0]
    row = source.one("differences.csv", reform.scenario, measure="cla_at31", year_ending=str(last))
    base = source.one("summary.csv", source.base.scenario, measure="cla_at31", year_ending=str(last))
    when = f"on 31 March {last}"
    if row is None or base is None:
        return "has an effect on children in care that is not told (the folder has no differences.csv: run the comparison again)"
    low, high, mean = float(row.p05), float(row.p95), float(row["mean"])
    least = max(STAYS_AS_IT_IS * float(base["mean"]), 0.5)
    if abs(mean) < least and max(abs(low), abs(high)) < 10.0 * least:
        return (
            f"would leave children in care {when} about as many as on {source.plans} ({words.between(low, high)}, of {words.count(base['mean'], 3)})"
        )
    share = float((change < 0.0).mean() if mean < 0.0 else (change > 0.0).mean())
    way = "fewer" if mean < 0.0 else "more"
    told = f"mean {way} children in care {when} than the {words.count(base['mean'], 3)} on {source.plans}: {words.between(low, high)}"
    if source.runs == 1:
        return f"would{'' if source.by_chance else ' on average'} {told}"
    return f"{_how_likely(share, source, not low < 0.0 < high)} {told} in 9 of 10 runs"


def _how_likely(share: float, source: Source, clear: bool) -> str:
    """Return how likely a change of that sign is, to go before what it is: in the words of the legend where it is `clear` and they say likely."""
    if source.runs < words.LEAST_RUNS_FOR_WORDS:
        return f"{'would' if clear else 'may'} ({words.chance(share, source.runs)})"
    word = words.word_of(share, source.runs)
    return f"is {word} ({words.of_runs(share, source.runs)}) to" if clear and word in LIKELY else f"may ({words.chance(share, source.runs)})"


def _moves_first(source: Source, reform: Results) -> str:
    """Say what is seen first."""
    if source.rows("differences.csv", reform.scenario).empty:
        return "and what would move first is not told."
    found = first_sign(source, reform)
    return "and nothing that an authority counts would move clearly in any year." if found is None else f"and would first show as {found}."


def first_sign(source: Source, reform: Results) -> str | None:
    """Say what moves most clearly in the first year in which anything does (its 90 % interval does not hold 0); None if nothing does."""
    rows = source.rows("differences.csv", reform.scenario)
    rows = rows[rows.measure.isin(list(FIRST_TO_MOVE)) & rows.year_ending.isin([str(year) for year in source.years])]
    clear = rows[((rows.p05 > 0.0) | (rows.p95 < 0.0)) & (rows["mean"].abs() >= 1.0)].assign(year=lambda found: found.year_ending.astype(int))
    if clear.empty:
        return None
    base = source.rows("summary.csv", source.base.scenario).set_index(["measure", "year_ending"])["mean"]
    before = np.array([base.get((row.measure, str(row.year)), 0.0) for row in clear.itertuples()])
    seen = clear[clear["mean"].abs().to_numpy() >= WORTH_SEEING * before]
    clear = seen if len(seen) else clear
    early = clear[clear.year == clear.year.min()]
    row = early.loc[((early["mean"].abs() / (early.p95 - early.p05).clip(lower=1e-9)).idxmax())]
    what = FIRST_TO_MOVE[row.measure]
    on = f"on 31 March {row.year}" if MEASURES[row.measure].over == "last" else f"in {year_name(int(row.year))}"
    return f"about {words.more(row['mean'])} {what} {on}"


def _pays(source: Source, reform: Results) -> str:
    """Say in which years it costs more than it saves, how likely it pays back, and how much of a benefit could leave a budget."""
    even = source.one("appraisal.csv", reform.scenario, measure="break_even_year_authority")
    yearly = source.rows("affordability.csv", reform.scenario, payer="authority", item="net")
    net = (
        [
            float(source.one("affordability.csv", reform.scenario, payer="authority", item="net", year_ending=str(year))["mean"])
            for year in source.years
        ]
        if len(yearly)
        else []
    )
    if even is None or not net:
        return "When it pays is not told: the folder has no appraisal.csv, or no affordability.csv. Run the comparison again to have them."
    recovered = f"cumulative costs are recovered by March {source.years[-1]} in {words.of_runs(float(even.probability), source.runs)}"
    return f"{_when_it_costs(source, net)}; {recovered}{_likely(float(even.probability), source)}, and {_could_leave(source, reform)}."


def _likely(share: float, source: Source) -> str:
    """Return the words of a chance in brackets, where there are runs enough for one."""
    return "" if source.runs < words.LEAST_RUNS_FOR_WORDS else f" ({words.word_of(share, source.runs)})"


def _when_it_costs(source: Source, net: list[float]) -> str:
    """Say in which years it costs the authority more than it saves, on average."""
    costs = [year for year, value in zip(source.years, net, strict=True) if value > 500.0]
    saves = [year for year, value in zip(source.years, net, strict=True) if value < -500.0]
    worst = max(zip(net, source.years, strict=True))
    most = f" (most in {year_name(worst[1])}: {words.pounds(worst[0])})" if costs else ""
    if not costs and not saves:
        return f"On average it costs {source.payer} as much as it saves in every year"
    if not saves:
        return f"On average it costs {source.payer} more than it saves in every year from {year_name(costs[0])} to {year_name(costs[-1])}{most}"
    if not costs:
        return f"On average it costs {source.payer} less than {source.plans} in every year from {year_name(saves[0])}"
    if max(costs) < min(saves):
        return f"On average it costs {source.payer} more than it saves until {year_name(costs[-1])}{most}, and less from {year_name(saves[0])}"
    return f"On average it costs {source.payer} more than it saves in {len(costs)} of {len(net)} years{most}"


def _could_leave(source: Source, reform: Results) -> str:
    """Say how much of the last year's benefit could leave the authority's budget."""
    last = source.years[-1]
    found = source.rows("benefits.csv", reform.scenario, line="all", year_ending=str(last)).set_index("class")["mean"]
    if found.empty:
        return "what could leave a budget is not told (the folder has no benefits.csv: run the comparison again)"
    rest = float(found["all"] - found.get("help_withdrawn", 0.0))
    if rest < 500.0:
        extra = f"other lines cost {words.pounds(-rest)} more" if rest <= -500.0 else "other lines cost as much"
        return f"there is nothing to take out of a budget in {year_name(last)}: {extra}"
    leaves = float(found["budget_reduction"])
    only = "only " if leaves < 0.5 * rest else ""
    amount = f"{only}{words.pounds(leaves)} could" if leaves >= 500.0 else "nothing could"
    return f"of {words.pounds(rest)} of benefit in {year_name(last)} {amount} leave {source.payers} budget"


def _turns_on(source: Source, reform: Results) -> str:
    """Say what the result turns on: the widest bar of a tornado if the folder has one, else the widest part of the cost bridge; and home prices."""
    tornado = source.sensitivity("tornado.csv", reform, "label", "swing")
    if tornado is not None and len(tornado):
        what = f"The result turns most on {tornado.iloc[0].label}"
    else:
        rows = source.rows("cost_bridge.csv", reform.scenario, measure="net_cost", year_ending="all")
        rows = rows[rows.item != "total"] if len(rows) else rows
        if rows.empty:
            what = "What the result turns on is not in this folder"
        else:
            widest = rows.loc[(rows.p95 - rows.p05).idxmax()]
            if widest.p95 - widest.p05 < 500.0:
                what = "No part of its cost varies between runs"
            else:
                part = TURNS_ON.get(str(widest["item"]), f"the cost of {_small(str(widest.label))}")
                what = f"The result turns most on {part} ({words.pounds_between(widest.p05, widest.p95)} over {source.span})"
    return f"{what}{_homes(source)};"


def _small(label: str) -> str:
    """Return a label inside a sentence."""
    return label[:1].lower() + label[1:]


def _homes(source: Source) -> str:
    """Say what the price and number of children's homes alone could add on current plans."""
    row = source.one("summary.csv", source.base.scenario, measure="cost_childrens_home", year_ending=str(source.years[-1]))
    if row is None or row.p95 - row["mean"] < 500.0:
        return ""
    more = words.pounds(float(row.p95 - row["mean"]))
    return (
        f", while children’s homes alone could cost {more} more than expected in {year_name(source.years[-1])} whether or not it goes ahead "
        "(1 run in 20)"
    )


def _verdict(source: Source, reform: Results):
    """Return the verdict of the marks on a reform; None if the folder has none."""
    table = source.table("marks.csv", "proxy", "basis", "finding")
    found = [] if table is None else [one for one in verdicts(table, source.area) if one.scenario == reform.scenario]
    return found[0] if found else None


def _safety(source: Source, reform: Results) -> str:
    """Say what safety proxies did, and that harm is not simulated."""
    found = _verdict(source, reform)
    if found is None:
        told = "what happened to safety proxies is not in this folder"
    elif found.worse:
        told = f"safety proxies got worse beyond chance: {_worse(found.worse)}"
    elif not found.known:
        told = "whether children are less safe is not known from so few runs"
    else:
        told = "no safety proxy that is counted got worse beyond chance"
    return f"{told}, and harm to children is not simulated."


def _worse(proxies: tuple[str, ...]) -> str:
    """Return the proxies that are worse, three at most by name."""
    names = [proxy.split(" (as ")[0] for proxy in proxies]
    return listed(names if len(names) <= NAMED else [*names[:NAMED], f"{len(names) - NAMED} more (section 4)"])


def month_in_words(month: str) -> str:
    """Return a month in words."""
    return f"{first_day(month):%B %Y}"
