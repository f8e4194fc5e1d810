"""The past every scenario branches from: simulated once, kept, and bit-identical to simulating it again.

A history is one authority's spin-up and published years under the baseline at the bottom of the scenario's chain (rulings 37 to 40). It is
kept as one array bundle under a name that hashes everything that decides it: kernels, model, authority, seed and replicate.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from scenarios.loading import Scenario
from scenarios.timeline import add_months
from sim.engine import simulate
from sim.kernels import KERNEL_HASH, cache_folder
from sim.kernels.layout import STATE_FIELDS, TALLY_FIELDS, State, Tally
from sim.model import CompiledModel, compile_model
from sim.state import compact

FIELDS = {State: STATE_FIELDS, Tally: TALLY_FIELDS}
CODEC = "lz4"  # half again as large as zstd, and three times as fast to read
KEPT_MODELS = 60  # compiled models kept at once, of histories and by each thread of an experiment: more than a large region's authorities
_models: dict[tuple, CompiledModel] = {}


def past(scenario: Scenario, area: str, until: str, seed: int, replicate: int) -> tuple[State, bool]:
    """Return the state of an authority at the start of month `until` (YYYY-MM), and whether it was kept from before.

    Safe to call from several threads. What cannot be read or written in the cache is simulated: a full disk costs time, not results.
    """
    compiled = history_model(scenario, area, until)

    def simulated() -> tuple[State]:
        """Simulate the history."""
        return (compact(simulate(compiled, None, compiled.first, compiled.last, seed, replicate)[1]),)

    (state,), was_kept = _kept(fingerprint(compiled, seed, replicate), (State,), simulated)
    return state, was_kept


def counted_past(scenario: Scenario, area: str, counted_from: str, until: str, seed: int, replicate: int) -> tuple[State, Tally, bool]:
    """Return the same with what was counted in the last months before, from `counted_from` on: the state, the tally, and whether both were kept."""
    compiled = history_model(scenario, area, until)

    def simulated() -> tuple[State, Tally]:
        """Simulate the history up to the months counted, then them."""
        state = simulate(compiled, None, compiled.first, add_months(counted_from, -1), seed, replicate)[1]
        tally, state = simulate(compiled, state, counted_from, compiled.last, seed, replicate)
        return compact(state), tally

    name = f"{fingerprint(compiled, seed, replicate)}-{counted_from}"
    (state, tally), was_kept = _kept(name, (State, Tally), simulated)
    return state, tally, was_kept


def history_model(scenario: Scenario, area: str, until: str) -> CompiledModel:
    """Return the compiled model of an authority's history, built once."""
    key = (scenario.history_hash, area, until)
    if key not in _models:
        if len(_models) > KEPT_MODELS:
            _models.clear()
        _models[key] = compile_model(scenario, (area,), branch=until, history=True)
    return _models[key]


def fingerprint(compiled: CompiledModel, seed: int, replicate: int) -> str:
    """Return the hash of everything that decides a history: kernels, every array of the model, seed and replicate."""
    digest = hashlib.sha256(f"{KERNEL_HASH} {seed} {replicate}".encode())
    digest.update(compiled.fingerprint)
    return digest.hexdigest()[:32]


def pack(bundle: tuple) -> bytes:
    """Return tuples of arrays as one compressed bundle: the shapes of all arrays, then their bytes."""
    arrays = [np.ascontiguousarray(array) for part in bundle for array in part]
    shapes = json.dumps([array.shape for array in arrays]).encode()
    plain = b"".join([len(shapes).to_bytes(8, "little"), shapes, *(array.tobytes() for array in arrays)])
    return len(plain).to_bytes(8, "little") + pa.Codec(CODEC).compress(plain, asbytes=True)


def unpack(packed: bytes, kinds: tuple[type, ...]) -> tuple:
    """Return the tuples that `pack` packed, of the kinds stated (`State`, `Tally`); their arrays cannot be written to.

    Raises
    ------
    ValueError
        If the bytes are not a whole bundle.
    """
    try:
        plain = pa.Codec(CODEC).decompress(packed[8:], int.from_bytes(packed[:8], "little"), asbytes=True)
        at = 8 + int.from_bytes(plain[:8], "little")
        shapes = iter(json.loads(plain[8:at]))
        bundle = []
        for kind in kinds:
            arrays = []
            for dtype, _, _ in FIELDS[kind].values():
                dtype, shape = np.dtype(dtype), next(shapes)
                count = math.prod(shape)
                arrays.append(np.frombuffer(plain, dtype, count, at).reshape(shape))
                at += dtype.itemsize * count
            bundle.append(kind(*arrays))
        return tuple(bundle)
    except (OSError, pa.ArrowException, OverflowError, MemoryError, StopIteration) as error:
        raise ValueError(f"not a bundle of arrays ({error})") from None


def _kept(name: str, kinds: tuple[type, ...], simulated: Callable[[], tuple]) -> tuple[tuple, bool]:
    """Return a bundle from the cache, or simulate and keep it; and whether it was there."""
    path = cache_folder() / "histories" / f"{name}.{CODEC}"
    try:
        return unpack(path.read_bytes(), kinds), True
    except (OSError, ValueError):
        bundle = simulated()
        keep(path, pack(bundle))
        return bundle, False


def keep(path: Path, packed: bytes) -> None:
    """Keep bytes in a file of the cache, whole or not at all: a full disk costs time, not results."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(packed)
        os.replace(name, path)
    except OSError:
        return
