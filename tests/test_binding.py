"""What the simulation makes over what was aimed at: measured by year and series, ends of care from starts and stocks."""

import numpy as np
import pytest
from fit_sample import AHEAD, VINTAGE, YEARS, children_of, profile

from calibration import binding as module
from calibration.binding import CHILDREN, binding
from calibration.series import EXITS, NAMES, STARTS
from calibration.simulated import FORECAST

pytestmark = pytest.mark.unit

RUNS = 3
OFF = np.array([0.04, 0.02, -0.01, 0.03, -0.02, -0.03])  # the simulation's, of all series but leaving care
TWICE = 0.02  # of ends of care as the simulation counts them: a child who leaves twice in a year
STOCK = 0.006  # children in care, a child


@pytest.fixture
def found(monkeypatch):
    """Return a function from how children in care grow a year (logarithm) to what is measured; rates aimed at are those of a steady stock."""
    rates = np.tile(np.log([0.05, 0.018, 0.006, 0.005, 0.033, 0.0027, 0.45]), (len(YEARS), 1))
    rates[0, EXITS] = np.log(STOCK)
    paths = np.linspace(-0.1, 0.1, RUNS)[:, None, None] * np.ones((RUNS, AHEAD, len(NAMES)))
    paths[..., EXITS] = paths[..., STARTS]
    share = CHILDREN / children_of("England", VINTAGE)
    children = share * np.array([profile("England").value("population_0_17", year) for year in YEARS])
    moved = np.concatenate([np.zeros((RUNS, len(YEARS) - AHEAD, len(NAMES))), paths], axis=1)

    def measured(growth: float) -> tuple[np.ndarray, np.ndarray]:
        """Measure a simulation whose starts are `OFF` and whose stock grows; what it counts as ends is `TWICE` too few."""
        simulated = np.full((RUNS, len(YEARS), len(FORECAST)), np.nan)
        for i, name in enumerate(NAMES[:-1]):
            simulated[:, :, FORECAST.index(name.removesuffix("_non_uasc"))] = np.exp(rates[:, i] + moved[..., i] + OFF[i]) * children
        stock = STOCK * children * np.exp(growth * np.arange(len(YEARS)))
        starts = simulated[:, :, FORECAST.index("cla_started")]
        simulated[:, :, FORECAST.index("cla_at31")] = stock
        simulated[:, :, FORECAST.index("cla_ceased")] = (1.0 - TWICE) * (starts - np.diff(stock, prepend=stock[0]))
        monkeypatch.setattr(module, "simulated_futures", lambda *_: simulated)
        in_care = STOCK * np.array([children_of("England", year) for year in YEARS])
        return binding(profile("England"), YEARS, rates, rates, in_care, paths, paths)

    return measured


def test_each_series_is_measured_against_its_draws_path(found):
    off, stock = found(0.0)
    assert off[:, :EXITS] == pytest.approx(np.tile(OFF, (len(YEARS), 1)))
    assert off[0, EXITS] == pytest.approx(0.0)
    assert stock == pytest.approx(np.zeros(len(YEARS)))


def test_leaving_care_is_what_starts_and_stocks_allow(found):
    """0.45 of the stock is aimed at, and 0.0027 e^-0.03 a child starts; while the stock stands still as many end, however they are counted."""
    off, _ = found(0.0)
    assert off[2:-AHEAD, EXITS] == pytest.approx(np.log(0.0027 * np.exp(OFF[STARTS]) / STOCK / 0.45), abs=2e-3)  # children grow a little
    growing, stock = found(0.02)
    assert stock == pytest.approx(0.02 * np.arange(len(YEARS)))
    fewer = 0.0027 * np.exp(OFF[STARTS]) / STOCK / np.exp(0.02 * np.arange(len(YEARS))) - 0.02
    assert growing[2:-AHEAD, EXITS] == pytest.approx(np.log(fewer[2:-AHEAD] / 0.45), abs=0.02)
