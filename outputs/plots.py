"""Figures. Every function takes results, or tables of a results folder, and returns a matplotlib figure; nothing is shown and nothing is global.

They are made in `outputs.pictures`, each with its alternative text (`outputs.picture.alternative_text`).
"""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from outputs.picture import alternative_text
from outputs.pictures.authorities import benefit_by_authority, spread_over_authorities
from outputs.pictures.cost_curve import cost_curve
from outputs.pictures.deprivation import deprivation_gradient
from outputs.pictures.fans import children_in_care, fan_chart
from outputs.pictures.listing import pictures_of
from outputs.pictures.look import COLOURS, HATCHES, MARKERS, SOURCE, STYLES
from outputs.pictures.money import cost_bridge, price_and_volume
from outputs.pictures.pathway_flow import pathway_flow
from outputs.pictures.placements import high_cost_tail, placement_mix, sufficiency
from outputs.pictures.workload import waiting_and_caseload

__all__ = [
    "COLOURS", "HATCHES", "MARKERS", "SOURCE", "STYLES", "benefit_by_authority", "children_in_care", "cost_bridge", "cost_curve",
    "deprivation_gradient", "fan_chart", "high_cost_tail", "pathway_flow", "pictures_of", "placement_mix", "price_and_volume", "save_figure",
    "spread_over_authorities", "sufficiency", "waiting_and_caseload",
]  # fmt: skip
DOTS_PER_INCH = 150


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure as PNG, its alternative text as the file's `Description`; the file holds no date, so equal figures are equal files."""
    path = Path(path)
    words = {"Description": alternative_text(figure)} if alternative_text(figure) else {}
    engine, dots = figure.get_layout_engine(), figure.get_dpi()
    try:
        figure.set_dpi(DOTS_PER_INCH)
        if engine is not None:  # laid out here, once: matplotlib would draw everything a second time to do so
            engine.execute(figure)
            figure.set_layout_engine(None)
        figure.savefig(path, dpi=DOTS_PER_INCH, metadata={"Software": None, **words})
    finally:
        figure.set_layout_engine(engine)
        figure.set_dpi(dots)
    return path
