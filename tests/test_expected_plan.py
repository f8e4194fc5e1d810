"""What the expected engine cannot do is refused before anything runs."""

import pytest

from scenarios.loading import load
from sim.plan import ExperimentError, plan
from sim.selection import select

pytestmark = pytest.mark.unit


def refusal(*names: str, **options) -> str:
    with pytest.raises(ExperimentError) as found:
        plan([load(name) for name in names], select(None, "greater-manchester"), engine="expected", **options)
    return str(found.value)


def test_a_scenario_that_pools_places_is_refused():
    assert "pooled between authorities" in refusal("baseline", "regional-care-cooperative")


def test_a_scenario_that_works_through_help_is_refused():
    assert "what help does" in refusal("baseline", "early-help")


def test_an_event_log_is_refused():
    assert "no events" in refusal("baseline", events=True)


def test_the_baseline_and_levers_on_rates_are_not():
    assert plan([load("baseline"), load("kinship")], select("Rutland"), engine="expected").engine == "expected"
