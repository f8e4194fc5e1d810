"""Waiting lists against queueing theory: M/M/1 and M/M/c (Erlang's delay formula), and two classes (Cobham)."""

import numpy as np
import pandas as pd
import pytest
from theory import by_year, check, entries, erlang_c, events, figure, interval, per_day, scenario

pytestmark = pytest.mark.statistical

STAGE = "helped"
WRONG = 1.05  # the factor that is wrong in every control


def waits(name: str, seeds: tuple[int, ...]) -> pd.DataFrame:
    """Return each family's entry (days), wait and class."""
    found = []
    for seed in seeds:
        log = events(name, seed)
        asked = entries(log, STAGE)
        admitted = log[log.event == "admission"]
        wait = pd.Series(admitted.time.to_numpy(), admitted.family.to_numpy()).reindex(asked.index) - asked
        urgent = asked.index.isin(log.family[log.stage_to == "urgent"])
        found.append(pd.DataFrame({"time": asked.to_numpy(), "wait": wait.fillna(0.0).to_numpy(), "urgent": urgent, "seed": seed}))
    return pd.concat(found)


def batches(frame: pd.DataFrame, values: pd.Series) -> np.ndarray:
    """Return batch means: a year of a run is a batch."""
    return np.concatenate([by_year(rows.time, values[frame.seed == seed].to_numpy()) for seed, rows in frame.groupby("seed")])


def queue(name: str) -> tuple[int, float, float]:
    """Return servers, arrivals a day and mean service in days, as the files say."""
    return int(figure(name, "helpers")), per_day(name), scenario(name).pathway.mean_days(STAGE)


@pytest.fixture(scope="module", params=[("mm1", (1, 2)), ("mmc", (1,))], ids=["M/M/1", "M/M/c"])
def run(request):
    name, seeds = request.param
    return name, waits(name, seeds)


def delayed(servers: int, rate: float, service: float) -> float:
    return erlang_c(servers, rate * service)


def mean_wait(servers: int, rate: float, service: float) -> float:
    return erlang_c(servers, rate * service) * service / (servers - rate * service)


def long_wait(servers: int, rate: float, service: float, limit: float) -> float:
    return erlang_c(servers, rate * service) * np.exp(-(servers / service - rate) * limit)


def test_share_who_wait_is_erlangs_delay(run):
    name, frame = run
    servers, rate, service = queue(name)
    check(interval(batches(frame, frame.wait > 0)), delayed(servers, rate, service), delayed(servers, rate * WRONG, service))


def test_mean_wait_is_erlangs_delay(run):
    name, frame = run
    servers, rate, service = queue(name)
    check(interval(batches(frame, frame.wait)), mean_wait(servers, rate, service), mean_wait(servers, rate, service * WRONG))


def test_waits_are_exponential_for_those_who_wait(run):
    name, frame = run
    servers, rate, service = queue(name)
    limit = service / servers
    found = interval(batches(frame, frame.wait > limit))
    check(found, long_wait(servers, rate, service, limit), long_wait(servers, rate * WRONG, service, limit))


def test_two_classes_wait_as_cobham_says():
    name = "priority"
    frame = waits(name, (1,))
    servers, rate, service = queue(name)
    share = scenario(name).pathway.stages["asking"].outcomes["urgent"].share

    def cobham(urgent: bool, rate: float = rate, share: float = share) -> float:
        use, first = rate * service / servers, share * rate * service / servers
        residual = erlang_c(servers, rate * service) * service / servers
        return residual / (1.0 - first) / (1.0 if urgent else 1.0 - use)

    for urgent in (True, False):
        own = frame[frame.urgent == urgent]
        found = interval(by_year(own.time, own.wait.to_numpy()))
        check(found, cobham(urgent), cobham(urgent, rate * WRONG))
        assert not found.holds(mean_wait(servers, rate, service))  # one class for all: neither waits so long, or so little
