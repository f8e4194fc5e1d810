"""Occurrence and exposure, against a loop over days that looks at each child on each of them."""

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.care_records import CareRecords, DataQuality
from calibration.exposure import CELLS, EVENTS, SHORTEST_DAYS, occurrence_exposure, spans_of
from sim.caseload import AGE_EDGES_DAYS, CARE_EDGES_DAYS, DAYS_A_YEAR, LEGAL_STATUSES, PLACE_EDGES_DAYS, PLACEMENTS

pytestmark = pytest.mark.unit

DAY = "datetime64[s]"
SINCE, ORIGIN = date(2019, 4, 1), date(2021, 3, 31)


def records_of(children: list[dict]) -> CareRecords:
    """Records of children: `birth`, `unaccompanied`, and periods of (known, [(start, placement, legal status)], end or None, exit)."""
    people, stays, legal, period = [], [], [], 0
    for number, child in enumerate(children):
        people.append({"pseudonym": f"{number}", "birth": child["birth"], "sex": "", "unaccompanied": child["unaccompanied"], "family": number})
        for known, steps, end, how in child["periods"]:
            placed = [step for n, step in enumerate(steps) if n == 0 or step[1] is not None]
            ruled = [step for n, step in enumerate(steps) if n == 0 or step[2] is not None]
            for rows, place in ((placed, True), (ruled, False)):
                ends = [*(step[0] for step in rows[1:]), end]
                for step, until in zip(rows, ends, strict=True):
                    row = {"child": number, "period": period, "start": step[0], "end": until}
                    if place:
                        by = "" if until is None else how if step is rows[-1] else "moved"
                        stays.append({**row, "placement": step[1], "code": "", "provider": "", "ended_by": by, "start_known": known})
                    else:
                        legal.append({**row, "legal_status": step[2]})
            period += 1
    frames = [pd.DataFrame(rows) for rows in (people, stays, legal)]
    for frame in frames:
        for column in {"birth", "start", "end"} & set(frame.columns):
            frame[column] = pd.to_datetime(frame[column]).astype(DAY)
    return CareRecords(*frames, SINCE, ORIGIN, DataQuality())


def band(days: float, edges: tuple[float, ...]) -> int:
    return max(n for n, edge in enumerate(edges) if days >= edge)


def by_day(children: list[dict], since: date, origin: date) -> tuple[Counter, Counter]:
    """Events and days at risk by cell, one day (from the end of one to the end of the next) after another; bands of a day are those of its noon.

    Edges fall on quarters of days: so a day is told apart in quarters.
    """
    events, days = Counter(), Counter()
    years = max(1, int(np.ceil(((origin - since).days + 1) / DAYS_A_YEAR - 0.02)))
    for child in children:
        for known, steps, end, how in child["periods"]:
            place = legal = entered = None
            for n, (start, placement, status) in enumerate(steps):
                moved, place = placement is not None and n > 0, placement or place
                legal, entered = status or legal, start if placement is not None or n == 0 else entered
                until = steps[n + 1][0] if n + 1 < len(steps) else end

                def cell(at: float, start=start, place=place, legal=legal, entered=entered, steps=steps, known=known, child=child) -> tuple:
                    """The cell of a moment, in days after this row's start."""
                    moment = (start - steps[0][0]).days + at
                    care = band(moment, CARE_EDGES_DAYS)
                    back = (origin - start).days - at
                    return (
                        band((start - child["birth"]).days + at, AGE_EDGES_DAYS), care if known or care == len(CARE_EDGES_DAYS) - 1 else -1,
                        band((start - entered).days + at, PLACE_EDGES_DAYS), PLACEMENTS.index(place), LEGAL_STATUSES.index(legal),
                        int(child["unaccompanied"]), min(max(int(np.ceil(back / DAYS_A_YEAR)), 1), years),
                    )  # fmt: skip

                shown = until if until is not None and until <= origin else origin
                length, first = (shown - start).days, max(0, (since - timedelta(1) - start).days)
                if start >= origin or (until is not None and until < since):
                    continue
                if length == 0:
                    days[cell(SHORTEST_DAYS / 2)] += SHORTEST_DAYS
                    last = SHORTEST_DAYS / 2
                else:
                    for quarter in range(4 * first, 4 * length):
                        days[cell((quarter + 0.5) / 4)] += 0.25
                    last = length - 0.125
                if until is not None and until <= origin:
                    if n + 1 == len(steps):
                        if how != "aged_out":
                            events[("leaves", *cell(last))] += 1
                    else:
                        if steps[n + 1][1] is not None:
                            events[("moves", *cell(last))] += 1
                        if steps[n + 1][2] is not None and steps[n + 1][2] != legal:
                            events[("changes_legal_status", *cell(last))] += 1
                assert moved or n == 0 or placement is None
    return events, days


@st.composite
def histories(draw) -> list[dict]:
    """A few children, each with a period or two of care, in and about the window."""
    children = []
    for _ in range(draw(st.integers(1, 3))):
        born = SINCE - timedelta(draw(st.integers(-200, 5500)))
        at, periods = max(born, SINCE - timedelta(draw(st.integers(0, 2400)))), []
        for _ in range(draw(st.integers(1, 2))):
            steps = [(at, draw(st.sampled_from(PLACEMENTS[:3])), draw(st.sampled_from(LEGAL_STATUSES[:2])))]
            for _ in range(draw(st.integers(0, 3))):
                at += timedelta(draw(st.integers(1, 500)))
                kind = draw(st.sampled_from(("place", "legal", "both")))
                steps.append((at, draw(st.sampled_from(PLACEMENTS[:3])) if kind != "legal" else None,
                              draw(st.sampled_from(LEGAL_STATUSES[:2])) if kind != "place" else None))  # fmt: skip
            at += timedelta(draw(st.integers(0, 600)))
            still = draw(st.booleans())
            how = draw(st.sampled_from(("reunified", "aged_out")))
            periods.append((draw(st.booleans()), steps, None if still else at, how))
            if still:
                break
            at += timedelta(draw(st.integers(1, 90)))
        children.append({"birth": born, "unaccompanied": draw(st.booleans()), "periods": periods})
    return children


def as_counts(cells: pd.DataFrame) -> tuple[Counter, Counter]:
    events, days = Counter(), Counter()
    for row in cells.itertuples(index=False):
        key = tuple(int(getattr(row, name)) for name in CELLS)
        days[key] += row.exposure_years * DAYS_A_YEAR
        for event in EVENTS:
            if getattr(row, event):
                events[(event, *key)] += int(getattr(row, event))
    return events, days


@given(histories())
@settings(max_examples=25, deadline=None)
def test_cells_are_those_of_a_loop_over_days(children):
    events, days = as_counts(occurrence_exposure(records_of(children), SINCE, ORIGIN))
    expected_events, expected_days = by_day(children, SINCE, ORIGIN)
    assert events == expected_events
    assert {cell: pytest.approx(length, abs=1e-6) for cell, length in expected_days.items()} == {c: d for c, d in days.items() if d > 1e-9}


def one_child(birth=date(2010, 1, 1), known=True, steps=None, end=None, how="reunified", unaccompanied=False) -> list[dict]:
    steps = steps or [(date(2019, 1, 1), PLACEMENTS[0], LEGAL_STATUSES[0])]
    return [{"birth": birth, "unaccompanied": unaccompanied, "periods": [(known, steps, end, how)]}]


def test_a_child_in_care_all_along_is_at_risk_from_the_first_day_to_the_last():
    cells = occurrence_exposure(records_of(one_child()), SINCE, ORIGIN)
    assert cells["exposure_years"].sum() * DAYS_A_YEAR == pytest.approx((ORIGIN - SINCE).days + 1)
    assert cells[list(EVENTS)].to_numpy().sum() == 0
    by_year = cells.groupby("year")["exposure_years"].sum() * DAYS_A_YEAR
    assert by_year.to_dict() == pytest.approx({1: 365.25, 2: 365.75})  # 2020 was a leap year: the days over belong to the earliest year


def test_events_count_from_the_first_day_to_the_last():
    for end, leaves in ((SINCE - timedelta(1), 0), (SINCE, 1), (ORIGIN, 1), (ORIGIN + timedelta(1), 0)):
        cells = occurrence_exposure(records_of(one_child(end=end)), SINCE, ORIGIN)
        assert cells["leaves"].sum() == leaves, end


def test_leaving_at_18_is_no_event_and_its_exposure_counts():
    cells = occurrence_exposure(records_of(one_child(date(2002, 1, 1), end=date(2020, 1, 1), how="aged_out")), SINCE, ORIGIN)
    assert cells["leaves"].sum() == 0
    assert cells["exposure_years"].sum() * DAYS_A_YEAR == pytest.approx((date(2020, 1, 1) - SINCE).days + 1)


def test_a_stay_that_ends_on_its_first_day_counts_half_a_day():
    child = one_child(steps=[(date(2020, 1, 1), PLACEMENTS[0], LEGAL_STATUSES[0])], end=date(2020, 1, 1))
    cells = occurrence_exposure(records_of(child), SINCE, ORIGIN)
    assert cells["exposure_years"].sum() * DAYS_A_YEAR == pytest.approx(SHORTEST_DAYS)
    assert cells["leaves"].sum() == 1


def test_care_that_began_before_the_records_has_no_known_time_until_the_last_band():
    steps = [(date(2014, 6, 1), PLACEMENTS[0], LEGAL_STATUSES[0])]
    cells = occurrence_exposure(records_of(one_child(known=False, steps=steps)), SINCE, ORIGIN)
    passes = date(2014, 6, 1) + timedelta(1826.25)
    assert sorted(cells["care"].unique()) == [-1, len(CARE_EDGES_DAYS) - 1]
    assert cells.loc[cells["care"] == -1, "exposure_years"].sum() * DAYS_A_YEAR == pytest.approx((passes - SINCE).days + 1.25)


def test_nobody_at_risk_is_no_cell():
    cells = occurrence_exposure(records_of(one_child(end=date(2019, 2, 1))), SINCE, ORIGIN)
    assert cells.empty
    assert list(cells.columns) == [*CELLS, *EVENTS, "exposure_years"]


def test_a_window_shorter_than_a_year_is_one_year_and_one_of_three_is_three():
    long = one_child(steps=[(date(2010, 1, 1), PLACEMENTS[0], LEGAL_STATUSES[0])], birth=date(2009, 1, 1))
    for since, years in ((date(2020, 10, 1), 1), (date(2020, 4, 1), 1), (date(2018, 4, 1), 3), (date(2017, 4, 1), 4)):
        cells = occurrence_exposure(records_of(long), since, ORIGIN)
        assert sorted(cells["year"].unique()) == list(range(1, years + 1)), since


def test_spans_tell_what_comes_next():
    steps = [(date(2019, 1, 1), PLACEMENTS[0], LEGAL_STATUSES[0]), (date(2019, 6, 1), PLACEMENTS[1], LEGAL_STATUSES[1]),
             (date(2020, 6, 1), None, LEGAL_STATUSES[0])]  # fmt: skip
    spans = spans_of(records_of(one_child(steps=steps, end=date(2021, 1, 1), unaccompanied=True)))
    assert spans["moves"].tolist() == [True, False, False]
    assert spans["changes_legal_status"].tolist() == [True, True, False]
    assert spans["leaves"].tolist() == [False, False, True]
    assert spans["next_placement"].tolist() == [1, -1, -1]
    assert spans["next_legal_status"].tolist() == [1, 0, -1]
    assert spans["exit"].tolist() == ["", "", "reunified"]
    assert (spans["care_start"] == spans["start"].iloc[0]).all()
    assert spans["place_start"].tolist() == spans["start"].iloc[[0, 1, 1]].tolist()
    assert spans["unaccompanied"].tolist() == [1, 1, 1]
