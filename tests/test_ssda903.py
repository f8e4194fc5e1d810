"""Reading SSDA903 returns: the same records from every layout, children in care as they truly were, and every row used, joined or left out once."""

import shutil
import zipfile
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from records_sample import EPISODE, HEADER, RETURNS, SAMPLE, by_years, episode, header, told, write_returns, write_rows

from calibration.care_records import CareRecords
from calibration.episodes import eighteenth_birthday
from calibration.markov import AGE_BINS, AGE_BINS_YEARS
from calibration.record_errors import RecordsError
from calibration.ssda903 import read_ssda903

pytestmark = pytest.mark.e2e  # of files

STAY = ("start", "end", "placement", "ended_by")
TRUE_CATEGORIES = {"U": "FOSTERING", "K2": "RESIDENTIAL", "R1": "RESIDENTIAL", "H5": "SUPPORTED", "P2": "SUPPORTED"}  # of the truth's own; else OTHER
TRUE_AGES = dict(zip(("BIRTH_TO_ONE", "ONE_TO_FIVE", "FIVE_TO_TEN", "TEN_TO_SIXTEEN", "SIXTEEN_TO_EIGHTEEN"), AGE_BINS, strict=True))


@pytest.fixture(scope="module")
def sample() -> CareRecords:
    return read_ssda903(RETURNS)


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


def same(one: CareRecords, other: CareRecords) -> bool:
    """Whether two imports hold the same (but for pseudonyms, which are of an import)."""
    for name in ("stays", "legal"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    pd.testing.assert_frame_equal(one.children.drop(columns="pseudonym"), other.children.drop(columns="pseudonym"))
    return (one.first, one.last) == (other.first, other.last)


def balance(records: CareRecords) -> dict[str, int]:
    """Rows of episodes: those read, and those read less left out, merged with another of one start, joined to the row before, and stays."""
    quality = records.quality
    of = {what: rows for (table, what), rows in quality.changes.items() if table == "episodes"}
    merged = sum(rows for what, rows in of.items() if what.startswith(("submitted again", "of one child and start")))
    joined = sum(rows for what, rows in of.items() if "joined to the row before" in what)
    left = sum(rows for (table, _), rows in quality.left_out.items() if table == "episodes")
    return {"read": quality.read["episodes"], "unaccounted": quality.read["episodes"] - left - merged - joined - len(records.stays)}


# The sample ------------------------------------------------------------------------------------------------------------------------------------


def test_both_layouts_are_the_same_records(sample, tmp_path):
    assert same(sample, read_ssda903(by_years(tmp_path / "years")))


def test_a_zip_is_its_folder(sample, tmp_path):
    path = tmp_path / "returns.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(by_years(tmp_path / "years").rglob("*.csv")):
            archive.write(file, file.relative_to(tmp_path / "years"))
    assert same(sample, read_ssda903(path))


@pytest.fixture
def last_years() -> dict[str, pd.DataFrame]:
    """The tables of the sample's last two returns."""
    tables = {name: pd.read_csv(RETURNS / f"{name}.csv", dtype=str, keep_default_na=False) for name in ("episodes", "header", "uasc")}
    return {name: table[table["YEAR"] >= "2021"] for name, table in tables.items()}


@pytest.fixture
def of_last_years(last_years, tmp_path) -> CareRecords:
    for name, table in last_years.items():
        (tmp_path / "csv").mkdir(exist_ok=True)
        table.to_csv(tmp_path / "csv" / f"{name}.csv", index=False)
    return read_ssda903(tmp_path / "csv")


def test_one_workbook_of_all_tables_is_the_folder(last_years, of_last_years, tmp_path):
    book = openpyxl.Workbook(write_only=True)
    for name, table in last_years.items():
        sheet = book.create_sheet(name)
        sheet.append(list(table.columns))
        dates = [column in ("DECOM", "DEC", "DOB") for column in table.columns]  # cells that are days, not text
        for row in table.itertuples(index=False, name=None):
            sheet.append([date.fromisoformat(cell) if day and cell else cell or None for cell, day in zip(row, dates, strict=True)])
    book.save(tmp_path / "returns.xlsx")
    assert same(of_last_years, read_ssda903(tmp_path / "returns.xlsx"))


def test_xml_of_each_year_is_the_folder(last_years, of_last_years, tmp_path):
    rows, foreign = defaultdict(str), set(last_years["uasc"]["CHILD"])
    fields = {"DECOM": "DECOM", "RNE": "RNE", "LS": "LS", "PLACE": "PL", "PLACE_PROVIDER": "PLACE_PROVIDER", "DEC": "DEC", "REC": "REC",
              "HOME_POST": "HOME_POST"}  # fmt: skip
    for row in last_years["episodes"].to_dict("records"):
        rows[row["YEAR"], row["CHILD"]] += "<EPISODE>" + "".join(f"<{tag}>{row[name]}</{tag}>" for name, tag in fields.items()) + "</EPISODE>"
    (tmp_path / "xml").mkdir()
    for year in ("2021", "2022"):
        parts = [
            f"<CHILD><HEADER><CHILDID>{one['CHILD']}</CHILDID><SEX>{one['SEX']}</SEX><DOB>{one['DOB']}</DOB>"
            f"<UASC>{int(one['CHILD'] in foreign)}</UASC></HEADER>{rows[year, one['CHILD']]}</CHILD>"
            for one in last_years["header"].to_dict("records")
            if one["YEAR"] == year
        ]
        text = f'<?xml version="1.0" encoding="UTF-8"?><EXPSSDA903>{"".join(parts)}</EXPSSDA903>'
        (tmp_path / "xml" / f"ssda903_{year}.xml").write_text(text, encoding="utf-8")
    assert same(of_last_years, read_ssda903(tmp_path / "xml"))


def test_a_single_file_of_a_return_lacks_the_other_table(tmp_path):
    shutil.copy(RETURNS / "episodes.csv", tmp_path)
    with pytest.raises(RecordsError, match="holds no table of headers: expected one with columns CHILD, DOB, SEX"):
        read_ssda903(tmp_path / "episodes.csv")
    shutil.copy(RETURNS / "header.csv", tmp_path / "header.csv")
    (tmp_path / "episodes.csv").unlink()
    with pytest.raises(RecordsError, match="holds no table of episodes"):
        read_ssda903(tmp_path)


def test_children_in_care_are_the_true_ones_at_the_end_of_every_month_covered(sample):
    truth = pd.read_csv(SAMPLE / "true_stock_monthly.csv", parse_dates=["date"])
    truth["age_bin"] = truth["age_bin"].map(TRUE_AGES)
    assert truth["age_bin"].notna().all()
    stays = sample.stays
    born = sample.children["birth"].to_numpy()[stays["child"]]
    category = stays["code"].map(lambda code: TRUE_CATEGORIES.get(code) or TRUE_CATEGORIES.get(code[0], "OTHER")).to_numpy()
    born = born.astype("datetime64[s]")
    covered = [day for day in truth["date"].unique() if pd.Timestamp(sample.first) <= day <= pd.Timestamp(sample.last)]
    assert len(covered) == 72
    for day in covered:
        here = ((stays["start"] <= day) & ~(stays["end"] <= day)).to_numpy()
        assert stays.loc[here, "child"].is_unique
        years = (np.datetime64(day) - born) / np.timedelta64(1, "D") / 365.25
        band = np.array(AGE_BINS, dtype=object)[np.maximum(np.searchsorted(AGE_BINS_YEARS, years, side="right") - 1, 0)]
        counted = pd.Series(1, index=pd.MultiIndex.from_arrays([band[here], category[here]])).groupby(level=[0, 1]).sum().to_dict()
        rows = truth[(truth["date"] == day) & (truth["children"] > 0)]
        assert counted == rows.set_index(["age_bin", "category"])["children"].to_dict(), day


def test_every_row_of_the_sample_is_accounted_for(sample):
    assert balance(sample) == {"read": 3105, "unaccounted": 0}
    assert not sample.quality.left_out
    assert not sample.quality.unknown_codes
    assert sample.children["unaccompanied"].sum() == 1


# What happens to rows ----------------------------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("row", "born", "reason"),
    [
        (episode(child=""), header(), "no identifier of a child"),
        (episode(child="B"), header("C"), "no header with a date of birth"),
        (episode(child="B"), header("B", birth=""), "no header with a date of birth"),
        (episode(child="B"), header("B", birth="31/02/2010"), "no header with a date of birth"),
        (episode(child="B", start="soon"), header("B"), "start cannot be read"),
        (episode(child="B", start="2020-02-30"), header("B"), "start cannot be read"),
        (episode(child="B", start=""), header("B"), "no start"),
        (episode(child="B", end="01/13/2020"), header("B"), "end cannot be read"),
        (episode(child="B", end="2020-05-31"), header("B"), "ends before it starts"),
        (episode(child="B", start="2021-04-01"), header("B"), "starts after its return's year"),
        (episode(child="B", start="2010-05-04"), header("B"), "starts before birth"),
        (episode(child="B"), header("B", birth="2002-06-01"), "starts at 18 or over"),
        (episode(child="B", ls="V3"), header("B"), "short breaks (V3, V4), not counted as looked after"),
    ],
)
def test_rows_that_cannot_be_used_are_counted_once_by_reason(tmp_path, row, born, reason):
    found = read_ssda903(write_returns(tmp_path / "returns", {2021: [episode(YEAR="2021"), {**row, "YEAR": "2021"}]}, [header(), born]))
    assert {what: rows for (table, what), rows in found.quality.left_out.items() if table == "episodes"} == {reason: 1}
    assert balance(found) == {"read": 2, "unaccounted": 0}
    assert len(found.children) == 1


def test_rows_with_several_faults_are_counted_once(tmp_path):
    row = episode(child="", start="soon", end="never", ls="V4")
    found = read_ssda903(write_returns(tmp_path / "returns", {2021: [episode(), row, row]}, [header()]))
    assert sum(found.quality.left_out.values()) == 2


def test_headers_are_counted_once_by_reason(tmp_path):
    headers = [header(), header(child=""), header(child="", birth=""), header("B", birth="2010"), header("C", birth="")]
    found = read_ssda903(write_returns(tmp_path / "returns", {2021: [episode()]}, headers, [{"CHILD": "", "SEX": "1"}, {"CHILD": "A"}]))
    assert found.quality.left_out == {
        ("header", "no identifier of a child"): 2, ("header", "date of birth cannot be read"): 1, ("header", "no date of birth"): 1,
        ("unaccompanied", "no identifier of a child"): 1,
    }  # fmt: skip
    assert found.children["unaccompanied"].tolist() == [True]


def test_a_date_of_birth_that_changes_is_the_latest(tmp_path):
    folder = write_returns(tmp_path / "returns", {2021: [episode()], 2022: [episode()]}, [header()])
    write_rows(folder / "2022" / "header.csv", HEADER, [header(birth="2010-06-06")])
    found = read_ssda903(folder)
    assert told(found.children, "birth") == [("2010-06-06",)]
    assert found.quality.changes["header", "date of birth differs between returns: the latest used"] == 1


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


def test_twins_are_in_an_order_of_what_happened_to_them(tmp_path):
    """Alike in birth, sex and start; the order of rows, and of identifiers, is turned round: the records are the same."""

    def twin(name, place):
        return [episode(name, end="2020-09-01", rec="X1"), episode(name, "2020-09-01", rne="P", place=place)]

    one = read_ssda903(write_returns(tmp_path / "one", {2021: [*twin("A", "K2"), *twin("B", "U4")]}, [header("A"), header("B")]))
    other = read_ssda903(write_returns(tmp_path / "other", {2021: [*twin("A", "U4"), *twin("B", "K2")]}, [header("B"), header("A")]))
    assert same(one, other)
    assert len(one.stays) == 4


def test_an_empty_sex_is_kept_empty(read):
    found = read([episode("A"), episode("B")], [header("A", sex=""), header("B", sex="2")])
    assert sorted(found.children["sex"]) == ["", "2"]


# Which returns they are ---------------------------------------------------------------------------------------------------------------------------


def test_several_authorities_need_a_choice(tmp_path):
    rows = [episode(LA="Torbay", YEAR="2021"), episode("B", LA="TORBAY", YEAR="2021"), episode("C", LA="QX900417 Jo", YEAR="2021")]
    write_rows(tmp_path / "episodes.csv", EPISODE, rows)
    write_rows(tmp_path / "header.csv", HEADER, [header(name, LA="Torbay", YEAR="2021") for name in "ABC"])
    with pytest.raises(RecordsError, match="2 authorities") as refused:
        read_ssda903(tmp_path)
    assert "Torbay" in str(refused.value)
    assert "QX900417" not in str(refused.value)
    with pytest.raises(RecordsError, match="holds no rows of 'Testshire'"):
        read_ssda903(tmp_path, "Testshire")
    found = read_ssda903(tmp_path, "torbay")
    assert len(found.children) == 2
    assert found.quality.left_out == {("episodes", "of another authority"): 1}
    assert balance(found) == {"read": 3, "unaccounted": 0}


def test_a_child_in_two_authorities_is_read_of_the_one_asked_for(tmp_path):
    rows = [episode(end="2020-09-01", rec="E3", LA="Torbay", YEAR="2021"), episode(start="2020-09-01", LA="Plymouth", YEAR="2021")]
    write_rows(tmp_path / "episodes.csv", EPISODE, rows)
    write_rows(tmp_path / "header.csv", HEADER, [header(LA=name, YEAR="2021") for name in ("Torbay", "Plymouth")])
    assert told(read_ssda903(tmp_path, "Torbay").stays, "end", "ended_by") == [("2020-09-01", "moved_area")]
    assert told(read_ssda903(tmp_path, "Plymouth").stays, "start", "ended_by") == [("2020-09-01", "")]


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


def test_the_year_of_a_return_without_a_name_is_that_of_its_last_start(tmp_path):
    write_rows(tmp_path / "episodes.csv", EPISODE, [episode(start="2020-06-01")])
    write_rows(tmp_path / "header.csv", HEADER, [header()])
    assert read_ssda903(tmp_path).last == date(2021, 3, 31)


def test_a_year_in_the_name_that_is_not_the_returns_is_told(tmp_path):
    write_rows(tmp_path / "episodes 2020.csv", EPISODE, [episode(start="2020-06-01")])
    write_rows(tmp_path / "header 2020.csv", HEADER, [header()])
    found = read_ssda903(tmp_path)
    assert found.last == date(2021, 3, 31)
    assert any("taken for the return of the year that ends in 2021" in note for note in found.quality.notes)


def test_a_column_year_that_states_none_is_told(tmp_path):
    rows = [episode(YEAR="2021"), episode("B", YEAR="20/21"), episode("C", YEAR="0"), episode("D", YEAR="")]
    write_rows(tmp_path / "episodes.csv", EPISODE, rows)
    write_rows(tmp_path / "header.csv", HEADER, [header(name, YEAR="2021") for name in "ABCD"])
    found = read_ssda903(tmp_path)
    assert len(found.children) == 4
    assert (found.first, found.last) == (date(2020, 4, 1), date(2021, 3, 31))
    assert found.quality.changes["episodes", "its column YEAR states no year: taken for that of the table's last start"] == 3


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([episode(ls="V3")], "holds no episode that can be used; the reasons: episodes, short breaks"),
        ([episode(child="Nobody")], "no header with a date of birth: 1"),
        ([episode(start="whenever")], "no episode that can be used; the reasons: episodes, start cannot be read: 1"),
        ([episode(start="")], "no start: 1"),
    ],
)
def test_returns_of_which_no_row_can_be_used_are_refused(tmp_path, rows, message):
    with pytest.raises(RecordsError, match=message):
        read_ssda903(write_returns(tmp_path / "returns", {2021: rows}, [header()]))


def test_returns_without_a_day_are_refused(tmp_path):
    write_rows(tmp_path / "episodes.csv", EPISODE, [episode(start="whenever")])
    write_rows(tmp_path / "header.csv", HEADER, [header()])
    with pytest.raises(RecordsError, match="holds no episode whose start can be read"):
        read_ssda903(tmp_path)


def test_other_tables_of_the_return_are_told_and_not_used(tmp_path):
    folder = write_returns(tmp_path / "returns", {2021: [episode()]}, [header()])
    write_rows(folder / "2021" / "reviews.csv", ("CHILD", "DOB", "REVIEW"), [{"CHILD": "A", "DOB": "2010-05-05", "REVIEW": "2020-09-01"}])
    write_rows(folder / "2021" / "notes.csv", ("SUBJECT", "TEXT"), [{"SUBJECT": "x", "TEXT": "y"}])
    notes = read_ssda903(folder).quality.notes
    assert any("reviews.csv: not used (1 to 5 rows): a table of the return that says nothing of placements" in note for note in notes)
    assert any("notes.csv: not used (1 to 5 rows): no column CHILD" in note for note in notes)


def test_messages_never_repeat_a_cell(tmp_path):
    folder = write_returns(tmp_path / "returns", {2021: [dict.fromkeys(EPISODE, "QX900417")]}, [header(), dict.fromkeys(HEADER, "QX900417")])
    with pytest.raises(RecordsError) as refused:
        read_ssda903(folder)
    assert "QX900417" not in str(refused.value)


def test_counts_and_notes_never_repeat_a_cell(tmp_path):
    rows = [episode(), dict.fromkeys(EPISODE, "QX900417"), episode(ls="QX900417", place="QX900417", rne="QX900417")]
    quality = read_ssda903(write_returns(tmp_path / "returns", {2021: rows}, [header(), dict.fromkeys(HEADER, "QX900417")])).quality
    assert "QX900417" not in repr(quality)
    assert quality.unknown_codes["PLACE", "not a code"] == 2


def test_pseudonyms_are_of_an_import(sample):
    again = read_ssda903(RETURNS)
    assert sample.children["pseudonym"].is_unique
    assert not set(sample.children["pseudonym"]) & set(again.children["pseudonym"])
    assert not set(sample.children["pseudonym"]) & set(pd.read_csv(RETURNS / "header.csv", dtype=str)["CHILD"])


def test_a_path_that_is_not_there_is_told(tmp_path):
    with pytest.raises(RecordsError, match="there is no such file or folder"):
        read_ssda903(Path(tmp_path / "nothing"))
