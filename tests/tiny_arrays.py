"""Tiny models and states for tests of single kernels: every field of a tuple zero-filled, those that matter given."""

from types import SimpleNamespace

import numba
import numpy as np

from sim.kernels.handles import pack


def filled(fields, **given):
    """Return arrays of a tuple's fields, zero and of length 1 but for those given, and their handle."""
    arrays = {}
    for name, (dtype, ndim, _) in fields.items():
        array = given.pop(name, None)
        arrays[name] = np.zeros((1,) * ndim, dtype) if array is None else np.ascontiguousarray(array, dtype)
    assert not given, f"no such fields: {sorted(given)}"
    bundle = SimpleNamespace(**arrays)
    return bundle, pack(bundle, fields)


def tries(number: int) -> int:
    """Return how many examples a property of kernels is tried on: a tenth of them where each is a slow loop of plain Python."""
    return number // 10 if numba.config.DISABLE_JIT else number
