"""The vicious circle of a cut to family support: care that costs more is saved on what family support is left, which brings more children into care.

    python benchmarks/vicious_circle.py [--area NAME] [--response SHARE]

Prints the table of docs/loops.md. By the expected engine, so without chance: `austerity` against a baseline whose need answers family support alike,
with the budget's loop in force, with it off, and with it cut at one link: there both have the family support that the baseline had with the loop in
force, so what austerity adds to the cost of care saves nothing more. In force less cut is the circle.
"""

import argparse
import tempfile
from pathlib import Path

import carecurve as cc
from scenarios.loading import Scenario, load
from sim.results import Results

RESPONSE, UNTIL, LATE = 0.11, "2035-03", slice(2031, 2035)
MEASURES = {
    "cla_started": "children who start to be looked after, a year", "cla_at31": "children in care",
    "care": "cost of all but family support, £m a year",
    "family_support_gbp": "family support, £m a year", "family_support_level_pct": "family support, of what was planned, points",
}  # fmt: skip
Pair = tuple[Results, Results]


def scenario(folder: Path, name: str, extends: str, **numbers: float | bool) -> Scenario:
    """Return a scenario with some numbers of the budget set, whatever their range."""
    lines = []
    for key, value in numbers.items():
        if key != "in_force":
            lines.append(f"  settings.budget.{key}.range: [0.0, 1.0]")
        lines.append(f"  settings.budget.{key}{'' if key == 'in_force' else '.value'}: {str(value).lower()}")
    return _written(folder, name, extends, lines)


def held(folder: Path, name: str, extends: str, response: float, level: dict[int, float]) -> Scenario:
    """Return a scenario in which family support follows a given path (share of what was planned, by year ending) whatever care costs."""
    lines, before = ["  settings.budget.in_force: false", "  settings.budget.need_response.range: [0.0, 1.0]"], 1.0
    lines += [f"  settings.budget.need_response.value: {response}", "levers:"]
    for year, share in level.items():
        ratio = f"{{value: {share / before!r}, range: [0.1, 2.0], unit: ratio, source: as run before, status: derived}}"
        lines += [f"  - family_support_budget: {{name: held_{year}, start: {year - 1}-04, support: {{ratio: {ratio}}}}}"]
        before = share
    return _written(folder, name, extends, lines)


def _written(folder: Path, name: str, extends: str, lines: list[str]) -> Scenario:
    path = folder / f"{name}.yaml"
    path.write_text("\n".join([f"name: {name}", f"extends: {extends}", "set:", *lines]) + "\n", encoding="utf-8")
    return load(str(path))


def circles(folder: Path, area: str, response: float = RESPONSE, until: str = UNTIL) -> dict[str, Pair]:
    """Return the baseline and austerity with the loop in force (`on`), `off`, and `cut`."""
    names = {True: "on", False: "off"}
    bases = [scenario(folder, f"base-{names[on]}", "baseline", need_response=response, in_force=on) for on in names]
    cuts = [scenario(folder, f"austerity-{names[on]}", "austerity", need_response=response, in_force=on) for on in names]
    first = _run(area, until, bases[0], cuts[0], bases[1], cuts[1])
    level = first[0].annual.sel(measure="family_support_level_pct").mean(["area", "replicate"])
    path = {int(year): float(level.sel(year_ending=year)) / 100.0 for year in level.year_ending.to_numpy() if year > 2026}
    third = _run(area, until, held(folder, "base-cut", "baseline", response, path), held(folder, "austerity-cut", "austerity", response, path))
    return {"on": first[:2], "off": first[2:], "cut": third}


def _run(area: str, until: str, *scenarios: Scenario) -> tuple[Results, ...]:
    return cc.compare(*scenarios, area=area, engine="expected", until=until, effects="central").scenarios


def late(pair: Pair, measure: str, years: slice = LATE) -> float:
    """Return austerity less its baseline, a year of some, the last five of the table (`care`: every line of cost but family support)."""
    base, reform = pair
    if measure == "care":
        lines = [line for line in base.lines if line != "family_support"]
        difference = (reform.costs.sel(line=lines) - base.costs.sel(line=lines)).sum("line")
    else:
        difference = reform.annual.sel(measure=measure) - base.annual.sel(measure=measure)
    return float(difference.sel(year_ending=years).mean("year_ending").sum("area").mean("replicate"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--area", default="Sefton")
    parser.add_argument("--response", type=float, default=RESPONSE)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = circles(Path(folder), options.area, options.response)
    print(f"{options.area}, response {options.response:g}, mean of the years ending {LATE.start} to {LATE.stop}\n")
    print("| austerity less its baseline | loop in force | cut at one link | the circle | loop off |\n|---|---|---|---|---|")
    for measure, label in MEASURES.items():
        scale = 1e-6 if "£m" in label else 1.0
        on, cut, off = (late(found[which], measure) * scale for which in ("on", "cut", "off"))
        print(f"| {label} | {on:+.2f} | {cut:+.2f} | {on - cut:+.3f} | {off:+.2f} |")


if __name__ == "__main__":
    main()
