"""Tables of a sensitivity analysis, and its folder: CSV, the tornado's picture, a manifest; whole or not there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from outputs.store import write_csv, write_whole
from sim.layers import Part
from sim.results import MANIFEST
from sim.sensitivity import Switching, Tornado
from sim.sobol import Indices
from sim.uncertain import Number

NAMED = ("name", "label", "layer", "unit")


@dataclass(frozen=True)
class Outcome:
    """What is analysed, in words: a label (with its years), its unit (`GBP` is drawn as money), and the price base of money."""

    label: str
    unit: str
    price_base: str


@dataclass(frozen=True)
class Analysis:
    """What an analysis found; what was not asked for is None.

    Attributes
    ----------
    title
        The area and the two scenarios.
    outcome
        What the tornado and the indices are of.
    tornado, switching, indices, numbers, layers
        What each method found; `layers` by quantity (its words) and part.
    about
        What the manifest holds beside.
    """

    title: str
    outcome: Outcome
    about: Mapping[str, Any]
    numbers: Sequence[Number] = ()
    tornado: Tornado | None = None
    switching: Sequence[Switching] | None = None
    indices: Indices | None = None
    layers: Mapping[tuple[str, str], Mapping[str, Part]] | None = None
    by: str = ""
    blocks: int = field(default=0)

    @property
    def scenario(self) -> str:
        """The key of the reform, the last of the two scenarios the manifest holds."""
        return str(self.about["scenarios"][-1]["scenario"])


def tables(found: Analysis) -> dict[str, pd.DataFrame]:
    """Return the tables of an analysis by file name."""
    made: dict[str, Callable[[], pd.DataFrame]] = {}
    if found.tornado:
        made["tornado.csv"] = lambda: tornado_table(found.tornado, found.outcome, found.scenario)
    if found.switching is not None:
        made["switching_values.csv"] = lambda: switching_table(found.switching, found.by, found.scenario)
    if found.indices:
        made["sobol.csv"] = lambda: sobol_table(found.indices, found.numbers, found.outcome)
    if found.layers is not None:
        made["uncertainty.csv"] = lambda: layers_table(found.layers)
    return {name: make() for name, make in made.items()}


def tornado_table(found: Tornado, outcome: Outcome, scenario: str) -> pd.DataFrame:
    """Return a row for each number, the widest swing first: its value at 5 and 95 % of draws and central, and the outcome there with half-widths.

    `scenario` is the reform's key, as other tables of results have it.
    """
    rows = [
        {"scenario": scenario} | _named(bar.number) | {
            "outcome": outcome.label, "outcome_unit": outcome.unit,
            "value_low": bar.ends[0], "value_central": bar.number.central, "value_high": bar.ends[1],
            "low": bar.low.mean, "low_error": bar.low.error, "central": found.central.mean, "central_error": found.central.error,
            "high": bar.high.mean, "high_error": bar.high.error, "low_less_central": bar.below.mean, "low_less_central_error": bar.below.error,
            "high_less_central": bar.above.mean, "high_less_central_error": bar.above.error, "swing": bar.swing.mean, "swing_error": bar.swing.error,
        }
        for bar in found.bars
    ]  # fmt: skip
    return pd.DataFrame(rows)


def switching_table(found: Sequence[Switching], by: str, scenario: str) -> pd.DataFrame:
    """Return a row for each number: the value at which the reform breaks even by a month, empty where there is none, and whether plausible.

    `scenario` is the reform's key, as other tables of results have it.
    """
    rows = [
        {"scenario": scenario} | _named(one.number) | {
            "by": by, "switching_value": one.value, "error": one.error if one.value is not None else None,
            "answer": "none" if one.value is None else "inside the range" if one.inside else "outside the range",
            "central": one.number.central, "range_low": one.number.range[0], "range_high": one.number.range[1],
            "searched_low": one.searched[0], "searched_high": one.searched[1],
            "net_cost_gbp_at_range_low": one.outcomes[0], "net_cost_gbp_at_range_high": one.outcomes[1],
        }
        for one in found
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"switching_value": float, "error": float})


def sobol_table(found: Indices, numbers: Sequence[Number], outcome: Outcome) -> pd.DataFrame:
    """Return a row for each number, the largest total index first, and one of their sums, each with its errors."""
    rows = [
        _named(number) | {
            "outcome": outcome.label,
            "first_order": found.first[i], "first_order_p05": found.first_interval[i, 0], "first_order_p95": found.first_interval[i, 1],
            "first_order_chance_error": found.first_chance[i], "total": found.total[i], "total_p05": found.total_interval[i, 0],
            "total_p95": found.total_interval[i, 1], "total_chance_error": found.total_chance[i],
        }
        for i, number in enumerate(numbers)
    ]  # fmt: skip
    rows.sort(key=lambda row: -row["total"])
    rows.append({"name": "sum", "label": "sum of all", "outcome": outcome.label, "first_order": found.first.sum(), "total": found.total.sum()})
    about = {"mean": found.mean, "variance": found.variance, "chance_share": found.chance_share, "points": found.points, "runs": found.runs}
    return pd.DataFrame(rows).assign(**about)


def layers_table(found: Mapping[tuple[str, str], Mapping[str, Part]]) -> pd.DataFrame:
    """Return a row for each quantity and part of its variance: chance, world, effects (these add up to the total), and the interactions they hold."""
    rows = [
        {
            "quantity": quantity, "unit": unit, "part": name, "variance": part.variance, "variance_error": part.error,
            "share_pct": 100.0 * part.share, "share_pct_error": 100.0 * part.share_error,
            "standard_deviation": max(part.variance, 0.0) ** 0.5,
        }
        for (quantity, unit), parts in found.items() for name, part in parts.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def write_analysis(found: Analysis, folder: str | Path, overwrite: bool = False) -> Path:
    """Write the folder and return it.

    Raises
    ------
    StoreError
        If it cannot be written, holds results already (unless `overwrite`), or something else.
    """
    return write_whole(folder, lambda partial: _fill(found, partial), overwrite)


def _fill(found: Analysis, folder: Path) -> None:
    """Write every file."""
    from outputs.plots import save_figure
    from outputs.sensitivity_plots import tornado_figure

    folder.mkdir()
    for name, table in tables(found).items():
        write_csv(table, folder / name)
    if found.tornado:
        save_figure(tornado_figure(found), folder / "tornado.png")
    (folder / MANIFEST).write_text(json.dumps(dict(found.about), indent=1, default=str) + "\n", encoding="utf-8")


def _named(number: Number) -> dict[str, str]:
    """Return what every table says of a number."""
    return {key: getattr(number, key) for key in NAMED}
