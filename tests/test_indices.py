"""No kernel counts an index from the end: compiled ones would read other memory for it (sim/kernels/compiling.py).

Run as Python they are watched, but for the short arrays inside a record, which numpy hands out unwatched.
"""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.e2e

# In a process of its own: whether numba compiles is settled when it is imported.
RUN = """
import numbers

import numpy as np
from test_engines_agree import BRANCH, REGION, compiled, later

from sim import engine
from sim.kernels import handles

np.seterr(over="ignore", divide="ignore", invalid="ignore")


class FromStart(np.ndarray):
    def _check(self, key):
        for index in key if isinstance(key, tuple) else (key,):
            if isinstance(index, numbers.Integral) and index < 0:
                raise IndexError(f"index {index} of an array of shape {self.shape}")

    def __getitem__(self, key):
        self._check(key)
        return super().__getitem__(key)

    def __setitem__(self, key, value):
        self._check(key)
        super().__setitem__(key, value)


def watched(arrays, fields):
    return handles.pack(type(arrays)(*(array.view(FromStart) for array in arrays)), fields)


name = "regional-care-cooperative"
model = compiled(REGION, name, BRANCH[name])
engine.pack = watched
tally, _ = engine.simulate(model, None, model.first, later(model.first, 17), 1, 0)
print(int(tally.counters[0]), int(tally.started.sum()))
try:
    model.for_draw(1, 0).places.view(FromStart)[0, -1]
except IndexError:
    print("told")
"""


def test_no_kernel_counts_from_the_end():
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.path.dirname(__file__)}
    done = subprocess.run([sys.executable, "-c", RUN], env=environment, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    events, starts = map(int, done.stdout.split()[:2])
    assert events > 1000
    assert starts > 5
    assert done.stdout.split()[-1] == "told"  # the watch itself works
