"""The children in care that a forecast starts from: of the returns' last day, or of an Annex A extract's; and what their placements cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from calibration.annex_a import AnnexA
from calibration.care_days import COHORTS, known_days
from calibration.care_records import CareRecords
from calibration.episodes import eighteenth_birthday
from calibration.exposure import as_days, day_number, spans_of
from calibration.placement_costs import PlacementCosts
from calibration.record_errors import RecordsError
from sim.caseload import LEGAL_STATUSES, PLACEMENTS, budget_year

DRAWN = -1.0  # a price that no cost list states
PRICE_WEIGHT = 10.0  # placements of a kind that the authority's published price counts as, beside those of its cost list (assumed; range 5 to 20)


@dataclass(frozen=True)
class Opened:
    """An opening caseload.

    Attributes
    ----------
    origin
        The day whose end it is of.
    children
        One row a child in care: `pseudonym`; `birth`, `care_start`, `place_start`, `adult` (days from the origin); `placement`, `legal_status`
        (positions), `unaccompanied`; `cohort`, the budget year care began in (0 before the last whole one, 1 in it, 2 in the year of the first
        month to come); `price` in pounds a week (-1: not stated).
    known_days
        As `calibration.care_days.known_days`.
    """

    origin: date
    children: pd.DataFrame
    known_days: np.ndarray


def opening_caseload(records: CareRecords, origin: date) -> pd.DataFrame:
    """Return the children in care at the end of a day, as `Opened.children`."""
    spans = spans_of(records)
    day = day_number(origin)
    here = spans[(spans["start"] <= day) & ~(spans["end"] <= day)].drop_duplicates("child", keep="last").reset_index(drop=True)
    frame = here[["placement", "legal_status", "unaccompanied"]].copy()
    frame["pseudonym"] = records.children["pseudonym"].to_numpy()[here["child"]]
    for column in ("birth", "care_start", "place_start"):
        frame[column] = here[column] - day
    frame["adult"] = as_days(pd.Series(eighteenth_birthday(records.children["birth"].to_numpy()[here["child"]]))) - day
    frame["cohort"] = _cohort(here["care_start"].to_numpy(), origin)
    unknown = ~here["start_known"]  # in care before the first row: as long as others were when they moved, but not before birth
    frame.loc[unknown, "care_start"] = np.maximum(frame["care_start"] - _earlier_days(spans, day), frame["birth"])[unknown]
    frame.loc[unknown, "cohort"] = 0
    return frame[frame["adult"] > 0].assign(price=DRAWN).reset_index(drop=True)


def _cohort(started: np.ndarray, origin: date) -> np.ndarray:
    """Return the budget year that care began in, from days since 1970."""
    days = pd.DatetimeIndex(pd.to_datetime(started, unit="D"))
    return np.clip(days.year + (days.month > 3) - budget_year(origin + timedelta(1)) + 2, 0, 2).astype(np.int64)


def _earlier_days(spans: pd.DataFrame, day: float) -> float:
    """Return how long children had been in care, on average, when they moved by a day, of those whose start is known; 0 if nobody moved."""
    moved = spans[spans["moves"] & spans["start_known"] & (spans["end"] <= day)]
    return float((moved["end"] - moved["care_start"]).mean()) if len(moved) else 0.0


def from_annex_a(annex: AnnexA, name: str, records: CareRecords) -> Opened:
    """Return the open caseload of an Annex A extract.

    Raises
    ------
    RecordsError
        If the extract, called `name`, is of a day before the returns' last, or holds no child in care.
    """
    if annex.extracted < records.last:
        raise RecordsError(name, f"is of {annex.extracted}, before the last day of the returns, {records.last}; expected a later extract")
    held = annex.children_in_care
    if held.empty:
        raise RecordsError(name, "holds no child in care (list 8) that can be used")
    day = day_number(annex.extracted)
    started, placed = as_days(held["started"]), as_days(held["placement_started"])
    children = pd.DataFrame({
        "pseudonym": held["pseudonym"].to_numpy(), "birth": as_days(held["birth"]) - day, "care_start": started - day,
        "place_start": np.where(np.isnan(placed), started, placed) - day,
        "adult": as_days(pd.Series(eighteenth_birthday(held["birth"].to_numpy()))) - day,
        "placement": held["placement"].map(_positions(PLACEMENTS)).fillna(PLACEMENTS.index("other_placement")).astype(np.int64),
        "legal_status": held["legal_status"].map(_positions(LEGAL_STATUSES)).fillna(0).astype(np.int64),
        "unaccompanied": held["unaccompanied"].astype(np.int64), "cohort": _cohort(started, annex.extracted), "price": DRAWN,
    })  # fmt: skip
    children = children[children["adult"] > 0].sort_values(["birth", "care_start", "place_start", "placement"], kind="stable").reset_index(drop=True)
    return Opened(annex.extracted, children, _days_between(records, annex.extracted, children))


def _positions(names: tuple[str, ...]) -> dict[str, int]:
    """Return the position of each name."""
    return {name: position for position, name in enumerate(names)}


def _days_between(records: CareRecords, extracted: date, children: pd.DataFrame) -> np.ndarray:
    """Return what `known_days` does, the days between the returns and the extract at the mean of both caseloads: all that is known of them."""
    years = budget_year(extracted + timedelta(1)) - budget_year(records.last + timedelta(1))
    known = _older(known_days(records, records.last), years)
    before = _older(_by_cohort(opening_caseload(records, records.last)), years)
    later = (extracted - records.last).days
    between = (before + _by_cohort(children)) / 2.0 * later
    if years == 0:
        return np.stack([known[0], known[1] + between])
    into = (extracted - date(budget_year(extracted + timedelta(1)) - 1, 4, 1)).days + 1
    share = min(max(into / later, 0.0), 1.0)
    whole = known[1] + between * (1.0 - share)
    whole[:, 1], whole[:, 2] = whole[:, 1] + whole[:, 2], 0.0  # nobody was there before care began
    return np.stack([whole, between * share])


def _by_cohort(children: pd.DataFrame) -> np.ndarray:
    """Return children by placement and cohort (K, 3)."""
    counts = np.zeros((len(PLACEMENTS), COHORTS))
    np.add.at(counts, (children["placement"].to_numpy(), children["cohort"].to_numpy()), 1.0)
    return counts


def _older(values: np.ndarray, years: int) -> np.ndarray:
    """Return values by cohort (last axis) as they are some budget years later: this year's entrants are last year's, and then earlier ones."""
    for _ in range(min(years, COHORTS)):
        values = np.stack([values[..., 0] + values[..., 1], values[..., 2], np.zeros_like(values[..., 2])], axis=-1)
    return values


def priced(opened: Opened, listed: PlacementCosts, prices: np.ndarray) -> tuple[Opened, np.ndarray]:
    """Return the caseload with what a cost list says its placements cost the authority, and prices of new placements drawn to the list's.

    A child's row counts if it was running on the day of origin. A kind's new price is the mean of its listed ones and the published one, which
    counts as `PRICE_WEIGHT` placements; the spread about it stays.
    """
    rows = listed.placements
    origin = pd.Timestamp(opened.origin)
    cost = rows["cost_gbp_per_week"] * rows["share_authority"]
    running = (rows["start"] <= origin) & ~(rows["planned_end"] < origin)
    theirs = pd.Series(cost[running].to_numpy(), index=rows.loc[running, "pseudonym"]).groupby(level=0).last()
    price = opened.children["pseudonym"].map(theirs).fillna(DRAWN)
    count = rows.loc[running, "placement"].value_counts().reindex(PLACEMENTS).fillna(0).to_numpy()
    total = cost[running].groupby(rows.loc[running, "placement"]).sum().reindex(PLACEMENTS).fillna(0).to_numpy()
    published = prices.mean(axis=1)
    mean = (PRICE_WEIGHT * published + total) / (PRICE_WEIGHT + count)
    ratio = np.divide(mean, published, out=np.ones(len(PLACEMENTS)), where=published > 0)
    unpriced = published == 0
    scaled = np.where(unpriced[:, None], np.where(count > 0, total / np.maximum(count, 1), 0.0)[:, None], prices * ratio[:, None])
    return replace(opened, children=opened.children.assign(price=price.to_numpy())), scaled
