"""Futures conditioned on a published stock: what theory says of a stock that decays, and nothing where nothing lasts."""

import numpy as np
import pytest

from calibration.conditioning import conditioned, kept_share
from calibration.draws import normals

pytestmark = pytest.mark.unit

RUNS = 4000


def decaying(seed_name: str, left: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Return stocks at the origin (runs), mean 500 and sd 20, and what follows (runs, 3): a share is left each year, and chance is added."""
    stock = 500.0 + 20.0 * normals(RUNS, 1, seed_name, (1,))[:, 0]
    chance = 10.0 * normals(RUNS, 2, seed_name, (3,))
    years = np.arange(1, 4)
    return stock, 500.0 + (stock - 500.0)[:, None] * left**years + chance


def moved(stock: np.ndarray, futures: np.ndarray, published: float, error_sd: float = 0.0) -> np.ndarray:
    """Return futures conditioned with what these runs alone say is kept."""
    return conditioned(futures, stock, published, kept_share(futures[None], stock[None]), error_sd)


def test_what_is_kept_is_said_by_all_authorities_together():
    """Two hundred authorities of forty runs each, of any size, say it about as well as one of eight thousand."""
    stock, futures = decaying("together", left=0.5)
    times = np.geomspace(0.1, 10.0, 100)[:, None]
    stocks, later = stock.reshape(100, 40) * times, futures.reshape(100, 40, 3) * times[:, :, None]
    error = 10.0 / (20.0 * RUNS**0.5)
    assert kept_share(later, stocks) == pytest.approx(0.5 ** np.arange(1, 4), abs=4.0 * error)
    assert not kept_share(later, np.full((100, 40), 7.0)).any()  # no stock differs


def test_what_lasts_of_a_stock_is_carried_forward():
    stock, futures = decaying("decay")
    found = moved(stock, futures, 540.0)
    expected = 500.0 + 40.0 * 0.5 ** np.arange(1, 4)
    assert found.mean(axis=0) == pytest.approx(expected, abs=4.0 * 10.0 / RUNS**0.5 + 40.0 * 4.0 * 10.0 / (20.0 * RUNS**0.5))
    assert found.std(axis=0, ddof=1) == pytest.approx(np.full(3, 10.0), rel=4.0 / (2.0 * RUNS) ** 0.5)  # past chance is gone


def test_nothing_moves_where_nothing_lasts():
    stock, futures = decaying("nothing", left=0.0)
    found = moved(stock, futures, 600.0)
    slope_error = 10.0 / (20.0 * RUNS**0.5)
    assert np.abs(found - futures).max() < 4.0 * slope_error * np.abs(600.0 - stock).max()


def test_a_stock_not_published_leaves_futures_alone():
    stock, futures = decaying("alone")
    assert moved(stock, futures, float("nan")) is futures


def test_what_was_published_with_error_counts_less():
    stock, futures = decaying("error")
    exact, doubted = moved(stock, futures, 540.0), moved(stock, futures, 540.0, error_sd=20.0)
    share = (doubted - futures).mean(axis=0) / (exact - futures).mean(axis=0)
    assert share == pytest.approx(np.full(3, 0.5), abs=0.02)


def test_children_are_never_fewer_than_none():
    stock, futures = decaying("none", left=1.0)
    assert (moved(stock, futures, 0.0) >= 0.0).all()
