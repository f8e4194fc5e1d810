"""History has settled when the published years begin: with inputs held constant no headline drifts (ruling 40)."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

import numpy as np
import pytest

from scenarios.loading import load
from sim.counting import Counts
from sim.engine import simulate
from sim.model import SPIN_UP_YEARS, compile_model

pytestmark = pytest.mark.statistical

AREA, RUNS, YEARS = "Leeds", 32, 5
HEADLINES = {
    "children in care": lambda counts: counts.looked_after.sum(axis=(2, 3)),
    "children on plans": lambda counts: counts.at_end("child_protection_plan"),
    "children in need": lambda counts: counts.in_need,
    "referrals": lambda counts: counts.entered("referral"),
}


@pytest.fixture(scope="module")
def constant():
    """A model of one authority's history, every input that of the first published year (or the only one there is)."""
    model = compile_model(load("baseline"), (AREA,), history=True)
    held = []
    for profile in model.profiles:
        records = {
            quantity: tuple(record for record in series if record.year_ending <= model.published.first) or series[:1]
            for quantity, series in profile.records.items()
        }
        records.pop("work_in_hand", None)  # no pressure: capacity follows published demand, which is not what is held here
        held.append(dataclasses.replace(profile, records=MappingProxyType({name: series[-1:] for name, series in records.items()})))
    return dataclasses.replace(model, profiles=tuple(held), _drawn={})


def test_no_headline_drifts_by_more_than_one_per_cent_in_five_years(constant):
    def one(replicate: int) -> dict[str, np.ndarray]:
        tally, _ = simulate(constant, None, constant.first, constant.last, 77, replicate)
        counts = Counts(tally, constant)
        return {name: np.asarray(count(counts), float)[0] for name, count in HEADLINES.items()}

    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(one, range(RUNS)))
    settled = 12 * SPIN_UP_YEARS
    for name in HEADLINES:
        months = np.array([run[name] for run in runs])
        before, after = months[:, settled - 12 : settled].mean(axis=1), months[:, settled + 12 * (YEARS - 1) : settled + 12 * YEARS].mean(axis=1)
        drift = (after - before) / before.mean()
        error = drift.std(ddof=1) / np.sqrt(RUNS)
        assert error < 0.01, f"{name}: {error:.4f}, too noisy to tell"
        assert abs(drift.mean()) <= 0.01 + 2.6 * error, f"{name} drifts by {100 * drift.mean():.2f} % (standard error {100 * error:.2f})"
        print(f"{name}: {100 * drift.mean():+.2f} % (standard error {100 * error:.2f})")


def test_a_shorter_spin_up_would_be_told(constant):
    """The control: three years after nobody was there, children in need are still becoming more."""
    tally, _ = simulate(constant, None, constant.first, constant.last, 77, 0)
    in_need = np.asarray(Counts(tally, constant).in_need, float)[0]
    assert in_need[12 * 8 - 12 : 12 * 8].mean() > 1.05 * in_need[12 * 3 - 12 : 12 * 3].mean()
