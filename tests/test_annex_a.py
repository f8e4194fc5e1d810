"""The Annex A workbook: hand-written extracts, with the headings of the template and with others."""

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from calibration.annex_a import read_annex_a
from calibration.annex_a_headings import COLUMNS, list_number, matched, normalised
from calibration.identifiers import Pseudonyms
from calibration.record_errors import RecordsError

pytestmark = pytest.mark.e2e  # of files

PLANTED = "ZQX7788421"
BORN = datetime(2015, 5, 1)
WHO = ["Child Unique ID", "Gender", "Ethnicity", "Date of Birth", "Age of Child (Years)"]
TEMPLATE = {
    3: [*WHO, "Date of referral", "Referral Source", "Referral NFA?", "Number of Referrals in Last 12 Months", "Allocated Worker"],
    4: [*WHO, "Does the Child have a Disability", "Continuous Assessment Start Date", "Continuous Assessment Date of Authorisation"],
    5: [*WHO, "Does the Child have a Disability", "Strategy discussion initiating Section 47 Enquiry Start Date",
        "Was an Initial Child Protection Conference deemed unnecessary?", "Date of Initial Child Protection Conference",
        "Did the Initial Child Protection Conference Result in a Child Protection Plan"],
    6: [*WHO, "Does the Child have a Disability", "CIN Start Date", "Date Child Was Last Seen", "CIN Closure Date", "Reason for Closure"],
    7: [*WHO, "Does the Child have a Disability", "Child Protection Plan Start Date", "Date of the Last Statutory Visit",
        "Child Protection Plan End Date", "Number of Previous Child Protection Plans"],
    8: [*WHO, "Unaccompanied Asylum Seeking Child (UASC) within the Last 12 Months (Y/N))", "Does the Child have a Disability",
        "Date Started to be Looked After", "Start date of current legal status", "Child's Legal Status", "Date Ceased to be Looked After",
        "Start Date of Most Recent Placement", "Placement Type", "Placement Provider", "Date of Last Social Work Visit"],
}  # fmt: skip


def who(name, born=BORN, sex="b) Female") -> list:
    return [name, sex, "a) WBRI", born, 5.5]


def rows() -> dict[int, list[list]]:
    """A small extract of 15 March 2021, the day that a child was last seen."""
    return {
        3: [[*who(101), datetime(2021, 1, 4), "q) 6: Police", "No", 1, f"Worker {PLANTED}"],
            [*who(102, datetime(2016, 6, 1), "a) Male"), datetime(2021, 1, 5), "x", "a) Yes", 0, "x"]],
        4: [[*who(101), "b) No", datetime(2021, 1, 5), datetime(2021, 2, 5)],
            [*who(103, datetime(2010, 1, 1)), "a) Yes", datetime(2021, 2, 20), None]],
        5: [[*who(101), "b) No", datetime(2021, 1, 10), "No", datetime(2021, 1, 24), "a) Yes"],
            [*who(104, datetime(2012, 1, 1)), "b) No", datetime(2021, 2, 1), "Yes", None, ""]],
        6: [[*who(101), "b) No", datetime(2021, 1, 4), datetime(2021, 3, 15), None, None],
            [*who(105, datetime(2011, 1, 1)), "b) No", datetime(2019, 9, 4), None, datetime(2021, 3, 1), "RC8 - Case closed after assessment"]],
        7: [[*who(101), "b) No", datetime(2021, 1, 24), datetime(2021, 3, 1), None, 1]],
        8: [[*who(201, datetime(2009, 2, 3), "M"), "b) No", "a) Yes", datetime(2018, 5, 1), datetime(2019, 5, 1), "C2: FCO", None,
             datetime(2020, 1, 2), "f) U6: Foster placement - not FFA", "e) PR4 - Private provision"],
            [*who(202, datetime(2005, 2, 3)), "a) Yes", "b) No", datetime(2020, 5, 1), datetime(2020, 5, 1), "V2", None, datetime(2020, 5, 2),
             "Supported accommodation", ""],
            [*who(203, datetime(2010, 2, 3)), "b) No", "b) No", datetime(2020, 5, 1), None, "", datetime(2020, 12, 1), None, "K2", "PR1"]],
    }  # fmt: skip


@pytest.fixture
def extract(tmp_path):
    def writer(lists: dict[int, list[list]], headings: dict[int, list[str]] | None = None, title: str = "List {}") -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for number, content in lists.items():
            sheet = book.create_sheet(title.format(number))
            sheet.append((headings or TEMPLATE)[number])
            for row in content:
                sheet.append(row)
        path = tmp_path / "Annex A.xlsx"
        book.save(path)
        return path

    return writer


def said(spells: pd.DataFrame) -> list[tuple]:
    texts = [spells[name].dt.strftime("%Y-%m-%d").fillna("").tolist() for name in ("start", "end")]
    return list(zip(spells["stage"].tolist(), *texts, spells["outcome"].tolist(), strict=True))


def test_lists_3_to_7_become_spells_of_need(extract):
    pseudonyms = Pseudonyms()
    found = read_annex_a(extract(rows()), pseudonyms)
    number = found.need.children.index[found.need.children["pseudonym"] == pseudonyms.one("101")][0]
    spells = found.need.spells
    assert said(spells[spells["child"] == number]) == [
        ("child_in_need", "2021-01-04", "", ""), ("referral", "2021-01-04", "2021-01-04", ""),
        ("assessment", "2021-01-05", "2021-02-05", "completed"), ("section_47", "2021-01-10", "2021-01-24", "conference"),
        ("child_protection_plan", "2021-01-24", "", ""), ("initial_conference", "2021-01-24", "2021-01-24", "plan"),
    ]  # fmt: skip
    assert spells.loc[spells["stage"] == "child_protection_plan", "earlier"].tolist() == [1]
    others = said(spells[spells["child"] != number])
    assert ("referral", "2021-01-05", "2021-01-05", "no_further_action") in others
    assert ("section_47", "2021-02-01", "", "conference_not_required") in others
    assert ("child_in_need", "2019-09-04", "2021-03-01", "not_in_need") in others
    assert ("assessment", "2021-02-20", "", "") in others
    assert found.extracted == date(2021, 3, 15)
    assert found.found == (3, 4, 5, 6, 7, 8)
    assert found.missing == (1, 2, 9, 10, 11)
    assert any("lists not found: 1 (contacts)" in note for note in found.quality.notes)
    assert [len(found.need.open_at(found.extracted, stage)) for stage in ("child_in_need", "child_protection_plan", "assessment")] == [1, 1, 1]


def test_list_8_becomes_the_children_in_care_on_the_day(extract):
    pseudonyms = Pseudonyms()
    found = read_annex_a(extract(rows()), pseudonyms)
    care = found.children_in_care.set_index("pseudonym")
    first, second = care.loc[pseudonyms.one("201")], care.loc[pseudonyms.one("202")]
    assert len(care) == 2
    assert (first["placement"], first["code"], first["provider"], first["legal_status"]) == ("agency_foster", "U6", "PR4", "care_order")
    assert (first["sex"], first["disabled"], first["unaccompanied"]) == ("male", True, False)
    assert (first["started"], first["placement_started"]) == (pd.Timestamp("2018-05-01"), pd.Timestamp("2020-01-02"))
    assert (second["placement"], second["code"], second["legal_status"]) == ("supported_accommodation", "", "section_20")
    assert second["unaccompanied"]
    assert found.quality.left_out == {("list 8, children in care", "left care by the day of the extract"): 1}


def test_the_same_child_of_a_return_links(extract):
    pseudonyms = Pseudonyms()
    found = read_annex_a(extract(rows()), pseudonyms)
    text = pseudonyms.of(pd.Series(["201", "202"]))  # the identifier as text, as the SSDA903 has it
    assert set(found.children_in_care["pseudonym"]) == set(text)


@pytest.mark.parametrize(
    ("kind", "provider", "placement"),
    [
        ("a) U1: Foster placement - relatives - long term", "b) PR1 - Own provision", "kinship_foster"),
        ("K2", "PR1", "authority_childrens_home"), ("l) K1: Secure children's homes", "PR4", "secure_home"),
        ("n) H5: Residential accommodation", "", "supported_accommodation"),
        ("IFA foster placement", "", "agency_foster"), ("In house foster carer", "PR1", "in_house_foster"),
        ("Children’s home", "PR4", "childrens_home"),
        ("Placed with parents", "PR0", "with_parents"), ("Kinship carers", "", "kinship_foster"), (f"{PLANTED} Towers", "", "other_placement"),
    ],
)  # fmt: skip
def test_placement_types_by_code_or_by_words(extract, kind, provider, placement):
    lists = rows()
    lists[8] = [[*lists[8][0][:-2], kind, provider]]
    found = read_annex_a(extract(lists), Pseudonyms())
    assert found.children_in_care["placement"].tolist() == [placement]
    assert dict(found.quality.unknown_codes) == ({("Placement Type", "longer"): 1} if PLANTED in kind else {})


def test_headings_are_matched_as_words(extract):
    other = {
        6: ["CHILD ID", "Sex", "Ethnicity", "DOB", "Age", "Disability (Y/N)", "CIN start-date", "Date last seen", "CIN End Date", "Closure reason"],
        8: ["Unique Child ID", "Sex", "Ethnicity", "Birth date", "Age", "UASC", "Disabled?", "Date started being looked-after",
            "Legal status start date", "Legal Status", "Looked After End Date", "Placement Start Date", "Type of placement", "Provider",
            "Date last seen"],
    }  # fmt: skip
    lists = {number: rows()[number] for number in other}
    found = read_annex_a(extract(lists, other, "list_0{} - annex a"), Pseudonyms())
    assert found.found == (6, 8)
    assert len(found.children_in_care) == 2
    assert found.need.spells["stage"].tolist() == ["child_in_need", "child_in_need"]
    assert not [note for note in found.quality.notes if "has no column" in note]


def test_every_heading_of_the_template_is_matched():
    for number, headings in TEMPLATE.items():
        assert set(matched(number, headings)) == set(COLUMNS[number]), number
    assert normalised("Child’s Legal Status (as of today)") == "childs legal status"


@pytest.mark.parametrize(
    ("name", "number"), [("List 8", 8), ("list_08", 8), ("Annex A - List 11 adopters", 11), ("LIST1", 1), ("List 12", 0), ("Notes", 0)]
)
def test_numbers_of_lists(name, number):
    assert list_number(name) == number


def test_rows_that_cannot_be_used_are_counted_by_reason(extract):
    lists = rows()
    care = lists[8][0]
    lists[8] += [
        [*who(301, None), *care[5:]], [*who(302, datetime(2000, 1, 1)), *care[5:]], [*who(303, datetime(2019, 1, 1)), *care[5:]],
        [*who(None), *care[5:]], [*who("#N/A"), *care[5:]], [*who(304, BORN), *care[5:7], None, *care[8:]], care,
    ]  # fmt: skip
    lists[7].append([*who(305), "b) No", datetime(2021, 2, 1), None, datetime(2021, 1, 1), 0])
    lists[6].append([*who(306), "b) No", "whenever", None, None, None])
    found = read_annex_a(extract(lists), Pseudonyms())
    of = "list 8, children in care"
    assert found.quality.left_out == {
        (of, "no identifier"): 2, (of, "no birth date of the child"): 1, (of, "18 or over"): 1, (of, "care starts before birth"): 1,
        (of, "no day that care started"): 1, (of, "the same child twice: the last row is used"): 1, (of, "left care by the day of the extract"): 1,
        ("child_protection_plan", "ends before it starts"): 1, ("child_in_need", "no start, or none that is a day"): 1,
        ("children", "nothing about the child could be used"): 2,
    }  # fmt: skip
    assert len(found.children_in_care) == 2


def test_a_day_that_stands_alone_is_not_taken_for_the_extracts(extract):
    lists = rows()
    lists[6][0][7] = datetime(2031, 3, 15)
    path = extract(lists)
    with pytest.raises(RecordsError, match="over 31 days after any other"):
        read_annex_a(path, Pseudonyms())
    assert read_annex_a(path, Pseudonyms(), date(2021, 3, 16)).extracted == date(2021, 3, 16)


def test_what_happens_after_the_extract_is_counted(extract):
    found = read_annex_a(extract(rows()), Pseudonyms(), date(2021, 1, 31))
    assert found.quality.left_out["assessment", "starts after the last day of its return"] == 1
    assert len(found.children_in_care) == 2
    assert found.need.spells["start"].max() <= pd.Timestamp("2021-01-31")


def test_a_list_without_a_needed_column_is_refused(extract):
    headings = TEMPLATE | {8: [name if name != "Placement Type" else PLANTED for name in TEMPLATE[8]]}
    with pytest.raises(RecordsError, match="list 8 has no column headed 'placement type'") as fault:
        read_annex_a(extract(rows(), headings), Pseudonyms())
    assert PLANTED not in str(fault.value)


def test_a_workbook_without_lists_and_a_list_twice_are_refused(extract, tmp_path):
    with pytest.raises(RecordsError, match="no list of Annex A"):
        read_annex_a(extract({3: rows()[3]}, title="Sheet {}"), Pseudonyms())
    folder = tmp_path / "two"
    folder.mkdir()
    for name in ("List 3 old.csv", "List 3 new.csv"):
        (folder / name).write_text("Child Unique ID,Date of Birth,Date of referral\n1,2015-05-01,2021-01-01\n")
    with pytest.raises(RecordsError, match="list 3 a second time"):
        read_annex_a(folder, Pseudonyms())


def test_lists_as_one_csv_each(tmp_path):
    (tmp_path / "List 3.csv").write_text("Child Unique ID,Date of Birth,Sex,Date of referral,Referral NFA?\n101,01/05/2015,Female,04/01/2021,No\n")
    found = read_annex_a(tmp_path, Pseudonyms())
    assert said(found.need.spells) == [("referral", "2021-01-04", "2021-01-04", "")]
    assert found.children_in_care.empty


def test_identifiers_and_names_are_in_nothing_that_is_read(extract):
    lists = rows()
    lists[6].append([*who(PLANTED), f"{PLANTED}", datetime(2021, 2, 1), None, datetime(2021, 3, 1), f"moved with {PLANTED}"])
    lists[8].append([*who(PLANTED + "1"), "b) No", "b) No", datetime(2020, 1, 1), None, PLANTED, None, None, PLANTED, PLANTED])
    found = read_annex_a(extract(lists), Pseudonyms())
    everything = found.need.children.to_csv() + found.need.spells.to_csv() + found.children_in_care.to_csv() + str(found.quality)
    assert len(found.children_in_care) == 3
    assert PLANTED not in everything
