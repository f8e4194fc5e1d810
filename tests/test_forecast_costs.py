"""Pounds of a forecast, by hand: two children, what they cost by line and year, what moved one year's cost from the last's, and the dearest."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from caseload_sample import ORIGIN, model, prices, reform

from calibration.care_days import known_days
from outputs.forecast_costs import (
    LINES,
    Costs,
    bridge_table,
    cost_table,
    full_year_effect_table,
    outturn_table,
    tail_table,
)  # fmt: skip
from outputs.forecast_differences import difference_table
from outputs.forecast_hiding import hidden_lines, with_small_hidden
from sim.caseload import PLACEMENTS, Tallies, month_ends, run_caseload

pytestmark = pytest.mark.unit

UNTIL = date(2024, 3, 31)
K = len(PLACEMENTS)
FOSTER, HOME, PARENTS = (PLACEMENTS.index(name) for name in ("agency_foster", "childrens_home", "with_parents"))
MONTHS = month_ends(ORIGIN, UNTIL)
DAYS = np.diff([0, *((day - ORIGIN).days for day in MONTHS)])


def hand_made(runs: int = 2) -> tuple[Tallies, np.ndarray]:
    """Two children: one fostered at £700 a week all along, from before last year; one in a home at £7,000 from 1 October 2022, in run 1 at £9,100.

    Returns tallies and the pounds by run and month.
    """
    shape = (runs, len(MONTHS))
    counts = {"stock": (5, K), "unaccompanied": (), "starts": (5,), "leavers": (5,), "reasons": (9,), "begun": (K,), "dear": ()}
    tallies = Tallies(
        **{name: np.zeros((*shape, *more), np.int32) for name, more in counts.items()}, days=np.zeros((*shape, K, 4)),
        cost=np.zeros((*shape, K, 4)), dear_cost=np.zeros(shape),
    )  # fmt: skip
    weekly = 7000.0 * np.array([1.0, 1.3][:runs])
    tallies.stock[:, :, 3, FOSTER] = 1
    tallies.days[:, :, FOSTER, 0], tallies.cost[:, :, FOSTER, 0] = DAYS, DAYS * 100.0
    tallies.stock[:, 6:, 3, HOME] = 1
    tallies.starts[:, 6, 3] = 1
    tallies.days[:, 6:, HOME, 2], tallies.cost[:, 6:, HOME, 2] = DAYS[6:], DAYS[6:] * weekly[:, None] / 7.0
    tallies.dear[:, 6:], tallies.dear_cost[:, 6:] = 1, tallies.cost[:, 6:, HOME, 2]
    return tallies, tallies.cost.sum(axis=(2, 3))


def costs_of(tallies: Tallies, growth: float = 1.0, nominal: tuple[float, ...] = (1.02, 1.05), known_days=None, known_pounds=None) -> Costs:
    """Costs of those tallies; last year the fostered child was there all year, at £700 a week."""
    run = type(run_caseload(model(date(2022, 4, 30)), date(2022, 4, 30), prices(), 1, 1))(MONTHS, (2023, 2024), tallies)
    days = np.zeros((2, K, 3))
    days[0, FOSTER, 0] = 365.0
    pounds = days * 100.0
    return Costs(run, np.full((tallies.stock.shape[0], len(MONTHS), K), growth), np.array(nominal),
                 days if known_days is None else known_days, pounds if known_pounds is None else known_pounds)  # fmt: skip


@pytest.fixture
def two() -> Costs:
    return costs_of(hand_made()[0])


def figures(table: pd.DataFrame, **keys) -> pd.Series:
    rows = table[np.logical_and.reduce([table[name] == value for name, value in keys.items()])]
    assert len(rows) == 1
    return rows.iloc[0]


def test_costs_by_month_and_line_are_cash(two):
    table = cost_table(two)
    assert list(table.columns[:4]) == ["date", "budget_line", "label", "mean"]
    assert set(table["budget_line"]) == {*LINES, "total"}
    assert "with_parents" not in LINES
    april = figures(table, date=date(2022, 4, 30), budget_line="agency_foster")
    assert april["mean"] == pytest.approx(30 * 100 * 1.02)
    march = figures(table, date=date(2024, 3, 31), budget_line="childrens_home")
    assert march["mean"] == pytest.approx(31 * 1150.0 * 1.05)  # £1,000 and £1,300 a day
    assert (march["p025"], march["p975"]) == pytest.approx((31 * 1.05 * (1000 + 0.025 * 300), 31 * 1.05 * (1000 + 0.975 * 300)))
    assert figures(table, date=date(2024, 3, 31), budget_line="total")["mean"] == pytest.approx(31 * 1250.0 * 1.05)


def test_outturn_by_year_at_both_prices(two):
    table = outturn_table(two)
    year = 365 * 100 + 182 * 1150  # 1 October to 31 March: 182 days
    assert figures(table, year_ending=2023, budget_line="total", prices="constant")["mean"] == pytest.approx(year)
    assert figures(table, year_ending=2023, budget_line="total", prices="nominal")["mean"] == pytest.approx(year * 1.02)
    second = figures(table, year_ending=2024, budget_line="childrens_home", prices="constant")
    assert second["mean"] == pytest.approx(366 * 1150)
    assert (second["p10"], second["p80"], second["p90"]) == pytest.approx(tuple(366 * (1000 + share * 300) for share in (0.1, 0.8, 0.9)))
    assert (table["months"] == 12).all()


def test_what_is_known_of_the_first_year_is_in_its_outturn():
    """The origin moved to the middle of a year: its first months' pounds are known."""
    tallies, _ = hand_made()
    known = np.zeros((2, K, 3))
    known[1, HOME, 1:] = 2_000.0, 3_000.0
    found = costs_of(tallies, known_pounds=known)
    year = figures(outturn_table(found), year_ending=2023, budget_line="childrens_home", prices="constant")
    assert year["mean"] == pytest.approx(182 * 1150 + 5_000)
    assert figures(cost_table(found), date=date(2022, 4, 30), budget_line="childrens_home")["mean"] == 0
    effect = full_year_effect_table(found).set_index("measure")["mean"]
    assert effect["cost_in_year_of_entry_gbp"] == pytest.approx(182 * 1150 + 3_000)  # of those who came in this year


def test_known_days_count_with_those_who_came_in_when_they_did():
    """Ten days of last year's entrants and twenty of this year's before the first month: in the bridge with their own."""
    tallies, _ = hand_made()
    days = np.zeros((2, K, 3))
    days[0, FOSTER] = 300.0, 65.0, 0.0
    days[1, FOSTER] = 5.0, 10.0, 20.0
    parts = bridge_table(costs_of(tallies, known_days=days, known_pounds=days * 100.0)).query("year_ending == 2023").set_index("part")["gbp"]
    assert parts["children in care before last year's entrants"] == pytest.approx((365 + 5 - 300) * 100)
    assert parts["full-year effect of last year's entrants"] == pytest.approx((10 - 65) * 100)
    assert parts["this year's entrants"] == pytest.approx((182 + 20) * 100)
    assert parts.iloc[:-1].sum() == pytest.approx(parts.iloc[-1])


def test_the_bridge_adds_up_to_the_penny_and_its_parts_are_those_by_hand(two):
    table = bridge_table(two)
    for _, rows in table.groupby("year_ending"):
        assert rows["gbp"].iloc[:-1].sum() == pytest.approx(rows["gbp"].iloc[-1], abs=0.005)
    first = table[table["year_ending"] == 2023].set_index("part")["gbp"]
    assert first["cost of the year before"] == pytest.approx(36_500)
    assert first["cost of the year"] == pytest.approx(36_500 + 182 * 1150)
    # At last year's average of £100 a day: the fostered child as before, 182 days more of this year's entrant; there was no home to tell mix by.
    assert first["children in care before last year's entrants"] == pytest.approx(0, abs=1e-6)
    assert first["full-year effect of last year's entrants"] == pytest.approx(0, abs=1e-6)
    assert first["this year's entrants"] == pytest.approx(182 * 100)
    assert first["mix of placements"] == pytest.approx(0, abs=1e-6)
    assert first["price"] == pytest.approx(182 * 1050)
    second = table[table["year_ending"] == 2024].set_index("part")["gbp"]
    average = (36_500 + 182 * 1150) / (365 + 182)
    assert second["cost of the year before"] == pytest.approx(first["cost of the year"])
    assert second["full-year effect of last year's entrants"] == pytest.approx((366 - 182) * average)
    assert second["children in care before last year's entrants"] == pytest.approx(1 * average)  # a leap day
    assert second["this year's entrants"] == pytest.approx(0, abs=1e-6)
    assert second["mix of placements"] == pytest.approx(366 * 100 + 366 * 1150 - 732 * average)
    assert second["price"] == pytest.approx(0, abs=1e-6)


def test_growth_of_prices_is_price_and_nothing_else():
    tallies, _ = hand_made(1)
    flat, grown = (bridge_table(costs_of(tallies, growth)).set_index(["year_ending", "part"])["gbp"] for growth in (1.0, 1.1))
    assert grown[2023, "price"] - flat[2023, "price"] == pytest.approx(0.1 * flat[2023, "cost of the year"])
    assert grown[2023, "this year's entrants"] == pytest.approx(flat[2023, "this year's entrants"])


def test_the_full_year_effect_is_what_entrants_cost_more_in_their_second_year(two):
    table = full_year_effect_table(two)
    assert table["entered_in_year_ending"].unique().tolist() == [2023]
    first, second, effect = (table.set_index("measure").loc[name] for name in (
        "cost_in_year_of_entry_gbp", "cost_in_next_year_gbp", "full_year_effect_gbp"))  # fmt: skip
    assert (first["mean"], second["mean"], effect["mean"]) == pytest.approx((182 * 1150, 366 * 1150, 184 * 1150))
    assert (effect["p10"], effect["p90"]) == pytest.approx((184 * 1030, 184 * 1270))


def test_the_tail_breaks_the_budget_in_runs_it_alone_takes_over(two):
    """Run 0 costs £218,500 in the first year and run 1 £273,100; the tail is £182,000 and £236,600, expected £209,300."""
    table = tail_table(two, 10_000.0, None).set_index(["year_ending", "measure"])["value"]
    low, high = (36_500 + 182_000) * 1.02, (36_500 + 236_600) * 1.02
    assert table[2023, "expected_outturn"] == pytest.approx((low + high) / 2)
    assert table[2023, "budget"] == pytest.approx((low + high) / 2)
    assert table[2023, "chance_over_budget"] == 0.5
    assert table[2023, "chance_dearest_placements_break_budget"] == 0.5  # with the tail at what is expected of it neither run is over
    assert table[2023, "cost_of_placements_at_10000_gbp_a_week_or_more"] == pytest.approx(209_300 * 1.02)
    assert table[2023, "children_in_them_at_month_ends"] == pytest.approx(0.5)
    assert table[2023, "contingency_to_p80"] == pytest.approx(low + 0.8 * (high - low) - (low + high) / 2)
    stated = tail_table(two, 10_000.0, 100_000.0).set_index(["year_ending", "measure"])["value"]
    assert stated[2023, "budget"] == pytest.approx(100_000)
    assert stated[2023, "chance_over_budget"] == 1.0
    assert stated[2023, "chance_dearest_placements_break_budget"] == 0.0  # it is over anyhow
    assert stated[2024, "budget"] / stated[2024, "expected_outturn"] == pytest.approx(stated[2023, "budget"] / stated[2023, "expected_outturn"])


def test_a_year_that_is_not_whole_has_no_bridge_and_says_how_many_months():
    until = date(2023, 6, 30)
    run = run_caseload(model(until, [{"placement": FOSTER}]), until, prices(), 2, 1)
    costs = Costs(run, np.ones((2, 15, K)), np.ones(2), np.zeros((2, K, 3)), np.zeros((2, K, 3)))
    assert bridge_table(costs)["year_ending"].unique().tolist() == [2023]
    assert outturn_table(costs).groupby("year_ending")["months"].first().to_dict() == {2023: 12, 2024: 3}
    assert full_year_effect_table(costs).empty
    assert tail_table(costs, 1e4, None)["year_ending"].unique().tolist() == [2023]


def test_differences_are_paired_run_by_run():
    children = [{"placement": FOSTER}] * 3
    base, other = (run_caseload(model(UNTIL, children, {"leave": 0.001}), UNTIL, prices(), 4, 1, reform(24, leave=ratio)) for ratio in (1.0, 3.0))
    one, two = (Costs(run, np.ones((4, 24, K)), np.ones(2), np.zeros((2, K, 3)), np.zeros((2, K, 3))) for run in (base, other))
    table = difference_table("mine", one, two, np.array([[1_000.0, 2_000.0], [3_000.0, 4_000.0]]))
    stock = (other.tallies.stock - base.tallies.stock).sum(axis=(2, 3))[:, -1]
    row = figures(table, measure="children_in_care", year_ending=2024)
    assert (row["mean"], row["p05"]) == pytest.approx((stock.mean(), np.quantile(stock, 0.05)))
    assert stock.min() < 0
    pounds = (other.tallies.cost - base.tallies.cost).sum(axis=(2, 3))[:, 12:].sum(axis=1)
    assert figures(table, measure="placements_gbp", year_ending=2024)["mean"] == pytest.approx(pounds.mean())
    net = pounds + np.array([2_000.0, 4_000.0, 2_000.0, 4_000.0])  # runs live in the worlds in turn
    assert figures(table, measure="net_gbp", year_ending=2024)["p95"] == pytest.approx(np.quantile(net, 0.95))
    assert figures(table, measure="leavers", year_ending=2023)["mean"] >= 0


def test_days_that_are_known_are_those_of_the_calendar(tmp_path):
    from records_sample import episode, header, write_returns

    from calibration.ssda903 import read_ssda903

    rows = {2021: [episode("A", "2019-06-01", rne="P"), episode("B", "2020-07-01"), episode("C", "2020-05-01", "2020-05-11", "E4A", place="K2")]}
    rows[2022] = [*rows[2021][:2], episode("D", "2021-12-01")]
    records = read_ssda903(write_returns(tmp_path, rows, [header(name) for name in "ABCD"]))
    days = known_days(records, date(2021, 3, 31))
    fostered, homes = PLACEMENTS.index("in_house_foster"), PLACEMENTS.index("authority_childrens_home")
    assert days[0, fostered].tolist() == [365, 274, 0]  # from 1 July to 31 March: 274 days
    assert days[0, homes].tolist() == [0, 10, 0]
    assert not days[1].any()
    days = known_days(records, date(2021, 12, 31))
    assert days[0, fostered].tolist() == [365, 274, 0]
    assert days[1, fostered].tolist() == [275, 275, 31]  # 1 April to 31 December; and December


@pytest.mark.parametrize(
    ("children", "hidden"),
    [
        ({FOSTER: 20, HOME: 12}, set()), ({FOSTER: 20, HOME: 3, 0: 9}, {"childrens_home", "kinship_foster"}),
        ({FOSTER: 20, HOME: 3}, {"childrens_home", "agency_foster"}), ({FOSTER: 3}, {*LINES, "total"}),
        ({FOSTER: 20, HOME: 9, PARENTS: 2}, {"childrens_home", "agency_foster"}),
    ],
)  # fmt: skip
def test_lines_of_few_children_are_hidden_with_another(children, hidden):
    opening = np.zeros((5, K), dtype=np.int64)
    for placement, count in children.items():
        opening[3, placement] = count
    found = hidden_lines(opening)
    assert found == hidden


def test_few_children_whose_price_is_listed_as_dear_are_hidden(two):
    tables = {"high_cost_tail.csv": tail_table(two, 10_000.0, None)}
    opening = np.full((5, K), 20)
    shown = with_small_hidden(tables, opening, 3)["high_cost_tail.csv"].set_index(["year_ending", "measure"])["value"]
    assert shown[2023, "children_in_them_at_month_ends"] == "c"
    assert shown[2023, "the_same_p90"] == "c"
    assert shown[2023, "expected_outturn"] != "c"
    for listed in (0, 6):
        assert with_small_hidden(tables, opening, listed)["high_cost_tail.csv"] is tables["high_cost_tail.csv"]
