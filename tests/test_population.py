"""Children by age, authority and year: totals as published, cohorts that grow up, files that replace them."""

import numpy as np
import pytest

from calibration.panel import ENGLAND, PanelError, read_panel
from calibration.population import (
    COHORT_YEAR,
    aged_back,
    aged_on,
    england_ages,
    read_population,
    standard_ages,
)
from scenarios.areas import find_area
from tests.later_poisoned import forget, poison_files, poisoned_panel

pytestmark = pytest.mark.e2e  # whole shipped files are read, time and again


@pytest.fixture(scope="module")
def panel():
    return read_panel()


@pytest.fixture(scope="module")
def population(panel):
    return read_population(panel)


def test_totals_are_the_published_ones(population, panel):
    for area in ("Leeds", "Kent", ENGLAND):
        for year in (2014, 2020, 2025):
            assert population.total(area, year) == pytest.approx(panel.value(area, "population_0_17", year))


def test_projected_totals_are_those_of_the_shipped_profiles(population):
    for name in ("Leeds", "North Yorkshire", "Cumberland"):
        shipped = find_area(name)
        for year in (2026, 2030, 2036):
            assert population.total(name, year) == pytest.approx(shipped.value("population_0_17", year), rel=1e-6)


def test_cohorts_grow_up_and_births_are_held():
    ages = np.arange(1.0, 19.0)
    assert aged_on(ages, 3).tolist() == [1, 1, 1, *ages[:15]]
    back = aged_back(ages, COHORT_YEAR, 3)
    assert back[:15].tolist() == ages[3:].tolist()
    assert (back[15:] > 0).all()


def test_those_since_grown_up_follow_births():
    by_age = england_ages()
    back = aged_back(by_age, COHORT_YEAR, 5)
    shape = standard_ages(COHORT_YEAR - 5, 2022)
    assert back[13:] / back[12] == pytest.approx(shape[13:] / shape[12])


def test_births_say_englands_ages_of_mid_2022_within_five_per_cent():
    counted = england_ages() / england_ages().sum()
    assert standard_ages(COHORT_YEAR, 2021) == pytest.approx(counted, rel=0.046)
    assert standard_ages(COHORT_YEAR, 2021)[:17] == pytest.approx(counted[:17], rel=0.025)


def test_own_ages_are_those_counted_whatever_the_code_or_name(population):
    assert set(population.status.values()) == {"derived"}
    cumbria = read_population(read_panel(), 2023)
    assert cumbria.status["Cumbria"] == cumbria.status["North Yorkshire"] == "derived"
    together = population.base_ages["Cumberland"] + population.base_ages["Westmorland and Furness"]
    assert cumbria.base_ages["Cumbria"].tolist() == together.tolist()


@pytest.mark.parametrize("vintage", [2016, 2020, 2022])
def test_before_2023_no_ages_of_authorities_are_read(panel, monkeypatch, vintage):
    honest = read_population(panel, vintage)
    poison_files(monkeypatch, vintage)
    poisoned = read_population(poisoned_panel(panel, vintage), vintage)
    monkeypatch.undo()
    forget()
    for area in ("Leeds", "Kent", ENGLAND):
        for year in (2014, vintage, vintage + 5):
            assert poisoned.ages(area, year).tolist() == honest.ages(area, year).tolist()
    assert set(honest.status.values()) == {"assumed"}
    leeds, england = (honest.ages(area, vintage) / honest.total(area, vintage) for area in ("Leeds", ENGLAND))
    assert leeds == pytest.approx(england)


def projection(column: str, first: int, place: str = "ons_code", value: str = "E08000035") -> str:
    rows = [f"{value},{year},{age},{100 * age + year}" for year in (first, first + 1) for age in range(18)]
    return "\n".join([f"{place},{column},age,persons", *rows, f"{value},{first},18,7"])


@pytest.mark.parametrize(("column", "first"), [("mid_year", 2025), ("year_ending", 2026)])
def test_a_projection_replaces_later_years(panel, population, write, column, first):
    path = write(projection(column, first), "projection.csv")
    found = read_population(panel, projection=path)
    assert found.ages("Leeds", 2026).tolist() == [100 * age + first for age in range(18)]
    assert found.ages("Leeds", 2027)[3] == 300 + first + 1
    assert found.ages("Leeds", 2025) == pytest.approx(population.ages("Leeds", 2025))
    assert found.ages("Kent", 2026) == pytest.approx(population.ages("Kent", 2026))


def test_a_projection_may_name_authorities(panel, write):
    path = write(projection("mid_year", 2025, "name", "Leeds"), "projection.csv")
    assert read_population(panel, projection=path).total("Leeds", 2026) == sum(100 * age + 2025 for age in range(18))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("ons_code,year,age,persons\nE08000035,2025,1,2\n", "mid_year and year_ending"),
        ("mid_year,age\n2025,1\n", "missing column persons"),
        ("ons_code,mid_year,age,persons\nE08000035,2025,1,2\n", "ages 0 to 17 are needed"),
        ("ons_code,mid_year,age,persons\nE08000035,2025,1,many\n", "persons 'many'"),
        ("ons_code,mid_year,age,persons\nW06000001,2025,1,2\n", "no authority of the panel"),
    ],
)
def test_bad_projections_are_refused_with_their_fault(panel, write, text, fault):
    with pytest.raises(PanelError, match=fault):
        read_population(panel, projection=write(text, "projection.csv"))


def test_a_frame_has_a_row_for_each_age(population):
    frame = population.frame(2024, 2026)
    assert len(frame) == 135 * 3 * 18
    leeds = frame[(frame.area == "Leeds") & (frame.year_ending == 2025)]
    assert leeds.persons.sum() == pytest.approx(population.total("Leeds", 2025))
