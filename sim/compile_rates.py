"""Compile hazards through time: band edges, rates of each authority, and the versions in which they change.

A version begins where the pathway changes (`set`) and where an authority's ratio to it does (`ratio_<group>`, by year ending 31 March). What the
pathway says of a transition (`plain`) and what multiplies it (an authority's ratio, or the share of an outcome) are kept apart, so that other ratios
cost one product of arrays.

Arrays: V versions, A authorities, K transitions, B bands of all transitions, one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from scenarios.pathway_schema import Pathway
from scenarios.timeline import month_index, year_ending
from sim.compile_areas import RATIO_PREFIX, Figures, ratios
from sim.compile_pathway import DAYS_PER_YEAR, Names, outcome_shares
from sim.kernels import layout as L

APART_DAYS = 1e9  # between the edges of bands that only another version has


@dataclass(frozen=True)
class Version:
    """What holds from a month on: a pathway, and the authorities' ratios of a year ending 31 March."""

    month: str
    pathway: Pathway
    year: int


def versions_of(compiled: Any, also: Sequence[str] = ()) -> tuple[Version, ...]:
    """Return the versions of a model's hazards, the first at its first month; `also` are further months in which one begins."""
    changes = {month for figures in compiled.figures for group in compiled.pathway.groups for month in ratio_months(figures, group)}
    within = {month for month in {*changes, *also} if month_index(compiled.first) < month_index(month) <= month_index(compiled.last)}
    epochs = dict(compiled.epochs)
    found, pathway = [], compiled.epochs[0][1]
    for month in sorted({*epochs, *within}, key=month_index):
        pathway = epochs.get(month, pathway)
        found.append(Version(month, pathway, year_ending(month)))
    return tuple(found)


def ratio_months(figures: Figures, group: str) -> list[str]:
    """Return the months from which an authority's ratio for a group is another than before."""
    series = figures.profile.records.get(RATIO_PREFIX + group, ())
    return [f"{after.year_ending - 1}-04" for before, after in pairwise(series) if after.value != before.value]


@dataclass(frozen=True)
class Hazards:
    """The parts of hazards that no ratio changes.

    Attributes
    ----------
    versions
        What holds when (V).
    shares
        What ratios do to the pathway of each version (V).
    edges
        Start of each band, days; infinity after a transition's last (V, B).
    plain
        Per year of a rate, per day of leaving a stage by any outcome (V, B).
    column
        The transition each band is of (B).
    fixed
        1 where a lever sets the rate and no ratio acts (K).
    """

    versions: tuple[Version, ...]
    shares: tuple[Shares, ...]
    edges: np.ndarray
    plain: np.ndarray
    column: np.ndarray
    fixed: np.ndarray

    def multipliers(self, ratio: Sequence[Sequence[dict[str, float]]]) -> np.ndarray:
        """Return what multiplies `plain` (V, A, K) under ratios by group, of each version and authority."""
        table = np.array([[shares.of(own) for own in each] for shares, each in zip(self.shares, ratio, strict=True)])
        return np.where(self.fixed == 1, 1.0, table)

    def rates(self, multipliers: np.ndarray) -> np.ndarray:
        """Return hazards per day (V, A, B)."""
        return self.plain[:, None, :] * np.take(multipliers, self.column, axis=2)

    def next_version(self, rates: np.ndarray) -> np.ndarray:
        """Return the next version in which anything of a transition is another for an authority, or V (V, A, K)."""
        other = (rates[1:] != rates[:-1]) | (self.edges[1:] != self.edges[:-1])[:, None, :]
        changed = np.logical_or.reduceat(other, self.first, axis=2)
        table = np.full((len(rates), rates.shape[1], len(self.first)), len(rates), np.int16)
        for v in range(len(rates) - 2, -1, -1):
            table[v] = np.where(changed[v], v + 1, table[v + 1])
        return table

    @property
    def first(self) -> np.ndarray:
        """The first band of each transition (K)."""
        return np.searchsorted(self.column, np.arange(len(self.fixed)))


class Shares:
    """What multiplies each transition of a pathway: its ratio to the days of a year, or its share of a stage's outcomes."""

    def __init__(self, pathway: Pathway, names: Names) -> None:
        self.group: list[str] = []
        self.base = np.full(len(names.transitions), 1.0 / DAYS_PER_YEAR)
        self.moved = []  # stages with an outcome that has a ratio: where they are, and they themselves
        for full in names.transitions:
            stage_name, name = full.split(".")
            stage = pathway.stages[stage_name]
            self.group.append("" if name in stage.outcomes else dict(stage.steps())[name].area_ratio or "")
        for stage_name, stage in pathway.stages.items():
            rows = [names.transitions.index(f"{stage_name}.{name}") for name in stage.outcomes]
            self.base[rows] = list(outcome_shares(stage, {}).values())
            if any(outcome.area_ratio for outcome in stage.outcomes.values()):
                self.moved.append((rows, stage))

    def of(self, ratio: dict[str, float]) -> np.ndarray:
        """Return the multipliers under an authority's ratios (K)."""
        found = self.base.copy()
        for k, group in enumerate(self.group):
            if group in ratio:
                found[k] = ratio[group] / DAYS_PER_YEAR
        for rows, stage in self.moved:
            found[rows] = list(outcome_shares(stage, ratio).values())
        return found


def hazards_of(compiled: Any, versions: tuple[Version, ...], transitions: np.ndarray, set_rates: set[str]) -> Hazards:
    """Return the hazards of a model before ratios; set each transition's first band and number of bands."""
    pathways = list({id(version.pathway): version.pathway for version in versions}.values())
    edges: list[list[float]] = [[] for _ in pathways]
    plain: list[list[float]] = [[] for _ in pathways]
    column: list[int] = []
    for k, full in enumerate(compiled.names.transitions):
        found = [_bands(pathway, full, full in set_rates) for pathway in pathways]
        width = max(len(starts) for starts, _ in found)
        transitions[k]["band"], transitions[k]["n_bands"] = len(column), width
        for q, (starts, values) in enumerate(found):  # versions of a duration may have different numbers of bands: pad with the last
            missing = width - len(starts)
            edges[q] += [*starts, *(starts[-1] + APART_DAYS * (i + 1) for i in range(missing)), np.inf]
            plain[q] += [*values, *[values[-1]] * missing, 0.0]  # the last band ends at infinity
        column += [k] * (width + 1)
    order = [next(q for q, pathway in enumerate(pathways) if pathway is version.pathway) for version in versions]
    fixed = np.array([full in set_rates for full in compiled.names.transitions], np.int64)
    shares = [Shares(pathway, compiled.names) for pathway in pathways]
    return Hazards(versions, tuple(shares[q] for q in order), np.array(edges)[order], np.array(plain)[order], np.array(column), fixed)


def _bands(pathway: Pathway, full: str, is_set: bool) -> tuple[list[float], list[float]]:
    """Return (band starts in days, hazard before ratios and shares) of a transition; of one a lever sets, per day at a rate of 1 a year."""
    stage_name, name = full.split(".")
    stage = pathway.stages[stage_name]
    if name in stage.outcomes:
        hazard = stage.duration.hazard()
        starts, values = list(hazard.bands_days), list(hazard.per_day)
    else:
        rates = dict(stage.steps())[name].rates_per_year
        starts, values = (list(rates.bands_days), list(rates.per_year)) if rates else ([0.0], [0.0])
    return starts, [1.0 / L.YEAR] * len(starts) if is_set else values


def ratios_of(compiled: Any, versions: Sequence[Version]) -> list[list[dict[str, float]]]:
    """Return the authorities' ratios by group, of each version (V, A)."""
    kept: dict[int, list[dict[str, float]]] = {}
    for version in versions:
        if version.year not in kept:
            kept[version.year] = [ratios(figures, compiled.pathway, version.year) for figures in compiled.figures]
    return [kept[version.year] for version in versions]


def hazard_tables(compiled: Any, hazards: Hazards, rates: np.ndarray, day_of: Any) -> dict[str, np.ndarray]:
    """Return the model's tables of hazards and of their versions."""
    starts = np.array([month_index(version.month) for version in hazards.versions])
    months = month_index(compiled.first) + np.arange(len(compiled.months))
    return {
        "version_start": np.array([day_of(version.month) for version in hazards.versions]),
        "month_version": (np.searchsorted(starts, months, side="right") - 1).astype(np.int16),
        "edges": hazards.edges, "rates": rates, "next_version": hazards.next_version(rates),
    }  # fmt: skip


def changes(next_version: np.ndarray) -> np.ndarray:
    """Return whether some version changes a transition for some authority (K), from `next_version` (V, A, K)."""
    return (next_version[0] < len(next_version)).any(axis=0)


def rise(tables: dict[str, np.ndarray], transitions: np.ndarray, branch: int) -> np.ndarray:
    """Return by how much versions from model month `branch` on raise any band of a transition, at most, over the one before (K); 1 if none does."""
    versions, found = tables["month_version"], np.ones(len(transitions))
    if not 0 < branch < len(versions):
        return found
    before = versions[branch - 1]
    for k in np.flatnonzero((tables["next_version"][before] < len(tables["next_version"])).any(axis=0)):
        span = slice(transitions[k]["band"], transitions[k]["band"] + transitions[k]["n_bands"])
        days = np.unique(tables["edges"][before:, span])  # the hazard just after each edge there is, before and later
        at = np.array([np.searchsorted(edges[span], days, side="right") - 1 for edges in tables["edges"][before:]])
        rates = np.stack([each[:, span][:, band] for each, band in zip(tables["rates"][before:], at, strict=True)])
        ratio = np.divide(rates[1:], rates[0], out=np.where(rates[1:] > 0.0, np.inf, 1.0), where=rates[0] > 0.0)
        found[k] = ratio.max(initial=1.0)
    return found
