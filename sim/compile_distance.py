"""Compile where placements are: shares of bands by authority, who is unaccompanied, and stage, and how the odds of far ones move."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.compile_areas import Figures
from sim.kernels.distance import BANDS, FAR_OUT, NEAR_IN, NEAR_OUT

FAR_ODDS, IN_AREA = "far_out_of_area_odds", "in_area_share_"  # an authority's figures (calibration/profile_distance.py)
OWN_OF = {"childrens_home": "authority_childrens_home"}  # bought places whose stated shares are of own ones too, which are in the area
NO_RULES = (0.0, 1.0, 1.0, 1.0)


def distances(compiled: Any) -> dict[str, np.ndarray]:
    """Return the shares of bands (A, 2, S, 4) and the rules; without any stated, every placement is in the area."""
    plans = compiled.pathway.placement_plans
    stated = plans.distance if plans else None
    table = np.zeros((len(compiled.figures), 2, len(compiled.stage_names), BANDS))
    table[..., NEAR_IN] = 1.0
    if stated is None:
        return {"bands": table, "distance_rules": np.array(NO_RULES)}
    for stage, shares in stated.families.shares.items():
        row = compiled.stage_names.index(stage)
        inside, outside = stated.of_unaccompanied(stage)
        for a, figures in enumerate(compiled.figures):
            table[a, 0, row] = shares_of(figures, stage, np.array(shares))
            table[a, 1, row] = inside, outside, 0.0, 0.0
    limits = stated.far_odds_limits
    rules = (stated.far_response_to_use.value, limits.low, limits.high, stated.pooled_far_odds.value)
    return {"bands": table, "distance_rules": np.array(rules)}


def shares_of(figures: Figures, stage: str, shares: np.ndarray) -> np.ndarray:
    """Return an authority's shares of the bands of a placement: England's, moved by its homes in the area and its odds of far ones."""
    shares = shares.copy()
    outside = shares[NEAR_OUT] + shares[FAR_OUT]
    if 0.0 < outside < 1.0:
        inside = _bought(figures, stage, figures.get(IN_AREA + stage, default=1.0 - outside))
        within = (np.arange(BANDS) != NEAR_OUT) & (np.arange(BANDS) != FAR_OUT)
        shares *= np.where(within, inside / (1.0 - outside), (1.0 - inside) / outside)
    shares[FAR_OUT] *= figures.get(FAR_ODDS, default=1.0)
    return shares / shares.sum()


def _bought(figures: Figures, stage: str, inside: float) -> float:
    """Return the share in the area of an authority's bought places, if `inside` is that of its own and bought ones together."""
    if stage not in OWN_OF:
        return inside
    own, bought = (figures.get(f"{name}_places", default=0.0) for name in (OWN_OF[stage], stage))
    part = own / (own + bought) if own > 0.0 else 0.0
    return max(inside - part, 0.0) / (1.0 - part) if part < 1.0 else inside
