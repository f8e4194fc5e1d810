"""A log hazard as a sum of terms, and how it has moved over the years: the regression's design, its priors and its forecast.

Over calendar time the level of a hazard is one of a few models (`Drift`): as it was, a steady drift, a random walk with drift. Each is fitted and
weighed by its evidence, so that a trend widens and shifts a forecast as far as the records speak for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from calibration.poisson import Coefficients, fit

DAMPING_A_YEAR = 0.9  # a drift counts nine tenths as much each year on: Gardner and McKenzie (1985); the value is assumed (range 0.8 to 1)


class Term(NamedTuple):
    """A part of a log hazard: one coefficient for each combination of bands of its columns, with the prior's standard deviation.

    `sizes` are the numbers of bands; `mean` the prior's means (of that shape), 0 by default.
    """

    name: str
    columns: tuple[str, ...]
    sizes: tuple[int, ...]
    sd: float
    mean: np.ndarray | float = 0.0


# How far an authority may lie from the pattern, as multiples of its terms' standard deviations, and their prior weights: which it is, its records
# say.
DISTANCES = ((1.0, 0.6), (2.0, 0.25), (5.0, 0.15))


class Drift(NamedTuple):
    """A model of a level over years: standard deviations of the drift a year and of the walk's steps (0: none), and its prior weight."""

    drift_sd: float
    step_sd: float
    weight: float


@dataclass(frozen=True)
class Fitted:
    """A hazard's posterior: under each model of its level, the coefficients; and the models' weights.

    Attributes
    ----------
    terms
        In the order of their coefficients.
    years
        How many years the level was followed over.
    models
        (`Drift`, coefficients) pairs, of every drift and distance from the pattern.
    weights
        Posterior, adding up to 1.
    """

    terms: tuple[Term, ...]
    years: int
    models: tuple[tuple[Drift, Coefficients], ...]
    weights: np.ndarray

    @property
    def size(self) -> int:
        """Normals a draw of the coefficients takes: of the largest model."""
        return max(len(found.mode) for _, found in self.models)

    def draws(self, chosen: np.ndarray, normals: np.ndarray, steps: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Draw coefficients, and the level over the months ahead.

        Parameters
        ----------
        chosen
            (D,) uniforms, which choose the model.
        normals
            (D, size) standard normals.
        steps
            (D, months) standard normals, of the walk ahead.

        Returns
        -------
        Coefficients by term, (D, *sizes), and the log level by month, (D, months), 0 being that of the last year's middle.
        """
        which = np.minimum(np.searchsorted(np.cumsum(self.weights), chosen, side="right"), len(self.models) - 1)
        common = sum(int(np.prod(term.sizes)) for term in self.terms)
        coefficients, ahead = np.empty((len(chosen), common)), np.empty(steps.shape)
        months = np.arange(1, steps.shape[1] + 1) - 0.5
        so_far = 0.5 + (DAMPING_A_YEAR ** (months / 12.0) - 1.0) / np.log(DAMPING_A_YEAR)  # damped years since the last year's middle
        for position, (drift, found) in enumerate(self.models):
            rows = which == position
            drawn = found.draws(normals[rows, : len(found.mode)])
            coefficients[rows] = drawn[:, :common]
            slope = drawn[:, common] if drift.drift_sd > 0 else np.zeros(rows.sum())
            variance = np.full(steps.shape[1], 1 / 12.0)
            variance[0] += 0.5 - 1 / 24.0  # the walk from the last year's middle to the first month's
            walk = np.cumsum(steps[rows] * drift.step_sd * np.sqrt(variance) - 0.5 * drift.step_sd**2 * variance, axis=1)  # its mean ratio stays 1
            ahead[rows] = slope[:, None] * so_far + walk
        ends = np.cumsum([0, *(int(np.prod(term.sizes)) for term in self.terms)])
        parts = {term.name: coefficients[:, a:b].reshape(-1, *term.sizes) for term, a, b in zip(self.terms, ends[:-1], ends[1:], strict=True)}
        return parts, ahead


    def expected(self, cells: pd.DataFrame, coefficients: np.ndarray) -> np.ndarray:
        """Return what each of some sets of coefficients (D, common) expects in each cell (D, cells), at the level of the last year."""
        design = sparse.hstack([_design(cells, term) for term in self.terms], format="csr")
        return np.exp(design @ coefficients.T).T * cells["exposure_years"].to_numpy()

    @property
    def mode(self) -> np.ndarray:
        """Modes of the common coefficients, models by weight (common,)."""
        common = sum(int(np.prod(term.sizes)) for term in self.terms)
        return sum(weight * found.mode[:common] for weight, (_, found) in zip(self.weights, self.models, strict=True))


def fit_hazard(cells: pd.DataFrame, event: str, terms: tuple[Term, ...], drifts: tuple[Drift, ...], spread: float = 1.0) -> Fitted:
    """Fit a hazard to cells of events and exposure (`calibration.exposure`).

    Parameters
    ----------
    spread
        How much more events vary than Poisson's (variance over mean): events and exposure count 1/spread as much.
    """
    columns = list(dict.fromkeys(column for term in terms for column in term.columns))
    sums = cells.groupby([*columns, "year"], as_index=False)[[event, "exposure_years"]].sum()
    sums = sums[sums["exposure_years"] > 0]
    years = int(cells["year"].max()) if len(cells) else 1  # without any, the priors are all there is
    common = sparse.hstack([_design(sums, term) for term in terms], format="csr")
    means = np.concatenate([np.broadcast_to(term.mean, term.sizes).ravel() for term in terms])
    sds = np.concatenate([np.full(int(np.prod(term.sizes)), term.sd) for term in terms])
    events, exposure = sums[event].to_numpy() / spread, sums["exposure_years"].to_numpy() / spread
    models, evidence, start = [], [], means
    for distance, weight in DISTANCES if len(terms) > 1 else ((1.0, 1.0),):
        for drift in drifts:
            over_years, over_sd = _over_years(sums["year"].to_numpy(), years, drift)
            design = sparse.hstack([common, sparse.csr_matrix(over_years)], format="csr")
            level = np.zeros(len(over_sd))
            found = fit(
                design, events, exposure, np.concatenate([means, level]), np.concatenate([distance * sds, over_sd]), np.concatenate([start, level]),
            )  # fmt: skip
            start = found.mode[: len(means)]
            models.append((drift, found))
            evidence.append(found.log_evidence + np.log(drift.weight * weight))
    weights = np.exp(np.array(evidence) - max(evidence))
    return Fitted(terms, years, tuple(models), weights / weights.sum())


def _design(cells: pd.DataFrame, term: Term) -> sparse.csr_matrix:
    """Return which of a term's coefficients each cell has."""
    size = int(np.prod(term.sizes))
    at = np.ravel_multi_index([cells[column].to_numpy() for column in term.columns], term.sizes) if term.columns else np.zeros(len(cells), dtype=int)
    return sparse.csr_matrix((np.ones(len(cells)), (np.arange(len(cells)), at)), shape=(len(cells), size))


def _over_years(year: np.ndarray, years: int, drift: Drift) -> tuple[np.ndarray, np.ndarray]:
    """Return the design of the level over years back from the last, which is 0, and the prior's standard deviations."""
    columns, sds = [], []
    if drift.drift_sd > 0:
        columns.append(-(year - 1.0))
        sds.append(drift.drift_sd)
    if drift.step_sd > 0:
        columns += [-(year > step).astype(float) for step in range(1, years)]
        sds += [drift.step_sd] * (years - 1)
    return np.array(columns).reshape(len(columns), len(year)).T, np.array(sds)
