"""The pages that are made from the code, by their name in `docs`."""

from __future__ import annotations

from carecurve import cli
from carecurve.reference.assumptions import assumptions_page
from carecurve.reference.commands import command_section, commands
from carecurve.reference.tables import model_section, paragraphs, table
from carecurve.reference.words import closure
from scenarios.lever_base import Lever
from scenarios.levers import LEVERS
from scenarios.levers_generic import QUANTITIES
from scenarios.pathway_schema import Pathway
from scenarios.quantities import CHILD_AGE_BANDS, NEEDS
from scenarios.schema import SCENARIO_KEYS, Expects, Settings
from sim.measure import Measure
from sim.measures import MEASURES

MADE = "<!-- Made by `python -m carecurve.reference`: change the code, not this page. -->\n\n"
# What each key at the top of a scenario file is; the page is refused if a key has no words.
KEYS = {
    "name": "What results call it. Needed.",
    "description": "What it is, in a sentence or two.",
    "extends": "The scenario, or list of scenarios, that it is laid on: names, or paths from this file. Later ones win.",
    "without": "Levers of the scenarios below that it leaves out, by name.",
    "delay_months": "Every lever's dates so many months later.",
    "expects": "Measures that it moves, and one that it leaves alone: see Expects.",
    "overlap": "In words, how levers put together act on the same children.",
    "pathway": "A pathway file in place of the shipped one.",
    "fitted": "A folder that `carecurve calibrate` wrote, whose rates and draws it uses.",
    "settings": "Numbers of the run and of the environment: see Settings.",
    "levers": "What the reform does: a list, each `kind: {keys}` ([levers](levers.md)).",
    "set": "Single numbers changed, by dotted path: a value, or months with values, such as `{2026-09: 30}`.",
    "areas": "An authority's own figures, as `carecurve init` writes them.",
}
ROLES = {"input": "put in", "fitted": "fitted", "outcome": "outcome", "": ""}
OVER = {"sum": "added up", "mean": "mean of months", "last": "31 March"}


def pages() -> dict[str, str]:
    """Return every page made from the code, by its name in `docs`."""
    return {
        "reference/commands.md": commands_page(),
        "reference/scenario-files.md": scenario_page(),
        "reference/levers.md": levers_page(),
        "reference/pathway-file.md": pathway_page(),
        "reference/measures.md": measures_page(),
        "assumptions.md": MADE + assumptions_page(),
    }


def commands_page() -> str:
    """Return the page of the command line."""
    start = (
        "# Commands\n\n" + MADE + "The command is `carecurve`. `carecurve COMMAND --help` prints the same. What a user got wrong ends in one "
        "message that says what was expected, with exit status 2 and nothing written.\n\n"
    )
    return start + "\n".join(command_section(name, function) for name, function in commands(cli.app).items())


def scenario_page() -> str:
    """Return the page of scenario files: keys at the top, settings and what they hold."""
    models = closure([Settings, Expects])
    rows = [(f"`{key}`", KEYS[key]) for key in SCENARIO_KEYS]
    start = (
        "# Scenario files\n\n" + MADE + "A scenario is a YAML file. What it does not say it takes from the scenario it extends. `carecurve validate "
        "FILE` names every fault with line and column; `carecurve explain FILE` prints every number.\n\n## At the top\n\n"
        + table(("key", "meaning"), rows) + "\n" + distributions()
    )
    return start + "\n".join(model_section(model, set(models)) for model in models)


def distributions() -> str:
    """Return the section on numbers we are not sure of."""
    rows = [
        ("`0.85`", "one number, the same in every run"),
        ("`{value: 0.85, range: [0.7, 1.0]}`", "one number, with the range it may plausibly lie in"),
        ("`{triangular: [0.68, 0.85, 1.00]}`", "lowest, likeliest, highest"),
        ("`{uniform: [0, 0.05]}`", "anything between, evenly"),
        ("`{normal: {mean: 0.9, interval_90: [0.8, 1.0]}}`", "mean, and the interval that holds 90 % (or `interval_95`)"),
        ("`{lognormal: {median: 0.81, interval_95: [0.71, 0.92]}}`", "median, and the interval that holds 95 % (or `interval_90`)"),
    ]
    return (
        "## Numbers and distributions\n\nA number that is not known is written as a distribution and drawn once a run. Each should say its "
        "`unit`, `source` (where it was read) and `status`: `published` (read in the source), `derived` (arithmetic on published figures) or "
        "`assumed` (a judgement).\n\n"
        + table(("written", "means"), rows) + "\n"
    )


def levers_page() -> str:
    """Return the page of levers: what they share, each lever, and the parts they are made of."""
    kinds = list(LEVERS.values())
    parts = [model for model in closure(kinds) if model not in kinds]
    known = {*kinds, *parts}
    shared = model_section(Lever, known, "What every lever has, besides the keys of its kind", without=("name",))
    quantities = [
        (f"`{one.form}`", "yes" if one.scale else "no", one.add_unit or "no", f"`{one.set_by}`" if one.set_by else "no")
        for one in QUANTITIES.values()
    ]
    ages, needs = ", ".join(CHILD_AGE_BANDS), ", ".join(NEEDS)
    return (
        "# Levers\n\n" + MADE + "A lever is one thing a reform does. A scenario file lists levers under `levers:`, each as `kind: {keys}`. "
        "[The library of reforms](../reforms.md) says which shipped scenario uses which, and how strong the evidence is.\n\n"
        f"Age bands of children are {ages}. Needs are {needs}.\n\n"
        "A lever is called by its kind; two of a kind in one file each need a `name`, in letters, digits and `_`.\n\n"
        + shared + "\n" + "\n".join(model_section(model, known, kind, without=Lever.model_fields) for kind, model in LEVERS.items())
        + "\n## Quantities of the lever change\n\n" + table(("quantity", "can be scaled", "unit of what is added", "set by"), quantities)
        + "\n## Parts of levers\n\nWhat the tables above link to.\n\n" + "\n".join(model_section(model, known, level=3) for model in parts)
    )  # fmt: skip


def pathway_page() -> str:
    """Return the page of the pathway file."""
    models = closure([Pathway])
    return (
        "# The pathway file\n\n" + MADE + "The pathway is data: stages, and transitions between them. The engines interpret it and know no social "
        "work. The shipped one is `scenarios/pathway.yaml`; [where its numbers come from](../pathway.md), "
        "and [what the engines do with it](../engine.md).\n\n"
        + "\n".join(model_section(model, set(models)) for model in models)
    )  # fmt: skip


def measures_page() -> str:
    """Return the page of measures, with the counting rule of each."""
    rows = [
        (f"`{m.name}`", m.label, m.unit, counted(m), OVER[m.over] if m.ratio_of is None else "ratio", ROLES[m.role])
        for m in MEASURES.values()
    ]  # fmt: skip
    words = (
        "Every measure in `summary.csv` and `differences.csv`, and the rule by which it is counted. *Year*: whether months are added up, "
        "averaged, or the count is that of 31 March. *Published*: what a measure is beside published figures. `put in` is imposed, `fitted` had a "
        "rate solved so that it matches, an `outcome` is neither and is the real test. [Counting rules](../counting.md) explains them."
    )
    heads = ("measure", "in words", "unit", "who and when", "year", "published")
    return "# Measures\n\n" + MADE + paragraphs(words) + "\n\n" + table(heads, rows)


def counted(measure: Measure) -> str:
    """Return who is counted when, or what is divided by what."""
    if measure.ratio_of is not None:
        top, bottom, times = measure.ratio_of
        return f"{times:g} × `{top}` / `{bottom}`" if times != 1 else f"`{top}` / `{bottom}`"
    parts = [measure.who, f"at: {measure.when}" if measure.when else "", "a child once a year" if measure.once_a_year else ""]
    return "; ".join(part for part in (*parts, f"without {measure.excludes}" if measure.excludes else "") if part)
