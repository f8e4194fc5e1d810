"""Make the report of a results folder: what is published joined to it, and the page written whole."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from carecurve.budget_option import read_budget
from carecurve.console import ChoiceError
from sim.results import MANIFEST, ResultsError

if TYPE_CHECKING:
    from outputs.report.source import Source

OTHER_FOLDERS = {  # command that leaves a folder of another kind: what to look at there, and what to do instead
    "forecast": "its own pages are data_quality_*.html, forecast.png and the CSV files, and it holds nothing of a single child; a "
    "report compares scenarios",
    "sensitivity": "it holds tornado.csv, switching_values.csv and others: copy these into the folder of the comparison, and its report shows them",
    "backtest": "it compares forecasts with what came: read its CSV files and pictures",
}


def make_report(folder: Path, output: Path | None = None, budget: str | None = None, family: str | None = None) -> Path:
    """Write the report of a results folder and return the file; in the folder itself, results.xlsx is made again too.

    Parameters
    ----------
    output
        The file; by default `report.html` in the folder, or `family-NAME.html` with `family`.
    budget
        As `carecurve.budget_option.read_budget` takes it.
    family
        A family of the folder's event log: its story alone is written.

    Raises
    ------
    ChoiceError
        If the folder is of another command, or an option cannot be used.
    ResultsError
        If it is not a finished results folder.
    """
    check_kind(folder)
    from outputs.report.page import NAME, report_page, write_report
    from outputs.report.source import open_source

    if family is not None:
        return _family_page(folder, output, family)
    source = open_source(folder, published=_published)
    if budget is not None:
        source = _with_budget(source, budget)
    if output is None:
        _refresh_workbook(source)
    return _written(report_page(source), output or folder / NAME, write_report)


def _refresh_workbook(source: Source) -> None:
    """Make results.xlsx again from the folder, as this version makes it."""
    from outputs.workbook import WORKBOOK, read_tables, write_workbook

    try:
        write_workbook(source.each, read_tables(source.folder), source.folder / WORKBOOK)
    except OSError as fault:
        raise ChoiceError(f"cannot write {source.folder / WORKBOOK}: {fault.strerror or os.strerror(fault.errno or 0)}") from None


def check_kind(folder: Path) -> None:
    """Say what a folder is if it is not one of `carecurve run` or `compare`.

    Raises
    ------
    ChoiceError, ResultsError
        As `make_report`.
    """
    if not folder.is_dir():
        raise ResultsError(f"{folder} is {'a file' if folder.exists() else 'not there'}, expected a results folder of carecurve run or compare")
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except OSError:
        raise ResultsError(f"{folder} holds no {MANIFEST}, expected a finished results folder of carecurve run or compare") from None
    except ValueError as fault:
        raise ResultsError(f"{folder / MANIFEST} is not JSON ({fault}), expected a finished results folder") from None
    command = str(told.get("command", "")) if isinstance(told, dict) else ""
    if command:
        what = OTHER_FOLDERS.get(command, "read its own files")
        raise ChoiceError(f"{folder} is a folder of carecurve {command}, which has no report: {what}. Expected a folder of carecurve run or compare")
    if not (folder / "summary.csv").exists():
        raise ResultsError(f"{folder} is not a finished results folder: it holds no summary.csv; write it with carecurve.save(comparison, folder)")


def _published(comparison):
    """Return published figures and neighbours; see `carecurve.picturing`."""
    from carecurve.picturing import published_tables

    return published_tables(comparison)


def _with_budget(source: Source, budget: str) -> Source:
    """Return the source with the approved budget read."""
    from dataclasses import replace

    return replace(source, budget=read_budget(budget, source.years))


def _family_page(folder: Path, output: Path | None, family: str) -> Path:
    """Write one family's story, from the folder's event log."""
    from outputs.family_story import FamilyError, family_story
    from outputs.report.page import family_page, write_report

    try:
        figure, sentences = family_story(folder, family)
    except FamilyError as fault:
        raise ChoiceError(str(fault.args[0] if fault.args else fault)) from None
    version = str(json.loads((folder / MANIFEST).read_text(encoding="utf-8")).get("versions", {}).get("carecurve", ""))
    safe = re.sub(r"[^A-Za-z0-9-]+", "-", family).strip("-") or "family"
    return _written(family_page(family, figure, sentences, version), output or folder / f"family-{safe}.html", write_report)


def _written(text: str, path: Path, write) -> Path:
    """Write the page, or say why it cannot be."""
    if path.is_dir():
        raise ChoiceError(f"{path} is a folder, expected a file for the report")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return write(text, path)
    except OSError as fault:
        raise ChoiceError(f"cannot write {path}: {fault.strerror or os.strerror(fault.errno or 0)}") from None
