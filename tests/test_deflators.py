"""GDP deflators: the shipped table, a user's in its place, what it moves, and its faults at their lines."""

import numpy as np
import pytest
from experiment_sample import compiled_and_tally, results

from scenarios.deflators import DeflatorError, Deflators, read_deflators, shipped_deflators
from scenarios.loading import load
from sim.cost_lines import assumption
from sim.costing import Costing, unmodelled

pytestmark = pytest.mark.unit

ROWS = [f"{year - 1}-{year % 100:02d},{70 + 5 * (year - 2018)},HM Treasury,published" for year in range(2018, 2027)]


def table(write, *rows, header="year,index,source,status"):
    """Write a table of deflators."""
    return write("\n".join([header, *rows]) + "\n", "deflators.csv")


def test_the_shipped_table_is_assumed_and_says_so():
    shipped = shipped_deflators()
    assert {status for _, status in shipped.sources.values()} == {"assumed"}
    assert all(source for source, _ in shipped.sources.values())
    assert shipped.factor(2024, 2025) == pytest.approx(1.039, abs=1e-7)
    assert shipped.factor(2018, 2025) == pytest.approx(1.28)
    assert shipped.factor(2025, 2027, 0.02) == pytest.approx(1.02**2)
    assert shipped.factor(2025, 2018) * shipped.factor(2018, 2025) == pytest.approx(1.0)
    assert (np.diff(list(shipped.index.values())) > 0).all()


def test_a_users_table_is_read_and_years_it_lacks_move_by_general_inflation(write):
    found = read_deflators(table(write, *ROWS, "", header="\ufeffyear,index,source,status"))
    assert found.index[2018] == 70
    assert found.factor(2025, 2026) == pytest.approx(110 / 105)
    assert found.factor(2025, 2028, 0.03) == pytest.approx(110 / 105 * 1.03**2)
    assert found.factor(2016, 2018, 0.03) == pytest.approx(1.03**2)
    assert Deflators.from_told(found.told()).index == found.index
    assert read_deflators(found) is found


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["2024-26,100,x,assumed"], "2: year: is '2024-26', expected a financial year such as 2024-25"),
        ([*ROWS, ROWS[0]], "11: year: 2017-18 is there twice"),
        (["2024-25,-3,x,assumed"], "2: index: is '-3', expected a number above 0"),
        (["2024-25,nan,x,assumed"], "2: index: is 'nan'"),
        (["2024-25,high,x,assumed"], "2: index: is 'high'"),
        (["2024-25,100,,assumed"], "2: source: is empty"),
        (["2024-25,100,x,guessed"], "2: status: is 'guessed', expected one of published, derived, assumed"),
        (["2024-25,100,x"], "2: has not as many cells"),
        (ROWS[:3] + ROWS[4:], "no index of 2020-21; expected every year from 2017-18 to 2025-26"),
        (ROWS[2:], "no index of 2017-18, 2018-19"),
        ([], "expected every year"),
    ],
)
def test_faults_of_a_table_are_named_with_file_and_line(write, rows, message):
    path = table(write, *rows)
    with pytest.raises(DeflatorError) as fault:
        read_deflators(path)
    assert message in str(fault.value)
    assert str(fault.value).startswith(str(path))


def test_a_table_lists_all_its_faults_and_its_columns_nearest_names(write, tmp_path):
    with pytest.raises(DeflatorError) as fault:
        read_deflators(table(write, "2024,100,x,assumed", "2025-26,0,x,assumed"))
    assert [line.split(":")[1] for line in str(fault.value).splitlines()] == ["2", "3"]
    with pytest.raises(DeflatorError, match=r"unknown column 'indx'.*did you mean 'index'"):
        read_deflators(table(write, *ROWS, header="year,indx,source,status"))
    with pytest.raises(DeflatorError, match="cannot be read"):
        read_deflators(tmp_path / "none.csv")
    with pytest.raises(DeflatorError, match="is missing"):
        read_deflators(write("", "empty.csv"))


def test_nominal_series_follow_the_runs_table_and_then_general_inflation():
    one = results()
    assert one.nominal_factors([2025, 2027]) == pytest.approx([1.0, 1.02**2])
    one.metadata["deflators"] = Deflators({2024: 90.0, 2025: 100.0, 2026: 130.0}, "mine.csv").told()
    assert one.nominal_factors([2024, 2025, 2026, 2028]) == pytest.approx([0.9, 1.0, 1.3, 1.3 * 1.02**2])
    cash = one.nominal().sel(year_ending=2026) / one.costs.sel(year_ending=2026)
    assert float(cash.mean()) == pytest.approx(1.3)


def test_older_prices_follow_a_scenarios_table():
    """The court's price of 2017-18, and the outturn of 2023-24, which no longer moves by 3.9 % but by 50 %."""
    compiled, tally, drawn = compiled_and_tally()
    tally.entered[...] = 2
    steep = Deflators({year: 1.0 for year in range(2018, 2025)} | {2025: 1.5}, "steep.csv")
    plain = unmodelled(compiled.figures[0])
    assert unmodelled(compiled.figures[0], steep) > 1.3 * plain > 0
    dear = Costing(tally, compiled, drawn)
    object.__setattr__(dear, "scenario", compiled.scenario.with_deflators(steep))
    counted = dear.counts.entered_units("care_proceedings")
    assert (counted == 2).all()
    assert dear.by_month()["courts"] == pytest.approx(counted * assumption("court_gbp_per_proceedings") * 1.5)


def test_another_table_is_another_result_with_the_same_past():
    scenario = load("baseline")
    steep = scenario.with_deflators(Deflators(dict(shipped_deflators().index) | {2025: 150.0}, "steep.csv"))
    assert steep.hash != scenario.hash
    assert steep.history_hash == scenario.history_hash
    assert scenario.with_deflators(shipped_deflators()).hash == scenario.hash
