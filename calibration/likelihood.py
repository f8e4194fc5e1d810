"""The likeliest parts of departures: what stays, what is forgotten and what is recording, each authority's chance allowed for.

Covariances over all authorities (`dynamics.py`) count a small authority's year like a large one's, and where two parts are hard to tell apart
they put all of it into one of them: recording then is next to nothing in some direction, and intervals that lean on it are too narrow. The
likelihood weighs every cell by the chance in it. Its maximum, with a weak prior, is found by expectation and maximisation (Dempster, Laird and
Rubin 1977): given the parts, what each authority's parts were is Gaussian; given those, each part is their mean square.

With V the covariance of an authority's record, w = V^-1 x, and a part of covariance R x S (years, series), the step is

    S <- S + S G S / (A Y),    G = sum over years s, t of R[s, t] (sum over authorities of w w' - V^-1)[s, t]

because R R^-1 R = R. The prior is an inverse Wishart of `PRIOR_CELLS` authority-years: of the parts that forget about where moments have them, series
unrelated; of recording about `PRIOR_RECORDING_SD`.
"""

from __future__ import annotations

import numpy as np

PRIOR_CELLS = 10.0  # assumed: 1 % of the authority-years of a panel of 130 over eight years
PRIOR_RECORDING_SD = 0.05  # assumed, as where changes are too few to estimate it (target_noise.py)
STEPS = 60  # on panels made from known parts intervals no longer change after about 30 (docs/recovery.md)
SETTLED = 1e-5  # a step that changes no covariance by more ends it
UNKNOWN = 1e4  # variance of a cell that is not known: it weighs nothing


def likeliest(
    departures: np.ndarray, counting: np.ndarray, decays: tuple[float, ...], components: np.ndarray, recording: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the likeliest components (K, I, I) and recording (I, I).

    Parameters
    ----------
    departures
        Logarithms of rates less their mean over authorities (A, Y, I), nan where not known.
    counting
        Variance of chance in the same.
    decays
        Share of each component left after a year (K).
    components, recording
        Where to start from.
    """
    x, chance = _freed(departures), np.where(np.isfinite(counting), counting, 0.0)
    chance = np.where(np.isfinite(departures), chance, UNKNOWN)
    authorities, years, series = x.shape
    x, chance = x.reshape(authorities, -1), chance.reshape(authorities, -1)
    apart = np.abs(np.subtract.outer(np.arange(years), np.arange(years)))
    shapes = [*(decay**apart for decay in decays), np.eye(years)]
    floor = np.eye(series) * (0.1 * PRIOR_RECORDING_SD) ** 2  # a part that starts at nothing stays there
    parts = [part + floor for part in (*components, recording)]
    priors = [np.diag(np.diag(part)) for part in parts[:-1]] + [np.eye(series) * PRIOR_RECORDING_SD**2]
    cells = authorities * years
    for _ in range(STEPS):
        score = _score(x, chance, sum(np.kron(shape, part) for shape, part in zip(shapes, parts, strict=True)))
        score = score.reshape(years, series, years, series)
        before = parts
        parts = []
        for shape, part, prior in zip(shapes, before, priors, strict=True):
            step = part @ np.einsum("st,sitj->ij", shape, score) @ part
            parts.append((cells * part + (step + step.T) / 2.0 + PRIOR_CELLS * prior) / (cells + PRIOR_CELLS))
        if max(np.abs(new - old).max() for new, old in zip(parts, before, strict=True)) < SETTLED:
            break
    return np.array(parts[:-1]), parts[-1]


def _freed(departures: np.ndarray) -> np.ndarray:
    """Return departures, 0 where not known, as large as if from a known mean: one from the mean of n is smaller by the root of (n - 1) / n."""
    known = np.isfinite(departures).sum(axis=0)
    return np.nan_to_num(departures) * np.sqrt(known / np.maximum(known - 1.0, 1.0))


def _score(x: np.ndarray, chance: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return the sum over authorities of w w' - V^-1 (N, N), from records (A, N), their chance (A, N) and what they have in common (N, N)."""
    cells = np.arange(x.shape[1])
    every = np.repeat(covariance[None], len(x), axis=0)
    every[:, cells, cells] += chance
    inverse = np.linalg.inv(every)
    weighed = np.einsum("aij,aj->ai", inverse, x)
    return weighed.T @ weighed - inverse.sum(axis=0)
