"""The equations run again from where they stood say what a run through all of spin-up says."""

import numpy as np
import pytest

from calibration.equations import Equations, Nearby
from calibration.scenario_at import scenario_at
from calibration.series import QUANTITIES
from calibration.steering import with_figures
from scenarios.areas import find_area

pytestmark = pytest.mark.statistical

YEARS = (2023, 2024, 2025)


@pytest.fixture(scope="module")
def equations() -> Equations:
    return Equations(scenario_at(2024, YEARS[0], YEARS[-1], followed=True), YEARS)


def bolton(year: int | None = None, change: float = 0.0):
    """Bolton at its own rates, one year's plans ending faster."""
    area = find_area("Bolton")
    figures = np.zeros((len(YEARS), len(QUANTITIES)))
    figures[:, 0] = np.log(area.value("new_family_referrals") / area.value("population_0_17"))
    if year is not None:
        figures[year, QUANTITIES.index("ratio_plan_end")] += change
    return with_figures(area, YEARS, figures)


def test_from_the_followed_years_on_it_is_exact_and_from_some_years_before_nearly(equations):
    exact, near = Nearby(equations, 0), Nearby(equations, whole=(2,))
    exact.rates(bolton())
    first = near.rates(bolton())
    assert near.rates(bolton()) == pytest.approx(first, abs=1e-12)
    later = equations.rates(bolton(1, 0.3))
    assert exact.rates(bolton(1, 0.3)) == pytest.approx(later, abs=1e-12)  # the past is the same
    always = equations.rates(bolton(0, 0.3))
    assert near.rates(bolton(0, 0.3)) == pytest.approx(always, abs=1e-12)  # its third run goes through all of spin-up
    assert near.rates(bolton(0, 0.2)) == pytest.approx(equations.rates(bolton(0, 0.2)), abs=5e-3)  # children in care remember longest
    assert np.abs(always - first).max() > 0.02  # what it is near to is not what it was


def test_work_in_hand_comes_with_rates(equations):
    near = Nearby(equations, 0)
    found = near.rates_and_work(bolton())
    assert found[:, :-1] == pytest.approx(near.rates(bolton()))
    assert np.exp(found[:, -1]) == pytest.approx(near.counts[0].work[0].reshape(-1, 12).mean(axis=1))
