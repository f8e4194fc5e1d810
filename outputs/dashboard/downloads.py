"""Files to take away: made in a temporary folder when first asked for, then held in memory; nothing is left on the disk."""

from __future__ import annotations

import io
import tempfile
import threading
import zipfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from outputs.dashboard.services import Services
from outputs.workbook import WORKBOOK, read_tables, write_workbook
from sim.results import Comparison, open_results

COMMAND = "command.txt"
LOGS = ("event_log", "events")


class Files:
    """Report, workbook and tables of results: of a run here, or of a folder that was opened (which is left as it is)."""

    def __init__(self, services: Services, comparison: Comparison, scenarios: Mapping[str, str], command: str, folder: Path | None = None) -> None:
        self.services, self.comparison, self.folder = services, comparison, folder
        self.scenarios, self.command = dict(scenarios), command
        self.lock = threading.RLock()

    @cached_property
    def _held(self) -> dict[str, bytes]:
        """Every file of the finished folder by its name, but for event logs: no report or table is made of them, and they are large."""
        if self.folder is not None:
            return {path.name: path.read_bytes() for path in sorted(self.folder.iterdir()) if path.is_file() and not path.name.startswith(LOGS)}
        with tempfile.TemporaryDirectory(prefix="carecurve-") as temporary:
            made = Path(temporary) / "results"
            self.services.save(self.comparison, made)
            return {path.name: path.read_bytes() for path in sorted(made.iterdir()) if path.is_file()}

    @cached_property
    def _report(self) -> bytes:
        """The report, made in a copy of the folder."""
        with tempfile.TemporaryDirectory(prefix="carecurve-") as temporary:
            return self.services.report(self._copied(Path(temporary))).encode("utf-8")

    @cached_property
    def _workbook(self) -> bytes:
        """The workbook; of a folder without one, made in a copy of it."""
        if WORKBOOK in self._held:
            return self._held[WORKBOOK]
        with tempfile.TemporaryDirectory(prefix="carecurve-") as temporary:
            folder = self._copied(Path(temporary))
            return write_workbook(open_results(folder), read_tables(folder), folder / WORKBOOK).read_bytes()

    def _copied(self, temporary: Path) -> Path:
        """Write the files into a folder, and return it."""
        folder = temporary / "results"
        folder.mkdir()
        for name, content in self._held.items():
            (folder / name).write_bytes(content)
        return folder

    def report(self) -> bytes:
        """Return the report: one HTML page."""
        with self.lock:
            return self._report

    def workbook(self) -> bytes:
        """Return the workbook (xlsx)."""
        with self.lock:
            return self._workbook

    def tables(self) -> bytes:
        """Return a zip of the CSV tables, with the scenarios' files and the command that makes them."""
        with self.lock:
            tables = {name: content for name, content in self._held.items() if name.endswith(".csv")}
        return zipped(tables | self._own_files())

    def _own_files(self) -> dict[str, bytes]:
        """Return the scenarios' files, and the command if there is one."""
        files = {name: text.encode("utf-8") for name, text in self.scenarios.items()}
        return files | ({COMMAND: f"{self.command}\n".encode()} if self.command else {})


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return files by name as a zip."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()
