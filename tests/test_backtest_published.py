"""The backtest on the published panel: baselines that read nothing later, and errors of persistence worked out another way."""

import numpy as np
import pandas as pd
import pytest
from backtest_sample import poisoned
from scipy.stats import t

from calibration.backtest import INDICATORS, PERSISTENCE, Backtest, baseline
from calibration.baselines import BASELINES
from calibration.panel import PANEL_FILE, read_panel
from calibration.skill import score, scores_table

pytestmark = pytest.mark.statistical


@pytest.fixture(scope="module")
def published():
    return read_panel()


@pytest.mark.parametrize("origin", [2016, 2020])
def test_later_years_change_no_forecast(published, origin):
    methods = {name: baseline(name) for name in BASELINES}
    clean, dirty = (Backtest(one, methods, origin, 5).run() for one in (published, poisoned(published, origin)))
    for name in methods:
        assert clean.samples[name].identical(dirty.samples[name])
    assert (clean.size == dirty.size).all()


def test_persistence_errs_as_the_panel_says(published):
    """Mean absolute percentage errors from 2020 to 2025, straight from the file."""
    found = Backtest(published, {PERSISTENCE: baseline(PERSISTENCE)}, 2020, 5).run()
    table = scores_table(found, score(found)).query("horizon_years == 5").set_index("indicator")
    frame = pd.read_csv(PANEL_FILE, dtype={"la_code": str}).query("level == 'local_authority'")
    then, now = (frame[frame["year_ending"] == year].set_index(["name", "la_code"])[list(INDICATORS)] for year in (2020, 2025))
    now.loc[("Hampshire", "850"), "referrals"] = np.nan  # a recording change
    both = then.index.intersection(now.index)
    errors = (100.0 * (then.loc[both] - now.loc[both]).abs() / now.loc[both]).replace(np.inf, np.nan)
    for indicator in INDICATORS:
        assert table.loc[indicator, "mape"] == pytest.approx(errors[indicator].mean())
        assert table.loc[indicator, "n"] == (then.loc[both, indicator] + now.loc[both, indicator]).notna().sum()
    assert "recording change" in set(found.excluded["why"].str.split(":").str[0])


def test_at_early_origins_the_spread_of_past_errors_is_about_right(published):
    """Of the years forecast from 2015 and 2016, 80 % intervals of persistence hold 80 %.

    Authorities of one year err together, so the shares of each origin and indicator are the sample: 16 of them.
    """
    shares = []
    for origin in (2015, 2016):
        found = Backtest(published, {PERSISTENCE: baseline(PERSISTENCE)}, origin, 5).run()
        shares += list(np.nanmean(score(found)[PERSISTENCE].coverage[80], axis=(0, 2)))
    half_width = t.ppf(0.975, len(shares) - 1) * np.std(shares, ddof=1) / np.sqrt(len(shares))
    assert np.mean(shares) == pytest.approx(0.80, abs=half_width)
    assert half_width < 0.05
