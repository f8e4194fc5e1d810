"""Scenario files made for tests, and what is said about them."""

from pathlib import Path

import pytest

from scenarios.faults import ScenarioError
from scenarios.loading import load

SHIPPED = Path(__file__).parent.parent / "scenarios"
HEAD = "name: A test\nextends: baseline\n"


def faults_of(path) -> list:
    with pytest.raises(ScenarioError) as caught:
        load(path)
    return caught.value.faults


def at(path, text: str, occurrence: int = 1) -> tuple[int, int]:
    """Return the line and column, from 1, where some text stands in a file."""
    source = Path(path).read_text()
    place = -1
    for _ in range(occurrence):
        place = source.index(text, place + 1)
    return source.count("\n", 0, place) + 1, place - source.rfind("\n", 0, place)


def expect(path, position: tuple[int, int], dotted: str, *parts: str) -> None:
    """Exactly one fault stands there, of that path, and its message holds the parts."""
    found = [fault for fault in faults_of(path) if (fault.line, fault.column, fault.path) == (*position, dotted)]
    assert found, "\n".join(str(fault) for fault in faults_of(path))
    for part in parts:
        assert part in found[0].message
    assert str(found[0]).startswith(f"{path}:{position[0]}:{position[1]}: {dotted}: ")


def position(path: Path, place: int) -> tuple[int, int]:
    source = path.read_text()
    return source.count("\n", 0, place) + 1, place - source.rfind("\n", 0, place)
