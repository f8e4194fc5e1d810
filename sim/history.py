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
from pathlib import Path

import numpy as np
import pyarrow as pa

from scenarios.loading import Scenario
from scenarios.timeline import add_months
from sim.engine import simulate
from sim.kernels import KERNEL_HASH, cache_folder
from sim.kernels.layout import STATE_FIELDS, State
from sim.model import CompiledModel, compile_model
from sim.state import compact

CODEC = "lz4"  # half again as large as zstd, and three times as fast to read
KEPT_MODELS = 60  # as many as a large region's authorities: a model is compiled in less time than a month is simulated
_models: dict[tuple, CompiledModel] = {}


def past(scenario: Scenario, area: str, until: str, seed: int, replicate: int) -> tuple[State, bool]:
    """Return the state of an authority at the start of month `until` (YYYY-MM), and whether it was kept from before.

    Safe to call from several threads. What cannot be read or written in the cache is simulated: a full disk costs time, not results.
    """
    compiled = history_model(scenario, area, until)
    path = cache_folder() / "histories" / f"{fingerprint(compiled, seed, replicate)}.{CODEC}"
    state = _read(path)
    if state is not None:
        return state, True
    _, state = simulate(compiled, None, compiled.first, add_months(until, -1), seed, replicate)
    state = compact(state)
    _write(path, state)
    return state, False


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


def pack_state(state: State) -> bytes:
    """Return a state as one compressed bundle: the shapes of its arrays, then their bytes."""
    arrays = [np.ascontiguousarray(array) for array in state]
    shapes = json.dumps([array.shape for array in arrays]).encode()
    plain = b"".join([len(shapes).to_bytes(8, "little"), shapes, *(array.tobytes() for array in arrays)])
    return len(plain).to_bytes(8, "little") + pa.Codec(CODEC).compress(plain, asbytes=True)


def unpack_state(packed: bytes) -> State:
    """Return the state that `pack_state` packed; its arrays cannot be written to.

    Raises
    ------
    ValueError
        If the bytes are not a whole bundle.
    """
    try:
        plain = pa.Codec(CODEC).decompress(packed[8:], int.from_bytes(packed[:8], "little"), asbytes=True)
        at = 8 + int.from_bytes(plain[:8], "little")
        arrays = []
        for (dtype, _, _), shape in zip(STATE_FIELDS.values(), json.loads(plain[8:at]), strict=True):
            dtype, count = np.dtype(dtype), math.prod(shape)
            arrays.append(np.frombuffer(plain, dtype, count, at).reshape(shape))
            at += dtype.itemsize * count
        return State(*arrays)
    except (OSError, pa.ArrowException, OverflowError, MemoryError) as error:
        raise ValueError(f"not a bundle of arrays ({error})") from None


def _read(path: Path) -> State | None:
    try:
        return unpack_state(path.read_bytes())
    except (OSError, ValueError):
        return None


def _write(path: Path, state: State) -> None:
    """Keep a state, whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(pack_state(state))
        os.replace(name, path)
    except OSError:
        return
