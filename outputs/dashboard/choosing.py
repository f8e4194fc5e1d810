"""What has been chosen: authorities, reforms and their settings, horizon, runs and seed; as scenarios, as their files, and as a command.

A reform with a setting moved becomes a scenario file of its own that extends it (`extends: early-help` and what `set` changes). The dashboard runs
the text of that very file, so the file and the command give the same numbers.
"""

from __future__ import annotations

import io
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from scenarios.areas import load_areas, load_groups, regions
from scenarios.loading import available_scenarios, load, load_kept
from scenarios.scenario import Scenario
from sim.plan import Plan, beyond_expected, plan, pools
from sim.selection import Selection, select

BASELINE = "baseline"
NOT_REFORMS = (BASELINE, "fitted")
MOST_SCENARIOS = 4  # the baseline among them
MINE = "my-"
HEAD = "# Written by the CareCurve dashboard. The same numbers from the command line, run beside the files of the comparison:\n"
Value = float | int | list[float]


@dataclass(frozen=True)
class Where:
    """One authority, or a region or named group: what is given to `--area` or `--region`."""

    name: str
    together: bool = False

    @property
    def selection(self) -> Selection:
        """What an experiment of it runs."""
        return select(region=self.name) if self.together else select(self.name)


@dataclass(frozen=True)
class Choice:
    """A shipped scenario and the settings of it that were moved: (path, what `set` holds), lists as tuples so that a choice can be a key."""

    scenario: str
    moved: tuple[tuple[str, Value | tuple[float, ...]], ...] = ()


@dataclass(frozen=True)
class Question:
    """All that decides the numbers of a comparison.

    Attributes
    ----------
    reforms
        One to three; each name of a file is its own, whichever reform was chosen twice.
    prices
        Settings of prices that were moved: in every scenario, the baseline too.
    from_, until
        The branch month and the last month (YYYY-MM).
    """

    where: Where
    reforms: tuple[Choice, ...]
    prices: tuple[tuple[str, Value | tuple[float, ...]], ...] = ()
    from_: str = "2025-04"
    until: str = "2035-03"
    runs: int = 30
    seed: int = 1

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """What the scenarios are called: a shipped name where nothing was moved, else that of a file; each once."""
        keys: list[str] = []
        for choice in (Choice(BASELINE), *self.reforms):
            key, number = f"{MINE}{choice.scenario}" if choice.moved or self.prices else choice.scenario, 2
            while key in keys:
                key, number = f"{MINE}{choice.scenario}-{number}", number + 1
            keys.append(key)
        return tuple(keys)

    @cached_property
    def files(self) -> dict[str, str]:
        """The text of each scenario's file by its name: of the dashboard's own where something was moved, else of the shipped one."""
        found = {}
        for key, choice in zip(self.keys, (Choice(BASELINE), *self.reforms), strict=True):
            own = key != choice.scenario
            found[f"{key}.yaml"] = written(key, choice.scenario, (*choice.moved, *self.prices), self.command) if own else load(key).text
        return found

    def scenarios(self) -> list[Scenario]:
        """Return the scenarios, the baseline first, each as its file would load.

        Raises
        ------
        ScenarioError
            With every fault of settings that do not go together, in the file as it would be written.
        """
        return [scenario_of(choice.scenario, key, self.files[f"{key}.yaml"])
                for key, choice in zip(self.keys, (Choice(BASELINE), *self.reforms), strict=True)]  # fmt: skip

    def plan(self) -> Plan:
        """Return the plan of the full run.

        Raises
        ------
        ScenarioError, ExperimentError
            If it cannot be run.
        """
        return plan(self.scenarios(), self.where.selection, from_=self.from_, until=self.until, runs=self.runs, seed=self.seed)

    @property
    def command(self) -> str:
        """The command that gives the same numbers, run where the scenarios' files are."""
        names = [key if key in available_scenarios() else f"{key}.yaml" for key in self.keys]
        option = "--region" if self.where.together else "--area"
        words = ["carecurve", "compare", *names, option, self.where.name, "--from", self.from_, "--until", self.until,
                 "--runs", str(self.runs), "--seed", str(self.seed)]  # fmt: skip
        return shlex.join(words)


def choice_of(scenario: str, values: Mapping[str, Value]) -> Choice:
    """Return the choice of a scenario with some settings moved."""
    return Choice(scenario, frozen(values))


def frozen(values: Mapping[str, Value]) -> tuple[tuple[str, Value | tuple[float, ...]], ...]:
    """Return settings that were moved, as a key."""
    return tuple((path, tuple(value) if isinstance(value, list) else value) for path, value in values.items())


def written(key: str, scenario: str, moved: tuple[tuple[str, Value | tuple[float, ...]], ...], command: str) -> str:
    """Return the text of a scenario file, `key` its name, that extends a shipped one and sets what was moved."""
    yaml = YAML()
    yaml.width = 10_000  # a path with its value is one line
    body = CommentedMap(
        name=name_of(key, scenario), description=f"{load(scenario).name}, with settings changed on the dashboard", extends=scenario,
    )  # fmt: skip
    if moved:
        body["set"] = CommentedMap((path, _in_a_line(value)) for path, value in moved)
    text = io.StringIO()
    yaml.dump(body, text)
    return f"{HEAD}#   {command}\n{text.getvalue()}"


def _in_a_line(value: Value | tuple[float, ...]) -> float | int | CommentedSeq:
    """Return a value as a file holds it: a list in one line."""
    if not isinstance(value, tuple):
        return value
    listed = CommentedSeq(value)
    listed.fa.set_flow_style()
    return listed


def name_of(key: str, scenario: str) -> str:
    """Return what the scenario of a key is called: as it is shipped, marked as changed, numbered where the same was chosen twice."""
    name, number = load(scenario).name, key.removeprefix(f"{MINE}{scenario}").removeprefix("-")
    return name if key == scenario else f"{name}, changed" + (f" ({number})" if number else "")


def scenario_of(shipped: str, key: str, text: str) -> Scenario:
    """Return the scenario of a file's text that extends a shipped one, without a file; the shipped one itself if it is called so.

    Raises
    ------
    ScenarioError
        With every fault.
    """
    base = load(shipped)
    return base if key == shipped else load_kept({**base.texts, f"{key}.yaml": text})


def reforms_listed() -> dict[str, str]:
    """Return what can be compared with the baseline: name → what it is called and what it is."""
    return {name: words for name, words in available_scenarios().items() if name not in NOT_REFORMS}


def authorities_listed() -> list[str]:
    """Return the authorities that can be chosen, in alphabetical order."""
    return sorted(load_areas())


def groups_listed() -> dict[str, str]:
    """Return named groups and regions: what `--region` takes → what it is called and how many authorities it has."""
    found = {key: f"{group.name} ({len(group.members) - len(group.missing)} authorities)" for key, group in load_groups().items()}
    areas = load_areas().values()
    return found | {name: f"{name} ({sum(area.region == name for area in areas)} authorities)" for name in regions()}


def not_in_equations(scenario: Scenario) -> str:
    """Return why the expected engine cannot preview a scenario; nothing if it can."""
    if beyond_expected(scenario):
        return "the equations do not know yet what this reform does to the families or children it reaches"
    return "the equations know no places shared between authorities" if pools(scenario) else ""
