"""Parameter recovery: how often calibration's intervals hold the parameters that made a panel (`made_panels.py`).

The panel is read as any other would be: targets, records, how rates move, each authority's departure given its record, and the figures that make the
equations follow it. What is scored, in logarithms:

* `figures`: each authority's arrivals and rates in the last year of its record, chance and recording apart;
* `published`: what is published of each series in the last of the years to come;
* `share left`: how much of a departure is left after five years, by series, with the spread of panels of authorities drawn again.

Calibration is given England's shapes, and the figures about which the response was taken. It is not given England's level, its changes, how
departures move, or how noisy recording is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logit, ndtr, ndtri

from calibration.draws import normals
from calibration.dynamics import Dynamics, Posterior, condition, learn
from calibration.equations import Nearby
from calibration.identification import last_year_gain
from calibration.made_panels import COLUMNS, Made, Truth, by_response
from calibration.record import Records, read_records
from calibration.series import EXITS, NAMES, log_rates, with_stock
from calibration.steering import response, steer
from calibration.targets import read_targets
from scenarios.areas import AreaProfile
from sim.executors import run_in_processes

LEFT_AFTER = 5  # years
ROUNDS = 5  # of steering: stocks answer the rate at which stays end less and less the further it is from England's
WHOLE = (2,)  # runs that go through spin-up besides the first (`equations.Nearby`)


@dataclass(frozen=True)
class Interval:
    """What calibration says of numbers, as normal distributions (`mean`, `sd`), and what they were (`truth`); (A, I) or (I)."""

    mean: np.ndarray
    sd: np.ndarray
    truth: np.ndarray

    @property
    def chances(self) -> np.ndarray:
        """Return where the truth lies in its distribution, 0 to 1: uniform if calibration is right."""
        return ndtr((self.truth - self.mean) / self.sd)

    def holds(self, share: float) -> np.ndarray:
        """Tell of which numbers the central interval with this share holds the truth."""
        return np.abs(self.truth - self.mean) <= self.sd * ndtri(0.5 + share / 2.0)


@dataclass(frozen=True)
class Coverage:
    """How often intervals held the truth.

    Attributes
    ----------
    intervals
        How many there were.
    share
        Of them, those that held it.
    standard_error
        Of the share, from how panels differ: authorities of one panel share its level of England and its dynamics.
    """

    intervals: int
    share: float
    standard_error: float


def coverage(intervals: Sequence[Interval], share: float, series: int | None = None) -> Coverage:
    """Return how often intervals of several panels, of the same size each, held the truth; of all series or of one."""
    held = [one.holds(share)[..., slice(None) if series is None else series] for one in intervals]
    panels = np.array([one.mean() for one in held])
    error = panels.std(ddof=1) / np.sqrt(len(panels)) if len(panels) > 1 else np.nan
    return Coverage(sum(one.size for one in held), float(panels.mean()), float(error))


def recovered(truth: Truth, made: Made, steered: int | None = None, workers: int | None = None) -> dict[str, Interval]:
    """Return intervals of figures and of what is published in years to come, for one panel.

    Parameters
    ----------
    steered
        How many authorities, the first ones, are steered with the equations and have a response of their own; only their figures are returned. If not
        given all authorities' are, by England's response alone, which is right near England's figures only.
    workers
        Processes.
    """
    profiles = {profile.name: profile for profile in made.profiles}
    records = read_records(read_targets(made.panel, truth.known[-1]), profiles)
    dynamics = learn(records.values, records.counting, records.years)
    rows = [records.row(profile.name) for profile in made.profiles]
    posteriors = [condition(dynamics, records.values[row], records.counting[row], truth.ahead, chance=False) for row in rows]

    def found(row: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the figures of the last year known of one authority, and their standard deviations (I)."""
        path = with_stock(_level(dynamics, truth.ahead) + posteriors[row].mean, records.in_care[rows[row], 0]) - truth.national.binding
        figures, how = (by_response(truth, path), truth.national.how) if steered is None else _steered(truth, made.profiles[row], path)
        return figures[len(truth.known) - 1], _spread(truth, how, posteriors[row])

    chosen = range(len(rows))[:steered]
    means, sds = (np.stack(each) for each in zip(*run_in_processes(found, chosen, workers), strict=True))
    last = len(truth.known) - 1
    intervals = {"figures": Interval(means, sds, made.figures[list(chosen), last])}
    if truth.ahead:
        intervals["published"] = _published(truth, made, dynamics, posteriors, records.counting[rows, -1], records.balance)
    return intervals


def shares_left(truth: Truth, made: Made, number: int, again: int) -> Interval:
    """Return intervals, as logits, of what is left of departures after some years (I), from authorities drawn again with replacement.

    Parameters
    ----------
    number
        Which panel it is, for the draws.
    again
        How many times authorities are drawn.
    """
    records = read_records(read_targets(made.panel, truth.known[-1]), {profile.name: profile for profile in made.profiles})
    own = _share_left(records, np.arange(len(records.areas)))
    uniform = ndtr(normals(again, number, "recovery authorities", (len(records.areas),)))
    drawn = np.stack([_share_left(records, np.floor(one * len(one)).astype(int)) for one in uniform])
    return Interval(own, drawn.std(axis=0, ddof=1), logit(truth.dynamics.share_left(LEFT_AFTER)))


def _share_left(records: Records, rows: np.ndarray) -> np.ndarray:
    """Return the logit of what is left after some years, learnt from some authorities (I)."""
    return logit(learn(records.values[rows], records.counting[rows], records.years).share_left(LEFT_AFTER))


def _level(dynamics: Dynamics, ahead: int) -> np.ndarray:
    """Return England's level, years to come included (Y + ahead, I)."""
    return np.vstack([dynamics.level, dynamics.national_path(ahead)])


def _steered(truth: Truth, profile: AreaProfile, path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return logarithms of figures with which an authority follows a path (Y + ahead, I), and how its series answer figures about them."""
    years, near = truth.equations.years, Nearby(truth.equations, whole=WHOLE)
    found = steer(near.rates, profile, years, path, by_response(truth, path), truth.national.how, ROUNDS)
    return found.figures, response(near.rates, found.profile, years, found.figures, Nearby(truth.equations, 0).rates, 1)


def _spread(truth: Truth, how: np.ndarray, posterior: Posterior) -> np.ndarray:
    """Return standard deviations of the figures of the last year known (I), by a response."""
    gain = last_year_gain(how, len(truth.known) - 1)
    return np.sqrt(np.einsum("in,nm,im->i", gain, posterior.covariance, gain))


def _published(truth: Truth, made: Made, dynamics: Dynamics, posteriors: Sequence[Posterior], counting: np.ndarray, balance: float) -> Interval:
    """Return intervals of logarithms of rates published in the last year to come (A, I)."""
    children = np.array([[profile.value("population_0_17", year) for year in truth.equations.years] for profile in made.profiles])
    counts = {name: made.published[..., i] for i, name in enumerate(COLUMNS)}
    happened = log_rates({name: counts[column] for name, column in zip(NAMES, COLUMNS[: len(NAMES)], strict=True)}, children, counts["cla_at31"])
    happened[..., EXITS] += np.log(balance)
    mean = _level(dynamics, truth.ahead)[-1] + np.stack([one.mean[-1] for one in posteriors])
    own = np.stack([np.diag(one.covariance)[-len(NAMES) :] for one in posteriors])
    variance = own + truth.ahead * dynamics.change_sd**2 + np.diag(dynamics.recording) + counting
    return Interval(mean, np.sqrt(variance), happened[:, -1])


def histogram(intervals: Sequence[Interval], bins: int = 10) -> np.ndarray:
    """Return what share of truths lies in each equal part of their distributions (bins): all the same if calibration is right."""
    every = np.concatenate([one.chances.ravel() for one in intervals])
    return np.histogram(every, bins, (0.0, 1.0))[0] / every.size
