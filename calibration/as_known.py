"""Records as they were known on an earlier day: what a return made then could not hold is taken away.

What came to be known later of what had happened by then cannot be told from records that are already reconciled, and stays
(docs/backtest-of-records.md): a later return's corrections of a row (its codes, its end, that it should never have been there), of a date of birth or
of who is unaccompanied, and siblings of whom only one had come into care by then.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from calibration.care_records import CareRecords
from calibration.episodes import in_order


def as_known(records: CareRecords, day: date) -> CareRecords:
    """Return records as they were known at the end of a day: what began later is gone, and what ended later is open.

    Children without a stay by then are left out, and the others numbered by what is known of them. Data quality is that of the import.

    Raises
    ------
    ValueError
        If the records do not cover the day, or nobody had been in care by then.
    """
    if not records.first <= day <= records.last:
        raise ValueError(f"records from {records.first} to {records.last} do not say what was known on {day}")
    stays, legal = (_begun(rows, day) for rows in (records.stays, records.legal))
    if stays.empty:
        raise ValueError(f"nobody had been in care by {day}")
    stays["ended_by"] = np.where(stays["end"].isna(), "", stays["ended_by"])
    children = records.children.loc[stays["child"].unique()]
    return replace(records, **dict(zip(("children", "stays", "legal"), in_order(children, stays, legal), strict=True)), last=day)


def _begun(rows: pd.DataFrame, day: date) -> pd.DataFrame:
    """Return the rows that had begun by a day, those that ended later open."""
    last = pd.Timestamp(day)
    begun = rows[rows["start"] <= last]
    return begun.assign(end=begun["end"].where(begun["end"] <= last))
