"""The shipped fit: it is of all authorities of the shipped panel, up to its last year, and reforms go on top of it."""

import numpy as np
import pandas as pd
import pytest

from calibration.panel import ENGLAND, read_panel
from scenarios.areas import DATA
from scenarios.draws import WORK
from scenarios.faults import ScenarioError
from scenarios.loading import load
from sim.model import compile_model

pytestmark = pytest.mark.unit
DRAWS, AHEAD = 100, 10


@pytest.fixture(scope="module")
def fitted():
    return load("fitted")


def test_every_authority_of_the_panel_has_figures_and_draws(fitted):
    panel = read_panel().frame
    last = panel[(panel.level == "local_authority") & (panel.year_ending == panel.year_ending.max())]
    known = set(last["name"])
    assert set(fitted.draws.areas) == known
    assert len(fitted.draws) == DRAWS
    assert [min(fitted.draws.years), max(fitted.draws.years)] == [2026, 2025 + AHEAD]
    for area in ("Leeds", "Rutland", "Kent"):
        multipliers = np.array([list(fitted.draws.at(area, draw, 2035).values()) for draw in range(DRAWS)])
        assert np.isfinite(multipliers).all()
        assert (np.median(multipliers, axis=0) > 0.4).all()
        assert WORK in fitted.draws.at(area, 0, 2035)


def test_a_reform_goes_on_top_with_the_same_draws_and_the_same_past(fitted, write):
    mine = load(write("name: Both\nextends: [fitted, early-help]\n"))
    assert mine.draws.digest == fitted.draws.digest
    one, other = (compile_model(scenario, ("Leeds",)).for_draw(1, 3) for scenario in (fitted, mine))
    now = compile_model(fitted, ("Leeds",)).month("2030-04")
    assert np.array_equal(one.accept, other.accept)
    assert other.places[0, :, now].sum() > one.places[0, :, now].sum()


def test_what_lies_outside_is_named(fitted):
    outside = pd.read_csv(DATA / "fitted_outside.csv")
    assert (outside.half_widths_from_middle.abs() > 1.0).all()
    assert ((outside.published < outside.p05) | (outside.published > outside.p95)).all()
    assert set(outside.area) <= {*fitted.draws.areas, ENGLAND}
    assert 0.05 < len(outside) / 3953 < 0.15  # target-years of docs/calibration.md


def test_a_reform_is_laid_on_another_scenario_as_extending_both_would(write):
    laid, written = load("early-help", on="fitted"), load(write("name: Mine\nextends: [fitted, early-help]\n"))
    assert laid.key == "early-help"
    assert laid.actions == written.actions
    assert laid.fitted is not None
    assert laid.history_hash == written.history_hash == load("baseline", on="fitted").history_hash != load("early-help").history_hash
    assert load("baseline", on="fitted").key == "fitted"
    with pytest.raises(ScenarioError, match=r"fited: no such scenario.*did you mean 'fitted'"):
        load("early-help", on="fited")
