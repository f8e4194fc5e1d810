"""What the workforce census says of how posts move: the sources of `settings.workforce` in scenarios/baseline.yaml.

    python -m calibration.workforce

Every figure is of authorities' own rows, 30 September 2018 to 2025. Slopes are within authorities: what an authority and a year have in common is
taken out, authorities count by their staff, standard errors allow for what years of one authority share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from calibration.panel import DATA

FIRST_YEAR, LAST_YEAR = 2018, 2025
ROUNDS = 200  # of taking out means of authorities and years in turn


@dataclass(frozen=True)
class Slope:
    """A slope within authorities, its standard error, and how many rows it rests on."""

    value: float
    error: float
    rows: int


def census() -> pd.DataFrame:
    """Return authorities' workforce rows with agency workers and vacancies per 10,000 children."""
    frame = pd.read_csv(DATA / "la_panel.csv")
    frame = frame[(frame.level == "local_authority") & frame.year_ending.between(FIRST_YEAR, LAST_YEAR)].copy()
    children = frame.population_0_17 / 10_000.0
    frame["vacancies_fte"] = frame.social_workers_fte * frame.sw_vacancy_pct / (100.0 - frame.sw_vacancy_pct)
    frame["vacancies"] = frame.vacancies_fte / children
    frame["agency"] = frame.social_workers_fte * frame.sw_agency_pct / (100.0 - frame.sw_agency_pct) / children
    frame["log_turnover"] = _log(frame.sw_turnover_pct)
    frame["log_caseload"] = _log(frame.cases_per_social_worker)
    frame["log_caseload_before"] = frame.sort_values("year_ending").groupby("name").log_caseload.shift(1)
    frame["fill_rate"] = frame.sw_starters_fte / 12.0 / frame.vacancies_fte.where(frame.vacancies_fte > 0)
    frame["turnover_over_mean"] = frame.sw_turnover_pct / frame.groupby("name").sw_turnover_pct.transform("mean")
    return frame


def _log(column: pd.Series) -> pd.Series:
    return np.log(column.where(column > 0))


def slope_within(frame: pd.DataFrame, outcome: str, cause: str) -> Slope:
    """Return how an outcome moves with a cause within authorities."""
    rows = frame[["name", "year_ending", "social_workers_fte", outcome, cause]].replace([np.inf, -np.inf], np.nan).dropna()
    weight = rows.social_workers_fte.to_numpy()
    y, x = (_within(rows[column].to_numpy(), weight, rows) for column in (outcome, cause))
    squares = float((weight * x * x).sum())
    value = float((weight * x * y).sum()) / squares
    shared = pd.Series(weight * x * (y - value * x)).groupby(rows.name.to_numpy()).sum()
    return Slope(value, float(np.sqrt((shared**2).sum())) / squares, len(rows))


def _within(values: np.ndarray, weight: np.ndarray, rows: pd.DataFrame) -> np.ndarray:
    """Return values less what an authority and a year have in common."""
    for _ in range(ROUNDS):
        for column in ("name", "year_ending"):
            codes = rows[column].factorize()[0]
            values = values - (np.bincount(codes, weight * values) / np.bincount(codes, weight))[codes]
    return values


def findings() -> dict[str, float]:
    """Return every figure that a source in `settings.workforce` names."""
    frame = census()
    turnover, before = (slope_within(frame, "log_turnover", cause) for cause in ("log_caseload", "log_caseload_before"))
    agency = slope_within(frame, "agency", "vacancies")
    last = frame[frame.year_ending == LAST_YEAR]
    return {
        "turnover on caseload, elasticity": turnover.value,
        "  standard error": turnover.error,
        "  rows": turnover.rows,
        "turnover on caseload a year before, elasticity": before.value,
        "turnover over own mean, 5th centile": float(frame.turnover_over_mean.quantile(0.05)),
        "turnover over own mean, 95th centile": float(frame.turnover_over_mean.quantile(0.95)),
        "vacancies filled a month, median": float(frame.fill_rate.quantile(0.5)),
        "vacancies filled a month, 95th centile": float(frame.fill_rate.quantile(0.95)),
        "agency workers for each vacancy": agency.value,
        "  standard error ": agency.error,
        "agency share of workers, 98th centile, per cent": float(last.sw_agency_pct.quantile(0.98)),
    }


def main() -> None:
    """Print the findings."""
    for name, value in findings().items():
        print(f"{name:<50} {value:10.3f}")


if __name__ == "__main__":
    main()
