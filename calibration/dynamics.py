"""How authorities' rates move: what stays, what drifts back towards other authorities, what is only recording, and England's own path.

The logarithm of a rate of authority a in year y is England's level, plus the authority's departure, plus noise:

    x[a, y] = m[y] + d[a, y] + r[a, y] + c[a, y]

* d is a sum of parts that forget at stated rates: part k has covariance `components[k] x decay[k] ** |years apart|` between the series of one
  authority. A decay near 1 is what makes an authority itself; a smaller one drifts back towards its peers within years. How much of each there is
  decides how fast authorities drift back, and is learnt from the panel, as are the correlations between series.
* r is what recording makes of a year (revision, reclassification, late returns): white, `recording`.
* c is counting: chance, of variance kappa over the count, kappa above 1 because children come in families.
* m moves as a random walk whose last changes go on for a while and die away (`DAMPING` a year): a national trend is doubted, not extrapolated.

All of it is Gaussian on the logarithm, so an authority's past without recording noise, and its future, are one conditional distribution
(Rasmussen and Williams 2006, equations 2.22-2.24), whatever cells are missing. Sources of the constants are with them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.likelihood import likeliest

# Found on origins up to 2016 (docs/backtest.md): what does worse there is either slow alone or fast alone, not other values near these.
DECAYS = (0.98, 0.6)
DAMPING = 0.3
TREND_YEARS = 3
# England's yearly changes: few are seen (three at an origin of 2016), so their variance is shrunk to that of a usual year. Assumed.
USUAL_CHANGE, USUAL_YEARS = 0.06, 4.0
ROUNDS = 300  # of the projections below; they have settled to six digits after about a hundred
LEAST = 1e-8  # least eigenvalue of a covariance


@dataclass(frozen=True)
class Dynamics:
    """What was learnt from a panel.

    Attributes
    ----------
    years
        Years ending 31 March it was learnt from (Y).
    components
        Covariance of the series in each part that forgets (K, I, I), for `decays` (K,).
    recording
        Covariance of recording noise (I, I).
    level
        England's level in each year: mean logarithm over authorities (Y, I).
    trend
        England's mean change in the last years (I).
    change_sd
        Standard deviation of England's change a year (I).
    """

    years: tuple[int, ...]
    decays: tuple[float, ...]
    components: np.ndarray
    recording: np.ndarray
    level: np.ndarray
    trend: np.ndarray
    change_sd: np.ndarray

    def covariance(self, n: int) -> np.ndarray:
        """Return the covariance of departures over n years in a row (n I, n I), recording and counting left out."""
        apart = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
        return sum(np.kron(decay**apart, part) for decay, part in zip(self.decays, self.components, strict=True))

    def national_path(self, ahead: int) -> np.ndarray:
        """Return England's level in the years to come, as expected (ahead, I): the last, and changes that die away."""
        steps = np.cumsum(DAMPING ** np.arange(1, ahead + 1))
        return self.level[-1] + steps[:, None] * self.trend

    def share_left(self, ahead: int) -> np.ndarray:
        """Return what is left of an authority's departure after some years, on average, by series (I): how slowly it drifts back."""
        kept = sum(decay**ahead * np.diag(part) for decay, part in zip(self.decays, self.components, strict=True))
        return kept / sum(np.diag(part) for part in self.components)


@dataclass(frozen=True)
class Posterior:
    """An authority's departures given its record: `mean` (Y + ahead, I) and `covariance` of the same, raveled by year.

    Past years hold what happened, chance included and recording left out, or the departure without chance, as was asked; later ones
    the departure alone.
    """

    mean: np.ndarray
    covariance: np.ndarray


def learn(
    values: np.ndarray, counting: np.ndarray, years: tuple[int, ...], decays: tuple[float, ...] = DECAYS,
) -> Dynamics:  # fmt: skip
    """Learn how rates move from all authorities' records. A year in which no authority has a series (a pandemic's) says nothing of its usual changes.

    Parameters
    ----------
    values
        Logarithms of rates (A, Y, I), nan where not known.
    counting
        Variance of counting noise of the same (A, Y, I).
    years
        The years (Y).
    decays
        Share of each part that is left after a year.

    Raises
    ------
    ValueError
        If there are fewer than two years, or a series that no authority has.
    """
    if values.shape[1] < 2:
        raise ValueError(f"rates are learnt from two years or more, not from {values.shape[1]}")
    unknown = ~np.isfinite(values).any(axis=(0, 1))
    if unknown.any():
        raise ValueError(f"no authority has series {np.flatnonzero(unknown).tolist()}")
    known_level = _level(values)
    level = filled(known_level)
    components, recording = likeliest(values - level, counting, decays, *_split(_autocovariances(values - level, counting), decays))
    changes = np.diff(known_level, axis=0)
    known = np.isfinite(changes).sum(axis=0)
    variance = (np.nansum(changes**2, axis=0) + USUAL_YEARS * USUAL_CHANGE**2) / (known + USUAL_YEARS)
    recent = changes[-TREND_YEARS:]
    trend = np.nansum(recent, axis=0) / np.maximum(np.isfinite(recent).sum(axis=0), 1)
    return Dynamics(years, decays, components, recording, level, trend, np.sqrt(variance))


def condition(dynamics: Dynamics, values: np.ndarray, counting: np.ndarray, ahead: int, chance: bool = True) -> Posterior:
    """Return what an authority's record (Y, I) says of its past and of the `ahead` years after it.

    Parameters
    ----------
    values, counting
        Logarithms of rates, nan where not known, and the variance of chance in them (Y, I).
    chance
        Whether past years are what happened, or what was to be expected: the authority's own rates, whose chance is not the next run's.
    """
    n, series = len(values), values.shape[1]
    departure = (values - dynamics.level).ravel()
    seen = np.flatnonzero(np.isfinite(departure))
    prior = dynamics.covariance(n + ahead)
    happened = prior.copy()
    past = np.arange(n * series)
    happened[past, past] += np.where(np.isfinite(counting), counting, 0.0).ravel()
    asked = happened if chance else prior
    noise = np.kron(np.eye(n), dynamics.recording)[np.ix_(seen, seen)]
    gain = np.linalg.solve(happened[np.ix_(seen, seen)] + noise, asked[seen]).T
    covariance = asked - gain @ asked[seen]
    return Posterior((gain @ departure[seen]).reshape(n + ahead, series), (covariance + covariance.T) / 2.0)


def left_out(dynamics: Dynamics, values: np.ndarray, counting: np.ndarray, year: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what a record (Y, I) without one of its years says would be published of that year: mean and standard deviation of logarithms (I)."""
    rest = values.copy()
    rest[year] = np.nan
    found = condition(dynamics, rest, counting, 0)
    series = values.shape[1]
    own = np.diag(found.covariance)[year * series : (year + 1) * series]  # counting is in it
    return dynamics.level[year] + found.mean[year], np.sqrt(own + np.diag(dynamics.recording))


def root(covariance: np.ndarray) -> np.ndarray:
    """Return a matrix whose product with its transpose is the covariance, however near to singular."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.clip(values, 0.0, None))


def _level(values: np.ndarray) -> np.ndarray:
    """Return each year's mean over authorities (Y, I), nan where none is known."""
    known = np.isfinite(values).sum(axis=0)
    return np.where(known > 0, np.nansum(values, axis=0) / np.maximum(known, 1), np.nan)


def filled(values: np.ndarray) -> np.ndarray:
    """Return series by year (Y, I) with years they lack filled from those beside them; a series that has none stays as it is."""
    years = np.arange(len(values))

    def whole(column: np.ndarray) -> np.ndarray:
        """Fill one series."""
        known = np.isfinite(column)
        return np.interp(years, years[known], column[known]) if known.any() else column

    return np.column_stack([whole(column) for column in values.T])


def _autocovariances(departures: np.ndarray, counting: np.ndarray) -> np.ndarray:
    """Return covariances between series at each number of years apart (Y, I, I), counting left out, symmetric."""
    known, value = np.isfinite(departures).astype(float), np.nan_to_num(departures)
    years = departures.shape[1]
    found = []
    for apart in range(years):
        one, other = slice(0, years - apart), slice(apart, years)
        total = np.einsum("ayi,ayj->ij", value[:, one], value[:, other])
        pairs = np.einsum("ayi,ayj->ij", known[:, one], known[:, other])
        found.append(total / np.maximum(pairs, 1.0))
    seen = np.isfinite(departures) & np.isfinite(counting)
    chance = np.where(seen, counting, 0.0).sum(axis=(0, 1)) / np.maximum(seen.sum(axis=(0, 1)), 1)
    found[0] -= np.diag(chance)
    return np.array([(matrix + matrix.T) / 2.0 for matrix in found])


def _split(autocovariances: np.ndarray, decays: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Split autocovariances into parts that forget, and recording: least squares over positive semi-definite matrices, one after the other.

    Covariances at h years apart rest on Y - h pairs of years, so they weigh that much.
    """
    years, series = autocovariances.shape[:2]
    share = np.array([[*(decay**apart for decay in decays), float(apart == 0)] for apart in range(years)])
    weight = np.arange(years, 0, -1.0)
    parts = np.zeros((share.shape[1], series, series))
    for _ in range(ROUNDS):
        for k in range(len(parts)):
            others = np.tensordot(share, parts, 1) - share[:, k, None, None] * parts[k]
            target = np.einsum("y,yij->ij", weight * share[:, k], autocovariances - others)
            parts[k] = _nearest(target / (weight * share[:, k] ** 2).sum())
    return parts[:-1], parts[-1]


def _nearest(matrix: np.ndarray) -> np.ndarray:
    """Return the nearest covariance to a symmetric matrix (Frobenius norm)."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2.0)
    return (vectors * np.clip(values, LEAST, None)) @ vectors.T
