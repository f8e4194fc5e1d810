"""Figures. Every function takes results, or tables of a results folder, and returns a matplotlib figure; nothing is shown and nothing is global.

They are made in `outputs.pictures`, each with its alternative text (`outputs.picture.alternative_text`).
"""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from outputs.picture import alternative_text
from outputs.pictures.cost_curve import cost_curve
from outputs.pictures.look import COLOURS, HATCHES, MARKERS, SOURCE, STYLES

__all__ = ["COLOURS", "HATCHES", "MARKERS", "SOURCE", "STYLES", "cost_curve", "save_figure"]


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure as PNG, its alternative text as the file's `Description`; the file holds no date, so equal figures are equal files."""
    path = Path(path)
    words = {"Description": alternative_text(figure)} if alternative_text(figure) else {}
    figure.savefig(path, dpi=150, metadata={"Software": None, **words})
    return path
