"""Count places for children in care, and the households and homes that come and go, by kind of place."""

from typing import Any

import numpy as np

from sim.compile_supply import owned_places
from sim.kernels.layout import Tally
from sim.kernels.supply import CLOSED, HELD, OPENED


class PlaceCounts:
    """What a tally holds of places, by area and month (A, T); nothing of kinds that the pathway has not."""

    tally: Tally
    pathway: Any
    _place: dict[str, int]

    def usable_places(self, kind: str) -> np.ndarray:
        """Places of a kind that could be used at month end, closing ones included."""
        return self._of_kind(self.tally.places_end[..., 0], kind)

    def filled_places(self, kind: str) -> np.ndarray:
        """Places of a kind that were filled at month end."""
        return self._of_kind(self.tally.places_end[..., 1], kind)

    def approved_places(self, kind: str) -> np.ndarray:
        """Places approved or registered at month end: usable ones, and the share that is not available; closing ones on top."""
        held = self._of_owners(kind, HELD)
        return held / self._supply_of(kind).usable_share.value + np.maximum(self.usable_places(kind) - held, 0.0) if self._has(kind) else held

    def units_opened(self, kind: str) -> np.ndarray:
        """Households approved, or homes registered, in the month."""
        return self._of_owners(kind, OPENED) * self._units_per_place(kind)

    def units_closed(self, kind: str) -> np.ndarray:
        """Households deregistered, or homes closed, in the month."""
        return self._of_owners(kind, CLOSED) * self._units_per_place(kind)

    def _has(self, kind: str) -> bool:
        """Whether the pathway has this kind of place, with a supply."""
        return kind in self._place and self.pathway.places[kind].supply is not None

    def _supply_of(self, kind: str) -> Any:
        """Return what the pathway says of a kind's supply."""
        return self.pathway.places[kind].supply

    def _units_per_place(self, kind: str) -> float:
        """Return households or homes for each usable place."""
        return 1.0 / (self._supply_of(kind).usable_share.value * self._supply_of(kind).places_per_unit.value) if self._has(kind) else 0.0

    def _of_kind(self, table: np.ndarray, kind: str) -> np.ndarray:
        """Return one kind of place of a table by area, month and kind (A, T)."""
        return table[:, :, self._place[kind]] if kind in self._place else np.zeros(table.shape[:2])

    def _of_owners(self, kind: str, column: int) -> np.ndarray:
        """Return usable places held, opened or closed by every owner of a kind (A, T)."""
        rows = [c for c, row in enumerate(owned_places(self.pathway)) if row.kind == kind]
        return self.tally.supply[:, :, rows, column].sum(axis=2)
