"""Pure njit functions on arrays: random numbers, hazards, queues, places, the monthly environment, tallies and the event loop.

A cached numba kernel does not notice an edit in another file, so the cache folder carries a hash of every kernel's source:
any edit gives a new folder and a fresh compilation.
"""

import hashlib
import os
from pathlib import Path

import numba

_HERE = Path(__file__).parent
_SOURCE = b"".join(path.read_bytes() for path in sorted(_HERE.glob("*.py")))
KERNEL_HASH = hashlib.sha256(_SOURCE + numba.__version__.encode()).hexdigest()[:16]


def cache_folder() -> Path:
    """Return the folder that holds compiled kernels and simulated histories (`CARECURVE_CACHE` moves it)."""
    base = os.environ.get("CARECURVE_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "carecurve"


numba.config.CACHE_DIR = str(cache_folder() / f"kernels-{KERNEL_HASH}")
