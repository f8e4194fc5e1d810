"""A fit of a few made-up authorities by equations whose answer is known; no simulation runs."""

from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import numpy as np
import pandas as pd

from calibration.calibrate import Calibrated, calibrated
from calibration.dynamics import condition, learn
from calibration.fit import AuthorityFit, Fit, expected_path, futures
from calibration.fitted_figures import Ready, ready
from calibration.inputs import Inputs
from calibration.national_fit import NationalFit
from calibration.record import read_records
from calibration.series import IN_CARE, NAMES, QUANTITIES
from calibration.steering import response, solve, steer, with_records
from calibration.targets import PublishedTargets
from scenarios.areas import AreaProfile

AREAS = tuple(f"Borough {letter}" for letter in "ABCDEFGHIJKLMNOPQRST")
UNKNOWN, EXCLUDED = AREAS[-1], AREAS[-2]  # one without any record, and one whose referrals of 2024 are excluded
FIRST, VINTAGE, AHEAD, DRAWS, FOLLOWED = 2016, 2025, 3, 200, 6
YEARS = tuple(range(VINTAGE - FOLLOWED + 1, VINTAGE + AHEAD + 1))
RATES = dict(zip(NAMES, (0.05, 0.018, 0.006, 0.005, 0.033, 0.0027, 0.3), strict=True))  # of a child; the last of a child in care
START = np.array([0.01, *[1.0] * (len(NAMES) - 1)])  # figures at which the equations make these rates
IN_CARE_RATE = 0.006
IN_NEED = NAMES.index("cin_at31")


def children_of(area: str, year: int) -> float:
    """Return children of 0 to 17."""
    return 1.2e7 if area == "England" else 30_000.0 + 7_000.0 * AREAS.index(area) + 100.0 * (year - FIRST)


def profile(area: str) -> AreaProfile:
    years = range(FIRST, YEARS[-1] + 1)
    empty = AreaProfile(area, 0 if area == "England" else 1 + AREAS.index(area), "E1", "1", "Anywhere", False, MappingProxyType({}))
    figures = {"population_0_17": {year: children_of(area, year) for year in years}, "social_worker_cost": {VINTAGE: 60_000.0},
               "uasc_started": {year: 10.0 + (year > VINTAGE) for year in years}, "ratio_nfa": {1990: 1.1},
               "agency_foster_places": {year: 100.0 + year - FIRST for year in range(FIRST, VINTAGE + 1)}}  # fmt: skip
    return with_records(empty, figures, "published")


@dataclass(frozen=True)
class KnownEquations:
    """Each series follows its own figure of the year by 0.6, of the year before by 0.3 (the first stands for all before it), its neighbour's by 0.2.

    Children in need follow families who arrive by 2 besides, so that a record says little of which of the two makes them.
    """

    years: tuple[int, ...] = YEARS

    def rates(self, area: AreaProfile) -> np.ndarray:
        children = np.array([area.value("population_0_17", year) for year in self.years])
        logs = np.log([[area.value(quantity, year) for quantity in QUANTITIES] for year in self.years])
        logs[:, 0] -= np.log(START[0] * children)
        before = np.vstack([logs[:1], logs[:-1]])
        mixed = 0.6 * logs + 0.3 * before + 0.2 * np.roll(logs, 1, axis=1)
        mixed[:, IN_NEED] += 2.0 * logs[:, 0]
        return np.log(list(RATES.values())) + mixed


def published() -> PublishedTargets:
    """What the authorities published: steady departures of 20 per cent, others that come and go, recording and chance."""
    rng = np.random.Generator(np.random.Philox(4))
    rows = []
    years = range(FIRST, VINTAGE + 1)
    walk = np.cumsum(0.03 * rng.standard_normal((len(years), len(NAMES))), axis=0)
    for area in (*AREAS, "England"):
        own = np.zeros(len(NAMES)) if area == "England" else 0.2 * rng.standard_normal(len(NAMES))
        passing = np.zeros(len(NAMES))
        for y, year in enumerate(years):
            passing = 0.6 * passing + 0.08 * rng.standard_normal(len(NAMES)) * (area != "England")
            for i, (name, rate) in enumerate(RATES.items()):
                mean = rate * children_of(area, year) * (IN_CARE_RATE if i == len(NAMES) - 1 else 1.0) * np.exp(walk[y, i] + own[i] + passing[i])
                noise = 0.04 * rng.standard_normal() * (area != "England")
                value = float(rng.poisson(mean * np.exp(noise)))
                rows.append((area, name, year, value, mean**-0.5, 0.04 if area != "England" else 0.01))
            rows.append((area, IN_CARE, year, IN_CARE_RATE * children_of(area, year), 0.02, 0.0))
    frame = pd.DataFrame(rows, columns=["area", "measure", "year_ending", "value", "log_sd_counting", "log_sd_recording"])
    frame = frame.assign(log_sd_trap=0.0, use="fit", traps="")
    gone = (frame.area == EXCLUDED) & (frame.measure == "referrals") & (frame.year_ending == 2024)
    frame.loc[gone, ["use", "traps"]] = "exclude", "recording change"
    frame = frame[~((frame.area == UNKNOWN) & frame.measure.isin(NAMES))]
    return PublishedTargets(VINTAGE, frame, {}, pd.DataFrame())


@cache
def sample() -> tuple[Inputs, Fit, dict[str, Ready]]:
    """Return inputs, a fit, and authorities ready to be simulated."""
    targets, equations = published(), KnownEquations()
    profiles = {area: profile(area) for area in (*AREAS, "England")}
    records = read_records(targets, profiles, AREAS)
    england, _ = read_records(targets, profiles, ("England",)).of("England")
    every = [records.of(area) for area in AREAS]
    dynamics = learn(np.stack([values for values, _ in every]), records.counting, records.years)
    start = np.tile(np.log(START), (len(YEARS), 1))
    how = response(equations.rates, profiles["England"], YEARS, start)
    path = np.vstack([england[-FOLLOWED:], england[-1] + dynamics.national_path(AHEAD) - dynamics.level[-1]])
    nation = steer(equations.rates, profiles["England"], YEARS, path, start, how)
    national = NationalFit(
        nation.profile, nation.figures, how, how[:, IN_NEED], path + nation.misfit, in_care_of("England"), np.zeros(path.shape), np.zeros(len(path))
    )
    authorities = {}
    for area in AREAS:
        row = records.row(area)
        posterior = condition(dynamics, *records.of(area), AHEAD)
        path = expected_path(dynamics, posterior, records.imposed[row], AHEAD)[-len(YEARS) :]
        steered = steer(equations.rates, profiles[area], YEARS, path, nation.figures, how)
        with_work = with_records(steered.profile, {"work_in_hand": {VINTAGE: 900.0}, "reference_use_agency_foster": {VINTAGE: 0.9}})
        steered = replace(steered, profile=with_work)
        paths = futures(dynamics, posterior, profiles[area].code, DRAWS, AHEAD)
        drawn = solve(how[FOLLOWED:, :, FOLLOWED:, :], paths, np.zeros(paths.shape[1:]))
        authorities[area] = AuthorityFit(steered, posterior, path, path[FOLLOWED:] + paths, drawn, paths[:, :, IN_NEED], in_care_of(area))
    fitted = Fit(VINTAGE, records.years[-FOLLOWED:], AHEAD, dynamics, records, national, MappingProxyType(authorities))
    uasc = {area: np.full((DRAWS, AHEAD), 1.21) for area in AREAS}
    stock = np.full(len(records.years), np.log(IN_CARE_RATE))
    inputs = Inputs(VINTAGE, AHEAD, targets, records, profiles, {}, england, stock, equations, uasc)
    return inputs, fitted, {area: ready(inputs, fitted, area) for area in AREAS}


@cache
def sample_calibration() -> Calibrated:
    """Return all that is written of the sample."""
    inputs, fitted, found = sample()
    return calibrated(inputs, fitted, found)


def in_care_of(area: str) -> np.ndarray:
    """Return children in care as the equations are said to make them."""
    return np.array([(1.0 if area == "England" else 1.01) * IN_CARE_RATE * children_of(area, year) for year in YEARS])
