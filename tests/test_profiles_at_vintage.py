"""Profiles as they could have been made at a vintage: nothing later is read, every quantity is there, what stands in says so."""

import math

import pandas as pd
import pytest

from calibration.england_rows import DEFAULTS, defaults
from calibration.panel import ENGLAND, Panel, read_panel
from calibration.population import population_of
from calibration.profile_demand import add_court_weeks
from calibration.profile_places import home_places
from calibration.profile_table import ProfileTable
from calibration.profile_years import SHIPPED, ProfileYears
from calibration.profiles import build_profiles, profiles_at
from calibration.uasc import uasc_flows
from scenarios.areas import load_areas
from tests.later_poisoned import forget, poison_files, poisoned_panel

pytestmark = pytest.mark.e2e  # whole shipped files are read, time and again
FITTED = ("ratio_", "age_ratio_", "plan_ratio_", "reference_use_")  # of area_rates.csv, and the rest of it:
FITTED_TOO = {"new_family_referrals", "work_in_hand", "agency_foster_places", "authority_childrens_home_places", "childrens_home_places",
              "disabled_children_started", "family_help_places", "in_house_foster_places"}  # fmt: skip


@pytest.fixture(scope="module")
def panel() -> Panel:
    return read_panel()


@pytest.fixture(scope="module")
def early(panel) -> dict:
    return profiles_at(panel, 2016)


@pytest.mark.parametrize("vintage", [2016, 2020, 2022, 2023])
def test_nothing_later_than_the_vintage_is_read(panel, monkeypatch, vintage):
    honest, _ = build_profiles(panel, vintage)
    poison_files(monkeypatch, vintage)
    poisoned, _ = build_profiles(poisoned_panel(panel, vintage), vintage)
    monkeypatch.undo()
    forget()
    pd.testing.assert_frame_equal(poisoned.frame(), honest.frame())


def test_the_poison_is_seen_where_later_files_are_read(panel, monkeypatch):
    def read() -> dict[str, float]:
        table = ProfileTable(panel, years=ProfileYears.at(2024))
        add_court_weeks(table)
        homes = home_places(table)["Leeds"]["childrens_home_places_own", 2023][0]
        uasc = uasc_flows(table).set_index(["area", "year_ending"]).loc[("England", 2024), "started"]
        weeks = next(row[3] for row in table.rows if row[1:3] == ("court_weeks", 2024))
        return {"homes": homes, "uasc": uasc, "weeks": weeks, "children of 3": population_of(table).base_ages["Leeds"][3]}

    honest = read()
    poison_files(monkeypatch, 2022)
    poisoned = read()
    monkeypatch.undo()
    forget()
    assert all(poisoned[name] > 10 * honest[name] for name in honest)


def test_every_quantity_that_is_shipped_is_there(early):
    shipped = {name for name in load_areas()["Leeds"].quantities if not name.startswith(FITTED)} - FITTED_TOO
    for area in early.values():
        wanted = shipped if area.name != ENGLAND else {"referrals", "court_weeks", "cla_non_uasc_stock"}
        assert wanted <= set(area.quantities), area.name
        for quantity in area.quantities:
            assert all(math.isfinite(value) and value >= 0 for value in area.series(quantity).values()), (area.name, quantity)


def test_inputs_end_and_rates_are_of_the_last_three_years(early, panel):
    leeds = early["Leeds"]
    assert max(leeds.series("referrals")) == 2016
    assert leeds.value("referrals", 2016) == panel.value("Leeds", "referrals", 2016)
    enquiries, referrals = (sum(panel.value("Leeds", column, year) for year in (2014, 2015, 2016)) for column in ("s47", "referrals"))
    assert leeds.value("s47_per_referral") == pytest.approx(enquiries / referrals, rel=1e-6)


def test_rate_years_may_be_chosen_but_not_later_ones(panel):
    leeds = profiles_at(panel, 2016, (2016,))["Leeds"]
    assert leeds.value("s47_per_referral") == pytest.approx(panel.value("Leeds", "s47", 2016) / panel.value("Leeds", "referrals", 2016), rel=1e-6)
    with pytest.raises(ValueError, match="later than the vintage"):
        ProfileYears.at(2016, (2015, 2017))


def test_september_is_not_known_in_march(panel):
    kent = profiles_at(panel, 2020)["Kent"]
    assert max(kent.series("social_workers_fte")) == 2019


def test_what_stands_in_is_assumed(early):
    record = early["Leeds"].record
    for quantity in ("social_workers_fte", "placement_share_foster", "spend_cla", "childrens_home_places_own", "population_share_age_under_1"):
        assert record(quantity).status == "assumed", quantity
    assert record("s47_per_referral").status == "derived"
    assert record("referrals", 2016).status == "published"


def test_authorities_are_those_of_the_vintage(early, panel):
    assert "Northamptonshire" in early
    assert "North Northamptonshire" not in early
    assert {"Bournemouth", "Poole"} <= set(early)
    codes = [area.code for area in early.values()]
    assert len(set(codes)) == len(codes)
    assert "North Northamptonshire" in profiles_at(panel, 2022)


def test_predecessors_are_shared_by_children_known_at_the_vintage(panel):
    table = ProfileTable(panel, years=ProfileYears.at(2022))
    halves = [panel.value(name, "population_0_17", 2022) for name in ("North Northamptonshire", "West Northamptonshire")]
    whole = panel.value("Northamptonshire", "referrals", 2020)
    assert table.panel.value("North Northamptonshire", "referrals", 2020) == pytest.approx(whole * halves[0] / sum(halves))


def test_stated_defaults_are_englands_first_figures():
    pd.testing.assert_frame_equal(pd.read_csv(DEFAULTS), defaults())


def test_a_panel_without_some_columns_takes_stated_defaults(panel):
    frame = panel.frame.drop(columns=["nfa_pct", "foster_places_filled", "sw_agency_pct"])
    table, _ = build_profiles(Panel(frame), 2022)
    rows = table.frame().set_index(["area", "quantity"])
    stated = pd.read_csv(DEFAULTS).set_index("measure")["value"]
    assert float(rows.loc[("Leeds", "nfa_share"), "value"]) == pytest.approx(stated["nfa_pct"] / 100, rel=1e-3)
    assert rows.loc[("Leeds", "nfa_share"), "status"] == "assumed"


def test_the_shipped_years_are_unchanged():
    assert (SHIPPED.last_year, SHIPPED.rate_years, SHIPPED.mix_years) == (2025, (2022, 2023, 2024), (2023, 2024))
    assert (SHIPPED.price_base, SHIPPED.rate_span, SHIPPED.last_workforce_year) == ("2024-25", "2022-2024", 2025)
