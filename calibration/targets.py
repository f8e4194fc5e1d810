"""What a fit aims at and what a backtest is scored by: published measures by authority and year, as they were known at a vintage.

    python -m calibration.targets [--panel FILE] [--vintage YEAR]     # prints measures, noise, traps and what was known

`read_targets` makes a `PublishedTargets` from any panel of the shape of `la_panel.csv`: columns, years and authorities may be missing or new. Each
row is one figure with its role, how noisy it is (`calibration.target_noise`) and which traps hold (`calibration.target_traps`). Suppressed cells are
skipped, never filled (ruling 30). What the flow balance of the shipped rates aims at is another table, of rates (`calibration.flow_targets.Targets`).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from calibration.panel import ENGLAND, PANEL_FILE, Panel, PanelError, read_panel
from calibration.profile_table import ProfileTable
from calibration.profile_years import SHIPPED, ProfileYears
from calibration.recording_breaks import BREAK_COLUMNS, recording_breaks
from calibration.target_measures import TARGETS, TargetMeasure
from calibration.target_noise import UASC_STARTS_ERROR, NoiseEstimate, counting_variance, estimate_all, noise_table, revision_sd
from calibration.target_traps import TRAPS, apply_traps
from calibration.uasc import uasc_flows
from calibration.vintage import vintage_table
from scenarios.areas import UnknownNameError

COLUMNS = (
    "area", "level", "measure", "year_ending", "value", "unit", "kind", "role", "use", "status", "basis", "base", "traps",
    "log_sd_counting", "log_sd_revision", "log_sd_recording", "log_sd_trap", "log_sd",
)  # fmt: skip
NEEDED_FOR_UASC = ("uasc_at31", "cla_started", "cla_ceased", "cla_at31", "population_0_17", "cin_at31")


@dataclass(frozen=True)
class PublishedTargets:
    """Published measures at a vintage.

    Attributes
    ----------
    vintage : int
        Year ending 31 March; nothing later is in it.
    frame : DataFrame
        One row for each figure, columns `COLUMNS`. `use` is `fit`, `input` or `exclude`; `log_sd*` are standard deviations of the logarithm of the
        figure; `base` is, for a share, the number of children it is of. `log_sd` combines counting, revision, recording and traps.
    noise : mapping
        Measure -> what the panel's own changes say of its noise.
    breaks : DataFrame
        Jumps of an authority's referrals that look like a change of recording: area, measure, year_ending, jump (of the logarithm).
    missing : tuple of str
        Targets of which this panel has no column, or nothing at this vintage.
    """

    vintage: int
    frame: pd.DataFrame
    noise: dict[str, NoiseEstimate]
    breaks: pd.DataFrame
    missing: tuple[str, ...] = field(default=())

    @property
    def areas(self) -> tuple[str, ...]:
        """Authorities with any figure, sorted, then England."""
        names = sorted(set(self.frame.area) - {ENGLAND})
        return (*names, ENGLAND) if (self.frame.area == ENGLAND).any() else tuple(names)

    def rows(self, measure: str | None = None, area: str | None = None, use: str | None = None) -> pd.DataFrame:
        """Return the rows of a measure, an area or a use."""
        frame = self.frame
        for column, wanted in (("measure", measure), ("area", area), ("use", use)):
            if wanted is not None:
                frame = frame[frame[column] == wanted]
        return frame

    def table(self, measure: str, column: str = "value", use: str | None = None) -> pd.DataFrame:
        """Return one column of a measure by area (rows) and year ending (columns); nan where there is no figure."""
        wide = self.rows(measure, use=use).pivot_table(index="area", columns="year_ending", values=column)
        return wide.reindex([area for area in self.areas if area in wide.index])

    def comparable_from(self, area: str, measure: str = "referrals") -> int | None:
        """Return the year of an authority's last change of recording, from which its figures are of one kind; None if none was found."""
        found = self.breaks[(self.breaks.area == area) & (self.breaks.measure == measure)]
        return int(found.year_ending.max()) if len(found) else None


def read_targets(panel: Panel, vintage: int, areas: Sequence[str] | None = None) -> PublishedTargets:
    """Read the targets of a panel at a vintage.

    Parameters
    ----------
    panel : Panel
        Any panel; what is later than the vintage is not read.
    vintage : int
        Year ending 31 March.
    areas : sequence of str, optional
        Authorities (and `England`) whose rows are wanted; all of the panel's latest year if omitted. Noise is always estimated from all.

    Raises
    ------
    PanelError
        If the panel holds nothing up to the vintage.
    UnknownNameError
        If the panel has no such authority.
    """
    known = panel.at_vintage(vintage)
    if not len(known.frame):
        raise PanelError(f"no rows up to the year ending March {vintage}")
    table = ProfileTable(panel, years=ProfileYears.at(vintage))
    rows = apply_traps(_figures(table))
    rows["counting"] = np.concatenate([counting_variance(TARGETS[name], part.value.to_numpy(), part.base.to_numpy())
                                       for name, part in rows.groupby("measure", sort=False)])  # fmt: skip
    noise = estimate_all(rows, partial(share_that_stays, known))
    rows = _with_noise(rows, noise)
    every, measured = set(rows.area), set(rows.measure)
    wanted = every if areas is None else set(areas)
    strangers = sorted(wanted - every)
    if strangers:
        raise UnknownNameError("authority in the panel", strangers[0], every)
    kept = rows[rows.area.isin(wanted)].sort_values(["area", "measure", "year_ending"], ignore_index=True)
    missing = tuple(name for name in TARGETS if name not in measured)
    breaks = recording_breaks(known) if "referrals" in known.measures else pd.DataFrame(columns=list(BREAK_COLUMNS))
    return PublishedTargets(vintage, kept[list(COLUMNS)], noise, breaks[breaks.area.isin(wanted)].reset_index(drop=True), missing)


def share_that_stays(panel: Panel, target: TargetMeasure) -> float:
    """Return the share of a stock still in it a year later: exp(-ended / stock) of England in the last year known; 0 for flows and shares."""
    if target.kind != "stock" or target.base is None:
        return 0.0
    column = target.column or "cla_at31"
    if not {column, target.base} <= set(panel.measures):
        return 0.0
    both = pd.concat([panel.series(ENGLAND, column), panel.series(ENGLAND, target.base)], axis=1).dropna()
    return float(np.exp(-both.iloc[-1, 1] / both.iloc[-1, 0])) if len(both) else 0.0


def _figures(table: ProfileTable) -> pd.DataFrame:
    """Return every figure of authorities and England, in blocks of one measure: published cells, predecessors' and what is worked out."""
    published, panel = table.published, table.panel
    frame = panel.frame[panel.frame["name"].isin([*table.names, ENGLAND])]
    blocks = []
    for target in TARGETS.values():
        if target.column is not None and target.column in published.measures:
            blocks.append(_published(table, frame, target))
    if set(NEEDED_FOR_UASC) <= set(published.measures) and ENGLAND in set(frame["name"]):
        blocks += _without_uasc(table)
    court = table.national("care_proceedings_mean_weeks")
    if ENGLAND in set(frame["name"]) and len(court):
        blocks.append(pd.DataFrame({"area": ENGLAND, "year_ending": court.index, "value": court.to_numpy(), "base": np.nan, "basis": "own",
                                    "status": "published", "measure": "court_weeks"}))  # fmt: skip
    rows = pd.concat([block for block in blocks if len(block)], ignore_index=True)
    targets = rows.measure.map(TARGETS)
    return rows.assign(
        level=np.where(rows.area == ENGLAND, "national", "local_authority"),
        kind=targets.map(lambda target: target.kind),
        role=targets.map(lambda target: target.role),
        unit=targets.map(lambda target: target.simulated.unit),
        too_small=rows.area.isin(table.too_small),
    )


def _published(table: ProfileTable, frame: pd.DataFrame, target: TargetMeasure) -> pd.DataFrame:
    """Return the published cells of one measure; England's that stand in for nothing published are not among them."""
    base = frame[target.base] if target.kind == "share" and target.base in frame.columns else np.nan
    rows = pd.DataFrame({"area": frame["name"], "year_ending": frame.year_ending, "value": frame[target.column].astype(float), "base": base})
    rows = rows.dropna(subset=["value"])
    if target.kind == "share":
        rows = rows.dropna(subset=["base"])
    assumed = (rows.area == ENGLAND) & rows.year_ending.map(lambda year: (target.column, year) in table.assumed)
    rows = rows[~assumed]
    inherited = [key in table.inherited for key in zip(rows.area, rows.year_ending, strict=True)]
    return rows.assign(basis=np.where(inherited, "predecessor", "own"), status=np.where(inherited, "derived", "published"), measure=target.name)


def _without_uasc(table: ProfileTable) -> list[pd.DataFrame]:
    """Return children in care, starts and ends without unaccompanied children, where both numbers are known."""
    every = {column: _published(table, table.panel.frame[table.panel.frame["name"].isin([*table.names, ENGLAND])], TARGETS[column])
             for column in ("cla_at31", "cla_started", "cla_ceased", "uasc_at31")}  # fmt: skip
    flows = uasc_flows(table)
    flows = flows[flows.area.isin(every["uasc_at31"].area)]
    stock = every["uasc_at31"][["area", "year_ending", "value"]].rename(columns={"value": "less"})
    started = flows.assign(less=flows.started + flows.passthrough)[["area", "year_ending", "less", "basis"]]
    ceased = flows.rename(columns={"ceased": "less"})[["area", "year_ending", "less", "basis"]]
    blocks = []
    for column, less in (("cla_at31", stock), ("cla_started", started), ("cla_ceased", ceased)):
        if "basis" in less:
            less = less[less.basis.isin(["own", "predecessor"])].drop(columns="basis")
        both = every[column].merge(less, on=["area", "year_ending"])
        rest = (both.value - both.less).clip(lower=0.0)
        blocks.append(both.assign(value=rest, base=both.less, measure=f"{column}_non_uasc", status="derived").drop(columns="less"))
    return blocks


def _with_noise(rows: pd.DataFrame, noise: dict[str, NoiseEstimate]) -> pd.DataFrame:
    """Return the rows with standard deviations of the logarithm by source and in all."""
    revision, recording = np.zeros(len(rows)), np.zeros(len(rows))
    for name, place in rows.groupby("measure", sort=False).indices.items():
        part = rows.iloc[place]
        revision[place] = revision_sd(TARGETS[name], part.value.to_numpy())
        if name in noise:
            recording[place] = noise[name].recording_sd * _averaged_out(part)
        if name in ("cla_started_non_uasc", "cla_ceased_non_uasc"):  # base holds the unaccompanied children taken off
            guessed = UASC_STARTS_ERROR * part.base / np.maximum(part.value, 1.0)
            revision[place] = np.hypot(revision[place], np.where(part.level == "national", 0.0, guessed))
    parts = {"log_sd_counting": np.sqrt(rows.counting), "log_sd_revision": revision, "log_sd_recording": recording}
    every = np.sqrt(sum(part**2 for part in (*parts.values(), rows.log_sd_trap)))
    return rows.assign(**parts, log_sd=every)


def _averaged_out(rows: pd.DataFrame) -> np.ndarray:
    """Return what is left of authorities' recording noise in a row: 1, and for England the root of the sum of squared shares of its authorities."""
    own = rows[rows.level == "local_authority"]
    weight = own.base.where(own.kind == "share", own.value)
    squares = {year: float((part**2).sum() / max(part.sum(), 1e-9) ** 2) for year, part in weight.groupby(own.year_ending)}
    left = rows.year_ending.map(squares).fillna(1.0)
    return np.where(rows.level == "national", np.sqrt(left), 1.0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is known at a vintage: rules, measures with their noise, traps, and breaks of recording."""
    parser = argparse.ArgumentParser(prog="python -m calibration.targets", description="Published targets as known at a vintage.")
    parser.add_argument("--panel", default=PANEL_FILE, help="a panel file of the shape of la_panel.csv")
    parser.add_argument("--vintage", type=int, default=SHIPPED.last_year, help="year ending 31 March")
    options = parser.parse_args(arguments)
    try:
        targets = read_targets(read_panel(options.panel), options.vintage)
    except PanelError as fault:
        print(fault)
        return 2
    counts = targets.frame.traps[targets.frame.traps != ""].str.split("; ").explode().value_counts()
    with pd.option_context("display.width", 200, "display.max_columns", 20, "display.max_rows", 200, "display.precision", 3):
        print(vintage_table(options.vintage)[["rule", "usable_until", "published"]].to_string(index=False))
        print(noise_table(targets.noise).to_string())
        print(pd.DataFrame([(trap.name, trap.effect, counts.get(trap.name, 0)) for trap in TRAPS],
                           columns=["trap", "effect", "rows"]).to_string(index=False))  # fmt: skip
        print(targets.breaks.to_string(index=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
