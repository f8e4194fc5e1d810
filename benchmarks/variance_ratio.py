"""What pairing gives: the variance of a reform's ten-year effect with a fresh future for each arm, over that with the same draws in both.

    python benchmarks/variance_ratio.py [--area NAME] [--histories N] [--futures N]

Every replicate branches from a history; its future has a key of its own, so several futures begin at one present. Paired, baseline and reform have
the same future; unpaired, the reform has the next future of the same history. Thresholds drawn before the branch belong to the present and are the
same in both, so wholly fresh futures would differ more. Variances are over all replicates; the interval resamples histories.
"""

import argparse
from dataclasses import fields, replace

import numpy as np

from carecurve.bench import BRANCH, average_authority
from scenarios.actions import ReachedEffect
from scenarios.distributions import Distribution
from scenarios.loading import load
from scenarios.timeline import MonthSeries, add_months
from sim.compile_workforce import NEVER
from sim.cost_lines import lines_of
from sim.costing import annual_costs
from sim.counting import annual
from sim.engine import simulate
from sim.executors import run_tasks
from sim.history import past
from sim.kernels.supply import RESPONSE, SHIFT
from sim.measures import MEASURES
from sim.model import CompiledModel, compile_model

LAST = add_months(BRANCH, 119)
FRESH = 1_000_000  # replicate numbers from here on are futures that no run has
QUANTITIES = ("net cost", "children in care", "protection plans")
REACH = ReachedEffect("benchmark", ("care_entry",), Distribution.fixed(0.8), Distribution.fixed(1.0), MonthSeries.of(0.05, BRANCH))


class Changed(CompiledModel):
    """A model some of whose arrays are changed before a run."""

    def for_draw(self, seed, replicate):
        return self.change(super().for_draw(seed, replicate))


def changed(compiled, change):
    """Return a model with a change of its arrays."""
    found = Changed(**{field.name: getattr(compiled, field.name) for field in fields(compiled)})
    object.__setattr__(found, "change", change)
    return found


def no_loops(model):
    """No pressure on teams, a thousand times as large; posts, prices, supply and budgets that do not respond; a place for everybody."""
    prices, supply, budget = model.price_rules.copy(), model.supply_rules.copy(), model.budget_rules.copy()
    prices[:, 0] = supply[:, RESPONSE] = supply[:, SHIFT] = budget[-1] = 0.0
    planned = model.supply_planned.copy()
    planned[:, :, model.unpublished_from[0] :] *= 1000.0
    return model._replace(
        team_capacity=model.team_capacity * 1000.0, price_rules=prices, supply_rules=supply, supply_planned=planned,
        budget_rules=budget, places=model.places * 1000, workforce_from=np.full_like(model.workforce_from, NEVER),
    )  # fmt: skip


def fewer_arrivals(model):
    """One family in a hundred fewer arrives."""
    accept = model.accept.copy()
    accept[:, 0] *= 0.99
    return model._replace(accept=accept)


def models(area):
    """Return every arm's model by name."""
    baseline = load("baseline")
    plain = compile_model(baseline, (area,), LAST, BRANCH)
    reached = compile_model(replace(baseline, actions=(REACH,)), (area,), LAST, BRANCH)
    return {
        "plain": plain, "reach": reached, "arrivals": changed(plain, fewer_arrivals),
        "plain, no loops": changed(plain, no_loops), "reach, no loops": changed(reached, no_loops),
    }  # fmt: skip


CASES = {
    "5 % of families at hazard ratio 0.8, all loops": ("plain", "reach"),
    "the same, loops off": ("plain, no loops", "reach, no loops"),
    "1 % fewer arrivals, all loops": ("plain", "arrivals"),
}


def measured(compiled, state, future):
    """Return ten years' net cost to the authority (pounds), the mean of children in care and on plans on 31 March, and months of pressure above 1."""
    tally, _ = simulate(compiled, state, BRANCH, LAST, 1, future)
    paid = [i for i, line in enumerate(lines_of(compiled.scenario)) if line.payer == "authority"]
    counted, names = annual(tally, compiled), list(MEASURES)
    return [
        annual_costs(tally, compiled, {(REACH.name, "hazard_ratio"): 0.8, (REACH.name, "fidelity"): 1.0})[:, paid].sum(),
        *(counted[0, names.index(name)].mean() for name in ("cla_at31", "cpp_at31")),
        (tally.pressure > 1.0).sum(),
    ]  # fmt: skip


def sample(area, histories, futures):
    """Return every arm's figures: name -> (histories, futures, quantities)."""
    arms = models(area)

    def one(task):
        """Return the figures of all arms for one history and future."""
        history, future = task
        state, _ = past(load("baseline"), area, BRANCH, 1, history)
        return [measured(compiled, state, FRESH + history * futures + future) for compiled in arms.values()]

    tasks = [(history, future) for history in range(histories) for future in range(futures)]
    found = np.array(run_tasks(one, tasks)).reshape(histories, futures, len(arms), len(QUANTITIES) + 1)
    return {name: found[:, :, i] for i, name in enumerate(arms)}


def ratio(baseline, reform):
    """Return the variance of unpaired differences over that of paired ones; both (histories, futures)."""
    return (np.roll(reform, 1, axis=1) - baseline).var(ddof=1) / (reform - baseline).var(ddof=1)


def main():
    """Print the ratios with 95 % bootstrap intervals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--area", default=None)
    parser.add_argument("--histories", type=int, default=40)
    parser.add_argument("--futures", type=int, default=5)
    given = parser.parse_args()
    area = given.area or average_authority()
    arms = sample(area, given.histories, given.futures)
    draw = np.random.default_rng(1)
    print(f"{area}: {given.histories * given.futures} replicates, {given.futures} futures of each of {given.histories} histories")
    for case, (first, second) in CASES.items():
        print(f"{case} (months of pressure above 1: {arms[first][:, :, -1].mean():.1f} of 120)")
        for q, quantity in enumerate(QUANTITIES):
            baseline, reform = arms[first][:, :, q], arms[second][:, :, q]
            picks = draw.integers(given.histories, size=(2000, given.histories))
            again = [ratio(baseline[pick], reform[pick]) for pick in picks]
            low, high = np.quantile(again, (0.025, 0.975))
            change, apart = reform - baseline, np.roll(reform, 1, axis=1) - baseline
            print(
                f"  {quantity:18s} ratio {ratio(baseline, reform):8.0f} [{low:.0f}, {high:.0f}]   difference {change.mean():+.4g}, "
                f"deviation {change.std(ddof=1):.3g}, unpaired {apart.std(ddof=1):.3g}"
            )


if __name__ == "__main__":
    main()
