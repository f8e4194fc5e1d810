"""What an experiment is to run, checked: scenarios, authorities, months, and how many runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scenarios.actions import EVERYONE, HelpEffect, ReachedEffect
from scenarios.actions_of_places import Pool
from scenarios.loading import Scenario
from scenarios.names import suggestion
from scenarios.timeline import add_months, month_index, month_range, month_text, year_ending
from sim import engine, expected, reference
from sim.counting import complete_years
from sim.precision import Rule
from sim.selection import Selection

ENGINES = {"fast": engine.simulate, "reference": reference.simulate, "expected": expected.simulate}
EFFECTS = ("drawn", "central", "null")


class ExperimentError(ValueError):
    """An experiment that cannot be run as asked."""


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes
    ----------
    scenarios
        The baseline first.
    selection
        The authorities.
    from_, until
        The month from which scenarios differ, and the last month simulated (YYYY-MM).
    runs, seed
        Number of paired replicates, and the seed of all.
    engine
        `fast` or `reference`, from the branch on; history is always the fast engine's (they agree event for event). `expected` has its own past.
    workers
        Threads; None: one for each processor.
    events
        Whether to keep the event log of replicate 0.
    effects
        `drawn`: what reforms do, the growth of prices, and fitted draws if scenarios carry any, differ by replicate; `central`: what reforms do and
        prices' growth are at their means in all of them, fitted rates are the profiles', and only chance is left; `null`: the same, and reforms cost
        what they cost and change nothing.
    fixed
        Values of uncertain numbers, of levers and of prices, by name: the same in every replicate.
    rule
        With it, runs are added until their means are precise; `runs` is then the most there can be.
    """

    scenarios: tuple[Scenario, ...]
    selection: Selection
    from_: str
    until: str
    runs: int
    seed: int = 1
    engine: str = "fast"
    workers: int | None = None
    events: bool = False
    effects: str = "drawn"
    rule: Rule | None = None
    fixed: Mapping[str, float] = field(default_factory=dict)

    @property
    def counted_from(self) -> str:
        """The first month counted: April of the financial year before the branch's; it shows a year of history."""
        return month_text((year_ending(self.from_) - 2) * 12 + 3)

    @property
    def months(self) -> tuple[str, ...]:
        """The months counted."""
        return month_range(self.counted_from, self.until)

    @property
    def years(self) -> list[int]:
        """The complete financial years counted."""
        return list(complete_years(self.months))


def plan(
    scenarios: Sequence[Scenario], selection: Selection, *, from_: str | None = None, until: str | None = None,
    runs: int | str | None = None, seed: int = 1, engine: str = "fast", workers: int | None = None, events: bool = False,
    effects: str = "drawn", precision: float | None = None, max_runs: int | None = None, fixed: Mapping[str, float] | None = None,
) -> Plan:  # fmt: skip
    """Return a checked plan; what is not given comes from the baseline's settings.

    `runs` may be `auto`: until the headline means are known to `precision` per cent, or `max_runs` have been made (see `sim.precision`).

    Raises
    ------
    ExperimentError
        If it cannot be run.
    ScenarioError
        If a scenario is dated before the branch.
    """
    if not scenarios:
        raise ExperimentError("no scenario to run")
    keys = [scenario.key for scenario in scenarios]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ExperimentError(f"the scenario {twice[0]!r} is named twice, expected each once")
    settings = scenarios[0].settings
    scenarios = [scenario.branching(from_ or settings.from_) for scenario in scenarios]
    if effects == "null":
        scenarios = [scenario.without_effects() for scenario in scenarios]
    number, rule = how_many(settings.replicates if runs is None else runs, precision, max_runs)
    found = Plan(
        tuple(scenarios), selection, from_ or settings.from_, until or settings.until, number, seed, engine, workers, events, effects, rule,
        dict(fixed or {}),
    )  # fmt: skip
    if engine not in ENGINES:
        raise ExperimentError(f"no engine {engine!r}, expected one of {', '.join(ENGINES)}")
    if engine == "expected" and events:
        raise ExperimentError("the expected engine has no events; expected fast or reference with an event log")
    if engine == "expected" and any(pools(scenario) for scenario in scenarios):
        raise ExperimentError("the expected engine knows no places pooled between authorities; expected fast for a scenario that pools them")
    if engine == "expected" and any(beyond_expected(scenario) for scenario in scenarios):
        raise ExperimentError(
            "the expected engine does not know yet what help does to families admitted to it, nor effects on some ages, needs or months only; "
            "expected fast for a scenario whose levers work so"
        )
    if effects not in EFFECTS:
        raise ExperimentError(f"no effects {effects!r}, expected one of {', '.join(EFFECTS)}")
    known = {name for scenario in scenarios for name in (*scenario.uncertain, *scenario.uncertain_prices)}
    if unknown := sorted(set(found.fixed) - known):
        raise ExperimentError(f"no uncertain number {unknown[0]!r} to fix, {suggestion(unknown[0], known)}")
    if month_index(found.until) < month_index(found.from_):
        raise ExperimentError(f"the last month {found.until} is before the branch month {found.from_}")
    if year_ending(add_months(found.until, 1)) == year_ending(found.from_):
        raise ExperimentError(
            f"{found.from_} to {found.until} holds no complete financial year (April to March); expected one at least"
        )
    if len({scenario.draws.digest if scenario.draws else "" for scenario in scenarios}) > 1:
        raise ExperimentError(
            "scenarios of a comparison have different fitted draws, expected the same in all (or none): their runs are paired; "
            "a reform goes on top of a fit with `extends: [FIT, REFORM]` in a file"
        )
    for scenario in scenarios:
        scenario.epochs(found.from_)
    return found


def how_many(runs: int | str, precision: float | None = None, max_runs: int | None = None) -> tuple[int, Rule | None]:
    """Return the number of runs, or, for `auto`, the most there can be and the rule that stops them.

    Raises
    ------
    ExperimentError
        If it is neither `auto` nor a number of 1 or more, or the rule cannot be kept.
    """
    if str(runs) != "auto":
        if precision is not None or max_runs is not None:
            raise ExperimentError("a precision and a maximum of runs are for runs 'auto'")
        if isinstance(runs, bool) or not str(runs).isdecimal() or int(runs) < 1:
            raise ExperimentError(f"runs: is {runs!r}, expected a whole number of 1 or more, or auto")
        return int(runs), None
    given = {name: value for name, value in (("precision", precision), ("maximum", max_runs)) if value is not None}
    rule = Rule(**given)
    if not 0.0 < rule.precision <= 100.0:
        raise ExperimentError(f"precision: is {rule.precision:g} per cent, expected above 0 and at most 100")
    if rule.maximum < rule.minimum:
        raise ExperimentError(f"the maximum of runs is {rule.maximum}, expected {rule.minimum} or more")
    return rule.maximum, rule


def beyond_expected(scenario: Scenario) -> bool:
    """Tell whether a scenario has effects the expected engine cannot take at their mean: on who was admitted to help, or on some entities only."""
    return any(
        isinstance(action, HelpEffect)
        or (isinstance(action, ReachedEffect) and (action.whom != EVERYONE or action.from_months > 0.0 or action.until_months < math.inf))
        for action in scenario.actions
    )


def pools(scenario: Scenario) -> bool:
    """Tell whether a scenario shares places between authorities."""
    return any(isinstance(action, Pool) and any(share > 0 for _, share in action.shares) for action in scenario.actions)
