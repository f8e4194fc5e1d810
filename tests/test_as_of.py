"""A scenario as of an earlier year, its rates changing from year to year and then drawn: the way a backtest runs it."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from scenarios.areas import Record
from scenarios.draws import FittedDraws
from scenarios.loading import load
from sim.experiment import run_experiment
from sim.plan import plan
from sim.selection import select

pytestmark = pytest.mark.e2e

AREA, DRAWS = "Rutland", 2
GROUPS = ("s47", "plan_end", "care_entry", "care_exit", "cin_end")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARECURVE_CACHE", str(tmp_path))


def as_of_2020(demand: float = 1.0):
    """The baseline as of March 2020: families and ratios of 2013 to 2020 made up, demand after it drawn about `demand` times the last."""
    scenario, draw = load("baseline").with_published(2013, 2020, 2019), np.random.default_rng(3)
    profile = scenario.area(AREA)
    series = {f"ratio_{group}": np.exp(draw.normal(0.0, 0.1, 8)) for group in GROUPS} | {"new_family_referrals": draw.uniform(150.0, 250.0, 8)}
    records = {
        quantity: tuple(Record(AREA, quantity, 2013 + i, float(value), "", "made up", "derived", "own") for i, value in enumerate(values))
        for quantity, values in series.items()
    }
    paths = {group: np.exp(np.cumsum(draw.normal(0.0, 0.1, (DRAWS, 5)), axis=1)) for group in GROUPS}
    paths["new_family_referrals"] = np.full((DRAWS, 5), demand)
    scenario = scenario.with_profiles([replace(profile, records=MappingProxyType(dict(profile.records) | records))])
    return scenario.with_draws(FittedDraws(2021, {AREA: paths}))


def test_it_runs_on_from_its_last_published_year_under_its_draws():
    found = {demand: run_experiment(plan([as_of_2020(demand)], select(AREA), until="2025-03", runs=4, workers=1)) for demand in (1.0, 1.6)}
    few, many = (each.baseline for each in found.values())
    assert few.metadata["from"] == "2020-04"
    assert few.metadata["fitted_draws"] == DRAWS
    assert list(few.annual.year_ending.values) == [2020, 2021, 2022, 2023, 2024, 2025]
    assert all(check["holds"] for check in few.metadata["checks"])
    referrals = [each.annual.sel(measure="referrals").values[0] for each in (few, many)]
    assert np.array_equal(referrals[0][:, 0], referrals[1][:, 0])  # 2020 is history: it knows of no draw
    assert (referrals[1][:, 1:].sum(axis=1) > 1.15 * referrals[0][:, 1:].sum(axis=1)).all()
    assert found[1.6].metadata["timing"]["histories_simulated"] == 0
