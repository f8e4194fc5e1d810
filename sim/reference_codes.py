"""The codes of sim/kernels/layout.py as plain Python numbers (numpy's, for the kernels, are slow here)."""

from types import SimpleNamespace

import numpy as np

from sim.kernels import layout

_PUBLIC = {name: value for name, value in vars(layout).items() if not name.startswith("_")}
L = SimpleNamespace(**{name: x.item() if isinstance(x, np.generic) else x for name, x in _PUBLIC.items()})
