"""Command lines that make a results folder, or what it lacks, again: from what its manifest and files say."""

from __future__ import annotations

import shlex

from outputs.report.source import Source
from outputs.store import EVENTS
from scenarios.areas import find_area, load_areas, load_groups, regions
from scenarios.composing import shipped_names
from scenarios.deflators import shipped_deflators
from sim.results import Results

AGAIN = "runs/again"


def command(source: Source) -> str:
    """Return the command line that makes the folder again."""
    base = source.base.metadata
    parts = ["carecurve", "compare" if source.each.reforms else "run", *(scenario(source, one) for one in source.each.scenarios), *place(source)]
    parts += [*_options(source, "from", "until"), "--runs", str(source.runs), *_options(source, "seed", "engine"), *_on(source)]
    parts += ["--effects", str(base["effects"])] if base.get("effects", "drawn") != "drawn" else []
    deflators = str((base.get("deflators") or {}).get("file", shipped_deflators().file))
    parts += ["--deflators", deflators] if deflators != shipped_deflators().file else []
    terms = source.terms
    parts += ["--discount-rate", f"{terms.discount_rate:g}"] if terms.discount_rate is not None else []
    parts += ["--optimism-bias", f"{terms.optimism_bias_costs:g}"] if terms.optimism_bias_costs else []
    parts += ["--attribute"] if source.table("attribution.csv") is not None else []
    parts += ["--events"] if (source.folder / EVENTS).exists() else []
    return shlex.join([*parts, "-o", AGAIN])


def left_out(source: Source) -> list[str]:
    """Return what made the folder and has no option on the command line, in words."""
    terms, fixed = source.terms, source.base.metadata.get("fixed") or {}
    told = [f"uncertain numbers held at a value ({', '.join(f'{name} {value}' for name, value in fixed.items())})"] if fixed else []
    if terms.optimism_bias_benefits != terms.optimism_bias_costs:
        told.append(f"an optimism bias of benefits of {terms.optimism_bias_benefits:g}, which is not that of costs")
    if not terms.declining:
        told.append("a flat discount rate")
    if terms.persist_months != type(terms)().persist_months:
        told.append(f"fixed costs that persist {terms.persist_months:g} months")
    if terms.benefit_gbp_per_child_year:
        told.append(f"a benefit of £{terms.benefit_gbp_per_child_year:,.0f} a child-year out of care")
    return told


def sensitivity(source: Source, reform: Results) -> str:
    """Return the command line of a sensitivity analysis of a reform of the folder, of the same place, months and seed."""
    parts = ["carecurve", "sensitivity", scenario(source, source.base), scenario(source, reform), *place(source)]
    return shlex.join([*parts, *_options(source, "from", "until", "seed"), *_on(source), "--method", "tornado"])


def scenario(source: Source, one: Results) -> str:
    """Return how a scenario is named on the command line: the last of its files (what all are laid on apart), shipped ones without `.yaml`."""
    files = source.files(one)
    if len(files) > 1 and files[-1] == source.on:
        files = files[:-1]
    return named(files[-1]) if files else one.scenario


def named(file: str) -> str:
    """Return a scenario's file as the command line has it."""
    return file.removesuffix(".yaml") if shipped(file) else file


def shipped(file: str) -> bool:
    """Return whether a file of a manifest's texts comes with the package: those are kept by their name alone."""
    return file.removesuffix(".yaml") in (*shipped_names(), "pathway")


def place(source: Source) -> list[str]:
    """Return the option that chooses these authorities; none for those a scenario makes up."""
    areas, label = list(source.each.baseline.areas), str(source.each.metadata.get("area_label", ""))
    if source.each.metadata.get("grossing"):
        return ["--england"]
    if not set(areas) <= set(load_areas()):
        return []
    if len(areas) == 1:
        return ["--area", find_area(areas[0]).name]
    groups = [group.key for group in load_groups().values() if group.name == label or set(group.members) - set(group.missing) == set(areas)]
    return ["--region", groups[0] if groups else label if label in regions() else ",".join(areas)]


def _on(source: Source) -> list[str]:
    """Return the option that lays all scenarios on one."""
    return ["--on", named(source.on)] if source.on else []


def _options(source: Source, *names: str) -> list[str]:
    """Return options that the manifest has by the same name."""
    base = source.base.metadata
    return [part for name in names if base.get(name) is not None for part in (f"--{name}", str(base[name]))]
