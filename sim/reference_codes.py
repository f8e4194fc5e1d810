"""The codes of sim/kernels/layout.py as plain Python numbers: numpy's, which the kernels want, are slow to compare in Python."""

from types import SimpleNamespace

import numpy as np

from sim.kernels import layout

L = SimpleNamespace(**{name: x.item() if isinstance(x, np.generic) else x for name, x in vars(layout).items() if name[0] != "_"})
