"""What each loop of the monthly environment does: headline measures with its driver at 0.9, 1 and 1.1 times, paired, and which two interact most.

    python benchmarks/loops.py [--area NAME] [--runs N]

Prints a table for docs/loops.md: the difference from 1.0 in the last year, with its 95 % interval (Student's t over paired runs).
"""

import argparse
import itertools
import tempfile
from pathlib import Path

import numpy as np
from scipy import stats

from scenarios.loading import Scenario, load
from sim.experiment import run_experiment
from sim.plan import plan
from sim.results import Results
from sim.selection import select

# Loop -> (path of its driver, its value, the measure it should move, and the direction at a higher driver)
LOOPS = {
    "pressure (work over capacity at the start)": ("settings.pressure.reference.value", 0.90, "cin_at31", +1),
    "workforce (response of turnover to pressure)": ("settings.workforce.turnover_response.value", 0.43, "vacant_posts_fte", +1),
    "places of family help and budget (saved a pound of overspend)": (
        "settings.budget.saved_per_pound_of_overspend.value", 0.25, "early_help_waiting", +1,
    ),
    "market's price (response to use)": ("settings.prices.response_to_utilisation.value", 0.3, "cost", +1),
    "supply (response of private homes to use)": (
        "places.childrens_home.supply.owners.private.response_to_use.value", 6.0, "childrens_home_homes_opened", +1,
    ),
    "matching (vacancies that fit, own foster places)": (
        "places.in_house_foster.match_probability.by_needs", [0.045, 0.036, 0.014, 0.002], "placements_not_as_planned", -1,
    ),
}  # fmt: skip
HEADLINES = ("cla_at31", "cpp_at31", "cin_at31", "early_help_waiting", "placements_not_as_planned", "pressure")


def times(value: float | list[float], factor: float) -> float | list[float]:
    """Return a driver's value, or values, times a factor."""
    return [each * factor for each in value] if isinstance(value, list) else value * factor


def variant(folder: Path, name: str, changes: dict[str, float]) -> Scenario:
    """Return the baseline with some values changed from the branch on."""
    lines = [f"name: {name}", "extends: baseline", "set:"]
    for path, value in changes.items():
        if path.endswith(".value"):  # a tenth more may be beyond what is plausible
            lines.append(f"  {path.removesuffix('value')}range: [0.0, 10.0]")
        lines.append(f"  {path}: {value!r}")
    path = folder / f"{name}.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load(str(path))


def measured(results: Results, measure: str) -> np.ndarray:
    """Return a measure of the last year, or its net cost in pounds millions, by run."""
    if measure == "cost":
        payers = [key for key, line in results.lines.items() if line["payer"] == "authority"]
        return results.costs.sel(line=payers).isel(year_ending=-1).sum(["area", "line"]).values / 1e6
    return results.annual.sel(measure=measure).isel(year_ending=-1).sum("area").values


def interval(differences: np.ndarray) -> str:
    """Return a mean and its 95 % interval."""
    half = stats.t.ppf(0.975, len(differences) - 1) * differences.std(ddof=1) / np.sqrt(len(differences))
    mean = differences.mean()
    return f"{mean:+.2f} [{mean - half:+.2f}, {mean + half:+.2f}]"


def main() -> None:
    """Run every loop at three values of its driver, then every pair, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--area", default="Leeds")
    parser.add_argument("--runs", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = {(): load("baseline")}
        for i, (path, value, _, _) in enumerate(LOOPS.values()):
            for factor in (0.9, 1.1):
                made[(i, factor)] = variant(Path(folder), f"loop{i}-{factor}", {path: times(value, factor)})
        for i, j in itertools.combinations(range(len(LOOPS)), 2):
            changes = {path: times(value, 1.1) for path, value, _, _ in (list(LOOPS.values())[i], list(LOOPS.values())[j])}
            made[(i, j)] = variant(Path(folder), f"loops{i}-{j}", changes)
        found = run_experiment(plan(list(made.values()), select(given.area, None, False), runs=given.runs))
    results = dict(zip(made, (found.baseline, *found.reforms), strict=True))
    print_loops(results)
    print_pairs(results)


def print_loops(results: dict) -> None:
    """Print what each loop's driver does to the measure it should move, and to children in care."""
    base = results[()]
    for i, (name, (_, _, measure, direction)) in enumerate(LOOPS.items()):
        for factor in (0.9, 1.1):
            moved = measured(results[(i, factor)], measure) - measured(base, measure)
            care = measured(results[(i, factor)], "cla_at31") - measured(base, "cla_at31")
            sign = "as stated" if moved.mean() * direction * (factor - 1.0) > 0 else "the other way"
            print(f"| {name} | {factor} | {measure} | {interval(moved)} | {sign} | {interval(care)} |")


def print_pairs(results: dict) -> None:
    """Print, for the pairs of loops, what both together do beyond what each does alone, as a share of the spread between runs."""
    base, rows = results[()], []
    for i, j in itertools.combinations(range(len(LOOPS)), 2):
        for measure in HEADLINES:
            alone = [measured(results[(k, 1.1)], measure) - measured(base, measure) for k in (i, j)]
            beyond = measured(results[(i, j)], measure) - measured(base, measure) - sum(alone)
            error = beyond.std(ddof=1) / np.sqrt(len(beyond))
            rows.append((abs(beyond.mean()) / max(error, 1e-12), i, j, measure, interval(beyond)))
    for strength, i, j, measure, text in sorted(rows, reverse=True)[:6]:
        names = list(LOOPS)
        print(f"{names[i]} with {names[j]}: {measure} {text} beyond both alone ({strength:.1f} standard errors)")


if __name__ == "__main__":
    main()
