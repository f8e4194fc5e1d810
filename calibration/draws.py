"""Normal draws for calibration, by address: the same for the same draw, place and name, whatever else is drawn.

Addresses are those of the engines (docs/randomness.md): key (CALIBRATION_SEED, draw), counter (code of the place, 0, hash of a name, number).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from scenarios.names import name_hash
from sim.kernels.rng import fill_uniforms

CALIBRATION_SEED = 20_250_331  # calibration's own: nothing a user runs shares its draws by default
ENGLAND_CODE = 0


def normals(draws: int, place: int, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return standard normal draws (draws, *shape).

    Parameters
    ----------
    place
        Code of the authority, 0 for England: what England draws, all authorities share.
    name
        What is drawn.
    """
    flat = np.empty((draws, int(np.prod(shape))))
    fill_uniforms(flat, CALIBRATION_SEED, place, 0, name_hash(f"calibration.{name}"))
    return ndtri(flat).reshape(draws, *shape)
