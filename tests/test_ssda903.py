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
from records_sample import EPISODE, HEADER, RETURNS, SAMPLE, balance, by_years, episode, header, told, write_returns, write_rows

from calibration.care_records import CareRecords
from calibration.markov import AGE_BINS, AGE_BINS_YEARS
from calibration.record_errors import RecordsError
from calibration.ssda903 import read_ssda903

pytestmark = pytest.mark.e2e  # of files

TRUE_CATEGORIES = {"U": "FOSTERING", "K2": "RESIDENTIAL", "R1": "RESIDENTIAL", "H5": "SUPPORTED", "P2": "SUPPORTED"}  # of the truth's own; else OTHER
TRUE_AGES = dict(zip(("BIRTH_TO_ONE", "ONE_TO_FIVE", "FIVE_TO_TEN", "TEN_TO_SIXTEEN", "SIXTEEN_TO_EIGHTEEN"), AGE_BINS, strict=True))


@pytest.fixture(scope="module")
def sample() -> CareRecords:
    return read_ssda903(RETURNS)


def same(one: CareRecords, other: CareRecords) -> bool:
    """Whether two imports hold the same (but for pseudonyms, which are of an import)."""
    for name in ("stays", "legal"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    pd.testing.assert_frame_equal(one.children.drop(columns="pseudonym"), other.children.drop(columns="pseudonym"))
    return (one.first, one.last) == (other.first, other.last)


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


def test_twins_are_in_an_order_of_what_happened_to_them(tmp_path):
    """Alike in birth, sex and start; the order of rows, and of identifiers, is turned round: the records are the same."""

    def twin(name, place):
        return [episode(name, end="2020-09-01", rec="X1"), episode(name, "2020-09-01", rne="P", place=place)]

    one = read_ssda903(write_returns(tmp_path / "one", {2021: [*twin("A", "K2"), *twin("B", "U4")]}, [header("A"), header("B")]))
    other = read_ssda903(write_returns(tmp_path / "other", {2021: [*twin("A", "U4"), *twin("B", "K2")]}, [header("B"), header("A")]))
    assert same(one, other)
    assert len(one.stays) == 4


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
