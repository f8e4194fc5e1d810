"""What is counted of children's histories, found again in another way: from the event log of the fast engine, stay by stay."""

import dataclasses
from collections import defaultdict
from functools import cache

import numpy as np
import pytest
from test_engines_agree import compiled, later, present

from sim import engine
from sim.checks import check_run
from sim.kernels import layout as L
from sim.kernels.layout import YEAR
from sim.model import CompiledModel

pytestmark = pytest.mark.e2e

AREA, FIRST, MONTHS, SEEDS = ("Bolton",), "2025-10", 36, (1, 2, 3)
ENTER, EXIT, WAIT, ADMIT, RENEGE = (int(code) for code in (L.ENTER, L.EXIT, L.WAIT, L.ADMIT, L.RENEGE))


@cache
def model() -> CompiledModel:
    """Early help: families wait for help in need, and for intensive help beside it."""
    return dataclasses.replace(compiled(AREA, "early-help", FIRST), last=later(FIRST, MONTHS - 1), _drawn={})


@cache
def tallies() -> tuple[L.Tally, ...]:
    return tuple(engine.simulate(model(), present(AREA, FIRST, seed), FIRST, model().last, seed, 0, log=True)[0] for seed in SEEDS)


def families(tally: L.Tally) -> dict[tuple[int, int], list]:
    """Events of each family and its children, in order."""
    found = defaultdict(list)
    for row in tally.log[: tally.n_log[0]]:
        found[int(row["stream"]), int(row["family"])].append(row)
    return found


def stage(name: str) -> int:
    return model().stage_names.index(name)


def family_track(name: str) -> int:
    return int(model().for_draw(1, 0).stages["track"][stage(name)])


def stays(events: list, name: str) -> list[tuple[float, float]]:
    """Days between which a family was in a stage; infinity if it still is."""
    found, began = [], None
    for row in events:
        if row["child"] == 0 and row["event"] in (ENTER, EXIT):
            if began is not None and row["stage_from"] == stage(name):
                found.append((began, float(row["time"])))
                began = None
            if row["stage_to"] == stage(name):
                began = float(row["time"])
    return found + ([(began, np.inf)] if began is not None else [])


def waits(events: list, name: str) -> list[tuple[float, float]]:
    """Days between which a family waited for the place that a stage needs."""
    found, began = [], None
    for row in events:
        if row["event"] == WAIT and row["stage_from"] == stage(name):
            began = float(row["time"])
        elif row["event"] in (ADMIT, RENEGE) and row["stage_from"] == stage(name) and began is not None:
            found.append((began, float(row["time"])))
            began = None
    return found + ([(began, np.inf)] if began is not None else [])


def test_escalations_are_those_of_families_whose_wait_the_log_shows():
    """Of the list beside need, of families who joined it since the branch: at the branch nobody waits, the programme is new."""
    steps = {int(L.ENQUIRY): "section_47", int(L.PLAN): "child_protection_plan", int(L.REFERRED): "referral"}
    for step, name in steps.items():
        counted = expected = 0
        for tally in tallies():
            counted += int(tally.escalated[0, :, L.SUPPORT_LIST, step].sum())
            for events in families(tally).values():
                listed = waits(events, "intensive_family_help")
                expected += sum(low < began < high for began, _ in stays(events, name) for low, high in listed)
        assert counted == expected
        assert counted > 0 or step != L.ENQUIRY


def test_families_referred_from_early_helps_list_had_waited_for_it():
    counted = expected = 0
    for tally in tallies():
        late = slice(12, None)  # who waits since before the branch is not in the log: nobody waits so long
        counted += int(tally.escalated[0, late, L.NEED_LIST, L.REFERRED].sum())
        since = model().for_draw(1, 0).month_start[model().month(FIRST) + 12]
        for events in families(tally).values():
            for row in events:
                if row["event"] == ENTER and row["child"] == 0 and row["stage_to"] == stage("referral") and row["stage_from"] == stage("early_help"):
                    left = [high for _, high in waits(events, "early_help")]
                    expected += row["time"] >= since and float(row["time"]) in left
    assert counted == expected > 5


def care_starts(events: list) -> list[tuple[float, int]]:
    """Days on which children who lived at home entered care, and who."""
    found = []
    for row in events:
        if row["child"] > 0 and row["event"] == ENTER and row["stage_to"] == stage("looked_after"):
            if row["stage_from"] < 0 or row["stage_from"] == stage("reunified"):
                found.append((float(row["time"]), int(row["child"])))
    return found


def times(events: list, which: str, name: str, before: float) -> float:
    """The last day before one on which a family entered (`stage_to`) or left (`stage_from`) a stage; minus infinity if the log has none."""
    rows = (row for row in events if row["child"] == 0 and row["event"] in (ENTER, EXIT) and row["time"] < before)
    return max((float(row["time"]) for row in rows if row[which] == stage(name)), default=-np.inf)


@pytest.mark.parametrize(("column", "name"), [(int(L.CLOSED_BEFORE), "closed"), (int(L.PLANNED_BEFORE), "child_protection_plan")])
def test_care_starts_after_closing_and_after_a_plan_are_those_of_the_log(column, name):
    counted = expected = 0
    for tally in tallies():
        counted += int(tally.starts_after[0, 13:, column].sum())
        start = model().for_draw(1, 0).month_start[model().month(FIRST) + 13]
        for (stream, _), events in families(tally).items():
            if stream in (1, 2):
                continue
            for day, _ in care_starts(events):
                if day < start:
                    continue
                into, out_of = (times(events, which, name, day) for which in ("stage_to", "stage_from"))
                if name == "closed":
                    expected += day - np.floor(into) < YEAR
                else:
                    expected += day - out_of < YEAR / 2.0 and into < out_of  # else on a plan now
    assert counted == expected
    assert counted > 3


def test_returns_are_fewer_than_closings_and_follow_the_steps():
    """As shares of children closed without a plan: an enquiry for some, a plan for fewer, care for fewer still."""
    closed, enquiry, plan, care = (sum(int(tally.returned[0, :, :, i].sum()) for tally in tallies()) for i in range(4))
    assert closed > 4 * enquiry > 0
    assert enquiry > plan > 0
    assert care < closed / 20


def test_short_plans_are_some_of_those_that_ended():
    row = stage("child_protection_plan")
    for tally in tallies():
        assert (tally.short_plans[0] <= tally.left_children[0, :, row]).all()
    short = sum(int(tally.short_plans.sum()) for tally in tallies())
    days = [end - began for tally in tallies() for events in families(tally).values() for began, end in stays(events, "child_protection_plan")]
    assert short >= sum(day < 91.0 for day in days) > 0  # of a family a child at least; those on a plan at the branch come on top


def test_counts_by_quintile_add_up_to_all_and_a_count_astray_is_noticed():
    tally = tallies()[0]
    _, end = engine.simulate(model(), present(AREA, FIRST, SEEDS[0]), FIRST, model().last, SEEDS[0], 0)
    named = {check.name: check for check in check_run(tally, end, model(), present(AREA, FIRST, SEEDS[0]))}
    assert named["quintiles_add_up"].passed
    assert named["days_by_quintile"].passed
    astray = tally._replace(by_quintile=tally.by_quintile + 1, quintile_days=tally.quintile_days * 1.01)
    named = {check.name: check for check in check_run(astray, end, model(), present(AREA, FIRST, SEEDS[0]))}
    assert not named["quintiles_add_up"].passed
    assert not named["days_by_quintile"].passed
