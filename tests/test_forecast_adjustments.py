"""Adjustments of a forecast: units that must be stated, and what they do, against numbers worked out by hand."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import call
from small_caseload import ORIGIN, caseload

from calibration.made_authorities import made
from calibration.made_returns import write_returns
from carecurve.adjustment_file import read_adjustments
from carecurve.forecast_adjustments import adjusted
from scenarios.faults import ScenarioError
from sim.caseload import AGE_BANDS, PLACEMENTS, CaseloadRun, month_ends, no_reform, run_caseload
from sim.caseload_entries import expected_entries
from sim.kernels.caseload import Tallies

UNTIL = date(2027, 3, 31)
MONTHS = month_ends(ORIGIN, UNTIL)
PRICES = np.full((len(PLACEMENTS), 2), 700.0)
ALL = slice(None)


def counted(days: float = 100.0, pounds: float = 10_000.0) -> CaseloadRun:
    """Return a run in which every placement had these days and pounds in every month."""
    shape = (1, len(MONTHS), len(PLACEMENTS), 4)
    sums = {"days": np.full(shape, days / 4), "cost": np.full(shape, pounds / 4)}
    return CaseloadRun(MONTHS, (2026, 2027), Tallies(*(sums.get(name) for name in Tallies._fields)))


def effect_of(write, text: str, entries_a_day: float = 0.4, pounds: float = 10_000.0):
    """Return what a file does to a caseload of 0.4 entries a day at ages of even shares from 0 to 17 (bins of the first year apart)."""
    found, document = read_adjustments(write(text))
    growth = np.ones((1, len(MONTHS), len(PLACEMENTS)))
    return adjusted(found, document, caseload(1, 0.1, 0.5, entries_a_day, len(MONTHS)), counted(pounds=pounds), growth)


def faults(write, text: str) -> list[str]:
    """Return the faults of a file, each from its line on."""
    with pytest.raises(ScenarioError) as found:
        effect_of(write, text)
    return [str(fault).split("mine.yaml:")[1] for fault in found.value.faults]


@pytest.mark.unit
def test_numbers_without_a_unit_or_with_two_are_refused_all_at_once(write):
    found = faults(write, """\
        name: Wrong
        adjustments:
          - entries: {change: -2}
          - entries: {change: {rate: 0.1}}
          - entries: {change: {ratio: 1.1, children_per_month: 2}}
          - leaving: {change: {children_per_month: 2}}
          - leaving: {change: {ratio: 110}}
          - price: {change: {gbp_per_week: £200}}
          - entries: {change: {}}
          - moving: {}
    """)
    expected = [
        "3:23: adjustments.0.entries.change: has no unit; expected {ratio: 1.1} or {children_per_month: -2}",
        "4:30: adjustments.1.entries.change.rate: is no unit of this change; expected {ratio: 1.1} or {children_per_month: -2}",
        "5:23: adjustments.2.entries.change: is given as ratio and as children_per_month; expected one of them",
        "6:44: adjustments.3.leaving.change.children_per_month: is no unit of this change; expected {ratio: 1.1}",
        "7:31: adjustments.4.leaving.change.ratio: is 110: expected at most 10",
        "8:36: adjustments.5.price.change.gbp_per_week: is the text '£200', expected a number without a unit",
        "9:23: adjustments.6.entries.change: is empty; expected {ratio: 1.1} or {children_per_month: -2}",
        "10:5: adjustments.7.moving: the key 'change' is missing",
    ]
    assert len(found) == len(expected)
    for fault, start in zip(found, expected, strict=True):
        assert fault.startswith(start)


@pytest.mark.unit
def test_names_dates_and_items_that_mean_nothing_are_refused(write):
    found = faults(write, """\
        name: Wrong
        adjustments:
          - leaving: {change: {ratio: 1.1}, age_bands: [5-9]}
          - moving: {change: {ratio: 1.1}, placements: [fostering]}
          - placement_choice: {change: {ratio: 1.1}}
          - price: {change: {ratio: 1}, start: 2026-13}
          - price: {change: {ratio: 1}, start: 2026-04, ramp_months: 12, end: 2026-06}
          - {}
          - {leaving: {change: {ratio: 1.1}}, moving: {change: {ratio: 1.1}}}
          - moving: {change: {ratio: 1.1}, placements: []}
    """)
    for fault, (start, said) in zip(found, [
        ("3:", "'5-9', expected one of 10_to_15, 16_to_17, 1_to_4, 5_to_9, under_1"), ("4:", "'fostering', expected one of"),
        ("5:", "the key 'placements' is missing"), ("6:", "there is no month 13"),
        ("7:", "end: 2026-06 is before what starts in 2026-04 is in full force; expected 2027-03 or later"), ("8:", "changes nothing"),
        ("9:", "changes leaving and moving; expected one of"), ("10:", "is empty; expected one or more"),
    ], strict=True):  # fmt: skip
        assert fault.startswith(start)
        assert said in fault


@pytest.mark.unit
def test_what_only_a_forecast_shows_is_refused_at_its_line(write):
    assert "acts in none of the forecast's months" in faults(write, """\
        name: Late
        adjustments:
          - leaving: {change: {ratio: 1.1}, start: 2027-04}
    """)[0]
    too_many = faults(write, """\
        name: Many
        adjustments:
          - entries: {change: {children_per_month: 13}}
    """)[0]  # 0.4 a day are 12 in a month of 30 days: 13 more are over twice them
    assert too_many.startswith("3:5: adjustments.0.entries: ")
    assert "expected 2 times at most" in too_many
    assert "£700 a week, would be below 0" in faults(write, """\
        name: Free
        adjustments:
          - price: {change: {gbp_per_week: -701}, placements: [kinship_foster]}
    """)[0]


@pytest.mark.unit
def test_expected_entries_are_entries_a_day_by_the_days_of_months_and_shares_of_ages():
    expected = expected_entries(caseload(1, 0.1, 0.5, 0.42, len(MONTHS)), MONTHS)
    # 21 bins of even shares: 4 of the first year, 17 of a year each, so 4, 5, 6 and 2 of those of the published bands
    assert expected[0] == pytest.approx(0.42 * 30 * np.array([4, 4, 5, 6, 2]) / 21)
    assert expected[1].sum() == pytest.approx(0.42 * 31)


@pytest.mark.unit
def test_children_a_month_become_a_ratio_of_those_expected_of_these_ages_over_a_ramp_and_never_below_0(write):
    effect = effect_of(write, """\
        name: Fewer teenagers
        adjustments:
          - entries: {change: {children_per_month: -2}, age_bands: [10_to_15, 16_to_17], start: 2025-06, ramp_months: 4, end: 2026-03}
          - entries: {change: {children_per_month: -50}, age_bands: [under_1], start: 2026-01}
    """)
    enter = effect.reform.enter[0]
    of_these_ages = 0.4 * 30 * 8 / 21  # in June
    assert enter[:2, 3:] == pytest.approx(1.0)  # April, May
    assert enter[2, 3:] == pytest.approx(1 - 0.5 / of_these_ages)
    assert enter[11, 3:] == pytest.approx(1 - 2 / (0.4 * 31 * 8 / 21))  # March 2026, the last month
    assert enter[12:, 3:] == pytest.approx(1.0)
    assert enter[ALL, 1:3] == pytest.approx(1.0)
    assert (enter[:9, 0] == 1).all()
    assert (enter[9:, 0] == 0).all()
    others = effect.reform._replace(enter=None)
    assert all((getattr(others, name) == 1).all() for name in ("leave", "move", "placement_weight"))


@pytest.mark.unit
def test_ratios_of_one_thing_multiply_and_children_are_added_to_what_they_leave(write):
    effect = effect_of(write, """\
        name: Several
        adjustments:
          - entries: {change: {ratio: 0.5}}
          - entries: {change: {ratio: 0.8}, age_bands: [under_1]}
          - entries: {change: {children_per_month: 1}}
          - leaving: {change: {ratio: 1.2}, placements: [agency_foster], age_bands: [5_to_9], start: 2025-04, ramp_months: 2}
          - moving: {change: {ratio: 0.8}, placements: [childrens_home]}
          - placement_choice: {change: {ratio: 1.3}, placements: [in_house_foster]}
    """)
    assert effect.reform.enter[0, 0] == pytest.approx(np.array([0.4, 0.5, 0.5, 0.5, 0.5]) + 1 / 12)
    leave = effect.reform.leave[0][:, AGE_BANDS.index("5_to_9"), PLACEMENTS.index("agency_foster")]
    assert leave == pytest.approx([1.1, *[1.2] * 23])
    assert (effect.reform.leave != 1).sum() == 24
    assert (effect.reform.move[0][:, PLACEMENTS.index("childrens_home")] == 0.8).all()
    assert (effect.reform.placement_weight[0][:, PLACEMENTS.index("in_house_foster")] == 1.3).all()


@pytest.mark.unit
def test_pounds_a_week_are_added_to_the_price_paid_and_ratios_multiply_it(write):
    effect = effect_of(write, """\
        name: Cheaper
        adjustments:
          - price: {change: {gbp_per_week: -200}, placements: [childrens_home], start: 2026-03}
          - price: {change: {ratio: 0.97}, placements: [childrens_home]}
    """)  # 10,000 pounds for 100 days: 700 a week
    price = effect.price[0][:, PLACEMENTS.index("childrens_home")]
    assert price == pytest.approx([0.97] * 11 + [0.97 - 200 / 700] * 13)
    assert (effect.price != 1).sum() == 24


@pytest.mark.statistical
def test_one_child_a_month_more_is_one_start_a_month_more_and_nothing_before_they_come(write):
    effect = effect_of(write, """\
        name: One more
        adjustments:
          - entries: {change: {children_per_month: 1}, start: 2025-10}
    """)
    model = caseload(40, 0.3, 0.5, 0.4, len(MONTHS))
    base, more = (run_caseload(model, UNTIL, PRICES, 2000, 7, reform).tallies for reform in (None, effect.reform))
    added = (more.starts - base.starts).sum(axis=2)
    assert (added[:, :6] == 0).all()
    for name in Tallies._fields:
        assert np.array_equal(getattr(base, name)[:, :6], getattr(more, name)[:, :6])
    by_run = added[:, 6:].mean(axis=1)
    assert abs(by_run.mean() - 1.0) < 4 * by_run.std() / np.sqrt(len(by_run))
    # Poisson: the children added in a month vary by their mean, so does their number over 18 months; thinning adds children, it takes none away
    assert added.min() == 0
    assert added[:, 6:].sum(axis=1).var() == pytest.approx(18.0, rel=0.15)


@pytest.mark.statistical
def test_a_ratio_on_leaving_multiplies_the_hazard(write):
    effect = effect_of(write, """\
        name: Quicker home
        adjustments:
          - leaving: {change: {ratio: 1.5}}
    """)
    model = caseload(100, 0.4, 0.0, 0.0, len(MONTHS))
    stock = run_caseload(model, UNTIL, PRICES, 200, 7, effect.reform).tallies.stock[:, -1].sum(axis=(1, 2)) / 100
    expected = np.exp(-0.4 * 1.5 * (UNTIL - ORIGIN).days / 365.25)  # nobody of 5 turns 18 in two years
    assert abs(stock.mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / (200 * 100))


@pytest.mark.statistical
def test_edges_of_time_in_a_placement_may_differ_between_placements():
    model = caseload(2000, 0.0, 1.0, 0.0, len(MONTHS))
    never, ever = (0.0, 9e9, 9e9), (0.0, 0.0, 0.0)  # the first placement stays in band 0, the others begin in band 2
    frame = replace(model.frame, place_edges_days=tuple(never if kind == 0 else ever for kind in range(len(PLACEMENTS))))
    moves = np.zeros((1, len(frame.age_edges_days), 3))
    moves[:, :, 2] = 2.0 / 365.25
    to_first = np.ones_like(model.hazards.next_placement)  # cumulated: all to the first
    model = replace(model, frame=frame, hazards=model.hazards._replace(move_age_place=moves, next_placement=to_first))
    stock = run_caseload(model, UNTIL, PRICES, 20, 3, no_reform(len(MONTHS))).tallies.stock[:, -1].sum(axis=1) / 2000
    still = np.exp(-2.0 * (UNTIL - ORIGIN).days / 365.25)
    assert abs(stock[:, 2].mean() - still) < 4 * np.sqrt(still * (1 - still) / (20 * 2000))
    assert stock[:, 0].mean() == pytest.approx(1 - stock[:, 2].mean())


def example() -> str:
    """Return the file that the documentation shows."""
    return (Path(__file__).parents[1] / "docs" / "forecast-adjustments.md").read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]


@pytest.mark.unit
def test_the_documented_example_is_one(write):
    found, _ = read_adjustments(write(example()))
    assert [adjustment.what for adjustment in found.adjustments] == ["entries", "leaving", "moving", "placement_choice", "price"]


@pytest.fixture(scope="module")
def ssda903(tmp_path_factory):
    """Returns of an authority of 150 children, until 31 March 2024."""
    return write_returns(made("stationary", 1, 150), tmp_path_factory.mktemp("returns"))


@pytest.mark.e2e
def test_the_command_writes_an_adjusted_forecast_beside_the_baseline(ssda903, write, tmp_path, capsys):
    origin = made("stationary", 1, 150).origin
    start, end, until = (f"{origin.year + years}-{month}" for years, month in ((0, "07"), (1, "03"), (2, "03-31")))
    file = write(f"name: One more\nadjustments:\n  - entries: {{change: {{children_per_month: 1}}, start: {start}, end: {end}}}\n")
    asked = ("--ssda903", ssda903, "--until", until, "--runs", 200, "--adjust", file, "-o", tmp_path / "f", "--unsuppressed")
    status, out, err = call(capsys, "forecast", *asked)
    assert status == 0, out + err
    assert "With the adjustments, March" in out
    base, adjusted_ = (pd.read_csv(tmp_path / "f" / f"{name}.csv").query("age_band == 'total' and placement == 'total'") for name in
                       ("forecast", "forecast_adjusted"))  # fmt: skip
    assert base["mean"].tolist()[:4] == adjusted_["mean"].tolist()[:4]  # the origin, April, May and June
    assert (adjusted_["mean"].to_numpy()[5:] > base["mean"].to_numpy()[5:]).all()
    table = pd.read_csv(tmp_path / "f" / "differences.csv").query("scenario == 'adjusted' and measure == 'starts'").set_index("year_ending")["mean"]
    assert abs(table.iloc[0] - 9.0) < 4 * np.sqrt(9 * 2 / 200)  # nine months; siblings come together, so up to twice Poisson's variance
    assert table.iloc[1] == 0
    assert json.loads((tmp_path / "f" / "manifest.json").read_text())["adjustments"]["name"] == "One more"


@pytest.mark.e2e
def test_a_file_with_faults_is_refused_before_anything_is_read_or_written(write, tmp_path, capsys):
    file = write("name: Wrong\nadjustments:\n  - entries: {change: {rate: 0.1}}\n")
    status, _, err = call(capsys, "forecast", "--ssda903", tmp_path / "nowhere", "--until", "2026-03-31", "--adjust", file, "-o", tmp_path / "f")
    assert status == 2
    assert "mine.yaml:3:30: adjustments.0.entries.change.rate: is no unit of this change" in err.replace("\n", "")
    assert not (tmp_path / "f").exists()
