"""What the flow balance aims at for children leaving care before their first birthday: by region and authority, not England's alone.

Babies leave care before one far more often in some places than in others: of those who start, 0.19 in the West Midlands and 0.39 in the South
West (region rows of la_panel.csv, years ending March 2022 to 2024), year after year. A child who starts under one is there for months, so
leavers go by starts and not by the stock, which is not published by age for an authority.

Regions' cells are whole; an authority's are withheld from 1 to 5 children. Those published are therefore high by chance: they are read as what
they are, counts known to be 6 or more, and an authority is shrunk towards its region by how much authorities differ within regions. Nothing of
a withheld cell is assumed, since the Department withholds larger ones too when a total would give a small one away.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from scipy.stats import norm, poisson

from calibration.panel import ENGLAND, Panel, read_panel
from calibration.profile_table import RATE_YEARS as FIT_YEARS

CEASED, STARTED = "cla_ceased_age_under_1_year", "cla_started_age_under_1_year"
FEWEST_PUBLISHED = 6  # counts of 1 to 5 are withheld; 0 is published
DIFFERENCE = np.linspace(-1.0, 1.0, 201)  # an authority's logarithm relative to its region
LOW, HIGH = 0.15, 6.0  # no authority is further than this from England
# Most babies who leave do so at a final hearing or are adopted, which no multiplier moves: leavers under one rise by a quarter with 2.5 times the
# other exits (0.31 to 0.39 of starters in a simulated England), so multipliers go by a power of what leavers are to go by.
EXITS_FOLLOW = 3.0
SPREADS = np.arange(0.02, 0.5, 0.02)  # standard deviations of it that are tried


def exits_per_start(names: tuple[str, ...], regions: tuple[str, ...], starts: np.ndarray) -> np.ndarray:
    """Return children leaving care under one over those starting under one a year, by authority (A), at England's level of 2024.

    Parameters
    ----------
    names, regions
        The authorities, and the region of each as the panel names it.
    starts
        Children starting under one a year in each, mean of the same years (A).
    """
    region = {name: regional_exits_per_start(name) for name in set(regions)}
    middle = np.array([region[name] for name in regions])
    evidence = np.array([log_likelihood(cells_of(name), mean) for name, mean in zip(names, middle * starts, strict=True)])
    posterior = np.exp(evidence - evidence.max(axis=1, keepdims=True)) * prior(spread(evidence))
    own = middle * (posterior @ np.exp(DIFFERENCE)) / posterior.sum(axis=1)
    return own * latest_over_mean()


def latest_over_mean() -> float:
    """Return England's leavers over starters under one in the last fit year over that of all: it has a trend (`flow_england.exit_rates_by_age`)."""
    last = FIT_YEARS[-1]
    return _panel().value(ENGLAND, CEASED, last) / _panel().value(ENGLAND, STARTED, last) / regional_exits_per_start(ENGLAND)


def regional_exits_per_start(region: str) -> float:
    """Return a region's leavers over starters under one, all its authorities together."""
    return _total(region, CEASED) / _total(region, STARTED)


def cells_of(name: str) -> list[float]:
    """Return an authority's published leavers under one in the fit years, zeros and withheld cells left out."""
    values = (_panel().frame.set_index(["name", "year_ending"])[CEASED]).reindex([(name, year) for year in FIT_YEARS])
    return [float(value) for value in values if value >= FEWEST_PUBLISHED]


def log_likelihood(cells: list[float], mean: float) -> np.ndarray:
    """Return how likely cells are by how an authority differs from its region, given that they are large enough to be published."""
    means = max(mean, 1e-3) * np.exp(DIFFERENCE)
    return sum((poisson.logpmf(cell, means) - poisson.logsf(FEWEST_PUBLISHED - 1, means) for cell in cells), np.zeros(len(means)))


def prior(sd: float) -> np.ndarray:
    """Return how likely each difference is before an authority's own cells are seen."""
    density = norm.pdf(DIFFERENCE, scale=sd)
    return density / density.sum()


def spread(evidence: np.ndarray) -> float:
    """Return the standard deviation between authorities of a region under which all their cells are likeliest."""
    scale = evidence.max(axis=1, keepdims=True)
    return float(max(SPREADS, key=lambda sd: np.log(np.exp(evidence - scale) @ prior(sd)).sum()))


def exits_under_one(now: np.ndarray, own: np.ndarray, seen: Any, targets: Any, power: float) -> np.ndarray:
    """Return multipliers of exits under one (A): regions' by balance over all simulated years, their authorities' as those publish.

    Parameters
    ----------
    now
        Multipliers that were simulated (A).
    own
        Authorities' factors on exits of all ages (A): divided out, so that they do not come on top of what babies there do.
    seen, targets
        What was simulated, and what is aimed at (`flow_balance.Simulated`, `flow_targets.Targets`).
    power
        How far a region moves.
    """
    shape = targets.exits_under_1**EXITS_FOLLOW / own
    moved = np.empty(len(now))
    for region in set(targets.regions):
        here = np.array(targets.regions) == region
        starts = targets.started[here, 0]
        wanted = np.average(targets.exits_under_1[here], weights=starts)
        got = seen.flows["ceased_under_1"][here].sum() / max(seen.flows["started_under_1"][here].sum(), 1e-9)
        level = np.average(now[here], weights=starts) * np.clip((wanted / max(got, 1e-9)) ** power, 0.25, 4.0)
        moved[here] = level * shape[here] / np.average(shape[here], weights=starts)
    return np.clip(moved, LOW, HIGH)


def _total(place: str, column: str) -> float:
    return sum(_panel().value(place, column, year) for year in FIT_YEARS)


@cache
def _panel() -> Panel:
    return read_panel(vintage=FIT_YEARS[-1])
