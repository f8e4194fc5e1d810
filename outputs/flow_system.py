"""A year as stocks and flows: what the pathway's counts say of who is where on 31 March, and who goes where from April to March.

Each stage is a stock of children. What enters and leaves it is told apart as far as transitions tell: whatever they do not explain (children who are
born, turn 18, enter care or come home while their family stays in the stage) is a flow of its own, so that every stock's flows add up to its change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sim.pathway_counts import ARRIVED, AT_31_MARCH, ENTERED, FIRED, LEFT, UNACCOMPANIED
from sim.results import Results

IDLE, STAY = "idle", "stay"
ROUNDING = 1e-3  # children: counts are kept in single precision
MOVES, OPENS, ARRIVES, ENTERS_CARE, ENDS, OTHER_IN, OTHER_OUT = "moves", "opens", "arrive", "enter care", "ends", "other in", "other out"
LEGAL = "legal"  # a child's legal status divides the children in care as placement does; one division is drawn
DRAWN_TRACKS = ("need", "protection", "court", "support", "care", "placement")


@dataclass(frozen=True)
class Stock:
    """A stage: its name, label, track, and children on 31 March at the start and the end of the year."""

    name: str
    label: str
    track: str
    before: float | None
    children: float


@dataclass(frozen=True)
class Flow:
    """Children a year from a stage (None: from outside the track) to a stage (None: out of it), by transitions of these names."""

    source: str | None
    target: str | None
    children: float
    kind: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class System:
    """The stocks and flows of a year, in the pathway's order, and where they are from; `labels` are those of every stage of the pathway."""

    stocks: tuple[Stock, ...]
    flows: tuple[Flow, ...]
    year_ending: int
    area: str
    scenario: str
    runs: int
    labels: Mapping[str, str]

    def track(self, name: str) -> tuple[Stock, ...]:
        """Return the stocks of a track."""
        return tuple(stock for stock in self.stocks if stock.track == name)


class _Counts:
    """A year's counts by name."""

    def __init__(self, results: Results, year: int) -> None:
        if results.pathway is None:
            raise ValueError("these results hold no counts of the pathway; run the scenario again")
        years = [int(one) for one in results.pathway.year_ending.to_numpy()]
        if year not in years:
            raise ValueError(f"{year} is not among the results' years, {years[0]} to {years[-1]}")
        all_areas = results.pathway.sum("area")
        names = [str(name) for name in all_areas["count"].to_numpy()]
        self._of = dict(zip(names, all_areas.sel(year_ending=year).to_numpy().tolist(), strict=True))
        self._before = dict(zip(names, all_areas.sel(year_ending=year - 1).to_numpy().tolist(), strict=True)) if year - 1 in years else {}

    def of(self, kind: str, name: str) -> float:
        """Return children of a kind of count."""
        return self._of.get(f"{kind}:{name}", 0.0)

    def before(self, stage: str) -> float | None:
        """Return children in a stage a year before, None if the results begin with this year."""
        return self._before.get(f"{AT_31_MARCH}:{stage}")


def system_of(results: Results, year_ending: int | None = None, area: str | None = None) -> System:
    """Return the stocks and flows of a year, authorities added up, means over runs.

    Parameters
    ----------
    results
        Results of any engine that hold counts of their pathway.
    year_ending
        The year ending 31 March; by default the last.
    area
        What several authorities are called together.

    Raises
    ------
    ValueError
        If the results hold no such counts, or not of this year.
    """
    year = results.years[-1] if year_ending is None else year_ending
    counts, about = _Counts(results, year), results.metadata["pathway"]
    kept = {name: stage for name, stage in about["stages"].items() if stage["track"] != LEGAL and not stage["passed_through"]}
    stocks = tuple(
        Stock(name, stage["label"], stage["track"], counts.before(name), counts.of(AT_31_MARCH, name))
        for track in DRAWN_TRACKS for name, stage in kept.items() if stage["track"] == track
    )  # fmt: skip
    flows = _moves(counts, about, kept)
    flows += _inflows(counts, about, kept, flows)
    flows += _outflows(counts, about, kept, flows)
    flows += _unexplained(counts, kept, flows)
    found = results.metadata.get("area_label") or (results.areas[0] if len(results.areas) == 1 else f"{len(results.areas)} authorities")
    labels = {name: stage["label"] for name, stage in about["stages"].items()}
    drawn = tuple(flow for flow in flows if flow.children > 0.0)
    return System(stocks, drawn, year, area or str(found), results.label, results.replicates, labels)


def _moves(counts: _Counts, about: Mapping[str, Any], kept: Mapping[str, Any]) -> list[Flow]:
    """Return what transitions move from stage to stage of a track, and out of it; between two stages one flow."""
    found: dict[tuple[str, str | None], Flow] = {}
    for full, step in about["transitions"].items():
        source, name = full.split(".")
        to = step["to"]
        if source not in kept or to == STAY or (to != IDLE and to not in kept):
            continue
        for target, share in [(None, 1.0)] if to == IDLE else _as_replaced(counts, about, to):
            new = Flow(source, target, share * counts.of(FIRED, full), MOVES if target else ENDS, (name,))
            old = found.get((source, target))
            found[source, target] = replace(new, children=old.children + new.children, names=(*old.names, name)) if old else new
    return list(found.values())


def _as_replaced(counts: _Counts, about: Mapping[str, Any], to: str) -> list[tuple[str, float]]:
    """Return the stages a transition leads to and their shares: a stage that another replaces divides with it as entries do."""
    later = about["replaces"].get(to)
    if later is None:
        return [(to, 1.0)]
    entered, replaced = counts.of(ENTERED, to), counts.of(ENTERED, later)
    share = replaced / (entered + replaced) if entered + replaced > 0.0 else 0.0
    return [(to, 1.0 - share), (later, share)]


def _inflows(counts: _Counts, about: Mapping[str, Any], kept: Mapping[str, Any], moves: list[Flow]) -> list[Flow]:
    """Return who enters each stage otherwise than by a move: opened from another track, arriving, entering or leaving care."""
    found = []
    in_care = next((name for name, stage in kept.items() if stage["in_care"]), None)
    for name, stage in kept.items():
        rest = counts.of(ENTERED, name) - sum(flow.children for flow in moves if flow.target == name)
        if rest <= 0.0:
            continue
        openers = {full.split(".")[0]: 0.0 for full, step in about["transitions"].items() if step["opens"] == name}
        for full, step in about["transitions"].items():
            if step["opens"] == name:
                openers[full.split(".")[0]] += counts.of(FIRED, full)
        if stage["in_care"]:
            alone = min(counts.of(ARRIVED, UNACCOMPANIED), rest)
            found += [Flow(None, name, rest - alone, ENTERS_CARE), Flow(None, name, alone, ARRIVES, (UNACCOMPANIED,))]
        elif stage["track"] == "care" and in_care:
            found.append(Flow(in_care, name, rest, MOVES))
        elif sum(openers.values()) > 0.0:  # who opens what is open already opens nothing: as many as entered
            scale = rest / sum(openers.values())
            found += [Flow(None, name, scale * fired, OPENS, (opener,)) for opener, fired in openers.items()]
        else:
            found.append(Flow(None, name, rest, ARRIVES if stage["arrives"] else OTHER_IN, tuple(stage["arrives"])))
    return _merged(found, moves)


def _merged(found: list[Flow], moves: list[Flow]) -> list[Flow]:
    """Add what leaves care by other ways to the move there is between the same two stages, and return the rest."""
    alone = []
    for flow in found:
        same = next((i for i, move in enumerate(moves) if flow.kind == MOVES and (move.source, move.target) == (flow.source, flow.target)), None)
        if same is None:
            alone.append(flow)
        else:
            moves[same] = replace(moves[same], children=moves[same].children + flow.children)
    return alone


def _outflows(counts: _Counts, about: Mapping[str, Any], kept: Mapping[str, Any], flows: list[Flow]) -> list[Flow]:
    """Return who leaves each stage otherwise than by a transition; of children in care, those who pass through an exit and are not followed."""
    found = []
    passed = tuple(stage["label"] for stage in about["stages"].values() if stage["passed_through"])
    for name, stage in kept.items():
        rest = counts.of(LEFT, name) - sum(flow.children for flow in flows if flow.source == name)
        if rest > 0.0:
            found.append(Flow(name, None, rest, ENDS if stage["in_care"] else OTHER_OUT, passed if stage["in_care"] else ()))
    return found


def _unexplained(counts: _Counts, kept: Mapping[str, Any], flows: list[Flow]) -> list[Flow]:
    """Return what is left where more children were counted on leaving one stage than on entering the next, so that every stock's flows add up."""
    found = []
    for name in kept:
        drawn = sum(flow.children for flow in flows if flow.target == name) - sum(flow.children for flow in flows if flow.source == name)
        missing = counts.of(ENTERED, name) - counts.of(LEFT, name) - drawn
        if abs(missing) > ROUNDING:
            found.append(Flow(None, name, missing, OTHER_IN) if missing > 0.0 else Flow(name, None, -missing, OTHER_OUT))
    return found
