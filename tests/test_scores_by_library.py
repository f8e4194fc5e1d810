"""CRPS and interval score against an independent implementation, which compiles as it is imported."""

import numpy as np
import pytest
from backtest_sample import wave

from calibration import scores

pytestmark = pytest.mark.statistical


@pytest.mark.parametrize("draws", [1, 2, 40, 199])
@pytest.mark.parametrize("whole", [False, True])
def test_scores_are_those_of_scoringrules(draws, whole):
    import scoringrules

    samples = 30.0 + 10.0 * np.array([[wave(k, d) for d in range(draws)] for k in range(60)])
    published = 30.0 + 14.0 * np.array([wave(k, -5) for k in range(60)])
    if whole:  # ties among draws, and with what was published
        samples, published = np.round(samples), np.round(published)
    theirs = scoringrules.crps_ensemble(published, samples, estimator="nrg", backend="numpy")
    assert scores.crps(samples, published) == pytest.approx(theirs, rel=1e-10, abs=1e-10)
    low, high = scores.quantiles(samples, scores.INTERVALS[80]).T
    theirs = scoringrules.interval_score(published, low, high, 0.2, backend="numpy")
    assert scores.interval_score(samples, published) == pytest.approx(theirs, rel=1e-10, abs=1e-10)
    assert (published < low).any()
    assert (published > high).any()
