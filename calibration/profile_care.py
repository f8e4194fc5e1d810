"""Profiles, second part: care starts, exits and stock without unaccompanied children, placements and places."""

from __future__ import annotations

import numpy as np
import pandas as pd

from calibration.panel import ENGLAND, SOURCE
from calibration.profile_table import Figure, ProfileTable, weakest
from calibration.uasc import AGE_SPLIT, uasc_flows

UASC_SOURCE = f"{SOURCE} (uasc_at31, cla_started); calibration/uasc.py"
START_BANDS = {
    "under_1": "cla_started_age_under_1_year",
    "1_to_4": "cla_started_age_1_to_4_years",
    "5_to_9": "cla_started_age_5_to_9_years",
    "10_to_15": "cla_started_age_10_to_15_years",
    "16_plus": "cla_started_age_16_years_and_over",
}
EXITS = {
    "adopted": "cla_adopted",
    "sgo": "cla_ceased_sgo",
    "cao": "cla_ceased_cao_pct",
    "home_planned": "cla_ceased_home_planned_pct",
    "home_unplanned": "cla_ceased_home_unplanned_pct",
}
Flows = dict[tuple[str, int], dict[str, float]]  # (area, year ending) -> a row of `uasc_flows`
FEWEST_EXITS = 30  # in three years; fewer say nothing about an authority's exit rate
PER_YEAR = "children a year, mean of years ending {}"


def add_care(table: ProfileTable) -> None:
    """Add every quantity of this part for every authority and England."""
    flows = uasc_flows(table)
    _uasc(table, flows)
    keyed = {(row["area"], row["year_ending"]): row for row in flows.to_dict("records")}
    england = _start_bands(table, ENGLAND, keyed)
    for area in table.places:
        _starts(table, area, keyed, england)
        _exits(table, area, keyed)
    _exit_ratios(table)


def _uasc(table: ProfileTable, flows: pd.DataFrame) -> None:
    """Add unaccompanied children: ordinary and pass-through starts, ends, and the stock at 31 March."""
    for row in flows.itertuples():
        basis = row.basis
        for quantity, value in (("uasc_started", row.started), ("uasc_passthrough_started", row.passthrough),
                                ("uasc_ceased", row.ceased)):  # fmt: skip
            figure = Figure(value, basis, "derived")
            table.add(row.area, quantity, row.year_ending, figure, "children a year", UASC_SOURCE)
        status = "published" if basis == "own" else "derived"
        figure = Figure(row.stock, basis, status)
        table.add(row.area, "uasc_at31", row.year_ending, figure, "children at 31 March", SOURCE)


def _without_uasc(table: ProfileTable, area: str, measure: str, flows: Flows, columns: list[str]) -> Figure:
    """Return the mean over the rate years of a count of all children less the unaccompanied."""
    figures = [table.count(area, measure, year) for year in table.rate_years]
    uasc = [sum(flows[area, year][column] for column in columns) for year in table.rate_years]
    values = [max(0.0, figure.value - less) for figure, less in zip(figures, uasc, strict=True)]
    return Figure(float(np.mean(values)), weakest(*(figure.basis for figure in figures)), "derived")


def _starts(table: ProfileTable, area: str, flows: Flows, england: dict[str, float]) -> None:
    """Add non-UASC starts by age band; suppressed bands take England's share of what the others leave."""
    total = _without_uasc(table, area, "cla_started", flows, ["started", "passthrough"])
    bands = _start_bands(table, area, flows)
    unknown = [band for band, value in bands.items() if not np.isfinite(value)]
    if unknown:
        room = max(0.0, total.value - sum(value for value in bands.values() if np.isfinite(value)))
        share = sum(england[band] for band in unknown)
        bands |= {band: room * england[band] / share for band in unknown}
    if any(flows[area, year]["passthrough"] for year in table.rate_years) and area != ENGLAND:
        # Ages of children passing through differ from England's UASC: share what the under-tens leave as England does.
        young = ("under_1", "1_to_4", "5_to_9")
        room = max(0.0, total.value - sum(bands[band] for band in young))
        older = [band for band in bands if band not in young]
        bands |= {band: room * england[band] / sum(england[b] for b in older) for band in older}
    scale = total.value / sum(bands.values()) if sum(bands.values()) > 0 else 0.0
    for band, value in bands.items():
        basis = weakest(total.basis, "england") if band in unknown else total.basis
        figure = Figure(value * scale, basis, "derived")
        table.add(area, f"care_started_non_uasc_{band}", table.rate_years[-1], figure, PER_YEAR.format(table.years.rate_span), f"{SOURCE} less UASC")
    table.add(area, "care_started_non_uasc", table.rate_years[-1], total, PER_YEAR.format(table.years.rate_span), f"{SOURCE} less UASC")


def _start_bands(table: ProfileTable, area: str, flows: Flows) -> dict[str, float]:
    """Return mean starts by age band less UASC; nan where no rate year is published."""
    bands = {}
    for band, measure in START_BANDS.items():
        values = []
        for year in table.rate_years:
            less = AGE_SPLIT.get(band, 0.0) * (flows[area, year]["started"] + flows[area, year]["passthrough"])
            values.append(table.cell(area, measure, year) - less)
        known = [max(0.0, value) for value in values if np.isfinite(value)]
        bands[band] = float(np.mean(known)) if known else float("nan")
    return bands


def _exits(table: ProfileTable, area: str, flows: Flows) -> None:
    """Add ceased, stock, and the kinds of exit that are published."""
    unit_source = f"{SOURCE} less UASC"
    ceased = _without_uasc(table, area, "cla_ceased", flows, ["ceased"])
    stock = _without_uasc(table, area, "cla_at31", flows, ["stock"])
    table.add(area, "care_ceased_non_uasc", table.rate_years[-1], ceased, PER_YEAR.format(table.years.rate_span), unit_source)
    table.add(area, "cla_non_uasc_stock", table.rate_years[-1], stock, f"children at 31 March, mean of {table.years.rate_span}", unit_source)
    for kind, measure in EXITS.items():

        def parts(place: str, year: int, measure: str = measure) -> tuple[float, float]:
            """Return (exits of this kind, all exits) of a year, percentages turned into children."""
            all_ceased = table.cell(place, "cla_ceased", year)
            cell = table.cell(place, measure, year)
            return (cell * all_ceased / 100 if measure.endswith("_pct") else cell), all_ceased

        of_all = table.pooled(area, parts)
        all_ceased = np.mean([table.count(area, "cla_ceased", year).value for year in table.rate_years])
        # None of these exits is open to more than a handful of unaccompanied children.
        share = of_all.value * all_ceased / ceased.value if ceased.value > 0 else of_all.value
        table.add(area, f"exit_share_{kind}", table.rate_years[-1], Figure(min(share, 1.0), of_all.basis, of_all.status),
                  "share of non-UASC ceased", SOURCE)  # fmt: skip


def _exit_ratios(table: ProfileTable) -> None:
    """Add each authority's exit rate over England's, shrunk by empirical Bayes on the log scale.

    An authority with n exits has sampling variance 1/n; the true spread between authorities is the observed variance
    less the mean sampling variance; each log ratio keeps the share spread / (spread + 1/n) of itself.
    """
    rows = {(area, quantity): (value, basis) for area, quantity, _, value, _, _, _, basis in table.rows
            if quantity in ("care_ceased_non_uasc", "cla_non_uasc_stock")}  # fmt: skip
    ceased = np.array([rows[area, "care_ceased_non_uasc"][0] for area in table.places])
    stock = np.array([rows[area, "cla_non_uasc_stock"][0] for area in table.places])
    england = ceased[-1] / stock[-1]
    logs = np.log(np.maximum(ceased, 0.5) / np.maximum(stock, 1.0) / england)
    noise = 1 / np.maximum(len(table.rate_years) * ceased, 1.0)
    large = ceased[:-1] * len(table.rate_years) >= 100
    spread = max(1e-4, logs[:-1][large].var() - noise[:-1][large].mean())
    ratios = np.exp(logs * spread / (spread + noise))
    ratios[-1] = 1.0
    ratios[ceased * len(table.rate_years) < FEWEST_EXITS] = 1.0
    for area, ratio in zip(table.places, ratios, strict=True):
        basis = weakest(rows[area, "care_ceased_non_uasc"][1], rows[area, "cla_non_uasc_stock"][1])
        table.add(area, "care_exit_ratio", table.rate_years[-1], Figure(float(ratio), basis, "derived"),
                  "exits per child in care over England's, shrunk towards 1", f"{SOURCE} less UASC")  # fmt: skip


