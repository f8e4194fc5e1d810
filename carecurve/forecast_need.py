"""Need forecast beside care (`--cin`): children in need and on plans, from the census and, where there is one, the open caseload of an Annex A."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from calibration.annex_a import AnnexA
from calibration.care_records import CareRecords, DataQuality
from calibration.need_histories import CARE_COLUMNS, care_periods, need_spans, share_linked
from calibration.need_rates import estimate_need, need_model, opening_need
from calibration.need_records import NeedRecords
from calibration.rate_draws import DRAWS
from calibration.record_errors import RecordsError
from carecurve.console import ChoiceError
from carecurve.forecast_question import Question
from outputs.need_tables import need_flow_table, need_stock_table
from sim.caseload import CaseloadRun, opening_stock, run_caseload
from sim.need_caseload import NEED, STAGES

TITLE = "children in need census"
FEW_LINKED = 0.5  # share of children in care found in the census, below which its identifiers are taken to be others
STOCK, FLOWS = "need_forecast.csv", "need_starts_and_ends.csv"


@dataclass(frozen=True)
class NeedForecast:
    """A forecast of need: its tables by file name, and the runs behind them."""

    tables: dict[str, pd.DataFrame]
    run: CaseloadRun


def check_covered(need: NeedRecords, since: date, last: date) -> date:
    """Return the day that rates of need are estimated from; raise ChoiceError if the census does not cover the origin, or any day before it."""
    covered = f"--cin: the census covers {need.first} to {need.last}"
    if need.last < last:
        raise ChoiceError(f"{covered}, and the forecast begins after {last}; expected its return of that year too, or --origin {need.last}")
    if need.first >= last:
        raise ChoiceError(f"{covered}, nothing of it before the origin, {last}; expected earlier returns too, or a later --origin")
    return max(since, need.first)


def forecast_need(
    question: Question, need: NeedRecords, care: CareRecords, annex: AnnexA | None, since: date, last: date, months: Sequence[date]
) -> NeedForecast:
    """Estimate rates of need between two days and run the open caseload on to the ends of months.

    It starts from the census's children in need on the last day, or from those of Annex A. Replicates are as many as draws of rates: of thousands of
    children, chance adds little to what is not known of the rates.

    Raises
    ------
    ChoiceError
        If the census does not cover the days.
    RecordsError
        If Annex A has no child in need.
    """
    first = check_covered(need, since, last)
    care_of = care_periods(care)
    spans = need_spans(need, _linked(care_of, need, need.quality))
    rates = estimate_need(spans, first, last)
    origin = annex.extracted if annex else last
    opening = opening_need(_extract_spans(annex, question) if annex else spans, origin)
    runs = min(DRAWS, question.runs)
    model = need_model(rates, opening, origin, len(months), question.seed, runs)
    run = run_caseload(model, question.until, np.zeros((len(STAGES), 1)), runs, question.seed, workers=question.workers or 2)
    stock = need_stock_table(run, opening_stock(opening, NEED), origin, question.hide)
    return NeedForecast({STOCK: stock, FLOWS: need_flow_table(run)}, run)


def _linked(care: pd.DataFrame, need: NeedRecords, quality: DataQuality) -> pd.DataFrame:
    """Return periods of care, if children in care are found in the census; else none, and a note of it."""
    share = share_linked(need, care)
    if share >= FEW_LINKED:
        quality.notes.append(f"{share:.0%} of children in care in the years of the census are found in it: the stage looked_after is of those")
        return care
    if share >= 0:
        quality.notes.append(
            f"only {share:.0%} of children in care in the years of the census are found in it, so that its identifiers are taken to be others than "
            "the SSDA903's: nobody is told to be looked after, and children in need and looked after are in the other stages"
        )  # fmt: skip
    return care.iloc[:0]


def _extract_spans(annex: AnnexA, question: Question) -> pd.DataFrame:
    """Return spans of an extract's children in need; raise RecordsError if there are none."""
    if not (annex.need.spells["stage"] == "child_in_need").any():
        raise RecordsError(str(question.annex_a), "has no child in need (list 6) that can be used; with --cin expected the open caseload of need too")
    held = annex.children_in_care.rename(columns={"started": "start"}).assign(end=pd.Series(pd.NaT, index=annex.children_in_care.index))
    return need_spans(annex.need, held[CARE_COLUMNS])
