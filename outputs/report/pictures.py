"""Pictures inside the page: each figure as a compact PNG of few colours, with its alternative text, by the section it belongs to."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from outputs.picture import alternative_text
from outputs.report.blocks import Picture
from outputs.report.source import Source
from sim.results import Comparison

DOTS_PER_INCH = 110
COLOURS = 64  # of a palette: enough for bands over bands, a third of the bytes
SECTIONS = {  # picture: anchor of the section it stands in
    "cost_curve": "curve", "cost_bridge": "lines", "children_in_care": "children", "placement_mix": "children", "pathway_flow": "method",
    "waiting_and_caseload": "children", "price_and_volume": "drivers", "high_cost_tail": "money", "sufficiency": "money", "deprivation_gradient": "equality",
    "attribution": "drivers", "benefit_by_authority": "authorities", "spread_over_authorities": "authorities",
}  # fmt: skip
OTHERWISE = "drivers"
CAPTIONS = {
    "cost_curve": "What services cost, and net cost so far", "cost_bridge": "What the change in cost is made of", "children_in_care": "Children in care",
    "placement_mix": "Where children in care live", "pathway_flow": "How children move through services in a year",
    "waiting_and_caseload": "Waiting and caseloads", "price_and_volume": "Placements: volume, mix and price", "high_cost_tail": "The dearest placements",
    "sufficiency": "Places beside need", "deprivation_gradient": "Rates by deprivation", "attribution": "What each lever does",
    "benefit_by_authority": "Who bears the cost and who gains", "spread_over_authorities": "Authorities beside their statistical neighbours",
}  # fmt: skip


def pictures(source: Source) -> dict[str, list[Picture]]:
    """Return the pictures of a results folder by the anchor of the section they stand in, in reading order."""
    found: dict[str, list[Picture]] = {}
    for name, figure in _figures(source):
        found.setdefault(SECTIONS.get(name, OTHERWISE), []).append(inlined(figure, CAPTIONS.get(name, name.replace("_", " ").capitalize())))
    return found


def _figures(source: Source) -> Iterator[tuple[str, Figure]]:
    """Yield each picture that the folder can have, one at a time: a figure takes memory."""
    from outputs.pictures.listing import makers_of

    for name, make in makers_of(as_named(source), tables(source)).items():
        yield name, make()


def as_named(source: Source) -> Comparison:
    """Return the comparison with its scenarios called as the report calls them."""
    named = [replace(one, label=source.name(one)) for one in source.each.scenarios]
    return replace(source.each, baseline=named[0], reforms=tuple(named[1:]))


def tables(source: Source) -> Mapping:
    """Return the tables that pictures are drawn from: those of the folder, its long summaries apart, and what is published."""
    names = [path.name for path in sorted(source.folder.glob("*.csv")) if path.name not in ("summary.csv", "differences.csv")]
    return {**source.published, **{name: source.table(name) for name in names}}


def inlined(figure: Figure, caption: str) -> Picture:
    """Return a figure as a picture in the page.

    Raises
    ------
    ValueError
        If it has no alternative text.
    """
    words = alternative_text(figure)
    if not words:
        raise ValueError(f"the picture “{caption}” has no alternative text")
    figure.set_dpi(DOTS_PER_INCH)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # once: to save a figure draws it twice, and then packs pixels that would have to be unpacked again
    small = io.BytesIO()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy()).quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(small, "PNG", optimize=True)
    return Picture(f"data:image/png;base64,{base64.b64encode(small.getvalue()).decode('ascii')}", image.width, image.height, words, caption)
