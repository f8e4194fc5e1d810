"""Children of an authority by deprivation quintile, from two published numbers (ruling 32; status assumed).

The Index of Multiple Deprivation 2015 gives, for each authority, the average score of its neighbourhoods and the share
of them in England's most deprived tenth. Neighbourhoods' deprivation ranks, turned into normal scores z (England: mean
0, variance 1), are taken to be normal within an authority, with mean m and spread s, and a neighbourhood's score to be
exp(a + b z). Then

    share in the most deprived tenth = 1 - Phi((1.2816 - m) / s)
    average score                    = exp(a + b m + (b s)^2 / 2)
    share in quintile q              = Phi((c_q - m) / s) - Phi((c_(q-1) - m) / s),  c the normal cut points of fifths

(5 is the most deprived). m and s fit the two numbers by least squares with s drawn weakly to 0.8, so that an authority
for which they disagree is not given an absurd spread. a and b are England's, found so that its neighbourhoods, weighted
by children, fall as evenly as possible into fifths.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.stats import norm

from calibration.boundaries import PREDECESSORS, children_mid_2022
from calibration.panel import DATA, ENGLAND

SOURCE = "calibration/data/deprivation_2015.csv; calibration/deprivation.py"
CUTS = norm.ppf([0.2, 0.4, 0.6, 0.8])
TENTH = norm.ppf(0.9)
USUAL_SPREAD = 0.8
SPREADS = np.geomspace(0.2, 1.8, 200)
# What a residual of one means: 5 % of the score, 0.1 in the normal score of the tenth, a factor 1.5 in the spread.
TOLERANCES = (0.05, 0.1, np.log(1.5))


def quintile_shares(children: dict[str, float] | None = None) -> dict[str, np.ndarray]:
    """Return shares of children in quintiles 1 (least deprived) to 5, by authority name and for England.

    Parameters
    ----------
    children : dict, optional
        Children by authority, as weights; those of mid-2022 if omitted.
    """
    children = children_mid_2022() if children is None else children
    index = pd.read_csv(DATA / "deprivation_2015.csv").set_index("name")
    scores = index["imd_average_score"].to_numpy()
    tenths = index["imd_share_of_lsoas_in_most_deprived_tenth"].to_numpy()
    weights = _children(index.index, children)

    def unevenness(constants: np.ndarray) -> float:
        """Return how far England's shares of children are from a fifth each (sum of squares) under two constants of `_shares`."""
        shares = _shares(scores, tenths, *constants)
        return float((((weights @ shares) / weights.sum() - 0.2) ** 2).sum())

    # An exponential-like score with mean 22 starts the search near exp(2.9 + 0.6 z).
    constants = minimize(unevenness, x0=[2.9, 0.6], method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-7}).x
    shares = _shares(scores, tenths, *constants)
    by_name = dict(zip(index.index, shares, strict=True))
    by_name[ENGLAND] = (weights @ shares) / weights.sum()
    for successor, parts in PREDECESSORS.items():
        weight = _children(parts, children)
        by_name[successor] = weight @ np.array([by_name[part] for part in parts]) / weight.sum()
    return by_name


def _shares(scores: np.ndarray, tenths: np.ndarray, a: float, b: float) -> np.ndarray:
    """Return the five shares of each authority, ndarray(float, shape (authorities, 5)), rows summing to 1."""
    # A share of 0 or 1 means fewer than half a neighbourhood of about a hundred either way.
    far = norm.ppf(1 - np.clip(tenths, 0.005, 0.995))[:, None]
    spread = SPREADS[None, :]
    # For a given spread both equations are linear in the mean: weighted least squares has a closed form.
    by_score = (np.log(scores)[:, None] - a - (b * spread) ** 2 / 2) / b
    by_tenth = TENTH - far * spread
    precision_score = (b / TOLERANCES[0]) ** 2
    precision_tenth = (1 / (spread * TOLERANCES[1])) ** 2
    means = (precision_score * by_score + precision_tenth * by_tenth) / (precision_score + precision_tenth)
    misfit = precision_score * (by_score - means) ** 2 + precision_tenth * (by_tenth - means) ** 2
    misfit = misfit + (np.log(spread / USUAL_SPREAD) / TOLERANCES[2]) ** 2
    best = misfit.argmin(axis=1)
    mean, spread = means[np.arange(len(best)), best][:, None], SPREADS[best][:, None]
    edges = np.hstack([np.zeros_like(mean), norm.cdf((CUTS - mean) / spread), np.ones_like(mean)])
    return np.diff(edges, axis=1)


def _children(names: object, children: dict[str, float]) -> np.ndarray:
    """Return weights: children by authority; those without a number, since abolished, get an average authority's."""
    usual = 78_000.0  # England's 11.9 million children over 152 authorities
    return np.array([children.get(name, usual) for name in names])
