"""Tables of what drove a difference: each part's Shapley value, what it does alone and last, and interaction, with intervals over paired runs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr

from outputs.spread import SUMMARY, spread, with_all_years, with_sum
from sim.attributed import ATTRIBUTED, Attributed
from sim.attribution import Attribution, Attributions

INTERACTION, TOTAL = "interaction", "total"
COLUMNS = ["scenario", "area", "measure", "unit", "year_ending", "part", "effect", *SUMMARY, "ordering_standard_error", "share_of_total"]


def attribution_frame(found: Attributions) -> pd.DataFrame:
    """Return what drove every reform, a row for each area, measure, year (and `all`, where years add up), part and effect.

    `effect` is `shapley`, `alone` (the part and no other), `last` (added to all others), `interaction` or `total`. Of every measure and year, the
    Shapley values add up to the total, and so do the effects alone with the row `interaction`, effect `interaction`. With three parts or more whose
    combinations were all run, rows named `a + b` say how much of the interaction two parts (or more) make that fewer of them do not.

    `standard_error` is of the mean over runs, and holds the error of sampling orders; `ordering_standard_error` is that error by itself, 0 where all
    combinations were run. `share_of_total` is of the means; missing where the total is 0.

    Beside net cost stand its items as `cost_bridge` names them, lines outside placements put together (`sim.attributed.ITEMS`): they add up to net
    cost, row by row of part and effect.

    With several authorities (or England) the last area is all of them together.
    """
    about = found.comparison.metadata
    factors, name = about.get("grossing") or {}, str(about.get("area_label", "All authorities"))
    frames = []
    for one in found.reforms:
        prices = f"GBP, {found.comparison[one.scenario].metadata['price_base']} prices"
        for quantity in ATTRIBUTED.values():
            frame = _frame(one, quantity, factors, name)
            frames.append(frame.assign(scenario=one.scenario, unit=prices if quantity.unit == "GBP" else quantity.unit)[COLUMNS])
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)


def effects(one: Attribution) -> Iterator[tuple[str, str, xr.DataArray]]:
    """Yield every (part, effect, array) of an attribution, in the order tables show them."""
    for effect in ("shapley", "alone", "last"):
        for name in getattr(one, effect).part.to_numpy():
            yield str(name), effect, getattr(one, effect).sel(part=name)
    yield INTERACTION, INTERACTION, one.interaction
    if one.dividends is not None and len(one.parts) > 2:
        for name in one.dividends.coalition.to_numpy():
            yield str(name), INTERACTION, one.dividends.sel(coalition=name)
    yield TOTAL, TOTAL, one.total


def _frame(one: Attribution, quantity: Attributed, factors: dict[str, float], name: str) -> pd.DataFrame:
    """Return the rows of one measure."""
    areas, years = list(one.total.area.to_numpy()), [str(year) for year in one.total.year_ending.to_numpy()]
    factor = factors.get(quantity.grossed_by, 1.0)
    together = len(areas) > 1 or bool(factors)

    def whole(array: xr.DataArray) -> np.ndarray:
        """Return one measure with all areas together and all years together (A, R, Y)."""
        values = array.sel(measure=quantity.name).transpose(..., "area", "replicate", "year_ending").to_numpy()
        return with_all_years(with_sum(values, -3, factor) if together else values, quantity.over)

    rows = list(effects(one))
    values = np.stack([whole(array) for _, _, array in rows])
    periods = [*years, "all"][: values.shape[-1]]
    index = {"row": list(range(len(rows))), "area": [*areas, name][: values.shape[1]], "year_ending": periods}
    frame = spread(values, 2, index)
    frame["part"], frame["effect"] = (frame.row.map([row[k] for row in rows].__getitem__) for k in (0, 1))
    total = values[-1].mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = values.mean(axis=2) / np.where(total == 0.0, np.nan, total)
    ordering = np.full(share.shape, np.nan)
    ordering[: len(one.parts)] = 0.0
    if one.halves is not None:
        ordering[: len(one.parts)] = np.sqrt((whole(one.halves) ** 2).sum(axis=2)) / values.shape[2]
    return frame.assign(measure=quantity.name, ordering_standard_error=ordering.ravel(), share_of_total=share.ravel())
