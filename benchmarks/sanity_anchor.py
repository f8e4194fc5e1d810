"""What an entry averted costs by how likely those reached were to enter care, beside the sum done by hand; and whether a broad offer pays back.

    python benchmarks/sanity_anchor.py [--area NAME] [--runs N]

Prints the table of docs/sanity-anchor.md. One programme (£4,200 a family, hazard ratio 0.85, everybody reached, no other effect) is offered to
families at four points of the pathway, from all who are referred to those about to go to court. The risk of those reached is what it would avert if
none of them came into care (ratio 0.01), for each of their children. By hand, an entry averted costs £4,200 over (children a family x risk x 0.15).
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from scenarios.loading import Scenario, load
from sim.experiment import run_experiment
from sim.plan import plan
from sim.results import Comparison
from sim.selection import select

COST_GBP, RATIO, NOBODY = 4200, 0.85, 0.01
START, LAST = 2025, 2035
YEARS = list(range(2029, LAST + 1))  # families reached before the start, and those still on their way, are left out
PUBLISHED = {0.025: 700_000, 0.06: 292_000, 0.10: 175_000}  # the anchor, at 1.6 children a family
NEED = ("child_in_need", "family_help")
WAYS = ("accommodated", "police_protection", "urgent_proceedings")


@dataclass(frozen=True)
class Offer:
    """To whom a programme is offered: the events that make a family one of those, and the stages whose ways into care it acts on."""

    events: tuple[str, ...]
    stages: tuple[str, ...]

    @property
    def targets(self) -> list[str]:
        """Ways into care, and to court, from the stages."""
        found = [f"{stage}.{way}" for stage in self.stages for way in WAYS]
        return found + [f"{stage}.pre_proceedings" for stage in self.stages if stage in NEED]


BEFORE_COURT = Offer(tuple(f"{stage}.pre_proceedings" for stage in NEED), ())
OFFERS = {
    "all families referred": Offer(("referral.assess", "referral.no_further_action"), ("assessment", *NEED)),
    "families assessed": Offer(("referral.assess",), ("assessment", *NEED)),
    "families found in need": Offer(("assessment.in_need",), NEED),
    "families in pre-proceedings": BEFORE_COURT,
}


def number(value: float, unit: str) -> str:
    """Return a number as a scenario file has it."""
    return f"{{value: {value}, range: [0.0, 10000], unit: {unit}, source: the anchor, status: assumed}}"


def written(folder: Path, name: str, offer: Offer, ratio: float) -> Scenario:
    """Return the baseline with the programme offered to some families."""
    events = ", ".join(offer.events)
    head = f"name: {name}\nextends: baseline\nlevers:\n"
    costs = f"costs: {{families: {{label: Programme, gbp_per_event: {number(COST_GBP, '£ per family')}, events: [{events}]}}}}"
    if offer is BEFORE_COURT:  # everybody is reached, so not by a lever whose reach is beyond that of committed policy
        text = f"""  - parental_representation:
      name: programme
      beyond_baseline: made up, to be set beside a sum
      start: {START}-04
      issued: {{ratio: {number(ratio, "ratio")}}}
      home: {{ratio: {number(1.0, "ratio")}}}
      re_entry: {{ratio: {number(1.0, "ratio")}}}
      {costs}
"""
    else:
        text = f"""  - edge_of_care:
      name: programme
      beyond_baseline: made up, to be set beside a sum
      start: {START}-04
      reach: {{share: {{{START}-04: 1.0}}, fidelity: {{value: 1.0, range: [0.5, 1.0], unit: share, source: the anchor, status: assumed}}}}
      targets: [{", ".join(offer.targets)}]
      entry: {{hazard_ratio: {number(ratio, "ratio")}}}
      {costs}
"""
    path = folder / f"{name}.yaml"
    path.write_text(head + text, encoding="utf-8")
    return load(str(path))


def averted(comparison: Comparison, scenario: int) -> np.ndarray:
    """Return how many fewer come into care in the years looked at, by run."""
    gap = comparison.baseline.annual - comparison.scenarios[scenario].annual
    return gap.sel(measure="cla_started", year_ending=YEARS).sum(["year_ending", "area"]).to_numpy()


def families_of(comparison: Comparison, scenario: int) -> float:
    """Return families the programme was paid for in the years looked at, a mean over runs."""
    costs = comparison.scenarios[scenario].costs
    (line,) = (key for key in costs.line.to_numpy() if str(key).startswith("programme_"))
    return float(costs.sel(line=line, year_ending=YEARS).sum(["year_ending", "area"]).mean()) / COST_GBP


@dataclass(frozen=True)
class Anchor:
    """What an offer does: risk of care a child, pounds an entry averted by hand and simulated (and its standard error), net cost by year and run."""

    children: float
    risk: float
    by_hand_gbp: float
    simulated_gbp: float
    error_gbp: float
    net_gbp: xr.DataArray

    def after(self, years: int) -> tuple[float, float]:
        """Return pounds net so many years after the start, and the share of runs that have paid back."""
        net = self.net_gbp.sel(year_ending=START + years)
        return float(net.mean()), float((net <= 0.0).mean())


def measured(comparison: Comparison, first: int, offer: Offer) -> Anchor:
    """Return what an offer does; its scenario is the `first` of two, the next one keeps everybody out of care."""
    counts = comparison.baseline.pathway.sel(count=[f"fired:{event}" for event in offer.events], year_ending=YEARS)
    families = families_of(comparison, first)
    children = float(counts.sum(["count", "year_ending", "area"])) / families
    risk = averted(comparison, first + 1).mean() / families_of(comparison, first + 1) / children
    fewer = averted(comparison, first)
    simulated = families * COST_GBP / fewer.mean()
    error = simulated * fewer.std(ddof=1) / np.sqrt(len(fewer)) / fewer.mean()
    net = comparison.cost_difference(comparison.scenarios[first].scenario).sum("area").sel(year_ending=slice(START + 1, LAST)).cumsum("year_ending")
    return Anchor(children, risk, COST_GBP / (children * risk * (1.0 - RATIO)), simulated, error, net)


def row(label: str, one: Anchor) -> str:
    """Return a row of the table."""
    (five, paid), (ten, _) = one.after(5), one.after(10)
    return (f"| {label} | {one.children:.2f} | {one.risk:.2%} | {one.by_hand_gbp / 1e3:,.0f} | "
            f"{one.simulated_gbp / 1e3:,.0f} ± {1.96 * one.error_gbp / 1e3:,.0f} | {one.simulated_gbp / one.by_hand_gbp:.2f} | "
            f"{five / 1e6:+.1f} | {ten / 1e6:+.1f} | {paid:.0%} |")  # fmt: skip


def run(area: str, runs: int, offers: dict[str, Offer]) -> dict[str, Anchor]:
    """Return what each offer does in an area."""
    with tempfile.TemporaryDirectory() as folder:
        found = [written(Path(folder), f"offer-{i}-{ratio}", offer, ratio) for i, offer in enumerate(offers.values()) for ratio in (RATIO, NOBODY)]
        comparison = run_experiment(plan([load("baseline"), *found], select(area), until=f"{LAST}-03", runs=runs, effects="central"))
    return {label: measured(comparison, 1 + 2 * i, offer) for i, (label, offer) in enumerate(offers.items())}


def main() -> None:
    """Run the offers and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--area", default="Leeds")
    parser.add_argument("--runs", type=int, default=40)
    options = parser.parse_args()
    print(f"{options.area}, {options.runs} runs, years ending {YEARS[0]} to {LAST}\n")
    print("| offered to | children a family | risk of care a child | £000 an entry averted, by hand | simulated (95 %) | ratio | "
          "net cost after 5 years, £m | after 10, £m | paid back in 5 |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    for label, one in run(options.area, options.runs, OFFERS).items():
        print(row(label, one))
    print("\n| risk of care a child | £000 an entry averted, published sum | 4,200 / (1.6 x risk x 0.15) |\n|---|---|---|")
    for risk, gbp in PUBLISHED.items():
        print(f"| {risk:.1%} | {gbp / 1000:,.0f} | {COST_GBP / (1.6 * risk * (1 - RATIO)) / 1000:,.0f} |")


if __name__ == "__main__":
    main()
