"""Time in a stage as phases: bands of a clock whose hazards are alike become one phase that mass leaves by ageing.

A phase of width w and hazard h is left by ageing at the rate h / (exp(h w) - 1): then the share that comes through it, exp(-h w), and the mean time
in it, (1 - exp(-h w)) / h, are those of the band itself (`ageing_rate` in sim/kernels/expected_flow.py). So stocks and outflows of a steady state are
exact with one phase a band; what a phase does not hold is when within the band mass stands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.kernels import layout as L

SHORT_DAYS = 7.0  # a stage that lasts less than this on average is one phase: months cannot tell more (assumed; docs/expected.md has what it costs)
ALIKE = 1.3  # bands whose hazards differ by less than this factor are one phase (assumed, likewise)
MET_AT_MOST, CUT_WIDTH_DAYS, PIECE_DAYS = 0.05, 40.0, 8.0  # short phases in which more than this share meets something are cut (likewise)
MOST_PHASES = 12


@dataclass(frozen=True)
class Phases:
    """The phases of a stage's clock.

    Attributes
    ----------
    starts, widths
        Days since the clock began (P), and days each phase lasts (P; the last is infinite).
    """

    starts: tuple[float, ...]
    widths: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.starts)


ONE = Phases((0.0,), (math.inf,))


def alive(tr: np.void) -> bool:
    """Return whether a transition has a hazard at any time (births and birthdays have none)."""
    return not (tr["dead"] or tr["at_birth"] or tr["at_age"] > 0.0)


def ends_stay(model: L.Model, k: int) -> bool:
    """Return whether a transition ends the stay whose clock it runs on: it leads elsewhere, or a new placement is found."""
    tr = model.transitions[k]
    effects = model.effects[int(tr["effect"]) : int(tr["effect"]) + int(tr["n_effects"])]
    placed = model.stages[tr["stage"]]["track"] == L.PLACEMENT and np.isin(effects["op"], (L.REPLAN, L.PLACE_IN)).any()
    return bool(tr["target"] != L.STAY or placed)


def step_at(model: L.Model, version: int, k: int, days: np.ndarray, a: int = 0) -> np.ndarray:
    """Return transition k's hazard per day at days since its clock began, for authority a."""
    tr = model.transitions[k]
    band = slice(int(tr["band"]), int(tr["band"]) + int(tr["n_bands"]))
    edges, rates = model.edges[version, band], model.rates[version, a, band]
    return rates[np.maximum(np.searchsorted(edges, days + 1e-9, side="right") - 1, 0)]


def edges_of(model: L.Model, ks: list[int]) -> list[float]:
    """Return where the hazards of some transitions change, in any version, for any authority."""
    found = {0.0}
    for k in ks:
        tr = model.transitions[k]
        first, n = int(tr["band"]), int(tr["n_bands"])
        for version in range(len(model.version_start)):
            for band in range(first + 1, first + n):
                if (model.rates[:, :, band] != model.rates[:, :, band - 1]).any():
                    found.add(float(model.edges[version, band]))
    return sorted(edge for edge in found if edge < 1e8)


def phases_of(model: L.Model, ks: list[int], short_days: float = SHORT_DAYS, alike: float = ALIKE) -> Phases:
    """Return the phases of a clock on which transitions `ks` run: neighbouring bands whose hazards are alike are one."""
    if not ks:
        return ONE
    edges = edges_of(model, ks)
    rates = np.array([step_at(model, 0, k, np.array(edges)) for k in ks])
    leaving = np.array([ends_stay(model, k) for k in ks])
    if mean_days(edges, rates[leaving].sum(axis=0)) < short_days:
        return ONE
    starts = [0.0]
    kept = rates[:, 0]
    for i in range(1, len(edges)):
        now = rates[:, i]
        low, high = np.minimum(kept, now), np.maximum(kept, now)
        matters = high > 0.02 * high.sum()
        if (high[matters] > alike * np.maximum(low[matters], 1e-12)).any():
            starts.append(edges[i])
            kept = now
    starts = finer(starts, edges, rates[~leaving].sum(axis=0))[:MOST_PHASES]
    return Phases(tuple(starts), tuple(np.diff([*starts, math.inf])))


def finer(starts: list[float], edges: list[float], staying: np.ndarray) -> list[float]:
    """Return phases cut so that in none of them much happens that leaves its clock running."""
    found = []
    for start, end in zip(starts, [*starts[1:], math.inf], strict=True):
        width, hazard = end - start, staying[[start <= edge < end for edge in edges]].max() if len(staying) else 0.0
        much = width <= CUT_WIDTH_DAYS and hazard > MET_AT_MOST / width
        pieces = math.ceil(width / PIECE_DAYS) if much else 1
        if much and hazard * width > 0.5:
            pieces = max(pieces, 4)
        found += [start + width * i / pieces if pieces > 1 else start for i in range(pieces)]
    return found


def mean_days(edges: list[float], hazard: np.ndarray) -> float:
    """Return the mean time of a clock whose hazard per day is piecewise constant from `edges` on; infinite if it may never end."""
    time = times_in(edges, hazard)
    return float(time.sum())


def times_in(edges: list[float], hazard: np.ndarray) -> np.ndarray:
    """Return the mean time spent in each band by who starts at 0."""
    widths = np.diff([*edges, np.inf])
    survive, times = 1.0, np.zeros(len(edges))
    for i, (width, rate) in enumerate(zip(widths, hazard, strict=True)):
        if rate <= 0.0:
            times[i] = survive * min(width, 1e6)
            continue
        times[i] = survive * (1.0 - math.exp(-rate * width)) / rate if np.isfinite(width) else survive / rate
        survive *= math.exp(-rate * width) if np.isfinite(width) else 0.0
    return times


def rates_in(model: L.Model, version: int, a: int, ks: list[int], phases: Phases) -> np.ndarray:
    """Return the hazard per day of each transition in each phase (K', P).

    Of bands in one phase it is the mean, weighted by the time that stays which only these transitions end spend in each.
    """
    edges = sorted({*edges_of(model, ks), *phases.starts})
    fine = np.array([step_at(model, version, k, np.array(edges), a) for k in ks]).reshape(len(ks), len(edges))
    leaving = np.array([ends_stay(model, k) for k in ks], bool)
    weight = np.maximum(times_in(edges, fine[leaving].sum(axis=0)), 1e-9)
    of = np.searchsorted(phases.starts, np.array(edges) + 1e-9, side="right") - 1
    found = np.zeros((len(ks), len(phases)))
    for p in range(len(phases)):
        inside = of == p
        found[:, p] = (fine[:, inside] * weight[inside]).sum(axis=1) / weight[inside].sum()
    return found
