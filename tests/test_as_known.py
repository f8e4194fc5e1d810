"""Records as they were known on an earlier day: by hand, and against returns handed in by then and no later."""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records_by_hand import FIRST, LAST, by_hand
from records_sample import RETURNS

from calibration.as_known import as_known
from calibration.care_days import month_end_stock, stock_on_days
from calibration.identifiers import Pseudonyms
from calibration.made_authorities import made
from calibration.made_returns import write_returns
from calibration.opening import opening_caseload
from calibration.ssda903 import read_ssda903

TABLES = ("children", "stays", "legal")


@pytest.fixture(scope="module")
def records():
    return read_ssda903(RETURNS)


def earlier_returns(folder, until, into):
    """Write the rows of a folder's returns up to a year."""
    into.mkdir()
    for file in folder.glob("*.csv"):
        rows = pd.read_csv(file, dtype=str, keep_default_na=False)
        rows[rows["YEAR"].astype(int) <= until].to_csv(into / file.name, index=False)
    return into


def by_pseudonym(records, table):
    """Return a table's rows by child and start, free of how children and periods are numbered."""
    if table == "children":
        return records.children.drop(columns="family").sort_values("pseudonym", ignore_index=True)
    rows = getattr(records, table)
    named = rows.assign(pseudonym=records.children["pseudonym"].to_numpy()[rows["child"]])
    return named.drop(columns=["child", "period"]).sort_values(["pseudonym", "start"], ignore_index=True)


def families(records):
    """Return the sets of children who share a family."""
    together = records.children.groupby("family")["pseudonym"].agg(frozenset)
    return set(together)


def same(one, other):
    for table in TABLES:
        pd.testing.assert_frame_equal(by_pseudonym(one, table), by_pseudonym(other, table))
    assert families(one) == families(other)
    assert (one.first, one.last) == (other.first, other.last)


@pytest.mark.unit
def test_what_began_later_is_gone_and_what_ended_later_is_open():
    known = as_known(by_hand(), date(2019, 3, 30))
    assert known.last == date(2019, 3, 30)
    assert list(known.children["pseudonym"]) == ["a", "b"]
    assert list(known.stays["placement"]) == ["in_house_foster", "kinship_foster"]
    assert known.stays["end"].isna().all()
    assert list(known.stays["ended_by"]) == ["", ""]
    assert list(known.legal["legal_status"]) == ["section_20", "interim_care_order"]
    assert known.legal["end"].isna().all()


@pytest.mark.unit
def test_what_ended_on_the_day_is_known_to_have():
    known = as_known(by_hand(), date(2019, 3, 31))
    assert list(known.stays["ended_by"]) == ["moved", "", ""]
    assert known.stays["end"].isna().tolist() == [False, True, True]
    assert as_known(by_hand(), date(2020, 3, 31)).stays["ended_by"].tolist() == ["moved", "reunified", ""]


@pytest.mark.unit
def test_children_are_numbered_by_what_is_known():
    """The eldest has not come into care yet: the others move up, and their rows with them."""
    whole = by_hand()
    stays, legal = (rows.assign(start=rows["start"].where(rows["child"] != 0, pd.Timestamp("2020-06-01"))) for rows in (whole.stays, whole.legal))
    late = replace(whole, stays=stays.iloc[1:].assign(end=pd.NaT), legal=legal)
    known = as_known(late, date(2020, 1, 1))
    assert list(known.children["pseudonym"]) == ["b"]
    assert (list(known.stays["child"]), list(known.stays["period"]), list(known.legal["child"])) == ([0], [0], [0, 0])
    assert list(known.children["family"]) == [0]


@pytest.mark.unit
@pytest.mark.parametrize("day", [FIRST - timedelta(1), LAST + timedelta(1)])
def test_days_that_records_do_not_cover_are_refused(day):
    with pytest.raises(ValueError, match="2018-04-01 to 2021-03-31"):
        as_known(by_hand(), day)


@pytest.mark.unit
def test_a_day_before_anybody_is_refused():
    with pytest.raises(ValueError, match="nobody had been in care by 2018-05-31"):
        as_known(by_hand(), date(2018, 5, 31))


@pytest.mark.unit
def test_on_the_last_day_all_is_known(records):
    known = as_known(records, records.last)
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(known, table), getattr(records, table))
    assert (known.first, known.last) == (records.first, records.last)


@pytest.mark.unit
@settings(max_examples=4, deadline=None)
@given(days=st.tuples(st.integers(0, 2190), st.integers(0, 2190)))
def test_knowing_less_twice_is_knowing_the_least(records, days):
    """What is known on a day does not depend on what was learnt after a later one; stocks up to the day do not change."""
    least, more = (records.first + timedelta(n) for n in sorted(days))
    directly, stepwise = as_known(records, least), as_known(as_known(records, more), least)
    same(directly, stepwise)
    assert (stock_on_days(directly, [least]) == stock_on_days(records, [least])).all()
    assert len(opening_caseload(directly, least)) == len(opening_caseload(records, least))


@pytest.mark.unit
@pytest.mark.parametrize("year", [2020])
def test_it_is_what_returns_handed_in_by_then_say(tmp_path, year):
    """But for who is unaccompanied: this sample's one row says so in 2022, of a child who was in care long before."""
    pseudonyms = Pseudonyms()
    whole = read_ssda903(RETURNS, pseudonyms=pseudonyms)
    earlier = read_ssda903(earlier_returns(RETURNS, year, tmp_path / "earlier"), pseudonyms=pseudonyms)
    known = as_known(whole, date(year, 3, 31))
    assert known.children["unaccompanied"].sum() == 1
    assert not earlier.children["unaccompanied"].any()
    same(replace(known, children=known.children.assign(unaccompanied=False)), earlier)


@pytest.mark.e2e
@pytest.mark.parametrize("kind", ["stationary", "duration_dependent", "trend"])
def test_it_is_what_made_up_authorities_handed_in_by_then(tmp_path, kind):
    of = made(kind, 2, 40.0)
    folder, pseudonyms = write_returns(of, tmp_path / "all"), Pseudonyms()
    whole = read_ssda903(folder, pseudonyms=pseudonyms)
    for year in range(of.origin.year - 3, of.origin.year + 1):
        earlier = read_ssda903(earlier_returns(folder, year, tmp_path / str(year)), pseudonyms=pseudonyms)
        same(as_known(whole, date(year, 3, 31)), earlier)


@pytest.mark.unit
def test_stocks_by_age_and_placement_add_up_and_are_the_opening_caseload(records):
    past = month_end_stock(records, records.first, records.last)
    stock = stock_on_days(records, list(past.index))
    assert stock.sum(axis=(1, 2)).tolist() == past.tolist()
    opened = opening_caseload(records, records.last)
    assert stock[-1].sum(axis=0).tolist() == opened["placement"].value_counts().reindex(range(stock.shape[2]), fill_value=0).tolist()
    by_hand_2019 = stock_on_days(by_hand(), [date(2019, 12, 31), date(2020, 3, 31)])
    assert by_hand_2019.sum(axis=(1, 2)).tolist() == [2, 1]
    assert by_hand_2019[0].sum(axis=1).tolist() == [0, 0, 1, 1, 0]  # nine and eleven years old: a birthday on 1 January 2020
