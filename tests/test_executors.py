"""Work in processes: results in order, progress told, and faults of a scenario as they were raised."""

import pytest

from scenarios.faults import Fault, ScenarioError
from sim.executors import run_in_processes

pytestmark = pytest.mark.unit

FAULT = Fault("a.yaml", 3, 1, "levers", "no such lever")


def test_results_come_in_the_order_of_tasks_and_progress_is_told():
    told = []
    assert run_in_processes(lambda task: task * task, (3, 1, 2), 2, lambda done, of: told.append((done, of))) == [9, 1, 4]
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_scenario_s_faults_arrive_whole(workers):
    def fail(_: int) -> None:
        raise ScenarioError([FAULT])

    with pytest.raises(ScenarioError) as caught:
        run_in_processes(fail, (1, 2), workers)
    assert caught.value.faults == [FAULT]
    assert str(caught.value) == "a.yaml:3:1: levers: no such lever"
