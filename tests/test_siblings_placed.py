"""Siblings who enter care together: the places found for those who stay together are not taken by one who is placed alone."""

from collections import deque
from types import SimpleNamespace

import numpy as np
import pytest

from sim.reference_care import Care

pytestmark = pytest.mark.unit
FOSTER, HOME, AGENCY = 0, 1, 2  # stages, and their types: an agency's foster home is a foster home


class Placing:
    """What `place_siblings` asks of an engine: planned stages, vacancies of foster homes, and who moves in where."""

    place_siblings = Care.place_siblings

    def __init__(self, plans: list[int], vacancies: int) -> None:
        self.vacancies, self.moved = vacancies, []
        queue = deque(plans)
        self.placements = SimpleNamespace(plan=lambda *_: queue.popleft())
        self.month, self.now = 0, 0.0
        self.stages = [SimpleNamespace(type="foster"), SimpleNamespace(type="home"), SimpleNamespace(type="foster")]
        self.ledger = SimpleNamespace(row=0, tally=SimpleNamespace(apart=np.zeros((1, 1, 2), np.int64)))

    def uniform(self, *_: object) -> float:
        """Return a draw that plays no part here."""
        return 0.5

    def find_place(self, _child: object, planned: int, siblings: int) -> tuple[int, int]:
        """Return a foster home if as many are vacant as siblings need, else an agency's; a home is never vacant: it overflows to foster homes."""
        assert planned in (FOSTER, HOME)
        return (FOSTER if self.vacancies >= siblings else AGENCY), 0

    def move_in(self, child: SimpleNamespace, _planned: int, stage: int, *_: object) -> None:
        """Take a place."""
        self.vacancies -= stage == FOSTER
        self.moved.append((child.slot, stage))


@pytest.mark.parametrize(
    ("plans", "vacancies", "expected"),
    [
        ([FOSTER, HOME, FOSTER], 2, [(0, FOSTER), (2, FOSTER), (1, AGENCY)]),  # the second would have taken the third's place
        ([FOSTER, HOME, FOSTER], 3, [(0, FOSTER), (2, FOSTER), (1, FOSTER)]),
        ([FOSTER, HOME, FOSTER], 1, [(0, AGENCY), (2, AGENCY), (1, FOSTER)]),  # together in an agency's foster homes
        ([FOSTER, HOME], 1, [(0, FOSTER), (1, AGENCY)]),  # nobody shares the eldest's plan
    ],
)
def test_those_placed_together_move_in_before_those_placed_alone(plans, vacancies, expected):
    family = SimpleNamespace(area=0)
    children = [SimpleNamespace(slot=slot, family=family, story=SimpleNamespace(episodes=0)) for slot in range(len(plans))]
    placing = Placing(plans, vacancies)
    placing.place_siblings(children)
    assert placing.moved == expected
    assert placing.vacancies >= 0
