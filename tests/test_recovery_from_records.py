"""Rates estimated from records against the rates that made them: intervals hold as often as they say, and would be found out if they did not."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from benchmark_script import script
from scipy.special import ndtri

from calibration import implied_rates as implied
from calibration.exposure import occurrence_exposure
from calibration.made_authorities import made
from calibration.made_returns import write_returns
from calibration.ssda903 import read_ssda903
from outputs.returns.folder import SyntheticReturns
from outputs.returns.ssda903 import write_ssda903
from outputs.returns.truth import rates as truth_rates
from scenarios.loading import load
from sim.caseload import AGE_BANDS, AGE_TOLD, EXITS, PLACEMENTS
from sim.whole_log import whole_log

SETS = {"stationary": 2, "duration_dependent": 2, "duration_dependent, siblings": 2}
CHILDREN = 280.0
WANTED = (0.85, 0.95)


@pytest.fixture(scope="module")
def recovery():
    return script("recovery_from_records")


@pytest.mark.unit
def test_coverage_is_hand_worked():
    """Two data sets: 3 of 4 and 1 of 2 held. Share 4/6; residuals 3 - 4 * 2/3 = 1/3 and -1/3; error sqrt(2/9 * 2/1) / 6 = 1/9."""
    share, error = implied.coverage([1, 1, 1, 0, 1, 0], ["a"] * 4 + ["b"] * 2)
    assert share == pytest.approx(2 / 3)
    assert error == pytest.approx(1 / 9)


@pytest.mark.unit
def test_events_are_summed_by_what_a_planner_names():
    """Three cells: a kinship carer at 3 years old, an agency carer at 3, a children's home at 17."""
    at = {name: PLACEMENTS.index(name) for name in ("kinship_foster", "agency_foster", "childrens_home")}
    cells = pd.DataFrame({"age": [1, 1, 5], "care": [0, 7, 7], "placement": list(at.values()), "exposure_years": [1.0, 2.0, 4.0]})
    leaving = np.zeros((len(EXITS), 2, 3))
    leaving[EXITS.index("adopted"), 0] = [1.0, 2.0, 0.0]
    leaving[EXITS.index("reunified"), 0] = [0.5, 0.0, 3.0]
    events, years = implied.events_by_rate(cells, implied.CellEvents(leaving, np.array([[1.0, 10.0, 100.0]] * 2)))
    first = {name: values[0] for name, values in events.items()}
    assert first["leaving:total"] == pytest.approx(6.5)
    assert (first["leaving:age:1_to_4"], first["leaving:age:16_to_17"]) == (3.5, 3.0)
    assert (first["leaving:care:under_2_weeks"], first["leaving:care:5_years_or_more"]) == (1.5, 5.0)
    assert (first["leaving:placement:kinship"], first["leaving:placement:foster"], first["leaving:placement:childrens_home"]) == (1.5, 2.0, 3.0)
    assert (first["leaving:route:adopted"], first["leaving:route:reunified"], first["leaving:route:relatives"]) == (3.0, 3.5, 0.0)
    assert (first["moving:total"], first["moving:placement:foster"], first["moving:age:16_to_17"]) == (111.0, 10.0, 100.0)
    assert (years["leaving:total"], years["leaving:age:1_to_4"], years["moving:placement:kinship"]) == (7.0, 3.0, 1.0)
    assert events["leaving:total"][1] == 0.0


@pytest.mark.statistical
def test_intervals_hold_made_up_hazards_as_often_as_they_say(recovery):
    """90 % intervals of every rate of leaving, moving and coming in, over made-up authorities whose hazards are known.

    The wanted share lies within the error of the share that held. Were the intervals half as wide or three times as wide it would not.
    """
    found = pd.concat([over(recovery, kind, number) for kind, sets in SETS.items() for number in range(100, 100 + sets)], ignore_index=True)

    def share_that_held(times: float) -> tuple[float, float]:
        low, high = found["mean"] + times * (found["low"] - found["mean"]), found["mean"] + times * (found["high"] - found["mean"])
        share, error = implied.coverage((low <= found["truth"]) & (found["truth"] <= high), found["set"])
        return share, float(ndtri(0.975)) * max(error, np.sqrt(0.9 * 0.1 / len(found)))

    assert len(found) > 250
    share, error = share_that_held(1.0)
    assert WANTED[0] - error <= share <= WANTED[1] + error
    share, error = share_that_held(0.5)
    assert share + error < WANTED[0]
    share, error = share_that_held(3.0)
    assert share - error > WANTED[1]


def over(recovery, kind: str, number: int) -> pd.DataFrame:
    """The scored rates of one made-up authority, nothing simulated."""
    of = made(recovery.made_kinds()[kind], number, CHILDREN, returns=recovery.YEARS)
    with tempfile.TemporaryDirectory() as folder:
        records = read_ssda903(write_returns(of, Path(folder) / "returns"))
    cells, model = recovery.estimated(records, records.first, of.origin, number, months=1)
    truth, draws = recovery.rates_over(cells, recovery.made_events(of, cells), model)
    recovery.add_entries(truth, draws, recovery.made_entries(of), model)
    return implied.scored(draws, truth, recovery.SHARE).assign(set=f"{kind} {number}")


@pytest.mark.statistical
@pytest.mark.parametrize("kind", ["stationary", "duration_dependent, siblings"])
def test_expected_events_of_made_up_hazards_are_those_that_happen(recovery, kind):
    """Events over what exact hazards expect on the same exposure: chance alone (five standard deviations), by every cell a planner names."""
    of = made(recovery.made_kinds()[kind], 7, 2000.0, returns=recovery.YEARS)
    with tempfile.TemporaryDirectory() as folder:
        records = read_ssda903(write_returns(of, Path(folder) / "returns"))
    cells = implied.timed(occurrence_exposure(records, records.first, of.origin))
    expected, _ = implied.events_by_rate(cells, recovery.made_events(of, cells))
    seen = np.zeros((len(EXITS), 1, len(cells)))
    seen[0, 0] = cells["leaves"]
    happened, _ = implied.events_by_rate(cells, implied.CellEvents(seen, cells["moves"].to_numpy()[None]))
    names = [name for name in expected if ":route:" not in name and expected[name][0] >= 10.0]
    assert len(names) > 20
    for name in names:
        assert happened[name][0] == pytest.approx(expected[name][0], abs=5.0 * np.sqrt(expected[name][0]) + 1.0), name


@pytest.fixture(scope="module")
def synthetic(recovery) -> SyntheticReturns:
    return SyntheticReturns(whole_log(load("baseline"), "Torbay", recovery.FROM, "2025-03", 3))


@pytest.mark.e2e
def test_what_is_read_back_is_what_was_written(recovery, synthetic, tmp_path):
    """Events and exposure by age, placement and legal status are those of the log itself, to the day."""
    write_ssda903(synthetic.ssda903, "Torbay", "single", tmp_path)
    read, own = (
        occurrence_exposure(records, recovery.SINCE, recovery.ORIGIN) for records in (read_ssda903(tmp_path), recovery.records_of([synthetic]))
    )
    for by in (["age", "placement"], ["legal_status"], ["unaccompanied", "year"]):
        tables = [cells.groupby(by)[["leaves", "moves", "changes_legal_status", "exposure_years"]].sum() for cells in (read, own)]
        pd.testing.assert_frame_equal(*tables)


@pytest.mark.e2e
def test_exposure_is_that_of_the_truth_table(recovery, synthetic):
    """`truth/rates.csv`'s way of counting, from times in place of days: differs by half a day a stay and by stays that no night saw."""
    cells = occurrence_exposure(recovery.records_of([synthetic]), recovery.SINCE, recovery.ORIGIN)
    table = truth_rates(synthetic.periods, synthetic.people, synthetic.log.begins, synthetic.log.ends)
    exits = table[~table["event"].isin(["entry", "placement_move", "aged_out"])].groupby("age_band")["occurrences"].sum()
    moves = table[table["event"] == "placement_move"].groupby("age_band")[["occurrences", "exposure_years"]].sum()
    own = cells.groupby(np.array(AGE_BANDS)[np.array(AGE_TOLD)[cells["age"].to_numpy(int)]])[["leaves", "moves", "exposure_years"]].sum()
    for age in AGE_BANDS:
        assert own.loc[age, "exposure_years"] == pytest.approx(moves.loc[age, "exposure_years"], rel=0.02)
        assert 0 <= exits[age] - own.loc[age, "leaves"] <= 0.1 * exits[age] + 2
        assert 0 <= moves.loc[age, "occurrences"] - own.loc[age, "moves"] <= 0.1 * moves.loc[age, "occurrences"] + 2
