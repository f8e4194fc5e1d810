"""How often 90 % intervals of rates estimated from records hold the rates that made them (docs/recovery-from-records.md).

    python benchmarks/recovery_from_records.py [--areas Torbay ...] [--seeds 10] [--pooled 30] [--made 5] [--children 280] [-o TABLE.csv]

Two sources of records: synthetic returns of the engine, written and read back, whose true rates are those of `--pooled` other replicates of the same
authority together; and made-up authorities (`calibration/made_authorities.py`), whose hazards are known exactly. The truth is averaged over the very
exposure that the estimate is (`calibration/implied_rates.py`).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from calibration import implied_rates as implied
from calibration.care_pattern import published_pattern
from calibration.care_records import CareRecords, DataQuality
from calibration.exposure import occurrence_exposure
from calibration.made_authorities import Made, made
from calibration.made_authorities import truth as true_stock
from calibration.made_kinds import STEP_DAYS, Kind, kinds
from calibration.made_returns import LEFT_FOR, LEFT_SHARES, write_returns
from calibration.opening import opening_caseload
from calibration.rate_draws import model_of
from calibration.rates import estimate
from calibration.ssda903 import read_ssda903
from outputs.returns.care import OPEN, Period
from outputs.returns.folder import SyntheticReturns
from outputs.returns.people import day
from outputs.returns.ssda903 import write_ssda903
from outputs.returns.truth import stays_of
from scenarios.loading import load
from sim.caseload import (
    AGE_BANDS,
    AGE_EDGES_DAYS,
    AGE_TOLD,
    CARE_EDGES_DAYS,
    DAYS_A_YEAR,
    EXITS,
    PLACE_EDGES_DAYS,
    PLACEMENTS,
    CaseloadModel,
    run_caseload,
)  # fmt: skip
from sim.kernels.caseload import Opening
from sim.model import day_of
from sim.whole_log import WholeLog, whole_log

SHARE = 0.9
AREAS = ("Torbay", "Hartlepool", "Bracknell Forest")
SINCE, ORIGIN = date(2021, 4, 1), date(2025, 3, 31)
FROM, UNTIL = "2021-04", "2027-03"
YEARS, MONTHS_AHEAD = 4, 24  # of returns, and of what is simulated after them
DRAWS = 250
POOLED_SEED = 1000  # pooled replicates have seeds above it, data sets below
EVENTS = 2.0  # a rate is scored where its true value makes as many events likely in the data
PLENTY = 5.0  # times a data set's exposure in a cell that the pooled one has to be for the cell's own true hazard; else a coarser one is taken
LEAVING_BY = (["age", "care", "placement", "legal_status", "unaccompanied"], ["age", "care", "placement"])
MOVING_BY = (["age", "place", "placement", "unaccompanied"], ["age", "placement"])
SIBLINGS = (0.62, 0.22, 0.11, 0.05)  # groups of one, two, three, four who enter together: 1.59 children each (Cafcass: 1.56 to 1.61), shares assumed

MADE_KINDS = ("stationary", "duration_dependent")
ROUTES = {"E4A": "reunified", "E45": "special_guardianship", "E11": "adopted", "E8": "other_exit"}


@dataclass(frozen=True)
class Pooled:
    """True rates of an authority: replicates together.

    Attributes
    ----------
    by_route
        Cells of exposure with `leaves` by each exit (X tables); `cells` those of all exits and moves.
    entries
        By name (`implied_rates.entry_rates`), of the last year.
    mean_days
        In care within the months ahead, of those who come into care in them.
    dispersion
        By rate: mean over replicates of (events - expected)^2 / expected; 1 if events were Poisson's.
    """

    cells: pd.DataFrame
    by_route: tuple[pd.DataFrame, ...]
    entries: dict[str, float]
    mean_days: float
    dispersion: dict[str, float]


def records_of(of: list[SyntheticReturns]) -> CareRecords:
    """Return the histories of logs, as whole days, without a return between."""
    children, stays, legal, number = [], [], [], 0
    for returns in of:
        known: dict = {}
        for period in returns.periods:
            if period.who not in known:
                known[period.who] = len(children)
                children.append((returns.people.birthday(period.who), period.who.unaccompanied, len(children)))
            rows = _whole_days(period)
            if not rows:
                continue
            child = known[period.who]
            stays += [(child, number, *row, True) for row in rows]
            legal += [(child, number, day(spell.start), spell.what) for spell in period.legal]
            number += 1
    return CareRecords(
        pd.DataFrame(children, columns=["birth", "unaccompanied", "family"]),
        pd.DataFrame(stays, columns=["child", "period", "start", "end", "placement", "ended_by", "start_known"]),
        pd.DataFrame(legal, columns=["child", "period", "start", "legal_status"]), SINCE, ORIGIN, DataQuality(),
    )  # fmt: skip


def _whole_days(period: Period) -> list[tuple]:
    """Return the placements of a period that lasted a night: start, end, placement, how it ended."""
    found = []
    for stay in stays_of(period):
        start, end = day(stay.start), day(stay.end) if stay.end < OPEN else np.datetime64("NaT")
        if end != start:
            found.append((start, end, stay.what, "moved"))
    return [*found[:-1], (*found[-1][:3], period.exit)] if found else []


def pooled(area: str, seeds: range) -> Pooled:
    """Return the true rates of an area."""
    ones = [SyntheticReturns(log_of(area, seed)) for seed in seeds]
    records = records_of(ones)
    cells = implied.timed(occurrence_exposure(records, SINCE, ORIGIN))
    by_route = []
    for route in EXITS:
        others = ~records.stays["ended_by"].isin(["", "moved", route])
        only = replace(records, stays=records.stays.assign(ended_by=records.stays["ended_by"].mask(others, "aged_out")))
        by_route.append(implied.timed(occurrence_exposure(only, SINCE, ORIGIN)))
    rates = Pooled(cells, tuple(by_route), entries_of(ones), mean_days_of(ones), {})
    return replace(rates, dispersion=dispersion(rates, [records_of([one]) for one in ones]))


def log_of(area: str, seed: int) -> WholeLog:
    """Return the log of a data set, months ahead included."""
    return whole_log(load("baseline"), area, FROM, UNTIL, seed)


def entered(returns: SyntheticReturns, begins: float, ends: float) -> Iterator[Period]:
    """Yield periods of care of a night or more that began between two times."""
    for period in returns.periods:
        if begins <= period.start < ends and np.floor(period.end) > np.floor(period.start):
            yield period


def entries_of(ones: list[SyntheticReturns]) -> dict[str, float]:
    """Return true rates of coming into care in the last year before the origin; first placements are those of all years."""
    ages, first = np.zeros((1, len(AGE_BANDS))), np.zeros((1, len(PLACEMENTS)))
    for returns in ones:
        for period in entered(returns, returns.log.begins, day_of("2025-04")):
            first[0, PLACEMENTS.index(_whole_days(period)[0][2])] += 1
            if period.start >= day_of("2024-04"):
                age = np.searchsorted(AGE_EDGES_DAYS, period.start - returns.people.births[period.who], side="right") - 1
                ages[0, AGE_TOLD[max(age, 0)]] += 1 / len(ones)
    return {name: float(value[0]) for name, value in implied.entry_rates(ages, first).items()}


def mean_days_of(ones: list[SyntheticReturns]) -> float:
    """Return how many days within the months ahead those who come in in them are in care."""
    begins, ends = day_of("2025-04"), ones[0].log.ends
    days = [min(period.end, ends) - period.start for returns in ones for period in entered(returns, begins, ends)]
    return float(np.mean(days))


def true_events(rates: Pooled, cells: pd.DataFrame) -> implied.CellEvents:
    """Return the events that the true hazards expect in cells of a data set's exposure."""
    years = cells["exposure_years"].to_numpy()
    leaving = np.stack([_hazard(cells, table, "leaves", LEAVING_BY) for table in rates.by_route])
    return implied.CellEvents(leaving[:, None] * years, _hazard(cells, rates.cells, "moves", MOVING_BY)[None] * years)


def _hazard(cells: pd.DataFrame, table: pd.DataFrame, event: str, by: tuple[list[str], list[str]]) -> np.ndarray:
    """Return events over exposure of each cell's kind, or where that kind is seldom, of a coarser one."""
    found = []
    for columns in by:  # finest first
        sums = table.groupby(columns, as_index=False)[[event, "exposure_years"]].sum()
        merged = cells[columns].merge(sums, on=columns, how="left").fillna(0.0)
        years = merged["exposure_years"].to_numpy()
        found.append((years, np.divide(merged[event].to_numpy(), years, out=np.zeros(len(cells)), where=years > 0)))
    (years, fine), (_, coarse) = found
    return np.where(years >= PLENTY * cells["exposure_years"].to_numpy(), fine, coarse)


def dispersion(rates: Pooled, ones: list[CareRecords]) -> dict[str, float]:
    """Return how much more than Poisson's the events of replicates vary about what their own exposure lets expect."""
    squares: dict[str, list[float]] = {}
    for records in ones:
        cells = implied.timed(occurrence_exposure(records, SINCE, ORIGIN))
        expected, _ = implied.events_by_rate(cells, true_events(rates, cells))
        unsplit = np.zeros((len(EXITS), 1, len(cells)))
        unsplit[0, 0] = cells["leaves"]
        happened, _ = implied.events_by_rate(cells, implied.CellEvents(unsplit, cells["moves"].to_numpy()[None]))
        ends = records.stays.loc[(records.stays["end"] >= str(SINCE)) & (records.stays["end"] <= str(ORIGIN)), "ended_by"].value_counts()
        for name, (likely,) in expected.items():
            if likely >= EVENTS:
                seen = ends.get(name.split(":")[2], 0) if ":route:" in name else happened[name][0]
                squares.setdefault(name, []).append((seen - likely) ** 2 / likely)
    return {name: float(np.mean(values)) for name, values in squares.items()}


def estimated(records: CareRecords, since: date, origin: date, seed: int, months: int = MONTHS_AHEAD) -> tuple[pd.DataFrame, CaseloadModel]:
    """Return the cells of exposure that records have, and the model that the pipeline makes of them."""
    rates = estimate(records, published_pattern(), since, origin)
    model = model_of(rates, opening_caseload(records, origin), origin, months, seed, DRAWS)
    return implied.timed(rates.cells), model


def engine_scored(area: str, seed: int, rates: Pooled) -> pd.DataFrame:
    """Return the scored rates of one synthetic authority."""
    returns = SyntheticReturns(log_of(area, seed))
    with tempfile.TemporaryDirectory() as folder:
        until = {year: tables for year, tables in returns.ssda903.items() if year <= ORIGIN.year}
        write_ssda903(until, area, "single", Path(folder))
        records = read_ssda903(folder)
    _, model = estimated(records, SINCE, ORIGIN, seed)
    cells = implied.timed(occurrence_exposure(records_of([returns]), SINCE, ORIGIN))  # the log's: all children's time in care is known
    truth, draws = rates_over(cells, true_events(rates, cells), model)
    add_entries(truth, draws, rates.entries, model)
    stock = returns.truth_stock.groupby("date")["children"].sum()
    add_simulated(truth, draws, model, rates.mean_days, stock[stock.index > np.datetime64(ORIGIN)].to_numpy())
    return implied.scored(draws, truth, SHARE).assign(source="engine", area=area, seed=seed)


def rates_over(cells: pd.DataFrame, true: implied.CellEvents, model: CaseloadModel) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Return rates a child-year over cells, true and drawn, of which enough events are likely."""
    expected, years = implied.events_by_rate(cells, true)
    drawn, _ = implied.events_by_rate(cells, implied.drawn_events(model, cells))
    names = [name for name, (likely,) in expected.items() if likely >= EVENTS]
    return {name: expected[name][0] / years[name] for name in names}, {name: drawn[name] / years[name] for name in names}


def add_entries(truth: dict[str, float], draws: dict[str, np.ndarray], entries: dict[str, float], model: CaseloadModel) -> None:
    """Add rates of coming into care of which enough children are likely."""
    children = entries["entries:total"] * YEARS
    likely = {name: value * (children if name.startswith("first") else YEARS) for name, value in entries.items()}
    truth |= {name: value for name, value in entries.items() if likely[name] >= EVENTS}
    draws |= implied.drawn_entries(model)


def add_simulated(truth: dict[str, float], draws: dict[str, np.ndarray], model: CaseloadModel, days: float, stock: np.ndarray) -> None:
    """Add what is simulated: mean time in care, and children in care, whose interval is of what happens and so has chance in it."""
    truth["simulated:mean_days_in_care"], draws["simulated:mean_days_in_care"] = days, mean_days(model)
    later = ahead(model)
    for months in (12, MONTHS_AHEAD):
        name = f"simulated:children_in_care_after_{months}_months"
        truth[name], draws[name] = float(stock[months - 1]), later[:, months - 1]


def mean_days(model: CaseloadModel, children: int = 1500) -> np.ndarray:
    """Return by draw how many days within the months ahead those who come in in them are in care, in a simulation of about so many children a draw.

    What is left of chance among them widens the draws' spread; it is measured between the runs of a draw and taken off.
    """
    nobody = Opening(*(getattr(model.opening, name)[:0] for name in Opening._fields))
    each = max(2, int(np.ceil(children / (model.entries.per_day.mean(axis=0).sum() * DAYS_A_YEAR / 12.0))))
    until, prices = two_years_after(model.origin), np.zeros((len(PLACEMENTS), 2))
    run = run_caseload(replace(model, opening=nobody), until, prices, model.draws * each, 7, workers=1)
    days, starts = run.tallies.days.sum(axis=(1, 2, 3)).reshape(each, -1), run.tallies.starts.sum(axis=(1, 2)).reshape(each, -1)
    means = days.sum(axis=0) / starts.sum(axis=0)
    chance = ((days - means * starts) ** 2).sum(axis=0) / (starts.sum(axis=0) ** 2) * each / (each - 1.0)
    kept = max(means.var() - chance.mean(), 0.0) / means.var()
    return means.mean() + np.sqrt(kept) * (means - means.mean())


def ahead(model: CaseloadModel, runs: int = 500) -> np.ndarray:
    """Return children in care at the ends of the months ahead, by run."""
    return run_caseload(model, two_years_after(model.origin), np.zeros((len(PLACEMENTS), 2)), runs, 8, workers=1).tallies.stock.sum(axis=(2, 3))


def two_years_after(origin: date) -> date:
    """Return the last day of the months ahead."""
    return origin.replace(year=origin.year + MONTHS_AHEAD // 12)


def made_kinds() -> dict[str, Kind]:
    """Return kinds of made-up authorities, with children who enter alone and in groups of siblings."""
    alone = {name: kinds()[name] for name in MADE_KINDS}
    return alone | {f"{name}, siblings": replace(kind, name=f"{name}_siblings", group_sizes=SIBLINGS) for name, kind in alone.items()}


def made_events(of: Made, cells: pd.DataFrame) -> implied.CellEvents:
    """Return the events that the hazards expect in cells of exposure: hazards are averaged over the child-days of each cell, at their middles."""
    first, after = of.first_day, (of.origin - date(1970, 1, 1)).days + 1
    start, end = np.maximum(np.floor(of.start), first), np.minimum(np.floor(of.end), after)
    nights = np.maximum(end - start, 0.0).astype(int)
    row = np.repeat(np.arange(len(nights)), nights)
    middle = start[row] + np.arange(len(row)) - np.repeat(np.cumsum(nights) - nights, nights) + 0.5
    child, placement = of.child[row], of.placement[row]
    in_care, held, old = middle - of.care_start[child], middle - of.start[row], middle - of.birth[child]
    band = lambda edges, days: np.searchsorted(edges, days, side="right").clip(1) - 1  # noqa: E731
    age, hazards = (of.birthdays[child] <= middle[:, None]).sum(axis=1), of.hazards
    leave = hazards.leave_per_year[age, band(hazards.care_edges_days, in_care), placement]
    move = hazards.move_per_year.sum(axis=-1)[age, band(hazards.placement_edges_days, held), placement]
    years = cells["exposure_years"].to_numpy()

    def mean_of(values: np.ndarray, column: str, clock: np.ndarray, edges: tuple[float, ...]) -> np.ndarray:
        """Return the mean hazard of each cell by its age, band of a clock, and placement."""
        shape = (len(AGE_EDGES_DAYS), len(edges), len(PLACEMENTS))
        at = np.ravel_multi_index((band(AGE_EDGES_DAYS, old), band(edges, clock), placement), shape)
        size = int(np.prod(shape))
        days = np.bincount(at, minlength=size)
        mean = np.divide(np.bincount(at, weights=values, minlength=size), days, out=np.zeros(size), where=days > 0)
        return mean[np.ravel_multi_index([cells[name].to_numpy(int) for name in ("age", column, "placement")], shape)]

    leaving = mean_of(leave, "care", in_care, CARE_EDGES_DAYS) * years
    shares = dict(zip((ROUTES[code] for code in LEFT_FOR), LEFT_SHARES, strict=True))
    by_route = np.stack([shares.get(route, 0.0) * leaving for route in EXITS])
    return implied.CellEvents(by_route[:, None], (mean_of(move, "place", held, PLACE_EDGES_DAYS) * years)[None])


def made_entries(of: Made) -> dict[str, float]:
    """Return the true rates of coming into care."""
    by_age = of.entries_per_year * of.hazards.entry_age
    rates = implied.entry_rates(by_age[None], (by_age @ of.hazards.entry_placement)[None])
    return {name: float(value[0]) for name, value in rates.items()}


def made_mean_days(of: Made) -> float:
    """Return the true mean of days within the months ahead in care of those who come in in them, evenly over them."""
    here = of.hazards.occupancy.sum(axis=(1, 2))
    length = (two_years_after(of.origin) - of.origin).days
    since = (np.arange(len(here)) + 0.5) * STEP_DAYS
    return float((here * np.clip(1.0 - since / length, 0.0, None)).sum() * STEP_DAYS)


def made_scored(kind: Kind, number: int, children: float) -> pd.DataFrame:
    """Return the scored rates of one made-up authority."""
    of = made(kind, number, children, returns=YEARS)
    with tempfile.TemporaryDirectory() as folder:
        records = read_ssda903(write_returns(of, Path(folder) / "returns"))
    cells, model = estimated(records, records.first, of.origin, number)
    truth, draws = rates_over(cells, made_events(of, cells), model)
    add_entries(truth, draws, made_entries(of), model)
    add_simulated(truth, draws, model, made_mean_days(of), true_stock(of, MONTHS_AHEAD).stock.sum(axis=(1, 2))[1:])
    return implied.scored(draws, truth, SHARE).assign(source=kind.name, area=kind.name, seed=number)


def report(table: pd.DataFrame, spread: dict[str, float]) -> pd.DataFrame:
    """Return a row a rate of one source, and rows of all and of each kind: data sets, coverage, its standard error, bias and spread of errors."""
    table = table.assign(
        set=table["area"] + table["seed"].astype(str), error=(table["mean"] - table["truth"]) / table["sd"].clip(1e-12),
        ratio=np.log(table["mean"].clip(1e-12) / table["truth"].clip(1e-12)), kind=table["rate"].str.rsplit(":", n=1).str[0],
    )  # fmt: skip
    rows = []
    for name, part in [("all", table), *table.groupby("kind", sort=False), *table.groupby("rate", sort=False)]:
        share, error = implied.coverage(part["held"], part["set"])
        rows.append({
            "rate": name, "sets": part["set"].nunique(), "intervals": len(part), "coverage": share, "se": error,
            "mean_error_sd": part["error"].mean(), "sd_of_errors_sd": part["error"].std(), "bias": np.exp(part["ratio"].mean()) - 1.0,
            "dispersion": spread.get(name, np.nan),
        })  # fmt: skip
    return pd.DataFrame(rows)


def kept(found: list[pd.DataFrame], source: str, began: float, output: str | None) -> None:
    """Write what was found so far where asked, and say how long the source took."""
    print(f"{source}: {time.perf_counter() - began:.0f} s", flush=True)
    if output:
        pd.concat(found).to_csv(output, index=False)


def main() -> None:
    """Make data sets, estimate, and print the tables."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--areas", nargs="*", default=list(AREAS))
    asked.add_argument("--kinds", nargs="*", default=list(made_kinds()), choices=list(made_kinds()))
    for name, default in (("seeds", 10), ("pooled", 30), ("made", 5), ("children", 280)):
        asked.add_argument(f"--{name}", type=int, default=default)
    asked.add_argument("-o", "--output", default=None, help="write every interval")
    options = asked.parse_args()
    found, dispersed = [], []
    for area in options.areas:
        began = time.perf_counter()
        rates = pooled(area, range(POOLED_SEED + 1, POOLED_SEED + 1 + options.pooled))
        dispersed.append(rates.dispersion)
        print(f"{area}, dispersion: " + ", ".join(f"{name} {value:.2f}" for name, value in rates.dispersion.items()), flush=True)
        found += [engine_scored(area, seed, rates) for seed in range(1, options.seeds + 1)]
        kept(found, area, began, options.output)
    for name in options.kinds:
        began = time.perf_counter()
        found += [made_scored(made_kinds()[name], number, options.children) for number in range(options.made)]
        kept(found, name, began, options.output)
    table = pd.concat(found, ignore_index=True)
    mean = pd.DataFrame(dispersed).mean().to_dict() if dispersed else {}
    for source, part in table.groupby("source", sort=False):
        print(f"\n{source}\n{report(part, mean if source == 'engine' else {}).round(3).to_string(index=False)}", flush=True)


if __name__ == "__main__":
    main()
