"""The children in need census: hand-written returns of one and several years, by the schemas of 2021 to 2027."""

import zipfile
from pathlib import Path

import pandas as pd
import pytest

from calibration.cin_census import read_cin_census
from calibration.identifiers import Pseudonyms
from calibration.need_measures import counted
from calibration.need_records import NeedRecords
from calibration.record_errors import RecordsError

pytestmark = pytest.mark.e2e  # of files

PLANTED = "ZQX7788421"


def census(year: int, *children: str, authority: str = "201", made: str = "") -> str:
    made = made or f"{year}-06-01T09:00:00"
    return f"""<?xml version="1.0" encoding="utf-8"?>
<Message><Header><CollectionDetails><Collection>CIN</Collection><Year>{year}</Year><ReferenceDate>{year}-03-31</ReferenceDate></CollectionDetails>
<Source><SourceLevel>L</SourceLevel><LEA>{authority}</LEA><DateTime>{made}</DateTime></Source></Header>
<Children>{"".join(children)}</Children></Message>"""


def child(name: str, *details: str, born: str = "2015-05-01", expected: str = "", sex: str = "<Sex>F</Sex>", disability: str = "NONE") -> str:
    birth = (f"<PersonBirthDate>{born}</PersonBirthDate>" if born else "") + (
        f"<ExpectedPersonBirthDate>{expected}</ExpectedPersonBirthDate>" if expected else ""
    )
    return f"""<Child><ChildIdentifiers><LAchildID>{name}</LAchildID><UPN>{PLANTED}</UPN>{birth}{sex}</ChildIdentifiers>
<ChildCharacteristics><Ethnicity>WBRI</Ethnicity><Disabilities><Disability>{disability}</Disability></Disabilities></ChildCharacteristics>
{"".join(details)}</Child>"""


def episode(referred: str, *within: str, closed: str = "", reason: str = "RC7", nfa: str = "0", conference: str = "") -> str:
    closure = f"<CINclosureDate>{closed}</CINclosureDate><ReasonForClosure>{reason}</ReasonForClosure>" if closed else ""
    held = f"<DateOfInitialCPC>{conference}</DateOfInitialCPC>" if conference else ""
    return f"""<CINdetails><CINreferralDate>{referred}</CINreferralDate><ReferralSource>6</ReferralSource><PrimaryNeedCode>N1</PrimaryNeedCode>
{closure}{held}{"".join(within)}<ReferralNFA>{nfa}</ReferralNFA></CINdetails>"""


def tags(block: str, **texts: str) -> str:
    return f"<{block}>{''.join(f'<{name}>{text}</{name}>' for name, text in texts.items())}</{block}>"


def enquiry(start: str, conference: str = "", not_required: str = "false") -> str:
    held = {"DateOfInitialCPC": conference} if conference else {}
    return tags("Section47", S47ActualStartDate=start, **held, ICPCnotRequired=not_required)


def plan(start: str, end: str = "", earlier: str = "0") -> str:
    over = {"CPPendDate": end} if end else {}
    return tags("ChildProtectionPlans", CPPstartDate=start, **over, InitialCategoryOfAbuse="NEG", NumberOfPreviousCPP=earlier)


@pytest.fixture
def read(tmp_path):
    def reader(*texts: str) -> NeedRecords:
        folder = tmp_path / "returns"
        folder.mkdir(exist_ok=True)
        for number, text in enumerate(texts):
            (folder / f"cin{number}.xml").write_text(text, encoding="utf-8")
        return read_cin_census(folder, Pseudonyms())

    return reader


def said(records: NeedRecords) -> list[tuple]:
    """Every spell as (child, stage, start, end, outcome), days as text."""
    spells = records.spells
    texts = [spells[name].dt.strftime("%Y-%m-%d").fillna("").tolist() for name in ("start", "end")]
    return list(zip(spells["child"].tolist(), spells["stage"].tolist(), *texts, spells["outcome"].tolist(), strict=True))


def test_one_episode_in_the_stages_of_the_pathway(read):
    records = read(census(2024, child("A1", episode(
        "2023-04-10",
        tags("Assessments", AssessmentActualStartDate="2023-04-11", AssessmentAuthorisationDate="2023-05-20"),
        tags("CINPlanDates", CINPlanStartDate="2023-05-21", CINPlanEndDate="2023-06-20"),
        enquiry("2023-06-10", "2023-06-24"), plan("2023-06-24", "2023-12-01", earlier="2"),
        closed="2024-01-15", reason="RC9",
    ), disability="AUT")))  # fmt: skip
    assert said(records) == [
        (0, "child_in_need", "2023-04-10", "2024-01-15", "early_help"),
        (0, "referral", "2023-04-10", "2023-04-10", ""),
        (0, "assessment", "2023-04-11", "2023-05-20", "completed"),
        (0, "child_in_need_plan", "2023-05-21", "2023-06-20", "plan_ended"),
        (0, "section_47", "2023-06-10", "2023-06-24", "conference"),
        (0, "child_protection_plan", "2023-06-24", "2023-12-01", "plan_ended"),
        (0, "initial_conference", "2023-06-24", "2023-06-24", "plan"),
    ]
    assert records.spells.loc[0, "code"] == "RC9"
    assert records.spells["earlier"].dropna().tolist() == [2]
    only = records.children.iloc[0]
    assert (only["sex"], only["disabled"], only["unborn"], only["birth"]) == ("female", True, False, pd.Timestamp("2015-05-01"))
    assert (str(records.first), str(records.last)) == ("2023-04-01", "2024-03-31")


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("RC1", "adopted"), ("RC2", "died"), ("RC3", "child_arrangements_order"), ("RC4", "special_guardianship"), ("RC5", "moved_area"),
     ("RC6", "adult_services"), ("RC7", "closed"), ("RC8", "not_in_need"), ("RC9", "early_help"), ("RC77", "closed")],
)  # fmt: skip
def test_reasons_for_closure(read, code, outcome):
    records = read(census(2024, child("A1", episode("2023-04-10", closed="2023-06-01", reason=code))))
    assert said(records)[0][-1] == outcome
    assert dict(records.quality.unknown_codes) == ({("ReasonForClosure", "RC77"): 1} if code == "RC77" else {})


@pytest.mark.parametrize("nfa", ["1", "true", "True"])
def test_a_referral_with_no_further_action_is_no_episode_of_need(read, nfa):
    assert said(read(census(2022, child("A1", episode("2021-06-01", nfa=nfa), sex="<GenderCurrent>1</GenderCurrent>")))) == [
        (0, "referral", "2021-06-01", "2021-06-01", "no_further_action")
    ]


def test_an_enquiry_that_needed_no_conference_and_one_that_waits_for_it(read):
    records = read(census(2024, child("A1", episode("2023-06-01", enquiry("2023-06-02", not_required="1"), enquiry("2024-03-20")))))
    enquiries = [row[2:] for row in said(records) if row[1] == "section_47"]
    assert enquiries == [("2023-06-02", "", "conference_not_required"), ("2024-03-20", "", "")]
    assert len(records.open_at(records.last, "section_47")) == 1


def test_a_conference_is_one_whether_told_with_the_enquiry_or_the_episode_and_without_a_plan_says_so(read):
    records = read(census(2024, child("A1", episode("2023-06-01", enquiry("2023-06-02", "2023-06-16"), conference="2023-06-16"))))
    assert [row for row in said(records) if row[1] == "initial_conference"] == [(0, "initial_conference", "2023-06-16", "2023-06-16", "no_plan")]
    assert not records.quality.left_out


def test_pre_proceedings_and_family_group_decision_of_the_newest_schema(read):
    block = dict(PPStartDate="2026-09-09", LBPSentDate="2026-09-20", FGDMMeetingOffer="1", FGDMMeetingFac="0", StepDecisionDate="2026-12-01",
                 PPOutcome="A", CourtAppDate="2026-12-18")  # fmt: skip
    undecided = dict(PPStartDate="2027-02-01", FGDMMeetingOffer="1", PPOutcome="Q")
    blocks = [tags("PreProceedingsandFGDM", **texts) for texts in (block, undecided)]
    records = read(census(2027, child("A1", episode("2026-06-01", *blocks))))
    assert [row[1:] for row in said(records)][2:] == [
        ("pre_proceedings", "2026-09-09", "2026-12-01", "care_proceedings"),
        ("family_group_decision", "2026-09-20", "2026-09-20", "meeting_not_held"),
        ("family_group_decision", "2027-02-01", "2027-02-01", "offered"),
        ("pre_proceedings", "2027-02-01", "", ""),
    ]
    assert dict(records.quality.unknown_codes) == {("PPOutcome", "Q"): 1}


def test_the_latest_return_says_how_an_episode_went(read):
    early = census(2023, child("A1", episode("2022-06-01", plan("2022-07-01"))))
    late = census(2024, child("A1", episode("2022-06-01", plan("2022-07-01", "2023-05-01"), closed="2023-09-01", reason="RC4")))
    records = read(late, early)  # the order of files does not count
    assert [row for row in said(records) if row[1] != "referral"] == [
        (0, "child_in_need", "2022-06-01", "2023-09-01", "special_guardianship"),
        (0, "child_protection_plan", "2022-07-01", "2023-05-01", "plan_ended"),
    ]
    assert records.quality.changes["child_in_need", "in several returns: the latest is used"] == 1
    assert (str(records.first), str(records.last)) == ("2022-04-01", "2024-03-31")


def test_what_is_open_in_one_return_and_missing_in_the_next_ends_with_its_year_and_is_told(read):
    records = read(
        census(2022, child("A1", episode("2021-06-01", enquiry("2022-03-20")))), census(2023, child("B2", episode("2022-06-01"), born="2016-01-01"))
    )
    ended = [row[1:] for row in said(records) if row[0] == 0]
    assert ("child_in_need", "2021-06-01", "2022-03-31", "not_returned_again") in ended
    assert ("section_47", "2022-03-20", "2022-03-31", "not_returned_again") in ended
    assert (1, "child_in_need", "2022-06-01", "", "") in said(records)
    assert records.quality.changes["child_in_need", "open in a return and missing in the next: taken as ended with its year"] == 1
    assert any("cut off" in note for note in records.quality.notes)


def test_a_return_made_again_replaces_the_earlier_one_whole_and_a_missing_year_is_told(read):
    records = read(
        census(2021, child("A1", episode("2020-06-01", closed="2020-09-01"))),
        census(2023, child("A1", episode("2022-06-01"), episode("2022-11-01")), made="2023-07-01T00:00:00"),
        census(2023, child("A1", episode("2022-06-02")), made="2023-07-20T00:00:00"),
    )
    assert [row[2] for row in said(records) if row[1] == "child_in_need"] == ["2020-06-01", "2022-06-02"]
    assert any("2023 was returned more than once" in note for note in records.quality.notes)
    assert any("no return of 2022" in note for note in records.quality.notes)
    assert records.quality.left_out["child_in_need", "in a return that a later one of the same year replaces"] == 2


def test_an_unborn_child_is_born_in_the_next_return(read):
    early = census(2023, child("A1", episode("2023-01-10"), born="", expected="2023-06-01", sex="<GenderCurrent>0</GenderCurrent>"))
    unborn = read(early).children.iloc[0]
    assert (unborn["unborn"], unborn["birth"], unborn["sex"]) == (True, pd.Timestamp("2023-06-01"), "")
    born = read(early, census(2024, child("A1", episode("2023-01-10"), born="2023-05-28", sex="<GenderCurrent>1</GenderCurrent>"))).children
    assert born[["unborn", "birth", "sex"]].to_numpy().tolist() == [[False, pd.Timestamp("2023-05-28"), "male"]]


def test_rows_that_cannot_be_used_are_counted_by_reason_and_not_silently_dropped(read):
    good = episode("2023-06-01")
    records = read(census(
        2024, child("A1", good),
        child("A2", good, born=""), child("A3", good, born="not a day"), child("", good),
        child("A4", episode("2023-06-01", closed="2023-05-01"), born="2016-01-01"),
        child("A5", episode("2024-04-01"), born="2016-01-01"), child("A6", episode("31/02/2023"), born="2016-01-01"),
        child("A7", episode("2013-01-01"), born="2016-01-01"), child("A8", episode("2023-06-01"), born="1990-01-01"),
        child("A9", episode("2023-06-01", closed="soon"), born="2016-01-01"),
        child("B1", episode("2023-06-01", closed="2024-05-01"), born="2016-01-02"), child("B2", good, good, born="2016-01-03"),
    ))  # fmt: skip
    left = records.quality.left_out
    assert left["children", "no identifier"] == 1
    for stage in ("referral", "child_in_need"):
        assert left[stage, "no birth date of the child"] == 2
        assert left[stage, "starts after the last day of its return"] == 1
        assert left[stage, "no start, or none that is a day"] == 1
        assert left[stage, "starts over a year before birth"] == 1
        assert left[stage, "starts after the child turned 26"] == 1
        assert left[stage, "the same start twice in one return: the last is used"] == 1
    assert left["child_in_need", "ends before it starts"] == 1
    assert left["child_in_need", "its end is not a day"] == 1
    assert records.quality.changes["child_in_need", "ends after the last day of its return: taken as open"] == 1
    used = records.spells["stage"].value_counts()
    for stage in ("referral", "child_in_need"):  # everything that was read is used or counted
        assert records.quality.read[stage] == used[stage] + sum(rows for (of, _), rows in left.items() if of == stage)


def test_british_dates_are_read_and_codes_that_are_none_are_not_repeated(read):
    records = read(census(2024, child("A1", episode("10/04/2023"), disability=f"note {PLANTED}", sex="<Sex>X</Sex>")))
    assert said(records)[0][2] == "2023-04-10"
    assert dict(records.quality.unknown_codes) == {("Disability", "longer"): 1, ("Sex", "X"): 1}


def test_the_order_of_children_is_that_of_what_is_known_of_them(tmp_path):
    people = [child(f"N{n}", episode(f"2023-0{4 + n % 5}-11"), born=f"201{n % 7}-01-0{1 + n % 8}") for n in range(20)]
    tables = []
    for number, order in enumerate((people, people[::-1])):
        path = tmp_path / f"{number}.xml"
        path.write_text(census(2024, *order))
        records = read_cin_census(path, Pseudonyms())
        tables.append((records.children.drop(columns="pseudonym"), records.spells))
    pd.testing.assert_frame_equal(tables[0][0], tables[1][0])
    pd.testing.assert_frame_equal(tables[0][1], tables[1][1])


def test_identifiers_are_in_nothing_that_is_read(read):
    records = read(census(2024, child(PLANTED, episode("2023-06-01")), child(PLANTED + "9", episode("2023-06-01"), born=PLANTED)))
    everything = records.children.to_csv() + records.spells.to_csv() + str(records.quality)
    assert PLANTED not in everything
    assert records.children["pseudonym"].str.fullmatch("[0-9a-f]{32}").all()


def test_measures_against_a_count_by_hand(read):
    records = read(
        census(2023, child("A", episode("2022-05-01", plan("2022-06-01"), enquiry("2022-05-20"))), child("B", episode("2022-06-01", nfa="1"))),
        census(2024,
               child("A", episode("2022-05-01", plan("2022-06-01", "2023-06-01"), closed="2023-08-01"), episode("2024-02-01")),
               child("B", episode("2023-05-31", enquiry("2023-06-02", "2023-06-16"), plan("2023-06-16", earlier="1"),
                                  plan("2023-11-01", earlier="2"))),
               child("C", episode("2023-07-01", nfa="1"), episode("2023-09-01", tags("Assessments", AssessmentActualStartDate="2023-09-02",
                                                                                  AssessmentAuthorisationDate="2023-10-01"))),
               ),
    )  # fmt: skip
    figures = counted(records, 2024)
    expected = {
        "referrals": 4, "children_referred": 3, "nfa_pct": 25.0, "rereferral_pct": 50.0,  # B's within a year, C's second; A's is older
        "assessments": 1, "s47": 1, "children_s47": 1, "icpc": 1, "cpp_started": 2, "cpp_ended": 1, "cpp_at31": 1, "cpp_subsequent_pct": 100.0,
        "cin_started": 3, "cin_ended": 1, "cin_at31": 3, "cinplan_at31": 0,
    }  # fmt: skip
    assert {name: figures[name] for name in expected} == expected
    first = counted(records, 2023)
    assert (first["referrals"], first["cin_at31"], first["cpp_at31"], first["nfa_pct"]) == (2, 1, 1, 50.0)
    assert pd.isna(first["rereferral_pct"])  # needs the year before
    with pytest.raises(ValueError, match="cover 2022-04-01 to 2024-03-31"):
        counted(records, 2025)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<Message><Header/></Message>", "no return of the children in need census"),
        (census(2024, child("A", episode("2023-06-01"))).replace("<Collection>CIN", "<Collection>SWF"), "no return of the children in need census"),
        (census(2024, child("A", episode("2023-06-01"))).replace("2024-03-31", "").replace("2024</Year>", "MMXXIV</Year>"), "says no year"),
        (census(2024, child(PLANTED, episode("2023-06-01")))[:-40], "not XML that can be read"),
        ('<!DOCTYPE m [<!ENTITY a "aaaa">]>' + census(2024, child("A", episode("2023-06-01"))).split("\n", 1)[1], "document type"),
        (census(2024, child(PLANTED, born="")), "no episode of need that can be used"),
    ],
)
def test_a_file_that_is_no_return_is_refused_without_saying_what_is_in_it(read, text, message):
    with pytest.raises(RecordsError, match=message) as fault:
        read(text)
    assert PLANTED not in str(fault.value)


def test_returns_of_two_authorities_are_refused(read):
    with pytest.raises(RecordsError, match="another authority"):
        read(census(2023, child("A", episode("2022-06-01"))), census(2024, child("A", episode("2023-06-01")), authority="202"))


def test_a_table_among_returns_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("CHILD\n1\n")
    with pytest.raises(RecordsError, match="is not XML"):
        read_cin_census(tmp_path, Pseudonyms())


def test_returns_in_a_zip_and_the_same_child_in_another_return_of_the_import(tmp_path):
    path: Path = tmp_path / "returns.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("2023/cin.xml", census(2023, child("a1 ", episode("2022-06-01"))))
        archive.writestr("2024/cin.xml", census(2024, child("A1", episode("2022-06-01", closed="2023-06-01"))))
    pseudonyms = Pseudonyms()
    records = read_cin_census(path, pseudonyms)
    assert records.children["pseudonym"].tolist() == [pseudonyms.one("A1")]
    assert read_cin_census(path, Pseudonyms()).children["pseudonym"].tolist() != [pseudonyms.one("A1")]  # another import, another key
