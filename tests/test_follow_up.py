"""What follows what, by hand: which closings count, which returns, which steps up while waiting, and what went before a care start."""

import numpy as np
import pytest
from tiny_arrays import filled

from sim.kernels import layout as L
from sim.kernels.follow_up import AFTER_PLAN_DAYS, note_care, note_closing
from sim.kernels.household import note_step
from sim.kernels.layout import YEAR

pytestmark = pytest.mark.unit

NOW = 10_000.0
OPEN, CLOSED, HELPED, ON_PLAN, ENQUIRED, SUPPORTED = range(6)  # stages of this test's pathway
ENQUIRY, PLAN, CARE, REFERRED = (int(code) for code in (L.ENQUIRY, L.PLAN, L.CARE_START, L.REFERRED))


class Family:
    """One family of quintile 3, two children at home, in the arrays that kernels read."""

    def __init__(self, **fields):
        stages = np.zeros(6, L.STAGE)
        stages["place"], stages["followed"] = -1, -1
        stages["place"][[HELPED, SUPPORTED]] = 0, 1
        stages["is_plan"][ON_PLAN] = 1
        families = np.zeros((1, 1), L.FAMILY)
        self.row = families[0, 0]
        self.row["quintile"], self.row["n_children"], self.row["stages"], self.row["counted"] = 2, 2, [OPEN, -1, -1, -1], 2
        self.row["home"][:2], self.row["births"][:2] = L.AT_HOME, NOW - 5 * YEAR
        self.row["closed_day"], self.row["last_plan_end"], self.row["last_referral"] = L.NEVER_CLOSED, -np.inf, -np.inf
        for name, value in fields.items():
            self.row[name] = value
        slots = np.zeros((1, 1, 4), L.SLOT)
        self.slots = slots[0, 0]
        self.model, self.m = filled(L.MODEL_FIELDS, stages=stages)
        self.state, self.s = filled(L.STATE_FIELDS, families=families, family_slots=slots, clock=[NOW, 0.0])
        self.row, self.slots = self.state.families[0, 0], self.state.family_slots[0, 0]
        shape = (1, 1, L.QUINTILE_ROWS, 4)
        self.tally, self.y = filled(
            L.TALLY_FIELDS, returned=np.zeros(shape), escalated=np.zeros((1, 1, 2, 4)), starts_after=np.zeros((1, 1, 3)),
            rereferred=np.zeros((1, 1)), repeat_plans=np.zeros((1, 1, 2)),
        )  # fmt: skip

    @property
    def handles(self):
        return self.m.address, self.s.address, self.y.address

    def close(self, day):
        note_closing(*self.handles, 0, 0, day)

    def step(self, step, day, waited=False):
        note_step(*self.handles, 0, 0, step, waited, day)

    def enter_care(self, day, children=1):
        note_care(*self.handles, 0, 0, children, day)

    def returned(self):
        assert not np.delete(self.tally.returned[0, 0], 2, axis=0).any(), "another quintile's"
        return self.tally.returned[0, 0, 2].tolist()


def test_a_case_closed_without_a_plan_is_back_once_for_each_step():
    family = Family(case_start=NOW - 300.0)
    family.close(NOW)
    assert family.returned() == [2, 0, 0, 0]
    family.step(ENQUIRY, NOW + 100.0)
    family.step(ENQUIRY, NOW + 200.0)  # a second enquiry is the same return
    family.step(PLAN, NOW + 210.0)
    family.enter_care(NOW + 220.0, children=1)
    family.enter_care(NOW + 230.0, children=1)
    assert family.returned() == [2, 2, 2, 1]
    family.close(NOW + 240.0)  # no plan has ended here: a new closing, whose returns count anew
    assert family.returned() == [4, 2, 2, 1]
    family.step(ENQUIRY, NOW + 300.0)
    assert family.returned() == [4, 4, 2, 1]


@pytest.mark.parametrize(("days", "counts"), [(0.5, 2), (364.0, 2), (366.5, 0), (900.0, 0)])
def test_a_return_counts_within_twelve_months(days, counts):
    family = Family()
    family.close(NOW)
    family.step(ENQUIRY, NOW + days)
    assert family.returned()[ENQUIRY] == counts


@pytest.mark.parametrize(
    "planned", [{"last_plan_end": NOW - 20.0}, {"stages": [OPEN, ON_PLAN, -1, -1]}], ids=["a plan of this case ended", "it is still open"]
)
def test_a_case_closed_with_a_plan_is_another_measures(planned):
    family = Family(case_start=NOW - 100.0, **planned)
    family.close(NOW)
    family.step(ENQUIRY, NOW + 10.0)
    assert family.returned() == [0, 0, 0, 0]


def test_a_plan_of_an_earlier_case_does_not_make_this_one_planned():
    family = Family(case_start=NOW - 100.0, last_plan_end=NOW - 101.0)
    family.close(NOW)
    assert family.returned() == [2, 0, 0, 0]


def test_a_family_never_closed_does_not_return():
    family = Family()
    family.step(ENQUIRY, NOW)
    family.enter_care(NOW)
    assert family.returned() == [0, 0, 0, 0]
    assert not family.tally.starts_after.any()


@pytest.mark.parametrize(
    ("stages", "waiting", "expected"),
    [
        ([HELPED, -1, -1, -1], 1, [1, 0]), ([HELPED, -1, -1, -1], 0, [0, 0]), ([OPEN, -1, -1, SUPPORTED], 1, [0, 1]),
        ([HELPED, -1, -1, SUPPORTED], 1, [1, 1]), ([OPEN, -1, -1, -1], 1, [0, 0]),
    ],
)  # fmt: skip
def test_steps_up_count_on_the_list_the_family_waits_on(stages, waiting, expected):
    family = Family(stages=stages)
    family.slots["waiting"] = waiting
    for step in (ENQUIRY, PLAN):
        family.step(step, NOW)
    family.enter_care(NOW, children=2)
    found = family.tally.escalated[0, 0]
    assert found[:, ENQUIRY].tolist() == found[:, PLAN].tolist() == found[:, CARE].tolist() == expected
    assert family.tally.starts_after[0, 0, L.WAITED] == 2 * any(expected)


def test_a_family_referred_from_the_list_it_left_has_stepped_up():
    family = Family()
    family.step(REFERRED, NOW, waited=True)
    assert family.tally.escalated[0, 0].tolist() == [[1, 0, 0, 0], [0, 0, 0, 0]]
    family.step(REFERRED, NOW, waited=False)
    assert family.tally.escalated.sum() == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"closed_day": NOW - 364}, [0, 3, 0]), ({"closed_day": NOW - 366}, [0, 0, 0]),
        ({"last_plan_end": NOW - AFTER_PLAN_DAYS + 1}, [0, 0, 3]), ({"last_plan_end": NOW - AFTER_PLAN_DAYS - 1}, [0, 0, 0]),
        ({"last_plan_end": NOW - 10, "stages": [OPEN, ON_PLAN, -1, -1]}, [0, 0, 0]),  # on another plan now
        ({"closed_day": NOW - 50, "last_plan_end": NOW - 60, "since_closed": L.HAD_PLAN}, [0, 3, 3]),
    ],
)  # fmt: skip
def test_what_went_before_a_care_start(fields, expected):
    family = Family(**fields)
    family.enter_care(NOW, children=3)
    assert family.tally.starts_after[0, 0].tolist() == expected

