"""Poisson regression of events on exposure, each coefficient drawn towards what is expected of it, and uncertainty as draws.

The posterior of the coefficients is taken as normal about its mode (Laplace's approximation; Gelman et al., "Bayesian Data Analysis", 3rd ed., ch.
4), and models of one history are weighed by their evidence under it. The mode is found by scipy's trust-region Newton method.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize


@dataclass(frozen=True)
class Coefficients:
    """A normal posterior.

    Attributes
    ----------
    mode
        (k,).
    precision_root
        (k, k) upper Cholesky factor of the inverse covariance.
    log_evidence
        Of the data, to a constant that is the same for every model of the same events and exposures.
    """

    mode: np.ndarray
    precision_root: np.ndarray
    log_evidence: float

    def draws(self, normals: np.ndarray) -> np.ndarray:
        """Return (n, k) draws from (n, k) standard normals."""
        return self.mode + solve_triangular(self.precision_root, normals.T, lower=False).T

    def covariance(self) -> np.ndarray:
        """Return the (k, k) covariance."""
        return cho_solve((self.precision_root, False), np.eye(len(self.mode)))


def fit(design: sparse.csr_matrix, events: np.ndarray, exposure: np.ndarray, mean: np.ndarray, sd: np.ndarray, start: np.ndarray) -> Coefficients:
    """Fit log hazards that are sums of coefficients.

    Parameters
    ----------
    design
        (n, k): which coefficients add up to the log hazard of each cell.
    events, exposure
        (n,) of each cell; exposure over 0.
    mean, sd
        (k,) of each coefficient's normal prior.
    start
        (k,) where to begin.

    Raises
    ------
    ArithmeticError
        If the mode is not found.
    """
    offset, weight = np.log(exposure), 1.0 / sd**2

    def loss(beta: np.ndarray) -> float:
        """Return the negative log posterior, to a constant."""
        eta = design @ beta + offset
        return float(np.exp(eta).sum() - events @ eta + 0.5 * weight @ (beta - mean) ** 2)

    def gradient(beta: np.ndarray) -> np.ndarray:
        """Return its slopes."""
        return design.T @ (np.exp(design @ beta + offset) - events) + weight * (beta - mean)

    def curvature(beta: np.ndarray) -> np.ndarray:
        """Return its second derivatives."""
        expected = np.exp(design @ beta + offset)
        return (design.T @ design.multiply(expected[:, None]).tocsr()).toarray() + np.diag(weight)

    try:
        found = minimize(loss, start, jac=gradient, hess=curvature, method="trust-exact", options={"gtol": 1e-6, "maxiter": 200})
    except ValueError as fault:  # scipy's word for hazards that are not finite
        raise ArithmeticError(f"no mode was found: {fault}") from None
    if not np.isfinite(found.fun) or np.abs(found.jac).max() > 1e-3 * max(events.sum(), 1.0):
        raise ArithmeticError(f"no mode was found: {found.message}")
    root = cho_factor(curvature(found.x))[0]
    evidence = -found.fun + 0.5 * np.log(weight).sum() - np.log(np.diag(root)).sum()
    return Coefficients(found.x, np.triu(root), float(evidence))
