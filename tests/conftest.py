"""Every test belongs to exactly one tier: `unit`, `statistical` or `e2e` (see `pyproject.toml`)."""

import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

TIERS = ("unit", "statistical", "e2e")
# Begun first, so that none is left for the end.
LONG = ("test_calibrate_command.py", "test_snippets.py", "test_notebooks.py", "test_recovery_from_records.py", "test_vicious_circle.py",
        "test_forecast_need.py", "test_engines_agree.py", "test_backtest_published.py", "test_records_privacy.py")  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Compile the engine once before processes that share its cache begin, each of which would compile it too; give each process whole files.

    Tests of a file share what they are tried on, which is made once if one process has them all.
    """
    several = getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput")
    if several and config.option.dist == "load":
        config.option.dist, config.option.loadscopereorder = "loadfile", False
    if several and config.option.markexpr != "unit" and os.environ.get("NUMBA_DISABLE_JIT") != "1":
        with tempfile.TemporaryDirectory() as folder:
            command = ["run", "baseline", "--area", "Rutland", "--runs", "1", "--until", "2026-03", "-o", f"{folder}/run", "--quiet"]
            subprocess.run([sys.executable, "-m", "carecurve", *command], check=True, stdout=subprocess.DEVNULL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fail collection if a test lacks a tier or claims two; put long files first."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))
    faults = []
    for item in items:
        tiers = [tier for tier in TIERS if item.get_closest_marker(tier)]
        if len(tiers) != 1:
            faults.append(f"{item.nodeid}: {' and '.join(tiers) or 'no tier'}")
    if faults:
        raise pytest.UsageError(f"each test needs exactly one marker of {', '.join(TIERS)}:\n  " + "\n  ".join(faults))


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file of some text, its indent taken off, or bytes, and returns its path."""

    def writer(text: str | bytes, name: str = "mine.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return path

    return writer
