"""What rates estimated from records say that a planner would name, by draw, and how often their intervals hold the truth.

A rate is the events expected over the exposure of the cells it is of: the authority's own exposure (`calibration.exposure`), so that estimated and
true hazards are averaged with the same weights. Estimated ones are those a caseload is run on with, in the first month (`rate_draws.model_of`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calibration.exposure import UNKNOWN
from sim.caseload import AGE_BANDS, AGE_EDGES_DAYS, AGE_TOLD, DAYS_A_YEAR, ENTRY_AGE_EDGES_DAYS, EXITS, PLACEMENTS, CaseloadModel

CARE_BANDS = (  # of `sim.caseload.CARE_EDGES_DAYS`
    "under_2_weeks", "2_to_8_weeks", "8_to_26_weeks", "6_to_12_months", "1_to_2_years", "2_to_3_years", "3_to_5_years", "5_years_or_more",
)  # fmt: skip
PLACEMENT_GROUPS = {
    "kinship_foster": "kinship", "in_house_foster": "foster", "agency_foster": "foster", "authority_childrens_home": "childrens_home",
    "childrens_home": "childrens_home", "secure_home": "childrens_home", "supported_accommodation": "supported_accommodation",
    "with_parents": "with_parents", "adoption_placement": "adoption_placement", "youth_detention": "other", "other_placement": "other",
}  # fmt: skip
GROUPS = tuple(dict.fromkeys(PLACEMENT_GROUPS.values()))
GROUP_OF = np.array([GROUPS.index(PLACEMENT_GROUPS[name]) for name in PLACEMENTS])
BY = {"age": (np.array(AGE_TOLD), AGE_BANDS), "care": (np.arange(len(CARE_BANDS)), CARE_BANDS), "placement": (GROUP_OF, GROUPS)}
BREAKDOWNS = {"leaving": ("age", "care", "placement"), "moving": ("age", "placement")}
ENTRY_AGE_OF = np.array(AGE_TOLD)[np.searchsorted(AGE_EDGES_DAYS, ENTRY_AGE_EDGES_DAYS[:-1], side="right") - 1]


@dataclass(frozen=True)
class CellEvents:
    """Events in cells of exposure, expected by draw or seen: of leaving by each route (X, D, cells), and of moving (D, cells)."""

    leaving: np.ndarray
    moving: np.ndarray


def timed(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that have exposure and whose time in care is known, years taken together."""
    known = cells[(cells["care"] != UNKNOWN) & (cells["exposure_years"] > 0.0)]
    columns = ["age", "care", "place", "placement", "legal_status", "unaccompanied"]
    return known.groupby(columns, as_index=False)[["leaves", "moves", "exposure_years"]].sum()


def drawn_events(model: CaseloadModel, cells: pd.DataFrame) -> CellEvents:
    """Return what a model's draws expect in each cell, by the hazards of the first month."""
    of = model.hazards
    age, care, place, placement, legal, alone = (
        cells[column].to_numpy(int) for column in ("age", "care", "place", "placement", "legal_status", "unaccompanied")
    )
    days = cells["exposure_years"].to_numpy() * DAYS_A_YEAR
    leaving = of.leave_age_care[:, age, care] * of.leave_age_placement[:, age, placement] * of.leave_legal_care[:, legal, care]
    leaving *= of.leave_unaccompanied[:, alone] * of.leave_month[:, :1] * days
    moving = of.move_age_place[:, age, place] * of.move_age_placement[:, age, placement] * of.move_legal[:, legal]
    moving *= of.move_unaccompanied[:, alone]
    shares = np.diff(of.exit_reason, axis=-1, prepend=0.0)
    by_route = np.stack([leaving * shares[:, age, placement, route] for route in range(len(EXITS))])
    return CellEvents(by_route, moving * of.move_month[:, :1] * days)


def events_by_rate(cells: pd.DataFrame, events: CellEvents) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Return events by the name of the rate they make (D,), and the child-years that each is over."""
    exposure = cells["exposure_years"].to_numpy()
    found, years = {}, {}
    for what, values in {"leaving": events.leaving.sum(axis=0), "moving": events.moving}.items():
        found[f"{what}:total"], years[f"{what}:total"] = values.sum(axis=1), exposure.sum()
        for by in BREAKDOWNS[what]:
            to, labels = BY[by]
            for position, label in enumerate(labels):
                here = to[cells[by].to_numpy(int)] == position
                found[f"{what}:{by}:{label}"], years[f"{what}:{by}:{label}"] = values[:, here].sum(axis=1), exposure[here].sum()
    for route, values in zip(EXITS, events.leaving, strict=True):
        found[f"leaving:route:{route}"], years[f"leaving:route:{route}"] = values.sum(axis=1), exposure.sum()
    return found, years


def drawn_entries(model: CaseloadModel) -> dict[str, np.ndarray]:
    """Return children coming into care a year and their shares by first placement (D,), as a model's draws have them in the first month."""
    of = model.entries
    ages = np.diff(of.age_shares, axis=-1, prepend=0.0)  # (D, S, bins)
    by_bin = of.per_day[:, :, 0, None] * DAYS_A_YEAR * ages
    bands = np.clip(np.searchsorted(AGE_EDGES_DAYS, ENTRY_AGE_EDGES_DAYS[:-1], side="right") - 1, 0, None)
    placed = np.diff(of.placement_shares, axis=-1, prepend=0.0)[:, :, bands]  # (D, S, bins, K)
    first = np.einsum("dsb,dsbk->dk", by_bin, placed)
    return entry_rates(np.stack([by_bin[:, :, ENTRY_AGE_OF == age].sum(axis=(1, 2)) for age in range(len(AGE_BANDS))], axis=1), first)


def entry_rates(by_age: np.ndarray, by_placement: np.ndarray) -> dict[str, np.ndarray]:
    """Return rates of coming into care by name, from children a year by age band (D, 5), and first placements in any unit (D, K)."""
    rates = {"entries:total": by_age.sum(axis=1)}
    rates |= {f"entries:age:{name}": by_age[:, position] for position, name in enumerate(AGE_BANDS)}
    shares = by_placement / by_placement.sum(axis=1, keepdims=True)
    return rates | {f"first_placement:{name}": shares[:, GROUP_OF == position].sum(axis=1) for position, name in enumerate(GROUPS)}


def scored(draws: dict[str, np.ndarray], truth: dict[str, float], share: float) -> pd.DataFrame:
    """Return a row a rate: `rate`, `truth`, central interval of the draws with this share (`low`, `high`), `mean`, `sd`, `held`, and where in the
    draws the truth lies (`rank`, 0 to 1).
    """  # noqa: D205
    rows = []
    for name, true in truth.items():
        drawn = draws[name]
        low, high = np.quantile(drawn, [0.5 - share / 2.0, 0.5 + share / 2.0])
        rank = ((drawn < true).mean() + (drawn <= true).mean()) / 2.0
        rows.append((name, float(true), low, high, drawn.mean(), drawn.std(), low <= true <= high, rank))
    return pd.DataFrame(rows, columns=["rate", "truth", "low", "high", "mean", "sd", "held", "rank"])


def coverage(held: Sequence[float], clusters: Sequence[int]) -> tuple[float, float]:
    """Return the share of intervals that held, and its standard error by clusters (data sets, whose intervals hold together): a ratio estimator's,
    Cochran (1977), "Sampling Techniques", ch. 6.
    """  # noqa: D205
    sums = pd.DataFrame({"held": np.asarray(held, dtype=float), "cluster": clusters}).groupby("cluster")["held"].agg(["sum", "count"])
    share, groups = sums["sum"].sum() / sums["count"].sum(), len(sums)
    residual = sums["sum"] - share * sums["count"]
    return float(share), float(np.sqrt((residual**2).sum() * groups / max(groups - 1, 1)) / sums["count"].sum())
