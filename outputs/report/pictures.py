"""Pictures inside the page: each figure as a compact PNG of few colours, with its alternative text, by the section it belongs to."""

from __future__ import annotations

import base64
import io
import multiprocessing
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from outputs.picture import alternative_text
from outputs.pictures.listing import makers_of
from outputs.report.blocks import Picture
from outputs.report.source import Source
from outputs.tables import SUMMARIES
from sim.results import Comparison

DOTS_PER_INCH = 110
COLOURS = 64  # of a palette: enough for bands over bands, a third of the bytes
SECTIONS = {  # picture: anchor of the section it stands in
    "cost_curve": "curve",
    "cost_bridge": "lines",
    "children_in_care": "children",
    "placement_mix": "children",
    "pathway_flow": "method",
    "waiting_and_caseload": "children",
    "price_and_volume": "drivers",
    "high_cost_tail": "money",
    "sufficiency": "money",
    "deprivation_gradient": "equality",
    "attribution": "drivers",
    "benefit_by_authority": "authorities",
    "spread_over_authorities": "authorities",
}
OTHERWISE = "drivers"
CAPTIONS = {
    "cost_curve": "What services cost, and net cost so far",
    "cost_bridge": "What the change in cost is made of",
    "children_in_care": "Children in care",
    "placement_mix": "Where children in care live",
    "pathway_flow": "How children move through services in a year",
    "waiting_and_caseload": "Waiting and caseloads",
    "price_and_volume": "Placements: volume, mix and price",
    "high_cost_tail": "The dearest placements",
    "sufficiency": "Places beside need",
    "deprivation_gradient": "Rates by deprivation",
    "attribution": "What each lever does",
    "benefit_by_authority": "Who bears the cost and who gains",
    "spread_over_authorities": "Authorities beside their statistical neighbours",
}


_MAKERS: dict[str, Callable[[], Figure]] = {}  # what the processes of a pool draw: makers cannot be sent to them, but are there when they begin


def pictures(source: Source) -> dict[str, list[Picture]]:
    """Return the pictures of a results folder by the anchor of the section they stand in, in reading order."""
    _MAKERS.clear()
    _MAKERS.update(makers_of(as_named(source), tables(source)))
    found: dict[str, list[Picture]] = {}
    for name, picture in zip(_MAKERS, _drawn(list(_MAKERS)), strict=True):
        found.setdefault(SECTIONS.get(name, OTHERWISE), []).append(picture)
    _MAKERS.clear()
    return found


def _drawn(names: list[str]) -> list[Picture]:
    """Draw pictures, on a machine with two processors or more by two processes: drawing is most of the time a report takes."""
    if (os.cpu_count() or 1) < 2 or not sys.platform.startswith("linux"):  # elsewhere a process would import everything again, and gain nothing
        return [_draw(name) for name in names]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads there before the fork: none of them draws
        with multiprocessing.get_context("fork").Pool(2) as pool:
            return pool.map(_draw, names, chunksize=1)


def _draw(name: str) -> Picture:
    """Draw one picture."""
    return inlined(_MAKERS[name](), CAPTIONS.get(name, name.replace("_", " ").capitalize()))


def as_named(source: Source) -> Comparison:
    """Return the comparison with its scenarios called as the report calls them."""
    named = [replace(one, label=source.name(one)) for one in source.each.scenarios]
    return replace(source.each, baseline=named[0], reforms=tuple(named[1:]))


def tables(source: Source) -> Mapping:
    """Return the tables that pictures are drawn from: those of the folder, its long summaries apart, and what is published."""
    names = [path.name for path in sorted(source.folder.glob("*.csv")) if path.name not in SUMMARIES]
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
