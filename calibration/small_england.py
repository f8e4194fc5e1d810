"""Authorities that are England in small: its shapes, rates and places a child, and no unaccompanied children."""

from __future__ import annotations

import numpy as np

from calibration.steering import with_figures, with_records
from scenarios.areas import AreaProfile
from scenarios.synthetic import made_up

SMALL = "England in small"
# What goes by an authority's size. Places too: they are not to be scarcer in a small authority.
COUNTED = ("population_0_17", "referrals", "disabled_children_started", "spend_family_support")
NONE_OF = ("uasc_started", "uasc_passthrough_started")


def england_in_small(name: str, england: AreaProfile, children: float, vintage: int, years: tuple[int, ...], figures: np.ndarray) -> AreaProfile:
    """Return an authority that is England in small.

    Parameters
    ----------
    england
        Its profile.
    children
        Of 0 to 17 at the vintage.
    figures
        Logarithms of figures in `years` (Y, I).
    """
    share = children / england.value("population_0_17", vintage)
    counted = [quantity for quantity in england.records if quantity in COUNTED or quantity.endswith("_places")]
    series = {quantity: {year: value * share for year, value in england.series(quantity).items()} for quantity in counted}
    none = {quantity: {years[0]: 0.0} for quantity in NONE_OF}
    return with_figures(with_records(made_up(name, england), series | none, "assumed"), years, figures)
