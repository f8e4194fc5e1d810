"""The forecast that existing tools make, against one of them on the same records, and a chain small enough to be worked by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from records_sample import ORIGIN, RETURNS, SAMPLE, SINCE, episode, header, write_returns

from calibration.markov import AGE_BINS, CATEGORIES, NOWHERE, category_of, markov_forecast
from calibration.ssda903 import read_ssda903
from scenarios.ssda903_codes import codes

pytestmark = pytest.mark.unit

AGES = {"Birth to 1": "under_1", "1 to 5": "1_to_4", "5 to 10": "5_to_9", "10 to 16": "10_to_15", "16 to 18+": "16_to_17"}
LARGEST_DIFFERENCE = 0.5  # of a child: the tool rounds its rates and counts some days otherwise
UNTIL = date(2025, 3, 31)


@pytest.fixture(scope="module")
def both() -> pd.DataFrame:
    """Our forecast of the sample beside the tool's, by state and month."""
    theirs = pd.read_csv(SAMPLE / "ref_cs_demand_model_regional.csv")
    parts = theirs["state"].str.split(" - ", n=1, expand=True)
    theirs = theirs.assign(age_band=parts[0].map(AGES), placement=parts[1].str.lower())
    assert theirs["age_band"].notna().all(), sorted(set(parts[0]) - set(AGES))
    ours = markov_forecast(read_ssda903(RETURNS), SINCE, ORIGIN, UNTIL)
    ours["date"] = pd.to_datetime(ours["date"]).dt.strftime("%Y-%m-%d")
    joined = theirs.merge(ours, on=["date", "age_band", "placement"], how="left", suffixes=("_theirs", ""), validate="1:1")
    assert len(joined) == len(theirs)
    return joined


def test_every_state_and_month_is_within_half_a_child_of_the_tools(both):
    assert both["date"].nunique() == 36
    assert both["mean"].notna().all()
    assert (both["mean"] - both["predicted"]).abs().max() < LARGEST_DIFFERENCE
    total = both.groupby("date")[["mean", "predicted"]].sum()
    assert (total["mean"] - total["predicted"]).abs().max() < LARGEST_DIFFERENCE


def test_variances_are_the_tools(both):
    """As they follow from means: within 2 % of the tool's, or of a tenth of a child squared a month."""
    months = both["date"].rank(method="dense")
    assert ((both["variance"] - both["variance_theirs"]).abs() <= 0.02 * both["variance_theirs"] + 0.1 * months).all()


def test_states_the_tool_does_not_tell_are_empty(both):
    ours = markov_forecast(read_ssda903(RETURNS), SINCE, ORIGIN, UNTIL)
    told = set(zip(both["age_band"], both["placement"], strict=True))
    others = [(age, kind) not in told for age, kind in zip(ours["age_band"], ours["placement"], strict=True)]
    assert ours.loc[others, "mean"].abs().max() < LARGEST_DIFFERENCE
    assert len(ours) == 37 * NOWHERE


def test_the_first_rows_are_children_in_care_on_the_day_of_origin():
    records = read_ssda903(RETURNS)
    first = markov_forecast(records, SINCE, ORIGIN, date(2022, 4, 30)).iloc[:NOWHERE]
    day = pd.Timestamp(ORIGIN)
    stays = records.stays[(records.stays["start"] <= day) & ~(records.stays["end"] <= day)]
    assert first["mean"].sum() == len(stays)
    assert first.groupby("placement")["mean"].sum().to_dict() == {
        name: float(sum(category_of(code) == position for code in stays["code"])) for position, name in enumerate(CATEGORIES)
    }
    assert not first["variance"].any()


def test_a_chain_by_hand(tmp_path):
    """Three children foster for the year; one of them leaves, one comes: rates of one event a year over days and children there."""
    rows = [
        episode("A", "2018-06-01"), episode("B", "2018-06-01"), episode("C", "2018-06-01", "2020-10-01", "E8"), episode("D", "2021-01-01"),
        episode("E", "2018-06-01", place="K2"),
    ]  # fmt: skip
    records = read_ssda903(write_returns(tmp_path / "returns", {2021: rows}, [header(name, "2008-07-07") for name in "ABCDE"]))
    found = markov_forecast(records, date(2020, 4, 1), date(2021, 3, 31), date(2021, 4, 30))
    state = (found["age_band"] == "10_to_15") & (found["placement"] == "fostering")
    leaves, enters = 1 / 3 / 365, 1 / 366  # of three the day before, a mean over 365 days; entries over the days of stock, one more
    mean, variance = 3.0, 0.0
    for _ in range(30):
        mean, variance = mean * (1 - leaves) + enters, variance + mean * leaves * (1 - leaves) + enters
    assert found.loc[state, "mean"].tolist() == pytest.approx([3.0, mean])
    assert found.loc[state, "variance"].tolist() == pytest.approx([0.0, variance])
    homes = (found["age_band"] == "10_to_15") & (found["placement"] == "residential")
    assert found.loc[homes, "mean"].tolist() == [1.0, 1.0]


def test_every_code_has_a_category():
    assert {code: CATEGORIES[category_of(code)] for code in ("U1", "Q2", "K2", "R1", "S1", "H5", "P2", "K3", "P1", "A5", "K1", "T0", "")} == {
        "U1": "fostering", "Q2": "fostering", "K2": "residential", "R1": "residential", "S1": "residential", "H5": "supported", "P2": "supported",
        "K3": "supported", "P1": "other", "A5": "other", "K1": "other", "T0": "other", "": "other",
    }  # fmt: skip
    assert {category_of(code) for code in codes("PLACE")} == {0, 1, 2, 3}
    assert len(AGE_BINS) * len(CATEGORIES) == NOWHERE


def test_nobody_who_leaves_and_nobody_who_comes_is_a_chain_that_stands_still(tmp_path):
    records = read_ssda903(write_returns(tmp_path / "returns", {2021: [episode(start="2018-06-01", rne="P")]}, [header(birth="2010-12-01")]))
    found = markov_forecast(records, date(2020, 4, 1), date(2021, 3, 31), date(2021, 12, 31))
    assert np.isfinite(found[["mean", "variance"]].to_numpy()).all()
    assert found.groupby("date")["mean"].sum().tolist() == pytest.approx([1.0] * 10)
