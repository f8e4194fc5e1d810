"""A team's shared attention against processor sharing: min(1, capacity / cases) has the number in system of M/M/c (ruling 16)."""

import pytest
from theory import HERE, YEAR, check, erlang_c, figure, in_system, interval, per_day, scenario

import carecurve as cc

pytestmark = pytest.mark.statistical

RUNS = 700


@pytest.fixture(scope="module")
def annual():
    return cc.run(HERE / "team.yaml", runs=RUNS, seed=1).annual.isel(area=0)


@pytest.fixture(scope="module")
def team() -> tuple[int, float]:
    """Return capacity and offered cases, as the files say; months are short beside a stay."""
    stay = scenario("team").pathway.mean_days("worked_on")
    assert stay >= 24 * YEAR / 12
    return int(figure("team", "work_in_hand")), per_day("team") * stay


def test_cases_worked_on_are_those_of_m_m_c(annual, team):
    capacity, offered = team
    found = interval(annual.sel(measure="work_in_hand").mean("year_ending"))
    check(found, in_system(capacity, offered), in_system(capacity, offered * 1.05))
    assert not found.holds(offered)  # nothing slowed
    assert not found.holds(in_system(capacity - 1, offered))


def test_months_above_capacity_are_erlangs_delay_times_use(annual, team):
    capacity, offered = team
    found = interval(annual.sel(measure="months_above_1").mean("year_ending") / 12)

    def above(offered: float) -> float:
        return erlang_c(capacity, offered) * offered / capacity  # more than c in M/M/c

    assert found.holds(above(offered)), f"{found}, theory {above(offered):.5g}"
    assert not found.holds(above(offered * 1.1))
    assert not found.holds(above(offered * 0.9))
