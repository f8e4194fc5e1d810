"""Notebooks run from top to bottom, in a folder of their own, and are kept without outputs."""

import os
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "outputs/notebooks").glob("*.ipynb"))
NAMES = ["1-first-comparison", "2-your-own-reform", "3-your-own-authority", "4-reading-uncertainty", "5-extending-the-pathway"]
MOST_SECONDS = 300.0  # of all five together
taken: dict[str, float] = {}


@pytest.fixture(scope="module")
def nbformat():
    return pytest.importorskip("nbformat", reason="nbformat is not installed")


def test_there_are_the_five_that_the_guide_names():
    assert [path.stem for path in NOTEBOOKS] == NAMES
    guide = (ROOT / "docs/how-to/notebooks.md").read_text(encoding="utf-8")
    assert all(path.name in guide for path in NOTEBOOKS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_clean_and_says_what_it_is(path, nbformat):
    """No outputs, no counts, ids that are stable; it says that it is small and what a real run takes, and ends with what to try next."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor >= 5) == (4, True)
    assert [cell.id for cell in notebook.cells] == [f"{path.stem}-{number:02d}" for number in range(1, len(notebook.cells) + 1)]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert len(code) >= 5
    first, last = notebook.cells[0].source, notebook.cells[-1].source
    assert first.startswith("# ")
    assert "small on purpose" in first
    assert any(words in first.lower() for words in ("real answer", "real run", "real work", "real study", "real ones"))
    assert "## What to try next" in last


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path, nbformat, tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / ".ipython"))  # nothing of the user's own is read or written
    notebook = nbformat.read(path, as_version=4)
    begun = time.monotonic()
    nbclient.NotebookClient(notebook, timeout=MOST_SECONDS, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    taken[path.stem] = time.monotonic() - begun
    assert sum(taken.values()) <= MOST_SECONDS, taken
    ran = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in ran)
    assert any(cell.outputs for cell in ran)
    assert [output for cell in ran for output in cell.outputs if output.output_type == "error" or "Warning" in output.get("text", "")] == []
    shows_a_picture = any("image/png" in output.get("data", {}) for cell in ran for output in cell.outputs)
    assert shows_a_picture == any("plots." in cell.source for cell in ran)


def test_a_notebook_that_fails_is_noticed(nbformat, tmp_path):
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="ZeroDivisionError"):
        nbclient.NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
