"""Steering: figures are found with which equations whose answer is known follow a path."""

from types import MappingProxyType

import numpy as np
import pytest

from calibration.series import QUANTITIES
from calibration.steering import CHANGE, CLOSE, bends_of, changes, response, solve, steer, with_figures
from scenarios.areas import AreaProfile, Record

pytestmark = pytest.mark.unit

YEARS = tuple(range(2016, 2022))
SERIES = len(QUANTITIES)


def profile() -> AreaProfile:
    children = tuple(Record("Anywhere", "population_0_17", year, 50_000.0 + year, "", "", "published", "own") for year in YEARS)
    return AreaProfile("Anywhere", 1, "E1", "1", "Anywhere", False, MappingProxyType({"population_0_17": children}))


def at_start() -> np.ndarray:
    figures = np.zeros((len(YEARS), SERIES))
    figures[:, QUANTITIES.index("new_family_referrals")] = np.log(0.01)
    return figures


def equations(area: AreaProfile) -> np.ndarray:
    """Each series follows its figure of the year by 0.6 and of the year before by 0.3 (the first year's stands for all before it),
    its neighbour by 0.2, and bends."""
    children = np.array([area.value("population_0_17", year) for year in YEARS])
    logs = np.log([[area.value(quantity, year) for quantity in QUANTITIES] for year in YEARS])
    logs[:, QUANTITIES.index("new_family_referrals")] -= np.log(0.01 * children)
    before = np.vstack([logs[:1], logs[:-1]])
    straight = 0.6 * logs + 0.3 * before + 0.2 * np.roll(logs, 1, axis=1)
    return straight + 0.05 * straight**2


def test_a_path_is_followed():
    start = at_start()
    wanted = 0.4 * np.sin(np.arange(len(YEARS) * SERIES)).reshape(len(YEARS), SERIES)
    how = response(equations, profile(), YEARS, start)
    found = steer(equations, profile(), YEARS, wanted, start, how, rounds=8)
    assert np.abs(found.misfit).max() < 0.02  # the path swings from year to year, which costs figures more than it is worth
    assert equations(found.profile) - wanted == pytest.approx(found.misfit)


def test_the_response_is_the_derivative():
    start = at_start()
    how = response(equations, profile(), YEARS, start)
    assert how[2, 3, 2, 3] == pytest.approx(0.6, abs=0.01)
    assert how[3, 3, 2, 3] == pytest.approx(0.3, abs=0.01)
    assert how[0, 3, 0, 3] == pytest.approx(0.9, abs=0.01)  # the first year's figure holds before it too
    assert not how[1, :, 2, :].any()


def test_solving_undoes_the_response_of_a_smooth_change():
    start = at_start()
    how = response(equations, profile(), YEARS, start)
    change = np.tile(0.1 * np.cos(np.arange(SERIES)), (len(YEARS), 1))  # the same in every year, which costs nothing
    gap = np.tensordot(how, change, 2)
    flat = np.zeros(start.shape)
    assert solve(how, gap, flat) == pytest.approx(change, abs=1e-9)
    assert solve(how, np.stack([gap, 2.0 * gap]), flat)[1] == pytest.approx(2.0 * change, abs=1e-9)


def test_a_swing_costs_what_it_is_worth():
    """One figure that answers at once: half a swing is followed where a misfit of CLOSE costs as much as a change of CHANGE."""
    how = np.zeros((2, SERIES, 2, SERIES))
    for i in range(SERIES):
        how[0, i, 0, i] = how[1, i, 1, i] = 1.0
    swing = np.zeros((2, SERIES))
    swing[:, 3] = -0.1, 0.1
    found = solve(how, swing, np.zeros((2, SERIES)))
    assert found[1, 3] - found[0, 3] == pytest.approx(0.2 / (1.0 + 2.0 * (CLOSE / CHANGE) ** 2))


def test_new_families_are_kept_per_child():
    area = with_figures(profile(), YEARS, np.full((len(YEARS), SERIES), np.log(0.01)))
    assert area.value("new_family_referrals", 2018) == pytest.approx(0.01 * (50_000 + 2018))
    assert area.value("ratio_s47", 2018) == pytest.approx(0.01)


def test_a_stock_that_bends_is_hit_at_once():
    """A stock of which half follows the stay: a fall of log 0.3, more than the straight response would say, and a rise as far."""
    ends = QUANTITIES.index("ratio_plan_end")
    how = np.zeros((2, SERIES, 2, SERIES))
    for i in range(SERIES):
        how[0, i, 0, i] = how[1, i, 1, i] = -0.5 if i == ends else 1.0
    for wanted in (-0.3, 0.3):
        gap = np.zeros((2, SERIES))
        gap[:, ends] = wanted
        figure = changes(how, gap, at_start()[:2], bends_of(how))[1, ends]
        assert np.log(0.5 + 0.5 * np.exp(-figure)) == pytest.approx(wanted, abs=1e-9)
