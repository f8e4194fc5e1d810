"""What a Regional Care Cooperative's result is made of: its parts one by one, the null and the worse case, and each authority's part.

    python benchmarks/cooperative.py [--region NAME] [--runs N] [--homes N] > tables.md

Prints the tables of docs/regional-care-cooperative.md. Each part is the shipped scenario with the others set to nothing, at the means of what is
drawn, on the same runs; what they do together beyond their sum is a row of its own.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from scipy import stats

from outputs.shares import shares
from outputs.tables import after_branch
from scenarios.loading import Scenario, load
from sim.experiment import run_experiment
from sim.plan import plan
from sim.results import Comparison
from sim.selection import select

LEVER = "levers.regional_care_cooperative"
NO_POOL = {f"{LEVER}.pooled_shares.agency_foster": 0.0, f"{LEVER}.pooled_shares.childrens_home": 0.0}
NO_PRICE = {f"{LEVER}.price_gain": 0.0}
COSTS = ("set_up_gbp_per_authority", "running_gbp_per_authority_per_year", "double_running_gbp_per_authority_per_year")
NO_COST = {key: value for name in COSTS for key, value in ((f"{LEVER}.{name}.range", [0.0, 1e6]), (f"{LEVER}.{name}", 0.0))}
WORSE = {
    f"{LEVER}.price_gain": -0.02, f"{LEVER}.set_up_gbp_per_authority": 400_000.0, f"{LEVER}.running_gbp_per_authority_per_year": 90_000.0,
    f"{LEVER}.double_running_gbp_per_authority_per_year": 200_000.0,
}  # fmt: skip
MEASURES = {
    "placements_not_as_planned": "placements not as planned", "unregistered_at31": "unregistered", "out_of_area_at31": "out of area",
    "placed_over_20_miles_at31": "over 20 miles", "siblings_apart": "sibling groups apart",
}  # fmt: skip


def variants(homes: float) -> dict[str, dict[str, float]]:
    """Return what each variant sets."""
    new = {f"{LEVER}.authority_homes.places_per_authority": homes}
    return {
        "set-up and running cost": NO_POOL | NO_PRICE,
        "matching within reach (pooling)": NO_PRICE | NO_COST,
        "price": NO_POOL | NO_COST,
        f"new homes, {homes:g} places an authority": NO_POOL | NO_PRICE | NO_COST | new,
        "all of them": new,
        "as shipped (no new homes)": {},
        "null: nothing gained, costs borne": NO_POOL | NO_PRICE,
        "worse: 2 % dearer, costs at their highest": WORSE,
    }


def written(folder: Path, number: int, changes: dict[str, float]) -> Scenario:
    """Return the shipped scenario with some values set."""
    lines = [f"name: Variant {number}", "extends: regional-care-cooperative"]
    if changes:
        lines += ["set:", *(f"  {path}: {value!r}" for path, value in changes.items())]
    path = folder / f"variant-{number}.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load(str(path))


def interval(values: np.ndarray, digits: int = 1) -> str:
    """Return the mean of differences by run and its 95 % interval (Student's t)."""
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return f"{values.mean():+.{digits}f} ± {half:.{digits}f}"


def differences(found: Comparison, key: str) -> dict[str, np.ndarray]:
    """Return differences of the region from the baseline by run: net cost in £m, and measures of the last year."""
    years = after_branch(found.baseline)
    change = found.difference(key).sel(year_ending=years[-1]).sum("area")
    cost = found.cost_difference(key).sel(year_ending=years).sum(["area", "year_ending"]).to_numpy() / 1e6
    return {"net": cost} | {name: change.sel(measure=name).to_numpy() for name in MEASURES}


def main() -> None:
    """Run every variant on the same runs and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--region", default="greater-manchester")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--homes", type=float, default=4.0)
    given = parser.parse_args()
    made = variants(given.homes)
    with tempfile.TemporaryDirectory() as folder:
        loaded = {name: written(Path(folder), i, how) for i, (name, how) in enumerate(made.items())}
        found = run_experiment(plan([load("baseline"), *loaded.values()], select(None, given.region, False), runs=given.runs, effects="central"))
    told = {name: differences(found, scenario.key) for name, scenario in loaded.items()}
    print("| part | net cost, £m in all years |", " | ".join(MEASURES.values()), "|")
    print("|---" * (len(MEASURES) + 2) + "|")
    parts = list(made)[:4]
    for name in parts:
        row(name, told[name])
    together = {key: told["all of them"][key] - sum(told[part][key] for part in parts) for key in told["all of them"]}
    row("what they do together beyond their sum", together)
    for name in list(made)[4:]:
        row(f"**{name}**", told[name])
    table = shares(found)
    print("\n| authority |", " | ".join(list(made)[:5]), "| (net cost, £m in all years, means)")
    print("|---" * 6 + "|")
    net = table[table.item == "net"].set_index(["scenario", "area"])["mean"] / 1e6
    for area in table.area.unique():
        cells = [net[loaded[name].key, area] for name in list(made)[:5]]
        print(f"| {area} |", " | ".join(f"{cell:+.1f}" for cell in cells), "|")


def row(name: str, told: dict[str, np.ndarray]) -> None:
    """Print a row of differences."""
    print(f"| {name} | {interval(told['net'])} |", " | ".join(interval(told[key]) for key in MEASURES), "|")


if __name__ == "__main__":
    main()
