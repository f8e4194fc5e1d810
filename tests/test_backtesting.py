"""A backtest end to end from a panel file: what the folder says of itself, and the lines read aloud."""

import hashlib

import pytest
from backtest_sample import AREAS, halfway, panel

from calibration.backtest import BacktestError
from calibration.panel import PanelError
from carecurve.backtesting import backtest, find_areas

pytestmark = pytest.mark.statistical


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("panel") / "mine.csv"
    panel().frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def found(file):
    return backtest(halfway, panel=file, fit_until=2018, horizon=3, about={"runs": 99})


def test_the_manifest_says_what_was_done_with_what(found, file):
    about = found.about
    assert (about["origin"], about["horizon_years"], about["runs"]) == (2018, 3, 99)
    assert about["panel"] == "mine.csv"
    assert about["panel_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert about["areas"] == list(AREAS)
    assert about["draws"] == {"carecurve": 99, "persistence": 199, "five_year_trend": 199, "mean_reversion": 199}
    assert {"python", "numpy", "carecurve"} <= set(about["versions"])


def test_the_lines_say_what_the_tables_hold(found):
    lines = found.lines()
    text = "\n".join(lines)
    assert lines[0] == f"Forecast in March 2018 for the year to March 2021, {len(AREAS)} authorities:"
    assert len(lines) == 1 + 8 + 1 + 1
    last = found.tables.skill.query("horizon_years == 3")
    each, together = last[last["indicator"] != "all"], last[last["indicator"] == "all"].iloc[0]
    better, worse = ((each["verdict"] == verdict).sum() for verdict in ("better", "worse"))
    assert f"better on {better} of 8 indicators and worse on {worse}, a mean gain of {together['gain_pct']:.1f} %" in text
    error = found.tables.scores.query("indicator == 'cla_at31' and horizon_years == 3 and method == 'carecurve'")["mape"].iloc[0]
    assert f"Children in care: off by {error:.0f} % on average" in text
    assert f"published {panel().value('England', 'cla_at31', 2021):,.0f}" in lines[-1]


def test_named_authorities_have_no_total_of_england(file):
    few = backtest(halfway, panel=file, areas=("Borough A", "Borough B"), fit_until=2018, horizon=2)
    assert few.tables.national is None
    assert not any("England" in line for line in few.lines())
    assert "too few authorities for a verdict" in few.lines()[-1]
    assert few.about["all_areas"] is False


def test_what_cannot_be_used_is_refused(file, tmp_path):
    with pytest.raises(BacktestError, match="Atlantis"):
        backtest(halfway, panel=file, areas=("Atlantis",), fit_until=2018)
    with pytest.raises(PanelError, match="no such file"):
        backtest(halfway, panel=tmp_path / "none.csv")


def test_names_in_a_list_may_hold_commas():
    names = ["Bristol, City of", "Bournemouth, Christchurch and Poole", "Kent", "Leeds"]
    assert find_areas("leeds,Bristol, City of,kent, Leeds", names) == ("Leeds", "Bristol, City of", "Kent")
    assert find_areas("Bournemouth, Christchurch and Poole", names) == ("Bournemouth, Christchurch and Poole",)
    with pytest.raises(BacktestError, match="did you mean Leeds"):
        find_areas("Kent,Leads", names)
    with pytest.raises(BacktestError, match="no authority named"):
        find_areas(" , ", names)


def test_areas_may_be_one_text(file):
    assert backtest(halfway, panel=file, areas="borough c, Borough A", fit_until=2018, horizon=1).joined.areas == ("Borough A", "Borough C")
