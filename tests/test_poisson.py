"""Poisson regression: mode against closed forms, slopes against differences, evidence against integration, intervals against truth."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import lambertw, logsumexp

from calibration.hazard_model import DAMPING_A_YEAR, DISTANCES, Drift, Term, fit_hazard
from calibration.poisson import fit

ONE = sparse.csr_matrix(np.ones((1, 1)))


def fit_one(events: float, exposure: float, mean: float, sd: float):
    return fit(ONE, np.array([events]), np.array([exposure]), np.array([mean]), np.array([sd]), np.array([mean]))


@pytest.mark.unit
@pytest.mark.parametrize("events", [0, 1, 7, 400])
@pytest.mark.parametrize("sd", [0.25, 1.0, 5.0])
def test_the_mode_of_one_cell_is_that_of_its_equation(events, sd):
    """Mode b of events x, exposure t and a normal prior (m, s): t exp(b) + (b - m) / s2 = x, so b = m + s2 x - W(s2 t exp(m + s2 x))."""
    exposure, mean = 3.5, -0.7
    found = fit_one(events, exposure, mean, sd)
    by_root = brentq(lambda b: exposure * np.exp(b) + (b - mean) / sd**2 - events, -60, 60, xtol=1e-12)
    assert found.mode[0] == pytest.approx(by_root, abs=2e-6)
    if sd**2 * events < 500:  # else exp overflows
        by_lambert = mean + sd**2 * events - lambertw(sd**2 * exposure * np.exp(mean + sd**2 * events)).real
        assert found.mode[0] == pytest.approx(by_lambert, abs=2e-6)
    assert found.covariance()[0, 0] == pytest.approx(1.0 / (exposure * np.exp(by_root) + sd**-2), rel=1e-5)


@pytest.mark.unit
def test_a_wide_prior_leaves_events_over_exposure():
    """As of a gamma posterior: the log of its rate has the mode log(x / t), and variance 1 / x to first order."""
    found = fit_one(50, 20.0, 0.0, 1e3)
    assert np.exp(found.mode[0]) == pytest.approx(50 / 20, rel=1e-4)
    assert found.covariance()[0, 0] == pytest.approx(1 / 50, rel=1e-3)
    assert np.diff(np.log(stats.gamma(50, scale=1 / 20).ppf([0.025, 0.975])))[0] == pytest.approx(2 * 1.96 * np.sqrt(1 / 50), rel=0.02)


def made(cells: int = 40, k: int = 5, seed: int = 3):
    """A design of several coefficients with events drawn from known ones."""
    rng = np.random.default_rng(seed)
    design = sparse.csr_matrix((rng.random((cells, k)) < 0.5).astype(float))
    truth = rng.normal(0, 0.5, k)
    exposure = rng.uniform(0.5, 20, cells)
    return design, rng.poisson(np.exp(design @ truth) * exposure).astype(float), exposure, np.zeros(k), np.full(k, 0.5), truth


@pytest.mark.unit
def test_at_the_mode_the_slope_is_zero_and_the_curvature_is_the_precision():
    design, events, exposure, mean, sd, _ = made()
    found = fit(design, events, exposure, mean, sd, mean)
    dense = design.toarray()

    def log_posterior(beta: np.ndarray) -> float:
        rate = np.exp(dense @ beta) * exposure
        return float(stats.poisson.logpmf(events, rate).sum() + stats.norm.logpdf(beta, mean, sd).sum())

    step, units = 1e-4, np.eye(len(mean))
    slopes = [(log_posterior(found.mode + step * unit) - log_posterior(found.mode - step * unit)) / (2 * step) for unit in units]
    assert np.abs(slopes).max() < 1e-3
    curvature = [
        [
            (log_posterior(found.mode + step * (a + b)) - log_posterior(found.mode + step * (a - b)) - log_posterior(found.mode - step * (a - b))
             + log_posterior(found.mode - step * (a + b))) / (4 * step**2)
            for b in units
        ] for a in units
    ]  # fmt: skip
    precision = found.precision_root.T @ found.precision_root
    np.testing.assert_allclose(-np.array(curvature), precision, rtol=1e-3, atol=1e-2)
    np.testing.assert_allclose(found.covariance() @ precision, np.eye(len(mean)), atol=1e-9)


@pytest.mark.unit
def test_draws_have_the_mode_and_the_covariance():
    design, events, exposure, mean, sd, _ = made()
    found = fit(design, events, exposure, mean, sd, mean)
    normals = np.random.default_rng(1).standard_normal((40_000, len(mean)))
    drawn = found.draws(normals)
    spread = np.sqrt(np.diag(found.covariance()))
    assert np.abs(drawn.mean(axis=0) - found.mode).max() < 5 * spread.max() / np.sqrt(len(drawn))
    np.testing.assert_allclose(np.cov(drawn.T), found.covariance(), atol=5 * spread.max() ** 2 * np.sqrt(2 / len(drawn)))


@pytest.mark.unit
@pytest.mark.parametrize("events", [30, 120])
def test_the_evidence_of_models_differs_as_integrals_do(events):
    """Evidence is to a constant of the data: so ratios of it between priors of one datum, Laplace's against quadrature."""
    exposure, priors = 10.0, ((1.0, 0.3), (2.0, 0.6), (0.0, 2.0))

    def integral(mean: float, sd: float) -> float:
        def joint(beta: float) -> float:
            return stats.poisson.pmf(events, exposure * np.exp(beta)) * stats.norm.pdf(beta, mean, sd)

        return quad(joint, mean - 8 * sd, mean + 8 * sd, limit=400, points=[np.log(events / exposure)])[0]

    exact = np.log([integral(*prior) for prior in priors])
    laplace = np.array([fit_one(events, exposure, *prior).log_evidence for prior in priors])
    np.testing.assert_allclose(laplace - laplace[0], exact - exact[0], atol=3.0 / events)  # Laplace's error is of order 1 / events


@pytest.mark.unit
def test_a_model_with_a_term_that_is_not_there_is_weighed_down():
    """A nested pair: of a level, and of a level with a slope whose truth is 0, by integration over the slope at the level's mode and by evidence."""
    events, exposure = np.array([50.0, 51.0, 49.0]), np.full(3, 10.0)
    level = fit(sparse.csr_matrix(np.ones((3, 1))), events, exposure, np.zeros(1), np.array([2.0]), np.zeros(1))
    both = sparse.csr_matrix(np.column_stack([np.ones(3), [0.0, -1.0, -2.0]]))
    sloped = fit(both, events, exposure, np.zeros(2), np.array([2.0, 0.5]), np.zeros(2))
    grid = np.linspace(1.61 - 0.7, 1.61 + 0.7, 401)
    slopes = np.linspace(-0.6, 0.6, 401)
    b, s = np.meshgrid(grid, slopes, indexing="ij")
    at = np.array([0.0, -1.0, -2.0])
    log_joint = (stats.poisson.logpmf(events, np.exp(b[..., None] + s[..., None] * at) * exposure).sum(axis=-1)
                 + stats.norm.logpdf(b, 0, 2) + stats.norm.logpdf(s, 0, 0.5))  # fmt: skip
    with_slope = logsumexp(log_joint) + np.log((grid[1] - grid[0]) * (slopes[1] - slopes[0]))
    without = logsumexp(stats.poisson.logpmf(events, np.exp(grid[:, None]) * exposure).sum(axis=1) + stats.norm.logpdf(grid, 0, 2)) + np.log(
        grid[1] - grid[0]
    )
    assert sloped.log_evidence - level.log_evidence == pytest.approx(with_slope - without, abs=0.02)
    assert sloped.log_evidence < level.log_evidence


@pytest.mark.unit
def test_no_mode_is_an_error():
    with pytest.raises(ArithmeticError, match="no mode was found"):
        fit(ONE, np.array([np.inf]), np.array([1.0]), np.zeros(1), np.ones(1), np.zeros(1))


@pytest.mark.statistical
def test_intervals_of_95_per_cent_hold_the_truth_that_often():
    """Truth drawn from the prior, events from the truth: 200 repetitions of 5 coefficients; 4 standard errors of a binomial with as many."""
    rng, held, repetitions = np.random.default_rng(11), 0, 200
    design, *_ = made()
    for _ in range(repetitions):
        truth = rng.normal(0, 0.5, 5)
        exposure = rng.uniform(0.5, 20, design.shape[0])
        events = rng.poisson(np.exp(design @ truth) * exposure).astype(float)
        found = fit(design, events, exposure, np.zeros(5), np.full(5, 0.5), np.zeros(5))
        held += int((np.abs(truth - found.mode) < 1.96 * np.sqrt(np.diag(found.covariance()))).sum())
    assert abs(held / (5 * repetitions) - 0.95) < 4 * np.sqrt(0.95 * 0.05 / (5 * repetitions))


# A hazard's level over years ----------------------------------------------------------------------------------------------------------------------

STILL, DRIFTING, WALKING = Drift(0.0, 0.0, 0.5), Drift(0.2, 0.0, 0.3), Drift(0.1, 0.2, 0.2)
LEVEL = (Term("level", (), (), 3.0, 0.0),)


def years_of(events: list[float], exposure: float = 100.0) -> pd.DataFrame:
    """Cells of whole years, the last first."""
    return pd.DataFrame({"year": range(1, len(events) + 1), "leaves": np.array(events, float), "exposure_years": exposure})


@pytest.mark.unit
def test_a_level_that_stood_still_is_told_from_one_that_drifts():
    still = fit_hazard(years_of([500, 500, 500, 500, 500]), "leaves", LEVEL, (STILL, DRIFTING))
    drifts = fit_hazard(years_of([740, 550, 410, 300, 220]), "leaves", LEVEL, (STILL, DRIFTING))
    assert still.weights[0] > 0.8
    assert drifts.weights[1] > 0.99
    slope = drifts.models[1][1].mode[1]
    assert slope == pytest.approx(0.3, abs=0.03)  # each year 1.35 times the one before it
    assert drifts.models[1][1].mode[0] == pytest.approx(np.log(7.4), abs=0.06)  # the level is that of the last year
    assert still.weights.sum() == pytest.approx(1.0)


@pytest.mark.unit
def test_the_level_ahead_is_the_drift_damped_from_the_last_years_middle():
    fitted = fit_hazard(years_of([740, 550, 410, 300, 220]), "leaves", LEVEL, (DRIFTING,))
    _, ahead = fitted.draws(np.full(1, 0.5), np.zeros((1, fitted.size)), np.zeros((1, 36)))
    slope = fitted.models[0][1].mode[1]
    months = np.arange(36)
    by_hand = [0.5 + sum(DAMPING_A_YEAR ** ((j + 0.5) / 1200) / 1200 for j in range(int((m + 0.5) * 100))) for m in months]
    np.testing.assert_allclose(ahead[0], slope * np.array(by_hand), rtol=1e-6)


@pytest.mark.unit
def test_a_walk_ahead_keeps_its_mean_ratio_and_widens_as_a_walk_does():
    fitted = fit_hazard(years_of([500, 480, 520]), "leaves", LEVEL, (Drift(0.0, 0.2, 1.0),))
    normals = np.random.default_rng(5).standard_normal((20_000, fitted.size + 24))
    parts, ahead = fitted.draws(np.full(20_000, 0.5), normals[:, : fitted.size], normals[:, fitted.size :])
    assert parts["level"].shape == (20_000,)
    ratios = np.exp(ahead)
    np.testing.assert_allclose(ratios.mean(axis=0), 1.0, atol=5 * ratios.std(axis=0).max() / np.sqrt(20_000))
    years = 0.5 + (np.arange(24) + 0.5) / 12  # from the last year's middle
    np.testing.assert_allclose(ahead.var(axis=0), 0.2**2 * years, rtol=0.06)


@pytest.mark.unit
def test_one_year_of_records_has_no_step_to_walk():
    fitted = fit_hazard(years_of([40]), "leaves", LEVEL, (STILL, DRIFTING, WALKING))
    assert np.isfinite(fitted.weights).all()
    drawn, ahead = fitted.draws(np.array([0.1, 0.6, 0.95]), np.zeros((3, fitted.size)), np.zeros((3, 6)))
    assert np.isfinite(ahead).all()
    np.testing.assert_allclose(np.exp(drawn["level"]), 0.4, rtol=0.02)


@pytest.mark.unit
def test_no_event_at_all_leaves_a_finite_hazard():
    fitted = fit_hazard(years_of([0, 0]), "leaves", LEVEL, (STILL, DRIFTING))
    assert np.isfinite(fitted.mode).all()
    assert np.exp(fitted.mode[0]) < 0.05


@pytest.mark.unit
def test_events_that_vary_more_count_less():
    by_poisson = fit_hazard(years_of([500, 500]), "leaves", LEVEL, (STILL,))
    spread = fit_hazard(years_of([500, 500]), "leaves", LEVEL, (STILL,), spread=4.0)
    ratio = spread.models[0][1].covariance()[0, 0] / by_poisson.models[0][1].covariance()[0, 0]
    assert ratio == pytest.approx(4.0, rel=0.02)
    assert spread.mode[0] == pytest.approx(by_poisson.mode[0], abs=1e-3)


@pytest.mark.unit
def test_an_authority_unlike_the_pattern_widens_the_priors():
    """Two bands whose records lie five standard deviations from the pattern: the wide priors win; near it the narrow ones."""
    terms = (Term("level", (), (), 0.5, 0.0), Term("age", ("age",), (2,), 0.2, np.zeros(2)))

    def fitted(young: float, old: float):
        cells = pd.DataFrame({"year": [1, 1], "age": [0, 1], "leaves": [young, old], "exposure_years": [100.0, 100.0]})
        return fit_hazard(cells, "leaves", terms, (STILL,))

    far, near = fitted(300.0, 30.0), fitted(100.0, 100.0)
    assert len(far.models) == len(DISTANCES)
    assert far.weights[-1] > 0.9
    assert near.weights[0] > DISTANCES[0][1]
    cells = pd.DataFrame({"year": [1, 1], "age": [0, 1], "exposure_years": [100.0, 100.0]})
    np.testing.assert_allclose(far.expected(cells, far.mode[None])[0], [300.0, 30.0], rtol=0.1)
