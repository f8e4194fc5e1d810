"""Start the dashboard on this machine, and join to it what packages keep apart."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from carecurve.console import ChoiceError, is_user_error
from sim.results import Comparison

HOST = "localhost"
PAGE = Path(__file__).with_name("dashboard_page.py")
FLAGS = {  # of Streamlit: reached from this machine alone, nothing sent anywhere, no files watched, nothing that deploys the page
    "server.address": HOST,
    "server.headless": "true",
    "runner.postScriptGC": "false",  # its collecting of garbage, twice a second while something runs, takes most of the time from what runs
    "server.fileWatcherType": "none",
    "server.showEmailPrompt": "false",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "theme.base": "light",
    "theme.primaryColor": "#005ea5",
    "theme.textColor": "#0b0c0c",
    "theme.linkColor": "#005ea5",
}


def start(folder: Path | None, port: int) -> None:
    """Serve the dashboard until it is interrupted.

    Parameters
    ----------
    folder
        A finished results folder to open at first.

    Raises
    ------
    ChoiceError
        If Streamlit is not installed, or the port is taken.
    ResultsError
        If the folder is not a finished results folder.
    """
    if importlib.util.find_spec("streamlit") is None:
        raise ChoiceError('the dashboard needs Streamlit, which is not installed; expected: pip install "carecurve[dashboard]"')
    if folder is not None:
        open_folder(folder)
    if is_taken(port):
        raise ChoiceError(f"the port {port} is taken on this machine, by another dashboard perhaps; expected a free one, such as --port {port + 1}")
    from streamlit.web import cli

    options = [f"--{name}={value}" for name, value in (FLAGS | {"server.port": str(port)}).items()]
    cli.main(["run", str(PAGE), *options, "--", *([str(folder.resolve())] if folder else [])], prog_name="streamlit")


def is_taken(port: int) -> bool:
    """Whether something listens at a port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def open_folder(folder: Path) -> Comparison:
    """Return the comparison in a folder of `carecurve run` or `compare`.

    Raises
    ------
    ChoiceError, ResultsError
        If it is of another command, or not a finished results folder.
    """
    from carecurve.reporting import check_kind
    from outputs.store import open_results

    check_kind(folder)
    return open_results(folder)


def save(comparison: Comparison, folder: Path) -> Path:
    """Write a finished folder, as `carecurve compare` does."""
    from carecurve import api

    return api.save(comparison, folder)


def published(comparison: Comparison) -> Mapping[str, pd.DataFrame]:
    """Return published figures and neighbours; see `carecurve.picturing`."""
    from carecurve.picturing import published_tables

    return published_tables(comparison)


def report(folder: Path) -> str:
    """Return the report of a folder, made by another process: drawing it forks, which a server of many threads must not.

    Raises
    ------
    ChoiceError
        If it cannot be made; the message says why.
    """
    with tempfile.TemporaryDirectory(prefix="carecurve-") as temporary:
        page = Path(temporary) / "report.html"
        command = [sys.executable, "-m", "carecurve", "report", str(folder), "-o", str(page), "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ChoiceError(f"the report could not be made: {done.stderr.strip() or done.stdout.strip()}")
        return page.read_text(encoding="utf-8")


def services(first_folder: str = ""):
    """Return what the page needs from above it."""
    from outputs.dashboard.services import Services

    return Services(save, report, published, open_folder, is_user_error, first_folder)
