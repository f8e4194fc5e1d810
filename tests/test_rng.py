"""Addressed randomness: published vectors, agreement with another implementation, and uniforms that are uniform."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from randomgen import Philox
from scipy import stats

from sim.kernels.rng import philox4x32, threshold, uniform, uniform_pair

pytestmark = pytest.mark.unit

WORD = st.integers(0, 2**32 - 1)
ONES = 0xFFFFFFFF
# Random123, tests/kat_vectors, philox4x32 with 10 rounds: counter, key, output. The last takes its input from the
# digits of pi.
VECTORS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "output"), VECTORS)
def test_published_vectors(counter, key, output):
    assert philox4x32(*key, *counter) == output


@given(key=st.tuples(WORD, WORD), counter=st.tuples(WORD, WORD, WORD, WORD))
@settings(max_examples=200, deadline=None)
def test_agrees_with_randomgen(key, counter):
    # randomgen steps its counter (one 128-bit number, lowest word first) before the first block.
    number = (sum(word << 32 * i for i, word in enumerate(counter)) - 1) % 2**128
    theirs = Philox(key=key[0] | key[1] << 32, counter=number, number=4, width=32)
    assert philox4x32(*key, *counter) == tuple(theirs.random_raw(4, output=True).tolist())


@given(address=st.tuples(*[WORD] * 6))
@settings(max_examples=200, deadline=None)
def test_uniform_is_53_bits_strictly_inside_0_and_1(address):
    a, b, c, d = philox4x32(*address)
    first, second = uniform_pair(*address)
    assert first == uniform(*address) == (((a >> 5) << 26 | b >> 6) + 0.5) / 2**53
    assert second == (((c >> 5) << 26 | d >> 6) + 0.5) / 2**53
    assert 0.0 < first < 1.0
    assert 0.0 < second < 1.0
    assert threshold(*address) == -math.log(first)


def draws_along(axis: int, n: int = 4000) -> np.ndarray:
    """Uniforms at addresses that differ in one of the six words only."""
    address = [7, 0, 1234, 300 * 65536, 0xC0FFEE, 64]
    found = []
    for i in range(n):
        address[axis] = i
        found.append(uniform(*address))
    return np.array(found)


@pytest.mark.parametrize("axis", range(6), ids=["seed", "replicate", "entity", "who", "name", "occurrence"])
def test_uniform_along_every_word_of_the_address(axis):
    u = draws_along(axis)
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    serial = np.corrcoef(u[:-1], u[1:])[0, 1]
    assert abs(serial) < 3.5 / math.sqrt(len(u))


def test_draws_at_different_words_are_independent():
    columns = np.array([draws_along(axis)[1:] for axis in range(6)])
    matrix = np.corrcoef(columns)[np.triu_indices(6, 1)]
    assert np.abs(matrix).max() < 4.0 / math.sqrt(columns.shape[1])


def test_thresholds_are_unit_exponential():
    assert stats.kstest(-np.log(draws_along(2)), "expon").pvalue > 1e-3
