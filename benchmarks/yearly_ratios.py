"""What ratios by year cost an event: a model with as many versions of its hazards as years, against one with a single version.

Ratios differ between years by a millionth, so that all meet nearly the same events and only the versions' cost is told (`--spread 0.2` has them swing
by a fifth: bounds on hazards are then wider too, and events others). On a busy machine speed changes from second to second, so short pieces of each
are run in turn, in processor time, and the median ratio of a round counts. What a run costs before its first month (copying the state, scheduling
everyone) is left out. `the long way` is the same model without the short way along bands and versions.

    python benchmarks/yearly_ratios.py [--area NAME] [--rounds N] [--years N] [--spread SHARE]
"""

import argparse
import time
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from carecurve.bench import BRANCH, average_authority
from scenarios.areas import AreaProfile, Record
from scenarios.loading import load
from scenarios.timeline import add_months
from sim.engine import simulate
from sim.history import past
from sim.kernels.layout import Model, State
from sim.model import CompiledModel, compile_model

GROUPS = ("nfa", "not_in_need", "s47", "icpc", "plan", "plan_end", "care_entry", "care_exit", "re_referral", "cin_end")


class LongWay:
    """A model whose hazards are all walked the long way, piece by piece whatever may change."""

    def __init__(self, compiled: CompiledModel) -> None:
        self.compiled = compiled

    def __getattr__(self, name: str):
        return getattr(self.compiled, name)

    def for_draw(self, seed: int, replicate: int) -> Model:
        """Return the model's arrays, no transition marked for the short way."""
        arrays = self.compiled.for_draw(seed, replicate)
        transitions = arrays.transitions.copy()
        transitions["bands_only"] = 0
        return arrays._replace(transitions=transitions)


def yearly(profile: AreaProfile, groups: tuple[str, ...], years: range, spread: float) -> AreaProfile:
    """Return a profile whose ratios differ from year to year, by `spread` as a share."""
    records = dict(profile.records)
    for group in groups:
        level = records[f"ratio_{group}"][-1].value if f"ratio_{group}" in records else 1.0
        records[f"ratio_{group}"] = tuple(
            Record(profile.name, f"ratio_{group}", year, level * (1.0 + spread * (year % 2)), "", "benchmark", "assumed", "own") for year in years
        )
    return replace(profile, records=MappingProxyType(records))


def piece(compiled: CompiledModel | LongWay, state: State, last: str) -> tuple[float, float]:
    """Return nanoseconds an event, and milliseconds before the first month."""
    times, events = [], []
    for end in (BRANCH, last):
        began = time.process_time()
        tally, _ = simulate(compiled, state, BRANCH, end, 1, 0)
        times.append(time.process_time() - began)
        events.append(int(tally.counters[0]))
    return (times[1] - times[0]) / (events[1] - events[0]) * 1e9, times[0] * 1e3


def main() -> None:
    """Print what an event costs with yearly versions, over one version."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--area", default=None)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--years", type=int, default=12)
    parser.add_argument("--spread", type=float, default=1e-6)
    given = parser.parse_args()
    area, scenario = given.area or average_authority(), load("baseline")
    state, _ = past(scenario, area, BRANCH, 1, 0)
    last = add_months(BRANCH, 12 * given.years - 1)
    plain = compile_model(scenario, (area,), last, BRANCH)
    known = tuple(group for group in GROUPS if group in plain.pathway.groups)
    first = int(BRANCH[:4])
    spans = {"in years simulated": range(first, first + given.years), "in years before": range(first - given.years, first)}
    models: dict[str, CompiledModel | LongWay] = {"one version": plain}
    for where, years in spans.items():
        models[f"{given.years} {where}"] = replace(plain, profiles=(yearly(plain.profiles[0], known, years, given.spread),), _drawn={})
    models["the long way"] = LongWay(models[f"{given.years} in years simulated"])
    for compiled in models.values():  # kernels and arrays are made
        piece(compiled, state, BRANCH[:5] + "05")
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in models}
    for _ in range(given.rounds):
        for name, compiled in models.items():
            times[name].append(piece(compiled, state, last))
    base = np.array(times["one version"])
    for name, compiled in models.items():
        found, arrays = np.array(times[name]), compiled.for_draw(1, 0)
        print(
            f"{area}, {name}: {len(arrays.version_start)} versions, {int(arrays.transitions['versions'].sum())} transitions change; "
            f"{np.median(found[:, 0]):.0f} ns an event (least {found[:, 0].min():.0f}), ratio to one version: median "
            f"{np.median(found[:, 0] / base[:, 0]):.3f}, of the least {found[:, 0].min() / base[:, 0].min():.3f}; "
            f"before the first month {np.median(found[:, 1]):.1f} ms"
        )


if __name__ == "__main__":
    main()
