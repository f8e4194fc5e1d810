"""What an experiment found, as labelled arrays: a scenario's `Results`, and a `Comparison` of reforms with a baseline.

Dimensions: `annual` (area, replicate, measure, year_ending), `monthly` (area, replicate, measure, month), `costs`
(area, replicate, line, year_ending; pounds at constant prices). Run r is the same in every scenario of a comparison
(paired).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from scenarios.deflators import Deflators, shipped_deflators
from sim.counting import with_ratios
from sim.measures import HEADLINES, MEASURES
from sim.pathway_counts import grossing_of
from sim.pathway_files import read_pathway, write_pathway
from sim.results_files import read_arrays, write_tables

MANIFEST = "manifest.json"


class ResultsError(ValueError):
    """A results folder that cannot be read."""


@dataclass(frozen=True)
class Results:
    """One scenario's results.

    Attributes
    ----------
    scenario, label
        Key and name of the scenario.
    annual, monthly, costs
        See the module.
    lines
        Line of cost -> its label, published line, payer, kind, section, funded_by, spending.
    metadata
        What the manifest says of the scenario: text, hash, seed, engine, areas, checks, seconds, general inflation ...
    events
        The event log of replicate 0, if kept.
    pathway
        Children by stage and transition (area, count, year_ending), means over runs; see `sim.pathway_counts`. None in results that lack it.
    """

    scenario: str
    label: str
    annual: xr.DataArray
    monthly: xr.DataArray
    costs: xr.DataArray
    lines: Mapping[str, Mapping[str, Any]]
    metadata: Mapping[str, Any]
    events: pd.DataFrame | None = field(default=None, compare=False)
    pathway: xr.DataArray | None = field(default=None, compare=False)

    @property
    def areas(self) -> tuple[str, ...]:
        """Names of the authorities."""
        return tuple(str(name) for name in self.annual.area.to_numpy())

    @property
    def years(self) -> tuple[int, ...]:
        """Years ending 31 March."""
        return tuple(int(year) for year in self.annual.year_ending.to_numpy())

    @property
    def replicates(self) -> int:
        """Number of runs."""
        return self.annual.sizes["replicate"]

    def payers(self, *payers: str, kinds: tuple[str, ...] = ("cost", "income", "transfer")) -> list[str]:
        """Return the lines that these payers bear (all payers if none is named)."""
        return [
            key for key, line in self.lines.items() if (not payers or line["payer"] in payers) and line["kind"] in kinds
        ]

    def gross(self) -> xr.DataArray:
        """Return the authority's gross cost (area, replicate, year_ending)."""
        return self.costs.sel(line=self.payers("authority", kinds=("cost",))).sum("line")

    def net(self, *payers: str) -> xr.DataArray:
        """Return cost less income of the payers, by default the authority (area, replicate, year_ending)."""
        return self.costs.sel(line=self.payers(*(payers or ("authority",)))).sum("line")

    def exchequer(self) -> xr.DataArray:
        """Return what all payers bear together; a grant cancels out."""
        return self.costs.sum("line")

    def nominal(self) -> xr.DataArray:
        """Return costs in the cash of each year."""
        factors = self.nominal_factors(self.years)
        return self.costs * xr.DataArray(factors, {"year_ending": list(self.years)}, ("year_ending",))

    def nominal_factors(self, years: Sequence[int], deflators: Deflators | None = None) -> np.ndarray:
        """Return what turns constant prices into the cash of each year (Y): the run's deflators, or others, then general inflation."""
        told = self.metadata.get("deflators")
        table = deflators or (Deflators.from_told(told) if told else shipped_deflators())
        base, growth = int(self.metadata["price_base"][:4]) + 1, float(self.metadata["general_inflation_per_year"])
        return np.array([table.factor(base, year, growth) for year in years])

    def total(self, name: str, factors: Mapping[str, float] | None = None) -> Results:
        """Return the authorities added up as one area called `name`; ratios are formed again from their counts.

        `factors` (`referrals`, `cla`, `population`, `spend`) carry each measure to more than these authorities:
        grossing up.
        """
        factors = factors or {}
        scale = np.array([factors.get(measure.grossed_by, 1.0) for measure in MEASURES.values()])
        annual = self.annual.sum("area").to_numpy() * scale[None, :, None]
        headline = np.array([scale[list(MEASURES).index(str(n))] for n in self.monthly.measure.to_numpy()])
        monthly = self.monthly.sum("area").to_numpy() * headline[None, :, None]
        pressure = [i for i, n in enumerate(self.monthly.measure.to_numpy()) if MEASURES[str(n)].ratio_of]
        monthly[:, pressure] = self.monthly.mean("area").to_numpy()[:, pressure]
        costs = self.costs.sum("area").to_numpy() * factors.get("spend", 1.0)
        return replace(
            self,
            annual=_relabel(self.annual, with_ratios(annual, axis=1), name),
            monthly=_relabel(self.monthly, monthly, name),
            costs=_relabel(self.costs, costs, name),
            events=None,
            pathway=self._pathway_of_all(name, factors),
        )

    def _pathway_of_all(self, name: str, factors: Mapping[str, float]) -> xr.DataArray | None:
        """Return the counts of the pathway of all authorities as one area called `name`."""
        if self.pathway is None:
            return None
        scale = grossing_of(self.pathway["count"].to_numpy(), self.metadata["pathway"], factors)
        return _relabel(self.pathway, self.pathway.sum("area").to_numpy() * scale[:, None], name)

    def with_area(self, other: Results) -> Results:
        """Return these results with another's areas after their own."""
        join = {
            key: xr.concat([getattr(self, key), getattr(other, key)], "area") for key in ("annual", "monthly", "costs")
        }
        if self.pathway is not None and other.pathway is not None:
            join["pathway"] = xr.concat([self.pathway, other.pathway], "area")
        return replace(self, **join)

    def to_frame(self) -> pd.DataFrame:
        """Return annual measures and costs as one long table, a row for each area, replicate, measure and year."""
        annual = _long(self.annual, "measure").assign(unit=lambda f: f.measure.map(lambda name: MEASURES[name].unit))
        costs = _long(self.costs, "line").rename(columns={"line": "measure"})
        costs["measure"], costs["unit"] = "cost_" + costs["measure"], f"GBP {self.metadata['price_base']}"
        frame = pd.concat([annual, costs], ignore_index=True)
        frame.insert(0, "scenario", self.scenario)
        return frame[["scenario", "area", "replicate", "measure", "unit", "year_ending", "value"]]

    def save(self, folder: str | Path) -> Path:
        """Write the results to a folder that `open_results` reads. See `Comparison.save`."""
        return Comparison(self, ()).save(folder)


def brought(baseline: Results, reform: Results) -> set[str]:
    """Return the reform's own lines of cost: on which its levers spend, and the baseline's do not, or not alike; and the other way round.

    Lines that levers brought, and lines every scenario has on which a lever spends (`sim.cost_lines.spent_on`). What committed policy, or a lever
    of the baseline, spends is the reform's own only where the reform changes it or is without it.
    """

    def spending(results: Results, key: str) -> tuple[str, ...] | None:
        """Return what levers of a scenario spend on a line; None if it has no such line."""
        return tuple(results.lines[key].get("spending", ())) if key in results.lines else None

    return {key for key in {**baseline.lines, **reform.lines} if spending(baseline, key) != spending(reform, key)}


@dataclass(frozen=True)
class Comparison:
    """A baseline and reforms on the same runs."""

    baseline: Results
    reforms: tuple[Results, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for reform in self.reforms:
            if reform.annual.shape != self.baseline.annual.shape:
                raise ValueError(
                    f"{reform.scenario} is not paired with {self.baseline.scenario}: other areas, runs or years"
                )

    @property
    def scenarios(self) -> tuple[Results, ...]:
        """The baseline, then the reforms."""
        return (self.baseline, *self.reforms)

    def __getitem__(self, scenario: str) -> Results:
        """Return the results of a scenario by its key."""
        for one in self.scenarios:
            if one.scenario == scenario:
                return one
        raise KeyError(
            f"no scenario {scenario!r} here, expected one of {', '.join(s.scenario for s in self.scenarios)}"
        )

    def total(self, name: str, factors: Mapping[str, float] | None = None) -> Comparison:
        """Return the comparison of the authorities added up as one area."""
        return replace(
            self,
            baseline=self.baseline.total(name, factors),
            reforms=tuple(reform.total(name, factors) for reform in self.reforms),
        )

    def difference(self, scenario: str) -> xr.DataArray:
        """Return a reform's annual measures less the baseline's, run by run."""
        return self[scenario].annual - self.baseline.annual

    def cost_difference(self, scenario: str, *payers: str) -> xr.DataArray:
        """Return a reform's net cost (the authority's by default) less the baseline's, run by run."""
        return self[scenario].net(*payers) - self.baseline.net(*payers)

    def to_frame(self) -> pd.DataFrame:
        """Return every scenario's long table, one below the other."""
        return pd.concat([one.to_frame() for one in self.scenarios], ignore_index=True)

    def save(self, folder: str | Path) -> Path:
        """Write `manifest.json` and the Parquet tables into a folder (made if missing) and return it."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_tables(self.scenarios, folder)
        write_pathway(self.scenarios, folder)
        (folder / MANIFEST).write_text(json.dumps(manifest(self), indent=1, default=str) + "\n", encoding="utf-8")
        return folder


def manifest(comparison: Comparison) -> dict[str, Any]:
    """Return what the manifest holds: of the experiment, then of each scenario, baseline first."""
    described = [
        {"scenario": one.scenario, "label": one.label, "lines": dict(one.lines)} | dict(one.metadata)
        for one in comparison.scenarios
    ]
    return {"format": 1} | dict(comparison.metadata) | {"scenarios": described}


def open_results(folder: str | Path) -> Comparison:
    """Read a results folder; reforms are empty after a run of one scenario.

    Raises
    ------
    ResultsError
        If it is not a finished results folder.
    """
    folder = Path(folder)
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        described = told.pop("scenarios")
        labels = {
            about["scenario"]: {
                "area": about["areas"], "measure": list(MEASURES), "headline": list(HEADLINES),
                "line": list(about["lines"]),
            }
            for about in described
        }  # fmt: skip
        arrays = read_arrays(folder, labels)
        pathways = read_pathway(folder, labels)
    except (OSError, ValueError, KeyError, IndexError) as fault:
        raise ResultsError(f"{folder} is not a finished results folder ({fault})") from None
    found = [Results(about.pop("scenario"), about.pop("label"), lines=about.pop("lines"), metadata=about, pathway=pathways[key], **arrays[key])
             for key, about in zip(labels, described, strict=True)]  # fmt: skip
    return Comparison(found[0], tuple(found[1:]), told)


def _long(array: xr.DataArray, what: str, when: str = "year_ending") -> pd.DataFrame:
    """Return a labelled array as rows of area, replicate, what, when, value."""
    return array.rename("value").to_dataframe().reset_index()[["area", "replicate", what, when, "value"]]


def _relabel(array: xr.DataArray, values: np.ndarray, name: str) -> xr.DataArray:
    """Return values without an area axis as an array with one area."""
    coords = {key: array.coords[key].to_numpy() for key in array.dims} | {"area": [name]}
    return xr.DataArray(values[None], dims=array.dims, coords=coords)
