"""Records as arrays: unaccompanied children are taken off where nobody publishes them, and a path begins with the stock."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from calibration.record import BALANCE, MOST_UASC, england_balance, read_counts
from calibration.series import EXITS, IN_CARE, NAMES, with_stock

pytestmark = pytest.mark.unit

YEARS = (2014, 2015, 2016)
EVERY = {"England": (1000.0, 1000.0, 1000.0), "Port": (100.0, 110.0, 120.0), "Inland": (200.0, 200.0, 200.0), "Coast": (50.0, 50.0, 50.0)}
# England's share of unaccompanied children was 2, 4 and 8 per cent; only Port (20 %) and Coast (none) say theirs, in 2016 alone.
WITHOUT = {("England", 2014): 980.0, ("England", 2015): 960.0, ("England", 2016): 920.0, ("Port", 2016): 96.0, ("Coast", 2016): 50.0}


@pytest.fixture
def counts() -> dict[str, np.ndarray]:
    rows = [(area, "cla_at31", year, value) for area, values in EVERY.items() for year, value in zip(YEARS, values, strict=True)]
    rows += [(area, IN_CARE, year, value) for (area, year), value in WITHOUT.items()]
    frame = pd.DataFrame(rows, columns=["area", "measure", "year_ending", "value"]).assign(use="fit")
    return read_counts(SimpleNamespace(frame=frame), ("Port", "Inland", "Coast"), YEARS)


def test_what_an_authority_publishes_stays(counts):
    assert counts[IN_CARE][0, 2] == 96.0
    assert counts[IN_CARE][2, 2] == 50.0


def test_before_an_authority_published_its_share_moved_as_england_s(counts):
    assert counts[IN_CARE][0, :2] == pytest.approx([100.0 * (1.0 - 0.20 * 0.02 / 0.08), 110.0 * (1.0 - 0.20 * 0.04 / 0.08)])
    assert counts[IN_CARE][2, :2] == pytest.approx([50.0, 50.0])  # none then either


def test_an_authority_that_never_published_has_what_is_left_of_england_s(counts):
    """Of England's 80 Port has 24 and Coast none, so 56 are among the 830 others."""
    left = 56.0 / 830.0
    assert counts[IN_CARE][1] == pytest.approx(200.0 * (1.0 - left * np.array([0.25, 0.5, 1.0])))


def test_starts_and_ends_of_unaccompanied_children_follow_from_their_stock():
    """England's grew from 20 to 40 and 80; 0.68 of the mean stock leave, and who starts makes up for them and for the growth."""
    rows = [("England", "cla_at31", year, 1000.0) for year in YEARS]
    rows += [("England", IN_CARE, year, value) for year, value in zip(YEARS, (980.0, 960.0, 920.0), strict=True)]
    flows = ("cla_started", "cla_ceased")
    rows += [(area, name, year, value) for area, value in (("England", 400.0), ("Inland", 100.0)) for name in flows for year in YEARS]
    frame = pd.DataFrame(rows, columns=["area", "measure", "year_ending", "value"]).assign(use="fit")
    found = read_counts(SimpleNamespace(frame=frame), ("Inland",), YEARS)
    started, ceased = np.array([20.0 + 0.68 * 30.0, 40.0 + 0.68 * 60.0]) / 400.0, 0.68 * np.array([30.0, 60.0]) / 400.0
    assert found["cla_started_non_uasc"][0] == pytest.approx(100.0 * (1.0 - started[[0, 0, 1]]))  # the first year's as the second's
    assert found["cla_ceased_non_uasc"][0] == pytest.approx(100.0 * (1.0 - ceased[[0, 0, 1]]))


def test_an_authority_that_publishes_where_england_had_none_keeps_its_share():
    rows = [(area, "cla_at31", year, 100.0) for area in ("England", "Port") for year in YEARS]
    rows += [("England", IN_CARE, year, value) for year, value in zip(YEARS, (100.0, 98.0, 96.0), strict=True)] + [("Port", IN_CARE, 2014, 90.0)]
    frame = pd.DataFrame(rows, columns=["area", "measure", "year_ending", "value"]).assign(use="fit")
    found = read_counts(SimpleNamespace(frame=frame), ("Port",), YEARS)[IN_CARE][0]
    assert found == pytest.approx([90.0, 90.0, 90.0])


def test_an_estimate_never_takes_nearly_all_of_them_off():
    rows = [("Port", "cla_at31", 2015, 10.0), ("Port", "cla_at31", 2016, 100.0), ("Port", IN_CARE, 2016, 5.0)]
    frame = pd.DataFrame(rows, columns=["area", "measure", "year_ending", "value"]).assign(use="fit")
    found = read_counts(SimpleNamespace(frame=frame), ("Port",), YEARS)[IN_CARE][0]
    assert np.isnan(found[0])
    assert found[1:] == pytest.approx([10.0 * (1.0 - MOST_UASC), 5.0])


def test_a_path_begins_with_the_stock():
    path = np.zeros((3, len(NAMES)))
    found = with_stock(path, -5.0)
    assert found[0, EXITS] == -5.0
    assert np.count_nonzero(found) == 1
    assert not path.any()


def england(ceased: float) -> pd.DataFrame:
    values = {"cla_started": (300.0, 300.0, 300.0), "cla_ceased": (ceased,) * 3, "cla_at31": (800.0, 810.0, 820.0)}
    rows = [("England", name, year, value) for name, each in values.items() for year, value in zip(YEARS, each, strict=True)]
    return pd.DataFrame(rows, columns=["area", "measure", "year_ending", "value"])


def test_leaving_care_is_what_starts_and_stocks_allow():
    """300 start and the stock grows by 10, so 290 left, whatever is published as left."""
    assert england_balance(england(290.0), YEARS) == pytest.approx(1.0)
    assert england_balance(england(296.0), YEARS) == pytest.approx(290.0 / 296.0)
    assert england_balance(england(200.0), YEARS) == BALANCE[1]
    assert england_balance(england(290.0)[lambda rows: rows.measure != "cla_ceased"], YEARS) == 1.0
