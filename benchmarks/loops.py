"""What each loop of the monthly environment does: headline measures with its driver at 0.9, 1 and 1.1 times, paired, and which two interact most.

    python benchmarks/loops.py [--area NAME] [--runs N]
    python benchmarks/loops.py --area Leeds --only places supply

Prints the tables of docs/loops.md: differences from 1.0 with 95 % intervals (Student's t over paired runs), of the last five years. In Sefton teams
work at their capacity and the budget neither spares nor sits on the floor, but nobody waits for early help and own foster
homes are few: Leeds for those.
"""

import argparse
import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from scenarios.loading import Scenario, load
from sim.experiment import run_experiment
from sim.plan import plan
from sim.results import Results
from sim.selection import select

YEARS = 5  # at the end of the run: means of them


@dataclass(frozen=True)
class Loop:
    """A loop: its driver (a path that `set` knows, and the value there; or the courts' capacity), the measure it should move, and which way."""

    path: str
    value: float | list[float]
    measure: str
    direction: int


COURTS = "courts' capacity"
LOOPS = {
    "pressure on teams: work over capacity at the start": Loop("settings.pressure.reference.value", 0.90, "cin_at31", +1),
    "workforce: response of turnover to pressure": Loop("settings.workforce.turnover_response.value", 0.43, "vacant_posts_fte", +1),
    "courts: capacity": Loop(COURTS, 1.0, "court_weeks", -1),
    "places of early help: length of help": Loop("stages.early_help.duration.quartiles_days", [110.0, 170.0, 250.0], "early_help_wait_days", +1),
    "places for children: vacancies that fit, own foster homes": Loop(
        "places.in_house_foster.match_probability.by_needs", [0.045, 0.036, 0.014, 0.002], "placements_bought", -1,
    ),
    "supply: share of the market that shifts with use": Loop(
        "places.childrens_home.supply.share_follows_use_per_year.value", 0.87, "childrens_home_places_usable", +1,
    ),
    "supply: private homes opened in answer to use": Loop(
        "places.childrens_home.supply.owners.private.response_to_use.value", 6.0, "childrens_home_places_usable", +1,
    ),
    "market's price: response to use": Loop("settings.prices.response_to_utilisation.value", 0.3, "market", +1),
    "budget: saved a pound of overspend": Loop("settings.budget.saved_per_pound_of_overspend.value", 0.25, "family_support_level_pct", -1),
}  # fmt: skip
HEADLINES = ("cla_at31", "cpp_at31", "cin_at31", "early_help_wait_days", "placements_not_as_planned", "court_weeks", "cost")


def times(value: float | list[float], factor: float) -> float | list[float]:
    """Return a driver's value, or values, times a factor."""
    return [each * factor for each in value] if isinstance(value, list) else value * factor


def variant(folder: Path, name: str, changes: dict[str, float | list[float]]) -> Scenario:
    """Return the baseline with some drivers changed from the branch on."""
    lines, sets = [f"name: {name}", "extends: baseline"], []
    for path, value in changes.items():
        if path == COURTS:
            lines += ["levers:", f"  - national_capacity: {{of: courts, start: 2025-04, ratio: {value!r}}}"]
            continue
        if path.endswith(".value"):  # a tenth more may be beyond what is plausible
            sets.append(f"  {path.removesuffix('value')}range: [0.0, 10.0]")
        sets.append(f"  {path}: {value!r}")
    path = folder / f"{name}.yaml"
    path.write_text("\n".join([*lines, *(["set:", *sets] if sets else [])]) + "\n", encoding="utf-8")
    return load(str(path))


def measured(results: Results, measure: str) -> np.ndarray:
    """Return a measure's mean over the last years by run; net cost, and the market's part of what placements cost, in £m a year."""
    last = results.annual.isel(year_ending=slice(-YEARS, None)).sum("area").mean("year_ending")
    if measure == "cost":
        payers = [key for key, line in results.lines.items() if line["payer"] == "authority"]
        return results.costs.sel(line=payers).isel(year_ending=slice(-YEARS, None)).sum(["area", "line"]).mean("year_ending").values / 1e6
    if measure == "market":
        names = [name for name in last.measure.values if name.endswith("_market_gbp")]
        return last.sel(measure=names).sum("measure").values / 1e6
    return last.sel(measure=measure).values


def interval(differences: np.ndarray) -> str:
    """Return a mean and its 95 % interval."""
    half = stats.t.ppf(0.975, len(differences) - 1) * differences.std(ddof=1) / np.sqrt(len(differences))
    mean = differences.mean()
    return f"{mean:+.2f} [{mean - half:+.2f}, {mean + half:+.2f}]"


def main() -> None:
    """Run every loop at three values of its driver, then every pair, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--area", default="Sefton")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--only", nargs="+", default=None, metavar="WORDS", help="loops whose name holds any of these words, and no pairs")
    given = parser.parse_args()
    if given.only:
        for name in [name for name in LOOPS if not any(words in name for words in given.only)]:
            del LOOPS[name]
    loops = list(LOOPS.values())
    with tempfile.TemporaryDirectory() as folder:
        made = {(): load("baseline")}
        for i, loop in enumerate(loops):
            for factor in (0.9, 1.1):
                made[(i, factor)] = variant(Path(folder), f"loop{i}-{factor}", {loop.path: times(loop.value, factor)})
        for i, j in () if given.only else itertools.combinations(range(len(loops)), 2):
            changes = {loop.path: times(loop.value, 1.1) for loop in (loops[i], loops[j])}
            made[(i, j)] = variant(Path(folder), f"loops{i}-{j}", changes)
        found = run_experiment(plan(list(made.values()), select(given.area, None, False), runs=given.runs))
    results = dict(zip(made, (found.baseline, *found.reforms), strict=True))
    print_loops(results)
    if not given.only:
        print_pairs(results)


def print_loops(results: dict) -> None:
    """Print what each loop's driver does to the measure it should move, to children in care and to net cost."""
    base = results[()]
    print(f"| loop: driver | measure | at 1.0 | at 0.9 | at 1.1 | as stated | children in care at 1.1 | net cost at 1.1, £m a year |\n{'|---' * 8}|")
    for i, (name, loop) in enumerate(LOOPS.items()):
        moved = {factor: measured(results[(i, factor)], loop.measure) - measured(base, loop.measure) for factor in (0.9, 1.1)}
        clear = all(certain(values, loop.direction * (1 if factor > 1 else -1)) for factor, values in moved.items())
        others = [interval(measured(results[(i, 1.1)], measure) - measured(base, measure)) for measure in ("cla_at31", "cost")]
        level = measured(base, loop.measure).mean()
        print(f"| {name} | {loop.measure} | {level:.4g} | {interval(moved[0.9])} | {interval(moved[1.1])} | {'yes' if clear else 'not certain'} |",
              " | ".join(others), "|")  # fmt: skip


def certain(values: np.ndarray, sign: int) -> bool:
    """Return whether the 95 % interval of a mean lies wholly on one side of zero."""
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return bool(sign * values.mean() > half)


def print_pairs(results: dict) -> None:
    """Print, for the pairs of loops, what both together do beyond what each does alone, over its standard error."""
    base, rows = results[()], []
    for i, j in itertools.combinations(range(len(LOOPS)), 2):
        for measure in HEADLINES:
            alone = [measured(results[(k, 1.1)], measure) - measured(base, measure) for k in (i, j)]
            beyond = measured(results[(i, j)], measure) - measured(base, measure) - sum(alone)
            error = beyond.std(ddof=1) / np.sqrt(len(beyond))
            if error > 0.0:
                rows.append((abs(beyond.mean()) / error, i, j, measure, interval(beyond), interval(alone[0]), interval(alone[1])))
    names = list(LOOPS)
    print(f"\n| loops | measure | beyond the sum of both | first alone | second alone | standard errors |\n{'|---' * 6}|")
    for strength, i, j, measure, *texts in sorted(rows, reverse=True)[:8]:
        print(f"| {names[i]}; {names[j]} | {measure} |", " | ".join(texts), f"| {strength:.1f} |")


if __name__ == "__main__":
    main()
