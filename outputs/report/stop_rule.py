"""Section 9: leading indicators and a stop rule: what must be seen by month 12 to carry on, and what must not.

The rule's bound is the 5 % or 95 % quantile of a measure that can tell (`outputs.report.indicators`) with the reform, rounded outward: on plan, 1
run in 20 at most is beyond it. Admissions, approvals and posts are what a reform buys: their rule is of delivery, whose own chance is not simulated
(places open when a scenario says so).

A bound of safety is the higher of the 95 % quantiles on current plans and with the reform, rounded up. That holds for each measure by itself, so the
page also says in what share of the reform's own runs at least one of them is above its bound.

From when the effect itself could be told: of a reform whose widest part of the cost bridge (chance apart) is price or mix, by the mean price of a
week in placements; of others by children in care.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from outputs.children import yearly
from outputs.price_volume import priced_of
from outputs.report import words
from outputs.report.answer import first_sign, month_in_words
from outputs.report.blocks import Block, Paragraph, Part, Points, Section, Table
from outputs.report.indicators import MONTHS, Indicator, first_month, indicators, told
from outputs.report.source import Source
from scenarios.timeline import add_months, year_ending, year_name
from sim.counting import divide
from sim.measures import MEASURES
from sim.results import Results

DELIVERY = (  # what a reform buys or opens, not what it does
    "intensive_help_admissions",
    "early_help_admissions",
    "in_house_foster_households_approved",
    "authority_childrens_home_homes_opened",
    "social_workers_fte",
)
PRICE_OR_MIX = ("placements_mix", "placements_market", "placements_commissioning")
SAFETY = ("rereferrals", "returned_plan", "returned_care", "emergency_starts", "cpp_repeat_2y", "unregistered_days")
SHOWN = 5
LEAST_RUNS = 10  # of fewer there is no 5 % quantile to speak of
Bounds = dict[str, tuple[np.ndarray, np.ndarray, str]]  # by measure: values on current plans and with the reform by run (R), and the bound shown


def section(source: Source) -> Section:
    """Return the section."""
    blocks: list[Block] = []
    if not source.reforms:
        blocks.append(Paragraph("A stop rule is of a reform, and this folder holds one scenario."))
    for reform in source.reforms:
        blocks.append(Part(source.name(reform), list(_rule(source, reform))))
    return Section("indicators", "Leading indicators and a stop rule", blocks)


def _rule(source: Source, reform: Results) -> Iterator[Block]:
    """Yield what is expected by month 12, and the rule."""
    start = first_month(source, reform)
    if start is None:
        yield Paragraph("The reform changes nothing that is paid or counted, so there is nothing to look for.")
        return
    end = add_months(start, MONTHS - 1)
    year = year_ending(end)
    if year not in source.years:
        yield Paragraph(f"Month 12 ({month_in_words(end)}) is after the end of the run, so there is no rule. Run it for longer.")
        return
    found = indicators(source, reform, start)
    shown = [one for one in found if one.clear][:SHOWN] or found[:3]
    tells = [one for one in shown if one.tells]
    areas = len(source.each.baseline.areas)
    seen = " These move first and most clearly; a range holds 9 of 10 runs." if shown else ""
    yield Paragraph(f"It starts in {month_in_words(start)}, so month 12 is {month_in_words(end)}.{seen}")
    if not shown:
        sign = first_sign(source, reform)
        yield Paragraph(
            "Nothing that an authority counts has moved by then."
            + (f" The first clear sign would be {sign}: set a second decision for when that is known." if sign else "")
        )
    else:
        head = ("Measure", "By", source.name(source.base), "With the reform", "Change and range", "Could tell it from chance")
        yield Table(
            f"What is expected of {source.name(reform)} by month 12, {source.area}", head, [_row(one, areas) for one in shown], frozenset({1, 5})
        )
    if source.runs < LEAST_RUNS or not source.by_chance:
        yield Paragraph(f"A stop rule needs {LEAST_RUNS} runs or more of an engine with chance; here the table shows what to expect and no more.")
        return
    yield Part("Stop rule", [Points(list(_stops(source, reform, year, shown, tells)))])
    if bounds := safety_bounds(source, reform, year):
        yield Part("Look at once", list(_look(source, reform, year, bounds)))


def _row(one: Indicator, areas: int) -> tuple[str, ...]:
    """Return the row of an indicator."""
    low, high = np.quantile(one.change, (0.05, 0.95))
    tells = ("yes" if one.tells else "no") if areas == 1 else f"{'yes' if one.tells else 'no'}, together; {one.told_in} of {areas} alone"
    return (
        words.labelled(one.label, MEASURES[one.measure].unit),
        one.when,
        words.figure(one.baseline.mean()),
        words.figure(one.reform.mean()),
        f"{words.figure(one.change.mean(), True)} ({words.interval(low, high)})",
        tells,
    )


def _stops(source: Source, reform: Results, year: int, shown: list[Indicator], tells: list[Indicator]) -> Iterator[str]:
    """Yield the rule, point by point."""
    spent = source.one("affordability.csv", reform.scenario, payer="all payers", item="reform_cost", year_ending=str(year))
    if spent is not None and spent["mean"] > 500.0:
        yield (
            f"Money: {words.pounds(spent['mean'])} is to be spent in the year to March {year}. If it is not, nothing below can be expected: "
            "re-plan the start before judging the effect."
        )
    yield from map(_bound, tells)
    if not shown:
        yield "No measure moves by month 12, so there is no rule on its effect by then. Do not stop it, or praise it, on what is seen by then."
    elif not tells:
        yield "No measure above can tell this reform from chance by month 12. Do not stop it, or praise it, on what they show by then."
    elif all(one.measure in DELIVERY for one in tells):
        yield "No measure of its effect can tell this reform from chance by month 12. Do not stop it, or praise it, on its effect by then."
    yield when_it_could(source, reform)


def _bound(one: Indicator) -> str:
    """Return the rule on a measure: its bound rounded outward, with its unit."""
    rises = one.change.mean() > 0.0
    bound = words.outward(float(np.quantile(one.reform, 0.05 if rises else 0.95)), up=not rises)
    unit = MEASURES[one.measure].unit.removesuffix(" (each time)")
    beyond = (
        f"{'fewer' if rises else 'more'} than {bound} {unit} are seen ({one.when}): {one.label[:1].lower()}{one.label[1:]}. "
        f"On plan {words.count(one.reform.mean(), 3)} are expected, and 1 run in 20 at most is {'lower' if rises else 'higher'}."
    )
    if one.measure not in DELIVERY:
        return f"Effect: stop or re-plan if {beyond}"
    return (
        f"Delivery, not effect: re-plan if {beyond} That places open late, or staff are not found, is not simulated: the true range is wider. "
        "Passing says that it was delivered, not that it works."
    )


def turns_on(source: Source, reform: Results) -> str | None:
    """Return the item of the cost bridge whose interval over runs is widest, chance apart; None if the folder has no bridge."""
    rows = source.rows("cost_bridge.csv", reform.scenario, measure="net_cost", year_ending="all")
    rows = rows[~rows["item"].isin(["total", "placements_chance"])]
    return str(rows["item"][(rows.p95 - rows.p05).idxmax()]) if len(rows) else None


def when_it_could(source: Source, reform: Results) -> str:
    """Say from when what the reform turns on could tell it from chance in the areas together: the price of placements, or children in care."""
    priced = turns_on(source, reform) in PRICE_OR_MIX
    if priced:
        base, ours = (mean_price(one, source.years) for one in (source.base, reform))
        what, apart = "The mean price of a week in placements", "prices of the same kinds of placement"
        lead = "It turns on prices and kinds of placement more than on how many children are in care. "
    else:
        base, ours = (yearly(one, "cla_at31_non_uasc", source.years)[0] for one in (source.base, reform))
        what, apart, lead = "Children in care", "families or authorities", ""
    could = [year for y, year in enumerate(source.years) if told(base[:, y], ours[:, y] - base[:, y])]
    if could:
        since = year_name(could[0]) if priced else f"31 March {could[0]}"
        return f"{lead}{what} could tell it from chance in {source.area} from {since}: decide on the effect itself then, and not before."
    last = year_name(source.years[-1])
    sizes = f" (£{base[:, -1].mean():,.0f} on {source.plans} and £{ours[:, -1].mean():,.0f} with it in {last})" if priced else ""
    return (
        f"{lead}{what} could not tell it from chance in {source.area} by {last}{sizes}. Whether it works must be "
        f"found by comparing {apart} with and without it, so plan an evaluation before it starts."
    )


def mean_price(results: Results, years: list[int]) -> np.ndarray:
    """Return what all placements cost over the weeks in them (R, Y), pounds a week; 0 where there are none."""
    found = priced_of(results, years)
    return divide(found["gbp"][0], found["weeks"][0])


def safety_bounds(source: Source, reform: Results, year: int) -> Bounds:
    """Return, by safety measure that is counted, values on current plans and with the reform by run (R), and the bound as it is shown."""
    found = {}
    for name in SAFETY:
        base, ours = (yearly(one, name, [year])[0, :, 0] for one in (source.base, reform))
        if not np.isnan(base).any() and (base.any() or ours.any()):
            found[name] = base, ours, words.outward(max(float(np.quantile(base, 0.95)), float(np.quantile(ours, 0.95))), up=True)
    return found


def any_above(bounds: Bounds) -> float:
    """Return the share of the reform's runs in which one measure or more is above its bound as it is shown."""
    return float(np.any([ours > float(bound.replace(",", "")) for _, ours, bound in bounds.values()], axis=0).mean())


def _look(source: Source, reform: Results, year: int, bounds: Bounds) -> Iterator[Block]:
    """Yield what must not rise, and how often it does on plan."""
    chance = words.of_runs(any_above(bounds), source.runs)
    yield Paragraph(
        "Whatever the rule says, look at cases at once if one of these is above its bound. A bound is what 19 of 20 runs stay within, on "
        f"{source.plans} or with the reform, whichever is higher. On plan each is passed in 1 run in 20 at most, but one or more of the "
        f"{len(bounds)} is passed in {chance}: look, and do not stop the reform on that alone."
    )
    yield Table(
        f"Safety by March {year} with {source.name(reform)}, {source.area}",
        ("Measure", source.name(source.base), "With the reform", "Look if above"),
        [
            (words.labelled(MEASURES[name].label, MEASURES[name].unit), words.figure(base.mean()), words.figure(ours.mean()), bound)
            for name, (base, ours, bound) in bounds.items()
        ],
    )
