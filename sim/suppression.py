"""Small-number suppression: counts of 1 to 5 become `c`, and so many others that none of them can be worked out from totals.

The Department for Education's rule for children's services (any number from 1 to 5 is replaced by `c`, with secondary suppression where necessary).
Zeros are shown. A cell is taken to be worked out if a reader who knows the rule, and even which cells were small and which were hidden to protect
them, is left with one value for it: bounds by linear programming over all sums that are shown (what is hidden is at least 1, at most 5 if small, at
least 6 if not). Tables of counts with row and column totals are networks, so these bounds are whole numbers. Only where everything above 0 is hidden
already can no more be done: five children in five groups are then 1 each to a reader who knows that the hidden total is small too.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linprog

SMALLEST, LARGEST = 1, 5  # of what is small
MARK = "c"
NEAR = 1e-6


def suppress(counts: ArrayLike) -> np.ndarray:
    """Return counts with their totals, what must not be known replaced by `c`.

    Parameters
    ----------
    counts
        Whole numbers (N) or (R, C), none negative.

    Returns
    -------
    Objects (N + 1) or (R + 1, C + 1): ints and `c`; the last of each dimension is the total over it.

    Raises
    ------
    ValueError
        If counts have another number of dimensions, or are no counts.
    """
    whole = np.asarray(counts)
    if whole.ndim not in (1, 2) or not np.issubdtype(whole.dtype, np.integer) or (whole < 0).any():
        raise ValueError("counts to suppress must be whole numbers, none negative, in one dimension or two")
    table = whole.astype(np.int64)
    for axis in range(table.ndim):
        table = np.concatenate([table, table.sum(axis=axis, keepdims=True)], axis=axis)
    hidden = hidden_cells(table)
    shown = table.astype(object)
    shown[hidden] = MARK
    return shown


def suppress_alone(counts: ArrayLike) -> np.ndarray:
    """Return counts of which no total is shown or known anywhere (N) as objects, small ones as `c`."""
    whole = np.asarray(counts, dtype=np.int64)
    shown = whole.astype(object)
    shown[small(whole)] = MARK
    return shown


def small(counts: np.ndarray) -> np.ndarray:
    """Whether each count is small."""
    return (counts >= SMALLEST) & (counts <= LARGEST)


def hidden_cells(table: np.ndarray) -> np.ndarray:
    """Return which cells of a table with its totals (last row, last column) are hidden: small ones, and those that protect them."""
    hidden = small(table)
    sums = _sums(table.shape)
    while True:
        beside = _beside_exposed(table.ravel(), hidden.ravel(), sums)
        protector = next((cell for cells in beside if (cell := _protector(cells, table, hidden)) is not None), None)
        if protector is None:
            return hidden
        hidden.flat[protector] = True


def _sums(shape: tuple[int, ...]) -> list[np.ndarray]:
    """Return the cells of each sum by their numbers, its total last."""
    cells = np.arange(int(np.prod(shape))).reshape(shape)
    return [cells] if cells.ndim == 1 else [*cells, *cells.T]


def _beside_exposed(values: np.ndarray, hidden: np.ndarray, sums: list[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield, for each hidden cell that can be worked out, the cells that could protect it: of a sum it is alone in, else of all its sums."""
    yield from (cells for cells in sums if hidden[cells].sum() == 1)
    exposed = (cell for cell, (low, high) in bounds(values, hidden, sums) if high - low < 1.0 - NEAR)
    yield from (np.unique(np.concatenate([cells for cells in sums if cell in cells])) for cell in exposed)


def bounds(values: np.ndarray, hidden: np.ndarray, sums: list[np.ndarray]) -> Iterator[tuple[int, tuple[float, float]]]:
    """Yield each hidden cell and the least and most it can be, given the cells that are shown and which of the hidden are small."""
    unknown = np.flatnonzero(hidden)
    column = {int(cell): k for k, cell in enumerate(unknown)}
    left, right = [], []
    for cells in sums:
        row, known = np.zeros(len(unknown)), 0.0
        for cell, sign in zip(cells, [1.0] * (len(cells) - 1) + [-1.0], strict=True):
            if hidden[cell]:
                row[column[int(cell)]] = sign
            else:
                known += sign * values[cell]
        if row.any():
            left.append(row)
            right.append(-known)
    limits = [(SMALLEST, LARGEST) if small(values[cell]) else (LARGEST + 1, None) for cell in unknown]
    for cell in unknown:
        target = np.zeros(len(unknown))
        target[column[int(cell)]] = 1.0
        low = linprog(target, A_eq=left or None, b_eq=right or None, bounds=limits)
        high = linprog(-target, A_eq=left or None, b_eq=right or None, bounds=limits)
        yield int(cell), (float(low.fun), -float(high.fun) if high.status == 0 else float("inf"))


def _protector(cells: np.ndarray, table: np.ndarray, hidden: np.ndarray) -> int | None:
    """Return the smallest of some cells that is above 0 and still shown, totals last; None if there is none."""
    values, out = table.ravel(), hidden.ravel()
    totals = np.zeros(table.shape, dtype=bool)
    for axis in range(table.ndim):
        np.moveaxis(totals, axis, 0)[-1] = True
    free = [int(cell) for cell in cells if not out[cell] and values[cell] > 0]
    return min(free, key=lambda cell: (totals.flat[cell], values[cell], cell), default=None)
