"""What a record says of an authority's figures, and what it cannot tell.

Rates are seen with recording noise and chance; what lies under them is an authority's departure from England, whose distribution given the record is
Gaussian (`dynamics.py`). Figures follow rates through the response (`steering.py`), a linear map G of logarithms, so their distribution is Gaussian
too, of covariance G S G' for departures of covariance S. The same with no record at all is what is known beforehand, from peers alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calibration.dynamics import condition
from calibration.fit import Fit
from calibration.series import EXITS, NAMES, QUANTITIES, SERIES
from calibration.steering import solve

TOGETHER = 0.8  # correlation from which two figures are called inseparable
NORMAL_90 = 1.6448536269514722  # half-width of a central 90 % interval, standard deviations
MIDDLE = "median authority"
# Standard deviation after the record over that before it, and what it means in words; what is above the last is called nothing.
SAYS = ((0.5, "the record decides"), (0.8, "record and peers share it"), (0.95, "mostly borrowed from peers"))


@dataclass(frozen=True)
class Known:
    """What is known of an authority's figures in the last year of its record: logarithms (I), and the correlation between figures (I, I).

    Attributes
    ----------
    used
        Those in use: with them the equations follow what happened.
    middle, sd
        Of the figures under what happened, chance and recording taken out.
    prior_sd
        The same for an authority without a record.
    correlation
        Of what is not known of two figures.
    """

    used: np.ndarray
    middle: np.ndarray
    sd: np.ndarray
    prior_sd: np.ndarray
    correlation: np.ndarray

    @property
    def own_share(self) -> np.ndarray:
        """How much of each figure is the authority's own record: 1 - variance after it / variance before (I); the rest is borrowed."""
        return np.clip(1.0 - (self.sd / self.prior_sd) ** 2, 0.0, 1.0)

    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of central 90 % intervals, logarithms (I)."""
        return self.middle - NORMAL_90 * self.sd, self.middle + NORMAL_90 * self.sd


def last_year_gain(how: np.ndarray, year: int) -> np.ndarray:
    """Return how logarithms of the figures of a year follow logarithms of all rates (I, Y I), from the response (Y, I, Y, I).

    The first year has a stock in place of leaving care (`series.simulated_log_rates`), which is taken as published: nothing about it is unknown.
    """
    years, series = how.shape[:2]
    size = years * series
    changes = solve(how, np.eye(size).reshape(size, years, series), np.zeros((years, series)))
    gain = changes[:, year].T
    gain[:, EXITS] = 0.0
    return gain


def known_figures(fitted: Fit) -> dict[str, Known]:
    """Return what is known of every fitted authority's figures."""
    followed, years = len(fitted.years), len(fitted.years) + fitted.ahead
    last = slice(-years * len(NAMES), None)
    gain = last_year_gain(fitted.national.how, followed - 1)
    before = gain @ fitted.dynamics.covariance(len(fitted.records.years) + fitted.ahead)[last, last] @ gain.T
    found = {}
    for area, one in fitted.authorities.items():
        under = condition(fitted.dynamics, *fitted.records.of(area), fitted.ahead, chance=False)
        covariance = gain @ under.covariance[last, last] @ gain.T
        sd = np.sqrt(np.diag(covariance))
        used = one.steered.figures[followed - 1]
        middle = used + gain @ (under.mean - one.posterior.mean)[-years:].ravel()
        found[area] = Known(used, middle, sd, np.sqrt(np.diag(before)), covariance / np.outer(sd, sd))
    return found


def identification_table(fitted: Fit, known: Mapping[str, Known]) -> pd.DataFrame:
    """Return what the data cannot tell: a row for each authority and figure, and for each pair of figures that go together.

    Columns: area, figure, with_figure (of a pair), posterior_over_prior_sd, correlation, says. Rows of the median authority come first.
    """
    joint = _joint_series(fitted)
    ratios = {area: one.sd / one.prior_sd for area, one in known.items()}
    correlations = {area: one.correlation for area, one in known.items()}
    ratios = {MIDDLE: np.median(list(ratios.values()), axis=0)} | ratios
    correlations = {MIDDLE: np.median(list(correlations.values()), axis=0)} | correlations
    rows = []
    for area, ratio in ratios.items():
        rows += [(area, name, "", ratio[i], np.nan, _says(ratio[i])) for i, name in enumerate(QUANTITIES)]
        for i, j in zip(*np.triu_indices(len(QUANTITIES), 1), strict=True):
            correlation = correlations[area][i, j]
            if abs(correlation) > TOGETHER:
                rows.append((area, QUANTITIES[i], QUANTITIES[j], np.nan, correlation, _pair(i, j, correlation, joint[i, j])))
    return pd.DataFrame(rows, columns=["area", "figure", "with_figure", "posterior_over_prior_sd", "correlation", "says"])


def _joint_series(fitted: Fit) -> np.ndarray:
    """Return for each two figures the series that both move most (I, I): the one whose smaller answer, over all years so far, is the largest."""
    now = len(fitted.years) - 1
    answer = np.abs(fitted.national.how[now, :, : now + 1, :].sum(axis=1))  # series by figures
    return np.minimum(answer[:, :, None], answer[:, None, :]).argmax(axis=0)


def _says(ratio: float) -> str:
    """Return in words what a ratio of standard deviations means."""
    words = next((words for limit, words in SAYS if ratio <= limit), "nothing is learnt from the record")
    return f"{words} ({100 * (1 - ratio):.0f} % narrower than without it)"


def _pair(i: int, j: int, correlation: float, series: int) -> str:
    """Return in words what two figures have in common."""
    way = "more of both" if correlation > 0 else "more of one and less of the other"
    return f"{way} ({SERIES[i].words}; {SERIES[j].words}) would do as well: {NAMES[series]} says what they make together, not which of the two it is"
