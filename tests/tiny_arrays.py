"""Tiny models and states for tests of single kernels: every field of a tuple zero-filled, those that matter given."""

from types import SimpleNamespace

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
