"""The children a forecast starts from: of returns or of an Annex A extract, with the prices of a cost list, linked by pseudonym."""

from datetime import date

import numpy as np
import openpyxl
import pandas as pd
import pytest
from records_sample import ORIGIN, RETURNS, SAMPLE, episode, header, write_returns, write_rows

from calibration.annex_a import read_annex_a
from calibration.identifiers import Pseudonyms
from calibration.opening import DRAWN, PRICE_WEIGHT, Opened, from_annex_a, opening_caseload, priced
from calibration.placement_costs import read_placement_costs
from calibration.record_errors import RecordsError
from calibration.ssda903 import read_ssda903
from sim.caseload import LEGAL_STATUSES, PLACEMENTS

pytestmark = pytest.mark.e2e  # of files

FOSTER, HOME, OWN, OTHER = (PLACEMENTS.index(name) for name in ("agency_foster", "childrens_home", "in_house_foster", "other_placement"))
HEADING = ["Child Unique ID", "Gender", "Ethnicity", "Date of Birth", "Date Started to be Looked After", "Child's Legal Status",
           "Date Ceased to be Looked After", "Start Date of Most Recent Placement", "Placement Type", "Placement Provider",
           "Date of Last Social Work Visit"]  # fmt: skip
ROWS = [
    ["A", "F", "WBRI", date(2010, 5, 5), date(2019, 6, 1), "C2", None, date(2021, 4, 20), "K2", "PR4", date(2021, 5, 31)],
    ["B", "M", "WBRI", date(2012, 3, 4), date(2020, 7, 1), "V2", None, None, "U6", "PR4", date(2021, 5, 30)],
    ["N", "M", "WBRI", date(2020, 1, 1), date(2021, 5, 10), "C1", None, date(2021, 5, 10), "U6", "PR4", date(2021, 5, 30)],
    ["L", "M", "WBRI", date(2012, 1, 1), date(2018, 5, 10), "C1", date(2021, 5, 1), None, "U6", "PR4", date(2021, 4, 30)],
]  # fmt: skip


@pytest.fixture
def pseudonyms() -> Pseudonyms:
    return Pseudonyms()


@pytest.fixture
def records(tmp_path, pseudonyms):
    """A and B in care on 31 March 2021, the end of the returns; both fostered, A since before last year."""
    rows = [episode("A", "2019-06-01", place="U6", provider="PR4"), episode("B", "2020-07-01", place="U6", provider="PR4", ls="V2"),
            episode("L", "2018-05-10", place="U6", provider="PR4", rne="P")]  # fmt: skip
    headers = [header("A", "2010-05-05"), header("B", "2012-03-04"), header("L", "2012-01-01")]
    return read_ssda903(write_returns(tmp_path / "returns", {2021: rows}, headers), pseudonyms=pseudonyms)


@pytest.fixture
def extract(tmp_path):
    def writer(rows=ROWS):
        book = openpyxl.Workbook()
        book.active.title = "List 8"
        for row in (HEADING, *rows):
            book.active.append(row)
        book.save(tmp_path / "annex.xlsx")
        return tmp_path / "annex.xlsx"

    return writer


@pytest.fixture
def opened(records, extract, pseudonyms) -> Opened:
    return from_annex_a(read_annex_a(extract(), pseudonyms), "annex.xlsx", records)


def test_the_sample_opens_with_the_true_children():
    records = read_ssda903(RETURNS)
    children = opening_caseload(records, ORIGIN)
    truth = pd.read_csv(SAMPLE / "true_stock_monthly.csv").query("date == '2022-03-31'")["children"].sum()
    assert len(children) == truth == children["pseudonym"].nunique()
    assert (children["adult"] > 0).all()
    assert (children["birth"] <= children["care_start"]).all()
    assert (children["care_start"] <= children["place_start"]).all()
    assert (children["place_start"] <= 0).all()
    assert (children["price"] == DRAWN).all()


def test_children_of_returns(records, pseudonyms):
    children = opening_caseload(records, date(2021, 3, 31)).set_index("pseudonym")
    a, b = children.loc[pseudonyms.one("A")], children.loc[pseudonyms.one(" b ")]
    assert (a["birth"], a["care_start"], a["place_start"]) == (-(date(2021, 3, 31) - date(2010, 5, 5)).days, -669, -669)
    assert a["adult"] == (date(2028, 5, 5) - date(2021, 3, 31)).days
    assert (a["placement"], b["placement"]) == (FOSTER, FOSTER)
    assert (a["legal_status"], b["legal_status"]) == (LEGAL_STATUSES.index("care_order"), LEGAL_STATUSES.index("section_20"))
    assert (a["cohort"], b["cohort"], children.loc[pseudonyms.one("L"), "cohort"]) == (0, 1, 0)


def test_a_start_that_is_not_known_is_earlier_but_not_before_birth_nor_told_by_what_comes_later(tmp_path):
    """Who moves has been in care for 100 days; after the origin somebody moves after 1,000, which the origin does not know."""
    rows = [
        episode("A", "2019-06-01", "2019-09-09", "X1"), episode("A", "2019-09-09", rne="P", place="K2"),
        episode("B", "2019-10-01", rne="P"), episode("C", "2019-10-01", rne="P"),
        episode("D", "2018-01-01", "2020-09-27", "X1"), episode("D", "2020-09-27", rne="P"),
    ]  # fmt: skip
    born = {"C": "2019-09-20"}
    records = read_ssda903(write_returns(tmp_path, {2021: rows}, [header(name, born.get(name, "2010-01-01")) for name in "ABCD"]))
    children = opening_caseload(records, date(2020, 3, 31))
    starts = dict(zip(-children["birth"], children["care_start"], strict=True))
    day = (date(2020, 3, 31) - date(2019, 10, 1)).days
    assert -day - 100 in children["care_start"].to_numpy()
    born = (date(2020, 3, 31) - date(2019, 9, 20)).days
    assert starts[born] == -born


def test_an_extract_opens_with_its_own_children_on_its_own_day(opened, pseudonyms):
    assert opened.origin == date(2021, 5, 31)
    children = opened.children.set_index("pseudonym")
    assert set(children.index) == {pseudonyms.one(name) for name in "ABN"}
    a, b, new = (children.loc[pseudonyms.one(name)] for name in "ABN")
    assert (a["placement"], a["place_start"], a["care_start"]) == (HOME, -41, -(date(2021, 5, 31) - date(2019, 6, 1)).days)
    assert (b["place_start"], b["legal_status"]) == (b["care_start"], LEGAL_STATUSES.index("section_20"))
    assert (a["cohort"], b["cohort"], new["cohort"]) == (0, 1, 2)


def test_days_between_returns_and_extract_are_at_the_mean_of_both_caseloads(opened):
    """61 days from the end of March to the end of May: fostered 3 before and 2 after, in homes none and 1; by when care began."""
    days = opened.known_days
    assert days[0, FOSTER].tolist() == [365 + 365, 274, 0]  # A and L; B from 1 July
    assert days[1, FOSTER].tolist() == [61 * (2 + 0) / 2, 61 * (1 + 1) / 2, 61 * (0 + 1) / 2]
    assert days[1, HOME].tolist() == [61 / 2, 0, 0]


def test_an_extract_of_another_budget_year_moves_cohorts_on(records, extract, pseudonyms):
    """On 30 April 2022: B came in before last year now; 365 days of last year and 30 of this one."""
    later = [[*row[:-1], date(2022, 4, 30 - n)] for n, row in enumerate(ROWS[:2])]
    opened = from_annex_a(read_annex_a(extract(later), pseudonyms), "annex.xlsx", records)
    assert opened.children["cohort"].tolist() == [0, 0]
    days = opened.known_days
    assert days.sum() == pytest.approx((3 + 2) / 2 * 395)
    assert days[1].sum() == pytest.approx((3 + 2) / 2 * 30)
    assert not days[:, :, 1:].any()


def test_extracts_that_cannot_open_are_refused(records, extract, pseudonyms):
    early = read_annex_a(extract([[*row[:4], date(2018, 1, 1), "C2", None, None, *row[8:10], date(2020, 5, 30)] for row in ROWS[:2]]), pseudonyms,
                         date(2020, 5, 30))  # fmt: skip
    with pytest.raises(RecordsError, match="before the last day of the returns, 2021-03-31"):
        from_annex_a(early, "annex.xlsx", records)
    nobody = read_annex_a(extract([[*row[:6], date(2021, 5, 30), *row[7:]] for row in ROWS]), pseudonyms)
    with pytest.raises(RecordsError, match="holds no child in care"):
        from_annex_a(nobody, "annex.xlsx", records)


def cost_rows(*rows: tuple) -> list[dict]:
    return [dict(zip(("child", "cost_gbp_per_week", "placement", "start", "planned_end", "share_authority", "share_health"), row, strict=False))
            for row in rows]  # fmt: skip


@pytest.fixture
def listed(tmp_path, pseudonyms):
    """A's home costs £8,000 of which health pays a quarter; B's foster place had ended; N's costs £900 and £1,000 in turn; Q is not in care."""
    rows = cost_rows(
        ("a", "8000", "childrens_home", "2021-04-20", "", "75%", "25%"), ("B", "700", "agency_foster", "2020-07-01", "2021-05-30"),
        ("N", "900", "agency_foster", "2021-05-01"), ("N", "1000", "agency_foster", "2021-05-10"), ("Q", "1500", "agency_foster", "2021-01-01"),
        ("A", "9999", "childrens_home", "2021-06-01"),
    )  # fmt: skip
    path = tmp_path / "costs.csv"
    write_rows(path, ("child", "cost_gbp_per_week", "placement", "start", "planned_end", "share_authority", "share_health"), rows)
    return read_placement_costs(path, pseudonyms)


def test_prices_of_a_list_are_the_childrens_by_pseudonym(opened, listed, pseudonyms):
    found, _ = priced(opened, listed, np.full((len(PLACEMENTS), 4), 1_000.0))
    price = found.children.set_index("pseudonym")["price"]
    assert price[pseudonyms.one("A")] == 6_000.0  # the authority's share of the row that runs on the day
    assert price[pseudonyms.one("B")] == DRAWN
    assert price[pseudonyms.one("N")] == 1_000.0
    assert (opened.children["price"] == DRAWN).all()


def test_new_prices_are_drawn_to_the_lists_and_keep_their_spread(opened, listed):
    published = np.tile(np.array([500.0, 1_000.0, 1_500.0, 3_000.0]), (len(PLACEMENTS), 1))
    published[OTHER] = 0.0
    _, prices = priced(opened, listed, published)
    homes = (PRICE_WEIGHT * 1_500.0 + 6_000.0) / (PRICE_WEIGHT + 1)
    fostered = (PRICE_WEIGHT * 1_500.0 + 900.0 + 1_000.0 + 1_500.0) / (PRICE_WEIGHT + 3)
    np.testing.assert_allclose(prices[HOME], published[HOME] * homes / 1_500.0)
    np.testing.assert_allclose(prices[FOSTER], published[FOSTER] * fostered / 1_500.0)
    np.testing.assert_array_equal(prices[OWN], published[OWN])
    assert not prices[OTHER].any()


def test_another_imports_list_links_to_nobody(opened, tmp_path):
    path = tmp_path / "costs.csv"
    write_rows(path, ("child", "cost_gbp_per_week", "placement", "start"), cost_rows(("A", "8000", "childrens_home", "2021-04-20")))
    found, _ = priced(opened, read_placement_costs(path, Pseudonyms()), np.full((len(PLACEMENTS), 4), 1_000.0))
    assert (found.children["price"] == DRAWN).all()
