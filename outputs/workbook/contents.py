"""The first sheet: what was run, the other sheets by question with links, how to read them, checks, and how to reproduce it."""

from __future__ import annotations

from outputs.naming import CURRENT_PLANS
from outputs.workbook.book import CONTENTS, Book, Column, Page
from outputs.workbook.told import HOW_SURE, NOT_SIMULATED, SOURCE, Told
from scenarios.timeline import year_name

WORDS = (
    ("{plans}", "What reforms are compared with: the scenario `{key}`{policy}."),
    ("Net cost", "Cost to {payer} less grants and other income."),
    ("Constant prices", "Prices of one year; those of placements still grow over general inflation, as the scenario says."),
    ("Paired runs", "Run r has the same families and chance in every scenario, so that differences are taken run by run."),
    ("Mean", "Average over runs. Means add up over lines, years and authorities."),
    ("P10, P50, P80, P90", "Percentiles over runs: the figure is at or below P80 in 80 % of runs. They do not add up."),
    ("Published, derived, assumed", "Status of a number that is put in: from a source; arithmetic on such figures; a judgement."),
)

EFFECTS = {
    "drawn": "drawn anew in each run from the ranges of the sheet Assumptions", "central": "at their means: spread is chance alone",
    "null": "none: reforms cost what they cost and change nothing",
}  # fmt: skip


def begin_contents(book: Book, told: Told) -> Page:
    """Begin the sheet, so that it is the first; `fill_contents` writes it once the others are there."""
    scenarios = [one.label for one in told.together.scenarios]
    against = f": {', '.join(scenarios[1:])} against {scenarios[0]}" if scenarios[1:] else f": {scenarios[0]}"
    return book.page(
        CONTENTS, f"CareCurve results for {told.area}", [f"{told.span}{against}", HOW_SURE.format(runs=told.runs), SOURCE, NOT_SIMULATED]
    )


def fill_contents(page: Page, told: Told) -> None:
    """Write links to all other sheets, what was run, words, and checks."""
    book = page.book
    page.heading("Sheets")
    others = [other for other in book.pages if other is not page]
    placed = page.table([Column("Sheet", width=26), Column("Question", width=100)], [(other.name, other.question) for other in others])
    link = book.format(font_color="#0563C1", underline=1)
    for row, other in enumerate(others, placed.first):
        page.sheet.write_url(row, 0, f"internal:'{other.name}'!A1", link, other.name, f"Go to {other.name}")
    page.heading("What was run")
    page.table([Column("Item", width=26), Column("Value", width=100)], _about(told))
    page.heading("Words")
    page.table([Column("Word", width=26), Column("Meaning", width=100)], _words(told))
    page.heading("Checks in every run")
    checks = [(one.label, check) for one in told.comparison.scenarios for check in one.metadata.get("checks") or ()]
    rows = [(label, f"{check['meaning']}: {'holds' if check['holds'] else 'DOES NOT HOLD'}") for label, check in checks]
    page.table([Column("Scenario", width=26), Column("Check", width=100)], rows or [("", "none are kept in these results")])
    page.sheet.activate()


def _words(told: Told) -> list[tuple[str, str]]:
    """Return words and what they mean here."""
    policy = ", which holds committed policy" if told.base.label == CURRENT_PLANS else ""
    here = {"plans": told.base.label, "key": told.base.scenario, "policy": policy, "payer": told.payer}
    return [(word.format(**here), meaning.format(**here)) for word, meaning in WORDS]


def _about(told: Told) -> list[tuple[str, str]]:
    """Return what was run, in words."""
    about, base = told.comparison.metadata, told.comparison.baseline
    one = base.metadata
    versions = about.get("versions") or {}
    rows = [
        ("Area", told.area), ("Authorities", ", ".join(base.areas) if told.several else base.areas[0]),
        ("Scenarios", "; ".join(f"{each.label} ({each.scenario})" for each in told.together.scenarios)),
        ("Financial years", f"{year_name(base.years[0])} to {year_name(base.years[-1])}; scenarios can differ from {one['from']}"),
        ("Runs and seed", f"{base.replicates} runs, seed {one.get('seed', 'not known')}"), ("Engine", str(one.get("engine", "not known"))),
        ("Effects of reforms", EFFECTS.get(str(about.get("effects")), "not known")), ("Price base", told.prices),
        ("Note", str(about.get("note") or "none")),
        ("Version", ", ".join(f"{name} {version}" for name, version in versions.items()) or "not known"),
        ("How to run it again", "manifest.json beside this file holds the scenarios' text, the seed and the options"),
    ]  # fmt: skip
    if about.get("grossing"):
        rows.insert(2, ("England", "grossed up from the authorities that have figures; single authorities as they are"))
    if about.get("missing_members"):
        rows.insert(2, ("Without figures, left out", ", ".join(about["missing_members"])))
    return rows
