"""Run the tiny pathways beside this file as a user would, and the theory they are held against, written out."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

import carecurve as cc

HERE = Path(__file__).parent
TOWN = "Toytown"
YEAR = 365.25
LEVEL = 0.999


@dataclass(frozen=True)
class Interval:
    """A 99.9 % confidence interval of a mean."""

    mean: float
    half: float

    def holds(self, value: float) -> bool:
        return abs(self.mean - value) <= self.half

    def __str__(self) -> str:
        return f"{self.mean:.5g} ± {self.half:.2g}"


def interval(values: np.ndarray) -> Interval:
    """Return the interval of the mean of independent values: replicates, years (batch means), or families."""
    values = np.asarray(values, float)
    half = stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))
    return Interval(float(values.mean()), float(half))


def check(found: Interval, theory: float, wrong: float) -> None:
    """Hold a measured value against theory, and against theory with a wrong number in it, which must fail."""
    assert found.half <= abs(theory - wrong) / 2, f"{found} cannot tell {theory:.5g} from {wrong:.5g}: too little simulated"
    assert found.holds(theory), f"{found}, theory {theory:.5g}"
    assert not found.holds(wrong), f"{found} cannot be told from {wrong:.5g}, which is wrong"


def within_chi_square(statistic: float, freedom: int) -> bool:
    """Return whether a chi-square statistic lies where 99.9 % of them do."""
    low, high = stats.chi2.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2], freedom)
    return bool(low <= statistic <= high)


# ---------------------------------------------------------------- what users run


def scenario(name: str):
    return cc.load(HERE / f"{name}.yaml")


def figure(name: str, quantity: str) -> float:
    """Return a figure of the toy town in a scenario."""
    return scenario(name).area(TOWN).value(quantity)


def per_day(name: str) -> float:
    return figure(name, "arrivals") / YEAR


def events(name: str, seed: int = 1, **options) -> pd.DataFrame:
    """Return the event log of one run, time counted in days from the branch."""
    log = cc.run(HERE / f"{name}.yaml", runs=1, seed=seed, events=True, **options).events
    return log.assign(time=log.time - math.floor(log.time.iloc[0]))


def entries(log: pd.DataFrame, stage: str) -> pd.Series:
    """Return when each family (or child) entered a stage, in order of time."""
    rows = log[(log.stage_to == stage) & log.event.isin(["arrival", "stage_entry"])]
    return pd.Series(rows.time.to_numpy(), rows.family.to_numpy())


def exits(log: pd.DataFrame, stage: str) -> pd.Series:
    """Return when each family left a stage."""
    rows = log[(log.stage_from == stage) & log.event.isin(["exit", "stage_entry"])]
    return pd.Series(rows.time.to_numpy(), rows.family.to_numpy())


def by_year(time: np.ndarray, values: np.ndarray, years: int = 40) -> np.ndarray:
    """Return the mean of values by year (batch means), the first and last year left out."""
    batch = (np.asarray(time) // YEAR).astype(int)
    return np.array([values[batch == year].mean() for year in range(1, years - 1)])


# ---------------------------------------------------------------- theory


def erlang_b(servers: int, offered: float) -> float:
    """Return the share of arrivals lost in M/G/c/c."""
    lost = 1.0
    for n in range(1, servers + 1):
        lost = offered * lost / (n + offered * lost)
    return lost


def erlang_c(servers: int, offered: float) -> float:
    """Return the share of arrivals that wait in M/M/c."""
    lost = erlang_b(servers, offered)
    return lost / (1.0 - offered / servers * (1.0 - lost))


def in_system(servers: int, offered: float) -> float:
    """Return the mean number in M/M/c, which is that of min(1, c/n) processor sharing too."""
    return offered + erlang_c(servers, offered) * offered / (servers - offered)


def way_out(hazards: dict[str, tuple[tuple[float, ...], tuple[float, ...]]]) -> tuple[dict[str, float], float]:
    """Return the probability of each way out of a stage, and the mean stay, from (bands in days, rates per year) of each."""
    edges = sorted({edge for bands, _ in hazards.values() for edge in bands})
    chance, mean, left = dict.fromkeys(hazards, 0.0), 0.0, 1.0
    for start, stop in zip(edges, [*edges[1:], math.inf], strict=True):
        rate = {name: per_year[np.searchsorted(bands, start, "right") - 1] / YEAR for name, (bands, per_year) in hazards.items()}
        total = sum(rate.values())
        gone = left * (1.0 - math.exp(-total * (stop - start)) if total else 0.0)
        mean += gone / total if total else left * (stop - start)
        for name in hazards:
            chance[name] += gone * rate[name] / total if total else 0.0
        left -= gone
    return chance, mean


def hazards_of(name: str, stage: str) -> dict:
    """Return the bands and rates of every way out of a stage, as the scenario's file has them."""
    steps = scenario(name).pathway.stages[stage].transitions
    return {key: (step.rates_per_year.bands_days, step.rates_per_year.per_year) for key, step in steps.items()}
