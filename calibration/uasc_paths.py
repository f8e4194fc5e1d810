"""Unaccompanied asylum-seeking children to come: a stream of its own, known only by what it was.

England's starts move as a random walk of the logarithm: nothing published foresees wars and routes. Authorities share them out as they did lately,
drawn towards their share of England's children, which is what the National Transfer Scheme aims at; how far they stray is assumed.
"""

from __future__ import annotations

import numpy as np

from calibration.draws import ENGLAND_CODE, normals

# Standard deviation of a year's change of England's logarithm if too few years are known; changes of the stock 2013-20 have 0.25. Derived.
USUAL_CHANGE, USUAL_YEARS = 0.25, 3.0
STRAY = 0.25  # standard deviation of an authority's logarithm a year about its share; assumed
EQUAL = 15.0  # starts at which an authority's own share counts as much as its share of children; assumed
SHARE_YEARS = 3  # years an authority's own share is taken over
FEWEST = 0.5  # starts a year at least: an authority that had none may be sent some


def paths(starts: np.ndarray, children: np.ndarray, codes: np.ndarray, draws: int, ahead: int) -> tuple[np.ndarray, np.ndarray]:
    """Return starts to come as expected in the middle (A, ahead), and as drawn (A, draws, ahead).

    Parameters
    ----------
    starts
        Starts a year up to the last known (A, Y).
    children
        Children of 0 to 17 in that year (A).
    codes
        Codes of the authorities (A): addresses of their draws.
    """
    national = starts.sum(axis=0)
    recent = starts[:, -SHARE_YEARS:]
    own = recent.sum(axis=1)
    equal = children / children.sum()
    share = (own + EQUAL * recent.shape[1] * equal / equal.mean()) / (own + EQUAL * recent.shape[1] * equal / equal.mean()).sum()
    level = np.maximum(share * national[-1], FEWEST)
    walk = np.cumsum(change_sd(national) * normals(draws, ENGLAND_CODE, "uasc", (ahead,)), axis=1)
    stray = np.stack([STRAY * normals(draws, int(code), "uasc", (ahead,)).cumsum(axis=1) / np.sqrt(np.arange(1, ahead + 1)) for code in codes])
    return np.repeat(level[:, None], ahead, axis=1), level[:, None, None] * np.exp(walk[None] + stray)


def change_sd(national: np.ndarray) -> float:
    """Return the standard deviation of a year's change of England's logarithm, shrunk to the usual one."""
    known = national[national > 0.0]
    changes = np.diff(np.log(known))
    return float(np.sqrt((np.sum(changes**2) + USUAL_YEARS * USUAL_CHANGE**2) / (len(changes) + USUAL_YEARS)))
