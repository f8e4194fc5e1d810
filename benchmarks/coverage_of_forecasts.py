"""Whether forecasts from an authority's records hold what happens as often as they say, over made-up authorities of four kinds.

    python benchmarks/coverage_of_forecasts.py [--authorities 70] [--kinds stationary duration_dependent step trend] [--draws 400] [--futures 200]
        [--children 940] [--forecast MODULE:FUNCTION] [--folders] [--every] [--workers 2] [-o TABLE.csv]

Each authority's returns are handed to the forecast, a function of (returns, origin, months, draws, seed) that returns children in care at the end of
each month after the origin (draws, months, age bands, placements; `calibration/care_records.py` has their order). The returns are a pair of tables
(header, episodes), or with `--folders` a folder of files. What it is scored on happened after them. Beside it stand:

* `true`: the 95 % interval of futures drawn again from the same origin by the hazards that made it: the best there can be;
* `wide`: 1.6 times 1.96 standard deviations of those futures, about their mean (the denominator of `ratio`): it knows the hazards, so it has no
  errors of estimation to allow for, which any forecast has;
* `markov`: a chain of age bands and placements with constant daily rates from the last two years and +-2 of its own standard deviations, as
  the tools in use have it; `markov_4`: the same of four categories, as theirs are;
* `markov_true_width`: the mean of `markov` in a band of the true width: what is left of it without its width;
* `wide_by_error`: 1.6 times 1.96 root mean square errors of `markov_4` (of `markov`, by placement) about its own mean: it knows no hazards, but how
  far it errs over all authorities (the denominator of `ratio_by_error`). That is how the band of the tool in use was found 1.6 times too wide.

Of 70 intervals that each hold with a chance of 0.95, 63 to 70 do (19 times in 20), and 66 or 67 (0.93 to 0.97 of them) do 4 times in 10: take more
authorities to tell whether coverage is between those.
"""

import argparse
import time
from datetime import date
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from calibration.care_records import AGE_BANDS, AGE_BANDS_YEARS, PLACEMENTS
from calibration.coverage import HORIZONS_MONTHS, Band, band_of, by_series, coverage_table, stacked, wide_band
from calibration.made_authorities import CHILDREN_IN_CARE, Made, continued, day_number, made, month_ends, truth
from calibration.made_kinds import kinds
from calibration.made_returns import Returns, returns, write_returns
from scenarios.ssda903_codes import placement_of
from sim.executors import run_in_processes

FORECAST = "carecurve.forecasting:children_ahead"
TIMES = 1.6  # as much wider than its errors the band of the tool in use was measured to be
WINDOW_DAYS = 730
FOUR = {  # categories of the tool in use
    "kinship_foster": 0, "in_house_foster": 0, "agency_foster": 0, "authority_childrens_home": 1, "childrens_home": 1, "secure_home": 1,
    "supported_accommodation": 2, "youth_detention": 3, "with_parents": 3, "adoption_placement": 3, "other_placement": 3,
}  # fmt: skip
OWN = {name: row for row, name in enumerate(PLACEMENTS)}


def markov(tables: Returns, origin: date, months: int, groups: dict[str, int], first: date | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of children in care (months, A, G) by a chain of age bands and G groups of placements with constant daily rates.

    A rate is the mean over the window's days of transitions that day over the stock the day before; who enters is a mean a day. A day is
    m <- M m + n and, of each state alone, v <- v + (M (1 - M)) m + n, variances never carried along: so the tool in use.
    """
    began, ended = (day_number(first) if first else day_number(origin) - WINDOW_DAYS), day_number(origin)
    days, bands, size = ended - began, len(AGE_BANDS), max(groups.values()) + 1
    child, start, end, state = _segments(tables, groups)
    states = bands * size
    here = np.zeros((days + 2, states))  # at the end of each day from the window's eve
    for when, by in ((start, 1.0), (end, -1.0)):
        np.add.at(here, (np.clip(when - began, 0, days + 1), state), by)
    here = np.cumsum(here, axis=0)[: days + 1]
    follows = np.append((child[1:] == child[:-1]) & (start[1:] == end[:-1]), False)
    to = np.where(follows, np.append(state[1:], 0), states)  # `states`: out of care
    during = (end > began) & (end <= ended) & (to != state)
    rates = np.zeros((states, states + 1))
    np.add.at(rates, (state[during], to[during]), 1.0 / here[end[during] - began - 1, state[during]])
    rates /= np.maximum((here[:days] > 0).sum(axis=0), 1)[:, None]
    enters = np.append(True, ~follows[:-1]) & (start > began) & (start <= ended)
    entering = np.bincount(state[enters], minlength=states) / days
    step = rates[:, :states].T + np.diag(1.0 - rates.sum(axis=1))
    return _carried(step, entering, here[days], origin, months, (bands, size))


def _carried(step, entering, stock, origin, months, shape):
    """Return the chain's mean and variance at the end of each month."""
    ends, spread = month_ends(origin, months), step * (1.0 - step)
    mean, variance = stock.copy(), np.zeros(len(stock))
    means, variances = np.empty((months, *shape)), np.empty((months, *shape))
    day = day_number(origin)
    for month, last in enumerate(ends):
        for _ in range(last - day):
            mean, variance = step @ mean + entering, variance + spread @ mean + entering
        day = last
        means[month], variances[month] = mean.reshape(shape), variance.reshape(shape)
    return means, variances


def _segments(tables: Returns, groups: dict[str, int]) -> tuple[np.ndarray, ...]:
    """Return every history as segments of one placement group and one age band: child, first day, day after the last, state; by child and day."""
    rows = tables.episodes.sort_values("YEAR").drop_duplicates(["CHILD", "DECOM"], keep="last")
    rows = rows.merge(tables.header.drop_duplicates("CHILD")[["CHILD", "DOB"]], on="CHILD").sort_values(["CHILD", "DECOM"], ignore_index=True)
    pairs = rows[["PLACE", "PLACE_PROVIDER"]]
    known = {pair: groups[placement_of(*pair)] for pair in pairs.drop_duplicates().itertuples(index=False, name=None)}
    codes = [known[pair] for pair in pairs.itertuples(index=False, name=None)]
    start = rows["DECOM"].to_numpy().astype("datetime64[D]").astype(np.int64)
    end = rows["DEC"].fillna(pd.Timestamp("2200-01-01")).to_numpy().astype("datetime64[D]").astype(np.int64)
    edges = [rows["DOB"] + pd.DateOffset(years=years) for years in AGE_BANDS_YEARS]
    edges = np.stack([edge.to_numpy().astype("datetime64[D]").astype(np.int64) for edge in edges], axis=1)
    child = pd.factorize(rows["CHILD"])[0]
    begins, ends = np.maximum(start[:, None], edges[:, :-1]), np.minimum(end[:, None], edges[:, 1:])
    row, band = np.nonzero(begins < ends)
    return child[row], begins[row, band], ends[row, band], band * (max(groups.values()) + 1) + np.array(codes)[row]


def markov_band(tables: Returns, origin: date, groups: dict[str, int]) -> Band:
    """Return the chain's mean +-2 standard deviations (H, S); without series of placements if it has groups of them."""
    mean, variance = (by_series(each) for each in markov(tables, origin, max(HORIZONS_MONTHS), groups))
    if len(set(groups.values())) < len(PLACEMENTS):
        mean, variance = (np.insert(each[:, [0, *range(-len(AGE_BANDS), 0)]], [1] * len(PLACEMENTS), np.nan, axis=1) for each in (mean, variance))
    return Band(mean - 2.0 * np.sqrt(variance), mean + 2.0 * np.sqrt(variance), mean)


def bands_of(of: Made, forecast, draws: int, futures: int, seed: int, folders: bool = False) -> dict[str, Band]:
    """Return every band of one authority (H, S)."""
    tables, months = returns(of), max(HORIZONS_MONTHS)
    again = continued(of, months, futures, seed)
    series = by_series(again)
    expected, sd = series.mean(axis=0), series.std(axis=0, ddof=1)
    chain = markov_band(tables, of.origin, OWN)
    found = {"forecast": band_of(forecast_of(of, tables, forecast, draws, seed, folders))} if forecast else {}
    return found | {
        "true": band_of(again), "wide": wide_band(expected, sd, TIMES), "markov": chain, "markov_4": markov_band(tables, of.origin, FOUR),
        "markov_true_width": wide_band(chain.mean, sd, 1.0),
    }  # fmt: skip


def forecast_of(of: Made, tables: Returns, forecast, draws: int, seed: int, folders: bool) -> np.ndarray:
    """Return what a forecast makes of an authority's returns (draws, months, A, P), checked for its shape."""
    months = max(HORIZONS_MONTHS)
    with TemporaryDirectory() as folder:
        handed = write_returns(of, Path(folder) / "returns") if folders else tables
        found = np.asarray(forecast(handed, of.origin, months, draws, seed))
    if found.shape != (draws, months, len(AGE_BANDS), len(PLACEMENTS)):
        raise ValueError(f"the forecast has shape {found.shape}, expected {(draws, months, len(AGE_BANDS), len(PLACEMENTS))}")
    return found


def scored(
    kind: str, authorities: int, forecast, draws=400, futures=200, children=CHILDREN_IN_CARE, workers=None, seed=1, folders=False,
) -> pd.DataFrame:  # fmt: skip
    """Return the table of one kind over so many authorities."""

    def one(number: int) -> tuple[dict[str, Band], np.ndarray]:
        """Return the bands of one authority, and what happened (H, S)."""
        of = made(kind, number, children)
        return bands_of(of, forecast, draws, futures, seed, folders), by_series(truth(of, max(HORIZONS_MONTHS)).stock[1:])

    results = run_in_processes(one, range(authorities), workers)
    happened = np.stack([each for _, each in results]).astype(float)
    bands = {name: stacked([each[name] for each, _ in results]) for name in results[0][0]}
    bands["wide_by_error"] = by_error(bands, happened)
    table = coverage_table(bands, happened, "wide")
    place = ["horizon_months", "series"]
    by = table[table["band"] == "wide_by_error"].set_index(place)["interval_score"]
    by_error_of = by.reindex(pd.MultiIndex.from_frame(table[place])).to_numpy()
    return table.assign(ratio_by_error=table["interval_score"] / by_error_of, kind=kind)


def by_error(bands: dict[str, Band], happened: np.ndarray) -> Band:
    """Return `wide_by_error` (N, H, S): each series' mean is that of four categories, of placements that of the chain of placements."""
    mean = np.where(np.isnan(bands["markov_4"].mean), bands["markov"].mean, bands["markov_4"].mean)
    return wide_band(mean, np.sqrt(((mean - happened) ** 2).mean(axis=0)), TIMES)


def report(table: pd.DataFrame, every: bool) -> None:
    """Print a kind's table: the total, or every series, and means over placements and age bands."""
    numbers = ["coverage", "coverage_low", "coverage_high", "width", "interval_score", "bias", "ratio", "ratio_low", "ratio_high", "ratio_by_error"]
    shown = table if every else table[table["series"] == "total"]
    print(shown[["horizon_months", "series", "band", *numbers]].round(3).to_string(index=False))
    for name, series in (("placement", PLACEMENTS), ("age band", AGE_BANDS)):
        chosen = table[table["series"].isin(series)]
        means = chosen.pivot_table(["coverage", "ratio", "ratio_by_error"], "band", "horizon_months", sort=False)
        print(f"\nmean over series by {name}\n{means.round(3).to_string()}")


def imported(path: str):
    """Return a function by its path `module:name`."""
    module, name = path.split(":")
    return getattr(import_module(module), name)


def main() -> None:
    """Print the tables of the kinds asked for."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("authorities", 70), ("draws", 400), ("futures", 200), ("children", int(CHILDREN_IN_CARE)), ("workers", None), ("seed", 1)):
        asked.add_argument(f"--{name}", type=int, default=default)
    asked.add_argument("--kinds", nargs="+", default=list(kinds()), choices=list(kinds()))
    asked.add_argument("--forecast", default=FORECAST, help="module:function, or `none`: the other bands alone")
    asked.add_argument("--folders", action="store_true", help="hand the forecast a folder of files")
    asked.add_argument("--every", action="store_true", help="print every series")
    asked.add_argument("-o", "--output", default=None, help="write the table of every series")
    options = asked.parse_args()
    forecast, tables = None if options.forecast == "none" else imported(options.forecast), []
    for kind in options.kinds:
        began = time.perf_counter()
        how = (options.draws, options.futures, options.children, options.workers, options.seed, options.folders or options.forecast == FORECAST)
        tables.append(scored(kind, options.authorities, forecast, *how))
        print(f"\n{kind}: {options.authorities} authorities of {options.children} children, {time.perf_counter() - began:.0f} s")
        report(tables[-1], options.every)
    if options.output:
        pd.concat(tables).to_csv(options.output, index=False)


if __name__ == "__main__":
    main()
