"""What a reform changes, in parts that can be taken or left: its levers one by one, and the numbers it changes itself.

A scenario between a baseline and a reform takes some of these parts: with none it is the baseline, with all the reform. It shares their past, and the
same lever draws the same numbers in it, because what is drawn is addressed by the lever's own names (ruling 5).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

from scenarios.lever_base import Lever
from scenarios.overrides import PATHWAY_KEYS, Override
from scenarios.scenario import Scenario

NUMBERS = "changed_numbers"  # the part of all that `set` and `settings` change outside levers
OF_THE_RUN = ("from_", "until", "replicates")  # settings that say what is run, not what is so
Change = Literal["added", "changed", "removed"]


class PartsError(ValueError):
    """A reform and a baseline that cannot be told apart part by part."""


@dataclass(frozen=True)
class Part:
    """One thing a reform changes: a lever it adds, has otherwise than the baseline or does without, or its changed numbers.

    Attributes
    ----------
    name
        The lever's name, or `changed_numbers`.
    change
        What the reform does to it.
    """

    name: str
    change: Change = "added"

    @property
    def label(self) -> str:
        """Words."""
        if self.name == NUMBERS:
            return "changed numbers (set, settings)"
        words = self.name.replace("_", " ")
        return {"added": words, "changed": f"{words}, changed", "removed": f"without {words}"}[self.change]


def parts_of(baseline: Scenario, reform: Scenario) -> tuple[Part, ...]:
    """Return what a reform changes: levers in its order, then levers it does without, then changed numbers; empty if nothing.

    A `set` of a lever's own number belongs to the lever.

    Raises
    ------
    PartsError
        If the two have different pasts: their runs are not paired.
    """
    if baseline.history_hash != reform.history_hash:
        raise PartsError(f"{reform.key} and {baseline.key} have different pasts: unpaired history; expected a reform on the baseline's own past")
    theirs, ours = _by_name(baseline), _by_name(reform)
    if NUMBERS in {*theirs, *ours}:
        raise PartsError(f"a lever is named {NUMBERS!r}, expected another name: it is that of what `set` and `settings` change")
    parts = [Part(name, "changed" if name in theirs else "added") for name in ours if not _alike(theirs.get(name), ours[name])]
    parts += [Part(name, "removed") for name in theirs if name not in ours]
    return (*parts, Part(NUMBERS, "changed")) if _numbers(baseline) != _numbers(reform) else tuple(parts)


def between(baseline: Scenario, reform: Scenario, taken: Collection[str]) -> Scenario:
    """Return the scenario that takes some of a reform's parts, by name, and is otherwise the baseline.

    Its key and hash are its own; with no part it is the baseline itself, with every part the reform.

    Raises
    ------
    PartsError
        As `parts_of`, or if the reform has no such part.
    """
    parts = parts_of(baseline, reform)
    names = [part.name for part in parts]
    if unknown := [name for name in taken if name not in names]:
        raise PartsError(f"{reform.key} has no part {unknown[0]!r}, expected some of {', '.join(names) or 'none'}")
    if len(set(taken)) == len(parts):
        return reform
    if not taken:
        return baseline
    numbers = reform if NUMBERS in taken else baseline
    sources = _sources(baseline, reform, {*taken})
    levers = tuple(_by_name(source)[name] for name, source in sources.items())
    data = numbers.document.data | {"levers": {name: source.document.data["levers"][name] for name, source in sources.items()}}
    of_levers = [item for name, source in sources.items() for item in source.overrides if item.path[:2] == ("levers", name)]
    chosen = [name for name in names if name in taken]
    return replace(
        reform,
        key=f"{reform.key}:{'+'.join(chosen)}",
        name=f"{reform.name}: {', '.join(part.label for part in parts if part.name in taken)} alone",
        settings=numbers.settings,
        levers=levers,
        actions=tuple(action for lever in levers for action in lever.actions(reform.pathway)),
        overrides=(*(item for item in numbers.overrides if item.path[0] != "levers"), *of_levers),
        document=replace(numbers.document, data=data),
    )


def _sources(baseline: Scenario, reform: Scenario, taken: set[str]) -> dict[str, Scenario]:
    """Return which of the two scenarios each lever is from, by its name: the reform's levers first, in its order."""
    theirs, ours = _by_name(baseline), _by_name(reform)
    found = {}
    for name in (*ours, *(name for name in theirs if name not in ours)):
        source = reform if name in taken else baseline
        if name in _by_name(source):
            found[name] = source
    return found


def _by_name(scenario: Scenario) -> dict[str, Lever]:
    """Return a scenario's levers by name."""
    return {lever.name: lever for lever in scenario.levers}


def _alike(one: Lever | None, other: Lever) -> bool:
    """Whether two levers are the same."""
    return type(one) is type(other) and one == other


def _numbers(scenario: Scenario) -> tuple[dict[str, Any], list[tuple]]:
    """Return what a scenario changes outside its levers: its settings, and what it sets of the pathway."""

    def told(item: Override) -> tuple:
        """Return what an override does, wherever it is written."""
        return item.path, item.month, item.value

    settings = scenario.settings.model_dump(mode="json", exclude=set(OF_THE_RUN))
    return settings, [told(item) for item in scenario.overrides if item.path[0] in PATHWAY_KEYS]
