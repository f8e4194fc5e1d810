"""Scoring forecasts of made-up authorities: bands and tables by hand, and bands whose coverage is known."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from benchmark_script import script

from calibration.care_records import PLACEMENTS
from calibration.coverage import PER_CENT, SERIES, Band, band_of, by_series, coverage_table, stacked, wide_band
from calibration.made_authorities import continued, made, truth
from calibration.made_kinds import kinds
from calibration.made_returns import Returns, returns

KINDS = tuple(kinds())
KINSHIP, SUPPORTED = PLACEMENTS.index("kinship_foster"), PLACEMENTS.index("supported_accommodation")


@pytest.mark.unit
def test_series_and_bands_by_hand():
    draws = np.zeros((39, 24, 5, len(PLACEMENTS)))
    draws[:, 5, 1, KINSHIP] = np.arange(1, 40)  # of 39 draws the ends of 95 % are the first and the last
    draws[:, 5, 2, SUPPORTED] = 100
    found = band_of(draws)
    assert found.low[0, SERIES.index("total")] == 101
    assert found.high[0, SERIES.index("total")] == 139
    assert found.mean[0, SERIES.index("kinship_foster")] == 20
    assert (found.low[0, SERIES.index("5_to_9")], found.high[0, SERIES.index("1_to_4")]) == (100, 39)
    wide = wide_band(np.array([10.0]), np.array([2.0]), 1.6)
    assert (wide.low[0], wide.high[0]) == pytest.approx((10 - 6.272, 10 + 6.272))


@pytest.mark.unit
def test_coverage_table_by_hand():
    happened = np.zeros((4, 1, len(SERIES)))
    happened[:, 0, 0] = [10, 20, 30, 45]
    shape = np.ones((4, 1, len(SERIES)))
    narrow, broad = Band(8 * shape, 40 * shape, 24 * shape), Band(0 * shape, 64 * shape, 32 * shape)
    table = coverage_table({"narrow": narrow, "broad": broad, "none": Band(*[np.nan * shape] * 3)}, happened, "broad", (24,))
    assert set(table["series"]) == {"total"}
    assert list(table["band"]) == ["narrow", "broad"]
    row = table.iloc[0]
    assert (row["intervals"], row["coverage"], row["width"]) == (4, 0.75, 32)
    assert row["interval_score"] == pytest.approx(32 + 5 * 2 / (1 - PER_CENT / 100) / 4)
    assert row["ratio"] == pytest.approx((32 + 50) / 64)
    assert row["bias"] == pytest.approx(24 - 26.25)
    assert row["ratio_low"] < row["ratio"] < row["ratio_high"]
    assert row["coverage_low"] == pytest.approx(0.1941, abs=1e-4)  # Clopper and Pearson, 3 of 4
    assert row["coverage_high"] == pytest.approx(0.9937, abs=1e-4)


def table_of_ten(left: date | None, entered: date | None = None) -> Returns:
    """Return ten children of 7 in foster care since 2019, one of whom leaves in the window, and one who enters in it."""
    row = {"RNE": "S", "PLACE": "U6", "PLACE_PROVIDER": "PR1", "YEAR": 2024}
    episodes = [row | {"CHILD": str(i), "DECOM": pd.Timestamp(2019, 1, 1), "DEC": pd.NaT} for i in range(10)]
    episodes[0]["DEC"] = pd.Timestamp(left) if left else pd.NaT
    if entered:
        episodes.append(row | {"CHILD": "10", "DECOM": pd.Timestamp(entered), "DEC": pd.NaT})
    header = [{"CHILD": each["CHILD"], "DOB": pd.Timestamp(2016, 6, 1)} for each in episodes]
    return Returns(pd.DataFrame(header), pd.DataFrame(episodes))


@pytest.mark.unit
def test_the_chain_in_use_by_hand():
    """A tenth leaves on one day of 730, one enters on another: rates 1 / 7,300 and 1 / 730 a day, 30 days of April."""
    chain = script("coverage_of_forecasts")
    origin = date(2024, 3, 31)
    mean, variance = chain.markov(table_of_ten(date(2023, 5, 5), date(2024, 1, 1)), origin, 1, chain.FOUR)
    stay, enters = 1 - 1 / 7300, 1 / 730
    worked, spread = 10.0, 0.0
    for _ in range(30):
        worked, spread = worked * stay + enters, spread + stay * (1 - stay) * worked + enters
    assert mean[0, 2, 0] == pytest.approx(worked, rel=1e-12)
    assert variance[0, 2, 0] == pytest.approx(spread, rel=1e-12)
    assert mean.sum() == pytest.approx(worked)
    still, nothing = chain.markov(table_of_ten(None), origin, 2, chain.OWN)
    assert still[1, 2, PLACEMENTS.index("in_house_foster")] == pytest.approx(10)
    assert nothing.sum() == 0.0


@pytest.mark.unit
def test_a_forecast_of_another_shape_is_refused():
    of = made("stationary", 5, 20.0)
    with pytest.raises(ValueError, match="shape"):
        script("coverage_of_forecasts").forecast_of(of, returns(of), lambda *_: np.zeros((3, 2)), 10, 1, False)


def true_future(tables: Returns, origin: date, months: int, draws: int, seed: int) -> np.ndarray:
    """Stand in for a forecast: futures by the hazards that made the authority, which nobody has."""
    kind, number = tables.episodes["LA"].iloc[0].rsplit(" ", 1)
    return continued(made(kind, int(number), 300.0, origin), months, draws, seed + 1)


@pytest.mark.statistical
@pytest.mark.parametrize("name", KINDS)
def test_intervals_of_true_futures_hold_what_they_should(name):
    """Of 150 authorities of 200 children, 95 % intervals hold 95 in a hundred, at one in a thousand; scores are those of a normal band."""
    n, bands, happened = 150, [], []
    for number in range(n):
        of = made(name, number, 200.0)
        futures = continued(of, 24, 199, 1)
        series = by_series(futures)
        bands.append({"true": band_of(futures), "wide": wide_band(series.mean(axis=0), series.std(axis=0, ddof=1), 1.6)})
        happened.append(by_series(truth(of, 24).stock[1:]))
    stacks = {band: stacked([each[band] for each in bands]) for band in bands[0]}
    table = coverage_table(stacks, np.stack(happened).astype(float), "wide").set_index(["series", "band"])
    total, wide = table.loc[[("total", "true")]], table.loc[[("total", "wide")]]
    # Whole numbers, both ends held: an interval 40 across holds 0.01 more.
    assert (total["coverage"] > 0.95 - 3.3 * np.sqrt(0.95 * 0.05 / n)).all()
    assert (total["coverage"] < 0.96 + 3.3 * np.sqrt(0.96 * 0.04 / n)).all()
    assert (wide["coverage"] > 0.98).all()
    # A normal band's score is 4.68 standard deviations, one 1.6 times as wide 6.29: 0.74 of it.
    error = (total["ratio_high"] - total["ratio_low"]) / (2 * 1.96)
    assert (abs(total["ratio"] - 0.743) < 3.3 * error + 0.01).all()  # ends of 199 draws are off by a little
    assert table.xs("true", level="band")["coverage"].min() > 0.95 - 4.0 * np.sqrt(0.95 * 0.05 / n)  # of every series and horizon


@pytest.mark.statistical
@pytest.mark.parametrize("name", KINDS)
def test_a_memoryless_chain_is_too_wide_and_without_its_width_fails_where_its_assumptions_do(name):
    """Forty authorities of 300 children: the chain's band scores worse than the wide one; its mean is off with memory or a trend."""
    table = script("coverage_of_forecasts").scored(name, 40, None, futures=100, children=300.0, workers=1)
    table = table[(table["series"] == "total") & (table["horizon_months"] == 24)].set_index("band")
    assert (table.loc[["markov", "markov_4"], "ratio_low"] > 1.0).all()
    bias = table.loc["markov", "bias"] / 300
    # Standard error of a mean of 40 errors of 25 children or so: 4 of 300.
    if name == "stationary":
        assert abs(bias) < 0.045
    else:
        assert (bias < -0.04) if name == "trend" else (bias > 0.005)
        assert table.loc["markov_true_width", "coverage_high"] < 0.95


@pytest.mark.statistical
def test_the_benchmark_scores_what_it_hands_returns_to(capsys):
    bench = script("coverage_of_forecasts")
    table = bench.scored("trend", 3, true_future, draws=99, futures=99, children=300.0, workers=1, folders=False)
    assert set(table["band"]) == {"forecast", "true", "wide", "markov", "markov_4", "markov_true_width", "wide_by_error"}
    assert set(table["horizon_months"]) == {6, 12, 24}
    forecast, true = (table[(table["band"] == name) & (table["series"] == "total")] for name in ("forecast", "true"))
    assert np.allclose(forecast["width"].to_numpy(), true["width"].to_numpy(), rtol=0.25)  # other draws of the same futures
    assert "secure_home" not in set(table["series"])
    for _, rows in table.groupby(["horizon_months", "series"]):
        by_error = rows.set_index("band")["interval_score"] / rows.set_index("band").loc["wide_by_error", "interval_score"]
        assert np.allclose(rows["ratio_by_error"], by_error)
    bench.report(table, every=True)
    assert "mean over series by placement" in capsys.readouterr().out


@pytest.mark.unit
def test_a_forecast_may_be_handed_a_folder():
    of, seen = made("stationary", 5, 20.0), []

    def forecast(folder, origin, months, draws, seed):
        seen.append((sorted(path.name for path in folder.iterdir()), origin, months, draws, seed))
        return np.zeros((draws, months, 5, len(PLACEMENTS)))

    script("coverage_of_forecasts").forecast_of(of, returns(of), forecast, 7, 3, True)
    assert seen == [(["episodes.csv", "header.csv", "uasc.csv"], date(2024, 3, 31), 24, 7, 3)]
