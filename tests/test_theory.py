"""What tests/theory cannot say with a pathway of its own: arrivals that differ by deprivation, and the baseline's own hazard of return.

The baseline's model is kept but for its rates: every transition is dead except the few a test names. Seeds are fixed;
tolerances come from the statistic's own distribution, at 99.9 %.
"""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from scenarios.loading import load
from sim import engine
from sim.kernels import layout as L
from sim.model import compile_model, history_start

pytestmark = pytest.mark.statistical

AREA, FIRST = "Bolton", history_start(load("baseline").settings.published)
Z = stats.norm.ppf(0.9995)


class Tuned:
    """The baseline's compiled model for one authority, with few live transitions and steady arrivals.

    Attributes
    ----------
    alive
        Transition -> (bands in days, hazard per day in each).
    per_day
        Arrivals a day of each stream.
    change
        Called with the model's arrays by name, to change more of them.
    """

    def __init__(self, alive, per_day, change=lambda compiled, arrays: None):
        self.compiled = compile_model(load("baseline"), (AREA,), until="2028-03", branch="2025-04")
        self.alive, self.per_day, self.change = alive, per_day, change

    def __getattr__(self, name):
        return getattr(self.compiled, name)

    def for_draw(self, seed: int, replicate: int) -> L.Model:
        model = self.compiled.for_draw(seed, replicate)
        arrays = {name: np.array(array) for name, array in model._asdict().items()}
        steps, edges, rates = arrays["transitions"], [0.0], [0.0]
        steps["dead"], steps["age"], steps["beside"], steps["static"], steps["row"] = 1, -1, -1, 0, 0
        steps["n_help"] = steps["n_levers"] = 0
        arrays["static_table"][0] = 1.0
        arrays["row_driver"][0], arrays["row_factor"][:, 0] = 0, 1.0
        for name, (bands, hazards) in self.alive.items():
            step = steps[self.transition_names.index(name)]
            step["dead"], step["band"], step["n_bands"] = 0, len(edges), len(bands)
            edges += [*bands, math.inf]
            rates += [*hazards, 0.0]
        arrays["edges"], arrays["rates"] = np.array([edges]), np.array([[rates]])
        arrays["version_start"], arrays["month_version"] = arrays["month_start"][:1], np.zeros_like(arrays["month_version"])
        arrays["next_version"], steps["versions"] = np.ones((1, 1, len(steps)), np.int16), 0
        arrays["least_days"], arrays["pace"] = np.full_like(arrays["least_days"], 1e-9), np.full_like(arrays["pace"], 1e9)
        arrays["team_capacity"][...] = 1e9
        arrays["age_cdf"][...] = arrays["age_bands"][1:] >= 5.0  # every youngest child is 1 to 4 at the first referral
        arrays["parameters"][2] = 0.0  # and nobody is born later
        arrays["candidate_rate"][0], arrays["accept"] = self.per_day, np.ones_like(arrays["accept"])
        self.change(self, arrays)
        arrays["layers"] = np.ceil(arrays["accept"].max(axis=(2, 3))).astype(np.int64)
        return L.Model(**arrays)


def simulate(tuned: Tuned, years: int, seed: int, log: bool = False, replicate: int = 0) -> L.Tally:
    return engine.simulate(tuned, None, FIRST, f"{int(FIRST[:4]) + years}-03", seed, replicate, log)[0]


def test_arrivals_are_poisson_at_a_rate_that_changes_by_month_and_deprivation():
    years, months = 26, 12 * 26

    def seasons(tuned, arrays):  # up to 2.4 times one layer of candidates
        wave = 1.2 + np.sin(np.arange(arrays["accept"].shape[-1]))
        arrays["accept"][0, 0] = wave * np.linspace(0.6, 1.1, 5)[:, None]

    tuned = Tuned({"referral.no_further_action": ([0.0], [1.0])}, [1.5, 0, 0, 0], seasons)
    tally, model = simulate(tuned, years, seed=11, log=True), tuned.for_draw(11, 0)
    share = np.diff(model.quintile_cdf[0], prepend=0.0)
    rate = model.candidate_rate[0, 0] * (share @ model.accept[0, 0])[:months]
    seen = tally.entered[0, :, tuned.stage_names.index("referral")]
    expected = rate * np.diff(model.month_start)[:months]
    assert abs(seen.sum() - expected.sum()) <= Z * math.sqrt(expected.sum())
    spread = ((seen - expected) ** 2 / expected).sum()  # variance equals mean
    assert stats.chi2.ppf(0.0005, months) <= spread <= stats.chi2.ppf(0.9995, months)
    times = tally.log["time"][tally.log["event"] == L.ARRIVAL]
    clock = np.interp(times, model.month_start[: months + 1], np.concatenate([[0.0], np.cumsum(expected)]))
    assert stats.kstest(np.diff(clock), "expon").pvalue > 1e-3  # gaps, in units of the rate


@pytest.mark.parametrize(("years", "published"), [(1, 0.32), (6, 0.58)])
def test_share_of_families_who_return_is_the_first_passage_of_their_hazard(years, published):
    step = load("baseline").pathway.stages["closed"].transitions["re_referral"].rates_per_year
    bands, hazards = [float(day) for day in step.bands_days], [rate / L.YEAR for rate in step.per_year]
    steps = {"referral.no_further_action": ([0.0], [2.0]), "closed.re_referral": (bands, hazards)}
    tuned = Tuned(steps, [0.6, 0, 0, 0])
    log = simulate(tuned, 13, seed=15, log=True).log
    closed, referral = tuned.stage_names.index("closed"), tuned.stage_names.index("referral")
    within, follow_up = years * 365.25, log["time"].max() - years * 365.25
    case, returned = {}, []
    for time, family, event, stage in log[["time", "family", "event", "stage_to"]].tolist():
        if event == L.ENTER and stage == closed:
            case[family] = time
        elif event == L.ENTER and stage == referral and case.get(family, math.inf) <= follow_up:
            returned.append(time - case.pop(family) <= within)
    never = sum(time <= follow_up for time in case.values())
    n, edges = len(returned) + never, [*bands, math.inf]
    exposure = [max(0.0, min(within, stop) - start) for start, stop in itertools.pairwise(edges)]
    theory = 1.0 - math.exp(-np.dot(exposure, hazards))
    assert n > 1000
    assert abs(sum(returned) / n - theory) <= Z * math.sqrt(theory * (1.0 - theory) / n)
    assert theory == pytest.approx(published, abs=0.005)  # what docs/pathway.md says the bands were made to give
