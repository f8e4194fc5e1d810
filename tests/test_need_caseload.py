"""Histories of need as a caseload: episodes and stages worked out by hand, exposure, and stocks that theory gives."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from small_caseload import caseload

from calibration.care_records import DataQuality
from calibration.exposure import cells_of
from calibration.need_histories import CARE_COLUMNS, need_spans, open_spans, share_linked
from calibration.need_rates import estimate_need, need_model, opening_need
from calibration.need_records import SPELL_COLUMNS, NeedRecords
from sim.caseload import run_caseload
from sim.need_caseload import EXITS, NEED, STAGES, one_after_another

FIRST, LAST = date(2022, 4, 1), date(2024, 3, 31)
EPOCH = pd.Timestamp("1970-01-01")


def records(children: list[tuple], spells: list[tuple]) -> NeedRecords:
    """Return records of children (pseudonym, birth, disabled) and spells (child, stage, start, end, outcome)."""
    known = pd.DataFrame(children, columns=["pseudonym", "birth", "disabled"]).assign(unborn=False, sex="")
    rows = pd.DataFrame(spells, columns=SPELL_COLUMNS[:5]).assign(code="", earlier=pd.NA)
    for table, columns in ((known, ["birth"]), (rows, ["start", "end"])):
        table[columns] = table[columns].apply(pd.to_datetime)
    return NeedRecords(known, rows, FIRST, LAST, DataQuality())


def care(*periods: tuple) -> pd.DataFrame:
    table = pd.DataFrame(list(periods), columns=CARE_COLUMNS)
    return table.assign(start=pd.to_datetime(table["start"]), end=pd.to_datetime(table["end"]))


def told(spans: pd.DataFrame) -> list[tuple]:
    """Return spans as (child, period, stage, start, end, how the span ends)."""
    day = lambda number: "" if np.isnan(number) else (EPOCH + pd.Timedelta(days=number)).strftime("%Y-%m-%d")  # noqa: E731
    return [
        (row.child, row.period, STAGES[row.placement], day(row.start), day(row.end), row.exit if row.leaves else "moves" if row.moves else "")
        for row in spans.itertuples()
    ]


CHILDREN = [("a", "2015-01-01", False), ("b", "2005-09-10", True), ("c", "2020-01-01", False), ("d", "2021-01-01", False)]


@pytest.mark.unit
def test_a_child_is_on_a_plan_or_looked_after_or_an_adult_or_else_in_need():
    need = records(CHILDREN, [
        (0, "child_in_need", "2022-05-01", "2023-02-01", "closed"), (0, "child_protection_plan", "2022-06-01", "2022-12-01", "plan_ended"),
        (0, "assessment", "2022-05-02", "2022-06-20", "completed"), (1, "child_in_need", "2022-05-01", None, ""),
    ])  # fmt: skip
    spans = need_spans(need, care(("a", "2022-08-01", "2023-01-10"), ("nobody", "2022-01-01", None)))
    assert told(spans) == [
        (0, 0, "child_in_need", "2022-05-01", "2022-06-01", "moves"), (0, 0, "child_protection_plan", "2022-06-01", "2022-12-01", "moves"),
        (0, 0, "looked_after", "2022-12-01", "2023-01-10", "moves"), (0, 0, "child_in_need", "2023-01-10", "2023-02-01", "closed"),
        (1, 1, "child_in_need", "2022-05-01", "2023-09-10", "moves"), (1, 1, "aged_18_and_over", "2023-09-10", "", ""),
    ]  # fmt: skip
    assert (spans["care_start"] == spans.groupby("period")["start"].transform("min")).all()
    assert spans["unaccompanied"].tolist() == [0, 0, 0, 0, 1, 1]


@pytest.mark.unit
def test_episodes_that_touch_are_one_and_those_of_one_day_are_held_by_no_days_end():
    need = records(CHILDREN, [
        (0, "child_in_need", "2022-05-01", "2022-06-01", "not_in_need"), (0, "child_in_need", "2022-06-01", "2022-07-01", "early_help"),
        (0, "child_in_need", "2022-09-01", "2022-10-01", "plan_nowhere"), (2, "child_in_need", "2023-01-10", "2023-01-10", "not_in_need"),
        (3, "child_protection_plan", "2023-01-10", "2023-03-10", "plan_ended"),
    ])  # fmt: skip
    spans = need_spans(need, care())
    assert told(spans) == [
        (0, 0, "child_in_need", "2022-05-01", "2022-07-01", "early_help"), (0, 1, "child_in_need", "2022-09-01", "2022-10-01", "closed"),
        (2, 2, "child_in_need", "2023-01-09", "2023-01-10", "not_in_need"), (3, 3, "child_protection_plan", "2023-01-10", "2023-03-10", "closed"),
    ]  # fmt: skip
    assert [len(open_spans(spans, date(2023, 1, day))) for day in (9, 10)] == [0, 1]  # the plan alone, on the 10th


@pytest.mark.unit
def test_what_is_not_returned_again_is_at_risk_until_then_and_does_not_end():
    need = records(CHILDREN, [(0, "child_in_need", "2022-05-01", "2023-03-31", "not_returned_again"), (2, "child_in_need", "2023-12-01", None, "")])
    spans = need_spans(need, care())
    assert not spans["leaves"].any()
    assert len(open_spans(spans, date(2023, 4, 1))) == 0
    cells = cells_of(spans, FIRST, LAST, NEED)
    assert cells[["leaves", "moves"]].to_numpy().sum() == 0
    days = (date(2023, 3, 31) - date(2022, 5, 1)).days + (LAST - date(2023, 12, 1)).days
    assert cells["exposure_years"].sum() * 365.25 == pytest.approx(days)


@pytest.mark.unit
def test_stages_have_bands_of_time_of_their_own():
    assert one_after_another(((0.0, 5.0), (0.0, 9.0, 20.0))) == ((0.0, 5.0, np.inf, np.inf, np.inf), (0.0, 0.0, 0.0, 9.0, 20.0))
    need = records(CHILDREN, [
        (0, "child_in_need", "2022-05-01", "2023-02-01", "closed"), (0, "child_protection_plan", "2022-06-01", "2022-12-01", "plan_ended"),
    ])  # fmt: skip
    cells = cells_of(need_spans(need, care()), FIRST, LAST, NEED)
    # 31 days in need (bands from 0 and 14 days), 183 on a plan (0, 70, 105 days), 62 in need (0, 14, 42 days); the plan's bands follow need's six
    days = (cells.groupby(["placement", "place"])["exposure_years"].sum() * 365.25).round(6).to_dict()
    assert days == {(0, 0): 14 + 14, (0, 1): 17 + 28, (0, 2): 20, (1, 6): 70, (1, 7): 35, (1, 8): 78}
    assert cells.loc[cells["moves"] > 0, ["placement", "place"]].to_numpy().tolist() == [[0, 1], [1, 8]]


@pytest.mark.unit
def test_children_in_care_are_counted_as_found_by_pseudonym():
    need = records(CHILDREN, [(0, "child_in_need", "2022-05-01", None, "")])
    assert share_linked(need, care(("a", "2022-05-01", None), ("x", "2022-05-01", None), ("y", "2010-01-01", "2011-01-01"))) == 0.5
    assert np.isnan(share_linked(need, care()))


@pytest.mark.statistical
def test_stock_of_need_is_entries_by_time_in_need():
    """M/G/infinity with exponential times: after t, a(1 - exp(-h t))/h, Poisson; unborn children included."""
    model = caseload(0, 4.0, 0.0, 2.0, 12, NEED)
    run = run_caseload(model, date(2026, 3, 31), np.zeros((len(STAGES), 1)), 400, 5)
    stock = run.tallies.stock[:, -1].sum(axis=(1, 2))
    expected = 2.0 * 365.25 / 4.0 * (1 - np.exp(-4.0 * 365 / 365.25))
    assert abs(stock.mean() - expected) < 4 * np.sqrt(expected / 400)
    assert stock.var() == pytest.approx(expected, rel=4 * np.sqrt(2 / 400))
    unborn = run.tallies.starts[:, :, 0].sum(axis=1).mean() / run.tallies.starts.sum(axis=(1, 2)).mean()
    bins = len(NEED.entry_age_edges_days) - 1
    assert unborn == pytest.approx(3 / bins, abs=4 * np.sqrt(3 / bins / (400 * 730)))


@pytest.mark.statistical
def test_a_forecast_from_known_hazards_is_what_they_give():
    """Children of 8 come at 1.5 a day; of those in need 3 a year close and 1 a year gets a plan; of those on plans 2 a year return to need."""
    found = estimate_need(_made_spans(), FIRST, LAST)
    opening = opening_need(found.spans, LAST)
    model = need_model(found, opening, LAST, 12, 1, 100)
    run = run_caseload(model, date(2025, 3, 31), np.zeros((len(STAGES), 1)), 100, 1)
    ended = run.tallies.reasons.sum(axis=(0, 1))
    assert ended[EXITS.index("not_in_need")] == ended.sum() > 0
    now = np.bincount(opening["placement"], minlength=len(STAGES))[:2].astype(float)
    rates = np.array([[-4.0, 2.0], [1.0, -2.0]])  # d(need, plan)/dt in years
    steps = 4000
    for _ in range(steps):
        now = now + (rates @ now + np.array([1.5 * 365.25, 0.0])) / steps
    stock = run.tallies.stock[:, -1].sum(axis=1)
    assert stock[:, 2:].sum() == 0
    for stage in (0, 1):  # within what the draws of rates leave open
        low, high = np.quantile(stock[:, stage], [0.025, 0.975])
        assert low < now[stage] < high
        assert high - low < 1.2 * now[stage]


def _made_spans() -> pd.DataFrame:
    """Return spans of four years of children with those hazards, drawn by inversion from fixed uniforms."""
    uniform = np.random.Generator(np.random.Philox(11)).random
    start, end = (float(np.datetime64(day).astype("datetime64[D]").astype(int)) for day in (date(2020, 4, 1), date(2024, 4, 1)))
    rows, period = [], 0
    for begun in np.floor(start + np.sort(uniform(int(1.5 * (end - start)))) * (end - start)):
        now, stage, birth = begun, 0, begun - 8 * 365.25
        while True:
            rate = 4.0 if stage == 0 else 2.0
            until = now + max(1.0, np.round(-np.log(uniform()) / rate * 365.25))
            closes = stage == 0 and uniform() < 0.75
            rows.append((period, period, begun, now, until, stage, closes, not closes, 1 - stage if not closes else -1, birth))
            if closes:
                break
            now, stage = until, 1 - stage
        period += 1
    columns = ["child", "period", "care_start", "start", "end", "placement", "leaves", "moves", "next_placement", "birth"]
    spans = pd.DataFrame(rows, columns=columns)
    fixed = {"legal_status": 0, "next_legal_status": -1, "changes_legal_status": False, "start_known": True, "unaccompanied": 0}
    return spans.assign(**fixed, place_start=spans["start"], exit=np.where(spans["leaves"], "not_in_need", ""))
