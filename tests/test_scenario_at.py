"""The baseline of a vintage: nothing in it responds to demand while records are followed, nor in forecasts."""

import pytest

from calibration.scenario_at import LOOPS, scenario_at

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("options", "respond"), [({}, True), ({"loops": False}, False), ({"followed": True}, False)])
def test_loops_are_off_where_rates_hold_them_already(options, respond):
    settings = scenario_at(2016, 2013, 2021, **options).settings
    switches = [getattr(getattr(settings, part), name) for part, names in LOOPS.items() for name in names]
    assert len(switches) == 6
    assert switches == [respond] * 6


def test_a_forecast_has_published_years_to_its_vintage_and_no_later_policy():
    scenario = scenario_at(2016, 2013, 2021, loops=False)
    assert (scenario.settings.published.last, scenario.settings.until) == (2016, "2021-03")
    assert scenario.settings.policy.families_first is None
    assert scenario.history_settings == scenario.settings


def test_years_may_be_followed_past_the_baseline_s_horizon():
    assert scenario_at(2025, 2020, 2035, followed=True).settings.published.last == 2035
    assert scenario_at(2025, 2020, 2040, loops=False).settings.until == "2040-03"
