"""The instant preview: each reform against the baseline by the equations of `expected`, over the first years, worked out anew when a slider moves.

What the equations do not know (effects of help on those admitted, places shared between authorities) is previewed by a few paired runs of the fast
engine. Effects and prices are at their means in both. Results are kept, so that only what a slider changed is worked out again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from outputs.dashboard.choosing import BASELINE, MINE, Choice, Question, Where, name_of, not_in_equations, scenario_of, written
from outputs.dashboard.running import Progress
from outputs.tables import after_branch, whole
from scenarios.areas import find_area
from scenarios.scenario import Scenario
from scenarios.timeline import month_text, year_ending
from sim.experiment import run_experiment
from sim.plan import plan
from sim.results import Comparison, Results

YEARS = 5  # the first complete financial years shown at once
FEW_RUNS = 4  # of the fast engine
LARGE, RUNS_OF_LARGE = 100_000, 2  # more children under 18 than this have so many runs (assumed: four took 1.2 s in Leeds, of 176,000)
KEPT = 64  # results kept


@dataclass(frozen=True)
class Spread:
    """A mean over runs, with the least and the greatest of them: of so few, percentiles would be no more."""

    mean: np.ndarray
    least: np.ndarray
    greatest: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Spread:
        """Return that of an array whose first axis is runs."""
        return cls(values.mean(axis=0), values.min(axis=0), values.max(axis=0))


@dataclass(frozen=True)
class Previewed:
    """A reform less the baseline.

    Attributes
    ----------
    years
        Financial years by the one they end in.
    net
        Net cost a year, pounds of constant prices (Y).
    children
        Children in care on 31 March (Y).
    total
        Net cost over all these years.
    runs
        Paired runs of the fast engine; 0 where equations gave the mean.
    why_runs
        Why equations could not.
    against
        What the baseline is called.
    """

    label: str
    years: tuple[int, ...]
    net: Spread
    children: Spread
    total: Spread
    runs: int
    why_runs: str
    price_base: str
    against: str = "current plans"


class Previewer:
    """Works out previews, one at a time, and keeps what they are made of; threads of several sessions may call it."""

    def __init__(self) -> None:
        self.kept: OrderedDict[tuple, Results | Scenario] = OrderedDict()
        self.keeping = threading.Lock()  # held while what is kept is looked up or changed
        self.working = threading.Lock()  # held by the preview in hand: two at once would each take twice as long

    def preview(self, question: Question, years: int | None = YEARS, report: Progress | None = None) -> list[Previewed]:
        """Return each reform of a question less the baseline, over the first years (None: all of them).

        `report` is told how many runs are done, of how many, again and again; what it raises ends the work.

        Raises
        ------
        ScenarioError, ExperimentError
            If settings do not go together, or nothing can be run so.
        """
        with self.working:
            return [self._one(question, choice, key, ends(question, years), report)
                    for choice, key in zip(question.reforms, question.keys[1:], strict=True)]  # fmt: skip

    def scenario(self, choice: Choice, prices: tuple) -> Scenario:
        """Return the scenario of a choice, with the prices that every scenario has."""

        def loaded() -> Scenario:
            """Load it."""
            moved = (*choice.moved, *prices)
            key = f"{MINE}{choice.scenario}" if moved else choice.scenario
            return scenario_of(choice.scenario, key, written(key, choice.scenario, moved, "") if moved else "")

        return self._keeping(("scenario", choice, prices), loaded)

    def _one(self, question: Question, choice: Choice, key: str, until: str, report: Progress | None) -> Previewed:
        """Return one reform less the baseline; `key` is what the full run calls it."""
        reform = self.scenario(choice, question.prices)
        why = not_in_equations(reform)
        base = self._run(question, Choice(BASELINE), until, bool(why), report)
        both = whole(Comparison(base, (self._run(question, choice, until, bool(why), report),), {"area_label": question.where.selection.label}))
        years = after_branch(both.baseline)
        net = both.cost_difference(reform.key).sel(year_ending=years).to_numpy()[0]
        children = both.difference(reform.key).sel(measure="cla_at31", year_ending=years).to_numpy()[0]
        return Previewed(
            name_of(key, choice.scenario), tuple(years), Spread.of(net), Spread.of(children), Spread.of(net.sum(axis=1)), len(net) if why else 0, why,
            str(base.metadata["price_base"]), "current plans" + (" at the prices chosen" if question.prices else ""),
        )  # fmt: skip

    def _run(self, question: Question, choice: Choice, until: str, by_runs: bool, report: Progress | None) -> Results:
        """Return the results of one scenario, kept from before if they are there."""
        seed = question.seed if by_runs else 1
        key = (question.where, choice, question.prices, question.from_, until, by_runs, seed)

        def run() -> Results:
            """Run it."""
            options = {"engine": "fast", "runs": runs_of(question.where), "seed": seed} if by_runs else {"engine": "expected", "runs": 1}
            scenario = self.scenario(choice, question.prices)
            prepared = plan([scenario], question.where.selection, from_=question.from_, until=until, effects="central", **options)
            return run_experiment(prepared, report).baseline

        return self._keeping(key, run)

    def _keeping(self, key: tuple, make):
        """Return what is kept under a key, made if it is not."""
        with self.keeping:
            if key in self.kept:
                self.kept.move_to_end(key)
                return self.kept[key]
        made = make()
        with self.keeping:
            self.kept[key] = made
            while len(self.kept) > KEPT:
                self.kept.popitem(last=False)
        return made


def runs_of(where: Where) -> int:
    """Return how many runs a preview has that equations cannot give: fewer of one large authority, whose runs take longer."""
    areas = where.selection.areas
    large = len(areas) == 1 and find_area(areas[0]).value("population_0_17") > LARGE
    return RUNS_OF_LARGE if large else FEW_RUNS


def ends(question: Question, years: int | None) -> str:
    """Return the last month of a preview of so many financial years after the branch; the question's own if that is earlier."""
    if years is None:
        return question.until
    branch = question.from_
    first = year_ending(branch) if branch.endswith("-04") else year_ending(branch) + 1  # the first that is complete
    return min(question.until, month_text((first + years - 1) * 12 + 2))
