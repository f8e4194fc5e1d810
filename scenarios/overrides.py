"""Dated overrides: `set: {stages.assessment.case_weight: {2026-09: 0.9}}`.

A path is dotted and must exist; `set` changes numbers, never structure (where a transition leads, what it opens), so
that every scenario of a comparison has the same transitions. Without a date an override acts from the branch month.
"""

import copy
from dataclasses import dataclass
from typing import Any

from scenarios.distributions import KINDS
from scenarios.documents import Document
from scenarios.faults import Fault, Mark, PathKey, dotted
from scenarios.timeline import MonthError, calendar_days, month_index
from scenarios.validation import nearest_path

PATHWAY_KEYS = ("streams", "families", "teams", "stages", "placement_plans", "places")
MEDIANS = ("median_days", "median_working_days")


@dataclass(frozen=True)
class Override:
    """One value set: where, from which month (None: the branch month), and where it was written."""

    path: PathKey
    month: str | None
    value: Any
    mark: Mark

    def fault(self, message: str) -> Fault:
        """Return a fault at the override's value."""
        return Fault(self.mark.file, self.mark.line, self.mark.column, "set." + dotted(self.path), message)


def read_overrides(document: Document, data: dict[str, Any]) -> tuple[list[Override], list[Fault]]:
    """Read the `set` block of a scenario file.

    Parameters
    ----------
    document
        The scenario file.
    data
        What it overrides: the pathway's entries, `settings` and `levers`.
    """
    block = document.data.get("set")
    if block is None:
        return [], []
    if not isinstance(block, dict):
        return [], [
            document.fault(("set",), "expected a mapping of dotted paths, such as `stages.assessment.case_weight: 0.9`")
        ]
    found: list[Override] = []
    faults: list[Fault] = []
    for key, value in block.items():
        here: PathKey = ("set", key)
        path, message = find_path(data, key)
        if message:
            faults.append(document.fault(here, message, at_key=True))
            continue
        misread = _group_fault(path, value, data)
        if misread:
            faults.append(document.fault(here, misread))
            continue
        for month, level, place in _dated(value, here):
            fault = _fault_in(path, month, level, data)
            if fault:
                faults.append(document.fault(place, fault, at_key=month is not None and "month" in fault))
            else:
                found.append(Override(path, month, level, document.mark(place)))
    return found, faults


def _dated(value: Any, here: PathKey) -> list[tuple[str | None, Any, PathKey]]:
    """Split `{month: value, …}` into (month, value, path); anything else is one undated value."""
    if isinstance(value, dict):
        return [(month, level, (*here, month)) for month, level in value.items()]
    return [(None, value, here)]


def _group_fault(path: PathKey, value: Any, data: dict[str, Any]) -> str | None:
    """Return what is wrong with a mapping that is set where it cannot be one of months: a group of numbers is set number by number."""
    if not isinstance(value, dict) or not value:
        return None
    inside = _entry(data, path)
    held = list(inside) if isinstance(inside, dict) else []
    if set(value) & set(KINDS):
        wanted = "".join(f"`{dotted((*path, kind))}: ...` with its numbers" for kind in KINDS if kind in held) or "one number"
        return f"is a distribution, and `set` changes numbers of what is there; expected {wanted}"
    name, level = next(iter(value.items()))
    if not isinstance(inside, dict) or set(held) & set(KINDS) or (path[0] in PATHWAY_KEYS and _is_month(name)):
        return None
    dates = "a lever takes its own dates: " if path[0] == "levers" and _is_month(name) else ""
    if name in inside:
        return f"{dates}{path[-1]} is a group of numbers, not one; expected the path of each, such as `{dotted((*path, name))}: {level}`"
    known = f"{path[-1]} holds {', '.join(str(key) for key in held[:4])}{' and more' if len(held) > 4 else ''}" if held else f"{path[-1]} is empty"
    if path[0] == "settings":
        nested = "".join(f"{part}: {{" for part in path) + f"{name}: {level}" + "}" * len(path)
        return f"{known}, and `set` adds nothing to it; expected {name} under `settings:` of this file: `{nested}`"
    return f"{dates}{known}, and `set` does not add {name} to it; expected the path of one of those, or a lever of your own that has it"


def _entry(data: Any, path: PathKey) -> Any:
    """Return the entry at a path; of a median that a duration's quartiles have, none."""
    for part in path:
        data = data[part] if isinstance(data, list) or part in data else None
    return data


def _is_month(name: Any) -> bool:
    """Whether a name is a month."""
    try:
        month_index(name)
    except MonthError:
        return False
    return True


def find_path(data: dict[str, Any], key: str) -> tuple[PathKey, str | None]:
    """Return the path a dotted key names, or what is wrong with it (with the nearest existing path)."""
    parts = key.split(".")
    path: list[str | int] = []
    here: Any = data
    for position, part in enumerate(parts):
        if isinstance(here, dict) and part in here:
            path.append(part)
            here = here[part]
        elif isinstance(here, list) and part.isdigit() and int(part) < len(here):
            path.append(int(part))
            here = here[int(part)]
        elif part in MEDIANS and position == len(parts) - 1 and _quartiles(here):
            path.append(part)
        else:
            near = nearest_path(data, tuple(parts))
            hint = f"; did you mean {near!r}?" if near else ""
            return (), f"no such path {key!r}, expected a path of the pathway, settings or levers{hint}"
    if isinstance(here, dict) and "value" in here and path[-1] not in MEDIANS:
        path.append("value")
    return tuple(path), None


def _quartiles(duration: Any) -> str | None:
    """Return the key of a duration's quartiles, if it has them."""
    keys = ("quartiles_days", "quartiles_working_days")
    return next((key for key in keys if isinstance(duration, dict) and key in duration), None)


def _fault_in(path: PathKey, month: str | None, value: Any, data: Any) -> str | None:
    """Return what is wrong with one dated value, before it is applied."""
    if month is not None:
        try:
            month_index(month)
        except MonthError as error:
            return str(error)
        if path[0] not in PATHWAY_KEYS:
            what = "a lever takes its own dates" if path[0] == "levers" else "settings hold for the whole run"
            return f"the month {month} is out of place: {what}; expected one value"
    here = data
    for part in path[:-1]:
        here = here[part]
    if path[-1] in MEDIANS and path[-1] not in here:
        number = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
        return None if number else f"is {value!r}, expected a number of days above 0"
    here = here[path[-1]]
    if path[0] not in PATHWAY_KEYS and isinstance(here, dict) and not here.keys() & set(KINDS):
        inside = ", ".join(str(key) for key in list(here)[:4])
        return f"{dotted(path)} holds no number but {inside}{' and more' if len(here) > 4 else ''}; expected the path of one of its numbers"
    if path[0] in PATHWAY_KEYS and not _is_numbers(here):
        return f"{dotted(path)} holds no number, expected the path of one: `set` changes numbers, not structure"
    if path[0] in PATHWAY_KEYS and not _is_numbers(value):
        return f"is {value!r}, expected {'a list of numbers' if isinstance(here, list) else 'a number'}"
    return None


def _is_numbers(value: Any) -> bool:
    """Whether a value is a number or a list of numbers."""
    if isinstance(value, list):
        return bool(value) and all(_is_numbers(item) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def apply(data: dict[str, Any], overrides: list[Override]) -> dict[str, Any]:
    """Return a copy of the data with overrides applied in order; setting a median scales all quartiles alike."""
    result = copy.deepcopy(data)
    for override in overrides:
        *parents, last = override.path
        here: Any = result
        for part in parents:
            here = here[part]
        if last in MEDIANS and last not in here:
            _set_median(here, str(last), float(override.value))
        else:
            here[last] = copy.deepcopy(override.value)
    return result


def _set_median(duration: dict[str, Any], key: str, median: float) -> None:
    """Scale a duration's quartiles so that the median is as stated, in working or calendar days."""
    name = _quartiles(duration)
    quartiles = duration[name]
    wanted = calendar_days(median) if key == "median_working_days" else median
    present = calendar_days(quartiles[1]) if name == "quartiles_working_days" else quartiles[1]
    duration[name] = [days * wanted / present for days in quartiles]
