"""Published targets: what they hold, the traps, the vintage, and panels nobody has seen."""

import numpy as np
import pandas as pd
import pytest

from calibration.backtest import INDICATORS
from calibration.panel import ENGLAND, Panel, PanelError, read_panel
from calibration.target_measures import TARGETS
from calibration.target_traps import TRAPS, apply_traps
from calibration.targets import COLUMNS, read_targets
from scenarios.areas import UnknownNameError
from sim.measures import MEASURES
from tests.later_poisoned import forget, poison_files, poisoned_panel

pytestmark = pytest.mark.e2e  # whole shipped files are read, time and again


@pytest.fixture(scope="module")
def panel() -> Panel:
    return read_panel()


@pytest.fixture(scope="module")
def targets(panel):
    return read_targets(panel, 2025)


def cell(targets, area: str, measure: str, year: int) -> pd.Series:
    rows = targets.rows(measure, area)
    return rows[rows.year_ending == year].iloc[0]


def test_each_target_is_counted_by_a_measure_of_the_simulation(targets):
    assert set(TARGETS) <= set(MEASURES)
    assert set(INDICATORS) <= set(TARGETS)
    for name, target in TARGETS.items():
        if target.column is not None and MEASURES[name].published:
            assert (MEASURES[name].published, MEASURES[name].role) == (target.column, target.role)
    assert targets.missing == ()


def test_rows_are_finite_and_once_each(targets):
    frame = targets.frame
    assert tuple(frame.columns) == COLUMNS
    assert not frame.duplicated(["area", "measure", "year_ending"]).any()
    assert np.isfinite(frame[["value", "log_sd", "log_sd_counting", "log_sd_revision", "log_sd_recording", "log_sd_trap"]]).all(axis=None)
    assert (frame.log_sd >= frame.log_sd_counting).all()
    assert set(frame.role) == {"input", "fitted", "outcome"}


def test_published_cells_are_the_panels(targets, panel):
    assert cell(targets, "Kent", "cla_at31", 2025).value == panel.value("Kent", "cla_at31", 2025)
    assert cell(targets, ENGLAND, "s47", 2025).value == panel.value(ENGLAND, "s47", 2025)


def test_suppressed_cells_are_skipped(targets, panel):
    empty = panel.frame[(panel.frame["name"].isin(targets.areas)) & panel.frame.nfa_pct.isna() & (panel.frame.level == "local_authority")]
    keys = set(zip(targets.rows("nfa_pct").area, targets.rows("nfa_pct").year_ending, strict=True))
    assert len(empty) > 50
    assert not keys & set(zip(empty["name"], empty.year_ending, strict=True))


def test_children_in_care_without_unaccompanied_ones(targets):
    # national.csv, cla_stock_non_uasc and cla_started_non_uasc 2025: 75,230 and 25,320.
    assert cell(targets, ENGLAND, "cla_at31_non_uasc", 2025).value == pytest.approx(75_230, abs=10)
    assert cell(targets, ENGLAND, "cla_started_non_uasc", 2025).value == pytest.approx(25_320, abs=10)


@pytest.mark.parametrize(
    ("area", "measure", "year", "use", "trap"),
    [
        ("Leeds", "referrals", 2023, "input", "referrals_imposed"),
        ("Leeds", "s47", 2021, "exclude", "pandemic_year"),
        ("Leeds", "s47", 2022, "fit", ""),
        ("Leeds", "cpp_at31", 2021, "fit", "pandemic_stock"),
        ("Leeds", "supported_pct", 2024, "exclude", "supported_accommodation_recoded"),
        ("Hampshire", "referrals", 2025, "exclude", "referrals_imposed; hampshire_2025_referrals"),
        ("Isle of Wight", "nfa_pct", 2025, "fit", "isle_of_wight_with_hampshire"),
        ("Kent", "cla_started", 2024, "exclude", "entry_authority"),
        ("Kent", "cla_at31_non_uasc", 2024, "fit", ""),
        ("North Northamptonshire", "s47", 2019, "fit", "boundary_split"),
        ("Bournemouth, Christchurch and Poole", "s47", 2018, "fit", "boundary_merged"),
        ("Dorset", "s47", 2018, "exclude", "dorset_before_2020"),
        ("Leeds", "cpp_ended", 2025, "fit", "cpp_ended_2025"),
        ("City of London", "cla_at31", 2023, "exclude", "too_small"),
        (ENGLAND, "court_weeks", 2024, "input", "court_weeks_imposed"),
        (ENGLAND, "s47", 2025, "fit", "england_with_hampshire"),
    ],
)
def test_traps(targets, area, measure, year, use, trap):
    row = cell(targets, area, measure, year)
    assert (row.use, row.traps) == (use, trap)
    inflated = any(t.effect == "inflate" for t in TRAPS if t.name in trap.split("; "))
    assert (row.log_sd_trap > 0) == inflated


@pytest.mark.parametrize(
    ("area", "measure", "year", "trap"),
    [("Hackney", "s47", 2022, "hackney_2021_2022"), ("Hampshire", "cpp_at31", 2024, "hampshire_2024"), ("Leeds", "cin_at31", 2027, "families_first"),
     ("Leeds", "assessments", 2014, "assessments_2014")],
)  # fmt: skip
def test_traps_of_rows_this_panel_does_not_hold(area, measure, year, trap):
    target = TARGETS[measure]
    row = pd.DataFrame([{"area": area, "measure": measure, "year_ending": year, "kind": target.kind, "basis": "own", "too_small": False}])
    found = apply_traps(row).iloc[0]
    assert trap in found.traps.split("; ")
    assert found.use == "exclude"


@pytest.mark.parametrize("vintage", [2016, 2020, 2022])
def test_nothing_later_than_the_vintage_is_read(panel, monkeypatch, vintage):
    honest = read_targets(panel, vintage)
    poison_files(monkeypatch, vintage)
    poisoned = read_targets(poisoned_panel(panel, vintage), vintage)
    monkeypatch.undo()
    forget()
    pd.testing.assert_frame_equal(poisoned.frame, honest.frame)
    pd.testing.assert_frame_equal(poisoned.breaks, honest.breaks)
    assert poisoned.noise.keys() == honest.noise.keys()
    for name, found in honest.noise.items():
        np.testing.assert_equal(vars(poisoned.noise[name]), vars(found))


def test_the_poison_is_seen_by_a_reader_without_a_vintage(panel, monkeypatch):
    honest = read_targets(panel, 2025)
    poison_files(monkeypatch, 2020)
    poisoned = read_targets(poisoned_panel(panel, 2020), 2025)
    monkeypatch.undo()
    forget()
    for measure in ("cla_at31_non_uasc", "court_weeks", "s47"):
        later = poisoned.rows(measure)[poisoned.rows(measure).year_ending > 2021]
        assert not np.isclose(later.value, honest.frame.loc[later.index, "value"]).any()


def small_panel() -> Panel:
    """Two authorities nobody has heard of, a few years, three measures, no England row."""
    rows = []
    for name, size in (("Northshire", 400.0), ("Southshire", 900.0)):
        keys = {"level": "local_authority", "region": "Elsewhere", "name": name, "ons_code": name[:2], "la_code": "1" if size < 500 else "2"}
        rows += [keys | {"year_ending": year, "cla_at31": size + year % 3, "s47": 2 * size, "nfa_pct": 7.5} for year in (2019, 2020, 2022)]
    return Panel(pd.DataFrame(rows))


def test_an_unfamiliar_panel_gives_what_it_has():
    targets = read_targets(small_panel(), 2022)
    assert targets.areas == ("Northshire", "Southshire")
    assert set(targets.frame.measure) == {"cla_at31", "s47"}  # a share needs the count it is of
    assert {"referrals", "cla_started", "nfa_pct"} <= set(targets.missing)
    assert list(targets.table("s47").columns) == [2019, 2020, 2022]
    assert {found.status for found in targets.noise.values()} == {"assumed"}


def test_a_new_authority_and_a_lost_column_change_nothing_else(panel, targets):
    frame = panel.frame.drop(columns=["cpp_ended", "uasc_at31"])
    new = frame[frame["name"] == "Leeds"].assign(name="Newshire", ons_code="E9", la_code="999")
    found = read_targets(Panel(pd.concat([frame, new], ignore_index=True)), 2025)
    assert "Newshire" in found.areas
    assert {"cpp_ended", "uasc_at31", "cla_at31_non_uasc"} <= set(found.missing)
    pd.testing.assert_frame_equal(found.table("s47").drop(index="Newshire"), targets.table("s47"))


def test_areas_may_be_named_and_strangers_are_refused(panel, targets):
    few = read_targets(panel, 2025, ["Leeds", ENGLAND])
    assert few.areas == ("Leeds", ENGLAND)
    pd.testing.assert_frame_equal(few.rows(area="Leeds").reset_index(drop=True), targets.rows(area="Leeds").reset_index(drop=True))
    with pytest.raises(UnknownNameError, match="Leeds"):
        read_targets(panel, 2025, ["Leedz"])


def test_a_vintage_before_the_panel_is_refused(panel):
    with pytest.raises(PanelError, match="no rows up to"):
        read_targets(panel, 2000)


def test_a_break_needs_a_jump_that_stays_and_no_echo(panel):
    frame = panel.frame.copy()
    rows = (frame["name"] == "Leeds") & (frame.year_ending >= 2019)
    frame.loc[rows, "referrals"] *= 2.5
    assert read_targets(Panel(frame), 2021, ["Leeds"]).comparable_from("Leeds") == 2019
    frame.loc[rows, "s47"] *= 2.5
    assert read_targets(Panel(frame), 2021, ["Leeds"]).comparable_from("Leeds") is None
    once = panel.frame.copy()
    once.loc[(once["name"] == "Leeds") & (once.year_ending == 2019), "referrals"] *= 2.5
    assert read_targets(Panel(once), 2021, ["Leeds"]).comparable_from("Leeds") is None


