"""How well a fit holds: the last five published years, each beside what the equations make of it and the interval the other years give it.

The 90 % interval of a year is that of a record without the year (`dynamics.left_out`), recording and chance included, so that it can miss. England's
is between the years beside it: its level moves by so much a year (`Dynamics.change_sd`). How many standard deviations wide it is follows from
figures that are not the one it is for (cross-conformal prediction: Vovk 2015, Annals of Mathematics and Artificial Intelligence 74): other
authorities' of the same measure and years, England's of other years. A normal's 1.64 would do if records were as noisy in all years; they were
noisier before 2020.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from calibration.dynamics import filled, left_out
from calibration.fit import Fit
from calibration.identification import MIDDLE, NORMAL_90
from calibration.inputs import Inputs
from calibration.panel import ENGLAND
from calibration.record import WITHOUT_UASC, Records, read_counts, read_records
from calibration.series import EXITS, IN_CARE, NAMES, denominators

YEARS = 5
SHARE = 0.9  # of figures inside their interval
FEWEST, FEWEST_OF_ENGLAND = 200, 40  # figures a half-width rests on at least (its share's standard error is then 2 and 5 points), else a normal's
COLUMNS = ("area", "measure", "year_ending", "published", "fitted", "p05", "p50", "p95", "inside", "why_excluded")
EVERY = "all measures"
NOT_FITTED = "no interval: it follows from those who start and leave"
NOT_PUBLISHED = "not published, or nil"


def fit_table(inputs: Inputs, fitted: Fit) -> pd.DataFrame:
    """Return published against fitted by area, measure and year, England first."""
    traps, records = _traps(inputs), fitted.records
    nation = read_records(inputs.targets, inputs.profiles, (ENGLAND,))
    followed = len(fitted.years)
    between, sd = england_left_out(*nation.of(ENGLAND), _recording_of_england(inputs, nation), fitted.dynamics.change_sd)
    between = between, sd * half_widths_of_england((nation.of(ENGLAND)[0] - between) / sd)
    counts = read_counts(inputs.targets, nation.areas, nation.years)
    england, made = fitted.national, fitted.national.rates + fitted.national.binding
    blocks = [_block(inputs, nation, counts, ENGLAND, between, _shown(made[:followed]), england.in_care[:followed], traps)]
    counts = read_counts(inputs.targets, records.areas, records.years)
    shown = range(max(len(records.years) - YEARS, 0), len(records.years))
    middle, sd = (np.full((len(records.areas), len(records.years), len(NAMES)), np.nan) for _ in range(2))
    for row, area in enumerate(records.areas):
        for year in shown:
            middle[row, year], sd[row, year] = left_out(fitted.dynamics, *records.of(area), year)
    record = np.stack([records.of(area)[0] for area in records.areas])
    half = half_widths(((record - middle) / sd)[:, -YEARS:])
    for area, one in fitted.authorities.items():
        row = records.row(area)
        logs = _shown(one.path[:followed] + one.steered.misfit[:followed])
        blocks.append(_block(inputs, records, counts, area, (middle[row], sd[row] * half[row]), logs, one.in_care[:followed], traps))
    return pd.concat(blocks, ignore_index=True)


def _shown(logs: np.ndarray) -> np.ndarray:
    """Return logarithms of rates (Y, I) without the first year's leaving care, which is not followed (`series.simulated_log_rates`)."""
    found = logs.copy()
    found[0, EXITS] = np.nan
    return found


def england_left_out(values: np.ndarray, counting: np.ndarray, recording: np.ndarray, change_sd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the years beside each of England's say of it: mean and standard deviation of logarithms (Y, I).

    Of a random walk with changes of standard deviation s, seen a years before and b years after with noise n, a year in between has the mean weighted
    by nearness and the variance s^2 a b / (a + b) + noise of the mean; one with a neighbour on one side only the neighbour's value and s^2 a + n.

    Parameters
    ----------
    values
        Logarithms of England's rates (Y, I), nan where not known.
    counting, recording
        Variance of their noise (Y, I).
    change_sd
        Standard deviation of a year's change (I).
    """
    noise = counting + recording
    middle, variance = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    for i, column in enumerate(values.T):
        known = np.flatnonzero(np.isfinite(column))
        for year in range(len(column)):
            beside = [side for side in (known[known < year][-1:], known[known > year][:1]) if len(side)]
            if not beside:
                continue
            there = np.concatenate(beside)
            apart = np.abs(there - year)
            weight = np.ones(1) if len(there) == 1 else apart[::-1] / apart.sum()
            walked = apart[0] if len(there) == 1 else apart.prod() / apart.sum()
            middle[year, i] = weight @ column[there]
            variance[year, i] = walked * change_sd[i] ** 2 + weight**2 @ noise[there, i] + noise[year, i]
    return middle, np.sqrt(variance)


def half_widths(departures: np.ndarray) -> np.ndarray:
    """Return half-widths of intervals in standard deviations (A, I), for departures in standard deviations (A, Y, I), nan where not known.

    Each is that within which `SHARE` of the other authorities' departures lie.
    """
    sizes, found = np.abs(departures), np.full((departures.shape[0], departures.shape[2]), NORMAL_90)
    for area in range(len(sizes)):
        others = np.delete(sizes, area, axis=0).reshape(-1, sizes.shape[2])
        for i, column in enumerate(others.T):
            known = column[np.isfinite(column)]
            if len(known) >= FEWEST:
                found[area, i] = np.quantile(known, SHARE)
    return found


def half_widths_of_england(departures: np.ndarray) -> np.ndarray:
    """Return the same of England by year (Y, 1), from departures of all series (Y, I) in its other years."""
    sizes, found = np.abs(departures), np.full((len(departures), 1), NORMAL_90)
    for year in range(len(sizes)):
        known = np.delete(sizes, year, axis=0)
        known = known[np.isfinite(known)]
        if len(known) >= FEWEST_OF_ENGLAND:
            found[year] = np.quantile(known, SHARE)
    return found


def inside_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return shares of target-years inside their 90 % interval: of England, the median authority and all of them, by measure and over all.

    Columns: who, measure, n (target-years; of the median authority, authorities), inside_pct. No row where nothing has an interval.
    """
    scored = table[table.why_excluded == ""].assign(inside=lambda rows: rows.inside.astype(bool))
    rows = []
    for measure in (*NAMES, EVERY):
        part = scored if measure == EVERY else scored[scored.measure == measure]
        nation, areas = part[part.area == ENGLAND], part[part.area != ENGLAND]
        each = areas.groupby("area").inside.mean()
        rows += [(who, measure, len(shares), 100.0 * share) for who, shares, share in (
            (ENGLAND, nation, nation.inside.mean()), (MIDDLE, each, each.median()), ("all authorities", areas, areas.inside.mean()),
        ) if len(shares)]  # fmt: skip
    return pd.DataFrame(rows, columns=["who", "measure", "n", "inside_pct"])


def outside_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return target-years outside their interval, the furthest first, with how far: logarithm over the interval's half-width."""
    rows = table[(table.why_excluded == "") & ~table.inside.astype(bool)]
    half = np.log(rows.p95 / rows.p05) / 2.0
    away = (np.log(rows.published / rows.p50) / half).rename("half_widths_from_middle")
    return rows.assign(half_widths_from_middle=away).sort_values("half_widths_from_middle", key=np.abs, ascending=False, ignore_index=True)


def _block(
    inputs: Inputs, records: Records, every: Mapping[str, np.ndarray], area: str, ends: tuple[np.ndarray, np.ndarray],
    logs: np.ndarray, in_care: np.ndarray, traps: Mapping[tuple[str, str, int], tuple[float, str]],
) -> pd.DataFrame:  # fmt: skip
    """Return the rows of one place; `ends` are middle and half-width of intervals, logarithms (Y, I)."""
    years, seen = records.years, np.isfinite(records.of(area)[0])
    counts = {name: each[records.row(area)] for name, each in every.items()}
    children = np.array([inputs.profiles[area].value("population_0_17", year) for year in years])
    over = denominators(children, filled(counts[IN_CARE][:, None])[:, 0])
    over[:, EXITS] /= records.balance  # from what is followed to what is published
    fitted = np.vstack([np.full((len(years) - len(logs), len(NAMES)), np.nan), np.exp(logs)]) * over
    low, middle, high = (np.exp(ends[0] + side * ends[1]) * over for side in (-1.0, 0.0, 1.0))
    stock = np.concatenate([np.full(len(years) - len(in_care), np.nan), in_care])
    rows = []
    for y in range(max(len(years) - YEARS, 0), len(years)):
        for i, name in enumerate(NAMES):
            known = seen[y, i]
            published, why = (counts[name][y], "") if known else traps.get((area, name, years[y]), (np.nan, NOT_PUBLISHED))
            inside = bool(low[y, i] <= published <= high[y, i]) if known else None
            rows.append((area, name, years[y], published, fitted[y, i], low[y, i], middle[y, i], high[y, i], inside, why))
        rows.append((area, IN_CARE, years[y], counts[IN_CARE][y], stock[y], np.nan, np.nan, np.nan, None, NOT_FITTED))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"inside": object})


def _traps(inputs: Inputs) -> dict[tuple[str, str, int], tuple[float, str]]:
    """Return figures that are published and not comparable: (area, measure, year) -> (value, why)."""
    frame = inputs.targets.frame
    rows = frame[frame.use == "exclude"]
    found = {(row.area, row.measure, int(row.year_ending)): (float(row.value), f"excluded: {row.traps}") for row in rows.itertuples()}
    for name, every in WITHOUT_UASC.items():  # where only the measure with unaccompanied children is published
        found |= {(area, name, year): (np.nan, why) for (area, measure, year), (_, why) in found.items()
                  if measure == every and (area, name, year) not in found}  # fmt: skip
    return found


def _recording_of_england(inputs: Inputs, nation: Records) -> np.ndarray:
    """Return the variance of recording noise in England's figures (Y, I), where authorities' errors average out."""
    frame = inputs.targets.rows(area=ENGLAND)
    found = np.zeros((len(nation.years), len(NAMES)))
    for row in frame[frame.measure.isin(NAMES)].itertuples():
        if row.year_ending in nation.years:
            found[nation.years.index(row.year_ending), NAMES.index(row.measure)] = row.log_sd_recording**2
    return found
