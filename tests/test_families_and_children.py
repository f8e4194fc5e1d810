"""What happens to families and children, read off the event log: side-by-side tracks, switch-over, siblings, births, kinship, transfers."""

import dataclasses
from functools import cache

import numpy as np
import pytest
from test_engines_agree import compiled, later, present

from scenarios.loading import load
from sim import engine
from sim.kernels import layout as L
from sim.model import CompiledModel

pytestmark = pytest.mark.e2e

AREA, FIRST, MONTHS, SEEDS = ("Bolton",), "2025-04", 36, (1, 2, 3, 4)
ENTER, MOVE, EXIT = int(L.ENTER), int(L.MOVE), int(L.EXIT)


@cache
def model() -> CompiledModel:
    return dataclasses.replace(compiled(AREA, "baseline", FIRST), last=later(FIRST, MONTHS - 1), _drawn={})


def with_text(write, text: str) -> CompiledModel:
    """The small model of a scenario that extends the baseline by some text."""
    scenario = load(str(write("name: Mine\nextends: baseline\n" + text)))
    return dataclasses.replace(model(), scenario=scenario, _drawn={})


def run(some: CompiledModel, seed: int):
    return engine.simulate(some, present(AREA, FIRST, seed), FIRST, some.last, seed, 0, log=True)[0]


@cache
def tallies() -> tuple[L.Tally, ...]:
    return tuple(run(model(), seed) for seed in SEEDS)


def entries(tally: L.Tally, some: CompiledModel, stage: str) -> np.ndarray:
    log = tally.log[: tally.n_log[0]]
    return log[(log["stage_to"] == some.stage_names.index(stage)) & np.isin(log["event"], (ENTER, MOVE))]


def whose(rows: np.ndarray) -> set[tuple[int, int]]:
    return set(zip(rows["stream"].tolist(), rows["family"].tolist(), strict=True))


def fired(some: CompiledModel, name: str) -> int:
    return sum(int(tally.fired[0, :, some.transition_names.index(name)].sum()) for tally in tallies())


def test_an_enquiry_opens_inside_an_assessment_and_a_plan_holds_need_open():
    for tally in tallies():
        closed, plans = entries(tally, model(), "closed"), entries(tally, model(), "child_protection_plan")
        log = tally.log[: tally.n_log[0]]
        ended = log[(log["stage_from"] == model().stage_names.index("child_protection_plan")) & (log["child"] == 0)]
        for plan in plans:
            mine = ended[(ended["family"] == plan["family"]) & (ended["stream"] == plan["stream"]) & (ended["time"] > plan["time"])]
            over = mine["time"].min() if len(mine) else np.inf
            during = closed[(closed["family"] == plan["family"]) & (closed["stream"] == plan["stream"])]["time"]
            assert not ((during > plan["time"]) & (during < over)).any()
    assert fired(model(), "assessment.enquiry") > fired(model(), "child_in_need.enquiry") > 0


EARLIER = "settings:\n  policy: {families_first: {authorities: {Bolton: 2025-10}}}\n"


@pytest.mark.parametrize(("text", "month"), [("", "2026-04"), (EARLIER, "2025-10")])
def test_from_its_authoritys_switch_over_new_cases_are_family_help(write, text, month):
    some = with_text(write, text)
    tally, since = run(some, SEEDS[0]), some.month(month) - some.month(FIRST)
    old, new = (tally.entered[0, :, some.stage_names.index(name)] for name in ("child_in_need", "family_help"))
    assert old[:since].sum() > 20
    assert old[since:].sum() == new[:since].sum() == 0
    assert new[since:].sum() > 20


@pytest.mark.parametrize(("all_enter", "low", "high"), [(1.0, 1.25, 9.0), (0.0, 1.0, 1.0)])
def test_siblings_enter_together_or_one_alone(write, all_enter, low, high):
    """With nobody entering by their own chance, a fork brings all at home or exactly one."""
    some = with_text(write, f"set:\n  families.siblings_entering_care.all_enter: {all_enter}\n  families.siblings_entering_care.each_enters: 0.0\n")
    rows = entries(run(some, SEEDS[0]), some, "interim_care_order")
    rows = rows[(rows["event"] == ENTER) & (rows["stage_from"] < 0)]
    _, sizes = np.unique(rows[["time", "family"]], return_counts=True)
    assert len(sizes) > 5
    assert low <= sizes.mean() <= high


def test_babies_are_born_into_families_whose_children_have_been_removed_and_some_are_removed():
    born = [row for tally in tallies() for row in entries(tally, model(), "newborn")]
    alone = model().stage_names.index("no_child_at_home")
    assert sum(row["stage_from"] == alone for row in born) >= 3
    removed = fired(model(), "newborn.removed_at_birth") + fired(model(), "newborn.accommodated_at_birth")
    assert 0 < removed < len(born)


def test_a_fifth_of_provisional_kinship_carers_are_not_approved():
    approved, failed = (fired(model(), f"kinship_foster_provisional.{name}") for name in ("approved", "not_approved"))
    assert approved + failed > 30
    assert failed / (approved + failed) == pytest.approx(0.18, abs=0.12)


def test_children_who_pass_through_leave_for_another_authority_within_weeks():
    stays = []
    for tally in tallies():
        log = tally.log[: tally.n_log[0]]
        log = log[log["stream"] == 2]
        moved = log[(log["event"] == EXIT) & (log["stage_to"] == model().stage_names.index("moved_area"))]
        for row in moved:
            began = log[(log["family"] == row["family"]) & (log["stage_to"] == model().stage_names.index("looked_after"))]["time"]
            stays += [row["time"] - began.max()] if len(began) else []
    assert len(stays) >= 8
    assert np.mean(stays) < 31.0
