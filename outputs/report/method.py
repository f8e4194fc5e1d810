"""Sections 12 to 14: method and limits, checks passed, and how to reproduce the results: exact commands, versions, seed, hashes."""

from __future__ import annotations

from collections.abc import Iterator

from outputs.report import words
from outputs.report.blocks import Block, Code, Paragraph, Part, Points, Section, Table
from outputs.report.commands import AGAIN, command, left_out, shipped
from outputs.report.source import Source
from scenarios.wording import listed

ENGINES = {
    "fast": "the compiled discrete-event engine (fast)",
    "reference": "the SimPy discrete-event engine (reference)",
    "expected": "equations for averages (expected), without chance",
}
LIMITS = (
    "Abuse, death, and children’s experience of care are not simulated. Safety proxies are counts of what services do, not of harm.",
    "It simulates groups of families. It never scores a real family and must not be used to.",
    "Effects of reforms come from few and mostly small studies, many of them from elsewhere. Most are assumed, and the register says so.",
    "What benefits children bring to society in later life is not valued.",
    "Partners (health, schools, police, courts) appear as payers and as limits, not as services with their own queues.",
    "Ethnicity and disability are not modelled (section 10).",
)


def section(source: Source) -> Section:
    """Return section 12."""
    about = source.base.metadata
    authorities = len(source.each.baseline.areas)
    points = [
        "Families come to notice, are assessed, helped, protected and, for some, separated; children are placed, move, go home, leave "
        "or grow up. Each step is "
        "drawn one family and one child at a time, at rates from published figures.",
        f"It ran on {ENGINES.get(str(about.get('engine')), 'an engine')} from {about.get('from')} to {about.get('until')}, "
        f"{authorities} {'authority' if authorities == 1 else 'authorities'}.",
        "Places, carers, workers, courts and budgets are limited, and prices answer to use: a reform that fills them meets those limits.",
    ]
    if source.whole.reforms:
        points.append(
            "Runs are paired: the same families come, with the same luck, in every scenario of a run. So a difference is the reform’s own, and far "
            "fewer runs are needed."
        )
    grossed = source.each.metadata.get("grossing")
    if grossed:
        points.append(f"{source.coverage}: each count is divided by the share of England’s that they publish.")
    missing = source.each.metadata.get("missing_members")
    if missing:
        points.append(f"Without figures, so left out: {', '.join(missing)}.")
    return Section(
        "method",
        "Method and limits",
        [
            Part(
                "Method", [Points(points), Paragraph("The documentation has the pathway, the engine, counting rules and costs: docs/ in the source.")]
            ),
            Part("Limits", [Points(LIMITS)]),
        ],
    )


def checks(source: Source) -> Section:
    """Return section 13."""
    found, failed = made_checks(source), failed_checks(source)
    rows = [
        (
            words.sentence(str(next(iter(each.values()))["meaning"])),
            f"FAILED in {listed(wrong)}" if (wrong := [name for name, check in each.items() if not check["holds"]]) else "held",
            f"{max(abs(check['worst']) for check in each.values()):.2g}",
        )
        for each in found.values()
    ]
    if not rows:
        return Section("checks", "Checks", [Paragraph("The folder records no checks, so none can be reported.", warning=True)])
    runs = sum(int(check["runs"]) for check in source.each.baseline.metadata.get("checks", [])[:1])
    told = (
        f"All {len(rows)} checks held in every scenario and every run ({runs} simulations of an authority in {source.name(source.base)})."
        if not failed
        else f"{failed} of {len(rows)} checks FAILED. Do not use these results before it is known why."
    )
    return Section(
        "checks",
        "Checks passed" if not failed else "Checks: some failed",
        [
            Paragraph(told, warning=bool(failed)),
            Table("Checks made while the simulation ran", ("Check", "Result", "Worst error"), rows, frozenset({1})),
        ],
    )


def made_checks(source: Source) -> dict[str, dict[str, dict]]:
    """Return each check by its key, as every scenario that makes it recorded it, by what the report calls the scenario."""
    found: dict[str, dict[str, dict]] = {}
    for one in source.each.scenarios:
        for check in one.metadata.get("checks", []):
            found.setdefault(str(check["check"]), {})[source.name(one)] = check
    return found


def failed_checks(source: Source) -> int:
    """Return how many checks failed, in one scenario or several."""
    return sum(not all(check["holds"] for check in each.values()) for each in made_checks(source).values())


def reproduce(source: Source) -> Section:
    """Return section 14."""
    about, base = source.each.metadata, source.base.metadata
    versions = [(name, str(version)) for name, version in dict(about.get("versions", {})).items()]
    rows = [
        ("Seed", str(base.get("seed", words.NOT_KNOWN))),
        ("Runs", str(source.runs)),
        *((f"Version of {name}", version) for name, version in versions),
    ]
    rows += [
        ("Kernels (hash of the compiled code’s source)", str(about.get("kernels", words.NOT_KNOWN))),
        ("SHA-256 of manifest.json", source.digest()),
    ]
    rows += [(f"SHA-256 of scenario {one.scenario}", str(one.metadata.get("hash", words.NOT_KNOWN))) for one in source.each.scenarios]
    own = [name for one in source.each.scenarios for name in (one.metadata.get("texts") or {}) if not shipped(name)]
    blocks: list[Block] = [
        Paragraph("The same version, command and seed give the same numbers, to the last digit, on any machine."),
        Code(command(source), "Command that makes this folder"),
        *_then(source),
    ]
    if beside := left_out(source):
        blocks.append(
            Paragraph(
                f"The command has no option for {listed(beside)}. Use carecurve.compare and carecurve.save in Python, with what manifest.json holds."
            )
        )
    if own:
        blocks.append(Paragraph(f"It uses files of your own ({', '.join(dict.fromkeys(own))}). Their full text is in manifest.json, under texts."))
    blocks.append(Table("Versions, seed and hashes", ("", "Value"), rows, frozenset({1})))
    return Section("reproduce", "How to reproduce these results", blocks)


def _then(source: Source) -> Iterator[Block]:
    """Yield the command for this report."""
    yield Code(f"carecurve report {AGAIN}{_budget(source)}", "Command that makes this report")


def _budget(source: Source) -> str:
    """Return the option for the approved budget, figures as they were given."""
    return "" if not source.budget else " --budget FILE"
