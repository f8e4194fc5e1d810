"""A sensitivity analysis end to end: which numbers, where, how many runs; what the folder and the last lines hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from carecurve import api
from outputs.money_axis import unit_of
from outputs.sensitivity import Analysis, Outcome
from outputs.sensitivity_plots import value_text
from scenarios.loading import Scenario
from scenarios.timeline import month_index, year_ending, year_name
from sim import layers as layers_of
from sim.evaluating import NET_COST, Evaluator, Point
from sim.experiment import library_versions
from sim.kernels import KERNEL_HASH
from sim.measures import MEASURES
from sim.plan import ExperimentError, plan
from sim.selection import Selection
from sim.sensitivity import Estimate, Switching, switching_value, tornado
from sim.sobol import Indices, sobol
from sim.uncertain import Number, numbers_of

TORNADO, SOBOL, LAYERS = METHODS = ("tornado", "sobol", "layers")
RUNS = {TORNADO: 20, SOBOL: 4, LAYERS: 24}  # replicates at each point; of layers, pairs of draws
POINTS = 32
IN_CARE, PLANS = "cla_at31", "cpp_at31"
SHORT = {"children_in_care": IN_CARE, "protection_plans": PLANS}
LEAST_ODDS = 0.5  # of a variance that chance leaves: from here on indices say little


@dataclass(frozen=True)
class Question:
    """What is asked: methods, the measure, the month by which, how many runs and points, and numbers to vary beside the uncertain ones.

    `measure` is `net_cost` (pounds to the authority, added up), or a measure that adds up over authorities: of a stock its last 31 March, of a flow
    the sum over years. `runs` None: `RUNS` of each method.
    """

    methods: tuple[str, ...] = (TORNADO,)
    measure: str = NET_COST
    by: str | None = None
    runs: int | None = None
    points: int = POINTS
    also: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for method in self.methods:
            if method not in METHODS:
                raise ExperimentError(f"no method {method!r}, expected one of {', '.join(METHODS)}")
        if self.runs is not None and self.runs < 2:
            raise ExperimentError(f"runs: is {self.runs}, expected 2 or more: errors are told from how runs differ")

    def runs_of(self, method: str) -> int:
        """Return the runs of a method."""
        return self.runs or RUNS[method]


def analyse(
    baseline: api.ScenarioLike, reform: api.ScenarioLike, question: Question, *, selection: Selection | None = None, from_: str | None = None,
    until: str | None = None, seed: int = 1, engine: str = "fast", workers: int | None = None, progress: Callable[[int, int], None] | None = None,
) -> Analysis:  # fmt: skip
    """Answer a question about a reform against a baseline.

    Parameters
    ----------
    baseline, reform
        Scenarios, names or files.
    question
        What is asked.
    selection
        Authorities; by default those the baseline makes up, or Greater Manchester.
    from_, until, seed, engine, workers
        As of `carecurve.compare`; the engine is `fast` or `reference`.
    progress
        Called with (runs done, runs known to be needed).

    Raises
    ------
    ScenarioError, ExperimentError
        If a scenario, a number, a measure or an option cannot be used.
    """
    if engine == "expected":
        raise ExperimentError("the expected engine has no runs to tell errors from; expected fast or reference")
    scenarios = [api.load(one) for one in (baseline, reform)]
    numbers = numbers_of(scenarios, question.also)
    if not numbers:
        raise ExperimentError(f"{scenarios[1].key} and its prices hold no uncertain number, expected a distribution or --also NAME")
    options = {"from_": from_, "until": until, "seed": seed, "engine": engine, "workers": workers, "runs": 2}
    plans = {effects: plan(scenarios, selection or api.choose(baseline=scenarios[0]), effects=effects, **options) for effects in ("central", "drawn")}
    measure = SHORT.get(question.measure, question.measure)
    measures = tuple(dict.fromkeys([*([] if measure == NET_COST else [measure]), IN_CARE]))
    central, drawn = (Evaluator(plans[effects], measures, progress) for effects in ("central", "drawn"))
    by = _by(question.by, central.years)
    outcome = _outcome(measure, central.years, by, scenarios[0])
    found: dict[str, Any] = {}
    if TORNADO in question.methods:
        found |= _tornado(central, numbers, measure, by, question.runs_of(TORNADO))
    if SOBOL in question.methods:
        found["indices"] = sobol(_outcome_of(central, measure, by, question.runs_of(SOBOL)), numbers, question.points, seed)
    if LAYERS in question.methods:
        found |= _layers(drawn, measures, by, question.runs_of(LAYERS), scenarios[0])
    place = plans["central"].selection.total_label or plans["central"].selection.label
    about = _about(plans["central"], question, scenarios, numbers, central.runs + drawn.runs)
    return Analysis(f"{place}: {scenarios[1].name} against {scenarios[0].name}", outcome, about, numbers, by=f"{by}-03", **found)


def take(values: np.ndarray, measures: Sequence[str], years: Sequence[int], measure: str, by: int) -> np.ndarray:
    """Return one outcome from differences (..., quantities, years): added up to a year, or of a stock or a level at it."""
    row = 0 if measure == NET_COST else 1 + list(measures).index(measure)
    upto = [i for i, year in enumerate(years) if year <= by]
    series = values[..., row, :][..., upto]
    return series.sum(axis=-1) if measure == NET_COST or MEASURES[measure].over == "sum" else series[..., -1]


def _by(month: str | None, years: Sequence[int]) -> int:
    """Return the year ending in a month, which must be a March that is simulated; by default the last."""
    if month is None:
        return years[-1]
    month_index(month)
    if not month.endswith("-03") or year_ending(month) not in years:
        raise ExperimentError(f"by: is {month}, expected the March of a year that is simulated whole, {years[0]}-03 to {years[-1]}-03")
    return year_ending(month)


def _outcome(measure: str, years: Sequence[int], by: int, baseline: Scenario) -> Outcome:
    """Return the outcome in words."""
    span = f"{year_name(years[0])} to {year_name(by)}"
    base = baseline.settings.price_base
    if measure == NET_COST:
        return Outcome(f"net cost {span}", "GBP", base)
    one = MEASURES[measure]
    label = f"{one.label[0].lower()}{one.label[1:]}"
    when = span if one.over == "sum" else f"31 March {by}" if one.over == "last" else year_name(by)
    return Outcome(f"{label}, {when}", one.unit, base)


def _outcome_of(evaluator: Evaluator, measure: str, by: int, runs: int) -> Callable[[Sequence[Point]], np.ndarray]:
    """Return a function giving an outcome by point and run."""
    return lambda points: take(evaluator.over(points, runs), evaluator.measures, evaluator.years, measure, by)


def _tornado(evaluator: Evaluator, numbers: Sequence[Number], measure: str, by: int, runs: int) -> dict[str, Any]:
    """Return the tornado of the outcome, and the switching values of net cost."""
    evaluator.expected = (len(numbers) * 3 + 2) * runs * len(evaluator.units)  # at least: searches for switching values ask for more
    money = _outcome_of(evaluator, NET_COST, by, runs)
    bars = tornado(_outcome_of(evaluator, measure, by, runs), numbers)
    return {"tornado": bars, "switching": [switching_value(money, number) for number in numbers]}


def _layers(evaluator: Evaluator, measures: Sequence[str], by: int, blocks: int, baseline: Scenario) -> dict[str, Any]:
    """Return the layers of net cost and of the measures."""
    values = layers_of.crossed(evaluator, blocks)
    found = {}
    for measure in (NET_COST, *measures):
        outcome = _outcome(measure, evaluator.years, by, baseline)
        found[outcome.label, outcome.unit] = layers_of.parts(take(values, measures, evaluator.years, measure, by))
    return {"layers": found, "blocks": blocks}


def _about(plan: Any, question: Question, scenarios: Sequence[Scenario], numbers: Sequence[Number], runs: int) -> dict[str, Any]:
    """Return what the manifest holds."""
    return {
        "format": 1, "kind": "sensitivity", "methods": list(question.methods), "measure": question.measure, "by": question.by,
        "runs": question.runs_of(TORNADO), "runs_of": {method: question.runs_of(method) for method in question.methods}, "points": question.points,
        "fitted_draws": len(scenarios[0].draws or ()),
        "seed": plan.seed, "engine": plan.engine, "from": plan.from_, "until": plan.until, "areas": list(plan.selection.areas),
        "simulated_runs": runs, "numbers": [number.name for number in numbers], "also": list(question.also),
        "versions": library_versions(), "kernels": KERNEL_HASH,
        "scenarios": [{"scenario": one.key, "label": one.name, "hash": one.hash, "texts": one.texts} for one in scenarios],
    }  # fmt: skip


# ---------------------------------------------------------------- in words


def lines(found: Analysis) -> list[str]:
    """Return the few lines a planner would read aloud."""
    told = [found.title]
    if found.tornado:
        told += _tornado_lines(found) + _switching_lines(found)
    if found.indices:
        told += _sobol_lines(found.indices, found.numbers, found.outcome)
    if found.layers:
        told += _layer_lines(found)
    return told


def _amount(value: float, unit: str, signed: bool = True) -> str:
    """Return an outcome with its unit."""
    if unit == "GBP":
        return unit_of(value).text(value, signed)
    return f"{value:{'+' if signed else ''},.1f}"


def _estimate(one: Estimate, unit: str) -> str:
    return f"{_amount(one.mean, unit)} ± {_amount(one.error, unit, signed=False)}"


def _tornado_lines(found: Analysis) -> list[str]:
    """Return lines on what moves the outcome most."""
    outcome, runs = found.outcome, found.about["runs"]
    central = _estimate(found.tornado.central, outcome.unit)
    told = [f"{outcome.label}, reform less baseline, all numbers central: {central} ({runs} paired runs, 95 %)."]
    told.append("One number at a time, from 5 % to 95 % of its draws:")
    for bar in found.tornado.bars:
        ends = " to ".join(value_text(end, bar.number.unit) for end in bar.ends)
        clear = "" if abs(bar.swing.mean) > bar.swing.error else ": not told from chance"
        told.append(f"  {bar.number.label}, {ends}: moves it by {_estimate(bar.swing, outcome.unit)}{clear}")
    return told


def _switching_lines(found: Analysis) -> list[str]:
    """Return lines on where the reform would break even."""
    return [f"To break even by March {found.by[:4]} (cumulative net cost nil on average), one number alone would have to be:"] + [
        f"  {one.number.label}: {_answer(one)}" for one in found.switching
    ]


def _answer(one: Switching) -> str:
    """Return a switching value in words."""
    unit = one.number.unit
    low, high = (value_text(end, unit) for end in one.number.range)
    if one.value is None:
        least, most = (value_text(end, unit) for end in one.searched)
        beyond = "" if (least, most) == (low, high) else f", nor between {least} and {most}"
        return f"none within its range {low} to {high}{beyond}"
    where = "within" if one.inside else "OUTSIDE"
    error = f" ± {value_text(one.error, unit)}" if np.isfinite(one.error) else ""
    return f"{value_text(one.value, unit)}{error}, {where} its range {low} to {high} (now {value_text(one.number.central, unit)})"


def _sobol_lines(found: Indices, numbers: Sequence[Number], outcome: Outcome) -> list[str]:
    """Return lines on what the variance is due to."""
    told = [
        f"{outcome.label}: of the variance over effects and prices, due to each number alone (in all), 90 % intervals; {found.points} x "
        f"{len(numbers) + 2} points of {found.runs} runs:"
    ]
    for i in np.argsort(-found.total):
        ends = f"{found.total_interval[i, 0]:.2f} to {found.total_interval[i, 1]:.2f}"
        told.append(f"  {numbers[i].label}: {found.first[i]:.2f} (in all {found.total[i]:.2f}, {ends})")
    spread = _amount(found.variance**0.5, outcome.unit, False)
    told.append(f"  sums: {found.first.sum():.2f} alone, {found.total.sum():.2f} in all; standard deviation {spread}.")
    if found.chance_share > LEAST_ODDS:
        told.append("  Chance left by so few runs is most of what differs between points: the indices say little; more --runs, or a larger area.")
    elif np.isfinite(found.chance_share):
        told.append(f"  Chance left by so few runs is at most {found.chance_share:.0%} of that variance, and appears as interaction.")
    return told


def _layer_lines(found: Analysis) -> list[str]:
    """Return lines on the three layers."""
    told = [f"What is not known of the difference, run by run ({found.blocks} pairs of draws crossed; ± one standard error):"]
    for (quantity, unit), parts in found.layers.items():
        rows = ", ".join(f"{name} {parts[name].share:.0%} ± {parts[name].share_error:.0%}" for name in layers_of.LAYERS)
        told.append(f"  {quantity}: standard deviation {_amount(max(parts['total'].variance, 0.0) ** 0.5, unit, False)}; of its variance {rows}")
    if not found.about["fitted_draws"]:
        told.append("  world: prices alone; draws of demand come with `--on fitted`.")
    return told
