"""The business case of a home of one's own: its arithmetic by hand and month by month, and its formulas as LibreOffice computes them."""

from dataclasses import replace

import numpy as np
import openpyxl
import pytest
from experiment_sample import comparison, results
from workbook_sample import computed, needs_libreoffice, without_values

from outputs.workbook import write_workbook
from outputs.workbook.own_home import WEEKS_A_MONTH, cash_flow, other_running, starting_values
from outputs.workbook.own_home_sheet import FILLED, LINES, NEEDED, NEVER, NONE_NEEDED, RECOVERED, ROWS, WHAT_IF, changed, worked_out

YEARS = [2026, 2027, 2028]


def priced(one, gbp_per_week=6_500.0):
    """Return results in which a week in a home, secure ones apart, costs so much."""
    annual = one.annual.copy()
    annual.loc[{"measure": "home_gbp"}] = annual.sel(measure="home_weeks") * gbp_per_week
    return replace(one, annual=annual)


def plain(**more):
    """Return a home without growth, discount or ramp: 4 beds, opened after a year, all filled by own children."""
    asked = {one.key: 0.0 for one in starting_values(results(areas=("Bolton",)), YEARS)}
    asked |= {"beds": 4, "capital_gbp_per_bed": 100_000, "months_to_register": 12, "own_share": 1.0, "bought_price_gbp_per_week": 5_000,
              "staff_fte_per_bed": 2.0, "staff_gbp_per_fte": 40_000, "other_running_gbp_per_bed_week": 1_000}  # fmt: skip
    return asked | more


@pytest.mark.unit
def test_a_home_by_hand():
    """Capital of £400,000 in year 1; from year 2 each bed costs 80,000 + 52.18 x 1,000 and spares 52.18 x 5,000: 4 x 128,714 a year."""
    found = cash_flow(plain())
    weeks = 365.25 / 7.0
    each = 4 * (weeks * 5_000 - 80_000 - weeks * 1_000)
    assert found.net == pytest.approx([-400_000] + [each] * 9)
    assert found.recovered_in == 2  # 4 x 128,714 = 514,857 is more than the capital
    assert found.net_present_value == pytest.approx(9 * each - 400_000)
    assert found.own_weeks.tolist() == pytest.approx([0.0] + [4 * weeks] * 9)


@pytest.mark.unit
def test_registration_ramp_voids_and_spare_beds_by_hand():
    """Registered after 18 months, full after 6 more: year 2 is worth 3 months. Of usable beds half are own, half of the rest sold."""
    months = {"months_to_register": 18, "months_to_fill": 6, "months_staffed_before": 3}
    found = cash_flow(plain(**months, voids=0.25, own_share=0.5, spare_sold=0.5, sold_price_gbp_per_week=4_000))
    usable = 4 * 0.75 * WEEKS_A_MONTH
    assert found.own_weeks[:3] == pytest.approx([0.0, 3 * usable * 0.5, 12 * usable * 0.5])
    assert found.others_weeks[:3] == pytest.approx([0.0, 3 * usable * 0.25, 12 * usable * 0.25])
    assert found.capital[:3] == pytest.approx([-400_000 * 12 / 18, -400_000 * 6 / 18, 0.0])
    assert found.staff[:3] == pytest.approx([0.0, -4 * 80_000 * 9 / 12, -4 * 80_000])  # from month 15 on
    assert found.income[2] == pytest.approx(12 * usable * 0.25 * 4_000)


@pytest.mark.unit
def test_growth_discount_and_the_buildings_value_by_hand():
    asked = plain(home_price_growth=0.1, running_growth=0.05, discount_rate=0.035, value_left=0.5)
    found, weeks = cash_flow(asked), 365.25 / 7.0
    assert found.bought_not_needed[[1, 9]] == pytest.approx([4 * weeks * 5_500, 4 * weeks * 5_000 * 1.1**9])
    assert found.staff[9] == pytest.approx(-4 * 80_000 * 1.05**9)
    assert found.net_present_value == pytest.approx(sum(found.net[y] / 1.035**y for y in range(10)) + 200_000 / 1.035**9)


@pytest.mark.unit
def test_filling_the_share_that_is_needed_is_worth_nothing():
    asked = plain(own_share=0.8, spare_sold=0.5, sold_price_gbp_per_week=2_000, discount_rate=0.035, months_to_fill=6, staff_gbp_per_fte=60_000)
    needed = worked_out(asked, cash_flow(asked))[NEEDED]
    assert 0.1 < needed < 1.0
    assert cash_flow(asked | {"own_share": needed}).net_present_value == pytest.approx(0.0, abs=1e-3)


@pytest.mark.unit
def test_it_starts_from_the_baselines_own_prices_and_says_where_every_number_is_from():
    one = priced(results(areas=("Bolton",)))
    asked = {each.key: each for each in starting_values(one, YEARS)}
    weeks, paid = (one.annual.sel(measure=name, year_ending=2026).mean() for name in ("home_weeks", "home_gbp"))  # secure homes apart
    assert asked["bought_price_gbp_per_week"].value == round(float(paid / weeks)) > 4_000
    assert asked["discount_rate"].value == 0.035
    assert all(each.source and each.status in ("assumed", "derived", "published", "simulated") and each.unit for each in asked.values())
    assert all(each.low <= each.value <= each.high for key, each in asked.items() if "growth" not in key)
    none = {each.key: each.value for each in starting_values(priced(one, 0.0), YEARS)}
    assert none["bought_price_gbp_per_week"] == pytest.approx(6_719, abs=1)  # England's, where the results have none


@pytest.mark.unit
def test_capital_is_not_paid_for_twice_by_hand():
    """22.6 % of a price of £6,500 is the provider's; the rest, for 66 % of beds, is £3,320.46 a bed-week, of which staff are £2,656.26."""
    asked = {each.key: each for each in starting_values(priced(results(areas=("Bolton",))), YEARS)}
    share = asked["provider_share"]
    assert (share.value, share.low, share.high, share.status) == (0.226, 0.0, 0.35, "assumed")
    assert "22.6 %" in share.source
    staff = 3.3 * 42_000 / (365.25 / 7.0)
    assert asked["other_running_gbp_per_bed_week"].value == pytest.approx(6_500 * 0.774 * 0.66 - staff)
    assert other_running(6_500, 0.0, 3.3, 42_000) == pytest.approx(6_500 * 0.66 - staff)  # all of the price: capital would be in it twice
    assert other_running(1_000, 0.226, 3.3, 42_000) == 0.0


@pytest.mark.unit
def test_a_home_that_pays_without_own_children_needs_none():
    """Its spare beds sold for more than it costs: the share own children must fill came out below 0."""
    asked = plain(own_share=0.3, spare_sold=0.9, sold_price_gbp_per_week=6_000, bought_price_gbp_per_week=6_500)
    assert cash_flow(asked | {"own_share": 0.0}).net_present_value > 0.0
    assert worked_out(asked, cash_flow(asked))[NEEDED] == NONE_NEEDED


CASES = {
    "start": {},
    "no margin": {"provider_share": 0.0}, "most margin": {"provider_share": 0.35},
    "pays without them": {"own_share": 0.3, "spare_sold": 0.95, "otherwise_fostered": 0.0, "other_running_gbp_per_bed_week": 0.0, "value_left": 1.0},
    "pays": {"own_share": 0.95, "bought_price_gbp_per_week": 9_000, "other_running_gbp_per_bed_week": 500, "months_to_register": 13,
             "months_to_fill": 0, "value_left": 0.6, "voids": 0.1},
    "slow": {"months_to_register": 24, "months_staffed_before": 9, "months_to_fill": 12, "spare_sold": 0.0, "grant_share": 0.5,
             "otherwise_unregistered": 0.05},
    "empty": {"own_share": 0.0, "otherwise_fostered": 0.7, "otherwise_unregistered": 0.6, "home_price_growth": -0.02},
}  # fmt: skip


@pytest.mark.e2e
@needs_libreoffice
def test_the_sheets_formulas_come_to_the_same_month_by_month(tmp_path):
    both = comparison(areas=("Bolton",), cost_gbp=8e5)
    both = replace(both, baseline=priced(both.baseline))
    path = write_workbook(both, {}, tmp_path / "x.xlsx")
    book = openpyxl.load_workbook(path)
    names = {name.removeprefix("home_"): one.attr_text for name, one in book.defined_names.items() if name.startswith("home_")}
    cells = {name: text.split("!")[1].replace("$", "") for name, text in names.items()}
    asked = {key: book["Own home"][cell].value for key, cell in cells.items()}
    left = asked.pop("other_running_gbp_per_bed_week")
    assert left.startswith("=MAX(0,")  # follows the provider's share
    assert "home_provider_share" in left
    start = {each.key: each.value for each in starting_values(both.baseline, YEARS)}
    assert asked == pytest.approx({key: value for key, value in start.items() if key != "other_running_gbp_per_bed_week"})
    saved = [
        without_values(path, tmp_path / f"{case}.xlsx", [("Own home", cells[key], value) for key, value in change.items()], only="Own home")
        for case, change in CASES.items()
    ]
    recovered, needed = set(), set()
    for change, book in zip(CASES.values(), computed(saved, tmp_path), strict=True):
        now = start | change
        if "provider_share" in change:
            now["other_running_gbp_per_bed_week"] = other_running(start["bought_price_gbp_per_week"], change["provider_share"], 3.3, 42_000)
        found, words = cash_flow(now), {row[0]: row for row in book["Own home"].iter_rows(values_only=True) if row[0]}
        for key in LINES:
            rows = [row for row in book["Own home"].iter_rows(values_only=True) if row[0] == ROWS[key][0]]
            assert rows[-1][1:11] == pytest.approx(getattr(found, key), abs=0.005), (change, key)
        assert words["Net cash flow"][1:11] == pytest.approx(found.net, abs=0.01)
        assert words["Cash flow so far"][1:11] == pytest.approx(np.cumsum(found.net), abs=0.01)
        for label, value in worked_out(now, found).items():
            if label == RECOVERED:
                value = f"{2024 + value}-{25 + value}" if value else NEVER
                recovered.add(value)
            needed.add(words[label][1] if label == NEEDED and isinstance(value, str) else None)
            assert words[label][1] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-9, abs=0.01)), (change, label)
        for name in WHAT_IF:
            assert words[name][1] == pytest.approx(cash_flow(changed(now, name)).net_present_value, abs=0.01), (change, name)
        assert 0.0 <= words[FILLED][1] <= 1.0
    assert NONE_NEEDED in needed
    assert NEVER in recovered
    assert len(recovered) > 1  # one of the cases pays back
