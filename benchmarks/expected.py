"""The expected engine against the mean of fast runs: bias by stock and flow, with nothing scarce and as it is, and how long a run takes.

    python benchmarks/expected.py [--area NAME] [--runs N] [--scarce] [--time]

Prints the tables of docs/expected.md: means over the published years (2019-20 to 2024-25), the bias, and two standard errors of the fast mean. With
`--time` only the time of a warm run, of the wall and of the processor, and the number of cells.
"""

import argparse
import time
from collections.abc import Iterator

import numpy as np

from scenarios.loading import load
from sim import engine, expected
from sim.kernels import layout as L
from sim.model import CompiledModel, compile_model

YEARS = slice(24, 30)  # after 24 years of spin-up
STAGES = (
    "referral", "assessment", "newborn", "early_help", "child_in_need", "section_47", "initial_conference", "child_protection_plan",
    "pre_proceedings", "care_proceedings", "disabled_child_support", "looked_after", "section_20", "interim_care_order", "care_order",
    "placement_order", "kinship_foster", "in_house_foster", "agency_foster", "authority_childrens_home", "childrens_home", "supported_accommodation",
    "with_parents", "adoption_placement", "other_placement", "care_leaver", "staying_put",
)  # fmt: skip
AGES = ("under 1", "1 to 4", "5 to 9", "10 to 15", "16 and 17")
COUNTS = {"started": AGES, "looked_after_end": AGES, "ceased": (*AGES[:4], "16", "17", "18")}


class NothingScarce:
    """A model with places in plenty and every loop of the environment open."""

    def __init__(self, model: CompiledModel) -> None:
        self.model = model

    def __getattr__(self, name: str):
        return getattr(self.model, name)

    def for_draw(self, seed: int, replicate: int) -> L.Model:
        """Return the arrays, those of loops and places changed."""
        arrays = self.model.for_draw(seed, replicate)
        court, prices, budget, supply = (getattr(arrays, name).copy() for name in ("court_rules", "price_rules", "budget_rules", "supply_rules"))
        court[2] = prices[:, 0] = budget[4] = 0.0
        supply[:, [1, 6]] = 0.0
        return arrays._replace(
            team_response=np.zeros(1), workforce_from=np.array([10**6]), court_rules=court, price_rules=prices, budget_rules=budget,
            supply_rules=supply, supply_planned=arrays.supply_planned + 20_000.0, places=arrays.places + 20_000,
        )  # fmt: skip


def numbers(tally: L.Tally, names: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    """Yield what is compared: (name, mean over the published years)."""

    def mean(values: np.ndarray, flow: bool) -> float:
        by_year = values.reshape(-1, 12)
        return float((by_year.sum(axis=1) if flow else by_year[:, -1])[YEARS].mean())

    for name in STAGES:
        i = names.index(name)
        yield f"{name}: a year", mean(tally.entered[0, :, i], True)
        yield f"{name}: 31 March", mean(tally.units_end[0, :, i], False)
    for field, ages in COUNTS.items():
        table = getattr(tally, field)[0]
        for band, label in enumerate(ages):
            yield f"{field}, not unaccompanied, {label}", mean(table[:, band, 0], field != "looked_after_end")
        yield f"{field}, unaccompanied", mean(table[:, :, 1].sum(axis=1), field != "looked_after_end")


def print_bias(model: CompiledModel, runs: int) -> None:
    """Print the table of biases."""
    found = [dict(numbers(engine.simulate(model, None, model.first, model.last, 1, r)[0], model.stage_names)) for r in range(runs)]
    ours = dict(numbers(expected.simulate(model, None, model.first, model.last)[0], model.stage_names))
    print(f"| what | expected | fast, mean of {runs} | bias, % | 2 standard errors, % |\n{'|---' * 5}|")
    for name, value in ours.items():
        values = np.array([one[name] for one in found])
        mean = values.mean()
        if mean > 0.0:
            error = 200.0 * values.std(ddof=1) / np.sqrt(runs) / mean
            print(f"| {name} | {value:.1f} | {mean:.1f} | {100.0 * (value / mean - 1.0):+.1f} | {error:.1f} |")


def print_time(model: CompiledModel) -> None:
    """Print how long 28 years take once everything is compiled, and how many cells there are."""
    _, state = expected.simulate(model, None, model.first, model.last)
    cells = state.masses[0].families.size + sum(children.size for children in state.masses[0].children)
    last = model.months[28 * 12 - 1]
    took = []
    for _ in range(3):
        wall, processor = time.perf_counter(), time.process_time()
        expected.simulate(model, None, model.first, last)
        took.append((time.perf_counter() - wall, time.process_time() - processor))
    wall, processor = min(took)
    print(f"28 years: {wall:.2f} s ({processor:.2f} s of the processor); {cells:,} cells")


def main() -> None:
    """Compare, or time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--area", default="Leeds")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--scarce", action="store_true", help="as it is: every loop closed, places as they are")
    parser.add_argument("--time", action="store_true")
    given = parser.parse_args()
    model = compile_model(load("baseline"), (given.area,))
    model = model if given.scarce else NothingScarce(model)
    if given.time:
        print_time(model)
    else:
        print_bias(model, given.runs)


if __name__ == "__main__":
    main()
