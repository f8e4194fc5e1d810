"""A small semi-Markov chain with hazards in bands against matrix algebra: where families leave, how long it takes, what they meet."""

import numpy as np
import pandas as pd
import pytest
from theory import YEAR, check, entries, events, hazards_of, interval, scenario, way_out

pytestmark = pytest.mark.statistical

STAGES = ("first", "second", "third")


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    """Return the events of families who arrive in the first 35 years: all of them leave in time."""
    found = events("chain")
    came = entries(found, "first").groupby(level=0).min()
    arrived = found[found.event == "arrival"].family
    return found[found.family.isin(came[came.index.isin(arrived) & (came < 35 * YEAR)].index)]


def algebra(tilt: float = 1.0):
    """Return (moves between stages, moves out, mean stays) by stage; `tilt` multiplies the rates out, to be wrong on purpose."""
    moves, out, stay = np.zeros((3, 3)), np.zeros(3), np.zeros(3)
    steps = scenario("chain").pathway.stages
    for i, stage in enumerate(STAGES):
        hazards = hazards_of("chain", stage)
        wrong = {name: (bands, tuple(rate * (tilt if name == "out" else 1.0) for rate in rates)) for name, (bands, rates) in hazards.items()}
        chance, stay[i] = way_out(wrong)
        for name, p in chance.items():
            to = steps[stage].transitions[name].to
            if to == "idle":
                out[i] += p
            else:
                moves[i, STAGES.index(to)] += p
    assert np.allclose(moves.sum(1) + out, 1.0)
    return moves, out, stay


def visits(tilt: float = 1.0) -> np.ndarray:
    """Return the mean visits to each stage of a family that starts in the first: its row of the fundamental matrix."""
    return np.linalg.inv(np.eye(3) - algebra(tilt)[0])[0]


def test_where_families_leave_is_the_absorption_probability(log):
    last = log[log.event == "exit"].stage_from.to_numpy()
    assert len(last) == log.family.nunique()
    for i in (1, 2):
        theory = visits()[i] * algebra()[1][i]
        check(interval(last == STAGES[i]), theory, theory * 1.05)


def test_mean_time_to_leave_is_visits_times_stays(log):
    times = log.groupby("family").time
    check(interval(times.last() - times.first()), visits() @ algebra()[2], visits(0.9) @ algebra(0.9)[2])


@pytest.mark.parametrize("stage", STAGES)
def test_mean_visits_to_a_stage_are_the_fundamental_matrix(log, stage):
    count = log[log.stage_to == stage].groupby("family").size().reindex(log.family.unique(), fill_value=0)
    i = STAGES.index(stage)
    check(interval(count), visits()[i], visits()[i] * 1.05)


def test_first_passage_to_the_third_stage(log):
    """The third stage made absorbing: who reaches it at all, and how long families take to reach it or leave."""
    moves, _, stay = algebra()
    until = np.linalg.inv(np.eye(2) - moves[:2, :2])[0]
    start = log.groupby("family").time.first()
    reached = entries(log, "third").groupby(level=0).first().reindex(start.index)
    gone = log[log.event == "exit"].set_index("family").time.reindex(start.index)
    check(interval(reached.notna()), until @ moves[:2, 2], until @ moves[:2, 2] * 1.05)
    check(interval(reached.fillna(gone) - start), until @ stay[:2], until @ stay[:2] * 1.05)
