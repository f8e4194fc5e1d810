"""Section 9: leading indicators and a stop rule: what must be seen by month 12 to carry on, and what must not.

Month 12 is the twelfth month from that in which the reform's own levers first act. Measures counted by month (the headline ten) are of those twelve
months, or of their end; others, and money, are of the first financial year that ends in month 12 or later. A measure can tell the reform from chance
if its mean difference is `DETECTABLE` standard deviations of the baseline over runs: what 80 % power at 5 % takes (`outputs.children_marks`).
The rule's bound is the 5 % or 95 % quantile of the measure with the reform: on plan, 1 run in 20 is beyond it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from outputs.children import NOT_COUNTED, yearly
from outputs.children_marks import DETECTABLE
from outputs.report import words
from outputs.report.answer import WORTH_SEEING, first_sign, month_in_words
from outputs.report.blocks import Block, Paragraph, Part, Points, Section, Table
from outputs.report.source import Source
from scenarios.timeline import add_months, year_ending, year_name
from sim.measures import HEADLINES, MEASURES
from sim.results import Results

MOVE_FIRST = (
    "intensive_help_admissions",
    "early_help_admissions",
    "referrals",
    "s47",
    "icpc",
    "cpp_started",
    "care_starts",
    "reunified",
    "sgo",
    "adopted",
    "placement_moves",
    "siblings_apart",
    "placed_over_20_miles_at31",
    "out_of_area_at31",
    "pooled_at31",
    "childrens_home_at31",
    "foster_at31",
    "supported_at31",
    "in_house_foster_at31",
    "kinship_at31",
    "in_house_foster_households_approved",
    "agency_foster_households_approved",
    "childrens_home_homes_opened",
    "authority_childrens_home_homes_opened",
    "social_workers_fte",
    "agency_workers_fte",
    "care_proceedings_weeks",
    "placements_gbp_per_week",
    "cla_at31",
)
SAFETY = ("rereferrals", "returned_plan", "returned_care", "emergency_starts", "cpp_repeat_2y", "unregistered_days")
MONTHS, SHOWN = 12, 5
LEAST_RUNS = 10  # of fewer there is no 5 % quantile to speak of


@dataclass(frozen=True)
class Indicator:
    """A measure by month 12: its words, when, values on current plans and with the reform by run (R), and how many authorities could tell it.

    Attributes
    ----------
    told_in
        Authorities whose own difference is at least what chance would hide.
    """

    measure: str
    label: str
    when: str
    baseline: np.ndarray
    reform: np.ndarray
    told_in: int

    @property
    def change(self) -> np.ndarray:
        """The paired difference by run (R)."""
        return self.reform - self.baseline

    @property
    def clear(self) -> bool:
        """Whether the 90 % interval of the difference is on one side of 0."""
        low, high = np.quantile(self.change, (0.05, 0.95))
        return bool(low > 0.0 or high < 0.0)

    @property
    def tells(self) -> bool:
        """Whether the areas together could tell the difference from chance."""
        return told(self.baseline, self.change)

    @property
    def strength(self) -> float:
        """The mean difference over the standard deviation of the baseline: what measures are put in order by."""
        return abs(float(self.change.mean())) / max(float(self.baseline.std()), 1e-6)


def told(baseline: np.ndarray, change: np.ndarray) -> bool:
    """Return whether a mean difference is at least what chance in the baseline would hide (R each)."""
    if len(baseline) < 2:
        return False
    mean = abs(float(change.mean()))
    return mean >= DETECTABLE * float(baseline.std(ddof=1)) and mean > 1e-9 * abs(float(baseline.mean())) and mean > 1e-9


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
    yield Paragraph(
        f"It starts in {month_in_words(start)}, so month 12 is {month_in_words(end)}. These move first and most clearly; a range holds 9 of 10 runs."
    )
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
    yield Part("Stop rule", [Points(list(_stops(source, reform, year, tells)))])
    yield Part(
        "Look at once",
        [
            Paragraph("Whatever the rule says, look at cases at once if one of these is above its bound: on plan 1 run in 20 is higher."),
            Table(
                f"Safety by March {year} with {source.name(reform)}, {source.area}",
                ("Measure", source.name(source.base), "With the reform", "Look if above"),
                list(_safety(source, reform, year)),
            ),
        ],
    )


def first_month(source: Source, reform: Results) -> str | None:
    """Return the month in which a reform first acts: its levers', or else April of the first year in which it costs anything."""
    found = source.first_month(reform)
    if found is not None:
        return found
    net = np.abs(source.whole.cost_difference(reform.scenario).sel(year_ending=source.years).to_numpy()[0]).sum(axis=0)
    moved = [year for year, value in zip(source.years, net, strict=True) if value > 500.0]
    return f"{moved[0] - 1}-04" if moved else None


def indicators(source: Source, reform: Results, start: str) -> list[Indicator]:
    """Return measures by month 12, those that tell first, then by strength."""
    year = year_ending(add_months(start, MONTHS - 1))
    missing = NOT_COUNTED.get(str(source.base.metadata.get("engine")), frozenset())
    found = []
    for name in MOVE_FIRST:
        if name in missing:
            continue
        own, together, when = ((), (), "")
        if name in HEADLINES:
            own, together = (
                (_by_month(one, name, start) for one in (source.each.baseline, source.each[reform.scenario])),
                (_by_month(one, name, start) for one in (source.base, reform)),
            )
            when = f"month 12 ({month_in_words(add_months(start, MONTHS - 1))})"
        else:
            own = (yearly(one, name, [year])[..., 0] for one in (source.each.baseline, source.each[reform.scenario]))
            together = (yearly(one, name, [year])[..., 0] for one in (source.base, reform))
            when = f"31 March {year}" if MEASURES[name].over == "last" else f"year to March {year}"
        (before, after), (base, ours) = tuple(own), tuple(together)
        if np.isnan(base).any() or np.isnan(ours).any():
            continue
        in_areas = sum(told(before[a], after[a] - before[a]) for a in range(len(before)))
        one = Indicator(name, MEASURES[name].label, when, base[0], ours[0], in_areas)
        if abs(float(one.change.mean())) >= max(0.5, WORTH_SEEING * abs(float(one.baseline.mean()))):
            found.append(one)
    return sorted(found, key=lambda one: (not one.tells, not one.clear, -one.strength))


def _by_month(results: Results, name: str, start: str) -> np.ndarray:
    """Return a headline measure over the first twelve months, or at their end (A, R); missing if they are not all there."""
    months = [add_months(start, i) for i in range(MONTHS)]
    held = results.monthly.sel(measure=name)
    if not set(months) <= set(held.month.to_numpy().tolist()):
        return np.full((len(results.areas), results.replicates), np.nan)
    values = held.sel(month=months).to_numpy()
    return values.sum(axis=-1) if MEASURES[name].over == "sum" else values[..., -1]


def _row(one: Indicator, areas: int) -> tuple[str, ...]:
    """Return the row of an indicator."""
    low, high = np.quantile(one.change, (0.05, 0.95))
    tells = ("yes" if one.tells else "no") if areas == 1 else f"{'yes' if one.tells else 'no'}, together; {one.told_in} of {areas} alone"
    return (
        f"{one.label} ({MEASURES[one.measure].unit})",
        one.when,
        words.figure(one.baseline.mean()),
        words.figure(one.reform.mean()),
        f"{words.figure(one.change.mean(), True)} ({words.interval(low, high)})",
        tells,
    )


def _stops(source: Source, reform: Results, year: int, tells: list[Indicator]) -> Iterator[str]:
    """Yield the rule, point by point."""
    spent = source.one("affordability.csv", reform.scenario, payer="all payers", item="reform_cost", year_ending=str(year))
    if spent is not None and spent["mean"] > 500.0:
        yield (
            f"Money: {words.pounds(spent['mean'])} is to be spent by March {year}. If it is not, nothing below can be expected: re-plan "
            "the start before "
            "judging the effect."
        )
    for one in tells:
        rises = one.change.mean() > 0.0
        bound = float(np.quantile(one.reform, 0.05 if rises else 0.95))
        yield (
            f"Stop or re-plan if {'fewer' if rises else 'more'} than {words.count(bound, 3)} are seen ({one.when}): "
            f"{one.label[:1].lower()}{one.label[1:]}. "
            f"On plan {words.count(one.reform.mean(), 3)} are expected, and 1 run in 20 is {'lower' if rises else 'higher'}."
        )
    if not tells:
        yield "No measure above can tell this reform from chance by month 12. Do not stop it, or praise it, on what they show by then."
    yield _when_it_could(source, reform, year)


def _when_it_could(source: Source, reform: Results, year: int) -> str:
    """Say from when children in care could tell the reform from chance in the areas together."""
    base, ours = (yearly(one, "cla_at31_non_uasc", source.years)[0] for one in (source.base, reform))
    could = [when for y, when in enumerate(source.years) if told(base[:, y], ours[:, y] - base[:, y])]
    if could:
        return (
            f"Children in care could tell it from chance in {source.area} from 31 March {could[0]}: decide on the effect itself then, and not before."
        )
    return (
        f"Children in care could not tell it from chance in {source.area} by {year_name(source.years[-1])}. Whether it works must be "
        "found by comparing families or authorities with and without it, so plan an evaluation before it starts."
    )


def _safety(source: Source, reform: Results, year: int) -> Iterator[tuple[str, ...]]:
    """Yield bounds of what must not rise."""
    for name in SAFETY:
        base, ours = (yearly(one, name, [year])[0, :, 0] for one in (source.base, reform))
        if np.isnan(base).any() or not (base.any() or ours.any()):
            continue
        bound = max(float(np.quantile(base, 0.95)), float(np.quantile(ours, 0.95)))
        yield f"{MEASURES[name].label} ({MEASURES[name].unit})", words.figure(base.mean()), words.figure(ours.mean()), words.count(bound, 3)
