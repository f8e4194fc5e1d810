"""The command `dashboard`: choose, preview, run and compare in a browser, on this machine alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from carecurve import console

Folder = Annotated[Path | None, typer.Argument(metavar="[DIR]", help="A results folder of carecurve run or compare, to open at first.")]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port on this machine; 8501 if not given.")]
DEFAULT_PORT = 8501


def dashboard(folder: Folder = None, port: Port = DEFAULT_PORT) -> None:
    """Serve the dashboard to a browser on this machine, until it is stopped with Ctrl+C; nothing is kept, nothing is sent."""
    from carecurve.dashboard import HOST, start

    console.say(f"Starting the dashboard. Open http://{HOST}:{port} in a browser; stop it with Ctrl+C.")
    start(folder, port)
