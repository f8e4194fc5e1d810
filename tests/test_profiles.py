"""Area profiles as shipped: national sums and checks."""

import numpy as np
import pandas as pd
import pytest

from calibration.boundaries import PREDECESSORS, is_rate, share_of_predecessor
from calibration.panel import ENGLAND
from calibration.population import aged_on
from calibration.profile_table import COLUMNS, ORDER, national, shrink
from calibration.profiles import SCENARIO_DATA
from scenarios.areas import find_group

pytestmark = pytest.mark.unit
WEEKS = 365 / 7


@pytest.fixture(scope="module")
def profiles() -> pd.DataFrame:
    return pd.read_csv(SCENARIO_DATA / "area_profiles.csv")


def by_area(profiles: pd.DataFrame, quantity: str, year: int) -> pd.Series:
    rows = profiles[(profiles.quantity == quantity) & (profiles.year_ending == year)]
    return rows.set_index("area")["value"]


def share_of_england(profiles: pd.DataFrame, quantity: str, year: int) -> float:
    values = by_area(profiles, quantity, year)
    return values.drop(ENGLAND).sum() / values[ENGLAND]


def test_every_row_has_a_source_a_status_and_a_basis(profiles):
    assert list(profiles.columns) == list(COLUMNS)
    assert profiles.notna().all().all()
    assert set(profiles.status) == {"published", "derived", "assumed"}
    assert set(profiles.basis) <= set(ORDER)
    assert not profiles.duplicated(["area", "quantity", "year_ending"]).any()


def test_rates_never_use_the_held_out_year(profiles):
    rates = ("nfa_share", "s47_per_referral", "care_exit_ratio", "care_started_non_uasc", "placement_share_foster")
    assert profiles[profiles.quantity.isin(rates)].year_ending.max() == 2024


@pytest.mark.parametrize("quantity", ["referrals", "population_0_17", "cases_held", "foster_places_filled"])
def test_authorities_hold_about_85_per_cent_of_england(profiles, quantity):
    assert share_of_england(profiles, quantity, 2025) == pytest.approx(0.865, abs=0.02)


def test_uasc_starts_add_up_to_the_published_figure(profiles):
    for year in range(2019, 2026):
        parts = by_area(profiles, "uasc_started", year) + by_area(profiles, "uasc_passthrough_started", year)
        assert parts[ENGLAND] == pytest.approx(national("uasc_started")[year], rel=1e-6)
    ordinary = share_of_england(profiles, "uasc_started", 2025)
    assert ordinary == pytest.approx(share_of_england(profiles, "uasc_at31", 2025), abs=0.02)


def test_kent_passes_most_of_its_uasc_on(profiles):
    passing = by_area(profiles, "uasc_passthrough_started", 2025)
    assert passing["Kent"] == pytest.approx(2_400, rel=0.05)
    # National transfers out in 2025 were 2,640 of all kinds (notes on the 2025 statistics).
    assert passing[ENGLAND] < 2_640
    assert (passing.drop([ENGLAND, "Kent"]) < 150).all()


def test_non_uasc_care_starts_match_england(profiles):
    starts = by_area(profiles, "care_started_non_uasc", 2024)
    assert starts[ENGLAND] == pytest.approx(national("cla_started_non_uasc").loc[2022:2024].mean(), rel=0.003)
    bands = ("under_1", "1_to_4", "5_to_9", "10_to_15", "16_plus")
    total = sum(by_area(profiles, f"care_started_non_uasc_{band}", 2024) for band in bands)
    pd.testing.assert_series_equal(total, starts, check_names=False, rtol=1e-5)
    stock = by_area(profiles, "cla_non_uasc_stock", 2024)
    assert stock[ENGLAND] == pytest.approx(national("cla_stock_non_uasc").loc[2022:2024].mean(), rel=0.001)


def test_exit_ratios_are_moderate_and_england_is_one(profiles):
    ratios = by_area(profiles, "care_exit_ratio", 2024)
    assert ratios[ENGLAND] == 1
    assert ratios.between(0.5, 2.0).all()


def test_pooled_shares_are_those_of_england(profiles):
    assert by_area(profiles, "nfa_share", 2024)[ENGLAND] == pytest.approx(0.070, abs=0.001)
    assert by_area(profiles, "not_in_need_share", 2024)[ENGLAND] == pytest.approx(0.297, abs=0.001)
    assert by_area(profiles, "plan_mean_duration_years", 2024)[ENGLAND] * 12 == pytest.approx(9.6, abs=0.1)
    assert by_area(profiles, "plan_per_icpc", 2024).between(0.6, 1.0).all()


def test_placement_shares_sum_to_one(profiles):
    rows = profiles[profiles.quantity.str.startswith("placement_share_")]
    np.testing.assert_allclose(rows.groupby("area")["value"].sum(), 1.0, atol=1e-5)
    england = rows[rows.area == ENGLAND].set_index("quantity")["value"]
    # The 2024 recoding moved 2,800 children from supported to other; neither may show it.
    assert england["placement_share_other"] < 0.02
    assert england["placement_share_semi_independent"] == pytest.approx(0.105, abs=0.005)


def test_quintiles_sum_to_one_and_england_is_even(profiles):
    rows = profiles[profiles.quantity.str.startswith("population_share_quintile_")]
    np.testing.assert_allclose(rows.groupby("area")["value"].sum(), 1.0, atol=1e-5)
    assert rows[rows.area == ENGLAND]["value"].between(0.19, 0.21).all()
    most = rows[rows.quantity == "population_share_quintile_5"].set_index("area")["value"]
    assert most["Blackpool"] > 0.5 > most["Kent"] > most["Wokingham"]
    assert (rows.status == "assumed").all()


def test_referral_months_have_mean_one_with_a_quiet_august(profiles):
    rows = profiles[profiles.quantity.str.startswith("referral_month_factor_")].set_index("quantity")["value"]
    days = [31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert np.average(rows.sort_index(), weights=days) == pytest.approx(1.0, abs=1e-6)
    assert rows.idxmin() == "referral_month_factor_08"


def test_the_projection_passes_through_the_latest_total_and_then_follows_cohorts(profiles):
    england = by_area(profiles[profiles.area == ENGLAND], "population_0_17", 2025)[ENGLAND]
    assert england == pytest.approx(12_183_016, rel=1e-6)
    later = profiles[(profiles.area == ENGLAND) & (profiles.quantity == "population_0_17")].set_index("year_ending")
    assert (later.loc[2026:2036, "status"] == "derived").all()
    # Births of the 2010s leave, the smaller cohorts of the 2020s stay: about 8 % fewer in eleven years.
    assert later.loc[2036, "value"] / later.loc[2025, "value"] == pytest.approx(0.92, abs=0.01)


def test_cohorts_age_by_one_a_year():
    ages = np.arange(18.0) + 1
    assert aged_on(ages, 0).tolist() == ages.tolist()
    assert aged_on(ages, 2).tolist() == [1, 1, *ages[:16]]
    assert aged_on(ages, 40).tolist() == [1] * 18


def test_foster_prices_times_children_give_the_published_line(profiles):
    spent = sum(
        by_area(profiles, f"price_{kind}_foster", 2025) * by_area(profiles, f"{kind}_foster_children", 2025)
        for kind in ("in_house", "agency", "kinship")
    )
    line = by_area(profiles, "spend_fostering", 2025)
    assert WEEKS * spent.drop(ENGLAND).sum() == pytest.approx(line.drop(ENGLAND).sum(), rel=1e-4)
    assert WEEKS * spent[ENGLAND] == pytest.approx(line[ENGLAND], rel=1e-4)


def test_home_and_supported_prices_times_children_give_the_published_line(profiles):
    homes = by_area(profiles, "price_childrens_home", 2025) * by_area(profiles, "children_in_homes", 2025)
    supported_price = by_area(profiles, "price_supported_accommodation", 2025)[ENGLAND]
    spent = WEEKS * (homes + supported_price * by_area(profiles, "children_in_supported_or_other", 2025))
    line = by_area(profiles, "spend_residential", 2025)
    assert spent[ENGLAND] == pytest.approx(line[ENGLAND], rel=1e-4)
    assert spent.drop(ENGLAND).sum() == pytest.approx(line.drop(ENGLAND).sum(), rel=0.005)


def test_prices_are_prices_not_line_averages(profiles):
    homes = by_area(profiles, "price_childrens_home", 2025)
    assert homes.between(4_000, 10_000).all()  # raw lines run from 2,930 to 14,575
    foster = by_area(profiles, "price_in_house_foster", 2025)
    assert foster.between(450, 1_200).all()  # raw Leeds is 270, a coding artefact
    assert by_area(profiles, "price_agency_foster", 2025)[ENGLAND] > 1.3 * foster[ENGLAND]


def test_home_places_add_up_to_the_published_total(profiles):
    assert by_area(profiles, "childrens_home_places_in_area", 2025)[ENGLAND] == 14_259
    assert by_area(profiles, "childrens_home_places_in_area", 2023)[ENGLAND] == 11_103
    ten = list(find_group("greater-manchester").members)
    assert by_area(profiles, "childrens_home_places_in_area", 2023)[ten].sum() == pytest.approx(796, abs=60)


def test_agency_foster_children_agree_with_filled_agency_places(profiles):
    # Filled mainstream places 42,015 less authorities' own 21,890 (Ofsted, March 2025).
    assert by_area(profiles, "agency_foster_children", 2025)[ENGLAND] == pytest.approx(42_015 - 21_890, rel=0.04)


def test_case_holders_and_worker_cost(profiles):
    assert by_area(profiles, "case_holders_fte", 2025)[ENGLAND] == pytest.approx(21_162, abs=5)
    assert by_area(profiles, "social_worker_cost", 2025).between(40_000, 125_000).all()


def test_new_authorities_carry_their_predecessors_past(profiles):
    rows = profiles[(profiles.area == "Cumberland") & (profiles.quantity == "referrals")].set_index("year_ending")
    assert rows.loc[2020, "basis"] == "predecessor"
    assert rows.loc[2025, "basis"] == "own"
    assert share_of_predecessor("Cumberland") + share_of_predecessor("Westmorland and Furness") == pytest.approx(1)
    assert set(PREDECESSORS) <= set(profiles.area)


def test_rates_are_told_from_counts():
    assert is_rate("cla_foster_pct")
    assert is_rate("fostering_cost_per_week_gbp")
    assert not is_rate("spend_cla_gbp")
    assert not is_rate("social_workers_fte")


def test_shrinking_bounds_and_pulls():
    assert shrink(1.5, 1.0, 100.0, 100.0, 2.0) == pytest.approx(1.5**0.5)
    assert shrink(9.0, 1.0, 1e9, 100.0, 2.0) == pytest.approx(2.0)
    assert shrink(1.5, 1.0, 0.0, 100.0, 2.0) == 1.0
