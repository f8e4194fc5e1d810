"""Tables of a forecast of need beside care: children in need by stage, and the episodes and stages that begin and end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outputs.forecast_tables import flows_table, stock_table
from sim.caseload import CaseloadRun

OLDEST = "reached_26"  # the certain end, after which nobody is in records of need


def need_stock_table(run: CaseloadRun, opening: np.ndarray, origin: object, hide: bool = True) -> pd.DataFrame:
    """Return children in need by month, age band and stage, as `outputs.forecast_tables.stock_table` does children in care.

    The total of stages is children in need as the census counts them: those looked after and those aged 18 and over whose episode is open included.
    Columns `date`, `age_band`, `stage`, `mean`, and those of `QUANTILES`.
    """
    return stock_table(run, opening, origin, hide, "stage")


def need_flow_table(run: CaseloadRun) -> pd.DataFrame:
    """Return episodes of need that begin and end, and stages that begin (the first of an episode included), by month.

    Of the stages, `child_protection_plan` is plans that start and `looked_after` children in need who start to be looked after. Columns as
    `outputs.forecast_tables.flow_table`'s.
    """
    tallies, frame = run.tallies, run.frame
    return flows_table(run, {
        "episodes_begun": (frame.age_bands, tallies.starts), "episodes_ended": (frame.age_bands, tallies.leavers),
        "episodes_ended_by_reason": ((*frame.exits, OLDEST), tallies.reasons), "stages_begun": (frame.placements, tallies.begun),
    })  # fmt: skip
