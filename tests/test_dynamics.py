"""How rates move: what is learnt from a panel made from known dynamics is what made it, and a record is conditioned on as theory says."""

import numpy as np
import pytest

from calibration.dynamics import DAMPING, USUAL_CHANGE, USUAL_YEARS, Dynamics, condition, learn, left_out, root

pytestmark = pytest.mark.statistical

DECAYS = (0.98, 0.6)
YEARS = tuple(range(2013, 2021))
COMPONENTS = np.array([[[0.09, 0.03], [0.03, 0.05]], [[0.02, -0.01], [-0.01, 0.03]]])
RECORDING = np.array([[0.010, 0.002], [0.002, 0.004]])


def known(years: tuple[int, ...] = YEARS) -> Dynamics:
    level = np.zeros((len(years), 2))
    return Dynamics(years, DECAYS, COMPONENTS, RECORDING, level, np.zeros(2), np.full(2, 0.05))


def panel(areas: int, counting: float = 0.004, seed: int = 1) -> np.ndarray:
    """Return records (A, Y, 2) drawn from the known dynamics."""
    normal = np.random.default_rng(seed).normal
    n = len(YEARS)
    departures = (normal(size=(areas, n * 2)) @ root(known().covariance(n)).T).reshape(areas, n, 2)
    noise = normal(size=(areas, n, 2)) @ root(RECORDING).T + normal(size=(areas, n, 2)) * counting**0.5
    return -3.0 + departures + noise


def test_what_made_a_panel_is_learnt_from_it():
    estimates = []
    for seed in range(15):
        values = panel(130, seed=seed)
        found = learn(values, np.full(values.shape, 0.004), YEARS)
        estimates.append(np.concatenate([found.components.ravel(), found.recording.ravel()]))
    truth = np.concatenate([COMPONENTS.ravel(), RECORDING.ravel()])
    error = np.std(estimates, axis=0, ddof=1) / np.sqrt(len(estimates))
    # Covariances held to be positive are biased a little where noise alone would make them negative.
    assert (np.abs(np.mean(estimates, axis=0) - truth) < 3.5 * error + 0.002).all()


def test_a_national_level_moves_no_departure():
    values = panel(40)
    counting = np.full(values.shape, 0.004)
    shifted = values + np.linspace(0.0, 1.0, len(YEARS))[:, None]
    one, other = learn(values, counting, YEARS), learn(shifted, counting, YEARS)
    assert np.allclose(one.components, other.components)
    assert np.allclose(other.level - one.level, np.linspace(0.0, 1.0, len(YEARS))[:, None])


def test_conditioning_is_that_of_one_normal_variable():
    one = Dynamics((2020,), (0.5,), np.array([[[0.09]]]), np.array([[0.01]]), np.zeros((1, 1)), np.zeros(1), np.ones(1))
    found = condition(one, np.array([[0.3]]), np.array([[0.02]]), 2)
    gain = (0.09 + 0.02) / (0.09 + 0.02 + 0.01)  # what happened, chance included, of what was recorded
    assert found.mean[0, 0] == pytest.approx(0.3 * gain)
    assert found.mean[1:, 0] == pytest.approx(0.3 * 0.09 * np.array([0.5, 0.25]) / 0.12)
    assert found.covariance[2, 2] == pytest.approx(0.09 - (0.09 * 0.25) ** 2 / 0.12)


def test_an_authority_s_own_rates_are_asked_for_without_chance():
    one = Dynamics((2020,), (0.5,), np.array([[[0.09]]]), np.array([[0.01]]), np.zeros((1, 1)), np.zeros(1), np.ones(1))
    record, counting = np.array([[0.3]]), np.array([[0.02]])
    own, happened = condition(one, record, counting, 2, chance=False), condition(one, record, counting, 2)
    assert own.mean[0, 0] == pytest.approx(0.3 * 0.09 / 0.12)
    assert own.covariance[0, 0] == pytest.approx(0.09 - 0.09**2 / 0.12)
    assert own.mean[1:] == pytest.approx(happened.mean[1:])  # years to come have no chance yet
    assert own.covariance[1:, 1:] == pytest.approx(happened.covariance[1:, 1:])


def test_intervals_hold_the_departures_that_made_a_record():
    """Of departures that made records with chance and recording in them, nine in ten lie in the 90 % interval of what is asked without chance."""
    normal = np.random.default_rng(23).normal
    n, inside = len(YEARS), []
    for _ in range(400):
        path = (root(known().covariance(n)) @ normal(size=n * 2)).reshape(n, 2)
        record = path + normal(size=(n, 2)) @ root(RECORDING).T + normal(size=(n, 2)) * 0.1
        found = condition(known(), record, np.full((n, 2), 0.01), 0, chance=False)
        inside.append(np.abs(path - found.mean).ravel() < 1.645 * np.sqrt(np.diag(found.covariance)))
    share = np.mean(inside, axis=1)
    assert share.mean() == pytest.approx(0.90, abs=3.0 * share.std(ddof=1) / len(share) ** 0.5)


def test_without_a_record_an_authority_is_like_its_peers():
    found = condition(known(), np.full((len(YEARS), 2), np.nan), np.full((len(YEARS), 2), np.nan), 3)
    assert np.allclose(found.mean, 0.0)
    assert np.allclose(np.diag(found.covariance)[-2:], COMPONENTS.sum(axis=0).diagonal())


def test_intervals_hold_what_was_made():
    """Of futures made by the dynamics, nine in ten lie in the 90 % interval of a record's conditional distribution."""
    normal = np.random.default_rng(7).normal
    n, ahead, inside = len(YEARS), 5, []
    for _ in range(400):
        path = (root(known().covariance(n + ahead)) @ normal(size=(n + ahead) * 2)).reshape(-1, 2)
        record = path[:n] + normal(size=(n, 2)) @ root(RECORDING).T + normal(size=(n, 2)) * 0.05
        found = condition(known(), record, np.full((n, 2), 0.0025), ahead)
        inside += (np.abs(path[n:] - found.mean[n:]).ravel() < 1.645 * np.sqrt(np.diag(found.covariance)[n * 2 :])).tolist()
    assert np.mean(inside) == pytest.approx(0.90, abs=0.035)  # 4,000 intervals of 400 independent futures: 2.3 standard errors of 0.015


def test_missing_cells_are_borrowed_from_other_series_and_years():
    record = np.full((len(YEARS), 2), np.nan)
    record[:, 0] = 0.5
    found = condition(known(), record, np.full(record.shape, 0.004), 1)
    assert 0.0 < found.mean[-1, 1] < 0.5


def test_a_trend_dies_away():
    found = known()
    moving = Dynamics(found.years, DECAYS, COMPONENTS, RECORDING, found.level, np.array([0.1, 0.0]), found.change_sd)
    path = moving.national_path(40)
    assert path[0] == pytest.approx([0.1 * DAMPING, 0.0])
    assert path[-1, 0] == pytest.approx(0.1 * DAMPING / (1.0 - DAMPING))


def test_a_year_nobody_has_teaches_nothing_of_usual_changes():
    values = panel(40)
    values[:, 4] = np.nan  # as of a pandemic, excluded
    found = learn(values, np.full(values.shape, 0.004), YEARS)
    changes = np.delete(np.diff(values.mean(axis=0), axis=0), [3, 4], axis=0)  # to that year and from it
    usual = (np.sum(changes**2, axis=0) + USUAL_YEARS * USUAL_CHANGE**2) / (len(changes) + USUAL_YEARS)
    assert found.change_sd**2 == pytest.approx(usual)
    assert found.level[4] == pytest.approx((found.level[3] + found.level[5]) / 2.0)  # between the years beside it


@pytest.mark.parametrize("values", [np.zeros((3, 1, 2)), np.full((3, 4, 2), np.nan)])
def test_a_panel_that_teaches_nothing_is_refused(values):
    with pytest.raises(ValueError, match=r"two years or more|no authority has"):
        learn(values, np.zeros(values.shape), tuple(range(values.shape[1])))


def test_a_year_left_out_is_foretold_as_often_as_stated():
    values, inside = panel(600, seed=11), []
    for record in values:
        mean, sd = left_out(known_at(-3.0), record, np.full(record.shape, 0.004), 3)
        inside += (np.abs(record[3] - mean) < 1.645 * sd).tolist()
    assert np.mean(inside) == pytest.approx(0.90, abs=3.0 * (0.09 / 1200) ** 0.5 * 1.2)  # a fifth more, the two series being correlated


def known_at(level: float) -> Dynamics:
    found = known()
    return Dynamics(found.years, DECAYS, COMPONENTS, RECORDING, found.level + level, found.trend, found.change_sd)
