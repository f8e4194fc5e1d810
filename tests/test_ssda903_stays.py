"""Reading SSDA903 returns written by hand: which rows make one stay, and where it starts and ends."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from records_sample import STAY, balance, episode, header, told, write_returns

from calibration.care_records import CareRecords
from calibration.episodes import eighteenth_birthday
from calibration.ssda903 import read_ssda903

pytestmark = pytest.mark.e2e  # of files


@pytest.fixture
def read(tmp_path):
    """Return a function that reads returns of rows written by hand: a list of episodes is the return of the year ending March 2021."""

    def reader(episodes, headers=(), uasc=(), **options) -> CareRecords:
        years = episodes if isinstance(episodes, dict) else {2021: episodes}
        names = dict.fromkeys(row["CHILD"] for rows in years.values() for row in rows)
        given = {row["CHILD"] for row in headers}
        whole = [*headers, *(header(name) for name in names if name not in given and name)]
        return read_ssda903(write_returns(tmp_path / "returns", years, whole, list(uasc)), **options)

    return reader


def test_one_row_is_one_stay(read):
    found = read([episode()])
    assert told(found.stays, *STAY) == [("2020-06-01", "", "in_house_foster", "")]
    assert told(found.legal, "start", "end", "legal_status") == [("2020-06-01", "", "care_order")]
    assert (found.first, found.last) == (date(2020, 4, 1), date(2021, 3, 31))
    assert found.stays["start_known"].tolist() == [True]


def test_rows_of_two_returns_are_one_the_later_of_which_counts(read):
    found = read({2021: [episode()], 2022: [episode(place="K2", end="2021-09-01", rec="E4A")]})
    assert told(found.stays, *STAY) == [("2020-06-01", "2021-09-01", "authority_childrens_home", "reunified")]
    assert balance(found) == {"read": 2, "unaccounted": 0}


def test_of_two_rows_of_one_start_in_a_return_the_one_that_ends_last_counts(read):
    found = read([episode(end="2020-07-01", rec="E4A"), episode(end="2020-09-01", rec="E8"), episode("B"), episode("B", end="2020-08-01")])
    assert sorted(told(found.stays, "end", "ended_by")) == [("", ""), ("2020-09-01", "other_exit")]
    assert found.quality.changes["episodes", "of one child and start as another row of its return: the one that ends last used"] == 2
    assert balance(found) == {"read": 4, "unaccounted": 0}


def test_a_change_of_legal_status_alone_makes_no_stay(read):
    rows = [
        episode(end="2020-07-01", rec="X1", ls="C1"), episode(start="2020-07-01", rne="L", ls="C2", end="2020-08-01", rec="X1"),
        episode(start="2020-08-01", rne="P", ls="C2", place="U4", provider="PR4"),
    ]  # fmt: skip
    found = read(rows)
    assert told(found.stays, *STAY) == [("2020-06-01", "2020-08-01", "in_house_foster", "moved"), ("2020-08-01", "", "agency_foster", "")]
    expected = [("2020-06-01", "2020-07-01", "interim_care_order"), ("2020-07-01", "", "care_order")]
    assert told(found.legal, "start", "end", "legal_status") == expected
    assert balance(found) == {"read": 3, "unaccounted": 0}


def test_a_new_placement_of_the_same_kind_is_another_stay_and_the_same_carer_is_not(read):
    rows = [
        episode(end="2020-07-01", rec="X1"), episode(start="2020-07-01", rne="P", end="2020-08-01", rec="X1"),
        episode(start="2020-08-01", rne="T", place="U4"),
    ]  # fmt: skip
    assert told(read(rows).stays, "start", "end") == [("2020-06-01", "2020-07-01"), ("2020-07-01", "")]


def test_an_overlap_ends_where_the_next_begins(read):
    found = read([episode(end="2020-09-15", rec="E4A"), episode(start="2020-08-01", rne="P", place="K2")])
    assert told(found.stays, *STAY) == [
        ("2020-06-01", "2020-08-01", "in_house_foster", "moved"), ("2020-08-01", "", "authority_childrens_home", ""),
    ]  # fmt: skip
    assert found.quality.changes["episodes", "overlaps the child's next: ended where that begins"] == 1
    assert found.stays["period"].tolist() == [0, 0]


def test_a_gap_of_a_day_is_bridged_and_a_longer_one_is_two_periods(read):
    bridged = read([episode(end="2020-08-01", rec="X1"), episode(start="2020-08-02", rne="P", place="K2")])
    assert told(bridged.stays, "start", "end", "ended_by") == [("2020-06-01", "2020-08-02", "moved"), ("2020-08-02", "", "")]
    apart = read([episode(end="2020-08-01", rec="X1"), episode(start="2020-08-03", rne="P", place="K2")])
    assert told(apart.stays, "start", "end", "ended_by") == [("2020-06-01", "2020-08-01", "other_exit"), ("2020-08-03", "", "")]
    assert apart.stays["period"].nunique() == 2
    assert apart.quality.changes["episodes", "ends without a reason, and no row follows: counted as leaving care for another reason"] == 1


def test_care_that_ended_and_began_again_on_one_day_is_two_periods(read):
    found = read([episode(end="2020-08-01", rec="E4A"), episode(start="2020-08-01", place="K2")])
    assert told(found.stays, "ended_by") == [("reunified",), ("",)]
    assert found.stays["period"].nunique() == 2


def test_care_ends_at_the_18th_birthday(read):
    born = header(birth="2002-09-10")
    for row in (episode(), episode(end="2020-12-01", rec="E17"), episode(end="2020-09-10", rec="E17"), episode(end="2020-09-09", rec="E5")):
        found = read([row], [born])
        assert told(found.stays, "ended_by") == [("aged_out",)]
        assert found.stays["end"].max() <= pd.Timestamp("2020-09-10")
    early = read([episode(end="2020-08-01", rec="E17")], [born])
    assert told(early.stays, "end", "ended_by") == [("2020-08-01", "other_exit")]


def test_an_18th_birthday_of_29_february_is_1_march():
    births = np.array(["2004-02-29", "2003-05-31", "2004-03-01"], dtype="datetime64[s]")
    assert eighteenth_birthday(births).astype("datetime64[D]").astype(str).tolist() == ["2022-03-01", "2021-05-31", "2022-03-01"]


def test_a_child_born_on_29_february_leaves_on_1_march(read):
    found = read({2022: [episode()]}, [header(birth="2004-02-29")])
    assert told(found.stays, "end", "ended_by") == [("2022-03-01", "aged_out")]


def test_short_breaks_are_not_care(read):
    found = read([episode(), episode(child="B", ls="V4"), episode(child="C", ls="V3")])
    assert len(found.children) == 1
    assert found.quality.left_out == {("episodes", "short breaks (V3, V4), not counted as looked after"): 2}


def test_an_open_row_that_the_next_return_lost_ends_with_its_year(read):
    found = read({2021: [episode(), episode(child="B")], 2022: [episode()]})
    assert sorted(told(found.stays, "end", "ended_by")) == [("", ""), ("2021-03-31", "other_exit")]
    assert sum(rows for (_, what), rows in found.quality.changes.items() if what.startswith("open, and missing from the next return")) == 1


def test_an_open_row_whose_child_went_on_ends_where_that_does(read):
    found = read({2021: [episode()], 2022: [episode(start="2020-12-01", rne="P", place="K2")]})
    assert told(found.stays, *STAY)[0] == ("2020-06-01", "2020-12-01", "in_house_foster", "moved")


def test_when_care_began_is_known_by_the_first_row(read):
    found = read([episode(rne="P"), episode(child="B", rne="S"), episode(child="C", rne="")])
    assert sorted(found.stays["start_known"]) == [False, True, True]


@pytest.mark.parametrize("text", ["1/6/2020", "01/06/2020 00:00", "1/6/2020 00:00:00", "2020-06-01T00:00:00", "2020-06-01 00:00"])
def test_days_are_read_with_and_without_a_time(read, text):
    assert told(read([episode(start=text)]).stays, "start") == [("2020-06-01",)]


def test_codes_that_no_guide_knows_are_counted_and_the_rows_used(read):
    rows = [episode(place="K9"), episode("B", ls="Q7"), episode("C", place="Ann"), episode("D", place="SW1A 1AA"), episode("E", place="K3"),
            episode("F", provider="PR9"), episode("G", end="2020-08-01", rec="zoe"), episode("H", rne="ADAMS", place="")]  # fmt: skip
    found = read(rows)
    assert found.quality.unknown_codes == {
        ("PLACE", "K9"): 1, ("LS", "Q7"): 1, ("PLACE", "not a code"): 2, ("PLACE_PROVIDER", "PR9"): 1, ("REC", "not a code"): 1,
        ("RNE", "not a code"): 1,
    }  # fmt: skip
    assert len(found.stays) == 8
    assert found.stays["placement"].value_counts().to_dict() == {"other_placement": 4, "agency_foster": 1, "in_house_foster": 2,
                                                                 "supported_accommodation": 1}  # fmt: skip
    assert found.quality.changes["episodes", "placement missing or not known: counted as another placement"] == 4
    assert found.quality.changes["episodes", "legal status missing or not known: counted as section 20"] == 1


@pytest.mark.parametrize(("code", "placement"), [("K3", "supported_accommodation"), ("k2 ", "authority_childrens_home"), ("Z1", "other_placement")])
def test_codes_are_read_in_either_case(read, code, placement):
    assert told(read([episode(place=code)]).stays, "placement") == [(placement,)]


def test_siblings_are_those_who_came_from_one_home_within_a_week(read):
    rows = [
        episode("A", "2020-06-01", home="TQ1 1AA"), episode("B", "2020-06-05", home="tq1 1aa"), episode("C", "2020-07-05", home="TQ1 1AA"),
        episode("D", "2020-06-01", home="TQ2 2BB"), episode("E", "2020-06-01"), episode("F", "2020-06-01"),
    ]  # fmt: skip
    found = read(rows, [header(name, f"{2009 + n}-01-01") for n, name in enumerate("ABCDEF")])
    assert found.children["family"].tolist() == [0, 0, 1, 2, 3, 4]
    assert found.quality.changes["children", "linked to siblings in care"] == 2


def test_a_postcode_of_many_children_makes_no_siblings(read):
    found = read([episode(f"C{n}", home="TQ1 1AA") for n in range(9)])
    assert found.children["family"].nunique() == 9
    assert ("children", "linked to siblings in care") not in found.quality.changes


def test_stated_families_are_siblings(read):
    found = read([episode("A"), episode("B", "2020-12-01")], [header("A", FAMILY="7"), header("B", FAMILY="7")])
    assert found.children["family"].tolist() == [0, 0]


def test_an_empty_sex_is_kept_empty(read):
    found = read([episode("A"), episode("B")], [header("A", sex=""), header("B", sex="2")])
    assert sorted(found.children["sex"]) == ["", "2"]


def test_an_extract_within_the_year_ends_on_its_last_date(read):
    rows = [episode(f"C{n}", start=f"2020-0{4 + n % 3}-{1 + n:02d}") for n in range(20)]
    found = read(rows)
    assert found.last == date(2020, 6, 18)
    assert any("taken for an extract of that day" in note for note in found.quality.notes)


def test_a_quiet_spring_of_a_small_authority_is_no_extract(read):
    assert read([episode()]).last == date(2021, 3, 31)
    old = read({2021: [episode(start="2015-06-01")]})
    assert old.last == date(2021, 3, 31)


def test_planned_and_endless_ends_are_open(read):
    found = read([episode(end="31/12/9999"), episode("B", end="2021-08-01")])
    assert told(found.stays, "end", "ended_by") == [("", "")] * 2
    assert found.last == date(2021, 3, 31)


def test_years_between_returns_that_are_missing_are_told_and_not_covered(read):
    found = read({2017: [episode(start="2016-05-01")], 2020: [episode(start="2019-05-01")], 2021: [episode(start="2019-05-01")]})
    assert (found.first, found.last) == (date(2019, 4, 1), date(2021, 3, 31))
    assert any("no return of years ending in 2018 to 2019" in note for note in found.quality.notes)
