"""Small numbers: what is shown, and, by counting every table there could be, that nothing hidden can be worked out from it."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.suppression import MARK, suppress, suppress_alone

pytestmark = pytest.mark.unit


def shown(counts) -> list:
    return suppress(np.array(counts)).tolist()


def test_small_numbers_are_hidden_and_zeros_are_not():
    assert shown([0, 3, 4, 40]) == [0, "c", "c", 40, 47]
    assert suppress_alone([0, 1, 5, 6]).tolist() == [0, "c", "c", 6]


def test_one_small_number_hides_the_smallest_other_so_that_the_total_does_not_tell():
    assert shown([3, 10, 20]) == ["c", "c", 20, 33]
    assert shown([30, 0, 4, 12]) == [30, 0, "c", "c", 46]


def test_small_numbers_that_their_sum_gives_away_hide_another():
    assert shown([1, 1, 30, 40]) == ["c", "c", "c", 40, 72]  # of two that sum to 2 each is 1
    assert shown([5, 5, 9, 40]) == ["c", "c", "c", 40, 59]  # of two small ones that sum to 10 each is 5
    assert shown([1] * 6) == ["c"] * 7  # nothing else to hide: the total


def test_a_small_total_is_hidden_with_what_makes_it():
    assert shown([0, 0, 3]) == [0, 0, "c", "c"]
    assert shown([0, 0]) == [0, 0, 0]


def test_a_table_protects_a_cell_in_its_row_and_in_its_column():
    assert shown([[3, 10, 20], [30, 40, 50]]) == [["c", "c", 20, 33], ["c", "c", 50, 120], [33, 50, 70, 153]]
    table = shown([[3, 10, 20], [10, 20, 30], [11, 9, 8]])
    hidden = np.array([[cell == MARK for cell in row] for row in table])
    assert hidden[0, 0]
    assert not (hidden.sum(axis=0) == 1).any()
    assert not (hidden.sum(axis=1) == 1).any()


@pytest.mark.parametrize("counts", [[-1, 3], [1.5, 3.0], 7, [[[1]]]])
def test_what_is_no_count_is_refused(counts):
    with pytest.raises(ValueError, match="whole numbers"):
        suppress(np.array(counts))


def candidates(cell: int, most: int) -> range:
    """What a reader who knows which hidden cells were small thinks one may be."""
    return range(1, 6) if 1 <= cell <= 5 else range(6, most + 1)


def vectors_that_fit(counts: list[int], out: list, most: int) -> list[tuple[int, ...]]:
    """Every vector of counts that shows the same, by trying all."""
    choices = [candidates(count, most) if out[k] == MARK else [count] for k, count in enumerate(counts)]
    total = sum(counts)
    if out[-1] != MARK:
        return [found for found in itertools.product(*choices) if sum(found) == total]
    return [found for found in itertools.product(*choices) if sum(found) in candidates(total, 10**9)]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5))
@settings(max_examples=30, deadline=None)
def test_no_hidden_count_of_a_vector_has_one_value_only(counts):
    out = shown(counts)
    all_hidden = all(mark == MARK for mark, count in zip(out, [*counts, sum(counts)], strict=True) if count)
    assume(not all_hidden or len(counts) < 5)  # five of 1 each, of a hidden total that is small: nothing is left to hide
    fitting = np.array(vectors_that_fit(counts, out, 14))
    for k, count in enumerate(counts):
        assert (out[k] == MARK) or not 1 <= count <= 5
        if out[k] == MARK:
            assert len(set(fitting[:, k])) > 1
        else:
            assert out[k] == count


def fits(table: np.ndarray, out: np.ndarray) -> bool:
    """Whether a table with its totals shows what is shown, with hidden cells small where they were."""
    return all((a == b) if b != MARK else a >= 1 for a, b in zip(table.ravel(), out.ravel(), strict=True))


@given(st.lists(st.integers(0, 8), min_size=4, max_size=4))
@settings(max_examples=12, deadline=None)
def test_no_hidden_count_of_a_table_has_one_value_only(cells):
    counts = np.array(cells).reshape(2, 2)
    out = suppress(counts)
    whole = np.block([[counts, counts.sum(axis=1, keepdims=True)], [counts.sum(axis=0, keepdims=True), counts.sum(keepdims=True)]])
    choices = [candidates(int(cell), 16) if mark == MARK else [int(cell)] for cell, mark in zip(counts.ravel(), out[:2, :2].ravel(), strict=True)]
    seen: dict[tuple[int, int], set[int]] = {}
    for found in itertools.product(*choices):
        square = np.array(found).reshape(2, 2)
        table = np.block([[square, square.sum(axis=1, keepdims=True)], [square.sum(axis=0, keepdims=True), square.sum(keepdims=True)]])
        small_where_small = all(1 <= table[at] <= 5 for at in np.ndindex(3, 3) if out[at] == MARK and 1 <= whole[at] <= 5)
        if fits(table, out) and small_where_small:
            for at in np.ndindex(2, 2):
                seen.setdefault(at, set()).add(int(table[at]))
    for at in np.ndindex(2, 2):
        assert int(counts[at]) in seen[at]
        assert (len(seen[at]) > 1) == (out[at] == MARK)
    assert all(mark == MARK for mark, cell in zip(out.ravel(), whole.ravel(), strict=True) if 1 <= cell <= 5)


def test_a_larger_table_cannot_be_solved():
    counts = np.random.default_rng(3).poisson(7, (4, 5))
    out = suppress(counts)
    hidden = np.flatnonzero(out.ravel() == MARK)
    rows = []
    for cells in [*np.arange(30).reshape(5, 6), *np.arange(30).reshape(5, 6).T]:
        rows.append([(cell in cells) * (-1.0 if cell == cells[-1] else 1.0) for cell in hidden])
    _, singular, directions = np.linalg.svd(np.array(rows))
    free = directions[(singular > 1e-9).sum() :]  # ways hidden cells can change with all sums as they are
    assert (np.abs(free).max(axis=0) > 1e-9).all()
