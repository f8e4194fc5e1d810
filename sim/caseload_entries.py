"""How many children a caseload's entries are expected to be, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from sim.caseload import CaseloadModel


def expected_entries(model: CaseloadModel, months: Sequence[date]) -> np.ndarray:
    """Return children expected to come in by month and told band of age (M, bands): the mean over draws, of all streams.

    A bin of age at entry lies in the band its middle does.
    """
    frame, entries = model.frame, model.entries
    edges = np.asarray(frame.entry_age_edges_days)
    band = np.searchsorted(frame.age_edges_days, (edges[:-1] + edges[1:]) / 2.0, side="right") - 1
    told = np.asarray(frame.age_told)[np.maximum(band, 0)]
    shares = np.diff(entries.age_shares, axis=-1, prepend=0.0)  # (D, S, bins)
    by_bin = np.einsum("dsm,dsb->mb", entries.per_day, shares) / model.draws
    days = np.diff([0, *((day - model.origin).days for day in months)])
    out = np.zeros((len(days), len(frame.age_bands)))
    np.add.at(out.T, told, by_bin.T)
    return out * days[:, None]
