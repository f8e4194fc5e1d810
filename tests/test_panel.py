"""Panels: real facts of the one shipped, borrowing order, vintage, and bad files."""

import numpy as np
import pandas as pd
import pytest

from calibration.panel import PANEL_FILE, Panel, PanelError, read_panel

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def panel() -> Panel:
    return read_panel()


def test_the_shipped_panel_has_134_authorities_in_2025(panel):
    assert len(panel.authorities) == 134
    assert panel.authorities["ons_code"].is_unique
    assert panel.authorities["la_code"].is_unique


def test_the_panel_holds_about_85_per_cent_of_england(panel):
    assert panel.coverage("cla_at31", 2025) == pytest.approx(0.85, abs=0.01)
    assert panel.coverage("population_0_17", 2025) == pytest.approx(0.86, abs=0.01)
    assert panel.coverage("referrals", 2025) == pytest.approx(0.855, abs=0.01)


def test_regions_add_up_to_england(panel):
    regions = panel.frame[(panel.frame.level == "region") & (panel.frame.year_ending == 2025)]
    # London is the sum of its halves and must not be counted twice (ruling 30).
    regions = regions[~regions["name"].isin(["Inner London", "Outer London"])]
    assert regions["cla_at31"].sum() == pytest.approx(panel.value("England", "cla_at31", 2025), rel=0.002)
    assert regions["referrals"].sum() == pytest.approx(panel.value("England", "referrals", 2025), rel=0.002)


def test_case_holders_are_cases_over_caseload_not_a_share_of_fte(panel):
    england = {m: panel.value("England", m, 2025) for m in
               ("cases_held", "cases_per_social_worker", "social_workers_fte", "sw_caseholder_pct")}  # fmt: skip
    holders = england["cases_held"] / england["cases_per_social_worker"]
    assert holders == pytest.approx(21_162, abs=5)
    assert england["social_workers_fte"] * england["sw_caseholder_pct"] / 100 == pytest.approx(14_511, abs=5)


def test_own_cell_then_own_earlier_year(panel):
    assert panel.cell("Kent", "cla_at31", 2025).basis == "own"
    # No authority publishes assessment durations for 2025.
    borrowed = panel.cell("Kent", "assessment_median_wd", 2025)
    assert (borrowed.basis, borrowed.year_ending) == ("own-earlier-year", 2024)


def toy(rows: list[dict]) -> Panel:
    keys = {"level": "local_authority", "region": "Inner London", "ons_code": "E1", "la_code": "1"}
    return Panel(pd.DataFrame([keys | row for row in rows]))


def test_borrowing_goes_region_then_london_then_england():
    rows = [
        {"name": "Camden", "year_ending": 2024, "a": np.nan, "b": np.nan, "c": np.nan, "d": np.nan},
        {"name": "Inner London", "level": "region", "year_ending": 2023, "a": 1.0, "b": np.nan, "c": np.nan},
        {"name": "London", "level": "region", "region": "London", "year_ending": 2024, "a": 2.0, "b": 2.0, "c": np.nan},
        {"name": "England", "level": "national", "region": None, "year_ending": 2024, "a": 3.0, "b": 3.0, "c": 3.0},
    ]
    panel = toy(rows)
    found = {m: panel.cell("Camden", m, 2024) for m in "abcd"}
    assert [found[m] and (found[m].value, found[m].basis) for m in "abcd"] == [
        (1.0, "region"), (2.0, "london"), (3.0, "england"), None]  # fmt: skip
    assert found["a"].year_ending == 2023
    assert panel.cell("Camden", "a", 2024, own_only=True) is None


def test_nothing_later_than_the_year_asked_for_is_read(panel):
    poisoned = panel.frame.copy()
    figures = panel.measures
    poisoned.loc[poisoned.year_ending > 2020, figures] = -1e12
    poisoned = Panel(poisoned)
    names = ["Kent", "Camden", "Cumberland", "Isles of Scilly", "South East", "England"]
    for name in names:
        for measure in figures:
            assert poisoned.cell(name, measure, 2020) == panel.cell(name, measure, 2020)


def test_a_vintage_is_the_same_as_a_file_that_ends_there(panel):
    early = read_panel(vintage=2020)
    assert early.frame.year_ending.max() == 2020
    assert early.cell("Kent", "cla_at31", 2025) == panel.at_vintage(2020).cell("Kent", "cla_at31", 2025)
    assert early.cell("Kent", "cla_at31", 2025).year_ending == 2020


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "not a CSV file"),
        ("name,year_ending\nKent,2025\n", "missing columns level, region, ons_code, la_code"),
        ("level,region,name,ons_code,la_code,year_ending,x\n", "no rows"),
        ("level,region,name,ons_code,la_code,year_ending,x\nborough,R,N,E,1,2025,1\n", "level 'borough'"),
        ("level,region,name,ons_code,la_code,year_ending,x\nregion,R,N,E,1,25,1\n", "line 2: year_ending 25"),
        ("level,region,name,ons_code,la_code,year_ending,x\nregion,R,N,E,1,2025,c\n", "line 2: x is 'c'"),
        ("level,region,name,ons_code,la_code,year_ending,x\nregion,R,N,E,1,2025,-3\n", "at least 0"),
        ("level,region,name,ons_code,la_code,year_ending,x\n" + "region,R,N,E,1,2025,1\n" * 2, "a second row for N"),
    ],
)
def test_bad_files_are_refused_with_their_fault(tmp_path, text, expected):
    path = tmp_path / "panel.csv"
    path.write_text(text)
    with pytest.raises(PanelError, match=expected):
        read_panel(path)


def test_missing_and_binary_files_are_refused(tmp_path):
    with pytest.raises(PanelError, match="no such file"):
        read_panel(tmp_path / "absent.csv")
    binary = tmp_path / "binary.csv"
    binary.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(PanelError):
        read_panel(binary)


def test_all_faults_come_at_once(tmp_path):
    path = tmp_path / "panel.csv"
    path.write_text("level,region,name,ons_code,la_code,year_ending,x\nborough,R,N,E,1,20,-1\n")
    with pytest.raises(PanelError) as caught:
        read_panel(path)
    assert str(caught.value).count("\n") == 2


def test_an_unknown_column_is_named(panel):
    with pytest.raises(PanelError, match="no column 'cla'"):
        panel.value("Kent", "cla", 2025)


def test_every_data_file_is_rectangular():
    for path in PANEL_FILE.parent.glob("*.csv"):
        assert len(pd.read_csv(path)) > 0
