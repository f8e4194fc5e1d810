"""The pattern that an authority's own rates are drawn towards: what the fit to published figures implies, in the terms of `calibration.rates`.

`calibration/data/care_pattern.csv` holds it, made by `benchmarks/care_pattern.py`: synthetic returns of authorities simulated with the baseline,
whose
pathway is fitted to the Department for Education's published figures, are read and estimated as any authority's are, with nothing to be drawn to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from calibration.care_records import CareRecords
from sim.caseload import CARE

FILE = Path(__file__).parent / "data" / "care_pattern.csv"
HAZARD, SHARE, LIFT = "hazard", "share", "lift"
SMOOTHING = 0.5  # children whose choice the pattern of all ages counts as, in the pattern's own shares


@dataclass(frozen=True)
class CarePattern:
    """What is expected of an authority before its records speak.

    Attributes
    ----------
    means
        Coefficients of log hazards a year, by event and term: shapes of `calibration.rates`' terms.
    shares
        Shares by what is chosen, each row adding up to 1: shapes of `calibration.rates.CareRates` and `calibration.entries.EntryRates`.
    placement_lift
        As of `calibration.rates.CareRates`.
    """

    means: dict[str, dict[str, np.ndarray]]
    shares: dict[str, np.ndarray]
    placement_lift: np.ndarray


@cache
def published_pattern() -> CarePattern:
    """Return the pattern that ships."""
    return read_pattern(FILE)


def read_pattern(path: Path) -> CarePattern:
    """Return a pattern from its file: one row a number, `of` (hazard, share or lift), `name`, `term`, up to three positions, `value`."""
    rows = pd.read_csv(path, comment="#")
    means: dict[str, dict[str, np.ndarray]] = {}
    for (name, term), part in rows[rows["of"] == HAZARD].groupby(["name", "term"], sort=False):
        means.setdefault(name, {})[term] = _array(part)
    shares = {name: _array(part) for name, part in rows[rows["of"] == SHARE].groupby("name", sort=False)}
    return CarePattern(means, shares, _array(rows[rows["of"] == LIFT]))


def write_pattern(pattern: CarePattern, path: Path, head: str) -> None:
    """Write a pattern to its file, under a line that says where it is from."""
    rows = [(HAZARD, name, term, *row) for name, terms in pattern.means.items() for term, values in terms.items() for row in _rows(values)]
    rows += [(SHARE, name, "", *row) for name, values in pattern.shares.items() for row in _rows(values)]
    rows += [(LIFT, "placement_lift", "", *row) for row in _rows(pattern.placement_lift)]
    table = pd.DataFrame(rows, columns=["of", "name", "term", "first", "second", "third", "value"])
    path.write_text(f"# {head}\n" + table.to_csv(index=False, float_format="%.5g", lineterminator="\n"), encoding="utf-8")


def pattern_of(records: Iterable[CareRecords], years: int) -> CarePattern:
    """Estimate a pattern from the last years of several authorities' records together, drawn to nothing."""
    from calibration.entries import first_counts
    from calibration.exposure import UNKNOWN, cells_of, spans_of
    from calibration.hazard_model import Drift, fit_hazard
    from calibration.rates import changing_terms, leaving_terms, moves_by_status, moving_terms, no_means, shares_of

    cells, counts, windows = [], [], []
    for one in records:
        window = (spans_of(one), date(one.last.year - years, 4, 1), one.last)
        windows.append(window)
        cells.append(cells_of(*window, CARE))
        counts.append({**shares_of(*window, CARE), **first_counts(*window, CARE)})
    together = pd.concat(cells, ignore_index=True)
    timed = together[together["care"] != UNKNOWN]
    terms = {"leaves": (leaving_terms, timed), "moves": (moving_terms, together), "changes_legal_status": (changing_terms, timed)}
    means = {}
    for event, (terms_of, of_cells) in terms.items():
        wide = tuple(term._replace(sd=2.0 * term.sd) for term in terms_of(no_means(event)))
        fitted = fit_hazard(of_cells, event, wide, (Drift(0.0, 0.0, 1.0),))
        mode = fitted.models[int(np.argmax(fitted.weights))][1].mode
        ends = np.cumsum([0, *(int(np.prod(term.sizes)) for term in wide)])
        means[event] = {term.name: mode[a:b].reshape(term.sizes) for term, a, b in zip(wide, ends[:-1], ends[1:], strict=True)}
    shares = {name: _smoothed(sum(of[name] for of in counts)) for name in counts[0]}
    moves = [moves_by_status(*window, shares["next_placement"]) for window in windows]
    happened, expected = (sum(part) for part in zip(*moves, strict=True))
    return CarePattern(means, shares, (happened + SMOOTHING) / (expected + SMOOTHING))


def _smoothed(counts: np.ndarray) -> np.ndarray:
    """Return shares of counts along the last axis, each row drawn a little to all rows like it (the last two axes' sum)."""
    if counts.ndim < 3:
        pooled = np.full(counts.shape[-1], 1.0 / counts.shape[-1])
    else:
        total = counts.sum(axis=-2, keepdims=True)
        everywhere = counts.sum(axis=tuple(range(counts.ndim - 1)))
        pooled = (total + everywhere / everywhere.sum()) / (total.sum(axis=-1, keepdims=True) + 1.0)
    drawn = counts + SMOOTHING * pooled
    return drawn / drawn.sum(axis=-1, keepdims=True)


def _rows(values: np.ndarray) -> Iterable[tuple]:
    """Return positions (blank where there are fewer than three) and value of each number."""
    for at in np.ndindex(*np.shape(values)):
        yield (*at, *[""] * (3 - len(at)), float(np.asarray(values)[at]))


def _array(rows: pd.DataFrame) -> np.ndarray:
    """Return the array that rows of positions and values are of."""
    at = [rows[column].astype(int).to_numpy() for column in ("first", "second", "third") if rows[column].notna().all()]
    out = np.zeros([positions.max() + 1 for positions in at])
    out[tuple(at)] = rows["value"].to_numpy() if at else rows["value"].iloc[0]
    return out
