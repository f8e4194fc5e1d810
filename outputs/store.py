"""Write a finished results folder: all of it in a temporary folder, then one rename, so it is whole or not there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from sim.results import MANIFEST, Comparison, ResultsError, open_results

__all__ = ["ResultsError", "StoreError", "check_folder", "open_results", "write", "write_csv", "write_whole"]

EVENTS = "events.parquet"


class StoreError(OSError):
    """A folder that results cannot be written to; the message says why."""


def check_folder(folder: str | Path, overwrite: bool = False) -> Path:
    """Return the folder as a path if results can be written there; nothing is left behind by the check.

    Raises
    ------
    StoreError
        If it holds results already (unless `overwrite`), holds something else, or cannot be written.
    """
    folder = Path(folder)
    if folder.exists() or folder.is_symlink():
        if not folder.is_dir():
            raise StoreError(f"{folder} is a file, expected a folder for results")
        if any(folder.iterdir()):
            if not (folder / MANIFEST).exists():
                raise StoreError(f"{folder} holds files that are not results; expected a new or an empty folder")
            if not overwrite:
                raise StoreError(f"{folder} holds results already; choose another folder, or add --overwrite")
    here = folder.parent
    while not here.exists():
        here = here.parent
    if not here.is_dir() or not os.access(here, os.W_OK | os.X_OK):
        raise StoreError(f"cannot write to {folder}: no permission to make it in {here}")
    probe = here / f".carecurve-{os.getpid()}"
    try:
        probe.mkdir()
        probe.rmdir()
    except OSError as fault:
        raise StoreError(f"cannot write to {folder}: {fault.strerror or fault}") from None
    return folder


def write(
    comparison: Comparison, folder: str | Path, overwrite: bool = False, more: Mapping[str, pd.DataFrame] | None = None,
    also: Callable[[Path], object] | None = None,
) -> Path:  # fmt: skip
    """Write a finished folder and return it.

    It holds manifest.json, summary.csv, differences.csv (with reforms), shares.csv (with reforms of several authorities),
    stocks, flows, pathway and costs.parquet, cost_curve.png, with an event log events.parquet and the same for other tools (`outputs.event_log`),
    whatever tables `more` names (file name -> table, written as CSV), results.xlsx made from all of these, and what `also` writes into the folder it
    is given (diagrams).

    Raises
    ------
    StoreError
        As `check_folder`.
    """

    def fill(partial: Path) -> None:
        """Write every file into the folder that becomes this one."""
        _fill(comparison, partial, more or {})
        if also:
            also(partial)

    return write_whole(folder, fill, overwrite)


def write_whole(folder: str | Path, fill: Callable[[Path], None], overwrite: bool = False) -> Path:
    """Let `fill` make a new folder and write all its files, manifest.json among them, and put it in place when it is done; return the folder.

    Raises
    ------
    StoreError
        As `check_folder`.
    """
    folder = check_folder(folder, overwrite)
    partial = folder.parent / f".{folder.name}.partial-{os.getpid()}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
        fill(partial)
        _swap(partial, folder)
    except OSError as fault:
        raise StoreError(f"cannot write to {folder}: {fault.strerror or fault}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _fill(comparison: Comparison, folder: Path, more: Mapping[str, pd.DataFrame]) -> None:
    """Write every file of a results folder."""
    from outputs.event_log import write_event_logs
    from outputs.plots import cost_curve, save_figure
    from outputs.shares import shares
    from outputs.tables import difference_frame, summary_frame, whole
    from outputs.workbook import WORKBOOK, read_tables, write_workbook

    comparison.save(folder)
    together = whole(comparison)
    parts = [comparison] if together is comparison else [comparison, together]
    write_csv(pd.concat([summary_frame(part) for part in parts], ignore_index=True), folder / "summary.csv")
    if comparison.reforms:
        write_csv(pd.concat([difference_frame(part) for part in parts], ignore_index=True), folder / "differences.csv")
        if len(comparison.baseline.areas) > 1 and not comparison.metadata.get("grossing"):
            write_csv(shares(comparison), folder / "shares.csv")
    save_figure(cost_curve(comparison), folder / "cost_curve.png")
    logs = [one.events.assign(scenario=one.scenario) for one in comparison.scenarios if one.events is not None]
    if logs:
        columns = ["scenario", "area", "replicate", "time", "family", "child", "event", "stage_from", "stage_to"]
        pd.concat(logs, ignore_index=True)[columns].to_parquet(folder / EVENTS, index=False)
        write_event_logs(comparison.scenarios, folder)
    for name, table in more.items():
        write_csv(table, folder / name)
    write_workbook(comparison, read_tables(folder), folder / WORKBOOK)  # of the tables as written, so that it can be made again from the folder


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table with ten significant digits."""
    table.to_csv(path, index=False, float_format="%.10g")


def _swap(partial: Path, folder: Path) -> None:
    """Put the finished folder in place; an old one goes only once the new one is there."""
    if not folder.exists():
        partial.rename(folder)
        return
    old = folder.parent / f".{folder.name}.old-{os.getpid()}"
    folder.rename(old)
    try:
        partial.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
