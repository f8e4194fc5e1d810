"""An invented attribution: a made-up game of a real reform's parts in place of simulated runs."""

import dataclasses
from functools import cache

import numpy as np
from experiment_sample import AREAS, comparison, results

from outputs.tables import after_branch
from scenarios.loading import load
from sim.attributed import ATTRIBUTED
from sim.attribution import Attributions, Game, assembled
from sim.shapley import members

TWO = "name: Two\nextends: [early-help, kinship]\n"
ELSEWHERE = "name: Else\nextends: baseline\nareas: {Rutland: {referrals: {value: 500, unit: a year, source: mine, status: assumed}}}\n"
THREE = "name: Three\nextends: [early-help, kinship]\nset: {settings.prices.real_growth_per_year.childrens_home: 0.073}\n"
OWN = (3e6, -2e6, 1e6)  # pounds of what each part does alone, each year and area, on average
OF_NET_COST = (0.6, -0.3, 0.1, 0.05, 0.05, 0.2, 0.1, 0.2)  # what each item is of a change in net cost
TOGETHER = -0.5e6  # of each two that are there


@cache
def baseline():
    """The shipped baseline and invented results of it, read once."""
    return load("baseline"), comparison(runs=2)


def worth(coalition: int, replicate: int, noise: float, together: float = TOGETHER) -> np.ndarray:
    """Quantities (A, Q, Y) of a combination: parts alone, pairs, and chance that only the run and the combination decide."""
    n = coalition.bit_count()
    chance = noise * np.random.default_rng([replicate, coalition]).normal(size=(len(AREAS), len(ATTRIBUTED), 3))
    scale = np.array([1.0, 1.2, 1e-6, 2e-6, 3e-4, *OF_NET_COST])[None, :, None] * np.array([1.0, 2.0, 3.0])[None, None, :]
    return scale * (50e6 + sum(OWN[i] for i in members(coalition)) + together * n * (n - 1) / 2 + 1e6 * chance)


def attributions(path, runs=6, noise=0.1, exact_up_to=4, grossing=None, together=TOGETHER):
    """Return an invented attribution of a reform on the baseline, and the quantities of every combination in every run."""
    plain, about = baseline()
    reform = load(path)
    game = Game(plain, reform, seed=1, exact_up_to=exact_up_to)
    of_run = [{s: worth(s, r, noise, together) for s in range(game.whole + 1)} for r in range(runs)]
    found = dataclasses.replace(results(path, runs=runs), scenario=reform.key, label=reform.name)
    both = dataclasses.replace(
        about, baseline=dataclasses.replace(found, scenario="baseline", label=plain.name), reforms=(found,),
        metadata={**about.metadata, "grossing": grossing or {}},
    )  # fmt: skip
    return Attributions(both, (assembled(game, found, of_run, after_branch(found), []),)), of_run
