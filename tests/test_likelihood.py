"""The likeliest parts of departures: nearer the truth than by moments alone, and intervals that hold departures though their parts are learnt."""

import numpy as np
import pytest

from calibration import dynamics
from calibration.dynamics import Dynamics, condition, learn, root
from calibration.likelihood import likeliest

DECAYS = (0.98, 0.6)
YEARS = tuple(range(2013, 2021))
COMPONENTS = np.array([[[0.09, 0.03], [0.03, 0.05]], [[0.04, -0.01], [-0.01, 0.03]]])
RECORDING = np.array([[0.0030, 0.0005], [0.0005, 0.0100]])
SIZES = np.array([20_000.0, 40_000.0, 60_000.0, 90_000.0, 200_000.0])
KNOWN = Dynamics(YEARS, DECAYS, COMPONENTS, RECORDING, np.zeros((len(YEARS), 2)), np.zeros(2), np.full(2, 0.05))


def panel(authorities: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return records, the variance of chance in them and the departures behind them (A, Y, 2); the small have more chance."""
    normal = np.random.default_rng(seed).normal
    n = len(YEARS)
    departures = (normal(size=(authorities, n * 2)) @ root(KNOWN.covariance(n)).T).reshape(authorities, n, 2)
    chance = np.resize(600.0 / SIZES, authorities)[:, None, None] * np.ones((authorities, n, 2))
    noise = normal(size=departures.shape) @ root(RECORDING).T + normal(size=departures.shape) * np.sqrt(chance)
    return departures + noise, chance, departures


@pytest.mark.statistical
def test_parts_are_nearer_the_truth_than_by_moments_alone(monkeypatch):
    truth = np.concatenate([COMPONENTS, RECORDING[None]])

    def errors() -> np.ndarray:
        found = [learn(*panel(30, seed)[:2], YEARS) for seed in range(15)]
        return np.array([np.abs(np.concatenate([one.components, one.recording[None]]) - truth).sum() for one in found])

    likely = errors()
    monkeypatch.setattr(dynamics, "likeliest", lambda departures, counting, decays, components, recording: (components, recording))
    gain = errors() - likely
    assert gain.mean() > 2.0 * gain.std(ddof=1) / len(gain) ** 0.5


@pytest.mark.statistical
def test_intervals_hold_departures_though_their_parts_are_learnt():
    """Of 2,000 departures of 20 panels: between 85 and 95 in a hundred 90 % intervals, allowed for what authorities of a panel have in common."""
    shares = []
    for seed in range(20):
        records, chance, departures = panel(50, 100 + seed)
        learnt, held = learn(records, chance, YEARS), []
        for row in range(len(records)):
            found = condition(learnt, records[row], chance[row], 0, chance=False)
            sd = np.sqrt(np.diag(found.covariance)).reshape(-1, 2)[-1]
            held.append(np.abs(learnt.level[-1] + found.mean[-1] - departures[row, -1]) < 1.645 * sd)
        shares.append(np.mean(held))
    error = np.std(shares, ddof=1) / len(shares) ** 0.5
    assert 0.85 - 2.0 * error < np.mean(shares) < 0.95 + 2.0 * error
    assert error < 0.015


@pytest.mark.unit
def test_what_is_not_known_says_nothing():
    """A cell that nobody has teaches as much whatever stands beside it, and parts stay covariances."""
    records, chance, _ = panel(40, 3)
    records[:7, 2, 0] = np.nan
    departures = records - np.nanmean(records, axis=0)
    one = likeliest(departures, chance, DECAYS, COMPONENTS, RECORDING)
    other = likeliest(departures, np.where(np.isfinite(departures), chance, 7.0), DECAYS, COMPONENTS, RECORDING)
    for part, same in zip((*one[0], one[1]), (*other[0], other[1]), strict=True):
        assert part == pytest.approx(same)
        assert np.linalg.eigvalsh(part).min() > 0.0
