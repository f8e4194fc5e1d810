"""The assumptions log in the terms of HM Treasury's Aqua Book, made from the register of the baseline."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from carecurve.reference.tables import table
from scenarios.loading import load
from scenarios.register import Row, register
from sim.cost_lines import assumptions

OWNER = "CareCurve developers"
# Quality by status, and by whether a range is stated.
QUALITY = {("published", True): "high", ("published", False): "high", ("derived", True): "medium", ("derived", False): "medium",
           ("assumed", True): "low, range stated", ("assumed", False): "low, no range"}  # fmt: skip
# Impact where it was measured, by the beginning of the path: word, and the page that has the measurement. All else is `not measured`.
IMPACT = (
    ("settings.pressure.reference", "high", "loops.md", "a tenth more work over capacity: 59 more children in care, £3.8m a year in Sefton"),
    ("settings.budget.need_response", "high where it is on", "loops.md", "0 in the baseline; all that `austerity` does rests on it"),
    ("settings.budget", "low", "loops.md", "no effect on care in the baseline; −£0.4m a year in Sefton"),
    ("settings.workforce", "low", "loops.md", "too small to tell from chance in Sefton"),
    ("settings.courts", "low", "loops.md", "3 fewer children in care in Sefton at a tenth more capacity"),
    ("settings.prices.real_growth_per_year", "low on a difference", "sensitivity.md",
     "early help in Leeds: not told from chance. On total cost: not measured, and likely to be high"),
    ("settings.supply", "low", "loops.md", "0.2 of a child in Leeds"),
)
UNMEASURED = "not measured"
INTRODUCTION = """# Assumptions log

The Aqua Book (HM Treasury's guidance on quality assurance of analysis) asks that every assumption of a model be logged with its owner, its
quality and its impact. This is the log of the **baseline**, made from the same register that `carecurve explain baseline` prints, so it
cannot differ from what is run.

- **Owner.** {owner}, for every number here. Who runs a study owns what its scenario files change: `carecurve explain mine.yaml` prints the
  log of a file, and a results folder keeps it in `manifest.json` and in the sheet *Assumptions* of its workbook. Name your owner in your
  study's own quality plan.
- **Quality** follows from status. *High*: published, read in the source. *Medium*: derived, arithmetic on published figures. *Low*:
  assumed, a judgement, with the range it may plausibly lie in, or without one.
- **Impact** is told only where it was measured, with the page that has the measurement: *high* moves headlines of an authority when it is
  moved by a tenth, *low* does not. *Not measured* does not mean small. `carecurve sensitivity` measures it for your reform and your
  authority.
- **Effects of reforms** are the most uncertain numbers of all. They stand in each reform's own file: `carecurve explain early-help`.
- **Review.** The log is made anew whenever a number changes, and a test fails until it is. No review by anybody outside the project is
  recorded.

## In numbers

{numbers}
## What is known to matter

{matter}
## The log

One row for numbers that stand together: one source, one status. *Values* shows the first few.

"""


def assumptions_page() -> str:
    """Return the page."""
    rows = register(load("baseline"))
    heads = ("entry", "values", "unit", "quality", "impact", "source")
    counts = Counter(quality(row) for row in rows)
    numbers = table(("quality", "numbers"), [(name, str(counts[name])) for name in dict.fromkeys(QUALITY.values()) if counts[name]])
    matter = table(("numbers", "impact", "measured"), [(f"`{path}`", word, f"{words} ([{page}]({page}))") for path, word, page, words in IMPACT])
    text = INTRODUCTION.format(owner=OWNER, numbers=numbers, matter=matter)
    for section, members in groupby(rows, key=section_of):
        text += f"### {section}\n\n{table(heads, [line(list(group)) for _, group in groupby(members, key=together)])}\n"
    return text + "### costs\n\nBeside each authority's own prices (`scenarios/data/cost_assumptions.csv`).\n\n" + table(heads, costs())


def section_of(row: Row) -> str:
    """Return the heading a number stands under; tails of durations, which the register lists last, have one of their own."""
    return "tails of durations" if row.path.endswith(".tail_share") else row.path.split(".")[0]


def together(row: Row) -> tuple[str, ...]:
    """Return what numbers of one row of the log share: where in the file, source, status."""
    return (".".join(row.path.split(".")[:4]), row.source, row.status, row.range)


def line(group: list[Row]) -> tuple[str, ...]:
    """Return a row of the log."""
    first = group[0]
    shown = "; ".join(row.value for row in group[:3]) + (f"; and {len(group) - 3} more" if len(group) > 3 else "")
    entry = first.path if len(group) == 1 else ".".join(first.path.split(".")[:4])
    return (f"`{entry}`", shown + (f" (range {first.range})" if first.range else ""), first.unit, quality(first), impact(first.path), first.source)


def quality(row: Row) -> str:
    """Return the quality of a number in the Aqua Book's terms."""
    return QUALITY[row.status, bool(row.range)]


def impact(path: str) -> str:
    """Return what is known of a number's impact."""
    return next((f"{word} ([{page}]({page}))" for start, word, page, _ in IMPACT if path.startswith(start)), UNMEASURED)


def costs() -> list[tuple[str, ...]]:
    """Return the rows of cost assumptions."""
    return [
        (f"`{name}`", f"{one['value']} (range {one['low']} to {one['high']})" if one["low"] else one["value"], one["unit"],
         QUALITY[one["status"], bool(one["low"])], UNMEASURED, one["source"])
        for name, one in assumptions().items()
    ]  # fmt: skip
