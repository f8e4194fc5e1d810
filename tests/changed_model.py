"""A compiled model some of whose arrays are others: the drivers that tests of loops move."""

from collections.abc import Callable

import numpy as np

from sim.kernels import layout as L
from sim.model import CompiledModel


class Changed:
    """A model whose arrays are changed as `change` says: it returns those that are others, by name."""

    def __init__(self, model: CompiledModel, change: Callable[[L.Model], dict[str, np.ndarray]]) -> None:
        self.model, self.change = model, change

    def __getattr__(self, name: str):
        return getattr(self.model, name)

    def for_draw(self, seed: int, replicate: int) -> L.Model:
        arrays = self.model.for_draw(seed, replicate)
        return arrays._replace(**self.change(arrays))


def from_month(array: np.ndarray, month: int, times: float) -> np.ndarray:
    """An array by month, its last axis, times a factor from a month on."""
    array = array.copy()
    array[..., month:] *= times
    return array


def more_families(model: CompiledModel, times: float, month: str) -> Changed:
    """More (or fewer) families arriving from a month on: the same ones, and others."""

    def change(arrays: L.Model) -> dict[str, np.ndarray]:
        accept = arrays.accept.copy()
        accept[:, 0] = from_month(accept[:, 0], model.month(month), times)
        return {"accept": accept, "layers": np.ceil(accept.max(axis=(2, 3))).astype(np.int64)}

    return Changed(model, change)


def other_reference(model: CompiledModel, times: float) -> Changed:
    """Places that count as scarce, or not, at another use: their reference times a factor."""
    return Changed(model, lambda arrays: {"reference_use": arrays.reference_use * times})
