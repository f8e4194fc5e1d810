"""What scenarios load of a fit: figures by year with where they are from, and draws that make the rates they were drawn for."""

import numpy as np
import pytest
from fit_sample import AHEAD, AREAS, DRAWS, FOLLOWED, UNKNOWN, VINTAGE, YEARS, children_of, sample, sample_calibration

from calibration.fitted_figures import is_fitted
from calibration.series import QUANTITIES
from calibration.steering import with_records

pytestmark = pytest.mark.statistical


def figures(area: str) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    for record in sample_calibration().records:
        if record.area == area:
            found.setdefault(record.quantity, {})[record.year_ending] = record.value
    return found


def test_figures_are_those_the_equations_follow_the_record_with():
    inputs, fitted, _ = sample()
    found = figures("Borough F")
    assert set(found) == {*QUANTITIES, "uasc_started", "ratio_nfa", "agency_foster_places", "work_in_hand", "reference_use_agency_foster"}
    assert all(tuple(found[quantity]) == YEARS for quantity in QUANTITIES)
    again = with_records(inputs.profiles["Borough F"], {quantity: found[quantity] for quantity in QUANTITIES})
    one = fitted.authorities["Borough F"]
    assert inputs.equations.rates(again) == pytest.approx(one.path + one.steered.misfit)


def test_a_draw_times_what_is_expected_makes_the_rates_that_were_drawn():
    inputs, fitted, found = sample()
    one, ready = fitted.authorities["Borough F"], found["Borough F"]
    for draw in (0, DRAWS - 1):
        series = {}
        for quantity in QUANTITIES:
            values = ready.profile.series(quantity)
            times = ready.draws[quantity.removeprefix("ratio_")][draw]
            series[quantity] = {year: value * (times[year - VINTAGE - 1] if year > VINTAGE else 1.0) for year, value in values.items()}
        made = inputs.equations.rates(with_records(ready.profile, series))
        assert made[:FOLLOWED] == pytest.approx((one.path + one.steered.misfit)[:FOLLOWED])
        wanted = one.futures[draw] + one.steered.misfit[FOLLOWED:]
        assert made[FOLLOWED:] == pytest.approx(wanted, abs=0.04)  # figures are kept from swinging, at the cost of a misfit (CLOSE)


def test_draws_of_all_authorities_have_the_same_quantities_and_years():
    draws = sample_calibration().draws
    assert tuple(draws.areas) == AREAS
    assert (len(draws), list(draws.years)) == (DRAWS, list(range(VINTAGE + 1, VINTAGE + AHEAD + 1)))
    assert set(draws.quantities) == {"new_family_referrals", "s47", "icpc", "plan_end", "cin_end", "care_entry", "care_exit", "uasc_started",
                                    "work_in_hand"}
    assert all(set(paths) == set(draws.quantities) for paths in draws.areas.values())


def test_figures_say_where_they_are_from():
    records = [record for record in sample_calibration().records if record.quantity == "ratio_s47"]
    own = {record.year_ending: record for record in records if record.area == "Borough F"}
    assert own[VINTAGE].source == "calibration/fit.py, figures to March 2025"
    assert own[VINTAGE + 1].source == "calibration/fit.py, expected from figures to March 2025"
    assert {record.basis for record in records if record.area == "Borough F"} == {"own"}
    assert {record.basis for record in records if record.area == UNKNOWN} == {"england"}
    assert all(record.unit and record.status == "derived" for record in sample_calibration().records)


def test_a_series_begins_where_the_followed_years_do_and_one_figure_is_of_the_last_year():
    found = figures("Borough F")
    assert min(found["agency_foster_places"]) == min(found["uasc_started"]) == YEARS[0]
    assert found["ratio_nfa"] == {VINTAGE: 1.1}


@pytest.mark.parametrize(("quantity", "fitted"), [
    ("ratio_s47", True), ("age_ratio_care_exit_under_1", True), ("plan_ratio_with_parents", True), ("reference_use_childrens_home", True),
    ("childrens_home_places", True), ("new_family_referrals", True), ("uasc_started", True),
    ("population_0_17", False), ("foster_places_approved", False), ("exit_share_sgo", False), ("social_worker_cost", False), ("referrals", False),
])  # fmt: skip
def test_what_calibration_decides(quantity, fitted):
    assert is_fitted(quantity) == fitted


def test_parameters_say_what_is_known_of_each_figure():
    document, end = sample_calibration().parameters, VINTAGE + AHEAD
    series = document["england"]["series"]["referrals"]
    left = series["departure_from_england_left_after_years_pct"]
    assert 100.0 > left[1] > left[5] > left[10] > 0.0
    assert series["level"][2020] == pytest.approx(1e4 * np.exp(sample()[1].dynamics.level[4, 0]), rel=1e-3)
    for area in AREAS:
        for quantity, one in document["authorities"][area].items():
            assert one["p05"] < one["p95"], (area, quantity)
            assert one[f"p05_{end}"] < one[f"value_{end}"] < one[f"p95_{end}"]
            assert one["own_record_pct"] + one["borrowed_pct"] == pytest.approx(100.0, abs=0.1)
    one = document["authorities"]["Borough F"]["new_family_referrals"]
    assert one["value"] == pytest.approx(figures("Borough F")["new_family_referrals"][VINTAGE], rel=1e-3)
    assert one[f"value_{end}"] == pytest.approx(figures("Borough F")["new_family_referrals"][end], rel=1e-3)
    rate = np.exp(sample()[1].authorities["Borough F"].steered.figures[FOLLOWED - 1, 0])
    assert one["value"] / children_of("Borough F", VINTAGE) == pytest.approx(rate, rel=1e-3)
